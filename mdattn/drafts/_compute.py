"""What a run would change: every document is worked on and compared before anything is written."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from mdattn.drafts._plan import STDIN, Draft, DraftError, Finding, Identity, Plan, UsageError, file_error, tidy
from mdattn.errors import Diagnostic, DiagramError

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 32 * 2**20

_READ = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_NO_WAIT = getattr(os, "O_NONBLOCK", 0)  # A named pipe as destination must not hang the comparison.
_FOREIGN_MARKS = {
    b"\xff\xfe\0\0": "UTF-32",
    b"\0\0\xfe\xff": "UTF-32",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}


class Worked(NamedTuple):
    """What has become of a document, what its author should look at, and what was not as it should be."""

    text: str
    warnings: tuple[Diagnostic, ...] = ()
    drift: tuple[Diagnostic, ...] = ()
    diagrams: int = 0


class Work(NamedTuple):
    """What is done to each document: `run(draft, text, path)`, unless a glance at its text says that nothing is."""

    concerns: Callable[[str], bool]
    run: Callable[[Draft, str, Path | None], Worked]


class Change(NamedTuple):
    """What stands at a draft's destination (None: nothing), and what should stand there."""

    draft: Draft
    old: bytes | None  # For standard output: the draft.
    new: bytes


class Outcome(NamedTuple):
    """What a run would change, and everything it found, in the order of the documents.

    `drift` says in detail what is not as it should be, where the work itself can tell.
    """

    changes: tuple[Change, ...]
    findings: tuple[Finding, ...]
    drift: tuple[Finding, ...] = ()
    documents: int = 0
    diagrams: int = 0

    @property
    def failed(self) -> bool:
        """Whether any finding is an error, so that nothing may be written."""
        return any(each.diagnostic.severity == "error" for each in self.findings)


class _Files:
    """The files that a run reads and would write, by identity: a result must not fall on a draft."""

    def __init__(self) -> None:
        self.sources: dict[Identity, tuple[str, int]] = {}
        self.results: dict[Identity, tuple[str, int]] = {}

    def add_result(self, status: os.stat_result, destination: str) -> None:
        """Note an existing result. Raises `UsageError` if another result leads to the same file."""
        other, _ = self.results.setdefault((status.st_dev, status.st_ino), (destination, status.st_nlink))
        if other != destination and os.path.realpath(other) == os.path.realpath(destination):
            raise UsageError(f"{other} and {destination} lead to one file, and two results would be written there")

    def clash(self) -> str | None:
        """What is wrong if a result is one of the drafts."""
        for identity in self.results.keys() & self.sources.keys():
            (source, links), (result, _) = self.sources[identity], self.results[identity]
            # Two names of one file (hard links) come apart when one is replaced; then the draft survives.
            if links == 1 or os.path.realpath(source) == os.path.realpath(result):
                return f"{result} is the draft {source} itself, and writing there would destroy it"
        return None


def compute(
    plan: Plan,
    stdin: BinaryIO | None,
    work: Work,
    track: Callable[[Sequence[Draft]], Iterable[Draft]] = iter,
) -> Outcome:
    """Work on every document of the plan and compare it with what its destination holds; write nothing.

    `stdin` is read where the plan names it. Raises `UsageError` where a result would destroy a draft.
    """
    files = _Files()
    changes: list[Change] = []
    findings = list(plan.findings)
    drift: list[Finding] = []
    diagrams = 0
    for draft in track(plan.drafts):
        try:
            data = _draft_bytes(draft, stdin, files)
            new, worked = _worked(draft, data, work)
            findings += [Finding(draft.name, each) for each in worked.warnings]
            drift += [Finding(draft.name, each) for each in worked.drift]
            old = data if plan.in_place or draft.destination is None else _current(draft.destination, files)
        except DiagramError as error:
            findings += [Finding(draft.name, each) for each in error.diagnostics]
        except DraftError as error:
            findings.append(error.finding)
        except UsageError:
            raise
        except Exception as error:
            reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            findings.append(Finding(draft.name, Diagnostic(None, f"internal error: {reason}; please report")))
        else:
            diagrams += worked.diagrams
            if draft.destination is None or old != new:
                changes.append(Change(draft, old, new))
    if clash := files.clash():
        raise UsageError(clash)
    return Outcome(tuple(changes), tuple(findings), tuple(drift), len(plan.drafts), diagrams)


