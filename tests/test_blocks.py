"""Blocks are found, replaced and proved in every container, and nothing outside them moves.

The oracles: a parser configured here from the libraries alone, and the examples of the CommonMark specification.
"""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.admon import admon_plugin
from mdit_py_plugins.colon_fence import colon_fence_plugin
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.front_matter import front_matter_plugin

import mdattn.blocks._splice
from mdattn.blocks import Block, Document, drawn, find, heard, may_hold_blocks, misfit, prove, splice, split
from mdattn.errors import Diagnostic, Position, ProofError

NAME = "attention-diagram"
HOSTILE = ("", "  two blanks, ```` and ~~~~", "", "", "~~~ text", " ", "\ttab", "> quote", "- item", "end  ")
DATA = Path(__file__).parent / "data"

# Name: document, opening prefix, prefix of the other lines. The YAML is `k: 1` but where a case says otherwise.
NESTINGS = {
    "plain": ("```@\nk: 1\n```\n", "", ""),
    "blank before the word": ("``` @\nk: 1\n```\n", "", ""),
    "further words": ("```@ of the cat\nk: 1\n```\n", "", ""),
    "tildes": ("~~~@\nk: 1\n~~~\n", "", ""),
    "long fence": ("`````@\nk: 1\n``````` \n", "", ""),
    "backtick in a tilde fence's info": ("~~~@ `x`\nk: 1\n~~~\n", "", ""),
    "one space": (" ```@\n k: 1\n ```\n", " ", " "),
    "two spaces, closed at three": ("  ```@\n  k: 1\n   ```\n", "  ", "  "),
    "three spaces, closed at none": ("   ```@\n   k: 1\n```\n", "   ", "   "),
    "after a paragraph": ("text\n```@\nk: 1\n```\ntext\n", "", ""),
    "escaped name": ("```attention\\-diagram\nk: 1\n```\n", "", ""),
    "name in entities": ("```&#97;ttention&#45;diagra&#x6d;\nk: 1\n```\n", "", ""),
    "quote": ("> ```@\n> k: 1\n> ```\n", "> ", "> "),
    "quote without a blank": (">```@\n>k: 1\n>```\n", ">", "> "),
    "quote with a tab": (">\t```@\n>\tk: 1\n>\t```\n", ">\t", ">\t"),
    "quote, a short tab and a blank": (" >\t ```@\n >\t k: 1\n >\t ```\n", " >\t ", " >\t "),
    "quotes and a tab": (">>\t```@\n>>\tk: 1\n>>\t```\n", ">>\t", ">>  "),
    "quotes and tabs": (">\t>\t```@\n>\t>\tk: 1\n>\t>\t```\n", ">\t>\t", ">\t>   "),
    "bullet": ("- ```@\n  k: 1\n  ```\n- x\n", "- ", "  "),
    "bullet, second paragraph": ("- x\n\n  ```@\n  k: 1\n  ```\n- x\n", "  ", "  "),
    "bullet and tab": ("-\t```@\n\tk: 1\n\t```\n- x\n", "-\t", " \t"),
    "indented with a tab": ("- x\n\n\t```@\n\tk: 1\n\t```\n", "\t", "\t"),
    "number": ("12) ```@\n    k: 1\n    ```\n13) x\n", "12) ", "    "),
    "number and quote": ("1. > ```@\n   > k: 1\n   > ```\n2. x\n", "1. > ", "   > "),
    "number, tab, quote": ("1.\t> ```@\n\t> k: 1\n\t> ```\n2. x\n", "1.\t> ", "\t> "),
    "quote and number": ("> 1. ```@\n>    k: 1\n>    ```\n> 2. x\n", "> 1. ", ">    "),
    "quote, number, quote": ("> 1. > ```@\n>    > k: 1\n>    > ```\nx\n", "> 1. > ", ">    > "),
    "three lists and a quote": ("- - 1. > * ```@\n       >   k: 1\n       >   ```\n", "- - 1. > * ", "       >   "),
    "footnote": ("[^1]: ```@\n    k: 1\n    ```\n\nx\n", "[^1]: ", "     "),
    "footnote, second paragraph": ("[^1]: a\n\n    ```@\n    k: 1\n    ```\n\nx\n", "    ", "    "),
    "footnote with a quote": ("[^>1]: > ```@\n    > k: 1\n    > ```\n\nx\n", "[^>1]: > ", "    > "),
    "footnote in a quote": ("> [^1]: ```@\n>     k: 1\n>     ```\n\nx\n", "> [^1]: ", ">      "),
    "footnote in an item": ("- [^1]: ```@\n      k: 1\n      ```\n\nx\n", "- [^1]: ", "       "),
    "definition": ("Term\n: ```@\n  k: 1\n  ```\n\nx\n", ": ", "  "),
    "definition, far in": ("Term\n:    ```@\n     k: 1\n     ```\n\nx\n", ":    ", "     "),
    "definition with a quote": ("Term\n: > ```@\n  > k: 1\n  > ```\n\nx\n", ": > ", "  > "),
    "definition, tilde": ("Term\n~ ~~~@\n  k: 1\n  ~~~\n\nx\n", "~ ", "  "),
    "admonition": ("!!! note\n    ```@\n    k: 1\n    ```\n\nx\n", "    ", "    "),
    "admonition in a quote": ("> !!! note\n>     ```@\n>     k: 1\n>     ```\n\nx\n", ">     ", ">     "),
    "admonition in an item": ("- !!! note\n      ```@\n      k: 1\n      ```\n", "      ", "      "),
    "item in an admonition": ("??? note\n    - ```@\n      k: 1\n      ```\n\nx\n", "    - ", "      "),
    "braces": ("```{@}\nk: 1\n```\n", "", ""),
    "braces and an argument": ("~~~ {@} A title\nk: 1\n~~~\n", "", ""),
    "a class": ("``` {.@ #id key=value}\nk: 1\n```\n", "", ""),
    "a class alone": ("```{ .@ }\nk: 1\n```\n", "", ""),
    "directive": ("``````{note}\n```@\nk: 1\n```\n``````\nx\n", "", ""),
    "directive with a title and options": ("``````{note} A\n:class: b\n:c:\n\n```@\nk: 1\n```\n``````\n", "", ""),
    "directive, tildes": ("~~~~~~~{tip}\n~~~@\nk: 1\n~~~\n~~~~~~~\n", "", ""),
    "directive, a backtick too short": ("````{note}\n```@\nk: 1\n```\n````\n", "", ""),
    "directives": ("```````{tab-set}\n``````{note}\n```@\nk: 1\n```\n``````\n```````\n", "", ""),
    "directive, indented": ("  ``````{note}\n  ```@\n  k: 1\n  ```\n  ``````\n", "  ", "  "),
    "directive, less indented within": ("  ``````{note}\n```@\nk: 1\n```\n  ``````\n", "", "  "),
    "directive in an item": ("- ``````{tip}\n  ```@\n  k: 1\n  ```\n  ``````\n- x\n", "  ", "  "),
    "directive in a quote": ("> ``````{tip}\n> ```@\n> k: 1\n> ```\n> ``````\n", "> ", "> "),
    "item in a directive": ("``````{note}\n- ```@\n  k: 1\n  ```\n``````\n", "- ", "  "),
    "quote and item in a directive in an item": (
        "1. ``````{note}\n   > - ```@\n   >   k: 1\n   >   ```\n   ``````\n",
        "   > - ",
        "   >   ",
    ),
    "directive, unclosed": ("``````{note}\n```@\nk: 1\n```\n", "", ""),
    "colons": (":::note\n```@\nk: 1\n```\n:::\nx\n", "", ""),
    "colons without a word": ("::: {.a #b}\n```@\nk: 1\n```\n:::\nx\n", "", ""),
    "colons, a directive": (":::{note} A\n:class: b\n```@\nk: 1\n```\n:::", "", ""),
    "colons in colons": ("::::{tab-set}\n:::{tip}\n```@\nk: 1\n```\n:::\n::::\n", "", ""),
    "colons in a directive in a quote": ("> ````{note}\n> ::: a\n> ~~~@\n> k: 1\n> ~~~\n> :::\n> ````\n", "> ", "> "),
    "admonition in colons": (":::a\n!!! note\n    ```@\n    k: 1\n    ```\n:::\n", "    ", "    "),
    "tabs in quotes and a definition": (">>m\n>\t>\t: ```@\n>\t>\t    k: 1\n>>\t   ```", ">\t>\t: ", ">>     "),
    "after TOML": ("+++\na = 1\n+++\n```@\nk: 1\n```\n", "", ""),
    "after front matter": ("---\na: 1\n---\n```@\nk: 1\n```\n", "", ""),
    "byte order mark": ("\ufeff```@\nk: 1\n```\n", "\ufeff", ""),
    "odd characters around": ("a\0b\x0cc\u2028d\x85\udcff\n\n```@\nk: 1\n```\n\0\x0b\udc80", "", ""),
}
ENDINGS = {"lf": "\n", "crlf": "\r\n", "cr": "\r"}


