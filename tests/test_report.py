"""What a run says: its forms, what nobody obeys, and what only a terminal gets."""

from __future__ import annotations

import errno
import io
import json
import os
import re
import subprocess
import sys
import threading
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path

import echo
import pytest
from echo import block
from hypothesis import given
from hypothesis import strategies as st

import mdattn
from mdattn.drafts import Finding
from mdattn.errors import Diagnostic, Drift, Position
from mdattn.report import FORMS, OutputError, Report, Streams, Tally, plain

ROOT = Path(mdattn.__file__).parent.parent
ECHO = str(Path(echo.__file__))


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("GITHUB_WORKSPACE", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


# What GitHub obeys


REGISTERED = {"error", "warning", "notice", "add-mask", "set-output", "stop-commands"}


def commands(output: str) -> Iterator[tuple[str, str, str]]:
    """What GitHub makes of what a step printed: each command with its properties and its data.

    After the runner's own reader: lines end at LF, CR and CRLF, blanks before `::` do not count, `##[` counts anywhere,
    and characters that nobody sees are passed over.
    """
    token = None
    for line in re.split("\r\n?|\n", output):
        seen = "".join(each for each in line if unicodedata.category(each) not in ("Cf", "Mn", "Cc")).lstrip()
        match = re.match(r"::([^ :]+)(?: (.*?))?::(.*)", seen) or re.search(r"##\[([^ \]]+)(?: (.*?))?\](.*)", seen)
        if match is None or match[1] not in {*REGISTERED, token}:
            continue
        if token is None:
            token = match[3] if match[1] == "stop-commands" else None
            yield match[1], match[2] or "", match[3]
        elif match[1] == token:
            token = None


HOSTILE = (
    "::error::x",
    "::stop-commands::x",
    " \t::add-mask::x",
    "\u00a0\u3000::add-mask::x",
    ":\u00ad:add-mask::x",
    "\u200d::add-mask::x",
    "##[add-mask]x",
    "a ##[add-mask]x",
    "###[add-mask]x",
    "#\u200d#\ufe0f[add-mask]x",
    "#\u0301#[add-mask]x",
    "a\n::add-mask::x",
    "a\r::add-mask::x",
    "a\u2028::add-mask::x",
    "a\x1b[2J\x07\x9b2J",
    "a\u202e\u2066b",
    "%0A::add-mask::x",
    "\udcff\udc80::x",
    "\ud800",
    "/dev/::x",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_is_said_is_obeyed(text: str) -> None:
    stderr = io.BytesIO()
    for name, form in FORMS.items():
        report = Report(Streams(None, None, stderr), form)
        for position in (None, Position(1, 1)):
            for drift in (None, Drift(2, text, None)):
                findings = [
                    Finding(text, Diagnostic(position, "message", text, drift=drift)),
                    Finding("a.md", Diagnostic(position, text, "hint", drift=drift)),
                ]
                report.findings(findings)
        report.failure(text)
        report.failure("message", usage=f"usage: {plain(text)}")
        report.closing(Tally("write", 1, 1, 0, 1, 0, unwritten=(text, text)))
        said = stderr.getvalue().decode("utf-8")
        stderr.seek(0)
        stderr.truncate()
        assert set(re.findall("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", said)) <= {"\n"}
        obeyed = {command for command, _, _ in commands(said)}
        assert obeyed == ({"error"} if name == "github" else set())
        assert said.count("\n") == 11 + (name == "text")


# What commands are made of, what is passed over, and anything else.
TEXTS = st.text(st.sampled_from(":#[] adm-sk\u00ad\u200d\u0301\n\r\x1b%") | st.characters(), max_size=12)


@given(name=TEXTS, message=TEXTS, lead=st.sampled_from(["", "::add-mask::", "##[add-mask]", "# ", ": "]))
def test_nothing_at_all_is_obeyed(name: str, message: str, lead: str) -> None:
    for text in (lead + name, name + lead + message):
        finding = Finding(text, Diagnostic(Position(1, 1), message + lead, lead, drift=Drift(1, text, message)))
        for form, said in FORMS.items():
            lines = (said.finding(finding), said.failure(text, finding.diagnostic))
            assert [each[0] for line in lines for each in commands(line)] == (["error"] * 2 if form == "github" else [])
            assert all("\n" not in line and "\x1b" not in line for line in lines)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("a.md", "a.md: error: x"),
        ("::a.md", "./::a.md: error: x"),
        (" ::a.md", "./ ::a.md: error: x"),
        ("é::a.md", "./é::a.md: error: x"),
        ("a::b.md", "a::b.md: error: x"),
        (":a.md", ":a.md: error: x"),
        (":", "./:: error: x"),
        ("##[x].md", "\\x23#[x].md: error: x"),
        ("# # [x].md", "# # [x].md: error: x"),
        ("100%.md", "100%.md: error: x"),
        ("a\nb.md", "a\\nb.md: error: x"),
        ("\udcff.md", "\\xff.md: error: x"),
    ],
)
def test_a_name_is_shown_so_that_it_can_be_told(name: str, line: str) -> None:
    assert FORMS["text"].finding(Finding(name, Diagnostic(None, "x"))) == line


