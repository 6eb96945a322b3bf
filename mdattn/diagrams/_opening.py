"""The sentence above a picture, in one way for all kinds that show it."""

from __future__ import annotations

from collections.abc import Sequence

from mdattn import cells
from mdattn.glyphs import Glyphs
from mdattn.layout import Block, Elided, Pieces
from mdattn.study.names import LONGEST_SAID, printable
from mdattn.study.notes import counted


def long_words(name: str, tokens: Sequence[str], width: int) -> tuple[str, ...]:
    """The words that an opening says by their labels: those have to be among the labels of the diagram."""
    longest = _longest(name, width)
    return tuple([word for word in printable(tokens[: 2 * width]) if cells.width(word) > longest])


def opening(
    name: str, tokens: Sequence[str], noun: str, legend: Sequence[tuple[str, str]], width: int, glyphs: Glyphs
) -> Block:
    """`Sentence: "The cat sat"` in a few lines; what is left out is counted, a long word is said by its label."""
    longest, labels = _longest(name, width), {full: label for label, full in legend}
    # A token takes a cell and a blank at least: of more than these, not all fit.
    words = [
        word if cells.width(word) <= longest else labels.get(word, word) for word in printable(tokens[: 2 * width])
    ]

    def told(count: int) -> Block:
        pieces = [f"{name}:", f'"{words[0]}', *words[1:count]]
        if more := len(tokens) - count:
            return Pieces([*pieces, glyphs.ellipsis + '"', f"({counted(more, 'more ' + noun)})"])
        return Pieces([*pieces[:-1], pieces[-1] + '"'])

    return Elided(len(tokens), told)


def _longest(name: str, width: int) -> int:
    return min(LONGEST_SAID, width - len(name) - 5)
