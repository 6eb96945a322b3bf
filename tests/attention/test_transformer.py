"""A small transformer against a plain one: loops over numbers, written from the papers' formulas."""

from __future__ import annotations

import cmath
import math
import subprocess
import sys
from collections.abc import Callable
from hashlib import shake_256

import numpy as np
import pytest
from msgspec.structs import replace

from mdattn.attention import transformer
from mdattn.attention.transformer import Network, forward

Vector = list[float]
Matrix = list[Vector]

BASE = Network(layers=2, heads=4, kv_heads=4, d_model=8, d_ff=12)
VARIANTS = {
    "the 2017 paper": BASE,
    "pre-norm": replace(BASE, norm="pre"),
    "causal": replace(BASE, causal=True),
    "rmsnorm": replace(BASE, norm_type="rmsnorm", norm="pre", causal=True),
    "grouped queries": replace(BASE, kv_heads=2),
    "one key head": replace(BASE, kv_heads=1),
    "learned": replace(BASE, positions="learned", embedding_norm=True),
    "rotary": replace(BASE, positions="rotary", causal=True, heads=2, kv_heads=2),
    "alibi": replace(BASE, positions="alibi", causal=True),
    "alibi both ways": replace(BASE, positions="alibi", heads=8, kv_heads=2),
    "experts": replace(BASE, experts=5, active_experts=2, activation="swiglu"),
    "all experts": replace(BASE, experts=3, active_experts=3),
    "an odd width": replace(BASE, d_model=5, heads=1, kv_heads=1),
    **{f"{name}": replace(BASE, activation=name) for name in ("gelu", "silu", "reglu", "geglu", "swiglu")},
}


def embeddings(count: int, d_model: int) -> Matrix:
    return [[math.sin(1.7 * token + 0.9 * place + 1) for place in range(d_model)] for token in range(count)]


@pytest.mark.parametrize("name", VARIANTS)
@pytest.mark.parametrize("count", [1, 5])
def test_it_is_the_transformer_of_the_papers(name: str, count: int) -> None:
    network = VARIANTS[name]
    given = embeddings(count, network.d_model)
    assert forward(network, np.array(given)) == pytest.approx(np.array(plain(network, given)), abs=1e-9)


def test_under_a_causal_mask_later_tokens_change_nothing() -> None:
    network = replace(BASE, causal=True)
    given = np.array(embeddings(6, 8))
    assert forward(network, given)[:4] == pytest.approx(forward(network, given[:4]), abs=1e-12)
    free = replace(network, causal=False)
    assert not np.allclose(forward(free, given)[:4], forward(free, given[:4]))


def test_equal_tokens_come_out_unlike_where_positions_are_added() -> None:

    same = np.ones((3, 8)) * np.arange(1, 9)
    assert transformer.added_positions(replace(BASE, positions="rotary"), 3) == pytest.approx(np.zeros((3, 8)))
    for positions in ("sinusoidal", "learned"):
        first, second, _ = forward(replace(BASE, positions=positions), same)
        assert not np.allclose(first, second)


def test_weights_are_made_from_their_name_alone() -> None:
    digest = shake_256(b"layer 0 query").digest(8 * 6)
    numbers = [int.from_bytes(digest[start : start + 8], "little") >> 11 for start in range(0, 48, 8)]
    wanted = [(2 * number / 2**53 - 1) * math.sqrt(3 / 3) for number in numbers]
    assert transformer.weight("layer 0 query", 3, 2).ravel().tolist() == pytest.approx(wanted, abs=1e-15)


def test_weights_are_spread_as_at_the_start_of_a_training() -> None:
    matrix = transformer.weight("any", 64, 64)
    assert abs(matrix.mean()) < 0.01
    assert matrix.var() * 64 == pytest.approx(1, abs=0.05)
    assert not np.array_equal(matrix, transformer.weight("other", 64, 64))


def test_the_result_does_not_depend_on_the_state_of_a_random_generator() -> None:
    code = (
        "import numpy as np; np.random.seed({}); from mdattn.attention.transformer import *;"
        "print(forward(Network(layers=1, heads=1, kv_heads=1, d_model=4, d_ff=4), np.eye(4)).tobytes().hex())"
    )
    runs = {subprocess.check_output([sys.executable, "-c", code.format(seed)]) for seed in (1, 2)}
    assert len(runs) == 1


def test_slopes_are_those_of_the_paper() -> None:
    assert transformer.slopes(8) == [2**-each for each in range(1, 9)]
    # "ALiBi", section 3: for 16 heads the roots between them; its code takes every other one for what is left over.
    assert transformer.slopes(16) == pytest.approx([2 ** (-each / 2) for each in range(1, 17)])
    assert transformer.slopes(12) == pytest.approx(
        [2**-each for each in range(1, 9)] + [2**-0.5, 2**-1.5, 2**-2.5, 2**-3.5]
    )


def test_a_wrong_width_is_refused() -> None:
    with pytest.raises(ValueError, match="d_model = 8"):
        forward(BASE, np.ones((2, 4)))


# The plain transformer ------------------------------------------------------------------------------------------------


