"""Differences as patches, as `git apply` takes them from the root of the repository."""

# ruff: noqa: PTH109, PTH110, PTH118, PTH120

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from mdattn.drafts._compute import Change
from mdattn.drafts._findings import STDIN, tidy
from mdattn.drafts._lines import Edit, edits, matches

_CONTEXT = 3


def patch(change: Change) -> bytes:
    """The unified diff of a change, as `git apply` takes it; empty where nothing changes.

    Its path is that of the file itself, no link, from the root of the repository that holds it, with slashes; from the
    current folder where there is no repository; and from the root of the file system for a file that is in neither.
    Lines end at "\\n" only, and keep every other byte.
    """
    if change.old == change.new:
        return b""
    name = _name(change)
    before, after = _quoted(f"a/{name}"), _quoted(f"b/{name}")
    tab = b"\t" if b" " in after else b""  # So that a blank does not end the name.
    # All there is of a file that is new and empty; the file after it needs one too, or git takes it for more of that.
    head = b"diff --git " + before + b" " + after + b"\n"
    if change.old is None:
        head += b"new file mode 100644\n"
    if not change.old and not change.new:
        return head
    old_name = b"/dev/null\n" if change.old is None else before + tab + b"\n"
    return head + b"--- " + old_name + b"+++ " + after + tab + b"\n" + b"".join(_hunks(change.old or b"", change.new))


# The name


def _name(change: Change) -> str:
    """The path of what changes, as the patch says it."""
    draft = change.draft
    path = draft.destination or draft.source or draft.name
    if path == STDIN:
        return path
    try:
        path = os.path.realpath(path)
        folder = _repository(os.path.dirname(path)) or os.getcwd()
    except (OSError, ValueError):  # A current folder that was removed, a name that no file can have.
        return tidy(path).lstrip("/")
    base = os.path.join(folder, "")
    inner = path.removeprefix(base) if path.startswith(base) else os.path.splitdrive(path)[1].lstrip(os.sep)
    return inner.replace(os.sep, "/")


def _repository(folder: str) -> str | None:
    """The nearest folder, from this one upwards, that holds `.git`: a folder, or the file of a second work tree."""
    while not os.path.exists(os.path.join(folder, ".git")):
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent
    return folder


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


# The hunks


def _hunks(old: bytes, new: bytes) -> Iterator[bytes]:
    before, after = _split(old), _split(new)
    for hunk in _grouped(edits(matches(before, after))):
        first, last = hunk[0], hunk[-1]
        lead = min(first.old_first, _CONTEXT)
        rest = min(len(before) - last.old_end, _CONTEXT)
        at = first.old_first - lead
        yield b"@@ -%s +%s @@\n" % (
            _range(at, last.old_end + rest),
            _range(first.new_first - lead, last.new_end + rest),
        )
        for edit in hunk:
            yield from (b" " + line for line in before[at : edit.old_first])
            yield from (b"-" + line for line in before[edit.old_first : edit.old_end])
            yield from (b"+" + line for line in after[edit.new_first : edit.new_end])
            at = edit.old_end
        yield from (b" " + line for line in before[at : at + rest])


def _split(data: bytes) -> list[bytes]:
    """The lines with their ends; a last line without one is marked, so that it differs from one that has it."""
    lines = [line + b"\n" for line in data.removesuffix(b"\n").split(b"\n")] if data else []
    if data and not data.endswith(b"\n"):
        lines[-1] += b"\\ No newline at end of file\n"
    return lines


def _grouped(found: Iterable[Edit]) -> Iterator[list[Edit]]:
    """The edits of each hunk: those whose contexts meet."""
    hunk: list[Edit] = []
    for edit in found:
        if hunk and edit.old_first - hunk[-1].old_end > 2 * _CONTEXT:
            yield hunk
            hunk = []
        hunk.append(edit)
    if hunk:
        yield hunk


def _range(start: int, end: int) -> bytes:
    """The lines of a hunk in one of the two files, as its head says them: no lines stand behind the one before."""
    length = end - start
    first = start + 1 if length else start
    return b"%d" % first if length == 1 else b"%d,%d" % (first, length)
