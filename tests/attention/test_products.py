"""Products of matrices, bit for bit against sums in Python from the first term to the last."""

from __future__ import annotations

import numpy as np
import pytest

from mdattn.attention import attend, product
from mdattn.attention.products import _MOST_TERMS

SHAPES = [
    ((1, 1), (1, 1)),
    ((1, 64), (64, 1)),
    ((1, 64), (64, 3)),
    ((5, 7), (7, 3)),
    ((2, 5, 64), (2, 64, 9)),
    ((40, 64), (64, 40)),
    ((3, 1, 17), (3, 17, 1)),
]


@pytest.mark.parametrize(("left", "right"), SHAPES)
def test_each_sum_is_taken_in_order(left: tuple[int, ...], right: tuple[int, ...]) -> None:
    generator = np.random.default_rng(1)
    one, other = generator.normal(size=left) * 1e5, generator.normal(size=right)
    found = product(one, other)
    assert found.flags.c_contiguous
    assert found.shape == (one @ other).shape
    for place in np.ndindex(found.shape):
        *stack, row, column = place
        total = 0.0
        for x, y in zip(one[(*stack, row)].tolist(), other[(*stack, slice(None), column)].tolist(), strict=True):
            total += x * y
        assert found[place].item() == total


def test_large_ones_and_empty_ones_are_left_to_numpy() -> None:
    generator = np.random.default_rng(2)
    one = generator.normal(size=(300, 30))
    assert one.size * 300 > _MOST_TERMS
    np.testing.assert_array_equal(product(one, one.T), one @ one.T)
    assert product(np.ones((2, 0)), np.ones((0, 3))).tolist() == [[0.0] * 3] * 2


def test_attention_of_a_page_s_size_is_added_up_so() -> None:
    generator = np.random.default_rng(3)
    query, key, value = generator.normal(size=(3, 2, 6, 8)) * 1e4
    trace = attend(query, key, value, keep=True)
    np.testing.assert_array_equal(trace.scores[0], product(query, key.transpose(0, 2, 1)))
    np.testing.assert_array_equal(trace.output, product(trace.weights, value))
