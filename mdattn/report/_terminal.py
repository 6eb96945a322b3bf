"""What a person at a terminal gets besides a finding's line: colour, the source line, a caret under the place.

The terminal is asked here, and only here, whether it has colours and how broad it is: what is written elsewhere never
depends on it. `FORCE_COLOR` is not heard, so that a pipe never gets colours.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import BinaryIO, NamedTuple, cast

from mdattn import cells
from mdattn.drafts import DraftError, Finding, read
from mdattn.errors import Drift, Position, Severity
from mdattn.report._forms import plain

_COLOURS: Mapping[Severity, str] = {"error": "\x1b[1;31m", "warning": "\x1b[1;33m", "note": "\x1b[1;36m"}
_PLAIN = "\x1b[0m"
_TAB = 4  # CommonMark's.
_LEAST = 40  # Columns: below, lines wrap rather than say nothing.


class Terminal(NamedTuple):
    """The terminal that standard error is, and the sources of which it may be shown a line."""

    columns: int
    coloured: bool
    kept: dict[str, bytearray]  # What was read of standard input, by its name.
    lines_of: dict[str, list[str]]  # Those of the file that was asked for last.

    @classmethod
    def of(cls, stream: BinaryIO) -> Terminal:
        """The terminal at the other end of a stream."""
        try:
            columns = os.get_terminal_size(stream.fileno()).columns
        except (OSError, ValueError):
            columns = 0
        return cls(max(columns or 80, _LEAST), _coloured(os.environ), {}, {})

    def remember(self, stdin: BinaryIO, name: str) -> BinaryIO:
        """Standard input that keeps what was read of it, to show a line of it."""
        kept = self.kept[name] = bytearray()
        return cast("BinaryIO", _Remembering(stdin, kept))

    def lines(self, finding: Finding, line: str) -> list[str]:
        """The finding's line in colour, its place in the source, and how its diagram differs."""
        diagnostic = finding.diagnostic
        lines = [self._painted(line, plain(diagnostic.text()), diagnostic.severity)]
        if diagnostic.position:
            lines += self._excerpt(finding.name, diagnostic.position)
        if diagnostic.drift:
            lines += self._drift(diagnostic.drift)
        return lines

    def _painted(self, line: str, message: str, severity: Severity) -> str:
        tail = f"{severity}: {message}"
        if not self.coloured or not line.endswith(tail):
            return line
        return f"{line.removesuffix(tail)}{_COLOURS[severity]}{severity}{_PLAIN}: {message}"

    def _excerpt(self, name: str, position: Position) -> list[str]:
        """The line of the source, cut to the terminal's breadth, and a caret under its column."""
        source = self._line(name, position.line)
        if source is None or position.column - 1 > len(source):
            return []
        number = str(position.line)
        room = self.columns - len(f" {number} | ") - 1  # Some terminals break a line that is as broad as they are.
        before, after = _cut(source, position.column - 1, room)
        return [f" {number} | {before}{after}", f" {' ' * len(number)} | {' ' * cells.width(before)}^"]

    def _line(self, name: str, number: int) -> str | None:
        """A line of a source, if it can still be read; broken where the parser breaks it."""
        if name not in self.lines_of:
            try:
                data = bytes(self.kept[name]) if name in self.kept else read(name, name, files_only=True)
            except DraftError:
                data = b""
            self.lines_of.clear()
            text = data.decode("utf-8", "surrogateescape").removeprefix("\ufeff")
            self.lines_of[name] = re.split("\r\n?|\n", text) if text else []
        lines = self.lines_of[name]
        return lines[number - 1] if number <= len(lines) else None

    def _drift(self, drift: Drift) -> list[str]:
        """What stands there, and what should."""
        lines = [f" line {drift.line} of the diagram:"]
        for sign, line in (("-", drift.old), ("+", drift.new)):
            if line is not None:
                lines.append(f" {sign} {cells.cut(plain(line), self.columns - 4)}")
        return lines


class _Remembering:
    """A stream that is read once, and what was read of it."""

    def __init__(self, stream: BinaryIO, kept: bytearray) -> None:
        self.stream = stream
        self.kept = kept

    def read(self, size: int = -1) -> bytes:
        data = self.stream.read(size)
        self.kept += data
        return data

    def fileno(self) -> int:
        return self.stream.fileno()


def _coloured(environment: Mapping[str, str]) -> bool:
    if environment.get("NO_COLOR") or environment.get("TERM") == "dumb":
        return False
    return os.name != "nt" or bool({"WT_SESSION", "TERM"} & environment.keys())  # Windows' old console has none.


def _cut(line: str, index: int, room: int) -> tuple[str, str]:
    """What stands before `line[index]` and what follows, as cells, with no more of either than there is room for.

    The caret gets a cell, and of a long line it stands about in the middle.
    """
    far = 8 * room  # Characters: more of a line that is a book need not be measured.
    begin = max(0, index - far)
    before = _cells(line[begin:index], 0)
    after = _cells(line[index : index + far], cells.width(before))
    if begin or cells.width(before) + max(1, cells.width(after)) > room:
        most = min(max(room // 2, room - cells.width(after)), room - 1)
        before = _end_of(before, most, bool(begin))
    return before, cells.cut(after, room - cells.width(before))


def _end_of(text: str, room: int, cut: bool) -> str:
    """The text, or as much of its end as there is room for."""
    if cells.width(text) <= room and not cut:
        return text
    kept: list[str] = []
    free = room - 1
    for cluster in reversed(list(cells.clusters(text))):
        free -= cells.width(cluster)
        if free < 0:
            break
        kept.append(cluster)
    return cells.ELLIPSIS + "".join(reversed(kept))


def _cells(text: str, start: int) -> str:
    """The text as it may be shown from cell `start` on: tabs as blanks up to their stops, the rest printable."""
    line = ""
    for number, piece in enumerate(text.split("\t")):
        if number:
            line += " " * (_TAB - (start + cells.width(line)) % _TAB)
        line += plain(piece)
    return line
