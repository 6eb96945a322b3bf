"""YAML to options: the core schema, and every mistake in its place."""

from __future__ import annotations

import re
import sys
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from yamlcore import CCoreLoader

from mdattn import attention_diagram_plugin, diagram, options, render
from mdattn.diagrams import KINDS as ALL
from mdattn.document import render_document, update_document
from mdattn.errors import DiagramError, DiagramWarning, Excerpt, Position
from mdattn.options._meant import KINDS as KINDS_MEANT
from mdattn.options._meant import OPTIONS as OPTIONS_MEANT

SYNTAX = sorted((Path(__file__).parent.parent / "fixtures" / "invalid").glob("yaml-*.md"))


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
    from mdattn.options._yaml import PlainValues

    got = PlainValues(frozenset()).value(tree.root, "")
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
        ("kind: flow\ntitle: ''", ["11:10: 'title' must be words, or 'none', not ''"]),
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
        ("!x\nkind: flow", ["10:3: '!x' is a tag, and tags are not allowed "
                            "(remove it; a text that begins with '!' needs quotes)"]),
        ("kind: flow\n!!int width: 10", ["11:3: '!!int' is a tag, and tags are not allowed "
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
    for value in ("flow", '""', "!x", "!!null"):
        with pytest.raises(DiagramError, match="2:20: 'attention-diagram' must hold a mapping"):
            options.defaults_of(excerpt(f"attention-diagram: {value}", 2, 1))
    assert options.defaults_of(excerpt("attention-diagram: ~", 2, 1)) is None
    assert mistakes("kind: flow", "attention-diagram: !x {width: 10}")[0].startswith("2:20: '!x' is a tag")


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
    got = options.of_mapping(given, KINDS)
    assert isinstance(got, options.Attention)
    assert (got.tokens, got.width, got.mask) == (["a", "b"], 60, [[True, False], [True, True]])
    assert got.embeddings == {"a": [0.5, 1.0], "b": [0.25, 2]}
    assert got.projections is not None
    assert got.projections.query == [[1.0, 0.0], [0.0, 1.0]]


def test_options_as_a_mapping() -> None:
    got = options.of_mapping({"kind": "flow", "text": "a b", "mask": {"window": 2}}, KINDS)
    assert isinstance(got, options.Attention)
    assert got.mask == options.Window(2)
    with pytest.raises(DiagramError, match="unknown option 'maks'") as caught:
        options.of_mapping({"kind": "flow", "maks": 1, "text": 3}, KINDS)
    assert [each.message for each in caught.value.diagnostics] == [
        "unknown option 'maks'",
        "'text' must be text, not 3",
    ]


@pytest.mark.parametrize("blank", [0xA0, 0x2003, 0x202F, 0x3000])
def test_a_blank_that_only_looks_like_one_is_told_apart(blank: int) -> None:
    """`unknown kind 'flow '` would leave the author looking for his mistake."""
    with pytest.raises(DiagramError) as raised:
        diagram({"kind": f"flow{chr(blank)}", "text": "a b"})
    assert f"'flow{chr(blank).encode('ascii', 'backslashreplace').decode()}'" in str(raised.value)


@pytest.mark.parametrize("entry", ["[x]: y", "{a: b}: c", "? [a]"])
def test_a_key_that_is_no_text_is_told_beside_words_of_any_script(entry: str) -> None:
    with pytest.raises(DiagramError, match="a key must be text"):
        diagram(f"kind: heatmap\ntext: \u00e9 b\n{entry}")


@pytest.mark.parametrize("first", ["\n  title: X", " {}", ""])
def test_defaults_that_stand_twice_are_a_mistake(first: str) -> None:
    matter = f"attention-diagram:{first}\nattention-diagram:\n  titel: Z\n"
    with pytest.raises(DiagramError, match="'attention-diagram' stands here twice") as caught:
        render(f"---\n{matter}---\n\n```attention-diagram\nkind: heatmap\ntext: a b\n```\n")
    assert caught.value.diagnostics[0].position == Position(first.count("\n") + 3, 1)


def test_surrogates_are_text_and_no_word_of_ours() -> None:
    assert options.of_mapping({"kind": "flow", "text": "\udcff"}, KINDS).title is None
    for wrong in ({"charset": "\udcff"}, {"source": {"\udcff": 1}}, {"\udcff": 1}):
        with pytest.raises(DiagramError, match=r"\\udcff"):
            options.of_mapping({"kind": "flow", **wrong}, KINDS)


@pytest.mark.parametrize("kind", ALL)
def test_every_option_is_described(kind: str) -> None:
    for name, expected, _, meaning in options.describe(ALL[kind].options):
        assert expected != "something else", name
        assert meaning, name


# What stands under another name or in another form -------------------------------------------------------------------


def hint(kind: str, text: str) -> str:
    """The cure of the first mistake of a block of a real kind."""
    with pytest.raises(DiagramError) as caught:
        options.read(options.parse(excerpt(f"kind: {kind}\n{text}")), START, ALL)
    return caught.value.hint


@pytest.mark.parametrize(
    ("kind", "text", "wanted"),
    [
        ("flow", "sentence: a", "did you mean 'text'?"),
        ("heatmap", "causal: true", "write 'mask: causal'"),
        ("heatmap", "causal: false", "leave it out"),
        ("heatmap", "window: 3", "write 'mask: {window: 3}'"),
        ("flow", "Wq: [[1]]", "write 'projections: {query: …}'"),
        ("flow", "W_Q: [[1]]", "write 'projections: {query: …}'"),
        ("flow", "projections: {W_K: [[1]]}", "did you mean 'key'?"),
        ("flow", "target: [a]", "did you mean 'key_tokens'?"),
        ("flow", "words: a", "did you mean 'text'?"),
        ("flow", "text: a\nwords: [a]", "choose from"),
        ("flow", "size: 60", "did you mean 'width'?"),
        ("flow", "digits: 3", "did you mean 'decimals'?"),
        ("flow", "temp: 3", "did you mean 'temperature'?"),
        ("flow", "ascii: true", "write 'charset: ascii'"),
        ("flow", "file: a.npz", "write 'source: {file: a.npz}'"),
        ("flow", "sections: attention", "write '[attention]'"),
        ("flow", "WIDTH: 60", "did you mean 'width'?"),
        ("flow", "key-tokens: [a]", "did you mean 'key_tokens'?"),
        ("architecture", "model: decoder", "did you mean 'decoder-only'?"),
        ("architecture", "model: gpt", "did you mean 'decoder-only'?"),
        ("gpt2", "", "write 'kind: architecture' and 'preset: gpt-2'"),
        ("architecture", "model: gpt2", "write 'preset: gpt-2'"),
        ("architecture", "model: Llama-2-7B", "write 'preset: llama-2-7b'"),
        ("architecture", "preset: gpt2", "did you mean 'gpt-2'?"),
        ("architecture", "preset: BERT", "did you mean 'bert-base'?"),
        ("architecture", "gqa: 2", "did you mean 'kv_heads'?"),
        ("architecture", "rope: true", "write 'positions: rotary'"),
        ("architecture", "positions: rope", "did you mean 'rotary'?"),
        ("heatmap", "text: a b\nscores: [[1, -inf], [1, 1]]", "leave a number there, and mask the place with 'mask:'"),
        ("heatmap", "text: a b\nscores: [[1, -.inf], [1, 1]]", "leave a number there, and mask the place with 'mask:'"),
        ("heatmap", "caption: on", "write 'true'"),
        ("heatmap", "legend: No", "write 'false'"),
        ("heatmap", "mask: window: 3", "write 'mask: {window: 3}'"),
        ("heatmap", "mask: Causal", "did you mean 'causal'?"),
        ("heatmap", "charset: utf-8", "did you mean 'unicode'?"),
        ("heatmap", "temperature: 1,5", "write '1.5'"),
        ("heatmap", "decimals: 2 digits", "write the number alone, without quotes: 2"),
        ("heatmap", "decimals: 2%", "write the number alone, without quotes: 2"),
        ("heatmap", "text: a b\nheads: two", ""),
        ("heatmap", "text: a b\nweights: 0.5 0.5; 1 0", "write '[[0.5, 0.5], [1, 0]]'"),
        ("heatmap", "text: a b\nweights: 0.5; 1, x", ""),
        ("heatmap", "text: a b\nweights: [(0.5, 0.5), (1, 0)]", "a list begins with [ and ends with ]"),
        ("flow", "text: a b\nquery: a\nweights: 0.5, 0.5", "write '[0.5, 0.5]'"),
        ("flow", "sections: attend, output", ""),
        ("heatmap", "scale: 1/8", "YAML does not divide: write 0.125"),
        ("heatmap", "scale: 1/0", ""),
        ("heatmap", "tokens: a, b", "write '[a, b]'"),
        ("heatmap", "tokens: [[CLS], a]", 'put quotes around it: "[CLS]"'),
        ("heatmap", "tokens: [{mask}, a]", 'put quotes around it: "{mask}"'),
        ("heatmap", "tokens:\n- play\n- ##ing", "'#' begins a comment: put quotes around '##ing'"),
        ("heatmap", "embeddings:\na: [1]", "if it belongs to 'embeddings', indent it"),
        ("heatmap", "source: a.npz", "write 'source: {file: a.npz}'"),
        ("heatmap", "temperature: 50 %", "YAML knows no %: write 0.5"),
        ("heatmap", "text: a b\nweights: [[90%, 0.1], [0.5, 0.5]]", "YAML knows no %: write 0.9"),
        ("heatmap", "text: a b\nscores: [[1, 1_000], [1, 1]]", "write '1000'"),
        ("heatmap", "text: a b\nscores: [[1, N/A], [1, 1]]", ""),
        ("heatmap", "text: a b\nscores: np.eye(2)", ""),
        ("heatmap", "text: a b\nscores: 1 2; 3 4", "write '[[1, 2], [3, 4]]'"),
        ("heatmap", "text: a b\nscores: (1, 2)", "write '[1, 2]'"),
        ("heatmap", "text: a b\nembeddings:\n  a [1, 2]\n  b [3, 4]", ""),
        ("heads", "text: a b\nheads: two", ""),
        ("flow", "text: a b\nquery: [a]", "write a; if its brackets are the token's, put quotes around it: \"[a]\""),
    ],
)  # fmt: skip
def test_the_cure_is_what_was_meant(kind: str, text: str, wanted: str) -> None:
    assert hint(kind, text).startswith(wanted)
    assert bool(hint(kind, text)) == bool(wanted)


@pytest.mark.parametrize("kind", ALL)
def test_what_is_suggested_is_an_option_of_the_kind(kind: str) -> None:
    known = ALL[kind].options.__struct_fields__
    words = {word for written in OPTIONS_MEANT.values() for word in written.split()}
    words |= {"cache", "target", "foo", "the", "sections", "modle", "kind", "x" * 300, "é", "TEXT", "tokns"}
    for word in words.difference(known):
        said = hint(kind, f"text: a\n{word}: 1")
        match = re.fullmatch(r"did you mean '(\w+)'\?|write '(\w+): .*'|(choose from|only of) .*", said)
        assert match, f"{word}: {said}"
        assert (match[1] or match[2] or "kind") in known, f"{word}: {said}"
        assert match[1] not in ("text", "tokens", "kind"), f"{word}: {said}"
        assert said.count(",") <= 6


def test_every_meaning_is_an_option_or_a_value_that_there_is() -> None:
    fields = {name for each in ALL.values() for name in each.options.__struct_fields__}
    inner = {"window", "query", "key", "value", "file", "array", "head", "layer", "name", "note", "gloss", "pattern"}
    assert {meant.partition(":")[0] for meant in OPTIONS_MEANT} <= fields | inner | {"pairs"}
    assert KINDS_MEANT.keys() == ALL.keys(), "what people write for a kind stands in a table, with a row for each"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("source: {file: a.npz, layer: 1-3}", ["11:32: 'layer' in 'source' must be a whole number from 0, not '1-3'"]),
        ("source: {layer: 5}", ["11:3: 'source' needs 'file' (add 'file: …')"]),
        ("source: {file: a, heads: 1}", ["11:21: unknown option 'heads' in 'source' (did you mean 'head'?)"]),
        ("source:\n  file: a\n  layer: 1\n  layer: x", ["14:5: 'layer' stands here twice (remove one of them)"]),
        ("projections: {query: 3}", ["11:24: 'query' in 'projections' must be rows of numbers, not 3"]),
        ("projections: {query: [1]}", ["11:25: 'query' in 'projections' holds 1, not a list of numbers (write '[1]')"]),
        ("embeddings: {a: 1}", ["11:19: 'a' in 'embeddings' must be a list of numbers, not 1 (write '[1]')"]),
        ("embeddings: [[1], [x]]", ["11:22: 'embeddings' holds 'x', not a number"]),
        ("scores: [[1, 1e400]]", ["11:16: 'scores' holds inf, which is not a finite number"]),
        ("scores: [true, null]", ["11:12: 'scores' holds true, not a number or a list of numbers",
                                  "11:18: 'scores' holds nothing, not a number or a list of numbers"]),
        ("weights: [{a: 1}, [1, 0]]", ["11:13: 'weights' holds a mapping, not a number or a list of numbers"]),
        ("mask: {window: 9223372036854775808}", ["11:18: 'window' in 'mask' must be a whole number "
                                                 "from 1 to 1,000,000,000, not 9.223372036854776e+18"]),
        ("mask: [[true, 2]]", ["11:17: 'mask' holds 2, not true or false"]),
        ("mask: [true, false]", ["11:10: 'mask' holds true, not a row of true and false",
                                 "11:16: 'mask' holds false, not a row of true and false"]),
        ("heads: [{projections: {query: [[x]]}}]", ["11:35: 'query' in 'projections' holds 'x', not a number"]),
        ("width: 0x" + "f" * 300, ["11:10: 'width' must be a whole number from 1 to 200, not inf"]),
        ("width: 0o" + "7" * 60, ["11:10: 'width' must be a whole number from 1 to 200, not 1.532495540865889e+54"]),
        ("embeddings: {[a]: [1]}", ["11:16: a key must be text (put quotes around it)"]),
        ("<<: {width: 3}", ["11:3: '<<' does not merge mappings here (write the options out)"]),
    ],
)  # fmt: skip
def test_the_innermost_value_is_blamed(text: str, wanted: list[str]) -> None:
    assert mistakes(f"kind: flow\n{text}") == wanted


