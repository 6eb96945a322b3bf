"""Options of all kinds, right ones mostly and wrong ones sometimes, spelled as YAML in many styles."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from copy import deepcopy
from itertools import zip_longest
from pathlib import Path
from random import Random
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "diagrams"))

import yaml
from fuzz_faults import Checked, Fault, admitted, drawing_faults, hold
from test_all_kinds import DRAWN

from mdattn import DiagramError
from mdattn.diagrams import KINDS
from mdattn.document import draw_options, render
from mdattn.options import Common

Options = dict[str, Any]

WRONG: tuple[Any, ...] = (
    None, True, False, "", " ", "x", "none", "causal", "all", "0x10", "1e5", "12:30", "on", "~", "\x00", "[CLS]",
    "##ing",
    0, 1, 2, 3, 7, 64, -1, 65, 1024, 2**31, 2**63, -(2**63) - 1, 2**64, 10**40, 10**400, 0.5, -0.0, 1e-9, 1e308,
    1e-320,
    float("nan"), float("inf"), -float("inf"), [], [[]], [[[]]], {}, {"": 1}, {"a": 1}, {"a": [1, 0]},
    {"x": {"y": []}},
    [None], [True], [True, None], [1], [0.5, 0.5], [1, [2]], [[1], 2], [[1, 2], [3]], [[1, 2], [3, 4]], [{"a": 1}],
    [{"a": 1}, [1, 0]], [[True, False], [False, True]], [[0, 1], [1, 0]], ["a", "b"], [["a"]], "a b", [""], [" "],
    {"window": 2**63}, {"window": 0}, {"window": -1}, {"window": "3"}, {"window": [2]}, {"window": True},
    {"width": 3},
    {"query": [[1]], "key": 3}, {"query": [[1, 0], [0, 1]]}, {"file": "x.npy"}, {"file": "../x.npz"}, {"file": 1},
    {"file": "x.json", "layer": "1-3"}, {"layer": 5}, [{"name": 1}], [{"name": "a", "pairs": ["a", "b"]}],
    [{"pattern": "previous"}], [{"pattern": "previous", "scores": [[1]]}], ["query"], "dot", ["dot", "dot"],
    {"a": "remark", "b": None}, {1: 2}, {True: 1}, {None: 1}, {1.5: [1]}, "a\u200db", "ه‍.ش", "1️⃣", "x" * 5000,
    list(range(300)),
)  # fmt: skip
NAMES = ("kinds", "qery", "window", "model", "Kind", "texts", "attention-diagram", "<<", "causal", "softmax", "")


def fields() -> list[str]:
    """The options of all kinds."""
    return sorted({name for kind in KINDS.values() for name in kind.options.__struct_fields__})


def some_options(random: Random) -> Options:
    """The options of a block: right, or with one to three things wrong."""
    kinds = [kind for kind in KINDS if kind in DRAWN]
    options = DRAWN[random.choice(kinds)](random)
    if random.random() < 0.5:
        return options
    for _ in range(random.choice([1, 1, 1, 2, 3])):
        form = random.random()
        if form < 0.45:
            name = random.choice(KINDS[options["kind"]].options.__struct_fields__ if "kind" in options else fields())
            options[name] = deepcopy(random.choice(WRONG))
        elif form < 0.6:
            options[random.choice(fields())] = deepcopy(random.choice(WRONG))
        elif form < 0.65:
            options[random.choice(NAMES)] = deepcopy(random.choice(WRONG))
        elif form < 0.7 and len(options) > 1:
            del options[random.choice(list(options))]
        else:
            _spoil(random, options)
        if not isinstance(options.get("kind"), str) or options["kind"] not in KINDS:
            break
    return options


def _spoil(random: Random, options: Options) -> None:
    """Something wrong somewhere inside of the options."""
    holder: Any = options
    while True:
        keys: list[Any] = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        if not keys:
            return
        # An outer level as often as an inner one: numbers are many.
        key = random.choice(keys)
        inner = holder[key]
        if isinstance(inner, (dict, list)) and inner and random.random() < 0.8:
            holder = inner
        elif isinstance(holder, list) and random.random() < 0.3:
            holder[:] = holder[:key] if random.random() < 0.5 else [*holder, deepcopy(inner)]
            return
        elif isinstance(inner, (dict, list)) and inner and random.random() < 0.4:
            # A level too few, or as a mapping.
            items = list(inner.values()) if isinstance(inner, dict) else inner
            holder[key] = random.choice(
                [items[0], [inner], items, {str(name): each for name, each in enumerate(items)}]
            )
            return
        else:
            holder[key] = deepcopy(random.choice(WRONG))
            return


def parts(options: Options) -> Iterator[Options]:
    """The options with something left out or made simpler, in one way each."""
    for key in options:
        yield {name: value for name, value in options.items() if name != key}
    for key, value in options.items():
        for simpler in _simpler(value):
            yield options | {key: simpler}


def _simpler(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        if len(value) > 3:
            yield value[: len(value) // 2]
            yield value[len(value) // 2 :]
        for index, each in enumerate(value[:12]):
            yield value[:index] + value[index + 1 :]
            for inner in _simpler(each):
                yield [*value[:index], inner, *value[index + 1 :]]
    elif isinstance(value, dict):
        for key in value:
            yield {name: each for name, each in value.items() if name != key}
            for inner in _simpler(value[key]):
                yield value | {key: inner}
    elif isinstance(value, str) and len(value) > 1:
        yield value[: len(value) // 2]
        yield value[len(value) // 2 :]
    elif isinstance(value, float) and value == value and abs(value) < 1e15 and value != round(value):
        yield round(value)


# YAML -----------------------------------------------------------------------------------------------------------------


class _Dumper(yaml.SafeDumper):
    """Scalars in a style of chance; lists that are alike become anchors and aliases where they are one object."""

    chance: Random

    def ignore_aliases(self, data: Any) -> bool:
        return not isinstance(data, list) or not data


def spelled(options: Options, random: Random) -> str:
    """The options as YAML: block or flow, quoted or plain, with anchors, comments and blank lines."""

    class Dumper(_Dumper):
        chance = random

    style = random.choice([None, None, None, '"', "'"])
    options = dict(random.sample(list(options.items()), len(options)))
    if random.random() < 0.3:
        options = _shared(options, {})
    text: str = yaml.dump(
        options,
        Dumper=Dumper,
        default_flow_style=random.choice([None, None, False, True]),
        default_style=None,
        allow_unicode=random.random() < 0.5,
        width=random.choice([40, 80, 10_000]),
        indent=random.choice([2, 4]),
        sort_keys=False,  # Annotations are told in the author's order.
        explicit_start=random.random() < 0.05,
    )
    if style and not re.search(r"['\"\\&*#]", text):
        # Quoted, a word stays a word: only keys and the values of keys of text are dressed so.
        text = re.sub(r"(?m)^(kind|charset|mode|title): (?!null$)([\w-]+)$", rf"\1: {style}\2{style}", text)
    if not text.startswith(("{", "---")) and random.random() < 0.2:
        text = random.choice(["# a comment\n", "\n", "#\n\n", "# ```\n"]) + text + random.choice(["", "# end\n", "\n"])
    return text


def _shared(value: Any, known: dict[str, Any]) -> Any:
    """Lists that are alike become one object."""
    if isinstance(value, dict):
        return {key: _shared(each, known) for key, each in value.items()}
    if isinstance(value, list):
        return known.setdefault(repr(value), [_shared(each, known) for each in value])
    return value


def fenced(yaml_text: str) -> str:
    """A block of it: the YAML may hold runs of backticks itself."""
    fence = "`" * max([3, *(len(run) + 1 for run in re.findall("`{3,}", yaml_text))])
    body = yaml_text if yaml_text.endswith("\n") else yaml_text + "\n"
    return f"{fence}attention-diagram\n{body}{fence}\n"


# What holds -----------------------------------------------------------------------------------------------------------


def check(options: Options, random: Random) -> Checked:
    """A drawing that holds, the same from YAML as from Python, or a DiagramError."""
    drawn = admitted(lambda: draw_options(deepcopy(options)))
    text = spelled(options, random)
    document = fenced(text)
    rendered = admitted(lambda: render(document))
    if isinstance(rendered, DiagramError):
        for each in rendered.diagnostics:
            hold(each.position is not None, "an error has a place in its document", each)
            assert each.position
            rows = document.split("\n")
            inside = (
                1 <= each.position.line <= len(rows) and each.position.column <= len(rows[each.position.line - 1]) + 1
            )
            hold(inside and each.position.column >= 1, "an error has a place in its document", each)
    for error in (drawn, rendered):
        if isinstance(error, DiagramError):
            said = [each.text() for each in error.diagnostics]
            hold(all(said), "an error says something", said)
            hold(all(len(each) < 2000 for each in said), "an error is short", max(map(len, said)))
    kind = options.get("kind")
    known = KINDS[kind].options.__struct_fields__ if isinstance(kind, str) and kind in KINDS else ()
    if not set(options) <= set(known):
        refused = isinstance(drawn, DiagramError) and isinstance(rendered, DiagramError)
        hold(refused, "an option that is not known is an error", set(options) - set(known))
    if isinstance(drawn, DiagramError):
        return Checked(0)
    drawing_faults(drawn.lines, options.get("width", 72), options.get("charset", "unicode"))
    again = admitted(lambda: draw_options(deepcopy(options)))
    hold(again == drawn, "two runs give the same")
    if _null_text(options):
        return Checked(1)
    if isinstance(rendered, str):
        body = rendered.split("\n")[1:-2]
        pair = next(((a, b) for a, b in zip_longest(body, drawn.lines) if a != b), None)
        hold(pair is None, "YAML and Python give the same", pair)
    elif not _only_python(options) and "aliases" not in str(rendered):  # Of these a block may hold only so many.
        raise Fault("YAML and Python give the same", f"from Python a drawing, from YAML: {rendered}\n{text[:300]}")
    return Checked(1)


def _null_text(value: Any) -> bool:
    """Whether somewhere a word is left out that YAML takes for the word "null"."""
    if isinstance(value, dict):
        words = Common.texts | {"query", "note"}  # The type of these takes a word, too.
        return any((each is None and key in words) or _null_text(each) for key, each in value.items())
    return isinstance(value, list) and any(map(_null_text, value))


def _only_python(value: Any) -> bool:
    """Whether there is something that YAML writes in another way, or that a block may not hold."""
    if isinstance(value, dict):
        return any(_only_python(each) for pair in value.items() for each in pair)
    if isinstance(value, list):
        return any(map(_only_python, value))
    return isinstance(value, str) and not value.isprintable()
