"""A campaign of random cases: `python tests/fuzz/run.py --seconds 60`.

Documents, options and files are drawn from a seed, and what must hold of each is checked (fuzz_*.py). A failure is made
as small as it gets and written to --out. The exit status is 1 if there was one, or if less than a third of the cases
reached drawing.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any, NamedTuple

import fuzz_documents
import fuzz_files
import fuzz_numbers
import fuzz_options
import fuzz_pictures
import fuzz_python
import fuzz_silences
from fuzz_faults import Checked, Fault

Case = Any


class Sort(NamedTuple):
    """A sort of cases: how often, how one is drawn, what must hold, and what is smaller."""

    share: int
    draw: Callable[[Random], Case]
    check: Callable[[Case, Random], Checked]
    parts: Callable[[Case], Iterator[Case]]


SORTS = {
    "documents": Sort(4, fuzz_documents.some_document, fuzz_documents.check, fuzz_documents.parts),
    "options": Sort(4, fuzz_options.some_options, fuzz_options.check, fuzz_options.parts),
    "numbers": Sort(1, fuzz_numbers.some_options, fuzz_numbers.check, fuzz_numbers.parts),
    "pictures": Sort(1, fuzz_pictures.some_block, fuzz_pictures.check, fuzz_pictures.parts),
    "python": Sort(1, fuzz_python.some_call, fuzz_python.check, fuzz_python.parts),
    "silences": Sort(1, fuzz_silences.some_case, fuzz_silences.check, fuzz_silences.parts),
    "files": Sort(2, fuzz_files.some_runs, fuzz_files.check, fuzz_files.parts),
}
LONGEST = 5.0  # Seconds of a processor for one case, and more for a long one.
SHRINKING = 12.0  # Seconds for making one failure small.
ALIKE = 3  # Failures of one key that are kept.


class Failure(NamedTuple):
    """A property that did not hold, and the smallest case found that shows it."""

    sort: str
    seed: int
    name: str
    key: str
    detail: str
    case: Case


class Share(NamedTuple):
    """What one process has done."""

    cases: Counter[str]
    drawn: Counter[str]
    failures: list[Failure]
    seen: Counter[str]


def attempt(sort: str, case: Case, seed: int) -> tuple[int, Fault | None]:
    """How many diagrams were drawn, and the fault that showed itself."""

    def late(_: int, __: FrameType | None) -> None:
        raise TimeoutError

    size = len(repr(case))
    most = LONGEST + size / 20_000
    signal.signal(signal.SIGVTALRM, late)
    signal.setitimer(signal.ITIMER_VIRTUAL, most)
    try:
        return SORTS[sort].check(case, Random(f"check {seed}")).drawn, None
    except Fault as fault:
        return 0, fault
    except TimeoutError:
        return 0, Fault("a case takes no longer than its size allows", f"over {most:.1f} s for {size} characters")
    except Exception as error:  # Of these tests themselves, mostly: one case, and not what the others have shown.
        return 0, Fault("a case can be tried", repr(error), type(error).__name__)
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def shrunk(sort: str, case: Case, seed: int, fault: Fault) -> tuple[Case, Fault]:
    """The smallest case found that shows the same fault."""
    until = time.monotonic() + SHRINKING
    smaller = True
    while smaller and time.monotonic() < until:
        smaller = False
        for part in SORTS[sort].parts(case):
            if time.monotonic() > until:
                break
            _, other = attempt(sort, part, seed)
            if other and (other.name, other.key) == (fault.name, fault.key):
                case, fault, smaller = part, other, True
                break
    return case, fault


def draw(seed: int, sorts: Sequence[str]) -> tuple[str, Case]:
    """The case of a seed."""
    random = Random(seed)
    sort = random.choices(sorts, [SORTS[each].share for each in sorts])[0]
    return sort, SORTS[sort].draw(random)


def share(seeds: Iterable[int], until: float, sorts: Sequence[str], first_only: bool) -> Share:
    """The cases of these seeds, until time is up (on the clock that all processes share)."""
    done = Share(Counter(), Counter(), [], Counter())
    for seed in seeds:
        if time.monotonic() > until:
            break
        sort, case = draw(seed, sorts)
        drawn, fault = attempt(sort, case, seed)
        done.cases[sort] += 1
        done.drawn[sort] += drawn > 0
        if fault:
            key = f"{sort}: {fault.name}: {fault.key}"
            done.seen[key] += 1
            if done.seen[key] <= ALIKE:
                if not first_only:
                    case, fault = shrunk(sort, case, seed, fault)
                done.failures.append(Failure(sort, seed, fault.name, fault.key, fault.detail, case))
            if first_only:
                break
    return done


def write(failure: Failure, folder: Path, number: int) -> Path:
    """The case as a file: a document as its bytes, all else as JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = folder / f"{number:03}-{failure.sort}-{failure.name.replace(' ', '-')[:40]}"
    said = f"seed {failure.seed}\n{failure.name}\n{failure.key}\n{failure.detail}\n"
    stem.with_suffix(".txt").write_text(said, encoding="utf-8", errors="backslashreplace")
    if isinstance(failure.case, str):
        path = stem.with_suffix(".md")
        path.write_bytes(failure.case.encode("utf-8", "surrogateescape"))
    else:
        path = stem.with_suffix(".json")
        path.write_text(json.dumps(failure.case, indent=1, default=repr), encoding="utf-8")
    return path


