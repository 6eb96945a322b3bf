"""Blocks whose words begin alike, and what a picture calls them: no two of them by one label, each label explained."""

from __future__ import annotations

import re
from collections.abc import Sequence
from random import Random
from typing import Any

from support import width as cells_of

from mdattn.diagrams import KINDS

# Words that begin alike, and words that are named like others.
ALIKE = [
    *("internationalizations", "internationalizationally", "internationalization", "internationali…"),
    *("Donaudampfschifffahrtsgesellschaft", "Donaudampfschifffahrtskapitän", "sat", "the", "the", "the#2"),
    *("שלום" * 5 + "א", "שלום" * 5 + "ב", "猫" * 17, "猫" * 16),
    *("x" * 60, "x" * 60 + "1", "x" * 60 + "2", "猫" * 30, "猫" * 31, "שלום" * 9 + "א", "שלום" * 9 + "ב"),
]


def named_alike(random: Random, kind: str) -> dict[str, Any]:
    """A block that can be drawn."""
    width = random.choice([40, 56, 200, 200])
    # Where lines are short, a name that a line does not hold would be divided.
    pool = [word for word in ALIKE if cells_of(word) <= width - 4]
    options: dict[str, Any] = {"kind": kind, "tokens": random.choices(pool, k=random.randint(1, 12)), "width": width}
    options["charset"] = random.choice(["unicode", "ascii"])
    known = KINDS[kind].options.__struct_fields__
    if "query" in known:
        options["query"] = random.randrange(len(options["tokens"]))
    if "key_tokens" in known and random.random() < 0.4:
        options["key_tokens"] = random.choices(pool, k=random.randint(1, 12))
    return options


NUMBER = r"(?:#+\d+|\d+)?"  # behind a label; the `#2` of a name may follow both


def explanations(options: dict[str, Any], lines: Sequence[str], alternative: str) -> tuple[int, list[str]]:
    """How many labels a picture explains, and what is wrong with them, or with those of its text alternative."""
    text = "\n".join(lines).translate(dict.fromkeys(map(ord, "\u2066\u2067\u2068\u2069")))
    mark = re.escape("…" if options["charset"] == "unicode" else "...")
    words = {*options["tokens"], *options.get("key_tokens", ())}
    # `internationaliz… = internationalizations`, several on a line.
    entry = rf"(?<!\S)(\S+{mark}{NUMBER}) =\s+(\S+)"
    legend = re.findall(entry, text)
    known = {label for label, _ in legend}
    wrong = []
    if len(known) < len(set(legend)):
        wrong.append(f"two words share a label: {legend}")
    wrong += [f"{name!r} is no word" for _, name in legend if re.sub(r"#+\d+$", "", name) not in words]
    shown = 2 if options["kind"] == "architecture" else 4  # Of more words, some may be left out.
    if len(options["tokens"]) <= shown and "key_tokens" not in options:
        wrong += [f"{word!r} stands nowhere" for word in words if word not in text]
    starts = "|".join(re.escape(word[:3]) for word in words if len(word) > 8)
    label = rf"((?:{starts or '$'})[^\s\"'│|║]*{mark}{NUMBER})"
    cut, said = (
        {each for each in re.findall(label, where) if re.sub(r"#+\d+$", "", each) not in words}
        for where in (text, alternative)
    )
    wrong += [f"{each!r} is not explained" for each in sorted(cut - known)]
    picture = re.sub(entry, "", text)
    gone = [each for each in known if not re.search(rf"{re.escape(each)}(?![#\d])", picture)]
    wrong += [f"{each!r} is explained and stands nowhere" for each in gone]
    wrong += [f"{each!r} is said and not explained" for each in sorted(said - known)]
    return len(legend), wrong
