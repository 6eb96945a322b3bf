"""The attention of one query as a person works it out with a pencil.

Floor 1. `exact` arithmetic keeps full precision, as `attend` does. `shown` arithmetic rounds every number
to the printed decimals before the next step uses it, so that a reader's pocket calculator comes to the same
numbers. It takes the steps of `attend` in the same order, but subtracts the largest score only where exp
would otherwise grow out of hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import exp, isfinite, sqrt, tanh
from typing import Literal, NamedTuple

from mdattn.numerals import rounder

Vector = tuple[float, ...]
Matrix = tuple[Vector, ...]
Arithmetic = Literal["exact", "shown"]
Keep = Callable[[float], float]

MODEST = 5.0  # exp of a score up to here is a number that people write down; beyond, the largest is subtracted
LARGEST = 1e100  # Products of such numbers, and sums of those, stay finite.


class Working(NamedTuple):
    """Every number of the calculation, with n keys. In `shown` arithmetic each one is what is printed.

    Where scores are given, `query`, `keys` and `products` are empty and `dot_products` holds the scores.
    Without values, `values` is None and `contributions` and `output` are empty.
    """

    query: Vector  # [d_k]
    keys: Matrix  # [n, d_k]
    values: Matrix | None  # [n, d_v]
    allowed: tuple[bool, ...]  # [n]
    products: Matrix  # [n, d_k], query x key
    dot_products: Vector  # [n]
    divisor: float | None  # sqrt(d_k), unless a scale is given
    multiplier: float | None  # the scale that is given
    temperature: float | None
    scaled: Vector  # [n], dot product / divisor, or x multiplier; and / temperature
    capped: Vector | None  # [n], if there is a softcap
    shift: float  # what was subtracted before exp; 0 for modest scores
    exponentials: Vector  # [n], 0 where masked
    total: float
    weights: Vector  # [n]
    contributions: Matrix  # [n, d_v], weight x value
    output: Vector  # [d_v]


def work(
    query: Sequence[float] | None,
    keys: Sequence[Sequence[float]] | None,
    values: Sequence[Sequence[float]] | None,
    *,
    allowed: Sequence[bool],
    scale: float | None = None,
    temperature: float | None = None,
    softcap: float | None = None,
    decimals: int = 2,
    arithmetic: Arithmetic = "exact",
    scores: Sequence[float] | None = None,
) -> Working:
    """Works out one query [d_k] over keys [n, d_k] and values [n, d_v], or over scores [n] that are given.

    In `shown` arithmetic the inputs are rounded too; `scale`, `temperature` and `softcap` are taken as they
    are. Scaling and temperature are one step, rounded once; given scores are scaled only by a `scale` that
    is given. Raises ValueError for shapes that do not fit, for scores that overflow, and where rounding
    leaves nothing of the softmax.
    """
    keep: Keep = rounder(decimals) if arithmetic == "shown" else float
    seen = tuple(bool(each) for each in allowed)
    q, k, products, dots = _products(query, keys, scores, keep)
    v = None if values is None else _matrix(values, keep)
    for name, count in (("dot products", len(dots)), ("values", len(seen) if v is None else len(v))):
        if count != len(seen):
            raise ValueError(f"{name} [n] need an entry for each of the n = {len(seen)} keys of the mask, got {count}")
    divisor = keep(sqrt(len(q))) if scale is None and scores is None else None
    scaled = _scaled(dots, divisor or 1.0, 1.0 if scale is None else scale, temperature or 1.0, keep)
    capped = None if softcap is None else tuple(keep(softcap * tanh(score / softcap)) for score in scaled)
    shift, exponentials = _exponentials(scaled if capped is None else capped, seen, keep)
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
        dot_products=dots,
        divisor=divisor,
        multiplier=scale,
        temperature=temperature,
        scaled=scaled,
        capped=capped,
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


def _scaled(dots: Vector, divisor: float, multiplier: float, temperature: float, keep: Keep) -> Vector:
    scores = [dot / divisor * multiplier / temperature for dot in dots]
    if not all(isfinite(score) for score in scores):
        raise ValueError("the scaled scores are too large for a float64")
    return tuple(keep(score) for score in scores)


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
