"""`python -m mdattn` and the command `mdattn`: one process for one command. Floor 8."""

import gc
import os
import signal
from types import FrameType
from typing import NoReturn


class Stopped(BaseException):
    """A signal asked the process to end; what has to be put in order first is put in order on the way out."""


def start() -> NoReturn:
    """Run the command line of the process and leave with its exit status, 128 and its number for a signal."""
    # A quarter of a short run is spent on things that serve a long one: collecting garbage while libraries load, a
    # pool of threads for matrices of a page's size (whose sums would also depend on their number), and taking
    # everything apart at the end. `main` has flushed what it wrote.
    gc.set_threshold(200_000)
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    try:
        for number in _endings():
            signal.signal(number, _stop)
        from mdattn.cli import main

        status = main()
    except Stopped as stopped:
        status = 128 + stopped.args[0]
    os._exit(status)


def _endings() -> list[signal.Signals]:
    """The signals that end a process, as far as the system has them and whoever started it did not switch them off."""
    found = (getattr(signal, name, None) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"))
    return [each for each in found if each and signal.getsignal(each) != signal.SIG_IGN]


def _stop(number: int, _: FrameType | None) -> NoReturn:
    for each in _endings():  # Once is enough: the second would interrupt what the first began.
        signal.signal(each, signal.SIG_IGN)
    raise Stopped(number)


if __name__ == "__main__":
    start()
