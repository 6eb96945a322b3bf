"""Arrays out of data files that stand beside a document.

Floor 1, imported only when a block names a `source`. A document may come from anywhere, so a file is opened read-only
and only inside the document's own folder tree; `formats` knows what its bytes mean, and `files` keeps what was made of
them, within bounds.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Sequence
from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mdattn.attention.formats import (
    FORMATS,
    MOST_BYTES,
    AnyArray,
    Contents,
    DamagedError,
    fail,
    misleads,
    plain,
    too_large,
)
from mdattn.errors import suggest
from mdattn.files import Files, TooMuchError

MOST_NUMBERS = 2**24  # of what is taken out of an array: 128 MB in the type that is computed with
MOST_LISTED = 12  # names in a message
MOST_SEARCHED = 200  # names among which one is looked for that the author may have meant

Known = tuple[int, ...]
"""What tells a file, as it is now, from any other."""


def load(
    path_text: str,
    folder: Path,
    *,
    array: str | None = None,
    layer: int | None = None,
    head: int | None = None,
    axes: Sequence[int] = (2, 3),
    fits: Callable[[tuple[int, ...]], None] | None = None,
    files: Files | None = None,
) -> NDArray[np.float64]:
    """One array of the file `path_text`, which is relative to `folder`, the document's own.

    `array` names it where the file holds several. `layer` and `head`, from 0, index the leading axes
    [layer, head, ...]; what is left must have one of the numbers of `axes`, and a shape that `fits` does not raise an
    OptionError for. The result is read-only, float64 and finite. `files` holds what was made of files before; one that
    has not changed since is not read again, whatever it is called. Raises OptionError for everything that is wrong with
    path, file, name or array.
    """
    suffix = _suffix(path_text)
    files = Files() if files is None else files
    path = _path(path_text, folder)
    try:
        known = _known(repr(path_text), path.stat())
        files.name(known, known[2])
        part = (known, suffix, array, layer, head)
        found: AnyArray | None = files.made(part)
        if found is None:
            found = _part(_found(path, known, suffix, array, files), min(axes), layer=layer, head=head)
        _check_shape(found.shape, axes, fits)
        return files.once(part, lambda: _checked(found), 8 * found.size)
    except FileNotFoundError:
        fail(f"there is no file {path_text!r} in the document's folder", _neighbours(path), "file")
    except OSError as error:
        fail(f"{path_text!r} cannot be opened: {error.strerror or type(error).__name__}", key="file")
    except DamagedError as error:
        fail(f"{path_text!r} cannot be read as {suffix}: {error.reason}", error.cure)
    except TooMuchError as error:
        fail(
            f"the data files that are read up to this block would take more than {error.most // 2**20:,} MB to unpack",
            "save only the arrays that are drawn, and put blocks that draw from one array below each other",
        )


def _found(path: Path, known: Known, suffix: str, array: str | None, files: Files) -> AnyArray:
    """The array of a file, as it stands there."""
    format_, on_disk = FORMATS[suffix], known[2]
    file = files.once(
        (known, suffix),
        lambda: format_.contents(_bytes(path)),
        format_.times * on_disk,
        lambda contents: contents.size,
    )
    name = _choose(file, array)
    unpacks = file.unpacks(name)
    return files.once((known, suffix, name), lambda: file.read(name), unpacks) if unpacks else file.read(name)


def _check_shape(shape: tuple[int, ...], axes: Sequence[int], fits: Callable[[tuple[int, ...]], None] | None) -> None:
    """Raises OptionError unless there are as many axes as are needed, it fits, and all of it can be drawn."""
    cure = "pick a part of it with 'layer' and 'head'"
    if len(shape) not in axes:
        wanted = " or ".join(str(each) for each in axes)
        more = len(shape) > max(axes)
        fail(f"the array has shape {list(shape)}, and {wanted} axes are needed", cure if more else "")
    if fits is not None:
        fits(shape)
    if (size := prod(shape)) > MOST_NUMBERS:
        fail(f"the array has shape {list(shape)}, {size:,} numbers; at most {MOST_NUMBERS:,} can be drawn", cure)


# The file ------------------------------------------------------------------------------------------------------------


def _suffix(path_text: str) -> str:
    """The suffix, after looking at the path as text: what is refused here is refused on every system alike."""
    if misleads(path_text):
        fail(f"{path_text!r} is not the name of a file", key="file")
    if "\\" in path_text or ":" in path_text:
        fail(f"{path_text!r} holds a backslash or a colon", "write a path below the document's folder, with /", "file")
    if path_text.startswith("/"):
        fail(f"{path_text!r} is an absolute path", "write a path below the document's folder", "file")
    if ".." in path_text.split("/"):
        fail(f"{path_text!r} leads out of the document's folder", "put the file into that folder or below it", "file")
    suffix = Path(path_text).suffix.lower()
    if suffix not in FORMATS:
        fail(f"{path_text!r} is not a data file that can be read", "choose from " + ", ".join(FORMATS), "file")
    return suffix


def _path(path_text: str, folder: Path) -> Path:
    """Where the file stands: inside the folder, symbolic links followed no further than that."""
    base = folder.resolve()
    path = Path(os.path.realpath(base / path_text))
    if not path.is_relative_to(base):
        fail(f"{path_text!r} is a symbolic link out of the document's folder", "put a copy of the file there", "file")
    return path


def _bytes(path: Path) -> bytes:
    """The bytes of a regular file."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags), "rb") as file:
        # It was looked at before it is opened (to open a device can do things); it may have been replaced since.
        _known("the file", os.fstat(file.fileno()))
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        too_large("the file", len(data))
    return data


