"""What a query attends to, decided on the weights as printed."""

from __future__ import annotations

import numpy as np
import pytest

from mdattn.document import draw_options
from mdattn.errors import DiagramError
from mdattn.study.attended import attended, evenly, largest

A, B = [True, False], [False, True]


@pytest.mark.parametrize(
    ("weights", "allowed", "decimals", "said"),
    [
        ([0.0, 0.0], [False, False], 2, "attends to nothing"),
        ([1.0, 0.0], A, 2, "attends only to itself"),
        ([0.0, 1.0], B, 2, "attends only to b"),
        ([1.0, 0.0], [True, True], 2, "attends only to itself"),  # The other weighs exactly nothing.
        ([1 - 9e-14, 9e-14], [True, True], 2, "attends almost only to itself, 1.00"),
        ([0.996, 0.004], [True, True], 2, "attends almost only to itself, 1.00"),
        ([0.995, 0.005], [True, True], 2, "attends to itself, 1.00"),  # The other prints as 0.01.
        ([0.996, 0.004], [True, True], 3, "attends to itself, 0.996"),
        ([0.6, 0.4], [True, True], 0, "attends to itself, 1"),  # Not almost all.
        ([0.696, 0.304], [True, True], 2, "attends to itself, 0.70"),
        ([0.704, 0.296], [True, True], 2, "attends to itself, 0.70"),
        ([0.694, 0.306], [True, True], 2, "attends most to itself, 0.69"),
        ([0.3, 0.7], [True, True], 2, "attends to b, 0.70"),
        ([0.504, 0.496], [True, True], 2, "attends to itself and b alike, 0.50 each"),
        ([0.504, 0.496], [True, True], 3, "attends most to itself, 0.504"),
        ([0.5, 0.5, 0.0], [True, True, False], 2, "attends to itself and b alike, 0.50 each"),
        ([0.4, 0.2, 0.4], [True] * 3, 2, "attends most to itself and c alike, 0.40 each"),
        ([0.2, 0.4, 0.4], [True] * 3, 2, "attends most to b and c alike, 0.40 each"),
        ([0.334, 0.333, 0.333], [True] * 3, 2, "attends to all 3 keys alike, 0.33 each"),
        ([0.24, 0.24, 0.24, 0.24, 0.04], [True] * 5, 2, "attends most to 4 keys alike, 0.24 each"),
        ([0.4, 0.3, 0.3], [True] * 3, 0, "attends to 3 keys, but each weight rounds to 0"),
    ],
)
def test_the_words_hold_for_the_weights_as_printed(
    weights: list[float], allowed: list[bool], decimals: int, said: str
) -> None:
    share = f"{max(weights) + 1e-12:.{decimals}f}"
    assert attended(weights, allowed, decimals, 0).said(share, "abcde".__getitem__) == said


def test_a_sentence_of_its_own_has_no_key_that_is_the_query_itself() -> None:
    found = attended([0.6, 0.4], [True, True], 2, None)
    assert found.said("0.60", "ab".__getitem__, " ({})") == "attends most to a (0.60)"
    assert found.beside == "gets the most attention"


@pytest.mark.parametrize(
    ("weights", "itself", "other"),
    [
        ([1.0, 0.0], "attends only to itself", "gets all attention"),
        ([0.999, 0.001], "attends almost only to itself", "gets almost all attention"),
        ([0.8, 0.2], "attends to itself", "gets the most attention"),
        ([0.6, 0.4], "attends most to itself", "gets the most attention"),
        ([0.5, 0.5], "", ""),
    ],
)
def test_beside_its_row_a_key_is_told_in_the_same_words(weights: list[float], itself: str, other: str) -> None:
    assert attended(weights, [True, True], 2, 0).beside == itself
    assert attended(weights, [True, True], 2, 1).beside == other


@pytest.mark.parametrize(
    ("rows", "decimals", "even"),
    [
        ([[0.5, 0.5], [0.504, 0.496]], 2, True),
        ([[0.5, 0.5], [0.504, 0.496]], 3, False),
        ([[0.334, 0.333, 0.333]], 2, True),
        ([[0.5, 0.5, 0.0]], 2, False),
        ([[0.004] * 250], 2, True),  # Each prints as 0, and each is the same.
        ([[0.004, 0.003] * 142 + [0.006]], 2, False),
    ],
)
def test_a_head_attends_evenly_where_the_weights_of_each_row_print_alike(
    rows: list[list[float]], decimals: int, even: bool
) -> None:
    weights = np.array(rows)
    assert evenly(weights, None, decimals) is even
    masked = np.ones((len(rows) + 1, len(rows[0]) + 1), dtype=np.bool_)
    masked[-1], masked[:, -1] = False, False  # A query that sees nothing, and a key that no one sees.
    assert evenly(np.pad(weights, ((0, 1), (0, 1))), masked, decimals) is even


@pytest.mark.parametrize(
    ("rows", "decimals", "pairs", "more"),
    [
        ([[0.3, 0.7], [0.6, 0.4]], 2, [(0, 1)], 0),
        ([[0.3, 0.7], [0.696, 0.304]], 2, [(0, 1)], 1),  # Both print as 0.70.
        ([[0.304, 0.696], [0.7, 0.3]], 2, [(1, 0)], 1),
        ([[0.3, 0.7], [0.696, 0.304]], 3, [(0, 1)], 0),
        ([[0.125, 0.125], [0.125, 0.13]], 2, [(1, 1), (0, 0)], 2),  # Halves are rounded up.
        ([[0.004, 0.003], [0.004, 0.0]], 2, [(0, 0)], 1),  # What prints as 0 is alike if it is equal.
        ([[0.0, 0.0]], 2, [], 0),
    ],
)
def test_of_the_largest_those_are_alike_that_print_alike(
    rows: list[list[float]], decimals: int, pairs: list[tuple[int, int]], more: int
) -> None:
    found = largest(np.array(rows), max(len(pairs), 1), decimals)
    assert (list(found.pairs), found.more) == (pairs, more)


def test_the_kinds_say_one_fact_in_the_same_words() -> None:
    """Of one query with the largest weight, heads and a heatmap say the same beside its name."""
    for share in (0.4, 0.6, 0.704, 0.9, 0.999, 1.0):
        rest = (1 - share) / 2
        rows = [[share, rest, rest], [0.34, 0.33, 0.33], [0.34, 0.33, 0.33]]
        block = {"tokens": ["a", "b", "c"], "weights": rows, "decimals": 2}
        said = draw_options({"kind": "heatmap", **block}).alternative
        row = said.split(". ", 1)[1].split("; ")[0]
        assert row.startswith("'a' attends ")
        assert f"in head 1 {row}." in draw_options({"kind": "heads", **block}).alternative


def test_a_sum_that_misses_1_by_little_is_told_with_as_many_digits() -> None:
    with pytest.raises(DiagramError, match=r"add up to 1\.0000001, not to 1"):
        draw_options({"kind": "heatmap", "tokens": ["a", "b"], "weights": [[0.50001, 0.4999901], [0.5, 0.5]]})
