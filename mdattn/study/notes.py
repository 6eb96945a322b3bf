"""The quiet sentences under a diagram, worded once.

Floor 2, shared by the kinds: what was rounded, what was made up, what was left out, what a mask hides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from mdattn import cells, numerals
from mdattn.glyphs import Glyphs

if TYPE_CHECKING:
    from mdattn.attention.scores import Step

MOST_SENTENCE_LINES = 3
LONGEST_IN_SENTENCE = 40  # cells of a word


def sentence(labels: Sequence[str]) -> str:
    """The tokens as the sentence they are, in quotes."""
    return '"' + " ".join(labels) + '"'


def opening(name: str, labels: Sequence[str], noun: str, room: int, glyphs: Glyphs) -> list[str]:
    """`Sentence: "The cat sat"` in a few lines; the end of a long one is left out, and counted."""
    most = room * MOST_SENTENCE_LINES
    # A token takes a cell and a blank at least: of more than these, not all fit.
    words = [cells.cut(word, min(LONGEST_IN_SENTENCE, room - len(name) - 5), glyphs.ellipsis) for word in labels[:most]]
    count = len(words)
    while True:
        more = len(labels) - count
        if more:
            nouns = noun if more == 1 else noun + "s"
            text = f"{name}: {sentence([*words[:count], glyphs.ellipsis])} ({more} more {nouns})"
        else:
            text = f"{name}: {sentence(words)}"
        lines = cells.wrap(text, room, "  ")
        if len(lines) <= MOST_SENTENCE_LINES or count == 1:
            return lines
        count -= max(1, (len(lines) - MOST_SENTENCE_LINES) * count // (2 * len(lines)))


def scaling(steps: Iterable[Step], glyphs: Glyphs) -> Iterator[str]:
    """What was done to the scores on the way to the softmax, in its order, as far as somebody asked for it."""
    yield from filter(None, (step.said(glyphs) for step in steps))


def listed(words: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *rest, last = words
    return f"{', '.join(rest)} and {last}" if rest else last


def rounded_column(weights: Sequence[float], decimals: int, what: str = "the column") -> str | None:
    """Says so if shares of 1, as percent with `decimals` decimals of the share, do not add up to 100 as printed."""
    finer = max(decimals, 2)
    units = numerals.sum_as_printed(weights, finer)
    if units in (0, 10**finer):
        return None
    return f"Rounded: as printed {what} adds up to {numerals.percent(units / 10**finer, finer)}."


def illustrative(dimensions: int, what: str = "embeddings") -> str:
    """What embeddings are that no one gave."""
    return f"Illustrative {what} (d = {dimensions}): made from the letters, not learned."


def legend(pairs: Sequence[tuple[str, str]]) -> list[str]:
    """The words that were cut, in full: `pneumo… = pneumonia`."""
    return [f"{short} = {full}" for short, full in pairs]
