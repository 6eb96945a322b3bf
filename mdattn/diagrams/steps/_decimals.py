"""How many decimals the numbers of a calculation are printed with.

A room of the kind `steps`. As many as are asked for, and as an author wrote; but a line that is worked out in full
precision holds for who redoes it. So an operand has as many decimals as that takes: in `-74.1 / 1.41 ≈ -52` the root of
2 is not 1. What is looked at is each line, from the output back to the vectors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import exp, sqrt
from typing import NamedTuple

from mdattn import numerals
from mdattn.attention.scores import Step
from mdattn.diagrams.steps._numbers import FEWER_FULL, FEWER_TERMS, MOST_NUMBERS, MOST_TERMS, Steps
from mdattn.numerals import rounded
from mdattn.study.heads import WRITTEN_DECIMALS
from mdattn.study.query import QueryHead, Vector, vector_decimals

NEAR = 0.01  # A line holds if its numbers give its result, but for one unit of the last digit or this share of it.


class Decimals(NamedTuple):
    """Decimals of each number of a head, in the order in which they are met."""

    vectors: int
    """Of the query and the keys."""
    products: int
    """query × key"""
    scores: tuple[int, ...]
    """Before the steps, and after each; empty where weights are given."""
    root: int
    exps: int
    """And of their sum."""
    weights: int
    values: int
    parts: int
    """weight × value"""


def decimals_of(steps: Steps, head: QueryHead) -> Decimals:
    """The decimals of a head: what is asked for, and in full precision as many more as its lines need."""
    least = _asked(steps, head)
    if steps.options.arithmetic == "shown":
        return least
    found = _of_the_softmax(steps, head, _of_the_sum(steps, head, least))
    return _of_the_dots(steps, head, _of_the_scores(steps, head, found))


def _asked(steps: Steps, head: QueryHead) -> Decimals:
    """The decimals that are asked for, or that an author wrote, if that shows few numbers in full."""
    placed, asked, shown = steps.placed, steps.decimals, steps.options.arithmetic == "shown"
    places = (*placed.full, *placed.listed)
    vectors, score = 0, asked
    if head.query:
        vectors, full = _written(steps, [head.query, *head.vectors("key", places)])
        product = min(2 * vectors, asked) if shown else 2 * vectors
        score = product if full and product <= max(WRITTEN_DECIMALS, asked) else asked
    elif head.working:
        scores = [head.working.dot_products[place] for place in places]
        written = numerals.decimals_needed(scores, numerals.MOST_DECIMALS)
        score = written if written <= max(WRITTEN_DECIMALS, asked) and not shown else min(written, asked)
    after = [score]
    for step in head.working.steps if head.working else ():
        after.append(asked if step.head(steps.glyphs) else after[-1])
    values, _ = _written(steps, head.vectors("value", placed.summed))
    return Decimals(
        vectors=vectors,
        products=score,
        scores=tuple(after) if head.working else (),
        root=asked,
        exps=asked,
        weights=steps.finer,
        values=values,
        parts=asked,
    )


def _written(steps: Steps, rows: Sequence[Vector]) -> tuple[int, bool]:
    """Decimals of vectors: as many as they were written with, if that is few; and whether that shows them in full."""
    printed = {number for row in rows for number in row[:MOST_TERMS]}
    written = numerals.decimals_needed(printed, numerals.MOST_DECIMALS)
    most = min(max(WRITTEN_DECIMALS, steps.decimals), numerals.MOST_DECIMALS - 1)
    shown = steps.options.arithmetic == "shown"
    return vector_decimals(steps.options, written, most), shown or written <= most


def fewest(least: int, holds: Callable[[int], bool]) -> int:
    """The fewest decimals, `least` or more, with which lines hold; `least` if they do with none."""
    return next((decimals for decimals in range(least, numerals.SNAP + 1) if holds(decimals)), least)


def near(lines: Iterable[tuple[float, float]], decimals: int) -> bool:
    """Whether lines hold, as (what comes out of their printed numbers, their result, printed with `decimals`)."""
    unit = 1.001 / 10**decimals
    for redone, result in lines:
        printed = rounded(result, decimals)
        if abs(redone - printed) > max(unit, NEAR * abs(printed)):
            return False
    return True


def _of_the_sum(steps: Steps, head: QueryHead, least: Decimals) -> Decimals:
    """The parts of the output, and the weights and values that they are products of."""
    if "output" not in steps.sections or not steps.placed.summed:
        return least
    count = len(head.output) if len(head.output) <= MOST_NUMBERS else FEWER_FULL
    weights = [head.weights[place] for place in steps.placed.summed]
    pairs = [
        list(zip(weights, column, strict=True))
        for column in zip(*(row[:count] for row in head.vectors("value", steps.placed.summed)), strict=True)
    ]
    parts = [[weight * value for weight, value in each] for each in pairs]
    rests = [total - sum(each) for total, each in zip(head.output, parts, strict=False)]

    def summed(decimals: int) -> bool:
        sums = [sum(rounded(each, decimals) for each in (*some, rest)) for some, rest in zip(parts, rests, strict=True)]
        return near(zip(sums, head.output, strict=False), steps.decimals)

    of_part = fewest(least.parts, summed)
    every = [pair for each in pairs for pair in each]

    def of_values(decimals: int) -> bool:
        return near(((weight * rounded(value, decimals), weight * value) for weight, value in every), of_part)

    of_value = fewest(least.values, of_values)
    values = [rounded(value, of_value) for _, value in every]

    def of_weights(decimals: int) -> bool:
        lines = (
            (rounded(weight, decimals) * value, weight * full)
            for (weight, full), value in zip(every, values, strict=True)
        )
        return near(lines, of_part)

    return least._replace(parts=of_part, values=of_value, weights=fewest(least.weights, of_weights))


def _of_the_softmax(steps: Steps, head: QueryHead, found: Decimals) -> Decimals:
    """The exps and their sum, which give the weights, and the scores that exp is taken of."""
    working = head.working
    if working is None or "softmax" not in steps.sections or not any(head.allowed):
        return found
    seen = [place for place in (*steps.placed.full, *steps.placed.listed) if head.allowed[place]]
    added = [working.exponentials[place] for place in steps.placed.summed]
    added.append(working.total - sum(added))

    def shared(decimals: int) -> bool:
        total = rounded(working.total, decimals)
        if not total:
            return False
        shares = ((rounded(working.exponentials[place], decimals) / total, head.weights[place]) for place in seen)
        whole = sum(rounded(each, decimals) for each in added)
        return near(shares, found.weights) and near([(whole, working.total)], decimals)

    exps = fewest(found.exps, shared)
    left = [(working.scores[-1][place] - working.shift, working.exponentials[place]) for place in seen]

    def of_scores(decimals: int) -> bool:
        return near(((exp(rounded(score, decimals)), result) for score, result in left), exps)

    *before, last = found.scores
    return found._replace(exps=exps, scores=(*before, fewest(last, of_scores)))


def _of_the_scores(steps: Steps, head: QueryHead, found: Decimals) -> Decimals:
    """The scores before each step, and the root that they are divided by."""
    if head.working is None:
        return found
    places = (*steps.placed.full, *steps.placed.listed)
    scores = [[each[place] for place in places] for each in head.working.scores]
    decimals, root = list(found.scores), found.root
    for number, step in reversed(list(enumerate(head.working.steps))):
        before, after, result = scores[number], scores[number + 1], decimals[number + 1]
        if not step.head(steps.glyphs):
            decimals[number] = max(decimals[number], result)
        elif "scale" in steps.sections:
            decimals[number] = _of_operand(step, places, before, after, decimals[number], result)
            if step.root:
                printed = [rounded(score, decimals[number]) for score in before]
                root = _of_root(step.root, printed, after, root, result)
    return found._replace(scores=tuple(decimals), root=root)


def _of_operand(step: Step, places: Sequence[int], before: Vector, after: Vector, least: int, result: int) -> int:
    """The decimals of the scores before a step; those after it have `result`."""

    def holds(decimals: int) -> bool:
        redone = [step.redo(rounded(score, decimals), 0, 0, place) for score, place in zip(before, places, strict=True)]
        return near(zip(redone, after, strict=True), result)

    return fewest(least, holds)


def _of_root(d_k: int, printed: Vector, after: Vector, least: int, result: int) -> int:
    """The decimals of the root of d_k, by which scores are divided as they are printed."""

    def holds(decimals: int) -> bool:
        root = rounded(sqrt(d_k), decimals)
        return near(zip([score / root for score in printed], after, strict=True), result)

    return fewest(least, holds)


def _of_the_dots(steps: Steps, head: QueryHead, found: Decimals) -> Decimals:
    """The products of query and keys, which give the dot products, and the vectors that they are products of."""
    if "dot" not in steps.sections or not head.query:
        return found
    count = len(head.query) if len(head.query) <= MOST_TERMS else FEWER_TERMS
    keys = head.vectors("key", steps.placed.full)
    products = [[one * other for one, other in zip(head.query, key, strict=True)] for key in keys]
    rows = [[*row[:count], sum(row[count:])] for row in products]
    dots = [sum(row) for row in products]

    def summed(decimals: int) -> bool:
        sums = (sum([rounded(each, decimals) for each in row]) for row in rows)
        return near(zip(sums, dots, strict=True), found.scores[0])

    of_product = fewest(found.products, summed)

    def multiplied(decimals: int) -> bool:
        query = [rounded(each, decimals) for each in head.query[:count]]
        return near(
            (
                (one * rounded(other, decimals), product)
                for key, row in zip(keys, products, strict=True)
                for one, other, product in zip(query, key, row, strict=False)
            ),
            of_product,
        )

    return found._replace(products=of_product, vectors=fewest(found.vectors, multiplied))
