"""Faults on purpose: each is put into a copy of the package, and the campaign has to find it.

    python tests/fuzz/mutants.py [--seconds 20] [--jobs 2] [NAME ...]

Prints a table; the exit status is 1 if one survives,
and 2 if the code that a fault replaces is not found exactly once.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]


class Edit(NamedTuple):
    """Text that stands exactly once below a folder of the package, and what takes its place."""

    within: str
    old: str
    new: str


class Mutant(NamedTuple):
    """A fault: what it is, how it is made, and the sorts of cases that should find it."""

    name: str
    edits: tuple[Edit, ...]
    sorts: tuple[str, ...]


class Result(NamedTuple):
    """What became of a mutant."""

    mutant: Mutant
    found: bool
    seconds: float
    by: str


NO_PROOF = Edit("blocks", "    _prove_lines(document, ordered, split(result))\n", "    return\n")

MUTANTS = (
    Mutant(
        "the splice ends lines with LF, unproved",
        (Edit("blocks", "line + place.line_ending for line in prefixed[:-1]",
        'line + "\\n" for line in prefixed[:-1]'), NO_PROOF),
        ("documents",),
    ),
    Mutant(
        "a prefix one blank too long, unproved",
        (Edit("blocks", "place.rest_prefix + line if line", 'place.rest_prefix + " " + line if line'), NO_PROOF),
        ("documents",),
    ),
    Mutant(
        "the splice drops the line after a block, unproved",
        (Edit("blocks", "        pieces += each.lines\n        cursor = each.place.end_line",
        "        pieces += each.lines\n        cursor = each.place.end_line + 1"), NO_PROOF),
        ("documents",),
    ),
    Mutant(
        "a fence no longer than a run within it, unproved",
        (Edit("blocks", "while fence in text", "while fence + marker in text"), NO_PROOF),
        ("documents",),
    ),
    Mutant(
        "softmax without the maximum",
        (Edit("attention/attend.py", "np.subtract(scores, top, out=", "np.subtract(scores, 0.0, out="),),
        ("numbers",),
    ),
    Mutant(
        "a window one key too long",
        (Edit("attention", "np.tri(n_query, n_key, own - size, dtype",
        "np.tri(n_query, n_key, own - size - 1, dtype"),),
        ("numbers",),
    ),
    Mutant(
        "temperature multiplies",
        (Edit("attention/scores.py", "np.divide(scores, temperature, out=out)",
        "np.multiply(scores, temperature, out=out)"),),
        ("numbers",),
    ),
    Mutant(
        "numbers by %.2f, without the snap",
        (Edit("numerals.py", "    units = _units(value, decimals)\n    if not decimals:",
        '    return f"{value:.{decimals}f}"\n    units = 0\n    if not decimals:'),),
        ("numbers",),
    ),
    Mutant(
        "a text that is not ASCII counts one cell too few",
        (Edit("cells", "return sum(map(_graphemes.cells, _graphemes.clusters(text)))",
              "return sum(map(_graphemes.cells, _graphemes.clusters(text))) - 1"),),
        ("options",),
    ),
    Mutant(
        "a difference exits with 0",
        (Edit("cli", "FINE, DIFFERENT, WRONG, INTERRUPTED, CLOSED_PIPE = 0, 1, 2",
        "FINE, DIFFERENT, WRONG, INTERRUPTED, CLOSED_PIPE = 0, 0, 2"),),
        ("files",),
    ),
    Mutant(
        "errors are written over all the same",
        (Edit("cli", "    if tally.errors:\n        tally = tally._replace(different=0",
              "    if False:\n        tally = tally._replace(different=0"),),
        ("files",),
    ),
    Mutant(
        "a data file is read through a link",
        (Edit("attention", "if not path.is_relative_to(base):", "if False:"),),
        ("files",),
    ),
    Mutant(
        "a temporary file stays",
        (Edit("drafts", "os.unlink(folder.at(temporary), dir_fd=folder.descriptor)", "pass"),),
        ("files",),
    ),
    Mutant(
        "what was saved meanwhile is overwritten",
        (Edit("drafts", "if (status.st_dev, status.st_ino) != change.identity or data != change.old:", "if False:"),),
        ("files",),
    ),
    Mutant(
        "a key that is not known is left out of account",
        (Edit("options", "faults.add_some(chosen.strangers(tree, own))", "pass"),),
        ("options",),
    ),
    Mutant(
        "warnings are swallowed",
        (Edit("blocks", "yield Diagnostic(Position(each.line + 1, each.column + 1), *finding, severity=\"warning\")",
        "continue"),),
        ("silences",),
    ),
    Mutant(
        "the steps of a score are told in another order",
        (Edit("study/notes.py", "step.said(glyphs) for step in steps",
              "step.said(glyphs) for step in reversed([*steps])"),),
        ("pictures",),
    ),
    Mutant(
        "two long words get one label",
        (Edit("study/names.py", "    while label in taken:", "    while False:"),),
        ("pictures",),
    ),
    Mutant(
        "attends only to, where another weight prints",
        (Edit("study/attended.py", "    if not any(others):", "    if not any(each > 0.03 for each in others):"),),
        ("pictures",),
    ),
    Mutant(
        "attends most to one of several that print alike",
        (Edit("study/attended.py", "    if 1 < len(keys) < len(seen):", "    if False:"),),
        ("pictures",),
    ),
    Mutant(
        "a bar is cut where it should be rounded",
        (Edit("layout/_tables.py", "int(numerals.rounded(share * length * 2, 0))", "int(share * length * 2)"),),
        ("pictures",),
    ),
    Mutant(
        "a text alternative tells another weight",
        (Edit("diagrams/flow", "numerals.text(head.weights[second], flow.finer)",
              "numerals.text(head.weights[found.keys[0]], flow.finer)"),),
        ("pictures",),
    ),
    Mutant(
        "a text alternative tells another share",
        (Edit("diagrams/comparison/_notes.py", "left, weight = both.share(both.memory[-1])",
              "left, weight = both.share(both.memory[0])"),),
        ("pictures",),
    ),
    Mutant(
        "one last digit too many is counted below a table",
        (Edit("diagrams/flow", "from the rounded numbers, {sum(len(", "from the rounded numbers, {1 + sum(len("),
         Edit("diagrams/flow", 'notes.counted(count, "last digit")', 'notes.counted(1 + count, "last digit")')),
        ("pictures",),
    ),
    Mutant(
        "one last digit too many is counted below the steps",
        (Edit("diagrams/steps", "counted(len(differing), 'last digit')", "counted(1 + len(differing), 'last digit')"),),
        ("pictures",),
    ),
    Mutant(
        "two numbers that differ have an equals sign",
        (Edit("diagrams/steps", "        return self.approx\n", '        return "="\n'),),
        ("pictures",),
    ),
)  # fmt: skip


class Missing(Exception):  # noqa: N818 - the code has changed, and the mutant must follow
    """The code that a mutant replaces is not found exactly once."""


def mutated(mutant: Mutant, package: Path) -> None:
    """Put the fault into the package."""
    for edit in mutant.edits:
        place = package / edit.within
        files = sorted(place.rglob("*.py")) if place.is_dir() else [place]
        counts = {file: file.read_text(encoding="utf-8").count(edit.old) for file in files if file.exists()}
        if sum(counts.values()) != 1:
            raise Missing(f"{mutant.name}: {edit.old!r} stands {sum(counts.values())} times in {edit.within}")
        (file,) = (file for file, count in counts.items() if count)
        file.write_text(file.read_text(encoding="utf-8").replace(edit.old, edit.new), encoding="utf-8")


def copied(folder: Path) -> Path:
    """The package and its tests, in a folder of their own."""
    leave = shutil.ignore_patterns("__pycache__", "fixtures")
    for name in ("mdattn", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=leave)
    return folder


def hunted(mutant: Mutant | None, seconds: float, sorts: Sequence[str]) -> tuple[bool, str]:
    """Whether a campaign on a copy with the fault fails, and what it says."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as name:
        folder = copied(Path(name))
        if mutant:
            mutated(mutant, folder / "mdattn")
        command = [sys.executable, "tests/fuzz/run.py", "--seconds", str(seconds), "--seed", "1000", "--first"]
        env = os.environ | {"PYTHONPATH": str(folder), "OPENBLAS_NUM_THREADS": "1"}
        arguments = [*command, "--only", *sorts, "--out", str(folder / "out")]
        done = subprocess.run(arguments, cwd=folder, env=env, capture_output=True, text=True, errors="replace")
    lines = [line for line in done.stdout.split("\n") if line.startswith("FAULT seed")]
    if done.returncode not in (0, 1) or (done.returncode and not lines):
        raise RuntimeError(f"the campaign itself failed: {done.stdout[-500:]}{done.stderr[-2000:]}")
    return bool(lines), lines[0].partition(": ")[2] if lines else ""


