"""What diagrams say of their numbers holds for these as they are printed, in every kind."""

from __future__ import annotations

import re
from math import exp
from random import Random
from typing import Any

import pytest

from mdattn.document import draw_options
from mdattn.errors import DiagramError

MANY = [first + second for first in "wz" for second in "abcdefghijklmnopqrstuv"]
ABC = ["aa", "bb", "cc"]


def said(kind: str, **options: Any) -> str:
    """All of a diagram in one line."""
    return " ".join(" ".join(draw_options({"kind": kind, **options}).lines).split())


@pytest.mark.parametrize("kind", ["flow", "steps"])
def test_weights_that_all_round_to_0_are_not_masked(kind: str) -> None:
    options = {"tokens": ABC, "query": 0, "scores": [[0] * 3] * 3, "decimals": 0, "arithmetic": "shown"}
    text = said(kind, **options, values=[[1], [2], [3]])
    assert "ach weight rounds to 0" in text
    assert "masked" not in text
    assert "othing" not in text


def test_percentages_add_up_to_what_is_said() -> None:
    # 6.25 % and a trifle more or less, less than is ever printed: sixteen times 6.3.
    scores = [[(-1) ** place for place in range(16)]]
    text = said("flow", tokens=MANY[:16], query=0, scores=scores * 16, scale=1e-9, decimals=3)
    assert text.count(" 6.3 % │") == 16
    assert "as printed the column adds up to 100.8 %" in text


def test_every_key_that_is_left_out_of_a_sum_is_counted() -> None:
    weights = [[1.0, *[0.0] * 16]] * 17
    text = said("flow", tokens=MANY[:17], query=0, weights=weights, values=[[1]] * 17, sections=["output"])
    assert "1.00 × wa + … 16 more" in text


def test_last_digits_are_counted_as_they_are_printed() -> None:
    text = said("steps", text="cat sat cat mat", query=0)
    alone = said("steps", text="cat sat mat", query=0)
    counts = [int(each.split(" last digits would differ")[0].split()[-1]) for each in (text, alone)]
    assert counts[0] > counts[1]


def test_equal_lines_that_would_differ_are_counted_each() -> None:
    # 0.33 and 0.33 and 0.33 of 1, twice: each sum is 0.99, and 1.00 is printed.
    values = [[1, 1]] * 3
    text = said("steps", tokens=ABC, query=0, weights=[[1 / 3] * 3] * 3, values=values)
    assert text.count("0.33 + 0.33 + 0.33 ≈ 1.00") == 2
    assert "from the printed numbers, 2 last digits would differ" in text


def test_exp_is_exact_for_0_alone() -> None:
    text = said("steps", tokens=["aa", "bb"], query=0, scores=[[0, -1000], [0, 0]])
    assert exp(-1000) == 0.0  # in floats, but not on paper
    assert "exp(-1000) ≈ 0.00" in text
    assert re.search(r"exp\( *0\) *= 1\.00", text)


@pytest.mark.parametrize(("third", "adds_up"), [(0.334, "99"), (0.34, None)])
def test_given_weights_that_do_not_add_up_as_printed_are_told(third: float, adds_up: str | None) -> None:
    first = (1 - third) / 2
    text = said("steps", tokens=ABC, query=0, weights=[[first, first, third]] * 3, values=[[1], [2], [3]])
    assert ("the weights add up to" in text) is (adds_up is not None)
    assert adds_up is None or f"the weights add up to {adds_up} %" in text


def test_keys_of_which_nothing_is_worked_out_are_not_counted() -> None:
    nowhere = {"scores": [[0] * 44] * 44, "mask": [[False] * 44] * 44}
    text = said("steps", tokens=MANY, query=0, **nowhere, values=[[1]] * 44)
    assert "The other" not in text
    assert "Every key is masked" in text


