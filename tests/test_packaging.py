"""What is installed and published: the locks, the claims of pyproject.toml, what the sdist is told to hold."""

from __future__ import annotations

import re
import runpy
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
EXTRAS = PROJECT["optional-dependencies"]
PYTHONS = [match[1] for match in re.finditer(r"Python :: (3\.\d+)\n", "\n".join([*PROJECT["classifiers"], ""]))]
PLATFORMS = ["linux", "darwin", "win32"]

LOCKS = {
    "requirements-test.txt": [*PYPROJECT["build-system"]["requires"], *PROJECT["dependencies"], *EXTRAS["test"]],
    ".ci/requirements.txt": [*PROJECT["dependencies"], *EXTRAS["lint"], *PYPROJECT["dependency-groups"]["ci"]],
}


def locked(name: str, python: str, platform: str) -> dict[str, str]:
    """Name -> version of what the lock `name` installs there."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    pins = [Requirement(line.partition("#")[0]) for line in lines if line.partition("#")[0].strip()]
    where = {"python_version": python, "python_full_version": f"{python}.0", "sys_platform": platform}
    found = [pin for pin in pins if pin.marker is None or pin.marker.evaluate(where)]
    versions: dict[str, str] = {canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in found}
    assert len(versions) == len(found), "two versions of one distribution"
    assert all(re.fullmatch(r"[\w.]+", version) for version in versions.values())
    return versions


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_gives_each_requirement_a_version_that_it_admits(name: str, python: str, platform: str) -> None:
    versions = locked(name, python, platform)
    for requirement in map(Requirement, LOCKS[name]):
        if requirement.name != PROJECT["name"]:
            version = versions.get(canonicalize_name(requirement.name), "0")
            assert version in requirement.specifier, f"{requirement}, but {name} has {version}: run .ci/lock"


def test_the_lock_names_all_that_its_releases_need() -> None:
    """Else pip would bring the newest, another one every day."""
    pins = locked("requirements-test.txt", ".".join(map(str, sys.version_info[:2])), sys.platform)
    asked = {
        str(canonicalize_name(each.name)): each.extras for each in map(Requirement, LOCKS["requirements-test.txt"])
    }
    missing = []
    for name, release in pins.items():
        try:
            found = distribution(name)
        except PackageNotFoundError:
            continue
        if found.version != release:  # Another environment than that of the lock.
            continue
        for needed in map(Requirement, found.requires or ()):
            extras = [{"extra": extra} for extra in asked.get(name, set()) | {""}]
            if needed.marker is None or any(map(needed.marker.evaluate, extras)):
                missing += [f"{name}: {needed}"] if canonicalize_name(needed.name) not in pins else []
    assert missing == []


@pytest.mark.parametrize("python", PYTHONS)
def test_the_locks_agree(python: str) -> None:
    tests, tools = (locked(name, python, "linux") for name in LOCKS)
    assert {name: tools[name] for name in tests.keys() & tools.keys()}.items() <= tests.items()


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_says_how_it_is_made_and_names_no_index(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert text.splitlines()[1].strip("# ") == ".ci/lock"
    assert ".ci/lock" in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^-", text, re.M)


def test_the_pythons_that_are_claimed_begin_with_the_oldest_admitted() -> None:
    assert PROJECT["requires-python"] == f">={PYTHONS[0]}"
    assert [int(python[2:]) for python in PYTHONS] == list(range(int(PYTHONS[0][2:]), int(PYTHONS[-1][2:]) + 1))
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"Python {', '.join(PYTHONS[:-1])} and {PYTHONS[-1]}" in readme


def test_every_bound_is_written_once() -> None:
    """A distribution that two lists name would have two lower bounds."""
    names = [Requirement(each).name for each in chain(PROJECT["dependencies"], *EXTRAS.values())]
    assert sorted(names) == sorted(set(names))


def test_every_leg_is_told_and_can_be_broken() -> None:
    (legs,) = re.findall(r"(?m)^legs=\((.*)\)$", (ROOT / ".ci" / "run").read_text(encoding="utf-8"))
    told = re.findall(r"(?m)^\| `(\w+)` \|", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))
    broken = {each.leg for each in runpy.run_path(str(ROOT / ".ci" / "break-legs"))["BREAKS"]}
    assert (told, broken) == (legs.split(), set(legs.split()))
