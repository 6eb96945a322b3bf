"""What a diagram is, and what a kind of diagrams: the form of an entry of the table KINDS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from mdattn.options import Common


class Diagram(NamedTuple):
    """A drawn diagram: its lines without line endings, and one to three sentences for who cannot see it."""

    lines: tuple[str, ...]
    alternative: str


class Kind(NamedTuple):
    """One kind of diagram, which describes itself.

    `draw(options)` gives the diagram, or raises OptionError. `example` is the YAML of a block that shows the kind at
    its best.
    """

    name: str
    summary: str
    options: type[Common]
    draw: Callable[[Any], Diagram]
    example: str
