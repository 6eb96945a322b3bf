"""YAML to options: the core schema, and every mistake in its place."""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from yamlcore import CCoreLoader

from mdattn import options
from mdattn.errors import DiagramError, Excerpt, Position


@dataclass(frozen=True)
class _Kind:
    options: type[options.Common]


class _Plain(options.Common, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A kind without attention."""


KINDS = {"flow": _Kind(options.Attention), "plain": _Kind(_Plain)}
START = Position(9, 1)


def excerpt(text: str, line: int = 10, column: int = 3) -> Excerpt:
    """A block's YAML that begins on line 10, two columns in, as in a quote."""
    return Excerpt(text, tuple(Position(line + number, column) for number in range(text.count("\n") + 1)))


def read(text: str, front_matter: str | None = None) -> options.Attention:
    defaults = options.defaults_of(excerpt(front_matter, 2, 1)) if front_matter else None
    parsed = options.read(options.parse(excerpt(text)), START, KINDS, defaults)
    assert isinstance(parsed.options, options.Attention)
    return parsed.options


def mistakes(text: str, front_matter: str | None = None) -> list[str]:
    with pytest.raises(DiagramError) as caught:
        read(text, front_matter)
    return str(caught.value).split("\n")


def test_words_stay_words() -> None:
    got = read("kind: flow\ntokens: [on, no, yes, y, 12:30, 1.0, 007, true, null, 0x1f, 1e3, ~x]")
    assert got.tokens == ["on", "no", "yes", "y", "12:30", "1.0", "007", "true", "null", "0x1f", "1e3", "~x"]
    assert read("kind: flow\ntext: no").text == "no"
    assert read("kind: flow\ntext: 2024").text == "2024"


@given(
    st.one_of(
        st.integers(-(10**6), 10**6).map(str),
        st.floats(allow_nan=False, allow_infinity=False).map(repr),
        st.sampled_from(
            ["on", "No", "true", "FALSE", "~", "null", "0o17", "0x1F", "1_000", "12:30", "+.5", ".5", "1.", "-0", "1e3"]
        ),
        st.text("0123456789.eE+-xoabtrufalsn_:~", min_size=1, max_size=6),
    )
)
def test_scalars_are_those_of_the_core_schema(text: str) -> None:
    try:
        wanted = yaml.load(f"[{text}]", Loader=CCoreLoader)
    except (yaml.YAMLError, ValueError, OverflowError):
        return
    tree = options.parse(excerpt(f"[{text}]"))
    from mdattn.options._yaml import Reader

    got = Reader(frozenset()).value(tree.root, "")
    assert got == wanted or str(got) == str(wanted)


def test_defaults_give_way_key_by_key() -> None:
    front = "title: A draft\nattention-diagram:\n  text: a b\n  width: 40\n  embeddings: {a: [1], b: [2], c: [3]}\n"
    got = read("kind: flow\nwidth: 50", front)
    assert (got.text, got.width, got.embeddings) == ("a b", 50, {"a": [1], "b": [2]})
    replaced = read("kind: flow\ntokens: [c, b]", front)
    assert (replaced.text, replaced.tokens, replaced.embeddings) == (None, ["c", "b"], {"b": [2], "c": [3]})


def test_a_default_for_another_kind_is_no_mistake() -> None:
    defaults = options.defaults_of(excerpt("attention-diagram: {mask: causal}"))
    options.read(options.parse(excerpt("kind: plain")), START, KINDS, defaults)


def test_front_matter_without_defaults() -> None:
    assert options.defaults_of(excerpt("title: x")) is None
    assert options.defaults_of(excerpt("title: about attention-diagram")) is None
    assert options.defaults_of(excerpt("attention-diagram:")) is None


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("kind: flo", ["10:9: unknown kind 'flo' (did you mean 'flow'?)"]),
        ("text: a", ["9:1: the block does not say its kind (begin with 'kind:' and choose from flow, plain)"]),
        ("kind: [flow]", ["10:9: 'kind' must be the name of one kind (choose from flow, plain)"]),
        ("- a", ["10:3: a block holds options, one 'key: value' a line, not a list "
                "(leave out the '-' before each option)"]),
        ("", ["10:3: the block is empty (it needs at least 'kind:' and 'text:')"]),
        ("# only a comment", ["10:3: the block is empty (it needs at least 'kind:' and 'text:')"]),
        ("kind: flow\nmaks: causal", ["11:3: unknown option 'maks' (did you mean 'mask'?)"]),
        ("kind: plain\nmask: causal", ["11:3: 'mask' is not an option of this kind (only of flow)"]),
        ("kind: flow\nwidth: 10\nwidth: 20", ["12:3: 'width' stands here twice (remove one of them)"]),
        ("kind: flow\nembeddings: {a: [1], a: [2]}", ["11:24: 'a' stands here twice (remove one of them)"]),
        ("kind: flow\nwidth: abc", ["11:10: 'width' must be a whole number from 1 to 200, not 'abc'"]),
        ("kind: flow\nwidth: 10.5", ["11:10: 'width' must be a whole number from 1 to 200, not 10.5"]),
        ("kind: flow\nwidth: 0", ["11:10: 'width' must be a whole number from 1 to 200, not 0"]),
        ("kind: flow\nwidth:", ["11:9: 'width' must be a whole number from 1 to 200, not empty"]),
        ("kind: flow\nscale: .nan", ["11:10: 'scale' must be a number above 0, not nan"]),
        ("kind: flow\nscale: .inf", ["11:10: 'scale' must be a number above 0, not inf"]),
        ("kind: flow\ncharset: asci", ["11:12: 'charset' must be 'unicode' or 'ascii', not 'asci' "
                                       "(did you mean 'ascii'?)"]),
        ("kind: flow\ntokens: [a, [b]]", ["11:15: 'tokens' holds a list, not a token (put quotes around it: \"[b]\")"]),
        ("kind: flow\nheads: [{nme: x}]", ["11:12: unknown option 'nme' in 'heads' (did you mean 'name'?)"]),
        ("kind: flow\ntext: a\ntokens: [a]", ["12:3: 'text' and 'tokens' exclude each other (keep one)"]),
        ("kind: flow\ntext: a: b", ["11:10: a second ': ' on one line (put quotes around it: \"a: b\")"]),
        ("kind: flow\ntext: !!python/name:os.system a", [
            "11:9: '!!python/name:os.system' is a tag, and tags are not allowed "
            "(remove it; a text that begins with '!' needs quotes)"]),
        ("kind: flow\nembeddings: &a [*a]", ["11:19: '*a' repeats the part that is marked '&a', and none is "
                                             "(put quotes around a text that begins with '*')"]),
        ("kind: flow\n---\nkind: flow", ["11:3: a second YAML document in one block (remove the line '---')"]),
        ("kind: flow\ntext: a\udcffb", ["11:10: a byte that is not UTF-8 (save it as UTF-8)"]),
        ("kind: flow\ntext: a\x00b", ["11:10: a character that YAML does not allow (remove it)"]),
        ("kind: flow\n? [a]\n: b", ["11:5: a key must be text (put quotes around it)"]),
    ],
)  # fmt: skip
def test_a_mistake_is_reported_in_its_place(text: str, wanted: list[str]) -> None:
    assert mistakes(text) == wanted


