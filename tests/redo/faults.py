"""What is known not to be true yet: for each kind of finding a small block that shows it.

Who mends one removes its line.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Fault(NamedTuple):
    """A kind of finding, and a block in which it is met."""

    finding: str
    options: dict[str, Any]


FAULTS: list[Fault] = []


def known(kind: str) -> set[str]:
    """The findings that a campaign over a kind may have."""
    return {fault.finding for fault in FAULTS if fault.options["kind"] == kind}
