"""The comparison: its numbers redone with plain Python from what it prints, and its wires followed one by one."""

from __future__ import annotations

import random
import re
from decimal import ROUND_HALF_UP, Decimal
from itertools import combinations, pairwise
from math import exp, sqrt, tanh

import numpy as np
import pytest
from support import OPPOSITE, arms, foreign, grid, loose_ends, too_wide

from mdattn.diagrams import KINDS
from mdattn.document import diagram, draw_options
from mdattn.errors import DiagramError

VECTORS = """\
embeddings:
  The: [0.2, 0.5, 0.1]
  cat: [0.8, 0.1, 0.6]
  sat: [0.3, 0.9, 0.2]
  on: [0.1, 0.6, 0.3]
  the: [0.2, 0.5, 0.1]
  mat: [0.4, 0.7, 0.3]
"""
SENTENCE = "kind: comparison\ntext: The cat sat on the mat\n"
STEP = re.compile(r'^(?:Step )?(\d+)(?:: process)? "?(\S+?)"? +([█▌#]*) +(<?[\d.]+ %)(?:  (.*))?$', re.MULTILINE)
WORD = re.compile(r'^(?:Word )?(\d+):? "?(\S+?)"? +([█▌#]*) +(<?[\d.]+ %|[·.])(?:  \[(.*)\])?$', re.MULTILINE)


def drawn(more: str = VECTORS, start: str = SENTENCE) -> str:
    return diagram(start + more)


def sides(text: str) -> tuple[str, str, str]:
    before, rest = text.split("AFTER TRANSFORMERS\n")
    after, costs = rest.split("ONE TYPE OF LAYER AND THE OTHER\n")
    return before, after, costs


def percent(value: float) -> str:
    return str(Decimal(repr(round(value * 100, 7))).quantize(Decimal(1), ROUND_HALF_UP)) + " %"


def softmax(scores: list[float]) -> list[float]:
    top = max(scores)
    parts = [exp(score - top) for score in scores]
    return [part / sum(parts) for part in parts]


def weights_from(rows: list[list[float]], causal: bool) -> list[float]:
    """The weight that each word gives to the first, from vectors."""
    found = []
    for place, query in enumerate(rows):
        keys = rows[: place + 1] if causal else rows
        scores = [sum(a * b for a, b in zip(query, key, strict=True)) / sqrt(len(query)) for key in keys]
        found.append(softmax(scores)[0])
    return found


# The recurrent side ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("retention", ["0.5", "0.9", "0.3", "0.0625"])
def test_the_memory_is_the_retention_multiplied_once_a_step(retention: str) -> None:
    before, _, _ = sides(drawn(f"retention: {retention}\n"))
    steps = STEP.findall(before)
    assert [step[1] for step in steps] == ["The", "cat", "sat", "on", "the", "mat"]
    for number, (_, _, _, value, _) in enumerate(steps):
        share = Decimal(retention) ** number * 100
        shown = share.quantize(Decimal(1), ROUND_HALF_UP)
        assert value == (f"{shown} %" if shown else "<1 %")
    assert f"h2 = {retention} × h1 + {1 - Decimal(retention)} × cat" in before
    assert f"multiplies the share by {retention}" in before


def test_what_is_said_of_the_memory_follows_the_stated_thresholds() -> None:
    before, _, _ = sides(drawn("retention: 0.8\ntext: a b c d e f g h i j k l\n", "kind: comparison\n"))
    assert "Words: remembered from 50 %, fading from 10 %, else mostly forgotten." in before
    for _, _, _, value, word in STEP.findall(before):
        number = int(value.removesuffix(" %"))
        assert word == ("remembered" if number >= 50 else "fading" if number >= 10 else "mostly forgotten")
    assert 'By the end, "a" is mostly forgotten: 9 % of h12.' in before


def test_a_share_that_prints_as_ten_percent_counts_as_ten() -> None:
    # 0.98 to the power of 114 is 0.0999: printed 10 %, so it must be called what 10 % is called.
    words = " ".join(f"w{number}" for number in range(115))
    before, _, _ = sides(drawn(f"retention: 0.98\ntext: {words}\n", "kind: comparison\n"))
    assert STEP.findall(before)[-1][3:] == ("10 %", "fading")


