"""The steps: every printed line is worked out again, from what is printed and from what the author wrote."""

from __future__ import annotations

import itertools
import math
import random
import re
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

import pytest
from support import foreign, loose_ends, too_wide

from mdattn.diagrams._kind import Diagram
from mdattn.document import draw_options
from mdattn.errors import DiagramError

EMBEDDINGS = {
    "The": [0.2, 0.5, 0.1],
    "cat": [0.8, 0.1, 0.6],
    "sat": [0.3, 0.9, 0.2],
    "on": [0.1, 0.6, 0.3],
    "the": [0.2, 0.5, 0.1],
    "mat": [0.4, 0.7, 0.3],
}
SENTENCE: dict[str, Any] = {"kind": "steps", "text": "The cat sat on the mat", "query": "sat", "embeddings": EMBEDDINGS}
PENCIL: dict[str, Any] = {
    "kind": "steps",
    "tokens": ["The", "cat", "sat"],
    "query": "sat",
    "embeddings": {"The": [0.1, 0.3, 0.4], "cat": [0.8, 0.1, 0.6], "sat": [0.3, 0.9, 0.2]},
    "arithmetic": "shown",
}


def draw(options: dict[str, Any], **more: Any) -> Diagram:
    return draw_options({**options, **more})


def text(options: dict[str, Any], **more: Any) -> str:
    return "\n".join(draw(options, **more).lines)


def error(options: dict[str, Any], **more: Any) -> str:
    with pytest.raises(DiagramError) as caught:
        draw(options, **more)
    return str(caught.value)


# A reader with a calculator, who knows nothing of the package ---------------------------------------------------------

NUMBER = r"-?\d+(?:\.\d+)?"


def lines_of(diagram: Diagram) -> list[str]:
    """The lines without the walls of the box; a sum that goes on below is joined."""
    lines: list[str] = []
    for line in diagram.lines:
        bare = line.strip("│| ")
        if lines and re.match("[+=≈~] ", bare) and '"' not in bare:
            lines[-1] += " " + bare
        else:
            lines.append(bare)
    return lines


def equations(diagram: Diagram) -> Iterator[list[str]]:
    """Each equation as its expressions and signs: `["0.38 / 1.73", "≈", "0.22"]`."""
    for line in lines_of(diagram):
        body = re.sub(r'^(".*": *|\d+: *|Sum = )', "", line)
        body = re.sub(r"^\[[^]]*\] *(→|->) *", "", body)
        body = re.sub(r"^d_k = (\d+), so (√|sqrt )d_k", r"sqrt(\1)", body).split(", temperature")[0]
        parts = [part.strip() for part in re.split(r" ([=≈~]) ", re.sub(r" \(\d+ more\)", "", body))]
        if len(parts) > 2 and value(parts[-1]) is not None and parts[0] not in ("scale", "temperature"):
            yield parts


def value(expression: str) -> float | None:
    """What an expression comes to; None where it is none or not all of it is printed."""
    python = expression.replace("×", "*").replace("x", "*").replace("e*p", "exp").replace(" %", "/100")
    if not re.fullmatch(r"(?:exp|tanh|sqrt|[-+*/() .\d])+", python):
        return None
    try:
        result = eval(python, {"__builtins__": {}}, {"exp": math.exp, "tanh": math.tanh, "sqrt": math.sqrt})
    except (SyntaxError, TypeError):
        return None
    return float(result)


def half_up(number: float, decimals: int) -> Fraction:
    """Rounded as taught in school, after the noise of floats is taken off."""
    quiet = Decimal(f"{number:.9f}")
    return Fraction(quiet.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP))


def places(number: str) -> int:
    return len(number.strip("()").partition(".")[2])


