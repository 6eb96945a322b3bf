"""Reads cards of heads: what each looks for or compares, its entropy and its connections, and the notes around."""

from __future__ import annotations

import re
from math import log, sqrt
from typing import Any

import numpy as np

from redo import calculator, claims
from redo.calculator import Operation
from redo.given import Array, Block, Head, names
from redo.page import Ledger, Numeral, Text, as_many, blocks, caption, is_rule, items, kept, rounds
from redo.usual import Usual

ARROW = r"(→|←|↔|<->|->|<-)"
STARTS = r"HEAD \d+"
SHAPES = {
    "before": -1,
    "after": 1,
    "itself": 0,
}


class Card:
    """The lines of one head, those of the title first."""

    def __init__(self, title: list[Text], body: list[Text]) -> None:
        self.title, self.body = title, body


class Reader:
    def __init__(self, block: Block, ledger: Ledger) -> None:
        self.block, self.ledger = block, ledger
        self.rows, self.columns = names(block.tokens), names(block.keys)
        self.seen = block.allowed.sum(axis=1)
        self.even = 1 / np.maximum(self.seen, 1)[:, None]
        self.usual = Usual(block, ledger)
        self.strength = 4.0
        self.threshold: float | None = None
        self.focused = 0.7
        self.by_root = False
        self.slacks: dict[tuple[object, ...], float] = {}

    def read(self) -> None:
        ledger = self.ledger
        rows, sentences = caption(ledger, self.block.options.get("caption", False))
        cards, rest = self._cards(list(rows))
        for text in rest:
            self._note(text)
        ledger.apart = bool(self.block.illustrative)
        self._told(cards)
        for each in sentences:
            self._alternative(each)
        ledger.apart = False

    def _cards(self, rows: list[int]) -> tuple[list[Card], list[Text]]:
        ledger = self.ledger
        cards: list[Card] = []
        rest: list[Text] = []
        for each in blocks(ledger, rows):
            if is_rule(ledger.lines[each[0]]):
                spans = [match.span() for match in re.finditer(r"[┌+├└][─-]+[┐+┤┘]", ledger.lines[each[0]])]
                parts: list[list[list[Text]]] = [[[], []] for _ in spans]
                rules = -1
                for row in each:
                    if is_rule(ledger.lines[row]):
                        rules += 1
                        if rules and rules % 3 == 0:
                            cards += [Card(*part) for part in parts]
                            spans = [m.span() for m in re.finditer(r"[┌+├└][─-]+[┐+┤┘]", ledger.lines[row])]
                            parts = [[[], []] for _ in spans]
                        continue
                    line = ledger.line(row)
                    for part, (start, stop) in zip(parts, spans, strict=True):
                        piece = line.part(start + 2, stop - 2)
                        if piece:
                            part[0 if rules % 3 == 0 else 1].append(piece)
                cards += [Card(*part) for part in parts]
            elif re.match(STARTS, ledger.lines[each[0]]):
                title = [ledger.line(each[0])]
                at = 1
                while (
                    at < len(each)
                    and ledger.lines[each[at]].startswith("  ")
                    and at < 3
                    and not re.match(r"\s*(Looks|Compares|Softmax|Given)", ledger.lines[each[at]])
                ):
                    title.append(ledger.line(each[at]))
                    at += 1
                cards.append(Card(title, [ledger.line(row) for row in each[at:]]))
            else:
                rest += items(ledger, each)
        return cards, rest

    # Around the cards

    def _note(self, text: Text) -> None:
        block, ledger, said = self.block, self.ledger, text.text
        options = block.options
        numerals = text.numerals()
        if self.usual.reads(text):
            return
        if said.startswith("Strong: "):
            self.threshold = numerals[0].value
            given = options.get("threshold", 0.3)
            ledger.checked(numerals[0], rounds(numerals[0].text, given), "threshold", given)
        elif said.startswith("Score: "):
            self.strength = numerals[0].value
            ledger.equal(numerals[0], options.get("strength", 4.0), "strength")
            for numeral in numerals[1:]:
                ledger.equal(numeral, 0, "strength")
        elif said.startswith("Vectors are compared"):
            self.by_root = "√d" in said or "sqrt d" in said
        elif said.startswith("Entropy: "):
            self.focused = numerals[-1].value
            ledger.equal(numerals[-1], 0.7, "threshold")
            for numeral, value in zip(numerals[:-1], (0, 1), strict=True):
                ledger.equal(numeral, value, "entropy")
        elif re.search(r"attends? to nothing", said):
            none = [self.rows[at] for at in np.flatnonzero(self.seen == 0).tolist()]
            if numerals:
                ledger.equal(numerals[0], len(none), "nothing")
            else:
                ledger.holds(len(re.findall(r'"[^"]+"', said)) == len(none), "nothing", said, none)
        elif said.startswith("For the entropy"):
            sums = [np.abs(head.weights.sum(axis=1) - 1).max() for head in block.heads if head.weights is not None]
            ledger.holds(bool(sums) and max(sums) >= 1e-6, "sums that miss 1 by noise", said, sums)
        elif not re.match(r"(a (→|->|←|<-|↔|<->) b: |Only weights above)", said):
            ledger.not_read(text)

    # What a head attends by

    def _weights(self, number: int, card: Card) -> Array | None:
        """The weights [query, key] that the card's own words give."""
        said = self.ledger.joined(card.body).text
        block = self.block
        listed = block.options.get("heads")
        own = listed[number] if isinstance(listed, list) and number < len(listed) else {}
        self.bases = getattr(self, "bases", {})
        if said.startswith("Looks for"):
            places = self._places(said, own)
            if places is None:
                self.ledger.not_read(said)
                return None
            self.bases[number] = self.strength * places.astype(float)
        elif said.startswith(("Compares", "Softmax of given")):
            head = self._head(number)
            if head is None or head.scores is None:
                self.ledger.not_read(said)
                return None
            self.bases[number] = head.scores
            if head.query is not None and self.by_root:
                self.bases[number] = head.scores / sqrt(head.query.shape[1])
        elif said.startswith("Given weights"):
            head = self._head(number)
            return None if head is None else head.weights
        else:
            if not said.startswith("No weights"):
                self.ledger.not_read(said)
            return None
        return self._applied(number, self.usual.operations)

    def _head(self, number: int) -> Head | None:
        return self.block.heads[number] if number < len(self.block.heads) else None

    def _applied(self, number: int, operations: list[Operation]) -> Array:
        bare = Head("", None, None, None, self.bases[number], None)
        return calculator.exact(self.block, bare, operations).weights

    def _places(self, said: str, own: dict[str, Any]) -> np.ndarray[Any, Any] | None:
        block = self.block
        rows, columns = len(block.tokens), len(block.keys)
        offset = np.arange(columns)[None, :] - np.arange(rows)[:, None]
        if re.match(r"Looks for nothing", said):
            return np.zeros((rows, columns), dtype=bool)
        if re.match(r"Looks for the \w+ before", said):
            return np.asarray(offset == -1)
        if re.match(r"Looks for the \w+ after", said):
            return np.asarray(offset == 1)
        if re.match(r"Looks for the \w+ beside it", said):
            return np.asarray(np.abs(offset) == 1)
        if re.match(r"Looks for the \w+ itself", said):
            return np.asarray(offset == 0)
        if re.match(r"Looks for the first", said):
            return np.broadcast_to(np.arange(columns)[None, :] == 0, (rows, columns))
        if re.match(r"Looks for the same", said):
            same = np.array([[one.lower() == other.lower() for other in block.keys] for one in block.tokens])
            return same if block.cross else same & (offset != 0)
        if re.match(r"Looks for pairs", said):
            found = np.zeros((rows, columns), dtype=bool)
            for pair in own.get("pairs", []):
                query, key = block.tokens.index(pair[0]), block.keys.index(pair[1])
                found[query, key] = True
                if not block.cross:
                    found[key, query] = True
            return found
        return None

    def _told(self, cards: list[Card]) -> None:
        """Reads the cards; where the order that is told is not true, but another is, that is one finding."""
        ledger, start = self.ledger, len(self.ledger.findings)
        told = [each.said for each in self.usual.operations]
        self.weights = [self._weights(number, card) for number, card in enumerate(cards)]
        for number, card in enumerate(cards):
            self._card(number, card, self.weights[number])
        wrong = ledger.findings[start:]
        design = sorted(self.usual.operations, key=lambda each: ("scale", "temperature", "softcap").index(each.said))
        other = [each.said for each in design]
        if not wrong or told == other:
            return
        del ledger.findings[start:]
        for number in self.bases:
            self.weights[number] = self._applied(number, design)
        for number, card in enumerate(cards):
            self._card(number, card, self.weights[number])
        ledger.finding("order of operations", " then ".join(told), " then ".join(other))

    # Cards

    def _links(self, card: Card) -> list[tuple[Numeral | None, Numeral | None, int, int]]:
        """The connections of a card: weights from left to right and from right to left, and the two places."""
        found: list[tuple[Numeral | None, Numeral | None, int, int]] = []
        pending: tuple[str, int, int] | None = None
        last = (-1, -1)
        on = False
        for line in card.body:
            text = line.text
            if re.match(r"(Strong connections|Largest weights):", text):
                on = True
                continue
            if re.match(r"\s+(→|->)\s+(←|<-)\s*$", text):
                continue
            if re.match(r"(Not strong|Not among|No |Attends|(…|\.\.\.) \d)", text):
                on = False
            if not on:
                continue
            match = re.match(rf"(\S+)\s+{ARROW}\s+(\S+)(?:\s+(\d[\d.]*))?(?:\s+(\d[\d.]*))?(?=\s|$)", text)
            if match:
                places = self._pair(match[1], match[3], last)
                if places is None:
                    self.ledger.not_read(line)
                    continue
                last = places
                numbers = [line.group(match, at).numerals()[0] for at in (4, 5) if match[at]]
                if not numbers:
                    pending = (match[2], *places)
                    continue
                found.append((*self._ways(match[2], numbers), *places))
            elif pending:
                row = re.match(r"\s*(?:(?:→|->) )?(\d[\d.]*)(?:\s+(?:←|<-) (\d[\d.]*))?", text)
                if row:
                    numbers = [line.group(row, at).numerals()[0] for at in (1, 2) if row[at]]
                    found.append((*self._ways(pending[0], numbers), *pending[1:]))
                pending = None
        return found

    def _ways(self, sign: str, numbers: list[Numeral]) -> tuple[Numeral | None, Numeral | None]:
        if sign in ("←", "<-"):
            return None, numbers[0]
        return numbers[0], numbers[1] if len(numbers) > 1 else None

    def _pair(self, left: str, right: str, last: tuple[int, int]) -> tuple[int, int] | None:
        lefts = [at for at, name in enumerate(self.rows) if _is(left, name)]
        rights = [at for at, name in enumerate(self.columns) if _is(right, name)]
        pairs = [(one, one) for one in lefts] if right == "itself" else [(one, two) for one in lefts for two in rights]
        ahead = sorted(pair for pair in pairs if pair > last)
        return ahead[0] if ahead else None

    def _card(self, number: int, card: Card, weights: Array | None) -> None:
        ledger = self.ledger
        title = ledger.joined(card.title)
        ledger.equal(title.numerals()[0], number + 1, "count")
        whole = ledger.joined(card.body)
        compared = whole.search(r"^Compares numbers? (\d+)(?:[–-](\d+))? of each")
        if compared:
            head = self.block.heads[number]
            size = 0 if head.query is None else head.query.shape[1]
            first, *second = [each.numerals()[0] for each in compared if each]
            ledger.equal(first, number * size + 1, "count")
            for each in second:
                ledger.equal(each, (number + 1) * size, "count")
        if weights is None:
            return
        slack = self._slack(number)
        numeral = self._entropy_numeral(card)
        share = self._entropy(weights)
        if numeral is not None:
            ledger.rounds(numeral, -1.0 if share is None else share, "entropy", slack)
            bar = whole.search(r"Entropy ([█▌#]*)([░-]*) (?=\d)")
            if bar and share is not None and (bar[0] or bar[1]):
                ledger.measures(bar[0], share, len(bar[0].text + bar[1].text), slack)
            word = "focused" if re.search(r"\bfocused", whole.text) else "diffuse"
            true = "focused" if numeral.value < self.focused else "diffuse"
            ledger.holds(word == true or slack > 1e-9, "focused or diffuse", f"{numeral} {word}", f"{share} {true}")
        else:
            ledger.holds(share is None, "entropy", whole.text[:60], share)
        links = self._links(card)
        for forward, backward, left, right in links:
            for one, value in ((forward, (left, right)), (backward, (right, left))):
                if one is not None:
                    ledger.rounds(one, float(weights[value]), "weight", slack)
                    above = weights[value] > self.even[value[0], 0] + 1e-9 - slack
                    ledger.holds(bool(above), "above an even share", one, self.even[value[0], 0])
                    if self.threshold is not None:
                        ledger.holds(one.value >= self.threshold - 1e-9, "strong", one, self.threshold)
        self._complete(card, whole, weights, links, slack)
        self._sentences(whole, weights, slack)

    def _slack(self, number: int) -> float:
        if number not in self.bases:
            return 0.0
        told = (number, *(each.said for each in self.usual.operations))
        if told not in self.slacks:
            self.slacks[told] = self._noise(number)
        return self.slacks[told]

    def _noise(self, number: int) -> float:
        head = self._head(number)
        given = (
            head
            if head is not None and head.query is not None
            else Head("", None, None, None, self.bases[number], None)
        )
        scores = calculator.exact(
            self.block, Head("", None, None, None, self.bases[number], None), self.usual.operations
        ).scores
        return min(1.0, calculator.noise(given, scores)[-1])

    def _standing(self, weights: Array) -> np.ndarray[Any, Any]:
        above = weights > self.even + 1e-9
        if self.threshold is None:
            return np.asarray(above)
        decimals = self.block.decimals
        printed = calculator.applied(lambda each: kept(each, decimals), weights)
        return np.asarray(above & (printed >= self.threshold - 1e-9))

    def _complete(
        self,
        card: Card,
        whole: Text,
        weights: Array,
        links: list[tuple[Numeral | None, Numeral | None, int, int]],
        slack: float,
    ) -> None:
        """Every connection that stands out is listed, or counted among those left out."""
        ledger = self.ledger
        standing = self._standing(weights)
        strength = np.where(standing, weights, 0.0)
        strength = strength if self.block.cross else np.maximum(strength, strength.T)
        if not self.block.cross:
            standing = np.triu(standing | standing.T)
        total = int(standing.sum())
        more = whole.search(r"(?:…|\.\.\.) (\S+) more, (\S+) at most")
        noisy = slack > 1e-9
        if more:
            count, most = more[0].numerals()[0], more[1].numerals()[0]
            ledger.checked(count, count.value == total - len(links) or noisy, "count", total - len(links))
            left = standing.copy()
            for _, _, one, two in links:
                left[one, two] = False
            ledger.rounds(most, float(np.where(left, strength, 0.0).max()), "weight", slack)
        else:
            ledger.holds(len(links) == total or noisy or not links, "count of connections", whole.text[:80], total)

    def _sentences(self, whole: Text, weights: Array, slack: float) -> None:
        ledger, said = self.ledger, whole.text
        above = np.where(weights > self.even + 1e-9, weights, 0.0)
        if "Attends evenly" in said:
            for row, may in zip(weights, self.block.allowed, strict=True):
                seen = row[may]
                unlike = {kept(float(each), self.block.decimals) for each in seen}
                even = not seen.size or np.ptp(seen) < 2e-9 or (len(unlike) < 2 and unlike != {0.0})
                ledger.holds(even or slack > 1e-9, "evenly", said[:80], sorted(unlike))
        if "No weight is above" in said:
            ledger.holds(not above.any() or slack > 1e-9, "above an even share", said[:80], above.max())
        if "has a choice" in said:
            ledger.holds(not (self.seen > 1).any(), "choice", said[:80])
        largest = re.search(
            r"No strong connection\. Largest weight(?: above an even share)?: "
            rf"(\S+) {ARROW} (\S+) (\d[\d.]*\d|\d)(?: \((\S+) more alike\))?",
            said,
        )
        if largest:
            numeral = whole.group(largest, 4).numerals()[0]
            ledger.rounds(numeral, float(above.max()), "weight", slack)
            places = self._pair(largest[1], largest[3], (-1, -1))
            named = [
                (one, two)
                for one, name in enumerate(self.rows)
                if _is(largest[1], name)
                for two, other in enumerate(self.columns)
                if (one == two if largest[3] == "itself" else _is(largest[3], other))
            ]
            true = places is not None and any(abs(weights[pair] - above.max()) <= 2e-9 + slack for pair in named)
            ledger.holds(true, "largest", largest[0], above.max())
            digits = self.block.decimals if kept(float(above.max()), self.block.decimals) else 9
            top = kept(float(above.max()), digits)
            alike = as_many(above[above > 0].tolist(), top, digits, slack)
            if largest[5]:
                count = whole.group(largest, 5).numerals()[0]
                ledger.checked(count, count.value + 1 in alike or slack > 1e-9, "alike", alike)
            else:
                ledger.holds(1 in alike or slack > 1e-9, "alike", largest[0], alike)
            if "above an even share" not in largest[0]:
                masked = np.where(self.block.allowed, weights, 0.0)[self.seen > 0]
                ledger.holds(float(masked.max()) <= above.max() + slack + 1e-9, "largest", largest[0], masked.max())
            strong = self._standing(weights)
            ledger.holds(not strong.any() or slack > 1e-9, "strong", largest[0], "one is strong")
        missing = re.search(r"(Not strong|Not among them): (.*)$", said)
        if missing:
            part = whole.group(missing, 2)
            for match in re.finditer(
                rf"(\S+) {ARROW} (\S+) (?:masked|(\d[\d.]*\d|\d)(?: and (\d[\d.]*\d|\d))?)", part.text
            ):
                places = self._pair(match[1], match[3], (-1, -1))
                if places is None:
                    ledger.not_read(match[0])
                    continue
                ways = [places, places[::-1]] if match[2] in ("↔", "<->") else [places]
                seen = [way for way in ways if self.block.allowed[way]]
                for at, group in enumerate((4, 5)):
                    if match[group]:
                        numeral = part.group(match, group).numerals()[0]
                        values = [float(weights[way]) for way in seen]
                        good = next(
                            (value for value in values[at:] if rounds(numeral.text, value, slack)),
                            values[0] if values else -1.0,
                        )
                        ledger.rounds(numeral, good, "weight", slack)
                if "masked" in match[0]:
                    ledger.holds(not seen, "masked", match[0])

    def _entropy_numeral(self, card: Card) -> Numeral | None:
        found = self.ledger.joined(card.body).search(r"Entropy \D*?(\d[\d.]*\d|\d)\s+(?:focused|diffuse)")
        return found[0].numerals()[0] if found and found[0].numerals() else None

    def _entropy(self, weights: Array) -> float | None:
        """A token's entropy / log(keys it may attend to), mean over tokens that have a choice."""
        shares = []
        for row, seen in zip(weights.tolist(), self.seen.tolist(), strict=True):
            if seen > 1:
                total = sum(row)
                shares.append(-sum(each / total * log(each / total) for each in row if each > 0) / log(seen))
        return min(1.0, max(0.0, sum(shares) / len(shares))) if shares else None

    def _alternative(self, text: Text) -> None:
        ledger = self.ledger
        count = text.search(r"^(\d+) attention heads")
        if count:
            ledger.equal(count[0].numerals()[0], len(self.weights), "count")
        over = text.search(r"over (\d+) \w+")
        if over:
            ledger.equal(over[0].numerals()[0], len(self.rows), "count")
        first = text.search(r"\(of the first (\d+)\)")
        told = [number for number, each in enumerate(self.weights)]
        if first:
            told = told[: int(first[0].numerals()[0].value)]
            ledger.checked(first[0].numerals()[0], len(told) < len(self.weights), "count", len(told))
        spread = text.search(r"share of an even one: (.*?)(?:\. (?:Largest|No)|\.$)")
        if spread:
            values = [(at, self._entropy(self.weights[at])) for at in told if self.weights[at] is not None]  # type: ignore[arg-type]
            free = [(at, value) for at, value in values if value is not None]
            pieces = spread[0].split(r", ")
            for piece, (at, value) in zip(pieces, free, strict=False):
                numerals = piece.numerals()
                ledger.rounds(numerals[-1], value, "entropy", self._slack(at))
                for numeral in numerals[:-1]:
                    ledger.equal(numeral, at + 1, "count")
        largest = text.search(r"Largest weights: (.*?)\.?$")
        if largest:
            self.spoken = -1
            for piece in largest[0].split(r"; (?=in )"):
                self._largest(piece)
        for match in re.finditer(r"No weights: (.*?)\.?$", text.text):
            for numeral in text.group(match, 1).numerals():
                at = int(numeral.value) - 1
                ledger.checked(numeral, 0 <= at < len(self.weights) and self.weights[at] is None, "count", at)

    def _largest(self, piece: Text) -> None:
        ledger = self.ledger
        match = re.match(r"in (.*?) '([^']+)' (attends .*)$", piece.text)
        if not match:
            ledger.not_read(piece)
            return
        # Told in their order, those without a connection left out; several may have one name.
        heads = [each for each in range(self.spoken + 1, len(self.weights)) if self.weights[each] is not None]
        named = re.match(r"in head (\d+) ", piece.text)
        if named:
            label = piece.group(named, 1).numerals()[0]
            heads = [int(label.value) - 1] if int(label.value) - 1 in heads else []
            ledger.checked(label, bool(heads), "count", heads)
        rows = [
            (head, row)
            for head in heads
            for row, name in enumerate(self.rows)
            if _is(match[2], name) and self._has_largest(head, row)
        ]
        ledger.holds(bool(rows), "largest", piece, heads)
        if not rows:
            return
        (head, row), array = rows[0], self.weights[rows[0][0]]
        assert array is not None
        self.spoken = head
        said = piece.group(match, 3)
        if not claims.attends(
            ledger, self.block, said, row, array[row].tolist(), self.block.decimals, self._slack(head)
        ):
            ledger.not_read(said)

    def _has_largest(self, head: int, row: int) -> bool:
        """Whether the largest weight above an even share is given by this query."""
        array = self.weights[head]
        assert array is not None
        above = np.where(array > self.even + 1e-9, array, 0.0)
        return bool(self._standing(array).any()) and bool(above[row].max() >= above.max() - 2e-9 - self._slack(head))


def _is(label: str, name: str) -> bool:
    if label == name:
        return True
    for mark in ("…", "..."):
        if mark in label:
            start, _, end = label.partition(mark)
            word, _, nth = name.partition("#")
            return word.startswith(start) and (end.removeprefix("#") == nth or (end.isdigit() and not nth))
    return False


def read(options: dict[str, Any], ledger: Ledger) -> None:
    Reader(Block(options), ledger).read()
