"""Every fixture: `CASE.md` must give `CASE.out.md` byte for byte, or the diagnostics of `CASE.err`."""

from __future__ import annotations

from pathlib import Path

import pytest

from mdattn.document import render_document
from mdattn.errors import DiagramError

ROOT = Path(__file__).parent.parent / "fixtures"
SOURCES = sorted(path for path in ROOT.rglob("*.md") if not path.name.endswith(".out.md"))
VALID = [path for path in SOURCES if path.parent.name != "invalid"]
INVALID = [path for path in SOURCES if path.parent.name == "invalid"]


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT).with_suffix(""))


def _compare(expected: Path, got: bytes, regenerate: bool) -> None:
    if regenerate:
        expected.write_bytes(got)
    assert expected.exists(), f"{expected.name} is missing: read what comes out, then run with --regenerate"
    # As lines, which a failure shows one below the other; then as bytes.
    lines, wanted = (each.decode("utf-8", "surrogateescape").split("\n") for each in (got, expected.read_bytes()))
    assert lines == wanted, f"{expected.name} differs: read what comes out, and if it is meant run with --regenerate"
    assert got == expected.read_bytes()


@pytest.mark.parametrize("source", VALID, ids=_name)
def test_a_valid_fixture_gives_its_expectation(source: Path, regenerate: bool) -> None:
    draft = source.read_bytes().decode("utf-8", "surrogateescape")
    result = render_document(draft, path=source).text.encode("utf-8", "surrogateescape")
    _compare(source.with_suffix(".out.md"), result, regenerate)


@pytest.mark.parametrize("source", INVALID, ids=_name)
def test_an_invalid_fixture_is_reported_in_place(source: Path, regenerate: bool) -> None:
    draft = source.read_bytes().decode("utf-8", "surrogateescape")
    with pytest.raises(DiagramError) as caught:
        render_document(draft, path=source)
    report = "".join(each.line(source.name) + "\n" for each in caught.value.diagnostics)
    _compare(source.with_suffix(".err"), report.encode(), regenerate)


def test_there_are_fixtures_of_every_sort() -> None:
    from mdattn.diagrams import KINDS

    folders = {path.parent.name for path in SOURCES}
    assert folders >= {*KINDS, "documents", "invalid"}


def test_no_expectation_is_an_orphan() -> None:
    sources = {path.with_suffix("").name for path in SOURCES}
    expected = [*ROOT.rglob("*.out.md"), *ROOT.rglob("*.err")]
    assert [
        each
        for each in expected
        if each.name.removesuffix(".md").removesuffix(".out").removesuffix(".err") not in sources
    ] == []