def _known(what: str, status: os.stat_result) -> Known:
    """What tells this file, as it is now, from any other. Raises OptionError unless it is one that may be read."""
    if not stat.S_ISREG(status.st_mode):
        fail(f"{what} is not a regular file", key="file")
    if status.st_size > MOST_BYTES:
        too_large(what, status.st_size)
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _neighbours(path: Path) -> str:
    """What the author may have meant, among the data files of the folder; of a large one, nothing."""
    try:
        with os.scandir(path.parent) as entries:
            names = [each.name for each, _ in zip(entries, range(MOST_SEARCHED + 1), strict=False)]
    except OSError:
        return ""
    near = sorted(each for each in names if each.lower().endswith(tuple(FORMATS)))
    return _suggestion(path.name, near) if near and len(names) <= MOST_SEARCHED else ""


# The array -----------------------------------------------------------------------------------------------------------


def _choose(file: Contents, array: str | None) -> str | None:
    """The name that is asked for, or the only one."""
    names = file.names
    if names is None:
        if array is not None:
            fail(f"the file holds one array without a name, not {array!r}", "leave 'array' out", "array")
        return None
    if not names:
        fail("the file holds no array")
    if array is None:
        if len(names) > 1:
            fail(f"the file holds {len(names)} arrays", "name one with 'array': " + _listed(names))
        return names[0]
    if array not in names:
        fail(f"the file holds no array {array!r}", _suggestion(array, names), "array")
    return array


def _suggestion(word: str, names: Sequence[str]) -> str:
    hint = suggest(word, [plain(each) for each in names]) if len(names) <= MOST_SEARCHED else ""
    return hint if hint.startswith("did you mean") else "choose from " + _listed(names)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(plain(each) for each in names[:MOST_LISTED])
    return shown if len(names) <= MOST_LISTED else f"{shown} and {len(names) - MOST_LISTED} more"


def _part(found: AnyArray, least: int, **places: int | None) -> AnyArray:
    """What is left where the leading axes are indexed, as many of them as have a place; at least so many axes."""
    shape = list(found.shape)
    if places["layer"] is None and places["head"] is not None and len(shape) > least + 1:
        fail(f"the array has shape {shape}, and its first axis is not that of heads", "name the 'layer' too", "head")
    for name, index in places.items():
        if index is None:
            continue
        if found.ndim <= least:
            fail(f"the array has shape {shape}, and no axis for {name!r}", f"leave {name!r} out", name)
        if not 0 <= index < len(found):
            fail(f"{name} {index} is not in the array", f"it has {len(found)} there, from 0 to {len(found) - 1}", name)
        found = found[index]
    return found


def _checked(found: AnyArray) -> NDArray[np.float64]:
    """A read-only copy: float64 and finite."""
    if found.dtype == np.bool_:
        fail("the array holds true and false, and numbers are needed")
    if not found.size:
        fail(f"the array is empty: its shape is {list(found.shape)}")
    result: NDArray[np.float64] = np.array(found, dtype=np.float64, order="C")
    finite = np.isfinite(result)
    if not finite.all():
        where = np.unravel_index(int(np.argmin(finite)), finite.shape)  # The first: of many, a list takes much room.
        fail(f"the array holds {result[where]} at {[int(each) for each in where]}", "every number must be finite")
    result.setflags(write=False)
    return result
