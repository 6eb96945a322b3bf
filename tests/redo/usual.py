"""What pictures of most kinds say alike, read once for all readers: sentences above, notes below, heads worked out."""

from __future__ import annotations

import re
from math import sqrt

import numpy as np

from redo import calculator
from redo.calculator import Exact, Operation
from redo.given import Block, is_name, names
from redo.page import Ledger, Table, Text, blocks, caption, is_rule, items, table

ABOVE = r"^(?:Sentence|Queries|Keys|Input): "
ELIDED = ABOVE + r"\"(.*) (?:…|\.\.\.)\" \((\S+) more \w+\)$"
LEGEND = r"^\S+(?:…|\.\.\.)\S* = \S+$"


class Usual:
    """The texts that a kind need not read by itself, and what they say is done to its scores."""

    def __init__(self, block: Block, ledger: Ledger, title: str = "") -> None:
        """`title` is what the kind has for one where its author gives none."""
        self.block, self.ledger, self.title = block, ledger, title
        self.operations: list[Operation] = []
        self.heads: list[Exact] = []
        self.slack: list[float] = []
        """What floats may change of a weight, by head."""
        self.words: list[Text] = []
        """What says the picture in words: its caption and its text alternative."""

    def rest(self) -> list[Table | Text]:
        """The tables and the paragraphs of the kind's own, in their order; the heads are worked out then."""
        rows, self.words = caption(self.ledger, self.block.options.get("caption", False))
        found: list[Table | Text] = []
        for each in blocks(self.ledger, rows):
            if is_rule(self.ledger.lines[each[0]]):
                found.append(table(self.ledger, each))
            else:
                found += [text for text in items(self.ledger, each) if not self.reads(text)]
        self.work()
        return found

    def work(self) -> None:
        """Works all heads out, by what is told of their scores."""
        self.ledger.apart = bool(self.block.illustrative)
        self.heads = [worked(self.block, number, self.operations) for number in range(len(self.block.heads))]
        for each, given in zip(self.heads, self.block.heads, strict=True):
            self.slack.append(min(1.0, calculator.noise(given, each.scores)[-1]) if each.scores else 0.0)

    def reads(self, text: Text) -> bool:
        """Whether this is one of the usual texts, whose numerals are checked then."""
        ledger, block, said = self.ledger, self.block, text.text
        if not said or said == block.options.get("title", self.title):
            return True
        if re.match(ABOVE, said):
            if elided := text.search(ELIDED):
                tokens = block.keys if said.startswith("Keys") else block.tokens
                ledger.equal(elided[1].numerals()[0], len(tokens) - len(elided[0].text.split()), "count")
            return True
        told = notes_of(block, ledger, text)
        if isinstance(told, Operation):
            self.operations.append(told)
        if told is not False:
            return True
        if said.startswith("Illustrative"):
            size = -1 if block.embeddings is None else block.embeddings.shape[1]
            ledger.equal(text.numerals()[0], size, "count")
            return True
        if re.match(LEGEND, said.split("  ")[0]):
            for piece in re.split(r"\s{2,}", said):
                short, _, full = piece.partition(" = ")
                known = {*names(block.tokens), *names(block.keys)}
                ledger.holds(full in known and is_name(short, full), "legend", piece)
            return True
        return self._mask(text)

    def _mask(self, text: Text) -> bool:
        """What is said of a mask."""
        ledger, allowed, mask = self.ledger, self.block.allowed, self.block.options.get("mask")
        numerals = text.numerals()
        if text.text.startswith("Masked: "):
            ledger.equal(numerals[0], int((~allowed).sum()), "count")
            ledger.equal(numerals[1], allowed.size, "count")
        elif text.text.startswith("Window of "):
            size = mask["window"] if isinstance(mask, dict) else -1
            ledger.equal(numerals[0], size, "option")
            for numeral in numerals[1:]:
                ledger.equal(numeral, size - 1, "option")
            if "itself only" in text.text:
                ledger.holds(size == 1, "mask", text)
        elif text.text.startswith("Causal mask: "):
            ledger.holds(mask == "causal", "mask", text, mask)
        else:
            return False
        return True


def notes_of(block: Block, ledger: Ledger, text: Text) -> Operation | bool | None:
    """A note on what was done to the scores: its operation; False where it is no such note."""
    said, options = text.text, block.options
    match = re.match(r"(Scale|Temperature|Softcap) ([\d.e+-]*\d): scores (?:become|are) (.*)$", said)
    if not match:
        return False
    name, number = match[1].lower(), float(match[2])
    for numeral in text.numerals():
        ledger.checked(numeral, numeral.value == options.get(name), "option", options.get(name), "quoted")
    how = match[3]
    if how.startswith("multiplied"):
        return Operation(name, lambda score: score * number)
    if how.startswith("divided"):
        return Operation(name, lambda score: score / number)
    if "tanh" in how or "between it and its negative" in how:
        if "tanh" not in how:
            ledger.finding("softcap without its formula", said, "c × tanh(score / c)")
        cap = number or options.get("softcap", 1.0)
        return Operation(name, lambda score: cap * np.tanh(score / cap))
    ledger.not_read(text)
    return None


def worked(block: Block, number: int, operations: list[Operation]) -> Exact:
    """A head in full precision; where no scale is told, a dot product is divided by the root of its length."""
    head = block.heads[number]
    told = list(operations)
    if head.query is not None and not any(each.said == "scale" for each in told):
        root = sqrt(head.query.shape[1])
        told.insert(0, Operation("scale", lambda score: score / root))
    return calculator.exact(block, head, told)
