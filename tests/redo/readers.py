"""Which reader reads which kind."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from redo.page import Ledger


def redo(options: dict[str, Any], lines: Sequence[str]) -> Ledger:
    """Reads the picture of a block, and redoes what it says."""
    ledger = Ledger(lines)
    import_module(f"redo.{options['kind']}").read(options, ledger)
    return ledger
