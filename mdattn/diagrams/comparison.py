"""The kind `comparison`: what a recurrent network and a transformer do with the same sentence.

Floor 3. Both sides are drawn in one order (how the sentence is processed, what is left of the first word, what it
costs) and at one scale. What is left of the first word in the hidden state is a share of a mix, as an attention weight
is, so that their bars can be compared. Costs are those of table 1 of "Attention Is All You Need" (2017).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Annotated, NamedTuple

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from mdattn import cells, numerals
from mdattn.attention.recurrent import memory
from mdattn.canvas import DOUBLE, Canvas
from mdattn.diagrams._kind import Diagram, Kind
from mdattn.errors import OptionError
from mdattn.glyphs import Glyphs
from mdattn.layout import Column, Table, too_narrow
from mdattn.layout._page import paragraph, start
from mdattn.options import Attention, SelfAttention, doc
from mdattn.study import notes as _notes
from mdattn.study.heads import WRITTEN_DECIMALS, Study, study
from mdattn.study.names import LONGEST, authored, labelled

LEAST_WIDTH = 28
MOST_WIRED = 12  # words in the pictures: more would make more rows of wires than a reader follows
ENOUGH_BOXED = 6  # words that a picture with gaps shows at least, before it does without boxes
MOST_ROWS = 12  # bars a side; of more words the first and the last are shown
FIRST_ROWS, LAST_ROWS = 6, 3
MOST_NUMBERS = 16  # of a vector that is printed
USUAL_D = 512  # d_model of the base model in "Attention Is All You Need"
RETENTION_DECIMALS = 4
GAP = 2
MOST_SENTENCE = 200  # cells of a sentence that is printed in full at any width
BARS = (20, 16, 12)  # cells of a full bar, the widest that fits
PERCENT = 2

# From which share on, what a reader would say of the first word, and the same in a sentence.
MEMORY = (
    (0.5, "remembered", "is still remembered"),
    (0.1, "fading", "is fading"),
    (0.0, "mostly forgotten", "is mostly forgotten"),
)

Dimensions = Annotated[int, Meta(ge=1, le=65536)]


class Options(SelfAttention, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The options of a comparison."""

    retention: Annotated[
        float,
        doc("share of its state that the recurrent cell keeps at each step", "a number between 0 and 1", gt=0, lt=1),
    ] = 0.5
    d_model: Annotated[
        Dimensions | None,
        doc(
            f"numbers a word in the costs (default: as many as the `embeddings` have; {USUAL_D} without these)",
            "a whole number from 1 to 65536",
        ),
    ] = None

    def idle(self) -> Iterator[OptionError]:
        """What neither the weights nor the costs come from, too."""
        yield from super().idle()
        if self.embeddings is not None and self.basis != "vectors" and self.d_model is not None:
            given = f"'embeddings' have no effect where the {self.basis} and 'd_model' are given"
            yield OptionError("embeddings", given, "remove one of them")


# What is drawn --------------------------------------------------------------------------------------------------------


