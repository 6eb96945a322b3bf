"""The words of both sides as pictures: a chain of hidden states, and wires between all that may attend."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from mdattn import cells
from mdattn.canvas import Canvas
from mdattn.diagrams.comparison._numbers import Comparison, state_name
from mdattn.layout import GAP, Below, Block, Grid, Rows

MOST_WIRED = 12  # words in the pictures: more would make more rows of wires than a reader follows
ENOUGH_BOXED = 6  # words that a picture with gaps shows at least, before it does without boxes
_BETWEEN = 2  # cells between two words


class _Place(NamedTuple):
    """Where a word stands in both pictures; `word` is None for the words that are left out."""

    word: int | None
    column: int
    width: int

    @property
    def middle(self) -> int:
        return self.column + (self.width - 1) // 2

    @property
    def end(self) -> int:
        return self.column + self.width


class Placement(NamedTuple):
    """Where the words stand in both pictures, and whether in boxes."""

    places: tuple[_Place, ...]
    boxed: bool

    @property
    def shown(self) -> list[tuple[int, _Place]]:
        """The words that are not left out, each with its place."""
        return [(place.word, place) for place in self.places if place.word is not None]

    @property
    def least(self) -> int:
        """As wide as they are."""
        return self.places[-1].end


def placements(both: Comparison) -> Iterator[Placement]:
    """The words of both pictures: all of them, boxed if possible; else the first and the last ones."""
    everything = list(range(both.n))
    if both.n <= MOST_WIRED:
        for boxed in (True, False):
            yield _placed(both, everything, boxed)
    for boxed, fewest in ((True, ENOUGH_BOXED), (False, 2)):
        for count in range(min(MOST_WIRED, both.n - 1), fewest - 1, -1):
            tail = max(1, count // 4)
            yield _placed(both, [*everything[: count - tail], None, *everything[-tail:]], boxed)


def _placed(both: Comparison, indexes: Sequence[int | None], boxed: bool) -> Placement:
    places = []
    column = 0
    for index in indexes:
        if index is None:
            width = cells.width(both.glyphs.ellipsis) + (2 if boxed else 0)
        else:
            width = max(3, cells.width(both.words[index]), len(state_name(index))) + (4 if boxed else 0)
        places.append(_Place(index, column, width))
        column += width + _BETWEEN
    return Placement(tuple(places), boxed)


def _words(canvas: Canvas, both: Comparison, placement: Placement, text: Callable[[int], str]) -> int:
    """A text for each word, in boxes or without; gives the row of the texts."""
    top = canvas.height
    row = top + 1 if placement.boxed else top
    for place in placement.places:
        if place.word is None:
            canvas.text(row, place.column + (1 if placement.boxed else 0), both.glyphs.ellipsis)
        elif placement.boxed:
            canvas.box(top, place.column, 3, place.width)
            canvas.text(row, place.column + 2, cells.centre(text(place.word), place.width - 4))
        else:
            word = text(place.word)
            canvas.text(row, place.column + (place.width - cells.width(word)) // 2, word)
    return row


def chain(both: Comparison, placement: Placement) -> Block:
    """Each word goes into a hidden state, and each hidden state into the next one."""
    canvas, glyphs = Canvas(placement.least, both.glyphs), both.glyphs
    _words(canvas, both, placement, both.words.__getitem__)
    row = canvas.height
    for _, place in placement.shown:
        canvas.text(row, place.middle, glyphs.down)
    row = _words(canvas, both, placement, state_name)
    arrow = cells.width(glyphs.right)
    for before, after in pairwise(placement.places):
        if placement.boxed and before.word is not None and arrow < _BETWEEN:
            canvas.horizontal(row, before.end - 1, before.end)
        start = after.column - arrow if placement.boxed else _between(before, after, arrow)
        canvas.text(row, start, glyphs.right)
    return Rows(canvas.lines())


def _between(before: _Place, after: _Place, arrow: int) -> int:
    """Where an arrow stands that is in the middle between two states without boxes."""
    ends = []
    for place in (before, after):
        size = place.width if place.word is None else len(state_name(place.word))
        start = place.column + (place.width - size) // 2
        ends.append((start, start + size))
    (_, first), (last, _) = ends
    return first + (last - first - arrow) // 2


def attention(both: Comparison, placement: Placement) -> Block:
    """The words, and below them who may attend to whom."""
    canvas = Canvas(placement.least, both.glyphs)
    _words(canvas, both, placement, both.words.__getitem__)
    if both.study.mask == "given":
        return Below([Rows(canvas.lines()), GAP, _grid(both, placement)])
    _wires(canvas, both, placement)
    return Rows(canvas.lines())


def _wires(canvas: Canvas, both: Comparison, placement: Placement) -> None:
    """A row of wires for each word, which meets those that come down from the later words it is connected with.

    No wire passes one that it does not meet: causal masks and windows join a word with the ones just before it.
    """
    shown = placement.shown
    top = canvas.height + 1
    row = top
    bottoms: dict[int, int] = {}
    wires: list[tuple[int, int, int]] = []
    for number, (word, place) in enumerate(shown):
        joined = [later.middle for other, later in shown[number + 1 :] if both.joined(word, other)]
        if joined:
            row += 1
            wires.append((row, place.middle, joined[-1]))
            bottoms.update((end, row) for end in (place.middle, *joined))
    for word, place in shown:  # Also of those that only words which are left out are connected with.
        canvas.text(top - 1, place.middle, both.direction(word))
    for middle, bottom in bottoms.items():
        canvas.vertical(middle, top, bottom)
    for level, first, last in wires:
        canvas.horizontal(level, first, last)


def _grid(both: Comparison, placement: Placement) -> Grid:
    """A mask of any form: a row a word, a sign for each word."""
    allowed, signs = both.study.allowed, (both.glyphs.masked, both.glyphs.square)
    assert allowed is not None
    shown = [word for word, _ in placement.shown]
    names = [both.words[word] for word in shown]
    rows = [[signs[int(allowed[word, other])] for other in shown] for word in shown]
    return Grid(names, rows, [1] * len(shown), lambda panel: (), cells.widest(names) + _BETWEEN)
