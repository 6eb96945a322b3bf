"""A grid of display cells that lines and text are inked on.

Floor 1. Measure, then ink: the canvas refuses ink outside itself and ink on ink, so that a diagram that comes out
is one whose boxes close. Lines are kept as arms (see `glyphs`), so a rule that ends on a wall becomes the right tee
by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise
from typing import Literal, NamedTuple

from mdattn import cells
from mdattn.glyphs import DOUBLE, DOWN, LEFT, LIGHT, RIGHT, UP, Glyphs

__all__ = ["DOUBLE", "LIGHT", "Canvas", "CanvasError", "Column", "Diagram", "table_width"]

Align = Literal["left", "right", "centre"]
_ALIGN = {"left": cells.pad, "right": cells.right, "centre": cells.centre}
_PLAIN = {"left": str.ljust, "right": str.rjust}  # the same for text that is ASCII
_BOTH = LEFT | RIGHT


class CanvasError(Exception):
    """A kind inked outside the canvas, or over other ink: an error of this package, never of the document."""


class Diagram(NamedTuple):
    """A drawn diagram: its lines without line endings, and what says it in words."""

    lines: tuple[str, ...]
    words: str | Callable[[], str]
    """The words, or what makes them of all that was computed: Markdown asks for none."""

    @property
    def alternative(self) -> str:
        """One to three sentences for who cannot see it."""
        return self.words if isinstance(self.words, str) else self.words()

    def __eq__(self, other: object) -> bool:
        """Whether both have the same lines and the same words, made or not."""
        return isinstance(other, Diagram) and (self.lines, self.alternative) == (other.lines, other.alternative)

    def __hash__(self) -> int:
        return hash(self.lines)


class Column(NamedTuple):
    """One column of a table: its head and its cells, already text."""

    head: str
    cells: Sequence[str]
    align: Align = "right"

    @property
    def width(self) -> int:
        """In display cells, without the blanks beside the walls."""
        return max(cells.width(self.head), cells.widest(self.cells))


def _aligned(column: Column, width: int) -> list[str]:
    """The head and the cells of a column, each in so many display cells."""
    texts = [column.head, *column.cells]
    plain = _PLAIN.get(column.align) if "".join(texts).isascii() else None
    align = plain or _ALIGN[column.align]
    return [align(text, width) for text in texts]


def table_width(columns: Sequence[Column]) -> int:
    """The display cells that `Canvas.table` needs for these columns, walls included."""
    return sum(column.width + 3 for column in columns) + 1


class Canvas:
    """A grid `width` cells wide that grows downwards. Rows and columns count from 0. Blanks are not ink."""

    def __init__(self, width: int, glyphs: Glyphs) -> None:
        self.width = width
        self.glyphs = glyphs
        # What stands in each cell; the further cells of a wide text hold "". A row that is a text has one character a
        # cell, and blanks behind it: most rows are written at once and never looked at again.
        self._rows: list[list[str] | str] = []
        # The arms of the cells that belong to lines, by row * width + column.
        self._arms: dict[int, int] = {}
        # Tables whose arms are not among them yet, as first row, first row below, and walls.
        self._tables: list[tuple[int, int, Sequence[int]]] = []

    @property
    def height(self) -> int:
        """The number of rows so far: the first row below all ink and gaps."""
        return len(self._rows)

    def gap(self, rows: int = 1) -> None:
        """Leave empty rows below what is there."""
        self._rows += [""] * rows

    def write(self, text: str, column: int = 0) -> None:
        """Text on a row of its own, below everything else."""
        self.text(len(self._rows), column, text)

    def text(self, row: int, column: int, text: str) -> None:
        """Text from a cell to the right."""
        self._put(row, column, text, len(text) if text.isascii() else cells.width(text))

    def _put(self, row: int, column: int, text: str, count: int) -> None:
        """Text that takes `count` cells."""
        rows, end = self._rows, column + count
        if column < 0 or end > self.width:
            raise CanvasError(f"text {text!r} at column {column} does not fit in {self.width} columns")
        if row == len(rows):
            rows.append("")
        known = rows[row] if 0 <= row < len(rows) else self._row(row)
        if isinstance(known, str) and len(known) <= column and len(text) == count:
            rows[row] = known.ljust(column) + text
            return
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

    def table(self, row: int, column: int, columns: Sequence[Column]) -> int:
        """A table with a head row and walls between its columns; gives the row of its first body line."""
        widths = [each.width for each in columns]
        walls = list(accumulate((width + 3 for width in widths), initial=column))
        aligned = [_aligned(each, width) for each, width in zip(columns, widths, strict=True)]
        head, *body = zip(*aligned, strict=True)
        self._rule(row, walls, DOWN)
        self._walled(row + 1, walls, head)
        self._rule(row + 2, walls, UP | DOWN)
        for number, texts in enumerate(body, row + 3):
            self._walled(number, walls, texts)
        end = row + 3 + len(body)
        self._rule(end, walls, UP)
        self._tables.append((row, end + 1, walls))
        return row + 3

    def _rule(self, row: int, walls: Sequence[int], away: int) -> None:
        """A rule of a table from its first wall to its last, with the arms of the walls between."""
        lines = self.glyphs.lines
        flat = [lines[_BOTH] * (last - first - 1) for first, last in pairwise(walls)]
        text = lines[RIGHT | away] + lines[_BOTH | away].join(flat) + lines[LEFT | away]
        self._put(row, walls[0], text, len(text))

    def _walled(self, row: int, walls: Sequence[int], texts: Sequence[str]) -> None:
        """Texts of a table's row, each as wide as its column, between the walls."""
        sign = self.glyphs.lines[UP | DOWN]
        whole = f"{sign} " + f" {sign} ".join(texts) + f" {sign}"
        count = walls[-1] - walls[0] + 1
        if len(whole) == count:
            self._put(row, walls[0], whole, count)
            return
        for wall, text in zip(walls, (*texts, None), strict=True):
            self.text(row, wall, sign)
            if text is not None:
                self.text(row, wall + 2, text)

    def _open_tables(self) -> None:
        """Note the arms of tables, which only a line that meets one asks for."""
        for first, end, walls in self._tables:
            for row in range(first, end):
                start = row * self.width
                self._arms.update(dict.fromkeys([start + wall for wall in walls], UP | DOWN))
            for row, away in ((first, DOWN), (first + 2, UP | DOWN), (end - 1, UP)):
                start = row * self.width
                self._arms.update(dict.fromkeys(range(start + walls[0], start + walls[-1]), _BOTH))
                self._arms.update(dict.fromkeys([start + wall for wall in walls], _BOTH | away))
                self._arms[start + walls[0]] = RIGHT | away
                self._arms[start + walls[-1]] = LEFT | away
        self._tables.clear()

    def lines(self) -> tuple[str, ...]:
        """The rows as text, without blanks of any sort at the right and without empty rows at the ends."""
        drawn = [(row if isinstance(row, str) else "".join(row)).rstrip() for row in self._rows]
        while drawn and not drawn[-1]:
            drawn.pop()
        while drawn and not drawn[0]:
            drawn.pop(0)
        return tuple(drawn)

    def _row(self, row: int) -> list[str]:
        """The cells of a row, which there may not have been yet."""
        if row < 0:
            raise CanvasError(f"row {row} is above the canvas")
        rows = self._rows
        rows += [""] * (row + 1 - len(rows))
        line = rows[row]
        if isinstance(line, str):
            line = rows[row] = [*line, *" " * (self.width - len(line))]
        return line

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
        if self._tables:
            self._open_tables()
        place = row * self.width + column
        known = self._arms.get(place, 0)
        if not known and line[column] != " ":
            raise CanvasError(f"a line at row {row}, column {column} would cross the text {line[column]!r}")
        joined = known | arms
        if joined not in self.glyphs.lines:
            raise CanvasError(f"no character joins the lines at row {row}, column {column}")
        line[column] = self.glyphs.lines[joined]
        self._arms[place] = joined
