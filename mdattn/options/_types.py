"""The options that kinds have, as frozen structs.

Each option is annotated with `doc`: what it means, for `mdattn kinds`, and what a mistaken value is told to be. The
words of the scalars below some keys are text as written, whatever they look like.
"""

# The annotations here are no strings (no `from __future__ import annotations`): msgspec would compile each of them.

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Annotated, Any, ClassVar, Literal

import msgspec
from msgspec import Meta

from mdattn.errors import OptionError

MOST_TOKENS = 1024
LARGEST = 1e9  # No number of a diagram is larger: its digits would not fit, and products of such numbers stay finite.


def expected(words: str, **bounds: Any) -> Meta:
    """What a mistaken value inside of an option is told to be."""
    return Meta(extra={"expected": words}, **bounds)


Number = Annotated[float, expected("a number", ge=-LARGEST, le=LARGEST)]
Vector = Annotated[list[Number], expected("a list of numbers")]
Rows = list[Vector]
# Scores and weights: [key], [query, key], or [head, query, key].
Row = Annotated[list[Annotated[Number | Vector, expected("a number")]], expected("a list of numbers")]
Grid = list[Annotated[Number | Row, expected("a number or a list of numbers")]]
Bit = Annotated[bool | Annotated[float, Meta(ge=0, le=1)], expected("true or false")]
Allowed = list[Annotated[list[Bit], expected("a row of true and false")]]
Token = Annotated[str, expected("a token")]
Words = list[Token]
ByToken = Rows | dict[str, Vector]


# What msgspec raises of a value that does not fit; the second of a lone surrogate where it looks for one of some words.
UNFIT = (msgspec.ValidationError, UnicodeEncodeError)


def fits(value: object, type_: Any) -> bool:
    """Whether a plain value may be of the type."""
    try:
        msgspec.convert(value, type_)
    except UNFIT:
        return False
    return True


@cache
def names(type_: type[msgspec.Struct]) -> frozenset[str]:
    """The names of the options of a type."""
    return frozenset(type_.__struct_fields__)


@cache
def fields(type_: type[msgspec.Struct]) -> Mapping[str, msgspec.structs.FieldInfo]:
    """The options of a type, each with its type and its default; kept, as msgspec looks through all of them anew."""
    return {each.name: each for each in msgspec.structs.fields(type_)}


def doc(description: str, expected: str, **bounds: Any) -> Meta:
    """What an option means, for `mdattn kinds`, and what a mistaken value is told to be."""
    return Meta(description=description, extra={"expected": expected}, **bounds)


