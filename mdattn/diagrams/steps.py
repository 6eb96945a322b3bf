"""The calculation: could I do this with a pencil?

Floor 2. The attention of one query, with every product and every sum written out in the order a person would do it.
`draw` reads like the page: what attends (`study`), what it comes to (`_worked`), which keys are written out (`_plan`),
and then one step after the other.

`exact` arithmetic computes in full precision: `=` stands where the printed numbers give exactly the printed result, `≈`
where it is rounded, and a note says where the printed numbers would give another last digit. `shown` arithmetic goes on
from what is printed, rounded at each step, and needs no `≈`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from math import exp, sqrt, tanh
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from msgspec import Meta

from mdattn import cells, numerals
from mdattn.attention import Trace, ties
from mdattn.attention.pencil import Working, work
from mdattn.canvas import Column, Diagram, table_width
from mdattn.diagrams import _notes, _words
from mdattn.diagrams._kind import Kind
from mdattn.diagrams._page import WIDE, Box, Group, Line, Page, Table
from mdattn.diagrams._study import HeadStudy, Study, distinct, labels, study, tokens_of
from mdattn.errors import OptionError
from mdattn.glyphs import CHARSETS, Glyphs
from mdattn.options import Attention, doc

Vector = Sequence[float]
Section = Literal["dot", "scale", "softmax", "output"]
SECTIONS: tuple[Section, ...] = ("dot", "scale", "softmax", "output")

TITLES = ("ATTENTION CALCULATION STEP BY STEP", "ATTENTION STEP BY STEP")  # The second for short lines.
NARROWEST = 24  # No narrower diagram is attempted, whatever its numbers.
LONGEST_NARROW = 10  # cells of a word where the width is short; _words.LONGEST elsewhere
MOST_FULL, FEWER_FULL, FEWEST_FULL = 6, 4, 2  # Up to so many keys are written out; of more, so many; of long ones.
MOST_LISTED, FEWER_LISTED = 20, 12  # Up to so many further keys stand in a table; of more, so many.
MOST_TERMS, FEWER_TERMS = 16, 8  # the same of the terms of a sum
MOST_NUMBERS, FEWER_NUMBERS = 8, 6  # the same of the numbers of a vector
MOST_HEADS, FEWER_HEADS = 4, 2  # the same of heads
MOST_NAMES = 8
SMALL_TOTAL = 0.5  # A smaller sum of exp is avoided.
MOST_DIFFERENCES = 2
WRITTEN_DECIMALS = 4  # Numbers are printed in full up to here.
MOST_GIVEN_ROWS = 3
GAP = Line.of()


class Options(Attention, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The options of a calculation."""

    query: Annotated[
        int | str | None,
        doc("the token that attends: the token, its position from 0, or `word#2`", "a token, a position or word#2"),
    ] = None
    arithmetic: Annotated[
        Literal["exact", "shown"],
        doc("`exact`: full precision; `shown`: each step uses the numbers printed before it", "'exact' or 'shown'"),
    ] = "exact"
    sections: Annotated[
        Annotated[list[Section], Meta(min_length=1)] | None,
        doc("the steps to write out (default: all)", "a list of 'dot', 'scale', 'softmax' and 'output'"),
    ] = None


# What attends, in numbers ---------------------------------------------------------------------------------------------


class _Head(NamedTuple):
    """One head in plain numbers, for all n_key keys; without scores where weights are given."""

    title: str
    trace: Any  # Weighing
    working: Working | None
    query: Vector  # [d_k], empty where scores or weights are given
    allowed: list[bool]
    dots: Vector
    weights: Vector
    output: Vector  # [d_v], empty without values

    def vectors(self, axis: Literal["key", "value"], places: Sequence[int]) -> list[Vector]:
        """The keys or the values of these places; of a model's long ones as they are."""
        rows = getattr(self.working, axis + "s", None)
        if rows:
            return [rows[place] for place in places]
        array = getattr(self.trace, axis, None)
        return [] if array is None else array[0][list(places)].tolist()


def _worked(options: Options, found: Study, index: int) -> _Head:
    """The head, computed as the option `arithmetic` says."""
    head = found.heads[index]
    trace = head.trace
    count = len(found.heads)
    shown = options.arithmetic == "shown"
    allowed: list[bool] = trace.allowed[0, 0].tolist()
    query = trace.query[0, 0].tolist() if isinstance(trace, Trace) else []
    weights: Vector = trace.weights[0, 0].tolist()
    output: Vector = [] if trace.output is None else trace.output[0, 0].tolist()
    working = None
    if trace.dot_products is not None:
        working = _with_pencil(options, head, query, allowed)
        working = working if shown else _less_the_largest(working)
        weights = working.weights
        query, output = (working.query, working.output) if shown else (query, output)
    elif shown:
        weights, output = _shown_sum(weights, [] if trace.value is None else trace.value[0].tolist(), options.decimals)
    name = f"Head {index + 1} of {count}" + (f": {labels((head.name,))[0]}" if head.name else "") if count > 1 else ""
    dots = working.dot_products if working else ()
    return _Head(name, trace, working, query, allowed, dots, weights, output)


def _with_pencil(options: Options, head: HeadStudy, query: Vector, allowed: list[bool]) -> Working:
    """The head worked out from its vectors, or from its scores; in full precision its dot products are known."""
    trace = head.trace
    vectors = isinstance(trace, Trace) and options.arithmetic == "shown"
    scale = options.scale
    if scale is None and isinstance(trace, Trace) and not vectors:
        scale = 1 / sqrt(len(query))
    assert trace.dot_products is not None
    try:
        return work(
            query if vectors else None,
            trace.key[0].tolist() if isinstance(trace, Trace) and vectors else None,
            None if trace.value is None or options.arithmetic == "exact" else trace.value[0].tolist(),
            allowed=allowed,
            scale=scale,
            temperature=options.temperature,
            softcap=options.softcap,
            decimals=options.decimals,
            arithmetic=options.arithmetic,
            scores=None if vectors else trace.dot_products[0, 0].tolist(),
        )
    except ValueError as error:
        raise OptionError("arithmetic", f"'shown' cannot be worked out here: {error}", "use 'exact'") from None


