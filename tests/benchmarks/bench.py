"""The speed of the package as ratios, each measured in one run on one machine.

    python tests/benchmarks/bench.py [--before CHECKOUT] [--rounds N] [--instructions] [ROW ...]

Each row compares commands that take turns, by the time of the processor (user and system) that they and their children
take. The least of each counts, because other work on the machine can only add to it; the ratio of the medians stands
beside it. One thread for everybody, and every block says another sentence. With `--before` the package of another
checkout (with the same libraries) takes turns with this one, so that a noisy machine hits both alike, and its ratios
stand in a column of their own. `--instructions` adds a count of instructions by valgrind, which no other work on the
machine changes. Needs the extra `bench` (cog and mdformat). The exit status is 1 if a row is not reached.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ROUNDS = 15

PROSE = "Each word *asks*, and the others [answer](https://example.org/a).\nSome `code`, some **bold** text.\n\n" * 3
YAML = """\
kind: flow
text: The {cat} {sat} on the {mat}
query: {query}
temperature: {temperature}
embeddings:
  The: [0.2, 0.5, 0.1]
  {cat}: [0.8, 0.1, 0.6]
  {sat}: [0.3, 0.9, 0.2]
  on: [0.1, 0.6, 0.3]
  the: [0.2, 0.5, 0.1]
  {mat}: [0.4, 0.7, 0.3]
"""


def yaml(number: int) -> str:
    """The options of a block, no two of a draft alike: other words, another query, other weights."""
    words = {name: f"{name}{number}" for name in ("cat", "sat", "mat")}
    return YAML.format(query=number % 6, temperature=1 + number / 100, **words)


def block(number: int) -> str:
    """A block with those options."""
    return f"```attention-diagram\n{yaml(number)}```\n\n"


# The least that any such tool does: import the same three libraries, parse, put constant text in the blocks' place.
FLOOR = """\
import sys
import numpy
import yaml
from markdown_it import MarkdownIt
source = open(sys.argv[1], encoding="utf-8").read()
lines = source.splitlines(keepends=True)
parser = MarkdownIt("commonmark")
parser.core.ruler.enableOnly(["normalize", "block"])
for token in reversed(parser.parse(source)):
    if token.type == "fence" and token.info == "attention-diagram":
        lines[token.map[0]:token.map[1]] = ["```text\\n", "constant\\n" * 30, "```\\n"]
