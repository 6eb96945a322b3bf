"""Stacks of parts get their places on the page: boxes in boxes, the path of the data, residual connections.

Floor 3, beside the kinds; no numpy. The path runs down the middle of a frame. Each function inks one thing from a row
downwards and gives the row of its last line; what it must tell others (where keys and values enter, which row a count
belongs to) it notes in the `Picture`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct, field

from mdattn import cells
from mdattn.canvas import DOUBLE, Canvas
from mdattn.diagrams.architecture._blueprint import Branch, Layer, Part, Stack
from mdattn.diagrams.architecture._parts import rows_of
from mdattn.glyphs import DOWN, LEFT, RIGHT, Glyphs

WIDEST = 64  # A wider drawing is no clearer.
NARROWEST = 28  # Of one stack: the longest of our own words still fits into the innermost box.
GUTTER = 6  # Between stacks side by side.
LANE = 3  # Left of a decoder that stands below its encoder, for keys and values.
_INSET = 4  # From a layer's wall to that of a part inside: a blank, the residual line, its arrow.


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


class Count(Struct, frozen=True):
    """How many parameters something has."""

    row: int
    name: str
    count: int | str
    label: str = ""
    """What stands before the number in a column beside the picture; a part stands there itself."""
    depth: int = 1
    """How far inside: 1 for what is inside of nothing."""


class Picture(Struct):
    """The canvas, and what inking finds out for later."""

    canvas: Canvas
    glyphs: Glyphs
    counts: list[Count] = field(default_factory=list)
    memory: tuple[int, int] = (0, 0)
    """Row and column of the wall where keys and values from the other stack enter."""
    headed: bool = False
    """Whether counts of a stack stand below its name."""
    outer: Frame | None = None
    """The frame of the stack that is being inked."""

    def centred(self, rows: Sequence[str], top: int, frame: Frame) -> int:
        """Rows in the middle of a frame; gives the last of them."""
        for row, text in enumerate(rows, top):
            self.canvas.text(row, _start(frame, cells.width(text)), text)
        return top + len(rows) - 1

    def count(self, row: int, name: str, count: int | str, label: str = "", *, inside: bool = False) -> None:
        """Note a count of parameters."""
        self.counts.append(Count(row, name, count, label, 1 + self.headed + inside))


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


def drawn(canvas: Canvas, stacks: Sequence[Stack], frames: Sequence[Frame], *, beside: bool) -> Picture:
    """One stack, or two beside or below each other."""
    picture = Picture(canvas, canvas.glyphs, headed=len(stacks) > 1)
    bottom = _stack(picture, 0, frames[0], stacks[0])
    if len(stacks) > 1:
        _second(picture, bottom, stacks, frames, beside=beside)
    return picture


def _second(picture: Picture, bottom: int, stacks: Sequence[Stack], frames: Sequence[Frame], *, beside: bool) -> None:
    """The decoder, beside its encoder or below it, and the line that brings it keys and values."""
    corner = bottom + 2
    if beside:
        _stack(picture, 0, frames[1], stacks[1])
        lane = frames[0].right + 3
        if corner == picture.memory[0]:
            corner += 1
        picture.canvas.text(picture.memory[0] - 1, lane - 1, "K, V")
    else:
        _stack(picture, corner + 2, frames[1], stacks[1])
        lane = 0
        picture.canvas.text(corner + 1, 2, "K, V for the decoder")
    _join_stacks(picture, bottom, frames[0], lane, corner, stacks[0].shape)


def _stack(picture: Picture, row: int, frame: Frame, whole: Stack) -> int:
    """One stack from its source to its result; without a result, to the wall of its last part."""
    picture.outer = frame
    if picture.headed:
        picture.counts.append(Count(row, whole.name, ""))
    wall = picture.centred(whole.source, row, frame)
    for number, item in enumerate(whole.items):
        if isinstance(item, Layer):
            wall = _layer(picture, wall, frame, item)
            continue
        if number:
            picture.canvas.tee(wall, frame.middle, DOWN)
        wall = _part(picture, _arrow(picture, wall, frame, item.entry), frame, item)
    if not whole.result:
        return wall
    picture.canvas.tee(wall, frame.middle, DOWN)
    below = _arrow(picture, wall, frame, whole.shape)
    return picture.centred(cells.wrap(whole.result, frame.width), below, frame)


def _arrow(picture: Picture, above: int, frame: Frame, label: str) -> int:
    """An arrowhead on the path, with what flows beside it; gives the row below, of what it points at."""
    picture.canvas.text(above + 1, frame.middle, picture.glyphs.down)
    picture.canvas.text(above + 1, frame.middle + 2, label)
    return above + 2


def _layer(picture: Picture, above: int, frame: Frame, layer: Layer) -> int:
    """A layer: its double wall, its name, and its sub-layers; the path goes in through the wall above and out below."""
    canvas, middle = picture.canvas, frame.middle
    top = above + 2
    wall = top + 1  # The row of the name, which the path passes.
    picture.count(wall, f"{layer.name.capitalize()} layer", "")
    for branch in layer.branches:
        wall = _branch(picture, wall, frame, branch)
    bottom = wall + 1
    canvas.box(top, frame.left, bottom - top + 1, frame.width, DOUBLE)
    canvas.vertical(middle, above, top + 2)
    canvas.vertical(middle, wall, bottom)
    canvas.text(above + 1, middle + 2, layer.entry)
    _name(picture, top + 1, frame, layer)
    if layer.times > 1:
        picture.count(bottom, "one layer", layer.parameters, "one layer", inside=True)
        times = f"{picture.glyphs.times} {layer.times}"
        picture.count(bottom + 1, times, layer.times * layer.parameters, times, inside=True)
    return bottom


def _name(picture: Picture, row: int, frame: Frame, layer: Layer) -> None:
    """`DECODER LAYER × 6` at the left of the path, or as much of it as has room; the rest at the right."""
    times = f"{picture.glyphs.times} {layer.times}" if layer.times > 1 else ""
    room = frame.middle - frame.left - 3
    words = [layer.name, "LAYER", *([times] if times else [])]
    choices = [(" ".join(words[:count]), " ".join(words[count:])) for count in range(len(words), 0, -1)]
    name, rest = next(choice for choice in choices if cells.width(choice[0]) <= room)
    picture.canvas.text(row, frame.left + 2, name)
    picture.canvas.text(row, frame.middle + 2, rest)


def _branch(picture: Picture, above: int, frame: Frame, branch: Branch) -> int:
    """A sub-layer with its residual connection, which leaves the path below `above` and joins it at `add`."""
    canvas, middle, inner = picture.canvas, frame.middle, frame.inset(_INSET)
    fork = wall = above + 1
    canvas.vertical(middle, above, fork)
    for part in branch.parts:
        canvas.tee(wall, middle, DOWN)
        wall = _part(picture, _arrow(picture, wall, frame, part.entry), inner, part)
    canvas.tee(wall, middle, DOWN)
    add = _narrowed(frame, cells.width(branch.add.title) + 4) if branch.add.small else inner
    top = _arrow(picture, wall, frame, branch.add.entry)
    bottom = _part(picture, top, add, branch.add)
    join = top + 1
    # The residual line runs beside the boxes, at the side that keys and values do not come from.
    lane = frame.right - 2 if frame.mirrored else frame.left + 2
    canvas.horizontal(fork, min(lane, middle), max(lane, middle))
    canvas.vertical(lane, fork, join)
    if frame.mirrored:
        _lead_in(picture, join, lane, add.right, leftwards=True)
    else:
        _lead_in(picture, join, lane, add.left)
    return bottom


def _narrowed(frame: Frame, width: int) -> Frame:
    """A frame with the same middle."""
    return Frame(_start(frame, width), width, frame.mirrored)


def _lead_in(picture: Picture, row: int, start: int, wall: int, *, leftwards: bool = False) -> None:
    """A line from a column to an arrowhead that touches a wall, at its left or, leftwards, at its right."""
    if leftwards:
        head, last, arm, sign = wall + 1, wall + 2, LEFT, picture.glyphs.left[0]
        span = (last, start)
    else:
        head, last, arm, sign = wall - 1, wall - 2, RIGHT, picture.glyphs.right[-1]
        span = (start, last)
    if start == last:
        picture.canvas.tee(row, start, arm)
    else:
        picture.canvas.horizontal(row, *span)
    picture.canvas.text(row, head, sign)


def _join_stacks(picture: Picture, wall: int, frame: Frame, lane: int, corner: int, label: str) -> None:
    """The line that carries keys and values: out of the wall below one stack, by a lane, into the other stack."""
    canvas, (row, column) = picture.canvas, picture.memory
    canvas.vertical(frame.middle, wall, corner)
    canvas.text(wall + 1, frame.middle + 2, label)
    canvas.horizontal(corner, min(lane, frame.middle), max(lane, frame.middle))
    canvas.vertical(lane, min(corner, row), max(corner, row))
    _lead_in(picture, row, lane, column)


# Parts ----------------------------------------------------------------------------------------------------------------


def _part(picture: Picture, row: int, frame: Frame, part: Part) -> int:
    """One box with what is inside of it; gives the row of its lower wall."""
    rows = list(rows_of(part, frame.inner, picture.glyphs))
    picture.canvas.box(row, frame.left, len(rows) + 2, frame.width)
    if part.memory:
        picture.memory = (row + 1, frame.left)
    if part.parameters is not None:
        picture.count(row + 1, part.title, part.parameters, inside=frame != picture.outer)
    return picture.centred(rows, row + 1, frame) + 1


def _start(frame: Frame, width: int) -> int:
    """Where something so wide begins, so that its middle is the frame's."""
    return frame.middle - (width - 1) // 2
