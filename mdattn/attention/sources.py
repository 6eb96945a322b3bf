"""Arrays out of data files that stand beside a document: .npy, .npz, .safetensors and .json.

Floor 1, imported only when a block names a `source`. A document may come from anywhere, so a file is opened read-only
and only inside the document's own folder tree, nothing in it is ever executed, and sizes are known before they are
allocated.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, MutableMapping, Sequence
from itertools import chain
from math import prod
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import numpy as np
from numpy.typing import NDArray

from mdattn import cells
from mdattn.errors import OptionError, suggest

MOST_BYTES = 64 * 2**20  # of a file, and of an array in a compressed one
MOST_JSON_BYTES = 16 * 2**20  # Lists take many times their text in memory.
MOST_NUMBERS = 2**24  # of what is taken out of an array: 128 MB in the type that is computed with
MOST_KEPT = 2 * MOST_BYTES  # of files that blocks after the first may name again
MOST_FILES = 32  # the same
MOST_MEMBERS = 10_000  # of a .npz
MOST_AXES = 8
MOST_LISTED = 12  # names in a message
MOST_LENGTH = 100  # of a name in a message

AnyArray = NDArray[Any]


class Contents(NamedTuple):
    """What a file holds: the names of its arrays, None for one without a name, and how to get one of them."""

    names: Sequence[str] | None
    read: Callable[[str | None], AnyArray]


class Opened(NamedTuple):
    """A file that was read: its bytes, and what was found in them, by suffix and by the name of an array."""

    data: bytes
    contents: dict[str, Contents]
    arrays: dict[tuple[str, str | None], AnyArray]

    @property
    def size(self) -> int:
        """The bytes that are kept of it."""
        return len(self.data) + sum(each.nbytes for each in self.arrays.values())


# The files that are open, by what tells one file, as it is now, from another; those of longest ago come first.
Files = MutableMapping[tuple[int, ...], Opened]


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
    OptionError for. The result is read-only, float64 and finite. `files` are those that were read
    before; one that has not changed since is not read again, whatever it is called. Raises OptionError for everything
    that is wrong with path, file, name or array.
    """
    suffix = _suffix(path_text)
    files = {} if files is None else files
    file = _opened(path_text, folder, files)
    try:
        found = _found(file, suffix, array)
    except OptionError:
        raise
    except Exception as error:  # A file that is not what its suffix says makes its reader raise almost anything.
        reason = _plain(" ".join(str(error).split()) or type(error).__name__)
        _fail(f"{path_text!r} cannot be read as {suffix}: {reason}")
    _forget(files)
    for name, index in (("layer", layer), ("head", head)):
        if index is not None:
            found = _part(found, name, index)
    if found.ndim not in axes:
        wanted = " or ".join(str(each) for each in axes)
        _fail(
            f"the array has shape {list(found.shape)}, and {wanted} axes are needed",
            "pick a part of it with 'layer' and 'head'" if found.ndim > max(axes) else "",
        )
    if fits is not None:
        fits(found.shape)
    if found.size > MOST_NUMBERS:
        _fail(
            f"the array has shape {list(found.shape)}, {found.size:,} numbers; at most {MOST_NUMBERS:,} can be drawn",
            "pick a part of it with 'layer' and 'head'",
        )
    return _checked(found)


def _found(file: Opened, suffix: str, array: str | None) -> AnyArray:
    """The array of a file, as it stands there."""
    if suffix not in file.contents:
        file.contents[suffix] = READERS[suffix](file.data)
    names, read = file.contents[suffix]
    if names is not None:
        array = _choose(names, array)
    elif array is not None:
        _fail(f"the file holds one array without a name, not {array!r}", "leave 'array' out", "array")
    if (suffix, array) not in file.arrays:
        file.arrays[suffix, array] = read(array)
    return file.arrays[suffix, array]


