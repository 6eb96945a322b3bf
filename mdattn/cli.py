"""The command line: argv, standard streams and exit status.

Floor 5, and the only room that prints. Results and diffs go to standard output as bytes, diagnostics to
standard error, one line each; both are UTF-8 whatever the locale. No exception leaves `main`.

Exit status: 0 fine; 1 `--check` found a difference; 2 a bad document, a missing file or wrong usage, which
outranks 1; 130 interrupted (Ctrl-C); 141 the reader of standard output went away (SIGPIPE).
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import BinaryIO, NamedTuple, NoReturn

from mdattn import __version__, drafts
from mdattn.drafts import DraftError, Finding, InternalError, Outcome, Plan, UsageError, Work
from mdattn.errors import Diagnostic, DiagramError, Position, suggest

FINE, DIFFERENT, WRONG, INTERRUPTED, CLOSED_PIPE = 0, 1, 2, 130, 141


class Streams(NamedTuple):
    """The standard streams as bytes; None where the process was started with one closed."""

    stdin: BinaryIO | None
    stdout: BinaryIO | None
    stderr: BinaryIO | None

    def out(self, data: bytes) -> None:
        """Write to standard output. Raises BrokenPipeError if its reader went away, else DraftError."""
        try:
            if self.stdout is None:
                raise OSError(9, "it is closed")
            rest = memoryview(data)
            while rest:  # Unbuffered (PYTHONUNBUFFERED), a stream may take less than it is given.
                rest = rest[self.stdout.write(rest) or 0 :]
            self.stdout.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise DraftError("standard output", error.strerror or str(error)) from error

    def err(self, text: str) -> None:
        """Write one line to standard error; where that is closed there is nobody to tell."""
        if self.stderr is not None:
            self.stderr.write(text.encode("utf-8", "backslashreplace") + b"\n")
            self.stderr.flush()


class _Parser(argparse.ArgumentParser):
    """An argument parser that raises instead of printing and leaving."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{self.format_usage()}{self.prog}: error: {_line(message)}")


class _Leave(Exception):  # noqa: N818 - not an error
    """An option that only prints, such as --help, was met; the message is what to print."""


class _Print(argparse.Action):
    """`--help` and `--version`: hand the text over to be printed as bytes."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        raise _Leave(parser.format_help() if self.const is None else self.const)


class Command(NamedTuple):
    """A sub-command: what it is for, the arguments it takes, what it does, and how it is called."""

    summary: str
    description: str
    arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace, Streams], int]
    examples: tuple[str, ...]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line `argv` (that of the process if left out) and return the exit status."""
    streams = Streams(*(getattr(each, "buffer", None) for each in (sys.stdin, sys.stdout, sys.stderr)))
    try:
        return run(sys.argv[1:] if argv is None else argv, streams)
    except BrokenPipeError:
        _silence(sys.stdout, sys.stderr)
        return CLOSED_PIPE
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError:  # Standard error cannot be written to.
        _silence(sys.stdout, sys.stderr)
        return WRONG


def run(argv: Sequence[str], streams: Streams) -> int:
    """The command line on given streams. Raises only KeyboardInterrupt and what the streams raise."""
    try:
        name, arguments = _parse(argv)
        return COMMANDS[name].run(arguments, streams)
    except _Leave as leave:
        return _say(str(leave), streams)
    except UsageError as error:
        message = str(error)
        streams.err(message if message.startswith("usage:") else f"mdattn: error: {_line(message)}")
    except DraftError as error:
        _report([error.finding], "text", streams)
    except InternalError as error:
        cause = error.__cause__
        streams.err(f"mdattn: internal error: {_line(f'{error.name}: {_reason(cause)}')}; please report")
    except (BrokenPipeError, KeyboardInterrupt):
        raise
    except Exception as error:
        streams.err(f"mdattn: internal error: {_line(_reason(error))}; please report")
    return WRONG


def _say(text: str, streams: Streams) -> int:
    try:
        streams.out(text.encode("utf-8", "backslashreplace"))
    except DraftError as error:
        _report([error.finding], "text", streams)
        return WRONG
    return FINE


def _reason(error: BaseException | None) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _line(text: str) -> str:
    """The text on one line, with nothing in it that a terminal would obey."""
    if text.isascii() and text.isprintable():
        return text
    from mdattn.cells import printable

    return printable(text)


