"""The attention of one query as a person works it out with a pencil.

Floor 1. `exact` arithmetic keeps full precision, as `attend` does. `shown` arithmetic rounds every number
to the printed decimals before the next step uses it, so that a reader's pocket calculator comes to the same
numbers. It takes the steps of `attend` in the same order, but subtracts the largest score only where exp
would otherwise grow out of hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import exp, isfinite
from typing import Literal, NamedTuple

from mdattn.attention.scores import Step
from mdattn.numerals import rounder

Vector = tuple[float, ...]
Matrix = tuple[Vector, ...]
Arithmetic = Literal["exact", "shown"]
Keep = Callable[[float], float]

MODEST = 5.0  # exp of a score up to here is a number that people write down; beyond, the largest is subtracted
LARGEST = 1e100  # Products of such numbers, and sums of those, stay finite.


class Working(NamedTuple):
    """Every number of the calculation, with n keys. In `shown` arithmetic each one is what is printed.

    Where scores are given, `query`, `keys` and `products` are empty.
    Without values, `values` is None and `contributions` and `output` are empty.
    """

    query: Vector  # [d_k]
    keys: Matrix  # [n, d_k]
    values: Matrix | None  # [n, d_v]
    allowed: tuple[bool, ...]  # [n]
    products: Matrix  # [n, d_k], query x key
    scores: Matrix  # [step + 1, n]: the dot products, then what they are after each step
    steps: tuple[Step, ...]
    shift: float  # what was subtracted before exp; 0 for modest scores
    exponentials: Vector  # [n], 0 where masked
    total: float
    weights: Vector  # [n]
    contributions: Matrix  # [n, d_v], weight x value
    output: Vector  # [d_v]

    @property
    def dot_products(self) -> Vector:
        """The scores before the first step: dot products, or what was given in their place."""
        return self.scores[0]


def work(
    query: Sequence[float] | None,
    keys: Sequence[Sequence[float]] | None,
    values: Sequence[Sequence[float]] | None,
    *,
    allowed: Sequence[bool],
    steps: Sequence[Step] = (),
    decimals: int = 2,
    arithmetic: Arithmetic = "exact",
    scores: Sequence[float] | None = None,
) -> Working:
    """Works out one query [d_k] over keys [n, d_k] and values [n, d_v], or over scores [n] that are given.

    In `shown` arithmetic the inputs are rounded too, and the scores after each of the `steps`, whose own numbers are
    taken as they are. Raises ValueError for shapes that do not fit, for scores that overflow, and where rounding leaves
    nothing of the softmax.
    """
    keep: Keep = rounder(decimals) if arithmetic == "shown" else float
    seen = tuple(bool(each) for each in allowed)
    q, k, products, dots = _products(query, keys, scores, keep)
    v = None if values is None else _matrix(values, keep)
    for name, count in (("dot products", len(dots)), ("values", len(seen) if v is None else len(v))):
        if count != len(seen):
            raise ValueError(f"{name} [n] need an entry for each of the n = {len(seen)} keys of the mask, got {count}")
    after = _after(dots, steps, keep)
    shift, exponentials = _exponentials(after[-1], seen, keep)
    total = keep(sum(exponentials))
    if any(seen) and not total:
        raise ValueError(f"every exp rounds to 0 at {decimals} decimals: more decimals are needed")
    weights = tuple(keep(each / total) if total else 0.0 for each in exponentials)
    contributions = tuple(
        tuple(keep(weight * each) for each in row) for weight, row in zip(weights, v or (), strict=v is not None)
    )
    return Working(
        query=q,
        keys=k,
        values=v,
        allowed=seen,
        products=products,
        steps=tuple(steps),
        scores=after,
        shift=shift,
        exponentials=exponentials,
        total=total,
        weights=weights,
        contributions=contributions,
        output=tuple(keep(sum(column)) for column in zip(*contributions, strict=True)),
    )


def _products(
    query: Sequence[float] | None,
    keys: Sequence[Sequence[float]] | None,
    scores: Sequence[float] | None,
    keep: Keep,
) -> tuple[Vector, Matrix, Matrix, Vector]:
    """The query [d_k], the keys [n, d_k], their products [n, d_k] and the sums of those [n]."""
    if scores is not None:
        return (), (), (), _vector(scores, keep)
    if query is None or keys is None:
        raise ValueError("either query [d_k] and keys [n, d_k] or scores [n] must be given")
    q, k = _vector(query, keep), _matrix(keys, keep)
    if not q or any(len(row) != len(q) for row in k):
        raise ValueError(f"query [d_k] and keys [n, d_k] need the same d_k, got {[len(row) for row in (q, *k)]}")
    products = tuple(tuple(keep(a * b) for a, b in zip(q, row, strict=True)) for row in k)
    return q, k, products, tuple(keep(sum(row)) for row in products)


def _after(dots: Vector, steps: Sequence[Step], keep: Keep) -> Matrix:
    """The dot products [n], and the scores after each step."""
    after = [dots]
    for step in steps:
        scores = [step.redo(score, 0, 0, key) for key, score in enumerate(after[-1])]
        if not all(isfinite(score) for score in scores):
            raise ValueError(f"the scores after the {step.name} are too large for a float64")
        after.append(tuple(keep(score) for score in scores))
    return tuple(after)


def _exponentials(scores: Vector, allowed: tuple[bool, ...], keep: Keep) -> tuple[float, Vector]:
    """What is subtracted from each score, and exp of what is left; 0 where masked."""
    visible = [score for score, seen in zip(scores, allowed, strict=True) if seen]
    shift = max(visible) if any(abs(score) > MODEST for score in visible) else 0.0
    return shift, tuple(
        keep(exp(keep(score - shift))) if seen else 0.0 for score, seen in zip(scores, allowed, strict=True)
    )


def _vector(values: Iterable[float], keep: Keep) -> Vector:
    numbers = [float(value) for value in values]
    for number in numbers:
        if not abs(number) <= LARGEST:
            raise ValueError(f"numbers must be finite and at most {LARGEST:g}, got {number}")
    return tuple(keep(number) for number in numbers)


def _matrix(rows: Iterable[Iterable[float]], keep: Keep) -> Matrix:
    matrix = tuple(_vector(row, keep) for row in rows)
    lengths = [len(row) for row in matrix]
    if len(set(lengths)) > 1:
        raise ValueError(f"the rows of a matrix must be equally long, got {lengths}")
    return matrix
