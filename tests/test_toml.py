"""TOML front matter: what it says is what YAML would say, and its mistakes have the line of their table at least."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdattn.document import render
from mdattn.errors import DiagramError, Excerpt, Position
from mdattn.options import Defaults, defaults_of
from mdattn.options._toml import MOST_CHARACTERS

BLOCK = "\n```attention-diagram\nkind: heatmap\n```\n"


def excerpt(text: str) -> Excerpt:
    return Excerpt(text, tuple(Position(row + 2, 1) for row in range(text.count("\n") + 1)))


def values(defaults: Defaults | None) -> object:
    assert defaults is not None
    return {key: defaults.value(key, frozenset())[0] for key in defaults.entries}


def error(text: str) -> tuple[Position | None, str]:
    with pytest.raises(DiagramError) as caught:
        defaults_of(excerpt(text), "toml")
    return caught.value.position, caught.value.message


def test_defaults_come_from_the_table() -> None:
    yaml = render(f"---\nattention-diagram:\n  text: The cat\n  width: 60\n---\n{BLOCK}")
    for table in (
        '[attention-diagram]\ntext = "The cat"\nwidth = 60\n',
        'attention-diagram = {text = "The cat", width = 60}\n',
        'title = "x"\nattention-diagram.text = "The cat"\nattention-diagram.width = 60\n',
        "[\"attention-diagram\"]\n'text' = '''The cat'''\nwidth = 0x3c\n[other]\nwidth = 1\n",
    ):
        for ending in ("\n", "\r\n"):
            toml = render(f"+++\n{table}+++\n{BLOCK}".replace("\n", ending))
            assert toml.replace(ending, "\n").partition("```")[2] == yaml.partition("```")[2]


SCALARS = (
    st.booleans() | st.integers(-(10**18), 10**18) | st.floats(allow_nan=False) | st.text("ab\n'é \"1", max_size=6)
)
TREES = st.recursive(
    SCALARS, lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text("abc-", min_size=1), each, max_size=3)
)


def toml(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {toml(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return repr(value) if isinstance(value, float) else json.dumps(value, ensure_ascii=False)


@given(st.dictionaries(st.text("abc-", min_size=1), TREES, max_size=4))
def test_any_value_comes_through_as_it_is(table: dict[str, object]) -> None:
    assert values(defaults_of(excerpt(f"attention-diagram = {toml(table)}\n"), "toml")) == table


def test_what_says_nothing_of_diagrams_is_nobody_s_concern() -> None:
    assert defaults_of(excerpt("title = \n"), "toml") is None
    assert defaults_of(excerpt("title = 'attention-diagram'\n"), "toml") is None
    assert "```text" in render(f"+++\ntitle = \n+++\n{BLOCK.replace('heatmap', 'heatmap' + chr(10) + 'text: a b')}")


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("a = 1\n[attention-diagram]\ntext = 2026-01-01\n", (4, 1), "no option is a date"),
        ("a = 1\n[attention-diagram]\ntext = [07:32:00]\n", (4, 1), "no option is a date"),
        ("a = 1\n[attention-diagram.source]\nfile = 1979-05-27T07:32:00Z\n", (4, 1), "no option is a date"),
        ("a = 1\nattention-diagram = 7\n", (3, 1), "must hold a mapping"),
        ("[attention-diagram]\nwidth = \n", (3, 9), "not valid TOML"),
        ("[attention-diagram]\nwidth = 1\nwidth = 2\n", (4, 10), "not valid TOML"),
        ("[attention-diagram]\na = '\udcff'\n", (3, 6), "not UTF-8"),
        ("[attention-diagram]\na = " + "[" * 50 + "]" * 50 + "\n", (3, 1), "levels deep"),
        ("[attention-diagram]\na = " + "[" * 9_000 + "]" * 9_000 + "\n", (2, 1), "levels deep"),
        ("[attention-diagram]\n" + "#" * MOST_CHARACTERS, (2, 1), "characters"),
    ],
)
def test_a_mistake_has_the_line_of_its_key_or_of_the_table(text: str, place: tuple[int, int], message: str) -> None:
    position, said = error(text)
    assert position == Position(*place)
    assert message in said


def test_an_option_is_checked_as_in_yaml_and_has_its_line() -> None:
    for table, place, message in (
        ("[attention-diagram]\n\nwidht = 60\n", (4, 1), "unknown option 'widht'"),
        ("[attention-diagram]\nwidth = 'x'\n", (3, 1), "'width' must be"),
        ("[other]\nwidth = 1\n[attention-diagram]\nwidth = 'x'\n", (5, 1), "'width' must be"),
        ("attention-diagram.width = 'x'\n", (2, 19), "'width' must be"),
    ):
        with pytest.raises(DiagramError) as caught:
            render(f"+++\n{table}+++\n{BLOCK}")
        assert (caught.value.position, message in caught.value.message) == (Position(*place), True)


@pytest.mark.parametrize("shape", ["a.{}b = 1\n", "a = [{}]\n", "a = '{}'\n", "{}\n"])
def test_hostile_texts_are_read_in_little_time(shape: str) -> None:
    for filling in ("a.", "[", "1,", "{a=", "#", "'", "\\", "a=1\n", "[[a]]\n"):
        text = "[attention-diagram]\n" + shape.format(filling * (90_000 // len(filling)))
        try:
            defaults_of(excerpt(text), "toml")
        except DiagramError as error:
            assert len(str(error)) < 300
