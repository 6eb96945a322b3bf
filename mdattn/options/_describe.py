"""The options of a kind as people read them, for `mdattn kinds`."""

from __future__ import annotations

import msgspec
from msgspec import Meta

from mdattn.options._misfit import expected
from mdattn.options._types import Common, fields


def describe(type_: type[Common]) -> list[tuple[str, str, str, str]]:
    """The options of a kind as rows: key, what it may be, default, meaning."""
    rows = []
    for info in fields(type_).values():
        if info.name == "kind":
            continue
        meta = next(each for each in info.type.__metadata__ if isinstance(each, Meta))
        default = "" if info.default in (None, msgspec.NODEFAULT) else _word(info.default)
        rows.append((info.name, expected(info.type), default, meta.description or ""))
    return rows


def _word(value: object) -> str:
    """A default as YAML has it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
