"""Places, reports and suggestions."""

from __future__ import annotations

from pathlib import Path

from mdattn import errors
from mdattn.errors import Cure, Diagnostic, DiagramError, Drift, Excerpt, OptionError, Position, suggest


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


def test_a_slip_is_told_from_another_word() -> None:
    assert suggest("decoder", ["encoder"]).startswith("did")  # Spelling alone cannot know; a table of meanings does.
    for word, choices in (("window", ["kind"]), ("target", ["charset"]), ("cache", ["scale"]), ("x" * 41, ["x" * 40])):
        assert suggest(word, choices).startswith("choose from")
    assert suggest("Key-Tokens", ["tokens", "key_tokens"]) == "did you mean 'key_tokens'?"
    assert suggest("-", ["_", "+"]) == "choose from _, +"
    assert suggest("y" * 50, ["y" * 50]) == f"did you mean '{'y' * 39}…'?"


def test_of_many_choices_a_few_are_listed() -> None:
    many = ["one", "two", "three", "four", "five", "six", "seven"]
    assert suggest("zzz", many) == "choose from one, two, three, four, five, six, …"
    assert suggest("severance", many) == "choose from one, two, three, four, five, seven, …"
    told = suggest("zzz", many, "mdattn kinds flow")
    assert told == "choose from one, two, three, four, five, six, …; `mdattn kinds flow` lists all"
    assert isinstance(told, Cure)
    assert told.python == "choose from one, two, three, four, five, six, …"


def test_in_python_an_error_has_the_name_of_the_file_and_names_no_command() -> None:
    found = Diagnostic(Position(3, 1), "wrong", Cure("give --flag", "give flag="))
    assert found.line("p.md") == "p.md:3:1: error: wrong (give --flag)"
    assert str(DiagramError.of([found])) == "3:1: wrong (give flag=)"
    assert str(DiagramError.of([found, Diagnostic(None, "all")], Path("post.md"))) == (
        "post.md: all\npost.md:3:1: wrong (give flag=)"
    )
    assert str(DiagramError.of([found._replace(hint=Cure("give --flag", ""))])) == "3:1: wrong"


def test_no_message_of_a_kind_is_long() -> None:
    error = OptionError("query", f"'{'x' * 5000}' is not a token", "y" * 5000)
    assert error.message.startswith("'xxx") and error.message.endswith("xxx' is not a token")
    assert len(error.message) == len(error.hint) == 200


def test_places_are_found_without_reading_the_text_again() -> None:
    text = "a\n" * 1000
    excerpt = Excerpt(text, tuple(Position(line, 1) for line in range(1, 1002)))
    errors._offsets.cache_clear()
    assert [excerpt.position(2 * row) for row in (999, 500)] == [(1000, 1), (501, 1)]
    assert errors._offsets.cache_info().misses == 1
