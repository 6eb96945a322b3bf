"""The recurrent cell against a mix that is worked out word by word."""

from __future__ import annotations

from fractions import Fraction

import pytest

from mdattn.attention.recurrent import memory, states


def _mix(words: list[Fraction], retention: Fraction) -> Fraction:
    """The last state as one sum over all words, each with its own share."""
    last = len(words) - 1
    shares = [retention**last, *[(1 - retention) * retention ** (last - place) for place in range(1, last + 1)]]
    assert sum(shares) == 1
    return sum((share * word for share, word in zip(shares, words, strict=True)), Fraction(0))


def test_each_state_is_the_mix_of_the_words_so_far() -> None:
    words = [Fraction(each, 10) for each in (2, -7, 3, 9, 1)]
    retention = Fraction(3, 10)
    got = states([float(each) for each in words], float(retention))
    assert got == pytest.approx([float(_mix(words[:end], retention)) for end in range(1, 6)], abs=1e-12)


def test_half_of_the_first_word_is_lost_at_each_step() -> None:
    assert memory(6, 0.5) == (1.0, 0.5, 0.25, 0.125, 0.0625, 0.03125)


def test_one_step_keeps_all_of_it() -> None:
    assert memory(1, 0.9) == (1.0,)


@pytest.mark.parametrize("retention", [0.0, 1.0, -0.5, 1.5, float("nan")])
def test_a_cell_that_keeps_nothing_or_all_is_refused(retention: float) -> None:
    with pytest.raises(ValueError, match="retention must be above 0 and below 1"):
        memory(3, retention)
