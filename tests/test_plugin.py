"""The markdown-it-py plugin, in pipelines as its users build them."""

from __future__ import annotations

import html
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from mdit_py_plugins.admon import admon_plugin
from mdit_py_plugins.colon_fence import colon_fence_plugin
from mdit_py_plugins.container import container_plugin
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.front_matter import front_matter_plugin

from mdattn.blocks import NAME
from mdattn.diagrams._kind import Diagram
from mdattn.document import render_document
from mdattn.errors import Diagnostic, DiagramError, DiagramWarning, Excerpt, Position
from mdattn.plugin import attention_diagram_plugin

BLOCK = "```attention-diagram\nkind: echo\n```\n"


@pytest.fixture(autouse=True)
def echo(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Drawing is played back: each block's own YAML between two signs that HTML must escape."""
    calls: list[tuple[Any, ...]] = []

    def draw(
        yaml: Excerpt, position: Position, defaults: object, folder: Path | None, doubts: object, *, files: object
    ) -> Diagram:
        calls.append((yaml, position, defaults, folder))
        if "bad" in yaml.text:
            raise DiagramError(yaml.position(yaml.text.index("bad")), "a bad word")
        return Diagram(("<&", *yaml.text.splitlines(), "  ┌─┐"), "an echo")

    monkeypatch.setattr(import_module("mdattn.document"), "draw", draw)
    return calls


def pipeline(*plugins: Callable[..., None], preset: str = "commonmark") -> MarkdownIt:
    markdown = MarkdownIt(preset)
    for plugin in (*plugins, attention_diagram_plugin):
        markdown.use(plugin)
    return markdown


def shown(page: str) -> list[str]:
    return [
        html.unescape(each)
        for each in re.findall(
            r'<pre role="img" aria-label="an echo"><code class="language-text">(.*?)</code></pre>', page, re.DOTALL
        )
    ]


@pytest.mark.parametrize("preset", ["commonmark", "default", "js-default", "gfm-like"])
def test_a_block_becomes_escaped_text_whatever_the_preset(preset: str) -> None:
    if preset == "gfm-like":
        pytest.importorskip("linkify_it")
    page = pipeline(preset=preset).render(f"# A\n\n{BLOCK}\nb\n")
    assert page == (
        '<h1>A</h1>\n<pre role="img" aria-label="an echo"><code class="language-text">'
        "&lt;&amp;\nkind: echo\n  ┌─┐\n</code></pre>\n<p>b</p>\n"
    )


NESTED = {
    "list": "- a\n\n  {}",
    "ordered in quote": "> 1. {}",
    "quote in list": "- > {}",
    "footnote": "x[^1]\n\n[^1]: y\n\n    {}",
    "definition": "term\n: {}",
    "admonition": "!!! note\n    {}",
    "container": "::: note\n{}",
}


@pytest.mark.parametrize("name", NESTED)
def test_blocks_in_containers_are_drawn(name: str) -> None:
    opening, rest = NESTED[name].split("{}")[0].rpartition("\n")[::2]
    inner = re.sub(r"[^> ]", " ", rest)
    first, *others = BLOCK.splitlines()
    source = f"{opening}\n{rest}{first}\n" + "".join(f"{inner}{line}\n" for line in others)
    plugins = (footnote_plugin, deflist_plugin, admon_plugin)
    markdown = pipeline(*plugins).use(container_plugin, "note")
    assert shown(markdown.render(source)) == ["<&\nkind: echo\n  ┌─┐\n"]


def test_other_fences_and_documents_without_blocks_stay_as_they_are() -> None:
    source = f"a `attention-diagram`\n\n````md\n{BLOCK}````\n\n```python\nattention-diagram\n```\n"
    assert pipeline().render(source) == MarkdownIt("commonmark").render(source)


@pytest.mark.parametrize(
    "info",
    ["attention-diagram  extra", "  attention-diagram", "attention&#45;diagram", "attention\\-diagram"],
)
def test_the_info_string_is_read_as_commonmark_reads_it(info: str) -> None:
    assert len(shown(pipeline().render(f"~~~{info}\nkind: echo\n~~~\n"))) == 1


@pytest.mark.parametrize(
    "source",
    [
        "```attention-diagram",
        "```attention-diagram\n",
        "```attention-diagram\n\n",
        "```attention-diagram\nkind: echo",
        "```attention-diagram\nkind: echo\n",
        "```attention-diagram\nkind: echo```",
        "````attention-diagram\nkind: echo\n```\n",
        "```attention-diagram\nkind: echo\n    ```\n",
        "```attention-diagram\nkind: echo\n``` x\n",
        "```attention-diagram\nkind: echo\n~~~\n",
    ],
)
def test_an_unclosed_block_is_an_error_at_its_fence(source: str, echo: list[tuple[Any, ...]]) -> None:
    for prefix in ("", "> "):
        document = "a\n\n" + "".join(f"{prefix}{line}" for line in source.splitlines(keepends=True))
        with pytest.raises(DiagramError, match="never closed") as caught:
            pipeline().render(document)
        assert caught.value.position == Position(3, len(prefix) + 1)
    assert echo == []


@pytest.mark.parametrize(
    "source",
    ["> ```attention-diagram\n> kind: echo\n\nrest\n", "> ```attention-diagram\n>", "> ```attention-diagram\n> "],
)
def test_a_block_that_its_container_ends_is_unclosed(source: str) -> None:
    with pytest.raises(DiagramError, match="never closed"):
        pipeline().render(source)


@pytest.mark.parametrize(
    "source",
    ["```attention-diagram\n```", "> ```attention-diagram\n> ```", "- ```attention-diagram\n  ~~~\n  ````"],
)
def test_a_closed_block_is_drawn_even_if_it_is_empty_or_the_last_line(source: str) -> None:
    assert len(shown(pipeline().render(source))) == 1


def test_every_mistake_is_reported_in_its_place_in_the_document() -> None:
    source = (
        "---\ntitle: x\n---\n\n- > ```attention-diagram\n  > kind: bad\n  > ```\n\n"
        "1.\t~~~attention-diagram\r\n \tkind: bad\r\n \t~~~\r\n\n```attention-diagram\n"
    )
    with pytest.raises(DiagramError) as caught:
        pipeline(front_matter_plugin).render(source)
    found = [(*each.position, each.message[:8]) for each in caught.value.diagnostics if each.position]
    assert found == [(6, 11, "a bad wo"), (10, 9, "a bad wo"), (13, 1, "this att")]


def test_the_block_and_each_of_its_lines_know_their_places(echo: list[tuple[Any, ...]]) -> None:
    pipeline().render("a\n\n> * ```attention-diagram\n>   kind: echo\n>     text: a\n>   ```\n")
    ((excerpt, position, _, _),) = echo
    assert position == (3, 5)
    assert excerpt == Excerpt("kind: echo\n  text: a\n", (Position(4, 5), Position(5, 5), Position(6, 5)))


def test_defaults_that_nothing_reads_are_no_secret() -> None:
    source = f"---\ntitle: x\nattention-diagram:\n  width: 40\n---\n\n{BLOCK}"
    with pytest.raises(DiagramError, match="1:1: nothing reads this front matter's 'attention-diagram:'") as caught:
        pipeline().render(source)
    assert "front_matter_plugin" in caught.value.hint
    for head in ("---\ntitle: x\n---\n\nattention-diagram: a name\n", "---\ntitle: x\n---\n", "---\n\n"):
        assert shown(pipeline().render(f"{head}\n{BLOCK}"))


@pytest.mark.parametrize(
    "key", ["'attention-diagram':", '"attention-diagram":', "attention-diagram :", "? attention-diagram\n:", "a: 1\n@:"]
)
@pytest.mark.parametrize("ends", ["---", "..."])
def test_no_spelling_of_the_key_makes_defaults_a_secret(key: str, ends: str) -> None:
    matter = f"---\n{key.replace('@', NAME)} {{width: 40}}\n{ends}\n\n"
    with pytest.raises(DiagramError, match="1:1: nothing reads this front matter's"):
        pipeline().render(matter + BLOCK)
    pipeline(front_matter_plugin).render(matter + BLOCK)
    pipeline().render(f"---\n{{{NAME}: {{width: 40}}\n\n" + BLOCK)
    for silent in (f"---\ntags: [{NAME}]\n---\n", f"---\n{NAME}: null\n---\n", f"---\nAbout {NAME}.\n\n---\n"):
        pipeline().render(silent + BLOCK)
    assert shown(pipeline().render(f"---\n\nAbout: `{NAME}`: x\n\n{BLOCK}---\n"))


def test_defaults_behind_a_byte_order_mark_are_no_secret(echo: list[tuple[Any, ...]]) -> None:
    source = f"\ufeff---\n{NAME}:\n  width: 40\n---\n\n{BLOCK}"
    for plugins in ((), (front_matter_plugin,)):
        with pytest.raises(DiagramError, match="nothing reads this front matter's") as caught:
            pipeline(*plugins).render(source)
        assert "utf-8-sig" in caught.value.hint
    pipeline().render(f"\ufeff+++\n[{NAME}]\nwidth = 40\n+++\n\n{BLOCK}")
    assert [[*each[2].entries] for each in echo[-1:]] == [["width"]]


def test_front_matter_holds_defaults(echo: list[tuple[Any, ...]]) -> None:
    source = f"---\ntitle: x\nattention-diagram:\n  width: 40\n---\n\n{BLOCK}"
    pipeline(front_matter_plugin).render(source)
    (tree,) = (each[2].tree for each in echo)
    ((key, node),) = tree.root.pairs()
    assert (key.content, node.content, tree.position(node)) == ("width", "40", (4, 10))
    pipeline(front_matter_plugin).render(BLOCK)
    assert echo[1][2] is None


def test_bad_defaults_are_reported_in_their_place() -> None:
    with pytest.raises(DiagramError) as caught:
        pipeline(front_matter_plugin).render(f"---\nattention-diagram: 7\n---\n\n{BLOCK}")
    assert caught.value.position == Position(2, 20)


@pytest.mark.parametrize(
    ("env", "folder"),
    [({}, None), ({"mdattn_path": "d/post.md"}, Path("d")), ({"mdattn_path": Path("d/p.md")}, Path("d"))],
)
def test_the_environment_says_where_the_document_stands(
    env: Mapping[str, Any], folder: Path | None, echo: list[tuple[Any, ...]]
) -> None:
    pipeline().render(BLOCK, dict(env))
    assert echo[0][3] == folder


def test_a_parser_is_reusable_even_after_an_error() -> None:
    markdown = pipeline()
    first = markdown.render(BLOCK)
    with pytest.raises(DiagramError):
        markdown.render("```attention-diagram\nbad\n```\n")
    assert markdown.render(BLOCK) == first
    assert markdown.render("plain\n") == "<p>plain</p>\n"


def test_using_the_plugin_twice_draws_once(echo: list[tuple[Any, ...]]) -> None:
    page = pipeline(attention_diagram_plugin).render(BLOCK)
    assert len(echo) == page.count("aria-label") == 1


def test_using_it_twice_warns_once_and_reads_no_drawing() -> None:
    source = "````{note}\n```attention-diagram\nkind: echo\n```\n```attenton-diagram\n```\n````\n"
    with pytest.warns(DiagramWarning) as caught:
        pipeline(attention_diagram_plugin).render(source)
    assert len(caught) == 1


def test_a_container_that_another_plugin_has_filled_is_read_to_its_end() -> None:
    def fill(markdown: MarkdownIt) -> None:
        def rule(state: StateCore) -> None:
            state.tokens[0].content += "more\n" * 9 + "```attention-diagram\nbad\n```\n"

        markdown.core.ruler.after("block", "fill", rule)

    with pytest.raises(DiagramError, match="a bad word"):
        MarkdownIt().use(attention_diagram_plugin).use(fill).render("```{note}\n~~~attention-diagram\n~~~\n```\n")


def test_a_renderer_of_markdown_gets_a_fence_that_holds() -> None:
    (token,) = pipeline().parse("`````attention-diagram\n~~~~\na: ```\n`````\n")
    assert (token.markup, token.info) == ("````", "text")
    (token,) = pipeline().parse("~~~attention-diagram\na ~~~~ b\n~~~\n")
    assert (token.markup, token.info) == ("~~~~~", "text")


def test_a_document_without_blocks_imports_nothing_heavy() -> None:
    code = (
        "import sys; from markdown_it import MarkdownIt; import mdattn;"
        "MarkdownIt().use(mdattn.attention_diagram_plugin).render('# a\\n\\n```python\\nx\\n```\\n');"
        "print(sorted({'numpy', 'yaml', 'msgspec', 'wcwidth', 'difflib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_document_without_blocks_costs_next_to_nothing() -> None:
    source = "# A heading\n\nSome *words* and a [link](x).\n\n```python\nx = 1\n```\n\n- one\n- two\n\n" * 100
    bare, ours = MarkdownIt("commonmark"), pipeline()
    ratios = []
    for _ in range(15):
        times = []
        for markdown in (bare, ours):
            start = time.process_time()
            markdown.render(source)
            times.append(time.process_time() - start)
        ratios.append(times[1] / times[0])
    assert min(ratios) < 1.02


_PIECES = [
    "> ",
    "- ",
    "1. ",
    "  ",
    "    ",
    "\t",
    "~ ",
    ": ",
    "[^1]: ",
    "!!! note",
    "\n",
    "\n\n",
    "a",
    "kind: echo",
    "---\n",
    "<div>",
]
_FENCES = [
    *("```", "````", "~~~", "```attention-diagram\n", "~~~~ attention-diagram x\n", "```\n", "~~~~\n", ":::\n"),
    *("`````{note}\n", "`````\n", ":::{tip}\n", "::::x\n", "::::\n", "`````{code}\n", "~~~attn-diagram\n"),
    *(":class: x\n", "<!-- mdattn: off -->\n", "<!--\n", "-->\n"),
]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(_PIECES + _FENCES * 2), max_size=20).map("".join))
def test_the_plugin_sees_what_rendering_a_document_sees(echo: list[tuple[Any, ...]], source: str) -> None:
    def places(parse: Callable[[str], Any]) -> tuple[set[Any], set[Any], list[Any]]:
        echo.clear()
        warned: list[Diagnostic] = []
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(import_module("mdattn.document"), "warn", lambda doubts, path: warned.extend(doubts))
            try:
                warned += getattr(parse(source), "warnings", ())
                wrong = []
            except DiagramError as error:
                wrong = [each.position for each in error.diagnostics if each.severity == "error"]
                warned += [each for each in error.diagnostics if each.severity == "warning"]
        drawn = [(position, yaml.text, yaml.starts) for yaml, position, *_ in echo]
        return set(wrong), set(warned), sorted(drawn)

    if ":::" in source:
        source += "\n"  # Or the plugin for colon fences, which is not ours, reads past the end.
    markdown = pipeline(front_matter_plugin, footnote_plugin, deflist_plugin, admon_plugin, colon_fence_plugin)
    assert places(markdown.parse) == places(render_document)


