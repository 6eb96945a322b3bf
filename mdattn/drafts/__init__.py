"""Files and folders: which documents are read, where their results go, what differs, and how it is written.

Floor 4. Bytes in, bytes out. Everything is computed (`_compute`, what is done to a document in `_works` and `_page`)
before anything is written (`_output`); what is written is staged beside its destination and renamed, so that a reader
never sees half a file. This room prints nothing: what it finds it returns as `Finding`s. Names are plain strings and
files are read by descriptor, because a check of a thousand documents would otherwise spend its time in path objects;
and records are named tuples, because a data class costs each start a millisecond.
"""

from __future__ import annotations

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
from mdattn.drafts._output import Written, compare, patch, write
from mdattn.drafts._plan import (
    MARKDOWN,
    STDIN,
    Draft,
    DraftError,
    Finding,
    Plan,
    UsageError,
    leftovers,
    plan,
    plan_in_place,
)
from mdattn.drafts._works import paging, rendering, updating

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
