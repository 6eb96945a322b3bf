"""The numbers of one head as they are printed.

A room of the kind `steps`.
"""

from __future__ import annotations

from typing import NamedTuple

from mdattn import numerals
from mdattn.attention.scores import Step, steps_of
from mdattn.diagrams.steps._decimals import Decimals, decimals_of
from mdattn.diagrams.steps._numbers import Steps
from mdattn.study.query import QueryHead


class PrintedHead(NamedTuple):
    """Scores, exps and weights [n] of the places that are printed, by place."""

    decimals: Decimals
    steps: tuple[Step, ...]  # as they are printed: the root rounded
    scores: tuple[dict[int, str], ...]  # the dot products, and the scores after each step
    exps: dict[int, str]
    total: str  # of all exps
    weights: dict[int, str]


def printed_of(steps: Steps, head: QueryHead) -> PrintedHead:
    """The head as text; without scores where weights are given."""
    places, text, working = (*steps.placed.full, *steps.placed.listed), numerals.text, head.working
    decimals = decimals_of(steps, head)
    weights = {
        place: text(head.weights[place], decimals.weights) for place in dict.fromkeys((*places, *steps.placed.summed))
    }
    if working is None:
        return PrintedHead(decimals, (), (), {}, "", weights)
    return PrintedHead(
        decimals=decimals,
        steps=steps_of(steps.options, len(head.query) or None, decimals.root),
        scores=tuple(
            {place: text(scores[place], each) for place in places}
            for scores, each in zip(working.scores, decimals.scores, strict=True)
        ),
        exps={place: text(working.exponentials[place], decimals.exps) for place in places if head.allowed[place]},
        total=text(working.total, decimals.exps),
        weights=weights,
    )
