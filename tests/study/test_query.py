"""One query worked out: against numpy, against decimal fractions, and by hand."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import msgspec
import numpy as np
import pytest

from mdattn.study.query import QueryHead, QueryNames, QueryOptions, heads_of, named, study_of, vector_decimals

TOKENS = ["the", "cat", "the"]
EMBEDDINGS = [[0.1, 0.3, 0.4], [0.8, 0.1, 0.6], [0.3, 0.9, 0.2]]


def asked(**more: Any) -> QueryOptions:
    return msgspec.convert({"kind": "flow", "tokens": TOKENS, "query": 2, "heads": 1, **more}, QueryOptions)


def heads(**more: Any) -> tuple[QueryHead, ...]:
    options = asked(**more)
    return heads_of(options, study_of(options))


def test_full_precision_is_what_numpy_comes_to() -> None:
    (head,) = heads(embeddings=EMBEDDINGS, mask=[[1, 1, 1], [1, 1, 1], [0, 1, 1]])
    x = np.array(EMBEDDINGS)
    share = np.exp(x[1:] @ x[2] / np.sqrt(3))
    share /= share.sum()
    assert head.working is None
    assert head.allowed == [False, True, True]
    assert np.allclose(head.scores[0], x @ x[2])
    assert np.allclose(head.weights, [0, *share])
    assert np.allclose(head.output, share @ x[1:])
    assert head.vectors("key", [2, 0]) == [EMBEDDINGS[2], EMBEDDINGS[0]]
    assert head.top == (2,)


def rounded(number: Decimal) -> Decimal:
    return number.quantize(Decimal("0.01"), ROUND_HALF_UP)


def test_a_pencil_rounds_each_number_before_it_is_used() -> None:
    (head,) = heads(embeddings=EMBEDDINGS, arithmetic="shown")
    x = [[Decimal(str(each)) for each in row] for row in EMBEDDINGS]
    dots = [sum(rounded(one * other) for one, other in zip(x[2], row, strict=True)) for row in x]
    scores = [rounded(dot / rounded(Decimal(3).sqrt())) for dot in dots]
    exps = [rounded(score.exp()) for score in scores]
    weights = [rounded(each / sum(exps)) for each in exps]
    products = [[rounded(weight * each) for each in row] for weight, row in zip(weights, x, strict=True)]
    assert [list(map(float, each)) for each in (dots, scores)] == [list(each) for each in head.scores]
    assert list(head.weights) == list(map(float, weights))
    assert list(head.output) == [float(sum(column)) for column in zip(*products, strict=True)]
    assert head.working is not None


@pytest.mark.parametrize(
    ("arithmetic", "weights", "output"),
    [("exact", [0.126, 0.874], [2.748]), ("shown", [0.13, 0.87], [2.74])],  # 0.13 + 2.61
)
def test_weights_that_are_given_are_rounded_too(arithmetic: str, weights: list[float], output: list[float]) -> None:
    given = {"tokens": ["a", "b"], "query": 0, "weights": [0.126, 0.874], "values": [[1.0], [3.0]]}
    (head,) = heads(**given, arithmetic=arithmetic)
    assert head.scores == []
    assert np.allclose(head.weights, weights)
    assert np.allclose(head.output, output)


def test_a_head_says_which_it_is() -> None:
    assert [head.title for head in heads()] == [""]
    several = [{"scores": [0, 0, 1]}, {"name": "by\tname", "scores": [0, 1, 0]}]
    assert [head.title for head in heads(heads=several)] == ["Head 1 of 2", "Head 2 of 2: by\\tname"]


def test_a_query_is_one_of_its_keys_unless_the_keys_are_another_sentence() -> None:
    options = asked()
    assert named(study_of(options)) == QueryNames(("the", "cat", "the#2"), "the#2", 2)
    options = asked(key_tokens=["le", "le"])
    assert named(study_of(options)) == QueryNames(("le", "le#2"), "the#2", None)


@pytest.mark.parametrize(
    ("arithmetic", "decimals", "written", "printed"),
    [("exact", 2, 4, 4), ("exact", 2, 5, 2), ("exact", 0, 5, 1), ("shown", 2, 4, 2), ("shown", 2, 1, 1)],
)
def test_vectors_are_printed_as_written_if_that_is_short(
    arithmetic: Any, decimals: int, written: int, printed: int
) -> None:
    assert vector_decimals(asked(arithmetic=arithmetic, decimals=decimals), written) == printed


def test_no_key_is_called_as_another_word_that_asks() -> None:
    """A word of the text is `the#2` itself, and so not the second of two keys."""
    options = asked(tokens=["the#2", "a"], query=0, key_tokens=["the", "the"], keys=[[1, 0, 0], [2, 1, 0]])
    names = named(study_of(options))
    assert names.query == "the#2" and names.keys[0] == "the"
    assert len({names.query, *names.keys}) == 3 and names.itself is None
