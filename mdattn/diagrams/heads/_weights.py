"""What each head of a block attends by, and its weights.

Floor 3, a room of the kind `heads`. A pattern or pairs of words become scores, scores become weights; vectors, scores
and weights go the way that they go in every kind. Each head is worked out by itself, so that one block may mix them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mdattn import cells
from mdattn.attention import Trace, weigh
from mdattn.attention.scores import STEPS, steps_of
from mdattn.diagrams.heads._heads import Heads
from mdattn.diagrams.heads._options import Head, Options, Pair
from mdattn.diagrams.heads._patterns import PATTERNS, nowhere
from mdattn.errors import OptionError, suggest
from mdattn.errors import Path as OptionPath
from mdattn.options import Basis, Projections
from mdattn.study.heads import given_heads, split_heads
from mdattn.study.matrices import weighing
from mdattn.study.names import authored
from mdattn.study.tokens import position

if TYPE_CHECKING:
    from mdattn.study.given import Array, Mask

STRENGTH = 4.0
TOGETHER = 65536  # Heads that look for places are weighed together up to so many scores.

Place = tuple[int, int]
"""A query and a key."""


class Pointed(NamedTuple):
    """A connection that the author points out, and the ways of it: (query, key) and maybe (key, query)."""

    ways: tuple[Place, ...]
    note: str


class HeadWeights(NamedTuple):
    """What one head attends by."""

    said: str
    """In words; "" for a head that only has a note."""
    uses: str
    """Which options bear on it: "looks", "vectors", "scores", "weights", or "note"."""
    pairs: tuple[Pointed, ...]
    weights: Array | None = None
    """[query, key], None for a head that only has a note."""
    places: Mask | None = None
    """What it looks for, if it does: bool [query, key]."""


def weighted(heads: Heads) -> Iterator[HeadWeights]:
    """What each head attends by, with its weights. Raises OptionError."""
    size = len(heads.inputs.tokens) * len(heads.inputs.key_tokens)
    waiting: list[HeadWeights] = []
    for head in _told(heads):
        if head.places is not None and (len(waiting) + 1) * size <= TOGETHER:
            waiting.append(head)
            continue
        yield from _looking(heads, waiting)
        waiting = []
        yield from (head,) if head.places is None else _looking(heads, [head])
    yield from _looking(heads, waiting)


def _looking(heads: Heads, waiting: Sequence[HeadWeights]) -> Iterator[HeadWeights]:
    """The heads that look for places, with their weights."""
    if not waiting:
        return
    options = heads.options
    # The score of what is looked for is 1 times the strength: places of many tokens become scores in one copy.
    steps = STEPS["scale"](options.strength or STRENGTH), *steps_of(options, None)
    places = np.array([head.places for head in waiting])
    trace = weigh(places, steps, allowed=heads.inputs.allowed)
    for weights, head in zip(trace.weights, waiting, strict=True):
        yield head._replace(weights=weights)


def _told(heads: Heads) -> Iterator[HeadWeights]:
    """What each head attends by; those that look for places do not have their weights yet."""
    options, inputs = heads.options, heads.inputs
    listed = options.heads if isinstance(options.heads, list) else None
    inputs.check_size()
    outer = _outer(options)
    if outer is None and listed is None:
        yield from _split(heads)
        return
    given = given_heads(inputs, outer, listed) if outer else None
    for index, head in enumerate(listed if listed is not None else [Head()] * inputs.total):
        path: OptionPath = ("heads", index)
        own = _own(head, path)
        pairs = _pairs(heads, head, path)
        if outer and given:
            if own:
                problem = f"'{outer}' are given for the block, and '{own}' for this head"
                raise OptionError((*path, own), problem, "keep one")
            yield HeadWeights(_GIVEN[outer], outer, pairs, next(given).trace.weights[0])
        else:
            yield _by_itself(heads, head, own, path, pairs)


def _by_itself(heads: Heads, head: Head, own: str, path: OptionPath, pairs: tuple[Pointed, ...]) -> HeadWeights:
    """What a head attends by that is not given for the whole block."""
    if own == "pattern":
        return _pattern(heads, head.pattern or "", path, pairs)
    if own in ("scores", "weights"):
        basis: Basis = "scores" if own == "scores" else "weights"
        trace = weighing(heads.inputs, basis, getattr(head, own), (*path, own))
        return HeadWeights(_GIVEN[basis], basis, pairs, trace.weights[0])
    if pairs and not own:
        places = nowhere(heads.inputs.tokens, heads.inputs.key_tokens)
        places[tuple(zip(*_ways(pairs), strict=True))] = True
        return HeadWeights(f"Looks for pairs of {heads.noun}s.", "looks", pairs, places=places)
    projections = head.projections or heads.options.projections
    if projections is not None:
        at: OptionPath = (*path, "projections") if own else ("projections",)
        whole = heads.inputs.attended(*heads.inputs.projected(projections, at))
        return HeadWeights(_compares(projections), "vectors", pairs, whole.weights[0])
    if head.note:
        return HeadWeights("", "note", pairs)
    raise OptionError(
        path, "this head does not say what it attends by", f"give {', '.join(_OWN)} or pairs, or just a note"
    )


def _pattern(heads: Heads, name: str, path: OptionPath, pairs: tuple[Pointed, ...]) -> HeadWeights:
    if name not in PATTERNS:
        raise OptionError((*path, "pattern"), f"unknown pattern '{cells.printable(name)}'", suggest(name, PATTERNS))
    found = PATTERNS[name]
    if found.one_sentence and heads.cross:
        raise OptionError(
            (*path, "pattern"),
            f"'{name}' compares positions in one sentence, and here keys have a sentence of their own",
            f"choose from {', '.join(each for each in PATTERNS if not PATTERNS[each].one_sentence)}",
        )
    places = found.places(heads.inputs.tokens, heads.inputs.key_tokens)
    allowed = heads.inputs.allowed
    said = f"Looks for {found.words.format(noun=heads.noun)}"
    if not places.any() and name != "uniform":
        said += "; there is none"
    elif places.any() and allowed is not None and not (allowed & places).any():
        said += "; all masked"
    return HeadWeights(said + ".", "looks", pairs, places=places)


def _split(heads: Heads) -> Iterator[HeadWeights]:
    """Heads that divide the vectors among them."""
    projections = heads.options.projections
    vector = "projected vector" if projections is not None and _projecting(projections) else "vector"
    for index, head in enumerate(split_heads(heads.inputs)):
        size = head.trace.query.shape[2] if isinstance(head.trace, Trace) else 0
        first, last = index * size + 1, (index + 1) * size
        span = f"number {first}" if size == 1 else f"numbers {first}{heads.glyphs.dash}{last}"
        said = f"Compares {span} of each {vector}." if heads.inputs.total > 1 else _compares(projections)
        yield HeadWeights(said, "vectors", (), head.trace.weights[0])


def _pairs(heads: Heads, head: Head, path: OptionPath) -> tuple[Pointed, ...]:
    """The connections that the author points out. Raises OptionError for a word that is none."""
    return tuple(_pair(heads, pair, (*path, "pairs", index)) for index, pair in enumerate(head.pairs or ()))


def _pair(heads: Heads, pair: Pair | list[str], path: OptionPath) -> Pointed:
    queries, keys = heads.inputs.tokens, heads.inputs.key_tokens
    if isinstance(pair, Pair):
        place = position(pair.query, queries, (*path, "query")), position(pair.key, keys, (*path, "key"))
        return Pointed((place,), authored(pair.note or ""))
    if not 2 <= len(pair) <= 3:
        raise OptionError(
            path, f"a pair has two {heads.noun}s and maybe a note, not {len(pair)} text{'s' * (len(pair) != 1)}"
        )
    place = position(pair[0], queries, (*path, 0)), position(pair[1], keys, (*path, 1))
    both = not heads.cross and place[0] != place[1]
    return Pointed((place, place[::-1]) if both else (place,), authored(pair[2] if len(pair) == 3 else ""))


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


def _ways(pairs: Iterable[Pointed]) -> list[Place]:
    return [place for pair in pairs for place in pair.ways]


def _projecting(projections: Projections) -> bool:
    return projections.query is not None or projections.key is not None


def _compares(projections: Projections | None) -> str:
    projected = projections is not None and _projecting(projections)
    return "Compares projected vectors." if projected else "Compares the vectors themselves."
