"""YAML text becomes a tree that remembers where each node stands in the document.

The only importer of the YAML reader: PyYAML's C events under the YAML 1.2 core schema of yamlcore. The tree is
built without recursion, and aliases share their nodes, so that neither depth nor expansion can hurt.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from math import inf
from typing import Any, Literal, NamedTuple, NoReturn, cast

import msgspec

from mdattn.errors import DiagramError, Excerpt, Path, Position
from mdattn.options._words import clipped, quoted

MOST_DEPTH = 40
MOST_ALIASED = 100_000  # More than the text has characters, and it has no more nodes of its own.
MOST_TOLD = 20  # Mistakes of one block; who has mended so many may ask again.
EMPTY = ("", "~", "null")


class Node(msgspec.Struct):
    """A YAML node: `content` is text (a scalar), a list of nodes, or a list of (key, node) pairs."""

    index: int
    content: str | list[Node] | list[tuple[Node, Node]]
    form: Literal["scalar", "list", "mapping"]
    plain: bool = False
    tag: str | None = None
    size: int = 1

    def pairs(self) -> Iterator[tuple[Node, Node]]:
        """The entries of a mapping."""
        if self.form == "mapping":
            yield from self.content  # type: ignore[misc]

    def items(self) -> Iterator[Node]:
        """The items of a list."""
        if self.form == "list":
            yield from self.content  # type: ignore[misc]


class Tree(NamedTuple):
    """A parsed YAML text and the excerpt of the document that it stands in."""

    root: Node
    excerpt: Excerpt

    def position(self, node: Node) -> Position:
        """Where the node begins in the document."""
        return self.excerpt.position(node.index)


def parse(excerpt: Excerpt) -> Tree:
    """The YAML of a block, or of a front matter, as a tree. Raises DiagramError at the first thing that is not YAML."""
    if not excerpt.text.strip():
        raise DiagramError(excerpt.position(0), *_EMPTY_BLOCK)
    yaml, loader = _reader()
    builder = _Builder(excerpt)
    try:
        return Tree(builder.build(loader(excerpt.text).get_event), excerpt)
    except UnicodeEncodeError as error:
        raise DiagramError(excerpt.position(error.start), "a byte that is not UTF-8", "save it as UTF-8") from None
    except yaml.reader.ReaderError as error:
        place = excerpt.position(getattr(error, "position", 0))
        raise DiagramError(place, "a character that YAML does not allow", "remove it") from None
    except yaml.MarkedYAMLError as error:
        raise _explained(excerpt, error, len(builder.around)) from None


_EMPTY_BLOCK = ("the block is empty", "it needs at least 'kind:' and 'text:'")


@cache
def _reader() -> tuple[Any, Any]:
    """PyYAML, and its C reader under the core schema. The reader in Python reads some texts differently."""
    try:
        import yaml
        from yamlcore import CCoreLoader
    except (ImportError, AttributeError):
        raise DiagramError(
            None,
            "this PyYAML was built without its C library (libyaml), and blocks are read with nothing else",
            "install a wheel of it: pip install --force-reinstall --only-binary :all: PyYAML",
        ) from None
    return yaml, CCoreLoader


def _explained(excerpt: Excerpt, error: Any, depth: int) -> DiagramError:
    """What the reader refused, in an author's words. Its own differ between its releases, and are not looked at."""
    from mdattn.options._syntax import cause

    too_deep = _too_deep(excerpt.text, MOST_DEPTH - depth)
    if too_deep is not None:
        return DiagramError(excerpt.position(too_deep), _TOO_DEEP)
    marks = [each.index for each in (error.problem_mark, error.context_mark) if each is not None]
    found = cause(excerpt.text, marks or [0], stops)
    return DiagramError(excerpt.position(found.at), found.message, found.hint)


_TOO_DEEP = f"nested more than {MOST_DEPTH} levels deep"


def _too_deep(text: str, levels: int) -> int | None:
    """Where brackets, quotes and comments aside, are nested deeper than so many levels."""
    depth = 0
    for match in re.finditer(r"(?<=[\s\[{,])(?:\"(?:\\.|[^\"\\])*\"|'[^']*'|#.*)|[\[{\]}]", text):
        depth += 1 if match[0] in "[{" else -1 if match[0] in "]}" else 0
        if depth > levels:
            return match.start()
    return None


