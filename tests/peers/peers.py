"""What tools that regenerate and check text in Markdown do to its authors: the same small cases through each of them.

    python tests/peers/peers.py [--environment FOLDER] [--write docs/peers.md]

Installs the peers from the Python package index and from npm into a folder (a temporary one, or FOLDER, which is used
again), runs every case through each and through mdattn, and prints the table as Markdown. A cell says what was
observed, nothing of it is typed. The exit status is 1 if a cell of mdattn is not "yes".
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PACKAGES = ("cogapp", "mdformat", "blacken-docs", "markdown-code-runner")
NPM = ("embedme",)
FRESH = "FRESH"
LONGEST = 120  # Seconds for one run of a tool.
INSTALLING = 180  # Seconds for one package: a registry that does not answer must not hold up the rest.


class Peer(NamedTuple):
    """A tool: how a block of it is written, what it becomes, and how the tool is run, with `{}` for the document.

    `wrong` is a block with a mistake on its line `wrong_line`, from 1. `result` is the file that is written, the
    document itself or another; `fresh` stands in it when the block has been worked on.
    """

    name: str
    block: tuple[str, ...]
    fresh: str
    wrong: tuple[str, ...]
    wrong_line: int
    write: tuple[str, ...]
    check: tuple[str, ...] | None
    diff: tuple[str, ...] | None = None
    result: str = "doc.md"
    files: tuple[tuple[str, str], ...] = ()
    version: tuple[str, ...] = ("--version",)


class Seen(NamedTuple):
    """What a run left: its status, all that it said, and the result (None: there is none)."""

    status: int
    said: str
    out: bytes
    result: bytes | None


HEATMAP = ("kind: heatmap", "text: FRESH b")
MDATTN = (  # As a filter from a draft to a post, and on documents that keep their sources.
    Peer(
        "mdattn render",
        ("```attention-diagram", *HEATMAP, "```"),
        'Sentence: "FRESH b"',
        ("```attention-diagram", "kind: heatmap", "txt: FRESH b", "```"),
        3,
        ("mdattn", "render", "{}", "-o", "post.md"),
        ("mdattn", "render", "{}", "-o", "post.md", "--check"),
        ("mdattn", "render", "{}", "-o", "post.md", "--check", "--diff"),
        result="post.md",
    ),
    Peer(
        "mdattn update",
        ("<!-- attention-diagram", *HEATMAP, "-->", "<!-- /attention-diagram -->"),
        'Sentence: "FRESH b"',
        ("<!-- attention-diagram", "kind: heatmap", "txt: FRESH b", "-->", "<!-- /attention-diagram -->"),
        3,
        ("mdattn", "update", "{}"),
        ("mdattn", "update", "{}", "--check"),
        ("mdattn", "update", "{}", "--check", "--diff"),
    ),
)
PEERS = (
    Peer(
        "cog",
        ("<!-- [[[cog", f"cog.outl('{FRESH}')", "]]] -->", "<!-- [[[end]]] -->"),
        FRESH,
        ("<!-- [[[cog", "cog.outl(1 / 0)", "]]] -->", "<!-- [[[end]]] -->"),
        2,
        ("cog", "-r", "{}"),
        ("cog", "--check", "{}"),
        ("cog", "--check", "--diff", "{}"),
        version=("-v",),
    ),
    Peer(
        "mdformat",
        ("```fresh", "stale", "```"),
        FRESH,
        ("```fresh", "wrong", "```"),
        2,
        ("mdformat", "{}"),
        ("mdformat", "--check", "{}"),
    ),
    Peer(
        "blacken-docs",
        ("```python", f"x = ( '{FRESH}' )", "```"),
        f'x = "{FRESH}"',
        ("```python", "x = (", "```"),
        2,
        ("blacken-docs", "{}"),
        ("blacken-docs", "--check", "{}"),
        version=(),
    ),
    Peer(
        "markdown-code-runner",
        ("```python markdown-code-runner", f"print('{FRESH}')", "```", "<!-- OUTPUT:START -->", "<!-- OUTPUT:END -->"),
        FRESH,
        ("```python markdown-code-runner", "1 / 0", "```", "<!-- OUTPUT:START -->", "<!-- OUTPUT:END -->"),
        2,
        ("markdown-code-runner", "{}"),
        None,
    ),
    Peer(
        "embedme",
        ("```ts", "// fresh.ts", "```"),
        FRESH,
        ("```ts", "// gone.ts", "```"),
        2,
        ("embedme", "{}"),
        ("embedme", "--verify", "{}"),
        files=(("fresh.ts", f"{FRESH}\n"),),
    ),
)


# The cases ------------------------------------------------------------------------------------------------------------


class Bench:
    """Runs a peer on documents, each in a folder of its own."""

    def __init__(self, peer: Peer, path: str, place: Path) -> None:
        self.peer = peer
        self.env = os.environ | {"PATH": path, "NO_COLOR": "1"}
        self.place = self.folder = place

    def run(self, command: Sequence[str], document: bytes, keep: bool = False) -> Seen:
        """What the command does to the document, in a new folder but for `keep`."""
        if not keep:
            self.folder = Path(tempfile.mkdtemp(dir=self.place))
            for name, content in self.peer.files:
                ending = "\r\n" if b"\r\n" in document else "\n"  # As a checkout would have both.
                (self.folder / name).write_text(content, newline=ending)
            (self.folder / "doc.md").write_bytes(document)
        arguments = [each.format("doc.md") for each in command]
        done = subprocess.run(
            arguments, cwd=self.folder, env=self.env, capture_output=True, timeout=LONGEST, stdin=subprocess.DEVNULL
        )
        result = self.folder / self.peer.result
        said = (done.stdout + done.stderr).decode("utf-8", "replace")
        return Seen(done.returncode, said, done.stdout, result.read_bytes() if result.exists() else None)

    def written(self, document: str | bytes) -> Seen:
        """The document written by the peer."""
        return self.run(self.peer.write, document.encode() if isinstance(document, str) else document)


def text(lines: Iterable[str], prefix: str = "", ending: str = "\n") -> str:
    """The lines, each behind the prefix."""
    return "".join(prefix + line + ending for line in lines)


def fresh(seen: Seen, peer: Peer) -> bool:
    """Whether the result holds what the peer should have made."""
    return seen.result is not None and any(peer.fresh in line for line in _lines(seen))


def _lines(seen: Seen) -> list[str]:
    return (seen.result or b"").decode("utf-8", "replace").split("\n")


def failed(seen: Seen) -> str:
    """How a peer refuses what it should have done."""
    if "Traceback" in seen.said:
        return "no: traceback"
    return "no: fails" if seen.status else "no: silently skipped"


def check_mode(bench: Bench) -> str:
    peer = bench.peer
    if peer.check is None:
        return "no"
    document = text(["x", "", *peer.block]).encode()
    stale = bench.run(peer.check, document)
    touched = peer.result == "doc.md" and stale.result != document
    bench.written(document)
    again = bench.run(peer.check, b"", keep=True)
    if stale.status == 0 or again.status or touched:
        return f"no: exits with {stale.status} on what is stale, {again.status} on what is not"
    return f"yes ({stale.status})"


def diff(bench: Bench) -> str:
    peer = bench.peer
    if peer.diff is None:
        return "no"
    document = text(["x", "", *peer.block, "", "y"]).encode()
    seen = bench.run(peer.diff, document)
    patch = subprocess.run(
        ["git", "apply", "-"], cwd=bench.folder, input=seen.out, capture_output=True, env=_no_repository(bench)
    )
    result = bench.folder / peer.result
    if patch.returncode == 0 and result.exists() and peer.fresh in result.read_text(errors="replace"):
        return "yes"
    return "no: not a patch" if seen.said else "no"


def _no_repository(bench: Bench) -> dict[str, str]:
    return bench.env | {"GIT_CEILING_DIRECTORIES": str(bench.folder.parent)}


def crlf(bench: Bench) -> str:
    seen = bench.written(text(["x", "", *bench.peer.block, "", "y"], ending="\r\n"))
    if not fresh(seen, bench.peer):
        return failed(seen)
    assert seen.result is not None
    bare, all_ = len(re.findall(rb"(?<!\r)\n", seen.result)), seen.result.count(b"\n")
    return "yes" if not bare else "no: all LF" if bare == all_ else "no: mixed"


def bom(bench: Bench) -> str:
    seen = bench.written("\ufeff" + text([*bench.peer.block, "", "y"]))
    if not fresh(seen, bench.peer):
        return failed(seen)
    return "yes" if seen.result and seen.result.startswith(b"\xef\xbb\xbf") else "no: lost"


def _within(bench: Bench, above: str, prefix: str) -> str:
    seen = bench.written(f"{above}{text(bench.peer.block, prefix)}\ny\n")
    if not fresh(seen, bench.peer):
        return failed(seen)
    stands = [
        line for line in _lines(seen) if bench.peer.fresh in line and "cog.outl" not in line and "print(" not in line
    ]
    return (
        "yes" if all(line.startswith(prefix) for line in stands) else f"no: loses its {prefix.strip() or 'indentation'}"
    )


def in_a_list(bench: Bench) -> str:
    return _within(bench, "- x\n\n", "  ")


def in_a_quote(bench: Bench) -> str:
    return _within(bench, "> x\n>\n", "> ")


def inert(bench: Bench) -> str:
    document = f"x\n\n`````markdown\n{text(bench.peer.block)}`````\n\ny\n"
    seen = bench.written(document)
    if seen.result is None or "Traceback" in seen.said:
        return failed(seen)
    return "yes" if text(bench.peer.block) in seen.result.decode("utf-8", "replace") else "no"


# What formatters like to change, and what readers of text do not expect.
OUTSIDE = (
    b"Title\n=====\n\n* a\n* b\n\n1) c\n\ttab, blanks  \n\n\n\n__bold__ \\_ &amp; <b>x</b>\n\n***\n\n"
    b"| a | b |\n|--|:-:|\n|1|2|\n\n"
)


def untouched(bench: Bench) -> str:
    after = b"\nform\x0cfeed, \xe2\x80\xa8 and \xe9\n\n* no final newline"
    seen = bench.written(OUTSIDE + text(bench.peer.block).encode() + after)
    if not fresh(seen, bench.peer):
        seen = bench.written(OUTSIDE + text(bench.peer.block).encode() + b"\n* no final newline")
        if not fresh(seen, bench.peer):
            return failed(seen)
        same = seen.result and seen.result.startswith(OUTSIDE) and seen.result.endswith(b"\n* no final newline")
        return "no: UTF-8 alone" if same else "no"
    assert seen.result is not None
    return "yes" if seen.result.startswith(OUTSIDE) and seen.result.endswith(after) else "no"


def error_place(bench: Bench) -> str:
    above = ["x", "", "y", "", "z", ""]
    seen = bench.written(text([*above, *bench.peer.wrong]))
    line = len(above) + bench.peer.wrong_line
    places = re.findall(r"doc\.md\D{0,12}(\d+)", seen.said)
    if seen.status == 0:
        return "no: exits with 0"
    if str(line) in places:
        return "yes"
    if str(len(above) + 1) in places:
        return "no: the block, not the line"
    if places:
        return "no: another line"
    return "no: file alone" if "doc.md" in seen.said else "no"


CASES: dict[str, Callable[[Bench], str]] = {
    "check mode (exit status)": check_mode,
    "diff that `git apply` takes": diff,
    "CRLF kept": crlf,
    "BOM and a block on line 1": bom,
    "block in a list": in_a_list,
    "block in a block quote": in_a_quote,
    "inert inside a longer fence": inert,
    "bytes outside untouched": untouched,
    "error with file and line": error_place,
}


# Installing -----------------------------------------------------------------------------------------------------------

# A formatter for mdattn's peer mdformat, which has none of its own: it makes something known of a fence, or raises.
FORMATTER = """\
def fresh(text, info):
    if "wrong" in text:
        raise ValueError("wrong")
    return "FRESH\\n"
