"""The markdown-it-py plugin: fences become diagrams in whatever a pipeline renders.

Floor 5. It works on the tokens of the pipeline's own parser, whatever that parser's preset and plugins are,
and leaves ordinary fences behind, so that any renderer of tokens shows the diagrams.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mdattn import document
from mdattn.blocks import (
    NAME,
    doubts,
    heard,
    is_block,
    label_figures,
    may_hold_blocks,
    of_tokens,
    parts,
    present,
    split,
    unread_front,
)
from mdattn.errors import Diagnostic, DiagramError

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_core import StateCore

    from mdattn.blocks import Block, Fence

PATH_KEY = "mdattn_path"
_RULE = "attention_diagram"


def attention_diagram_plugin(md: MarkdownIt) -> None:
    """Draw the `attention-diagram` blocks of the documents that `md` parses: `MarkdownIt().use(this)`.

    Each block's token becomes a fence of plain text that holds the diagram; HTML shows it as an image whose label says
    it in words, which stand in the token's meta under "attention-diagram". Defaults in the front matter need the front
    matter plugin of mdit-py-plugins, and are an error without it; TOML needs none. `env["mdattn_path"]` may hold the
    document's path: data files that a block names are looked up beside it. Parsing raises DiagramError with all
    mistakes in place, and warns (DiagramWarning) of what was meant as a block and is none. A fence that holds Markdown,
    as MyST's containers do, has the diagrams in its text.
    """
    if _RULE in md.core.ruler.get_all_rules():
        return  # What is drawn would be drawn again.
    md.core.ruler.after("block", _RULE, _draw_blocks)
    label_figures(md)


def _draw_blocks(state: StateCore) -> None:
    if not may_hold_blocks(state.src) and not any(map(is_block, state.tokens)):
        return
    path = state.env.get(PATH_KEY)
    lines = split(state.src)
    found = of_tokens(lines, state.tokens)
    held = parts(state.tokens, lines)
    sources: list[Fence | Block] = [*found.fences, *(block for part in held for block in part.blocks)]
    wrong = [*found.errors, *(error for part in held for error in part.errors)]
    if sources and NAME in state.src and (unread := unread_front(lines, found.front)):
        matter, fault = unread
        wrong += [fault] * document.holds_defaults(matter)
    doubted: list[Diagnostic] = []
    diagrams = document.draw_each(sources, found.front, path or None, wrong, doubted)
    rest = iter(diagrams[len(found.fences) :])
    texts = [[diagram and diagram.lines for _, diagram in zip(part.blocks, rest, strict=False)] for part in held]
    for part, drawings in zip(held, texts, strict=True):
        wrong += part.misfits(drawings)
    doubted = [*dict.fromkeys(doubted), *doubts(state.src, lines, state.tokens)]
    doubted += (warning for part in held for warning in part.warnings)
    spans = [(each.token.map[0], each.token.map[1]) for each in found.fences if each.token.map]
    warnings = heard(lines, doubted, spans)
    if wrong:
        raise DiagramError.of(dict.fromkeys((*wrong, *warnings)), path)
    for fence, diagram in zip(found.fences, diagrams, strict=False):
        assert diagram is not None
        present(fence.token, diagram.lines, diagram.alternative)
    for part, drawings in zip(held, texts, strict=True):
        if part.blocks:
            part.token.content = part.drawn(each for each in drawings if each is not None)
    document.warn(warnings, path)
