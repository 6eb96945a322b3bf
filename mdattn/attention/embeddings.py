"""Illustrative embeddings, for documents that give none.

Floor 1. A vector is made from the token's own text with a fixed hash: the same word has the same vector
wherever it stands, in every document, on every machine. They stand for nothing, and a diagram says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from mdattn.numerals import rounder

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BYTES = 7  # of the hash, for one number: 56 bits
_A_BLOCK = 8  # numbers from one hash


def illustrative(tokens: Sequence[str], dimensions: int, decimals: int) -> NDArray[np.float64]:
    """tokens -> [token, dimension], from -1 to 1, rounded half-up to `decimals`, at least 1 of them.

    More dimensions leave the first ones as they are. Raises ValueError for fewer than one dimension.
    """
    if dimensions < 1:
        raise ValueError(f"embeddings [token, dimension] need at least 1 dimension, got {dimensions}")
    shown = max(1, decimals)  # With 0 decimals every vector would be made of -1, 0 and 1.
    places = {token: place for place, token in enumerate(dict.fromkeys(tokens))}
    digests = b"".join([_digest(token, dimensions) for token in places])
    # Whole numbers below 256**_BYTES, the first byte the highest, become -1 to 1.
    whole = np.zeros((len(places), -(-dimensions // _A_BLOCK) * _A_BLOCK, 8), dtype=np.uint8)
    whole[:, :, 8 - _BYTES :] = np.frombuffer(digests, dtype=np.uint8).reshape(*whole.shape[:2], _BYTES)
    even = whole.view(">u8")[:, :dimensions, 0].astype(np.float64) * 2 / 256.0**_BYTES - 1
    # Those become their roots: many small numbers would make flat attention.
    vectors = _rounded(np.copysign(np.sqrt(np.abs(even)), even), shown)
    return vectors[[places[token] for token in tokens]]


@lru_cache(maxsize=2**10)  # A document says the same words again and again.
def _digest(token: str, dimensions: int) -> bytes:
    from mdattn.digests import blake2b  # Most documents give their own vectors.

    text = token.encode("utf-8", "surrogatepass")
    size = _A_BLOCK * _BYTES
    blocks = [block.to_bytes(4, "little") for block in range(-(-dimensions // _A_BLOCK))]
    return b"".join([blake2b(text, digest_size=size, salt=salt, person=b"illustrative").digest() for salt in blocks])


def _rounded(numbers: NDArray[np.float64], decimals: int) -> NDArray[np.float64]:
    """As `numerals.rounder`, of which only the numbers that may be near a tie are in need."""
    unit = 10.0**decimals
    scaled = numbers * unit
    units = np.rint(scaled)
    found = units / unit + 0.0  # no -0
    near = np.abs(scaled - units) > 0.43
    keep = rounder(decimals)
    found[near] = [keep(each) for each in numbers[near].tolist()]
    return found
