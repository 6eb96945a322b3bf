"""The mistakes of a block or of a front matter, each in its place: as many as are told, and how many more there are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from mdattn.errors import Diagnostic, Path, Position
from mdattn.options._types import Common
from mdattn.options._words import quoted
from mdattn.options._yaml import MOST_TOLD, Node, PlainValues, Tree, descend, key_of

if TYPE_CHECKING:
    from mdattn.options._misfit import Misfit


class Entry(msgspec.Struct, frozen=True):
    """An option as it is written: its key and its value, in the tree of a block or of a front matter."""

    tree: Tree
    key: Node
    node: Node

    def place(self, path: Path) -> Position:
        """The place of what stands at the path, which begins with the option, or of the nearest thing around it."""
        found = descend(self.node, path[1:])
        return self.tree.position(self.key if found is self.node and self.node.form != "scalar" else found)


class Fault(NamedTuple):
    """A mistake: its place, and how to say it, which takes time and is only done for those that are told."""

    position: Position | None
    say: Callable[[], tuple[str, str]]


class Faults:
    """The mistakes of a block or a front matter."""

    def __init__(self) -> None:
        self.found: list[Fault] = []
        self.more = 0

    def add(self, position: Position | None, say: Callable[[], tuple[str, str]]) -> None:
        self.found.append(Fault(position, say))

    def add_some(self, faults: Iterator[Fault]) -> None:
        """Add faults in the order of the text, of which no more are kept than are told."""
        self.found += islice(faults, MOST_TOLD)
        self.more += sum(1 for _ in faults)

    def add_read(self, tree: Tree, values: PlainValues) -> None:
        """Add what a reader of the tree has gathered."""
        self.found += [Fault(tree.position(node), partial(_said, *said)) for node, *said in values.wrong]
        self.more += values.more

    def add_misfits(self, name: str, value: object, type_: type[Common], entry: Entry | None) -> None:
        """Add what does not fit inside of an option's value, each in its place, where the option has one."""
        from mdattn.options._misfit import misfits_of

        found = misfits_of(name, value, type_)
        self.add_some(_placed(each, entry) for each in islice(found, MOST_TOLD))
        self.more += sum(1 for _ in found)

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


def _first_of_place(faults: Iterable[Fault]) -> list[Fault]:
    """Each mistake that has no place, and of those with one the first there."""
    placed: dict[Position, Fault] = {}
    return [each for each in faults if each.position is None or placed.setdefault(each.position, each) is each]


def _said(message: str, hint: str) -> tuple[str, str]:
    return message, hint


def _placed(misfit: Misfit, entry: Entry | None) -> Fault:
    if entry is None:
        return Fault(None, misfit.say)
    if misfit.at_key:
        found = key_of(descend(entry.node, misfit.path[1:-1]), str(misfit.path[-1]))
        return Fault(entry.tree.position(found or entry.key), misfit.say)
    at = descend(entry.node, misfit.path[1:])
    say = _commented(entry.tree, at, misfit.say) if at.plain and at.content == "" else misfit.say
    return Fault(entry.place(misfit.path), say)


def _commented(tree: Tree, node: Node, say: Callable[[], tuple[str, str]]) -> Callable[[], tuple[str, str]]:
    """A value that is empty because a comment stands where it should be."""
    rest = tree.excerpt.text[node.index :].split("\n", 1)[0].strip()
    if not rest.startswith("#"):
        return say
    return lambda: (say()[0], f"'#' begins a comment: put quotes around {quoted(rest)}")


def doubtful(tree: Tree, texts: frozenset[str]) -> tuple[Diagnostic, ...]:
    """What is doubtful about the words of a tree."""
    text = tree.excerpt.text
    if " #" not in text and "\t#" not in text and text.isascii():
        return ()
    from mdattn.options._doubts import doubts

    return tuple(doubts(tree, texts))
