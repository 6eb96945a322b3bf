"""The flow: where do the percentages come from?

Floor 3. One query is followed from the vectors of its words over similarities and weights to a weighted sum. `draw`
goes from options to numbers and to what is printed of them (both in `_flow_numbers`), to what stands where (`_Layout`),
to ink; what is said about it is in `_flow_notes`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain

from msgspec import Struct

from mdattn import cells, numerals
from mdattn.canvas import Canvas, Column, Diagram
from mdattn.diagrams.flow import _notes as _flow_notes
from mdattn.diagrams.flow._notes import counted
from mdattn.diagrams.flow._numbers import Flow, Head, Options, Page, Printed, Section, flow_of, page_of, vector
from mdattn.errors import OptionError
from mdattn.glyphs import DOWN, LEFT, RIGHT, UP, Glyphs
from mdattn.layout import arrange, paragraph
from mdattn.study import names as _words
from mdattn.study import notes as _notes
from mdattn.study.names import labels

INDENT = 5  # of what stands below the heading of a step, where there is room
NARROWEST = 24  # No narrower diagram is attempted, whatever its numbers.
LONGEST_NARROW = 9  # cells of a word where the width is short; _words.LONGEST elsewhere
WIDE = 48
BAR, SHORTEST_BAR = 12, 6  # cells of the bar of the largest weight
MOST_SENTENCE_LINES = 3


def draw(options: Options) -> Diagram:
    """The flow of one query. Raises OptionError."""
    flow = flow_of(options)
    page = page_of(flow)
    layout = _layout(flow, page)
    canvas = Canvas(options.width, flow.glyphs)
    if options.title not in (None, "none"):
        paragraph(canvas, labels((options.title or "",))[0])
        canvas.gap()
    _sentences(canvas, flow)
    for number, section in enumerate(flow.sections, 1):
        canvas.gap()
        _DRAW[section](canvas, flow, layout, f"Step {number}: ")
    closing = [*_flow_notes.closing(flow), *_notes.legend(layout.legend)]
    if closing:
        canvas.gap()
    for note in closing:
        paragraph(canvas, note, indent="  ")
    return Diagram(canvas.lines(), lambda: _flow_notes.alternative(flow, page))


def _sentences(canvas: Canvas, flow: Flow) -> None:
    """What is read, and in cross-attention what it attends to."""
    _sentence(canvas, "Sentence", flow.found.tokens, flow)
    if flow.itself is None:
        _sentence(canvas, "Attends to", flow.found.key_tokens, flow)


def _sentence(canvas: Canvas, name: str, tokens: Sequence[str], flow: Flow) -> None:
    """The tokens as a sentence in a few lines, its end left out if it is long."""
    room, mark = canvas.width, flow.glyphs.ellipsis
    longest = min(40, room - len(name) - 5)
    # No more tokens than this can fit; a token takes a cell and a blank at least.
    words = [cells.cut(each, longest, mark) for each in labels(tokens[: MOST_SENTENCE_LINES * room // 2 + 1])]
    count = len(words)
    while True:
        more = len(tokens) - count
        pieces = [f'"{words[0]}', *words[1:count]]
        tail = [mark + '"', f"({counted(more, 'more ' + flow.noun)})"] if more else []
        if not more:
            pieces[-1] += '"'
        lines = _fill([f"{name}:", *pieces, *tail], room, "  ")
        if len(lines) <= MOST_SENTENCE_LINES or count == 1:
            break
        count -= max(1, (len(lines) - MOST_SENTENCE_LINES) * count // (2 * len(lines)))
    for line in lines:
        canvas.write(line)


def _fill(pieces: Sequence[str], room: int, indent: str) -> list[str]:
    """Pieces in lines of at most `room` cells, none of them divided, all lines but the first indented."""
    whole = " ".join(pieces)
    if cells.width(whole) <= room:
        return [whole]
    lines: list[str] = []
    line, used = "", 0
    for piece in pieces:
        width = cells.width(piece)
        if used and used + 1 + width > room:
            lines.append(line)
            line, used = indent + piece, len(indent) + width
        elif used:
            line, used = f"{line} {piece}", used + 1 + width
        else:
            line, used = piece, width
    return [*lines, line]


# Layout: everything is measured before it is inked --------------------------------------------------------------------


class _Table(Struct, frozen=True):
    """One head's table, in pieces if the width is short; without bars."""

    head: Head
    printed: Printed
    pieces: list[list[Column]]
    end: int
    """The cells that the last piece takes with its bars."""


