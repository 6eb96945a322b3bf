"""A page of worked-out lines, inked on a canvas: what kinds use that do not draw in blocks yet.

A line is made of pieces that are never divided, such as a product or a number of a
vector. Lines that are too long go on below, indented; boxes and tables that are too wide take a narrower form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from mdattn import cells
from mdattn.canvas import LIGHT, Canvas
from mdattn.glyphs import CHARSETS, Glyphs
from mdattn.layout._tables import Table
from mdattn.options import Common

WIDE = 48  # Below so many columns a box costs more room than it is worth.


class Line(NamedTuple):
    """Pieces with a blank between them; what does not fit stands `hang` cells further in on the next rows."""

    pieces: Sequence[str]
    indent: int
    hang: int
    text: str
    """On one row."""
    width: int
    """In cells, on one row."""

    @classmethod
    def of(cls, *pieces: str, indent: int = 0, hang: int = 2) -> Line:
        """A line of these pieces, measured."""
        text = " " * indent + " ".join(pieces).rstrip(" ")
        return cls(pieces, indent, hang, text, cells.width(text))

    @property
    def least(self) -> int:
        """In cells, on as many rows as there are pieces."""
        widths = [cells.width(_plain(piece)) for piece in self.pieces]
        return self.indent + max(widths[0], self.hang + max(widths[1:], default=0))

    def fits(self, width: int) -> bool:
        """Whether so many columns are enough."""
        return self.width <= width or self.least <= width

    def rows(self, room: int) -> list[str]:
        """The line in rows of at most `room` cells."""
        return [self.text] if self.width <= room else list(self._broken(room))

    def _broken(self, room: int) -> Iterator[str]:
        row, used, inner = "", 0, self.indent
        for piece in map(_plain, self.pieces):
            width = cells.width(piece)
            if used and used + 1 + width <= room:
                row, used = f"{row} {piece}", used + 1 + width
                continue
            if used:
                yield row
                inner = self.indent + self.hang
            row, used = " " * inner + piece, inner + width
        yield row


class Group(NamedTuple):
    """Lines that are alike; where one is too long, the first piece of each stands on a row of its own."""

    lines: Sequence[Line]

    @property
    def least(self) -> int:
        """In cells."""
        return max(line.least for line in self.lines)

    def fits(self, width: int) -> bool:
        """Whether so many columns are enough."""
        return all(line.fits(width) for line in self.lines)

    def draw(self, canvas: Canvas) -> None:
        """Below each other."""
        whole = _widest(self.lines) <= canvas.width
        for line in self.lines:
            if whole:
                canvas.write(line.text)
                continue
            _write(canvas, Line.of(_plain(line.pieces[0]), indent=line.indent))
            _write(canvas, Line.of(*map(_plain, line.pieces[1:]), indent=line.indent + line.hang, hang=0))


class Box(NamedTuple):
    """Lines in a box, in the form that is liked best and in narrower ones, each made when it is wanted."""

    forms: tuple[Callable[[], Sequence[Line]], ...]

    @property
    def least(self) -> int:
        """In cells, in the narrowest form and without the walls."""
        return max(line.least for line in self.forms[-1]() if line.pieces)

    def fits(self, width: int) -> bool:
        """Whether so many columns are enough."""
        return _widest(self.forms[0]()) <= width - 4 or self.least <= width

    def draw(self, canvas: Canvas) -> None:
        """In the first form that fits with no line broken; without walls where they leave too little room."""
        inner = canvas.width - 4
        for form in self.forms:
            lines = form()
            width = _widest(lines)
            if width <= inner:
                self._walled(canvas, lines, width)
                return
        if canvas.width >= WIDE and self.least <= inner:
            self._walled(canvas, lines, inner)
            return
        for line in lines:
            _write(canvas, line)

    def _walled(self, canvas: Canvas, form: Sequence[Line], width: int) -> None:
        rows = [row for line in form for row in line.rows(width)]
        top = canvas.height
        canvas.box(top, 0, len(rows) + 2, max(map(cells.width, rows)) + 4)
        for number, row in enumerate(rows, top + 1):
            canvas.text(number, 2, row)


class Page:
    """What is to be drawn, from top to bottom. A text is wrapped between its words; "" is an empty row."""

    def __init__(self) -> None:
        self.items: list[str | Line | Group | Box | Table] = []

    def write(self, *pieces: str, indent: int = 0, hang: int = 2) -> None:
        """A line of pieces."""
        self.items.append(Line.of(*pieces, indent=indent, hang=hang))

    def gap(self) -> None:
        """An empty row, unless there is one."""
        if self.items and self.items[-1] != "":
            self.items.append("")

    def needed(self) -> int:
        """The columns that it takes to draw this."""
        return max((each.least for each in self.items if not isinstance(each, str)), default=0)

    def fits(self, width: int) -> bool:
        """Whether so many columns are enough."""
        return all(
            isinstance(each, str) or (each.least <= width if isinstance(each, Table) else each.fits(width))
            for each in self.items
        )

    def draw(self, canvas: Canvas) -> None:
        """Ink on a canvas that is wide enough."""
        for item in self.items:
            if isinstance(item, Line):
                _write(canvas, item)
            elif isinstance(item, Table):
                for row in item.rows(canvas.width, canvas.glyphs):
                    canvas.write(row)
            elif not isinstance(item, str):
                item.draw(canvas)
            elif item:
                paragraph(canvas, item, indent="  ")
            else:
                canvas.gap()


def _plain(piece: str) -> str:
    """The piece without the blanks that align it with those above and below."""
    piece = piece.strip(" ")
    return piece[:2] + piece[2:].lstrip(" ") if piece[1:2] == " " and piece[0] in "+=≈~" else piece


def _widest(lines: Sequence[Line]) -> int:
    return max(line.width for line in lines)


def _write(canvas: Canvas, line: Line) -> None:
    for row in line.rows(canvas.width):
        canvas.write(row)


def start(options: Common) -> tuple[Canvas, Glyphs]:
    """The canvas and the signs that the options ask for."""
    glyphs = CHARSETS[options.charset]
    return Canvas(options.width, glyphs), glyphs


def paragraph(canvas: Canvas, text: str | None, column: int = 0, indent: str = "") -> None:
    """A note in as many rows of its own as it needs, all but the first indented; nothing if there is none."""
    if text and cells.width(text) <= canvas.width - column:
        canvas.write(text, column)
    elif text:
        # A percentage stays on one line with its sign.
        for line in cells.wrap(text.replace(" %", "\u00a0%"), canvas.width - column, indent):
            canvas.write(line.replace("\u00a0%", " %"), column)


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
