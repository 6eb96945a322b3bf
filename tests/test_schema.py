"""The schema of the options: every fixture is valid under it, and what no kind takes is not.

The oracle is a validator of its own, of the keywords that the schema uses and no others.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from markdown_it import MarkdownIt
from yamlcore import CCoreLoader

from mdattn.diagrams import KINDS
from mdattn.options import schema

ROOT = Path(__file__).parent.parent / "fixtures"
SOURCES = sorted(
    path for path in ROOT.rglob("*.md") if not path.name.endswith(".out.md") and path.parent.name != "invalid"
)

TYPES: Mapping[str, Any] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
}
ANNOTATIONS = {"$schema", "$defs", "title", "description", "default"}


@cache
def document() -> dict[str, Any]:
    return schema.of(KINDS)


def valid(value: Any, rule: Mapping[str, Any]) -> bool:
    """Whether the value fits the rule; a keyword that is not known here is an error."""
    assert set(rule) <= ANNOTATIONS | KEYWORDS.keys() | {"then", "properties"}, rule
    return all(KEYWORDS[key](value, rule[key], rule) for key in rule if key in KEYWORDS)


def _type(value: Any, names: str | list[str], _: object) -> bool:
    return any(TYPES[name](value) for name in ([names] if isinstance(names, str) else names))


def _properties(value: Any, properties: Mapping[str, Any], _: object) -> bool:
    return not isinstance(value, dict) or all(valid(value[key], properties[key]) for key in properties if key in value)


def _others(value: Any, inner: Any, rule: Mapping[str, Any]) -> bool:
    others = [value[key] for key in value if key not in rule.get("properties", {})] if isinstance(value, dict) else []
    return not others if inner is False else all(valid(each, inner) for each in others)


def _reference(value: Any, name: str, _: object) -> bool:
    return valid(value, document()["$defs"][name.removeprefix("#/$defs/")])


KEYWORDS: Mapping[str, Any] = {
    "type": _type,
    "const": lambda value, other, _: value == other,
    "enum": lambda value, choices, _: value in choices,
    "minimum": lambda value, bound, _: not TYPES["number"](value) or value >= bound,
    "maximum": lambda value, bound, _: not TYPES["number"](value) or value <= bound,
    "exclusiveMinimum": lambda value, bound, _: not TYPES["number"](value) or value > bound,
    "exclusiveMaximum": lambda value, bound, _: not TYPES["number"](value) or value < bound,
    "minItems": lambda value, count, _: not isinstance(value, list) or len(value) >= count,
    "maxItems": lambda value, count, _: not isinstance(value, list) or len(value) <= count,
    "minLength": lambda value, count, _: not isinstance(value, str) or len(value) >= count,
    "items": lambda value, rule, _: not isinstance(value, list) or all(valid(each, rule) for each in value),
    "properties": _properties,
    "additionalProperties": _others,
    "required": lambda value, names, _: not isinstance(value, dict) or all(name in value for name in names),
    "anyOf": lambda value, rules, _: any(valid(value, rule) for rule in rules),
    "allOf": lambda value, rules, _: all(valid(value, rule) for rule in rules),
    "if": lambda value, rule, outer: not valid(value, rule) or valid(value, outer["then"]),
    "$ref": _reference,
}


def blocks(path: Path) -> list[dict[str, Any]]:
    """The options of each block of a fixture, its front matter's among them where the kind has them."""
    text = path.read_text("utf-8", "surrogateescape").removeprefix("\ufeff")
    found = []
    head = re.match(r"---\n(.*?\n)---\n", text, re.DOTALL)
    defaults = (yaml.load(head[1], CCoreLoader) or {}).get("attention-diagram") or {} if head else {}
    for token in MarkdownIt("commonmark").parse(text):
        if token.type == "fence" and token.info.split()[:1] == ["attention-diagram"]:
            own = yaml.load(token.content, CCoreLoader)
            known = document()["$defs"][(defaults | own)["kind"]]["properties"]
            found.append({key: value for key, value in defaults.items() if key in known} | own)
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_fixture_is_valid(path: Path) -> None:
    for options in blocks(path):
        assert valid(options, document())


def test_there_are_fixtures_of_several_kinds() -> None:
    assert {options["kind"] for path in SOURCES for options in blocks(path)} >= {"flow", "heatmap", "steps"}


def test_every_example_is_valid() -> None:
    for kind in KINDS.values():
        assert valid(yaml.load(kind.example, CCoreLoader), document())


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "[]",
        "text: The cat sat",
        "{kind: heatmaps, text: a}",
        "{kind: heatmap, txet: a}",
        "{kind: heatmap, text: [a]}",
        "{kind: heatmap, text: a, width: 0}",
        "{kind: heatmap, text: a, width: wide}",
        "{kind: heatmap, text: a, caption: maybe}",
        "{kind: heatmap, text: a, mask: {windo: 1}}",
        "{kind: heatmap, text: a, charset: utf-8}",
        "{kind: flow, text: a, mode: shades}",
        "{kind: flow, text: a, heads: [{nam: x}]}",
    ],
)
def test_what_no_kind_takes_is_not_valid(text: str) -> None:
    assert not valid(yaml.load(text, CCoreLoader), document())


@pytest.mark.parametrize(
    "text",
    [
        "{kind: heatmap, tokens: [1, 2.5, true, ~, no], title: 1984}",
        "{kind: flow, text: 12, query: 12}",
        "{kind: flow, tokens: [true, a], query: true, annotations: {a: 7}}",
        "{kind: flow, text: a b, heads: [{name: 1}, {name: a}]}",
    ],
)
def test_text_may_look_like_something_else(text: str) -> None:
    assert valid(yaml.load(text, CCoreLoader), document())


def test_the_document_is_what_editors_expect() -> None:
    whole = document()
    assert json.loads(json.dumps(whole)) == whole
    assert whole["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert whole["properties"]["kind"]["enum"] == list(KINDS)
    assert set(KINDS) <= set(whole["$defs"])
    text = json.dumps(whole)
    assert set(re.findall(r'"#/\$defs/([^"]+)"', text)) <= set(whole["$defs"])
    assert "mdattn." not in json.dumps([*whole["$defs"]])
    for name, kind in KINDS.items():
        for key, rule in whole["$defs"][name]["properties"].items():
            assert key == "kind" or rule["description"], f"{name}.{key} is not described"
        assert set(whole["$defs"][name]["properties"]) == set(kind.options.__struct_fields__)
