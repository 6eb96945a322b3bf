"""The command line: argv, and what each command does with it.

Floor 7. What it has to say goes through `report`. No exception leaves `main`, but for the one that a signal is turned
into (`__main__`). How each command is written is in `_arguments`, what it does in `_documents` and `_blocks`, and
`_commands` is the table of both.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress

from mdattn.cli._arguments import CommandError, Leave, form_asked_for, parse
from mdattn.cli._commands import COMMANDS
from mdattn.cli._status import CLOSED_PIPE, FINE, INTERRUPTED, WRONG
from mdattn.drafts import DraftError, UsageError
from mdattn.report import OutputError, Report, Streams

__all__ = ["COMMANDS", "main", "run"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line `argv` (that of the process if left out) and return the exit status."""
    streams = Streams.standard()
    try:
        return run(sys.argv[1:] if argv is None else argv, streams)
    except BrokenPipeError:
        status = CLOSED_PIPE
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError:  # Standard error cannot be written to.
        status = WRONG
    except Exception as error:  # Not even a message could be made: out of memory, or of depth.
        with suppress(Exception):
            streams.err(f"mdattn: error: internal error: {type(error).__name__}; please report")
        return WRONG
    _silence(sys.stdout, sys.stderr)
    return status


def run(argv: Sequence[str], streams: Streams) -> int:
    """The command line on given streams. Raises only KeyboardInterrupt and what standard error raises."""
    report = Report.of(streams, form_asked_for(argv))
    try:
        name, arguments = parse(argv, COMMANDS)
        return COMMANDS[name].run(arguments, report)
    except Leave as leave:
        return _print(str(leave), report)
    except CommandError as error:
        report.failure(str(error), error.program, error.usage)
    except UsageError as error:
        report.failure(str(error))
    except DraftError as error:
        report.findings([error.finding])
    except OutputError as error:
        report.failure(str(error), "standard output")
    except BrokenPipeError:
        raise
    except Exception as error:
        removed = "the current folder was removed (change into one that is there)"
        report.failure(removed if _nowhere() else f"internal error: {_reason(error)}; please report")
    return WRONG


def _nowhere() -> bool:
    """Whether there is no current folder, so that nearly anything fails."""
    try:
        os.getcwd()  # noqa: PTH109
    except OSError:
        return True
    return False


def _print(text: str, report: Report) -> int:
    try:
        report.streams.out(text.encode("utf-8", "backslashreplace"))
    except OutputError as error:
        report.failure(str(error), "standard output")
        return WRONG
    return FINE


def _reason(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _silence(*streams: object) -> None:
    """Let what is still buffered go nowhere, or the interpreter would complain about it on its way out."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in streams:
        try:
            os.dup2(nowhere, stream.fileno())  # type: ignore[attr-defined]
        except (AttributeError, OSError, ValueError):  # Not a real file, or closed.
            continue
    os.close(nowhere)
