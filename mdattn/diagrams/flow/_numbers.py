"""The numbers of a flow: what is asked, what comes out, and what of it is printed.

A room of the kind `flow`. `flow_of` goes from options to numbers (`Flow`, of each head a `Head`), `page_of` from those
to text (`Page`); where the text stands is not known here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from msgspec import Meta, Struct

from mdattn import numerals
from mdattn.attention import Trace
from mdattn.attention.scores import Step
from mdattn.errors import OptionError
from mdattn.glyphs import CHARSETS, Glyphs
from mdattn.options import doc
from mdattn.study.attended import TIED_NAMES, Attended, attended
from mdattn.study.heads import WRITTEN_DECIMALS, Study
from mdattn.study.names import authored
from mdattn.study.query import Head, QueryOptions, Vector, heads_of, named, study_of, vector_decimals
from mdattn.study.tokens import heaviest_of, position

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

Section = Literal["embeddings", "attention", "output"]
SECTIONS: tuple[Section, ...] = ("embeddings", "attention", "output")

MOST_KEYS, FEWER_KEYS = 16, 12  # Up to so many keys are all shown; of more, so many.
MOST_NUMBERS, FEWER_NUMBERS = 8, 6  # the same of the numbers of a vector
TOLD_HEADS = 2  # The text alternative tells of so many.


class Options(QueryOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The options of a flow."""

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

    def idle(self) -> Iterator[OptionError]:
        """What bears on no part that is drawn, too."""
        yield from super().idle()
        if self.annotations is not None and self.sections is not None and "attention" not in self.sections:
            said = "'annotations' has no effect without the section 'attention'"
            yield OptionError("annotations", said, "remove it")
        works = self.arithmetic == "shown" and self.basis == "weights"
        if works and not self.gives("values") and not self.gives("embeddings"):
            said = "'arithmetic' has no effect: nothing is computed from the weights"
            yield OptionError("arithmetic", said, "remove it")


# What attends, in numbers ---------------------------------------------------------------------------------------------


class Flow(Struct, frozen=True):
    """What is drawn, in numbers."""

    options: Options
    found: Study
    glyphs: Glyphs
    sections: tuple[Section, ...]
    heads: tuple[Head, ...]
    attended: tuple[Attended, ...]
    """What the query attends to in each of them."""
    shown: tuple[int, ...]
    """The keys that are shown, and those that are not."""
    rest: tuple[int, ...]
    names: tuple[str, ...]
    """Of all keys, in full; of equal words the second is `the#2`."""
    query_name: str
    itself: int | None
    """The key that is the query's own; None in cross-attention."""
    largest: float
    """The largest weight of all heads: a full bar."""
    annotated: list[tuple[int, str]]
    """The author's remarks on keys."""
    finer: int
    """Decimals of a weight: a percentage has two fewer."""
    noun: str
    plain: bool
    """Whether queries, keys and values all are the embeddings."""


def flow_of(options: Options) -> Flow:
    """The options of a flow, carried out. Raises OptionError."""
    found = study_of(options)
    sections = _sections(options, found)
    heads = heads_of(options, found)
    annotated = _annotated(options, found)
    keys, query_name, itself = named(options, found)
    finer = max(options.decimals, 2)
    every = tuple([attended(head.weights, head.allowed, finer, itself) for head in heads])
    always = [*([] if itself is None else [itself]), *(key for key, _ in annotated)]
    shown = _shown(heads, every, always)
    given = (options.projections, options.keys, options.values, options.key_tokens)
    return Flow(
        options=options,
        found=found,
        glyphs=CHARSETS[options.charset],
        sections=sections,
        heads=heads,
        attended=every,
        shown=shown,
        rest=() if len(shown) == len(keys) else tuple(sorted({*range(len(keys))} - {*shown})),
        names=keys,
        query_name=query_name,
        itself=itself,
        largest=max([max(head.weights) for head in heads]),
        annotated=annotated,
        finer=finer,
        noun="word" if options.text is not None else "token",
        plain=found.basis == "vectors" and options.heads == 1 and all(each is None for each in given),
    )


def second_of(head: Head, found: Attended) -> int | None:
    """The key with the second largest weight, where one alone has the largest and others have some too."""
    if found.how not in ("clearly", "most"):
        return None
    others = [key for key, may in enumerate(head.allowed) if may and key != found.keys[0]]
    return max(others, key=lambda key: numerals.snapped(head.weights[key]))