class Common(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The options that every kind has."""

    # Keys below which every scalar is text as written: `tokens: [1.0, no]` holds the words "1.0" and "no".
    texts: ClassVar[frozenset[str]] = frozenset(
        {"kind", "title", "text", "tokens", "key_tokens", "annotations", "name", "gloss", "file", "array"}
    )
    # Keys whose mappings are by token.
    by_token: ClassVar[frozenset[str]] = frozenset({"embeddings", "annotations"})
    # Of each pair one may stand in a block; the block's own replaces the other from the front matter.
    rivals: ClassVar[tuple[tuple[str, str], ...]] = ()

    kind: str
    title: Annotated[
        Annotated[str, Meta(min_length=1)] | None, doc("a heading; `none` leaves it out", "words, or 'none'")
    ] = None
    width: Annotated[int, doc("columns that the diagram may take", "a whole number from 1 to 200", ge=1, le=200)] = 72
    charset: Annotated[Literal["unicode", "ascii"], doc("signs to draw with", "'unicode' or 'ascii'")] = "unicode"
    caption: Annotated[bool, doc("whether the diagram ends with a sentence that says it in words", "true or false")] = (
        False
    )

    def gives(self, name: str) -> bool:
        """Whether an option says anything."""
        value = getattr(self, name, None)
        return not (value is None or (isinstance(value, str) and value == "none"))

    def idle(self) -> Iterator[OptionError]:
        """What is given and has no effect beside the other options, each as the mistake that it is in a block.

        As a default of the front matter it is none, and is left out of the block. The first that is said of an option
        counts.
        """
        yield from ()


def converted(values: Mapping[str, Any], type_: type[Common]) -> Common | None:
    """The values as options of the type, or None where one does not fit."""
    try:
        return msgspec.convert(values, type_)
    except UNFIT:
        return None


Remarks = Annotated[
    Literal["all", "none"],
    doc(
        "what is said of rounding, where printed numbers add up or lead to others: `all`, or `none` of it",
        "'all' or 'none'",
    ),
]


class Window(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A mask under which a query sees only the last keys up to its own."""

    window: Annotated[int, Meta(ge=1, le=1_000_000_000)]


Matrix = Annotated[Rows, expected("rows of numbers")]


class Projections(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Matrices [d_model, d_k] (value: [d_model, d_v]); one left out is the identity."""

    query: Matrix | None = None
    key: Matrix | None = None
    value: Matrix | None = None


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A data file beside the document, and which array of it stands for which option."""

    file: str
    holds: Literal["weights", "scores", "embeddings", "keys", "values"] = "weights"
    array: str | None = None
    layer: Annotated[int, Meta(ge=0)] | None = None
    head: Annotated[int, Meta(ge=0)] | None = None

    @property
    def title(self) -> str:
        """`'weights' of 'cat.npz'`."""
        return f"{self.array!r} of {self.file!r}" if self.array is not None else repr(self.file)


class Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one head attends by."""

    name: str | None = None
    projections: Projections | None = None
    scores: Annotated[Grid, expected("rows of numbers")] | None = None
    weights: Annotated[Grid, expected("rows of numbers")] | None = None


Dimension = Annotated[int, Meta(ge=1, le=64)]
Count = Annotated[int, Meta(ge=1, le=64)]
Positive = Annotated[float, Meta(ge=1 / LARGEST, le=LARGEST)]

Basis = Literal["vectors", "scores", "weights"]
_IDLE: dict[Basis | None, tuple[str, ...]] = {
    "scores": ("keys", "dimensions"),
    "weights": ("keys", "dimensions"),
}


def basis_of(given: "SelfAttention | Head", holds: str = "") -> Basis:
    """What the weights of a block, or of a head, come from; `holds` is what a data file gives."""
    if given.weights is not None or holds == "weights":
        return "weights"
    return "scores" if given.scores is not None or holds == "scores" else "vectors"


class SelfAttention(Common, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The options of attention of a sentence to itself, by one head without projections."""

    rivals: ClassVar[tuple[tuple[str, str], ...]] = (("text", "tokens"), ("scores", "weights"))

    # What is done to scores, each a step of `attention.scores`: idle where the weights are given.
    scoring: ClassVar[tuple[str, ...]] = ("scale", "temperature", "softcap")

    text: Annotated[str | None, doc("a sentence, split on white space", "text")] = None
    tokens: Annotated[Words | None, doc("a list of tokens, instead of `text`", "a list of tokens")] = None
    embeddings: Annotated[
        ByToken | None,
        doc(
            "one vector a token; left out: illustrative ones made from the token's own text",
            "a list of vectors, one a token, or a mapping from token to vector",
        ),
    ] = None
    dimensions: Annotated[
        Dimension | None, doc("length of illustrative embeddings (default 3)", "a whole number from 1 to 64")
    ] = None
    scores: Annotated[
        Grid | None,
        doc("scores given instead of computed [query, key]", "rows of numbers, one row a query"),
    ] = None
    weights: Annotated[
        Grid | None,
        doc(
            "weights given instead of computed [query, key]; rows add up to 1",
            "rows of numbers, one row a query",
        ),
    ] = None
    scale: Annotated[
        Positive | None,
        doc("factor of the scores (default 1/√d_k; of given `scores`, 1)", "a number above 0"),
    ] = None
    temperature: Annotated[Positive | None, doc("divides the scaled scores", "a number above 0")] = None
    softcap: Annotated[Positive | None, doc("c of c × tanh(score / c)", "a number above 0")] = None
    mask: Annotated[
        Literal["none", "causal"] | Window | Allowed,
        doc(
            "who may attend to whom: `none` forbids nothing, `causal` what comes later, `{window: n}` all but the "
            "last n keys up to one's own; or rows of true and false",
            "'none', 'causal', {window: n}, or rows of true and false, one row a query",
        ),
    ] = "none"
    decimals: Annotated[int, doc("decimals of printed numbers", "a whole number from 0 to 6", ge=0, le=6)] = 2

    @property
    def basis(self) -> Basis | None:
        """What the weights come from; None where that is contradictory, which is a mistake of its own."""
        return basis_of(self)

    def idle(self) -> Iterator[OptionError]:
        """What the basis of the weights makes idle."""
        basis = self.basis
        for name in (*_IDLE.get(basis, ()), *(self.scoring if basis == "weights" else ())):
            if self.gives(name):
                yield OptionError(name, f"'{name}' has no effect where the {basis} are given", "remove it")
        if self.dimensions is not None and self.gives("embeddings"):
            yield OptionError("dimensions", "'dimensions' has no effect where embeddings are given", "remove it")


class Attention(SelfAttention, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The options of the kinds that compute attention over tokens."""

    projections: Annotated[
        Projections | None,
        doc(
            "`query`, `key` and `value` matrices [d_model, d_k]; left out: identity",
            "a mapping with 'query', 'key' and 'value' matrices",
        ),
    ] = None
    keys: Annotated[
        ByToken | None,
        doc("key vectors given directly", "a list of vectors, or a mapping from token to vector"),
    ] = None
    values: Annotated[
        ByToken | None,
        doc("value vectors given directly", "a list of vectors, or a mapping from token to vector"),
    ] = None
    key_tokens: Annotated[
        list[str] | None, doc("the tokens that are attended to, for cross-attention", "a list of tokens")
    ] = None
    heads: Annotated[
        Count | list[Head],
        doc(
            "how many, or a list with `name`, `projections`, `scores` or `weights` of each",
            "a whole number from 1 to 64, or a list of heads",
        ),
    ] = 1
    source: Annotated[
        Source | None,
        doc(
            "an array in a data file beside the document (.npy, .npz, .safetensors, .json): `file`, which option it "
            "`holds` (default `weights`), and `array`, `layer`, `head` to find it",
            "a mapping with 'file', and with 'holds', 'array', 'layer' or 'head'",
        ),
    ] = None

    def gives(self, name: str) -> bool:
        """Whether an option, or the data file for it, says anything."""
        source = self.source
        return (source is not None and source.holds == name) or super().gives(name)

    @property
    def basis(self) -> Basis | None:
        """The same of all heads."""
        outer = basis_of(self, "" if self.source is None else self.source.holds)
        if isinstance(self.heads, int):
            return outer
        inner = set(map(basis_of, self.heads))
        if inner <= {"vectors"}:
            return outer
        return inner.pop() if len(inner) == 1 and outer == "vectors" else None

    def idle(self) -> Iterator[OptionError]:
        """What each head's own projections, or scores and weights that are given, make idle, too."""
        yield from super().idle()
        heads = self.heads if isinstance(self.heads, list) else []
        if self.basis in _IDLE:
            yield from self._unprojected(heads)
        elif self.projections is not None and heads and all(each.projections is not None for each in heads):
            yield OptionError("projections", "'projections' has no effect where each head has its own", "remove it")

    def _unprojected(self, heads: list[Head]) -> Iterator[OptionError]:
        """Projections beside given scores or weights: nothing but embeddings that serve as values is projected."""
        for number, head in enumerate(heads):
            if head.projections is not None:
                said = f"the {self.basis} are given: nothing is projected"
                yield OptionError(("heads", number, "projections"), said, "remove it")
        if self.projections is None:
            return
        if self.gives("values") or not self.gives("embeddings"):
            given = f"the {self.basis} and the values" if self.gives("values") else f"the {self.basis}"
            yield OptionError("projections", f"'projections' has no effect where {given} are given", "remove it")
            return
        for name in ("query", "key"):
            if getattr(self.projections, name) is not None:
                said = f"the {self.basis} are given: no {name} is projected"
                yield OptionError(("projections", name), said, "remove it")

    def idle_vectors(self, shows: str) -> Iterator[OptionError]:
        """Vectors that come to nothing where only weights are drawn; `shows` says so."""
        if self.gives("values"):
            yield OptionError("values", f"'values' has no effect here: {shows}", "remove it")
        if self.projections is not None and self.projections.value is not None:
            said = f"'value' in 'projections' has no effect here: {shows}"
            yield OptionError(("projections", "value"), said, "remove it")
        for number, head in enumerate(self.heads if isinstance(self.heads, list) else ()):
            if head.projections is not None and head.projections.value is not None:
                said = f"'value' in 'projections' has no effect here: {shows}"
                yield OptionError(("heads", number, "projections", "value"), said, "remove it")
        if self.basis in _IDLE and self.gives("embeddings"):
            said = f"'embeddings' has no effect where the {self.basis} are given: {shows}"
            yield OptionError("embeddings", said, "remove it")
