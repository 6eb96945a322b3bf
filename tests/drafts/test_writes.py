"""Writing: no edit is lost, no half file is left, and what belongs to a file beside its bytes stays."""

from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from support import told

from mdattn import drafts
from mdattn.drafts import Change, Work, Worked, _output, _tree, compute, plan, plan_in_place, write

MORE = Work(lambda text: True, lambda draft, text, path: Worked(text + "more\n"))
CHANGED = "error: changed on disk since it was read, and is not overwritten (run again)"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("d/a.md", "d/b.md", "d/c.md", "out/a.md"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(b"words\n")
    return tmp_path


def temporaries() -> list[Path]:
    return [each for each in Path().rglob("*") if "mdattn" in each.name]


# A file that is not what was read any more


def edited(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"a paragraph\n")


def edited_to_the_same_length(path: Path) -> None:
    status = path.stat()
    path.write_bytes(b"sword\n")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def saved_anew(path: Path) -> None:
    Path("other").write_bytes(path.read_bytes())
    Path("other").rename(path)


def made_a_link(path: Path) -> None:
    Path("d/z.txt").write_bytes(path.read_bytes())
    path.unlink()
    path.symlink_to("z.txt")


def made_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def made_a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def removed(path: Path) -> None:
    path.unlink()


EDITS = [edited, edited_to_the_same_length, emptied, saved_anew, made_a_link, made_a_folder, made_a_pipe, removed]


def standing(path: Path) -> tuple[int, bytes | str]:
    mode = path.lstat().st_mode if path.exists() or path.is_symlink() else 0
    return stat.S_IFMT(mode), path.read_bytes() if stat.S_ISREG(mode) or stat.S_ISLNK(mode) else ""


@pytest.mark.parametrize("by_descriptor", [True, False])
@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("sources", [["d"], ["d/a.md", "d/b.md", "d/c.md"]])
def test_an_edit_made_meanwhile_is_not_lost(
    edit: Callable[[Path], None], sources: list[str], by_descriptor: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_tree, "BY_DESCRIPTOR", by_descriptor)
    outcome = compute(plan_in_place(sources), None, MORE)
    edit(Path("d/b.md"))
    before = standing(Path("d/b.md"))
    done = write(outcome.changes)
    assert done.written == 2
    (line,) = told(done.findings)
    assert line == f"d/b.md: {CHANGED}" or (edit is made_a_folder and line == "d/b.md: error: Is a directory")
    assert standing(Path("d/b.md")) == before
    assert Path("d/a.md").read_bytes() == Path("d/c.md").read_bytes() == b"words\nmore\n"
    assert temporaries() == []


def moved_behind_a_link(path: Path) -> None:
    path.rename("d/z.txt")
    path.symlink_to("z.txt")


@pytest.mark.parametrize("edit", [edited, edited_to_the_same_length, saved_anew, removed, moved_behind_a_link])
def test_the_look_is_the_last_thing_before_the_rename(
    edit: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = compute(plan_in_place(["d/a.md"]), None, MORE)
    real = os.fsync

    def meanwhile(descriptor: int) -> None:
        real(descriptor)
        edit(Path("d/a.md"))

    monkeypatch.setattr(os, "fsync", meanwhile)
    with monkeypatch.context() as patched:
        patched.setattr(_output, "_flush", lambda folders: None)
        assert told(write(outcome.changes).findings) == [f"d/a.md: {CHANGED}"]


@pytest.mark.parametrize("links", [True, False], ids=["with hard links", "without"])
def test_a_file_that_appears_meanwhile_is_not_overwritten(links: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = compute(plan(["d"], "out"), None, MORE)
    Path("out/b.md").write_bytes(b"mine\n")
    if not links:

        def refuse(*_: object, **__: object) -> None:
            raise PermissionError(errno.EPERM, "Operation not permitted")

        monkeypatch.setattr(os, "link", refuse)
    done = write(outcome.changes)
    assert (done.written, told(done.findings)) == (2, [f"out/b.md: {CHANGED}"])
    assert [Path("out", each).read_bytes() for each in ("a.md", "b.md", "c.md")] == [
        b"words\nmore\n",
        b"mine\n",
        b"words\nmore\n",
    ]
    assert Path("out/c.md").stat().st_nlink == 1
    assert temporaries() == []


def test_each_file_is_read_again_when_its_turn_comes() -> None:
    """The first of many is written while the last can still be edited."""
    outcome = compute(plan_in_place(["d"]), None, MORE)

    def track(changes: Sequence[Change]) -> Iterator[Change]:
        for change in changes:
            if change.draft.name == "d/c.md":
                assert Path("d/a.md").read_bytes() == b"words\nmore\n"
                edited(Path("d/c.md"))
            yield change

    done = write(outcome.changes, track)
    assert (done.written, told(done.findings)) == (2, [f"d/c.md: {CHANGED}"])


# Temporary files


def test_what_an_earlier_run_left_is_in_nobodys_way() -> None:
    for number in range(3):
        Path(f"d/.mdattn-{os.getpid()}-{number}.tmp").write_bytes(b"")
        Path(f"d/.mdattn-{number:032x}.tmp").write_bytes(b"")
    found = plan_in_place(["d"])
    assert (len(found.drafts), found.left_out) == (3, 0)
    assert write(compute(found, None, MORE).changes) == (3, ())


def test_names_are_random(monkeypatch: pytest.MonkeyPatch) -> None:
    names = []
    real = os.open

    def noted(path: str, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        if flags & os.O_CREAT:
            assert flags & os.O_EXCL
            names.append(path)
        return real(path, flags, mode, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", noted)
    write(compute(plan_in_place(["d"]), None, MORE).changes)
    assert len(set(names)) == 3
    assert len({name[8:16] for name in names}) == 3
    assert all(name.startswith(".mdattn-") and name.endswith(".tmp") and len(name) == 44 for name in names)


SLOW = """
import os, signal, sys, time
from mdattn import drafts
from mdattn.drafts import Work, Worked, compute, plan_in_place, write

class Terminated(BaseException):
    pass

def leave(number, frame):
    raise Terminated

for each in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
    signal.signal(each, leave)
work = Work(lambda text: True, lambda draft, text, path: Worked(text + "more"))
changes = compute(plan_in_place(["d"]), None, work).changes
real = getattr(os, sys.argv[1])

def slow(*arguments, **more):
    print("now", flush=True)
    time.sleep(60)

setattr(os, sys.argv[1], slow)
try:
    write(changes)
except Terminated:
    sys.exit(143)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
@pytest.mark.parametrize("where", ["write", "fsync", "replace"])
def test_a_signal_leaves_no_temporary_file(number: signal.Signals, where: str) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(drafts.__file__).parents[2])}
    command = [sys.executable, "-c", SLOW, where]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == b"now\n"
        assert len(temporaries()) == 1
        running.send_signal(number)
        _, err = running.communicate(timeout=20)
    assert (running.returncode, err) == (143, b"")
    assert temporaries() == []
    assert Path("d/a.md").read_bytes() == b"words\n"


def test_a_signal_while_a_temporary_file_is_being_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stopped(BaseException):
        pass

    real = os.unlink
    calls = iter([Stopped()])

    def unlink(path: str, *, dir_fd: int | None = None) -> None:
        for each in calls:
            raise each
        real(path, dir_fd=dir_fd)

    monkeypatch.setattr(os, "unlink", unlink)
    changes = compute(plan(["d"], "new/folder"), None, MORE).changes
    with pytest.raises(Stopped):
        write(changes)
    assert temporaries() == []


def test_a_killed_run_does_not_hinder_the_next() -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(drafts.__file__).parents[2])}
    command = [sys.executable, "-c", SLOW, "fsync"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as running:
        assert running.stdout is not None
        running.stdout.readline()
        running.kill()
    assert len(temporaries()) == 1
    found = plan_in_place(["."])
    assert len(found.drafts) == 4
    assert write(compute(found, None, MORE).changes) == (4, ())


def test_bytes_are_on_the_disk_before_they_have_their_name(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    real = {name: getattr(os, name) for name in ("fsync", "replace", "link", "write")}

    def noted(name: str) -> Callable[..., object]:
        def call(*arguments: object, **more: object) -> object:
            done.append(name)
            return real[name](*arguments, **more)

        return call

    for name in real:
        monkeypatch.setattr(os, name, noted(name))
    write(compute(plan(["d/a.md", "d/b.md"], "out"), None, MORE).changes)
    assert done == ["write", "fsync", "replace", "write", "fsync", "link", "fsync"]


# What belongs to a file beside its bytes


def xattrs() -> bool:
    if not hasattr(os, "setxattr"):
        return False
    probe = Path(f".mdattn-probe-{os.getpid()}")
    probe.write_bytes(b"")
    try:
        os.setxattr(probe, "user.probe", b"1")
    except OSError:
        return False
    finally:
        probe.unlink()
    return True


def test_extended_attributes_survive() -> None:
    if not xattrs():
        pytest.skip("no extended attributes here")
    os.setxattr("d/a.md", "user.author", b"me")
    Path("d/a.md").chmod(0o755)
    assert write(compute(plan_in_place(["d"]), None, MORE).changes) == (3, ())
    assert os.listxattr("d/a.md") == ["user.author"]
    assert os.getxattr("d/a.md", "user.author") == b"me"
    assert stat.S_IMODE(Path("d/a.md").stat().st_mode) == 0o755
    assert os.listxattr("d/b.md") == []


# An access list of version 2: owner rw, user 1234 rw, group r, mask rw, others none.
ACCESS = b"".join(
    tag.to_bytes(2, "little") + may.to_bytes(2, "little") + who.to_bytes(4, "little")
    for tag, may, who in ((1, 6, 2**32 - 1), (2, 6, 1234), (4, 4, 2**32 - 1), (16, 6, 2**32 - 1), (32, 0, 2**32 - 1))
)


def test_access_lists_survive_and_are_not_inherited() -> None:
    access = b"\x02\0\0\0" + ACCESS
    try:
        os.setxattr("d/a.md", "system.posix_acl_access", access)
        os.setxattr("d", "system.posix_acl_default", access)
    except (OSError, AttributeError):
        pytest.skip("no access lists here")
    mode = Path("d/a.md").stat().st_mode
    assert write(compute(plan_in_place(["d"]), None, MORE).changes) == (3, ())
    assert os.getxattr("d/a.md", "system.posix_acl_access") == access
    assert Path("d/a.md").stat().st_mode == mode
    assert os.listxattr("d/b.md") == []


def test_what_cannot_be_kept_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    if not xattrs():
        pytest.skip("no extended attributes here")
    os.setxattr("d/a.md", "user.author", b"me")

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOTSUP, "Operation not supported")

    monkeypatch.setattr(os, "setxattr", refuse)
    done = write(compute(plan_in_place(["d/a.md"]), None, MORE).changes)
    assert (done.written, told(done.findings)) == (
        1,
        ["d/a.md: warning: extended attributes could not be kept: user.author"],
    )
    monkeypatch.delattr(os, "listxattr")
    assert write(compute(plan_in_place(["d/a.md"]), None, MORE).changes) == (1, ())


def test_nobody_else_can_read_what_is_staged(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("d/a.md").chmod(0o600)
    seen = []
    real = os.write

    def look(descriptor: int, data: bytes) -> int:
        seen.append(stat.S_IMODE(os.fstat(descriptor).st_mode))
        return real(descriptor, data)

    monkeypatch.setattr(os, "write", look)
    write(compute(plan_in_place(["d/a.md"]), None, MORE).changes)
    assert seen == [0o600]


def test_a_file_with_several_names_is_written_under_one() -> None:
    os.link("d/a.md", "other.md")
    done = write(compute(plan_in_place(["d/a.md"]), None, MORE).changes)
    assert (done.written, told(done.findings)) == (
        1,
        ["d/a.md: note: has 2 names (hard links), and under the others the old bytes remain (link them anew)"],
    )
    assert (Path("d/a.md").read_bytes(), Path("other.md").read_bytes()) == (b"words\nmore\n", b"words\n")


# Names that no file can have, and folders that are gone

NAMES = ["a\0b.md", "a" * 300 + ".md", "d/a.md/x.md", "\ud800.md", "a/" * 3000 + "b.md"]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_no_file_can_have_is_a_finding(name: str) -> None:
    for found in (
        plan([name]),
        plan([name], "out"),
        plan([name, "d/a.md"], "out"),
        plan(["d/a.md"], name),
        plan_in_place([name]),
    ):
        outcome = compute(found, None, drafts.rendering())
        done = write(outcome.changes)
        findings = [*outcome.findings, *done.findings]
        assert [each.diagnostic.severity for each in findings] == ["error"]
        for change in outcome.changes:
            drafts.patch(change)
    outcome = compute(plan(["d"], name), None, drafts.rendering())
    assert len({*outcome.findings, *write(outcome.changes).findings}) == 3


def test_a_current_folder_that_was_removed(here: Path) -> None:
    Path("gone").mkdir()
    os.chdir("gone")
    (here / "gone").rmdir()
    for found in (plan(["a.md"], "b.md"), plan(["a.md", "b.md"], "out"), plan_in_place(["a.md"])):
        outcome = compute(found, None, drafts.rendering())
        assert {each.diagnostic.message for each in outcome.findings} == {"No such file or directory"}
    for source in (".", str(here / "d")):
        outcome = compute(plan([source], "out"), None, drafts.rendering())
        findings = [*outcome.findings, *write(outcome.changes).findings]
        assert any(each.diagnostic.severity == "error" for each in findings) or source == "."
    outcome = compute(plan([str(here / "d/a.md")], "x.md"), None, drafts.rendering())
    assert drafts.patch(outcome.changes[0]).startswith(b"diff --git a/x.md b/x.md\n")
    assert told(write(outcome.changes).findings) == ["x.md: error: No such file or directory"]
    outcome = compute(plan([str(here / "d")], str(here / "out")), None, MORE)
    assert len(drafts.compare(plan([str(here / "d")], str(here / "out")), outcome, str(here / "out"), None)) == 3
    assert write(outcome.changes) == (3, ())