def test_a_block_that_another_plugin_made_is_drawn_too(echo: list[tuple[Any, ...]]) -> None:
    def add(state: StateCore) -> None:
        token = Token("fence", "code", 0, info="attention-diagram", content="kind: echo\nbad", markup="")
        state.tokens.append(token)

    markdown = pipeline()
    markdown.core.ruler.after("block", "add", add)
    with pytest.raises(DiagramError) as caught:
        markdown.render("")
    assert caught.value.position == Position(2, 1)
    assert echo[0][1] == Position(1, 1)


# Containers that are fences, and doubts


HELD = "````{note} A\n:class: b\n\n- ```attention-diagram\n  kind: echo\n  ```\n````\n"


def test_a_fence_that_holds_markdown_has_the_diagram_in_its_text(echo: list[tuple[Any, ...]]) -> None:
    for source in (HELD, HELD.replace("````{note} A", ":::{tip}").replace("````", ":::")):
        echo.clear()
        (token,) = pipeline(colon_fence_plugin).parse("> " + source.replace("\n", "\n> "))[1:-1]
        assert token.content == ":class: b\n\n- ```text\n  <&\n  kind: echo\n    ┌─┐\n  ```\n"
        ((yaml, position, *_),) = echo
        assert (position, yaml.starts[0]) == (Position(4, 5), Position(5, 5))