"""


def install(folder: Path) -> str:
    """A PATH with mdattn and what could be installed."""
    folder.mkdir(parents=True, exist_ok=True)
    python = folder / "python"
    scripts = python / ("Scripts" if os.name == "nt" else "bin")
    if not scripts.exists():
        subprocess.run([sys.executable, "-m", "venv", str(python)], check=True)
        for package in PACKAGES:
            _try([str(scripts / "python"), "-m", "pip", "install", "-q", "--retries", "1", "--timeout", "20", package])
        _plugin(python)
    node = folder / "node"
    if not node.exists() and shutil.which("npm"):
        node.mkdir()
        (node / "package.json").write_text("{}")
        _try(["npm", "install", "--silent", "--fetch-retries", "1", "--prefix", str(node), *NPM])
    path = [own(folder), str(scripts), str(node / "node_modules" / ".bin"), os.environ["PATH"]]
    return os.pathsep.join(path)


def own(folder: Path) -> str:
    """A folder with a command that runs this very package."""
    ours = folder / "mdattn"
    ours.mkdir(parents=True, exist_ok=True)
    command = ours / "mdattn"
    command.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m mdattn "$@"\n')
    command.chmod(0o755)
    return str(ours)


def _try(command: Sequence[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALLING)
        wrong = done.stderr.strip()[-300:] if done.returncode else ""
    except subprocess.TimeoutExpired:
        wrong = f"not within {INSTALLING} s"
    if wrong:
        print(f"{command[-1]} cannot be installed: {wrong}", file=sys.stderr)


def _plugin(python: Path) -> None:
    site = next(python.rglob("site-packages"))
    (site / "fresh_formatter.py").write_text(FORMATTER)
    info = site / "fresh_formatter-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: fresh-formatter\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[mdformat.codeformatter]\nfresh = fresh_formatter:fresh\n")


def version(peer: Peer, path: str) -> str | None:
    """The version of an installed peer; None where it is not installed."""
    command = shutil.which(peer.write[0], path=path)
    if command is None:
        return None
    if peer.version:
        done = subprocess.run([command, *peer.version], capture_output=True, text=True, env=os.environ | {"PATH": path})
        found = re.search(r"\d+\.\d[\w.]*", done.stdout + done.stderr)
        return found[0] if found else "?"
    pip = [str(Path(command).parent / "python"), "-m", "pip", "show", peer.name]
    found = re.search(r"Version: (\S+)", subprocess.run(pip, capture_output=True, text=True).stdout)
    return found[1] if found else "?"


# The table ------------------------------------------------------------------------------------------------------------


def table(columns: Sequence[tuple[str, Sequence[str]]]) -> str:
    """The cells of each tool under its name, as Markdown."""
    rows = [["", *(name for name, _ in columns)], ["---"] * (len(columns) + 1)]
    rows += [[case, *(cells[index] for _, cells in columns)] for index, case in enumerate(CASES)]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def observed(peer: Peer, path: str, place: Path) -> list[str]:
    """The cells of a peer."""
    bench = Bench(peer, path, place)

    def cell(case: Callable[[Bench], str]) -> str:
        try:
            return case(bench)
        except subprocess.TimeoutExpired:
            return "no: does not end"

    return [cell(case) for case in CASES.values()]


MARKS = ("<!-- peers -->\n", "<!-- /peers -->\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table, or write it between the marks of a document."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--environment", type=Path, help="where the peers are installed, to be used again")
    parser.add_argument("--write", type=Path, help="a document with the marks between which the table stands")
    arguments = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="peers-") as name:
        path = install((arguments.environment or Path(name, "environment")).resolve())
        columns, missing = [], []
        for peer in (*MDATTN, *PEERS):
            number = version(peer, path)
            if number is None:
                missing.append(peer.name)
                continue
            columns.append((f"{peer.name} {number}", observed(peer, path, Path(name))))
    found = table(columns)
    if missing:
        found += f"\nNot installed, and so not compared: {', '.join(missing)}.\n"
    print(found)
    if arguments.write:
        before, rest = arguments.write.read_text(encoding="utf-8").split(MARKS[0])
        after = rest.split(MARKS[1])[1]
        arguments.write.write_text(f"{before}{MARKS[0]}\n{found}\n{MARKS[1]}{after}", encoding="utf-8")
    ours = [cell for name, cells in columns for cell in cells if name.startswith("mdattn")]
    return 0 if all(cell.startswith("yes") for cell in ours) else 1


if __name__ == "__main__":
    sys.exit(main())
