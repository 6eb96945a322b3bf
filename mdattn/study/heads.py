"""The options of a block, carried out: the attention of each head.

Floor 2, shared by the kinds that compute attention. `study` goes from what a block gives (`inputs`) to what each head
makes of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mdattn.attention import Trace, Weighing
from mdattn.errors import OptionError
from mdattn.errors import Path as OptionPath
from mdattn.options import Attention, Basis, Head, basis_of
from mdattn.study.given import written_decimals
from mdattn.study.inputs import Inputs, inputs_of, project
from mdattn.study.matrices import each_of, weighing
from mdattn.study.names import authored, printable
from mdattn.study.tokens import key_tokens_of, position, tokens_of

if TYPE_CHECKING:
    from mdattn.study.given import Array, Mask, Rows

# A vector that an author wrote by hand is printed as written, up to this many decimals.
WRITTEN_DECIMALS = 4
MOST_BY_HAND = 2**20  # numbers of keys and values where each is worked on by itself


class HeadStudy(NamedTuple):
    """One head: its name, "" if it has none, and its trace, whose leading head axis has length 1."""

    name: str
    trace: Weighing

    def title(self, number: int, count: int) -> str:
        """`Head 2 of 3: name`, counted from 1; "" of a single head."""
        if count == 1:
            return ""
        return f"Head {number} of {count}" + (f": {authored(self.name)}" if self.name else "")


class Study(NamedTuple):
    """Everything a kind draws from."""

    tokens: tuple[str, ...]
    key_tokens: tuple[str, ...]
    query: int | None
    """The one position that attends; None if all do. The traces hold only its row then."""
    embeddings: Array | None
    """[token, d_model], before any projection; None where scores or weights are given without vectors."""
    illustrative: bool
    basis: Basis
    heads: tuple[HeadStudy, ...]
    allowed: Mask | None
    """[query, key], or None without a mask."""
    mask: str
    """The mask in words: "none", "causal", "window of 3", "given"."""
    input_decimals: int
    """Decimals at which vectors are printed."""
    inputs_exact: bool
    """Whether at these decimals the vectors are printed in full."""

    @property
    def itself(self) -> int | None:
        """The key that is the query's own; None in cross-attention, and where all attend."""
        return self.query if self.key_tokens is self.tokens else None

    @property
    def labels(self) -> tuple[str, ...]:
        """The tokens as they may be printed."""
        return printable(self.tokens)


def study(options: Attention, *, query: int | str | None = None, whole: bool = True) -> Study:
    """Carry the options out, for one query or, with None, for every token. Raises OptionError.

    Unless the `whole` of it is asked for, only the weights and the mask are kept of each trace.
    """
    tokens = tokens_of(options)
    at = None if query is None else position(query, tokens, ("query",))
    key_tokens = key_tokens_of(options, tokens)
    basis = _basis(options)
    embedded = basis == "vectors" or options.embeddings is not None
    inputs = inputs_of(options, tokens, key_tokens, embedded=embedded, query=at, whole=whole)
    used = [each for each in (inputs.embeddings, inputs.keys, inputs.values) if each is not None]
    written = max(map(written_decimals, used), default=0)
    shown = written if written <= WRITTEN_DECIMALS else max(options.decimals, 1)
    heads = _heads(inputs, basis)
    return Study(
        tokens=tokens,
        key_tokens=key_tokens,
        query=at,
        embeddings=inputs.embeddings,
        illustrative=inputs.embeddings is not None and options.embeddings is None,
        basis=basis,
        heads=tuple(heads) if whole else tuple(map(_without_steps, heads)),
        allowed=inputs.allowed,
        mask=inputs.mask,
        input_decimals=shown,
        inputs_exact=written <= WRITTEN_DECIMALS,
    )


