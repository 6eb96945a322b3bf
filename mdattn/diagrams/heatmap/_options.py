"""The options of a heatmap.

Floor 3, a room of the kind `heatmap`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from mdattn.errors import OptionError
from mdattn.options import Attention, Remarks, doc

Mode = Literal["squares", "shades", "numbers", "both"]


class Options(Attention, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The options of a heatmap."""

    mode: Annotated[
        Mode | None,
        doc(
            "how weights are shown; `both`: squares and numbers (default: squares, or shades where squares do not fit)",
            "'squares', 'shades', 'numbers' or 'both'",
        ),
    ] = None
    annotations: Annotated[
        Literal["none"] | dict[str, str] | None,
        doc(
            "remarks beside the rows: `none`, or a mapping from token to text; left out: made from the numbers",
            "'none' or a mapping from token to text",
        ),
    ] = None
    remarks: Remarks = "all"
    legend: Annotated[bool, doc("whether to explain the cells below the heatmap", "true or false")] = True

    def idle(self) -> Iterator[OptionError]:
        """What changes no weight."""
        yield from self.idle_vectors("a heatmap shows weights")
        yield from super().idle()
