"""What heads say around their cards: what the signs and the words mean, and all of it to who cannot see it.

Floor 3, a room of the kind `heads`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from mdattn import numerals
from mdattn.attention.scores import steps_of
from mdattn.diagrams.heads._connections import Card, Row
from mdattn.diagrams.heads._heads import Heads
from mdattn.diagrams.heads._weights import STRENGTH
from mdattn.study import notes
from mdattn.study.attended import TIED_NAMES, attended, to_nothing
from mdattn.study.names import said

MOST_SPOKEN = 6  # heads that the text alternative tells one by one
FOCUSED = 0.7  # An entropy below this share of an even one is called focused.


def entropy_decimals(heads: Heads) -> int:
    """Decimals of an entropy: at least those of `FOCUSED`, with which it is compared."""
    return max(heads.options.decimals, 1)


def closing(heads: Heads, cards: Sequence[Card]) -> Iterator[str]:
    """What the signs and the words mean, and how the numbers came about."""
    options, noun, glyphs = heads.options, heads.noun, heads.glyphs
    yield from _signs(heads, cards)
    computed = [card for card in cards if card.said]
    if computed and heads.threshold is not None:
        digits = max(options.decimals, numerals.decimals_needed((heads.threshold,), numerals.MOST_DECIMALS))
        also = ", and above an even share" if float(heads.even.max()) >= heads.least else ""
        yield f"Strong: a weight of {numerals.text(heads.threshold, digits)} or more{also}."
    elif computed:
        yield "Only weights above an even share are listed."
    if any(card.uses == "looks" for card in cards):
        strength = str(float(options.strength or STRENGTH)).removesuffix(".0")
        yield f"Score: {strength} for what a head looks for, else 0. Weights: softmax of a {noun}'s scores."
    if any(card.uses == "vectors" for card in cards):
        by = "" if options.scale else f" / {glyphs.root}d, d numbers each"
        yield f"Vectors are compared by their dot product{by}. Weights: softmax of a {noun}'s scores."
    yield from notes.scaling(steps_of(options, None), glyphs)
    yield from notes.masked(options, heads.inputs.allowed, heads.cross)
    none = np.flatnonzero(heads.seen == 0).tolist()
    if none:
        named = [f'"{heads.names[at]}"' for at in none] if len(none) <= TIED_NAMES else []
        yield f"{to_nothing(len(none), named)}: every key is masked."
    if any(card.entropy is not None for card in computed):
        yield (
            f"Entropy: a {noun}'s entropy / log(keys it may attend to), mean over {noun}s. 0: one key each, 1: even. "
            f"Focused: below {numerals.text(FOCUSED, entropy_decimals(heads))}."
        )
        if any(card.uneven for card in computed):
            yield "For the entropy, weights that do not add up to 1 are divided by their sum."
    yield from notes.made_up(options, heads.inputs.embeddings)


def _signs(heads: Heads, cards: Sequence[Card]) -> Iterator[str]:
    """What the arrows mean, as far as there are any; each on a line of its own where one line is too short."""
    glyphs = heads.glyphs
    used = {connection.sign(glyphs) for card in cards for connection in card.connections}
    if glyphs.both_ways in used:
        used |= {glyphs.right, glyphs.left}
    told = ((glyphs.right, "a attends to b"), (glyphs.left, "b attends to a"), (glyphs.both_ways, "both"))
    parts = [f"a {sign} b: {means}" for sign, means in told if sign in used]
    together = "; ".join(parts)
    yield from [together + "."] if parts and len(together) < heads.options.width else [part + "." for part in parts]


def alternative(heads: Heads, cards: Sequence[Card], legend: Sequence[tuple[str, str]]) -> str:
    """The same in a few sentences, made from the numbers; a name too long for them by a label that stands above."""
    label_of = {name: label for label, name in legend}
    told, tokens = cards[:MOST_SPOKEN], len(heads.names)
    count = "One attention head" if len(cards) == 1 else f"{len(cards)} attention heads"
    sentence = f"{count} over {tokens} {heads.noun}{'' if tokens == 1 else 's'}"
    decimals = entropy_decimals(heads)
    spread = [f"{card.spoken} {numerals.text(card.entropy, decimals)}" for card in told if card.entropy is not None]
    if spread:
        which = f" (of the first {MOST_SPOKEN})" if len(told) < len(cards) else ""
        sentence += f"; entropy{which} as a share of an even one: {', '.join(spread)}"
    sentences = [sentence]
    largest = [f"in {card.spoken} {_attends(heads, card.top, label_of)}" for card in told if card.top]
    if largest:
        sentences.append(f"Largest weights: {'; '.join(largest)}")
    silent = [card.spoken for card in told if not card.said]
    if silent:
        sentences.append(f"No weights: {notes.listed(silent)}")
    return ". ".join(sentences) + "."


def _attends(heads: Heads, top: Row, label_of: Mapping[str, str]) -> str:
    """`'The' attends to 'programmer', 0.92`: the query of the largest weight."""
    weights, allowed = top.weights.tolist(), heads.inputs.allowed
    may = [True] * len(weights) if allowed is None else allowed[top.query].tolist()
    found = attended(weights, may, heads.options.decimals, None if heads.cross else top.query)

    def named(name: str) -> str:
        return f"'{said([name], [label_of.get(name, name)])[0]}'"

    words = found.said(heads.number(max(weights)), lambda key: named(heads.key_names[key]))
    return f"{named(heads.names[top.query])} {words}"