class _Layout(Struct, frozen=True):
    """What stands where; `names` are those of the shown keys, cut to fit."""

    page: Page
    names: list[str]
    query_name: str
    legend: list[tuple[str, str]]
    widths: list[int]
    """Of the boxes of the shown keys."""
    gutter: int
    tables: list[_Table]
    bar: int
    indent: int
    needed: int


def _layout(flow: Flow, page: Page) -> _Layout:
    """The first layout that fits. Raises OptionError that says how many columns are needed."""
    width = flow.options.width
    if width >= WIDE:
        roomy = _measured(flow, page, _words.LONGEST)
        if roomy.needed <= width:
            return roomy
    layout = _measured(flow, page, LONGEST_NARROW)
    if layout.needed > width:
        hint = f"give 'width: {layout.needed}' or more" if layout.needed <= 200 else "print fewer decimals"
        raise OptionError("width", f"this diagram needs at least {layout.needed} columns", hint)
    return layout


def _measured(flow: Flow, page: Page, longest: int) -> _Layout:
    width, parts = flow.options.width, page.parts
    mark = flow.glyphs.ellipsis
    full = [flow.names[index] for index in flow.shown]
    names = [_words.shortened(name, longest, mark) for name in full]
    query_name = _words.shortened(flow.query_name, longest, mark)
    spans = [cells.width(name) for name in names]
    inner = max([part.width for part in parts], default=0)
    widths = [max(span, inner) + 4 for span in spans] if parts else []
    gutter = max([len(part.label) for part in parts]) + 2 if len(parts) > 1 else 0
    drawn = list(zip(flow.heads, page.heads, strict=True)) if "attention" in flow.sections else []
    tables = [_table(flow, head, printed, names) for head, printed in drawn]
    across = [[column.width for column in table] for table in tables]
    text = _widest_piece(flow, page, max(spans)) + 4
    pairs = [_across((key, max(rest))) for key, *rest in across]
    needed = max(NARROWEST, gutter + max(widths, default=0), max(pairs, default=0), text)
    pieces, bar = _pieces(across, width)
    bar = bar if flow.largest else 0
    sizes = [[_across([of[at] for at in piece]) for piece in each] for of, each in zip(across, pieces, strict=True)]
    ends = [each[-1] + (bar + 3 if bar else 0) for each in sizes]
    widest = max((*ends, *chain.from_iterable(sizes)), default=0)
    legend = zip((*names, query_name), (*full, flow.query_name), strict=True)
    return _Layout(
        page=page,
        names=names,
        query_name=query_name,
        legend=list(dict.fromkeys([pair for pair in legend if pair[0] != pair[1]])),
        widths=widths,
        gutter=gutter,
        tables=[
            _Table(*each, [[of[at] for at in piece] for piece in split], end)
            for each, of, split, end in zip(drawn, tables, pieces, ends, strict=True)
        ],
        bar=bar,
        indent=max(0, min(INDENT if width >= WIDE else 2, width - widest, width - text)),
        needed=needed,
    )


def _widest_piece(flow: Flow, page: Page, name: int) -> int:
    """The cells of the longest text that must not be divided: a number of a vector, or a weight and its word."""
    widest = max([len(piece) for printed in page.heads for piece in (*printed.query, *printed.output)], default=0)
    return max(widest, flow.finer + 7 + name) if "output" in flow.sections else widest


def _table(flow: Flow, head: Head, printed: Printed, names: Sequence[str]) -> list[Column]:
    """Key, scores and attention of the shown keys, and rows for what is left out; without the bars."""
    keys, shares = list(names), list(printed.shares)
    for may in (True, False):
        left = [head.weights[index] for index in flow.rest if head.allowed[index] is may]
        if left:
            keys.append(f"{len(left)} more")
            shares.append(numerals.percent(sum(left), flow.finer) if may else "masked")
    more = [""] * (len(keys) - len(names))
    return [
        Column("Key", keys, "left"),
        *(Column(step.head, texts + more) for step, texts in zip(head.steps, printed.scores, strict=True)),
        Column("Attention", shares),
    ]


def _across(columns: Sequence[int]) -> int:
    """The cells of a table whose columns take so many."""
    return sum(columns) + 3 * len(columns) + 1


