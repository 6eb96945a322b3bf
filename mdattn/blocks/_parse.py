"""The parser: what it makes of a text, and what only it knows while it stands on a block.

The one place that sets it up; the rest of the room works on what comes out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from io import StringIO
from typing import TYPE_CHECKING, Any, NamedTuple

from mdattn.blocks._containers import (
    AROUND,
    ENDED,
    EVERY,
    FENCES,
    INTERRUPTS,
    LACKING,
    TABBED,
    is_closed,
    needed,
    opening,
    text_of,
    use_containers,
)
from mdattn.blocks._front import BOM
from mdattn.blocks._names import NAME, names_block

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.token import Token

# Where the watching rules leave what they saw, in the parser's environment.
_FENCES = "attention-diagram fences"
_COMMENTS = "attention-diagram comments"


class Site(NamedTuple):
    """What only the parser knows while it stands on a block's fence, or on a comment that names one.

    `content` is that of the token; a comment's is without its own indentation, as a fence's always is. `around` has
    the markup of each fence that holds it. `tabbed` says that tabs make its place uncertain.
    """

    token: Token
    content: str
    first_prefix: str
    rest_prefix: str
    closed: bool
    around: tuple[str, ...]
    tabbed: bool


class Parsed(NamedTuple):
    """What the parser makes of a text: its block tokens, and the definitions that leave no token.

    `fences` are those of blocks; `comments` are the HTML comments that have the blocks' name in their first line.
    """

    tokens: tuple[Token, ...]
    definitions: tuple[tuple[str, str, str], ...]
    fences: tuple[Site, ...]
    comments: tuple[Site, ...]


def split(source: str) -> tuple[str, ...]:
    """The lines of a source with their endings, broken where the parser breaks them: at CRLF, LF and CR."""
    return tuple(StringIO(source, newline=""))


def ending(line: str) -> str:
    """The line ending of a line, empty where a document ends without one."""
    return line[len(line.rstrip("\r\n")) :]


@lru_cache(maxsize=32)
def parser(plugins: tuple[str, ...] = EVERY) -> MarkdownIt:
    """The one parser of documents; block tokens only."""
    markdown = watching(plugins)
    # Inline parsing costs ten times the rest, and the plugins' later rules only serve a renderer.
    markdown.core.ruler.enableOnly(["normalize", ENDED, "block"])
    return markdown


def watching(plugins: tuple[str, ...] = EVERY) -> MarkdownIt:
    """A parser of CommonMark with all containers that may hold blocks, which leaves a `Site` where it meets one."""
    from markdown_it import MarkdownIt

    markdown = MarkdownIt("commonmark")
    use_containers(markdown, plugins)
    markdown.block.ruler.at("fence", opening(_watching_fence(), FENCES), {"alt": INTERRUPTS})
    markdown.block.ruler.at("html_block", _watching_comment(), {"alt": ["paragraph", "reference", "blockquote"]})
    return markdown


def _watching_fence() -> Callable[[StateBlock, int, int, bool], bool]:
    """The parser's own fence rule, which also leaves a `Site` for each block in the environment."""
    from markdown_it.common.utils import unescapeAll
    from markdown_it.rules_block import fence

    def rule(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        if not fence(state, start, end, silent):
            return False
        if not silent:
            token = state.tokens[-1]
            if names_block(unescapeAll(token.info)):
                site = _site(state, start, token.content, is_closed(state, start, token))
                state.env.setdefault(_FENCES, []).append(site)
        return True

    return rule


def _watching_comment() -> Callable[[StateBlock, int, int, bool], bool]:
    """The parser's own rule for HTML blocks, which also leaves a `Site` for each comment with the blocks' name."""
    from markdown_it.rules_block import html_block

    def rule(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        at_sign = state.src.startswith("<", state.bMarks[start] + state.tShift[start])
        if not at_sign or not html_block(state, start, end, silent):
            return False
        if not silent:
            head = text_of(state, start)  # The token's content may have a container's mark before it, beside tabs.
            if NAME in head and head.startswith("<!--"):
                content = f"{head}\n{state.getLines(start + 1, state.line, state.sCount[start], True)}"
                state.env.setdefault(_COMMENTS, []).append(_site(state, start, content, "-->" in content))
        return True

    return rule


def _site(state: StateBlock, start: int, content: str, closed: bool) -> Site:
    """What the parser's state tells of the token that it has just read and will forget."""
    mark = state.bMarks[start] + state.tShift[start]
    first_prefix = state.src[state.src.rfind("\n", 0, mark) + 1 : mark]
    rest_prefix = _rest_prefix(state, start, state.line - 1, first_prefix)
    around = tuple(state.env.get(AROUND, ()))
    # Of the lines between, tabs may be the author's own.
    tabbed = not state.env.get(TABBED, set()).isdisjoint((start, state.line - 1))
    return Site(state.tokens[-1], content, first_prefix, rest_prefix, closed, around, tabbed)


def _rest_prefix(state: StateBlock, start: int, last: int, first_prefix: str) -> str:
    """The prefix that continues the fence's containers, exactly as wide as what the parser strips.

    It is the opening line's own where that opens no container, else the closing line's quotes and blanks.
    """
    opens = bool(first_prefix.strip(" \t>"))
    line = last if opens else start
    mark = state.bMarks[line]
    quotes = state.src[state.src.rfind("\n", 0, mark) + 1 : mark]
    blanks = "" if opens and quotes else re.sub(r"[^\t]", " ", first_prefix[len(quotes) :])
    # Keep the author's tabs, where the parser strips them as it counted them: in nested quotes it does not.
    before = state.bsCount[line] % 4
    if len((" " * before + blanks).expandtabs(4)) - before != state.sCount[start]:
        blanks = " " * state.sCount[start]
    # After a bare `>` the parser swallows one blank: it must not be one of the diagram's.
    swallowed = " " if quotes.endswith(">") and not blanks.startswith("\t") else ""
    # What stands further out than the fence around it is moved in, or that fence would strip the diagram's blanks; it
    # strips none before a quote.
    last = mark - len(quotes) + quotes.rfind(">")
    lacking = sum(
        count
        for at, count, in_tab in state.env.get(LACKING, {}).get(line, ())
        if (at == mark and not blanks.startswith("\t") if in_tab else at > last)
    )
    return f"{quotes}{swallowed}{' ' * lacking}{blanks}"


def parse(source: str, around: tuple[str, ...] = ()) -> Parsed:
    """The block tokens of a source, and what the parser saw at those of them that matter here.

    `around` has the markup of the fences that hold the source, where it is only a part of a document.
    """
    env: dict[str, Any] = {AROUND: list(around)}
    return parsed(parser(needed(source, whole=not around)).parse(source.removeprefix(BOM), env), env)


def parsed(tokens: Sequence[Token], env: Mapping[str, Any]) -> Parsed:
    """What a parser that watches has made of a text, with the environment that it has left its sites in."""
    references = env.get("references", {})
    definitions = tuple((label, each["href"], each["title"]) for label, each in references.items())
    return Parsed(tuple(tokens), definitions, tuple(env.get(_FENCES, ())), tuple(env.get(_COMMENTS, ())))


def span(token: Token) -> tuple[int, int]:
    """The lines of a block token, counted from 0, half-open."""
    assert token.map is not None
    return token.map[0], token.map[1]