def test_a_patch_for_github_is_not_obeyed() -> None:
    patch = b"--- a/x\n+++ b/x\n@@ -1 +1 @@\n ::add-mask::x\n ##[add-mask]x\r\n-a\r::add-mask::x\n+\xff\x1b[2J\ty\n"

    def printed(form: str) -> bytes:
        stdout = io.BytesIO()
        Report.of(Streams(None, stdout, None), form).patch(patch)
        return stdout.getvalue()

    for form in ("text", "json"):
        assert printed(form) == patch
    one, other = printed("github"), printed("github")
    assert list(commands(patch.decode("latin-1"))) != []
    (stop,) = commands(one.decode())
    assert stop[0] == "stop-commands"
    assert re.fullmatch("[0-9a-f]{32}", stop[2])
    lines = one.decode().split("\n")
    assert lines[0] == f"::stop-commands::{stop[2]}"
    assert lines[-2:] == [f"::{stop[2]}::", ""]
    assert one.split(b"\n")[1:-2] == [
        b"--- a/x",
        b"+++ b/x",
        b"@@ -1 +1 @@",
        b" ::add-mask::x",
        b" ##[add-mask]x\r",
        b"-a\\r::add-mask::x",
        b"+\\xff\\x1b[2J\ty",
    ]
    assert one.split(b"\n")[0] != other.split(b"\n")[0]


# Forms


FOUND = Finding("d/50%,a:b.md", Diagnostic(Position(3, 8), "wrong: 100 %", "a\nb", drift=Drift(2, "│ é │", "│ è │")))


@pytest.mark.parametrize(
    ("form", "line"),
    [
        ("text", "d/50%,a:b.md:3:8: error: wrong: 100 % (a\\nb)"),
        (
            "github",
            "::error file=d/50%25%2Ca%3Ab.md,line=3,col=8::wrong: 100 %25 (a\\nb)"
            "%0Aline 2 of the diagram:%0A- │ é │%0A+ │ è │",
        ),
    ],
)
def test_a_finding_in_each_form(form: str, line: str) -> None:
    assert FORMS[form].finding(FOUND) == line


def test_a_finding_is_an_object() -> None:
    line = FORMS["json"].finding(FOUND)
    assert line.isascii()
    assert json.loads(line) == {
        "file": "d/50%,a:b.md",
        "line": 3,
        "column": 8,
        "severity": "error",
        "message": "wrong: 100 %",
        "hint": "a\nb",
        "diagram_line": 2,
        "old": "│ é │",
        "new": "│ è │",
    }
    assert json.loads(FORMS["json"].finding(Finding("##[x]", Diagnostic(None, "m", severity="note")))) == {
        "file": "##[x]",
        "line": None,
        "column": None,
        "severity": "note",
        "message": "m",
        "hint": "",
    }


def test_the_keys_are_documented() -> None:
    text = (Path(__file__).parent.parent / "docs" / "output.md").read_text(encoding="utf-8")
    documented = {key for row in re.findall(r"^\| (`.*?`) \|", text, re.M) for key in re.findall(r"`(\w+)`", row)}
    assert documented == {
        *json.loads(FORMS["json"].finding(FOUND)),
        *json.loads(FORMS["json"].closing(Tally("write", 0, 0, 0, 0, 0))),
    }


@pytest.mark.parametrize(("severity", "command"), [("error", "error"), ("warning", "warning"), ("note", "notice")])
def test_github_calls_a_note_a_notice(severity: str, command: str) -> None:
    finding = Finding("a.md", Diagnostic(None, "m")._replace(severity=severity))  # type: ignore[arg-type]
    assert FORMS["github"].finding(finding) == f"::{command} file=a.md::m"


