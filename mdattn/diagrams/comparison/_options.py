"""What may stand in a block of the kind `comparison`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta

from mdattn.errors import OptionError
from mdattn.options import Remarks, SelfAttention, doc

USUAL_D = 512  # d_model of the base model in "Attention Is All You Need"
Dimensions = Annotated[int, Meta(ge=1, le=65536)]


class Options(SelfAttention, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The options of a comparison."""

    retention: Annotated[
        float,
        doc(
            "share of its state that the recurrent cell keeps at each step", "a number above 0 and below 1", gt=0, lt=1
        ),
    ] = 0.5
    d_model: Annotated[
        Dimensions | None,
        doc(
            f"numbers a word in the costs (default: as many as the `embeddings` have; {USUAL_D} without these)",
            "a whole number from 1 to 65536",
        ),
    ] = None
    remarks: Remarks = "all"

    def idle(self) -> Iterator[OptionError]:
        """What neither the weights nor the costs come from, too."""
        yield from super().idle()
        if self.embeddings is not None and self.basis != "vectors" and self.d_model is not None:
            given = f"'embeddings' have no effect where the {self.basis} and 'd_model' are given"
            yield OptionError("embeddings", given, "remove one of them")
