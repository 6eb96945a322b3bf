"""The markdown-it-py plugin: fences become diagrams in whatever a pipeline renders.

Floor 5. It works on the tokens of the pipeline's own parser, whatever that parser's preset and plugins are,
and leaves ordinary fences behind, so that any renderer of tokens shows the diagrams.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, MutableMapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mdattn.blocks import NAME, holds_markdown, label_figures, may_hold_blocks, names_block, present
from mdattn.errors import Diagnostic, DiagramError, Excerpt, Position

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_core import StateCore
    from markdown_it.token import Token

    from mdattn.attention.sources import Files
    from mdattn.canvas import Diagram
    from mdattn.options import Defaults

PATH_KEY = "mdattn_path"
# Front matter with defaults, which a parser without its plugin takes for a rule and a heading.
_UNREAD = rf"---[^\S\n]*\n(?:(?!---[^\S\n]*\n).*\n)*?{NAME}:"
_TOML = r"\+\+\+[ \t]*\n((?:(?!\+\+\+[ \t]*\n).*\n)*?)\+\+\+[ \t]*(?:\n|\Z)"  # Which no plugin reads.
_READER = "add mdit_py_plugins.front_matter.front_matter_plugin to the pipeline"


def attention_diagram_plugin(md: MarkdownIt) -> None:
    """Draw the `attention-diagram` blocks of the documents that `md` parses: `MarkdownIt().use(this)`.

    Each block's token becomes a fence of plain text that holds the diagram; HTML shows it as an image whose label says
    it in words, which stand in the token's meta under "attention-diagram". Defaults in the front matter need the front
    matter plugin of mdit-py-plugins, and are an error without it; TOML needs none. `env["mdattn_path"]` may hold the
    document's path: data files that a block names are looked up beside it. Parsing raises DiagramError with all
    mistakes in place, and warns (DiagramWarning) of what was meant as a block and is none. A fence that holds Markdown,
    as MyST's containers do, has the diagrams in its text.
    """
    md.core.ruler.after("block", "attention_diagram", _draw_blocks)
    label_figures(md)


def _draw_blocks(state: StateCore) -> None:
    fences = list(_fences(state.tokens))
    doubtful = may_hold_blocks(state.src)
    if not fences and not doubtful:
        return
    wrong: list[Diagnostic] = []
    lines = state.src.split("\n")
    blocks = list(_closed(fences, lines, wrong))
    parts = [_Part(token, lines) for token in state.tokens if _is_part(token)] if doubtful else []
    sources = [(yaml, position) for _, yaml, position in blocks]
    for part in parts:
        wrong += part.errors
        sources += part.sources
    doubted: list[Diagnostic] = []
    diagrams = _draw_each(sources, state, wrong, doubted)
    rest = iter(diagrams[len(blocks) :])
    for part in parts:
        part.take([next(rest) for _ in part.sources], wrong)
    warnings = _warnings(state, blocks, parts, doubted) if doubtful else tuple(doubted)
    if wrong:
        raise DiagramError.of(dict.fromkeys((*wrong, *warnings)), state.env.get(PATH_KEY))
    for (token, *_), diagram in zip(blocks, diagrams, strict=False):
        assert diagram is not None
        present(token, diagram.lines, diagram.alternative)
    for part in parts:
        part.token.content = part.result
    if warnings:
        from mdattn.document import warn

        warn(warnings, state.env.get(PATH_KEY))


def _draw_each(
    sources: Sequence[tuple[Excerpt, Position]], state: StateCore, wrong: list[Diagnostic], doubted: list[Diagnostic]
) -> list[Diagram | None]:
    """The diagram of each block; None where it has a mistake, which is added to `wrong`, as doubts are to `doubted`."""
    if not sources:
        return []
    from mdattn.document import draw

    defaults = _defaults(state, wrong)
    files: Files = {}
    diagrams: list[Diagram | None] = []
    for yaml, position in sources:
        try:
            drawn = draw(yaml, position, defaults, _folder(state.env), doubted, files=files)
            diagrams.append(drawn._replace(words=drawn.alternative))
        except DiagramError as error:
            diagrams.append(None)
            wrong.extend(error.diagnostics)
    return diagrams


def _warnings(
    state: StateCore,
    blocks: Iterable[tuple[Token, Excerpt, Position]],
    parts: Iterable[_Part],
    doubted: Iterable[Diagnostic],
) -> tuple[Diagnostic, ...]:
    """What was meant as a block and is none, and what is doubtful in one, but where a line before switches it off."""
    from mdattn.blocks import doubts, heard, split

    lines = split(state.src)
    found = [*dict.fromkeys(doubted), *doubts(state.src, lines, state.tokens)]
    for part in parts:
        found += part.warnings
    return heard(lines, found, [(token.map[0], token.map[1]) for token, *_ in blocks if token.map])


def _is_part(token: Token) -> bool:
    """Whether the token holds Markdown that the pipeline has not parsed: a container that is a fence."""
    if token.type not in ("fence", "colon_fence") or not token.map:
        return False
    return holds_markdown(token.markup, token.info) and may_hold_blocks(token.content)


class _Part:
    """A fence that holds Markdown: a document of its own, whose lines stand in that of the pipeline."""

    def __init__(self, token: Token, lines: Sequence[str]) -> None:
        from mdattn.blocks import behind_options, find, split

        assert token.map is not None
        self.token = token
        texts = split(token.content)
        options = behind_options(token.info, (text.lstrip() for text in texts))
        self.options, markdown = "".join(texts[:options]), "".join(texts[options:])
        # The content is the tail of its line. A tab cut in two comes as blanks: the start may lie before it.
        rows = enumerate(token.content.split("\n")[options:], token.map[0] + 1 + options)
        self.starts = [Position(row + 1, len(lines[row]) - len(text) + 1) for row, text in rows if row < len(lines)]
        self.document = find(markdown, (token.markup,))
        self.errors = [self._placed(each) for each in self.document.errors]
        self.warnings = [self._placed(each) for each in self.document.warnings]
        self.sources = [
            (each.yaml._replace(starts=tuple(map(self._place, each.yaml.starts))), self._place(each.position))
            for each in self.document.blocks
        ]
        self.result = token.content

    def _place(self, position: Position) -> Position:
        start = self.starts[position.line - 1]
        return Position(start.line, start.column + position.column - 1)

    def _placed(self, each: Diagnostic) -> Diagnostic:
        return each._replace(position=self._place(each.position)) if each.position else each

    def take(self, diagrams: Sequence[Diagram | None], wrong: list[Diagnostic]) -> None:
        """Put the diagrams into the text; what hinders it is added to `wrong`."""
        from mdattn.blocks import drawn, misfit, prove, splice

        replacements = []
        for block, diagram in zip(self.document.blocks, diagrams, strict=True):
            if diagram is None:
                continue
            if fault := misfit(block.place, diagram.lines, block.fence[0]):
                wrong.append(Diagnostic(self._place(block.position), *fault))
            replacements.append(drawn(block, diagram.lines))
        if not wrong and replacements:
            result = splice(self.document, replacements)
            prove(self.document, replacements, result)
            self.result = self.options + result


def _fences(tokens: Sequence[Token]) -> Iterator[Token]:
    from markdown_it.common.utils import unescapeAll

    for token in tokens:
        if token.type == "fence" and names_block(unescapeAll(token.info)):
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
    if first + len(texts) > len(lines):
        texts.pop()  # No closing fence.
    else:
        texts[-1] = lines[first + len(texts) - 1].lstrip(" \t>")
    starts = (
        Position(number + 1, max(0, len(lines[number]) - len(text)) + 1) for number, text in enumerate(texts, first)
    )
    return Excerpt(content, tuple(starts))


def _defaults(state: StateCore, wrong: list[Diagnostic]) -> Defaults | None:
    """The options that the front matter gives to every block; what is wrong with them is added to `wrong`."""
    front = state.tokens[0]
    if front.type == "front_matter":
        content, language = front.content + "\n", "toml" if front.markup == "+++" else "yaml"
    elif match := re.match(_TOML, state.src):
        content, language = match[1], "toml"
    else:
        found = re.match(_UNREAD, state.src)
        if found and re.search(
            r"^---[^\S\n]*$", state.src[found.end() :], re.MULTILINE
        ):  # Without them the diagrams would not be those of `render`.
            wrong.append(Diagnostic(Position(1, 1), f"nothing reads this front matter's '{NAME}:'", _READER))
        return None
    from mdattn.options import defaults_of

    starts = tuple(Position(row + 2, 1) for row in range(content.count("\n") + 1))
    try:
        return defaults_of(Excerpt(content, starts), language)
    except DiagramError as error:
        wrong.extend(error.diagnostics)
        return None


def _folder(env: MutableMapping[str, Any]) -> Path | None:
    path = env.get(PATH_KEY)
    return Path(path).parent if path else None
