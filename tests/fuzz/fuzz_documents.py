"""Documents: containers nested in each other, odd bytes, blocks that draw, blocks that do not, and what is around."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from random import Random
from typing import Any

from fuzz_faults import Checked, admitted, aligned, drawing_faults, hold, lines_of

from mdattn import DiagramError, attention_diagram_plugin
from mdattn.document import render_document, update_document

GOOD = (
    ("kind: flow", "text: The cat sat", "query: sat"),
    ("kind: flow", "tokens: [猫, が, '```']", "query: 0", "mask: causal"),
    ("kind: heatmap", "text: a b c"),
    ("kind: heatmap", "", "text: a ~~~~ ```` b", "title: \"-->\"", "width: 60"),
    ("{kind: heatmap, text: a b, mode: numbers}",),
    ("# a comment", "kind: heads", "text: the cat it", "heads:", "  - {name: A, pattern: previous}", "",
    "  - pattern: self"),
    ("kind: steps", "text: a b", "query: 1", "width: 72", "scores: &s [[1, 2], [3, 4]]"),
    ("kind: comparison", "text: a b c"),
    ("kind: architecture", "preset: gpt-2"),
    ("kind: heatmap", "text: |", "  a", "  b", "charset: ascii"),
    ("kind: heatmap", "text: a > b"),
    ("kind: heatmap", "text: a b", "title: '`````'"),
    ("kind: heatmap", "text: a b", "title: '~~~~~'"),
)  # fmt: skip
BAD = (
    ("kind: heatmap",), ("kind: heatmp", "text: a"), ("",), (), ("k: 1",), ("kind:heatmap", "text: a"),
    ("\tkind: flow",),
    ("kind: heatmap", "text: a", "maks: none", "maks: 1"), ("kind: flow", "text: a b", "query: 9"), ("- a",), ("{",),
    ("'",),
    ("kind: heatmap", "text: a", "source: {file: x.npy}"), ("kind: heatmap", "text: 'It's'"), ("kind:\u00a0heatmap",),
    ("kind: heatmap", "text: a b", f"scores: [[0x{'f' * 300}, 1], [1, 0]]"),
    ("kind: heatmap", "text: a", f"width: {'7' * 5000}"),
    ("kind: heatmap", "text: [[CLS], ##bu]"), ("kind: heatmap", "text: a", "width: 3"),
    ("kind: heatmap", "text: a\0b"),
)  # fmt: skip
PROSE = (
    "x", "Some *words*.", "# Heading", "Setext", "===", "---", "| a | b |", "|---|---|", "", "", "", " ", "\t",
    "    code", "[a]: b",
    "\0", "a\x0cb", "a\x85b", "a\u2028b", "\udcff\udc80", "caf\udce9", "猫", "<div>", "</div>", "<!-- c -->", "<!--",
    "-->", "```",
    "~~~", "````", "> q", "- i", "1. i", "  y", "a & b", "&#45;", "\\", "`", "``` x `", "[^1]: n", "T", ": d",
    "!!! note", "***",
    "<!-- mdattn: off -->", ":::", "$$", "\ufeff", "    ", "  ", "x  ", "attention-diagram", "%% c", "{#id}", "+++",
    "<?php", "<pre>",
)  # fmt: skip
NAMES = ("attention-diagram",) * 12 + (
    "attention-diagram title", "{attention-diagram}", "{.attention-diagram}", "attention&#45;diagram",
    " attention-diagram",
    "attenton-diagram", "attention_diagram", "yaml attention-diagram", "Attention-Diagram", "attn-diagram", "mermaid",
)  # fmt: skip
# What opens a container, what continues it.
CONTAINERS = (
    ("> ", "> "), (">", ">"), (">\t", ">\t"), ("- ", "  "), ("*   ", "    "), ("-\t", "\t"), ("10. ", "    "),
    ("1) ", "   "),
    ("[^1]: ", "    "), (" ", " "), ("   ", "   "), ("!!! note\n", "    "), ("??? tip \"x\"\n", "    "),
    ("T\n: ", "  "), ("T\n~ ", "  "),
    ("    ", "    "), ("\t", "\t"), ("- - ", "    "),
)  # fmt: skip
WRAPPERS = (
    ("`````{note}", "`````"), ("~~~~~~{admonition} T", "~~~~~~"), (":::{tip}", ":::"), ("::: warning", ":::"),
    (":::::{card}", ":::::"),
    ("`````{dropdown} x", "`````"), ("`````python", "`````"), ("`````{.note}", "`````"),
    ("`````{code-block} md", "`````"),
    ("<div>\n", "\n</div>"), ("<div>", "</div>"), ("<!--", "-->"),
    ("<details>\n<summary>x</summary>\n", "\n</details>"),
    ("``````{tab-set}\n`````{tab-item} A", "`````\n``````"), ("`````{figure} x.png\n:name: x\n", "`````"),
    ("`````", "`````"),
)  # fmt: skip
FRONTS = (
    "---\ntitle: x\n---\n", "---\nattention-diagram:\n  width: 60\n  mode: squares\n---\n",
    "---\nattention-diagram: {temperature: 2}\n---\n",
    "---\nattention-diagram:\n  widht: 60\n---\n", "---\nattention-diagram: 3\n---\n", "+++\ntitle = 'x'\n+++\n",
    "+++\n[attention-diagram]\nwidth = 60\n+++\n", "---\nattention_diagram:\n  width: 60\n---\n", "---\na: [\n---\n",
    "---\n",
    "---\nattention-diagram:\n  text: a b c\n  query: 0\n  title: d\n---\n",
    "+++\n[attention-diagram]\nwidth = [\n+++\n",
)  # fmt: skip


def some_document(random: Random) -> str:
    """A document that mostly draws: of what is odd, one or two things at a time."""
    odd = random.random() < 0.4
    text = random.choice(FRONTS) + random.choice(["", "\n"]) if random.random() < 0.25 else ""
    for _ in range(random.choice([1, 1, 2, 3, 5])):
        form = random.random()
        if form < 0.75:
            text += _block(random, odd)
        elif form < 0.85:
            text += _region(random)
        else:
            text += "\n".join(random.choices(PROSE, k=random.randint(1, 6))) + "\n"
        text += random.choice(["\n", "\n", "\n\n", "" if odd else "\n", "\nx\n\n"])
    if odd and random.random() < 0.3:
        text = text.rstrip("\n")
    if odd and random.random() < 0.2:
        text = _noise(random, text)
    ending = random.choice(["\n", "\n", "\r\n", "\r", None])
    if ending != "\n":
        text = (
            "".join(
                line[:-1] + (ending or random.choice(["\n", "\r\n", "\r"])) for line in text.splitlines(True) if line
            )
            if text.isascii()
            else text.replace("\n", ending or "\r\n")
        )
    return ("\ufeff" if random.random() < 0.1 else "") + text


def _block(random: Random, odd: bool) -> str:
    above, first, rest = _containers(random, random.choice([0, 0, 1, 1, 2, 3]))
    mark = random.choice("``~")
    length = random.choice([3, 3, 3, 4, 7])
    name = random.choice(NAMES) if odd else "attention-diagram"
    if mark == "`" and "`" in name:
        name = "attention-diagram"
    bad = random.random() < (0.25 if odd else 0.02)
    body = random.choice(BAD if bad else GOOD)
    indent = random.choice(["", "", "", " ", "   "])
    lines = [mark * length + name, *body, mark * (length + random.choice([0, 0, 2]))]
    if any(mark * length in line for line in body):
        lines[0], lines[-1] = mark * 9 + name, mark * 9
    if odd and random.random() < 0.06:
        lines.pop()
    lines = [indent + line if line else line for line in lines]
    if random.random() < 0.2:
        opening, closing = random.choice(WRAPPERS)
        lines = [*opening.split("\n"), *lines, *closing.split("\n")]
    blank = random.choice([rest, rest.rstrip(" \t"), rest])
    standing = [first + lines[0], *(rest + line if line else blank for line in lines[1:])]
    return above + "\n".join(standing) + "\n"


def _containers(random: Random, count: int) -> tuple[str, str, str]:
    """Lines above, what stands before the first line, and what before the others."""
    above, first, rest = "", "", ""
    for opening, continuation in random.choices(CONTAINERS, k=count):
        line, newline, here = opening.rpartition("\n")
        if newline:
            above += first + line + "\n"
            first = rest
        first += here if here or not newline else continuation
        rest += continuation
    return above, first, rest


def _region(random: Random) -> str:
    """Options in a comment, with the mark that ends them, and what may stand between."""
    above, first, rest = _containers(random, random.choice([0, 0, 0, 1, 2]))
    body = random.choice(GOOD if random.random() < 0.85 else BAD)
    drawing: list[str] = random.choice(
        [[], [], ["```text", "old", "```"], ["", "~~~text", "┌─┐", "~~~", ""], ["other"]]
    )
    checksum = random.choice(["", "", " 0123456789abcdef", " sha256:00 0.1.0", " x y z"])
    lines = ["<!-- attention-diagram", *(each.replace("-->", "--\\>") for each in body), "-->", *drawing]
    lines.append(f"<!-- /attention-diagram{checksum} -->")
    if random.random() < 0.08:
        lines.pop(random.randrange(len(lines)))
    standing = [first + lines[0], *((rest + line).rstrip(" \t") if not line else rest + line for line in lines[1:])]
    return above + "\n".join(standing) + "\n"


def _noise(random: Random, text: str) -> str:
    """A few characters exchanged, doubled or dropped."""
    for _ in range(random.randint(1, 4)):
        if text:
            at = random.randrange(len(text))
            sign = random.choice(
                ["", " ", "\t", ">", "`", "~", "\n", "\r", "\0", "-", ":", "\udcff", "\u2028", "    ", text[at] * 2]
            )
            text = text[:at] + sign + text[at + random.choice([0, 1]) :]
    return text


def parts(text: str) -> Iterator[str]:
    """The document with lines left out, many at first, then characters."""
    lines = lines_of(text)
    size = len(lines) // 2
    while size:
        for start in range(0, len(lines), size):
            yield "".join(lines[:start] + lines[start + size :])
        size //= 2
    if len(text) <= 200:
        for index in range(len(text)):
            yield text[:index] + text[index + 1 :]


# What holds -----------------------------------------------------------------------------------------------------------


def check(text: str, _: Random) -> Checked:
    """Everything that holds of any document, drawn or refused."""
    rendered = admitted(lambda: render_document(text))
    pipeline = admitted(lambda: _through_the_plugin(text))
    in_place = admitted(lambda: update_document(text))
    for each in (rendered, in_place):
        if isinstance(each, DiagramError):
            _places(each, text)
    if not isinstance(in_place, DiagramError):
        again = admitted(lambda: update_document(in_place.text))
        settled = not isinstance(again, DiagramError) and again.text == in_place.text and not again.drift
        hold(settled, "updating again changes nothing", again if isinstance(again, DiagramError) else again.text)
    if isinstance(rendered, DiagramError):
        return Checked(0)
    result = rendered.text
    hold(
        result == text or bool(rendered.diagrams), "bytes outside blocks are unchanged", "changed, and nothing is drawn"
    )
    hold((where := aligned(text, result)) is None, "bytes outside blocks are unchanged", where)
    hold(admitted(lambda: render_document(text)) == rendered, "two runs give the same")
    for placed in rendered.diagrams:
        drawing_faults(placed.lines, 72, "ascii" if all(line.isascii() for line in placed.lines) else "unicode")
    again_rendered = admitted(lambda: render_document(result))
    same = not isinstance(again_rendered, DiagramError) and again_rendered.text == result
    hold(same, "rendering a result again changes nothing", again_rendered)
    _as_the_parser_reads(result, [each.lines for each in rendered.diagrams])
    if not isinstance(pipeline, DiagramError) and not text.startswith(("+++", "\ufeff+++")):
        ours = [list(each.lines) for each in rendered.diagrams]
        hold(all(each in ours for each in pipeline), "the plugin and render agree", (len(pipeline), len(ours)))
    if rendered.diagrams:
        _kept(text, in_place)
    return Checked(len(rendered.diagrams))


def _places(error: DiagramError, text: str) -> None:
    rows = lines_of(text)
    for each in error.diagnostics:
        place = each.position
        inside = place is None or (1 <= place.line <= len(rows) + 1 and place.column >= 1)
        hold(inside, "an error has a place in its document", (each, len(rows)))
        hold(bool(each.text()) and len(each.text()) < 2000, "an error is short", each)


def _as_the_parser_reads(result: str, diagrams: list[tuple[str, ...]]) -> None:
    """A parser that knows nothing of diagrams finds each in a fence of text, in order, also below longer fences."""
    found = [content for info, content in _fences(without_toml(result)) if info == "text"]
    for lines in diagrams:
        wanted = "".join(line + "\n" for line in lines)
        while found and found[0] != wanted:
            found.pop(0)
        hold(bool(found), "a fence holds exactly its diagram", lines[:3])
        found.pop(0)


def without_toml(text: str) -> str:
    """The document without a byte order mark and without front matter that is TOML, which the parser does not know."""
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    return re.sub(r"\A\+\+\+[ \t]*\n(?:.*\n)*?\+\+\+[ \t]*$", "", plain, flags=re.M)


def _fences(text: str, whole: bool = True) -> Iterator[tuple[str, str]]:
    for token in _parser(whole).parse(text):
        if token.type in ("fence", "colon_fence"):
            if token.type == "colon_fence" or token.info.strip().startswith("{"):
                yield from _fences(token.content, whole=False)
            else:
                yield token.info, token.content


def _parser(whole: bool) -> Any:
    """A parser of whole documents, or of what a fence holds, which has no front matter."""
    from markdown_it import MarkdownIt
    from mdit_py_plugins.admon import admon_plugin
    from mdit_py_plugins.colon_fence import colon_fence_plugin
    from mdit_py_plugins.deflist import deflist_plugin
    from mdit_py_plugins.footnote import footnote_plugin
    from mdit_py_plugins.front_matter import front_matter_plugin

    markdown = MarkdownIt("commonmark").use(footnote_plugin, move_to_end=False)
    markdown = markdown.use(front_matter_plugin) if whole else markdown
    return markdown.use(deflist_plugin).use(admon_plugin).use(colon_fence_plugin)


def _through_the_plugin(text: str) -> list[list[str]]:
    """The diagrams of a pipeline with the same containers."""
    markdown = _parser(whole=True).use(attention_diagram_plugin)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # What it has to say is looked at elsewhere (fuzz_silences).
        tokens = markdown.parse(text.removeprefix("\ufeff"))
    return [token.content.split("\n")[:-1] for token in tokens if "attention-diagram" in token.meta]


def _kept(text: str, in_place: object) -> None:
    """A result that keeps its sources is what `update` makes of it."""
    kept = admitted(lambda: render_document(text, keep_source=True))
    if isinstance(kept, DiagramError):
        hold(
            any("-->" in each.text() or "comment" in each.text() for each in kept.diagnostics), "sources are kept", kept
        )
        return
    updated = admitted(lambda: update_document(kept.text))
    if isinstance(in_place, DiagramError) or getattr(in_place, "text", "") != text:
        return  # What stood there in place was not as it should be, or not even right.
    hold(not isinstance(updated, DiagramError), "keep-source, then update changes nothing", updated)
    assert not isinstance(updated, DiagramError)
    hold(updated.text == kept.text and not updated.drift, "keep-source, then update changes nothing", updated.drift)