def count(monkeypatch: pytest.MonkeyPatch, calls: list[object], module: object, name: str) -> None:
    """Note each call of a function."""
    original = getattr(module, name)

    def counted(*given: Any) -> Any:
        calls.append(given)
        return original(*given)

    monkeypatch.setattr(module, name, counted)


def test_twenty_mistakes_are_told_and_the_others_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    from mdattn.options import _meant

    calls: list[object] = []
    count(monkeypatch, calls, _meant, "suggest")
    for text in (
        "".join(f"unknown{number}: 1\n" for number in range(1000)),
        "".join("kind: flow\n" for _ in range(1000)),
        f"scores: [{'x, ' * 1000}]",
        f"embeddings: {{{', '.join(f't{number}: 1' for number in range(1000))}}}",
        f"source: {{{', '.join(f't{number}: 1' for number in range(1000))}}}",
        f"embeddings: [{', '.join('!x 1' for _ in range(1000))}]",
    ):
        calls.clear()
        got = mistakes(f"kind: flow\n{text}")
        assert len(got) == 21
        assert re.fullmatch(r"[0-9:]+: (9|1,9)[0-9]+ more mistakes like these \(mend these first\)", got[-1])
        assert len(calls) <= 20
    assert "1 more mistake like these" in mistakes("kind: flow\n" + "".join(f"unknown{n}: 1\n" for n in range(21)))[-1]


