"""The blocks among a parser's tokens: that of a document, that of a page, or that of a pipeline, whatever it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from markdown_it.common.utils import unescapeAll

from mdattn.blocks._front import BOM, Front, front_of
from mdattn.blocks._names import NAME, names_block
from mdattn.blocks._parse import Site, span
from mdattn.errors import Diagnostic, Excerpt, Position

if TYPE_CHECKING:
    from markdown_it.token import Token


class Fence(NamedTuple):
    """The fence of a block: its YAML without container prefixes, and where it opens.

    The last line start of the YAML is the closing fence. `site` is what a parser that watches has seen of it.
    """

    yaml: Excerpt
    position: Position
    token: Token
    site: Site | None


class Found(NamedTuple):
    """The blocks among the tokens, what is wrong with the fences of others, and the front matter."""

    fences: tuple[Fence, ...]
    errors: tuple[Diagnostic, ...]
    front: Front


def is_block(token: Token) -> bool:
    """Whether the token is the fence of a block."""
    return token.type == "fence" and names_block(unescapeAll(token.info))


def of_tokens(lines: Sequence[str], tokens: Sequence[Token], sites: Iterable[Site] | None = None) -> Found:
    """The blocks among the tokens of a source with these lines, in document order.

    `sites` are those of a parser that watches for blocks (`watch`); of any other one, the tokens and the lines tell.
    """
    seen = [*(_seen(tokens, lines) if sites is None else _watched(sites, lines))]
    front = front_of(tokens, lines, is_ours=sites is not None)
    fences = tuple([each for each in seen if isinstance(each, Fence)])
    return Found(fences, tuple([each for each in seen if isinstance(each, Diagnostic)]), front)


def is_closed(token: Token) -> bool:
    """Whether a closing fence was met: the token does not say so; what its content leaves of its lines does."""
    first, end = span(token)
    ends = token.content.endswith("\n") or not token.content
    return ends and token.content.count("\n") == end - first - 2


def _watched(sites: Iterable[Site], lines: Sequence[str]) -> Iterator[Fence | Diagnostic]:
    """Each block of a parser that watches, or what is wrong with its fence."""
    for site in sites:
        token = site.token
        position = position_of(site)
        fault = tabbed(site) or (None if site.closed else _unclosed(token, position, lines, site.around))
        if fault := fault or unreadable(site, lines) or _closed_late(token, position):
            yield fault
        else:
            yield Fence(_yaml(token, lines), position, token, site)


def _seen(tokens: Iterable[Token], lines: Sequence[str]) -> Iterator[Fence | Diagnostic]:
    """The same of a parser that does not."""
    for token in filter(is_block, tokens):
        if token.map is None:  # Made by another plugin, not read from the document.
            yield Fence(Excerpt(token.content, _rows(token.content, 1)), Position(1, 1), token, None)
            continue
        first, _ = span(token)
        position = Position(first + 1, lines[first].find(token.markup) + 1)
        fault = _closed_late(token, position) if is_closed(token) else _unclosed(token, position, lines)
        yield fault or Fence(_yaml(token, lines), position, token, None)


def position_of(site: Site) -> Position:
    """Where the fence or the comment opens."""
    return Position(span(site.token)[0] + 1, len(site.first_prefix) + 1)


def _yaml(token: Token, lines: Sequence[str]) -> Excerpt:
    first, end = span(token)
    return _excerpt(token.content, lines, first + 1, end - 1)


def _rows(content: str, first: int) -> tuple[Position, ...]:
    """The beginnings of the lines of a text that stands at the margin, from a line on."""
    return tuple(Position(first + row, 1) for row in range(content.count("\n") + 1))


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


# Errors


def _unclosed(token: Token, position: Position, lines: Sequence[str], around: Sequence[str] = ()) -> Diagnostic:
    first, end = span(token)
    below = "line" if end - first == 2 else f"{end - first - 1} lines"
    harm = f": its diagram would replace the {below} below it" if end - first > 1 else ""
    shut = next((each for each in around if token.markup.startswith(each)), None)
    return Diagnostic(
        position,
        f"this {NAME} fence is never closed{harm}"
        + (", the rest of the document" if harm and end >= len(lines) and not around else ""),
        f"make the fence {shut} around it longer than its own"
        if shut
        else f"close it with a line {token.markup} as deep in lists and quotes as this one",
    )


def _closed_late(token: Token, position: Position) -> Diagnostic | None:
    """A fence that goes on to the end of another one: no YAML begins a line at the margin as that one opens."""
    if token.markup not in token.content or not re.search(rf"(?m)^{token.markup}+[ \t]*[\w{{]", token.content):
        return None
    message = f"this {NAME} fence is not closed before another fence opens"
    return Diagnostic(position, message, f"close it with a line {token.markup} before that one")


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
    if text.replace("\n", "").replace("\r", "").replace("\t", "").isprintable():
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
            return Diagnostic(position, f"this line is not valid UTF-8{byte}", "save the document as UTF-8")
    return None
