"""A document as an HTML page, with its diagrams drawn and said in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mdattn.blocks import BOM, label_figures, present
from mdattn.drafts._compute import Worked

if TYPE_CHECKING:
    from pathlib import Path

    from markdown_it import MarkdownIt


def page(text: str, path: Path | None) -> Worked:
    """The page: its front matter is left out, its first heading is the page's title.

    The page names its encoding, or a browser that opens the file would guess. Raises DiagramError.
    """
    from markdown_it.common.utils import escapeHtml

    from mdattn.render import draw_document

    drawings = draw_document(text, path=path)
    diagrams = {block.place.first_line: diagram for block, diagram in drawings.diagrams}
    markdown = _markdown()
    environment: dict[str, object] = {}
    tokens = markdown.parse(text.removeprefix(BOM), environment)
    for token in tokens:
        if token.type == "fence" and token.map and token.map[0] in diagrams:
            diagram = diagrams.pop(token.map[0])
            present(token, diagram.lines, diagram.alternative)
    assert not diagrams, "a block is none for the parser of the page"
    heading = next((tokens[i + 1].children or [] for i, each in enumerate(tokens) if each.type == "heading_open"), [])
    title = escapeHtml("".join(each.content for each in heading if each.type in ("text", "code_inline")))
    body: str = markdown.renderer.render(tokens, markdown.options, environment)
    head = '<!DOCTYPE html>\n<meta charset="utf-8">\n' + (f"<title>{title}</title>\n" if title else "")
    return Worked(head + body, drawings.warnings)


def _markdown() -> MarkdownIt:
    """The parser of the blocks, with all that a page needs."""
    from markdown_it import MarkdownIt
    from mdit_py_plugins.admon import admon_plugin
    from mdit_py_plugins.deflist import deflist_plugin
    from mdit_py_plugins.footnote import footnote_plugin
    from mdit_py_plugins.front_matter import front_matter_plugin

    markdown = MarkdownIt("commonmark").enable("table")
    for plugin in (front_matter_plugin, footnote_plugin, deflist_plugin, admon_plugin):
        markdown.use(plugin)
    label_figures(markdown)
    return markdown