def _silence(*streams: object) -> None:
    """Let what is still buffered go nowhere, or the interpreter would complain about it on its way out."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in streams:
        try:
            os.dup2(nowhere, stream.fileno())  # type: ignore[attr-defined]
        except (AttributeError, OSError, ValueError):  # Not a real file, or closed.
            continue
    os.close(nowhere)


# Arguments


def _parse(argv: Sequence[str]) -> tuple[str, argparse.Namespace]:
    """The sub-command and its arguments; only the parser of the sub-command in use is built."""
    name = argv[0] if argv else ""
    if name in COMMANDS:
        return name, _parser(name).parse_args(argv[1:])
    if name in ("-h", "--help"):
        raise _Leave(_help())
    if name == "--version":
        raise _Leave(f"mdattn {__version__}\n")
    if not name:
        raise UsageError(_help().rstrip("\n"))
    what = "option" if name.startswith("-") else "command"
    raise UsageError(f"{_USAGE}\nmdattn: error: no {what} {_line(name)!r} ({suggest(name, COMMANDS)})")


_USAGE = "usage: mdattn COMMAND ..."


def _help() -> str:
    commands = "".join(f"  {name:<8}{command.summary}\n" for name, command in COMMANDS.items())
    examples = "".join(f"  {command.examples[0]}\n" for command in COMMANDS.values())
    return (
        f"{_USAGE}\n\nReplace the attention-diagram blocks of Markdown documents by their diagrams.\n\n"
        f"commands:\n{commands}\noptions:\n  -h, --help  show this text\n  --version   show the version\n\n"
        f"examples:\n{examples}\n`mdattn COMMAND --help` tells more.\n"
    )


def _parser(name: str) -> argparse.ArgumentParser:
    command = COMMANDS[name]
    parser = _Parser(
        prog=f"mdattn {name}",
        description=command.description,
        epilog="examples:\n" + "".join(f"  {each}\n" for each in command.examples),
        formatter_class=partial(argparse.RawDescriptionHelpFormatter, width=96),  # Nothing asks the terminal.
        add_help=False,
        allow_abbrev=False,
    )
    if hasattr(parser, "color"):
        parser.color = False
    command.arguments(parser)
    parser.add_argument("-h", "--help", action=_Print, nargs=0, help="show this text")
    return parser


def _output_format(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--output-format",
        choices=tuple(_FORMATS),
        default="text",
        help="how diagnostics are printed: FILE:LINE:COL lines, or GitHub workflow annotations",
    )


def _render_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("sources", metavar="SRC", nargs="*", help="a file, a folder, or - for standard input (default)")
    parser.add_argument("-o", dest="destination", metavar="DEST", help="where the result goes: a file, or a folder")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 if DEST is not what SRC gives today"
    )
    parser.add_argument("--diff", action="store_true", help="print what would change as a patch for `git apply`")
    parser.add_argument("--to", choices=tuple(_TARGETS), default="markdown", help="what to write (default: markdown)")
    parser.add_argument(
        "--keep-source", action="store_true", help="leave each block in a comment before its diagram, for `update`"
    )
    _stdin_filename(parser)
    _output_format(parser)


def _update_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("sources", metavar="FILE", nargs="+", help="a file, a folder, or - for standard input")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 if a diagram is not what its options give today"
    )
    parser.add_argument("--diff", action="store_true", help="print what would change as a patch for `git apply`")
    parser.add_argument("--force", action="store_true", help="overwrite diagrams that were edited by hand")
    _stdin_filename(parser)
    _output_format(parser)


def _stdin_filename(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--stdin-filename", metavar="NAME", help="what standard input is called, and where it stands")


def _show_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", nargs="?", default="-", help="a block's YAML; - for standard input")
    parser.add_argument("--alt", action="store_true", help="print what the diagram shows in words instead")
    _output_format(parser)


def _kinds_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", metavar="KIND", nargs="?", help="the kind to describe")


def _schema_arguments(parser: argparse.ArgumentParser) -> None:
    """It takes none."""


# Diagnostics


def _github(finding: Finding) -> str:
    """A workflow command: `::error file=F,line=L,col=C::message`."""
    diagnostic = finding.diagnostic

    def escaped(text: str, signs: str) -> str:
        return "".join(f"%{ord(each):02X}" if each in signs else each for each in text)

    place = f"file={escaped(finding.name, _GITHUB_PROPERTY)}"
    if diagnostic.position:
        place += f",line={diagnostic.position.line},col={diagnostic.position.column}"
    command = {"note": "notice"}.get(diagnostic.severity, diagnostic.severity)
    return f"::{command} {place}::{escaped(diagnostic.text(), _GITHUB_MESSAGE)}"


_GITHUB_MESSAGE = "%\r\n"
_GITHUB_PROPERTY = _GITHUB_MESSAGE + ":,"


_FORMATS: Mapping[str, Callable[[Finding], str]] = {
    "text": lambda finding: finding.diagnostic.line(finding.name),
    "github": _github,
}


def _report(findings: Iterable[Finding], output_format: str, streams: Streams) -> None:
    for each in findings:
        streams.err(_line(_FORMATS[output_format](each)))


# render and update


def _render(arguments: argparse.Namespace, streams: Streams) -> int:
    """Compute everything, report everything; then, if nothing is wrong, compare or write."""
    suffix, work = _TARGETS[arguments.to]
    if arguments.keep_source:
        if suffix is not None:
            raise UsageError(f"--keep-source is for Markdown, and --to is {arguments.to}")
        work = partial(work, keep_source=True)
    destination = None if arguments.destination == "-" else arguments.destination
    if destination == "":
        raise UsageError("-o needs the name of a file or a folder")
    checked = destination if arguments.check else None
    if arguments.check and checked is None:
        raise UsageError("--check needs -o DEST: it compares DEST with what SRC gives today")
    plan = drafts.plan(arguments.sources, destination, suffix=suffix, stdin_name=arguments.stdin_filename)
    outcome = drafts.compute(plan, streams.stdin, work())
    _report(outcome.findings, arguments.output_format, streams)
    if outcome.failed:
        return WRONG
    if checked is not None:
        _report(_differences(plan, outcome, checked, suffix), arguments.output_format, streams)
    else:
        drafts.write(outcome.changes)
    for change in outcome.changes:
        if arguments.diff:
            streams.out(drafts.patch(change))
        elif change.draft.destination is None:
            streams.out(change.new)
    return DIFFERENT if arguments.check and outcome.changes else FINE


def _update(arguments: argparse.Namespace, streams: Streams) -> int:
    """As `_render`, where the documents stand. A check sees through edits by hand: to it they are drift."""
    plan = drafts.plan_in_place(arguments.sources, stdin_name=arguments.stdin_filename)
    work = drafts.updating(force=arguments.force or arguments.check)
    outcome = drafts.compute(plan, streams.stdin, work)
    _report(outcome.findings, arguments.output_format, streams)
    if outcome.failed:
        return WRONG
    if arguments.check:
        _report(outcome.drift, arguments.output_format, streams)
    else:
        drafts.write(outcome.changes)
    for change in outcome.changes:
        if arguments.diff:
            streams.out(drafts.patch(change))
        elif change.draft.destination is None and not arguments.check:
            streams.out(change.new)
    return DIFFERENT if arguments.check and outcome.drift else FINE


def _differences(plan: Plan, outcome: Outcome, destination: str, suffix: str | None) -> list[Finding]:
    """What `--check` has to say about each result that is not as it should be."""
    findings = []
    for change in outcome.changes:
        message = "is missing" if change.old is None else f"is not what {change.draft.name} gives today"
        findings.append(Finding(change.draft.result_name, Diagnostic(None, message, "run again without --check")))
    return findings + drafts.leftovers(plan, destination, suffix)


# show, kinds and schema


def _show(arguments: argparse.Namespace, streams: Streams) -> int:
    """Draw one block's YAML."""
    name = drafts.STDIN if arguments.file == "-" else arguments.file
    try:
        standard = arguments.file == "-"
        data = drafts.read_stream(streams.stdin, name) if standard else drafts.read(arguments.file, name)
        from pathlib import Path

        from mdattn.render import draw_options

        doubts: list[Diagnostic] = []
        diagram = draw_options(_yaml(name, data), folder=Path(name).parent, doubts=doubts)
        _report([Finding(name, each) for each in doubts], arguments.output_format, streams)
        lines = [diagram.alternative] if arguments.alt else diagram.lines
        streams.out(("\n".join(lines) + "\n").encode())
    except DraftError as error:
        _report([error.finding], arguments.output_format, streams)
    except DiagramError as error:
        _report([Finding(name, each) for each in error.diagnostics], arguments.output_format, streams)
    else:
        return FINE
    return WRONG


