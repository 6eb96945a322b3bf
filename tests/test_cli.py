"""The command as a user meets it: bytes in, bytes out, one line for each thing that is wrong, an exit status."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import echo
import pytest
from echo import block, drawn

import mdattn
from mdattn import drafts
from mdattn.cli import COMMANDS, main
from mdattn.drafts import Finding
from mdattn.errors import Diagnostic, ProofError

ROOT = Path(mdattn.__file__).parent.parent
ECHO = str(Path(echo.__file__))


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("mdattn.diagrams.KINDS", echo.KINDS)
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    return tmp_path


class Done(NamedTuple):
    """What a run left behind."""

    status: int
    out: bytes
    err: str


# What was done, which `render` and `update` say last.
CLOSING = re.compile(
    r"^(\d+ documents?, \d+ diagrams?; .*|\d+ errors?, (?:nothing written|standard output).*)\n\Z", re.M
)


class Command:
    """The command line in this process, on streams of bytes.

    The closing line of the last run is kept apart from what else it said.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.monkeypatch = monkeypatch
        self.closing = ""

    def __call__(self, *argv: str, stdin: bytes = b"") -> Done:
        streams = [io.TextIOWrapper(io.BytesIO(data), encoding="ascii") for data in (stdin, b"", b"")]
        for name, stream in zip(("stdin", "stdout", "stderr"), streams, strict=True):
            self.monkeypatch.setattr(sys, name, stream)
        status = main(argv)
        out, err = (stream.buffer.getvalue() for stream in streams[1:])
        text = err.decode("utf-8")
        found = CLOSING.search(text)
        self.closing = found[1] if found else ""
        return Done(status, out, text[: found.start()] if found else text)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Command:
    return Command(monkeypatch)


def put(name: str, data: bytes) -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_bytes(data)


def tree(folder: str = ".") -> dict[str, bytes]:
    return {str(each): each.read_bytes() for each in sorted(Path(folder).rglob("*")) if each.is_file()}


# render


def test_standard_input_to_standard_output(run: Command) -> None:
    assert run("render", stdin=b"a\n\n" + block("x") + b"\nb") == (0, b"a\n\n" + drawn("x") + b"\nb", "")
    assert run("render", "-", stdin=block("\u65e5\u672c")) == (0, drawn("\u65e5\u672c"), "")
    assert run("render", "-", "-o", "-", stdin=b"") == (0, b"", "")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xef\xbb\xbf# a",
        b"a\r\nb\rc\nd\0\x0c\xe2\x80\xa8\x85\xff\xfe",
        b"attention diagram ``` \xff\r\n",
        b"\xed\xa0\x80 a surrogate in UTF-8\n",
    ],
)
def test_bytes_without_blocks_pass_through(run: Command, data: bytes) -> None:
    put("a.md", data)
    assert run("render", stdin=data) == (0, data, "")
    assert run("render", "a.md") == (0, data, "")
    assert run("render", "a.md", "-o", "out/") == (0, b"", "")
    assert Path("out/a.md").read_bytes() == data


def test_bytes_around_blocks_pass_through(run: Command) -> None:
    before, after = b"\xef\xbb\xbf\xffa\r\nb\rc\0\n\n", b"\xfe\x0c\x85"
    assert run("render", stdin=before + block("x") + after) == (0, before + drawn("x") + after, "")


def test_a_file_and_a_folder(run: Command) -> None:
    put("d/a.md", block("x"))
    put("d/e/b.markdown", b"plain\r\n")
    put("d/e/c.txt", b"no document")
    assert run("render", "d/a.md") == (0, drawn("x"), "")
    assert run("render", "d/a.md", "-o", "a.md") == (0, b"", "")
    assert run("render", "d", "-o", "out") == (0, b"", "")
    assert tree("out") == {"out/a.md": drawn("x"), "out/e/b.markdown": b"plain\r\n"}
    assert Path("a.md").read_bytes() == drawn("x")


def test_what_has_not_changed_is_not_written(run: Command) -> None:
    put("a.md", block("x"))
    run("render", "a.md", "-o", "b.md")
    os.utime("b.md", ns=(1, 1))
    inode = Path("b.md").stat().st_ino
    assert run("render", "a.md", "-o", "b.md").status == 0
    assert (Path("b.md").stat().st_mtime_ns, Path("b.md").stat().st_ino) == (1, inode)


def test_every_mistake_of_every_document_and_nothing_written(run: Command) -> None:
    put("d/a.md", b"x\n\n" + block("bad") + block("fine") + b"> " + block("bad").replace(b"\n", b"\n> "))
    put("d/b.md", b"```attention-diagram\nkind: echo\n")
    put("d/c.md", block("fine"))
    put("d/d.md", "é".encode("utf-16"))
    Path("d/e.md").symlink_to("nowhere")
    put("out/c.md", b"old")
    done = run("render", "d", "missing.md", "-o", "out")
    assert (done.status, done.out) == (2, b"")
    lines = done.err.splitlines()
    assert lines[:2] == [
        "d/a.md:5:8: error: a bad title (use another)",
        "d/a.md:13:10: error: a bad title (use another)",
    ]
    assert lines[2].startswith("d/b.md:1:1: error: ")
    assert lines[3:] == [
        "d/d.md: error: is UTF-16, and documents are UTF-8 (save it as UTF-8)",
        "d/e.md: error: No such file or directory",
        "missing.md: error: No such file or directory",
    ]
    assert tree("out") == {"out/c.md": b"old"}


def test_standard_input_has_a_name(run: Command) -> None:
    assert run("render", stdin=block("bad")).err.startswith("<stdin>:3:8: error: ")
    assert run("render", "--stdin-filename", "p/x.md", stdin=block("bad")).err.startswith("p/x.md:3:8: error: ")
    draft = block("weights\nsource: {file: one.json}")
    put("p/one.json", b"[[1.0]]")
    put("p/x.md", draft)
    assert run("render", "--stdin-filename", "p/x.md", stdin=draft).out == b"```text\n[[1.0]]\n```\n"
    assert run("render", "p/x.md").out == b"```text\n[[1.0]]\n```\n"
    assert run("render", stdin=draft).err.startswith("<stdin>:4:1: error: a document without a place has no data files")


def test_a_warning_is_told_and_does_not_fail(run: Command) -> None:
    source = b"<div>\n" + block("x") + b"</div>\n"
    done = run("render", stdin=source)
    assert (done.status, done.out) == (0, source)
    assert done.err.startswith("<stdin>:2:1: warning: ")
    assert done.err.count("\n") == 1


