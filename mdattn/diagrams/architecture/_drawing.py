"""A model on the page: its stacks, the counts beside or below them, and notes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from mdattn import cells, numerals
from mdattn.canvas import Canvas
from mdattn.diagrams._kind import Diagram
from mdattn.diagrams.architecture import _models as models
from mdattn.diagrams.architecture import _tower as tower
from mdattn.diagrams.architecture._blueprint import Stack, TokenBoxes, stacks
from mdattn.diagrams.architecture._models import Model
from mdattn.diagrams.architecture._notes import TITLES, alternative, resized, rule, shapes_said, source_line, summary
from mdattn.diagrams.architecture._numbers import model_of, token_boxes, tokens_of
from mdattn.diagrams.architecture._options import Options
from mdattn.diagrams.architecture._tower import Drawing, Entry, Frame
from mdattn.glyphs import Glyphs
from mdattn.layout import too_narrow
from mdattn.layout._page import paragraph, start
from mdattn.study import notes
from mdattn.study.names import LONGEST, Labels, labelled, printable


def draw(options: Options) -> Diagram:
    """The diagram of the model that the options describe. Raises OptionError."""
    model = model_of(options)
    tokens = tokens_of(options, model)
    plan = _plan(options, model, tokens)
    canvas = plan.drawing.canvas
    _head(plan, options, model)
    first, *others = plan.stacks
    top = canvas.height
    bottom = tower.stack(plan.drawing, top, plan.frames[0], first)
    for other in others:
        _second(plan, top, bottom, other)
    if options.parameters:
        _parameters(plan, model)
    for note in _remarks(plan, options, model):
        paragraph(canvas, note)
    return Diagram(canvas.lines(), lambda: alternative(options, model, plan.boxes))


# The page -------------------------------------------------------------------------------------------------------------

_ROOM_FOR_COLUMN = 44  # A drawing that is narrower than this has its counts below it.
_BESIDE = 32  # The narrowest of two stacks side by side.


class _Plan(Struct, frozen=True):
    """What goes where."""

    drawing: Drawing
    frames: tuple[Frame, ...]
    stacks: Sequence[Stack]
    beside: bool
    """Whether two stacks stand side by side, not one below the other."""
    column: bool
    """Whether counts stand in a column at the right edge."""
    shapes: str
    """What says the shapes where arrows have no room for them."""
    cut: Labels
    boxes: TokenBoxes


def _plan(options: Options, model: Model, tokens: tuple[str, ...]) -> _Plan:
    canvas, glyphs = start(options)
    double = model.model == "encoder-decoder"
    least = tower.NARROWEST + (tower.LANE if double else 0)
    if options.width < least:
        raise too_narrow(least)
    beside = double and options.width >= 2 * _BESIDE + tower.GUTTER
    wanted = _column_width(model, glyphs) + 2
    column = options.parameters and not beside and options.width - wanted >= _ROOM_FOR_COLUMN
    frames = _frames(double, options.width - (wanted if column else 0), beside)
    labels = printable(tokens)
    cut = labelled(labels, min(LONGEST, frames[0].inner - 4), glyphs.ellipsis)
    boxes = token_boxes(options, model, tokens, cut.shown)
    count = str(len(tokens)) if tokens else "n"
    source = source_line(labels, frames[0].width, glyphs)
    built = stacks(model, glyphs, count, source, boxes, shapes=options.shapes)
    below = ""
    if options.shapes and not all(map(tower.labels_fit, built, frames)):
        built = stacks(model, glyphs, count, source, boxes, shapes=False)
        below = shapes_said(model, count)
    return _Plan(Drawing(canvas, glyphs, headed=double), frames, built, beside, column, below, cut, boxes)


def _frames(double: bool, room: int, beside: bool) -> tuple[Frame, ...]:
    """Where each stack stands."""
    if not double:
        return (Frame(0, min(room, tower.WIDEST)),)
    if not beside:
        width = min(room - tower.LANE, tower.WIDEST)
        return Frame(tower.LANE, width), Frame(tower.LANE, width, mirrored=True)
    width = min((room - tower.GUTTER) // 2, tower.WIDEST)
    return Frame(0, width), Frame(width + tower.GUTTER, width, mirrored=True)


def _second(plan: _Plan, top: int, bottom: int, other: Stack) -> None:
    """The decoder, beside its encoder or below it, and the line that brings it keys and values."""
    drawing, (first, second) = plan.drawing, plan.frames
    corner = bottom + 2
    label = plan.stacks[0].shape
    if plan.beside:
        tower.stack(drawing, top, second, other)
        lane = first.right + 3
        if corner == drawing.memory[0]:
            corner += 1
        drawing.canvas.text(drawing.memory[0] - 1, lane - 1, "K, V")
    else:
        tower.stack(drawing, corner + 2, second, other)
        lane = 0
        drawing.canvas.text(corner + 1, 2, "K, V for the decoder")
    tower.join_stacks(drawing, bottom, first, lane, corner, label)


def _head(plan: _Plan, options: Options, model: Model) -> None:
    """The title, and the model in a line, above the middle of the drawing."""
    canvas = plan.drawing.canvas
    title = "" if options.title == "none" else options.title or TITLES[model.model]
    extent = max(frame.right for frame in plan.frames) + 1
    for text in filter(None, (cells.isolated(cells.printable(title)), summary(options, model))):
        for line in cells.wrap(text, canvas.width):
            canvas.write(line, max(0, (extent - cells.width(line)) // 2))
    canvas.gap()


# Parameters -----------------------------------------------------------------------------------------------------------


def _column_width(model: Model, glyphs: Glyphs) -> int:
    """Cells of the widest thing that can stand in the column of counts."""
    layers = model.layers * models.layer(model, attentions=models.stacks(model))
    largest = (
        f"{glyphs.times} {model.layers}  {numerals.count(layers)}",
        f"total  {numerals.count(models.total(model))}",
    )
    return max(len("parameters"), *map(len, largest), len(f"one layer  {numerals.count(models.layer(model, 2))}"))


def _parameters(plan: _Plan, model: Model) -> None:
    """How many parameters each part has: in a column beside the parts, or in a list below them."""
    canvas, entries = plan.drawing.canvas, plan.drawing.entries
    total = numerals.count(models.total(model))
    if not plan.column:
        canvas.gap()
        canvas.write("Parameters")
        for line in _listed(entries, total):
            _line(canvas, *line)
        return
    edge = plan.frames[0].right + 3 + _column_width(model, plan.drawing.glyphs)
    first = next(entry.row for entry in entries if entry.count)  # In a box three rows below the sentence.
    rows = [(first - 3, "parameters"), (canvas.height - 1, f"total  {total}")]
    rows += [(entry.row, f"{entry.label}  {_digits(entry.count)}".strip()) for entry in entries]
    for row, text in rows:
        canvas.text(row, edge - cells.width(text), text)


_LIST = 56


def _digits(count: int | str) -> str:
    return count if isinstance(count, str) else numerals.count(count)


def _listed(entries: Sequence[Entry], total: str) -> Iterator[tuple[int, str, str]]:
    """The counts as lines: how deep, what, and how many."""
    for entry in entries:
        yield entry.depth, entry.label or entry.name, _digits(entry.count)
    yield 1, "total", total


def _line(canvas: Canvas, depth: int, name: str, count: str) -> None:
    """A name at the left and a count at the right of the list; what does not fit takes more rows."""
    indent, width = 2 * depth, min(canvas.width, _LIST)
    lines = cells.wrap(name, width - indent)
    if len(lines[-1]) + 2 + len(count) > width - indent:
        lines.append("")
    for line in lines[:-1]:
        canvas.write(line, indent)
    canvas.write(lines[-1].ljust(width - indent - len(count)) + count, indent)


# Words ----------------------------------------------------------------------------------------------------------------


def _remarks(plan: _Plan, options: Options, model: Model) -> Iterator[str]:
    """What stands below the drawing: words in full, shapes without room, what was counted, what was made up."""
    below = [*notes.legend(plan.cut.legend), plan.shapes, resized(options, model, plan.drawing.canvas.glyphs)]
    if options.parameters:
        below.append(rule(model))
        if model.experts > 1:
            active = numerals.count(models.total(model) - models.idle(model))
            used = f"{model.active_experts} of {model.experts} experts in each layer"
            below.append(f"Active for one token: {active}, with {used}.")
    if options.values:
        below.append(
            "Illustrative: embeddings made from the letters of each word, weights by a fixed rule; none is learned."
        )
    if any(below):
        plan.drawing.canvas.gap()
    yield from filter(None, below)
