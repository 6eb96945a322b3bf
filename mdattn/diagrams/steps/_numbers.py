"""What the steps are made of: the options carried out in plain numbers.

Floor 3, a room of the kind `steps`. `prepared` goes from options to numbers and chooses which keys are written out
(`_placed`); `Check` knows what a reader would come to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import exp
from typing import Annotated, Literal, NamedTuple

from msgspec import Meta

from mdattn import cells, numerals
from mdattn.attention.pencil import Working, work
from mdattn.attention.scores import STEPS
from mdattn.errors import OptionError
from mdattn.glyphs import CHARSETS, Glyphs
from mdattn.options import doc
from mdattn.study.heads import Study
from mdattn.study.query import QueryHead, QueryOptions, heads_of, named, study_of
from mdattn.study.tokens import heaviest_of

Section = Literal["dot", "scale", "softmax", "output"]
SECTIONS: tuple[Section, ...] = ("dot", "scale", "softmax", "output")

MOST_FULL, FEWER_FULL, FEWEST_FULL = 6, 4, 2  # Up to so many keys are written out; of more, so many; of long ones.
MOST_HEADS, FEWER_HEADS = 4, 2  # Up to so many heads are written out; of more, so many.
MOST_LISTED, FEWER_LISTED = 20, 12  # Up to so many further keys stand in a table; of more, so many.
MOST_TERMS, FEWER_TERMS = 16, 8  # the same of the terms of a sum
MOST_NUMBERS, FEWER_NUMBERS = 8, 6  # the same of the numbers of a vector
TOLD_KEYS = 3  # The text alternative of a long sentence tells of so many.
SMALL_TOTAL = 0.5  # A smaller sum of exp is avoided.


class Options(QueryOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The options of a calculation."""

    sections: Annotated[
        Annotated[list[Section], Meta(min_length=1)] | None,
        doc("the steps to write out (default: all)", "a list of 'dot', 'scale', 'softmax' and 'output'"),
    ] = None

    @property
    def nothing(self) -> dict[Section, str]:
        """Why a step has nothing to show; "" where it has."""
        basis = self.basis
        given = f"the {basis} are given"
        scaled = any(getattr(self, name, None) is not None for name in STEPS)
        scales = basis == "vectors" or (basis == "scores" and scaled)
        valued = basis == "vectors" or self.gives("values") or self.gives("embeddings")
        return {
            "dot": "" if basis == "vectors" else f"{given}: there are no vectors to multiply",
            "scale": "" if scales else f"{given}: there is nothing to scale",
            "softmax": "" if basis != "weights" else f"{given}: there is no softmax to work out",
            "output": "" if valued else "there are no values to add up",
        }

    def idle(self) -> Iterator[OptionError]:
        """What shows in none of the steps that are drawn, too."""
        yield from super().idle()
        if self.basis in ("scores", "weights") and self.gives("values") and self.gives("embeddings"):
            said = f"'embeddings' has no effect where the {self.basis} and 'values' are given"
            yield OptionError("embeddings", said, "remove it")
        if self.sections is None or any(map(self.nothing.get, self.sections)):
            return
        last = max(map(SECTIONS.index, self.sections))
        for name, first in (*((name, 1) for name in STEPS), ("mask", 2), ("values", 3)):
            if last < first and self.gives(name):
                parts = ", ".join(f"'{section}'" for section in SECTIONS if section in self.sections)
                said = f"'{name}' has no effect on the sections {parts}"
                yield OptionError(name, said, "remove it, or draw more sections")


# What attends, in numbers ---------------------------------------------------------------------------------------------


def _in_full(head: QueryHead) -> QueryHead:
    """A head that was computed in full precision, with every number on the way from its scores to its weights."""
    trace = head.trace
    if head.working or trace.dot_products is None:
        return head
    scores = trace.dot_products[0, 0].tolist()
    working = _less_the_largest(work(None, None, None, allowed=head.allowed, steps=trace.steps, scores=scores))
    return head._replace(working=working, weights=working.weights)


def _less_the_largest(worked: Working) -> Working:
    """The largest score subtracted also where a small sum of exp would have too few digits to go on from."""
    if not 0 < worked.total < SMALL_TOTAL:
        return worked
    scores = worked.scores[-1]
    shift = max(score for score, may in zip(scores, worked.allowed, strict=True) if may)
    exps = tuple(exp(score - shift) if may else 0.0 for score, may in zip(scores, worked.allowed, strict=True))
    return worked._replace(shift=shift, exponentials=exps, total=sum(exps))


# What is written out --------------------------------------------------------------------------------------------------


class KeyPlaces(NamedTuple):
    """Where each key stands: written out, in the table, or among those that are only counted."""

    full: tuple[int, ...]
    listed: tuple[int, ...]
    more: tuple[int, ...]
    masked_more: tuple[int, ...]
    summed: tuple[int, ...]
    """The keys that are written out in the weighted sum."""

    @property
    def rest(self) -> int:
        """How many keys are not written out."""
        return len(self.listed) + len(self.more) + len(self.masked_more)