def _shown(heads: Sequence[Head], every: Sequence[Attended], always: list[int]) -> tuple[int, ...]:
    """The keys to show: some always, those that a sentence names, and of the rest the heaviest."""
    count = len(heads[0].weights)
    if count <= MOST_KEYS:
        return tuple(range(count))
    most = [max(each) for each in zip(*(head.weights for head in heads), strict=True)]
    # Of a long sentence, masked keys are not worth a row.
    visible = sum(map(any, zip(*(head.allowed for head in heads), strict=True)))
    always += [place for head in heads for place in head.top[:1]]
    always += [key for found in every if len(found.keys) <= TIED_NAMES for key in found.keys]
    seconds = [second_of(head, found) for head, found in zip(heads[:TOLD_HEADS], every, strict=False)]
    always += [key for key in seconds if key is not None]
    return heaviest_of(most, max(min(FEWER_KEYS, visible), len(set(always)), 1), always)


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


def _annotated(options: Options, found: Study) -> list[tuple[int, str]]:
    """The author's remarks: (key, text). Raises OptionError for a token that is none."""
    given = options.annotations if isinstance(options.annotations, dict) else {}
    return [
        (position(token, found.key_tokens, ("annotations", token)), authored(text)) for token, text in given.items()
    ]


# What is printed of it ------------------------------------------------------------------------------------------------


class Scores(Struct, frozen=True):
    """One column of scores [n_key], and the step that makes its numbers of those in the column before."""

    head: str
    numbers: Vector
    decimals: int
    step: Step | None = None


class Vectors(Struct, frozen=True):
    """The vectors of the shown keys [shown key, d]."""

    rows: Sequence[Vector]
    written: int
    """Decimals that print them in full."""


class Part(Struct, frozen=True):
    """Vectors that stand under the words. `label` stands at the left."""

    label: str
    dimensions: int
    lines: list[tuple[str, ...]]
    """Line by line, one number a key; the end of a long vector as a sign."""
    width: int


class Printed(Struct, frozen=True):
    """One head as text, for the shown keys; "" and dashes where a key is masked. Empty what is not drawn."""

    keys: Vectors | None
    values: Vectors | None
    query: list[str]
    query_decimals: int
    columns: tuple[Scores, ...]
    """Between the vectors and the weights, as many as there are steps that change something."""
    scores: list[list[str]]
    """Of each column, one a key."""
    shares: list[str]
    """The weights as percentages."""
    weights: list[str]
    output: list[str]


class Page(Struct, frozen=True):
    """All that is printed, as text."""

    parts: list[Part]
    valued: bool
    """Whether the values are others than the vectors that are said before them."""
    heads: list[Printed]


def page_of(flow: Flow) -> Page:
    """The numbers of a flow as text."""
    stated, keys, values, valued = _stated(flow)
    made: dict[int, Vectors] = {}

    def vectors(array: Array) -> Vectors:
        """The shown rows of an array [key, d], looked at once."""
        if id(array) not in made:
            made[id(array)] = _vectors(flow, array)
        return made[id(array)]

    attention, embeddings = "attention" in flow.sections, "embeddings" in flow.sections
    heads = []
    for head, key, value in zip(flow.heads, keys, values, strict=True):
        met = vectors(key) if attention and key is not None else None
        added = vectors(value) if embeddings and value is not None else None
        heads.append(_printed(flow, head, met, added))
    return Page([_part(flow, label, vectors(array)) for label, array in stated] if embeddings else [], valued, heads)


def _stated(
    flow: Flow,
) -> tuple[list[tuple[str, Array]], list[Array | None], list[Array | None], bool]:
    """The arrays [key, d] to print, each said once; keys and values of each head; whether values are printed apart.

    Keys and values that equal other vectors are the very same array.
    """
    found, several = flow.found, len(flow.heads) > 1
    inputs = None if flow.itself is None else found.embeddings
    if flow.plain:
        assert inputs is not None
        return [("input", inputs)], [inputs], [inputs], False
    traces = [head.trace for head in flow.heads]
    keys = [trace.key[0] if isinstance(trace, Trace) else None for trace in traces]
    values = [None if trace.value is None else trace.value[0] for trace in traces]
    if several and inputs is not None and _side_by_side(keys, inputs) and _side_by_side(values, inputs):
        values = [key if _same(value, key) else value for key, value in zip(keys, values, strict=True)]
        return [(f"head {number}", key) for number, key in enumerate(keys, 1) if key is not None], keys, values, False
    keys = [inputs if _same(key, inputs) else key for key in keys]
    before = keys if inputs is None else [inputs] * len(keys)
    values = [other if _same(value, other) else value for value, other in zip(values, before, strict=True)]
    own_keys = any(key is not inputs for key in keys if key is not None)
    own_values = any(value is not other for value, other in zip(values, before, strict=True) if value is not None)
    stated = [] if inputs is None else [("input", inputs)]
    for number, (key, value) in enumerate(zip(keys, values, strict=True), 1):
        tag = f" {number}" if several else ""
        if own_keys and key is not None:
            stated.append((f"key{tag}", key))
        if own_values and value is not None:
            stated.append((f"value{tag}", value))
    return stated, keys, values, own_values


