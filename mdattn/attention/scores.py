"""What is done to a score on its way to the softmax, and in which order: the one place that knows.

Floor 1. `STEPS` is the pipe: x scale, / temperature, softcap, + bias; mask and softmax follow in `attend`. That is the
order of ONNX's Attention operator. Who computes takes `apply`, who works with a pencil `redo`, and who draws the words
from the same steps, so that no diagram can tell another order than the one that it computed.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite, sqrt, tanh
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from mdattn.numerals import MOST_DECIMALS, compact, rounded

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mdattn.glyphs import Glyphs

    Array = NDArray[np.float64]

SHORT, LONG = 8, 12  # cells of a number at the head of a column; and elsewhere, before it is given as Python writes it


class ScoreOptions(Protocol):
    """The options that ask for steps: each step looks for the one of its own name."""

    @property
    def scale(self) -> float | None: ...
    @property
    def temperature(self) -> float | None: ...
    @property
    def softcap(self) -> float | None: ...


class Scoring(NamedTuple):
    """What is asked without a block of options."""

    scale: float | None = None
    temperature: float | None = None
    softcap: float | None = None
    bias: Array | None = None


class Step(NamedTuple):
    """One thing that is done to every score [head, query, key]."""

    name: str
    value: float | Array
    apply: Callable[[Array, Array | None], Array]
    """The scores after it, same shape: written into the second array, or into a new one."""
    redo: Callable[[float, int, int, int], float]
    """(score, head, query, key) -> what a reader gets from a printed score."""
    formula: Callable[[str, Glyphs], str]
    """What is made of a score: `0.38 / √3`, `2 × tanh(0.38 / 2)`."""
    head: Callable[[Glyphs], str]
    """The head of a column: `/ √3`, `Capped`; "" where the step changes nothing."""
    title: Callable[[Glyphs], str]
    """The step as a heading: `Scale by √d_k`."""
    said: Callable[[Glyphs], str]
    """A note: `Softcap 2: scores become 2 × tanh(score / 2).`; "" for what is done unasked."""
    root: int = 0
    """The d_k whose root `value` is, rounded or not; 0 unless scores are divided by it."""
    rational: bool = True
    """Whether a score of a few decimals can become exactly another one; false where only 0 stays what it is."""

    def behind(self, glyphs: Glyphs) -> str:
        """What stands behind a score, where the formula is no more than that: `/ √3`; else ""."""
        formula = self.formula("s", glyphs)
        return formula[2:] if formula.startswith("s ") else ""


def steps_of(options: ScoreOptions, d_k: int | None, decimals: int | None = None) -> tuple[Step, ...]:
    """The steps that the options ask for, in their order. Scores that are given, with d_k None, are divided by no root.

    With `decimals` the root of d_k is rounded to them first, as a pencil does. Raises ValueError for a value that is
    not finite or, of a divisor or a cap, not above 0.
    """
    asked = {name: value for name in STEPS if (value := getattr(options, name, None)) is not None}
    steps = [STEPS[name](value) for name, value in asked.items()]
    return tuple(steps if d_k is None or "scale" in asked else [_root(d_k, decimals), *steps])


def written(value: float, most: int = LONG) -> str:
    """An author's own number in full; as Python writes it, if that is shorter than all its decimals."""
    short = compact(value, MOST_DECIMALS)
    return short if float(short) == value and len(short) <= most else repr(float(value))


def _headed(value: float, sign: str) -> str:
    """The number at the head of a column; a long one by its sign."""
    number = written(value, SHORT)
    return number if len(number) <= SHORT and "e" not in number else sign


def _root(d_k: int, decimals: int | None) -> Step:
    root = sqrt(d_k)
    divisor = root if decimals is None else rounded(root, decimals)
    factor = 1 / divisor

    def formula(score: str, glyphs: Glyphs) -> str:
        return f"{score} / " + (f"{glyphs.root}{d_k}" if decimals is None else compact(divisor, decimals))

    return Step(
        name="scale",
        value=divisor,
        apply=lambda scores, out: np.multiply(scores, factor, out=out),
        redo=lambda score, head, query, key: score / divisor,
        formula=formula,
        head=lambda glyphs: f"/ {glyphs.root}{d_k}" if d_k > 1 else "",
        title=lambda glyphs: f"Scale by {glyphs.root}d_k",
        said=lambda glyphs: "",
        root=d_k,
    )


def _scale(scale: float) -> Step:
    if not isfinite(scale):
        raise ValueError(f"scale must be finite, got {scale}")
    return Step(
        name="scale",
        value=scale,
        apply=lambda scores, out: np.multiply(scores, scale, out=out),
        redo=lambda score, head, query, key: score * scale,
        formula=lambda score, glyphs: f"{score} {glyphs.times} {written(scale)}",
        head=lambda glyphs: f"{glyphs.times} {_headed(scale, 'scale')}" if scale != 1 else "",
        title=lambda glyphs: "Scale",
        said=lambda glyphs: f"Scale {written(scale)}: scores are multiplied by it.",
    )


def _temperature(temperature: float) -> Step:
    _above_0("temperature", temperature)
    return Step(
        name="temperature",
        value=temperature,
        apply=lambda scores, out: np.divide(scores, temperature, out=out),
        redo=lambda score, head, query, key: score / temperature,
        formula=lambda score, glyphs: f"{score} / {written(temperature)}",
        head=lambda glyphs: f"/ {_headed(temperature, 'T')}" if temperature != 1 else "",
        title=lambda glyphs: "Scale by the temperature",
        said=lambda glyphs: f"Temperature {written(temperature)}: scores are divided by it before the softmax.",
    )


def _softcap(cap: float) -> Step:
    _above_0("softcap", cap)

    def apply(scores: Array, out: Array | None) -> Array:
        capped: Array = np.divide(scores, cap, out=out)
        np.tanh(capped, out=capped)
        capped *= cap
        return capped

    def formula(score: str, glyphs: Glyphs) -> str:
        return f"{written(cap)} {glyphs.times} tanh({score} / {written(cap)})"

    return Step(
        name="softcap",
        value=cap,
        apply=apply,
        redo=lambda score, head, query, key: cap * tanh(score / cap),
        formula=formula,
        head=lambda glyphs: "Capped",
        title=lambda glyphs: f"Cap at {written(cap)} (softcap)",
        said=lambda glyphs: f"Softcap {written(cap)}: scores become {formula('score', glyphs)}.",
        rational=False,
    )


def _bias(bias: Array) -> Step:
    """bias broadcasts to [head, query, key]."""

    def redo(score: float, *place: int) -> float:
        at = [min(each, size - 1) for each, size in zip(place[3 - bias.ndim :], bias.shape, strict=True)]
        return score + float(bias[tuple(at)])

    return Step(
        name="bias",
        value=bias,
        apply=lambda scores, out: np.add(scores, bias, out=out),
        redo=redo,
        formula=lambda score, glyphs: f"{score} + bias",
        head=lambda glyphs: "+ bias",
        title=lambda glyphs: "Add the bias",
        said=lambda glyphs: "Bias: added to the scores before the softmax.",
    )


def _above_0(name: str, value: float) -> None:
    if not (value > 0 and isfinite(value)):
        raise ValueError(f"{name} must be finite and above 0, got {value}")


STEPS: dict[str, Callable[[Any], Step]] = {
    "scale": _scale,
    "temperature": _temperature,
    "softcap": _softcap,
    "bias": _bias,
}
"""The pipe: each step by the name of its option, in the order in which they are done."""
