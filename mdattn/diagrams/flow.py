"""The flow: where do the percentages come from?

Floor 2. One query is followed from the vectors of its words over similarities and weights to a weighted sum. `draw`
goes from options to numbers (`_Head`), to what is printed of them (`_Flow`), to what stands where (`_Layout`), to ink.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import accumulate, chain
from math import exp, tanh
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from msgspec import Meta, Struct

from mdattn import cells, numerals
from mdattn.attention import Trace, ties
from mdattn.attention.pencil import Working, work
from mdattn.canvas import Canvas, Column, Diagram
from mdattn.diagrams import _notes, _words
from mdattn.diagrams._kind import Kind
from mdattn.diagrams._study import WRITTEN_DECIMALS, HeadStudy, Study, distinct, labels, position, study, tokens_of
from mdattn.errors import OptionError
from mdattn.glyphs import CHARSETS, DOWN, Glyphs
from mdattn.options import Attention, doc

Vector = Sequence[float]
Section = Literal["embeddings", "attention", "output"]
SECTIONS: tuple[Section, ...] = ("embeddings", "attention", "output")

INDENT = 5  # of what stands below the heading of a step, where there is room
NARROWEST = 24  # No narrower diagram is attempted, whatever its numbers.
LONGEST_NARROW = 9  # cells of a word where the width is short; _words.LONGEST elsewhere
WIDE = 48
MOST_KEYS, FEWER_KEYS = 16, 12  # Up to so many keys are all shown; of more, so many.
MOST_NUMBERS, FEWER_NUMBERS = 8, 6  # the same of the numbers of a vector
BAR, SHORTEST_BAR = 12, 6  # cells of the bar of the largest weight
MOST_SENTENCE_LINES = 3
TIED_NAMES = 3


class Options(Attention, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The options of a flow."""

    query: Annotated[
        int | str | None,
        doc("the token that attends: the token, its position from 0, or `word#2`", "a token, a position or word#2"),
    ] = None
    arithmetic: Annotated[
        Literal["exact", "shown"],
        doc("`exact`: full precision; `shown`: each step uses the numbers printed before it", "'exact' or 'shown'"),
    ] = "exact"
    annotations: Annotated[
        Literal["none"] | dict[str, str] | None,
        doc(
            "remarks beside the keys: `none`, or a mapping from token to text; left out: made from the numbers",
            "'none' or a mapping from token to text",
        ),
    ] = None
    sections: Annotated[
        Annotated[list[Section], Meta(min_length=1)] | None,
        doc("the parts to draw (default: all)", "a list of 'embeddings', 'attention' and 'output'"),
    ] = None


# What attends, in numbers ---------------------------------------------------------------------------------------------


class _Step(NamedTuple):
    """One column of scores [n_key]; `redo` makes a number of it from the printed number of the column before."""

    head: str
    numbers: Vector
    decimals: int
    redo: Callable[[float], float] | None = None


class _Head(NamedTuple):
    """One head in plain numbers, for all n_key keys."""

    name: str
    study: HeadStudy
    query: Vector  # [d_k], empty where scores or weights are given
    steps: tuple[_Step, ...]
    allowed: list[bool]
    weights: Vector
    output: Vector  # [d_v], empty without values
    working: Working | None  # of `shown` arithmetic


def _head(options: Options, found: Study, index: int) -> _Head:
    head = found.heads[index]
    trace = head.trace
    allowed: list[bool] = trace.allowed[0, 0].tolist()
    query = trace.query[0, 0].tolist() if isinstance(trace, Trace) else []
    weights = trace.weights[0, 0].tolist()
    output = [] if trace.output is None else trace.output[0, 0].tolist()
    working = None
    if options.arithmetic == "shown":
        if found.basis == "weights":
            weights, output = _shown_sum(options, weights, trace.value)
        else:
            working = _worked(options, head, query, allowed)
            query, weights, output = working.query, working.weights, working.output
    count = len(found.heads)
    name = f"Head {index + 1} of {count}" + (f": {labels((head.name,))[0]}" if head.name else "") if count > 1 else ""
    return _Head(name, head, query, tuple(_steps(options, found, head, working)), allowed, weights, output, working)


def _worked(options: Options, head: HeadStudy, query: Vector, allowed: list[bool]) -> Working:
    """The head worked out with a pencil."""
    trace = head.trace
    vectors = isinstance(trace, Trace)
    try:
        return work(
            query if vectors else None,
            trace.key[0].tolist() if isinstance(trace, Trace) else None,
            None if trace.value is None else trace.value[0].tolist(),
            allowed=allowed,
            scale=options.scale,
            temperature=options.temperature,
            softcap=options.softcap,
            decimals=options.decimals,
            arithmetic="shown",
            scores=None if vectors or trace.dot_products is None else trace.dot_products[0, 0].tolist(),
        )
    except ValueError as error:
        raise OptionError("arithmetic", f"'shown' cannot be worked out here: {error}", "use 'exact'") from None


