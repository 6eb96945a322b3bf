"""The printed text as a reader sees it: numerals with their places, tables, paragraphs; and the ledger of numerals."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import NamedTuple

# Names end in `#2`, and `x` may be a times sign; a minus between two numbers is a range or a subtraction.
NUMERAL = re.compile(
    r"(?<![A-WYZa-wyz_#.\d])(?:(?<![\dA-Za-z)])-)?\d+(?:,\d{3})*(?:\.\d+)?(?:e[+-]?\d+)?(?![A-Za-wyz]\w)"
)
WALLS = "│|"
RULE = re.compile(r"^[^\w\"]*[┌├└+][─┬┴┼┐┤┘+\- ]*[─-][─┬┴┼┐┤┘+\- ↓v]*$")


class Numeral:
    """One number of the text, and what the reader makes of it."""

    def __init__(self, row: int, column: int, text: str) -> None:
        self.row, self.column, self.text = row, column, text
        self.status = "left"

    @property
    def value(self) -> float:
        return float(self.text.replace(",", ""))

    @property
    def decimals(self) -> int:
        return len(self.text.partition(".")[2])

    def __repr__(self) -> str:
        return f"{self.text}@{self.row + 1}:{self.column + 1}"


class Finding(NamedTuple):
    """Something that is not true: its kind, what the picture says, and what is true."""

    kind: str
    said: str
    true: str


class Text:
    """A piece of the picture, in one line; each character knows where it stands."""

    def __init__(self, ledger: Ledger, text: str, places: Sequence[tuple[int, int]]) -> None:
        self.ledger, self.text, self.places = ledger, text, places

    def __str__(self) -> str:
        return self.text

    def __bool__(self) -> bool:
        return bool(self.text.strip())

    def part(self, start: int, stop: int) -> Text:
        return Text(self.ledger, self.text[start:stop], self.places[start:stop])

    def strip(self) -> Text:
        start = len(self.text) - len(self.text.lstrip())
        return self.part(start, max(start, len(self.text.rstrip())))

    def group(self, match: re.Match[str], group: int | str = 0) -> Text:
        return self.part(*match.span(group))

    def numerals(self) -> list[Numeral]:
        """All of the piece, in their order."""
        found = (self.ledger.at.get(self.places[each.start()]) for each in NUMERAL.finditer(self.text))
        return [each for each in found if each is not None]

    def search(self, pattern: str) -> list[Text] | None:
        """The groups of the first match of a pattern, if there is one."""
        match = re.search(pattern, self.text)
        return match and [self.group(match, number) for number in range(1, (match.re.groups or 0) + 1)]

    def split(self, pattern: str) -> list[Text]:
        """What stands between the matches of a pattern."""
        pieces, start = [], 0
        for match in re.finditer(pattern, self.text):
            pieces.append(self.part(start, match.start()))
            start = match.end()
        return [*pieces, self.part(start, len(self.text))]


class Ledger:
    """The lines of a picture, and what was found of each numeral."""

    def __init__(self, lines: Sequence[str], words: str = "") -> None:
        self.pictured = len(lines)
        """How many lines are the picture's own; below them stands what says it in words, its text alternative."""
        self.lines = [*lines, *(["", words] if words else [])]
        self.findings: list[Finding] = []
        self.unread: list[str] = []
        self.apart = False
        """Whether what is checked now comes from illustrative vectors that are not all printed."""
        self.barred: set[tuple[int, int]] = set()
        """Where the bars begin that were held against their share."""
        self.signs: Counter[str] = Counter()
        """Signs that stand for a number, by what they were held against."""
        self.at = {
            (row, each.start()): Numeral(row, each.start(), each.group())
            for row, line in enumerate(self.lines)
            for each in NUMERAL.finditer(line)
        }

    @property
    def numerals(self) -> list[Numeral]:
        return list(self.at.values())

    def counts(self) -> Counter[str]:
        return Counter(each.status for each in self.numerals)

    def line(self, row: int) -> Text:
        text = self.lines[row]
        return Text(self, text, [(row, column) for column in range(len(text))])

    def joined(self, texts: Iterable[Text]) -> Text:
        """Lines that were one sentence."""
        text, places = "", list[tuple[int, int]]()
        for each in texts:
            each = each.strip()
            if text:
                text, places = text + " ", [*places, (-1, -1)]
            text, places = text + each.text, [*places, *each.places]
        return Text(self, text, places)

    # What the reader says of numerals

    def checked(self, numeral: Numeral, true: bool, kind: str, want: object, status: str = "verified") -> bool:
        """Marks the numeral; one that is not true is a finding."""
        numeral.status = status if true else "wrong"
        if true and status == "verified" and self.apart:
            numeral.status = "illustrative"
        if not true:
            self.finding(kind, f"{numeral} in {self.lines[numeral.row].strip()!r}", str(want))
        return true

    def equal(self, numeral: Numeral, want: float, kind: str) -> bool:
        """A number that must be just this one, such as a count."""
        return self.checked(numeral, numeral.value == want, kind, want)

    def rounds(self, numeral: Numeral, value: float, kind: str, slack: float = 0.0) -> bool:
        """A number that is rounded from this value; `slack` is what floats may be off by."""
        return self.checked(numeral, rounds(numeral.text, value, slack), kind, value)

    def percent(self, numeral: Numeral, share: float, kind: str, slack: float = 0.0) -> bool:
        """A share in percent. It is rounded as a share: 0.06249999999 is 0.0625 to nine decimals, and so 6.3 %."""
        return self.checked(numeral, is_percent(numeral.text, share, slack), kind, 100 * share)

    def holds(self, true: bool, kind: str, said: object, want: object = "") -> bool:
        if not true:
            self.finding(kind, str(said), str(want))
        return true

    def measures(self, text: Text, share: float, full: int, slack: float = 0.0) -> None:
        """A bar, in whole and half cells: that share of a full one."""
        inked = text.strip()
        parts = 2 if self.halves else 1
        length = sum({"▌": 1}.get(sign, parts) for sign in inked.text)
        fair = {int(kept(each * full * parts, 0)) for each in (share - slack, share, share + slack)}
        kind = "bar" if set(inked.text) <= set("█▌#") and "▌" not in inked.text[:-1] else "bar of other signs"
        self.holds(length in fair and kind == "bar", kind, f"{inked.text!r} of {full}", share)
        self.barred.update(inked.places[:1])
        self.signs["bars"] += 1

    @property
    def halves(self) -> bool:
        """Whether the picture has a sign for half a cell: all but those in ASCII."""
        return any("█" in line or "▌" in line for line in self.lines)

    def bars(self) -> list[tuple[int, int]]:
        """Where what looks like a bar begins."""
        pattern = r"(?<!\S)(?:[█▌]+|#+)(?=[░ -]|$)"
        return [(row, m.start()) for row, line in enumerate(self.lines) for m in re.finditer(pattern, line)]

    def finding(self, kind: str, said: str, want: str) -> None:
        self.findings.append(Finding(kind, said, want))

    def not_read(self, text: Text | str) -> None:
        if str(text).strip():
            self.unread.append(str(text))


