"""The heads: what does each head do?

Floor 3. One card a head, all of one form, so that heads can be compared. `draw` goes from what each head attends by
(`_grounds`) to what stands out in its weights (`_found`), and from there to blocks of a page.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from mdattn import cells, numerals
from mdattn.attention.scores import steps_of
from mdattn.diagrams._kind import Diagram
from mdattn.diagrams._opening import long_words, opening
from mdattn.diagrams.heads._found import Card, Link, Scene, cards_of
from mdattn.diagrams.heads._grounds import STRENGTH, Options, reader_of
from mdattn.glyphs import Glyphs
from mdattn.layout import GAP, Abreast, Below, Block, Cell, Text, bar, fitting, lines_of
from mdattn.study import notes
from mdattn.study.names import LONGEST, authored, labelled

WIDE = 48  # Below so many columns a box round a card costs more room than it is worth.
WIDEST_CARD = 84
LONGEST_NARROW = 10  # cells of a word where words of LONGEST do not fit
NARROWEST_NOTE = 14  # cells of a column of notes; in less, notes stand below their connections
BAR, SHORTEST_BAR = 12, 4
MOST_SPOKEN = 6  # heads that the text alternative tells one by one
FOCUSED = 0.7  # An entropy below this share of an even one is called focused.


# Drawing --------------------------------------------------------------------------------------------------------------


def draw(options: Options) -> Diagram:
    """What each head attends to, a card a head. Raises OptionError."""
    scene = Scene(reader_of(options))
    cards = list(cards_of(scene))
    page = fitting(options.width, (_page(scene, cards, form) for form in _forms(scene, cards)))
    return Diagram(lines_of(page, options.width, scene.glyphs), lambda: _alternative(scene, cards))


def _page(scene: Scene, cards: Sequence[Card], form: _Form) -> Block:
    """The tokens, the cards, and what must be said of them."""
    options, reader = scene.options, scene.reader
    blocks: list[Block] = []
    if options.title not in (None, "none"):
        blocks += [Text(authored(options.title), hang=0), GAP]
    blocks += [opening(*each, reader.noun, form.legend, options.width, scene.glyphs) for each in _openings(scene)]
    blocks += [GAP, _cards(scene, cards, form), GAP, *map(Text, _closing(scene, cards, form))]
    return Below(blocks)


def _openings(scene: Scene) -> Sequence[tuple[str, tuple[str, ...]]]:
    """What stands above the cards: the tokens, and of cross-attention those that are attended to."""
    work = scene.reader.work
    return [("Queries", work.tokens), ("Keys", work.key_tokens)] if scene.reader.cross else [("Input", work.tokens)]


def _cards(scene: Scene, cards: Sequence[Card], form: _Form) -> Block:
    """The cards side by side where they fit, all of one width; in a narrow diagram below each other, without boxes."""
    drawn = [(Text(card.title), Below(_body(scene, card, form))) for card in cards]
    if not form.boxed:
        return Below([Below((GAP, *card)) for card in drawn])
    parts = [[part.rows(form.room, scene.glyphs) for part in card] for card in drawn]
    width = max(cells.widest(part) for each in parts for part in each) + 4
    return Abreast([Cell(each, width, centred=False) for each in parts], even=False)


def _body(scene: Scene, card: Card, form: _Form) -> list[Block]:
    """A card below its title."""
    below = map(Text, card.note)
    if not card.said:
        return [Text("No weights, only a note:"), *below]
    blocks: list[Block] = [Text(card.said)]
    if card.entropy is not None:
        blocks.append(_Entropy(card.entropy, _entropy_decimals(scene)))
    if form.boxed:
        blocks.append(GAP)
    blocks.append(_Links(scene, card.links, form) if card.links else Text(card.nothing))
    return [*blocks, *map(Text, _asides(scene, card)), *below]


def _entropy_decimals(scene: Scene) -> int:
    """Decimals of an entropy: at least those of `FOCUSED`, with which it is compared."""
    return max(scene.options.decimals, 1)


class _Entropy(NamedTuple):
    """`Entropy ████▌░░░░░░░ 0.41  focused`, without the bar where there is no room for it."""

    share: float
    decimals: int

    @property
    def said(self) -> str:
        """The number and the word."""
        word = "focused" if numerals.rounded(self.share, self.decimals) < FOCUSED else "diffuse"
        return f"{numerals.text(self.share, self.decimals)}  {word}"

    @property
    def least(self) -> int:
        """Without a bar."""
        return Text(f"Entropy {self.said}").least

    def rows(self, room: int, glyphs: Glyphs) -> Sequence[str]:
        """With as much of the bar as fits."""
        said = self.said
        length = min(BAR, room - len(said) - len("Entropy  "))
        if length < SHORTEST_BAR:
            return Text(f"Entropy {said}").rows(room, glyphs)
        full = bar(self.share, length, glyphs)
        return [f"Entropy {full}{glyphs.shades[1] * (length - len(full))} {said}"]


def _asides(scene: Scene, card: Card) -> Iterator[str]:
    """What is not among the connections."""
    if card.more:
        yield f"{scene.glyphs.ellipsis} {numerals.count(card.more)} more, {scene.number(card.most)} at most"
    if card.missing:
        yield ("Not strong: " if scene.threshold is not None else "Not among them: ") + "; ".join(card.missing)


# Connections ----------------------------------------------------------------------------------------------------------


class _Form(NamedTuple):
    """What is alike in all cards. A connection is one row, or two where its words and weights are `stacked`."""

    boxed: bool
    room: int
    """Of a card, inside its box."""
    stacked: bool
    lefts: dict[int, str]
    rights: dict[int, str]
    itself: str
    """What a word that attends to itself attends to, padded; "" where that would be ambiguous."""
    sign: int
    ways: int
    """Columns of weights."""
    digits: int
    start: int
    """Where the weights begin."""
    legend: tuple[tuple[str, str], ...]

    @property
    def end(self) -> int:
        """Where the weights end."""
        return self.start + self.ways * (self.digits + 2) - 2

    def names(self, link: Link) -> tuple[str, str]:
        """The two words of a connection as they stand in the cards, padded."""
        itself = self.itself if link.left == link.right else ""
        return self.lefts[link.left], itself or self.rights[link.right]


def _forms(scene: Scene, cards: Sequence[Card]) -> Iterator[_Form]:
    """The forms of the connections, the widest first."""
    width = scene.options.width
    boxed = width >= WIDE
    room = min(width, WIDEST_CARD) - (4 if boxed else 0)
    links = [link for card in cards for link in card.links]
    sign = max((len(link.sign(scene.glyphs)) for link in links), default=1)
    for longest in (LONGEST, LONGEST_NARROW):
        form = _formed(scene, links, boxed, room, sign, longest)
        if form.end <= room:
            yield form
    narrow = max(1, min(LONGEST_NARROW, (room - sign - 2) // 2))
    yield _formed(scene, links, boxed, room, sign, narrow)._replace(stacked=True)


def _formed(scene: Scene, links: Sequence[Link], boxed: bool, room: int, sign: int, longest: int) -> _Form:
    """The form with words of at most `longest` cells."""
    # A word that attends to itself is named once, unless the sentence has the word "itself".
    itself = "" if scene.reader.cross or "itself" in scene.names else "itself"
    lefts = {link.left: scene.names[link.left] for link in links}
    rights = {link.right: scene.key_names[link.right] for link in links}
    every = [*lefts.values(), *rights.values()]
    every += [word for each in _openings(scene) for word in long_words(*each, scene.options.width)]
    labels, legend = labelled(every, longest, scene.glyphs.ellipsis)
    short = dict(zip(every, labels, strict=True))
    left = cells.widest([short[name] for name in lefts.values()])
    right = cells.widest([short[name] for name in rights.values()])
    if itself and any(link.left == link.right for link in links):
        right = max(right, len(itself))
    return _Form(
        boxed=boxed,
        room=room,
        stacked=False,
        lefts={at: cells.pad(short[name], left) for at, name in lefts.items()},
        rights={at: cells.pad(short[name], right) for at, name in rights.items()},
        itself=itself and itself.ljust(right),
        sign=sign,
        ways=2 if any(link.forward is not None and link.backward is not None for link in links) else 1,
        digits=max(len(scene.number(1)), len(scene.glyphs.right)),  # An arrow stands above the weights.
        start=left + sign + right + 4,
        legend=legend,
    )


class _Links(NamedTuple):
    """The connections of a card under their heading, two rows each where they are stacked."""

    scene: Scene
    links: Sequence[Link]
    form: _Form

    @property
    def least(self) -> int:
        """With the notes below the connections."""
        return len(self._heading()) if self.form.stacked else max(self.form.end, len(self._heading()))

    def rows(self, room: int, glyphs: Glyphs) -> Sequence[str]:
        """The notes beside the connections where they have room."""
        form = self.form
        rows = [self._heading()]
        if form.ways > 1 and not form.stacked:
            arrows = "  ".join([cells.centre(sign, form.digits) for sign in (glyphs.right, glyphs.left)]).rstrip()
            if len(rows[0]) > form.start - 2:
                rows.append(" " * form.start + arrows)
            else:
                rows = [cells.pad(rows[0], form.start) + arrows]
        for link in self.links:
            rows += self._stacked(link, room, glyphs) if form.stacked else self._row(link, room, glyphs)
        return rows

    def _heading(self) -> str:
        return "Strong connections:" if self.scene.threshold is not None else "Largest weights:"

    def _row(self, link: Link, room: int, glyphs: Glyphs) -> Iterator[str]:
        """`programmer ↔ debugged   0.48  0.92  subject-verb`."""
        form = self.form
        left, right = form.names(link)
        numbers = [link.forward, link.backward] if form.ways == 2 else link.weights()
        texts = ["" if each is None else self.scene.number(each) for each in numbers]
        weights = "  ".join([text.ljust(form.digits) for text in texts])
        row = f"{left} {link.sign(glyphs).center(form.sign)} {right}  {weights}"
        if not link.note:
            yield row.rstrip()
            return
        left_over = room - form.end - 2
        if left_over >= NARROWEST_NOTE or cells.width(link.note) <= left_over:
            first, *others = cells.wrap(link.note, left_over)
            yield f"{row}  {first}"
            yield from (" " * (form.end + 2) + each for each in others)
        else:
            yield row.rstrip()
            yield from (f"  {each}" for each in cells.wrap(link.note, room - 2))

    def _stacked(self, link: Link, room: int, glyphs: Glyphs) -> Iterator[str]:
        """The words on one row, their weights and the note below."""
        left, right = self.form.names(link)
        yield f"{left.rstrip()} {link.sign(glyphs)} {right.rstrip()}"
        texts = [self.scene.number(each) for each in link.weights()]
        if len(texts) > 1:
            texts = [f"{sign} {text}" for sign, text in zip((glyphs.right, glyphs.left), texts, strict=True)]
        text = "  ".join(texts) + (f"  {link.note}" if link.note else "")
        yield from (f"  {each}" for each in cells.wrap(text, room - 2))


# Around the cards -----------------------------------------------------------------------------------------------------


def _closing(scene: Scene, cards: Sequence[Card], form: _Form) -> Iterator[str]:
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
    yield from notes.scaling(steps_of(options, None), glyphs)
    yield from _mask(scene)
    if any(card.entropy is not None for card in computed):
        yield (
            f"Entropy: a {noun}'s entropy / log(keys it may attend to), mean over {noun}s. 0: one key each, 1: even. "
            f"Focused: below {numerals.text(FOCUSED, _entropy_decimals(scene))}."
        )
        if any(card.uneven for card in computed):
            yield "For the entropy, weights that do not add up to 1 are divided by their sum."
    embeddings = scene.reader.work.embeddings
    if embeddings is not None:
        yield from notes.made_up(options, embeddings.shape[1])
    yield from notes.legend(form.legend)


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
        named = notes.listed(f'"{scene.names[at]}"' for at in none) if len(none) <= 3 else f"{len(none)} {noun}s"
        yield f"{named} {'attends' if len(none) == 1 else 'attend'} to nothing: every key is masked."


def _alternative(scene: Scene, cards: Sequence[Card]) -> str:
    """The same in a few sentences, made from the numbers."""
    told, tokens = cards[:MOST_SPOKEN], len(scene.names)
    heads = "One attention head" if len(cards) == 1 else f"{len(cards)} attention heads"
    sentence = f"{heads} over {tokens} {scene.reader.noun}{'' if tokens == 1 else 's'}"
    decimals = _entropy_decimals(scene)
    spread = [f"{card.spoken} {numerals.text(card.entropy, decimals)}" for card in told if card.entropy is not None]
    if spread:
        which = f" (of the first {MOST_SPOKEN})" if len(told) < len(cards) else ""
        sentence += f"; entropy{which} as a share of an even one: {', '.join(spread)}"
    sentences = [sentence]
    largest = [f"in {card.spoken} {_strongest(scene, card.links)}" for card in told if card.links]
    if largest:
        sentences.append(f"Largest weights: {'; '.join(largest)}")
    silent = [card.spoken for card in told if not card.said]
    if silent:
        sentences.append(f"No weights: {notes.listed(silent)}")
    return ". ".join(sentences) + "."


def _strongest(scene: Scene, links: Sequence[Link]) -> str:
    """`'The' attends to 'programmer', 0.92`: the largest weight, of equal ones the first."""
    link = max(links, key=lambda each: numerals.snapped(max(each.weights())))
    weight = max(link.weights())
    query, key = (link.left, link.right) if link.forward == weight else (link.right, link.left)
    itself = query == key and not scene.reader.cross
    name = "itself" if itself else f"'{scene.key_names[key]}'"
    return f"'{scene.names[query]}' attends to {name}, {scene.number(weight)}"
