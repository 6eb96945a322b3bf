"""Which documents a run reads, and where their results go."""

# ruff: noqa: PTH110, PTH112, PTH113, PTH118, PTH119, PTH120, PTH122

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from mdattn.drafts._findings import STDIN, Finding, Identity, UsageError, identity_of, tidy
from mdattn.drafts._search import MARKDOWN, Listing, all_suffixes, names, search
from mdattn.errors import Diagnostic


class Draft(NamedTuple):
    """One document: its name in messages, its file and its destination (None: the standard streams).

    `source_root` is the folder that was searched, `result_root` the one that holds the results: no link may lead out of
    them. None: the user named the file itself.
    """

    name: str
    source: str | None
    destination: str | None
    source_root: str | None = None
    result_root: str | None = None

    @property
    def result_name(self) -> str:
        """What the result is called in messages: relative to the current folder, with slashes."""
        if self.destination is None:
            return tidy(self.name)
        with suppress(ValueError, OSError):  # Another drive on Windows; a current folder that was removed.
            return os.path.relpath(self.destination).replace(os.sep, "/")
        return self.destination


class Plan(NamedTuple):
    """The documents of a run, what went wrong while looking for them, and the folders that were searched.

    `left_out` counts the documents and folders in these that are not read: what was excluded, links out of the folder,
    and documents by other suffixes; not what is hidden, nor what nobody would take for his own.
    """

    drafts: tuple[Draft, ...]
    findings: tuple[Finding, ...] = ()
    folders: tuple[str, ...] = ()
    in_place: bool = False
    left_out: int = 0
    suffixes: tuple[str, ...] = MARKDOWN


def plan(
    sources: Sequence[str],
    destination: str | None = None,
    *,
    suffix: str | None = None,
    stdin_name: str | None = None,
    suffixes: Sequence[str] = MARKDOWN,
    exclude: Sequence[str] = (),
) -> Plan:
    """Decide what is read and what is written.

    A file goes to `destination`, or under its own name into it where that is a folder, ends with a slash, or
    has to be one; a folder's documents keep their places. `suffix` replaces that of names that are made here.
    `suffixes` are those of documents, beside Markdown's; `exclude` leaves out what folders hold (see `search`).
    Raises `UsageError` where two sources claim one destination, or where a destination is needed and missing.
    """
    known = all_suffixes(suffixes)
    _check_name(stdin_name)
    if not sources or "-" in sources:
        if len(sources) > 1:
            raise UsageError("standard input (-) cannot be combined with other sources")
        return Plan((_stdin_draft(destination, suffix, stdin_name),))
    if stdin_name is not None:
        raise UsageError("--stdin-filename names standard input, and SRC is given")
    folders = tuple(each for each in sources if os.path.isdir(each))
    if destination is None and (folders or len(sources) > 1):
        raise UsageError("-o DEST is needed, a folder, because there is more than one document to write")
    if destination is None or (not folders and len(sources) == 1 and not _is_folder(destination)):
        return Plan((Draft(tidy(sources[0]), sources[0], destination),), _doubts(sources, known), suffixes=known)
    if os.path.exists(destination) and not os.path.isdir(destination):
        raise UsageError(f"-o {destination} is a file, and a folder is needed to hold the results")
    return _folder_plan(sources, folders, destination, suffix, known, exclude)


def plan_in_place(
    sources: Sequence[str],
    *,
    stdin_name: str | None = None,
    suffixes: Sequence[str] = MARKDOWN,
    exclude: Sequence[str] = (),
) -> Plan:
    """Decide which documents are read and written where they stand: files, and all documents of folders."""
    known = all_suffixes(suffixes)
    _check_name(stdin_name)
    if "-" in sources:
        if len(sources) > 1:
            raise UsageError("standard input (-) cannot be combined with other files")
        return Plan((Draft(stdin_name or STDIN, None, None),), in_place=True)
    if stdin_name is not None:
        raise UsageError("--stdin-filename names standard input, and FILE is given")
    findings = [*_doubts(sources, known)]
    drafts: dict[str, Draft] = {}
    left_out = 0
    for source in sources:
        if not os.path.isdir(source):
            drafts.setdefault(_real(source), Draft(tidy(source), source, source))
            continue
        found = _documents(source, search(source, known, exclude), known)
        findings += found.findings
        left_out += found.left_out
        for inner in found.documents:
            path = os.path.join(source, inner)
            drafts.setdefault(_real(path), Draft(tidy(path), path, path, source, source))
    return Plan(tuple(drafts.values()), tuple(findings), (), True, left_out, known)


def leftovers(plan: Plan, destination: str, suffix: str | None) -> list[Finding]:
    """Notes on documents in `destination` that look like results, and that no source gives any more."""
    if not plan.folders:
        return []
    produced = {os.path.normpath(each.destination) for each in plan.drafts if each.destination is not None}
    sources = {identity for folder in plan.folders if (identity := identity_of(folder))}
    found = names(destination, plan.suffixes if suffix is None else (suffix,), sources)
    paths = (os.path.normpath(os.path.join(destination, inner)) for inner in found.documents)
    left = Diagnostic(None, "no source gives this file any more", "delete it if it is a result", "note")
    return [*found.findings, *(Finding(path, left) for path in paths if path not in produced)]


