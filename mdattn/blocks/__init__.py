"""Where a document's blocks are, how diagrams take their place, and the proof that nothing else moved.

Floor 1, and the only room that knows Markdown. `of_tokens` finds the blocks among the tokens of any parser; `find`
those of a document, with their places, by the tokens of our own (`_parse`), and with what looks like a block and is
none (`_doubts`); `parts` those that a pipeline has left in the text of containers. `splice` puts diagrams in their
place by line span; `prove` parses the result again and compares. `regions` finds the blocks that keep their source in a
comment beside their diagram (`_inplace`); `present` and `label_figures` put diagrams into tokens (`_figure`).
Line endings, marks and bytes that are not text pass through untouched: a source is a `str` decoded with
`surrogateescape`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mdattn.blocks._names import INFO, NAME, may_hold_blocks, may_hold_regions, title_of

if TYPE_CHECKING:
    from mdattn.blocks._doubts import doubts, heard
    from mdattn.blocks._figure import label_figures, present
    from mdattn.blocks._find import Block, Document, Place, find
    from mdattn.blocks._front import BOM, Front, unread_front
    from mdattn.blocks._inplace import Region, Regions, kept, refreshed, regions
    from mdattn.blocks._parse import Parsed, parsed, parser, split, watching
    from mdattn.blocks._parts import Part, parts
    from mdattn.blocks._splice import Replacement, drawn, misfit, prove, splice
    from mdattn.blocks._tokens import Fence, Found, is_block, of_tokens

__all__ = [
    "BOM",
    "INFO",
    "NAME",
    "Block",
    "Document",
    "Fence",
    "Found",
    "Front",
    "Parsed",
    "Part",
    "Place",
    "Region",
    "Regions",
    "Replacement",
    "doubts",
    "drawn",
    "find",
    "heard",
    "is_block",
    "kept",
    "label_figures",
    "may_hold_blocks",
    "may_hold_regions",
    "misfit",
    "of_tokens",
    "parsed",
    "parser",
    "parts",
    "present",
    "prove",
    "refreshed",
    "regions",
    "splice",
    "split",
    "title_of",
    "unread_front",
    "watching",
]


_ROOMS = {
    "_doubts": ("doubts", "heard"),
    "_figure": ("label_figures", "present"),
    "_find": ("Block", "Document", "Place", "find"),
    "_inplace": ("Region", "Regions", "kept", "refreshed", "regions"),
    "_front": ("BOM", "Front", "unread_front"),
    "_parse": ("Parsed", "parsed", "parser", "split", "watching"),
    "_parts": ("Part", "parts"),
    "_splice": ("Replacement", "drawn", "misfit", "prove", "splice"),
    "_tokens": ("Fence", "Found", "is_block", "of_tokens"),
}
_ROOM_OF = {name: room for room, names in _ROOMS.items() for name in names}


def __getattr__(name: str) -> Any:
    """All but the names is imported when it is asked for: most documents have no block, and a glance tells."""
    if name not in _ROOM_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_ROOM_OF[name]}"), name)
