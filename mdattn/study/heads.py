"""The options of a block, carried out: tokens, vectors and the attention over them.

Floor 2, shared by the kinds that compute attention. What an option says wrong in substance (a ragged vector, a query
that is no token, a row that does not add up) is found here and raised as OptionError with the path to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, NoReturn

import numpy as np

from mdattn import cells, numerals
from mdattn.attention import Trace, Weighing, attend_by, given, illustrative, product, weigh
from mdattn.attention.masks import causal, window
from mdattn.attention.scores import steps_of
from mdattn.errors import OptionError
from mdattn.errors import Path as OptionPath
from mdattn.options import LARGEST, Attention, Head, Projections, Window
from mdattn.study.given import counted, depth, flags, is_flat, numbers, vectors, written_decimals
from mdattn.study.names import printable
from mdattn.study.tokens import key_tokens_of, position, tokens_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

Basis = Literal["vectors", "scores", "weights"]

DIMENSIONS = 3
# A vector that an author wrote by hand is printed as written, up to this many decimals.
WRITTEN_DECIMALS = 4
MOST_HEADS = 64  # as many as may be asked for by number
MOST_WEIGHTS = 2**24  # of all heads together: 16 heads of 1,024 tokens
MOST_IN_VECTORS = 2**23  # numbers of the keys and values of all heads together
MOST_BY_HAND = 2**20  # the same, where each is worked on by itself
# A row of weights that was not rounded to some decimals comes from a model, maybe one that counts in half precision.
UNROUNDED = 1e-3
SURE = 3e-9  # A row that misses 1 by less does so within any rounding.
FEW_KEYS = 6  # A message shows the row of so many keys in full.


class HeadStudy(NamedTuple):
    """One head: its name, "" if it has none, and its trace, whose leading head axis has length 1."""

    name: str
    trace: Weighing


class Study(NamedTuple):
    """Everything a kind draws from."""

    tokens: tuple[str, ...]
    key_tokens: tuple[str, ...]
    query: int | None
    """The one position that attends; None if all do. The traces hold only its row then."""
    embeddings: Array | None
    """[token, d_model], before any projection; None where scores or weights are given without vectors."""
    illustrative: bool
    basis: Basis
    heads: tuple[HeadStudy, ...]
    allowed: NDArray[np.bool_] | None
    """[query, key], or None without a mask."""
    mask: str
    """The mask in words: "none", "causal", "window of 3", "given"."""
    input_decimals: int
    """Decimals at which vectors are printed."""
    inputs_exact: bool
    """Whether at these decimals the vectors are printed in full."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The tokens as they may be printed."""
        return printable(self.tokens)


def study(options: Attention, *, query: int | str | None = None, whole: bool = True) -> Study:
    """Carry the options out, for one query or, with None, for every token. Raises OptionError.

    Unless the `whole` of it is asked for, only the weights and the mask are kept of each trace.
    """
    tokens = tokens_of(options)
    at = None if query is None else position(query, tokens, ("query",))
    key_tokens = key_tokens_of(options, tokens)
    basis = _basis(options)
    embeddings = embeddings_of(options, tokens) if basis == "vectors" or options.embeddings is not None else None
    allowed, mask = mask_of(options, len(tokens), len(key_tokens))
    row = slice(None) if at is None else slice(at, at + 1)
    seen = None if allowed is None else allowed[row]
    given_ = given_vectors(options, key_tokens)
    work = Work(options, tokens, key_tokens, embeddings, *given_, seen, at, whole)
    used = [each for each in (embeddings, *given_) if each is not None]
    written = max(map(written_decimals, used), default=0)
    shown = written if written <= WRITTEN_DECIMALS else max(options.decimals, 1)
    return Study(
        tokens=tokens,
        key_tokens=key_tokens,
        query=at,
        embeddings=embeddings,
        illustrative=embeddings is not None and options.embeddings is None,
        basis=basis,
        heads=tuple(work.heads(basis)) if whole else tuple(map(_without_steps, work.heads(basis))),
        allowed=allowed,
        mask=mask,
        input_decimals=shown,
        inputs_exact=written <= WRITTEN_DECIMALS,
    )


def refuse_long_work(found: Study) -> None:
    """Raises OptionError for vectors that take too long to work out as a person does, number by number."""
    arrays = [
        each for head in found.heads if isinstance(head.trace, Trace) for each in (head.trace.key, head.trace.value)
    ]
    total = sum(each.size for each in arrays)
    if total > MOST_BY_HAND:
        problem = f"'shown' works with up to {MOST_BY_HAND:,} numbers of keys and values; here there are {total:,}"
        raise OptionError("arithmetic", problem, "use 'exact'")