def wrong(diagram: Diagram, rounded: bool) -> list[str]:
    """The lines whose printed result is not what the expression before it gives.

    Where `rounded`, as in `shown` arithmetic, each result is rounded to its decimals; else `=` means exactly equal, and
    `≈` that full precision is within a few units of the last place.
    """
    found = []
    for parts in equations(diagram):
        assert len(parts) % 2
        for left, sign, right in zip(parts[::2], parts[1::2], parts[2::2], strict=False):
            if left[:4] == right[:4] == "exp(":
                left, right = left[4:-1], right[4:-1]
            one, other = value(left), value(right)
            if other is None:
                continue
            decimals = places(re.findall(NUMBER, right)[-1])
            if one is None:
                good = "more" in left  # Some of the products are not printed.
            elif rounded:
                good = half_up(one, decimals) == half_up(other, decimals)
            else:
                noise = 0.0 if re.search("exp|tanh", left) else 1e-9
                good = (abs(one - other) <= noise) == (sign == "=")
            # In a sum of products each of them is looked at.
            factors = re.findall(rf"\(?({NUMBER})\)?[×x]\(?({NUMBER})\)?", left)
            products = [value(each) or 0.0 for each in right.split(" + ")]
            if len(factors) > 1 and "/" not in left:
                redone = [float(a) * float(b) for a, b in factors]
                pairs = list(zip(redone, products, strict=False))
                if rounded:
                    good = all(half_up(a, decimals) == half_up(b, decimals) for a, b in pairs)
                else:
                    good = all(abs(a - b) < 1e-9 for a, b in pairs) == (sign == "=")
            if not good:
                found.append(f"{left} {sign} {right}: {one}")
    return found


def oracle(
    query: list[float],
    keys: list[list[float]],
    values: list[list[float]],
    allowed: list[bool],
    scale: float,
    softcap: float | None = None,
) -> tuple[list[float], list[float], list[float]]:
    """Dot products, weights and output, in plain Python."""
    dots = [math.fsum(a * b for a, b in zip(query, key, strict=True)) for key in keys]
    scores = [dot * scale for dot in dots]
    if softcap:
        scores = [softcap * math.tanh(score / softcap) for score in scores]
    top = max((score for score, may in zip(scores, allowed, strict=True) if may), default=0.0)
    exps = [math.exp(score - top) if may else 0.0 for score, may in zip(scores, allowed, strict=True)]
    weights = [each / (math.fsum(exps) or 1.0) for each in exps]
    output = [math.fsum(w * v for w, v in zip(weights, column, strict=True)) for column in zip(*values, strict=True)]
    return dots, weights, output


def printed_weights(diagram: Diagram) -> list[str]:
    """`0.29` of each `"The": 1.25 / 4.27 = 0.29 = 29 %`."""
    return re.findall(r"/ [\d.]+ [=≈~] +([\d.]+) = +[\d.]+ %", "\n".join(diagram.lines))


def printed_output(diagram: Diagram) -> list[float]:
    found = re.search(r'Output for ".*" = \[([^]]*)\]', "\n".join(diagram.lines))
    assert found
    return [float(each) for each in found[1].split(",")]


# The numbers ----------------------------------------------------------------------------------------------------------


def test_a_pencil_comes_to_the_numbers_of_the_first_template() -> None:
    drawn = text(PENCIL)
    for line in (
        "0.3×0.1 + 0.9×0.3 + 0.2×0.4",
        "= 0.03 + 0.27 + 0.08 = 0.38",
        "= 0.24 + 0.09 + 0.12 = 0.45",
        "= 0.09 + 0.81 + 0.04 = 0.94",
        "d_k = 3, so √d_k = 1.73",
        '"The": 0.38 / 1.73 = 0.22',
        '"cat": 0.45 / 1.73 = 0.26',
        '"sat": 0.94 / 1.73 = 0.54',
        "exp(0.22) = 1.25",
        "exp(0.26) = 1.30",
        "exp(0.54) = 1.72",
        "Sum = 1.25 + 1.30 + 1.72 = 4.27",
        "1.25 / 4.27 = 0.29 = 29 %",
        "1.30 / 4.27 = 0.30 = 30 %",
        "1.72 / 4.27 = 0.40 = 40 %",
        "before the next step uses it; the\n  weights add up to 99 %.",
        "= 0.03 + 0.24 + 0.12 = 0.39",
        'Output for "sat" = [0.39, 0.48, 0.38]',
    ):
        assert line in drawn
    assert "≈" not in drawn
    assert len(list(equations(draw(PENCIL)))) == 17


@pytest.mark.parametrize("arithmetic", ["exact", "shown"])
def test_each_line_is_true(arithmetic: str) -> None:
    diagram = draw(SENTENCE, arithmetic=arithmetic, width=100)
    assert len(list(equations(diagram))) > 20
    assert wrong(diagram, arithmetic == "shown") == []