def _less_the_largest(worked: Working) -> Working:
    """The largest score subtracted also where a small sum of exp would have too few digits to go on from."""
    if not 0 < worked.total < SMALL_TOTAL:
        return worked
    scores = worked.capped or worked.scaled
    shift = max(score for score, may in zip(scores, worked.allowed, strict=True) if may)
    exps = tuple(exp(score - shift) if may else 0.0 for score, may in zip(scores, worked.allowed, strict=True))
    return worked._replace(shift=shift, exponentials=exps, total=sum(exps))


def _shown_sum(weights: Vector, value: Sequence[Vector], decimals: int) -> tuple[Vector, Vector]:
    """Weights that are given, and the sum of values [n_key, d_v], each number rounded before it is used."""
    keep = numerals.rounded
    kept = [keep(weight, decimals) for weight in weights]
    rows = [
        [keep(weight * keep(each, decimals), decimals) for each in row] for weight, row in zip(kept, value, strict=True)
    ]
    return kept, [keep(sum(column), decimals) for column in zip(*rows, strict=True)]


# What is written out --------------------------------------------------------------------------------------------------


class _Plan(NamedTuple):
    """Where each key stands: written out, in the table, or among those that are only counted."""

    full: tuple[int, ...]
    listed: tuple[int, ...]
    more: tuple[int, ...]
    masked_more: tuple[int, ...]
    summed: tuple[int, ...]
    """The keys that are written out in the weighted sum."""

    @property
    def rest(self) -> int:
        """How many keys are not written out."""
        return len(self.listed) + len(self.more) + len(self.masked_more)


def _plan(heads: Sequence[_Head], query: int | None) -> _Plan:
    """All keys of a short sentence; of a longer one the first, and the others in the table, as far as it goes."""
    allowed = heads[0].allowed
    places = range(len(allowed))
    visible = [place for place in places if allowed[place]]
    if len(places) <= MOST_FULL:
        full = tuple(places)
    else:
        long = max(len(heads[0].query), len(heads[0].output)) > MOST_NUMBERS
        full = tuple((visible or list(places))[: FEWEST_FULL if long else FEWER_FULL])
    chosen = set(full)
    rest = [place for place in visible if place not in chosen]
    masked = [place for place in places if not allowed[place] and place not in chosen]
    listed, more = rest, []
    if len(rest) > MOST_LISTED:
        most = [max(head.weights[place] for head in heads) for place in rest]
        always = [rest.index(query)] if query in rest else []
        picked = _words.heaviest_of(most, FEWER_LISTED, always)
        listed = [rest[each] for each in picked]
        taken = set(listed)
        more = [place for place in rest if place not in taken]
    if len(listed) + len(masked) <= MOST_LISTED:
        listed, masked = sorted(listed + masked), []
    summed = visible if len(visible) <= MOST_TERMS else [place for place in full if allowed[place]]
    return _Plan(full, tuple(listed), tuple(more), tuple(masked), tuple(summed))


class _Check(NamedTuple):
    """The sign between what is printed and what it comes to, and where the two differ in the last digit."""

    approx: str
    exact: bool
    differing: list[str]

    def sign(self, redone: float, printed: str, decimals: int, what: str = "") -> str:
        """`=` or `≈` before a printed result; `redone` is what the numbers printed before it give."""
        if not self.exact:
            return "="
        if abs(redone - float(printed)) <= 1e-9 * max(1.0, abs(redone)):
            return "="
        again = numerals.text(redone, decimals)
        if again != printed:
            self.differing.append(f"{what} would be {again}")
        return self.approx


class _Steps(NamedTuple):
    """The whole calculation before it is written."""

    options: Options
    found: Study
    glyphs: Glyphs
    sections: tuple[Section, ...]
    heads: tuple[_Head, ...]
    plan: _Plan
    names: tuple[str, ...]
    """Of all keys, to be printed; of equal words the second is `the#2`. A long one is cut."""
    query_name: str
    check: _Check

    @property
    def decimals(self) -> int:
        return self.options.decimals

    @property
    def finer(self) -> int:
        """Decimals of a weight: in full precision at least those that a percentage needs."""
        return self.decimals if self.options.arithmetic == "shown" else max(self.decimals, 2)

    @property
    def noun(self) -> str:
        return "Dot product" if self.found.basis == "vectors" else "Score"

    def quoted(self, places: Sequence[int], after: str = "") -> list[str]:
        """The names in quotes, all equally wide."""
        names = [f'"{self.names[place]}"{after}' for place in places]
        widest = cells.widest(names)
        return [cells.pad(name, widest) for name in names]


# The numbers of one head, as text -------------------------------------------------------------------------------------


class _Texts(NamedTuple):
    """Scores, exps and weights [n] of the places that are printed, by place."""

    dots: dict[int, str]
    scaled: dict[int, str]
    capped: dict[int, str]
    exps: dict[int, str]
    weights: dict[int, str]
    total: str
    score_decimals: int
    scaled_decimals: int
    divisor: str  # of the scores: `1.73`; "" where they are not divided by a root
    vectors: int  # decimals of the query and the keys
    exact_products: bool


