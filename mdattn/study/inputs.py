"""What a block gives to all of its heads: tokens, vectors and mask, each made an array once.

Floor 2, shared by the kinds that compute attention. What an option says wrong in substance, as a ragged vector, is
found here and raised as OptionError with the path to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mdattn import numerals
from mdattn.attention import Trace, attend_by, illustrative, product
from mdattn.attention.masks import causal, window
from mdattn.attention.scores import steps_of
from mdattn.errors import OptionError
from mdattn.errors import Path as OptionPath
from mdattn.options import LARGEST, Attention, Projections, Window
from mdattn.study.given import flags, numbers
from mdattn.study.tokens import counted, tokens_of
from mdattn.study.vectors import vectors

if TYPE_CHECKING:
    from mdattn.study.given import Array, Mask, Rows

DIMENSIONS = 3
MOST_HEADS = 64  # as many as may be asked for by number
MOST_WEIGHTS = 2**24  # of all heads together: 16 heads of 1,024 tokens
MOST_IN_VECTORS = 2**23  # numbers of the keys and values of all heads together


class Inputs(NamedTuple):
    """What the heads of a block share."""

    options: Attention
    tokens: tuple[str, ...]
    key_tokens: tuple[str, ...]
    query: int | None
    """The one position that attends; None if all do."""
    whole: bool
    """Whether the scores on the way to the weights are kept."""
    embeddings: Array | None
    """[token, d_model], before any projection; None where none are asked for."""
    allowed: Mask | None
    """[query, key] of all queries, true where a query may attend; None without a mask."""
    mask: str
    """The mask in words: "none", "causal", "window of 3", "given"."""
    keys: Array | None
    """As given, [key, d_k]."""
    values: Array | None
    """As given, [key, d_v]."""

    @property
    def cross(self) -> bool:
        """Whether those that are attended to have a sentence of their own."""
        return self.options.key_tokens is not None

    @property
    def total(self) -> int:
        """How many heads there are."""
        heads = self.options.heads
        return heads if isinstance(heads, int) else len(heads)

    @property
    def seen(self) -> Mask | None:
        """[query, key] of those that attend: all, or the one."""
        if self.allowed is None or self.query is None:
            return self.allowed
        return self.allowed[self.query : self.query + 1]

    def check_size(self) -> None:
        """Raises OptionError for no heads, and for more heads or weights than a diagram is worth waiting for."""
        count, keys = self.total, len(self.key_tokens)
        queries = 1 if self.query is not None else len(self.tokens)
        if not count:
            raise OptionError("heads", "'heads' is an empty list", "give at least one head")
        if count > MOST_HEADS:
            at: OptionPath = ("heads", MOST_HEADS)
            raise OptionError(at, f"'heads' lists {count:,} heads; at most {MOST_HEADS} can be drawn")
        weights = count * queries * keys
        if weights > MOST_WEIGHTS:
            size = f"{count} heads x {queries:,} queries x {keys:,} keys"
            raise OptionError(
                "heads",
                f"{size} are {weights:,} weights; at most {MOST_WEIGHTS:,} can be drawn",
                "draw fewer heads, or a part of the text",
            )

    def projected(self, projections: Projections | None, path: OptionPath) -> tuple[Array, Array, Array]:
        """Query [query, d_k], key [key, d_k] and value [key, d_v] of one set of projections."""
        assert self.embeddings is not None
        source = self.sources
        used = self.embeddings if self.query is None else self.embeddings[self.query : self.query + 1]
        query = project(used, projections, "query", path)
        key = self.keys
        value = self.values
        for name, given in (("key", key), ("value", value)):
            if given is not None and projections is not None and getattr(projections, name) is not None:
                raise OptionError((*path, name), f"the {name}s are given, so this projection has nothing to project")
        key = project(source, projections, "key", path) if key is None else key
        value = project(source, projections, "value", path) if value is None else value
        if query.shape[1] != key.shape[1]:
            at: OptionPath = (
                path if projections is not None else ("keys",) if self.options.keys is not None else ("embeddings",)
            )
            raise OptionError(
                at, f"a query has length {query.shape[1]} and a key {key.shape[1]}", "they must be equally long"
            )
        return query, key, value

    @property
    def sources(self) -> Array:
        """[key, d_model]: what keys and values are projected from."""
        assert self.embeddings is not None
        if not self.cross:
            return self.embeddings
        if self.keys is not None:
            return self.keys
        return illustrative(self.key_tokens, self.embeddings.shape[1], self.options.decimals)

    def attended(self, query: Array, key: Array, value: Array) -> Trace:
        """The attention of one head: query [query, d_k], key [key, d_k], value [key, d_v]."""
        count = self.total
        numbers_ = count * (key.size + value.size)
        if numbers_ > MOST_IN_VECTORS:
            problem = (
                f"the keys and values of {count} heads are {numbers_:,} numbers; at most {MOST_IN_VECTORS:,} are taken"
            )
            raise OptionError("heads" if count > 1 else (), problem, "give fewer or shorter vectors")
        steps = steps_of(self.options, query.shape[1])
        return attend_by(steps, query, key, value, allowed=self.seen, keep=self.whole)


def inputs_of(
    options: Attention,
    tokens: tuple[str, ...],
    key_tokens: tuple[str, ...],
    *,
    embedded: bool,
    query: int | None = None,
    whole: bool = False,
) -> Inputs:
    """What the options give, converted; `embedded`: embeddings are needed, given or not. Raises OptionError."""
    embeddings = _embeddings(options, tokens) if embedded else None
    allowed, mask = _mask(options, len(tokens), len(key_tokens))
    keys, values = (
        None if each is None else vectors(each, key_tokens, name)
        for name, each in (("keys", options.keys), ("values", options.values))
    )
    return Inputs(options, tokens, key_tokens, query, whole, embeddings, allowed, mask, keys, values)


def project(array: Array, projections: Projections | None, name: str, path: OptionPath) -> Array:
    """array [n, d_model] @ matrix [d_model, d] -> [n, d]; without a matrix the array itself."""
    rows: Rows | None = None if projections is None else getattr(projections, name)
    if rows is None:
        return array
    matrix = numbers(rows, (*path, name), 2, f"the projection of the {name}")
    if matrix.shape[0] != array.shape[1]:
        raise OptionError(
            (*path, name),
            f"this projection has {matrix.shape[0]} rows; vectors of {array.shape[1]} numbers need as many",
        )
    return product(array, matrix)


def _embeddings(options: Attention, tokens: tuple[str, ...]) -> Array:
    """[token, d_model], as given or illustrative."""
    if options.embeddings is not None:
        return vectors(options.embeddings, tokens, "embeddings")
    dimensions = options.dimensions
    if dimensions is None and options.keys is not None:
        return illustrative(tokens, max(_length(options.keys), 1), options.decimals)
    if dimensions is None and isinstance(options.heads, int):
        dimensions = DIMENSIONS if options.heads == 1 else 2 * options.heads
    return illustrative(tokens, dimensions or DIMENSIONS, options.decimals)


def _length(value: Rows | Mapping[str, Rows]) -> int:
    """How long the first of some vectors is."""
    if isinstance(value, float):
        return 0
    first = next(iter(value.values() if isinstance(value, Mapping) else value), ())
    return len(first) if isinstance(first, (list, np.ndarray)) else 0


def _mask(options: Attention, queries: int, keys: int) -> tuple[Mask | None, str]:
    """[query, key], true where a query may attend, and the mask in words."""
    mask = options.mask
    if isinstance(mask, Window):
        if mask.window > LARGEST:
            raise OptionError(
                ("mask", "window"), f"a window may have up to {numerals.count(int(LARGEST))} keys", "give fewer"
            )
        return window(queries, keys, mask.window), f"window of {mask.window}"
    if not isinstance(mask, str):
        return flags(mask, ("mask",), queries, keys, counted(tokens_of(options))), "given"
    return (None, "none") if mask == "none" else (causal(queries, keys), "causal")
