"""`render` and `update`: documents in, documents out, and what is to be said about them."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

from mdattn import drafts
from mdattn.cli._status import DIFFERENT, FINE, WRONG
from mdattn.drafts import Change, Finding, Outcome, Plan, UsageError, Work
from mdattn.errors import Severity
from mdattn.report import OutputError, Report, Tally

# What is written, and the suffix of its files.
TARGETS: Mapping[str, tuple[str | None, Callable[..., Work]]] = {
    "markdown": (None, drafts.rendering),
    "html": (".html", drafts.paging),
}

_PAGES = (".html", ".htm")
_UNDONE = "nothing written"


def render(arguments: argparse.Namespace, report: Report) -> int:
    """Each block of the sources becomes a diagram in the results."""
    suffix, work = TARGETS[arguments.to]
    if arguments.keep_source:
        if suffix is not None:
            raise UsageError(f"--keep-source is for Markdown, and --to is {arguments.to} (leave one of the two out)")
        work = partial(work, keep_source=True)
    destination = None if arguments.destination == "-" else arguments.destination
    if destination == "":
        raise UsageError("-o needs the name of a file or a folder")
    if suffix is None and destination is not None and destination.lower().endswith(_PAGES):
        raise UsageError(f"-o {destination} is a page by its name, and --to is {arguments.to} (write --to html)")
    if arguments.check and destination is None:
        raise UsageError("--check needs -o DEST: it compares DEST with what SRC gives today")
    plan = drafts.plan(
        arguments.sources,
        destination,
        suffix=suffix,
        stdin_name=arguments.stdin_filename,
        suffixes=_suffixes(arguments),
        exclude=arguments.exclude,
    )

    def compare(outcome: Outcome) -> Sequence[Finding]:
        return drafts.compare(plan, outcome, destination or "", suffix)

    return _carry_out(arguments, report, plan, work(), compare)


def update(arguments: argparse.Namespace, report: Report) -> int:
    """Each diagram is drawn anew where it stands. A check sees through edits by hand: to it they are drift."""
    if arguments.check and arguments.force:
        raise UsageError("--force overwrites diagrams, and --check writes nothing (leave one of the two out)")
    plan = drafts.plan_in_place(
        arguments.sources,
        stdin_name=arguments.stdin_filename,
        suffixes=_suffixes(arguments),
        exclude=arguments.exclude,
    )
    work = drafts.updating(force=arguments.force or arguments.check)
    return _carry_out(arguments, report, plan, work, lambda outcome: outcome.drift)


def _suffixes(arguments: argparse.Namespace) -> tuple[str, ...]:
    """What the names of documents end with. Raises `UsageError` for a choice of files where there is none."""
    for flag in ("exclude", "suffix"):
        if getattr(arguments, flag) and arguments.sources in ([], ["-"]):
            raise UsageError(f"--{flag} is for files and folders, and standard input is read (leave --{flag} out)")
    if arguments.exclude and not any(map(os.path.isdir, arguments.sources)):
        raise UsageError("--exclude leaves out what folders hold, and files are named (leave out their names instead)")
    return (*drafts.MARKDOWN, *arguments.suffix)


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
    tally = Tally(
        mode="check" if arguments.check else "diff" if arguments.diff else "write",
        documents=outcome.documents,
        diagrams=outcome.diagrams,
        left_out=plan.left_out,
        errors=_number(findings, "error"),
        warnings=_number(findings, "warning"),
        different=sum(each.old != each.new for each in outcome.changes),
    )
    if tally.errors:
        tally = tally._replace(different=0, undone=_UNDONE)
    elif arguments.check or arguments.diff:
        if arguments.check:
            tally = _compared(report, tally, outcome, compare(outcome))
        if arguments.diff:
            differing = (each for each in outcome.changes if each.old != each.new)
            tally = _printed(report, tally, b"".join(drafts.patch(each) for each in differing))
    else:
        tally = _written(report, tally, outcome, track)
    if not arguments.quiet:
        report.closing(tally)
    if tally.errors:
        return WRONG
    return DIFFERENT if tally.different and tally.mode != "write" else FINE


def _number(findings: Iterable[Finding], severity: Severity) -> int:
    """How many mistakes, or doubts, the findings tell of."""
    return sum(each.diagnostic.number for each in findings if each.diagnostic.severity == severity)


def _strictly(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings with an error for each warning."""
    return tuple(
        each._replace(diagnostic=each.diagnostic._replace(severity="error"))
        if each.diagnostic.severity == "warning"
        else each
        for each in findings
    )


def _compared(report: Report, tally: Tally, outcome: Outcome, findings: Sequence[Finding]) -> Tally:
    """Say what differs. An error that is about no draft that differs is that of a comparison that could not be made."""
    report.findings(findings)
    different = {each.draft.name for each in outcome.changes if each.old != each.new}
    wrong = sum(each.diagnostic.severity == "error" and each.name not in different for each in findings)
    return tally._replace(errors=wrong, undone=_UNDONE) if wrong else tally


def _printed(report: Report, tally: Tally, patch: bytes) -> Tally:
    """Print what would change."""
    try:
        report.patch(patch)
    except OutputError as error:
        report.failure(str(error), "standard output")
        return tally._replace(errors=tally.errors + 1, undone=_UNDONE)
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
