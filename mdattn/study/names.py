"""What a word is called on the page: printable, told apart, cut.

Floor 2, shared by the kinds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mdattn import cells

# A word wider than this is cut in a box, and stands in full in the legend below.
LONGEST = 16


def labels(tokens: Sequence[str]) -> tuple[str, ...]:
    """Tokens as they may be printed: controls escaped, right-to-left words isolated."""
    whole = "".join(tokens)
    if whole.isascii() and whole.isprintable():
        return tuple(tokens)
    return tuple(cells.isolated(cells.printable(token)) for token in tokens)


class Cut(NamedTuple):
    """Words as they stand in boxes, and those of them that were cut, in full."""

    shown: tuple[str, ...]
    legend: tuple[tuple[str, str], ...]
    """(as shown, in full), each once."""


def cut(labels: Sequence[str], longest: int = LONGEST, mark: str = cells.ELLIPSIS) -> Cut:
    """The labels, each in at most `longest` cells."""
    shown = tuple(cells.cut(label, longest, mark) for label in labels)
    pairs = dict.fromkeys((short, full) for short, full in zip(shown, labels, strict=True) if short != full)
    return Cut(shown, tuple(pairs))


def shortened(name: str, longest: int, mark: str) -> str:
    """The name in at most `longest` cells; the `#2` of a name stays."""
    if cells.width(name) <= longest:
        return name
    word, sign, nth = cells.without_isolates(name).rpartition("#")
    if not (word and nth.isascii() and nth.isdecimal() and len(nth) < 5):
        return cells.cut(name, longest, mark)
    return cells.cut(cells.isolated(word), longest - len(sign + nth), mark) + sign + nth


def distinct(tokens: Sequence[str]) -> tuple[str, ...]:
    """Each token as it may be printed and named: of tokens that stand several times, the second is `the#2`."""
    counts: dict[str, int] = {}
    names = []
    for token in tokens:
        counts[token] = counts.get(token, 0) + 1
        names.append(token if counts[token] == 1 else f"{token}#{counts[token]}")
    return labels(names)
