"""What stands out in the weights of each head, and what is said of it.

Floor 3, a part of the kind `heads`. A connection is strong if its weight prints as the threshold or more and is above
an even share; a head is focused if the entropy of its weights is well below that of even ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from math import ceil
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from msgspec import Struct

from mdattn import numerals
from mdattn.attention import ties
from mdattn.diagrams.heads._grounds import Head, Options, Place, Pointed, Reader
from mdattn.glyphs import Glyphs
from mdattn.study.names import authored, distinct

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mdattn.study.heads import Array

THRESHOLD = 0.3
MOST_LINKS = 8  # connections of a head, unless `top` or its own pairs ask for more
NEAR = 1e-9  # Weights that differ by less than they are snapped to are equal.
NOISE = 1e-6  # What single precision may add to a sum of weights, or take from it.


class Link(NamedTuple):
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


class Card(NamedTuple):
    """One head before it is laid out."""

    title: str
    spoken: str
    said: str
    """What it attends by, "" for a head that only has a note."""
    uses: str
    note: tuple[str, ...]
    links: tuple[Link, ...] = ()
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


class _Found(NamedTuple):
    """What stands out in the weights of a head."""

    links: tuple[Link, ...]
    more: int
    most: float
    nothing: str
    standing: Any  # bool [query, key]


class Scene(Struct, frozen=True, dict=True):
    """What the cards share."""

    reader: Reader

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The tokens, of equal ones the second as `the#2`."""
        return distinct(self.reader.work.tokens)

    @cached_property
    def key_names(self) -> tuple[str, ...]:
        """The tokens that are attended to."""
        work = self.reader.work
        return self.names if work.key_tokens is work.tokens else distinct(work.key_tokens)

    @property
    def options(self) -> Options:
        return self.reader.options

    @property
    def glyphs(self) -> Glyphs:
        return self.reader.glyphs

    @cached_property
    def seen(self) -> Any:
        """How many keys each query may attend to [query]."""
        work = self.reader.work
        if work.allowed is None:
            return np.full(len(work.tokens), len(work.key_tokens))
        return work.allowed.sum(axis=1, dtype=np.int64)

    @cached_property
    def even(self) -> Array:
        """The even share of each query [query, 1]: 1 / keys that it may attend to; 1 where that is no key."""
        share: Array = 1 / np.maximum(self.seen, 1)[:, None]
        return share

    @cached_property
    def upper(self) -> Any:
        """Where the key is not before the query, bool [query, key]."""
        places = np.arange(len(self.seen))
        return places[:, None] <= places

    @cached_property
    def threshold(self) -> float | None:
        """The weight from which on a connection is strong; None where the largest are shown, strong or not."""
        if self.options.top is not None:
            return None
        return THRESHOLD if self.options.threshold is None else self.options.threshold

    @cached_property
    def least(self) -> float:
        """The least weight that prints as the threshold or more."""
        if self.threshold is None:
            return 0.0
        unit = 10.0**self.options.decimals
        return (ceil(self.threshold * unit - NEAR) - 0.5) / unit - NEAR / 2

    def connected(self, query: int, key: int, sign: str = "") -> str:
        """`programmer → The`."""
        itself = query == key and not self.reader.cross
        return f"{self.names[query]} {sign or self.glyphs.right} {'itself' if itself else self.key_names[key]}"

    def number(self, weight: float) -> str:
        return numerals.text(weight, self.options.decimals)


def cards_of(scene: Scene) -> Iterator[Card]:
    """Each head with what stands out in it."""
    options, glyphs = scene.options, scene.glyphs
    listed = options.heads if isinstance(options.heads, list) else None
    for index, grounds in enumerate(scene.reader.heads()):
        head = listed[index] if listed is not None else Head()
        name = f" {glyphs.dash} {authored(head.name)}" if head.name else ""
        gloss = f" ({authored(head.gloss)})" if head.gloss else ""
        note = (head.note,) if isinstance(head.note, str) else [f"- {each}" for each in head.note or ()]
        card = Card(
            title=f"HEAD {index + 1}{name}{gloss}",
            spoken=authored(head.name or "") or f"head {index + 1}",
            said=grounds.said,
            uses=grounds.uses,
            note=tuple(map(authored, note)),
        )
        yield card if grounds.weights is None else _filled(scene, card, grounds.weights, grounds.pairs)


