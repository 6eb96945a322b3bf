"""Width of text, against two other implementations: `regex` for its clusters, wcwidth for their cells."""

from __future__ import annotations

import random
import sys
import unicodedata
from collections.abc import Callable, Iterator
from functools import cache

import pytest
import regex
import unicode_table
from hypothesis import assume, given
from hypothesis import strategies as st
from support import clusters, width
from wcwidth import list_versions, wcswidth, wcwidth

from mdattn import cells
from mdattn.cells import _graphemes, _unicode

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


def test_the_table_is_what_its_script_writes() -> None:
    assert unicode_table.FILE.read_text(encoding="utf-8") == unicode_table.module()
    assert list_versions() == (_unicode.VERSION,)


@cache
def _assigned() -> str:
    return "".join(regex.findall(r"\P{Cn}", "".join(map(chr, range(sys.maxunicode + 1)))))


def test_each_character_takes_what_wcwidth_says_but_for_what_is_decided() -> None:
    decided = dict.fromkeys(regex.findall(r"\p{Mc}", _assigned()), (1, 0))  # A spacing mark that stands alone.
    decided |= dict.fromkeys(regex.findall(r"\p{Cc}", _assigned()), (1, -1)) | {"\0": (1, 0)}  # Never on a page.
    both = {each: (_graphemes.cells(each), wcwidth(each)) for each in _assigned()}
    assert {each: pair for each, pair in both.items() if pair[0] != pair[1]} == decided


def test_what_is_no_character_has_a_width_too() -> None:
    rest = regex.findall(r"[\p{Cn}\p{Cs}]", "".join(map(chr, range(sys.maxunicode + 1))))[::7]
    assert len(rest) > 10_000
    assert all(_graphemes.cells(each) == wcwidth(each) for each in rest)


# What stands before a character and may join it.
CONTEXTS = ["x", "\r", "\u0600", "क्", "क्\u093c\u200d", "🙂\u200d", "🙂\u0301\u200d", "🇫", "🇫🇷", "ᄀ", "가", "각", "ᅡ"]


def test_every_character_begins_a_cluster_where_it_should() -> None:
    bulk = r"[\p{Han}\p{GCB=LVT}\p{Co}\p{Cs}]"
    for context in CONTEXTS:
        pool = _assigned() if context == "x" else regex.sub(bulk, "", _assigned())
        text = "".join(context + each for each in pool)
        assert list(_graphemes.clusters(text)) == clusters(text), context


@cache
def _by_class() -> list[str]:
    """The characters of each class that segmentation knows, and a few of no class."""
    breaks = ["CR", "LF", "Control", "Extend", "ZWJ", "Regional_Indicator", "Prepend", "SpacingMark"]
    properties = [f"GCB={each}" for each in [*breaks, "L", "V", "T", "LV", "LVT"]]
    properties += ["ExtPict", "InCB=Linker", "InCB=Consonant", "InCB=Extend", "EMod", "Mc", "Cs", "Cn"]
    found = [
        "".join(regex.findall(rf"\p{{{each}}}", "".join(map(chr, range(sys.maxunicode + 1))))) for each in properties
    ]
    return [*found, "ab1#", "日本", "\u200c", "\ufe0e", "\ufe0f", "\u20e3", " ", "─│", "©↔"]


def _strings(seed: int, count: int) -> Iterator[str]:
    generator = random.Random(seed)
    for _ in range(count):
        yield "".join(generator.choice(generator.choice(_by_class())) for _ in range(generator.randint(1, 9)))


# Where wcwidth merges what no writer writes: marks that take cells of their own behind a virama or before a spacing
# mark, a virama on what is no consonant or with marks behind it, a cluster that begins with a mark or a jamo that has
# nothing to lean on, a skin tone on what is no emoji, a selector or a spacing mark behind a selector. A control takes a
# cell here, and makes the whole of a text unmeasured there.
ODD = regex.compile(
    r"^\p{GCB=Prepend}*(?:$|[\p{M}\p{GCB=V}\p{GCB=T}\p{GCB=Extend}\p{GCB=SpacingMark}\u200d\u3164\uffa0\p{InCB=Linker}])"
    r"|[\p{Mc}\p{Mn}].*[\uff9e\uff9f\u0e33\u0eb3\p{EMod}]"
    r"|^\p{GCB=Prepend}*\P{InCB=Consonant}.*\p{InCB=Consonant}"
    r"|\p{InCB=Linker}\p{InCB=Extend}+\p{InCB=Consonant}"
    r"|^\P{ExtPict}+\p{EMod}"
    r"|[\p{EMod}\ufe0e\ufe0f].*[\ufe0e\ufe0f\p{Mc}]"
    r"|\p{Cc}"
)


@pytest.mark.campaign
def test_random_text_has_the_clusters_and_the_cells_of_the_oracles(budget: int) -> None:
    compared = 0
    for text in _strings(budget, 20_000 * budget):
        found = list(_graphemes.clusters(text))
        assert found == clusters(text), ascii(text)
        assert cells.width(text) == sum(map(cells.width, found)), ascii(text)
        for cluster in found:
            if not ODD.search(cluster):
                compared += 1
                assert cells.width(cluster) == width(cluster), ascii(cluster)
    assert compared > 20_000 * budget


