"""Attention itself, with every step kept that is asked for.

Floor 1. Scores go through the steps of `scores`, then mask and softmax make weights of them. `attend` begins before
the scores, with queries and keys; `weigh` begins with scores that are given, and `given` ends with weights that are
given. The formula is eq. 1 of "Attention Is All You Need" (2017).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from mdattn.attention.products import product
from mdattn.attention.scores import Scoring, Step, steps_of
from mdattn.numerals import snapped

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]
    Mask = NDArray[np.bool_]
    AnyArray = NDArray[Any]


class Weighing(msgspec.Struct, frozen=True, eq=False, kw_only=True):
    """How weights came about. Arrays are read-only float64 [head, n_query, n_key] unless said otherwise."""

    steps: tuple[Step, ...] = ()
    scores: tuple[
        Array, ...
    ] = ()  # before the steps, then after each; none unless asked for, or where weights are given
    allowed: Mask  # bool, true = may attend
    weights: Array  # each row adds up to 1, or to 0 where nothing is allowed
    value: Array | None = None  # [kv_head, n_key, d_v]
    output: Array | None = None  # [head, n_query, d_v]

    @property
    def dot_products(self) -> Array | None:
        """The scores before the first step: dot products, or what was given in their place."""
        return self.scores[0] if self.scores else None


class Trace(Weighing, frozen=True, eq=False, kw_only=True):
    """A whole attention, from queries to output.

    Key and value heads are kept as they came, not repeated: head h is served by kv_head `h // (head //
    kv_head)`.
    """

    query: Array  # [head, n_query, d_k]
    key: Array  # [kv_head, n_key, d_k]
    value: Array
    output: Array


def attend(
    query: ArrayLike,
    key: ArrayLike,
    value: ArrayLike,
    *,
    scale: float | None = None,
    temperature: float | None = None,
    softcap: float | None = None,
    bias: ArrayLike | None = None,
    allowed: ArrayLike | None = None,
    keep: bool = False,
) -> Trace:
    """Attention of each query to each key, and the weighted sums of the values, in float64.

    query [head, n_query, d_k], key [kv_head, n_key, d_k], value [kv_head, n_key, d_v]; an array without a
    head axis gets one. kv_head divides head, and serves a run of consecutive heads. `scale` is 1/sqrt(d_k)
    if left out. `bias` and `allowed` (bool, true = may attend) broadcast to [head, n_query, n_key]. A query
    that may attend to nothing has weights 0 and output 0. The scores after each step are kept where `keep` asks
    for them: they take as much memory as the weights, each. Raises ValueError for shapes that do not fit and for
    numbers that are not finite.
    """
    with np.errstate(all="ignore"):  # What overflows is found by looking, not by a warning.
        q, k, v = _arrays(query, key, value)
        added = None if bias is None else _numbers(bias, "bias [head, n_query, n_key]")
        steps = steps_of(Scoring(scale, temperature, softcap, added), q.shape[2])
        return _attended(q, k, v, steps, allowed, keep)


def attend_by(
    steps: Sequence[Step],
    query: ArrayLike,
    key: ArrayLike,
    value: ArrayLike,
    *,
    allowed: ArrayLike | None = None,
    keep: bool = False,
) -> Trace:
    """`attend` with the steps themselves."""
    with np.errstate(all="ignore"):
        return _attended(*_arrays(query, key, value), steps, allowed, keep)


def weigh(
    scores: ArrayLike,
    steps: Sequence[Step] = (),
    *,
    allowed: ArrayLike | None = None,
    value: ArrayLike | None = None,
    keep: bool = False,
) -> Weighing:
    """The same as `attend` from the dot products on, for scores [head, n_query, n_key] that are given."""
    with np.errstate(all="ignore"):
        products = _three_axes(scores, "scores [head, n_query, n_key]")
        v = None if value is None else _frozen(_three_axes(value, "value [kv_head, n_key, d_v]"))
        kept, seen, weights = _weigh(products, steps, allowed, keep)
        output = None if v is None else _output(weights, v)
    return Weighing(steps=tuple(steps), scores=kept, allowed=seen, weights=weights, value=v, output=output)


def given(weights: ArrayLike, *, allowed: ArrayLike | None = None, value: ArrayLike | None = None) -> Weighing:
    """The end of the pipe, for weights [head, n_query, n_key] that are given and are taken as they are.

    Raises ValueError for a negative weight and for a weight where the mask allows none. Whether a row adds
    up to 1 is the business of who knows how it was rounded.
    """
    with np.errstate(all="ignore"):
        taken = _frozen(_three_axes(weights, "weights [head, n_query, n_key]"))
        v = None if value is None else _frozen(_three_axes(value, "value [kv_head, n_key, d_v]"))
        seen = _broadcast(_ALL if allowed is None else _mask(allowed), taken.shape, "allowed")
        if (taken < 0).any():
            raise ValueError(f"weights [head, n_query, n_key] must not be negative, got {taken.min()}")
        if taken[~seen].any():
            raise ValueError("weights [head, n_query, n_key] must be 0 where the mask allows nothing")
        output = None if v is None else _output(taken, v)
    return Weighing(allowed=seen, weights=taken, value=v, output=output)


def softmax(scores: Array, allowed: Mask | None, *, over: bool = False) -> Array:
    """scores [..., n_query, n_key] -> weights, same shape; 0 where nothing is allowed.

    `allowed` broadcasts to the scores, and None allows all; `over` writes over the scores. The largest allowed score of
    a row is subtracted first, so that no finite score overflows. What underflows is 0, and the caller's to keep quiet
    about.
    """
    hides = allowed is not None and not allowed.all()
    if allowed is not None and hides:
        scores, over = scores if over else scores.copy(), True
        np.copyto(scores, -np.inf, where=~allowed)
    top = np.maximum.reduce(scores, axis=-1, keepdims=True, initial=-np.inf)
    if hides:
        top[top == -np.inf] = 0.0  # A row of nothing: exp(-inf - 0) is 0, where exp(-inf + inf) would be NaN.
    weights: Array = np.subtract(scores, top, out=scores if over else None)
    np.exp(weights, out=weights)
    total = np.add.reduce(weights, axis=-1, keepdims=True)
    if hides:
        total[total == 0.0] = 1.0
    weights /= total
    return weights


def ties(weights: ArrayLike) -> tuple[int, ...]:
    """weights [n_key] -> where the largest weight stands, to 9 decimals; nowhere if all are 0."""
    if isinstance(weights, (list, tuple)):  # Short ones, mostly: numpy takes longer to begin.
        largest = max(weights, default=0.0)
        near = [position for position, weight in enumerate(weights) if weight >= largest - _NEAR]
        row: Any = weights
    else:
        return _ties_of_array(np.asarray(weights, dtype=np.float64))
    if largest <= 0.0:
        return ()
    top = snapped(largest)
    return tuple([position for position in near if snapped(float(row[position])) == top])


def _ties_of_array(row: Array) -> tuple[int, ...]:
    largest = float(row.max(initial=0.0))
    if largest <= 0.0:
        return ()
    near = np.flatnonzero(row >= largest - _NEAR)
    # There can be a million of them, but few that differ.
    numbers, which = np.unique(row[near], return_inverse=True)
    top = snapped(largest)
    alike = np.array([snapped(each) == top for each in numbers.tolist()])
    return tuple(near[alike[which]].tolist())


_NEAR = 2e-9  # Numbers further apart cannot snap alike, and snapping is not free.


def _arrays(query: ArrayLike, key: ArrayLike, value: ArrayLike) -> tuple[Array, Array, Array]:
    """Query, key and value with a head axis each. Raises ValueError unless they fit each other."""
    q = _three_axes(query, "query [head, n_query, d_k]")
    k = _three_axes(key, "key [kv_head, n_key, d_k]")
    v = k if value is key else _three_axes(value, "value [kv_head, n_key, d_v]")
    if not q.shape[2] or q.shape[2] != k.shape[2]:
        raise ValueError(f"query [head, n_query, d_k] {q.shape} and key [kv_head, n_key, d_k] {k.shape} need one d_k")
    if not k.shape[0] or q.shape[0] % k.shape[0]:
        raise ValueError(f"kv_head of key [kv_head, n_key, d_k] {k.shape} must divide head of query {q.shape}")
    return q, k, v


def _attended(q: Array, k: Array, v: Array, steps: Sequence[Step], allowed: ArrayLike | None, keep: bool) -> Trace:
    head, n_query, d_k = q.shape
    kv_head, n_key, _ = k.shape
    # Heads that share a key head are consecutive: folded into its queries, no key is repeated.
    products = product(q.reshape(kv_head, -1, d_k), k.transpose(0, 2, 1)).reshape(head, n_query, n_key)
    scores, seen, weights = _weigh(products, steps, allowed, keep)
    return Trace(
        query=_frozen(q),
        key=_frozen(k),
        value=_frozen(v),
        steps=tuple(steps),
        scores=scores,
        allowed=seen,
        weights=weights,
        output=_output(weights, v),
    )


def _weigh(
    scores: Array, steps: Sequence[Step], allowed: ArrayLike | None, keep: bool
) -> tuple[tuple[Array, ...], Mask, Array]:
    """scores [head, n_query, n_key] -> those to keep, allowed and weights, same shape.

    Unless they are kept, the scores are written over: of many tokens they are all the memory that there is.
    """
    kept = [scores]
    for step in steps:
        if isinstance(step.value, np.ndarray):
            _broadcast(step.value, scores.shape, step.name)
        scores = _finite(step.apply(scores, None if keep else scores), f"the scores after the {step.name}")
        kept.append(scores)
    mask = None if allowed is None else _mask(allowed)
    seen = _broadcast(_ALL if mask is None else mask, scores.shape, "allowed")
    weights = _frozen(softmax(scores, mask, over=not keep))
    return tuple(map(_frozen, kept)) if keep else (), seen, weights


def _output(weights: Array, value: Array) -> Array:
    """weights [head, n_query, n_key], value [kv_head, n_key, d_v] -> weighted sums [head, n_query, d_v]."""
    head, n_query, n_key = weights.shape
    kv_head, n_value, d_v = value.shape
    if n_value != n_key:
        raise ValueError(f"value [kv_head, n_key, d_v] {value.shape} needs a row for each of the n_key = {n_key} keys")
    if not kv_head or head % kv_head:
        raise ValueError(f"kv_head of value [kv_head, n_key, d_v] {value.shape} must divide head = {head}")
    sums = product(weights.reshape(kv_head, -1, n_key), value)
    return _frozen(_finite(sums.reshape(head, n_query, d_v), "the output"))


def _numbers(given: ArrayLike, name: str) -> Array:
    """A float64 copy of real, finite numbers."""
    try:
        found = np.asarray(given)
    except ValueError:
        raise ValueError(f"{name} must be rectangular: its rows differ in length") from None
    if found.dtype.kind not in "biuf":
        raise ValueError(f"{name} must hold real numbers, got {found.dtype}")
    # A copy: the trace must not change with the caller's array, nor freeze it or write over it.
    return _finite(np.array(found, dtype=np.float64, order="C"), name)


def _three_axes(given: ArrayLike, name: str) -> Array:
    numbers = _numbers(given, name)
    if numbers.ndim == 2:
        return numbers[np.newaxis]
    if numbers.ndim != 3:
        raise ValueError(f"{name} needs three axes, or two for one head, got shape {numbers.shape}")
    return numbers


_ALL = np.array(True)


def _mask(allowed: ArrayLike) -> Mask:
    mask = np.array(allowed)
    if mask.dtype != np.bool_:
        raise ValueError(f"allowed [head, n_query, n_key] must be boolean (true = may attend), got {mask.dtype}")
    return mask


def _broadcast(array: AnyArray, shape: tuple[int, ...], name: str) -> AnyArray:
    """A read-only view of the scores' shape, which takes no more memory than the array."""
    try:
        return np.broadcast_to(array, shape)
    except ValueError:
        raise ValueError(f"{name} {array.shape} does not broadcast to [head, n_query, n_key] {shape}") from None


def _finite(array: Array, name: str) -> Array:
    """The array itself. Raises ValueError unless each of its numbers is finite."""
    # The sum of squares is quicker to see through; where it overflows, each number is looked at.
    if not isfinite(np.vdot(array, array)) and not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite (to shut a query out from a key, use `allowed`)")
    return array


def _frozen(array: Array) -> Array:
    array.setflags(write=False)
    return array