@cache
def plain_parser() -> MarkdownIt:
    """CommonMark with the plugins, inline rules and all, and nothing of the package."""
    markdown = MarkdownIt("commonmark").use(front_matter_plugin).use(footnote_plugin, move_to_end=False)
    return markdown.use(deflist_plugin).use(admon_plugin).use(colon_fence_plugin)


def tokens_of(text: str) -> Iterator[Token]:
    """The block tokens; what a container's fence holds is parsed as a text of its own, as MyST does it."""
    # The plugin for colon fences reads past the end of a text.
    for token in plain_parser().parse(text.removeprefix("\ufeff") + "\n" * (":::" in text)):
        if not holds_text(token):
            yield token
            continue
        inner = token.content
        while token.info.lstrip().startswith("{") and re.match(r"[ \t]*:[^\s:]+:.*\n", inner):
            inner = inner.partition("\n")[2]
        token.content = ""
        yield token
        # A first line that is no front matter keeps the parser from taking one for it.
        yield from tokens_of("\n" + inner)


def holds_text(token: Token) -> bool:
    """Whether a fence is one of the containers that these tests use."""
    if token.type == "colon_fence":
        return not re.match(r"\s*\{code", token.info)
    return token.type == "fence" and bool(re.match(r"\s*\{(note|tip|tab-set|figure)\}", token.info))


def skeleton(text: str) -> list[tuple[str, int, str]]:
    """Type, level and content of each block token; a fence's content is left out."""
    return [(each.type, each.level, "" if each.type == "fence" else each.content) for each in tokens_of(text)]


def fences(text: str) -> list[tuple[str, str]]:
    """Info string and content of each fence."""
    return [(each.info, each.content) for each in tokens_of(text) if each.type == "fence"]


def outside(document: Document) -> list[str]:
    """The texts before, between and after the blocks."""
    pieces, cursor = [], 0
    for block in document.blocks:
        pieces.append("".join(document.lines[cursor : block.place.first_line]))
        cursor = block.place.end_line
    return [*pieces, "".join(document.lines[cursor:])]


def fitting(block: Block, lines: tuple[str, ...]) -> tuple[str, ...] | None:
    """The lines, without those that would end what holds the block; None where it can hold no fence at all."""
    if block.place.in_admonition and misfit(block.place, lines, block.fence[0]):
        assert any(not a and not b for a, b in pairwise(lines))
        lines = tuple(line for line, below in zip(lines, (*lines[1:], "."), strict=True) if line or below)
    if misfit(block.place, lines, block.fence[0]):
        assert {"`", "~"} <= {each[0] for each in block.place.around}
        lines = ("plain",)
    return None if misfit(block.place, lines, block.fence[0]) else lines


def replaced(document: Document, lines: tuple[str, ...] = HOSTILE) -> str:
    """The document with each block replaced, proved."""
    fits = [(block, fitting(block, lines)) for block in document.blocks]
    replacements = [drawn(block, lines) for block, lines in fits if lines is not None]
    result = splice(document, replacements)
    prove(document, replacements, result)
    return result


# Nestings


@pytest.mark.parametrize("end", ["> - <?php\n>   a\n>", "> - <!--\n>   a\n> ", ":::note\n ", "> - <pre>\n>   a\n>"])
def test_a_last_line_that_is_blank_and_has_no_ending_is_read(end: str) -> None:
    source = f"```{NAME}\nk: 1\n```\n\n{end}"  # The parser's own rules read past the end of such a text.
    result = replaced(find(source))
    assert result.endswith(f"\n\n{end}")


@pytest.mark.parametrize("ending", ENDINGS.values(), ids=ENDINGS)
@pytest.mark.parametrize(("source", "first", "rest"), NESTINGS.values(), ids=NESTINGS)
def test_a_block_in_any_nesting_becomes_exactly_its_diagram(source: str, first: str, rest: str, ending: str) -> None:
    source = source.replace("@", NAME).replace("\n", ending)
    document = find(source)
    assert may_hold_blocks(source)
    assert (document.errors, document.warnings) == ((), ())
    (block,) = document.blocks
    assert block.yaml.text.lstrip(" ") == "k: 1\n"  # In nested quotes the parser leaves blanks of a tab.
    assert (block.place.first_prefix, block.place.rest_prefix, block.place.line_ending) == (first, rest, ending)
    result = replaced(document)
    lines = fitting(block, HOSTILE)
    assert lines
    assert ("text", "".join(line + "\n" for line in lines)) in fences(result)
    assert skeleton(result) == skeleton(source)
    before, after = outside(document)
    assert result.startswith(before) and result.endswith(after)
    inside = result[len(before) : len(result) - len(after)]
    assert len(split(inside)) == len(lines) + 2
    assert all(line.endswith(ending) for line in split(inside)[:-1])
    assert not find(result).blocks


@pytest.mark.parametrize(("source", "first", "rest"), NESTINGS.values(), ids=NESTINGS)
def test_the_yaml_knows_its_place_in_the_document(source: str, first: str, rest: str) -> None:
    document = find(source.replace("@", NAME))
    (block,) = document.blocks
    lines = [line.removeprefix("\ufeff") for line in document.lines]
    for index, character in enumerate(block.yaml.text.rstrip("\n")):
        line, column = block.yaml.position(index)
        assert character == " " or lines[line - 1][column - 1] == character
    line, column = block.position
    assert lines[line - 1][column - 1 :].startswith(block.fence)
    end_line, end_column = block.yaml.position(len(block.yaml.text))
    assert lines[end_line - 1][end_column - 1 :].startswith(block.fence)


