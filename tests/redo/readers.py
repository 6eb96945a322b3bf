"""Which reader reads which kind."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from redo.page import Ledger

INKED = ("heatmap", "architecture")
"""The kinds whose pictures have signs like bars that are none: the cells of a heatmap, the frames of a model."""


def redo(options: dict[str, Any], lines: Sequence[str], words: str = "") -> Ledger:
    """Reads the picture of a block, with the words of its text alternative, and redoes what they say."""
    ledger = Ledger(lines, words)
    import_module(f"redo.{options['kind']}").read(options, ledger)
    if options["kind"] not in INKED:
        ledger.unread += [f"a bar: {ledger.lines[row]}" for row, _ in sorted({*ledger.bars()} - ledger.barred)]
    return ledger
