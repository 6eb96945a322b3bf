"""A block's YAML becomes frozen, typed options: the map of the room.

Floor 1. `_yaml` turns text into a tree with places, `_types` holds the options that kinds have in common, `_read`
checks the one against the other. All mistakes of a block are found in one pass, and each is reported where it
stands: `_syntax` says what is no YAML, `_misfit` which value does not fit, `_meant` what its author may have meant,
`_doubts` where YAML reads words otherwise than they look.
"""

from mdattn.options._read import DEFAULTS_KEY, Defaults, HasOptions, Parsed, defaults_of, describe, of_mapping, read
from mdattn.options._types import (
    LARGEST,
    MOST_TOKENS,
    Attention,
    Common,
    Count,
    Head,
    Positive,
    Projections,
    SelfAttention,
    Source,
    Window,
    doc,
    expected,
)
from mdattn.options._yaml import Tree, parse

__all__ = [
    "DEFAULTS_KEY",
    "LARGEST",
    "MOST_TOKENS",
    "Attention",
    "Common",
    "Count",
    "Defaults",
    "HasOptions",
    "Head",
    "Parsed",
    "Positive",
    "Projections",
    "SelfAttention",
    "Source",
    "Tree",
    "Window",
    "defaults_of",
    "describe",
    "doc",
    "expected",
    "of_mapping",
    "parse",
    "read",
]
