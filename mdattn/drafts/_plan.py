"""Which documents a run reads, and where their results go."""

# ruff: noqa: PTH110, PTH112, PTH116, PTH118, PTH119, PTH122

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

from mdattn.errors import Diagnostic

MARKDOWN = (".md", ".markdown")
STDIN = "<stdin>"

Identity = tuple[int, int]


class UsageError(Exception):
    """The command line asks for something that cannot be meant; the message says why."""


class Finding(NamedTuple):
    """A diagnostic and the document or file that it is about."""

    name: str
    diagnostic: Diagnostic


class DraftError(Exception):
    """A file cannot be read or written."""

    def __init__(self, name: str, message: str, hint: str = "") -> None:
        super().__init__(name, message, hint)
        self.finding = Finding(name, Diagnostic(None, message, hint))


class Draft(NamedTuple):
    """One document: its name in messages, its file and its destination (None: the standard streams).

    `found` is one that a folder holds, and that nobody named.
    """

    name: str
    source: str | None
    destination: str | None
    found: bool = False

    @property
    def result_name(self) -> str:
        """What the result is called in messages and diffs, relative to the current folder, with slashes."""
        if self.destination is None:
            return tidy(self.name)
        with suppress(ValueError, OSError):  # Another drive on Windows; a current folder that was removed.
            return os.path.relpath(self.destination).replace(os.sep, "/")
        return self.destination


class Plan(NamedTuple):
    """The documents of a run, what went wrong while looking for them, and the folders that were searched."""

    drafts: tuple[Draft, ...]
    findings: tuple[Finding, ...] = ()
    folders: tuple[str, ...] = ()
    in_place: bool = False
    left_out: int = 0


def plan(
    sources: Sequence[str],
    destination: str | None = None,
    *,
    suffix: str | None = None,
    stdin_name: str | None = None,
    suffixes: tuple[str, ...] = MARKDOWN,
    exclude: Sequence[str] = (),
) -> Plan:
    """Decide what is read and what is written.

    A file goes to `destination`, or under its own name into it where that is a folder, ends with a slash, or
    has to be one; a folder's documents keep their places. `suffix` replaces that of names that are made here.
    Raises `UsageError` where two sources claim one destination, or where a destination is needed and missing.
    """
    suffixes = all_suffixes(suffixes)
    if not sources or "-" in sources:
        if len(sources) > 1:
            raise UsageError("standard input (-) cannot be combined with other sources")
        return Plan((_stdin_draft(destination, suffix, stdin_name),))
    if stdin_name is not None:
        raise UsageError("--stdin-filename names standard input, and SRC is given")
    folders = tuple(each for each in sources if os.path.isdir(each))
    if destination is None:
        if folders or len(sources) > 1:
            raise UsageError("-o DEST is needed, a folder, because there is more than one document to write")
        return Plan((Draft(tidy(sources[0]), sources[0], None),))
    if not folders and len(sources) == 1 and not _is_folder(destination):
        return Plan((Draft(tidy(sources[0]), sources[0], destination),))
    if os.path.exists(destination) and not os.path.isdir(destination):
        raise UsageError(f"-o {destination} is a file, and a folder is needed to hold the results")
    return _folder_plan(sources, folders, destination, suffix, suffixes, exclude)


def plan_in_place(
    sources: Sequence[str],
    *,
    stdin_name: str | None = None,
    suffixes: tuple[str, ...] = MARKDOWN,
    exclude: Sequence[str] = (),
) -> Plan:
    """Decide which documents are read and written where they stand: files, and all documents of folders."""
    suffixes = all_suffixes(suffixes)
    if "-" in sources:
        if len(sources) > 1:
            raise UsageError("standard input (-) cannot be combined with other files")
        return Plan((Draft(stdin_name or STDIN, None, None),), in_place=True)
    if stdin_name is not None:
        raise UsageError("--stdin-filename names standard input, and FILE is given")
    findings: list[Finding] = []
    drafts: dict[str, Draft] = {}
    left_out = 0
    for source in sources:
        folder = os.path.isdir(source)
        inside = _documents(source, set(), findings, suffixes, exclude) if folder else ([], 0)
        paths = [os.path.join(source, each) for each in inside[0]] if folder else [source]
        left_out += inside[1]
        for path in paths:
            drafts.setdefault(os.path.realpath(path), Draft(tidy(path), path, path, folder))
    return Plan(tuple(drafts.values()), tuple(findings), in_place=True, left_out=left_out)


def all_suffixes(given: Sequence[str]) -> tuple[str, ...]:
    """Those of Markdown and the given ones, with or without their dot, in any case. Raises UsageError."""
    for each in given:
        if not each.strip(".") or "/" in each or os.sep in each:
            raise UsageError(f"{each!r} is not the suffix of a file's name (it is written like .qmd)")
    return tuple(dict.fromkeys((*MARKDOWN, *("." + each.lower().lstrip(".") for each in given))))


def leftovers(plan: Plan, destination: str, suffix: str | None) -> list[Finding]:
    """Warnings for documents in `destination` that look like results, and that no source gives any more."""
    if not plan.folders:
        return []
    produced = {os.path.normpath(each.destination) for each in plan.drafts if each.destination is not None}
    suffixes = MARKDOWN if suffix is None else (suffix,)
    findings: list[Finding] = []
    sources = {identity for folder in plan.folders if (identity := identity_of(folder))}
    for inner in _walk(destination, suffixes, sources, findings):
        path = os.path.normpath(os.path.join(destination, inner))
        if path not in produced:
            message = "no source gives this file any more"
            findings.append(Finding(path, Diagnostic(None, message, "delete it if it is a result", "note")))
    return findings


