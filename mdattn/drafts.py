"""Files and folders: which documents are read, where their results go, what differs, and how it is written.

Floor 4. Bytes in, bytes out. Everything is computed before anything is written; what is written is staged
beside its destination and renamed, so that a reader never sees half a file. This room prints nothing: what it
finds it returns as `Finding`s. Names are plain strings and files are read by descriptor, because a check of a
thousand documents would otherwise spend its time in path objects; and records are named tuples, because a data
class costs each start a millisecond.
"""

# ruff: noqa: PTH101, PTH102, PTH105, PTH106, PTH108, PTH110, PTH112, PTH114, PTH116, PTH118, PTH119, PTH120, PTH122

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import BinaryIO, NamedTuple

from mdattn.blocks import may_hold_blocks
from mdattn.errors import Diagnostic, DiagramError

MAX_BYTES = 32 * 2**20
MARKDOWN = (".md", ".markdown")
STDIN = "<stdin>"

_READ = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_NO_WAIT = getattr(os, "O_NONBLOCK", 0)  # A named pipe as destination must not hang the comparison.
_FOREIGN_MARKS = {
    b"\xff\xfe\0\0": "UTF-32",
    b"\0\0\xfe\xff": "UTF-32",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}

Identity = tuple[int, int]
Convert = Callable[[str], str]


class UsageError(Exception):
    """The command line asks for something that cannot be meant; the message says why."""


class Finding(NamedTuple):
    """A diagnostic and the document or file that it is about."""

    name: str
    diagnostic: Diagnostic


class DraftError(Exception):
    """A file cannot be read or written."""

    def __init__(self, name: str, message: str, hint: str = "") -> None:
        super().__init__(name, message, hint)
        self.finding = Finding(name, Diagnostic(None, message, hint))


class InternalError(Exception):
    """Something of this package failed on the document `name`; the cause is chained."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Draft(NamedTuple):
    """One document: its name in messages, its file and its destination (None: the standard streams)."""

    name: str
    source: str | None
    destination: str | None

    @property
    def result_name(self) -> str:
        """What the result is called in messages and diffs, relative to the current folder, with slashes."""
        if self.destination is None:
            return _tidy(self.name)
        with suppress(ValueError, OSError):  # Another drive on Windows; a current folder that was removed.
            return os.path.relpath(self.destination).replace(os.sep, "/")
        return self.destination


class Plan(NamedTuple):
    """The documents of a run, what went wrong while looking for them, and the folders that were searched."""

    drafts: tuple[Draft, ...]
    findings: tuple[Finding, ...] = ()
    folders: tuple[str, ...] = ()


class Change(NamedTuple):
    """What stands at a draft's destination (None: nothing), and what should stand there."""

    draft: Draft
    old: bytes | None  # For standard output: the draft.
    new: bytes


class Outcome(NamedTuple):
    """What a run would change, and everything it found, in the order of the documents."""

    changes: tuple[Change, ...]
    findings: tuple[Finding, ...]

    @property
    def failed(self) -> bool:
        """Whether any finding is an error, so that nothing may be written."""
        return any(each.diagnostic.severity == "error" for each in self.findings)


# Which documents, and where their results go


def plan(
    sources: Sequence[str],
    destination: str | None = None,
    *,
    suffix: str | None = None,
    stdin_name: str | None = None,
) -> Plan:
    """Decide what is read and what is written.

    A file goes to `destination`, or under its own name into it where that is a folder, ends with a slash, or
    has to be one; a folder's documents keep their places. `suffix` replaces that of names that are made here.
    Raises `UsageError` where two sources claim one destination, or where a destination is needed and missing.
    """
    if not sources or "-" in sources:
        if len(sources) > 1:
            raise UsageError("standard input (-) cannot be combined with other sources")
        return Plan((_stdin_draft(destination, suffix, stdin_name),))
    if stdin_name is not None:
        raise UsageError("--stdin-filename names standard input, and SRC is given")
    folders = tuple(each for each in sources if os.path.isdir(each))
    if destination is None:
        if folders or len(sources) > 1:
            raise UsageError("-o DEST is needed, a folder, because there is more than one document to write")
        return Plan((Draft(_tidy(sources[0]), sources[0], None),))
    if not folders and len(sources) == 1 and not _is_folder(destination):
        return Plan((Draft(_tidy(sources[0]), sources[0], destination),))
    if os.path.exists(destination) and not os.path.isdir(destination):
        raise UsageError(f"-o {destination} is a file, and a folder is needed to hold the results")
    return _folder_plan(sources, folders, destination, suffix)


