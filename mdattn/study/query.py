"""One query, worked out once for every kind that follows one.

Floor 2, shared by the kinds. `study_of` goes from options to traces, `heads_of` from those to plain numbers: of each
head what the query meets and what comes out, in full precision or, under `arithmetic: shown`, as a pencil writes it
down. What of it is printed, and with how many decimals, a kind knows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

from mdattn import numerals
from mdattn.attention import Trace, Weighing, ties
from mdattn.attention.scores import steps_of
from mdattn.errors import OptionError
from mdattn.options import Attention, Remarks, doc
from mdattn.study import notes
from mdattn.study.attended import TIED_NAMES
from mdattn.study.heads import WRITTEN_DECIMALS, HeadStudy, Study, refuse_long_work, study
from mdattn.study.names import distinct_in_both
from mdattn.study.tokens import query_of

if TYPE_CHECKING:
    from mdattn.attention.pencil import Working

Vector = Sequence[float]


class QueryOptions(Attention, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The options of the kinds that follow one query."""

    query: Annotated[
        int | str | None,
        doc("the token that attends: the token, its position from 0, or `word#2`", "a token, a position or word#2"),
    ] = None
    arithmetic: Annotated[
        Literal["exact", "shown"],
        doc("`exact`: full precision; `shown`: each step uses the numbers printed before it", "'exact' or 'shown'"),
    ] = "exact"
    remarks: Remarks = "all"


class QueryHead(NamedTuple):
    """What one head makes of the query, in plain numbers, for all n_key keys."""

    title: str
    """`Head 2 of 3: name`; "" of a single head."""
    trace: Weighing
    query: Vector  # [d_k], empty where scores or weights are given
    allowed: list[bool]
    weights: Vector
    output: Vector  # [d_v], empty without values
    working: Working | None
    """What the pencil wrote down, from vectors or from scores: of `shown` arithmetic."""

    @property
    def top(self) -> tuple[int, ...]:
        """Where the largest weight stands; nowhere if every key is masked."""
        return ties(self.weights)

    @property
    def scores(self) -> Sequence[Vector]:
        """[step + 1][n_key]: before the steps, and after each; none where weights are given."""
        return self.working.scores if self.working else [each[0, 0].tolist() for each in self.trace.scores]

    def vectors(self, axis: Literal["key", "value"], places: Sequence[int]) -> list[Vector]:
        """The keys or the values of these places; those that the pencil left alone as they are."""
        working, trace = self.working, self.trace
        if axis == "key":
            rows, array = working.keys if working else (), trace.key if isinstance(trace, Trace) else None
        else:
            rows, array = (working.values or ()) if working else (), trace.value
        if rows:
            return [rows[place] for place in places]
        kept: list[Vector] = [] if array is None else array[0][list(places)].tolist()
        return kept


class QueryNames(NamedTuple):
    """What query and keys are called, in full; of equal words the second is `the#2`."""

    keys: tuple[str, ...]
    query: str
    itself: int | None
    """The key that is the query's own; None in cross-attention."""


def study_of(options: QueryOptions) -> Study:
    """The options carried out, for the one query that they name. Raises OptionError."""
    found = study(options, query=query_of(options, options.query))
    if options.arithmetic == "shown":
        refuse_long_work(found)
    return found


def named(found: Study) -> QueryNames:
    """The names of the keys and of the query."""
    assert found.query is not None
    queries, keys = distinct_in_both(found.tokens, found.key_tokens)
    return QueryNames(keys, queries[found.query], found.itself)


def heads_of(options: QueryOptions, found: Study) -> tuple[QueryHead, ...]:
    """Each head, computed as the option `arithmetic` says. Raises OptionError where a pencil comes to nothing."""
    count = len(found.heads)
    return tuple([_head(options, head, head.title(number, count)) for number, head in enumerate(found.heads, 1)])


