"""The heatmap: who looks at whom?

Floor 3. One row a query, one column a key, one cell a weight. `draw` reads like the picture: what attends (`study`),
how it fits in the width (`_layout`), and then ink, head by head, panel by panel. More tokens than a page can hold are
drawn in blocks, each the share that its queries give to its keys together, so that rows still add up to 1.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import groupby
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from msgspec import Struct, field
from msgspec.structs import replace

from mdattn import cells, numerals
from mdattn.diagrams._kind import Diagram, Kind
from mdattn.diagrams._opening import long_words, opening
from mdattn.errors import OptionError
from mdattn.glyphs import CHARSETS, Glyphs
from mdattn.layout import GAP, NARROWEST, Below, Block, Grid, Rows, Text, arranged, headed, lines_of, panels, too_narrow
from mdattn.options import Attention, Remarks, doc
from mdattn.study import notes
from mdattn.study.attended import attended
from mdattn.study.heads import HeadStudy, Study, study
from mdattn.study.names import LONGEST, LONGEST_SAID, Labels, authored, distinct, labelled
from mdattn.study.tokens import position

Mode = Literal["squares", "shades", "numbers", "both"]
Heads = Literal["words", "numbers", "ticks"]

DEFAULT_MODES: tuple[Mode, ...] = ("squares", "shades")  # The second where the first needs panels.
TITLE = "ATTENTION WEIGHTS"
SQUARES = 3  # cells of a weight drawn in squares: one level each
WIDE, LONGEST_NARROW, SHORTEST = (
    48,
    10,
    6,
)  # from which width words stand in full up to LONGEST; else up to these
MOST_LINES = 64  # rows or columns that stand for one token each; of more tokens, blocks are drawn
FEWEST_BLOCKS = 8  # columns that a pooled heatmap has at least, in panels if need be
MOST_PANELS = {"squares": 8, "shades": 2, "numbers": 8, "both": 8}  # side by side; of more, blocks are drawn
MOST_REMARKS = 16  # below the table; of more rows, only the strongest pairs are named
STRONGEST = 3
MOST_SPOKEN = 6  # rows that the text alternative tells one by one

# Where the levels of a weight begin. Of more than ten keys even an equal share would be below the first of these: the
# levels begin at or just below an equal share then, with three neighbours of …, 0.01, 0.02, 0.05, 0.1, …
STEPS: tuple[float, ...] = (0.1, 0.4, 0.7)
FEW_KEYS = 10
_SERIES = (0.01, 0.02, 0.05, 0.1, 0.2)


class Options(Attention, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The options of a heatmap."""

    mode: Annotated[
        Literal["squares", "shades", "numbers", "both"] | None,
        doc(
            "how weights are shown; `both`: squares and numbers (default: squares, or shades where squares do not fit)",
            "'squares', 'shades', 'numbers' or 'both'",
        ),
    ] = None
    annotations: Annotated[
        Literal["none"] | dict[str, str] | None,
        doc(
            "remarks beside the rows: `none`, or a mapping from token to text; left out: made from the numbers",
            "'none' or a mapping from token to text",
        ),
    ] = None
    remarks: Remarks = "all"
    legend: Annotated[bool, doc("whether to explain the cells below the heatmap", "true or false")] = True

    def idle(self) -> Iterator[OptionError]:
        """What changes no weight."""
        if self.gives("values"):
            yield OptionError("values", "'values' has no effect here: a heatmap shows weights", "remove it")
        yield from super().idle()


# What is shown --------------------------------------------------------------------------------------------------------


