"""The blocks of a document: where each one stands, its YAML, and what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from mdattn.blocks._containers import BLANKS, TOML
from mdattn.blocks._doubts import doubts
from mdattn.blocks._names import NAME
from mdattn.blocks._parse import BOM, Parsed, Site, ending, parse, span, split
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

    A fence that is an error is not among the blocks. `front_matter` is what stands between its markers, in the
    `language` "yaml" or "toml". `around` has the markup of the fences that hold the source itself.
    """

    source: str
    lines: tuple[str, ...]
    blocks: tuple[Block, ...]
    front_matter: Excerpt | None
    language: str
    errors: tuple[Diagnostic, ...]
    warnings: tuple[Diagnostic, ...]
    parsed: Parsed
    around: tuple[str, ...] = ()

    @property
    def front_warnings(self) -> tuple[Diagnostic, ...]:
        """The warnings of the front matter."""
        end = self.front_matter.starts[-1].line if self.front_matter else 0
        return tuple(each for each in self.warnings if each.position and each.position.line < end)


def find(source: str, around: tuple[str, ...] = ()) -> Document:
    """Read a document: its blocks, its front matter, its errors and warnings, each in document order.

    `around` has the markup of the fences that hold the source, where it is only a part of a document.
    """
    lines = split(source)
    parsed = parse(source, around)
    inside = admonished(parsed.tokens)
    blocks: list[Block] = []
    errors: list[Diagnostic] = []
    for site in parsed.fences:
        fault = tabbed(site) or _unclosed(site, lines) or unreadable(site, lines)
        if fault:
            errors.append(fault)
        else:
            blocks.append(_block(site, lines, id(site.token) in inside))
    return Document(
        source=source,
        lines=lines,
        blocks=tuple(blocks),
        front_matter=_front_matter(parsed.tokens, lines),
        language="toml" if parsed.tokens and parsed.tokens[0].markup == TOML else "yaml",
        errors=tuple(errors),
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


def _block(site: Site, lines: Sequence[str], in_admonition: bool) -> Block:
    first, end = span(site.token)
    mark = BOM if first == 0 and lines[0].startswith(BOM) else ""
    rest = site.rest_prefix
    place = Place(
        first_line=first,
        end_line=end,
        first_prefix=mark + site.first_prefix,
        rest_prefix=rest,
        blank_prefix=rest.rstrip(BLANKS),
        line_ending=ending(lines[first]),
        last_ending=ending(lines[end - 1]),
        around=site.around,
        in_admonition=in_admonition,
    )
    yaml = _excerpt(site.token.content, lines, first + 1, end - 1)
    return Block(yaml, position_of(site), site.token.markup, place)


def position_of(site: Site) -> Position:
    """Where the fence or the comment opens."""
    return Position(span(site.token)[0] + 1, len(site.first_prefix) + 1)


def _excerpt(content: str, lines: Sequence[str], first: int, end: int) -> Excerpt:
    """Content of the lines `first` to `end`; the line `end`, which closes it, lends the place of its end."""
    starts = [
        # The content is the tail of its line. A tab cut in two comes as blanks: the start may lie before it.
        Position(number + 1, len(lines[number].rstrip("\r\n")) - len(text) + 1)
        for number, text in zip(range(first, end), content.split("\n"), strict=False)
    ]
    closing = lines[end].rstrip("\r\n")
    indent = len(closing) - len(closing.lstrip(" \t>"))
    return Excerpt(content, (*starts, Position(end + 1, indent + 1)))


def _front_matter(tokens: Sequence[Token], lines: Sequence[str]) -> Excerpt | None:
    if not tokens or tokens[0].type != "front_matter":
        return None
    end = span(tokens[0])[1] - 1
    content = "".join(line.rstrip("\r\n") + "\n" for line in lines[1:end])
    return _excerpt(content, lines, 1, end)


# Errors


def _unclosed(site: Site, lines: Sequence[str]) -> Diagnostic | None:
    if site.closed:
        return None
    end = span(site.token)[1]
    shut = next((each for each in site.around if site.token.markup.startswith(each)), None)
    return Diagnostic(
        position_of(site),
        f"this {NAME} fence is never closed: its diagram would replace everything down to line {end}"
        + (", the rest of the document" if end >= len(lines) else ""),
        f"make the fence {shut} around it longer than its own"
        if shut
        else f"close it with a line {site.token.markup} as deep in lists and quotes as this one",
    )


def tabbed(site: Site) -> Diagnostic | None:
    """Tabs whose stops depend on how a reader takes the fence around them."""
    if not site.tabbed:
        return None
    message = "the fence around these lines cuts a tab in two, and another tab follows it: nobody knows where that ends"
    return Diagnostic(position_of(site), message, "indent the lines with blanks, not with tabs")


def unreadable(site: Site, lines: Sequence[str]) -> Diagnostic | None:
    """The first character of a block that is not text: a control character, or a byte that was not UTF-8."""
    first, end = span(site.token)
    text = "".join(lines[first:end])
    if text.translate({9: None, 10: None, 13: None}).isprintable():
        return None
    for number in range(first, end):
        line = lines[number].removeprefix(BOM) if number == 0 else lines[number]
        skipped = len(site.first_prefix) if number == first else 0
        match = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]").search(line, skipped)
        if match:
            position = Position(number + 1, match.start() + 1)
            code = ord(match[0])
            if code < 0xD800:
                return Diagnostic(position, f"control character U+{code:04X} in a block", "delete it")
            byte = f" (byte 0x{code - 0xDC00:02X})" if 0xDC80 <= code <= 0xDCFF else ""
            return Diagnostic(position, f"line {number + 1} is not valid UTF-8{byte}", "save the document as UTF-8")
    return None