def refuse_long_work(found: Study) -> None:
    """Raises OptionError for vectors that take too long to work out as a person does, number by number."""
    arrays = [
        each for head in found.heads if isinstance(head.trace, Trace) for each in (head.trace.key, head.trace.value)
    ]
    total = sum(each.size for each in arrays)
    if total > MOST_BY_HAND:
        problem = f"'shown' works with up to {MOST_BY_HAND:,} numbers of keys and values; here there are {total:,}"
        raise OptionError("arithmetic", problem, "use 'exact'")


def _without_steps(head: HeadStudy) -> HeadStudy:
    """The head without the numbers on the way to its weights, which of many tokens take most of the memory."""
    trace = head.trace
    return HeadStudy(head.name, Weighing(steps=trace.steps, weights=trace.weights, allowed=trace.allowed))


def _basis(options: Attention) -> Basis:
    """What the weights come from. Raises OptionError where that is contradictory."""
    heads = options.heads if isinstance(options.heads, list) else []
    for index, each in enumerate(heads):
        if each.weights is not None and each.scores is not None:
            raise OptionError(("heads", index, "scores"), "'weights' and 'scores' exclude each other", "keep one")
    forms = {basis_of(each) for each in heads}
    if len(forms) > 1:
        raise OptionError("heads", "some heads give scores or weights and some do not", "give the same for each head")
    inner = forms.pop() if forms else "vectors"
    outer = basis_of(options)
    if inner != "vectors" and outer != "vectors":
        raise OptionError(outer, f"'{outer}' are given for the block and for its heads", "give them once")
    return inner if inner != "vectors" else outer


def _heads(inputs: Inputs, basis: Basis) -> Iterator[HeadStudy]:
    """Each head with its trace."""
    heads = inputs.options.heads
    inputs.check_size()
    listed = None if isinstance(heads, int) else heads
    if basis != "vectors":
        yield from given_heads(inputs, basis, listed)
    elif listed is None:
        yield from split_heads(inputs)
    else:
        for index, head in enumerate(listed):
            own = head.projections or inputs.options.projections
            path: OptionPath = ("heads", index, "projections") if head.projections else ("projections",)
            yield HeadStudy(head.name or "", inputs.attended(*inputs.projected(own, path)))


def split_heads(inputs: Inputs) -> Iterator[HeadStudy]:
    """Query, key and value divided among the heads, as in multi-head attention."""
    count, parts = inputs.total, []
    projected = inputs.projected(inputs.options.projections, ("projections",))
    for name, array in zip(("query", "key", "value"), projected, strict=True):
        if array.shape[1] % count:
            raise OptionError("heads", f"{count} heads do not divide the {array.shape[1]} dimensions of the {name}")
        parts.append([array] if count == 1 else np.split(array, count, axis=1))
    for query, key, value in zip(*parts, strict=True):
        yield HeadStudy("", inputs.attended(query, key, value))


def given_heads(inputs: Inputs, basis: Basis, listed: Sequence[Head] | None) -> Iterator[HeadStudy]:
    """Heads whose scores or weights stand in the block, with values where there are any."""
    value, total = _value(inputs), inputs.total
    if listed is not None and all(getattr(each, basis) is not None for each in listed):
        for index, head in enumerate(listed):
            trace = weighing(inputs, basis, getattr(head, basis), ("heads", index, basis), value)
            yield HeadStudy(head.name or "", trace)
        return
    rows: Rows = getattr(inputs.options, basis)
    names = [each.name or "" for each in listed] if listed is not None else [""] * total
    if total == 1:
        yield HeadStudy(names[0], weighing(inputs, basis, rows, (basis,), value))
        return
    for index, (name, matrix) in enumerate(zip(names, each_of(inputs, basis, rows), strict=True)):
        yield HeadStudy(name, weighing(inputs, basis, matrix, (basis, index), value))


def _value(inputs: Inputs) -> Array | None:
    """Values [key, d_v] beside scores or weights: as given, or the embeddings, projected where that is asked for."""
    if inputs.values is not None or inputs.embeddings is None:
        return inputs.values
    return project(inputs.embeddings, inputs.options.projections, "value", ("projections",))
