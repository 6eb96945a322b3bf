"""The quiet sentences under a diagram, worded once.

Floor 2, shared by the kinds: what was rounded, what was made up, what was left out, what a mask hides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from mdattn import numerals
from mdattn.glyphs import Glyphs

if TYPE_CHECKING:
    from mdattn.attention.scores import Step
    from mdattn.options import Attention


WHOLE, NOTHING = "100 %", "0 %"


def sentence(labels: Sequence[str]) -> str:
    """The tokens as the sentence they are, in quotes."""
    return '"' + " ".join(labels) + '"'


def scaling(steps: Iterable[Step], glyphs: Glyphs) -> Iterator[str]:
    """What was done to the scores on the way to the softmax, in its order, as far as somebody asked for it."""
    yield from filter(None, (step.said(glyphs) for step in steps))


def listed(words: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *rest, last = words
    return f"{', '.join(rest)} and {last}" if rest else last


def total_as_printed(weights: Sequence[float], decimals: int) -> str:
    """What shares of 1, printed with so many decimals, add up to: `99 %`."""
    units = numerals.sum_as_printed(weights, decimals)
    if units in (0, 10**decimals):
        return WHOLE if units else NOTHING
    return numerals.percent(units / 10**decimals, decimals)


def made_up(options: Attention, dimensions: int, compared: bool = True) -> Iterator[str]:
    """What embeddings are that no one gave, and the keys of a sentence of their own where vectors are compared."""
    what = "embeddings" if options.embeddings is None else ""
    if not what and compared and options.key_tokens is not None and options.keys is None:
        what = "keys"
    if what:
        yield illustrative(dimensions, what)


def illustrative(dimensions: int, what: str = "embeddings") -> str:
    """What embeddings are that no one gave."""
    return f"Illustrative {what} (d = {dimensions}): made from the letters, not learned."


def legend(pairs: Sequence[tuple[str, str]]) -> list[str]:
    """The words that were cut, in full: `pneumo… = pneumonia`."""
    return [f"{short} = {full}" for short, full in pairs]


def counted(number: int, noun: str) -> str:
    """`1 key`, `2 keys`."""
    return f"{numerals.count(number)} {noun}{'' if number == 1 else 's'}"