def test_rounding_is_named_only_where_it_shows() -> None:
    assert "rounded only when printed" in drawn("retention: 0.5\n")
    assert "rounded only when printed" not in drawn("retention: 0.1\n", "kind: comparison\ntext: a b c\n")


@pytest.mark.parametrize("width", [32, 72, 120])
@pytest.mark.parametrize("retention", ["0.5", "0.1"])
@pytest.mark.parametrize("vectors", ["[[0.123456789, 1], [0.2, 0.3], [0.5, 1]]", "[[0.1, 1], [0.2, 0.3], [0.5, 1]]"])
def test_one_note_tells_of_all_that_is_rounded(vectors: str, retention: str, width: int) -> None:
    more = f"embeddings: {vectors[:-1]}, [0.7, 0], [1, 0], [0, 1]]\nretention: {retention}\nwidth: {width}\n"
    text = " ".join(drawn(more, "kind: comparison\ntext: a b c d e f\n").split())
    shares, inputs = retention == "0.5", "0.123456789" in vectors
    notes = re.findall(r"[^.:]*\brounded\b[^.]*\.", text)
    assert len(notes) == (shares or inputs)
    if inputs:
        assert f"Printed {'shares and ' if shares else ''}vectors are rounded; all is computed in full." in text


def test_each_hidden_state_takes_in_a_word_and_the_state_before() -> None:
    lines = drawn().split("\n")
    row = next(line for line in lines if "h1" in line)
    assert [each.strip("│├─ ") for each in row.split("→")] == ["h1", "h2", "h3", "h4", "h5", "h6"]
    arrows = lines[lines.index(row) - 2]
    words = lines[lines.index(row) - 4]
    assert [words[arrows.index("↓") - 1 :][:3], arrows.count("↓")] == ["The", 6]


# The transformer's side -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mask", ["none", "causal"])
@pytest.mark.parametrize("inputs", [VECTORS, "", "dimensions: 5\n"], ids=["given", "illustrative", "five"])
def test_the_weights_follow_from_the_printed_vectors(mask: str, inputs: str) -> None:
    _, after, _ = sides(drawn(f"{inputs}mask: {mask}\nwidth: 100\n"))
    rows = WORD.findall(after)
    vectors = [[float(number) for number in row[4].split(", ")] for row in rows]
    assert [row[3] for row in rows] == [percent(each) for each in weights_from(vectors, mask == "causal")]
    assert f"dot products / √{len(vectors[0])}" in after


def test_the_vectors_are_listed_where_they_do_not_fit_beside() -> None:
    _, after, _ = sides(drawn(VECTORS + "width: 32\n"))
    listed = re.findall(r"^\d \w+ +\[(.*)\]$", after, re.MULTILINE)
    vectors = [[float(number) for number in row.split(", ")] for row in listed]
    shown = [row[3] for row in WORD.findall(after)]
    assert shown == [percent(each) for each in weights_from(vectors, causal=False)]


def test_given_scores_are_printed_and_weighed() -> None:
    more = "scores: [[1, 0, 2], [0.5, 0.5, 0], [-0.2, 3, 0.5]]\ntemperature: 2\nsoftcap: 1.5\n"
    _, after, _ = sides(drawn(more, "kind: comparison\ntext: a b c\n"))
    rows = WORD.findall(after)
    for _, _, _, value, scores in rows:
        capped = [1.5 * tanh(float(score) / 2 / 1.5) for score in scores.split(", ")]
        assert value == percent(softmax(capped)[0])
    assert "softmax of its scores / 2, each s made 1.5 × tanh(s / 1.5), over all words" in " ".join(after.split())


@pytest.mark.parametrize(("scale", "shown"), [("2", "2"), ("0.25", "0.25"), ("0.33333333", "0.33333333")])
def test_a_scale_of_the_authors_is_printed(scale: str, shown: str) -> None:
    assert f"dot products × {shown}, over all words" in " ".join(drawn(VECTORS + f"scale: {scale}\n").split())


def test_given_weights_are_printed_as_given() -> None:
    more = "weights: [[1, 0, 0], [0.125, 0.875, 0], [0.004, 0.5, 0.496]]\n"
    _, after, _ = sides(drawn(more, "kind: comparison\ntext: a b c\n"))
    assert [row[3] for row in WORD.findall(after)] == ["100 %", "13 %", "<1 %"]
    assert "The weights are given." in after
    assert "softmax" not in after


