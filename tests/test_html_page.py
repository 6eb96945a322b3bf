"""The HTML page sees the containers that the rendering of a document sees."""

from __future__ import annotations

from collections.abc import Iterator

import echo
import pytest
from test_blocks import NESTINGS

from mdattn.drafts._page import page
from mdattn.errors import DiagramError

NAME = "attention-diagram"


@pytest.fixture(autouse=True, scope="module")
def _echo() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mdattn.diagrams.KINDS", echo.KINDS)
        yield


# A footnote that nothing refers to is not shown.
SHOWN = {name: each for name, (each, *_) in NESTINGS.items() if "footnote" not in name}


@pytest.mark.parametrize("source", SHOWN.values(), ids=SHOWN)
def test_a_block_in_any_nesting_is_drawn_on_the_page(source: str) -> None:
    text = page(source.replace("@", NAME).replace("k: 1", "{kind: echo, title: xyz}"), None).text
    assert text.count('role="img"') == text.count("xyz") == 1


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("````{note}\n:a: b\n\nx\n````\n", '<div class="note">\n<p class="title">Note</p>\n\n<p>x</p>\n</div>'),
        ("````{note} A *b*\n````\n", '<p class="title">A <em>b</em></p>'),
        (":::{tip}A\nx\n:::\n", '<div class="tip">\n<p class="title">A</p>'),
        ("::: warning\nx\n:::\n", '<p class="title">Warning</p>'),
        ("````{tab-item} One\nx\n````\n", '<p class="title">One</p>'),
        ("````{figure} a b.png\nx\n````\n", '<img src="a%20b.png" alt="" />'),
        (":::{.a #b}\nx\n:::\n", "<p>x</p>"),
        ("````{grid} 2\nx\n````\n", '<div class="grid">\n<p>x</p>'),
        ('````{note}" onclick="x\nx\n````\n', "&quot; onclick=&quot;x"),
        ("````{exercise}\n*x*\n````\n", '<pre><code class="language-{exercise}">*x*'),
        ("+++\na = 1\n+++\n\nx\n", '<meta charset="utf-8">\n\n<p>x</p>\n'),
    ],
)
def test_a_container_is_a_division_with_its_title(source: str, shown: str) -> None:
    assert shown in page(source, None).text


@pytest.mark.parametrize(
    ("before", "parses"),
    [("", 0), ("a\n\n", 0), ("|a|\n|-|\n|b|\n\n", 1)],
    ids=["alone", "below words", "below a table"],
)
def test_a_document_is_parsed_by_itself_only_for_the_sake_of_a_table(
    before: str, parses: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mdattn.blocks import _find, _parse

    calls: list[str] = []

    def parse(source: str, around: tuple[str, ...] = ()) -> _parse.Parsed:
        calls.append(source)
        return _parse.parse(source, around)

    monkeypatch.setattr(_find, "parse", parse)
    text = page(f"{before}```{NAME}\nkind: echo\ntitle: xyz\n```\n", None).text
    assert text.count("xyz") == 1
    assert len(calls) == parses


@pytest.mark.parametrize("below", ["|b|\n", ""])
def test_a_block_that_a_table_swallows_is_an_error(below: str) -> None:
    footnote = f"[^1]: ```{NAME}\n    kind: echo\n    title: xyz\n    ```\n"
    with pytest.raises(DiagramError, match="no diagram here in HTML"):
        page(f"a[^1]\n\n|a|\n|-|\n{below}{footnote}", None)
