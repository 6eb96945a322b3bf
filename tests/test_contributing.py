"""The kind that CONTRIBUTING shows is one."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType

import msgspec
import pytest
from support import loose_ends, too_wide

from mdattn.diagrams._kind import Kind
from mdattn.errors import OptionError

TEXT = (Path(__file__).parent.parent / "CONTRIBUTING.md").read_text(encoding="utf-8")
WEIGHTS = [[0.2, 0.5, 0.3], [1.0, 0.0, 0.0], [0.25, 0.5, 0.25]]


@pytest.fixture
def kind(monkeypatch: pytest.MonkeyPatch) -> Kind:
    shown = re.search(r"^```python\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    assert shown
    module = ModuleType("mdattn.diagrams.ranking")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile(shown[1], "CONTRIBUTING.md", "exec"), module.__dict__)
    found = module.KIND
    assert isinstance(found, Kind)
    return found


@pytest.mark.parametrize("width", [32, 72])
@pytest.mark.parametrize("charset", ["unicode", "ascii"])
def test_the_kind_of_the_recipe_draws(kind: Kind, width: int, charset: str) -> None:
    given = {"kind": "ranking", "tokens": ["a", "猫", "c"], "weights": WEIGHTS, "query": "a", "top": 2}
    drawn = kind.draw(msgspec.convert({**given, "width": width, "charset": charset}, kind.options))
    assert list(loose_ends(drawn.lines)) == too_wide(drawn.lines, width) == []
    rows = [re.findall(r"[^\s│|]+", line) for line in drawn.lines if re.search(r"\d\.\d\d", line)]
    assert rows == [["猫", "0.50"], ["c", "0.30"]]
    assert drawn.alternative == "The largest weight, 0.50, is that of '猫'."


def test_the_kind_of_the_recipe_says_how_much_room_it_needs(kind: Kind) -> None:
    given = {"kind": "ranking", "tokens": ["x" * 30, "b"], "weights": [[1, 0], [0, 1]], "query": 0, "width": 24}
    with pytest.raises(OptionError, match="needs at least 29 columns"):
        kind.draw(msgspec.convert(given, kind.options))
