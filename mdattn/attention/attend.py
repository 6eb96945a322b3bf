"""Attention itself, with every step kept.

Floor 1. One pipe leads from scores to weights: x scale, softcap, + bias, mask, softmax. `attend` begins
before it, with queries and keys; `weigh` begins with scores that are given, and `given` ends with weights
that are given. The order of the steps is that of ONNX's Attention operator; the formula is eq. 1 of
"Attention Is All You Need" (2017).
"""

from __future__ import annotations

from math import isfinite, sqrt
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from mdattn.attention.products import product
from mdattn.numerals import snapped

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]
    Mask = NDArray[np.bool_]


class Weighing(msgspec.Struct, frozen=True, eq=False, kw_only=True):
    """How weights came about. Arrays are read-only float64 [head, n_query, n_key] unless said otherwise.

    A step that was left out holds the array of the step before it. Where weights are given, the scores and
    the scale are None; where no values are, `value` and `output` are.
    """

    scale: float | None
    dot_products: Array | None  # or the scores that were given in their place
    scaled: Array | None
    capped: Array | None
    biased: Array | None
    allowed: Mask  # bool, true = may attend
    weights: Array  # each row adds up to 1, or to 0 where nothing is allowed
    value: Array | None  # [kv_head, n_key, d_v]
    output: Array | None  # [head, n_query, d_v]


class Trace(Weighing, frozen=True, eq=False, kw_only=True):
    """A whole attention, from queries to output: a weighing of which nothing is missing.

    Key and value heads are kept as they came, not repeated: head h is served by kv_head `h // (head //
    kv_head)`.
    """

    query: Array  # [head, n_query, d_k]
    key: Array  # [kv_head, n_key, d_k]
    scale: float
    dot_products: Array
    scaled: Array
    capped: Array
    biased: Array
    value: Array
    output: Array


def attend(
    query: ArrayLike,
    key: ArrayLike,
    value: ArrayLike,
    *,
    scale: float | None = None,
    softcap: float | None = None,
    bias: ArrayLike | None = None,
    allowed: ArrayLike | None = None,
) -> Trace:
    """Attention of each query to each key, and the weighted sums of the values, in float64.

    query [head, n_query, d_k], key [kv_head, n_key, d_k], value [kv_head, n_key, d_v]; an array without a
    head axis gets one. kv_head divides head, and serves a run of consecutive heads. `scale` is 1/sqrt(d_k)
    if left out. `bias` and `allowed` (bool, true = may attend) broadcast to [head, n_query, n_key]. A query
    that may attend to nothing has weights 0 and output 0. Raises ValueError for shapes that do not fit and
    for numbers that are not finite.
    """
    with np.errstate(all="ignore"):  # What overflows is found by looking, not by a warning.
        q = _three_axes(query, "query [head, n_query, d_k]")
        k = _three_axes(key, "key [kv_head, n_key, d_k]")
        v = k if value is key else _three_axes(value, "value [kv_head, n_key, d_v]")
        head, n_query, d_k = q.shape
        kv_head, n_key, _ = k.shape
        if not d_k or d_k != k.shape[2]:
            raise ValueError(
                f"query [head, n_query, d_k] {q.shape} and key [kv_head, n_key, d_k] {k.shape} need one d_k"
            )
        if not kv_head or head % kv_head:
            raise ValueError(f"kv_head of key [kv_head, n_key, d_k] {k.shape} must divide head of query {q.shape}")
        # Heads that share a key head are consecutive: folded into its queries, no key is repeated.
        products = product(q.reshape(kv_head, -1, d_k), k.transpose(0, 2, 1)).reshape(head, n_query, n_key)
        used_scale = 1 / sqrt(d_k) if scale is None else scale
        scaled, capped, biased, seen, weights = _weigh(products, used_scale, softcap, bias, allowed)
        output = _output(weights, v)
    return Trace(
        query=q,
        key=k,
        value=v,
        scale=used_scale,
        dot_products=_frozen(products),
        scaled=scaled,
        capped=capped,
        biased=biased,
        allowed=seen,
        weights=weights,
        output=output,
    )


def weigh(
    scores: ArrayLike,
    *,
    scale: float = 1.0,
    softcap: float | None = None,
    bias: ArrayLike | None = None,
    allowed: ArrayLike | None = None,
    value: ArrayLike | None = None,
) -> Weighing:
    """The same as `attend` from the dot products on, for scores [head, n_query, n_key] that are given."""
    with np.errstate(all="ignore"):
        products = _three_axes(scores, "scores [head, n_query, n_key]")
        v = None if value is None else _three_axes(value, "value [kv_head, n_key, d_v]")
        scaled, capped, biased, seen, weights = _weigh(products, scale, softcap, bias, allowed)
        output = None if v is None else _output(weights, v)
    return Weighing(
        scale=scale,
        dot_products=products,
        scaled=scaled,
        capped=capped,
        biased=biased,
        allowed=seen,
        weights=weights,
        value=v,
        output=output,
    )


def given(weights: ArrayLike, *, allowed: ArrayLike | None = None, value: ArrayLike | None = None) -> Weighing:
    """The end of the pipe, for weights [head, n_query, n_key] that are given and are taken as they are.

    Raises ValueError for a negative weight and for a weight where the mask allows none. Whether a row adds
    up to 1 is the business of who knows how it was rounded.
    """
    with np.errstate(all="ignore"):
        taken = _three_axes(weights, "weights [head, n_query, n_key]")
        v = None if value is None else _three_axes(value, "value [kv_head, n_key, d_v]")
        seen = _allowed(allowed, taken.shape)
        if (taken < 0).any():
            raise ValueError(f"weights [head, n_query, n_key] must not be negative, got {taken.min()}")
        if taken[~seen].any():
            raise ValueError("weights [head, n_query, n_key] must be 0 where the mask allows nothing")
        output = None if v is None else _output(taken, v)
    return Weighing(
        scale=None,
        dot_products=None,
        scaled=None,
        capped=None,
        biased=None,
        allowed=seen,
        weights=taken,
        value=v,
        output=output,
    )