sys.stdout.write("".join(lines))
"""


class Row(NamedTuple):
    """One line of the table: a ratio, that of the checkout before, and the most that is allowed."""

    work: str
    now: float
    before: float | None
    limit: float | None
    detail: str

    @property
    def missed(self) -> bool:
        return self.limit is not None and self.now > self.limit

    def line(self) -> str:
        before = "" if self.before is None else f"{self.before:.3f}"
        limit = "" if self.limit is None else f"{self.limit:.3f}"
        verdict = "" if self.limit is None else "MISSED" if self.missed else "ok"
        return f"{self.work:<58} {before:>8} {self.now:>8.3f} {limit:>8}  {verdict:<6}  {self.detail}"


class Taken(NamedTuple):
    """What one of several works took, in the same unit: the least and the median of its rounds."""

    least: float
    median: float

    def __sub__(self, other: Taken) -> Taken:
        return Taken(self.least - other.least, self.median - other.median)


Work = Callable[[], object]
Command = Callable[[Path | None], Work]
"""A work, with the package of the checkout; None is what does not use it."""


class Bench(NamedTuple):
    """Which checkouts are compared, and how often."""

    checkouts: tuple[Path, ...]
    """This one, and maybe the one before."""
    rounds: int
    folder: Path

    def compare(
        self, work: str, limit: float | None, ours: Command, theirs: Work, name: str = "", rounds: int = 0
    ) -> Row:
        """The row of a command of the package and what it is compared with."""
        both = taken(theirs, *map(ours, self.checkouts), rounds=rounds or self.rounds)
        return row(work, limit, both[1:], both[0], name)


def row(work: str, limit: float | None, ours: Sequence[Taken], theirs: Taken, name: str = "", unit: str = "ms") -> Row:
    """The row of what the package of each checkout took, and what it is compared with."""
    ratios = [each.least / theirs.least for each in ours]
    ms = 1000 if unit == "ms" else 1
    detail = f"{ours[0].least * ms:.1f} {unit} / {name}{theirs.least * ms:.1f} {unit}"
    return Row(
        work,
        ratios[0],
        ratios[1] if len(ratios) > 1 else None,
        limit,
        f"{detail}; medians {ours[0].median / theirs.median:.2f}",
    )


def draft(blocks: int, prose: int = 1) -> str:
    """A draft with that many blocks, each after `prose` times some paragraphs."""
    return "# Draft\n\n" + "".join(PROSE * prose + block(number) for number in range(blocks))


def taken(*works: Work, rounds: int, seconds: float = 600) -> list[Taken]:
    """What each takes, taking turns, for that many rounds or (but for three of them) that many seconds."""
    until = time.monotonic() + seconds
    times: list[list[float]] = [[] for _ in works]
    for work in works:
        work()
    for done in range(rounds):
        if done >= 3 and time.monotonic() > until:
            break
        for index, work in enumerate(works):
            started = _clock()
            found = work()
            # A process that times only a part of what it does says how long that took.
            times[index].append(found if isinstance(found, float) else _clock() - started)
    return [Taken(min(each), median(each)) for each in times]


def _clock() -> float:
    """Seconds of a processor, user and system, that this process and the children that it has waited for have taken."""
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in both)


def process(*command: str | Path, okay: Sequence[int] = (0,)) -> Command:
    """A whole process, from start to end."""

    def of(checkout: Path | None) -> Work:
        return lambda: _run(command, checkout, okay)

    return of


def _run(command: Sequence[str | Path], checkout: Path | None, okay: Sequence[int], before: Sequence[str] = ()) -> str:
    environment = os.environ | ({} if checkout is None else {"PYTHONPATH": str(checkout)})
    # What is compiled is kept, as wherever the package is installed.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    whole = [*before, sys.executable, *map(str, command)]
    # Not in a checkout: Python looks for the package where it stands first.
    done = subprocess.run(
        whole, capture_output=True, text=True, env=environment, cwd=tempfile.gettempdir(), check=False
    )
    assert done.returncode in okay, done.stderr
    return done.stderr if before else done.stdout


def timed(setup: str, work: str, *arguments: str | Path) -> Command:
    """A part of a process: the seconds that `work` takes there, after `setup`."""
    script = (
        f"import sys, time\n{setup}\n{work}\nbegun = time.process_time()\n{work}\nprint(time.process_time() - begun)"
    )

    def of(checkout: Path | None) -> Work:
        return lambda: float(_run(("-c", script, *arguments), checkout, (0,)))

    return of


def render_100(bench: Bench) -> Iterator[Row]:
    """The least that a tool could do, and cog with the same code, for a draft with 100 blocks."""
    ours, floor, cog = (process(*command) for command in _commands(bench.folder))
    least, theirs, *times = taken(
        floor(None), cog(bench.checkouts[0]), *map(ours, bench.checkouts), rounds=bench.rounds
    )
    yield row("render 100 blocks, whole process / floor", 1.25, times, least)
    yield row("render 100 blocks, whole process / cog with the same code", 1.0, times, theirs, "cog ")


def instructions(bench: Bench) -> Iterator[Row]:
    """The same, in instructions: no limit, but no noise either."""
    ours, *others = _commands(bench.folder)
    counted = [_instructions(ours, each) for each in bench.checkouts]
    for name, command in zip(("floor", "cog"), others, strict=True):
        theirs = _instructions(command, bench.checkouts[0])
        yield row(f"render 100 blocks, instructions / {name}", None, counted, theirs, f"{name} ", "million")


def _instructions(command: Sequence[str | Path], checkout: Path) -> Taken:
    _run(command, checkout, (0,))  # What is not compiled yet is compiled.
    said = _run(
        command, checkout, (0,), ("valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null")
    )
    count = next(line for line in said.splitlines() if "refs:" in line).split()[-1]
    return Taken(*[int(count.replace(",", "")) / 1e6] * 2)


def _commands(folder: Path) -> list[tuple[str | Path, ...]]:
    """The package, the floor and cog, on the same 100 blocks."""
    source, cog, floor = folder / "draft.md", folder / "cog.md", folder / "floor.py"
    source.write_text(draft(100), encoding="utf-8")
    floor.write_text(FLOOR, encoding="utf-8")
    code = "<!-- [[[cog\nimport mdattn\ncog.out(mdattn.diagram('''{}'''))\n]]] -->\n<!-- [[[end]]] -->\n\n"
    blocks = [PROSE + code.format(yaml(number)) for number in range(100)]
    cog.write_text("# Draft\n\n" + "".join(blocks), encoding="utf-8")
    return [
        ("-m", "mdattn", "render", source, "-o", folder / "out.md"),
        (floor, source),
        ("-m", "cogapp", "-o", folder / "cog.out.md", cog),
    ]


def render_1000(bench: Bench) -> Iterator[Row]:
    """What a block costs in a document that has many."""
    floor = bench.folder / "floor.py"
    floor.write_text(FLOOR, encoding="utf-8")
    works: list[Work] = []
    for blocks in (100, 1000):
        source = bench.folder / f"{blocks}.md"
        source.write_text(draft(blocks), encoding="utf-8")
        render = process("-m", "mdattn", "render", source, "-o", bench.folder / "out.md")
        works += [process(floor, source)(None), *map(render, bench.checkouts)]
    times = taken(*works, rounds=bench.rounds)
    few, many = times[: len(times) // 2], times[len(times) // 2 :]
    theirs, *ours = (much - little for much, little in zip(many, few, strict=True))
    yield row("1,000 blocks, marginal cost of a block / that of the floor", 4.0, ours, theirs)


def check_1000(bench: Bench) -> Iterator[Row]:
    """A hook that finds nothing to do."""
    drafts, results = bench.folder / "drafts", bench.folder / "results"
    for number in range(1000):
        path = drafts / f"{number // 100}" / f"{number}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            f"# Draft {number}\n\n" + PROSE + (block(number) if number % 100 == 0 else ""), encoding="utf-8"
        )
    process("-m", "mdattn", "render", drafts, "-o", results)(bench.checkouts[0])()
    ours = process("-m", "mdattn", "render", drafts, "-o", results, "--check", okay=(0, 1))
    theirs = process("-m", "mdformat", "--check", drafts, okay=(0, 1))(None)
    work = "--check 1,000 documents, 10 with blocks / mdformat --check"
    yield bench.compare(work, 0.1, ours, theirs, "mdformat ")


PARSER = """\
from markdown_it import MarkdownIt
parser = MarkdownIt("commonmark")
parser.core.ruler.enableOnly(["normalize", "block"])
"""


def prose(bench: Bench) -> Iterator[Row]:
    """A book with one diagram in it."""
    source = bench.folder / "book.md"
    source.write_text(PROSE * (3 * 2**20 // len(PROSE)) + block(0), encoding="utf-8")
    text = "text = open(sys.argv[1], encoding='utf-8').read()"
    ours = timed(f"import mdattn\n{text}", "mdattn.render(text)", source)
    theirs = timed(PARSER + text, "parser.parse(text)", source)(None)
    yield bench.compare(
        "3 MB of prose with one block / one markdown-it-py block parse", 2.1, ours, theirs, rounds=min(7, bench.rounds)
    )


def plugin(bench: Bench) -> Iterator[Row]:
    """What the plugin costs a pipeline that has no use for it."""
    source = bench.folder / "plain.md"
    source.write_text(PROSE * 60, encoding="utf-8")
    setup = (
        "from markdown_it import MarkdownIt\ntext = open(sys.argv[1], encoding='utf-8').read()\nmarkdown = MarkdownIt()"
    )
    used = f"import mdattn\n{setup}.use(mdattn.attention_diagram_plugin)"
    work = "for _ in range(8): markdown.render(text)"
    ours, theirs = timed(used, work, source), timed(setup, work, source)(None)
    yield bench.compare("plugin, no blocks / bare MarkdownIt().render", 1.02, ours, theirs)


# Attention itself -----------------------------------------------------------------------------------------------------

ARRAYS = "import numpy as np\nq, k, v = np.random.default_rng(0).standard_normal((3, 8, int(sys.argv[1]), 64))"
# The same steps as a programmer writes them who counts bytes: products, scale, softmax, weighted sum.
PLAIN = """\
def plain(q, k, v):
    weights = q @ k.transpose(0, 2, 1)
    weights *= q.shape[2] ** -0.5
    weights -= weights.max(axis=2, keepdims=True)
    np.exp(weights, out=weights)
    weights /= weights.sum(axis=2, keepdims=True)
    return weights @ v, weights
