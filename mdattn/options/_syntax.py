"""What the YAML reader refuses, in an author's words: where the mistake is, what it is, and the cure.

Imported only by who has such a mistake. The reader says where it noticed, and its words differ between releases; so
each likely mistake is looked for in the text itself, and it counts as the cause if its cure lets the reader get
further.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from mdattn.options._brackets import ELIDED, mends
from mdattn.options._meant import OPTIONS, lookalike, ordinary
from mdattn.options._words import clipped, in_quotes

# No more text than this is read again in search of the cause, in characters.
MOST_READ = 300_000


class Cause(NamedTuple):
    """What is wrong: its place in the text, and what is said of it."""

    at: int
    message: str
    hint: str


class _Rule(NamedTuple):
    """A mistake on one line: how it looks, the line as it was probably meant, and what is said.

    A pattern takes time that grows with the line as it is, not with its square: lines may be long.

    The group `at` is the place. The texts may name groups; `{quoted}` is the group `value` in quotes.
    """

    pattern: str
    mended: str
    message: str
    hint: str
    when: Callable[[str], bool] = bool
    """What must be true of the line besides."""


def _more(one: str, other: str) -> Callable[[str], bool]:
    return lambda line: line.count(one) > line.count(other)


# What stands before a value: blanks, dashes of a list, a key and its colon.
_HEAD = r"^(?P<head> *(?:- +)*(?!- )(?:[^\s'\"#\[\]{},:-][^'\"#\[\]{},:]*: +)?)"
_KEY = r"[A-Za-z_][\w-]*"
_NAMES = "|".join(each for each in OPTIONS if each.isidentifier())
_WORDY = "text|title|name|note|gloss"  # What they hold may well be words with a colon behind them.
# What holds lists and mappings: quotes around all of one would lead to the next mistake.
_LISTS = ("tokens", "key_tokens", "weights", "scores", "embeddings", "keys", "values", "mask", "heads", "projections")
_QUOTE = "put quotes around it: {quoted}"
_RULES = (
    _Rule(
        r"^(?P<head> *(?:- +)*(?P<key>[^\W\d][\w'-]*))(?P<at>:)(?P<rest>[^\s:/].*)$",
        "{head}: {rest}",
        "no blank after '{key}:'",
        "write '{key}: {rest}'",
    ),
    _Rule(
        r"^(?P<head> *)(?P<at>\t\s*)(?P<rest>.*)$",
        "{head}{rest}",
        "a tab at the beginning of the line",
        "indent with blanks, not with tabs",
    ),
    _Rule(
        r"^(?P<head> *)(?P<at>\t\s*)(?P<rest>.*)$",
        "{head}  {rest}",
        "a tab at the beginning of the line",
        "indent with blanks, not with tabs",
    ),
    _Rule(
        r"^(?P<head> *)(?P<at>[*+•·–—−])[ \u00a0]+(?P<rest>.*)$",
        "{head}- {rest}",
        "'{at}' does not begin an item of a list",
        "write '- {rest}'",
    ),
    _Rule(
        r"^(?P<head> *)(?P<at>-)(?P<rest>[^\s\d.-].*)$",
        "{head}- {rest}",
        "no blank after '-'",
        "write '- {rest}'",
    ),
    _Rule(
        rf"^(?P<head> *)(?P<key>{_KEY})(?P<at> *(?::=|=>?|->)) *(?P<rest>.*)$",
        "{head}{key}: {rest}",
        "'{key}' is not followed by a colon",
        "write '{key}: {rest}'",
    ),
    # Brackets.
    _Rule(
        r"^(?P<head>[^#]*[\[,{] *)(?P<at>\#)(?P<value>[^\s,\]}]*)(?P<rest>.*)$",
        '{head}"#{value}"{rest}',
        "'#' after a blank begins a comment, so what follows is not read",
        'put quotes around it: "#{value}"',
    ),
    _Rule(
        _HEAD + r"(?P<value>[\[{].*[\]}]) *(?P<at>,)\s*$",
        "{head}{value}",
        "a comma after the end of the list",
        "remove it",
    ),
    _Rule(
        _HEAD + r"(?P<value>(?P<quote>[\"']).*(?P=quote)) *(?P<at>,)\s*$",
        "{head}{value}",
        "a comma after the value",
        "remove it: each option has its own line",
    ),
    _Rule(r"^(?P<head>.*)(?P<at>\])(?P<rest>\s*)$", "{head}{rest}", "one ']' too many", "remove it", _more("]", "[")),
    _Rule(r"^(?P<head>.*)(?P<at>\})(?P<rest>\s*)$", "{head}{rest}", "one '}}' too many", "remove it", _more("}", "{")),
    _Rule(
        r"^(?P<head>.*\])(?P<at> *)(?P<rest>\[.*)$",
        "{rows}",
        "no comma between two lists",
        "write a comma after ']'",
    ),
    _Rule(r"^(?P<head>.*[,\[] *)(?P<at>,)(?P<rest>.*)$", "{head}{rest}", "a comma too many", "remove it"),
    _Rule(
        _HEAD + r"(?P<at>[\[{])(?P<value>.*)$",
        "{closed}",
        "this '{at}' is never closed",
        "end it with '{closers}'",
        lambda line: line.count("[") > line.count("]") or line.count("{") > line.count("}"),
    ),
    # Quotes.
    _Rule(
        _HEAD + r"(?P<at>')(?P<inner>.*)'\s*$",
        "{head}{requoted}",
        "a ' inside of single quotes ends them",
        "put double quotes around it: {requoted}",
        lambda line: not _in_turn(line, "'"),
    ),
    _Rule(
        r"^(?P<head>.*?)(?P<at>\")(?P<inner>[^\"\\]*+\\[^\"]*+)\"(?P<rest>.*)$",
        "{head}{requoted}{rest}",
        "\\ has a meaning of its own in double quotes",
        "use single quotes: {requoted}",
    ),
    _Rule(
        _HEAD + r"(?P<at>\")(?P<inner>.*)\"\s*$",
        "{head}{requoted}",
        'a " inside of double quotes ends them',
        "put single quotes around it: {requoted}",
        lambda line: not _in_turn(line, '"'),
    ),
    _Rule(
        _HEAD + r"(?P<at>\")(?P<rest>[^\"]*[^\"\s])\s*$",
        '{head}"{rest}"',
        'the quote that opens with " is never closed',
        'write "{rest}"',
    ),
    _Rule(
        _HEAD + rf"(?P<value>(?=(?P<at>')){ELIDED}[^']*)$",
        "{head}{quoted}",
        "' at the beginning opens a quote",
        _QUOTE,
    ),
    _Rule(
        _HEAD + r"(?P<at>')(?P<rest>[^']*[^'\s])\s*$",
        '{head}"{rest}"',
        "the quote that opens with ' is never closed",
        'put quotes on both sides: "{rest}"',
    ),
    _Rule(
        r"^(?P<head>.*[\[,] *)(?P<at>[\"'])(?P<value>[^\"'\[\],]+)(?P<rest>[\],].*)$",
        "{head}{at}{value}{at}{rest}",
        "the quote that opens with {at} is never closed",
        "write {at}{value}{at}",
        lambda line: line.count('"') % 2 == 1 or line.count("'") % 2 == 1,
    ),
    _Rule(
        _HEAD + r"(?P<value>(?P<at>[\"']).*\S)\s*$",
        "{head}{quoted}",
        "text goes on after the closing quote",
        "put quotes around all of it: {quoted}",
    ),
    # Signs with a meaning.
    _Rule(
        r"^(?P<head>.*[\[,] *)(?P<at>[*&@`%!|>?]|:(?= *[,\]]))(?P<value>[^,\[\]]*)(?P<rest>[,\]].*)$",
        '{head}"{at}{value}"{rest}',
        "'{at}' at the beginning has a meaning of its own in YAML",
        'put quotes around it: "{at}{value}"',
    ),
    _Rule(
        _HEAD + r"(?P<value>(?P<at>[*&@`%!|>?,\]}-]|:(?=\s*$))(?:.*\S)?)\s*$",
        "{head}{quoted}",
        "'{at}' at the beginning has a meaning of its own in YAML",
        _QUOTE,
    ),
    _Rule(
        _HEAD + r"(?P<value>(?P<at>[\[{]).*\S)\s*$",
        "{head}{quoted}",
        "'{at}' at the beginning has a meaning of its own in YAML",
        _QUOTE,
        lambda line: line.split(":")[0].strip(" -") not in _LISTS,
    ),
    # Colons.
    _Rule(
        rf"^(?P<head> *(?P<key>mask|source|projections|embeddings): +)(?P<value>{_KEY}(?P<at>:) +\S.*)$",
        "{head}{{{value}}}",
        "a mapping inside of '{key}' needs braces",
        "write '{key}: {{{value}}}'",
    ),
    _Rule(
        rf"^(?P<head>(?P<deep> *)(?!(?:{_WORDY})\b){_KEY}: +[^\s'\"#\[\]{{}},:;]+)(?P<at>[,;]? +)"
        rf"(?P<rest>(?:{_NAMES}): +.*)$",
        "{head}\n{deep}{rest}",
        "a second option on one line",
        "begin a new line with '{rest}'",
    ),
    _Rule(
        r"^(?P<head> *(?:- +)*(?P<key>[^\s'\"#\[\]{},:-][^'\"#\[\]{},:]*): ++)"
        r"(?P<value>[^\[{'\"].*?(?P<at>:)(?: .*|))$",
        "{head}{quoted}",
        "a second ': ' on one line",
        _QUOTE,
    ),
    _Rule(
        r"^(?P<head> *+(?:- ++)*+[^'\"#:]++: [^'\"#]*)(?P<at> #)(?P<rest>\S.*)$",
        "{head} {rest}",
        "' #' begins a comment, which ends the text before it",
        "put quotes around the whole text",
    ),
    _Rule(
        rf"^(?P<head> *)(?P<at>(?P<key>{_NAMES}))(?P<rest> +[^:\s].*?)$",
        "{head}{key}:{rest}",
        "no ':' after '{key}'",
        "write '{key}:{rest}'",
    ),
)
# What fits any line without a colon, where nothing else is found.
_LAST = (
    _Rule(
        r"^(?P<at> *)(?P<rest>[^\s#].*)$",
        " {at}{rest}",
        "a line without ':'",
        "if it goes on with the text before it, indent it; else write 'key: value'",
        lambda line: ": " not in f"{line} ",
    ),
    _Rule(
        r"^(?P<at>[^\s#].*)$",
        "{at}: x",
        "a line without ':'",
        "write 'key: value'",
        lambda line: ": " not in f"{line} ",
    ),
)


def _in_turn(line: str, quote: str) -> bool:
    """Whether quotes open and close words of the line in turn, as in `"a" b "c"`."""
    found = re.findall(rf"((?<![^\s(]){quote}(?=\S))|((?<=\S){quote}(?![^\s,.;:!?)]))|{quote}", line)
    turns = [bool(opens) for opens, closes in found if opens or closes]
    return len(turns) == len(found) > 2 and turns == [number % 2 == 0 for number in range(len(found))]


def cause(text: str, noticed: Iterable[int], reads: Callable[[str], int | None]) -> Cause:
    """What keeps the text from being read; `noticed` is where that showed, the likeliest place first.

    `reads(text)` is where the reader stops, or None where it does not.
    """
    places = [min(index, len(text)) for index in noticed]
    stopped = len(text) - min(reads(text) or 0, len(text))
    budget = MOST_READ
    lines = _near(text, places)
    for rules in (_RULES, _LAST):
        for start, end in lines:
            for found, line, stop in _mended(text, start, end, rules):
                mended = text[:start] + line + text[stop:]
                budget -= len(mended)
                if budget < 0:
                    return _unexplained(text, places)
                if _further(mended, stopped, reads) or _alone(text[:stop], text[:start] + line, reads):
                    return found
    return _unexplained(text, places)


def _further(mended: str, stopped: int, reads: Callable[[str], int | None]) -> bool:
    """Whether the reader gets nearer to the end than it did, or through."""
    at = reads(mended)
    return at is None or len(mended) - at < stopped


def _alone(before: str, mended: str, reads: Callable[[str], int | None]) -> bool:
    """Whether the text down to the line can be read only with the line mended."""
    return reads(before) is not None and reads(mended) is None


def _near(text: str, places: Iterable[int]) -> list[tuple[int, int]]:
    """Where the lines begin and end that may hold the cause, the likeliest first."""
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    ends = [*(start - 1 for start in starts[1:]), len(text)]
    lines = [(start, end) for start, end in zip(starts, ends, strict=True) if text[start:end].strip()]
    if not lines:
        return []
    order: list[int] = []
    for place in places:
        at = max((number for number, (start, _) in enumerate(lines) if start <= place), default=0)
        order += [at, at - 1]
    first = order[0]
    order += range(first, max(-1, first - 40), -1)
    return [lines[each] for each in dict.fromkeys(order) if each >= 0]


def _mended(text: str, start: int, end: int, rules: Iterable[_Rule]) -> Iterator[tuple[Cause, str, int]]:
    """What may be wrong with the line, the line without it, and where it ends with those that belong to it."""
    line = text[start:end]
    if rules is _RULES:
        if (found := lookalike(line)) and (clean := _with_ordinary(line)) != line:
            at = next(index for index, each in enumerate(line) if _with_ordinary(each) != each)
            yield Cause(start + at, f"{found[0]} stands here", found[1]), clean, end
        for cause_, mended in _indented(text, start, line):
            yield cause_, mended, end
        for mend in mends(text, start, end):
            yield Cause(mend.at, mend.message, mend.hint), mend.mended, mend.end
    for rule in rules:
        if (match := re.match(rule.pattern, line)) and rule.when(line):
            words = _words(match)
            mended = _closing(match) if rule.mended == "{closed}" else rule.mended.format(**words)
            words |= {"closed": mended, "closers": mended[len(line.rstrip()) :].strip()}
            said = {name: clipped(each) for name, each in words.items()}
            yield Cause(start + match.start("at"), rule.message.format(**said), rule.hint.format(**said)), mended, end


def _words(match: re.Match[str]) -> dict[str, str]:
    words = {name: each or "" for name, each in match.groupdict().items()}
    words["quoted"] = in_quotes(words.get("value", "").strip())
    words["requoted"] = in_quotes(words.get("inner", ""))
    if "head" in words:
        words["rows"] = re.sub(r"\]\s*\[", "], [", match[0])
    return words


def _indented(text: str, start: int, line: str) -> Iterator[tuple[Cause, str]]:
    """The line as deep as the one before it."""
    before = [each for each in text[:start].split("\n") if each.strip() and not each.lstrip().startswith("#")]
    if not before or ":" not in line:
        return
    deep = len(line) - len(line.lstrip(" "))
    wanted = len(before[-1]) - len(before[-1].lstrip(" "))
    mended = " " * wanted + line.lstrip(" ")
    if deep == 0 and all(each.startswith(" ") for each in before):
        first = len(text) - len(text.lstrip())
        yield Cause(first, "this line is indented, and others are not", "begin it in the first column"), mended
    elif deep != wanted:
        more = "deeper" if deep > wanted else "less deep"
        name = clipped(re.split(r":|\s", before[-1].strip())[0])
        message = f"this line is indented {more} than the one before it"
        yield Cause(start + deep, message, f"begin it in the column of '{name}'"), mended


def _with_ordinary(text: str) -> str:
    """The text with ordinary characters for look-alikes; a colon has a blank after it."""
    return "".join(each if each.isascii() else _plain(each) for each in text)


def _plain(character: str) -> str:
    if character.isspace():
        return " "
    plain = ordinary(f"x{character}x")[1:-1]
    return ": " if plain == ":" else plain or ('"' if character in "“”„‟" else "'" if character in "‘’‚‛" else "")


def _closing(match: re.Match[str]) -> str:
    """The line with what closes its brackets, quotes aside."""
    line = match[0].rstrip()
    bare = re.sub(r"\"[^\"]*\"|'[^']*'", "", line[match.start("at") :])
    wanted: list[str] = []
    for each in bare:
        if each in "[{":
            wanted.append("]" if each == "[" else "}")
        elif wanted and each == wanted[-1]:
            wanted.pop()
    return line + "".join(reversed(wanted))


def _unexplained(text: str, places: list[int]) -> Cause:
    """The place at least, on a line that has something."""
    index = min(places[0], len(text.rstrip()))
    rest = text[index:].split("\n")[0].strip() or text[:index].split("\n")[-1].strip()
    return Cause(
        index,
        f"this is not YAML, from here on: '{clipped(rest)}'",
        "look for a quote, a bracket, a comma or a blank that is missing here or too many",
    )
