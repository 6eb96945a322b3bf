"""Stacks of parts get their places on the page: boxes in boxes, the path of the data, residual connections.

Floor 3, beside the kinds; no numpy. The path runs down the middle of a frame. Each function inks one thing from a row
downwards and gives the row of its last line; what it must tell others (where keys and values enter, which row a count
belongs to) it notes in the `Drawing`.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct, field

from mdattn import cells
from mdattn.canvas import DOUBLE, Canvas
from mdattn.diagrams.architecture._blueprint import Branch, Fan, Layer, Part, Stack
from mdattn.glyphs import DOWN, LEFT, RIGHT, Glyphs
from mdattn.layout import arranged
from mdattn.layout._page import boxes

WIDEST = 64  # A wider drawing is no clearer.
NARROWEST = 28  # Of one stack: the longest of our own words still fits into the innermost box.
GUTTER = 6  # Between stacks side by side.
LANE = 3  # Left of a decoder that stands below its encoder, for keys and values.
_INSET = 4  # From a layer's wall to that of a part inside: a blank, the residual line, its arrow.
_TOKEN_ROWS = 2  # Rows of token boxes before the others are only counted.
_TIE = "\u00a0"  # A blank at which no line ends.
_NAMED = 4  # Heads or experts that are named before the others are left out.


class Frame(Struct, frozen=True):
    """Columns that something is drawn in."""

    left: int
    width: int
    mirrored: bool = False
    """Whether residual connections run at the right."""

    @property
    def right(self) -> int:
        """The last column."""
        return self.left + self.width - 1

    @property
    def middle(self) -> int:
        """The column of the path of the data."""
        return self.left + (self.width - 1) // 2

    @property
    def inner(self) -> int:
        """Cells for text inside a box, with a blank beside each wall."""
        return self.width - 4

    def inset(self, columns: int) -> Frame:
        """The frame without so many columns on both sides; its middle stays."""
        return Frame(self.left + columns, self.width - 2 * columns, self.mirrored)


class Entry(Struct, frozen=True):
    """One line of the count of parameters."""

    row: int
    name: str
    count: int | str
    label: str = ""
    """What stands before the number in a column beside the drawing; a part stands there itself."""
    depth: int = 1
    """How far inside: 1 for what is inside of nothing."""


class Drawing(Struct):
    """The canvas, and what inking finds out for later."""

    canvas: Canvas
    glyphs: Glyphs
    entries: list[Entry] = field(default_factory=list)
    memory: tuple[int, int] = (0, 0)
    """Row and column of the wall where keys and values from the other stack enter."""
    headed: bool = False
    """Whether counts of a stack stand below its name."""
    outer: Frame | None = None
    """The frame of the stack that is being inked."""

    def centred(self, text: str, row: int, frame: Frame, bound: str = "") -> int:
        """Text without a box in the middle of a frame, never divided at `bound`; gives the row of its last line."""
        width = cells.width(text)
        if width <= frame.width:
            self.canvas.text(row, _start(frame, width), text)
            return row
        for line in cells.wrap(text.replace(bound, bound.replace(" ", _TIE)) if bound else text, frame.width):
            whole = line.replace(_TIE, " ") if bound else line
            self.canvas.text(row, _start(frame, cells.width(whole)), whole)
            row += 1
        return row - 1

    def count(self, row: int, name: str, count: int | str, label: str = "", *, inside: bool = False) -> None:
        """Note a count of parameters."""
        self.entries.append(Entry(row, name, count, label, 1 + self.headed + inside))


def labels_fit(whole: Stack, frame: Frame) -> bool:
    """Whether every label finds room between the path of the data and what is at its right."""
    open_ = frame.right - frame.middle - 1
    inside = open_ - (4 if frame.mirrored else 2)
    return all(cells.width(label) <= (inside if layer else open_) for label, layer in _labels(whole))


def _labels(whole: Stack) -> Iterator[tuple[str, bool]]:
    """What stands beside arrows, and whether a layer's walls are around it."""
    yield whole.shape, False
    for item in whole.items:
        yield item.entry, False
        if isinstance(item, Layer):
            for branch in item.branches:
                yield from ((part.entry, True) for part in (*branch.parts, branch.add))


# Stacks ---------------------------------------------------------------------------------------------------------------


def stack(drawing: Drawing, row: int, frame: Frame, whole: Stack) -> int:
    """One stack from its source to its result; without a result, to the wall of its last part."""
    drawing.outer = frame
    if drawing.headed:
        drawing.entries.append(Entry(row, whole.name, ""))
    wall = drawing.centred(whole.source, row, frame)
    for number, item in enumerate(whole.items):
        if isinstance(item, Layer):
            wall = _layer(drawing, wall, frame, item)
            continue
        if number:
            drawing.canvas.tee(wall, frame.middle, DOWN)
        wall = _part(drawing, _arrow(drawing, wall, frame, item.entry), frame, item)
    if not whole.result:
        return wall
    drawing.canvas.tee(wall, frame.middle, DOWN)
    return drawing.centred(whole.result, _arrow(drawing, wall, frame, whole.shape), frame)


