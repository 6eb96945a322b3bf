"""The heads: what does each head do?

Floor 2. One card a head, all of one form: its name, what it attends by, its strong connections in sentence order, and
how focused it is. `draw` goes from options to what each head attends by (`_Basis`), to weights and what stands out in
them (`_Card`), to what stands where (`_Layout`), to ink.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, count
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import msgspec
import numpy as np
from msgspec import Meta

from mdattn import cells, numerals
from mdattn import options as common
from mdattn.attention import Trace, ties, weigh
from mdattn.canvas import Canvas, Diagram
from mdattn.diagrams import _notes, _words
from mdattn.diagrams._kind import Kind
from mdattn.diagrams._study import (
    Basis,
    Work,
    distinct,
    embeddings_of,
    key_tokens_of,
    labels,
    mask_of,
    position,
    tokens_of,
)
from mdattn.errors import OptionError, suggest
from mdattn.errors import Path as OptionPath
from mdattn.glyphs import CHARSETS, Glyphs
from mdattn.options import Attention, Count, Projections, doc

if TYPE_CHECKING:
    from mdattn.diagrams._study import Array

NAME = "heads"
NARROWEST = 24
WIDE = 48  # Below so many columns a box round a card costs more room than it is worth.
WIDEST_CARD = 84
LONGEST_NARROW = 10  # cells of a word where words of _words.LONGEST do not fit
MOST_LINKS = 8  # connections of a head, unless `top` or its own pairs ask for more
NARROWEST_NOTE = 14  # cells of a column of notes; in less, notes stand below their connections
BAR, SHORTEST_BAR = 12, 4

MOST_SPOKEN = 6  # heads that the text alternative tells one by one

STRENGTH = 4.0
THRESHOLD = 0.3
FOCUSED = 0.7  # An entropy below this share of an even one is called focused.
NEAR = 1e-9  # Weights that differ by less than they are snapped to are equal.


class Pair(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One connection, one way: the token that attends, the token that is attended to, and a note."""

    query: str
    key: str
    note: str | None = None


class Head(common.Head, frozen=True, forbid_unknown_fields=True):
    """One head: its name, what it is about, and what it attends by."""

    gloss: str | None = None
    pattern: str | None = None
    pairs: list[Pair | list[str]] | None = None
    note: str | list[str] | None = None