def decode(name: str, data: bytes) -> str:
    """The text of a document; bytes that are not UTF-8 become lone surrogates and come back by `encode`."""
    for mark, encoding in _FOREIGN_MARKS.items():
        if data.startswith(mark):
            raise DraftError(name, f"is {encoding}, and documents are UTF-8", "save it as UTF-8")
    return data.decode("utf-8", "surrogateescape")


def encode(text: str) -> bytes:
    """The bytes of a document."""
    return text.encode("utf-8", "surrogateescape")


def read(path: str, name: str) -> bytes:
    """The bytes of a file of at most MAX_BYTES; raises `DraftError`."""
    try:
        data, _ = _slurp(path, MAX_BYTES)
    except OSError as error:
        raise file_error(name, error) from error
    return checked(name, data)


def read_stream(stream: BinaryIO | None, name: str) -> bytes:
    """The bytes of standard input (None: closed), at most MAX_BYTES; raises `DraftError`."""
    if stream is None:
        raise DraftError(name, "standard input is closed")
    try:
        return checked(name, stream.read(MAX_BYTES + 1))
    except OSError as error:
        raise file_error(name, error) from error


def checked(name: str, data: bytes) -> bytes:
    """The data itself, if it is not too large."""
    if len(data) > MAX_BYTES:
        raise DraftError(name, f"is larger than {MAX_BYTES // 2**20} MB", "split the document")
    return data


def _draft_bytes(draft: Draft, stdin: BinaryIO | None, files: _Files) -> bytes:
    try:
        if draft.source is None:
            _note_stdin(stdin, draft.name, files)
            return read_stream(stdin, draft.name)
        data, status = _slurp(draft.source, MAX_BYTES)
    except OSError as error:
        raise file_error(draft.name, error) from error
    files.sources[status.st_dev, status.st_ino] = draft.source, status.st_nlink
    return checked(draft.name, data)


def _note_stdin(stdin: BinaryIO | None, name: str, files: _Files) -> None:
    """`render < post.md -o post.md` must not destroy the draft either."""
    with suppress(OSError, ValueError):  # A stream in memory, or a closed one.
        if stdin is not None:
            status = os.fstat(stdin.fileno())
            files.sources[status.st_dev, status.st_ino] = name, 1


def _worked(draft: Draft, data: bytes, work: Work) -> tuple[bytes, Worked]:
    """The bytes of the result, and what there is to say about the document."""
    text = decode(draft.name, data)
    if not work.concerns(text):
        return data, Worked(text)
    from pathlib import Path  # Most documents never need it.

    nameless = draft.source is None and draft.name == STDIN
    worked = work.run(draft, text, None if nameless else Path(draft.source or draft.name))
    return encode(worked.text), worked


def _current(destination: str, files: _Files) -> bytes | None:
    """What a destination holds; None where it does not exist, or is a device or a pipe and holds nothing."""
    try:
        data, status = _slurp(destination, None, _NO_WAIT)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise file_error(tidy(destination), error) from error
    if not stat.S_ISREG(status.st_mode):
        return None
    files.add_result(status, destination)
    return data


def _slurp(path: str, limit: int | None, flags: int = 0) -> tuple[bytes, os.stat_result]:
    """The bytes of a file, not much more than `limit`, and its status; a device is empty with `flags`."""
    descriptor = os.open(path, _READ | flags)
    try:
        status = os.fstat(descriptor)
        if flags and not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
            return b"", status
        size = status.st_size if limit is None else min(status.st_size, limit)
        data = os.read(descriptor, size + 1)
        if len(data) == status.st_size and stat.S_ISREG(status.st_mode):
            return data, status
        parts = [data]
        length = len(data)
        while parts[-1] and (limit is None or length <= limit):
            parts.append(os.read(descriptor, 2**20))
            length += len(parts[-1])
        return b"".join(parts), status
    finally:
        os.close(descriptor)