def hunt(mutant: Mutant, seconds: float) -> Result:
    """How a mutant fares."""
    started = time.monotonic()
    found, by = hunted(mutant, seconds, mutant.sorts)
    return Result(mutant, found, time.monotonic() - started, by)


def main(argv: Sequence[str] | None = None) -> int:
    """The table of mutants."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", help="mutants whose names hold one of these words (default: all)")
    parser.add_argument("--seconds", type=float, default=30, help="for each mutant at most (default: 30)")
    parser.add_argument("--jobs", type=int, default=2, help="mutants at a time (default: 2)")
    arguments = parser.parse_args(argv)
    chosen = [each for each in MUTANTS if not arguments.names or any(word in each.name for word in arguments.names)]
    with tempfile.TemporaryDirectory() as name:
        missing = []
        for number, mutant in enumerate(chosen):
            try:
                mutated(mutant, shutil.copytree(ROOT / "mdattn", Path(name, str(number))))
            except Missing as error:
                missing.append(str(error))
    if missing:
        print("\n".join(missing))
        return 2
    # What a campaign says of a package in which it finds faults anyway proves nothing of a mutant.
    for sorts in sorted({each.sorts for each in chosen}):
        found, by = hunted(None, min(arguments.seconds, 10), sorts)
        if found:
            print(f"without any mutant the campaign already finds: {by} ({', '.join(sorts)})")
            return 2
    with ThreadPoolExecutor(arguments.jobs) as pool:
        results = list(pool.map(lambda each: hunt(each, arguments.seconds), chosen))
    for each in results:
        verdict = "found" if each.found else "SURVIVED"
        print(f"{each.mutant.name:<52} {verdict:<8} {each.seconds:5.1f} s  {each.by}")
    return 0 if all(each.found for each in results) else 1


if __name__ == "__main__":
    sys.exit(main())
