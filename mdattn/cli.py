"""The command line: argv, and what each command does with it.

Floor 6. What it has to say goes through `report`. No exception leaves `main`, but for the one that a signal is turned
into (`__main__`).

Exit status: 0 fine; 1 `--check` or `--diff` found a difference; 2 a bad document, a missing file or wrong usage, which
outranks 1; 130 interrupted (Ctrl-C); 141 the reader of standard output went away (SIGPIPE).
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import NamedTuple, NoReturn, TypedDict

from mdattn import __version__, drafts
from mdattn.drafts import Change, DraftError, Finding, Outcome, Plan, UsageError, Work
from mdattn.errors import DiagramError, Position, suggest
from mdattn.report import FORMS, OutputError, Report, Streams, Tally

FINE, DIFFERENT, WRONG, INTERRUPTED, CLOSED_PIPE = 0, 1, 2, 130, 141


class _CommandError(UsageError):
    """A command that cannot be read; `usage` is how it is written, `program` what it was given to."""

    def __init__(self, message: str, usage: str, program: str = "mdattn") -> None:
        super().__init__(message)
        self.usage = usage
        self.program = program


class _Parser(argparse.ArgumentParser):
    """An argument parser that raises instead of printing and leaving."""

    def error(self, message: str) -> NoReturn:
        raise _CommandError(message, self.format_usage().rstrip("\n"), self.prog)


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
    run: Callable[[argparse.Namespace, Report], int]
    examples: tuple[str, ...]


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
    report = Report.of(streams, _form_asked_for(argv))
    try:
        name, arguments = _parse(argv)
        return COMMANDS[name].run(arguments, report)
    except _Leave as leave:
        return _print(str(leave), report)
    except _CommandError as error:
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


def _form_asked_for(argv: Sequence[str]) -> str:
    """The form of diagnostics that a command line asks for, wrong as it may be otherwise."""
    form = "text"
    for each, following in zip(argv, (*argv[1:], ""), strict=False):
        if each == "--":
            break
        flag, sign, value = each.partition("=")
        if flag == "--output-format" and (value := value if sign else following) in FORMS:
            form = value
    return form


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
        raise _CommandError("a command is needed", _help().rstrip("\n"))
    what = "option" if name.startswith("-") else "command"
    raise _CommandError(f"no {what} {name!r} ({suggest(name, COMMANDS)})", _USAGE)


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
        choices=tuple(FORMS),
        default="text",
        help="diagnostics as FILE:LINE:COL lines (text), GitHub annotations (github), or an object a line (json)",
    )


def _render_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("sources", metavar="SRC", nargs="*", help="a file, a folder, or - for standard input (default)")
    parser.add_argument("-o", dest="destination", metavar="DEST", help="where the result goes: a file, or a folder")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 if DEST is not what SRC gives today"
    )
    parser.add_argument(
        "--diff",
        action="store_true",
        help="write nothing; print what would change in DEST (in SRC, without -o) as a patch for `git apply`; "
        "exit 1 if anything would",
    )
    parser.add_argument("--to", choices=tuple(_TARGETS), default="markdown", help="what to write (default: markdown)")
    parser.add_argument(
        "--keep-source", action="store_true", help="leave each block in a comment before its diagram, for `update`"
    )
    _shared_arguments(parser)


def _update_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("sources", metavar="FILE", nargs="+", help="a file, a folder, or - for standard input")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 if a diagram is not what its options give today"
    )
    parser.add_argument(
        "--diff",
        action="store_true",
        help="write nothing; print what would change as a patch for `git apply`; exit 1 if anything would",
    )
    parser.add_argument("--force", action="store_true", help="overwrite diagrams that were edited by hand")
    _shared_arguments(parser)


def _shared_arguments(parser: argparse.ArgumentParser) -> None:
    """Those of `render` and `update`."""
    parser.add_argument("--strict", action="store_true", help="take every warning for an error, as --check does")
    parser.add_argument(
        "--exclude", metavar="GLOB", action="append", default=[], help="leave these out of folders; may be repeated"
    )
    parser.add_argument(
        "--suffix",
        metavar="SUFFIX",
        action="append",
        default=[],
        help="take files that end so, as .qmd, for documents too; may be repeated",
    )
    parser.add_argument("--stdin-filename", metavar="NAME", help="what standard input is called, and where it stands")
    parser.add_argument("-q", "--quiet", action="store_true", help="leave out the line that says what was done")
    _output_format(parser)


def _show_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", nargs="?", default="-", help="a block's YAML; - for standard input")
    parser.add_argument("--alt", action="store_true", help="print what the diagram shows in words instead")
    _output_format(parser)


def _kinds_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", metavar="KIND", nargs="?", help="the kind to describe")
    _output_format(parser)


# render and update


def _render(arguments: argparse.Namespace, report: Report) -> int:
    """Each block of the sources becomes a diagram in the results."""
    suffix, work = _TARGETS[arguments.to]
    if arguments.keep_source:
        if suffix is not None:
            raise UsageError(f"--keep-source is for Markdown, and --to is {arguments.to} (leave one of the two out)")
        work = partial(work, keep_source=True)
    destination = None if arguments.destination == "-" else arguments.destination
    if destination == "":
        raise UsageError("-o needs the name of a file or a folder")
    if arguments.check and destination is None:
        raise UsageError("--check needs -o DEST: it compares DEST with what SRC gives today")
    plan = drafts.plan(arguments.sources, destination, suffix=suffix, **_chosen(arguments))

    def compare(outcome: Outcome) -> Sequence[Finding]:
        return drafts.compare(plan, outcome, destination or "", suffix)

    return _carry_out(arguments, report, plan, work(), compare)


def _update(arguments: argparse.Namespace, report: Report) -> int:
    """Each diagram is drawn anew where it stands. A check sees through edits by hand: to it they are drift."""
    if arguments.check and arguments.force:
        raise UsageError("--force overwrites diagrams, and --check writes nothing (leave one of the two out)")
    plan = drafts.plan_in_place(arguments.sources, **_chosen(arguments))
    work = drafts.updating(force=arguments.force or arguments.check)
    return _carry_out(arguments, report, plan, work, lambda outcome: outcome.drift)


class _Choice(TypedDict):
    """What a plan is told besides its sources."""

    stdin_name: str | None
    suffixes: tuple[str, ...]
    exclude: tuple[str, ...]


def _chosen(arguments: argparse.Namespace) -> _Choice:
    """Which files are documents. Raises `UsageError` for a choice that would choose nothing."""
    for flag in ("exclude", "suffix"):
        if getattr(arguments, flag) and arguments.sources in ([], ["-"]):
            raise UsageError(f"--{flag} is for files and folders, and standard input is read (leave --{flag} out)")
    for each in arguments.suffix:
        if not each.startswith(".") or not each.strip(".") or {"/", os.sep} & set(each):
            raise UsageError(f"--suffix needs the end of a name, such as .qmd, not {each!r}")
    return {
        "stdin_name": arguments.stdin_filename,
        "suffixes": (*drafts.MARKDOWN, *(each.lower() for each in arguments.suffix)),
        "exclude": tuple(arguments.exclude),
    }


def _carry_out(
    arguments: argparse.Namespace,
    report: Report,
    plan: Plan,
    work: Work,
    compare: Callable[[Outcome], Sequence[Finding]],
) -> int:
    """Compute everything, report everything; then, if nothing is wrong, compare, print or write."""
    track = iter if arguments.quiet else report.track
    named = next((each.name for each in plan.drafts if each.source is None), "")
    outcome = drafts.compute(plan, report.stdin(named), work, track)
    findings = _strictly(outcome.findings) if arguments.strict or arguments.check else outcome.findings
    report.findings(findings)
    severities = [each.diagnostic.severity for each in findings]
    tally = Tally(
        mode="check" if arguments.check else "diff" if arguments.diff else "write",
        documents=outcome.documents,
        diagrams=outcome.diagrams,
        left_out=plan.left_out,
        errors=severities.count("error"),
        warnings=severities.count("warning"),
        different=sum(each.old != each.new for each in outcome.changes),
    )
    if tally.errors:
        tally = tally._replace(different=0, undone="nothing written")
    elif arguments.check or arguments.diff:
        if arguments.check:
            report.findings(compare(outcome))
        tally = _printed(report, tally, [drafts.patch(each) for each in outcome.changes] if arguments.diff else [])
    else:
        tally = _written(report, tally, outcome, track)
    if not arguments.quiet:
        report.closing(tally)
    if tally.errors:
        return WRONG
    return DIFFERENT if tally.different and tally.mode != "write" else FINE


def _strictly(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings with an error for each warning."""
    return tuple(
        each._replace(diagnostic=each.diagnostic._replace(severity="error"))
        if each.diagnostic.severity == "warning"
        else each
        for each in findings
    )