def test_a_mistake_in_a_held_block_has_its_place_and_changes_nothing() -> None:
    source = HELD.replace("kind: echo", "kind: bad") + "\n" + BLOCK
    with pytest.raises(DiagramError) as caught:
        pipeline().parse(source)
    assert caught.value.position == Position(5, 9)
    unclosed = "````{note}\n```attention-diagram\nkind: echo\n````\n"
    with pytest.raises(DiagramError, match=r"2:1: .*never closed: .*replace the line below it \("):
        pipeline().parse(unclosed)


def test_a_diagram_that_would_close_the_fence_around_it_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_module("mdattn.document"), "draw", lambda *_, **__: Diagram(("````",), "x"))
    with pytest.raises(DiagramError, match="4:3: this diagram has a line that would close"):
        pipeline().parse(HELD)


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ("a\n\n```attenton-diagram\n```\n", "3:1"),
        ("> ~~~yaml attention-diagram\n> ~~~\n", "1:3"),
        ("<div>\n```attention-diagram\n```\n</div>\n", "2:1"),
        ("    ```attention-diagram\n", "1:5"),
        ("````{exercise}\n```attention-diagram\n```\n````\n", "2:1"),
        ("````{note}\na\n```attn-diagram\n```\n````\n", "3:1"),
        (f"---\nattention_diagram: x\n---\n\n{BLOCK}", "2:1"),
    ],
)
def test_what_was_meant_as_a_block_and_is_none_is_warned_of(source: str, place: str) -> None:
    with pytest.warns(DiagramWarning) as caught:
        pipeline(front_matter_plugin).render(source, {"mdattn_path": "d/post.md"})
    (warning,) = caught
    assert str(warning.message).startswith(f"{place}: ")
    assert (warning.filename, warning.lineno) == ("d/post.md", int(place.split(":")[0]))
    with pytest.warns(DiagramWarning) as caught:
        pipeline(front_matter_plugin).render(source)
    assert caught[0].filename == "<document>"


