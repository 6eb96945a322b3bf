"""mdattn: true attention diagrams in Markdown.

A fenced `attention-diagram` block with YAML options becomes the Unicode diagram that it describes, with every number
computed. The rooms of the house, from the top floor down; imports point down only:

    cli                      argv, commands, exit status
    report                   diagnostics in their forms, the closing line
    drafts, plugin           files and folders; the markdown-it-py plugin
    document                 the spine: text in, text out; it knows no kind
    diagrams                 the kinds, a file or a folder each; `draw` knows data files and captions
    study                    options carried out: numbers and names, no ink
    layout                   parts of a page, which know how narrow they can be
    blocks, options          find and splice; YAML to typed options
    attention                numpy: attend, the steps of a score, masks, files
    canvas                   lines that meet lines, for pictures with wires
    glyphs, numerals,        lines and signs; number to text;
    cells, digests, errors   width of text; a hash; what is wrong, and where
    files                    what was made of data files, within bounds
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mdattn.errors import DiagramError, DiagramWarning

if TYPE_CHECKING:
    from mdattn.attention import attend
    from mdattn.document import diagram, render
    from mdattn.plugin import attention_diagram_plugin

__version__ = "0.1.0"

__all__ = ["DiagramError", "DiagramWarning", "__version__", "attend", "attention_diagram_plugin", "diagram", "render"]

_ROOMS = {
    "attend": "mdattn.attention",
    "attention_diagram_plugin": "mdattn.plugin",
    "diagram": "mdattn.document",
    "render": "mdattn.document",
}


def __getattr__(name: str) -> Any:
    """The rest is imported when it is used: `import mdattn` alone loads neither numpy nor a parser."""
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_ROOMS[name]), name)