def test_an_empty_block_and_an_empty_diagram() -> None:
    document = find(f"> ```{NAME}\n> ```\n")
    assert document.blocks[0].yaml.text == ""
    assert document.blocks[0].yaml.position(0) == Position(2, 3)
    assert replaced(document, ()) == "> ```text\n> ```\n"


def test_a_tab_cut_in_two_keeps_the_place_of_what_follows() -> None:
    (block,) = find(f"- ```{NAME}\n\tk: 1\n  ```\n").blocks
    assert block.yaml.text == "  k: 1\n"
    assert block.yaml.position(2) == Position(2, 2)


def test_empty_lines_of_a_diagram_carry_no_trailing_blanks() -> None:
    result = replaced(find(f"1. > ```{NAME}\n   > ```\n\n- ```{NAME}\n  ```\n"), ("a", "", "b"))
    assert result == "1. > ```text\n   > a\n   >\n   > b\n   > ```\n\n- ```text\n  a\n\n  b\n  ```\n"


def test_an_empty_line_in_an_admonition_is_empty_and_two_would_end_it() -> None:
    document = find(f"!!! note\n    ```{NAME}\n    ```\n")
    assert replaced(document, ("a", "", "b", "")) == "!!! note\n    ```text\n    a\n\n    b\n\n    ```\n"
    (block,) = document.blocks
    fault = misfit(block.place, ("a", "", "", "b"), "`")
    assert fault is not None and "two empty lines in a row" in fault[0]
    replacements = [drawn(block, ("a", "", "", "b"))]
    with pytest.raises(ProofError):
        prove(document, replacements, splice(document, replacements))


@pytest.mark.parametrize(
    ("source", "lines", "fence"),
    [
        ("````````@\n````````", ("plain",), "```"),
        ("```@\n```", ("a ``` b",), "````"),
        ("```@\n```", ("~~~~~", "``````"), "```````"),
        ("~~~@\n~~~", ("`````", "x ~~~~ y"), "~~~~~"),
    ],
)
def test_the_fence_is_longer_than_any_run_within(source: str, lines: tuple[str, ...], fence: str) -> None:
    result = replaced(find(source.replace("@", NAME)), lines)
    assert result.split("\n")[0] == fence + "text"
    assert result.split("\n")[-1] == fence


def test_mixed_line_endings_stay_where_they_are() -> None:
    source = f"a\rb\r\n```{NAME}\r\nk: 1\n```\r\n```{NAME}\rk: 1\r```\n\nc\r\r\nd"
    result = replaced(find(source), ("x",))
    # The second closing fence keeps its own LF: a CR would melt into the empty line below.
    assert result == "a\rb\r\n```text\r\nx\r\n```\r\n```text\rx\r```\n\nc\r\r\nd"


OF_MYST = """
    admonition aside attention card caution danger details dropdown error figure grid grid-item grid-item-card hint
    important margin note seealso sidebar tab-item tab-set tip warning
"""


@pytest.mark.parametrize("name", OF_MYST.split())
@pytest.mark.parametrize("fence", ["````", "~~~~", ":::"])
def test_a_container_of_myst_s_holds_blocks(name: str, fence: str) -> None:
    document = find(f"{fence}{{{name}}} a title\n\n```{NAME}\na: b\n```\n{fence}\n")
    assert [block.yaml.text for block in document.blocks] == ["a: b\n"]
    assert not document.warnings


def test_only_the_blocks_asked_for_are_replaced() -> None:
    document = find(f"```{NAME}\na\n```\n\n```{NAME}\nb\n```\n\n```{NAME}\nc\n```\n")
    first, _, third = document.blocks
    replacements = [drawn(third, ("3",)), drawn(first, ("1", "1"))]
    result = splice(document, replacements)
    prove(document, replacements, result)
    assert result == f"```text\n1\n1\n```\n\n```{NAME}\nb\n```\n\n```text\n3\n```\n"


# What is no block


@pytest.mark.parametrize(
    "source",
    [
        "````\n```@\nk: 1\n```\n````\n",
        "````{.note}\n```@\nk: 1\n```\n````\n",
        "````{=html}\n```@\nk: 1\n```\n````\n",
        "```{note} the attention-diagram\nx\n```\n",
        "<!--\n```@\n```\n-->\n",
        "<!-- a\n\n```@\n```\n\n> ```attn-diagram\n-->\n",
        "<div>\n<!-- a\n```@\n```\n--> b\n</div>\n",
        "```mermaid\ngraph TD\n```\n```diagram\n```\n```attention\n```\n~~~activation-diagram\n~~~\n",
        '```python title="attention-diagram.py"\n```\n',
        "text about ```attn-diagram and `attenton-diagram`\n",
        "~~~markdown\n```@\nk: 1\n```\n~~~\n",
        "> ````\n> ```@\n> ```\n> ````\n",
        "```python\nx = '@'\n```\n",
        "text about ```@ and `@`\n",
        "```@-v2\n```\n",
        "---\n@:\n  width: 40\n---\n\ntext\n",
        "<!-- @\nkind: flow\n-->\n```text\nx\n```\n<!-- /@ -->\n",
        "``@\nk: 1\n``\n",
        "```text {#@}\n```\n",
        "```{r @}\nplot()\n```\n",
        "```{python attention_diagram, x=1}\n```\n",
        "```{{@}}\nk: 1\n```\n",
        "```text @.txt\n```\n",
        "```` ```@ ```` opens a block\n",
        "::: {#fig-@}\nx\n:::\n",
        "text about ```@\nand more\n",
        "~~~\nx ```@\nk: 1\n~~~\n",
        "---\ntags:\n  - @\nabout: @\n---\n\n~~~\n",
        "---\ntitle: x\n---\n\n@: a word\n\n[@]\nand more\n\n~~~\n",
    ],
)
def test_documentation_and_words_are_left_in_silence(source: str) -> None:
    document = find(source.replace("@", NAME))
    assert (document.blocks, document.errors, document.warnings) == ((), (), ())