def leftovers(plan: Plan, destination: str, suffix: str | None) -> list[Finding]:
    """Warnings for documents in `destination` that look like results, and that no source gives any more."""
    if not plan.folders:
        return []
    produced = {os.path.normpath(each.destination) for each in plan.drafts if each.destination is not None}
    suffixes = MARKDOWN if suffix is None else (suffix,)
    findings: list[Finding] = []
    sources = {identity for folder in plan.folders if (identity := _identity(folder))}
    for inner in _walk(destination, suffixes, sources, findings):
        path = os.path.normpath(os.path.join(destination, inner))
        if path not in produced:
            message = "no source gives this file any more"
            findings.append(Finding(path, Diagnostic(None, message, "delete it if it is a result", "warning")))
    return findings


def _stdin_draft(destination: str | None, suffix: str | None, stdin_name: str | None) -> Draft:
    name = stdin_name or STDIN
    if destination is not None and _is_folder(destination):
        if stdin_name is None:
            raise UsageError(f"-o {destination} is a folder: name a file, or give --stdin-filename")
        destination = os.path.join(destination, _renamed(os.path.basename(stdin_name), suffix))
    return Draft(name, None, destination)


def _folder_plan(sources: Sequence[str], folders: Sequence[str], destination: str, suffix: str | None) -> Plan:
    """The plan for results that go into a folder; a destination inside a source is not read."""
    findings: list[Finding] = []
    drafts: dict[str, Draft] = {}
    results = {identity} if (identity := _identity(destination)) else set()
    for source in sources:
        pairs = [(source, os.path.basename(source))]
        if source in folders:
            if _identity(source) in results:
                raise UsageError(f"-o {destination} is the source itself, and writing there would destroy your drafts")
            inside = list(_walk(source, MARKDOWN, results, findings))
            pairs = [(os.path.join(source, inner), inner) for inner in inside]
            if not inside:
                message = f"no document ({', '.join('*' + each for each in MARKDOWN)}) in this folder"
                findings.append(Finding(_tidy(source), Diagnostic(None, message, severity="warning")))
        for path, inner in pairs:
            result = os.path.join(destination, _renamed(inner, suffix))
            claimed = drafts.setdefault(os.path.normpath(result), Draft(_tidy(path), path, result))
            if claimed.name != _tidy(path):
                raise UsageError(f"{claimed.name} and {_tidy(path)} would both be written to {result}")
    return Plan(tuple(drafts.values()), tuple(findings), tuple(folders))


def _walk(folder: str, suffixes: tuple[str, ...], skip: set[Identity], findings: list[Finding]) -> Iterator[str]:
    """Paths, relative to `folder` and sorted, of the files below it whose names end so.

    Hidden files and folders are left out, as a shell's `*` does; so are a link that leads back to a folder
    above it, and the folders in `skip`. A folder that cannot be read becomes a finding.
    """
    pending: list[tuple[str, frozenset[Identity]]] = [("", frozenset())]
    paths: list[str] = []
    while pending:
        inner, above = pending.pop()
        try:
            status = os.stat(os.path.join(folder, inner))
            identity = (status.st_dev, status.st_ino)
            if identity in above or identity in skip:
                continue
            with os.scandir(os.path.join(folder, inner)) as entries:
                for entry in entries:
                    name = entry.name
                    if name.startswith("."):
                        continue
                    if _leads_to_folder(entry):
                        pending.append((os.path.join(inner, name), above | {identity}))
                    elif name.lower().endswith(suffixes):
                        paths.append(os.path.join(inner, name))
        except FileNotFoundError:
            if inner:  # The folder itself may be a destination that is still to be made.
                continue
        except OSError as error:
            findings.append(_problem(os.path.join(folder, inner), error))
    yield from sorted(paths)


def _leads_to_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # A link that leads to itself: no folder; if it is named as a document, reading it will tell.
        return False


def _is_folder(path: str) -> bool:
    """Whether a destination is meant as a folder: it is one, or it ends with a slash."""
    return path.endswith(("/", os.sep)) or os.path.isdir(path)


def _renamed(path: str, suffix: str | None) -> str:
    return path if suffix is None else os.path.splitext(path)[0] + suffix


def _tidy(path: str) -> str:
    """The name for messages: `docs/a.md` for `./docs/a.md`."""
    while path.startswith("./") and path[2:].lstrip("/"):
        path = path[2:].lstrip("/")
    return path


def _identity(path: str) -> Identity | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


# Computing


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


