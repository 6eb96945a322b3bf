"""How far long work is, on a terminal: the bar is tqdm's, where that is installed.

Most work is done before anything is imported for it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from tqdm import tqdm

_Item = TypeVar("_Item")

PATIENCE = 2.0  # Seconds.


def tracked(items: Sequence[_Item]) -> Iterator[_Item]:
    """The items one by one; once they have taken longer than `PATIENCE`, a bar shows how many are done."""
    begun = monotonic()
    bar: tqdm[Any] | None = None
    patient = os.environ.get("TERM") == "dumb"  # No bar: nothing can be drawn over there.
    try:
        for done, item in enumerate(items):
            if not patient and monotonic() - begun > PATIENCE:
                patient = True
                bar = _bar(len(items), done)
            yield item
            if bar is not None:
                bar.update()
    finally:
        if bar is not None:
            bar.close()


def _bar(total: int, done: int) -> tqdm[Any] | None:
    with suppress(ImportError):
        from tqdm import tqdm

        tqdm.monitor_interval = 0  # No thread.
        return tqdm(total=total, initial=done, leave=False, ascii=True, unit="", file=sys.stderr, dynamic_ncols=True)
    return None