def test_full_precision_is_rounded_once() -> None:
    diagram = draw(SENTENCE, width=100)
    rows = [EMBEDDINGS[token] for token in SENTENCE["text"].split()]
    dots, weights, output = oracle(rows[2], rows, rows, [True] * 6, 3**-0.5)
    shown = re.findall(r"[+ ][\d.]+ = ([\d.]+) *│", "\n".join(diagram.lines))
    assert [Fraction(each) for each in shown] == [half_up(each, 2) for each in dots]
    assert [Fraction(each) for each in printed_weights(diagram)] == [half_up(each, 2) for each in weights]
    assert [half_up(each, 2) for each in printed_output(diagram)] == [half_up(each, 2) for each in output]

    products = [[w * v for w, v in zip(weights, column, strict=True)] for column in zip(*rows, strict=True)]
    sums = [line for line in lines_of(diagram) if re.match(r"\d: ", line)]
    for line, row in zip(sums, products, strict=True):
        terms = re.findall(NUMBER, line.split("≈")[1].split(" = ")[0])
        assert [Fraction(each) for each in terms] == [half_up(each, 2) for each in row]


def test_full_precision_names_what_the_printed_numbers_would_give() -> None:
    drawn = text({**PENCIL, "arithmetic": "exact"}, width=200)
    assert "Sum = 1.25 + 1.30 + 1.72 ≈ 4.26" in drawn
    assert "the sum of exp would be 4.27 and 1.30 / 4.26 would be 0.31." in drawn
    calm = text(PENCIL, embeddings=[[1, 0], [0, 1], [0, 0]], arithmetic="exact", sections=["dot"])
    assert "would" not in calm
    assert "≈" not in calm


def test_negative_numbers_stand_in_brackets_and_below_each_other() -> None:
    diagram = draw(
        {"kind": "steps", "tokens": ["a", "b"], "query": "a", "embeddings": [[-1.5, 2], [3, -0.5]], "sections": ["dot"]}
    )
    drawn = "\n".join(diagram.lines)
    assert "-1.5×(-1.5) +   2.0×2.0" in drawn
    assert "=  2.25 +   4.00  =  6.25" in drawn
    assert "= -4.50 + (-1.00) = -5.50" in drawn
    assert len({line.rindex(".") for line in diagram.lines if re.search(r"= +-?\d\.\d\d ", line)}) == 1


@pytest.mark.parametrize(
    ("decimals", "line"),
    [(0, '"b": -74 / 1.4 ≈ -52'), (1, '"b": -74.1 / 1.41 ≈ -52.4'), (2, '"b": -74.12 / 1.41 ≈ -52.41')],
)
def test_a_root_is_printed_as_its_line_needs_it(decimals: int, line: str) -> None:
    vectors = [[-3.123, 4.71], [8.2, -10.3]]  # -25.6086 - 48.513 = -74.1216
    drawn = text({"kind": "steps", "tokens": ["a", "b"], "query": 0, "embeddings": vectors}, decimals=decimals)
    assert line in drawn


def off(diagram: Diagram) -> list[str]:
    """Lines whose numbers give their result neither but for one unit of its last digit nor to one percent."""
    found = []
    for parts in equations(diagram):
        for left, right in zip(parts[::2], parts[2::2], strict=False):
            pairs = [(left, right)]
            factors = re.findall(rf"\(?({NUMBER})\)?[×x]\(?({NUMBER})\)?", left)
            if factors and "tanh" not in left and "/" not in left:
                # Of a sum of products each one is looked at; what is added to it comes last.
                pairs = [(f"({a}) * ({b})", each) for (a, b), each in zip(factors, right.split(" + "), strict=False)]
            for one, other in pairs:
                redone, printed = value(one), value(other)
                if redone is None or printed is None or " %" in right or re.match(r"exp", other):
                    continue
                unit = 1.01 / 10 ** places(re.findall(NUMBER, other)[-1])
                if abs(redone - printed) > max(unit, abs(printed) / 99):
                    found.append(f"{one} ≈ {other}: {redone}")
    return found


@pytest.mark.parametrize(
    ("weights", "values", "decimals"),
    [
        ([1 / 16] * 16, [[3.3]] * 16, 0),  # Sixteen times 0.2 are about 3; sixteen times 0 are not.
        ([0.9, *[0.1 / 15] * 15], [[0.0446789], *[[4.46789]] * 15], 1),  # 0.90 times 0.0 is not 0.04.
    ],
)
def test_a_sum_of_many_small_parts_holds(weights: list[float], values: list[list[float]], decimals: int) -> None:
    tokens = [f"w{place}" for place in range(16)]
    given = {"weights": weights, "values": values, "decimals": decimals}
    diagram = draw({"kind": "steps", "tokens": tokens, "query": 0, "width": 200}, **given)
    assert off(diagram) == []
    assert list(equations(diagram))