def test_defaults_are_checked_once_for_all_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    from mdattn.options import _meant, _misfit

    calls: list[object] = []
    count(monkeypatch, calls, _meant, "suggest")
    count(monkeypatch, calls, _misfit, "misfits")
    front = "attention-diagram:\n  width: x\n" + "".join(f"  unknown{number}: 1\n" for number in range(100))
    defaults = options.defaults_of(excerpt(front, 2, 1))
    tree = options.parse(excerpt("kind: flow"))
    told = set()
    for _ in range(50):
        with pytest.raises(DiagramError) as caught:
            options.read(tree, START, KINDS, defaults)
        told.add(caught.value.diagnostics)
        assert len(calls) <= 21
    ((*first, last),) = told
    assert (len(first), last.message) == (21, "80 more mistakes like these")


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("width: !x 1", ["11:10"]),
        ("weights: [[!x 1, y], [1, !x 0]]", ["11:14", "11:20", "11:28"]),
        ("source: {file: !x 1}", ["11:18"]),
    ],
)
def test_what_cannot_be_read_is_no_second_mistake(text: str, places: list[str]) -> None:
    assert [each.partition(": ")[0] for each in mistakes(f"kind: flow\n{text}")] == places
    defaults = options.defaults_of(excerpt(f"attention-diagram:\n  {text}\n", 10, 1))
    with pytest.raises(DiagramError) as caught:
        options.read(options.parse(excerpt("kind: flow")), START, KINDS, defaults)
    assert len(caught.value.diagnostics) == len(places)