def test_a_warning_can_be_switched_off_and_documentation_has_none() -> None:
    off = "<!-- mdattn: off -->\n"
    for source in (
        f"{off}```attn-diagram\n```\n",
        f"````{{note}}\n{off}```attn-diagram\n```\n````\n",
        f"<!--\n{BLOCK}-->",
    ):
        pipeline().render(source)


def test_warnings_come_with_the_mistakes() -> None:
    with pytest.raises(DiagramError) as caught:
        pipeline().render("```attn-diagram\n```\n\n```attention-diagram\nbad\n```\n")
    assert [each.severity for each in caught.value.diagnostics] == ["warning", "error"]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("+++\n[attention_diagram]\nwidth = 40\n+++\n", "2:2: these defaults reach no block: 'attention_diagram'"),
        ("+++\n[more.@]\nwidth = 40\n+++\n", "2:7: these defaults reach no block: '@' stands below"),
        ("+++\n[@]\nwidth = 40\n", "2:1: these defaults reach no block: they stand in no front matter"),
        ("---\n@:\n  width: 40\n", "2:1: these defaults reach no block: they stand in no front matter"),
        ("---\nattention_diagram:\n  width: 40\n---\n", "2:1: these defaults reach no block: 'attention_diagram'"),
        (":::@\nx\n:::\n", "1:1: no diagram here: colons fence no block"),
    ],
)
def test_defaults_and_fences_that_the_pipeline_does_not_know_are_warned_of(source: str, message: str) -> None:
    with pytest.warns(DiagramWarning) as caught:
        MarkdownIt().use(attention_diagram_plugin).parse(
            source.replace("@", NAME) + f"\n~~~{NAME}\nkind: architecture\n~~~\n"
        )
    assert [str(each.message).startswith(message.replace("@", NAME)) for each in caught] == [True]


