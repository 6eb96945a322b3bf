"""A diagram said in words: its text alternative, and the caption that repeats it under the drawing."""

from __future__ import annotations

from mdattn import cells
from mdattn.diagrams._kind import Diagram
from mdattn.glyphs import ASCII, UNICODE
from mdattn.options import Common


def finished(diagram: Diagram, options: Common) -> Diagram:
    """The diagram with its caption, if one is asked for, and an alternative fit for any reader of screens.

    The caption is a last paragraph of the diagram, in its width and its signs. The alternative is one line without
    marks of direction, which only the neighbourhood of other text needs.
    """
    if not options.caption:
        return Diagram(diagram.lines, lambda: _one_line(diagram.alternative))
    words = " ".join(diagram.alternative.split())
    caption = ("", *cells.wrap(_spelled(words, options), options.width)) if words else ()
    return Diagram((*diagram.lines, *caption), _one_line(words))


def _one_line(words: str) -> str:
    return cells.printable(cells.without_isolates(" ".join(words.split())))


def _spelled(words: str, options: Common) -> str:
    """The words with the signs of the character set, those that the author uses apart."""
    if options.charset == UNICODE.name or words.isascii():
        return words
    own = repr(options)
    pairs = zip(UNICODE, ASCII, strict=True)
    signs = {one: other for one, other in pairs if isinstance(one, str) and len(one) == 1 and one not in own}
    return "".join(str(signs.get(each, each)) for each in words)