def test_github_annotations(run: Command) -> None:
    put("50%,a:b.md", block("bad"))
    done = run("render", "50%,a:b.md", "missing.md", "-o", "out", "--output-format", "github")
    assert done == (
        2,
        b"",
        "::error file=50%25%2Ca%3Ab.md,line=3,col=8::a bad title (use another)\n"
        "::error file=missing.md::No such file or directory\n",
    )


def test_nothing_in_a_message_breaks_its_line_or_the_terminal(run: Command) -> None:
    name = "a\nb\x1b[2J.md"
    assert run("render", name).err == "a\\nb\\x1b[2J.md: error: No such file or directory\n"
    assert run("render", os.fsdecode(b"\xff.md")).err.endswith(".md: error: No such file or directory\n")
    assert run("render", name, "x", "-o", "é\x1b/", "--check").err.count("\n") == 2
    assert run("render", name, "--to", "\x1b").err.splitlines()[-1].startswith("mdattn render: error: argument --to")
    assert "\x1b" not in run("render", name, "--to", "\x1b").err + run("\x1b").err


# check and diff


def test_check_passes_then_names_what_is_stale_or_missing(run: Command) -> None:
    put("d/a.md", block("x"))
    put("d/b.md", b"plain\n")
    run("render", "d", "-o", "out")
    assert run("render", "d", "-o", "out", "--check") == (0, b"", "")
    put("d/b.md", b"plainer\n")
    put("d/c.md", b"new\n")
    put("out/a.md", drawn("x") + b" ")
    put("out/old.md", b"left over\n")
    before = tree()
    done = run("render", "d", "-o", "out", "--check")
    assert (done.status, done.out) == (1, b"")
    lines = done.err.splitlines()
    assert len(lines) == 4
    for line, name in zip(lines, ("a.md", "b.md", "c.md"), strict=False):
        assert ": error: " in line
        assert f"out/{name}" in line
    assert lines[3].startswith("out/old.md: ")
    assert ": error: " not in lines[3]
    assert run.closing == "3 documents, 1 diagram; 3 out of date"
    assert tree() == before
    put("d/c.md", block("bad"))
    assert run("render", "d", "-o", "out", "--check").status == 2


def test_a_leftover_alone_does_not_fail_the_check(run: Command) -> None:
    put("d/a.md", b"a")
    put("out/a.md", b"a")
    put("out/b.md", b"b")
    done = run("render", "d", "-o", "out", "--check")
    assert done.status == 0
    assert done.err.startswith("out/b.md: ")
    assert run.closing == "1 document, 0 diagrams; all up to date"


def test_check_of_standard_input_and_of_a_single_file(run: Command) -> None:
    put("a.md", drawn("x"))
    assert run("render", "-o", "a.md", "--check", stdin=block("x")).status == 0
    done = run("render", "-o", "a.md", "--check", stdin=block("y"))
    assert done.status == 1
    assert "a.md" in done.err
    assert done.err.count("\n") == 1
    put("b.md", block("x"))
    assert run("render", "b.md", "-o", "no/such/a.md", "--check").status == 1


def test_check_needs_a_destination(run: Command) -> None:
    for argv in (["a.md"], [], ["-"], ["a.md", "-o", "-"]):
        done = run("render", *argv, "--check")
        assert (done.status, done.out) == (2, b"")
        assert "--check needs -o DEST" in done.err


def test_a_diff_shows_what_check_found_and_git_applies_it(run: Command) -> None:
    put("d/a.md", b"\xff\r\n\n" + block("x"))
    put("d/b c.md", b"new")
    put("out/a.md", b"\xff\r\n\nold\n")
    done = run("render", "d", "-o", "out", "--check", "--diff")
    assert done.status == 1
    assert done.out.startswith(
        b"diff --git a/out/a.md b/out/a.md\n"
        b"--- a/out/a.md\n+++ b/out/a.md\n@@ -1,3 +1,7 @@\n \xff\r\n \n-old\n+```text\n"
    )
    assert "out/b c.md" in done.err
    subprocess.run(["git", "apply", "-"], input=done.out, check=True)
    assert run("render", "d", "-o", "out", "--check", "--diff") == (0, b"", "")


