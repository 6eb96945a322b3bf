"""The options of heads, and which of them bear on what a head attends by.

Floor 3, a room of the kind `heads`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from typing import Annotated

import msgspec
from msgspec import Meta

from mdattn import options as common
from mdattn.attention.scores import STEPS
from mdattn.errors import OptionError
from mdattn.options import Attention, Count, Projections, doc, expected


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
        yield from self.idle_vectors("heads show weights")
        uses = self.uses
        for name, bears in _BEARS.items():
            if self.gives(name) and not uses & bears:
                what = {"vectors": "compares vectors", "looks": "looks for a pattern or pairs"}
                does = what[next(iter(bears))] if len(bears) == 1 else "has weights that it could change"
                yield OptionError(name, f"'{name}' has no effect: no head {does}", "remove it")
        yield from super().idle()


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
