"""Diagrams in the tokens of a pipeline: a fence of plain text, which HTML shows as a figure with words for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mdattn.blocks._names import INFO
from mdattn.blocks._splice import fenced

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

ALTERNATIVE = "attention-diagram"  # The key of a fence's meta that holds the words.


def present(token: Token, lines: Sequence[str], alternative: str) -> None:
    """Turn the fence of a block into one of plain text that holds the diagram, with the words for it in its meta."""
    token.info = INFO
    token.content = "".join(line + "\n" for line in lines)
    token.markup = fenced(lines, token.markup[:1] or "`")[-1]
    token.meta = {**token.meta, ALTERNATIVE: alternative}


def label_figures(markdown: MarkdownIt) -> None:
    """Let HTML give each diagram the role of an image, and the words for it as its label.

    A screen reader says these instead of spelling the lines. Other renderers than those of HTML stay as they are.
    """
    if getattr(markdown.renderer, "__output__", "") != "html":
        return
    inner = markdown.renderer.rules["fence"]  # type: ignore[attr-defined]

    def fence(renderer: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
        html: str = inner(tokens, index, options, env)
        alternative = tokens[index].meta.get(ALTERNATIVE)
        if alternative is None or _ROLE in html:  # Not ours, or labelled already.
            return html
        from markdown_it.common.utils import escapeHtml

        label = f'{_ROLE} aria-label="{escapeHtml(alternative)}"'
        if html.startswith("<pre"):
            return f"<pre{label}{html[4:]}"
        return f"<div{label}>\n{html.rstrip()}\n</div>\n"  # What a highlighter has made of it.

    markdown.add_render_rule("fence", fence)


_ROLE = ' role="img"'
