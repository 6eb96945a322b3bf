"""The pipe of scores: its order, and that one entry of its table and one option are all that a new step takes."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib import import_module
from math import exp, tanh
from typing import Any

import msgspec
import numpy as np
import pytest

from mdattn.attention import scores
from mdattn.attention.scores import Scoring, Step, steps_of
from mdattn.diagrams import KINDS
from mdattn.glyphs import ASCII, UNICODE
from mdattn.options import SelfAttention

SLOPE = 0.4
ASKED = {"temperature": 2.0, "slope": SLOPE, "softcap": 3.0}
GIVEN = [[1.0, 5.0, 3.0], [2.0, 6.0, 4.4], [0.5, 2.0, 1.0]]


def _slope(slope: float) -> Step:
    """A step that is none of the house's: a score falls with the position of its key."""
    return Step(
        name="slope",
        value=slope,
        apply=lambda array, out: np.subtract(array, slope * np.arange(array.shape[-1]), out=out),
        redo=lambda score, head, query, key: score - slope * key,
        formula=lambda score, glyphs: f"{score} - {slope} {glyphs.times} j",
        head=lambda glyphs: f"- {slope} {glyphs.times} j",
        title=lambda glyphs: f"Subtract {slope} a position",
        said=lambda glyphs: f"Slope {slope}: scores fall by it from key to key.",
    )