def test_github_looks_files_up_from_its_workspace(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("docs").mkdir()
    for name in ("a.md", "docs/a.md"):
        Path(name).write_bytes(b"")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(here))
    monkeypatch.chdir("docs")

    def file(name: str) -> str:
        return FORMS["github"].finding(Finding(name, Diagnostic(None, "m"))).removeprefix("::error file=")

    assert file("a.md") == "docs/a.md::m"
    assert file("../a.md") == "a.md::m"
    assert file(str(here / "a.md")) == "a.md::m"
    assert file("<stdin>") == "<stdin>::m"
    monkeypatch.setenv("GITHUB_WORKSPACE", str(here / "docs"))
    assert file("../a.md") == "../a.md::m"


WRITE = Tally("write", 3, 14, 0, 0, 0)


@pytest.mark.parametrize(
    ("tally", "sentence"),
    [
        (WRITE._replace(written=2), "3 documents, 14 diagrams; 2 written"),
        (WRITE, "3 documents, 14 diagrams; nothing to write"),
        (WRITE._replace(documents=1, diagrams=1, left_out=1), "1 document, 1 diagram; nothing to write, 1 left out"),
        (WRITE._replace(documents=0, diagrams=0), "0 documents, 0 diagrams; nothing to write"),
        (WRITE._replace(errors=2, undone="nothing written"), "2 errors, nothing written"),
        (WRITE._replace(errors=1, undone="nothing written", left_out=4), "1 error, nothing written, 4 left out"),
        (WRITE._replace(written=2, unwritten=("a", "b")), "3 documents, 14 diagrams; 2 written, not written: a, b"),
        (WRITE._replace(different=1, unwritten=("a",)), "3 documents, 14 diagrams; not written: a"),
        (
            WRITE._replace(written=2, unwritten=tuple("abcdefgh")),
            "3 documents, 14 diagrams; 2 written, not written: a, b, c, d, e, f and 2 more",
        ),
        (WRITE._replace(mode="check", different=1), "3 documents, 14 diagrams; 1 out of date"),
        (WRITE._replace(mode="check"), "3 documents, 14 diagrams; all up to date"),
        (WRITE._replace(mode="diff", different=2), "3 documents, 14 diagrams; 2 would change, nothing written"),
        (WRITE._replace(mode="diff"), "3 documents, 14 diagrams; nothing would change"),
    ],
)
def test_the_closing_line_says_what_was_done(tally: Tally, sentence: str) -> None:
    assert FORMS["text"].closing(tally) == FORMS["github"].closing(tally) == sentence
    assert json.loads(FORMS["json"].closing(tally)) == {
        "documents": tally.documents,
        "diagrams": tally.diagrams,
        "written": tally.written,
        "different": tally.different,
        "errors": tally.errors,
        "warnings": 0,
        "left_out": tally.left_out,
        "not_written": list(tally.unwritten),
    }


@pytest.mark.parametrize("buffering", [0, -1])
def test_a_stream_that_does_not_wait_gets_everything(buffering: int) -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    data = os.urandom(300_000)
    got = bytearray()

    def read() -> None:
        while part := os.read(reading, 2**14):
            got.extend(part)
        os.close(reading)

    reader = threading.Thread(target=read)
    with os.fdopen(writing, "wb", buffering) as stream:
        threading.Timer(0.2, reader.start).start()
        streams = Streams(None, stream, stream)
        streams.out(data)
        streams.err("x" * 200_000)
    reader.join()
    assert got == data + b"x" * 200_000 + b"\n"


# On a terminal


class Terminal:
    """The command with standard error, and if asked standard output, on a terminal of so many columns."""

    def __init__(self, columns: int = 80) -> None:
        self.columns = columns

    def __call__(
        self,
        *argv: str,
        stdin: bytes = b"",
        env: Mapping[str, str] | None = None,
        program: tuple[str, ...] = (ECHO,),
        both: bool = False,
    ) -> str:
        import fcntl
        import pty
        import struct
        import termios

        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, self.columns, 0, 0))
        environment = {**os.environ, "PYTHONPATH": f"{ROOT}", "TERM": "xterm", **(env or {})}
        command = [sys.executable, *program, *argv]
        out = slave if both else subprocess.PIPE
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=out, stderr=slave, env=environment) as running:
            os.close(slave)
            assert running.stdin is not None
            running.stdin.write(stdin)
            running.stdin.close()
            said = b""
            while True:
                try:
                    data = os.read(master, 2**16)
                except OSError:  # Nobody has the other end any more.
                    break
                if not data:
                    break
                said += data
            if running.stdout is not None:
                running.stdout.read()
        os.close(master)
        return said.decode().replace("\r\n", "\n")