def _texts(steps: _Steps, head: _Head) -> _Texts:
    plan, asked = steps.plan, steps.decimals
    places = (*plan.full, *plan.listed)
    text = numerals.text
    finer = steps.finer
    weights = {place: text(head.weights[place], finer) for place in dict.fromkeys((*places, *plan.summed))}
    if head.working is None:
        return _Texts({}, {}, {}, {}, weights, "", 0, 0, "", 0, False)
    shown = steps.options.arithmetic == "shown"
    if head.query:
        vectors, full = _vector_decimals(steps, [head.query, *head.vectors("key", places)])
        product = min(2 * vectors, asked) if shown else 2 * vectors
        exact = full and product <= max(WRITTEN_DECIMALS, asked)
        score = product if exact else asked
    else:
        vectors, exact = 0, False
        written = numerals.decimals_needed([head.dots[place] for place in places], numerals.MOST_DECIMALS)
        score = written if written <= max(WRITTEN_DECIMALS, asked) and not shown else min(written, asked)
    work_ = head.working
    unscaled = _unscaled(steps.options, head)
    scaled = score if unscaled else asked
    return _Texts(
        dots={place: text(head.dots[place], score) for place in places},
        scaled={place: text(work_.scaled[place], scaled) for place in places},
        capped={} if work_.capped is None else {place: text(work_.capped[place], asked) for place in places},
        exps={place: text(work_.exponentials[place], asked) for place in places if head.allowed[place]},
        weights=weights,
        total=text(work_.total, asked),
        score_decimals=score,
        scaled_decimals=scaled,
        divisor=numerals.compact(sqrt(len(head.query)), asked) if head.query else "",
        vectors=vectors,
        exact_products=exact,
    )


def _vector_decimals(steps: _Steps, rows: Sequence[Vector]) -> tuple[int, bool]:
    """Decimals of vectors: as many as they were written with, if that is few; and whether that shows them in full."""
    printed = {number for row in rows for number in row[:MOST_TERMS]}
    written = numerals.decimals_needed(printed, numerals.MOST_DECIMALS)
    if steps.options.arithmetic == "shown":
        return min(written, steps.decimals), True
    most = max(WRITTEN_DECIMALS, steps.decimals)
    if written <= min(most, numerals.MOST_DECIMALS - 1):
        return written, True
    return max(steps.decimals, 1), False


def _unscaled(options: Options, head: _Head) -> bool:
    """Whether the scores stay as they are."""
    root = options.scale is None and len(head.query) > 1
    return not root and options.scale in (None, 1.0) and options.temperature in (None, 1.0)


# Sums of products -----------------------------------------------------------------------------------------------------


class _Sum(NamedTuple):
    """`0.3×0.1`, `+ 0.9×0.3` and below it `= 0.03`, `+ 0.27`, `= 0.30`."""

    terms: list[str]
    results: list[str]


