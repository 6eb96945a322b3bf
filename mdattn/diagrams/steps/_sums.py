"""Sums of products and vectors, as pieces of lines in which the numbers stand below each other.

Floor 3, a room of the kind `steps`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mdattn import numerals
from mdattn.diagrams.steps._numbers import FEWER_NUMBERS, MOST_NUMBERS, MOST_TERMS, Check, Steps
from mdattn.study.query import Vector


class Sum(NamedTuple):
    """`0.3×0.1`, `+ 0.9×0.3` and below it `= 0.03`, `+ 0.27`, `= 0.30`."""

    terms: list[str]
    results: list[str]


class Factors(NamedTuple):
    """What is multiplied, as text: each column has one factor, and in each row another; and what comes out."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    products: Sequence[Sequence[str]]
    more: int
    """How many further products each row has."""
    rests: Sequence[str]
    """Of each row, what these add up to; empty without any."""
    totals: Sequence[str]
    decimals: tuple[int, int]
    """Of the products and of the totals."""
    what: str
    """What is multiplied, for `… more products`."""


def sums_of(steps: Steps, factors: Factors) -> Iterator[Sum]:
    """The products and sums of each row; the numbers of a column are aligned on their decimal points."""
    times = steps.glyphs.times
    firsts = [bracketed(each) if place else each for place, each in enumerate(factors.columns)]
    cells_ = [
        aligned([f"{first}{times}{bracketed(row[place])}" for row in factors.rows])
        for place, first in enumerate(firsts)
    ]
    products = [
        aligned([bracketed(row[place]) if place else row[place] for row in factors.products])
        for place in range(len(firsts))
    ]
    totals = aligned(factors.totals)
    rests = aligned([bracketed(each) for each in factors.rests])
    more = f"({factors.more} more)"
    for number, row in enumerate(factors.rows):
        first, second = _signs(steps.check, factors, number, times)
        plus = [f"+ {column[number]}" for column in cells_[1:]]
        terms = [cells_[0][number], *plus]
        result = f"{second} {totals[number]}"
        if len(row) == 1 and not factors.more:
            yield Sum(terms, [result])
            continue
        added = [f"{first} {products[0][number]}", *(f"+ {column[number]}" for column in products[1:])]
        if factors.more:
            terms.append(f"+ {steps.glyphs.ellipsis} {factors.more} more {factors.what}")
            added += [f"+ {rests[number]}", more]
        yield Sum(terms, [*added, result])


def _signs(check: Check, factors: Factors, number: int, times: str) -> tuple[str, str]:
    """The signs before the products of a row and before its total."""
    if not check.exact:
        return "=", "="
    row, products = factors.rows[number], factors.products[number]
    if len(row) == 1 and not factors.more:  # The product itself is the total.
        (one,), (other,) = factors.columns, row
        what = f"{one} {times} {bracketed(other)}"
        sign = check.sign(float(one) * float(other), factors.totals[number], factors.decimals[1], what)
        return sign, sign
    signs = [
        check.sign(float(one) * float(other), product, factors.decimals[0], f"{one} {times} {bracketed(other)}")
        for one, other, product in zip(factors.columns, row, products, strict=True)
    ]
    first = check.approx if check.approx in signs else "="
    rest = [factors.rests[number]] if factors.more else []
    added = sum(map(float, (*products, *rest)))
    what = " + ".join((*products[:1], *map(bracketed, (*products[1:], *rest))))
    return first, check.sign(added, factors.totals[number], factors.decimals[1], what)


def bracketed(number: str) -> str:
    return f"({number})" if number.startswith("-") else number


def aligned(texts: Sequence[str]) -> list[str]:
    """Numbers with equally many decimals below each other; a closing bracket stands beside them."""
    if any(each.endswith(")") for each in texts):
        texts = [each if each.endswith(")") else each + " " for each in texts]
    widest = max(map(len, texts), default=0)
    return [each.rjust(widest) for each in texts]


def vector_of(numbers: Vector, decimals: int, mark: str) -> list[str]:
    """`[0.3,` `0.9,` `0.2]`, the end of a long one left out."""
    return listed([numerals.text(each, decimals) for each in numbers[: most_numbers(len(numbers))]], numbers, mark)


def printed_numbers(rows: Sequence[Vector], decimals: int) -> list[list[str]]:
    """The numbers that may be printed of each vector."""
    return [[numerals.text(each, decimals) for each in row[:MOST_TERMS]] for row in rows]


def vectors_of(printed: Sequence[Sequence[str]], rows: Sequence[Vector], mark: str) -> list[list[str]]:
    """Each vector as pieces, their numbers below each other."""
    count = most_numbers(len(rows[0]))
    columns = [aligned([row[place] for row in printed]) for place in range(count)]
    return [listed(texts, row, mark) for texts, row in zip(zip(*columns, strict=True), rows, strict=True)]


def listed(texts: Sequence[str], numbers: Vector, mark: str) -> list[str]:
    """The texts of the first numbers in square brackets, and how many more there are."""
    pieces = [text + "," for text in texts]
    pieces[0] = "[" + pieces[0]
    if len(texts) < len(numbers):
        return [*pieces, f"{mark} {len(numbers) - len(texts)} more]"]
    pieces[-1] = pieces[-1][:-1] + "]"
    return pieces


def most_numbers(count: int) -> int:
    return count if count <= MOST_NUMBERS else FEWER_NUMBERS
