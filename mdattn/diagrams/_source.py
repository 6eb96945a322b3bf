"""Options whose numbers stand in a data file, with the numbers in their place.

Shared by the kinds that compute attention; imported only when a block names a `source`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec

from mdattn.attention.sources import load
from mdattn.errors import OptionError
from mdattn.options import Attention, Source

# How many axes an array of each sort may have: [head, query, key] or [query, key] of weights, [token, d] of vectors.
_AXES = {"weights": (2, 3), "scores": (2, 3), "embeddings": (2,), "keys": (2,), "values": (2,)}

Options = TypeVar("Options", bound=Attention)


def resolved(options: Options, folder: Path | None) -> Options:
    """The options with what `source` holds read from the folder of the document. Raises OptionError."""
    source = options.source
    assert isinstance(source, Source)
    if folder is None:
        hint = "give the document a path, or on standard input a name"
        raise OptionError("source", "a document without a place has no data files beside it", hint)
    if getattr(options, source.holds) is not None:
        raise OptionError("source", f"the source holds {source.holds}, and the block gives them too", "give them once")
    array = load(
        source.file, folder, array=source.array, layer=source.layer, head=source.head, axes=_AXES[source.holds]
    )
    changes: dict[str, object] = {source.holds: array.tolist(), "source": None}
    if array.ndim == 3:
        count = len(array)
        if options.heads == 1 and count > 1:
            changes["heads"] = count
        elif count == 1:
            changes[source.holds] = array[0].tolist()
    return msgspec.structs.replace(options, **changes)
