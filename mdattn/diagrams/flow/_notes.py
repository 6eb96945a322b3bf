"""What a flow says: beside its tables, below them, and to who cannot see them.

A room of the kind `flow`. Every sentence is made from the numbers, and stands only where they call for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import exp

from mdattn import numerals
from mdattn.diagrams.flow._numbers import (
    FEWER_NUMBERS,
    TOLD_HEADS,
    Flow,
    Page,
    Printed,
    Scores,
    decimals_of,
    most_numbers,
    second_of,
    vector,
)
from mdattn.study import notes
from mdattn.study.attended import TIED_NAMES, Attended
from mdattn.study.names import said
from mdattn.study.notes import counted
from mdattn.study.query import Head


def heading(flow: Flow, page: Page) -> str:
    """What the vectors under the words are."""
    first = page.parts[0]
    noun = flow.noun.capitalize()
    count = max(part.dimensions for part in page.parts)
    labels_ = [part.label.split()[0] for part in page.parts]
    if labels_[0] == "input" or labels_[0] == "head":
        whole = sum(part.dimensions for part in page.parts) if labels_[0] == "head" else first.dimensions
        text = f"{noun} embeddings, d = {whole}"
        if labels_[0] == "head":
            text += f", divided among {len(page.parts)} heads"
        elif len(page.parts) > 1:
            text += f", with {notes.listed(dict.fromkeys(label + 's' for label in labels_[1:]))}"
    else:
        text = f"{notes.listed(dict.fromkeys(label + 's' for label in labels_)).capitalize()}, d = {first.dimensions}"
        if "value" not in labels_ and "output" in flow.sections:
            text += ", which are the values too"
    if most_numbers(count) < count:
        text += f" (first {FEWER_NUMBERS} numbers shown)"
    return text


def remarks(
    flow: Flow, names: Sequence[str], query_name: str, head: Head, found: Attended
) -> tuple[list[tuple[int, str]], list[str]]:
    """Remarks as (row, text) to stand beside the table, and the same as sentences to stand below it."""
    rows = {key: row for row, key in enumerate(flow.shown)}
    if flow.options.annotations is not None:
        given = [(rows[key], text) for key, text in flow.annotated]
        return given, [f'"{names[row]}": {text}' for row, text in given]
    query = f'"{query_name}"'
    if not found.keys:
        why = ": every key is masked" if found.how == "nothing" else ""
        return [], [f"{query} {found.said('', str)}{why}."]
    share = numerals.percent(head.weights[found.keys[0]], flow.finer)
    words = found.said(share, lambda key: f'"{names[rows[key]]}"')
    beside = [(rows[found.keys[0]], found.beside)] if found.beside else []
    return beside, [f"{query} {words}."]


def below_table(flow: Flow, names: Sequence[str], head: Head, printed: Printed) -> Iterator[str]:
    """What must be said about the columns, and only then."""
    options = flow.options
    rest = sum(head.weights[index] for index in flow.rest)
    rounded = notes.rounded_column([*(head.weights[index] for index in flow.shown), rest], flow.finer)
    redone = "" if head.working and printed.columns else _redone(flow, names, head, printed)
    if options.remarks == "all":
        yield from _of_rounding(rounded, redone)
    for column in printed.columns:
        yield from _formula(flow, column)
    if head.working and printed.columns:
        total = numerals.text(head.working.total, options.decimals)
        shift = numerals.text(head.working.shift, options.decimals)
        minus = f" of the score less {shift}, the largest" if head.working.shift else ""
        yield f"Attention: exp{minus}, divided by the sum of all exp, {total}."


def _of_rounding(rounded: str | None, redone: str) -> Iterator[str]:
    """All that is said of rounding, in one line."""
    if rounded:
        yield f"{rounded[:-1]}, and {redone}." if redone else rounded
    elif redone:
        yield f"Computed in full precision: {redone}."


def _formula(flow: Flow, column: Scores) -> Iterator[str]:
    """What the head of a column does not say of it: `T = 0.3333333333333333`, `Capped: 50 × tanh(score / 50).`"""
    if column.step is None:
        return
    behind = column.step.behind(flow.glyphs)
    if not behind:
        yield f"{column.head}: {column.step.formula('score', flow.glyphs)}."
    elif behind != column.head:
        yield f"{column.head.split()[-1]} = {behind.split()[-1]}"


def _redone(flow: Flow, names: Sequence[str], head: Head, printed: Printed) -> str:
    """What a reader who goes on from the printed numbers comes to, where that is not the printed number."""
    seen = [row for row, index in enumerate(flow.shown) if head.allowed[index]]
    before = _products(flow, head, printed)
    found: list[tuple[str, list[tuple[int, str]]]] = []
    for column, texts in zip(printed.columns, printed.scores, strict=True):
        known = [float(texts[row]) for row in seen]
        if before is not None:
            redone = before
            if column.step:
                keys = [flow.shown[row] for row in seen]
                redone = [column.step.redo(score, 0, 0, key) for key, score in zip(keys, before, strict=True)]
            found.append((f' in the column "{column.head}"', _differing(seen, known, redone, column.decimals)))
        before = known
    if before and len(seen) == sum(head.allowed):
        top = max(before)
        exponentials = [exp(score - top) for score in before]
        total = sum(exponentials)
        known = [float(printed.shares[row].removesuffix(" %")) for row in seen]
        redone = [each / total * 100 for each in exponentials]
        found.append(("", _differing(seen, known, redone, flow.finer - 2, " %")))
    found = [each for each in found if each[1]]
    if not found:
        return ""
    if len(found) == 1 and len(found[0][1]) <= TIED_NAMES:
        return _would_give(*found[0], names)
    return f"from the rounded numbers, {sum(len(rows) for _, rows in found)} last digits would differ"


def _differing(
    rows: Sequence[int], printed: Sequence[float], redone: Iterable[float], decimals: int, unit: str = ""
) -> list[tuple[int, str]]:
    """The rows whose number is another one when redone, and which."""
    return [
        (row, numerals.text(new, decimals) + unit)
        for row, old, new in zip(rows, printed, redone, strict=True)
        if numerals.rounded(new, decimals) != old
    ]


def _would_give(where: str, differing: Sequence[tuple[int, str]], names: Sequence[str]) -> str:
    values = dict.fromkeys(text for _, text in differing)
    given = [
        f"{value} for " + notes.listed(f'"{names[row]}"' for row, text in differing if text == value)
        for value in values
    ]
    return f"the rounded numbers would give {notes.listed(given)}{where}"


def _products(flow: Flow, head: Head, printed: Printed) -> list[float] | None:
    """The dot products of the printed vectors with the visible keys; None where a reader cannot get others."""
    keys = printed.keys
    if keys is None or most_numbers(len(head.query)) < len(head.query) or (flow.plain and flow.found.inputs_exact):
        return None
    decimals = printed.query_decimals
    query = [numerals.rounded(each, decimals) for each in head.query]
    return [
        sum(one * numerals.rounded(other, decimals) for one, other in zip(query, key, strict=True))
        for key, index in zip(keys.rows, flow.shown, strict=True)
        if head.allowed[index]
    ]


def output_redone(flow: Flow, head: Head, printed: Printed) -> str | None:
    """What the printed weights and values give, if that is printed in full and differs from the printed output."""
    values = printed.values
    if flow.options.arithmetic == "shown" or flow.options.remarks == "none" or flow.rest or values is None:
        return None
    if most_numbers(len(head.output)) < len(head.output):
        return None
    rows = values.rows
    if not (flow.plain and flow.found.inputs_exact):
        decimals = decimals_of(flow, values)
        rows = [[numerals.rounded(each, decimals) for each in row] for row in rows]
    weights = [float(weight or 0) for weight in printed.weights]
    redone = [
        sum(weight * each for weight, each in zip(weights, column, strict=True)) for column in zip(*rows, strict=True)
    ]
    text = vector(redone, flow.options.decimals, "")
    return None if text == printed.output else " ".join(text)


def closing(flow: Flow) -> Iterator[str]:
    """What holds for the whole diagram."""
    found, options = flow.found, flow.options
    if found.embeddings is not None:
        yield from notes.made_up(options, found.embeddings.shape[1], found.basis == "vectors")
    if options.arithmetic == "shown":
        working = flow.heads[0].working
        root = "".join(
            f" ({flow.glyphs.root}{step.root} = {numerals.text(float(step.value), options.decimals)})"
            for step in (working.steps if working else ())
            if step.root > 1
        )
        yield f"Each number is rounded to {counted(options.decimals, 'decimal')} before the next step uses it{root}."


def alternative(flow: Flow, page: Page, label_of: Mapping[str, str]) -> str:
    """The same in a few sentences, made from the numbers; a name that is too long for them stands as its label."""
    names = {key: said([flow.names[key]], [label_of.get(flow.names[key], "")])[0] for key in flow.shown}
    (query,) = said([flow.query_name], [label_of.get(flow.query_name, "")])
    sentences = []
    for head, found in zip(flow.heads[:TOLD_HEADS], flow.attended, strict=False):
        who = f"In h{head.title.removeprefix('H')}, '{query}'" if head.title else f"'{query}'"
        share = numerals.text(max(head.weights), flow.finer)
        words = found.said(share, lambda key: f"'{names[key]}'")
        if (second := second_of(head, found)) is not None:
            name = "itself" if second == flow.itself else f"'{names[second]}'"
            words += f", then to {name}, {numerals.text(head.weights[second], flow.finer)}"
        sentences.append(f"{who} {words}.")
    if len(flow.heads) == 1 and "output" in flow.sections:
        sentences.append("The output is " + " ".join(page.heads[0].output) + ".")
    return " ".join(sentences)
