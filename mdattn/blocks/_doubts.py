"""Lines that look like the opening of a block and are none: a warning each, with the reason and the cure."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING

from mdattn.blocks._parse import BOM, NAME, span
from mdattn.errors import Diagnostic, Position

if TYPE_CHECKING:
    from markdown_it.token import Token


def doubts(source: str, lines: Sequence[str], tokens: Sequence[Token]) -> Iterator[Diagnostic]:
    """Lines that look like the opening of a block and are none, with the reason and the cure."""
    lookalikes = dict(_lookalikes(source, lines))
    if not lookalikes:
        return
    leaves = [token for token in tokens if token.map and token.type in _REASONS]
    starts = [span(token)[0] for token in leaves]
    for number, (column, opening) in lookalikes.items():
        index = bisect_right(starts, number) - 1
        covers = index >= 0 and number < span(leaves[index])[1]
        finding = _REASONS[leaves[index].type](leaves[index], number, opening) if covers else _too_deep()
        if finding:
            yield Diagnostic(Position(number + 1, column + 1), *finding, severity="warning")


_Finding = tuple[str, str] | None
_LOOKALIKE = r"attention(?:[^\w\r\n]|_){0,2}diagrams?"
_CONTAINERS = r"(?:[ \t>]|[-+*:~](?=[ \t])|[0-9]{1,9}[.)]|\[\^[^\]\s]+\]:)*"


def _lookalikes(source: str, lines: Sequence[str]) -> Iterator[tuple[int, tuple[int, str]]]:
    """The lines where nothing but container marks precede a fence whose info string resembles the name.

    Yields line number, column of the fence and the text from there, both from 0.
    """
    ends = list(accumulate(map(len, lines)))
    number = -1
    for match in re.finditer(f"(?ai:{_LOOKALIKE})(?![\\w-])", source):
        if number >= 0 and match.start() < ends[number]:
            continue  # One a line is enough, and keeps a line of a million of them linear.
        number = bisect_right(ends, match.start())
        begin = ends[number] - len(lines[number])
        before = source[begin : match.start()]
        if begin == 0:
            before = before.removeprefix(BOM)
        run = before.rstrip(" \t{[.:").rstrip("\\")
        prefix = run.rstrip("`") if run.endswith("`") else run.rstrip("~")
        if len(run) - len(prefix) >= 3 and re.fullmatch(_CONTAINERS, prefix):
            opening = lines[number].rstrip("\r\n").removeprefix(BOM if begin == 0 else "")[len(prefix) :]
            yield number, (len(prefix), opening)


def _in_fence(token: Token, number: int, opening: str) -> _Finding:
    """A near miss of the name; a fence within a fence is documentation."""
    if number != span(token)[0]:
        return None
    from markdown_it.common.utils import unescapeAll

    words = unescapeAll(token.info).split()
    if words[:1] == [NAME]:
        return None
    return f"this fence stays as it is: {words[0]!r} is not {NAME!r}", f"write {token.markup}{NAME}"


def _in_html(token: Token, number: int, opening: str) -> _Finding:
    comment = token.content.lstrip().startswith("<!--")
    place = "an HTML comment" if comment else "an HTML block"
    blank_ends = not re.match(r"(?i)\s*<(?:[!?]|(?:script|pre|style|textarea)\b)", token.content)
    cure = "put a blank line before it" if blank_ends else "move it out to have it drawn"
    return f"no diagram here: the fence stands inside {place}", cure


def _in_code(token: Token, number: int, opening: str) -> _Finding:
    return (
        "no diagram here: the line is indented so far that it is an indented code block",
        "indent it by at most three spaces from its list item or margin",
    )


def _in_text(token: Token, number: int, opening: str) -> _Finding:
    marker = opening[0]
    if marker == "`" and "`" in opening.lstrip("`"):
        return (
            "no diagram here: a backtick behind the opening fence makes the line paragraph text",
            "leave the backtick out, or fence with ~~~",
        )
    return (
        "no diagram here: the line continues the paragraph above",
        "put a blank line before it and indent it by at most three spaces",
    )


def _silent(token: Token, number: int, opening: str) -> _Finding:
    return None


def _too_deep() -> _Finding:
    return (
        "no diagram here: the fence is nested deeper than the parser follows",
        "move it out of some of its lists and quotes",
    )


_REASONS: dict[str, Callable[[Token, int, str], _Finding]] = {
    "fence": _in_fence,
    "html_block": _in_html,
    "code_block": _in_code,
    "inline": _in_text,
    "front_matter": _silent,
}
