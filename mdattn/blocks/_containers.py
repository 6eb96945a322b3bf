"""Containers that CommonMark does not know: what the parser needs to see the blocks in them.

Footnotes, definition lists, admonitions, colon fences and front matter come from mdit-py-plugins. What the author
of a directive writes between its fences is Markdown for MyST, and so it is here: the parser goes on inside, as it does
in a list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from typing import TYPE_CHECKING

from mdattn.blocks._names import directive, holds_markdown

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.token import Token

    Rule = Callable[[StateBlock, int, int, bool], bool]

BLANKS = " \t"
AROUND = "attention-diagram fences around"  # In the parser's environment: the open fences that hold Markdown.
TOML = "+++"

# By the name of each plugin, the signs of which a source has one wherever its rule finds anything. Without them the
# rule is left out: it would be tried at each line of the source in vain.
_SIGNS = {
    "front_matter": ("---",),
    "toml": (TOML,),
    "footnote": ("[^",),
    "deflist": (":", "~"),
    "admon": ("!!!", "???"),
    "colon_fence": (":::",),
}
EVERY = tuple(_SIGNS)


def needed(source: str, whole: bool) -> tuple[str, ...]:
    """The plugins that can make a difference to the source; a part of a document has no front matter."""
    return tuple(
        name
        for name, signs in _SIGNS.items()
        if (whole or name not in ("front_matter", "toml")) and any(sign in source for sign in signs)
    )


def use_containers(markdown: MarkdownIt, plugins: tuple[str, ...] = EVERY) -> None:
    """Let a parser see all containers in which there may be blocks."""
    from markdown_it.rules_block import fence

    for name in plugins:
        if name == "toml":
            markdown.block.ruler.before("table", name, _toml_front_matter)
        else:
            markdown.use(getattr(import_module(f"mdit_py_plugins.{name}"), f"{name}_plugin"))
    if "colon_fence" in plugins:
        from mdit_py_plugins.colon_fence import _rule

        markdown.block.ruler.at("colon_fence", opening(_ended(_rule)), {"alt": [*INTERRUPTS, "footnote_def"]})
    markdown.block.ruler.at("fence", opening(fence), {"alt": INTERRUPTS})


INTERRUPTS = ["paragraph", "reference", "blockquote", "list"]


def opening(rule: Rule) -> Rule:
    """A rule for fences that also opens them: those that hold Markdown become containers, the others stay leaves."""

    def opened(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        if not rule(state, start, end, silent):
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
    before = state.parentType, state.lineMax, state.blkIndent
    counts = state.sCount[begin:end]
    state.parentType, state.lineMax, state.blkIndent = "container", end, state.sCount[start]
    # A line may stand further out than its fence: inside it begins at the margin all the same.
    state.sCount[begin:end] = [max(count, state.blkIndent) for count in counts]
    state.md.block.tokenize(state, begin, end)
    state.sCount[begin:end] = counts
    state.parentType, state.lineMax, state.blkIndent = before
    around.pop()
    state.line = after
    token = state.push("directive_close", "div", -1)
    token.block, token.markup = True, fence.markup


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


def _ended(rule: Rule) -> Rule:
    """The rule, for which each line must have an end: it would read past that of the source."""

    def ended(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        if not silent and not state.src.endswith("\n"):
            state.src += "\n"
        return rule(state, start, end, silent)

    return ended


def _toml_front_matter(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """What stands at the top of a document between two lines `+++`."""
    if silent or start > 0 or state.level > 0 or state.src[: state.eMarks[0]].rstrip(BLANKS) != TOML:
        return False
    for line in range(1, end):
        if state.src[state.bMarks[line] : state.eMarks[line]].rstrip(BLANKS) == TOML:
            token = state.push("front_matter", "", 0)
            token.hidden = token.block = True
            token.markup = TOML
            token.content = state.getLines(1, line, 0, False)
            token.map = [0, line + 1]
            state.line = line + 1
            return True
    return False
