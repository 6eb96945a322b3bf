"""The canvas and its signs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support import WGL4_SIGNS, arms, loose_ends

from mdattn.canvas import DOUBLE, LIGHT, Canvas, CanvasError
from mdattn.glyphs import ASCII, DOWN, LEFT, RIGHT, UNICODE, UP, Glyphs


def _signs(glyphs: Glyphs) -> str:
    fields = [getattr(glyphs, name) for name in Glyphs._fields if name not in ("name", "lines")]
    return "".join("".join(field) for field in fields) + "".join(glyphs.lines.values())


def test_the_unicode_set_is_wgl4_and_the_ascii_set_ascii() -> None:
    assert {each for each in _signs(UNICODE) if not each.isascii()} <= WGL4_SIGNS
    assert _signs(ASCII).isascii()


def test_every_line_character_has_the_arms_it_is_looked_up_by() -> None:
    names = {"u": UP, "r": RIGHT, "d": DOWN, "l": LEFT}
    for key, character in UNICODE.lines.items():
        wanted = {side for side, arm in names.items() if key & (3 * arm)}
        # A line that ends in the open is drawn as the whole line.
        assert wanted <= set(arms(character))
        assert len(wanted) == 1 or wanted == set(arms(character))


def test_both_sets_join_the_same_lines() -> None:
    assert set(UNICODE.lines) == set(ASCII.lines)


def test_lines_that_meet_join() -> None:
    canvas = Canvas(12, UNICODE)
    canvas.box(0, 0, 3, 9)
    canvas.vertical(4, 2, 4)
    canvas.box(5, 0, 3, 9, DOUBLE)
    canvas.horizontal(6, 8, 11)
    lines = canvas.lines()
    assert lines[2] == "└───┬───┘"
    assert lines[6] == "║       ╟───"


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII])
def test_a_box_closes(glyphs: Glyphs) -> None:
    canvas = Canvas(20, glyphs)
    canvas.box(0, 0, 4, 20, DOUBLE)
    canvas.box(1, 2, 2, 5, LIGHT)
    if glyphs is UNICODE:
        assert list(loose_ends(canvas.lines())) == []
    assert all(len(line) == 20 for line in canvas.lines())


def test_the_checker_of_loose_ends_sees_a_gap() -> None:
    assert list(loose_ends(["┌─┐", "│  │", "└─┘"]))
    assert list(loose_ends(["┌─┐", "│ │", "└── "]))
    assert list(loose_ends(["┌──┐", "│日│", "└──┘"])) == []


def test_ink_on_ink_is_refused() -> None:
    canvas = Canvas(10, UNICODE)
    canvas.text(0, 2, "word")
    inks: tuple[Callable[[], None], ...] = (
        lambda: canvas.text(0, 5, "x"),
        lambda: canvas.box(0, 0, 3, 4),
        lambda: canvas.horizontal(0, 0, 3),
        lambda: canvas.vertical(3, 0, 2),
    )
    for ink in inks:
        with pytest.raises(CanvasError):
            ink()


def test_a_box_over_a_line_is_refused() -> None:
    canvas = Canvas(10, UNICODE)
    canvas.horizontal(1, 0, 9)
    with pytest.raises(CanvasError):
        canvas.box(0, 2, 3, 4)


def test_ink_outside_is_refused() -> None:
    canvas = Canvas(5, UNICODE)
    inks: tuple[Callable[[], None], ...] = (
        lambda: canvas.text(0, 3, "日本"),
        lambda: canvas.text(-1, 0, "x"),
        lambda: canvas.text(0, -1, "x"),
        lambda: canvas.box(0, 2, 2, 4),
        lambda: canvas.horizontal(0, 3, 5),
    )
    for ink in inks:
        with pytest.raises(CanvasError):
            ink()


def test_rows_lose_blanks_of_any_sort_at_the_right_and_stay_where_they_are() -> None:
    canvas = Canvas(9, UNICODE)
    canvas.text(1, 0, "a \u00a0\u3000")
    canvas.text(3, 2, "猫")
    assert canvas.lines() == ("", "a", "", "  猫")
    assert canvas.height == 4
