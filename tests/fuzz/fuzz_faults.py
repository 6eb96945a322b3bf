"""What a campaign looks for: properties that have names, each checked without the package's own proofs."""

from __future__ import annotations

import re
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

sys.path.insert(0, str(Path(__file__).parents[1]))

from support import loose_ends, too_wide

from mdattn.errors import DiagramError

Result = TypeVar("Result")


class Fault(Exception):  # noqa: N818 - of the package, found
    """A property that does not hold; `key` tells it from others of its name."""

    def __init__(self, name: str, detail: str, key: str = "") -> None:
        super().__init__(name, detail)
        self.name = name
        self.detail = detail
        self.key = key or name


class Checked(NamedTuple):
    """What became of a case in which everything held: how many diagrams were drawn."""

    drawn: int


def admitted(work: Callable[[], Result]) -> Result | DiagramError:
    """What the work gives, or its DiagramError. Any other exception is a fault."""
    try:
        return work()
    except DiagramError as error:
        return error
    except (Fault, TimeoutError, KeyboardInterrupt):
        raise
    except BaseException as error:
        frames = traceback.extract_tb(error.__traceback__)
        ours = [each for each in frames if "mdattn" in Path(each.filename).parts] or list(frames)
        place = f"{Path(ours[-1].filename).name}:{ours[-1].name}"
        raise Fault(
            "no exception but DiagramError", f"{type(error).__name__}: {str(error)[:300]} at {place}", place
        ) from error


def hold(condition: bool, name: str, detail: object = "") -> None:
    """Raise the fault of that name where the condition does not hold."""
    if not condition:
        raise Fault(name, str(detail)[:600])


# Lines, without a parser ----------------------------------------------------------------------------------------------

_FENCE = re.compile(r"(?:`{3,}|~{3,})")


def lines_of(text: str) -> list[str]:
    """Lines with their endings, broken at CRLF, LF and CR alone."""
    return re.findall(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+", text)


def ending_of(line: str) -> str:
    """How a line ends."""
    return line[len(line.rstrip("\r\n")) :]


def aligned(source: str, result: str) -> str | None:
    """None where the result is the source with some fences replaced by fences of text, else where it is not.

    No parser decides: lines are equal, or a fence opens on both sides behind the same characters and closes on both.
    """
    old, new = lines_of(source), lines_of(result)
    furthest = (0, 0)
    pending = [(0, 0)]
    seen = set()
    while pending:
        i, j = pending.pop()
        while i < len(old) and j < len(new) and old[i] == new[j]:
            i, j = i + 1, j + 1
        if (i, j) in seen:
            continue
        seen.add((i, j))
        furthest = max(furthest, (i, j))
        if i == len(old) and j == len(new):
            return None
        if i < len(old) and j < len(new) and len(seen) < 2000:
            pairs = [(k, m) for m in _replaced(new, j, old[i]) for k in _closings(old, i)]
            pending += reversed([(k, m) for k, m in pairs if ending_of(old[k - 1]) == ending_of(new[m - 1])])
    i, j = furthest
    return f"source line {i + 1} {old[i : i + 1]} against result line {j + 1} {new[j : j + 1]}"


def _replaced(new: Sequence[str], j: int, opening: str) -> Iterator[int]:
    """The ends of the fence of text that opens on line `j` behind what stands before the source's fence."""
    there = _FENCE.search(opening)
    here = _FENCE.search(new[j])
    if not there or not here or opening[: there.start()] != new[j][: here.start()]:
        return
    fence = here[0]
    if new[j][here.end() :].rstrip("\r\n") != "text":
        return
    ending = ending_of(opening)
    for m in range(j + 1, len(new)):
        if new[m].rstrip("\r\n").lstrip(" \t>") == fence:
            if all(ending_of(line) == ending for line in new[j:m]):
                yield m + 1
            return


def _closings(old: Sequence[str], i: int) -> Iterator[int]:
    """The ends that the source's fence of line `i` may have."""
    found = _FENCE.search(old[i])
    assert found
    for k in range(i + 1, len(old)):
        rest = old[k].strip(" \t>\r\n")
        if len(rest) >= len(found[0]) and not rest.strip(found[0][0]):
            yield k + 1


def drawing_faults(lines: Sequence[str], width: int, charset: str = "unicode") -> None:
    """Raise where a diagram is too wide, open, or nothing at all."""
    hold(any(line.strip() for line in lines), "something is drawn", lines)
    hold(not too_wide(lines, width), "a diagram is within its width", (width, too_wide(lines, width)[:1]))
    if charset == "unicode":
        open_ends = next(loose_ends(lines), None)
        hold(open_ends is None, "every line closes", open_ends)