def compute(plan: Plan, stdin: BinaryIO | None, convert: Convert | None = None) -> Outcome:
    """Render every document of the plan and compare it with what its destination holds; write nothing.

    `stdin` is read where the plan names it; `convert` is applied to the rendered text.
    Raises `UsageError` where a result would destroy a draft, `InternalError` where this package is at fault.
    """
    files = _Files()
    changes: list[Change] = []
    findings = list(plan.findings)
    for draft in plan.drafts:
        try:
            data = _draft_bytes(draft, stdin, files)
            new, warnings = _rendered(draft, data, convert)
            findings += [Finding(draft.name, each) for each in warnings]
            old = data if draft.destination is None else _current(draft.destination, files)
        except DiagramError as error:
            findings += [Finding(draft.name, each) for each in error.diagnostics]
        except DraftError as error:
            findings.append(error.finding)
        else:
            if draft.destination is None or old != new:
                changes.append(Change(draft, old, new))
    if clash := files.clash():
        raise UsageError(clash)
    return Outcome(tuple(changes), tuple(findings))


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
        raise _error(name, error) from error
    return checked(name, data)


def read_stream(stream: BinaryIO | None, name: str) -> bytes:
    """The bytes of standard input (None: closed), at most MAX_BYTES; raises `DraftError`."""
    if stream is None:
        raise DraftError(name, "standard input is closed")
    try:
        return checked(name, stream.read(MAX_BYTES + 1))
    except OSError as error:
        raise _error(name, error) from error


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
        raise _error(draft.name, error) from error
    files.sources[status.st_dev, status.st_ino] = draft.source, status.st_nlink
    return checked(draft.name, data)


def _note_stdin(stdin: BinaryIO | None, name: str, files: _Files) -> None:
    """`render < post.md -o post.md` must not destroy the draft either."""
    with suppress(OSError, ValueError):  # A stream in memory, or a closed one.
        if stdin is not None:
            status = os.fstat(stdin.fileno())
            files.sources[status.st_dev, status.st_ino] = name, 1


def _rendered(draft: Draft, data: bytes, convert: Convert | None) -> tuple[bytes, tuple[Diagnostic, ...]]:
    """The bytes of the result and the warnings of the document."""
    text = decode(draft.name, data)
    try:
        warnings: tuple[Diagnostic, ...] = ()
        if may_hold_blocks(text):
            from pathlib import Path  # These three lines are all that most documents never need.

            from mdattn.render import render_document

            nameless = draft.source is None and draft.name == STDIN
            rendered = render_document(text, path=None if nameless else Path(draft.source or draft.name))
            text, warnings = rendered.text, rendered.warnings
            data = encode(text)
        return (encode(convert(text)) if convert else data), warnings
    except DiagramError:
        raise
    except Exception as error:
        raise InternalError(draft.name) from error


def _current(destination: str, files: _Files) -> bytes | None:
    """What a destination holds; None where it does not exist, or is a device or a pipe and holds nothing."""
    try:
        data, status = _slurp(destination, None, _NO_WAIT)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _error(_tidy(destination), error) from error
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


def _problem(name: str, error: OSError) -> Finding:
    return Finding(_tidy(name), Diagnostic(None, error.strerror or str(error)))


def _error(name: str, error: OSError) -> DraftError:
    return DraftError(name, error.strerror or str(error))


def html(text: str) -> str:
    """A rendered document as a page: its front matter is left out, its first heading is the page's title.

    The page names its encoding, or a browser that opens the file would guess.
    """
    from markdown_it import MarkdownIt
    from markdown_it.common.utils import escapeHtml
    from mdit_py_plugins.admon import admon_plugin
    from mdit_py_plugins.deflist import deflist_plugin
    from mdit_py_plugins.footnote import footnote_plugin
    from mdit_py_plugins.front_matter import front_matter_plugin

    markdown = MarkdownIt("commonmark").enable("table")
    for plugin in (front_matter_plugin, footnote_plugin, deflist_plugin, admon_plugin):
        markdown.use(plugin)
    environment: dict[str, object] = {}
    tokens = markdown.parse(text.removeprefix("\ufeff"), environment)
    heading = next((tokens[i + 1].children or [] for i, each in enumerate(tokens) if each.type == "heading_open"), [])
    title = escapeHtml("".join(each.content for each in heading if each.type in ("text", "code_inline")))
    body: str = markdown.renderer.render(tokens, markdown.options, environment)
    return '<!DOCTYPE html>\n<meta charset="utf-8">\n' + (f"<title>{title}</title>\n" if title else "") + body


# Differences


