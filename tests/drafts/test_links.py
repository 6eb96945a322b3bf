"""Links in folders that may be a stranger's: nothing is read, compared, printed or written through one leading out."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from support import failed, told

from mdattn import drafts
from mdattn.drafts import Outcome, Plan, _tree, compute, patch, plan, plan_in_place, write

SECRET = b"TOKEN=hunter2\n"
NOT_FOLLOWED = "is a link out of posts, or to what is hidden there, and is not followed"


@pytest.fixture(autouse=True, params=[True, False], ids=["by descriptor", "by path"])
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    """A folder of drafts, one of results, and a secret outside; on systems that open by descriptor, and on others."""
    monkeypatch.setattr(_tree, "BY_DESCRIPTOR", request.param)
    monkeypatch.chdir(tmp_path)
    for name in ("drafts/x.md", "drafts/sub/y.md", "posts/sub/y.txt", "posts/.git/x", "out/other.md"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(b"a draft\n")
    for name in ("secret", "out/y.md", "posts/.env", "posts/.git/config", "posts/.git/y.md"):
        Path(name).write_bytes(SECRET)
    return tmp_path


def link(name: str, target: str) -> None:
    path = Path(name)
    if path.is_dir() and not path.is_symlink():
        for each in path.iterdir():
            each.unlink()
        path.rmdir()
    path.symlink_to(target.replace("HERE", str(Path.cwd())))


def everything(found: Plan, outcome: Outcome) -> bytes:
    """All that a run can print: findings, differences, diffs."""
    findings = [*found.findings, *outcome.findings, *drafts.compare(found, outcome, "posts", None)]
    said = "\n".join(f"{each.diagnostic.line(each.name)} {each.diagnostic.drift}" for each in findings)
    return said.encode() + b"".join(map(patch, outcome.changes)) + b"".join(each.old or b"" for each in outcome.changes)


# The links that lead to what must not be reached, each by its name and its target.
OUT = {
    "relative": [("posts/x.md", "../secret")],
    "absolute": [("posts/x.md", "HERE/secret")],
    "the environment": [("posts/x.md", "/proc/self/environ")],
    "a device": [("posts/x.md", "/dev/zero")],
    "the terminal": [("posts/x.md", "/dev/tty")],
    "nothing": [("posts/x.md", "../not/there")],
    "nothing, absolute": [("posts/x.md", "/not/there")],
    "a chain": [("posts/hop", "../secret"), ("posts/x.md", "hop")],
    "a chain that comes back": [("back", "posts/out"), ("posts/out", "../secret"), ("posts/x.md", "../back")],
    "a folder for a file": [("posts/x.md", "../out")],
    "a hidden file": [("posts/x.md", ".env")],
    "a hidden folder": [("posts/x.md", ".git/config")],
}
FOLDERS = {
    "relative": [("posts/sub", "../out")],
    "absolute": [("posts/sub", "HERE/out")],
    "nothing": [("posts/sub", "../not/there")],
    "a file": [("posts/sub", "../secret")],
    "a chain": [("posts/hop", "../out"), ("posts/sub", "hop")],
    "up": [("posts/sub", "../../../..")],
    "hidden": [("posts/sub", ".git")],
}


@pytest.mark.parametrize("case", OUT)
def test_a_result_is_no_link_out_of_its_folder(case: str) -> None:
    for name, target in OUT[case]:
        link(name, target)
    found = plan(["drafts"], "posts")
    outcome = compute(found, None, drafts.rendering())
    assert failed(outcome.findings)
    assert told(outcome.findings) == [
        f"posts/x.md: error: {NOT_FOLLOWED} (delete the link, or name the file that it leads to)"
    ]
    assert [each.draft.name for each in outcome.changes] == ["drafts/sub/y.md"]
    assert b"hunter2" not in everything(found, outcome)
    write(outcome.changes)
    for name in ("secret", "out/y.md", "posts/.env", "posts/.git/config"):
        assert Path(name).read_bytes() == SECRET


@pytest.mark.parametrize("case", FOLDERS)
def test_a_folder_of_results_is_no_link_out_of_it(case: str) -> None:
    for name, target in FOLDERS[case]:
        link(name, target)
    found = plan(["drafts"], "posts")
    outcome = compute(found, None, drafts.rendering())
    assert failed(outcome.findings)
    assert told(outcome.findings)[0].startswith(f"posts/sub: error: {NOT_FOLLOWED}")
    assert len(outcome.findings) == 1
    assert b"hunter2" not in everything(found, outcome)
    assert Path("out/y.md").read_bytes() == SECRET


def test_a_link_before_many_documents_is_told_of_once() -> None:
    link("posts/sub", "../out")
    for number in range(9):
        Path(f"drafts/sub/{number}.md").write_bytes(b"")
    assert len(compute(plan(["drafts"], "posts"), None, drafts.rendering()).findings) == 1


def test_named_files_in_a_folder_of_results_are_no_links_either() -> None:
    link("posts/x.md", "../secret")
    for found in (plan(["drafts/x.md"], "posts"), plan(["drafts/x.md", "out/other.md"], "posts")):
        assert failed(compute(found, None, drafts.rendering()).findings)


@pytest.mark.parametrize("work", [drafts.paging(), drafts.rendering(keep_source=True)])
def test_whatever_is_written(work: drafts.Work) -> None:
    link("posts/x.html", "../secret")
    outcome = compute(plan(["drafts"], "posts", suffix=".html"), None, work)
    assert told(outcome.findings)[0].startswith("posts/x.html: error: is a link out")


def test_what_the_user_names_may_be_a_link() -> None:
    link("dest", "posts")
    link("one.md", "out/other.md")
    assert write(compute(plan(["drafts"], "dest"), None, drafts.rendering()).changes).written == 2
    assert Path("posts/x.md").read_bytes() == Path("posts/sub/y.md").read_bytes() == b"a draft\n"
    Path("drafts/x.md").write_bytes(b"another\n")
    assert write(compute(plan(["drafts/x.md"], "one.md"), None, drafts.rendering()).changes).written == 1
    assert Path("out/other.md").read_bytes() == b"another\n"
    assert Path("one.md").is_symlink()


def test_a_link_within_the_folder_is_followed() -> None:
    Path("posts/real").mkdir()
    Path("posts/real/x.md").write_bytes(b"old\n")
    link("posts/x.md", str(Path("posts/real/x.md").resolve()))
    link("posts/sub", "real")
    outcome = compute(plan(["drafts"], "posts"), None, drafts.rendering())
    assert [each.old for each in outcome.changes] == [None, b"old\n"]
    assert write(outcome.changes) == (2, ())
    assert Path("posts/real/x.md").read_bytes() == Path("posts/real/y.md").read_bytes() == b"a draft\n"
    assert Path("posts/x.md").is_symlink()
    assert Path("posts/sub").is_symlink()


def test_a_link_to_nothing_yet_within_the_folder_is_written_through() -> None:
    link("posts/x.md", "later.md")
    write(compute(plan(["drafts"], "posts"), None, drafts.rendering()).changes)
    assert Path("posts/x.md").is_symlink()
    assert Path("posts/later.md").read_bytes() == b"a draft\n"


# Documents that are found


@pytest.mark.parametrize(
    "target", ["../secret.md", "/proc/self/environ", "/dev/zero", ".env", ".git/config", "../out", "notes.txt"]
)
def test_a_draft_that_is_found_publishes_only_documents_of_its_folder(target: str) -> None:
    Path("secret.md").write_bytes(SECRET)
    Path("drafts/.git").mkdir()
    for name in (".env", ".git/config", "notes.txt"):
        Path("drafts", name).write_bytes(SECRET)
    link("drafts/l.md", target)
    for found in (plan(["drafts"], "posts"), plan_in_place(["drafts"])):
        assert [each.name for each in found.drafts] == ["drafts/sub/y.md", "drafts/x.md"]
        assert [(each.name, each.diagnostic.severity) for each in found.findings] == [("drafts/l.md", "note")]
        assert found.left_out == 1


@pytest.mark.parametrize(
    "target", ["private/s.md", "node_modules/p/s.md", "venv/s.md", "posts/s.md", ".git/s.md", "s.qmd"]
)
def test_what_was_left_out_is_not_found_by_a_link(target: str) -> None:
    for name in (
        "private/s.md",
        "node_modules/p/s.md",
        "venv/pyvenv.cfg",
        "venv/s.md",
        "posts/s.md",
        ".git/s.md",
        "s.qmd",
    ):
        Path("drafts", name).parent.mkdir(parents=True, exist_ok=True)
        Path("drafts", name).write_bytes(SECRET)
    link("drafts/a.md", target)
    found = plan(["drafts"], "drafts/posts", exclude=["private/"])
    assert [each.name for each in found.drafts] == ["drafts/sub/y.md", "drafts/x.md"]
    assert [(each.name, each.diagnostic.severity) for each in found.findings][:1] == [("drafts/a.md", "note")]
    assert found.left_out == 3  # With the excluded folder, and what others make of Markdown.


def test_leftovers_are_named_and_not_looked_into() -> None:
    link("posts/l.md", "../secret")
    link("posts/m", "../out")
    found = plan(["drafts"], "posts")
    outcome = compute(found, None, drafts.rendering())
    said = told(drafts.compare(found, outcome, "posts", None))
    assert said[-1] == "posts/l.md: note: no source gives this file any more (delete it if it is a result)"
    assert b"hunter2" not in everything(found, outcome)


# Links that are put there meanwhile


def test_a_link_put_in_the_place_of_a_source_is_not_read() -> None:
    found = plan(["drafts"], "posts")
    link("drafts/sub", "../out")
    Path("drafts/x.md").unlink()
    link("drafts/x.md", "../secret")
    outcome = compute(found, None, drafts.rendering())
    assert [each.name for each in outcome.findings] == ["drafts/sub", "drafts/x.md"]
    assert all("is a link out of drafts" in each.diagnostic.message for each in outcome.findings)
    assert outcome.changes == ()


def test_a_link_put_in_the_place_of_a_result_is_not_written_through() -> None:
    Path("posts/x.md").write_bytes(b"old\n")
    outcome = compute(plan(["drafts"], "posts"), None, drafts.rendering())
    Path("posts/x.md").unlink()
    link("posts/x.md", "../secret")
    link("posts/sub", "../out")
    done = write(outcome.changes)
    assert done.written == 0
    assert [each.name for each in done.findings] == ["posts/sub", "posts/x.md"]
    assert (Path("secret").read_bytes(), Path("out/y.md").read_bytes()) == (SECRET, SECRET)
    assert Path("posts/x.md").is_symlink()


def test_a_link_within_the_folder_that_takes_a_results_place_is_a_change() -> None:
    for name in ("posts/x.md", "posts/z.md"):
        Path(name).write_bytes(b"old\n")
    outcome = compute(plan(["drafts/x.md"], "posts"), None, drafts.rendering())
    Path("posts/x.md").unlink()
    link("posts/x.md", "z.md")
    (finding,) = write(outcome.changes).findings
    assert finding.diagnostic.message == "changed on disk since it was read, and is not overwritten"
    assert Path("posts/z.md").read_bytes() == b"old\n"


def test_a_folder_swapped_for_a_link_while_a_result_is_staged_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("posts/sub/y.md").write_bytes(b"old\n")
    outcome = compute(plan(["drafts"], "posts"), None, drafts.rendering())
    changes = [each for each in outcome.changes if each.draft.name == "drafts/sub/y.md"]
    real = os.fsync

    def swap(descriptor: int) -> None:
        real(descriptor)
        if not Path("posts/sub").is_symlink():
            Path("posts/sub").rename("away")
            link("posts/sub", "../out")

    monkeypatch.setattr(os, "fsync", swap)
    write(changes)
    assert Path("out/y.md").read_bytes() == SECRET
    assert sorted(each.name for each in Path("out").iterdir()) == ["other.md", "y.md"]
    assert Path("posts/sub").is_symlink()


@pytest.mark.parametrize("new", [True, False])
def test_a_folder_swapped_for_a_link_before_a_result_is_staged(new: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not new:
        Path("posts/sub/y.md").write_bytes(b"old\n")
    outcome = compute(plan(["drafts"], "posts"), None, drafts.rendering())
    before = sorted(Path("out").iterdir())
    real = os.urandom

    def swap(size: int) -> bytes:
        if not Path("posts/sub").is_symlink():
            Path("posts/sub").rename("away")
            link("posts/sub", "../out")
        return real(size)

    monkeypatch.setattr(os, "urandom", swap)
    monkeypatch.setattr(os, "unlink", lambda *_, **__: None)
    write(outcome.changes)
    assert sorted(Path("out").iterdir()) == before
    assert Path("out/y.md").read_bytes() == SECRET


def test_a_folder_swapped_for_a_link_while_a_result_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("posts/sub/y.md").write_bytes(b"old\n")
    real = os.open

    def swap(path: str, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        if path.endswith("y.md") and "drafts" not in path and not Path("posts/sub").is_symlink():
            Path("posts/sub").rename("away")
            link("posts/sub", "../out")
        return real(path, flags, mode, dir_fd=dir_fd)

    found = plan(["drafts"], "posts")
    monkeypatch.setattr(os, "open", swap)
    outcome = compute(found, None, drafts.rendering())
    assert SECRET not in [each.old for each in outcome.changes]


# What is held open


def test_a_run_holds_few_files_open_and_lets_go_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)  # Which takes the time of this test.
    for number in range(24):  # More than are held open.
        for name in (f"many/{number}/a.md", f"drafts/{number}/sub/a.md"):
            Path(name).parent.mkdir(parents=True)
            Path(name).write_bytes(b"words\n")
    Path("drafts/1/sub/l.md").symlink_to("../../2/sub/a.md")
    link("posts/sub", "../out")
    open_now = Path("/proc/self/fd")
    before = len(list(open_now.iterdir())) if open_now.exists() else 0
    most = 0

    def track(listed: Sequence[Any]) -> Iterator[Any]:
        nonlocal most
        for each in listed:
            yield each
            most = max(most, len(list(open_now.iterdir())) if open_now.exists() else 0)

    named = [str(each) for each in sorted(Path("many").rglob("*.md"))]
    more = drafts.Work(lambda text: True, lambda draft, text, path: drafts.Worked(text + "more\n"))
    for found in (plan_in_place(named), plan(["drafts"], "posts"), plan(["."], "elsewhere")):
        assert write(compute(found, None, more, track).changes, track).written >= 24
    assert most <= before + 20
    assert not open_now.exists() or len(list(open_now.iterdir())) == before


@pytest.mark.parametrize("root", [".", "./", "drafts/..", "HERE", "HERE/"])
def test_a_root_by_any_name(root: str) -> None:
    root = root.replace("HERE", str(Path.cwd()))
    link("drafts/l.md", "sub/y.md")
    link("drafts/out.md", "../../elsewhere.md")
    outcome = compute(plan([root], "new"), None, drafts.rendering())
    assert not failed(outcome.findings)
    assert write(outcome.changes).written == 5
    for each in ("drafts/l.md", "drafts/sub/y.md", "drafts/x.md"):
        assert Path("new", each).read_bytes() == b"a draft\n"
    more = drafts.Work(lambda text: True, lambda draft, text, path: drafts.Worked("more\n"))
    assert write(compute(plan_in_place([root]), None, more).changes).written == 9
    assert Path("drafts/l.md").is_symlink()
