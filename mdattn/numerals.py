"""Numbers become text here, and nowhere else.

Floor 0. A number is snapped first: rounded to 9 decimals, so that half an ulp between two processors cannot show.
Then it is rounded half-up (ties away from zero, as taught in school). There is no `-0.00`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

SNAP = 9
MOST_DECIMALS = 6


_UNIT: tuple[int, ...] = tuple(10**exponent for exponent in range(SNAP + 1))


def _snapped(value: float) -> int:
    """The value in whole units of 10**-SNAP, rounded as the decimal digits of the float say."""
    scaled = value * 1e9
    if -1e12 < scaled < 1e12:
        whole = round(scaled)
        # The product is off by less than 1e-4 here: far from a tie that does not matter, and spares the digits.
        if -0.499 < scaled - whole < 0.499:
            return whole
    return int(f"{value:.{SNAP}f}".replace(".", ""))


def _units(value: float, decimals: int) -> int:
    """The snapped value in whole units of 10**-decimals, ties away from zero."""
    scaled = value * _UNIT[decimals]
    if -1e12 < scaled < 1e12:
        units = round(scaled)
        # So far from a tie, neither the product's last digits matter nor those that the snap takes away.
        if -0.44 < scaled - units < 0.44:
            return units
    snapped = _snapped(value)
    unit = _UNIT[SNAP - decimals]
    half = unit >> 1
    return (snapped + half) // unit if snapped >= 0 else -((half - snapped) // unit)


@lru_cache(maxsize=2**14)  # The numbers of a document are few, and stand in many of its lines.
def text(value: float, decimals: int) -> str:
    """`text(0.125, 2)` is `0.13`; `text(-0.001, 2)` is `0.00`."""
    unit = _UNIT[decimals]
    scaled = value * unit
    if -1e12 < scaled < 1e12:
        units = round(scaled)
        if -0.44 < scaled - units < 0.44:  # as in `_units`
            return f"{units / unit:.{decimals}f}"
    units = _units(value, decimals)
    if not decimals:
        return str(units)
    digits = str(units).zfill(decimals + 1) if units >= 0 else f"-{str(-units).zfill(decimals + 1)}"
    return f"{digits[:-decimals]}.{digits[-decimals:]}"


def rounded(value: float, decimals: int) -> float:
    """The number that `text` prints: what a reader with a pencil goes on with."""
    return _units(value, decimals) / _UNIT[decimals]


def rounder(decimals: int) -> Callable[[float], float]:
    """`rounded` to these decimals, for who rounds by the thousand."""
    unit = _UNIT[decimals]

    def keep(value: float) -> float:
        scaled = value * unit
        if -1e12 < scaled < 1e12:
            units = round(scaled)
            if -0.44 < scaled - units < 0.44:  # as in `_units`
                return units / unit
        return rounded(value, decimals)

    return keep


def snapped(value: float) -> float:
    """The value to 9 decimals: two values that snap alike count as equal."""
    return rounded(value, SNAP)


def percent(value: float, decimals: int) -> str:
    """`percent(0.154, 2)` is `15 %`: a share with `decimals` decimals, at least 2, written in hundredths.

    Rounded as a share, so that shares in percent add up as `sum_as_printed` says.
    """
    finer = max(decimals, 2)
    return text(rounded(value, finer) * 100, finer - 2) + " %"


def compact(value: float, decimals: int) -> str:
    """At most `decimals` decimals, none of them an idle zero: `compact(2.0, 2)` is `2`, `compact(0.5, 2)` `0.5`."""
    return text(value, min(decimals, decimals_needed((value,), decimals)))


def decimals_needed(values: Iterable[float], most: int) -> int:
    """How many decimals show every one of the values exactly; `most` if even that many do not."""
    need = 0
    unit = _UNIT[SNAP]
    for value in values:
        snapped = _snapped(value)
        while need < most and snapped % unit:
            need += 1
            unit = _UNIT[SNAP - need]
        if need == most:
            break
    return need


def vector(values: Sequence[float], decimals: int) -> str:
    """`[0.3, 0.9, 0.2]`."""
    return "[" + ", ".join(text(value, decimals) for value in values) + "]"


def sum_as_printed(values: Iterable[float], decimals: int) -> int:
    """The sum of the numbers as printed, in whole units of 10**-decimals: 99 for a column of 0.33 0.33 0.33."""
    return sum(_units(value, decimals) for value in values)


def count(number: int) -> str:
    """`65,028,096`."""
    return f"{number:,}"
