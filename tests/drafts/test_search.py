"""Folders: which documents a search finds, what it leaves out, and what it says of that."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support import files, told

from mdattn import drafts
from mdattn.drafts import Plan, UsageError, _plan, compute, plan, plan_in_place


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def inside(found: Plan) -> list[str]:
    return [each.name.removeprefix("d/") for each in found.drafts]


def test_what_nobody_means_is_left_out_without_a_word() -> None:
    files(
        "d/a.md",
        "d/.hidden/a.md",
        "d/.a.md",
        "d/node_modules/p/readme.md",
        "d/x/node_modules/p/readme.md",
        "d/x/venv/pyvenv.cfg",
        "d/x/venv/lib/p/readme.md",
        "d/x/node_modules.md",
        "d/x/a.txt",
    )
    for found in (plan(["d"], "out"), plan_in_place(["d"])):
        assert inside(found) == ["a.md", "x/node_modules.md"]
        assert (found.findings, found.left_out) == ((), 0)
    files("d/pyvenv.cfg")
    assert inside(plan(["d"], "out")) == ["a.md", "x/node_modules.md"]  # The folder itself was named.


ALL = ("a.md", "b/a.md", "b/c/a.md", "b/c/d.md", "b/draft.md", "c/a.md", "c/A.md")


@pytest.mark.parametrize(
    ("patterns", "left", "count"),
    [
        ([], ALL, 0),
        (["nothing"], ALL, 0),
        (["a.md"], ("b/c/d.md", "b/draft.md", "c/A.md"), 4),
        (["A.md"], ("a.md", "b/a.md", "b/c/a.md", "b/c/d.md", "b/draft.md", "c/a.md"), 1),
        (["*.md"], (), 7),
        (["d*"], ("a.md", "b/a.md", "b/c/a.md", "c/a.md", "c/A.md"), 2),
        (["c"], ("a.md", "b/a.md", "b/draft.md"), 2),
        (["c/"], ("a.md", "b/a.md", "b/draft.md"), 2),
        (["/c"], ("a.md", "b/a.md", "b/c/a.md", "b/c/d.md", "b/draft.md"), 1),
        (["./c/"], ("a.md", "b/a.md", "b/c/a.md", "b/c/d.md", "b/draft.md"), 1),
        (["a.md/"], ALL, 0),
        (["b/c"], ("a.md", "b/a.md", "b/draft.md", "c/a.md", "c/A.md"), 1),
        (["b/*"], ("a.md", "c/a.md", "c/A.md"), 3),
        (["b/*.md"], ("a.md", "c/a.md", "c/A.md"), 4),
        (["*/a.md"], ("a.md", "b/c/d.md", "b/draft.md", "c/A.md"), 3),
        (["b/c/[!a].md", "?/A.md"], ("a.md", "b/a.md", "b/c/a.md", "b/draft.md", "c/a.md"), 2),
        (["d/b"], ALL, 0),
    ],
)
def test_exclusions(patterns: list[str], left: tuple[str, ...], count: int) -> None:
    files(*("d/" + each for each in ALL))
    for found in (plan(["d"], "out", exclude=patterns), plan_in_place(["d"], exclude=patterns)):
        assert sorted(inside(found)) == sorted(left)
        assert found.left_out == count


def test_an_excluded_folder_is_not_entered(monkeypatch: pytest.MonkeyPatch) -> None:
    files("d/a.md", "d/old/b/a.md")
    entered = []
    scandir = os.scandir

    def noted(path: str) -> object:
        entered.append(path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", noted)
    plan(["d"], "out", exclude=["old"])
    assert entered == ["d/"]


def test_a_link_is_excluded_like_what_it_seems_to_be() -> None:
    files("d/a.md", "shared/s.md")
    Path("d/shared").symlink_to("../shared")
    Path("d/s.md").symlink_to("../shared/s.md")
    assert [each.name for each in plan(["d"], "out").findings] == ["d/s.md", "d/shared"]
    found = plan(["d"], "out", exclude=["shared/", "s.md"])
    assert (inside(found), found.findings, found.left_out) == (["a.md"], (), 2)


def test_what_is_named_is_not_excluded() -> None:
    files("d/a.md")
    assert inside(plan(["d/a.md"], "out/", exclude=["*"])) == ["a.md"]


@pytest.mark.parametrize("pattern", ["", "/", "./"])
def test_an_exclusion_needs_a_pattern(pattern: str) -> None:
    files("d/a.md")
    with pytest.raises(UsageError, match="excludes nothing"):
        plan(["d"], "out", exclude=[pattern])


def test_suffixes_come_beside_those_of_markdown() -> None:
    files("d/a.md", "d/B.MD", "d/c.qmd", "d/e.Rmd", "d/f.mdx", "d/g.rst", "d/h.Markdown", "d/i.qmd.bak")
    found = plan(["d"], "out")
    assert sorted(inside(found)) == ["B.MD", "a.md", "h.Markdown"]
    assert found.left_out == 3
    assert told(found.findings) == [
        "d: note: left out by their names (*.mdx, *.qmd, *.rmd): 3 (read with --suffix .mdx)"
    ]
    found = plan(["d"], "out", suffixes=[".QMD", "rmd", ".mdx"])
    assert sorted(inside(found)) == ["B.MD", "a.md", "c.qmd", "e.Rmd", "f.mdx", "h.Markdown"]
    assert [each.destination for each in found.drafts][:3] == ["out/B.MD", "out/a.md", "out/c.qmd"]
    assert (found.findings, found.left_out) == ((), 0)
    Path("out").mkdir()
    files("out/old.qmd", "out/old.mdx", "out/old.rst")
    assert [each.name for each in drafts.leftovers(found, "out", None)] == ["out/old.mdx", "out/old.qmd"]
    assert [each.name for each in drafts.leftovers(plan(["d"], "out"), "out", None)] == []
    assert plan(["d"], "out", suffixes=(*drafts.MARKDOWN, ".rst")).suffixes == (".md", ".markdown", ".rst")


@pytest.mark.parametrize("suffix", ["", ".", "a/b", "/"])
def test_a_suffix_is_one(suffix: str) -> None:
    with pytest.raises(UsageError, match="is not the suffix"):
        plan(["d"], "out", suffixes=[suffix])


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a.md", None),
        ("A.MD", None),
        ("a.qmd", None),
        ("a.rst", "is not Markdown by its name (*.md, *.markdown, *.qmd) (--suffix .rst takes it for Markdown)"),
        ("a.txt", "is not Markdown by its name (*.md, *.markdown, *.qmd) (--suffix .txt takes it for Markdown)"),
        ("README", "is not Markdown by its name (*.md, *.markdown, *.qmd) (rename it, or give it on standard input)"),
        ("a.", "is not Markdown by its name (*.md, *.markdown, *.qmd) (rename it, or give it on standard input)"),
        ("a.ipynb", "is a notebook, which is JSON and not Markdown (convert it: jupyter nbconvert --to markdown)"),
        ("missing.rst", None),
    ],
)
def test_a_named_source_that_is_no_markdown_is_warned_of(name: str, said: str | None) -> None:
    files("d/z.md", *([name] if "missing" not in name else []))
    expected = [f"{name}: warning: {said}"] if said else []
    for found in (
        plan([name], suffixes=[".qmd"]),
        plan([name], "x.md", suffixes=[".qmd"]),
        plan(["d", name], "out", suffixes=[".qmd"]),
        plan_in_place([name, "d"], suffixes=[".qmd"]),
    ):
        assert told(found.findings) == expected
        assert name in [each.name for each in found.drafts]


def test_a_pipe_of_the_shell_needs_no_name() -> None:
    os.mkfifo("pipe")
    assert plan(["pipe"]).findings == ()


def test_an_empty_folder_says_what_else_it_holds() -> None:
    files("d/a.qmd", "d/b.txt", "e/a.md")
    for found in (plan(["d", "e"], "out"), plan_in_place(["d", "e"])):
        assert told(found.findings) == [
            "d: note: left out by their names (*.qmd): 1 (read with --suffix .qmd)",
            "d: warning: no document (*.md, *.markdown) in this folder",
        ]
        assert found.left_out == 1
    assert told(plan(["e"], "out", exclude=["a.md"]).findings) == [
        "e: warning: no document (*.md, *.markdown) in this folder"
    ]


def test_the_order_is_that_of_the_names(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["d/B.md", "d/a.md", "d/a/z.md", "d/a-b/a.md", "d/b.md", "d/é.md"]
    files(*names)
    for name in ("d/x.md", "d/c.md"):
        Path(name).symlink_to("/dev/null")
    scandir = os.scandir

    class Entries(list[os.DirEntry[str]]):
        def __enter__(self) -> Entries:
            return self

        def __exit__(self, *_: object) -> None: ...

    for reverse in (False, True):

        def ordered(path: str, reverse: bool = reverse) -> Entries:
            return Entries(sorted(scandir(path), key=lambda entry: entry.name, reverse=reverse))

        monkeypatch.setattr(os, "scandir", ordered)
        found = plan(["d"], "out")
        assert [each.source for each in found.drafts] == sorted(names)
        assert [each.name for each in found.findings] == ["d/c.md", "d/x.md"]


# File systems that do not tell capitals from small letters


@pytest.mark.parametrize("names", [("a.md", "A.md"), ("a/x.md", "A/y.md"), ("é.md", "e\u0301.md")])
def test_two_results_that_are_one_file_here_are_refused(
    names: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    files(*("d/" + each for each in names))
    assert len(plan(["d"], "out").drafts) == 2
    monkeypatch.setattr(_plan, "_folds", lambda folder: True)
    if "/" in names[0]:
        assert len(plan(["d"], "out").drafts) == 2  # Two folders that become one are no harm.
    else:
        with pytest.raises(UsageError, match="are one file here"):
            plan(["d"], "out")


def test_how_a_file_system_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    files("Results/a.md")
    assert not _plan._folds("Results")
    assert not _plan._folds("Results/new/1")
    stat = os.stat

    def folding(path: str, **more: object) -> os.stat_result:
        return stat(Path(path).with_name(Path(path).name.capitalize()))

    monkeypatch.setattr(os, "stat", folding)
    assert _plan._folds("Results")
    assert _plan._folds("Results/new/1")


def test_results_that_turn_out_to_be_one_file_are_not_both_written() -> None:
    """Where nothing could tell before: the second finds the first in its place."""
    files("d/a.md", "d/b.md")
    outcome = compute(plan(["d"], "out"), None, drafts.rendering())
    one = [each._replace(draft=each.draft._replace(destination="out/a.md")) for each in outcome.changes]
    done = drafts.write(one)
    assert (done.written, len(done.findings)) == (1, 1)
    assert Path("out/a.md").read_bytes() == b"# d/a.md\n"
