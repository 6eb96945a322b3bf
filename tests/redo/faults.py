"""What is known not to be true yet: for each kind of finding a small block that shows it.

Who mends one removes its line.
"""

from __future__ import annotations

from typing import Any, NamedTuple

ABC = ["aa", "bb", "cc"]
MANY = [first + second for first in "wz" for second in "abcdefghijklmnopqrstuv"]


class Fault(NamedTuple):
    """A kind of finding, and a block in which it is met."""

    finding: str
    options: dict[str, Any]


def _equal_shares(count: int) -> list[list[float]]:
    return [[round(1 / count, 3) for _ in range(count)] for _ in range(count)]


def _one_of(count: int) -> list[list[float]]:
    return [[1.0, *[0.0] * (count - 1)] for _ in range(count)]


FAULTS = [
    # Shares near 6.25 % print as 6.2 % and 6.3 %, and are added up as 6.3 % each.
    Fault(
        "adds up",
        {
            "kind": "flow",
            "tokens": MANY[:16],
            "query": 0,
            "scores": [[(-1) ** at for at in range(16)]] * 16,
            "scale": 1e-9,
            "decimals": 3,
        },
    ),
    # "1.00 × wa + … 5 more", of 17 keys that all have a part in the sum.
    Fault(
        "more in a sum",
        {
            "kind": "flow",
            "tokens": MANY[:17],
            "query": 0,
            "weights": _one_of(17),
            "values": [[1]] * 17,
            "sections": ["output"],
        },
    ),
    Fault(
        "last digits, equal ones counted once", {"kind": "steps", "tokens": ["cat", "sat", "cat", "mat"], "query": 0}
    ),
    # exp(-1000) = 0.00, where 0 is only near.
    Fault(
        "sign before exp or tanh", {"kind": "steps", "tokens": ["aa", "bb"], "query": 0, "scores": [[0, -1000], [0, 0]]}
    ),
    Fault(
        "adds up, and no line tells",
        {"kind": "steps", "tokens": ABC, "query": 0, "weights": [[0.333, 0.333, 0.334]] * 3, "values": [[1], [2], [3]]},
    ),
    Fault(
        "keys that stand nowhere",
        {
            "kind": "steps",
            "tokens": MANY,
            "query": 0,
            "scores": [[0] * 44] * 44,
            "mask": [[False] * 44] * 44,
            "values": [[1]] * 44,
        },
    ),
    # "Head 1: Head 2:" where every query sees a single key.
    Fault(
        "a head of which nothing is said",
        {"kind": "heatmap", "tokens": MANY[:8], "mask": {"window": 1}, "heads": 2, "dimensions": 2, "caption": True},
    ),
]


def known(kind: str) -> set[str]:
    """The findings that a campaign over a kind may have."""
    return {fault.finding for fault in FAULTS if fault.options["kind"] == kind}
