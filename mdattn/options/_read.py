"""A block's options are read: its own and the front matter's, checked against the options of its kind."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, Protocol, TypeVar

import msgspec
from msgspec import Meta

from mdattn.errors import (
    MOST_CHOICES,
    Diagnostic,
    DiagramError,
    Excerpt,
    OptionError,
    Path,
    Position,
    suggest,
)
from mdattn.options._bearing import bearing
from mdattn.options._types import UNFIT, Common, fields, fits
from mdattn.options._words import quoted
from mdattn.options._yaml import (
    EMPTY,
    MOST_DEPTH,
    MOST_TOLD,
    Node,
    Reader,
    Tree,
    bounded,
    descend,
    key_of,
    parse,
    stops,
)

if TYPE_CHECKING:
    from mdattn.options._misfit import Misfit

DEFAULTS_KEY = "attention-diagram"


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
    warnings: tuple[Diagnostic, ...] = ()

    def place(self, path: Path) -> Position:
        """The place of the option at the path, or of the nearest one around it, or of the block."""
        if not path or path[0] not in self.places:
            return self.position
        return _place(self.places[str(path[0])], path)

    def error(self, error: OptionError) -> Diagnostic:
        """The option's error, in its place in the document."""
        return Diagnostic(self.place(error.path), error.message, error.hint)


def _place(entry: tuple[Tree, Node, Node], path: Path) -> Position:
    """The place of what stands at the path below an entry, or of the nearest thing around it."""
    tree, key, node = entry
    found = descend(node, path[1:])
    return tree.position(key if found is node and node.form != "scalar" else found)


class _Fault(NamedTuple):
    """A mistake: its place, and how to say it, which takes time and is only done for those that are told."""

    position: Position | None
    say: Callable[[], tuple[str, str]]


class _Faults:
    """The mistakes of a block or a front matter: as many as are told, and how many more there are."""

    def __init__(self) -> None:
        self.found: list[_Fault] = []
        self.more = 0

    def add(self, position: Position | None, say: Callable[[], tuple[str, str]]) -> None:
        self.found.append(_Fault(position, say))

    def add_some(self, faults: Iterator[_Fault]) -> None:
        """Add faults in the order of the text, of which no more are kept than are told."""
        self.found += islice(faults, MOST_TOLD)
        self.more += sum(1 for _ in faults)

    def add_read(self, tree: Tree, reader: Reader) -> None:
        """Add what a reader of the tree has gathered."""
        self.found += [_Fault(tree.position(node), partial(_said, *said)) for node, *said in reader.wrong]
        self.more += reader.more

    def said(self) -> list[Diagnostic]:
        """The first of them in the order of the text, and the number of the others.

        Of two in one place the second comes of the first: what cannot be read is no value either.
        """
        ordered = sorted(_first_of_place(self.found), key=lambda each: each.position or Position(0, 0))
        told = [Diagnostic(each.position, *each.say()) for each in ordered[:MOST_TOLD]]
        more = self.more + len(ordered) - len(told)
        if more:
            place = ordered[min(len(told), len(ordered) - 1)].position
            message = f"{more:,} more mistake{'s' * (more > 1)} like these"
            told.append(Diagnostic(place, message, "mend these first", number=more))
        return told


def _first_of_place(faults: Iterable[_Fault]) -> list[_Fault]:
    """Each mistake that has no place, and of those with one the first there."""
    placed: dict[Position, _Fault] = {}
    return [each for each in faults if each.position is None or placed.setdefault(each.position, each) is each]


def _said(message: str, hint: str) -> tuple[str, str]:
    return message, hint