def heaviest(head: QueryHead) -> list[int]:
    """The keys with the largest weights, of which the text alternative of a long sentence tells."""
    places = [place for place, may in enumerate(head.allowed) if may]
    return sorted(places, key=lambda place: -numerals.snapped(head.weights[place]))[:TOLD_KEYS]


def _placed(heads: Sequence[QueryHead], query: int | None) -> KeyPlaces:
    """All keys of a short sentence; of a longer one the first, and the others in the table, as far as it goes."""
    allowed = heads[0].allowed
    places = range(len(allowed))
    visible = [place for place in places if allowed[place]]
    if len(places) <= MOST_FULL:
        full = tuple(places)
    else:
        long = max(len(heads[0].query), len(heads[0].output)) > MOST_NUMBERS
        full = tuple((visible or list(places))[: FEWEST_FULL if long else FEWER_FULL])
    chosen = set(full)
    rest = [place for place in visible if place not in chosen]
    masked = [place for place in places if not allowed[place] and place not in chosen]
    listed, more = rest, []
    if len(rest) > MOST_LISTED:
        most = [max(head.weights[place] for head in heads) for place in rest]
        always = [*([] if query is None else [query]), *heaviest(heads[0])]
        picked = heaviest_of(most, FEWER_LISTED, [rest.index(each) for each in always if each in rest])
        listed = [rest[each] for each in picked]
        taken = set(listed)
        more = [place for place in rest if place not in taken]
    if len(listed) + len(masked) <= MOST_LISTED:
        listed, masked = sorted(listed + masked), []
    summed = visible if len(visible) <= MOST_TERMS else [place for place in full if allowed[place]]
    return KeyPlaces(full, tuple(listed), tuple(more), tuple(masked), tuple(summed))


class Check(NamedTuple):
    """The sign between what is printed and what it comes to, and where the two differ in the last digit."""

    approx: str
    exact: bool
    differing: list[str]

    def sign(
        self,
        redone: float,
        printed: str,
        decimals: int,
        what: str = "",
        noise: float = 1e-9,
        exact: float | None = None,
    ) -> str:
        """`=` or `≈` before a printed result; `redone` is what the numbers printed before it give.

        `noise` is what floats may add to a result that is exact on paper. Of exp and tanh one result alone is, `exact`,
        however near floats come to others.
        """
        if not self.exact:
            return "="
        if abs(redone - float(printed)) <= noise * max(1.0, abs(redone)) and exact in (None, redone):
            return "="
        again = numerals.text(redone, decimals)
        if again != printed:
            self.differing.append(f"{what} would be {again}")
        return self.approx


class Steps(NamedTuple):
    """The whole calculation before it is written."""

    options: Options
    found: Study
    glyphs: Glyphs
    sections: tuple[Section, ...]
    heads: tuple[QueryHead, ...]
    placed: KeyPlaces
    names: tuple[str, ...]
    """Of all keys, to be printed; of equal words the second is `the#2`. A long one is cut."""
    query_name: str
    check: Check

    @property
    def decimals(self) -> int:
        return self.options.decimals

    @property
    def finer(self) -> int:
        """Decimals of a weight: in full precision at least those that a percentage needs."""
        return self.decimals if self.options.arithmetic == "shown" else max(self.decimals, 2)

    @property
    def heads_in_full(self) -> tuple[QueryHead, ...]:
        """Those that are written out."""
        return self.heads if len(self.heads) <= MOST_HEADS else self.heads[:FEWER_HEADS]

    @property
    def noun(self) -> str:
        return "Dot product" if self.found.basis == "vectors" else "Score"

    def quoted(self, places: Sequence[int], after: str = "") -> list[str]:
        """The names in quotes, all equally wide."""
        names = [f'"{self.names[place]}"{after}' for place in places]
        widest = cells.widest(names)
        return [cells.pad(name, widest) for name in names]


# From options ---------------------------------------------------------------------------------------------------------


def prepared(options: Options) -> Steps:
    """The options carried out, with the keys chosen that are written out. Raises OptionError."""
    found = study_of(options)
    sections = _sections(options)
    heads = tuple(map(_in_full, heads_of(options, found)))
    names = named(found)
    glyphs = CHARSETS[options.charset]
    return Steps(
        options=options,
        found=found,
        glyphs=glyphs,
        sections=sections,
        heads=heads,
        placed=_placed(heads, names.itself),
        names=names.keys,
        query_name=names.query,
        check=Check(glyphs.approx, options.arithmetic == "exact", []),
    )


def _sections(options: Options) -> tuple[Section, ...]:
    """The steps to draw. Raises OptionError for one that is asked for and has nothing to show."""
    nothing = options.nothing
    for index, section in enumerate(options.sections or ()):
        if nothing[section]:
            raise OptionError(("sections", index), nothing[section], "leave it out")
    wanted = options.sections or SECTIONS
    sections = tuple(section for section in SECTIONS if section in wanted and not nothing[section])
    if not sections:
        hint = "give 'embeddings' or 'values' too, or 'scores' instead"
        raise OptionError(
            "weights", "the weights are given, and there are no values: nothing is left to work out", hint
        )
    return sections