def _yaml(name: str, data: bytes) -> str:
    """The text of a block that stands alone: all of it must be UTF-8."""
    text = drafts.decode(name, data)
    bad = next((index for index, each in enumerate(text) if "\ud800" <= each <= "\udfff"), None)
    if bad is None:
        return text
    position = Position(text.count("\n", 0, bad) + 1, bad - text.rfind("\n", 0, bad))
    raise DiagramError(position, f"not valid UTF-8 (byte 0x{ord(text[bad]) - 0xDC00:02x})", "save it as UTF-8")


def _kinds(arguments: argparse.Namespace, streams: Streams) -> int:
    """List the kinds, or describe one."""
    from mdattn import cells
    from mdattn.diagrams import KINDS

    if arguments.kind is None:
        broad = max(map(cells.width, KINDS))
        lines = [f"{cells.pad(name, broad)}  {kind.summary}" for name, kind in KINDS.items()]
        streams.out(drafts.encode("\n".join(lines) + "\n"))
        return FINE
    if arguments.kind not in KINDS:
        raise UsageError(f"no kind {arguments.kind!r} ({suggest(arguments.kind, KINDS)})")
    streams.out(drafts.encode(_description(arguments.kind)))
    return FINE


def _description(name: str) -> str:
    """What a kind is for, its options, and an example with its diagram."""
    from mdattn import cells
    from mdattn.diagrams import KINDS
    from mdattn.options import describe
    from mdattn.render import diagram

    kind = KINDS[name]
    parts = [f"{kind.name}: {kind.summary}", "", "Options", ""]
    for key, expected, default, meaning in describe(kind.options):
        parts.append(f"  {key}: {expected}" + (f" (default: {default})" if default else ""))
        parts += [f"      {line}" for line in cells.wrap(meaning, 66)] if meaning else []
    example = kind.example.rstrip("\n")
    parts += ["", "Example", "", "```attention-diagram", example, "```", "", "gives", ""]
    return "\n".join(parts) + "\n" + diagram(kind.example)