def _filled(scene: Scene, card: Card, weights: Array, pairs: Sequence[Pointed]) -> Card:
    """The card with what its weights [query, key] say."""
    found = _standing_out(scene, weights, pairs)
    return card._replace(
        links=found.links,
        more=found.more,
        most=found.most,
        nothing=found.nothing,
        missing=tuple(_missing(scene, weights, found, pairs)),
        entropy=_entropy(scene, weights),
        uneven=card.uses == "weights" and bool((np.abs(weights.sum(axis=1)[scene.seen > 0] - 1) >= NOISE).any()),
    )


def _standing_out(scene: Scene, weights: Array, pairs: Sequence[Pointed]) -> _Found:
    """weights [query, key] -> the connections above an even share that reach the threshold, or the largest of them."""
    above = weights > scene.even + NEAR
    standing = above & (weights >= scene.least) if scene.threshold is not None else above
    # Both ways of a connection stand in the upper triangle.
    linked = standing if scene.reader.cross else (standing | standing.T) & scene.upper
    # Of a long sentence, a few of its pairs: the rest works on them alone.
    rows, columns = np.divmod(np.flatnonzero(linked), weights.shape[1])
    total = len(rows)
    if not total:
        return _Found((), 0, 0.0, _nothing(scene, np.where(above, weights, 0.0)), standing)
    strength = np.where(standing[rows, columns], weights[rows, columns], 0.0)
    if not scene.reader.cross:
        strength = np.maximum(strength, np.where(standing[columns, rows], weights[columns, rows], 0.0))
    shown = _largest(strength, scene.options.top or max(MOST_LINKS, len(pairs)))
    places = list(zip(rows[shown].tolist(), columns[shown].tolist(), strict=True))
    if scene.threshold is None:
        standing &= weights >= strength[shown].min() - NEAR
    notes: dict[Place, list[str]] = {}
    for pair in pairs:
        for way in pair.ways if pair.note else ():
            notes.setdefault(way, []).append(pair.note)
    links = tuple(_link(scene, weights, standing, place, notes) for place in places)
    strength[shown] = 0.0
    most = float(strength.max())
    return _Found(links, total - len(places), most, "", standing)


def _nothing(scene: Scene, above: Array) -> str:
    """What is said of weights [query, key], 0 up to an even share, of which none is shown."""
    if not (scene.seen > 1).any():
        return f"No {scene.reader.noun} has a choice of what it attends to."
    alike = ties(above.ravel())
    if not alike:
        return "Attends evenly: no connection stands out."
    query, key = divmod(alike[0], above.shape[1])
    more = f" ({len(alike) - 1} more alike)" if len(alike) > 1 else ""
    largest = f"{scene.connected(query, key)} {scene.number(float(above[query, key]))}{more}"
    return f"No strong connection. Largest weight: {largest}."


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


def _link(scene: Scene, weights: Array, standing: Any, place: Place, notes: Mapping[Place, Sequence[str]]) -> Link:
    left, right = place
    back = (right, left)
    forward = float(weights[place]) if standing[place] else None
    both = not scene.reader.cross and left != right
    backward = float(weights[back]) if both and standing[back] else None
    ways = [way for way, weight in ((place, forward), (back, backward)) if weight is not None]
    told = dict.fromkeys(note for way in ways for note in notes.get(way, ()))
    return Link(left, right, forward, backward, "; ".join(told))


def _missing(scene: Scene, weights: Array, found: _Found, pairs: Sequence[Pointed]) -> Iterator[str]:
    """The author's pairs that do not stand out, with their weights."""
    allowed = scene.reader.work.allowed
    for pair in pairs:
        if any(found.standing[way] for way in pair.ways):
            continue
        query, key = pair.ways[0]
        sign = scene.glyphs.both_ways if len(pair.ways) > 1 else scene.glyphs.right
        seen = [scene.number(float(weights[way])) for way in pair.ways if allowed is None or allowed[way]]
        note = f" ({pair.note})" if pair.note else ""
        shares = " and ".join(dict.fromkeys(seen)) or "masked"
        yield f"{scene.connected(query, key, sign)} {shares}{note}"


def _entropy(scene: Scene, weights: Array) -> float | None:
    """weights [query, key] -> the mean over queries of entropy / log(keys allowed), where there is more than one."""
    free = scene.seen > 1
    if not free.any():
        return None
    rows, seen = (weights, scene.seen) if free.all() else (weights[free], scene.seen[free])
    sums = rows.sum(axis=1)
    # Weights that were rounded are divided by their sum first: -sum(p/s * log(p/s)) = log(s) - sum(p * log(p)) / s.
    products = np.where(rows > 0, rows, 1.0)
    np.log(products, out=products)
    products *= rows
    entropies = np.log(sums) - products.sum(axis=1) / sums
    mean: float = (entropies / np.log(seen)).mean().item()
    return min(max(mean, 0.0), 1.0)
