"""The bars of both sides, in one form and at one scale: what is left of the first word, and the weight on it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from mdattn import cells, numerals
from mdattn.canvas import Canvas
from mdattn.diagrams.comparison._numbers import PERCENT, Comparison
from mdattn.glyphs import Glyphs
from mdattn.study.heads import WRITTEN_DECIMALS

MOST_ROWS = 12  # bars a side; of more words the first and the last are shown
FIRST_ROWS, LAST_ROWS = 6, 3
MOST_NUMBERS = 16  # of a vector that is printed
BARS = (20, 16, 12)  # cells of a full bar, the widest that fits


class Row(NamedTuple):
    long: str
    short: str
    share: float | None
    value: str
    remark: str


class Bars(NamedTuple):
    """The rows of both sides, None where words are left out, and the layout that both share."""

    before: tuple[Row | None, ...]
    after: tuple[Row | None, ...]
    brief: bool  # with the short labels
    label: int  # cells of the labels, the bars and the values
    bar: int
    value: int
    remarks: bool  # whether the remarks of each side stand beside its bars
    inputs: bool


def rows_listed(count: int) -> list[int | None]:
    """The words that have a bar; None is where others are left out."""
    indexes: list[int | None] = list(range(count))
    if count > MOST_ROWS:
        indexes[FIRST_ROWS : count - LAST_ROWS] = [None]
    return indexes


def bars_of(both: Comparison) -> Bars:
    """The rows of both sides, in the fullest form that fits."""
    indexes = rows_listed(both.n)
    before = tuple(None if index is None else _step(both, index) for index in indexes)
    after = tuple(None if index is None else _weight(both, index) for index in indexes)
    rows = [row for row in (*before, *after) if row]
    value = cells.widest([row.value for row in rows])
    labels_ = [(False, cells.widest([row.long for row in rows])), (True, cells.widest([row.short for row in rows]))]
    remark, inputs = (cells.widest([row.remark for row in side if row]) for side in (before, after))
    for remarks in (True, False):
        for brief, label in labels_:
            for bar in BARS:
                used = label + 1 + bar + 1 + value
                if used + (2 + remark if remarks else 0) <= both.wide:
                    beside = remarks and used + 2 + inputs <= both.wide
                    return Bars(before, after, brief, label, bar, value, remarks, beside)
    brief, label = labels_[-1]
    return Bars(before, after, brief, label, both.wide - label - value - 2, value, remarks=False, inputs=False)


def _step(both: Comparison, index: int) -> Row:
    word, share = both.words[index], both.memory[index]
    long = f'Step {index + 1}: process "{word}"'
    return Row(long, f"{index + 1} {word}", share, both.share(share), both.memory_word(share)[0])


def _weight(both: Comparison, index: int) -> Row:
    word, weight = both.words[index], both.weights[index]
    seen = both.sees[index]
    value = both.share(weight) if seen else both.glyphs.masked
    return Row(
        f'Word {index + 1}: "{word}"', f"{index + 1} {word}", weight if seen else None, value, inputs_of(both, index)
    )


def printing(both: Comparison) -> tuple[int, bool]:
    """The decimals of vectors or given scores, and whether they print in full so."""
    if both.options.scores is None:
        return both.study.input_decimals, both.study.inputs_exact
    dots = both.study.heads[0].trace.dot_products
    assert dots is not None
    need = numerals.decimals_needed(dots.ravel().tolist(), numerals.MOST_DECIMALS)
    return (need, True) if need <= WRITTEN_DECIMALS else (max(both.options.decimals, 1), False)


def inputs_of(both: Comparison, index: int) -> str:
    """What the weights of a word are computed from: its vector or its scores; nothing where they would be too many."""
    found = both.study
    if found.basis == "weights":
        return ""
    if found.basis == "scores":
        dots = found.heads[0].trace.dot_products
        row = [] if dots is None else dots[0, index].tolist()
    else:
        row = [] if found.embeddings is None else found.embeddings[index].tolist()
    return numerals.vector(row, printing(both)[0]) if len(row) <= MOST_NUMBERS else ""


def drifts(both: Comparison, bars: Bars) -> bool:
    """Whether a share, worked out from the printed one before it, would print otherwise."""
    decimals = max(PERCENT, both.options.decimals)
    printed = [
        None if row is None or row.share is None else numerals.rounded(row.share, decimals) for row in bars.before
    ]
    return any(
        before is not None
        and after is not None
        and numerals.rounded(before * both.options.retention, decimals) != after
        for before, after in pairwise(printed)
    )


def bar_rows(
    canvas: Canvas, both: Comparison, bars: Bars, rows: Sequence[Row | None], noun: str, remarks: bool
) -> None:
    for row in rows:
        if row is None:
            canvas.write(f"{both.glyphs.ellipsis} {both.n - FIRST_ROWS - LAST_ROWS} more {noun}s")
            continue
        label = cells.pad(row.short if bars.brief else row.long, bars.label)
        bar = "" if row.share is None else _bar(row.share, bars.bar, both.glyphs)
        line = f"{label} {cells.pad(bar, bars.bar)} {cells.right(row.value, bars.value)}"
        canvas.write(f"{line}  {row.remark}" if remarks and row.remark else line)


def _bar(share: float, cells_: int, glyphs: Glyphs) -> str:
    """A share of 1 as a bar; a full one takes all the cells."""
    parts = 2 if glyphs.half_bar else 1
    whole, half = divmod(int(numerals.rounded(share * cells_ * parts, 0)), parts)
    return glyphs.bar * whole + glyphs.half_bar * half