def _pieces(tables: Sequence[list[int]], room: int) -> tuple[list[list[list[int]]], int]:
    """Which columns of each table stand together, the keys first, for columns so wide; and the cells of a full bar."""
    if not tables:
        return [], 0
    bar = min(BAR, room - max(map(_across, tables)) - 3)
    if bar >= SHORTEST_BAR:
        return [[list(range(len(table)))] for table in tables], bar
    pieces = []
    for table in tables:
        last = len(table) - 1
        groups = [[0]]
        for at in range(1, last):
            if len(groups[-1]) > 1 and _across([table[each] for each in (*groups[-1], at)]) > room:
                groups.append([0])
            groups[-1].append(at)
        pieces.append([*(group for group in groups if len(group) > 1), [0, last]])
    bar = min(BAR, room - max(_across((table[0], table[-1])) for table in tables) - 3)
    return pieces, bar if bar >= SHORTEST_BAR - 2 else 0


# Ink ------------------------------------------------------------------------------------------------------------------


def _draw_embeddings(canvas: Canvas, flow: Flow, layout: _Layout, step: str) -> None:
    """The words in boxes, and under each its vectors."""
    paragraph(canvas, step + _flow_notes.heading(flow, layout.page), indent="  ")
    if flow.rest:
        own = "" if flow.itself is None else f"the query's own {flow.noun} and "
        count = f"{len(flow.shown)} of {numerals.count(len(flow.names))}"
        paragraph(canvas, f"Shown: {own}the {flow.noun}s with the largest weights, {count}.", indent="  ")
    for band in _bands(layout.widths, canvas.width - layout.gutter):
        if band.start:
            canvas.gap()
        _draw_band(canvas, flow, layout, band)


def _bands(widths: Sequence[int], room: int) -> list[range]:
    """Which boxes stand in each row: no more rows than needed, and those about equally full."""
    bands = arrange(widths, room)
    narrow, wide = max(widths), room
    while len(bands) > 1 and narrow < wide:
        middle = (narrow + wide) // 2
        if len(arrange(widths, middle)) > len(bands):
            narrow = middle + 1
        else:
            wide = middle
    return arrange(widths, wide) if len(bands) > 1 else bands