@pytest.mark.parametrize(
    ("source", "position", "message", "hint"),
    [
        ("<details>\n\t```@\n```\n", (2, 2), "inside an HTML block", "blank line before"),
        ("<pre>\n\n```@\n```\n</pre>\n", (3, 1), "inside an HTML block", "move it out"),
        ("> <div>\n> ```@\n> ```\n", (2, 3), "inside an HTML block", "blank line before"),
        ("a\n\n    ```@\n    ```\n", (3, 5), "indented code block", "at most three spaces"),
        ("- a\n\n      ```@\n      ```\n", (3, 7), "indented code block", "at most three spaces"),
        ("a\n     ```@\n", (2, 6), "continues the paragraph", "blank line before"),
        ("```@ `x`\nk: 1\n", (1, 1), "backtick", "~~~"),
        ("- ```@```\n", (1, 3), "backtick", "~~~"),
        ("> " * 25 + "```@\n", (1, 51), "deeper than the parser follows", "move it out"),
        ("- " * 12 + "~~~ @\n", (1, 25), "deeper than the parser follows", "move it out"),
        ("<div>\n<!-- a -->\n```@\n```\n", (3, 1), "inside an HTML block", "blank line before"),
        ("```attenton-diagram\n```\n", (1, 1), "'attenton-diagram' is not", "write ```attention-diagram"),
        ("> ~~~attn-diagram\n> ~~~\n", (1, 3), "'attn-diagram' is not", "write ~~~attention-diagram"),
        ("```atention_diagramm\n```\n", (1, 1), "'atention_diagramm' is not", "write ```"),
        ("```att-diagram\n```\n", (1, 1), "'att-diagram' is not", "write ```"),
        ("```attn diagram\n```\n", (1, 1), "'attn diagram' is not", "write ```"),
        ("```yaml attention-diagram\n```\n", (1, 1), "not its first word", "write ```attention-diagram"),
        ("``` yaml {.@}\n```\n", (1, 1), "not its first word", "write ```attention-diagram"),
        ("```{attn-diagram}\n```\n", (1, 1), "'{attn-diagram}' is not", "write ```attention-diagram"),
        ("```attenton&#45;diagram\n```\n", (1, 1), "'attenton-diagram' is not", "write ```"),
        (":::{@}\nkind: flow\n:::\n", (1, 1), "colons fence no block", "write ```attention-diagram"),
        (":::@\nkind: flow\n:::\n", (1, 1), "colons fence no block", "write ```attention-diagram"),
        ("````{exercise}\n- ```@\n  ```\n````\n", (2, 3), "{exercise} is none of the directives", "move the block out"),
        (":::{code-block} x\n```@\n```\n:::\n", (2, 1), "{code-block} is none of the directives", "move the block out"),
        ("````{note}\n```attn-diagram\n```\n````\n", (2, 1), "'attn-diagram' is not", "write ```"),
        ("````{note}\n<div>\n```@\n```\n````\n", (3, 1), "inside an HTML block", "blank line before"),
        ("````{note}\n---\na: b\n```@\n```\n````\n", (4, 1), "options of a directive", "line ---"),
        ("---\nattention_diagram:\n  a: b\n---\n\n~~~\n", (2, 1), "reach no block", "write attention-diagram"),
        ("+++\n[attn-diagram]\n+++\n\n~~~\n", (2, 2), "reach no block", "write attention-diagram"),
        ("```Attention-Diagram\n```\n", (1, 1), "'Attention-Diagram' is not", "write ```attention-diagram"),
        ("```(@)\n```\n", (1, 1), "'(attention-diagram)' is not", "write ```attention-diagram"),
        ("```@=1\n```\n", (1, 1), "'attention-diagram=1' is not", "write ```attention-diagram"),
        ("```#@\n```\n", (1, 1), "'#attention-diagram' is not", "write ```attention-diagram"),
        ("```attention_diagram\n```\n", (1, 1), "'attention_diagram' is not", "write ```attention-diagram"),
        ("```attention-diagrams\n```\n", (1, 1), "'attention-diagrams' is not", "write ```attention-diagram"),
        ("~~~ {#x .@}\n~~~\n", (1, 1), "is not its first word", "write ~~~attention-diagram"),
        ("```{.@ width=3\n```\n", (1, 1), "'{.attention-diagram' is not", "write ```attention-diagram"),
        ("1. ```attentiondiagram\n", (1, 4), "'attentiondiagram' is not", "write ```attention-diagram"),
        ("\ufeff```@: x\n```\n", (1, 1), "'attention-diagram:' is not", "write ```attention-diagram"),
        ("```attention diagram\n```\n", (1, 1), "'attention diagram' is not", "write ```attention-diagram"),
        ("```attention - diagram\n```\n", (1, 1), "'attention diagram' is not", "write ```attention-diagram"),
        ("```@,width=4\n```\n", (1, 1), "is not 'attention-diagram'", "write ```attention-diagram"),
        ("```mdattn\n```\n", (1, 1), "'mdattn' is not", "write ```attention-diagram"),
        ("```{.yaml .@}\n```\n", (1, 1), "is not its first word", "write ```attention-diagram"),
        ("See: ```@\nkind: flow\n```\n", (1, 6), "text stands before", "begin a line with it"),
        ("> - [ ] ```@\n>   kind: flow\n", (1, 9), "text stands before", "begin a line with it"),
        ("\n---\n@:\n  a: b\n---\n\n~~~\n", (3, 1), "in no front matter", "begins in the first line"),
        ("<!-- c -->\n\n---\nt: x\n@: {a: b}\n---\n\n~~~\n", (5, 1), "in no front matter", "begins in the first line"),
        ("---\n@:\n  a: b\n\n~~~\n", (2, 1), "in no front matter", "ends with the same"),
        ("\n+++\n[@]\na = 1\n+++\n\n~~~\n", (3, 1), "in no front matter", "+++ for TOML"),
        ('{\n  "@": {"a": 1}\n}\n\n~~~\n', (2, 1), "in no front matter", "begins in the first line"),
        ("---\ntitle: a\n\n```@\nk: 1\n```\n---\n", (4, 1), "in the front matter", "line --- before it"),
        ("---\n\n~~~@\n~~~\n...\n", (3, 1), "in the front matter", "line --- before it"),
        ("---\nattention diagram:\n  a: b\n---\n\n~~~\n", (2, 1), "'attention diagram' is not", "write attention-"),
        ("---\nmore:\n  @:\n    a: b\n---\n\n~~~\n", (3, 3), "below another key", "attention-diagram: in the first"),
        ("+++\n[more.@]\n+++\n\n~~~\n", (2, 7), "below another key", "[attention-diagram] in the first"),
    ],
)
def test_what_looks_meant_is_warned_of(source: str, position: tuple[int, int], message: str, hint: str) -> None:
    source = source.replace("@", NAME)
    document = find(source)
    assert may_hold_blocks(source) or source.endswith("\n\n~~~\n")
    assert (document.blocks, document.errors) == ((), ())
    (warning,) = document.warnings
    assert (warning.position, warning.severity) == (Position(*position), "warning")
    assert message in warning.message
    assert hint in warning.hint


@pytest.mark.parametrize(
    ("source", "position"),
    [
        ("> ```@\n> k: 1\n>\n> ## Next\n> ```\n", (4, 3)),
        ("- ~~~@\n  k: 1\n\n  ### a\n\n  ## b\n  ~~~\n", (4, 3)),
        ("```@\nk: 1\n\n# a\n# b: c\n\n```\nx\n```\n", (4, 1)),
        ("```@\nk: 1\n\n# a\n```\n\n```\nx\n```\n", None),
        ("```@\nk: 1\n\n# - [0.2, 0.8]\n# ---\n#\n```\n", None),
        ("```@\nk: 1\n\n## ---\n## - a\n## k: 2\n```\n", None),
        ("```@\nk: 1\n# a\n```\n", None),
        ("```@\nk: 1\n\n# k: 2\n```\n", None),
        ("```@\nk: 1\n\n#a\n```\n", None),
        ("```@\nk: 1\n\n# a\nl: 2\n```\n", None),
        ("```@\n\n## a\n```\n", (3, 1)),
        ("```@\n# a\n\nk: 1\n```\n", None),
    ],
)
def test_a_heading_in_a_block_is_warned_of(source: str, position: tuple[int, int] | None) -> None:
    document = find(source.replace("@", NAME))
    assert len(document.blocks) == 1
    assert [each.position for each in document.warnings] == ([Position(*position)] if position else [])
    assert all("looks like a heading" in each.message for each in document.warnings)