# Numbers --------------------------------------------------------------------------------------------------------------


def shown(value: float, decimals: int) -> str:
    """Rounded half up, after snapping to 9 decimals."""
    snapped = Decimal(f"{value:.9f}")
    text = f"{snapped.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP):f}"
    return text.lstrip("-") if not text.strip("-0.") else text


def kept(value: float, decimals: int) -> float:
    """The number that is printed: what a pocket calculator goes on with."""
    return float(shown(value, decimals))


def rounds(text: str, value: float, slack: float = 0.0) -> bool:
    """Whether a text is the value, rounded; `slack` is what floats may have made of the value."""
    written = text.replace(",", "")
    decimals = len(written.partition(".")[2])
    if written == shown(value, decimals):
        return True
    spread = slack + 2e-14 * abs(value)
    return abs(float(written) - value) <= 0.5 * 10.0**-decimals + spread and (
        spread > 1e-10 or written in (shown(value + spread, decimals), shown(value - spread, decimals))
    )


def is_percent(text: str, share: float, slack: float = 0.0) -> bool:
    """Whether a text is a share in percent, rounded as a share."""
    decimals = len(text.partition(".")[2])
    near = {shown(100 * kept(each, decimals + 2), decimals) for each in (share, share - slack, share + slack)}
    return text in near or (slack > 1e-12 and rounds(text, 100 * share, 100 * slack))


