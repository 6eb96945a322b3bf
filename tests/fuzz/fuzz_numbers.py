"""True numbers: the weights of heatmaps, recomputed in plain Python from the block and read back from the picture."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from math import exp, sqrt, tanh
from random import Random
from typing import Any

from fuzz_faults import Checked, Fault, admitted, hold

from mdattn import DiagramError
from mdattn.document import draw_options

Options = dict[str, Any]
WORDS = ("alpha", "beta", "gamma", "delta", "eps", "zeta", "eta", "theta")


def some_options(random: Random) -> Options:
    """A heatmap of numbers over at most eight short words."""
    count = random.randint(1, 8)
    options: Options = {"kind": "heatmap", "tokens": list(WORDS[:count]), "mode": "numbers", "width": 200}
    options |= {"decimals": random.choice([1, 2, 2, 3, 4, 6]), "mask": random.choice(["none", "causal", {"window": 2}])}
    if random.random() < 0.5:
        size = random.choice([1, 10, 900])
        decimals = random.choice([0, 1, 4])
        options["scores"] = [[round(random.uniform(-size, size), decimals) for _ in range(count)] for _ in range(count)]
        if random.random() < 0.3:
            options["scores"] = [[1] * count for _ in range(count)]
    else:
        size = random.randint(1, 4)
        options["embeddings"] = [[round(random.uniform(-2, 2), 1) for _ in range(size)] for _ in range(count)]
    for name in ("scale", "temperature", "softcap"):
        if random.random() < 0.25:
            options[name] = random.choice([0.5, 2, 3, 0.25])
    return options


def parts(options: Options) -> Iterator[Options]:
    """The options with something left out."""
    for key in ("scale", "temperature", "softcap", "mask"):
        if key in options:
            yield {name: value for name, value in options.items() if name != key}
    if len(options["tokens"]) > 1:
        rows = "scores" if "scores" in options else "embeddings"
        less = [row[:-1] for row in options[rows][:-1]] if rows == "scores" else options[rows][:-1]
        yield options | {"tokens": options["tokens"][:-1], rows: less}


def weights(options: Options) -> list[list[float | None]]:
    """The weights by the book, None where the mask allows nothing."""
    count = len(options["tokens"])
    if "scores" in options:
        scores, scale = options["scores"], options.get("scale", 1)
    else:
        rows = options["embeddings"]
        scores = [[sum(a * b for a, b in zip(one, other, strict=True)) for other in rows] for one in rows]
        scale = options.get("scale", 1 / sqrt(len(rows[0])))
    cap = options.get("softcap")
    found: list[list[float | None]] = []
    for i in range(count):
        row: list[float | None] = []
        for j in range(count):
            score = scores[i][j] * scale / options.get("temperature", 1)
            row.append(_allowed(options.get("mask", "none"), i, j, cap * tanh(score / cap) if cap else score))
        top = max((each for each in row if each is not None), default=0.0)
        shares = [None if each is None else exp(each - top) for each in row]
        total = sum(each for each in shares if each is not None)
        found.append([None if each is None else each / total for each in shares])
    return found


def _allowed(mask: Any, i: int, j: int, score: float) -> float | None:
    if mask == "none":
        return score
    window = mask["window"] if isinstance(mask, dict) else len(WORDS)
    return score if i - window < j <= i else None


def printed(value: float, decimals: int) -> tuple[str, ...]:
    """How a number is printed: half up; both ways where this sum and another may fall on two sides of a tie."""
    unit = Decimal(1).scaleb(-decimals)
    near = {
        Decimal(repr(round(value, 9))),
        Decimal(repr(round(value + 2e-10, 9))),
        Decimal(repr(round(value - 2e-10, 9))),
    }
    return tuple(str(each.quantize(unit, ROUND_HALF_UP)) for each in near)


def check(options: Options, _: Random) -> Checked:
    """Each cell of the picture holds the weight."""
    drawn = admitted(lambda: draw_options(options))
    if isinstance(drawn, DiagramError):
        raise Fault("options that are right are drawn", str(drawn))
    rows = weights(options)
    for token, wanted in zip(options["tokens"], rows, strict=True):
        cells = rf"((?:\s+(?:[0-9.]+|·)){{{len(rows)}}})(?:\s|$)"
        found = next((m for line in drawn.lines if (m := re.match(rf"\s*{token}{cells}", line))), None)
        hold(found is not None, "every query has its row", (token, drawn.lines))
        assert found
        for got, weight in zip(found[1].split(), wanted, strict=True):
            right = got == "·" if weight is None else got in printed(weight, options["decimals"])
            hold(right, "every printed number is true", f"{token}: {got} is printed, {weight} is right")
        for said in re.findall(r"\(([0-9.]+)(?: each)?\)", found.string[found.end(1) :]):
            hold(
                said in found[1].split(),
                "every printed number is true",
                f"{said} is said, and is not in the row: {found.string}",
            )
    return Checked(1)
