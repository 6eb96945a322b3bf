"""The legend below a picture: in full, the names that stand in it by their labels, and no others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from mdattn.glyphs import Glyphs
from mdattn.layout import Below, Block, Rows, Text
from mdattn.study import notes
from mdattn.study.names import standing_in


class Explained(NamedTuple):
    """A picture, and below it each label that stands in it, in full."""

    picture: Block
    legend: Sequence[tuple[str, str]]
    """(label, name) of all names that were cut, wherever they may stand."""
    words: Callable[[], str]
    """The text alternative of the picture."""
    captioned: bool
    """Whether the words stand on the page too."""

    @property
    def least(self) -> int:
        """As narrow as the picture: what is explained may be divided."""
        return self.picture.least

    def rows(self, room: int, glyphs: Glyphs) -> Sequence[str]:
        """The picture comes first, as it is not known before which labels have found room in it."""
        rows = self.picture.rows(room, glyphs)
        if not self.legend:
            return rows
        said = standing_in([*rows, *([self.words()] if self.captioned else [])], self.legend)
        return Below([Rows(rows), *map(Text, notes.legend(said))]).rows(room, glyphs)
