"""What is wrong with a value: the innermost that does not fit, and what is allowed there.

Imported only where a value does not fit. msgspec says of a union only that none of its members fits; here the shape
of the value tells which of them was meant, and the search goes on inside.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain
from math import isfinite
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

import msgspec
from msgspec import Meta

from mdattn.errors import LONGEST_NAME as MOST_SHOWN
from mdattn.errors import Path
from mdattn.options._meant import bare, in_it, lookalike, meant_option, meant_preset, meant_value, ordinary, spaced
from mdattn.options._types import LARGEST, Common, Source, fields, fits, names
from mdattn.options._words import clipped, in_quotes, quoted
from mdattn.options._yaml import LARGEST_INTEGER


class Foreign:
    """A value from Python that no option takes, by the name of its type. No tuple, which would pass for a list."""

    def __init__(self, type_: str) -> None:
        self.type = type_


class Misfit(NamedTuple):
    """A value that does not fit: the path to it, and how to say it: message and cure."""

    path: Path
    say: Callable[[], tuple[str, str]]
    at_key: bool = False
    """Whether it is the last key of the path that is wrong, not what stands there."""


def misfits_of(name: str, value: object, options: type[Common]) -> Iterator[Misfit]:
    """All that is wrong with the value of an option."""
    type_ = fields(options)[name].type
    if isinstance(value, str) and "source" in names(options) and name in _held() and _is_file(value):
        yield Misfit((name,), partial(_named_file, name, value, type_))
    else:
        yield from misfits(value, type_, (name,))


def misfits(value: object, type_: Any, path: Path) -> Iterator[Misfit]:
    """All that is wrong with a value that should be of the type, innermost and in the order of the text."""
    if not fits(value, type_):
        inside = _inside(value, type_, path)
        first = next(inside, None) if inside is not None else None
        if first is None or inside is None:
            yield Misfit(path, partial(_mismatch, value, type_, path))
        else:
            yield first
            yield from inside


def _inside(value: object, type_: Any, path: Path) -> Iterator[Misfit] | None:
    """What is wrong inside the value, if the type has a member of its shape."""
    members = list(_members(type_))
    if isinstance(value, list):
        items = [get_args(each)[0] for each in members if get_origin(each) is list]
        if not items:
            return None
        return chain.from_iterable(misfits(each, items[0], (*path, index)) for index, each in enumerate(value))
    if not isinstance(value, dict):
        return None
    structs = [each for each in members if isinstance(each, type) and issubclass(each, msgspec.Struct)]
    if structs:  # Of several the one that knows the most of the keys.
        return _of_struct(value, max(structs, key=lambda each: len(value.keys() & set(each.__struct_fields__))), path)
    values = [get_args(each)[1] for each in members if get_origin(each) is dict]
    return _of_mapping(value, values[0], path) if values else None


def _of_mapping(value: Mapping[Any, object], type_: Any, path: Path) -> Iterator[Misfit]:
    for key, each in value.items():
        if isinstance(key, str):
            yield from misfits(each, type_, (*path, key))
        else:
            yield Misfit(path, partial(_wrong_key, key, path))


def _of_struct(value: Mapping[Any, object], struct: type[msgspec.Struct], path: Path) -> Iterator[Misfit]:
    fields = {each.name: each for each in msgspec.structs.fields(struct)}
    for key, each in value.items():
        if not isinstance(key, str):
            yield Misfit(path, partial(_wrong_key, key, path))
        elif key in fields:
            yield from misfits(each, fields[key].type, (*path, key))
        else:
            choices = [name for name in fields if name not in value]
            yield Misfit((*path, key), partial(_unknown, key, each, choices, path), at_key=True)
    if value.keys() - fields.keys():
        return  # What is missing may stand there under another name.
    for name, field in fields.items():
        if field.required and name not in value:
            yield Misfit(path, partial(_missing, name, path))


# Messages -------------------------------------------------------------------------------------------------------------


def _wrong_key(key: object, path: Path) -> tuple[str, str]:
    return f"a key in {named(path)} must be text, not {shown(key)}", ""


def _unknown(key: str, value: object, choices: Sequence[str], path: Path) -> tuple[str, str]:
    hint = meant_option(key, choices, value) if choices else "remove it"
    return f"unknown option {quoted(key)} in {named(path)}", hint


def _missing(name: str, path: Path) -> tuple[str, str]:
    return f"{named(path)} needs '{name}'", f"add '{name}: …'"


def _mismatch(value: object, type_: Any, path: Path) -> tuple[str, str]:
    """What a value should have been, what it is, and what may have been meant."""
    item = bool(path) and isinstance(path[-1], int)
    hint = _hint(value, type_, path)
    if item and isinstance(value, (int, float)) and not isinstance(value, bool) and float in _members(type_):
        if not isfinite(value):
            return f"{named(path)} holds {value}, which is not a finite number", hint
        if abs(value) > LARGEST:
            return f"{named(path)} holds {shown(value)}; numbers up to {LARGEST:g} can be printed", hint
    if item:
        return f"{named(path)} holds {'nothing' if value is None else shown(value)}, not {expected(type_)}", hint
    return f"{named(path)} must be {expected(type_)}, not {shown(value)}", hint


def _held() -> tuple[str, ...]:
    """What a data file may hold."""
    held: tuple[str, ...] = get_args(msgspec.structs.fields(Source)[1].type)
    return held


def _is_file(value: str) -> bool:
    return len(value) <= MOST_SHOWN and re.fullmatch(r"[\w./-]+\.(?:npy|npz|safetensors|json)", value) is not None


def _named_file(name: str, value: str, type_: Any) -> tuple[str, str]:
    holds = "" if name == "weights" else f", holds: {name}"
    hint = f"write 'source: {{file: {value}{holds}}}' instead of '{name}'"
    return f"{named((name,))} must be {expected(type_)}, not {shown(value)}", hint


def named(path: Path) -> str:
    """`'layer' in 'source'`: the option at the path in words, without the positions in lists."""
    names = [quoted(str(each)) for each in path if isinstance(each, str)]
    return " in ".join(names[:-3:-1]) or "the block"


def shown(value: object) -> str:
    """A value in few words."""
    if value is None:
        return "empty"
    if isinstance(value, Foreign):
        return f"{'an' if value.type[:1] in 'aeiouAEIOU' else 'a'} {clipped(value.type)}"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, str):
        return quoted(value)
    return clipped(repr(value)) if not isinstance(value, int) or abs(value) <= LARGEST_INTEGER else "a huge number"


def expected(type_: Any) -> str:
    """What a value may be, in words: those of its `doc`, or else made from the type."""
    for meta in getattr(type_, "__metadata__", ()):
        if isinstance(meta, Meta) and meta.extra:
            return str(meta.extra["expected"])
    if get_origin(type_) in (Union, UnionType):
        return " or ".join(expected(each) for each in get_args(type_) if each is not NoneType)
    if get_origin(type_) is Annotated:
        inner, *rest = get_args(type_)
        low = next((each.ge for each in rest if isinstance(each, Meta) and each.ge is not None), None)
        high = next((each.le for each in rest if isinstance(each, Meta) and each.le is not None), None)
        bounds = (f" from {low:,}" if low is not None else "") + (f" to {high:,}" if high is not None else "")
        return expected(inner) + bounds
    if get_origin(type_) is Literal:
        *most, last = [f"'{each}'" for each in get_args(type_)]
        return f"{', '.join(most)} or {last}" if most else last
    if isinstance(type_, type) and issubclass(type_, msgspec.Struct):
        return f"a mapping with {', '.join(repr(each) for each in type_.__struct_fields__)}"
    return _WORDS.get(get_origin(type_) or type_, "something else")


_WORDS: Mapping[object, str] = {
    str: "text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    list: "a list",
    dict: "a mapping",
}


def _members(type_: Any) -> Iterator[Any]:
    """The types of a union without what annotates them; of any other type itself."""
    if get_origin(type_) is Annotated:
        yield from _members(get_args(type_)[0])
    elif get_origin(type_) in (Union, UnionType):
        for each in get_args(type_):
            yield from _members(each)
    else:
        yield type_


# Cures ----------------------------------------------------------------------------------------------------------------


def _hint(value: object, type_: Any, path: Path) -> str:
    """What the author probably meant, or how to write it."""
    members = list(_members(type_))
    origins = {get_origin(each) or each for each in members}
    words = [str(each) for kind in members if get_origin(kind) is Literal for each in get_args(kind)]
    name = next((str(each) for each in reversed(path) if isinstance(each, str)), "")
    if isinstance(value, str):
        return _hint_for_text(value, type_, words, name, isinstance(path[-1], int))
    key, colon, rest = str(path[-1]).partition(":") if path else ("", "", "")
    if value is None and colon and rest:
        return spaced(key, rest)
    if isinstance(value, float) and int in origins and float not in origins and value.is_integer():
        return f"write it as a whole number: {int(value)}" if fits(int(value), type_) else ""
    if isinstance(value, float) and value == float("-inf") and name == "scores":
        return "leave a number there, and mask the place with 'mask:'"
    if str in origins and isinstance(value, (list, dict)):
        return _hint_for_words(value, name)
    if isinstance(value, bool) and words:
        return meant_value(str(value), words)
    if isinstance(value, dict) and list in origins and value and not any(value.values()):
        written = f"[{', '.join(map(str, value))}]"
        return (
            f"a list has square brackets: {written}" if fits(list(value), type_) and len(written) <= MOST_SHOWN else ""
        )
    rows = [get_args(each)[0] for each in members if get_origin(each) is list]
    if rows and isinstance(value, (int, float)) and not isinstance(value, bool) and float in _members(rows[0]):
        return f"write '[{value}]'" if abs(value) <= LARGEST else ""
    return ""


def _hint_for_words(value: list[Any] | dict[str, Any], name: str) -> str:
    """The cure for brackets where a text is wanted."""
    if name == "text":
        return "a list of words goes to 'tokens:'"
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], str):
        word = clipped(value[0])
        said = f'put quotes around it: "[{word}]"'
        return f"write {word}; if its brackets are the token's, {said}" if name == "query" else said
    if isinstance(value, list) and name == "query":
        return "a block has one query: write a block for each"
    if isinstance(value, dict) and len(value) == 1:
        key, inner = next(iter(value.items()))
        text = (
            (f"{{{key}}}" if key else "?")
            if inner is None
            else f"{key}: {inner}"
            if isinstance(inner, (str, int))
            else ""
        )
        if text:
            return f'put quotes around it: "{clipped(text)}"'
    return "put quotes around a text with brackets, or with ': ' in it"


def _hint_for_text(value: str, type_: Any, words: Sequence[str], name: str, item: bool) -> str:
    """The cure for a text where something else is wanted."""
    cleaned = ordinary(value)
    members = list(_members(type_))
    origins = {get_origin(each) or each for each in members}
    if words and (hint := meant_value(value, words)):
        return hint
    if name == "model" and (preset := meant_preset(value)):
        return f"write '{preset}'"
    if name == "scores" and re.fullmatch(r"[-+]?\.?inf(inity)?|-?∞", cleaned, re.IGNORECASE):
        return "leave a number there, and mask the place with 'mask:'"
    if bool in origins and bare(cleaned) in _TRUTH:
        return f"write '{_TRUTH[bare(cleaned)]}'"
    structs = [each for each in members if isinstance(each, type) and issubclass(each, msgspec.Struct)]
    fields = structs[0].__struct_fields__ if structs else ()
    first, _, rest = cleaned.replace(":", " ", 1).replace("=", " ", 1).partition(" ")
    if fields and (first in fields or "file" in fields):
        key, given = (first, rest.strip()) if first in fields and rest.strip() else (fields[0], "")
        given = clipped(given or (cleaned if key == "file" else "n"))
        return f"write '{name}: {{{key}: {given}}}'"
    if {int, float} & origins and (hint := _hint_for_number(value, cleaned, type_, float not in origins)):
        return hint
    if fields and item and "name" in fields:
        return f"write '{{name: {clipped(value)}, weights: …}}', or what else it attends by"
    if dict in origins and (match := re.match(r"([^\s:]+):[^\s:]", value)):
        return spaced(match[1], "…")
    single = cleaned.isalnum() and item
    return _hint_for_list(value, cleaned, name, members, item) if list in origins and cleaned and not single else ""


def _hint_for_list(value: str, cleaned: str, name: str, members: Sequence[Any], item: bool) -> str:
    if cleaned.startswith("-") and not value.startswith("-") and (found := lookalike(value)):
        return f"{found[0]} does not begin an item: {found[1]}"
    if name in ("tokens", "key_tokens") and "," not in cleaned:
        listed = ", ".join(re.sub(r"(^|\s)- ?", " ", cleaned[: 2 * MOST_SHOWN]).split())
        example = listed if len(listed) <= MOST_SHOWN and listed.isprintable() else "a, b, …"
        return f"a sentence goes to 'text:'; a list is written '[{example}]'"
    if name not in ("tokens", "key_tokens") and (said := in_it(value)):
        return said
    if cleaned.count("(") != cleaned.count(")"):
        return "a list begins with [ and ends with ]"
    inner = cleaned[1:-1] if cleaned[0] + cleaned[-1] in ("()", "[]") else cleaned
    if len(inner) > MOST_SHOWN or not inner.isprintable():
        return "put it in brackets, with commas between"
    rows = [re.split(r" *, *" if "," in each else " +", each.strip()) for each in inner.split(";")]
    quote = [[in_quotes(word) if re.search(r"[\[\]{}]", word) else word for word in each] for each in rows]
    written = [f"[{', '.join(each)}]" for each in quote]
    meant = [[float(word) if re.fullmatch(_NUMBER, word) else word for word in each] for each in rows]
    several = len(rows) > 1
    if several and item:  # The brackets around it stand there already.
        if all(len(each) == 1 and "." in each[0] and re.fullmatch(_NUMBER, each[0]) for each in rows):
            return f"put commas between the numbers: {', '.join(each[0] for each in rows)}"
        return f"write '{', '.join(written)}'" if all(len(each) > 1 for each in rows) else ""
    if not any(fits(meant if several else meant[0], each) for each in members):
        return ""  # What leads to another mistake is no cure.
    return f"write '[{', '.join(written)}]'" if several else f"write '{written[0]}'"


_NUMBER = r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?"
_THOUSANDS = {"k": 1e3, "thousand": 1e3, "m": 1e6, "million": 1e6, "b": 1e9, "bn": 1e9, "billion": 1e9}
_POWERS_OF_TWO = frozenset(2**power for power in range(11))
_SIMPLE = r"\d{1,9}(?:\.\d{1,9})?"


def _hint_for_number(value: str, cleaned: str, type_: Any, whole: bool) -> str:
    """The cure for a number as people write it, or `''`; one that would not fit either is none."""
    if len(value) > MOST_SHOWN:
        return ""
    digits = "".join(str(int(each)) if each.isdecimal() else each for each in cleaned)
    if re.search(r"\d", cleaned) and (said := in_it(value)):
        return said
    if digits != cleaned:
        return f"write it with ordinary digits: {digits}" if re.fullmatch(_NUMBER, digits) else ""
    if not whole and re.fullmatch(r"[-+]?\d+,\d+", cleaned):
        return f"write '{cleaned.replace(',', '.')}'"
    if re.fullmatch(rf"{_NUMBER}( +{_NUMBER})+", cleaned) and not (
        whole and re.fullmatch(r"\d{1,3}( \d{3})+", cleaned)
    ):
        return f"put commas between the numbers: {', '.join(cleaned.split())}"
    number, said = _number_meant(re.sub(r"(?i)^(?:[~≈]|about|around|approx\.?|ca\.?) *", "", cleaned), whole)
    if number is None or not fits(int(number) if number == int(number) else number, type_):
        return ""
    return said


def _number_meant(cleaned: str, whole: bool) -> tuple[float | None, str]:
    """The number that a text stands for, and how to write it."""
    if re.fullmatch(r"\d{1,3}([,_ ']\d{3})+" if whole else r"\d{1,3}(_\d{3})+", cleaned):
        digits = re.sub("[^0-9]", "", cleaned)
        return int(digits), f"write '{digits}'"
    if not whole and (match := re.fullmatch(rf"({_SIMPLE}) ?%", cleaned)):
        share = float(match[1]) / 100
        return share, f"YAML knows no %: write {share:.6g}"
    if match := re.fullmatch(rf"({_SIMPLE}) ?({'|'.join(_THOUSANDS)})", cleaned, re.IGNORECASE):
        number = float(match[1]) * _THOUSANDS[match[2].lower()]
        # 4k tokens of context are 4096 to who counts in powers of two.
        two = match[2] in "kK" and match[1].isdecimal() and int(match[1]) in _POWERS_OF_TWO
        return number, f"write the number out: {int(number)}{f', or {int(match[1]) * 1024}' if two else ''}"
    if match := re.fullmatch(r"(\d{1,9}) ?/ ?(\d{1,9})", cleaned):
        if not int(match[2]):
            return None, ""
        ratio = int(match[1]) / int(match[2])
        return ratio, f"YAML does not divide: write {int(ratio) if ratio == int(ratio) else f'{ratio:.4g}'}"
    if match := re.fullmatch(r"(\d{1,6}) ?[*x×·] ?(\d{1,6})", cleaned):
        product = int(match[1]) * int(match[2])
        return product, f"YAML does not multiply: write {product}"
    if match := re.fullmatch(r"(\d{1,3}) ?(?:\^|\*\*) ?(\d{1,2})", cleaned):
        power = int(match[1]) ** int(match[2])
        return power, f"YAML knows no powers: write {power}"
    if match := re.fullmatch(rf"({_NUMBER}) ?[a-zA-Z%°]*", cleaned):
        return float(match[1]), f"write the number alone, without quotes: {match[1]}"
    return None, ""


_TRUTH = {
    **dict.fromkeys(("yes", "on", "y", "true", "1", "show", "always"), "true"),
    **dict.fromkeys(("no", "off", "n", "false", "0", "none", "never", "hide"), "false"),
}
