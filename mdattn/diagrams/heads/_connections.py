"""What stands out in the weights of each head, and what is said of it.

Floor 3, a room of the kind `heads`. A connection is strong if its weight prints as the threshold or more and is above
an even share; a head is focused if the entropy of its weights is well below that of even ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mdattn import numerals
from mdattn.diagrams.heads._heads import NEAR, Heads
from mdattn.diagrams.heads._options import Head
from mdattn.diagrams.heads._weights import Place, Pointed, weighted
from mdattn.glyphs import Glyphs
from mdattn.study.attended import evenly, largest, no_choice
from mdattn.study.names import authored

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mdattn.study.given import Array, Mask

MOST_CONNECTIONS = 8  # of a head, unless `top` or its own pairs ask for more
AT_ONCE = 65536  # weights of which the entropy is worked out together
LEAST = 1e-300  # stands for a weight of 0, of which there is no logarithm
NOISE = 1e-6  # What single precision may add to a sum of weights, or take from it.


class Connection(NamedTuple):
    """A connection of two positions, in sentence order; in cross-attention of a query and a key."""

    left: int
    right: int
    forward: float | None
    """The weight that the left one gives to the right one, None where it does not stand out."""
    backward: float | None
    note: str

    def sign(self, glyphs: Glyphs) -> str:
        if self.forward is None:
            return glyphs.left
        return glyphs.right if self.backward is None else glyphs.both_ways

    def weights(self) -> list[float]:
        return [each for each in (self.forward, self.backward) if each is not None]


class Row(NamedTuple):
    """One query, and the weights that it gives."""

    query: int
    weights: Array
    """[key]"""


class Card(NamedTuple):
    """One head before it is laid out."""

    title: str
    spoken: str
    said: str
    """What it attends by, "" for a head that only has a note."""
    uses: str
    note: tuple[str, ...]
    connections: tuple[Connection, ...] = ()
    top: Row | None = None
    """The query of the largest weight among them; None where there are none."""
    more: int = 0
    """Connections that stand out and are left out."""
    most: float = 0.0
    """The largest weight among them."""
    nothing: str = ""
    """What is said where no connection stands out."""
    missing: tuple[str, ...] = ()
    """The author's pairs that do not stand out."""
    entropy: float | None = None
    """Of an even one, from 0 to 1; None where there is no choice."""
    uneven: bool = False
    """Whether some of its weights do not add up to 1, as given ones that were rounded."""


class _StandingOut(NamedTuple):
    """What stands out in the weights of a head."""

    connections: tuple[Connection, ...]
    more: int
    most: float
    nothing: str
    standing: Mask
    """Which weights stand out, bool [query, key]."""


def cards_of(heads: Heads) -> Iterator[Card]:
    """Each head with what stands out in it."""
    options, glyphs = heads.options, heads.glyphs
    listed = options.heads if isinstance(options.heads, list) else None
    for index, each in enumerate(weighted(heads)):
        head = listed[index] if listed is not None else Head()
        name = f" {glyphs.dash} {authored(head.name)}" if head.name else ""
        gloss = f" ({authored(head.gloss)})" if head.gloss else ""
        note = (head.note,) if isinstance(head.note, str) else [f"- {line}" for line in head.note or ()]
        card = Card(
            title=f"HEAD {index + 1}{name}{gloss}",
            spoken=authored(head.name or "") or f"head {index + 1}",
            said=each.said,
            uses=each.uses,
            note=tuple(map(authored, note)),
        )
        yield card if each.weights is None else _filled(heads, card, each.weights, each.pairs)


def _filled(heads: Heads, card: Card, weights: Array, pairs: Sequence[Pointed]) -> Card:
    """The card with what its weights [query, key] say."""
    found = _standing_out(heads, weights, pairs)
    return card._replace(
        connections=found.connections,
        top=_top(weights, found.connections),
        more=found.more,
        most=found.most,
        nothing=found.nothing,
        missing=tuple(_missing(heads, weights, found, pairs)),
        entropy=_entropy(heads, weights),
        uneven=card.uses == "weights" and bool((np.abs(weights.sum(axis=1)[heads.seen > 0] - 1) >= NOISE).any()),
    )


def _standing_out(heads: Heads, weights: Array, pairs: Sequence[Pointed]) -> _StandingOut:
    """weights [query, key] -> the connections above an even share that reach the threshold, or the largest of them."""
    standing = _standing(heads, weights)
    places = np.flatnonzero(standing)
    # Of a long sentence, a few of its pairs: the rest works on them alone.
    rows, columns = np.divmod(places if heads.cross else _both_ways(places, weights.shape[1]), weights.shape[1])
    total = len(rows)
    if not total:
        return _StandingOut((), 0, 0.0, _nothing(heads, weights), standing)
    strength = np.where(standing[rows, columns], weights[rows, columns], 0.0)
    if not heads.cross:
        strength = np.maximum(strength, np.where(standing[columns, rows], weights[columns, rows], 0.0))
    shown = _largest(strength, heads.options.top or max(MOST_CONNECTIONS, len(pairs)))
    shown_at = list(zip(rows[shown].tolist(), columns[shown].tolist(), strict=True))
    if heads.threshold is None:
        standing &= weights >= strength[shown].min() - NEAR
    notes: dict[Place, list[str]] = {}
    for pair in pairs:
        for way in pair.ways if pair.note else ():
            notes.setdefault(way, []).append(pair.note)
    connections = tuple(_connection(heads, weights, standing, place, notes) for place in shown_at)
    strength[shown] = 0.0
    most = float(strength.max())
    return _StandingOut(connections, total - len(shown_at), most, "", standing)