"""
PEAK = "import tracemalloc\ntracemalloc.start()\n{}\nprint(float(tracemalloc.get_traced_memory()[1]))"


def attend(bench: Bench) -> Iterator[Row]:
    """Eight heads, d 64, against the same steps in plain numpy."""
    ours, plain = ("from mdattn import attend", "kept = attend(q, k, v)"), (PLAIN, "kept = plain(q, k, v)")
    for tokens in (512, 1024, 4096):
        size, repeat = str(tokens), "for _ in range(8): " if tokens < 4096 else ""
        work = f"attend, 8 heads, {tokens:,} tokens / plain numpy"
        now, theirs = (timed(f"{ARRAYS}\n{setup}", repeat + call, size) for setup, call in (ours, plain))
        rounds = bench.rounds if tokens < 4096 else min(5, bench.rounds)
        yield bench.compare(f"{work}, time", 1.1, now, theirs(None), rounds=rounds)
        peaks = []
        for (setup, call), checkouts in ((ours, bench.checkouts), (plain, (None,))):
            script = f"import sys\n{ARRAYS}\n{setup}\n{PEAK.format(call)}"
            peaks += [float(_run(("-c", script, size), each, (0,))) / 2**20 for each in checkouts]
        *mine, least = (Taken(each, each) for each in peaks)
        yield row(f"{work}, peak memory", 1.5, mine, least, unit="MiB")


# Ten times the work ---------------------------------------------------------------------------------------------------

GROWTH = 11.0  # Ten times the work takes no more than this many times the time.
Sized = Callable[[int, Path], Callable[[], object]]


def growth(bench: Bench) -> Iterator[Row]:
    """What must not grow faster than the work; of this checkout alone."""
    for name, (size, sized) in GROWING.items():
        one, ten = (sized(size * times, bench.folder / f"{name}-{times}") for times in (1, 10))
        short, long = taken(one, ten, rounds=min(8, bench.rounds), seconds=6)
        yield row(f"10 x the {name} / 1 x", GROWTH, [long], short)


def rendered(text: str, path: Path | None = None) -> Callable[[], object]:
    """A document is rendered, or refused; nobody reads its warnings."""
    from mdattn import DiagramError
    from mdattn.document import render_document

    def work() -> object:
        with contextlib.suppress(DiagramError):
            return render_document(text, path=path)
        return None

    return work


def quietly(*command: str) -> Callable[[], object]:
    """A command, whose output nobody reads."""
    from mdattn.cli import main

    def work() -> object:
        with contextlib.redirect_stdout(io.TextIOWrapper(io.BytesIO())), contextlib.redirect_stderr(io.StringIO()):
            return main(command)

    return work


def _blocks(size: int, _: Path) -> Callable[[], object]:
    return rendered(draft(size))


def _bytes(size: int, _: Path) -> Callable[[], object]:
    return rendered(draft(3, prose=size))


def _errors(size: int, _: Path) -> Callable[[], object]:
    return rendered(draft(size).replace("temperature:", "temperatur:"))


def _unknown_keys(size: int, _: Path) -> Callable[[], object]:
    keys = "".join(f"temperatur{number}: 1\n" for number in range(size))
    return rendered(f"```attention-diagram\n{yaml(0)}{keys}```\n")


def _duplicate_keys(size: int, _: Path) -> Callable[[], object]:
    keys = "width: 72\n" * size
    return rendered(f"```attention-diagram\n{yaml(0)}{keys}```\n")


def _front_matter(size: int, _: Path) -> Callable[[], object]:
    keys = "".join(f"  temperatur{number}: 1\n" for number in range(size))
    return rendered(f"---\nattention-diagram:\n{keys}---\n\n{draft(size)}")


def _sources(size: int, folder: Path) -> Callable[[], object]:
    import numpy as np

    folder.mkdir()
    np.savez(folder / "weights.npz", weights=np.full((4, 4, 24, 24), 1 / 24))
    words = " ".join(f"w{number}" for number in range(24))
    one = "```attention-diagram\nkind: heatmap\ntext: {}\nsource: {{file: weights.npz, layer: {}, head: 1}}\n```\n\n"
    return rendered("".join(one.format(words, number % 4) for number in range(size)), folder / "post.md")


def _wrong_sources(size: int, folder: Path) -> Callable[[], object]:
    """The arrays are not of the sentence's shape."""
    import numpy as np

    folder.mkdir()
    np.savez(folder / "weights.npz", weights=np.full((100, 100), 0.01))
    one = "```attention-diagram\nkind: heatmap\ntext: a b c{}\nsource: {{file: weights.npz}}\n```\n\n"
    return rendered("".join(one.format(number) for number in range(size)), folder / "post.md")


