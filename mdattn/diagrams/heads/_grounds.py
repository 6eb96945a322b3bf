"""What each head of a block attends by, and its weights.

Floor 3, a part of the kind `heads`. A pattern or pairs of words become scores, scores become weights; vectors, scores
and weights go the way that they go in every kind. Each head is worked out by itself, so that one block may mix them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import msgspec
import numpy as np
from msgspec import Meta

from mdattn import cells
from mdattn import options as common
from mdattn.attention import Trace, weigh
from mdattn.attention.scores import STEPS, steps_of
from mdattn.errors import OptionError, suggest
from mdattn.errors import Path as OptionPath
from mdattn.glyphs import CHARSETS, Glyphs
from mdattn.options import Attention, Count, Projections, doc, expected
from mdattn.study.heads import Basis, Work, check_heads, embeddings_of, given_vectors, mask_of
from mdattn.study.names import authored
from mdattn.study.tokens import key_tokens_of, position, tokens_of

if TYPE_CHECKING:
    from mdattn.study.heads import Array

STRENGTH = 4.0
TOGETHER = 65536  # Heads that look for places are weighed together up to so many scores.


class Pair(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One connection, one way: the token that attends, the token that is attended to, and a note."""

    query: str
    key: str
    note: str | None = None


class Head(common.Head, frozen=True, forbid_unknown_fields=True):
    """One head: its name, what it is about, and what it attends by."""

    gloss: str | None = None
    pattern: str | None = None
    pairs: list[Annotated[Pair | list[str], expected("a pair: [word, word] or [word, word, note]")]] | None = None
    note: str | list[str] | None = None