def report(shares: Sequence[Share], seconds: float, out: Path, whole: bool) -> int:
    """The table of what was done, the failures, and the exit status; `whole` is a campaign of all sorts."""
    cases = sum((each.cases for each in shares), Counter[str]())
    drawn = sum((each.drawn for each in shares), Counter[str]())
    seen = sum((each.seen for each in shares), Counter[str]())
    total, reached = sum(cases.values()), sum(drawn.values())
    for sort in cases:
        print(f"{sort:<10} {cases[sort]:>8} cases, {100 * drawn[sort] / cases[sort]:3.0f} % drawn")
    print(f"{'all':<10} {total:>8} cases, {100 * reached / max(1, total):3.0f} % drawn, {total / seconds:.0f} a second")
    for number, failure in enumerate(each for share in shares for each in share.failures):
        path = write(failure, out, number)
        print(f"FAULT seed {failure.seed}: {failure.name}\n  {failure.key}\n  {failure.detail[:300]!r}\n  {path}")
    for key, count in seen.most_common():
        print(f"{count:>6} x {key}")
    if whole and 3 * reached < total:
        print(f"FAULT less than a third of the cases reached drawing: {reached} of {total}")
        return 1
    return 1 if seen else 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run a campaign, or one seed again."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=60, help="how long (default: 60)")
    parser.add_argument("--cases", type=int, default=10**12, help="how many at most")
    parser.add_argument("--seed", type=int, default=None, help="the first seed (default: by the clock)")
    parser.add_argument("--jobs", type=int, default=1, help="processes (default: 1)")
    parser.add_argument("--only", choices=tuple(SORTS), nargs="*", help="sorts of cases")
    parser.add_argument("--once", action="store_true", help="run the case of --seed alone, and print it")
    parser.add_argument("--first", action="store_true", help="stop at the first failure, and do not make it smaller")
    parser.add_argument("--out", type=Path, default=None, help="where failures are written (default: a new folder)")
    arguments = parser.parse_args(argv)
    seed = int(time.time()) % 10**6 * 10**4 if arguments.seed is None else arguments.seed
    sorts = arguments.only or list(SORTS)
    if arguments.once:
        return once(seed, sorts)
    out = arguments.out or Path(tempfile.gettempdir()) / f"mdattn-fuzz-{seed}"
    print(f"seed {seed}", flush=True)
    until = time.monotonic() + arguments.seconds
    started = time.monotonic()
    last = seed + arguments.cases
    tasks = [(range(seed + job, last, arguments.jobs), until, sorts, arguments.first) for job in range(arguments.jobs)]
    if arguments.jobs == 1:
        shares = [share(*tasks[0])]
    else:
        with multiprocessing.Pool(arguments.jobs) as pool:
            shares = pool.starmap(share, tasks)
    return report(shares, time.monotonic() - started, out, len(sorts) == len(SORTS))


def once(seed: int, sorts: Sequence[str]) -> int:
    """The case of one seed, and what is wrong with it."""
    sort, case = draw(seed, sorts)
    print(f"{sort}:\n{case if isinstance(case, str) else json.dumps(case, indent=1, default=repr)}")
    drawn, fault = attempt(sort, case, seed)
    print(f"{drawn} drawn; {fault.args if fault else 'all holds'}")
    return 1 if fault else 0


if __name__ == "__main__":
    sys.exit(main())