class _Axis(Struct, frozen=True, dict=True):
    """The tokens of one side, and how many of them one line of the heatmap stands for."""

    tokens: tuple[str, ...]
    block: int = 1

    @cached_property
    def plain(self) -> tuple[str, ...]:
        """Where a number stands beside each, equal tokens stay equal: the name of the first."""
        first: dict[str, str] = {}
        return tuple([first.setdefault(token, name) for token, name in zip(self.tokens, self.names, strict=True)])

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Of equal tokens the second is `the#2`."""
        return distinct(self.tokens)

    @property
    def starts(self) -> range:
        """The position from 0 of the first token of each line."""
        return range(0, len(self.tokens), self.block)

    def spans(self, dash: str) -> tuple[str, ...]:
        """`1–4`, `5–8`, …: the positions from 1 of each line."""
        total = len(self.tokens)
        ends = [min(start + self.block, total) for start in self.starts]
        return tuple(
            f"{start + 1}{dash}{end}" if end > start + 1 else str(end)
            for start, end in zip(self.starts, ends, strict=True)
        )


class _Scale(Struct, frozen=True):
    """Which level a weight has: 0 to 3. Decided on the weight as rounded to `decimals`, as it is printed."""

    starts: tuple[int, ...]
    """Where the levels 1, 2 and 3 begin, in units of 10**-decimals."""
    decimals: int

    @classmethod
    def of(cls, keys: int, decimals: int, printed: bool) -> _Scale:
        """For so many keys; `printed`: the numbers stand beside the cells, with these decimals."""
        steps = STEPS
        if keys > FEW_KEYS:
            first = bisect_right(_SERIES, numerals.rounded(1 / keys, max(decimals, 2))) - 1
            steps = _SERIES[first : first + 3]
        decimals = decimals if printed else max(decimals, numerals.decimals_needed(steps, numerals.MOST_DECIMALS))
        units = tuple(max(1, int(numerals.rounded(step * 10**decimals, 0))) for step in steps)
        return cls(units, decimals)

    def ranges(self, top: float, dash: str) -> Iterator[tuple[int, str]]:
        """Each level that a printed number can have, the highest first, with its numbers: (3, `0.70–1.00`)."""
        unit = 10**self.decimals
        ends = [*(start - 1 for start in self.starts), max(unit, int(numerals.rounded(top * unit, 0)))]
        for level in (3, 2, 1, 0):
            first, last = (0, *self.starts)[level], ends[level]
            if first <= last:
                texts = dict.fromkeys(numerals.text(each / unit, self.decimals) for each in (first, last))
                yield level, dash.join(texts)


def _units(weights: Any, decimals: int) -> Any:
    """weights [...] -> the numbers as printed, in whole units of 10**-decimals, same shape."""
    scaled = weights * 10**decimals + 0.5
    units = np.floor(scaled)
    # Snapping to 9 decimals decides only what is this near to a border.
    near = np.abs(scaled - np.rint(scaled)) < 2.0 * 10 ** (decimals - numerals.SNAP)
    for place in np.argwhere(near).tolist():
        units[tuple(place)] = numerals.sum_as_printed([float(weights[tuple(place)])], decimals)
    return units.astype(np.int64)


class _Map(Struct, frozen=True, dict=True):
    """The heatmap before it is laid out."""

    options: Options
    found: Study
    glyphs: Glyphs
    mode: Mode
    rows: _Axis
    columns: _Axis
    given: tuple[tuple[int, str], ...] | None
    """The author's remarks as (query, text); None where they are to be made from the numbers."""
    remarks: dict[Heads, list[list[str]]] = field(default_factory=dict)
    squeezed: int | None = None
    """Cells of a label, where the form leaves less room for them than usual."""

    @property
    def cross(self) -> bool:
        return self.options.key_tokens is not None

    @property
    def pooled(self) -> bool:
        return self.rows.block > 1 or self.columns.block > 1

    @property
    def noun(self) -> str:
        return "word" if self.options.text is not None else "token"

    @property
    def cell_widths(self) -> tuple[int, ...]:
        """What a cell may take, the roomiest first."""
        number = self.options.decimals + 2 if self.options.decimals else 1
        table: dict[Mode, tuple[int, ...]] = {
            "squares": (SQUARES,),
            "shades": (3, 2, 1),
            "numbers": (max(number, 3),),
            "both": (SQUARES + 1 + number,),
        }
        return table[self.mode]

    @property
    def longest(self) -> int:
        return self.squeezed or (LONGEST if self.options.width >= WIDE else LONGEST_NARROW)

    @property
    def openings(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The sentences above the heatmap, with what they are called."""
        if self.cross:
            return ("Queries", self.rows.tokens), ("Keys", self.columns.tokens)
        return (("Sentence", self.rows.tokens),)

    @cached_property
    def scale(self) -> _Scale:
        return _Scale.of(len(self.columns.starts), self.options.decimals, self.mode == "both")

    @cached_property
    def strongest(self) -> list[_Strongest]:
        """The largest weights of each head."""
        return [_strongest_of(head.trace.weights[0], head.trace.allowed[0]) for head in self.found.heads]

    @cached_property
    def labels(self) -> Labels:
        """Of the rows, and of the columns if their tokens are others."""
        names = (*self.rows.names, *self.columns.names) if self.cross else self.rows.names
        return labelled(names, self.longest, self.glyphs.ellipsis)

    @cached_property
    def _label(self) -> dict[str, str]:
        return {name: label for label, name in self.labels.legend}

    def labels_of(self, axis: _Axis, numbered: bool) -> tuple[str, ...]:
        """The tokens of a side as they stand in the table."""
        return tuple([self._label.get(name, name) for name in (axis.plain if numbered else axis.names)])

    def named(self, heads: Heads, axis: _Axis, at: int) -> str:
        """A token as remarks name it: `"the#2"`, or where the axis is numbered `5 "the"`; a long one by its label."""
        numbered = heads != "words"
        name = axis.plain[at] if numbered else axis.names[at]
        if cells.width(name) > LONGEST_SAID:
            name = self._label[name]
        return f'{at + 1} "{name}"' if numbered else f'"{name}"'

    def legend(self, heads: Heads) -> tuple[tuple[str, str], ...]:
        """The labels that stand anywhere on the page, each with its name."""
        numbered, rows, columns = heads != "words", self.rows, self.columns
        named = {word for opening_ in self.openings for word in long_words(*opening_, self.options.width)}
        if rows.block == 1:
            named.update(rows.plain if numbered and not self.cross else rows.names)
        if not numbered:
            named.update(columns.names)
        pairs = [pair for strongest in self.strongest for pair in strongest.pairs]
        queries = range(len(rows.tokens)) if rows.block == 1 else [row for row, _ in pairs]
        keys = range(len(columns.tokens)) if rows.block == 1 else [key for _, key in pairs]
        for axis, places in ((rows, queries), (columns, keys)):
            every = axis.plain if numbered else axis.names
            named.update(every[place] for place in places if cells.width(every[place]) > LONGEST_SAID)
        if self.annotated_below:
            named.update(rows.names[row] for row, _ in self.given or ())
        return tuple([pair for pair in self.labels.legend if pair[1] in named])

    @property
    def annotated_below(self) -> bool:
        """Whether the author's remarks stand below the whole, as there is not one row for each."""
        return bool(self.given) and (len(self.found.heads) > 1 or self.rows.block > 1)

    def remark(self, heads: Heads) -> list[list[str]]:
        """What is remarked about each row of each head, "" where nothing is."""
        if heads not in self.remarks:
            self.remarks[heads] = [self._remark(head, heads) for head in self.found.heads]
        return self.remarks[heads]

    def _remark(self, head: HeadStudy, heads: Heads) -> list[str]:
        if self.given is not None or self.rows.block > 1:
            by_row = dict(self.given or ()) if len(self.found.heads) == 1 and self.rows.block == 1 else {}
            return [by_row.get(row, "") for row in range(len(self.rows.starts))]
        names = [self.named(heads, self.columns, key) for key in range(len(self.columns.tokens))]
        return self.told(head, names, " ({})")

    def told(self, head: HeadStudy, names: Sequence[str], aside: str) -> list[str]:
        """What stands out in each row of a head."""
        decimals = self.options.decimals
        rows = zip(head.trace.weights[0].tolist(), head.trace.allowed[0].tolist(), strict=True)
        return [
            attended(weights, allowed, decimals, None if self.cross else row).said(
                numerals.text(max(weights), decimals), names.__getitem__, aside
            )
            for row, (weights, allowed) in enumerate(rows)
        ]


class _Strongest(NamedTuple):
    """The largest weights of a head."""

    pairs: list[tuple[int, int]]
    """At most `STRONGEST` of them, as (query, key)."""
    alike: int
    """How many weights are no less than the last of these."""


def _strongest_of(weights: Any, allowed: Any) -> _Strongest:
    """weights, allowed [query, key] -> the largest weights, but for queries that see a single key."""
    rows = np.flatnonzero(allowed.sum(axis=1) > 1)
    if not rows.size:
        return _Strongest([], 0)
    chosen = weights[rows]
    # A pair among the largest is no less than the last of as many largest ones of rows.
    least = np.sort(chosen.max(axis=1))[-STRONGEST:][0]
    near, keys = np.nonzero(chosen >= max(least - 1e-8, 1e-9))
    if not near.size:
        return _Strongest([], 0)
    units = np.rint(chosen[near, keys] * 10**numerals.SNAP)
    # There can be a million of them, all alike: they are not sorted.
    pairs: list[tuple[int, int]] = []
    alike = 0
    while len(pairs) < STRONGEST and alike < len(units):
        places = np.flatnonzero(units == units.max())
        first = places[: STRONGEST - len(pairs)]
        pairs += zip(rows[near[first]].tolist(), keys[first].tolist(), strict=True)
        alike += len(places)
        units[places] = -1
    return _Strongest(pairs, alike)


# How it fits ----------------------------------------------------------------------------------------------------------


class _Form(Struct, frozen=True):
    """One way to lay a heatmap out.

    `tight`: no margins, the axes named above the table; `squeezed`: the words of the rows cut to the room there is.
    """

    heads: Heads
    cell: int
    gap: int
    tight: bool = False
    squeezed: bool = False


class _Layout(Struct, frozen=True):
    """A form carried out: what stands where."""

    form: _Form
    labels: tuple[str, ...]
    label: int  # cells of the widest, and of the axis' name
    heads: tuple[str, ...]
    widths: tuple[int, ...]  # of each column
    panels: tuple[range, ...]
    longest: int  # cells of a label

    @property
    def indent(self) -> int:
        return 0 if self.form.tight else 2

    @property
    def first(self) -> int:
        """Where the first column begins."""
        return self.indent + self.label + (1 if self.form.tight else 2)

    def end(self, panel: range) -> int:
        """Where a remark beside the panel would begin."""
        return self.first + sum(self.widths[each] for each in panel) + self.form.gap * (len(panel) - 1) + 2


def _forms(plan: _Map) -> Iterator[_Form]:
    """The forms in order of preference."""
    cell, *narrower = plan.cell_widths
    room, count = plan.options.width, len(plan.columns.starts)
    # Shades always find a narrower form: no panels of wide ones are tried.
    shades = plan.mode == "shades"
    if not plan.pooled and (not shades or count * (cell + 1) <= room):
        yield from (_Form("words", cell, gap) for gap in (3, 2, 1))
        yield _Form("words", cell, 1, tight=True)
    if not shades:
        yield from (_Form("numbers", cell, gap) for gap in (2, 1))
        yield from (_Form("numbers", cell, 1, tight=True, squeezed=squeezed) for squeezed in (False, True))
        return
    if not plan.pooled:
        sizes = [size for size in (cell, narrower[0]) if count * (size + 1) <= room]
        yield from (_Form("numbers", size, 1, tight) for size in sizes for tight in (False, True))
    yield from (_Form("ticks", size, 0, tight) for size in narrower for tight in (False, True))
    yield _Form("ticks", narrower[-1], 0, tight=True, squeezed=True)


def _fit(plan: _Map, form: _Form) -> _Layout | None:
    """The form carried out, in as many panels as it needs; None if not even one column fits."""
    numbered = form.heads != "words"
    columns, longest = plan.columns, plan.longest
    if numbered:
        heads = tuple(str(start + 1) for start in columns.starts)
        size = max(form.cell, cells.widest(heads)) if form.heads == "numbers" else form.cell
        widths = (size,) * len(heads)
        if form.squeezed:
            digits = 0 if plan.cross else len(heads[-1]) + 1
            left = plan.options.width - 1 - sum(widths) - form.gap * (len(widths) - 1) - digits
            longest = max(SHORTEST, min(left, longest))
            plan = replace(plan, squeezed=longest)
        texts = _labels(plan, not plan.cross)
    else:
        texts, heads = _labels(plan, False), plan.labels_of(columns, False)
        widths = tuple([max(form.cell, cells.width(head)) for head in heads])
    label = cells.widest(texts)
    label = label if form.tight else max(label, cells.width(_query_axis(plan.glyphs)))
    room = plan.options.width - label - (1 if form.tight else 4)
    if max(widths) > room:
        return None
    spans = panels(widths, room, form.gap)
    # In a tight form the axis has a line of its own.
    if len(spans) > 1 and not form.tight and max(cells.width(_key_axis(plan, panel, 2)) for panel in spans) > room:
        return None
    return _Layout(form, texts, label, heads, widths, tuple(spans), longest)


def _labels(plan: _Map, numbered: bool) -> tuple[str, ...]:
    """The labels of the rows."""
    rows = plan.rows
    if rows.block > 1:
        spans = rows.spans(plan.glyphs.dash)
        widest = cells.widest(spans)
        return tuple(cells.right(span, widest) for span in spans)
    shown = plan.labels_of(rows, numbered)
    if not numbered:
        return shown
    digits = len(str(len(shown)))
    return tuple(f"{number:>{digits}} {text}" for number, text in enumerate(shown, 1))


def _layout(plan: _Map) -> _Layout | None:
    """The best form that shows all columns side by side, if there is one; else the one with the fewest panels."""
    every: list[_Layout] = []
    for _, forms in groupby(_forms(plan), key=lambda form: form.heads):
        single: _Layout | None = None
        for form in forms:
            layout = _fit(plan, form)
            if layout is None:
                continue
            every.append(layout)
            if _beside(plan, layout):
                return layout
            single = single or (layout if len(layout.panels) == 1 else None)
        if single:
            return single
    return min(every, key=lambda layout: len(layout.panels), default=None)


def _beside(plan: _Map, layout: _Layout) -> bool:
    """Whether every remark has room beside its row."""
    if layout.form.tight or len(layout.panels) > 1:
        return False
    widest = max(map(cells.widest, plan.remark(layout.form.heads)))
    return layout.end(layout.panels[0]) + widest <= plan.options.width


# Drawing --------------------------------------------------------------------------------------------------------------


def draw(options: Options) -> Diagram:
    """The weights of every query as a heatmap, one a head. Raises OptionError."""
    plan, layout = _planned(options)
    page = Below(list(_blocks(plan, layout)))
    return Diagram(lines_of(page, options.width, plan.glyphs), lambda: _alternative(plan))


def _blocks(plan: _Map, layout: _Layout) -> Iterator[Block]:
    """The page from top to bottom."""
    options, heads = plan.options, plan.found.heads
    if options.title != "none":
        yield Text(authored(options.title or TITLE), hang=0)
    legend = plan.legend(layout.form.heads)
    for name, tokens in plan.openings:
        yield opening(name, tokens, plan.noun, legend, options.width, plan.glyphs)
    for number, head in enumerate(heads, 1):
        yield GAP
        if len(heads) > 1:
            name = f": {authored(head.name)}" if head.name else ""
            yield Text(f"Head {number} of {len(heads)}{name}")
        yield from _head(plan, layout, number - 1)
    yield Below(list(_closing(plan, layout, legend)), layout.indent)


def _planned(options: Options) -> tuple[_Map, _Layout]:
    """What is drawn, and how. Raises OptionError."""
    if options.width < NARROWEST:
        raise too_narrow(NARROWEST)
    found = study(options, whole=False)
    rows, columns = _Axis(found.tokens), _Axis(found.key_tokens)
    glyphs = CHARSETS[options.charset]
    given = _annotated(options, found)
    modes = (options.mode,) if options.mode else DEFAULT_MODES
    if max(len(found.tokens), len(found.key_tokens)) <= MOST_LINES:
        for mode in modes:
            if mode != modes[-1] and len(columns.tokens) * (SQUARES + 1) > options.width:
                continue  # Not even the cells fit side by side.
            plan = _Map(options, found, glyphs, mode, rows, columns, given)
            layout = _layout(plan)
            if layout and len(layout.panels) <= (MOST_PANELS[mode] if mode == modes[-1] else 1):
                return _labelled_as(plan, layout), layout
    plan = _pooled(_Map(options, found, glyphs, modes[-1], rows, columns, given))
    layout = _layout(plan)
    assert layout is not None  # NARROWEST is enough for a row's label and one column of any mode.
    return _labelled_as(plan, layout), layout


def _labelled_as(plan: _Map, layout: _Layout) -> _Map:
    """The heatmap whose remarks have the labels of the layout."""
    same = layout.longest == plan.longest or plan.rows.block > 1
    return plan if same else replace(plan, squeezed=layout.longest, remarks={})


def _annotated(options: Options, found: Study) -> tuple[tuple[int, str], ...] | None:
    """The author's remarks as (query, text); None if they are to be made. Raises OptionError for what is no token."""
    if options.annotations is None:
        return None
    given = options.annotations if isinstance(options.annotations, dict) else {}
    return tuple(
        (position(token, found.tokens, ("annotations", token)), authored(text)) for token, text in given.items()
    )


def _pooled(plan: _Map) -> _Map:
    """The same in blocks of tokens, as many as fit side by side."""
    rows, columns = len(plan.rows.tokens), len(plan.columns.tokens)
    digits = len(str(max(rows, columns)))
    cell, gap = (1, 0) if plan.mode == "shades" else (max(plan.cell_widths[0], digits), 1)
    room = plan.options.width - 2 * digits - 2
    most = min(MOST_LINES, max(FEWEST_BLOCKS, (room + gap) // (cell + gap)))
    across, down = -(-columns // most), -(-rows // MOST_LINES)
    if not plan.cross:
        across = down = max(across, down)
    return replace(plan, rows=replace(plan.rows, block=down), columns=replace(plan.columns, block=across), remarks={})


def _values(plan: _Map, head: HeadStudy) -> tuple[Any, Any]:
    """weights and allowed of one head [row, column]: of blocks, the mean over queries of the sums over keys."""
    weights, allowed = head.trace.weights[0], head.trace.allowed[0]
    if plan.pooled:
        down, across = list(plan.rows.starts), list(plan.columns.starts)
        counts = np.diff([*down, len(plan.rows.tokens)])[:, None]
        weights = np.add.reduceat(np.add.reduceat(weights, across, axis=1), down, axis=0) / counts
        allowed = np.logical_or.reduceat(np.logical_or.reduceat(allowed, across, axis=1), down, axis=0)
    return weights, allowed


def _cells(plan: _Map, size: int, weights: Any, allowed: Any) -> tuple[list[list[str]], list[list[int]]]:
    """The cells as text [row][column], each `size` wide, and their numbers as printed, in units of the last decimal."""
    glyphs = plan.glyphs
    decimals = plan.options.decimals if plan.mode == "numbers" else plan.scale.decimals
    units = _units(weights, decimals).tolist()
    # As many texts as there are numbers, and no more.
    texts = {}
    for each in set().union(*units):
        level = bisect_right(plan.scale.starts, each)
        number = numerals.text(each / 10**decimals, decimals) if plan.mode in ("numbers", "both") else ""
        texts[each] = cells.centre(f"{_sign(plan, level, size)} {number}".strip(), size)
    inked = [[texts[each] for each in row] for row in units]
    if not allowed.all():
        masked = cells.centre(glyphs.masked, size)
        for row, column in np.argwhere(~allowed).tolist():
            inked[row][column] = masked
    return inked, units


def _sign(plan: _Map, level: int, size: int) -> str:
    """The cell of a level without its number."""
    if plan.mode == "numbers":
        return ""
    if plan.mode == "shades":
        return plan.glyphs.shades[level + 1] * size
    return plan.glyphs.square * level + plan.glyphs.hollow * (SQUARES - level)


def _head(plan: _Map, layout: _Layout, index: int) -> Iterator[Block]:
    """The panels of one head, its remarks, and what was rounded in it."""
    weights, allowed = _values(plan, plan.found.heads[index])
    inked, units = _cells(plan, layout.form.cell, weights, allowed)
    margin = " " * layout.indent
    rows = [margin + label for label in layout.labels]
    grid = Grid(rows, inked, layout.widths, lambda panel: _axes(plan, layout, panel), layout.first, layout.form.gap)
    lines = list(grid.rows(plan.options.width, plan.glyphs))
    together = plan.given is not None or _beside(plan, layout)
    end, first = layout.end(layout.panels[-1]), len(lines) - len(rows)
    room = plan.options.width - end
    below: list[tuple[str, str]] = []
    for row, text in enumerate(plan.remark(layout.form.heads)[index]):
        if text and together and cells.width(text) <= room:
            lines[first + row] = cells.pad(lines[first + row], end) + text
        elif text:
            below.append((layout.labels[row], text))
    yield Rows(lines)
    said: list[Block] = [Text(_rounded(plan, layout, units, allowed.any(axis=1).tolist()))]
    if plan.given is None and (len(below) > MOST_REMARKS or plan.rows.block > 1):
        said += [GAP, Text(_strongest(plan, layout.form.heads, index))]
    elif below:
        said += [GAP, _Remarks(below)]
    yield Below(said, layout.indent)


def _query_axis(glyphs: Glyphs) -> str:
    return f"query {glyphs.down}"


def _key_axis(plan: _Map, panel: range, panels: int) -> str:
    """`key →`, and of several panels `keys 1–8 of 20 →`."""
    keys = "key"
    if panels > 1:
        total, columns = len(plan.columns.tokens), plan.columns
        first, last = columns.starts[panel.start], min(columns.starts[panel[-1]] + columns.block, total)
        span = f"keys {first + 1}{plan.glyphs.dash}{last}" if last > first + 1 else f"key {last}"
        keys = f"{span} of {total}"
    return f"{keys} {plan.glyphs.right}"


def _axes(plan: _Map, layout: _Layout, panel: range) -> Sequence[str]:
    """Which side asks, which side answers, and the heads of the columns."""
    keys = _key_axis(plan, panel, len(layout.panels))
    axis = _query_axis(plan.glyphs)
    if layout.form.tight:
        rows, axis = [*Text(f"{axis}  {keys}", hang=0).rows(plan.options.width, plan.glyphs)], ""
    else:
        rows = [" " * layout.first + keys]
    if layout.form.heads == "ticks":
        heads = _ticks(plan, layout, panel)
    else:
        heads = headed(layout.heads, layout.widths, panel, layout.form.gap)
    return [*rows, cells.pad(" " * layout.indent + axis, layout.first) + heads]


def _ticks(plan: _Map, layout: _Layout, panel: range) -> str:
    """Position numbers above the first column and above every fifth or tenth."""
    size, block = layout.form.cell, plan.columns.block
    room = plan.options.width - layout.first
    every = next(each for each in (5, 10, 20) if each * size > len(layout.heads[-1]))
    ruler = ""
    for place, column in enumerate(panel):
        # Tokens one by one are marked at round numbers, blocks at every fifth.
        marked = not place or ((column + 1) % every == 0 if block == 1 else place % every == 0)
        start = place * size
        if marked and start >= len(ruler) + bool(ruler) and start + len(layout.heads[column]) <= room:
            ruler = ruler.ljust(start) + layout.heads[column]
    return ruler


class _Remarks(NamedTuple):
    """Remarks below the table, each after the label of its row."""

    remarks: Sequence[tuple[str, str]]

    @property
    def start(self) -> int:
        """Where the remarks begin."""
        return cells.widest([label for label, _ in self.remarks]) + 2

    @property
    def least(self) -> int:
        """With the longest word divided."""
        return self.start + max(Text(text, hang=0).least for _, text in self.remarks)

    def rows(self, room: int, glyphs: Glyphs) -> Sequence[str]:
        """The remarks below each other."""
        start, rows = self.start, []
        for label, text in self.remarks:
            first, *others = cells.wrap(text, room - start)
            rows.append(cells.pad(label, start) + first)
            rows += [" " * start + each for each in others]
        return rows


def _strongest(plan: _Map, heads: Heads, index: int, between: str = ". ") -> str:
    """The largest weights of many rows in words; rows that see only one key have no choice and are left out.

    `between` is what stands between these and how many queries attend to nothing.
    """
    trace = plan.found.heads[index].trace
    seen = trace.allowed[0].sum(axis=1)
    pairs = [
        f"{plan.named(heads, plan.rows, row)} to "
        f"{'itself' if row == key and not plan.cross else plan.named(heads, plan.columns, key)} "
        f"{numerals.text(trace.weights[0, row, key], plan.options.decimals)}"
        for row, key in plan.strongest[index].pairs
    ]
    more = plan.strongest[index].alike - len(pairs)
    none = int((seen == 0).sum())
    nothing = f"{none} {'query attends' if none == 1 else 'queries attend'} to nothing" if none else ""
    strongest = f"Strongest: {'; '.join(pairs)}{f'; {more} more alike' if more else ''}" if pairs else ""
    said = between.join(filter(None, (strongest, nothing)))
    return f"{said}." if said else ""


def _rounded(plan: _Map, layout: _Layout, units: Sequence[Sequence[int]], seen: Sequence[bool]) -> str:
    """Says which rows do not add up to 1 as printed, in one line."""
    if plan.mode not in ("numbers", "both") or plan.options.remarks == "none":
        return ""
    decimals = plan.options.decimals
    one = 10**decimals
    numbered = layout.form.heads != "words" and not plan.cross and plan.rows.block == 1
    off: dict[int, list[str]] = {}
    for row, (total, any_seen) in enumerate(zip(map(sum, units), seen, strict=True)):
        if any_seen and total != one:
            off.setdefault(total, []).append(f"row {row + 1}" if numbered else f'"{layout.labels[row].strip()}"')
    if not off:
        return ""
    verb = "adds up to" if len(off[min(off)]) == 1 else "add up to"
    named = notes.listed(
        f"{notes.listed(off[total])} {'to' if place else verb} {numerals.text(total / one, decimals)}"
        for place, total in enumerate(sorted(off))
    )
    text = f"Rounded: as printed, {named}."
    if layout.indent + cells.width(text) <= plan.options.width:
        return text
    count = sum(map(len, off.values()))
    missing = "row misses" if count == 1 else "rows miss"
    distances = {abs(total - one) for total in off}
    by = f"by {'up to ' if len(distances) > 1 else ''}{numerals.text(max(distances) / one, decimals)}"
    return f"Rounded: as printed, {count} of {len(units)} {missing} {numerals.text(1, decimals)} {by}."


def _closing(plan: _Map, layout: _Layout, legend: Sequence[tuple[str, str]]) -> Iterator[Block]:
    """What holds for the whole diagram: the legend of the cells, and the notes."""
    if plan.given and plan.annotated_below:
        names = plan.labels_of(plan.rows, False)
        yield from (GAP, _Remarks([(names[row], text) for row, text in plan.given]))
    yield GAP
    room = plan.options.width - layout.indent
    if plan.options.legend:
        yield Rows(_filled(list(_legend(plan, layout)), room))
    yield from map(Text, _notes_of(plan))
    if legend:
        yield from map(Text, _filled(notes.legend(legend), room))


def _legend(plan: _Map, layout: _Layout) -> Iterator[str]:
    """Each sign of the cells with what it means."""
    if plan.mode != "numbers":
        top = 1.0
        if plan.found.basis == "weights":
            top = max(float(head.trace.weights.max()) for head in plan.found.heads)
        for level, span in plan.scale.ranges(top, plan.glyphs.dash):
            yield f"{_sign(plan, level, layout.form.cell)} {span}"
    if plan.found.allowed is not None and not plan.found.allowed.all():
        yield f"{plan.glyphs.masked} masked"


def _filled(items: Sequence[str], room: int) -> list[str]:
    """The items side by side in as few lines as they fit."""
    for gap in (3, 2):
        rows = arranged([cells.width(item) for item in items], room, gap)
        lines = [(" " * gap).join(items[each] for each in row) for row in rows]
        if len(lines) <= 1:
            break
    return lines


def _notes_of(plan: _Map) -> Iterator[str]:
    """What was pooled, what was made up, what was done to the scores."""
    found, options, times = plan.found, plan.options, plan.glyphs.times
    down, across = plan.rows.block, plan.columns.block
    if plan.pooled:
        size = f"{len(plan.rows.tokens)} {times} {len(plan.columns.tokens)} weights"
        queries = f"{down} queries give, on average," if down > 1 else "a query gives"
        share = f"the share that {queries} to {across} keys together"
        yield f"{size} in blocks of {down} {times} {across}: a cell is {share}."
    yield from notes.scaling(found.heads[0].trace.steps, plan.glyphs)
    if found.embeddings is not None and found.basis == "vectors":
        yield from notes.made_up(options, found.embeddings.shape[1])


def _alternative(plan: _Map) -> str:
    """The same in a few sentences, made from the numbers."""
    found = plan.found
    masks = {"none": "", "given": ", partly masked", "causal": ", causal mask"}
    queries, keys = len(plan.rows.tokens), len(plan.columns.tokens)
    size = f"Attention weights of {queries} {'query' if queries == 1 else 'queries'}"
    size += f" by {keys} {'key' if keys == 1 else 'keys'}"
    sentences = [size + masks.get(found.mask, f", {found.mask}") + "."]
    for number, head in enumerate(found.heads[:2], 1):
        where = f"Head {number}: " if len(found.heads) > 1 else ""
        if len(plan.rows.tokens) > MOST_SPOKEN:
            # Two heads have a sentence each, so that there are no more than three.
            between = "; " if len(found.heads) > 1 else ". "
            said = _strongest(plan, "numbers" if plan.pooled else "words", number - 1, between)
            sentences.append(where + (said or "Each query sees a single key."))
            continue
        asking, answering = ([f"'{name}'" for name in axis.names] for axis in (plan.rows, plan.columns))
        told = zip(asking, plan.told(head, answering, ", {}"), strict=True)
        sentences.append(where + "; ".join(f"{query} {text}" for query, text in told) + ".")
    return " ".join(sentences)


KIND = Kind(
    name="heatmap",
    summary="the weights of every query over every key, as squares, shades or numbers",
    options=Options,
    draw=draw,
    example="""\
kind: heatmap
text: The cat sat on the mat
mask: causal
temperature: 0.1
embeddings:
  The: [0.2, 0.5, 0.1]
  cat: [0.8, 0.1, 0.6]
  sat: [0.3, 0.9, 0.2]
  on: [0.1, 0.6, 0.3]
  the: [0.2, 0.5, 0.1]
  mat: [0.4, 0.7, 0.3]
""",
)
