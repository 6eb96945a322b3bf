"""What a kind of diagram is: the form of an entry of the table KINDS."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from mdattn.canvas import Diagram
from mdattn.options import Common


class Kind(NamedTuple):
    """One kind of diagram, which describes itself.

    `draw(options, folder)` gives the diagram, or raises OptionError; `folder` is where the document stands, None if
    it stands nowhere. `example` is the YAML of a block that shows the kind at its best.
    """

    name: str
    summary: str
    options: type[Common]
    draw: Callable[[Any, Path | None], Diagram]
    example: str
