"""The blocks among a parser's tokens: that of a document, that of a page, or that of a pipeline, whatever it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from markdown_it.common.utils import unescapeAll

from mdattn.blocks._containers import TOML
from mdattn.blocks._names import NAME, names_block
from mdattn.blocks._parse import BOM, Site, span
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


class Front(NamedTuple):
    """What stands between the markers of a front matter, if there is one, in the `language` "yaml" or "toml"."""

    matter: Excerpt | None
    language: str


class Found(NamedTuple):
    """The blocks among the tokens, what is wrong with the fences of others, and the front matter."""

    fences: tuple[Fence, ...]
    errors: tuple[Diagnostic, ...]
    front: Front


def is_block(token: Token) -> bool:
    """Whether the token is the fence of a block."""
    return token.type == "fence" and names_block(unescapeAll(token.info))


def of_tokens(source: str, lines: Sequence[str], tokens: Sequence[Token], sites: Iterable[Site] | None = None) -> Found:
    """The blocks among the tokens of a source with these lines, in document order.

    `sites` are those of a parser that watches for blocks (`watch`); of any other one, the tokens and the lines tell.
    """
    seen = [*(_seen(tokens, lines) if sites is None else _watched(sites, lines))]
    front = _front(tokens, lines)
    if sites is None and front.matter is None:
        front = _unread_toml(source)
    fences = tuple([each for each in seen if isinstance(each, Fence)])
    return Found(fences, tuple([each for each in seen if isinstance(each, Diagnostic)]), front)


def _watched(sites: Iterable[Site], lines: Sequence[str]) -> Iterator[Fence | Diagnostic]:
    """Each block of a parser that watches, or what is wrong with its fence."""
    for site in sites:
        token = site.token
        fault = tabbed(site) or (None if site.closed else _unclosed(token, position_of(site), lines, site.around))
        if fault := fault or unreadable(site, lines):
            yield fault
        else:
            yield Fence(_yaml(token, lines), position_of(site), token, site)


def _seen(tokens: Iterable[Token], lines: Sequence[str]) -> Iterator[Fence | Diagnostic]:
    """The same of a parser that does not."""
    for token in filter(is_block, tokens):
        if token.map is None:  # Made by another plugin, not read from the document.
            yield Fence(Excerpt(token.content, _rows(token.content, 1)), Position(1, 1), token, None)
            continue
        first, end = span(token)
        position = Position(first + 1, lines[first].find(token.markup) + 1)
        # The token does not say whether a closing line was met; what its content leaves of its lines does.
        ends = token.content.endswith("\n") or not token.content
        if ends and token.content.count("\n") == end - first - 2:
            yield Fence(_yaml(token, lines), position, token, None)
        else:
            yield _unclosed(token, position, lines)


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


# Front matter


def _front(tokens: Sequence[Token], lines: Sequence[str]) -> Front:
    if not tokens or tokens[0].type != "front_matter":
        return Front(None, "yaml")
    end = span(tokens[0])[1] - 1
    content = "".join(line.rstrip("\r\n") + "\n" for line in lines[1:end])
    return Front(_excerpt(content, lines, 1, end), "toml" if tokens[0].markup == TOML else "yaml")


def _unread_toml(source: str) -> Front:
    """The front matter in TOML, which no plugin reads."""
    match = re.match(r"\+\+\+[ \t]*\n((?:(?!\+\+\+[ \t]*\n).*\n)*?)\+\+\+[ \t]*(?:\n|\Z)", source)
    return Front(Excerpt(match[1], _rows(match[1], 2)), "toml") if match else Front(None, "yaml")


def unread_front(source: str, front: Front) -> Diagnostic | None:
    """Defaults in the front matter that a parser without its plugin takes for a rule and a heading.

    Without them the diagrams would not be those of `render`.
    """
    found = re.match(rf"---[^\S\n]*\n(?:(?!---[^\S\n]*\n).*\n)*?{NAME}:", source)
    if front.matter or not found or not re.search(r"^---[^\S\n]*$", source[found.end() :], re.MULTILINE):
        return None
    cure = "add mdit_py_plugins.front_matter.front_matter_plugin to the pipeline"
    return Diagnostic(Position(1, 1), f"nothing reads this front matter's '{NAME}:'", cure)


# Errors


def _unclosed(token: Token, position: Position, lines: Sequence[str], around: Sequence[str] = ()) -> Diagnostic:
    end = span(token)[1]
    shut = next((each for each in around if token.markup.startswith(each)), None)
    return Diagnostic(
        position,
        f"this {NAME} fence is never closed: its diagram would replace everything down to line {end}"
        + (", the rest of the document" if end >= len(lines) else ""),
        f"make the fence {shut} around it longer than its own"
        if shut
        else f"close it with a line {token.markup} as deep in lists and quotes as this one",
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
            return Diagnostic(position, f"line {number + 1} is not valid UTF-8{byte}", "save the document as UTF-8")
    return None
