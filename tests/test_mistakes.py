"""Whatever an author writes, in YAML or in Python, comes out as a diagram or as a DiagramError of few words."""

from __future__ import annotations

import json
import re
import warnings
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mdattn.diagrams import KINDS
from mdattn.document import draw_options
from mdattn.errors import DiagramError

OPTIONS = [(kind, name) for kind, each in KINDS.items() for name in each.options.__struct_fields__ if name != "kind"]
LONGEST = 320

# What YAML may say, as text.
WORDS = ["a", "b", "a#2", "none", "causal", "all", "-inf", "x" * 5000, "é\u200b", "“a”", "1-3", "0,5", "[a]", "file"]
NUMBERS = [
    "0",
    "1",
    "-1",
    "2",
    "0.5",
    "1e9",
    "1e10",
    "1e400",
    ".inf",
    "-.inf",
    ".nan",
    "9223372036854775808",
    "1" * 5000,
]
SIGNS = [
    "0x" + "f" * 300,
    "0o" + "7" * 400,
    "~",
    "null",
    "true",
    "false",
    "''",
    "!!int 1",
    "!x",
    "*a",
    "&a",
    "<<",
    "# x",
]
SCALARS = st.sampled_from(
    [*(json.dumps(each) for each in WORDS), *WORDS[:7], *NUMBERS, *SIGNS, "2001-01-01", "\x00", ""]
)
NAMES = st.sampled_from(
    [
        "a",
        "b",
        "query",
        "key",
        "value",
        "file",
        "layer",
        "head",
        "holds",
        "array",
        "window",
        "name",
        "pairs",
        "weights",
        "scores",
        "projections",
        "note",
        "pattern",
        "gloss",
        "<<",
        "~",
        "1",
        "? [a]",
        "'[a]'",
        "{a: b}",
        "windo",
        "x" * 300,
    ]
)


def _flow(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    lists = st.lists(parts, max_size=4).map(lambda items: f"[{', '.join(items)}]")
    entries = st.lists(st.tuples(NAMES, parts).map(": ".join), max_size=3)
    return lists | entries.map(lambda items: f"{{{', '.join(items)}}}")


YAML = st.recursive(SCALARS, _flow, max_leaves=12)


class _Odd:
    """What no option takes."""

    def tolist(self) -> object:
        raise RuntimeError("not on this device")


ODD: list[Any] = [
    None,
    True,
    0,
    1,
    -1,
    2,
    0.5,
    -0.0,
    float("nan"),
    float("inf"),
    float("-inf"),
    1e10,
    2**63,
    -(2**63),
    10**400,
    10**4000,
    "a",
    "b",
    "",
    " ",
    "none",
    "causal",
    "\udcff",
    "\x00\n\x1b",
    "x" * 5000,
    b"a",
    bytearray(b"a"),
    _Odd(),
    _Odd,
    print,
    Decimal(1),
    date(2001, 1, 1),
    Path("a"),
    {1, 2},
    frozenset("a"),
    range(3),
    1j,
    np.float64(0.5),
    np.int8(1),
    np.str_("a"),
    np.bool_(True),
    np.array(1),
    np.eye(2),
    np.zeros((0, 2)),
    np.zeros((2, 0)),
    np.zeros((2, 2, 2, 2)),
    np.array(["a", "b"]),
    np.array([None, 1]),
    np.array([[1, 2], [3, 4]], dtype=object),
    np.array([1 + 2j]),
    np.array("2001-01-01", "datetime64[D]"),
    np.array([(1, 2.0)], dtype=[("a", int), ("b", float)]),
]


def _mapped(parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    keys = NAMES | st.sampled_from([None, 1, (1, 2), b"a", float("nan")])
    return (
        st.lists(parts, max_size=4) | st.lists(parts, max_size=3).map(tuple) | st.dictionaries(keys, parts, max_size=3)
    )


VALUES = st.recursive(st.sampled_from(ODD), _mapped, max_leaves=10)


def check(options: Any) -> None:
    """Draw them, or be told in few words why not."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            draw_options(options, folder="fixtures")
    except DiagramError as error:
        for each in error.diagnostics:
            said = each.text()
            assert len(said) <= LONGEST, said
            assert "\n" not in said, said
            leaked = re.search(r"Expected|msgspec|yaml\.|expected '<|in this context|NoneType|_Odd object| at 0x", said)
            assert leaked is None or leaked[0] in str(options), said  # An author's own words may be said.
        str(error)


def basic(kind: str) -> dict[str, Any]:
    """A block that can be drawn, or nearly: what is drawn of a sentence of two words."""
    more: dict[str, Any] = {"query": "a"} if "query" in KINDS[kind].options.__struct_fields__ else {}
    return {"kind": kind, "text": "a b", **more}


MANY = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)


@pytest.mark.parametrize(("kind", "name"), OPTIONS)
@given(value=YAML)
@MANY
def test_any_yaml_is_drawn_or_told(kind: str, name: str, value: str) -> None:
    lines = [f"{key}: {each}" for key, each in basic(kind).items() if key != name]
    check("\n".join([*lines, f"{name}: {value}", ""]))


@pytest.mark.parametrize(("kind", "name"), OPTIONS)
@given(value=VALUES)
@MANY
def test_any_value_from_python_is_drawn_or_told(kind: str, name: str, value: Any) -> None:
    check({**basic(kind), name: value})


@given(options=st.sampled_from(ODD) | VALUES | YAML)
@settings(max_examples=300, deadline=None, derandomize=True)
def test_any_options_are_drawn_or_told(options: Any) -> None:
    check(options)


@given(st.text(max_size=60) | st.lists(st.sampled_from(list("akind: \t\n-[]{},#&*!|>'\"%@`?")) | SCALARS).map("".join))
@settings(max_examples=500, deadline=None, derandomize=True)
def test_any_text_is_drawn_or_told(text: str) -> None:
    check(text)
    check(f"kind: heatmap\ntext: a b\n{text}")
