"""Prints what the legs need to know from pyproject.toml, a line each: `oldest`, `pythons` or `build`."""

import re
import sys
import tomllib
from pathlib import Path

PYPROJECT = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8"))


def pythons() -> list[str]:
    """The Pythons to try: from the oldest that is admitted to the one after the newest that is claimed."""
    claimed = re.findall(r"Python :: 3\.(\d+)", "\n".join(PYPROJECT["project"]["classifiers"]))
    oldest = PYPROJECT["project"]["requires-python"].removeprefix(">=3.")
    return [f"3.{minor}" for minor in range(int(oldest), max(map(int, claimed)) + 2)]


def build() -> list[str]:
    """The requirements of the build backend."""
    requires: list[str] = PYPROJECT["build-system"]["requires"]
    return requires


if __name__ == "__main__":
    print("\n".join({"oldest": pythons()[:1], "pythons": pythons(), "build": build()}[sys.argv[1]]))
