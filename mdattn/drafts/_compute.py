"""What a run would change: every document is worked on and compared before anything is written."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from mdattn.drafts._findings import STDIN, DraftError, Finding, Identity, UsageError, file_error, tidy
from mdattn.drafts._plan import Draft, Plan
from mdattn.drafts._tree import NO_WAIT, READ, Trees
from mdattn.errors import Diagnostic, DiagramError

if TYPE_CHECKING:
    from pathlib import Path

    from mdattn.document import Placed

MAX_BYTES = 32 * 2**20
MAX_RESULT = 8 * MAX_BYTES

_MOST_REASON = 200  # characters of what an exception says
_FOREIGN_MARKS = {
    b"\xff\xfe\0\0": "UTF-32",
    b"\0\0\xfe\xff": "UTF-32",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}


class Worked(NamedTuple):
    """What has become of a document, what its author should look at, and what was not as it should be.

    `diagrams` counts them; `placed` says where they stand, where the work can tell.
    """

    text: str
    warnings: tuple[Diagnostic, ...] = ()
    drift: tuple[Diagnostic, ...] = ()
    diagrams: int = 0
    placed: tuple[Placed, ...] = ()


class Work(NamedTuple):
    """What is done to each document: `run(draft, text, path)`, unless a glance at its text says that nothing is."""

    concerns: Callable[[str], bool]
    run: Callable[[Draft, str, Path | None], Worked]


class Change(NamedTuple):
    """What stands at a draft's destination (None: nothing), and what should stand there.

    `identity` tells the file that was read there; `placed` are the diagrams of the result.
    """

    draft: Draft
    old: bytes | None  # For standard output: the draft.
    new: bytes
    identity: Identity | None = None
    placed: tuple[Placed, ...] = ()


class Outcome(NamedTuple):
    """What a run would change, and everything it found, in the order of the documents.

    `drift` says in detail what is not as it should be, where the work itself can tell. `documents` counts those that
    were read, `diagrams` what was drawn in them.
    """

    changes: tuple[Change, ...]
    findings: tuple[Finding, ...]
    drift: tuple[Finding, ...] = ()
    documents: int = 0
    diagrams: int = 0


class _Files:
    """The files that a run reads and would write, by identity: a result must not fall on a draft."""

    def __init__(self) -> None:
        self.sources: dict[Identity, tuple[str, int]] = {}
        self.results: dict[Identity, tuple[str, int]] = {}

    def add_result(self, status: os.stat_result, destination: str) -> None:
        """Note an existing result. Raises `UsageError` if another result leads to the same file."""
        other, _ = self.results.setdefault((status.st_dev, status.st_ino), (destination, status.st_nlink))
        if other != destination and _one_place(other, destination):
            raise UsageError(f"{other} and {destination} lead to one file, and two results would be written there")

    def clash(self) -> str | None:
        """What is wrong if a result is one of the drafts."""
        for identity in self.results.keys() & self.sources.keys():
            (source, links), (result, _) = self.sources[identity], self.results[identity]
            # Two names of one file (hard links) come apart when one is replaced; then the draft survives.
            if links == 1 or _one_place(source, result):
                return f"{result} is the draft {source} itself, and writing there would destroy it"
        return None


def _one_place(path: str, other: str) -> bool:
    """Whether two paths of one file lead to one name of it (in a file system that may not mind capitals)."""
    return os.path.realpath(path).casefold() == os.path.realpath(other).casefold()


def compute(
    plan: Plan, stdin: BinaryIO | None, work: Work, track: Callable[[Sequence[Draft]], Iterable[Draft]] = iter
) -> Outcome:
    """Work on every document of the plan and compare it with what its destination holds; write nothing.

    `stdin` is read where the plan names it; `track` sees the documents pass, one by one. What fails in one document,
    and be it this package, is a finding of that document. Raises `UsageError` where a result would destroy a draft.
    """
    files = _Files()
    changes: list[Change] = []
    findings = list(plan.findings)
    drift: list[Finding] = []
    documents = diagrams = 0
    with Trees() as trees:
        for draft in track(plan.drafts):
            try:
                data, identity = _draft_bytes(draft, stdin, trees, files)
                documents += 1
                new, worked = _worked(draft, data, work)
                diagrams += worked.diagrams
                findings += [Finding(draft.name, each) for each in worked.warnings]
                drift += [Finding(draft.name, each) for each in worked.drift]
                old: bytes | None = data
                if draft.destination is not None and not plan.in_place:
                    old, identity = _current(draft, draft.destination, trees, files)
            except DiagramError as error:
                findings += [Finding(draft.name, each) for each in error.diagnostics]
            except DraftError as error:
                findings.append(error.finding)
            except UsageError:
                raise
            except Exception as error:
                findings.append(_crash(draft.name, error))
            else:
                if draft.destination is None or old != new:
                    changes.append(Change(draft, old, new, identity, worked.placed))
    if clash := files.clash():
        raise UsageError(clash)
    # One link may stand before many documents, and is told of once.
    return Outcome(tuple(changes), tuple(dict.fromkeys(findings)), tuple(drift), documents, diagrams)


def decode(name: str, data: bytes) -> str:
    """The text of a document; bytes that are not UTF-8 become lone surrogates and come back by `encode`."""
    for mark, encoding in _FOREIGN_MARKS.items():
        if data.startswith(mark):
            raise DraftError(name, f"is {encoding}, and documents are UTF-8", "save it as UTF-8")
    return data.decode("utf-8", "surrogateescape")


def encode(text: str) -> bytes:
    """The bytes of a document."""
    return text.encode("utf-8", "surrogateescape")


def read(path: str, name: str, *, files_only: bool = False) -> bytes:
    """The bytes of a file of at most MAX_BYTES; raises `DraftError`. With `files_only` no pipe is waited for."""
    try:
        data, _ = slurp(os.open(path, READ | NO_WAIT if files_only else READ), MAX_BYTES, files_only=files_only)
    except (OSError, ValueError) as error:
        raise file_error(name, error) from error
    return checked(name, data)


def read_stream(stream: BinaryIO | None, name: str) -> bytes:
    """The bytes of standard input (None: closed), at most MAX_BYTES; raises `DraftError`."""
    if stream is None:
        raise DraftError(name, "standard input is closed")
    try:
        return checked(name, _all_of(stream, MAX_BYTES + 1))
    except (OSError, ValueError) as error:
        raise file_error(name, error) from error


def _all_of(stream: BinaryIO, limit: int) -> bytes:
    """The bytes of a stream up to its end, `limit` of them at most.

    A stream that does not wait, because a program at its other end wanted that, gives what there is so far, or None.
    """
    parts: list[bytes] = []
    length = 0
    while length < limit:
        part: bytes | None = stream.read(limit - length)
        if part is None:
            from select import select

            select([stream], [], [])
            continue
        parts.append(part)
        length += len(part)
        if not part or _waits(stream):
            break
    return b"".join(parts)


def _waits(stream: BinaryIO) -> bool:
    """Whether a stream waits for bytes that are still to come."""
    try:
        return os.get_blocking(stream.fileno())
    except (AttributeError, OSError, ValueError):  # On Windows; a stream in memory.
        return True


def checked(name: str, data: bytes) -> bytes:
    """The data itself, if it is not too large."""
    if len(data) > MAX_BYTES:
        raise DraftError(name, f"is larger than {MAX_BYTES // 2**20} MB", "split the document")
    return data


def _draft_bytes(draft: Draft, stdin: BinaryIO | None, trees: Trees, files: _Files) -> tuple[bytes, Identity | None]:
    if draft.source is None:
        _note_stdin(stdin, draft.name, files)
        return read_stream(stdin, draft.name), None
    try:
        wait = 0 if draft.source_root is None else NO_WAIT  # Only who names a pipe means to wait for it.
        data, status = slurp(trees.open(draft.source, draft.source_root, READ | wait), MAX_BYTES)
    except (OSError, ValueError) as error:
        raise file_error(draft.name, error) from error
    if not stat.S_ISREG(status.st_mode) and (draft.source_root is not None or draft.destination == draft.source):
        raise DraftError(draft.name, "is a device or a pipe, and no file", "standard input is named -")
    files.sources[status.st_dev, status.st_ino] = draft.source, status.st_nlink
    return checked(draft.name, data), (status.st_dev, status.st_ino)


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


def _crash(name: str, error: Exception) -> Finding:
    """A fault of this package, as a finding of the document that showed it."""
    reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    short = reason if len(reason) <= _MOST_REASON else reason[: _MOST_REASON - 1] + "…"
    return Finding(name, Diagnostic(None, f"internal error: {short}; please report"))


def _current(draft: Draft, destination: str, trees: Trees, files: _Files) -> tuple[bytes | None, Identity | None]:
    """What a destination holds, and which file it is; None where there is none, or a device or a pipe, which hold none.

    Only the destination that the user named himself may be a device or a pipe.
    """
    try:
        data, status = slurp(trees.open(destination, draft.result_root, READ | NO_WAIT), MAX_RESULT, files_only=True)
    except FileNotFoundError:
        return None, None
    except (OSError, ValueError) as error:
        raise file_error(destination, error) from error
    if not stat.S_ISREG(status.st_mode):
        if draft.result_root is not None:
            raise DraftError(tidy(destination), "is no file, and a result belongs there", "remove it")
        return None, None
    if len(data) > MAX_RESULT:
        raise DraftError(tidy(destination), f"is larger than {MAX_RESULT // 2**20} MB, and no result is", "remove it")
    files.add_result(status, destination)
    return data, (status.st_dev, status.st_ino)


def slurp(descriptor: int, limit: int, *, files_only: bool = False) -> tuple[bytes, os.stat_result]:
    """The bytes of an open file, not much more than `limit`, and its status; the file is closed.

    With `files_only` a device or a pipe is taken for empty.
    """
    try:
        status = os.fstat(descriptor)
        if files_only and not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
            return b"", status
        size = min(status.st_size, limit)
        data = os.read(descriptor, size + 1)
        if len(data) == status.st_size and stat.S_ISREG(status.st_mode):
            return data, status
        parts = [data]
        length = len(data)
        while parts[-1] and length <= limit:
            parts.append(os.read(descriptor, 2**20))
            length += len(parts[-1])
        return b"".join(parts), status
    finally:
        os.close(descriptor)