@pytest.mark.campaign
def test_each_line_of_full_precision_holds_nearly(budget: int) -> None:
    """However few decimals are asked for, and however large the numbers are."""
    lines = 0
    for seed in range(60 * budget):
        chance = random.Random(seed)
        count, size = chance.choice([2, 3, 6, 16]), chance.choice([1, 2, 3, 5, 20])
        mean, large = chance.choice([(0, 1), (3, 2), (0, 5), (0, 90), (0, 900)])
        options: dict[str, Any] = {"kind": "steps", "tokens": [f"w{place}" for place in range(count)], "query": 0}
        options |= {"decimals": chance.randint(0, 4), "width": 200}
        options["embeddings"] = [[chance.gauss(0, 2) for _ in range(size)] for _ in range(count)]
        options["values"] = [[chance.gauss(mean, large)] for _ in range(count)]
        options |= chance.choice([{}, {}, {"temperature": 0.3}, {"softcap": 3}, {"scale": 0.07}])
        diagram = draw(options)
        assert off(diagram) == [], seed
        lines += len(list(equations(diagram)))
    assert lines > 1000 * budget


def test_large_scores_lose_their_largest_first() -> None:
    options = {"kind": "steps", "tokens": ["a", "b"], "query": "a", "scores": [12.5, -7]}
    drawn = text(options)
    assert "The largest score, 12.5, is subtracted first: it cancels out." in drawn
    assert "exp(-7.0 - 12.5) = exp(-19.5)" in drawn
    assert "subtracted" not in text(options, scores=[4.5, -3])
    assert "The largest score, -4.50, is subtracted first" in text(options, scores=[-4.5, -4.75])
    assert "exp(-9 - (-8)) = exp(-1)" in text(options, scores=[-8, -9.0])


def test_scale_temperature_and_softcap_are_steps() -> None:
    options = {"kind": "steps", "tokens": ["a", "b"], "query": "a", "scores": [3, 1], "width": 100}
    drawn = text(options, scale=0.5, temperature=2, softcap=5)
    assert "Step 1: Scale\nscale = 0.5\n" in drawn
    assert '"a": 3 × 0.5 = 1.50' in drawn
    assert "Step 2: Scale by the temperature\ntemperature = 2\n" in drawn
    assert '"a": 1.50 / 2 = 0.75' in drawn
    assert "Step 3: Cap at 5 (softcap)" in drawn
    assert '"a": 5 × tanh(0.75 / 5) ≈ 0.74' in drawn
    assert "Step 4: Softmax" in drawn
    assert "Step 1: Softmax" in text(options)


def test_a_cap_gives_no_exact_number_but_0() -> None:
    options = {"kind": "steps", "tokens": ["a", "b"], "query": "a", "scores": [300, 0], "softcap": 1}
    drawn = text(options)
    assert '"a": 1 × tanh(300 / 1) ≈ 1.00' in drawn  # Floats cannot tell it from 1.
    assert '"b":   1 × tanh(0 / 1) = 0.00' in drawn


def test_one_number_is_its_own_root() -> None:
    drawn = text({"kind": "steps", "tokens": ["a", "b"], "query": "a", "embeddings": [[2], [3]]})
    assert "d_k = 1, so √d_k = 1" in drawn
    assert "The scores stay as they are." in drawn
    assert "exp(4 - 6) = exp(-2)" in drawn


def test_weights_that_are_given_leave_the_sum() -> None:
    options = {"kind": "steps", "tokens": ["a", "b"], "query": "b", "weights": [0.25, 0.75]}
    drawn = text(options, values=[[1, 2], [3, -4]])
    assert "Step 1: Weighted sum of the values" in drawn
    assert 'Output for "b" = [2.50, -2.50]' in drawn
    assert "nothing is left to work out" in error(options)


# Words that are cut ---------------------------------------------------------------------------------------------------


def legend_of(lines: tuple[str, ...]) -> tuple[str, dict[str, str]]:
    """What stands above the legend, in one line, and the legend: label -> name."""
    found = {}
    rows = list(lines)
    while rows and (match := re.fullmatch(r"(\S+(?:…|\.\.\.)\S*) = (\S+)", rows[-1])):
        found[match[1]] = match[2]
        rows.pop()
    return " ".join(rows), found


