"""The kinds of diagram: a file or a folder each, one line each in the table KINDS, and the one way to draw any of them.

Floor 3. A kind never imports another kind; what two kinds share stands in `study` and `layout`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from mdattn.diagrams._caption import finished
from mdattn.options import Attention, Common, SelfAttention

if TYPE_CHECKING:
    from os import PathLike

    from mdattn.diagrams._kind import Diagram, Kind
    from mdattn.files import Files

_NAMES = (
    "flow",
    "steps",
    "heatmap",
    "heads",
    "architecture",
    "comparison",
)


class _Kinds(Mapping[str, "Kind"]):
    """The table: a kind is imported when it is looked up, so that a run pays only for what it draws."""

    def __getitem__(self, name: str) -> Kind:
        if name not in _NAMES:
            raise KeyError(name)
        return _imported(name)

    def __contains__(self, name: object) -> bool:
        return name in _NAMES

    def __iter__(self) -> Iterator[str]:
        return iter(_NAMES)

    def __len__(self) -> int:
        return len(_NAMES)


@cache
def _imported(name: str) -> Kind:
    kind: Kind = import_module(f"{__name__}.{name}").KIND
    return kind


KINDS: Mapping[str, Kind] = _Kinds()


def draw(options: Common, folder: str | PathLike[str] | None, files: Files) -> Diagram:
    """The diagram of the options, with the numbers of its data file, which stands in the folder, and its caption.

    `files` are the data files that blocks of the same document have opened, and are added to. Raises OptionError.
    """
    kind = KINDS[options.kind]
    if not isinstance(options, SelfAttention):
        return finished(kind.draw(options), options)
    if not isinstance(options, Attention) or options.source is None:
        diagram = kind.draw(options)
    else:
        from pathlib import Path

        from mdattn.study.source import drawn_from_file

        diagram = drawn_from_file(options, None if folder is None else Path(folder), files, kind.draw)
    from mdattn.study.tokens import work_of

    return finished(diagram, options)._replace(work=work_of(options))