def _fail(message: str, hint: str = "", key: str | None = None) -> NoReturn:
    """`key` is the option of the source that is to blame, where it is a single one."""
    raise OptionError(("source",) if key is None else ("source", key), message, hint)


# The file ------------------------------------------------------------------------------------------------------------


def _suffix(path_text: str) -> str:
    """The suffix, after looking at the path as text: what is refused here is refused on every system alike."""
    if _misleads(path_text):
        _fail(f"{path_text!r} is not the name of a file", key="file")
    if "\\" in path_text or ":" in path_text:
        _fail(f"{path_text!r} holds a backslash or a colon", "write a path below the document's folder, with /", "file")
    if path_text.startswith("/"):
        _fail(f"{path_text!r} is an absolute path", "write a path below the document's folder", "file")
    if ".." in path_text.split("/"):
        _fail(f"{path_text!r} leads out of the document's folder", "put the file into that folder or below it", "file")
    suffix = Path(path_text).suffix.lower()
    if suffix not in READERS:
        _fail(f"{path_text!r} is not a data file that can be read", "choose from " + ", ".join(READERS), "file")
    return suffix


def _opened(path_text: str, folder: Path, files: Files) -> Opened:
    """A regular file inside the folder, symbolic links followed no further than that."""
    base = folder.resolve()
    path = Path(os.path.realpath(base / path_text))
    if not path.is_relative_to(base):
        _fail(f"{path_text!r} is a symbolic link out of the document's folder", "put a copy of the file there", "file")
    try:
        # Looked at before it is opened (to open a device can do things), and again after: it may have been replaced.
        known = _identity(path_text, path.stat())
        if known in files:
            files[known] = files.pop(known)  # It is the latest now.
            return files[known]
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        with os.fdopen(os.open(path, flags), "rb") as file:
            known = _identity(path_text, os.fstat(file.fileno()))
            data = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        _fail(f"there is no file {path_text!r} in the document's folder", _neighbours(path), "file")
    except OSError as error:
        _fail(f"{path_text!r} cannot be opened: {error.strerror or type(error).__name__}", key="file")
    if len(data) > MOST_BYTES:
        _too_large(repr(path_text), len(data))
    files[known] = Opened(data, {}, {})
    return files[known]


def _forget(files: Files) -> None:
    """Let go of the files of longest ago, as long as more is kept than may be."""
    kept = {known: each.size for known, each in files.items()}
    total = sum(kept.values())
    for known in list(kept)[:-1]:
        if total <= MOST_KEPT and len(files) <= MOST_FILES:
            break
        total -= kept[known]
        del files[known]


def _identity(path_text: str, status: os.stat_result) -> tuple[int, ...]:
    """What tells this file, as it is now, from any other. Raises OptionError unless it is one that may be read."""
    if not stat.S_ISREG(status.st_mode):
        _fail(f"{path_text!r} is not a regular file", key="file")
    if status.st_size > MOST_BYTES:
        _too_large(repr(path_text), status.st_size)
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _too_large(what: str, size: int, most: int = MOST_BYTES) -> NoReturn:
    _fail(f"{what} is larger than {most // 2**20} MB ({size:,} bytes)", "save only the arrays that are drawn")


def _neighbours(path: Path) -> str:
    """What the author may have meant, among the data files of the folder."""
    try:
        names = sorted(each.name for each in path.parent.iterdir() if each.suffix.lower() in READERS)
    except OSError:
        return ""
    return _suggestion(path.name, names) if names else ""


# The formats ---------------------------------------------------------------------------------------------------------


def _npy(data: bytes) -> Contents:
    return Contents(None, lambda _: _parse_npy(data))


