"""The options as a JSON Schema, for editors that complete and check YAML.

Imported only by who asks for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from mdattn.options._kinds import HasOptions

# Below some keys every scalar is the text that it looks like: `tokens: [1, no]` holds two words.
_SCALAR = ["string", "number", "boolean", "null"]
_REFERENCE = "#/$defs/"


def of(kinds: Mapping[str, HasOptions]) -> dict[str, Any]:
    """One schema for a block of any of the kinds: which options it has depends on its `kind`."""
    types = {name: kind.options for name, kind in kinds.items()}
    references, components = msgspec.json.schema_components(types.values(), ref_template=_REFERENCE + "{name}")
    names = {each["$ref"].removeprefix(_REFERENCE): kind for kind, each in zip(types, references, strict=True)}
    texts = frozenset({"query"}).union(*(each.texts for each in types.values()))
    definitions = {}
    for name, component in components.items():
        title = names.get(name, name.removeprefix("mdattn."))
        definitions[title] = _fitting(component, names, texts) | {"title": title}
        if name in names:
            definitions[title]["properties"]["kind"] = {"const": title}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "attention-diagram",
        "description": "One block of YAML that mdattn draws.",
        "type": "object",
        "properties": {"kind": {"description": "the kind of diagram", "enum": list(types)}},
        "required": ["kind"],
        "allOf": [
            {"if": {"properties": {"kind": {"const": each}}, "required": ["kind"]}, "then": {"$ref": _REFERENCE + each}}
            for each in types
        ],
        "$defs": definitions,
    }


def _fitting(schema: Any, names: Mapping[str, str], texts: frozenset[str], text: bool = False) -> Any:
    """The schema with the kinds' own names in its references, and any scalar where the options take text."""
    if isinstance(schema, list):
        return [_fitting(each, names, texts, text) for each in schema]
    if not isinstance(schema, dict):
        return schema
    fitted = {}
    for key, value in schema.items():
        if key == "$ref":
            name = value.removeprefix(_REFERENCE)
            fitted[key] = _REFERENCE + names.get(name, name.removeprefix("mdattn."))
        elif key == "properties":
            fitted[key] = {each: _fitting(inner, names, texts, text or each in texts) for each, inner in value.items()}
        elif text and key == "type" and value == "string":
            fitted[key] = _SCALAR
        else:
            fitted[key] = _fitting(value, names, texts, text)
    return fitted
