"""The hooks by the real pre-commit, and the installation of the action, in a temporary folder.

    python tests/hooks/try_hooks.py [--environment FOLDER]

pre-commit is installed from the package index (into FOLDER, which is used again); it clones this repository as it is
committed, installs it as it would for anybody, and runs the configuration of docs/ci.md on a repository that is made
here. The exit status is 1 if anything is not as it should be.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
KEPT = "# Read\n\n<!-- attention-diagram\nkind: heatmap\ntext: The {} sat\n-->\n<!-- /attention-diagram -->\n"
DRAFT = "```attention-diagram\nkind: heatmap\ntext: a b\n```\n"


def run(*command: str | Path, folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """A command, and what it says."""
    arguments = list(map(str, command))
    return subprocess.run(arguments, cwd=folder, capture_output=True, text=True, env=os.environ | env)


def expect(what: str, done: subprocess.CompletedProcess[str], status: int, *words: str) -> bool:
    """Print whether a command ended as it should, having said these words."""
    said = done.stdout + done.stderr
    right = (done.returncode != 0) == (status != 0) and all(word in said for word in words)
    print(f"{'ok' if right else 'WRONG':<6} {what}")
    if not right:
        print(said)
    return right


def pre_commit(folder: Path) -> Path:
    """The command, installed if it is not there."""
    command = folder / "bin" / "pre-commit"
    if not command.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([str(folder / "bin" / "pip"), "install", "-q", "pre-commit"], check=True)
    return command


def configured(project: Path, revision: str, hooks: Sequence[int]) -> None:
    """The configuration of docs/ci.md, with this repository and the hooks of these places alone."""
    page = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    (config,) = (
        each
        for each in map(yaml.safe_load, re.findall(r"(?ms)^```yaml\n(.*?)^```$", page))
        if isinstance(each, dict) and "repos" in each
    )
    (repository,) = config["repos"]
    repository |= {"repo": str(ROOT), "rev": revision, "hooks": [repository["hooks"][place] for place in hooks]}
    (project / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")


def tried(work: Path, environment: Path) -> bool:
    """Whether all is as it should be."""
    command = pre_commit(environment)
    revision = run("git", "rev-parse", "HEAD", folder=ROOT).stdout.strip()
    project = work / "project"
    for name, text in {"README.md": KEPT.format("cat"), "prose.md": "prose\n", "drafts/a.md": DRAFT}.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text, encoding="utf-8")
    (project / "posts").mkdir()
    (project / "posts" / "a.md").write_text("old\n")
    run("git", "init", "-q", folder=project)

    def hooks(*names: str) -> subprocess.CompletedProcess[str]:
        run("git", "add", "--all", folder=project)
        return run(command, "run", *(names or ["--all-files"]), folder=project, PRE_COMMIT_HOME=str(work / "home"))

    configured(project, revision, [1, 2])
    refused = expect("a stale document and a stale post are refused", hooks(), 1, "README.md", "posts/a.md")
    steps = [refused]
    configured(project, revision, [0])
    steps.append(expect("mdattn-update draws, and says so to pre-commit", hooks(), 1, "files were modified"))
    steps.append(expect("mdattn-update is content with what it has drawn", hooks(), 0))
    render = ("-m", "mdattn", "render", "drafts", "-o", "posts")
    package = run(sys.executable, *render, folder=project, PYTHONPATH=str(ROOT))
    configured(project, revision, [1, 2])
    steps += [expect("mdattn draws the post", package, 0), expect("both checks are content", hooks(), 0, "Passed")]
    (project / "prose.md").write_text("<!-- attenton-diagram\nkind: heatmap\ntext: a b\n-->\n")
    with (project / "README.md").open("a", encoding="utf-8") as file:
        file.write("\n```attenton-diagram\nkind: heatmap\ntext: a b\n```\n")
    misspelt = ("prose.md:1:1: error", "README.md:", "attention-diagram")
    steps.append(expect("mdattn-check refuses a misspelt comment and a misspelt fence", hooks(), 1, *misspelt))
    steps.append(installed(work))
    return all(steps)


def installed(work: Path) -> bool:
    """The step of the action that installs the package, and the one that runs it, as a job would."""
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    env = {
        "RUNNER_TEMP": str(work),
        "MDATTN_PACKAGE": str(ROOT),
        "MDATTN_PYTHON": sys.executable,
        "MDATTN_COMMANDS": "render drafts -o posts --check",
    }
    steps = [step["run"] for step in action["runs"]["steps"] if "run" in step]
    done = [run("bash", "-eo", "pipefail", "-c", step, folder=work / "project", **env) for step in steps]
    return all(expect(f"step {number} of the action", each, 0) for number, each in enumerate(done, 1))


def main(argv: Sequence[str] | None = None) -> int:
    """Try everything in a temporary folder."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--environment", type=Path, help="where pre-commit is installed, to be used again")
    arguments = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="hooks-") as name:
        return 0 if tried(Path(name), (arguments.environment or Path(name, "environment")).resolve()) else 1


if __name__ == "__main__":
    sys.exit(main())