def _shown_sum(options: Options, weights: Vector, value: Any) -> tuple[Vector, Vector]:
    """Weights that are given, and the sum of values [1, n_key, d_v], each number rounded before it is used."""
    keep = options.decimals
    if value is None:
        raise OptionError("arithmetic", "'arithmetic' has no effect: nothing is computed from the weights", "remove it")
    kept = [numerals.rounded(weight, keep) for weight in weights]
    rows = [
        [numerals.rounded(weight * numerals.rounded(each, keep), keep) for each in row]
        for weight, row in zip(kept, value[0].tolist(), strict=True)
    ]
    return kept, [numerals.rounded(sum(column), keep) for column in zip(*rows, strict=True)]


def _steps(options: Options, found: Study, head: HeadStudy, working: Working | None) -> Iterator[_Step]:
    """The columns between the vectors and the weights, as many as there are steps."""
    trace, decimals = head.trace, options.decimals
    if trace.dot_products is None or trace.scaled is None or trace.capped is None:
        return
    vectors = isinstance(trace, Trace)
    dots: Vector = working.dot_products if working else trace.dot_products[0, 0].tolist()
    first = decimals
    if not vectors and not working:
        # Scores that an author wrote are printed as written.
        written = numerals.decimals_needed(dots, numerals.MOST_DECIMALS)
        first = max(decimals, written) if written <= WRITTEN_DECIMALS else decimals
    yield _Step("Similarity" if vectors else "Score", dots, first)
    scaling = _scaling(options, len(trace.query[0, 0]) if isinstance(trace, Trace) else None)
    factor = trace.scale or 1.0
    if scaling:
        scaled = working.scaled if working else trace.scaled[0, 0].tolist()
        yield _Step(scaling, scaled, decimals, lambda score: score * factor)
    if options.softcap is not None:
        cap = options.softcap
        capped = working.capped or () if working else trace.capped[0, 0].tolist()
        yield _Step("Capped", capped, decimals, lambda score: cap * tanh(score / cap))
    if working:
        yield _Step("exp", working.exponentials, decimals)


def _scaling(options: Options, d_k: int | None) -> str:
    """What the head of the scaled column says: `/ √3`, `× 0.5 / 2`; "" where nothing is scaled."""
    glyphs = CHARSETS[options.charset]
    heat = options.temperature if options.temperature not in (None, 1.0) else None
    if options.scale is None and d_k is not None and d_k > 1:
        root = f"{glyphs.root}{d_k}"
        return f"/ ({root} {glyphs.times} {_factor(heat, 'T')})" if heat else f"/ {root}"
    scale = options.scale if options.scale not in (None, 1.0) else None
    by = f"{glyphs.times} {_factor(scale, 'scale')}" if scale else ""
    return f"{by} / {_factor(heat, 'T')}".strip() if heat else by


def _factor(value: float, name: str) -> str:
    """The number, if few decimals write it in full, else its name."""
    short = numerals.compact(value, numerals.MOST_DECIMALS)
    return short if float(short) == value and len(short) <= 8 else name


# What is printed of it ------------------------------------------------------------------------------------------------


class _Part(NamedTuple):
    """Vectors that stand under the words: one of each shown key. `label` stands at the left."""

    label: str
    rows: Sequence[Vector]
    decimals: int

    @property
    def dimensions(self) -> int:
        return len(self.rows[0])

    def columns(self, mark: str) -> list[list[str]]:
        """The numbers as text, one list a key, all equally wide; the end of a long vector as `mark`."""
        count = _most_numbers(self.dimensions)
        columns = [[numerals.text(each, self.decimals) for each in row[:count]] for row in self.rows]
        more = [mark] if count < self.dimensions else []
        widest = max(map(len, chain(more, *columns)))
        return [[each.rjust(widest) for each in column] + more for column in columns]


class _Printed(NamedTuple):
    """One head as text, for the shown keys; "" and dashes where a key is masked."""

    query: list[str]
    query_decimals: int
    scores: list[list[str]]
    """Of each step, one a key."""
    weights: list[str]
    shares: list[str]
    """The weights as percentages."""
    output: list[str]


