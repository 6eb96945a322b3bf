"""A comparison on the page: before, after, and what table 1 of the 2017 paper says of both."""

from __future__ import annotations

from collections.abc import Callable

from mdattn import cells, numerals
from mdattn.canvas import DOUBLE, Canvas
from mdattn.diagrams._kind import Diagram
from mdattn.diagrams.comparison._bars import Bars, bar_rows, bars_of, drifts, rows_listed
from mdattn.diagrams.comparison._notes import (
    also,
    alternative,
    conclusion,
    connections,
    left_out,
    many,
    path_said,
    provenance,
    rounds_inputs,
    whose_d,
)
from mdattn.diagrams.comparison._numbers import MEMORY, PERCENT, RETENTION_DECIMALS, Comparison, compare, state_name
from mdattn.diagrams.comparison._options import Options
from mdattn.diagrams.comparison._pictures import Pictures, chain, grid, pictures_of, wires, word_of, words_row
from mdattn.layout import Column, Table, too_narrow
from mdattn.layout._page import paragraph, start
from mdattn.study import notes
from mdattn.study.names import authored

LEAST_WIDTH = 28
MOST_SENTENCE = 200  # cells of a sentence that is printed in full at any width


def draw(options: Options) -> Diagram:
    """The two ways to process one sentence, and what each costs. Raises OptionError."""
    if options.width < LEAST_WIDTH:
        raise too_narrow(LEAST_WIDTH)
    canvas, glyphs = start(options)
    both = compare(options, glyphs)
    if options.title is not None and options.title != "none":
        paragraph(canvas, authored(options.title))
        canvas.gap()
    pictures = pictures_of(both)
    bars = bars_of(both)
    _before(canvas, both, pictures, bars)
    _rule(canvas)
    _after(canvas, both, pictures, bars)
    _rule(canvas)
    _costs(canvas, both)
    _legend(canvas, both, pictures)
    return Diagram(canvas.lines(), lambda: alternative(both))


def _legend(canvas: Canvas, both: Comparison, pictures: Pictures) -> None:
    """The words that are cut where they stand, in full."""
    used = sorted(
        {word_of(place) for place in pictures.shown} | {each for each in rows_listed(both.n) if each is not None}
    )
    whole = both.study.labels
    pairs = dict.fromkeys((both.words[each], whole[each]) for each in used if both.words[each] != whole[each])
    if pairs:
        canvas.gap()
        for line in notes.legend(list(pairs)):
            paragraph(canvas, line, indent="  ")


def _rule(canvas: Canvas) -> None:
    canvas.gap()
    canvas.horizontal(canvas.height, 0, canvas.width - 1, DOUBLE)
    canvas.gap()


def _before(canvas: Canvas, both: Comparison, pictures: Pictures, bars: Bars) -> None:
    """The recurrent side."""
    say = _speaker(canvas)
    dash, times = both.glyphs.dash, both.glyphs.times
    say("BEFORE TRANSFORMERS (RNNs)")
    say(f"Sequential processing {dash} each step waits for the one before")
    canvas.gap()
    _sentence(canvas, both)
    canvas.gap()
    say("Each step puts one word into the hidden state (h):")
    chain(canvas, both, pictures)
    say(left_out(both, pictures))
    canvas.gap()
    say(f"Share of {both.first} in the hidden state:")
    bar_rows(canvas, both, bars, bars.before, "step", bars.remarks)
    _, clause = both.memory_word(both.memory[-1])
    say(f"By the end, {both.first} {clause}: {both.share(both.memory[-1])} of {state_name(both.n - 1)}.")
    canvas.gap()
    keep = numerals.compact(both.options.retention, RETENTION_DECIMALS)
    take = numerals.compact(1 - both.options.retention, RETENTION_DECIMALS)
    if both.n > 1:
        say(f"In this cell each step multiplies the share by {keep}:")
        first, second = both.words[:2]
        for rule in (f"h1 = {first}", f"h2 = {keep} {times} h1 + {take} {times} {second}"):
            paragraph(canvas, rule, 2, indent="  ")
        if drifts(both, bars) and not rounds_inputs(both, bars):
            say("The shares are rounded only when printed.")
    say("Cells with gates (LSTM, GRU) can learn to keep a word longer.")
    (most, best, _), (some, middling, _), (_, worst, _) = MEMORY
    high, low = (numerals.percent(each, PERCENT) for each in (most, some))
    say(f"Words: {best} from {high}, {middling} from {low}, else {worst}.")


