"""Transformers as drawn: what is read off the page is recomputed from what else stands on the page."""

from __future__ import annotations

import random
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from math import floor
from typing import Any

import numpy as np
import pytest
from support import OPPOSITE, STEP, arms, foreign, grid, loose_ends, too_wide

from mdattn.attention.transformer import Network, forward
from mdattn.diagrams._kind import Diagram
from mdattn.document import draw_options
from mdattn.errors import DiagramError

# Totals of the released checkpoints; of the paper's models what its rule gives for 37,000 tokens.
TOTALS = {
    "transformer-base": 63_045_632,
    "transformer-big": 214_171_648,
    "gpt-2": 124_439_808,
    "bert-base": 109_482_240,
    "llama-2-7b": 6_738_415_616,
    "mixtral-8x7b": 46_702_792_704,
}


def draw(**options: Any) -> Diagram:
    return draw_options({"kind": "architecture", **options})


def text(**options: Any) -> str:
    return "\n".join(draw(**options).lines)


# Counts ---------------------------------------------------------------------------------------------------------------


def counts(lines: Sequence[str]) -> Iterator[tuple[bool, str, int]]:
    """Each count on the page: whether it is of a part of a layer, the word that stands before it, and the number."""
    start = next(number for number, line in enumerate(lines) if re.search(r"[Pp]arameters$", line))
    inside = False
    for line in lines[start + 1 :]:
        if line.startswith("Counted"):
            return
        inside = inside or bool(re.search(r"(Encoder|Decoder) layer$", line))
        match = re.search(r"(?:^|  )(?:(one layer|[×x] \d+|total) +)?(\d[\d,]*)$", line)
        if match:
            yield inside or "║" in line, match[1] or "", int(match[2].replace(",", ""))
            inside = inside and match[1] != "one layer"


@pytest.mark.parametrize("width", [32, 72, 120])
@pytest.mark.parametrize("preset", TOTALS)
def test_the_printed_counts_add_up_to_the_published_total(preset: str, width: int) -> None:
    others = layer = 0
    seen = []
    for inside, word, number in counts(draw(preset=preset, width=width).lines):
        seen.append(word)
        if word == "one layer":
            assert number == layer
        elif word.startswith("×"):
            assert number == layer * int(word[2:])
            others, layer = others + number, 0
        elif word == "total":
            assert number == others == TOTALS[preset]
        elif inside:
            layer += number
        else:
            others += number
    assert seen[-1] == "total"
    assert seen.count("one layer") == (2 if preset.startswith("transformer") else 1)


def test_a_single_layer_is_not_multiplied() -> None:
    found = list(counts(draw(layers=1).lines))
    assert not [word for _, word, _ in found if word not in ("", "total")]
    assert sum(number for _, word, number in found if not word) == found[-1][2]


def test_the_active_parameters_leave_the_idle_experts_out() -> None:
    found = re.search(r"Active for one token: ([\d,]+), with 2 of 8 experts", text(preset="mixtral-8x7b", width=100))
    assert found
    idle = 32 * 6 * 3 * 4096 * 14336
    assert int(found[1].replace(",", "")) == TOTALS["mixtral-8x7b"] - idle


def test_what_is_counted_is_said() -> None:
    assert "biases of all linear layers but the output, a gain and a bias" in text(preset="gpt-2", width=120)
    assert "no biases, a gain of each norm" in text(preset="llama-2-7b", width=120)
    assert "shared" in text(preset="gpt-2")
    assert "shared" not in text(preset="llama-2-7b")
    assert "Counted" not in text(preset="llama-2-7b", parameters=False)


def test_untied_matrices_are_counted() -> None:
    tied, untied = (next(reversed(list(counts(draw(preset="gpt-2", tied=each).lines))))[2] for each in (True, False))
    assert untied - tied == 50_257 * 768


# Shapes ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("heads", [1, 4, 12])
def test_shapes_follow_from_each_other(heads: int) -> None:
    drawn = text(text="The cat sat", heads=heads, d_model=24, d_ff=7, vocabulary=99, model="decoder-only")
    assert f"[{heads}, 3, {24 // heads}]" in drawn
    assert "24 → 7 → 24" in drawn
    assert "↓ [3, 24]" in drawn
    assert "↓ [3, 99]" in drawn


