"""YAML text becomes a tree that remembers where each node stands in the document.

The only importer of the YAML reader: PyYAML's C events under the YAML 1.2 core schema of yamlcore. The tree is
built without recursion, and aliases share their nodes, so that neither depth nor expansion can hurt.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, Literal, NamedTuple, NoReturn, cast

import msgspec

from mdattn.errors import Diagnostic, DiagramError, Excerpt, Path, Position

MOST_DEPTH = 40
MOST_NODES = 1_000_000
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
    import yaml
    from yamlcore import CCoreLoader

    if not excerpt.text.strip():
        raise DiagramError(excerpt.position(0), "the block is empty", "it needs at least 'kind:' and 'text:'")
    builder = _Builder(excerpt)
    try:
        root = builder.build(CCoreLoader(excerpt.text).get_event)
    except UnicodeEncodeError as error:
        raise DiagramError(excerpt.position(error.start), "a byte that is not UTF-8", "save it as UTF-8") from None
    except yaml.reader.ReaderError as error:
        place = excerpt.position(getattr(error, "position", 0))
        raise DiagramError(place, "a character that YAML does not allow", "remove it") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = excerpt.position(mark.index if mark else 0)
        problem = " ".join(part for part in (error.context, error.problem) if part)
        raise DiagramError(place, f"not valid YAML: {problem}", _yaml_hint(problem)) from None
    return Tree(root, excerpt)


def _yaml_hint(problem: str) -> str:
    if "mapping values are not allowed" in problem:
        return "put quotes around a text that holds ': '"
    if "\\t" in problem or "tab" in problem:
        return "indent with blanks, not with tabs"
    return ""


class _Builder:
    """Turns the reader's events into nodes, without recursion, so that depth is a number and not a crash."""

    def __init__(self, excerpt: Excerpt) -> None:
        self.excerpt = excerpt
        self.anchors: dict[str, Node] = {}

    def fail(self, index: int, message: str, hint: str = "") -> NoReturn:
        raise DiagramError(self.excerpt.position(index), message, hint)

    def build(self, next_event: Callable[[], Any]) -> Node:
        """The only document's root. A node that is open waits in `around` with what was read before it."""
        from yaml import events

        scalar: Any = events.ScalarEvent
        around: list[tuple[Node, str | None, list[Node]]] = []
        beside: list[Node] = []  # what stands beside the event, before it
        while (event := next_event()) is not None:
            if event.__class__ is scalar:  # Most events are.
                done = Node(event.start_mark.index, event.value, "scalar", event.implicit[0], event.tag)
                anchor = event.anchor
            else:
                name = event.__class__.__name__
                if name in ("SequenceStartEvent", "MappingStartEvent"):
                    if len(around) == MOST_DEPTH:
                        self.fail(event.start_mark.index, f"nested more than {MOST_DEPTH} levels deep")
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
            self.fail(0, "the block is empty", "it needs at least 'kind:' and 'text:'")
        return beside[0]

    def close(self, node: Node, children: list[Node]) -> None:
        """The node is read to its end, and these are its children."""
        node.content = children if node.form == "list" else list(zip(children[::2], children[1::2], strict=True))
        # Aliases share their node, so that counting what they stand for is cheap, and refusing it too.
        node.size = 1 + sum([child.size for child in children])
        if node.size > MOST_NODES:
            self.fail(
                node.index,
                f"aliases expand to more than {MOST_NODES:,} values",
                "write fewer or smaller ones",
            )

    def alias(self, event: Any) -> Node:
        target = self.anchors.get(event.anchor)
        if target is None:
            self.fail(
                event.start_mark.index,
                f"unknown alias '*{event.anchor}'",
                "an anchor must stand before its alias",
            )
        return Node(event.start_mark.index, target.content, target.form, target.plain, target.tag, target.size)


def _integer(text: str) -> int | float:
    # No number of a diagram has so many digits, and int() refuses to convert thousands of them.
    return float(text) if len(text) > 40 else int(text, 0 if text[1:2] in ("x", "o") else 10)


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


class Reader:
    """Turns nodes into plain values and gathers what is wrong with them."""

    def __init__(self, tree: Tree, texts: frozenset[str]) -> None:
        self.tree = tree
        self.texts = texts
        self.wrong: list[Diagnostic] = []

    def fail(self, node: Node, message: str, hint: str = "") -> None:
        self.wrong.append(Diagnostic(self.tree.position(node), message, hint))

    def value(self, node: Node, key: str) -> Any:
        """The plain value of a node that stands below the key."""
        if node.tag is not None and (node.tag not in ("!", "tag:yaml.org,2002:str") or node.form != "scalar"):
            self.fail(node, f"YAML tags are not allowed: '{node.tag}'", "remove the tag")
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
        return {name: self.value(item, name if name in self.texts else key) for name, item in self.entries(node)}

    def entries(self, node: Node) -> Iterator[tuple[str, Node]]:
        """The entries of a mapping by the text of their keys."""
        seen: set[str] = set()
        for key, item in node.pairs():
            if not isinstance(key.content, str):
                self.fail(key, "a key must be text")
            elif key.content in seen:
                self.fail(key, f"'{key.content}' stands here twice", "remove one of them")
            else:
                seen.add(key.content)
                yield key.content, item


def _query(node: Node) -> object:
    """A position where the scalar is a whole number, else the token as written."""
    value = _scalar(node)
    return value if isinstance(value, int) and not isinstance(value, bool) else node.content


def descend(node: Node, path: Path) -> Node:
    """The node at the path, or the nearest one around it."""
    for step in path:
        children: Mapping[object, Node] = {
            **dict(enumerate(node.items())),
            **{key.content if isinstance(key.content, str) else "": item for key, item in node.pairs()},
        }
        if step not in children:
            return node
        node = children[step]
    return node
