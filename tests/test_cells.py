"""Width of text, against wcwidth over whole strings and over every character that is taken to be narrow."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import wcswidth

from mdattn import cells

WORDS = [
    "cat",
    "日本語",
    "é",
    "e\u0301",
    "❤️",
    "👩\u200d👩\u200d👧",
    "🇫🇷",
    "שלום",
    "مرحبا",
    "क्षि",
    "Ġthe",
    "▁the",
    "한국어",
    "ไทย",
    "",
]
TEXT = st.one_of(st.sampled_from(WORDS), st.text(max_size=12).map(cells.printable))


def test_every_character_taken_to_be_narrow_is() -> None:
    narrow = [chr(code) for code in range(0x110000) if cells._pattern(cells._NARROW).fullmatch(chr(code))]
    assert len(narrow) > 1000
    assert [each for each in narrow if wcswidth(each) != 1] == []


@given(TEXT)
def test_width_is_that_of_the_tables(text: str) -> None:
    assert cells.width(text) == wcswidth(text)


@pytest.mark.parametrize("place", [cells.pad, cells.right, cells.centre])
@given(text=TEXT, extra=st.integers(0, 5))
def test_placed_text_takes_the_cells_it_is_given(place: object, text: str, extra: int) -> None:
    placed = place(text, cells.width(text) + extra)  # type: ignore[operator]
    assert cells.width(placed) == cells.width(text) + extra
    assert text in placed


def test_centre_leaves_the_odd_blank_at_the_right() -> None:
    assert cells.centre("ab", 5) == " ab  "


@given(TEXT, st.integers(1, 12))
def test_cut_text_fits_and_says_that_it_was_cut(text: str, room: int) -> None:
    cut = cells.cut(text, room)
    assert cells.width(cut) <= room
    assert cut == text or cut.endswith("…")


def test_cut_does_not_divide_what_a_reader_sees_as_one() -> None:
    assert cells.cut("👩\u200d👩\u200d👧👧", 3) == "👩\u200d👩\u200d👧…"
    assert cells.cut("e\u0301e\u0301e\u0301", 2) == "e\u0301…"


@given(st.lists(TEXT.filter(lambda text: " " not in text), max_size=8), st.integers(8, 30))
def test_wrapped_lines_fit_and_hold_every_word(words: list[str], room: int) -> None:
    lines = cells.wrap(" ".join(words), room, "  ")
    assert all(cells.width(line) <= room for line in lines)
    assert "".join("".join(lines).split()) == "".join("".join(words).split())


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb", "a\\nb"),
        ("\t", "\\t"),
        ("\x1b[31m", "\\x1b[31m"),
        ("a\u202eb", "a\\u202eb"),
        ("\u2067x", "\\u2067x"),
        ("a\u200b", "a\\u200b"),
        ("a\u200d", "a\\u200d"),
        ("\ufe0f", "\\ufe0f"),
        ("\ud800", "\\ud800"),
        ("\u2028", "\\u2028"),
        ("\u0301", " \u0301"),
        ("👩\u200d👧", "👩\u200d👧"),
        ("❤\ufe0f", "❤\ufe0f"),
    ],
)
def test_what_must_not_reach_a_page_is_shown_escaped(text: str, shown: str) -> None:
    assert cells.printable(text) == shown


def test_no_control_or_override_gets_through() -> None:
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") or unicodedata.bidirectional(character) in (
            "LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI",
        ):  # fmt: skip
            assert character not in cells.printable(f"a{character}b"), hex(code)


@given(st.text(max_size=8))
def test_printable_text_has_a_width_that_its_neighbours_do_not_change(text: str) -> None:
    shown = cells.printable(text)
    assert wcswidth(shown) >= 0
    assert wcswidth(f"│ {shown} │") == wcswidth(shown) + 4


def test_right_to_left_words_are_isolated_and_the_rest_is_not() -> None:
    assert cells.isolated("שלום") == "\u2068שלום\u2069"
    assert cells.isolated("cat") == "cat"
    assert cells.without_isolates(cells.isolated("مرحبا")) == "مرحبا"
    assert cells.cut(cells.isolated("שלום"), 3) == "\u2068של\u2069…"
