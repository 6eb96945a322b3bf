"""The speed of the package as ratios, each measured in one run on one machine.

    python tests/benchmarks/bench.py [ROW ...]

Each row compares two commands, or two calls, that take turns, by the time of the processor that they take. The least
of each counts, because other work on the machine can only add to it; the ratio of the medians stands beside it. One
thread for everybody. Needs the extra `bench` (cog and mdformat). The exit status is 1 if a row is not reached.
"""

from __future__ import annotations

import contextlib
import io
import os
import resource
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import NamedTuple

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


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    work: str
    measured: float
    limit: float
    detail: str

    def line(self) -> str:
        verdict = "ok" if self.measured <= self.limit else "MISSED"
        return f"{self.work:<58} {self.measured:>8.3f} {self.limit:>8.3f}  {verdict:<6}  {self.detail}"


def draft(blocks: int, prose: int = 1) -> str:
    """A draft with that many blocks, each after `prose` times some paragraphs."""
    return "# Draft\n\n" + "".join(PROSE * prose + block(number) for number in range(blocks))


class Taken(NamedTuple):
    """Seconds of a processor that one of several works took: the least and the median of its rounds."""

    least: float
    median: float


def taken(*works: Callable[[], object], rounds: int = ROUNDS, seconds: float = 60) -> list[Taken]:
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
            work()
            times[index].append(_clock() - started)
    return [Taken(min(each), median(each)) for each in times]


def _clock() -> float:
    """Seconds of a processor that this process and the children that it has waited for have taken."""
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in both)


def ratio(work: str, ours: Taken, theirs: Taken, limit: float, name: str = "") -> Row:
    """The row of two works that are compared."""
    detail = (
        f"{ours.least * 1000:.1f} ms / {name}{theirs.least * 1000:.1f} ms; medians {ours.median / theirs.median:.2f}"
    )
    return Row(work, ours.least / theirs.least, limit, detail)


def process(*command: str | Path, okay: Sequence[int] = (0,), folder: Path | None = None) -> Callable[[], None]:
    """A whole process, from start to end."""

    def run() -> None:
        done = subprocess.run(
            [sys.executable, *map(str, command)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=folder
        )
        assert done.returncode in okay, done.stderr.decode()

    return run


def render_100(folder: Path) -> Iterator[Row]:
    source, cog, floor = folder / "draft.md", folder / "cog.md", folder / "floor.py"
    source.write_text(draft(100), encoding="utf-8")
    floor.write_text(FLOOR, encoding="utf-8")
    code = "<!-- [[[cog\nimport mdattn\ncog.out(mdattn.diagram('''{}'''))\n]]] -->\n<!-- [[[end]]] -->\n\n"
    blocks = [PROSE + code.format(yaml(number)) for number in range(100)]
    cog.write_text("# Draft\n\n" + "".join(blocks), encoding="utf-8")
    ours, least, theirs = taken(
        process("-m", "mdattn", "render", source, "-o", folder / "out.md"),
        process(floor, source),
        process("-m", "cogapp", "-o", folder / "cog.out.md", cog),
    )
    yield ratio("render 100 blocks, whole process / floor", ours, least, 1.25)
    yield ratio("render 100 blocks, whole process / cog with the same code", ours, theirs, 1.0, "cog ")


def render_1000(folder: Path) -> Iterator[Row]:
    floor = folder / "floor.py"
    floor.write_text(FLOOR, encoding="utf-8")
    works = []
    for blocks in (100, 1000):
        source = folder / f"{blocks}.md"
        source.write_text(draft(blocks), encoding="utf-8")
        works += [process("-m", "mdattn", "render", source, "-o", folder / "out.md"), process(floor, source)]
    few, few_floor, many, many_floor = taken(*works, rounds=7)
    ours = Taken(many.least - few.least, many.median - few.median)
    yield ratio(
        "1,000 blocks, marginal cost of a block / that of the floor",
        ours,
        Taken(many_floor.least - few_floor.least, many_floor.median - few_floor.median),
        4.0,
    )


def prose(folder: Path) -> Iterator[Row]:
    from markdown_it import MarkdownIt

    from mdattn import render

    text = PROSE * (3 * 2**20 // len(PROSE)) + block(0)
    parser = MarkdownIt("commonmark")
    parser.core.ruler.enableOnly(["normalize", "block"])
    ours, theirs = taken(lambda: render(text), lambda: parser.parse(text), rounds=7)
    yield ratio("3 MB of prose with one block / one markdown-it-py block parse", ours, theirs, 2.1)


def check_1000(folder: Path) -> Iterator[Row]:
    drafts, results = folder / "drafts", folder / "results"
    for number in range(1000):
        path = drafts / f"{number // 100}" / f"{number}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            f"# Draft {number}\n\n" + PROSE + (block(number) if number % 100 == 0 else ""), encoding="utf-8"
        )
    process("-m", "mdattn", "render", drafts, "-o", results)()
    ours, theirs = taken(
        process("-m", "mdattn", "render", drafts, "-o", results, "--check"),
        process("-m", "mdformat", "--check", drafts, okay=(0, 1)),
        rounds=5,
    )
    yield ratio("--check 1,000 documents, 10 with blocks / mdformat --check", ours, theirs, 0.1, "mdformat ")


def plugin(folder: Path) -> Iterator[Row]:
    from markdown_it import MarkdownIt

    from mdattn import attention_diagram_plugin

    text = PROSE * 60
    bare, with_plugin = MarkdownIt(), MarkdownIt().use(attention_diagram_plugin)
    ours, theirs = taken(lambda: with_plugin.render(text), lambda: bare.render(text), rounds=60)
    yield ratio("plugin, no blocks / bare MarkdownIt().render", ours, theirs, 1.02)


# Ten times the work ---------------------------------------------------------------------------------------------------

GROWTH = 11.0  # Ten times the work takes no more than this many times the time.
Sized = Callable[[int, Path], Callable[[], object]]


def growth(folder: Path) -> Iterator[Row]:
    for name, (size, sized) in GROWING.items():
        one, ten = (sized(size * times, folder / f"{name}-{times}") for times in (1, 10))
        short, long = taken(one, ten, rounds=8, seconds=6)
        yield ratio(f"10 x the {name} / 1 x", long, short, GROWTH)


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
    "lines of a diff": (3000, _changed_lines),
    "lines of a diff that cycle": (300, _cycling_lines),
    "weights": (6400, _weights),
    "heads": (6, _heads),
}