class _Scene(NamedTuple):
    """What both sides draw from."""

    options: Options
    glyphs: Glyphs
    words: tuple[str, ...]  # as they stand in the diagram, long ones cut
    study: Study
    memory: tuple[float, ...]
    weights: tuple[float, ...]  # of each word on the first
    sees: tuple[bool, ...]  # whether each word may attend to the first
    d: int

    @property
    def n(self) -> int:
        return len(self.study.tokens)

    @property
    def wide(self) -> int:
        return self.options.width

    @property
    def first(self) -> str:
        return self.name(0)

    @property
    def last(self) -> str:
        return self.name(self.n - 1)

    def name(self, index: int) -> str:
        """A word in quotes; the first and the last one so that they cannot be mistaken for their equals."""
        quoted = f'"{self.words[index]}"'
        if self.study.tokens.count(self.study.tokens[index]) == 1:
            return quoted
        if index in (0, self.n - 1):
            return f"the {'last' if index else 'first'} {quoted}"
        return f"{quoted} (word {index + 1})"

    def share(self, value: float) -> str:
        """A share in percent; one that would print as 0 and is not is said to be below the least that prints."""
        decimals = max(PERCENT, self.options.decimals)
        if value > 0 and numerals.rounded(value, decimals) == 0:
            return f"<{numerals.percent(10.0**-decimals, decimals)}"
        return numerals.percent(value, decimals)

    def memory_word(self, value: float) -> tuple[str, str]:
        """What is said of a share, judged by the number that is printed."""
        printed = numerals.rounded(value, max(PERCENT, self.options.decimals))
        return next((word, clause) for least, word, clause in MEMORY if printed >= least)

    def joined(self, one: int, other: int) -> bool:
        """Whether one of the two words may attend to the other."""
        allowed = self.study.allowed
        return allowed is None or bool(allowed[one, other] or allowed[other, one])

    @property
    def pairs(self) -> int:
        """How many weights there are: the (query, key) pairs that the mask allows."""
        return self.n * self.n if self.study.allowed is None else int(self.study.allowed.sum())

    @property
    def path(self) -> int | None:
        """Layers until the last word has seen the first; None if it never does."""
        if self.study.allowed is None:
            return min(1, self.n - 1)
        return _layers(self.study.allowed)


def _layers(allowed: NDArray[np.bool_]) -> int | None:
    """allowed [query, key] -> layers until the last position has seen the first; None if it never does."""
    reached = np.zeros(len(allowed), dtype=np.bool_)
    reached[-1] = True
    front, layers = reached.copy(), 0
    while not reached[0]:
        front = allowed[front].any(axis=0) & ~reached
        if not front.any():
            return None
        reached |= front
        layers += 1
    return layers


def draw(options: Options) -> Diagram:
    """The two ways to process one sentence, and what each costs. Raises OptionError."""
    if options.width < LEAST_WIDTH:
        raise too_narrow(LEAST_WIDTH)
    canvas, glyphs = start(options)
    scene = _scene(options, glyphs)
    if options.title is not None and options.title != "none":
        paragraph(canvas, authored(options.title))
        canvas.gap()
    pictures = _pictures(scene)
    bars = _bars(scene)
    _before(canvas, scene, pictures, bars)
    _rule(canvas)
    _after(canvas, scene, pictures, bars)
    _rule(canvas)
    _costs(canvas, scene)
    _legend(canvas, scene, pictures)
    return Diagram(canvas.lines(), lambda: _alternative(scene))