def test_grouped_queries_have_fewer_key_heads() -> None:
    drawn = text(heads=8, kv_heads=2, d_model=64, width=100)
    assert "Grouped-Query Attention" in drawn
    assert "Q [8, n, 8]" in drawn
    assert "K, V [2, n, 8]" in drawn
    assert "4 query heads share each K and V" in drawn
    assert "Multi-Query Attention" in text(heads=8, kv_heads=1)


def test_shapes_that_have_no_room_stand_below() -> None:
    lines = draw(text="a " * 800, d_model=1_000_000, heads=8, width=32).lines
    assert not any("↓ [" in line for line in lines)
    assert "Shapes: vectors [800, 1000000]." in " ".join(lines)


def test_without_shapes_no_brackets_stand_anywhere() -> None:
    assert "[" not in text(preset="transformer-base", shapes=False)


def test_cross_attention_has_the_queries_of_one_side_and_the_keys_of_the_other() -> None:
    drawn = text(preset="transformer-base", text="The cat sat", width=110)
    assert "Q [8, m, 64]" in drawn
    assert "K, V [8, 3, 64]" in drawn
    assert drawn.index("Q from the decoder") < drawn.index("K, V from the encoder")


# Lines ----------------------------------------------------------------------------------------------------------------


def follow(rows: list[list[str]], row: int, column: int, side: str) -> tuple[int, int]:
    """From an arrowhead back along its line, straight over crossings, to where the line leaves another one."""
    while True:
        down, across = STEP[side]
        row, column = row + down, column + across
        found = arms(rows[row][column])
        assert OPPOSITE[side] in found, f"the line is broken at {row}, {column}: {rows[row][column]!r}"
        if len(found) == 3:
            return row, column
        if len(found) == 2:
            (side,) = set(found) - {OPPOSITE[side]}


def heads_before(rows: list[list[str]], word: str) -> list[tuple[int, int, str]]:
    """The arrowheads that point from the side at boxes with the word."""
    found = []
    for number, row in enumerate(rows):
        line = "".join(row)
        for column, sign in enumerate(row):
            beside = line[column + 1 :] if sign == "→" else line[:column][::-1] if sign == "←" else ""
            inside = re.match(r"│ *([^│]*?) *│", beside)
            if inside and word in (inside[1] if sign == "→" else inside[1][::-1]):
                found.append((number, column, "l" if sign == "→" else "r"))
    return found


def path(rows: list[list[str]], row: int) -> set[int]:
    """The columns of the arrows that stand alone just below a row: the paths of the data."""
    return {column for column, sign in enumerate(rows[row + 1]) if sign == "↓"}


@pytest.mark.parametrize("norm", ["post", "pre"])
@pytest.mark.parametrize("model", ["encoder", "decoder-only", "encoder-decoder"])
@pytest.mark.parametrize("width", [32, 72, 110])
def test_each_residual_line_leaves_the_path_before_its_sub_layer_and_ends_at_add(
    norm: str, model: str, width: int
) -> None:
    rows = grid(draw(norm=norm, model=model, width=width).lines)
    ends = heads_before(rows, "Add")
    assert len(ends) == (5 if model == "encoder-decoder" else 2)
    for row, column, side in ends:
        fork, middle = follow(rows, row, column, side)
        assert middle in path(rows, fork)
        skipped = "\n".join("".join(each) for each in rows[fork : row - 1])
        assert "Attention" in skipped or "Feed-Forward" in skipped or "Concatenate" in skipped
        assert "Add" not in "".join("".join(each[min(column, middle) : max(column, middle)]) for each in rows[fork:row])


@pytest.mark.parametrize("norm", ["post", "pre"])
@pytest.mark.parametrize("width", [32, 50, 72, 110])
def test_keys_and_values_come_from_the_end_of_the_encoder(norm: str, width: int) -> None:
    rows = grid(draw(norm=norm, model="encoder-decoder", width=width).lines)
    ((row, column, side),) = heads_before(rows, "Cross-Attention")
    assert side == "l"
    source, middle = follow(rows, row, column, side)
    # Above the wall that the line leaves stands the last norm of the encoder, and nothing of the encoder below.
    side_by_side = width >= 70
    names = ["".join(each[:column] if side_by_side else each) for each in rows[:source]]
    norms = [number for number, line in enumerate(names) if "Norm" in line]
    assert source - norms[-1] <= 4
    assert rows[source][middle] == "┬"
    assert "ENCODER" in "\n".join("".join(each) for each in rows[:source])