class Defaults:
    """The front matter's options for every block, read and checked once for all of them."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.repeated = _Faults()
        self.entries: dict[str, tuple[Tree, Node, Node]] = {}
        reader = Reader(frozenset())
        for name, key, node in reader.entries(tree.root):
            self.entries[name] = tree, key, node
        self.repeated.add_read(tree, reader)
        self._values: dict[tuple[str, frozenset[str]], tuple[Any, list[Diagnostic]]] = {}
        self._fits: dict[tuple[str, type[Common]], bool] = {}
        self._misfits: dict[tuple[str, type[Common]], list[Diagnostic]] = {}
        self._strange: list[Diagnostic] | None = None
        self._warnings: dict[frozenset[str], tuple[Diagnostic, ...]] = {}

    def value(self, name: str, texts: frozenset[str]) -> tuple[Any, list[Diagnostic]]:
        """The plain value of an option where the keys in `texts` hold words, and what is wrong with its YAML."""
        if (name, texts) not in self._values:
            reader = Reader(texts)
            value = reader.value(self.entries[name][2], name)
            faults = _Faults()
            faults.add_read(self.tree, reader)
            self._values[name, texts] = value, faults.said()
        return self._values[name, texts]

    def fits(self, name: str, type_: type[Common]) -> bool:
        """Whether these options have one of the name that may have the value."""
        if (name, type_) not in self._fits:
            field = fields(type_).get(name)
            self._fits[name, type_] = field is not None and fits(self.value(name, type_.texts)[0], field.type)
        return self._fits[name, type_]

    def misfits(self, name: str, type_: type[Common]) -> list[Diagnostic]:
        """What is wrong with the value of an option that fits no kind."""
        if (name, type_) not in self._misfits:
            faults = _Faults()
            _misplaced(name, self.value(name, type_.texts)[0], type_, self.entries[name], faults)
            self._misfits[name, type_] = faults.said()
        return self._misfits[name, type_]

    def strange(self, type_: type[Common], kind: str, kinds: Mapping[str, HasOptions]) -> list[Diagnostic]:
        """The options that no kind has; all blocks of a document are told the same of them."""
        if self._strange is None and self.entries.keys() <= set(type_.__struct_fields__):
            return []  # Without a look at the other kinds, which would have to be imported.
        if self._strange is None:
            known = {name for each in kinds.values() for name in each.options.__struct_fields__}
            strange = {name: entry for name, entry in self.entries.items() if name not in known}
            faults = _Faults()
            faults.add_some(_strangers(self.tree, strange, type_, kind, kinds))
            self._strange = faults.said()
        return self._strange

    def warnings(self, texts: frozenset[str]) -> tuple[Diagnostic, ...]:
        """What is doubtful about its words."""
        if texts not in self._warnings:
            self._warnings[texts] = _warnings(self.tree, texts)
        return self._warnings[texts]


def defaults_of(front_matter: Excerpt, language: str = "yaml") -> Defaults | None:
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
                return Defaults(Tree(node, front_matter))
            if node.content in EMPTY:
                return None
            raise DiagramError(tree.position(node), f"'{DEFAULTS_KEY}' must hold a mapping of options")
    return None


def read(
    tree: Tree,
    position: Position,
    kinds: Mapping[str, HasOptions],
    defaults: Defaults | None = None,
) -> Parsed[Common]:
    """The typed options of one block.

    `kinds` maps each kind to its options; `defaults` come from the front matter, and serve the blocks that they bear
    on. Raises DiagramError with all mistakes.
    """
    if tree.root.form != "mapping":
        raise _no_mapping(tree)
    faults = _Faults()
    # Which keys hold words depends on the kind, which stands below one of the names.
    names = Reader(frozenset())
    own = {name: (tree, key, node) for name, key, node in names.entries(tree.root)}
    entry = own.get("kind") or (defaults.entries.get("kind") if defaults is not None else None)
    kind, type_ = _kind(entry, own, position, kinds)
    inherited = {} if defaults is None else _inherited(defaults, type_, own)
    places = inherited | own
    faults.add_read(tree, names)
    values = _own_values(tree, own, type_, kind, kinds, faults)
    taken: list[Diagnostic] = []
    warnings = _warnings(tree, type_.texts)
    if defaults is not None:
        _take(defaults, inherited, values, taken, type_, kind, kinds)
        warnings += defaults.warnings(type_.texts)
    for first, second in type_.rivals:
        if first in values and second in values:
            faults.add(tree.position(places[second][1]), partial(_rivals, first, second))
    options = _converted(values, type_)
    if options is None:
        for name, value in values.items():
            _misplaced(name, value, type_, places[name], faults)
    if faults.found or taken or options is None:
        raise DiagramError.of([*faults.said(), *taken, *warnings])
    options, idle = bearing(options, inherited)
    parsed = Parsed(options, position, places, warnings)
    if idle:
        raise DiagramError.of([*map(parsed.error, idle), *warnings])
    return parsed


def _own_values(
    tree: Tree,
    own: Mapping[str, tuple[Tree, Node, Node]],
    type_: type[Common],
    kind: str,
    kinds: Mapping[str, HasOptions],
    faults: _Faults,
) -> dict[str, Any]:
    """The plain values of the block's own options; those that the kind does not have are added to the faults."""
    reader = Reader(type_.texts)
    known = type_.__struct_fields__
    values = {name: reader.value(node, name) for name, (_, _, node) in own.items() if name in known}
    if len(values) < len(own):
        faults.add_some(_strangers(tree, own, type_, kind, kinds))
    faults.add_read(tree, reader)
    return values


