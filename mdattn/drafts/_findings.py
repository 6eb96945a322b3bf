"""What a run has to say about files, and how it calls them."""

# ruff: noqa: PTH116

from __future__ import annotations

import os
from typing import NamedTuple

from mdattn.errors import Diagnostic

STDIN = "<stdin>"

Identity = tuple[int, int]


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


def tidy(path: str) -> str:
    """The name for messages: `docs/a.md` for `./docs/a.md`."""
    while path.startswith("./") and path[2:].lstrip("/"):
        path = path[2:].lstrip("/")
    return path


def identity_of(path: str) -> Identity | None:
    """What tells a file from all others, whatever its name; None where there is none."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino


def problem(name: str, error: OSError | ValueError) -> Finding:
    """What the system says about a file, as a finding; a ValueError is about a name that no file can have."""
    return Finding(tidy(name), Diagnostic(None, getattr(error, "strerror", None) or str(error)))


def file_error(name: str, error: OSError | ValueError) -> DraftError:
    """As `problem`, as an error."""
    return DraftError(name, problem(name, error).diagnostic.message)