@pytest.fixture
def terminal() -> Terminal:
    pytest.importorskip("pty")
    return Terminal()


def test_a_caret_stands_under_the_mistake(terminal: Terminal) -> None:
    Path("a.md").write_bytes(b"a\n\n" + block("bad"))
    line = (
        "\x1b[1;31merror\x1b[0m: a bad title (use another)\n 5 | title: bad\n   |        ^\n1 error, nothing written\n"
    )
    assert terminal("render", "a.md") == "a.md:5:8: " + line
    assert terminal("render", "./a.md", "--quiet").endswith(":        ^\n".replace(":", "|"))
    assert terminal("render", stdin=Path("a.md").read_bytes()) == "<stdin>:5:8: " + line
    assert terminal("render", "--stdin-filename", "b.md", stdin=Path("a.md").read_bytes()) == "b.md:5:8: " + line
    assert "\n 2 | title: bad\n   |        ^\n" in terminal("show", stdin=b"kind: echo\ntitle: bad\n")


@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}, {"NO_COLOR": "1", "FORCE_COLOR": "1"}])
def test_colours_can_be_switched_off(terminal: Terminal, env: dict[str, str]) -> None:
    said = terminal("render", stdin=block("bad"), env=env)
    assert said.startswith("<stdin>:3:8: error: a bad title (use another)\n 3 | title: bad\n   |        ^\n")
    assert "\x1b" not in said
    assert "\x1b[1;31merror\x1b[0m" in terminal("render", stdin=block("bad"), env={"NO_COLOR": ""})


def test_machines_get_lines_also_on_a_terminal(terminal: Terminal) -> None:
    for form in ("github", "json"):
        said = terminal("render", "--output-format", form, stdin=block("bad"))
        assert said.count("\n") == 2
        assert "\x1b" not in said


def test_a_pipe_gets_one_line_and_no_colour() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "FORCE_COLOR": "1"}
    command = [sys.executable, ECHO, "render"]
    done = subprocess.run(command, input=block("bad"), capture_output=True, env=environment, check=False)
    assert done.stderr == b"<stdin>:3:8: error: a bad title (use another)\n1 error, nothing written\n"


@pytest.mark.parametrize(
    ("line", "column", "columns", "shown", "caret"),
    [
        ("key: value", 6, 80, "key: value", 5),
        ("日本: é: x", 8, 80, "日本: é: x", 9),
        ("e\u0301e\u0301: x", 7, 80, "e\u0301e\u0301: x", 4),
        ("👩‍👩‍👧: x", 8, 80, "👩‍👩‍👧: x", 4),
        ("\tkey: x", 2, 80, "    key: x", 4),
        ("ab\tkey:\tx", 4, 80, "ab  key:    x", 4),
        ("\x1b[2J\u202ex: y", 6, 80, "\\x1b[2J\\u202ex: y", 13),
        ("::error::x", 1, 80, "::error::x", 0),
        ("##[error]x", 10, 80, "\\x23#[error]x", 12),
        ("x" * 100, 101, 60, "…" + "x" * 52, 53),
        ("x" * 100, 1, 60, "x" * 53 + "…", 0),
        ("a" * 100 + "b" * 100, 101, 60, "…" + "a" * 26 + "b" * 26 + "…", 27),
        ("日" * 100 + "b" * 10, 101, 60, "…" + "日" * 21 + "b" * 10, 43),
        ("a" * 10**6 + "b" * 10**6, 10**6 + 1, 60, "…" + "a" * 26 + "b" * 26 + "…", 27),
        ("", 1, 80, "", 0),
    ],
)
def test_the_excerpt_is_in_cells(line: str, column: int, columns: int, shown: str, caret: int) -> None:
    from mdattn.report._terminal import Terminal as Screen

    Path("a.md").write_bytes(f"\ufeffone\r\ntwo\n{line}\rfour".encode())
    screen = Screen(columns, False, {}, {})
    lines = screen.lines(Finding("a.md", Diagnostic(Position(3, column), "x")), "said")
    assert lines == ["said", f" 3 | {shown}", f"   | {' ' * caret}^"]