def test_illustrative_vectors_are_called_so() -> None:
    assert "Illustrative embeddings" in drawn("")
    assert "Illustrative" not in drawn()


def test_both_sides_draw_bars_at_one_scale() -> None:
    before, after, _ = sides(drawn())
    rows = [*STEP.findall(before), *WORD.findall(after)]
    assert len(rows) == 12
    for _, _, bar, value, _ in rows:
        halves = 2 * bar.count("█") + bar.count("▌")
        assert halves / 40 == pytest.approx(int(value.removesuffix(" %")) / 100, abs=0.013 + 0.005)
    starts = {line.index("█") for line in (before + after).split("\n") if re.match("(Step|Word) .*█", line)}
    assert len(starts) == 1


def joined(text: str, count: int) -> set[tuple[int, int]]:
    """The pairs of words that a row of wires connects, found by walking along the wires."""
    lines = text.split("\n")
    arrows = next(number for number, line in enumerate(lines) if line and not line.strip(" ↕↓↑"))
    columns = [place for place, sign in enumerate(lines[arrows]) if sign in "↕↓↑"]
    assert len(columns) == count
    found = set()
    rows = grid(lines[arrows + 2 :])
    for row in rows[: rows.index([])]:
        first = next(place for place, sign in enumerate(row) if "r" in arms(sign))
        place = first
        while "r" in arms(row[place]):
            assert OPPOSITE["r"] in arms(row[place + 1])
            place += 1
            if place in columns and "u" in arms(row[place]):
                found.add((columns.index(first), columns.index(place)))
    return found


@pytest.mark.parametrize("count", [2, 3, 6, 7])
def test_every_pair_is_wired(count: int) -> None:
    text = " ".join("abcdefghijkl"[:count])
    _, after, _ = sides(drawn(f"text: {text}\n", "kind: comparison\n"))
    assert joined(after, count) == set(combinations(range(count), 2))
    pairs = count * (count - 1) // 2
    assert f"{pairs} pair{'s' if pairs > 1 else ''}, both ways" in after
    assert f"{count} × {count} = {count**2} weights" in " ".join(after.split())


@pytest.mark.parametrize("size", [2, 3, 5])
def test_a_window_wires_only_what_it_allows(size: int) -> None:
    _, after, _ = sides(drawn(f"mask: {{window: {size}}}\n"))
    assert joined(after, 6) == {(one, other) for one, other in combinations(range(6), 2) if other - one < size}
    allowed = sum(min(size, place + 1) for place in range(6))
    assert f"{allowed} of 6 × 6 = 36 weights" in after


@pytest.mark.parametrize(("mask", "signs"), [("none", "↕↕↕↕↕↕"), ("causal", "↓↕↕↕↕↑"), ("{window: 2}", "↓↕↕↕↕↑")])
def test_arrows_say_which_way_the_mask_allows(mask: str, signs: str) -> None:
    _, after, _ = sides(drawn(f"mask: {mask}\n"))
    row = next(line for line in after.split("\n") if set("↕↓↑") & set(line))
    assert "".join(row.split()) == signs


def test_arrows_speak_of_the_words_that_are_drawn() -> None:
    text = " ".join(f"w{number}" for number in range(40))
    _, after, _ = sides(drawn(f"text: {text}\nmask: {{window: 2}}\n", "kind: comparison\n"))
    row = next(line for line in after.split("\n") if set("↕↓↑") & set(line))
    # The sixth word is attended to by the seventh, which is not drawn.
    assert re.fullmatch("(↓↕*↑)+", "".join(row.split()))


def test_a_window_of_one_wires_nothing() -> None:
    _, after, costs = sides(drawn("mask: {window: 1}\n"))
    assert "↕" not in after
    assert '"mat" never sees "The"' in after
    assert re.search(r"Path, first to last │ +n - 1 = 5 │ +not reachable │", costs)


def test_a_mask_of_any_form_is_shown_sign_by_sign() -> None:
    more = "mask: [[true, false, true], [false, false, false], [false, true, true]]\n"
    _, after, _ = sides(drawn(more, "kind: comparison\ntext: a b c\n"))
    assert "a  ■ · ■\nb  · · ·\nc  · ■ ■\n" in after
    assert '"b" attends to nothing.' in after
    assert "4 of 3 × 3 = 9 weights" in after
    assert [row[3] for row in WORD.findall(after)][1:] == ["·", "·"]
    assert '· masked: may not attend to "a"' in after