def _schema(arguments: argparse.Namespace, streams: Streams) -> int:
    """The JSON Schema of the options."""
    import json

    from mdattn.diagrams import KINDS
    from mdattn.options import schema

    streams.out((json.dumps(schema.of(KINDS), ensure_ascii=False, indent=2) + "\n").encode())
    return FINE


# What is written, and the suffix of its files.
_TARGETS: Mapping[str, tuple[str | None, Callable[..., Work]]] = {
    "markdown": (None, drafts.rendering),
    "html": (".html", drafts.paging),
}

COMMANDS: Mapping[str, Command] = {
    "render": Command(
        "draft in, publishable Markdown or HTML out",
        "Replace each attention-diagram block by its diagram, and change no other byte.\n\n"
        "A folder stands for every *.md and *.markdown below it; hidden ones and links to folders are\n"
        "left out. If any block is wrong, each is reported as FILE:LINE:COL: error: message, nothing is\n"
        "written, and the exit status is 2. --check exits 1 where DEST is not what SRC gives today.",
        _render_arguments,
        _render,
        (
            "mdattn render draft.md > post.md",
            "mdattn render drafts -o posts",
            "mdattn render drafts -o posts --check --diff",
            "mdattn render draft.md --to html -o post.html",
            "mdattn render README.md --keep-source -o README.md.new",
        ),
    ),
    "update": Command(
        "documents that keep each block in a comment before its diagram",
        "Draw each diagram anew from the comment before it, where it stands, and change no other byte:\n\n"
        "  <!-- attention-diagram\n"
        "  kind: heatmap\n"
        "  text: The cat sat\n"
        "  -->\n"
        "  <!-- /attention-diagram -->\n\n"
        "A --> in the options is written --\\>. If anything is wrong, it is reported, nothing is written, and\n"
        "the exit status is 2. A diagram that was edited by hand is wrong unless --force is given. --check\n"
        "exits 1 where a diagram is not what its options give today, by whatever hand.",
        _update_arguments,
        _update,
        ("mdattn update README.md", "mdattn update README.md docs --check --diff"),
    ),
    "show": Command(
        "one block's YAML to its diagram, on the terminal",
        "Draw the diagram that the YAML of one block describes.",
        _show_arguments,
        _show,
        ("mdattn show block.yaml", "echo '{kind: flow, text: The cat sat, query: sat}' | mdattn show"),
    ),
    "kinds": Command(
        "the kinds of diagram and their options",
        "List the kinds of diagram, or describe one: its options, and an example with its diagram.",
        _kinds_arguments,
        _kinds,
        ("mdattn kinds", "mdattn kinds flow"),
    ),
    "schema": Command(
        "the JSON Schema of the options, for editors",
        "Print the JSON Schema of a block's options: name it in an editor to have them completed and checked.",
        _schema_arguments,
        _schema,
        ("mdattn schema > attention-diagram.schema.json",),
    ),
}
