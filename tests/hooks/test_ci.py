"""The workflow of docs/ci.md, by its own commands: content with what is right, with nothing that is silently wrong."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the commands are those of a shell")


def examples() -> list[Any]:
    """The YAML of the page."""
    return [yaml.safe_load(each) for each in re.findall(r"(?ms)^```yaml\n(.*?)^```$", PAGE)]


def commands() -> list[str]:
    """What the workflow runs, the installation aside."""
    (workflow,) = (each for each in examples() if "jobs" in each)
    steps = workflow["jobs"]["diagrams"]["steps"]
    runs = [each["run"] for each in steps if "run" in each]
    assert runs[0] == "pip install mdattn"
    return runs[1:]


GOOD = "# Post\n\n```attention-diagram\nkind: heatmap\ntext: The cat sat\n```\n"
KEPT = "# Read\n\n<!-- attention-diagram\nkind: heatmap\ntext: The cat sat\n-->\n<!-- /attention-diagram -->\n"
BODY = "kind: heatmap\ntext: a b\n"


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a command that runs this package."""
    path = tmp_path_factory.mktemp("bin") / "mdattn"
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m mdattn "$@"\n')
    path.chmod(0o755)
    return path.parent


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory, command: Path) -> Path:
    """A repository in which everything is right."""
    folder = tmp_path_factory.mktemp("right")
    for name, text in {"drafts/a.md": GOOD, "drafts/b.md": "prose\n", "README.md": KEPT, "docs/c.md": KEPT}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    lines = [each.partition(" --check")[0] for each in commands()]
    done = shell("\n".join(lines), folder, PATH=f"{command}{os.pathsep}{os.environ['PATH']}")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, right: Path, command: Path) -> Path:
    """A copy of it; `mdattn` on the PATH is this package."""
    monkeypatch.setenv("PATH", f"{command}{os.pathsep}{os.environ['PATH']}")
    return Path(shutil.copytree(right, tmp_path / "project"))


def shell(command: str, folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """The command as GitHub runs it."""
    line = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", command]
    return subprocess.run(line, cwd=folder, capture_output=True, text=True, env=os.environ | env)


def statuses(folder: Path) -> list[int]:
    """How each command of the workflow ends."""
    return [shell(each, folder).returncode for each in commands()]


def test_the_workflow_is_content_with_what_is_right(project: Path) -> None:
    assert statuses(project) == [0, 0]


MYST = "`````{{{name}}}\n```attention-diagram\nkind: heatmp\ntext: a b\n```\n`````\n"
SILENT = {
    "misspelt": f"```attenton-diagram\n{BODY}```\n",
    "misspelt with a low line": f"```attention_diagram\n{BODY}```\n",
    "misspelt with tildes": f"~~~attn-diagram\n{BODY}~~~\n",
    "yaml before the name": f"```yaml attention-diagram\n{BODY}```\n",
    "a mistake in a directive that holds Markdown": MYST.format(name="note"),
    "a block in a directive that does not": MYST.format(name="code-block"),
    "a mistake in a colon fence": f":::{{tip}}\n```attention-diagram\n{BODY}maks: 1\n```\n:::\n",
    "a mistake in a block of MyST's": f"```{{attention-diagram}}\n{BODY}maks: 1\n```\n",
    "in an HTML block": f"<div>\n```attention-diagram\n{BODY}```\n</div>\n",
    "in indented code": "    ```attention-diagram\n    kind: heatmap\n    text: a\n    ```\n",
    "defaults under a wrong name": f"---\nattention_diagram:\n  width: 40\n---\n\n```attention-diagram\n{BODY}```\n",
    "a mistake in TOML": f"+++\n[attention-diagram]\nwidht = 40\n+++\n\n```attention-diagram\n{BODY}```\n",
    "a text cut short": "```attention-diagram\nkind: heatmap\ntext: the cat #1 sat\n```\n",
    "a mistake": f"```attention-diagram\n{BODY}maks: 1\n```\n",
    "never closed": f"```attention-diagram\n{BODY}",
}


@pytest.mark.parametrize("text", SILENT.values(), ids=SILENT)
def test_a_draft_that_is_silently_wrong_fails(project: Path, text: str) -> None:
    (project / "drafts" / "a.md").write_text(text, encoding="utf-8")
    (project / "posts" / "a.md").unlink()
    shell("mdattn render drafts -o posts || cp drafts/a.md posts", project)
    assert shell(commands()[0], project).returncode == 2


IN_PLACE = ("misspelt", "yaml before the name", "a mistake in a directive that holds Markdown", "in an HTML block")


@pytest.mark.parametrize("name", IN_PLACE)
def test_a_document_in_place_that_is_silently_wrong_fails(project: Path, name: str) -> None:
    with (project / "README.md").open("a", encoding="utf-8") as file:
        file.write(f"\n{SILENT[name]}")
    assert shell(commands()[1], project).returncode == 2


def _stale_post(folder: Path) -> None:
    (folder / "posts" / "a.md").write_text("old\n")


def _stale_document(folder: Path) -> None:
    path = folder / "README.md"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("text: The cat sat", "text: The dog sat"), encoding="utf-8")


