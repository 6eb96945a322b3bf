"""Blocks of text: paragraphs, lines of pieces, and remarks beside what they are about."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from mdattn import cells
from mdattn.glyphs import Glyphs
from mdattn.layout._block import WIDEST, Block

MOST_ROWS = 3  # of a sentence, before its end is left out
_TIED = "\u00a0%"  # A percentage stays on one row with its sign.


class Text(NamedTuple):
    """A paragraph: words in as many rows as they need, all but the first `hang` cells further in."""

    text: str
    hang: int = 2

    @property
    def least(self) -> int:
        """Room for a single character, as a word that is too long for a row is divided."""
        if self.text.isascii():
            return self.hang + 1
        return self.hang + max(1, cells.widest([each for each in cells.clusters(self.text) if not each.isascii()]))

    def rows(self, room: int, glyphs: Glyphs) -> Sequence[str]:
        """No row for no text."""
        text = self.text
        if cells.width(text) <= room:
            return (text,) if text else ()
        rows = cells.wrap(text.replace(" %", _TIED), room, " " * self.hang)
        return [row.replace(_TIED, " %") for row in rows]


class Pieces(NamedTuple):
    """A line of pieces that are never divided; what does not fit stands `hang` cells further in on the next rows.

    Pieces that are `aligned` hold blanks that put them below those of another line. They stand in a whole line only.
    """

    pieces: Sequence[str]
    hang: int = 2
    aligned: bool = False

    @property
    def least(self) -> int:
        """On as many rows as there are pieces."""
        first, *others = map(_plain, self.pieces) if self.aligned else self.pieces
        return max(cells.width(first), self.hang + cells.widest(others) if others else 0)

    @property
    def whole(self) -> str:
        """On one row."""
        return " ".join(self.pieces).rstrip(" ") if self.aligned else " ".join(self.pieces)

    def rows(self, room: int, glyphs: Glyphs) -> Sequence[str]:
        """As full as the pieces allow."""
        whole = self.whole
        return (whole,) if cells.width(whole) <= room else list(self._divided(room))

    def _divided(self, room: int) -> Iterator[str]:
        row, used, margin = "", 0, ""
        for piece in map(_plain, self.pieces) if self.aligned else self.pieces:
            width = cells.width(piece)
            if used and used + 1 + width <= room:
                row, used = f"{row} {piece}", used + 1 + width
                continue
            if used:
                yield row
                margin = " " * self.hang
            row, used = margin + piece, len(margin) + width
        yield row


class Alike(NamedTuple):
    """Lines of aligned pieces below each other; where one is too long, the first piece of each has a row of its own."""

    lines: Sequence[Pieces]

    @property
    def least(self) -> int:
        """As wide as the widest of them."""
        return max(line.least for line in self.lines)

    def rows(self, room: int, glyphs: Glyphs) -> Sequence[str]:
        """All of them whole, or none."""
        whole = [line.whole for line in self.lines]
        if cells.widest(whole) <= room:
            return whole
        rows: list[str] = []
        for (first, *others), hang, _ in self.lines:
            rows.append(_plain(first))
            if others:
                rest = Pieces([_plain(each) for each in others], hang=0)
                rows += [" " * hang + row for row in rest.rows(room - hang, glyphs)]
        return rows


def _plain(piece: str) -> str:
    """The piece without the blanks that align it with those above and below."""
    piece = piece.strip(" ")
    return piece[:2] + piece[2:].lstrip(" ") if piece[1:2] == " " and piece[0] in "+=≈~" else piece


class Elided(NamedTuple):
    """As many of `total` items as a few rows hold: `first(n)` shows the first n, and says how many it leaves out."""

    total: int
    first: Callable[[int], Block]
    most: int = MOST_ROWS

    @property
    def least(self) -> int:
        """With one item, which is always shown, and with all that a page has room for."""
        return max(self.first(1).least, self.first(self._most(WIDEST)).least)

    def rows(self, room: int, glyphs: Glyphs) -> Sequence[str]:
        """No more than `most`, unless one item takes more."""
        count = self._most(room)
        while True:
            rows = self.first(count).rows(room, glyphs)
            if len(rows) <= self.most or count == 1:
                return rows
            count -= max(1, (len(rows) - self.most) * count // (2 * len(rows)))

    def _most(self, room: int) -> int:
        """No more items can fit: each takes a cell and a blank at least."""
        return min(self.total, self.most * room // 2 + 1)


class Remarked(NamedTuple):
    """A block with remarks beside some of its rows, as (row, text), if there is room for all; else with `below`."""

    block: Block
    beside: Sequence[tuple[int, str]]
    below: Sequence[Block]
    sign: str = ""
    """What stands before each remark."""
    gap: int = 1

    @property
    def least(self) -> int:
        """With what stands below."""
        return max([each.least for each in (self.block, *self.below)])

    def rows(self, room: int, glyphs: Glyphs) -> Sequence[str]:
        """The remarks begin below each other."""
        rows = list(self.block.rows(room, glyphs))
        if self.beside:
            start = cells.widest(rows) + self.gap
            if start + cells.width(self.sign) + cells.widest([text for _, text in self.beside]) <= room:
                for row, text in self.beside:
                    rows[row] = cells.pad(rows[row], start) + self.sign + text
                return rows
        for each in self.below:
            rows += each.rows(room, glyphs)
        return rows
