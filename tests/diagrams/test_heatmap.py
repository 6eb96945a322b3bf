"""The heatmap says what the numbers say: its cells, its legend and its remarks are read back and redone."""

from __future__ import annotations

import random
import re
import time
from decimal import ROUND_HALF_UP, Decimal
from math import exp, sqrt, tanh
from typing import Any

import pytest
from redo import redo
from support import foreign, grid, loose_ends, too_wide, width

from mdattn.diagrams import KINDS
from mdattn.diagrams._kind import Diagram
from mdattn.document import draw_options
from mdattn.errors import DiagramError

WORDS = ["The", "cat", "sat", "on", "the", "mat"]
VECTORS = [[0.2, 0.5, 0.1], [0.8, 0.1, 0.6], [0.3, 0.9, 0.2], [0.1, 0.6, 0.3], [0.2, 0.5, 0.1], [0.4, 0.7, 0.3]]
LEVELS = {"□□□": 0, "■□□": 1, "■■□": 2, "■■■": 3}
SHADES = {"░": 0, "▒": 1, "▓": 2, "█": 3}
Matrix = list[list[float]]


def drawn(**options: Any) -> Diagram:
    return draw_options({"kind": "heatmap", **options})


def cat(**options: Any) -> list[str]:
    return list(drawn(tokens=WORDS, embeddings=VECTORS, **options).lines)


def half_up(value: float, decimals: int) -> str:
    exact = Decimal(value).quantize(Decimal(10) ** -9)
    return str(exact.quantize(Decimal(10) ** -decimals, ROUND_HALF_UP))


def softmax(scores: list[float], allowed: list[bool]) -> list[float]:
    powers = [exp(score) if may else 0.0 for score, may in zip(scores, allowed, strict=True)]
    return [power / (sum(powers) or 1.0) for power in powers]


def attention(vectors: Matrix, *, temperature: float = 1.0, cap: float | None = None, see: Any = None) -> Matrix:
    """Scaled dot-product self-attention, one number at a time. `see(query, key)`: whether it may."""
    weights = []
    for row, query in enumerate(vectors):
        scores = [sum(a * b for a, b in zip(query, key, strict=True)) for key in vectors]
        scores = [score / sqrt(len(query)) / temperature for score in scores]
        scores = [cap * tanh(score / cap) for score in scores] if cap else scores
        weights.append(softmax(scores, [see is None or see(row, key) for key in range(len(vectors))]))
    return weights


def rows_of(lines: list[str], labels: list[str]) -> list[str]:
    """What stands behind the labels of the rows, without what is remarked about them; panels one after another."""
    body = next(number for number, line in enumerate(lines) if re.search("→|->", line)) + 2
    found = []
    for line, label in zip(lines[body:], labels, strict=False):
        assert line.lstrip().startswith(label.lstrip() + " "), line
        found.append(line.split(label, 1)[1].split("  attends")[0].split("  spreads")[0])
    return found


def numbers_in(lines: list[str], labels: list[str]) -> list[list[str]]:
    return [re.findall(r"\d\.\d+|·", row) for row in rows_of(lines, labels)]


# Numbers --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "redone"),
    [
        ({}, {}),
        ({"temperature": 0.1}, {"temperature": 0.1}),
        ({"mask": "causal"}, {"see": lambda query, key: key <= query}),
        ({"mask": {"window": 2}, "temperature": 0.2}, {"temperature": 0.2, "see": lambda q, k: q - 2 < k <= q}),
        ({"softcap": 0.3}, {"cap": 0.3}),
        ({"decimals": 4}, {}),
    ],
    ids=lambda each: " ".join(map(str, each)) or "default",
)
@pytest.mark.parametrize("mode", ["numbers", "both"])
def test_printed_weights_are_what_a_reader_computes(mode: str, options: Any, redone: Any) -> None:
    decimals = options.get("decimals", 2)
    see = redone.get("see", lambda query, key: True)
    expected = [
        [half_up(weight, decimals) if see(row, key) else "·" for key, weight in enumerate(weights)]
        for row, weights in enumerate(attention(VECTORS, **redone))
    ]
    assert numbers_in(cat(mode=mode, width=110, **options), WORDS) == expected


