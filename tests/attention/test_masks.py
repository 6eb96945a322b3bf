"""Masks against the rule said in words, entry by entry."""

from __future__ import annotations

import numpy as np
import pytest

from mdattn.attention import masks

SIZES = [(n_query, n_key) for n_query in range(5) for n_key in range(6)]


@pytest.mark.parametrize(("n_query", "n_key"), SIZES)
def test_causal_is_aligned_bottom_right(n_query: int, n_key: int) -> None:
    mask = masks.causal(n_query, n_key)
    assert mask.dtype == np.bool_
    assert mask.shape == (n_query, n_key)
    for i in range(n_query):
        own = n_key - n_query + i  # The last query's own key is the last.
        assert mask[i].tolist() == [j <= own for j in range(n_key)]


@pytest.mark.parametrize(("n_query", "n_key"), SIZES)
@pytest.mark.parametrize("size", [1, 2, 3, 9])
def test_a_window_holds_its_size_of_keys_and_the_own_is_the_last(n_query: int, n_key: int, size: int) -> None:
    mask = masks.window(n_query, n_key, size)
    for i in range(n_query):
        own = n_key - n_query + i
        assert np.flatnonzero(mask[i]).tolist() == [j for j in range(own - size + 1, own + 1) if j >= 0]


def test_a_known_window() -> None:
    picture = ["".join("■" if seen else "□" for seen in row) for row in masks.window(4, 4, 2)]
    assert picture == ["■□□□", "■■□□", "□■■□", "□□■■"]


@pytest.mark.parametrize("size", [0, -1])
def test_a_window_holds_at_least_the_own_key(size: int) -> None:
    with pytest.raises(ValueError, match="size must be 1 or more"):
        masks.window(3, 3, size)


def test_a_matrix_is_taken_as_written() -> None:
    rows = [[True, False, True], [False, False, False]]
    assert masks.matrix(rows, 2, 3).tolist() == rows
    assert masks.matrix(np.array(rows), 2, 3).tolist() == rows


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([[True, False]], "needs 2 rows, one for each query, got 1 rows"),
        ("true", "needs 2 rows.*got str"),
        ([[True, False], [True]], "row 1 of the mask needs 2 entries, one for each key, got 1 entries"),
        ([[True, False], True], "row 1 of the mask needs 2 entries.*got bool"),
        ([[True, 1], [True, True]], "entry 1 of row 0 of the mask must be true or false, got 1"),
        ([[True, True], ["yes", True]], "entry 0 of row 1 .* got 'yes'"),
        (np.ones((2, 2)), "entry 0 of row 0 .* got 1.0"),
    ],
)
def test_a_matrix_that_does_not_fit_names_its_row(rows: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        masks.matrix(rows, 2, 2)


def test_a_window_of_any_size() -> None:
    assert masks.window(2, 3, 2**70).tolist() == masks.causal(2, 3).tolist()
