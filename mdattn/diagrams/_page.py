"""A page of worked-out lines: what is written first, and laid out when the width is known.

Floor 2, shared by the kinds. A line is made of pieces that are never divided, such as a product or a number of a
vector. Lines that are too long go on below, indented; boxes and tables that are too wide take a narrower form.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from mdattn import cells
from mdattn.canvas import Canvas, Column, table_width
from mdattn.diagrams import _notes

WIDE = 48  # Below so many columns a box costs more room than it is worth.


@dataclass(frozen=True, slots=True)
class Line:
    """Pieces with a blank between them; what does not fit stands `hang` cells further in on the next rows."""

    pieces: Sequence[str]
    indent: int = 0
    hang: int = 2

    @property
    def width(self) -> int:
        """In cells, on one row."""
        return self.indent + cells.width(" ".join(self.pieces))

    @property
    def least(self) -> int:
        """In cells, on as many rows as there are pieces."""
        return max(
            self.indent + (self.hang if number else 0) + cells.width(piece.strip(" "))
            for number, piece in enumerate(self.pieces)
        )

    def rows(self, room: int) -> Iterator[str]:
        """The line in rows of at most `room` cells."""
        row, used = "", 0
        for piece in self.pieces:
            width = cells.width(piece)
            if used and used + 1 + width > room:
                yield row
                piece = piece.strip(" ")
                row, used = " " * (self.indent + self.hang) + piece, self.indent + self.hang + cells.width(piece)
            elif used:
                row, used = f"{row} {piece}", used + 1 + width
            else:
                piece = piece if self.indent + width <= room else piece.strip(" ")
                row, used = " " * self.indent + piece, self.indent + cells.width(piece)
        yield row


@dataclass(frozen=True, slots=True)
class Box:
    """Lines in a box, in the form that is liked best and in a narrower one; an empty line is a gap."""

    forms: tuple[Sequence[Line], ...]

    @property
    def least(self) -> int:
        """In cells, in the narrowest form and without the walls."""
        return max(line.least for line in self.forms[-1] if line.pieces)

    def draw(self, canvas: Canvas) -> None:
        """In the first form that fits with no line broken; without walls where they leave too little room."""
        inner = canvas.width - 4
        narrow = self.forms[-1]
        for form in self.forms:
            width = max(line.width for line in form if line.pieces)
            if width <= inner:
                self._walled(canvas, form, width)
                return
        if canvas.width >= WIDE and self.least <= inner:
            self._walled(canvas, narrow, inner)
            return
        for line in narrow:
            _write(canvas, line)

    def _walled(self, canvas: Canvas, form: Sequence[Line], width: int) -> None:
        rows = [row.rstrip(" ") for line in form for row in (line.rows(width) if line.pieces else ("",))]
        top = canvas.height
        canvas.box(top, 0, len(rows) + 2, max(map(cells.width, rows)) + 4)
        for number, row in enumerate(rows, top + 1):
            canvas.text(number, 2, row)


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose first column is repeated where the others are divided among several tables."""

    columns: Sequence[Column]

    @property
    def least(self) -> int:
        """In cells, with one column beside the first."""
        first, *others = self.columns
        return max(table_width([first, each]) for each in others)

    def draw(self, canvas: Canvas) -> None:
        """As one table, or as several below each other."""
        first, *others = self.columns
        pieces = [[first]]
        for column in others:
            if len(pieces[-1]) > 1 and table_width([*pieces[-1], column]) > canvas.width:
                pieces.append([first])
            pieces[-1].append(column)
        for number, piece in enumerate(pieces):
            if number:
                canvas.gap()
            canvas.table(canvas.height, 0, piece)


@dataclass(slots=True)
class Page:
    """What is to be drawn, from top to bottom. A text is wrapped between its words; "" is an empty row."""

    items: list[str | Line | Box | Table] = field(default_factory=list)

    def write(self, *pieces: str, indent: int = 0, hang: int = 2) -> None:
        """A line of pieces."""
        self.items.append(Line(pieces, indent, hang))

    def gap(self) -> None:
        """An empty row, unless there is one."""
        if self.items and self.items[-1] != "":
            self.items.append("")

    def needed(self) -> int:
        """The columns that it takes to draw this."""
        return max((each.least for each in self.items if not isinstance(each, str)), default=0)

    def draw(self, canvas: Canvas) -> None:
        """Ink on a canvas that is wide enough."""
        for item in self.items:
            if isinstance(item, Line):
                _write(canvas, item)
            elif not isinstance(item, str):
                item.draw(canvas)
            elif item:
                _notes.paragraph(canvas, item, indent="  ")
            else:
                canvas.gap()


def _write(canvas: Canvas, line: Line) -> None:
    if not line.pieces:
        canvas.gap()
        return
    for row in line.rows(canvas.width):
        canvas.write(row.rstrip(" "))
