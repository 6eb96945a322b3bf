"""A block's YAML becomes frozen, typed options here.

Floor 1, and the only importer of the YAML reader. The reader's events are turned into a small tree that remembers where each
node stands in the document; msgspec checks the values against the options of the block's kind. All mistakes of a block are
found in one pass, and each is reported where it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any, ClassVar, Generic, Literal, NoReturn, Protocol, TypeVar

import msgspec
from msgspec import Meta

from mdattn.errors import DiagramError, Diagnostic, Excerpt, OptionError, Path, Position, suggest

DEFAULTS_KEY = "attention-diagram"
MOST_DEPTH = 40
MOST_NODES = 1_000_000
MOST_TOKENS = 1024
LARGEST = 1e9  # No number of a diagram is larger: its digits would not fit, and products of such numbers stay finite.

# Of each pair one may stand in a block; the block's own replaces the other from the front matter.
RIVALS = (("text", "tokens"), ("scores", "weights"))


def doc(description: str, expected: str, **bounds: Any) -> Meta:
    """What an option means, for `mdattn kinds`, and what a mistaken value is told to be."""
    return Meta(description=description, extra={"expected": expected}, **bounds)


class Common(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The options that every kind has."""

    # Keys below which every scalar is text as written: `tokens: [1.0, no]` holds the words "1.0" and "no".
    texts: ClassVar[frozenset[str]] = frozenset({"kind", "title", "text", "tokens", "key_tokens", "annotations", "name", "gloss"})
    # Keys whose mappings are by token.
    by_token: ClassVar[frozenset[str]] = frozenset({"embeddings", "annotations"})

    kind: str
    title: Annotated[str | None, doc("a heading; 'none' leaves it out", "text")] = None
    width: Annotated[int, doc("columns that the diagram may take", "a whole number from 1 to 200", ge=1, le=200)] = 72
    charset: Annotated[Literal["unicode", "ascii"], doc("signs to draw with", "'unicode' or 'ascii'")] = "unicode"


