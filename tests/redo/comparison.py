"""Reads a comparison: shares that a recurrent cell keeps, weights that a transformer gives, and what a layer costs."""

from __future__ import annotations

import re
from collections.abc import Callable
from math import sqrt, tanh
from typing import Any

import numpy as np

from redo import calculator
from redo.calculator import Operation
from redo.given import Array, Block
from redo.page import Ledger, Numeral, Text, rounds, shown

NUMBER = r"(\d[\d,]*(?:\.\d+)?(?:e-?\d+)?)"


class Reader:
    def __init__(self, block: Block, ledger: Ledger) -> None:
        self.block, self.ledger = block, ledger
        self.n = len(block.tokens)
        self.kept = float(block.options.get("retention", 0.5))
        self.whole = ledger.joined(ledger.line(row) for row in range(len(ledger.lines)))
        self.weights, self.slack = self._weights()
        self.pairs = int(block.allowed.sum())
        self.full = 0
        """The cells of a full bar."""

    # Numbers

    def _weights(self) -> tuple[Array, float]:
        """softmax of the dot products with what the formula says is done to them, in its order."""
        block, head = self.block, self.block.heads[0]
        if head.weights is not None:
            return head.weights, 0.0
        formula = self.whole.search(r"A word's weights: softmax of its (.*?), over ")
        operations: list[Operation] = []
        if formula is None:
            self.ledger.not_read("no formula")
        else:
            operations = self._operations(formula[0])
        found = calculator.exact(block, head, operations)
        return found.weights, min(1.0, calculator.noise(head, found.scores)[-1])

    def _operations(self, text: Text) -> list[Operation]:
        ledger = self.ledger
        found: list[Operation] = []
        cut = r"(?:…|\.\.\.)?"
        factor = rf"([/×x]) (?:(√|sqrt )(\d+)|(?<!made ){NUMBER}{cut}(?! [×x] tanh))"
        pattern = rf"{factor}|each s made {NUMBER}{cut} [×x] tanh\(s / {NUMBER}"
        for match in re.finditer(pattern, text.text):
            if match[3]:
                numeral = text.group(match, 3).numerals()[0]
                size = self.block.heads[0].query
                ledger.equal(numeral, -1 if size is None else size.shape[1], "root")
                root = sqrt(numeral.value)
                found.append(Operation("scale", lambda score, by=root: score / by))  # type: ignore[misc]
            elif match[4]:
                numeral = text.group(match, 4).numerals()[0]
                name = "temperature" if match[1] == "/" else "scale"
                value = self._option(numeral, name)
                divides = match[1] == "/"
                found.append(Operation(name, lambda score, by=value, d=divides: score / by if d else score * by))  # type: ignore[misc]
            else:
                value = self._option(text.group(match, 5).numerals()[0], "softcap")
                self._option(text.group(match, 6).numerals()[0], "softcap")
                found.append(Operation("softcap", lambda score, by=value: by * tanh(score / by)))  # type: ignore[misc]
        return found

    def _option(self, numeral: Numeral, name: str) -> float:
        """A number of the block, which may be cut: `1234.567800…`."""
        given = float(self.block.options.get(name, float("nan")))
        cut = numeral.text == shown(given, numeral.decimals) if given == given else False
        self.ledger.checked(numeral, numeral.value == given or (cut and numeral.decimals == 6), name, given, "quoted")
        if numeral.value == 0 and cut:
            self.ledger.finding(f"{name} cut to 0", numeral.text, str(given))
        return given if given == given else numeral.value

    def _share(self, numeral: Numeral, value: float, kind: str, slack: float = 0.0) -> None:
        """A percentage, or `<0.01 %`."""
        line = self.ledger.lines[numeral.row]
        if line[: numeral.column].endswith("<"):
            unit = 10.0**-numeral.decimals
            true = abs(numeral.value - unit) < 1e-12 and 0 < 100 * value < unit
            self.ledger.checked(numeral, true, kind, 100 * value)
            return
        self.ledger.percent(numeral, value, kind, slack)

    # Reading

    def read(self) -> None:
        ledger = self.ledger
        ledger.apart = bool(self.block.illustrative) and "too long to be printed" in self.whole.text
        self._rows()
        self._grid()
        for pattern, handle in self._patterns():
            for match in re.finditer(pattern, self.whole.text):
                handle(
                    [
                        self.whole.group(match, at)
                        for at in range(1, (match.re.groups or 0) + 1)
                        if match[at] is not None
                    ]
                )
        ledger.apart = False

    def _patterns(self) -> list[tuple[str, Callable[[list[Text]], None]]]:
        block, n, d_given = self.block, self.n, self.block.options.get("d_model")
        size = None if block.embeddings is None else block.embeddings.shape[1]
        keep = self.kept
        d = d_given or (size if size and not block.illustrative else 512)
        masked = not self.block.allowed.all() or block.options.get("mask", "none") != "none"
        path = self._path()
        last = float(self.weights[-1, 0])

        def equal(*wanted: float, kind: str = "count") -> Callable[[list[Text]], None]:
            def check(found: list[Text]) -> None:
                for text, value in zip(found, wanted, strict=False):
                    for numeral in text.numerals()[:1]:
                        self.ledger.checked(numeral, abs(numeral.value - value) < 1e-12, kind, value)

            return check

        def percent(value: float, kind: str, slack: float = 0.0) -> Callable[[list[Text]], None]:
            def check(found: list[Text]) -> None:
                for text in found:
                    for numeral in text.numerals()[:1]:
                        self._share(numeral, value, kind, slack)

            return check

        def both(found: list[Text]) -> None:
            percent(last, "weight", self.slack)(found[:1])
            percent(keep ** (n - 1), "share")(found[1:])

        def pairs(found: list[Text]) -> None:
            between = n * (n - 1) / 2
            equal(between)(found)
            self.ledger.holds(not masked or bool(block.allowed.all()), "pairs under a mask", found[0], self.pairs)

        def words(found: list[Text]) -> None:
            (text,) = found
            for numeral in text.numerals():
                self.ledger.equal(numeral, self._hidden(), "count")

        def fewer(found: list[Text]) -> None:
            attention = n * n * d
            right = {"fewer": attention < n * d * d, "more": attention > n * d * d}.get(
                found[0].text, attention == n * d * d
            )
            self.ledger.holds(right, "operations", found[0])

        percent_ = rf"<?{NUMBER} %"
        window = block.options.get("mask")
        width = window["window"] if isinstance(window, dict) else -1
        return [
            (rf"By the end, .*?: {percent_} of h\d+", percent(keep ** (n - 1), "share")),
            (rf"multiplies the share by {NUMBER}", equal(keep, kind="option")),
            (rf"h2 = {NUMBER} [×x] h1 \+ {NUMBER} [×x] ", equal(keep, round(1 - keep, 9), kind="option")),
            (r"remembered from (\d+) %, fading from (\d+) %", self._words),
            (r"(?:…|\.\.\.) stands for (\d+) more words?", words),
            (rf"other word: {NUMBER} pairs?, both ways", pairs),
            (rf"With each on itself, (\d+) [×x] (\d+) = {NUMBER} weights", equal(n, n, n * n)),
            (rf"(?:mask|That) leaves {NUMBER} of (\d+) [×x] (\d+) = {NUMBER} weights", equal(self.pairs, n, n, n * n)),
            (r"A window of (\d+): a word attends", equal(width, kind="option")),
            (r"(\d+) words attend to nothing", equal(int((block.allowed.sum(axis=1) == 0).sum()), kind="nothing")),
            (
                rf"gives (?:the first )?\"[^\"]*\"(?: \(word \d+\))? {percent_}, "
                rf"in one step; h\d+ holds {percent_} of it",
                both,
            ),
            (rf"gives itself {percent_}", percent(last, "weight", self.slack)),
            (r"through words between them, in (\d+) layers", equal(path or -1, kind="layers")),
            (
                rf"n = {NUMBER} words?, d = {NUMBER} numbers? a word"
                r"(?: \([^();]*(?:; the embeddings have (\d+))?\))",
                self._sizes(n, d, size),
            ),
            (r"Illustrative embeddings \(d = (\d+)\)", equal(size or -1)),
            (r"Steps in sequence(?: Recurrent)? *[│|]? *n = (\d+)(?: Self-attention)? *[│|]? *(\d+)", equal(n, 1)),
            (
                r"Path, first to last(?: Recurrent)? *[│|]? *n - (\d) = (\d+)(?: Self-attention)? *[│|]? *"
                r"(\d+(?: layers)?|not reachable)",
                self._layers(n, path),
            ),
            (r"table (\d+)", equal(1)),
            (r"\"([^\"]*)\" \(word (\d+)\)", self._named),
            (r"Sentence: \"([^\"]*) (?:…|\.\.\.)\" \(([\d,]+) more words?\)", self._opening),
            (
                rf"Operations(?: Recurrent)? *[│|]? *n [×x] d [×x] d = {NUMBER}(?: Self-attention)? *[│|]? *"
                rf"n [×x] n [×x] d = {NUMBER}",
                equal(n * d * d, n * n * d),
            ),
            (
                rf"weights the mask leaves {NUMBER}: {NUMBER} [×x] d = {NUMBER}",
                equal(self.pairs, self.pairs, self.pairs * d),
            ),
            (r"Counted so, self-attention takes (\w+)(?: \w+)? operations here", fewer),
            (rf"A recurrent cell that keeps {NUMBER} of its state", equal(keep, kind="option")),
            (r"reads the sentence in (\d+) steps?", equal(n)),
            (rf"and ends with {percent_} of", percent(keep ** (n - 1), "share")),
            (rf"gives it a weight of {percent_}", percent(last, "weight", self.slack)),
            (
                rf"As the (\d+) paper counts them, a recurrent layer takes {NUMBER} operations "
                rf"and self-attention {NUMBER}",
                equal(2017, n * d * d, n * n * d),
            ),
        ]

    def _named(self, found: list[Text]) -> None:
        """`"baa" (word 3)`."""
        name, numeral = found[0].text.replace(" ", ""), found[1].numerals()[0]
        place = int(numeral.value) - 1
        true = 0 <= place < self.n and self.block.tokens[place].startswith(re.split(r"…|\.\.\.", name)[0])
        self.ledger.checked(numeral, true, "number of a word", name)

    def _opening(self, found: list[Text]) -> None:
        self.ledger.equal(found[1].numerals()[0], self.n - len(found[0].text.split()), "count")

    def _sizes(self, n: int, d: int, size: int | None) -> Callable[[list[Text]], None]:
        def check(found: list[Text]) -> None:
            for text, value in zip(found, (n, d, size or -1), strict=False):
                self.ledger.equal(text.numerals()[0], value, "count")

        return check

    def _layers(self, n: int, path: int | None) -> Callable[[list[Text]], None]:
        def check(found: list[Text]) -> None:
            first, second = (each.numerals()[0] for each in found[:2])
            self.ledger.equal(first, 1, "count")
            self.ledger.equal(second, n - 1, "count")
            if not found[2].numerals():
                self.ledger.holds(path is None, "layers", found[2], path)
                return
            third = found[2].numerals()[0]
            self.ledger.equal(third, -1 if path is None else path, "layers")
            self.ledger.holds(("layers" in found[2].text) == (path is not None and path > 1), "layers", found[2], path)

        return check

    def _words(self, found: list[Text]) -> None:
        """`remembered from 50 %, fading from 10 %`: the words beside the rows follow from it."""
        ledger = self.ledger
        high, low = (each.numerals()[0] for each in found)
        ledger.equal(high, 50, "threshold")
        ledger.equal(low, 10, "threshold")
        for row, line in enumerate(ledger.lines):
            match = re.search(rf"<?{NUMBER} %  (remembered|fading|mostly forgotten)$", line)
            if match:
                value = ledger.line(row).group(match, 1).numerals()[0].value
                word = "remembered" if value >= high.value else "fading" if value >= low.value else "mostly forgotten"
                ledger.holds(word == match[2], "remembered", line, word)

    def _hidden(self) -> int:
        """How many words the row of hidden states leaves out."""
        return self.n - len(self._states())

    def _states(self) -> set[int]:
        """The numbers of the words in the row of hidden states."""
        seen: set[int] = set()
        for line in self.ledger.lines:
            if line.startswith("Share of"):
                break
            seen.update(map(int, re.findall(r"\bh(\d+)\b", line)))
        return seen

    def _path(self) -> int | None:
        """In how many layers the last word can know of the first."""
        if self.n == 1:
            return 0
        reached = np.zeros(self.n, dtype=bool)
        reached[self.n - 1] = True
        for layers in range(1, self.n + 2):
            reached = reached | self.block.allowed[reached].any(axis=0)
            if layers == 1 and self.block.allowed[self.n - 1, 0]:
                return 1
            if reached[0]:
                return layers
        return None

    def _rows(self) -> None:
        """`Step 1: process "cat"  ████ 50 %`, or `1 cat ████ 50 %`; behind weights a vector or scores."""
        ledger, part, at = self.ledger, "", -1
        self.listed: list[int] = []
        for row, line in enumerate(ledger.lines):
            text = ledger.line(row)
            if line.startswith("Share of"):
                part, at = "before", -1
            elif line.startswith("Weight that each word"):
                part, at = "after", -1
            elif re.match(r"The (vectors|scores):", line):
                part, at = "vectors", -1
            elif re.match(r"\W*WHAT |By the end|[A-Z\"].* (gives|sees|never)|A word's|[═=]{8}", line):
                part = "" if part != "vectors" or not line.startswith("A word's") else part
            more = re.match(r"(?:…|\.\.\.) (\S+) more (?:word|step)s?", line)
            if more and part:
                numeral = text.group(more, 1).numerals()[0]
                rest = sum(bool(re.match(r"(?:Step|Word)? ?\d+", each)) for each in self._following(row))
                ledger.equal(numeral, self.n - (at + 1) - rest, "count")
                at += int(numeral.value)
                continue
            match = re.match(r"(?:(?:Step|Word) )?(\d+)(?::| (?!%))", line)
            # `19 layers.` may be the end of a sentence.
            if not match or not part or not re.search(r"%|\[|\s[·.](?:\s|$)", line):
                continue
            number = text.group(match, 1).numerals()[0]
            at = at + 1 if part != "vectors" else next((each for each in self.listed if each > at), self.n)
            ledger.equal(number, at + 1, "count")
            if part == "after":
                self.listed.append(at)
            if not 0 <= at < self.n:
                continue
            share = re.search(rf"<?{NUMBER} %", line)
            if share and part in ("before", "after"):
                numeral = text.group(share, 1).numerals()[0]
                value = self.kept**at if part == "before" else float(self.weights[at, 0])
                self._bar(text.part(match.end(), share.start()), value, 0.0 if part == "before" else self.slack)
                self._share(
                    numeral, value, "share" if part == "before" else "weight", 0.0 if part == "before" else self.slack
                )
            elif part == "after":
                ledger.holds(not self.block.allowed[at, 0] or "%" in line, "masked", line)
            vector = re.search(r"\[[^\]]*\]?$", line)
            if vector:
                self._vector(row, text.group(vector), at)

    def _grid(self) -> None:
        """Above what its signs mean a mask: each word that has a hidden state has a row and a column."""
        ledger, lines = self.ledger, self.ledger.lines
        below = next((row for row in range(len(lines)) if re.match(r"[■#] may attend, ", lines[row])), None)
        if below is None:
            return
        rows: list[Text] = []
        for row in range(below - 1, -1, -1):
            signs = re.search(r"  ((?:[■#·.] )*[■#·.])$", lines[row])
            if signs:
                rows.insert(0, ledger.line(row).group(signs, 1))
            elif rows:
                break
        shown = sorted(each - 1 for each in self._states())
        ledger.holds(bool(rows) and len(rows) == len(shown), "a mask of other rows", lines[below], shown)
        for query, text in zip(shown, rows, strict=False):
            told = [sign in "■#" for sign in text.text.split()]
            ledger.holds(told == self.block.allowed[query, shown].tolist(), "mask", text, query)
            ledger.signs["of a mask"] += len(told)
            ledger.barred.update(place for place, sign in zip(text.places, text.text, strict=True) if sign == "#")
        ledger.barred.add((below, 0))

    def _bar(self, text: Text, value: float, slack: float) -> None:
        """The first step's bar is a full one: all of the first word is left then."""
        inked = text.search(r"(?:^|\s)([█▌#]*)\s*$")
        assert inked is not None
        if not self.full:
            self.full = len(inked[0].text)
            self.ledger.holds(value == 1 and bool(self.full), "a full bar", text)
        self.ledger.measures(inked[0], value, self.full, slack)

    def _following(self, row: int) -> list[str]:
        found = []
        for line in self.ledger.lines[row + 1 :]:
            if not re.match(r"(?:(?:Step|Word) )?\d+(?::| )", line):
                break
            found.append(line)
        return found

    def _vector(self, row: int, text: Text, at: int) -> None:
        block, ledger = self.block, self.ledger
        array = block.embeddings if block.basis == "vectors" else block.heads[0].scores
        if array is None:
            return
        lines = [text]
        while "]" not in lines[-1].text and row + 1 < len(ledger.lines):
            row += 1
            lines.append(ledger.line(row))
        whole = ledger.joined(lines)
        numerals, values = whole.numerals(), array[at].tolist()
        if whole.search(r"(?:…|\.\.\.) (\d+) more"):
            last = numerals.pop()
            ledger.equal(last, len(values) - len(numerals), "count")
        else:
            ledger.holds(len(numerals) == len(values), "count", whole, len(values))
        for numeral, value in zip(numerals, values, strict=False):
            status = "quoted" if block.illustrative else "verified"
            ledger.checked(numeral, rounds(numeral.text, value), "vector", value, status)


def read(options: dict[str, Any], ledger: Ledger) -> None:
    Reader(Block(options), ledger).read()
