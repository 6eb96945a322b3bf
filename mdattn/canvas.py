"""A grid of display cells that lines and text are inked on.

Floor 1. Measure, then ink: the canvas refuses ink outside itself and ink on ink, so that a diagram that comes out
is one whose boxes close. Lines are kept as arms (see `glyphs`), so a rule that ends on a wall becomes the right tee
by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Literal, NamedTuple

from mdattn import cells
from mdattn.glyphs import DOUBLE, DOWN, LEFT, LIGHT, RIGHT, UP, Glyphs

__all__ = ["DOUBLE", "LIGHT", "Canvas", "CanvasError", "Column", "Diagram", "table_width"]

Align = Literal["left", "right", "centre"]
_ALIGN = {"left": cells.pad, "right": cells.right, "centre": cells.centre}
_BOTH = LEFT | RIGHT


class CanvasError(Exception):
    """A kind inked outside the canvas, or over other ink: an error of this package, never of the document."""


class Diagram(NamedTuple):
    """A drawn diagram: its lines without line endings, and one to three sentences for who cannot see it."""

    lines: tuple[str, ...]
    alternative: str


class Column(NamedTuple):
    """One column of a table: its head and its cells, already text."""

    head: str
    cells: Sequence[str]
    align: Align = "right"

    @property
    def width(self) -> int:
        """In display cells, without the blanks beside the walls."""
        return max(cells.width(self.head), cells.widest(self.cells))


def table_width(columns: Sequence[Column]) -> int:
    """The display cells that `Canvas.table` needs for these columns, walls included."""
    return sum(column.width + 3 for column in columns) + 1


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
        """The number of rows so far: the first row below all ink and gaps."""
        return len(self._rows)

    def gap(self, rows: int = 1) -> None:
        """Leave empty rows below what is there."""
        self._row(self.height + rows - 1)

    def write(self, text: str, column: int = 0) -> None:
        """Text on a row of its own, below everything else."""
        spare = self.width - len(text)
        if column or spare < 0 or not text.isascii():
            self.text(self.height, column, text)
        else:
            self._rows.append([*text, *" " * spare])  # A new row has no ink to look out for.

    def text(self, row: int, column: int, text: str) -> None:
        """Text from a cell to the right."""
        line = self._rows[row] if 0 <= row < len(self._rows) else self._row(row)
        count = len(text) if text.isascii() else cells.width(text)
        end = column + count
        if column < 0 or end > self.width:
            raise CanvasError(f"text {text!r} at column {column} does not fit in {self.width} columns")
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
        if self._rows[row][first + 1 : last].count(" ") == last - first - 1:
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
        self._row(bottom)
        rows = self._rows
        for line in rows[row + 1 : bottom]:
            if line[column] != " " or line[end - 1] != " ":
                raise CanvasError(f"a box at row {row}, column {column} would cover other ink")
        lines, flat, wall = self.glyphs.lines, _BOTH * weight, (UP | DOWN) * weight
        for each, away in ((row, DOWN), (bottom, UP)):
            line, left, right = rows[each], (RIGHT | away) * weight, (LEFT | away) * weight
            if line[column:end].count(" ") != width:
                raise CanvasError(f"a box at row {row}, column {column} would cover other ink")
            line[column:end] = lines[left] + lines[flat] * (width - 2) + lines[right]
            start = each * self.width + column
            self._arms.update(zip(range(start, start + width), (left, *[flat] * (width - 2), right), strict=True))
        sign = lines[wall]
        for each in range(row + 1, bottom):
            line, start = rows[each], each * self.width
            line[column] = line[end - 1] = sign
            self._arms[start + column] = self._arms[start + end - 1] = wall

    def table(self, row: int, column: int, columns: Sequence[Column]) -> int:
        """A table with a head row and walls between its columns; gives the row of its first body line."""
        widths = [each.width for each in columns]
        walls = list(accumulate((width + 3 for width in widths), initial=column))
        texts = zip(*([each.head, *each.cells] for each in columns), strict=True)
        aligned = [
            [_ALIGN[each.align](text, width) for each, width, text in zip(columns, widths, texts_, strict=True)]
            for texts_ in texts
        ]
        body = row + 3
        bottom = body + len(aligned) - 1
        self._rule(row, walls, DOWN)
        self._rule(row + 2, walls, UP | DOWN)
        self._rule(bottom, walls, UP)
        for each, padded in zip((row + 1, *range(body, bottom)), aligned, strict=True):
            self._walled(each, walls, padded)
        return body

    def _rule(self, row: int, walls: Sequence[int], away: int) -> None:
        """A rule of a table from its first wall to its last, with the arms of the walls between."""
        arms = [RIGHT | away]
        for first, last in pairwise(walls):
            arms += [_BOTH] * (last - first - 1)
            arms.append(_BOTH | away if last != walls[-1] else LEFT | away)
        first = walls[0]
        self.text(row, first, "".join(map(self.glyphs.lines.__getitem__, arms)))
        start = row * self.width + first
        self._arms.update(zip(range(start, start + len(arms)), arms, strict=True))

    def _walled(self, row: int, walls: Sequence[int], texts: Sequence[str]) -> None:
        """Texts of a table's row, each as wide as its column, between the walls."""
        sign = self.glyphs.lines[UP | DOWN]
        whole = f"{sign} " + f" {sign} ".join(texts) + f" {sign}"
        if len(whole) == walls[-1] - walls[0] + 1:
            self.text(row, walls[0], whole)
        else:
            for wall, text in zip(walls, (*texts, None), strict=True):
                self.text(row, wall, sign)
                if text is not None:
                    self.text(row, wall + 2, text)
        start = row * self.width
        self._arms.update(dict.fromkeys([start + wall for wall in walls], UP | DOWN))

    def lines(self) -> tuple[str, ...]:
        """The rows as text, without blanks at the right and without empty rows at the ends."""
        drawn = ["".join(row).rstrip(" ") for row in self._rows]
        while drawn and not drawn[-1]:
            drawn.pop()
        while drawn and not drawn[0]:
            drawn.pop(0)
        return tuple(drawn)

    def _row(self, row: int) -> list[str]:
        if row < 0:
            raise CanvasError(f"row {row} is above the canvas")
        while row >= len(self._rows):
            self._rows.append([" "] * self.width)
        return self._rows[row]

    def _ink(self, row: int, first: int, end: int, arms: int) -> None:
        """Line cells with the same arms, side by side, on empty cells."""
        self._rows[row][first:end] = self.glyphs.lines[arms] * (end - first)
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
