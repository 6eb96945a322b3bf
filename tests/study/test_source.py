"""Blocks whose numbers stand in a data file beside the document."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from markdown_it import MarkdownIt

import mdattn
from mdattn import drafts
from mdattn.errors import DiagramError
from mdattn.plugin import attention_diagram_plugin

BLOCK = "```attention-diagram\n{}\n```\n"


def render(folder: Path, yaml: str) -> str:
    return mdattn.render(BLOCK.format(yaml), path=folder / "draft.md")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """[layer, head, query, key] weights, scores and embeddings of a sentence of three words."""
    scores = np.random.default_rng(7).normal(size=(2, 2, 3, 3))
    exponentials = np.exp(scores)
    weights = (exponentials / exponentials.sum(axis=-1, keepdims=True)).astype(np.float16)
    vectors = np.array([[0.2, 0.5], [0.8, 0.1], [0.3, 0.9]])
    np.savez(tmp_path / "model.npz", weights=weights, scores=scores, vectors=vectors)
    np.save(tmp_path / "head.npy", weights[1, 0])
    (tmp_path / "vectors.json").write_text(json.dumps(vectors.tolist()))
    return tmp_path


def numbers(weights: np.ndarray) -> str:
    rows = [[float(f"{each:.9f}") for each in row] for row in weights.astype(np.float64).tolist()]
    return mdattn.diagram({"kind": "heatmap", "text": "a b c", "mode": "numbers", "weights": rows})


def body(text: str) -> str:
    return text.removeprefix("```text\n").removesuffix("```\n")


def test_one_head_of_one_layer(folder: Path) -> None:
    with np.load(folder / "model.npz") as arrays:
        wanted = numbers(arrays["weights"][1, 0])
    common = "kind: heatmap\ntext: a b c\nmode: numbers\nsource: "
    assert body(render(folder, common + "{file: model.npz, array: weights, layer: 1, head: 0}")) == wanted
    assert body(render(folder, common + "{file: head.npy}")) == wanted


def test_all_heads_of_a_layer(folder: Path) -> None:
    drawn = render(folder, "kind: heatmap\ntext: a b c\nsource: {file: model.npz, array: weights, layer: 0}")
    assert "Head 1 of 2" in drawn
    assert "Head 2 of 2" in drawn


def test_scores_of_one_query(folder: Path) -> None:
    with np.load(folder / "model.npz") as arrays:
        row = np.exp(arrays["scores"][0, 1, 2])
    drawn = render(
        folder,
        "kind: flow\ntext: a b c\nquery: c\nsections: [attention]\n"
        "source: {file: model.npz, holds: scores, array: scores, layer: 0, head: 1}",
    )
    for share in row / row.sum():
        assert f"{share * 100:.0f} %" in drawn


def test_embeddings_are_printed_as_they_stand_in_the_file(folder: Path) -> None:
    from_file = render(folder, "kind: flow\ntext: a b c\nquery: c\nsource: {file: vectors.json, holds: embeddings}")
    written = render(folder, "kind: flow\ntext: a b c\nquery: c\nembeddings: [[0.2, 0.5], [0.8, 0.1], [0.3, 0.9]]")
    assert from_file == written


@pytest.mark.parametrize(
    ("source", "column", "message"),
    [
        ("{file: nothing.npz}", 16, "there is no file 'nothing.npz'"),
        ("{file: ../head.npy}", 16, "leads out of the document's folder"),
        ("{layer: 0, file: /head.npy}", 26, "is an absolute path"),
        ("{layer: 0, file: head.txt}", 26, "is not a data file"),
        ("{layer: 0, file: 'a\\b.npy'}", 26, "a backslash"),
        ("{file: model.npz, array: wieghts}", 34, "did you mean 'weights'"),
        ("{file: head.npy, array: weights}", 33, "one array without a name"),
        ("{file: model.npz, array: weights}", 1, "2 or 3 axes are needed"),
        ("{file: model.npz, array: weights, layer: 2, head: 0}", 50, "layer 2 is not in the array"),
        ("{file: model.npz, array: weights, layer: 1, head: 7}", 59, "head 7 is not in the array"),
        ("{file: vectors.json}", 1, "'vectors.json' is 3 x 2; 3 queries x 3 keys are needed"),
        ("{holds: weights}", 1, "'source' needs 'file'"),
    ],
)
def test_what_cannot_be_read_is_reported_in_its_place(folder: Path, source: str, column: int, message: str) -> None:
    with pytest.raises(DiagramError) as caught:
        render(folder, f"kind: heatmap\ntext: a b c\nsource: {source}")
    assert message in str(caught.value)
    assert caught.value.position == (4, column)


@pytest.mark.parametrize(
    ("yaml", "message"),
    [
        (
            "kind: heatmap\ntext: The cat sat on the mat\nsource: {file: model.npz, array: weights, layer: 0, head: 1}",
            "'weights' of 'model.npz' is 3 x 3; 6 queries x 6 keys are needed (the text has 6 tokens: The cat sat",
        ),
        (
            "kind: heatmap\ntokens: [a, b]\nsource: {file: model.npz, array: weights, layer: 0}",
            "'weights' of 'model.npz' is 2 x 3 x 3; 2 queries x 2 keys are needed (the text has 2 tokens: a b)",
        ),
        (
            "kind: flow\ntext: a b\nquery: a\nsource: {file: vectors.json, holds: embeddings}",
            "'vectors.json' is 3 x 2; one vector a token is needed: 2 (the text has 2 tokens: a b)",
        ),
        (
            "kind: flow\ntext: a b c\nquery: a\nkey_tokens: [x]\nsource: {file: vectors.json, holds: keys}",
            "'vectors.json' is 3 x 2; one vector a token is needed: 1 (the text has 3 tokens: a b c; 'key_tokens'",
        ),
        (
            "kind: heatmap\ntext: a b c\nsource: {file: model.npz, array: scores, layer: 0, head: 0}",
            "'scores' of 'model.npz' at [0, ",
        ),
        (
            "kind: heatmap\ntext: a b c\nheads: 3\nsource: {file: model.npz, array: weights, layer: 0}",
            "'weights' of 'model.npz' at [2]: 'weights' has 2 matrices for 3 heads",
        ),
    ],
)
def test_what_is_wrong_with_its_numbers_is_said_of_the_file(folder: Path, yaml: str, message: str) -> None:
    with pytest.raises(DiagramError) as caught:
        render(folder, yaml)
    assert message in str(caught.value)
    assert caught.value.position is not None and caught.value.position.line == yaml.count("\n") + 2


def test_twenty_blocks_open_their_file_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[object] = []
    read = os.open

    def counted(path: str, flags: int) -> int:
        opened.append(path)
        return read(path, flags)

    monkeypatch.setattr(os, "open", counted)
    block = BLOCK.format("kind: heatmap\ntext: a b c\nsource: {file: model.npz, array: weights, layer: 1}")
    document = mdattn.render((block + "\n") * 20, path=folder / "draft.md")
    assert document.count("Head 2 of 2") == 20
    assert len(opened) == 1
    html = MarkdownIt().use(attention_diagram_plugin).render(block * 2, {"mdattn_path": folder / "draft.md"})
    assert html.count("Head 2 of 2") == 2
    assert len(opened) == 2  # Another document: it is looked at anew.


@pytest.mark.parametrize("work", [drafts.rendering, drafts.updating, drafts.paging])
def test_the_documents_of_a_run_open_their_file_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch, work: Callable[[], drafts.Work]
) -> None:
    opened: list[str] = []
    read = os.open

    def counted(path: str | Path, *rest: Any, **options: Any) -> int:
        opened.append(Path(path).name)
        return read(path, *rest, **options)

    yaml = "kind: heatmap\ntext: a b c\nsource: {file: model.npz, array: weights, layer: 1}\n"
    for number in range(3):
        block = f"<!-- attention-diagram\n{yaml}-->\n" if work is drafts.updating else BLOCK.format(yaml)
        end = "<!-- /attention-diagram -->\n" if work is drafts.updating else ""
        (folder / f"{number}.md").write_text(block + end)
    monkeypatch.setattr(os, "open", counted)
    done = work()
    for number in range(3):
        name = folder / f"{number}.md"
        worked = done.run(drafts.Draft(name.name, str(name), None), name.read_text(), name)
        assert "Head 2 of 2" in worked.text
    assert opened.count("model.npz") == 1
    work().run(drafts.Draft(name.name, str(name), None), name.read_text(), name)
    assert opened.count("model.npz") == 2  # Another run: it is looked at anew.


def test_a_document_without_a_place_has_no_files_beside_it() -> None:
    yaml = "kind: heatmap\ntext: a b c\nsource: {file: head.npy}"
    parser = MarkdownIt().use(attention_diagram_plugin)
    for draw in (mdattn.render, parser.render, lambda _: mdattn.diagram(yaml)):
        with pytest.raises(
            DiagramError, match=r"its `path`, a diagram its `folder`, a parser env\['mdattn_path'\]"
        ) as caught:
            draw(BLOCK.format(yaml))
        assert caught.value.hint == "give standard input a name with --stdin-filename"  # On the command line.


def test_numbers_are_given_once(folder: Path) -> None:
    with pytest.raises(DiagramError, match="give them once"):
        render(folder, "kind: heatmap\ntext: a\nweights: [[1]]\nsource: {file: head.npy}")