def drawing(folder: Path) -> Iterator[Row]:
    from mdattn.diagrams import KINDS
    from mdattn.document import diagram

    for name, kind in KINDS.items():
        for count, limit in ((64, 5.0), (512, 100.0)):
            text = " ".join(f"word{number}" for number in range(count))
            options: dict[str, object] = {"kind": name, "text": text}
            options |= {"query": 5} if "query" in kind.options.__struct_fields__ else {}
            options |= EXTRA.get(name, {})

            def run(options: dict[str, object] = options) -> object:
                return diagram(options)

            (time_of,) = taken(run, rounds=5)
            yield Row(f"{name}, {count} tokens, ms", time_of.least * 1000, limit, "once imported")


EXTRA: dict[str, dict[str, object]] = {
    "heads": {"heads": [{"name": "a", "pattern": "previous"}, {"name": "b", "pattern": "first"}]},
    "architecture": {"preset": "transformer-base"},
}


def memory(folder: Path) -> Iterator[Row]:
    import numpy as np

    from mdattn import attend

    keys = 32_768
    arrays = [np.zeros((1, count, 64)) for count in (1, keys, keys)]
    tracemalloc.start()
    attend(*arrays)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    taken = peak / (2 * arrays[1].nbytes)
    yield Row("attend, 1 query of 32,768 keys: peak / keys and values", taken, 2.0, f"{peak / 2**20:.0f} MiB")


ROWS = (render_100, render_1000, prose, check_1000, plugin, growth, drawing, memory)


def main(names: Sequence[str]) -> int:
    """Print the table, or the named rows of it."""
    root = str(Path(__file__).parents[2])
    os.environ["PYTHONPATH"] = root
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # For everybody: before numpy is loaded, here and in every process.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # What is installed is compiled.
    sys.path.insert(0, root)
    missed = 0
    print(f"{'work':<58} {'measured':>8} {'limit':>8}")
    for row in ROWS:
        if names and row.__name__ not in names:
            continue
        with tempfile.TemporaryDirectory() as folder:
            for line in row(Path(folder)):
                missed += line.measured > line.limit
                print(line.line(), flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
