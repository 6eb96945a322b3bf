"""The options of a block, carried out."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import msgspec
import pytest

from mdattn.options import Attention
from mdattn.study.heads import study

VECTORS = [[float(row * 8 + place) % 5 for place in range(16)] for row in range(3)]
SQUARE = [[float(row == column) for column in range(16)] for row in range(16)]


@pytest.mark.parametrize(
    "heads", [8, [{"name": name, "projections": {"query": SQUARE}} for name in "abcdefgh"]], ids=["count", "list"]
)
def test_what_is_given_is_converted_once_however_many_heads_share_it(
    heads: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = import_module("mdattn.study.inputs")
    converted: list[str] = []

    def counted(given: Any, tokens: Any, name: Any) -> Any:
        converted.append(name)
        return vectors(given, tokens, name)

    vectors = room.vectors
    monkeypatch.setattr(room, "vectors", counted)
    block = {"kind": "any", "text": "a b c", "heads": heads}
    block |= dict.fromkeys(("embeddings", "keys", "values"), VECTORS)
    found = study(msgspec.convert(block, Attention))
    assert len(found.heads) == 8
    assert sorted(converted) == ["embeddings", "keys", "values"]


@pytest.mark.parametrize("whole", [True, False])
def test_the_scores_are_kept_only_of_a_whole_study(whole: bool) -> None:
    block = {"kind": "any", "text": "a b c", "embeddings": VECTORS, "temperature": 2.0, "softcap": 3.0}
    trace = study(msgspec.convert(block, Attention), whole=whole).heads[0].trace
    assert [step.name for step in trace.steps] == ["scale", "temperature", "softcap"]
    assert len(trace.scores) == (4 if whole else 0)
