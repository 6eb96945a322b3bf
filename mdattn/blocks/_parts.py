"""Fences that hold Markdown which the parser of a pipeline has left unread: containers with blocks in their text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from mdattn.blocks._containers import behind_options
from mdattn.blocks._find import Block, Document, find
from mdattn.blocks._names import holds_markdown, may_hold_blocks
from mdattn.blocks._parse import split
from mdattn.blocks._splice import drawn, misfit, prove, splice
from mdattn.errors import Diagnostic, Position

if TYPE_CHECKING:
    from markdown_it.token import Token


class Part(NamedTuple):
    """A fence that holds Markdown: `options`, which are lines that MyST reads, and a document of its own.

    `blocks`, `errors` and `warnings` are those of the document, with their places in that of the pipeline.
    """

    token: Token
    options: str
    document: Document
    blocks: tuple[Block, ...]
    errors: tuple[Diagnostic, ...]
    warnings: tuple[Diagnostic, ...]

    def misfits(self, diagrams: Iterable[Sequence[str] | None]) -> Iterator[Diagnostic]:
        """What hinders the lines of each block's diagram to stand there; a block without one is passed over."""
        for block, lines in zip(self.blocks, diagrams, strict=True):
            if lines is not None and (fault := misfit(block.place, lines, block.fence[0])):
                yield Diagnostic(block.position, *fault)

    def drawn(self, diagrams: Iterable[Sequence[str]]) -> str:
        """The text of the fence with the lines of each block's diagram in its place."""
        replacements = [drawn(block, lines) for block, lines in zip(self.document.blocks, diagrams, strict=True)]
        result = splice(self.document, replacements)
        prove(self.document, replacements, result)
        return self.options + result


def parts(tokens: Iterable[Token], lines: Sequence[str]) -> tuple[Part, ...]:
    """The fences among the tokens that may hold blocks in their text."""
    return tuple(_part(token, lines) for token in tokens if _may_hold_blocks(token))


def _may_hold_blocks(token: Token) -> bool:
    if token.type not in ("fence", "colon_fence") or not token.map:
        return False
    return holds_markdown(token.markup, token.info) and may_hold_blocks(token.content)


def _part(token: Token, lines: Sequence[str]) -> Part:
    assert token.map is not None
    texts = split(token.content)
    options = behind_options(token.info, (text.lstrip() for text in texts))
    document = find("".join(texts[options:]), (token.markup,))
    # The content is the tail of its line. A tab cut in two comes as blanks: the start may lie before it.
    rows = enumerate(token.content.split("\n")[options:], token.map[0] + 1 + options)
    starts = [Position(row + 1, len(lines[row].rstrip("\n")) - len(text) + 1) for row, text in rows if row < len(lines)]

    def place(position: Position) -> Position:
        # Another plugin may have written more into the fence than its lines hold.
        start = starts[min(position.line, len(starts)) - 1]
        return Position(start.line, start.column + position.column - 1)

    def placed(each: Diagnostic) -> Diagnostic:
        return each._replace(position=place(each.position)) if each.position else each

    blocks = tuple(
        block._replace(
            yaml=block.yaml._replace(starts=tuple(map(place, block.yaml.starts))), position=place(block.position)
        )
        for block in document.blocks
    )
    options_text = "".join(texts[:options])
    errors, warnings = tuple(map(placed, document.errors)), tuple(map(placed, document.warnings))
    return Part(token, options_text, document, blocks, errors, warnings)
