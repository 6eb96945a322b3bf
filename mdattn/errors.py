"""What can be wrong with a document, where, and the way out.

Floor 0. A `DiagramError` knows its place in the document. An `OptionError` is raised where that place is not
known yet, by code that only sees options; `render` looks its path up in the block and raises it again in place.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import zip_longest
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


class Diagnostic(NamedTuple):
    """One finding: its place, what is wrong, and the cure; and how a result differs, where that is what is wrong."""

    position: Position | None
    message: str
    hint: str = ""
    severity: Severity = "error"
    drift: Drift | None = None

    def text(self) -> str:
        """The message with its hint in brackets, on one line."""
        return f"{self.message} ({self.hint})" if self.hint else self.message

    def line(self, name: str) -> str:
        """`NAME:LINE:COL: error: message (hint)`, as editors parse it."""
        place = f"{name}:{self.position.line}:{self.position.column}" if self.position else name
        return f"{place}: {self.severity}: {self.text()}"


class DiagramError(Exception):
    """A document holds something that cannot be drawn.

    `position` and `message` are those of the first finding; `diagnostics` holds all of them, in document order.
    """

    def __init__(self, position: Position | None, message: str, hint: str = "") -> None:
        super().__init__(position, message, hint)
        self.diagnostics: tuple[Diagnostic, ...] = (Diagnostic(position, message, hint),)

    @classmethod
    def of(cls, diagnostics: Iterable[Diagnostic]) -> DiagramError:
        """One error for all the findings of a document."""
        ordered = sorted(diagnostics, key=lambda each: each.position or Position(0, 0))
        error = cls(ordered[0].position, ordered[0].message, ordered[0].hint)
        error.diagnostics = tuple(ordered)
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
        return "\n".join(
            f"{each.position.line}:{each.position.column}: {each.text()}" if each.position else each.text()
            for each in self.diagnostics
        )


class DiagramWarning(UserWarning):
    """What was meant as a diagram and is none, in a document that is only parsed."""


class OptionError(Exception):
    """An option cannot be honoured; `path` leads to it, as `("embeddings", 2, 0)`; `()` means the whole block."""

    def __init__(self, path: str | Path, message: str, hint: str = "") -> None:
        super().__init__(path, message, hint)
        self.path: Path = (path,) if isinstance(path, str) else path
        self.message = message
        self.hint = hint


class IdleError(OptionError):
    """An option has no effect in this block: a mistake of who wrote it there, and of no one if it is a default."""


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
        offsets = [0]
        for line in self.text.split("\n")[:-1]:
            offsets.append(offsets[-1] + len(line) + 1)
        row = min(bisect_right(offsets, index) - 1, len(self.starts) - 1)
        start = self.starts[row]
        left_out = bisect_right(self.dropped, index) - bisect_left(self.dropped, offsets[row])
        return Position(start.line, start.column + index - offsets[row] + left_out)


def suggest(word: str, choices: Iterable[str]) -> str:
    """`did you mean 'mask'?` for a near miss, else the list of choices."""
    from difflib import get_close_matches  # Slow to import, and only a mistake needs it.

    known = list(choices)
    close = get_close_matches(word.lower(), [each.lower() for each in known], n=1, cutoff=0.6)
    if close:
        match = next(each for each in known if each.lower() == close[0])
        return f"did you mean {match!r}?"
    return "choose from " + ", ".join(known)