def test_scores_and_cross_attention_are_weighed_row_by_row() -> None:
    scores = [[4, 1, 0], [0, 2, 2]]
    lines = list(drawn(tokens=["x", "y"], key_tokens=["a", "b", "c"], scores=scores, mode="numbers").lines)
    expected = [[half_up(weight, 2) for weight in softmax([*map(float, row)], [True] * 3)] for row in scores]
    assert numbers_in(lines, ["x", "y"]) == expected
    assert lines[1:3] == ['Queries: "x y"', 'Keys: "a b c"']
    assert lines[5].split() == ["query", "↓", "a", "b", "c"]


def test_weights_that_are_given_are_printed() -> None:
    lines = list(drawn(tokens=["a", "b"], weights=[[0.25, 0.75], [1, 0]], mode="numbers").lines)
    assert numbers_in(lines, ["a", "b"]) == [["0.25", "0.75"], ["1.00", "0.00"]]


def test_a_row_that_does_not_add_up_as_printed_is_named_and_only_then() -> None:
    third = [1 / 3, 1 / 3, 1 / 3]
    odd = drawn(tokens=["a", "b"], key_tokens=["x", "y", "z"], weights=[third, [0.5, 0.5, 0]], mode="numbers")
    assert '  Rounded: as printed, "a" adds up to 0.99.' in odd.lines
    even = drawn(tokens=["a"], key_tokens=["x", "y"], weights=[[0.5, 0.5]], mode="numbers")
    assert not [line for line in even.lines if "Rounded" in line]
    assert not [line for line in cat(mode="squares") if "Rounded" in line]


def test_the_rounding_of_many_rows_is_counted_in_one_line() -> None:
    tokens = [f"word{number}" for number in range(12)]
    lines = list(drawn(tokens=tokens, mode="numbers").lines)
    sums = [
        sum(map(Decimal, row)) for row in numbers_in(lines, [f"{n:>2} {token}" for n, token in enumerate(tokens, 1)])
    ]
    off: list[Decimal] = [abs(Decimal(total) - 1) for total in sums if total != 1]
    assert len(off) > 1
    said = re.search(r"(\d+) of 12 rows miss 1.00 by (?:up to )?(0.\d\d)\.", "\n".join(lines))
    assert said
    assert (int(said[1]), Decimal(said[2])) == (len(off), max(off))


# Cells ----------------------------------------------------------------------------------------------------------------


def legend_of(lines: list[str]) -> dict[str, tuple[Decimal, Decimal]]:
    found = re.findall(r"([■□░▒▓█]+) (\d\.\d+)(?:–(\d\.\d+))?", "\n".join(lines[-6:]))
    return {sign: (Decimal(low), Decimal(high or low)) for sign, low, high in found}


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(("count", "decimals"), [(4, 2), (6, 3), (10, 1), (9, 2)])
def test_each_cell_stands_for_the_range_in_the_legend(seed: int, count: int, decimals: int) -> None:
    random_ = random.Random(seed)
    labels = [f"w{number}" for number in range(count)]
    scores = [[random_.uniform(0, 5) for _ in labels] for _ in labels]
    shown = list(drawn(tokens=labels, scores=scores, mode="both", decimals=decimals, width=200).lines)
    legend = legend_of(shown)
    pairs = re.findall(r"([■□]{3}) (\d\.\d+)", "\n".join(rows_of(shown, labels)))
    assert len(pairs) == count * count
    for sign, number in pairs:
        low, high = legend[sign]
        assert low <= Decimal(number) <= high, (sign, number)


