"""What a head may look for by itself: tokens by their position, or by their spelling.

Floor 3, a room of the kind `heads`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from mdattn.study.given import Mask


class Pattern(NamedTuple):
    """What a head looks for by position or by spelling."""

    words: str
    places: Callable[[Sequence[str], Sequence[str]], Mask]
    one_sentence: bool
    """Whether it compares positions, which only those of one sentence can be."""


def _shifted(*steps: int) -> Callable[[Sequence[str], Sequence[str]], Mask]:
    def places(queries: Sequence[str], keys: Sequence[str]) -> Mask:
        found = nowhere(queries, keys)
        for step in steps:
            found |= np.eye(len(queries), len(keys), step, dtype=np.bool_)
        return found

    return places


# Alphabets whose pairs of case every Python knows. Unicode adds others, and each Python has another version of it.
_CASED = "[A-\u0376\u037f-\u0556\u10a0-\u10c5\u1c90-\u1cba\u1e00-\u1fff\uff21-\uff3a]+"


def folded(word: str) -> str:
    return re.sub(_CASED, lambda letters: letters[0].casefold(), word)


def nowhere(queries: Sequence[str], keys: Sequence[str]) -> Mask:
    return np.zeros((len(queries), len(keys)), dtype=np.bool_)


def _first(queries: Sequence[str], keys: Sequence[str]) -> Mask:
    found = nowhere(queries, keys)
    found[:, 0] = True
    return found


def _same(queries: Sequence[str], keys: Sequence[str]) -> Mask:
    """The same word in upper or lower case, but for the word itself."""
    spellings: dict[str, int] = {}
    asked, answered = (
        np.array([spellings.setdefault(folded(word), len(spellings)) for word in words]) for words in (queries, keys)
    )
    found: Mask = asked[:, None] == answered
    if queries is keys:
        np.fill_diagonal(found, False)
    return found


PATTERNS = {
    "previous": Pattern("the {noun} before", _shifted(-1), True),
    "next": Pattern("the {noun} after", _shifted(1), True),
    "adjacent": Pattern("the {noun}s beside it", _shifted(-1, 1), True),
    "same": Pattern("the same {noun} elsewhere", _same, False),
    "first": Pattern("the first {noun}", _first, False),
    "self": Pattern("the {noun} itself", _shifted(0), True),
    "uniform": Pattern("nothing: attends evenly", nowhere, False),
}
