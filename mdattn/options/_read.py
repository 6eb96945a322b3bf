"""A block's options are read: its own and the front matter's, checked against the options of its kind."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import partial
from typing import Any, Generic, Literal, Protocol, TypeVar, get_args, get_origin

import msgspec
from msgspec import Meta

from mdattn.errors import Diagnostic, DiagramError, Excerpt, OptionError, Path, Position, suggest
from mdattn.options._types import Common
from mdattn.options._yaml import EMPTY, Node, Reader, Tree, descend, parse

DEFAULTS_KEY = "attention-diagram"

# Of each pair one may stand in a block; the block's own replaces the other from the front matter.
RIVALS = (("text", "tokens"), ("scores", "weights"), ("threshold", "top"))


class HasOptions(Protocol):
    """A kind, as far as this room needs to know it."""

    @property
    def options(self) -> type[Common]:
        """The type of the kind's options."""
        ...


Options = TypeVar("Options", bound=Common, covariant=True)


class Parsed(msgspec.Struct, Generic[Options], frozen=True):
    """The options of one block, and where each of them stands."""

    options: Options
    position: Position
    places: Mapping[str, tuple[Tree, Node, Node]] = msgspec.field(default_factory=dict)
    inherited: frozenset[str] = frozenset()
    """The options that come from the front matter."""

    def place(self, path: Path) -> Position:
        """The place of the option at the path, or of the nearest one around it, or of the block."""
        if not path or path[0] not in self.places:
            return self.position
        tree, key, node = self.places[str(path[0])]
        found = descend(node, path[1:])
        return tree.position(key if found is node and node.form != "scalar" else found)

    def error(self, error: OptionError) -> Diagnostic:
        """The option's error, in its place in the document."""
        return Diagnostic(self.place(error.path), error.message, error.hint)


def defaults_of(front_matter: Excerpt, language: str = "yaml") -> Tree | None:
    """What the front matter says under `attention-diagram:`, if it says anything; its language is YAML or TOML."""
    if DEFAULTS_KEY not in front_matter.text:
        return None
    if language == "toml":
        from mdattn.options._toml import parse_toml

        tree = parse_toml(front_matter)
    else:
        tree = parse(front_matter)
    for key, node in tree.root.pairs():
        if key.content == DEFAULTS_KEY:
            if node.form == "mapping":
                return Tree(node, front_matter)
            if node.content in EMPTY:
                return None
            raise DiagramError(tree.position(node), f"'{DEFAULTS_KEY}' must hold a mapping of options")
    return None


def read(
    excerpt: Excerpt,
    position: Position,
    kinds: Mapping[str, HasOptions],
    defaults: Tree | None = None,
    without: Collection[str] = (),
) -> Parsed[Common]:
    """The typed options of one block.

    `kinds` maps each kind to its options; `defaults` come from the front matter, those in `without` aside. Raises
    DiagramError with all mistakes.
    """
    tree = parse(excerpt)
    if tree.root.form != "mapping":
        raise DiagramError(
            tree.position(tree.root), "a block holds options, one 'key: value' a line", "begin with 'kind:'"
        )
    own = {key.content: (tree, key, node) for key, node in tree.root.pairs() if isinstance(key.content, str)}
    inherited = {} if defaults is None else dict(_inherited(defaults, {*own, *without}))
    given = inherited | own
    type_ = _kind(given, position, kinds)
    readers = {id(each): Reader(each, type_.texts) for each in (tree, defaults) if each is not None}
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
            wrong.append(
                Diagnostic(
                    tree.position(given[second][1]),
                    f"'{first}' and '{second}' exclude each other",
                    "keep one",
                )
            )
    names = frozenset(inherited.keys() - own.keys())
    if names:
        _prune(values, names, type_, kinds)
    bare = Parsed(type_(kind=""), position, given, names)
    options = _convert(values, type_, bare, wrong)
    if wrong or options is None:
        raise DiagramError.of(wrong)
    return Parsed(options, position, given, names)


def of_mapping(options: Mapping[str, Any], kinds: Mapping[str, HasOptions]) -> Parsed[Common]:
    """The typed options of a block given as a mapping, arrays allowed. A mistake has a path, but no place."""
    position = Position(1, 1)
    for name in options:
        if not isinstance(name, str):
            raise DiagramError(None, f"a key must be text, not {name!r}")
    type_ = _kind_named(options.get("kind"), None, kinds)
    wrong = [Diagnostic(None, *_unknown(name, type_, kinds)) for name in options if name not in type_.__struct_fields__]
    for first, second in RIVALS:
        if first in options and second in options:
            wrong.append(Diagnostic(None, f"'{first}' and '{second}' exclude each other", "keep one"))
    bare: Parsed[Common] = Parsed(type_(kind=""), position)
    known = {name: _plain(value) for name, value in options.items() if name in type_.__struct_fields__}
    converted = _convert(known, type_, bare, wrong)
    if wrong or converted is None:
        raise DiagramError.of([Diagnostic(None, each.message, each.hint) for each in wrong])
    return Parsed(converted, position)


