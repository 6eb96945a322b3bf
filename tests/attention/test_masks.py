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


def test_a_window_of_any_size() -> None:
    assert masks.window(2, 3, 2**70).tolist() == masks.causal(2, 3).tolist()