def test_a_check_that_cannot_be_made_is_an_error(run: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    put("d/a.md", block("x"))
    run("render", "d", "-o", "out")
    wrong = Finding("out/sub", Diagnostic(None, "Permission denied"))
    compare = drafts.compare
    monkeypatch.setattr(drafts, "compare", lambda *argv: [*compare(*argv), wrong])
    for data in (drawn("x"), b"old"):
        put("out/a.md", data)
        assert run("render", "d", "-o", "out", "--check").status == 2
        assert run.closing == "1 error, nothing written"


def test_a_diff_writes_nothing(run: Command) -> None:
    put("a.md", block("x"))
    put("out.md", drawn("w"))
    before = tree()
    done = run("render", "a.md", "-o", "out.md", "--diff")
    assert done == (
        1,
        (
            "diff --git a/out.md b/out.md\n--- a/out.md\n+++ b/out.md\n"
            "@@ -1,5 +1,5 @@\n ```text\n ┌─┐\n-w\n+x\n └─┘\n ```\n"
        ).encode(),
        "",
    )
    assert run.closing == "1 document, 1 diagram; 1 would change, nothing written"
    assert run("render", "a.md", "-o", "new/out.md", "--diff").status == 1
    assert tree() == before
    run("render", "a.md", "-o", "out.md")
    assert run("render", "a.md", "-o", "out.md", "--diff") == (0, b"", "")
    assert run.closing == "1 document, 1 diagram; nothing would change"


def test_a_diff_without_a_destination_is_between_draft_and_result(run: Command) -> None:
    put("a.md", b"t\n" + block("x"))
    done = run("render", "a.md", "--diff")
    assert (done.status, done.err) == (1, "")
    subprocess.run(["git", "apply", "-"], input=done.out, check=True)
    assert Path("a.md").read_bytes() == b"t\n" + drawn("x")
    assert run("render", "--diff", stdin=b"plain") == (0, b"", "")
    assert run("render", "--diff", "--stdin-filename", "p.md", stdin=block("x")).out.startswith(
        b"diff --git a/p.md b/p.md\n--- a/p.md\n"
    )


@pytest.mark.parametrize("command", [["render", "d", "-o", "out"], ["update", "d"]])
def test_a_dry_run_never_writes(run: Command, command: list[str]) -> None:
    put("d/a.md", block("x"))
    put("d/b.md", region("y", "w"))
    put("d/c.md", region("y"))
    before = tree()
    for more in (["--diff"], ["--check"], ["--check", "--diff"], ["--diff", "--output-format", "github"]):
        done = run(*command, *more)
        assert done.status == 1
        assert bool(done.out) == ("--diff" in more)
        assert tree() == before


def test_a_diff_for_github_stands_where_nothing_is_obeyed(run: Command) -> None:
    draft = b"::add-mask::x\n" + block("x")
    put("a.md", draft)
    done = run("render", "a.md", "--diff", "--output-format", "github")
    lines = done.out.decode().splitlines()
    token = lines[0].removeprefix("::stop-commands::")
    assert lines[-1] == f"::{token}::"
    assert lines[1:3] == ["diff --git a/a.md b/a.md", "--- a/a.md"]
    assert run("render", "a.md", "--diff").out == done.out.split(b"\n", 1)[1].removesuffix(f"::{token}::\n".encode())
    assert run("render", "a.md", "--output-format", "github").out == b"::add-mask::x\n" + drawn("x")
    assert run("render", "--diff", "--output-format", "github", stdin=b"plain").out == b""


# What was done


def test_the_closing_line_counts(run: Command) -> None:
    put("d/a.md", block("x") + block("y"))
    put("d/b.md", b"plain")
    for status, closing, argv in (
        (0, "2 documents, 2 diagrams; 2 written", ["render", "d", "-o", "out"]),
        (0, "2 documents, 2 diagrams; nothing to write", ["render", "d", "-o", "out"]),
        (0, "2 documents, 2 diagrams; all up to date", ["render", "d", "-o", "out", "--check"]),
        (0, "2 documents, 2 diagrams; nothing would change", ["render", "d", "-o", "out", "--diff"]),
        (1, "2 documents, 2 diagrams; 2 would change, nothing written", ["render", "d", "-o", "new", "--diff"]),
        (1, "2 documents, 2 diagrams; 2 out of date", ["render", "d", "-o", "new", "--check", "--diff"]),
        (0, "1 document, 2 diagrams; 1 written", ["render", "d/a.md"]),
        (2, "1 error, nothing written", ["render", "d", "missing.md", "-o", "new"]),
        (0, "2 documents, 2 diagrams; 2 written", ["render", "d", "-o", "page", "--to", "html"]),
    ):
        assert run(*argv).status == status
        assert run.closing == closing
        quiet = run(*argv, "--quiet")
        assert run.closing == ""
        assert quiet.err.count("\n") == (2 if argv[-1] == "--diff" and "--check" in argv else closing.count("error"))
    assert run("render", "-", stdin=block("x")).out == drawn("x")
    assert run.closing == "1 document, 1 diagram; 1 written"
    for argv in (["show", "--alt"], ["kinds"], ["schema"]):
        assert run(*argv, stdin=b"kind: echo\ntitle: x").err == run.closing == ""


def test_the_closing_line_is_an_object_for_programs(run: Command) -> None:
    put("a.md", block("bad"))
    put("b.md", b"<details>\n" + block("x") + b"</details>\n")
    done = run("render", "a.md", "b.md", "-o", "out", "--output-format", "json")
    error, warning, closing = map(json.loads, done.err.splitlines())
    assert (error["file"], error["line"], error["severity"]) == ("a.md", 3, "error")
    assert (warning["file"], warning["severity"]) == ("b.md", "warning")
    assert (closing["documents"], closing["errors"], closing["warnings"], closing["written"]) == (2, 1, 1, 0)


def test_mistakes_that_are_not_told_are_counted(run: Command) -> None:
    put(
        "a.md",
        b"```attention-diagram\nkind: echo\n" + b"".join(b"x%d: 1\n" % each for each in range(50)) + b"```\n",
    )
    done = run("render", "a.md", "-o", "out.md")
    assert done.err.splitlines()[-1] == "a.md:22:1: error: 30 more mistakes like these (mend these first)"
    assert run.closing == "50 errors, nothing written"


def test_what_is_left_out_is_counted(run: Command) -> None:
    put("d/a.md", block("x"))
    put("d/b.md", block("y"))
    put("d/sub/b.md", block("y"))
    put("d/c.QMD", block("z"))
    assert run("render", "d", "-o", "out", "--exclude", "b.md", "--exclude", "sub/*").status == 0
    assert list(tree("out")) == ["out/a.md"]
    assert re.fullmatch(r"1 document, 1 diagram; 1 written, \d left out", run.closing)
    assert run("render", "d", "-o", "all", "--suffix", "Qmd").status == 0
    assert list(tree("all")) == ["all/a.md", "all/b.md", "all/c.QMD", "all/sub/b.md"]


def test_a_file_that_cannot_be_written_is_named_and_stops_no_other(
    run: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "abc":
        put(f"d/{name}.md", block("x"))
        put(f"out/{name}.md", b"old")
    real = os.replace

    def replace(source: str, target: str, **more: int) -> None:
        if target.endswith("b.md"):
            raise PermissionError(13, "Permission denied")
        real(source, target, **more)

    monkeypatch.setattr(os, "replace", replace)
    done = run("render", "d", "-o", "out")
    assert (done.status, done.out) == (2, b"")
    assert done.err == "out/b.md: error: Permission denied\n"
    assert run.closing == "3 documents, 3 diagrams; 2 written, not written: out/b.md"
    assert tree("out") == {"out/a.md": drawn("x"), "out/b.md": b"old", "out/c.md": drawn("x")}


# strict


DOUBTFUL = b"<details>\n" + block("x") + b"</details>\n"


def test_a_warning_is_an_error_if_asked_and_in_a_check(run: Command) -> None:
    put("a.md", DOUBTFUL)
    assert run("render", "a.md", "-o", "out.md").status == 0
    assert Path("out.md").read_bytes() == DOUBTFUL
    for more in (["--strict"], ["--check"], ["--check", "--strict"], ["--strict", "--diff"]):
        done = run("render", "a.md", "-o", "new.md", *more)
        assert (done.status, done.out) == (2, b"")
        assert done.err.startswith("a.md:2:1: error: ")
        assert run.closing == "1 error, nothing written"
    put("b.md", b"<details>\n" + region("x"))
    for more in (["--strict"], ["--check"]):
        done = run("update", "b.md", *more)
        assert (done.status, done.err.split(": ")[1]) == (2, "error")
    Path("empty").mkdir()
    assert run("update", "empty").status == 0
    assert run("update", "empty", "--check").status == run("render", "empty", "-o", "out", "--check").status == 2
    assert not Path("new.md").exists()


def test_a_note_never_fails(run: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    note = Finding("a.md", Diagnostic(None, "by the way", severity="note"))
    plan = drafts.plan
    monkeypatch.setattr(drafts, "plan", lambda *argv, **more: plan(*argv, **more)._replace(findings=(note,)))
    put("a.md", b"a")
    put("out.md", b"a")
    for more in ([], ["--strict"], ["--check"]):
        assert run("render", "a.md", "-o", "out.md", *more) == (0, b"", "a.md: note: by the way\n")


# update, and what it is made of


def region(title: str, shown: str | None = None) -> bytes:
    """A block kept in place, as it stands after an update; `shown` is the title that its diagram shows."""
    content = drawn(shown or title)
    marker = hashlib.blake2b(content[8:-4]).hexdigest()[:8]
    comment = f"<!-- attention-diagram\nkind: echo\ntitle: {title}\n-->\n".encode()
    return comment + content + f"<!-- /attention-diagram {marker} {mdattn.__version__} -->\n".encode()


def test_a_rendering_that_keeps_its_source_is_up_to_date(run: Command) -> None:
    put("a.md", b"\xff\r\n\n" + block("x") + b"z")
    done = run("render", "a.md", "--keep-source", "-o", "b.md")
    assert done == (0, b"", "")
    kept = Path("b.md").read_bytes()
    assert kept == b"\xff\r\n\n" + region("x") + b"z"
    assert run("render", "a.md", "--keep-source", "-o", "b.md", "--check").status == 0
    for argv in ([], ["--check"], ["--diff"], ["--check", "--diff"]):
        assert run("update", "b.md", *argv) == (0, b"", "")
    assert Path("b.md").read_bytes() == kept
    assert run("render", "b.md") == (0, kept, "")


def test_the_source_is_kept_in_markdown_only(run: Command) -> None:
    done = run("render", "--keep-source", "--to", "html", stdin=block("x"))
    assert done.status == 2
    assert "--keep-source is for Markdown" in done.err


def test_update_draws_anew_and_writes_only_what_changes(run: Command) -> None:
    put("d/a.md", region("x", "w"))
    put("d/e/b.md", region("y"))
    put("d/c.md", b"plain")
    os.utime("d/e/b.md", ns=(1, 1))
    os.utime("d/c.md", ns=(1, 1))
    Path("d/a.md").chmod(0o640)
    assert run("update", "d") == (0, b"", "")
    assert tree("d") == {"d/a.md": region("x"), "d/c.md": b"plain", "d/e/b.md": region("y")}
    assert Path("d/a.md").stat().st_mode & 0o777 == 0o640
    assert Path("d/e/b.md").stat().st_mtime_ns == Path("d/c.md").stat().st_mtime_ns == 1


def test_update_check_names_each_stale_diagram_and_writes_nothing(run: Command) -> None:
    put("a.md", b"a\n\n" + region("x", "w") + region("y") + b"> " + region("z", "w").replace(b"\n", b"\n> "))
    before = tree()
    message = "the diagram of this comment is not what its options give today (run again without --check)"
    done = run("update", "a.md", "--check")
    assert done == (1, b"", f"a.md:3:1: error: {message}\na.md:23:3: error: {message}\n")
    assert tree() == before
    done = run("update", "a.md", "--check", "--output-format", "github")
    assert done.err.startswith(f"::error file=a.md,line=3,col=1::{message}")


def test_a_patch_of_an_update_is_one_for_git(run: Command) -> None:
    put("d/a b.md", b"\xff\r\n" + region("x", "w") + b"end")
    put("d/c.md", region("y", "w").replace(b"\n", b"\r\n"))
    done = run("update", "d", "--check", "--diff")
    assert done.status == 1
    subprocess.run(["git", "apply", "-"], input=done.out, check=True)
    assert tree("d") == {
        "d/a b.md": b"\xff\r\n" + region("x") + b"end",
        "d/c.md": region("y").replace(b"\n", b"\r\n"),
    }
    assert run("update", "d", "--check", "--diff") == (0, b"", "")
    put("e.md", region("x", "w"))
    done = run("update", "e.md", "--diff")
    assert (done.status, done.out.count(b"\n-"), done.err) == (1, 3, "")
    assert Path("e.md").read_bytes() == region("x", "w")


def test_an_edit_by_hand_is_an_error_drift_or_overwritten(run: Command) -> None:
    edited = region("x").replace("┌".encode(), b"+")
    put("a.md", edited)
    put("b.md", region("y", "w"))
    done = run("update", "b.md", "a.md")
    assert (done.status, done.out) == (2, b"")
    assert done.err == (
        "a.md:1:1: error: the diagram of this comment was edited by hand "
        "(change its options, or let --force overwrite it)\n"
    )
    assert Path("b.md").read_bytes() == region("y", "w")
    done = run("update", "a.md", "--check")
    assert (done.status, done.out) == (1, b"")
    assert done.err == "a.md:1:1: error: the diagram of this comment was edited by hand (--force overwrites it)\n"
    assert (run("update", "a.md", "--diff").status, run("update", "a.md", "--diff", "--force").status) == (2, 1)
    assert Path("a.md").read_bytes() == edited
    assert run("update", "b.md", "a.md", "--force") == (0, b"", "")
    assert tree() == {"a.md": region("x"), "b.md": region("y")}


def test_every_mistake_of_an_update_is_told_and_nothing_written(run: Command) -> None:
    put("a.md", region("bad") + region("x", "w"))
    put("b.md", b"<!-- attention-diagram\nkind: echo\n-->\n")
    put("c.md", region("x", "w"))
    before = tree()
    for argv in ([], ["--check"], ["--force", "--diff"]):
        done = run("update", ".", "missing.md", *argv)
        assert (done.status, done.out) == (2, b"")
        lines = done.err.splitlines()
        assert lines[0] == "a.md:3:8: error: a bad title (use another)"
        assert lines[1].startswith("b.md:1:1: error: this attention-diagram comment has no end marker")
        assert lines[2:] == ["missing.md: error: No such file or directory"]
        assert tree() == before


def test_an_update_where_there_is_nothing_to_update(run: Command) -> None:
    put("d/a.md", block("x"))
    assert run("update", "d") == (0, b"", "")
    assert run("update", "d/a.md").status == 0
    put("e.md", b"<details>\n" + region("x"))
    assert run("update", "e.md").err.startswith("e.md:2:1: warning: no diagram here: the comment stands inside")
    assert run("update", "e.md").err.count("\n") == 1
    Path("empty").mkdir()
    assert "no document" in run("update", "empty").err
    assert run("update").status == 2


def test_a_document_is_updated_once_whatever_its_names(run: Command) -> None:
    put("d/a.md", region("x", "w"))
    Path("d/b.md").symlink_to("a.md")
    done = run("update", "d", "./d/a.md", "d/b.md", "--check", "--diff")
    assert done.out.count(b"+++ ") == done.err.count("error") == 1
    assert run("update", "d/b.md") == (0, b"", "")
    assert Path("d/b.md").is_symlink()
    assert Path("d/a.md").read_bytes() == region("x")


def test_standard_input_is_updated_to_standard_output(run: Command) -> None:
    stale = region("x", "w")
    assert run("update", "-", stdin=stale) == (0, region("x"), "")
    done = run("update", "-", "--check", stdin=stale)
    assert (done.status, done.out) == (1, b"")
    assert run("update", "-", "--check", "--stdin-filename", "p/x.md", stdin=stale).err.startswith("p/x.md:1:1: error")
    assert run("update", "-", "--check", stdin=region("x")) == (0, b"", "")
    for argv in (["-", "a.md"], ["a.md", "--stdin-filename", "b.md"]):
        assert run("update", *argv, stdin=stale).status == 2


def test_an_update_imports_what_it_needs() -> None:
    put("plain.md", b"# a\n\n```python\n1\n```\n\n<!-- a comment -->\n")
    code = "import sys; from mdattn.cli import main; main(['update', '.', '--check']); print(*sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stderr == "1 document, 0 diagrams; all up to date\n"
    assert not set(done.stdout.split()) & {"numpy", "markdown_it", "yaml", "msgspec", "wcwidth", "hashlib", "difflib"}


def test_data_files_are_looked_up_beside_the_document(run: Command) -> None:
    put("q/one.json", b"[[1.0]]")
    source = b"kind: echo\ntitle: weights\nsource: {file: one.json}\n"
    put("q/a.md", b"<!-- attention-diagram\n" + source + b"-->\n<!-- /attention-diagram -->\n")
    run("update", "q/a.md")
    assert b"```text\n[[1.0]]\n```\n" in Path("q/a.md").read_bytes()


# Diagrams in words


def test_show_prints_the_words_instead(run: Command) -> None:
    assert run("show", "--alt", stdin=b"kind: echo\ntitle: x\n") == (0, b"an echo\n", "")
    assert run("show", "--alt", stdin=b"kind: echo\ntitle: bad\n").status == 2


def test_the_schema_is_json(run: Command) -> None:
    done = run("schema")
    assert (done.status, done.err) == (0, "")
    assert json.loads(done.out)["properties"]["kind"]["enum"] == ["echo"]
    assert done.out.endswith(b"}\n")
    assert run("schema", "x").status == 2


# html


def test_html_is_a_page_with_the_diagrams_drawn(run: Command) -> None:
    put("d/a.md", b"---\ntitle: t\n---\n\xef\xbb\xbf# A & `b`\n\n| a |\n|---|\n| \xc3\xa9 |\n\n" + block("<x>"))
    done = run("render", "d/a.md", "--to", "html")
    assert done.status == 0
    page = done.out.decode()
    assert page.startswith('<!DOCTYPE html>\n<meta charset="utf-8">\n')
    assert "title: t" not in page
    assert (
        '<pre role="img" aria-label="an echo"><code class="language-text">┌─┐\n&lt;x&gt;\n└─┘\n</code></pre>\n' in page
    )
    assert "<td>é</td>" in page
    assert run("render", stdin=b"# A & *b*\n").out == b"# A & *b*\n"
    assert run("render", "--to", "html", stdin=b"\xef\xbb\xbf# A & *b*\n").out == (
        b'<!DOCTYPE html>\n<meta charset="utf-8">\n<title>A &amp; b</title>\n<h1>A &amp; <em>b</em></h1>\n'
    )


def test_html_draws_from_the_source_wherever_the_block_stands(run: Command) -> None:
    put("q/one.json", b"[[1.0]]")
    put(
        "q/a.md",
        b"---\nattention-diagram: {title: weights, source: {file: one.json}}\n---\n\n"
        b"x[^1]\n\n[^1]: > ```attention-diagram\n    > kind: echo\n"
        b"    > ```\n\n!!! note\n\n    - "
        + block("y").replace(b"\n", b"\n      ").rstrip()
        + b"\n\n[^2]: "
        + block("unused").replace(b"\n", b"\n    ")
        + b"\n```attention_diagram\n```\n",
    )
    done = run("render", "q/a.md", "--to", "html")
    page = done.out.decode()
    assert page.count('<pre role="img"') == 2
    assert '<pre role="img" aria-label="the weights"><code class="language-text">[[1.0]]\n</code></pre>' in page
    assert "title:" not in page
    assert done.err.startswith("q/a.md:23:1: warning: this fence stays as it is")
    assert run("render", "--to", "html", stdin=b"a\n\n" + block("bad")) == (
        2,
        b"",
        "<stdin>:5:8: error: a bad title (use another)\n",
    )


def test_a_block_that_html_takes_for_a_table_is_an_error(run: Command) -> None:
    source = b"| a |\n|---|\n[^1]: " + block("x").replace(b"\n", b"\n    ")
    assert run("render", stdin=source).status == 0
    done = run("render", "--to", "html", stdin=source)
    assert (done.status, done.out) == (2, b"")
    assert done.err.startswith("<stdin>:3:7: error: no diagram here in HTML")


def test_html_of_a_folder_has_its_own_suffix(run: Command) -> None:
    put("d/a.md", block("x"))
    put("d/e/b.markdown", b"plain\n")
    assert run("render", "d", "--to", "html", "-o", "out").status == 0
    assert list(tree("out")) == ["out/a.html", "out/e/b.html"]
    assert run("render", "d", "--to", "html", "-o", "out", "--check") == (0, b"", "")


# show and kinds


def test_show_draws_the_yaml_of_one_block(run: Command) -> None:
    yaml = "kind: echo\ntitle: é\n".encode()
    put("b.yaml", b"\xef\xbb\xbf" + yaml)
    expected = (0, "┌─┐\né\n└─┘\n".encode(), "")
    assert run("show", stdin=yaml) == expected
    assert run("show", "-", stdin=yaml.replace(b"\n", b"\r\n")) == expected
    assert run("show", "b.yaml") == expected
    put("q/one.json", b"[[1.0]]")
    put("q/b.yaml", b"kind: echo\ntitle: weights\nsource: {file: one.json}\n")
    assert run("show", "q/b.yaml").out == b"[[1.0]]\n"


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b"kind: echo\ntitle: bad\n", "<stdin>:2:8: error: a bad title"),
        (b"kind: ecko\n", "<stdin>:1:7: error: "),
        (b"kind: echo\ntitle: \xc3\xa9\xff\n", "<stdin>:2:9: error: not valid UTF-8 (byte 0xff)"),
        (b"\xff", "<stdin>:1:1: error: not valid UTF-8 (byte 0xff)"),
        (b"", "<stdin>:1:1: error: "),
        (b"kind: echo\n\0", "<stdin>:2:1: error: "),
        ("kind: echo".encode("utf-16"), "<stdin>: error: is UTF-16"),
    ],
)
def test_show_says_where_a_mistake_is(run: Command, data: bytes, place: str) -> None:
    done = run("show", stdin=data)
    assert (done.status, done.out) == (2, b"")
    assert done.err.startswith(place)
    assert done.err.count("\n") == 1


