"""Reads a heatmap: cells with signs or numbers, the legend of the signs, remarks on rows, notes on what was done."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from redo import claims
from redo.calculator import Exact
from redo.given import Block, is_name, names, placed
from redo.page import Ledger, Numeral, Text, as_many, caption, items, kept
from redo.usual import Usual

AXIS = r"^\s*(?:query [↓v])?\s*keys? .*?(?:→|->)$"
SIGN = r"[■□]{3}|█+|▓+|▒+|░+|[#*+\-]+"
LEVEL = rf"(?:^|(?<= ))({SIGN}) (\d[\d.]*)(?:[–-](\d[\d.]*))?(?= |$)"


DARKNESS = "□■-+*░▒▓█#"


def _shade(sign: str) -> str:
    """A sign without the cells that repeat it: `██` is `█`, but `■□□` stays."""
    return sign if len({*sign}) > 1 or "■" in sign or "□" in sign else sign[0]


class Reader:
    def __init__(self, block: Block, ledger: Ledger) -> None:
        self.block, self.ledger = block, ledger
        self.rows, self.columns = names(block.tokens), names(block.keys)
        whole = " ".join(line.strip() for line in ledger.lines)
        blocked = re.search(r"in blocks of (\d+) [×x] (\d+): a", whole)
        self.down, self.across = (int(blocked[1]), int(blocked[2])) if blocked else (1, 1)
        self.usual = Usual(block, ledger, "ATTENTION WEIGHTS")
        self.heads: list[Exact] = []
        self.texts: list[tuple[int, Text]] = []
        self.words: list[tuple[str, str, str]] = []
        self.levels: dict[str, tuple[float, float, int]] = {}
        self.sums: dict[int, list[tuple[float, int]]] = {}
        self.shades: dict[str, list[float]] = {}
        """Of each sign the least and the largest weight that it stands for, where no legend tells."""

    def read(self) -> None:
        ledger = self.ledger
        rows, sentences = caption(ledger, self.block.options.get("caption", False))
        head, at, last = -1 if len(self.block.heads) > 1 else 0, 0, len(rows)
        found: list[tuple[int, int, int]] = []  # head, row of the axis, first key
        loose: list[tuple[int, list[int]]] = []
        first = 0
        while at < last:
            line = ledger.lines[at]
            if re.match(AXIS, line) and at + 1 < last:
                found.append((max(head, 0), at, first))
                at += 2 + -(-len(self.rows) // self.down)
                first = 1
                loose.append((max(head, 0), []))
                continue
            if not line.strip():
                loose.append((head, []))
            else:
                if re.match(r"Head \d+ of \d+", line):
                    head += 1
                    first = 0
                    loose.append((head, []))
                if not loose:
                    loose.append((head, []))
                loose[-1][1].append(at)
            at += 1
        for number, lines in loose:
            if lines:
                self.texts += [
                    (number, each) for each in items(ledger, lines, r"(?:\d+ )?(?!query|queries)[a-z]\S*\s+attends ")
                ]
        rest = [(number, text) for number, text in self.texts if not self._note(text)]
        self.usual.work()
        self.heads, self.slack = self.usual.heads, self.usual.slack
        after = -1
        for number, row, follows in found:
            after = self._panel(number, row, after if follows else -1)
        for number, text in rest:
            self._text(number, text)
        self._rounded_told(rest)
        self._tiled()
        lighter = sorted(self.shades.items(), key=lambda each: [DARKNESS.index(sign) for sign in each[0]][::-1])
        for (one, (_, most)), (other, (least, _)) in pairwise(lighter):
            ledger.holds(most <= least + 1e-9, "a darker sign for a smaller weight", f"{one} {other}", (most, least))
        by_share: dict[str, set[str]] = {}
        for how, share, said in self.words:
            by_share.setdefault(share, set()).add(how)
            ledger.holds(len(by_share[share]) == 1, "two words for one share", said, f"{share}: {by_share[share]}")
        for sentence in sentences:
            self._alternative(sentence)
        ledger.apart = False

    # Notes

    def _note(self, text: Text) -> bool:
        ledger, said = self.ledger, text.text
        if self.usual.reads(text):
            return True
        if re.match(r"Head \d+ of \d+", said):
            self.told = getattr(self, "told", 0) + 1
            first, second = text.numerals()[:2]
            ledger.equal(first, self.told, "count")
            ledger.equal(second, len(self.block.heads), "count")
            return True
        if "weights in blocks of" in said:
            wanted = [len(self.rows), len(self.columns), self.down, self.across]
            wanted += [each for each in (self.down, self.across) if each > 1]
            for numeral, value in zip(text.numerals(), wanted, strict=False):
                ledger.equal(numeral, value, "count")
            ledger.holds(len(text.numerals()) == len(wanted), "count", said, wanted)
            return True
        levels = list(re.finditer(LEVEL, said))
        if levels and not re.search(r"attends|Strongest", said):
            for match in levels:
                first = text.group(match, 2).numerals()[0]
                second = text.group(match, 3).numerals()[0] if match[3] else first
                self.levels[match[1]] = (first.value, second.value, first.decimals)
                self.level_numerals = [*getattr(self, "level_numerals", []), (first, second)]
            return True
        return bool(re.fullmatch(r"[·.] masked", said))

    def _tiled(self) -> None:
        """The legend begins at 0, ends at 1 or above, and leaves nothing out."""
        found: list[tuple[Numeral, Numeral]] = sorted(
            getattr(self, "level_numerals", []), key=lambda pair: pair[0].value
        )
        top = max((float(each.weights.max(initial=0.0)) for each in self.heads), default=1.0)
        before: Numeral | None = None
        for number, (first, second) in enumerate(found):
            unit = 10.0**-first.decimals
            self.ledger.checked(
                first, abs(first.value - (before.value + unit if before else 0.0)) < unit / 9, "legend", ""
            )
            last = number == len(found) - 1
            ends = second.value in (1.0, kept(max(1.0, top), second.decimals))
            if second is not first:
                self.ledger.checked(second, second.value >= first.value and (not last or ends), "legend", top)
            before = second

    # Cells

    def _panel(self, number: int, row: int, after: int) -> int:
        """One panel; the last key of the panel before it, and of this one."""
        ledger = self.ledger
        axis, header = ledger.line(row), ledger.line(row + 1)
        span = axis.search(r"keys? (\d+)(?:[–-](\d+))? of (\d+)")
        start = after + 1
        stop = len(self.columns)
        if span:
            numerals = axis.numerals()
            first, last = numerals[0], numerals[-2]
            ledger.equal(first, start + 1 if len(numerals) == 3 else min(start + self.across, stop), "count")
            ledger.equal(numerals[-1], len(self.columns), "count")
            stop = int(last.value)
        heads = re.sub(r"^\s*query [↓v]", lambda each: " " * len(each[0]), header.text)
        starts = list(range(start, stop, self.across))
        numbers = header.numerals()
        width = len(starts)
        contiguous = self._contiguous(header, starts, row + 2)
        if numbers and not re.search("[a-z]", heads):
            if not contiguous:
                for numeral, place in zip(numbers, starts, strict=False):
                    ledger.equal(numeral, place + 1, "number of a key")
                ledger.holds(len(numbers) == width, "count", heads, width)
            else:
                offset, size = contiguous
                for numeral in numbers:
                    place = (numeral.column - offset) // size
                    ledger.equal(numeral, starts[place] + 1 if 0 <= place < width else -1, "number of a key")
        else:
            labels = heads.split()
            places = self._near(labels, start)
            ledger.holds(places == starts or self._cut(labels, starts), "names", heads, starts)
        for index in range(-(-len(self.rows) // self.down)):
            self._row(number, row + 2 + index, index, starts, contiguous)
        if span:
            ledger.holds(stop > start, "count", axis, start)
            ledger.equal(last, min(starts[-1] + self.across, len(self.columns)), "count") if last is not first else None
        return stop - 1

    def _near(self, labels: list[str], start: int) -> list[int]:
        found = placed(labels, self.columns[start:])
        return [] if found is None else [start + each for each in found]

    def _cut(self, labels: list[str], starts: list[int]) -> bool:
        return len(labels) == len(starts) and all(
            self.columns[place].startswith(re.split(r"…|\.\.\.|#", label)[0])
            for label, place in zip(labels, starts, strict=True)
        )

    def _contiguous(self, header: Text, starts: list[int], row: int) -> tuple[int, int] | None:
        """Where cells touch each other, as some numbers above them tell: where they begin, and the size of one."""
        numbers = header.numerals()
        if re.search(r"[a-z]", re.sub(r"query [↓v]", "", header.text)) or not numbers or len(numbers) == len(starts):
            return None
        first = numbers[0].column
        if len(numbers) > 1:
            steps = (numbers[1].value - numbers[0].value) / self.across
            return first, max(1, round((numbers[1].column - first) / steps)) if steps else 1
        if self.levels:
            return first, len(next(iter(self.levels)))
        rows = self.ledger.lines[row : row + -(-len(self.rows) // self.down)]
        signs = (re.match(r"(?:[█▓▒░#*+\-]+|[·.] ?)*", each[first:]) for each in rows)
        return first, max(1, *(-(-len(each[0].rstrip()) // len(starts)) for each in signs if each))

    def _label(self, row: int, index: int) -> int:
        """Reads the label of a row; where its cells begin."""
        ledger, text = self.ledger, self.ledger.line(row)
        place = index * self.down
        pooled = re.match(r"\s*(\d+)(?:[–-](\d+))?(?= )", text.text)
        if self.down > 1 and pooled:
            last = min(place + self.down, len(self.rows))
            numerals = text.part(0, pooled.end()).numerals()
            ledger.equal(numerals[0], place + 1 if len(numerals) > 1 else last, "number of a query")
            if len(numerals) > 1:
                ledger.equal(numerals[1], last, "number of a query")
            return pooled.end()
        match = re.match(r"\s*(?:(\d+) )?([a-z]\S*)", text.text)
        if not match:
            ledger.not_read(text)
            return 0
        if match[1]:
            ledger.equal(text.group(match, 1).numerals()[0], place + 1, "number of a query")
        start = re.split(r"…|\.\.\.|#", match[2])[0]
        ledger.holds(self.rows[place].startswith(start), "names", match[2], self.rows[place])
        return match.end()

    def _row(self, head: int, row: int, index: int, starts: list[int], contiguous: tuple[int, int] | None) -> None:
        ledger, text = self.ledger, self.ledger.line(row)
        at = self._label(row, index)
        rest = text.part(at, len(text.text))
        pieces: list[Text] = []
        if contiguous:
            offset, size = contiguous
            pieces = [text.part(offset + size * n, offset + size * (n + 1)) for n in range(len(starts))]
            rest = text.part(offset + size * len(starts), len(text.text))
        else:
            found = list(re.finditer(r"\S+", rest.text))
            place = 0
            for _ in starts:
                if place >= len(found):
                    break
                one = found[place]
                both = self.block.options.get("mode") == "both" and one[0] not in ("·", ".")
                end = found[place + 1] if both and place + 1 < len(found) else one
                pieces.append(rest.part(one.start(), end.end()))
                place += 2 if both else 1
            rest = rest.part(pieces[-1].places[-1][1] + 1 - at if pieces else 0, len(rest.text))
        if not ledger.holds(len(pieces) == len(starts), "cells", text, len(starts)):
            return
        queries = range(index * self.down, min((index + 1) * self.down, len(self.rows)))
        for piece, start in zip(pieces, starts, strict=True):
            keys = range(start, min(start + self.across, len(self.columns)))
            self._cell(head, piece, queries, keys, index)
        if rest and self.block.options.get("annotations") is None:
            self._remark(head, queries[0], rest.strip())

    def _cell(self, head: int, piece: Text, queries: range, keys: range, index: int) -> None:
        ledger = self.ledger
        part = self.heads[head].weights[queries[0] : queries[-1] + 1, keys[0] : keys[-1] + 1]
        may = bool(self.block.allowed[queries[0] : queries[-1] + 1, keys[0] : keys[-1] + 1].any())
        said = piece.text.strip()
        if said[:1] in ("·", "."):
            ledger.holds(not may, "masked", said, part)
            return
        ledger.holds(may, "masked", said, "masked")
        value = float(part.sum() / len(queries))
        for numeral in piece.numerals():
            ledger.rounds(numeral, value, "weight", self.slack[head])
            self.sums.setdefault(head * 10_000 + index, []).append((numeral.value, numeral.decimals))
        sign = re.match(SIGN, said)
        if sign and self.slack[head] >= 1e-9:
            ledger.signs["of a weight that the last bits of floats decide"] += 1
        elif sign and not self.levels:
            ledger.signs["without a legend, by their order"] += 1
            found = self.shades.setdefault(_shade(sign[0]), [value, value])
            found[:] = [min(found[0], value), max(found[1], value)]
        elif sign:
            ledger.signs["by the legend"] += 1
            level = self.levels.get(sign[0])
            true = (
                level is not None
                and level[0] <= kept(value, level[2]) + 1e-12
                and kept(value, level[2]) <= level[1] + 1e-12
            )
            ledger.holds(true, "level", f"{said} is {level}", value)

    # Remarks

    def _remark(self, head: int, query: int, text: Text) -> None:
        ledger, said = self.ledger, text.text
        weights, decimals, slack = self.heads[head].weights[query].tolist(), self.block.decimals, self.slack[head]
        if not claims.attends(ledger, self.block, text, query, weights, decimals, slack):
            ledger.not_read(text)
        shares = re.search(r"\((\d[\d.]*)\)", said)
        if shares and "alike" not in said:
            self.words.append(("most" if "attends most" in said else "", shares[1], said))

    def _text(self, head: int, text: Text) -> None:
        said, ledger = text.text, self.ledger
        head = max(head, 0)
        given = self.block.options.get("annotations")
        if said.startswith("Strongest") or re.match(r"\d+ quer(?:y|ies) attends? to nothing", said):
            self._strongest(head, text)
        elif said.startswith(("Rounded: ", "As given, ")):
            self._rounded(head, text)
        elif match := re.match(r"(?:(\d+) )?([a-z]\S*)\s+(attends .*)$", said):
            at = getattr(self, "below", {}).get(head, -1)
            if match[1]:
                query = int(match[1]) - 1
            else:
                ahead = [p for p in range(at + 1, len(self.rows)) if self._cut_name(match[2], self.rows[p])]
                query = ahead[0] if ahead else -1
            if not 0 <= query < len(self.rows):
                ledger.not_read(text)
                return
            self.below = {**getattr(self, "below", {}), head: query}
            if match[1]:
                ledger.checked(
                    text.group(match, 1).numerals()[0],
                    self._cut_name(match[2], self.rows[query]),
                    "number of a query",
                    query,
                )
            self._remark(head, query, text.group(match, 3))
        elif given is not None:
            for match in re.finditer(r"(?:^|(?<= ))(\d+) (\S+)", said):
                place = int(match[1]) - 1
                true = 0 <= place < len(self.rows) and self._cut_name(match[2], self.rows[place])
                for numeral in text.group(match, 1).numerals():
                    ledger.checked(numeral, true, "number of a query", self.rows)
        else:
            ledger.not_read(text)

    def _cut_name(self, label: str, name: str) -> bool:
        return is_name(label, name) or (
            "#" not in label
            and name.startswith(re.split(r"…|\.\.\.", label)[0])
            and (label == name.split("#")[0] or label != re.split(r"…|\.\.\.", label)[0])
        )

    def _strongest(self, head: int, text: Text) -> None:
        ledger, weights, may = self.ledger, self.heads[head].weights, self.block.allowed
        choice = [query for query in range(len(may)) if may[query].sum() > 1]
        if "Strongest" in text.text:
            told = re.search(r"Strongest where a (?:word|token) has a choice: ", text.text) is not None
            ledger.holds(told == bool((may.sum(axis=1) == 1).any()), "choice", text.text[:60])
        slack = self.slack[head]
        near = np.sort(weights[choice].ravel())[::-1] if choice else np.zeros(0)
        count = 0
        pattern = r"(?:(\d+) )?[\"']([^\"']+)[\"'] to (?:(itself)|(?:(\d+) )?[\"']([^\"']+)[\"']) (\d[\d.]*\d|\d)"
        for match in re.finditer(pattern, text.text):
            queries = self._positions(text, match, 1, 2, self.rows)
            keys = queries if match[3] else self._positions(text, match, 4, 5, self.columns)
            numeral = text.group(match, 6).numerals()[0]
            pairs = [(q, k) for q in queries for k in ([q] if match[3] else keys)]
            value = float(near[count]) if count < len(near) else -1.0
            ledger.rounds(numeral, value, "share", slack)
            named = any(abs(float(weights[pair]) - value) <= 2e-9 + slack for pair in pairs)
            ledger.holds(named, "strongest", match[0], value)
            count += 1
        more = text.search(r"(\d[\d,]*) more alike")
        least = float(near[count - 1]) if 0 < count <= len(near) else 2.0
        digits = self.block.decimals if kept(least, self.block.decimals) else 9
        alike = as_many(near[near > 0].tolist()[count:], kept(least, digits), digits, slack)
        if more:
            numeral = more[0].numerals()[0]
            ledger.checked(numeral, numeral.value in alike or slack > 1e-9, "alike", alike)
        else:
            ledger.holds(0 in alike or slack > 1e-9, "alike", text, alike)
        none = text.search(r"(\d+) quer(?:y|ies) attends? to nothing")
        if none:
            ledger.equal(none[0].numerals()[0], int((may.sum(axis=1) == 0).sum()), "nothing")

    def _positions(self, text: Text, match: re.Match[str], number: int, name: int, all_names: list[str]) -> list[int]:
        if match[number]:
            numeral = text.group(match, number).numerals()[0]
            place = int(numeral.value) - 1
            true = 0 <= place < len(all_names) and self._cut_name(match[name].replace(" ", ""), all_names[place])
            self.ledger.checked(numeral, true, "number of a token", match[name])
            return [place] if true else []
        return [place for place, full in enumerate(all_names) if is_name(match[name].replace(" ", ""), full)]

    def _rounded(self, head: int, text: Text) -> None:
        """`"cat" and "sat" add up to 0.99, row 3 to 1.01`, or how many rows miss 1."""
        ledger = self.ledger
        heads = range(len(self.block.heads)) if len(self.block.heads) > 1 else [head]
        self.saying = {*getattr(self, "saying", set()), *heads}
        unit = 10.0**-self.block.decimals
        every = {(each, row): total for each in heads for row, total in self._totals(each).items()}
        off = {row: total for (_, row), total in every.items() if abs(total - 1.0) > unit / 9}
        missed = text.search(r"(\d+) of (\d+) rows? miss(?:es)? (\S+) by (?:up to )?(\S+?)\.$")
        if missed:
            first, second, third, fourth = (each.numerals()[0] for each in missed)
            far = [abs(total - 1.0) for total in every.values() if abs(total - 1.0) > unit / 9]
            ledger.equal(first, len(far), "adds up")
            ledger.equal(second, -(-len(self.rows) // self.down) * len(heads), "count")
            ledger.equal(third, 1, "adds up")
            ledger.rounds(fourth, max(far, default=0.0), "adds up")
            return
        named = 0
        for match in re.finditer(
            r"((?:(?:\"[^\"]+\"|row \d+)(?:, | and )?)+) (?:adds up to|add up to|to) (\d[\d.]*\d|\d)", text.text
        ):
            numeral = text.group(match, 2).numerals()[0]
            rows = re.findall(r"\"([^\"]+)\"|row (\d+)", match[1])
            same = [row for row, total in off.items() if abs(total - numeral.value) < unit / 9]
            ledger.checked(numeral, len(same) == len(rows), "adds up", off)
            for each in text.group(match, 1).numerals():
                pooled = self.down > 1
                row = (int(each.value) - 1) // self.down if pooled else int(each.value) - 1
                ledger.checked(each, row in same, "adds up", same)
            named += len(rows)
        ledger.holds(named == len(off), "adds up", text, off)

    def _totals(self, head: int) -> dict[int, float]:
        return {
            key - head * 10_000: sum(value for value, _ in found)
            for key, found in self.sums.items()
            if key // 10_000 == head
        }

    def _rounded_told(self, rest: Sequence[tuple[int, Text]]) -> None:
        unit = 10.0**-self.block.decimals
        for head in range(len(self.block.heads)):
            if head in getattr(self, "saying", set()) or self.block.options.get("remarks") == "none":
                continue
            off = {row: total for row, total in self._totals(head).items() if abs(total - 1.0) > unit / 9}
            self.ledger.holds(not off, "adds up, and no line tells", off)

    def _alternative(self, text: Text) -> None:
        ledger, block = self.ledger, self.block
        size = text.search(r"^Attention weights of (\d+) quer\w+ by (\d+) keys?(?:, (?:window of (\d+))?)?")
        if not size:
            ledger.not_read(text)
            return
        ledger.equal(size[0].numerals()[0], len(self.rows), "count")
        ledger.equal(size[1].numerals()[0], len(self.columns), "count")
        mask = block.options.get("mask")
        window = re.search(r"window of (\d+)", text.text)
        if window:
            true = isinstance(mask, dict) and mask["window"] == int(window[1])
            ledger.checked(text.group(window, 1).numerals()[0], true, "option", mask, "quoted")
        rest = text.part(text.text.index(". ") + 2 if ". " in text.text else len(text.text), len(text.text))
        for number, said in enumerate(rest.split(r"(?<=[.:]) (?=Head \d)")):
            if not said:
                continue
            label = said.search(r"^\s*Head (\d+):")
            head = 0
            if label:
                head = int(label[0].numerals()[0].value) - 1
                ledger.checked(label[0].numerals()[0], 0 <= head < min(2, len(block.heads)), "count", number)
                head = min(max(head, 0), len(block.heads) - 1)
                said = said.part(said.text.index(":") + 1, len(said.text)).strip()
                ledger.holds(bool(said), "a head of which nothing is said", text.text[:80])
            if "Strongest" in said.text or re.search(r"quer(?:y|ies) attends? to nothing", said.text):
                self._strongest(head, said)
                continue
            if re.match(r"No \w+ has a choice", said.text.strip()):
                ledger.holds(bool((block.allowed.sum(axis=1) == 1).all()), "choice", said)
                continue
            for query, piece in enumerate(said.split(r"; ")):
                at = piece.text.find("attends")
                if at >= 0 and query < len(self.rows):
                    self._remark(head, query, piece.part(at, len(piece.text)))
                elif piece:
                    ledger.not_read(piece)


def read(options: dict[str, Any], ledger: Ledger) -> None:
    Reader(Block(options), ledger).read()
