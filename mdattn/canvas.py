"""A grid of display cells that lines and text are inked on, for pictures whose lines meet.

Floor 1. Measure, then ink: the canvas refuses ink outside itself and ink on ink, so that a diagram that comes out
is one whose boxes close. Lines are kept as arms (see `glyphs`), so a rule that ends on a wall becomes the right tee
by itself.
"""

from __future__ import annotations

from mdattn import cells
from mdattn.glyphs import DOUBLE, DOWN, LEFT, LIGHT, RIGHT, UP, Glyphs

__all__ = ["DOUBLE", "LIGHT", "Canvas", "CanvasError"]

_BOTH = LEFT | RIGHT


class CanvasError(Exception):
    """A kind inked outside the canvas, or over other ink: an error of this package, never of the document."""


class Canvas:
    """A grid `width` cells wide that grows downwards. Rows and columns count from 0. Blanks are not ink."""

    def __init__(self, width: int, glyphs: Glyphs) -> None:
        self.width = width
        self.glyphs = glyphs
        # What stands in each cell; the further cells of a wide text hold "".
        self._rows: list[list[str]] = []
        # The arms of the cells that belong to lines, by row * width + column.
        self._arms: dict[int, int] = {}

    @property
    def height(self) -> int:
        """The number of rows so far: the first row below all ink."""
        return len(self._rows)

    def text(self, row: int, column: int, text: str) -> None:
        """Text from a cell to the right."""
        count = cells.width(text)
        end = column + count
        if column < 0 or end > self.width:
            raise CanvasError(f"text {text!r} at column {column} does not fit in {self.width} columns")
        line = self._row(row)
        if line[column:end].count(" ") != count:
            raise CanvasError(f"text {text!r} at row {row}, column {column} would cover other ink")
        if len(text) == count:
            line[column:end] = text
        elif count:
            line[column:end] = [text, *[""] * (count - 1)]

    def horizontal(self, row: int, first: int, last: int, weight: int = LIGHT) -> None:
        """A line from cell to cell; where it ends on or crosses another line, the two join."""
        self._join(row, first, RIGHT * weight)
        self._join(row, last, LEFT * weight)
        if self._row(row)[first + 1 : last].count(" ") == last - first - 1:
            self._ink(row, first + 1, last, _BOTH * weight)
        else:
            for column in range(first + 1, last):
                self._join(row, column, _BOTH * weight)

    def vertical(self, column: int, first: int, last: int, weight: int = LIGHT) -> None:
        """A line from row to row; where it ends on or crosses another line, the two join."""
        self._join(last, column, UP * weight)
        self._join(first, column, DOWN * weight)
        for row in range(first + 1, last):
            self._join(row, column, (UP | DOWN) * weight)

    def tee(self, row: int, column: int, arms: int) -> None:
        """More arms for one cell of a line, as where an arrow leaves a box."""
        self._join(row, column, arms)

    def box(self, row: int, column: int, height: int, width: int, weight: int = LIGHT) -> None:
        """A box whose walls are at its outermost cells; it must not touch other ink."""
        end = column + width
        if column < 0 or end > self.width or height < 2 or width < 2:
            raise CanvasError(f"a box of {width} x {height} at column {column} does not fit in {self.width} columns")
        bottom = row + height - 1
        rows = [self._row(each) for each in range(row, bottom + 1)]
        for line in rows[1:-1]:
            if line[column] != " " or line[end - 1] != " ":
                raise CanvasError(f"a box at row {row}, column {column} would cover other ink")
        lines, flat, wall = self.glyphs.lines, _BOTH * weight, (UP | DOWN) * weight
        for each, away in ((row, DOWN), (bottom, UP)):
            line, left, right = rows[each - row], (RIGHT | away) * weight, (LEFT | away) * weight
            if line[column:end].count(" ") != width:
                raise CanvasError(f"a box at row {row}, column {column} would cover other ink")
            line[column:end] = lines[left] + lines[flat] * (width - 2) + lines[right]
            start = each * self.width + column
            self._arms.update(zip(range(start, start + width), (left, *[flat] * (width - 2), right), strict=True))
        sign = lines[wall]
        for each, line in enumerate(rows[1:-1], row + 1):
            start = each * self.width
            line[column] = line[end - 1] = sign
            self._arms[start + column] = self._arms[start + end - 1] = wall

    def lines(self) -> tuple[str, ...]:
        """The rows as text, without blanks of any sort at the right."""
        return tuple(["".join(row).rstrip() for row in self._rows])

    def _row(self, row: int) -> list[str]:
        """The cells of a row, which there may not have been yet."""
        if row < 0:
            raise CanvasError(f"row {row} is above the canvas")
        while len(self._rows) <= row:
            self._rows.append([" "] * self.width)
        return self._rows[row]

    def _ink(self, row: int, first: int, end: int, arms: int) -> None:
        """Line cells with the same arms, side by side, on empty cells."""
        self._row(row)[first:end] = self.glyphs.lines[arms] * (end - first)
        start = row * self.width
        self._arms.update(dict.fromkeys(range(start + first, start + end), arms))

    def _join(self, row: int, column: int, arms: int) -> None:
        """One more line through a cell, which is empty or belongs to other lines."""
        line = self._row(row)
        if not 0 <= column < self.width:
            raise CanvasError(f"a line at column {column} is outside of {self.width} columns")
        place = row * self.width + column
        known = self._arms.get(place, 0)
        if not known and line[column] != " ":
            raise CanvasError(f"a line at row {row}, column {column} would cross the text {line[column]!r}")
        joined = known | arms
        if joined not in self.glyphs.lines:
            raise CanvasError(f"no character joins the lines at row {row}, column {column}")
        line[column] = self.glyphs.lines[joined]
        self._arms[place] = joined
