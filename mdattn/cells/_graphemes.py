"""Characters as a reader sees them, and the cells that each takes: extended grapheme clusters (UAX #29).

Imported only for text outside the ranges that are known to take one cell a character. The table is that of one version
of Unicode, the same with every Python.

What a cluster takes is what most terminals and browsers show, where they agree; where not, it is

- the sum of its characters, of which marks and selectors take none. So two leading Hangul jamo take four cells, and a
  character that announces another (prepend) and a half-width voicing mark take their own;
- two for a letter with spacing vowel signs, however many, and for an Indic conjunct of any length; where Unicode breaks
  after a virama (Tamil, Sinhala, Kannada), each part counts;
- two for what is drawn as one emoji: a sequence with joiners, a flag, a keycap, a base with U+FE0F or a skin tone; one
  for an emoji that U+FE0E makes text;
- one for a spacing vowel sign that stands alone, two for half a flag or a skin tone alone, none for a medial or a final
  jamo alone;
- one a letter for Arabic, tatweel included, though some fonts draw lam and alef as one; none for a Tibetan subjoined
  letter.

A joiner between letters that it does not join takes nothing and joins nothing. A lone surrogate and a control code,
which `printable` lets nobody see, take one; an unassigned character what its block is reserved for.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import NamedTuple


class Kind(NamedTuple):
    """What the table knows of a character: its break class, its cells, and what is special about these."""

    breaks: str
    cells: int
    note: str


_NARROW = Kind("other", 1, "")
_SKIN_TONE = Kind("extend", 2, "")
_EMOJI = {"pictograph", "flag"}
_SELECTED = {"as-text": 1, "as-emoji": 2}  # The cells of a base that is noted to have both forms.
_FIRST_SYLLABLE = 0xAC00
_FINALS = 28  # Every 28th Hangul syllable ends in its vowel.
_CONTROLS = {"CR", "LF", "control"}
_LINKERS = {"linker", "letter-linker"}
_TRANSPARENT = {"extend", "as-text", "as-emoji"}
# What joins whatever stands before it, a control apart (GB9, GB9a).
_JOINING = {*_TRANSPARENT, "linker", "non-joiner", "joiner", "mark"}
# GB3, GB6 to GB8.
_PAIRS = {
    ("CR", "LF"),
    *(("L", after) for after in ("L", "V", "LV", "LVT")),
    *((before, after) for before in ("LV", "V") for after in ("V", "T")),
    *((before, "T") for before in ("LVT", "T")),
}


@cache
def _table() -> tuple[list[int], list[int], list[Kind]]:
    """First and last character of each range, and its kind."""
    from mdattn.cells import _unicode

    ranges = []
    for name, text in _unicode.RANGES.items():
        breaks, cells, *note = name.split()
        kind = Kind(breaks, int(cells), *note or [""])
        numbers = [int(number, 16) for number in text.replace("+", " ").split()]
        ranges += [(first, first + more, kind) for first, more in zip(numbers[::2], numbers[1::2], strict=True)]
    ranges.sort()
    return [each[0] for each in ranges], [each[1] for each in ranges], [each[2] for each in ranges]


@lru_cache(maxsize=2**12)
def _kind(character: str) -> Kind:
    firsts, lasts, kinds = _table()
    code = ord(character)
    at = bisect_right(firsts, code) - 1
    if at < 0 or code > lasts[at]:
        return _NARROW
    if kinds[at].breaks == "syllable":
        return kinds[at]._replace(breaks="LVT" if (code - _FIRST_SYLLABLE) % _FINALS else "LV")
    return kinds[at]


def clusters(text: str) -> Iterator[str]:
    """The extended grapheme clusters of the text."""
    start = 0
    before = ""
    linked = False  # A consonant would join (GB9c).
    emoji = ""  # The last of a pictograph and a joiner after it, while a pictograph may yet join (GB11).
    half = False  # A second regional indicator would join (GB12, GB13).
    for at, breaks in enumerate(_kind(character).breaks for character in text):
        joins = (
            (breaks in _JOINING and before not in _CONTROLS)
            or (before == "prepend" and breaks not in _CONTROLS)
            or (breaks == "consonant" and linked)
            or (breaks == "pictograph" and emoji == "joiner")
            or (breaks == "flag" and half)
            or (before, breaks) in _PAIRS
        )
        if at and not joins:
            yield text[start:at]
            start = at
        linked = breaks in _LINKERS or (linked and (breaks in _TRANSPARENT or breaks == "joiner"))
        if breaks == "pictograph" or (breaks == "joiner" and emoji == "pictograph"):
            emoji = breaks
        elif emoji == "joiner" or breaks not in _JOINING or breaks in ("mark", "joiner"):
            emoji = ""
        half = breaks == "flag" and not half
        before = breaks
    if text:
        yield text[start:]


@lru_cache(maxsize=2**12)
def cells(cluster: str) -> int:
    """How many cells one cluster takes."""
    before = part = 0  # What stands before the last letter or sign, and what this one takes with what it has joined.
    base = _NARROW
    linked = False
    for kind in map(_kind, cluster):
        linked = linked or kind.breaks in _LINKERS
        if kind.breaks in _SELECTED:
            part = _SELECTED[kind.breaks] if base.note == kind.breaks else part
            base = base._replace(note="")
        elif (kind.note == "spacing" and part) or _merges(kind, base, linked):
            part = 2
            base = base._replace(note="")
        elif kind.cells:
            before += part
            part = kind.cells
            base = kind
    return before + part


def _merges(kind: Kind, base: Kind, linked: bool) -> bool:
    """Whether a character that has joined is drawn as one with its base: of an emoji, a flag, a conjunct."""
    if kind.breaks == "consonant":
        return linked and base.breaks == "consonant"
    if kind == _SKIN_TONE:
        return base.breaks in _EMOJI
    return kind.breaks in _EMOJI and kind.breaks == base.breaks


def leans(character: str) -> bool:
    """Whether the character, without another before it, would be drawn over what stands there."""
    kind = _kind(character)
    return not kind.cells or kind.note == "spacing"