@pytest.mark.parametrize("preset", ["gpt-2", "bert-base", "mixtral-8x7b"])
def test_the_path_is_one_straight_line(preset: str) -> None:
    lines = draw(preset=preset, text="The cat sat").lines
    columns = {line.index(sign) for line in lines for sign in ("↓ [", "↓ Q", "↓ first", "│ [") if sign in line}
    assert len(columns) == 1
    (column,) = columns
    rows = grid(lines)
    crossings = [row[column] for row in rows if len(row) > column and row[0] in "╔╚"]
    assert crossings == ["╪", "╪"]


def test_pre_norm_and_post_norm_look_different() -> None:
    pre, post = text(norm="pre"), text(norm="post")
    assert "Add & Norm" in post and "│ Add │" not in post
    assert pre.count("│ Add │") == 2 and "Add & Norm" not in pre
    # Pre-norm: a norm before each sub-layer, and one after the last layer.
    assert [each.strip(" │║0123456789,") for each in re.findall(r".*LayerNorm.*", pre)] == ["LayerNorm"] * 3
    assert pre.index("LayerNorm") < pre.index("Multi-Head") < pre.index("│ Add │")


def test_a_decoder_names_its_mask() -> None:
    assert "Masked Multi-Head Attention" in text(model="decoder-only")
    assert "no token sees a later one" in text(model="decoder-only")
    assert "ask" not in text(model="encoder")
    both = text(model="encoder-decoder", width=110)
    assert both.count("Masked Multi-Head") == 2  # In the drawing and in the list of counts.


# Words ----------------------------------------------------------------------------------------------------------------


def test_left_out_tokens_are_counted() -> None:
    drawn = text(tokens=[f"w{number}" for number in range(300)])
    boxes = len(set(re.findall(r"│ (w\d+) (?=│)", drawn)))
    assert f"… {300 - boxes} more tokens" in drawn
    begun = re.search(r'Input: "(.*?) …" \((\d+) more tokens\)', " ".join(drawn.split()))
    assert begun
    shown = [word for word in begun[1].split() if word.startswith("w")]
    assert len(shown) + int(begun[2]) == 300


def test_heads_that_are_not_named_stand_between_the_first_and_the_last() -> None:
    assert "Head 1  Head 2  Head 3" in text(heads=3, d_model=48)
    many = text(heads=16)
    assert "Head 3  …  Head 16" in many or "Head 4  …  Head 16" in many


def test_a_word_in_full_goes_on_further_in() -> None:
    lines = draw(text="Donaudampfschifffahrtsgesellschaft sails", width=32).lines
    first = lines.index("Donaudampfschif… =")
    word, after = "", first + 1
    while lines[after].startswith("  "):
        word, after = word + lines[after].strip(), after + 1
    assert word == "Donaudampfschifffahrtsgesellschaft"
    assert lines[after].startswith("Counted")


def test_a_word_that_is_only_counted_is_not_explained() -> None:
    words = [f"internationalization-{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"]
    drawn = " ".join(text(tokens=words).split())
    legend = re.findall(r"(\S+…\d*) = (\S+)", drawn)
    assert 0 < len(legend) < len(words)
    assert all(re.search(rf"│ {label} │", drawn) for label, _ in legend)
    assert [word for _, word in legend] == words[: len(legend)]


def test_a_changed_preset_says_what_was_changed() -> None:
    assert "gpt-2: 12 layers" in text(preset="gpt-2", layers=12)
    assert "gpt-2 with changed layers and norm: 24 layers" in text(preset="gpt-2", layers=24, norm="post", width=100)


def test_the_alternative_tells_the_model_and_its_size() -> None:
    said = draw(preset="mixtral-8x7b").alternative
    for part in ("32 layers", "32 heads", "8 experts", "pre-norm", "46,702,792,704"):
        assert part in said


def test_defaults_follow_from_what_is_given() -> None:
    assert "d_ff 1024" in text(d_model=256)
    resized = text(preset="gpt-2", d_model=1536, heads=12, width=120)
    assert "d_ff 6144" in resized and "With d_model 1536: d_ff 6144 (4 × d_model)." in resized
    assert "d_ff 11008 is kept from llama-2-7b." in text(preset="llama-2-7b", d_model=1024, width=120)
    # 11008 is 4 x 2752, but not because of a rule: the model has a gate.
    odd = " ".join(text(preset="llama-2-7b", d_model=2752, width=120).split())
    assert "d_ff 11008 and 32 heads are kept from llama-2-7b." in odd and "4 × d_model" not in odd
    assert "With d_model 1200: d_ff 4800 (4 × d_model). 12 heads are kept" in text(preset="gpt-2", d_model=1200)
    assert "d_ff 14336 and 8 key and value heads are kept" in text(preset="mixtral-8x7b", d_model=2048, width=120)
    assert "kept" not in text(preset="gpt-2", d_model=1200, heads=12, d_ff=8)
    assert "K, V" in text(heads=4) and "share" not in text(heads=4)