class Options(Attention, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The options of heads."""

    texts = Attention.texts | {"pattern", "pairs", "note"}

    # Wider than the heads of other kinds, which is what makes this kind.
    heads: Annotated[
        Count | list[Head],
        doc(
            "how many, or a list with `name`, `gloss`, `note` and what each attends by: `pattern` (`previous`, `next`, "
            "`adjacent`, `same`, `first`, `self`, `uniform`), `pairs` (`[word, word, note]` both ways, or `query`, "
            "`key` and `note`), `projections`, `scores` or `weights`; beside these, `pairs` only carry notes",
            "a whole number from 1 to 64, or a list of heads",
        ),
    ] = 1  # type: ignore[assignment]
    strength: Annotated[
        Annotated[float, Meta(gt=0, le=100)] | None,
        doc("score of what a pattern or pairs look for (default 4); others have 0", "a number above 0, up to 100"),
    ] = None
    threshold: Annotated[
        Annotated[float, Meta(gt=0, le=1)] | None,
        doc("weight from which on a connection is strong (default 0.3)", "a number above 0, up to 1"),
    ] = None
    top: Annotated[
        Annotated[int, Meta(ge=1, le=64)] | None,
        doc("how many of its largest connections each head shows, instead of `threshold`", "a number from 1 to 64"),
    ] = None

    @property
    def uses(self) -> set[str]:
        """The sorts of work that the heads do."""
        heads = self.heads if isinstance(self.heads, list) else [Head(projections=Projections())]
        return _uses(_given(self), map(_given, heads))

    @classmethod
    def idle(cls, values: Mapping[str, Any]) -> frozenset[str]:
        """The options that bear on none of the heads of a block."""
        heads, source = values.get("heads"), values.get("source")
        held = [source.get("holds", "weights")] if isinstance(source, dict) else []
        own = [set(each) for each in heads if isinstance(each, dict)] if isinstance(heads, list) else [{"projections"}]
        uses = _uses({*values, *held}, own)
        return frozenset(name for name, bears in _BEARS.items() if not uses & bears)


# What a head attends by -----------------------------------------------------------------------------------------------

Place = tuple[int, int]
"""A query and a key."""


class _Pattern(NamedTuple):
    """What a head looks for by position or by spelling."""

    words: str
    places: Callable[[Sequence[str], Sequence[str]], Iterable[Place]]
    one_sentence: bool
    """Whether it compares positions, which only those of one sentence can be."""


def _shifted(*steps: int) -> Callable[[Sequence[str], Sequence[str]], Iterable[Place]]:
    def places(queries: Sequence[str], keys: Sequence[str]) -> Iterable[Place]:
        return [(at, at + step) for at in range(len(queries)) for step in steps if 0 <= at + step < len(keys)]

    return places


def _same(queries: Sequence[str], keys: Sequence[str]) -> Iterable[Place]:
    """The same word in upper or lower case, but for the word itself."""
    spelled: dict[str, list[int]] = {}
    for at, key in enumerate(keys):
        spelled.setdefault(key.casefold(), []).append(at)
    itself = queries is keys
    return [
        (at, key)
        for at, query in enumerate(queries)
        for key in spelled.get(query.casefold(), ())
        if not (itself and at == key)
    ]


PATTERNS = {
    "previous": _Pattern("the {noun} before", _shifted(-1), True),
    "next": _Pattern("the {noun} after", _shifted(1), True),
    "adjacent": _Pattern("the {noun}s beside it", _shifted(-1, 1), True),
    "same": _Pattern("the same {noun} elsewhere", _same, False),
    "first": _Pattern("the first {noun}", lambda queries, keys: [(at, 0) for at in range(len(queries))], False),
    "self": _Pattern("the {noun} itself", _shifted(0), True),
    "uniform": _Pattern("nothing: attends evenly", lambda queries, keys: [], False),
}


class _Pair(NamedTuple):
    """A connection that the author points out, and the ways of it: (query, key) and maybe (key, query)."""

    ways: tuple[Place, ...]
    note: str


@dataclass(frozen=True, slots=True)
class _Basis:
    """What one head attends by."""

    said: str
    """In words; "" for a head that only has a note."""
    uses: str
    """Which options bear on it: "looks", "vectors", "scores", "weights", or "note"."""
    weights: Callable[[], Array] | None
    """Gives [query, key]."""
    pairs: tuple[_Pair, ...]


class _Reader(NamedTuple):
    """The options of a block, as far as its heads share them."""

    options: Options
    work: Work
    noun: str
    glyphs: Glyphs

    @property
    def cross(self) -> bool:
        return self.options.key_tokens is not None

    @property
    def total(self) -> int:
        """How many heads there are."""
        heads = self.options.heads
        return heads if isinstance(heads, int) else len(heads)

    def bases(self) -> Iterator[_Basis]:
        """What each head attends by. Raises OptionError."""
        options = self.options
        listed = options.heads if isinstance(options.heads, list) else None
        if listed == []:
            raise OptionError("heads", "'heads' is an empty list", "give at least one head")
        outer = _outer(options)
        if outer is None and listed is None:
            yield from self.split()
            return
        heads = listed if listed is not None else [Head()] * self.total
        given = self.work.given_heads(outer, listed, len(heads)) if outer else None
        for index, head in enumerate(heads):
            path: OptionPath = ("heads", index)
            own = _own(head, path)
            pairs = self.pairs(head, path)
            if outer and given:
                if own:
                    problem = f"'{outer}' are given for the block, and '{own}' for this head"
                    raise OptionError((*path, own), problem, "keep one")
                trace = next(given)
                yield _Basis(_GIVEN[outer], outer, lambda trace=trace: trace.trace.weights[0], pairs)  # type: ignore[misc]
            else:
                yield self.basis(head, own, path, pairs)

    def basis(self, head: Head, own: str, path: OptionPath, pairs: tuple[_Pair, ...]) -> _Basis:
        """What a head attends by that is not given for the whole block."""
        if own == "pattern":
            return self.pattern(head.pattern or "", path, pairs)
        if own in ("scores", "weights"):
            basis: Basis = "scores" if own == "scores" else "weights"
            rows = getattr(head, own)
            return _Basis(_GIVEN[basis], basis, lambda: self.work.weighing(basis, rows, (*path, own)).weights[0], pairs)
        if pairs and not own:
            return _Basis(f"Looks for pairs of {self.noun}s.", "looks", self.looks(_ways(pairs)), pairs)
        projections = head.projections or self.options.projections
        if projections is not None:
            at: OptionPath = (*path, "projections") if own else ("projections",)
            return _Basis(_compares(projections), "vectors", self.projected(projections, at), pairs)
        if head.note:
            return _Basis("", "note", None, pairs)
        raise OptionError(
            path, "this head does not say what it attends by", f"give {', '.join(_OWN)} or pairs, or just a note"
        )

    def pattern(self, name: str, path: OptionPath, pairs: tuple[_Pair, ...]) -> _Basis:
        if name not in PATTERNS:
            raise OptionError((*path, "pattern"), f"unknown pattern '{cells.printable(name)}'", suggest(name, PATTERNS))
        found = PATTERNS[name]
        if found.one_sentence and self.cross:
            raise OptionError(
                (*path, "pattern"),
                f"'{name}' compares positions in one sentence, and here keys have a sentence of their own",
                f"choose from {', '.join(each for each in PATTERNS if not PATTERNS[each].one_sentence)}",
            )
        places = list(found.places(self.work.tokens, self.work.key_tokens))
        allowed = self.work.allowed
        said = f"Looks for {found.words.format(noun=self.noun)}"
        if not places and name != "uniform":
            said += "; there is none"
        elif places and allowed is not None and not any(allowed[place] for place in places):
            said += "; all masked"
        return _Basis(said + ".", "looks", self.looks(places), pairs)

    def looks(self, places: Iterable[Place]) -> Callable[[], Array]:
        """The weights of a head that looks for these places."""
        options, work = self.options, self.work

        def weights() -> Array:
            scores = np.zeros((len(work.tokens), len(work.key_tokens)))
            for place in places:
                scores[place] = options.strength or STRENGTH
            scale = (1.0 if options.scale is None else options.scale) / (options.temperature or 1.0)
            found: Array = weigh(scores, scale=scale, softcap=options.softcap, allowed=work.allowed).weights[0]
            return found

        return weights

    def projected(self, projections: Projections, path: OptionPath) -> Callable[[], Array]:
        return lambda: self.work.trace(*self.work.projected(projections, path)).weights[0]

    def split(self) -> Iterator[_Basis]:
        """Heads that divide the vectors among them."""
        projections = self.options.projections
        vector = "projected vector" if projections is not None and _projecting(projections) else "vector"
        for index, head in enumerate(self.work.split_heads(self.total)):
            size = head.trace.query.shape[2] if isinstance(head.trace, Trace) else 0
            first, last = index * size + 1, (index + 1) * size
            span = f"number {first}" if size == 1 else f"numbers {first}{self.glyphs.dash}{last}"
            said = f"Compares {span} of each {vector}." if self.total > 1 else _compares(projections)
            yield _Basis(said, "vectors", lambda head=head: head.trace.weights[0], ())  # type: ignore[misc]

    def pairs(self, head: Head, path: OptionPath) -> tuple[_Pair, ...]:
        """The connections that the author points out. Raises OptionError for a word that is none."""
        return tuple(self.pair(pair, (*path, "pairs", index)) for index, pair in enumerate(head.pairs or ()))

    def pair(self, pair: Pair | list[str], path: OptionPath) -> _Pair:
        queries, keys = self.work.tokens, self.work.key_tokens
        if isinstance(pair, Pair):
            place = position(pair.query, queries, (*path, "query")), position(pair.key, keys, (*path, "key"))
            return _Pair((place,), _text(pair.note))
        if not 2 <= len(pair) <= 3:
            raise OptionError(
                path, f"a pair has two {self.noun}s and maybe a note, not {len(pair)} text{'s' * (len(pair) != 1)}"
            )
        place = position(pair[0], queries, (*path, 0)), position(pair[1], keys, (*path, 1))
        both = not self.cross and place[0] != place[1]
        return _Pair((place, place[::-1]) if both else (place,), _text(pair[2] if len(pair) == 3 else None))


# Which options bear on heads by what; others on all that have weights.
_BEARS = {
    "embeddings": {"vectors"},
    "dimensions": {"vectors"},
    "keys": {"vectors"},
    "projections": {"vectors"},
    "strength": {"looks"},
    "scale": {"looks", "vectors", "scores"},
    "temperature": {"looks", "vectors", "scores"},
    "softcap": {"looks", "vectors", "scores"},
    "threshold": {"looks", "vectors", "scores", "weights"},
    "top": {"looks", "vectors", "scores", "weights"},
    "mask": {"looks", "vectors", "scores", "weights"},
}
# What a head attends by, by the first of these options that it has, and which sort of work that is.
_USES = {"pattern": "looks", "scores": "scores", "weights": "weights", "projections": "vectors", "pairs": "looks"}


def _uses(block: AbstractSet[str], heads: Iterable[AbstractSet[str]]) -> set[str]:
    """The sorts of work that heads do, from the options that the block has and those that each head has."""
    for name in ("weights", "scores"):
        if name in block:
            return {name}
    bare = "vectors" if "projections" in block else "note"
    return {next((use for name, use in _USES.items() if name in own), bare) for own in heads}


def _given(options: msgspec.Struct) -> set[str]:
    """The options that are not left out."""
    return {name for name in options.__struct_fields__ if getattr(options, name) is not None}


def _outer(options: Options) -> Basis | None:
    """What is given for the whole block."""
    return "weights" if options.weights is not None else "scores" if options.scores is not None else None


_OWN = ("pattern", "projections", "scores", "weights")
_GIVEN: dict[str, str] = {"scores": "Softmax of given scores.", "weights": "Given weights."}


def _own(head: Head, path: OptionPath) -> str:
    """Which option of its own a head attends by, "" for none. Raises OptionError for two."""
    own = [name for name in _OWN if getattr(head, name) is not None]
    if len(own) > 1:
        raise OptionError((*path, own[1]), f"'{own[0]}' and '{own[1]}' exclude each other", "keep one")
    return own[0] if own else ""


def _ways(pairs: Iterable[_Pair]) -> list[Place]:
    return [place for pair in pairs for place in pair.ways]


def _projecting(projections: Projections) -> bool:
    return projections.query is not None or projections.key is not None


def _compares(projections: Projections | None) -> str:
    projected = projections is not None and _projecting(projections)
    return "Compares projected vectors." if projected else "Compares the vectors themselves."


def _text(text: str | None) -> str:
    """The author's words as they may be printed."""
    return labels((text,))[0] if text else ""


# What stands out in its weights ---------------------------------------------------------------------------------------


class _Link(NamedTuple):
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


@dataclass(frozen=True, slots=True)
class _Card:
    """One head before it is laid out."""

    title: str
    spoken: str
    basis: _Basis
    links: tuple[_Link, ...]
    more: int
    """Connections that stand out and are left out."""
    most: float
    """The largest weight among them."""
    nothing: str
    """What is said where no connection stands out."""
    missing: tuple[str, ...]
    """The author's pairs that do not stand out."""
    entropy: float | None
    """Of an even one, None where there is no choice."""
    uneven: bool
    """Whether some of its weights do not add up to 1, as given ones that were rounded."""
    note: tuple[str, ...]


class _Found(NamedTuple):
    """What stands out in the weights of a head; the first fields are those of a card."""

    links: tuple[_Link, ...]
    more: int
    most: float
    nothing: str
    standing: Any  # bool [query, key]


@dataclass(frozen=True)
class _Scene:
    """What the cards share."""

    reader: _Reader
    names: tuple[str, ...]
    key_names: tuple[str, ...]

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


def _cards(scene: _Scene) -> Iterator[_Card]:
    """Each head with what stands out in it."""
    options, glyphs = scene.options, scene.glyphs
    listed = options.heads if isinstance(options.heads, list) else None
    for index, basis in enumerate(scene.reader.bases()):
        head = listed[index] if listed is not None else Head()
        name = f" {glyphs.dash} {_text(head.name)}" if head.name else ""
        gloss = f" ({_text(head.gloss)})" if head.gloss else ""
        note = (head.note,) if isinstance(head.note, str) else [f"- {each}" for each in head.note or ()]
        title, notes = f"HEAD {index + 1}{name}{gloss}", tuple(map(_text, note))
        spoken = _text(head.name) or f"head {index + 1}"
        if basis.weights is None:
            yield _Card(title, spoken, basis, (), 0, 0.0, "", (), None, False, notes)
            continue
        weights = basis.weights()
        found = _standing_out(scene, weights, basis.pairs)
        missing = tuple(_missing(scene, weights, found, basis.pairs))
        entropy = _entropy(scene, weights)
        uneven = basis.uses == "weights" and bool((np.abs(weights.sum(axis=1)[scene.seen > 0] - 1) > NEAR).any())
        yield _Card(title, spoken, basis, *found[:4], missing, entropy, uneven, notes)


def _standing_out(scene: _Scene, weights: Array, pairs: Sequence[_Pair]) -> _Found:
    """weights [query, key] -> the connections above an even share that reach the threshold, or the largest of them."""
    above = weights > scene.even + NEAR
    standing = above & (weights >= scene.least) if scene.threshold is not None else above
    strength = np.where(standing, weights, 0.0)
    if not scene.reader.cross:
        # Both ways of a connection stand in the upper triangle.
        strength = np.where(scene.upper, np.maximum(strength, strength.T), 0.0)
    total = int(np.count_nonzero(strength))
    if not total:
        return _Found((), 0, 0.0, _nothing(scene, np.where(above, weights, 0.0)), standing)
    places = _largest(strength, total, scene.options.top or max(MOST_LINKS, len(pairs)))
    if scene.threshold is None:
        least = min(strength[place] for place in places)
        standing &= weights >= least - NEAR
    links = tuple(_link(scene, weights, standing, place, pairs) for place in places)
    most = 0.0
    if total > len(places):
        strength[tuple(zip(*places, strict=True))] = 0.0
        most = float(strength.max())
    return _Found(links, total - len(places), most, "", standing)


def _nothing(scene: _Scene, above: Array) -> str:
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


def _largest(strength: Array, total: int, most: int) -> list[Place]:
    """The places of the largest numbers of an array, in order of place; of equal ones the first."""
    if total > most:
        # Only a number as large as the last of the largest can be among them.
        least = np.partition(strength.ravel(), -most)[-most] - 2 * NEAR
        ranked = [
            (-numerals.snapped(strength[row, column]), row, column)
            for row, column in np.argwhere(strength >= least).tolist()
        ]
        return sorted((row, column) for _, row, column in sorted(ranked)[:most])
    return [(row, column) for row, column in np.argwhere(strength).tolist()]


def _link(scene: _Scene, weights: Array, standing: Any, place: Place, pairs: Sequence[_Pair]) -> _Link:
    left, right = place
    back = (right, left)
    forward = float(weights[place]) if standing[place] else None
    both = not scene.reader.cross and left != right
    backward = float(weights[back]) if both and standing[back] else None
    ways = [way for way, weight in ((place, forward), (back, backward)) if weight is not None]
    notes = dict.fromkeys(pair.note for pair in pairs if pair.note and any(way in pair.ways for way in ways))
    return _Link(left, right, forward, backward, "; ".join(notes))


def _missing(scene: _Scene, weights: Array, found: _Found, pairs: Sequence[_Pair]) -> Iterator[str]:
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


def _entropy(scene: _Scene, weights: Array) -> float | None:
    """weights [query, key] -> the mean over queries of entropy / log(keys allowed), where there is more than one."""
    free = scene.seen > 1
    if not free.any():
        return None
    rows, seen = (weights, scene.seen) if free.all() else (weights[free], scene.seen[free])
    sums = rows.sum(axis=1)
    # Weights that were rounded are divided by their sum first: -sum(p/s * log(p/s)) = log(s) - sum(p * log(p)) / s.
    products = rows * np.log(np.where(rows > 0, rows, 1.0))
    entropies = np.log(sums) - products.sum(axis=1) / sums
    mean: float = (entropies / np.log(seen)).mean().item()
    return min(max(mean, 0.0), 1.0)


# How it fits ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Layout:
    """What stands where in each card. A connection is one row, or two where its words and weights are `stacked`."""

    boxed: bool
    room: int
    stacked: bool
    lefts: dict[int, str]
    rights: dict[int, str]
    left: int
    right: int
    sign: int
    itself: str
    """What a word that attends to itself attends to; "" where that would be ambiguous."""
    ways: int
    """Columns of weights."""
    digits: int
    legend: tuple[tuple[str, str], ...]

    @property
    def start(self) -> int:
        """Where the weights begin."""
        return self.left + self.sign + self.right + 4

    @property
    def end(self) -> int:
        """Where the weights end."""
        return self.start + self.ways * (self.digits + 2) - 2

    def names(self, link: _Link) -> tuple[str, str]:
        """The two words of a connection as they stand in the cards, padded."""
        itself = self.itself if link.left == link.right else ""
        return self.lefts[link.left], itself.ljust(self.right) if itself else self.rights[link.right]


def _layout(scene: _Scene, cards: Sequence[_Card]) -> _Layout:
    """The widest form that fits."""
    width = scene.options.width
    boxed = width >= WIDE
    room = min(width, WIDEST_CARD) - (4 if boxed else 0)
    links = [link for card in cards for link in card.links]
    signs = max((len(link.sign(scene.glyphs)) for link in links), default=1)
    for longest in (_words.LONGEST, LONGEST_NARROW):
        layout = _formed(scene, links, boxed, room, signs, longest)
        if layout.end <= room:
            return layout
    return replace(_formed(scene, links, boxed, room, signs, min(longest, (room - signs - 2) // 2)), stacked=True)


def _formed(scene: _Scene, links: Sequence[_Link], boxed: bool, room: int, sign: int, longest: int) -> _Layout:
    """The layout with words of at most `longest` cells."""
    # A word that attends to itself is named once, unless the sentence has the word "itself".
    itself = "" if scene.reader.cross or "itself" in scene.names else "itself"
    lefts = {link.left: scene.names[link.left] for link in links}
    rights = {link.right: scene.key_names[link.right] for link in links}
    short = _shortened([*lefts.values(), *rights.values()], longest, scene.glyphs.ellipsis)
    widths = {cut: cells.width(cut) for cut in short.values()}
    left = max((widths[short[name]] for name in lefts.values()), default=0)
    right = max((widths[short[name]] for name in rights.values()), default=0)
    if itself and any(link.left == link.right for link in links):
        right = max(right, len(itself))

    def padded(name: str, size: int) -> str:
        return short[name] + " " * (size - widths[short[name]])

    return _Layout(
        boxed=boxed,
        room=room,
        stacked=False,
        lefts={at: padded(name, left) for at, name in lefts.items()},
        rights={at: padded(name, right) for at, name in rights.items()},
        itself=itself,
        left=left,
        right=right,
        sign=sign,
        ways=2 if any(link.forward is not None and link.backward is not None for link in links) else 1,
        digits=len(scene.number(1)),
        legend=tuple((cut, full) for full, cut in short.items() if cut != full),
    )


def _shortened(names: Iterable[str], longest: int, mark: str) -> dict[str, str]:
    """Each name in at most `longest` cells, so that no two become alike; `the#2` keeps its number."""
    every = dict.fromkeys(names)
    short = {name: name for name in every if cells.width(name) <= longest}
    taken = set(short)
    for name in every:
        if name in short:
            continue
        word, hash_, number = cells.without_isolates(name).rpartition("#")
        ends = [hash_ + number] if word and number.isdecimal() else [""]
        for end in chain(ends, map(str, count(2))):
            base = word if end.startswith("#") else name
            cut = cells.cut(cells.isolated(base), longest - len(end), mark) + end
            if cut not in taken:
                break
        taken.add(cut)
        short[name] = cut
    return short


# Drawing --------------------------------------------------------------------------------------------------------------


def draw(options: Options, folder: Path | None) -> Diagram:
    """What each head attends to, a card a head. Raises OptionError."""
    scene = _scene(options)
    cards = list(_cards(scene))
    _refuse_idle(options)
    layout = _layout(scene, cards)
    canvas, glyphs = _notes.start(options)
    if options.title not in (None, "none"):
        _notes.paragraph(canvas, _text(options.title))
        canvas.gap()
    opening = [("Queries" if scene.reader.cross else "Input", scene.reader.work.tokens)]
    if scene.reader.cross:
        opening.append(("Keys", scene.reader.work.key_tokens))
    for name, tokens in opening:
        for line in _notes.opening(name, labels(tokens), scene.reader.noun, canvas.width, glyphs):
            canvas.write(line)
    canvas.gap()
    _draw_cards(canvas, layout, [(_title(card, layout), _body(scene, card, layout)) for card in cards])
    canvas.gap()
    for note in _closing(scene, cards, layout):
        _notes.paragraph(canvas, note, indent="  ")
    return Diagram(canvas.lines(), _alternative(scene, cards))


def _scene(options: Options) -> _Scene:
    """What the options ask for, checked. Raises OptionError."""
    if options.width < NARROWEST:
        raise OptionError(
            "width", f"this diagram needs at least {NARROWEST} columns", f"give 'width: {NARROWEST}' or more"
        )
    if options.values is not None:
        raise OptionError("values", "'values' has no effect here: heads show weights", "remove it")
    if options.top is not None and options.threshold is not None:
        raise OptionError("top", "'threshold' and 'top' exclude each other", "keep one")
    tokens = tokens_of(options)
    keys = key_tokens_of(options, tokens)
    embeddings = embeddings_of(options, tokens) if "vectors" in options.uses else None
    allowed, _ = mask_of(options, len(tokens), len(keys))
    noun = "word" if options.text is not None else "token"
    work = Work(options, tokens, keys, embeddings, allowed, None)
    names = distinct(tokens)
    reader = _Reader(options, work, noun, CHARSETS[options.charset])
    return _Scene(reader, names, names if keys is tokens else distinct(keys))


def _refuse_idle(options: Options) -> None:
    """Raises OptionError for an option that bears on no head."""
    for name, bears in _BEARS.items():
        given = getattr(options, name) not in (None, "none")
        if given and not options.uses & bears:
            what = {"vectors": "compares vectors", "looks": "looks for a pattern or pairs"}
            does = what[next(iter(bears))] if len(bears) == 1 else "has weights that it could change"
            raise OptionError(name, f"'{name}' has no effect: no head {does}", "remove it")


def _draw_cards(canvas: Canvas, layout: _Layout, cards: Sequence[tuple[list[str], list[str]]]) -> None:
    """The cards side by side where they fit, all of one width; below a title a rule."""
    if not layout.boxed:
        for number, (title, body) in enumerate(cards):
            if number:
                canvas.gap()
            for line in title + body:
                canvas.write(line)
        return
    width = max(cells.widest(title + body) for title, body in cards) + 4
    abreast = max(1, (canvas.width + 1) // (width + 1))
    for start in range(0, len(cards), abreast):
        row = cards[start : start + abreast]
        titles = max(len(title) for title, _ in row)
        height = titles + max(len(body) for _, body in row) + 3
        top = canvas.height
        for place, (title, body) in enumerate(row):
            left = place * (width + 1)
            canvas.box(top, left, height, width)
            canvas.horizontal(top + titles + 1, left, left + width - 1)
            for offset, line in enumerate(title):
                canvas.text(top + 1 + offset, left + 2, line)
            for offset, line in enumerate(body):
                canvas.text(top + titles + 2 + offset, left + 2, line)


def _wrapped(text: str, room: int) -> list[str]:
    """The text in lines, all but the first indented."""
    return [text] if cells.width(text) <= room else cells.wrap(text, room, "  ")


def _title(card: _Card, layout: _Layout) -> list[str]:
    return _wrapped(card.title, layout.room)


def _body(scene: _Scene, card: _Card, layout: _Layout) -> list[str]:
    """The lines of a card below its title."""
    wrapped = [line for text in card.note for line in _wrapped(text, layout.room)]
    if card.basis.weights is None:
        return [*_wrapped("No weights, only a note:", layout.room), *wrapped]
    lines = [*_wrapped(card.basis.said, layout.room), *_entropy_lines(scene, card, layout)]
    if layout.boxed:
        lines.append("")
    lines += _links(scene, card, layout) if card.links else _wrapped(card.nothing, layout.room)
    for text in _asides(scene, card):
        lines += _wrapped(text, layout.room)
    return [*lines, *wrapped]


def _links(scene: _Scene, card: _Card, layout: _Layout) -> Iterator[str]:
    """The connections under their heading, two rows each where they are stacked."""
    heading = "Strong connections:" if scene.threshold is not None else "Largest weights:"
    if layout.ways == 1 or layout.stacked:
        yield heading
    else:
        signs = (scene.glyphs.right, scene.glyphs.left)
        arrows = "  ".join(cells.centre(sign, layout.digits) for sign in signs).rstrip()
        if len(heading) > layout.start - 2:
            yield heading
            heading = ""
        yield cells.pad(heading, layout.start) + arrows
    for link in card.links:
        yield from _stacked(scene, link, layout) if layout.stacked else _row(scene, link, layout)


def _row(scene: _Scene, link: _Link, layout: _Layout) -> Iterator[str]:
    """`programmer ↔ debugged   0.48  0.92  subject-verb`."""
    left, right = layout.names(link)
    sign = link.sign(scene.glyphs).center(layout.sign)
    numbers = [link.forward, link.backward] if layout.ways == 2 else link.weights()
    texts = ["" if each is None else scene.number(each) for each in numbers]
    row = f"{left} {sign} {right}  {'  '.join(text.ljust(layout.digits) for text in texts)}"
    if not link.note:
        yield row.rstrip()
        return
    room = layout.room - layout.end - 2
    if room >= NARROWEST_NOTE or cells.width(link.note) <= room:
        first, *others = cells.wrap(link.note, room)
        yield f"{row}  {first}"
        yield from (" " * (layout.end + 2) + each for each in others)
    else:
        yield row.rstrip()
        yield from (f"  {each}" for each in cells.wrap(link.note, layout.room - 2))


def _stacked(scene: _Scene, link: _Link, layout: _Layout) -> Iterator[str]:
    """The words on one row, their weights and the note below."""
    left, right = layout.names(link)
    yield f"{left.rstrip()} {link.sign(scene.glyphs)} {right.rstrip()}"
    texts = [scene.number(each) for each in link.weights()]
    if len(texts) > 1:
        texts = [f"{sign} {text}" for sign, text in zip((scene.glyphs.right, scene.glyphs.left), texts, strict=True)]
    text = "  ".join(texts) + (f"  {link.note}" if link.note else "")
    yield from (f"  {each}" for each in cells.wrap(text, layout.room - 2))


def _asides(scene: _Scene, card: _Card) -> Iterator[str]:
    """What is not among the connections."""
    if card.more:
        yield f"{scene.glyphs.ellipsis} {numerals.count(card.more)} more, {scene.number(card.most)} at most"
    if card.missing:
        yield ("Not strong: " if scene.threshold is not None else "Not among them: ") + "; ".join(card.missing)


def _entropy_lines(scene: _Scene, card: _Card, layout: _Layout) -> list[str]:
    """`Entropy ████▌░░░░░░░ 0.41  focused`."""
    if card.entropy is None:
        return []
    share = card.entropy
    decimals = scene.options.decimals
    word = "focused" if numerals.rounded(share, decimals) < FOCUSED else "diffuse"
    text = f"{numerals.text(share, decimals)}  {word}"
    bar = min(BAR, layout.room - len(text) - len("Entropy  "))
    if bar < SHORTEST_BAR:
        return _wrapped(f"Entropy {text}", layout.room)
    glyphs = scene.glyphs
    halves = (
        round(numerals.rounded(share * bar * 2, 0)) if glyphs.half_bar else 2 * round(numerals.rounded(share * bar, 0))
    )
    full = glyphs.bar * (halves // 2) + glyphs.half_bar * (halves % 2)
    return [f"Entropy {full}{glyphs.shades[1] * (bar - len(full))} {text}"]


# Around the cards -----------------------------------------------------------------------------------------------------


def _closing(scene: _Scene, cards: Sequence[_Card], layout: _Layout) -> Iterator[str]:
    """What the signs and the words mean, and how the numbers came about."""
    options, noun, glyphs = scene.options, scene.reader.noun, scene.glyphs
    links = [link for card in cards for link in card.links]
    signs = {link.sign(glyphs) for link in links}
    if glyphs.both_ways in signs:
        signs |= {glyphs.right, glyphs.left}
    told = ((glyphs.right, "a attends to b"), (glyphs.left, "b attends to a"), (glyphs.both_ways, "both"))
    if signs:
        yield "; ".join(f"a {sign} b: {means}" for sign, means in told if sign in signs) + "."
    computed = [card for card in cards if card.basis.weights is not None]
    if computed and scene.threshold is not None:
        digits = max(options.decimals, numerals.decimals_needed((scene.threshold,), numerals.MOST_DECIMALS))
        also = ", and above an even share" if float(scene.even.max()) >= scene.least else ""
        yield f"Strong: a weight of {numerals.text(scene.threshold, digits)} or more{also}."
    elif computed:
        yield "Only weights above an even share are listed."
    if any(card.basis.uses == "looks" for card in cards):
        strength = str(float(options.strength or STRENGTH)).removesuffix(".0")
        yield f"Score: {strength} for what a head looks for, else 0. Weights: softmax of a {noun}'s scores."
    if any(card.basis.uses == "vectors" for card in cards):
        by = "" if options.scale else f" / {glyphs.root}d, d numbers each"
        yield f"Vectors are compared by their dot product{by}. Weights: softmax of a {noun}'s scores."
    yield from _notes.scaling(options)
    yield from _mask(scene)
    if any(card.entropy is not None for card in computed):
        yield (
            f"Entropy: a {noun}'s entropy / log(keys it may attend to), mean over {noun}s. 0: one key each, 1: even. "
            f"Focused: below {numerals.text(FOCUSED, max(options.decimals, 1))}."
        )
        if any(card.uneven for card in computed):
            yield "For the entropy, weights that do not add up to 1 are divided by their sum."
    embeddings = scene.reader.work.embeddings
    if embeddings is not None and options.embeddings is None:
        yield _notes.illustrative(embeddings.shape[1])
    yield from _notes.legend(layout.legend)


def _mask(scene: _Scene) -> Iterator[str]:
    """What the mask hides, and who attends to nothing."""
    options, work, noun = scene.options, scene.reader.work, scene.reader.noun
    allowed = work.allowed
    if allowed is None:
        return
    if isinstance(options.mask, list):
        hidden = int(allowed.size - allowed.sum())
        yield f"Masked: {numerals.count(hidden)} of {numerals.count(allowed.size)} weights."
    elif scene.reader.cross:
        kind = "Causal mask" if options.mask == "causal" else f"Window of {options.mask.window}"  # type: ignore[union-attr]
        yield f"{kind}: the last query is aligned with the last key."
    elif options.mask == "causal":
        yield f"Causal mask: a {noun} attends to itself and to {noun}s before it."
    else:
        size = options.mask.window  # type: ignore[union-attr]
        before = f" and to the {size - 1} {noun}{'s' if size > 2 else ''} before it" if size > 1 else " only"
        yield f"Window of {size}: a {noun} attends to itself{before}."
    none = np.flatnonzero(scene.seen == 0).tolist()
    if none:
        named = _notes.listed(f'"{scene.names[at]}"' for at in none) if len(none) <= 3 else f"{len(none)} {noun}s"
        yield f"{named} {'attends' if len(none) == 1 else 'attend'} to nothing: every key is masked."


def _alternative(scene: _Scene, cards: Sequence[_Card]) -> str:
    """The same in a few sentences, made from the numbers."""
    told, tokens = cards[:MOST_SPOKEN], len(scene.names)
    heads = "One attention head" if len(cards) == 1 else f"{len(cards)} attention heads"
    sentence = f"{heads} over {tokens} {scene.reader.noun}{'' if tokens == 1 else 's'}"
    spread = [f"{card.spoken} {scene.number(card.entropy)}" for card in told if card.entropy is not None]
    if spread:
        which = f" (of the first {MOST_SPOKEN})" if len(told) < len(cards) else ""
        sentence += f"; entropy{which} as a share of an even one: {', '.join(spread)}"
    sentences = [sentence]
    largest = [f"in {card.spoken} {_strongest(scene, card.links)}" for card in told if card.links]
    if largest:
        sentences.append(f"Largest weights: {'; '.join(largest)}")
    silent = [card.spoken for card in told if card.basis.weights is None]
    if silent:
        sentences.append(f"No weights: {_notes.listed(silent)}")
    return ". ".join(sentences) + "."


def _strongest(scene: _Scene, links: Sequence[_Link]) -> str:
    """`'The' attends to 'programmer', 0.92`: the largest weight, of equal ones the first."""
    link = max(links, key=lambda each: numerals.snapped(max(each.weights())))
    weight = max(link.weights())
    query, key = (link.left, link.right) if link.forward == weight else (link.right, link.left)
    itself = query == key and not scene.reader.cross
    name = "itself" if itself else f"'{scene.key_names[key]}'"
    return f"'{scene.names[query]}' attends to {name}, {scene.number(weight)}"


KIND = Kind(
    name=NAME,
    summary="what each head attends to: its strongest connections, with weights and notes",
    options=Options,
    draw=draw,
    example="""\
kind: heads
text: The programmer debugged the complex algorithm
heads:
  - name: Syntactic relationships
    gloss: Grammar
    pairs:
      - [The, programmer, determiner-noun]
      - [programmer, debugged, subject-verb]
      - [the, algorithm, determiner-noun]
  - name: Semantic relationships
    gloss: Meaning
    pairs:
      - [programmer, debugged, who does what]
      - [debugged, algorithm, what is debugged]
      - [complex, algorithm, what is complex]
  - name: Positional relationships
    gloss: Distance
    pattern: adjacent
  - name: Reference relationships
    gloss: Pronouns
    note:
      - No pronouns here.
      - It would connect pronouns to their referents.
""",
)
