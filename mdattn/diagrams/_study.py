"""The options of a block, carried out: tokens, vectors and the attention over them.

Shared by the kinds that compute attention. What an option says wrong in substance (a ragged vector, a query that is
no token, a row that does not add up) is found here and raised as OptionError with the path to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from mdattn import cells, numerals
from mdattn.attention import Weighing, attend, given, illustrative, product, weigh
from mdattn.attention.masks import causal, window
from mdattn.diagrams._words import checked
from mdattn.diagrams._words import labels as labels
from mdattn.errors import IdleError, OptionError, suggest
from mdattn.errors import Path as OptionPath
from mdattn.options import LARGEST, Attention, Head, Projections, Window

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

Basis = Literal["vectors", "scores", "weights"]

DIMENSIONS = 3
# A vector that an author wrote by hand is printed as written, up to this many decimals.
WRITTEN_DECIMALS = 4
# A row of weights that was not rounded to some decimals comes from a model, maybe one that counts in half precision.
UNROUNDED = 1e-3


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
        return labels(self.tokens)

    @property
    def key_labels(self) -> tuple[str, ...]:
        """The key tokens as they may be printed."""
        return labels(self.key_tokens)


def study(options: Attention, *, query: int | str | None = None) -> Study:
    """Carry the options out, for one query or, with None, for every token. Raises OptionError."""
    tokens = tokens_of(options)
    at = None if query is None else position(query, tokens, ("query",))
    key_tokens = key_tokens_of(options, tokens)
    basis = _basis(options)
    embeddings = embeddings_of(options, tokens) if basis == "vectors" or options.embeddings is not None else None
    allowed, mask = mask_of(options, len(tokens), len(key_tokens))
    row = slice(None) if at is None else slice(at, at + 1)
    seen = None if allowed is None else allowed[row]
    work = Work(options, tokens, key_tokens, embeddings, seen, at)
    vectors = [each for each in (embeddings, work.keys, work.values) if each is not None]
    written = max(map(_written_decimals, vectors), default=0)
    shown = written if written <= WRITTEN_DECIMALS else max(options.decimals, 1)
    return Study(
        tokens=tokens,
        key_tokens=key_tokens,
        query=at,
        embeddings=embeddings,
        illustrative=embeddings is not None and options.embeddings is None,
        basis=basis,
        heads=tuple(work.heads(basis)),
        allowed=allowed,
        mask=mask,
        input_decimals=shown,
        inputs_exact=written <= WRITTEN_DECIMALS,
    )


# Tokens ---------------------------------------------------------------------------------------------------------------


def tokens_of(options: Attention) -> tuple[str, ...]:
    """The tokens of `text` or `tokens`."""
    if options.tokens is not None:
        tokens, name = tuple(options.tokens), "tokens"
    elif options.text is not None:
        tokens, name = tuple(options.text.split()), "text"
    else:
        raise OptionError((), "the block has no sentence", "give 'text:' or 'tokens:'")
    return checked(tokens, name)


def key_tokens_of(options: Attention, tokens: tuple[str, ...]) -> tuple[str, ...]:
    """The tokens that are attended to: in self-attention those that attend."""
    if options.key_tokens is not None:
        return checked(tuple(options.key_tokens), "key_tokens")
    for name in ("keys", "values"):
        value = getattr(options, name)
        if isinstance(value, list) and len(value) != len(tokens):
            raise OptionError(
                name,
                f"'{name}' has {len(value)} vectors, but there are {len(tokens)} tokens",
                "name them with 'key_tokens'",
            )
    return tokens


def position(name: int | str, tokens: Sequence[str], path: OptionPath) -> int:
    """The position that a position, a token or `word#2` stands for. Raises OptionError."""
    if isinstance(name, int):
        return _position_numbered(name, tokens, path)
    places = [index for index, token in enumerate(tokens) if token == name]
    if len(places) == 1:
        return places[0]
    if places:
        choices = ", ".join(f"'{name}#{nth}' (position {place})" for nth, place in enumerate(places[:8], 1))
        raise OptionError(path, f"'{cells.printable(name)}' stands {len(places)} times", f"choose from {choices}")
    word, mark, nth = name.rpartition("#")
    if mark and nth.isascii() and nth.isdecimal():
        places = [index for index, token in enumerate(tokens) if token == word]
        if 0 < int(nth) <= len(places):
            return places[int(nth) - 1]
        if places:
            raise OptionError(path, f"'{cells.printable(word)}' stands {len(places)} times, so there is no {name}")
    unique = list(dict.fromkeys(cells.printable(token) for token in tokens))
    hint = suggest(cells.printable(name), unique)
    hint = hint if len(hint) <= 200 else hint[:199] + cells.ELLIPSIS
    raise OptionError(path, f"'{cells.printable(name)}' is not a token", hint)


def _position_numbered(number: int, tokens: Sequence[str], path: OptionPath) -> int:
    """The number itself, unless it may be meant as a token: of the sentence "1 2 3", 1 is both."""
    inside = 0 <= number < len(tokens)
    if str(number) in tokens and not (inside and tokens[number] == str(number)):
        other = f'"{number}" in quotes is the token'
        if inside:
            raise OptionError(
                path, f"{number} is a token, and also the position of '{cells.printable(tokens[number])}'", other
            )
        raise OptionError(path, f"there is no position {number}", other)
    if not inside:
        raise OptionError(path, f"there is no position {number}", f"positions go from 0 to {len(tokens) - 1}")
    return number


def query_of(options: Attention, query: int | str | None) -> int | str:
    """The query that a block names; of a single token that one. Raises OptionError."""
    if query is not None:
        return query
    tokens = tokens_of(options)
    if len(tokens) == 1:
        return 0
    choices = [cells.without_isolates(name) for name in distinct(tokens[:8])]
    more = cells.ELLIPSIS if len(tokens) > 8 else ""
    raise OptionError(
        (), "the block does not say which token attends", f"add 'query:' with one of {', '.join(choices)}{more}"
    )


def distinct(tokens: Sequence[str]) -> tuple[str, ...]:
    """Each token as it may be printed and named: of tokens that stand several times, the second is `the#2`."""
    counts: dict[str, int] = {}
    names = []
    for token in tokens:
        counts[token] = counts.get(token, 0) + 1
        names.append(token if counts[token] == 1 else f"{token}#{counts[token]}")
    return labels(names)


# Numbers --------------------------------------------------------------------------------------------------------------


def numbers(value: object, path: OptionPath, axes: int, what: str) -> Array:
    """A nested list as an array with that many axes. Raises OptionError at the first number or row that is wrong."""
    if axes == 2 and isinstance(value, list) and (array := _at_once(value)) is not None:
        return array
    _check(value, path, axes, what)
    return np.array(value, dtype=np.float64)


def _written_decimals(array: Array) -> int:
    """How many decimals an author wrote at the most; more than any are printed for numbers from a model."""
    for decimals in range(numerals.MOST_DECIMALS + 1):
        unit = 10.0**decimals
        if (np.rint(array * unit) / unit == array).all():
            return decimals
    return numerals.MOST_DECIMALS + 1


_NUMBERS = {int, float}


def _at_once(rows: list[Any]) -> Array | None:
    """Rows of numbers of one length as an array; None for anything else, which is looked at number by number."""
    if not (
        rows
        and all(isinstance(row, list) and row and set(map(type, row)) <= _NUMBERS for row in rows)
        and len(set(map(len, rows))) == 1
    ):
        return None
    try:
        array = np.array(rows, dtype=np.float64)
    except OverflowError:  # A whole number of hundreds of digits.
        return None
    return array if (np.abs(array) <= LARGEST).all() else None  # What is not a number is not below it either.


def _check(value: object, path: OptionPath, axes: int, what: str) -> tuple[int, ...]:
    """The shape of a nested list of finite numbers."""
    if axes == 0:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise OptionError(path, f"{what} holds {_named(value)}, not a number")
        if isinstance(value, float) and not isfinite(value):
            raise OptionError(path, f"{what} holds {value}, which is not a finite number")
        if abs(value) > LARGEST:
            raise OptionError(path, f"{what} holds {_named(value)}; numbers up to {LARGEST:g} can be printed")
        return ()
    if not isinstance(value, list):
        raise OptionError(path, f"{what} must be {'a list' if axes == 1 else 'lists'} of numbers, not {_named(value)}")
    if not value:
        raise OptionError(path, f"{what} holds an empty list")
    shapes = [_check(item, (*path, index), axes - 1, what) for index, item in enumerate(value)]
    for index, shape in enumerate(shapes):
        if shape != shapes[0]:
            first, this = shapes[0][0], shape[0]
            raise OptionError((*path, index), f"{what} is ragged: row {index} has length {this}, row 0 length {first}")
    return (len(value), *shapes[0])


def _named(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, dict)):
        return "a list" if isinstance(value, list) else "a mapping"
    return repr(value) if len(repr(value)) <= 40 else repr(value)[:39] + "…"


def by_token(value: Mapping[str, Any], tokens: Sequence[str], name: str) -> list[tuple[str, Any]]:
    """For each token, the name it goes by in a mapping and what stands there: `the#2` goes before `the`."""
    found: list[tuple[str, Any]] = []
    used = set()
    counts: dict[str, int] = {}
    for token in tokens:
        counts[token] = counts.get(token, 0) + 1
        key = f"{token}#{counts[token]}"
        key = key if key in value else token
        if key not in value:
            hint = f"add one, or give this block '{name}' of its own"
            raise OptionError(name, f"'{name}' has no vector for '{cells.printable(token)}'", hint)
        used.add(key)
        found.append((key, value[key]))
    for key in value:
        if key not in used:
            choices = dict.fromkeys(map(cells.printable, tokens))
            raise OptionError(
                (name, key), f"'{cells.printable(key)}' in '{name}' is not a token", suggest(key, choices)
            )
    return found


def vectors(value: list[Any] | Mapping[str, Any], tokens: Sequence[str], name: str) -> Array:
    """One vector a token, from a list or from a mapping by token: [token, d]."""
    if isinstance(value, list):
        if len(value) != len(tokens):
            raise OptionError(name, f"'{name}' must have one vector a token: {len(tokens)}, not {len(value)}")
        return numbers(value, (name,), 2, f"'{name}'")
    entries = by_token(value, tokens, name)
    together = [vector for _, vector in entries]
    if (array := _at_once(together)) is not None:
        return array
    rows = [numbers(vector, (name, key), 1, f"the vector of '{cells.printable(key)}'") for key, vector in entries]
    for (key, _), row in zip(entries, rows, strict=True):
        if len(row) != len(rows[0]):
            first, this = cells.printable(entries[0][0]), cells.printable(key)
            raise OptionError(
                (name, key),
                f"the vector of '{this}' has length {len(row)}, that of '{first}' length {len(rows[0])}",
            )
    return np.stack(rows)


# Attention ------------------------------------------------------------------------------------------------------------


def _basis(options: Attention) -> Basis:
    """What the weights come from. An option that the basis makes idle is an error."""
    heads = options.heads if isinstance(options.heads, list) else []
    forms = {("weights" if each.weights else "scores" if each.scores else "vectors") for each in heads}
    if len(forms) > 1:
        raise OptionError("heads", "some heads give scores or weights and some do not", "give the same for each head")
    inner = forms.pop() if forms else "vectors"
    outer: Basis = "weights" if options.weights is not None else "scores" if options.scores is not None else "vectors"
    if inner != "vectors" and outer != "vectors":
        raise OptionError(outer, f"'{outer}' are given for the block and for its heads", "give them once")
    basis: Basis = inner if inner != "vectors" else outer  # type: ignore[assignment]
    idle = {
        "vectors": (),
        "scores": ("keys", "dimensions"),
        "weights": ("keys", "dimensions", "scale", "temperature", "softcap"),
    }[basis]
    for name in idle:
        if getattr(options, name) is not None:
            raise IdleError(name, f"'{name}' has no effect where the {basis} are given", "remove it")
    return basis


def embeddings_of(options: Attention, tokens: tuple[str, ...]) -> Array:
    """[token, d_model], as given or illustrative."""
    if options.embeddings is not None:
        if options.dimensions is not None:
            raise IdleError("dimensions", "'dimensions' has no effect where embeddings are given", "remove it")
        return vectors(options.embeddings, tokens, "embeddings")
    dimensions = options.dimensions
    if dimensions is None and options.keys is not None:
        width = len(_first(options.keys))
        return illustrative(tokens, max(width, 1), options.decimals)
    if dimensions is None and isinstance(options.heads, int):
        dimensions = DIMENSIONS if options.heads == 1 else 2 * options.heads
    return illustrative(tokens, dimensions or DIMENSIONS, options.decimals)


def _first(value: list[Any] | Mapping[str, Any]) -> Sequence[Any]:
    each = next(iter(value.values() if isinstance(value, Mapping) else value), ())
    return each if isinstance(each, list) else ()


def mask_of(options: Attention, queries: int, keys: int) -> tuple[NDArray[np.bool_] | None, str]:
    """[query, key], true where a query may attend, and the mask in words."""
    mask = options.mask
    if mask == "none":
        return None, "none"
    if mask == "causal":
        return causal(queries, keys), "causal"
    if isinstance(mask, Window):
        return window(queries, keys, mask.window), f"window of {mask.window}"
    for index, row in enumerate(mask):
        if not isinstance(row, list) or len(row) != keys:
            size = f"length {len(row)}" if isinstance(row, list) else _named(row)
            raise OptionError(
                ("mask", index), f"row {index} of 'mask' has {size}; each row needs one value a key: {keys}"
            )
        for place, value in enumerate(row):
            if value not in (True, False):
                raise OptionError(("mask", index, place), f"'mask' holds {_named(value)}, not true or false")
    if len(mask) != queries:
        raise OptionError("mask", f"'mask' must have one row a query: {queries}, not {len(mask)}")
    return np.array(mask, dtype=np.bool_), "given"


class Work(NamedTuple):
    """What the heads of one block share, and how each of them gets its trace."""

    options: Attention
    tokens: tuple[str, ...]
    key_tokens: tuple[str, ...]
    embeddings: Array | None
    allowed: NDArray[np.bool_] | None
    query: int | None

    @property
    def cross(self) -> bool:
        return self.options.key_tokens is not None

    @property
    def keys(self) -> Array | None:
        """Keys as given, [key, d_k]."""
        return None if self.options.keys is None else vectors(self.options.keys, self.key_tokens, "keys")

    @property
    def values(self) -> Array | None:
        """Values as given, [key, d_v]."""
        return None if self.options.values is None else vectors(self.options.values, self.key_tokens, "values")

    def heads(self, basis: Basis) -> Iterator[HeadStudy]:
        """Each head with its trace."""
        listed = self.options.heads if isinstance(self.options.heads, list) else None
        if listed == []:
            raise OptionError("heads", "'heads' is an empty list", "give at least one head")
        count = len(listed) if listed is not None else int(self.options.heads)  # type: ignore[arg-type]
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
        if self.options.keys is not None:
            return self.keys  # type: ignore[return-value]
        return illustrative(self.key_tokens, self.embeddings.shape[1], self.options.decimals)

    def trace(self, query: Array, key: Array, value: Array) -> Weighing:
        options = self.options
        scale = query.shape[1] ** -0.5 if options.scale is None else options.scale
        return attend(
            query,
            key,
            value,
            scale=scale / (options.temperature or 1.0),
            softcap=options.softcap,
            allowed=self.allowed,
        )

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
        if self.query is None and not any(
            isinstance(each, list) for row in rows if isinstance(row, list) for each in row
        ):
            raise OptionError(basis, f"'{basis}' is one matrix, and there are {count} heads", "give one matrix a head")
        if len(rows) != count:
            raise OptionError(basis, f"'{basis}' has {len(rows)} matrices for {count} heads", "give one matrix a head")
        for index, name in enumerate(names):
            yield HeadStudy(name, self.given_trace(basis, rows[index], (basis, index)))

    def given_trace(self, basis: Basis, rows: list[Any], path: OptionPath) -> Weighing:
        """The trace of scores or weights that stand in the block, with values where there are any."""
        options = self.options
        value = self.values if self.values is not None else self.embeddings
        if value is not None and options.projections is not None:
            for name in ("query", "key"):
                if getattr(options.projections, name) is not None:
                    raise OptionError(("projections", name), f"the {basis} are given: no {name} is projected")
            value = _project(value, options.projections, "value", ("projections",))
        return self.weighing(basis, rows, path, value)

    def weighing(self, basis: Basis, rows: list[Any], path: OptionPath, value: Array | None = None) -> Weighing:
        """Scores or weights [query, key] that stand at the path, with values [key, d_v] or without."""
        options = self.options
        matrix = self.matrix(rows, path, basis)
        if basis == "scores":
            scale = (1.0 if options.scale is None else options.scale) / (options.temperature or 1.0)
            return weigh(matrix, value=value, scale=scale, softcap=options.softcap, allowed=self.allowed)
        self.check_weights(matrix, rows, path)
        return given(matrix, value=value, allowed=self.allowed)

    def matrix(self, rows: list[Any], path: OptionPath, basis: Basis) -> Array:
        """[query, key]: the matrix that the block gives, or the row of its one query."""
        queries, keys = len(self.tokens), len(self.key_tokens)
        single = self.query is not None and bool(rows) and not isinstance(rows[0], list)
        matrix = numbers(rows, path, 1 if single else 2, f"'{basis}'")
        matrix = matrix[None, :] if single else matrix
        wanted = (1 if single else queries, keys)
        if matrix.shape != wanted:
            had = " x ".join(map(str, matrix.shape))
            raise OptionError(path, f"'{basis}' is {had}; {queries} queries x {keys} keys are needed")
        return matrix if single or self.query is None else matrix[self.query : self.query + 1]

    def check_weights(self, matrix: Array, rows: list[Any], path: OptionPath) -> None:
        """Each row adds up to 1 within what rounding its numbers can do, and what is masked weighs nothing."""
        for index, row in enumerate(matrix.tolist()):
            at = (*path, index) if self.query is None else path
            if any(weight < 0 for weight in row):
                raise OptionError(at, "a weight below 0", "weights are shares: from 0 to 1")
            allowed = None if self.allowed is None else self.allowed[index]
            if allowed is not None and any(
                weight and not may for weight, may in zip(row, allowed.tolist(), strict=True)
            ):
                raise OptionError(at, f"row {index} gives weight to a masked position", "write 0 there")
            if allowed is not None and not allowed.any():
                continue
            decimals = max(1, numerals.decimals_needed(row, numerals.SNAP))
            slack = len(row) * 0.5 * 10.0**-decimals if decimals < numerals.SNAP else UNROUNDED
            # Of many keys each may have been rounded to 0, but then nothing is left to draw.
            if abs(sum(row) - 1) >= slack - 1e-9 or not any(row):
                raise OptionError(at, f"the weights of row {index} add up to {sum(row):.6g}, not to 1")


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
