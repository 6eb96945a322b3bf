"""Files and folders: which documents are read, where their results go, what differs, and how it is written.

Floor 5. Bytes in, bytes out. Folders are searched (`_search`) and a run is planned (`_plan`); everything is computed
(`_compute`, what is done to a document in `_works` and `_page`) before anything is compared (`_check` and `_patch`, on
`_lines`) or written (`_output`). What is written is staged beside its destination and renamed, so that a reader never
sees half a file; and nothing is read or written through a link that leads out of a folder (`_tree`). This room prints
nothing: what it finds it returns as `Finding`s. Names are plain strings and files are read by descriptor, because a
check of a thousand documents would otherwise spend its time in path objects; and records are named tuples, because a
data class costs each start a millisecond.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mdattn.drafts._compute import (
    MAX_BYTES,
    Change,
    Outcome,
    Work,
    Worked,
    compute,
    decode,
    encode,
    read,
    read_stream,
)
from mdattn.drafts._findings import STDIN, DraftError, Finding, UsageError
from mdattn.drafts._plan import Draft, Plan, leftovers, plan, plan_in_place
from mdattn.drafts._search import MARKDOWN
from mdattn.drafts._works import paging, rendering, updating

if TYPE_CHECKING:
    from mdattn.drafts._check import compare
    from mdattn.drafts._output import Written, write
    from mdattn.drafts._patch import patch

__all__ = [
    "MARKDOWN",
    "MAX_BYTES",
    "STDIN",
    "Change",
    "Draft",
    "DraftError",
    "Finding",
    "Outcome",
    "Plan",
    "UsageError",
    "Work",
    "Worked",
    "Written",
    "compare",
    "compute",
    "decode",
    "encode",
    "leftovers",
    "paging",
    "patch",
    "plan",
    "plan_in_place",
    "read",
    "read_stream",
    "rendering",
    "updating",
    "write",
]


_ROOM_OF = {"Written": "_output", "compare": "_check", "patch": "_patch", "write": "_output"}


def __getattr__(name: str) -> Any:
    """What compares and what writes is imported when it is used: a run does one of the two."""
    if name not in _ROOM_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_ROOM_OF[name]}"), name)