class _Flow(Struct, frozen=True, dict=True):
    """The whole picture before it is laid out."""

    options: Options
    found: Study
    glyphs: Glyphs
    sections: tuple[Section, ...]
    heads: tuple[_Head, ...]
    shown: tuple[int, ...]
    names: tuple[str, ...]
    """Of all keys, in full; of equal words the second is `the#2`."""
    query_name: str
    itself: int | None
    """The key that is the query's own; None in cross-attention."""

    @property
    def noun(self) -> str:
        return "word" if self.options.text is not None else "token"

    @property
    def finer(self) -> int:
        """Decimals of a weight: a percentage has two fewer."""
        return max(self.options.decimals, 2)

    @cached_property
    def largest(self) -> float:
        """The largest weight of all heads: a full bar."""
        return max(max(head.weights) for head in self.heads)

    @cached_property
    def rest(self) -> tuple[int, ...]:
        """The keys that are not shown."""
        if len(self.shown) == len(self.names):
            return ()
        shown = set(self.shown)
        return tuple(index for index in range(len(self.names)) if index not in shown)

    def vectors(self, axis: Literal["key", "value"], head: _Head) -> list[list[float]]:
        """The keys or the values [shown key, d] of a head."""
        working = getattr(head.working, axis + "s", None)
        if working:
            return [list(working[index]) for index in self.shown]
        array = getattr(head.study.trace, axis, None)
        return [] if array is None else self.picked(array[0])

    def picked(self, array: Any) -> list[list[float]]:
        """The shown rows of [key, d]."""
        rows: list[list[float]] = (array[list(self.shown)] if self.rest else array).tolist()
        return rows

    @cached_property
    def parts(self) -> tuple[_Part, ...]:
        return tuple(_parts(self))

    @cached_property
    def printed(self) -> tuple[_Printed, ...]:
        return tuple(_printed(self, head) for head in self.heads)

    @property
    def plain(self) -> bool:
        """Whether queries, keys and values all are the embeddings."""
        options = self.options
        given = (options.projections, options.keys, options.values, options.key_tokens)
        return self.found.basis == "vectors" and options.heads == 1 and given == (None, None, None, None)

    def decimals(self, rows: Sequence[Vector]) -> int:
        """Decimals of a vector: as many as it was written with, if that is few."""
        asked = self.options.decimals
        if self.plain:
            shown = self.found.input_decimals
            return min(shown, asked) if self.options.arithmetic == "shown" else shown
        written = numerals.decimals_needed(dict.fromkeys(chain.from_iterable(rows)), numerals.MOST_DECIMALS)
        if self.options.arithmetic == "shown":
            return min(written, asked)
        return written if written <= WRITTEN_DECIMALS else max(asked, 1)


def _printed(flow: _Flow, head: _Head) -> _Printed:
    mark, dash, finer = flow.glyphs.ellipsis, flow.glyphs.dash, flow.finer
    seen = [(index, head.allowed[index]) for index in flow.shown]
    # No fewer decimals for the query than for the keys that it meets.
    decimals = flow.decimals([head.query, *(() if flow.plain else flow.vectors("key", head))])
    return _Printed(
        query=_vector(head.query, decimals, mark),
        query_decimals=decimals,
        scores=[
            [numerals.text(step.numbers[index], step.decimals) if may else dash for index, may in seen]
            for step in head.steps
        ],
        weights=[numerals.text(head.weights[index], finer) if may else "" for index, may in seen],
        shares=[numerals.percent(head.weights[index], finer) if may else "masked" for index, may in seen],
        output=_vector(head.output, flow.options.decimals, mark),
    )


def _parts(flow: _Flow) -> Iterator[_Part]:
    """The vectors under the words, each said once: what equals the embedding is not repeated."""
    found = flow.found
    cross = flow.itself is None
    inputs = None if cross else found.embeddings
    if flow.plain and inputs is not None:
        rows = flow.picked(inputs)
        yield _Part("input", rows, flow.decimals(rows))
        return
    several = len(flow.heads) > 1
    traces = [head.study.trace for head in flow.heads]
    keys = [trace.key[0] if isinstance(trace, Trace) else None for trace in traces]
    values = [None if trace.value is None else trace.value[0] for trace in traces]

    def part(label: str, array: Any) -> _Part:
        rows = flow.picked(array)
        return _Part(label, rows, flow.decimals(rows))

    if several and inputs is not None and _side_by_side(keys, inputs) and _side_by_side(values, inputs):
        for number, key in enumerate(keys, 1):
            yield part(f"head {number}", key)
        return
    if inputs is not None:
        yield part("input", inputs)
    own_keys = not all(key is None or _same(key, inputs) for key in keys)
    own_values = not all(
        value is None or _same(value, key if cross else inputs) for key, value in zip(keys, values, strict=True)
    )
    for number, (key, value) in enumerate(zip(keys, values, strict=True), 1):
        tag = f" {number}" if several else ""
        if own_keys and key is not None:
            yield part(f"key{tag}", key)
        if own_values and value is not None:
            yield part(f"value{tag}", value)


def _most_numbers(dimensions: int) -> int:
    """How many numbers of a vector are printed."""
    return dimensions if dimensions <= MOST_NUMBERS else FEWER_NUMBERS


def _same(one: Any, other: Any) -> bool:
    return other is not None and np.array_equal(one, other)


def _side_by_side(pieces: Sequence[Any], whole: Any) -> bool:
    return all(each is not None for each in pieces) and _same(np.hstack(pieces), whole)


# Drawing --------------------------------------------------------------------------------------------------------------


def draw(options: Options, folder: Path | None) -> Diagram:
    """The flow of one query. Raises OptionError."""
    flow = _flow(options)
    layout = _layout(flow)
    canvas, _ = _notes.start(options)
    if options.title not in (None, "none"):
        _notes.paragraph(canvas, labels((options.title or "",))[0])
        canvas.gap()
    _sentences(canvas, flow)
    for number, section in enumerate(flow.sections, 1):
        canvas.gap()
        _DRAW[section](canvas, flow, layout, f"Step {number}: ")
    closing = [*_closing(flow), *_notes.legend(layout.legend)]
    if closing:
        canvas.gap()
    for note in closing:
        _notes.paragraph(canvas, note, indent="  ")
    return Diagram(canvas.lines(), _alternative(flow))


