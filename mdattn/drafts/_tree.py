"""Files below a folder, reached so that no link leads out of it.

A folder that holds results, or is searched for documents, may come from a stranger's pull request with its links. What
the user named himself is taken as he means it. Below that, each step is taken from the folder before, which is held
open, and refused if it is a link (O_NOFOLLOW), so that a link put in a folder's place meanwhile leads nowhere either. A
link is followed only if what it leads to is in the same tree and not hidden (`.git/config` is no document), and then by
the steps to that.

A system without these means (Windows) is asked for the real path before a file is opened, and again after.
"""

# ruff: noqa: PTH102, PTH112, PTH114, PTH116, PTH118, PTH119, PTH120

from __future__ import annotations

import errno
import os
import stat
from typing import NamedTuple

from mdattn.drafts._findings import DraftError, tidy

READ = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
NO_WAIT = getattr(os, "O_NONBLOCK", 0)  # A named pipe must not hang a comparison.
NO_LINK = getattr(os, "O_NOFOLLOW", 0)
BY_DESCRIPTOR = bool(NO_LINK) and {os.open, os.mkdir, os.rename, os.stat, os.unlink, os.link} <= os.supports_dir_fd

LINK_MET = (errno.ELOOP, errno.EMLINK)  # What systems say where they do not follow a link.

_FOLDER = READ | getattr(os, "O_DIRECTORY", 0)
_MAYBE_LINK = (*LINK_MET, errno.ENOTDIR)
_MOST_HELD = 16  # A process may hold few files open, and a run may name many folders.


class Folder(NamedTuple):
    """A folder: its path, and its descriptor where the system can be asked by that.

    `os.open(folder.at(name), flags, dir_fd=folder.descriptor)` opens what it holds under a name.
    """

    path: str
    descriptor: int | None

    def at(self, name: str) -> str:
        """What to ask the system for."""
        return name if self.descriptor is not None else os.path.join(self.path, name)


class Trees:
    """The trees of a run. What is held open is let go at the end of a `with`, or for another tree."""

    def __init__(self) -> None:
        self._trees: dict[str, _Tree] = {}

    def __enter__(self) -> Trees:
        return self

    def __exit__(self, *_: object) -> None:
        for tree in self._trees.values():
            tree.close()
        self._trees.clear()

    def open(self, path: str, root: str | None, flags: int) -> int:
        """A descriptor of the file at `path`, which is below `root`; None: it was named, and may be a link.

        Raises OSError or ValueError as the system does, and DraftError for a link that leads out.
        """
        if root is None:
            return os.open(path, flags)
        return self._of(root).open(path, flags)

    def place(self, path: str, root: str | None, made: list[str]) -> tuple[Folder, str]:
        """The folder of the file that `path` leads to, and the file's name there; it is good until the next call.

        Folders that are missing are made, and added to `made`. Raises as `open`.
        """
        if root is not None:
            return self._of(root).place(path, made)
        if os.path.islink(path):
            path = os.path.realpath(path)
        return self._of(os.path.dirname(path) or os.curdir).place(path, made)

    def _of(self, root: str) -> _Tree:
        tree = self._trees.get(root)
        if tree is None:
            if len(self._trees) == _MOST_HELD:
                self.__exit__()
            tree = self._trees[root] = _Tree(root)
        return tree


def make_folders(path: str, made: list[str]) -> None:
    """Make a folder and those above it that are missing, and add them to `made`."""
    missing = []
    path = path.rstrip("/" + os.sep)
    while path and not os.path.isdir(path):
        missing.append(path)
        path = os.path.dirname(path)
    for each in reversed(missing):
        os.mkdir(each)
        made.append(each)


