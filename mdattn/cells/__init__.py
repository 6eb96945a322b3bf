"""Text is measured in display cells here, and nowhere else.

A CJK character takes two cells, a combining mark none, an emoji sequence two; the width of a text is the sum of the
widths of its grapheme clusters (`_graphemes`), which are looked up only for text outside the ranges that are known to
take one cell a character. Nothing here asks the terminal, the locale, or the Unicode version of Python.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache

ELLIPSIS = "…"

# One cell a character in every version of the tables: Latin, Greek, Cyrillic, and what diagrams are drawn with.
_NARROW = (
    "[ -~\u00a0-\u00ac\u00ae-\u02ff\u037e\u0384-\u038a\u038e-\u03a1\u03a3-\u0482\u048a-\u052f"
    "\u2010-\u2015\u2018-\u201f\u2020-\u2022\u2026\u2030\u2039\u203a\u2190-\u21ff\u2200-\u22ff\u2500-\u25fc]*"
)
_RTL = "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
# Controls, format characters, bidirectional overrides, lone surrogates and unprintable noncharacters. A joiner is kept
# where it joins, variation selectors and the tag letters of flags are kept where they follow a character.
_UNPRINTABLE = (
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb"
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e001f\U000e0080-\U000e00ff"
    "\U000e01f0-\U000e0fff\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd]"
    "|[\u200c\u200d](?=\\s|$)|(?:(?<=\\s)|^)[\u200c\u200d]|(?:(?<=\\s)|^)[\ufe00-\ufe0f\U000e0020-\U000e007f\U000e0100-\U000e01ef]"
)
_NAMED = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}

FIRST_STRONG_ISOLATE = "\u2068"
POP_ISOLATE = "\u2069"


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    """Compiled when the first text that is not ASCII comes along, which in most runs none does."""
    return re.compile(pattern)


def width(text: str) -> int:
    """How many cells the text takes."""
    if text.isascii():
        return len(text)
    return _width(text)


@lru_cache(maxsize=2**12)
def _width(text: str) -> int:
    if _pattern(_NARROW).fullmatch(text):
        return len(text)
    from mdattn.cells import _graphemes  # Most documents do not need it.

    return sum(map(_graphemes.cells, _graphemes.clusters(text)))


def clusters(text: str) -> Iterator[str]:
    """The characters as a reader sees them: a letter with its marks, an emoji with its modifiers."""
    if text.isascii() or _pattern(_NARROW).fullmatch(text):
        return iter(text)
    from mdattn.cells import _graphemes

    return _graphemes.clusters(text)


def pad(text: str, cells: int) -> str:
    """The text at the left of `cells` cells."""
    return text.ljust(cells) if text.isascii() else text + " " * (cells - _width(text))


def right(text: str, cells: int) -> str:
    """The text at the right of `cells` cells."""
    return text.rjust(cells) if text.isascii() else " " * (cells - _width(text)) + text


def centre(text: str, cells: int) -> str:
    """The text in the middle of `cells` cells; an odd blank stands at the right."""
    if text.isascii():
        return f"{text:^{max(cells, 0)}}"
    spare = max(0, cells - _width(text))
    return " " * (spare // 2) + text + " " * (spare - spare // 2)


def cut(text: str, cells: int, mark: str = ELLIPSIS) -> str:
    """The text if it fits, else as much of its beginning as does, and `mark`."""
    if width(text) <= cells:
        return text
    room = cells - width(mark)
    if room < 0:
        return mark[:cells]
    return isolated("".join(_beginning(without_isolates(text), room))) + mark


def _beginning(text: str, cells: int) -> Iterator[str]:
    for cluster in clusters(text):
        cells -= width(cluster)
        if cells < 0:
            break
        yield cluster


def wrap(text: str, cells: int, indent: str = "") -> list[str]:
    """The words of the text in lines of at most `cells` cells, all but the first indented; a longer word is divided."""
    lines: list[str] = []
    line, taken, begun = "", 0, False
    for word in text.split(" "):
        more = width(word) + begun
        if taken + more <= cells:
            line, taken, begun = line + " " * begun + word, taken + more, begun or bool(word.strip())
            continue
        if begun:
            lines.append(line)
        *whole, last = _divided(word, cells - width(indent))
        lines.extend(indent + piece if lines else piece for piece in whole)
        line = indent + last if lines else last
        taken, begun = width(line), bool(last.strip())
    lines.append(line)
    return _isolated_lines(lines, indent) if FIRST_STRONG_ISOLATE in text else lines


def _isolated_lines(lines: list[str], indent: str) -> list[str]:
    """Isolates that begin on one line and end on another, ended and begun again where the line breaks."""
    balanced = []
    depth = 0
    for number, line in enumerate(lines):
        before = indent if number else ""
        begun = before + FIRST_STRONG_ISOLATE * depth + line[len(before) :]
        depth += line.count(FIRST_STRONG_ISOLATE) - line.count(POP_ISOLATE)
        balanced.append(begun + POP_ISOLATE * depth)
    return balanced


def _divided(word: str, cells: int) -> list[str]:
    if width(word) <= cells:
        return [word]
    pieces: list[list[str]] = [[]]
    room = cells
    for cluster in clusters(word):
        taken = width(cluster)
        if pieces[-1] and taken > room:
            pieces.append([])
            room = cells
        pieces[-1].append(cluster)
        room -= taken
    return ["".join(piece) for piece in pieces]


def printable(text: str) -> str:
    r"""The text with what must not reach a page shown escaped: controls as `\x1b`, direction overrides as `\u202e`.

    A mark without a letter under it is given a space to stand on, so that it does not alter its neighbour.
    """
    if not text.isprintable() or not text.isascii():
        text = _pattern(_UNPRINTABLE).sub(_escaped, text)
        if text and not text[0].isascii() and _leans(text[0]):
            text = " " + text
    return text


def _leans(character: str) -> bool:
    if _pattern(_NARROW).fullmatch(character):
        return False
    from mdattn.cells import _graphemes

    return _graphemes.leans(character)


def _escaped(match: re.Match[str]) -> str:
    character = match[0]
    if character in _NAMED:
        return _NAMED[character]
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def isolated(text: str) -> str:
    """Right-to-left words between isolates (UAX #9), so that they do not reorder the line they stand in."""
    return f"{FIRST_STRONG_ISOLATE}{text}{POP_ISOLATE}" if not text.isascii() and _pattern(_RTL).search(text) else text


def without_isolates(text: str) -> str:
    """The text before `isolated`."""
    return text.replace(FIRST_STRONG_ISOLATE, "").replace(POP_ISOLATE, "")


def widest(texts: Sequence[str]) -> int:
    """The cells that the widest of the texts takes; 0 if there is none."""
    return max(map(len if "".join(texts).isascii() else width, texts), default=0)
