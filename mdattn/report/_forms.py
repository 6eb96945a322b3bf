"""The forms of what is said on standard error: a line for people, a GitHub annotation, a JSON object.

GitHub reads commands out of everything that a step prints, on both streams: `::name …::` after the blanks at the start
of a line, and the older `##[name …]` anywhere in one. It compares texts as a culture would, which passes over what
nobody sees. So nothing here begins with the one, and the other is escaped wherever it stands.
"""

# ruff: noqa: PTH118

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import NamedTuple

from mdattn.drafts import Finding
from mdattn.errors import Diagnostic

_NAMED = 6  # Names in a closing line.


class Tally(NamedTuple):
    """What a run has done; `mode` is what it was to do: "write", "check" or "diff".

    `different` are the results that were not what they should be. `undone` says what became of the work where
    errors stopped it; else what could not be written stands in `unwritten`.
    """

    mode: str
    documents: int
    diagrams: int
    left_out: int
    errors: int
    warnings: int
    different: int = 0
    written: int = 0
    undone: str = ""
    unwritten: tuple[str, ...] = ()


class Form(NamedTuple):
    """How findings, failures of the run itself (what failed, and how), and its closing line are written."""

    finding: Callable[[Finding], str]
    failure: Callable[[str, Diagnostic], str]
    closing: Callable[[Tally], str]


# What nobody obeys


def plain(text: str) -> str:
    """The text on one line, with nothing in it that a terminal would obey, nor GitHub wherever it stands."""
    if not text.isascii() or not text.isprintable():
        from mdattn.cells import printable

        text = printable(_valid(text))
    if "[" in text and text.count("#") > 1:
        import re

        text = re.sub(r"#(?=[^ -~]*#[^ -~]*\[)", r"\\x23", text)
    return text


def _valid(text: str) -> str:
    """The text with `\\xff` for a byte of a name that is not UTF-8."""
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:  # On Windows, half a pair of surrogates.
        return text.encode("utf-8", "backslashreplace").decode()


def _inert(line: str) -> str:
    """A plain line that does not begin as a command; a file's name can, and `./` leads to the same file."""
    if line[:1] in ": " or not line[:1].isascii():
        import re

        if re.match(r"(?:[^!-~]*:){2}", line):
            return f"./{line}"
    return line


def shown(patch: bytes) -> bytes:
    """A patch to be looked at: what a terminal would obey is escaped, ends of lines and tabs apart."""
    if patch.isascii() and patch.replace(b"\n", b"").replace(b"\t", b"").decode().isprintable():
        return patch
    from mdattn.cells import printable

    def escaped(line: str) -> str:
        end = "\r" if line.endswith("\r") else ""
        return "\t".join(map(printable, line.removesuffix("\r").split("\t"))) + end

    text = patch.decode("utf-8", "backslashreplace")
    return "\n".join(map(escaped, text.split("\n"))).encode()


def guarded(patch: bytes) -> bytes:
    """A patch between two lines that make GitHub pass over commands in it; nobody can foresee the second."""
    from secrets import token_hex

    token = token_hex(16).encode()
    return b"::stop-commands::" + token + b"\n" + patch + b"::" + token + b"::\n"


# For people


def _text(subject: str, diagnostic: Diagnostic) -> str:
    return _inert(plain(diagnostic.line(subject)))


