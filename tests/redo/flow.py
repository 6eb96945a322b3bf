"""Reads a flow: boxes of vectors, tables of scores with a column for each operation, sentences, weighted sums."""

from __future__ import annotations

import re
from math import exp, sqrt
from typing import Any

import numpy as np

from redo import calculator, claims
from redo.calculator import Operation
from redo.given import Array, Block, Head, is_name, names, placed
from redo.page import (
    Ledger,
    Numeral,
    Table,
    Text,
    blocks,
    caption,
    cells,
    is_rule,
    is_walled,
    items,
    kept,
    shown,
    table,
)

STARTS = (
    r"Head \d+|query = |= \[|-?[\d.]+ [×x] |(Nothing is attended|Each weight rounds) to|(…|\.\.\.) \d+ more$|"
    r"Shown: |Computed in full precision(?!, rounded when printed: from)|As given, "
)
LEGEND = r"^\S+(?:…|\.\.\.)\S* = \S+$"


class Reader:
    def __init__(self, block: Block, ledger: Ledger) -> None:
        self.block, self.ledger = block, ledger
        self.shown = block.options.get("arithmetic") == "shown"
        self.finer = max(block.decimals, 2)
        self.all = names(block.keys)
        self.places: list[int] | None = None
        self.step = 0
        self.heads: dict[int, HeadReader] = {}
        self.at = 0
        self.told: list[Text] = []
        self.labels: list[str] = []
        self.boxes: list[tuple[str, int, list[list[Text]]]] = []
        """Label of a part, first column of the band, rows of cells."""
        self.band: list[str] = []
        self.columns = 0
        self.section = ""
        self.rounding: Text | None = None
        self.as_given: Text | None = None
        """What the line below the whole says of rounding."""
        self.whole = True
        """Whether every vector that is drawn from stands in the picture."""

    def head(self, number: int) -> HeadReader:
        if number not in self.heads:
            self.heads[number] = HeadReader(self, number)
        return self.heads[number]

    def read(self) -> None:
        ledger = self.ledger
        rows, sentences = caption(ledger, self.block.options.get("caption", False))
        for each in blocks(ledger, rows):
            first = ledger.lines[each[0]]
            if is_rule(first) or is_walled(first) or any(is_walled(ledger.lines[row]) for row in each):
                if self.section.startswith("Attention"):
                    self.head(self.at).add(table(ledger, each))
                else:
                    self.box(each)
                continue
            for item in items(ledger, each, STARTS):
                self.item(item)
        for head in self.heads.values():
            head.work()
        for head in self.heads.values():
            if hasattr(head, "weights"):
                head.check()
        self.check_rounding()
        self.check_boxes()
        for text in self.told:
            ledger.equal(text.numerals()[0], len(self.places or ()), "count")
            ledger.equal(text.numerals()[1], len(self.all), "count")
        for text in sentences:
            alternative(self.block, ledger, text, self)

    # Paragraphs

    def item(self, text: Text) -> None:
        ledger, block, said = self.ledger, self.block, text.text
        step = text.search(r"^Step (\d+): (.*)$")
        if re.fullmatch(r"[v↓\s]*", said) or said == block.options.get("title"):
            pass
        elif re.match(r"(Sentence|Attends to): ", said):
            self.sentence(text)
        elif step:
            self.step += 1
            ledger.equal(step[0].numerals()[0], self.step, "count")
            self.section, self.at = step[1].text, 0
            self.heading(step[1])
        elif re.match(r"Head \d+", said):
            self.head_name(text)
        elif re.match(r"Shown: ", said):
            self.told.append(text)
        elif not self.closing(text):
            if self.section.startswith(("Attention", "Weighted")):
                self.head(self.at).item(text)
            else:
                ledger.not_read(text)

    def sentence(self, text: Text) -> None:
        more = text.search(r"\((\S+) more \w+\)$")
        tokens = self.block.keys if text.text.startswith("Attends") else self.block.tokens
        if more:
            quoted = re.search(r'"(.*) (?:…|\.\.\.)"', text.text)
            count = len(quoted[1].split()) if quoted else 0
            self.ledger.equal(more[0].numerals()[0], len(tokens) - count, "count")

    def heading(self, text: Text) -> None:
        block, ledger, said = self.block, self.ledger, text.text
        size = text.search(r"d = (\d+)")
        if size:
            own = block.embeddings is not None and "embeddings" in said
            head = block.heads[0]
            array = block.embeddings if own else head.key if said.startswith("Keys") else head.value
            ledger.equal(size[0].numerals()[0], -1 if array is None else array.shape[1], "count")
        for pattern, count in ((r"divided among (\d+)", len(block.heads)),):
            found = text.search(pattern)
            if found:
                ledger.equal(found[0].numerals()[0], count, "count")
        first = text.search(r"first (\d+) numbers")
        if first:
            self.first = first[0].numerals()[0]
            self.whole = False
        place = text.search(r"(?:word|token) (\S+) of (\S+)$")
        if place and said.startswith("Attention"):
            ledger.equal(place[0].numerals()[0], block.query + 1, "count")
            ledger.equal(place[1].numerals()[0], len(block.tokens), "count")

    def head_name(self, text: Text) -> None:
        numbers = text.numerals()
        self.at = int(numbers[0].value) - 1
        self.ledger.checked(numbers[0], self.at < len(self.block.heads), "count", "heads")
        if re.match(r"Head \d+ of \d+", text.text):
            self.ledger.equal(numbers[1], len(self.block.heads), "count")
            expected = max((each for each in self.heads), default=-1) + 1
            self.ledger.holds(self.at == expected, "count", text.text, expected + 1)
        self.head(self.at)

    def closing(self, text: Text) -> bool:
        block, ledger, said = self.block, self.ledger, text.text
        illustrative = text.search(r"^Illustrative \w+ \(d = (\d+)\)")
        if illustrative:
            array = block.embeddings
            ledger.equal(illustrative[0].numerals()[0], -1 if array is None else array.shape[1], "count")
            ledger.holds(bool(block.illustrative), "illustrative", said)
            return True
        rounded = text.search(r"^Each number is rounded to (\d+) decimals?\b[^(]*(?:\((?:√|sqrt )(\d+) = (\S+)\))?\.?")
        if rounded:
            first, *more = text.split("; ")
            self.rounding = more[0] if more else None
            numbers = first.numerals()
            ledger.equal(numbers[0], block.decimals, "count")
            if len(numbers) > 2:
                ledger.equal(numbers[1], block.heads[0].query.shape[1], "count")  # type: ignore[union-attr]
                ledger.rounds(numbers[2], sqrt(numbers[1].value), "root")
            return True
        if said.startswith("As given, the weights"):
            first, *more = text.split(r" (?=Computed in full precision)")
            self.as_given = first.part(len("As given, "), len(first.text))
            return all(map(self.closing, more))
        if said.startswith("Computed in full precision, rounded when printed: "):
            self.rounding = text.part(said.index(": ") + 2, len(said))
            return True
        if re.match(LEGEND, said):
            short, _, full = said.partition(" = ")
            known = {*self.all, *names(block.tokens)}
            ledger.holds(full in known and is_name(short, full), "legend", said)
            return True
        return False

    def check_rounding(self) -> None:
        """The line below the whole: what the weights add up to, and how many last digits would differ."""
        heads = [head for head in self.heads.values() if hasattr(head, "weights")]
        several = len(self.block.heads) > 1
        totals = {head.number + 1 if several else 0: head.total() for head in heads if not hasattr(head, "added")}
        totals = {number: total for number, total in totals.items() if total}
        quiet = self.block.options.get("remarks") == "none"
        claims.weights_add_up(self.ledger, self.as_given or self.rounding, totals, quiet)
        if quiet or self.shown or self.rounding is None:
            return
        noisy = any(head.slack > 1e-9 for head in heads)
        count = sum(getattr(head, "count", 0) for head in heads)
        told = self.rounding.search(r"(\S+) last digits?\b")
        if told:
            (numeral,) = told[0].numerals()
            self.ledger.checked(numeral, numeral.value == count or noisy, "last digits", count)
        self.ledger.holds(bool(told) or not count or noisy, "last digits that no line tells", self.rounding, count)
        again = {head.number + 1 if several else 0: head.output_unlike() for head in heads}
        other = {number: values for number, values in again.items() if values}
        one = self.rounding.search(r"the output(?: of head (\d+))? would be (\[.*\])")
        number = int(one[0].numerals()[0].value) if one and one[0] else 0
        for numeral in [*one[0].numerals(), *one[1].numerals()] if one else ():
            self.ledger.checked(numeral, other.keys() == {number}, "would give", other)
        for numeral, value in zip(one[1].numerals() if one else (), other.get(number, ()), strict=False):
            self.ledger.rounds(numeral, value, "would give")
        many = self.rounding.search(r"the outputs of (\d+) heads would differ")
        if many:
            self.ledger.equal(many[0].numerals()[0], len(other), "count")
        quiet = not other or noisy
        self.ledger.holds(bool(one or many) or quiet, "an output that no line tells", self.rounding, other)

    # Boxes of vectors

    def box(self, rows: list[int]) -> None:
        """A band of boxes: the words, or below them their vectors with labels at the left."""
        part: list[list[Text]] = []
        label = self.ledger.joined(())
        for row in [*rows, -1]:
            if row < 0 or is_rule(self.ledger.lines[row]):
                if part:
                    self.part(label, part)
                part, label = [], self.ledger.joined(())
                continue
            before, between, _ = cells(self.ledger.line(row))
            label = before.strip() or label
            part.append([each for at, each in enumerate(between) if at % 2 == 0])

    def part(self, label_text: Text, part: list[list[Text]]) -> None:
        label = label_text.text
        labels = [each.text for each in part[0]]
        if len(part) == 1 and not label and not all(re.fullmatch(r"-?[\d.]+|…|\.\.\.", each) for each in labels):
            self.columns += len(self.band)
            self.band = labels
            places = placed([*self.labels, *labels], self.all)
            self.labels = [*self.labels, *labels]
            self.places = places
            if places is None:
                self.ledger.finding("names", str(labels), str(self.all))
            return
        for each in label_text.numerals():
            name = label.partition(" ")[0]
            before = [found for found, start, _ in self.boxes if start == self.columns and found.startswith(name)]
            self.ledger.equal(each, len(before) + 1, "count")
        self.boxes.append((label, self.columns, part))

    def check_boxes(self) -> None:
        ledger = self.ledger
        for label, start, part in self.boxes:
            array, made = self.array(label)
            if array is None or self.places is None:
                continue
            for number, row in enumerate(part):
                for column, cell in enumerate(row):
                    for each in cell.numerals():
                        value = float(array[self.places[start + column]][number])
                        if made:
                            # What nobody gave stands here: this is where a reader takes it from.
                            ledger.checked(each, shown(value, each.decimals) == each.text, "vector", value, "quoted")
                        else:
                            ledger.rounds(each, value, "vector")
            if re.match(r"…|\.\.\.", part[-1][0].text):
                count = len(part) - 1
                if hasattr(self, "first"):
                    ledger.equal(self.first, count, "count")

    def array(self, label: str) -> tuple[np.ndarray | None, bool]:
        block = self.block
        name, _, number = label.partition(" ")
        head = block.heads[int(number) - 1 if number else 0]
        made = block.illustrative
        if name == "key":
            return head.key, bool(made) and (head.key is None or "projections" not in block.options)
        if name == "value":
            return head.value, bool(made) and "values" not in block.options and "projections" not in block.options
        if name == "head":
            return head.key, bool(made)
        if name == "input" or (block.embeddings is not None and not block.cross):
            return block.embeddings, made == "vectors"
        return (head.key if head.key is not None else head.value), bool(made) and "keys" not in block.options


