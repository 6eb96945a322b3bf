"""What the bytes of a data file hold, in four formats: .npy, .npz, .safetensors and .json.

Floor 1, imported only when a block names a `source`. Nothing in a file is ever executed, and sizes are known before
they are allocated. What is wrong is said in words of this file alone: those of the libraries differ from one release
to the next, and speak of their insides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from itertools import chain
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import numpy as np
from numpy.typing import NDArray

from mdattn import cells
from mdattn.errors import OptionError

if TYPE_CHECKING:
    from zipfile import ZipFile, ZipInfo

MOST_BYTES = 64 * 2**20  # of a file, and of an array in a compressed one
MOST_JSON_BYTES = 16 * 2**20  # Lists take many times their text in memory.
MOST_LISTS = 2**20  # of a .json file, each of which takes room beside what it holds
MOST_NAMES = 10_000  # of arrays in a file
MOST_HEADER = 10_000  # bytes before the numbers of a .npy file
MOST_INDEX = 4 * 2**20  # bytes before the numbers of a .safetensors file
MOST_AXES = 8
MOST_LENGTH = 100  # of a name in a message
NAME_BYTES = 2**10  # what is kept for each name, at the most
CHUNK = 2**20  # bytes that are unpacked at once

AnyArray = NDArray[Any]


class DamagedError(Exception):
    """A file is not what its suffix says: the reason, and the cure."""

    def __init__(self, reason: str, cure: str = "") -> None:
        super().__init__(reason, cure)
        self.reason = reason
        self.cure = cure


class Contents(NamedTuple):
    """What a file holds: the names of its arrays, None for one without a name, and how to get one of them.

    `unpacks` is how many bytes getting it makes room for, beside the `size` bytes that the contents take.
    """

    names: Sequence[str] | None
    read: Callable[[str | None], AnyArray]
    unpacks: Callable[[str | None], int]
    size: int


class Format(NamedTuple):
    """How a file is read, and how many times its own size that takes."""

    contents: Callable[[bytes], Contents]
    times: int


def fail(message: str, hint: str = "", key: str | None = None) -> NoReturn:
    """`key` is the option of the source that is to blame, where it is a single one."""
    raise OptionError(("source",) if key is None else ("source", key), message, hint)


def too_large(what: str, size: int, most: int = MOST_BYTES) -> NoReturn:
    """`what` has more bytes than may be read."""
    fail(f"{what} is larger than {most // 2**20} MB ({size:,} bytes)", "save only the arrays that are drawn")


def misleads(name: str) -> bool:
    """Whether a name is blank or holds what nobody sees. Each Python has another view of what is printable."""
    return not name.strip() or cells.printable(name) != name or any(each.isspace() and each != " " for each in name)


def plain(name: str) -> str:
    """The name on one line, and no longer than a line, whatever a file calls its arrays."""
    short = name[: MOST_LENGTH + 1]
    text = ascii(short) if misleads(short) else short
    return text if len(text) <= MOST_LENGTH else text[: MOST_LENGTH - 1] + "…"


def _nothing(_: str | None) -> int:
    return 0


def _named(names: Sequence[str]) -> None:
    """Raises unless the names of arrays can be told apart, and are not too many."""
    if len(names) > MOST_NAMES:
        raise DamagedError(f"it holds more than {MOST_NAMES:,} arrays", "save only those that are drawn")
    if len(set(names)) < len(names):
        fail("two arrays of the file have one name")


# .npy and .npz -------------------------------------------------------------------------------------------------------

_SAVE, _SAVE_ALL = "save it again with numpy.save", "save it again with numpy.savez"
_REAL = {"b1", *(f"{kind}{size}" for kind in "iu" for size in (1, 2, 4, 8)), "f2", "f4", "f8"}
_UNREAL = {
    "O": "Python objects",
    "U": "text",
    "S": "text",
    "a": "text",
    "c": "complex numbers",
    "f": "numbers of more than 64 bits",
    "M": "times",
    "m": "spans of time",
    "V": "records",
}


def _npy(data: bytes) -> Contents:
    array = _parse_npy(memoryview(data))
    return Contents(None, lambda _: array, _nothing, len(data))


def _parse_npy(data: memoryview) -> AnyArray:
    """The array of a .npy file of version 1 or 2 (numpy.lib.format); what its header claims is checked first."""
    if bytes(data[:6]) != b"\x93NUMPY" or len(data) < 8:
        raise DamagedError("it does not begin as such a file does", _SAVE)
    if (data[6], data[7]) not in ((1, 0), (2, 0)):
        raise DamagedError(f"version {data[6]}.{data[7]} of the format is not known", _SAVE)
    start = 10 if data[6] == 1 else 12
    end = start + int.from_bytes(data[8:start], "little")
    if end - start > MOST_HEADER:
        raise DamagedError(f"its header is longer than {MOST_HEADER:,} bytes", _SAVE)
    if end > len(data):
        raise DamagedError("it ends in its header", _SAVE)
    dtype, shape, fortran = _header(bytes(data[start:end]).decode("latin-1"))
    return _shaped(data[end:], dtype, shape, fortran)


def _header(text: str) -> tuple[np.dtype[Any], Sequence[int], bool]:
    """Type, shape and order of an array."""
    import re
    import warnings
    from ast import literal_eval

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            header = literal_eval(re.sub(r"(?<=\d)L\b", "", text))  # Python 2 wrote long numbers so.
    except Exception:  # Text that is no literal makes its parser raise almost anything.
        header = None
    match header:
        case {"descr": descr, "fortran_order": bool(fortran), "shape": tuple(shape)} if len(header) == 3:
            if all(type(size) is int for size in shape):
                return _type_of(descr), shape, fortran
    raise DamagedError("its header is damaged", _SAVE)


def _type_of(descr: object) -> np.dtype[Any]:
    """The type that a header names."""
    if isinstance(descr, str):
        order, code = (descr[0], descr[1:]) if descr[:1] in "<>|=" and descr else ("", descr)
        if code in _REAL:
            return np.dtype((">" if order == ">" else "<") + code)
        if code[:1] in _UNREAL:
            _unreal(_UNREAL[code[:1]])
    elif isinstance(descr, (list, tuple)):
        _unreal("records")
    raise DamagedError("its header is damaged", _SAVE)


def _npz(data: bytes) -> Contents:
    from io import BytesIO
    from zipfile import ZipFile

    # Each entry of the directory takes some ten times its size in memory: counted before it is read.
    if data.count(b"PK\x01\x02") > MOST_NAMES:
        raise DamagedError(f"it holds more than {MOST_NAMES:,} arrays", "save only those that are drawn")
    try:
        archive = ZipFile(BytesIO(data))
    except Exception:
        raise DamagedError("it is no zip archive, or a damaged one", _SAVE_ALL) from None
    infos = [each for each in archive.infolist() if each.filename.endswith(".npy")]
    names = [each.filename.removesuffix(".npy") for each in infos]
    _named(names)
    members = dict(zip(names, infos, strict=True))

    def unpacks(name: str | None) -> int:
        info = members[str(name)]
        if info.file_size > MOST_BYTES:
            too_large(f"array {plain(info.filename)}", info.file_size)
        return max(info.file_size, 1)

    def read(name: str | None) -> AnyArray:
        return _member(archive, members[str(name)])

    return Contents(names, read, unpacks, len(data) + NAME_BYTES * len(archive.filelist))


def _member(archive: ZipFile, info: ZipInfo) -> AnyArray:
    """The array of a member, unpacked piece by piece into the room that it needs."""
    from zipfile import ZIP_DEFLATED, ZIP_STORED

    name = plain(info.filename)
    if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        raise DamagedError("its compression is not that of numpy.savez", _SAVE_ALL)
    if info.flag_bits & 1:
        raise DamagedError(f"its array {name} is encrypted", _SAVE_ALL)
    content = memoryview(bytearray(info.file_size))
    place = 0
    try:
        with archive.open(info) as member:
            while part := member.read(CHUNK):
                content[place : place + len(part)] = part
                place += len(part)
    except Exception:  # A wrong checksum, a lying header, bytes that are not compressed.
        place = -1
    if place != len(content):
        raise DamagedError(f"its array {name} is damaged", _SAVE_ALL)
    return _parse_npy(content)


# .safetensors --------------------------------------------------------------------------------------------------------

_TYPES = {
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


def _safetensors(data: bytes) -> Contents:
    try:
        from safetensors import deserialize  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        fail("to read .safetensors files, a package is missing", "pip install 'mdattn[safetensors]'")
    if MOST_INDEX < int.from_bytes(data[:8], "little") <= len(data):
        raise DamagedError(f"its header is larger than {MOST_INDEX // 2**20} MB", "save only the arrays that are drawn")
    try:
        tensors = dict(deserialize(data))  # type: ignore[no-untyped-call,unused-ignore]
    except Exception:
        raise DamagedError("it is damaged", "save it again with safetensors") from None
    _named(list(tensors))

    def read(name: str | None) -> AnyArray:
        tensor = tensors[name]
        type_, content = tensor["dtype"], memoryview(tensor["data"])
        if type_ == "BF16":  # The upper half of a float32.
            wide = _shaped(content, np.dtype("<u2"), tensor["shape"]).astype("<u4")
            wide <<= 16
            return wide.view("<f4")
        if type_ not in _TYPES:
            fail(f"an array of type {type_} cannot be drawn", "save it as F32")
        return _shaped(content, np.dtype(_TYPES[type_]), tensor["shape"])

    def unpacks(name: str | None) -> int:
        return 2 * len(tensors[name]["data"]) if tensors[name]["dtype"] == "BF16" else 0

    return Contents(list(tensors), read, unpacks, len(data) + NAME_BYTES * len(tensors))


# .json ---------------------------------------------------------------------------------------------------------------


def _json(data: bytes) -> Contents:
    if len(data) > MOST_JSON_BYTES:
        too_large("a .json file", len(data), MOST_JSON_BYTES)
    if data.count(b"[") + data.count(b"{") > MOST_LISTS:
        raise DamagedError(f"it holds more than {MOST_LISTS:,} lists", "save it as .npy")
    content = _parse_json(data)
    named = content if isinstance(content, dict) else {None: content}
    names = list(content) if isinstance(content, dict) else None
    _named(names or ())
    # Lists are let go of, one by one, as soon as they are arrays: they take many times the room.
    found = {name: _array_or_error(named.pop(name)) for name in list(named)}

    def read(name: str | None) -> AnyArray:
        array = found[name]
        if isinstance(array, Exception):
            raise copy(array)  # Without a traceback, which would hold more than the file.
        return array

    size = sum(0 if isinstance(each, Exception) else each.nbytes for each in found.values())
    return Contents(names, read, _nothing, size + NAME_BYTES * len(found))


def _parse_json(data: bytes) -> object:
    import json

    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DamagedError("it is not UTF-8", "save it as UTF-8") from None
    try:
        content: object = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_no_duplicates)
    except json.JSONDecodeError as error:
        place = error.pos
        if text[place : place + 1] == ",":  # Where some releases of Python see the comma, others see what follows it.
            place = len(text) - len(text[place + 1 :].lstrip(" \t\r\n"))
        line, column = text.count("\n", 0, place) + 1, place - text.rfind("\n", 0, place)
        raise DamagedError(f"it is no JSON from line {line}, column {column} on") from None
    except RecursionError:
        raise DamagedError("it is nested too deeply") from None
    except ValueError:
        raise DamagedError("a number of thousands of digits stands in it") from None
    return content


def _array_or_error(content: object) -> AnyArray | Exception:
    """What became of the lists; of another array than the one asked for, nobody needs to know that it is none."""
    try:
        return _of_lists(content)
    except (DamagedError, OptionError) as error:
        return error.with_traceback(None)


def _of_lists(content: object) -> AnyArray:
    """Nested lists as an array. What they hold is known before numpy makes room for it, which for words is endless."""
    if not isinstance(content, list):
        raise DamagedError("it needs lists of numbers, or a mapping from names to such lists")
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
        fail("the array mixes numbers with true and false")
    try:
        return np.array(entries, dtype=bool if bool in types else np.float64).reshape(shape)
    except OverflowError:
        fail("the array holds a number of hundreds of digits", "every number must be finite")


def _ragged() -> NoReturn:
    fail("the rows of the array differ in length")


def _no_constant(name: str) -> NoReturn:
    fail(f"the array holds {name}", "every number must be finite")


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        raise DamagedError("a name stands twice in it")
    return content


FORMATS: Mapping[str, Format] = {
    ".npy": Format(_npy, 1),
    ".npz": Format(_npz, 1),
    ".safetensors": Format(_safetensors, 2),  # The package copies all of it.
    ".json": Format(_json, 5),  # `0,` becomes eight bytes.
}


# All of them ---------------------------------------------------------------------------------------------------------


_ANEW = "save the array again"


def _unreal(held: str) -> NoReturn:
    fail(f"the array holds {held}, and real numbers are needed", "save it as float64")


def _shaped(content: memoryview, dtype: np.dtype[Any], shape: Sequence[int], fortran: bool = False) -> AnyArray:
    """The content as an array, if it has exactly the size that shape and type ask for."""
    if len(shape) > MOST_AXES:
        raise DamagedError(f"{len(shape)} axes are not possible, {MOST_AXES} are the most", _ANEW)
    if any(size < 0 for size in shape):
        raise DamagedError(f"shape {list(shape)} is not possible", _ANEW)
    if prod(shape) * dtype.itemsize != content.nbytes:
        reason = f"shape {list(shape)} of {dtype} does not take the {content.nbytes} bytes that there are"
        raise DamagedError(reason, _ANEW)
    if not content.nbytes:
        fail(f"the array is empty: its shape is {list(shape)}")
    return np.frombuffer(content, dtype=dtype).reshape(shape, order="F" if fortran else "C")
