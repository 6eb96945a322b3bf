"""Words as they may be printed, rows of boxes with words in them, and which of many words are shown.

Shared by the kinds. Everything is measured before it is inked: `arrange` says which boxes stand in which row,
`boxes` inks a row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from mdattn import cells
from mdattn.canvas import LIGHT, Canvas
from mdattn.errors import OptionError
from mdattn.options import MOST_TOKENS

# A word wider than this is cut in a box, and stands in full in the legend below.
LONGEST = 16


def checked(tokens: tuple[str, ...], name: str) -> tuple[str, ...]:
    """The tokens that the option `name` holds. Raises OptionError for none, too many and empty ones."""
    if not tokens:
        raise OptionError(name, f"'{name}' is empty", "a diagram needs at least one token")
    if len(tokens) > MOST_TOKENS:
        raise OptionError(name, f"'{name}' holds {len(tokens):,} tokens; at most {MOST_TOKENS:,} can be drawn")
    if "" in tokens:
        raise OptionError((name, tokens.index("")), f"token {tokens.index('')} is empty", "write a sign for it")
    return tokens


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


def box_widths(*stacks: Iterable[str]) -> list[int]:
    """The width of each box that is to hold one text of each stack: the widest, two blanks and two walls."""
    return [cells.widest(texts) + 4 for texts in zip(*stacks, strict=True)]


def arrange(widths: Sequence[int], room: int, gap: int = 1) -> list[range]:
    """Which boxes stand side by side in rows of at most `room` cells; a wider box has a row of its own."""
    rows: list[range] = []
    first, used = 0, 0
    for index, width in enumerate(widths):
        wanted = used + gap + width if index > first else width
        if index > first and wanted > room:
            rows.append(range(first, index))
            first, wanted = index, width
        used = wanted
    return [*rows, range(first, len(widths))] if widths else rows


def boxes(
    canvas: Canvas,
    row: int,
    column: int,
    contents: Sequence[Sequence[str]],
    widths: Sequence[int],
    weight: int = LIGHT,
    gap: int = 1,
) -> list[int]:
    """Boxes side by side, each with its lines centred; gives the column of the middle of each."""
    middles = []
    for lines, width in zip(contents, widths, strict=True):
        canvas.box(row, column, len(lines) + 2, width, weight)
        for offset, line in enumerate(lines, 1):
            canvas.text(row + offset, column + 2, cells.centre(line, width - 4))
        middles.append(column + (width - 1) // 2)
        column += width + gap
    return middles


def heaviest_of(weights: Sequence[float], most: int, always: Iterable[int] = ()) -> tuple[int, ...]:
    """The `most` positions to show, in sentence order: `always` ones first, then the heaviest, ties to the lowest."""
    if len(weights) <= most:
        return tuple(range(len(weights)))
    wanted = list(dict.fromkeys(always))
    rest = [index for index in range(len(weights)) if index not in wanted]
    rest.sort(key=lambda index: (-round(weights[index], 9), index))
    return tuple(sorted((wanted + rest)[:most]))
