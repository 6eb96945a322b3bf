"""Who may attend to whom: boolean masks [n_query, n_key], true = may attend.

Floor 1. Masks stay boolean to the end; no score is ever made "very negative". With fewer queries than keys
(a KV cache) they are aligned bottom-right: the last query is the last key's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeGuard

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]


def causal(n_query: int, n_key: int) -> Mask:
    """A query sees the keys up to its own. With more queries than keys, the first queries see nothing."""
    return np.tri(n_query, n_key, n_key - n_query, dtype=np.bool_)


def window(n_query: int, n_key: int, size: int) -> Mask:
    """A query sees `size` keys: its own and those just before it. Raises ValueError for a size below 1."""
    if size < 1:
        raise ValueError(f"a window holds at least the query's own key: its size must be 1 or more, got {size}")
    own = n_key - n_query
    size = min(size, n_query + n_key)  # A larger one hides no more, and numpy's integers end somewhere.
    return np.tri(n_query, n_key, own, dtype=np.bool_) & ~np.tri(n_query, n_key, own - size, dtype=np.bool_)


def matrix(rows: object, n_query: int, n_key: int) -> Mask:
    """Rows of true and false, as an author writes them, checked for the shape [n_query, n_key].

    Raises ValueError that names the first row, and the entry, which is wrong.
    """
    if isinstance(rows, np.ndarray):
        rows = rows.tolist()
    if not _is_list(rows) or len(rows) != n_query:
        found = f"{len(rows)} rows" if _is_list(rows) else type(rows).__name__
        raise ValueError(f"a mask [n_query, n_key] needs {n_query} rows, one for each query, got {found}")
    for number, row in enumerate(rows):
        if not _is_list(row) or len(row) != n_key:
            found = f"{len(row)} entries" if _is_list(row) else type(row).__name__
            raise ValueError(f"row {number} of the mask needs {n_key} entries, one for each key, got {found}")
        for place, entry in enumerate(row):
            if not isinstance(entry, bool):
                raise ValueError(f"entry {place} of row {number} of the mask must be true or false, got {entry!r}")
    return np.array(rows, dtype=np.bool_).reshape(n_query, n_key)


def _is_list(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, Sequence) and not isinstance(value, str)