@pytest.mark.parametrize("position", [Position(9, 1), Position(1, 9), None])
def test_a_place_that_is_not_there_has_no_excerpt(position: Position | None) -> None:
    from mdattn.report._terminal import Terminal as Screen

    Path("a.md").write_bytes(b"one")
    for name in ("a.md", "missing.md"):
        finding = Finding(name, Diagnostic(position, "x"))
        assert Screen(80, True, {}, {}).lines(finding, FORMS["text"].finding(finding))[1:] == []


def test_a_pipe_is_not_read_again(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mdattn.report._terminal import Terminal as Screen

    os.mkfifo("f.md")
    real = os.open

    def waiting(path: str, flags: int) -> int:
        assert flags & os.O_NONBLOCK, "nobody writes to it any more"
        return real(path, flags)

    monkeypatch.setattr(os, "open", waiting)
    finding = Finding("f.md", Diagnostic(Position(1, 1), "no"))
    assert Screen(80, False, {}, {}).lines(finding, "line") == ["line"]


def test_a_difference_is_shown_line_by_line() -> None:
    from mdattn.report._terminal import Terminal as Screen

    Path("a.md").write_bytes(b"one")
    for drift, rows in (
        (Drift(2, "│ é", "│ è" + "x" * 99), [" line 2 of the diagram:", " - │ é", " + │ è" + "x" * 32 + "…"]),
        (Drift(7, None, "::x"), [" line 7 of the diagram:", " + ::x"]),
    ):
        finding = Finding("a.md", Diagnostic(Position(1, 1), "x", drift=drift))
        assert Screen(40, False, {}, {}).lines(finding, "said") == ["said", " 1 | one", "   | ^", *rows]


def test_a_patch_on_a_terminal_is_not_obeyed(terminal: Terminal) -> None:
    Path("a.md").write_bytes(b"\x1b[2J\xff\tx\n" + block("x"))
    said = terminal("render", "a.md", "--diff", both=True)
    assert "\n \\x1b[2J\\xff" in said
    assert "\x1b" not in said


# Progress


SLOW = (
    "import echo, sys, mdattn.diagrams as d, mdattn.report._progress as p\n"
    "from mdattn.cli import main\n"
    "d.KINDS = echo.KINDS\n"
    "p.PATIENCE = float(sys.argv.pop(1))\n"
    "status = main(sys.argv[1:])\n"
    "print('tqdm' in sys.modules)\n"
)


def test_long_work_shows_how_far_it_is(terminal: Terminal) -> None:
    pytest.importorskip("tqdm")
    for name in "abcdef":
        Path(f"{name}.md").write_bytes(block(name))
    environment = {"PYTHONPATH": f"{ROOT}{os.pathsep}{Path(__file__).parent}"}

    def said(*argv: str, patience: str = "0", **more: str) -> str:
        program = ("-c", SLOW, patience, "render", ".", "-o", "out", *argv)
        return terminal(program=program, env={**environment, **more}, both=True)

    whole = said("--check")
    assert re.search(r"\| \d/6 \[", whole)
    assert whole.replace("\r", "\n").rstrip().endswith("6 documents, 6 diagrams; 6 out of date\nTrue")
    for quiet in (
        said(patience="60"),
        said("--quiet"),
        said("--output-format", "json"),
        said("--output-format", "github"),
        said(TERM="dumb"),
    ):
        assert "/6 [" not in quiet
        assert quiet.endswith("False\n")


def test_without_tqdm_work_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    from mdattn.report import _progress

    monkeypatch.setattr(_progress, "PATIENCE", -1.0)
    monkeypatch.setitem(sys.modules, "tqdm", None)
    assert list(_progress.tracked([1, 2, 3])) == [1, 2, 3]


def test_on_windows_a_pipe_without_a_reader_has_an_error_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone(io.BytesIO):
        def write(self, data: object, /) -> int:
            raise OSError(errno.EINVAL, "Invalid argument")

    streams = Streams(None, Gone(), None)
    with pytest.raises(OutputError):
        streams.out(b"x")
    monkeypatch.setattr("mdattn.report.os.name", "nt")
    with pytest.raises(BrokenPipeError):
        streams.out(b"x")