@pytest.mark.parametrize("kind", ["steps", "flow"])
@pytest.mark.parametrize("sections", [None, ["output"]])
def test_only_labels_that_stand_in_the_picture_are_explained(kind: str, sections: list[str] | None) -> None:
    tokens = [f"word-{place}-that-is-too-long" for place in range(300)]
    options = {"kind": kind, "tokens": tokens, "query": 7, "mask": "causal", "dimensions": 1}
    body, explained = legend_of(draw({**options, "sections": sections}).lines)
    assert all(label in body for label in explained)
    assert 0 < len(explained) < 30
    short = {"kind": kind, "tokens": tokens[:3], "query": 0, "mask": "causal", "dimensions": 1}
    body, explained = legend_of(draw({**short, "sections": ["output"]}).lines)
    assert all(label in body for label in explained)


@pytest.mark.parametrize("kind", ["steps", "flow"])
def test_words_say_a_very_long_name_by_its_label(kind: str) -> None:
    """Up to 40 cells a name stands in full; the label of a longer one stands in the picture, where it is explained."""
    names = ["a" * 40, "b" * 41, "c" * 50]
    options = {"kind": kind, "tokens": names, "query": 2, "scores": [[0, 1, 2]] * 3, "caption": True, "width": 100}
    diagram = draw(options)
    assert f"'{names[0]}'" in draw(options, query=0, scores=[[2, 1, 0]] * 3).alternative
    assert re.search(r"'c+…'" if kind == "steps" else "itself", diagram.alternative)
    assert re.search(r"'b+…'", diagram.alternative)
    assert not re.search("b{41}|c{50}", diagram.alternative)
    for label in re.findall(r"'([bc]+…)'", " ".join(diagram.lines)):
        assert any(line.startswith(f"{label} = {label[0] * 41}") for line in diagram.lines)


def test_a_label_that_stands_in_the_caption_alone_is_explained() -> None:
    """A query that does not attend to itself stands in no sum, and the sentence is too long to reach it."""
    tokens = [*(f"w{place}" for place in range(200)), "c" * 50]
    given = {"scores": [0] * 201, "values": [[1]] * 201, "mask": [[True] * 200 + [False]] * 201}
    lines = draw(
        {"kind": "flow", "tokens": tokens, "query": 200, **given, "sections": ["output"], "caption": True}
    ).lines
    assert sum("ccc…'" in line for line in lines) == 1
    assert f"{'c' * 15}… = {'c' * 50}" in lines


def test_each_key_that_the_words_name_stands_in_the_picture() -> None:
    """The heaviest keys of the second head crowd those of the first out of the table, but for those named."""
    first, second = [1.0] * 40, [9.0] * 20 + [0.0] * 20
    first[30], first[33], first[35] = 1.3, 1.2, 1.1
    diagram = draw(
        {"kind": "steps", "tokens": [f"w{place}" for place in range(40)], "query": 0, "heads": 2},
        scores=[[first] * 40, [second] * 40],
    )
    named = re.findall(r"for '(w\d+)'", diagram.alternative)
    assert named == ["w30", "w33", "w35"]
    assert all(any(line.startswith(f"│ {name} ") for line in diagram.lines) for name in named)


# Masks, heads, many keys ----------------------------------------------------------------------------------------------


def test_masked_keys_have_no_part_in_the_softmax() -> None:
    diagram = draw(SENTENCE, query="cat", mask="causal", width=100)
    drawn = "\n".join(diagram.lines)
    assert "Step 3: Causal mask" in drawn
    assert '"sat", "on", "the" and "mat": masked, left out of the softmax.' in drawn
    rows = [EMBEDDINGS[token] for token in SENTENCE["text"].split()]
    _, weights, output = oracle(rows[1], rows, rows, [True, True, *[False] * 4], 3**-0.5)
    assert [Fraction(each) for each in printed_weights(diagram)] == [half_up(each, 2) for each in weights[:2]]
    assert [half_up(each, 2) for each in printed_output(diagram)] == [half_up(each, 2) for each in output]
    assert "may attend to every key" in text(SENTENCE, query="mat", mask="causal")


def test_a_query_that_sees_nothing_attends_to_nothing() -> None:
    diagram = draw({"kind": "steps", "tokens": ["a", "b"], "query": "a", "mask": [[False, False], [True, True]]})
    drawn = "\n".join(diagram.lines)
    assert 'Every key is masked: "a" attends to nothing.' in drawn
    assert "output = [0.00, 0.00, 0.00]" in drawn
    assert "attends to nothing" in diagram.alternative