def _without_steps(head: HeadStudy) -> HeadStudy:
    """The head without the numbers on the way to its weights, which of many tokens take most of the memory."""
    trace = head.trace
    return HeadStudy(head.name, Weighing(steps=trace.steps, weights=trace.weights, allowed=trace.allowed))


# Attention ------------------------------------------------------------------------------------------------------------


def _form(given: Attention | Head) -> Basis:
    return "weights" if given.weights is not None else "scores" if given.scores is not None else "vectors"


def _basis(options: Attention) -> Basis:
    """What the weights come from. Raises OptionError where that is contradictory."""
    heads = options.heads if isinstance(options.heads, list) else []
    for index, each in enumerate(heads):
        if each.weights is not None and each.scores is not None:
            raise OptionError(("heads", index, "scores"), "'weights' and 'scores' exclude each other", "keep one")
    forms = {_form(each) for each in heads}
    if len(forms) > 1:
        raise OptionError("heads", "some heads give scores or weights and some do not", "give the same for each head")
    inner = forms.pop() if forms else "vectors"
    outer = _form(options)
    if inner != "vectors" and outer != "vectors":
        raise OptionError(outer, f"'{outer}' are given for the block and for its heads", "give them once")
    return inner if inner != "vectors" else outer


def embeddings_of(options: Attention, tokens: tuple[str, ...]) -> Array:
    """[token, d_model], as given or illustrative."""
    if options.embeddings is not None:
        return vectors(options.embeddings, tokens, "embeddings")
    dimensions = options.dimensions
    if dimensions is None and options.keys is not None:
        return illustrative(tokens, max(_length(options.keys), 1), options.decimals)
    if dimensions is None and isinstance(options.heads, int):
        dimensions = DIMENSIONS if options.heads == 1 else 2 * options.heads
    return illustrative(tokens, dimensions or DIMENSIONS, options.decimals)


def _length(value: Any) -> int:
    """How long the first of some vectors is."""
    first = next(iter(value.values() if isinstance(value, Mapping) else value), ())
    return len(first) if isinstance(first, (list, np.ndarray)) else 0


def given_vectors(options: Attention, key_tokens: tuple[str, ...]) -> tuple[Array | None, Array | None]:
    """Keys [key, d_k] and values [key, d_v], as far as they are given."""
    keys, values = options.keys, options.values
    return (
        None if keys is None else vectors(keys, key_tokens, "keys"),
        None if values is None else vectors(values, key_tokens, "values"),
    )


def mask_of(options: Attention, queries: int, keys: int) -> tuple[NDArray[np.bool_] | None, str]:
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


def check_heads(options: Attention, queries: int, keys: int) -> None:
    """Raises OptionError for no heads, and for more heads or weights than a diagram is worth waiting for."""
    heads = options.heads
    if heads == []:
        raise OptionError("heads", "'heads' is an empty list", "give at least one head")
    count = heads if isinstance(heads, int) else len(heads)
    if count > MOST_HEADS:
        at: OptionPath = ("heads", MOST_HEADS)
        raise OptionError(at, f"'heads' lists {count:,} heads; at most {MOST_HEADS} can be drawn")
    total = count * queries * keys
    if total > MOST_WEIGHTS:
        size = f"{count} heads x {queries:,} queries x {keys:,} keys"
        raise OptionError(
            "heads",
            f"{size} are {total:,} weights; at most {MOST_WEIGHTS:,} can be drawn",
            "draw fewer heads, or a part of the text",
        )