class HeadReader:
    """What the picture says of one head: its query, its table, its sentences, its weighted sum."""

    def __init__(self, reader: Reader, number: int) -> None:
        self.reader, self.number = reader, number
        self.block, self.ledger = reader.block, reader.ledger
        self.given: Head = reader.block.heads[min(number, len(reader.block.heads) - 1)]
        self.tables: list[Table] = []
        self.items: list[Text] = []

    def add(self, found: Table) -> None:
        self.tables.append(found)

    def item(self, text: Text) -> None:
        self.items.append(text)

    def work(self) -> None:
        """Takes the operations from the heads of the columns, and works the weights out."""
        block, reader = self.block, self.reader
        notes = "\n".join(each.text for each in self.items)
        roots = {}
        for item in reader.ledger.lines:
            told = re.search(r"((?:√|sqrt )\d+) = ([\d.]+)\)", item)
            if told and reader.shown:
                roots[told[1]] = told[2]
        if reader.shown and self.given.query is not None and block.options.get("scale") is None:
            root = self.given.query.shape[1]
            for sign in ("√", "sqrt "):
                roots.setdefault(f"{sign}{root}", shown(sqrt(root), block.decimals))
        heads = [head.text for each in self.tables for head in each.heads[1:]]
        self.operations: list[Operation] = []
        for head in heads:
            if head in ("Similarity", "Score", "Attention", "exp", ""):
                continue
            found = calculator.operation(head, notes, roots, block.options.get("softcap", 1.0))
            if found is None:
                self.ledger.not_read(f"column {head}")
                return
            self.operations.append(found)
        if not self.tables:
            # Without a table nothing tells the operations: those that the block asks for, as its options name them.
            self.operations = by_options(block, self.given, reader.shown)
        self.exact = calculator.exact(block, self.given, self.operations)
        row = block.query if len(self.exact.weights) > 1 else 0
        self.weights = self.exact.weights[row].tolist()
        self.scores = [each[row if len(each) > 1 else 0].tolist() for each in self.exact.scores]
        self.output = [] if self.exact.output is None else self.exact.output[row].tolist()
        self.rough = calculator.noise(self.given, self.exact.scores)
        self.slack = min(1.0, self.rough[-1]) if self.rough else 0.0
        if reader.shown:
            shift = None if not self.tables and self.scores else "of the score less" in notes
            self.by_hand = calculator.pencil(block, self.given, self.operations, shift=shift)
            self.weights, self.scores, self.output = self.by_hand.weights, self.by_hand.scores, self.by_hand.output
            self.slack, self.rough = 0.0, [0.0] * len(self.rough)

    # Everything is read; now it is redone.

    def check(self) -> None:
        block, reader = self.block, self.reader
        visible = block.allowed[block.query]
        if reader.places is None or not reader.boxes:
            labels = [row[0].text for each in self.tables[:1] for row in each.rows]
            reader.places = placed([each for each in labels if not re.fullmatch(r"\d+ more", each)], reader.all)
            if not self.tables:
                summed = next((each.text for each in self.items if re.match(r"-?[\d.]+ [×x] ", each.text)), "")
                few = len(reader.all) <= 16
                reader.places = (
                    list(range(len(reader.all))) if few else placed(re.findall(r"[\d.] [×x] (\S+)", summed), reader.all)
                )
        self.visible = visible.tolist()
        self.apart()
        self.check_tables()
        self.check_items()
        self.ledger.apart = False

    def apart(self) -> None:
        """Numbers of illustrative vectors that are not all printed cannot be redone by a reader; they are by us."""
        reader, block = self.reader, self.block
        whole = reader.boxes and reader.whole and reader.places is not None and len(reader.places) == len(reader.all)
        self.ledger.apart = bool(block.illustrative) and not whole

    def check_tables(self) -> None:
        reader, ledger, places = self.reader, self.ledger, self.reader.places
        if places is None:
            return
        self.columns: dict[str, list[Text]] = {}
        rest = [place for place in range(len(reader.all)) if place not in places]
        ops = 0
        for each in self.tables:
            for column, head in enumerate(each.heads):
                cells_ = [row[column] for row in each.rows]
                name = head.text
                for numeral in head.numerals():
                    self.factor(numeral, head)
                if name == "Key":
                    self.labels([row[0] for row in each.rows], rest)
                    continue
                if name == "":
                    self.bars(cells_, each.widths[column])
                    continue
                if name in ("Similarity", "Score"):
                    values, kind = self.scores[0], "score"
                elif name == "Attention":
                    values, kind = self.weights, "attention"
                elif name == "exp":
                    values, kind = self.by_hand.exps, "exp"
                else:
                    ops += 1
                    values, kind = self.scores[ops], f"column {'Capped' if name == 'Capped' else 'scaled'}"
                self.columns[name] = cells_[: len(places)]
                slack = self.slack if kind == "attention" else self.rough[ops] if kind != "exp" else 0.0
                fits = ledger.percent if kind == "attention" else ledger.rounds
                for cell, place in zip(cells_, places, strict=False):
                    dash = not cell.numerals()
                    ledger.holds(dash is not self.visible[place], "masked", f"{name} {cell}", self.visible[place])
                    for numeral in cell.numerals():
                        fits(numeral, values[place], kind, slack)
                if name == "Attention":
                    for row in each.rows[len(places) :]:
                        may = "masked" not in row[column].text
                        chosen = [place for place in rest if self.visible[place] is may]
                        for numeral in row[column].numerals():
                            ledger.percent(numeral, sum(self.weights[place] for place in chosen), kind, slack)
            for number, beside in enumerate(each.beside):
                if beside:
                    self.remark(beside, number)

    def bars(self, inked: list[Text], full: int) -> None:
        """A full bar takes the whole column, and is the largest weight of all heads."""
        heads = self.reader.heads.values()
        largest = max(weight for head in heads for weight in head.weights)
        slack = max(head.slack for head in heads) / largest if largest else 0.0
        places = self.reader.places or []
        shares = [self.weights[place] / largest if largest else 0.0 for place in places]
        for text, share in zip(inked, [*shares, *[0.0] * len(inked)], strict=False):
            self.ledger.measures(text, share, full, slack)

    def remark(self, text: Text, number: int) -> None:
        """`← attends most to itself`, beside the row of its key."""
        places = self.reader.places or []
        if self.block.options.get("annotations") is not None or number >= len(places):
            return
        place, top = places[number], max(self.weights)
        said = text.text
        if re.search(
            r"gets (?:the most|all|almost all) attention|attends (?:most |only |almost only )?to itself", said
        ):
            self.ledger.holds(self.weights[place] >= top - 1e-9 - self.slack, "most", said)
            printed = shown(top, self.reader.finer)
            pairs = zip(self.weights, self.visible, strict=True)
            alike = sum(may and shown(weight, self.reader.finer) == printed for weight, may in pairs)
            if not re.search("all|only", said) or "almost" in said:
                self.ledger.holds(alike == 1 or self.slack > 1e-9, "most, where others print the same", said, alike)
            else:
                others = [
                    w for at, (w, may) in enumerate(zip(self.weights, self.visible, strict=True)) if may and at != place
                ]
                self.ledger.holds(
                    not any(others), "only, beside keys that are not masked", said, max(others, default=0)
                )
        else:
            self.ledger.not_read(text)

    def factor(self, numeral: Numeral, head: Text) -> None:
        """A number in the head of a column: a root's is the length of the query, any other an option."""
        options, ledger = self.block.options, self.ledger
        before = head.text[: head.places.index((numeral.row, numeral.column))]
        if re.search(r"(?:√|sqrt )$", before):
            size = -1 if self.given.query is None else self.given.query.shape[1]
            ledger.equal(numeral, size, "root")
        else:
            wanted = [options.get(name) for name in ("scale", "temperature")]
            ledger.checked(numeral, numeral.value in wanted, "factor", wanted, "quoted")

    def labels(self, labels: list[Text], rest: list[int]) -> None:
        may, ledger = self.visible, self.ledger
        counts = [sum(may[place] for place in rest), sum(not may[place] for place in rest)]
        wanted = [count for count in counts if count]
        for each in labels[len(self.reader.places or ()) :]:
            for numeral in each.numerals():
                ledger.equal(numeral, wanted.pop(0) if wanted else -1, "count")
        for each, place in zip(labels, self.reader.places or (), strict=False):
            ledger.holds(is_name(each.text, self.reader.all[place]), "names", each.text, self.reader.all[place])
        unseen = max((self.weights[place] for place in rest), default=0.0)
        always = {self.block.query} if not self.block.cross else set()
        given = self.block.options.get("annotations")
        if not isinstance(given, dict) and len(self.block.heads) == 1:
            seen = [self.weights[p] for p in self.reader.places or () if p not in always and may[p]]
            ledger.holds(
                not rest or not seen or min(seen) >= unseen - 1e-9 - self.slack,
                "largest shown",
                min(seen, default=0),
                unseen,
            )

    def check_items(self) -> None:
        told = False
        pieces: list[Text] = []
        for text in self.items:
            if text.text.startswith("+ ") and pieces:
                pieces.append(text)
            else:
                pieces.append(text)
        for text in pieces:
            told = self.sentence(text) or told
        if self.tables and not self.reader.shown and self.block.options.get("remarks") != "none":
            self.redone()

    def sentence(self, text: Text) -> bool:
        ledger, block, said = self.ledger, self.block, text.text
        decimals = block.decimals
        if re.match(r"query = \[", said):
            assert self.given.query is not None
            values = self.by_hand.query if self.reader.shown else self.given.query[block.query].tolist()
            self.vector(text, values, made=block.illustrative == "vectors" and "projections" not in block.options)
        elif re.match(r'"[^"]+" attends', said):
            inner = text.part(said.index("attends"), len(said))
            if not claims.attends(ledger, block, inner, block.query, self.weights, self.reader.finer, self.slack):
                ledger.not_read(text)
        elif re.match(r"(?:Rounded: as printed|As given,) the column adds up to (\S+) %", said):
            printed = [
                cell.numerals()[0]
                for t in self.tables
                for c, h in enumerate(t.heads)
                if h.text == "Attention"
                for cell in [r[c] for r in t.rows]
                if cell.numerals()
            ]
            total = sum(numeral.value for numeral in printed)
            ledger.rounds(text.numerals()[0], total, "adds up")
            self.added = True
            if ", and " in said:
                self.note = text.part(said.index(", and ") + len(", and "), len(said))
        elif re.match(r"(T|scale) = ", said):
            name = {"T": "temperature", "scale": "scale"}[said.split()[0]]
            ledger.checked(
                text.numerals()[0], text.numerals()[0].value == block.options.get(name), "factor", name, "quoted"
            )
        elif re.match(r"Capped: ", said):
            for numeral in text.numerals():
                ledger.checked(numeral, numeral.value == block.options.get("softcap"), "factor", "softcap", "quoted")
        elif re.match(r"Attention: exp", said):
            *less, last = text.numerals()
            ledger.rounds(last, self.by_hand.total, "total")
            for numeral in less:
                ledger.rounds(numeral, self.by_hand.shift, "shift")
        elif re.match(r"Computed in full precision: ", said):
            self.note = text
        elif re.match(r"Computed in full precision; the rounded weights above", said):
            self.output_note(text)
        elif re.match(r"= \[", said):
            self.printed_output = text.numerals()
            self.vector(text, self.output, decimals)
        elif re.match(r"Each weight rounds to 0", said):
            ledger.rounds(text.numerals()[0], max(self.weights), "share", self.slack)
        elif re.match(r"Nothing is attended to", said):
            ledger.holds(not any(w > 0 for w in self.weights), "nothing", said)
        elif re.match(r"Side by side = ", said):
            whole = [each for head in self.reader.heads.values() if hasattr(head, "output") for each in head.output]
            self.vector(text, whole, decimals)
        elif re.match(r"-?[\d.]+ [×x] \S", said) or re.match(r"(?:…|\.\.\.) \d+ more", said):
            self.terms(text)
        elif re.match(r'"[^"]+": ', said) and block.options.get("annotations"):
            pass
        else:
            ledger.not_read(text)
        return False

    def vector(self, text: Text, values: list[float], decimals: int = 0, made: bool = False) -> None:
        more = text.search(r"(?:…|\.\.\.) (\d+) more\]")
        numerals = text.numerals()
        if more:
            last = numerals.pop()
            self.ledger.equal(last, len(values) - len(numerals), "count")
        else:
            self.ledger.holds(len(numerals) == len(values), "count", text, len(values))
        for numeral, value in zip(numerals, values, strict=False):
            if made:
                self.ledger.checked(numeral, shown(value, numeral.decimals) == numeral.text, "vector", value, "quoted")
            else:
                self.ledger.rounds(numeral, value, "vector", self.slack * max((abs(v) for v in values), default=0.0))

    def terms(self, text: Text) -> None:
        """`0.15 × The + 0.20 × sat + … 4 more`: the weights that are summed."""
        ledger, places = self.ledger, self.reader.places
        if places is None:
            return
        wanted = [place for place in places if self.visible[place] and kept(self.weights[place], 9)]
        self.summed: dict[int, float] = {}
        for term in text.split(r"(?:^|(?<= ))\+ "):
            numerals = term.numerals()
            more = term.search(r"(\S+) more$")
            if more and numerals:
                count = sum(self.visible) - len(self.summed)
                ledger.equal(numerals[0], count, "more in a sum")
                continue
            label = re.sub(r"^.*? [×x] ", "", term.text).strip()
            if not wanted or not is_name(label, self.reader.all[wanted[0]]) or not numerals:
                ledger.not_read(term)
                continue
            place = wanted.pop(0)
            self.summed[place] = numerals[0].value
            ledger.rounds(numerals[0], self.weights[place], "weight", self.slack)
        ledger.holds(not wanted, "summed", text, f"{wanted} too")

    def output_note(self, text: Text) -> None:
        again = self.output_again()
        self.ledger.holds(again is not None, "would give", text, "values that are not printed")
        for numeral, value in zip(text.numerals(), again or (), strict=False):
            self.ledger.rounds(numeral, value, "would give")

    def output_again(self) -> list[float] | None:
        """What the printed weights and values give; None where not all of them are printed."""
        values, summed = self.given.value, getattr(self, "summed", None)
        if values is None or summed is None or len(self.reader.places or ()) < len(self.reader.all):
            return None
        for label, _, part in self.reader.boxes:
            array, _ = self.reader.array(label)
            if array is not None and np.array_equal(array, values) and not re.match(r"…|\.\.\.", part[-1][0].text):
                digits = max(n.decimals for row in part for cell in row for n in cell.numerals())
                rows = {place: [kept(value, digits) for value in values[place].tolist()] for place in summed}
                return [sum(w * rows[place][at] for place, w in summed.items()) for at in range(values.shape[1])]
        return None

    def total(self) -> str:
        """What the percentages of the table add up to; "" without any."""
        cells_ = [row[-1 - (not each.heads[-1].text)] for each in self.tables[-1:] for row in each.rows]
        printed = [numeral for cell in cells_ for numeral in cell.numerals()]
        return shown(sum(each.value for each in printed), printed[0].decimals) if printed else ""

    def output_unlike(self) -> list[float]:
        """What the printed weights and values give, where that is not the printed output."""
        again = self.output_again() or []
        pairs = zip(again, self.printed_output if again else (), strict=True)
        return again if any(shown(value, numeral.decimals) != numeral.text for value, numeral in pairs) else []

    def redone(self) -> None:
        """From what is printed, column by column: what comes out differently is told by one line."""
        ledger, places = self.ledger, self.reader.places
        if places is None or not hasattr(self, "columns"):
            return
        note: Text | None = getattr(self, "note", None)
        seen = [(row, place) for row, place in enumerate(places) if self.visible[place]]
        before: list[float] | None = None
        differing: list[tuple[str, list[tuple[int, str]]]] = []
        ops = list(self.operations)
        for name, cells_ in self.columns.items():
            printed = [cells_[row].numerals()[0] for row, _ in seen if cells_[row].numerals()]
            if len(printed) < len(seen):
                return
            again: list[str] | None = None
            if name == "Attention":
                if before is not None and len(seen) == sum(self.visible) and before:
                    top = max(before)
                    exps = [exp(score - top) for score in before]
                    again = [shown(100 * each / sum(exps), p.decimals) for each, p in zip(exps, printed, strict=True)]
            elif name in ("Similarity", "Score"):
                products = self.products([place for _, place in seen]) if name == "Similarity" else None
                if products is not None:
                    again = [shown(each, p.decimals) for each, p in zip(products, printed, strict=True)]
            else:
                one = ops.pop(0)
                if before is not None:
                    again = [shown(one.apply(score), p.decimals) for score, p in zip(before, printed, strict=True)]
            if again is not None:
                rows = [(row, new) for (row, _), new, p in zip(seen, again, printed, strict=True) if new != p.text]
                if rows:
                    differing.append((name, rows))
            before = [p.value for p in printed]
        self.count = sum(len(rows) for _, rows in differing)
        if note is None and self.reader.rounding is not None:
            return
        if note is None:
            noisy = not self.visible or self.slack > 1e-9
            ledger.holds(
                not differing or noisy, "last digits that no line tells", [d[0] for d in differing], differing[:1]
            )
            return
        self.noted(note, differing)

    def noted(self, note: Text, differing: list[tuple[str, list[tuple[int, str]]]]) -> None:
        ledger = self.ledger
        if "last digits would differ" in note.text:
            count = sum(len(rows) for _, rows in differing)
            for numeral in note.numerals():
                ledger.checked(numeral, numeral.value == count or self.slack > 1e-9, "last digits", count)
            return
        column = re.search(r'in the column "([^"]+)"\.?$', note.text)
        name = column[1] if column else "Attention"
        rows = dict(next((rows for found, rows in differing if found == name), ()))
        for numeral in note.part(column.start(), len(note.text)).numerals() if column else ():
            ledger.checked(numeral, any(name == head.text for t in self.tables for head in t.heads), "column", name)
        said = note.part(0, column.start() if column else len(note.text))
        told = said.numerals()
        ledger.holds({n.text for n in told} == {v.removesuffix(" %") for v in rows.values()}, "would give", note, rows)
        for numeral in told:
            ledger.checked(numeral, numeral.text in rows.values(), "would give", rows)

    def products(self, places: list[int]) -> list[float] | None:
        """The dot products of the printed query with the printed keys at these places, if all of them stand there."""
        key = self.given.key
        query = next((each for each in self.items if each.text.startswith("query =")), None)
        if query is None or key is None or query.search(r"(?:…|\.\.\.) \d+ more\]"):
            return None
        one = [each.value for each in query.numerals()]
        printed = self.printed(key)
        if not set(places) <= printed.keys():
            return None
        return [sum(a * b for a, b in zip(one, printed[place], strict=True)) for place in places]

    def printed(self, array: Array) -> dict[int, list[float]]:
        """Of an array [key, d] the vectors that stand whole in the picture, by place."""
        found: dict[int, list[float]] = {}
        for label, start, part in self.reader.boxes:
            stated, _ = self.reader.array(label)
            if stated is None or not np.array_equal(stated, array):
                continue
            for column in range(len(part[0])):
                numbers = [each.value for row in part for each in row[column].numerals()]
                if len(numbers) == array.shape[1]:
                    found.setdefault((self.reader.places or [])[start + column], numbers)
        return found