def test_a_product_that_is_the_whole_sum_is_checked_once() -> None:
    """0.108 × (-1.953) is -0.21, as printed: the -0.2 of a sum's terms stands nowhere."""
    options = {"kind": "steps", "tokens": ["a", "b"], "query": 0, "decimals": 1, "temperature": 0.5, "scale": 1}
    drawn = text(options, embeddings=[[0.108], [-1.953]], values=[[1], [2]])
    assert "-0.21" in drawn
    assert "would be" not in drawn


def test_of_keys_that_stand_nowhere_none_are_called_the_others() -> None:
    """Every key is masked, and a temperature of 1 leaves the scores as they are: no key is written out."""
    tokens = [f"w{number}" for number in range(20)]
    rows = [[0.5] * 20] * 20
    options = {"kind": "steps", "tokens": tokens, "query": 0, "scores": rows, "values": rows, "temperature": 1}
    drawn = text(options, mask=[[False] * 20] * 20)
    assert "The scores stay as they are." in drawn
    assert "The other" not in drawn


def test_projections_are_said_to_be_done() -> None:
    matrix = [[0.333, 0.12], [0.5, 0.71], [0.1, 1]]
    drawn = text(SENTENCE, projections={"query": matrix, "key": matrix})
    assert "Projected by the matrices given, before step 1: query and key." in drawn
    assert "Projected" not in text(SENTENCE)


def test_each_head_has_its_steps_and_the_outputs_are_joined() -> None:
    rows: list[list[float]] = [[1, 0, 2, 1], [0, 1, -1, 1], [1, 1, 0, -2]]
    diagram = draw({"kind": "steps", "tokens": ["I", "am", "here"], "query": 1, "heads": 2, "embeddings": rows})
    drawn = "\n".join(diagram.lines)
    assert drawn.count("Step 1: Dot product") == 2
    joined = []
    for half in (slice(0, 2), slice(2, 4)):
        part = [row[half] for row in rows]
        joined += oracle(part[1], part, part, [True] * 3, 2**-0.5)[2]
    found = re.search(r"Heads side by side = \[(.*)\]", drawn)
    assert found
    assert [Fraction(each) for each in found[1].split(", ")] == [half_up(each, 2) for each in joined]


def test_many_heads_are_said_in_a_line_each() -> None:
    drawn = text({"kind": "steps", "tokens": ["I", "am"], "query": 1, "heads": 8, "dimensions": 16})
    assert drawn.count("Step 1: Dot product") == 2
    assert "The other 6 heads in the same way:" in drawn
    assert re.search(r"Head 8 of 8: attends most to ", drawn)


@pytest.mark.parametrize("arithmetic", ["exact", "shown"])
@pytest.mark.parametrize("count", [7, 12, 17, 30, 200])
def test_all_keys_are_in_the_sum(count: int, arithmetic: str) -> None:
    """The printed exps, those of the table and what the others come to add up to the printed sum; so do the weights."""
    tokens = [f"w{index}" for index in range(count)]
    diagram = draw(
        {"kind": "steps", "tokens": tokens, "query": 5, "arithmetic": arithmetic, "width": 200, "decimals": 4}
    )
    drawn = "\n".join(diagram.lines)
    written = [float(each) for each in re.findall(r'^"w\d+": +exp\(.*\) [=≈] +([\d.]+)$', drawn, re.M)]
    table = [
        [cell.strip() for cell in line.strip("│").split("│")] for line in drawn.splitlines() if line.count("│") > 4
    ]
    heads, rows = table[0], table[1:]
    column = heads.index("exp")
    total = re.search(r"^Sum = .* [=≈] ([\d.]+)$", drawn, re.M)
    assert total
    assert len(written) == 4
    assert sum(written) + sum(float(row[column]) for row in rows) == pytest.approx(float(total[1]), abs=0.0031)
    weights = sum(map(float, printed_weights(diagram))) + sum(float(row[heads.index("Weight")]) for row in rows)
    assert weights == pytest.approx(1, abs=0.0031 if arithmetic == "exact" else 0.02)
    if count <= 24:
        assert {row[0] for row in rows} == set(tokens[4:])
    else:
        assert re.fullmatch(rf"… {count - 16} more", rows[-1][0])
        assert "w5" in [row[0] for row in rows]
    if arithmetic == "shown":
        assert wrong(diagram, True) == []