def _flow(options: Options) -> _Flow:
    query = _query(options)
    found = study(options, query=query)
    assert found.query is not None
    sections = _sections(options, found)
    heads = tuple(_head(options, found, index) for index in range(len(found.heads)))
    cross = options.key_tokens is not None
    names = distinct(found.key_tokens)
    always = [] if cross else [found.query]
    always += [place for place, _ in _annotated(options, found, sections)]
    always += [place for head in heads for place in ties(head.weights)[:1]]
    most = [max(each) for each in zip(*(head.weights for head in heads), strict=True)]
    # Of a long sentence, masked keys are not worth a row.
    visible = sum(map(any, zip(*(head.allowed for head in heads), strict=True)))
    room = len(most) if len(most) <= MOST_KEYS else max(min(FEWER_KEYS, visible), len(set(always)), 1)
    return _Flow(
        options=options,
        found=found,
        glyphs=CHARSETS[options.charset],
        sections=sections,
        heads=heads,
        shown=_words.heaviest_of(most, room, always),
        names=names,
        query_name=distinct(found.tokens)[found.query] if cross else names[found.query],
        itself=None if cross else found.query,
    )


def _query(options: Options) -> int | str:
    if options.query is not None:
        return options.query
    tokens = tokens_of(options)
    if len(tokens) == 1:
        return 0
    choices = [cells.without_isolates(name) for name in distinct(tokens[:8])]
    more = cells.ELLIPSIS if len(tokens) > 8 else ""
    raise OptionError(
        (), "the block does not say which token attends", f"add 'query:' with one of {', '.join(choices)}{more}"
    )


def _sections(options: Options, found: Study) -> tuple[Section, ...]:
    """The parts to draw. Raises OptionError for one that is asked for and has nothing to show."""
    valued = found.heads[0].trace.value is not None
    nothing = {
        "embeddings": "" if valued or found.embeddings is not None else "there are no vectors",
        "attention": "",
        "output": "" if valued else "there are no values to add up",
    }
    for index, section in enumerate(options.sections or ()):
        if nothing[section]:
            raise OptionError(("sections", index), nothing[section], "give 'embeddings' or 'values', or leave it out")
    wanted = options.sections or SECTIONS
    return tuple(section for section in SECTIONS if section in wanted and not nothing[section])


def _annotated(options: Options, found: Study, sections: Sequence[Section]) -> list[tuple[int, str]]:
    """The author's remarks: (key, text). Raises OptionError for a token that is none."""
    if options.annotations is not None and "attention" not in sections:
        raise OptionError("annotations", "'annotations' has no effect without the section 'attention'", "remove it")
    given = options.annotations if isinstance(options.annotations, dict) else {}
    return [
        (position(token, found.key_tokens, ("annotations", token)), cells.isolated(cells.printable(text)))
        for token, text in given.items()
    ]


def _sentences(canvas: Canvas, flow: _Flow) -> None:
    """What is read, and in cross-attention what it attends to."""
    _sentence(canvas, "Sentence", flow.found.tokens, flow)
    if flow.itself is None:
        _sentence(canvas, "Attends to", flow.found.key_tokens, flow)