def counted(number: int, noun: str) -> str:
    """`1 document`, `2 documents`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


# What was done to how many, and what is said where there was nothing to do.
_DONE: Mapping[str, tuple[Callable[[Tally], int], str, str]] = {
    "write": (lambda tally: tally.written, "written", "nothing to write"),
    "check": (lambda tally: tally.different, "out of date", "all up to date"),
    "diff": (lambda tally: tally.different, "would change, nothing written", "nothing would change"),
}


def _sentence(tally: Tally) -> str:
    """`3 documents, 14 diagrams; 2 written`, or `2 errors, nothing written`."""
    number_of, done, nothing = _DONE[tally.mode]
    clauses = []
    if tally.undone:
        head = f"{counted(tally.errors, 'error')}, "
        clauses.append(tally.undone)
    else:
        head = f"{counted(tally.documents, 'document')}, {counted(tally.diagrams, 'diagram')}; "
        if number := number_of(tally):
            clauses.append(f"{number} {done}")
        elif not tally.unwritten:
            clauses.append(nothing)
    if tally.left_out:
        clauses.append(f"{tally.left_out} left out")
    if tally.unwritten:
        more = len(tally.unwritten) - _NAMED
        names = ", ".join(tally.unwritten[:_NAMED])
        clauses.append(f"not written: {names} and {more} more" if more > 0 else f"not written: {names}")
    return plain(head + ", ".join(clauses))


# For GitHub


def _github(finding: Finding) -> str:
    """A workflow command: `::error file=F,line=L,col=C::message`."""
    place = f" file={_percent(_of_workspace(finding.name), ':,')}"
    if position := finding.diagnostic.position:
        place += f",line={position.line},col={position.column}"
    return _annotation(finding.diagnostic, place)


def _github_failure(subject: str, diagnostic: Diagnostic) -> str:
    message = diagnostic.message if subject == "mdattn" else f"{subject}: {diagnostic.message}"
    return _annotation(diagnostic._replace(message=message), "")


def _annotation(diagnostic: Diagnostic, place: str) -> str:
    lines = [diagnostic.text()]
    if drift := diagnostic.drift:
        lines.append(f"line {drift.line} of the diagram:")
        lines += [f"{sign} {line}" for sign, line in (("-", drift.old), ("+", drift.new)) if line is not None]
    command = {"note": "notice"}.get(diagnostic.severity, diagnostic.severity)
    return plain(f"::{command}{place}::" + "%0A".join(_percent(plain(line)) for line in lines))


def _percent(text: str, signs: str = "") -> str:
    """The text with what would end a message, or one of the other signs, as `%0A`."""
    return "".join(f"%{ord(each):02X}" if each in "%\r\n" or each in signs else each for each in text)


def _of_workspace(name: str) -> str:
    """A file's name as GitHub looks it up: from the root of its workspace, wherever in it the step runs."""
    workspace = os.environ.get("GITHUB_WORKSPACE")
    if not workspace or not os.path.lexists(name):
        return name
    try:
        inner = os.path.relpath(os.path.join(os.path.realpath(os.curdir), name), os.path.realpath(workspace))
    except (OSError, ValueError):  # A current folder that was removed; another drive on Windows.
        return name
    inner = inner.replace(os.sep, "/")
    return name if inner.startswith("../") else inner


# For programs


def _json(finding: Finding) -> str:
    return _object(_record(finding.name, finding.diagnostic))


def _json_failure(subject: str, diagnostic: Diagnostic) -> str:
    message = diagnostic.message if subject == "mdattn" else f"{subject}: {diagnostic.message}"
    return _object(_record(None, diagnostic._replace(message=message)))


def _record(name: str | None, diagnostic: Diagnostic) -> dict[str, object]:
    line, column = diagnostic.position or (None, None)
    record: dict[str, object] = {
        "file": name,
        "line": line,
        "column": column,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        "hint": diagnostic.hint,
    }
    if diagnostic.drift:
        record |= {"diagram_line": diagnostic.drift.line, "old": diagnostic.drift.old, "new": diagnostic.drift.new}
    return record


def _json_closing(tally: Tally) -> str:
    return _object(
        {
            "documents": tally.documents,
            "diagrams": tally.diagrams,
            "written": tally.written,
            "different": tally.different,
            "errors": tally.errors,
            "warnings": tally.warnings,
            "left_out": tally.left_out,
            "not_written": tally.unwritten,
        }
    )


def _object(record: Mapping[str, object]) -> str:
    """One JSON object on one line, in ASCII; bytes of a name that are no UTF-8 are written out as escapes."""
    import json

    def valid(value: object) -> object:
        if isinstance(value, tuple):
            return [valid(each) for each in value]
        return _valid(value) if isinstance(value, str) else value

    line = json.dumps({key: valid(value) for key, value in record.items()})
    return line.replace("##[", "\\u0023#[")


FORMS: Mapping[str, Form] = {
    "text": Form(lambda finding: _text(*finding), _text, _sentence),
    "github": Form(_github, _github_failure, _sentence),
    "json": Form(_json, _json_failure, _json_closing),
}
