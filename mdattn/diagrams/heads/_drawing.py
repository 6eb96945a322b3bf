"""The heads: what does each head do?

Floor 3. One card a head, all of one form, so that heads can be compared. `draw` goes from what each head attends by
(`_heads_grounds`) to what stands out in its weights (`_heads_found`), to what stands where (`_Layout`), to ink.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, count
from typing import NamedTuple

import numpy as np

from mdattn import cells, numerals
from mdattn.canvas import Canvas, Diagram
from mdattn.diagrams.heads._found import Card, Link, Scene, cards_of
from mdattn.diagrams.heads._grounds import STRENGTH, Options, printable, reader_of
from mdattn.errors import OptionError
from mdattn.layout import paragraph, start
from mdattn.study import names as _words
from mdattn.study import notes as _notes
from mdattn.study.names import labels

NARROWEST = 24
WIDE = 48  # Below so many columns a box round a card costs more room than it is worth.
WIDEST_CARD = 84
LONGEST_NARROW = 10  # cells of a word where words of _words.LONGEST do not fit
NARROWEST_NOTE = 14  # cells of a column of notes; in less, notes stand below their connections
BAR, SHORTEST_BAR = 12, 4
MOST_SPOKEN = 6  # heads that the text alternative tells one by one
FOCUSED = 0.7  # An entropy below this share of an even one is called focused.


# How it fits ----------------------------------------------------------------------------------------------------------


class _Layout(NamedTuple):
    """What stands where in each card. A connection is one row, or two where its words and weights are `stacked`."""

    boxed: bool
    room: int
    stacked: bool
    lefts: dict[int, str]
    rights: dict[int, str]
    left: int
    right: int
    sign: int
    itself: str
    """What a word that attends to itself attends to; "" where that would be ambiguous."""
    ways: int
    """Columns of weights."""
    digits: int
    legend: tuple[tuple[str, str], ...]

    @property
    def start(self) -> int:
        """Where the weights begin."""
        return self.left + self.sign + self.right + 4

    @property
    def end(self) -> int:
        """Where the weights end."""
        return self.start + self.ways * (self.digits + 2) - 2

    def names(self, link: Link) -> tuple[str, str]:
        """The two words of a connection as they stand in the cards, padded."""
        itself = self.itself if link.left == link.right else ""
        return self.lefts[link.left], itself.ljust(self.right) if itself else self.rights[link.right]


def _layout(scene: Scene, cards: Sequence[Card]) -> _Layout:
    """The widest form that fits."""
    width = scene.options.width
    boxed = width >= WIDE
    room = min(width, WIDEST_CARD) - (4 if boxed else 0)
    links = [link for card in cards for link in card.links]
    signs = max((len(link.sign(scene.glyphs)) for link in links), default=1)
    for longest in (_words.LONGEST, LONGEST_NARROW):
        layout = _formed(scene, links, boxed, room, signs, longest)
        if layout.end <= room:
            return layout
    narrow = min(longest, (room - signs - 2) // 2)
    return _formed(scene, links, boxed, room, signs, narrow)._replace(stacked=True)


def _formed(scene: Scene, links: Sequence[Link], boxed: bool, room: int, sign: int, longest: int) -> _Layout:
    """The layout with words of at most `longest` cells."""
    # A word that attends to itself is named once, unless the sentence has the word "itself".
    itself = "" if scene.reader.cross or "itself" in scene.names else "itself"
    lefts = {link.left: scene.names[link.left] for link in links}
    rights = {link.right: scene.key_names[link.right] for link in links}
    short = _shortened([*lefts.values(), *rights.values()], longest, scene.glyphs.ellipsis)
    widths = {cut: cells.width(cut) for cut in short.values()}
    left = max((widths[short[name]] for name in lefts.values()), default=0)
    right = max((widths[short[name]] for name in rights.values()), default=0)
    if itself and any(link.left == link.right for link in links):
        right = max(right, len(itself))

    def padded(name: str, size: int) -> str:
        return short[name] + " " * (size - widths[short[name]])

    return _Layout(
        boxed=boxed,
        room=room,
        stacked=False,
        lefts={at: padded(name, left) for at, name in lefts.items()},
        rights={at: padded(name, right) for at, name in rights.items()},
        itself=itself,
        left=left,
        right=right,
        sign=sign,
        ways=2 if any(link.forward is not None and link.backward is not None for link in links) else 1,
        digits=max(len(scene.number(1)), len(scene.glyphs.right)),  # An arrow stands above the weights.
        legend=tuple((cut, full) for full, cut in short.items() if cut != full),
    )


def _shortened(names: Iterable[str], longest: int, mark: str) -> dict[str, str]:
    """Each name in at most `longest` cells, so that no two become alike; `the#2` keeps its number."""
    every = dict.fromkeys(names)
    short = {name: name for name in every if cells.width(name) <= longest}
    taken = set(short)
    for name in every:
        if name in short:
            continue
        word, hash_, number = cells.without_isolates(name).rpartition("#")
        ends = [hash_ + number] if word and number.isascii() and number.isdecimal() else [""]
        for end in chain(ends, map(str, count(2))):
            base = word if end.startswith("#") else name
            cut = cells.cut(cells.isolated(base), longest - len(end), mark) + end
            if cut not in taken:
                break
        taken.add(cut)
        short[name] = cut
    return short


# Drawing --------------------------------------------------------------------------------------------------------------


def draw(options: Options) -> Diagram:
    """What each head attends to, a card a head. Raises OptionError."""
    if options.width < NARROWEST:
        raise OptionError(
            "width", f"this diagram needs at least {NARROWEST} columns", f"give 'width: {NARROWEST}' or more"
        )
    scene = Scene(reader_of(options))
    cards = list(cards_of(scene))
    layout = _layout(scene, cards)
    canvas, glyphs = start(options)
    if options.title not in (None, "none"):
        paragraph(canvas, printable(options.title))
        canvas.gap()
    opening = [("Queries" if scene.reader.cross else "Input", scene.reader.work.tokens)]
    if scene.reader.cross:
        opening.append(("Keys", scene.reader.work.key_tokens))
    for name, tokens in opening:
        for line in _notes.opening(name, labels(tokens), scene.reader.noun, canvas.width, glyphs):
            canvas.write(line)
    canvas.gap()
    _draw_cards(canvas, layout, [(_title(card, layout), _body(scene, card, layout)) for card in cards])
    canvas.gap()
    for note in _closing(scene, cards, layout):
        paragraph(canvas, note, indent="  ")
    return Diagram(canvas.lines(), lambda: _alternative(scene, cards))


def _draw_cards(canvas: Canvas, layout: _Layout, cards: Sequence[tuple[list[str], list[str]]]) -> None:
    """The cards side by side where they fit, all of one width; below a title a rule."""
    if not layout.boxed:
        for number, (title, body) in enumerate(cards):
            if number:
                canvas.gap()
            for line in title + body:
                canvas.write(line)
        return
    width = max(cells.widest(title + body) for title, body in cards) + 4
    abreast = max(1, (canvas.width + 1) // (width + 1))
    for first in range(0, len(cards), abreast):
        row = cards[first : first + abreast]
        titles = max(len(title) for title, _ in row)
        height = titles + max(len(body) for _, body in row) + 3
        top = canvas.height
        for place, (title, body) in enumerate(row):
            left = place * (width + 1)
            canvas.box(top, left, height, width)
            canvas.horizontal(top + titles + 1, left, left + width - 1)
            for offset, line in enumerate(title):
                canvas.text(top + 1 + offset, left + 2, line)
            for offset, line in enumerate(body):
                canvas.text(top + titles + 2 + offset, left + 2, line)


def _wrapped(text: str, room: int) -> list[str]:
    """The text in lines, all but the first indented."""
    return [text] if cells.width(text) <= room else cells.wrap(text, room, "  ")


def _title(card: Card, layout: _Layout) -> list[str]:
    return _wrapped(card.title, layout.room)


def _body(scene: Scene, card: Card, layout: _Layout) -> list[str]:
    """The lines of a card below its title."""
    wrapped = [line for text in card.note for line in _wrapped(text, layout.room)]
    if not card.said:
        return [*_wrapped("No weights, only a note:", layout.room), *wrapped]
    lines = [*_wrapped(card.said, layout.room), *_entropy_lines(scene, card, layout)]
    if layout.boxed:
        lines.append("")
    lines += _links(scene, card, layout) if card.links else _wrapped(card.nothing, layout.room)
    for text in _asides(scene, card):
        lines += _wrapped(text, layout.room)
    return [*lines, *wrapped]


def _links(scene: Scene, card: Card, layout: _Layout) -> Iterator[str]:
    """The connections under their heading, two rows each where they are stacked."""
    heading = "Strong connections:" if scene.threshold is not None else "Largest weights:"
    if layout.ways == 1 or layout.stacked:
        yield heading
    else:
        signs = (scene.glyphs.right, scene.glyphs.left)
        arrows = "  ".join(cells.centre(sign, layout.digits) for sign in signs).rstrip()
        if len(heading) > layout.start - 2:
            yield heading
            heading = ""
        yield cells.pad(heading, layout.start) + arrows
    for link in card.links:
        yield from _stacked(scene, link, layout) if layout.stacked else _row(scene, link, layout)


def _row(scene: Scene, link: Link, layout: _Layout) -> Iterator[str]:
    """`programmer ↔ debugged   0.48  0.92  subject-verb`."""
    left, right = layout.names(link)
    sign = link.sign(scene.glyphs).center(layout.sign)
    numbers = [link.forward, link.backward] if layout.ways == 2 else link.weights()
    texts = ["" if each is None else scene.number(each) for each in numbers]
    row = f"{left} {sign} {right}  {'  '.join(text.ljust(layout.digits) for text in texts)}"
    if not link.note:
        yield row.rstrip()
        return
    room = layout.room - layout.end - 2
    if room >= NARROWEST_NOTE or cells.width(link.note) <= room:
        first, *others = cells.wrap(link.note, room)
        yield f"{row}  {first}"
        yield from (" " * (layout.end + 2) + each for each in others)
    else:
        yield row.rstrip()
        yield from (f"  {each}" for each in cells.wrap(link.note, layout.room - 2))


def _stacked(scene: Scene, link: Link, layout: _Layout) -> Iterator[str]:
    """The words on one row, their weights and the note below."""
    left, right = layout.names(link)
    yield f"{left.rstrip()} {link.sign(scene.glyphs)} {right.rstrip()}"
    texts = [scene.number(each) for each in link.weights()]
    if len(texts) > 1:
        texts = [f"{sign} {text}" for sign, text in zip((scene.glyphs.right, scene.glyphs.left), texts, strict=True)]
    text = "  ".join(texts) + (f"  {link.note}" if link.note else "")
    yield from (f"  {each}" for each in cells.wrap(text, layout.room - 2))


def _asides(scene: Scene, card: Card) -> Iterator[str]:
    """What is not among the connections."""
    if card.more:
        yield f"{scene.glyphs.ellipsis} {numerals.count(card.more)} more, {scene.number(card.most)} at most"
    if card.missing:
        yield ("Not strong: " if scene.threshold is not None else "Not among them: ") + "; ".join(card.missing)


def _entropy_lines(scene: Scene, card: Card, layout: _Layout) -> list[str]:
    """`Entropy ████▌░░░░░░░ 0.41  focused`."""
    if card.entropy is None:
        return []
    share = card.entropy
    decimals = scene.options.decimals
    word = "focused" if numerals.rounded(share, decimals) < FOCUSED else "diffuse"
    text = f"{numerals.text(share, decimals)}  {word}"
    bar = min(BAR, layout.room - len(text) - len("Entropy  "))
    if bar < SHORTEST_BAR:
        return _wrapped(f"Entropy {text}", layout.room)
    glyphs = scene.glyphs
    halves = (
        round(numerals.rounded(share * bar * 2, 0)) if glyphs.half_bar else 2 * round(numerals.rounded(share * bar, 0))
    )
    full = glyphs.bar * (halves // 2) + glyphs.half_bar * (halves % 2)
    return [f"Entropy {full}{glyphs.shades[1] * (bar - len(full))} {text}"]


# Around the cards -----------------------------------------------------------------------------------------------------


def _closing(scene: Scene, cards: Sequence[Card], layout: _Layout) -> Iterator[str]:
    """What the signs and the words mean, and how the numbers came about."""
    options, noun, glyphs = scene.options, scene.reader.noun, scene.glyphs
    yield from _signs(scene, cards)
    computed = [card for card in cards if card.said]
    if computed and scene.threshold is not None:
        digits = max(options.decimals, numerals.decimals_needed((scene.threshold,), numerals.MOST_DECIMALS))
        also = ", and above an even share" if float(scene.even.max()) >= scene.least else ""
        yield f"Strong: a weight of {numerals.text(scene.threshold, digits)} or more{also}."
    elif computed:
        yield "Only weights above an even share are listed."
    if any(card.uses == "looks" for card in cards):
        strength = str(float(options.strength or STRENGTH)).removesuffix(".0")
        yield f"Score: {strength} for what a head looks for, else 0. Weights: softmax of a {noun}'s scores."
    if any(card.uses == "vectors" for card in cards):
        by = "" if options.scale else f" / {glyphs.root}d, d numbers each"
        yield f"Vectors are compared by their dot product{by}. Weights: softmax of a {noun}'s scores."
    yield from _notes.scaling(options)
    yield from _mask(scene)
    if any(card.entropy is not None for card in computed):
        yield (
            f"Entropy: a {noun}'s entropy / log(keys it may attend to), mean over {noun}s. 0: one key each, 1: even. "
            f"Focused: below {numerals.text(FOCUSED, max(options.decimals, 1))}."
        )
        if any(card.uneven for card in computed):
            yield "For the entropy, weights that do not add up to 1 are divided by their sum."
    embeddings = scene.reader.work.embeddings
    if embeddings is not None and options.embeddings is None:
        yield _notes.illustrative(embeddings.shape[1])
    yield from _notes.legend(layout.legend)


def _signs(scene: Scene, cards: Sequence[Card]) -> Iterator[str]:
    """What the arrows mean, as far as there are any; each on a line of its own where one line is too short."""
    glyphs = scene.glyphs
    used = {link.sign(glyphs) for card in cards for link in card.links}
    if glyphs.both_ways in used:
        used |= {glyphs.right, glyphs.left}
    told = ((glyphs.right, "a attends to b"), (glyphs.left, "b attends to a"), (glyphs.both_ways, "both"))
    parts = [f"a {sign} b: {means}" for sign, means in told if sign in used]
    together = "; ".join(parts)
    yield from [together + "."] if parts and len(together) < scene.options.width else [part + "." for part in parts]


def _mask(scene: Scene) -> Iterator[str]:
    """What the mask hides, and who attends to nothing."""
    options, work, noun = scene.options, scene.reader.work, scene.reader.noun
    allowed = work.allowed
    if allowed is None:
        return
    if isinstance(options.mask, list):
        hidden = int(allowed.size - allowed.sum())
        yield f"Masked: {numerals.count(hidden)} of {numerals.count(allowed.size)} weights."
    elif scene.reader.cross:
        kind = "Causal mask" if options.mask == "causal" else f"Window of {options.mask.window}"  # type: ignore[union-attr]
        yield f"{kind}: the last query is aligned with the last key."
    elif options.mask == "causal":
        yield f"Causal mask: a {noun} attends to itself and to {noun}s before it."
    else:
        size = options.mask.window  # type: ignore[union-attr]
        before = f" and to the {size - 1} {noun}{'s' if size > 2 else ''} before it" if size > 1 else " only"
        yield f"Window of {size}: a {noun} attends to itself{before}."
    none = np.flatnonzero(scene.seen == 0).tolist()
    if none:
        named = _notes.listed(f'"{scene.names[at]}"' for at in none) if len(none) <= 3 else f"{len(none)} {noun}s"
        yield f"{named} {'attends' if len(none) == 1 else 'attend'} to nothing: every key is masked."


def _alternative(scene: Scene, cards: Sequence[Card]) -> str:
    """The same in a few sentences, made from the numbers."""
    told, tokens = cards[:MOST_SPOKEN], len(scene.names)
    heads = "One attention head" if len(cards) == 1 else f"{len(cards)} attention heads"
    sentence = f"{heads} over {tokens} {scene.reader.noun}{'' if tokens == 1 else 's'}"
    spread = [f"{card.spoken} {scene.number(card.entropy)}" for card in told if card.entropy is not None]
    if spread:
        which = f" (of the first {MOST_SPOKEN})" if len(told) < len(cards) else ""
        sentence += f"; entropy{which} as a share of an even one: {', '.join(spread)}"
    sentences = [sentence]
    largest = [f"in {card.spoken} {_strongest(scene, card.links)}" for card in told if card.links]
    if largest:
        sentences.append(f"Largest weights: {'; '.join(largest)}")
    silent = [card.spoken for card in told if not card.said]
    if silent:
        sentences.append(f"No weights: {_notes.listed(silent)}")
    return ". ".join(sentences) + "."


def _strongest(scene: Scene, links: Sequence[Link]) -> str:
    """`'The' attends to 'programmer', 0.92`: the largest weight, of equal ones the first."""
    link = max(links, key=lambda each: numerals.snapped(max(each.weights())))
    weight = max(link.weights())
    query, key = (link.left, link.right) if link.forward == weight else (link.right, link.left)
    itself = query == key and not scene.reader.cross
    name = "itself" if itself else f"'{scene.key_names[key]}'"
    return f"'{scene.names[query]}' attends to {name}, {scene.number(weight)}"
