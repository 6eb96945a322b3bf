"""A model on the page: its title, its stacks, the counts beside or below them, and notes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mdattn import cells, numerals
from mdattn.canvas import Canvas
from mdattn.diagrams._kind import Diagram
from mdattn.diagrams._legend import Explained
from mdattn.diagrams._opening import opening, titled
from mdattn.diagrams.architecture import _models as models
from mdattn.diagrams.architecture import _tower as tower
from mdattn.diagrams.architecture._blueprint import stacks
from mdattn.diagrams.architecture._models import Model
from mdattn.diagrams.architecture._notes import (
    TITLES,
    active,
    alternative,
    resized,
    rule,
    shapes_in_words,
    summary,
)
from mdattn.diagrams.architecture._numbers import model_of, token_boxes, tokens_of
from mdattn.diagrams.architecture._options import Options
from mdattn.diagrams.architecture._tower import Count, Frame, Picture
from mdattn.glyphs import CHARSETS, Glyphs
from mdattn.layout import GAP, Below, Block, Remarked, Rows, Text, fitting, lines_of
from mdattn.study.names import LONGEST, Labels, labelled, printable, said

_ROOM_FOR_COLUMN = 44  # A drawing that is narrower than this has its counts below it.
_BESIDE = 32  # The narrowest of two stacks side by side.
_LIST = 56  # cells of a list of counts, where there are so many
_GUTTER = 2  # cells between a picture and the column of its counts
_MADE_UP = "Illustrative: embeddings made from the letters of each word, weights by a fixed rule; none is learned."


def draw(options: Options) -> Diagram:
    """The diagram of the model that the options describe. Raises OptionError."""
    model, glyphs, width = model_of(options), CHARSETS[options.charset], options.width
    tokens = tokens_of(options, model)
    form = fitting(width, _forms(options, model, glyphs))
    names = printable(tokens)
    labels = labelled(names, min(LONGEST, form.frames[0].inner - 4), glyphs.ellipsis)
    boxes = token_boxes(options, model, tokens, labels.shown)
    count = str(len(tokens)) if tokens else "n"
    source = _source(tokens, labels, form.frames[0].width, glyphs)
    built = stacks(model, glyphs, count, source, boxes, shapes=options.shapes)
    shapes = ""
    if options.shapes and not all(map(tower.labels_fit, built, form.frames)):
        built = stacks(model, glyphs, count, source, boxes, shapes=False)
        shapes = shapes_in_words(model, count)
    picture = tower.drawn(Canvas(width, glyphs), built, form.frames, beside=form.beside)
    closing = [shapes, resized(options, model, glyphs), *_counting(options, model), _MADE_UP if options.values else ""]
    drawn = Below([*_heading(options, model, form), GAP, _counted(options, model, picture, form), GAP])

    def words() -> str:
        return alternative(options, model, boxes, said(names, labels.shown))

    page = Below([Explained(drawn, labels.legend, words, options.caption), *[Text(each, hang=0) for each in closing]])
    return Diagram(lines_of(fitting(width, [page]), width, glyphs), words)


def _source(tokens: Sequence[str], labels: Labels, room: int, glyphs: Glyphs) -> Sequence[str]:
    """The rows of the sentence that goes in, above the path of the data."""
    if not tokens:
        return ("Input: n tokens",)
    return [row.strip(" ") for row in opening("Input", tokens, "token", labels.legend, room, glyphs).rows(room, glyphs)]


# Forms ----------------------------------------------------------------------------------------------------------------


class _Form(NamedTuple):
    """Where the stacks stand, and where the counts."""

    least: int
    frames: Sequence[Frame]
    beside: bool = False
    """Whether two stacks stand side by side, not one below the other."""
    column: int = 0
    """The cells of the column of counts beside the picture; 0 if they stand below it."""

    @property
    def extent(self) -> int:
        """The cells of the picture."""
        return max(frame.right for frame in self.frames) + 1


def _forms(options: Options, model: Model, glyphs: Glyphs) -> Iterator[_Form]:
    """Two stacks side by side; else one, or one below the other, with the counts in a column or below."""
    double = model.model == "encoder-decoder"
    if double:
        width = min((options.width - tower.GUTTER) // 2, tower.WIDEST)
        frames = Frame(0, width), Frame(width + tower.GUTTER, width, mirrored=True)
        yield _Form(2 * _BESIDE + tower.GUTTER, frames, beside=True)
    if options.parameters:
        column = _column_width(model, glyphs)
        room = options.width - column - _GUTTER
        yield _Form(_ROOM_FOR_COLUMN + column + _GUTTER, _frames(room, double=double), column=column)
    least = tower.NARROWEST + (tower.LANE if double else 0)
    yield _Form(least, _frames(options.width, double=double))


def _frames(room: int, *, double: bool) -> Sequence[Frame]:
    """Of one stack, or of two below each other."""
    if not double:
        return (Frame(0, min(room, tower.WIDEST)),)
    width = min(room - tower.LANE, tower.WIDEST)
    return Frame(tower.LANE, width), Frame(tower.LANE, width, mirrored=True)


class _Centred(NamedTuple):
    """A paragraph whose rows stand above the middle of what takes `extent` cells."""

    text: str
    extent: int

    @property
    def least(self) -> int:
        """Room for a single character."""
        return Text(self.text, hang=0).least

    def rows(self, room: int, glyphs: Glyphs) -> Sequence[str]:
        """As few as hold it."""
        rows = Text(self.text, hang=0).rows(room, glyphs)
        return [" " * max(0, (self.extent - cells.width(row)) // 2) + row for row in rows]


def _heading(options: Options, model: Model, form: _Form) -> Iterator[Block]:
    """The title, and the model in a line."""
    for text in (titled(options, TITLES[model.model]).text, summary(options, model)):
        yield _Centred(text, form.extent)


# Parameters -----------------------------------------------------------------------------------------------------------


class _Counts(NamedTuple):
    """A list of counts, as (how deep, of what, how many): names at the left, numbers below each other at the right."""

    lines: Sequence[tuple[int, str, str]]

    @property
    def least(self) -> int:
        """With the numbers on rows of their own."""
        return max(2 * depth + max(1, len(count)) for depth, _, count in self.lines)

    def rows(self, room: int, glyphs: Glyphs) -> Sequence[str]:
        """A row each; what does not fit takes more."""
        rows: list[str] = []
        for depth, name, count in self.lines:
            margin, width = " " * 2 * depth, min(room, _LIST) - 2 * depth
            names = cells.wrap(name, width)
            if cells.width(names[-1]) + 2 + len(count) > width:
                names.append("")
            names[-1] = cells.pad(names[-1], width - len(count)) + count
            rows += [margin + each for each in names]
        return rows


def _counted(options: Options, model: Model, picture: Picture, form: _Form) -> Block:
    """The picture, and how many parameters each part has: in a column beside the parts, or in a list below them."""
    rows = Rows(picture.canvas.lines())
    if not options.parameters:
        return rows
    total = numerals.count(models.total(model))
    beside: list[tuple[int, str]] = []
    if form.column:
        first = next(each.row for each in picture.counts if each.count)  # In a box three rows below the sentence.
        column = [(first - 3, "parameters"), (len(rows.texts) - 1, f"total  {total}")]
        column += [(each.row, f"{each.label}  {_digits(each)}".strip()) for each in picture.counts]
        beside = [(row, cells.right(text, form.column)) for row, text in column if text]
    listed = [(each.depth, each.label or each.name, _digits(each)) for each in picture.counts]
    below: list[Block] = [GAP, Text("Parameters"), _Counts([*listed, (1, "total", total)])]
    return Remarked(rows, beside, below, gap=_GUTTER)


def _digits(count: Count) -> str:
    return count.count if isinstance(count.count, str) else numerals.count(count.count)


def _column_width(model: Model, glyphs: Glyphs) -> int:
    """Cells of the widest thing that can stand in the column of counts."""
    layers = model.layers * models.layer(model, attentions=models.stacks(model))
    largest = (
        f"{glyphs.times} {model.layers}  {numerals.count(layers)}",
        f"total  {numerals.count(models.total(model))}",
    )
    return max(len("parameters"), *map(len, largest), len(f"one layer  {numerals.count(models.layer(model, 2))}"))


def _counting(options: Options, model: Model) -> list[str]:
    """What was counted, and of experts how much of it a token uses."""
    return [rule(model), active(model)] if options.parameters else []
