"""What stands inside the box of a part: its lines, its tokens in small boxes, and the heads or experts that it has.

Floor 3, beside the kinds; no numpy. All of it is rows that are centred in the box, and meets nothing outside.
"""

from __future__ import annotations

from collections.abc import Iterator

from mdattn import cells
from mdattn.diagrams.architecture._blueprint import Fan, Part
from mdattn.glyphs import Glyphs
from mdattn.layout import Abreast, Cell, arranged

_TOKEN_ROWS = 2  # Rows of token boxes before the others are only counted.
_NAMED = 4  # Heads or experts that are named before the others are left out.
_TIE = "\u00a0"  # A blank at which no line ends.


def rows_of(part: Part, room: int, glyphs: Glyphs) -> Iterator[str]:
    """The rows of a part, none wider than `room`."""
    for line in (part.title, *part.lines):
        yield from _wrapped(line, room)
    if part.words:
        yield from _tokens(part, room, glyphs)
    if part.fan:
        yield from _fan(part.fan, room, glyphs)


def _wrapped(line: str, room: int) -> list[str]:
    """The line in rows that do not divide a shape: `[8, 3, 64]`."""
    return [row.replace(_TIE, " ") for row in cells.wrap(line.replace(", ", "," + _TIE), room)]


def _tokens(part: Part, room: int, glyphs: Glyphs) -> Iterator[str]:
    """The tokens in small boxes, in a few rows; those that find no room are counted."""
    boxes = [Cell([[word], numbers] if numbers else [[word]]) for word, *numbers in part.words]
    rows = arranged([box.least for box in boxes], room)
    if part.instead and len(rows) > 1:
        yield from _wrapped(part.instead, room)
        return
    shown = rows[:_TOKEN_ROWS][-1].stop
    yield from Abreast(boxes[:shown], even=False).rows(room, glyphs)
    if left_out := len(boxes) - shown:
        yield from _wrapped(f"{glyphs.ellipsis} {left_out} more token{'' if left_out == 1 else 's'}", room)


def _fan(fan: Fan, room: int, glyphs: Glyphs) -> Iterator[str]:
    """`Head 1  Head 2  …  Head 8`, an arrow below each, and the box that they lead into."""
    labels, gap = _named(fan, room, glyphs.ellipsis)
    between = " " * gap
    arrows = [cells.centre("" if each == glyphs.ellipsis else glyphs.down, cells.width(each)) for each in labels]
    names, into = between.join(labels), cells.wrap(fan.into, room - 4)
    yield from (names, between.join(arrows))
    yield from Cell([into], min(room, max(cells.width(names), cells.widest(into) + 4))).rows(room, glyphs)


def _named(fan: Fan, room: int, ellipsis: str) -> tuple[list[str], int]:
    """As many labels as have room, the last one always among them, and the blanks between them."""
    for name, gap in ((f"{fan.name} ", 2), (f"{fan.name} ", 1), (fan.name[0], 1)):
        for count in range(min(fan.count, _NAMED), 0, -1):
            labels = [f"{name}{number}" for number in range(1, count + 1)]
            if count < fan.count:
                labels += [ellipsis] * (count + 1 < fan.count) + [f"{name}{fan.count}"]
            if cells.width((" " * gap).join(labels)) <= room:
                return labels, gap
    return labels, gap