@pytest.mark.campaign
def test_text_beside_text_takes_the_cells_of_both_unless_a_cluster_joins_them(budget: int) -> None:
    generator = random.Random(budget)
    for text in _strings(budget + 1, 10_000 * budget):
        at = generator.randint(0, len(text))
        apart = [*clusters(text[:at]), *clusters(text[at:])]
        if apart == clusters(text):
            assert cells.width(text) == cells.width(text[:at]) + cells.width(text[at:]), ascii(text)


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("a\u200db", 2),
        ("ه\u200d.ش", 3),
        ("می\u200cخواهم", 7),
        ("مـرحبا", 6),
        ("é", 1),
        ("e\u0301", 1),
        ("1\ufe0f\u20e3", 2),
        ("1\u20e3", 1),
        ("❤", 1),
        ("❤\ufe0f", 2),
        ("❤\u200d🔥", 2),
        ("❤\ufe0f\u200d🔥", 2),
        ("⌚\ufe0e", 1),
        ("👩\u200d👩\u200d👧", 2),
        ("👩🏽\u200d🚀", 2),
        ("👍🏽", 2),
        ("☝🏽", 2),
        ("🏽", 2),
        ("a🏽", 3),
        ("🇫🇷", 2),
        ("🇫", 2),
        ("🇫🇷🇫", 4),
        ("🏴\U000e0067\U000e0062\U000e007f", 2),
        ("한국어", 6),
        ("\u1112\u1161\u11ab", 2),
        ("\u1100\u1100", 4),
        ("\u1161", 0),
        ("क", 1),
        ("का", 2),
        ("क्ष", 2),
        ("क्षि", 2),
        ("स्त्री", 2),
        ("क\u200dा", 2),
        ("ा", 1),
        ("க்ஷ", 2),
        ("ශ්\u200dරී", 2),
        ("ကာ", 2),
        ("བསྒྲུབས", 4),
        ("ไทย", 3),
        ("กำ", 2),
        ("ｶﾞ", 2),
        ("日本語", 6),
        ("葛\U000e0100", 2),
        ("\ud83d", 1),
        ("é\n", 2),
        ("\u2068שלום\u2069", 4),
    ],
)
def test_cells_of(text: str, taken: int) -> None:
    assert cells.width(text) == taken


@given(TEXT)
def test_width_is_that_of_another_implementation(text: str) -> None:
    assume(not any(map(ODD.search, clusters(text))))
    assert cells.width(text) == width(text)


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


@given(TEXT, st.integers(1, 12))
def test_what_is_cut_or_divided_keeps_its_clusters_whole(text: str, room: int) -> None:
    whole = clusters(cells.without_isolates(text))
    kept = clusters(cells.without_isolates(cells.cut(text, room, "")))
    assert kept == whole[: len(kept)]
    pieces = cells._divided(text, room)
    assert [cluster for piece in pieces for cluster in clusters(piece)] == clusters(text)
    assert all(cells.width(piece) <= room or len(clusters(piece)) == 1 for piece in pieces)


@pytest.mark.parametrize(
    "work",
    [
        cells.width,
        lambda text: cells.cut(text, cells.width(text) - 1),
        lambda text: cells._divided(text, 40),
        lambda text: cells._divided(text, cells.width(text) - 1),
        lambda text: cells.wrap(text, 40),
        lambda text: cells.wrap(" ".join(text), 40),
        lambda text: cells.wrap(" ".join(text), 10**9),
        cells.printable,
    ],
)
@pytest.mark.parametrize("unit", ["日本", "e\u0301", "👩\u200d", "\u0301", "क्", "🇫"])
def test_work_grows_with_the_length_of_the_text(
    work: Callable[[str], object], unit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up = 0
    lookup = _graphemes._kind

    def counting(character: str) -> _graphemes.Kind:
        nonlocal looked_up
        looked_up += 1
        return lookup(character)

    monkeypatch.setattr(_graphemes, "_kind", counting)

    def counted(text: str) -> int:
        nonlocal looked_up
        looked_up = 0
        cells._width.cache_clear()
        _graphemes.cells.cache_clear()
        work(text)
        return looked_up

    assert counted("字" + unit * 2000) <= 11 * counted("字" + unit * 200)


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
    assert cells.width(f"│ {shown} │") == cells.width(shown) + 4
    assume(not any(map(ODD.search, clusters(shown))))
    assert width(f"│ {shown} │") == width(shown) + 4


def test_right_to_left_words_are_isolated_and_the_rest_is_not() -> None:
    assert cells.isolated("שלום") == "\u2068שלום\u2069"
    assert cells.isolated("cat") == "cat"
    assert cells.without_isolates(cells.isolated("مرحبا")) == "مرحبا"
    assert cells.cut(cells.isolated("שלום"), 3) == "\u2068של\u2069…"
