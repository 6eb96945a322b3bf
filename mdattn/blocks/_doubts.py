"""What was meant as a block and is none: a warning each, with the reason and the cure.

The line before a place may say `<!-- mdattn: off -->`: then nothing is said of it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from mdattn.blocks._containers import behind_options
from mdattn.blocks._front import BOM, front_lines
from mdattn.blocks._names import NAME, directive, holds_markdown, names_block, near_miss, openings, resembles
from mdattn.blocks._parse import span
from mdattn.blocks._tokens import is_block, is_closed
from mdattn.errors import Diagnostic, Position

if TYPE_CHECKING:
    from markdown_it.token import Token


class Lookalike(NamedTuple):
    """A line where nothing but container marks precede a fence whose words resemble the name, numbers from 0.

    `fence` is its run of markers, `info` what follows it, its escapes undone, and `word` what resembles the name.
    `behind` says that text precedes it after all, and that an option follows on the next line.
    """

    line: int
    column: int
    fence: str
    info: str
    word: str
    behind: bool


def doubts(source: str, lines: Sequence[str], tokens: Sequence[Token]) -> Iterator[Diagnostic]:
    """What looks like the defaults or the opening of a block and is none, with the reason and the cure."""
    front = front_lines(lines)
    yield from _misspelt_keys(front, lines)
    if NAME in source:
        yield from _unread_keys(front, tokens)
    yield from _swallowed(tokens, lines)
    titles = {span(token)[0] for token in tokens if token.type == "directive_open"}
    lookalikes = [each for each in _lookalikes(source, lines) if each.line not in titles]
    leaves = [token for token in tokens if token.map and token.type in _REASONS] if lookalikes else []
    starts = [span(token)[0] for token in leaves]
    comments: dict[int, frozenset[int]] = {}
    for each in lookalikes:
        index = bisect_right(starts, each.line) - 1
        token = leaves[index] if index >= 0 and each.line < span(leaves[index])[1] else None
        if each.behind and (token is None or token.type != "inline"):
            continue
        if token is not None and token.type == "html_block":
            if index not in comments:
                comments[index] = _comments(token)
            if each.line in comments[index]:
                continue  # Its author has switched it off.
        finding = _TOO_DEEP if token is None else _REASONS[token.type](token, each)
        if finding:
            yield Diagnostic(Position(each.line + 1, each.column + 1), *finding, severity="warning")


def _swallowed(tokens: Iterable[Token], lines: Sequence[str]) -> Iterator[Diagnostic]:
    """Headings at the end of a block, where they are comments of its YAML: its fence was to be closed before them.

    A single # begins many a comment. After a block that took the next fence for its end, each fence opens where one
    should close, and the last one goes on to the end of the document.
    """
    fences = [token for token in tokens if token.type == "fence" and token.map]
    shifted = bool(fences) and not is_closed(fences[-1]) and not fences[-1].info.strip()
    signs = "1,6" if shifted else "2,6"
    for token in filter(is_block, fences):
        rows = token.content.split("\n")
        end = len(rows)
        while end and not rows[end - 1].partition("#")[0].strip():
            end -= 1
        for row in range(max(1, end), len(rows)):
            if not rows[row - 1].strip() and re.match(rf"#{{{signs}}}[ \t]+(?![a-z_]+:)\w", rows[row]):
                number = span(token)[0] + row + 1
                column = len(lines[number].rstrip("\r\n")) - len(rows[row]) + 1
                message = "this line looks like a heading, and is a comment of the block, which goes on to here"
                cure = f"close the block with a line {token.markup} before it"
                yield Diagnostic(Position(number + 1, column), message, cure, "warning")
                break


def heard(
    lines: Sequence[str], warnings: Iterable[Diagnostic], blocks: Iterable[tuple[int, int]]
) -> tuple[Diagnostic, ...]:
    """The warnings but for those of a place that the line before switches off.

    `blocks` are the lines of each block, from 0, half-open: what is before one is before all that it holds.
    """
    warned = list(warnings)
    if not warned or not any(_OFF in line for line in lines):
        return tuple(warned)
    comment = rf"<!--[ \t]*{_OFF}[ \t]*-->\s*\Z"
    off = {number for number, line in enumerate(lines, 1) if _OFF in line and re.search(comment, line)}
    silent = {inner for first, end in blocks if first in off for inner in range(first + 1, end + 1)}
    silent |= {number + 1 for number in off}
    return tuple(each for each in warned if each.position is None or each.position.line not in silent)


_OFF = "mdattn: off"
_Finding = tuple[str, str] | None
_CONTAINERS = r"(?:[ \t>]|[-+*:~](?=[ \t])|[0-9]{1,9}[.)]|\[\^[^\]\s]+\]:)*"


def _lookalikes(source: str, lines: Sequence[str]) -> Iterator[Lookalike]:
    from markdown_it.common.utils import unescapeAll

    ends: list[int] = []
    for match in sorted(openings(source), key=lambda match: match.start()):
        info = unescapeAll(match[2]) if "&" in match[2] or "\\" in match[2] else match[2]
        word = near_miss(info)
        if word is None:
            continue
        ends = ends or list(accumulate(map(len, lines)))
        number = bisect_right(ends, match.start())
        begin = ends[number] - len(lines[number])
        prefix = source[begin : match.start()]
        if begin == 0:
            prefix = prefix.removeprefix(BOM)
        begins = bool(re.fullmatch(_CONTAINERS, prefix))
        if begins or (info.strip() == NAME and re.match(r"\W*[a-z_]+:\s", "".join(lines[number + 1 : number + 2]))):
            yield Lookalike(number, len(prefix), match[1], info, word, not begins)


def _misspelt_keys(front: range, lines: Sequence[str]) -> Iterator[Diagnostic]:
    """Keys of the front matter, or tables, that resemble the name, and those of the name that stand below another."""
    for number in front:
        line = lines[number]
        match = re.match(r"[\[ \t]*[\"']?([\w-]+(?: \w+)?)[\"']?[ \t]*[\].:=]", line)
        if match and match[1] != NAME and not line.startswith((" ", "\t")) and resembles(match[1].replace(" ", "-")):
            message = f"these defaults reach no block: {match[1]!r} is not {NAME!r}"
            yield Diagnostic(Position(number + 1, match.start(1) + 1), message, f"write {NAME}", "warning")
        elif NAME in line and (match := re.match(_BELOW, line)):
            message = f"these defaults reach no block: {NAME!r} stands below another key"
            hint = f"write {'[' + NAME + ']' if line.startswith('[') else NAME + ':'} in the first column"
            yield Diagnostic(Position(number + 1, match.end(1) + 1), message, hint, "warning")


def _unread_keys(front: range, tokens: Iterable[Token]) -> Iterator[Diagnostic]:
    """Defaults that are text, as what stands around them is no front matter."""
    for token in tokens:
        if token.type != "inline" or NAME not in token.content or token.level > 1 or span(token)[0] < front.stop:
            continue
        if match := re.search(_UNREAD, token.content):
            line = span(token)[0] + token.content.count("\n", 0, match.start()) + 1
            hint = "front matter begins in the first line with ---, or +++ for TOML, and ends with the same"
            message = "these defaults reach no block: they stand in no front matter"
            yield Diagnostic(Position(line, 1), message, hint, "warning")


_BELOW = rf"([ \t]+|\[[ \t]*(?:[\w-]+[ \t]*\.[ \t]*)+)[\"']?{NAME}[\"']?[ \t]*(?::[ \t]*(?:\{{.*)?\r?\n|\])"
# The name as a key of YAML, a table of TOML, or a key of JSON, with an option below it.
_UNREAD = rf"(?m)^(?:{NAME}:[ \t]*(?:\n[ \t]+\w+:|\{{)|\[{NAME}\][ \t]*\n\w+[ \t]*=|[ \t]*\"{NAME}\"[ \t]*:[ \t]*\{{)"


def _comments(token: Token) -> frozenset[int]:
    """The lines that stand in comments of an HTML block."""
    text = token.content
    found: set[int] = set()
    line, at = span(token)[0], 0
    for match in re.finditer(r"<!--.*?-->|<!--.*\Z", text, re.DOTALL):
        line += text.count("\n", at, match.start())
        end = line + match[0].count("\n")
        found.update(range(line, end + 1))
        line, at = end, match.end()
    return frozenset(found)


def _in_fence(token: Token, each: Lookalike) -> _Finding:
    """A near miss of the name, or a directive whose content is not known; a fence within a fence is documentation."""
    if holds_markdown(token.markup, token.info):
        in_options = span(token)[0] < each.line <= span(token)[0] + _options(token.info, token.content)
        return _in_options(token, each) if in_options else None  # What a container holds, its own reader looks through.
    if each.line == span(token)[0]:
        return _misspelt(token, each)
    name = directive(token.info)
    if name is None:
        return None
    cure = f"move the block out of it, or write <!-- {_OFF} --> on the line before"
    return f"no diagram here: {{{name}}} is none of the directives that hold blocks", cure


@lru_cache(maxsize=4)  # Asked again for each line of a container.
def _options(info: str, content: str) -> int:
    return behind_options(info, (line.lstrip() for line in content.split("\n")))


def _misspelt(token: Token, each: Lookalike) -> _Finding:
    marker = "```" if token.markup.startswith(":") else token.markup
    if token.markup.startswith(":"):
        return "no diagram here: colons fence no block", f"write {marker}{NAME}"
    if names_block(each.info):
        return None
    first = each.info.split()[0]
    if each.word not in first and each.word.strip("#.:,") == NAME:
        return f"this fence stays as it is: {NAME!r} is not its first word", f"write {marker}{NAME}"
    written = first if each.word in first else each.word
    return f"this fence stays as it is: {written!r} is not {NAME!r}", f"write {marker}{NAME}"


def _in_html(token: Token, each: Lookalike) -> _Finding:
    blank_ends = not re.match(r"(?i)\s*<(?:[!?]|(?:script|pre|style|textarea)\b)", token.content)
    cure = "put a blank line before it" if blank_ends else "move it out to have it drawn"
    return "no diagram here: the fence stands inside an HTML block", cure


def _in_code(token: Token, each: Lookalike) -> _Finding:
    return (
        "no diagram here: the line is indented so far that it is an indented code block",
        "indent it by at most three spaces from its list item or margin",
    )


def _in_text(token: Token, each: Lookalike) -> _Finding:
    if each.behind:
        return "no diagram here: text stands before the fence", "begin a line with it"
    if each.fence.startswith(":"):
        return "no diagram here: colons fence no block", f"write ```{NAME}"
    if each.fence.startswith("`") and "`" in each.info:
        return (
            "no diagram here: a backtick behind the opening fence makes the line paragraph text",
            "leave the backtick out, or fence with ~~~",
        )
    return (
        "no diagram here: the line continues the paragraph above",
        "put a blank line before it and indent it by at most three spaces",
    )


def _in_options(token: Token, each: Lookalike) -> _Finding:
    return "no diagram here: the line stands in the options of a directive", "end them with a line --- before it"


def _in_front_matter(token: Token, each: Lookalike) -> _Finding:
    if each.behind or not names_block(each.info):
        return None
    return "no diagram here: the line stands in the front matter", "end that with a line --- before it"


_TOO_DEEP = (
    "no diagram here: the fence is nested deeper than the parser follows",
    "move it out of some of its lists and quotes",
)
_REASONS: dict[str, Callable[[Token, Lookalike], _Finding]] = {
    "fence": _in_fence,
    "colon_fence": _in_fence,
    "html_block": _in_html,
    "code_block": _in_code,
    "inline": _in_text,
    "directive_options": _in_options,
    "front_matter": _in_front_matter,
}