def _by_hand(folder: Path) -> None:
    path = folder / "docs" / "c.md"
    path.write_text(path.read_text(encoding="utf-8").replace("ATTENTION", "Attention"), encoding="utf-8")


def _no_document(folder: Path) -> None:
    shutil.rmtree(folder / "drafts")
    shutil.rmtree(folder / "posts")
    (folder / "drafts").mkdir()
    (folder / "posts").mkdir()


def _linked_post(folder: Path) -> None:
    (folder / "posts" / "a.md").unlink()
    (folder / "posts" / "a.md").symlink_to("../README.md")


FAULTS: dict[str, tuple[Callable[[Path], object], list[int]]] = {
    "a stale post": (_stale_post, [1, 0]),
    "a missing post": (lambda folder: (folder / "posts" / "a.md").unlink(), [1, 0]),
    "no drafts": (lambda folder: shutil.rmtree(folder / "drafts"), [2, 0]),
    "a folder without a document": (_no_document, [2, 0]),
    "a stale document": (_stale_document, [0, 1]),
    "a document edited by hand": (_by_hand, [0, 1]),
    "a post that is a link out of the folder": (_linked_post, [2, 0]),
}


@pytest.mark.parametrize(("spoil", "wanted"), FAULTS.values(), ids=FAULTS)
def test_a_project_that_is_not_right_fails(project: Path, spoil: Callable[[Path], object], wanted: list[int]) -> None:
    spoil(project)
    assert statuses(project) == wanted


def test_a_post_without_a_draft_and_a_linked_draft_are_told_and_fail_nothing(project: Path) -> None:
    (project / "drafts" / "b.md").unlink()
    (project / "drafts" / "l.md").symlink_to("../README.md")
    done = shell(commands()[0], project)
    assert done.returncode == 0 and "posts/b.md" in done.stderr and "drafts/l.md" in done.stderr


@pytest.mark.parametrize("name", ["a.ipynb", "a.rst"])
def test_a_source_that_is_not_markdown_fails_where_it_is_named(project: Path, name: str) -> None:
    (project / "drafts" / name).write_text("{}")
    (project / "posts" / name).write_text("{}")
    command = commands()[0].replace("render drafts", f"render drafts/{name}")
    assert shell(command, project).returncode == 2


def test_what_a_stranger_calls_his_draft_is_no_workflow_command(project: Path) -> None:
    for name in ("::stop-commands::x.md", "::error::y.md"):
        (project / "drafts" / name).write_text(SILENT["a mistake"] + "::warning::z\n", encoding="utf-8")
    (project / "posts" / "a.md").write_text("::error::old\n")
    done = shell(commands()[0], project)
    assert done.returncode == 2
    for line in (done.stderr + done.stdout).split("\n"):
        assert not line.lstrip().startswith("::") or re.match(r"::(error|warning|notice) file=[^:]*,line=\d", line), (
            line
        )


