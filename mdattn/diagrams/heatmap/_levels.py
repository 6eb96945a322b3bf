"""Levels of a weight: how full a cell of a heatmap is.

Floor 3, a room of the kind `heatmap`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from msgspec import Struct

from mdattn import numerals

# Where the levels of a weight begin. Of more than ten keys even an equal share would be below the first of these: the
# levels begin at or just below an equal share then, with three neighbours of …, 0.01, 0.02, 0.05, 0.1, …
STEPS: tuple[float, ...] = (0.1, 0.4, 0.7)
FEW_KEYS = 10
_SERIES = (0.01, 0.02, 0.05, 0.1, 0.2)


class Scale(Struct, frozen=True):
    """Which level a weight has: 0 to 3. Decided on the weight as rounded to `decimals`, as it is printed."""

    starts: tuple[int, ...]
    """Where the levels 1, 2 and 3 begin, in units of 10**-decimals."""
    decimals: int

    @classmethod
    def of(cls, keys: int, decimals: int, printed: bool) -> Scale:
        """For so many keys; `printed`: the numbers stand beside the cells, with these decimals."""
        steps = STEPS
        if keys > FEW_KEYS:
            first = bisect_right(_SERIES, numerals.rounded(1 / keys, max(decimals, 2))) - 1
            steps = _SERIES[first : first + 3]
        decimals = decimals if printed else max(decimals, numerals.decimals_needed(steps, numerals.MOST_DECIMALS))
        units = tuple(max(1, int(numerals.rounded(step * 10**decimals, 0))) for step in steps)
        return cls(units, decimals)

    def ranges(self, top: float, dash: str) -> Iterator[tuple[int, str]]:
        """Each level that a printed number can have, the highest first, with its numbers: (3, `0.70–1.00`)."""
        unit = 10**self.decimals
        ends = [*(start - 1 for start in self.starts), max(unit, int(numerals.rounded(top * unit, 0)))]
        for level in (3, 2, 1, 0):
            first, last = (0, *self.starts)[level], ends[level]
            if first <= last:
                texts = dict.fromkeys(numerals.text(each / unit, self.decimals) for each in (first, last))
                yield level, dash.join(texts)
