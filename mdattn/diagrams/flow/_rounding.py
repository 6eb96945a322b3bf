"""What is said of rounding in a flow: one line, where it belongs.

A room of the kind `flow`. The weights as printed may not add up to 100 %, and a reader who goes on from the printed
numbers may come to others than the printed ones, in a column or in the output.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import exp
from typing import NamedTuple

from mdattn import numerals
from mdattn.diagrams.flow._numbers import Flow, Section
from mdattn.diagrams.flow._printed import PrintedFlow, PrintedHead, decimals_of, most_numbers, vector
from mdattn.study import notes
from mdattn.study.attended import TIED_NAMES
from mdattn.study.query import QueryHead, of_rounding, printed_as_given


class Rounding(NamedTuple):
    """The one line about rounding, where it belongs; nowhere if rounding hides nothing."""

    text: str = ""
    place: Section | None = None
    """Where a single thing is told, it stands below what it is about; else it stands below the whole."""
    head: int = 0
    """Whose table or sum it is, from 0."""


def rounding(flow: Flow, names: Sequence[str], page: PrintedFlow) -> Rounding:
    """What the weights add up to as printed, and what a reader comes to who goes on from the printed numbers."""
    exact = flow.options.arithmetic == "exact"
    totals: dict[int, str] = {}
    differing: dict[int, list[Differing]] = {}
    outputs: dict[int, str] = {}
    for number, (head, printed) in enumerate(zip(flow.heads, page.heads, strict=True)):
        if "attention" in flow.sections:
            rest = sum(head.weights[index] for index in flow.rest)
            total = notes.total_as_printed([*(head.weights[index] for index in flow.shown), rest], flow.finer)
            if total not in (notes.WHOLE, notes.NOTHING):
                totals[number] = total
            if exact and (found := _redone(flow, head, printed)):
                differing[number] = found
        if exact and (redone := _output_redone(flow, printed)):
            outputs[number] = redone
    if exact and flow.options.remarks == "all" and len({*totals, *differing}) + len(outputs) == 1:
        for number, text in outputs.items():
            said = f"Computed in full precision; the rounded weights above would give {text}."
            return Rounding(said, "output", number)
        (number,) = {*totals, *differing}
        given = printed_as_given(flow.found, flow.heads[number], flow.finer)
        return Rounding(_of_table(totals.get(number, ""), given, differing.get(number, []), names), "attention", number)
    given = all(printed_as_given(flow.found, flow.heads[number], flow.finer) for number in totals)
    numbered = {_numbered(flow, number): total for number, total in totals.items()}
    return Rounding(of_rounding(flow.options, numbered, _would_differ(flow, differing, outputs), _root(flow), given))


def _numbered(flow: Flow, head: int) -> int:
    """The number of a head from 1; 0 of a single one."""
    return head + 1 if len(flow.heads) > 1 else 0


def _would_differ(flow: Flow, differing: Mapping[int, Sequence[Differing]], outputs: Mapping[int, str]) -> str:
    """`4 last digits would differ and the output would be [13.00]`; "" if none of it is so."""
    count = sum(len(each.rows) for found in differing.values() for each in found)
    those = [notes.counted(count, "last digit")] if count else []
    if len(outputs) > 1:
        those.append(f"the outputs of {len(outputs)} heads")
    told = [f"{notes.listed(those)} would differ"] if those else []
    for head, text in outputs.items() if len(outputs) == 1 else ():
        number = _numbered(flow, head)
        told.append(f"the output{f' of head {number}' if number else ''} would be {text}")
    return notes.listed(told) if told else ""


def _of_table(total: str, given: bool, found: Sequence[Differing], names: Sequence[str]) -> str:
    """All that is said of the rounding of one table, in one line."""
    redone = _would_give(found, names) if found else ""
    if not total:
        return f"Computed in full precision: {redone}."
    if given:
        return f"As given, the column adds up to {total}{'; ' if redone else ''}{redone}."
    return f"Rounded: as printed the column adds up to {total}{', and ' if redone else ''}{redone}."


def _root(flow: Flow) -> str:
    """`(√3 = 1.73)`, where a pencil divides by it."""
    working = flow.heads[0].working
    return "".join(
        f" ({flow.glyphs.root}{step.root} = {numerals.text(float(step.value), flow.options.decimals)})"
        for step in (working.steps if working else ())
        if step.root > 1
    )


class Differing(NamedTuple):
    """Numbers of a column that a reader would get otherwise: where, and of each its row and what it would be."""

    where: str
    rows: list[tuple[int, str]]


def _redone(flow: Flow, head: QueryHead, printed: PrintedHead) -> list[Differing]:
    """What a reader who goes on from the printed numbers comes to, where that is not the printed number."""
    seen = [row for row, index in enumerate(flow.shown) if head.allowed[index]]
    before = _products(flow, head, printed)
    found = []
    for column, texts in zip(printed.columns, printed.scores, strict=True):
        known = [float(texts[row]) for row in seen]
        if before is not None:
            redone = before
            if column.step:
                keys = [flow.shown[row] for row in seen]
                redone = [column.step.redo(score, 0, 0, key) for key, score in zip(keys, before, strict=True)]
            rows = _differing(seen, known, redone, column.decimals)
            found.append(Differing(f' in the column "{column.head}"', rows))
        before = known
    if before and len(seen) == sum(head.allowed):
        top = max(before)
        exponentials = [exp(score - top) for score in before]
        total = sum(exponentials)
        known = [float(printed.shares[row].removesuffix(" %")) for row in seen]
        redone = [each / total * 100 for each in exponentials]
        found.append(Differing("", _differing(seen, known, redone, flow.finer - 2, " %")))
    return [each for each in found if each.rows]


def _differing(
    rows: Sequence[int], printed: Sequence[float], redone: Iterable[float], decimals: int, unit: str = ""
) -> list[tuple[int, str]]:
    """The rows whose number is another one when redone, and which."""
    return [
        (row, numerals.text(new, decimals) + unit)
        for row, old, new in zip(rows, printed, redone, strict=True)
        if numerals.rounded(new, decimals) != old
    ]


def _would_give(found: Sequence[Differing], names: Sequence[str]) -> str:
    if len(found) > 1 or len(found[0].rows) > TIED_NAMES:
        return f"from the rounded numbers, {sum(len(each.rows) for each in found)} last digits would differ"
    ((where, rows),) = found
    values = dict.fromkeys(text for _, text in rows)
    given = [
        f"{value} for " + notes.listed(f'"{names[row]}"' for row, text in rows if text == value) for value in values
    ]
    return f"the rounded numbers would give {notes.listed(given)}{where}"


def _products(flow: Flow, head: QueryHead, printed: PrintedHead) -> list[float] | None:
    """The dot products of the printed vectors with the visible keys; None where a reader cannot get others."""
    keys = printed.keys
    if keys is None or "embeddings" not in flow.sections:
        return None
    if most_numbers(len(head.query)) < len(head.query) or (flow.plain and flow.found.inputs_exact):
        return None
    query = [numerals.rounded(each, printed.query_decimals) for each in head.query]
    decimals = decimals_of(flow, keys)
    return [
        sum(one * numerals.rounded(other, decimals) for one, other in zip(query, key, strict=True))
        for key, index in zip(keys.rows, flow.shown, strict=True)
        if head.allowed[index]
    ]


def _output_redone(flow: Flow, printed: PrintedHead) -> str:
    """What the printed weights and values give, if that is printed in full and differs from the printed output."""
    values = printed.values
    if flow.rest or values is None or not printed.output or most_numbers(len(values.rows[0])) < len(values.rows[0]):
        return ""
    rows = values.rows
    if not (flow.plain and flow.found.inputs_exact):
        decimals = decimals_of(flow, values)
        rows = [[numerals.rounded(each, decimals) for each in row] for row in rows]
    weights = [float(weight or 0) for weight in printed.weights]
    redone = [
        sum(weight * each for weight, each in zip(weights, column, strict=True)) for column in zip(*rows, strict=True)
    ]
    text = vector(redone, flow.options.decimals, "")
    return "" if text == printed.output else " ".join(text)