def _printed(report: Report, tally: Tally, patches: Sequence[bytes]) -> Tally:
    """Print what would change."""
    try:
        report.patch(b"".join(patches))
    except OutputError as error:
        report.failure(str(error), "standard output")
        return tally._replace(errors=1, undone="nothing written")
    return tally


def _written(report: Report, tally: Tally, outcome: Outcome, track: Callable[..., Iterable[Change]]) -> Tally:
    """Write what has changed, or print what goes to standard output: a run does one of the two."""
    printed = [each.new for each in outcome.changes if each.draft.destination is None]
    try:
        for each in printed:
            report.streams.out(each)
    except OutputError as error:
        report.failure(str(error), "standard output")
        return tally._replace(errors=1, undone="standard output is incomplete")
    written = drafts.write(outcome.changes, track)
    report.findings(written.findings)
    failed = tuple(each.name for each in written.findings if each.diagnostic.severity == "error")
    return tally._replace(
        written=written.written + len(printed),
        errors=len(failed),
        warnings=tally.warnings + len(written.findings) - len(failed),
        unwritten=failed,
    )


# show, kinds and schema


def _show(arguments: argparse.Namespace, report: Report) -> int:
    """Draw one block's YAML. Its data files stand beside it, or in the current folder where it is typed in."""
    from pathlib import Path

    from mdattn.render import draw_options

    if arguments.file == "-":
        name, folder = drafts.STDIN, Path()
        data = drafts.read_stream(report.stdin(name), name)
    else:
        name, folder = arguments.file, Path(arguments.file).parent
        data = drafts.read(name, name)
    try:
        diagram = draw_options(_yaml(name, data), folder=folder)
    except DiagramError as error:
        report.findings(Finding(name, each) for each in error.diagnostics)
        return WRONG
    lines = [diagram.alternative] if arguments.alt else diagram.lines
    report.streams.out(("\n".join(lines) + "\n").encode())
    return FINE


