"""A block given as a mapping by a program: arrays, tuples and numbers of any library become what YAML would give."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from mdattn.errors import Diagnostic, DiagramError
from mdattn.options._bearing import bearing
from mdattn.options._faults import Faults
from mdattn.options._kinds import Kinds, choice_named, excluding
from mdattn.options._types import Common, converted
from mdattn.options._yaml import MOST_DEPTH, bounded


def of_mapping(options: Mapping[Any, Any], kinds: Kinds) -> Common:
    """The typed options of a block given as a mapping, arrays allowed. A mistake has no place."""
    given: dict[Any, Any] = {_plain_key(name): _plain(value, 1) for name, value in options.items()}
    faults = Faults()
    for name in given:
        if not isinstance(name, str):
            faults.add(None, partial(_no_name, name))
    choice = choice_named(given.get("kind"), None, kinds)
    type_ = choice.type_
    known = {name: value for name, value in given.items() if name in type_.__struct_fields__}
    for name in given:
        if isinstance(name, str) and name not in known:
            faults.add(None, partial(choice.unknown, name, given[name], given))
    for first, second in type_.rivals:
        if first in known and second in known:
            faults.add(None, partial(excluding, first, second))
    typed = converted(known, type_)
    if typed is None:
        for name, value in known.items():
            faults.add_misfits(name, value, type_, None)
    if typed is None or faults.found:
        raise DiagramError.of(faults.said())
    _, idle = bearing(typed)
    if idle:
        raise DiagramError.of(Diagnostic(None, each.message, each.hint) for each in idle)
    return typed


def _no_name(name: object) -> tuple[str, str]:
    from mdattn.options._misfit import shown

    return f"a key must be text, not {shown(name)}", ""


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
