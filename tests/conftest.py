"""Options of the test run, and what is to be the same in every one."""

from __future__ import annotations

import signal

import pytest
from hypothesis import settings

# The same examples every day and everywhere, however slow the machine; tests/fuzz is for what nobody has seen yet.
settings.register_profile("mdattn", derandomize=True, deadline=None)
settings.load_profile("mdattn")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--budget 10` makes random campaigns ten times as long; `--regenerate` writes the expectations of fixtures."""
    parser.addoption("--budget", type=int, default=1, help="size of random campaigns, 1 for a short run")
    parser.addoption("--regenerate", action="store_true", help="write what fixtures give now as what they should give")


@pytest.fixture(scope="session", autouse=True)
def _signals_are_heard() -> None:
    """What a test starts hears each signal, even where the run itself was started by `nohup` or in the background.

    A signal that is ignored here would be ignored in every process that is started; one that has a handler is not.
    """
    for name in ("SIGHUP", "SIGINT", "SIGTERM"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda *_: None)


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