@pytest.mark.parametrize(
    ("weight", "sign"), [(0.7, 3), (0.695, 3), (0.695 - 2e-13, 3), (0.6949, 2), (0.4, 2), (0.1, 1), (0.0949, 0)]
)
@pytest.mark.parametrize("mode", ["squares", "shades", "both"])
def test_a_border_value_belongs_to_the_fuller_cell_as_it_is_printed(mode: str, weight: float, sign: int) -> None:
    lines = list(drawn(tokens=["q"], key_tokens=["a", "b"], weights=[[weight, 1 - weight]], mode=mode).lines)
    (cells,) = rows_of(lines, ["q"])
    first = next(part for part in cells.split() if part[0] in "■□░▒▓█")
    assert (SHADES[first[0]] if mode == "shades" else LEVELS[first]) == sign


def test_of_more_than_ten_keys_the_levels_begin_at_an_equal_share() -> None:
    scores = [[0.0] * 20]
    lines = list(drawn(tokens=["q"], key_tokens=[f"k{n}" for n in range(20)], scores=scores, mode="shades").lines)
    assert legend_of(lines) == {
        "██": (Decimal("0.20"), Decimal("1.00")),
        "▓▓": (Decimal("0.10"), Decimal("0.19")),
        "▒▒": (Decimal("0.05"), Decimal("0.09")),
        "░░": (Decimal("0.00"), Decimal("0.04")),
    }
    assert "".join(lines).count("▒▒") == 20 + 1


@pytest.mark.parametrize("charset", ["unicode", "ascii"])
@pytest.mark.parametrize("mode", ["squares", "shades", "numbers", "both"])
def test_a_masked_cell_differs_from_a_small_weight(mode: str, charset: str) -> None:
    mask = [[False, True, True]]
    weights = [[0, 0, 1]]
    options: Any = {"tokens": ["q"], "key_tokens": ["a", "b", "c"], "mask": mask, "weights": weights}
    lines = list(drawn(**options, mode=mode, charset=charset).lines)
    masked, small, *_ = re.split(r"\s{2,}", rows_of(lines, ["q"])[0].strip())
    assert masked == ("·" if charset == "unicode" else ".")
    assert small.strip(". ·")
    assert f"{masked} masked" in lines[-1]


@pytest.mark.parametrize("keys", range(2, 65))
def test_an_equal_share_is_not_in_the_lowest_level(keys: int) -> None:
    lines = drawn(tokens=["q"], key_tokens=["k"] * keys, scores=[[0] * keys], mode="squares", width=200).lines
    assert "□□□" not in "".join(lines[:-1]) or keys == 2
    assert ("■■□" in "".join(lines[:-1])) == (keys == 2)


def test_signs_of_shades_are_told_apart_in_ascii() -> None:
    from mdattn.glyphs import ASCII, UNICODE

    for glyphs in (ASCII, UNICODE):
        assert len({*glyphs.shades[1:], glyphs.masked, " "}) == 6


# Remarks --------------------------------------------------------------------------------------------------------------


def remarks(**options: Any) -> list[str]:
    lines = drawn(**options).lines
    return [found[0] for line in lines if (found := re.search(r"(attends|spreads) .*", line))]


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ([1, 0, 0], "attends only to itself"),
        ([0, 1, 0], 'attends only to "b"'),
        ([0.7, 0.2, 0.1], "attends to itself (0.70)"),
        ([0.2, 0.75, 0.05], 'attends to "b" (0.75)'),
        ([0.69, 0.21, 0.1], "attends most to itself (0.69)"),
        ([0.2, 0.5, 0.3], 'attends most to "b" (0.50)'),
        ([0.2, 0.4, 0.4], 'attends most to "b" and "c" alike (0.40 each)'),
        ([0.4, 0.2, 0.4], 'attends most to itself and "c" alike (0.40 each)'),
        ([1 / 3, 1 / 3, 1 / 3], "attends to all 3 keys alike (0.33 each)"),
        ([0.2, 0.4 + 1e-12, 0.4 - 1e-12], 'attends most to "b" and "c" alike (0.40 each)'),
    ],
)
def test_a_remark_says_what_stands_out(weights: list[float], said: str) -> None:
    rest = [[0.0, 0.0, 1.0], [0.0, 0.0, 1.0]]
    assert remarks(tokens=["a", "b", "c"], weights=[weights, *rest])[0] == said