def _layers_of_sources(size: int, folder: Path) -> Callable[[], object]:
    """As many blocks as the array that they name has layers, each of another one."""
    import numpy as np

    _packed(size, folder, np.zeros)
    return _of_layers(size, folder)


def _damaged_sources(size: int, folder: Path) -> Callable[[], object]:
    """The same, of an array whose last bytes are not those that were saved."""
    import numpy as np

    _packed(size, folder, np.zeros)
    data = (folder / "weights.npz").read_bytes()
    end = data.index(b"PK\x01\x02")  # The directory, which begins where the array ends.
    (folder / "weights.npz").write_bytes(data[: end - 2] + b"!!" + data[end:])
    return _of_layers(size, folder)


def _infinite_sources(size: int, folder: Path) -> Callable[[], object]:
    """As many blocks, each with all the numbers of an array of that size, none of which is finite."""
    import numpy as np

    _packed(size, folder, lambda shape: np.full((shape[0] * shape[1], *shape[2:]), np.inf))
    return _of_layers(size, folder, place="")


def _packed(size: int, folder: Path, made: Callable[[tuple[int, ...]], NDArray[np.float64]]) -> None:
    """A small file of an array [layer, 2000, query, key]."""
    import numpy as np

    folder.mkdir()
    np.savez_compressed(folder / "weights.npz", weights=made((size, 2000, 3, 3)))


