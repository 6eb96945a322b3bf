"""What words are called on the page."""

from __future__ import annotations

from random import Random

import pytest
from support import width

from mdattn.cells import cut, without_isolates
from mdattn.study.names import distinct, distinct_in_both, labelled, printable, said, standing_in

LONG = [
    "internationalizations",
    "internationalizationally",
    "internationalization",
    "internationali…",
    "internationali…2",
    "Donaudampfschifffahrtsgesellschaft",
    "猫" * 20,
    "猫" * 21,
    "שלום" * 9,
    "שלום" * 8,
    "é" * 30,
    "x" * 250,
    "x" * 251,
]
SHORT = ["The", "cat", "the#2", "…", "2", "שלום", "猫", "#", "##2", "a#b"]


def test_the_second_of_equal_tokens_is_numbered() -> None:
    assert distinct(["the", "cat", "the", "the"]) == ("the", "cat", "the#2", "the#3")


@pytest.mark.parametrize(
    "tokens",
    [
        ["the", "the", "the#2"],
        ["the#2", "the", "the"],
        ["the#2", "the#2", "the", "the", "the##2"],
        ["#", "#", "##2", "#2"],
        ["a#", "a#", "a", "a", "a#2"],
    ],
)
def test_no_name_is_that_of_another_token(tokens: list[str]) -> None:
    names = distinct(tokens)
    assert len(set(names)) == len(tokens)
    for token in set(tokens):
        assert names[tokens.index(token)] == token, "the first is called what it is"


@pytest.mark.parametrize("tokens", [["\x00", r"\x00"], [r"\x00", "\x00", r"\x00(2)"], ["\u0301", " \u0301"]])
def test_different_tokens_are_printed_differently(tokens: list[str]) -> None:
    assert len(set(printable(tokens))) == len(tokens)


@pytest.mark.parametrize("longest", [6, 9, 10, 16, 40])
@pytest.mark.parametrize("mark", ["…", "..."])
def test_labels_are_short_and_no_two_names_share_one(longest: int, mark: str) -> None:
    for seed in range(40):
        random = Random(seed)
        names = distinct([random.choice(LONG + SHORT) for _ in range(random.randint(1, 30))])
        shown, legend = labelled(names, longest, mark)
        assert all(width(label) <= longest for label in shown)
        assert len(set(zip(names, shown, strict=True))) == len(set(names)) == len(set(shown))
        assert dict(legend) == {label: name for label, name in zip(shown, names, strict=True) if label != name}
        assert len(legend) == len(dict(legend))


def test_a_label_is_the_beginning_of_its_name() -> None:
    shown, legend = labelled(["internationalizations", "sat", "internationalizationally"])
    assert shown == ("internationaliz…", "sat", "internationali…2")
    assert legend == ((shown[0], "internationalizations"), (shown[2], "internationalizationally"))


def test_the_number_of_a_name_stays() -> None:
    assert labelled(["internationalization#2"], 12).shown == ("internati…#2",)
    # Another script's digits are no such number.
    assert labelled(["internationalization#\u0662"], 12).shown == ("internation…",)


def test_right_to_left_labels_stay_isolated() -> None:
    (label,), _ = labelled(printable(["שלום" * 9]), 10)
    assert label != without_isolates(label)


def test_a_thousand_names_with_one_beginning_take_a_try_each(monkeypatch: pytest.MonkeyPatch) -> None:
    tries = 0

    def counted(text: str, longest: int, mark: str) -> str:
        nonlocal tries
        tries += 1
        return cut(text, longest, mark)

    monkeypatch.setattr("mdattn.cells.cut", counted)
    names = [f"{'x' * 30}{number}y" for number in range(1024)]
    assert len(set(labelled(names, 9).shown)) == 1024
    assert tries < 3 * len(names)


def test_a_long_name_is_said_by_its_label() -> None:
    names = ("short", "x" * 41)
    assert said(names, labelled(names).shown) == ("short", "x" * 15 + "…")


def test_a_label_stands_in_lines_that_are_divided_at_its_blanks() -> None:
    legend = [("a long…", "a longer one"), ("abc…", "abcdef"), ("abc…2", "abcxyz"), ("b…#2", "bb#2"), ("ab…", "abba")]
    lines = ['keys "a', '  long…", "abc…2"', "│ b…#2 │"]
    assert standing_in(lines, legend) == [legend[0], legend[2], legend[3]]
    assert standing_in(["abc… is"], legend) == [legend[1]]


def test_the_names_of_two_sentences_are_equal_only_for_equal_tokens() -> None:
    names, keys = distinct_in_both(["the", "the", "a"], ["the#2", "the", "the"])
    assert (names, keys) == (("the", "the##2", "a"), ("the#2", "the", "the##2"))
    assert distinct_in_both(["\t"], ["\\t"]) == (("\\t(2)",), ("\\t",))
    assert distinct_in_both(["a", "b"], ["b", "a"]) == (("a", "b"), ("b", "a"))