def stops(text: str) -> int | None:
    """Where the reader stops that wants a mapping; None where it reads to the end."""
    yaml, loader = _reader()
    reader = loader(text)
    outermost = None
    try:
        while (event := reader.get_event()) is not None:
            if outermost is None and isinstance(event, yaml.NodeEvent):
                outermost = event
                if not isinstance(event, yaml.MappingStartEvent):
                    return 0
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return mark.index if mark else 0
    except (yaml.YAMLError, UnicodeError):
        return 0
    return None


class _Builder:
    """Turns the reader's events into nodes, without recursion, so that depth is a number and not a crash."""

    def __init__(self, excerpt: Excerpt) -> None:
        self.excerpt = excerpt
        self.anchors: dict[str, Node] = {}
        # The nodes that are open, each with its anchor and what was read before it.
        self.around: list[tuple[Node, str | None, list[Node]]] = []

    def fail(self, index: int, message: str, hint: str = "") -> NoReturn:
        raise DiagramError(self.excerpt.position(index), message, hint)

    def build(self, next_event: Callable[[], Any]) -> Node:
        """The only document's root."""
        from yaml import events

        scalar: Any = events.ScalarEvent
        around = self.around
        beside: list[Node] = []  # what stands beside the event, before it
        while (event := next_event()) is not None:
            if event.__class__ is scalar:  # Most events are.
                done = Node(event.start_mark.index, event.value, "scalar", event.implicit[0], event.tag)
                anchor = event.anchor
            else:
                name = event.__class__.__name__
                if name in ("SequenceStartEvent", "MappingStartEvent"):
                    if len(around) == MOST_DEPTH:
                        self.fail(event.start_mark.index, _TOO_DEEP)
                    form: Literal["list", "mapping"] = "list" if name[0] == "S" else "mapping"
                    around.append((Node(event.start_mark.index, [], form, False, event.tag), event.anchor, beside))
                    beside = []
                    continue
                if name in ("SequenceEndEvent", "MappingEndEvent"):
                    children = beside
                    done, anchor, beside = around.pop()
                    self.close(done, children)
                elif name == "AliasEvent":
                    done, anchor = self.alias(event), None
                elif name == "DocumentStartEvent" and beside:
                    self.fail(event.start_mark.index, "a second YAML document in one block", "remove the line '---'")
                else:
                    continue
            if anchor is not None:
                self.anchors[anchor] = done
            beside.append(done)
        if not beside:
            self.fail(0, *_EMPTY_BLOCK)
        return beside[0]

    def close(self, node: Node, children: list[Node]) -> None:
        """The node is read to its end, and these are its children."""
        node.content = children if node.form == "list" else list(zip(children[::2], children[1::2], strict=True))
        # Aliases share their node, so that counting what they stand for is cheap, and refusing it too.
        node.size = 1 + sum([child.size for child in children])
        if node.size > MOST_ALIASED and node.size > MOST_ALIASED + len(self.excerpt.text):
            self.fail(
                node.index,
                f"aliases expand to more than {MOST_ALIASED:,} values",
                "write fewer or smaller ones",
            )

    def alias(self, event: Any) -> Node:
        target = self.anchors.get(event.anchor)
        if target is None:
            name = clipped(event.anchor)
            self.fail(
                event.start_mark.index,
                f"'*{name}' repeats the part that is marked '&{name}', and none is",
                "put quotes around a text that begins with '*'",
            )
        return Node(event.start_mark.index, target.content, target.form, target.plain, target.tag, target.size)


LARGEST_INTEGER = 2**63 - 1  # What lies beyond is no count and no position, and not every library can take it.


def _integer(text: str) -> int | float:
    # int() refuses to convert thousands of decimal digits.
    base = {"x": 16, "o": 8}.get(text[1:2], 10)
    return float(text) if base == 10 and len(text) > 40 else bounded(int(text.removeprefix("0o"), base))


def bounded(number: int) -> int | float:
    """The number itself, or one with a point where it is larger than any that a block has use for."""
    if abs(number) <= LARGEST_INTEGER:
        return number
    try:
        return float(number)
    except OverflowError:
        return inf if number > 0 else -inf


def _float(text: str) -> float:
    # YAML writes a point before what Python spells without one.
    return float(text.lower().replace(".inf", "inf").replace(".nan", "nan") if text[-1] in "fFnN" else text)