OFF = "<!-- mdattn: off -->\n"


@pytest.mark.parametrize(
    "source",
    [
        "{}```attn-diagram\n```\n",
        "> {}> ```attn-diagram\n> ```\n",
        "1. {}   ```attn-diagram\n   ```\n",
        "````{{note}}\n{}```attn-diagram\n```\n````\n",
        "<pre>\n{}```@\n</pre>\n",
        "a\n\n{}    ```@\n",
        "````{{exercise}}\n{}```@\n```\n````\n",
        "---\n# {}attention_diagram:\n---\n",
    ],
)
def test_a_comment_on_the_line_before_switches_one_warning_off(source: str) -> None:
    for off, count in ((OFF, 1), ("<!--  mdattn: off-->\r\n", 1), (f"{OFF}\n", 2), ("<!-- mdattn: on -->\n", 2)):
        document = find((source.format(off) + "\n\n~~~attn-diagram\n~~~\n").replace("@", NAME))
        spans = [(block.place.first_line, block.place.end_line) for block in document.blocks]
        assert len(document.warnings) == 2
        assert len(heard(document.lines, document.warnings, spans)) == count


def test_what_is_switched_off_before_a_block_is_all_that_it_holds() -> None:
    document = find(f"{OFF}```{NAME}\nk: 1\n```\n\n```{NAME}\nk: 1\n```\n")
    spans = [(block.place.first_line, block.place.end_line) for block in document.blocks]
    warnings = [Diagnostic(Position(line, 1), "a warning") for line in (2, 3, 7)] + [Diagnostic(None, "a warning")]
    assert heard(document.lines, warnings, spans) == tuple(warnings[2:])
    assert heard(find(OFF).lines, (), []) == ()


# Fences around a block


@pytest.mark.parametrize(
    ("source", "lines", "fence"),
    [
        ("````{note}\n```@\n```\n````", ("a",), "```"),
        ("````{note}\n```@\n```\n````", ("a ``` b",), "~~~"),
        ("```{note}\n~~~@\n~~~\n```", ("a ~~~",), "~~~~"),
        ("~~~{note}\n````{tip}\n```@\n```\n````\n~~~", ("a",), "```"),
        (":::note\n```@\n```\n:::", ("::: a ```",), "````"),
    ],
)
def test_the_fence_closes_none_of_those_around_it(source: str, lines: tuple[str, ...], fence: str) -> None:
    result = replaced(find(source.replace("@", NAME)), lines)
    assert f"\n{fence}text\n" in result


@pytest.mark.parametrize(
    ("source", "lines", "message"),
    [
        ("````{note}\n```@\n```\n````", ("a", "  ````` "), "close the fence ````"),
        (":::{note}\n```@\n```\n:::", (":::",), "close the fence :::"),
        ("~~~{note}\n````{tip}\n```@\n```\n````\n~~~", ("a ```",), "too short"),
    ],
)
def test_a_diagram_that_would_close_a_fence_around_it_does_not_fit(
    source: str, lines: tuple[str, ...], message: str
) -> None:
    document = find(source.replace("@", NAME))
    (block,) = document.blocks
    fault = misfit(block.place, lines, block.fence[0])
    assert fault is not None and message in fault[0]
    replacements = [drawn(block, lines)]
    with pytest.raises(ProofError):
        prove(document, replacements, splice(document, replacements))


# Errors


@pytest.mark.parametrize(
    ("source", "position", "until"),
    [
        ("a\n\n```@\nk: 1\n\nmore\n", (3, 1), "the 3 lines below it, the rest of the document"),
        ("```@", (1, 1), ""),
        ("```@\nk: 1\n~~~\n", (1, 1), "2 lines below it, the rest"),
        ("````@\nk: 1\n```\n", (1, 1), "2 lines below it, the rest"),
        ("```@\nk: 1\n    ```\n", (1, 1), "2 lines below it, the rest"),
        ("```@\nk: 1\n``` x", (1, 1), "2 lines below it, the rest"),
        ("> ```@\n> k: 1\n\nmore\n", (1, 3), "the line below it"),
        ("- x\n  ```@\n  k: 1\n- more\n", (2, 3), "the line below it"),
        ("> ```@\n> x\n> ", (1, 3), "line"),
        ("[^1]: ```@\n    k: 1\nmore\n", (1, 7), "the line below it"),
    ],
)
def test_an_unclosed_fence_is_an_error_where_it_opens(source: str, position: tuple[int, int], until: str) -> None:
    document = find(source.replace("@", NAME))
    assert document.blocks == ()
    (error,) = document.errors
    assert (error.position, error.severity) == (Position(*position), "error")
    assert "never closed" in error.message and until in error.message
    assert "close it with a line" in error.hint


@pytest.mark.parametrize("second", ["```@\nk: 2\n```\n", "```python\nx\n```\n", "~~~\n\n````{python}\n```\n"])
def test_a_fence_that_another_one_closes_is_an_error_where_it_opens(second: str) -> None:
    document = find(f"a\n\n```@\nk: 1\n\nSome text.\n\n{second}".replace("@", NAME))
    error, *_ = document.errors
    assert error.position == Position(3, 1)
    assert "not closed before another fence opens" in error.message
    for held in ("text: a ``` b\nc: ~~~d\n", "title: |\n  ```python\n", "~~~python: 1\n", "```\n"):
        assert find(f"````{NAME}\n{held}````\n").errors == ()


def test_tabs_whose_stops_nobody_knows_are_an_error() -> None:
    for source, line in (
        ("- ````{note}\n\t-\t```@\n\t\tk: 1\n\t\t```\n  ````\n", 2),
        ("  :::{note}\n\t\n> a\n\n- ```@\n\t\t k: 1\n  ```\n  :::\n", 5),
    ):
        document = find(source.replace("@", NAME))
        assert document.blocks == ()
        assert [each.position and each.position.line for each in document.errors] == [line]
        assert "another tab follows" in document.errors[0].message
        assert "with blanks" in document.errors[0].hint
    one = find("- ````{note}\n\t```@\n\tk: 1\n\t```\n  ````\n".replace("@", NAME))
    assert replaced(one, ("a",)) == "- ````{note}\n\t```text\n\ta\n\t```\n  ````\n"


