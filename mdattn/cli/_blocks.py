"""`show`, `kinds` and `schema`: blocks without a document."""

from __future__ import annotations

import argparse

from mdattn import drafts
from mdattn.blocks import may_hold_blocks
from mdattn.cli._status import FINE, WRONG
from mdattn.drafts import Finding, UsageError
from mdattn.errors import Diagnostic, DiagramError, Position, suggest
from mdattn.report import Report


def show(arguments: argparse.Namespace, report: Report) -> int:
    """Draw one block's YAML. Its data files stand beside it, or in the current folder where it is typed in."""
    from pathlib import Path

    from mdattn.document import draw_options

    if arguments.file == "-":
        name, folder = drafts.STDIN, Path()
        data = drafts.read_stream(report.stdin(name), name)
    else:
        name, folder = arguments.file, Path(arguments.file).parent
        data = drafts.read(name, name)
    try:
        doubts: list[Diagnostic] = []
        diagram = draw_options(_yaml(name, data), folder=folder, doubts=doubts)
    except DiagramError as error:
        wrong = [_DOCUMENT] if may_hold_blocks(drafts.decode(name, data)) else error.diagnostics
        report.findings(Finding(name, each) for each in wrong)
        return WRONG
    report.findings(Finding(name, each) for each in doubts)
    lines = [diagram.alternative] if arguments.alt else diagram.lines
    report.streams.out(("\n".join(lines) + "\n").encode())
    return FINE


_DOCUMENT = Diagnostic(
    Position(1, 1),
    "this is a document, and `show` draws the YAML of one block, without its fence",
    "`mdattn render` draws the blocks of a document",
)


def _yaml(name: str, data: bytes) -> str:
    """The text of a block that stands alone: all of it must be UTF-8."""
    text = drafts.decode(name, data)
    bad = next((index for index, each in enumerate(text) if "\ud800" <= each <= "\udfff"), None)
    if bad is None:
        return text
    position = Position(text.count("\n", 0, bad) + 1, bad - text.rfind("\n", 0, bad))
    raise DiagramError(position, f"not valid UTF-8 (byte 0x{ord(text[bad]) - 0xDC00:02x})", "save it as UTF-8")


def kinds(arguments: argparse.Namespace, report: Report) -> int:
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
    from mdattn.document import diagram
    from mdattn.options import describe

    kind = KINDS[name]
    parts = [f"{kind.name}: {kind.summary}", "", "Options", ""]
    for key, expected, default, meaning in describe(kind.options):
        parts.append(f"  {key}: {expected}" + (f" (default: {default})" if default else ""))
        parts += [f"      {line}" for line in cells.wrap(meaning, 66)] if meaning else []
    example = kind.example.rstrip("\n")
    parts += ["", "Example", "", "```attention-diagram", example, "```", "", "gives", ""]
    return "\n".join(parts) + "\n" + diagram(kind.example)


def schema(arguments: argparse.Namespace, report: Report) -> int:
    """The JSON Schema of the options."""
    import json

    from mdattn.diagrams import KINDS
    from mdattn.options import schema as schemas

    report.streams.out((json.dumps(schemas.of(KINDS), ensure_ascii=False, indent=2) + "\n").encode())
    return FINE