def test_defaults_that_are_right_are_read_once_for_all_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    from mdattn.options import _defaults

    calls: list[object] = []
    count(monkeypatch, calls, _defaults, "fits")
    vectors = ", ".join(f"t{number}: [1, 2]" for number in range(100))
    defaults = options.defaults_of(excerpt(f"attention-diagram:\n  width: 60\n  embeddings: {{{vectors}}}\n", 2, 1))
    tree = options.parse(excerpt("kind: flow\ntext: t1"))
    for _ in range(50):
        options.read(tree, START, KINDS, defaults)
    assert len(calls) == 2


def test_a_block_is_parsed_once_whatever_is_idle(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[object] = []
    count(monkeypatch, calls, options, "parse")
    front = "---\nattention-diagram: {temperature: 2, scale: 3, softcap: 4, dimensions: 4, keys: [[1], [2]]}\n---\n"
    block = "```attention-diagram\nkind: heatmap\ntext: a b\nweights: [[1, 0], [0.5, 0.5]]\n```\n"
    render(front + block * 3)
    assert len(calls) == 3


# Words that YAML reads otherwise than they look ----------------------------------------------------------------------


def warnings(text: str) -> list[str]:
    parsed = options.read(options.parse(excerpt(f"kind: flow\n{text}")), START, KINDS)
    assert {each.severity for each in parsed.warnings} <= {"warning"}
    return [f"{each.position.line}:{each.position.column}: {each.text()}" for each in parsed.warnings if each.position]


CUT = "' #' begins a comment: the text ends before it"
LOST = "' #' begins a comment, so what follows is not read"
CURE = "(put quotes around a text with ' #')"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("text: the cat #1 sat", [f"11:17: {CUT}: '#1 sat' {CURE}"]),
        ("text: the\n  cat #1", [f"12:9: {CUT}: '#1' {CURE}"]),
        ("title:\t#1", [f"11:10: {CUT}: '#1' {CURE}"]),
        ("tokens: [play, ##ing,\n  now]", [f"11:18: {LOST}: '##ing,' {CURE}"]),
        ('tokens: ["a", #b\n  c]', [f"11:17: {LOST}: '#b' {CURE}"]),
        ("tokens:\n- a #b\n- c", [f"12:7: {CUT}: '#b' {CURE}"]),
        ("heads: [{name: a #b\n  }]", [f"11:20: {CUT}: '#b' {CURE}"]),
        ("text: the cat # a comment", []),
        ("text: the cat\n#width: 40", []),
        ("text: the cat\n  #width: 40", []),
        ("text: 'the cat' #1", []),
        ('text: "the #1 cat"', []),
        ("text: |\n  the #1 cat", []),
        ("tokens: [a, b] #1", []),
        ("width: 40 #columns", []),
        ("mask: causal #why", []),
        ("text: a#1 b", []),
        ("embeddings: {a: [1], #b\n c: [2]}\ntext: a c", []),
        ("text: “the cat”", ["11:9: the quotes “ and ” are read as part of the text '“the cat”' "
                             "(use \" or ', or put these around it to keep them)"]),
        ("tokens: [‘a’, b]", ["11:12: the quotes ‘ and ’ are read as part of the text '‘a’' "
                              "(use \" or ', or put these around it to keep them)"]),
        ("text: '“the cat”'", []),
        ("text: it’s “the cat” that sat", []),
    ],
)  # fmt: skip
def test_words_that_are_cut_short_are_doubtful(text: str, wanted: list[str]) -> None:
    assert warnings(text) == wanted


