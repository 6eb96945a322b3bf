"""What a reader does with a score, in the words and the order of the text: an operation is told as `/ √3`, `Capped`…"""

from __future__ import annotations

import re
from collections.abc import Callable
from math import exp, sqrt, tanh
from typing import NamedTuple

import numpy as np

from redo.given import Array, Block, Head, softmax
from redo.page import kept


class Operation(NamedTuple):
    """One thing that is done to a score."""

    said: str
    apply: Callable[[float], float]


def plain(text: str) -> str:
    """A told formula as Python reads it."""
    text = re.sub(r"(?:√|sqrt )(\d+)", r"sqrt(\1)", text)
    return re.sub(r"(?<=[\d) ])\s*[×x]\s*(?=[\d(\-a-zT])", " * ", text)


def evaluated(text: str, **known: float) -> float:
    """The number that a told formula gives. Raises ValueError for what is none."""
    code = plain(text)
    if not re.fullmatch(r"(?:[\d.\s+*/()\-,]|e[+-]\d|\b(?:sqrt|tanh|exp|score|scale|temperature|T|s)\b)+", code):
        raise ValueError(text)
    known = {"s": 0.0, **known}
    return float(eval(code, {"__builtins__": {}}, {"sqrt": sqrt, "tanh": tanh, "exp": exp, **known}))


def operation(head: str, notes: str, roots: dict[str, str] | None = None, softcap: float = 1.0) -> Operation | None:
    """What the head of a column says, with the notes below it: `/ (√3 × T)` and `T = 0.001`."""
    if head == "Capped":
        told = re.search(r"([\d.e+-]+) [×x] tanh\(score / ([\d.e+-]+)\)", notes)
        if told is None:
            return None
        cap = float(told[2]) or softcap  # That it is told as 0 is found where its numerals are checked.
        return Operation("softcap", lambda score: cap * tanh(score / cap))
    if not re.match(r"[/×x] ", head):
        return None
    known = {name: float(value) for name, value in re.findall(r"\b(T|scale|temperature) = ([\d.e+-]+)", notes)}
    for root, value in (roots or {}).items():
        head = head.replace(root, value)
    # Both factors of a head act on the score: `× 2 / 0.5`.
    code = "s " + head
    evaluated(code, s=1.0, **known)
    return Operation(head, lambda score: evaluated(code, s=score, **known))


def applied(one: Callable[[float], float], array: Array) -> Array:
    """What becomes of each number of an array; equal ones are worked out once."""
    values, places = np.unique(array, return_inverse=True)
    return np.array([one(value) for value in values.tolist()], dtype=float)[places].reshape(array.shape)


class Exact(NamedTuple):
    """A head in full precision: what each operation gives, the weights, the output."""

    scores: list[Array]  # after no operation, after the first…; each [query, key]
    weights: Array
    output: Array | None


def exact(block: Block, head: Head, operations: list[Operation]) -> Exact:
    if head.weights is not None:
        weights, scores = head.weights, []
    else:
        assert head.scores is not None
        scores = [head.scores]
        for each in operations:
            scores.append(applied(each.apply, scores[-1]))
        allowed = block.allowed
        weights = softmax(scores[-1], allowed if len(scores[-1]) == len(allowed) else allowed[[block.query]])
    return Exact(scores, weights, None if head.value is None else weights @ head.value)


class Pencil(NamedTuple):
    """One query worked out by hand: each number is rounded before the next step uses it."""

    query: list[float]
    keys: list[list[float]]
    values: list[list[float]] | None
    products: list[list[float]]
    scores: list[list[float]]
    exps: list[float]
    shift: float
    total: float
    weights: list[float]
    output: list[float]


def pencil(block: Block, head: Head, operations: list[Operation], *, shift: bool | None) -> Pencil:
    """`shift`: whether the text says that the largest score is subtracted; None where it says nothing of any step."""
    places = block.decimals

    def keep(value: float) -> float:
        return kept(value, places)

    at = block.query
    may = block.allowed[at].tolist()
    values = None if head.value is None else [[keep(each) for each in row] for row in head.value.tolist()]
    query, keys, products, scores = list[float](), list[list[float]](), list[list[float]](), list[list[float]]()
    exps, top, total = list[float](), 0.0, 0.0
    if head.weights is not None:
        rows = head.weights
        weights = [keep(each) for each in rows[at if len(rows) > 1 else 0].tolist()]
    else:
        if head.query is not None and head.key is not None:
            query = [keep(each) for each in head.query[at].tolist()]
            keys = [[keep(each) for each in row] for row in head.key.tolist()]
            products = [[keep(one * other) for one, other in zip(query, key, strict=True)] for key in keys]
            scores = [[keep(sum(row)) for row in products]]
        else:
            assert head.scores is not None
            rows = head.scores
            scores = [[keep(each) for each in rows[at if len(rows) > 1 else 0].tolist()]]
        for each in operations:
            scores.append([keep(each.apply(score)) for score in scores[-1]])
        seen = [score for score, can in zip(scores[-1], may, strict=True) if can]
        shift = any(abs(score) > 5 for score in seen) if shift is None else shift
        top = max(seen) if shift and seen else 0.0
        exps = [keep(exp(keep(score - top))) if can else 0.0 for score, can in zip(scores[-1], may, strict=True)]
        total = keep(sum(exps))
        weights = [keep(each / total) if total else 0.0 for each in exps]
    output = (
        [
            keep(sum(keep(weight * row[at]) for weight, row in zip(weights, values, strict=True)))
            for at in range(len(values[0]))
        ]
        if values
        else []
    )
    return Pencil(query, keys, values, products, scores, exps, top, total, weights, output)


def noise(head: Head, scores: list[Array]) -> list[float]:
    """What floats may change of the scores after each operation, by their last bits; of the last, of a weight too."""
    found = []
    for each in scores:
        largest = float(np.abs(each).max(initial=0.0))
        if head.query is not None and head.key is not None:
            size = float((np.abs(head.query) @ np.abs(head.key).T).max(initial=0.0)) * head.query.shape[1]
            whole = float(np.abs(scores[0]).max(initial=0.0))
            largest *= max(1.0, size / whole) if whole else 1.0
        found.append(8e-16 * largest)
    return found