@pytest.mark.parametrize(
    ("source", "position", "message"),
    [
        ("> ```@\n> a\0b\n> ```\n", (2, 4), "control character U+0000"),
        ("```@\na\n\x0cb\n```\n", (3, 1), "control character U+000C"),
        ("```@\na\x85\n```\n", (2, 2), "control character U+0085"),
        ("\ufeff```@ \x1b\na\n```\n", (1, 22), "control character U+001B"),
        ("x\n\n```@\ncaf\udce9\n```\n", (4, 4), "this line is not valid UTF-8 (byte 0xE9)"),
        ("[^\udcff]: ```@\n    caf\ud800\n    ```\n", (2, 8), "this line is not valid UTF-8"),
    ],
)
def test_what_is_not_text_is_an_error_in_a_block(source: str, position: tuple[int, int], message: str) -> None:
    document = find(source.replace("@", NAME))
    assert document.blocks == ()
    (error,) = document.errors
    assert error.position == Position(*position)
    assert error.message.startswith(message)


def test_text_of_any_script_is_fine_in_a_block() -> None:
    document = find(f"```{NAME}\ntext: 猫 e\u0301 \u2028 \u00a0 \U0001f408\u200d\n\t# tab\n```\n")
    assert len(document.blocks) == 1 and not document.errors


def test_every_error_of_a_document_is_found() -> None:
    source = f"> ```{NAME}\n\n```{NAME}\n\0\n```\n\n```{NAME}\nok\n```\n\n- ```{NAME}\n"
    document = find(source)
    assert [each.position for each in document.errors] == [Position(1, 3), Position(4, 1), Position(11, 3)]
    assert [block.place.first_line for block in document.blocks] == [6]


# Front matter


@pytest.mark.parametrize(
    ("source", "text", "starts"),
    [
        ("---\na: 1\n\nb: 2\n---\n\nx\n", "a: 1\n\nb: 2\n", [(2, 1), (3, 1), (4, 1), (5, 1)]),
        ("\ufeff---\r\na: 1\r\n---\r\n", "a: 1\n", [(2, 1), (3, 1)]),
        ("---\n---\n", "", [(2, 1)]),
        ("---\na: 1\n...\nb\n---\n", "a: 1\n", [(2, 1), (3, 1)]),
        ("---\na: 1\n ...\n... \n", "a: 1\n ...\n", [(2, 1), (3, 1), (4, 1)]),
        ("---\ra: 1\r---", "a: 1\n", [(2, 1), (3, 1)]),
    ],
)
def test_front_matter_is_an_excerpt(source: str, text: str, starts: list[tuple[int, int]]) -> None:
    front_matter = find(source).front.matter
    assert front_matter is not None
    assert (front_matter.text, list(front_matter.starts)) == (text, starts)


_LINES = (
    "---",
    "----",
    "--- ",
    " ---",
    "   ---",
    "    ---",
    "---\u2028",
    "---\u00a0",
    "\u00a0---",
    "--- a",
    "....",
    "a: 1",
    "",
    "\t---",
)


@given(st.lists(st.sampled_from(_LINES), max_size=8), st.sampled_from(["\n", "\r\n"]), st.booleans())
@example(["----", "---", "-----"], "\n", True)
@example(["---", "---\u2028", "a: 1"], "\n", False)
def test_front_matter_is_what_the_plugin_of_pipelines_takes_for_it(rows: list[str], end: str, ended: bool) -> None:
    source = end.join(rows) + end * ended
    tokens = MarkdownIt("commonmark").use(front_matter_plugin).parse(source + "\n" * (not ended))
    matter = find(source).front.matter
    found = tokens[0].content if tokens and tokens[0].type == "front_matter" else None
    if found is not None and tokens[0].map == [0, 2]:
        found = ""  # Whose content, of no line, the plugin takes from the lines around it.
    assert (matter and matter.text.rstrip("\n")) == (found and found.rstrip("\n"))


@pytest.mark.parametrize("source", ["", "a\n\n---\na: 1\n---\n", "---\na: 1\n", " ---\na: 1\n---\n"])
def test_what_is_no_front_matter(source: str) -> None:
    assert find(source).front.matter is None


# The proof


def test_the_proof_sees_every_change_outside_a_block() -> None:
    source = f"a  \n\n> b\n\n```{NAME}\nk: 1\n```\n\n[c]: d\r\n\te\n\n```{NAME}\n```\n \nf"
    document = find(source)
    replacements = [drawn(block, ("x", "y")) for block in document.blocks]
    result = splice(document, replacements)
    prove(document, replacements, result)
    before, between, after = outside(document)
    inside = (
        range(len(before), len(before) + result.index(between) - len(before)),
        range(result.index(between) + len(between), len(result) - len(after)),
    )
    for index, character in enumerate(result):
        if not any(index in each for each in inside):
            for changed in ("", character + " ", "#"):
                with pytest.raises(ProofError):
                    prove(document, replacements, result[:index] + changed + result[index + 1 :])
    for wrong in (result + "\n", "\n" + result, result + "g", "", source, result.replace("\r\n", "\n")):
        with pytest.raises(ProofError):
            prove(document, replacements, wrong)


def test_the_proof_sees_a_fence_too_short() -> None:
    document = find(f"```{NAME}\n```\n")
    replacements = [drawn(document.blocks[0], ("a", "```", "b"))]
    for wrong in ("```text\na\n```\nb\n```\n", "````text\na\n```\nb\n```\n"):
        with pytest.raises(ProofError):
            prove(document, replacements, wrong)


@pytest.mark.parametrize("prefix", ["", ">", ">  ", "> > ", "- ", "    "])
def test_the_proof_sees_a_wrong_prefix(prefix: str) -> None:
    document = find(f"> ```{NAME}\n> ```\n")
    for lines in ((" a",), (" a", "", "b")):
        right = drawn(document.blocks[0], lines)
        prove(document, [right], splice(document, [right]))
        wrong = "".join(f"{prefix}{line}\n" for line in lines)
        with pytest.raises(ProofError):
            prove(document, [right], f"> ```text\n{wrong}> ```\n")


def test_the_proof_sees_a_prefix_that_is_the_parsers_and_not_the_authors() -> None:
    """The parser gives U+FFFD for a NUL, and reads both documents alike."""
    document = find(f"[^\0]: ```{NAME}\n    ```\n")
    block = document.blocks[0]
    place = block.place._replace(first_prefix="[^\ufffd]: ")
    forged = document._replace(blocks=(block._replace(place=place),))
    replacements = [drawn(forged.blocks[0], ("a",))]
    with pytest.raises(ProofError, match="does not open or end as its block does"):
        prove(forged, replacements, splice(forged, replacements))


@pytest.mark.parametrize("line", ["a\nb", "a\rb", "a\0b", "a\n"])
def test_the_proof_refuses_a_diagram_that_is_not_lines(line: str) -> None:
    document = find(f"x\n\n```{NAME}\n```\n\ny\n")
    replacements = [drawn(document.blocks[0], (line,))]
    with pytest.raises(ProofError):
        prove(document, replacements, splice(document, replacements))


def test_the_proof_sees_another_word_or_marker() -> None:
    document = find(f"```{NAME}\n```\n")
    replacements = [drawn(document.blocks[0], ("a",))]
    for wrong in ("```\na\n```\n", f"```{NAME}\na\n```\n", "~~~text\na\n~~~\n", " ```text\na\n```\n"):
        with pytest.raises(ProofError):
            prove(document, replacements, wrong)


