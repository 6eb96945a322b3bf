"""The README tells the truth: its pictures, its sources, its commands."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from markdown_it import MarkdownIt

from mdattn.blocks import find, regions
from mdattn.diagrams import KINDS
from mdattn.render import update_document

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
TEXT = README.read_text(encoding="utf-8")


def test_the_pictures_are_what_the_package_draws() -> None:
    updated = update_document(TEXT, path=README)
    assert updated.text == TEXT
    assert not updated.drift


def test_the_gallery_shows_every_kind_with_its_source() -> None:
    gallery = TEXT[TEXT.index("## Gallery") : TEXT.index("## Options")]
    shown = [token.content for token in MarkdownIt().parse(gallery) if token.type == "fence" and token.info == "yaml"]
    hidden = [region.yaml.text for region in regions(find(gallery)).regions]
    assert [text.strip() for text in shown] == [text.strip() for text in hidden]
    kinds = [re.match(r"kind: (\w+)", text) for text in hidden]
    assert {"flow"} | {match[1] for match in kinds if match} == set(KINDS)


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