def test_all_mistakes_of_a_block_are_reported_at_once() -> None:
    got = mistakes("kind: flow\nmaks: x\nwidth: abc\nscale: -1\nheads: [{nme: x}]")
    assert [line.split(": ")[0] for line in got] == ["11:3", "12:10", "13:10", "14:12"]


def test_a_mistake_in_the_front_matter_is_reported_there() -> None:
    assert mistakes("kind: flow", "attention-diagram:\n  maks: x")[0].startswith("3:3: unknown option 'maks'")
    assert mistakes("kind: flow", "attention-diagram:\n  width: x")[0].startswith("3:10: 'width' must be")
    with pytest.raises(DiagramError, match="2:20: 'attention-diagram' must hold a mapping"):
        options.defaults_of(excerpt("attention-diagram: flow", 2, 1))


def test_places_of_nested_values() -> None:
    parsed = options.read(
        options.parse(excerpt("kind: flow\nembeddings:\n  The: [1, 2]\n  cat: [3,\n   4]")), START, KINDS
    )
    assert parsed.place(("embeddings", "cat", 1)) == Position(14, 6)
    assert parsed.place(("embeddings", "cat")) == Position(13, 10)
    assert parsed.place(("embeddings",)) == Position(11, 3)
    assert parsed.place(("width",)) == START


def test_line_separators_of_yaml_do_not_shift_places() -> None:
    assert mistakes('kind: flow\ntext: "a\u2028b\x85c"\nwidth: x')[0].startswith("12:10:")


def test_aliases_work() -> None:
    got = read("kind: flow\nembeddings: {a: &v [1, 2], b: *v}")
    assert got.embeddings == {"a": [1, 2], "b": [1, 2]}


def test_an_alias_bomb_is_refused_quickly() -> None:
    names = "abcdefghij"
    lines = ["embeddings:", "- &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"- &{after} [{', '.join(['*' + before] * 10)}]" for before, after in pairwise(names)]
    started = time.process_time()
    assert "aliases expand to more than 100,000 values" in mistakes("kind: flow\n" + "\n".join(lines))[0]
    assert time.process_time() - started < 2


@pytest.mark.parametrize("brackets", ["[]", "{}"])
def test_deep_nesting_is_refused(brackets: str) -> None:
    deep = brackets[0] * 10_000 + brackets[1] * 10_000
    assert "nested more than 40 levels deep" in mistakes(f"kind: flow\nembeddings: {deep}")[0]


def test_a_mapping_may_hold_arrays() -> None:
    given = {
        "kind": "flow",
        "tokens": ("a", "b"),
        "width": np.int64(60),
        "mask": np.array([[True, False], [True, True]]),
        "embeddings": {"a": np.array([0.5, 1.0]), "b": (np.float64(0.25), 2)},
        "projections": {"query": np.eye(2)},
    }
    got = options.of_mapping(given, KINDS).options
    assert isinstance(got, options.Attention)
    assert (got.tokens, got.width, got.mask) == (["a", "b"], 60, [[True, False], [True, True]])
    assert got.embeddings == {"a": [0.5, 1.0], "b": [0.25, 2]}
    assert got.projections is not None
    assert got.projections.query == [[1.0, 0.0], [0.0, 1.0]]


def test_options_as_a_mapping() -> None:
    got = options.of_mapping({"kind": "flow", "text": "a b", "mask": {"window": 2}}, KINDS).options
    assert isinstance(got, options.Attention)
    assert got.mask == options.Window(2)
    with pytest.raises(DiagramError, match="unknown option 'maks'") as caught:
        options.of_mapping({"kind": "flow", "maks": 1, "text": 3}, KINDS)
    assert [each.message for each in caught.value.diagnostics] == [
        "unknown option 'maks'",
        "'text' must be text, not 3",
    ]


def test_every_option_is_described() -> None:
    for name, expected, _, meaning in options.describe(options.Attention):
        assert expected != "something else", name
        assert meaning, name
