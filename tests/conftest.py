"""Options of the test run."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--budget 10` makes random campaigns ten times as long; `--regenerate` writes the expectations of fixtures."""
    parser.addoption("--budget", type=int, default=1, help="size of random campaigns, 1 for a short run")
    parser.addoption("--regenerate", action="store_true", help="write what fixtures give now as what they should give")


@pytest.fixture
def budget(request: pytest.FixtureRequest) -> int:
    """How many times the short size a random campaign is run."""
    value: int = request.config.getoption("--budget")
    return value


@pytest.fixture
def regenerate(request: pytest.FixtureRequest) -> bool:
    """Whether fixtures are to be written rather than compared."""
    value: bool = request.config.getoption("--regenerate")
    return value