def _strangers(
    tree: Tree,
    own: Mapping[str, tuple[Tree, Node, Node]],
    type_: type[Common],
    kind: str,
    kinds: Mapping[str, HasOptions],
) -> Iterator[_Fault]:
    """The options of a block that its kind does not have."""
    above = ""  # An option without a value, which what comes next may belong to.
    for name, (_, key, node) in own.items():
        if name in type_.__struct_fields__:
            above = name if node.plain and node.content == "" else ""
            continue
        known = partial(_unknown, name, node.content, type_, kind, kinds, own)
        yield _Fault(tree.position(key), partial(_not_below, name, above) if above else known)


def _no_mapping(tree: Tree) -> DiagramError:
    """A block that is no mapping: a list of options, or a text, for the want of a blank behind a colon."""
    if tree.root.form == "list":
        return DiagramError(
            tree.position(tree.root),
            "a block holds options, one 'key: value' a line, not a list",
            "leave out the '-' before each option",
        )
    from mdattn.options._syntax import cause

    found = cause(tree.excerpt.text, [tree.root.index], stops)
    return DiagramError(tree.excerpt.position(found.at), found.message, found.hint)


def _take(
    defaults: Defaults,
    inherited: Mapping[str, tuple[Tree, Node, Node]],
    values: dict[str, Any],
    wrong: list[Diagnostic],
    type_: type[Common],
    kind: str,
    kinds: Mapping[str, HasOptions],
) -> None:
    """Add the defaults that the block leaves standing to its values, and what is wrong with them to `wrong`."""
    wrong += defaults.repeated.said()
    for name in inherited:
        value, faults = defaults.value(name, type_.texts)
        wrong += faults
        if defaults.fits(name, type_):
            values[name] = value
        elif faults or not any(defaults.fits(name, each.options) for each in kinds.values()):
            told = {each.position for each in faults}
            wrong += [each for each in defaults.misfits(name, type_) if each.position not in told]
        # What is written for another kind, which knows the option in another form, bears on that one only.
    wrong += defaults.strange(type_, kind, kinds)


def of_mapping(options: Mapping[Any, Any], kinds: Mapping[str, HasOptions]) -> Parsed[Common]:
    """The typed options of a block given as a mapping, arrays allowed. A mistake has a path, but no place."""
    given: dict[Any, Any] = {_plain_key(name): _plain(value, 1) for name, value in options.items()}
    faults = _Faults()
    for name in given:
        if not isinstance(name, str):
            faults.add(None, partial(_no_name, name))
    kind, type_ = _kind_named(given.get("kind"), None, kinds)
    known = {name: value for name, value in given.items() if name in type_.__struct_fields__}
    for name in given:
        if isinstance(name, str) and name not in type_.__struct_fields__:
            faults.add(None, partial(_unknown, name, given[name], type_, kind, kinds, given))
    for first, second in type_.rivals:
        if first in known and second in known:
            faults.add(None, partial(_rivals, first, second))
    converted = _converted(known, type_)
    if converted is None:
        for name, value in known.items():
            _misplaced(name, value, type_, None, faults)
    if converted is None or faults.found:
        raise DiagramError.of(faults.said())
    _, idle = bearing(converted)
    if idle:
        raise DiagramError.of(Diagnostic(None, each.message, each.hint) for each in idle)
    return Parsed(converted, Position(1, 1))