class Window(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A mask under which a query sees only the last keys up to its own."""

    window: Annotated[int, Meta(ge=1)]


class Projections(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Matrices [d_model, d_k] (value: [d_model, d_v]); one left out is the identity."""

    query: list[Any] | None = None
    key: list[Any] | None = None
    value: list[Any] | None = None


class Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one head attends by."""

    name: str | None = None
    projections: Projections | None = None
    scores: list[Any] | None = None
    weights: list[Any] | None = None


Dimension = Annotated[int, Meta(ge=1, le=64)]
Count = Annotated[int, Meta(ge=1, le=64)]
Positive = Annotated[float, Meta(gt=0, le=LARGEST)]
Matrix = list[Any]
ByToken = list[Any] | dict[str, Any]


class Attention(Common, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The options of the kinds that compute attention over tokens."""

    text: Annotated[str | None, doc("a sentence, split on white space", "text")] = None
    tokens: Annotated[list[str] | None, doc("a list of tokens, instead of `text`", "a list of tokens")] = None
    embeddings: Annotated[
        ByToken | None,
        doc(
            "one vector a token; left out: illustrative ones made from the token's own text",
            "a list of vectors, one a token, or a mapping from token to vector",
        ),
    ] = None
    dimensions: Annotated[
        Dimension | None, doc("length of illustrative embeddings (default 3)", "a whole number from 1 to 64")
    ] = None
    projections: Annotated[
        Projections | None,
        doc(
            "`query`, `key` and `value` matrices [d_model, d_k]; left out: identity",
            "a mapping with 'query', 'key' and 'value' matrices",
        ),
    ] = None
    keys: Annotated[
        ByToken | None, doc("key vectors given directly", "a list of vectors, or a mapping from token to vector")
    ] = None
    values: Annotated[
        ByToken | None, doc("value vectors given directly", "a list of vectors, or a mapping from token to vector")
    ] = None
    key_tokens: Annotated[
        list[str] | None, doc("the tokens that are attended to, for cross-attention", "a list of tokens")
    ] = None
    scores: Annotated[
        Matrix | None, doc("scores given instead of computed [query, key]", "rows of numbers, one row a query")
    ] = None
    weights: Annotated[
        Matrix | None,
        doc("weights given instead of computed [query, key]; rows add up to 1", "rows of numbers, one row a query"),
    ] = None
    scale: Annotated[
        Positive | None, doc("factor of the scores (default 1/√d_k; of given `scores`, 1)", "a number above 0")
    ] = None
    temperature: Annotated[Positive | None, doc("divides the scaled scores", "a number above 0")] = None
    softcap: Annotated[Positive | None, doc("c of c × tanh(score / c)", "a number above 0")] = None
    mask: Annotated[
        Literal["none", "causal"] | Window | Matrix,
        doc(
            "who may attend: `none`, `causal`, `{window: n}`, or rows of true and false",
            "'none', 'causal', {window: n}, or rows of true and false, one row a query",
        ),
    ] = "none"
    heads: Annotated[
        Count | list[Head],
        doc(
            "how many, or a list with `name`, `projections`, `scores` or `weights` of each",
            "a whole number from 1 to 64, or a list of heads",
        ),
    ] = 1
    decimals: Annotated[int, doc("decimals of printed numbers", "a whole number from 0 to 6", ge=0, le=6)] = 2


# Reading -------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Node:
    """A YAML node: `content` is text (a scalar), a list of nodes, or a list of (key, node) pairs."""

    index: int
    content: str | list[Node] | list[tuple[Node, Node]]
    form: Literal["scalar", "list", "mapping"]
    plain: bool = False
    tag: str | None = None
    size: int = 1

    def pairs(self) -> Iterator[tuple[Node, Node]]:
        """The entries of a mapping."""
        for each in self.content if self.form == "mapping" else ():
            yield each  # type: ignore[misc]

    def items(self) -> Iterator[Node]:
        """The items of a list."""
        for each in self.content if self.form == "list" else ():
            yield each  # type: ignore[misc]


@dataclass(frozen=True)
class Tree:
    """A parsed YAML text and the excerpt of the document that it stands in."""

    root: Node
    excerpt: Excerpt

    def position(self, node: Node) -> Position:
        """Where the node begins in the document."""
        return self.excerpt.position(node.index)


class HasOptions(Protocol):
    """A kind, as far as this room needs to know it."""

    @property
    def options(self) -> type[Common]:
        """The type of the kind's options."""
        ...


O = TypeVar("O", bound=Common, covariant=True)


@dataclass(frozen=True)
class Parsed(Generic[O]):
    """The options of one block, and where each of them stands."""

    options: O
    position: Position
    places: Mapping[str, tuple[Tree, Node, Node]] = field(repr=False, default_factory=dict)

    def place(self, path: Path) -> Position:
        """The place of the option at the path, or of the nearest one around it, or of the block."""
        if not path or path[0] not in self.places:
            return self.position
        tree, key, node = self.places[str(path[0])]
        found = _descend(node, path[1:])
        return tree.position(key if found is node and node.form != "scalar" else found)

    def error(self, error: OptionError) -> Diagnostic:
        """The option's error, in its place in the document."""
        return Diagnostic(self.place(error.path), error.message, error.hint)


def parse(excerpt: Excerpt) -> Tree:
    """The YAML of a block, or of a front matter, as a tree. Raises DiagramError at the first thing that is not YAML."""
    import yaml
    from yamlcore import CCoreLoader

    if not excerpt.text.strip():
        raise DiagramError(excerpt.position(0), "the block is empty", "it needs at least 'kind:' and 'text:'")
    builder = _Builder(excerpt)
    try:
        root = builder.build(yaml.parse(excerpt.text, Loader=CCoreLoader))  # type: ignore[no-untyped-call]
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

    def build(self, events: Iterator[Any]) -> Node:
        open_nodes: list[tuple[Node, str | None, list[Node]]] = []
        root: Node | None = None
        for event in events:
            name = event.__class__.__name__
            if name == "ScalarEvent":
                done = Node(event.start_mark.index, event.value, "scalar", event.implicit[0], event.tag)
                anchor = event.anchor
            elif name in ("SequenceStartEvent", "MappingStartEvent"):
                if len(open_nodes) == MOST_DEPTH:
                    self.fail(event.start_mark.index, f"nested more than {MOST_DEPTH} levels deep")
                form: Literal["list", "mapping"] = "list" if name[0] == "S" else "mapping"
                open_nodes.append((Node(event.start_mark.index, [], form, tag=event.tag), event.anchor, []))
                continue
            elif name in ("SequenceEndEvent", "MappingEndEvent"):
                done, anchor, children = open_nodes.pop()
                self.close(done, children)
            elif name == "AliasEvent":
                done, anchor = self.alias(event), None
            elif name == "DocumentStartEvent" and root is not None:
                self.fail(event.start_mark.index, "a second YAML document in one block", "remove the line '---'")
            else:
                continue
            if anchor is not None:
                self.anchors[anchor] = done
            if open_nodes:
                open_nodes[-1][2].append(done)
            else:
                root = done
        if root is None:
            self.fail(0, "the block is empty", "it needs at least 'kind:' and 'text:'")
        return root

    def close(self, node: Node, children: list[Node]) -> None:
        node.content = children if node.form == "list" else list(zip(children[::2], children[1::2], strict=True))
        # Aliases share their node, so that counting what they stand for is cheap, and refusing it too.
        node.size = 1 + sum(child.size for child in children)
        if node.size > MOST_NODES:
            self.fail(node.index, f"aliases expand to more than {MOST_NODES:,} values", "write fewer or smaller ones")

    def alias(self, event: Any) -> Node:
        target = self.anchors.get(event.anchor)
        if target is None:
            self.fail(event.start_mark.index, f"unknown alias '*{event.anchor}'", "an anchor must stand before its alias")
        return Node(event.start_mark.index, target.content, target.form, target.plain, target.tag, target.size)


@cache
def _resolvers() -> Mapping[str, Sequence[tuple[str, Any]]]:
    from yamlcore import CCoreLoader

    resolvers: Mapping[str, Sequence[tuple[str, Any]]] = CCoreLoader.yaml_implicit_resolvers
    return resolvers


def _scalar(node: Node) -> object:
    """The value of a scalar in the YAML 1.2 core schema."""
    text = node.content
    assert isinstance(text, str)
    if not node.plain:
        return text
    for tag, pattern in _resolvers().get(text[:1], ()):
        if pattern.match(text):
            return _CORE[tag.rpartition(":")[2]](text)
    return text


def _integer(text: str) -> int | float:
    # No number of a diagram has so many digits, and int() refuses to convert thousands of them.
    return float(text) if len(text) > 40 else int(text, 0 if text[1:2] in ("x", "o") else 10)


_CORE: Mapping[str, Callable[[str], object]] = {
    "null": lambda text: None,
    "bool": lambda text: text.lower() == "true",
    "int": _integer,
    "float": lambda text: float(text.replace(".inf", "inf").replace(".Inf", "inf").replace(".INF", "inf").replace(".nan", "nan").replace(".NaN", "nan").replace(".NAN", "nan")),
}


class _Reader:
    """Turns nodes into plain values and gathers what is wrong with them."""

    def __init__(self, tree: Tree, texts: frozenset[str]) -> None:
        self.tree = tree
        self.texts = texts
        self.wrong: list[Diagnostic] = []

    def fail(self, node: Node, message: str, hint: str = "") -> None:
        self.wrong.append(Diagnostic(self.tree.position(node), message, hint))

    def value(self, node: Node, key: str) -> Any:
        """The plain value of a node that stands below the key."""
        if node.tag not in (None, "!", "tag:yaml.org,2002:str") or (node.tag and node.form != "scalar"):
            self.fail(node, f"YAML tags are not allowed: '{node.tag}'", "remove the tag")
            return None
        if node.form == "scalar":
            if key in self.texts and not (node.plain and node.content in ("", "~", "null")):
                return node.content
            return _query(node) if key == "query" else _scalar(node)
        if node.form == "list":
            return [self.value(item, key) for item in node.items()]
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


def defaults_of(front_matter: Excerpt) -> Tree | None:
    """What the front matter says under `attention-diagram:`, if it says anything."""
    if DEFAULTS_KEY not in front_matter.text:
        return None
    tree = parse(front_matter)
    for key, node in tree.root.pairs():
        if key.content == DEFAULTS_KEY:
            if node.form == "mapping":
                return Tree(node, front_matter)
            if node.content in ("", "~", "null"):
                return None
            raise DiagramError(tree.position(node), f"'{DEFAULTS_KEY}' must hold a mapping of options")
    return None


def read(
    excerpt: Excerpt,
    position: Position,
    kinds: Mapping[str, HasOptions],
    defaults: Tree | None = None,
) -> Parsed[Common]:
    """The typed options of one block.

    `kinds` maps each kind to its options; `defaults` come from the front matter. Raises DiagramError with every mistake.
    """
    tree = parse(excerpt)
    if tree.root.form != "mapping":
        raise DiagramError(tree.position(tree.root), "a block holds options, one 'key: value' a line", "begin with 'kind:'")
    own = {str(key.content): (tree, key, node) for key, node in tree.root.pairs()}
    given = dict(_inherited(defaults, own)) | own if defaults else own
    type_ = _kind(given, position, kinds)
    readers = {id(each): _Reader(each, type_.texts) for each in (tree, defaults) if each is not None}
    list(readers[id(tree)].entries(tree.root))
    known = set(type_.__struct_fields__)
    values: dict[str, Any] = {}
    for name, (origin, key, node) in given.items():
        reader = readers[id(origin)]
        if name in known:
            values[name] = reader.value(node, name)
        elif origin is tree or not any(name in each.options.__struct_fields__ for each in kinds.values()):
            reader.fail(key, *_unknown(name, type_, kinds))
    wrong = [each for reader in readers.values() for each in reader.wrong]
    for first, second in RIVALS:
        if first in values and second in values:
            wrong.append(Diagnostic(tree.position(given[second][1]), f"'{first}' and '{second}' exclude each other", "keep one"))
    if defaults is not None:
        _prune(values, given, tree, type_)
    bare = Parsed(type_(kind=values.get("kind", "")), position, given)
    options = _convert(values, type_, bare, wrong)
    if wrong or options is None:
        raise DiagramError.of(wrong)
    return Parsed(options, position, given)


def of_mapping(options: Mapping[str, Any], kinds: Mapping[str, HasOptions]) -> Parsed[Common]:
    """The typed options of a block given as a mapping. A mistake has a path, but no place."""
    position = Position(1, 1)
    for name in options:
        if not isinstance(name, str):
            raise DiagramError(None, f"a key must be text, not {name!r}")
    type_ = _kind_named(options.get("kind"), None, kinds)
    wrong = [
        Diagnostic(None, *_unknown(name, type_, kinds)) for name in options if name not in type_.__struct_fields__
    ]
    for first, second in RIVALS:
        if first in options and second in options:
            wrong.append(Diagnostic(None, f"'{first}' and '{second}' exclude each other", "keep one"))
    bare: Parsed[Common] = Parsed(type_(kind=""), position)
    known = {name: value for name, value in options.items() if name in type_.__struct_fields__}
    converted = _convert(known, type_, bare, wrong)
    if wrong or converted is None:
        raise DiagramError.of([Diagnostic(None, each.message, each.hint) for each in wrong])
    return Parsed(converted, position)


def _inherited(
    defaults: Tree, own: Mapping[str, tuple[Tree, Node, Node]]
) -> Iterator[tuple[str, tuple[Tree, Node, Node]]]:
    """The defaults that the block leaves standing."""
    replaced = {rival for pair in RIVALS for mine, rival in (pair, pair[::-1]) if mine in own}
    seen: set[str] = set()
    for key, node in defaults.root.pairs():
        name = str(key.content)
        if name in seen:
            raise DiagramError(defaults.position(key), f"'{name}' stands here twice", "remove one of them")
        seen.add(name)
        if name not in replaced:
            yield name, (defaults, key, node)


def _kind(
    given: Mapping[str, tuple[Tree, Node, Node]], position: Position, kinds: Mapping[str, HasOptions]
) -> type[Common]:
    if "kind" not in given:
        raise DiagramError(position, "the block does not say its kind", "begin with 'kind:' and " + suggest("", kinds))
    tree, _, node = given["kind"]
    return _kind_named(node.content, tree.position(node), kinds)


def _kind_named(name: object, position: Position | None, kinds: Mapping[str, HasOptions]) -> type[Common]:
    if name is None:
        raise DiagramError(position, "the block does not say its kind", "begin with 'kind:' and " + suggest("", kinds))
    if not isinstance(name, str):
        raise DiagramError(position, "'kind' must be the name of one kind", suggest("", kinds))
    if name not in kinds:
        raise DiagramError(position, f"unknown kind '{name}'", suggest(name, kinds))
    return kinds[name].options


def _unknown(name: str, type_: type[Common], kinds: Mapping[str, HasOptions]) -> tuple[str, str]:
    users = [kind for kind, each in kinds.items() if name in each.options.__struct_fields__]
    if users:
        return f"'{name}' is not an option of this kind", f"only of {', '.join(users)}"
    return f"unknown option '{name}'", suggest(name, type_.__struct_fields__)


def _prune(
    values: dict[str, Any], given: Mapping[str, tuple[Tree, Node, Node]], tree: Tree, type_: type[Common]
) -> None:
    """A default by token may name more tokens than this block has: it serves the whole document."""
    words = values.get("tokens") or str(values.get("text") or "").split()
    if not isinstance(words, list) or not words:
        return
    for name in type_.by_token:
        value = values.get(name)
        if isinstance(value, dict) and given[name][0] is not tree:
            kept = {token: each for token, each in value.items() if token in words or token.rpartition("#")[0] in words}
            values[name] = kept


def _convert(
    values: Mapping[str, Any], type_: type[Common], bare: Parsed[Common], wrong: list[Diagnostic]
) -> Common | None:
    """The values as the struct; what does not fit is added to `wrong`."""
    try:
        return msgspec.convert(values, type_)
    except msgspec.ValidationError:
        pass
    for info in msgspec.structs.fields(type_):
        if info.name not in values:
            continue
        try:
            msgspec.convert(values[info.name], info.type)
        except msgspec.ValidationError as error:
            path = (info.name, *_path(str(error)))
            wrong.append(bare.error(OptionError(path, *_mismatch(path, values, info.type, str(error)))))
    if not wrong:
        raise AssertionError("the values fit one by one, but not together")
    return None


def _mismatch(path: Path, values: Mapping[str, Any], type_: Any, problem: str) -> tuple[str, str]:
    """What a value should have been, and what it is."""
    name = str(path[0])
    value: Any = values
    for step in path:
        value = value[step] if isinstance(value, (dict, list)) else value
    if "unknown field" in problem:
        unknown = problem.split("`")[1]
        choices = [each.name for each in _structs(type_) if each]
        return f"unknown option '{unknown}' in '{name}'", suggest(unknown, choices)
    choices = _choices(type_) if len(path) == 1 and isinstance(value, str) else []
    hint = suggest(value, choices) if choices else ""
    return f"'{name}' must be {_expected(type_)}, not {_shown(value)}", hint if hint.startswith("did") else ""


def _structs(type_: Any) -> Iterator[Any]:
    """The fields of every struct that a type mentions."""
    from typing import get_args

    if isinstance(type_, type) and issubclass(type_, msgspec.Struct):
        yield from msgspec.structs.fields(type_)
        for info in msgspec.structs.fields(type_):
            yield from _structs(info.type)
    for each in get_args(type_):
        yield from _structs(each)


def _choices(type_: Any) -> list[str]:
    """The words that a type admits."""
    from typing import get_args, get_origin

    if get_origin(type_) is Literal:
        return [each for each in get_args(type_) if isinstance(each, str)]
    return [word for each in get_args(type_) for word in _choices(each)]


def _expected(type_: Any) -> str:
    for meta in getattr(type_, "__metadata__", ()):
        if isinstance(meta, Meta) and meta.extra:
            return str(meta.extra["expected"])
    return "something else"


def _shown(value: object) -> str:
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "a mapping"
    text = repr(value)
    return text if len(text) <= 40 else text[:39] + "…"


def _path(problem: str) -> Path:
    """The steps of msgspec's `- at `$.heads[0].name``."""
    import re

    _, _, path = problem.partition(" - at `$")
    steps = re.findall(r"\[(\d+)\]|\.([^.\[\]`]+)", path)
    return tuple(int(number) if number else name for number, name in steps if name != "...")


def _descend(node: Node, path: Path) -> Node:
    for step in path:
        children: Mapping[object, Node] = {
            **dict(enumerate(node.items())),
            **{key.content if isinstance(key.content, str) else "": item for key, item in node.pairs()},
        }
        if step not in children:
            return node
        node = children[step]
    return node


def describe(type_: type[Common]) -> list[tuple[str, str, str, str]]:
    """The options of a kind as rows: key, what it may be, default, meaning."""
    rows = []
    for info in msgspec.structs.fields(type_):
        if info.name == "kind":
            continue
        meta = next(each for each in info.type.__metadata__ if isinstance(each, Meta))
        default = "" if info.default in (None, msgspec.NODEFAULT) else str(info.default)
        rows.append((info.name, _expected(info.type), default, meta.description or ""))
    return rows