def _arrow(drawing: Drawing, above: int, frame: Frame, label: str) -> int:
    """An arrowhead on the path, with what flows beside it; gives the row below, of what it points at."""
    drawing.canvas.text(above + 1, frame.middle, drawing.glyphs.down)
    drawing.canvas.text(above + 1, frame.middle + 2, label)
    return above + 2


def _layer(drawing: Drawing, above: int, frame: Frame, layer: Layer) -> int:
    """A layer: its double wall, its name, and its sub-layers; the path goes in through the wall above and out below."""
    canvas, middle = drawing.canvas, frame.middle
    top = above + 2
    wall = top + 1  # The row of the name, which the path passes.
    drawing.count(wall, f"{layer.name.capitalize()} layer", "")
    for branch in layer.branches:
        wall = _branch(drawing, wall, frame, branch)
    bottom = wall + 1
    canvas.box(top, frame.left, bottom - top + 1, frame.width, DOUBLE)
    canvas.vertical(middle, above, top + 2)
    canvas.vertical(middle, wall, bottom)
    canvas.text(above + 1, middle + 2, layer.entry)
    _name(drawing, top + 1, frame, layer)
    if layer.times > 1:
        drawing.count(bottom, "one layer", layer.parameters, "one layer", inside=True)
        times = f"{drawing.glyphs.times} {layer.times}"
        drawing.count(bottom + 1, times, layer.times * layer.parameters, times, inside=True)
    return bottom


def _name(drawing: Drawing, row: int, frame: Frame, layer: Layer) -> None:
    """`DECODER LAYER × 6` at the left of the path, or as much of it as has room; the rest at the right."""
    times = f"{drawing.glyphs.times} {layer.times}" if layer.times > 1 else ""
    room = frame.middle - frame.left - 3
    choices = ((f"{layer.name} LAYER {times}", ""), (f"{layer.name} {times}", ""), (layer.name, times))
    name, rest = next(choice for choice in choices if cells.width(choice[0].rstrip()) <= room)
    drawing.canvas.text(row, frame.left + 2, name.rstrip())
    drawing.canvas.text(row, frame.middle + 2, rest)


def _branch(drawing: Drawing, above: int, frame: Frame, branch: Branch) -> int:
    """A sub-layer with its residual connection, which leaves the path below `above` and joins it at `add`."""
    canvas, middle, inner = drawing.canvas, frame.middle, frame.inset(_INSET)
    fork = wall = above + 1
    canvas.vertical(middle, above, fork)
    for part in branch.parts:
        canvas.tee(wall, middle, DOWN)
        wall = _part(drawing, _arrow(drawing, wall, frame, part.entry), inner, part)
    canvas.tee(wall, middle, DOWN)
    add = _narrowed(frame, cells.width(branch.add.title) + 4) if branch.add.small else inner
    top = _arrow(drawing, wall, frame, branch.add.entry)
    bottom = _part(drawing, top, add, branch.add)
    join = top + 1
    # The residual line runs beside the boxes, at the side that keys and values do not come from.
    lane = frame.right - 2 if frame.mirrored else frame.left + 2
    canvas.horizontal(fork, min(lane, middle), max(lane, middle))
    canvas.vertical(lane, fork, join)
    if frame.mirrored:
        lead_in(drawing, join, lane, add.right, leftwards=True)
    else:
        lead_in(drawing, join, lane, add.left)
    return bottom


def _narrowed(frame: Frame, width: int) -> Frame:
    """A frame with the same middle."""
    return Frame(_start(frame, width), width, frame.mirrored)


def lead_in(drawing: Drawing, row: int, start: int, wall: int, *, leftwards: bool = False) -> None:
    """A line from a column to an arrowhead that touches a wall, at its left or, leftwards, at its right."""
    if leftwards:
        head, last, arm, sign = wall + 1, wall + 2, LEFT, drawing.glyphs.left[0]
        span = (last, start)
    else:
        head, last, arm, sign = wall - 1, wall - 2, RIGHT, drawing.glyphs.right[-1]
        span = (start, last)
    if start == last:
        drawing.canvas.tee(row, start, arm)
    else:
        drawing.canvas.horizontal(row, *span)
    drawing.canvas.text(row, head, sign)


