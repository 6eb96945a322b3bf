"""Reads steps: equations from left to right, each side worked out from the numbers printed in it."""

from __future__ import annotations

import re
from math import exp, sqrt
from typing import Any, NamedTuple

import numpy as np

from redo import calculator, claims
from redo.calculator import Operation
from redo.flow import by_options
from redo.given import Block, Head, is_name, names, placed
from redo.page import Ledger, Numeral, Table, Text, blocks, caption, is_rule, is_walled, kept, shown, table

SIGNS = r" (=|≈|~) "
SCALED = r"[/×x] "
LEGEND = r"^\S+(?:…|\.\.\.)\S* = \S+$"


class Part:
    """A step of one head: its heading, all that stands below it in one line, and its table."""

    def __init__(self, heading: Text) -> None:
        self.heading = heading
        self.rows: list[Text] = []
        self.tables: list[Table] = []


class Reader:
    def __init__(self, block: Block, ledger: Ledger) -> None:
        self.block, self.ledger = block, ledger
        self.shown = block.options.get("arithmetic") == "shown"
        self.finer = block.decimals if self.shown else max(block.decimals, 2)
        self.all = names(block.keys)
        self.heads: list[HeadReader] = []
        self.others: list[Text] = []
        self.closing: list[Text] = []
        self.differing: list[str] = []

    def read(self) -> None:
        ledger = self.ledger
        rows, sentences = caption(ledger, self.block.options.get("caption", False))
        current: Part | None = None
        head: HeadReader | None = None
        for row in rows:
            line, text = ledger.lines[row], ledger.line(row).strip()
            if not text or is_rule(line):
                continue
            if self._table_row(row):
                continue
            if re.match(r"[│|]", text.text):
                text = text.part(1, len(text.text) - 1).strip()
                if not text:
                    continue
            said = text.text
            if re.match(r"Head \d+ of \d+", said) and not line.startswith(" ") and not self.others:
                head = self._head(text)
                current = None
            elif re.match(r"Step \d+: ", said):
                head = head or self._head(None)
                current = Part(text)
                head.parts.append(current)
            elif re.match(r"The other \S+ heads? in", said):
                self.others.append(text)
                current = None
            elif re.match(r"Each number is rounded|As given|Computed in full|Illustrative", said) or (
                self.closing or re.match(r"\S+(?:…|\.\.\.)\S* =( \S+)?$", said)
            ):
                self.closing.append(text)
            elif re.match(r"Heads side by side", said) or (self.others and not current):
                self.others.append(text)
                current = None
            elif current is not None:
                current.rows.append(text)
            elif other := text.search(r"^The other (\S+) keys? in the\b"):
                head = head or self._head(None)
                head.other = other[0].numerals()[0]
            else:
                self._opening(text)
        for each in self.heads:
            each.prepare()
        for each in self.heads:
            each.check(self._tables())
        self.totals = {each.number + 1 if len(self.block.heads) > 1 else 0: each.added_up() for each in self.heads}
        self._others()
        self._closing()
        for sentence in sentences:
            self._alternative(sentence)

    def _head(self, title: Text | None) -> HeadReader:
        found = HeadReader(self, len(self.heads))
        self.heads.append(found)
        found.start = title.places[0][0] if title else 0
        if title:
            first, second = title.numerals()[:2]
            self.ledger.equal(first, len(self.heads), "count")
            self.ledger.equal(second, len(self.block.heads), "count")
        return found

    def _table_row(self, row: int) -> bool:
        return any(row in each for each in self._blocks())

    def _blocks(self) -> list[list[int]]:
        """The rows of each table: ruled, and with a column of keys."""
        if not hasattr(self, "_found"):
            found = []
            for each in blocks(self.ledger, range(len(self.ledger.lines))):
                heads = next((self.ledger.lines[row] for row in each if is_walled(self.ledger.lines[row])), "")
                if re.match(r"[│|] Key +[│|]", heads):
                    found.append(each)
            self._found = found
        return self._found

    def _tables(self) -> list[tuple[int, Table]]:
        return [(rows[0], table(self.ledger, rows)) for rows in self._blocks()]

    def _opening(self, text: Text) -> None:
        """`Given: query "sat", keys "The", … 4 more`, in several lines, and what is projected."""
        for match in re.finditer(r"step(?: (\d+):|$)|^(\d+): (?:query|key|value)", text.text):
            for numeral in text.group(match).numerals():
                self.ledger.equal(numeral, 1, "count")
        more = text.search(r"(?:…|\.\.\.) (\S+) more")
        if more:
            given = " ".join(self.ledger.lines[: text.places[-1][0] + 1])
            count = len(re.findall(r'"[^"]+"', given[given.index("keys") :]))
            self.ledger.equal(more[0].numerals()[0], len(self.all) - count, "count")

    def _others(self) -> None:
        if not self.others:
            return
        whole = self.ledger.joined(self.others)
        together = [each for head in self._all_heads() for each in head.output]
        for text in whole.split(r"(?= (?:Head \d+ of|Heads side))"):
            said = text.text.strip()
            if said.startswith("The other"):
                self.ledger.equal(text.numerals()[0], len(self.block.heads) - len(self.heads), "count")
            elif said.startswith("Heads side"):
                self._vector(text, together)
            else:
                numbers = text.numerals()
                head = self._all_heads()[min(int(numbers[0].value), len(self.block.heads)) - 1]
                if "Output" in said:
                    text, output = text.split(r" Output = ")
                    self._vector(output, head.output)
                self.ledger.equal(numbers[0], self._next(), "count")
                self.ledger.equal(numbers[1], len(self.block.heads), "count")
                inner = text.part(text.text.index(" attends") + 1, len(text.text))
                weights, slack = head.weights, head.slack
                if not claims.attends(self.ledger, self.block, inner, self.block.query, weights, self.finer, slack):
                    self.ledger.not_read(text)

    def _next(self) -> int:
        self.told = getattr(self, "told", len(self.heads)) + 1
        return self.told

    def _all_heads(self) -> list[HeadReader]:
        for number in range(len(self.heads), len(self.block.heads)):
            if not hasattr(self, "more"):
                self.more: list[HeadReader] = []
            if len(self.more) < len(self.block.heads) - len(self.heads):
                found = HeadReader(self, number)
                found.operations = self.heads[0].operations
                found.work()
                self.more.append(found)
        return [*self.heads, *getattr(self, "more", [])]

    def _vector(self, text: Text, values: list[float], slack: float = 0.0) -> None:
        numerals = text.numerals()
        if text.search(r"(?:…|\.\.\.) (\d+) more\]"):
            last = numerals.pop()
            self.ledger.equal(last, len(values) - len(numerals), "count")
        else:
            self.ledger.holds(len(numerals) == len(values), "count", text, len(values))
        slack = max(each.slack for each in self._all_heads()) * max((abs(v) for v in values), default=0.0)
        for numeral, value in zip(numerals, values, strict=False):
            self.ledger.rounds(numeral, value, "vector", slack)

    def _closing(self) -> None:
        block, ledger = self.block, self.ledger
        whole = ledger.joined(self.closing)
        starts = r" (?=Each number is|As given|Computed in full|Illustrative|\S+(?:…|\.\.\.)\S* = )"
        found, weights = False, None
        for text in whole.split(starts):
            said = text.text
            numerals = text.numerals()
            if said.startswith("Each number is"):
                ledger.equal(numerals[0], block.decimals, "count")
                after = text.search(r"; (.*)$")
                weights = after[0] if after else None
            elif said.startswith("Illustrative"):
                size = -1 if block.embeddings is None else block.embeddings.shape[1]
                ledger.equal(numerals[0], size, "count")
            elif said.startswith("As given, "):
                weights = text.part(len("As given, "), len(said))
            elif said.startswith("Computed in full"):
                adds_up, redone = _parts(text)
                weights = weights or adds_up
                if redone:
                    found = True
                    self._differing(redone)
            elif re.match(LEGEND, said):
                short, _, full = said.partition(" = ")
                ledger.holds(full in {*self.all, *names(block.tokens)} and is_name(short, full), "legend", said)
            else:
                ledger.not_read(text)
        quiet = block.options.get("remarks") == "none"
        claims.weights_add_up(ledger, weights, {at: total for at, total in self.totals.items() if total}, quiet)
        noisy = any(each.slack > 1e-9 for each in self._all_heads())
        if not found and block.options.get("remarks") != "none":
            ledger.holds(not self.differing or noisy, "last digits that no line tells", self.differing[:2])

    def _differing(self, text: Text) -> None:
        ledger = self.ledger
        count = text.search(r"(\d+) last digits would differ")
        noisy = any(each.slack > 1e-9 for each in self._all_heads())
        if count:
            numeral = count[0].numerals()[0]
            true = numeral.value == len(self.differing) or noisy
            ledger.checked(numeral, true, "last digits", len(self.differing))
            return
        # `0.3 × 0.2 would be 0.07 and the sum of exp would be 8.78`
        told = text.text.rstrip(".")
        for piece in re.split(r", | and (?=[\d\-(tx]|exp)", told):
            ledger.holds(_squeezed(piece) in self.differing or noisy, "would be", piece, self.differing)
        for numeral in text.numerals():
            true = any(numeral.text.lstrip("-") in each for each in self.differing)
            ledger.checked(numeral, true or noisy, "would be", self.differing)
        # What stands in several lines is told once: it is true of each of them.
        listed = len(re.findall("would be", told))
        ledger.holds(listed == len({*self.differing}) or noisy, "last digits", told, self.differing)

    def _alternative(self, text: Text) -> None:
        block, ledger = self.block, self.ledger
        head = self.heads[0] if self.heads else HeadReader(self, 0)
        may = block.allowed[block.query].tolist()
        if text.text.startswith("Every key is masked"):
            ledger.holds(not any(may), "nothing", text)
            return
        output = text.search(r" The output is (.*)$")
        if output:
            self._vector(output[0], head.output)
        heads = text.search(r"in (\d+) heads.*?in head (\d+),")
        if heads:
            ledger.equal(heads[0].numerals()[0], len(block.heads), "count")
            ledger.equal(heads[1].numerals()[0], 1, "count")
        places = [place for place, can in enumerate(may) if can]
        if "largest weights" in text.text:
            places = sorted(places, key=lambda place: -kept(head.weights[place], 9))[:3]
        shares = re.finditer(r"(\d[\d.]*) for '([^']+)'", text.text)
        for place, match in zip(places, shares, strict=False):
            ledger.rounds(text.group(match, 1).numerals()[0], head.weights[place], "share", head.slack)
            near = [p for p in places if self.all[p] == match[2]]
            near = near or [p for p in places if is_name(match[2], self.all[p])]
            alike = any(abs(head.weights[p] - head.weights[place]) <= 1e-9 + head.slack for p in near)
            ledger.holds(alike, "most", match[0])


