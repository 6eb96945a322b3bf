"""A block's options are read: its own and the front matter's, checked against the options of its kind."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import msgspec

from mdattn.errors import Diagnostic, DiagramError, OptionError, Path, Position
from mdattn.options._bearing import bearing
from mdattn.options._defaults import Defaults
from mdattn.options._faults import Entry, Faults, doubtful
from mdattn.options._kinds import Choice, Kinds, choice, excluding
from mdattn.options._types import Common, converted, names
from mdattn.options._yaml import PlainValues, Tree, stops


class Parsed(msgspec.Struct, frozen=True):
    """The options of one block, and where each of them stands."""

    options: Common
    position: Position
    places: Mapping[str, Entry]
    warnings: tuple[Diagnostic, ...]

    def place(self, path: Path) -> Position:
        """The place of the option at the path, or of the nearest one around it, or of the block."""
        if not path or path[0] not in self.places:
            return self.position
        return self.places[str(path[0])].place(path)

    def error(self, error: OptionError) -> Diagnostic:
        """The option's error, in its place in the document."""
        return Diagnostic(self.place(error.path), error.message, error.hint)


def read(tree: Tree, position: Position, kinds: Kinds, defaults: Defaults | None = None) -> Parsed:
    """The typed options of one block.

    `kinds` maps each kind to its options; `defaults` come from the front matter, and serve the blocks that they bear
    on. Raises DiagramError with all mistakes.
    """
    if tree.root.form != "mapping":
        raise _no_mapping(tree)
    faults = Faults()
    # Which keys hold words depends on the kind, which stands below one of the names.
    keys = PlainValues(frozenset())
    own = {name: Entry(tree, key, node) for name, key, node in keys.entries(tree.root)}
    faults.add_read(tree, keys)
    entry = own.get("kind") or (defaults.entries.get("kind") if defaults is not None else None)
    chosen = choice(entry, own, position, kinds)
    type_ = chosen.type_
    values = _values(tree, own, chosen, faults)
    warnings = doubtful(tree, type_.texts)
    inherited: dict[str, Entry] = {}
    wrong: list[Diagnostic] = []
    if defaults is not None:
        inherited = defaults.standing(type_, own)
        taken, wrong = defaults.values(inherited, chosen)
        values |= taken
        warnings += defaults.warnings(type_.texts)
    places = inherited | own if inherited else own
    for first, second in type_.rivals:
        if first in values and second in values:
            faults.add(tree.position(places[second].key), partial(excluding, first, second))
    options = converted(values, type_)
    if options is None:
        for name, value in values.items():
            faults.add_misfits(name, value, type_, places[name])
    if faults.found or wrong or options is None:
        raise DiagramError.of([*faults.said(), *wrong, *warnings])
    options, idle = bearing(options, inherited)
    parsed = Parsed(options, position, places, warnings)
    if idle:
        raise DiagramError.of([*map(parsed.error, idle), *warnings])
    return parsed


def _values(tree: Tree, own: Mapping[str, Entry], chosen: Choice, faults: Faults) -> dict[str, Any]:
    """The plain values of the block's own options; those that the kind does not have are added to the faults."""
    plain = PlainValues(chosen.type_.texts)
    known = names(chosen.type_)
    values = {name: plain.value(entry.node, name) for name, entry in own.items() if name in known}
    if len(values) < len(own):
        faults.add_some(chosen.strangers(tree, own))
    faults.add_read(tree, plain)
    return values


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
