"""A width in which nothing can be drawn: what the error says is enough is enough, and no less is."""

from __future__ import annotations

import re

import pytest
from support import too_wide

from mdattn.diagrams import KINDS
from mdattn.document import draw_options
from mdattn.errors import DiagramError

WIDE_NUMBERS = "kind: flow\ntokens: [internationalization, b]\nquery: 0\nweights: [0.5, 0.5]\ndecimals: 6\n"
BLOCKS = {name: f"kind: {name}\n" + KINDS[name].example.replace(f"kind: {name}\n", "") for name in KINDS}
BLOCKS |= {"flow of many decimals": WIDE_NUMBERS, "two stacks": "kind: architecture\nmodel: encoder-decoder\n"}


@pytest.mark.parametrize("name", BLOCKS)
def test_what_an_error_says_is_enough_is_enough(name: str) -> None:
    def refused(width: int) -> int:
        with pytest.raises(DiagramError) as caught:
            draw_options(f"{BLOCKS[name]}width: {width}\n")
        said = re.search(
            r": this diagram needs at least (\d+) columns \(give 'width: \1' or more\)$", str(caught.value)
        )
        assert said, str(caught.value)
        return int(said[1])

    needed = refused(1)
    assert refused(needed - 1) == needed
    assert too_wide(draw_options(f"{BLOCKS[name]}width: {needed}\n").lines, needed) == []