@pytest.mark.parametrize(
    ("options", "total"),
    [
        # As the weights that were published have them, each counted by itself.
        ({"preset": "gpt-2", "layers": 24, "d_model": 1024}, 354_823_168),
        ({"preset": "gpt-2", "layers": 36, "d_model": 1280}, 774_030_080),
        ({"preset": "gpt-2", "layers": 48, "d_model": 1600}, 1_557_611_200),
        ({"preset": "bert-base", "layers": 24, "d_model": 1024}, 335_141_888),
    ],
    ids=["gpt2-medium", "gpt2-large", "gpt2-xl", "bert-large-uncased"],
)
def test_a_preset_of_another_size_is_the_published_model(options: dict[str, Any], total: int) -> None:
    said = " ".join(text(**options).split())
    assert f"total {total:,}" in said
    heads = {1024: 16, 1280: 20, 1600: 25}[options["d_model"]]
    assert f"{heads} heads (64 numbers each)" in said


@pytest.mark.parametrize(
    ("bias", "count"), [("none", 512 * 512), ("feed-forward", 512 * 512), ("all", 512 * 512 + 512)]
)
def test_a_pooler_has_a_bias_where_all_layers_have_one(bias: str, count: int) -> None:
    with_, without = (draw(bias=bias, pooler=pooler).lines for pooler in (True, False))
    totals = [int(re.findall(r"total +([\d,]+)", "\n".join(lines))[0].replace(",", "")) for lines in (with_, without)]
    assert totals[0] - totals[1] == count


# Values ---------------------------------------------------------------------------------------------------------------

SMALL = {"d_model": 4, "heads": 2, "layers": 2, "values": True, "vocabulary": 9, "width": 72}


def vectors(lines: Sequence[str]) -> list[list[str]]:
    """The columns of numbers in the boxes, as printed, in order."""
    found: list[list[str]] = []
    block: list[list[str]] = []
    for line in lines:
        numbers = re.findall(r"│ +(-?\d+\.\d+) +(?=│)", line)
        if numbers:
            block.append(numbers)
        elif block:
            found += [list(column) for column in zip(*block, strict=True)]
            block = []
    return found


@pytest.mark.parametrize("decimals", [1, 2, 4])
@pytest.mark.parametrize("model", ["encoder", "decoder-only"])
def test_the_printed_vectors_are_what_the_model_makes_of_the_printed_embeddings(model: str, decimals: int) -> None:
    options = {**SMALL, "decimals": decimals, "parameters": False}
    found = vectors(draw(text="The cat sat on", model=model, **options).lines)
    assert len(found) == 8
    embeddings = np.array(found[:4], dtype=np.float64)
    network = Network(layers=2, heads=2, kv_heads=2, d_model=4, d_ff=16, causal=model == "decoder-only")
    output = forward(network, embeddings).tolist()
    assert found[4:] == [[_half_up(number, decimals) for number in row] for row in output]


def _half_up(number: float, decimals: int) -> str:
    units = floor(abs(number) * 10**decimals + 0.5)
    sign = "-" if number < 0 and units else ""
    return f"{sign}{units // 10**decimals}.{units % 10**decimals:0{decimals}d}"


def test_without_decimals_the_embeddings_keep_the_one_that_the_model_is_run_with() -> None:
    lines = draw(text="a b", **SMALL, decimals=0).lines
    assert len(vectors(lines)) == 2
    assert re.search(r"│ +-?\d │ │ +-?\d │", "\n".join(lines))


def test_the_alternative_says_a_word_by_its_name() -> None:
    name = "internationalizations"
    assert f"'{name}' comes out as [" in draw(text=f"{name} b", **SMALL).alternative


def test_values_say_that_nothing_is_learned() -> None:
    assert "none is learned" in " ".join(text(text="a b", **SMALL).split())


