"""A document as an HTML page, with its diagrams drawn and said in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mdattn.blocks import BOM, label_figures, present, title_of, use_containers
from mdattn.drafts._compute import Worked
from mdattn.errors import Diagnostic, DiagramError

if TYPE_CHECKING:
    from pathlib import Path

    from markdown_it import MarkdownIt
    from markdown_it.rules_core import StateCore
    from markdown_it.token import Token


def page(text: str, path: Path | None) -> Worked:
    """The page: its front matter is left out, its first heading is the page's title.

    The page names its encoding, or a browser that opens the file would guess. Raises DiagramError.
    """
    from markdown_it.common.utils import escapeHtml

    from mdattn.document import draw_document

    drawings = draw_document(text, path=path)
    diagrams = {block.place.first_line: diagram for block, diagram in drawings.diagrams}

    def draw(state: StateCore) -> None:
        for token in state.tokens:
            if token.type == "fence" and token.map and token.map[0] in diagrams:
                diagram = diagrams.pop(token.map[0])
                present(token, diagram.lines, diagram.alternative)
        state.tokens = [each for token in state.tokens for each in _titled(token)]

    markdown = _markdown()
    markdown.core.ruler.after("block", "attention_diagram", draw)
    environment: dict[str, object] = {}
    tokens = markdown.parse(text.removeprefix(BOM), environment)
    if diagrams:  # A table, which only the page has, goes on to the next empty line, and swallows a footnote.
        lost = (block.position for block, _ in drawings.diagrams if block.place.first_line in diagrams)
        message = "no diagram here in HTML: the lines above make this one a part of a table"
        raise DiagramError.of(Diagnostic(each, message, "put an empty line between the two") for each in lost)
    heading = next((tokens[i + 1].children or [] for i, each in enumerate(tokens) if each.type == "heading_open"), [])
    title = escapeHtml("".join(each.content for each in heading if each.type in ("text", "code_inline")))
    body: str = markdown.renderer.render(tokens, markdown.options, environment)
    head = '<!DOCTYPE html>\n<meta charset="utf-8">\n' + (f"<title>{title}</title>\n" if title else "")
    return Worked(head + body, drawings.warnings, diagrams=len(drawings.diagrams))


def _titled(token: Token) -> Iterator[Token]:
    """The token, and behind that which opens a directive its title."""
    from markdown_it.token import Token

    yield token
    title = title_of(token.info) if token.type == "directive_open" else ""
    if title:
        yield Token("paragraph_open", "p", 1, attrs={"class": "title"}, block=True)
        yield Token("inline", "", 0, content=title, children=[], map=token.map)
        yield Token("paragraph_close", "p", -1, block=True)


def _markdown() -> MarkdownIt:
    """The parser of the blocks, with all that a page needs."""
    from markdown_it import MarkdownIt

    markdown = MarkdownIt("commonmark").enable("table")
    use_containers(markdown)
    label_figures(markdown)
    return markdown
