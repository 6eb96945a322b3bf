"""Arrays of weights as they are printed.

Floor 2, shared by the kinds. What `numerals` decides of one number is decided here of many at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mdattn import numerals

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mdattn.study.given import Array


def units_of(weights: Array, decimals: int) -> NDArray[np.int64]:
    """weights [...] -> the numbers as printed, in whole units of 10**-decimals, same shape."""
    scaled = weights * 10**decimals + 0.5
    units = np.floor(scaled)
    # Snapping to 9 decimals decides only what is this near to a border; that can be many, but few that differ.
    near = np.abs(scaled - np.rint(scaled)) < 2.0 * 10 ** (decimals - numerals.SNAP)
    if near.any():
        numbers, which = np.unique(weights[near], return_inverse=True)
        units[near] = np.array([numerals.sum_as_printed([each], decimals) for each in numbers.tolist()])[which]
    whole: NDArray[np.int64] = units.astype(np.int64)
    return whole
