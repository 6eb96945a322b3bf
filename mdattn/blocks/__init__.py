"""Where a document's blocks are, how diagrams take their place, and the proof that nothing else moved.

Floor 1, and the only room that knows Markdown. The parser's tokens (`_parse`) find the blocks (`find`, with what looks
like a block and is none in `_doubts`); `splice` puts diagrams in their place by line span; `prove` parses the result
again and compares. `regions` finds the blocks that keep their source in a comment beside their diagram (`_inplace`);
`present` and `label_figures` put diagrams into the tokens of a pipeline (`_figure`).
Line endings, marks and bytes that are not text pass through untouched: a source is a `str` decoded with
`surrogateescape`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mdattn.blocks._names import INFO, NAME, holds_markdown, may_hold_blocks, may_hold_regions, names_block, title_of

if TYPE_CHECKING:
    from mdattn.blocks._containers import behind_options, use_containers
    from mdattn.blocks._doubts import doubts, heard
    from mdattn.blocks._figure import label_figures, present
    from mdattn.blocks._find import Block, Document, Place, find
    from mdattn.blocks._inplace import Region, Regions, kept, refreshed, regions
    from mdattn.blocks._parse import BOM, Parsed, parser, split
    from mdattn.blocks._splice import Replacement, drawn, misfit, prove, splice

__all__ = [
    "BOM",
    "INFO",
    "NAME",
    "Block",
    "Document",
    "Parsed",
    "Place",
    "Region",
    "Regions",
    "Replacement",
    "behind_options",
    "doubts",
    "drawn",
    "find",
    "heard",
    "holds_markdown",
    "kept",
    "label_figures",
    "may_hold_blocks",
    "may_hold_regions",
    "misfit",
    "names_block",
    "parser",
    "present",
    "prove",
    "refreshed",
    "regions",
    "splice",
    "split",
    "title_of",
    "use_containers",
]


_ROOMS = {
    "_containers": ("behind_options", "use_containers"),
    "_doubts": ("doubts", "heard"),
    "_figure": ("label_figures", "present"),
    "_find": ("Block", "Document", "Place", "find"),
    "_inplace": ("Region", "Regions", "kept", "refreshed", "regions"),
    "_parse": ("BOM", "Parsed", "parser", "split"),
    "_splice": ("Replacement", "drawn", "misfit", "prove", "splice"),
}
_ROOM_OF = {name: room for room, names in _ROOMS.items() for name in names}


def __getattr__(name: str) -> Any:
    """All but the names is imported when it is asked for: most documents have no block, and a glance tells."""
    if name not in _ROOM_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_ROOM_OF[name]}"), name)
