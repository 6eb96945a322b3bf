"""The pencil against high-precision and decimal arithmetic that share nothing with it, and against attend."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any

import numpy as np
import pytest

from mdattn.attention.attend import attend, weigh
from mdattn.attention.pencil import Arithmetic, Working, work
from mdattn.attention.scores import Scoring, steps_of

QUERY = [0.3, 0.9, 0.2]
KEYS = [[0.1, 0.3, 0.4], [0.8, 0.1, 0.6], [0.3, 0.9, 0.2]]
SHORT = 150  # random cases of a short run


def test_shown_gives_the_numbers_of_a_hand_written_calculation() -> None:
    steps = steps_of(Scoring(), 3, 2)
    working = work(QUERY, KEYS, None, allowed=[True] * 3, steps=steps, decimals=2, arithmetic="shown")
    assert working.products == ((0.03, 0.27, 0.08), (0.24, 0.09, 0.12), (0.09, 0.81, 0.04))
    assert working.dot_products == (0.38, 0.45, 0.94)
    assert steps[0].value == 1.73
    assert working.scores == ((0.38, 0.45, 0.94), (0.22, 0.26, 0.54))
    assert working.shift == 0.0
    assert working.exponentials == (1.25, 1.30, 1.72)
    assert working.total == 4.27
    assert working.weights == (0.29, 0.30, 0.40)


def _redo(case: dict[str, Any], places: int | None) -> dict[str, Any]:
    """The calculation again in decimal arithmetic: 60 digits, or half-up to so many places after each step."""
    with localcontext() as context:
        context.prec = 60

        def keep(x: Decimal) -> Decimal:
            return x if places is None else x.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)

        def read(x: float) -> Decimal:
            return keep(Decimal(x) if places is None else Decimal(repr(x)))

        q, ks, vs = (
            [read(x) for x in case["query"]],
            *([[read(x) for x in row] for row in case[name]] for name in ("keys", "values")),
        )
        dots = [keep(sum((keep(a * b) for a, b in zip(q, k, strict=True)), Decimal(0))) for k in ks]
        divisor = keep(Decimal(len(q)).sqrt()) if case["scale"] is None else 1 / Decimal(case["scale"])
        scores = [dots, [keep(dot / divisor) for dot in dots]]
        if case["temperature"] is not None:
            scores.append([keep(score / Decimal(case["temperature"])) for score in scores[-1]])
        if case["softcap"] is not None:
            cap = Decimal(case["softcap"])
            scores.append([keep(cap * (1 - 2 / ((2 * s / cap).exp() + 1))) for s in scores[-1]])
        logits = scores[-1]
        seen = [s for s, allowed in zip(logits, case["allowed"], strict=True) if allowed]
        shift = max(seen) if any(abs(s) > 5 for s in seen) else Decimal(0)
        exps = [keep((s - shift).exp()) if a else Decimal(0) for s, a in zip(logits, case["allowed"], strict=True)]
        total = keep(sum(exps, Decimal(0)))
        weights = [keep(e / total) if total else Decimal(0) for e in exps]
        parts = [[keep(w * x) for x in v] for w, v in zip(weights, vs, strict=True)]
        output = [keep(sum(column, Decimal(0))) for column in zip(*parts, strict=True)]
    return {
        "scores": scores, "shift": shift, "exponentials": exps,
        "total": total, "weights": weights, "contributions": parts, "output": output,
    }  # fmt: skip


def _case(random: np.random.Generator, spread: float) -> dict[str, Any]:
    n, d_k, d_v = (int(random.integers(1, 7)) for _ in range(3))

    def some(*shape: int) -> Any:
        return (random.integers(-300, 301, size=shape) * spread / 100).round(4).tolist()

    return {
        "query": some(d_k),
        "keys": some(n, d_k),
        "values": some(n, d_v),
        "allowed": (random.random(n) < 0.8).tolist(),
        "scale": [None, None, 0.5, 2.0][int(random.integers(4))],
        "temperature": [None, None, 0.5, 4.0][int(random.integers(4))],
        "softcap": [None, None, 1.0, 30.0][int(random.integers(4))],
    }


def _run(case: dict[str, Any], decimals: int, arithmetic: Arithmetic) -> Working:
    scoring = Scoring(case["scale"], case["temperature"], case["softcap"])
    steps = steps_of(scoring, len(case["query"]), decimals if arithmetic == "shown" else None)
    return work(
        case["query"], case["keys"], case["values"],
        allowed=case["allowed"], steps=steps, decimals=decimals, arithmetic=arithmetic,
    )  # fmt: skip


def _assert_equal(working: Working, expected: dict[str, Any], tolerance: float, label: str) -> None:
    for step, value in expected.items():
        np.testing.assert_allclose(
            np.array(getattr(working, step), dtype=float),
            np.array(value, dtype=float),
            rtol=tolerance, atol=tolerance, err_msg=f"{step}, {label}",
        )  # fmt: skip


@pytest.mark.campaign
@pytest.mark.parametrize("spread", [0.3, 1.0])
def test_exact_agrees_with_sixty_digits(spread: float, budget: int) -> None:
    random = np.random.default_rng(60)
    for number in range(SHORT * budget):
        case = _case(random, spread)
        _assert_equal(_run(case, 2, "exact"), _redo(case, None), 1e-12, f"case {number}: {case}")


@pytest.mark.campaign
@pytest.mark.parametrize("decimals", [1, 2, 3, 4])
def test_shown_agrees_with_half_up_decimals(decimals: int, budget: int) -> None:
    random = np.random.default_rng(decimals)
    compared = shifted = 0
    for number in range(SHORT * budget):
        case = _case(random, 0.7)
        expected = _redo(case, decimals)
        if any(case["allowed"]) and not expected["total"]:
            with pytest.raises(ValueError, match=f"rounds to 0 at {decimals} decimals"):
                _run(case, decimals, "shown")
            continue
        compared += 1
        shifted += expected["shift"] != 0
        _assert_equal(_run(case, decimals, "shown"), expected, 0, f"case {number}: {case}")
    assert compared > 100
    assert shifted > 5


@pytest.mark.campaign
def test_exact_agrees_with_attend(budget: int) -> None:
    random = np.random.default_rng(7)
    for _ in range(SHORT * budget):
        case = _case(random, 2.0)
        trace = attend(
            [case["query"]], case["keys"], case["values"],
            allowed=[case["allowed"]], **{name: case[name] for name in ("scale", "temperature", "softcap")},
        )  # fmt: skip
        working = _run(case, 2, "exact")
        np.testing.assert_allclose(working.weights, trace.weights[0, 0], rtol=0, atol=1e-12)
        np.testing.assert_allclose(working.output, trace.output[0, 0], rtol=1e-12, atol=1e-12)


def test_modest_scores_are_not_shifted_and_large_ones_are() -> None:
    def shift(*scores: float, allowed: tuple[bool, ...] = (True, True)) -> float:
        return work(None, None, None, allowed=allowed, scores=scores).shift

    assert shift(5.0, -5.0) == 0.0
    assert shift(5.01, 1.0) == 5.01
    assert shift(1.0, -5.01) == 1.0
    assert shift(-8.0, -6.0) == -6.0
    assert shift(1.0, 700.0, allowed=(True, False)) == 0.0


def test_large_scores_do_not_overflow() -> None:
    working = work(None, None, None, allowed=[True, True], scores=[1e9, -1e9], arithmetic="shown")
    assert working.weights == (1.0, 0.0)


def test_given_scores_are_scaled_only_when_asked() -> None:
    plain = work(None, None, [[1.0], [2.0]], allowed=[True, True], scores=[1.0, 2.0])
    assert (plain.query, plain.keys, plain.products) == ((), (), ())
    assert plain.scores == ((1.0, 2.0),)
    np.testing.assert_allclose(plain.weights, weigh([[1.0, 2.0]]).weights[0, 0], rtol=1e-15)
    steps = steps_of(Scoring(scale=0.5, temperature=2.0), None)
    scaled = work(None, None, None, allowed=[True, True], scores=[1.0, 2.0], steps=steps)
    assert scaled.scores == ((1.0, 2.0), (0.5, 1.0), (0.25, 0.5))
    assert (scaled.contributions, scaled.output) == ((), ())


@pytest.mark.parametrize("arithmetic", ["exact", "shown"])
def test_a_query_that_may_attend_to_nothing(arithmetic: Arithmetic) -> None:
    working = work(QUERY, KEYS, KEYS, allowed=[False] * 3, arithmetic=arithmetic)
    assert (working.total, working.weights, working.output) == (0.0, (0.0,) * 3, (0.0,) * 3)
    assert working.exponentials == (0.0,) * 3
    assert working.dot_products[0] == pytest.approx(0.38)


def test_shown_rounds_its_inputs_to_what_is_printed() -> None:
    working = work([0.125], [[1.0]], [[0.125]], allowed=[True], decimals=2, arithmetic="shown")
    assert (working.query, working.values, working.dot_products) == ((0.13,), ((0.13,),), (0.13,))


def test_rounding_that_leaves_nothing_asks_for_more_decimals() -> None:
    with pytest.raises(ValueError, match="0 decimals: more decimals are needed"):
        work(None, None, None, allowed=[True, True], scores=[-3.0, -4.0], decimals=0, arithmetic="shown")


def test_arrays_are_as_good_as_lists() -> None:
    lists = work(QUERY, KEYS, KEYS, allowed=[True, False, True])
    arrays: Any = work(np.array(QUERY), np.array(KEYS), np.array(KEYS), allowed=np.array([True, False, True]))  # type: ignore[arg-type]
    assert arrays == lists
    assert type(arrays.weights[0]) is float


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (
            (QUERY, [[1.0, 2.0]], None),
            {"allowed": [True]},
            r"query \[d_k\] and keys \[n, d_k\] need the same d_k, got \[3, 2\]",
        ),
        ((QUERY, KEYS, None), {"allowed": [True]}, r"dot products \[n\] need an entry for each of the n = 1"),
        ((QUERY, KEYS, [[1.0]]), {"allowed": [True] * 3}, r"values \[n\] need an entry"),
        ((QUERY, KEYS, [[1.0], [1.0], []]), {"allowed": [True] * 3}, r"equally long, got \[1, 1, 0\]"),
        ((None, KEYS, None), {"allowed": [True] * 3}, "must be given"),
        (([float("nan")], [[1.0]], None), {"allowed": [True]}, "must be finite"),
        (([float("inf")], [[1.0]], None), {"allowed": [True], "arithmetic": "shown"}, "must be finite"),
        (
            ([1e50], [[1e50]], None),
            {"allowed": [True], "steps": steps_of(Scoring(temperature=1e-300), 1)},
            "temperature are too large",
        ),
    ],
)
def test_what_does_not_fit_is_refused(arguments: tuple[Any, ...], options: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        work(*arguments, **options)