def _same(one: Array | None, other: Array | None) -> bool:
    return one is not None and other is not None and np.array_equal(one, other)


def _side_by_side(pieces: Sequence[Array | None], whole: Array) -> bool:
    found = [each for each in pieces if each is not None]
    return len(found) == len(pieces) and np.array_equal(np.hstack(found), whole)


def _vectors(flow: Flow, array: Array) -> Vectors:
    rows = (array[list(flow.shown)] if flow.rest else array).tolist()
    return Vectors(rows, flow.found.input_decimals if flow.plain else _written(rows))


def _written(rows: Sequence[Vector]) -> int:
    return numerals.decimals_needed(set(chain.from_iterable(rows)), numerals.MOST_DECIMALS)


def decimals_of(flow: Flow, vectors: Vectors) -> int:
    """Decimals that the vectors are printed with."""
    return vector_decimals(flow.options, vectors.written)


def _part(flow: Flow, label: str, vectors: Vectors) -> Part:
    dimensions = len(vectors.rows[0])
    count, decimals = most_numbers(dimensions), decimals_of(flow, vectors)
    columns = [[numerals.text(each, decimals) for each in row[:count]] for row in vectors.rows]
    more = [flow.glyphs.ellipsis] if count < dimensions else []
    widest = max(map(len, chain(more, *columns)))
    lines = [tuple([each.rjust(widest) for each in line]) for line in zip(*columns, strict=True)]
    return Part(label, dimensions, [*lines, *((mark,) * len(columns) for mark in more)], widest)


def _printed(flow: Flow, head: Head, keys: Vectors | None, values: Vectors | None) -> Printed:
    dash, mark, finer = flow.glyphs.dash, flow.glyphs.ellipsis, flow.finer
    seen = [(index, head.allowed[index]) for index in flow.shown]
    attention, output = "attention" in flow.sections, "output" in flow.sections
    decimals = _query_decimals(flow, head, keys) if attention else 0
    text, percent, weights = numerals.text, numerals.percent, head.weights
    columns = tuple(_columns(flow, head)) if attention else ()
    return Printed(
        keys=keys,
        values=values,
        query=vector(head.query, decimals, mark) if attention else [],
        query_decimals=decimals,
        columns=columns,
        scores=[[text(each.numbers[index], each.decimals) if may else dash for index, may in seen] for each in columns],
        shares=[percent(weights[index], finer) if may else "masked" for index, may in seen] if attention else [],
        weights=[text(weights[index], finer) if may else "" for index, may in seen] if output else [],
        output=vector(head.output, flow.options.decimals, mark) if output else [],
    )


def _columns(flow: Flow, head: Head) -> Iterator[Scores]:
    """The scores before the steps, and after each that changes something; exp of those that a pencil worked out."""
    decimals, working, after = flow.options.decimals, head.working, head.scores
    if not after:
        return
    vectors = isinstance(head.trace, Trace)
    first = decimals
    if not vectors and not working:
        # Scores that an author wrote are printed as written.
        written = numerals.decimals_needed(after[0], numerals.MOST_DECIMALS)
        first = max(decimals, written) if written <= WRITTEN_DECIMALS else decimals
    yield Scores("Similarity" if vectors else "Score", after[0], first)
    for step, numbers in zip(head.trace.steps, after[1:], strict=True):
        if name := step.head(flow.glyphs):
            yield Scores(name, numbers, decimals, step)
    if working:
        yield Scores("exp", working.exponentials, decimals)


def _query_decimals(flow: Flow, head: Head, keys: Vectors | None) -> int:
    """Decimals of the query: no fewer than those of the keys that it meets."""
    if flow.plain:
        return vector_decimals(flow.options, flow.found.input_decimals)
    written = 0 if keys is None else keys.written
    if head.working and head.working.keys:
        written = _written([head.working.keys[index] for index in flow.shown])
    return vector_decimals(flow.options, max(written, _written([head.query])))


def most_numbers(dimensions: int) -> int:
    """How many numbers of a vector are printed."""
    return dimensions if dimensions <= MOST_NUMBERS else FEWER_NUMBERS


def vector(numbers: Vector, decimals: int, mark: str) -> list[str]:
    """`[0.3,` `0.9,` `0.2]`, the end of a long one left out."""
    count = most_numbers(len(numbers))
    pieces = [numerals.text(each, decimals) + "," for each in numbers[:count]]
    if not pieces:
        return []
    pieces[0] = "[" + pieces[0]
    pieces[-1] = pieces[-1][:-1] + "]"
    if count < len(numbers):
        pieces[-1:] = [pieces[-1][:-1] + ",", f"{mark} {len(numbers) - count} more]"]
    return pieces
