"""Reads a ranking, the example of CONTRIBUTING: of each head a sentence, a table of keys and weights, what is left."""

from __future__ import annotations

from typing import Any

from redo import claims
from redo.given import Block, is_name, names
from redo.page import Ledger, Table, Text
from redo.usual import Usual

ATTENDS = r"^(?:Head (\d+) of (\d+): )?(?:[^\"']*: )?[\"']([^\"']+)[\"'] (attends .*)$"


def read(options: dict[str, Any], ledger: Ledger) -> None:
    block = Block(options)
    usual = Usual(block, ledger, title="RANKING")
    query, number, listed = block.query, -1, 0
    seen = [key for key, may in enumerate(block.allowed[query]) if may]
    sorted_: list[float] = []
    for part in usual.rest():
        if isinstance(part, Table):
            listed = _ranked(ledger, part, block, usual, number, sorted_)
            ledger.holds(listed == min(options.get("top", 3), len(seen)), "count", part, len(seen))
        elif said := part.search(ATTENDS):
            number += 1
            _attends(ledger, said, block, usual, number)
            sorted_ = sorted((usual.heads[number].weights[query, key] for key in seen), reverse=True)
        elif more := part.search(r"^(?:…|\.\.\.) (\d+) more keys?, (\S+) at most$"):
            ledger.equal(more[0].numerals()[0], len(seen) - listed, "count")
            ledger.rounds(more[1].numerals()[0], sorted_[listed], "weight", usual.slack[number])
        else:
            ledger.not_read(part)
    for words in usual.words:
        for at, each in enumerate(words.split(r"(?<=\.) (?=Head \d)")):
            if said := each.search(ATTENDS):
                _attends(ledger, said, block, usual, at)
            else:
                ledger.not_read(each)
    ledger.apart = False


def _attends(ledger: Ledger, said: list[Text], block: Block, usual: Usual, number: int) -> None:
    """`Head 1 of 2: "sat" attends most to itself, 0.20.`: which head, which query, and what is true of its weights."""
    for text, value in zip(said[:2], (number + 1, len(block.heads)), strict=True):
        for numeral in text.numerals():
            ledger.equal(numeral, value, "count")
    ledger.holds(is_name(said[2].text.replace(" ", ""), names(block.tokens)[block.query]), "name", said[2])
    weights = usual.heads[number].weights[block.query].tolist()
    if not claims.attends(ledger, block, said[3], block.query, weights, block.decimals, usual.slack[number]):
        ledger.not_read(said[3])


def _ranked(ledger: Ledger, table: Table, block: Block, usual: Usual, number: int, sorted_: list[float]) -> int:
    """How many keys are listed: each once, with the weight of its rank."""
    weights, slack, taken = usual.heads[number].weights[block.query], usual.slack[number], set[int]()
    for (label, weight), value in zip(table.rows, sorted_, strict=False):
        ledger.rounds(weight.numerals()[0], value, "weight", slack)
        places = [place for place, name in enumerate(names(block.keys)) if is_name(label.text, name)]
        right = [place for place in places if abs(weights[place] - value) <= 2e-9 + slack and place not in taken]
        ledger.holds(bool(right), "rank", label, value)
        taken.update(right[:1])
    return len(table.rows)
