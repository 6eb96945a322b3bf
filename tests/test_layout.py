"""A page of lines that are laid out when the width is known."""

from __future__ import annotations

import pytest
from support import loose_ends, too_wide

from mdattn.canvas import Canvas, Column
from mdattn.glyphs import UNICODE
from mdattn.layout import Box, Group, Line, Page, Table


def drawn(page: Page, width: int) -> tuple[str, ...]:
    canvas = Canvas(width, UNICODE)
    page.draw(canvas)
    return canvas.lines()


def test_a_line_goes_on_below_and_loses_the_blanks_that_aligned_it() -> None:
    line = Line.of("  1×2 ", "+  3×4", "+ 猫", "=   5", indent=1, hang=2)
    assert line.rows(40) == ["   1×2  +  3×4 + 猫 =   5"]
    assert line.rows(11) == [" 1×2 + 3×4", "   + 猫 = 5"]
    assert line.least == 8
    assert line.rows(line.least) == [" 1×2", "   + 3×4", "   + 猫", "   = 5"]
    assert line.fits(8)
    assert not line.fits(7)


def test_lines_that_are_alike_are_broken_alike() -> None:
    page = Page()
    page.items.append(Group([Line.of('"a":   ', "1 / 2", "= 3"), Line.of('"long":', "1 / 2", "= 3")]))
    assert drawn(page, 19) == ('"a":    1 / 2 = 3', '"long": 1 / 2 = 3')
    assert drawn(page, 16) == ('"a":', "  1 / 2 = 3", '"long":', "  1 / 2 = 3")
    assert page.needed() == 7


@pytest.mark.parametrize(("width", "walls", "first"), [(30, True, "wide wide"), (20, True, "a"), (12, False, "a")])
def test_a_box_takes_the_form_that_fits(width: int, walls: bool, first: str) -> None:
    page = Page()
    page.items.append(Box((lambda: [Line.of("wide wide wide wide")], lambda: [Line.of("a", "bb", "cc", "dddd")])))
    lines = drawn(page, width)
    assert (lines[0][0] == "┌") == walls
    assert first in "".join(lines)
    assert list(loose_ends(lines)) == []
    assert too_wide(lines, width) == []


@pytest.mark.parametrize(("longest", "walls"), [(46, True), (47, False)])
def test_a_box_goes_before_a_piece_is_broken(longest: int, walls: bool) -> None:
    page = Page()
    page.items.append(Box((lambda: [Line.of("x" * longest, "+ 1", hang=0)],)))
    assert page.fits(50)
    lines = drawn(page, 50)
    assert (lines[0][0] == "┌") == walls
    assert too_wide(lines, 50) == []


def test_a_table_is_divided_and_repeats_its_first_column() -> None:
    page = Page()
    page.items.append(Table([Column("Key", ["a"], "left"), Column("one", ["1"]), Column("two", ["2"])]))
    assert len(drawn(page, 19)) == 5
    lines = drawn(page, page.needed())
    assert page.needed() == 13
    assert sum("Key" in line for line in lines) == 2
    assert list(loose_ends(lines)) == []
    assert not page.fits(12)


def test_a_text_is_wrapped_and_a_gap_stands_once() -> None:
    page = Page()
    page.items.append("one two three")
    page.gap()
    page.gap()
    page.write("end")
    assert drawn(page, 8) == ("one two", "  three", "", "end")
