"""How results are written: each beside its place, then renamed, if what it replaces is still what was read."""

# ruff: noqa: PTH106, PTH116, PTH120

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import NamedTuple

from mdattn.drafts._compute import Change, slurp
from mdattn.drafts._findings import DraftError, Finding, file_error, tidy
from mdattn.drafts._tree import LINK_MET, NO_LINK, NO_WAIT, READ, Folder, Trees
from mdattn.errors import Diagnostic

_WRITE = os.O_WRONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_CREATE = _WRITE | os.O_CREAT | os.O_EXCL
_OPEN_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)


class Written(NamedTuple):
    """How many files were written, and what there is to say about them, and about those that could not be."""

    written: int
    findings: tuple[Finding, ...]


def write(changes: Iterable[Change], track: Callable[[Sequence[Change]], Iterable[Change]] = iter) -> Written:
    """Write every change that has a destination, file by file; `track` sees them pass.

    A file is written beside its place under a random name, flushed to the disk and renamed, so that a reader finds the
    old bytes or the new ones. Mode, owner and extended attributes survive, and a symbolic link keeps leading to its
    target, which is what changes; of a file with several names (hard links), the one that was asked for gets the new
    bytes, and the others keep the old ones. A file that is no longer what was read is left alone. One that cannot be
    written does not keep the others from it.
    """
    findings: list[Finding] = []
    folders: dict[str, None] = {}
    staged: list[tuple[Folder, str]] = []
    written = 0
    try:
        with Trees() as trees:
            for change in track([each for each in changes if each.draft.destination is not None]):
                made: list[str] = []
                try:
                    said = _put(change, trees, made, folders, staged)
                    findings += said
                    written += 1
                except DraftError as error:
                    findings.append(error.finding)
                    _remove(made)
                except BaseException:
                    _unstage(staged)  # What stops a run may do so while this is being done.
                    _remove(made)
                    raise
    finally:
        _flush(folders)
    return Written(written, tuple(dict.fromkeys(findings)))


def _put(
    change: Change, trees: Trees, made: list[str], folders: dict[str, None], staged: list[tuple[Folder, str]]
) -> list[Finding]:
    """Write one result; the folder that it went to is added to `folders`, those made for it to `made`.

    A temporary file is in `staged` as long as it is there.
    """
    destination = change.draft.destination or ""
    name = tidy(destination)
    try:
        if change.old is None and change.draft.result_root is None and _is_device(destination):
            _write_through(destination, change.new)  # A device or a pipe cannot be renamed over.
            return []
        folder, inner = trees.place(destination, change.draft.result_root, made)
        temporary = f".mdattn-{os.urandom(16).hex()}.tmp"  # So random that there cannot be such a file.
        staged.append((folder, temporary))
        try:
            lost = _stage(change, folder, inner, temporary)
            _replace(change, folder, inner, temporary)
        finally:
            _unstage(staged)
    except (OSError, ValueError) as error:
        raise file_error(name, error) from error
    folders |= dict.fromkeys([folder.path, *(os.path.dirname(each) or os.curdir for each in made)])
    return [Finding(name, each) for each in lost]


def _stage(change: Change, folder: Folder, name: str, temporary: str) -> list[Diagnostic]:
    """Put the new bytes on the disk under a temporary name, with what belongs to the file that they replace.

    What of that cannot be kept is returned.
    """
    _look_again(change, folder)
    current = None if change.old is None else _opened(change, folder, name)
    try:
        if current is not None and not os.access(folder.at(name), os.W_OK, dir_fd=folder.descriptor):
            raise PermissionError(13, "Permission denied: the file is read-only")
        # What replaces another file may be for its owner's eyes only.
        mode = 0o666 if current is None else 0o600
        descriptor = os.open(folder.at(temporary), _CREATE, mode, dir_fd=folder.descriptor)
        try:
            _write_all(descriptor, change.new)
            lost = [] if current is None else _inherit(current, descriptor)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    finally:
        if current is not None:
            os.close(current)
    return lost


def _unstage(staged: list[tuple[Folder, str]]) -> None:
    """Remove the temporary files."""
    for folder, temporary in staged:
        with suppress(OSError):  # A rename has taken it away.
            os.unlink(folder.at(temporary), dir_fd=folder.descriptor)
    staged.clear()


