"""The options as a JSON Schema, for editors that complete and check YAML.

Imported only by who asks for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from mdattn.options._read import HasOptions
from mdattn.options._types import Common

# What a mapping, a list or a word may be in YAML where the options take every scalar as the text that it is.
_SCALAR = ["string", "number", "boolean", "null"]


def of(kinds: Mapping[str, HasOptions]) -> dict[str, Any]:
    """One schema for a block of any of the kinds: which options it has depends on its `kind`."""
    types = {name: kind.options for name, kind in kinds.items()}
    references, components = msgspec.json.schema_components(types.values(), ref_template="#/$defs/{name}")
    choices = []
    for (name, type_), reference in zip(types.items(), references, strict=True):
        component = components[reference["$ref"].rpartition("/")[2]]
        component["properties"]["kind"] = {"const": name}
        component["title"] = name
        _loosen(component, type_)
        choices.append({"if": {"properties": {"kind": {"const": name}}, "required": ["kind"]}, "then": reference})
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "attention-diagram",
        "description": "One block of YAML that mdattn draws.",
        "type": "object",
        "properties": {"kind": {"description": "the kind of diagram", "enum": list(types)}},
        "required": ["kind"],
        "allOf": choices,
        "$defs": components,
    }


def _loosen(component: dict[str, Any], type_: type[Common]) -> None:
    """Let text be any scalar, as a block may write it: `tokens: [1, no]` holds two words."""
    for name, schema in component["properties"].items():
        if name in type_.texts and name != "kind":
            _loosen_text(schema)


def _loosen_text(schema: Any) -> None:
    if isinstance(schema, list):
        for each in schema:
            _loosen_text(each)
    elif isinstance(schema, dict):
        if schema.get("type") == "string" and "enum" not in schema:
            schema["type"] = _SCALAR
        for each in schema.values():
            _loosen_text(each)