def _wider(options: type[Any]) -> type[Any]:
    """The class of options, with the option of the new step."""
    return msgspec.defstruct(
        options.__name__, [("slope", float | None, None)], bases=(options,), frozen=True, kw_only=True
    )


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Draws a kind with the new step between two others, with neither of which it could change places."""
    table = {**scores.STEPS, "slope": _slope}
    order = ("scale", "temperature", "slope", "softcap", "bias")
    monkeypatch.setattr(scores, "STEPS", {name: table[name] for name in order})
    # This kind hands the options of `SelfAttention` on, among which the new one would stand.
    comparison = import_module("mdattn.diagrams.comparison._numbers")
    for name in ("SelfAttention", "Attention"):
        monkeypatch.setattr(comparison, name, _wider(getattr(import_module("mdattn.options"), name)))

    def draw(kind: str, **more: Any) -> str:
        block = {"kind": kind, "text": "a b c", "scores": GIVEN, "width": 120, **ASKED, **more}
        lines = KINDS[kind].draw(msgspec.convert(block, _wider(KINDS[kind].options))).lines
        return " ".join(" ".join(lines).split())

    return draw


def _weights(row: list[float]) -> list[float]:
    """The weights of one query, by the words of the options: / 2, then less 0.4 a position, then capped at 3."""
    final = [3 * tanh((score / 2 - SLOPE * key) / 3) for key, score in enumerate(row)]
    total = sum(map(exp, final))
    return [exp(score) / total for score in final]


def test_a_new_step_is_a_column_of_flow(drawn: Callable[..., str]) -> None:
    text = drawn("flow", query="b")
    assert "│ Key │ Score │ / 2 │ - 0.4 × j │ Capped │ Attention │" in text
    for key, (name, score, weight) in enumerate(zip("abc", GIVEN[1], _weights(GIVEN[1]), strict=True)):
        after = score / 2, score / 2 - SLOPE * key, 3 * tanh((score / 2 - SLOPE * key) / 3)
        assert f"│ {name} │ {score:.2f} │ {' │ '.join(f'{each:.2f}' for each in after)} │ {weight:.0%}"[:-1] in text
    assert "full precision" not in text  # A reader who goes on from each column comes to the next.


def test_a_new_step_is_worked_out_in_steps(drawn: Callable[..., str]) -> None:
    text = drawn("steps", query="b", arithmetic="shown")
    titles = ["Scale by the temperature", f"Subtract {SLOPE} a position", "Cap at 3 (softcap)", "Softmax"]
    assert re.findall(r"Step \d: (" + "|".join(map(re.escape, titles)) + ")", text) == titles
    for line in ('"b": 6.0 / 2 = 3.00', '"b": 3.00 - 0.4 × j = 2.60', '"b": 3 × tanh(2.60 / 3) = 2.10', "exp(2.10)"):
        assert line in text


@pytest.mark.parametrize("kind", ["heatmap", "heads"])
def test_a_new_step_is_noted_in_its_order(drawn: Callable[..., str], kind: str) -> None:
    text = drawn(kind, **({"mode": "numbers"} if kind == "heatmap" else {}))
    assert re.findall(r"(Temperature|Slope|Softcap) \S+: ", text) == ["Temperature", "Slope", "Softcap"]
    assert "Softcap 3: scores become 3 × tanh(score / 3)." in text
    for row in GIVEN:
        assert f"{max(_weights(row)):.2f}" in text


def test_a_new_step_is_in_the_formula_of_comparison(drawn: Callable[..., str]) -> None:
    text = drawn("comparison")
    assert "softmax of its scores / 2 - 0.4 × j, each s made 3 × tanh(s / 3), over all words" in text
    for row in GIVEN:
        assert f"{_weights(row)[0]:.0%}".replace("%", " %") in text


# The steps of the house -----------------------------------------------------------------------------------------------


def test_the_order_is_that_of_the_literature() -> None:
    asked = Scoring(scale=2.0, temperature=3.0, softcap=4.0, bias=np.array([1.0]))
    assert [step.name for step in steps_of(asked, 5)] == ["scale", "temperature", "softcap", "bias"]
    assert steps_of(Scoring(), None) == ()
    (root,) = steps_of(Scoring(), 9)
    assert (root.name, root.value, root.root) == ("scale", 3.0, 9)


@pytest.mark.parametrize("place", [(0, 0, 0), (1, 1, 2), (1, 0, 1)])
def test_who_redoes_a_score_comes_to_what_is_computed(place: tuple[int, int, int]) -> None:
    array = np.random.default_rng(4).normal(size=(2, 2, 3)) * 5
    bias = np.array([[0.5, -1.0, 2.0]])
    for step in steps_of(Scoring(temperature=0.7, softcap=2.0, bias=bias), 3):
        after = step.apply(array, None)
        assert step.redo(float(array[place]), *place) == pytest.approx(float(after[place]), rel=1e-14)
        assert step.apply(array, array) is array
        np.testing.assert_array_equal(array, after)


def test_a_pencil_divides_by_the_root_that_it_prints() -> None:
    (step,) = steps_of(Scoring(), 3, 2)
    assert step.redo(3.46, 0, 0, 0) == 2.0
    assert step.formula("3.46", UNICODE) == "3.46 / 1.73"
    assert steps_of(Scoring(), 3)[0].formula("3.46", ASCII) == "3.46 / sqrt 3"


@pytest.mark.parametrize(
    ("asked", "heads", "formula"),
    [
        (Scoring(scale=0.5), ["× 0.5"], "s × 0.5"),
        (Scoring(scale=1.0), [""], "s × 1"),
        (Scoring(scale=1 / 3), ["× scale"], "s × 0.3333333333333333"),
        (Scoring(temperature=1e-9), ["/ T"], "s / 1e-09"),
        (Scoring(softcap=50.0), ["Capped"], "50 × tanh(s / 50)"),
    ],
)
def test_what_is_said_of_a_step(asked: Scoring, heads: list[str], formula: str) -> None:
    steps = steps_of(asked, None)
    assert [step.head(UNICODE) for step in steps] == heads
    assert [step.formula("s", UNICODE) for step in steps] == [formula]
    assert [step.behind(UNICODE) for step in steps] == [formula.removeprefix("s ") if formula[0] == "s" else ""]


def test_the_options_name_the_steps() -> None:
    """Where weights are given, these options have no effect; a bias is no option of a block yet."""
    assert SelfAttention.scoring == tuple(name for name in scores.STEPS if name != "bias")
