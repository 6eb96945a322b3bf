"""Who may attend to whom: boolean masks [n_query, n_key], true = may attend.

Floor 1. Masks stay boolean to the end; no score is ever made "very negative". With fewer queries than keys
(a KV cache) they are aligned bottom-right: the last query is the last key's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

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