def softmax(scores: Array, allowed: Mask | None) -> Array:
    """scores, allowed [..., n_query, n_key] -> weights, same shape; 0 where nothing is allowed. None allows all.

    The largest allowed score of a row is subtracted first, so that no finite score overflows. What underflows is 0,
    and the caller's to keep quiet about.
    """
    if allowed is None or allowed.all():
        exponentials: Array = np.exp(scores - np.maximum.reduce(scores, axis=-1, keepdims=True, initial=-np.inf))
        exponentials /= np.add.reduce(exponentials, axis=-1, keepdims=True)
        return exponentials
    masked = np.where(allowed, scores, -np.inf)
    top = np.maximum.reduce(masked, axis=-1, keepdims=True, initial=-np.inf)
    top[top == -np.inf] = 0.0  # A row of nothing: exp(-inf - 0) is 0, where exp(-inf + inf) would be NaN.
    exponentials = np.exp(masked - top)
    total = np.add.reduce(exponentials, axis=-1, keepdims=True)
    total[total == 0.0] = 1.0
    exponentials /= total
    return exponentials


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


def heaviest(weights: ArrayLike) -> int:
    """weights [n_key] -> the lowest position of the largest. Raises ValueError if all are 0."""
    positions = ties(weights)
    if not positions:
        raise ValueError("weights [n_key] are all 0: the query attends to nothing, and no key is the heaviest")
    return positions[0]


def _weigh(
    products: Array, scale: float, softcap: float | None, bias: ArrayLike | None, allowed: ArrayLike | None
) -> tuple[Array, Array, Array, Mask, Array]:
    """products [head, n_query, n_key] -> scaled, capped, biased, allowed and weights, same shape."""
    if not isfinite(scale):
        raise ValueError(f"scale must be finite, got {scale}")
    if softcap is not None and not (softcap > 0 and isfinite(softcap)):
        raise ValueError(f"softcap must be finite and above 0, got {softcap}")
    scaled = _finite(products * scale, "the scaled scores")
    capped = scaled if softcap is None else _frozen(softcap * np.tanh(scaled / softcap))
    biased = capped if bias is None else _finite(capped + _bias(bias, capped.shape), "the biased scores")
    seen = _allowed(allowed, biased.shape)
    return scaled, capped, biased, seen, _frozen(softmax(biased, None if allowed is None else seen))


def _output(weights: Array, value: Array) -> Array:
    """weights [head, n_query, n_key], value [kv_head, n_key, d_v] -> weighted sums [head, n_query, d_v]."""
    head, n_query, n_key = weights.shape
    kv_head, n_value, d_v = value.shape
    if n_value != n_key:
        raise ValueError(f"value [kv_head, n_key, d_v] {value.shape} needs a row for each of the n_key = {n_key} keys")
    if not kv_head or head % kv_head:
        raise ValueError(f"kv_head of value [kv_head, n_key, d_v] {value.shape} must divide head = {head}")
    sums = product(weights.reshape(kv_head, -1, n_key), value)
    return _finite(sums.reshape(head, n_query, d_v), "the output")


def _numbers(given: ArrayLike, name: str) -> Array:
    """A float64 copy of real, finite numbers."""
    try:
        found = np.asarray(given)
    except ValueError:
        raise ValueError(f"{name} must be rectangular: its rows differ in length") from None
    if found.dtype.kind not in "biuf":
        raise ValueError(f"{name} must hold real numbers, got {found.dtype}")
    # A copy: the trace must not change with the caller's array, nor freeze it.
    return _finite(np.array(found, dtype=np.float64, order="C"), name)


def _three_axes(given: ArrayLike, name: str) -> Array:
    numbers = _numbers(given, name)
    if numbers.ndim == 2:
        return numbers[np.newaxis]
    if numbers.ndim != 3:
        raise ValueError(f"{name} needs three axes, or two for one head, got shape {numbers.shape}")
    return numbers


def _bias(bias: ArrayLike, shape: tuple[int, ...]) -> Array:
    numbers = _numbers(bias, "bias [head, n_query, n_key]")
    try:
        return np.broadcast_to(numbers, shape)
    except ValueError:
        raise ValueError(f"bias {numbers.shape} does not broadcast to [head, n_query, n_key] {shape}") from None


def _allowed(allowed: ArrayLike | None, shape: tuple[int, ...]) -> Mask:
    """A read-only mask of the scores' shape; what broadcasts takes no more memory than what was given."""
    mask = np.ones(shape, dtype=np.bool_) if allowed is None else np.array(allowed)
    if mask.dtype != np.bool_:
        raise ValueError(f"allowed [head, n_query, n_key] must be boolean (true = may attend), got {mask.dtype}")
    mask.setflags(write=False)
    if mask.shape == shape:
        return mask
    try:
        return np.broadcast_to(mask, shape)
    except ValueError:
        raise ValueError(f"allowed {mask.shape} does not broadcast to [head, n_query, n_key] {shape}") from None


def _finite(array: Array, name: str) -> Array:
    """The array, read-only. Raises ValueError unless each of its numbers is finite."""
    # The sum of squares is quicker to see through; where it overflows, each number is looked at.
    if not isfinite(np.vdot(array, array)) and not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite (to shut a query out from a key, use `allowed`)")
    return _frozen(array)


def _frozen(array: Array) -> Array:
    array.setflags(write=False)
    return array
