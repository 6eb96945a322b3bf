"""The quiet sentences under a diagram, worded once.

Floor 2, shared by the kinds: what was rounded, what was made up, what was left out, what a mask hides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from mdattn import numerals
from mdattn.glyphs import Glyphs
from mdattn.study.tokens import noun_of

if TYPE_CHECKING:
    from mdattn.attention.scores import Step
    from mdattn.options import Attention, SelfAttention
    from mdattn.study.given import Array, Mask
    from mdattn.study.heads import Study


WHOLE, NOTHING = "100 %", "0 %"


def sentence(labels: Sequence[str]) -> str:
    """The tokens as the sentence they are, in quotes."""
    return '"' + " ".join(labels) + '"'


def scaling(steps: Iterable[Step], glyphs: Glyphs) -> Iterator[str]:
    """What was done to the scores on the way to the softmax, in its order, as far as somebody asked for it."""
    yield from filter(None, (step.said(glyphs) for step in steps))


def listed(words: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *rest, last = words
    return f"{', '.join(rest)} and {last}" if rest else last


def total_as_printed(weights: Sequence[float], decimals: int) -> str:
    """What shares of 1, printed with so many decimals, add up to: `99 %`."""
    units = numerals.sum_as_printed(weights, decimals)
    if units in (0, 10**decimals):
        return WHOLE if units else NOTHING
    return numerals.percent(units / 10**decimals, decimals)


def computed(options: Attention, found: Study, glyphs: Glyphs) -> Iterator[str]:
    """What a picture of weights, which shows no score, says of where they come from."""
    yield from scaling(found.heads[0].trace.steps, glyphs)
    yield from made_up(options, found.embeddings, found.basis == "vectors")


def made_up(options: Attention, embeddings: Array | None, compared: bool = True) -> Iterator[str]:
    """What embeddings are that no one gave, and the keys of a sentence of their own where vectors are compared."""
    if embeddings is None:
        return
    what = "embeddings" if options.embeddings is None else ""
    if not what and compared and options.key_tokens is not None and options.keys is None:
        what = "keys"
    if what:
        yield illustrative(embeddings.shape[1], what)


def illustrative(dimensions: int, what: str = "embeddings") -> str:
    """What embeddings are that no one gave."""
    return f"Illustrative {what} (d = {dimensions}): made from the letters, not learned."


def masked(options: SelfAttention, allowed: Mask | None, cross: bool) -> Iterator[str]:
    """What a mask hides, which is [query, key] of all queries."""
    if allowed is None:
        return
    noun = noun_of(options)
    if isinstance(options.mask, list):
        hidden = int(allowed.size - allowed.sum())
        yield f"Masked: {numerals.count(hidden)} of {numerals.count(allowed.size)} weights."
    elif cross:
        kind = "Causal mask" if isinstance(options.mask, str) else f"Window of {options.mask.window}"
        yield f"{kind}: the last query is aligned with the last key."
    elif isinstance(options.mask, str):
        yield f"Causal mask: a {noun} attends to itself and to {noun}s before it."
    else:
        size = options.mask.window
        before = f" and to the {size - 1} {noun}{'s' if size > 2 else ''} before it" if size > 1 else " only"
        yield f"Window of {size}: a {noun} attends to itself{before}."


def legend(pairs: Sequence[tuple[str, str]]) -> list[str]:
    """The words that were cut, in full: `pneumo… = pneumonia`."""
    return [f"{short} = {full}" for short, full in pairs]


def counted(number: int, noun: str) -> str:
    """`1 key`, `2 keys`."""
    return f"{numerals.count(number)} {noun}{'' if number == 1 else 's'}"
