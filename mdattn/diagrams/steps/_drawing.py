"""The calculation as blocks of a page, and these as lines.

Floor 3, a room of the kind `steps`. It reads like the page: what is given, one step after the other, and
what is said of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from math import exp, sqrt
from sys import maxsize

from mdattn import cells, numerals
from mdattn.attention import scores
from mdattn.diagrams._kind import Diagram
from mdattn.diagrams._legend import Explained
from mdattn.diagrams.steps._numbers import (
    FEWER_FULL,
    FEWER_TERMS,
    MOST_FULL,
    MOST_NUMBERS,
    MOST_TERMS,
    Check,
    Options,
    Section,
    Steps,
    heaviest,
    prepared,
)
from mdattn.diagrams.steps._printed import PrintedHead, printed_of
from mdattn.diagrams.steps._sums import (
    Factors,
    Sum,
    aligned,
    bracketed,
    listed,
    most_numbers,
    printed_numbers,
    sums_of,
    vector_of,
    vectors_of,
)
from mdattn.layout import (
    GAP,
    Alike,
    Below,
    Block,
    Column,
    Elided,
    Framed,
    Pieces,
    Rows,
    Table,
    Text,
    fitting,
    lines_of,
)
from mdattn.study import notes
from mdattn.study.attended import attended
from mdattn.study.names import LONGEST, authored, labelled, said
from mdattn.study.notes import counted
from mdattn.study.query import QueryHead, Vector, of_rounding, printed_as_given

TITLES = ("ATTENTION CALCULATION STEP BY STEP", "ATTENTION STEP BY STEP")  # The second for short lines.
LONGEST_NARROW = 10  # cells of a word where the width is short; LONGEST elsewhere
MOST_NAMES = 8
MOST_DIFFERENCES = 2
WIDE = 48  # Below so many columns a box costs more room than it is worth.


# Drawing --------------------------------------------------------------------------------------------------------------


def draw(options: Options) -> Diagram:
    """The calculation of one query. Raises OptionError."""
    steps = prepared(options)
    lengths = (LONGEST, LONGEST_NARROW) if options.width >= WIDE else (LONGEST_NARROW,)
    texts = [printed_of(steps, head) for head in steps.heads_in_full]
    form = fitting(options.width, (_form(steps, texts, longest) for longest in lengths))
    return Diagram(lines_of(form, options.width, steps.glyphs), form.words)


def _form(steps: Steps, texts: Sequence[PrintedHead], longest: int) -> Explained:
    """The whole calculation, with labels of at most `longest` cells, and the legend."""
    (*names, query_name), legend = labelled((*steps.names, steps.query_name), longest, steps.glyphs.ellipsis)
    check = Check(steps.check.approx, steps.check.exact, [])
    short = steps._replace(names=tuple(names), query_name=query_name, check=check)
    return Explained(_page(short, texts), legend, lambda: _alternative(steps, short), steps.options.caption)


# The page -------------------------------------------------------------------------------------------------------------

StepBlocks = Callable[[Steps, QueryHead, PrintedHead], Iterator[Block]]


def _page(steps: Steps, texts: Sequence[PrintedHead]) -> Block:
    """The whole calculation, but for the legend."""
    options = steps.options
    blocks: list[Block] = []
    if options.title != "none":
        given = None if options.title is None else authored(options.title)
        blocks += [Text(_fits(options, *TITLES) if given is None else given), GAP]
    blocks += _given(steps)
    for head, each in zip(steps.heads_in_full, texts, strict=True):
        if head.title:
            blocks += [GAP, Text(head.title)]
        blocks += _head(steps, head, each)
    if len(steps.heads) > 1:
        blocks += [GAP, *_together(steps, steps.heads[len(texts) :])]
    return Below([*blocks, GAP, *map(Text, _closing(steps, texts))])


def _head(steps: Steps, head: QueryHead, texts: PrintedHead) -> Iterator[Block]:
    """The steps of one head, numbered as they come."""
    scoring = [section for section in steps.sections if section != "output"]
    number = 0
    for section in steps.sections:
        if section == "output" and not scoring and len(steps.placed.summed) < sum(head.allowed):
            yield from _table(steps, head, texts, ())
        for heading, short, step in _steps_of(section, steps):
            number += 1
            yield GAP
            yield Text(_fits(steps.options, f"Step {number}: {heading}", f"Step {number}: {short}"))
            yield from step(steps, head, texts)
        if scoring and section == scoring[-1]:
            yield from _table(steps, head, texts, scoring)


def _steps_of(section: Section, steps: Steps) -> Iterator[tuple[str, str, StepBlocks]]:
    """The steps of a section with their headings, long and short; a mask is a step of its own."""
    mask = steps.found.mask
    if section == "dot":
        yield "Dot product (similarity)", "Dot product", _dot
    elif section == "scale":
        for number, step in enumerate(steps.found.heads[0].trace.steps):
            yield step.title(steps.glyphs), step.name.capitalize(), partial(_score, number)
    elif mask != "none" and section == ("softmax" if "softmax" in steps.sections else "output"):
        yield "Causal mask" if mask == "causal" else "Mask" if mask == "given" else f"Mask ({mask})", "Mask", _mask
    if section == "softmax":
        yield "Softmax (convert to probabilities)", "Softmax", _softmax
    elif section == "output":
        yield "Weighted sum of the values", "Weighted sum", _output


def _fits(options: Options, long: str, short: str) -> str:
    return long if cells.width(long) <= options.width else short


def _total(steps: Steps, head: QueryHead, decimals: int) -> str:
    """What the weights of a head add up to as printed, if all of them are."""
    placed, scoring = steps.placed, steps.sections != ("output",)
    # Without a softmax, the weights stand in the sum, or in the table above it.
    if "softmax" not in steps.sections and scoring and len(placed.summed) < sum(head.allowed):
        return notes.WHOLE
    if not any(head.allowed) or not {"softmax", "output"} & {*steps.sections}:
        return notes.WHOLE
    printed = [head.weights[place] for place in (*placed.full, *placed.listed)]
    return notes.total_as_printed([*printed, sum(head.weights[place] for place in placed.more)], decimals)


def _given(steps: Steps) -> Iterator[Block]:
    """What is worked on: the query, and the keys as far as a few rows hold them."""
    found, mark, total = steps.found, steps.glyphs.ellipsis, len(steps.names)
    noun = ("query",) if found.basis == "vectors" else (found.basis, "of")
    # No row has room for a name a column.
    names = [f'"{name}",' for name in steps.names[: steps.options.width]]

    def told(count: int) -> Block:
        last = names[count - 1]
        tail = [last[:-1]] if count == total else [last, mark, f"{numerals.count(total - count)} more"]
        return Pieces(["Given:", *noun, f'"{steps.query_name}",', "keys", *names[: count - 1], *tail])

    yield Elided(len(names), told)
    parts = [name for name in ("query", "key", "value") if _projected(steps.options, name)]
    if parts:
        yield Text(f"Projected by the matrices given, before step 1: {notes.listed(parts)}.")


def _projected(options: Options, name: str) -> bool:
    """Whether a matrix stands between the embeddings and the query, key or value, in any head."""
    heads = options.heads if isinstance(options.heads, list) else []
    return any(getattr(each, name, None) is not None for each in (options.projections, *(h.projections for h in heads)))


def _together(steps: Steps, others: Sequence[QueryHead]) -> Iterator[Block]:
    """The heads that are not written out, and the outputs of all."""
    decimals, mark = steps.decimals, steps.glyphs.ellipsis
    if others:
        yield Text(f"The other {counted(len(others), 'head')} in the same way:")
        for head in others:
            yield Text(f"{head.title}: {_attends(steps, head)}.")
            if "output" in steps.sections:
                yield Below([Pieces(["Output", "=", *vector_of(head.output, decimals, mark)])], indent=2)
        yield GAP
    if "output" in steps.sections:
        joined = [each for head in steps.heads for each in head.output]
        yield Pieces(["Heads", "side", "by", "side", "=", *vector_of(joined, decimals, mark)])


def _closing(steps: Steps, texts: Sequence[PrintedHead]) -> Iterator[str]:
    """What holds for the whole diagram."""
    found, options = steps.found, steps.options
    yield from notes.made_up(options, found.embeddings, found.basis == "vectors")
    several = len(steps.heads) > 1
    totals = {
        number if several else 0: _total(steps, head, each.decimals.weights)
        for number, (head, each) in enumerate(zip(steps.heads_in_full, texts, strict=True), 1)
    }
    differing = steps.check.differing
    if len(differing) > MOST_DIFFERENCES or len({*differing}) < len(differing):
        redone = f"{counted(len(differing), 'last digit')} would differ"
    else:
        redone = notes.listed(differing) if differing else ""
    given = all(
        printed_as_given(found, head, each.decimals.weights)
        for head, each, total in zip(steps.heads_in_full, texts, totals.values(), strict=True)
        if total not in ("", notes.WHOLE)
    )
    yield of_rounding(options, totals, redone, given=given)


def _attends(steps: Steps, head: QueryHead) -> str:
    """`attends most to "sat", 0.40`."""
    found = attended(head.weights, head.allowed, steps.finer, steps.found.itself)
    return found.said(numerals.text(max(head.weights), steps.finer), lambda place: f'"{steps.names[place]}"')


def _alternative(steps: Steps, short: Steps) -> str:
    """The same in a few sentences, made from the numbers; a name that is too long for them stands as its label."""
    head = steps.heads[0]
    names = said(steps.names, short.names)
    whose = f"'{said([steps.query_name], [short.query_name])[0]}'"
    places = [place for place, may in enumerate(head.allowed) if may]
    if not places:
        return f"Every key is masked: {whose} attends to nothing."
    if len(places) > MOST_FULL:
        places = heaviest(head)
        which = "the largest weights are"
    else:
        which = "the weights are"
    listed = notes.listed(f"{numerals.text(head.weights[place], steps.finer)} for '{names[place]}'" for place in places)
    sentences = [f"The attention of {whose}, step by step: {which} {listed}."]
    if len(steps.heads) > 1:
        sentences[0] = (
            f"The attention of {whose} in {len(steps.heads)} heads, step by step: in head 1, {which} {listed}."
        )
    elif "output" in steps.sections:
        sentences.append(f"The output is {' '.join(vector_of(head.output, steps.decimals, steps.glyphs.ellipsis))}.")
    return " ".join(sentences)


# The steps ------------------------------------------------------------------------------------------------------------


def _dot(steps: Steps, head: QueryHead, texts: PrintedHead) -> Iterator[Block]:
    """The query, and its product with each key."""
    placed, mark = steps.placed, steps.glyphs.ellipsis
    keys = head.vectors("key", placed.full)
    query, *printed = printed_numbers([head.query, *keys], texts.decimals.vectors)
    count = len(head.query) if len(head.query) <= MOST_TERMS else FEWER_TERMS
    more = len(head.query) - count
    products = _products(head, placed.full, keys)
    text, decimals = numerals.text, texts.decimals.products
    sums = sums_of(
        steps,
        Factors(
            columns=query[:count],
            rows=[key[:count] for key in printed],
            products=[[text(each, decimals) for each in row[:count]] for row in products],
            more=more,
            rests=[text(sum(row[count:]), decimals) for row in products] if more else [],
            totals=[texts.scores[0][place] for place in placed.full],
            decimals=(decimals, texts.decimals.scores[0]),
            what="products",
        ),
    )
    names, vectors, results = steps.quoted(placed.full, ":"), vectors_of(printed, keys, mark), list(sums)
    vector = listed(query[: most_numbers(len(head.query))], head.query, mark)
    query_line = Pieces([f'Query "{steps.query_name}":', *vector])
    last = f"{mark} {counted(placed.rest, 'more key')} in the same way: table below" if placed.rest else ""
    rows = [query_line.whole, "", *_beside(steps.glyphs.right, names, vectors, results), *(["", last] if last else [])]
    beside = Framed([Rows(rows)])
    if beside.least <= steps.options.width:
        yield beside
        return
    lines: list[Block] = [query_line, GAP, *_stacked(names, vectors, results)]
    if last:
        lines += [GAP, Pieces(last.split(" "))]
    yield _framed(Below(lines), steps)


def _framed(block: Block, steps: Steps) -> Block:
    """The lines in a box, or without one where it costs more room than there is."""
    width = steps.options.width
    whole = Framed([Rows(block.rows(maxsize, steps.glyphs))])
    if whole.least <= width:
        return whole
    framed = Framed([block])
    return framed if width >= WIDE and framed.least <= width else block


def _beside(arrow: str, names: Sequence[str], vectors: Sequence[list[str]], sums: Sequence[Sum]) -> list[str]:
    """The sums at the right of their keys, in whole rows."""
    lefts = [f"{name} {' '.join(vector)} " for name, vector in zip(names, vectors, strict=True)]
    room = cells.widest(lefts)
    rows = [f"{cells.pad('Keys:', room + cells.width(arrow))} Dot products:"]
    for left, each in zip(lefts, sums, strict=True):
        first, *others = each.results
        sign = cells.pad(first[0], cells.width(arrow))
        rows.append(" ".join([cells.pad(left, room) + arrow, *each.terms]).rstrip(" "))
        rows += (" ".join([" " * room + sign + first[1:], *others]).rstrip(" "), "")
    return rows[:-1]


def _stacked(names: Sequence[str], vectors: Sequence[list[str]], sums: Sequence[Sum]) -> list[Block]:
    """The sums below their keys."""
    blocks: list[Block] = []
    for name, vector, each in zip(names, vectors, sums, strict=True):
        work = [Pieces(each.terms, hang=0, aligned=True), Pieces(each.results, hang=0, aligned=True)]
        blocks += (Pieces([name, *vector], aligned=True), Below(work, indent=2), GAP)
    return blocks[:-1]


def _products(head: QueryHead, places: Sequence[int], keys: Sequence[Vector]) -> list[Vector]:
    """query × key [place, d_k]."""
    if head.working and head.working.products:
        return [head.working.products[place] for place in places]
    return [[one * other for one, other in zip(head.query, key, strict=True)] for key in keys]


def _results(
    steps: Steps,
    expressions: dict[int, tuple[str, ...]],
    printed: dict[int, str],
    redo: Callable[[int], float],
    decimals: int,
    *,
    share: bool = False,
    noise: float = 1e-9,
    exact: float | None = None,
) -> Iterator[Block]:
    """A line for each key that is written out: `"The": 0.38 / 1.73 = 0.22`. The keys of the table are checked too."""
    signs = {
        place: steps.check.sign(redo(place), printed[place], decimals, each[-1], noise, exact)
        for place, each in expressions.items()
    }
    places = [place for place in steps.placed.full if place in expressions]
    columns = [aligned(column) for column in zip(*(expressions[place] for place in places), strict=True)]
    results = aligned([printed[place] for place in places])
    shares = aligned([numerals.percent(float(printed[place]), decimals) for place in places]) if share else []
    lines = []
    for number, (name, place) in enumerate(zip(steps.quoted(places, ":"), places, strict=True)):
        pieces = [name, *(column[number] for column in columns), f"{signs[place]} {results[number]}"]
        lines.append(Pieces([*pieces, *([f"= {shares[number]}"] if share else [])], aligned=True))
    if lines:
        yield Alike(lines)


def _score(number: int, steps: Steps, head: QueryHead, texts: PrintedHead) -> Iterator[Block]:
    """What one step makes of each score."""
    step, glyphs = texts.steps[number], steps.glyphs
    if step.root:
        written = numerals.compact(float(step.value), texts.decimals.root)
        sign = steps.check.sign(sqrt(step.root), written, texts.decimals.root)
        yield Text(f"d_k = {step.root}, so {glyphs.root}d_k {sign} {written}")
    elif isinstance(step.value, float) and scores.written(step.value) not in step.title(glyphs):
        yield Text(f"{step.name} = {scores.written(step.value)}")
    if not step.head(glyphs):
        yield Text("The scores stay as they are.")
        return
    before, after = texts.scores[number : number + 2]
    yield from _results(
        steps,
        {place: (step.formula(score, glyphs),) for place, score in before.items()},
        after,
        lambda place: step.redo(float(before[place]), 0, 0, place),
        texts.decimals.scores[number + 1],
        noise=1e-9 if step.rational else 0.0,
        exact=None if step.rational else 0.0,
    )


def _mask(steps: Steps, head: QueryHead, texts: PrintedHead) -> Iterator[Block]:
    """Which keys are out."""
    query, count = f'"{steps.query_name}"', len(head.allowed)
    masked = [place for place, may in enumerate(head.allowed) if not may]
    if not masked:
        yield Text(f"{query} may attend to every key.")
    elif len(masked) == count:
        yield Text(f"Every key is masked: {query} attends to nothing.")
    else:
        names = notes.listed(name.strip(" ") for name in steps.quoted(masked)) if len(masked) <= MOST_NAMES else ""
        who = names or f"{numerals.count(len(masked))} of {counted(count, 'key')}"
        yield Text(f"{who}: masked, left out of the {'softmax' if head.working else 'sum'}.")


def _softmax(steps: Steps, head: QueryHead, texts: PrintedHead) -> Iterator[Block]:
    """exp of each score, their sum, and the share of each."""
    if not any(head.allowed):
        yield Text("No score is left: each weight is 0.")
        return
    yield from _exps(steps, head, texts)
    yield GAP
    yield from _sum(steps, head, texts)
    yield GAP
    total = float(texts.total)
    yield from _results(
        steps,
        {place: (f"{each} / {texts.total}",) for place, each in texts.exps.items()},
        texts.weights,
        lambda place: float(texts.exps[place]) / total,
        texts.decimals.weights,
        share=True,
    )


def _exps(steps: Steps, head: QueryHead, texts: PrintedHead) -> Iterator[Block]:
    """exp of each score, or of what is left of it where the largest is subtracted first."""
    final = {place: texts.scores[-1][place] for place in texts.exps}
    decimals = texts.decimals.scores[-1]
    working = head.working
    assert working is not None
    expressions: dict[int, tuple[str, ...]] = {place: (f"exp({score})",) for place, score in final.items()}
    if working.shift:
        shift = numerals.text(working.shift, decimals)
        less = {place: numerals.text(working.scores[-1][place] - working.shift, decimals) for place in final}
        yield Text(f"The largest score, {shift}, is subtracted first: it cancels out.")
        for place, score in final.items():
            left = f"{score} - {bracketed(shift)}"
            sign = steps.check.sign(float(score) - float(shift), less[place], decimals, left)
            expressions[place] = (f"exp({left}) {sign}", f"exp({less[place]})")
        final = less
    yield from _results(
        steps,
        expressions,
        texts.exps,
        lambda place: exp(float(final[place])),
        texts.decimals.exps,
        noise=0.0,
        exact=1.0,
    )


def _sum(steps: Steps, head: QueryHead, texts: PrintedHead) -> Iterator[Block]:
    """The sum of all exps; of many, the first ones and what the others come to."""
    assert head.working is not None
    placed = steps.placed
    added = [texts.exps[place] for place in placed.summed]
    others = [place for place, may in enumerate(head.allowed) if may]
    pieces = ["Sum = " + added[0], *(f"+ {each}" for each in added[1:])]
    if len(others) > len(added):
        written = set(placed.summed)
        rest = sum(head.working.exponentials[place] for place in others if place not in written)
        added.append(numerals.text(rest, texts.decimals.exps))
        pieces += [f"+ {added[-1]}", f"({len(others) - len(written)} more)"]
    sign = steps.check.sign(sum(map(float, added)), texts.total, texts.decimals.exps, "the sum of exp")
    yield Pieces([*pieces, *([f"{sign} {texts.total}"] if len(added) > 1 else [])])


def _output(steps: Steps, head: QueryHead, texts: PrintedHead) -> Iterator[Block]:
    """Each value times its weight, and the sum of these, number by number."""
    places, mark = steps.placed.summed, steps.glyphs.ellipsis
    output = vector_of(head.output, steps.decimals, mark)
    if not places:
        yield Pieces(["Nothing", "is", "attended", "to:", "output", "=", *output])
        return
    values = head.vectors("value", places)
    printed = printed_numbers(values, texts.decimals.values)
    weights = [texts.weights[place] for place in places]
    visible = [place for place, may in enumerate(head.allowed) if may]
    written = set(places)
    others = [place for place in visible if place not in written]
    if "dot" in steps.sections and head.vectors("key", places) == values:
        yield Text("Here each value is the same vector as its key.")
    for number, (weight, name, vector) in enumerate(
        zip(weights, steps.quoted(places), vectors_of(printed, values, mark), strict=True)
    ):
        factor = f"{weight} {steps.glyphs.times}"
        first = [f"+ {factor}"] if number else [factor]
        line = Pieces([*first, name, *vector], hang=4 if number else 2, aligned=True)
        yield line if number else Below([line], indent=2)
    if others:
        yield Text(f"+ {mark} {counted(len(others), 'more value')}, each times its weight")
    yield GAP
    yield from _numbers(steps, head, texts, values, printed, others)
    yield GAP
    yield Pieces(["Output", "for", f'"{steps.query_name}"', "=", *output])


def _numbers(
    steps: Steps,
    head: QueryHead,
    texts: PrintedHead,
    values: Sequence[Vector],
    printed: Sequence[Sequence[str]],
    others: Sequence[int],
) -> Iterator[Block]:
    """Of each number of the output, the products and their sum."""
    count = len(head.output) if len(head.output) <= MOST_NUMBERS else FEWER_FULL
    text, asked, few = numerals.text, steps.decimals, texts.decimals.parts
    products = _weighted(steps, head, steps.placed.summed, values, count)
    rests: list[str] = []
    if others:
        rest = _weighted(steps, head, others, head.vectors("value", others), count)
        rests = [text(sum(column), few) for column in zip(*rest, strict=True)]
    factors = Factors(
        columns=[texts.weights[place] for place in steps.placed.summed],
        rows=[[row[place] for row in printed] for place in range(count)],
        products=[[text(row[place], few) for row in products] for place in range(count)],
        more=len(others),
        rests=rests,
        totals=[text(each, asked) for each in head.output[:count]],
        decimals=(few, asked),
        what="products",
    )
    for number, each in enumerate(sums_of(steps, factors), 1):
        label = [f"{number}:"] if len(head.output) > 1 else []
        indent = 3 if label else 0
        yield Pieces([*label, *each.terms], hang=indent, aligned=True)
        yield Below([Pieces(each.results, hang=0, aligned=True)], indent)
    if count < len(head.output):
        yield Text(f"{steps.glyphs.ellipsis} {counted(len(head.output) - count, 'more number')} in the same way")


def _weighted(
    steps: Steps, head: QueryHead, places: Sequence[int], values: Sequence[Vector], count: int
) -> list[list[float]]:
    """weight × value [place, number], the first `count` numbers of each."""
    weights = [head.weights[place] for place in places]
    if steps.options.arithmetic == "exact":
        return [[weight * each for each in row[:count]] for weight, row in zip(weights, values, strict=True)]
    keep, decimals = numerals.rounded, steps.decimals
    return [
        [keep(weight * keep(each, decimals), decimals) for each in row[:count]]
        for weight, row in zip(weights, values, strict=True)
    ]


def _table(steps: Steps, head: QueryHead, texts: PrintedHead, drawn: Sequence[Section]) -> Iterator[Block]:
    """The keys that are not written out, in the same steps."""
    placed, mark = steps.placed, steps.glyphs.ellipsis
    more = [f"{mark} {len(each)} more" for each in (placed.more, placed.masked_more) if each]
    first = Column("Key", [*(steps.names[place] for place in placed.listed), *more], "left")
    columns = [first, *_table_columns(steps, head, texts, drawn)]
    # Where every key is masked and no score is worked out, there is nothing to show of any.
    scored = "dot" in drawn or ("scale" in drawn and any(step.head(steps.glyphs) for step in texts.steps))
    if not placed.rest or len(columns) == 1 or not (any(head.allowed) or scored):
        return
    if "dot" in drawn and len(head.query) <= MOST_NUMBERS and placed.listed:
        keys = head.vectors("key", placed.listed)
        rows = vectors_of(printed_numbers(keys, texts.decimals.vectors), keys, mark)
        vectors = Column("Key vector", [*(" ".join(each) for each in rows), *([""] * len(more))], "left")
        if Table.of([*columns, vectors]).width <= steps.options.width:
            columns.insert(1, vectors)
    yield GAP
    yield Text(f"The other {counted(placed.rest, 'key')} in the same way:")
    yield Table.of(columns)


def _table_columns(steps: Steps, head: QueryHead, texts: PrintedHead, drawn: Sequence[Section]) -> Iterator[Column]:
    """A column for each step, with what the keys that are only counted come to."""
    placed, working, dash = steps.placed, head.working, steps.glyphs.dash

    def column(name: str, printed: dict[int, str], more: str = "", masked: str = dash) -> Column:
        ends = ([more] if placed.more else []) + ([masked] if placed.masked_more else [])
        return Column(name, [*(printed.get(place, masked) for place in placed.listed), *ends])

    if "dot" in drawn:
        yield column(steps.noun, texts.scores[0])
    for step, printed in zip(texts.steps, texts.scores[1:], strict=True) if "scale" in drawn else ():
        if name := step.head(steps.glyphs):
            behind = step.behind(steps.glyphs)
            yield column(behind if 0 < len(behind) <= LONGEST_NARROW else name, printed)
    if "softmax" in drawn and working:
        if not {"dot", "scale"} & set(drawn):
            yield column("Score", texts.scores[-1])
        rest = sum(working.exponentials[place] for place in placed.more)
        yield column("exp", texts.exps, numerals.text(rest, texts.decimals.exps))
    if "softmax" in drawn or not drawn:
        share = sum(head.weights[place] for place in placed.more)
        weights = {place: each for place, each in texts.weights.items() if head.allowed[place]}
        yield column("Weight", weights, numerals.text(share, texts.decimals.weights), "masked")