def _after(canvas: Canvas, both: Comparison, pictures: Pictures, bars: Bars) -> None:
    """The transformer side."""
    say = _speaker(canvas)
    say("AFTER TRANSFORMERS")
    say(f"Parallel processing {both.glyphs.dash} every word in the same step")
    canvas.gap()
    say("All words processed simultaneously:")
    words_row(canvas, both, pictures, both.words.__getitem__)
    (grid if both.study.mask == "given" else wires)(canvas, both, pictures)
    say(left_out(both, pictures))
    canvas.gap()
    for line in connections(both):
        say(line)
    canvas.gap()
    say(f"Weight that each word gives to {both.first}{also(both, bars)}:")
    bar_rows(canvas, both, bars, bars.after, "word", bars.inputs)
    if not all(both.sees):
        say(f"{both.glyphs.masked} masked: may not attend to {both.first}")
    say(conclusion(both))
    canvas.gap()
    for line in provenance(both, bars):
        paragraph(canvas, line, indent="  " if line[0] in "0123456789" else "")


def _speaker(canvas: Canvas) -> Callable[[str], None]:
    return lambda text: paragraph(canvas, text)


def _sentence(canvas: Canvas, both: Comparison) -> None:
    """The sentence in quotes; of a long one the beginning, and how much is left out."""
    words = both.study.labels
    room, kept = max(3 * both.wide, MOST_SENTENCE), 0
    for word in words:
        room -= cells.width(word) + 1
        if room < 0:
            break
        kept += 1
    kept = max(1, kept)
    shown = notes.sentence(words[:kept])
    if kept < len(words):
        rest = len(words) - kept
        shown += f" {both.glyphs.ellipsis} {rest} more word{'s' if rest > 1 else ''}"
    paragraph(canvas, shown)


def _costs(canvas: Canvas, both: Comparison) -> None:
    """What table 1 of the 2017 paper compares, for this sentence: one type of layer with another, and no more."""
    say = _speaker(canvas)
    n, d, times = both.n, both.d, both.glyphs.times
    say("ONE TYPE OF LAYER AND THE OTHER")
    say(f"n = {many(n, 'word')}, d = {many(d, 'number')} a word {whose_d(both)}")
    say('Orders of growth, as in "Attention Is All You Need", table 1:')
    canvas.gap()
    pairs = f"n {times} n" if both.study.allowed is None else "weights"
    recurrent, attention = n * d * d, both.pairs * d
    rows = (
        ("Steps in sequence", f"n = {n}", "1"),
        ("Path, first to last", f"n - 1 = {n - 1}", path_said(both)),
        (
            "Operations",
            f"n {times} d {times} d = {numerals.count(recurrent)}",
            f"{pairs} {times} d = {numerals.count(attention)}",
        ),
    )
    heads = ("", "Recurrent", "Self-attention")
    columns = [
        Column(head, [row[place] for row in rows], "right" if place else "left") for place, head in enumerate(heads)
    ]
    table = Table.of(columns)
    if table.width <= both.wide:
        for line in table.rows(both.wide, both.glyphs):
            canvas.write(line)
    else:
        for label, before, after in rows:
            say(label)
            for name, said in zip(heads[1:], (before, after), strict=True):
                paragraph(canvas, f"{name:<15} {said}", 2, " " * 16)
    canvas.gap()
    order = (attention > recurrent) - (attention < recurrent)
    more, size = {-1: ("fewer", "below"), 0: ("as many", "equal to"), 1: ("more", "above")}[order]
    reason = f", because n is {size} d" if both.study.allowed is None else ""
    say(f"Counted so, self-attention takes {more} operations here{reason}.")
    say("A layer of a transformer has projections and a feed-forward network besides, which are not counted here.")