def _no_name(name: object) -> tuple[str, str]:
    from mdattn.options._misfit import shown

    return f"a key must be text, not {shown(name)}", ""


def _rivals(first: str, second: str) -> tuple[str, str]:
    return f"'{first}' and '{second}' exclude each other", "keep one"


def _plain(value: Any, depth: int) -> Any:
    """A value from Python as YAML would give it: arrays and tuples as lists, numbers as Python's own.

    Numpy itself need not be loaded. What no option takes is left as the name of its type.
    """
    if value is None or value.__class__ in (bool, float, str):
        return value
    if isinstance(value, int):
        return bool(value) if isinstance(value, bool) else bounded(int(value))
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, float):
        return float(value)
    if depth > MOST_DEPTH:
        raise DiagramError(None, f"nested more than {MOST_DEPTH} levels deep")
    if isinstance(value, Mapping):
        return {_plain_key(key): _plain(each, depth + 1) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each, depth + 1) for each in value]
    listed = getattr(value, "tolist", None)
    if callable(listed):
        try:
            inner = listed()
        except Exception:  # An array that cannot be listed, as one on another device, is no value.
            inner = value
        if inner is not value and inner.__class__ is not value.__class__:
            return _plain(inner, depth + 1)
    return _foreign(type(value).__name__)


def _plain_key(key: object) -> object:
    if isinstance(key, str):
        return str.__str__(key)
    return key if key is None or isinstance(key, (bool, int, float)) else _foreign(type(key).__name__)


def _foreign(name: str) -> object:
    from mdattn.options._misfit import Foreign

    return Foreign(name)


def _inherited(defaults: Defaults, type_: type[Common], own: Collection[str]) -> dict[str, tuple[Tree, Node, Node]]:
    """The defaults of the kind that the block leaves standing."""
    replaced = {rival for pair in type_.rivals for mine, rival in (pair, pair[::-1]) if mine in own}
    return {
        name: defaults.entries[name]
        for name in type_.__struct_fields__
        if name in defaults.entries and name not in replaced and name not in own
    }


def _no_kind(
    own: Mapping[str, tuple[Tree, Node, Node]], position: Position, kinds: Mapping[str, HasOptions]
) -> DiagramError:
    """A block without its kind, if not under another name."""
    from mdattn.options._meant import meant_option, ordinary

    for name, (tree, key, _) in own.items():
        if ordinary(name) in kinds:
            return DiagramError(tree.position(key), _NO_KIND, f"write 'kind: {ordinary(name)}'")
        if meant_option(ordinary(name), ("kind",), "") == "did you mean 'kind'?":
            return DiagramError(tree.position(key), _NO_KIND, f"write 'kind' for {quoted(name)}")
    return DiagramError(position, _NO_KIND, "begin with 'kind:' and " + suggest("", kinds))


_NO_KIND = "the block does not say its kind"


def _kind(
    entry: tuple[Tree, Node, Node] | None,
    own: Mapping[str, tuple[Tree, Node, Node]],
    position: Position,
    kinds: Mapping[str, HasOptions],
) -> tuple[str, type[Common]]:
    if entry is None:
        raise _no_kind(own, position, kinds)
    tree, _, node = entry
    if isinstance(node.content, str) and node.content in kinds:
        return node.content, kinds[node.content].options
    content = None if node.plain and node.content in EMPTY else node.content
    return _kind_named(content, tree.position(node), kinds)


def _kind_named(name: object, position: Position | None, kinds: Mapping[str, HasOptions]) -> tuple[str, type[Common]]:
    if isinstance(name, str) and name in kinds:
        return name, kinds[name].options
    if name is None:
        raise DiagramError(position, _NO_KIND, "begin with 'kind:' and " + suggest("", kinds))
    if not isinstance(name, str):
        raise DiagramError(position, "'kind' must be the name of one kind", suggest("", kinds))
    from mdattn.options._meant import meant_kind

    raise DiagramError(position, f"unknown kind {quoted(name)}", meant_kind(name, kinds))


