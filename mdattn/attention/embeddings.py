"""Illustrative embeddings, for documents that give none.

Floor 1. A vector is made from the token's own text with a fixed hash: the same word has the same vector
wherever it stands, in every document, on every machine. They stand for nothing, and a diagram says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from mdattn.numerals import rounder

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BYTES = 7  # of the hash, for one number: 56 bits
_RANGE = 256**_BYTES
_A_BLOCK = 8  # numbers from one hash


def illustrative(tokens: Sequence[str], dimensions: int, decimals: int) -> NDArray[np.float64]:
    """tokens -> [token, dimension], from -1 to 1, rounded half-up to `decimals`, at least 1 of them.

    More dimensions leave the first ones as they are. Raises ValueError for fewer than one dimension.
    """
    if dimensions < 1:
        raise ValueError(f"embeddings [token, dimension] need at least 1 dimension, got {dimensions}")
    shown = max(1, decimals)  # With 0 decimals every vector would be made of -1, 0 and 1.
    known = {token: _vector(token, dimensions, shown) for token in dict.fromkeys(tokens)}
    return np.array([known[token] for token in tokens], dtype=np.float64).reshape(len(tokens), dimensions)


def _vector(token: str, dimensions: int, decimals: int) -> list[float]:
    from hashlib import blake2b  # Slow to import, and most documents give their own vectors.

    text = token.encode("utf-8", "surrogatepass")
    starts = range(0, dimensions * _BYTES, _BYTES)
    blocks = -(-dimensions // _A_BLOCK)
    digest = b"".join(
        blake2b(text, digest_size=_A_BLOCK * _BYTES, salt=block.to_bytes(4, "little"), person=b"illustrative").digest()
        for block in range(blocks)
    )
    # Whole numbers below _RANGE become -1 to 1, and those their roots: many small numbers would make flat attention.
    even = [2 * int.from_bytes(digest[start : start + _BYTES]) / _RANGE - 1 for start in starts]
    keep = rounder(decimals)
    return [keep(sqrt(each) if each > 0 else -sqrt(-each)) for each in even]