def _of_layers(size: int, folder: Path, place: str = ", layer: {0}, head: 0") -> Callable[[], object]:
    one = "```attention-diagram\nkind: heatmap\ntext: a b c{0}\nsource: {{file: weights.npz, holds: scores" + place
    return rendered("".join((one + "}}\n```\n\n").format(number) for number in range(size)), folder / "post.md")


def _missing_sources(size: int, folder: Path) -> Callable[[], object]:
    """Each block asks the same file for a layer that it does not have."""
    import numpy as np

    folder.mkdir()
    np.savez(folder / "weights.npz", weights=np.full((4, 1, 3, 3), 1 / 3))
    one = "```attention-diagram\nkind: heatmap\ntext: a b {}\nsource: {{file: weights.npz, layer: 9, head: 0}}\n```\n\n"
    return rendered("".join(one.format(number) for number in range(size)), folder / "post.md")


def _containers(size: int, _: Path) -> Callable[[], object]:
    """MyST's containers side by side, with a block in every tenth."""
    one = "::::{{note}} Of {0}\nSome *words*.\n\n```{{tip}}\nMore words, `code`.\n```\n\n{1}::::\n\n"
    return rendered("".join(one.format(n, "" if n % 10 else block(n)) for n in range(size)))


def _doubts(size: int, _: Path) -> Callable[[], object]:
    """What was meant as a block and is none: misspelt, in HTML, in indented code, and silenced."""
    ways = (
        "```atention-diagram\nkind: flow\n```\n\n",
        "<div>\n```attention-diagram\nkind: flow\n```\n</div>\n\n",
        "Words:\n\n    ```attention-diagram\n    kind: flow\n    ```\n\nWords.\n\n",
        "<!-- mdattn: off -->\n```attention-diagrm\nkind: flow\n```\n\n",
    )
    return rendered("# Draft\n\n" + "".join(ways[number % 4] for number in range(size)))