def join_stacks(drawing: Drawing, wall: int, frame: Frame, lane: int, corner: int, label: str) -> None:
    """The line that carries keys and values: out of the wall below one stack, by a lane, into the other stack."""
    canvas, (row, column) = drawing.canvas, drawing.memory
    canvas.vertical(frame.middle, wall, corner)
    canvas.text(wall + 1, frame.middle + 2, label)
    canvas.horizontal(corner, min(lane, frame.middle), max(lane, frame.middle))
    canvas.vertical(lane, min(corner, row), max(corner, row))
    lead_in(drawing, row, lane, column)


# Parts ----------------------------------------------------------------------------------------------------------------


def _part(drawing: Drawing, row: int, frame: Frame, part: Part) -> int:
    """One box with its text and what is inside of it; gives the row of its lower wall."""
    canvas = drawing.canvas
    top = row
    if part.small:
        canvas.box(row, frame.left, 3, frame.width)
        canvas.text(row + 1, frame.left + 2, part.title)
        return row + 2
    for line in (part.title, *part.lines):
        row = drawing.centred(line, row + 1, frame.inset(2), bound=", ")
    if part.words:
        row = _boxes(drawing, row + 1, frame, part)
    if part.fan:
        row = _fan(drawing, row + 1, frame, part.fan)
    canvas.box(top, frame.left, row + 2 - top, frame.width)
    if part.memory:
        drawing.memory = (top + 1, frame.left)
    if part.parameters is not None:
        drawing.count(top + 1, part.title, part.parameters, inside=frame != drawing.outer)
    return row + 1


def _boxes(drawing: Drawing, row: int, frame: Frame, part: Part) -> int:
    """The tokens in small boxes, in a few rows; those that find no room are counted."""
    contents = part.words
    widths = [cells.widest(each) + 4 for each in contents]
    rows = arranged(widths, frame.inner)
    if part.instead and len(rows) > 1:
        return drawing.centred(part.instead, row, frame.inset(2))
    for span in rows[:_TOKEN_ROWS]:
        row = _box_row(drawing, row, frame, [contents[index] for index in span], [widths[index] for index in span])
    left_out = sum(map(len, rows[_TOKEN_ROWS:]))
    if not left_out:
        return row - 1
    more = f"{drawing.glyphs.ellipsis} {left_out} more token{'' if left_out == 1 else 's'}"
    return drawing.centred(more, row, frame.inset(2))


def _box_row(drawing: Drawing, row: int, frame: Frame, contents: list[tuple[str, ...]], widths: list[int]) -> int:
    """Boxes side by side, with a rule between a token and its vector; gives the row below."""
    start = _start(frame, sum(widths) + len(widths) - 1)
    middles = boxes(drawing.canvas, row, start, [_ruled(each) for each in contents], widths)
    height = len(contents[0]) + 2
    if height == 3:
        return row + height
    for middle, width in zip(middles, widths, strict=True):
        left = middle - (width - 1) // 2
        drawing.canvas.horizontal(row + 2, left, left + width - 1)
    return row + height + 1


def _ruled(content: tuple[str, ...]) -> tuple[str, ...]:
    """Room for a rule between a token and its vector."""
    word, *numbers = content
    return (word, "", *numbers) if numbers else content


def _fan(drawing: Drawing, row: int, frame: Frame, fan: Fan) -> int:
    """`Head 1  Head 2  …  Head 8`, an arrow below each, and the box that they lead into."""
    canvas, glyphs = drawing.canvas, drawing.glyphs
    labels, gap = _named(fan, frame.inner, glyphs.ellipsis)
    span = sum(map(len, labels)) + gap * (len(labels) - 1)
    into = cells.wrap(fan.into, frame.inner - 4)
    width = min(frame.inner, max(span, cells.widest(into) + 4))
    column = _start(frame, span)
    for label in labels:
        canvas.text(row, column, label)
        if label != glyphs.ellipsis:
            canvas.text(row + 1, column + (len(label) - 1) // 2, glyphs.down)
        column += len(label) + gap
    boxes(canvas, row + 2, _start(frame, width), [into], [width])
    return row + len(into) + 3


def _named(fan: Fan, room: int, ellipsis: str) -> tuple[list[str], int]:
    """As many labels as have room, the last one always among them, and the blanks between them."""
    for name, gap in ((f"{fan.name} ", 2), (f"{fan.name} ", 1), (fan.name[0], 1)):
        for count in range(min(fan.count, _NAMED), 0, -1):
            labels = [f"{name}{number}" for number in range(1, count + 1)]
            if count < fan.count:
                labels += [ellipsis] * (count + 1 < fan.count) + [f"{name}{fan.count}"]
            if sum(map(len, labels)) + gap * (len(labels) - 1) <= room:
                break
        else:
            continue
        break
    return labels, gap


def _start(frame: Frame, width: int) -> int:
    """Where something so wide begins, so that its middle is the frame's."""
    return frame.middle - (width - 1) // 2
