"""What stands above a picture, in one way for all kinds that show it: a title, and the sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from mdattn import cells
from mdattn.glyphs import Glyphs
from mdattn.layout import Block, Elided, Pieces, Text
from mdattn.options import Common
from mdattn.study.names import LONGEST_SAID, authored, printable
from mdattn.study.notes import counted

Sentences: TypeAlias = Sequence[tuple[str, Sequence[str]]]
"""The tokens that stand above a picture, each sentence with what it is called."""


def titled(options: Common, usual: str = "") -> Text:
    """The author's title, or the one that the kind has as a rule; nothing for `none`."""
    return Text(authored("" if options.title == "none" else options.title or usual), hang=0)


def sentences(tokens: Sequence[str], key_tokens: Sequence[str], alone: str = "Sentence") -> Sentences:
    """The one sentence; of cross-attention the one that attends, and the one that is attended to."""
    return [(alone, tokens)] if key_tokens is tokens else [("Queries", tokens), ("Keys", key_tokens)]


def long_words(above: Sentences, width: int) -> list[str]:
    """The words that an opening says by their labels: those have to be among the labels of the diagram."""
    return [
        word
        for name, tokens in above
        for word in printable(tokens[: 2 * width])
        if cells.width(word) > _longest(name, width)
    ]


def openings(
    above: Sentences, noun: str, legend: Sequence[tuple[str, str]], width: int, glyphs: Glyphs
) -> Iterator[Block]:
    """Each of the sentences, as `opening` says it."""
    return (opening(name, tokens, noun, legend, width, glyphs) for name, tokens in above)


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