def _parse_npy(data: bytes) -> AnyArray:
    """The array of a .npy file of version 1 or 2 (numpy.lib.format); what its header claims is checked first."""
    import warnings
    from io import BytesIO

    from numpy.lib import format as npy

    file = BytesIO(data)
    version = npy.read_magic(file)
    headers = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
    if version not in headers:
        raise ValueError(f"version {version[0]}.{version[1]} is not known")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # numpy warns of headers that Python 2 wrote, and reads them.
        shape, fortran, dtype = headers[version](file)
    _known(dtype)
    return _shaped(memoryview(data)[file.tell() :], dtype, shape, fortran)


def _npz(data: bytes) -> Contents:
    from io import BytesIO
    from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

    # Each entry of the directory takes some ten times its size in memory: counted before it is read.
    if data.count(b"PK\x01\x02") > MOST_MEMBERS:
        raise ValueError(f"it holds more than {MOST_MEMBERS:,} members")
    archive = ZipFile(BytesIO(data))
    infos = [each for each in archive.infolist() if each.filename.endswith(".npy")]
    names = [each.filename.removesuffix(".npy") for each in infos]

    def read(name: str | None) -> AnyArray:
        info = infos[names.index(str(name))]
        if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise ValueError("its compression is not that of numpy.savez")
        if info.file_size > MOST_BYTES:
            _too_large(f"array {_plain(info.filename)}", info.file_size)
        with archive.open(info) as member:
            return _parse_npy(member.read(MOST_BYTES + 1))

    return Contents(names, read)


def _safetensors(data: bytes) -> Contents:
    try:
        from safetensors import deserialize  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        _fail("to read .safetensors files, a package is missing", "pip install 'mdattn[safetensors]'")
    tensors = dict(deserialize(data))  # type: ignore[no-untyped-call,unused-ignore]

    def read(name: str | None) -> AnyArray:
        tensor = tensors[name]
        type_, content = tensor["dtype"], memoryview(tensor["data"])
        if type_ == "BF16":  # The upper half of a float32.
            halves = _shaped(content, np.dtype("<u2"), tensor["shape"])
            return (halves.astype("<u4") << 16).view("<f4")
        if type_ not in SAFETENSORS_TYPES:
            _fail(f"an array of type {type_} cannot be drawn", "save it as F32")
        return _shaped(content, np.dtype(SAFETENSORS_TYPES[type_]), tensor["shape"])

    return Contents(list(tensors), read)


def _json(data: bytes) -> Contents:
    import json

    if len(data) > MOST_JSON_BYTES:
        _too_large("a .json file", len(data), MOST_JSON_BYTES)
    try:
        content = json.loads(data, parse_constant=_no_constant, object_pairs_hook=_no_duplicates)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if isinstance(content, dict):
        return Contents(list(content), lambda name: _of_lists(content[name]))
    return Contents(None, lambda _: _of_lists(content))


def _of_lists(content: object) -> AnyArray:
    """Nested lists as an array. What they hold is known before numpy makes room for it, which for words is endless."""
    if not isinstance(content, list):
        raise ValueError("it needs lists of numbers, or a mapping from names to such lists")
    shape, entries = [len(content)], content
    while (types := set(map(type, entries))) == {list}:
        if len(set(map(len, entries))) > 1 or len(shape) == MOST_AXES:
            _ragged()
        shape.append(len(entries[0]))
        entries = list(chain.from_iterable(entries))
    if list in types:
        _ragged()
    if types - {bool, int, float}:
        _unreal("text" if str in types else "mappings" if dict in types else "null")
    if bool in types and len(types) > 1:
        _fail("the array mixes numbers with true and false")
    found = np.array(entries)
    _known(found.dtype)
    return found.reshape(shape)


def _ragged() -> NoReturn:
    _fail("the rows of the array differ in length")


def _no_constant(name: str) -> NoReturn:
    _fail(f"the array holds {name}", "every number must be finite")


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        raise ValueError("a name stands twice in it")
    return content