def _plain(value: Any) -> Any:
    """Arrays and their numbers, also inside of others, as lists of Python's own: numpy itself need not be loaded."""
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return value.tolist() if hasattr(value, "tolist") else value


def _inherited(defaults: Tree, own: Collection[str]) -> Iterator[tuple[str, tuple[Tree, Node, Node]]]:
    """The defaults that the block leaves standing."""
    replaced = {rival for pair in RIVALS for mine, rival in (pair, pair[::-1]) if mine in own}
    seen: set[str] = set()
    for key, node in defaults.root.pairs():
        name = str(key.content)
        if name in seen:
            raise DiagramError(defaults.position(key), f"'{name}' stands here twice", "remove one of them")
        seen.add(name)
        if name not in replaced and name not in own:
            yield name, (defaults, key, node)


def _kind(
    given: Mapping[str, tuple[Tree, Node, Node]], position: Position, kinds: Mapping[str, HasOptions]
) -> type[Common]:
    if "kind" not in given:
        raise DiagramError(position, "the block does not say its kind", "begin with 'kind:' and " + suggest("", kinds))
    tree, _, node = given["kind"]
    if isinstance(node.content, str) and node.content in kinds:
        return kinds[node.content].options
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
    values: dict[str, Any], inherited: frozenset[str], type_: type[Common], kinds: Mapping[str, HasOptions]
) -> None:
    """Fit the defaults to the block: they serve the whole document, and may say more than it has use for."""
    for name in inherited & values.keys():
        fits = partial(_fits, name, values[name])
        if not fits(type_) and any(fits(each.options) for each in kinds.values()):
            del values[name]  # Written for another kind, which knows the option in another form.
    words = values.get("tokens") or str(values.get("text") or "").split()
    if not isinstance(words, list) or not words:
        return
    heads = values.get("heads")
    parts = [values, *(each for each in (heads if isinstance(heads, list) else ()) if isinstance(each, dict))]
    vectors_needed = not any(key in part for part in parts for key in ("scores", "weights"))
    for name in type_.by_token & inherited:
        value = values.get(name)
        if not isinstance(value, dict):
            continue
        values[name] = {key: each for key, each in value.items() if key in words or key.rpartition("#")[0] in words}
        # Vectors for another sentence are no matter where the block brings its own scores.
        if name == "embeddings" and not vectors_needed and not all(word in value for word in words):
            del values[name]


def _fits(name: str, value: object, type_: type[Common]) -> bool:
    """Whether these options have one of the name that may have the value."""
    if name not in type_.__struct_fields__:
        return False
    try:
        msgspec.convert({"kind": "", name: value}, type_)
    except msgspec.ValidationError:
        return False
    return True


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
        value = value[step]
    if "unknown field" in problem:
        unknown = problem.split("`")[1]
        choices = [each.name for each in _structs(type_) if each]
        return f"unknown option '{unknown}' in '{name}'", suggest(unknown, choices)
    choices = _choices(type_) if len(path) == 1 and isinstance(value, str) else []
    hint = suggest(value, choices) if choices else ""
    return f"'{name}' must be {_expected(type_)}, not {_shown(value)}", hint if hint.startswith("did") else ""


def _structs(type_: Any) -> Iterator[Any]:
    """The fields of every struct that a type mentions."""
    if isinstance(type_, type) and issubclass(type_, msgspec.Struct):
        yield from msgspec.structs.fields(type_)
        for info in msgspec.structs.fields(type_):
            yield from _structs(info.type)
    for each in get_args(type_):
        yield from _structs(each)


def _choices(type_: Any) -> list[str]:
    """The words that a type admits."""
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


def _word(value: object) -> str:
    """A default as YAML has it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def describe(type_: type[Common]) -> list[tuple[str, str, str, str]]:
    """The options of a kind as rows: key, what it may be, default, meaning."""
    rows = []
    for info in msgspec.structs.fields(type_):
        if info.name == "kind":
            continue
        meta = next(each for each in info.type.__metadata__ if isinstance(each, Meta))
        default = "" if info.default in (None, msgspec.NODEFAULT) else _word(info.default)
        rows.append((info.name, _expected(info.type), default, meta.description or ""))
    return rows
