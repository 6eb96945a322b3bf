"""A comparison on the page: before, after, and what table 1 of the 2017 paper says of both."""

from __future__ import annotations

from collections.abc import Iterator

from mdattn import cells, numerals
from mdattn.diagrams._kind import Diagram
from mdattn.diagrams._legend import Explained
from mdattn.diagrams._opening import opening, titled
from mdattn.diagrams.comparison._bars import Sides, sides_of
from mdattn.diagrams.comparison._notes import (
    alternative,
    beside_weights,
    conclusion,
    connections,
    formula,
    inputs_heading,
    left_out,
    operations,
    origin_of_d,
    path_in_words,
    rounding,
)
from mdattn.diagrams.comparison._numbers import MEMORY, PERCENT, RETENTION_DECIMALS, Comparison, compare, state_name
from mdattn.diagrams.comparison._options import Options
from mdattn.diagrams.comparison._pictures import Placement, attention, chain, placements
from mdattn.glyphs import DOUBLE, LEFT, RIGHT
from mdattn.layout import GAP, Below, Block, Column, Rows, Table, Text, fitting, lines_of
from mdattn.study import notes

LEAST_WIDTH = 28


def draw(options: Options) -> Diagram:
    """The two ways to process one sentence, and what each costs. Raises OptionError."""
    both, width = compare(options), options.width
    placement = fitting(width, placements(both), LEAST_WIDTH)
    sides = fitting(width, sides_of(both), LEAST_WIDTH)
    rule = [GAP, Rows([both.glyphs.lines[(LEFT | RIGHT) * DOUBLE] * width]), GAP]
    before, after = _before(both, placement, sides), _after(both, placement, sides)
    picture = Below([titled(options), GAP, *before, *rule, *after, *rule, *_costs(both), GAP])
    page = Explained(picture, both.legend, lambda: alternative(both), options.caption)
    return Diagram(lines_of(fitting(width, [page], LEAST_WIDTH), width, both.glyphs), page.words)


def _sentences(*lines: str) -> Block:
    """Sentences, each on rows of its own."""
    return Below([Text(line, hang=0) for line in lines])


def _before(both: Comparison, placement: Placement, sides: Sides) -> Iterator[Block]:
    """The recurrent side."""
    dash, times = both.glyphs.dash, both.glyphs.times
    yield _sentences("BEFORE TRANSFORMERS (RNNs)", f"Sequential processing {dash} each step waits for the one before")
    sentence = opening("Sentence", both.study.tokens, "word", both.legend, both.options.width, both.glyphs)
    yield from (GAP, sentence, GAP)
    yield _sentences("Each step puts one word into the hidden state (h):")
    yield chain(both, placement)
    yield _sentences(left_out(both, placement))
    yield from (GAP, _sentences(f"Share of {both.first} in the hidden state:"), sides.before)
    _, clause = both.memory_word(both.memory[-1])
    yield _sentences(f"By the end, {both.first} {clause}: {both.share(both.memory[-1])} of {state_name(both.n - 1)}.")
    yield GAP
    keep = numerals.compact(both.options.retention, RETENTION_DECIMALS)
    take = numerals.compact(1 - both.options.retention, RETENTION_DECIMALS)
    if both.n > 1:
        first, second = both.words[:2]
        rules = (f"h1 = {first}", f"h2 = {keep} {times} h1 + {take} {times} {second}")
        yield _sentences(f"In this cell each step multiplies the share by {keep}:")
        yield Below([*map(Text, rules)], indent=2)
        yield _sentences(rounding(both, sides)[0])
    (most, best, _), (some, middling, _), (_, worst, _) = MEMORY
    high, low = (numerals.percent(each, PERCENT) for each in (most, some))
    yield _sentences(
        "Cells with gates (LSTM, GRU) can learn to keep a word longer.",
        f"Words: {best} from {high}, {middling} from {low}, else {worst}.",
    )


def _after(both: Comparison, placement: Placement, sides: Sides) -> Iterator[Block]:
    """The transformer side."""
    yield _sentences("AFTER TRANSFORMERS", f"Parallel processing {both.glyphs.dash} every word in the same step")
    yield from (GAP, _sentences("All words processed simultaneously:"), attention(both, placement))
    yield _sentences(left_out(both, placement))
    yield from (GAP, _sentences(*connections(both)), GAP)
    yield _sentences(f"Weight that each word gives to {both.first}{beside_weights(both, sides)}:")
    yield sides.after
    if not all(both.sees):
        yield _sentences(f"{both.glyphs.masked} masked: may not attend to {both.first}")
    yield from (_sentences(conclusion(both)), GAP)
    heading = inputs_heading(both, sides)
    yield _sentences(formula(both), heading)
    if heading:
        wide = cells.widest([word for word, _ in sides.inputs])
        yield from [Text(f"{cells.pad(word, wide)} {numbers}") for word, numbers in sides.inputs]
    yield _sentences(rounding(both, sides)[1])
    if both.study.illustrative and both.study.embeddings is not None:
        yield _sentences(notes.illustrative(both.study.embeddings.shape[1]))


def _costs(both: Comparison) -> Iterator[Block]:
    """What table 1 of the 2017 paper compares, for this sentence: one type of layer with another, and no more."""
    sizes = f"n = {notes.counted(both.n, 'word')}, d = {notes.counted(both.d, 'number')} a word {origin_of_d(both)}"
    yield _sentences("ONE TYPE OF LAYER AND THE OTHER", sizes)
    yield from (_sentences('Orders of growth, as in "Attention Is All You Need", table 1:'), GAP)
    yield _table(both)
    yield GAP
    yield _sentences(
        *operations(both),
        "A layer of a transformer has projections and a feed-forward network besides, which are not counted here.",
    )


def _table(both: Comparison) -> Block:
    """A table, or where that is too wide a list."""
    n, times = both.n, both.glyphs.times
    rows = (
        ("Steps in sequence", f"n = {n}", "1"),
        ("Path, first to last", f"n - 1 = {n - 1}", path_in_words(both)),
        (
            "Operations",
            f"n {times} d {times} d = {numerals.count(both.recurrent_operations)}",
            f"n {times} n {times} d = {numerals.count(both.attention_operations)}",
        ),
    )
    heads = ("", "Recurrent", "Self-attention")
    columns = [
        Column(head, [row[place] for row in rows], "right" if place else "left") for place, head in enumerate(heads)
    ]
    table = Table.of(columns)
    if table.width <= both.options.width:
        return table
    wide = cells.widest(heads) + 1
    # A number is never divided between two rows.
    longest = cells.widest([word for _, *texts in rows for text in texts for word in text.split()])
    hang = min(wide + 1, both.options.width - 2 - longest)
    blocks: list[Block] = []
    for label, *texts in rows:
        listed = [f"{cells.pad(head, wide)} {text}" for head, text in zip(heads[1:], texts, strict=True)]
        blocks += [_sentences(label), Below([Text(text, hang) for text in listed], indent=2)]
    return Below(blocks)
