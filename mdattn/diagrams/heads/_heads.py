"""What the heads of a block share: tokens and their names, and from which weight on a connection stands out.

Floor 3, a room of the kind `heads`.
"""

from __future__ import annotations

from functools import cached_property
from math import ceil
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct

from mdattn import numerals
from mdattn.diagrams.heads._options import Options
from mdattn.glyphs import CHARSETS, Glyphs
from mdattn.study.inputs import Inputs, inputs_of
from mdattn.study.names import distinct_in_both
from mdattn.study.tokens import key_tokens_of, noun_of, tokens_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mdattn.study.given import Array

THRESHOLD = 0.3
NEAR = 1e-9  # Weights that differ by less than they are snapped to are equal.


class Heads(Struct, frozen=True, dict=True):
    """What the heads of a block share."""

    options: Options
    inputs: Inputs
    noun: str
    glyphs: Glyphs

    @property
    def cross(self) -> bool:
        """Whether those that are attended to have a sentence of their own."""
        return self.inputs.cross

    @property
    def names(self) -> tuple[str, ...]:
        """The tokens, of equal ones the second as `the#2`."""
        return self._names[0]

    @property
    def key_names(self) -> tuple[str, ...]:
        """The tokens that are attended to."""
        return self._names[1]

    @cached_property
    def _names(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        return distinct_in_both(self.inputs.tokens, self.inputs.key_tokens)

    @cached_property
    def seen(self) -> NDArray[np.int64]:
        """How many keys each query may attend to [query]."""
        inputs = self.inputs
        if inputs.allowed is None:
            return np.full(len(inputs.tokens), len(inputs.key_tokens))
        seen: NDArray[np.int64] = inputs.allowed.sum(axis=1, dtype=np.int64)
        return seen

    @cached_property
    def even(self) -> Array:
        """The even share of each query [query, 1]: 1 / keys that it may attend to; 1 where that is no key."""
        share: Array = 1 / np.maximum(self.seen, 1)[:, None]
        return share

    @cached_property
    def threshold(self) -> float | None:
        """The weight from which on a connection is strong; None where the largest are shown, strong or not."""
        if self.options.top is not None:
            return None
        return THRESHOLD if self.options.threshold is None else self.options.threshold

    @cached_property
    def least(self) -> float:
        """The least weight that prints as the threshold or more."""
        if self.threshold is None:
            return 0.0
        unit = 10.0**self.options.decimals
        return (ceil(self.threshold * unit - NEAR) - 0.5) / unit - NEAR / 2

    def connected(self, query: int, key: int, sign: str = "") -> str:
        """`programmer → The`."""
        itself = query == key and not self.cross
        return f"{self.names[query]} {sign or self.glyphs.right} {'itself' if itself else self.key_names[key]}"

    def number(self, weight: float) -> str:
        """A weight as it is printed."""
        return numerals.text(weight, self.options.decimals)


def heads_of(options: Options) -> Heads:
    """What the options ask for, checked. Raises OptionError."""
    tokens = tokens_of(options)
    keys = key_tokens_of(options, tokens)
    inputs = inputs_of(options, tokens, keys, embedded="vectors" in options.uses)
    return Heads(options, inputs, noun_of(options), CHARSETS[options.charset])
