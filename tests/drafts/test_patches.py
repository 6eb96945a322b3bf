"""Differences: any two lists of lines in bounded time, and patches that git applies from the root of a repository."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mdattn import drafts
from mdattn.drafts import Change, Draft, Work, Worked, _lines, compute, patch, plan, plan_in_place

MORE = Work(lambda text: True, lambda draft, text, path: Worked(text.replace("b\n", "B\n") + "more\n"))


# Lines


def kept(old: Sequence[object], new: Sequence[object]) -> int:
    """How many lines stay; the runs must be runs of both lists, in order, and end at their ends."""
    found = _lines.matches(old, new)
    i = j = total = 0
    for run in found:
        assert run.old >= i
        assert run.new >= j
        assert old[run.old : run.old + run.length] == new[run.new : run.new + run.length]
        i, j, total = run.old + run.length, run.new + run.length, total + run.length
    assert found[-1] == (len(old), len(new), 0)
    assert all(run.length for run in found[:-1])
    return total


def longest(old: Sequence[object], new: Sequence[object]) -> int:
    """The length of the longest series of lines that both have, by the book."""
    above = [0] * (len(new) + 1)
    for mine in old:
        row = [0]
        for column, other in enumerate(new):
            row.append(above[column] + 1 if mine == other else max(above[column + 1], row[column]))
        above = row
    return above[-1]


LINES = st.lists(st.sampled_from("abcde"), max_size=30)


@given(LINES, LINES)
def test_runs_are_runs_of_both(old: list[str], new: list[str]) -> None:
    assert kept(old, new) <= longest(old, new)
    assert kept(old, old) == len(old)


@given(st.lists(st.sampled_from("aabb"), max_size=30), st.lists(st.sampled_from("aabb"), max_size=30))
def test_the_shortest_edit_is_found_where_no_line_stands_once(old: list[str], new: list[str]) -> None:
    old, new = old + old, new + new
    assert kept(old, new) == longest(old, new)


def test_a_line_added_in_the_middle_of_many_is_one_edit() -> None:
    old = [str(number % 7) for number in range(5000)]
    found = _lines.edits(_lines.matches(old, [*old[:2500], "new", *old[2500:]]))
    assert found == [(2500, 2500, 2500, 2501)]


def steps(run: Callable[[], object]) -> int:
    """How many lines of the package are executed."""
    count = 0

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal count
        if frame.f_code.co_filename != _lines.__file__:
            return None
        count += event == "line"
        return trace

    sys.settrace(trace)
    try:
        run()
    finally:
        sys.settrace(None)
    return count


HARD: dict[str, Callable[[int], tuple[list[str], list[str]]]] = {
    "cycles of another length": lambda n: (["a", "b"] * (n // 2), ["a", "b", "c"] * (n // 3)),
    "one line and two": lambda n: (["a"] * n, ["a", "b"] * (n // 2)),
    "few lines, shuffled": lambda n: ([str(i * i % 53) for i in range(n)], [str(i * i * i % 53) for i in range(n)]),
    "in reverse": lambda n: ([str(i) for i in range(n)], [str(i) for i in range(n, 0, -1)]),
    "gaps between anchors": lambda n: (
        [line for i in range(n // 20) for line in (f"anchor {i}", *"ab" * 10)],
        [line for i in range(n // 20) for line in (f"anchor {i}", *"abc" * 6)],
    ),
    "a change in every stretch": lambda n: (
        [*(["a"] * (n // 160)), "b"] * 160,
        [*(["a"] * (n // 160)), "c"] * 160,
    ),
    "nothing in common": lambda n: (["a"] * n, ["b"] * n),
}


@pytest.mark.parametrize("case", HARD)
def test_the_work_grows_with_the_lines(case: str) -> None:
    small, large = HARD[case](2_000), HARD[case](20_000)
    work = steps(lambda: _lines.matches(*large))
    assert work <= 11 * steps(lambda: _lines.matches(*small))
    assert work <= 600 * sum(map(len, large))
    kept(*large)


# Patches, applied by hand


def applied(old: bytes, diff: bytes) -> bytes:
    """What a patch makes of a file, for patches with hunks, whose every context line and number must be right."""
    lines = old.split(b"\n")
    lines = [each + b"\n" for each in lines[:-1]] + ([lines[-1]] if lines[-1] else [])
    body = diff.split(b"\n")[:-1]
    result: list[bytes] = []
    at = number = 0
    while number < len(body):
        head = body[number].split()
        assert head[0] == head[3] == b"@@"
        (start, length), (new_start, new_length) = (_range(each) for each in head[1:3])
        result += lines[at : start - (length > 0)]
        at = start - (length > 0)
        assert len(result) == new_start - (new_length > 0)
        number += 1
        taken = added = 0
        while number < len(body) and (taken, added) != (length, new_length):
            sign, text = body[number][:1], body[number][1:]
            number += 1
            if number < len(body) and body[number].startswith(b"\\"):
                number += 1
            else:
                text += b"\n"
            if sign in b" -":
                assert lines[at] == text
                at, taken = at + 1, taken + 1
            if sign in b" +":
                result.append(text)
                added += 1
    return b"".join(result + lines[at:])


def _range(text: bytes) -> tuple[int, int]:
    start, _, length = text[1:].partition(b",")
    return int(start), int(length or 1)


DATA = st.lists(st.sampled_from([b"a\n", b"b\n", b"c\n", b"\n", b"\r\n", b"d", b"\xff\n", b"@@ -1 +1 @@\n", b"\\\n"]))


@settings(max_examples=300)
@given(DATA, DATA)
@example([], [b"a\n"])
@example([b"a\n"] * 20, [b"a\n"] * 19 + [b"a"])
def test_a_patch_is_never_wrong(old: list[bytes], new: list[bytes]) -> None:
    before, after = b"".join(old), b"".join(new)
    diff = patch(Change(Draft("a.md", None, "a.md"), before, after))
    if before != after:
        hunks = diff[diff.index(b"\n@@ -") + 1 :]
        assert applied(before, hunks) == after


@pytest.mark.parametrize("case", HARD)
def test_a_patch_of_much_work_is_right(case: str) -> None:
    before, after = ("".join(line + "\n" for line in lines).encode() for lines in HARD[case](3_000))
    diff = patch(Change(Draft("a.md", None, "a.md"), before, after))
    assert applied(before, diff[diff.index(b"\n@@ -") + 1 :]) == after


# Patches, applied by git from the root of a repository


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def git(*arguments: str, data: bytes = b"", folder: Path | None = None) -> bytes:
    configured = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main"]
    done = subprocess.run([*configured, *arguments], input=data, capture_output=True, cwd=folder, check=False)
    assert done.returncode == 0, (done.stderr, data)
    return done.stdout


NAMES = [
    "plain.md",
    "a blank.md",
    'a "quote".md',
    "-dash.md",
    "ä ö 日本.md",
    "tab\there.md",
    os.fsdecode(b"\xff.md"),
    "crlf.md",
    "unfinished.md",
    "empty.md",
    "executable.md",
    "sub folder/é/deep.md",
]
CONTENT = {"crlf.md": b"a\r\nb\r\n", "unfinished.md": b"a\nb", "empty.md": b""}


def repository(root: Path) -> None:
    for name in NAMES:
        path = root / "docs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(CONTENT.get(name, b"a\nb\nc\n"))
    (root / "docs" / "executable.md").chmod(0o755)
    git("init", "-q", folder=root)
    git("add", "-A", folder=root)
    git("commit", "-q", "-m", "all", folder=root)


@pytest.mark.parametrize("folder", [".", "docs", "docs/sub folder/é", "elsewhere/deep"])
def test_a_patch_made_anywhere_in_a_repository_applies_from_its_root(here: Path, folder: str) -> None:
    root = here / "repo"
    repository(root)
    (root / folder).mkdir(parents=True, exist_ok=True)
    os.chdir(root / folder)
    source = os.path.relpath(root / "docs")
    done = compute(plan_in_place([source]), None, MORE)
    new = compute(plan([source], os.path.relpath(root / "new")), None, MORE)
    diff = b"".join(map(patch, (*done.changes, *new.changes)))
    git("apply", "--check", "-", data=diff, folder=root)
    git("apply", "-", data=diff, folder=root)
    for name in NAMES:
        expected = CONTENT.get(name, b"a\nb\nc\n").replace(b"b\n", b"B\n") + b"more\n"
        assert (root / "docs" / name).read_bytes() == expected
        assert (root / "new" / name).read_bytes() == expected
    assert (root / "docs/executable.md").stat().st_mode & 0o100
    assert compute(plan([source], os.path.relpath(root / "new")), None, drafts.rendering()).documents == len(NAMES)


def test_a_patch_of_empty_files_is_about_each_of_them(here: Path) -> None:
    (here / "out").mkdir()
    for name, old, new in (("a", None, b""), ("b", b"b\n", b""), ("c", b"", b"c\n"), ("d", None, b""), ("e", b"", b"")):
        (here / f"{name}.md").write_bytes(new)
        if old is not None:
            (here / "out" / f"{name}.md").write_bytes(old)
    git("init", "-q", folder=here)
    found = plan([f"{name}.md" for name in "abcde"], "out")
    diff = b"".join(map(patch, compute(found, None, drafts.rendering()).changes))
    git("apply", "-", data=diff, folder=here)
    assert compute(found, None, drafts.rendering()).changes == ()


def test_the_root_of_a_second_work_tree_is_where_its_file_is(here: Path) -> None:
    repository(here / "repo")
    git("worktree", "add", "-q", str(here / "second"), folder=here / "repo")
    os.chdir(here / "second/docs")
    (change,) = compute(plan_in_place(["plain.md"]), None, MORE).changes
    git("apply", "-", data=patch(change), folder=here / "second")
    assert (here / "second/docs/plain.md").read_bytes() == b"a\nB\nc\nmore\n"


def test_a_link_is_said_by_the_file_that_it_leads_to(here: Path) -> None:
    repository(here / "repo")
    os.chdir(here / "repo")
    Path("link.md").symlink_to("docs/plain.md")
    Path("folder").symlink_to("docs")
    for name in ("link.md", "folder/plain.md"):
        (change,) = compute(plan_in_place([name]), None, MORE).changes
        assert b"\n--- a/docs/plain.md\n+++ b/docs/plain.md\n" in patch(change)
    git("apply", "-", data=patch(change))


def test_a_file_outside_of_the_repository(here: Path) -> None:
    repository(here / "repo")
    repository(here / "other")
    (here / "free").mkdir()
    os.chdir(here / "repo/docs")

    def name(destination: str) -> bytes:
        (change,) = compute(plan(["plain.md"], destination), None, MORE).changes
        return patch(change).partition(b"\n+++ b/")[2].partition(b"\n")[0]

    assert name("../../other/x.md") == b"x.md"
    assert name("../../free/x.md") == os.fsencode(here / "free/x.md")[1:]
    os.chdir(here)
    Path("plain.md").write_bytes(b"a\n")
    assert name("free/x.md") == b"free/x.md"
    assert name("repo/x.md") == b"x.md"
    os.chdir(here / "free")
    (here / "free/plain.md").write_bytes(b"a\n")
    assert name("x.md") == b"x.md"
    git("apply", "-", data=patch(compute(plan(["plain.md"], "x.md"), None, MORE).changes[0]), folder=here / "free")
    assert (here / "free/x.md").read_bytes() == b"a\nmore\n"