class Options(Attention, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The options of heads."""

    texts = Attention.texts | {"pattern", "pairs", "note"}
    rivals = (*Attention.rivals, ("threshold", "top"))

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
        doc(
            "how many of its largest connections each head shows, instead of `threshold`", "a whole number from 1 to 64"
        ),
    ] = None

    @property
    def uses(self) -> set[str]:
        """The sorts of work that the heads do."""
        heads = self.heads if isinstance(self.heads, list) else [Head(projections=Projections())]
        return _uses(_given(self) | ({self.source.holds} if self.source else set()), map(_given, heads))

    def idle(self) -> Iterator[OptionError]:
        """What bears on no head."""
        if self.gives("values"):
            yield OptionError("values", "'values' has no effect here: heads show weights", "remove it")
        uses = self.uses
        for name, bears in _BEARS.items():
            if self.gives(name) and not uses & bears:
                what = {"vectors": "compares vectors", "looks": "looks for a pattern or pairs"}
                does = what[next(iter(bears))] if len(bears) == 1 else "has weights that it could change"
                yield OptionError(name, f"'{name}' has no effect: no head {does}", "remove it")
        yield from super().idle()


# What a head attends by -----------------------------------------------------------------------------------------------

Place = tuple[int, int]
"""A query and a key."""
Places = Any
"""Some of them: bool [query, key]."""


class _Pattern(NamedTuple):
    """What a head looks for by position or by spelling."""

    words: str
    places: Callable[[Sequence[str], Sequence[str]], Places]
    one_sentence: bool
    """Whether it compares positions, which only those of one sentence can be."""


def _shifted(*steps: int) -> Callable[[Sequence[str], Sequence[str]], Places]:
    def places(queries: Sequence[str], keys: Sequence[str]) -> Places:
        found = _nowhere(queries, keys)
        for step in steps:
            found |= np.eye(len(queries), len(keys), step, dtype=np.bool_)
        return found

    return places


# Alphabets whose pairs of case every Python knows. Unicode adds others, and each Python has another version of it.
_CASED = "[A-\u0376\u037f-\u0556\u10a0-\u10c5\u1c90-\u1cba\u1e00-\u1fff\uff21-\uff3a]+"


def _folded(word: str) -> str:
    return re.sub(_CASED, lambda letters: letters[0].casefold(), word)


def _nowhere(queries: Sequence[str], keys: Sequence[str]) -> Places:
    return np.zeros((len(queries), len(keys)), dtype=np.bool_)


def _first(queries: Sequence[str], keys: Sequence[str]) -> Places:
    found = _nowhere(queries, keys)
    found[:, 0] = True
    return found


def _same(queries: Sequence[str], keys: Sequence[str]) -> Places:
    """The same word in upper or lower case, but for the word itself."""
    spellings: dict[str, int] = {}
    asked, answered = (
        np.array([spellings.setdefault(_folded(word), len(spellings)) for word in words]) for words in (queries, keys)
    )
    found = asked[:, None] == answered
    if queries is keys:
        np.fill_diagonal(found, False)
    return found


PATTERNS = {
    "previous": _Pattern("the {noun} before", _shifted(-1), True),
    "next": _Pattern("the {noun} after", _shifted(1), True),
    "adjacent": _Pattern("the {noun}s beside it", _shifted(-1, 1), True),
    "same": _Pattern("the same {noun} elsewhere", _same, False),
    "first": _Pattern("the first {noun}", _first, False),
    "self": _Pattern("the {noun} itself", _shifted(0), True),
    "uniform": _Pattern("nothing: attends evenly", _nowhere, False),
}


class Pointed(NamedTuple):
    """A connection that the author points out, and the ways of it: (query, key) and maybe (key, query)."""

    ways: tuple[Place, ...]
    note: str


class Grounds(NamedTuple):
    """What one head attends by."""

    said: str
    """In words; "" for a head that only has a note."""
    uses: str
    """Which options bear on it: "looks", "vectors", "scores", "weights", or "note"."""
    pairs: tuple[Pointed, ...]
    weights: Array | None = None
    """[query, key], None for a head that only has a note."""
    places: Places | None = None
    """What it looks for, if it does."""


class Reader(NamedTuple):
    """What the heads of a block share, and how each of them gets its weights."""

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

    def heads(self) -> Iterator[Grounds]:
        """What each head attends by, with its weights. Raises OptionError."""
        size = len(self.work.tokens) * len(self.work.key_tokens)
        waiting: list[Grounds] = []
        for grounds in self.told():
            if grounds.places is not None and (len(waiting) + 1) * size <= TOGETHER:
                waiting.append(grounds)
                continue
            yield from self.looking(waiting)
            waiting = []
            yield from (grounds,) if grounds.places is None else self.looking([grounds])
        yield from self.looking(waiting)

    def looking(self, heads: Sequence[Grounds]) -> Iterator[Grounds]:
        """The heads that look for places, with their weights."""
        if not heads:
            return
        options, work = self.options, self.work
        scores = np.array([grounds.places for grounds in heads], dtype=np.float64) * (options.strength or STRENGTH)
        trace = weigh(scores, steps_of(options, None), allowed=work.allowed)
        for weights, grounds in zip(trace.weights, heads, strict=True):
            yield grounds._replace(weights=weights)

    def told(self) -> Iterator[Grounds]:
        """What each head attends by; those that look for places do not have their weights yet."""
        options = self.options
        listed = options.heads if isinstance(options.heads, list) else None
        check_heads(options, len(self.work.tokens), len(self.work.key_tokens))
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
                yield Grounds(_GIVEN[outer], outer, pairs, next(given).trace.weights[0])
            else:
                yield self.grounds(head, own, path, pairs)

    def grounds(self, head: Head, own: str, path: OptionPath, pairs: tuple[Pointed, ...]) -> Grounds:
        """What a head attends by that is not given for the whole block."""
        if own == "pattern":
            return self.pattern(head.pattern or "", path, pairs)
        if own in ("scores", "weights"):
            basis: Basis = "scores" if own == "scores" else "weights"
            trace = self.work.weighing(basis, getattr(head, own), (*path, own))
            return Grounds(_GIVEN[basis], basis, pairs, trace.weights[0])
        if pairs and not own:
            places = _nowhere(self.work.tokens, self.work.key_tokens)
            places[tuple(zip(*_ways(pairs), strict=True))] = True
            return Grounds(f"Looks for pairs of {self.noun}s.", "looks", pairs, places=places)
        projections = head.projections or self.options.projections
        if projections is not None:
            at: OptionPath = (*path, "projections") if own else ("projections",)
            trace = self.work.trace(*self.work.projected(projections, at))
            return Grounds(_compares(projections), "vectors", pairs, trace.weights[0])
        if head.note:
            return Grounds("", "note", pairs)
        raise OptionError(
            path, "this head does not say what it attends by", f"give {', '.join(_OWN)} or pairs, or just a note"
        )

    def pattern(self, name: str, path: OptionPath, pairs: tuple[Pointed, ...]) -> Grounds:
        if name not in PATTERNS:
            raise OptionError((*path, "pattern"), f"unknown pattern '{cells.printable(name)}'", suggest(name, PATTERNS))
        found = PATTERNS[name]
        if found.one_sentence and self.cross:
            raise OptionError(
                (*path, "pattern"),
                f"'{name}' compares positions in one sentence, and here keys have a sentence of their own",
                f"choose from {', '.join(each for each in PATTERNS if not PATTERNS[each].one_sentence)}",
            )
        places = found.places(self.work.tokens, self.work.key_tokens)
        allowed = self.work.allowed
        said = f"Looks for {found.words.format(noun=self.noun)}"
        if not places.any() and name != "uniform":
            said += "; there is none"
        elif places.any() and allowed is not None and not (allowed & places).any():
            said += "; all masked"
        return Grounds(said + ".", "looks", pairs, places=places)

    def split(self) -> Iterator[Grounds]:
        """Heads that divide the vectors among them."""
        projections = self.options.projections
        vector = "projected vector" if projections is not None and _projecting(projections) else "vector"
        for index, head in enumerate(self.work.split_heads(self.total)):
            size = head.trace.query.shape[2] if isinstance(head.trace, Trace) else 0
            first, last = index * size + 1, (index + 1) * size
            span = f"number {first}" if size == 1 else f"numbers {first}{self.glyphs.dash}{last}"
            said = f"Compares {span} of each {vector}." if self.total > 1 else _compares(projections)
            yield Grounds(said, "vectors", (), head.trace.weights[0])

    def pairs(self, head: Head, path: OptionPath) -> tuple[Pointed, ...]:
        """The connections that the author points out. Raises OptionError for a word that is none."""
        return tuple(self.pair(pair, (*path, "pairs", index)) for index, pair in enumerate(head.pairs or ()))

    def pair(self, pair: Pair | list[str], path: OptionPath) -> Pointed:
        queries, keys = self.work.tokens, self.work.key_tokens
        if isinstance(pair, Pair):
            place = position(pair.query, queries, (*path, "query")), position(pair.key, keys, (*path, "key"))
            return Pointed((place,), authored(pair.note or ""))
        if not 2 <= len(pair) <= 3:
            raise OptionError(
                path, f"a pair has two {self.noun}s and maybe a note, not {len(pair)} text{'s' * (len(pair) != 1)}"
            )
        place = position(pair[0], queries, (*path, 0)), position(pair[1], keys, (*path, 1))
        both = not self.cross and place[0] != place[1]
        return Pointed((place, place[::-1]) if both else (place,), authored(pair[2] if len(pair) == 3 else ""))


# Which options bear on heads by what; others on all that have weights.
_BEARS = {
    "embeddings": {"vectors"},
    "dimensions": {"vectors"},
    "keys": {"vectors"},
    "projections": {"vectors"},
    "strength": {"looks"},
    **{name: {"looks", "vectors", "scores"} for name in STEPS},
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


def _ways(pairs: Iterable[Pointed]) -> list[Place]:
    return [place for pair in pairs for place in pair.ways]


def _projecting(projections: Projections) -> bool:
    return projections.query is not None or projections.key is not None


def _compares(projections: Projections | None) -> str:
    projected = projections is not None and _projecting(projections)
    return "Compares projected vectors." if projected else "Compares the vectors themselves."


def reader_of(options: Options) -> Reader:
    """What the options ask for, checked. Raises OptionError."""
    tokens = tokens_of(options)
    keys = key_tokens_of(options, tokens)
    embeddings = embeddings_of(options, tokens) if "vectors" in options.uses else None
    allowed, _ = mask_of(options, len(tokens), len(keys))
    work = Work(options, tokens, keys, embeddings, *given_vectors(options, keys), allowed, None, False)
    return Reader(options, work, "word" if options.text is not None else "token", CHARSETS[options.charset])
