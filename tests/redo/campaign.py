"""Random blocks whose words are plain: what a word is called is another property."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from itertools import count, islice
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from msgspec.structs import fields

from mdattn import DiagramError
from mdattn.diagrams import KINDS
from mdattn.document import draw_options
from mdattn.options import Attention
from redo.page import Ledger
from redo.readers import redo

PRESETS = {"gpt-2", "llama-2-7b", "mixtral-8x7b"}
LETTERS = "abcdefghijklmnoprstuvw"


def keyed(kind: str) -> bool:
    """Whether a kind may have other keys than the tokens, and numbers in a data file."""
    return issubclass(KINDS[kind].options, Attention)


def more(options: dict[str, Any], random: Random) -> dict[str, Any]:
    """The options with some that the blocks of other tests never have."""
    kind = options["kind"]
    if kind == "heads" and isinstance(options.get("heads"), list) and random.random() < 0.3:
        options["strength"] = random.choice([0.5, 1, 8, 12.25])
    size = options.get("dimensions") or len((options.get("embeddings") or [[]])[0])
    across = keyed(kind) and size and "key_tokens" in options
    across = across and (kind == "heads" or (options.get("heads", 1) == 1 and random.random() < 0.3))
    if across and kind == "heads" and random.random() < 0.4:
        options.pop("projections", None)
    if across and not {"projections", "keys"} & options.keys():
        options["keys"] = [[round(random.uniform(-2, 2), 2) for _ in range(size)] for _ in options["key_tokens"]]
    own = not {"projections", "keys", "values", "key_tokens"} & options.keys() and keyed(kind)
    if own and size and isinstance(options.get("heads"), int) and random.random() < 0.3:
        options["heads"] = [{"projections": _projections(size, random)} for _ in range(options["heads"])]
    if "temperature" in options and random.random() < 0.5:
        options["softcap"] = random.choice([0.25, 2, 30.5])  # In which order?
    if kind == "comparison" and not {"embeddings", "scores", "weights"} & options.keys() and random.random() < 0.5:
        options["dimensions"] = random.choice([1, 2, 5, 8])
    if kind == "architecture" and not options.get("values"):
        form = options.get("model", {"bert-base": "encoder"}.get(options.get("preset", ""), ""))
        if options.get("parameters") is not False:
            options |= random.choice([{}, {}, {"bias": random.choice(["all", "feed-forward", "none"])}])
        if options.get("preset") and random.random() < 0.2:
            options |= {"heads": 16, "d_model": random.choice([512, 1024, 2048])}
        if form == "encoder":
            options |= random.choice([{}, {"pooler": random.random() < 0.7}, {"segments": random.choice([2, 3])}])
        elif form or options.get("preset"):
            options |= random.choice([{}, {"tied": random.random() < 0.5}])
        if options.get("positions") == "learned" or options.get("preset") in ("bert-base", "gpt-2"):
            options |= random.choice([{}, {"context": random.choice([256, 2048])}])
        if options.get("experts"):
            options |= random.choice([{}, {"active_experts": random.randint(1, options["experts"])}])
    if "tokens" in options and random.random() < 0.15:
        options["text"] = " ".join(options.pop("tokens"))
    return options


def _projections(size: int, random: Random) -> dict[str, Any]:
    """Matrices of one head; of all heads alike in size."""
    inner = size % 3 + 1
    return {
        name: [[round(random.uniform(-2, 2), 2) for _ in range(inner)] for _ in range(size)]
        for name in ("query", "key", "value")
    }


def plain(options: dict[str, Any], random: Random) -> dict[str, Any]:
    """The options with another word of letters for each different word; the author's other texts without digits."""
    words = [word for name in ("tokens", "key_tokens") for word in options.get(name, ())]
    names: dict[str, str] = {}
    for number, word in enumerate(dict.fromkeys(words)):
        start = LETTERS[number % 22] + LETTERS[number // 22 % 22] + LETTERS[number // 484 % 22]
        names[word] = (start[: 1 if number < 22 and random.random() < 0.3 else 3]) + "y" * random.choice(
            [0, 0, 1, 2, 4, 18]
        )
    return {name: _plain(value, names) for name, value in options.items()}


def _plain(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, str):
        if value in names:
            return names[value]
        word, sign, nth = value.rpartition("#")
        if sign and word in names:
            return names[word] + sign + nth
        said = value.isascii() and value.isprintable() and len(value) < 25
        return value if said and (value in PRESETS or not any(map(str.isdigit, value))) else "Some words"
    if isinstance(value, list):
        return value if value and isinstance(value[0], (bool, float)) else [_plain(each, names) for each in value]
    if isinstance(value, dict):
        return {_plain(name, names): _plain(each, names) for name, each in value.items()}
    return value


NEVER = {"heatmap": {"values"}, "heads": {"values"}}
"""The options that a kind has from those it shares, and always refuses: a campaign need not set them."""


def options_of(kind: str) -> dict[str, Any]:
    """The options of a kind that it may be given, each with its default; `kind` has none."""
    own = {field.name: field.default for field in fields(KINDS[kind].options)}
    return {name: default for name, default in own.items() if name not in {"kind", *NEVER.get(kind, ())}}


class Picture(NamedTuple):
    """A block that was drawn: as it stands in a document, and as who has read its data file knows it."""

    seed: int
    block: dict[str, Any]
    options: dict[str, Any]
    lines: list[str]
    words: str
    random: Random

    def redo(self) -> Ledger:
        return redo(self.options, self.lines, self.words)


def filed(options: dict[str, Any], random: Random, folder: Path) -> dict[str, Any]:
    """The options, sometimes with a `source` in the place of numbers that stand in a file then."""
    may = keyed(options["kind"]) and random.random() < 0.25
    names = ("weights", "scores", "embeddings", "keys", "values")
    held = [name for name in names if isinstance(options.get(name), list)] if may else []
    if not held:
        return options
    holds = random.choice(held)
    rows = options[holds]
    source: dict[str, Any] = {"file": "data.json", "holds": holds}
    content: Any = rows
    if random.random() < 0.3:
        source["layer"], content = 1, [deepcopy(rows)[::-1], rows]
    if random.random() < 0.5:
        source["array"], content = "some", {"some": content, "other": [[1.0]]}
    (folder / "data.json").write_text(json.dumps(content), encoding="utf-8")
    return {name: value for name, value in options.items() if name != holds} | {"source": source}


def pictures(kind: str, make: Callable[[Random], dict[str, Any]], folder: Path) -> Iterator[Picture]:
    """Random blocks of a kind, those that can be drawn, without an end."""
    for seed in count():
        random = Random(f"redo {kind} {seed}")
        options = more(plain(make(random), random), random)
        block = filed(options, random, folder)
        try:
            drawn = draw_options(block, folder=folder)
        except DiagramError:
            continue
        yield Picture(seed, block, options, list(drawn.lines), drawn.alternative, random)


class Outcome(NamedTuple):
    """What a campaign over one kind came to."""

    drawn: int
    counts: Counter[str]
    findings: Counter[str]
    first: dict[str, str]
    """Of each kind of finding, where it was met first."""
    left: Counter[str]
    unread: Counter[str]
    signs: Counter[str]
    """What is drawn in place of a number: bars, and the cells of heatmaps."""
    options: Counter[str]
    """How often each option was set away from its default."""

    @property
    def share(self) -> float:
        """The numerals that came out again, among those that can."""
        known = sum(count for status, count in self.counts.items() if status != "illustrative")
        return (known - self.counts["left"]) / max(1, known)

    def told(self) -> str:
        lines = [f"{self.drawn} drawn; of {sum(self.counts.values())} numerals {dict(self.counts)}: {self.share:.2%}"]
        lines += [f"signs read {dict(self.signs)}"] if self.signs else []
        lines += [f"{kind} ({count}): {self.first[kind]}" for kind, count in self.findings.most_common()]
        lines += [f"left ({count}): {where}" for where, count in self.left.most_common(20)]
        lines += [f"unread ({count}): {what}" for what, count in self.unread.most_common(20)]
        return "\n".join([*lines, "set: " + ", ".join(f"{name} {self.options[name]}" for name in self.options)])


def campaign(kind: str, make: Callable[[Random], dict[str, Any]], drawn: int, folder: Path) -> Outcome:
    """Reads so many pictures of random blocks of a kind."""
    usual = options_of(kind)
    found = Outcome(drawn, Counter(), Counter(), {}, Counter(), Counter(), Counter(), Counter(dict.fromkeys(usual, 0)))
    for picture in islice(pictures(kind, make, folder), drawn):
        block = picture.block
        found.options.update(each for each, by in usual.items() if each in block and block[each] not in (None, by))
        ledger = picture.redo()
        found.counts.update(ledger.counts())
        found.unread.update(ledger.unread)
        found.signs.update(ledger.signs)
        found.left.update(ledger.lines[each.row].strip() for each in ledger.numerals if each.status == "left")
        for each in ledger.findings:
            found.findings[each.kind] += 1
            found.first.setdefault(each.kind, f"block {picture.seed}: {each.said}; true is {each.true}")
    return found


def mutated(kind: str, make: Callable[[Random], dict[str, Any]], drawn: int, folder: Path) -> tuple[int, list[str]]:
    """How many numerals had a digit changed, three in each picture and its words, and where nobody saw it."""
    changed, unseen = 0, []
    for picture in islice(pictures(kind, make, folder), drawn):
        before, random = picture.redo(), picture.random
        sure = [each for each in before.numerals if each.status in ("verified", "quoted")]
        for numeral in random.sample(sure, min(3, len(sure))):
            places = [at for at, sign in enumerate(numeral.text) if sign.isdigit()]
            at = numeral.column + random.choice(places)
            line = before.lines[numeral.row]
            digit = random.choice([each for each in "123456789" if each != line[at]])
            if _blind(picture, before, numeral.row, line[:at] + digit + line[at + 1 :]):
                unseen.append(f"block {picture.seed}: {numeral} became {line[:at] + digit + line[at + 1 :]!r}")
            changed += 1
    return changed, unseen


def _blind(picture: Picture, before: Ledger, row: int, line: str) -> bool:
    """Whether the reader finds nothing with the changed line that it did not find before."""
    lines, words = picture.lines, picture.words
    if row < len(lines):
        lines = [*lines[:row], line, *lines[row + 1 :]]
    else:
        words = line
    try:
        after = redo(picture.options, lines, words)
    except (ArithmeticError, LookupError, TypeError, ValueError, AssertionError):
        return False
    known = Counter(each.kind for each in before.findings)
    new = Counter(each.kind for each in after.findings) - known
    return not new and len(after.unread) <= len(before.unread) and after.counts()["left"] <= before.counts()["left"]
