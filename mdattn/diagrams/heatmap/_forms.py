"""How a heatmap fits in its width: the forms that it may take, in order of preference.

Floor 3, a room of the kind `heatmap`. More tokens than a page can hold are drawn in blocks, each the share that its
queries give to its keys together, so that rows still add up to 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from msgspec import Struct
from msgspec.structs import replace

from mdattn import cells
from mdattn.diagrams.heatmap._numbers import SQUARES, Above, Axis, Heatmap
from mdattn.diagrams.heatmap._options import Mode, Options
from mdattn.glyphs import CHARSETS, Glyphs
from mdattn.layout import NARROWEST, panels, too_narrow
from mdattn.study.heads import Study, study
from mdattn.study.names import authored, distinct_in_both
from mdattn.study.tokens import position

DEFAULT_MODES: tuple[Mode, ...] = ("squares", "shades")  # The second where the first needs panels.
SHORTEST = 6  # cells of a label, where it is squeezed
MOST_LINES = 64  # rows or columns that stand for one token each; of more tokens, blocks are drawn
FEWEST_BLOCKS = 8  # columns that a pooled heatmap has at least, in panels if need be
MOST_PANELS = {"squares": 8, "shades": 2, "numbers": 8, "both": 8}  # side by side; of more, blocks are drawn


class Form(Struct, frozen=True):
    """One way to lay a heatmap out.

    `tight`: no margins, the axes named above the table; `squeezed`: the words of the rows cut to the room there is.
    """

    above: Above
    cell: int
    gap: int
    tight: bool = False
    squeezed: bool = False


class Fitted(Struct, frozen=True):
    """A form carried out: what stands where."""

    form: Form
    labels: tuple[str, ...]
    label: int  # cells of the widest, and of the axis' name
    above: tuple[str, ...]  # the columns
    widths: tuple[int, ...]  # of each column
    panels: tuple[range, ...]
    longest: int  # cells of a label

    @property
    def indent(self) -> int:
        """The margin at the left."""
        return 0 if self.form.tight else 2

    @property
    def first(self) -> int:
        """Where the first column begins."""
        return self.indent + self.label + (1 if self.form.tight else 2)

    def end(self, panel: range) -> int:
        """Where a remark beside the panel would begin."""
        return self.first + sum(self.widths[each] for each in panel) + self.form.gap * (len(panel) - 1) + 2


def _forms(heatmap: Heatmap) -> Iterator[Form]:
    """The forms in order of preference."""
    cell, *narrower = heatmap.cell_widths
    room, count = heatmap.options.width, len(heatmap.columns.starts)
    # Shades always find a narrower form: no panels of wide ones are tried.
    shades = heatmap.mode == "shades"
    if not heatmap.pooled and (not shades or count * (cell + 1) <= room):
        yield from (Form("words", cell, gap) for gap in (3, 2, 1))
        yield Form("words", cell, 1, tight=True)
    if not shades:
        yield from (Form("numbers", cell, gap) for gap in (2, 1))
        yield from (Form("numbers", cell, 1, tight=True, squeezed=squeezed) for squeezed in (False, True))
        return
    if not heatmap.pooled:
        sizes = [size for size in (cell, narrower[0]) if count * (size + 1) <= room]
        yield from (Form("numbers", size, 1, tight) for size in sizes for tight in (False, True))
    yield from (Form("ticks", size, 0, tight) for size in narrower for tight in (False, True))
    yield Form("ticks", narrower[-1], 0, tight=True, squeezed=True)


def _fit(heatmap: Heatmap, form: Form) -> Fitted | None:
    """The form carried out, in as many panels as it needs; None if not even one column fits."""
    numbered = form.above != "words"
    columns, longest = heatmap.columns, heatmap.longest
    if numbered:
        above = tuple(str(start + 1) for start in columns.starts)
        size = max(form.cell, cells.widest(above)) if form.above == "numbers" else form.cell
        widths = (size,) * len(above)
        if form.squeezed:
            digits = 0 if heatmap.cross else len(above[-1]) + 1
            left = heatmap.options.width - 1 - sum(widths) - form.gap * (len(widths) - 1) - digits
            longest = max(SHORTEST, min(left, longest))
            heatmap = replace(heatmap, squeezed=longest)
        texts = _labels(heatmap, not heatmap.cross)
    else:
        texts, above = _labels(heatmap, False), heatmap.labels_of(columns, False)
        widths = tuple([max(form.cell, cells.width(head)) for head in above])
    label = cells.widest(texts)
    label = label if form.tight else max(label, cells.width(query_axis(heatmap.glyphs)))
    room = heatmap.options.width - label - (1 if form.tight else 4)
    if max(widths) > room:
        return None
    spans = panels(widths, room, form.gap)
    # In a tight form the axis has a line of its own.
    if len(spans) > 1 and not form.tight and max(cells.width(key_axis(heatmap, panel, 2)) for panel in spans) > room:
        return None
    return Fitted(form, texts, label, above, widths, tuple(spans), longest)


def _labels(heatmap: Heatmap, numbered: bool) -> tuple[str, ...]:
    """The labels of the rows."""
    rows = heatmap.rows
    if rows.block > 1:
        spans = rows.spans(heatmap.glyphs.dash)
        widest = cells.widest(spans)
        return tuple(cells.right(span, widest) for span in spans)
    shown = heatmap.labels_of(rows, numbered)
    if not numbered:
        return shown
    digits = len(str(len(shown)))
    return tuple(f"{number:>{digits}} {text}" for number, text in enumerate(shown, 1))


def _best(heatmap: Heatmap) -> Fitted | None:
    """The best form that shows all columns side by side, if there is one; else the one with the fewest panels."""
    every: list[Fitted] = []
    for _, forms in groupby(_forms(heatmap), key=lambda form: form.above):
        single: Fitted | None = None
        for form in forms:
            fitted = _fit(heatmap, form)
            if fitted is None:
                continue
            every.append(fitted)
            if beside(heatmap, fitted):
                return fitted
            single = single or (fitted if len(fitted.panels) == 1 else None)
        if single:
            return single
    return min(every, key=lambda fitted: len(fitted.panels), default=None)


def beside(heatmap: Heatmap, fitted: Fitted) -> bool:
    """Whether every remark has room beside its row."""
    if fitted.form.tight or len(fitted.panels) > 1:
        return False
    widest = max(map(cells.widest, heatmap.remark(fitted.form.above)))
    return fitted.end(fitted.panels[0]) + widest <= heatmap.options.width


def fitted_of(options: Options) -> tuple[Heatmap, Fitted]:
    """What is drawn, and how. Raises OptionError."""
    if options.width < NARROWEST:
        raise too_narrow(NARROWEST)
    found = study(options, whole=False)
    names, key_names = distinct_in_both(found.tokens, found.key_tokens)
    rows, columns = Axis(found.tokens, names), Axis(found.key_tokens, key_names)
    glyphs = CHARSETS[options.charset]
    given = _annotated(options, found)
    modes = (options.mode,) if options.mode else DEFAULT_MODES
    if max(len(found.tokens), len(found.key_tokens)) <= MOST_LINES:
        for mode in modes:
            if mode != modes[-1] and len(columns.tokens) * (SQUARES + 1) > options.width:
                continue  # Not even the cells fit side by side.
            heatmap = Heatmap(options, found, glyphs, mode, rows, columns, given)
            fitted = _best(heatmap)
            if fitted and len(fitted.panels) <= (MOST_PANELS[mode] if mode == modes[-1] else 1):
                return _labelled_as(heatmap, fitted), fitted
    heatmap = _pooled(Heatmap(options, found, glyphs, modes[-1], rows, columns, given))
    fitted = _best(heatmap)
    assert fitted is not None  # NARROWEST is enough for a row's label and one column of any mode.
    return _labelled_as(heatmap, fitted), fitted


def _labelled_as(heatmap: Heatmap, fitted: Fitted) -> Heatmap:
    """The heatmap whose remarks have the labels of its form."""
    same = fitted.longest == heatmap.longest or heatmap.rows.block > 1
    return heatmap if same else replace(heatmap, squeezed=fitted.longest, remarks={})


def _annotated(options: Options, found: Study) -> tuple[tuple[int, str], ...] | None:
    """The author's remarks as (query, text); None if they are to be made. Raises OptionError for what is no token."""
    if options.annotations is None:
        return None
    given = options.annotations if isinstance(options.annotations, dict) else {}
    return tuple(
        (position(token, found.tokens, ("annotations", token)), authored(text)) for token, text in given.items()
    )