def test_defaults_by_token_come_in_the_order_of_the_words() -> None:
    words = [f"w{number}" for number in range(40)]
    vectors = "".join(f"    {word}: [1, 2]\n" for word in reversed(words))
    defaults = options.defaults_of(Excerpt(f"attention-diagram:\n  embeddings:\n{vectors}", (START,) * 50))
    tree = options.parse(Excerpt(f"kind: flow\ntokens: [{', '.join(words)}]\n", (START,) * 3))
    found = options.read(tree, START, KINDS, defaults).options
    assert isinstance(found, options.Attention)
    assert isinstance(found.embeddings, dict)
    assert list(found.embeddings) == words


def test_doubts_reach_whoever_asks() -> None:
    block = "```attention-diagram\nkind: heatmap\ntext: the cat #1\n```\n"
    drawn = render_document(block)
    assert [(each.position, each.severity) for each in drawn.warnings] == [((3, 15), "warning")]
    with pytest.warns(DiagramWarning, match="3:15: ' #' begins a comment"):
        assert render(block, path="post.md") == drawn.text
    with pytest.warns(DiagramWarning, match="2:15: "):
        diagram("kind: heatmap\ntext: the cat #1\n")
    with pytest.warns(DiagramWarning, match="3:15: "):
        MarkdownIt().use(attention_diagram_plugin).render(block)
    in_place = "<!-- attention-diagram\nkind: heatmap\ntext: the cat #1\n-->\n<!-- /attention-diagram -->\n"
    assert [each.position for each in update_document(in_place).warnings] == [(3, 15)]
    front = f"---\nattention-diagram: {{title: a #b\n  }}\n---\n{block.replace(' #1', '')}"
    assert [each.position for each in render_document(front + "\n" + front.split("---")[2]).warnings] == [(2, 30)]
    with pytest.raises(DiagramError) as caught:
        render_document(block.replace("kind: heatmap", "kind: heatmap\nfoo: 1"))
    assert [each.severity for each in caught.value.diagnostics] == ["error", "warning"]


