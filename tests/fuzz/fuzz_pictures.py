"""What pictures say: their numbers come out again for who does what they say, and no two words have one label."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from random import Random
from typing import Any

import fuzz_options
from fuzz_faults import Checked, admitted, hold
from redo import redo
from redo.campaign import more, plain
from redo.labels import explanations, named_alike
from test_all_kinds import DRAWN

from mdattn import DiagramError
from mdattn.document import draw_options

Case = dict[str, Any]


def some_block(random: Random) -> Case:
    """A block whose picture can be read, or one of words that begin alike."""
    kind = random.choice(list(DRAWN))
    if random.random() < 0.2:
        return {"about": "labels", "options": named_alike(random, kind)}
    return {"about": "numbers", "options": more(plain(DRAWN[kind](random), random), random)}


def parts(case: Case) -> Iterator[Case]:
    """The block with something left out; what has no kind cannot be read."""
    for options in fuzz_options.parts(case["options"]):
        if options.get("kind") == case["options"]["kind"] and ("tokens" in options or "text" in options):
            yield case | {"options": options}


def check(case: Case, _: Random) -> Checked:
    """Raise the fault of a picture that says what is not so."""
    options = case["options"]
    drawn = admitted(lambda: draw_options(deepcopy(options)))
    if isinstance(drawn, DiagramError):
        return Checked(0)
    if case["about"] == "labels":
        wrong = explanations(options, drawn.lines, drawn.alternative)[1]
        hold(not wrong, "no two words share a label, and each is explained", wrong)
        return Checked(1)
    ledger = redo(options, drawn.lines, drawn.alternative)
    hold(not ledger.findings, "what a picture says gives its numbers again", ledger.findings)
    hold(not ledger.unread, "all that a picture says is read", ledger.unread)
    return Checked(1)
