"""Which options bear on a block: one that has no effect is a mistake in the block, and as a default no matter."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import mdattn
from mdattn import DiagramError, options
from mdattn.diagrams._kind import Diagram
from mdattn.document import draw_options

# Each with a block, the option that has no effect in it, and what is said of it there.
IDLE = {
    "scores and keys": ("kind: flow\ntext: a b\nquery: a\nscores: [1, 2]", "keys: [[1], [2]]", "where the scores are"),
    "weights and scale": ("kind: heatmap\ntext: a\nweights: [[1]]", "scale: 2", "where the weights are given"),
    "weights and temperature": ("kind: flow\ntext: a b\nquery: a\nweights: [1, 0]", "temperature: 2", "the weights"),
    "weights of heads": ("kind: heatmap\ntext: a\nheads: [{weights: [[1]]}]", "softcap: 2", "where the weights are"),
    "embeddings": ("kind: heatmap\ntext: a\nembeddings: [[1]]", "dimensions: 4", "where embeddings are given"),
    "comparison": ("kind: comparison\ntext: a b\nscores: [[1, 2], [3, 4]]", "dimensions: 4", "the scores are given"),
    "costs": (
        "kind: comparison\ntext: a b\nscores: [[1, 2], [3, 4]]\nd_model: 8",
        "embeddings: {a: [1], b: [2]}",
        "'embeddings' have no effect where the scores and 'd_model' are given",
    ),
    "a heatmap's values": ("kind: heatmap\ntext: a", "values: [[1]]", "a heatmap shows weights"),
    "a heatmap's vectors": ("kind: heatmap\ntext: a\nscores: [[1]]", "embeddings: [[1]]", "where the scores are given"),
    "projections of nothing": (
        "kind: flow\ntext: a b\nquery: a\nweights: [1, 0]",
        "projections: {value: [[1]]}",
        "where the weights are given",
    ),
    "projections of given values": (
        "kind: steps\ntext: a b\nquery: a\nscores: [1, 2]\nvalues: [[1], [2]]",
        "projections: {value: [[1]]}",
        "where the scores and the values are given",
    ),
    "projections of each head": (
        "kind: heatmap\ntext: a\nembeddings: [[1]]\nheads: [{projections: {query: [[1]]}}]",
        "projections: {key: [[2]]}",
        "where each head has its own",
    ),
    "a section of weights": (
        "kind: flow\ntext: a b\nquery: a\nsections: [attention]",
        "values: [[1], [2]]",
        "the section 'attention' shows weights",
    ),
    "steps of other values": (
        "kind: steps\ntext: a b\nquery: a\nscores: [1, 2]\nvalues: [[1], [2]]",
        "embeddings: [[1], [2]]",
        "where the scores and 'values' are given",
    ),
    "a section": ("kind: flow\ntext: a b\nquery: a\nsections: [output]", "annotations: {a: x}", "section 'attention'"),
    "a pencil": ("kind: flow\ntext: a b\nquery: a\nweights: [1, 0]", "arithmetic: shown", "nothing is computed"),
    "first steps": ("kind: steps\ntext: a b\nquery: a\nsections: [dot]", "mask: causal", "on the sections 'dot'"),
    "steps without a sum": ("kind: steps\ntext: a b\nquery: a\nsections: [softmax]", "values: [[1], [2]]", "'softmax'"),
    "heads' values": ("kind: heads\ntext: a b", "values: [[1], [2]]", "heads show weights"),
    "heads that look": (
        "kind: heads\ntext: a b\nheads: [{pattern: self}]",
        "embeddings: [[1], [2]]",
        "no head compare",
    ),
    "heads that compare": ("kind: heads\ntext: a b", "strength: 2", "no head looks for a pattern"),
    "heads of notes": ("kind: heads\ntext: a b\nheads: [{note: x}]", "mask: causal", "no head has weights"),
    "heads of weights": (
        "kind: heads\ntext: a\nweights: [[1]]",
        "scale: 2",
        "no head has weights that it could change",
    ),
    "a decoder's segments": ("kind: architecture\nmodel: decoder-only", "segments: 2", "is part of an encoder"),
    "an encoder's output": ("kind: architecture\nmodel: encoder", "tied: true", "an encoder has none"),
    "positions": ("kind: architecture\npositions: rotary", "context: 64", "and these are rotary"),
    "no experts": ("kind: architecture", "active_experts: 2", "'active_experts' needs 'experts'"),
    "no counts": ("kind: architecture\nparameters: false", "bias: none", "'parameters: false' hides them"),
    "no vectors": ("kind: architecture\ntext: a b", "decimals: 3", "is for 'values: true'"),
}


def fenced(yaml: str) -> str:
    return f"```attention-diagram\n{yaml}\n```\n"


def front(*defaults: str) -> str:
    return "---\nattention-diagram:\n" + "".join(f"  {each}\n" for each in defaults) + "---\n"


@pytest.mark.parametrize("case", IDLE)
def test_an_option_without_effect_is_a_mistake_in_a_block_and_no_matter_as_a_default(case: str) -> None:
    yaml, idle, said = IDLE[case]
    with pytest.raises(DiagramError) as caught:
        mdattn.render(fenced(f"{yaml}\n{idle}"))
    (wrong,) = caught.value.diagnostics
    name, value = idle.split(": ", 1)
    assert said in wrong.message
    assert wrong.position is not None
    # At its value, or where that is more than a word, at its key.
    column = 1 if value[0] in "[{" else len(name) + 3
    assert wrong.position == (yaml.count("\n") + 3, column)
    assert mdattn.render(front(idle) + fenced(yaml)) == front(idle) + mdattn.render(fenced(yaml))


VECTORS = "embeddings: [[1, 0.5], [0.2, 1]]"
WEIGHTS, SCORES = "weights: [[0.7, 0.3], [0.1, 0.9]]", "scores: [[1, 2], [0, 1.5]]"
# Blocks of each kind, from what the weights may come, and what shows of them.
ASKED = ("", VECTORS, SCORES, f"{SCORES}\n{VECTORS}", f"{WEIGHTS}\n{VECTORS}", "values: [[1, 2], [3, 5]]")
BLOCKS = [
    *(f"kind: flow\ntext: a b\nquery: b\n{each}" for each in (*ASKED, WEIGHTS, "sections: [attention]")),
    *(f"kind: steps\ntext: a b\nquery: b\n{each}" for each in (*ASKED, "sections: [dot]", "sections: [softmax]")),
    *(f"kind: heatmap\ntext: a b\n{each}" for each in ("", VECTORS, SCORES, WEIGHTS, "mode: numbers")),
    *(f"kind: heads\ntext: a b\n{each}" for each in ("", VECTORS, SCORES, WEIGHTS, "heads: [{pattern: previous}]")),
    *(f"kind: comparison\ntext: a b\n{each}" for each in ("", VECTORS, SCORES, WEIGHTS)),
]
NUMBERS = (
    "embeddings: [[0.9, 0.1], [0.4, 1]]",
    "scores: [[3, 1], [0.5, 2]]",
    "weights: [[0.2, 0.8], [0.6, 0.4]]",
    "keys: [[0.9, 0.1], [0.4, 1]]",
    "values: [[0.9, 0.1], [0.4, 1]]",
    "projections: {query: [[1, 0.5], [0.3, 1]]}",
    "projections: {key: [[1, 0.5], [0.3, 1]]}",
    "projections: {value: [[1, 0.5], [0.3, 1]]}",
    "dimensions: 5",
    "scale: 0.3",
    "temperature: 3",
    "softcap: 0.6",
    "mask: [[1, 0], [0, 1]]",
    "strength: 7",
    "retention: 0.8",
    "d_model: 48",
)


def drawn(yaml: str) -> Diagram | None:
    try:
        return draw_options(yaml)
    except DiagramError:
        return None


@pytest.mark.parametrize("block", BLOCKS)
def test_a_number_that_is_given_shows_or_is_refused(block: str) -> None:
    before = drawn(block)
    assert before is not None
    names = {line.split(":")[0] for line in block.split("\n")}
    for number in NUMBERS:
        if number.split(":")[0] not in names:
            assert drawn(f"{block}\n{number}") != before, number


def test_a_part_of_a_default_that_bears_on_nothing_leaves_the_others() -> None:
    both = "projections: {query: [[1, 0.5], [0.3, 1]], value: [[2, 0], [0, 2]]}"
    block = f"kind: heatmap\ntext: a b\n{VECTORS}\nmode: numbers"
    with pytest.raises(
        DiagramError, match="6:51: 'value' in 'projections' has no effect here: a heatmap shows weights"
    ):
        mdattn.render(fenced(f"{block}\n{both}"))
    query = both.split(", value")[0] + "}"
    assert mdattn.render(front(both) + fenced(block)) == front(both) + mdattn.render(fenced(f"{block}\n{query}"))


def test_a_block_is_told_of_all_its_options_without_effect_at_once() -> None:
    block = fenced("kind: heatmap\ntext: a\nweights: [[1]]\nscale: 2\nvalues: [[1]]\nsoftcap: 3")
    with pytest.raises(DiagramError) as caught:
        mdattn.render(block)
    assert [each.message.split()[0] for each in caught.value.diagnostics] == ["'scale'", "'values'", "'softcap'"]
    given = {"kind": "heatmap", "text": "a", "weights": [[1]], "scale": 2, "values": [[1]]}
    with pytest.raises(DiagramError) as caught:
        mdattn.diagram(given)
    assert {each.message.split()[0] for each in caught.value.diagnostics} == {"'scale'", "'values'"}


def test_a_block_is_read_once_however_many_defaults_bear_on_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []

    def counted(name: str) -> Callable[..., Any]:
        inner = getattr(options, name)

        def call(*given: Any) -> Any:
            calls.append(name)
            return inner(*given)

        return call

    for name in ("parse", "read"):
        monkeypatch.setattr(options, name, counted(name))
    defaults = front("scale: 2", "temperature: 2", "softcap: 3", "dimensions: 4", "keys: [[1]]", "values: [[1]]")
    mdattn.render(defaults + fenced("kind: heatmap\ntext: a\nweights: [[1]]"))
    assert calls == ["parse", "read"]


def test_what_a_data_file_holds_bears_on_a_block_as_if_it_stood_there(tmp_path: Path) -> None:
    (tmp_path / "w.json").write_text(json.dumps([[1.0]]))
    path = tmp_path / "draft.md"
    yaml = "kind: heatmap\ntext: a\nsource: {file: w.json}"
    with pytest.raises(DiagramError, match="5:8: 'scale' has no effect where the weights are given"):
        mdattn.render(fenced(f"{yaml}\nscale: 2"), path=path)
    drawn = mdattn.render(fenced(yaml), path=path)
    assert mdattn.render(front("scale: 2") + fenced(yaml), path=path) == front("scale: 2") + drawn


def test_a_data_file_without_effect_is_told_by_its_name_and_never_opened(tmp_path: Path) -> None:
    path = tmp_path / "draft.md"
    source = "source: {file: none.json, holds: values}"
    with pytest.raises(DiagramError, match=r"4:1: 'none\.json': 'values' has no effect here: a heatmap shows weights"):
        mdattn.render(fenced(f"kind: heatmap\ntext: a\n{source}"), path=path)
    plain = mdattn.render(fenced("kind: heatmap\ntext: a"))
    assert mdattn.render(front(source) + fenced("kind: heatmap\ntext: a"), path=path) == front(source) + plain


def test_defaults_by_token_serve_the_words_of_a_block(tmp_path: Path) -> None:
    (tmp_path / "w.json").write_text(json.dumps([[1.0]]))
    vectors = front("embeddings: {a: [1, 2], b: [3, 4]}")
    yaml = "kind: heatmap\ntext: a\nembeddings: [[1, 2]]"
    expected = mdattn.render(fenced(yaml))
    assert mdattn.render(vectors + fenced("kind: heatmap\ntext: a")) == vectors + expected
    # Vectors of another sentence are no matter where scores or weights are given, and be it in a file.
    for given in ("weights: [[1]]", "heads: [{scores: [[1]]}]", "source: {file: w.json}"):
        yaml = f"kind: heatmap\ntext: c\n{given}"
        drawn = mdattn.render(fenced(yaml), path=tmp_path / "draft.md")
        assert mdattn.render(vectors + fenced(yaml), path=tmp_path / "draft.md") == vectors + drawn


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("scores: [1, 2]\nprojections: {key: [[1]], value: [[1]]}", "no key is projected"),
        ("weights: [1, 0]\nprojections: {query: [[1]]}", "no query is projected"),
        ("weights: [1, 0]\nheads: [{projections: {value: [[1]]}}]", "nothing is projected"),
        ("heads: [{scores: [1, 2], projections: {value: [[1]]}}]", "nothing is projected"),
    ],
)
@pytest.mark.parametrize("kind", ["flow", "steps"])
def test_only_embeddings_that_serve_as_values_are_projected_beside_scores(kind: str, more: str, said: str) -> None:
    block = f"kind: {kind}\ntext: a b\nquery: a\nembeddings: [[1], [2]]\n"
    with pytest.raises(DiagramError, match=said):
        draw_options(block + more)
    one, two = (draw_options(f"{block}scores: [1, 2]\nprojections: {{value: [[{by}]]}}").lines for by in (1, 3))
    assert one != two
