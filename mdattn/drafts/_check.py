"""What a check has to say: which diagram of which draft is not in its result, and where the two begin to differ."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from mdattn.blocks import NAME
from mdattn.drafts._findings import Finding
from mdattn.drafts._plan import Plan, leftovers
from mdattn.errors import Diagnostic, Drift

if TYPE_CHECKING:
    from mdattn.document import Placed
    from mdattn.drafts._compute import Change, Outcome
    from mdattn.drafts._lines import Match

_CURE = "run again without --check"


def compare(plan: Plan, outcome: Outcome, destination: str, suffix: str | None) -> list[Finding]:
    """An error for each diagram that its result does not hold as its block gives it today, in the place of the block.

    Where a result is missing, or differs elsewhere, the error is the draft's. Notes on leftovers follow.
    """
    stale = [Finding(change.draft.name, each) for change in outcome.changes for each in _stale(change)]
    return stale + leftovers(plan, destination, suffix)


def _stale(change: Change) -> Iterator[Diagnostic]:
    from mdattn.blocks import split  # Only a difference needs these.
    from mdattn.drafts._lines import edits, matches

    result = change.draft.result_name
    if change.old is None:
        yield Diagnostic(None, f"{result} is missing", _CURE)
        return
    old, new = (split(data.decode("utf-8", "surrogateescape")) for data in (change.old, change.new))
    found = matches(old, new)
    places = [_place(each, new) for each in change.placed]
    ends = [each.stop for each in places]
    touched: dict[int, None] = {}
    elsewhere: int | None = None
    for edit in edits(found):
        owned = False
        number = bisect_right(ends, edit.new_first)
        while number < len(places) and places[number].start < edit.new_end:
            touched[number] = None
            owned |= places[number].start <= edit.new_first and edit.new_end <= places[number].stop
            number += 1
        if not owned and elsewhere is None:
            elsewhere = edit.old_first + 1
    if elsewhere is not None:
        yield Diagnostic(None, f"{result} is not what this document gives today, from line {elsewhere} on", _CURE)
    for number in touched:
        placed = change.placed[number]
        drift = _drift(placed, old, new, found)
        yield Diagnostic(
            placed.position, f"the diagram in {result} is not what this block gives today", _CURE, drift=drift
        )


def _place(placed: Placed, new: Sequence[str]) -> range:
    """The lines of a result that are a diagram's: it, its fence, and the checksum that may follow."""
    end = placed.first_line + len(placed.lines)
    checksum = end < len(new) and f"/{NAME}" in new[end]
    return range(placed.first_line - 2, end + checksum)


def _drift(placed: Placed, old: Sequence[str], new: Sequence[str], found: Sequence[Match]) -> Drift | None:
    """Where what stands in the diagram's place begins to differ from it; None if only what is around it does."""
    first, end = placed.first_line - 1, placed.first_line - 1 + len(placed.lines)
    drawn = zip(new[first:end], placed.lines, strict=True)
    prefix = next((line.rstrip("\r\n").removesuffix(text) for line, text in drawn if text), "")
    there = (line.rstrip("\r\n") for line in old[_old_place(found, first) : _old_place(found, end)])
    return Drift.between(["" if line == prefix.rstrip() else line.removeprefix(prefix) for line in there], placed.lines)


def _old_place(found: Sequence[Match], new: int) -> int:
    """Where in the old lines begins what begins at a line of the new ones, as far as one can say in an edit."""
    number = bisect_right(found, new, key=lambda run: run.new) - 1
    if number < 0:
        return min(new, found[0].old)
    run = found[number]
    place = run.old + new - run.new
    return place if new <= run.new + run.length else min(place, found[number + 1].old)
