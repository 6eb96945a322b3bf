"""Writes `mdattn/cells/_unicode.py`, the width and the break class of every character: `python tests/unicode_table.py`.

The sources are the tables of one release of wcwidth, which are made from the files of the Unicode Character Database:
EastAsianWidth, DerivedGeneralCategory, GraphemeBreakProperty, DerivedCoreProperties, emoji-data and
emoji-variation-sequences. For another version of Unicode, name another release here and in pyproject.toml.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from textwrap import wrap

import wcwidth
from wcwidth import _constants, table_grapheme, table_vs15, table_vs16

RELEASE = "0.9.4"
UNICODE = "18.0.0"
FILE = Path(__file__).parent.parent / "mdattn" / "cells" / "_unicode.py"

# Where a character has two of these, the first counts.
_CLASSES = {
    "linker": "INCB_LINKER",
    "control": "GRAPHEME_CONTROL",
    "extend": "GRAPHEME_EXTEND",
    "flag": "GRAPHEME_REGIONAL_INDICATOR",
    "prepend": "GRAPHEME_PREPEND",
    "mark": "GRAPHEME_SPACINGMARK",
    "L": "GRAPHEME_L",
    "V": "GRAPHEME_V",
    "T": "GRAPHEME_T",
    "syllable": "GRAPHEME_LV",
    "consonant": "INCB_CONSONANT",
    "pictograph": "EXTENDED_PICTOGRAPHIC",
}
_SINGLE = {
    "\r": "CR",
    "\n": "LF",
    "\u200c": "non-joiner",
    "\u200d": "joiner",
    "\ufe0e": "as-text",
    "\ufe0f": "as-emoji",
}

_HEAD = """\"\"\"Break class and cells of every character of Unicode {version}. Written by tests/unicode_table.py.

The name of a kind is its break class (UAX #29), its cells and a note; then come the ranges, as the first character in
hexadecimal and how many follow it. What is in no range is of the class "other" and takes one cell. The notes: "spacing"
takes a cell of its own beside a letter (general category Mc), "as-emoji" takes two cells before U+FE0F,
"as-text" one before U+FE0E.
\"\"\"

VERSION = "{version}"

RANGES = {{
"""


def _members(ranges: Iterable[tuple[int, int]]) -> set[int]:
    return {code for first, last in ranges for code in range(first, last + 1)}


def _kinds() -> list[tuple[str, int, str]]:
    """Class, cells and note of each code point."""
    classes = {name: _members(getattr(table_grapheme, table)) for name, table in _CLASSES.items()}
    classes["syllable"] |= _members(table_grapheme.GRAPHEME_LVT)
    # A linker that does not extend what stands before it is a letter.
    letters = classes["linker"] - classes["extend"]
    spacing = _members(_constants._CATEGORY_MC_TABLE)
    emoji = _members(table_vs16.VS16_NARROW_TO_WIDE["9.0.0"])
    text = _members(table_vs15.VS15_WIDE_TO_NARROW["9.0.0"])
    names = dict.fromkeys(range(0x110000), "other")
    for name, members in reversed(classes.items()):
        names.update(dict.fromkeys(members, name))
    names.update(dict.fromkeys(letters, "letter-linker"))
    names.update({ord(character): name for character, name in _SINGLE.items()})
    # A control code takes a cell, as it does in text that is ASCII: -1 there, and 0 for NUL.
    return [
        (
            names[code],
            1 if code == 0 or code in spacing else abs(wcwidth.wcwidth(chr(code))),
            "spacing" if code in spacing else "as-emoji" if code in emoji else "as-text" if code in text else "",
        )
        for code in range(0x110000)
    ]


def module() -> str:
    """The text of the table."""
    if (wcwidth.__version__, wcwidth.list_versions()) != (RELEASE, (UNICODE,)):
        raise RuntimeError(f"the table is made from wcwidth {RELEASE}, and this is {wcwidth.__version__}")
    ranges: dict[tuple[str, int, str], list[str]] = {}
    for kind, run in groupby(enumerate(_kinds()), key=lambda entry: entry[1]):
        codes = [code for code, _ in run]
        ranges.setdefault(kind, []).append(f"{codes[0]:x}+{len(codes) - 1:x}")
    del ranges["other", 1, ""]
    lines = []
    for (name, cells, note), runs in sorted(ranges.items()):
        lines += [f'    "{name} {cells}{note and " " + note}": """']
        lines += [f"        {line}" for line in wrap(" ".join(runs), 108)]
        lines += ['    """,']
    return _HEAD.format(version=UNICODE) + "\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    FILE.write_text(module(), encoding="utf-8", newline="\n")