class _Factors(NamedTuple):
    """What is multiplied, as text: each column has one factor, and in each row another; and what comes out."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    products: Sequence[Sequence[str]]
    more: int
    """How many further products each row has."""
    rests: Sequence[str]
    """Of each row, what these add up to; empty without any."""
    totals: Sequence[str]
    decimals: tuple[int, int]
    """Of the products and of the totals."""
    what: str
    """What is multiplied, for `… more products`."""


def _sums(steps: _Steps, factors: _Factors) -> Iterator[_Sum]:
    """The products and sums of each row; the numbers of a column are aligned on their decimal points."""
    times = steps.glyphs.times
    firsts = [_bracketed(each) if place else each for place, each in enumerate(factors.columns)]
    cells_ = [
        _aligned([f"{first}{times}{_bracketed(row[place])}" for row in factors.rows])
        for place, first in enumerate(firsts)
    ]
    products = [
        _aligned([_bracketed(row[place]) if place else row[place] for row in factors.products])
        for place in range(len(firsts))
    ]
    totals = _aligned(factors.totals)
    rests = _aligned([_bracketed(each) for each in factors.rests])
    more = f"({factors.more} more)"
    for number, row in enumerate(factors.rows):
        first, second = _signs(steps.check, factors, number, times)
        plus = [f"+ {column[number]}" for column in cells_[1:]]
        terms = [cells_[0][number], *plus]
        result = f"{second} {totals[number]}"
        if len(row) == 1 and not factors.more:
            yield _Sum(terms, [f"{first if first != '=' else second} {totals[number]}"])
            continue
        added = [f"{first} {products[0][number]}", *(f"+ {column[number]}" for column in products[1:])]
        if factors.more:
            terms.append(f"+ {steps.glyphs.ellipsis} {factors.more} more {factors.what}")
            added += [f"+ {rests[number]}", more]
        yield _Sum(terms, [*added, result])


def _signs(check: _Check, factors: _Factors, number: int, times: str) -> tuple[str, str]:
    """The signs before the products of a row and before its total."""
    if not check.exact:
        return "=", "="
    row, products = factors.rows[number], factors.products[number]
    signs = [
        check.sign(float(one) * float(other), product, factors.decimals[0], f"{one} {times} {_bracketed(other)}")
        for one, other, product in zip(factors.columns, row, products, strict=True)
    ]
    first = check.approx if check.approx in signs else "="
    rest = [factors.rests[number]] if factors.more else []
    added = sum(map(float, (*products, *rest)))
    return first, check.sign(added, factors.totals[number], factors.decimals[1], " + ".join((*products, *rest)))


def _bracketed(number: str) -> str:
    return f"({number})" if number.startswith("-") else number


def _aligned(texts: Sequence[str]) -> list[str]:
    """Numbers with equally many decimals below each other; a closing bracket stands beside them."""
    if any(each.endswith(")") for each in texts):
        texts = [each if each.endswith(")") else each + " " for each in texts]
    widest = max(map(len, texts), default=0)
    return [each.rjust(widest) for each in texts]


def _vector(numbers: Vector, decimals: int, mark: str) -> list[str]:
    """`[0.3,` `0.9,` `0.2]`, the end of a long one left out."""
    return _listed([numerals.text(each, decimals) for each in numbers[: _most_numbers(len(numbers))]], numbers, mark)


def _printed(rows: Sequence[Vector], decimals: int) -> list[list[str]]:
    """The numbers that may be printed of each vector."""
    return [[numerals.text(each, decimals) for each in row[:MOST_TERMS]] for row in rows]


def _vectors(printed: Sequence[Sequence[str]], rows: Sequence[Vector], mark: str) -> list[list[str]]:
    """Each vector as pieces, their numbers below each other."""
    count = _most_numbers(len(rows[0]))
    columns = [_aligned([row[place] for row in printed]) for place in range(count)]
    return [_listed(texts, row, mark) for texts, row in zip(zip(*columns, strict=True), rows, strict=True)]


def _listed(texts: Sequence[str], numbers: Vector, mark: str) -> list[str]:
    """The texts of the first numbers in square brackets, and how many more there are."""
    pieces = [text + "," for text in texts]
    pieces[0] = "[" + pieces[0]
    if len(texts) < len(numbers):
        return [*pieces, f"{mark} {len(numbers) - len(texts)} more]"]
    pieces[-1] = pieces[-1][:-1] + "]"
    return pieces


def _most_numbers(count: int) -> int:
    return count if count <= MOST_NUMBERS else FEWER_NUMBERS


# The steps ------------------------------------------------------------------------------------------------------------


def _dot(page: Page, steps: _Steps, head: _Head, texts: _Texts) -> None:
    """The query, and its product with each key."""
    plan, mark = steps.plan, steps.glyphs.ellipsis
    keys = head.vectors("key", plan.full)
    query, *printed = _printed([head.query, *keys], texts.vectors)
    count = len(head.query) if len(head.query) <= MOST_TERMS else FEWER_TERMS
    more = len(head.query) - count
    products = _products(head, plan.full, keys)
    text, decimals = numerals.text, texts.score_decimals
    sums = _sums(
        steps,
        _Factors(
            columns=query[:count],
            rows=[key[:count] for key in printed],
            products=[[text(each, decimals) for each in row[:count]] for row in products],
            more=more,
            rests=[text(sum(row[count:]), decimals) for row in products] if more else [],
            totals=[texts.dots[place] for place in plan.full],
            decimals=(decimals, decimals),
            what="products",
        ),
    )
    names, vectors, results = steps.quoted(plan.full, ":"), _vectors(printed, keys, mark), list(sums)
    vector = _listed(query[: _most_numbers(len(head.query))], head.query, mark)
    first = [Line.of(f'Query "{steps.query_name}":', *vector), GAP]
    last = []
    if plan.rest:
        last = [GAP, Line.of(*f"{mark} {_count(plan.rest, 'more key')} in the same way: table below".split(" "))]
    beside = partial(_beside, steps.glyphs.right, names, vectors, results)
    stacked = partial(_stacked, names, vectors, results)
    page.items.append(Box((lambda: [*first, *beside(), *last], lambda: [*first, *stacked(), *last])))


def _beside(arrow: str, names: Sequence[str], vectors: Sequence[list[str]], sums: Sequence[_Sum]) -> list[Line]:
    """The sums at the right of their keys."""
    lefts = [f"{name} {' '.join(vector)} " for name, vector in zip(names, vectors, strict=True)]
    room = cells.widest(lefts)
    lines = [Line.of(cells.pad("Keys:", room + cells.width(arrow)), "Dot products:")]
    for left, each in zip(lefts, sums, strict=True):
        first, *others = each.results
        sign = cells.pad(first[0], cells.width(arrow))
        lines.append(Line.of(cells.pad(left, room) + arrow, *each.terms))
        lines += (Line.of(" " * room + sign + first[1:], *others), GAP)
    return lines[:-1]


def _stacked(names: Sequence[str], vectors: Sequence[list[str]], sums: Sequence[_Sum]) -> list[Line]:
    """The sums below their keys."""
    lines: list[Line] = []
    for name, vector, each in zip(names, vectors, sums, strict=True):
        lines += (Line.of(name, *vector), Line.of(*each.terms, indent=2, hang=0))
        lines += (Line.of(*each.results, indent=2, hang=0), GAP)
    return lines[:-1]


def _products(head: _Head, places: Sequence[int], keys: Sequence[Vector]) -> list[Vector]:
    """query × key [place, d_k]."""
    if head.working and head.working.products:
        return [head.working.products[place] for place in places]
    return [[one * other for one, other in zip(head.query, key, strict=True)] for key in keys]


def _results(
    page: Page,
    steps: _Steps,
    expressions: dict[int, tuple[str, ...]],
    printed: dict[int, str],
    redo: Callable[[int], float],
    decimals: int,
    share: bool = False,
) -> None:
    """A line for each key that is written out: `"The": 0.38 / 1.73 = 0.22`. The keys of the table are checked too."""
    signs = {
        place: steps.check.sign(redo(place), printed[place], decimals, each[-1]) for place, each in expressions.items()
    }
    places = [place for place in steps.plan.full if place in expressions]
    columns = [_aligned(column) for column in zip(*(expressions[place] for place in places), strict=True)]
    results = _aligned([printed[place] for place in places])
    shares = _aligned([numerals.percent(float(printed[place]), decimals) for place in places]) if share else []
    lines = []
    for number, (name, place) in enumerate(zip(steps.quoted(places, ":"), places, strict=True)):
        pieces = [name, *(column[number] for column in columns), f"{signs[place]} {results[number]}"]
        lines.append(Line.of(*pieces, *([f"= {shares[number]}"] if share else [])))
    if lines:
        page.items.append(Group(lines))


def _scale(page: Page, steps: _Steps, head: _Head, texts: _Texts) -> None:
    """Each score divided by √d_k, or multiplied by the scale that is given."""
    options, glyphs = steps.options, steps.glyphs
    said = []
    if options.scale is not None:
        said.append(f"scale = {_written(options.scale)}")
    elif texts.divisor:
        sign = steps.check.sign(sqrt(len(head.query)), texts.divisor, steps.decimals)
        said.append(f"d_k = {len(head.query)}, so {glyphs.root}d_k {sign} {texts.divisor}")
    if options.temperature is not None:
        said.append(f"temperature = {_written(options.temperature)}")
    page.items.append(", ".join(said))
    if _unscaled(options, head):
        page.items.append("The scores stay as they are.")
        return
    behind = _behind(steps, texts)
    factor = (options.scale or 1 / float(texts.divisor or 1)) / (options.temperature or 1.0)
    _results(
        page,
        steps,
        {place: (dot + behind,) for place, dot in texts.dots.items()},
        texts.scaled,
        lambda place: float(texts.dots[place]) * factor,
        texts.scaled_decimals,
    )


def _behind(steps: _Steps, texts: _Texts) -> str:
    """What is done to a score: ` / 1.73`."""
    options = steps.options
    root = f" / {texts.divisor}" if texts.divisor not in ("", "1") else ""
    scale = root if options.scale is None else f" {steps.glyphs.times} {_written(options.scale)}"
    return scale + ("" if options.temperature is None else f" / {_written(options.temperature)}")


def _cap(page: Page, steps: _Steps, head: _Head, texts: _Texts) -> None:
    """Each score drawn towards 0, so that none is larger than the cap."""
    cap = steps.options.softcap or 1.0
    written, times = _written(cap), steps.glyphs.times
    _results(
        page,
        steps,
        {place: (f"{written} {times} tanh({score} / {written})",) for place, score in texts.scaled.items()},
        texts.capped,
        lambda place: cap * tanh(float(texts.scaled[place]) / cap),
        steps.decimals,
    )


def _written(value: float) -> str:
    """An author's own number in full."""
    short = numerals.compact(value, numerals.MOST_DECIMALS)
    return short if float(short) == value and len(short) <= 12 else repr(value)


