"""The front matter's options for every block, read and checked once for all of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from mdattn.errors import Diagnostic, DiagramError, Excerpt
from mdattn.options._faults import Entry, Faults, doubtful
from mdattn.options._kinds import Choice
from mdattn.options._types import Common, fields, fits, names
from mdattn.options._yaml import EMPTY, PlainValues, Tree, parse

DEFAULTS_KEY = "attention-diagram"


class Defaults:
    """The front matter's options for every block."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        plain = PlainValues(frozenset())
        self.entries = {name: Entry(tree, key, node) for name, key, node in plain.entries(tree.root)}
        self._repeated = Faults()
        self._repeated.add_read(tree, plain)
        self._values: dict[tuple[str, frozenset[str]], tuple[Any, list[Diagnostic]]] = {}
        self._fits: dict[tuple[str, type[Common]], bool] = {}
        self._misfits: dict[tuple[str, type[Common]], list[Diagnostic]] = {}
        self._strange: list[Diagnostic] | None = None
        self._warnings: dict[frozenset[str], tuple[Diagnostic, ...]] = {}

    def standing(self, type_: type[Common], own: Collection[str]) -> dict[str, Entry]:
        """The defaults of a kind that a block with these options of its own leaves standing."""
        replaced = {rival for pair in type_.rivals for mine, rival in (pair, pair[::-1]) if mine in own}
        return {
            name: self.entries[name]
            for name in type_.__struct_fields__
            if name in self.entries and name not in replaced and name not in own
        }

    def values(self, standing: Iterable[str], choice: Choice) -> tuple[dict[str, Any], list[Diagnostic]]:
        """The values of these defaults of the chosen kind, and what is wrong with the defaults."""
        values: dict[str, Any] = {}
        wrong = self._repeated.said()
        type_ = choice.type_
        for name in standing:
            value, faults = self.value(name, type_.texts)
            wrong += faults
            if self._is_fit(name, type_):
                values[name] = value
            elif faults or not any(self._is_fit(name, each.options) for each in choice.kinds.values()):
                told = {each.position for each in faults}
                wrong += [each for each in self._misfits_of(name, type_) if each.position not in told]
            # What is written for another kind, which knows the option in another form, bears on that one only.
        return values, wrong + self._strangers(choice)

    def value(self, name: str, texts: frozenset[str]) -> tuple[Any, list[Diagnostic]]:
        """The plain value of an option where the keys in `texts` hold words, and what is wrong with its YAML."""
        if (name, texts) not in self._values:
            plain = PlainValues(texts)
            value = plain.value(self.entries[name].node, name)
            faults = Faults()
            faults.add_read(self.tree, plain)
            self._values[name, texts] = value, faults.said()
        return self._values[name, texts]

    def _is_fit(self, name: str, type_: type[Common]) -> bool:
        """Whether these options have one of the name that may have the value."""
        if (name, type_) not in self._fits:
            field = fields(type_).get(name)
            self._fits[name, type_] = field is not None and fits(self.value(name, type_.texts)[0], field.type)
        return self._fits[name, type_]

    def _misfits_of(self, name: str, type_: type[Common]) -> list[Diagnostic]:
        """What is wrong with the value of an option that fits no kind."""
        if (name, type_) not in self._misfits:
            faults = Faults()
            faults.add_misfits(name, self.value(name, type_.texts)[0], type_, self.entries[name])
            self._misfits[name, type_] = faults.said()
        return self._misfits[name, type_]

    def _strangers(self, choice: Choice) -> list[Diagnostic]:
        """The options that no kind has; all blocks of a document are told the same of them."""
        if self._strange is None and self.entries.keys() <= names(choice.type_):
            return []  # Without a look at the other kinds, which would have to be imported.
        if self._strange is None:
            known = {name for each in choice.kinds.values() for name in each.options.__struct_fields__}
            strange = {name: entry for name, entry in self.entries.items() if name not in known}
            faults = Faults()
            faults.add_some(choice.strangers(self.tree, strange))
            self._strange = faults.said()
        return self._strange

    def warnings(self, texts: frozenset[str]) -> tuple[Diagnostic, ...]:
        """What is doubtful about its words."""
        if texts not in self._warnings:
            self._warnings[texts] = doubtful(self.tree, texts)
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
    found = [(key, node) for key, node in tree.root.pairs() if key.content == DEFAULTS_KEY]
    if not found:
        return None
    (_, node), *others = found
    if others:
        raise DiagramError(tree.position(others[0][0]), f"'{DEFAULTS_KEY}' stands here twice", "remove one of them")
    if node.form == "mapping":
        return Defaults(Tree(node, front_matter))
    if node.plain and node.tag is None and node.content in EMPTY:
        return None
    raise DiagramError(tree.position(node), f"'{DEFAULTS_KEY}' must hold a mapping of options")