class _Tree:
    """What stands below a folder; the folder itself may be a link, and need not exist yet."""

    def __init__(self, root: str) -> None:
        self.root = root
        self._base = os.path.join(root, "")
        self._held: dict[str, Folder] = {}  # The root as "", and the folder of the last file: they come in order.

    def close(self) -> None:
        while self._held:
            _, folder = self._held.popitem()
            _close(folder)

    def open(self, path: str, flags: int) -> int:
        inner = self._below(path)
        if not BY_DESCRIPTOR:
            return self._open_by_path(inner, flags)
        try:
            folder, name = self._folder(inner, None)
            return os.open(name, flags | NO_LINK, dir_fd=folder.descriptor)
        except OSError as error:
            if error.errno not in _MAYBE_LINK or (settled := self._settled(inner)) == inner:
                raise
        folder, name = self._folder(settled, None)
        return os.open(name, flags | NO_LINK, dir_fd=folder.descriptor)

    def place(self, path: str, made: list[str]) -> tuple[Folder, str]:
        inner = self._below(path)
        if not BY_DESCRIPTOR:
            real = os.path.join(os.path.realpath(self.root), self._settled(inner))
            make_folders(os.path.dirname(real), made)
            return Folder(os.path.dirname(real), None), os.path.basename(real)
        try:
            folder, name = self._folder(inner, made)
            if not _is_link(folder, name):
                return folder, name
        except OSError as error:
            if error.errno not in _MAYBE_LINK or self._settled(inner) == inner:
                raise
        return self._folder(self._settled(inner), made)

    def _below(self, path: str) -> str:
        """The steps from the root to a path that begins with it, or to a file in the current folder."""
        inner = path.removeprefix(self._base)
        return inner if os.sep == "/" else inner.replace(os.sep, "/")

    def _open_by_path(self, inner: str, flags: int) -> int:
        settled = self._settled(inner)
        path = os.path.join(os.path.realpath(self.root), settled)
        descriptor = os.open(path, flags | NO_LINK)
        try:
            if self._settled(inner) == settled and os.path.samestat(os.stat(path), os.fstat(descriptor)):
                return descriptor
            raise DraftError(tidy(path), "changed on disk while it was being opened", "run again")
        except BaseException:
            os.close(descriptor)
            raise

    def _folder(self, inner: str, made: list[str] | None) -> tuple[Folder, str]:
        """The folder of a path without links, held open, and the name in it; made where it is missing, for `made`."""
        head, _, name = inner.rpartition("/")
        held = self._held.get(head)
        if held is not None:
            return held, name
        folder = self._root(made)
        if not head:
            return folder, name
        for number, step in enumerate(head.split("/")):
            try:
                deeper = Folder(os.path.join(folder.path, step), _stepped(folder, step, made))
            finally:
                if number:
                    _close(folder)
            folder = deeper
        for last in self._held.keys() - {""}:
            _close(self._held.pop(last))
        self._held[head] = folder
        return folder, name

    def _root(self, made: list[str] | None) -> Folder:
        if "" not in self._held:
            if made is not None:
                make_folders(self.root, made)
            self._held[""] = Folder(self.root, os.open(self.root, _FOLDER))
        return self._held[""]

    def _settled(self, inner: str) -> str:
        """The steps from the root to what a path leads to. Raises DraftError if that is elsewhere, or hidden."""
        settled = self._inside(inner)
        if settled is not None:
            return settled
        steps = inner.split("/")
        starts = ("/".join(steps[: number + 1]) for number in range(len(steps)))
        link = next((each for each in starts if self._inside(each) is None), inner)
        root = tidy(self.root.rstrip("/") or self.root)
        raise DraftError(
            tidy(os.path.join(self.root, link)),
            f"is a link out of {root}, or to what is hidden there, and is not followed",
            "delete the link, or name the file that it leads to",
        )

    def _inside(self, inner: str) -> str | None:
        base = os.path.join(os.path.realpath(self.root), "")
        real = os.path.realpath(os.path.join(self.root, inner))
        if not real.startswith(base):
            return None
        settled = real.removeprefix(base).replace(os.sep, "/")
        own = inner.split("/")
        return None if any(step.startswith(".") and step not in own for step in settled.split("/")) else settled


def _stepped(folder: Folder, step: str, made: list[str] | None) -> int:
    try:
        return os.open(step, _FOLDER | NO_LINK, dir_fd=folder.descriptor)
    except FileNotFoundError:
        if made is None:
            raise
    os.mkdir(step, dir_fd=folder.descriptor)
    made.append(os.path.join(folder.path, step))
    return os.open(step, _FOLDER | NO_LINK, dir_fd=folder.descriptor)


def _is_link(folder: Folder, name: str) -> bool:
    try:
        return stat.S_ISLNK(os.stat(name, dir_fd=folder.descriptor, follow_symlinks=False).st_mode)
    except FileNotFoundError:
        return False


def _close(folder: Folder) -> None:
    if folder.descriptor is not None:
        os.close(folder.descriptor)