def test_toml_holds_defaults_that_need_no_plugin(echo: list[tuple[Any, ...]]) -> None:
    pipeline().render(f"+++\n[attention-diagram]\nwidth = 40\n+++\n\n{BLOCK}")
    (width,) = (each[2].entries["width"] for each in echo)
    assert (width.node.content, width.tree.position(width.key)) == ("40", (3, 1))
    pipeline().render(f"+++\nnothing\n\n{BLOCK}")
    assert echo[1][2] is None


# In words


def test_the_label_of_a_diagram_is_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    words = "'a\" <b>' & c"
    monkeypatch.setattr(import_module("mdattn.document"), "draw", lambda *_, **named: Diagram(("x",), words))
    page = pipeline().render(BLOCK)
    (label,) = re.findall(r' aria-label="([^"]*)"', page)
    assert html.unescape(label) == words
    assert "<b>" not in page
    (token,) = pipeline().parse(BLOCK)
    assert token.meta["attention-diagram"] == words


def test_only_diagrams_are_labelled_and_whatever_highlights_them() -> None:
    for highlight, opening in (
        (lambda code, *_: f"<pre class='x'>{code}</pre>", '<pre role="img" aria-label="an echo" class=\'x\'>'),
        (lambda code, *_: f"<i>{code}</i>", '<pre role="img" aria-label="an echo"><code'),
    ):
        markdown = MarkdownIt("commonmark", {"highlight": highlight}).use(attention_diagram_plugin)
        page = markdown.render(BLOCK + "\n```python\n1\n```\n")
        assert page.startswith(opening)
        assert page.count("aria-label") == page.count("role=") == 1


def test_a_fence_rule_that_makes_no_pre_gets_a_frame() -> None:
    markdown = MarkdownIt("commonmark")
    markdown.add_render_rule("fence", lambda renderer, tokens, index, options, env: "<figure></figure>\n")
    markdown.use(attention_diagram_plugin)
    assert markdown.render(BLOCK) == '<div role="img" aria-label="an echo">\n<figure></figure>\n</div>\n'


def test_a_renderer_of_something_else_is_left_alone() -> None:
    class Renderer:
        __output__: ClassVar[str] = "text"

        def __init__(self, parser: MarkdownIt) -> None:
            pass

        def render(self, tokens: Sequence[Token], options: object, env: object) -> str:
            return "".join(each.content for each in tokens)

    markdown = MarkdownIt("commonmark", renderer_cls=Renderer).use(attention_diagram_plugin)
    assert markdown.render(BLOCK) == "<&\nkind: echo\n  ┌─┐\n"