def test_a_query_without_keys_attends_to_nothing() -> None:
    mask = [[False, False], [True, True]]
    assert remarks(tokens=["a", "b"], mask=mask)[0] == "attends to nothing"
    assert "'a' attends to nothing" in drawn(tokens=["a", "b"], mask=mask).alternative
    many = drawn(text="a word " * 15, mask=[[False] * 30, *[[True] * 30] * 29], width=40)
    assert "1 query attends to nothing." in " ".join(line.strip() for line in many.lines)


def test_no_query_is_itself_in_cross_attention() -> None:
    assert remarks(tokens=["a", "b"], key_tokens=["a", "b"], weights=[[1, 0], [0.1, 0.9]]) == [
        'attends only to "a"',
        'attends to "b" (0.90)',
    ]


def test_equal_words_are_told_apart() -> None:
    assert remarks(tokens=["the", "cat", "the"], weights=[[0, 0, 1], [0.2, 0, 0.8], [0, 1, 0]]) == [
        'attends only to "the#2"',
        'attends to "the#2" (0.80)',
        'attends only to "cat"',
    ]


def test_remarks_without_room_stand_below_with_their_row() -> None:
    lines = cat(width=40, mask="causal")
    assert "  The  attends only to itself" in lines
    assert not any("■" in line and "attends" in line for line in lines)


def test_an_authors_remarks_replace_those_from_the_numbers() -> None:
    long = "looks " * 12 + "back"
    lines = cat(annotations={"sat": long, "mat": "short"})
    assert lines[10].endswith("■□□  short")
    assert lines[12].startswith("  sat  looks looks")
    assert lines[13].startswith("       looks")
    assert not any("attends" in line for line in lines)
    assert not any("attends" in line for line in cat(annotations="none"))


def test_of_several_heads_an_authors_remarks_stand_once() -> None:
    lines = list(drawn(tokens=WORDS, heads=2, annotations={"sat": "the verb"}).lines)
    assert [line for line in lines if "the verb" in line] == ["  sat  the verb"]


# Layout ---------------------------------------------------------------------------------------------------------------


def test_the_template_is_drawn_as_promised() -> None:
    assert draw_options(KINDS["heatmap"].example).lines == (
        "ATTENTION WEIGHTS",
        'Sentence: "The cat sat on the mat"',
        "",
        "           key →",
        "  query ↓  The  cat  sat  on   the  mat",
        "  The      ■■■   ·    ·    ·    ·    ·   attends only to itself",
        "  cat      □□□  ■■■   ·    ·    ·    ·   attends to itself (0.99)",
        "  sat      □□□  □□□  ■■■   ·    ·    ·   attends to itself (0.87)",
        '  on       ■□□  ■□□  ■■□  ■□□   ·    ·   attends most to "sat" (0.57)',
        '  the      ■□□  ■□□  ■■□  ■□□  ■□□   ·   attends most to "sat" (0.47)',
        '  mat      □□□  ■□□  ■■□  □□□  □□□  ■□□  attends most to "sat" (0.42)',
        "",
        "  ■■■ 0.70–1.00  ■■□ 0.40–0.69  ■□□ 0.10–0.39  □□□ 0.00–0.09  · masked",
        "  Temperature 0.1: scores are divided by it before the softmax.",
    )


@pytest.mark.parametrize("width", [32, 40, 60, 72])
def test_panels_hold_each_key_once_and_repeat_the_rows(width: int) -> None:
    lines = cat(mode="both", width=width)
    spans = [(int(a), int(b or a)) for a, b in re.findall(r"keys? (\d+)(?:–(\d+))? of 6", "\n".join(lines))]
    keys = [key for first, last in spans for key in range(first, last + 1)]
    assert keys == ([1, 2, 3, 4, 5, 6] if width < 60 else [])
    expected = [[half_up(weight, 2) for weight in row] for row in attention(VECTORS)]
    found: list[list[str]] = [[] for _ in WORDS]
    starts = [at for at, line in enumerate(lines) if "→" in line]
    for start in starts:
        for row, numbers in zip(found, numbers_in(lines[start:], WORDS), strict=True):
            row.extend(numbers)
    assert found == expected


