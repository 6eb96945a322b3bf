"""The flow as blocks of a page, and these as lines.

A room of the kind `flow`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from mdattn import cells, numerals
from mdattn.diagrams._kind import Diagram
from mdattn.diagrams._legend import Explained
from mdattn.diagrams._opening import long_words, openings, titled
from mdattn.diagrams.flow import _notes as _flow_notes
from mdattn.diagrams.flow._numbers import Flow, Options, Section, flow_of
from mdattn.diagrams.flow._printed import PrintedFlow, PrintedHead, VectorRows, printed_of, vector
from mdattn.diagrams.flow._rounding import Rounding, rounding
from mdattn.glyphs import DOWN, LEFT, RIGHT, Glyphs
from mdattn.layout import (
    GAP,
    Abreast,
    Below,
    Block,
    Column,
    Pieces,
    Remarked,
    Table,
    Text,
    bar,
    boxed,
    fitting,
    lines_of,
)
from mdattn.study.attended import Attended
from mdattn.study.names import LONGEST, labelled
from mdattn.study.query import QueryHead

INDENT = 5  # of what stands below the heading of a step, where there is room
LONGEST_NARROW = 9  # cells of a word where the width is short; LONGEST elsewhere
WIDE = 48
BAR, SHORTEST_BAR = 12, 6  # cells of the bar of the largest weight
HEAD_ROWS = 3  # of a table, above its first key


def draw(options: Options) -> Diagram:
    """The flow of one query. Raises OptionError."""
    flow = flow_of(options)
    page = printed_of(flow)
    lengths = (LONGEST, LONGEST_NARROW) if options.width >= WIDE else (LONGEST_NARROW,)
    form = fitting(options.width, (_form(flow, page, longest) for longest in lengths))
    return Diagram(lines_of(form, options.width, flow.glyphs), form.words)


class _Labelled(NamedTuple):
    """A flow, and the names of the shown keys as labels, cut to fit."""

    flow: Flow
    page: PrintedFlow
    names: list[str]
    query_name: str
    rounding: Rounding

    def rounded(self, section: Section, head: QueryHead) -> Iterator[Text]:
        """The line about rounding, if it stands below what a section shows of the head."""
        if self.rounding.place == section and head is self.flow.heads[self.rounding.head]:
            yield Text(self.rounding.text)


def _form(flow: Flow, page: PrintedFlow, longest: int) -> Explained:
    """The whole diagram, with words of at most `longest` cells."""
    mark = flow.glyphs.ellipsis
    width, tokens = flow.options.width, flow.found.tokens
    above = [("Sentence", tokens)]
    if flow.itself is None:
        above.append(("Attends to", flow.found.key_tokens))
    full = [*(flow.names[index] for index in flow.shown), flow.query_name]
    every, legend = labelled([*full, *long_words(above, width)], longest, mark)
    *names, query_name = every[: len(full)]
    words = _Labelled(flow, page, names, query_name, rounding(flow, names, page))
    blocks: list[Block] = [titled(flow.options), GAP, *openings(above, flow.noun, legend, width, flow.glyphs)]
    sections = [list(_BLOCKS[section](words)) for section in flow.sections]
    indent = _indent(flow.options.width, [block for section in sections for block in section])
    for number, (section, said) in enumerate(zip(flow.sections, sections, strict=True), 1):
        heading = Text(f"Step {number}: {_HEADINGS[section](words)}")
        blocks += [GAP, heading, Below(said, 0 if section == "embeddings" else indent)]
    blocks += [GAP, *map(Text, _flow_notes.closing(flow, words.rounding))]
    label_of = {full: label for label, full in legend}
    return Explained(Below(blocks), legend, lambda: _flow_notes.alternative(flow, page, label_of), flow.options.caption)


def _indent(width: int, blocks: Sequence[Block]) -> int:
    """How far in everything below a heading stands, so that no table is divided for it."""
    tables = [block.block if isinstance(block, Remarked) else block for block in blocks]
    widest = [piece.width for table in tables if isinstance(table, Table) for piece in table.divided(width)]
    pieces = [block.least for block in blocks if isinstance(block, Pieces)]
    return max(0, min(INDENT if width >= WIDE else 2, width - max([*widest, *pieces], default=0)))


# Embeddings -----------------------------------------------------------------------------------------------------------


class _Word(NamedTuple):
    """A word in a box, with an arrow down to its vectors in another."""

    name: str
    vectors: Sequence[Sequence[str]]
    least: int
    heights: Sequence[int] = ()

    def rows(self, room: int, glyphs: Glyphs, heights: Sequence[int] = ()) -> Sequence[str]:
        """As wide as both boxes."""
        inner, middle = self.least - 4, (self.least - 1) // 2
        *above, foot = boxed([[self.name]], inner, glyphs, centred=True)
        foot = foot[:middle] + glyphs.lines[LEFT | RIGHT | DOWN] + foot[middle + 1 :]
        arrow = " " * middle + glyphs.down + " " * (self.least - middle - 1)
        return [*above, foot, arrow, *boxed(self.vectors, inner, glyphs, centred=True)]


def _embeddings(labelled: _Labelled) -> Iterator[Block]:
    """The words in boxes, and under each its vectors."""
    flow, parts = labelled.flow, labelled.page.parts
    if flow.rest:
        own = "" if flow.itself is None else f"the query's own {flow.noun} and "
        count = f"{len(flow.shown)} of {numerals.count(len(flow.names))}"
        yield Text(f"Shown: {own}the {flow.noun}s with the largest weights, {count}.")
    inner = max(part.width for part in parts)
    vectors = zip(*(zip(*part.lines, strict=True) for part in parts), strict=True)
    words = [
        _Word(name, each, max(cells.width(name), inner) + 4) for name, each in zip(labelled.names, vectors, strict=True)
    ]
    yield Abreast(words, _labels(parts) if len(parts) > 1 else (), apart=1)


def _labels(parts: Sequence[VectorRows]) -> list[str]:
    """What stands beside the rows of a word: beside the middle of each part, what it is."""
    labels_ = [""] * 4
    for part in parts:
        middle = (len(part.lines) + 1) // 2
        labels_ += [*[""] * middle, part.label, *[""] * (len(part.lines) - middle)]
    return labels_


# Attention ------------------------------------------------------------------------------------------------------------


def _attention(labelled: _Labelled) -> Iterator[Block]:
    """Of each head the query, the table and what there is to say about it."""
    flow = labelled.flow
    every = list(zip(flow.heads, flow.attended, labelled.page.heads, strict=True))
    tables = [Table.of(_columns(labelled, head, printed)) for head, _, printed in every]
    divided, length = _barred(tables, flow.options.width)
    for (head, found, printed), table in zip(every, tables, strict=True):
        if head is not flow.heads[0]:
            yield GAP
        yield Text(head.title)
        if head.query:
            yield Pieces(["query =", *printed.query])
        if head.query or head.title:
            yield GAP
        last = len(table.columns) - 1
        if divided and last > 1:
            yield table.only(range(last))
            yield GAP
        yield from _remarked(labelled, head, found, table.only([0, last]) if divided else table, length)
        yield from labelled.rounded("attention", head)
        yield from map(Text, _flow_notes.below_table(flow, head, printed))


def _columns(labelled: _Labelled, head: QueryHead, printed: PrintedHead) -> list[Column]:
    """Key, scores and attention of the shown keys, and rows for what is left out; without the bars."""
    flow = labelled.flow
    keys, shares = list(labelled.names), list(printed.shares)
    for may in (True, False):
        left = [head.weights[index] for index in flow.rest if head.allowed[index] is may]
        if left:
            keys.append(f"{len(left)} more")
            shares.append(numerals.percent(sum(left), flow.finer) if may else "masked")
    more = [""] * (len(keys) - len(labelled.names))
    return [
        Column("Key", keys, "left"),
        *(Column(each.head, texts + more) for each, texts in zip(printed.columns, printed.scores, strict=True)),
        Column("Attention", shares),
    ]


def _barred(tables: Sequence[Table], room: int) -> tuple[bool, int]:
    """Whether the weights of all tables stand apart from the scores, to have bars; and the cells of a full bar."""
    whole = min(BAR, room - max([table.width for table in tables]) - 3)
    if whole >= SHORTEST_BAR:
        return False, whole
    apart = min(BAR, room - max([table.only([0, -1]).width for table in tables]) - 3)
    return True, apart if apart >= SHORTEST_BAR - 2 else 0


def _remarked(labelled: _Labelled, head: QueryHead, found: Attended, table: Table, length: int) -> Iterator[Block]:
    """The table with the weights, with bars, and what there is to say about it beside it or below."""
    flow = labelled.flow
    if length and flow.largest:
        bars = [bar(head.weights[index] / flow.largest, length, flow.glyphs) for index in flow.shown]
        bars += [""] * (len(table.columns[0].cells) - len(bars))
        # An empty head keeps room for a full bar, which may be another head's.
        table = Table([*table.columns, Column("", bars, "left")], [*table.widths, length])
    remarks, below = _flow_notes.remarks(flow, labelled.names, labelled.query_name, head, found)
    beside = [(HEAD_ROWS + row, text) for row, text in remarks]
    yield Remarked(table, beside, [*map(Text, below)], flow.glyphs.left + " ")


# Output ---------------------------------------------------------------------------------------------------------------


def _output(labelled: _Labelled) -> Iterator[Block]:
    """The weighted sum, and what it comes to."""
    flow = labelled.flow
    several = len(flow.heads) > 1
    for number, (head, printed) in enumerate(zip(flow.heads, labelled.page.heads, strict=True), 1):
        if several:
            yield Text(f"Head {number}:")
        yield _terms(labelled, head, printed)
        yield Pieces(["=", *printed.output])
        yield from labelled.rounded("output", head)
    if several:
        joined = [each for head in flow.heads for each in head.output]
        yield Pieces(["Side by side =", *vector(joined, flow.options.decimals, flow.glyphs.ellipsis)])


def _terms(labelled: _Labelled, head: QueryHead, printed: PrintedHead) -> Block:
    """`0.15 × The`, `+ 0.20 × sat`, …; masked keys and those of no weight have no part in it."""
    flow = labelled.flow
    times = f" {flow.glyphs.times} "
    terms = [
        weight + times + name
        for index, name, weight in zip(flow.shown, labelled.names, printed.weights, strict=True)
        if head.allowed[index] and numerals.snapped(head.weights[index])
    ]
    if any(head.allowed[index] for index in flow.rest):
        terms.append(f"{flow.glyphs.ellipsis} {numerals.count(sum(head.allowed) - len(terms))} more")
    if not terms:
        why = "Each weight rounds to 0" if any(head.allowed) else "Nothing is attended to"
        return Text(f"{why}: the sum is empty.")
    return Pieces([terms[0], *(f"+ {term}" for term in terms[1:])])


# Headings -------------------------------------------------------------------------------------------------------------


def _attention_of(labelled: _Labelled) -> str:
    flow = labelled.flow
    place = ""
    if flow.rest:
        number, count = (flow.found.query or 0) + 1, len(flow.found.tokens)
        place = f", {flow.noun} {numerals.count(number)} of {numerals.count(count)}"
    return f'Attention of "{labelled.query_name}"{place}'


def _output_of(labelled: _Labelled) -> str:
    several = len(labelled.flow.heads) > 1
    of = (", from their values" if several else " of the values") if labelled.page.valued else ""
    return "Weighted output" + ("s of the heads" if several else "") + of


_HEADINGS: dict[Section, Callable[[_Labelled], str]] = {
    "embeddings": lambda labelled: _flow_notes.heading(labelled.flow, labelled.page),
    "attention": _attention_of,
    "output": _output_of,
}
_BLOCKS: dict[Section, Callable[[_Labelled], Iterator[Block]]] = {
    "embeddings": _embeddings,
    "attention": _attention,
    "output": _output,
}