def _head(options: QueryOptions, head: HeadStudy, title: str) -> QueryHead:
    trace = head.trace
    allowed: list[bool] = trace.allowed[0, 0].tolist()
    if options.arithmetic == "shown" and trace.scores:
        working = _with_pencil(options, trace, allowed)
        return QueryHead(title, trace, working.query, allowed, working.weights, working.output, working)
    query: Vector = trace.query[0, 0].tolist() if isinstance(trace, Trace) else []
    weights: Vector = trace.weights[0, 0].tolist()
    output: Vector = [] if trace.output is None else trace.output[0, 0].tolist()
    if options.arithmetic == "shown":
        weights, output = _shown_sum(weights, [] if trace.value is None else trace.value[0].tolist(), options.decimals)
    return QueryHead(title, trace, query, allowed, weights, output, None)


def _with_pencil(options: QueryOptions, trace: Weighing, allowed: list[bool]) -> Working:
    """The head worked out from its vectors, or from its scores, each number rounded before it is used."""
    from mdattn.attention.pencil import work  # Rarely asked for.

    query = key = scores = None
    if isinstance(trace, Trace):
        query, key = trace.query[0, 0].tolist(), trace.key[0].tolist()
    elif trace.dot_products is not None:
        scores = trace.dot_products[0, 0].tolist()
    try:
        return work(
            query,
            key,
            None if trace.value is None else trace.value[0].tolist(),
            allowed=allowed,
            steps=steps_of(options, len(query) if query else None, options.decimals),
            decimals=options.decimals,
            arithmetic="shown",
            scores=scores,
        )
    except ValueError as error:
        raise OptionError("arithmetic", f"'shown' cannot be worked out here: {error}", "use 'exact'") from None


def _shown_sum(weights: Vector, value: Sequence[Vector], decimals: int) -> tuple[Vector, Vector]:
    """Weights [n_key] that are given, and the sum of values [n_key, d_v], each number rounded before it is used."""
    keep = numerals.rounded
    kept = [keep(weight, decimals) for weight in weights]
    if not value:
        return kept, []
    rows = [
        [keep(weight * keep(each, decimals), decimals) for each in row] for weight, row in zip(kept, value, strict=True)
    ]
    return kept, [keep(sum(column), decimals) for column in zip(*rows, strict=True)]


def vector_decimals(options: QueryOptions, written: int, most: int = WRITTEN_DECIMALS) -> int:
    """Decimals of vectors that have so many: all of them, if they are few."""
    if options.arithmetic == "shown":
        return min(written, options.decimals)
    return written if written <= most else max(options.decimals, 1)


def printed_as_given(found: Study, head: QueryHead, decimals: int) -> bool:
    """Whether the weights were given, and lose no digit in print: what they add up to is not of our rounding."""
    weights: Vector = head.trace.weights[0, 0].tolist()
    return found.basis == "weights" and all(numerals.rounded(each, decimals) == each for each in weights)


# Rounding -------------------------------------------------------------------------------------------------------------


def of_rounding(
    options: QueryOptions, totals: Mapping[int, str], redone: str, root: str = "", given: bool = False
) -> str:
    """The one line of a picture that is about rounding; "" where it hides nothing.

    `totals` is what the weights of each head add up to as printed, by its number from 1, 0 of a single one; `redone`
    what a reader comes to from the printed numbers, where that is not what is printed; `root` what else is rounded;
    `given` whether the weights that do not add up are printed as they were given.
    """
    told = [_unequal(totals), f"from the printed numbers, {redone}" if redone else ""]
    told = [each for each in told if each] if options.remarks == "all" else []
    if options.arithmetic == "shown":
        rounded = f"Each number is rounded to {notes.counted(options.decimals, 'decimal')} before the next step uses it"
        return "; ".join([rounded + root, *told]) + "."
    lead = ""
    if given and told and (unequal := _unequal(totals)):
        lead, told = f"As given, {unequal}. ", told[1:]
    return f"{lead}Computed in full precision, rounded when printed: {', and '.join(told)}." if told else lead.strip()


def _unequal(totals: Mapping[int, str]) -> str:
    """`the weights add up to 99 %`, of those heads where they do not add up to 100 %."""
    other = {number: total for number, total in totals.items() if total != notes.WHOLE}
    if len(other) > TIED_NAMES:
        return f"the weights of {len(other)} heads do not add up to 100 %"
    if other == {0: notes.NOTHING}:
        return "each weight rounds to 0"
    heads = [total + (f" in head {number}" if number else "") for number, total in other.items()]
    return f"the weights add up to {notes.listed(heads)}" if heads else ""
