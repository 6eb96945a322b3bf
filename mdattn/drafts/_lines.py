"""Where two lists of lines agree, found in time that grows with their number alone.

`difflib` takes quadratic time and more where few lines repeat often, and a stranger's document may be such a one. Here
the lines that stand once in both divide the lists, as in a patience diff, and between two of them the shortest
edit is looked for (Myers), but only up to a number of edits: a part that takes more is one change as a whole.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from typing import NamedTuple

_MOST_EDITS = 300  # Time grows with them for each line, and memory with their square.


class Match(NamedTuple):
    """`length` lines that stand at `old` in the one list and at `new` in the other, all from 0."""

    old: int
    new: int
    length: int


class Edit(NamedTuple):
    """The lines old[old_first:old_end] that give way to new[new_first:new_end]; one of the two may be empty."""

    old_first: int
    old_end: int
    new_first: int
    new_end: int


def edits(found: Iterable[Match]) -> list[Edit]:
    """What lies between the runs that `matches` finds."""
    between = []
    i = j = 0
    for run in found:
        if run.old > i or run.new > j:
            between.append(Edit(i, run.old, j, run.new))
        i, j = run.old + run.length, run.new + run.length
    return between


def matches(old: Sequence[object], new: Sequence[object]) -> list[Match]:
    """The runs of lines that two lists have in common, in order; the last has no length and stands at the two ends."""
    names: dict[object, int] = {}
    a, b = ([names.setdefault(line, len(names)) for line in lines] for lines in (old, new))
    found: list[Match] = []
    i = j = 0
    for anchor_i, anchor_j in (*_anchors(a, b), (len(a), len(b))):
        for match in _between(a, b, i, anchor_i, j, anchor_j):
            _join(found, match)
        if anchor_i < len(a):
            _join(found, Match(anchor_i, anchor_j, 1))
        i, j = anchor_i + 1, anchor_j + 1
    return [*found, Match(len(a), len(b), 0)]


def _join(found: list[Match], match: Match) -> None:
    """Add a run, to the one before it where it goes on."""
    if found and found[-1].old + found[-1].length == match.old and found[-1].new + found[-1].length == match.new:
        found[-1] = found[-1]._replace(length=found[-1].length + match.length)
    elif match.length:
        found.append(match)


def _anchors(a: list[int], b: list[int]) -> list[tuple[int, int]]:
    """The longest series of pairs, rising in both lists, of lines that each list has once."""
    there = _once(b)
    pairs = [(i, there[line]) for line, i in _once(a).items() if line in there]
    tails: list[int] = []  # The place in b where a series of each length ends first.
    ends: list[int] = []  # The pair at that place.
    before: list[int] = []
    for number, (_, j) in enumerate(pairs):
        length = bisect_left(tails, j)
        before.append(ends[length - 1] if length else -1)
        tails[length : length + 1] = [j]
        ends[length : length + 1] = [number]
    series = []
    number = ends[-1] if ends else -1
    while number >= 0:
        series.append(pairs[number])
        number = before[number]
    return series[::-1]


def _once(lines: list[int]) -> dict[int, int]:
    """The lines that stand once in a list, and where, in order."""
    places: dict[int, int] = {}
    for place, line in enumerate(lines):
        places[line] = -1 if line in places else place
    return {line: place for line, place in places.items() if place >= 0}


def _between(a: list[int], b: list[int], i: int, end_i: int, j: int, end_j: int) -> Iterator[Match]:
    """The runs that a[i:end_i] and b[j:end_j] have in common."""
    head = next(n for n in count() if i + n >= end_i or j + n >= end_j or a[i + n] != b[j + n])
    yield Match(i, j, head)
    i, j = i + head, j + head
    most = min(end_i - i, end_j - j)
    tail = next(n for n in count() if n >= most or a[end_i - 1 - n] != b[end_j - 1 - n])
    if tail < most:
        for x, y, length in _shortest(a[i : end_i - tail], b[j : end_j - tail]):
            yield Match(i + x, j + y, length)
    yield Match(end_i - tail, end_j - tail, tail)


def _shortest(a: list[int], b: list[int]) -> list[Match]:
    """The runs that the shortest edit from a to b keeps; none where that takes too many edits.

    `furthest[k]` is the largest x that as many edits reach on the diagonal k = x - y (E. Myers, 1986).
    """
    furthest: dict[int, int] = {1: 0}
    trail: list[dict[int, int]] = []
    for edits in range(_MOST_EDITS):
        reached: dict[int, int] = {}
        for k in range(-edits, edits + 1, 2):
            x = _entered(furthest, k, len(a), len(b))
            if x < 0:
                continue
            while x < len(a) and x - k < len(b) and a[x] == b[x - k]:
                x += 1
            reached[k] = x
            if x == len(a) and x - k == len(b):
                return _walked(trail, x, k, furthest, a, b)
        trail.append(furthest)
        furthest = reached
    return []


def _entered(furthest: dict[int, int], k: int, width: int, height: int) -> int:
    """The x at which one edit more enters the diagonal k, below a deleted or right of an added line; -1 for none."""
    deleted = furthest.get(k - 1, -2) + 1
    added = furthest.get(k + 1, -1)
    return max(deleted if deleted <= width else -1, added if added - k <= height else -1)


def _walked(
    trail: list[dict[int, int]], x: int, k: int, furthest: dict[int, int], a: list[int], b: list[int]
) -> list[Match]:
    """The runs on the way that led to x on the diagonal k, from the last edit back to the first."""
    runs = []
    for before in (furthest, *reversed(trail)):
        start = _entered(before, k, len(a), len(b))
        if x > start:
            runs.append(Match(start, start - k, x - start))
        x = start
        deleted = before.get(k - 1, -2) + 1
        if deleted == start:
            x, k = x - 1, k - 1
        else:
            k += 1
    return runs[::-1]
