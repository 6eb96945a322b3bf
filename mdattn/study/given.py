"""Rows of numbers that a block gives become arrays here, and nowhere else.

Floor 2, shared by the kinds that compute attention. A program may give lists of anything, where a block is checked
when it is read. What comes out is an array of the right sort, or an OptionError whose path leads to the innermost value
that is wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from mdattn import numerals
from mdattn.errors import OptionError
from mdattn.errors import Path as OptionPath
from mdattn.options import LARGEST

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[np.float64]
    Mask: TypeAlias = NDArray[np.bool_]
    # What a block says, lists in lists; of a program, or from a data file, an array.
    Rows: TypeAlias = float | Sequence["Rows"] | NDArray[np.generic]


def numbers(value: Rows, path: OptionPath, axes: int, what: str, width: int | None = None) -> Array:
    """A nested list, or an array, as an array with that many axes; `width` is how long its rows should be.

    Raises OptionError at the first number or row that is wrong.
    """
    if isinstance(value, np.ndarray):
        return _of_array(value, path, axes, what)
    if axes == 2 and isinstance(value, list) and (array := at_once(value)) is not None:
        return array
    _check(value, path, axes, what, width)
    return np.array(value, dtype=np.float64)


def is_flat(rows: Rows) -> bool:
    """Whether this is a row of numbers, or was meant as one, and not rows of them."""
    if isinstance(rows, np.ndarray):
        return rows.ndim == 1
    return isinstance(rows, list) and bool(rows) and not isinstance(rows[0], (list, np.ndarray))


def depth(rows: Rows | None) -> int:
    """How many lists are around the first number."""
    if isinstance(rows, np.ndarray):
        return rows.ndim
    levels = 0
    while isinstance(rows, list):
        levels += 1
        rows = next((each for each in rows if isinstance(each, list)), None)
    return levels


def written_decimals(array: Array) -> int:
    """How many decimals an author wrote at the most; more than any are printed for numbers from a model."""
    for decimals in range(numerals.MOST_DECIMALS + 1):
        unit = 10.0**decimals
        if (np.rint(array * unit) / unit == array).all():
            return decimals
    return numerals.MOST_DECIMALS + 1


_NUMBERS = {int, float}


def at_once(rows: Sequence[Rows]) -> Array | None:
    """Rows of numbers of one length as an array; None for anything else, which is looked at number by number."""
    lengths = {len(row) if isinstance(row, list) and set(map(type, row)) <= _NUMBERS else 0 for row in rows}
    if len(lengths) != 1 or 0 in lengths:
        return None
    try:
        array = np.array(rows, dtype=np.float64)
    except OverflowError:  # A whole number of hundreds of digits.
        return None
    return array if (np.abs(array) <= LARGEST).all() else None  # What is not a number is not below it either.


def _of_array(value: NDArray[np.generic], path: OptionPath, axes: int, what: str) -> Array:
    """An array of any type as one of finite numbers."""
    if value.dtype.kind not in "iuf":
        raise OptionError(path, f"{what} holds {value.dtype}, not numbers")
    if value.ndim != axes or not value.size:
        raise OptionError(path, f"{what} has the shape {list(value.shape)}; {axes} axes of at least 1 are needed")
    with np.errstate(all="ignore"):
        array = np.asarray(value, dtype=np.float64)
        fine = (array <= LARGEST) & (array >= -LARGEST)
    if not fine.all():
        place = tuple(int(each) for each in np.unravel_index(int(np.argmin(fine)), fine.shape))  # The first.
        _check(float(array[place]), (*path, *place), 0, what)
    return array


def _check(value: Rows, path: OptionPath, axes: int, what: str, width: int | None = None) -> tuple[int, ...]:
    """The shape of a nested list of finite numbers."""
    if axes == 0:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise OptionError(path, f"{what} holds {named(value)}, not a number")
        if isinstance(value, float) and not isfinite(value):
            raise OptionError(path, f"{what} holds {value}, which is not a finite number")
        if abs(value) > LARGEST:
            raise OptionError(path, f"{what} holds {named(value)}; numbers up to {LARGEST:g} can be printed")
        return ()
    if not isinstance(value, list):
        raise OptionError(path, f"{what} must be {'a list' if axes == 1 else 'lists'} of numbers, not {named(value)}")
    if not value:
        raise OptionError(path, f"{what} holds an empty list")
    shapes = [_check(item, (*path, index), axes - 1, what, width) for index, item in enumerate(value)]
    if len(set(shapes)) > 1:
        lengths = [shape[0] for shape in shapes]
        # The first row is as likely to be the wrong one, where it is known how long it should be.
        right = width if width in lengths else lengths[0]
        index, length = next((index, length) for index, length in enumerate(lengths) if length != right)
        other = f"row 0 length {right}" if right == lengths[0] else f"and {right} are needed"
        raise OptionError((*path, index), f"{what} is ragged: row {index} has length {length}, {other}")
    return (len(value), *shapes[0])


def named(value: object) -> str:
    """What a wrong value is, in a few words."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, dict)):
        return "a list" if isinstance(value, list) else "a mapping"
    if isinstance(value, int) and abs(value) > 10**40:
        return f"a number of about {value.bit_length() * 3 // 10:,} digits"  # Python does not write long ones out.
    text = " ".join(repr(value).split())
    return text if len(text) <= 40 else text[:39] + "…"


def flags(rows: Sequence[Sequence[float]], path: OptionPath, queries: int, keys: int, told: str) -> Mask:
    """Rows of true and false, or of 1 and 0, as [query, key]; `told` says which tokens there are."""
    for index, row in enumerate(rows):
        if not isinstance(row, list) or len(row) != keys:
            size = f"length {len(row)}" if isinstance(row, list) else named(row)
            raise OptionError(
                (*path, index), f"row {index} of 'mask' has {size}; each row needs one value a key: {keys}"
            )
        for place, value in enumerate(row):
            if value is not True and value is not False and not (type(value) in _NUMBERS and value in (0, 1)):
                raise OptionError((*path, index, place), f"'mask' holds {named(value)}, not true or false")
    if len(rows) != queries:
        raise OptionError(path, f"'mask' must have one row a query: {queries}, not {len(rows)}", told)
    return np.array(rows, dtype=np.bool_)
