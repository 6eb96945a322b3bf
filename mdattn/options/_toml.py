"""The defaults of a TOML front matter, as the tree that YAML's would be.

`tomllib` does not say where a value stands: a key is looked for in the lines of its table, and what is not found has
the place of the table.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple, NoReturn

from mdattn.errors import DiagramError, Excerpt
from mdattn.options._defaults import DEFAULTS_KEY as KEY
from mdattn.options._yaml import MOST_DEPTH, Node, Tree

MOST_CHARACTERS = 100_000
MOST_PARTS = 1_000  # tomllib takes time that grows with the square of the parts of a key.


def parse_toml(excerpt: Excerpt) -> Tree:
    """The table `attention-diagram` alone, below the root. Raises DiagramError at the first thing that is not TOML."""
    import tomllib

    if len(excerpt.text) > MOST_CHARACTERS:
        problem = f"front matter of more than {MOST_CHARACTERS:,} characters"
        raise DiagramError(excerpt.position(0), problem, "move what is not for diagrams out of it")
    for row, line in enumerate(excerpt.text.split("\n")):
        if line.partition("=")[0].count(".") > MOST_PARTS:
            place = excerpt.position(_offset(excerpt.text, row + 1, 1))
            raise DiagramError(place, f"a key of more than {MOST_PARTS:,} parts")
    try:
        excerpt.text.encode()
    except UnicodeEncodeError as error:
        raise DiagramError(excerpt.position(error.start), "a byte that is not UTF-8", "save it as UTF-8") from None
    try:
        values = tomllib.loads(excerpt.text)
    except tomllib.TOMLDecodeError as error:
        message, _, there = str(error).rpartition(" (at ")
        numbers = [int(each) for each in re.findall(r"[0-9]+", there)]
        index = _offset(excerpt.text, *numbers) if len(numbers) == 2 else len(excerpt.text)
        raise DiagramError(excerpt.position(index), f"not valid TOML: {message or error}") from None
    except RecursionError:
        raise DiagramError(excerpt.position(0), f"nested more than {MOST_DEPTH} levels deep") from None
    if KEY not in values:
        return Tree(Node(0, [], "mapping"), excerpt)
    table = _Table.of(excerpt)
    root = (_text(table.start, KEY), _node(values[KEY], table, table.start, 1))
    return Tree(Node(0, [root], "mapping"), excerpt)


def _offset(text: str, line: int, column: int) -> int:
    return sum(len(each) + 1 for each in text.split("\n")[: line - 1]) + column - 1


class _Table(NamedTuple):
    """Where the table begins, and where the keys of its lines are, in the excerpt."""

    excerpt: Excerpt
    start: int
    keys: dict[str, int]

    @classmethod
    def of(cls, excerpt: Excerpt) -> _Table:
        name = rf"[\"']?{KEY}[\"']?"
        header = re.compile(rf"^[ \t]*\[*[ \t]*({name})", re.MULTILINE).search(excerpt.text)
        start = header.start(1) if header else max(0, excerpt.text.find(KEY))
        own = re.compile(
            rf"^[ \t]*(?:\[[ \t]*)?(?:{name}[ \t]*\.[ \t]*)?[\"']?([\w-]+)[\"']?[ \t]*[.=\]]", re.MULTILINE
        )
        keys: dict[str, int] = {}
        for match in own.finditer(excerpt.text, excerpt.text.rfind("\n", 0, start) + 1):
            keys.setdefault(match[1], match.start(1))
        return cls(excerpt, start, keys)


def _node(value: Any, table: _Table, index: int, depth: int) -> Node:
    """A value as YAML's reader would have it: words for numbers, and quotes around words."""
    if depth > MOST_DEPTH:
        _fail(table, index, f"nested more than {MOST_DEPTH} levels deep")
    if isinstance(value, dict):
        pairs = []
        for key, each in value.items():
            place = table.keys.get(key, index) if depth < 3 else index
            pairs.append((_text(place, key), _node(each, table, place, depth + 1)))
        return Node(index, pairs, "mapping", size=1 + sum(1 + each.size for _, each in pairs))
    if isinstance(value, list):
        items = [_node(each, table, index, depth + 1) for each in value]
        return Node(index, items, "list", size=1 + sum(each.size for each in items))
    if isinstance(value, str):
        return _text(index, value)
    if isinstance(value, bool):
        return Node(index, str(value).lower(), "scalar", plain=True)
    if isinstance(value, int):
        return Node(index, _digits(value, table, index), "scalar", plain=True)
    if isinstance(value, float):
        return Node(index, re.sub("^(-?)(inf|nan)$", r"\1.\2", repr(value)), "scalar", plain=True)
    return _fail(table, index, "no option is a date or a time", "put quotes around it to have it as text")


def _digits(value: int, table: _Table, index: int) -> str:
    try:
        return str(value)
    except ValueError:
        _fail(table, index, "a number of thousands of digits")


def _text(index: int, content: str) -> Node:
    return Node(index, content, "scalar")


def _fail(table: _Table, index: int, message: str, hint: str = "") -> NoReturn:
    raise DiagramError(table.excerpt.position(index), message, hint)
