"""Cards of heads, laid out.

Floor 3, a room of the kind `heads`. `draw` goes from what each head attends by (`_weights`) to what stands out in its
weights (`_connections`), and from there to blocks of a page.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mdattn import cells, numerals
from mdattn.diagrams._kind import Diagram
from mdattn.diagrams._legend import Explained
from mdattn.diagrams._opening import Sentences, long_words, openings, sentences, titled
from mdattn.diagrams.heads._connections import Card, Connection, cards_of
from mdattn.diagrams.heads._heads import Heads, heads_of
from mdattn.diagrams.heads._notes import FOCUSED, alternative, closing, entropy_decimals
from mdattn.diagrams.heads._options import Options
from mdattn.glyphs import Glyphs
from mdattn.layout import GAP, Abreast, Below, Block, Cell, Text, bar, fitting, lines_of
from mdattn.study.names import LONGEST, labelled, standing_in

WIDE = 48  # Below so many columns a box round a card costs more room than it is worth.
WIDEST_CARD = 84
LONGEST_NARROW = 10  # cells of a word where words of LONGEST do not fit
NARROWEST_NOTE = 14  # cells of a column of notes; in less, notes stand below their connections
BAR, SHORTEST_BAR = 12, 4


# Drawing --------------------------------------------------------------------------------------------------------------


def draw(options: Options) -> Diagram:
    """What each head attends to, a card a head. Raises OptionError."""
    heads = heads_of(options)
    cards = list(cards_of(heads))
    forms = _forms(heads, cards)
    page = fitting(options.width, (Explained(_page(heads, cards, form), form.legend, str, False) for form in forms))
    lines = lines_of(page, options.width, heads.glyphs)
    return Diagram(lines, lambda: alternative(heads, cards, standing_in(lines, page.legend)))


def _page(heads: Heads, cards: Sequence[Card], form: _Form) -> Block:
    """The tokens, the cards, and what must be said of them."""
    options = heads.options
    above = openings(_above(heads), heads.noun, form.legend, options.width, heads.glyphs)
    cards_ = _cards(heads, cards, form)
    return Below([titled(options), GAP, *above, GAP, cards_, GAP, *map(Text, closing(heads, cards))])


def _above(heads: Heads) -> Sentences:
    """What stands above the cards."""
    return sentences(heads.inputs.tokens, heads.inputs.key_tokens, "Input")


def _cards(heads: Heads, cards: Sequence[Card], form: _Form) -> Block:
    """The cards side by side where they fit, all of one width; in a narrow diagram below each other, without boxes."""
    drawn = [(Text(card.title), Below(_body(heads, card, form))) for card in cards]
    if not form.boxed:
        return Below([Below((GAP, *card)) for card in drawn])
    parts = [[part.rows(form.room, heads.glyphs) for part in card] for card in drawn]
    width = max(cells.widest(part) for each in parts for part in each) + 4
    return Abreast([Cell(each, width, centred=False) for each in parts], even=False)


def _body(heads: Heads, card: Card, form: _Form) -> list[Block]:
    """A card below its title."""
    below = map(Text, card.note)
    if not card.said:
        return [Text("No weights, only a note:"), *below]
    blocks: list[Block] = [Text(card.said)]
    if card.entropy is not None:
        blocks.append(_Entropy(card.entropy, entropy_decimals(heads)))
    if form.boxed:
        blocks.append(GAP)
    blocks.append(_Connections(heads, card.connections, form) if card.connections else Text(card.nothing))
    return [*blocks, *map(Text, _asides(heads, card)), *below]


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


def _asides(heads: Heads, card: Card) -> Iterator[str]:
    """What is not among the connections."""
    if card.more:
        yield f"{heads.glyphs.ellipsis} {numerals.count(card.more)} more, {heads.number(card.most)} at most"
    if card.missing:
        yield ("Not strong: " if heads.threshold is not None else "Not among them: ") + "; ".join(card.missing)


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

    def names(self, connection: Connection) -> tuple[str, str]:
        """The two words of a connection as they stand in the cards, padded."""
        itself = self.itself if connection.left == connection.right else ""
        return self.lefts[connection.left], itself or self.rights[connection.right]


def _forms(heads: Heads, cards: Sequence[Card]) -> Iterator[_Form]:
    """The forms of the connections, the widest first."""
    width = heads.options.width
    boxed = width >= WIDE
    room = min(width, WIDEST_CARD) - (4 if boxed else 0)
    connections = [connection for card in cards for connection in card.connections]
    sign = max((len(connection.sign(heads.glyphs)) for connection in connections), default=1)
    for longest in (LONGEST, LONGEST_NARROW):
        form = _formed(heads, connections, boxed, room, sign, longest)
        if form.end <= room:
            yield form
    narrow = max(1, min(LONGEST_NARROW, (room - sign - 2) // 2))
    yield _formed(heads, connections, boxed, room, sign, narrow)._replace(stacked=True)


def _formed(heads: Heads, connections: Sequence[Connection], boxed: bool, room: int, sign: int, longest: int) -> _Form:
    """The form with words of at most `longest` cells."""
    # A word that attends to itself is named once, unless the sentence has the word "itself".
    itself = "" if heads.cross or "itself" in heads.names else "itself"
    lefts = {connection.left: heads.names[connection.left] for connection in connections}
    rights = {connection.right: heads.key_names[connection.right] for connection in connections}
    every = [*lefts.values(), *rights.values(), *long_words(_above(heads), heads.options.width)]
    labels, legend = labelled(every, longest, heads.glyphs.ellipsis)
    short = dict(zip(every, labels, strict=True))
    left = cells.widest([short[name] for name in lefts.values()])
    right = cells.widest([short[name] for name in rights.values()])
    if itself and any(connection.left == connection.right for connection in connections):
        right = max(right, len(itself))
    return _Form(
        boxed=boxed,
        room=room,
        stacked=False,
        lefts={at: cells.pad(short[name], left) for at, name in lefts.items()},
        rights={at: cells.pad(short[name], right) for at, name in rights.items()},
        itself=itself and itself.ljust(right),
        sign=sign,
        ways=2
        if any(connection.forward is not None and connection.backward is not None for connection in connections)
        else 1,
        digits=max(len(heads.number(1)), len(heads.glyphs.right)),  # An arrow stands above the weights.
        start=left + sign + right + 4,
        legend=legend,
    )


class _Connections(NamedTuple):
    """The connections of a card under their heading, two rows each where they are stacked."""

    heads: Heads
    connections: Sequence[Connection]
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
        for connection in self.connections:
            rows += self._stacked(connection, room, glyphs) if form.stacked else self._row(connection, room, glyphs)
        return rows

    def _heading(self) -> str:
        return "Strong connections:" if self.heads.threshold is not None else "Largest weights:"

    def _row(self, connection: Connection, room: int, glyphs: Glyphs) -> Iterator[str]:
        """`programmer ↔ debugged   0.48  0.92  subject-verb`."""
        form = self.form
        left, right = form.names(connection)
        numbers = [connection.forward, connection.backward] if form.ways == 2 else connection.weights()
        texts = ["" if each is None else self.heads.number(each) for each in numbers]
        weights = "  ".join([text.ljust(form.digits) for text in texts])
        row = f"{left} {connection.sign(glyphs).center(form.sign)} {right}  {weights}"
        if not connection.note:
            yield row.rstrip()
            return
        left_over = room - form.end - 2
        if left_over >= NARROWEST_NOTE or cells.width(connection.note) <= left_over:
            first, *others = cells.wrap(connection.note, left_over)
            yield f"{row}  {first}"
            yield from (" " * (form.end + 2) + each for each in others)
        else:
            yield row.rstrip()
            yield from (f"  {each}" for each in cells.wrap(connection.note, room - 2))

    def _stacked(self, connection: Connection, room: int, glyphs: Glyphs) -> Iterator[str]:
        """The words on one row, their weights and the note below."""
        left, right = self.form.names(connection)
        yield f"{left.rstrip()} {connection.sign(glyphs)} {right.rstrip()}"
        texts = [self.heads.number(each) for each in connection.weights()]
        if len(texts) > 1:
            texts = [f"{sign} {text}" for sign, text in zip((glyphs.right, glyphs.left), texts, strict=True)]
        text = "  ".join(texts) + (f"  {connection.note}" if connection.note else "")
        yield from (f"  {each}" for each in cells.wrap(text, room - 2))
