"""One vector a token, from a list or from a mapping by token.

Floor 2, shared by the kinds that compute attention.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from mdattn import cells
from mdattn.errors import OptionError, suggest
from mdattn.study.given import at_once, numbers
from mdattn.study.tokens import counted

if TYPE_CHECKING:
    from mdattn.study.given import Array, Rows


def by_token(value: Mapping[str, Rows], tokens: Sequence[str], name: str) -> list[tuple[str, Rows]]:
    """For each token, the name it goes by in a mapping and what stands there: `the#2` goes before `the`."""
    found: list[tuple[str, Rows]] = []
    used = set()
    counts: dict[str, int] = {}
    for token in tokens:
        counts[token] = counts.get(token, 0) + 1
        key = f"{token}#{counts[token]}"
        key = key if key in value else token
        if key not in value:
            said = cells.printable(token)
            spare = (each for each in value.keys() - set(tokens) if each.casefold() == token.casefold())
            near = min(spare, default=None)
            hint = f"add one; a block's own '{name}' go before those of the front matter"
            hint = hint if near is None else f"write '{said}' for '{cells.printable(near)}'"
            raise OptionError(name, f"'{name}' has no vector for '{said}'", hint)
        used.add(key)
        found.append((key, value[key]))
    for key in value:
        if key not in used:
            choices = dict.fromkeys(map(cells.printable, tokens))
            raise OptionError(
                (name, key), f"'{cells.printable(key)}' in '{name}' is not a token", suggest(key, choices)
            )
    return found


def vectors(value: Rows | Mapping[str, Rows], tokens: Sequence[str], name: str) -> Array:
    """One vector a token, from a list, an array or a mapping by token: [token, d]."""
    if isinstance(value, Mapping):
        return _vectors_by_token(by_token(value, tokens, name), name)
    if isinstance(value, (list, np.ndarray)) and len(value) != len(tokens):
        whose = "'key_tokens'" if name != "embeddings" else "the text"
        raise OptionError(
            name, f"'{name}' must have one vector a token: {len(tokens)}, not {len(value)}", counted(tokens, whose)
        )
    return numbers(value, (name,), 2, f"'{name}'")


def _vectors_by_token(entries: Sequence[tuple[str, Rows]], name: str) -> Array:
    if (array := at_once([vector for _, vector in entries])) is not None:
        return array
    known: dict[str, Array] = {}
    for key, vector in entries:
        if key not in known:
            known[key] = numbers(vector, (name, key), 1, f"the vector of '{cells.printable(key)}'")
    rows = [known[key] for key, _ in entries]
    for (key, _), row in zip(entries, rows, strict=True):
        if len(row) != len(rows[0]):
            first, this = cells.printable(entries[0][0]), cells.printable(key)
            raise OptionError(
                (name, key),
                f"the vector of '{this}' has length {len(row)}, that of '{first}' length {len(rows[0])}",
                "make all of them equally long",
            )
    return np.stack(rows)