READERS: dict[str, Callable[[bytes], Contents]] = {
    ".npy": _npy,
    ".npz": _npz,
    ".safetensors": _safetensors,
    ".json": _json,
}
SAFETENSORS_TYPES = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "I64": "<i8",
    "I32": "<i4",
    "I16": "<i2",
    "I8": "i1",
    "U64": "<u8",
    "U32": "<u4",
    "U16": "<u2",
    "U8": "u1",
    "BOOL": "?",
}


# The array -----------------------------------------------------------------------------------------------------------


def _choose(names: Sequence[str], array: str | None) -> str:
    """The name that is asked for, or the only one."""
    if not names:
        _fail("the file holds no array")
    if len(set(names)) < len(names):
        _fail("two arrays of the file have one name")
    if array is None:
        if len(names) > 1:
            _fail(f"the file holds {len(names)} arrays", "name one with 'array': " + _listed(names))
        return names[0]
    if array not in names:
        _fail(f"the file holds no array {array!r}", _suggestion(array, names), "array")
    return array


def _suggestion(word: str, names: Sequence[str]) -> str:
    hint = suggest(word, [_plain(each) for each in names])
    return hint if hint.startswith("did you mean") else "choose from " + _listed(names)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(_plain(each) for each in names[:MOST_LISTED])
    return shown if len(names) <= MOST_LISTED else f"{shown} and {len(names) - MOST_LISTED} more"


def _misleads(name: str) -> bool:
    """Whether a name is blank or holds what nobody sees. Each Python has another view of what is printable."""
    return not name.strip() or cells.printable(name) != name or any(each.isspace() and each != " " for each in name)


def _plain(name: str) -> str:
    """The name on one line, and no longer than a line, whatever a file calls its arrays."""
    text = repr(name) if _misleads(name) else name
    return text if len(text) <= MOST_LENGTH else text[: MOST_LENGTH - 1] + "…"


def _known(dtype: np.dtype[Any]) -> None:
    if dtype.kind not in "biuf" or dtype.itemsize > 8:
        _unreal(_plain(str(dtype)))


def _unreal(held: str) -> NoReturn:
    _fail(f"the array holds {held}, and real numbers are needed", "save it as float64")


def _shaped(content: memoryview, dtype: np.dtype[Any], shape: Sequence[int], fortran: bool = False) -> AnyArray:
    """The content as an array, if it has exactly the size that shape and type ask for."""
    if len(shape) > MOST_AXES:
        raise ValueError(f"{len(shape)} axes are not possible, {MOST_AXES} are the most")
    if any(size < 0 for size in shape):
        raise ValueError(f"shape {list(shape)} is not possible")
    if prod(shape) * dtype.itemsize != content.nbytes:
        raise ValueError(f"shape {list(shape)} of {dtype} does not take the {content.nbytes} bytes that there are")
    if not content.nbytes:
        _fail(f"the array is empty: its shape is {list(shape)}")
    return np.frombuffer(content, dtype=dtype).reshape(shape, order="F" if fortran else "C")


def _part(found: AnyArray, name: str, index: int) -> AnyArray:
    if not found.ndim:
        _fail(f"the array has no axis left for {name!r}", key=name)
    if not 0 <= index < len(found):
        _fail(f"{name} {index} is not in the array", f"it has {len(found)} there, from 0 to {len(found) - 1}", name)
    part: AnyArray = found[index]
    return part


def _checked(found: AnyArray) -> NDArray[np.float64]:
    """A read-only copy: float64 and finite."""
    _known(found.dtype)
    if found.dtype == np.bool_:
        _fail("the array holds true and false, and numbers are needed")
    if not found.size:
        _fail(f"the array is empty: its shape is {list(found.shape)}")
    with np.errstate(all="ignore"):
        result: NDArray[np.float64] = np.array(found, dtype=np.float64, order="C")
    bad = np.argwhere(~np.isfinite(result))
    if len(bad):
        where = bad[0].tolist()
        _fail(f"the array holds {result[tuple(where)]} at {where}", "every number must be finite")
    result.setflags(write=False)
    return result
