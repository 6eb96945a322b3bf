"""A kind of diagram for tests of what stands around the kinds: it draws its own title, so that bytes are foreseeable.

As a program it is the command line with this kind alone: `python tests/echo.py render ...`.
"""

from __future__ import annotations

import sys

import numpy as np

from mdattn import diagrams
from mdattn.diagrams._kind import Diagram, Kind
from mdattn.errors import OptionError
from mdattn.options import Attention


class Options(Attention, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a kind has that may read data files."""


def draw(options: Options) -> Diagram:
    """The title between two rules; some titles are errors, and one is a fault of the package."""
    if options.title == "bad":
        raise OptionError("title", "a bad title", "use another")
    if options.title == "fault":
        raise ZeroDivisionError("a fault\nof ours")
    if options.title == "weights":
        return Diagram((str(np.asarray(options.weights).tolist()),), "the weights")
    return Diagram(("┌─┐", *str(options.title).split("\n"), "└─┘"), "an echo")


KINDS = {"echo": Kind("echo", "says its title", Options, draw, "kind: echo\ntitle: héllo\n")}


def block(title: str) -> bytes:
    """A block, as a document holds it."""
    return f"```attention-diagram\nkind: echo\ntitle: {title}\n```\n".encode()


def drawn(title: str) -> bytes:
    """What it becomes."""
    return f"```text\n┌─┐\n{title}\n└─┘\n```\n".encode()


if __name__ == "__main__":
    from mdattn.cli import main

    diagrams.KINDS = KINDS
    sys.exit(main())
