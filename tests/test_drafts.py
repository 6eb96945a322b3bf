"""Files and folders: plans, comparisons, patches that git takes, and writes that never leave half a file."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import failed, files, told

from mdattn import drafts
from mdattn.drafts import Change, Draft, DraftError, Plan, UsageError, Work, Worked, patch, plan, write

compute = partial(drafts.compute, work=drafts.rendering())


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def pairs(plan: Plan) -> list[tuple[str | None, str | None]]:
    return [(each.source, each.destination) for each in plan.drafts]


# Which documents, and where their results go


@pytest.mark.parametrize(
    ("sources", "destination", "expected"),
    [
        ([], None, [(None, None)]),
        (["-"], "x.md", [(None, "x.md")]),
        (["a.md"], None, [("a.md", None)]),
        (["a.md"], "x.md", [("a.md", "x.md")]),
        (["a.md"], "out", [("a.md", "out/a.md")]),
        (["a.md"], "new/", [("a.md", "new/a.md")]),
        (["d/b.md"], "out", [("d/b.md", "out/b.md")]),
        (["a.md", "d/b.md"], "new", [("a.md", "new/a.md"), ("d/b.md", "new/b.md")]),
        (["d"], "new", [("d/b.md", "new/b.md"), ("d/e/c.markdown", "new/e/c.markdown")]),
        (["d/"], "new/", [("d/b.md", "new/b.md"), ("d/e/c.markdown", "new/e/c.markdown")]),
        (["d", "a.md"], "new", [("d/b.md", "new/b.md"), ("d/e/c.markdown", "new/e/c.markdown"), ("a.md", "new/a.md")]),
        (["d", "./d/b.md"], "new", [("d/b.md", "new/b.md"), ("d/e/c.markdown", "new/e/c.markdown")]),
    ],
)
def test_where_results_go(sources: list[str], destination: str | None, expected: list[tuple[str, str]]) -> None:
    files("a.md", "d/b.md", "d/e/c.markdown", "d/notes.txt", "d/.hidden/x.md", "d/.x.md", "out/old.md")
    assert pairs(plan(sources, destination)) == expected


def test_a_suffix_replaces_that_of_names_made_here_only() -> None:
    files("d/a.md", "b.md")
    assert pairs(plan(["d"], "out", suffix=".html")) == [("d/a.md", "out/a.html")]
    assert pairs(plan(["b.md"], "d", suffix=".html")) == [("b.md", "d/b.html")]
    assert pairs(plan(["b.md"], "page", suffix=".html")) == [("b.md", "page")]
    assert pairs(plan(["-"], "d", suffix=".html", stdin_name="x/p.md")) == [(None, "d/p.html")]


@pytest.mark.parametrize(
    ("sources", "destination", "stdin_name", "words"),
    [
        (["a.md", "b.md"], None, None, "-o DEST is needed"),
        (["d"], None, None, "-o DEST is needed"),
        (["a.md", "-"], "out", None, "cannot be combined"),
        (["-"], "d", None, "--stdin-filename"),
        (["a.md"], "x.md", "n.md", "SRC is given"),
        (["a.md", "d/a.md"], "out", None, "a.md and d/a.md would both be written to out/a.md"),
        (["d"], "a.md", None, "a.md is a file"),
        (["a.md", "b.md"], "b.md", None, "b.md is a file"),
        (["d"], "d", None, "destroy your drafts"),
        (["."], "d/..", None, "destroy your drafts"),
        (["link"], "d", None, "destroy your drafts"),
    ],
)
def test_what_cannot_be_meant(sources: list[str], destination: str | None, stdin_name: str | None, words: str) -> None:
    files("a.md", "b.md", "d/a.md")
    Path("link").symlink_to("d")
    with pytest.raises(UsageError, match=words):
        plan(sources, destination, stdin_name=stdin_name)


def test_two_names_that_a_suffix_makes_one_are_refused() -> None:
    files("d/a.md", "d/a.markdown")
    with pytest.raises(UsageError, match=r"d/a\.markdown and d/a\.md would both be written to out/a\.html"):
        plan(["d"], "out", suffix=".html")


def test_a_destination_inside_the_source_is_not_read() -> None:
    files("d/a.md", "d/out/a.md", "d/out/old.md", "d/z/b.md")
    assert pairs(plan(["d"], "d/out")) == [("d/a.md", "d/out/a.md"), ("d/z/b.md", "d/out/z/b.md")]
    assert pairs(plan(["."], "d/out")) == [("./d/a.md", "d/out/d/a.md"), ("./d/z/b.md", "d/out/d/z/b.md")]
    assert [each.name for each in plan(["."], "d/out").drafts] == ["d/a.md", "d/z/b.md"]


def test_links_to_files_are_read_and_links_to_folders_are_not() -> None:
    files("d/a.md", "d/z/b.md", "shared/s.md")
    Path("d/s.md").symlink_to("z/b.md")
    Path("d/shared").symlink_to("../shared")
    Path("d/shared.md").symlink_to("../shared")
    Path("d/up").symlink_to("..")
    Path("d/self.md").symlink_to("self.md")
    Path("d/loop").symlink_to("loop")
    Path("named").symlink_to("d")
    found = plan(["d"], "out")
    assert [each.source for each in found.drafts] == ["d/a.md", "d/s.md", "d/self.md", "d/z/b.md"]
    note = "note: a link out of the folder, left out (name it among the sources to have it read)"
    assert told(found.findings) == [f"d/{each}: {note}" for each in ("shared", "shared.md", "up")]
    assert found.left_out == 3
    outcome = compute(found, None)
    assert told(outcome.findings)[3:] == ["d/self.md: error: Too many levels of symbolic links"]
    assert len(plan(["named"], "out").drafts) == 4


def test_a_link_out_of_the_folder_is_not_published() -> None:
    files("d/a.md", "secret.md", "d.md")
    Path("d/s.md").symlink_to("../secret.md")
    Path("d/t.md").symlink_to(Path("d.md").resolve())
    found = plan(["d"], "out")
    assert [each.source for each in found.drafts] == ["d/a.md"]
    assert [(each.name, each.diagnostic.severity) for each in found.findings] == [
        ("d/s.md", "note"),
        ("d/t.md", "note"),
    ]
    assert [each.source for each in plan(["d/s.md"], "out/").drafts] == ["d/s.md"]


def test_a_few_links_do_not_multiply_a_folder() -> None:
    for level in range(40):
        files(f"d/{level}/a.md")
        for name in ("left", "right"):
            Path(f"d/{level}/{name}").symlink_to(f"../{level + 1}")
    assert len(plan(["d"], "out").drafts) == 40


def test_a_run_does_not_wait_for_a_pipe_in_a_folder() -> None:
    files("d/a.md")
    os.mkfifo("d/pipe.md")
    Path("d/null.md").symlink_to(os.devnull)
    assert [each.source for each in plan(["d"], "out").drafts] == ["d/a.md"]


def test_an_empty_folder_is_worth_a_warning() -> None:
    files("d/a.txt")
    (finding,) = plan(["d"], "out").findings
    assert finding.diagnostic.line(finding.name) == "d: warning: no document (*.md, *.markdown) in this folder"


def test_a_folder_that_cannot_be_read_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    files("d/a.md", "d/locked/b.md", "d/z/c.md")
    scandir = os.scandir

    def refuse(path: str) -> os.ScandirIterator[str]:  # type: ignore[name-defined]
        if "locked" in path:
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    outcome = compute(plan(["d"], "out"), None)
    assert failed(outcome.findings)
    assert [(each.name, each.diagnostic.message) for each in outcome.findings] == [("d/locked", "Permission denied")]
    assert [each.draft.source for each in outcome.changes] == ["d/a.md", "d/z/c.md"]


def test_leftovers_are_found_only_where_a_folder_is_the_source() -> None:
    files("d/a.md", "out/a.md", "out/old.md", "out/sub/old.markdown", "out/x.html", "out/d/n.md")
    found = plan(["d"], "out")
    assert [each.name for each in drafts.leftovers(found, "out", None)] == [
        "out/d/n.md",
        "out/old.md",
        "out/sub/old.markdown",
    ]
    assert [each.name for each in drafts.leftovers(plan(["d"], "out", suffix=".html"), "out", ".html")] == [
        "out/x.html"
    ]
    assert drafts.leftovers(plan(["d/a.md"], "out"), "out", None) == []
    inner = plan(["out/d"], "out")
    assert "out/d/n.md" not in [each.name for each in drafts.leftovers(inner, "out", None)]


# Computing


def test_a_result_that_is_a_draft_is_refused_under_any_name() -> None:
    files("a.md", "d/b.md")
    Path("link.md").symlink_to("a.md")
    for sources, destination in (
        (["a.md"], "a.md"),
        (["a.md"], "./d/../a.md"),
        (["a.md"], "link.md"),
        (["link.md"], "a.md"),
    ):
        with pytest.raises(UsageError, match="destroy it"):
            compute(plan(sources, destination), None)
    with pytest.raises(UsageError, match="destroy it"):
        compute(plan(["d/b.md", "a.md"], "d"), None)


def test_standard_input_from_its_own_destination_is_refused() -> None:
    files("a.md")
    with Path("a.md").open("rb") as stream, pytest.raises(UsageError, match="destroy it"):
        compute(plan(["-"], "a.md"), stream)


def test_a_hard_link_of_a_draft_comes_apart_from_it() -> None:
    files("a.md")
    os.link("a.md", "copy.md")
    more = Work(lambda text: True, lambda draft, text, path: Worked(text + "more\n"))
    outcome = compute(plan(["a.md"], "copy.md"), None, work=more)
    write(outcome.changes)
    assert (Path("a.md").read_bytes(), Path("copy.md").read_bytes()) == (b"# a.md\n", b"# a.md\nmore\n")


def test_two_results_that_links_make_one_are_refused() -> None:
    files("d/a.md", "d/b.md", "out/a.md")
    Path("out/b.md").symlink_to("a.md")
    with pytest.raises(UsageError, match="lead to one file"):
        compute(plan(["d"], "out"), None)


def test_what_is_equal_is_no_change() -> None:
    files("d/a.md", "d/b.md", "d/c.md")
    Path("out").mkdir()
    Path("out/a.md").write_bytes(b"# d/a.md\n")
    Path("out/b.md").write_bytes(b"# d/b.MD\n")
    outcome = compute(plan(["d"], "out"), None)
    assert [(each.draft.source, each.old, each.new) for each in outcome.changes] == [
        ("d/b.md", b"# d/b.MD\n", b"# d/b.md\n"),
        ("d/c.md", None, b"# d/c.md\n"),
    ]


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ("a".encode("utf-16"), "UTF-16"),
        (b"\xfe\xff\0a", "UTF-16"),
        ("a".encode("utf-32"), "UTF-32"),
        (b"\0\0\xfe\xff\0\0\0a", "UTF-32"),
    ],
)
def test_other_encodings_are_named(data: bytes, name: str) -> None:
    with pytest.raises(DraftError, match=name):
        drafts.decode("a.md", data)


@given(st.binary())
def test_decoding_and_encoding_lose_nothing(data: bytes) -> None:
    if not data.startswith((b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")):
        assert drafts.encode(drafts.decode("a.md", data)) == data


def test_a_limit_on_size(monkeypatch: pytest.MonkeyPatch) -> None:
    assert drafts.MAX_BYTES == 32 * 1024 * 1024
    monkeypatch.setattr("mdattn.drafts._compute.MAX_BYTES", 2**20)
    Path("big.md").write_bytes(b"a" * 2**20)
    assert compute(plan(["big.md"]), None).findings == ()
    Path("big.md").write_bytes(b"a" * (2**20 + 1))
    (finding,) = compute(plan(["big.md"]), None).findings
    assert finding.diagnostic.line(finding.name) == "big.md: error: is larger than 1 MB (split the document)"
    with Path("big.md").open("rb") as stream:
        (finding,) = compute(plan(["-"]), stream).findings
    assert finding.diagnostic.message == "is larger than 1 MB"


def test_a_pipe_is_read_to_its_end() -> None:
    os.mkfifo("pipe")
    text = b"line\n" * 100_000

    def feed() -> None:
        Path("pipe").write_bytes(text)

    feeder = threading.Thread(target=feed)
    feeder.start()
    (change,) = compute(plan(["pipe"]), None).changes
    feeder.join()
    assert change.new == text


# Differences: the oracle is git itself


def git_apply(old: bytes | None, new: bytes, name: str) -> bytes:
    """What `git apply` makes of the patch from old to new."""
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    if old is not None:
        path.write_bytes(old)
    change = Change(Draft(name, None, name), old, new)
    command = ["git", "apply", "--whitespace=nowarn", "-"]
    done = subprocess.run(command, input=patch(change), capture_output=True, check=False)
    assert done.returncode == 0, (done.stderr, patch(change))
    return path.read_bytes()


PATCHES: dict[str, tuple[bytes | None, bytes]] = {
    "a line changed": (b"a\nb\nc\n", b"a\nB\nc\n"),
    "far apart": (
        b"".join(b"%d\n" % n for n in range(50)),
        b"".join(b"%d\n" % (n * (n not in (3, 40))) for n in range(50)),
    ),
    "CRLF": (b"a\r\nb\r\n", b"a\r\nB\r\n"),
    "CRLF to LF": (b"a\r\nb\r\n", b"a\nb\n"),
    "CR": (b"a\rb\rc", b"a\rB\rc"),
    "newline lost": (b"a\nb\n", b"a\nb"),
    "newline gained": (b"a\nb", b"a\nb\n"),
    "newline missing in both": (b"a\nb", b"c\nb"),
    "newline missing, last line changed": (b"a\nb", b"a\nc"),
    "bytes that are not UTF-8": (b"\xff\xfea\n\x80\n", b"\xff\xfea\n\x81\n"),
    "separators within lines": ("a\u2028b\x0cc\x85\x1cd\ne\n".encode(), "a\u2028b\x0cc\x85\x1cd\nf\n".encode()),
    "NUL": (b"a\0b\nc\n", b"a\0b\nd\n"),
    "new": (None, b"a\nb\n"),
    "new without a newline": (None, b"a"),
    "new and empty": (None, b""),
    "was empty": (b"", b"a\n"),
    "becomes empty": (b"a\n", b""),
    "lines that look like a patch": (
        b"-- a\n+++ b\n@@ -1 +1 @@\n",
        b"-- a/x\n++ b\n@@ -1 +1 @@\n\\ No newline at end of file\n",
    ),
    "only newlines": (b"\n\n\n", b"\n"),
}


@pytest.mark.parametrize("case", PATCHES)
def test_git_applies_the_patch(case: str) -> None:
    old, new = PATCHES[case]
    assert git_apply(old, new, "out/post.md") == new


@pytest.mark.parametrize(
    "name",
    [
        "a b.md",
        "é.md",
        "日本/語.md",
        'q"q.md',
        "back\\slash.md",
        "tab\there.md",
        "new\nline.md",
        os.fsdecode(b"\xff.md"),
        "a b",
        "-.md",
        "x/\x1b[1m.md",
        "trailing ",
        "2020-01-01 10:00:00 +0000",
    ],
)
@pytest.mark.parametrize("old", [None, b"", b"a\n"])
def test_git_finds_the_file_whatever_its_name(name: str, old: bytes | None) -> None:
    assert git_apply(old, b"b\n", name) == b"b\n"


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from([b"a\n", b"b\n", b"\r\n", b"\xff", b"\\ No\n", b"-", b"\x0c\n", b"c"])), st.data())
def test_git_applies_any_patch(parts: list[bytes], data: st.DataObject) -> None:
    other = data.draw(st.permutations(parts))
    keep = data.draw(st.integers(0, len(parts)))
    old, new = b"".join(parts), b"".join(other[:keep])
    if old != new:
        assert git_apply(old, new, "p.md") == new


def test_a_patch_reads_as_one_expects() -> None:
    change = Change(Draft("d/a.md", "d/a.md", str(Path("out/a.md").absolute())), b"a\nb", b"a\nc\n")
    assert patch(change) == (
        b"diff --git a/out/a.md b/out/a.md\n--- a/out/a.md\n+++ b/out/a.md\n"
        b"@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+c\n"
    )
    assert patch(Change(change.draft, b"a", b"a")) == b""


# Writing


def change(destination: str, new: bytes) -> Change:
    """The change from what stands there now."""
    path = Path(destination)
    draft = Draft("a.md", "a.md", destination)
    if not path.is_file():
        return Change(draft, None, new)
    status = path.stat()
    return Change(draft, path.read_bytes(), new, (status.st_dev, status.st_ino))


def temporary(folder: Path) -> list[Path]:
    return [each for each in folder.rglob("*") if "mdattn" in each.name]


def test_a_new_file_has_the_usual_mode_and_its_folders_are_made(here: Path) -> None:
    old = os.umask(0o027)
    try:
        write([change("x/y/a.md", b"a")])
    finally:
        os.umask(old)
    assert Path("x/y/a.md").read_bytes() == b"a"
    assert stat.S_IMODE(Path("x/y/a.md").stat().st_mode) == 0o640
    assert temporary(here) == []


@pytest.mark.parametrize("mode", [0o600, 0o755, 0o664])
def test_mode_and_links_survive(mode: int) -> None:
    files("real/a.md")
    Path("real/a.md").chmod(mode)
    Path("one.md").symlink_to("real/two.md")
    Path("real/two.md").symlink_to("a.md")
    write([change("one.md", b"new")])
    assert Path("one.md").is_symlink()
    assert Path("real/two.md").is_symlink()
    assert Path("real/a.md").read_bytes() == b"new"
    assert stat.S_IMODE(Path("real/a.md").stat().st_mode) == mode


def test_a_link_to_nothing_yet_is_written_through() -> None:
    Path("later.md").symlink_to("real.md")
    write([change("later.md", b"new")])
    assert Path("later.md").is_symlink()
    assert Path("real.md").read_bytes() == b"new"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away")
def test_the_owner_survives() -> None:
    files("a.md")
    os.chown("a.md", 1234, 2345)
    Path("a.md").chmod(0o640)
    write([change("a.md", b"new")])
    status = Path("a.md").stat()
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (1234, 2345, 0o640)


def test_a_reader_keeps_the_old_file_whole() -> None:
    files("a.md")
    with Path("a.md").open("rb") as reader:
        write([change("a.md", b"new")])
        assert reader.read() == b"# a.md\n"


def test_devices_and_pipes_are_written_to_and_not_replaced() -> None:
    os.mkfifo("pipe")
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(Path("pipe").read_bytes()))
    reader.start()
    write([change("pipe", b"through")])
    reader.join(10)
    assert got == [b"through"]
    assert stat.S_ISFIFO(Path("pipe").stat().st_mode)
    outcome = compute(plan(["pipe.md"], "pipe"), None) if Path("pipe.md").exists() else None
    assert outcome is None
    write([change("/dev/null", b"gone")])
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


def test_comparing_with_a_pipe_does_not_wait() -> None:
    files("a.md")
    os.mkfifo("pipe")
    (found,) = compute(plan(["a.md"], "pipe"), None).changes
    assert found.old is None


def failing(function: Callable[..., object], when: Callable[..., bool], number: int) -> Callable[..., object]:
    def wrapped(*arguments: object, **more: object) -> object:
        if when(*arguments):
            raise OSError(number, os.strerror(number))
        return function(*arguments, **more)

    return wrapped


def test_a_full_disk_stops_only_the_file_that_it_meets(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files("a.md", "b.md")
    monkeypatch.setattr(os, "write", failing(os.write, lambda _, data: bytes(data) == b"second", errno.ENOSPC))
    done = write([change("a.md", b"first"), change("b.md", b"second"), change("new/c.md", b"third")])
    assert (done.written, told(done.findings)) == (2, ["b.md: error: No space left on device"])
    assert [Path(each).read_bytes() for each in ("a.md", "b.md", "new/c.md")] == [b"first", b"# b.md\n", b"third"]
    assert temporary(here) == []


def test_a_failure_takes_back_the_folders_it_made(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "write", failing(os.write, lambda *_: True, errno.ENOSPC))
    assert write([change("x/y/a.md", b"a"), change("z/b.md", b"b")]).written == 0
    assert list(here.iterdir()) == []


def test_an_interruption_takes_back_what_was_staged(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files("a.md")

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write([change("a.md", b"new")])
    assert [each.name for each in here.iterdir()] == ["a.md"]
    assert Path("a.md").read_bytes() == b"# a.md\n"


def test_a_file_in_the_way_of_a_folder() -> None:
    files("a.md", "out")
    (told_of,) = write([change("out/a.md", b"x")]).findings
    assert told_of.name == "out/a.md"
    (finding,) = compute(plan(["a.md"], "out/a.md"), None).findings
    assert finding.diagnostic.message == "Not a directory"


def test_a_folder_in_the_way_of_a_file() -> None:
    files("d/a.md", "out/a.md/x")
    (finding,) = compute(plan(["d"], "out"), None).findings
    assert finding.diagnostic.line(finding.name) == "out/a.md: error: Is a directory"


def test_short_writes_are_continued(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: whole(descriptor, bytes(data)[:3]))
    write([change("a.md", b"0123456789")])
    assert Path("a.md").read_bytes() == b"0123456789"


AS_A_USER = """
import os, sys
from mdattn.drafts import Change, Draft, write
name = sys.argv[1]
status = os.stat(name) if os.path.exists(name) else None
old, identity = (None, None) if status is None else (open(name, "rb").read(), (status.st_dev, status.st_ino))
os.setgroups([]); os.setgid(65534); os.setuid(65534)
for each in write([Change(Draft("a.md", "a.md", name), old, b"new", identity)]).findings:
    print(each.diagnostic.line(each.name))
"""


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="drops privileges")
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("closed/a.md", "Permission denied: the file is read-only"),
        ("closed/new.md", "Permission denied"),
        ("open/readonly.md", "Permission denied: the file is read-only"),
        ("open/shared.md", "OWNER"),
        ("open/mine.md", ""),
    ],
)
def test_permissions_are_respected(name: str, words: str) -> None:
    files("closed/a.md", "open/readonly.md", "open/shared.md", "open/mine.md")
    Path().chmod(0o755)
    Path("open").chmod(0o777)
    Path("open/readonly.md").chmod(0o444)
    Path("open/shared.md").chmod(0o666)
    os.chown("open/mine.md", 65534, 65534)
    root = Path(drafts.__file__).parents[2]
    command: Sequence[str] = [sys.executable, "-c", AS_A_USER, name]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.stderr == ""
    lost = "warning: its owner could not be kept: it belongs to who ran this now (chown gives it back)"
    assert done.stdout == {"": "", "OWNER": f"{name}: {lost}\n"}.get(words, f"{name}: error: {words}\n")
