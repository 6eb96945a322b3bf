"""What can be wrong with a document, where, and the way out.

Floor 0. A `DiagramError` knows its place in the document. An `OptionError` is raised where that place is not
known yet, by code that only sees options; `render` looks its path up in the block and raises it again in place.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import accumulate, zip_longest
from os import PathLike, fspath
from typing import Literal, NamedTuple

# A warning is worth an error where everything is to be as its author meant it; a note never is.
Severity = Literal["error", "warning", "note"]
Path = tuple[str | int, ...]


class Position(NamedTuple):
    """A place in a document: line and column, both from 1, the column in characters."""

    line: int
    column: int


class Drift(NamedTuple):
    """The first line of a diagram that is not what its options give: its number in the diagram, from 1.

    `old` is what stands there, `new` what should; None where one of the two has no such line.
    """

    line: int
    old: str | None
    new: str | None

    @classmethod
    def between(cls, old: Sequence[str], new: Sequence[str]) -> Drift | None:
        """Where the lines `old` begin to differ from `new`; None where they do not."""
        for number, (mine, other) in enumerate(zip_longest(old, new), 1):
            if mine != other:
                return cls(number, mine, other)
        return None


class Cure(str):
    """A hint that depends on who asks: on the command line it names a flag or a command, in Python an argument."""

    python: str

    def __new__(cls, text: str, python: str) -> Cure:
        """`text` for the command line, `python` for Python; an empty one says nothing."""
        made = super().__new__(cls, text)
        made.python = python
        return made


class Diagnostic(NamedTuple):
    """One finding: its place, what is wrong, and the cure; and how a result differs, where that is what is wrong.

    `number` is how many mistakes it stands for: of very many in one block only the first are told one by one.
    """

    position: Position | None
    message: str
    hint: str = ""
    severity: Severity = "error"
    drift: Drift | None = None
    number: int = 1

    def text(self) -> str:
        """The message with its hint in brackets, on one line."""
        return f"{self.message} ({self.hint})" if self.hint else self.message

    def line(self, name: str) -> str:
        """`NAME:LINE:COL: error: message (hint)`, as editors parse it."""
        place = f"{name}:{self.position.line}:{self.position.column}" if self.position else name
        return f"{place}: {self.severity}: {self.text()}"

    def in_python(self, name: str | None) -> str:
        """`NAME:LINE:COL: message (hint)`, with the hint that serves a caller from Python."""
        hint = self.hint.python if isinstance(self.hint, Cure) else self.hint
        place = ":".join(str(part) for part in (name, *(self.position or ())) if part is not None)
        said = self._replace(hint=hint).text()
        return f"{place}: {said}" if place else said


class DiagramError(Exception):
    """A document holds something that cannot be drawn.

    `position` and `message` are those of the first finding; `diagnostics` holds all of them, in document order; `path`
    is the document's, where it is known.
    """

    def __init__(self, position: Position | None, message: str, hint: str = "") -> None:
        super().__init__(position, message, hint)
        self.diagnostics: tuple[Diagnostic, ...] = (Diagnostic(position, message, hint),)
        self.path: str | None = None

    @classmethod
    def of(cls, diagnostics: Iterable[Diagnostic], path: str | PathLike[str] | None = None) -> DiagramError:
        """One error for all the findings of a document."""
        ordered = sorted(diagnostics, key=lambda each: each.position or Position(0, 0))
        error = cls(ordered[0].position, ordered[0].message, ordered[0].hint)
        error.diagnostics = tuple(ordered)
        error.path = None if path is None else fspath(path)
        return error

    @property
    def position(self) -> Position | None:
        """Where the first finding is."""
        return self.diagnostics[0].position

    @property
    def message(self) -> str:
        """What the first finding is."""
        return self.diagnostics[0].message

    @property
    def hint(self) -> str:
        """The cure of the first finding, or an empty string."""
        return self.diagnostics[0].hint

    def __str__(self) -> str:
        return "\n".join(each.in_python(self.path) for each in self.diagnostics)


class DiagramWarning(UserWarning):
    """A document holds what its author may not have meant: how a warning reaches who calls from Python."""


class OptionError(Exception):
    """An option cannot be honoured; `path` leads to it, as `("embeddings", 2, 0)`; `()` means the whole block."""

    def __init__(self, path: str | Path, message: str, hint: str = "") -> None:
        super().__init__(path, message, hint)
        self.path: Path = (path,) if isinstance(path, str) else path
        self.message = _bounded(message)
        self.hint = _bounded(hint)


def _bounded(message: str) -> str:
    """A message with a long word of an author's in it, without the middle of that."""
    most = 200
    return message if len(message) <= most else f"{message[: most - 60]}…{message[-59:]}"


