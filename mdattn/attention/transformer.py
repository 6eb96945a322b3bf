"""A small transformer run forward: what comes out of a stack of layers for a few tokens.

Floor 1; rare, so it is imported where it is used. The weights are illustrative: made from their own names with a fixed
hash, independent of any random generator, spread as at the start of a training (uniform, variance 1/d_in). Biases are
0 and gains 1. The sources of the parts: attention, norms and sinusoids "Attention Is All You Need" (2017), RMSNorm
Zhang and Sennrich (2019), rotary positions RoFormer (2021), linear biases ALiBi (2022), experts Mixtral (2024).
"""

from __future__ import annotations

from math import erf, log2, prod, sqrt
from typing import TYPE_CHECKING, Literal

import numpy as np
from msgspec import Struct

from mdattn.attention.attend import attend
from mdattn.attention.masks import causal

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

TINY = 1e-5  # Below the root of a norm, as the released models have it.
BASE = 10_000.0  # Of the wavelengths of positions.


class Network(Struct, frozen=True, kw_only=True):
    """The hyperparameters of a stack. `heads` divides `d_model`, `kv_heads` divides `heads`."""

    layers: int
    heads: int
    kv_heads: int
    d_model: int
    d_ff: int
    causal: bool = False
    norm: Literal["post", "pre"] = "post"
    norm_type: Literal["layernorm", "rmsnorm"] = "layernorm"
    activation: Literal["relu", "gelu", "silu", "reglu", "geglu", "swiglu"] = "relu"
    positions: Literal["sinusoidal", "learned", "rotary", "alibi"] = "sinusoidal"
    embedding_norm: bool = False
    experts: int = 1
    active_experts: int = 1


def forward(network: Network, embeddings: Array) -> Array:
    """embeddings [token, d_model] -> what leaves the stack, same shape. Raises ValueError for the wrong d_model."""
    if embeddings.shape[1] != network.d_model:
        raise ValueError(f"embeddings [token, d_model] {embeddings.shape} need d_model = {network.d_model}")
    state = embeddings + added_positions(network, len(embeddings))
    if network.embedding_norm:
        state = normalized(network, state)
    for layer in range(network.layers):
        for part in (_attention, _feed_forward):
            if network.norm == "pre":
                state = state + part(network, layer, normalized(network, state))
            else:
                state = normalized(network, state + part(network, layer, state))
    return normalized(network, state) if network.norm == "pre" else state


def weight(name: str, *shape: int) -> Array:
    """A matrix [d_in, d_out], or [expert, d_in, d_out], made from its name."""
    from hashlib import shake_256  # Slow to import: it loads OpenSSL.

    digest = shake_256(name.encode()).digest(8 * prod(shape))
    even = (np.frombuffer(digest, dtype="<u8") >> np.uint64(11)) / 2.0**53  # from 0 to 1, in 53 bits
    return ((2 * even - 1) * sqrt(3 / shape[-2])).reshape(shape)