# Costs ----------------------------------------------------------------------------------------------------------------


def cost_rows(costs: str) -> list[list[str]]:
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in costs.split("\n") if line.startswith("│")]
    return rows[1:]


@pytest.mark.parametrize("width", [28, 32, 36])
def test_a_long_number_stands_in_one_line(width: int) -> None:
    options = {"kind": "comparison", "tokens": list("abcdefghijklmnopqrstuvwx"), "width": width, "d_model": 65536}
    (operations,) = (line for line in draw_options(options).lines if "103" in line)
    assert operations.split()[-1] == f"{24 * 65536**2:,}"


@pytest.mark.parametrize(("count", "d"), [(6, 512), (6, 3), (30, 64), (2, 2)])
def test_costs_are_those_of_the_table(count: int, d: int) -> None:
    text = " ".join(f"w{number}" for number in range(count))
    _, _, costs = sides(drawn(f"text: {text}\nd_model: {d}\nwidth: 100\n", "kind: comparison\n"))
    steps, path, work = cost_rows(costs)
    assert steps[1:] == [f"n = {count}", "1"]
    assert path[1:] == [f"n - 1 = {count - 1}", "1"]
    assert work[1:] == [f"n × d × d = {count * d * d:,}", f"n × n × d = {count * count * d:,}"]
    verdict = "more" if count > d else "fewer" if count < d else "as many"
    assert f"Counted so, self-attention takes {verdict} operations" in costs
    assert "projections and a feed-forward network besides" in costs


def test_d_is_that_of_the_vectors_unless_it_is_given() -> None:
    usual = drawn("text: a b c\nwidth: 120\n", "kind: comparison\n")
    assert "d = 512 numbers a word (of the paper's base model; the embeddings have 3)\n" in usual
    assert "d = 3 numbers a word (as the embeddings have)\n" in drawn(VECTORS)
    assert "d = 7 numbers a word (as given)\n" in drawn("weights: [[1]]\nd_model: 7\n", "kind: comparison\ntext: a\n")
    assert "d = 512 numbers a word (as given; the embeddings have 3)" in drawn(VECTORS + "d_model: 512\n")
    assert "d = 512 numbers a word (of the paper's base model)\n" in drawn(
        "weights: [[1]]\n", "kind: comparison\ntext: a\n"
    )


def test_the_paper_counts_all_pairs_whatever_a_mask_leaves() -> None:
    _, _, costs = sides(drawn(VECTORS + "mask: causal\n"))
    assert cost_rows(costs)[2][2] == "n × n × d = 108"  # Table 1: n^2 d, of 6 words and 3 numbers each.
    assert "because n is above d." in " ".join(costs.split())
    assert "Of its weights the mask leaves 21: 21 × d = 63." in costs
    assert "leaves" not in sides(drawn(VECTORS))[2]


def test_arrows_are_those_of_all_words_also_of_those_that_are_left_out() -> None:
    """A window of two in a row that shows a, b, ... and the last: each reads the one before it."""
    after = sides(drawn("text: a b c d e f g h\nmask: {window: 2}\nwidth: 32\n", "kind: comparison\n"))[1]
    words, arrows = next(pair for pair in pairwise(after.split("\n")) if set(pair[1]) & set("↓↑↕") and "…" in pair[0])
    signs = {word: arrows[words.index(word)] for word in words.split() if word != "…"}
    assert len(signs) < 8
    assert signs == {word: "↓" if word == "a" else "↑" if word == "h" else "↕" for word in signs}
    assert "↓ later words attend to it, ↑ it attends to earlier words, ↕ both." in " ".join(after.split())
    alone = sides(drawn("text: a b\nmask: {window: 1}\n", "kind: comparison\n"))[1]
    assert not set(alone.split("Weight that")[0]) & set("↓↑↕")


