"""What YAML refuses in brackets and braces: rows without brackets around them, tokens that need quotes.

A room of `_syntax`: each finding comes with the text as it was probably meant, and counts if the reader gets further by
it. All that is of one kind on a line is mended at once, so that a cure does not lead to the same mistake again. Each
pattern takes time that grows with the text as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from mdattn.errors import LONGEST_NAME
from mdattn.options._meant import OPTIONS
from mdattn.options._words import clipped, in_quotes


class Mend(NamedTuple):
    """A mistake on a line and the lines that belong to it: its place, what is said, and how it was meant to the end."""

    at: int
    message: str
    hint: str
    mended: str
    end: int


_QUOTED = r"\"(?:\\.|[^\"\\])*+\"|'(?:[^']|'')*+'"
# The same among brackets, where a quote that is never closed goes on to the end.
_PASSED = r"\"(?:\\.|[^\"\\])*+(?:\"|\\?\Z)|'(?:[^']|'')*+(?:'|\Z)"
_VALUE = r"(?P<head>\s*(?:- +)*(?!- )(?:(?P<key>[^\s'\"#\[\]{},:-][^'\"#\[\]{},:]*): +)?)(?P<value>[\[{].*)"
_NAMES = "|".join(each for each in OPTIONS if each.isidentifier())
_WORDS = ("tokens", "key_tokens")
_PLAIN = r"[^\"'\[\]{},:]{1,100}+"  # A key or a word within braces.
_CLOSES = {"[": "]", "{": "}"}


def mends(text: str, start: int, end: int) -> Iterator[Mend]:
    """What may be wrong with a list or a mapping in brackets that begins on this line."""
    match = re.match(_VALUE, text[start:end])
    if not match:
        return
    at, key = start + match.start("value"), match["key"] or ""
    if match["value"][0] == "[" and not match["head"].strip():
        yield from _after_item(text, start, at, end)
    yield from _rows(text, at, key, end)
    for find in (_tokens, _unclosed, _entries) if key in _WORDS else (_unclosed, _entries):
        for found in find(match["value"].rstrip()):
            # Where the keys are tokens, the name of an option is a word.
            if key not in _BY_TOKEN or not any(found.message == f"{_NO_COMMA} '{name}'" for name in OPTIONS):
                yield found._replace(at=at + found.at, mended=match["head"] + found.mended, end=end)


def _after_item(text: str, start: int, at: int, end: int) -> Iterator[Mend]:
    """A row on a line of its own, behind one that lacks its comma, or among items that begin with a dash."""
    before = text[:start].rstrip()
    line = before[before.rfind("\n") + 1 :]
    if before.endswith("]") and before.count("[") > before.count("]"):
        yield Mend(len(before), "no comma between two lists", "write a comma after ']'", "," + text[start:end], end)
    elif dash := re.match(r" *- ", line):
        row = text[at:end].rstrip()
        message = "no '-' before this list, and the one above has it"
        yield Mend(at, message, f"write '- {clipped(row)}'", dash[0] + row, end)


# Rows -----------------------------------------------------------------------------------------------------------------


def _rows(text: str, at: int, key: str, end: int) -> Iterator[Mend]:
    """Several lists, and no brackets around them; they may stand on lines of their own."""
    start = text.rfind("\n", 0, at) + 1
    before, head = text[:start].rstrip(), text[start:at]
    if before.count("[") > before.count("]") or (not head.strip() and before.endswith(("]", "],"))):
        return  # It is the line above that begins them.
    more = re.compile(r"(?:\n[ \t]*\[[^\n]*)*").match(text, end) if "- " not in head else None
    end = more.end() if more else end
    value = text[at:end]
    lists = _outermost(value)
    if len(lists) > 1 and key not in _WORDS:
        gaps = [value[one.stop : other.start] for one, other in pairwise(lists)]
        if lists[0].start == 0 and all(re.fullmatch(r"\s*[,;]?\s*", each) for each in [*gaps, value[lists[-1].stop :]]):
            whole = f"[{', '.join(value[each] for each in lists)}]"
            where = "put brackets around all of them"
            short = f"{where}: {whole}" if len(whole) <= LONGEST_NAME else f"{where}, and commas between: [[…], […]]"
            yield Mend(at, "several lists, and no brackets around them", short, head + whole, end)


def _outermost(value: str) -> list[slice]:
    """Where the lists are that lie in no other; none if brackets do not match."""
    found: list[slice] = []
    depth = begun = 0
    for match in re.finditer(rf"{_PASSED}|[\[\]]", value):
        if match[0] == "[":
            begun = match.start() if depth == 0 else begun
            depth += 1
        elif match[0] == "]":
            depth -= 1
            if depth < 0:
                return []
            if depth == 0:
                found.append(slice(begun, match.end()))
    return [] if depth else found


# Tokens ---------------------------------------------------------------------------------------------------------------

# The beginnings of words whose ' is an apostrophe, as in `I 'm`.
ELIDED = r"'(?i:s|m|t|d|re|ve|ll|n|em|cause|til|tis|twas)(?![^\W_])"
# How a token looks that cannot stand without quotes, and what is said of it; `{at}` is its first sign.
_SIGN = "'{at}' at the beginning has a meaning of its own in YAML"
_OPENS = "{at} at the beginning opens a quote"
_OPEN = "the quote that opens with {at} is never closed"
_UNREADABLE = (
    (_QUOTED, ""),
    (rf"{ELIDED}(?: .*)?|[\"']", _OPENS),
    (r"(?P<quote>[\"'])(?:(?!(?P=quote)).)*(?P=quote).*", "text goes on after the closing quote"),
    (r"[\"'].*", _OPEN),
    (r"[:?]|[*&@`%!|>\]}{,].*|\[", _SIGN),
    (r".*:", "':' at the end has a meaning of its own in YAML"),
    (r".*[\[\]{}].*", "brackets have a meaning of their own in YAML"),
)


def _tokens(value: str) -> Iterator[Mend]:
    """Tokens that cannot be read without quotes, or a list of them that lacks its own brackets."""
    lists = _outermost(value) if value[0] == "[" else []
    if lists and lists[0].stop < len(value):
        yield _in_brackets(value, lists)
        return
    twice = value.endswith("]]") and value.count("]") > value.count("[")
    if value[0] != "[" or value[-1] not in "]," or twice:
        return
    end = "]" if value[-1] == "]" else ","
    items = [match for match in re.finditer(_ITEM, value[1:-1]) if match[0].strip()]
    wrong = {match.start(): found for match in items if (found := _unreadable(match[0].strip()))}
    if not wrong:
        return
    first = next(match for match in items if match.start() in wrong)
    at = 1 + first.start() + len(first[0]) - len(first[0].lstrip())
    whole = ",".join(_written(match, wrong) for match in items)
    yield Mend(at, wrong[first.start()].message, _quotes_around(list(wrong.values())), f"[{whole}{end}", 0)


def _in_brackets(value: str, lists: Sequence[slice]) -> Mend:
    """Tokens after the end of a list: `[CLS], the, cat` is one list, in which `[CLS]` needs quotes; `[a, b], c` too."""
    if any("," in value[each] for each in lists):
        whole = "[" + re.sub(r"[\[\]]", "", value) + "]"
    else:
        items = [match for match in re.finditer(_ITEM, value) if match[0].strip()]
        wrong = {match.start(): found for match in items if (found := _unreadable(match[0].strip()))}
        whole = f"[{','.join(_written(match, wrong) for match in items)}]"
    hint = f"write '{whole}'" if len(whole) <= LONGEST_NAME else "put one pair of brackets around all of it"
    return Mend(0, "text goes on after the end of the list", hint, whole, 0)


# A token with quotes around it, a comma that is one, or what stands between two commas.
_ITEM = rf"\s*(?:{_QUOTED})\s*(?=,|$)|(?<=,) ,(?=,)|[^,]+"


class _Unreadable(NamedTuple):
    """What is wrong with a token, and the token as it can be read."""

    message: str
    mended: str


def _written(item: re.Match[str], wrong: Mapping[int, _Unreadable]) -> str:
    """An item of a list with the blanks around it, as it can be read."""
    found = wrong.get(item.start())
    return item[0].replace(item[0].strip(), found.mended, 1) if found else item[0]


def _quotes_around(wrong: Sequence[_Unreadable]) -> str:
    """The cure for tokens that need quotes; those that are alike are said once."""
    quoted = list(dict.fromkeys(each.mended for each in wrong))
    if len(quoted) > 1:
        few = ", ".join(map(clipped, quoted[:4]))
        return f"put quotes around them: {few}{', …' if len(quoted) > 4 else ''}"
    closed = wrong[0].message == _OPEN.format(at=wrong[0].mended[0])
    return f"{'write' if closed else 'put quotes around it:'} {clipped(quoted[0])}"


def _unreadable(item: str) -> _Unreadable | None:
    """What is wrong with a token, and the token as it can be read."""
    for pattern, message in _UNREADABLE:
        if re.fullmatch(pattern, item):
            if not message:
                return None
            mended = item + item[0] if message == _OPEN else in_quotes(item)
            return _Unreadable(message.format(at=item[0]), mended)
    return None


# Brackets that do not match -------------------------------------------------------------------------------------------


def _unclosed(value: str) -> Iterator[Mend]:
    """A bracket that is closed by one of the other sort, as in `{a: [1, 2}`."""
    opened: list[tuple[str, int]] = []
    for match in re.finditer(rf"{_PASSED}|[\[\]{{}}]", value):
        sign, at = match[0], match.start()
        if sign in _CLOSES:
            opened.append((sign, at))
        elif sign in ("]", "}") and opened:
            last, place = opened.pop()
            if _CLOSES[last] != sign:
                missing = _CLOSES[last]
                said = f"this '{last}' is not closed before '{sign}'"
                yield Mend(place, said, f"write '{missing}' before '{sign}'", value[:at] + missing + value[at:], 0)
                return


# Entries of a mapping -------------------------------------------------------------------------------------------------

_BY_TOKEN = ("annotations", "embeddings", "keys", "values")
_NO_COMMA = "no comma before"
# How entries look that cannot be read, what stands for each, what is said of the first of them, and the cure.
_ENTRIES = (
    (
        rf"(?P<before>[{{,]\s*+)(?P<name>{_PLAIN}):(?=[^\s:,\]}}])",
        r"\g<before>\g<name>: ",
        "no blank after '{name}:'",
        "write a blank after each colon: '{name}: …'",
    ),
    (
        r"(?P<before>[{,]\s*+)(?P<name>[^\s\"'\[\]{},:=]++) *+(?P<sign>=>?) *",
        r"\g<before>\g<name>: ",
        "'{name}' is not followed by a colon",
        "write '{name}: …', with ':' for each '{sign}'",
    ),
    (
        rf"(?P<before>[\]}}\"'\d])\s++(?P<name>{_PLAIN}): |(?P<word>[^\s,{{:])\s++(?P<option>{_NAMES}): ",
        r"\g<before>\g<word>, \g<name>\g<option>: ",
        _NO_COMMA + " '{name}{option}'",
        "write a comma between entries: ', {name}{option}: …'",
    ),
    (
        rf"(?P<before>[{{,]\s*+{_PLAIN}: ++)(?P<name>{_PLAIN}(?:: {_PLAIN})++)(?=[,}}])",
        r'\g<before>"\g<name>"',
        "a second ': ' in one entry",
        'put quotes around it: "{name}"',
    ),
)


def _entries(value: str) -> Iterator[Mend]:
    """Entries of a mapping in braces: without a blank behind the colon, without a colon, without a comma."""
    for pattern, meant, message, hint in _ENTRIES:
        first = re.search(pattern, value)
        if first is not None and "{" in value[: first.start() + 1]:
            told = {name: clipped((each or "").strip()) for name, each in first.groupdict().items()}
            yield Mend(
                max(first.start("name"), first.start("option") if "option" in told else 0),
                message.format(**told),
                hint.format(**told),
                re.sub(pattern, meant, value),
                0,
            )