def _regions(size: int, _: Path) -> Callable[[], object]:
    """Diagrams that keep their source beside them, all out of date."""
    from mdattn.document import update_document

    one = "<!-- attention-diagram\n{}-->\n<!-- /attention-diagram -->\n\n"
    text = "# Draft\n\n" + "".join(PROSE + one.format(yaml(number)) for number in range(size))
    return lambda: update_document(text)


def _toml(size: int, _: Path) -> Callable[[], object]:
    """Front matter in TOML with unknown keys, and as many blocks that inherit it."""
    keys = "".join(f"temperatur{number} = 1\n" for number in range(size))
    return rendered(f"+++\n[attention-diagram]\n{keys}+++\n\n{draft(size)}")


def _syntax_errors(size: int, _: Path) -> Callable[[], object]:
    """Blocks that are no YAML, each in another line."""
    return rendered(draft(size).replace("temperature: ", "temperature:\t["))


def _long_lines(size: int, _: Path) -> Callable[[], object]:
    """Lines of one block each that are no YAML, and that several readings of a line begin alike."""
    lines = (
        " " * size + "&a;[x]: " * size,
        "text: " + " " * size + "b-, " * size + "}",
        "- " * size + "[, " * size + '"',
        '- "' + "\\a " * size + "]",
        "tokens: {" + '\\"' * size + "a: b->" * size + "'",
        "mask: {" + " " * size + "[{" * size + "]",
    )
    return rendered("".join(f"```attention-diagram\n{yaml(0)}{each}\n```\n\n" for each in lines))


def _comments(size: int, _: Path) -> Callable[[], object]:
    """Comments behind a text of as many words, which look as if they cut it short."""
    title = "w " * size
    return rendered("```attention-diagram\n" + f'{yaml(0)}title: "{title}"\n' + "# #x\n" * size + "```\n")


def _wrong_values(size: int, _: Path) -> Callable[[], object]:
    """One block with many values of a wrong type."""
    rows = "".join(f"  {number}: [0.1, no, 0.3]\n" for number in range(size))
    return rendered(f"```attention-diagram\nkind: flow\ntext: a b\nquery: a\nembeddings:\n{rows}```\n")


def _anchors(size: int, _: Path) -> Callable[[], object]:
    """Aliases of one row of numbers."""
    words = " ".join(f"w{number}" for number in range(size))
    rows = "  - &row [0.2, 0.5, 0.1]\n" + "  - *row\n" * (size - 1)
    return rendered(f"```attention-diagram\nkind: heatmap\ntext: {words}\nembeddings:\n{rows}```\n")


def _documents(size: int, folder: Path) -> Callable[[], object]:
    """A folder of documents, every tenth with a block, checked."""
    folder.mkdir()
    (folder / "drafts").mkdir()
    for number in range(size):
        text = f"# Draft {number}\n\n" + PROSE + ("" if number % 10 else block(number))
        (folder / "drafts" / f"{number}.md").write_text(text, encoding="utf-8")
    quietly("render", str(folder / "drafts"), "-o", str(folder / "results"))()
    return quietly("render", str(folder / "drafts"), "-o", str(folder / "results"), "--check")


def _changed_lines(size: int, folder: Path) -> Callable[[], object]:
    """A diff of files of which every hundredth line is another."""
    folder.mkdir()
    source, result = folder / "draft.md", folder / "result.md"
    source.write_text("".join(f"line {number}\n" for number in range(size)), encoding="utf-8")
    lines = (f"line {number if number % 100 else -number}\n" for number in range(size))
    result.write_text("".join(lines), encoding="utf-8")
    return quietly("render", str(source), "-o", str(result), "--check", "--diff")


