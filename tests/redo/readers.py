"""Which reader reads which kind."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from redo.page import Ledger

BARRED = ("flow", "heads", "comparison")
"""The kinds whose pictures have bars; the signs of a heatmap are read with its cells."""


def redo(options: dict[str, Any], lines: Sequence[str], words: str = "") -> Ledger:
    """Reads the picture of a block, with the words of its text alternative, and redoes what they say."""
    ledger = Ledger(lines, words)
    import_module(f"redo.{options['kind']}").read(options, ledger)
    if options["kind"] in BARRED:
        ledger.unread += [f"a bar: {ledger.lines[row]}" for row, _ in sorted({*ledger.bars()} - ledger.barred)]
    return ledger
