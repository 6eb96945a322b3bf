"""How each command is written: its arguments, as argparse reads them, without its printing and leaving."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple, NoReturn

from mdattn import __version__
from mdattn.cli._documents import TARGETS
from mdattn.drafts import UsageError
from mdattn.errors import suggest
from mdattn.report import FORMS, Report


class CommandError(UsageError):
    """A command that cannot be read; `usage` is how it is written, `program` what it was given to."""

    def __init__(self, message: str, usage: str, program: str = "mdattn") -> None:
        super().__init__(message)
        self.usage = usage
        self.program = program


class _Parser(argparse.ArgumentParser):
    """An argument parser that raises instead of printing and leaving."""

    def error(self, message: str) -> NoReturn:
        raise CommandError(message, self.format_usage().rstrip("\n"), self.prog)


class Leave(Exception):  # noqa: N818 - not an error
    """An option that only prints, such as --help, was met; the message is what to print."""


class _Print(argparse.Action):
    """`--help` and `--version`: hand the text over to be printed as bytes."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        raise Leave(parser.format_help() if self.const is None else self.const)


class _Once(argparse.Action):
    """An option with one value, of which a second would put the first out without a word."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, value: object, *_: object
    ) -> None:
        given = namespace.__dict__.setdefault("given", set())
        if self.dest in given:
            raise argparse.ArgumentError(self, "is given twice, and takes one value (leave one of the two out)")
        given.add(self.dest)
        setattr(namespace, self.dest, value)


class Command(NamedTuple):
    """A sub-command: what it is for, the arguments it takes, what it does, and how it is called."""

    summary: str
    description: str
    arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace, Report], int]
    examples: tuple[str, ...]


def parse(argv: Sequence[str], commands: Mapping[str, Command]) -> tuple[str, argparse.Namespace]:
    """The sub-command and its arguments; only the parser of the sub-command in use is built."""
    name = argv[0] if argv else ""
    if name in commands:
        return name, _parser(name, commands[name]).parse_args(argv[1:])
    if name in ("-h", "--help"):
        raise Leave(_help(commands))
    if name == "--version":
        raise Leave(f"mdattn {__version__}\n")
    if not name:
        raise CommandError("a command is needed", _help(commands).rstrip("\n"))
    what = "option" if name.startswith("-") else "command"
    raise CommandError(f"no {what} {name!r} ({suggest(name, commands)})", _USAGE)


_USAGE = "usage: mdattn COMMAND ..."


def _help(commands: Mapping[str, Command]) -> str:
    summaries = "".join(f"  {name:<8}{command.summary}\n" for name, command in commands.items())
    examples = "".join(f"  {command.examples[0]}\n" for command in commands.values())
    return (
        f"{_USAGE}\n\nReplace the attention-diagram blocks of Markdown documents by their diagrams.\n\n"
        f"commands:\n{summaries}\noptions:\n  -h, --help  show this text\n  --version   show the version\n\n"
        f"examples:\n{examples}\n"
        "exit status: 0 fine; 1 --check or --diff found a difference; 2 something is wrong.\n"
        "`mdattn COMMAND --help` tells more.\n"
    )


def _parser(name: str, command: Command) -> argparse.ArgumentParser:
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


def form_asked_for(argv: Sequence[str]) -> str:
    """The form of diagnostics that a command line asks for, wrong as it may be otherwise."""
    form = "text"
    for each, following in zip(argv, (*argv[1:], ""), strict=False):
        if each == "--":
            break
        flag, sign, value = each.partition("=")
        if flag == "--output-format" and (value := value if sign else following) in FORMS:
            form = value
    return form


# The arguments of each command


def output_format(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--output-format",
        choices=tuple(FORMS),
        default="text",
        help="diagnostics as FILE:LINE:COL lines (text), GitHub annotations (github), or an object a line (json)",
    )


def render_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("sources", metavar="SRC", nargs="*", help="a file, a folder, or - for standard input (default)")
    parser.add_argument(
        "-o",
        action=_Once,
        dest="destination",
        metavar="DEST",
        help="where the result goes: a file, or a folder (default: standard output)",
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 if DEST is not what SRC gives today"
    )
    parser.add_argument(
        "--diff",
        action="store_true",
        help="write nothing; print what would change in DEST (in SRC, without -o) as a patch for `git apply`; "
        "exit 1 if anything would",
    )
    parser.add_argument(
        "--to", action=_Once, choices=tuple(TARGETS), default="markdown", help="what to write (default: markdown)"
    )
    parser.add_argument(
        "--keep-source", action="store_true", help="put each block into a comment before its diagram, for `update`"
    )
    _shared_arguments(parser)


def update_arguments(parser: argparse.ArgumentParser) -> None:
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
        "--exclude",
        metavar="GLOB",
        action="append",
        default=[],
        help="leave out of folders what has such a name or, with a / in the pattern, such a path; may be repeated",
    )
    parser.add_argument(
        "--suffix",
        metavar="SUFFIX",
        action="append",
        default=[],
        help="take files that end so, as .qmd, for documents too; may be repeated",
    )
    parser.add_argument(
        "--stdin-filename", action=_Once, metavar="NAME", help="what standard input is called, and where it stands"
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="leave out the line that says what was done")
    output_format(parser)


def show_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file",
        metavar="FILE",
        nargs="?",
        default="-",
        help="the YAML of a block, without its fence; - for standard input (default)",
    )
    parser.add_argument("--alt", action="store_true", help="print what the diagram shows in words instead")
    output_format(parser)


def kinds_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", metavar="KIND", nargs="?", help="the kind to describe")
    output_format(parser)
