"""The schema of the options: every fixture is valid under it, and what no kind takes is not."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from markdown_it import MarkdownIt
from yamlcore import CCoreLoader

from mdattn.diagrams import KINDS
from mdattn.options import schema

ROOT = Path(__file__).parent.parent / "fixtures"
SOURCES = sorted(
    path for path in ROOT.rglob("*.md") if not path.name.endswith(".out.md") and path.parent.name != "invalid"
)


@cache
def document() -> dict[str, Any]:
    return schema.of(KINDS)


def valid(value: Any) -> bool:
    """Whether the value fits the schema."""
    return bool(Draft202012Validator(document()).is_valid(value))


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
        assert valid(options)


def test_there_are_fixtures_of_several_kinds() -> None:
    assert {options["kind"] for path in SOURCES for options in blocks(path)} >= {"flow", "heatmap", "steps"}


def test_every_example_is_valid() -> None:
    for kind in KINDS.values():
        assert valid(yaml.load(kind.example, CCoreLoader))


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
    assert not valid(yaml.load(text, CCoreLoader))


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
    assert valid(yaml.load(text, CCoreLoader))


def test_the_document_is_what_editors_expect() -> None:
    whole = document()
    Draft202012Validator.check_schema(whole)
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
