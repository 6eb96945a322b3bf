"""Replacements take their places by line span, and the proof that nothing else moved."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from mdattn.blocks._containers import BLANKS
from mdattn.blocks._find import Block, Document, Place
from mdattn.blocks._names import INFO
from mdattn.blocks._parse import Parsed, ending, parse, split
from mdattn.errors import ProofError

if TYPE_CHECKING:
    from markdown_it.token import Token


class Piece(NamedTuple):
    """A fence or an HTML block that the parser must find in a replacement: its lines, from 0, and what it says."""

    type: str
    info: str
    content: str
    first_line: int
    end_line: int


class Replacement(NamedTuple):
    """New lines, with their prefixes and endings, for a place that holds one token; and what they must parse to."""

    place: Place
    lines: tuple[str, ...]
    pieces: tuple[Piece, ...]


def drawn(block: Block, lines: Sequence[str]) -> Replacement:
    """The diagram, as lines without endings, in a fence that takes the place of the block."""
    new = fenced(lines, block.fence[0], block.place.around)
    return Replacement(block.place, standing(block.place, new), (fence_piece(lines, 0),))


def fenced(lines: Sequence[str], marker: str, around: Iterable[str] = ()) -> tuple[str, ...]:
    """The lines in a fence of the marker, longer than any run of it within, and never shorter than three.

    Where that would close one of the fences around it, the other marker is taken.
    """
    fence = _fence(lines, marker)
    if not _fits(fence, around):
        other = _fence(lines, "~" if marker == "`" else "`")
        fence = other if _fits(other, around) else fence
    return (fence + INFO, *lines, fence)


def _fence(lines: Sequence[str], marker: str) -> str:
    text = "\n".join(lines)
    fence = marker * 3
    while fence in text:
        fence += marker
    return fence


def _fits(fence: str, around: Iterable[str]) -> bool:
    """Whether the fence closes none of those around it."""
    return not any(fence.startswith(each) for each in around)


def misfit(place: Place, lines: Sequence[str], marker: str) -> tuple[str, str] | None:
    """Why a diagram of these lines cannot stand in the place, and the cure; None where it can."""
    if place.in_admonition and any(not line and not below for line, below in pairwise(lines)):
        return (
            "this diagram has two empty lines in a row, which would end the admonition around it",
            "move the block out of the admonition",
        )
    for each in place.around:
        if any(line.strip(BLANKS).startswith(each) and not line.strip(BLANKS + each[0]) for line in lines):
            return f"this diagram has a line that would close the fence {each} around it", "make that fence longer"
    if place.around and not _fits(fenced(lines, marker, place.around)[-1], place.around):
        return "the fences around this block are too short to hold that of its diagram", "make them longer"
    return None


def fence_piece(lines: Sequence[str], first_line: int) -> Piece:
    """What the parser must find where `fenced` lines stand."""
    return Piece("fence", INFO, "".join(line + "\n" for line in lines), first_line, first_line + len(lines) + 2)


def standing(place: Place, lines: Sequence[str]) -> tuple[str, ...]:
    """The lines as they stand in the place: with its prefixes, and its endings."""
    prefixed = [place.rest_prefix + line if line else place.blank_prefix for line in lines]
    prefixed[0] = place.first_prefix + lines[0]
    # The last one has its own ending, not the block's: a CR before a line that is a bare LF would swallow it.
    return (*(line + place.line_ending for line in prefixed[:-1]), prefixed[-1] + place.last_ending)


# Splicing

_LEAVES = ("fence", "html_block")  # The tokens that a replacement may take the place of.


def splice(document: Document, replacements: Sequence[Replacement]) -> str:
    """The source with the lines of each place exchanged for new ones."""
    pieces: list[str] = []
    cursor = 0
    for each in _in_order(document, replacements):
        pieces += document.lines[cursor : each.place.first_line]
        pieces += each.lines
        cursor = each.place.end_line
    pieces += document.lines[cursor:]
    return "".join(pieces)


def _in_order(document: Document, replacements: Iterable[Replacement]) -> list[Replacement]:
    """Raises ProofError unless each replacement takes the lines of one token, and each token has one at most."""
    ordered = sorted(replacements, key=lambda each: each.place.first_line)
    places = {block.place.first_line: block.place for block in document.blocks}
    spans = {tuple(each.map) for each in document.parsed.tokens if each.type in _LEAVES and each.map}
    cursor = 0
    for each in ordered:
        place = each.place
        known = place == places.get(place.first_line, place) and (place.first_line, place.end_line) in spans
        if place.first_line < cursor or not known:
            raise ProofError(f"line {place.first_line + 1}: not a block of this document, or replaced twice")
        cursor = place.end_line
    return ordered


# The proof


def prove(document: Document, replacements: Sequence[Replacement], result: str) -> None:
    """Check that `result` is the document with these replacements, and nothing else changed.

    The lines outside the places must be the source's; parsed again, the result's tokens must be too, the
    replaced ones aside; and these must be exactly what the replacements say. Raises ProofError.
    """
    ordered = _in_order(document, replacements)
    _prove_lines(document, ordered, split(result))
    parsed = parse(result, document.around)
    if parsed.definitions != document.parsed.definitions:
        raise ProofError("the result defines other link references")
    _prove_tokens(document.parsed.tokens, parsed, ordered)


def _prove_lines(document: Document, ordered: Sequence[Replacement], result: Sequence[str]) -> None:
    """The lines outside the places are the same, in the same order, with the same endings."""
    source_cursor = result_cursor = 0
    for each in ordered:
        kept = document.lines[source_cursor : each.place.first_line]
        _prove_kept(kept, result[result_cursor : result_cursor + len(kept)], result_cursor)
        result_cursor += len(kept)
        _prove_frame(each, document, result[result_cursor : result_cursor + len(each.lines)], result_cursor)
        source_cursor = each.place.end_line
        result_cursor += len(each.lines)
    _prove_kept(document.lines[source_cursor:], result[result_cursor:], result_cursor)


def _prove_frame(replacement: Replacement, document: Document, found: Sequence[str], offset: int) -> None:
    """The new lines open where the old ones did and end as they do, the last one as the old last one.

    What stands before a diagram in place may have other blanks than before; nothing else of its line changes.
    """
    place = replacement.place
    wanted = [place.line_ending] * (len(found) - 1) + [ending(document.lines[place.end_line - 1])]
    opens = (
        found[:1]
        and found[0] == replacement.lines[0]
        and found[0].startswith(place.first_prefix)
        and _without_blanks(document.lines[place.first_line]).startswith(_without_blanks(place.first_prefix))
    )
    if not opens or [ending(line) for line in found] != wanted:
        raise ProofError(f"line {offset + 1} of the result does not open or end as its block does")


def _without_blanks(text: str) -> str:
    return text.replace(" ", "").replace("\t", "")


def _prove_kept(kept: Sequence[str], found: Sequence[str], offset: int) -> None:
    if kept != found:
        same = next((at for at, (a, b) in enumerate(zip(kept, found, strict=False)) if a != b), len(found))
        raise ProofError(f"line {offset + same + 1} of the result is outside the blocks and was changed")


def _prove_tokens(source: Sequence[Token], result: Parsed, ordered: Sequence[Replacement]) -> None:
    ends = [each.place.end_line for each in ordered]
    shifts = [0, *accumulate(len(each.lines) - (each.place.end_line - each.place.first_line) for each in ordered)]
    replaced = {each.place.first_line: each.pieces for each in ordered}
    expected = len(source) + sum(len(pieces) - 1 for pieces in replaced.values())
    if len(result.tokens) != expected:
        raise ProofError(f"the result parses to {len(result.tokens)} block tokens, and {expected} are expected")
    comments = {id(site.token): site.content.rstrip("\n") for site in result.comments}
    found = iter(result.tokens)
    for old in source:
        at = old.map and [line + shifts[bisect_right(ends, line)] for line in old.map]
        pieces = replaced.get(old.map[0]) if old.type in _LEAVES and old.map else None
        if pieces is None:
            new = next(found)
            if at != new.map or _looks(old) != _looks(new):
                _prove_same(old, new, False)
            continue
        assert at is not None
        for piece in pieces:
            new = next(found)
            wanted = (*piece[:3], old.level, [at[0] + piece.first_line, at[0] + piece.end_line])
            content = comments.get(id(new), new.content)
            _prove_same(old, new, (new.type, new.info, content, new.level, new.map) == wanted)


def _prove_same(old: Token, new: Token, same: bool) -> None:
    if not same:
        place = f"line {new.map[0] + 1} of the result" if new.map else "the result"
        raise ProofError(f"{place} parses to another {old.type} than the source")


# All that a block token says, its place aside.
_looks = attrgetter(
    "type", "tag", "nesting", "level", "markup", "info", "content", "attrs", "meta", "block", "hidden"
)  # fmt: skip
