"""Front matter: what stands between two markers at the top of a document, in YAML or in TOML.

Found by its lines alone, for our own parser and beside any other: the plugins for it differ, and so do their releases.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from mdattn.blocks._names import NAME
from mdattn.errors import Diagnostic, Excerpt, Position

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.token import Token

BOM = "\ufeff"
YAML, TOML = "---", "+++"
MARKERS = (YAML, TOML)
_BLANK = r"[ \t\r\n]*\Z"


class Front(NamedTuple):
    """What stands between the markers of a front matter, if there is one, in the `language` "yaml" or "toml"."""

    matter: Excerpt | None
    language: str


def front_lines(lines: Sequence[str]) -> range:
    """The lines of the front matter between its markers, from 0; range(0) where there is none.

    YAML begins with three dashes or more and ends with as many, or with the three points that end a document of YAML.
    """
    head = lines[0].removeprefix(BOM).rstrip(" \t\r\n") if lines else ""
    if head == TOML:
        ending = rf"\+\+\+{_BLANK}"
    elif head.startswith(YAML):
        ending = rf" {{0,3}}-{{{len(head) - len(head.lstrip('-'))},}}{_BLANK}|\.\.\.{_BLANK}"
    else:
        return range(0)
    is_end = re.compile(ending).match
    end = next((number for number, line in enumerate(lines) if number > 0 and is_end(line)), 0)
    return range(min(1, end), end)


def use_front_matter(markdown: MarkdownIt) -> None:
    """Let a parser see front matter."""
    markdown.block.ruler.before("table", "front_matter", _rule)


def _rule(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """One token for the front matter with its markers."""
    if silent or start > 0 or state.level > 0 or not state.src.startswith(MARKERS):
        return False
    found = front_lines(state.src.split("\n")[:end])
    if not found.stop:
        return False
    token = state.push("front_matter", "", 0)
    token.hidden = token.block = True
    token.markup = state.src[:3]
    token.content = state.getLines(1, found.stop, 0, False)
    token.map = [0, found.stop + 1]
    state.line = found.stop + 1
    return True


def front_of(tokens: Sequence[Token], lines: Sequence[str], is_ours: bool) -> Front:
    """The front matter of a source with these tokens and lines.

    What a parser that is not ours takes for none is none, but for TOML, which no plugin reads.
    """
    found = front_lines(lines)
    is_toml = found.stop > 0 and lines[0].removeprefix(BOM).startswith(TOML)
    is_token = bool(tokens) and tokens[0].type == "front_matter"
    if found.stop and (is_token or (is_toml and not is_ours)):
        return Front(_excerpt(lines, found), "toml" if is_toml else "yaml")
    return Front(None, "yaml")


def unread_front(lines: Sequence[str], front: Front) -> tuple[Excerpt, Diagnostic] | None:
    """The front matter that a parser takes for a rule and a heading, and what to say of it if it holds defaults.

    Without them the diagrams would not be those of `render`.
    """
    found = front_lines(lines)
    if front.matter or not found.stop:
        return None
    cure = "add mdit_py_plugins.front_matter.front_matter_plugin to the pipeline"
    if lines[0].startswith(BOM):
        cure = "a byte order mark (U+FEFF) stands before it: decode the document as utf-8-sig"
    return _excerpt(lines, found), Diagnostic(Position(1, 1), f"nothing reads this front matter's '{NAME}:'", cure)


def _excerpt(lines: Sequence[str], found: range) -> Excerpt:
    content = "".join(lines[number].rstrip("\r\n") + "\n" for number in found)
    return Excerpt(content, tuple(Position(number + 1, 1) for number in (*found, found.stop)))
