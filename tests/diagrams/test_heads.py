"""Heads: what the cards print is read back and recomputed from the options, without the package."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from math import exp, log, tanh
from random import Random
from typing import Any

import pytest
from support import foreign, loose_ends, too_wide

from mdattn.diagrams._kind import Diagram
from mdattn.diagrams.heads import KIND
from mdattn.document import draw_options, render
from mdattn.errors import DiagramError

SENTENCE = "The programmer debugged the complex algorithm"
CAT = "The cat sat on the mat"
Matrix = list[list[float]]


def drawn(*heads: dict[str, Any], **options: Any) -> Diagram:
    sentence = {} if "tokens" in options else {"text": CAT}
    return draw_options({"kind": "heads", **sentence, "heads": list(heads), **options})


def text_of(*heads: dict[str, Any], **options: Any) -> str:
    return "\n".join(drawn(*heads, **options).lines)


# Reading a drawing back -----------------------------------------------------------------------------------------------


def cards(text: str) -> list[list[str]]:
    """The lines of each card, without its walls; of cards below each other in full width."""
    found: list[list[str]] = []
    for line in text.split("\n"):
        content = re.sub(r"^[│|] | *[│|]$", "", line)
        if content.startswith("HEAD "):
            found.append([content])
        elif found and re.match("[│|]", line):
            found[-1].append(content)
    return found


def links(card: list[str]) -> dict[tuple[str, str], float]:
    """(query, key) -> weight, as a reader reads the arrows."""
    found: dict[tuple[str, str], float] = {}
    for line in card:
        match = re.match(r"(\S+) +(↔|→|←|<->|->|<-) (\S+) +([\d.]+)(?:  ([\d.]+))?(?:  |$)", line)
        if match and not line.startswith("Not "):
            left, sign, right, first, second = match.groups()
            right = left if right == "itself" else right
            if sign in ("↔", "<->"):
                found[left, right], found[right, left] = float(first), float(second)
            else:
                found[(left, right) if sign in ("→", "->") else (right, left)] = float(first)
    return found


def entropy_of(card: list[str]) -> tuple[str, str]:
    """The number and the word."""
    match = next(match for line in card if (match := re.match(r"Entropy (?:\S+ +)?(\d\S*)  (\w+)", line)))
    return match[1], match[2]


def names(tokens: list[str]) -> list[str]:
    return [
        token if tokens[:at].count(token) == 0 else f"{token}#{tokens[:at].count(token) + 1}"
        for at, token in enumerate(tokens)
    ]


# An independent calculation -------------------------------------------------------------------------------------------


def half_up(value: float, decimals: int = 2) -> str:
    near = Decimal(value).quantize(Decimal("1e-9"))
    return str(near.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP) + 0)


def softmax(scores: list[float], seen: list[bool]) -> list[float]:
    each = [exp(score) if may else 0.0 for score, may in zip(scores, seen, strict=True)]
    return [one / (sum(each) or 1) for one in each]


def weighed(scores: Matrix, allowed: list[list[bool]] | None = None) -> Matrix:
    allowed = allowed or [[True] * len(row) for row in scores]
    return [softmax(row, seen) for row, seen in zip(scores, allowed, strict=True)]


def looked_for(places: set[tuple[int, int]], queries: int, keys: int, strength: float = 4) -> Matrix:
    return [[strength if (query, key) in places else 0.0 for key in range(keys)] for query in range(queries)]


def causal(count: int) -> list[list[bool]]:
    return [[key <= query for key in range(count)] for query in range(count)]


def entropy(weights: Matrix, allowed: list[list[bool]] | None = None) -> float:
    shares = []
    for at, row in enumerate(weights):
        seen = sum(allowed[at]) if allowed else len(row)
        total = sum(row)
        if seen > 1:
            shares.append(-sum(w / total * log(w / total) for w in row if w) / log(seen))
    return sum(shares) / len(shares)


def strong(
    weights: Matrix,
    tokens: list[str],
    threshold: float = 0.3,
    allowed: list[list[bool]] | None = None,
    keys: list[str] | None = None,
) -> dict[tuple[str, str], float]:
    """What the cards should list: as printed no less than the threshold, and above an even share."""
    found = {}
    for at, row in enumerate(weights):
        seen = sum(allowed[at]) if allowed else len(row)
        for place, weight in enumerate(row):
            if float(half_up(weight)) >= threshold and weight > 1 / max(seen, 1) + 1e-9:
                found[names(tokens)[at], names(keys or tokens)[place]] = float(half_up(weight))
    return found


def places_of(pattern: str, tokens: list[str]) -> set[tuple[int, int]]:
    every = range(len(tokens))
    tests: dict[str, Callable[[int, int], bool]] = {
        "previous": lambda q, k: q - k == 1,
        "next": lambda q, k: k - q == 1,
        "adjacent": lambda q, k: abs(q - k) == 1,
        "same": lambda q, k: q != k and tokens[q].lower() == tokens[k].lower(),
        "first": lambda q, k: k == 0,
        "self": lambda q, k: q == k,
        "uniform": lambda q, k: False,
    }
    return {(q, k) for q in every for k in every if tests[pattern](q, k)}


# The numbers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("charset", ["unicode", "ascii"])
def test_a_reader_can_redo_the_template(charset: str) -> None:
    options = KIND.example + f"charset: {charset}\n"
    text = "\n".join(draw_options(options).lines)
    tokens = SENTENCE.split()
    both: list[set[tuple[int, int]]] = [
        {(0, 1), (1, 2), (3, 5)},
        {(1, 2), (2, 5), (4, 5)},
        {(at, at + 1) for at in range(5)},
    ]
    for card, pairs in zip(cards(text), both, strict=False):
        weights = weighed(looked_for(pairs | {(key, query) for query, key in pairs}, 6, 6))
        assert links(card) == strong(weights, tokens)
        assert entropy_of(card) == (half_up(entropy(weights)), "focused")
    assert "determiner-noun" in "\n".join(cards(text)[0])
    assert "No weights, only a note:" in "\n".join(cards(text)[3])
    assert links(cards(text)[3]) == {}


@pytest.mark.parametrize("pattern", ["previous", "next", "adjacent", "same", "first", "self", "uniform"])
@pytest.mark.parametrize("masked", [False, True])
def test_a_pattern_is_scores_and_scores_are_weights(pattern: str, masked: bool) -> None:
    tokens = ["a", "rose", "is", "a", "rose", "IS", "A", "bud"]
    allowed = causal(len(tokens)) if masked else None
    text = text_of({"pattern": pattern}, text=" ".join(tokens), mask="causal" if masked else "none")
    weights = weighed(looked_for(places_of(pattern, tokens), 8, 8), allowed)
    (card,) = cards(text)
    assert links(card) == strong(weights, tokens, allowed=allowed)
    number = half_up(entropy(weights, allowed))
    assert entropy_of(card) == (number, "focused" if float(number) < 0.7 else "diffuse")


def test_the_score_is_said_and_can_be_chosen() -> None:
    text = text_of({"pattern": "previous"}, strength=1.5, threshold=0.05)
    weights = weighed(looked_for(places_of("previous", CAT.split()), 6, 6, 1.5))
    assert "Score: 1.5 for what a head looks for, else 0." in text
    assert links(cards(text)[0]) == strong(weights, CAT.split(), 0.05)
    assert "Score: 4 for" in text_of({"pattern": "previous"})


def test_scale_temperature_and_softcap_bear_on_scores() -> None:
    scores: Matrix = [[0.0, 3, 1], [2, 0, 0.5], [1, 1, 4]]
    text = text_of({"scores": scores}, text="a b c", scale=2, temperature=4, softcap=1.5)
    weights = weighed([[1.5 * tanh(score * 2 / 4 / 1.5) for score in row] for row in scores])
    assert links(cards(text)[0]) == strong(weights, ["a", "b", "c"])
    assert re.findall(r"Scale 2:|Temperature 4:|Softcap 1.5:", text) == ["Scale 2:", "Temperature 4:", "Softcap 1.5:"]
    assert "Softcap 1.5: scores become 1.5 × tanh(score / 1.5)." in text


def test_a_pattern_is_scaled_as_given_scores_are() -> None:
    text = text_of({"pattern": "next"}, text="a b c d", scale=2, temperature=8, softcap=5)
    weights = weighed(looked_for(places_of("next", list("abcd")), 4, 4, 5 * tanh(4 * 2 / 8 / 5)))
    assert links(cards(text)[0]) == strong(weights, list("abcd"))
    assert entropy_of(cards(text)[0])[0] == half_up(entropy(weights))


def test_projections_are_queries_and_keys() -> None:
    vectors = [[1.0, 0.0], [0.5, 1.0], [0.0, 2.0]]
    query, key = [[1.0, 2.0], [0.0, 1.0]], [[0.0, 1.0], [3.0, 0.0]]

    def times(rows: Matrix, matrix: Matrix) -> Matrix:
        return [[sum(a * m[column] for a, m in zip(row, matrix, strict=True)) for column in (0, 1)] for row in rows]

    text = text_of({"projections": {"query": query, "key": key}}, text="a b c", embeddings=vectors)
    asking, answering = times(vectors, query), times(vectors, key)
    scores = [[sum(x * y for x, y in zip(q, k, strict=True)) / 2**0.5 for k in answering] for q in asking]
    assert links(cards(text)[0]) == strong(weighed(scores), ["a", "b", "c"])
    assert entropy_of(cards(text)[0])[0] == half_up(entropy(weighed(scores)))


def test_heads_that_divide_vectors_say_which_numbers_they_compare() -> None:
    vectors = [[2.0, 0.0, 0.0, 3.0], [0.0, 2.0, 3.0, 0.0], [1.0, 1.0, 0.0, 0.0]]
    text = "\n".join(draw_options({"kind": "heads", "text": "a b c", "embeddings": vectors, "heads": 2}).lines)
    for card, start in zip(cards(text), (0, 2), strict=True):
        part = [row[start : start + 2] for row in vectors]
        scores = [[sum(x * y for x, y in zip(q, k, strict=True)) / 2**0.5 for k in part] for q in part]
        assert links(card) == strong(weighed(scores), ["a", "b", "c"])
        assert f"Compares numbers {start + 1}–{start + 2} of each vector." in card


def test_each_head_may_attend_by_something_else() -> None:
    weights = [[0.1, 0.9, 0.0], [0.5, 0.5, 0.0], [0.2, 0.2, 0.6]]
    text = text_of({"weights": weights}, {"pattern": "next"}, {"scores": [[0, 0, 5]] * 3}, text="a b c")
    given, following, scored = cards(text)
    assert links(given) == strong(weights, ["a", "b", "c"])
    assert links(following) == strong(weighed(looked_for({(0, 1), (1, 2)}, 3, 3)), ["a", "b", "c"])
    assert links(scored) == strong(weighed([[0.0, 0, 5]] * 3), ["a", "b", "c"])


def test_weights_of_the_block_are_shared_out_among_the_heads() -> None:
    first, second = [[0.1, 0.9], [0.8, 0.2]], [[1.0, 0.0], [0.3, 0.7]]
    text = text_of({"name": "one"}, {"name": "two"}, text="a b", weights=[first, second])
    assert [links(card) for card in cards(text)] == [strong(first, ["a", "b"]), strong(second, ["a", "b"])]


def test_rounded_weights_are_divided_by_their_sum_for_the_entropy() -> None:
    text = text_of({"weights": [[0.3, 0.3, 0.3]] * 3}, text="a b c")
    assert entropy_of(cards(text)[0]) == ("1.00", "diffuse")
    assert "divided by their" in text
    assert "divided by their" not in text_of({"weights": [[0.5, 0.25, 0.25]] * 3}, text="a b c")


# What is called strong ------------------------------------------------------------------------------------------------


def test_a_weak_connection_is_not_called_strong() -> None:
    text = text_of({"weights": [[0.29, 0.26, 0.25, 0.2]] * 4}, text="a b c d", width=90)
    assert "Strong connections:" not in text
    assert "No strong connection. Largest weight: a → itself 0.29 (3 more alike)." in text


@pytest.mark.parametrize(
    ("weights", "decimals", "said"),
    [
        # Row 0 prints 0.33 three times, as an even one does, however the digits behind differ.
        ([[0.334, 0.333, 0.333]] * 3, 2, "Attends evenly: no connection stands out."),
        ([[0.334, 0.333, 0.333]] * 3, 3, "Largest weight: a → itself 0.334 (2 more alike)."),
        ([[0.25, 0.25, 0.25, 0.24]] * 4, 2, "No weight is above an even share."),
        ([[0.42, 0.29, 0.29], [0.29, 0.424, 0.286], [1 / 3] * 3], 2, "Largest weight: b → itself 0.42 (1 more alike)."),
    ],
)
def test_where_none_is_strong_the_words_hold_for_the_printed_weights(weights: Matrix, decimals: int, said: str) -> None:
    tokens = list("abcd"[: len(weights)])
    text = " ".join(text_of({"weights": weights}, tokens=tokens, threshold=0.9, decimals=decimals, width=100).split())
    assert said in text


def test_a_query_of_few_keys_may_give_more_than_the_largest_above_an_even_share() -> None:
    masked = [[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.4, 0.3, 0.3]]
    text = text_of({"weights": masked}, text="a b c", threshold=0.9, mask="causal", width=100)
    assert "No strong connection. Largest weight above an even share: c → a 0.40." in text


def test_strong_is_decided_on_the_printed_number() -> None:
    weights = [[0.296, 0.304, 0.2, 0.2], [0.294, 0.306, 0.2, 0.2], [0.25] * 4, [0.25] * 4]
    found = links(cards(text_of({"weights": weights}, text="a b c d"))[0])
    assert found == {("a", "a"): 0.30, ("a", "b"): 0.30, ("b", "b"): 0.31}


def test_an_even_share_is_never_strong() -> None:
    text = text_of({"pattern": "uniform"}, text="a b")
    assert "Attends evenly: no connection stands out." in text
    assert "Strong: a weight of 0.30 or more, and above an even share." in text
    assert "above an even share" not in text_of({"pattern": "self"}, text=CAT)


def test_a_word_that_sees_one_word_has_no_choice() -> None:
    text = text_of({"pattern": "self"}, text="a b", mask={"window": 1})
    assert "No word has a choice of what it attends to." in text
    assert "Entropy" not in text
    card = cards(text_of({"pattern": "first"}, text="a b c", mask="causal"))[0]
    assert ("a", "a") not in links(card)
    assert ("b", "a") in links(card)


def test_top_shows_the_largest_and_counts_the_others() -> None:
    weights = [[0.3, 0.4, 0.2, 0.1], [0.6, 0.2, 0.1, 0.1], [0.25] * 4, [0.1, 0.1, 0.27, 0.53]]
    card = cards(text_of({"weights": weights}, text="a b c d", top=2))[0]
    assert "Largest weights:" in card
    # 0.40 from a to b is smaller than the second largest, so only one way of the first connection is shown.
    assert links(card) == {("b", "a"): 0.6, ("d", "d"): 0.53}
    assert "… 2 more, 0.30 at most" in card


def test_many_connections_are_counted_and_the_largest_of_them_named() -> None:
    tokens = [f"w{at}" for at in range(40)]
    draw = draw_options({"kind": "heads", "tokens": tokens, "heads": [{"pattern": "adjacent"}], "strength": 6})
    card = cards("\n".join(draw.lines))[0]
    weights = weighed(looked_for(places_of("adjacent", tokens), 40, 40, 6))
    every = strong(weights, tokens)
    shown = links(card)
    assert len({frozenset(pair) for pair in shown}) == 8
    assert shown.items() <= every.items()
    # The two ends look for one word only; of the others the first ones are shown.
    assert {("w0", "w1"), ("w39", "w38"), ("w1", "w2")} <= set(shown)
    assert f"… {39 - 8} more, {half_up(weights[20][21])} at most" in card


def test_a_head_shows_as_many_connections_as_it_has_pairs() -> None:
    tokens = [f"w{at}" for at in range(24)]
    pairs = [[f"w{at}", f"w{at + 1}", f"note {at}"] for at in range(0, 24, 2)]
    draw = draw_options({"kind": "heads", "tokens": tokens, "heads": [{"pairs": pairs}]})
    text = "\n".join(draw.lines)
    assert all(f"note {at}" in text for at in range(0, 24, 2))
    assert "more" not in "\n".join(cards(text)[0])


# Pairs and notes ------------------------------------------------------------------------------------------------------


def test_a_pair_goes_both_ways_and_a_query_and_key_one() -> None:
    pairs = [["cat", "mat", "both"], {"query": "sat", "key": "The", "note": "one way"}]
    card = cards(text_of({"pairs": pairs}))[0]
    assert links(card) == strong(weighed(looked_for({(1, 5), (5, 1), (2, 0)}, 6, 6)), CAT.split())
    assert links(card).keys() == {("cat", "mat"), ("mat", "cat"), ("sat", "The")}
    order = [line for line in card if "both" in line or "one way" in line]
    assert [line.split()[0] for line in order] == ["The", "cat"]  # In sentence order.
    assert "←" in order[0]
    assert "↔" in order[1]


def test_beside_weights_pairs_only_carry_notes() -> None:
    weights = [[0.1, 0.9], [0.55, 0.45]]
    card = cards(
        text_of({"weights": weights, "pairs": [["a", "b", "a note"], {"query": "b", "key": "b"}]}, text="a b")
    )[0]
    assert links(card) == strong(weights, ["a", "b"])
    assert any(line.endswith("a note") for line in card)
    assert "Not strong: b → itself 0.45" in card


def test_a_pair_that_is_masked_is_said_to_be() -> None:
    text = text_of({"pairs": [{"query": "The", "key": "mat", "note": "no"}]}, mask="causal")
    assert "Not strong: The → mat masked (no)" in text
    assert "Looks for the word after; all masked." in text_of({"pattern": "next"}, mask="causal")
    assert "Looks for the same word elsewhere; there is none." in text_of({"pattern": "same"}, text="a b c")


def test_equal_words_are_told_apart() -> None:
    tokens = ["the", "cat", "the", "dog", "the", "end"]
    card = cards(text_of({"pairs": [["the#2", "dog"], ["the#3", "end"]]}, tokens=tokens))[0]
    assert links(card).keys() == {("the#2", "dog"), ("dog", "the#2"), ("the#3", "end"), ("end", "the#3")}


def test_long_words_that_begin_alike_are_told_apart_too() -> None:
    long = ["internationalization", "internationalizations", "internationalization", "end"]
    text = text_of({"pattern": "next"}, tokens=long, width=72)
    shown = [name for pair in links(cards(text)[0]) for name in pair]
    assert len(set(shown)) == 4
    legend = dict(re.findall(r"^(\S+) = (\S+)$", text, re.MULTILINE))
    assert sorted(legend.get(name, name) for name in set(shown)) == sorted(names(long))


def test_a_sentence_with_the_word_itself_names_words_in_full() -> None:
    assert "cat → itself" in text_of({"pattern": "self"}, text="The cat sat")
    assert "cat    → cat" in text_of({"pattern": "self"}, text="The cat itself")


def test_tokens_that_look_like_numbers_stay_text() -> None:
    text = "\n".join(
        draw_options("kind: heads\ntokens: [1.0, no, 12:30]\nheads:\n- pairs: [[1.0, no, 2e3]]\n  note: yes").lines
    )
    assert links(cards(text)[0]).keys() == {("1.0", "no"), ("no", "1.0")}
    assert "2e3" in text
    assert "yes" in text


def test_words_of_two_sentences_are_joined_one_way() -> None:
    heads: list[dict[str, Any]] = [{"pairs": [["I", "je", "pronoun"]]}, {"pattern": "first"}]
    shape = drawn(*heads, text="I think", key_tokens=["je", "pense", "donc"])
    text = "\n".join(shape.lines)
    pair, first = cards(text)
    weights = weighed(looked_for({(0, 0)}, 2, 3))
    assert links(pair) == strong(weights, ["I", "think"], keys=["je", "pense", "donc"]) == {("I", "je"): 0.96}
    assert links(first) == {("I", "je"): 0.96, ("think", "je"): 0.96}
    assert "itself" not in text + shape.alternative


# The alternative ------------------------------------------------------------------------------------------------------


def test_the_alternative_tells_each_head_by_its_numbers() -> None:
    said = draw_options(KIND.example).alternative
    assert said == (
        "4 attention heads over 6 words; entropy as a share of an even one: Syntactic relationships 0.41, "
        "Semantic relationships 0.57, Positional relationships 0.40. Largest weights: in Syntactic relationships "
        "'The' attends to 'programmer', 0.92; in Semantic relationships 'programmer' attends to 'debugged', 0.92; "
        "in Positional relationships 'The' attends to 'programmer', 0.92. No weights: Reference relationships."
    )


# Defaults of the document ---------------------------------------------------------------------------------------------


def test_defaults_that_bear_on_no_head_are_left_out() -> None:
    front = "---\nattention-diagram:\n  text: a b\n  embeddings: {a: [1, 0], b: [0, 1]}\n  scale: 3\n---\n"
    block = "```attention-diagram\nkind: heads\nheads:\n- pattern: self\n```\n"
    assert "a → itself" in render(front + block)
    either = front.replace("  scale: 3", "  threshold: 0.9")
    assert "Largest weights" in render(either + block.replace("heads:", "top: 1\nheads:"))
    given = block.replace("- pattern: self", "- weights: [[1, 0], [0, 1]]")
    assert "Scale" not in render(front + given)
    with pytest.raises(DiagramError, match="'embeddings' has no effect"):
        render(block.replace("heads:\n", "text: a b\nembeddings: [[1], [2]]\nheads:\n"))


# Any options ----------------------------------------------------------------------------------------------------------

WORDS = [
    "The", "cat", "cat", "sat", "a", "猫", "マット", "❤️", "👩‍👩‍👧", "🇩🇪", "é", "שלום", "مرحبا", "internationalization",
    "internationalizations", "x\ty", "itself", "#2", "the#2", "naïve", "Donaudampfschifffahrtsgesellschaft",
]  # fmt: skip


def random_heads(random: Random, tokens: list[str], keys: list[str] | None) -> list[dict[str, Any]]:
    count = len(keys or tokens)
    patterns = ["same", "first", "uniform"] + ([] if keys else ["previous", "next", "adjacent", "self"])
    unique = [token for token in tokens if tokens.count(token) == 1]
    unique_keys = [key for key in keys or tokens if (keys or tokens).count(key) == 1]
    heads: list[dict[str, Any]] = []
    for _ in range(random.randint(1, 5)):
        choice = random.choice(["pattern", "pattern", "pairs", "weights", "scores", "projections", "note"])
        head: dict[str, Any] = {}
        if choice == "pairs" and not (unique and unique_keys):
            choice = "pattern"
        if choice == "pattern":
            head["pattern"] = random.choice(patterns)
        if choice == "pairs" or (choice != "note" and unique and unique_keys and random.random() < 0.3):
            notes = ["what is meant", "主語", "a long note about a connection of two words that wraps", "שלום"]
            head["pairs"] = [
                [random.choice(unique), random.choice(unique_keys), *random.sample(notes, random.randint(0, 1))]
                for _ in range(random.randint(1, 3))
            ]
        if choice == "weights":
            rows = [[exp(random.uniform(0, 9)) for _ in range(count)] for _ in tokens]
            head["weights"] = [[each / sum(row) for each in row] for row in rows]
        if choice == "scores":
            head["scores"] = [[random.uniform(-5, 5) for _ in range(count)] for _ in tokens]
        if choice == "projections":
            head["projections"] = {"query": [[3.0, 0.0], [0.0, 3.0], [1.0, 1.0]], "key": [[3.0, 1], [0, 3], [1, 1]]}
        if choice == "note" or random.random() < 0.2:
            head["note"] = random.choice(["would connect pronouns", ["one", "two 猫"]])
        if random.random() < 0.7:
            head["name"] = random.choice(["Syntax", "隣の語", "A name of a head that is longer than usual", "שלום"])
        if random.random() < 0.5:
            head["gloss"] = random.choice(["Grammar", "意味", "العربية"])
        heads.append(head)
    return heads


def random_options(random: Random) -> dict[str, Any]:
    count = random.choice([1, 2, 3, 6, 6, 12, 40, 100])
    tokens = [random.choice(WORDS) + (str(at) if random.random() < 0.3 else "") for at in range(count)]
    cross = random.random() < 0.2
    keys = [random.choice(WORDS) for _ in range(random.randint(1, 8))] if cross else None
    heads = random_heads(random, tokens, keys)
    options: dict[str, Any] = {
        "kind": "heads",
        "tokens": tokens,
        "heads": heads,
        "width": random.choice([24, 25, 28, 32, 36, 40, 48, 60, 72, 100, 150, 200]),
        "charset": random.choice(["unicode", "ascii"]),
        "decimals": random.choice([0, 1, 2, 2, 3, 6]),
    }
    if keys:
        options["key_tokens"] = keys
    weightless = all(set(head) <= {"name", "gloss", "note"} for head in heads)
    given = any("weights" in head for head in heads)
    if not weightless and not given and random.random() < 0.5:
        rows = [[random.random() < 0.6 for _ in keys or tokens] for _ in tokens]
        options["mask"] = random.choice(["causal", {"window": random.randint(1, 4)}, rows])
    if not weightless and random.random() < 0.5:
        options |= random.choice([{"top": random.randint(1, 12)}, {"threshold": random.choice([0.05, 0.125, 0.9])}])
    if random.random() < 0.2:
        options["title"] = "The heads 猫 of a layer"
    return options


def own_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return "".join(map(own_text, value.values()))
    return "".join(map(own_text, value)) if isinstance(value, list) else ""


@pytest.mark.campaign
def test_any_options_give_a_sound_drawing(budget: int) -> None:
    for seed in range(60 * budget):
        options = random_options(Random(seed))
        shape = draw_options(options)
        assert too_wide(shape.lines, options["width"]) == [], seed
        assert foreign(shape.lines, own_text(options), options["charset"]) == set(), seed
        if options["charset"] == "unicode":
            assert list(loose_ends(shape.lines)) == [], seed
        assert shape.alternative, seed
        assert draw_options(options) == shape, seed


@pytest.mark.parametrize("charset", ["unicode", "ascii"])
def test_a_width_that_is_too_small_is_refused_with_one_that_works(charset: str) -> None:
    options = {"kind": "heads", "text": CAT, "heads": [{"pattern": "adjacent"}], "charset": charset, "decimals": 6}
    for width in (1, 12, 23):
        with pytest.raises(DiagramError, match="at least 24 columns"):
            draw_options({**options, "width": width})
    assert too_wide(draw_options({**options, "width": 24}).lines, 24) == []


def test_the_signs_that_are_used_are_explained() -> None:
    one_way = "a ← b: b attends to a."
    assert one_way in text_of({"pattern": "previous"}).split("\n")
    every = "a → b: a attends to b; a ← b: b attends to a; a ↔ b: both."
    assert every in text_of({"pattern": "adjacent"}).split("\n")
    assert not any(" b: " in line for line in text_of({"pattern": "uniform"}).split("\n"))


def test_cards_stand_side_by_side_where_they_fit() -> None:
    heads = [{"name": name, "pattern": "self"} for name in "XYZ"]
    rows = [line for line in text_of(*heads, width=80).split("\n") if "HEAD" in line]
    assert [re.findall("HEAD . – (.)", row) for row in rows] == [["X", "Y"], ["Z"]]
    assert len([line for line in text_of(*heads, width=72).split("\n") if "HEAD" in line]) == 3


def test_arrows_above_numbers_of_one_digit_fit() -> None:
    words = ["internationalization", "Donaudampfschifffahrt"]
    options = {"kind": "heads", "tokens": words, "heads": [{"pattern": "adjacent"}], "decimals": 0, "charset": "ascii"}
    assert too_wide(draw_options({**options, "width": 48}).lines, 48) == []


def test_ascii_is_ascii() -> None:
    options = {"kind": "heads", "heads": [{"pattern": "adjacent"}, {"projections": {}}, {"pattern": "self"}]}
    for width in (24, 72, 150):
        shape = draw_options({**options, "text": CAT, "width": width, "charset": "ascii", "mask": "causal"})
        assert "\n".join(shape.lines).isascii()


def test_the_word_beside_an_entropy_holds_for_the_number_as_printed() -> None:
    # 0.61 of an even one: with no decimals it would print as 1, above the 0.7 that it is compared with.
    assert "0.6  focused" in text_of({"weights": [[0.85, 0.15], [0.85, 0.15]]}, tokens=["a", "b"], decimals=0)


def test_keys_that_no_one_gave_are_said_to_be_illustrative() -> None:
    given: dict[str, Any] = {"tokens": ["a"], "embeddings": [[1, 0]], "key_tokens": ["c", "d"]}
    said = "Illustrative keys (d = 2): made from the letters, not learned."
    assert said in text_of({"projections": {}}, **given)
    assert said not in text_of({"projections": {}}, **given, keys=[[1, 0], [0, 1]])


@pytest.mark.parametrize(("weights", "said"), [([0.3333333433, 0.6666666865, 0.0], False), ([0.33, 0.66, 0.0], True)])
def test_only_sums_that_miss_1_by_more_than_single_precision_are_divided_by(weights: list[float], said: bool) -> None:
    text = text_of({"weights": [weights] * 3}, tokens=["a", "b", "c"], width=100)
    assert ("For the entropy, weights that do not add up to 1 are divided by their sum." in text) is said
