"""Products of matrices, added up in the same order on every machine.

Floor 1. What a BLAS library adds up first, and whether it rounds in between, depends on the processor and on the
number of threads. The last bits that differ show where a number is large, has many decimals, or is a tie to be rounded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

# Beyond, a page has no room for the numbers themselves, and what it shows of them has far fewer digits than differ.
_MOST_TERMS = 2**18


def product(left: Array, right: Array) -> Array:
    """left [..., n, k] @ right [..., k, m] -> [..., n, m]; up to a page's size each sum is taken from first to last."""
    if not 0 < left.size * right.shape[-1] <= _MOST_TERMS:
        whole: Array = left @ right
        return whole
    *stack, row, column = range(left.ndim)  # `transpose` with the axes named: `moveaxis` takes longer than the sums.
    rows = np.ascontiguousarray(left.transpose(column, *stack, row))[..., np.newaxis]  # [k, ..., n, 1]
    columns = np.ascontiguousarray(right.transpose(row, *stack, column))[..., np.newaxis, :]  # [k, ..., 1, m]
    terms = rows * columns
    # Along the first axis whole planes are added one after another; only a lone row of numbers is added in pieces.
    sums: Array = np.add.reduce(terms, axis=0) if terms[0].size > 1 else np.add.accumulate(terms, axis=0)[-1]
    return sums
