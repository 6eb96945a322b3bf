"""Which kind a block has chosen, and what is said of options that this kind does not have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Protocol

import msgspec

from mdattn.errors import MOST_CHOICES, DiagramError, Position, suggest
from mdattn.options._faults import Entry, Fault
from mdattn.options._types import Common, names
from mdattn.options._words import quoted
from mdattn.options._yaml import EMPTY, Tree


class HasOptions(Protocol):
    """A kind, as far as this room needs to know it."""

    @property
    def options(self) -> type[Common]:
        """The type of the kind's options."""
        ...


Kinds = Mapping[str, HasOptions]


class Choice(msgspec.Struct, frozen=True):
    """The kind that a block has chosen, the type of its options, and all kinds that there are."""

    kind: str
    type_: type[Common]
    kinds: Kinds

    def strangers(self, tree: Tree, given: Mapping[str, Entry]) -> Iterator[Fault]:
        """The options of a tree that the kind does not have."""
        above = ""  # An option without a value, which what comes next may belong to.
        for name, entry in given.items():
            if name in names(self.type_):
                above = name if entry.node.plain and entry.node.content == "" else ""
            elif above:
                yield Fault(tree.position(entry.key), partial(_not_below, name, above))
            else:
                yield Fault(tree.position(entry.key), partial(self.unknown, name, entry.node.content, given))

    def unknown(self, name: str, value: object, given: Mapping[str, object]) -> tuple[str, str]:
        """An option that the kind does not have; those that are given already are not suggested."""
        users = [each for each, kind_ in self.kinds.items() if name in kind_.options.__struct_fields__]
        if users:
            more = ", …" if len(users) > MOST_CHOICES else ""
            return f"'{name}' is not an option of this kind", f"only of {', '.join(users[:MOST_CHOICES])}{more}"
        from mdattn.options._meant import lookalike, meant_option, ordinary

        known = self.type_.__struct_fields__
        found = lookalike(name)
        if found is not None and ordinary(name) in known:
            return f"{quoted(name)} is not '{ordinary(name)}': {found[0]} stands in it", found[1]
        excluded = {rival for pair in self.type_.rivals if given.keys() & set(pair) for rival in pair}
        choices = [each for each in known if each not in given and each not in excluded]
        return f"unknown option {quoted(name)}", meant_option(name, choices, value, f"mdattn kinds {self.kind}")


def _not_below(name: str, above: str) -> tuple[str, str]:
    return f"unknown option {quoted(name)}", f"if it belongs to '{above}', indent it"


def excluding(first: str, second: str) -> tuple[str, str]:
    """Two options of which one may be given."""
    return f"'{first}' and '{second}' exclude each other", "keep one"


def choice(entry: Entry | None, own: Mapping[str, Entry], position: Position, kinds: Kinds) -> Choice:
    """The kind that the entry names, of a block with the options `own`. Raises DiagramError."""
    if entry is None:
        raise _no_kind(own, position, kinds)
    node = entry.node
    if isinstance(node.content, str) and node.content in kinds:
        return Choice(node.content, kinds[node.content].options, kinds)
    content = None if node.plain and node.content in EMPTY else node.content
    return choice_named(content, entry.tree.position(node), kinds)


def choice_named(name: object, position: Position | None, kinds: Kinds) -> Choice:
    """The kind of this name. Raises DiagramError."""
    if isinstance(name, str) and name in kinds:
        return Choice(name, kinds[name].options, kinds)
    if name is None:
        raise DiagramError(position, _NO_KIND, "begin with 'kind:' and " + suggest("", kinds))
    if not isinstance(name, str):
        raise DiagramError(position, "'kind' must be the name of one kind", suggest("", kinds))
    from mdattn.options._meant import meant_kind

    raise DiagramError(position, f"unknown kind {quoted(name)}", meant_kind(name, kinds))


def _no_kind(own: Mapping[str, Entry], position: Position, kinds: Kinds) -> DiagramError:
    """A block without its kind, if not under another name."""
    from mdattn.options._meant import meant_option, ordinary

    for name, entry in own.items():
        if ordinary(name) in kinds:
            return DiagramError(entry.tree.position(entry.key), _NO_KIND, f"write 'kind: {ordinary(name)}'")
        if name.startswith("kind:"):
            return DiagramError(entry.tree.position(entry.key), _NO_KIND, meant_option(name, ("kind",), ""))
        if meant_option(ordinary(name), ("kind",), "") == "did you mean 'kind'?":
            return DiagramError(entry.tree.position(entry.key), _NO_KIND, f"write 'kind' for {quoted(name)}")
    return DiagramError(position, _NO_KIND, "begin with 'kind:' and " + suggest("", kinds))


_NO_KIND = "the block does not say its kind"