def _sentence(canvas: Canvas, name: str, tokens: Sequence[str], flow: _Flow) -> None:
    """The tokens as a sentence in a few lines, its end left out if it is long."""
    room, mark = canvas.width, flow.glyphs.ellipsis
    longest = min(40, room - len(name) - 5)
    # No more tokens than this can fit; a token takes a cell and a blank at least.
    words = [cells.cut(each, longest, mark) for each in labels(tokens[: MOST_SENTENCE_LINES * room // 2 + 1])]
    count = len(words)
    while True:
        more = len(tokens) - count
        pieces = [f'"{words[0]}', *words[1:count]]
        tail = [mark + '"', f"({_count(more, 'more ' + flow.noun)})"] if more else []
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


def _count(number: int, noun: str) -> str:
    return f"{numerals.count(number)} {noun}{'' if number == 1 else 's'}"


# Layout: everything is measured before it is inked --------------------------------------------------------------------


class _Layout(NamedTuple):
    """What stands where; `names` are those of the shown keys, cut to fit."""

    names: tuple[str, ...]
    query_name: str
    legend: tuple[tuple[str, str], ...]
    columns: tuple[list[list[str]], ...]
    """Of each part, the lines of each box."""
    widths: tuple[int, ...]
    """Of the boxes of the shown keys."""
    gutter: int
    panels: tuple[list[list[Column]], ...]
    """Of each head, its table, in pieces if the width is short; without bars."""
    ends: tuple[int, ...]
    """Of each head, the cells that the last piece takes with its bars."""
    bar: int
    indent: int
    needed: int


def _layout(flow: _Flow) -> _Layout:
    """The first layout that fits. Raises OptionError that says how many columns are needed."""
    width = flow.options.width
    if width >= WIDE:
        roomy = _measured(flow, _words.LONGEST)
        if roomy.needed <= width:
            return roomy
    layout = _measured(flow, LONGEST_NARROW)
    if layout.needed > width:
        hint = f"give 'width: {layout.needed}' or more" if layout.needed <= 200 else "print fewer decimals"
        raise OptionError("width", f"this diagram needs at least {layout.needed} columns", hint)
    return layout


def _measured(flow: _Flow, longest: int) -> _Layout:
    width = flow.options.width
    full = [flow.names[index] for index in flow.shown]
    names = tuple(_short(name, longest, flow.glyphs.ellipsis) for name in full)
    query_name = _short(flow.query_name, longest, flow.glyphs.ellipsis)
    pairs = zip((*names, query_name), (*full, flow.query_name), strict=True)
    parts = flow.parts if "embeddings" in flow.sections else ()
    columns = tuple(part.columns(flow.glyphs.ellipsis) for part in parts)
    widths = [cells.width(name) + 4 for name in names] if parts else []
    for each in columns:
        widths = [max(box, len(lines[0]) + 4) for box, lines in zip(widths, each, strict=True)]
    gutter = max(len(part.label) for part in parts) + 2 if len(parts) > 1 else 0
    tables = []
    if "attention" in flow.sections:
        tables = [_table(flow, *each, names) for each in zip(flow.heads, flow.printed, strict=True)]
    across = [[column.width for column in table] for table in tables]
    text = _widest_piece(flow, names) + 4
    needed = max(
        NARROWEST,
        gutter + max(widths, default=0),
        max((_across((key, each)) for key, *rest in across for each in rest), default=0),
        text,
    )
    pieces, bar = _pieces(across, width)
    bar = bar if flow.largest else 0
    sizes = [[_across([of[at] for at in piece]) for piece in each] for of, each in zip(across, pieces, strict=True)]
    ends = tuple(each[-1] + (bar + 3 if bar else 0) for each in sizes)
    widest = max((*ends, *chain.from_iterable(sizes)), default=0)
    return _Layout(
        names=names,
        query_name=query_name,
        legend=tuple(dict.fromkeys((short, name) for short, name in pairs if short != name)),
        columns=columns,
        widths=tuple(widths),
        gutter=gutter,
        panels=tuple([[of[at] for at in piece] for piece in each] for of, each in zip(tables, pieces, strict=True)),
        ends=ends,
        bar=bar,
        indent=max(0, min(INDENT if width >= WIDE else 2, width - widest, width - text)),
        needed=needed,
    )


def _short(name: str, longest: int, mark: str) -> str:
    """The name in at most `longest` cells; the `#2` of a name stays."""
    if cells.width(name) <= longest:
        return name
    word, sign, nth = cells.without_isolates(name).rpartition("#")
    if not (word and nth.isdecimal() and len(nth) < 5):
        return cells.cut(name, longest, mark)
    return cells.cut(cells.isolated(word), longest - len(sign + nth), mark) + sign + nth


def _widest_piece(flow: _Flow, names: Sequence[str]) -> int:
    """The cells of the longest text that must not be divided: a number of a vector, or a weight and its word."""
    pieces: list[str] = []
    for printed in flow.printed:
        pieces += printed.query if "attention" in flow.sections else ()
        pieces += printed.output if "output" in flow.sections else ()
    widest = max(map(len, pieces), default=0)
    return max(widest, flow.finer + 7 + cells.widest(names)) if "output" in flow.sections else widest


def _table(flow: _Flow, head: _Head, printed: _Printed, names: Sequence[str]) -> list[Column]:
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


def _draw_embeddings(canvas: Canvas, flow: _Flow, layout: _Layout, step: str) -> None:
    """The words in boxes, and under each its vectors."""
    _notes.paragraph(canvas, step + _embeddings_heading(flow), indent="  ")
    if flow.rest:
        own = "" if flow.itself is None else f"the query's own {flow.noun} and "
        count = f"{len(flow.shown)} of {numerals.count(len(flow.names))}"
        _notes.paragraph(canvas, f"Shown: {own}the {flow.noun}s with the largest weights, {count}.", indent="  ")
    for band in _bands(layout.widths, canvas.width - layout.gutter):
        if band.start:
            canvas.gap()
        _draw_band(canvas, flow, layout, band)


def _bands(widths: Sequence[int], room: int) -> list[range]:
    """Which boxes stand in each row: no more rows than needed, and those about equally full."""
    bands = _words.arrange(widths, room)
    narrow, wide = max(widths), room
    while len(bands) > 1 and narrow < wide:
        middle = (narrow + wide) // 2
        if len(_words.arrange(widths, middle)) > len(bands):
            narrow = middle + 1
        else:
            wide = middle
    return _words.arrange(widths, wide) if len(bands) > 1 else bands


def _embeddings_heading(flow: _Flow) -> str:
    first = flow.parts[0]
    noun = flow.noun.capitalize()
    count = max(part.dimensions for part in flow.parts)
    labels_ = [part.label.split()[0] for part in flow.parts]
    if labels_[0] == "input" or labels_[0] == "head":
        whole = sum(part.dimensions for part in flow.parts) if labels_[0] == "head" else first.dimensions
        text = f"{noun} embeddings, d = {whole}"
        if labels_[0] == "head":
            text += f", divided among {len(flow.parts)} heads"
        elif len(flow.parts) > 1:
            text += f", with {_notes.listed(dict.fromkeys(label + 's' for label in labels_[1:]))}"
    else:
        text = f"{_notes.listed(dict.fromkeys(label + 's' for label in labels_)).capitalize()}, d = {first.dimensions}"
        if "value" not in labels_ and "output" in flow.sections:
            text += ", which are the values too"
    if _most_numbers(count) < count:
        text += f" (first {FEWER_NUMBERS} numbers shown)"
    return text


def _draw_band(canvas: Canvas, flow: _Flow, layout: _Layout, band: range) -> None:
    """One row of words with their vectors below."""
    row, left = canvas.height, layout.gutter
    widths = [layout.widths[index] for index in band]
    middles = _words.boxes(canvas, row, left, [[layout.names[index]] for index in band], widths)
    heights = [len(part[0]) for part in layout.columns]
    walls = [row + 4, *(row + 4 + each for each in accumulate(height + 1 for height in heights))]
    for middle, index, start, width in zip(
        middles, band, accumulate((width + 1 for width in widths), initial=left), widths, strict=False
    ):
        canvas.tee(row + 2, middle, DOWN)
        canvas.text(row + 3, middle, flow.glyphs.down)
        canvas.box(row + 4, start, walls[-1] - row - 3, width)
        for wall, part in zip(walls, layout.columns, strict=False):
            if wall > row + 4:
                canvas.horizontal(wall, start, start + width - 1)
            for offset, line in enumerate(part[index], 1):
                canvas.text(wall + offset, start + 2, cells.centre(line, width - 4))
    if left:
        for label, wall, height in zip([part.label for part in flow.parts], walls, heights, strict=False):
            canvas.text(wall + (height + 1) // 2, 0, label)


def _draw_attention(canvas: Canvas, flow: _Flow, layout: _Layout, step: str) -> None:
    """Of each head the query, the table and what there is to say about it."""
    place = ""
    if flow.rest:
        place = (
            f", {flow.noun} {numerals.count((flow.found.query or 0) + 1)} of {numerals.count(len(flow.found.tokens))}"
        )
    _notes.paragraph(canvas, f'{step}Attention of "{layout.query_name}"{place}', indent="  ")
    for head, printed, panels, end in zip(flow.heads, flow.printed, layout.panels, layout.ends, strict=True):
        if head is not flow.heads[0]:
            canvas.gap()
        _notes.paragraph(canvas, head.name, layout.indent, "  ")
        if head.query:
            _write(canvas, ["query =", *printed.query], layout.indent)
        if head.query or head.name:
            canvas.gap()
        _draw_table(canvas, flow, layout, (head, printed), panels, end)


def _draw_table(
    canvas: Canvas,
    flow: _Flow,
    layout: _Layout,
    drawn: tuple[_Head, _Printed],
    panels: list[list[Column]],
    end: int,
) -> None:
    """One head's table with bars, and what there is to say about it beside it or below."""
    head, printed = drawn
    *pieces, last = panels
    for piece in pieces:
        canvas.table(canvas.height, layout.indent, piece)
        canvas.gap()
    if layout.bar:
        bars = [
            cells.pad(_bar(head.weights[index] / flow.largest, layout.bar, flow.glyphs), layout.bar)
            for index in flow.shown
        ]
        last = [*last, Column("", bars + [""] * (len(last[0].cells) - len(bars)), "left")]
    body = canvas.table(canvas.height, layout.indent, last)
    end += layout.indent + 1
    remarks, below = _remarks(flow, layout, head)
    arrow = flow.glyphs.left + " "
    if remarks and end + cells.width(arrow) + cells.widest([text for _, text in remarks]) <= canvas.width:
        for row, text in remarks:
            canvas.text(body + row, end, arrow + text)
        below = []
    for note in (*below, *_table_notes(flow, layout, head, printed)):
        _notes.paragraph(canvas, note, layout.indent, "  ")


def _bar(share: float, length: int, glyphs: Glyphs) -> str:
    """A bar from zero: `length` cells for the share 1, in half cells where there is a sign for them."""
    if not glyphs.half_bar:
        return glyphs.bar * int(numerals.rounded(share * length, 0))
    whole, half = divmod(int(numerals.rounded(share * length * 2, 0)), 2)
    return glyphs.bar * whole + glyphs.half_bar * half


def _remarks(flow: _Flow, layout: _Layout, head: _Head) -> tuple[list[tuple[int, str]], list[str]]:
    """Remarks as (row, text) to stand beside the table, and the same as sentences to stand below it."""
    wanted = flow.options.annotations
    names = dict(zip(flow.shown, layout.names, strict=True))
    if wanted is not None:
        given = _annotated(flow.options, flow.found, flow.sections)
        rows = {key: row for row, key in enumerate(flow.shown)}
        return [(rows[key], text) for key, text in given], [f'"{names[key]}": {text}' for key, text in given]
    top, visible = ties(head.weights), sum(head.allowed)
    query = f'"{layout.query_name}"'
    if not top:
        return [], [f"{query} attends to nothing: every key is masked."]
    share = numerals.percent(head.weights[top[0]], flow.finer)
    others = [f'"{names[key]}"' for key in top if key != flow.itself and key in names]
    named = _notes.listed((["itself"] if flow.itself in top else []) + others)
    if len(top) > TIED_NAMES or not names.keys() >= set(top):
        named = _count(len(top), "key")
    if len(top) == 1:
        alone = numerals.snapped(head.weights[top[0]]) == 1
        how = "only" if alone else "most"
        beside = (
            f"attends {how} to itself" if top[0] == flow.itself else f"gets {'all' if alone else 'the most'} attention"
        )
        row = flow.shown.index(top[0])
        return [(row, beside)], [f"{query} attends {how} to {named}" + ("." if alone else f", {share}.")]
    if len(top) == visible and visible > 2:
        return [], [f"{query} attends to all {_count(visible, 'key')} alike, {share} each."]
    return [], [f"{query} attends {'' if len(top) == visible else 'most '}to {named} alike, {share} each."]


def _table_notes(flow: _Flow, layout: _Layout, head: _Head, printed: _Printed) -> Iterator[str]:
    """What must be said about the columns, and only then."""
    options = flow.options
    rest = sum(head.weights[index] for index in flow.rest)
    rounded = _notes.rounded_column([*(head.weights[index] for index in flow.shown), rest], flow.finer)
    if rounded:
        yield rounded
    for name, value in (("scale", options.scale), ("T", options.temperature)):
        if value is not None and any(name in step.head.split() or f"{name})" in step.head for step in head.steps):
            yield f"{name} = {value!r}"
    if options.softcap is not None:
        cap = numerals.compact(options.softcap, numerals.MOST_DECIMALS)
        yield f"Capped: {cap} {flow.glyphs.times} tanh(score / {cap})."
    if head.working and head.steps:
        total = numerals.text(head.working.total, options.decimals)
        shift = numerals.text(head.working.shift, options.decimals)
        minus = f" of the score less {shift}, the largest" if head.working.shift else ""
        yield f"Attention: exp{minus}, divided by the sum of all exp, {total}."
    else:
        yield from _redone(flow, layout, head, printed)


def _redone(flow: _Flow, layout: _Layout, head: _Head, printed: _Printed) -> Iterator[str]:
    """Says so if a reader who goes on from the printed numbers comes to another number than the printed one."""
    seen = [row for row, index in enumerate(flow.shown) if head.allowed[index]]
    before = _products(flow, head, printed)
    for step, column in zip(head.steps, printed.scores, strict=True):
        if before is not None:
            redo = step.redo or float
            redone = [numerals.text(redo(each), step.decimals) for each in before]
            differing = [(row, new) for row, new in zip(seen, redone, strict=True) if new != column[row]]
            if differing:
                yield _in_full_precision(differing, layout, f' in the column "{step.head}"')
                return
        before = [float(column[row]) for row in seen]
    if before and len(seen) == sum(head.allowed):
        top = max(before)
        exponentials = [exp(score - top) for score in before]
        total = sum(exponentials)
        redone = [numerals.percent(each / total, flow.finer) for each in exponentials]
        differing = [(row, new) for row, new in zip(seen, redone, strict=True) if new != printed.shares[row]]
        if differing:
            yield _in_full_precision(differing, layout, "")


def _in_full_precision(differing: list[tuple[int, str]], layout: _Layout, where: str) -> str:
    if len(differing) > TIED_NAMES:
        return f"Computed in full precision: the rounded numbers would give other last digits{where}."
    values = dict.fromkeys(text for _, text in differing)
    given = [
        f"{value} for " + _notes.listed(f'"{layout.names[row]}"' for row, text in differing if text == value)
        for value in values
    ]
    return f"Computed in full precision: the rounded numbers would give {_notes.listed(given)}{where}."


def _products(flow: _Flow, head: _Head, printed: _Printed) -> list[float] | None:
    """The dot products of the printed vectors with the visible keys; None where a reader cannot get others."""
    if not head.query or _most_numbers(len(head.query)) < len(head.query) or (flow.plain and flow.found.inputs_exact):
        return None
    decimals = printed.query_decimals
    query = [numerals.rounded(each, decimals) for each in head.query]
    return [
        sum(one * numerals.rounded(other, decimals) for one, other in zip(query, key, strict=True))
        for key, index in zip(flow.vectors("key", head), flow.shown, strict=True)
        if head.allowed[index]
    ]


def _draw_output(canvas: Canvas, flow: _Flow, layout: _Layout, step: str) -> None:
    """The weighted sum, and what it comes to."""
    several = len(flow.heads) > 1
    valued = any(part.label.startswith("value") for part in flow.parts)
    what = f"{step}Weighted output" + ("s of the heads" if several else "")
    if valued:
        what += ", from their values" if several else " of the values"
    _notes.paragraph(canvas, what, indent="  ")
    mark, asked = flow.glyphs.ellipsis, flow.options.decimals
    for number, (head, printed) in enumerate(zip(flow.heads, flow.printed, strict=True), 1):
        if several:
            _notes.paragraph(canvas, f"Head {number}:", layout.indent)
        _write(canvas, _terms(flow, layout, head, printed), layout.indent)
        _write(canvas, ["=", *printed.output], layout.indent)
        redone = _output_redone(flow, head, printed)
        if redone is not None:
            note = f"Computed in full precision; the rounded weights above would give {redone}."
            _notes.paragraph(canvas, note, layout.indent, "  ")
    if several:
        joined = [each for head in flow.heads for each in head.output]
        _write(canvas, ["Side by side =", *_vector(joined, asked, mark)], layout.indent)


def _terms(flow: _Flow, layout: _Layout, head: _Head, printed: _Printed) -> list[str]:
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


def _output_redone(flow: _Flow, head: _Head, printed: _Printed) -> str | None:
    """What the printed weights and values give, if that is printed in full and differs from the printed output."""
    if flow.options.arithmetic == "shown" or flow.rest or "embeddings" not in flow.sections:
        return None
    if _most_numbers(len(head.output)) < len(head.output):
        return None
    rows = flow.vectors("value", head)
    if not (flow.plain and flow.found.inputs_exact):
        decimals = flow.decimals(rows)
        rows = [[numerals.rounded(each, decimals) for each in row] for row in rows]
    weights = [float(weight or 0) for weight in printed.weights]
    redone = [
        sum(weight * each for weight, each in zip(weights, column, strict=True)) for column in zip(*rows, strict=True)
    ]
    text = _vector(redone, flow.options.decimals, "")
    return None if text == printed.output else " ".join(text)


def _vector(vector: Vector, decimals: int, mark: str) -> list[str]:
    """`[0.3,` `0.9,` `0.2]`, the end of a long one left out."""
    count = _most_numbers(len(vector))
    pieces = [numerals.text(each, decimals) + "," for each in vector[:count]]
    if not pieces:
        return []
    pieces[0] = "[" + pieces[0]
    pieces[-1] = pieces[-1][:-1] + "]"
    if count < len(vector):
        pieces[-1:] = [pieces[-1][:-1] + ",", f"{mark} {len(vector) - count} more]"]
    return pieces


def _write(canvas: Canvas, pieces: Sequence[str], column: int) -> None:
    for line in _fill(pieces, canvas.width - column, "  "):
        canvas.write(line, column)


def _closing(flow: _Flow) -> Iterator[str]:
    """What holds for the whole diagram."""
    found, options = flow.found, flow.options
    made_up = flow.itself is None and found.basis == "vectors" and options.keys is None
    if found.embeddings is not None and (found.illustrative or made_up):
        yield _notes.illustrative(found.embeddings.shape[1], "embeddings" if found.illustrative else "keys")
    if options.arithmetic == "shown":
        root = ""
        head = flow.heads[0]
        if head.working and head.working.divisor and len(head.query) > 1:
            divisor = numerals.text(head.working.divisor, options.decimals)
            root = f" ({flow.glyphs.root}{len(head.query)} = {divisor})"
        yield f"Each number is rounded to {_count(options.decimals, 'decimal')} before the next step uses it{root}."


def _alternative(flow: _Flow) -> str:
    """The same in a few sentences, made from the numbers."""
    query = f"'{flow.query_name}'"
    sentences = []
    for head in flow.heads:
        who = f"In {head.name.lower()}, {query}" if head.name else query
        order = sorted(
            (i for i, may in enumerate(head.allowed) if may), key=lambda i: -numerals.snapped(head.weights[i])
        )
        named = [
            ("itself" if index == flow.itself else f"'{flow.names[index]}'")
            + f", {numerals.text(head.weights[index], flow.finer)}"
            for index in order[:2]
        ]
        if not named:
            sentences.append(f"{who} attends to nothing.")
        elif len(named) == 1:
            sentences.append(f"{who} attends only to {named[0]}.")
        elif len(ties(head.weights)) > 1:
            sentences.append(f"{who} attends alike to {named[0]}, and {named[1]}.")
        else:
            sentences.append(f"{who} attends most to {named[0]}, then to {named[1]}.")
        if len(sentences) == 2:
            break
    if len(flow.heads) == 1 and "output" in flow.sections:
        sentences.append("The output is " + " ".join(flow.printed[0].output) + ".")
    return " ".join(sentences)


_DRAW: dict[Section, Callable[[Canvas, _Flow, _Layout, str], None]] = {
    "embeddings": _draw_embeddings,
    "attention": _draw_attention,
    "output": _draw_output,
}

KIND = Kind(
    name="flow",
    summary="one query from word vectors over attention weights to the weighted sum",
    options=Options,
    draw=draw,
    example="""\
kind: flow
text: The cat sat on the mat
query: sat
embeddings:
  The: [0.2, 0.5, 0.1]
  cat: [0.8, 0.1, 0.6]
  sat: [0.3, 0.9, 0.2]
  on: [0.1, 0.6, 0.3]
  the: [0.2, 0.5, 0.1]
  mat: [0.4, 0.7, 0.3]
""",
)