@pytest.mark.parametrize("heads", [1, 2])
def test_where_no_query_has_a_choice_the_words_say_so(heads: int) -> None:
    given = {"tokens": MANY[:8], "mask": {"window": 1}, "heads": heads, "dimensions": 2}
    alternative = str(draw_options({"kind": "heatmap", **given}).alternative)
    assert alternative.count("No token has a choice of what it attends to.") == heads


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("flow", {"query": 0, "weights": [[1 / 3] * 3] * 3}),
        ("flow", {"query": 0, "decimals": 1}),
        ("flow", {"query": 0, "weights": [[0.334, 0.333, 0.333]] * 3, "values": [[100], [101], [102]]}),
        ("steps", {"query": 0, "weights": [[1 / 3] * 3] * 3, "values": [[1], [2], [3]]}),
        ("steps", {"query": 0, "decimals": 1}),
        ("heatmap", {"weights": [[1 / 3] * 3] * 3, "mode": "numbers"}),
        ("comparison", {"decimals": 1, "retention": 0.995}),
        ("comparison", {"embeddings": [[1 / 3], [2 / 3], [1 / 7]], "retention": 0.995}),
        ("comparison", {"embeddings": [[1 / 3], [2 / 3], [1 / 7]], "retention": 0.1}),
    ],
)
def test_what_is_said_of_rounding_can_be_left_out(kind: str, options: dict[str, Any]) -> None:
    full, quiet = (said(kind, tokens=ABC, **options, remarks=remarks) for remarks in ("all", "none"))
    assert said(kind, tokens=ABC, **options) == full
    told = r"Rounded: as printed|Computed in full precision|The shares are rounded|Printed (?:shares|vectors)"
    assert re.search(told, full)
    assert not re.search(told, quiet)
    assert kind != "comparison" or (len(re.findall(told, full)) == 1 and "ounded" not in quiet)
    # Nothing else is missing.
    parts = re.split(rf"(?:{told}).*?\.(?= [A-Z\"S]|$)", full)
    assert all(part.strip() in quiet for part in parts)


@pytest.mark.campaign
@pytest.mark.parametrize("kind", ["flow", "steps"])
def test_at_most_one_line_is_about_rounding(kind: str, budget: int) -> None:
    told = re.compile(r"Rounded:|Computed in full precision|Each number is rounded|add up to")
    one = 0
    for seed in range(60 * budget):
        random = Random(f"{kind} {seed}")
        count, heads = random.choice([3, 3, 7, 30]), random.choice([1, 1, 2, 6])
        options: dict[str, Any] = {"tokens": MANY[:count], "query": 0, "decimals": random.randint(0, 3), "heads": heads}
        options["arithmetic"] = random.choice(["exact", "shown"])
        size = 2 if random.random() < 0.7 else 12
        if random.random() < 0.7:
            options["embeddings"] = [[round(random.gauss(0, 1), 3) for _ in range(size * heads)] for _ in range(count)]
        else:
            options["scores"] = [[[random.gauss(0, 1) for _ in range(count)]] * count for _ in range(heads)]
            options["scores"] = options["scores"] if heads > 1 else options["scores"][0]
            options["values"] = [[round(random.gauss(0, 9), 3)] for _ in range(count)]
        try:
            text = said(kind, **options)
        except DiagramError as error:
            assert "'shown' cannot be worked out" in error.message, seed
            continue
        # One sentence may hold several of these.
        sentences = [each for each in re.split(r"(?<=[^.\d]\.)\s|(?<=%\.)\s", text) if told.search(each)]
        assert len(sentences) <= 1, (seed, sentences)
        one += len(sentences)
        quiet = said(kind, **options, remarks="none")
        assert bool(told.search(quiet)) is (options["arithmetic"] == "shown"), seed
    assert one > 30 * budget


def test_one_line_counts_the_last_digits_of_all_columns() -> None:
    text = said("flow", text="The cat sat on the mat", query="sat", decimals=1, temperature=0.1)
    assert len(re.findall(r"full precision|Rounded:", text)) == 1
    assert re.search(r"from the rounded numbers, \d+ last digits would differ\.", text)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"kind": "heatmap", "mode": "numbers"}, 'As given, "a" adds up to 0.99.'),
        ({"kind": "flow", "query": "a"}, "As given, the column adds up to 99 %."),
        ({"kind": "steps", "query": "a", "values": [[1], [2], [5]]}, "As given, the weights add up to 99 %."),
    ],
)
def test_given_weights_that_do_not_add_up_are_not_said_to_be_rounded(given: dict[str, Any], said: str) -> None:
    """They are printed to the last digit; of more digits the picture rounds, and says so."""
    for weights, there in (([0.33, 0.33, 0.33], True), ([0.333, 0.333, 0.334], False)):
        rows = weights if "query" in given else [weights, [1, 0, 0], [0, 0, 1]]
        text = " ".join(draw_options({"text": "a b c", "weights": rows, **given}).lines)
        assert (said in text) is there
        assert not re.search(r"Rounded|rounded", text) or not there
