"""What a diagram is, and what a kind of diagrams: the form of an entry of the table KINDS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from mdattn.options import Common


class Diagram(NamedTuple):
    """A drawn diagram: its lines without line endings, what says it in words, and how much was computed for it."""

    lines: tuple[str, ...]
    words: str | Callable[[], str]
    """The words, or what makes them of all that was computed: Markdown asks for none."""
    work: int = 0
    """How many numbers it is computed from."""

    @property
    def alternative(self) -> str:
        """One to three sentences for who cannot see it."""
        return self.words if isinstance(self.words, str) else self.words()

    def __eq__(self, other: object) -> bool:
        """Whether both have the same lines and the same words, made or not."""
        return isinstance(other, Diagram) and (self.lines, self.alternative) == (other.lines, other.alternative)

    def __hash__(self) -> int:
        return hash(self.lines)


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
