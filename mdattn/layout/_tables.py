"""Tables, bars, and grids of labelled cells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from mdattn import cells, numerals
from mdattn.glyphs import DOWN, LEFT, RIGHT, UP, Glyphs
from mdattn.layout._boxes import arranged

Align = Literal["left", "right", "centre"]
_ALIGN = {"left": cells.pad, "right": cells.right, "centre": cells.centre}
_PLAIN = {"left": str.ljust, "right": str.rjust}  # the same for text that is ASCII
_BOTH = LEFT | RIGHT
_REMARKED = 2  # blanks between the value of a bar and what is said of it


class Column(NamedTuple):
    """One column of a table: its head and its cells, already text."""

    head: str
    cells: Sequence[str]
    align: Align = "right"


class Table(NamedTuple):
    """A table, measured. Where it is too wide it becomes several, which all begin with its first column."""

    columns: Sequence[Column]
    widths: Sequence[int]
    """Of each column, without the blanks beside the walls."""

    @classmethod
    def of(cls, columns: Sequence[Column]) -> Table:
        """The table of these columns."""
        return cls(columns, [max(cells.width(each.head), cells.widest(each.cells)) for each in columns])

    def only(self, places: Sequence[int]) -> Table:
        """The table of some of its columns."""
        return Table([self.columns[at] for at in places], [self.widths[at] for at in places])

    @property
    def width(self) -> int:
        """The cells that it takes in one piece."""
        return _across(self.widths)

    @property
    def least(self) -> int:
        """With one column beside the first."""
        first, *others = self.widths
        return _across([first, max(others)] if others else [first])

    def divided(self, room: int) -> list[Table]:
        """The tables that it becomes in so much room, each as full as can be."""
        return [self] if self.width <= room else [self.only(piece) for piece in _pieces(self.widths, room)]

    def rows(self, room: int, glyphs: Glyphs) -> Sequence[str]:
        """One below the other."""
        texts = [_aligned(*each) for each in zip(self.columns, self.widths, strict=True)]
        if self.width <= room:
            return _ruled(self.widths, texts, glyphs)
        rows: list[str] = []
        for piece in _pieces(self.widths, room):
            if rows:
                rows.append("")
            rows += _ruled([self.widths[at] for at in piece], [texts[at] for at in piece], glyphs)
        return rows


def _across(widths: Sequence[int]) -> int:
    """The cells of a table whose columns are so wide."""
    return sum(widths) + 3 * len(widths) + 1


def _pieces(widths: Sequence[int], room: int) -> list[list[int]]:
    """Which columns stand together, the first in each piece."""
    pieces, used = [[0]], _across(widths[:1])
    for at, width in enumerate(widths[1:], 1):
        if len(pieces[-1]) > 1 and used + width + 3 > room:
            pieces.append([0])
            used = _across(widths[:1])
        pieces[-1].append(at)
        used += width + 3
    return pieces


def _aligned(column: Column, width: int) -> list[str]:
    """The head and the cells of a column, each in so many cells."""
    texts = [column.head, *column.cells]
    plain = _PLAIN.get(column.align) if "".join(texts).isascii() else None
    align = plain or _ALIGN[column.align]
    return [align(text, width) for text in texts]


def _ruled(widths: Sequence[int], texts: Sequence[Sequence[str]], glyphs: Glyphs) -> list[str]:
    """The rows of a table, of the columns' heads and cells in their widths."""
    lines = glyphs.lines
    wall, flat = lines[UP | DOWN], [lines[_BOTH] * (width + 2) for width in widths]
    above, below, foot = [
        lines[RIGHT | away] + lines[_BOTH | away].join(flat) + lines[LEFT | away] for away in (DOWN, UP | DOWN, UP)
    ]
    head, *body = [f"{wall} " + f" {wall} ".join(row) + f" {wall}" for row in zip(*texts, strict=True)]
    return [above, head, below, *body, foot]


def bar(share: float, length: int, glyphs: Glyphs) -> str:
    """A bar from zero: `length` cells for the share 1, in half cells where there is a sign for them."""
    if not glyphs.half_bar:
        return glyphs.bar * int(numerals.rounded(share * length, 0))
    whole, half = divmod(int(numerals.rounded(share * length * 2, 0)), 2)
    return glyphs.bar * whole + glyphs.half_bar * half