def _mask(page: Page, steps: _Steps, head: _Head, texts: _Texts) -> None:
    """Which keys are out."""
    query, count = f'"{steps.query_name}"', len(head.allowed)
    masked = [place for place, may in enumerate(head.allowed) if not may]
    if not masked:
        page.items.append(f"{query} may attend to every key.")
    elif len(masked) == count:
        page.items.append(f"Every key is masked: {query} attends to nothing.")
    else:
        names = _notes.listed(name.strip(" ") for name in steps.quoted(masked)) if len(masked) <= MOST_NAMES else ""
        who = names or f"{numerals.count(len(masked))} of {_count(count, 'key')}"
        page.items.append(f"{who}: masked, left out of the {'softmax' if head.working else 'sum'}.")


def _softmax(page: Page, steps: _Steps, head: _Head, texts: _Texts) -> None:
    """exp of each score, their sum, and the share of each."""
    if not any(head.allowed):
        page.items.append("No score is left: each weight is 0.")
        return
    _exps(page, steps, head, texts)
    page.gap()
    _total(page, steps, head, texts)
    page.gap()
    total = float(texts.total)
    _results(
        page,
        steps,
        {place: (f"{each} / {texts.total}",) for place, each in texts.exps.items()},
        texts.weights,
        lambda place: float(texts.exps[place]) / total,
        steps.finer,
        share=True,
    )


def _exps(page: Page, steps: _Steps, head: _Head, texts: _Texts) -> None:
    """exp of each score, or of what is left of it where the largest is subtracted first."""
    scores = {place: (texts.capped or texts.scaled)[place] for place in texts.exps}
    decimals = steps.decimals if texts.capped else texts.scaled_decimals
    working = head.working
    assert working is not None
    expressions: dict[int, tuple[str, ...]] = {place: (f"exp({score})",) for place, score in scores.items()}
    if working.shift:
        shift = numerals.text(working.shift, decimals)
        final = working.capped or working.scaled
        less = {place: numerals.text(final[place] - working.shift, decimals) for place in scores}
        page.items.append(f"The largest score, {shift}, is subtracted first: it cancels out.")
        for place, score in scores.items():
            left = f"{score} - {_bracketed(shift)}"
            sign = steps.check.sign(float(score) - float(shift), less[place], decimals, left)
            expressions[place] = (f"exp({left}) {sign}", f"exp({less[place]})")
        scores = less
    _results(page, steps, expressions, texts.exps, lambda place: exp(float(scores[place])), steps.decimals)


def _total(page: Page, steps: _Steps, head: _Head, texts: _Texts) -> None:
    """The sum of all exps; of many, the first ones and what the others come to."""
    assert head.working is not None
    plan = steps.plan
    added = [texts.exps[place] for place in plan.summed]
    others = [place for place, may in enumerate(head.allowed) if may]
    pieces = ["Sum = " + added[0], *(f"+ {each}" for each in added[1:])]
    if len(others) > len(added):
        counted = set(plan.summed)
        rest = sum(head.working.exponentials[place] for place in others if place not in counted)
        added.append(numerals.text(rest, steps.decimals))
        pieces += [f"+ {added[-1]}", f"({len(others) - len(counted)} more)"]
    sign = steps.check.sign(sum(map(float, added)), texts.total, steps.decimals, "the sum of exp")
    page.write(*pieces, *([f"{sign} {texts.total}"] if len(added) > 1 else []))


def _output(page: Page, steps: _Steps, head: _Head, texts: _Texts) -> None:
    """Each value times its weight, and the sum of these, number by number."""
    places, mark = steps.plan.summed, steps.glyphs.ellipsis
    output = _vector(head.output, steps.decimals, mark)
    if not places:
        page.write("Nothing", "is", "attended", "to:", "output", "=", *output)
        return
    values = head.vectors("value", places)
    decimals, _ = _vector_decimals(steps, values)
    printed = _printed(values, decimals)
    weights = [texts.weights[place] for place in places]
    visible = [place for place, may in enumerate(head.allowed) if may]
    counted = set(places)
    others = [place for place in visible if place not in counted]
    if "dot" in steps.sections and head.vectors("key", places) == values:
        page.items.append("Here each value is the same vector as its key.")
    for number, (weight, name, vector) in enumerate(
        zip(weights, steps.quoted(places), _vectors(printed, values, mark), strict=True)
    ):
        sign = "+" if number else " "
        page.write(f"{sign} {weight} {steps.glyphs.times}", name, *vector, hang=4)
    if others:
        page.items.append(f"+ {mark} {_count(len(others), 'more value')}, each times its weight")
    page.gap()
    _numbers(page, steps, head, weights, values, printed, others)
    page.gap()
    page.write("Output", "for", f'"{steps.query_name}"', "=", *output)