def test_numpy_is_imported_only_to_run_the_model() -> None:
    code = "import mdattn, sys; mdattn.diagram({!r}); print('numpy' in sys.modules)"
    plain = "kind: architecture\ntext: The cat sat\npreset: gpt-2"
    run = "kind: architecture\ntext: The cat\nvalues: true\nd_model: 4\nheads: 2"
    for yaml, wanted in ((plain, b"False"), (run, b"True")):
        assert subprocess.check_output([sys.executable, "-c", code.format(yaml)]).strip() == wanted


# Everything at once ---------------------------------------------------------------------------------------------------

WORDS = [
    "The",
    "cat",
    "猫が",
    "❤️",
    "👨‍👩‍👧",
    "🇩🇪",
    "שלום",
    "e\u0301",
    "مرحبا",
    "a\tb",
    "x" * 40,
    "語" * 20,
    "\u200d",
    "'",
    "[",
    "½",
]


def random_options(chance: random.Random) -> dict[str, Any]:
    form = chance.choice(["encoder", "decoder-only", "encoder-decoder"])
    kv_heads = chance.choice([1, 2, 4])
    heads = kv_heads * chance.choice([1, 2, 8])
    options: dict[str, Any] = {
        "model": form,
        "kv_heads": kv_heads,
        "heads": heads,
        "d_model": heads * 2 * chance.choice([1, 8, 64, 1024]),
        "d_ff": chance.choice([1, 48, 16384]),
        "layers": chance.choice([1, 2, 12, 256]),
        "norm": chance.choice(["pre", "post"]),
        "norm_type": chance.choice(["layernorm", "rmsnorm"]),
        "positions": chance.choice(["sinusoidal", "learned", "rotary", "alibi"]),
        "activation": chance.choice(["relu", "gelu", "silu", "reglu", "geglu", "swiglu"]),
        "width": chance.choice([chance.randint(32, 200), chance.randint(31, 80)]),
        "charset": chance.choice(["unicode", "ascii"]),
        "shapes": chance.random() < 0.8,
        "parameters": chance.random() < 0.8,
        "embedding_norm": chance.random() < 0.3,
    }
    if chance.random() < 0.4:
        options["experts"] = chance.choice([2, 8, 1000])
    if chance.random() < 0.3:
        options["preset"] = chance.choice(list(TOTALS))
    if chance.random() < 0.7:
        options["tokens"] = [chance.choice(WORDS) for _ in range(chance.choice([1, 3, 7, 40, 400]))]
        if form != "encoder-decoder" and chance.random() < 0.3:
            small = {
                "values": True,
                "heads": 4,
                "kv_heads": chance.choice([1, 4]),
                "d_model": 8,
                "d_ff": 5,
                "layers": 2,
            }
            options |= small | {"decimals": chance.randint(0, 6), "experts": chance.choice([2, 5])}
    if form == "encoder" and chance.random() < 0.3:
        options |= {"segments": 2, "pooler": True}
    if chance.random() < 0.2:
        options["title"] = chance.choice(["none", "語" * 90, "\u202eabc", " ".join(WORDS)])
    return options


@pytest.mark.campaign
def test_whatever_the_options_every_line_closes(budget: int) -> None:
    chance = random.Random(20_17)
    for _ in range(60 * budget):
        options = random_options(chance)
        drawn = draw(**options)
        own = "".join(options.get("tokens", [])) + options.get("title", "")
        assert not too_wide(drawn.lines, options["width"]), options
        assert not foreign(drawn.lines, own, options["charset"]), options
        if options["charset"] == "unicode":
            assert not list(loose_ends(drawn.lines)), options
        assert drawn.alternative
        assert drawn == draw(**options)


@pytest.mark.campaign
def test_below_the_least_width_the_error_names_one_that_works(budget: int) -> None:
    chance = random.Random(17)
    for _ in range(20 * budget):
        options = random_options(chance) | {"width": chance.randint(1, 27)}
        with pytest.raises(DiagramError, match="needs at least") as caught:
            draw(**options)
        found = re.search(r"needs at least (\d+) columns", caught.value.message)
        assert found
        least = int(found[1])
        drawn = draw(**options | {"width": least})
        assert not too_wide(drawn.lines, least), options
        if options["charset"] == "unicode":
            assert not list(loose_ends(drawn.lines)), options
        with pytest.raises(DiagramError):
            draw(**options | {"width": least - 1})