@pytest.mark.parametrize("data", [block("x"), b"# A draft\n\n" + block("x"), b"---\na: [\n---\n\n" + block("x")])
def test_show_of_a_document_names_the_command_for_it(run: Command, data: bytes) -> None:
    done = run("show", stdin=data)
    assert done.status == 2
    assert done.err.startswith("<stdin>:1:1: error: this is a document, and `show` draws the YAML of one block")
    assert "(`mdattn render` draws the blocks of a document)" in done.err


def test_show_of_a_missing_file(run: Command) -> None:
    assert run("show", "no.yaml") == (2, b"", "no.yaml: error: No such file or directory\n")
    assert run("show", ".") == (2, b"", ".: error: Is a directory\n")


def test_kinds_lists_and_describes(run: Command) -> None:
    assert run("kinds") == (0, b"echo  says its title\n", "")
    done = run("kinds", "echo")
    assert (done.status, done.err) == (0, "")
    text = done.out.decode()
    assert text.startswith("echo: says its title\n")
    assert "  width: a whole number from 1 to 200 (default: 72)\n" in text
    assert text.endswith("```attention-diagram\nkind: echo\ntitle: héllo\n```\n\ngives\n\n┌─┐\nhéllo\n└─┘\n")
    assert run("kinds", "ecko") == (2, b"", "mdattn: error: no kind 'ecko' (did you mean 'echo'?)\n")