def _scene(options: Options, glyphs: Glyphs) -> _Scene:
    if numerals.decimals_needed((options.retention,), numerals.SNAP) > RETENTION_DECIMALS:
        near = numerals.compact(options.retention, RETENTION_DECIMALS)
        near = near if near not in ("0", "1") else "0.5"
        raise OptionError(
            "retention", f"'retention' has more than {RETENTION_DECIMALS} decimals", f"for example {near}"
        )
    fields = {name: getattr(options, name) for name in SelfAttention.__struct_fields__}
    found = study(Attention(**fields))
    trace = found.heads[0].trace
    count = len(found.tokens)
    longest = min(LONGEST, max(8, options.width // 4))
    return _Scene(
        options=options,
        glyphs=glyphs,
        words=labelled(found.labels, longest, glyphs.ellipsis).shown,
        study=found,
        memory=memory(count, options.retention),
        weights=tuple(trace.weights[0, :, 0].tolist()),
        sees=tuple(trace.allowed[0, :, 0].tolist()),
        d=options.d_model or (USUAL_D if found.embeddings is None or found.illustrative else found.embeddings.shape[1]),
    )


def _legend(canvas: Canvas, scene: _Scene, pictures: _Pictures) -> None:
    """The words that are cut where they stand, in full."""
    used = sorted({_index(place) for place in pictures.shown} | {each for each in _listed(scene.n) if each is not None})
    whole = scene.study.labels
    pairs = dict.fromkeys((scene.words[each], whole[each]) for each in used if scene.words[each] != whole[each])
    if pairs:
        canvas.gap()
        for line in _notes.legend(list(pairs)):
            paragraph(canvas, line, indent="  ")


def _rule(canvas: Canvas) -> None:
    canvas.gap()
    canvas.horizontal(canvas.height, 0, canvas.width - 1, DOUBLE)
    canvas.gap()


# How a sentence is processed ------------------------------------------------------------------------------------------


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


class _Pictures(NamedTuple):
    places: tuple[_Place, ...]
    boxed: bool

    @property
    def shown(self) -> tuple[_Place, ...]:
        return tuple(place for place in self.places if place.word is not None)


def _pictures(scene: _Scene) -> _Pictures:
    """The words of both pictures: all of them, boxed if possible; else the first and the last ones."""
    everything = list(range(scene.n))
    if scene.n <= MOST_WIRED:
        for boxed in (True, False):
            places = _placed(scene, everything, boxed)
            if places[-1].end <= scene.wide:
                return _Pictures(places, boxed)
    for boxed, least in ((True, ENOUGH_BOXED), (False, 2)):
        for count in range(min(MOST_WIRED, scene.n - 1), least - 1, -1):
            tail = max(1, count // 4)
            some = [*everything[: count - tail], None, *everything[-tail:]]
            places = _placed(scene, some, boxed)
            if places[-1].end <= scene.wide:
                return _Pictures(places, boxed)
    raise AssertionError("two words and the sign for the others fit in the least width")


def _placed(scene: _Scene, indexes: Sequence[int | None], boxed: bool) -> tuple[_Place, ...]:
    places = []
    column = 0
    for index in indexes:
        if index is None:
            width = cells.width(scene.glyphs.ellipsis) + (2 if boxed else 0)
        else:
            width = max(3, cells.width(scene.words[index]), len(_state(index))) + (4 if boxed else 0)
        places.append(_Place(index, column, width))
        column += width + GAP
    return tuple(places)


def _state(index: int) -> str:
    return f"h{index + 1}"


def _words_row(canvas: Canvas, scene: _Scene, pictures: _Pictures, text: Callable[[int], str]) -> int:
    """A text for each word, in boxes or without; gives the row of the texts."""
    top = canvas.height
    row = top + 1 if pictures.boxed else top
    for place in pictures.places:
        if place.word is None:
            canvas.text(row, place.column + (1 if pictures.boxed else 0), scene.glyphs.ellipsis)
        elif pictures.boxed:
            canvas.box(top, place.column, 3, place.width)
            canvas.text(row, place.column + 2, cells.centre(text(place.word), place.width - 4))
        else:
            word = text(place.word)
            canvas.text(row, place.column + (place.width - cells.width(word)) // 2, word)
    return row


def _chain(canvas: Canvas, scene: _Scene, pictures: _Pictures) -> None:
    """Each word goes into a hidden state, and each hidden state into the next one."""
    glyphs = scene.glyphs
    _words_row(canvas, scene, pictures, scene.words.__getitem__)
    row = canvas.height
    for place in pictures.shown:
        canvas.text(row, place.middle, glyphs.down)
    row = _words_row(canvas, scene, pictures, _state)
    arrow = cells.width(glyphs.right)
    for before, after in pairwise(pictures.places):
        if pictures.boxed and before.word is not None and arrow < GAP:
            canvas.horizontal(row, before.end - 1, before.end)
        canvas.text(row, after.column - arrow, glyphs.right) if pictures.boxed else _between(
            canvas, row, before, after, scene
        )


def _between(canvas: Canvas, row: int, before: _Place, after: _Place, scene: _Scene) -> None:
    """An arrow in the middle between two states that stand without boxes."""
    ends = []
    for place in (before, after):
        size = place.width if place.word is None else len(_state(place.word))
        start = place.column + (place.width - size) // 2
        ends.append((start, start + size))
    room = ends[1][0] - ends[0][1]
    canvas.text(row, ends[0][1] + (room - cells.width(scene.glyphs.right)) // 2, scene.glyphs.right)


def _wires(canvas: Canvas, scene: _Scene, pictures: _Pictures) -> None:
    """A row of wires for each word, which meets those that come down from the later words it is connected with.

    No wire passes one that it does not meet: causal masks and windows join a word with the ones just before it.
    """
    shown = pictures.shown
    top = canvas.height + 1
    row = top
    bottoms: dict[int, int] = {}
    wires: list[tuple[int, int, int]] = []
    for place, each in enumerate(shown):
        joined = [later for later in shown[place + 1 :] if scene.joined(_index(each), _index(later))]
        if joined:
            row += 1
            wires.append((row, each.middle, joined[-1].middle))
            bottoms.update((end.middle, row) for end in (each, *joined))
    canvas.gap(row - top + 2 if wires else 0)
    signs = {each.middle: _direction(scene, _index(each)) for each in shown}
    for middle, bottom in bottoms.items():
        canvas.text(top - 1, middle, signs[middle])
        canvas.vertical(middle, top, bottom)
    for level, first, last in wires:
        canvas.horizontal(level, first, last)


def _index(place: _Place) -> int:
    assert place.word is not None
    return place.word


def _direction(scene: _Scene, word: int) -> str:
    """Down from a word that others attend to, up to one that attends to others; both where it does both."""
    allowed, glyphs = scene.study.allowed, scene.glyphs
    if allowed is None:
        return glyphs.up_and_down
    others = np.arange(scene.n) != word
    attends, attended = bool(allowed[word, others].any()), bool(allowed[others, word].any())
    return glyphs.up_and_down if attends and attended else glyphs.up if attends else glyphs.down


def _grid(canvas: Canvas, scene: _Scene, pictures: _Pictures) -> None:
    """Who may attend to whom under a mask of any form: a row a word, a sign for each word."""
    allowed = scene.study.allowed
    assert allowed is not None
    canvas.gap()
    shown = [_index(place) for place in pictures.shown]
    names = [scene.words[index] for index in shown]
    wide = cells.widest(names)
    for index, name in zip(shown, names, strict=True):
        signs = " ".join(scene.glyphs.square if allowed[index, other] else scene.glyphs.masked for other in shown)
        canvas.write(f"{cells.pad(name, wide)}  {signs}")


# What is remembered ---------------------------------------------------------------------------------------------------


class _Row(NamedTuple):
    long: str
    short: str
    share: float | None
    value: str
    remark: str


class _Bars(NamedTuple):
    """The rows of both sides, None where words are left out, and the layout that both share."""

    before: tuple[_Row | None, ...]
    after: tuple[_Row | None, ...]
    brief: bool  # with the short labels
    label: int  # cells of the labels, the bars and the values
    bar: int
    value: int
    remarks: bool  # whether the remarks of each side stand beside its bars
    inputs: bool


def _listed(count: int) -> list[int | None]:
    """The words that have a bar; None is where others are left out."""
    indexes: list[int | None] = list(range(count))
    if count > MOST_ROWS:
        indexes[FIRST_ROWS : count - LAST_ROWS] = [None]
    return indexes


def _bars(scene: _Scene) -> _Bars:
    """The rows of both sides, in the fullest form that fits."""
    indexes = _listed(scene.n)
    before = tuple(None if index is None else _step(scene, index) for index in indexes)
    after = tuple(None if index is None else _weight(scene, index) for index in indexes)
    rows = [row for row in (*before, *after) if row]
    value = cells.widest([row.value for row in rows])
    labels_ = [(False, cells.widest([row.long for row in rows])), (True, cells.widest([row.short for row in rows]))]
    remark, inputs = (cells.widest([row.remark for row in side if row]) for side in (before, after))
    for remarks in (True, False):
        for brief, label in labels_:
            for bar in BARS:
                used = label + 1 + bar + 1 + value
                if used + (2 + remark if remarks else 0) <= scene.wide:
                    beside = remarks and used + 2 + inputs <= scene.wide
                    return _Bars(before, after, brief, label, bar, value, remarks, beside)
    brief, label = labels_[-1]
    return _Bars(before, after, brief, label, scene.wide - label - value - 2, value, remarks=False, inputs=False)


def _step(scene: _Scene, index: int) -> _Row:
    word, share = scene.words[index], scene.memory[index]
    long = f'Step {index + 1}: process "{word}"'
    return _Row(long, f"{index + 1} {word}", share, scene.share(share), scene.memory_word(share)[0])


def _weight(scene: _Scene, index: int) -> _Row:
    word, weight = scene.words[index], scene.weights[index]
    seen = scene.sees[index]
    value = scene.share(weight) if seen else scene.glyphs.masked
    return _Row(
        f'Word {index + 1}: "{word}"', f"{index + 1} {word}", weight if seen else None, value, _inputs(scene, index)
    )


def _printing(scene: _Scene) -> tuple[int, bool]:
    """The decimals of vectors or given scores, and whether they print in full so."""
    if scene.options.scores is None:
        return scene.study.input_decimals, scene.study.inputs_exact
    dots = scene.study.heads[0].trace.dot_products
    assert dots is not None
    need = numerals.decimals_needed(dots.ravel().tolist(), numerals.MOST_DECIMALS)
    return (need, True) if need <= WRITTEN_DECIMALS else (max(scene.options.decimals, 1), False)


def _inputs(scene: _Scene, index: int) -> str:
    """What the weights of a word are computed from: its vector or its scores; nothing where they would be too many."""
    found = scene.study
    if found.basis == "weights":
        return ""
    if found.basis == "scores":
        dots = found.heads[0].trace.dot_products
        row = [] if dots is None else dots[0, index].tolist()
    else:
        row = [] if found.embeddings is None else found.embeddings[index].tolist()
    return numerals.vector(row, _printing(scene)[0]) if len(row) <= MOST_NUMBERS else ""


def _bar_rows(
    canvas: Canvas, scene: _Scene, bars: _Bars, rows: Sequence[_Row | None], noun: str, remarks: bool
) -> None:
    for row in rows:
        if row is None:
            canvas.write(f"{scene.glyphs.ellipsis} {scene.n - FIRST_ROWS - LAST_ROWS} more {noun}s")
            continue
        label = cells.pad(row.short if bars.brief else row.long, bars.label)
        bar = "" if row.share is None else _bar(row.share, bars.bar, scene.glyphs)
        line = f"{label} {cells.pad(bar, bars.bar)} {cells.right(row.value, bars.value)}"
        canvas.write(f"{line}  {row.remark}" if remarks and row.remark else line)


def _bar(share: float, cells_: int, glyphs: Glyphs) -> str:
    """A share of 1 as a bar; a full one takes all the cells."""
    parts = 2 if glyphs.half_bar else 1
    whole, half = divmod(int(numerals.rounded(share * cells_ * parts, 0)), parts)
    return glyphs.bar * whole + glyphs.half_bar * half


# The three sections ---------------------------------------------------------------------------------------------------


def _before(canvas: Canvas, scene: _Scene, pictures: _Pictures, bars: _Bars) -> None:
    """The recurrent side."""
    say = _speaker(canvas)
    dash, times = scene.glyphs.dash, scene.glyphs.times
    say("BEFORE TRANSFORMERS (RNNs)")
    say(f"Sequential processing {dash} each step waits for the one before")
    canvas.gap()
    _sentence(canvas, scene)
    canvas.gap()
    say("Each step puts one word into the hidden state (h):")
    _chain(canvas, scene, pictures)
    say(_left_out(scene, pictures))
    canvas.gap()
    say(f"Share of {scene.first} in the hidden state:")
    _bar_rows(canvas, scene, bars, bars.before, "step", bars.remarks)
    _, clause = scene.memory_word(scene.memory[-1])
    say(f"By the end, {scene.first} {clause}: {scene.share(scene.memory[-1])} of {_state(scene.n - 1)}.")
    canvas.gap()
    keep = numerals.compact(scene.options.retention, RETENTION_DECIMALS)
    take = numerals.compact(1 - scene.options.retention, RETENTION_DECIMALS)
    if scene.n > 1:
        say(f"In this cell each step multiplies the share by {keep}:")
        first, second = scene.words[:2]
        for rule in (f"h1 = {first}", f"h2 = {keep} {times} h1 + {take} {times} {second}"):
            paragraph(canvas, rule, 2, indent="  ")
        if _drifts(scene, bars):
            say("The shares are rounded only when printed.")
    say("Cells with gates (LSTM, GRU) can learn to keep a word longer.")
    (most, best, _), (some, middling, _), (_, worst, _) = MEMORY
    high, low = (numerals.percent(each, PERCENT) for each in (most, some))
    say(f"Words: {best} from {high}, {middling} from {low}, else {worst}.")


def _drifts(scene: _Scene, bars: _Bars) -> bool:
    """Whether a share, worked out from the printed one before it, would print otherwise."""
    decimals = max(PERCENT, scene.options.decimals)
    printed = [
        None if row is None or row.share is None else numerals.rounded(row.share, decimals) for row in bars.before
    ]
    return any(
        before is not None
        and after is not None
        and numerals.rounded(before * scene.options.retention, decimals) != after
        for before, after in pairwise(printed)
    )


def _after(canvas: Canvas, scene: _Scene, pictures: _Pictures, bars: _Bars) -> None:
    """The transformer side."""
    say = _speaker(canvas)
    say("AFTER TRANSFORMERS")
    say(f"Parallel processing {scene.glyphs.dash} every word in the same step")
    canvas.gap()
    say("All words processed simultaneously:")
    _words_row(canvas, scene, pictures, scene.words.__getitem__)
    (_grid if scene.study.mask == "given" else _wires)(canvas, scene, pictures)
    say(_left_out(scene, pictures))
    canvas.gap()
    for line in _connections(scene):
        say(line)
    canvas.gap()
    say(f"Weight that each word gives to {scene.first}{_also(scene, bars)}:")
    _bar_rows(canvas, scene, bars, bars.after, "word", bars.inputs)
    if not all(scene.sees):
        say(f"{scene.glyphs.masked} masked: may not attend to {scene.first}")
    say(_conclusion(scene))
    canvas.gap()
    for line in _provenance(scene, bars):
        paragraph(canvas, line, indent="  " if line[0] in "0123456789" else "")


def _speaker(canvas: Canvas) -> Callable[[str], None]:
    return lambda text: paragraph(canvas, text)


def _sentence(canvas: Canvas, scene: _Scene) -> None:
    """The sentence in quotes; of a long one the beginning, and how much is left out."""
    words = scene.study.labels
    room, kept = max(3 * scene.wide, MOST_SENTENCE), 0
    for word in words:
        room -= cells.width(word) + 1
        if room < 0:
            break
        kept += 1
    kept = max(1, kept)
    shown = _notes.sentence(words[:kept])
    if kept < len(words):
        rest = len(words) - kept
        shown += f" {scene.glyphs.ellipsis} {rest} more word{'s' if rest > 1 else ''}"
    paragraph(canvas, shown)


def _left_out(scene: _Scene, pictures: _Pictures) -> str:
    rest = scene.n - len(pictures.shown)
    return f"{scene.glyphs.ellipsis} stands for {_many(rest, 'more word')}." if rest else ""


def _many(count: int, noun: str) -> str:
    return f"{numerals.count(count)} {noun}" if count == 1 else f"{numerals.count(count)} {noun}s"


def _connections(scene: _Scene) -> list[str]:
    """Who is connected with whom, in words."""
    times, n = scene.glyphs.times, scene.n
    square = f"{n} {times} {n} = {numerals.count(n * n)}"
    if scene.study.allowed is None:
        if n == 1:
            return ["One word has only itself to attend to."]
        pairs = _many(n * (n - 1) // 2, "pair")
        return [
            f"Every word can attend to every other word: {pairs}, both ways.",
            f"Lines meet at each pair. With each on itself, {square} weights.",
        ]
    weights = f"{numerals.count(scene.pairs)} of {square} weights"
    if scene.study.mask == "given":
        signs = (
            f"{scene.glyphs.square} may attend, {scene.glyphs.masked} masked: each row's word to the words in order."
        )
        return [signs, f"The mask leaves {weights}, all in one step.", *_nothing(scene)]
    rule = "Causal mask" if scene.study.mask == "causal" else f"A {scene.study.mask}"
    reach = "the words before it" if scene.study.mask == "causal" else "the words just before it"
    return [
        f"{rule}: a word attends to itself and {reach}. Lines meet where two words are so connected.",
        f"That leaves {weights}, all in one step.",
    ]


def _nothing(scene: _Scene) -> list[str]:
    """The words whose query the mask leaves without a key."""
    allowed = scene.study.allowed
    idle = [] if allowed is None else np.flatnonzero(~allowed.any(axis=1)).tolist()
    if not idle:
        return []
    if len(idle) > FIRST_ROWS:
        return [f"{len(idle)} words attend to nothing."]
    verb = "attends" if len(idle) == 1 else "attend"
    return [f"{_notes.listed(scene.name(index) for index in idle)} {verb} to nothing."]


def _also(scene: _Scene, bars: _Bars) -> str:
    if not bars.inputs or not any(row and row.remark for row in bars.after):
        return ""
    return ", and its scores" if scene.study.basis == "scores" else ", and its vector"


def _conclusion(scene: _Scene) -> str:
    """The transformer's number beside that of the recurrent side."""
    if scene.n == 1:
        return f"{scene.last} gives itself {scene.share(scene.weights[0])}." if scene.sees[0] else ""
    if scene.sees[-1]:
        kept, weight = scene.memory[-1], scene.weights[-1]
        left = f"{_state(scene.n - 1)} holds {scene.share(kept)} of it"
        return _capital(f"{scene.last} gives {scene.first} {scene.share(weight)}, in one step; {left}.")
    if scene.path is None:
        return _capital(f"{scene.last} never sees {scene.first}, in however many layers.")
    return _capital(f"{scene.last} sees {scene.first} only through words between them, in {scene.path} layers.")


def _capital(text: str) -> str:
    return text[0].upper() + text[1:] if text.startswith("the ") else text


def _provenance(scene: _Scene, bars: _Bars) -> list[str]:
    """Where the weights come from, so that a reader can redo them."""
    found = scene.study
    if found.basis == "weights":
        return ["The weights are given."]
    lines = [_formula(scene)]
    printed = any(row and row.remark for row in bars.after)
    what = "scores" if found.basis == "scores" else "vectors"
    if not printed:
        lines.append(f"The {what} are too long to be printed.")
    elif not bars.inputs:
        lines.append(f"The {what}:")
        wide = cells.widest([row.short for row in bars.after if row])
        lines += [f"{cells.pad(row.short, wide)} {row.remark}" for row in bars.after if row]
    if printed and not _printing(scene)[1]:
        lines.append(f"Printed {what} are rounded, the weights are computed from them in full.")
    if found.illustrative and found.embeddings is not None:
        lines.append(_notes.illustrative(found.embeddings.shape[1]))
    return lines


def _formula(scene: _Scene) -> str:
    """How a word's weights follow from what is printed."""
    score = "dot products" if scene.study.basis == "vectors" else "scores"
    done, plain = "", True
    for step in scene.study.heads[0].trace.steps:
        behind = step.behind(scene.glyphs) if plain else ""
        plain = behind != ""
        done += f" {behind}" if plain else f", each s made {step.formula('s', scene.glyphs)}"
    keys = "all words" if scene.study.allowed is None else "the words it may attend to"
    return f"A word's weights: softmax of its {score}{done}, over {keys}."


def _costs(canvas: Canvas, scene: _Scene) -> None:
    """What table 1 of the 2017 paper compares, for this sentence: one type of layer with another, and no more."""
    say = _speaker(canvas)
    n, d, times = scene.n, scene.d, scene.glyphs.times
    say("ONE TYPE OF LAYER AND THE OTHER")
    say(f"n = {_many(n, 'word')}, d = {_many(d, 'number')} a word{_whose_d(scene)}")
    say('Orders of growth, as in "Attention Is All You Need", table 1:')
    canvas.gap()
    pairs = f"n {times} n" if scene.study.allowed is None else "weights"
    recurrent, attention = n * d * d, scene.pairs * d
    rows = (
        ("Steps in sequence", f"n = {n}", "1"),
        ("Path, first to last", f"n - 1 = {n - 1}", _path(scene)),
        (
            "Operations",
            f"n {times} d {times} d = {numerals.count(recurrent)}",
            f"{pairs} {times} d = {numerals.count(attention)}",
        ),
    )
    heads = ("", "Recurrent", "Self-attention")
    columns = [
        Column(head, [row[place] for row in rows], "right" if place else "left") for place, head in enumerate(heads)
    ]
    table = Table.of(columns)
    if table.width <= scene.wide:
        for line in table.rows(scene.wide, scene.glyphs):
            canvas.write(line)
    else:
        for label, before, after in rows:
            say(label)
            for name, said in zip(heads[1:], (before, after), strict=True):
                paragraph(canvas, f"{name:<15} {said}", 2, " " * 16)
    canvas.gap()
    order = (attention > recurrent) - (attention < recurrent)
    more, size = {-1: ("fewer", "below"), 0: ("as many", "equal to"), 1: ("more", "above")}[order]
    reason = f", because n is {size} d" if scene.study.allowed is None else ""
    say(f"Self-attention by itself takes {more} operations here{reason}.")
    say("A layer of a transformer has projections and a feed-forward network besides, which are not counted here.")


def _whose_d(scene: _Scene) -> str:
    """Where d comes from, unless it is how long the printed vectors are."""
    vectors = scene.study.embeddings
    usual = " (of the paper's base model)" if scene.options.d_model is None else ""
    if vectors is None or vectors.shape[1] == scene.d:
        return usual if vectors is None else ""
    return (
        f"{usual[:-1]}; the vectors above have {vectors.shape[1]})"
        if usual
        else (f" (the vectors above have {vectors.shape[1]})")
    )


def _path(scene: _Scene) -> str:
    """How the last word comes to know of the first: in one step, through more layers, or never."""
    if scene.path is None:
        return "not reachable"
    return str(scene.path) if scene.path < 2 else f"{scene.path} layers"


def _alternative(scene: _Scene) -> str:
    """Two sentences for who cannot see the diagram."""
    left, weight = scene.share(scene.memory[-1]), scene.share(scene.weights[-1])
    gives = f"gives it a weight of {weight} in one step" if scene.sees[-1] else "may not attend to it"
    keep = numerals.compact(scene.options.retention, RETENTION_DECIMALS)
    return (
        f"A recurrent cell that keeps {keep} of its state a step reads the sentence in {_many(scene.n, 'step')} "
        f"and ends with {left} of {scene.first}; in a transformer {scene.last} {gives}. "
        f"As the 2017 paper counts them, a recurrent layer takes {numerals.count(scene.n * scene.d * scene.d)} "
        f"operations and self-attention {numerals.count(scene.pairs * scene.d)}."
    )


KIND = Kind(
    name="comparison",
    summary="a recurrent network and a transformer on the same sentence",
    options=Options,
    draw=draw,
    example="""\
kind: comparison
text: The cat sat on the mat
d_model: 512
embeddings:
  The: [0.2, 0.5, 0.1]
  cat: [0.8, 0.1, 0.6]
  sat: [0.3, 0.9, 0.2]
  on: [0.1, 0.6, 0.3]
  the: [0.2, 0.5, 0.1]
  mat: [0.4, 0.7, 0.3]
""",
)
