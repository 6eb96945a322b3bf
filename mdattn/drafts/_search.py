"""Searching folders for documents.

What is left out without a word: hidden files and folders, as a shell's `*` does; `node_modules`; and virtual
environments, which are folders that hold `pyvenv.cfg`. What is left out and counted: what an exclusion names, and links
out of the folder.
"""

# ruff: noqa: PTH110, PTH112, PTH113, PTH118, PTH122, PTH206

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from mdattn.drafts._findings import Finding, Identity, UsageError, identity_of, problem, tidy
from mdattn.errors import Diagnostic

MARKDOWN = (".md", ".markdown")

_KINDRED = (".qmd", ".mdx", ".rmd")  # What others make of Markdown.

_Excludes = Callable[[str, bool], bool]


class Listing(NamedTuple):
    """The documents below a folder, relative to it with slashes, in order; and how many were left out."""

    documents: tuple[str, ...]
    findings: tuple[Finding, ...] = ()
    left_out: int = 0


def all_suffixes(given: Sequence[str]) -> tuple[str, ...]:
    """Those of Markdown and the given ones, with or without their dot, in any case. Raises UsageError."""
    for each in given:
        if not each.strip(".") or "/" in each or os.sep in each:
            raise UsageError(f"{each!r} is not the suffix of a file's name (it is written like .qmd)")
    return tuple(dict.fromkeys((*MARKDOWN, *("." + each.lower().lstrip(".") for each in given))))


def search(
    folder: str, suffixes: tuple[str, ...], exclude: Sequence[str] = (), skip: AbstractSet[Identity] = frozenset()
) -> Listing:
    """The documents below a folder: files whose names end so, in any case. A folder of `skip` is not entered.

    A pattern of `exclude` is one of `fnmatch`, in which `*` stands for `/` too, and tells capitals from small letters
    on every system. With a `/` in it, it is compared with the path relative to the folder; without, with the name of
    each file and each folder on the way. A folder that it matches is left out with all that it holds; a pattern with a
    `/` at its end matches folders only.

    A link to a folder is not entered: a few of them can lead to one folder by a million names. A link to a file is read
    if it leads to a document that is found here by its own name: a stranger's draft must not publish what it links to.
    Links out of the folder, and folders that cannot be read, become findings.
    """
    return _Search(folder, suffixes, _excluder(exclude), skip).found()


def names(folder: str, suffixes: tuple[str, ...], skip: AbstractSet[Identity]) -> Listing:
    """As `search`, with every link whose name ends so, wherever it leads: nothing is read, and nothing said of it."""
    return _Search(folder, suffixes, None, skip, names_only=True).found()