def _numbers(
    page: Page,
    steps: _Steps,
    head: _Head,
    weights: Sequence[str],
    values: Sequence[Vector],
    printed: Sequence[Sequence[str]],
    others: Sequence[int],
) -> None:
    """Of each number of the output, the products and their sum."""
    count = len(head.output) if len(head.output) <= MOST_NUMBERS else FEWER_FULL
    text, asked = numerals.text, steps.decimals
    products = _weighted(steps, head, steps.plan.summed, values, count)
    rests: list[str] = []
    if others:
        rest = _weighted(steps, head, others, head.vectors("value", others), count)
        rests = [text(sum(column), asked) for column in zip(*rest, strict=True)]
    factors = _Factors(
        columns=weights,
        rows=[[row[place] for row in printed] for place in range(count)],
        products=[[text(row[place], asked) for row in products] for place in range(count)],
        more=len(others),
        rests=rests,
        totals=[text(each, asked) for each in head.output[:count]],
        decimals=(asked, asked),
        what="products",
    )
    for number, each in enumerate(_sums(steps, factors), 1):
        label = [f"{number}:"] if len(head.output) > 1 else []
        page.write(*label, *each.terms, hang=3 if label else 0)
        page.write(*each.results, indent=3 if label else 0, hang=0)
    if count < len(head.output):
        page.items.append(f"{steps.glyphs.ellipsis} {_count(len(head.output) - count, 'more number')} in the same way")


