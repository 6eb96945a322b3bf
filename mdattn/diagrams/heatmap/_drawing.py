"""A heatmap as blocks of a page, head by head, panel by panel.

Floor 3, a room of the kind `heatmap`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from mdattn import cells, numerals
from mdattn.diagrams._kind import Diagram
from mdattn.diagrams._opening import openings, sentences, titled
from mdattn.diagrams.heatmap._forms import Fitted, beside, fitted_of, key_axis, query_axis
from mdattn.diagrams.heatmap._notes import alternative, legend_of, notes_of, rounded, sign_of, strongest
from mdattn.diagrams.heatmap._numbers import Heatmap, values_of
from mdattn.diagrams.heatmap._options import Options
from mdattn.glyphs import Glyphs
from mdattn.layout import GAP, Below, Block, Grid, Rows, Text, arranged, headed, lines_of
from mdattn.study import notes
from mdattn.study.heads import HeadStudy
from mdattn.study.names import standing_in
from mdattn.study.printed import units_of

TITLE = "ATTENTION WEIGHTS"
MOST_REMARKS = 16  # below the table; of more rows, only the strongest pairs are named


def draw(options: Options) -> Diagram:
    """The weights of every query as a heatmap, one a head. Raises OptionError."""
    heatmap, fitted = fitted_of(options)
    picture = Below(list(_blocks(heatmap, fitted))).rows(options.width, heatmap.glyphs)
    # It is not known before which labels have found room in it.
    legend = standing_in(picture, heatmap.labels.legend)
    rows = _filled(notes.legend(legend), options.width - fitted.indent) if legend else []
    page = Below([Rows(picture), Below(list(map(Text, rows)), fitted.indent)])
    label_of = {name: label for label, name in legend}
    return Diagram(lines_of(page, options.width, heatmap.glyphs), lambda: alternative(heatmap, label_of))


def _blocks(heatmap: Heatmap, fitted: Fitted) -> Iterator[Block]:
    """The page from top to bottom."""
    options, heads = heatmap.options, heatmap.found.heads
    yield titled(options, TITLE)
    above = sentences(heatmap.rows.tokens, heatmap.columns.tokens)
    yield from openings(above, heatmap.noun, heatmap.labels.legend, options.width, heatmap.glyphs)
    inked = [_inked(heatmap, fitted.form.cell, head) for head in heads]
    said = rounded(heatmap, fitted, [each.sums for each in inked])
    for index, head in enumerate(heads):
        yield GAP
        yield Text(head.title(index + 1, len(heads)))
        yield from _head(heatmap, fitted, index, inked[index].cells, said if len(heads) == 1 else "")
    yield Below(list(_closing(heatmap, fitted, said if len(heads) > 1 else "")), fitted.indent)


class _Inked(NamedTuple):
    """The cells of one head."""

    cells: list[list[str]]
    """As text [row][column]."""
    sums: list[int | None]
    """Of each row the sum of its numbers as printed, in units of the last decimal; None where all is masked."""


def _inked(heatmap: Heatmap, size: int, head: HeadStudy) -> _Inked:
    """The cells of a head, each `size` wide."""
    weights, allowed = values_of(heatmap, head)
    glyphs = heatmap.glyphs
    decimals = heatmap.options.decimals if heatmap.mode == "numbers" else heatmap.scale.decimals
    units = units_of(weights, decimals).tolist()
    # As many texts as there are numbers, and no more.
    texts = {}
    for each in set().union(*units):
        level = bisect_right(heatmap.scale.starts, each)
        number = numerals.text(each / 10**decimals, decimals) if heatmap.mode in ("numbers", "both") else ""
        texts[each] = cells.centre(f"{sign_of(heatmap, level, size)} {number}".strip(), size)
    inked = [[texts[each] for each in row] for row in units]
    if not allowed.all():
        masked = cells.centre(glyphs.masked, size)
        for row, column in np.argwhere(~allowed).tolist():
            inked[row][column] = masked
    return _Inked(inked, [sum(row) if may.any() else None for row, may in zip(units, allowed, strict=True)])


def _head(
    heatmap: Heatmap, fitted: Fitted, index: int, inked: Sequence[Sequence[str]], rounding: str
) -> Iterator[Block]:
    """The panels of one head, what is said of its rounding, and its remarks."""
    margin = " " * fitted.indent
    rows = [margin + label for label in fitted.labels]
    grid = Grid(rows, inked, fitted.widths, lambda panel: _axes(heatmap, fitted, panel), fitted.first, fitted.form.gap)
    lines = list(grid.rows(heatmap.options.width, heatmap.glyphs))
    together = heatmap.given is not None or beside(heatmap, fitted)
    end, first = fitted.end(fitted.panels[-1]), len(lines) - len(rows)
    room = heatmap.options.width - end
    below: list[tuple[str, str]] = []
    for row, text in enumerate(heatmap.remark(fitted.form.above)[index]):
        if text and together and cells.width(text) <= room:
            lines[first + row] = cells.pad(lines[first + row], end) + text
        elif text:
            below.append((fitted.labels[row], text))
    yield Rows(lines)
    said: list[Block] = [Text(rounding)]
    if heatmap.given is None and (len(below) > MOST_REMARKS or heatmap.rows.block > 1):
        said += [GAP, Text(strongest(heatmap, fitted.form.above, index))]
    elif below:
        said += [GAP, _Remarks(below)]
    yield Below(said, fitted.indent)


def _axes(heatmap: Heatmap, fitted: Fitted, panel: range) -> Sequence[str]:
    """Which side asks, which side answers, and what stands above the columns."""
    keys = key_axis(heatmap, panel, len(fitted.panels))
    axis = query_axis(heatmap.glyphs)
    if fitted.form.tight:
        rows, axis = [*Text(f"{axis}  {keys}", hang=0).rows(heatmap.options.width, heatmap.glyphs)], ""
    else:
        rows = [" " * fitted.first + keys]
    if fitted.form.above == "ticks":
        above = _ticks(heatmap, fitted, panel)
    else:
        above = headed(fitted.above, fitted.widths, panel, fitted.form.gap)
    return [*rows, cells.pad(" " * fitted.indent + axis, fitted.first) + above]


def _ticks(heatmap: Heatmap, fitted: Fitted, panel: range) -> str:
    """Position numbers above the first column and above every fifth or tenth."""
    size, block = fitted.form.cell, heatmap.columns.block
    room = heatmap.options.width - fitted.first
    every = next(each for each in (5, 10, 20) if each * size > len(fitted.above[-1]))
    ruler = ""
    for place, column in enumerate(panel):
        # Tokens one by one are marked at round numbers, blocks at every fifth.
        marked = not place or ((column + 1) % every == 0 if block == 1 else place % every == 0)
        start = place * size
        if marked and start >= len(ruler) + bool(ruler) and start + len(fitted.above[column]) <= room:
            ruler = ruler.ljust(start) + fitted.above[column]
    return ruler


class _Remarks(NamedTuple):
    """Remarks below the table, each after the label of its row."""

    remarks: Sequence[tuple[str, str]]

    @property
    def start(self) -> int:
        """Where the remarks begin."""
        return cells.widest([label for label, _ in self.remarks]) + 2

    @property
    def least(self) -> int:
        """With the longest word divided."""
        return self.start + max(Text(text, hang=0).least for _, text in self.remarks)

    def rows(self, room: int, glyphs: Glyphs) -> Sequence[str]:
        """The remarks below each other."""
        start, rows = self.start, []
        for label, text in self.remarks:
            first, *others = cells.wrap(text, room - start)
            rows.append(cells.pad(label, start) + first)
            rows += [" " * start + each for each in others]
        return rows


def _closing(heatmap: Heatmap, fitted: Fitted, rounding: str) -> Iterator[Block]:
    """What holds for the whole diagram: the legend of the cells, and the notes."""
    if heatmap.given and heatmap.annotated_below:
        names = heatmap.labels_of(heatmap.rows, False)
        yield from (GAP, _Remarks([(names[row], text) for row, text in heatmap.given]))
    yield GAP
    if heatmap.options.legend:
        yield Rows(_filled(list(legend_of(heatmap, fitted)), heatmap.options.width - fitted.indent))
    yield Text(rounding)
    yield from map(Text, notes_of(heatmap))


def _filled(items: Sequence[str], room: int) -> list[str]:
    """The items side by side in as few lines as they fit."""
    for gap in (3, 2):
        rows = arranged([cells.width(item) for item in items], room, gap)
        lines = [(" " * gap).join(items[each] for each in row) for row in rows]
        if len(lines) <= 1:
            break
    return lines
