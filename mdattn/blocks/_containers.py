"""Containers that CommonMark does not know: what the parser needs to see the blocks in them.

Footnotes, definition lists, admonitions and colon fences come from mdit-py-plugins. What the author
of a directive writes between its fences is Markdown for MyST, and so it is here: the parser goes on inside, as it does
in a block quote.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import TYPE_CHECKING

from mdattn.blocks._front import BOM, MARKERS, use_front_matter
from mdattn.blocks._names import directive, holds_markdown

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_core import StateCore
    from markdown_it.token import Token

    Rule = Callable[[StateBlock, int, int, bool], bool]

BLANKS = " \t"
ENDED = "last_line"  # The rule that ends it.
AROUND = "attention-diagram fences around"  # In the parser's environment: the open fences that hold Markdown.
# Also there: by its number, the blanks that a line lacks to stand as far in as the fences that hold it: where in the
# source, how many, and whether a tab that stands there has them.
LACKING = "attention-diagram blanks lacking"
# And the lines that have a second tab behind one that is cut in two: its stop is not known here.
TABBED = "attention-diagram tabs behind a cut one"

# By the name of each plugin, the signs of which a source has one wherever its rule finds anything. Without them the
# rule is left out: it would be tried at each line of the source in vain.
_SIGNS = {
    "front_matter": MARKERS,
    "footnote": ("[^",),
    "deflist": (": ", ":\t", "~ ", "~\t"),
    "admon": ("!!!", "???"),
    "colon_fence": (":::",),
}
# Prose has those of a definition list all over; one begins its line, in what continues the containers around it.
_DEFINITION = r"\n[ \t>]*[:~][ \t]"
EVERY = tuple(_SIGNS)


def needed(source: str, whole: bool) -> tuple[str, ...]:
    """The plugins that can make a difference to the source; a part of a document has no front matter."""
    return tuple(
        name
        for name, signs in _SIGNS.items()
        if any(sign in source for sign in signs)
        and (name != "front_matter" or (whole and source.removeprefix(BOM).startswith(MARKERS)))
        and (name != "deflist" or re.search(_DEFINITION, source.replace("\r", "\n")))
    )


def use_containers(markdown: MarkdownIt, plugins: tuple[str, ...] = EVERY) -> None:
    """Let a parser see all containers in which there may be blocks."""
    from markdown_it.rules_block import fence

    markdown.core.ruler.after("normalize", ENDED, _ended)

    for name in plugins:
        if name == "front_matter":
            use_front_matter(markdown)
        else:
            markdown.use(getattr(import_module(f"mdit_py_plugins.{name}"), f"{name}_plugin"))
    if "colon_fence" in plugins:
        rules = markdown.block.ruler
        rule = dict(zip(rules.get_active_rules(), rules.getRules(""), strict=True))["colon_fence"]
        rules.at("colon_fence", opening(rule, (":::",)), {"alt": [*INTERRUPTS, "footnote_def"]})
    markdown.block.ruler.at("fence", opening(fence, FENCES), {"alt": INTERRUPTS})


INTERRUPTS = ["paragraph", "reference", "blockquote", "list"]
FENCES = ("```", "~~~")


def opening(rule: Rule, signs: tuple[str, ...]) -> Rule:
    """A rule for fences that also opens them: those that hold Markdown become containers, the others stay leaves.

    It is tried at each line of a source; where none of the `signs` stands the rule itself is not asked.
    """

    def opened(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        at_sign = state.src.startswith(signs, state.bMarks[start] + state.tShift[start])
        if not at_sign or not rule(state, start, end, silent):
            return False
        if not silent:
            token = state.tokens[-1]
            if holds_markdown(token.markup, token.info):
                _open(state, start, state.tokens.pop())
        return True

    return opened


def _open(state: StateBlock, start: int, fence: Token) -> None:
    """Read what a fence encloses as the lines of a container whose margin is where the fence begins."""
    after = state.line
    end = after - is_closed(state, start, fence)
    name = directive(fence.info) or fence.info.strip().partition(" ")[0]
    token = state.push("directive_open", "div", 1)
    token.block, token.map = True, fence.map
    token.markup, token.info = fence.markup, fence.info
    token.attrs = {"class": name.strip("{}.#")}
    begin = start + 1 + behind_options(fence.info, (text_of(state, line) for line in range(start + 1, end)))
    if begin > start + 1:
        options = state.push("directive_options", "", 0)
        options.hidden = options.block = True
        options.map = [start + 1, begin]
    around = state.env.setdefault(AROUND, [])
    around.append(fence.markup)
    _tokenize(state, begin, end, state.sCount[start])
    around.pop()
    state.line = after
    token = state.push("directive_close", "div", -1)
    token.block, token.markup = True, fence.markup


def _tokenize(state: StateBlock, begin: int, end: int, indent: int) -> None:
    """Read lines as those of a text of their own, the indentation of their fence taken away."""
    before = state.parentType, state.lineMax, state.blkIndent
    places = state.bMarks, state.tShift, state.sCount, state.bsCount
    lines = [each[begin:end] for each in places]
    lacking = state.env.setdefault(LACKING, {})
    lacked = dict(lacking) if indent else lacking
    state.parentType, state.lineMax, state.blkIndent = "container", end, 0
    for line in range(begin, end):
        _strip(state, line, indent)
    state.md.block.tokenize(state, begin, end)
    for each, old in zip(places, lines, strict=True):
        each[begin:end] = old
    state.env[LACKING] = lacked
    state.parentType, state.lineMax, state.blkIndent = before


def _strip(state: StateBlock, line: int, indent: int) -> None:
    """Move the beginning of a line to where it is in its fence; tabs have their stops from there."""
    at, last, stop = state.bMarks[line], state.eMarks[line], state.bsCount[line]
    lacking = state.env[LACKING].get(line, ())
    is_cut = any(in_tab and place == at for place, _, in_tab in lacking)
    width = whole = 0
    while at < last and width < indent and state.src[at] in BLANKS:
        whole = width
        width += 4 - (width + stop) % 4 if state.src[at] == "\t" else 1
        at += 1
    over = max(0, width - indent)  # Of a tab that the fence's margin cuts in two, and which stays whole.
    at -= over > 0
    if over and re.compile(r"[ \t>*+\-0-9.):]*\t").match(state.src, at + 1, last):
        state.env.setdefault(TABBED, set()).add(line)
    if lacks := indent - (whole if over else width):
        state.env[LACKING][line] = (*lacking, (at, lacks, over > 0))
    state.bsCount[line] = stop if is_cut and at == state.bMarks[line] and not over else -over % 4
    state.bMarks[line] = at
    width = 0
    begin = at
    while at < last and state.src[at] in BLANKS:
        width += 4 - (width + state.bsCount[line]) % 4 if state.src[at] == "\t" else 1
        at += 1
    state.tShift[line], state.sCount[line] = at - begin, width


def is_closed(state: StateBlock, start: int, fence: Token) -> bool:
    """Whether the fence that the parser has just read, from the line `start` on, ends with a closing fence."""
    last = state.line - 1
    closing = text_of(state, last).rstrip(BLANKS)
    return (
        last > start
        and len(closing) >= len(fence.markup)
        and not closing.strip(fence.markup[0])
        and not state.is_code_block(last)
    )


def text_of(state: StateBlock, line: int) -> str:
    """A line as it stands in its containers, without its indentation."""
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]


def behind_options(info: str, texts: Iterable[str]) -> int:
    """How many lines at the top of a fence are options that MyST reads: `:key: value`, or YAML between two `---`.

    The lines come without their indentation.
    """
    count = 0
    if directive(info) is None:
        return count
    in_yaml = False
    for text in texts:
        if text.startswith("---"):
            if in_yaml or count > 0:
                return count + in_yaml
            in_yaml = True
        elif not in_yaml and not _is_option(text):
            break
        count += 1
    return count


def _is_option(text: str) -> bool:
    key, colon, _ = text[1:].partition(":")
    return text.startswith(":") and bool(colon) and key.split() == [key]


def _ended(state: StateCore) -> None:
    """Give the last line an ending: some rules read past the end of a source whose last line is blank without one."""
    if not state.src.endswith("\n"):
        state.src += "\n"
