"""The blocks of a document: where each one stands, its YAML, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from mdattn.blocks._containers import BLANKS
from mdattn.blocks._doubts import doubts
from mdattn.blocks._front import BOM, Front
from mdattn.blocks._parse import Parsed, Site, ending, parse, span, split
from mdattn.blocks._tokens import Fence, of_tokens
from mdattn.errors import Diagnostic, Excerpt, Position

if TYPE_CHECKING:
    from markdown_it.token import Token


class Place(NamedTuple):
    """Lines of a document, and how other lines stand in the same containers.

    The lines `first_line` to `end_line`, from 0, half-open. `first_prefix` stands before the first of them;
    `rest_prefix` continues the same containers on the lines below, `blank_prefix` on those that are empty.
    `around` has the markup of each fence that holds them; two empty lines in a row would end an admonition.
    """

    first_line: int
    end_line: int
    first_prefix: str
    rest_prefix: str
    blank_prefix: str
    line_ending: str
    last_ending: str
    around: tuple[str, ...] = ()
    in_admonition: bool = False


class Block(NamedTuple):
    """One block of a document.

    `yaml` is its content without container prefixes; its last line start is the closing fence. `position` is
    that of the opening fence, `fence` the run of markers that opens it, and `place` the lines that it takes.
    """

    yaml: Excerpt
    position: Position
    fence: str
    place: Place


class Document(NamedTuple):
    """A source with its lines (each with its ending), its blocks, and what is wrong or doubtful about them.

    A fence that is an error is not among the blocks. `around` has the markup of the fences that hold the source itself.
    """

    source: str
    lines: tuple[str, ...]
    blocks: tuple[Block, ...]
    front: Front
    errors: tuple[Diagnostic, ...]
    warnings: tuple[Diagnostic, ...]
    parsed: Parsed
    around: tuple[str, ...] = ()

    @property
    def front_warnings(self) -> tuple[Diagnostic, ...]:
        """The warnings of the front matter."""
        end = self.front.matter.starts[-1].line if self.front.matter else 0
        return tuple(each for each in self.warnings if each.position and each.position.line < end)


def find(source: str, around: tuple[str, ...] = (), parsed: Parsed | None = None) -> Document:
    """Read a document: its blocks, its front matter, its errors and warnings, each in document order.

    `around` has the markup of the fences that hold the source, where it is only a part of a document. `parsed` is what
    a parser that watches for blocks has made of the source, where it had to be parsed anyway.
    """
    lines = split(source)
    parsed = parsed or parse(source, around)
    found = of_tokens(lines, parsed.tokens, parsed.fences)
    inside = admonished(parsed.tokens)
    return Document(
        source=source,
        lines=lines,
        blocks=tuple(_block(each, lines, id(each.token) in inside) for each in found.fences),
        front=found.front,
        errors=found.errors,
        warnings=tuple(doubts(source, lines, parsed.tokens)),
        parsed=parsed,
        around=around,
    )


def admonished(tokens: Iterable[Token]) -> frozenset[int]:
    """The identities of the fences and HTML blocks inside admonitions, which two empty lines would end."""
    depth = 0
    found = set()
    for token in tokens:
        if token.type in ("fence", "html_block"):
            if depth:
                found.add(id(token))
        elif token.type == "admonition_open":
            depth += 1
        elif token.type == "admonition_close":
            depth -= 1
    return frozenset(found)


def stands_before(site: Site, lines: Sequence[str]) -> str:
    """What a document has before a fence or comment in its line: the parser drops a BOM, and replaces a NUL."""
    first, _ = span(site.token)
    mark = BOM if first == 0 and lines[0].startswith(BOM) else ""
    return lines[first][: len(mark + site.first_prefix)]


def _block(fence: Fence, lines: Sequence[str], in_admonition: bool) -> Block:
    site = fence.site
    assert site is not None
    first, end = span(fence.token)
    rest = site.rest_prefix
    place = Place(
        first_line=first,
        end_line=end,
        first_prefix=stands_before(site, lines),
        rest_prefix=rest,
        blank_prefix=rest.rstrip(BLANKS),
        line_ending=ending(lines[first]),
        last_ending=ending(lines[end - 1]),
        around=site.around,
        in_admonition=in_admonition,
    )
    return Block(fence.yaml, fence.position, fence.token.markup, place)
