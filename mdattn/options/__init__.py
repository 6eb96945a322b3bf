"""A block's YAML becomes frozen, typed options: the map of the room.

Floor 1. `_yaml` turns text into a tree with places, `_types` holds the options that kinds have in common, `_read`
checks the one against the other: for the kind that the block has chosen (`_kinds`), with the defaults of the front
matter (`_defaults`), and less those that have no effect (`_bearing`). `_python` does the same for a mapping.

All mistakes of a block are found in one pass, and each is reported where it stands (`_faults`): `_syntax` says what is
no YAML (`_brackets` what of it stands in brackets), `_misfit` which value does not fit, `_meant` what its author may
have meant, `_doubts` where YAML reads words otherwise than they look. `_describe` and `schema` say what the options
are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mdattn.options._defaults import DEFAULTS_KEY, Defaults, defaults_of
from mdattn.options._kinds import HasOptions
from mdattn.options._read import Parsed, read
from mdattn.options._types import (
    LARGEST,
    MOST_TOKENS,
    Attention,
    Basis,
    Common,
    Count,
    Head,
    Positive,
    Projections,
    Remarks,
    SelfAttention,
    Source,
    Window,
    basis_of,
    doc,
    expected,
)
from mdattn.options._yaml import Tree, parse

if TYPE_CHECKING:
    from mdattn.options._describe import describe
    from mdattn.options._python import of_mapping

__all__ = [
    "DEFAULTS_KEY",
    "LARGEST",
    "MOST_TOKENS",
    "Attention",
    "Basis",
    "Common",
    "Count",
    "Defaults",
    "HasOptions",
    "Head",
    "Parsed",
    "Positive",
    "Projections",
    "Remarks",
    "SelfAttention",
    "Source",
    "Tree",
    "Window",
    "basis_of",
    "defaults_of",
    "describe",
    "doc",
    "expected",
    "of_mapping",
    "parse",
    "read",
]

_ROOMS = {"describe": "_describe", "of_mapping": "_python"}


def __getattr__(name: str) -> Any:
    """What documents do not need is imported when it is asked for."""
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)
