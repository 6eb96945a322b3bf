"""Words that YAML reads otherwise than their author may have meant: what a ` #` cuts off, quotes that are no quotes.

Imported only for a text that holds such a sign.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from mdattn.errors import Diagnostic
from mdattn.options._words import quoted
from mdattn.options._yaml import Node, Tree

MOST_DOUBTS = 20
_OPENING, _CLOSING = "“”„‟«‘‚‛‹「", "”“‟»’‘›」"


def doubts(tree: Tree, texts: frozenset[str]) -> list[Diagnostic]:
    """What is doubtful about the words below the keys that hold text, in the order of the document."""
    leaves = sorted(_leaves(tree.root, texts, False, set()), key=lambda each: each[0].index)
    found = [*_cut_short(tree, leaves), *_curly(tree, leaves)]
    return sorted(found, key=lambda each: each.position or (0, 0))[:MOST_DOUBTS]


def _leaves(node: Node, texts: frozenset[str], words: bool, seen: set[int]) -> Iterator[tuple[Node, bool]]:
    """Each scalar, and whether it is words; what aliases repeat only once."""
    if node.form == "scalar":
        yield node, words
    elif id(node.content) not in seen:
        seen.add(id(node.content))
        for item in node.items():
            if item.content or not item.plain:  # An empty item is a mistake of its own.
                yield from _leaves(item, texts, words, seen)
        for key, item in node.pairs():
            yield key, False
            named = isinstance(key.content, str) and key.content in texts
            yield from _leaves(item, texts, words or named, seen)


def _cut_short(tree: Tree, leaves: list[tuple[Node, bool]]) -> Iterator[Diagnostic]:
    """Words that end at a ` #` with a word directly behind it, as in `the cat #1 sat` and `[play, ##ing]`."""
    text = tree.excerpt.text
    places = [leaf.index for leaf, _ in leaves]
    behind: dict[int, tuple[int, bool]] = {}  # Of each scalar once: many comments may follow one.
    for match in re.finditer(r"(?<=\S)[ \t]+(#[^\s].*)", text):
        sign = match.start(1)
        at = bisect_right(places, sign) - 1
        if at < 0 or not leaves[at][1]:
            continue
        leaf = leaves[at][0]
        if at not in behind:
            behind[at] = _behind(text, leaf)
        end, comma = behind[at]
        if end == sign and (comma or leaf.plain or not leaf.content):
            said = (
                "begins a comment, so what follows is not read"
                if comma
                else "begins a comment: the text ends before it"
            )
            yield Diagnostic(
                tree.excerpt.position(sign),
                f"' #' {said}: {quoted(match[1])}",
                "put quotes around a text with ' #'",
                "warning",
            )


def _behind(text: str, leaf: Node) -> tuple[int, bool]:
    """Where something stands behind a scalar, a comma aside, and whether there is one.

    -1 for a scalar in a form that no comment can stand behind.
    """
    start = leaf.index
    content = str(leaf.content)
    if text.startswith(content, start) and leaf.plain:
        end = start + len(content)
    else:
        if leaf.plain:
            pattern = r"\s+".join(map(re.escape, content.split()))
        elif text[start : start + 1] in ("'", '"'):
            pattern = r"'(?:[^']|'')*+'|\"(?:\\.|[^\"\\])*+\""
        else:
            return -1, False
        match = re.compile(pattern, re.DOTALL).match(text, start)
        if not match:
            return -1, False
        end = match.end()
    match = re.compile(r"[ \t\n]*+(,?)[ \t\n]*").match(text, end)
    assert match is not None
    return match.end(), bool(match[1])


def _curly(tree: Tree, leaves: list[tuple[Node, bool]]) -> Iterator[Diagnostic]:
    """Words between quotes that are no quotes to YAML."""
    for leaf, words in leaves:
        content = str(leaf.content)
        if words and leaf.plain and len(content) > 1 and content[0] in _OPENING and content[-1] in _CLOSING:
            yield Diagnostic(
                tree.position(leaf),
                f"the quotes {content[0]} and {content[-1]} are read as part of the text {quoted(content)}",
                "use \" or ', or put these around it to keep them",
                "warning",
            )
