"""Options whose numbers stand in a data file, with the numbers in their place.

Floor 2, shared by the kinds that compute attention; imported only when a block names a `source`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

from mdattn.attention.sources import load
from mdattn.errors import Cure, OptionError
from mdattn.files import Files
from mdattn.options import Attention, Source
from mdattn.study.tokens import counted, key_tokens_of, tokens_of

if TYPE_CHECKING:
    from mdattn.study.given import Array

# How many axes an array of each sort may have: [head, query, key] or [query, key] of weights, [token, d] of vectors.
_AXES = {"weights": (2, 3), "scores": (2, 3), "embeddings": (2,), "keys": (2,), "values": (2,)}

_NO_PLACE = Cure(
    "give standard input a name with --stdin-filename",
    "give a document its `path`, a diagram its `folder`, a parser env['mdattn_path']",
)

Options = TypeVar("Options", bound=Attention)
Drawn = TypeVar("Drawn")


def drawn_from_file(options: Options, folder: Path | None, files: Files, draw: Callable[[Options], Drawn]) -> Drawn:
    """The drawing of options with a `source`. What is wrong with its numbers is said of the file."""
    source = options.source
    assert isinstance(source, Source)
    try:
        return draw(resolved(options, folder, files))
    except OptionError as error:
        if error.path[:1] != (source.holds,):
            raise
        at = f" at {list(error.path[1:])}" if error.path[1:] else ""
        raise OptionError("source", f"{source.title}{at}: {error.message}", error.hint) from None


def resolved(options: Options, folder: Path | None, files: Files) -> Options:
    """The options with what `source` holds read from the folder of the document. Raises OptionError.

    `files` are those that blocks before this one have opened.
    """
    source = options.source
    assert isinstance(source, Source)
    if folder is None:
        raise OptionError("source", "a document without a place has no data files beside it", _NO_PLACE)
    if getattr(options, source.holds) is not None:
        raise OptionError("source", f"the source holds {source.holds}, and the block gives them too", "give them once")
    array = load(
        source.file,
        folder,
        array=source.array,
        layer=source.layer,
        head=source.head,
        axes=_AXES[source.holds],
        fits=lambda shape: _check_shape(options, source, shape),
        files=files,
    )
    changes: dict[str, Array | int | None] = {source.holds: array, "source": None}
    if array.ndim == 3:
        count = len(array)
        if options.heads == 1 and count > 1:
            changes["heads"] = count
        elif count == 1:
            changes[source.holds] = array[0]
    return msgspec.structs.replace(options, **changes)


def _check_shape(options: Attention, source: Source, shape: Sequence[int]) -> None:
    """Raises OptionError unless there is a row for each query and a number for each key, or a vector for each token."""
    if options.text is None and options.tokens is None:
        return  # A block without a sentence is refused by its kind.
    tokens = tokens_of(options)
    keys = key_tokens_of(options, tokens)
    told = counted(tokens)
    if options.key_tokens is not None:
        told += "; " + counted(keys, "'key_tokens'")
    had = " x ".join(map(str, shape))
    if source.holds in ("weights", "scores"):
        if tuple(shape[-2:]) != (len(tokens), len(keys)):
            needed = f"{len(tokens)} queries x {len(keys)} keys are needed"
            raise OptionError("source", f"{source.title} is {had}; {needed}", told)
        return
    needed_rows = len(tokens) if source.holds == "embeddings" else len(keys)
    if shape[0] != needed_rows:
        raise OptionError("source", f"{source.title} is {had}; one vector a token is needed: {needed_rows}", told)
