"""The speed of the package as ratios, each measured in one run on one machine.

    python tests/benchmarks/bench.py [ROW ...]

Each row compares two commands, or two calls, that take turns. The fastest of each counts: other work on the machine
can only add to it. Needs the extra `bench` (cog and mdformat). The exit status is 1 if a row is not reached.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROUNDS = 15

PROSE = "Each word *asks*, and the others [answer](https://example.org/a).\nSome `code`, some **bold** text.\n\n" * 3
YAML = """\
kind: flow
text: The cat sat on the mat
query: {query}
temperature: {temperature}
embeddings:
  The: [0.2, 0.5, 0.1]
  cat: [0.8, 0.1, 0.6]
  sat: [0.3, 0.9, 0.2]
  on: [0.1, 0.6, 0.3]
  the: [0.2, 0.5, 0.1]
  mat: [0.4, 0.7, 0.3]
"""


def yaml(number: int) -> str:
    """The options of a block, no two of a draft alike."""
    return YAML.format(query=number % 6, temperature=1 + number / 100)


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


def fastest(*works: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    """Seconds of the fastest run of each, taking turns."""
    best = [float("inf")] * len(works)
    for work in works:
        work()
    for _ in range(rounds):
        for index, work in enumerate(works):
            started = time.perf_counter()
            work()
            best[index] = min(best[index], time.perf_counter() - started)
    return best


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
    ours, least, theirs = fastest(
        process("-m", "mdattn", "render", source, "-o", folder / "out.md"),
        process(floor, source),
        process("-m", "cogapp", "-o", folder / "cog.out.md", cog),
    )
    times = f"{ours * 1000:.0f} ms; floor {least * 1000:.0f} ms, cog {theirs * 1000:.0f} ms"
    yield Row("render 100 blocks, whole process / floor", ours / least, 1.25, times)
    yield Row("render 100 blocks, whole process / cog with the same code", ours / theirs, 1.0, times)


def check_1000(folder: Path) -> Iterator[Row]:
    drafts, results = folder / "drafts", folder / "results"
    for number in range(1000):
        path = drafts / f"{number // 100}" / f"{number}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            f"# Draft {number}\n\n" + PROSE + (block(number) if number % 100 == 0 else ""), encoding="utf-8"
        )
    process("-m", "mdattn", "render", drafts, "-o", results)()
    ours, theirs = fastest(
        process("-m", "mdattn", "render", drafts, "-o", results, "--check"),
        process("-m", "mdformat", "--check", drafts, okay=(0, 1)),
        rounds=5,
    )
    times = f"{ours * 1000:.0f} ms; mdformat {theirs * 1000:.0f} ms"
    yield Row("--check 1,000 documents, 10 with blocks / mdformat --check", ours / theirs, 0.1, times)


def plugin(folder: Path) -> Iterator[Row]:
    from markdown_it import MarkdownIt

    from mdattn import attention_diagram_plugin

    text = PROSE * 60
    bare, with_plugin = MarkdownIt(), MarkdownIt().use(attention_diagram_plugin)
    ours, theirs = fastest(lambda: with_plugin.render(text), lambda: bare.render(text), rounds=100)
    yield Row("plugin, no blocks / bare MarkdownIt().render", ours / theirs, 1.02, f"{ours * 1000:.1f} ms")


def growth(folder: Path) -> Iterator[Row]:
    from mdattn import render

    few, many = draft(30), draft(300)
    small, large = draft(3, prose=30), draft(3, prose=300)
    for work, one, ten in (("blocks", few, many), ("bytes", small, large)):

        def run(text: str) -> Callable[[], object]:
            return lambda: render(text)

        short, long = fastest(run(one), run(ten), rounds=8)
        yield Row(f"10 x the {work} / 1 x", long / short, 11.0, f"{long * 1000:.0f} ms / {short * 1000:.0f} ms")


def drawing(folder: Path) -> Iterator[Row]:
    from mdattn.diagrams import KINDS
    from mdattn.render import diagram

    for name, kind in KINDS.items():
        for count, limit in ((64, 5.0), (512, 100.0)):
            text = " ".join(f"word{number}" for number in range(count))
            options: dict[str, object] = {"kind": name, "text": text}
            options |= {"query": 5} if "query" in kind.options.__struct_fields__ else {}
            options |= EXTRA.get(name, {})

            def run(options: dict[str, object] = options) -> object:
                return diagram(options)

            (seconds,) = fastest(run, rounds=5)
            yield Row(f"{name}, {count} tokens, ms", seconds * 1000, limit, "once imported")


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


ROWS = (render_100, check_1000, plugin, growth, drawing, memory)


def main(names: Sequence[str]) -> int:
    """Print the table, or the named rows of it."""
    root = str(Path(__file__).parents[2])
    os.environ["PYTHONPATH"] = root
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