_CORE: Mapping[str, Callable[[str], object]] = {
    "null": lambda text: None,
    "bool": lambda text: text.lower() == "true",
    "int": _integer,
    "float": _float,
}


@cache
def _resolvers() -> Mapping[str, Sequence[tuple[Callable[[str], object], Callable[[str], object]]]]:
    """By its first character: what a plain scalar may match, and what it is converted with then."""
    from yamlcore import CCoreLoader

    return {
        first: [(pattern.match, _CORE[tag.rpartition(":")[2]]) for tag, pattern in resolvers]
        for first, resolvers in CCoreLoader.yaml_implicit_resolvers.items()
    }


def _scalar(node: Node) -> Any:
    """The value of a scalar in the YAML 1.2 core schema."""
    text: Any = node.content
    return _plain(text) if node.plain else text


@lru_cache(maxsize=2**12)  # Numbers that people write are few, and stand in many places.
def _plain(text: str) -> Any:
    """The value of a scalar without quotes."""
    for match, convert in _resolvers().get(text[:1], ()):
        if match(text):
            return convert(text)
    return text


class PlainValues:
    """Turns nodes into plain values and gathers what is wrong with them: each node with the message and the cure."""

    def __init__(self, texts: frozenset[str]) -> None:
        self.texts = texts
        self.wrong: list[tuple[Node, str, str]] = []
        self.more = 0
        """How many mistakes are not kept, as more than are told."""

    def fail(self, node: Node, message: str, hint: str = "") -> None:
        if len(self.wrong) < MOST_TOLD:
            self.wrong.append((node, message, hint))
        else:
            self.more += 1

    def value(self, node: Node, key: str) -> Any:
        """The plain value of a node that stands below the key."""
        if self._refuses(node):
            return None
        if node.form == "scalar":
            if key in self.texts and not (node.plain and node.content == ""):
                return node.content
            return _query(node) if key == "query" else _scalar(node)
        if node.form == "list":
            if key in self.texts or key == "query":
                return [self.value(item, key) for item in node.items()]
            # Most of what a document holds is numbers.
            return [
                _scalar(item) if item.form == "scalar" and item.tag is None else self.value(item, key)
                for item in cast("list[Node]", node.content)
            ]
        return {name: self.value(item, name if name in self.texts else key) for name, _, item in self.entries(node)}

    def _refuses(self, node: Node) -> bool:
        """Whether the node has a tag that says more than that it is text."""
        if node.tag is None or (node.tag in ("!", "tag:yaml.org,2002:str") and node.form == "scalar"):
            return False
        self.fail(node, *_tagged(node.tag))
        return True

    def entries(self, node: Node) -> Iterator[tuple[str, Node, Node]]:
        """The entries of a mapping: the text of the key, the key, the value."""
        seen: set[str] = set()
        self._refuses(node)
        for key, item in node.pairs():
            self._refuses(key)
            if not isinstance(key.content, str):
                self.fail(key, "a key must be text", "put quotes around it")
            elif key.content == "<<" and key.plain:
                self.fail(key, "'<<' does not merge mappings here", "write the options out")
            elif key.content in seen:
                self.fail(key, f"{quoted(key.content)} stands here twice", "remove one of them")
            else:
                seen.add(key.content)
                yield key.content, key, item


def _tagged(tag: str) -> tuple[str, str]:
    name = clipped(tag.replace("tag:yaml.org,2002:", "!!"))
    return f"'{name}' is a tag, and tags are not allowed", "remove it; a text that begins with '!' needs quotes"


def _query(node: Node) -> object:
    """A position where the scalar is a whole number, else the token as written."""
    value = _scalar(node)
    return value if isinstance(value, int) and not isinstance(value, bool) else node.content


def descend(node: Node, path: Path) -> Node:
    """The node at the path, or the nearest one around it."""
    for step in path:
        if node.form == "list" and isinstance(step, int) and step < len(node.content):
            node = cast("list[Node]", node.content)[step]
        else:
            found = next((item for key, item in node.pairs() if key.content == step), None)
            if found is None:
                return node
            node = found
    return node


def key_of(node: Node, name: str) -> Node | None:
    """The key of that name in a mapping."""
    return next((key for key, _ in node.pairs() if key.content == name), None)