# Usage


def test_help_and_version(run: Command) -> None:
    assert run("--version") == (0, f"mdattn {mdattn.__version__}\n".encode(), "")
    top = run("--help")
    assert (top.status, top.err) == (0, "")
    assert run("-h") == top
    assert run() == (2, b"", top.out.decode() + "mdattn: error: a command is needed\n")
    for name, command in COMMANDS.items():
        assert f"  {name:<8}{command.summary}\n" in top.out.decode()
        done = run(name, "--help")
        assert (done.status, done.err) == (0, "")
        assert all(f"  {each}\n" in done.out.decode() for each in command.examples)


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["rendr"], "no command 'rendr' (did you mean 'render'?)"),
        (["--chek"], "no option '--chek'"),
        (["render", "--chek"], "unrecognized arguments: --chek"),
        (["render", "--che"], "unrecognized arguments: --che"),
        (["render", "-o"], "expected one argument"),
        (["render", "--to", "pdf"], "invalid choice: 'pdf'"),
        (["render", "a", "b"], "-o DEST is needed"),
        (["render", "a", "-o", ""], "-o needs the name"),
        (["show", "a", "b"], "unrecognized arguments: b"),
        (["render", "--exclude", "x"], "--exclude is for files and folders"),
        (["render", "a.md", "--exclude", "x", "-o", "b/"], "--exclude leaves out what folders hold"),
        (["update", "a.md", "b.md", "--exclude", "x"], "--exclude leaves out what folders hold"),
        (["render", "a", "-o", "x", "b", "-o", "y"], "argument -o: is given twice"),
        (["render", "--to", "markdown", "--to", "html"], "argument --to: is given twice"),
        (["update", "-", "--stdin-filename", "a", "--stdin-filename=a"], "--stdin-filename: is given twice"),
        (["render", "--stdin-filename", ""], "--stdin-filename needs the name of a file, and '' is none"),
        (["render", "--stdin-filename", "d/", "-o", "d/"], "'d/' is none"),
        (["update", "-", "--stdin-filename", ".."], "'..' is none"),
        (["update", "-", "--suffix", ".qmd"], "--suffix is for files and folders"),
        (["update", "a", "--suffix", "."], "'.' is not the suffix of a file's name"),
        (["render", "a", "-o", "b", "--suffix", ".a/b"], "'.a/b' is not the suffix of a file's name"),
        (["update", "a", "--check", "--force"], "--force overwrites diagrams, and --check writes nothing"),
        (["render", "--to", "html", "--keep-source"], "leave one of the two out"),
        (["update", "a", "--output-format", "xml"], "invalid choice: 'xml'"),
        (
            ["render", "a.md", "-o", "post.html"],
            "post.html is a page by its name, and --to is markdown (write --to html)",
        ),
        (["render", "a.md", "-o", "d/POST.HTM", "--keep-source"], "write --to html"),
    ],
)
def test_wrong_usage(run: Command, argv: list[str], words: str) -> None:
    done = run(*argv)
    assert (done.status, done.out) == (2, b"")
    assert words in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    "argv",
    [
        ["render", "--chek"],
        ["render", "a", "b"],
        ["render", "a", "--check"],
        ["render", "missing.md"],
        ["update"],
        ["show", "missing.yaml"],
        ["show", "a", "b"],
        ["kinds", "ecko"],
        ["schema", "x"],
        ["rendr"],
    ],
)
def test_every_complaint_has_the_form_that_was_asked_for(run: Command, argv: list[str]) -> None:
    for flag in (["--output-format", "github"], ["--output-format=github"]):
        done = run(*argv, *flag)
        assert (done.status, done.out) == (2, b"")
        assert done.err.startswith("::error")
        assert done.err.count("\n") == 1
    done = run(*argv, "--output-format", "json")
    assert json.loads(done.err.splitlines()[0])["severity"] == "error"
    assert not run(*argv, "--", "--output-format", "json").err.startswith("{")