# What is no YAML ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", SYNTAX, ids=lambda path: path.stem)
def test_the_cure_of_what_is_no_yaml_lets_the_reader_get_further(path: Path) -> None:
    """Where the report says how to write it, that is done, and the mistake is not reported there again."""
    document = path.read_text("utf-8")
    report = path.with_suffix(".err").read_text("utf-8")
    first = report.splitlines()[0]
    match = re.search(
        r"^[^:]+:(\d+):\d+: error: .*(?:write '(\w+: .*)'|quotes around (?:it|all of it): (.*))\)$", first
    )
    if not match:
        return
    lines = document.split("\n")
    at = int(match[1]) - 1
    head = re.match(r"( *(?:[\w-]+: )?)", lines[at])
    assert head
    lines[at] = match[2] if match[2] else head[1] + match[3]
    try:
        render_document("\n".join(lines))
    except DiagramError as error:
        assert not any(each.line(path.name) == first for each in error.diagnostics)


def test_the_readers_own_words_are_not_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    original = yaml.MarkedYAMLError.__init__

    def mute(
        self: Any,
        context: Any = None,
        context_mark: Any = None,
        problem: Any = None,
        problem_mark: Any = None,
        note: Any = None,
    ) -> None:
        original(self, "?", context_mark, "?", problem_mark, note)

    monkeypatch.setattr(yaml.MarkedYAMLError, "__init__", mute)
    assert mistakes("kind: flow\ntext: 'It's'") == [
        "11:9: a ' inside of single quotes ends them (put double quotes around it: \"It's\")"
    ]
    assert mistakes("kind: flow\n\x07\ntext: a: b")


def test_a_reader_without_its_library_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    from mdattn.options import _yaml

    _yaml._reader.cache_clear()
    monkeypatch.setitem(sys.modules, "yamlcore", None)
    try:
        assert mistakes("kind: flow") == [
            "this PyYAML was built without its C library (libyaml), and blocks are read with nothing else "
            "(install a wheel of it: pip install --force-reinstall --only-binary :all: PyYAML)"
        ]
    finally:
        monkeypatch.undo()
        _yaml._reader.cache_clear()


@pytest.mark.parametrize("text", ["[" * 50, "[" * 5000, "{a: " * 5000, "[[1], " * 50, "- " * 5000 + "a"])
def test_depth_is_told_before_anything_else(text: str) -> None:
    (told,) = mistakes(f"kind: flow\nembeddings: {text}\n" if text[0] != "-" else f"kind: flow\nembeddings:\n {text}\n")
    assert told.endswith("nested more than 40 levels deep")
    assert told.startswith(("11:", "12:"))