def _weighted(
    steps: _Steps, head: _Head, places: Sequence[int], values: Sequence[Vector], count: int
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


def _table(page: Page, steps: _Steps, head: _Head, texts: _Texts, drawn: Sequence[Section]) -> None:
    """The keys that are not written out, in the same steps."""
    plan, mark = steps.plan, steps.glyphs.ellipsis
    more = [f"{mark} {len(each)} more" for each in (plan.more, plan.masked_more) if each]
    first = Column("Key", [*(steps.names[place] for place in plan.listed), *more], "left")
    columns = [first, *_table_columns(steps, head, texts, drawn)]
    if not plan.rest or len(columns) == 1:
        return
    if "dot" in drawn and len(head.query) <= MOST_NUMBERS and plan.listed:
        keys = head.vectors("key", plan.listed)
        rows = _vectors(_printed(keys, texts.vectors), keys, mark)
        vectors = Column("Key vector", [*(" ".join(each) for each in rows), *([""] * len(more))], "left")
        if table_width([*columns, vectors]) <= steps.options.width:
            columns.insert(1, vectors)
    page.gap()
    page.items.append(f"The other {_count(plan.rest, 'key')} in the same way:")
    page.items.append(Table(columns))


def _table_columns(steps: _Steps, head: _Head, texts: _Texts, drawn: Sequence[Section]) -> Iterator[Column]:
    """A column for each step, with what the keys that are only counted come to."""
    plan, working, dash = steps.plan, head.working, steps.glyphs.dash

    def column(name: str, printed: dict[int, str], more: str = "", masked: str = dash) -> Column:
        ends = ([more] if plan.more else []) + ([masked] if plan.masked_more else [])
        return Column(name, [*(printed.get(place, masked) for place in plan.listed), *ends])

    if "dot" in drawn:
        yield column(steps.noun, texts.dots)
    if "scale" in drawn and not _unscaled(steps.options, head):
        behind = _behind(steps, texts).strip()
        yield column(behind if len(behind) <= LONGEST_NARROW else "Scaled", texts.scaled)
    if "scale" in drawn and texts.capped:
        yield column("Capped", texts.capped)
    if "softmax" in drawn and working:
        if not {"dot", "scale"} & set(drawn):
            yield column("Score", texts.capped or texts.scaled)
        rest = sum(working.exponentials[place] for place in plan.more)
        yield column("exp", texts.exps, numerals.text(rest, steps.decimals))
    if "softmax" in drawn or not drawn:
        share = sum(head.weights[place] for place in plan.more)
        weights = {place: each for place, each in texts.weights.items() if head.allowed[place]}
        yield column("Weight", weights, numerals.text(share, steps.finer), "masked")


# Drawing --------------------------------------------------------------------------------------------------------------


def draw(options: Options, folder: Path | None) -> Diagram:
    """The calculation of one query. Raises OptionError."""
    steps = _prepared(options)
    page, steps = _fitting(steps)
    canvas, _ = _notes.start(options)
    page.draw(canvas)
    return Diagram(canvas.lines(), _alternative(steps))


def _fitting(steps: _Steps) -> tuple[Page, _Steps]:
    """The page, with long words cut more if the width is short. Raises OptionError that says how much is needed."""
    width = steps.options.width
    for longest in (_words.LONGEST, LONGEST_NARROW):
        if longest == _words.LONGEST and width < WIDE:
            continue
        short = _shortened(steps, longest)
        page = _page(short)
        if width >= NARROWEST and page.fits(width):
            return page, short
    needed = max(NARROWEST, page.needed())
    hint = f"give 'width: {needed}' or more" if needed <= 200 else "print fewer decimals"
    raise OptionError("width", f"this diagram needs at least {needed} columns", hint)


def _shortened(steps: _Steps, longest: int) -> _Steps:
    mark = steps.glyphs.ellipsis
    names = tuple(_short(name, longest, mark) for name in steps.names)
    check = _Check(steps.check.approx, steps.check.exact, [])
    return steps._replace(names=names, query_name=_short(steps.query_name, longest, mark), check=check)


def _short(name: str, longest: int, mark: str) -> str:
    """The name in at most `longest` cells; the `#2` of a name stays."""
    if cells.width(name) <= longest:
        return name
    word, sign, nth = cells.without_isolates(name).rpartition("#")
    if not (word and nth.isdecimal() and len(nth) < 5):
        return cells.cut(name, longest, mark)
    return cells.cut(cells.isolated(word), longest - len(sign + nth), mark) + sign + nth


def _prepared(options: Options) -> _Steps:
    found = study(options, query=_query(options))
    assert found.query is not None
    sections = _sections(options, found)
    heads = tuple(_worked(options, found, index) for index in range(len(found.heads)))
    cross = options.key_tokens is not None
    names = distinct(found.key_tokens)
    glyphs = CHARSETS[options.charset]
    return _Steps(
        options=options,
        found=found,
        glyphs=glyphs,
        sections=sections,
        heads=heads,
        plan=_plan(heads, None if cross else found.query),
        names=names,
        query_name=distinct(found.tokens)[found.query] if cross else names[found.query],
        check=_Check(glyphs.approx, options.arithmetic == "exact", []),
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
    """The steps to draw. Raises OptionError for one that is asked for and has nothing to show, and for idle options."""
    valued = found.heads[0].trace.value is not None
    given = f"the {found.basis} are given"
    scaled = options.scale is not None or options.temperature is not None or options.softcap is not None
    nothing: dict[Section, str] = {
        "dot": "" if found.basis == "vectors" else f"{given}: there are no vectors to multiply",
        "scale": ""
        if found.basis == "vectors" or (found.basis == "scores" and scaled)
        else f"{given}: there is nothing to scale",
        "softmax": "" if found.basis != "weights" else f"{given}: there is no softmax to work out",
        "output": "" if valued else "there are no values to add up",
    }
    for index, section in enumerate(options.sections or ()):
        if nothing[section]:
            raise OptionError(("sections", index), nothing[section], "leave it out")
    wanted = options.sections or SECTIONS
    sections = tuple(section for section in SECTIONS if section in wanted and not nothing[section])
    if not sections:
        hint = "give 'embeddings' or 'values' too, or 'scores' instead"
        raise OptionError(
            "weights", "the weights are given, and there are no values: nothing is left to work out", hint
        )
    _refuse_idle(options, sections)
    return sections


def _refuse_idle(options: Options, sections: Sequence[Section]) -> None:
    """Raises OptionError for an option that shows in none of the steps that are drawn."""
    last = SECTIONS.index(sections[-1])
    for name, first in (("scale", 1), ("temperature", 1), ("softcap", 1), ("mask", 2), ("values", 3)):
        if last < first and getattr(options, name) not in (None, "none"):
            parts = ", ".join(f"'{section}'" for section in sections)
            raise OptionError(
                name, f"'{name}' has no effect on the sections {parts}", "remove it, or draw more sections"
            )


# The page -------------------------------------------------------------------------------------------------------------

Step = Callable[[Page, _Steps, _Head, _Texts], None]


def _page(steps: _Steps) -> Page:
    page = Page()
    options = steps.options
    if options.title != "none":
        given = None if options.title is None else labels((options.title,))[0]
        page.items.append(_fits(options, *TITLES) if given is None else given)
        page.gap()
    _given(page, steps)
    heads = steps.heads
    shown = heads if len(heads) <= MOST_HEADS else heads[:FEWER_HEADS]
    for head in shown:
        page.gap()
        if head.title:
            page.items.append(head.title)
            page.gap()
        _head_page(page, steps, head)
    if len(heads) > 1:
        page.gap()
        _together(page, steps, heads[len(shown) :])
    page.gap()
    page.items += _closing(steps)
    return page


def _head_page(page: Page, steps: _Steps, head: _Head) -> None:
    """The steps of one head, numbered as they come."""
    texts = _texts(steps, head)
    scoring = [section for section in steps.sections if section != "output"]
    number = 0
    for section in steps.sections:
        if section == "output" and not scoring and len(steps.plan.summed) < sum(head.allowed):
            _table(page, steps, head, texts, ())
            page.gap()
        for heading, short, step in _steps_of(section, steps):
            number += 1
            page.gap()
            page.items.append(_fits(steps.options, f"Step {number}: {heading}", f"Step {number}: {short}"))
            step(page, steps, head, texts)
        if scoring and section == scoring[-1]:
            _table(page, steps, head, texts, scoring)
            if section == "softmax":
                _say_rounded(page, steps, head)


def _steps_of(section: Section, steps: _Steps) -> Iterator[tuple[str, str, Step]]:
    """The steps of a section with their headings, long and short; a cap and a mask are steps of their own."""
    options, mask = steps.options, steps.found.mask
    if section == "dot":
        yield "Dot product (similarity)", "Dot product", _dot
    elif section == "scale":
        if steps.found.basis == "vectors" or options.scale is not None or options.temperature is not None:
            yield _scale_heading(steps), "Scale", _scale
        if options.softcap is not None:
            yield f"Cap at {_written(options.softcap)} (softcap)", "Softcap", _cap
    elif mask != "none" and section == ("softmax" if "softmax" in steps.sections else "output"):
        yield "Causal mask" if mask == "causal" else "Mask" if mask == "given" else f"Mask ({mask})", "Mask", _mask
    if section == "softmax":
        yield "Softmax (convert to probabilities)", "Softmax", _softmax
    elif section == "output":
        yield "Weighted sum of the values", "Weighted sum", _output


def _fits(options: Options, long: str, short: str) -> str:
    return long if cells.width(long) <= options.width else short


def _scale_heading(steps: _Steps) -> str:
    options = steps.options
    by = [] if options.scale is not None or steps.found.basis != "vectors" else [f"by {steps.glyphs.root}d_k"]
    if options.temperature is not None:
        by.append("by the temperature")
    return " ".join(["Scale", " and ".join(by)]).strip(" ")


def _say_rounded(page: Page, steps: _Steps, head: _Head) -> None:
    """Says so if the weights as printed do not add up to 1."""
    plan = steps.plan
    printed = [head.weights[place] for place in (*plan.full, *plan.listed)]
    more = sum(head.weights[place] for place in plan.more)
    note = _notes.rounded_column([*printed, more], steps.finer, "the whole" if plan.rest else "the column")
    if note:
        page.items.append(note)


def _given(page: Page, steps: _Steps) -> None:
    """What is worked on: the query, and the keys as far as a few rows hold them."""
    found, mark = steps.found, steps.glyphs.ellipsis
    query = f'"{steps.query_name}"'
    noun = "query" if found.basis == "vectors" else f"{found.basis} of"
    count, total = min(len(steps.names), steps.options.width), len(steps.names)
    while True:
        names = [f'"{name}",' for name in steps.names[:count]]
        names[-1] = names[-1].rstrip(",") if count == total else names[-1]
        tail = [] if count == total else [mark, f"{numerals.count(total - count)} more"]
        line = Line.of("Given:", *noun.split(" "), query + ",", "keys", *names, *tail)
        rows = line.rows(steps.options.width)
        if len(rows) <= MOST_GIVEN_ROWS or count == 1:
            break
        count -= max(1, (len(rows) - MOST_GIVEN_ROWS) * count // (2 * len(rows)))
    page.items.append(line)


def _together(page: Page, steps: _Steps, others: Sequence[_Head]) -> None:
    """The heads that are not written out, and the outputs of all."""
    decimals, mark = steps.decimals, steps.glyphs.ellipsis
    if others:
        page.items.append(f"The other {_count(len(others), 'head')} in the same way:")
        for head in others:
            weights = [f"{_attends(steps, head)}."]
            page.items.append(f"{head.title}: {weights[0]}")
            if "output" in steps.sections:
                page.write("Output", "=", *_vector(head.output, decimals, mark), indent=2)
        page.gap()
    if "output" in steps.sections:
        joined = [each for head in steps.heads for each in head.output]
        page.write("Heads", "side", "by", "side", "=", *_vector(joined, decimals, mark))


def _closing(steps: _Steps) -> Iterator[str]:
    """What holds for the whole diagram."""
    found, options = steps.found, steps.options
    cross = options.key_tokens is not None
    made_up = cross and found.basis == "vectors" and options.keys is None
    if found.embeddings is not None and (found.illustrative or made_up):
        yield _notes.illustrative(found.embeddings.shape[1], "embeddings" if found.illustrative else "keys")
    if options.arithmetic == "shown":
        yield f"Each number is rounded to {_count(options.decimals, 'decimal')} before the next step uses it."
    elif steps.check.differing:
        differing = list(dict.fromkeys(steps.check.differing))
        if len(differing) > MOST_DIFFERENCES:
            where = f"{len(differing)} last digits would differ"
        else:
            where = _notes.listed(differing)
        yield f"Computed in full precision, rounded when printed: from the printed numbers, {where}."
    shown = dict.fromkeys((*steps.names, steps.query_name))
    full = distinct(found.key_tokens)
    pairs = dict(zip(steps.names, full, strict=True))
    pairs[steps.query_name] = distinct(found.tokens)[found.query or 0]
    yield from _notes.legend([(short, pairs[short]) for short in shown if pairs[short] != short])


def _attends(steps: _Steps, head: _Head) -> str:
    """`attends most to "sat", 0.40`."""
    top = ties(head.weights)
    if not top:
        return "attends to nothing"
    names = _notes.listed(name.strip(" ") for name in steps.quoted(top[:3]))
    most = "only" if numerals.snapped(head.weights[top[0]]) == 1 else "most"
    alike = "" if len(top) == 1 else " alike" if len(top) <= 3 else f" and {len(top) - 3} more alike"
    return f"attends {most} to {names}{alike}, {numerals.text(head.weights[top[0]], steps.finer)}"


def _alternative(steps: _Steps) -> str:
    """The same in a few sentences, made from the numbers."""
    head = steps.heads[0]
    names = distinct(steps.found.key_tokens)
    whose = f"'{distinct(steps.found.tokens)[steps.found.query or 0]}'"
    places = [place for place, may in enumerate(head.allowed) if may]
    if not places:
        return f"Every key is masked: {whose} attends to nothing."
    if len(places) > MOST_FULL:
        places = sorted(places, key=lambda place: -numerals.snapped(head.weights[place]))[:3]
        which = "the largest weights are"
    else:
        which = "the weights are"
    listed = _notes.listed(
        f"{numerals.text(head.weights[place], steps.finer)} for '{names[place]}'" for place in places
    )
    sentences = [f"The attention of {whose}, step by step: {which} {listed}."]
    if len(steps.heads) > 1:
        sentences[0] = (
            f"The attention of {whose} in {len(steps.heads)} heads, step by step: in head 1, {which} {listed}."
        )
    elif "output" in steps.sections:
        sentences.append(f"The output is {' '.join(_vector(head.output, steps.decimals, steps.glyphs.ellipsis))}.")
    return " ".join(sentences)


def _count(number: int, noun: str) -> str:
    return f"{numerals.count(number)} {noun}{'' if number == 1 else 's'}"


KIND = Kind(
    name="steps",
    summary="the attention of one query worked out line by line, as with a pencil",
    options=Options,
    draw=draw,
    example="""\
kind: steps
tokens: [The, cat, sat]
query: sat
embeddings:
  The: [0.1, 0.3, 0.4]
  cat: [0.8, 0.1, 0.6]
  sat: [0.3, 0.9, 0.2]
arithmetic: shown
""",
)
