"""Numbers to text, against the decimal module, which rounds half-up by itself."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from math import inf, nextafter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdattn import numerals

NUMBERS = st.floats(min_value=-1e6, max_value=1e6)
DECIMALS = st.integers(min_value=0, max_value=numerals.MOST_DECIMALS)


def _independent(value: float, decimals: int) -> str:
    snapped = Decimal(value).quantize(Decimal("1e-9"), ROUND_HALF_EVEN)
    result = snapped.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    return str(result if result else abs(result))


@given(NUMBERS, DECIMALS)
def test_text_is_snapped_and_half_up(value: float, decimals: int) -> None:
    assert numerals.text(value, decimals) == _independent(value, decimals)


@given(NUMBERS, DECIMALS)
def test_rounded_is_the_number_that_text_prints(value: float, decimals: int) -> None:
    assert numerals.rounded(value, decimals) == float(numerals.text(value, decimals))


@given(st.integers(-(10**6), 10**6), DECIMALS, st.sampled_from([0.0, 4e-10, -4e-10, 6e-10, -6e-10]))
def test_ties_and_what_snaps_to_them_are_rounded_half_up(units: int, decimals: int, off: float) -> None:
    value = (units + 0.5) / 10**decimals + off
    assert numerals.text(value, decimals) == _independent(value, decimals)
    assert (
        numerals.rounder(decimals)(value) == numerals.rounded(value, decimals) == float(_independent(value, decimals))
    )


@pytest.mark.parametrize("value", [0.125, 1 / 3, 2.675, 0.005, 1e-9, 0.3, -0.125])
def test_both_neighbours_of_a_number_print_alike(value: float) -> None:
    for decimals in range(4):
        texts = {numerals.text(each, decimals) for each in (nextafter(value, -inf), value, nextafter(value, inf))}
        assert len(texts) == 1


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (0.125, 2, "0.13"),
        (-0.125, 2, "-0.13"),
        (-0.001, 2, "0.00"),
        (0.0, 0, "0"),
        (0.5, 0, "1"),
        (-0.5, 0, "-1"),
        (1e9, 2, "1000000000.00"),
    ],
)
def test_text(value: float, decimals: int, text: str) -> None:
    assert numerals.text(value, decimals) == text


@pytest.mark.parametrize(("share", "decimals", "text"), [(0.154, 2, "15 %"), (0.1549, 3, "15.5 %"), (1.0, 1, "100 %")])
def test_percent(share: float, decimals: int, text: str) -> None:
    assert numerals.percent(share, decimals) == text


def test_compact_writes_no_idle_zeros() -> None:
    assert [numerals.compact(each, 2) for each in (2.0, 0.5, 0.25, 1 / 3)] == ["2", "0.5", "0.25", "0.33"]


@given(st.lists(st.integers(-10_000, 10_000), min_size=1), st.integers(0, 4))
def test_decimals_needed_is_the_fewest_that_show_all(units: list[int], decimals: int) -> None:
    values = [unit / 10**decimals for unit in units]
    need = numerals.decimals_needed(values, 6)
    assert all(float(numerals.text(value, need)) == value for value in values)
    assert need == 0 or any(float(numerals.text(value, need - 1)) != value for value in values)


def test_decimals_needed_gives_up_at_the_most() -> None:
    assert numerals.decimals_needed([1 / 3], 4) == 4


def test_the_sum_is_that_of_the_printed_numbers() -> None:
    assert numerals.sum_as_printed([1 / 3] * 3, 2) == 99
    assert numerals.sum_as_printed([2 / 3, 2 / 3, -1 / 3], 2) == 101


def test_vector_and_count() -> None:
    assert numerals.vector([0.3, -0.9, 2], 1) == "[0.3, -0.9, 2.0]"
    assert numerals.count(65_000_000) == "65,000,000"
