"""What a flow says: beside its tables, below them, and to who cannot see them.

A room of the kind `flow`. Every sentence is made from the numbers, and stands only where they call for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mdattn import numerals
from mdattn.diagrams.flow._numbers import FEWER_NUMBERS, TOLD_HEADS, Flow, second_of
from mdattn.diagrams.flow._printed import PrintedFlow, PrintedHead, ScoreColumn, most_numbers
from mdattn.diagrams.flow._rounding import Rounding
from mdattn.study import notes
from mdattn.study.attended import Attended
from mdattn.study.names import said
from mdattn.study.query import QueryHead


def heading(flow: Flow, page: PrintedFlow) -> str:
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
    flow: Flow, names: Sequence[str], query_name: str, head: QueryHead, found: Attended
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


def below_table(flow: Flow, head: QueryHead, printed: PrintedHead) -> Iterator[str]:
    """What must be said about the columns, and only then."""
    decimals = flow.options.decimals
    for column in printed.columns:
        yield from _formula(flow, column)
    if head.working and printed.columns:
        total = numerals.text(head.working.total, decimals)
        shift = numerals.text(head.working.shift, decimals)
        minus = f" of the score less {shift}, the largest" if head.working.shift else ""
        yield f"Attention: exp{minus}, divided by the sum of all exp, {total}."


def _formula(flow: Flow, column: ScoreColumn) -> Iterator[str]:
    """What the head of a column does not say of it: `T = 0.3333333333333333`, `Capped: 50 × tanh(score / 50).`"""
    if column.step is None:
        return
    behind = column.step.behind(flow.glyphs)
    if not behind:
        yield f"{column.head}: {column.step.formula('score', flow.glyphs)}."
    elif behind != column.head:
        yield f"{column.head.split()[-1]} = {behind.split()[-1]}"


def closing(flow: Flow, rounded: Rounding) -> Iterator[str]:
    """What holds for the whole diagram."""
    found = flow.found
    yield from notes.made_up(flow.options, found.embeddings, found.basis == "vectors")
    if rounded.place is None:
        yield rounded.text


def alternative(flow: Flow, page: PrintedFlow, label_of: Mapping[str, str]) -> str:
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
