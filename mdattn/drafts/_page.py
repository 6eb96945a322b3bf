"""A document as an HTML page, with its diagrams drawn and said in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from markdown_it.common.utils import escapeHtml
from markdown_it.token import Token

from mdattn.blocks import BOM, label_figures, parsed, present, title_of, watching
from mdattn.document import Drawings, draw_document
from mdattn.drafts._compute import Worked
from mdattn.errors import Diagnostic, DiagramError

if TYPE_CHECKING:
    from pathlib import Path

    from markdown_it.rules_core import StateCore

    from mdattn.blocks import Block
    from mdattn.diagrams._kind import Diagram
    from mdattn.files import Files


def page(text: str, path: Path | None, files: Files | None = None) -> Worked:
    """The page: its front matter is left out, its first heading is the page's title.

    The page names its encoding, or a browser that opens the file would guess. Raises DiagramError.
    """
    drawings = Drawings(None, (), ())

    def draw(state: StateCore) -> None:
        nonlocal drawings
        # A table, which only the page has, may hold what is a block elsewhere: then the document is parsed by itself.
        tables = any(token.type == "table_open" for token in state.tokens)
        found = None if tables else parsed(state.tokens, state.env)
        drawings = draw_document(text, path=path, parsed=found, files=files)
        _present(drawings.diagrams, state.tokens)
        state.tokens = [each for token in state.tokens for each in _titled(token)]

    markdown = watching().enable("table")
    label_figures(markdown)
    markdown.core.ruler.after("block", "attention_diagram", draw)
    environment: dict[str, object] = {}
    tokens = markdown.parse(text.removeprefix(BOM), environment)
    heading = next((tokens[i + 1].children or [] for i, each in enumerate(tokens) if each.type == "heading_open"), [])
    title = escapeHtml("".join(each.content for each in heading if each.type in ("text", "code_inline")))
    body: str = markdown.renderer.render(tokens, markdown.options, environment)
    head = '<!DOCTYPE html>\n<meta charset="utf-8">\n' + (f"<title>{title}</title>\n" if title else "")
    return Worked(head + body, drawings.warnings, diagrams=len(drawings.diagrams))


def _present(drawn: Iterable[tuple[Block, Diagram]], tokens: Iterable[Token]) -> None:
    """Put the diagram of each block into its token. Raises DiagramError for a block that is none on the page."""
    diagrams = {block.place.first_line: (block, diagram) for block, diagram in drawn}
    for token in tokens:
        if token.type == "fence" and token.map and token.map[0] in diagrams:
            _, diagram = diagrams.pop(token.map[0])
            present(token, diagram.lines, diagram.alternative)
    if diagrams:  # A table goes on to the next empty line, and swallows a footnote.
        message = "no diagram here in HTML: the lines above make this one a part of a table"
        cure = "put an empty line between the two"
        raise DiagramError.of(Diagnostic(block.position, message, cure) for block, _ in diagrams.values())


def _titled(token: Token) -> Iterator[Token]:
    """The token, and behind that which opens a directive its title."""
    yield token
    title = title_of(token.info) if token.type == "directive_open" else ""
    if title:
        yield Token("paragraph_open", "p", 1, attrs={"class": "title"}, block=True)
        yield Token("inline", "", 0, content=title, children=[], map=token.map)
        yield Token("paragraph_close", "p", -1, block=True)