def _replace(change: Change, folder: Folder, name: str, temporary: str) -> None:
    """Give the new bytes their name. Raises DraftError if what has that name is not what was read."""
    here = folder.descriptor
    _look_again(change, folder)
    if change.old is None:
        with suppress(OSError, AttributeError, NotImplementedError):  # There is a file, or no file has hard links here.
            os.link(folder.at(temporary), folder.at(name), src_dir_fd=here, dst_dir_fd=here)
            return
    # A window of some microseconds remains between this look and the rename: no system call does both.
    descriptor = _opened(change, folder, name)
    if descriptor is not None:
        data, status = slurp(descriptor, len(change.old or b""), files_only=True)
        if (status.st_dev, status.st_ino) != change.identity or data != change.old:
            raise _changed(change)
    os.replace(folder.at(temporary), folder.at(name), src_dir_fd=here, dst_dir_fd=here)


def _look_again(change: Change, folder: Folder) -> None:
    """Where the system cannot hold a folder, look whether another has taken its place. Raises DraftError."""
    if folder.descriptor is None and os.path.realpath(folder.path) != folder.path:
        raise _changed(change)


def _opened(change: Change, folder: Folder, name: str) -> int | None:
    """The file that a result replaces; None if there is none, and there was none.

    Raises DraftError where there was one, and where a link has taken its place.
    """
    try:
        return os.open(folder.at(name), READ | NO_WAIT | NO_LINK, dir_fd=folder.descriptor)
    except OSError as error:
        if isinstance(error, FileNotFoundError) and change.old is None:
            return None
        if isinstance(error, FileNotFoundError) or error.errno in LINK_MET:
            raise _changed(change) from None
        raise


def _changed(change: Change) -> DraftError:
    message = "changed on disk since it was read, and is not overwritten"
    return DraftError(tidy(change.draft.destination or ""), message, "run again")


# What belongs to a file beside its bytes


def _inherit(current: int, descriptor: int) -> list[Diagnostic]:
    """Give a new file owner, mode and extended attributes of the current one; what cannot be given is returned."""
    status = os.fstat(current)
    lost = []
    mode = stat.S_IMODE(status.st_mode)
    if not _own(status, descriptor):
        lost.append(_warning("its owner could not be kept: it belongs to who ran this now", "chown gives it back"))
        mode &= 0o777
    if hasattr(os, "fchmod"):
        os.fchmod(descriptor, mode)  # Before the attributes: an access list is one of them, and says more.
    if names := _lost_attributes(current, descriptor):
        lost.append(_warning(f"extended attributes could not be kept: {', '.join(names)}"))
    if status.st_nlink > 1:
        message = f"has {status.st_nlink} names (hard links), and under the others the old bytes remain"
        lost.append(Diagnostic(None, message, "link them anew", "note"))
    return lost


def _own(status: os.stat_result, descriptor: int) -> bool:
    """Give a file its owner and group, as far as the system lets us; whether it has them now."""
    wanted = (status.st_uid, status.st_gid)
    for owner in (wanted, (-1, status.st_gid)):  # To give a file away takes privileges, to a group of one's own none.
        now = os.fstat(descriptor)
        if (now.st_uid, now.st_gid) == wanted:
            return True
        with suppress(OSError):
            os.fchown(descriptor, *owner)
    now = os.fstat(descriptor)
    return (now.st_uid, now.st_gid) == wanted


def _lost_attributes(current: int, descriptor: int) -> list[str]:
    """Copy the extended attributes, where the system has them; the names of those that cannot be copied."""
    if not hasattr(os, "listxattr"):
        return []
    try:
        wanted = {name: os.getxattr(current, name) for name in os.listxattr(current)}
        given = {name: os.getxattr(descriptor, name) for name in os.listxattr(descriptor)}
    except OSError:  # The file system has none.
        return []
    for name in given.keys() - wanted.keys():  # A folder may give its files an access list.
        with suppress(OSError):
            os.removexattr(descriptor, name)
    lost = []
    for name, value in wanted.items():
        if given.get(name) != value:
            try:
                os.setxattr(descriptor, name, value)
            except OSError:
                lost.append(name)
    return lost


def _warning(message: str, hint: str = "") -> Diagnostic:
    return Diagnostic(None, message, hint, "warning")


# Bytes and folders


def _is_device(path: str) -> bool:
    try:
        return not stat.S_ISREG(os.stat(path).st_mode)
    except FileNotFoundError:
        return False


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _write_through(path: str, data: bytes) -> None:
    descriptor = os.open(path, _WRITE)
    try:
        _write_all(descriptor, data)
    finally:
        os.close(descriptor)


def _remove(folders: Sequence[str]) -> None:
    """Take back the folders that were made for a file that could not be written, where they are empty."""
    for each in reversed(folders):
        with suppress(OSError):
            os.rmdir(each)


def _flush(folders: Iterable[str]) -> None:
    """Flush the names of new files to the disk, where the system can."""
    for each in folders:
        with suppress(OSError):
            descriptor = os.open(each, _OPEN_FOLDER)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