def test_heads_stand_above_their_cells() -> None:
    tokens = ["猫", "a", "マット", "programmer", "is"]
    rows = grid(drawn(tokens=tokens, width=100).lines)
    head = next(row for row in rows if "↓" in row)
    body = rows[rows.index(head) + 1]
    starts = [at for at, sign in enumerate(body) if sign in "■□" and sign and body[at - 1] == " "]
    column = 0
    for token, start in zip(tokens, starts, strict=True):
        column = next(at for at in range(column + 1, len(head)) if head[at] == token[0] and at >= start - 4)
        middle = column + width(token) / 2
        assert abs(middle - (start + 1.5)) <= 1, token


def test_of_tokens_that_do_not_fit_a_legend_says_the_whole_word() -> None:
    word = "Donaudampfschifffahrtsgesellschaft"
    lines = list(drawn(tokens=[word, "sailed"], width=60).lines)
    assert f"  Donaudampfschif… = {word}" in lines


def test_title_and_legend_can_be_left_out() -> None:
    lines = cat(title="none", legend=False)
    assert lines[0].startswith("Sentence")
    assert "0.70" not in "\n".join(lines)
    assert cat(title="Who looks at whom?")[0] == "Who looks at whom?"


def test_heads_are_drawn_one_below_the_other() -> None:
    lines = drawn(tokens=["a", "b"], heads=[{"name": "one", "scores": [[9, 0]] * 2}, {"scores": [[0, 9]] * 2}]).lines
    assert [line for line in lines if line.startswith("Head")] == ["Head 1 of 2: one", "Head 2 of 2"]
    assert [line.split()[1] for line in lines if line.startswith("  a ")] == ["■■■", "□□□"]


# Many tokens ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("see", [lambda query, key: key <= query, lambda query, key: (key // 5 + query) % 9 == 0])
def test_blocks_hold_the_share_that_queries_give_to_keys_together(see: Any) -> None:
    count = 73
    vectors = [[((7 * n) % 11) / 5 - 1, ((5 * n) % 13) / 6 - 1] for n in range(count)]
    tokens = [f"w{number}" for number in range(count)]
    mask = [[see(query, key) for key in range(count)] for query in range(count)]
    options: Any = {"tokens": tokens, "embeddings": vectors, "mask": mask, "temperature": 0.3, "width": 60}
    lines = list(drawn(**options, mode="numbers").lines)
    size = int(re.search(r"blocks of (\d+) × \1", " ".join(lines))[1])  # type: ignore[index]
    assert count % size, "the last block is to be a smaller one"
    weights = attention(vectors, temperature=0.3, see=see)
    starts = range(0, count, size)
    for row in starts:
        queries = weights[row : row + size]
        label = f"{row + 1}–{min(row + size, count)}"
        line = next(line for line in lines if line.strip().startswith(label + " "))
        expected = []
        for key in starts:
            total = sum(sum(query[key : key + size]) for query in queries) / len(queries)
            seen = any(any(line[key : key + size]) for line in mask[row : row + size])
            expected.append(half_up(total, 2) if seen else "·")
        assert re.findall(r"\d\.\d\d|·", line.split(label)[1]) == expected


def test_positions_above_a_panel_do_not_touch() -> None:
    lines = list(drawn(tokens=["wwwwww"] * 44, mode="shades", width=32).lines)
    rulers = [lines[number + 1] for number, line in enumerate(lines) if "keys" in line]
    assert rulers == [" " * 10 + "1   5    10   15   20", " " * 10 + "23     30   35   40"]


def test_pairs_without_a_choice_are_not_called_strongest() -> None:
    lines = drawn(tokens=[f"w{number}" for number in range(40)], mask="causal", width=40).lines
    said = " ".join(line.strip() for line in lines)
    assert "Strongest where a token has a choice: " in said
    assert '1 "w0" to itself' not in said


