"""In-place documents: the source stays beside its diagram, and updating is a fixed point in every nesting.

The oracles: a parser configured here from the libraries alone, `hashlib` and `b2sum`.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from hashlib import blake2b
from pathlib import Path

import echo
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from test_blocks import NESTINGS, TEXT, random_document, tokens_of

from mdattn import __version__
from mdattn.blocks import Regions, find, kept, may_hold_regions, prove, refreshed, regions, splice, split
from mdattn.blocks._inplace import checksum, escape, unescape
from mdattn.document import Updated, render_document, update_document
from mdattn.errors import DiagramError, Drift, Position, ProofError

NAME = "attention-diagram"
YAML = "kind: echo\ntitle: x\n"
ENDINGS = {"lf": "\n", "crlf": "\r\n", "cr": "\r"}


@pytest.fixture(autouse=True, scope="module")
def _echo() -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mdattn.diagrams.KINDS", echo.KINDS)
        yield


def comment(yaml: str) -> str:
    return f"<!-- {NAME}\n{yaml}-->\n"


def result(title: str) -> str:
    return "```text\n" + content(title) + "```\n"


def content(title: str) -> str:
    return f"┌─┐\n{title}\n└─┘\n"


def digest(text: str) -> str:
    return blake2b(text.encode()).hexdigest()[:8]


def marker(title: str | None = None) -> str:
    return f"<!-- /{NAME}{f' {digest(content(title))} {__version__}' if title else ''} -->\n"


def whole(title: str) -> str:
    return comment(f"kind: echo\ntitle: {title}\n") + result(title) + marker(title)


def errors(source: str) -> list[tuple[tuple[int, int], str, str]]:
    with pytest.raises(DiagramError) as caught:
        update_document(source)
    wrong = [each for each in caught.value.diagnostics if each.severity == "error"]
    return [(each.position or (0, 0), each.message, each.hint) for each in wrong]


def leaves(text: str) -> list[tuple[str, str]]:
    return [(each.type, each.content) for each in tokens_of(text) if each.type in ("fence", "html_block")]


# The form


def test_a_block_becomes_a_comment_a_fence_and_a_marker() -> None:
    source = f"# A\n\n```{NAME}\n{YAML}```\n\nb"
    kept = render_document(source, keep_source=True)
    assert kept.text == f"# A\n\n{whole('x')}\nb"
    assert len(kept.diagrams) == 1
    assert update_document(kept.text) == Updated(kept.text, 1, (), ())
    for keep in (False, True):
        assert render_document(kept.text, keep_source=keep).text == kept.text


def test_the_checksum_is_that_of_b2sum() -> None:
    if not shutil.which("b2sum"):
        pytest.skip("no b2sum")
    done = subprocess.run(["b2sum"], input=content("猫").encode(), capture_output=True, check=True)
    assert checksum(content("猫")).encode() == done.stdout[:8]


@pytest.mark.parametrize("ending", ENDINGS.values(), ids=ENDINGS)
@pytest.mark.parametrize(("source", "first", "rest"), NESTINGS.values(), ids=NESTINGS)
def test_a_block_in_any_nesting_keeps_its_source(source: str, first: str, rest: str, ending: str) -> None:
    body = "{{kind: echo, title: 'a --{}> b'}}"
    source = source.replace("@", NAME).replace("k: 1", body.format("")).replace("\n", ending)
    kept = render_document(source, keep_source=True).text
    held, fence, end = leaves(kept)[-3:]
    # Beside tabs, the parser leaves the mark of a definition before a comment.
    assert [line.lstrip(" \t:") for line in held[1].splitlines()] == [f"<!-- {NAME}", body.format("\\"), "-->"]
    assert fence == ("fence", content("a --> b"))
    assert end[1].strip() == f"<!-- /{NAME} {digest(content('a --> b'))} {__version__} -->"
    (block,) = find(source).blocks
    before = "".join(find(source).lines[: block.place.first_line])
    after = "".join(find(source).lines[block.place.end_line :])
    assert kept.startswith(before + first + "<!--") and kept.endswith(after)
    assert all(line.endswith(ending) for line in split(kept[len(before) : len(kept) - len(after)])[:-1])
    assert update_document(kept) == Updated(kept, 1, (), ())
    stale = kept.replace("--\\> b", "--\\> c")
    updated = update_document(stale)
    assert updated.text == kept.replace("--\\> b", "--\\> c").replace("a --> b", "a --> c").replace(
        digest(content("a --> b")), digest(content("a --> c"))
    )
    assert len(updated.drift) == 1
    assert update_document(updated.text) == Updated(updated.text, 1, (), ())


@pytest.mark.parametrize("prefix", ["", "> ", "1. ", "> - "])
def test_empty_lines_of_the_yaml_are_kept(prefix: str) -> None:
    rest = prefix.replace("1.", "  ").replace("-", " ")
    lines = [f"```{NAME}", "kind: echo", "", "title: |", "  a", "", "  b", "```"]
    text = prefix + f"\n{rest}".join(lines) + "\n"
    kept = render_document(text, keep_source=True).text
    held, fence, _ = leaves(kept)
    assert held[1].count("\n") == 8
    assert fence[1] == "┌─┐\na\n\nb\n\n└─┘\n"
    assert update_document(kept).text == kept
    # A parser of before 2026 ends a comment in a list at an empty line that is not indented.
    if prefix.strip("> "):
        assert f"\n{rest}\n{rest}title" in kept
    else:
        assert f"\n{rest.rstrip()}\n{rest}title" in kept


def test_empty_lines_of_a_diagram_end_no_admonition_and_leave_no_blanks() -> None:
    for head, prefix, blank in (("!!! note\n", "    ", ""), ("- x\n\n", "  ", ""), ("> x\n>\n", "> ", ">")):
        for gap in (1, 2):
            yaml = 'kind: echo\ntitle: "a' + "\\n" * (gap + 1) + 'b"\n'
            body = (comment(yaml) + marker()).rstrip("\n").replace("\n", f"\n{prefix}")
            source = f"{head}{prefix}{body}\n"
            if gap == 2 and head.startswith("!"):
                ((place, message, _),) = errors(source)
                assert place == (2, 5) and "two empty lines in a row" in message
                continue
            updated = update_document(source)
            assert f"\n{prefix}a\n" + f"{blank}\n" * gap + f"{prefix}b\n" in updated.text
            assert update_document(updated.text) == Updated(updated.text, 1, (), ())


def test_a_region_as_a_hand_writes_it_is_drawn() -> None:
    for between in ("", "```text\n```\n", "```\n```\n", "\n\n```text\n\n\n```\n\n", "~~~text\n~~~\n"):
        for head in (comment(YAML), f"  <!--\t{NAME} \n  kind: echo\n  title: x -->\n", f"<!--{NAME}\n{YAML}-->  \n"):
            for end in (f"<!-- /{NAME} -->", f"<!--/{NAME}-->\n", f"<!-- /{NAME} 00000000 -->\r\n"):
                source = head + between + end
                updated = update_document(source)
                assert [each[1].rstrip() for each in leaves(updated.text)][1:] == [
                    content("x").rstrip(),
                    marker("x").rstrip(),
                ]
                assert updated.text.startswith(head)
                assert (updated.regions, len(updated.drift)) == (1, 1)
                assert update_document(updated.text) == Updated(updated.text, 1, (), ())


def test_what_a_formatter_does_to_a_region_is_left_alone() -> None:
    source = comment(YAML) + "\n\n  `````text\n" + content("x").replace("\n", "\n  ") + "`````\n\n\n  " + marker("x")
    assert update_document(source) == Updated(source, 1, (), ())
    assert update_document(source.replace("\n", "\r\n")).text == source.replace("\n", "\r\n")


def test_only_what_stands_between_changes() -> None:
    source = f"\ufeffa\r\n\n{whole('x')} \x0c\u2028\udcff\n\n- {whole('y').replace(chr(10), chr(10) + '  ')}\nend"
    assert update_document(source).text == source
    stale = source.replace("title: y", "title: z")
    updated = update_document(stale)
    assert updated.text == stale.replace("  y\n", "  z\n").replace(digest(content("y")), digest(content("z")))
    assert [each.position for each in updated.drift] == [Position(15, 3)]


def test_front_matter_holds_defaults() -> None:
    source = f"---\n{NAME}:\n  title: x\n---\n\n" + comment("kind: echo\n") + marker()
    assert update_document(source).text == source.replace(marker(), result("x") + marker("x"))


def test_a_region_in_a_fence_or_beside_one_is_documentation() -> None:
    for source in (f"````md\n{whole('y')}````\n", f"    {whole('y')}".replace("\n", "\n    "), f"`<!-- {NAME}`\n"):
        assert update_document(source.replace("title", "titel")).regions == 0
    assert update_document(f"```{NAME}\nkind: nothing\n").regions == 0
    assert not may_hold_regions(f"```{NAME}\n```\n")


# Escapes


ARROWS = st.text(st.sampled_from("-->!\\< a\n"), max_size=20)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (f"<!-- {NAME} kind: heatmap\ntext: a b\n-->\n", "its options begin in its first line"),
        (f"<!-- {NAME}: {{kind: heatmap, text: a b}} -->\n", "its options begin in its first line"),
        ("<!-- attenton-diagram\nkind: heatmap\n-->\n", "'attenton-diagram' is not"),
    ],
)
def test_a_comment_that_was_meant_to_keep_a_diagram_is_warned_of(source: str, message: str) -> None:
    assert may_hold_regions(source)
    (warning,) = regions(find(source)).warnings
    assert message in warning.message


@pytest.mark.parametrize("words", ["here", "of BERT: see below", "is TODO", "-- kind: heatmap"])
def test_a_comment_with_the_name_in_a_sentence_is_no_region(words: str) -> None:
    assert regions(find(f"<!-- {NAME} {words} -->\n")) == Regions((), (), ())


@pytest.mark.parametrize("blanks", [" " * 200_000, "\t " * 100_000])
def test_a_comment_of_many_blanks_is_read_once(blanks: str) -> None:
    source = f"<!--{blanks}\n-->\n\n<!--{blanks}attn-diagram x\n-->\n"  # Minutes, if it were read for each blank.
    assert may_hold_regions(source)
    assert regions(find(source)) == Regions((), (), ())


@given(ARROWS | st.text())
@example("-->")
@example("--\\>")
@example("---->--!>")
@example("--\\\\\\>-->")
def test_an_escaped_text_comes_back_and_ends_no_comment(text: str) -> None:
    escaped = escape(text)
    assert unescape(escaped) == text
    # What ends a comment in CommonMark (4.6) and in HTML (13.2.5.43 to 13.2.5.52).
    assert "-->" not in escaped and "--!>" not in escaped


def test_an_arrow_has_one_backslash_more() -> None:
    pairs = {"-->": "--\\>", "--\\>": "--\\\\>", "--!>": "--!\\>", "->": "->", "-- >": "-- >", "--->": "---\\>"}
    for plain, escaped in pairs.items():
        assert (escape(plain), unescape(escaped)) == (escaped, plain)


@given(ARROWS)
def test_yaml_with_arrows_goes_in_and_comes_back(text: str) -> None:
    title = "".join(each for each in text if each != "\n") or "x"
    line = "title: '" + title.replace("'", "''") + "'"
    kept = render_document(f"> ```{NAME}\n> kind: echo\n> {line}\n> ```\n", keep_source=True).text
    (region,) = regions(find(kept)).regions
    assert region.yaml.text == f"kind: echo\n{line}\n"
    assert update_document(kept) == Updated(kept, 1, (), ())


# Mistakes


@pytest.mark.parametrize(
    ("yaml", "place", "message"),
    [
        ("kind: echo\ntitle: bad\n", (4, 8), "a bad title"),
        ("kind: echo\n\ntitel: a\n", (5, 1), "unknown option 'titel'"),
        ("kind: echo\ntitle: --\\> # --\\\\>\n", (0, 0), ""),
        ("{kind: echo, x--\\>: 1, y: 2}\n", (3, 14), "unknown option 'x-->'"),
        ("{title: '--\\> --!\\>', kind: no}\n", (3, 29), "unknown kind 'no'"),
        ("kind: echo\ntitle: [\n", (4, 8), "this '[' is never closed"),
        ("", (3, 1), "the block is empty"),
        ("title: caf\udce9\n", (3, 11), "this line is not valid UTF-8"),
        ("title: \x07\n", (3, 8), "control character U+0007"),
    ],
)
@pytest.mark.parametrize("prefix", ["", "> ", "1. > "])
def test_a_mistake_has_its_place_in_the_document(yaml: str, place: tuple[int, int], message: str, prefix: str) -> None:
    rest = prefix.replace("1.", "  ")
    body = (comment(yaml) + marker()).rstrip("\n").replace("\n", f"\n{rest}")
    source = f"a\n{prefix}{body}\n"
    if not message:
        assert update_document(source).regions == 1
        return
    found = errors(source)
    assert found[0][0] == (place[0], place[1] + len(prefix))
    assert found[0][1].startswith(message)


def test_the_places_behind_an_escape_are_exact() -> None:
    held = "{title: '--\\> --\\> --!\\\\>', kind: echo, wrong: 1}"
    ((place, message, _), *_) = errors(comment(held + "\n") + marker())
    assert place == (2, held.index("wrong") + 1)
    assert message == "unknown option 'wrong'"


@pytest.mark.parametrize("prefix", ["", "> ", "-\t", "  "])
def test_each_character_of_the_yaml_knows_its_place(prefix: str) -> None:
    rest = prefix.replace("-", " ")
    held = "{title: '--\\> --!\\\\> a',\n\n kind: echo,\n  x: --\\>---\\>}\n"
    source = prefix + (comment(held) + marker()).rstrip("\n").replace("\n", f"\n{rest}")
    document = find(source)
    (region,) = regions(document).regions
    assert region.yaml.text == unescape(held)
    for index, character in enumerate(region.yaml.text.rstrip("\n")):
        line, column = region.yaml.position(index)
        assert character == "\n" or document.lines[line - 1][column - 1] == character
    line, column = region.yaml.position(len(region.yaml.text))
    assert document.lines[line - 1][column - 1 :].startswith("-->")


HEAD = comment(YAML)


@pytest.mark.parametrize(
    ("source", "place", "message", "hint"),
    [
        (HEAD, (2, 1), "no end marker", "write <!-- /@ --> behind it"),
        (HEAD + "\ntext\n", (2, 1), "no end marker", "write <!-- /@ --> behind it"),
        (HEAD + result("x"), (2, 1), "no end marker", "behind its fence"),
        (HEAD + "```text\n" + marker("x"), (2, 1), "no end marker", "close the fence above"),
        (f"- {HEAD}".replace("\n", "\n  ").rstrip(" ") + "\n" + marker(), (2, 3), "no end marker", "as deep in lists"),
        (
            f"- {HEAD}- {marker()}".replace("\n", "\n  ").replace("  - ", "- "),
            (2, 3),
            "no end marker",
            "as deep in lists",
        ),
        (marker("x"), (2, 1), "ends nothing", "begins with a line <!-- @"),
        (f"<!-- @ of the cat\n{YAML}-->\n" + marker(), (6, 1), "ends nothing", "holds nothing else"),
        (HEAD + result("x") + result("x") + marker(), (11, 1), "something else", "move it out"),
        (HEAD + "text\n" + marker(), (6, 1), "something else", "move it out"),
        (HEAD + "text\n\n" + result("x") + marker(), (6, 1), "something else", "move it out"),
        (HEAD + result("x") + "> text\n\n" + marker(), (11, 3), "something else", "move it out"),
        (HEAD + "```python\nx\n```\n" + marker(), (6, 1), "something else", "move it out"),
        (HEAD + f"```@\n{YAML}```\n" + marker(), (6, 1), "something else", "move it out"),
        (HEAD + "<!-- another -->\n" + marker(), (6, 1), "something else", "move it out"),
        (f"<!-- @\n{YAML}\n", (2, 1), "never closed", "end it with a line -->"),
        (f"> <!-- @\n> {YAML}-->\n", (2, 3), "never closed", "as deep in lists"),
        (f"<!-- @\n{YAML}--> text\n" + marker(), (2, 1), "text stands behind", "line of its own"),
        (HEAD + "<!-- /@ 12345678 9 9 -->\n", (6, 1), "a checksum, a version and nothing else", "write <!-- /@ -->"),
        (HEAD + "> \n\n <!-- /@ x --> y\n", (8, 2), "a checksum, a version and nothing else", "write <!-- /@ -->"),
    ],
)
def test_a_region_that_is_not_whole_is_an_error(source: str, place: tuple[int, int], message: str, hint: str) -> None:
    source = "a\n" + source.replace("@", NAME)
    found, *others = errors(source)
    assert len(others) <= source.startswith("a\n- ")
    assert found[0] == place
    assert message in found[1]
    assert hint.replace("@", NAME) in found[2]
    # And it is not taken for one by a rendering.
    if f"```{NAME}" not in source:
        assert render_document(source).text == source


def test_every_mistake_of_every_region_is_told_at_once() -> None:
    bad = whole("x").replace("title: x", "title: bad")
    source = bad + "\n" + marker() + "\n" + whole("y").replace("┌", "+") + bad + HEAD
    assert [each[0] for each in errors(source)] == [(3, 8), (12, 1), (14, 1), (26, 8), (34, 1)]


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ("<!--- @", "its first line holds something else"),
        ("<!-- @:", "its first line holds something else"),
        ("<!-- begin @", "'begin @' is not '@'"),
        ("<!-- mdattn @", "'mdattn @' is not '@'"),
        ("<!-- start: atention-diagram", "'start atention-diagram' is not '@'"),
        ("<!-- attention diagram", "'attention diagram' is not '@'"),
        ("<!-- mdattn", "'mdattn' is not '@'"),
        ("<!-- @ kind: echo", "its options begin in its first line"),
        ("<div><!-- @", "inside an HTML block or a text"),
        ("See <!-- @", "inside an HTML block or a text"),
    ],
)
def test_a_comment_that_misses_slightly_is_warned_of(head: str, said: str) -> None:
    source = "a\n\n" + whole("x").replace(f"<!-- {NAME}", head, 1).replace("@", NAME)
    assert may_hold_regions(source.replace(marker("x"), "").replace(marker(), ""))
    try:
        diagnostics = update_document(source).warnings
    except DiagramError as error:  # The end marker ends nothing now.
        diagnostics = error.diagnostics
    warning, *others = diagnostics
    assert (warning.position, warning.severity) == (Position(3, head.index("<!--") + 1), "warning")
    assert said.replace("@", NAME) in warning.message
    assert [each.message for each in others] in ([], ["this end marker ends nothing"])


@pytest.mark.parametrize("end", ["<!-- /attention-diagrams -->", "<!-- end @ -->", "<!--- /atention-diagram -->"])
def test_an_end_that_misses_slightly_is_warned_of(end: str) -> None:
    source = HEAD + result("x") + end.replace("@", NAME) + "\n"
    with pytest.raises(DiagramError) as caught:
        update_document(source)
    error, warning = caught.value.diagnostics
    assert "has no end marker" in error.message
    assert (warning.position, warning.hint) == (Position(source.count("\n"), 1), f"write <!-- /{NAME} -->")


@pytest.mark.parametrize(
    "words", ["the @ below is nice", "TODO: @ here", "@ of BERT", "see attention diagrams\nof others", "a `@`"]
)
def test_a_comment_that_speaks_of_a_diagram_is_no_slip(words: str) -> None:
    for source in (f"<!-- {words} -->\n", f"`<!-- {words} -->` in a text\n"):
        assert update_document(source.replace("@", NAME)).warnings == ()


def test_a_region_that_an_html_block_hides_is_warned_of() -> None:
    for hider in ("<details>\n", "> <div>\n> "):
        source = "a\n\n" + hider + whole("x").replace("\n", "\n" + hider.rpartition("\n")[2])
        updated = update_document(source)
        assert (updated.text, updated.regions) == (source, 0)
        (warning,) = updated.warnings
        assert warning.position is not None
        assert warning.position.line == 4
        assert warning.severity == "warning"
        assert "inside an HTML block" in warning.message
    quoted = update_document(f"<!--\nas in\n<!-- {NAME}\n-->\n")
    assert (quoted.regions, quoted.warnings) == (0, ())
    shown = update_document("<details>\n\n" + whole("x") + "\n</details>\n")
    assert (shown.regions, shown.warnings) == (1, ())


@pytest.mark.parametrize("name", ["attenton-diagram", "attention_diagram", "attn-diagram", "attention-diagrams"])
def test_a_comment_whose_name_is_misspelt_is_warned_of(name: str) -> None:
    source = "a\n\n" + whole("x").replace(NAME, name)
    updated = update_document(source)
    assert (updated.text, updated.regions) == (source, 0)
    assert [each.position for each in updated.warnings] == [Position(3, 1)]
    assert all(repr(name) in each.message for each in updated.warnings)
    assert update_document("<!-- mdattn: off -->\n" + source[3:]).warnings == ()
    assert update_document(f"<!-- see the {name} -->\n").warnings == ()


# Versions


@pytest.mark.parametrize(
    ("beside", "message"),
    [
        (f"```{NAME}\n{YAML}```\n", "this block is not drawn"),
        (f"`````{{note}}\n```{NAME}\nkind: nothing\n```\n`````\n", "this block is not drawn"),
        ("```attenton-diagram\n```\n", "this fence stays as it is"),
        (f"<div>\n```{NAME}\n```\n</div>\n", "no diagram here: the fence stands inside an HTML block"),
        (f"```{NAME}\n{YAML}", f"this {NAME} fence is never closed"),
    ],
)
def test_what_is_no_region_beside_one_is_warned_of(beside: str, message: str) -> None:
    (warning,) = update_document(f"{whole('x')}\n{beside}").warnings
    assert warning.position and warning.position.line == 12 + beside.startswith(("`````", "<"))
    assert warning.severity == "warning"
    assert warning.message.startswith(message)
    assert update_document(beside).warnings == ()  # A draft: `render` is told of it.


def test_an_older_diagram_is_told_from_an_edit_and_drawn_again() -> None:
    old = whole("x").replace(__version__, "0.0.9").replace("title: x", "title: z")
    updated = update_document(old)
    assert updated.text == whole("z")
    (drift,) = updated.drift
    assert f"drawn by mdattn 0.0.9, and this is {__version__}" in drift.message
    assert drift.drift == Drift(2, "x", "z")
    edited = old.replace("┌", "+")
    assert "edited by hand" in errors(edited)[0][1]
    assert update_document(edited, force=True).text == whole("z")


@pytest.mark.parametrize(
    ("version", "says", "cure"),
    [
        (f" {__version__}", "give today", "without --check"),
        ("", "give today", "without --check"),
        (" 0.0.9.dev3+g12", "drawn by mdattn 0.0.9.dev3+g12", "without --check"),
        (" 99.0rc1", "drawn by mdattn 99.0rc1", "upgrade"),
    ],
)
def test_the_version_says_why_a_diagram_is_another(version: str, says: str, cure: str) -> None:
    stale = whole("x").replace(f" {__version__}", version).replace("title: x", "title: z")
    (drift,) = update_document(stale).drift
    assert drift.message.endswith(says) or f"{says}, and this is" in drift.message
    assert cure in drift.hint


def test_a_marker_is_not_rewritten_for_its_version_alone() -> None:
    for version in (" 0.0.9", " 99.0", ""):
        source = whole("x").replace(f" {__version__}", version)
        assert update_document(source) == Updated(source, 1, (), ())
    bare = comment(YAML) + result("x") + marker()
    (drift,) = update_document(bare).drift
    assert "does not hold the checksum" in drift.message
    assert drift.drift is None


# Edits by hand


def test_a_result_that_nobody_touched_is_regenerated() -> None:
    stale = whole("x").replace("title: x", "title: y")
    assert update_document(stale).text == whole("y")
    assert update_document(stale).drift[0].position == Position(1, 1)
    assert "edited" not in update_document(stale).drift[0].message


def test_a_result_without_a_checksum_that_is_right_gets_one() -> None:
    bare = comment(YAML) + result("x") + marker()
    assert update_document(bare).text == whole("x")
    wrong = comment(YAML) + result("x") + marker("y")
    assert update_document(wrong).text == whole("x")
    nameless = comment(YAML) + result("x").replace("text", "") + marker()
    assert update_document(nameless).text == whole("x")


@pytest.mark.parametrize(
    "edited",
    [
        whole("x").replace("┌", "+"),
        whole("x").replace("└─┘", "└─┘\nand more"),
        whole("x").replace("title: x", "title: y").replace("┌", "+"),
        comment(YAML) + result("y") + marker(),
        comment(YAML) + result("y") + marker("x"),
        whole("x").replace("─┐", "─┐ "),
    ],
)
def test_an_edit_by_hand_is_not_overwritten_but_by_force(edited: str) -> None:
    ((place, message, hint),) = errors("a\n\n" + edited)
    assert place == (3, 1)
    assert "edited by hand" in message and "--force" in hint
    forced = update_document(edited, force=True)
    title = "y" if "title: y" in edited else "x"
    assert forced.text == whole(title)
    assert "edited by hand" in forced.drift[0].message
    assert update_document(forced.text) == Updated(whole(title), 1, (), ())


# The proof


def test_the_proof_sees_every_change_within_a_region() -> None:
    source = f"a\n\n```{NAME}\n{YAML}```\n\nb\n"
    document = find(source)
    replacement = kept(document.blocks[0], content("x").splitlines(), __version__)
    result = splice(document, [replacement])
    prove(document, [replacement], result)
    stale = result.replace(content("x"), content("y"))
    document_in_place = find(stale)
    (region,) = regions(document_in_place).regions
    fresh = refreshed(region, content("x").splitlines(), __version__)
    assert splice(document_in_place, fresh) == result
    prove(document_in_place, fresh, result)
    for index in range(len(result)):
        for changed in ("", result[index] + "x", "\\"):
            wrong = result[:index] + changed + result[index + 1 :]
            with pytest.raises(ProofError):
                prove(document, [replacement], wrong)
            with pytest.raises(ProofError):
                prove(document_in_place, fresh, wrong)


# Any document


@given(TEXT, TEXT, st.sampled_from(["\n", "\r\n", "\r"]), st.booleans())
def test_a_region_amid_any_text_leaves_every_byte_outside(before: str, after: str, ending: str, end: bool) -> None:
    region = (comment(YAML) + marker()).replace("\n", ending)
    source = before + ending * 2 + (region + ending + after if end else region.rstrip("\r\n"))
    document = find(source)
    found = regions(document)
    if found.errors:
        return
    updated = update_document(source)
    assert updated.regions == len(found.regions)
    assert update_document(updated.text) == Updated(updated.text, updated.regions, updated.warnings, ())
    for each in found.regions:
        number = each.end.first_line
        assert updated.text.startswith("".join(document.lines[:number]))
        assert updated.text.endswith("".join(document.lines[each.end.end_line :]))


@pytest.mark.campaign
def test_random_documents_keep_their_sources(budget: int) -> None:
    kept_blocks = 0
    for seed in range(700 * budget):
        source = re.sub("k: 1", "kind: echo", random_document(seed))
        source = re.sub(r"  a: b|\tz", "title: x", source)
        try:
            kept = render_document(source, keep_source=True)
        except DiagramError:
            continue
        found = regions(find(kept.text))
        before = len(regions(find(source)).regions)
        assert len(found.regions) == before + len(kept.diagrams), seed
        if found.errors:  # An end marker that the random text left open is not ours to judge.
            continue
        kept_blocks += len(kept.diagrams)
        updated = update_document(kept.text)
        assert (updated.text, updated.regions, updated.drift) == (kept.text, len(found.regions), ()), seed
        assert render_document(kept.text, keep_source=True).text == kept.text, seed
        plain = [text for kind, text in leaves(render_document(source).text) if kind == "fence"]
        assert [text for kind, text in leaves(kept.text) if kind == "fence"] == plain, seed
        updated = update_document(kept.text.replace("title: x", 'title: "z\\n\\nz"'), force=True)
        again = update_document(updated.text)
        assert (again.text, again.regions, again.drift) == (updated.text, updated.regions, ()), seed
    assert kept_blocks > 50


@pytest.mark.parametrize(
    "hostile",
    [
        f"<!-- {NAME}\n" * 5_000,
        f"<!-- {NAME} -->\n" * 5_000,
        marker() * 5_000,
        "- " * 10_000 + f"<!-- {NAME}",
        f"<!-- {NAME} -->\ntext\n\n" * 3_000,
        f"<!-- {NAME}" + " " * 200_000 + "x\n",
        f"<!-- {NAME}\n" + "--" + "\\" * 200_000 + "\n-->\n",
        "<div>\n" + " " * 200_000 + f"<!-- {NAME}",
        f"<!-- /{NAME} " + "1" * 200_000 + "!-->\n",
        f"<!-- {NAME}\n" + "-" * 200_000 + "\n-->\n",
    ],
    ids=lambda text: repr(text[:24]),
)
def test_depth_and_length_neither_overflow_nor_hang(hostile: str) -> None:
    try:
        update_document(hostile)
    except DiagramError as error:
        assert len(error.diagnostics) <= 5_001


def test_in_place_documents_are_no_concern_of_other_runs() -> None:
    code = (
        "import sys; from mdattn.document import render_document; render_document('```attention-diagram-v2\\n```\\n');"
        "print('hashlib' in sys.modules, 'mdattn.blocks._inplace' in sys.modules)"
    )
    root = Path(__file__).parent.parent
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert run.stdout == "False False\n"


def test_a_quote_whose_lines_begin_differently_is_updated() -> None:
    """The fence stands behind a bare mark, and the end marker too: what is drawn anew need not begin as they did."""
    source = "><!-- attention-diagram\n>{kind: echo, title: b}\n>-->\n>```text\n>```\n><!-- /attention-diagram -->\n"
    updated = update_document(source, force=True)
    assert updated.regions == 1
    assert update_document(updated.text).text == updated.text
