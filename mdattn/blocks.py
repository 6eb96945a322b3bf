"""Where a document's blocks are, how diagrams take their place, and the proof that nothing else moved.

Floor 1, and the only room that knows Markdown. The parser's tokens find the blocks (`find`); `splice` puts
diagrams in their place by line span; `prove` parses the result again and compares. Line endings, marks and
bytes that are not text pass through untouched: a source is a `str` decoded with `surrogateescape`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from mdattn.errors import Diagnostic, Excerpt, Position, ProofError

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.token import Token

NAME = "attention-diagram"
INFO = "text"
BOM = "\ufeff"

_BLANKS = " \t"
_SITES = "attention-diagram sites"  # Where the fence rule leaves what it saw, in the parser's environment.


@dataclass(frozen=True, slots=True)
class Block:
    """One block of a document.

    `yaml` is its content without container prefixes; its last line start is the closing fence. `position` is
    that of the opening fence. The block takes the lines `first_line` to `end_line`, from 0, half-open.
    `first_prefix` stands before the opening fence; `rest_prefix` continues the same containers on the lines
    below, `blank_prefix` on those that are empty. `fence` is the run of markers that opens it.
    """

    yaml: Excerpt
    position: Position
    first_line: int
    end_line: int
    first_prefix: str
    rest_prefix: str
    blank_prefix: str
    fence: str
    line_ending: str


class Parsed(NamedTuple):
    """What the parser makes of a text: its block tokens, and the definitions that leave no token."""

    tokens: tuple[Token, ...]
    definitions: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A source with its lines (each with its ending), its blocks, and what is wrong or doubtful about them.

    A fence that is an error is not among the blocks. `front_matter` is what stands between its markers.
    """

    source: str
    lines: tuple[str, ...]
    blocks: tuple[Block, ...]
    front_matter: Excerpt | None
    errors: tuple[Diagnostic, ...]
    warnings: tuple[Diagnostic, ...]
    parsed: Parsed = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Replacement:
    """The diagram that takes the place of a block, as lines without endings."""

    block: Block
    lines: tuple[str, ...]


class _Site(NamedTuple):
    """What only the parser knows while it stands on a block's fence."""

    token: Token
    first_prefix: str
    rest_prefix: str
    closed: bool


# Finding


def may_hold_blocks(source: str) -> bool:
    """Whether `find` could find a block, an error or a warning; False is certain, True is not."""
    if "```" not in source and "~~~" not in source:
        return False
    folded = source.lower()
    if "attention" in folded and "diagram" in folded:
        return True
    # An info string may spell the name in entities: any `&` beside a fence could be one.
    return "&" in source and any("&" in each[0] for each in re.finditer(r"(?:```|~~~)[^\r\n]*", source))


def find(source: str) -> Document:
    """Read a document: its blocks, its front matter, its errors and warnings, each in document order."""
    lines = split(source)
    parsed, sites = _parse(source)
    admonished = _admonished(parsed.tokens)
    blocks: list[Block] = []
    errors: list[Diagnostic] = []
    for site in sites:
        fault = _unclosed(site, lines) or _unreadable(site, lines)
        if fault:
            errors.append(fault)
        else:
            blocks.append(_block(site, lines, id(site.token) in admonished))
    return Document(
        source=source,
        lines=lines,
        blocks=tuple(blocks),
        front_matter=_front_matter(parsed.tokens, lines),
        errors=tuple(errors),
        warnings=tuple(_warnings(source, lines, parsed.tokens)),
        parsed=parsed,
    )


