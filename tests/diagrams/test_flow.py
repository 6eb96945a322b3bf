"""The flow: its numbers are read back out of the drawing and recomputed from what is printed, without the package."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from math import exp, prod, sqrt, tanh
from random import Random
from typing import Any

import pytest
from support import foreign, loose_ends, too_wide

from mdattn.diagrams._kind import Diagram
from mdattn.diagrams.flow import KIND
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
CAT = {"kind": "flow", "text": "The cat sat on the mat", "query": "sat", "embeddings": EMBEDDINGS}


def drawn(**options: Any) -> Diagram:
    return draw_options({"kind": "flow", **options})


def text_of(**options: Any) -> str:
    return "\n".join(drawn(**options).lines)


# Reading a drawing back -----------------------------------------------------------------------------------------------


def cells_of(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"[│|]", line)[1:-1]]


def is_number(text: str) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?", text) is not None


def boxed(text: str) -> dict[str, list[list[float]]]:
    """Of each word its vectors, one a part of its box; words must not repeat or be numbers."""
    found: dict[str, list[list[float]]] = {}
    words: list[str] = []
    for line in text.partition("Attention of")[0].split("\n"):
        row = [cell for cell in cells_of(line) if cell] if re.search(r"[│|]", line) else []
        if row and not all(map(is_number, row)):
            words = row
            found |= {word: [[]] for word in words}
        elif row:
            for word, number in zip(words, row, strict=True):
                found[word][-1].append(float(number))
        elif re.search("├", line):
            for word in words:
                found[word].append([])
    return found


def columns(text: str) -> dict[str, list[str]]:
    """The columns of the (first) table by their heads; tables in pieces are put together."""
    found: dict[str, list[str]] = {}
    heads: list[str] = []
    for line in text.partition("Attention of")[2].split("\n"):
        row = cells_of(line) if re.search(r"[│|]", line) else []
        if row and row[0] == "Key":
            heads = row
            found |= {head: [] for head in heads}
        elif row:
            for head, cell in zip(heads, row, strict=True):
                found[head].append(cell)
    return found


def numbers(text: str) -> list[float]:
    return [float(each) for each in re.findall(r"-?\d+(?:\.\d+)?", text)]


def query_of(text: str) -> list[float]:
    match = re.search(r"query = (\[[^]]*\])", text)
    assert match
    return numbers(match[1])


def output_of(text: str) -> list[float]:
    match = re.search(r"\n *= (\[[^]]*\])", text)
    assert match
    return numbers(match[1])


def half_up(value: float, decimals: int) -> str:
    """Rounded as taught in school, by the decimal module; -0.00 is 0.00."""
    near = Decimal(value).quantize(Decimal("1e-9"))
    return str(near.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP) + 0)


def softmax(scores: list[float]) -> list[float]:
    top = max(scores)
    each = [exp(score - top) for score in scores]
    return [one / sum(each) for one in each]


# The numbers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [24, 32, 40, 72, 120])
@pytest.mark.parametrize("charset", ["unicode", "ascii"])
def test_a_reader_can_redo_the_template(width: int, charset: str) -> None:
    text = text_of(**{**CAT, "width": width, "charset": charset})
    vectors, table, query = boxed(text), columns(text), query_of(text)
    assert {word: parts[0] for word, parts in vectors.items()} == EMBEDDINGS
    assert table["Key"] == list(vectors)
    dots = [sum(a * b for a, b in zip(query, vectors[word][0], strict=True)) for word in table["Key"]]
    assert table["Similarity"] == [half_up(dot, 2) for dot in dots]
    scaled = table["/ √3" if charset == "unicode" else "/ sqrt 3"]
    assert scaled == [half_up(dot / sqrt(3), 2) for dot in dots]
    weights = softmax([dot / sqrt(3) for dot in dots])
    assert table["Attention"] == [f"{half_up(100 * weight, 0)} %" for weight in weights]
    sums = [sum(w * vectors[word][0][axis] for w, word in zip(weights, table["Key"], strict=True)) for axis in range(3)]
    assert output_of(text) == [float(half_up(each, 2)) for each in sums]


def test_the_template_says_what_rounding_shows() -> None:
    text = text_of(**CAT)
    assert "Rounded: as printed the column adds up to 99 %, and the rounded" in text
    # From 0.31, 0.26, 0.54, 0.36, 0.31 and 0.47 a reader gets 15.54 % for "The"; it is 15.49 %.
    assert 'numbers would give 16 % for "The" and "the".' in text


def test_no_note_stands_where_rounding_hides_nothing() -> None:
    text = text_of(text="a b", query="a", weights=[0.25, 0.75], values=[[4, 0], [0, 4]])
    assert "Rounded" not in text
    assert "full precision" not in text
    assert "0.25 × a + 0.75 × b" in text
    assert output_of(text) == [1.0, 3.0]


def test_an_output_that_the_printed_weights_do_not_give_is_confessed() -> None:
    text = text_of(text="a b c", query="a", weights=[0.124, 0.25, 0.626], values=[[100], [0], [0]])
    assert output_of(text) == [12.4]
    assert "the rounded weights above would give\n       [12.00]." in text


def test_one_line_tells_all_that_is_said_of_rounding() -> None:
    text = text_of(text="a b c", query="a", weights=[0.125, 0.25, 0.625], values=[[100], [0], [0]])
    assert output_of(text) == [12.5]  # of 13 %, 25 % and 63 %
    last = " ".join(text.rpartition("\n\n")[2].split())
    assert last.endswith("the weights add up to 101 %, and from the printed numbers, the output would be [13.00].")
    weights = [[[0.125, 0.25, 0.625]] * 3, [[0.25, 0.25, 0.5]] * 3, [[0.334, 0.333, 0.333]] * 3]
    text = " ".join(text_of(text="a b c", query="a", heads=3, weights=weights).split())
    assert text.count("add up") == 1
    assert text.endswith("rounded when printed: the weights add up to 101 % in head 1 and 99 % in head 3.")
    text = " ".join(text_of(text="a b c", query="a", heads=4, weights=[weights[2]] * 4, arithmetic="exact").split())
    assert text.endswith("the weights of 4 heads do not add up to 100 %.")


@pytest.mark.parametrize("seed", range(8))
def test_shown_arithmetic_is_redone_from_the_printed_numbers_alone(seed: int) -> None:
    random = Random(seed)
    words = ["one", "two", "three", "four", "five"]
    vectors = {word: [round(random.uniform(-1.5, 1.5), 2) for _ in range(3)] for word in words}
    text = text_of(text=" ".join(words), query="two", embeddings=vectors, arithmetic="shown", width=100)
    printed, table, query = boxed(text), columns(text), query_of(text)

    def keep(value: float) -> float:
        return float(half_up(value, 2))

    dots = [keep(sum(keep(a * b) for a, b in zip(query, printed[word][0], strict=True))) for word in table["Key"]]
    assert [float(each) for each in table["Similarity"]] == dots
    scaled = [keep(dot / 1.73) for dot in dots]
    assert [float(each) for each in table["/ √3"]] == scaled
    exponentials = [keep(exp(score)) for score in scaled]
    assert [float(each) for each in table["exp"]] == exponentials
    total = keep(sum(exponentials))
    assert f"divided by the sum of all exp, {half_up(total, 2)}." in text
    weights = [keep(each / total) for each in exponentials]
    assert table["Attention"] == [f"{half_up(100 * weight, 0)} %" for weight in weights]
    output = [
        keep(sum(keep(w * printed[word][0][axis]) for w, word in zip(weights, words, strict=True))) for axis in range(3)
    ]
    assert output_of(text) == output
    assert "Each number is rounded to 2 decimals before the next step uses it (√3 = 1.73)" in text


def test_projected_keys_and_values_are_printed_and_used() -> None:
    text = text_of(
        **{**CAT, "width": 100},
        projections={
            "query": [[1, 0], [0, 1], [1, 1]],
            "key": [[1, 0.5], [0, 1], [1, 1]],
            "value": [[1, 0], [0.5, 1], [1, 1]],
        },
    )
    vectors, table, query = boxed(text), columns(text), query_of(text)
    assert query == [0.5, 1.1]
    for word, (own, key, value) in vectors.items():
        assert own == EMBEDDINGS[word]
        assert key == pytest.approx([own[0] + own[2], own[0] / 2 + own[1] + own[2]])
        assert value == pytest.approx([own[0] + own[1] / 2 + own[2], own[1] + own[2]])
    dots = [sum(a * b for a, b in zip(query, vectors[word][1], strict=True)) for word in table["Key"]]
    assert table["Similarity"] == [half_up(dot, 2) for dot in dots]
    weights = softmax([dot / sqrt(2) for dot in dots])
    sums = [sum(w * vectors[word][2][axis] for w, word in zip(weights, table["Key"], strict=True)) for axis in (0, 1)]
    assert output_of(text) == [float(half_up(each, 2)) for each in sums]
    assert "Weighted output of the values" in text


def test_scale_temperature_and_softcap_have_their_columns() -> None:
    text = text_of(text="a b c", query="b", scores=[12.5, 31.25, 44], scale=0.25, temperature=2, softcap=5, width=90)
    table = columns(text)
    assert table["Score"] == ["12.50", "31.25", "44.00"]
    scaled = [score * 0.25 for score in (12.5, 31.25, 44)]
    assert table["× 0.25"] == [half_up(each, 2) for each in scaled]
    assert table["/ 2"] == [half_up(each / 2, 2) for each in scaled]
    capped = [5 * tanh(each / 2 / 5) for each in scaled]
    assert table["Capped"] == [half_up(each, 2) for each in capped]
    assert table["Attention"] == [f"{half_up(100 * each, 0)} %" for each in softmax(capped)]
    assert "Capped: 5 × tanh(score / 5)." in text
    # Nothing to confess: from the printed columns a reader comes to the printed numbers.
    scores = {"scores": [12.48, 31.2, 44], "scale": 0.25, "temperature": 2, "softcap": 50}
    assert "full precision" not in text_of(text="a b c", query="b", **scores)


def test_a_temperature_stands_beside_the_root() -> None:
    assert [*columns(text_of(**{**CAT, "temperature": 0.5, "width": 100}))][1:4] == ["Similarity", "/ √3", "/ 0.5"]
    assert [*columns(text_of(**{**CAT, "temperature": 1, "width": 100}))][1:4] == ["Similarity", "/ √3", "Attention"]


def test_a_dot_product_that_the_printed_keys_do_not_give_is_confessed() -> None:
    keys = [[1.2349999, 2.3449999], [1, 0]]
    text = text_of(text="a b", query="a", embeddings=[[1, 1], [0, 1]], keys=keys, width=200)
    assert columns(text)["Similarity"] == ["3.58", "1.00"]
    assert 'the rounded numbers would give 3.57 for "a" in the column' in text


def test_a_dot_product_is_redone_with_the_digits_of_the_printed_keys() -> None:
    """0.3 × 0.14 + 0.7 × 0.04 is 0.07, which prints as 0.1; with keys of one decimal it would be 0.03."""
    given = {"kind": "flow", "tokens": ["a"], "key_tokens": ["b", "c"], "query": 0, "scale": 1, "decimals": 1}
    given |= {"embeddings": [[0.3000001, 0.7]], "keys": [[0.14, 0.04], [2, 2]], "values": [[1], [1]]}
    text = "\n".join(draw_options(given).lines)
    assert "query = [0.3, 0.7]" in text and "0.04" in text
    assert "Computed" not in text


def test_of_keys_that_are_not_printed_no_digit_is_counted() -> None:
    """The 0.2 is 0.46 × 0.46, and not the 0.25 of a rounded query and a rounded key of which one stands nowhere."""
    given = {"kind": "flow", "tokens": ["a", "b"], "query": 0, "scale": 1, "decimals": 1, "sections": ["attention"]}
    given |= {"embeddings": [[0.46000001], [0.94]]}
    text = "\n".join(draw_options(given).lines)
    assert "query = [0.5]" in text and "Similarity" in text
    assert "Computed" not in text


def test_a_factor_of_many_digits_is_named_and_given_below() -> None:
    text = text_of(**{**CAT, "scale": 0.08838834764831845})
    assert "× scale" in columns(text)
    assert "scale = 0.08838834764831845" in text


def test_masked_keys_have_no_numbers_and_no_part_in_the_sum() -> None:
    text = text_of(**{**CAT, "mask": "causal"})
    table = columns(text)
    assert table["Attention"][3:] == ["masked"] * 3
    assert table["Similarity"][3:] == ["–"] * 3
    assert table[""][3:] == [""] * 3
    dots = [0.53, 0.45, 0.94]
    weights = softmax([dot / sqrt(3) for dot in dots])
    assert table["Attention"][:3] == [f"{half_up(100 * each, 0)} %" for each in weights]
    total = text.partition("Weighted output")[2]
    assert "sat" in total
    assert "mat" not in total


def test_a_query_that_sees_nothing_attends_to_nothing() -> None:
    mask = [[True, True], [False, False]]
    shape = drawn(text="a b", query="b", embeddings=[[1, 2], [3, 4]], mask=mask)
    text = "\n".join(shape.lines)
    assert '"b" attends to nothing: every key is masked.' in text
    assert output_of(text) == [0, 0]
    assert shape.alternative == "'b' attends to nothing. The output is [0.00, 0.00]."


def test_bars_start_at_zero_and_share_one_scale_over_the_heads() -> None:
    text = text_of(text="a b", query="a", heads=2, weights=[[0.5, 0.5], [1, 0]])
    bars = [cells_of(line)[-1] for line in text.split("\n") if "%" in line and "│" in line]
    assert bars == ["█" * 6, "█" * 6, "█" * 12, ""]
    text = text_of(text="a b c", query="a", weights=[0.8, 0.1, 0.1])
    assert columns(text)[""] == ["█" * 12, "█▌", "█▌"]


def test_heads_that_divide_the_vector_are_said_side_by_side() -> None:
    embeddings = [[0.1, 0.2, 0.1, 0], [0.9, 0.3, 0.4, 0.8], [0.2, 0.4, 0.9, 0.7]]
    text = text_of(text="a b c", query="b", heads=2, embeddings=embeddings)
    expected: list[float] = []
    for part in (slice(0, 2), slice(2, 4)):
        rows = [row[part] for row in embeddings]
        weights = softmax([sum(a * b for a, b in zip(rows[1], row, strict=True)) / sqrt(2) for row in rows])
        expected += [sum(w * row[axis] for w, row in zip(weights, rows, strict=True)) for axis in (0, 1)]
    match = re.search(r"Side by side = (\[[^]]*\])", text)
    assert match
    assert numbers(match[1]) == [float(half_up(each, 2)) for each in expected]
    assert "d = 4, divided among 2 heads" in text
    assert text.count("query = ") == 2


def test_a_long_sentence_keeps_the_heaviest_keys_and_says_what_is_left() -> None:
    count = 40
    weights = [1.0] * count
    weights[30], weights[35] = 31.0, 21.0
    weights = [each / sum(weights) for each in weights]
    text = text_of(tokens=[f"w{i}" for i in range(count)], query=20, weights=weights, values=[[1.0]] * count)
    keys = columns(text)["Key"]
    assert {"w20", "w30", "w35"} <= set(keys)
    assert len(keys) == 13
    assert keys[-1] == "28 more"
    shares = [float(each.rstrip(" %")) for each in columns(text)["Attention"]]
    assert sum(shares) == 34 + 23 + 10 + 31
    assert "Rounded: as printed the column adds up to 98 %." in text
    assert columns(text)["Attention"][-1] == f"{half_up(100 * 28 / 90, 0)} %"
    assert "… 28 more" in text.partition("Weighted output")[2]
    assert "token 21 of 40" in text


def test_each_head_keeps_its_heaviest_key() -> None:
    near = [1 / 14] * 14 + [0.0] * 26
    far = [0.95 / 39] * 40
    far[30] = 0.05
    text = text_of(tokens=[f"w{i}" for i in range(40)], query=0, heads=2, weights=[near, far])
    assert columns(text)["Key"].count("w30") == 1
    assert '"w0" attends most to "w30", 5 %.' in text or "← gets the most attention" in text


@pytest.mark.parametrize("heads", [2, 3])
def test_each_key_that_is_named_has_a_row(heads: int) -> None:
    """The heaviest keys of one head crowd those of another out, but for the two that the words name."""
    near = [1 / 14] * 14 + [0.0] * 26
    far = [1 / 43] * 40
    far[30], far[35] = 3 / 43, 2 / 43
    weights = [far, near, near][:heads]
    shape = drawn(tokens=[f"w{i}" for i in range(40)], query=0, heads=heads, weights=weights)
    named = set(re.findall(r"'(w\d+)'", shape.alternative)) | set(re.findall(r'"(w\d+)"', "\n".join(shape.lines)))
    assert named >= {"w30", "w35"}
    assert named <= set(columns("\n".join(shape.lines))["Key"])


def test_keys_of_no_weight_have_no_part_in_the_sum() -> None:
    text = text_of(text="a b c", query="a", weights=[0, 0.5, 0.5], values=[[1], [2], [3]])
    assert "0.50 × b + 0.50 × c\n" in text
    assert "× a" not in text


@pytest.mark.parametrize(("name", "parts"), [("query", 1), ("key", 2), ("value", 2)])
def test_vectors_that_equal_the_embedding_are_not_repeated(name: str, parts: int) -> None:
    turned = {name: [[0, 1, 0], [1, 0, 0], [0, 0, 1]]}
    assert {len(each) for each in boxed(text_of(**CAT, projections=turned)).values()} == {parts}


@pytest.mark.parametrize(
    ("given", "arithmetic", "shown"),
    [(0.125, "exact", "0.125"), (0.1234567, "exact", "0.12"), (0.125, "shown", "0.13"), (3, "exact", "3")],
)
def test_vectors_are_printed_as_written_where_that_is_short(given: float, arithmetic: str, shown: str) -> None:
    text = text_of(tokens=["a"], query=0, scores=[1], values=[[given]], arithmetic=arithmetic)
    assert f"│ {shown} │" in text.replace("  ", " ").replace("  ", " ")


def test_masked_keys_of_a_long_sentence_are_counted_apart() -> None:
    tokens = [f"w{i}" for i in range(40)]
    table = columns(text_of(tokens=tokens, query=19, mask="causal", dimensions=2))
    assert table["Key"][-2:] == ["8 more", "20 more"]
    assert table["Attention"][-1] == "masked"


# Words ----------------------------------------------------------------------------------------------------------------


def test_the_remark_stands_beside_its_row_where_there_is_room() -> None:
    wide = text_of(**{**CAT, "width": 84}).split("\n")
    assert next(line for line in wide if "← attends most to itself" in line).split("│")[1].strip() == "sat"
    assert '"sat" attends most to itself, 20 %.' not in "\n".join(wide)
    assert '"sat" attends most to itself, 20 %.' in text_of(**{**CAT, "width": 83})


def test_annotations_replace_the_remark_or_leave_it_out() -> None:
    given = text_of(**{**CAT, "width": 100, "annotations": {"mat": "where it sits"}})
    assert "attends most" not in given
    assert next(line for line in given.split("\n") if "← where it sits" in line).split("│")[1].strip() == "mat"
    assert '"mat": where it sits' in text_of(**{**CAT, "annotations": {"mat": "where it sits"}})
    assert "attends most" not in text_of(**{**CAT, "annotations": "none"})


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ([0.5, 0.5, 0], '"a" attends most to itself and "b" alike, 50 % each.'),
        ([0.2, 0.4, 0.4], '"a" attends most to "b" and "c" alike, 40 % each.'),
        ([1 / 3, 1 / 3, 1 / 3], '"a" attends to all 3 keys alike, 33 % each.'),
        ([0, 0, 1], "← gets all attention"),
        ([0.1, 0.7, 0.2], "← gets the most attention"),
    ],
)
def test_the_remark_is_made_from_the_numbers(weights: list[float], said: str) -> None:
    assert said in text_of(text="a b c", query="a", weights=weights)


def test_equal_words_stay_apart() -> None:
    text = text_of(text="row row row", query="row#2", embeddings={"row": [1], "row#3": [0.5]})
    assert columns(text)["Key"] == ["row", "row#2", "row#3"]
    assert 'Attention of "row#2"' in text
    assert '"row row row"' in text


def test_words_that_are_cut_stand_in_full_in_the_legend() -> None:
    text = text_of(tokens=["internationalization", "internationalization", "b"], query=0, dimensions=1)
    assert "internationaliz… = internationalization\n" in text
    assert "international…#2 = internationalization#2" in text


def test_illustrative_vectors_are_said_to_be_so() -> None:
    assert "Illustrative embeddings (d = 3)" in text_of(text="a b", query="a")
    assert "Illustrative" not in text_of(**CAT)
    keys = text_of(text="a b", query="a", embeddings=[[1], [2]], key_tokens=["x", "y"])
    assert "Illustrative keys (d = 1)" in keys


def test_steps_are_numbered_as_they_come() -> None:
    text = text_of(**{**CAT, "sections": ["output", "attention"]})
    assert re.findall(r"Step (\d): (\w+)", text) == [("1", "Attention"), ("2", "Weighted")]
    scores = text_of(text="a b", query="a", scores=[1, 2])
    assert re.findall(r"Step (\d): (\w+)", scores) == [("1", "Attention")]


def test_the_title_is_the_authors_and_none_leaves_it_out() -> None:
    assert drawn(**{**CAT, "title": "Attention"}).lines[0] == "Attention"
    assert drawn(**{**CAT, "title": "none"}).lines[0].startswith("Sentence:")


def test_a_head_keeps_the_capitals_of_its_name() -> None:
    said = drawn(text="a b", query="a", heads=[{"name": "BERT"}, {"name": "Head H"}]).alternative
    assert "In head 1 of 2: BERT, 'a'" in said
    assert "In head 2 of 2: Head H, 'a'" in said


def test_the_alternative_says_the_numbers() -> None:
    assert drawn(**CAT).alternative == (
        "'sat' attends most to itself, 0.20, then to 'mat', 0.18. The output is [0.33, 0.57, 0.26]."
    )


def test_cross_attention_names_both_sentences() -> None:
    text = text_of(text="Le chat", query="chat", key_tokens=["the", "cat"], keys=[[1, 0], [0, 1]], values=[[1], [2]])
    assert 'Sentence: "Le chat"' in text
    assert 'Attends to: "the cat"' in text
    assert "itself" not in text
    assert boxed(text) == {"the": [[1, 0], [1]], "cat": [[0, 1], [2]]}


def test_a_weight_and_its_word_are_not_divided() -> None:
    options = {"tokens": ["a", "internationalization"], "query": 0, "weights": [0.5, 0.5], "values": [[1], [2]]}
    options |= {"sections": ["output"], "decimals": 6}
    assert "\n  + 0.500000 × internat…\n" in text_of(**options, width=24)


def test_a_refused_width_is_reported_where_it_stands() -> None:
    with pytest.raises(DiagramError) as caught:
        draw_options("kind: flow\ntext: a b\nquery: a\nwidth: 9\n")
    assert caught.value.position == (4, 8)


def test_the_example_can_be_drawn() -> None:
    assert draw_options(KIND.example).lines == drawn(**CAT).lines


# Random options -------------------------------------------------------------------------------------------------------

WORDS = [
    "the",
    "cat",
    "internationalization",
    "猫",
    "日本語の長い言葉です",
    "👩‍👩‍👧",
    "❤️",
    "🇩🇪",
    "e\u0301",
    "שלום",
    "مرحبا",
    "ไทย",
    "x",
]


def matrix(random: Random, rows: int, columns_: int) -> list[list[float]]:
    digits = random.choice([0, 1, 2, 7])
    return [[round(random.gauss(0, 2), digits) for _ in range(columns_)] for _ in range(rows)]


def some_options(random: Random) -> dict[str, Any]:
    count = random.choice([1, 2, 3, 6, 9, 17, 40])
    tokens = [random.choice(WORDS) for _ in range(count)]
    own: dict[str, Any] = {
        "tokens": tokens,
        "query": random.randrange(count),
        "width": random.choice([32, 33, 40, 48, 72, 100, 200]),
        "charset": random.choice(["unicode", "ascii"]),
        "decimals": random.choice([0, 1, 2, 2, 2, 6]),
        "annotations": random.choice([None, None, "none"]),
    }
    keys = count
    if random.random() < 0.2:
        keys = random.choice([1, 4, 20])
        own["key_tokens"] = [random.choice(WORDS) for _ in range(keys)]
    basis = random.choice(["vectors", "vectors", "embeddings", "scores", "weights"])
    heads = random.choice([1, 1, 1, 2, 3])
    own["heads"] = random.choice([heads, [{"name": random.choice(WORDS)} for _ in range(heads)]])
    size = random.choice([1, 2, 4, 12]) * heads
    if basis == "vectors":
        own["dimensions"] = size
    elif basis == "embeddings":
        own["embeddings"] = matrix(random, count, size)
        if random.random() < 0.5:
            own["projections"] = {name: matrix(random, size, heads) for name in ("query", "key", "value")}
    elif basis == "scores":
        own["scores"] = [matrix(random, count, keys) for _ in range(heads)]
    else:
        own["weights"] = [[softmax(row) for row in matrix(random, count, keys)] for _ in range(heads)]
    if basis in ("scores", "weights"):
        own[basis] = own[basis] if heads > 1 else own[basis][0]
        own["values"] = random.choice([None, matrix(random, keys, size)])
    if basis != "weights":
        own["softcap"] = random.choice([None, None, 5, 1e-5])
        own["scale"] = random.choice([None, None, 0.5, 0.08838834764831845])
        own["temperature"] = random.choice([None, None, 2, 1 / 3])
        own["arithmetic"] = random.choice(["exact", "exact", "shown"])
        own["mask"] = random.choice(["none", "causal", {"window": 3}])
    return own


@pytest.mark.campaign
def test_any_options_give_a_drawing_that_closes_and_fits(budget: int) -> None:
    refused = 0
    for case in range(60 * budget):
        options = some_options(Random(case))
        try:
            shape = drawn(**options)
        except DiagramError as error:
            # Rounding to few decimals may leave nothing of a softmax, and wide numbers may need more columns.
            assert "every exp rounds to 0" in error.message or "columns" in error.message, (case, error.message)
            refused += 1
            continue
        own = "".join(WORDS)
        assert too_wide(shape.lines, options["width"]) == [], case
        assert list(loose_ends(shape.lines)) == [], case
        assert foreign(shape.lines, own, options["charset"]) == set(), case
        assert shape.alternative, case
        assert shape == drawn(**options), case
    assert refused < 20 * budget


@pytest.mark.campaign
def test_the_width_that_a_refusal_names_is_enough(budget: int) -> None:
    for case in range(60 * budget):
        options = {**some_options(Random(case)), "width": Random(case).randrange(1, 24), "arithmetic": "exact"}
        with pytest.raises(DiagramError) as caught:
            drawn(**options)
        match = re.search(r"at least (\d+) columns", caught.value.message)
        assert match, caught.value.message
        needed = int(match[1])
        assert too_wide(drawn(**{**options, "width": needed}).lines, needed) == [], case
        with pytest.raises(DiagramError, match=f"at least {needed} columns"):
            drawn(**{**options, "width": needed - 1})


@pytest.mark.campaign
def test_sums_of_random_flows_can_be_redone(budget: int) -> None:
    for case in range(30 * budget):
        random = Random(case)
        words = [f"w{chr(97 + index)}" for index in range(random.randrange(1, 9))]
        size = random.randrange(1, 6)
        vectors = {word: [round(random.gauss(0, 1), 1) for _ in range(size)] for word in words}
        query = random.choice(words)
        text = text_of(tokens=words, query=query, embeddings=vectors, width=random.choice([32, 72, 200]), decimals=3)
        printed, table = boxed(text), columns(text)
        dots = [sum(map(prod, zip(printed[query][0], printed[word][0], strict=True))) for word in words]
        weights = softmax([dot / sqrt(size) for dot in dots])
        assert table["Similarity"] == [half_up(dot, 3) for dot in dots], case
        assert table["Attention"] == [f"{half_up(100 * weight, 1)} %" for weight in weights], case
        sums = [sum(w * printed[word][0][axis] for w, word in zip(weights, words, strict=True)) for axis in range(size)]
        assert output_of(text) == [float(half_up(each, 3)) for each in sums], case