def added_positions(network: Network, count: int) -> Array:
    """What is added to the embeddings [token, d_model]; zeros where attention itself knows positions."""
    if network.positions == "learned":
        # One row a position, so that a longer sentence leaves the first ones as they are.
        return np.concatenate([weight(f"position {place}", 1, network.d_model) for place in range(count)])
    table = np.zeros((count, network.d_model))
    if network.positions == "sinusoidal":
        pairs = np.arange(0, network.d_model, 2)
        angles = np.arange(count)[:, None] / BASE ** (pairs / network.d_model)  # [token, pair]
        table[:, 0::2] = np.sin(angles)
        table[:, 1::2] = np.cos(angles)[:, : network.d_model // 2]
    return table


def normalized(network: Network, state: Array) -> Array:
    """[token, d_model], same shape: each token's vector brought to variance 1 (RMSNorm: to mean square 1)."""
    if network.norm_type == "layernorm":
        state = state - state.mean(axis=1, keepdims=True)
    scaled: Array = state / np.sqrt((state**2).mean(axis=1, keepdims=True) + TINY)
    return scaled


def rotated(heads: Array) -> Array:
    """Queries or keys [head, token, d_head], same shape: each pair of numbers turned by an angle that grows with
    the position."""
    _, count, d_head = heads.shape
    angles = np.arange(count)[:, None] / BASE ** (np.arange(0, d_head, 2) / d_head)  # [token, pair]
    sine, cosine = np.sin(angles), np.cos(angles)
    even, odd = heads[..., 0::2], heads[..., 1::2]
    turned = np.empty_like(heads)
    turned[..., 0::2] = even * cosine - odd * sine
    turned[..., 1::2] = even * sine + odd * cosine
    return turned


def slopes(heads: int) -> list[float]:
    """How fast the scores of each head fall with distance: 1/2, 1/4 ... 1/256 for eight heads.

    Where the number of heads is no power of two, the next lower one's, then every other one of twice as many.
    """
    whole = 2 ** int(log2(heads))
    first = [2.0 ** (-8 * head / whole) for head in range(1, whole + 1)]
    return first if whole == heads else first + slopes(2 * whole)[0::2][: heads - whole]


def _attention(network: Network, layer: int, state: Array) -> Array:
    """[token, d_model], same shape: multi-head attention, the heads concatenated and mixed."""
    count, d_model = state.shape
    d_head = d_model // network.heads

    def split(name: str, heads: int) -> Array:
        made = state @ weight(f"layer {layer} {name}", d_model, heads * d_head)
        return made.reshape(count, heads, d_head).transpose(1, 0, 2)  # [head, token, d_head]

    query, key = split("query", network.heads), split("key", network.kv_heads)
    value = split("value", network.kv_heads)
    bias = None
    if network.positions == "rotary":
        query, key = rotated(query), rotated(key)
    elif network.positions == "alibi":
        distance = np.abs(np.arange(count)[:, None] - np.arange(count))  # [query, key]
        bias = -np.array(slopes(network.heads))[:, None, None] * distance
    allowed = causal(count, count) if network.causal else None
    found = attend(query, key, value, bias=bias, allowed=allowed).output  # [head, token, d_head]
    joined = found.transpose(1, 0, 2).reshape(count, d_model)
    mixed: Array = joined @ weight(f"layer {layer} output", d_model, d_model)
    return mixed


def _feed_forward(network: Network, layer: int, state: Array) -> Array:
    """[token, d_model], same shape: one network, or the best experts of each token, weighed by the router."""
    if network.experts == 1:
        return _expert(network, layer, 0, state)
    scores = state @ weight(f"layer {layer} router", network.d_model, network.experts)  # [token, expert]
    best = np.argsort(-scores, axis=1, kind="stable")[:, : network.active_experts]  # [token, active]
    chosen = np.take_along_axis(scores, best, axis=1)
    shares = np.exp(chosen - chosen.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    total = np.zeros_like(state)
    for expert in range(network.experts):
        share = np.where(best == expert, shares, 0.0).sum(axis=1, keepdims=True)  # [token, 1]
        total += share * _expert(network, layer, expert, state)
    return total


def _expert(network: Network, layer: int, expert: int, state: Array) -> Array:
    name, d_model, d_ff = f"layer {layer} expert {expert}", network.d_model, network.d_ff
    inner = state @ weight(f"{name} in", d_model, d_ff)
    found: Array = _ACTIVATIONS[network.activation](inner)
    if network.activation.endswith("glu"):
        found = found * (state @ weight(f"{name} gate", d_model, d_ff))
    left: Array = found @ weight(f"{name} out", d_ff, d_model)
    return left


def _relu(values: Array) -> Array:
    return np.maximum(values, 0.0)


def _gelu(values: Array) -> Array:
    halves = np.array([0.5 + 0.5 * erf(value / sqrt(2)) for value in values.ravel().tolist()])
    found: Array = values * halves.reshape(values.shape)
    return found


def _silu(values: Array) -> Array:
    sigmoid: Array = 0.5 + 0.5 * np.tanh(values / 2)  # exp itself could overflow
    return values * sigmoid


_ACTIVATIONS = {"relu": _relu, "gelu": _gelu, "silu": _silu, "reglu": _relu, "geglu": _gelu, "swiglu": _silu}