@pytest.mark.parametrize("seed", range(4))
def test_blocks_beside_masked_ones_are_read_without_a_legend(seed: int) -> None:
    """Many queries and few keys: above the cells stands one number."""
    random_ = random.Random(seed)
    tokens = [f"w{number}" for number in range(70)]
    mask = [[random_.random() < 0.5 for _ in range(4)] for _ in tokens]
    options = {"kind": "heatmap", "tokens": tokens, "key_tokens": ["i", "j", "k", "l"], "mask": mask, "legend": False}
    got = draw_options(options)
    assert "on average, to a key." in " ".join(" ".join(got.lines).split())
    ledger = redo(options, got.lines, got.alternative)
    assert (ledger.findings, ledger.unread) == ([], [])


def test_a_masked_row_is_not_called_rounded() -> None:
    lines = drawn(tokens=["a", "b"], mask=[[False, False], [True, True]], weights=[[0, 0], [0.5, 0.5]], mode="both")
    assert "Rounded" not in "".join(lines.lines)


def test_the_strongest_pairs_of_many_are_the_strongest() -> None:
    random_ = random.Random(5)
    tokens = [f"w{number}" for number in range(1, 31)]
    scores = [[random_.uniform(0, 6) for _ in tokens] for _ in tokens]
    weights = [softmax(row, [True] * 30) for row in scores]
    best = sorted(((weights[q][k], q, k) for q in range(30) for k in range(30)), reverse=True)[:3]
    said = " ".join(line.strip() for line in drawn(tokens=tokens, scores=scores).lines)
    names = [f'{q + 1} "w{q + 1}" to ' + ("itself" if q == k else f'{k + 1} "w{k + 1}"') for _, q, k in best]
    expected = "; ".join(f"{name} {half_up(weight, 2)}" for name, (weight, _, _) in zip(names, best, strict=True))
    assert f"Strongest: {expected}." in said


@pytest.mark.parametrize("width", [32, 72, 200])
@pytest.mark.parametrize("count", [65, 200, 512, 1024])
def test_hundreds_of_tokens_are_drawn_on_a_page(count: int, width: int) -> None:
    diagram = drawn(tokens=[f"w{number}" for number in range(count)], mask="causal", width=width)
    assert not too_wide(diagram.lines, width)
    assert len(diagram.lines) < 100
    said = " ".join(line.strip() for line in diagram.lines)
    assert f"{count} × {count} weights in blocks of" in said
    sentence = re.search(r'Sentence: "([w\d ]+)(?:…" \(([\d,]+) more tokens\)|")', said)
    assert sentence
    assert len(sentence[1].split()) + int((sentence[2] or "0").replace(",", "")) == count


# Errors ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"width": 23}, "needs at least 24 columns"),
        ({"annotations": {"dog": "barks"}}, "'dog' is not a token"),
        ({"values": [[1.0]] * 6}, "'values' has no effect"),
        ({"mode": "square"}, "did you mean 'squares'"),
    ],
    ids=str,
)
def test_what_cannot_be_drawn_is_said(options: Any, said: str) -> None:
    with pytest.raises(DiagramError) as caught:
        cat(**options)
    assert said in caught.value.diagnostics[0].text()


# Campaign -------------------------------------------------------------------------------------------------------------

STRANGE = [
    "x" * 90,
    "cat", "a", "the", "Donaudampfschifffahrtsgesellschaft", "猫", "座った", "マット", "👩‍👩‍👧", "❤️",
    "🇫🇷", "e\u0301", "ก็", "שלום", "مرحبا", "Ġthe", "##ing", "<s>", '"', "\t", "the", ".", "…", "ＡＢ", "\u200b", "👍🏽",
    "한국어",
]  # fmt: skip


