"""What is printed of a flow: its numbers as text.

A room of the kind `flow`. Where the text stands is not known here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct

from mdattn import numerals
from mdattn.attention import Trace
from mdattn.attention.scores import Step
from mdattn.diagrams.flow._numbers import FEWER_NUMBERS, MOST_NUMBERS, Flow
from mdattn.study.heads import WRITTEN_DECIMALS
from mdattn.study.query import QueryHead, Vector, vector_decimals

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


class ScoreColumn(Struct, frozen=True):
    """One column of scores [n_key], and the step that makes its numbers of those in the column before."""

    head: str
    numbers: Vector
    decimals: int
    step: Step | None = None


class KeyVectors(Struct, frozen=True):
    """The vectors of the shown keys [shown key, d]."""

    rows: Sequence[Vector]
    written: int
    """Decimals that print them in full."""


class VectorRows(Struct, frozen=True):
    """Vectors that stand under the words. `label` stands at the left."""

    label: str
    dimensions: int
    lines: list[tuple[str, ...]]
    """Line by line, one number a key; the end of a long vector as a sign."""
    width: int


class PrintedHead(Struct, frozen=True):
    """One head as text, for the shown keys; "" and dashes where a key is masked. Empty what is not drawn."""

    keys: KeyVectors | None
    values: KeyVectors | None
    query: list[str]
    query_decimals: int
    columns: tuple[ScoreColumn, ...]
    """Between the vectors and the weights, as many as there are steps that change something."""
    scores: list[list[str]]
    """Of each column, one a key."""
    shares: list[str]
    """The weights as percentages."""
    weights: list[str]
    output: list[str]


class PrintedFlow(Struct, frozen=True):
    """All that is printed, as text."""

    parts: list[VectorRows]
    valued: bool
    """Whether the values are others than the vectors that are said before them."""
    heads: list[PrintedHead]


def printed_of(flow: Flow) -> PrintedFlow:
    """The numbers of a flow as text."""
    stated, keys, values, valued = _stated(flow)
    made: dict[int, KeyVectors] = {}

    def vectors(array: Array) -> KeyVectors:
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
    return PrintedFlow(
        [_part(flow, label, vectors(array)) for label, array in stated] if embeddings else [], valued, heads
    )


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


def _vectors(flow: Flow, array: Array) -> KeyVectors:
    rows = (array[list(flow.shown)] if flow.rest else array).tolist()
    return KeyVectors(rows, flow.found.input_decimals if flow.plain else _written(rows))


def _written(rows: Sequence[Vector]) -> int:
    return numerals.decimals_needed(set(chain.from_iterable(rows)), numerals.MOST_DECIMALS)


def decimals_of(flow: Flow, vectors: KeyVectors) -> int:
    """Decimals that the vectors are printed with."""
    return vector_decimals(flow.options, vectors.written)


def _part(flow: Flow, label: str, vectors: KeyVectors) -> VectorRows:
    dimensions = len(vectors.rows[0])
    count, decimals = most_numbers(dimensions), decimals_of(flow, vectors)
    columns = [[numerals.text(each, decimals) for each in row[:count]] for row in vectors.rows]
    more = [flow.glyphs.ellipsis] if count < dimensions else []
    widest = max(map(len, chain(more, *columns)))
    lines = [tuple([each.rjust(widest) for each in line]) for line in zip(*columns, strict=True)]
    return VectorRows(label, dimensions, [*lines, *((mark,) * len(columns) for mark in more)], widest)


def _printed(flow: Flow, head: QueryHead, keys: KeyVectors | None, values: KeyVectors | None) -> PrintedHead:
    dash, mark, finer = flow.glyphs.dash, flow.glyphs.ellipsis, flow.finer
    seen = [(index, head.allowed[index]) for index in flow.shown]
    attention, output = "attention" in flow.sections, "output" in flow.sections
    decimals = _query_decimals(flow, head, keys) if attention else 0
    text, percent, weights = numerals.text, numerals.percent, head.weights
    columns = tuple(_columns(flow, head)) if attention else ()
    return PrintedHead(
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


def _columns(flow: Flow, head: QueryHead) -> Iterator[ScoreColumn]:
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
    yield ScoreColumn("Similarity" if vectors else "Score", after[0], first)
    for step, numbers in zip(head.trace.steps, after[1:], strict=True):
        if name := step.head(flow.glyphs):
            yield ScoreColumn(name, numbers, decimals, step)
    if working:
        yield ScoreColumn("exp", working.exponentials, decimals)


def _query_decimals(flow: Flow, head: QueryHead, keys: KeyVectors | None) -> int:
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
