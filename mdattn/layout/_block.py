"""What every part of a page answers: how narrow it can be, and what it looks like in the room there is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol, TypeVar

from mdattn import cells
from mdattn.errors import OptionError
from mdattn.glyphs import Glyphs

NARROWEST = 24  # No narrower diagram is attempted, whatever stands in it.
WIDEST = 200  # The largest `width` that a block may ask for.


class Measured(Protocol):
    """What knows how narrow it can be."""

    @property
    def least(self) -> int:
        """The fewest cells that it can be drawn in."""


Form = TypeVar("Form", bound=Measured)


class Block(Measured, Protocol):
    """A part of a page. It is made before anyone knows where it will stand."""

    def rows(self, room: int, glyphs: Glyphs) -> Sequence[str]:
        """Its rows, none wider than `room` cells, which are `least` or more."""


class Rows(NamedTuple):
    """Rows that are known already, such as the lines of a canvas."""

    texts: Sequence[str]

    @property
    def least(self) -> int:
        """As wide as the widest."""
        return cells.widest(self.texts)

    def rows(self, room: int, glyphs: Glyphs) -> Sequence[str]:
        """As they are."""
        return self.texts


GAP = Rows(("",))
"""An empty row. Below another one it is left out."""


class Below(NamedTuple):
    """Blocks below each other, `indent` cells from the left."""

    blocks: Sequence[Block]
    indent: int = 0

    @property
    def least(self) -> int:
        """As wide as the widest of them."""
        return self.indent + max([block.least for block in self.blocks], default=0)

    def rows(self, room: int, glyphs: Glyphs) -> Sequence[str]:
        """The rows of one after the other, with one empty row where two would meet."""
        rows: list[str] = []
        inner = room - self.indent
        for block in self.blocks:
            more = block.rows(inner, glyphs)
            rows += more[1:] if rows and more and not (rows[-1] or more[0]) else more
        if self.indent:
            margin = " " * self.indent
            return [row and margin + row for row in rows]
        return rows


def fitting(width: int, forms: Iterable[Form], least: int = NARROWEST) -> Form:
    """The first form that can be drawn in `width` cells; none is drawn in fewer than `least`.

    Raises OptionError that says how many columns are enough.
    """
    enough = None
    for form in forms:
        needed = max(least, form.least)
        if needed <= width:
            return form
        enough = needed if enough is None else min(enough, needed)
    raise too_narrow(enough or least)


def too_narrow(enough: int) -> OptionError:
    """What is said of a `width` in which nothing can be drawn; `enough` columns would do."""
    hint = f"give 'width: {enough}' or more" if enough <= WIDEST else "print fewer decimals"
    return OptionError("width", f"this diagram needs at least {enough} columns", hint)


def lines_of(page: Block, width: int, glyphs: Glyphs) -> tuple[str, ...]:
    """The lines of a page, without blanks of any sort at the right and without empty rows at the ends."""
    lines = [row.rstrip() for row in page.rows(width, glyphs)]
    while lines and not lines[-1]:
        lines.pop()
    first = next((number for number, line in enumerate(lines) if line), 0)
    return tuple(lines[first:])
