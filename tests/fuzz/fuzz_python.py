"""Calls from Python with arguments of any type: what is wrong is a DiagramError, or a TypeError that says so."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from random import Random
from typing import Any

import fuzz_options
import numpy as np
from fuzz_faults import Checked, admitted, hold

import mdattn
from mdattn import DiagramError
from mdattn.diagrams import KINDS

Case = dict[str, Any]

BLOCK = "kind: heatmap\ntext: a b\n"
SOURCED = "kind: heatmap\ntext: a b\nsource: {file: w.json}\n"
# By name, so that a case can be written down.
ODD: dict[str, Any] = {
    "array": np.eye(2), "array of three axes": np.ones((1, 2, 2)) / 2, "array of bool": np.eye(2, dtype=bool),
    "empty array": np.empty((0,)),
    "number of numpy": np.float32(0.5), "whole number of numpy": np.int64(2), "tuple": ((0.5, 0.5), (0.5, 0.5)),
    "set": {1, 2}, "bytes": b"a b",
    "object": object(), "complex": 1j, "path": Path("w.json"), "array of text": np.array(["a", "b"]),
    "array of objects": np.array([None, {}], dtype=object), "nan": np.array([[np.nan, 1], [0, 1]]), "type": int,
    "range": range(2),
    "key of tuple": {(1, 2): [1]}, "bytes in a list": [b"a", b"b"], "surrogate": "a \ud800",
    "huge": [[10**400, 0], [0, 1]],
}  # fmt: skip
TEXTS: dict[str, Any] = {
    "none": None, "number": 3, "list": ["kind: heatmap"], "bytes": b"kind: heatmap", "empty": "", "blank": " \n",
    "mark": "\ufeff" + BLOCK,
    "surrogate": "kind: heatmap\ntext: \udcff", "nul": "\0", "crlf": BLOCK.replace("\n", "\r\n"),
    "fence": "```attention-diagram\n" + BLOCK + "```\n",
    "keys": {1: 2}, "no kind": {}, "kind of list": {"kind": ["flow"]}, "kind of none": {"kind": None}, "good": BLOCK,
    "source": SOURCED,
}  # fmt: skip
CALLS = ("options", "diagram", "diagram in a folder", "render", "render at a path")


def some_call(random: Random) -> Case:
    """A call, and what it is given."""
    call = random.choice(CALLS[:1] * 3 + CALLS)
    if call != "options":
        return {"call": call, "text": random.choice(list(TEXTS)), "as": random.choice(["str", "Path"])}
    options = {"kind": random.choice(list(KINDS)), "text": "a b", "query": 0, "preset": "gpt-2"}
    names = fuzz_options.fields()
    odd = {random.choice(names): random.choice(list(ODD)) for _ in range(random.choice([1, 1, 2]))}
    known = KINDS[str(options["kind"])].options.__struct_fields__
    kept = {name: value for name, value in options.items() if name in known}
    return {"call": call, "options": kept, "odd": {name: each for name, each in odd.items() if name in known}}


def parts(case: Case) -> Iterator[Case]:
    """The call with less."""
    for key in ("options", "odd"):
        for name in case.get(key, {}):
            yield case | {key: {other: value for other, value in case[key].items() if other != name}}


def check(case: Case, _: Random) -> Checked:
    """A result, or a DiagramError that can be printed."""
    if case["call"] == "options":
        odd = {name: deepcopy(ODD[each]) for name, each in case["odd"].items()}
        found = admitted(lambda: mdattn.diagram(case["options"] | odd))
        return _told(found)
    with tempfile.TemporaryDirectory() as name:
        Path(name, "w.json").write_text("[[0.75, 0.25], [0.5, 0.5]]")
        folder: Any = name if case["as"] == "str" else Path(name)
        path: Any = f"{name}/post.md" if case["as"] == "str" else Path(name, "post.md")
        text = TEXTS[case["text"]]
        document: Any = f"```attention-diagram\n{text}```\n" if isinstance(text, str) else text
        calls: dict[str, Callable[[], str]] = {
            "diagram": lambda: mdattn.diagram(text),
            "diagram in a folder": lambda: mdattn.diagram(text, folder=folder),
            "render": lambda: mdattn.render(document),
            "render at a path": lambda: mdattn.render(document, path=path),
        }
        found = admitted(lambda: _typed(calls[case["call"]], text, case["call"].startswith("render")))
    if case["text"] == "source" and case["call"] in CALLS[2::2]:
        hold(not isinstance(found, DiagramError), "a place may be a str or a Path", found)
    return _told(found)


def _typed(call: Callable[[], str], text: object, any_words: bool) -> str:
    """The call, whose caller may also be told by a TypeError that what he gives is no text at all."""
    try:
        return call()
    except (TypeError, AttributeError) as error:
        if isinstance(text, (str, dict)) or not (any_words or "must be" in str(error)):
            raise
        raise DiagramError(None, str(error)) from None


def _told(found: object) -> Checked:
    if isinstance(found, DiagramError):
        hold(bool(str(found).strip()), "an error says something", repr(found))
        return Checked(0)
    return Checked(1)
