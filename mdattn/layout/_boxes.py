"""Boxes, and what stands side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from mdattn import cells
from mdattn.glyphs import DOWN, LEFT, LIGHT, RIGHT, UP, Glyphs
from mdattn.layout._block import Block

_WALLS = 4  # cells of a box that are not its inside: two walls, and a blank beside each
_GUTTER = 2  # cells between labels and what they stand beside


def boxed(
    parts: Sequence[Sequence[str]], inner: int, glyphs: Glyphs, weight: int = LIGHT, *, centred: bool = False
) -> list[str]:
    """A box `inner` cells wide inside, with the rows of its parts and a rule between two parts."""
    lines, place = glyphs.lines, cells.centre if centred else cells.pad
    flat, wall = lines[(LEFT | RIGHT) * weight] * (inner + 2), lines[(UP | DOWN) * weight]
    rows: list[str] = []
    for part in parts:
        arms = UP | DOWN if rows else DOWN
        rows.append(lines[(RIGHT | arms) * weight] + flat + lines[(LEFT | arms) * weight])
        rows += [f"{wall} {place(text, inner)} {wall}" for text in part]
    rows.append(lines[(RIGHT | UP) * weight] + flat + lines[(LEFT | UP) * weight])
    return rows


class Framed(NamedTuple):
    """Blocks below each other in one box, with a rule between two of them; as wide as they need."""

    blocks: Sequence[Block]
    weight: int = LIGHT

    @property
    def least(self) -> int:
        """With the walls."""
        return max(block.least for block in self.blocks) + _WALLS

    def rows(self, room: int, glyphs: Glyphs) -> Sequence[str]:
        """No wider than their widest row."""
        parts = [block.rows(room - _WALLS, glyphs) for block in self.blocks]
        return boxed(parts, max(map(cells.widest, parts)), glyphs, self.weight)


class Standing(Block, Protocol):
    """What can stand beside others of its sort: all its rows are `least` cells wide."""

    @property
    def heights(self) -> Sequence[int]:
        """The rows of each of its parts."""

    def rows(self, room: int, glyphs: Glyphs, heights: Sequence[int] = ()) -> Sequence[str]:
        """With parts of `heights` rows, which are its own or more."""


class Cell(NamedTuple):
    """A box of texts, with a rule between two of its parts; no text is divided."""

    parts: Sequence[Sequence[str]]
    width: int = 0
    """Of the box; 0 if it is to be no wider than its texts need."""
    weight: int = LIGHT
    centred: bool = True

    @property
    def least(self) -> int:
        """With the walls."""
        return self.width or max(map(cells.widest, self.parts)) + _WALLS

    @property
    def heights(self) -> Sequence[int]:
        """The texts of each part."""
        return [len(part) for part in self.parts]

    def rows(self, room: int, glyphs: Glyphs, heights: Sequence[int] = ()) -> Sequence[str]:
        """Empty rows at the foot of each part that is to be higher."""
        parts = self.parts
        if heights:
            parts = [[*part, *[""] * (height - len(part))] for part, height in zip(parts, heights, strict=True)]
        return boxed(parts, self.least - _WALLS, glyphs, self.weight, centred=self.centred)


class Abreast(NamedTuple):
    """Blocks side by side, in as few rows as hold them; these are about equally full, or `even=False` full in turn.

    `labels` stand at the left of each of these rows, one beside each line.
    """

    blocks: Sequence[Standing]
    labels: Sequence[str] = ()
    gap: int = 1
    even: bool = True
    apart: int = 0
    """Empty lines between two rows."""

    @property
    def gutter(self) -> int:
        """The cells of the labels, and of what keeps them apart from the blocks."""
        return cells.widest(self.labels) + _GUTTER if self.labels else 0

    @property
    def least(self) -> int:
        """One below the other."""
        return self.gutter + max(block.least for block in self.blocks)

    def rows(self, room: int, glyphs: Glyphs) -> Sequence[str]:
        """Those that stand side by side, from wall to wall as high as the highest."""
        widths, gutter, between = [block.least for block in self.blocks], self.gutter, " " * self.gap
        rows: list[str] = []
        for span in arranged(widths, room - gutter, self.gap, even=self.even):
            if span.start:
                rows += [""] * self.apart
            chosen = self.blocks[span.start : span.stop]
            heights = [max(each) for each in zip(*[block.heights for block in chosen], strict=True)]
            columns = [block.rows(widths[at], glyphs, heights) for at, block in zip(span, chosen, strict=True)]
            lines = [between.join(each) for each in zip(*columns, strict=True)]
            if gutter:
                labels = [*self.labels, *[""] * (len(lines) - len(self.labels))]
                lines = [cells.pad(label, gutter) + line for label, line in zip(labels, lines, strict=True)]
            rows += lines
        return rows


def arranged(widths: Sequence[int], room: int, gap: int = 1, *, even: bool = False) -> list[range]:
    """What stands side by side in rows of at most `room` cells; what is wider has a row of its own.

    `even` rows are no more than needed, and about equally full; others are as full as can be.
    """
    rows: list[range] = []
    first, used = 0, 0
    for index, width in enumerate(widths):
        wanted = used + gap + width if index > first else width
        if index > first and wanted > room:
            rows.append(range(first, index))
            first, wanted = index, width
        used = wanted
    if widths:
        rows.append(range(first, len(widths)))
    if not even or len(rows) < 2:
        return rows
    narrow, wide = max(widths), room
    while narrow < wide:
        middle = (narrow + wide) // 2
        if len(arranged(widths, middle, gap)) > len(rows):
            narrow = middle + 1
        else:
            wide = middle
    return arranged(widths, wide, gap)