def _yaml(name: str, data: bytes) -> str:
    """The text of a block that stands alone: all of it must be UTF-8."""
    text = drafts.decode(name, data)
    bad = next((index for index, each in enumerate(text) if "\ud800" <= each <= "\udfff"), None)
    if bad is None:
        return text
    position = Position(text.count("\n", 0, bad) + 1, bad - text.rfind("\n", 0, bad))
    raise DiagramError(position, f"not valid UTF-8 (byte 0x{ord(text[bad]) - 0xDC00:02x})", "save it as UTF-8")


def _kinds(arguments: argparse.Namespace, report: Report) -> int:
    """List the kinds, or describe one."""
    from mdattn import cells
    from mdattn.diagrams import KINDS

    if arguments.kind is None:
        broad = max(map(cells.width, KINDS))
        lines = [f"{cells.pad(name, broad)}  {kind.summary}" for name, kind in KINDS.items()]
        report.streams.out(drafts.encode("\n".join(lines) + "\n"))
        return FINE
    if arguments.kind not in KINDS:
        raise UsageError(f"no kind {arguments.kind!r} ({suggest(arguments.kind, KINDS)})")
    report.streams.out(drafts.encode(_description(arguments.kind)))
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


def _schema(arguments: argparse.Namespace, report: Report) -> int:
    """The JSON Schema of the options."""
    import json

    from mdattn.diagrams import KINDS
    from mdattn.options import schema

    report.streams.out((json.dumps(schema.of(KINDS), ensure_ascii=False, indent=2) + "\n").encode())
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
        "written, and the exit status is 2. --check and --diff write nothing, and exit 1 where DEST is not\n"
        "what SRC gives today; --check takes every warning for an error.",
        _render_arguments,
        _render,
        (
            "mdattn render draft.md > post.md",
            "mdattn render drafts -o posts",
            "mdattn render drafts -o posts --exclude 'notes/*'",
            "mdattn render drafts -o posts --check --diff --output-format github",
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
        "and --diff write nothing, and exit 1 where a diagram is not what its options give today, for\n"
        "--check by whatever hand; it takes every warning for an error.",
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
        _output_format,
        _schema,
        ("mdattn schema > attention-diagram.schema.json",),
    ),
}