def _folder_plan(
    sources: Sequence[str],
    folders: tuple[str, ...],
    destination: str,
    suffix: str | None,
    suffixes: tuple[str, ...],
    exclude: Sequence[str],
) -> Plan:
    """The plan for results that go into a folder; a destination inside a source is not read."""
    claims = _Claims(destination, suffix)
    findings = [*_doubts(sources, suffixes)]
    left_out = 0
    for source in sources:
        if source not in folders:
            claims.add(source, os.path.basename(source), None)
            continue
        found = _documents(source, search(source, suffixes, exclude, claims.results(source)), suffixes)
        findings += found.findings
        left_out += found.left_out
        for inner in found.documents:
            claims.add(os.path.join(source, inner), inner, source)
    return Plan(tuple(claims.drafts.values()), tuple(findings), folders, False, left_out, suffixes)


class _Claims:
    """The drafts of results that go into a folder, each with a place of its own there."""

    def __init__(self, destination: str, suffix: str | None) -> None:
        self.destination = destination
        self.suffix = suffix
        self.drafts: dict[str, Draft] = {}
        self._folded: dict[str, str] = {}

    def results(self, source: str) -> set[Identity]:
        """The folder of the results, for a search of the source to leave out. Raises `UsageError` if they are one."""
        identity = identity_of(self.destination)
        if identity is None:
            return set()
        if identity == identity_of(source):
            message = f"-o {self.destination} is the source itself, and writing there would destroy your drafts"
            raise UsageError(message)
        return {identity}

    def add(self, path: str, inner: str, root: str | None) -> None:
        """Plan the result of the document at `path`. Raises `UsageError` where another one has its place."""
        result = os.path.join(self.destination, _renamed(inner, self.suffix))
        claimed = self.drafts.setdefault(
            os.path.normpath(result), Draft(tidy(path), path, result, root, self.destination)
        )
        if claimed.name != tidy(path):
            raise UsageError(f"{claimed.name} and {tidy(path)} would both be written to {result}")
        other = self._folded.setdefault(_folded(result), result)
        if other != result and os.path.normpath(other) != os.path.normpath(result) and _folds(self.destination):
            raise UsageError(f"{other} and {result} are one file here, and two results would be written there")


def _folded(path: str) -> str:
    """What a file system that does not tell capitals from small letters may take for the path's name."""
    path = os.path.normpath(path)
    if not path.isascii():
        from unicodedata import normalize

        path = normalize("NFC", path)
    return path.casefold()


def _folds(folder: str) -> bool:
    """Whether capitals and small letters are one to the file system, as far as the nearest existing folder can tell."""
    path = _real(folder)
    while path != (above := os.path.dirname(path)):
        other = os.path.join(above, os.path.basename(path).swapcase())
        if other != path and os.path.exists(path):
            return identity_of(other) == identity_of(path)
        path = above
    return False


def _documents(folder: str, found: Listing, suffixes: tuple[str, ...]) -> Listing:
    """What a search found, with a warning if that is no document."""
    if found.documents:
        return found
    message = f"no document ({_listed(suffixes)}) in this folder"
    return found._replace(
        findings=(*found.findings, Finding(tidy(folder), Diagnostic(None, message, severity="warning")))
    )


def _doubts(sources: Sequence[str], suffixes: tuple[str, ...]) -> tuple[Finding, ...]:
    """Warnings for files that were named, and are no Markdown by their names."""
    return tuple(
        Finding(tidy(each), Diagnostic(None, *_doubt(each, suffixes), "warning"))
        for each in sources
        if not each.lower().endswith(suffixes) and os.path.isfile(each)  # Not for a pipe of the shell's.
    )


def _doubt(path: str, suffixes: tuple[str, ...]) -> tuple[str, str]:
    suffix = os.path.splitext(path)[1].lower()
    if suffix == ".ipynb":
        return "is a notebook, which is JSON and not Markdown", "convert it: jupyter nbconvert --to markdown"
    cure = (
        f"--suffix {suffix} takes it for Markdown" if suffix.strip(".") else "rename it, or give it on standard input"
    )
    return f"is not Markdown by its name ({_listed(suffixes)})", cure


def _listed(suffixes: tuple[str, ...]) -> str:
    return ", ".join("*" + each for each in suffixes)


def _real(path: str) -> str:
    """The path without links; as it is where the system does not know."""
    with suppress(OSError, ValueError):
        return os.path.realpath(path)
    return path


def _check_name(stdin_name: str | None) -> None:
    """Raise `UsageError` for what is no file's name, and so could not name a result either."""
    if stdin_name is not None and os.path.basename(stdin_name) in ("", os.curdir, os.pardir):
        raise UsageError(
            f"--stdin-filename needs the name of a file, and {stdin_name!r} is none (it is written like a.md)"
        )


def _stdin_draft(destination: str | None, suffix: str | None, stdin_name: str | None) -> Draft:
    name = stdin_name or STDIN
    if destination is None or not _is_folder(destination):
        return Draft(name, None, destination)
    if stdin_name is None:
        raise UsageError(f"-o {destination} is a folder: name a file, or give --stdin-filename")
    result = os.path.join(destination, _renamed(os.path.basename(stdin_name), suffix))
    return Draft(name, None, result, None, destination)


def _is_folder(path: str) -> bool:
    """Whether a destination is meant as a folder: it is one, or it ends with a slash."""
    return path.endswith(("/", os.sep)) or os.path.isdir(path)


def _renamed(path: str, suffix: str | None) -> str:
    return path if suffix is None else os.path.splitext(path)[0] + suffix
