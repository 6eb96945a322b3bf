"""The parts of a page: none is wider than its room, whatever stands in it; and what each of them does."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest
from support import loose_ends, too_wide, width

from mdattn import cells
from mdattn.errors import OptionError
from mdattn.glyphs import ASCII, DOUBLE, LIGHT, UNICODE, Glyphs
from mdattn.layout import (
    GAP,
    Abreast,
    Align,
    Alike,
    Bar,
    Bars,
    Below,
    Block,
    Cell,
    Column,
    Elided,
    Framed,
    Grid,
    Pieces,
    Remarked,
    Rows,
    Table,
    Text,
    arranged,
    bar,
    fitting,
    lines_of,
)

WORDS = (
    "a",
    "cat",
    "attention",
    "0.53",
    "50 %",
    "猫",
    "日本語",
    "שלום",
    "مرحبا",
    "👩‍👩‍👧",
    "🇩🇪",
    "é",
    "क्षि",
    "→",
    "x" * 30,
)


# Any block in any room ------------------------------------------------------------------------------------------------


def word(random: Random) -> str:
    return cells.isolated(random.choice(WORDS))


def words(random: Random, most: int = 6, least: int = 1) -> list[str]:
    return [word(random) for _ in range(random.randint(least, most))]


def texts(random: Random, count: int) -> list[str]:
    return [" ".join(words(random, 2, 0)) for _ in range(count)]


def cell(random: Random, parts: int) -> Cell:
    return Cell([words(random, 3) for _ in range(parts)], random.choice((0, 99)), centred=random.random() < 0.5)


def abreast(random: Random) -> Block:
    parts = random.randint(1, 3)
    blocks = [cell(random, parts) for _ in range(random.randint(1, 7))]
    labels = random.choice(((), ["", word(random)]))
    return Abreast(blocks, labels, gap=random.choice((1, 3)), even=random.random() < 0.5, apart=random.randint(0, 1))


def table(random: Random) -> Table:
    count, rows = random.randint(1, 5), random.randint(0, 4)
    aligns: tuple[Align, ...] = ("left", "right", "centre")
    return Table.of([Column(word(random), texts(random, rows), random.choice(aligns)) for _ in range(count)])


def bars(random: Random) -> Bars:
    def some() -> list[Bar | str]:
        shares = [random.choice((None, random.random())) for _ in range(3)]
        return [Bar(word(random), share, word(random), random.choice(("", word(random)))) for share in shares]

    return Bars([*some(), *words(random, 1, 0)], random.randint(1, 20), some())


def grid(random: Random) -> Block:
    rows, columns, size = random.randint(1, 4), random.randint(1, 9), random.randint(1, 4)
    inked = [[cells.centre("x", size) for _ in range(columns)] for _ in range(rows)]
    heads = [word(random) for _ in range(columns)]
    return Grid.of([word(random) for _ in range(rows)], heads, inked, random.randint(0, 3))


def elided(random: Random) -> Block:
    shown = words(random, 40)
    return Elided(len(shown), lambda count: Pieces(["Words:", *shown[:count], f"({len(shown) - count}"]))


def remarked(random: Random) -> Block:
    block = table(random)
    beside = [(1, word(random))] if random.random() < 0.8 else []
    return Remarked(block, beside, [Pieces(words(random))], "← ")


def below(random: Random) -> Block:
    return Below(
        [random.choice((GAP, BLOCKS[name](random))) for name in random.choices(SIMPLE, k=4)], random.randint(0, 5)
    )


SIMPLE = ("text", "pieces", "table", "cell", "bars")
BLOCKS: dict[str, Callable[[Random], Block]] = {
    "text": lambda random: Text(" ".join(words(random, 12, 0)), random.randint(0, 4)),
    "pieces": lambda random: Pieces(words(random, 12), random.randint(0, 4)),
    "aligned": lambda random: Pieces([f" {each}  " for each in words(random, 12)], 3, aligned=True),
    "alike": lambda random: Alike([Pieces(words(random, 4), 2, aligned=True) for _ in range(3)]),
    "elided": elided,
    "rows": lambda random: Rows(texts(random, 3)),
    "below": below,
    "cell": lambda random: cell(random, random.randint(1, 3)),
    "framed": lambda random: Framed([below(random), Text(word(random))], random.choice((LIGHT, DOUBLE))),
    "abreast": abreast,
    "table": table,
    "bars": bars,
    "grid": grid,
    "remarked": remarked,
}


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=["unicode", "ascii"])
@pytest.mark.parametrize("name", BLOCKS)
def test_no_row_is_wider_than_its_room_and_every_box_closes(name: str, glyphs: Glyphs) -> None:
    random = Random(f"{name} of {glyphs.name}")
    for _ in range(40):
        block = BLOCKS[name](random)
        least = block.least
        for room in (least, least + 1, least + random.randint(2, 20), 200):
            rows = list(block.rows(room, glyphs)) if room >= least else []
            assert too_wide(rows, room) == [], block
            if glyphs is UNICODE:
                assert list(loose_ends(rows)) == [], block


@pytest.mark.parametrize("name", ["alike", "cell", "framed", "abreast", "table", "bars", "grid"])
def test_the_least_room_is_needed(name: str) -> None:
    """What cannot be divided fills the least room, so that no error asks for more columns than are enough."""
    random = Random(f"least {name}")
    for _ in range(40):
        # What is made of other blocks needs what they need.
        block = BLOCKS[name](random) if name != "framed" else Framed([cell(random, 1), Pieces(words(random), 0)])
        assert max(map(width, block.rows(block.least, UNICODE))) == block.least, block


# What each block does -------------------------------------------------------------------------------------------------


def drawn(block: Block, room: int) -> list[str]:
    return list(block.rows(room, UNICODE))


def test_a_text_goes_on_further_in_and_keeps_a_percentage_together() -> None:
    text = Text("one two 50 % three")
    assert drawn(text, 18) == ["one two 50 % three"]
    assert drawn(text, 11) == ["one two", "  50 %", "  three"]
    assert drawn(Text("abcdef", hang=1), 3) == ["ab", " cd", " ef"]
    assert drawn(Text(""), 3) == []


def test_pieces_are_never_divided_and_lose_the_blanks_that_aligned_them() -> None:
    pieces = Pieces(["  1×2 ", "+  3×4", "+ 猫", "=   5 "], hang=2, aligned=True)
    assert drawn(pieces, 40) == ["  1×2  +  3×4 + 猫 =   5"]
    assert drawn(pieces, 9) == ["1×2 + 3×4", "  + 猫", "  = 5"]
    assert pieces.least == 7


def test_lines_that_are_alike_are_divided_alike() -> None:
    lines = Alike([Pieces(['"a":   ', "1 / 2", "= 3"], 2, True), Pieces(['"long":', "1 / 2", "= 3"], 2, True)])
    assert drawn(lines, 17) == ['"a":    1 / 2 = 3', '"long": 1 / 2 = 3']
    assert drawn(lines, 16) == ['"a":', "  1 / 2 = 3", '"long":', "  1 / 2 = 3"]
    assert lines.least == 7


def test_as_many_items_as_three_rows_hold_are_shown() -> None:
    def told(count: int) -> Block:
        return Pieces([*["word"] * count, *([f"({100 - count} more)"] if count < 100 else [])])

    rows = drawn(Elided(100, told), 30)
    assert len(rows) == 3
    shown = " ".join(rows).split().count("word")
    assert rows[-1].endswith(f"({100 - shown} more)")
    # Not one more would have fitted.
    assert len(drawn(told(shown + 1), 30)) > 3
    assert drawn(Elided(2, lambda count: Pieces(["word"] * count)), 30) == ["word word"]


def test_a_gap_stands_once_and_not_at_the_ends_of_a_page() -> None:
    inner = Below([GAP, Text("b"), GAP], 1)
    assert drawn(Below([Text("a"), GAP, GAP, Text(""), inner, GAP, Text("c")], 2), 9) == ["  a", "", "   b", "", "  c"]
    assert lines_of(Below([Rows(["", " a\u3000", ""]), GAP]), 9, UNICODE) == (" a",)
    assert lines_of(Text(""), 9, UNICODE) == ()


def test_cells_beside_each_other_have_their_parts_at_one_height() -> None:
    block = Abreast([Cell([["HEAD", "1"], ["a"]], centred=False), Cell([["x"], ["b", "c"]])])
    assert drawn(block, 14) == [
        "┌──────┐ ┌───┐",
        "│ HEAD │ │ x │",
        "│ 1    │ │   │",
        "├──────┤ ├───┤",
        "│ a    │ │ b │",
        "│      │ │ c │",
        "└──────┘ └───┘",
    ]
    assert len(drawn(block, 13)) == len(drawn(block.blocks[0], 13)) + len(drawn(block.blocks[1], 13)) == 12


def test_rows_are_about_equally_full_or_full_in_turn() -> None:
    assert arranged([5] * 4, 17) == [range(3), range(3, 4)]
    assert arranged([5] * 4, 17, even=True) == [range(2), range(2, 4)]
    assert arranged([9, 2, 2], 5) == [range(1), range(1, 3)]
    assert arranged([], 5) == []


def test_labels_stand_at_the_left_of_every_row() -> None:
    block = Abreast([Cell([["a"]]), Cell([["b"]])], ["", "in"])
    assert drawn(block, 9) == ["    ┌───┐", "in  │ a │", "    └───┘", "    ┌───┐", "in  │ b │", "    └───┘"]


def test_blocks_are_framed_with_a_rule_between_them() -> None:
    block = Framed([Text("one two"), Text("a")], DOUBLE)
    assert drawn(block, 20) == ["╔═════════╗", "║ one two ║", "╠═════════╣", "║ a       ║", "╚═════════╝"]
    assert drawn(block, 10) == ["╔═══════╗", "║ one   ║", "║   two ║", "╠═══════╣", "║ a     ║", "╚═══════╝"]


def test_a_table_is_what_it_looks_like() -> None:
    table = Table.of([Column("Key", ["The", "日本"], "left"), Column("Score", ["0.53", "12.00"])])
    assert table.width == 16
    assert drawn(Remarked(table, [(3, "most")], [], "← ", gap=0), 40) == [
        "┌──────┬───────┐",
        "│ Key  │ Score │",
        "├──────┼───────┤",
        "│ The  │  0.53 │← most",
        "│ 日本 │ 12.00 │",
        "└──────┴───────┘",
    ]


def test_a_table_is_divided_and_repeats_its_first_column() -> None:
    table = Table.of([Column("Key", ["a"], "left"), Column("one", ["1"]), Column("two", ["2"])])
    assert len(drawn(table, 19)) == 5
    assert len(table.divided(19)) == 1
    assert table.least == 13
    rows = drawn(table, table.least)
    assert sum("Key" in row for row in rows) == len(table.divided(table.least)) == 2
    assert rows[5] == ""


def test_remarks_stand_beside_all_rows_or_below() -> None:
    block = Remarked(Rows(["a", "bb"]), [(0, "one"), (1, "three")], [Text("In a sentence.")], "← ")
    assert drawn(block, 10) == ["a  ← one", "bb ← three"]
    assert drawn(block, 9) == ["a", "bb", "In a", "  sentenc", "  e."]


@pytest.mark.parametrize(
    ("share", "glyphs", "inked"),
    [(0.5, UNICODE, "█▌"), (0.49, UNICODE, "█▌"), (1, UNICODE, "███"), (0, UNICODE, ""), (0.5, ASCII, "##")],
)
def test_a_bar_is_as_long_as_its_share(share: float, glyphs: Glyphs, inked: str) -> None:
    assert bar(share, 3, glyphs) == inked


def test_bars_have_one_zero_and_one_scale_with_those_that_stand_elsewhere() -> None:
    first: list[Bar | str] = [Bar("The", 0.5, "50 %", "half"), Bar("猫", None, "·"), "… 2 more"]
    second: list[Bar | str] = [Bar("longer", 1, "100 %")]
    bars = Bars(first, 4, second)
    assert drawn(bars, 99) == ["The    ██    50 %  half", "猫" + " " * 14 + "·", "… 2 more"]
    assert drawn(Bars(second, 4, first), 99) == ["longer ████ 100 %"]
    assert (bars.least, Bars(second, 4, first).least, Bars(first[1:], 4).least) == (23, 17, 9)


def test_a_grid_is_divided_into_even_panels() -> None:
    grid = Grid.of(["The", "猫"], [*"abcd"], [["■ "] * 4, ["□ "] * 4])
    assert drawn(grid, 16) == ["     a  b  c  d ", "The  ■  ■  ■  ■ ", "猫   □  □  □  □ "]
    assert [row.rstrip() for row in drawn(grid, 15)] == [
        "     a  b",
        "The  ■  ■",
        "猫   □  □",
        "",
        "     c  d",
        "The  ■  ■",
        "猫   □  □",
    ]


def test_the_first_form_that_fits_is_taken() -> None:
    wide, narrow = Pieces(["x" * 40]), Pieces(["x" * 30])
    assert fitting(40, [wide, narrow]) is wide
    assert fitting(39, [wide, narrow]) is narrow
    assert fitting(24, [Text("one")]) == Text("one")


@pytest.mark.parametrize(
    ("width", "needed", "message", "hint"),
    [
        (29, 30, "this diagram needs at least 30 columns", "give 'width: 30' or more"),
        (23, 3, "this diagram needs at least 24 columns", "give 'width: 24' or more"),
        (72, 201, "this diagram needs at least 201 columns", "print fewer decimals"),
    ],
)
def test_an_error_says_how_many_columns_are_enough(width: int, needed: int, message: str, hint: str) -> None:
    forms = [Pieces(["x" * (needed + 10)]), Pieces(["x" * needed])]
    with pytest.raises(OptionError) as caught:
        fitting(width, forms)
    assert (caught.value.path, caught.value.message, caught.value.hint) == (("width",), message, hint)
