"""`python -m mdattn` and the command `mdattn`: one process for one command. Floor 6."""

import gc
import os
from typing import NoReturn


def start() -> NoReturn:
    """Run the command line of the process and leave with its exit status."""
    # A quarter of a short run is spent on things that serve a long one: collecting garbage while libraries load, a
    # pool of threads for matrices of a page's size (whose sums would also depend on their number), and taking
    # everything apart at the end. `main` has flushed what it wrote.
    gc.set_threshold(200_000)
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    try:
        from mdattn.cli import main

        status = main()
    except KeyboardInterrupt:  # While the command line was still being imported.
        status = 130
    os._exit(status)


if __name__ == "__main__":
    start()
