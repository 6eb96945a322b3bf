"""What a fence is called: a block, a container of MyST's, or a word that was meant to be one.

No parser is needed to tell, so that a glance at a document is cheap.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "attention-diagram"
INFO = "text"

# MyST's directives whose content is Markdown.
_ADMONITIONS = frozenset(
    (
        "admonition", "attention", "caution", "danger", "error", "hint", "important", "note", "seealso", "tip",
        "warning",
    )
)  # fmt: skip
_TITLED = frozenset(("card", "details", "dropdown", "grid-item-card", "sidebar", "tab-item"))
_CONTAINERS = frozenset(
    (*_ADMONITIONS, *_TITLED, "aside", "figure", "grid", "grid-item", "margin", "tab-set")
)  # fmt: skip


def names_block(info: str) -> bool:
    """Whether an info string, its escapes undone, is that of a block.

    `attention-diagram` is its first word, also in braces, also as a class: what follows says nothing.
    """
    return first_word(info) == NAME


def first_word(info: str) -> str:
    """The first word of an info string: what `{name}` and `{.name key=value}` enclose is without braces and point."""
    if not info.lstrip().startswith("{"):
        return next(iter(info.split(maxsplit=1)), "")
    held, brace, _ = info.lstrip()[1:].partition("}")
    word = next(iter(held.split(maxsplit=1)), "") if brace else ""
    return word[1:] if word[1:] == NAME and word.startswith(".") else word


def directive(info: str) -> str | None:
    """The name of the directive that an info string calls, as `{name}`; None where it calls none.

    `{.name}`, `{#name}` and `{=name}` are attributes of a code block.
    """
    held, brace, _ = info.strip().partition("}")
    name = held[1:]
    if not brace or not held.startswith("{") or not name or name[0] in ".#=" or name.split() != [name]:
        return None
    return name


def holds_markdown(markup: str, info: str) -> bool:
    """Whether what a fence of this markup encloses is Markdown and no code."""
    name = directive(info)
    if name or not markup.startswith(":"):
        return name in _CONTAINERS
    return near_miss(info) is None  # Without braces it is a division, as pandoc and others have them.


def title_of(info: str) -> str:
    """The Markdown that a container shows above what it holds: its title, or its picture."""
    name = directive(info) or info.strip().partition(" ")[0]
    words = info.strip().removeprefix("{").removeprefix(name).removeprefix("}").strip()
    if name == "figure":
        return f"![](<{words}>)" if words else ""
    return (words or name.capitalize() * (name in _ADMONITIONS)) if name in _ADMONITIONS | _TITLED else ""


# Near misses


def near_miss(info: str) -> str | None:
    """The word of an info string that is, or was meant to be, the name of a block."""
    if len(info) > _LONGEST_INFO:
        info = re.sub(r"[ \t]{2,}", " ", info)[:_LONGEST_INFO]  # Blanks in any number may stand before a name.
    return _near_miss(info)


@lru_cache(maxsize=2**10)  # Info strings are few, and stand in many places.
def _near_miss(info: str) -> str | None:
    words = _words(info)
    pair = words[0] + words[1] if len(words) > 1 and not any(map(_may_resemble, words[:2])) else ""
    if not any(_may_resemble(each) for each in (*words, pair)):
        return None
    for index, word in enumerate(words):
        # Behind another language only the name itself is a slip: titles resemble much.
        if resembles(word) if index == 0 else _letters(word) == _KEY and "=" not in word:
            return word
    return f"{words[0]} {words[1]}" if pair and resembles(pair) else None


def _words(info: str) -> list[str]:
    """The first words of an info string of which one may be meant as the name of a block, without braces.

    An identifier (`{#name}`) is not, nor is what names a chunk of code (`{r name}`), nor what shows a fence as it is
    written (`{{name}}`, or one within a run of code).
    """
    if info.lstrip().startswith("{{"):
        return []
    opened, _, behind = info.partition("}") if info.lstrip().startswith("{") else ("", "", info)
    first, *others = opened.strip(" \t{").split(maxsplit=6) or [""]
    named = [first, *(each for each in others if each.startswith("."))]
    words = [*named, *re.split(r"[\s{}]+", behind, maxsplit=6)]
    silent = ("`", "~") if info.lstrip().startswith("#") else ("#", "`", "~")
    return [each for each in words if any(map(str.isalpha, each)) and not each.startswith(silent)][:4]


@lru_cache(maxsize=2**12)
def resembles(word: str) -> bool:
    """Whether a word is the name of a block, or misspells it; `attention-diagram-x` is another name."""
    if re.match(rf"[.#]?{NAME}[-./]\w", word) or not _may_resemble(word):
        return False
    word = re.split(r"[,;(=]", word.lstrip("(<[\"'"), maxsplit=1)[0]  # Some tools let options follow directly.
    letters = _letters(word)
    if letters in (_KEY, _TOOL) or _abbreviates(letters):
        return True
    from difflib import SequenceMatcher  # Slow to import, and few words come so far.

    return SequenceMatcher(None, _KEY, letters, autojunk=False).ratio() > _CLOSE


_KEY = "attentiondiagram"
_TOOL = "mdattn"  # Who draws it.
_COUNTS = {letter: _KEY.count(letter) for letter in _KEY}
_LONGEST = 60  # With a few escapes; no name is longer.
_LONGEST_INFO = 400
_CLOSE = 0.8  # `attn-diagram` is, and so is one with four letters wrong; `activation-diagram` is not.


def _letters(word: str) -> str:
    return "".join(filter(str.isalpha, word.lower()))


def _abbreviates(letters: str) -> bool:
    return letters.startswith("att") and letters.rstrip("s").endswith("diagram") and len(letters) <= len(_KEY) + 1


@lru_cache(maxsize=2**12)
def _may_resemble(word: str) -> bool:
    """False for nearly every word that `resembles` refuses, and cheap: what the letters alone say."""
    letters = _letters(word[:_LONGEST])
    if letters == _TOOL:
        return True
    if not 10 <= len(letters) <= 24 or len(word) > _LONGEST:
        return False
    common = sum(min(count, letters.count(letter)) for letter, count in _COUNTS.items())
    return 2 * common > _CLOSE * (len(_KEY) + len(letters)) or _abbreviates(letters)


def may_hold_blocks(source: str) -> bool:
    """Whether `find` could find a block, an error or a warning; False is certain, True is not."""
    return any("&" in info or near_miss(info) for info in {match[2] for match in openings(source)})


def may_hold_regions(source: str) -> bool:
    """Whether `regions` could find a region, an error or a warning; False is certain, True is not."""
    if "<!--" not in source:
        return False
    return NAME in source or any(map(name_of_comment, set(re.findall(r"<!--[- \t]*+([^\n]{0,200})", source))))


def words_of_comment(head: str) -> list[str]:
    """The words of the first line of a comment, without what opens and closes it."""
    return [word.rstrip(":") for word in head.partition("-->")[0].strip("-/ \t\r").split()]


def name_of_comment(head: str) -> str | None:
    """What, among the first words of a comment, is or was meant to be the name of a block."""
    words = words_of_comment(head)
    return next((each for each in (*words[:3], "-".join(words[:2])) if resembles(each)), None)


def openings(source: str) -> Iterator[re.Match[str]]:
    """What looks like a fence of backticks, tildes or colons with an info string: its run of markers, and that."""
    pattern = re.compile(r"([`~:]+)([^\r\n]*)")
    for sign in ("```", "~~~", ":::"):
        at = source.find(sign)
        while at >= 0:
            match = pattern.match(source, at)
            assert match is not None
            if match[2]:
                yield match
            at = source.find(sign, match.end())