# The hooks and the action ---------------------------------------------------------------------------------------------


def test_the_hooks_are_those_of_the_page(project: Path) -> None:
    (config,) = (each for each in examples() if "repos" in each)
    (repository,) = config["repos"]
    assert {each["id"] for each in HOOKS} == {each["id"] for each in repository["hooks"]}
    known = {each["id"]: each for each in HOOKS}
    for hook in repository["hooks"]:
        merged = known[hook["id"]] | hook
        names = [] if merged.get("pass_filenames") is False else ["README.md", "docs/c.md"]
        assert shell(f"{merged['entry']} {' '.join([*merged['args'], *names])}", project).returncode == 0


def test_a_hook_draws_and_the_other_refuses(project: Path) -> None:
    check, update = (f"{each['entry']} {' '.join(each['args'])} README.md docs/c.md" for each in HOOKS)
    _stale_document(project)
    before = (project / "README.md").read_bytes()
    refused = shell(check, project)
    assert refused.returncode == 1 and "README.md" in refused.stderr and "+" in refused.stdout
    assert (project / "README.md").read_bytes() == before
    assert shell(update, project).returncode == 0
    assert "dog" in (project / "README.md").read_text(encoding="utf-8").split("-->")[1]
    assert shell(check, project).returncode == 0


def test_a_hook_says_nothing_of_documents_without_a_diagram(project: Path) -> None:
    for hook in HOOKS:
        done = shell(f"{hook['entry']} {' '.join(hook['args'])} drafts/b.md", project)
        assert done.returncode == 0 and "warning" not in done.stderr and "error" not in done.stderr


@pytest.fixture
def act(project: Path, tmp_path: Path) -> Iterator[Callable[[str], subprocess.CompletedProcess[str]]]:
    """The last step of the action, with the package in the place where the step before installs it."""
    (tmp_path / "temp").mkdir()
    (tmp_path / "temp" / "mdattn").symlink_to(ROOT)
    *_, last = ACTION["runs"]["steps"]

    def run(lines: str) -> subprocess.CompletedProcess[str]:
        env = {"RUNNER_TEMP": str(tmp_path / "temp"), "MDATTN_COMMANDS": lines, "MDATTN_PYTHON": sys.executable}
        assert set(last["env"]) <= set(env)
        return shell(last["run"], project, **env)

    yield run


def test_the_action_runs_every_command_and_keeps_the_worst_status(
    project: Path, act: Callable[[str], subprocess.CompletedProcess[str]]
) -> None:
    lines = "render drafts -o posts --check\n\nupdate README.md docs --check\n"
    done = act(lines)
    assert done.returncode == 0, done.stderr
    _stale_post(project)
    done = act(lines)
    assert done.returncode == 1 and "::error file=" in done.stderr
    (project / "README.md").write_text(KEPT.replace("kind", "knd"), encoding="utf-8")
    assert act(lines).returncode == 2
    assert act("render '$(touch gone)' `touch gone` ; touch gone").returncode == 2 and not (project / "gone").exists()


@pytest.mark.parametrize("form", ["--output-format text", "--output-format=text", "--output-format=json"])
def test_the_action_leaves_a_form_of_messages_that_was_chosen(
    project: Path, act: Callable[[str], subprocess.CompletedProcess[str]], form: str
) -> None:
    _stale_post(project)
    done = act(f"render drafts -o posts --check {form}\n")
    assert done.returncode == 1 and done.stderr and "::error" not in done.stderr


def test_the_action_of_the_page_has_only_inputs_that_there_are() -> None:
    (steps,) = (each for each in examples() if isinstance(each, list))
    assert set(steps[0]["with"]) <= set(ACTION["inputs"])
    assert "${{" not in "".join(step.get("run", "") for step in ACTION["runs"]["steps"]), "inputs come as variables"