class ProofError(Exception):
    """The result would change something outside a block: an error of this package, never of the document."""


class Excerpt(NamedTuple):
    """Text taken out of a document, line by line, that still knows where each line came from.

    `text` has `\\n` line endings; `starts` holds the document position of the first character of each line.
    `dropped` are the indices, in order, before which a character of the document was left out.
    """

    text: str
    starts: tuple[Position, ...]
    dropped: tuple[int, ...] = ()

    def position(self, index: int) -> Position:
        """The document position of `text[index]`; past the end, that of the end."""
        offsets = _offsets(self.text)
        row = min(bisect_right(offsets, index) - 1, len(self.starts) - 1)
        start = self.starts[row]
        left_out = bisect_right(self.dropped, index) - bisect_left(self.dropped, offsets[row])
        return Position(start.line, start.column + index - offsets[row] + left_out)


@lru_cache(maxsize=4)  # A block and its front matter are asked for the places of all that is wrong with them.
def _offsets(text: str) -> Sequence[int]:
    """Where each line of the text begins."""
    return tuple(accumulate((len(line) + 1 for line in text.split("\n")[:-1]), initial=0))


LONGEST_NAME = 40
MOST_CHOICES = 6
_NEAR, _RELATED = 0.74, 0.4  # How alike a slip of the fingers is, and what is worth listing.


def suggest(word: str, choices: Iterable[str], command: str = "") -> str:
    """`did you mean 'mask'?` for a near miss, else a few of the choices, the nearest ones.

    Of a longer list, `command` is what shows all of it on the command line.
    """
    from difflib import get_close_matches  # Slow to import, and only a mistake needs it.

    known = list(dict.fromkeys(choices))
    plain = _bare(word)
    alike = [each for each in known if plain and _bare(each) == plain]
    # A long word is no slip, and would take long to compare.
    if not alike and len(word) <= LONGEST_NAME:
        short = {each: each.lower() for each in known if len(each) <= LONGEST_NAME}
        close = get_close_matches(word.lower(), short.values(), n=1, cutoff=_NEAR)
        alike = [each for each, lower in short.items() if close and lower == close[0]]
    if alike:
        return f"did you mean {_cut(alike[0])!r}?"
    if len(known) <= MOST_CHOICES:
        return "choose from " + ", ".join(map(_cut, known))
    near = get_close_matches(word[:LONGEST_NAME].lower(), known, n=MOST_CHOICES, cutoff=_RELATED)
    few = [*near, *(each for each in known if each not in near)][:MOST_CHOICES]
    listed = f"choose from {', '.join(_cut(each) for each in known if each in few)}, …"
    return Cure(f"{listed}; `{command}` lists all", listed) if command else listed


def _bare(word: str) -> str:
    """A word without what people write differently: capitals, hyphens, underscores, blanks."""
    return word.lower().replace("-", "").replace("_", "").replace(" ", "")


def _cut(word: str) -> str:
    return word if len(word) <= LONGEST_NAME else word[: LONGEST_NAME - 1] + "…"