def test_the_own_key_of_the_query_is_not_left_out() -> None:
    tokens = [f"w{index}" for index in range(40)]
    scores = [4.0] * 30 + [1.0] + [4.0] * 9
    drawn = text({"kind": "steps", "tokens": tokens, "query": 30, "scores": scores})
    assert "│ w30 " in drawn
    assert "│ w35 " not in drawn


def test_long_vectors_say_what_they_leave_out() -> None:
    drawn = text({"kind": "steps", "tokens": ["a", "b"], "query": "a", "dimensions": 20, "width": 200})
    assert "… 14 more]" in drawn
    assert "+ … 12 more products" in drawn
    assert drawn.count("(12 more) =") == 2
    assert "… 16 more numbers in the same way" in drawn


def test_cross_attention_has_keys_of_its_own() -> None:
    drawn = text(
        {
            "kind": "steps",
            "tokens": ["le", "chat"],
            "key_tokens": ["the", "cat", "sits"],
            "query": "chat",
            "embeddings": [[1, 0], [0, 1]],
            "keys": [[1, 2], [3, 4], [5, 6]],
            "values": [[1, 1], [2, 2], [3, 3]],
        }
    )
    assert 'Given: query "chat", keys "the", "cat", "sits"' in drawn
    assert "0×3 + 1×4" in drawn
    assert "same vector as its key" not in drawn


# Options --------------------------------------------------------------------------------------------------------------


def test_sections_are_numbered_as_they_come() -> None:
    drawn = text(SENTENCE, sections=["softmax", "dot"])
    assert "Step 1: Dot product" in drawn
    assert "Step 2: Softmax" in drawn
    assert "Scale" not in drawn
    assert "Output" not in drawn


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"sections": ["dot"], "temperature": 2}, "'temperature' has no effect on the sections 'dot'"),
        ({"sections": ["dot", "scale"], "mask": "causal"}, "'mask' has no effect on the sections 'dot', 'scale'"),
        ({"sections": ["softmax"], "values": [[1]] * 6}, "'values' has no effect"),
        ({"query": "dog"}, "'dog' is not a token"),
        ({"query": None}, "does not say which token attends"),
        ({"sections": []}, "sections"),
        ({"annotations": "none"}, "annotations"),
        ({"decimals": 0, "arithmetic": "shown", "temperature": 1e-9}, ""),
    ],
)
def test_what_cannot_be_shown_is_refused(more: dict[str, Any], message: str) -> None:
    if message:
        assert message in error(SENTENCE, **more)
    else:
        draw(SENTENCE, **more)


@pytest.mark.parametrize("section", ["dot", "scale", "softmax"])
def test_what_is_given_leaves_nothing_to_show(section: str) -> None:
    given = {"kind": "steps", "tokens": ["a", "b"], "query": "a", "values": [[1], [2]], "sections": [section, "output"]}
    assert "the weights are given" in error(given, weights=[0.5, 0.5])


def test_the_title_can_be_replaced_and_left_out() -> None:
    assert text(PENCIL).startswith("ATTENTION CALCULATION STEP BY STEP\n\nGiven:")
    assert text(PENCIL, width=32).startswith("ATTENTION STEP BY STEP\n")
    assert text(PENCIL, title="none").startswith("Given:")
    assert text(PENCIL, title="By hand").startswith("By hand\n")


def test_the_alternative_is_made_from_the_numbers() -> None:
    assert draw(PENCIL).alternative == (
        "The attention of 'sat', step by step: the weights are 0.29 for 'The', 0.30 for 'cat' and 0.40 for 'sat'. "
        "The output is [0.39, 0.48, 0.38]."
    )


def test_a_long_word_is_cut_and_told() -> None:
    tokens = ["Donaudampfschifffahrtsgesellschaft", "a"]
    drawn = text({"kind": "steps", "tokens": tokens, "query": 1})
    assert "Donaudampfschif… = Donaudampfschifffahrtsgesellschaft" in drawn


# Random calculations --------------------------------------------------------------------------------------------------

WORDS = ["The", "cat", "on", "猫", "マット", "👩‍👩‍👧‍👦", "🏳️‍🌈", "❤️", "🇩🇪", "e\u0301te\u0301", "שלום", "مرحبا"]
WORDS.append("Donaudampfschifffahrtsgesellschaft")


