"""The quiet sentences under a diagram, worded once.

Shared by the kinds: what was rounded, what was made up, what was left out, what a mask hides.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mdattn import cells, numerals
from mdattn.canvas import Canvas
from mdattn.glyphs import CHARSETS, Glyphs
from mdattn.options import Common


def start(options: Common) -> tuple[Canvas, Glyphs]:
    """The canvas and the signs that the options ask for."""
    glyphs = CHARSETS[options.charset]
    return Canvas(options.width, glyphs), glyphs


def sentence(labels: Sequence[str]) -> str:
    """The tokens as the sentence they are, in quotes."""
    return '"' + " ".join(labels) + '"'


def listed(words: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *rest, last = words
    return f"{', '.join(rest)} and {last}" if rest else last


def rounded_column(weights: Sequence[float], decimals: int, what: str = "the column") -> str | None:
    """Says so if shares of 1, as percent with `decimals` decimals of the share, do not add up to 100 as printed."""
    finer = max(decimals, 2)
    units = numerals.sum_as_printed(weights, finer)
    if units in (0, 10**finer):
        return None
    return f"Rounded: as printed {what} adds up to {numerals.percent(units / 10**finer, finer)}."


def illustrative(dimensions: int, what: str = "embeddings") -> str:
    """What embeddings are that no one gave."""
    numbers = "number" if dimensions == 1 else "numbers"
    return f"Illustrative {what}: {dimensions} {numbers} made from each word's letters, not learned."


def left_out(count: int, total: float, decimals: int, glyphs: Glyphs, noun: str = "key") -> str:
    """`… 14 more keys, 0.08 together`."""
    plural = noun if count == 1 else noun + "s"
    together = "" if count == 1 else " together"
    return f"{glyphs.ellipsis} {count} more {plural}, {numerals.text(total, decimals)}{together}"


def legend(pairs: Sequence[tuple[str, str]]) -> list[str]:
    """The words that were cut, in full: `pneumo… = pneumonia`."""
    return [f"{short} = {full}" for short, full in pairs]


def paragraph(canvas: Canvas, text: str | None, column: int = 0, indent: str = "") -> None:
    """A note in as many rows of its own as it needs, all but the first indented; nothing if there is none."""
    if text and cells.width(text) <= canvas.width - column:
        canvas.write(text, column)
    elif text:
        # A percentage stays on one line with its sign.
        for line in cells.wrap(text.replace(" %", "\u00a0%"), canvas.width - column, indent):
            canvas.write(line.replace("\u00a0%", " %"), column)
