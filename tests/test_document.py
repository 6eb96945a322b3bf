"""The spine: documents in, documents out, every mistake at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt
from mdit_py_plugins.front_matter import front_matter_plugin

import mdattn
from mdattn import document
from mdattn.document import render_document, update_document
from mdattn.errors import DiagramError

BLOCK = "```attention-diagram\nkind: heatmap\ntext: The cat sat\n```\n"


def test_a_block_becomes_its_diagram_and_nothing_else_changes() -> None:
    before, after = "# Title\r\n\r\nSome *text*.\r\n\r\n", "\r\nMore\x0c text\u2028, no newline at the end"
    result = mdattn.render(before + BLOCK + after)
    assert result.startswith(before + "```text\n")
    assert result.endswith("```\n" + after)
    (fence,) = [token for token in MarkdownIt().parse(result) if token.type == "fence"]
    assert fence.content == mdattn.diagram("kind: heatmap\ntext: The cat sat")


@pytest.mark.parametrize("keep_source", [False, True])
def test_it_is_known_where_each_diagram_stands_in_the_result(keep_source: bool) -> None:
    source = f"a\n\n{BLOCK}\n- b\n\n  {BLOCK[:-1].replace(chr(10), chr(10) + '  ')}\n"
    rendered = render_document(source, keep_source=keep_source)
    lines = rendered.text.split("\n")
    assert [each.position for each in rendered.diagrams] == [(3, 1), (10, 3)]
    for each in rendered.diagrams:
        first = each.first_line - 1
        found = [line.strip() for line in lines[first - 1 : first + len(each.lines) + 1]]
        assert found == ["```text", *(line.strip() for line in each.lines), "```"]


@pytest.mark.parametrize("wrong", [None, 3, b"text", {}, ["text"]])
def test_what_is_no_document_is_an_error_and_no_crash(wrong: Any) -> None:
    with pytest.raises(DiagramError, match="a document is text, not "):
        mdattn.render(wrong)


def test_the_result_is_a_fixed_point() -> None:
    result = mdattn.render(BLOCK)
    assert mdattn.render(result) == result


def test_front_matter_holds_defaults() -> None:
    front = "---\ntitle: x\nattention-diagram:\n  text: The cat sat\n---\n\n"
    short = "```attention-diagram\nkind: heatmap\n```\n"
    assert mdattn.render(front + short) == front + mdattn.render(BLOCK)


def test_every_mistake_of_every_block_is_reported_at_once() -> None:
    bad = BLOCK.replace("kind: heatmap", "kind: heatmaps")
    worse = BLOCK.replace("text: The", "txet: The")
    unclosed = "```attention-diagram\nkind: heatmap\n"
    with pytest.raises(DiagramError) as caught:
        mdattn.render(bad + BLOCK + "> quote\n\n" + worse + unclosed)
    places = [each.position for each in caught.value.diagnostics]
    assert places == [(2, 7), (13, 1), (15, 1)]


@pytest.mark.parametrize("default", ["widht: 3", "width: x", "width: !x 1"])
def test_what_is_wrong_with_the_defaults_of_many_blocks_is_said_once(default: str) -> None:
    source = f"---\nattention-diagram:\n  {default}\n---\n\n" + BLOCK * 3
    for draw in (mdattn.render, MarkdownIt().use(front_matter_plugin).use(mdattn.attention_diagram_plugin).render):
        with pytest.raises(DiagramError) as caught:
            draw(source)
        assert [each.position.line for each in caught.value.diagnostics if each.position] == [3]


@pytest.mark.parametrize(
    ("block", "work"),
    [
        ("kind: heatmap\ntext: a b c\nheads: 4", 72),
        ("kind: heatmap\ntokens: [a, b]\nkey_tokens: [c, d, e]", 15),
        ("kind: flow\ntext: a b c\nquery: b", 12),
        ("kind: heads\ntext: a b\nheads: [{pattern: self}, {pattern: first}]", 20),
        ("kind: steps\ntext: a b\nquery: b\ndimensions: 5", 12),
        ("kind: steps\ntext: a b\nquery: b\ndimensions: 5\narithmetic: shown", 16 * 12),
        ("kind: comparison\ntext: a b", 10),
        ("kind: architecture", 0),
    ],
)
def test_a_few_lines_make_no_endless_document(monkeypatch: pytest.MonkeyPatch, block: str, work: int) -> None:
    """By hand: heads x keys x (queries + dimensions), and 16 times as much where a pencil does it."""
    text = f"```attention-diagram\n{block}\n```\n" * 5
    drawn = render_document(text).diagrams
    characters = sum(len(line) for each in drawn[:3] for line in each.lines)
    for name, most in (("MOST_WORK", 3 * work), ("MOST_CHARACTERS", characters)):
        with monkeypatch.context() as patch:
            patch.setattr(document, name, most)
            if not most:
                assert len(render_document(text).diagrams) == 5
                continue
            with pytest.raises(DiagramError, match=f"at most {most:,}") as caught:
                render_document(text)
        assert [each.position for each in caught.value.diagnostics] == [drawn[3].position]


def test_the_places_of_a_block_in_a_list_in_a_quote() -> None:
    draft = "> 1. > ```attention-diagram\n>    > kind: heatmap\n>    > text: a b\n>    > widht: 3\n>    > ```\n"
    with pytest.raises(DiagramError) as caught:
        mdattn.render(draft)
    assert caught.value.position == (4, 8)


def test_options_as_text_or_as_a_mapping() -> None:
    as_text = mdattn.diagram("kind: heatmap\ntext: The cat sat\nmask: causal\n")
    assert as_text == mdattn.diagram({"kind": "heatmap", "text": "The cat sat", "mask": "causal"})
    assert as_text.endswith("\n")
    assert mdattn.diagram("\ufeffkind: heatmap\r\ntext: The cat sat\r\nmask: causal\r\n") == as_text


def test_a_mapping_has_no_places_but_says_what_is_wrong() -> None:
    with pytest.raises(DiagramError, match=r"^'st' is not a token") as caught:
        mdattn.diagram({"kind": "flow", "text": "The cat sat", "query": "st"})
    assert caught.value.position is None


def test_the_package_exports_what_it_says(tmp_path: Path) -> None:
    import mdattn.document

    assert mdattn.render is mdattn.document.render
    for name in mdattn.__all__:
        assert getattr(mdattn, name) is not None
    with pytest.raises(AttributeError):
        _ = mdattn.nothing


@pytest.mark.parametrize(
    "options", [None, 3, b"kind: heatmap", ["kind"], {1: 2}, {}, {"kind": 3}, {"kind": "flow", 1: 2}]
)
def test_what_are_no_options_is_a_mistake_of_theirs(options: Any) -> None:
    with pytest.raises(DiagramError):
        mdattn.diagram(options)


def test_places_of_files_may_be_text(tmp_path: Path) -> None:
    (tmp_path / "w.json").write_text("[[1, 0], [0.5, 0.5]]")
    yaml = "kind: heatmap\ntext: a b\nsource: {file: w.json}\n"
    document = f"```attention-diagram\n{yaml}```\n"
    post = tmp_path / "post.md"
    assert mdattn.diagram(yaml, folder=str(tmp_path)) == mdattn.diagram(yaml, folder=tmp_path)
    assert mdattn.render(document, path=str(post)) == mdattn.render(document, path=post)
    with pytest.raises(DiagramError, match="no file") as caught:
        mdattn.render(document.replace("w.json", "none.json"), path="post.md")
    assert str(caught.value).startswith("post.md:4:16: ")
    with pytest.raises(DiagramError, match=r"^4:1: a document without a place") as caught:
        mdattn.render(document)
    assert "--" not in str(caught.value)


def test_an_error_in_python_names_the_file_and_no_command() -> None:
    with pytest.raises(DiagramError) as caught:
        mdattn.render(BLOCK.replace("text:", "foo: 1\ntext:"), path="post.md")
    assert str(caught.value) == (
        "post.md:3:1: unknown option 'foo' (choose from title, width, charset, caption, embeddings, dimensions, …)"
    )
    assert caught.value.hint.endswith("; `mdattn kinds heatmap` lists all")


@pytest.mark.parametrize("before", ["[^\x00]: ", "\ufeff[^a\x00b]: ", "[^1]: [^\x00]: "])
def test_what_stands_before_a_block_in_its_line_stays_as_it_is(before: str) -> None:
    """The parser replaces a NUL, and drops a byte order mark: neither is the author's."""
    lines = ["~~~attention-diagram", "kind: heatmap", "text: a b", "~~~", ""]
    first, *rest = lines
    source = before + first + "\n" + "\n".join(" " * 4 * before.count("[") * bool(line) + line for line in rest)
    rendered = render_document(source)
    assert rendered.diagrams
    assert rendered.text.startswith(before + "~~~text\n")
    kept = render_document(source, keep_source=True).text
    assert kept.startswith(before + "<!-- attention-diagram\n")
    assert update_document(kept).text == kept
