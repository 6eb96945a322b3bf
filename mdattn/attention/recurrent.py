"""A recurrent cell, small enough to follow with a pencil: what is left of the first word in its state.

Floor 1. The cell is linear and has one number, the retention r: h_1 = x_1, then h_t = r h_(t-1) + (1 - r) x_t (a leaky
integrator; Jaeger et al., "Optimization and applications of echo state networks with leaky-integrator neurons", 2007,
without its nonlinearity). Each state is a mix of the words so far whose shares add up to 1, as attention's output is,
so that a share here and a weight there are the same sort of number.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate


def states(inputs: Iterable[float], retention: float) -> tuple[float, ...]:
    """inputs [step] -> the hidden state after each step, same length. Raises ValueError unless 0 < retention < 1."""
    if not 0 < retention < 1:
        raise ValueError(f"retention must be above 0 and below 1, got {retention}")
    return tuple(accumulate(inputs, lambda state, word: retention * state + (1 - retention) * word))


def memory(steps: int, retention: float) -> tuple[float, ...]:
    """The share of the first word in the hidden state after each step: 1, r, r x r, ...

    The cell is linear, so it is run with 1 in place of the first word and 0 in place of the others.
    """
    return states((1.0, *[0.0] * (steps - 1)), retention)