class Work(NamedTuple):
    """What the heads of one block share, and how each of them gets its trace."""

    options: Attention
    tokens: tuple[str, ...]
    key_tokens: tuple[str, ...]
    embeddings: Array | None
    keys: Array | None  # as given, [key, d_k]
    values: Array | None  # as given, [key, d_v]
    allowed: NDArray[np.bool_] | None
    query: int | None
    whole: bool
    """Whether the scores on the way to the weights are kept."""

    @property
    def cross(self) -> bool:
        return self.options.key_tokens is not None

    def heads(self, basis: Basis) -> Iterator[HeadStudy]:
        """Each head with its trace."""
        heads = self.options.heads
        check_heads(self.options, 1 if self.query is not None else len(self.tokens), len(self.key_tokens))
        listed, count = (None, heads) if isinstance(heads, int) else (heads, len(heads))
        if basis != "vectors":
            yield from self.given_heads(basis, listed, count)
        elif listed is None:
            yield from self.split_heads(count)
        else:
            for index, head in enumerate(listed):
                own = head.projections or self.options.projections
                path: OptionPath = ("heads", index, "projections") if head.projections else ("projections",)
                yield HeadStudy(head.name or "", self.trace(*self.projected(own, path)))

    def split_heads(self, count: int) -> Iterator[HeadStudy]:
        """Query, key and value divided among the heads, as in multi-head attention."""
        parts = []
        for name, array in zip(
            ["query", "key", "value"], self.projected(self.options.projections, ("projections",)), strict=True
        ):
            if array.shape[1] % count:
                raise OptionError("heads", f"{count} heads do not divide the {array.shape[1]} dimensions of the {name}")
            parts.append([array] if count == 1 else np.split(array, count, axis=1))
        for query, key, value in zip(*parts, strict=True):
            yield HeadStudy("", self.trace(query, key, value))

    def projected(self, projections: Projections | None, path: OptionPath) -> tuple[Array, Array, Array]:
        """Query [query, d_k], key [key, d_k] and value [key, d_v] of one set of projections."""
        assert self.embeddings is not None
        source = self.sources
        used = self.embeddings if self.query is None else self.embeddings[self.query : self.query + 1]
        query = _project(used, projections, "query", path)
        key = self.keys
        value = self.values
        for name, given_ in (("key", key), ("value", value)):
            if given_ is not None and projections is not None and getattr(projections, name) is not None:
                raise OptionError((*path, name), f"the {name}s are given, so this projection has nothing to project")
        key = _project(source, projections, "key", path) if key is None else key
        value = _project(source, projections, "value", path) if value is None else value
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

    def trace(self, query: Array, key: Array, value: Array) -> Weighing:
        options = self.options
        count = options.heads if isinstance(options.heads, int) else len(options.heads)
        total = count * (key.size + value.size)
        if total > MOST_IN_VECTORS:
            problem = (
                f"the keys and values of {count} heads are {total:,} numbers; at most {MOST_IN_VECTORS:,} are taken"
            )
            raise OptionError("heads" if count > 1 else (), problem, "give fewer or shorter vectors")
        steps = steps_of(options, query.shape[1])
        return attend_by(steps, query, key, value, allowed=self.allowed, keep=self.whole)

    def given_heads(self, basis: Basis, listed: Sequence[Head] | None, count: int) -> Iterator[HeadStudy]:
        """Heads whose scores or weights stand in the block."""
        if listed is not None and all(getattr(each, basis) is not None for each in listed):
            for index, head in enumerate(listed):
                if head.projections is not None:
                    raise OptionError(("heads", index, "projections"), f"the {basis} are given: nothing is projected")
                yield HeadStudy(head.name or "", self.given_trace(basis, getattr(head, basis), ("heads", index, basis)))
            return
        rows = getattr(self.options, basis)
        names = [each.name or "" for each in listed] if listed is not None else [""] * count
        if count == 1:
            yield HeadStudy(names[0], self.given_trace(basis, rows, (basis,)))
            return
        self.check_count(basis, rows, count)
        for index, name in enumerate(names):
            yield HeadStudy(name, self.given_trace(basis, rows[index], (basis, index)))

    def check_count(self, basis: Basis, rows: Any, count: int) -> None:
        """Raises OptionError unless there is one matrix, or of one query one row, for each of several heads."""
        found = depth(rows)
        one = "matrix" if self.query is None else "row or matrix"
        if found < 2 or (found == 2 and (self.query is None or len(rows) != count)):
            what = "row" if found < 2 else "matrix"
            raise OptionError(basis, f"'{basis}' is one {what}, and there are {count} heads", f"give one {one} a head")
        if len(rows) != count:
            matrices = "1 matrix" if len(rows) == 1 else f"{len(rows)} matrices"
            problem = f"'{basis}' has {matrices} for {count} heads"
            raise OptionError((basis, min(len(rows), count)), problem, f"give one {one} a head")

    def given_trace(self, basis: Basis, rows: Any, path: OptionPath) -> Weighing:
        """The trace of scores or weights that stand in the block, with values where there are any."""
        options = self.options
        value = self.values if self.values is not None else self.embeddings
        if value is not None and options.projections is not None:
            for name in ("query", "key"):
                if getattr(options.projections, name) is not None:
                    raise OptionError(("projections", name), f"the {basis} are given: no {name} is projected")
            value = _project(value, options.projections, "value", ("projections",))
        return self.weighing(basis, rows, path, value)

    def weighing(self, basis: Basis, rows: Any, path: OptionPath, value: Array | None = None) -> Weighing:
        """Scores or weights [query, key] that stand at the path, with values [key, d_v] or without."""
        matrix = self.matrix(rows, path, basis)
        if basis == "scores":
            return weigh(matrix, steps_of(self.options, None), value=value, allowed=self.allowed, keep=self.whole)
        self.check_weights(matrix, rows, path)
        return given(matrix, value=value, allowed=self.allowed)

    def matrix(self, rows: Any, path: OptionPath, basis: Basis) -> Array:
        """[query, key]: the matrix that the block gives, or the row of its one query."""
        queries, keys = len(self.tokens), len(self.key_tokens)
        single = self.query is not None and is_flat(rows)
        if not single and is_flat(rows):
            message = f"'{basis}' is one row; {queries} queries x {keys} keys are needed"
            raise OptionError(path, message, counted(self.tokens))
        found = numbers(rows, path, 1 if single else 2, f"'{basis}'", keys)
        matrix = found[None, :] if single else found
        if matrix.shape != (1 if single else queries, keys):
            self.refuse_shape(matrix, rows, path, basis, single)
        return matrix if single or self.query is None else matrix[self.query : self.query + 1]

    def refuse_shape(self, matrix: Array, rows: Any, path: OptionPath, basis: Basis, single: bool) -> NoReturn:
        """Raises OptionError that says what is needed, for which tokens, and that the row of one query is enough."""
        queries, keys = len(self.tokens), len(self.key_tokens)
        told = counted(self.tokens)
        if self.cross:
            told += "; " + counted(self.key_tokens, "'key_tokens'")
        if single:
            message = f"'{basis}' is a row of {matrix.shape[1]}; the one query needs {keys}, one a key"
            raise OptionError(path, message, told)
        had = " x ".join(map(str, matrix.shape))
        message = f"'{basis}' is {had}; {queries} queries x {keys} keys are needed"
        if self.query is not None and matrix.shape[1] == keys:
            row = rows[0] if len(rows) == 1 and keys <= FEW_KEYS else [0.5, 0.5]
            short = ", ".join(numerals.compact(float(each), numerals.MOST_DECIMALS) for each in row)
            example = (
                f"'{basis}: [{short}]'"
                if len(rows) == 1 and keys <= FEW_KEYS
                else f"'{basis}: [{short}, {cells.ELLIPSIS}]'"
            )
            told = f"or only the query's own row, as {example}; {told}"
        # Where only the rows are too long or too short, the first of them is as wrong as any.
        at = (*path, 0) if len(matrix) == queries and isinstance(rows, list) else path
        raise OptionError(at, message, told)

    def check_weights(self, matrix: Array, rows: Any, path: OptionPath) -> None:
        """Each row adds up to 1 within what rounding its numbers can do, and what is masked weighs nothing."""
        # Only rows that a look at all of them together leaves in doubt are looked at number by number.
        doubtful = ~(np.abs(matrix.sum(axis=1) - 1) < SURE) | (matrix < 0).any(axis=1)
        if self.allowed is not None:
            doubtful |= (~self.allowed & (matrix != 0)).any(axis=1)
        for index in np.flatnonzero(doubtful).tolist():
            number = index if self.query is None else self.query
            at, name = (path, "the row") if is_flat(rows) else ((*path, number), f"row {number}")
            self.check_row(matrix[index].tolist(), index, at, name)

    def check_row(self, row: list[float], index: int, at: OptionPath, name: str) -> None:
        """The same of one row."""
        if any(weight < 0 for weight in row):
            place = next(place for place, weight in enumerate(row) if weight < 0)
            raise OptionError((*at, place), "a weight below 0", "weights are shares: from 0 to 1")
        allowed = None if self.allowed is None else self.allowed[index].tolist()
        if allowed is not None:
            for place, (weight, may) in enumerate(zip(row, allowed, strict=True)):
                if weight and not may:
                    raise OptionError((*at, place), f"{name} gives weight to a masked position", "write 0 there")
            if not any(allowed):
                return
        decimals = max(1, numerals.decimals_needed(row, numerals.SNAP))
        slack = len(row) * 0.5 * 10.0**-decimals if decimals < numerals.SNAP else UNROUNDED
        # Of many keys each may have been rounded to 0, but then nothing is left to draw.
        if abs(sum(row) - 1) >= slack - 1e-9 or not any(row):
            total = sum(row)
            # What misses 1 by less than that is told with more digits, not as 1.
            decimals = numerals.MOST_DECIMALS if numerals.rounded(total, numerals.MOST_DECIMALS) != 1 else numerals.SNAP
            said = f"the weights of {name} add up to {numerals.compact(total, decimals)}, not to 1"
            raise OptionError(at, said, "weights are shares of 1; numbers before the softmax go to 'scores:'")


def _project(array: Array, projections: Projections | None, name: str, path: OptionPath) -> Array:
    """array [n, d_model] @ matrix [d_model, d] -> [n, d]; without a matrix the array itself."""
    rows = None if projections is None else getattr(projections, name)
    if rows is None:
        return array
    matrix = numbers(rows, (*path, name), 2, f"the projection of the {name}")
    if matrix.shape[0] != array.shape[1]:
        raise OptionError(
            (*path, name),
            f"this projection has {matrix.shape[0]} rows; vectors of {array.shape[1]} numbers need as many",
        )
    return product(array, matrix)