def random_options(random_: random.Random) -> dict[str, Any]:
    count = random_.choice([1, 2, 3, 6, 6, 8, 12, 20, 33, 64, 65, 130])
    tokens = [random_.choice(STRANGE) for _ in range(count)]
    options: dict[str, Any] = {
        "tokens": tokens,
        "width": random_.choice([24, 28, 32, 32, 40, 50, 72, 72, 100, 200]),
        "charset": random_.choice(["unicode", "ascii"]),
        "decimals": random_.choice([0, 1, 2, 2, 3, 6]),
        "mode": random_.choice([None, "squares", "shades", "numbers", "both"]),
        "mask": random_.choice(["none", "causal", {"window": random_.randint(1, 5)}]),
        "legend": random_.random() < 0.8,
    }
    keys = count
    if random_.random() < 0.3:
        keys = random_.choice([1, 3, 7, 20, 70])
        options["key_tokens"] = [random_.choice(STRANGE) for _ in range(keys)]
    form = random_.random()
    if form < 0.3:
        options["scores"] = [[random_.choice([0, 1, 2.5, -3, 8]) for _ in range(keys)] for _ in range(count)]
    elif form < 0.5:
        options["heads"] = random_.choice([2, 3])
    if random_.random() < 0.2:
        options["mask"] = [[random_.random() < 0.5 for _ in range(keys)] for _ in range(count)]
    if random_.random() < 0.2:
        unique = [token for token in tokens if tokens.count(token) == 1]
        options["annotations"] = dict.fromkeys(unique[:3], "a remark of the author's own, שלום")
    return options


def test_a_head_of_many_queries_has_one_sentence_of_the_alternative() -> None:
    row = [[1.0, *[0.0] * 29], *[[0.5, 0.5, *[0.0] * 28]] * 29]
    mask = [[False] * 30, *[[True] * 30] * 29]
    said = drawn(tokens=list(map(str, range(30))), scores=[row, row], heads=2, mask=mask).alternative
    assert said.count("1 query attends to nothing.") == 2
    assert len(re.findall(r"\.(?= |$)", said)) == 3


def test_the_strongest_of_many_that_are_alike_are_counted_at_once() -> None:
    start = time.process_time()
    said = drawn(tokens=["the"] * 1024).alternative
    assert time.process_time() - start < 1.5
    pairs = '1 "the" to itself 0.00; 1 "the" to 2 "the" 0.00; 1 "the" to 3 "the" 0.00'
    assert f"Strongest: {pairs}; 1,048,573 more alike." in said


@pytest.mark.campaign
def test_any_options_give_a_drawing_that_holds(budget: int) -> None:
    for seed in range(60 * budget):
        options = random_options(random.Random(seed))
        diagram = drawn(**options)
        own = "".join([*options["tokens"], *options.get("key_tokens", []), "שלום"])
        assert not too_wide(diagram.lines, options["width"]), seed
        assert not list(loose_ends(diagram.lines)), seed
        assert not foreign(diagram.lines, own, options["charset"]), seed
        assert diagram.alternative, seed
        assert drawn(**options) == diagram, seed
        narrow = options | {"width": random.Random(seed).randint(1, 23)}
        with pytest.raises(DiagramError, match="needs at least 24 columns"):
            drawn(**narrow)
        assert not too_wide(drawn(**options | {"width": 24}).lines, 24), seed


@pytest.mark.parametrize("annotated", [False, True])
@pytest.mark.parametrize("keys", [None, 3])
@pytest.mark.parametrize("count", [4, 40, 70])
def test_each_label_in_a_sentence_or_a_remark_is_explained(count: int, keys: int | None, annotated: bool) -> None:
    words = [f"{'x' * 45}{number}" for number in range(count)]
    options: dict[str, Any] = {"kind": "heatmap", "tokens": words, "width": 32, "mode": "shades"}
    if keys:
        options["key_tokens"] = [f"{'y' * 26}{number}" for number in range(keys)]
    if annotated:
        options["annotations"] = {words[0]: "a remark", words[-1]: "another"}
    text = " ".join(" ".join(draw_options(options).lines).split())
    labels = set(re.findall(r"[xy]+…\d*", text))
    assert labels
    assert all(f"{label} = " in text for label in labels), [each for each in labels if f"{each} = " not in text]