def _standing(heads: Heads, weights: Array) -> Mask:
    """weights [query, key] -> which of them are above an even share and reach the threshold, if there is one."""
    if heads.threshold is None:
        return np.asarray(weights > heads.even + NEAR)
    standing = np.asarray(weights >= heads.least)
    # Only of few keys is an even share as much.
    few = np.flatnonzero(heads.even[:, 0] + NEAR >= heads.least)
    standing[few] &= weights[few] > heads.even[few] + NEAR
    return standing


def _both_ways(places: NDArray[np.intp], size: int) -> NDArray[np.intp]:
    """places [weight] of a matrix [size, size] -> those of their connections, in sentence order, each once."""
    rows, columns = np.divmod(places, size)
    linked = np.zeros((size, size), dtype=np.bool_)
    linked[np.minimum(rows, columns), np.maximum(rows, columns)] = True
    return np.flatnonzero(linked)


def _top(weights: Array, connections: Sequence[Connection]) -> Row | None:
    """The row of the largest weight of the connections, of equal ones the first."""
    if not connections:
        return None
    first = max(connections, key=lambda each: numerals.snapped(max(each.weights())))
    query = first.left if first.forward == max(first.weights()) else first.right
    return Row(query, weights[query].copy())  # Not a view, which would keep the weights of the whole head.


def _nothing(heads: Heads, weights: Array) -> str:
    """What is said of weights [query, key] of which none is shown."""
    decimals = heads.options.decimals
    if not (heads.seen > 1).any():
        return no_choice(heads.noun)
    if evenly(weights, heads.inputs.allowed, decimals):
        return "Attends evenly: no connection stands out."
    top = largest(weights, 1, decimals, heads.even[:, 0] + NEAR)
    if not top.pairs:  # As of given weights of 0.25, 0.25, 0.25 and 0.24.
        return "No weight is above an even share."
    ((query, key),) = top.pairs
    weight = float(weights[query, key])
    # A query of few keys may give each of them as much.
    even = numerals.rounded(float(heads.even.max()), decimals) >= numerals.rounded(weight, decimals)
    more = f" ({top.alike})" if top.more else ""
    said = f"{heads.connected(query, key)} {heads.number(weight)}{more}"
    return f"No strong connection. Largest weight{' above an even share' if even else ''}: {said}."


def _largest(strength: Array, most: int) -> NDArray[np.intp]:
    """strength [connection] -> the indices of the largest, in order; of equal ones the first."""
    if len(strength) <= most:
        return np.arange(len(strength))
    # Only a number as large as the last of the largest can be among them.
    near = np.nonzero(strength >= np.partition(strength, -most)[-most] - 2 * NEAR)[0]
    # There can be a million of them, but few that differ.
    numbers, which = np.unique(strength[near], return_inverse=True)
    ranks = -np.array([numerals.snapped(each) for each in numbers.tolist()])[which]
    return np.sort(near[np.argsort(ranks, kind="stable")[:most]])


def _connection(
    heads: Heads, weights: Array, standing: Mask, place: Place, notes: Mapping[Place, Sequence[str]]
) -> Connection:
    left, right = place
    back = (right, left)
    forward = float(weights[place]) if standing[place] else None
    both = not heads.cross and left != right
    backward = float(weights[back]) if both and standing[back] else None
    ways = [way for way, weight in ((place, forward), (back, backward)) if weight is not None]
    told = dict.fromkeys(note for way in ways for note in notes.get(way, ()))
    return Connection(left, right, forward, backward, "; ".join(told))


def _missing(heads: Heads, weights: Array, found: _StandingOut, pairs: Sequence[Pointed]) -> Iterator[str]:
    """The author's pairs that do not stand out, with their weights."""
    allowed = heads.inputs.allowed
    for pair in pairs:
        if any(found.standing[way] for way in pair.ways):
            continue
        query, key = pair.ways[0]
        sign = heads.glyphs.both_ways if len(pair.ways) > 1 else heads.glyphs.right
        seen = [heads.number(float(weights[way])) for way in pair.ways if allowed is None or allowed[way]]
        note = f" ({pair.note})" if pair.note else ""
        shares = " and ".join(dict.fromkeys(seen)) or "masked"
        yield f"{heads.connected(query, key, sign)} {shares}{note}"


def _entropy(heads: Heads, weights: Array) -> float | None:
    """weights [query, key] -> the mean over queries of entropy / log(keys allowed), where there is more than one."""
    free = heads.seen > 1
    if not free.any():
        return None
    # A few rows at a time: numpy is quicker where all of it fits in the cache.
    step = max(1, AT_ONCE // weights.shape[1])
    parts = [
        _entropies(weights[start : start + step], free[start : start + step]) for start in range(0, len(free), step)
    ]
    mean: float = (np.concatenate(parts) / np.log(heads.seen[free])).mean().item()
    return min(max(mean, 0.0), 1.0)


def _entropies(weights: Array, free: Mask) -> Array:
    """weights [query, key], free [query] -> the entropy of each of those queries."""
    rows = weights if free.all() else weights[free]
    sums = rows.sum(axis=1)
    # Weights that were rounded are divided by their sum first: -sum(p/s * log(p/s)) = log(s) - sum(p * log(p)) / s.
    products = np.maximum(rows, LEAST)
    np.log(products, out=products)
    products *= rows
    entropies: Array = np.log(sums) - products.sum(axis=1) / sums
    return entropies
