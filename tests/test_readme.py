"""The README tells the truth: its pictures, its sources, its commands."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from mdattn import DiagramError, render
from mdattn.blocks import find, regions
from mdattn.diagrams import KINDS
from mdattn.document import update_document

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
GALLERY = ROOT / "docs" / "gallery.md"
TEXT = README.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", [README, GALLERY], ids=["README", "gallery"])
def test_the_pictures_are_what_the_package_draws(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    updated = update_document(text, path=path)
    assert updated.text == text
    assert not updated.drift
    markers = re.findall("<!-- /attention-diagram (.+) -->", text)
    assert markers and all(re.fullmatch(r"[0-9a-f]{8} \d+\.\d+\.\d+", each) for each in markers)


def fences(text: str, info: str) -> list[str]:
    """What the fences with this info string hold."""
    return [token.content for token in MarkdownIt().parse(text) if token.type == "fence" and token.info == info]


def sources(text: str) -> list[str]:
    """The YAML in the comments of a document in place."""
    return [region.yaml.text for region in regions(find(text)).regions]


def test_the_first_picture_has_its_source_above_it() -> None:
    written, *_ = fences(TEXT, "markdown")
    (source,) = sources(TEXT)
    assert written.strip() == f"```attention-diagram\n{source.strip()}\n```"


def test_the_gallery_shows_every_kind_with_its_source() -> None:
    gallery = GALLERY.read_text(encoding="utf-8")
    assert [text.strip() for text in fences(gallery, "yaml")] == [text.strip() for text in sources(gallery)]
    kinds = [re.match(r"kind: (\w+)", text) for text in sources(gallery)]
    assert sorted(match[1] for match in kinds if match) == sorted(KINDS)
    assert all(f"`{kind}` (" in TEXT for kind in KINDS)


def test_every_kind_is_counted_and_named() -> None:
    numbers = ("six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen")
    assert f"There are {numbers[len(KINDS) - 6]} kinds: " in TEXT
    assert f"| `kind` | {', '.join(f'`{kind}`' for kind in KINDS)} |" in TEXT
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert [kind for kind in KINDS if f"`{kind}`" not in changes] == []


def test_the_mistake_is_reported_as_it_says() -> None:
    _, draft, *_ = fences(TEXT, "markdown")
    render(draft)
    with pytest.raises(DiagramError) as caught:
        render(draft.replace("mask: causal", "maks: causal"), path="draft.md")
    position, message, hint, *_ = caught.value.diagnostics[0]
    assert position is not None
    said = f"draft.md:{position.line}:{position.column}: error: {message} ({hint})\n"
    assert said in fences(TEXT, "text")


def test_the_python_draws_the_draft() -> None:
    (code,) = fences(TEXT, "python")
    names: dict[str, str] = {"draft": fences(TEXT, "markdown")[1]}
    exec(code, names)
    assert "ATTENTION WEIGHTS" in names["html"]
    assert "ATTENTION WEIGHTS" in names["post"]


def test_a_comment_without_a_diagram_gets_one() -> None:
    _, _, kept = fences(TEXT, "markdown")
    assert "ATTENTION WEIGHTS" in update_document(kept).text


def test_the_commands_name_what_there_is() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert "mdattn" in project["scripts"]
    for extra in re.findall(r"\.\[(\w+)\]", TEXT):
        assert extra in project["optional-dependencies"]
    for path in re.findall(r"fixtures/\S+\.md", TEXT):
        assert (ROOT / path).exists()


def test_ci_runs_the_readmes_test_command() -> None:
    (command,) = [line for line in TEXT.splitlines() if "-m pytest" in line]
    assert command.startswith("python3 -m venv .venv && ")
    assert "pip install -q -r requirements-test.txt && " in command
    assert "grep -m1 -- '-m pytest' README.md" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_the_links_work_on_a_package_page() -> None:
    """There, no file of the repository stands beside the text."""
    tokens = [child for token in MarkdownIt().parse(TEXT) for child in token.children or ()]
    links = [
        str(token.attrs.get("href") or token.attrs.get("src"))
        for token in tokens
        if token.type in {"link_open", "image"}
    ]
    assert links
    for link in links:
        assert link.startswith(("https://", "#")), link
        _, repository, path = link.partition("https://github.com/mdattn/mdattn/blob/main/")
        assert not repository or (ROOT / path.partition("#")[0]).exists(), link


def test_the_options_are_those_of_the_package() -> None:
    from mdattn.options import Attention

    table = TEXT[TEXT.index("## Options") :]
    keys = {key for row in re.findall(r"^\| (`.*?`) \|", table, re.M) for key in re.findall(r"`(\w+)`", row)}
    known = {name for kind in KINDS.values() for name in kind.options.__struct_fields__}
    assert keys <= known
    assert set(Attention.__struct_fields__) - keys <= {"dimensions"}