def by_options(block: Block, head: Head, by_hand: bool) -> list[Operation]:
    """The operations that the block asks for, where no column tells them."""
    options = block.options
    found = []
    scale = options.get("scale")
    if head.query is not None and scale is None:
        root = sqrt(head.query.shape[1])
        scale = 1 / (kept(root, block.decimals) if by_hand else root)
    if scale is not None:
        found.append(Operation("scale", lambda score: score * scale))
    temperature = options.get("temperature")
    if temperature is not None:
        found.append(Operation("scale", lambda score: score / temperature))
    cap = options.get("softcap")
    if cap is not None:
        found.append(Operation("softcap", lambda score: cap * np.tanh(score / cap)))
    return found


def alternative(block: Block, ledger: Ledger, text: Text, reader: Reader) -> None:
    """`'sat' attends most to itself, 0.20, then to 'mat', 0.18. The output is [0.33, …].`"""
    for number, sentence in enumerate(text.split(r"(?<=[.\]])\s(?=In head|'|The output)")):
        at = sentence.search(r"^In head (\d+) of (\d+)")
        head_number = 0
        if at:
            head_number = int(at[0].numerals()[0].value) - 1
            ledger.equal(at[0].numerals()[0], number + 1, "count")
            ledger.equal(at[1].numerals()[0], len(block.heads), "count")
        head = reader.head(head_number)
        if not hasattr(head, "weights"):
            head.work()
            head.check()
        head.apart()
        if sentence.text.startswith("The output is"):
            head.vector(sentence, head.output)
            continue
        at_most = sentence.text.find("attends")
        if at_most < 0:
            ledger.not_read(sentence)
            continue
        told, *then = sentence.part(at_most, len(sentence.text)).split(", then (?=to )")
        if not claims.attends(ledger, block, told, block.query, head.weights, reader.finer, head.slack):
            ledger.not_read(sentence)
        for piece in then:
            second(block, ledger, piece, head)
        ledger.apart = False


def second(block: Block, ledger: Ledger, text: Text, head: HeadReader) -> None:
    """`to 'mat', 0.18`: the second largest weight."""
    seen = [place for place, can in enumerate(block.allowed[block.query].tolist()) if can]
    value = sorted(kept(head.weights[place], 9) for place in seen)[-2] if len(seen) > 1 else -1.0
    found = text.search(rf"^to ({claims.NAMES}), (\S+?)\.?$")
    if found is None:
        ledger.not_read(text)
        return
    for numeral in found[1].numerals():
        ledger.rounds(numeral, value, "share", head.slack)
    (places,) = claims.positions(block, found[0].text, block.query)
    near = [place for place in places if abs(head.weights[place] - value) <= 1e-9 + head.slack]
    ledger.holds(bool(near), "second", text, f"{value} is of no {places}")


def read(options: dict[str, Any], ledger: Ledger) -> None:
    block = Block(options)
    reader = Reader(block, ledger)
    reader.read()