def _parts(text: Text) -> list[Text | None]:
    """What the line about rounding says of the weights, and of the printed numbers."""
    match = re.search(
        r"printed: (the weights .*?|each weight .*?)?(?:(?:, and )?from the printed numbers, (.*))?$", text.text
    )
    assert match
    return [text.group(match, number) if match[number] else None for number in (1, 2)]


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text).replace("x", "×")


class Told(NamedTuple):
    """How a step is written: what stands before and behind its number, and the decimals of that and of the result."""

    before: str
    behind: str
    decimals: int
    result: int


class HeadReader:
    def __init__(self, reader: Reader, number: int) -> None:
        self.reader, self.block, self.ledger = reader, reader.block, reader.ledger
        self.number, self.start = number, 0
        self.given: Head = reader.block.heads[min(number, len(reader.block.heads) - 1)]
        self.parts: list[Part] = []
        self.operations: list[Operation] = []
        self.scalings = 0
        self.told: dict[str, Told] = {}
        self.redone: set[int] = set()
        self.other: Numeral | None = None
        self.nothing: list[Numeral] = []
        self.scaled, self.turn = 0, 0
        """How many columns of its tables scale, and how many of them have been read."""
        self.summed: list[int] = []
        self.printed_weights: dict[int, Numeral] = {}
        self.weights_below: list[Numeral] = []
        self.below = 0
        """How many keys these are the weights of."""

    def prepare(self) -> None:
        """Takes the operations and their order from the steps, and works the head out."""
        ledger = self.ledger
        self.subtracted = False
        scoring = False
        self.texts = texts = list[Text]()
        for number, part in enumerate(self.parts, 1):
            ledger.equal(part.heading.numerals()[0], number, "count")
            text = ledger.joined(part.rows)
            nothing = text.search(r"(Each weight rounds to 0\.)")
            if nothing:
                self.nothing.append(nothing[0].numerals()[0])
                start = text.text.index(nothing[0].text)
                rest = text.part(start + len(nothing[0].text), len(text.text))
                text = ledger.joined([text.part(0, start), rest])
            other = text.search(r"(The other (\S+) keys? in the same way:)")
            if other:
                self.other = other[1].numerals()[0]
                text = text.part(0, text.text.index("The other "))
            text = text.strip()
            texts.append(text)
            kind = part.heading.text.partition(": ")[2]
            if kind.startswith(("Scale", "Divide", "Temperature")):
                scoring = True
                one = self._scaling(text)
                if one:
                    self.operations.append(one)
            elif kind.startswith(("Cap ", "Softcap")):
                scoring = True
                told = re.search(r"(-?[\d.e+-]+) [×x] tanh\(", text.text)
                cap = self.block.options.get("softcap", 1.0) if told is None else float(told[1])
                self.operations.append(Operation("softcap", lambda score, c=cap: c * np.tanh(score / c)))  # type: ignore[misc]
            elif "subtracted first" in text.text:
                self.subtracted = True
        if not scoring:
            self.operations = by_options(self.block, self.given, self.reader.shown)
        self.scoring = scoring
        self.work()

    def check(self, tables: list[tuple[int, Table]]) -> None:
        ledger = self.ledger
        for part, text in zip(self.parts, self.texts, strict=True):
            self._part(part.heading, text)
        after = [each.start for each in self.reader.heads[self.number + 1 :]]
        own = [found for row, found in tables if self.start <= row < (after[0] if after else 10**9)]
        self.scaled = sum(bool(re.match(SCALED, head.text)) for found in own for head in found.heads)
        for found in own:
            self._table(found)
        if self.other:
            first = next((found for row, found in tables if self.start <= row), None)
            rows = [] if first is None else first.rows
            more = [row[0].numerals()[0].value for row in rows if re.match(r"(?:…|\.\.\.) \S+ more", row[0].text)]
            ledger.equal(self.other, len(rows) - len(more) + sum(more), "count")
        for numeral in self.nothing:
            ledger.rounds(numeral, kept(max(self.weights), self.reader.finer), "each weight", self.slack)
        ledger.apart = False

    def work(self) -> None:
        block = self.block
        exact = calculator.exact(block, self.given, self.operations)
        row = block.query
        self.scores = [each[row if len(each) > 1 else 0].tolist() for each in exact.scores]
        self.weights = exact.weights[row if len(exact.weights) > 1 else 0].tolist()
        self.output = [] if exact.output is None else exact.output[row if len(exact.output) > 1 else 0].tolist()
        self.values = [] if self.given.value is None else self.given.value.tolist()
        self.rough = calculator.noise(self.given, exact.scores) or [0.0]
        self.slack = min(1.0, self.rough[-1])
        self.visible = block.allowed[row].tolist()
        subtracted = getattr(self, "subtracted", False)
        seen = [score for score, may in zip(self.scores[-1], self.visible, strict=True) if may] if self.scores else []
        self.top = max(seen) if seen and subtracted else 0.0
        if self.scores and (subtracted or not any(score > 700 for score in seen)):
            pairs = zip(self.scores[-1], self.visible, strict=True)
            self.exps = [exp(max(-745.0, score - self.top)) if may else 0.0 for score, may in pairs]
        else:
            self.exps = [0.0] * len(self.visible)
        self.total = sum(self.exps)
        self.query = [] if self.given.query is None else self.given.query[row].tolist()
        self.keys = [] if self.given.key is None else self.given.key.tolist()
        self.products = [[q * k for q, k in zip(self.query, key, strict=True)] for key in self.keys]
        self.parted = [[w * v for v in row_] for w, row_ in zip(self.weights, self.values, strict=False)]
        if self.reader.shown:
            told = subtracted or any("Softmax" in part.heading.text for part in self.parts)
            by_hand = calculator.pencil(block, self.given, self.operations, shift=subtracted if told else None)
            self.query, self.keys, self.products = by_hand.query, by_hand.keys, by_hand.products
            self.scores, self.weights, self.output = by_hand.scores, by_hand.weights, by_hand.output
            self.exps, self.top, self.total = by_hand.exps, by_hand.shift, by_hand.total
            self.values = by_hand.values or []
            self.parted = [
                [kept(w * v, block.decimals) for v in row_] for w, row_ in zip(self.weights, self.values, strict=False)
            ]
            self.slack, self.rough = 0.0, [0.0] * len(self.rough)

    def _scaling(self, text: Text) -> Operation | None:
        """`d_k = 3, so √d_k ≈ 1.73, temperature = 0.5`: what is done, in this order."""
        if "stay as they are" in text.text:
            return None
        start = text.text.partition('":')[0]
        steps: list[tuple[str, float]] = []
        for name, value, root in re.findall(
            r"(d_k|scale|temperature) = ([\d.e+-]*\d)(?:, so \S+(?: d_k)? [=≈~] ([\d.]+))?", start
        ):
            number = float(value)
            if name == "d_k":
                number = float(root) if self.reader.shown and root else sqrt(number)
            steps.append((name, number))

        def apply(score: float) -> float:
            for name, number in steps:
                score = score * number if name == "scale" else score / number
            return score

        return Operation("scale", apply) if steps else None

    # Parts

    def _part(self, heading: Text, text: Text) -> None:
        ledger, kind = self.ledger, heading.text.partition(": ")[2]
        printed = self.block.illustrative
        long = len(self.query) > 8 or len(self.reader.all) > 6
        ledger.apart = bool(printed) and (long or not any("Dot" in part.heading.text for part in self.parts))
        for numeral in heading.numerals()[1:]:
            known = [self.block.options.get("softcap"), dict_of(self.block.options.get("mask")).get("window")]
            ledger.checked(numeral, numeral.value in known, "option", known, "quoted")
        if kind.startswith("Dot product"):
            self._dots(text)
        elif kind.startswith(("Scale", "Divide", "Temperature")):
            self._scale(text)
        elif kind.startswith(("Cap ", "Softcap")):
            self._lines(text, "capped")
        elif kind.startswith(("Mask", "Causal mask")):
            self._mask(text)
        elif kind.startswith("Softmax"):
            self._softmax(text)
        elif kind.startswith("Weighted sum"):
            self._output(text)
        else:
            ledger.not_read(heading)
            return

    def _entries(self, text: Text) -> list[tuple[int, Text]]:
        """The pieces that begin with the name of a key: `"The": …`."""
        pieces, at = [], -1
        found = list(re.finditer(r'(?<!Query )"([^"]+)": (?!masked)', text.text))
        for match, after in zip(found, [*found[1:], None][: len(found)], strict=True):
            stop = len(text.text) if after is None else after.start()
            ahead = [
                place for place in range(at + 1, len(self.reader.all)) if is_name(match[1], self.reader.all[place])
            ]
            exact = [place for place in ahead if self.reader.all[place] == match[1]]
            if not ahead:
                at = -1
                ahead = [p for p in range(len(self.reader.all)) if is_name(match[1], self.reader.all[p])]
                exact = [place for place in ahead if self.reader.all[place] == match[1]]
            if not ahead:
                self.ledger.not_read(match[0])
                continue
            at = (exact or ahead)[0]
            pieces.append((at, text.part(match.end(), stop)))
        return pieces

    def _vector(self, text: Text, values: list[float], made: bool) -> None:
        numerals = text.numerals()
        if text.search(r"(?:…|\.\.\.) (\d+) more\]"):
            last = numerals.pop()
            self.ledger.equal(last, len(values) - len(numerals), "count")
        else:
            self.ledger.holds(len(numerals) == len(values), "count", text, len(values))
        for numeral, value in zip(numerals, values, strict=False):
            self._given(numeral, value, made)

    def _given(self, numeral: Numeral, value: float, made: bool) -> None:
        if made:
            self.ledger.checked(numeral, shown(value, numeral.decimals) == numeral.text, "vector", value, "quoted")
        else:
            self.ledger.rounds(numeral, value, "vector", 1e-12 * abs(value))

    def _made(self, name: str) -> bool:
        """Whether nobody gave the vectors, so that the picture is where a reader takes them from."""
        options, made = self.block.options, self.block.illustrative
        if not made or name in dict_of(options.get("projections")):
            return False
        return made == "vectors" if name == "query" else True

    def _dots(self, text: Text) -> None:
        head = text.search(r'^Query "[^"]+": (\[[^\]]*\])')
        if head is None:
            self.ledger.not_read(text)
            return
        self._vector(head[0], self.query, self._made("query"))
        tail = text.search(r"(?:…|\.\.\.) (\S+) more keys? in the same way: table below$")
        if tail:
            written = len(self._entries(text))
            self.ledger.equal(tail[0].numerals()[0], len(self.reader.all) - written, "count")
            text = text.part(0, text.text.rindex("…" if "… " + tail[0].text in text.text else "... "))
        for place, entry in self._entries(text):
            match = re.match(r"\s*(\[[^\]]*\])\s*(?:→|->)?\s*(.*)$", entry.text)
            if not match:
                self.ledger.not_read(entry)
                continue
            self._vector(entry.group(match, 1), self.keys[place], self._made("key"))
            self._sum(
                entry.group(match, 2),
                [(q, k) for q, k in zip(self.query, self.keys[place], strict=True)],
                self.products[place],
                self.scores[0][place],
                "dot product",
                self.rough[0],
            )

    def _sum(
        self,
        text: Text,
        factors: list[tuple[float, float]],
        products: list[float],
        total: float,
        kind: str,
        slack: float,
    ) -> None:
        """`0.3×0.2 + 0.9×0.5 = 0.06 + 0.45 = 0.51`, and of long ones `+ … 56 more products`."""
        ledger = self.ledger
        more = text.search(r"(?:…|\.\.\.) (\d+) more products")
        sides = text.split(SIGNS)
        signs = re.findall(SIGNS, text.text)
        terms = sides[0].numerals()
        if more:
            ledger.equal(terms.pop(), len(factors) - len(terms) // 2, "count")
        count = len(terms) // 2
        for number, numeral in enumerate(terms):
            value = factors[number // 2][number % 2] if number // 2 < len(factors) else float("nan")
            self._factor(numeral, value, kind)
        printed = [one.value * two.value for one, two in zip(terms[::2], terms[1::2], strict=False)]
        what = [f"{one.text}×{_bracketed(two.text)}" for one, two in zip(terms[::2], terms[1::2], strict=False)]
        last = sides[-1].numerals()
        if len(sides) == 3:
            middle = sides[1].numerals()
            if more:
                ledger.equal(middle.pop(), len(factors) - count, "count")
            before = [*products[:count], *([sum(products[count:])] if more else [])]
            for numeral, value in zip(middle, before, strict=False):
                ledger.rounds(numeral, value, "product", slack)
            ledger.holds(len(middle) == len(before), "count", text, len(before))
            self._sign(signs[0], list(zip(what, printed, middle, strict=False)))
            added = sum(each.value for each in middle)
            summed = " + ".join(_bracketed(n.text) if at else n.text for at, n in enumerate(middle))
            if last:
                self._sign(signs[1], [(summed, added, last[-1])])
        elif len(sides) == 2 and last:
            self._sign(signs[0], list(zip(what, printed, last, strict=False)))
        if not last:
            ledger.not_read(text)
            return
        ledger.rounds(last[-1], total, kind, slack)
        for extra in last[:-1]:
            del extra

    def _factor(self, numeral: Numeral, value: float, kind: str) -> None:
        if kind == "output" and numeral.value == kept(value, numeral.decimals):
            self.ledger.checked(numeral, True, "factor", value)
        else:
            self.ledger.rounds(numeral, value, "factor", self.slack + 1e-12 * abs(value))

    def _sign(self, sign: str, results: list[tuple[str, float, Numeral]], noise: bool = False) -> None:
        """Whether `=` or `≈` is right for what is printed on both sides; what differs is noted for the count."""
        if self.reader.shown:
            return
        same = True
        for what, redone, numeral in results:
            if abs(redone - numeral.value) <= 1e-9 * max(1.0, abs(redone)) and not noise:
                continue
            same = False
            again = shown(redone, numeral.decimals)
            if again != numeral.text:
                self.reader.differing.append(_squeezed(f"{what} would be {again}".replace("x(", "×(")))
        kind = "sign before exp or tanh" if noise else "sign"
        self.ledger.holds((sign == "=") is same, kind, f"{results[0][0]} {sign} {results[0][2]}", "=" if same else "≈")

    def _lines(self, text: Text, kind: str) -> None:
        """`"The": 0.53 / 1.73 ≈ 0.31`, by key."""
        entries = self._entries(text)
        first = text.text.find('": ')
        known = [self.block.options.get(name) for name in ("scale", "temperature", "softcap")]
        del first
        for place, entry in entries:
            sides, signs = entry.split(SIGNS), re.findall(SIGNS, entry.text)
            if len(sides) < 2:
                self.ledger.not_read(entry)
                continue
            self._line(place, sides, signs, kind, known)

    def _line(self, place: int, sides: list[Text], signs: list[str], kind: str, known: list[Any]) -> None:
        ledger = self.ledger
        step = self._step(kind)
        left, last = sides[0].numerals(), sides[-1].numerals()
        if not last or not left:
            ledger.not_read(sides[0])
            return
        result = last[0]
        inner = [n for n in left if n.value not in known] or left
        if kind == "capped":
            inner = [left[1]]
        source = inner[0] if kind == "capped" else left[0]
        ledger.rounds(source, self.scores[step - 1][place], "score", self.rough[min(step - 1, len(self.rough) - 1)])
        for numeral in left:
            if numeral is source:
                continue
            root = sqrt(len(self.query)) if self.query else 0.0
            true = numeral.value in known or numeral.text == shown(root, numeral.decimals)
            ledger.checked(numeral, true, "factor", known)
        ledger.rounds(result, self.scores[step][place], kind, self.rough[min(step, len(self.rough) - 1)])
        try:
            redone = calculator.evaluated(re.sub(r"^\s*(-[\d.]+)", r"(\1)", sides[0].text.strip()))
        except (ValueError, SyntaxError, ZeroDivisionError, OverflowError):
            ledger.not_read(sides[0])
            return
        said = sides[0].text.strip()
        at = said.index("tanh(") + 5 if kind == "capped" else 0
        self.told[f"{kind} {step}"] = Told(said[:at], said[at + len(source.text) :], source.decimals, result.decimals)
        self._sign(signs[0], [(said, redone, result)], noise=kind == "capped" and source.value != 0)

    def _step(self, kind: str) -> int:
        places = [
            number for number, one in enumerate(self.operations, 1) if (one.said == "softcap") is (kind == "capped")
        ]
        turn = max(0, self.scalings - 1) if kind == "scaled" else 0
        return places[min(turn, len(places) - 1)] if places else 0

    def _scale(self, text: Text) -> None:
        ledger, options = self.ledger, self.block.options
        start = text.part(0, text.text.find('"') if '"' in text.text else len(text.text))
        for match in re.finditer(
            r"(d_k|scale|temperature) = ([\d.e+-]*\d)(?:, so \S+(?: d_k)? ([=≈~]) ([\d.]+))?", start.text
        ):
            numeral = start.group(match, 2).numerals()[0]
            if match[1] == "d_k":
                ledger.equal(numeral, len(self.query), "count")
                if match[4]:
                    root = start.group(match, 4).numerals()[0]
                    ledger.rounds(root, sqrt(numeral.value), "root")
                    if not self.reader.shown:
                        same = abs(root.value - sqrt(numeral.value)) <= 1e-9 * max(1.0, root.value)
                        ledger.holds((match[3] == "=") is same, "sign", match[0])
            else:
                ledger.checked(
                    numeral, numeral.value == options.get(match[1]), "option", options.get(match[1]), "quoted"
                )
        if "stay as they are" not in text.text:
            self.scalings += 1  # By the root or the scale, and then by the temperature.
        self._lines(text, "scaled")

    def _mask(self, text: Text) -> None:
        ledger, said, may = self.ledger, text.text, self.visible
        masked = [place for place, can in enumerate(may) if not can]
        if "may attend to every key" in said:
            ledger.holds(not masked, "mask", said, masked)
        elif said.startswith("Every key is masked"):
            ledger.holds(all(not can for can in may), "mask", said, masked)
        elif count := text.search(r"^(\S+) of (\S+) keys?: masked"):
            ledger.equal(count[0].numerals()[0], len(masked), "count")
            ledger.equal(count[1].numerals()[0], len(may), "count")
        elif re.search(r"masked, left out of the", said):
            named = re.findall(r'"([^"]+)"', said)
            ledger.holds(placed(named, self.reader.all) is not None and len(named) == len(masked), "mask", said, masked)
        else:
            ledger.not_read(text)

    def _softmax(self, text: Text) -> None:
        ledger, said = self.ledger, text.text
        if said.startswith("No score is left"):
            ledger.holds(not any(self.visible), "nothing", said)
            for numeral in text.numerals():
                ledger.equal(numeral, 0, "count")
            return
        largest = text.search(r"^The largest score, (\S+), is subtracted first")
        if largest:
            ledger.rounds(largest[0].numerals()[0], self.top, "shift", self.rough[-1])
        total = re.search(r"Sum = .*?(?=\"|Rounded:|The other|$)", said)
        if total:
            self._total(text.group(total))
        for place, entry in self._entries(text):
            piece = entry.split(r" Sum = ")[0]
            sides, signs = piece.split(SIGNS), re.findall(SIGNS, piece.text)
            if sides[0].text.strip().startswith("exp("):
                self._exp(place, sides, signs)
            else:
                self._share(place, sides, signs)

    def added_up(self) -> str:
        """What the weights add up to as printed, in percent; "" where not all of them are."""
        below = {each.row for each in self.weights_below}
        written = [each for place, each in self.printed_weights.items() if place not in self.redone or not below]
        printed = [*written, *self.weights_below]
        if not printed or len(written) + self.below < sum(self.visible):
            return ""
        return shown(100 * sum(each.value for each in printed), max(0, printed[0].decimals - 2))

    def _written(self) -> set[int]:
        """The keys that are written out: in the scores, or without those in the weighted sum."""
        written = {place for part in self.parts for place, _ in self._quiet(part)}
        return written or set(self.summed)

    def _quiet(self, part: Part) -> list[tuple[int, Text]]:
        return self._entries(self.ledger.joined(part.rows))

    def _exp(self, place: int, sides: list[Text], signs: list[str]) -> None:
        """`exp(0.31) ≈ 1.36`, or `exp(8.40 - 33.76) = exp(-25.36) ≈ 0.00`."""
        ledger, score = self.ledger, self.scores[-1][place]
        rough = self.rough[-1]
        first, last = sides[0].numerals(), sides[-1].numerals()
        if not first or not last:
            ledger.not_read(sides[0])
            return
        if not self.scoring and self.reader.shown is False:
            pass
        ledger.rounds(first[0], score, "score", rough)
        argument = first[0]
        if len(first) > 1:
            ledger.checked(
                first[1], abs(first[1].value - kept(self.top, first[1].decimals)) <= rough + 1e-12, "shift", self.top
            )
            argument = sides[1].numerals()[0]
            ledger.rounds(argument, score - self.top, "score less the largest", rough)
            self._sign(
                signs[0],
                [(f"{first[0].text} - {_bracketed(first[1].text)}", first[0].value - first[1].value, argument)],
            )
        self.told["exp"] = Told("exp(", ")", first[0].decimals, last[0].decimals)
        ledger.rounds(last[0], self.exps[place], "exp", self.slack * max(1.0, self.exps[place]))
        self._sign(
            signs[-1], [(f"exp({argument.text})", exp(min(700.0, argument.value)), last[0])], noise=argument.value != 0
        )

    def _total(self, text: Text) -> None:
        ledger = self.ledger
        sides, signs = (
            text.part(len("Sum = "), len(text.text)).split(SIGNS),
            re.findall(SIGNS, text.text[len("Sum = ") :]),
        )
        added = sides[0].numerals()
        seen = [place for place, can in enumerate(self.visible) if can]
        if sides[0].search(r"\((\d+) more\)"):
            count = added.pop()
            rest = added.pop()
            ledger.equal(count, len(seen) - len(added), "count")
            ledger.rounds(rest, sum(self.exps[place] for place in seen[len(added) :]), "exp", self.slack * self.total)
            both = [*added, rest]
        else:
            ledger.holds(len(added) == len(seen), "count", text, len(seen))
            both = added
        for numeral, place in zip(added, seen, strict=False):
            ledger.rounds(numeral, self.exps[place], "exp", self.slack * max(1.0, self.exps[place]))
        if len(sides) > 1:
            total = sides[1].numerals()[0]
            ledger.rounds(total, self.total, "total", self.slack * max(1.0, self.total))
            self._sign(signs[0], [("the sum of exp", sum(each.value for each in both), total)])

    def _share(self, place: int, sides: list[Text], signs: list[str]) -> None:
        """`1.36 / 8.77 ≈ 0.15 = 15 %`."""
        ledger = self.ledger
        numerals = [each.numerals() for each in sides]
        if len(sides) != 3 or len(numerals[0]) != 2 or not numerals[1] or not numerals[2]:
            ledger.not_read(sides[0])
            return
        (one, total), (weight, *_), (percent, *_) = numerals
        ledger.rounds(one, self.exps[place], "exp", self.slack * max(1.0, self.exps[place]))
        ledger.rounds(total, self.total, "total", self.slack * max(1.0, self.total))
        ledger.rounds(weight, self.weights[place], "weight", self.slack)
        ledger.rounds(percent, 100 * weight.value, "percent")
        self.printed_weights[place] = weight
        self.told["weight"] = Told("", f" / {total.text}", one.decimals, weight.decimals)
        if total.value:
            self._sign(signs[0], [(f"{one.text} / {total.text}", one.value / total.value, weight)])

    def _output(self, text: Text) -> None:
        ledger, said = self.ledger, text.text
        nothing = text.search(r"^Nothing is attended to: output = (.*)$")
        if nothing:
            ledger.holds(not any(self.visible), "nothing", said)
            self.reader._vector(nothing[0], self.output)
            return
        same = "Here each value is the same vector as its key." in said
        if same:
            ledger.holds(self.keys == self.values, "same vectors", said)
            text = text.part(said.index("its key.") + 8, len(said))
        output = text.search(r'Output for "[^"]+" = (\[[^\]]*\])$')
        if output is None:
            ledger.not_read(text)
            return
        slack = self.slack * max((abs(each) for row in self.values for each in row), default=0.0)
        self.reader._vector(output[0], self.output)
        text = text.part(0, text.text.rindex("Output for"))
        listed = re.split(r"(?<=\]) (?:\+ )?", text.text)
        del listed
        visible = [place for place, can in enumerate(self.visible) if can]
        chosen = self.summed = []
        end = 0
        for match in re.finditer(r'(-?[\d.]+) [×x] "([^"]+)"\s+(\[[^\]]*\])', text.text):
            ahead = [p for p in visible if p not in chosen and is_name(match[2], self.reader.all[p])]
            exact = [p for p in ahead if self.reader.all[p] == match[2]]
            if not ahead:
                ledger.not_read(match[0])
                continue
            place = (exact or ahead)[0]
            chosen.append(place)
            weight = text.group(match, 1).numerals()[0]
            ledger.rounds(weight, self.weights[place], "weight", self.slack)
            if self.given.weights is not None or not any("Softmax" in part.heading.text for part in self.parts):
                self.printed_weights[place] = weight
            self._vector(
                text.group(match, 3), self.values[place], self._made("value") and "values" not in self.block.options
            )
            end = match.end()
        more = text.search(r"\+ (?:…|\.\.\.) (\S+) more values?, each times its weight")
        if more:
            ledger.equal(more[0].numerals()[0], len(visible) - len(chosen), "count")
            end = text.text.index("times its weight") + len("times its weight")
        numbers = text.search(r"(?:…|\.\.\.) (\S+) more numbers? in the same way")
        rest = text.part(end, len(text.text))
        if numbers:
            rest = text.part(
                end, text.text.rindex("…" if "…" in text.text[end:].split("more number")[0][-12:] else "...")
            )
        pieces = [each for each in rest.split(r"(?:^|(?<= ))(?=\d+:\s)") if each]
        if numbers:
            ledger.equal(numbers[0].numerals()[0], len(self.output) - len(pieces), "count")
        for at, piece in enumerate(pieces):
            label = piece.search(r"^\s*(\d+):\s")
            if label:
                ledger.equal(label[0].numerals()[0], at + 1, "count")
                piece = piece.part(piece.text.index(":") + 1, len(piece.text))
            order = [*chosen, *(p for p in visible if p not in chosen)]
            factors = [(self.weights[p], self.values[p][at]) for p in order]
            self._sum(
                piece.strip(), factors, [self.parted[p][at] for p in order], self.output[at], "output", slack + 1e-12
            )

    # The table of the other keys

    def _table(self, found: Table) -> None:
        ledger, reader = self.ledger, self.reader
        labels = [row[0].text for row in found.rows]
        own = [each for each in labels if not re.match(r"(?:…|\.\.\.) \S+ more", each)]
        places = placed(own, reader.all)
        if places is None:
            ledger.finding("names", str(own), str(reader.all))
            return
        written = self._written()
        left = [p for p in range(len(reader.all)) if p not in places and p not in written]
        counts = {True: [p for p in left if self.visible[p]], False: [p for p in left if not self.visible[p]]}
        ends = [may for may in (True, False) if counts[may]]
        columns = [head.text for head in found.heads]
        unknown = set(columns) - {"Key", "Key vector", *self._columns()}
        if unknown:
            ledger.not_read(f"columns {unknown}")
            return
        ledger.holds(all(columns), "column without a head", columns)
        # Two may have one head, also in two parts of a table: / 2 by the root of 4, and / 2 by the temperature.
        count = sum(bool(re.match(SCALED, head)) for head in columns)
        turns = self._scalings()[self.turn : self.turn + count] if self.scaled == len(self._scalings()) else []
        self.turn += count
        for number, row in enumerate(found.rows):
            if number >= len(places):
                may = ends[number - len(places)] if number - len(places) < len(ends) else True
                for numeral in row[0].numerals():
                    kind = "count" if written else "keys that stand nowhere"
                    ledger.equal(numeral, len(counts[may]), kind)
                for cell, head in zip(row[1:], columns[1:], strict=False):
                    for numeral in cell.numerals():
                        values = self.exps if head == "exp" else self.weights
                        if head == "Weight":
                            self.weights_below.append(numeral)
                            self.below += len(counts[True])
                        ledger.rounds(
                            numeral, sum(values[p] for p in counts[True]), "rest", self.slack * max(1.0, self.total)
                        )
                continue
            self._row(row, columns, places[number], turns)
        for heading in found.heads:
            for numeral in heading.numerals():
                known = [self.block.options.get(name) for name in ("scale", "temperature", "softcap")]
                root = shown(sqrt(len(self.query)), numeral.decimals) if self.query else ""
                ledger.checked(numeral, numeral.value in known or numeral.text == root, "factor", known)

    def _scalings(self) -> list[int]:
        """Which operations scale, counted from 1: by the root or the scale, and by the temperature."""
        return [number for number, one in enumerate(self.operations, 1) if one.said != "softcap"]

    def _columns(self) -> dict[str, int]:
        """Which scores stand below which head."""
        found = {
            "Dot product": 0,
            "Score": 0 if any("Dot" in p.heading.text for p in self.parts) or self.scoring else -1,
        }
        found |= {
            "exp": 0,
            "Weight": 0,
            "Capped": len(self.operations),
            "Scaled": self._step("scaled"),
            "": self._step("scaled"),
        }
        # A narrow table is divided: what is done to a score may stand in several, in order.
        lines = "\n".join(self.ledger.lines)
        heads = dict.fromkeys(each.strip() for each in re.findall(r"[│|] +([/×x] [^│|\n]+?) +(?=[│|])", lines))
        found |= dict.fromkeys(heads, self._step("scaled"))
        found |= dict(zip(heads, self._scalings(), strict=False))
        return found

    def _row(self, row: list[Text], columns: list[str], place: int, turns: list[int]) -> None:
        ledger = self.ledger
        found: dict[str, Numeral] = {}
        scaled = iter(turns)
        for cell, head in zip(row[1:], columns[1:], strict=False):
            after = next(scaled, None) if re.match(SCALED, head) else None
            numerals = cell.numerals()
            if head == "Key vector":
                self._vector(cell, self.keys[place], self._made("key"))
                continue
            if not numerals:
                ledger.holds(not self.visible[place], "masked", f"{row[0]} {head} {cell}")
                continue
            numeral = numerals[0]
            if head == "exp":
                ledger.rounds(numeral, self.exps[place], "exp", self.slack * max(1.0, self.exps[place]))
            elif head == "Weight":
                self.weights_below.append(numeral)
                self.below += 1
                ledger.rounds(numeral, self.weights[place], "weight", self.slack)
            else:
                at = self._columns()[head] if after is None else after
                ledger.rounds(numeral, self.scores[at][place], "score", self.rough[at])
            found[head] = numeral
        if not self.reader.shown:
            self._again(place)

    def _again(self, place: int) -> None:
        """A key of the table in the steps of those that are written out, for the count of last digits."""
        if place in self.redone:
            return
        self.redone.add(place)
        names_ = [("capped" if one.said == "softcap" else "scaled") for one in self.operations] if self.scoring else []
        for number, kind in enumerate(names_, 1):
            told = self.told.get(f"{kind} {number}")
            if told:
                source = shown(self.scores[number - 1][place], told.decimals)
                self._compared(told, source, self.scores[number][place])
        if not self.visible[place]:
            return
        told = self.told.get("exp")
        if told:
            source = shown(self.scores[-1][place], told.decimals)
            if self.top:
                top, less = shown(self.top, told.decimals), shown(self.scores[-1][place] - self.top, told.decimals)
                left = f"{source} - {_bracketed(top)}"
                self._noted(left, float(source) - float(top), less)
                self._noted(f"exp({less})", exp(min(700.0, float(less))), shown(self.exps[place], told.result))
            else:
                self._compared(told, source, self.exps[place])
        told = self.told.get("weight")
        if told:
            self._compared(told, shown(self.exps[place], told.decimals), self.weights[place])

    def _compared(self, told: Told, source: str, value: float) -> None:
        what = f"{told.before}{source}{told.behind}"
        try:
            redone = calculator.evaluated(re.sub(r"^\s*(-[\d.]+)", r"(\1)", what))
        except (ValueError, SyntaxError, ZeroDivisionError, OverflowError):
            return
        self._noted(what, redone, shown(value, told.result))

    def _noted(self, what: str, redone: float, printed: str) -> None:
        again = shown(redone, len(printed.partition(".")[2]))
        # What is a tie on paper may be none in floats; exp and tanh have no ties.
        untied = re.search(r"exp\(|tanh\(", what) or abs(redone - float(printed)) > 1e-9 * max(1.0, abs(redone))
        if again != printed and untied:
            self.reader.differing.append(_squeezed(f"{what} would be {again}"))


def _bracketed(number: str) -> str:
    return f"({number})" if number.startswith("-") else number


def dict_of(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def read(options: dict[str, Any], ledger: Ledger) -> None:
    Reader(Block(options), ledger).read()
