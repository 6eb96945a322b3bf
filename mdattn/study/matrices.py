"""Scores and weights that a block gives, made matrices that fit its tokens.

Floor 2, shared by the kinds that compute attention. Of one query its row is enough; each row of weights adds up to 1
within what rounding can do. What does not fit is raised as OptionError with the path to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import numpy as np

from mdattn import cells, numerals
from mdattn.attention import Weighing, given, weigh
from mdattn.attention.scores import steps_of
from mdattn.errors import OptionError
from mdattn.errors import Path as OptionPath
from mdattn.study import notes
from mdattn.study.given import depth, is_flat, numbers
from mdattn.study.inputs import Inputs
from mdattn.study.tokens import counted

if TYPE_CHECKING:
    from mdattn.options import Basis
    from mdattn.study.given import Array, Rows

# A row of weights that was not rounded to some decimals comes from a model, maybe one that counts in half precision.
UNROUNDED = 1e-3
SURE = 3e-9  # A row that misses 1 by less does so within any rounding.
FEW_KEYS = 6  # A message shows the row of so many keys in full.


def weighing(inputs: Inputs, basis: Basis, rows: Rows, path: OptionPath, value: Array | None = None) -> Weighing:
    """Scores or weights [query, key] that stand at the path, with values [key, d_v] or without."""
    matrix = _matrix(inputs, basis, rows, path)
    if basis == "scores":
        return weigh(matrix, steps_of(inputs.options, None), value=value, allowed=inputs.seen, keep=inputs.whole)
    _check_weights(inputs, matrix, path, flat=is_flat(rows))
    return given(matrix, value=value, allowed=inputs.seen)


def each_of(inputs: Inputs, basis: Basis, rows: Rows) -> list[Rows]:
    """What is given for each of several heads: a matrix, or of one query a row. Raises OptionError."""
    one = "matrix" if inputs.query is None else "row or matrix"
    count, found = inputs.total, depth(rows)
    matrices = [] if isinstance(rows, float) else list(rows)
    if found < 2 or (found == 2 and (inputs.query is None or len(matrices) != count)):
        what = "row" if found < 2 else "matrix"
        raise OptionError(basis, f"'{basis}' is one {what}, and there are {count} heads", f"give one {one} a head")
    if len(matrices) != count:
        told = "1 matrix" if len(matrices) == 1 else f"{len(matrices)} matrices"
        problem = f"'{basis}' has {told} for {count} heads"
        raise OptionError((basis, min(len(matrices), count)), problem, f"give one {one} a head")
    return matrices


def _matrix(inputs: Inputs, basis: Basis, rows: Rows, path: OptionPath) -> Array:
    """[query, key]: the matrix that the block gives, or the row of its one query."""
    queries, keys = len(inputs.tokens), len(inputs.key_tokens)
    flat = is_flat(rows)
    single = flat and inputs.query is not None
    if flat and not single:
        message = f"'{basis}' is one row; {queries} queries x {keys} keys are needed"
        raise OptionError(path, message, counted(inputs.tokens))
    found = numbers(rows, path, 1 if single else 2, f"'{basis}'", keys)
    matrix = found[None, :] if single else found
    if matrix.shape != (1 if single else queries, keys):
        # Where only the rows are too long or too short, the first of them is as wrong as any.
        first = not single and len(matrix) == queries and isinstance(rows, list)
        _refuse_shape(inputs, basis, matrix, (*path, 0) if first else path, single)
    return matrix if single or inputs.query is None else matrix[inputs.query : inputs.query + 1]


def _refuse_shape(inputs: Inputs, basis: Basis, matrix: Array, path: OptionPath, single: bool) -> NoReturn:
    """Raises OptionError that says what is needed, for which tokens, and that the row of one query is enough."""
    queries, keys = len(inputs.tokens), len(inputs.key_tokens)
    told = counted(inputs.tokens)
    if inputs.cross:
        told += "; " + counted(inputs.key_tokens, "'key_tokens'")
    if matrix.shape[1] == 2 * keys and _with_commas(basis, matrix[0].tolist()):
        told = f"write 0.5 where 0,5 is meant; {told}"
    if single:
        message = f"'{basis}' is a row of {matrix.shape[1]}; the one query needs {keys}, one a key"
        raise OptionError(path, message, told)
    had = " x ".join(map(str, matrix.shape))
    message = f"'{basis}' is {had}; {queries} queries x {keys} keys are needed"
    if inputs.query is not None and matrix.shape[1] == keys:
        whole = len(matrix) == 1 and keys <= FEW_KEYS
        row = matrix[0].tolist() if whole else [0.5, 0.5]
        short = ", ".join(numerals.compact(each, numerals.MOST_DECIMALS) for each in row)
        example = f"'{basis}: [{short}{'' if whole else f', {cells.ELLIPSIS}'}]'"
        told = f"or only the query's own row, as {example}; {told}"
    raise OptionError(path, message, told)


def _with_commas(basis: Basis, row: list[float]) -> bool:
    """Whether the row may be half as many numbers with decimal commas, as `[0,2, 0,8]`; weights tell for sure."""
    if any(each % 1 for each in row):
        return False
    halves = zip(row[::2], row[1::2], strict=True)
    return basis == "scores" or (
        not _adds_up(row) and _adds_up([float(f"{int(one)}.{int(abs(other))}") for one, other in halves])
    )


def _check_weights(inputs: Inputs, matrix: Array, path: OptionPath, *, flat: bool) -> None:
    """matrix [query, key]: each row adds up to 1 within what rounding its numbers can do; what is masked is 0."""
    # Only rows that a look at all of them together leaves in doubt are looked at number by number.
    seen = inputs.seen
    doubtful = ~(np.abs(matrix.sum(axis=1) - 1) < SURE) | (matrix < 0).any(axis=1)
    if seen is not None:
        doubtful |= (~seen & (matrix != 0)).any(axis=1)
    for index in np.flatnonzero(doubtful).tolist():
        number = index if inputs.query is None else inputs.query
        at, name = (path, "the row") if flat else ((*path, number), f"row {number}")
        _check_row(matrix[index].tolist(), None if seen is None else seen[index].tolist(), at, name)


def _check_row(row: list[float], allowed: list[bool] | None, at: OptionPath, name: str) -> None:
    """The same of one row."""
    if any(weight < 0 for weight in row):
        place = next(place for place, weight in enumerate(row) if weight < 0)
        raise OptionError((*at, place), "a weight below 0", "weights are shares: from 0 to 1")
    if allowed is not None:
        for place, (weight, may) in enumerate(zip(row, allowed, strict=True)):
            if weight and not may:
                raise OptionError((*at, place), f"{name} gives weight to a masked position", "write 0 there")
        if not any(allowed):
            return
    if not _adds_up(row):
        total = sum(row)
        # What misses 1 by less than that is told with more digits, not as 1.
        decimals = numerals.MOST_DECIMALS if numerals.rounded(total, numerals.MOST_DECIMALS) != 1 else numerals.SNAP
        said = f"the weights of {name} add up to {numerals.compact(total, decimals)}, not to 1"
        raise OptionError(at, said, _as_shares(row))


def _adds_up(row: list[float]) -> bool:
    """Whether the weights add up to 1 within what rounding them can do."""
    decimals = max(1, numerals.decimals_needed(row, numerals.SNAP))
    slack = len(row) * 0.5 * 10.0**-decimals if decimals < numerals.SNAP else UNROUNDED
    # Of many keys each may have been rounded to 0, but then nothing is left to draw.
    return abs(sum(row) - 1) < slack - 1e-9 and any(row)


def _as_shares(row: list[float]) -> str:
    """The cure for weights that do not add up to 1; those of 100 % are told as shares."""
    shares = [weight / 100 for weight in row]
    if not _adds_up(shares):
        return "weights are shares of 1; numbers before the softmax go to 'scores:'"
    if len(row) > FEW_KEYS:
        return "weights are shares of 1: divide each by 100"
    return f"write {notes.listed(numerals.compact(share, numerals.MOST_DECIMALS) for share in shares)}"
