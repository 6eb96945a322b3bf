"""The bars of both sides, from one zero and on one scale: what is left of the first word, and the weight on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from mdattn import numerals
from mdattn.diagrams.comparison._numbers import Comparison
from mdattn.layout import Bar, Bars
from mdattn.study.heads import WRITTEN_DECIMALS

MOST_ROWS = 12  # bars a side; of more words the first and the last are shown
FIRST_ROWS, LAST_ROWS = 6, 3
MOST_NUMBERS = 16  # of a vector that is printed
LENGTHS = (20, 16, 12)  # cells of a full bar, the first that fits
_BRIEF = "{} {}"
_LABELS = (('Step {}: process "{}"', 'Word {}: "{}"'), (_BRIEF, _BRIEF))

_Rows = Sequence[Bar | str]


class Sides(NamedTuple):
    """The bars of both sides, in one form."""

    before: Bars
    after: Bars
    inputs: Sequence[tuple[str, str]]
    """What the weights are computed from, as (word, its vector or its scores), as far as it is printed."""
    beside: bool
    """Whether this stands beside the bars of the weights."""

    @property
    def least(self) -> int:
        """As wide as the wider side."""
        return max(self.before.least, self.after.least)


def sides_of(both: Comparison) -> Iterator[Sides]:
    """Both sides in all their forms, the fullest first: with remarks, with long labels, with long bars."""
    width = both.options.width
    texts = {index: _inputs(both, index) for index in rows_listed(both.n) if index is not None}
    inputs = [(_BRIEF.format(index + 1, both.words[index]), text) for index, text in texts.items() if text]
    for remarked in (True, False):
        for labels in _LABELS:
            before, after = _shares(both, labels[0]), _weights(both, labels[1], texts)
            for length in LENGTHS:
                beside = remarked and Bars(after, length, before).least <= width
                rows = before if remarked else _bare(before), after if beside else _bare(after)
                yield _sides(*rows, length, inputs, beside=beside)
    # As long as there is room for.
    before, after = _bare(before), _bare(after)
    spare = width - Bars(before, 1, after).least
    yield _sides(before, after, 1 + max(0, spare), inputs, beside=False)


def _sides(before: _Rows, after: _Rows, length: int, inputs: Sequence[tuple[str, str]], *, beside: bool) -> Sides:
    return Sides(Bars(before, length, after), Bars(after, length, before), inputs, beside)


def _bare(rows: _Rows) -> _Rows:
    """Without remarks."""
    return [row if isinstance(row, str) else row._replace(remark="") for row in rows]


def rows_listed(count: int) -> list[int | None]:
    """The words that have a bar; None is where others are left out."""
    indexes: list[int | None] = list(range(count))
    if count > MOST_ROWS:
        indexes[FIRST_ROWS : count - LAST_ROWS] = [None]
    return indexes


def _left_out(both: Comparison, noun: str) -> str:
    return f"{both.glyphs.ellipsis} {both.n - FIRST_ROWS - LAST_ROWS} more {noun}s"


def _shares(both: Comparison, label: str) -> _Rows:
    """What is left of the first word after each step, and what that is called."""
    rows: list[Bar | str] = []
    for index in rows_listed(both.n):
        if index is None:
            rows.append(_left_out(both, "step"))
            continue
        share = both.memory[index]
        word, _ = both.memory_word(share)
        rows.append(Bar(label.format(index + 1, both.words[index]), share, both.share(share), word))
    return rows


def _weights(both: Comparison, label: str, inputs: Mapping[int, str]) -> _Rows:
    """The weight of each word on the first, and what it is computed from."""
    rows: list[Bar | str] = []
    for index in rows_listed(both.n):
        if index is None:
            rows.append(_left_out(both, "word"))
            continue
        weight = both.weights[index] if both.sees[index] else None
        value = both.glyphs.masked if weight is None else both.share(weight)
        rows.append(Bar(label.format(index + 1, both.words[index]), weight, value, inputs[index]))
    return rows


def printing(both: Comparison) -> tuple[int, bool]:
    """The decimals of vectors or given scores, and whether they print in full so."""
    if both.options.scores is None:
        return both.study.input_decimals, both.study.inputs_exact
    dots = both.study.heads[0].trace.dot_products
    assert dots is not None
    need = numerals.decimals_needed(dots.ravel().tolist(), numerals.MOST_DECIMALS)
    return (need, True) if need <= WRITTEN_DECIMALS else (max(both.options.decimals, 1), False)


def _inputs(both: Comparison, index: int) -> str:
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


def drifts(both: Comparison) -> bool:
    """Whether a share, worked out from the printed one before it, would print otherwise."""
    decimals = both.decimals
    printed = [
        None if index is None else numerals.rounded(both.memory[index], decimals) for index in rows_listed(both.n)
    ]
    return any(
        before is not None
        and after is not None
        and numerals.rounded(before * both.options.retention, decimals) != after
        for before, after in pairwise(printed)
    )
