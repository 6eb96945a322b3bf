"""What a heatmap shows: the tokens of its sides, its weights and their levels, and what stands out in them.

Floor 3, a room of the kind `heatmap`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
from msgspec import Struct, field

from mdattn import cells, numerals
from mdattn.diagrams.heatmap._levels import Scale
from mdattn.diagrams.heatmap._options import Mode, Options
from mdattn.glyphs import Glyphs
from mdattn.study.attended import Largest, attended, largest
from mdattn.study.heads import HeadStudy, Study
from mdattn.study.names import LONGEST, LONGEST_SAID, Labels, labelled
from mdattn.study.tokens import noun_of

if TYPE_CHECKING:
    from mdattn.study.given import Array, Mask

Above = Literal["words", "numbers", "ticks"]
"""What stands above the columns."""

SQUARES = 3  # cells of a weight drawn in squares: one level each
WIDE, LONGEST_NARROW = 48, 10  # from which width words stand in full up to LONGEST; else up to these
STRONGEST = 3


class Axis(Struct, frozen=True, dict=True):
    """The tokens of one side, and how many of them one line of the heatmap stands for."""

    tokens: tuple[str, ...]
    names: tuple[str, ...]
    """Of equal tokens the second is `the#2`."""
    block: int = 1

    @cached_property
    def plain(self) -> tuple[str, ...]:
        """Where a number stands beside each, equal tokens stay equal: the name of the first."""
        first: dict[str, str] = {}
        return tuple([first.setdefault(token, name) for token, name in zip(self.tokens, self.names, strict=True)])

    @property
    def starts(self) -> range:
        """The position from 0 of the first token of each line."""
        return range(0, len(self.tokens), self.block)

    def spans(self, dash: str) -> tuple[str, ...]:
        """`1–4`, `5–8`, …: the positions from 1 of each line."""
        total = len(self.tokens)
        ends = [min(start + self.block, total) for start in self.starts]
        return tuple(
            f"{start + 1}{dash}{end}" if end > start + 1 else str(end)
            for start, end in zip(self.starts, ends, strict=True)
        )


class Heatmap(Struct, frozen=True, dict=True):
    """The heatmap before it is laid out."""

    options: Options
    found: Study
    glyphs: Glyphs
    mode: Mode
    rows: Axis
    columns: Axis
    given: tuple[tuple[int, str], ...] | None
    """The author's remarks as (query, text); None where they are to be made from the numbers."""
    remarks: dict[Above, list[list[str]]] = field(default_factory=dict)
    squeezed: int | None = None
    """Cells of a label, where the form leaves less room for them than usual."""

    @property
    def cross(self) -> bool:
        return self.options.key_tokens is not None

    @property
    def pooled(self) -> bool:
        return self.rows.block > 1 or self.columns.block > 1

    @property
    def noun(self) -> str:
        return noun_of(self.options)

    @property
    def cell_widths(self) -> tuple[int, ...]:
        """What a cell may take, the roomiest first."""
        number = self.options.decimals + 2 if self.options.decimals else 1
        table: dict[Mode, tuple[int, ...]] = {
            "squares": (SQUARES,),
            "shades": (3, 2, 1),
            "numbers": (max(number, 3),),
            "both": (SQUARES + 1 + number,),
        }
        return table[self.mode]

    @property
    def longest(self) -> int:
        return self.squeezed or (LONGEST if self.options.width >= WIDE else LONGEST_NARROW)

    @cached_property
    def scale(self) -> Scale:
        return Scale.of(len(self.columns.starts), self.options.decimals, self.mode == "both")

    @cached_property
    def strongest(self) -> list[Largest]:
        """The largest weights of each head, but for queries that have no choice."""
        return [
            largest(_chosen(head.trace.weights[0], head.trace.allowed[0]), STRONGEST, self.options.decimals)
            for head in self.found.heads
        ]

    @cached_property
    def labels(self) -> Labels:
        """Of the rows, and of the columns if their tokens are others."""
        names = (*self.rows.names, *self.columns.names) if self.cross else self.rows.names
        return labelled(names, self.longest, self.glyphs.ellipsis)

    @cached_property
    def label_of(self) -> dict[str, str]:
        """The label of each name that was cut."""
        return {name: label for label, name in self.labels.legend}

    def labels_of(self, axis: Axis, numbered: bool) -> tuple[str, ...]:
        """The tokens of a side as they stand in the table."""
        return tuple([self.label_of.get(name, name) for name in (axis.plain if numbered else axis.names)])

    def named(self, above: Above, axis: Axis, at: int, label_of: Mapping[str, str] | None = None) -> str:
        """A token as remarks name it: `"the#2"`, or where the axis is numbered `5 "the"`; a long one by its label."""
        numbered = above != "words"
        name = axis.plain[at] if numbered else axis.names[at]
        if cells.width(name) > LONGEST_SAID:
            name = (self.label_of if label_of is None else label_of).get(name, name)
        return f'{at + 1} "{name}"' if numbered else f'"{name}"'

    @property
    def annotated_below(self) -> bool:
        """Whether the author's remarks stand below the whole, as there is not one row for each."""
        return bool(self.given) and (len(self.found.heads) > 1 or self.rows.block > 1)

    def remark(self, above: Above) -> list[list[str]]:
        """What is remarked about each row of each head, "" where nothing is."""
        if above not in self.remarks:
            self.remarks[above] = [self._remark(head, above) for head in self.found.heads]
        return self.remarks[above]

    def _remark(self, head: HeadStudy, above: Above) -> list[str]:
        if self.given is not None or self.rows.block > 1:
            by_row = dict(self.given or ()) if len(self.found.heads) == 1 and self.rows.block == 1 else {}
            return [by_row.get(row, "") for row in range(len(self.rows.starts))]
        names = [self.named(above, self.columns, key) for key in range(len(self.columns.tokens))]
        return self.told(head, names, " ({})")

    def told(self, head: HeadStudy, names: Sequence[str], aside: str) -> list[str]:
        """What stands out in each row of a head."""
        decimals = self.options.decimals
        rows = zip(head.trace.weights[0].tolist(), head.trace.allowed[0].tolist(), strict=True)
        return [
            attended(weights, allowed, decimals, None if self.cross else row).said(
                numerals.text(max(weights), decimals), names.__getitem__, aside
            )
            for row, (weights, allowed) in enumerate(rows)
        ]


def _chosen(weights: Array, allowed: Mask) -> Array:
    """weights, allowed [query, key] -> the weights, 0 for queries that see a single key."""
    choice = allowed.sum(axis=1) > 1
    return weights if choice.all() else np.where(choice[:, None], weights, 0.0)


def values_of(heatmap: Heatmap, head: HeadStudy) -> tuple[Array, Mask]:
    """weights and allowed of one head [row, column]: of blocks, the mean over queries of the sums over keys."""
    weights, allowed = head.trace.weights[0], head.trace.allowed[0]
    if heatmap.pooled:
        down, across = list(heatmap.rows.starts), list(heatmap.columns.starts)
        counts = np.diff([*down, len(heatmap.rows.tokens)])[:, None]
        weights = np.add.reduceat(np.add.reduceat(weights, across, axis=1), down, axis=0) / counts
        allowed = np.logical_or.reduceat(np.logical_or.reduceat(allowed, across, axis=1), down, axis=0)
    return weights, allowed
