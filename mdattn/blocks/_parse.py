"""The parser: what it makes of a text, and what only it knows while it stands on a block.

The one place that sets it up; the rest of the room works on what comes out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.token import Token

NAME = "attention-diagram"
INFO = "text"
BOM = "\ufeff"

BLANKS = " \t"
# Where the watching rules leave what they saw, in the parser's environment.
_FENCES = "attention-diagram fences"
_COMMENTS = "attention-diagram comments"


class Site(NamedTuple):
    """What only the parser knows while it stands on a block's fence, or on a comment that names one.

    `content` is that of the token; a comment's is without its own indentation, as a fence's always is.
    """

    token: Token
    content: str
    first_prefix: str
    rest_prefix: str
    closed: bool


class Parsed(NamedTuple):
    """What the parser makes of a text: its block tokens, and the definitions that leave no token.

    `fences` are those of blocks; `comments` are the HTML comments that have the blocks' name in their first line.
    """

    tokens: tuple[Token, ...]
    definitions: tuple[tuple[str, str, str], ...]
    fences: tuple[Site, ...]
    comments: tuple[Site, ...]


def may_hold_blocks(source: str) -> bool:
    """Whether `find` could find a block, an error or a warning; False is certain, True is not."""
    if "```" not in source and "~~~" not in source:
        return False
    folded = source.lower()
    if "attention" in folded and "diagram" in folded:
        return True
    # An info string may spell the name in entities: any `&` beside a fence could be one.
    return "&" in source and any("&" in each[0] for each in re.finditer(r"(?:```|~~~)[^\r\n]*", source))


def may_hold_regions(source: str) -> bool:
    """Whether `regions` could find a region, an error or a warning; False is certain, True is not."""
    return NAME in source and "<!--" in source


def split(source: str) -> tuple[str, ...]:
    """The lines of a source with their endings, broken where the parser breaks them: at CRLF, LF and CR."""
    if "\r" in source:
        return tuple(re.findall(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+", source))
    lines = [line + "\n" for line in source.split("\n")]
    last = lines.pop()[:-1]
    return (*lines, last) if last else tuple(lines)


def ending(line: str) -> str:
    """The line ending of a line, empty where a document ends without one."""
    return line[len(line.rstrip("\r\n")) :]


# The plugins, and the signs of which a source has one wherever a plugin's rule finds anything. Without them the rule
# is left out: it would be tried at each line of the source in vain.
_PLUGINS: Mapping[str, tuple[str, ...]] = {
    "front_matter": ("---",),
    "footnote": ("[^",),
    "deflist": (":", "~"),
    "admon": ("!!!", "???"),
}


def _plugins_for(source: str) -> tuple[str, ...]:
    """The plugins that can make a difference to the source."""
    return tuple(name for name, signs in _PLUGINS.items() if any(sign in source for sign in signs))


@lru_cache(maxsize=16)
def parser(plugins: tuple[str, ...] = tuple(_PLUGINS)) -> MarkdownIt:
    """The one parser: CommonMark with front matter, footnotes, definition lists, admonitions; blocks only."""
    from importlib import import_module

    from markdown_it import MarkdownIt

    markdown = MarkdownIt("commonmark")
    for name in plugins:
        markdown.use(getattr(import_module(f"mdit_py_plugins.{name}"), f"{name}_plugin"))
    # Inline parsing costs ten times the rest, and the plugins' later rules only serve a renderer.
    markdown.core.ruler.enableOnly(["normalize", "block"])
    markdown.block.ruler.at("fence", _watching_fence(), {"alt": ["paragraph", "reference", "blockquote", "list"]})
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
            if unescapeAll(token.info).split(maxsplit=1)[:1] == [NAME]:
                state.env.setdefault(_FENCES, []).append(_site(state, start, token.content, _closed(state, token)))
        return True

    return rule


def _watching_comment() -> Callable[[StateBlock, int, int, bool], bool]:
    """The parser's own rule for HTML blocks, which also leaves a `Site` for each comment with the blocks' name."""
    from markdown_it.rules_block import html_block

    def rule(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        if not html_block(state, start, end, silent):
            return False
        if not silent:
            head = state.tokens[-1].content.partition("\n")[0].lstrip(BLANKS)
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
    return Site(state.tokens[-1], content, first_prefix, rest_prefix, closed)


def _closed(state: StateBlock, token: Token) -> bool:
    """Whether the fence that the parser has just read ends with a closing fence."""
    last = state.line - 1
    closing = state.src[state.bMarks[last] + state.tShift[last] : state.eMarks[last]].rstrip(BLANKS)
    return len(closing) >= len(token.markup) and not closing.strip(token.markup[0]) and not state.is_code_block(last)


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
    return quotes + swallowed + blanks


def parse(source: str) -> Parsed:
    """The block tokens of a source, and what the parser saw at those of them that matter here."""
    env: dict[str, Any] = {}
    tokens = tuple(parser(_plugins_for(source)).parse(source.removeprefix(BOM), env))
    references = env.get("references", {})
    definitions = tuple((label, each["href"], each["title"]) for label, each in references.items())
    return Parsed(tokens, definitions, tuple(env.get(_FENCES, ())), tuple(env.get(_COMMENTS, ())))


def span(token: Token) -> tuple[int, int]:
    """The lines of a block token, counted from 0, half-open."""
    assert token.map is not None
    return token.map[0], token.map[1]
