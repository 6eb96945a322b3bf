"""Random blocks whose words are plain: what a word is called is another property."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

from msgspec.structs import fields

from mdattn import DiagramError
from mdattn.diagrams import KINDS
from mdattn.document import draw_options
from redo.page import Ledger
from redo.readers import redo

PRESETS = {"gpt-2", "llama-2-7b", "mixtral-8x7b"}
LETTERS = "abcdefghijklmnoprstuvw"


def more(options: dict[str, Any], random: Random) -> dict[str, Any]:
    """The options with some that the blocks of other tests never have."""
    kind = options["kind"]
    if kind == "heads" and isinstance(options.get("heads"), list) and random.random() < 0.3:
        options["strength"] = random.choice([0.5, 1, 8, 12.25])
    size = options.get("dimensions") or len((options.get("embeddings") or [[]])[0])
    across = kind == "heads" and size and "key_tokens" in options
    if across and not {"projections", "keys"} & options.keys():
        options["keys"] = [[round(random.uniform(-2, 2), 2) for _ in range(size)] for _ in options["key_tokens"]]
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


# Options that no block here can set: files, and what a kind refuses.
NEVER = {
    "flow": {"source"},
    "steps": {"source"},
    "heatmap": {"source", "values"},
    "heads": {"source", "values"},
    "architecture": set[str](),
    "comparison": set[str](),
}


def options_of(kind: str) -> list[str]:
    """The names of the options of a kind."""
    return [field.name for field in fields(KINDS[kind].options)] if kind in KINDS else []


class Outcome(NamedTuple):
    """What a campaign over one kind came to."""

    drawn: int
    counts: Counter[str]
    findings: Counter[str]
    first: dict[str, str]
    """Of each kind of finding, where it was met first."""
    left: Counter[str]
    unread: Counter[str]
    options: Counter[str]
    """How often each option was set in a block that was drawn."""

    @property
    def share(self) -> float:
        """The numerals that came out again, among those that can."""
        known = sum(count for status, count in self.counts.items() if status != "illustrative")
        return (known - self.counts["left"]) / max(1, known)

    def told(self) -> str:
        lines = [f"{self.drawn} drawn; of {sum(self.counts.values())} numerals {dict(self.counts)}: {self.share:.2%}"]
        lines += [f"{kind} ({count}): {self.first[kind]}" for kind, count in self.findings.most_common()]
        lines += [f"left ({count}): {where}" for where, count in self.left.most_common(20)]
        return "\n".join([*lines, *(f"unread ({count}): {what}" for what, count in self.unread.most_common(20))])


def campaign(kind: str, make: Callable[[Random], dict[str, Any]], count: int) -> Outcome:
    """Reads so many random blocks of a kind, those that can be drawn."""
    found = Outcome(0, Counter(), Counter(), {}, Counter(), Counter(), Counter())
    drawn = 0
    for seed in range(count):
        random = Random(f"redo {kind} {seed}")
        options = more(plain(make(random), random), random)
        try:
            lines = draw_options(options).lines
        except DiagramError:
            continue
        drawn += 1
        found.options.update(name for name, value in options.items() if value is not None)
        ledger = redo(options, lines)
        found.counts.update(ledger.counts())
        found.unread.update(ledger.unread)
        found.left.update(ledger.lines[each.row].strip() for each in ledger.numerals if each.status == "left")
        for each in ledger.findings:
            found.findings[each.kind] += 1
            found.first.setdefault(each.kind, f"block {seed}: {each.said}; true is {each.true}")
    return found._replace(drawn=drawn)


def mutated(kind: str, make: Callable[[Random], dict[str, Any]], count: int) -> tuple[int, list[str]]:
    """How many numerals had a digit changed, one in each picture, and where nobody saw it."""
    changed, unseen = 0, []
    for seed in range(count):
        random = Random(f"redo {kind} {seed}")
        options = more(plain(make(random), random), random)
        try:
            lines = list(draw_options(options).lines)
        except DiagramError:
            continue
        before = redo(options, lines)
        sure = [each for each in before.numerals if each.status in ("verified", "quoted")]
        for numeral in random.sample(sure, min(3, len(sure))):
            places = [at for at, sign in enumerate(numeral.text) if sign.isdigit()]
            at = numeral.column + random.choice(places)
            line = lines[numeral.row]
            digit = random.choice([each for each in "123456789" if each != line[at]])
            after = [*lines[: numeral.row], line[:at] + digit + line[at + 1 :], *lines[numeral.row + 1 :]]
            changed += 1
            if _blind(options, after, before):
                unseen.append(f"block {seed}: {numeral} became {after[numeral.row].strip()!r}")
    return changed, unseen


def _blind(options: dict[str, Any], lines: list[str], before: Ledger) -> bool:
    """Whether the reader finds nothing in the changed lines that it did not find before."""
    try:
        after = redo(options, lines)
    except (ArithmeticError, LookupError, TypeError, ValueError, AssertionError):
        return False
    known = Counter(each.kind for each in before.findings)
    new = Counter(each.kind for each in after.findings) - known
    return not new and len(after.unread) <= len(before.unread) and after.counts()["left"] <= before.counts()["left"]