@pytest.mark.parametrize(("count", "size"), [(6, 2), (6, 3), (9, 4), (12, 12)])
def test_the_path_through_a_window_is_counted_in_layers(count: int, size: int) -> None:
    text = " ".join("abcdefghijkl"[:count])
    _, after, costs = sides(drawn(f"text: {text}\nmask: {{window: {size}}}\n", "kind: comparison\n"))
    layers = -(-(count - 1) // (size - 1))
    assert cost_rows(costs)[1][2] == (f"{layers} layers" if layers > 1 else "1")
    assert (f"in {layers} layers" in after) == (layers > 1)


@pytest.mark.parametrize(
    ("mask", "path"),
    [
        (
            "[[true, false, false], [false, true, true], [false, true, true]]",
            "not reachable",
        ),  # The last two see only each other.
        ("[[true, false, false], [true, true, true], [false, true, true]]", "2 layers"),
    ],
)
def test_the_path_through_a_mask_of_any_form(mask: str, path: str) -> None:
    _, _, costs = sides(drawn(f"mask: {mask}\n", "kind: comparison\ntext: a b c\n"))
    assert cost_rows(costs)[1][2] == path


@pytest.mark.parametrize("seed", range(20))
def test_weights_and_layers_of_any_mask_are_those_of_its_matrix(seed: int) -> None:
    rng, count = random.Random(seed), 2 + seed % 5
    mask = [[rng.random() < 0.4 for _ in range(count)] for _ in range(count)]
    mask[0][0] = True  # Some weight is left.
    text = " ".join("abcdefgh"[:count])
    more = f"text: {text}\nmask: {mask}\nd_model: 10\n".replace("True", "true").replace("False", "false")
    got = draw_options("kind: comparison\n" + more)
    _, after, costs = sides("\n".join(got.lines))
    pairs = sum(map(sum, mask))
    assert f"{pairs} of {count} × {count} = {count**2} weights" in after
    assert cost_rows(costs)[2][2] == f"n × n × d = {10 * count**2}"
    assert f"the mask leaves {pairs}: {pairs} × d = {10 * pairs}." in costs
    assert f"a recurrent layer takes {100 * count:,} operations and self-attention {10 * count**2}." in got.alternative
    # Through k layers leads what the k-th power of the matrix has a number for.
    matrix = np.array(mask, dtype=int)
    powers = [np.linalg.matrix_power(matrix, layers)[-1, 0] > 0 for layers in range(1, count)]
    layers = powers.index(True) + 1 if any(powers) else None
    said = "not reachable" if layers is None else "1" if layers == 1 else f"{layers} layers"
    assert cost_rows(costs)[1][2] == said


# Words and widths -----------------------------------------------------------------------------------------------------


def test_equal_words_are_told_apart() -> None:
    text = drawn("text: the cat and the\n", "kind: comparison\n")
    assert 'Share of the first "the" in the hidden state:' in text
    assert re.search(r'^The last "the" gives the first "the" \d+ %', text, re.MULTILINE)


def test_long_words_are_cut_and_given_in_full() -> None:
    text = drawn("text: floccinaucinihilipilification is long\n", "kind: comparison\n")
    assert "floccinaucinihi… = floccinaucinihilipilification" in text


@pytest.mark.parametrize("width", [28, 72])
def test_a_word_too_long_for_the_sentence_is_said_by_its_label(width: int) -> None:
    # The eighth of fifteen words has no bar, and of these widths no place in the pictures.
    words = [*"abcdefg", "x" * 50, *"hijklmn"]
    text = drawn(f"tokens: [{', '.join(words)}]\nwidth: {width}\n", "kind: comparison\n")
    label = "x" * (7 if width == 28 else 15) + "…"
    assert f'Sentence: "a b c d e f g {label} h' in " ".join(text.split())
    assert text.replace("\n  ", "").endswith(f"\n\n{label} ={' ' if width == 72 else ''}{'x' * 50}\n")


@pytest.mark.parametrize("count", [13, 30, 200, 1024])
def test_what_is_left_out_of_a_long_sentence_is_counted(count: int) -> None:
    words = " ".join(f"w{number}" for number in range(count))
    before, after, _ = sides(drawn(f"text: {words}\n", "kind: comparison\n"))
    assert f"… {count - 9} more steps\n" in before
    assert f"… {count - 9} more words\n" in after
    shown = next(line for line in before.split("\n") if "h1 " in line).count("h")
    assert f"… stands for {count - shown:,} more words." in before
    said = re.search(r'Sentence: "([^"…]*)(?:…" \(([\d,]+) more words\))?', " ".join(before.split()))
    assert said
    assert len(said[1].split()) + int((said[2] or "0").replace(",", "")) == count
    assert f"{count * (count - 1) // 2:,} pairs" in after


def test_a_long_word_that_is_only_named_in_a_sentence_is_explained() -> None:
    words = [f"w{number}" for number in range(100)]
    words[60] = "x" * 60  # It has no bar, no place in the pictures, and none in the sentence above them.
    allowed = [[row != 60] * 100 for row in range(100)]
    lines = draw_options({"kind": "comparison", "tokens": words, "mask": allowed, "width": 28}).lines
    assert '"xxxxxxx…" attends to nothing.' in " ".join(lines)
    assert "xxxxxxx… =" in lines


def test_a_sentence_says_a_word_by_its_name() -> None:
    name, long = "internationalizations", "x" * 41
    drawn_ = draw_options({"kind": "comparison", "tokens": [name, "and", long], "width": 40})
    text = " ".join(drawn_.lines)
    assert f'Share of "{name}" in the hidden state' in text.replace("  ", " ") and "1 internati… " in text
    assert f"of '{name}'; in a transformer '{'x' * 9}…' gives" in drawn_.alternative


def test_the_alternative_says_the_numbers() -> None:
    alternative = draw_options(SENTENCE + VECTORS + "d_model: 512\n").alternative
    assert "ends with 3 % of 'The'; in a transformer 'mat' gives it a weight of 15 % in one step." in alternative
    assert "1,572,864 operations" in alternative
    assert "18,432" in alternative


def test_title_and_ascii() -> None:
    text = drawn("charset: ascii\ntitle: Two ways\n")
    assert text.startswith("Two ways\n\nBEFORE")
    assert text.isascii()
    assert drawn("title: none\n").startswith("BEFORE")


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("retention: 0\n", "'retention' must be a number above 0 and below 1"),
        ("retention: 1\n", "'retention' must be a number above 0 and below 1"),
        ("retention: 0.33333\n", "more than 4 decimals"),
        ("heads: 2\n", "'heads' is not an option of this kind"),
        ("d_model: 0\n", "'d_model' must be"),
        ("d_model: 8\nembeddings: [[1]]\nweights: [[1]]\n", "'embeddings' have no effect"),
        ("width: 27\n", "at least 28 columns"),
    ],
)
def test_what_cannot_be_honoured_is_an_error(more: str, message: str) -> None:
    with pytest.raises(DiagramError, match=message):
        drawn(more, "kind: comparison\ntext: a\n")