def test_the_proof_sees_other_line_endings_in_a_block() -> None:
    document = find(f"```{NAME}\r\n```\n")
    replacements = [drawn(document.blocks[0], ("a",))]
    prove(document, replacements, "```text\r\na\r\n```\n")
    for wrong in ("```text\na\r\n```\n", "```text\r\na\n```\n", "```text\r\na\r\n```\r\n", "```text\r\na\r\n```"):
        with pytest.raises(ProofError):
            prove(document, replacements, wrong)


@pytest.mark.parametrize(
    "other",
    [
        "## b\n\n- c\n\n- d\n\n[e]: f\n\n~~~x\ng\n~~~\n",
        "# B\n\n- c\n\n- d\n\n[e]: f\n\n~~~x\ng\n~~~\n",
        "# b\n\n* c\n\n* d\n\n[e]: f\n\n~~~x\ng\n~~~\n",
        "# b\n\n- c\n- d\n\n\n[e]: f\n\n~~~x\ng\n~~~\n",
        "# b\n\n- c\n\n- d\n\n[e]: F\n\n~~~x\ng\n~~~\n",
        "# b\n\n- c\n\n- d\n\n[E1]: f\n\n~~~x\ng\n~~~\n",
        "# b\n\n- c\n\n- d\n\n[e]: f\n\n~~~y\ng\n~~~\n",
        "# b\n\n- c\n\n- d\n\n[e]: f\n\n~~~x\nG\n~~~\n",
        "# b\n\n- c\n\n- d\n\n[e]: f\n\n\n~~~x\ng\n~~~\n",
    ],
)
def test_the_proof_compares_all_that_the_parser_says(other: str) -> None:
    """The same lines with the reading of slightly different ones: as if the splice had changed how they parse."""
    block = f"```{NAME}\n```\n\n"
    document = find(block + "# b\n\n- c\n\n- d\n\n[e]: f\n\n~~~x\ng\n~~~\n")
    replacements = [drawn(document.blocks[0], ("a",))]
    result = splice(document, replacements)
    prove(document, replacements, result)
    with pytest.raises(ProofError):
        prove(document._replace(parsed=find(block + other).parsed), replacements, result)


def test_the_proof_sees_a_diagram_that_would_turn_its_definition_list_into_a_heading() -> None:
    """Only an empty line keeps the parser from reading on to the underline; this YAML has one, this diagram none."""
    document = find(f"Term\n: - ```{NAME}\n\n    ```\n---\n")
    replacements = [drawn(document.blocks[0], ("a",))]
    with pytest.raises(ProofError, match="block tokens"):
        prove(document, replacements, splice(document, replacements))


def test_a_replacement_must_be_for_a_block_of_the_document_and_only_one() -> None:
    document = find(f"```{NAME}\n```\n")
    mine = drawn(document.blocks[0], ("a",))
    stranger = drawn(document.blocks[0]._replace(place=document.blocks[0].place._replace(rest_prefix="  ")), ("a",))
    for replacements in ([mine, mine], [stranger]):
        with pytest.raises(ProofError):
            splice(document, replacements)
        with pytest.raises(ProofError):
            prove(document, replacements, "```text\na\n```\n")


# Any document


def specification() -> list[str]:
    examples = json.loads((DATA / "commonmark.json").read_text(encoding="utf-8"))
    return [example["markdown"] for example in examples]


def test_the_specification_s_examples_come_back_as_they_are() -> None:
    examples = specification()
    assert len(examples) == 652
    for markdown in examples:
        for text in (markdown, markdown.replace("\n", "\r\n"), "\ufeff" + markdown, markdown.rstrip("\n")):
            document = find(text)
            assert (document.blocks, document.errors, document.warnings) == ((), (), ())
            assert splice(document, []) == text
            prove(document, [], text)


def test_a_block_after_each_of_the_specification_s_examples() -> None:
    """In whatever construct an example leaves open, the block is replaced exactly, or is none."""
    found = 0
    for markdown in specification():
        source = markdown.rstrip("\n") + f"\n\n```{NAME}\nk: 1\n```\n\n" + markdown
        document = find(source)
        found += len(document.blocks)
        result = replaced(document)
        assert skeleton(result) == skeleton(source)
        assert result.endswith(outside(document)[-1])
    assert found > 600


TEXT = st.text(st.sampled_from("\r\n\t >-`~:[]^!1.#ab\0\x0c\x85\u2028\ufeff\udcff猫&;<\\"), max_size=60)


@given(TEXT | st.text())
@example("")
@example("\ufeff")
@example("\r\n\r\r\n\n")
def test_lines_are_those_of_the_parser_and_any_text_comes_back(text: str) -> None:
    assert "".join(split(text)) == text
    assert all(
        line.rstrip("\r\n") + "\n" == line.replace("\r\n", "\n").replace("\r", "\n") for line in split(text)[:-1]
    )
    document = find(text)
    assert splice(document, []) == text
    prove(document, [], text)


@given(TEXT, TEXT, st.sampled_from(["\n", "\r\n", "\r"]))
def test_a_block_amid_any_text_leaves_every_byte_outside(before: str, after: str, ending: str) -> None:
    source = before + ending * 2 + ending.join([f"~~~{NAME}", "k: 1", "~~~"]) + ending * 2 + after
    document = find(source)
    result = replaced(document)
    first, *others = outside(document)
    assert result.startswith(first) and result.endswith(others[-1] if others else first)
    place = len(first)
    for piece in others[:-1]:
        place = result.index(piece, place) + len(piece)
    assert place <= len(result) - len(others[-1] if others else "")
    assert len(fences(result)) == len(fences(source))


# A campaign: documents grown from containers and fragments

FRAGMENTS = (
    "> ", ">", "- ", "* ", "1. ", "12) ", "\t", " ", "  ", "   ", "    ", "```", "~~~", "````", "\n", "\r\n", "\r",
    "[^1]: ", "[^a>]:", "T\n: ", ": ", "~ ", "!!! note\n", "??? x\n", "<!--", "-->", "<div>", "k: 1", "---", "\0", "x",
    "\n\n", "# ", "`", "|", "````{note}\n", "~~~~{code}\n", ":::", ":::{tip} x\n", "::::a\n", ":a: b\n", "{.note}",
)  # fmt: skip
OPENINGS = (f"```{NAME}", f"~~~{NAME}", f"```` {NAME} x")
# What opens a container, what continues it.
CONTAINERS = (
    ("> ", "> "), (">", ">"), (">\t", ">\t"), ("- ", "  "), ("*   ", "    "), ("-\t", "\t"), ("10. ", "    "),
    ("[^1]: ", "    "), (" ", " "), ("   ", "   "), ("!!! note\n", "    "), ("T\n: ", "  "), ("\t", "\t"),
    ("1.\t", "\t"), ("T\n:\t", "\t"), ("!!! note\n", "\t"), (">\t", ">>"), (" >\t", ">\t"),
    ("`````{note}\n", ""), ("````{tip}\n:a: b\n", ""), ("~~~~~{tab-set}\n", ""), (":::{note} T\n", ""),
    ("::::a\n", " "),    ("````{code}\n", ""), ("   ``````{figure} x\n", ""),
)  # fmt: skip


