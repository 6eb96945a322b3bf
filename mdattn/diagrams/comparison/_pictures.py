"""The words of both sides as pictures: a chain of hidden states, and wires between all that may attend."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

from mdattn import cells
from mdattn.canvas import Canvas
from mdattn.diagrams.comparison._numbers import Comparison, state_name

MOST_WIRED = 12  # words in the pictures: more would make more rows of wires than a reader follows
ENOUGH_BOXED = 6  # words that a picture with gaps shows at least, before it does without boxes
GAP = 2


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


class Pictures(NamedTuple):
    places: tuple[_Place, ...]
    boxed: bool

    @property
    def shown(self) -> tuple[_Place, ...]:
        return tuple(place for place in self.places if place.word is not None)


def pictures_of(both: Comparison) -> Pictures:
    """The words of both pictures: all of them, boxed if possible; else the first and the last ones."""
    everything = list(range(both.n))
    if both.n <= MOST_WIRED:
        for boxed in (True, False):
            places = _placed(both, everything, boxed)
            if places[-1].end <= both.wide:
                return Pictures(places, boxed)
    for boxed, least in ((True, ENOUGH_BOXED), (False, 2)):
        for count in range(min(MOST_WIRED, both.n - 1), least - 1, -1):
            tail = max(1, count // 4)
            some = [*everything[: count - tail], None, *everything[-tail:]]
            places = _placed(both, some, boxed)
            if places[-1].end <= both.wide:
                return Pictures(places, boxed)
    raise AssertionError("two words and the sign for the others fit in the least width")


def _placed(both: Comparison, indexes: Sequence[int | None], boxed: bool) -> tuple[_Place, ...]:
    places = []
    column = 0
    for index in indexes:
        if index is None:
            width = cells.width(both.glyphs.ellipsis) + (2 if boxed else 0)
        else:
            width = max(3, cells.width(both.words[index]), len(state_name(index))) + (4 if boxed else 0)
        places.append(_Place(index, column, width))
        column += width + GAP
    return tuple(places)


def words_row(canvas: Canvas, both: Comparison, pictures: Pictures, text: Callable[[int], str]) -> int:
    """A text for each word, in boxes or without; gives the row of the texts."""
    top = canvas.height
    row = top + 1 if pictures.boxed else top
    for place in pictures.places:
        if place.word is None:
            canvas.text(row, place.column + (1 if pictures.boxed else 0), both.glyphs.ellipsis)
        elif pictures.boxed:
            canvas.box(top, place.column, 3, place.width)
            canvas.text(row, place.column + 2, cells.centre(text(place.word), place.width - 4))
        else:
            word = text(place.word)
            canvas.text(row, place.column + (place.width - cells.width(word)) // 2, word)
    return row


def chain(canvas: Canvas, both: Comparison, pictures: Pictures) -> None:
    """Each word goes into a hidden state, and each hidden state into the next one."""
    glyphs = both.glyphs
    words_row(canvas, both, pictures, both.words.__getitem__)
    row = canvas.height
    for place in pictures.shown:
        canvas.text(row, place.middle, glyphs.down)
    row = words_row(canvas, both, pictures, state_name)
    arrow = cells.width(glyphs.right)
    for before, after in pairwise(pictures.places):
        if pictures.boxed and before.word is not None and arrow < GAP:
            canvas.horizontal(row, before.end - 1, before.end)
        canvas.text(row, after.column - arrow, glyphs.right) if pictures.boxed else _between(
            canvas, row, before, after, both
        )


def _between(canvas: Canvas, row: int, before: _Place, after: _Place, both: Comparison) -> None:
    """An arrow in the middle between two states that stand without boxes."""
    ends = []
    for place in (before, after):
        size = place.width if place.word is None else len(state_name(place.word))
        start = place.column + (place.width - size) // 2
        ends.append((start, start + size))
    room = ends[1][0] - ends[0][1]
    canvas.text(row, ends[0][1] + (room - cells.width(both.glyphs.right)) // 2, both.glyphs.right)


def wires(canvas: Canvas, both: Comparison, pictures: Pictures) -> None:
    """A row of wires for each word, which meets those that come down from the later words it is connected with.

    No wire passes one that it does not meet: causal masks and windows join a word with the ones just before it.
    """
    shown = pictures.shown
    top = canvas.height + 1
    row = top
    bottoms: dict[int, int] = {}
    wires: list[tuple[int, int, int]] = []
    for place, each in enumerate(shown):
        joined = [later for later in shown[place + 1 :] if both.joined(word_of(each), word_of(later))]
        if joined:
            row += 1
            wires.append((row, each.middle, joined[-1].middle))
            bottoms.update((end.middle, row) for end in (each, *joined))
    canvas.gap(row - top + 2 if wires else 0)
    drawn = [word_of(each) for each in shown]
    signs = {each.middle: _direction(both, word_of(each), drawn) for each in shown}
    for middle, bottom in bottoms.items():
        canvas.text(top - 1, middle, signs[middle])
        canvas.vertical(middle, top, bottom)
    for level, first, last in wires:
        canvas.horizontal(level, first, last)


def word_of(place: _Place) -> int:
    assert place.word is not None
    return place.word


def _direction(both: Comparison, word: int, drawn: Sequence[int]) -> str:
    """Down from a word that others of the drawn ones attend to, up to one that attends to others; both for both."""
    allowed, glyphs = both.study.allowed, both.glyphs
    if allowed is None:
        return glyphs.up_and_down
    others = [each for each in drawn if each != word]
    attends, attended = bool(allowed[word, others].any()), bool(allowed[others, word].any())
    return glyphs.up_and_down if attends and attended else glyphs.up if attends else glyphs.down


def grid(canvas: Canvas, both: Comparison, pictures: Pictures) -> None:
    """Who may attend to whom under a mask of any form: a row a word, a sign for each word."""
    allowed = both.study.allowed
    assert allowed is not None
    canvas.gap()
    shown = [word_of(place) for place in pictures.shown]
    names = [both.words[index] for index in shown]
    wide = cells.widest(names)
    for index, name in zip(shown, names, strict=True):
        signs = " ".join(both.glyphs.square if allowed[index, other] else both.glyphs.masked for other in shown)
        canvas.write(f"{cells.pad(name, wide)}  {signs}")