def test_the_example_is_drawn_without_loose_ends() -> None:
    lines = diagram(KINDS["comparison"].example).split("\n")
    assert list(loose_ends(lines)) == []
    assert too_wide(lines, 72) == []


WORDS = [
    "The",
    "cat",
    "猫",
    "座った",
    "👩‍👩‍👧",
    "❤️",
    "🇩🇪",
    "é",
    "שלום",
    "مرحبا",
    "floccinaucinihilipilification",
    "a",
    "New York",
]


@pytest.mark.campaign
def test_random_sentences_at_random_widths(budget: int) -> None:
    rng = random.Random(20170612)
    for _ in range(60 * budget):
        tokens = [rng.choice(WORDS) for _ in range(rng.choice([1, 2, 3, 6, 9, 12, 13, 20, 64]))]
        options: dict[str, object] = {
            "kind": "comparison",
            "tokens": tokens,
            "width": rng.choice([20, 28, 30, 32, 40, 56, 72, 100, 200]),
            "charset": rng.choice(["unicode", "ascii"]),
            "retention": rng.choice([0.5, 0.9, 0.0001, 0.9999]),
            "decimals": rng.randrange(7),
            "dimensions": rng.choice([1, 3, 8, 17]),
            "d_model": rng.choice([None, 1, 512, 65536]),
        }
        count = len(tokens)
        options["mask"] = rng.choice(
            ["none", "causal", {"window": 1}, {"window": 3}, [[rng.random() < 0.5] * count for _ in tokens]]
        )
        options = {name: value for name, value in options.items() if value is not None}
        width = int(str(options["width"]))
        if width < 28:
            with pytest.raises(DiagramError, match="at least 28 columns"):
                draw_options(options)
            options["width"] = width = 28
        got = draw_options(options)
        assert too_wide(got.lines, width) == [], options
        assert foreign(got.lines, "".join(tokens), str(options["charset"])) == set(), options
        assert got.alternative
        assert got == draw_options(options)
        if options["charset"] == "unicode":
            assert list(loose_ends(got.lines)) == [], options
