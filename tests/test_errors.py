"""Places, reports and suggestions."""

from __future__ import annotations

from mdattn.errors import Diagnostic, DiagramError, Drift, Excerpt, Position, suggest


def test_a_diagnostic_is_one_line_that_editors_parse() -> None:
    found = Diagnostic(Position(14, 3), "unknown option 'maks'", "did you mean 'mask'?")
    assert found.line("draft.md") == "draft.md:14:3: error: unknown option 'maks' (did you mean 'mask'?)"
    assert Diagnostic(None, "no place").line("draft.md") == "draft.md: error: no place"


def test_an_error_of_many_is_in_document_order() -> None:
    later, sooner = Diagnostic(Position(9, 1), "later"), Diagnostic(Position(2, 4), "sooner", "cure")
    error = DiagramError.of([later, sooner])
    assert (error.position, error.message, error.hint) == (Position(2, 4), "sooner", "cure")
    assert error.diagnostics == (sooner, later)
    assert str(error) == "2:4: sooner (cure)\n9:1: later"


def test_an_excerpt_knows_where_its_lines_came_from() -> None:
    excerpt = Excerpt("ab\n\ncd", (Position(5, 3), Position(6, 3), Position(7, 9)))
    places = [excerpt.position(index) for index in (0, 1, 3, 4, 5, 6, 60)]
    assert places[:5] == [(5, 3), (5, 4), (6, 3), (7, 9), (7, 10)]
    assert places[5] == (7, 11)
    assert places[6].line == 7


def test_suggestions() -> None:
    assert suggest("maks", ["mask", "text"]) == "did you mean 'mask'?"
    assert suggest("the", ["The", "cat"]) == "did you mean 'The'?"
    assert suggest("zzz", ["mask", "text"]) == "choose from mask, text"


def test_where_two_diagrams_begin_to_differ() -> None:
    assert Drift.between(["a", "b"], ["a", "b"]) is None
    assert Drift.between(["a", "b"], ["a", "c"]) == (2, "b", "c")
    assert Drift.between(["a"], ["a", "c"]) == (2, None, "c")
    assert Drift.between(["a", "b"], []) == (1, "a", None)