def split(source: str) -> tuple[str, ...]:
    """The lines of a source with their endings, broken where the parser breaks them: at CRLF, LF and CR."""
    if "\r" in source:
        return tuple(re.findall(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+", source))
    lines = [line + "\n" for line in source.split("\n")]
    last = lines.pop()[:-1]
    return (*lines, last) if last else tuple(lines)


def _ending(line: str) -> str:
    return line[len(line.rstrip("\r\n")) :]


@lru_cache(maxsize=1)
def parser() -> MarkdownIt:
    """The one parser: CommonMark with front matter, footnotes, definition lists, admonitions; blocks only."""
    from markdown_it import MarkdownIt
    from mdit_py_plugins.admon import admon_plugin
    from mdit_py_plugins.deflist import deflist_plugin
    from mdit_py_plugins.footnote import footnote_plugin
    from mdit_py_plugins.front_matter import front_matter_plugin

    markdown = MarkdownIt("commonmark")
    for plugin in (front_matter_plugin, footnote_plugin, deflist_plugin, admon_plugin):
        markdown.use(plugin)
    # Inline parsing costs ten times the rest, and the plugins' later rules only serve a renderer.
    markdown.core.ruler.enableOnly(["normalize", "block"])
    markdown.block.ruler.at("fence", _watching_fence(), {"alt": ["paragraph", "reference", "blockquote", "list"]})
    return markdown


def _watching_fence() -> Callable[[StateBlock, int, int, bool], bool]:
    """The parser's own fence rule, which also leaves a `_Site` for each block in the environment."""
    from markdown_it.common.utils import unescapeAll
    from markdown_it.rules_block import fence

    def rule(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        if not fence(state, start, end, silent):
            return False
        if not silent:
            token = state.tokens[-1]
            if unescapeAll(token.info).split(maxsplit=1)[:1] == [NAME]:
                state.env.setdefault(_SITES, []).append(_site(state, start, token))
        return True

    return rule


def _site(state: StateBlock, start: int, token: Token) -> _Site:
    """What the parser's state tells of the fence that it has just read and will forget."""
    mark = state.bMarks[start] + state.tShift[start]
    first_prefix = state.src[state.src.rfind("\n", 0, mark) + 1 : mark]
    last = state.line - 1
    ending = state.src[state.bMarks[last] + state.tShift[last] : state.eMarks[last]].rstrip(_BLANKS)
    closed = len(ending) >= len(token.markup) and not ending.strip(token.markup[0]) and not state.is_code_block(last)
    return _Site(token, first_prefix, _rest_prefix(state, start, last, first_prefix), closed)


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


def _parse(source: str) -> tuple[Parsed, list[_Site]]:
    env: dict[str, dict[str, dict[str, str]]] = {}
    tokens = tuple(parser().parse(source.removeprefix(BOM), env))
    references = env.get("references", {})
    definitions = tuple((label, each["href"], each["title"]) for label, each in references.items())
    sites: object = env.get(_SITES, [])
    assert isinstance(sites, list)
    return Parsed(tokens, definitions), sites


def _span(token: Token) -> tuple[int, int]:
    """The lines of a block token, counted from 0, half-open."""
    assert token.map is not None
    return token.map[0], token.map[1]


def _admonished(tokens: Iterable[Token]) -> frozenset[int]:
    """The identities of the fences inside admonitions, which two empty lines would end."""
    depth = 0
    found = set()
    for token in tokens:
        if token.type == "fence":
            if depth:
                found.add(id(token))
        elif token.type == "admonition_open":
            depth += 1
        elif token.type == "admonition_close":
            depth -= 1
    return frozenset(found)


def _block(site: _Site, lines: Sequence[str], admonished: bool) -> Block:
    first, end = _span(site.token)
    mark = BOM if first == 0 and lines[0].startswith(BOM) else ""
    rest = site.rest_prefix
    return Block(
        yaml=_excerpt(site.token.content, lines, first + 1, end - 1),
        position=_position(site),
        first_line=first,
        end_line=end,
        first_prefix=mark + site.first_prefix,
        rest_prefix=rest,
        blank_prefix=rest if admonished else rest.rstrip(_BLANKS),
        fence=site.token.markup,
        line_ending=_ending(lines[first]),
    )


def _position(site: _Site) -> Position:
    return Position(_span(site.token)[0] + 1, len(site.first_prefix) + 1)


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
    end = _span(tokens[0])[1] - 1
    content = "".join(line.rstrip("\r\n") + "\n" for line in lines[1:end])
    return _excerpt(content, lines, 1, end)


# Errors and warnings


def _unclosed(site: _Site, lines: Sequence[str]) -> Diagnostic | None:
    if site.closed:
        return None
    end = _span(site.token)[1]
    return Diagnostic(
        _position(site),
        f"this {NAME} fence is never closed: its diagram would replace everything down to line {end}"
        + (", the rest of the document" if end >= len(lines) else ""),
        f"close it with a line {site.token.markup} as deep in lists and quotes as this one",
    )


def _unreadable(site: _Site, lines: Sequence[str]) -> Diagnostic | None:
    """The first character of a block that is not text: a control character, or a byte that was not UTF-8."""
    first, end = _span(site.token)
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


def _warnings(source: str, lines: Sequence[str], tokens: Sequence[Token]) -> Iterator[Diagnostic]:
    """Lines that look like the opening of a block and are none, with the reason and the cure."""
    lookalikes = dict(_lookalikes(source, lines))
    if not lookalikes:
        return
    leaves = [token for token in tokens if token.map and token.type in _REASONS]
    starts = [_span(token)[0] for token in leaves]
    for number, (column, opening) in lookalikes.items():
        index = bisect_right(starts, number) - 1
        covers = index >= 0 and number < _span(leaves[index])[1]
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
    if number != _span(token)[0]:
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


# Splicing


def splice(document: Document, replacements: Sequence[Replacement]) -> str:
    """The source with each replaced block's lines exchanged for a fence that holds its diagram."""
    pieces: list[str] = []
    cursor = 0
    for each in _in_order(document, replacements):
        pieces += document.lines[cursor : each.block.first_line]
        pieces += _fenced(each, document.lines[each.block.end_line - 1])
        cursor = each.block.end_line
    pieces += document.lines[cursor:]
    return "".join(pieces)


def _in_order(document: Document, replacements: Iterable[Replacement]) -> list[Replacement]:
    ordered = sorted(replacements, key=lambda each: each.block.first_line)
    known = {block.first_line: block for block in document.blocks}
    cursor = 0
    for each in ordered:
        if each.block.first_line < cursor or each.block != known.get(each.block.first_line):
            raise ProofError(f"line {each.block.first_line + 1}: not a block of this document, or replaced twice")
        cursor = each.block.end_line
    return ordered


def _fenced(replacement: Replacement, closing: str) -> Iterator[str]:
    """The lines of the new fence, with their endings; the last one's is that of the closing fence."""
    block = replacement.block
    fence = _fence_around(replacement.lines, block.fence[0])
    yield block.first_prefix + fence + INFO + block.line_ending
    for line in replacement.lines:
        yield (block.rest_prefix + line if line else block.blank_prefix) + block.line_ending
    # Its own ending, not the block's: a CR before a line that is a bare LF would swallow it.
    yield block.rest_prefix + fence + _ending(closing)


def _fence_around(lines: Iterable[str], marker: str) -> str:
    """A fence longer than any run of its marker within, and never shorter than three."""
    length = 3
    for line in lines:
        while marker * length in line:
            length += 1
    return marker * length


# The proof


def prove(document: Document, replacements: Sequence[Replacement], result: str) -> None:
    """Check that `result` is the document with these diagrams, and nothing else changed.

    The lines outside the blocks must be the source's; parsed again, the result's tokens must be too, the
    replaced fences aside; and each of these must hold exactly its diagram. Raises ProofError.
    """
    ordered = _in_order(document, replacements)
    _prove_outside(document, ordered, split(result))
    parsed, _ = _parse(result)
    if parsed.definitions != document.parsed.definitions:
        raise ProofError("the result defines other link references")
    _prove_tokens(document.parsed.tokens, parsed.tokens, ordered)


def _prove_outside(document: Document, ordered: Sequence[Replacement], result: Sequence[str]) -> None:
    """The lines outside the blocks are the same, in the same order, with the same endings."""
    source_cursor = result_cursor = 0
    for each in ordered:
        kept = document.lines[source_cursor : each.block.first_line]
        _prove_kept(kept, result[result_cursor : result_cursor + len(kept)], result_cursor)
        result_cursor += len(kept)
        size = len(each.lines) + 2
        _prove_frame(each.block, document, result[result_cursor : result_cursor + size], result_cursor)
        source_cursor = each.block.end_line
        result_cursor += size
    _prove_kept(document.lines[source_cursor:], result[result_cursor:], result_cursor)


def _prove_frame(block: Block, document: Document, found: Sequence[str], offset: int) -> None:
    """A new fence opens where the old one did, with its marker, and its lines end as the block's do."""
    wanted = [block.line_ending] * (len(found) - 1) + [_ending(document.lines[block.end_line - 1])]
    opens = found[:1] and found[0].startswith(block.first_prefix + block.fence[0] * 3)
    if not opens or [_ending(line) for line in found] != wanted:
        raise ProofError(f"line {offset + 1} of the result does not open or end as its block does")


def _prove_kept(kept: Sequence[str], found: Sequence[str], offset: int) -> None:
    if kept != found:
        same = next((at for at, (a, b) in enumerate(zip(kept, found, strict=False)) if a != b), len(found))
        raise ProofError(f"line {offset + same + 1} of the result is outside the blocks and was changed")


def _prove_tokens(source: Sequence[Token], result: Sequence[Token], ordered: Sequence[Replacement]) -> None:
    ends = [each.block.end_line for each in ordered]
    grown = [len(each.lines) + 2 - (each.block.end_line - each.block.first_line) for each in ordered]
    shifts = [0, *accumulate(grown)]
    replaced = {each.block.first_line: each for each in ordered}
    if len(source) != len(result):
        raise ProofError(f"the result parses to {len(result)} block tokens, the source to {len(source)}")
    for old, new in zip(source, result, strict=True):
        span = [line + shifts[bisect_right(ends, line)] for line in old.map] if old.map else old.map
        replacement = replaced.get(old.map[0]) if old.map and old.type == "fence" else None
        if replacement is None:
            same = _looks(old) == _looks(new) and span == new.map
        else:
            expected = "".join(line + "\n" for line in replacement.lines)
            frame = (new.type, new.level, new.info, new.content, new.map)
            same = frame == ("fence", old.level, INFO, expected, span)
        if not same:
            place = f"line {new.map[0] + 1} of the result" if new.map else "the result"
            raise ProofError(f"{place} parses to another {old.type} than the source")


def _looks(token: Token) -> tuple[object, ...]:
    """All that a block token says, its place aside."""
    return (
        token.type, token.tag, token.nesting, token.level, token.markup, token.info, token.content,
        token.attrs, token.meta, token.block, token.hidden,
    )  # fmt: skip
