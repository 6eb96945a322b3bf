"""The markdown-it-py plugin: fences become diagrams in whatever a pipeline renders.

Floor 4. It works on the tokens of the pipeline's own parser, whatever that parser's preset and plugins are,
and leaves ordinary fences behind, so that any renderer of tokens shows the diagrams.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, MutableMapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mdattn.blocks import NAME, label_figures, present
from mdattn.errors import Diagnostic, DiagramError, Excerpt, Position

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_core import StateCore
    from markdown_it.token import Token

    from mdattn.canvas import Diagram
    from mdattn.options import Defaults

PATH_KEY = "mdattn_path"
# Front matter with defaults, which a parser without its plugin takes for a rule and a heading.
_UNREAD = rf"---[^\S\n]*\n(?:(?!---[^\S\n]*\n).*\n)*?{NAME}:"
_READER = "add mdit_py_plugins.front_matter.front_matter_plugin to the pipeline"


def attention_diagram_plugin(md: MarkdownIt) -> None:
    """Draw the `attention-diagram` blocks of the documents that `md` parses: `MarkdownIt().use(this)`.

    Each block's token becomes a fence of plain text that holds the diagram; HTML shows it as an image whose label says
    it in words, which stand in the token's meta under "attention-diagram". Defaults in the front matter need the front
    matter plugin of mdit-py-plugins, and are an error without it. `env["mdattn_path"]` may hold the document's path:
    data files that a block names are looked up beside it. Parsing raises DiagramError with all mistakes in place.
    """
    md.core.ruler.after("block", "attention_diagram", _draw_blocks)
    label_figures(md)


def _draw_blocks(state: StateCore) -> None:
    fences = list(_fences(state.tokens))
    if not fences:
        return
    from mdattn.render import draw, warn

    wrong: list[Diagnostic] = []
    doubts: list[Diagnostic] = []
    blocks = list(_closed(fences, state.src.split("\n"), wrong))
    defaults = _defaults(state, wrong) if blocks else None
    drawn: list[tuple[Token, Diagram]] = []
    for token, excerpt, position in blocks:
        try:
            drawn.append((token, draw(excerpt, position, defaults, _folder(state.env), doubts)))
        except DiagramError as error:
            wrong.extend(error.diagnostics)
    if wrong:
        raise DiagramError.of(dict.fromkeys((*wrong, *doubts)), state.env.get(PATH_KEY))
    warn(tuple(dict.fromkeys(doubts)), state.env.get(PATH_KEY))
    for token, diagram in drawn:
        present(token, diagram.lines, diagram.alternative)


def _fences(tokens: Sequence[Token]) -> Iterator[Token]:
    from markdown_it.common.utils import unescapeAll

    for token in tokens:
        if token.type == "fence" and unescapeAll(token.info).split(maxsplit=1)[:1] == [NAME]:
            yield token


def _closed(
    fences: Iterable[Token], lines: Sequence[str], wrong: list[Diagnostic]
) -> Iterator[tuple[Token, Excerpt, Position]]:
    """Each fence with its YAML and its place; those that are never closed are added to `wrong`."""
    for token in fences:
        if token.map is None:  # Made by another plugin, not read from the document.
            rows = token.content.count("\n") + 1
            yield token, Excerpt(token.content, tuple(Position(row + 1, 1) for row in range(rows))), Position(1, 1)
            continue
        first, end = token.map
        position = Position(first + 1, lines[first].find(token.markup) + 1)
        # The token does not say whether a closing line was met; what its content leaves of its lines does.
        ends = token.content.endswith("\n") or not token.content
        if ends and token.content.count("\n") == end - first - 2:
            yield token, _excerpt(token.content, lines, first + 1), position
        else:
            wrong.append(
                Diagnostic(
                    position,
                    f"this {NAME} fence is never closed: its diagram would replace everything down to line {end}",
                    f"close it with a line {token.markup} as deep in lists and quotes as this one",
                )
            )


def _excerpt(content: str, lines: Sequence[str], first: int) -> Excerpt:
    """Content whose lines are the tails of the document's, from line `first` on, down to a closing fence."""
    texts = content.split("\n")
    texts[-1] = lines[first + len(texts) - 1].lstrip(" \t>")
    starts = (
        Position(number + 1, max(0, len(lines[number]) - len(text)) + 1) for number, text in enumerate(texts, first)
    )
    return Excerpt(content, tuple(starts))


def _defaults(state: StateCore, wrong: list[Diagnostic]) -> Defaults | None:
    """The options that the front matter gives to every block; what is wrong with them is added to `wrong`."""
    tokens = state.tokens
    if tokens[0].type != "front_matter":
        if re.match(_UNREAD, state.src):  # Without them the diagrams would not be those of `render`.
            wrong.append(Diagnostic(Position(1, 1), f"nothing reads this front matter's '{NAME}:'", _READER))
        return None
    from mdattn.options import defaults_of

    content = tokens[0].content + "\n"
    starts = tuple(Position(row + 2, 1) for row in range(content.count("\n") + 1))
    try:
        return defaults_of(Excerpt(content, starts))
    except DiagramError as error:
        wrong.extend(error.diagnostics)
        return None


def _folder(env: MutableMapping[str, Any]) -> Path | None:
    path = env.get(PATH_KEY)
    return Path(path).parent if path else None
