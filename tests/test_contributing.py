"""The kind that CONTRIBUTING shows is a whole one: what every kind has to bear, it does, and its reader redoes it."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

import pytest
from redo import redo
from redo.campaign import campaign, mutated
from redo.labels import explanations, named_alike
from support import loose_ends, too_wide
from test_all_kinds import asked, attention, faults, outcome

from mdattn import DiagramError, diagrams
from mdattn.diagrams import KINDS
from mdattn.diagrams._kind import Diagram
from mdattn.document import draw_options

TEXT = (Path(__file__).parent.parent / "CONTRIBUTING.md").read_text(encoding="utf-8")
NAME = "ranking"


@pytest.fixture(scope="module", autouse=True)
def _kind() -> Iterator[None]:
    """The kind of the recipe stands in the table, as if it were a file."""
    shown = re.search(r"^```python\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    assert shown
    with pytest.MonkeyPatch.context() as patch:
        module = ModuleType(f"mdattn.diagrams.{NAME}")
        patch.setitem(sys.modules, module.__name__, module)
        patch.setattr(diagrams, "_NAMES", (*KINDS, NAME))
        exec(compile(shown[1], "CONTRIBUTING.md", "exec"), module.__dict__)
        yield
    diagrams._imported.cache_clear()


def drawn(**options: Any) -> Diagram:
    """A ranking of these options, of three tokens, which is as wide as it may be and closed."""
    block = {"kind": NAME, "tokens": ["a", "b", "c"], "query": "a", "width": 72, **options}
    found = draw_options(block)
    assert list(loose_ends(found.lines)) == too_wide(found.lines, block["width"]) == []
    return found


def rows(found: Diagram) -> list[list[str]]:
    """The keys with their weights, from top to bottom."""
    return [re.findall(r"[^\s│|]+", line) for line in found.lines if re.match(r"[│|].*\d ", line)]


def text(found: Diagram) -> str:
    return " ".join(" ".join(found.lines).split())


@pytest.mark.parametrize("width", [32, 72])
@pytest.mark.parametrize("charset", ["unicode", "ascii"])
def test_the_largest_weights_stand_first(width: int, charset: str) -> None:
    found = drawn(tokens=["a", "猫", "c"], weights=[0.2, 0.5, 0.3], top=2, width=width, charset=charset)
    assert rows(found) == [["猫", "0.50"], ["c", "0.30"]]
    assert "1 more key, 0.20 at most" in text(found)
    assert found.alternative == "'a' attends most to '猫', 0.50."


@pytest.mark.parametrize(("title", "first"), [(None, "RANKING"), ("Mine", "Mine"), ("none", 'Sentence: "a b c"')])
def test_a_title_is_the_authors_or_left_out(title: str | None, first: str) -> None:
    assert drawn(title=title).lines[0] == first


def test_each_head_has_a_ranking_of_its_own() -> None:
    weights = [[0.7, 0.2, 0.1], [0.1, 0.2, 0.7]]
    named = [{"name": name, "weights": row} for name, row in zip(("Own", "Last"), weights, strict=True)]
    found = drawn(heads=named)
    assert rows(found) == [["a", "0.70"], ["b", "0.20"], ["c", "0.10"], ["c", "0.70"], ["b", "0.20"], ["a", "0.10"]]
    first, second = "Head 1 of 2: Own: 'a' attends to itself, 0.70.", "Head 2 of 2: Last: 'a' attends to 'c', 0.70."
    assert found.alternative == f"{first} {second}"
    assert draw_options({"kind": NAME, "text": "a b", "query": 0, "heads": 12}).alternative.count("Head ") == 3


def test_what_a_mask_hides_is_not_ranked() -> None:
    found = drawn(query="b", mask="causal", scores=[0, 0, 9])
    assert rows(found) == [["a", "0.50"], ["b", "0.50"]]
    assert "Causal mask: a token attends to itself and to tokens before it." in text(found)


def test_a_query_of_which_all_is_masked_attends_to_nothing() -> None:
    found = drawn(mask=[[False] * 3, [True] * 3, [True] * 3])
    assert rows(found) == []
    assert '"a" attends to nothing. Masked: 3 of 9 weights.' in text(found)
    assert found.alternative == "'a' attends to nothing."


def test_of_equal_weights_the_first_key_stands_first_and_all_are_told() -> None:
    found = drawn(weights=[0.2, 0.4, 0.4], top=1)
    assert rows(found) == [["b", "0.40"]]
    assert '"a" attends most to "b" and "c" alike, 0.40 each.' in text(found)
    assert "2 more keys, 0.40 at most" in text(found)


def test_an_option_without_effect_is_a_mistake() -> None:
    with pytest.raises(DiagramError, match="'values' has no effect here: a ranking shows weights"):
        drawn(values=[[1], [2], [3]])
    with pytest.raises(DiagramError, match="'scale' has no effect where the weights are given"):
        drawn(weights=[0.5, 0.5, 0.0], scale=2)


def test_what_is_done_to_scores_and_what_is_made_up_is_told() -> None:
    said = text(drawn(temperature=0.5, softcap=2))
    notes = [said.index(each) for each in ("Temperature 0.5: ", "Softcap 2: ", "Illustrative embeddings (d = 3)")]
    assert notes == sorted(notes)
    assert "Illustrative" not in text(drawn(embeddings=[[1], [2], [3]]))
    assert "Illustrative" not in text(drawn(scores=[1, 2, 3]))


def test_keys_may_be_another_sentence() -> None:
    found = drawn(key_tokens=["a", "x"], weights=[0.9, 0.1])
    assert found.lines[1:3] == ('Queries: "a b c"', 'Keys: "a x"')
    assert '"a" attends to "a", 0.90.' in text(found)
    said = text(drawn(key_tokens=["a", "x"], embeddings=[[1], [2], [3]], mask="causal"))
    assert "the last query is aligned with the last key" in said and "Illustrative keys (d = 1)" in said


def test_a_long_word_stands_in_full_below() -> None:
    found = drawn(tokens=["a", "internationalization"], weights=[0.1, 0.9], width=40)
    assert rows(found)[0] == ["internationaliz…", "0.90"]
    assert found.lines[-1] == "internationaliz… = internationalization"
    assert found.alternative == "'a' attends to 'internationalization', 0.90."


@pytest.mark.parametrize("sentence", ["tokens", "key_tokens"])
def test_a_word_that_no_line_holds_stands_as_its_label(sentence: str) -> None:
    words = {"tokens": ["a", "b"], "key_tokens": ["c", "d"], sentence: ["a", "x" * 60]}
    found = drawn(**words, weights=[0.1, 0.9], width=40)
    assert text(found).count("x" * 15 + "…") > 1
    assert "x" * 40 not in found.alternative


def test_who_gives_too_few_columns_is_told_how_many_are_enough() -> None:
    with pytest.raises(DiagramError, match="needs at least 29 columns"):
        drawn(tokens=["x" * 30, "b"], weights=[1, 0], query=0, width=24)


# As the kinds of the house --------------------------------------------------------------------------------------------


def ranking(random: Random) -> dict[str, Any]:
    """Random options, as `DRAWN` has them of each kind of the house."""
    options = attention(random, NAME, False)
    asked(random, options)
    options.pop("arithmetic", None)
    return options | ({"top": random.choice([1, 2, 5, 64])} if random.random() < 0.5 else {})


def test_any_options_give_a_drawing_that_holds() -> None:
    found = [(options, outcome(options)) for options in map(ranking, map(Random, range(200)))]
    drawings = [(options, each) for options, each in found if isinstance(each, Diagram)]
    assert len(drawings) > 150
    for options, each in drawings:
        assert faults(each, options) == [], options


def test_each_label_is_explained() -> None:
    for seed in range(60):
        options = named_alike(Random(seed), NAME)
        found = draw_options(options)
        assert explanations(options, found.lines, found.alternative)[1] == [], seed


@pytest.mark.campaign
def test_its_reader_redoes_every_number(budget: int, tmp_path: Path) -> None:
    found = campaign(NAME, ranking, 60 * budget, tmp_path)
    assert not found.findings and not found.unread and found.share == 1, found.told()


@pytest.mark.campaign
def test_its_reader_sees_a_changed_digit(budget: int, tmp_path: Path) -> None:
    changed, unseen = mutated(NAME, ranking, 30 * budget, tmp_path)
    assert changed and len(unseen) <= 0.01 * changed + 1, unseen


@pytest.mark.parametrize(
    ("before", "after"),
    [('"a" attends', '"b" attends'), ("│ b ", "│ c "), ("most to", "to"), ("alike", "also"), ("1 more", "2 more")],
)
def test_its_reader_sees_another_word(before: str, after: str) -> None:
    options = {"kind": NAME, "tokens": ["a", "b", "c"], "query": "a", "weights": [[0.2, 0.4, 0.4]] * 3, "top": 2}
    found = draw_options(options)
    assert not redo(options, found.lines, found.alternative).findings
    changed = [line.replace(before, after) for line in found.lines]
    assert changed != list(found.lines)
    seen = redo(options, changed, found.alternative)
    assert seen.findings or seen.unread
