"""What a run finds: differences on the block that they come from, and each document's faults for itself."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import echo
import pytest
from echo import block, drawn
from support import failed, told

from mdattn import drafts
from mdattn.drafts import Draft, Finding, Work, Worked, _compute, compute, plan, plan_in_place, write
from mdattn.errors import Drift, Position

CURE = "(run again without --check)"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("mdattn.diagrams.KINDS", echo.KINDS)
    return tmp_path


def put(name: str, data: bytes) -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_bytes(data)


def checked(work: Work | None = None, suffix: str | None = None) -> list[Finding]:
    """What a check of the folder of drafts finds."""
    found = plan(["d"], "out", suffix=suffix)
    outcome = compute(found, None, work or drafts.rendering())
    assert not failed(outcome.findings)
    return drafts.compare(found, outcome, "out", suffix)


def stale(place: str, result: str = "out/a.md") -> str:
    return f"d/a.md:{place}: error: the diagram in {result} is not what this block gives today {CURE}"


def elsewhere(line: int, result: str = "out/a.md") -> str:
    return f"d/a.md: error: {result} is not what this document gives today, from line {line} on {CURE}"


DRAFT = b"before\n\n" + block("one") + b"\nbetween\n\n" + block("two") + b"\nafter\n"
RESULT = b"before\n\n" + drawn("one") + b"\nbetween\n\n" + drawn("two") + b"\nafter\n"


def check(draft: bytes, result: bytes | None, work: Work | None = None) -> list[Finding]:
    put("d/a.md", draft)
    Path("out").mkdir(exist_ok=True)
    Path("out/a.md").unlink(missing_ok=True)
    if result is not None:
        put("out/a.md", result)
    return checked(work)


CASES: dict[str, tuple[bytes, list[str], list[Drift | None]]] = {
    "nothing": (RESULT, [], []),
    "one diagram": (RESULT.replace(b"one", b"eins"), [stale("3:1")], [Drift(2, "eins", "one")]),
    "the other": (RESULT.replace(b"two", b"2\n2"), [stale("10:1")], [Drift(2, "2", "two")]),
    "both": (
        RESULT.replace(b"one", b"x").replace(b"two", b"y"),
        [stale("3:1"), stale("10:1")],
        [Drift(2, "x", "one"), Drift(2, "y", "two")],
    ),
    "a line too many": (
        RESULT.replace("└─┘\n".encode(), "└─┘\nmore\n".encode(), 1),
        [stale("3:1")],
        [Drift(4, "more", None)],
    ),
    "a line too few": (RESULT.replace(b"one\n", b""), [stale("3:1")], [Drift(2, "└─┘", "one")]),
    "no diagram": (RESULT.replace(drawn("one"), b""), [stale("3:1")], [Drift(1, None, "┌─┐")]),
    "another fence": (RESULT.replace(b"```text", b"```plain", 1), [stale("3:1")], [None]),
    "another end": (RESULT.replace("└─┘\n```".encode(), "└─┘\r\n```".encode(), 1), [stale("3:1")], [None]),
    "words": (RESULT.replace(b"between", b"amid"), [elsewhere(9)], [None]),
    "words and a diagram": (
        RESULT.replace(b"between", b"amid").replace(b"two", b"2"),
        [elsewhere(9), stale("10:1")],
        [None, Drift(2, "2", "two")],
    ),
    "a line right after a diagram": (RESULT.replace(b"```\n\nb", b"```\nx\n\nb"), [elsewhere(8)], [None]),
    "no final line": (RESULT.removesuffix(b"after\n"), [elsewhere(17)], [None]),
    "empty": (b"", [elsewhere(1), stale("3:1"), stale("10:1")], [None, Drift(1, None, "┌─┐"), Drift(1, None, "┌─┐")]),
}


@pytest.mark.parametrize("case", CASES)
def test_a_difference_is_told_on_the_block(case: str) -> None:
    result, lines, drifts = CASES[case]
    findings = check(DRAFT, result)
    assert told(findings) == lines
    assert [each.diagnostic.drift for each in findings] == drifts


def test_a_missing_result_is_told_on_the_draft() -> None:
    assert told(check(DRAFT, None)) == [f"d/a.md: error: out/a.md is missing {CURE}"]


@pytest.mark.parametrize(
    ("first", "rest", "column"), [("> ", "> ", 3), ("- ", "  ", 3), ("1. > ", "   > ", 6), (">\t", ">\t", 3)]
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_lines_are_told_without_what_their_containers_put_before_them(
    first: str, rest: str, column: int, end: str
) -> None:
    lines = block('"one\\n\\nthree"').decode().splitlines()
    put("d/a.md", end.join([first + lines[0], *(rest + each for each in lines[1:]), ""]).encode())
    write(compute(plan(["d"], "out"), None, drafts.rendering()).changes)
    result = Path("out/a.md").read_bytes()
    for there, drift in (
        (result.replace(b"three", b"drei"), Drift(4, "drei", "three")),
        (result.replace(b"one", b""), Drift(2, "", "one")),
    ):
        put("out/a.md", there)
        (finding,) = checked()
        assert (finding.diagnostic.position, finding.diagnostic.drift) == (Position(1, column), drift)


def test_a_result_that_keeps_its_source() -> None:
    work = drafts.rendering(keep_source=True)
    put("d/a.md", DRAFT)
    write(compute(plan(["d"], "out"), None, work).changes)
    result = Path("out/a.md").read_bytes()
    assert told(check(DRAFT, result, work)) == []
    assert told(check(DRAFT.replace(b"title: one", b"title: won"), result, work))[-1] == stale("3:1")
    (finding,) = check(DRAFT, result.replace("└─┘\n```\n<!-- /attention-diagram ".encode(), b"x", 1), work)[-1:]
    assert finding.diagnostic.position == Position(3, 1)
    marked = result.index(b"<!-- /attention-diagram ") + len(b"<!-- /attention-diagram ")
    other = result[:marked] + b"00000000" + result[marked + 8 :]
    assert told(check(DRAFT, other, work)) == [stale("3:1")]


def test_a_page() -> None:
    put("d/a.md", DRAFT)
    put("out/a.html", b"<p>")
    put("out/old.html", b"")
    assert told(checked(drafts.paging(), ".html")) == [
        elsewhere(1, "out/a.html"),
        "out/old.html: note: no source gives this file any more (delete it if it is a result)",
    ]


def test_many_diagrams() -> None:
    draft = b"".join(block(str(number)) + b"\n" for number in range(300))
    result = b"".join(drawn(str(number * (number % 3 > 0))) + b"\n" for number in range(300))
    findings = check(draft, result)
    assert [each.diagnostic.drift for each in findings] == [Drift(2, "0", str(each)) for each in range(3, 300, 3)]


def test_an_update_says_where_a_diagram_differs() -> None:
    work = drafts.rendering(keep_source=True)
    put("d/a.md", DRAFT)
    write(compute(plan(["d"], "out"), None, work).changes)
    data = Path("out/a.md").read_bytes()
    put("out/a.md", data.replace(b"title: one", b"title: won").replace(b"\ntwo\n", b"\nzwei\n"))
    outcome = compute(plan_in_place(["out"]), None, drafts.updating(force=True))
    assert [each.diagnostic.drift for each in outcome.drift] == [Drift(2, "one", "won"), Drift(2, "zwei", "two")]
    assert (outcome.documents, outcome.diagrams) == (1, 2)


# What a run counts, and what is one document's own


def test_documents_and_diagrams_are_counted() -> None:
    put("d/a.md", DRAFT)
    put("d/b.md", b"words\n")
    put("d/c.md", block("bad"))
    Path("d/e.md").symlink_to("missing.md")
    for work in (drafts.rendering(), drafts.paging()):
        outcome = compute(plan(["d"], "out"), None, work)
        assert (outcome.documents, outcome.diagrams) == (3, 2)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (ZeroDivisionError("by\nzero"), "ZeroDivisionError: by\nzero"),
        (RecursionError(), "RecursionError"),
        (MemoryError(), "MemoryError"),
        (ValueError("x" * 999), "ValueError: " + "x" * 187 + "…"),
        (OSError(5, "Input/output error"), "OSError: [Errno 5] Input/output error"),
        (RuntimeError(), "RuntimeError"),
    ],
)
def test_a_crash_is_one_documents_own(fault: Exception, words: str) -> None:
    put("d/a.md", block("bad"))
    put("d/b.md", b"words\n")
    put("d/c.md", block("bad"))

    def run(draft: Draft, text: str, path: Path | None) -> Worked:
        if draft.name == "d/b.md":
            raise fault
        return drafts.rendering().run(draft, text, path)

    outcome = compute(plan(["d"], "out"), None, Work(lambda text: True, run))
    assert failed(outcome.findings)
    assert told(outcome.findings) == [
        "d/a.md:3:8: error: a bad title (use another)",
        f"d/b.md: error: internal error: {words}; please report",
        "d/c.md:3:8: error: a bad title (use another)",
    ]


def test_a_crash_over_a_result_is_one_documents_own(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("d/a.md", "d/b.md", "out/a.md", "out/b.md"):
        put(name, b"words\n")
    real = _compute.slurp

    def slurp(descriptor: int, limit: int, *, files_only: bool = False) -> object:
        if files_only and os.path.samestat(Path("out/a.md").stat(), os.fstat(descriptor)):
            raise MemoryError
        return real(descriptor, limit, files_only=files_only)

    monkeypatch.setattr(_compute, "slurp", slurp)
    outcome = compute(plan(["d"], "out"), None, drafts.rendering())
    assert told(outcome.findings) == ["d/a.md: error: internal error: MemoryError; please report"]


def test_a_result_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    put("d/a.md", b"words\n")
    put("out/a.md", b"x" * (2**20 + 1))
    monkeypatch.setattr(_compute, "MAX_RESULT", 2**20)
    outcome = compute(plan(["d"], "out"), None, drafts.rendering())
    assert told(outcome.findings) == ["out/a.md: error: is larger than 1 MB, and no result is (remove it)"]
    put("out/a.md", b"x" * 2**20)
    assert not failed(compute(plan(["d"], "out"), None, drafts.rendering()).findings)


def test_a_pipe_is_not_updated_where_it_stands() -> None:
    os.mkfifo("pipe.md")
    keeper = os.open("pipe.md", os.O_RDWR)
    os.write(keeper, b"words\n")
    reader = threading.Timer(0.5, os.close, [keeper])
    reader.start()
    outcome = compute(plan_in_place(["pipe.md"]), None, drafts.updating())
    reader.join()
    assert told(outcome.findings) == ["pipe.md: error: is a device or a pipe, and no file (standard input is named -)"]


@pytest.mark.parametrize("pieces", [[b"words\n", b"", b"more\n"], [b"", b"words\n"], []])
def test_a_stream_that_does_not_wait_is_read_to_its_end(pieces: list[bytes]) -> None:
    reading, writing = os.pipe()
    os.set_blocking(reading, False)

    def send() -> None:
        for each in pieces:
            time.sleep(0.1)
            os.write(writing, each)
        os.close(writing)

    sender = threading.Thread(target=send)
    sender.start()
    with os.fdopen(reading, "rb") as stream:
        assert drafts.read_stream(stream, "-") == b"".join(pieces)
    sender.join()


def test_an_interruption_is_no_crash() -> None:
    put("d/a.md", b"")

    def run(draft: Draft, text: str, path: Path | None) -> Worked:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compute(plan(["d"], "out"), None, Work(lambda text: True, run))


def test_the_loops_can_be_watched() -> None:
    for name in ("d/a.md", "d/b.md", "d/c.md"):
        put(name, b"x")
    put("out/b.md", b"x")
    seen: list[tuple[int, Any]] = []

    def track(listed: Sequence[Any]) -> Iterator[Any]:
        for each in listed:
            yield each
            seen.append((len(listed), each))

    found = plan(["d"], "out")
    outcome = compute(found, None, drafts.rendering(), track)
    assert seen == [(3, each) for each in found.drafts]
    seen.clear()
    assert write(outcome.changes, track).written == 2
    assert seen == [(2, each) for each in outcome.changes]


def test_files_without_a_diagram_are_as_they_should_be() -> None:
    put("d/a.md", b"words\n")
    put("d/b.md", block("x"))
    for sources in (["d"], ["d/a.md", "d/b.md"]):
        outcome = compute(plan_in_place(sources), None, drafts.updating())
        assert (outcome.findings, outcome.changes, outcome.drift) == ((), (), ())
        assert (outcome.documents, outcome.diagrams) == (2, 0)
