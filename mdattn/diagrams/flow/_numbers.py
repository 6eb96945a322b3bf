"""The numbers of a flow: what is asked, what comes out, and which keys are shown.

A room of the kind `flow`. `flow_of` goes from options to numbers: a `Flow`, of each head a `QueryHead`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from msgspec import Meta, Struct

from mdattn import numerals
from mdattn.errors import OptionError
from mdattn.glyphs import CHARSETS, Glyphs
from mdattn.options import doc
from mdattn.study.attended import TIED_NAMES, Attended, attended
from mdattn.study.heads import Study
from mdattn.study.names import authored
from mdattn.study.query import QueryHead, QueryOptions, heads_of, named, study_of
from mdattn.study.tokens import heaviest_of, noun_of, position

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

Section = Literal["embeddings", "attention", "output"]
SECTIONS: tuple[Section, ...] = ("embeddings", "attention", "output")

MOST_KEYS, FEWER_KEYS = 16, 12  # Up to so many keys are all shown; of more, so many.
MOST_NUMBERS, FEWER_NUMBERS = 8, 6  # the same of the numbers of a vector
TOLD_HEADS = 2  # The text alternative tells of so many.


class Options(QueryOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The options of a flow."""

    annotations: Annotated[
        Literal["none"] | dict[str, str] | None,
        doc(
            "remarks beside the keys: `none`, or a mapping from token to text; left out: made from the numbers",
            "'none' or a mapping from token to text",
        ),
    ] = None
    sections: Annotated[
        Annotated[list[Section], Meta(min_length=1)] | None,
        doc("the parts to draw (default: all)", "a list of 'embeddings', 'attention' and 'output'"),
    ] = None

    def idle(self) -> Iterator[OptionError]:
        """What bears on no part that is drawn, too."""
        yield from super().idle()
        if self.annotations is not None and self.sections is not None and "attention" not in self.sections:
            said = "'annotations' has no effect without the section 'attention'"
            yield OptionError("annotations", said, "remove it")
        if self.sections is not None and set(self.sections) == {"attention"}:
            yield from self.idle_vectors("the section 'attention' shows weights")
        works = self.arithmetic == "shown" and self.basis == "weights"
        if works and not self.gives("values") and not self.gives("embeddings"):
            said = "'arithmetic' has no effect: nothing is computed from the weights"
            yield OptionError("arithmetic", said, "remove it")


# What attends, in numbers ---------------------------------------------------------------------------------------------


class Flow(Struct, frozen=True):
    """What is drawn, in numbers."""

    options: Options
    found: Study
    glyphs: Glyphs
    sections: tuple[Section, ...]
    heads: tuple[QueryHead, ...]
    attended: tuple[Attended, ...]
    """What the query attends to in each of them."""
    shown: tuple[int, ...]
    """The keys that are shown, and those that are not."""
    rest: tuple[int, ...]
    names: tuple[str, ...]
    """Of all keys, in full; of equal words the second is `the#2`."""
    query_name: str
    itself: int | None
    """The key that is the query's own; None in cross-attention."""
    largest: float
    """The largest weight of all heads: a full bar."""
    annotated: list[tuple[int, str]]
    """The author's remarks on keys."""
    finer: int
    """Decimals of a weight: a percentage has two fewer."""
    noun: str
    plain: bool
    """Whether queries, keys and values all are the embeddings."""


def flow_of(options: Options) -> Flow:
    """The options of a flow, carried out. Raises OptionError."""
    found = study_of(options)
    sections = _sections(options, found)
    heads = heads_of(options, found)
    annotated = _annotated(options, found)
    keys, query_name, itself = named(found)
    finer = max(options.decimals, 2)
    every = tuple([attended(head.weights, head.allowed, finer, itself) for head in heads])
    always = [*([] if itself is None else [itself]), *(key for key, _ in annotated)]
    shown = _shown(heads, every, always)
    given = (options.projections, options.keys, options.values, options.key_tokens)
    return Flow(
        options=options,
        found=found,
        glyphs=CHARSETS[options.charset],
        sections=sections,
        heads=heads,
        attended=every,
        shown=shown,
        rest=() if len(shown) == len(keys) else tuple(sorted({*range(len(keys))} - {*shown})),
        names=keys,
        query_name=query_name,
        itself=itself,
        largest=max([max(head.weights) for head in heads]),
        annotated=annotated,
        finer=finer,
        noun=noun_of(options),
        plain=found.basis == "vectors" and options.heads == 1 and all(each is None for each in given),
    )


def second_of(head: QueryHead, found: Attended) -> int | None:
    """The key with the second largest weight, where one alone has the largest and others have some too."""
    if found.how not in ("clearly", "most"):
        return None
    others = [key for key, may in enumerate(head.allowed) if may and key != found.keys[0]]
    return max(others, key=lambda key: numerals.snapped(head.weights[key]))


def _shown(heads: Sequence[QueryHead], every: Sequence[Attended], always: list[int]) -> tuple[int, ...]:
    """The keys to show: some always, those that a sentence names, and of the rest the heaviest."""
    count = len(heads[0].weights)
    if count <= MOST_KEYS:
        return tuple(range(count))
    most = [max(each) for each in zip(*(head.weights for head in heads), strict=True)]
    # Of a long sentence, masked keys are not worth a row.
    visible = sum(map(any, zip(*(head.allowed for head in heads), strict=True)))
    always += [place for head in heads for place in head.top[:1]]
    always += [key for found in every if len(found.keys) <= TIED_NAMES for key in found.keys]
    seconds = [second_of(head, found) for head, found in zip(heads[:TOLD_HEADS], every, strict=False)]
    always += [key for key in seconds if key is not None]
    return heaviest_of(most, max(min(FEWER_KEYS, visible), len(set(always)), 1), always)


def _sections(options: Options, found: Study) -> tuple[Section, ...]:
    """The parts to draw. Raises OptionError for one that is asked for and has nothing to show."""
    valued = found.heads[0].trace.value is not None
    nothing = {
        "embeddings": "" if valued or found.embeddings is not None else "there are no vectors",
        "attention": "",
        "output": "" if valued else "there are no values to add up",
    }
    for index, section in enumerate(options.sections or ()):
        if nothing[section]:
            raise OptionError(("sections", index), nothing[section], "give 'embeddings' or 'values', or leave it out")
    wanted = options.sections or SECTIONS
    return tuple(section for section in SECTIONS if section in wanted and not nothing[section])


def _annotated(options: Options, found: Study) -> list[tuple[int, str]]:
    """The author's remarks: (key, text). Raises OptionError for a token that is none."""
    given = options.annotations if isinstance(options.annotations, dict) else {}
    return [
        (position(token, found.key_tokens, ("annotations", token)), authored(text)) for token, text in given.items()
    ]
