"""What a run has to say, in the form that was asked for: findings, the closing line, patches, progress.

Floor 6, and the only room that prints. Results and patches go to standard output as bytes, all else to standard
error; both are UTF-8 whatever the locale. Nothing of a stranger's that passes through here is obeyed, neither by a
terminal nor by a CI that reads commands out of what a step prints (`_forms`). What only a terminal gets, the source
line with its caret (`_terminal`) and a progress bar (`_progress`), is imported where there is one.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, TypeVar

from mdattn.drafts import Finding
from mdattn.errors import Diagnostic
from mdattn.report._forms import FORMS, Form, Tally, guarded, plain, shown

if TYPE_CHECKING:
    from mdattn.report._terminal import Terminal

__all__ = ["FORMS", "OutputError", "Report", "Streams", "Tally", "plain"]

_Item = TypeVar("_Item")


class OutputError(Exception):
    """Standard output did not take what was written to it; the message is the system's."""


class Streams(NamedTuple):
    """The standard streams as bytes; None where the process was started with one closed."""

    stdin: BinaryIO | None
    stdout: BinaryIO | None
    stderr: BinaryIO | None

    @classmethod
    def standard(cls) -> Streams:
        """Those of the process."""
        return cls(*(getattr(each, "buffer", None) for each in (sys.stdin, sys.stdout, sys.stderr)))

    def out(self, data: bytes) -> None:
        """Write to standard output. Raises BrokenPipeError if its reader went away, else OutputError."""
        try:
            if self.stdout is None:
                raise OSError(9, "it is closed")
            _send(self.stdout, data)
        except BrokenPipeError:
            raise
        except OSError as error:
            if os.name == "nt" and error.errno == errno.EINVAL:  # What Windows says of a pipe without a reader.
                raise BrokenPipeError from error
            raise OutputError(error.strerror or str(error)) from error

    def err(self, text: str) -> None:
        """Write one line to standard error; where that is closed there is nobody to tell."""
        if self.stderr is not None:
            _send(self.stderr, text.encode("utf-8", "backslashreplace") + b"\n")


def _send(stream: BinaryIO, data: bytes) -> None:
    """Write all of it, and see it gone.

    Unbuffered (PYTHONUNBUFFERED), a stream may take less than it is given; and so does one that does not wait for its
    reader, because a program that shares it wanted that.
    """
    rest = memoryview(data)
    while True:
        try:
            if not rest:
                stream.flush()
                return
            taken: int | None = stream.write(rest)
        except BlockingIOError as error:
            taken = None
            rest = rest[error.characters_written :]
        if taken is None:
            from select import select

            select([], [stream], [])
        else:
            rest = rest[taken:]


class Report(NamedTuple):
    """Where things are said, and in which form."""

    streams: Streams
    form: Form
    screen: Terminal | None = None  # Where standard error is a terminal, and a person reads it.

    @classmethod
    def of(cls, streams: Streams, form: str) -> Report:
        """The report on given streams in the form of that name."""
        if form != "text" or streams.stderr is None or not streams.stderr.isatty():
            return cls(streams, FORMS[form])
        from mdattn.report._terminal import Terminal

        return cls(streams, FORMS[form], Terminal.of(streams.stderr))

    def findings(self, findings: Iterable[Finding]) -> None:
        """Say each: one unwrapped line, and on a terminal what its place looks like."""
        for each in findings:
            line = self.form.finding(each)
            for one in self.screen.lines(each, line) if self.screen else [line]:
                self.streams.err(one)

    def failure(self, message: str, subject: str = "mdattn", usage: str = "") -> None:
        """Say what is wrong with the run itself rather than with a file."""
        if usage and self.form is FORMS["text"]:
            self.streams.err(usage)
        self.streams.err(self.form.failure(subject, Diagnostic(None, message)))

    def closing(self, tally: Tally) -> None:
        """Say what was done."""
        self.streams.err(self.form.closing(tally))

    def patch(self, patch: bytes) -> None:
        """Print a patch: for a file or a pipe as it is, for a page or a terminal so that nothing in it is obeyed."""
        if not patch:
            return
        if self.form is FORMS["github"]:
            patch = guarded(shown(patch))
        elif self.streams.stdout is not None and self.streams.stdout.isatty():
            patch = shown(patch)
        self.streams.out(patch)

    def stdin(self, name: str) -> BinaryIO | None:
        """Standard input, which findings call `name`."""
        if self.screen is None or self.streams.stdin is None:
            return self.streams.stdin
        return self.screen.remember(self.streams.stdin, name)

    def track(self, items: Sequence[_Item]) -> Iterable[_Item]:
        """The items; on a terminal, what is left of them is shown once they have taken two seconds."""
        if self.screen is None:
            return items
        from mdattn.report._progress import tracked

        return tracked(items)