def random_options(chance: random.Random) -> dict[str, Any]:
    count = chance.choice([1, 2, 3, 5, 6, 7, 9, 18, 40])
    width = chance.choice([32, 33, 40, 47, 48, 56, 72, 100, 200])
    dimensions = chance.choice([1, 2, 3, 4, 8, 9, 17])
    heads = chance.choice([1, 1, 1, 2, 5])
    options: dict[str, Any] = {
        "kind": "steps",
        "tokens": [chance.choice(WORDS) for _ in range(count)],
        "query": chance.randrange(count),
        "width": width,
        "charset": chance.choice(["unicode", "ascii"]),
        "arithmetic": chance.choice(["exact", "shown"]),
        "decimals": chance.choice([1, 2, 2, 3]),
        "mask": chance.choice(["none", "causal", {"window": 2}]),
    }
    form = chance.choice(["vectors", "vectors", "scores", "weights"])
    if form == "vectors":
        options["dimensions"] = min(dimensions, 12) * heads
        options["heads"] = heads
        if chance.random() < 0.3:
            options["temperature"] = chance.choice([0.1, 0.5, 2])
        if chance.random() < 0.3:
            options["softcap"] = chance.choice([1, 20.5])
        if chance.random() < 0.3:
            options["scale"] = chance.choice([1, 0.25])
    else:
        options["values"] = [[chance.randint(-9, 9) / 2 for _ in range(dimensions)] for _ in range(count)]
        options["mask"] = "none"
        row = [chance.randint(-30, 30) / 4 for _ in range(count)]
        options[form] = row if form == "scores" else [1.0, *[0.0] * (count - 1)]
    return options


@pytest.mark.campaign
def test_random_calculations_are_true_and_closed(budget: int) -> None:
    chance = random.Random(20)
    for _ in range(60 * budget):
        options = random_options(chance)
        try:
            diagram = draw(options)
        except DiagramError as refused:
            if "rounds to 0" in str(refused):
                continue
            assert "at least" in str(refused), (options, refused)
            needed = int(re.findall(r"at least (\d+) columns", str(refused))[0])
            assert needed > options["width"]
            diagram = draw(options, width=needed)
            options["width"] = needed
            assert f"at least {needed} columns" in error(options, width=needed - 1)
        own = "".join(options["tokens"])
        assert too_wide(diagram.lines, options["width"]) == [], options
        assert foreign(diagram.lines, own, options["charset"]) == set(), options
        if options["charset"] == "unicode":
            assert list(loose_ends(diagram.lines)) == [], options
        assert diagram.alternative
        assert draw(options) == diagram
        roomy = draw(options, width=200)
        assert wrong(roomy, options["arithmetic"] == "shown") == [], options


def test_a_width_that_is_too_small_is_told_exactly() -> None:
    for options, width in itertools.product((SENTENCE, PENCIL), (1, 10, 20)):
        message = error(options, width=width)
        needed = int(re.findall(r"at least (\d+) columns", message)[0])
        assert too_wide(draw(options, width=needed).lines, needed) == []
        assert needed <= 32
        assert f"at least {needed} columns" in error(options, width=needed - 1)


def test_a_note_puts_negative_terms_in_brackets() -> None:
    drawn = "\n".join(draw({"kind": "steps", "tokens": ["3.5", "a"], "query": "3.5"}).lines)
    assert "0.76 + (-0.13) would be 0.63" in " ".join(drawn.split())
    assert "+ -" not in drawn


@pytest.mark.parametrize(
    ("options", "width", "walls", "beside"),
    [
        (PENCIL, 56, True, True),
        (PENCIL, 55, True, False),
        (PENCIL, 33, True, False),
        (PENCIL, 32, False, False),  # A line would be divided, and a short width is not worth walls then.
        ({**PENCIL, "embeddings": [[0.12, 0.34, 0.56, 0.78, 0.91, 0.23]] * 3}, 48, True, False),
        ({**PENCIL, "embeddings": [[0.12, 0.34, 0.56, 0.78, 0.91, 0.23]] * 3}, 47, False, False),
    ],
)
def test_products_stand_in_a_box_where_there_is_room(
    options: dict[str, Any], width: int, walls: bool, beside: bool
) -> None:
    lines = draw(options, width=width, sections=["dot"]).lines
    assert any(line.startswith("┌") for line in lines) == walls
    assert any("→" in line for line in lines) == beside
    assert too_wide(lines, width) == []
    assert list(loose_ends(lines)) == []
