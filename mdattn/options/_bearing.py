"""Which options bear on a block: what its kind says has no effect is a mistake, and as a default no matter."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec

from mdattn.errors import OptionError
from mdattn.options._types import Attention, Common, fields


def bearing(options: Common, inherited: Collection[str] = ()) -> tuple[Common, tuple[OptionError, ...]]:
    """The options, less those of the inherited ones that have no effect; and what is wrong with the block's own.

    Defaults serve a whole document: of those by token only what is about the block's words is left.
    """
    if inherited:
        options = _by_token(options, inherited)
    while idle := _idle(options, inherited):
        name = next((name for name in idle if name in inherited), None)
        if name is None:
            return options, tuple(idle.values())
        options = _without(options, name)
    return options, ()


def _idle(options: Common, inherited: Collection[str]) -> dict[str, OptionError]:
    """What has no effect, each by the option that says it; what a data file holds is said by the option `source`.

    A part of an inherited option is no mistake of the block, and the rest of the option may bear on it.
    """
    idle: dict[str, OptionError] = {}
    for error in options.idle():
        name = str(error.path[0])
        if name in inherited and len(error.path) > 1:
            continue
        source = options.source if isinstance(options, Attention) else None
        if source is not None and source.holds == name and getattr(options, name) is None:
            error = OptionError("source", f"{source.title}: {error.message}", error.hint)
        idle.setdefault(str(error.path[0]), error)
    return idle


def _without(options: Common, *names: str) -> Common:
    known = fields(type(options))
    return msgspec.structs.replace(options, **{name: known[name].default for name in names})


def _by_token(options: Common, inherited: Collection[str]) -> Common:
    """The options with the inherited ones that are by token fitted to the block's words, and in their order."""
    values = {name: getattr(options, name) for name in options.by_token if name in inherited}
    mappings = {name: value for name, value in values.items() if isinstance(value, dict)}
    words = _words(options) if mappings else ()
    if not words:
        return options
    counts: dict[str, int] = {}
    names: dict[str, None] = {}  # In their order, which a set would not keep.
    for word in words:
        counts[word] = counts.get(word, 0) + 1
        names |= dict.fromkeys((word, f"{word}#{counts[word]}"))
    fitted = {name: {key: value[key] for key in names if key in value} for name, value in mappings.items()}
    options = msgspec.structs.replace(options, **fitted)
    # Vectors for another sentence are no matter where the block brings its own scores.
    if "embeddings" in mappings and _is_given(options) and not all(word in mappings["embeddings"] for word in words):
        options = _without(options, "embeddings")
    return options


def _words(options: Common) -> Sequence[str]:
    tokens: Sequence[str] | None = getattr(options, "tokens", None)
    return tokens or (getattr(options, "text", None) or "").split()


def _is_given(options: Common) -> bool:
    """Whether scores or weights are given, for the block or for one of its heads."""
    heads = options.heads if isinstance(options, Attention) and isinstance(options.heads, list) else []
    own = any(each.scores is not None or each.weights is not None for each in heads)
    return own or options.gives("scores") or options.gives("weights")
