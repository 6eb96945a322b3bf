"""What sentences say of one query's weights: that it attends only, most, alike; and what is true of that."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from redo.given import Block, is_name, names
from redo.page import Ledger, Numeral, Text, is_percent, kept, rounds, shown

Printed = Callable[[float], str]

NAMES = r"(?:itself|(?:\d+ )?[\"'][^\"']+[\"'])"
LIST = rf"{NAMES}(?:, {NAMES})*(?: and {NAMES})?"


def positions(block: Block, text: str, query: int) -> list[list[int]]:
    """Of each name of a list the positions that it may stand for."""
    found = []
    for each in re.findall(NAMES, text):
        if each == "itself":
            found.append([query])
            continue
        number, name = re.match(r"(?:(\d+) )?[\"']([^\"']+)[\"']", each).groups()  # type: ignore[union-attr]
        name = name.replace(" ", "")  # A long word is divided between two lines.
        if number:
            found.append([int(number) - 1])
        else:
            found.append([place for place, full in enumerate(names(block.keys)) if is_name(name, full)])
    return found


def largest(weights: Sequence[float], may: Sequence[bool], decimals: int) -> list[int]:
    """Where the largest weight stands, as printed."""
    seen = [kept(weight, decimals) for weight, can in zip(weights, may, strict=True) if can]
    return [place for place, weight in enumerate(weights) if may[place] and kept(weight, decimals) == max(seen)]


def weights_add_up(ledger: Ledger, said: Text | None, totals: dict[int, str], quiet: bool) -> None:
    """What the one line about rounding says of the weights; `totals`, in percent, by head, 0 where there is one.

    A total of 0 may be told otherwise; `quiet` is whether nothing need be said.
    """
    other = {number: total for number, total in totals.items() if float(total) != 100}
    some = {number: total for number, total in other.items() if float(total)}
    if said is None or not said.text.startswith(("the weights", "each weight")):
        ledger.holds(not some or quiet, "adds up, and no line tells", some, 100)
        return
    numerals = said.numerals()
    if said.text.startswith("each weight rounds to 0"):
        ledger.checked(numerals[0], all(not float(total) for total in totals.values()), "adds up", totals)
    elif said.text.startswith("the weights of "):
        ledger.checked(numerals[0], len(some) <= numerals[0].value <= len(other), "count", other)
        ledger.checked(numerals[1], numerals[1].text == "100", "adds up", 100)
    else:
        told = {}
        for match in re.finditer(r"([\d.]+) %(?: in head (\d+))?", said.text):
            total, *head = [each for number in (1, 2) if match[number] for each in said.group(match, number).numerals()]
            number = int(head[0].value) if head else 0
            told[number] = total.text
            ledger.checked(total, other.get(number) == total.text, "adds up", other)
            for each in head:
                ledger.checked(each, number in other, "adds up", other)
        ledger.holds(some.keys() <= told.keys() <= other.keys(), "adds up", said, other)


def attends(
    ledger: Ledger, block: Block, text: Text, query: int, weights: Sequence[float], decimals: int, slack: float
) -> bool:
    """Checks a sentence from "attends" on; whether it was one."""
    may = block.allowed[query].tolist()
    said = re.sub(r"\s+", " ", text.text).replace('" ,', '",').strip().rstrip(".;")
    shares = []
    for each in text.numerals():
        behind = text.text[_at(text, each) + len(each.text) :]
        if text.text[: _at(text, each)].count('"') % 2:  # Of a name that is divided: `baa#` and `2`.
            ledger.checked(each, True, "name", behind, "quoted")
            continue
        name = re.match(r" [\"']([^\"']+)[\"']", behind)
        if name:  # `3 "debugged"`: the third key
            there = 0 < each.value <= len(block.keys) and is_name(
                name[1].replace(" ", ""), block.keys[int(each.value) - 1]
            )
            ledger.checked(each, there, "number of a key", behind)
        else:
            shares.append(each)
    top = largest(weights, may, decimals) if any(may) else []
    first = max(weights, default=0.0)
    printed = [shown(weight, decimals) for weight in weights]

    def alike(expected: list[int]) -> bool:
        return set(expected) <= set(top) or all(abs(weights[each] - first) <= slack + 1e-9 for each in expected)

    def share() -> None:
        for each in shares:
            after = text.text[_at(text, each) + len(each.text) :].lstrip()
            one = is_percent if after.startswith("%") else rounds
            near = [weights[place] for place in top] or [first]
            ledger.checked(each, any(one(each.text, weight, slack) for weight in near), "share", near)

    if re.match(r"attends to nothing", said):
        ledger.holds(not any(may), "nothing", said, "not every key is masked")
        return True
    match = re.match(r"attends to (\d+) keys, but each weight rounds to 0", said)
    if match:
        seen, nothing = shares
        ledger.checked(seen, seen.value == sum(may), "alike", sum(may))
        ledger.rounds(nothing, first, "share", slack)
        return True
    match = re.match(rf"attends (only|almost only|most)? ?to ({LIST})( alike)?(?:,| \(|$)", said) or re.match(
        rf"attends (only|almost only|most)? ?to ({LIST})( alike)?", said
    )
    if match:
        how, listed, same = (match[1] or "").strip(), match[2], bool(match[3])
        named = positions(block, listed, query)
        for places in named:
            ledger.holds(any(alike([each]) for each in places), "most", said, f"the largest stands at {top}")
        if how == "only":
            others = [place for place, can in enumerate(may) if can and [place] not in named and place not in named[0]]
            zero = all(kept(weights[place], 9) == 0 for place in others)
            ledger.holds(zero, "only", said, "another key has a share")
            unmasked = any(weights[place] > 0 for place in others)
            ledger.holds(not unmasked, "only, beside keys that are not masked", said, "another key is not masked")
        elif how == "almost only":
            rest = [weights[place] for place, can in enumerate(may) if can and place not in top]
            slight = any(rest) and kept(max(rest), max(decimals, 2)) == 0
            ledger.holds(slight or slack > 1e-9, "almost only", said, max(rest, default=0.0))
        elif same:
            ledger.holds(len(named) == len(top) or slack > 1e-9, "alike", said, f"{len(top)} keys are alike")
            if not how:
                ledger.holds(len(top) == sum(may) or slack > 1e-9, "alike", said, "and others have a share")
        else:
            equal = [place for place, can in enumerate(may) if can and printed[place] == printed[top[0]]] if top else []
            word = "most, where others print the same" if how == "most" else "no word, where"
            if how == "most":
                ledger.holds(len(equal) == 1 or slack > 1e-9, word, said, f"{len(equal)} keys print {printed[top[0]]}")
        share()
    if match:
        return True
    match = re.match(r"attends (most )?to (?:all )?(\d+) keys alike", said)
    if match:
        for number in [each for each in shares if each.text == match[2]][:1]:
            shares.remove(number)
            ledger.checked(number, number.value == len(top) or slack > 1e-9, "alike", len(top))
        if not match[1]:
            ledger.holds(len(top) == sum(may) or slack > 1e-9, "alike", said, "others have a share")
        share()
        return True
    return False


def _at(text: Text, numeral: Numeral) -> int:
    return text.places.index((numeral.row, numeral.column))
