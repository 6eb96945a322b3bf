"""What several test files need: an independent look at a drawn diagram; files, and what is said of them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import regex
from wcwidth import wcswidth

from mdattn.drafts import Finding

# The arms of each line character by its Unicode name, which is independent of the package's own table.
_SIDES = {"UP": "u", "DOWN": "d", "LEFT": "l", "RIGHT": "r", "HORIZONTAL": "lr", "VERTICAL": "ud"}
OPPOSITE = {"u": "d", "d": "u", "l": "r", "r": "l"}
STEP = {"u": (-1, 0), "d": (1, 0), "l": (0, -1), "r": (0, 1)}
# WGL4, as far as diagrams may use it: its signs beyond letters.
WGL4_SIGNS = frozenset(
    "–—―‗‘’‚‛“”„†‡•…‰′″‹›‼‾⁄ⁿ€™Ω℮⅛⅜⅝⅞←↑→↓↔↕↨∂∆∏∑−∕∙√∞∟∩∫≈≠≡≤≥⌂⌐⌠⌡─│┌┐└┘├┤┬┴┼═║╒╓╔╕╖╗╘╙╚╛╜╝╞╟╠╡╢╣╤╥╦╧╨╩╪╫╬▀▄█▌▐░▒▓■□▪▫▬▲►▼◄◊○●◘◙◦☺☻☼♀♂♠♣♥♦♪♫"
    "¡¢£¤¥¦§¨©ª«¬®¯°±²³´µ¶·¸¹º»¼½¾¿×÷"
)


@cache
def arms(character: str) -> str:
    """`lr` for `─`, `` for anything that is not a box-drawing character."""
    name = unicodedata.name(character, "") if len(character) == 1 else ""
    if not name.startswith("BOX DRAWINGS"):
        return ""
    found = "".join(sides for word, sides in _SIDES.items() if word in name.split())
    return "".join(sorted(set(found)))


def clusters(text: str) -> list[str]:
    """The characters as a reader sees them, by another implementation than the package's."""
    return regex.findall(r"\X", text)


def width(text: str) -> int:
    """The display cells of a text: what wcwidth says of each cluster, but for what is decided otherwise.

    These are put in a form in which both agree: a joiner that joins nothing (wcwidth skips what stands after it); a
    spacing mark that stands alone, or is a virama; an emoji that is narrow by itself, in a sequence.
    """
    return len(text) if text.isascii() else sum(map(_width, clusters(text)))


@cache
def _width(cluster: str) -> int:
    cluster = regex.sub(r"\u200d(?!\p{ExtPict})", "", cluster)
    cluster = regex.sub(r"^(\p{GCB=Prepend}*)\p{Mc}", r"\1x", cluster)
    cluster = regex.sub(r"(?=\p{InCB=Linker})\p{Mc}", "\u093e\u094d", cluster)
    cluster = regex.sub(r"(?=\p{InSC=Virama})\p{Mc}", "\u093e", cluster)
    cluster = regex.sub(r"\p{ExtPict}(?=\p{GCB=Extend}*(\u200d\p{ExtPict}|\p{EMod}))", "\U0001f600", cluster)
    return wcswidth(cluster)


def grid(lines: Iterable[str]) -> list[list[str]]:
    """The display cells of the lines: a wide character stands in its first cell, its second is empty."""
    rows = []
    for line in lines:
        row: list[str] = []
        for cluster in line if line.isascii() else clusters(line):
            taken = width(cluster)
            if taken > 0:
                row.extend([cluster, *[""] * (taken - 1)])
        rows.append(row)
    return rows


def loose_ends(lines: Iterable[str], arrows: str = "←→↑↓↔↕►▼▲◄") -> Iterator[str]:
    """Each arm of a box-drawing character that meets neither an arm nor a sign of an arrow."""
    rows = grid(lines)
    for number, row in enumerate(rows):
        if set(row) == {"═"}:
            continue  # A rule between two sections joins nothing.
        for column, character in enumerate(row):
            for side in arms(character):
                down, across = STEP[side]
                other = _at(rows, number + down, column + across)
                if OPPOSITE[side] in arms(other) or (other in arrows and other):
                    continue
                yield f"line {number + 1}, column {column + 1}: {character} meets {other!r} at {side}: {''.join(row)}"


def _at(rows: list[list[str]], row: int, column: int) -> str:
    if 0 <= row < len(rows) and 0 <= column < len(rows[row]):
        return rows[row][column]
    return " "


def too_wide(lines: Iterable[str], room: int) -> list[str]:
    """The lines that take more display cells than `room`."""
    return [line for line in lines if width(line) > room]


def foreign(lines: Iterable[str], own: str, charset: str) -> set[str]:
    """The characters outside the charset that are not the author's own (isolates around right-to-left words apart)."""
    drawn = set("".join(lines)) - set(own) - {"\u2068", "\u2069"}
    return {each for each in drawn if not each.isascii() and (charset == "ascii" or each not in WGL4_SIGNS)}


def files(*names: str) -> None:
    """Files of these names, each with a heading that says its own."""
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(f"# {name}\n".encode())


def told(findings: Iterable[Finding]) -> list[str]:
    """The findings as a run says them."""
    return [each.diagnostic.line(each.name) for each in findings]


def failed(findings: Iterable[Finding]) -> bool:
    """Whether any of them is an error, so that nothing may be written."""
    return any(each.diagnostic.severity == "error" for each in findings)