def test_a_fault_of_ours_has_the_form_that_was_asked_for(run: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RecursionError("deep")

    monkeypatch.setattr(drafts, "plan", fail)
    done = run("render", "a.md", "--output-format", "github")
    assert done == (2, b"", "::error::internal error: RecursionError: deep; please report\n")
    stderr = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(stderr))
    assert main(["kinds", "--output-format", "json"]) == 2
    assert json.loads(stderr.getvalue())["message"].startswith("standard output: ")


def test_destroying_a_draft_is_refused(run: Command) -> None:
    put("a.md", block("x"))
    for argv in (["a.md", "-o", "a.md"], [".", "-o", "."], ["a.md", "-o", "."], ["a.md", "-o", "./a.md", "--check"]):
        done = run("render", *argv)
        assert done.status == 2
        assert "would destroy" in done.err
    assert tree() == {"a.md": block("x")}


# Nothing gets out


def test_a_fault_of_ours_is_one_line(run: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    put("a.md", block("x"))
    put("b.md", block("fault"))
    put("c.md", block("bad"))
    done = run("render", "a.md", "b.md", "c.md", "-o", "out")
    assert (done.status, done.out) == (2, b"")
    crash, other = done.err.splitlines()
    assert crash.startswith("b.md")
    assert "error: internal error: ZeroDivisionError: a fault\\nof ours; please report" in crash
    assert other.startswith("c.md:3:8: error: a bad title")
    assert run.closing == "2 errors, nothing written"
    assert not Path("out").exists()
    assert run("show", stdin=b"kind: echo\ntitle: fault").err == (
        "mdattn: error: internal error: ZeroDivisionError: a fault\\nof ours; please report\n"
    )

    def refute(*_: object) -> None:
        raise ProofError("line 3 moved")

    monkeypatch.setattr("mdattn.blocks.prove", refute)
    done = run("render", "a.md", "-o", "out.md")
    assert (done.status, done.out) == (2, b"")
    assert "internal error: ProofError: line 3 moved; please report" in done.err
    assert not Path("out.md").exists()


@pytest.mark.parametrize("fault", [MemoryError(), RecursionError("deep"), UnicodeEncodeError("utf-8", "a", 0, 1, "b")])
def test_any_exception_is_one_line(run: Command, monkeypatch: pytest.MonkeyPatch, fault: Exception) -> None:
    def fail(*_: object, **__: object) -> None:
        raise fault

    monkeypatch.setattr(drafts, "plan", fail)
    done = run("render", "a.md")
    assert done.status == 2
    assert done.err.startswith(f"mdattn: error: internal error: {type(fault).__name__}")
    assert done.err.endswith("; please report\n")
    assert done.err.count("\n") == 1


def test_a_fault_in_saying_so_is_one_line(run: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("mdattn.report.Report.failure", fail)
    assert run("rendr") == (2, b"", "mdattn: error: internal error: MemoryError; please report\n")


def test_closed_streams(monkeypatch: pytest.MonkeyPatch, run: Command) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    monkeypatch.setattr(sys, "stdout", None)
    assert main(["render"]) == 2
    put("a.md", b"a")
    assert main(["render", "a.md"]) == 2
    assert main(["render", "a.md", "-o", "a2.md", "--check", "--diff"]) == 2
    put("a2.md", b"a")
    assert main(["render", "a.md", "-o", "a2.md", "--check", "--diff"]) == 0
    monkeypatch.setattr(sys, "stderr", None)
    assert main(["render", "a.md"]) == 2
    assert main(["render", "a.md", "-o", "b.md"]) == 0


# As a process


def process(*argv: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **(env or {})}
    return subprocess.run([sys.executable, *argv], input=stdin, capture_output=True, env=environment, check=False)


@pytest.mark.parametrize(
    "env",
    [
        {},
        {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
        {"LC_ALL": "C", "PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "utf-16", "COLUMNS": "20", "PYTHONHASHSEED": "7", "TERM": "dumb", "FORCE_COLOR": "1"},
    ],
)
def test_the_environment_changes_no_byte(env: dict[str, str]) -> None:
    source = b"caf\xc3\xa9 \xff\r\n\n" + block("日本") + b"<div>\n" + block("x") + b"</div>\n"
    done = process(ECHO, "render", "--stdin-filename", "x.md", stdin=source, env=env)
    assert done.stdout == b"caf\xc3\xa9 \xff\r\n\n" + drawn("日本") + b"<div>\n" + block("x") + b"</div>\n"
    assert done.stderr.startswith(b"x.md:8:1: warning: ")
    assert done.returncode == 0
    assert process(ECHO, "render", "é.md", env=env).returncode == 2
    assert (
        process("-m", "mdattn", "render", "--help", env=env).stdout
        == process("-m", "mdattn", "render", "--help").stdout
    )


def test_as_a_module_and_no_heavy_imports() -> None:
    put("d/a.md", b"# plain\n\n```python\nx\n```\n")
    put("out/a.md", b"# plain\n\n```python\nx\n```\n")
    code = (
        "import sys; before = set(sys.modules); from mdattn.cli import main; status = main(sys.argv[1:]);"
        "heavy = 'numpy yaml msgspec markdown_it wcwidth difflib tempfile json shutil pathlib'.split();"
        "heavy += 'tqdm secrets signal subprocess mdattn.report._terminal mdattn.report._progress'.split();"
        "print(sorted(set(heavy) & set(sys.modules) - before), status)"
    )
    done = process("-c", code, "render", "d", "-o", "out", "--check")
    assert (done.stdout, done.stderr) == (b"[] 0\n", b"1 document, 0 diagrams; all up to date\n")
    done = process("-m", "mdattn", "render", "d/a.md")
    assert (done.returncode, done.stdout) == (0, b"# plain\n\n```python\nx\n```\n")


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_goes_away_is_no_error(unbuffered: str) -> None:
    put("a.md", b"a line\n" * 300_000)
    command = f"'{sys.executable}' -m mdattn render a.md; echo $? >&2"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": unbuffered}
    done = subprocess.run(["sh", "-c", f"({command}) | head -c 10"], capture_output=True, env=environment, check=False)
    assert (done.stdout, done.stderr) == (b"a line\na l", b"141\n")


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_slow_reader_gets_everything(unbuffered: str) -> None:
    put("a.md", b"a line\n" * 300_000)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": unbuffered}
    command = [sys.executable, "-m", "mdattn", "render", "a.md"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as running:
        assert running.stdout is not None
        time.sleep(0.5)
        assert len(running.stdout.read()) == 2_100_000


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_full_device_is_one_line() -> None:
    put("a.md", b"a\n" * 100_000)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    for argv in (["render", "a.md"], ["--help"]):
        with Path("/dev/full").open("wb") as full:
            command = [sys.executable, "-m", "mdattn", *argv]
            done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, env=environment, check=False)
        lines = done.stderr.decode().splitlines()
        assert (done.returncode, lines[0]) == (2, "standard output: error: No space left on device")
        assert lines[1:] == (["1 error, standard output is incomplete"] if argv[0] == "render" else [])
    done = subprocess.run(
        ["sh", "-c", f"'{sys.executable}' -m mdattn rendr 2>/dev/full"],
        capture_output=True,
        env=environment,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (2, b"", b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
@pytest.mark.parametrize("target", [">/dev/full", ">&-"])
def test_a_diff_that_cannot_be_printed_says_that_nothing_was_written(target: str) -> None:
    put("a.md", block("x"))
    put("b.md", b"old")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = f"'{sys.executable}' '{ECHO}' render a.md -o b.md --diff {target}"
    done = subprocess.run(["sh", "-c", command], capture_output=True, env=environment, check=False, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("standard output: error: ")
    assert done.stderr.endswith("\n1 error, nothing written\n")
    assert Path("b.md").read_bytes() == b"old"


def test_a_reader_of_a_diff_that_goes_away_is_no_error() -> None:
    put("a.md", b"a line\n" * 300_000)
    put("b.md", b"old")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = f"('{sys.executable}' -m mdattn render a.md -o b.md --diff; echo $? >&2) | head -c 10"
    done = subprocess.run(["sh", "-c", command], capture_output=True, env=environment, check=False)
    assert (done.stdout, done.stderr) == (b"diff --git", b"141\n")
    assert Path("b.md").read_bytes() == b"old"


@pytest.mark.parametrize("argv", [["update", "."], ["render", ".", "-o", "out"], ["show", "a.yaml"], ["kinds"]])
def test_without_a_current_folder(argv: list[str]) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1"}
    command = f"mkdir gone && cd gone && rmdir ../gone && exec '{sys.executable}' '{ECHO}' {' '.join(argv)}"
    done = subprocess.run(["sh", "-c", command], capture_output=True, env=environment, check=False, text=True)
    assert done.returncode in ((0,) if argv == ["kinds"] else (0, 2))
    assert bool(done.stderr) == (argv != ["kinds"])
    assert "Traceback" not in done.stderr
    assert "internal error" not in done.stderr
    assert done.stderr.count("\n") <= 2


@pytest.mark.parametrize("closing", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_streams_closed_by_the_shell(closing: str) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = f"'{sys.executable}' -m mdattn render {closing}"
    done = subprocess.run(["sh", "-c", command], input=b"a", capture_output=True, env=environment, check=False)
    assert done.returncode == (0 if closing == "2>&-" else 2)
    assert b"Traceback" not in done.stderr
    assert done.stderr.count(b"\n") <= 2


WAITING = (
    "import io, sys, time\n"
    "class Waiting(io.BytesIO):\n"
    "    def read(self, size=-1):\n"
    "        print('waiting', flush=True)\n"
    "        time.sleep(30)\n"
    "        return b''\n"
    "sys.stdin = io.TextIOWrapper(Waiting())\n"
    "from mdattn.__main__ import start\n"
    "start()\n"
)


def test_an_interruption_is_quiet() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", WAITING, "render"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == b"waiting\n"
        running.send_signal(signal.SIGINT)
        out, err = running.communicate()
    assert (running.returncode, out, err) == (130, b"", b"")


SLOW = (
    "import os, sys, time\n"
    "real = os.replace\n"
    "def slow(*pair, **more):\n"
    "    print('ready', flush=True)\n"
    "    time.sleep(30)\n"
    "    real(*pair, **more)\n"
    "os.replace = slow\n"
    "from mdattn.__main__ import start\n"
    "start()\n"
)


@pytest.mark.parametrize(
    ("name", "status", "before"),
    [("SIGTERM", 143, ""), ("SIGHUP", 129, ""), ("SIGINT", 130, ""), ("SIGTERM", 143, "trap '' HUP; kill -HUP $$; ")],
)
def test_a_signal_leaves_nothing_half_done(name: str, status: int, before: str) -> None:
    number = getattr(signal, name, None)
    if number is None or os.name == "nt":
        pytest.skip(f"no {name} here")
    put("d/a.md", b"a")
    put("d/b.md", b"b")
    put("out/a.md", b"old")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = ["sh", "-c", f'{before}exec "$@"', "sh", sys.executable, "-c", SLOW, "render", "d", "-o", "out"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == b"ready\n"
        assert len(list(Path("out").iterdir())) > 1
        if before:  # As under `nohup`: what the caller switched off stays off.
            running.send_signal(signal.SIGHUP)
        running.send_signal(number)
        out, err = running.communicate()
    assert (running.returncode, out, err) == (status, b"", b"")
    assert tree("out") == {"out/a.md": b"old"}


def test_a_second_ctrl_c_does_not_stop_what_the_first_began() -> None:
    put("d/a.md", b"a")
    put("out/a.md", b"old")
    slowly = SLOW.replace("replace", "unlink").replace("sleep(30)", "sleep(1)")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", slowly, "render", "d", "-o", "out"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == b"ready\n"
        for _ in range(2):  # The first falls into the clearing away of what is done, the second into that of the run.
            running.send_signal(signal.SIGINT)
            time.sleep(0.3)
        out, err = running.communicate()
    assert (running.returncode, out, err) == (130, b"ready\n", b"")
    assert tree("out") == {"out/a.md": b"a"}


@pytest.mark.parametrize("missing", ["SIGINT", "SIGHUP", "SIGTERM", "SIGBREAK"])
def test_no_system_has_every_signal(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    from mdattn.__main__ import _endings

    all_of_them = {"SIGINT", "SIGTERM", "SIGHUP"} & set(dir(signal))
    monkeypatch.delattr(signal, missing, raising=False)
    assert {each.name for each in _endings()} == all_of_them - {missing}


def test_signals_are_tried_where_the_caller_of_the_tests_ignores_them() -> None:
    pytest_ = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__, "-k", "no_system_has_every"]
    deaf = ["sh", "-c", "trap '' HUP INT; exec \"$@\"", "sh", *pytest_]
    done = subprocess.run(deaf, cwd=Path(__file__).parent.parent, capture_output=True, check=False)
    assert b"4 passed" in done.stdout, done.stdout


def test_ctrl_c_while_the_program_is_being_imported() -> None:
    code = (
        "import os, signal, sys\n"
        "class Interrupt:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'argparse':\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Interrupt())\n"
        "from mdattn.__main__ import start\n"
        "start()\n"
    )
    done = process("-c", code)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


def test_the_example_of_show_draws_a_diagram() -> None:
    (yaml,) = (each.split("'")[1] for each in COMMANDS["show"].examples if each.startswith("echo '"))
    done = process("-m", "mdattn", "show", stdin=yaml.encode())
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode().count("\n") > 10
