"""Diagrams said in words: the caption keeps the diagram's width and signs, the alternative is fit to be read aloud."""

from __future__ import annotations

import unicodedata
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import foreign, too_wide, width

import mdattn
from mdattn.diagrams import KINDS
from mdattn.diagrams._caption import finished
from mdattn.diagrams._kind import Diagram
from mdattn.document import draw_options
from mdattn.errors import DiagramError
from mdattn.options import Common

WORDS = "'cat' attends most to itself, 0.47, then to 'sat', 0.21. The output is [1.00, 0.00]."


def caption(
    words: str, width: int = 72, charset: Literal["unicode", "ascii"] = "unicode", title: str | None = None
) -> tuple[str, ...]:
    options = Common(kind="x", caption=True, width=width, charset=charset, title=title)
    first, empty, *lines = finished(Diagram(("┌─┐",), words), options).lines
    assert (first, empty) == ("┌─┐", "")
    return tuple(lines)


def test_without_being_asked_for_there_is_none() -> None:
    diagram = Diagram(("a", "b"), WORDS)
    assert finished(diagram, Common(kind="x")) == diagram
    assert finished(diagram, Common(kind="x")) != Diagram(diagram.lines, "")
    assert finished(Diagram(("a",), ""), Common(kind="x", caption=True)).lines == ("a",)


@pytest.mark.parametrize("kind", KINDS)
def test_markdown_does_not_make_the_words_that_it_does_not_say(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Diagram] = []

    def words(diagram: Diagram) -> str:
        made.append(diagram)
        return "words"

    monkeypatch.setattr(Diagram, "alternative", property(words))
    mdattn.render(f"```attention-diagram\n{KINDS[kind].example}```\n")
    assert not made
    drawn: list[Diagram] = []

    def unfinished(diagram: Diagram, _: Common) -> Diagram:
        drawn.append(diagram)
        return diagram

    monkeypatch.setattr("mdattn.diagrams.finished", unfinished)
    draw_options(KINDS[kind].example)
    assert [callable(each.words) for each in drawn] == [True]


@pytest.mark.parametrize("width", [1, 8, 32, 40, 72, 200])
def test_the_caption_is_the_last_paragraph_in_the_diagram_s_width(width: int) -> None:
    lines = caption(WORDS, width)
    assert max(map(len, lines)) <= width
    assert all(line and line == line.strip() for line in lines)
    if width >= 32:
        assert " ".join(lines) == WORDS


def test_wide_characters_count_twice() -> None:
    lines = caption("'猫' attends to '魚', 0.21, and '猫猫猫猫猫猫猫猫猫猫'", 12)
    assert max(map(width, lines)) <= 12
    assert "".join(lines).count("猫") == 11


def test_ascii_spells_signs_but_keeps_the_author_s_own() -> None:
    assert caption("a → b × c … 0.10–0.20", charset="ascii") == ("a -> b x c ... 0.10-0.20",)
    assert caption("'é' → '×'", charset="ascii", title="é ×") == ("'é' -> '×'",)
    assert caption("a → b", charset="unicode") == ("a → b",)


def test_the_alternative_has_neither_isolates_nor_controls_nor_line_breaks() -> None:
    spoken = finished(Diagram(("x",), "'\u2068שלום\u2069' attends\nto \x1b[2J\u202e."), Common(kind="x")).alternative
    assert spoken == "'שלום' attends to \\x1b[2J\\u202e."


def test_the_caption_keeps_the_isolates_that_keep_its_order() -> None:
    assert caption("'\u2068שלום\u2069' 0.47") == ("'\u2068שלום\u2069' 0.47",)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("charset", ["unicode", "ascii"])
def test_every_kind_has_words_and_a_caption(name: str, charset: str) -> None:
    example = KINDS[name].example
    bare = draw_options(f"{example}\ncharset: {charset}\n")
    full = draw_options(f"{example}\ncharset: {charset}\ncaption: true\n")
    assert full.lines[: len(bare.lines) + 1] == (*bare.lines, "")
    assert full.alternative == bare.alternative
    assert len(bare.alternative) > 20
    assert not any(unicodedata.category(each).startswith("C") for each in bare.alternative)
    added = full.lines[len(bare.lines) + 1 :]
    assert not too_wide(added, 72)
    assert not foreign(added, example, charset)
    if bare.alternative.isascii():
        assert " ".join(added) == bare.alternative


@given(st.text(st.sampled_from("ab'-> \u2068\u2069\x00\n\u05d0é猫\u0301×…") | st.characters(), max_size=60))
def test_any_words_give_lines_and_a_line(words: str) -> None:
    diagram = finished(Diagram(("x",), words), Common(kind="x", caption=True, width=20))
    assert all("\n" not in line and "\r" not in line for line in diagram.lines)
    assert diagram.alternative.isprintable() or not any(
        unicodedata.category(each) in ("Cc", "Cs") for each in diagram.alternative
    )


def test_the_option_is_a_truth_value() -> None:
    with pytest.raises(DiagramError, match="'caption' must be true or false"):
        mdattn.diagram("kind: heatmap\ntext: a b\ncaption: yes\n")