def grown(chance: random.Random) -> str:
    """A block in up to four containers, opened where it stands or above it."""
    text, first, rest = "", "", ""
    for opening, continuation in chance.choices(CONTAINERS, k=chance.randint(0, 4)):
        above, newline, here = opening.rpartition("\n")
        text += (first + above + newline) if newline else ""
        if newline:
            first = rest
        first += here if here or not newline else continuation
        rest += continuation
    fence = chance.choice(OPENINGS)
    body = chance.sample(["k: 1", "", "  a: b", " ", "\tz"], chance.randint(0, 3))
    lines = [first + fence, *(rest + line for line in body), rest + fence[0] * 4]
    text += "\n".join(lines) + chance.choice(["", "\n", "\n\n", " \n", "\n\n\nx\n"])
    return text.replace("\n", chance.choice(["\n", "\n", "\r\n", "\r"]))


def random_document(seed: int) -> str:
    chance = random.Random(seed)
    parts = [
        grown(chance) if chance.random() < 0.6 else "".join(chance.choices(FRAGMENTS, k=chance.randint(0, 9)))
        for _ in range(chance.randint(1, 5))
    ]
    return chance.choice(["", "", "\ufeff"]) + "".join(parts)


@pytest.mark.campaign
def test_random_documents_are_spliced_and_proved(budget: int) -> None:
    found = 0
    for seed in range(1500 * budget):
        source = random_document(seed)
        document = find(source)
        found += len(document.blocks)
        assert may_hold_blocks(source) or not (document.blocks or document.errors or document.warnings)
        for lines in (HOSTILE, ("",)):
            result = replaced(document, lines)
            assert skeleton(result) == skeleton(source), seed
            assert len(find(result).blocks) == sum(fitting(each, lines) is None for each in document.blocks), seed
    assert found > 500


@pytest.mark.campaign
@pytest.mark.parametrize(
    ("target", "fault"),
    [
        ("_splice._fits", lambda fence, around: True),
        ("_splice.misfit", lambda place, lines, marker: None),
        ("_parse._rest_prefix", lambda state, start, last, first_prefix: first_prefix),
        ("_parse._rest_prefix", lambda state, start, last, first_prefix: " " * state.sCount[start]),
        ("_find.admonished", lambda tokens: frozenset()),
        ("_find.ending", lambda line: "\n"),
    ],
    ids=("fence too long", "no misfit", "opening prefix", "blanks only", "admonition unseen", "line ending"),
)
def test_the_campaign_sees_a_seeded_fault(
    target: str, fault: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"mdattn.blocks.{target}", fault)
    monkeypatch.setattr("test_blocks.misfit", mdattn.blocks._splice.misfit)
    with pytest.raises((ProofError, AssertionError)):
        for seed in range(1500):
            source = random_document(seed)
            assert skeleton(replaced(find(source))) == skeleton(source)


# Cost


@pytest.mark.parametrize(
    "hostile",
    [
        ">" * 10_000 + f"```{NAME}",
        "- " * 10_000 + f"```{NAME}",
        "[" * 10_000,
        "[^a]: " * 5_000 + f"```{NAME}\n",
        "`" * 200_000 + NAME,
        f"```{NAME} " * 20_000,
        "```" + " " * 200_000 + NAME + "!",
        "1." * 50_000 + f"```{NAME}",
        ("> " * 19 + f"```{NAME}\n") * 100,
        f"<!-- ```{NAME} " * 5_000,
        "".join("`" * (300 - each) + "{note}\n" for each in range(290)) + f"```{NAME}\n",
        ":::a\n" * 5_000 + f"```{NAME}\n```",
        ":" * 100_000 + "{note}\n",
        "````{note}\n" + ":a: b\n" * 20_000 + f"```{NAME}",
        "   ````{note}\n" + "\t" * 20_000 + f"```{NAME}\n",
        "+++\n" * 5_000 + f"```{NAME}\n",
    ],
    ids=lambda text: text[:12],
)
def test_depth_and_length_neither_overflow_nor_hang(hostile: str) -> None:
    document = find(hostile)
    assert splice(document, []) == hostile


@pytest.mark.parametrize(
    ("head", "each", "foot"),
    [
        ("", f"text\n\n> ```{NAME}\n> k: 1\n> ```\n\n", ""),
        ("````{note}\n", f"text\n\n~~~{NAME}\nk: 1\n~~~\n\n", "````\n"),
        ("", f"````{{note}}\n:a: b\n\n```{NAME}\nk: 1\n```\n````\n", ""),
        (":::::a\n::::b\n:::c\n````{tip}\n", f"> - ~~~{NAME}\n>   k: 1\n>   ~~~\n\n", "````\n:::\n::::\n:::::\n"),
        (":::a\n" * 100, ":::a\n", ""),
        ("", "```attn-diagram\n```\n", ""),
        ("<div>\n", "<!-- a -->\n```attn-diagram\n", ""),
        ("````{exercise}\n", "```attn-diagram\n", "````\n"),
        ("", "<!-- mdattn: off -->\n```attn-diagram\n```\n", ""),
        ("````{note}\n---\n", "```attn-diagram\n", "````\n"),
    ],
)
def test_work_grows_with_the_document(head: str, each: str, foot: str) -> None:
    """Ten times the text call at most eleven times the functions: counted, so that no clock decides."""
    counts = [_calls(head + each * times + foot) for times in (20, 200)]
    assert counts[1] <= 11 * counts[0]


def _calls(source: str) -> int:
    calls = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    find(source)
    before = sys.getprofile()
    sys.setprofile(count)
    try:
        replaced(find(source))
    finally:
        sys.setprofile(before)
    return calls


@pytest.mark.parametrize(
    "source",
    ["", "plain text\n", "```python\nprint()\n```\n", "attention-diagram without a fence\n", "a & b\n```sh\n```\n"],
)
def test_a_document_without_blocks_is_known_at_sight(source: str) -> None:
    assert not may_hold_blocks(source)


@pytest.mark.parametrize("info", [" " * 500 + NAME, "{" + " " * 500 + NAME + "}", "\t" * 5000 + NAME])
def test_a_name_behind_many_blanks_is_one(info: str) -> None:
    source = f"```{info}\nkind: heatmap\n```\n"
    assert may_hold_blocks(source) and len(find(source).blocks) == 1


def test_the_parser_is_not_imported_before_it_is_needed() -> None:
    code = "import sys, mdattn.blocks as b; b.may_hold_blocks('```x'); print('markdown_it' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "False\n"


def test_the_containers_left_out_make_no_difference() -> None:
    """A plugin whose sign is not in a source finds nothing in it."""
    from mdattn.blocks._containers import EVERY, needed
    from mdattn.blocks._parse import parser

    pieces = "term\n,:,~, ,    ,\t,\n,\n\n,\r\n,\r,>,> ,- ,1. ,[^1]:,!!! note,```{note},```,:::,: def,:\tx,---"
    random.seed(7)
    lists = 0
    for _ in range(2000):
        source = "".join(random.choices(pieces.split(","), k=random.randrange(2, 14)))
        every = parser(EVERY).parse(source, {})
        assert parser(needed(source, whole=True)).parse(source, {}) == every, source
        lists += any(token.type == "dl_open" for token in every)
    assert lists > 50