def _unknown(
    name: str,
    value: object,
    type_: type[Common],
    kind: str,
    kinds: Mapping[str, HasOptions],
    given: Mapping[str, object],
) -> tuple[str, str]:
    """An option that the kind does not have; those that are given already are not suggested."""
    users = [each for each, kind_ in kinds.items() if name in kind_.options.__struct_fields__]
    if users:
        more = ", …" if len(users) > MOST_CHOICES else ""
        return f"'{name}' is not an option of this kind", f"only of {', '.join(users[:MOST_CHOICES])}{more}"
    from mdattn.options._meant import lookalike, meant_option, ordinary

    found = lookalike(name)
    if found is not None and ordinary(name) in type_.__struct_fields__:
        return f"{quoted(name)} is not '{ordinary(name)}': {found[0]} stands in it", found[1]
    excluded = {rival for pair in type_.rivals if given.keys() & set(pair) for rival in pair}
    choices = [each for each in type_.__struct_fields__ if each not in given and each not in excluded]
    return f"unknown option {quoted(name)}", meant_option(name, choices, value, f"mdattn kinds {kind}")


def _not_below(name: str, above: str) -> tuple[str, str]:
    return f"unknown option {quoted(name)}", f"if it belongs to '{above}', indent it"


def _converted(values: Mapping[str, Any], type_: type[Common]) -> Common | None:
    """The values as the struct, or None where one does not fit."""
    try:
        return msgspec.convert(values, type_)
    except UNFIT:
        return None


def _misplaced(
    name: str, value: object, type_: type[Common], entry: tuple[Tree, Node, Node] | None, faults: _Faults
) -> None:
    """Add what does not fit inside of an option's value to the faults, each in its place."""
    from mdattn.options._misfit import misfits

    found = misfits(value, fields(type_)[name].type, (name,))
    faults.add_some(_placed(each, entry) for each in islice(found, MOST_TOLD))
    faults.more += sum(1 for _ in found)


def _placed(misfit: Misfit, entry: tuple[Tree, Node, Node] | None) -> _Fault:
    if entry is None:
        return _Fault(None, misfit.say)
    tree, key, node = entry
    if misfit.at_key:
        found = key_of(descend(node, misfit.path[1:-1]), str(misfit.path[-1]))
        return _Fault(tree.position(found or key), misfit.say)
    at = descend(node, misfit.path[1:])
    say = _commented(tree, at, misfit.say) if at.plain and at.content == "" else misfit.say
    return _Fault(_place(entry, misfit.path), say)


def _commented(tree: Tree, node: Node, say: Callable[[], tuple[str, str]]) -> Callable[[], tuple[str, str]]:
    """A value that is empty because a comment stands where it should be."""
    rest = tree.excerpt.text[node.index :].split("\n", 1)[0].strip()
    if not rest.startswith("#"):
        return say
    return lambda: (say()[0], f"'#' begins a comment: put quotes around {quoted(rest)}")


def _warnings(tree: Tree, texts: frozenset[str]) -> tuple[Diagnostic, ...]:
    """What is doubtful about the words of a tree."""
    text = tree.excerpt.text
    if " #" not in text and "\t#" not in text and text.isascii():
        return ()
    from mdattn.options._doubts import doubts

    return tuple(doubts(tree, texts))


def describe(type_: type[Common]) -> list[tuple[str, str, str, str]]:
    """The options of a kind as rows: key, what it may be, default, meaning."""
    from mdattn.options._misfit import expected

    rows = []
    for info in msgspec.structs.fields(type_):
        if info.name == "kind":
            continue
        meta = next(each for each in info.type.__metadata__ if isinstance(each, Meta))
        default = "" if info.default in (None, msgspec.NODEFAULT) else _word(info.default)
        rows.append((info.name, expected(info.type), default, meta.description or ""))
    return rows


def _word(value: object) -> str:
    """A default as YAML has it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