def _stdin_draft(destination: str | None, suffix: str | None, stdin_name: str | None) -> Draft:
    name = stdin_name or STDIN
    if destination is not None and _is_folder(destination):
        if stdin_name is None:
            raise UsageError(f"-o {destination} is a folder: name a file, or give --stdin-filename")
        destination = os.path.join(destination, _renamed(os.path.basename(stdin_name), suffix))
    return Draft(name, None, destination)


def _folder_plan(
    sources: Sequence[str],
    folders: Sequence[str],
    destination: str,
    suffix: str | None,
    suffixes: tuple[str, ...],
    exclude: Sequence[str],
) -> Plan:
    """The plan for results that go into a folder; a destination inside a source is not read."""
    findings: list[Finding] = []
    drafts: dict[str, Draft] = {}
    results = {identity} if (identity := identity_of(destination)) else set()
    left_out = 0
    for source in sources:
        pairs = [(source, os.path.basename(source))]
        if source in folders:
            if identity_of(source) in results:
                raise UsageError(f"-o {destination} is the source itself, and writing there would destroy your drafts")
            inside, without = _documents(source, results, findings, suffixes, exclude)
            left_out += without
            pairs = [(os.path.join(source, inner), inner) for inner in inside]
        for path, inner in pairs:
            result = os.path.join(destination, _renamed(inner, suffix))
            claimed = drafts.setdefault(os.path.normpath(result), Draft(tidy(path), path, result))
            if claimed.name != tidy(path):
                raise UsageError(f"{claimed.name} and {tidy(path)} would both be written to {result}")
    return Plan(tuple(drafts.values()), tuple(findings), tuple(folders), left_out=left_out)


def _documents(
    folder: str, skip: set[Identity], findings: list[Finding], suffixes: tuple[str, ...], exclude: Sequence[str]
) -> tuple[list[str], int]:
    """The documents below a folder, relative to it, and how many were left out; a warning if there is none."""
    from fnmatch import fnmatch

    found = list(_walk(folder, suffixes, skip, findings))
    inside = [each for each in found if not any(fnmatch(each, glob) for glob in exclude)]
    if not inside:
        message = f"no document ({', '.join('*' + each for each in MARKDOWN)}) in this folder"
        findings.append(Finding(tidy(folder), Diagnostic(None, message, severity="warning")))
    return inside, len(found) - len(inside)


def _walk(folder: str, suffixes: tuple[str, ...], skip: set[Identity], findings: list[Finding]) -> Iterator[str]:
    """Paths, relative to `folder` and sorted, of the files below it whose names end so.

    Hidden files and folders are left out, as a shell's `*` does; so are the folders in `skip`, and links to folders:
    a few of them can lead out of the tree, or to one folder by a million names. A link to a file is read if that is
    in the folder too: a stranger's draft must not publish what it links to. A folder that cannot be read, and a link
    out of it, become findings.
    """
    pending = [""]
    paths: list[str] = []
    root = os.path.join(os.path.realpath(folder), "")
    while pending:
        inner = pending.pop()
        if skip and identity_of(os.path.join(folder, inner)) in skip:
            continue
        try:
            with os.scandir(os.path.join(folder, inner)) as entries:
                for entry in entries:
                    name = entry.name
                    if name.startswith("."):
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(os.path.join(inner, name))
                    elif name.lower().endswith(suffixes) and _may_be_read(entry):
                        if entry.is_symlink() and not os.path.realpath(entry.path).startswith(root):
                            findings.append(_outside(entry.path))
                        else:
                            paths.append(os.path.join(inner, name))
        except FileNotFoundError:
            if inner:  # The folder itself may be a destination that is still to be made.
                continue
        except OSError as error:
            findings.append(problem(os.path.join(folder, inner), error))
    yield from sorted(paths)


def _outside(path: str) -> Finding:
    message = "a link out of the folder, left out"
    return Finding(tidy(path), Diagnostic(None, message, "name it among the sources to have it read", "warning"))


def _may_be_read(entry: os.DirEntry[str]) -> bool:
    """Whether it is a file: no pipe or device, for which a run would wait, and no link to a folder."""
    try:
        return entry.is_file() or not os.path.exists(entry.path)  # A link to nothing: reading it will tell.
    except OSError:  # A link that leads to itself: likewise.
        return True


def _is_folder(path: str) -> bool:
    """Whether a destination is meant as a folder: it is one, or it ends with a slash."""
    return path.endswith(("/", os.sep)) or os.path.isdir(path)


def _renamed(path: str, suffix: str | None) -> str:
    return path if suffix is None else os.path.splitext(path)[0] + suffix


def tidy(path: str) -> str:
    """The name for messages: `docs/a.md` for `./docs/a.md`."""
    while path.startswith("./") and path[2:].lstrip("/"):
        path = path[2:].lstrip("/")
    return path


def identity_of(path: str) -> Identity | None:
    """What tells a file from all others, whatever its name; None where there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def problem(name: str, error: OSError) -> Finding:
    """What the system says about a file, as a finding."""
    return Finding(tidy(name), Diagnostic(None, error.strerror or str(error)))


def file_error(name: str, error: OSError) -> DraftError:
    """What the system says about a file, as an error."""
    return DraftError(name, error.strerror or str(error))
