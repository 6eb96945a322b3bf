"""What a block gives, worked out by itself: tokens, masks, vectors, heads; in plain numpy, and nothing of a picture."""

from __future__ import annotations

from hashlib import blake2b
from math import exp, sqrt
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from redo.page import kept

Array = NDArray[np.float64]
Options = dict[str, Any]


class Head(NamedTuple):
    """Of one head what stands before any step: vectors, or scores, or weights."""

    name: str
    query: Array | None  # [query, d_k]
    key: Array | None  # [key, d_k]
    value: Array | None  # [key, d_v]
    scores: Array | None  # [query, key], dot products where there are vectors
    weights: Array | None  # given ones


class Block:
    """The block, carried out as far as its options say it."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.tokens: list[str] = options.get("tokens") or options["text"].split()
        self.cross = "key_tokens" in options
        self.keys: list[str] = options.get("key_tokens") or self.tokens
        self.decimals: int = options.get("decimals", 2)
        self.allowed = _allowed(options.get("mask", "none"), len(self.tokens), len(self.keys))
        self.embeddings = self._embeddings()
        self.illustrative = "vectors" if self.embeddings is not None and "embeddings" not in options else ""
        if self.cross and self.basis == "vectors" and "keys" not in options and not self.illustrative:
            self.illustrative = "keys"
        self.heads = self._heads()

    @property
    def basis(self) -> str:
        heads = self.options.get("heads")
        for name in ("weights", "scores"):
            if name in self.options or (isinstance(heads, list) and heads and name in heads[0]):
                return name
        return "vectors"

    @property
    def query(self) -> int:
        """The position that attends."""
        name = self.options.get("query", 0)
        if isinstance(name, int):
            return name
        if name in self.tokens:
            return self.tokens.index(name)
        word, _, nth = name.rpartition("#")
        return [place for place, token in enumerate(self.tokens) if token == word][int(nth) - 1]

    def _embeddings(self) -> Array | None:
        options = self.options
        given = options.get("embeddings")
        if given is not None:
            rows = [given[token] for token in self.tokens] if isinstance(given, dict) else given
            return np.array(rows, dtype=float)
        if self.basis != "vectors":
            return None
        heads = options.get("heads", 1)
        size = options.get("dimensions")
        if size is None and "keys" in options:
            size = len(options["keys"][0])
        elif size is None:
            size = 2 * heads if isinstance(heads, int) and heads > 1 else 3
        return illustrative(self.tokens, size, self.decimals)

    def _heads(self) -> list[Head]:
        options, heads = self.options, self.options.get("heads", 1)
        listed = heads if isinstance(heads, list) else [{} for _ in range(heads)]
        count = len(listed)
        values = np.array(options["values"], dtype=float) if "values" in options else None
        if self.basis == "vectors":
            return self._of_vectors(listed, values, isinstance(heads, list))
        value = values if values is not None else self.embeddings
        if value is not None and "value" in options.get("projections", {}):
            value = value @ np.array(options["projections"]["value"], dtype=float)
        rows = options.get(self.basis)
        if rows is not None and (count == 1 and np.ndim(rows) < 3):
            rows = [rows]
        found = []
        for number, head in enumerate(listed):
            matrix = np.array(head[self.basis] if rows is None else rows[number], dtype=float)
            scores, weights = (matrix, None) if self.basis == "scores" else (None, matrix)
            found.append(Head(head.get("name") or "", None, None, value, scores, weights))
        return found

    def _of_vectors(self, listed: list[Options], values: Array | None, own: bool) -> list[Head]:
        options, embeddings = self.options, self.embeddings
        assert embeddings is not None
        keys = np.array(options["keys"], dtype=float) if "keys" in options else None
        source = embeddings
        if self.cross:
            source = keys if keys is not None else illustrative(self.keys, embeddings.shape[1], self.decimals)

        def of(projections: Options) -> list[Array]:
            one = [
                array @ np.array(projections[name], dtype=float) if name in projections else array
                for name, array in (("query", embeddings), ("key", source), ("value", source))
            ]
            return [one[0], one[1] if keys is None else keys, one[2] if values is None else values]

        found = []
        if own:
            sets = [of(head.get("projections") or options.get("projections", {})) for head in listed]
        else:
            whole = of(options.get("projections", {}))
            sets = [list(each) for each in zip(*(np.split(array, len(listed), 1) for array in whole), strict=True)]
        for head, (query, key, value) in zip(listed, sets, strict=True):
            found.append(Head(head.get("name") or "", query, key, value, query @ key.T, None))
        return found


def softmax(scores: Array, allowed: NDArray[np.bool_]) -> Array:
    found = np.zeros_like(scores)
    for row, (line, may) in enumerate(zip(scores, allowed, strict=True)):
        if may.any():
            top = line[may].max()
            raw = [exp(each - top) if seen else 0.0 for each, seen in zip(line, may, strict=True)]
            found[row] = np.array(raw) / sum(raw)
    return found


def _allowed(mask: Any, queries: int, keys: int) -> NDArray[np.bool_]:
    """[query, key]; with fewer queries than keys the last query is the last key's own."""
    own = np.arange(queries)[:, None] + keys - queries
    places = np.arange(keys)[None, :]
    if isinstance(mask, list):
        return np.array(mask, dtype=bool).reshape(queries, keys)
    if mask == "causal":
        return np.asarray(places <= own, dtype=bool)
    if isinstance(mask, dict):
        return np.asarray((places <= own) & (places > own - mask["window"]), dtype=bool)
    return np.ones((queries, keys), dtype=bool)


def illustrative(tokens: list[str], size: int, decimals: int) -> Array:
    """Vectors that a picture says are made from the letters: roots of numbers from -1 to 1, rounded as printed."""
    rows = []
    for token in tokens:
        numbers: list[float] = []
        for block in range(-(-size // 8)):
            raw = blake2b(
                token.encode("utf-8", "surrogatepass"),
                digest_size=56,
                salt=block.to_bytes(4, "little"),
                person=b"illustrative",
            ).digest()
            even = [int.from_bytes(raw[at : at + 7], "big") * 2 / 256.0**7 - 1 for at in range(0, 56, 7)]
            numbers += [kept((1 if each >= 0 else -1) * sqrt(abs(each)), max(1, decimals)) for each in even]
        rows.append(numbers[:size])
    return np.array(rows)


# Names ----------------------------------------------------------------------------------------------------------------


def names(tokens: list[str]) -> list[str]:
    """Of equal tokens the second is `the#2`."""
    seen: dict[str, int] = {}
    found = []
    for token in tokens:
        seen[token] = seen.get(token, 0) + 1
        found.append(token if seen[token] == 1 else f"{token}#{seen[token]}")
    return found


def is_name(label: str, name: str) -> bool:
    """Whether a label may stand for a name: the name itself, or its beginning, a mark, and the same `#2`."""
    if label == name:
        return True
    for mark in ("…", "..."):
        if mark in label:
            start, _, end = label.partition(mark)
            word, _, nth = name.partition("#")
            number = end.removeprefix("#")
            return word.startswith(start) and number == nth
    return False


def placed(labels: list[str], all_names: list[str]) -> list[int] | None:
    """The position of each label, which stand in the order of the sentence."""
    places, at = [], 0
    for label in labels:
        exact = [place for place in range(at, len(all_names)) if all_names[place] == label]
        near = exact or [place for place in range(at, len(all_names)) if is_name(label, all_names[place])]
        if not near:
            return None
        places.append(near[0])
        at = near[0] + 1
    return places