def _pooled(heatmap: Heatmap) -> Heatmap:
    """The same in blocks of tokens, as many as fit side by side."""
    rows, columns = len(heatmap.rows.tokens), len(heatmap.columns.tokens)
    digits = len(str(max(rows, columns)))
    cell, gap = (1, 0) if heatmap.mode == "shades" else (max(heatmap.cell_widths[0], digits), 1)
    room = heatmap.options.width - 2 * digits - 2
    most = min(MOST_LINES, max(FEWEST_BLOCKS, (room + gap) // (cell + gap)))
    across, down = -(-columns // most), -(-rows // MOST_LINES)
    if not heatmap.cross:
        across = down = max(across, down)
    return replace(
        heatmap, rows=replace(heatmap.rows, block=down), columns=replace(heatmap.columns, block=across), remarks={}
    )


def query_axis(glyphs: Glyphs) -> str:
    """`query ↓`."""
    return f"query {glyphs.down}"


def key_axis(heatmap: Heatmap, panel: range, panels: int) -> str:
    """`key →`, and of several panels `keys 1–8 of 20 →`."""
    keys = "key"
    if panels > 1:
        total, columns = len(heatmap.columns.tokens), heatmap.columns
        first, last = columns.starts[panel.start], min(columns.starts[panel[-1]] + columns.block, total)
        span = f"keys {first + 1}{heatmap.glyphs.dash}{last}" if last > first + 1 else f"key {last}"
        keys = f"{span} of {total}"
    return f"{keys} {heatmap.glyphs.right}"