def plain(network: Network, given: Matrix) -> Matrix:
    x = [[a + b for a, b in zip(row, place(network, index), strict=True)] for index, row in enumerate(given)]
    if network.embedding_norm:
        x = [norm(network, row) for row in x]
    for layer in range(network.layers):
        for sublayer in (attention, feed_forward):
            if network.norm == "pre":
                found = sublayer(network, layer, [norm(network, row) for row in x])
                x = [[a + b for a, b in zip(*rows, strict=True)] for rows in zip(x, found, strict=True)]
            else:
                found = sublayer(network, layer, x)
                x = [norm(network, [a + b for a, b in zip(*rows, strict=True)]) for rows in zip(x, found, strict=True)]
    return [norm(network, row) for row in x] if network.norm == "pre" else x


def weights(name: str, rows: int, columns: int) -> Matrix:
    matrix: Matrix = transformer.weight(name, rows, columns).tolist()
    return matrix


def times(row: Vector, matrix: Matrix) -> Vector:
    return [sum(a * line[column] for a, line in zip(row, matrix, strict=True)) for column in range(len(matrix[0]))]


def place(network: Network, index: int) -> Vector:
    if network.positions == "learned":
        return weights(f"position {index}", 1, network.d_model)[0]
    if network.positions != "sinusoidal":
        return [0.0] * network.d_model
    found = []
    for number in range(network.d_model):
        angle = index / 10000 ** (2 * (number // 2) / network.d_model)
        found.append(math.cos(angle) if number % 2 else math.sin(angle))
    return found


def norm(network: Network, row: Vector) -> Vector:
    mean = sum(row) / len(row) if network.norm_type == "layernorm" else 0.0
    spread = sum((number - mean) ** 2 for number in row) / len(row)
    return [(number - mean) / math.sqrt(spread + 1e-5) for number in row]


def turned(row: Vector, index: int) -> Vector:
    found = []
    for start in range(0, len(row), 2):
        turn = cmath.exp(1j * index / 10000 ** (start / len(row)))
        number = complex(row[start], row[start + 1]) * turn
        found += [number.real, number.imag]
    return found


def attention(network: Network, layer: int, x: Matrix) -> Matrix:
    size = network.d_model // network.heads
    made = {}
    for name, heads in (("query", network.heads), ("key", network.kv_heads), ("value", network.kv_heads)):
        matrix = weights(f"layer {layer} {name}", network.d_model, heads * size)
        made[name] = [times(row, matrix) for row in x]
    joined: Matrix = [[] for _ in x]
    for head in range(network.heads):
        served = head * network.kv_heads // network.heads
        q = [row[head * size : (head + 1) * size] for row in made["query"]]
        k = [row[served * size : (served + 1) * size] for row in made["key"]]
        v = [row[served * size : (served + 1) * size] for row in made["value"]]
        if network.positions == "rotary":
            q = [turned(row, index) for index, row in enumerate(q)]
            k = [turned(row, index) for index, row in enumerate(k)]
        for here, query in enumerate(q):
            seen = range(here + 1) if network.causal else range(len(x))
            scores = [sum(a * b for a, b in zip(query, k[there], strict=True)) / math.sqrt(size) for there in seen]
            if network.positions == "alibi":
                slope = 2 ** (-8 * (head + 1) / network.heads)
                scores = [score - slope * abs(here - there) for score, there in zip(scores, seen, strict=True)]
            shares = [math.exp(score) for score in scores]
            joined[here] += [
                sum(share * v[there][number] for share, there in zip(shares, seen, strict=True)) / sum(shares)
                for number in range(size)
            ]
    mix = weights(f"layer {layer} output", network.d_model, network.d_model)
    return [times(row, mix) for row in joined]


ACTIVATIONS: dict[str, Callable[[float], float]] = {
    "re": lambda x: x if x > 0 else 0.0,
    "ge": lambda x: x * 0.5 * math.erfc(-x / math.sqrt(2)),
    "si": lambda x: x / (1 + math.exp(-x)),
    "sw": lambda x: x / (1 + math.exp(-x)),
}


def expert(network: Network, name: str, row: Vector) -> Vector:
    act = ACTIVATIONS[network.activation[:2]]
    inner = [act(number) for number in times(row, weights(f"{name} in", network.d_model, network.d_ff))]
    if "glu" in network.activation:
        gate = times(row, weights(f"{name} gate", network.d_model, network.d_ff))
        inner = [a * b for a, b in zip(inner, gate, strict=True)]
    return times(inner, weights(f"{name} out", network.d_ff, network.d_model))


def feed_forward(network: Network, layer: int, x: Matrix) -> Matrix:
    if network.experts == 1:
        return [expert(network, f"layer {layer} expert 0", row) for row in x]
    router = weights(f"layer {layer} router", network.d_model, network.experts)
    found = []
    for row in x:
        scores = times(row, router)
        best = sorted(range(network.experts), key=lambda each: -scores[each])[: network.active_experts]
        total = sum(math.exp(scores[each]) for each in best)
        outputs = [
            (math.exp(scores[each]) / total, expert(network, f"layer {layer} expert {each}", row)) for each in best
        ]
        found.append([sum(share * output[number] for share, output in outputs) for number in range(network.d_model)])
    return found
