"""What diagrams are drawn with: lines, shades and arrows, in Unicode and in ASCII, as pictures.

Floor 0. A set is chosen before anything is drawn. The Unicode set holds characters of WGL4 only, which the
monospaced fonts of browsers and terminals have; the ASCII set is pure ASCII.

A line cell is known by its four arms (up, right, down, left), each absent, light or double; the pictures below are
unpacked into a table from arms to character.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

# One arm each; a double arm is twice the light one.
UP, RIGHT, DOWN, LEFT = 1, 4, 16, 64
LIGHT, DOUBLE = 1, 2

# Each picture is a grid of boxes that share their walls: corners, tees and crossings stand where their arms say.
_LIGHT = """\
┌─┬┐
│ ││
├─┼┤
└─┴┘
"""
_DOUBLE = """\
╔═╦╗
║ ║║
╠═╬╣
╚═╩╝
"""
_DOUBLE_ACROSS = """\
╒═╤╕
│ ││
╞═╪╡
╘═╧╛
"""
_DOUBLE_DOWN = """\
╓─╥╖
║ ║║
╟─╫╢
╙─╨╜
"""
# A double wall that only one light line meets. (Across and down above give the others.)
_LIGHT_ASCII = """\
+-++
| ||
+-++
+-++
"""
_DOUBLE_ASCII = """\
#=##
# ##
#=##
#=##
"""
_ACROSS_ASCII = """\
+=++
| ||
+=++
+=++
"""
_DOWN_ASCII = """\
#-##
# ##
#-##
#-##
"""


def _unpack(picture: str, across: int, down: int) -> dict[int, str]:
    """Arms -> character for one picture."""
    top, body, middle, bottom, _ = picture.split("\n")
    left, right, up, below = LEFT * across, RIGHT * across, UP * down, DOWN * down
    return {
        right + below: top[0],
        left + right: top[1],
        left + right + below: top[2],
        left + below: top[3],
        up + below: body[0],
        up + below + right: middle[0],
        up + below + left + right: middle[2],
        up + below + left: middle[3],
        up + right: bottom[0],
        up + left + right: bottom[2],
        up + left: bottom[3],
    }


def _lines(light: str, double: str, across: str, down: str) -> dict[int, str]:
    table = _unpack(across, DOUBLE, LIGHT) | _unpack(down, LIGHT, DOUBLE)
    table |= _unpack(double, DOUBLE, DOUBLE) | _unpack(light, LIGHT, LIGHT)
    # A line that ends in the open still is a line.
    for weight in (LIGHT, DOUBLE):
        table[LEFT * weight] = table[RIGHT * weight] = table[(LEFT + RIGHT) * weight]
        table[UP * weight] = table[DOWN * weight] = table[(UP + DOWN) * weight]
    return table


class Glyphs(NamedTuple):
    """One set of signs; a kind draws with the set it is given and never asks which it is."""

    name: str
    lines: Mapping[int, str]
    left: str
    up: str
    right: str
    down: str
    both_ways: str
    up_and_down: str
    square: str  # a filled square of a scale
    hollow: str  # an empty one
    shades: tuple[str, ...]  # from almost nothing to full
    bar: str
    half_bar: str  # "" where the set has no half cell
    masked: str
    times: str
    root: str
    approx: str
    ellipsis: str
    dash: str
    dot: str  # between the items of a line


UNICODE = Glyphs(
    name="unicode",
    lines=_lines(_LIGHT, _DOUBLE, _DOUBLE_ACROSS, _DOUBLE_DOWN),
    left="←",
    up="↑",
    right="→",
    down="↓",
    both_ways="↔",
    up_and_down="↕",
    square="■",
    hollow="□",
    shades=(" ", "░", "▒", "▓", "█"),
    bar="█",
    half_bar="▌",
    masked="·",
    times="×",
    root="√",
    approx="≈",
    ellipsis="…",
    dash="–",
    dot="·",
)

ASCII = Glyphs(
    name="ascii",
    lines=_lines(_LIGHT_ASCII, _DOUBLE_ASCII, _ACROSS_ASCII, _DOWN_ASCII),
    left="<-",
    up="^",
    right="->",
    down="v",
    both_ways="<->",
    up_and_down="|",
    square="#",
    hollow="-",
    shades=(" ", "-", "+", "*", "#"),  # None of them is the masked sign.
    bar="#",
    half_bar="",
    masked=".",
    times="x",
    root="sqrt ",
    approx="~",
    ellipsis="...",
    dash="-",
    dot="-",
)

CHARSETS: Mapping[str, Glyphs] = {UNICODE.name: UNICODE, ASCII.name: ASCII}