class _Search:
    """A search of one folder."""

    def __init__(
        self,
        folder: str,
        suffixes: tuple[str, ...],
        excludes: _Excludes | None,
        skip: AbstractSet[Identity],
        names_only: bool = False,
    ) -> None:
        self.folder = folder
        self.suffixes = suffixes
        self.excludes = excludes
        self.skip = skip
        self.names_only = names_only
        self.documents: list[str] = []
        self.links: dict[str, str] = {}  # Those that look like documents, and what they lead to.
        self.findings: list[Finding] = []
        self.kindred: list[str] = []
        self.excluded = 0

    def found(self) -> Listing:
        pending = [""]
        while pending:
            inner = pending.pop()
            path = os.path.join(self.folder, inner)
            if self.skip and identity_of(path) in self.skip:
                continue
            try:
                with os.scandir(path) as entries:
                    pending += self._folder(inner, list(entries))
            except FileNotFoundError:  # It is gone, or a destination that is still to be made.
                continue
            except (OSError, ValueError) as error:
                self.findings.append(problem(path, error))
        self._follow()
        findings = sorted(self.findings, key=lambda each: each.name)
        left_out = self.excluded + len(self.kindred) + sum(each.diagnostic.severity == "note" for each in findings)
        if self.kindred:
            findings.append(_left_out(self.folder, self.kindred))
        return Listing(tuple(sorted(self.documents)), tuple(findings), left_out)

    def _folder(self, inner: str, entries: Sequence[os.DirEntry[str]]) -> Iterator[str]:
        """Note the documents of a folder; the folders that it holds are to be searched in turn."""
        if inner and any(each.name == "pyvenv.cfg" for each in entries):
            return
        for entry in entries:
            name = entry.name
            if name.startswith("."):
                continue
            path = f"{inner}/{name}" if inner else name
            folder = entry.is_dir(follow_symlinks=False)
            link = entry.is_symlink() or (folder and getattr(entry, "is_junction", bool)())  # Python 3.12, Windows.
            document = not folder and name.lower().endswith(self.suffixes)
            if self.excludes is not None and (folder or document or link) and self.excludes(path, not document):
                self.excluded += 1
            elif link and not self.names_only:
                self._link(path, entry, document)
            elif folder:
                if name != "node_modules":
                    yield path
            elif document:
                if link or entry.is_file(follow_symlinks=False):  # No pipe, for which a run would wait.
                    self.documents.append(path)
            elif name.lower().endswith(_KINDRED) and not self.names_only:
                self.kindred.append(name)

    def _link(self, path: str, entry: os.DirEntry[str], document: bool) -> None:
        """Note where a link leads: to a folder in the tree is nowhere new."""
        real = os.path.realpath(entry.path)
        if not document and not os.path.isdir(real):
            return
        if not _holds(os.path.realpath(self.folder), real):
            self._leave_out(entry.path, "a link out of the folder, left out")
        elif document and not os.path.exists(real):  # Reading it will tell.
            self.documents.append(path)
        elif document and os.path.isfile(real):
            self.links[path] = real

    def _follow(self) -> None:
        """Take the links to what was found: what was left out by its own name is not found by another."""
        if not self.links:
            return
        root = os.path.realpath(self.folder)
        found = {os.path.join(root, *each.split("/")) for each in self.documents}
        for path, real in self.links.items():
            if real in found:
                self.documents.append(path)
            else:
                self._leave_out(os.path.join(self.folder, path), "a link to what is no document found here, left out")

    def _leave_out(self, path: str, message: str) -> None:
        hint = "name it among the sources to have it read"
        self.findings.append(Finding(tidy(path), Diagnostic(None, message, hint, "note")))


def _holds(root: str, path: str) -> bool:
    """Whether a path is the root, or below it and not hidden."""
    if path == root:
        return True
    base = os.path.join(root, "")
    return path.startswith(base) and not any(each.startswith(".") for each in path.removeprefix(base).split(os.sep))


def _left_out(folder: str, kindred: Sequence[str]) -> Finding:
    suffixes = sorted({os.path.splitext(each)[1].lower() for each in kindred})
    message = f"left out by their names ({', '.join('*' + each for each in suffixes)}): {len(kindred)}"
    return Finding(tidy(folder), Diagnostic(None, message, f"read with --suffix {suffixes[0]}", "note"))


# Exclusions


def _excluder(patterns: Sequence[str]) -> _Excludes | None:
    """Whether a path, a folder's or a file's, is matched by any of the patterns; None for no patterns."""
    if not patterns:
        return None
    from fnmatch import fnmatchcase

    whole: list[tuple[str, bool]] = []
    single: list[tuple[str, bool]] = []
    for pattern in patterns:
        slashed = pattern.replace(os.sep, "/")
        bare = slashed.removeprefix("./").strip("/")
        if not bare:
            raise UsageError(f"{pattern!r} excludes nothing: it needs a pattern, such as drafts/ or *.tmp.md")
        anchored = "/" in slashed.rstrip("/")
        (whole if anchored else single).append((bare, slashed.endswith("/")))

    def excludes(path: str, folder: bool) -> bool:
        name = path.rpartition("/")[2]
        return any(
            (folder or not folders_only) and fnmatchcase(subject, pattern)
            for subject, listed in ((path, whole), (name, single))
            for pattern, folders_only in listed
        )

    return excludes