def as_many(values: Iterable[float], least: float, decimals: int, slack: float = 0.0) -> range:
    """How many values round to this one or more: of some the last bits of floats may decide."""
    noise = slack + 2e-15
    sure, may = 0, 0
    for value in values:
        may += kept(value + noise, decimals) >= least - 1e-12
        sure += kept(value - noise, decimals) >= least - 1e-12
    return range(sure, may + 1)


# Layout ---------------------------------------------------------------------------------------------------------------


class Table(NamedTuple):
    """Rows of cells, the first of them heads; what stands beside each row."""

    heads: list[Text]
    rows: list[list[Text]]
    beside: list[Text]
    widths: list[int]
    """Of each column, without the blanks at its walls."""


def is_rule(line: str) -> bool:
    return bool(RULE.match(line)) and not re.search(r"[A-Za-uw-z\d]", line)


def is_walled(line: str) -> bool:
    return bool(re.match(r"^\s*(?:(?:input|key|value|head)(?: \d+)? +)?[│|]", line))


def cells(text: Text) -> tuple[Text, list[Text], Text]:
    """What stands before, between and after the walls of a line."""
    before, *between, after = text.split("[│|]")
    return before, [each.strip() for each in between], after.strip()


def table(ledger: Ledger, rows: Sequence[int]) -> Table:
    """The table whose lines these are."""
    walled = [cells(ledger.line(row)) for row in rows if not is_rule(ledger.lines[row])]
    heads, *body = [each[1] for each in walled]
    walls = [[at for at, sign in enumerate(ledger.lines[row]) if sign in WALLS] for row in rows]
    first = next(each for each in walls if each)
    return Table(heads, body, [each[2] for each in walled[1:]], [b - a - 3 for a, b in pairwise(first)])


def blocks(ledger: Ledger, rows: Iterable[int]) -> Iterator[list[int]]:
    """The rows between empty ones; ruled and other lines apart."""
    found: list[int] = []
    ruled = False
    for row in rows:
        line = ledger.lines[row]
        now = is_rule(line) or is_walled(line)
        if found and (not line.strip() or now is not ruled or (now and line.lstrip()[0] == "┌")):
            yield found
            found = []
        ruled = now
        if line.strip():
            found.append(row)
    if found:
        yield found


def caption(ledger: Ledger, given: bool) -> tuple[range, list[Text]]:
    """The rows of the picture proper; and what says it in words, below it if the block asks for that, and apart."""
    count = ledger.pictured
    start = count
    while given and start and ledger.lines[start - 1].strip():
        start -= 1
    said = [ledger.joined(ledger.line(row) for row in range(start, count))] if given else []
    return range(start), [*said, *(ledger.line(row) for row in range(count + 1, len(ledger.lines)))]


def items(ledger: Ledger, rows: Sequence[int], starts: str = "") -> list[Text]:
    """Paragraphs: what is indented more than the first line of its block goes on with the line before."""
    base = min((len(ledger.lines[row]) - len(ledger.lines[row].lstrip()) for row in rows), default=0)
    found: list[list[Text]] = []
    for row in rows:
        indent = len(ledger.lines[row]) - len(ledger.lines[row].lstrip())
        if found and starts and re.match(starts, ledger.lines[row].strip()):
            # The first line below a heading, which may be indented as the heading's own second line would be.
            base = indent
            found.append([ledger.line(row)])
        elif indent > base and found:
            found[-1].append(ledger.line(row))
        else:
            found.append([ledger.line(row)])
    return [ledger.joined(each) for each in found]
