"""Differences as patches, and how results are written: staged beside their places, then renamed."""

# ruff: noqa: PTH101, PTH102, PTH105, PTH106, PTH108, PTH112, PTH114, PTH116, PTH118, PTH120

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import NamedTuple

from mdattn.drafts._compute import Change, Outcome
from mdattn.drafts._plan import Finding, Plan, leftovers, problem
from mdattn.errors import Diagnostic

_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


# Differences


def patch(change: Change) -> bytes:
    """The unified diff of a change, as `git apply` takes it; empty where nothing changes.

    Lines end at "\\n" only, and keep every other byte.
    """
    if change.old == change.new:
        return b""
    name = change.draft.result_name
    before, after = _quoted(f"a/{name}"), _quoted(f"b/{name}")
    tab = b"\t" if b" " in after else b""  # So that a blank does not end the name.
    head = b""
    if not change.old:  # A file that is new or empty has no hunk that says which of the two it is.
        head = b"diff --git " + before + b" " + after + b"\n"
        head += b"new file mode 100644\n" if change.old is None else b""
    if not change.old and not change.new:
        return head
    old_name = b"/dev/null\n" if change.old is None else before + tab + b"\n"
    return head + b"--- " + old_name + b"+++ " + after + tab + b"\n" + _hunks(change.old or b"", change.new)


def _hunks(old: bytes, new: bytes) -> bytes:
    from difflib import unified_diff  # Slow to import, and only a difference needs it.
    from itertools import islice

    def lines(data: bytes) -> list[str]:
        return data.decode("latin-1").removesuffix("\n").split("\n") if data else []

    # Latin-1 is a letter a byte, so that difflib takes any bytes. A missing final newline makes another line.
    a = [each + "\n" for each in lines(old)]
    b = [each + "\n" for each in lines(new)]
    for data, listed in ((old, a), (new, b)):
        if data and not data.endswith(b"\n"):
            listed[-1] += "\\ No newline at end of file\n"
    return "".join(islice(unified_diff(a, b), 2, None)).encode("latin-1")


def _quoted(name: str) -> bytes:
    """A name as git writes it: plain, or in quotes with escapes where something in it could mislead."""
    data = os.fsencode(name)
    try:
        plain = data.decode().isprintable() and '"' not in name and "\\" not in name
    except UnicodeDecodeError:
        plain = False
    if plain:
        return data
    return b'"' + b"".join(bytes([c]) if 32 <= c < 127 and c not in b'"\\' else b"\\%03o" % c for c in data) + b'"'


# Writing


class Written(NamedTuple):
    """How many files were written, and what kept the others from it."""

    written: int
    findings: tuple[Finding, ...]


def compare(plan: Plan, outcome: Outcome, destination: str, suffix: str | None) -> list[Finding]:
    """What a check has to say about each result that is not as it should be."""
    findings = []
    for change in outcome.changes:
        message = f"{change.draft.result_name} is " + ("missing" if change.old is None else "not what this gives today")
        findings.append(Finding(change.draft.name, Diagnostic(None, message, "run again without --check")))
    return findings + leftovers(plan, destination, suffix)


def write(changes: Sequence[Change], track: Callable[[Sequence[Change]], Iterable[Change]] = iter) -> Written:
    """Write every change that has a destination; one that cannot be written stops only itself."""
    written = 0
    findings = []
    for change in track(changes):
        if change.draft.destination is None:
            continue
        try:
            _write_one(change)
            written += 1
        except OSError as error:
            findings.append(problem(change.draft.destination, error))
    return Written(written, tuple(findings))


def _write_one(change: Change) -> None:
    staged: list[tuple[str, str, Change]] = []
    made: list[str] = []
    assert change.draft.destination is not None
    try:
        _stage(change.draft.destination, change, staged, made)
        temporary, target, _ = staged[0]
        if temporary:
            os.replace(temporary, target)
        else:
            _write_through(target, change.new)
    except BaseException:
        for temporary, _, _ in staged:
            with suppress(OSError):
                os.unlink(temporary)
        for folder in reversed(made):
            with suppress(OSError):
                os.rmdir(folder)
        raise


def _stage(destination: str, change: Change, staged: list[tuple[str, str, Change]], made: list[str]) -> None:
    """Put the new bytes beside their place, under a temporary name, with the mode of what they replace."""
    try:
        status = os.stat(destination)
    except FileNotFoundError:
        status = None
    if status is not None and not stat.S_ISREG(status.st_mode):
        staged.append(("", destination, change))  # A device or a pipe cannot be renamed over.
        return
    target = os.path.realpath(destination) if os.path.islink(destination) else destination
    folder = os.path.dirname(target) or os.curdir
    if status is None:
        _make_folders(folder, made)
    elif not os.access(target, os.W_OK):
        raise PermissionError(13, "Permission denied: the file is read-only", target)
    temporary = os.path.join(folder, f".mdattn-{os.getpid()}-{len(staged)}.tmp")
    descriptor = os.open(temporary, _CREATE, 0o666)
    staged.append((temporary, target, change))
    try:
        _write_all(descriptor, change.new)
    finally:
        os.close(descriptor)
    if status is not None:
        if hasattr(os, "chown"):
            with suppress(OSError):  # Only a privileged user can keep another's file his.
                os.chown(temporary, status.st_uid, status.st_gid)
        os.chmod(temporary, stat.S_IMODE(status.st_mode))


def _make_folders(folder: str, made: list[str]) -> None:
    missing = []
    while not os.path.isdir(folder):
        missing.append(folder)
        folder = os.path.dirname(folder) or os.curdir
    for each in reversed(missing):
        os.mkdir(each)
        made.append(each)


def _write_through(path: str, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | getattr(os, "O_BINARY", 0))
    try:
        _write_all(descriptor, data)
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