def patch(change: Change) -> bytes:
    """The unified diff of a change, as `git apply` takes it; empty where nothing changes.

    Lines end at "\\n" only, and keep every other byte.
    """
    if change.old == change.new:
        return b""
    name = change.draft.result_name
    before, after = _quoted(f"a/{name}"), _quoted(f"b/{name}")
    tab = b"\t" if b" " in after else b""  # So that a blank does not end the name.
    head = b""
    if not change.old:  # A file that is new or empty has no hunk that says which of the two it is.
        head = b"diff --git " + before + b" " + after + b"\n"
        head += b"new file mode 100644\n" if change.old is None else b""
    if not change.old and not change.new:
        return head
    old_name = b"/dev/null\n" if change.old is None else before + tab + b"\n"
    return head + b"--- " + old_name + b"+++ " + after + tab + b"\n" + _hunks(change.old or b"", change.new)


def _hunks(old: bytes, new: bytes) -> bytes:
    from difflib import unified_diff  # Slow to import, and only a difference needs it.
    from itertools import islice

    def lines(data: bytes) -> list[str]:
        return data.decode("latin-1").removesuffix("\n").split("\n") if data else []

    # Latin-1 is a letter a byte, so that difflib takes any bytes. A missing final newline makes another line.
    a = [each + "\n" for each in lines(old)]
    b = [each + "\n" for each in lines(new)]
    for data, listed in ((old, a), (new, b)):
        if data and not data.endswith(b"\n"):
            listed[-1] += "\\ No newline at end of file\n"
    return "".join(islice(unified_diff(a, b), 2, None)).encode("latin-1")


def _quoted(name: str) -> bytes:
    """A name as git writes it: plain, or in quotes with escapes where something in it could mislead."""
    data = os.fsencode(name)
    try:
        plain = data.decode().isprintable() and '"' not in name and "\\" not in name
    except UnicodeDecodeError:
        plain = False
    if plain:
        return data
    return b'"' + b"".join(bytes([c]) if 32 <= c < 127 and c not in b'"\\' else b"\\%03o" % c for c in data) + b'"'


# Writing


def write(changes: Iterable[Change]) -> None:
    """Write every change that has a destination: all are staged beside their places first, then renamed.

    A file's mode and owner survive, and a symbolic link keeps leading to its target, which is what changes.
    If one cannot be staged (disk full, folder without permission), none is written. Raises `DraftError`.
    """
    staged: list[tuple[str, str, Change]] = []
    made: list[str] = []
    try:
        for change in changes:
            if (destination := change.draft.destination) is None:
                continue
            try:
                _stage(destination, change, staged, made)
            except OSError as error:
                raise _error(_tidy(destination), error) from error
        while staged:
            temporary, target, change = staged[-1]
            try:
                if temporary:
                    os.replace(temporary, target)
                else:
                    _write_through(target, change.new)
            except OSError as error:
                raise _error(_tidy(target), error) from error
            staged.pop()
    except BaseException:
        for temporary, _, _ in staged:
            with suppress(OSError):
                os.unlink(temporary)
        for folder in reversed(made):
            with suppress(OSError):
                os.rmdir(folder)
        raise


def _stage(destination: str, change: Change, staged: list[tuple[str, str, Change]], made: list[str]) -> None:
    """Put the new bytes beside their place, under a temporary name, with the mode of what they replace."""
    try:
        status = os.stat(destination)
    except FileNotFoundError:
        status = None
    if status is not None and not stat.S_ISREG(status.st_mode):
        staged.append(("", destination, change))  # A device or a pipe cannot be renamed over.
        return
    target = os.path.realpath(destination) if os.path.islink(destination) else destination
    folder = os.path.dirname(target) or os.curdir
    if status is None:
        _make_folders(folder, made)
    elif not os.access(target, os.W_OK):
        raise PermissionError(13, "Permission denied: the file is read-only", target)
    temporary = os.path.join(folder, f".mdattn-{os.getpid()}-{len(staged)}.tmp")
    descriptor = os.open(temporary, _CREATE, 0o666)
    staged.append((temporary, target, change))
    try:
        _write_all(descriptor, change.new)
    finally:
        os.close(descriptor)
    if status is not None:
        if hasattr(os, "chown"):
            with suppress(OSError):  # Only a privileged user can keep another's file his.
                os.chown(temporary, status.st_uid, status.st_gid)
        os.chmod(temporary, stat.S_IMODE(status.st_mode))


def _make_folders(folder: str, made: list[str]) -> None:
    missing = []
    while not os.path.isdir(folder):
        missing.append(folder)
        folder = os.path.dirname(folder) or os.curdir
    for each in reversed(missing):
        os.mkdir(each)
        made.append(each)


def _write_through(path: str, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | getattr(os, "O_BINARY", 0))
    try:
        _write_all(descriptor, data)
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
