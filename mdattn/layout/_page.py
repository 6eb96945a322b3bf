"""A page that is inked on a canvas: what kinds use that do not draw in blocks yet."""

from __future__ import annotations

from collections.abc import Sequence

from mdattn import cells
from mdattn.canvas import LIGHT, Canvas
from mdattn.glyphs import CHARSETS, Glyphs
from mdattn.options import Common


def start(options: Common) -> tuple[Canvas, Glyphs]:
    """The canvas and the signs that the options ask for."""
    glyphs = CHARSETS[options.charset]
    return Canvas(options.width, glyphs), glyphs


def paragraph(canvas: Canvas, text: str | None, column: int = 0, indent: str = "") -> None:
    """A note in as many rows of its own as it needs, all but the first indented; nothing if there is none."""
    if text and cells.width(text) <= canvas.width - column:
        canvas.write(text, column)
    elif text:
        # A percentage stays on one line with its sign.
        for line in cells.wrap(text.replace(" %", "\u00a0%"), canvas.width - column, indent):
            canvas.write(line.replace("\u00a0%", " %"), column)


def boxes(
    canvas: Canvas,
    row: int,
    column: int,
    contents: Sequence[Sequence[str]],
    widths: Sequence[int],
    weight: int = LIGHT,
    gap: int = 1,
) -> list[int]:
    """Boxes side by side, each with its lines centred; gives the column of the middle of each."""
    middles = []
    for lines, width in zip(contents, widths, strict=True):
        canvas.box(row, column, len(lines) + 2, width, weight)
        for offset, line in enumerate(lines, 1):
            canvas.text(row + offset, column + 2, cells.centre(line, width - 4))
        middles.append(column + (width - 1) // 2)
        column += width + gap
    return middles