class Bar(NamedTuple):
    """A share with its label, the share in words, and a remark; without a share there is no bar."""

    label: str
    share: float | None
    value: str
    remark: str = ""


class Bars(NamedTuple):
    """Bars from one zero, on one scale, with their labels at the left, their values at the right and remarks behind.

    A text among the bars stands for those that are left out.
    """

    bars: Sequence[Bar | str]
    length: int
    """The cells of a full bar."""
    others: Sequence[Bar | str] = ()
    """Bars that stand elsewhere, from the same zero and on the same scale."""

    @property
    def least(self) -> int:
        """With all remarks."""
        remarks = cells.widest([each.remark for each in _barred(self.bars)])
        texts = cells.widest([each for each in self.bars if isinstance(each, str)])
        return max(sum(self._sides()) + self.length + (remarks and _REMARKED + remarks), texts)

    def rows(self, room: int, glyphs: Glyphs) -> Sequence[str]:
        """A row a bar."""
        label, value = self._sides()
        rows = []
        for each in self.bars:
            if isinstance(each, str):
                rows.append(each)
                continue
            inked = "" if each.share is None else bar(each.share, self.length, glyphs)
            row = cells.pad(each.label, label) + inked.ljust(self.length) + cells.right(each.value, value)
            rows.append(row + " " * _REMARKED + each.remark if each.remark else row)
        return rows

    def _sides(self) -> tuple[int, int]:
        """The cells at the left and at the right of the bars, blanks among them."""
        bars = [*_barred(self.bars), *_barred(self.others)]
        return cells.widest([each.label for each in bars]) + 1, cells.widest([each.value for each in bars]) + 1


def _barred(bars: Sequence[Bar | str]) -> list[Bar]:
    return [each for each in bars if not isinstance(each, str)]


class Grid(NamedTuple):
    """Cells of one width in labelled rows; columns that find no room side by side stand in panels below each other."""

    labels: Sequence[str]
    cells: Sequence[Sequence[str]]
    """[row][column]"""
    widths: Sequence[int]
    """Of the columns, which are as wide as the cells or wider."""
    above: Callable[[range], Sequence[str]]
    """What stands above the columns of a panel."""
    start: int
    """Where the first column begins."""
    gap: int = 1

    @classmethod
    def of(cls, labels: Sequence[str], heads: Sequence[str], cells_: Sequence[Sequence[str]], gap: int = 1) -> Grid:
        """A grid whose columns have a head each."""
        size = cells.widest([row[0] for row in cells_])
        widths = [max(size, cells.width(head)) for head in heads]
        start = cells.widest(labels) + 2

        def above(panel: range) -> Sequence[str]:
            return [" " * start + headed(heads, widths, panel, gap)]

        return cls(labels, cells_, widths, above, start, gap)

    @property
    def least(self) -> int:
        """With one column."""
        return self.start + max(self.widths)

    def rows(self, room: int, glyphs: Glyphs) -> Sequence[str]:
        """One panel below the other."""
        rows: list[str] = []
        between = " " * self.gap
        labels = [cells.pad(label, self.start) for label in self.labels]
        size = cells.width(self.cells[0][0]) if self.cells else 0
        for panel in panels(self.widths, room - self.start, self.gap):
            if rows:
                rows.append("")
            rows += self.above(panel)
            spare = [self.widths[at] - size for at in panel]
            # All cells are of one width: a row is one substitution.
            form = between.join([" " * (each // 2) + "{}" + " " * (each - each // 2) for each in spare])
            first, end = panel.start, panel.stop
            rows += [label + form.format(*row[first:end]) for label, row in zip(labels, self.cells, strict=True)]
        return rows


def headed(heads: Sequence[str], widths: Sequence[int], panel: range, gap: int) -> str:
    """The heads of a panel's columns, each in the middle of its column."""
    return (" " * gap).join([cells.centre(heads[at], widths[at]) for at in panel])


def panels(widths: Sequence[int], room: int, gap: int) -> list[range]:
    """Which columns stand in which panel: as few panels as fit, as even as they can be."""
    full = arranged(widths, room, gap)
    count, per = len(widths), -(-len(widths) // len(full))
    even = [range(start, min(start + per, count)) for start in range(0, count, per)]
    if all(sum(widths[span.start : span.stop]) + gap * (len(span) - 1) <= room for span in even):
        return even
    return full