def _draw_band(canvas: Canvas, flow: Flow, layout: _Layout, band: range) -> None:
    """One row of words with their vectors below, each row of cells a text."""
    top, left = canvas.height + 4, layout.gutter
    chosen, parts, lines = slice(band.start, band.stop), layout.page.parts, flow.glyphs.lines
    widths = layout.widths[chosen]
    wall, flat = lines[UP | DOWN], lines[LEFT | RIGHT]
    halves = [(flat * ((width - 1) // 2 - 1), flat * (width // 2 - 1)) for width in widths]

    def rule(arms: int, middle: str = flat) -> str:
        """The walls that lie, with arms at their ends."""
        first, last = lines[RIGHT | arms], lines[LEFT | arms]
        return " ".join([f"{first}{before}{middle}{after}{last}" for before, after in halves])

    def walled(texts: Sequence[str]) -> str:
        centred = [cells.centre(text, width - 4) for text, width in zip(texts, widths, strict=True)]
        return f"{wall} " + f" {wall} {wall} ".join(centred) + f" {wall}"

    canvas.write(rule(DOWN), left)
    canvas.write(walled(layout.names[chosen]), left)
    canvas.write(rule(UP, lines[LEFT | RIGHT | DOWN]), left)
    canvas.write(" ".join([cells.centre(flow.glyphs.down, width) for width in widths]), left)
    for part in parts:
        canvas.write(rule(DOWN if part is parts[0] else UP | DOWN), left)
        for line in part.lines:
            canvas.write(walled(line[chosen]), left)
    canvas.write(rule(UP), left)
    if left:
        for part in parts:
            canvas.text(top + (len(part.lines) + 1) // 2, 0, part.label)
            top += len(part.lines) + 1


def _draw_attention(canvas: Canvas, flow: Flow, layout: _Layout, step: str) -> None:
    """Of each head the query, the table and what there is to say about it."""
    place = ""
    if flow.rest:
        place = (
            f", {flow.noun} {numerals.count((flow.found.query or 0) + 1)} of {numerals.count(len(flow.found.tokens))}"
        )
    paragraph(canvas, f'{step}Attention of "{layout.query_name}"{place}', indent="  ")
    for table in layout.tables:
        head = table.head
        if head is not flow.heads[0]:
            canvas.gap()
        paragraph(canvas, head.name, layout.indent, "  ")
        if head.query:
            _write(canvas, ["query =", *table.printed.query], layout.indent)
        if head.query or head.name:
            canvas.gap()
        _draw_table(canvas, flow, layout, table)


def _draw_table(canvas: Canvas, flow: Flow, layout: _Layout, table: _Table) -> None:
    """One head's table with bars, and what there is to say about it beside it or below."""
    head, printed = table.head, table.printed
    *pieces, last = table.pieces
    for piece in pieces:
        canvas.table(canvas.height, layout.indent, piece)
        canvas.gap()
    if layout.bar:
        bars = [_bar(head.weights[index] / flow.largest, layout.bar, flow.glyphs) for index in flow.shown]
        # An empty head keeps room for a full bar, which may be another head's.
        last = [*last, Column(" " * layout.bar, bars + [""] * (len(last[0].cells) - len(bars)), "left")]
    body = canvas.table(canvas.height, layout.indent, last)
    end = table.end + layout.indent + 1
    remarks, below = _flow_notes.remarks(flow, layout.names, layout.query_name, head, printed)
    arrow = flow.glyphs.left + " "
    if remarks and end + cells.width(arrow) + cells.widest([text for _, text in remarks]) <= canvas.width:
        for row, text in remarks:
            canvas.text(body + row, end, arrow + text)
        below = []
    for note in (*below, *_flow_notes.below_table(flow, layout.names, head, printed)):
        paragraph(canvas, note, layout.indent, "  ")


def _bar(share: float, length: int, glyphs: Glyphs) -> str:
    """A bar from zero: `length` cells for the share 1, in half cells where there is a sign for them."""
    if not glyphs.half_bar:
        return glyphs.bar * int(numerals.rounded(share * length, 0))
    whole, half = divmod(int(numerals.rounded(share * length * 2, 0)), 2)
    return glyphs.bar * whole + glyphs.half_bar * half


def _draw_output(canvas: Canvas, flow: Flow, layout: _Layout, step: str) -> None:
    """The weighted sum, and what it comes to."""
    several = len(flow.heads) > 1
    what = f"{step}Weighted output" + ("s of the heads" if several else "")
    if layout.page.valued:
        what += ", from their values" if several else " of the values"
    paragraph(canvas, what, indent="  ")
    for number, (head, printed) in enumerate(zip(flow.heads, layout.page.heads, strict=True), 1):
        if several:
            paragraph(canvas, f"Head {number}:", layout.indent)
        _write(canvas, _terms(flow, layout, head, printed), layout.indent)
        _write(canvas, ["=", *printed.output], layout.indent)
        redone = _flow_notes.output_redone(flow, head, printed)
        if redone is not None:
            note = f"Computed in full precision; the rounded weights above would give {redone}."
            paragraph(canvas, note, layout.indent, "  ")
    if several:
        joined = [each for head in flow.heads for each in head.output]
        _write(canvas, ["Side by side =", *vector(joined, flow.options.decimals, flow.glyphs.ellipsis)], layout.indent)


def _terms(flow: Flow, layout: _Layout, head: Head, printed: Printed) -> list[str]:
    """`0.15 × The`, `+ 0.20 × sat`, …; masked keys and those of no weight have no part in it."""
    times = f" {flow.glyphs.times} "
    terms = [
        weight + times + name
        for index, name, weight in zip(flow.shown, layout.names, printed.weights, strict=True)
        if head.allowed[index] and numerals.snapped(head.weights[index])
    ]
    more = sum(head.allowed[index] for index in flow.rest)
    if more:
        terms.append(f"{flow.glyphs.ellipsis} {numerals.count(more)} more")
    if not terms:
        return ["Nothing", "is", "attended", "to:", "the", "sum", "is", "empty."]
    return [terms[0], *(f"+ {term}" for term in terms[1:])]


def _write(canvas: Canvas, pieces: Sequence[str], column: int) -> None:
    for line in _fill(pieces, canvas.width - column, "  "):
        canvas.write(line, column)


_DRAW: dict[Section, Callable[[Canvas, Flow, _Layout, str], None]] = {
    "embeddings": _draw_embeddings,
    "attention": _draw_attention,
    "output": _draw_output,
}
