"""What a comparison computes: shares of memory, weights on the first word, and what connects the words."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mdattn import numerals
from mdattn.attention.recurrent import memory
from mdattn.diagrams.comparison._options import USUAL_D, Options
from mdattn.errors import OptionError
from mdattn.glyphs import CHARSETS, Glyphs
from mdattn.options import Attention, SelfAttention
from mdattn.study.heads import Study, study
from mdattn.study.names import LONGEST, labelled, said

RETENTION_DECIMALS = 4
PERCENT = 2

# From which share on, what a reader would say of the first word, and the same in a sentence.
MEMORY = (
    (0.5, "remembered", "is still remembered"),
    (0.1, "fading", "is fading"),
    (0.0, "mostly forgotten", "is mostly forgotten"),
)


class Comparison(NamedTuple):
    """What both sides draw from."""

    options: Options
    glyphs: Glyphs
    words: tuple[str, ...]  # as they stand in the diagram, long ones cut
    names: tuple[str, ...]  # as they stand in sentences, only very long ones cut
    legend: tuple[tuple[str, str], ...]  # those that are cut, as (label, word)
    study: Study
    memory: tuple[float, ...]
    weights: tuple[float, ...]  # of each word on the first
    sees: tuple[bool, ...]  # whether each word may attend to the first
    d: int

    @property
    def n(self) -> int:
        return len(self.study.tokens)

    @property
    def decimals(self) -> int:
        """Of a share, before it is written in percent."""
        return max(PERCENT, self.options.decimals)

    @property
    def first(self) -> str:
        return self.name(0)

    @property
    def last(self) -> str:
        return self.name(self.n - 1)

    def name(self, index: int, quote: str = '"') -> str:
        """A word in quotes; the first and the last one so that they cannot be mistaken for their equals."""
        quoted = f"{quote}{self.names[index]}{quote}"
        if self.study.tokens.count(self.study.tokens[index]) == 1:
            return quoted
        if index in (0, self.n - 1):
            return f"the {'last' if index else 'first'} {quoted}"
        return f"{quoted} (word {index + 1})"

    def share(self, value: float) -> str:
        """A share in percent; one that would print as 0 and is not is said to be below the least that prints."""
        if value > 0 and numerals.rounded(value, self.decimals) == 0:
            return f"<{numerals.percent(10.0**-self.decimals, self.decimals)}"
        return numerals.percent(value, self.decimals)

    def memory_word(self, value: float) -> tuple[str, str]:
        """What is said of a share, judged by the number that is printed."""
        printed = numerals.rounded(value, self.decimals)
        return next((word, clause) for least, word, clause in MEMORY if printed >= least)

    def joined(self, one: int, other: int) -> bool:
        """Whether one of the two words may attend to the other."""
        allowed = self.study.allowed
        return allowed is None or bool(allowed[one, other] or allowed[other, one])

    def direction(self, word: int) -> str:
        """Down from a word that others attend to, up to one that attends to others; both for both, "" for neither."""
        allowed = self.study.allowed
        if allowed is None:
            return self.glyphs.up_and_down if self.n > 1 else ""
        others = np.arange(self.n) != word
        attends, attended = bool(allowed[word, others].any()), bool(allowed[others, word].any())
        if attends and attended:
            return self.glyphs.up_and_down
        return self.glyphs.up if attends else self.glyphs.down if attended else ""

    @property
    def pairs(self) -> int:
        """How many weights there are: the (query, key) pairs that the mask allows."""
        return self.n * self.n if self.study.allowed is None else int(self.study.allowed.sum())

    @property
    def recurrent_operations(self) -> int:
        """As the paper counts them: n d^2."""
        return self.n * self.d * self.d

    @property
    def attention_operations(self) -> int:
        """As the paper counts them, n^2 d, whatever a mask leaves of the weights."""
        return self.n * self.n * self.d

    @property
    def path(self) -> int | None:
        """Layers until the last word has seen the first; None if it never does."""
        if self.study.allowed is None:
            return min(1, self.n - 1)
        return layers_between(self.study.allowed)


def layers_between(allowed: NDArray[np.bool_]) -> int | None:
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


def compare(options: Options) -> Comparison:
    """What the block compares, in numbers. Raises OptionError."""
    glyphs = CHARSETS[options.charset]
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
    labels = labelled(found.labels, min(LONGEST, max(8, options.width // 4)), glyphs.ellipsis)
    return Comparison(
        options=options,
        glyphs=glyphs,
        words=labels.shown,
        names=said(found.labels, labels.shown),
        legend=labels.legend,
        study=found,
        memory=memory(count, options.retention),
        weights=tuple(trace.weights[0, :, 0].tolist()),
        sees=tuple(trace.allowed[0, :, 0].tolist()),
        d=options.d_model or (USUAL_D if found.embeddings is None or found.illustrative else found.embeddings.shape[1]),
    )


def state_name(index: int) -> str:
    """What a hidden state is called."""
    return f"h{index + 1}"
