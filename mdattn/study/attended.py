"""What queries attend to, and the words for it: decided once, on the weights as they are printed.

Floor 2, shared by the kinds. Two keys whose weights print alike are alike, however they differ behind that; only what
is exactly so is told of all others: that they are masked, or weigh nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from mdattn import numerals
from mdattn.study import notes
from mdattn.study.printed import units_of

if TYPE_CHECKING:
    from mdattn.study.given import Array, Mask

How = Literal["nothing", "unseen", "only", "almost only", "clearly", "most", "alike", "most alike", "evenly"]

CLEAR = 0.7  # From here on a query "attends to" a key, below it "attends most to" it.
TIED_NAMES = 3  # Of more keys that are alike, the number is told.
FEWEST_DECIMALS = 2  # With fewer, a weight that prints as 1 may be far from all.
_WORDS: dict[How, str] = {
    "only": "only to ",
    "almost only": "almost only to ",
    "clearly": "to ",
    "most": "most to ",
    "alike": "to ",
    "most alike": "most to ",
    "evenly": "to all ",
}
_BESIDE: dict[How, str] = {
    "only": "gets all attention",
    "almost only": "gets almost all attention",
    "clearly": "gets the most attention",
    "most": "gets the most attention",
}


class Attended(NamedTuple):
    """What a query attends to."""

    how: How
    keys: tuple[int, ...]
    """Whose weights print as the largest; none where every key is masked, or every weight prints as 0."""
    seen: int
    """How many keys it may attend to."""
    itself: int | None
    """The key that is the query itself; None where there is none."""

    def said(self, share: str, name: Callable[[int], str], aside: str = ", {}") -> str:
        """`attends most to "cat", 0.40`; `aside` is how the share, which is a text, is put behind the words."""
        if self.how == "nothing":
            return "attends to nothing"
        if self.how == "unseen":
            return f"attends to {numerals.count(self.seen)} keys, but each weight rounds to 0"
        words = f"attends {_WORDS[self.how]}{self.named(name)}"
        if self.how == "only":
            return words
        if len(self.keys) == 1:
            return words + aside.format(share)
        return f"{words} alike{aside.format(share + ' each')}"

    def named(self, name: Callable[[int], str]) -> str:
        """The keys by name, the query itself first; of many their number."""
        if self.how == "evenly" or len(self.keys) > TIED_NAMES:
            return f"{numerals.count(len(self.keys))} keys"
        others = [name(key) for key in self.keys if key != self.itself]
        return notes.listed([*(["itself"] if self.itself in self.keys else []), *others])

    @property
    def beside(self) -> str:
        """What stands beside the row of the one key; "" where there is not one."""
        if len(self.keys) != 1:
            return ""
        return f"attends {_WORDS[self.how]}itself" if self.keys[0] == self.itself else _BESIDE[self.how]


def attended(weights: Sequence[float], allowed: Sequence[bool], decimals: int, itself: int | None) -> Attended:
    """weights, allowed [key] -> what the query attends to, its weights printed with so many decimals."""
    seen = [key for key, may in enumerate(allowed) if may]
    if not seen:
        return Attended("nothing", (), 0, itself)
    top = max(weights[key] for key in seen)
    share = numerals.rounded(top, decimals)
    if not share and len(seen) > 1:
        return Attended("unseen", (), len(seen), itself)
    near = top - 1.5 / 10**decimals  # What is below that prints as less.
    keys = tuple([key for key in seen if weights[key] >= near and numerals.rounded(weights[key], decimals) == share])
    return Attended(_how(weights, seen, keys, share, decimals), keys, len(seen), itself)


def _how(weights: Sequence[float], seen: Sequence[int], keys: Sequence[int], share: float, decimals: int) -> How:
    others = [weights[key] for key in seen if key != keys[0]]
    if not any(others):
        return "only"
    if 1 < len(keys) < len(seen):
        return "most alike"
    if len(keys) > 1:
        return "evenly" if len(keys) > 2 else "alike"
    finer = max(decimals, FEWEST_DECIMALS)
    if numerals.rounded(weights[keys[0]], finer) == 1 and not numerals.rounded(max(others), finer):
        return "almost only"
    return "clearly" if share >= CLEAR else "most"


# Many queries ---------------------------------------------------------------------------------------------------------

SNAPPED = 1e-9  # Weights that differ by less are one weight.


class Largest(NamedTuple):
    """The largest of many weights."""

    pairs: tuple[tuple[int, int], ...]
    """As (query, key), the largest first; of equal ones the first."""
    more: int
    """How many others are like the last of these: print alike, or where that is 0, are equal."""

    @property
    def alike(self) -> str:
        """`3 more alike`; "" where there are none."""
        return f"{numerals.count(self.more)} more alike" if self.more else ""


def largest(weights: Array, most: int, decimals: int, above: Array | None = None) -> Largest:
    """weights [query, key] -> at most so many of them; of each query only those above `above` [query], if given."""
    tops = weights.max(axis=1, initial=0.0)
    if above is not None:
        tops = np.where(tops > above, tops, 0.0)
    # A pair among the largest is no less than the last of as many largest ones of rows.
    least = float(np.sort(tops)[-most:][0])
    share = numerals.sum_as_printed([least], decimals)
    near = least - 1e-8 if not share else min(least - 1e-8, (share - 0.5) / 10**decimals - 1e-8)
    queries, keys = np.nonzero(weights >= max(near, SNAPPED / 2))
    found = weights[queries, keys]
    if above is not None:
        kept = found > above[queries]
        queries, keys, found = queries[kept], keys[kept], found[kept]
    snapped = np.rint(found * 10**numerals.SNAP)
    # There can be a million of them, all alike: they are not sorted.
    chosen: list[int] = []
    while len(chosen) < most and (snapped > 0).any():
        places = np.flatnonzero(snapped == snapped.max())[: most - len(chosen)]
        chosen += places.tolist()
        snapped[places] = -1
    if not chosen:
        return Largest((), 0)
    units = units_of(found, decimals)
    if not units[chosen[-1]]:
        units = units_of(found, numerals.SNAP)
    alike = units == units[chosen[-1]]
    pairs = zip(queries[chosen].tolist(), keys[chosen].tolist(), strict=True)
    return Largest(tuple(pairs), int(alike.sum() - alike[chosen].sum()))


def evenly(weights: Array, allowed: Mask | None, decimals: int) -> bool:
    """weights, allowed [query, key] -> whether all keys that a query may attend to are alike, for each query.

    Where a weight prints as 0 they are alike only if they are equal.
    """
    unit = 1 / 10**decimals
    high = weights.max(axis=1, initial=0.0)
    # One key is mostly enough to see that they are not.
    first = weights[:, 0] if allowed is None else np.where(allowed[:, 0], weights[:, 0], high)
    if (high - first > unit).any():
        return False
    low = weights.min(axis=1, initial=1.0, where=True if allowed is None else allowed)
    apart = high - low > SNAPPED  # A query of which all is masked is not: 0 less 1.
    if (high - low > unit).any():
        return False
    units = units_of(high[apart], decimals)
    return bool(((units == units_of(low[apart], decimals)) & (units > 0)).all())


def no_choice(noun: str) -> str:
    """What is said where no query may attend to more than one key."""
    return f"No {noun} has a choice of what it attends to."


def to_nothing(count: int, named: Sequence[str] = ()) -> str:
    """`2 queries attend to nothing`, or by name."""
    who = notes.listed(named) if named else f"{numerals.count(count)} {'query' if count == 1 else 'queries'}"
    return f"{who} {'attends' if count == 1 else 'attend'} to nothing"