def _cycling_lines(size: int, folder: Path) -> Callable[[], object]:
    """A diff of lines that stand many times on both sides, and never in the same order."""
    folder.mkdir()
    source, result = folder / "draft.md", folder / "result.md"
    source.write_text("".join(f"line {number % 149}\n" for number in range(size)), encoding="utf-8")
    result.write_text("".join(f"line {number * 37 % 149}\n" for number in range(size)), encoding="utf-8")
    return quietly("render", str(source), "-o", str(result), "--check", "--diff")


def _weights(size: int, _: Path) -> Callable[[], object]:
    """As many weights, given in the block."""
    count = round(size**0.5)
    row = "[" + ", ".join([f"{1 / count:.9f}"] * count) + "]"
    words = " ".join(f"w{number}" for number in range(count))
    rows = "".join(f"  - {row}\n" for _ in range(count))
    return rendered(f"```attention-diagram\nkind: heatmap\ntext: {words}\nweights:\n{rows}```\n")


def _heads(size: int, _: Path) -> Callable[[], object]:
    """As many heads over a long sentence, from a block of a few lines."""
    words = " ".join(f"w{number}" for number in range(128))
    return rendered(f"```attention-diagram\nkind: heatmap\ntext: {words}\nheads: {size}\ndimensions: {size}\n```\n")


GROWING: dict[str, tuple[int, Sized]] = {
    "blocks": (30, _blocks),
    "bytes": (30, _bytes),
    "errors": (30, _errors),
    "syntax errors": (15, _syntax_errors),
    "long lines that are no YAML": (400, _long_lines),
    "comments behind a text": (1000, _comments),
    "wrong values": (150, _wrong_values),
    "unknown keys": (150, _unknown_keys),
    "duplicate keys": (150, _duplicate_keys),
    "front matter errors and blocks": (15, _front_matter),
    "TOML errors and blocks": (15, _toml),
    "aliases": (6, _anchors),
    "containers": (60, _containers),
    "doubts": (60, _doubts),
    "regions": (30, _regions),
    "documents": (100, _documents),
    "sources": (6, _sources),
    "sources without that layer": (30, _missing_sources),
    "sources of a wrong shape": (6, _wrong_sources),
    "layers of a source": (20, _layers_of_sources),
    "layers of a damaged source": (20, _damaged_sources),
    "blocks with infinite numbers, and these": (20, _infinite_sources),
    "lines of a diff": (3000, _changed_lines),
    "lines of a diff that cycle": (300, _cycling_lines),
    "weights": (6400, _weights),
    "heads": (6, _heads),
}


ROWS = {each.__name__: each for each in (render_100, render_1000, check_1000, prose, plugin, attend, growth)}


def main(arguments: Sequence[str]) -> int:
    """Print the table, or the named rows of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"some of {', '.join(ROWS)} (default: all)")
    parser.add_argument("--before", type=Path, metavar="CHECKOUT", help="another checkout that takes turns with this")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--instructions", action="store_true", help="count them too, with valgrind")
    asked = parser.parse_args(arguments)
    if unknown := set(asked.rows) - set(ROWS):
        parser.error(f"no such row: {', '.join(sorted(unknown))}")
    root = Path(__file__).resolve().parents[2]
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # For everybody: before numpy is loaded, here and in every process.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # What is installed is compiled.
    sys.path.insert(0, str(root))
    checkouts = (root, asked.before.resolve()) if asked.before else (root,)
    works = [ROWS[name] for name in asked.rows or ROWS] + [instructions] * asked.instructions
    missed = 0
    print(f"{'work':<58} {'before':>8} {'now':>8} {'limit':>8}")
    for work in works:
        with tempfile.TemporaryDirectory() as folder:
            for line in work(Bench(checkouts, asked.rounds, Path(folder))):
                missed += line.missed
                print(line.line(), flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
