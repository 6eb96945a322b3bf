"""Values of the wrong sort, shape and size in every option: a drawing or a DiagramError, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from test_all_kinds import DRAWN

from mdattn import DiagramError
from mdattn.diagrams import KINDS
from mdattn.diagrams._kind import Diagram
from mdattn.document import draw_options

Options = dict[str, Any]

# What a block and a Python program can give ---------------------------------------------------------------------------

WRITTEN: list[Any] = [
    None,
    True,
    False,
    0,
    1,
    -1,
    2,
    64,
    65,
    10**9 + 1,
    2**63,
    2**64,
    10**30,
    10**400,
    0.5,
    -0.0,
    1e-320,
    1e9,
    1e300,
    1e308,
    float("nan"),
    float("inf"),
    -float("inf"),
    "",
    " ",
    "a",
    "none",
    "causal",
    "0",
    "the#2",
    "\u202e\x07",
    "x" * 300,
    [],
    [[]],
    [[[]]],
    {},
    {"": 0},
    {"a": 1},
    {"a": [1, 2]},
    {"window": 2**63},
    {"window": 0},
    {"query": [[1]]},
    {"weights": [[1]]},
    {"scores": []},
    [0.5, 0.5],
    [[0.5, 0.5], [0.5, 0.5]],
    [[1, 0], [0]],
    [[1, 0], 1],
    [1, [1, 0]],
    [{"a": 1}, [1, 0]],
    [True, None],
    [[True, 1], [None, "a"]],
    [[[1, 0], [0, 1]], [[1, 0], [0, 1]]],
    [[[[1]]]],
    [{"weights": [[1]]}, {"scores": [[1]]}],
    [{"name": "a"}, {"projections": {"query": [[1]]}}],
    ["a", "b"],
    [1e308, 1e308],
]


class Odd:
    """An object of some library."""


def of_python(random: Random) -> Any:
    """A value that only a program can give."""
    made: list[Callable[[], Any]] = [
        lambda: np.eye(2),
        lambda: np.eye(3, dtype=np.float16),
        lambda: np.eye(2, dtype=np.complex128),
        lambda: np.array(["2001-01-01", "2001-01-02"], dtype="datetime64[D]"),
        lambda: np.array([1, 2], dtype="timedelta64[ns]"),
        lambda: np.array(0.5),
        lambda: np.array([]),
        lambda: np.zeros((2, 0)),
        lambda: np.zeros((0, 2)),
        lambda: np.zeros((1, 1, 1, 1)),
        lambda: np.array([[1, None], ["a", [2]]], dtype=object),
        lambda: np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]),
        lambda: np.ma.masked_array([[1.0, 0.0], [0.0, 1.0]], mask=np.eye(2, dtype=bool)),  # type: ignore[no-untyped-call,unused-ignore]
        lambda: np.full((2, 2), 2**63 - 1, dtype=np.int64),
        lambda: np.full((2, 2), 2**64 - 1, dtype=np.uint64),
        lambda: np.array([[True, False], [False, True]]),
        lambda: np.array(["a", "b"]),
        lambda: np.array([b"a", b"b"]),
        lambda: np.float64("nan"),
        lambda: np.float32(0.5),
        lambda: np.bool_(True),
        lambda: np.str_("a"),
        lambda: ((0.5, 0.5), (0.5, 0.5)),
        lambda: [np.array([0.5, 0.5]), (0.5, 0.5)],
        lambda: [np.float16(0.5), np.int8(1)],
        lambda: (each for each in [1, 2]),
        lambda: b"a",
        lambda: bytearray(b"ab"),
        lambda: memoryview(b"ab"),
        lambda: 1j,
        lambda: [[10**5000, 0], [0, 1]],
        lambda: Odd(),
        lambda: Odd,
        lambda: len,
        lambda: {1: [1, 2]},
        lambda: {None: 1},
        lambda: {("a",): 1},
    ]
    return random.choice(made)()


# A right block with something wrong in it -----------------------------------------------------------------------------


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths to everything in a nested value, few of those of long lists."""
    found = [path] if path else []
    entries = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    )
    for step, each in entries if len(entries) <= 8 else [*entries[:4], *entries[-4:]]:
        found += places(each, (*path, step))
    return found


def changed(random: Random, value: Any, written: bool) -> Any:
    """Something near the value, or something else altogether."""
    ways: list[Callable[[], Any]] = [
        lambda: deepcopy(random.choice(WRITTEN)),
        lambda: deepcopy(random.choice(WRITTEN)),
        lambda: [value],
        lambda: {"a": value},
        lambda: str(value)[:50] if isinstance(value, (str, float)) else type(value).__name__,
    ]
    if not written:
        ways += [lambda: of_python(random), lambda: of_python(random)]
    if isinstance(value, list) and value:
        ways += [
            lambda: value[:-1],
            lambda: [*value, value[-1]],
            lambda: [*value, deepcopy(random.choice(WRITTEN))],
            lambda: value[0],
            lambda: dict.fromkeys(map(str, range(len(value))), value[0]),
            lambda: [value[0], *value],
        ]
        if not written:
            ways += [lambda: tuple(value), lambda: np.array(value, dtype=object), lambda: [iter(value)]]
    if isinstance(value, (int, float)):
        ways += [lambda: -value, lambda: float(value > 0) * 1e300, lambda: value + 1, lambda: bool(value)]
    return random.choice(ways)()


def put(options: Options, path: tuple[Any, ...], value: Any) -> None:
    at: Any = options
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value


def wrong(random: Random, kind: str, written: bool) -> Options:
    """The options of a block of the kind, one to three of whose values are not what they should be."""
    options = DRAWN[kind](random)
    for _ in range(random.choice([1, 1, 1, 2, 3])):
        if random.random() < 0.4:
            name = random.choice(KINDS[kind].options.__struct_fields__)
            options[name] = deepcopy(random.choice(WRITTEN)) if written or random.random() < 0.5 else of_python(random)
            continue
        path = random.choice(places(options))
        at: Any = options
        for step in path:
            at = at[step]
        put(options, path, changed(random, at, written))
    if random.random() < 0.9:
        options["kind"] = kind
    return options


def as_yaml(options: Options) -> str:
    """The options as a block has them: JSON is YAML but for its words for numbers that are none."""
    text = json.dumps(options)
    for word, number in (("-Infinity", "-.inf"), ("Infinity", ".inf"), ("NaN", ".nan")):
        text = text.replace(word, number)
    return text


def drawn(options: Options | str) -> Diagram | None:
    """The drawing, or None for a DiagramError; any other exception is not caught."""
    try:
        return draw_options(options)
    except DiagramError as error:
        assert all(each.message for each in error.diagnostics)
        return None


SHARES = 10


@pytest.mark.campaign
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("written", [True, False], ids=["YAML", "Python"])
def test_wrong_values_are_refused_or_drawn(kind: str, written: bool, budget: int) -> None:
    refused = count = 0
    for seed in range(120 * budget):
        options = wrong(Random(seed), kind, written)
        count += 1
        try:
            refused += drawn(as_yaml(options) if written else options) is None
        except Exception as error:
            error.add_note(f"seed {seed}: {repr(options)[:2000]}")
            raise
    assert 0.2 < refused / count < 0.98


# The innermost wrong value is blamed ----------------------------------------------------------------------------------

FLOW = "kind: flow\ntext: a b\nquery: a\n"
HEATMAP = "kind: heatmap\ntext: a b\n"
SIX = "kind: heatmap\ntext: The cat sat on the mat\n"
IN_PLACE = [
    ("kind: flow\ntext: a b\nquery: b\nweights: [0.5, 0.6]", (4, 1), "the weights of the row add up to 1.1"),
    (FLOW + "heads: 2\nweights: [0.5, 0.5]", (5, 1), "'weights' is one row, and there are 2 heads (give one row or"),
    (HEATMAP + "heads: 2\nweights: [[2, 1], [1, 0]]", (4, 1), "'weights' is one matrix, and there are 2 heads"),
    (HEATMAP + "heads: 2\nweights: [{a: 1}, [[1, 0], [0, 1]]]", (4, 11), ""),
    (FLOW + "heads: 2\nweights: [{a: 1}, [1, 0]]", (5, 11), ""),
    (FLOW + "heads: 2\nweights: [[1, 0], [[1, 0], 7]]", (5, 28), "must be a list of numbers, not 7"),
    (FLOW + "heads: 2\nscores: [[1, 0], [1, 0], [1, 0]]", (5, 1), "'scores' is one matrix, and there are 2 heads"),
    (HEATMAP + "heads: 2\nscores: [[[1, 0], [1, 0]]]", (4, 1), "'scores' has 1 matrix for 2 heads"),
    (FLOW + "scores: [true, null]", (4, 10), ""),
    (FLOW + "scores: [1, null]", (4, 13), ""),
    (FLOW + "scores: [[1, 0], [1, [0]]]", (4, 22), ""),
    (FLOW + "scores: [[1, 0], 1]", (4, 18), "must be a list of numbers, not 1"),
    (FLOW + "scores: [[], []]", (4, 10), "holds an empty list"),
    (HEATMAP + "scores: [1, 0]", (3, 1), "'scores' is one row; 2 queries x 2 keys are needed (the text has 2 tokens"),
    (HEATMAP + "heads: [{weights: [1, 0]}]", (3, 19), "'weights' is one row; 2 queries x 2 keys are needed"),
    (HEATMAP + "scores: [[1], [1, 0]]", (3, 10), "row 0 has length 1, and 2 are needed"),
    (HEATMAP + "scores: [[1, 0], [1]]", (3, 18), "row 1 has length 1, row 0 length 2"),
    (HEATMAP + "scores: [[1, 0, 2], [1, 0, 2]]", (3, 10), "'scores' is 2 x 3; 2 queries x 2 keys are needed"),
    (
        HEATMAP + "scores: [[1, 0]]",
        (3, 1),
        "'scores' is 1 x 2; 2 queries x 2 keys are needed (the text has 2 tokens: a b)",
    ),
    (HEATMAP + "weights: [[0.5, 0.5], [1.5, -0.5]]", (3, 29), "a weight below 0"),
    (FLOW + "weights: [[0.5, 0.5], [1, 2]]\nmask: causal", (4, 17), "row 0 gives weight to a masked position"),
    ("kind: flow\ntext: a b\nquery: b\nweights: [[0.5, 0.5], [1, 2]]", (4, 23), "row 1 add up to 3"),
    (HEATMAP + "heads: [{weights: []}]", (3, 19), "'weights' holds an empty list"),
    (HEATMAP + "heads: [{weights: [[1, 0], [0, 1]], scores: [[1, 0], [0, 1]]}]", (3, 45), "exclude each other"),
    (HEATMAP + "mask: [[1, 0], [1, [1]]]", (3, 20), ""),
    (HEATMAP + "mask: {window: 9223372036854775808}", (3, 16), "window"),
    ("kind: flow\ntext: a b\nquery: a\nkeys: [[1], [" + "1, " * 3000 + "1]]", (4, 13), "ragged"),
    (
        SIX + "weights: [[1, 0], [0, 1]]",
        (3, 1),
        "6 queries x 6 keys are needed (the text has 6 tokens: The cat sat on the",
    ),
    (
        "kind: flow\ntokens: [The, cat, sat]\nquery: sat\nweights: [[0.2, 0.3, 0.5]]",
        (4, 1),
        "(or only the query's own row, as 'weights: [0.2, 0.3, 0.5]'; the text has 3 tokens: The cat sat)",
    ),
    (
        FLOW + "weights: [0.2, 0.3, 0.5]",
        (4, 1),
        "'weights' is a row of 3; the one query needs 2, one a key (the text has",
    ),
    (HEATMAP + "embeddings: [[1]]", (3, 1), "one vector a token: 2, not 1 (the text has 2 tokens: a b)"),
    (
        HEATMAP + "key_tokens: [x, y]\nkeys: [[1]]",
        (4, 1),
        "one vector a token: 2, not 1 ('key_tokens' has 2 tokens: x y)",
    ),
]


@pytest.mark.parametrize(("yaml", "place", "message"), IN_PLACE)
def test_the_innermost_wrong_value_is_blamed(yaml: str, place: tuple[int, int], message: str) -> None:
    with pytest.raises(DiagramError) as caught:
        draw_options(yaml)
    assert message in caught.value.diagnostics[0].text()
    assert caught.value.position == place


def test_a_vector_of_any_length_meets_illustrative_ones() -> None:
    assert draw_options({"kind": "flow", "text": "a b", "query": "a", "keys": [[0.1] * 3000, [0.2] * 3000]}).lines


def test_a_window_that_is_larger_than_the_sentence_is_causal() -> None:
    drawn = [draw_options({"kind": "heatmap", "text": "a b c", "mask": mask}) for mask in ({"window": 10**9}, "causal")]
    assert drawn[0].lines == drawn[1].lines


# Files that hold anything ---------------------------------------------------------------------------------------------


def stored(random: Random) -> Any:
    """An array that a file may hold: often one of three tokens, mostly with something wrong."""
    shape = random.choice(
        [(3, 3), (3, 3), (2, 3, 3), (2, 2, 3, 3), (3, 2), (4, 3), (3,), (), (0, 3), (1, 3, 3), (3, 0)]
    )
    made = np.random.default_rng(random.random().as_integer_ratio()[0] % 2**32).random(shape)
    made = made / made.sum(axis=-1, keepdims=True) if made.size and made.ndim else made
    dtype = random.choice(["f8", "f4", "f2", "f8", ">f4", "i8", "u1", "?", "c16", "U3", "M8[D]", "i4,f4"])
    if random.random() < 0.2 and made.size:
        made.flat[0] = random.choice([np.nan, np.inf, -1.0, 1e300, 2.0])
    with np.errstate(all="ignore"):
        return made.astype("f8" if random.random() < 0.5 else dtype)


@pytest.mark.campaign
@pytest.mark.filterwarnings("ignore:invalid value encountered in cast")
def test_files_that_hold_anything_are_refused_or_drawn(tmp_path: Path, budget: int) -> None:
    refused = 0
    count = 300 * budget
    for seed in range(count):
        random = Random(seed)
        array = stored(random)
        name = random.choice(["a.npy", "a.npz", "a.json"])
        if name == "a.npy":
            np.save(tmp_path / name, array)
        elif name == "a.npz":
            np.savez(tmp_path / name, weights=array, other=np.eye(3))
        else:
            nested = changed(random, array.tolist(), written=True) if random.random() < 0.3 else array.tolist()
            (tmp_path / name).write_text(json.dumps({"weights": nested}, default=str))
        source: Options = {
            "file": name,
            "holds": random.choice(["weights", "weights", "scores", "embeddings", "keys", "values"]),
        }
        for key, value in (
            ("array", "weights"),
            ("layer", random.choice([0, 1, 2])),
            ("head", random.choice([0, 1, 9])),
        ):
            if random.random() < (0.7 if key == "array" else 0.3 if array.ndim > 2 else 0.05):
                source[key] = value
        kind = random.choice([name for name, each in KINDS.items() if "source" in each.options.__struct_fields__])
        options: Options = {"kind": kind, "text": "a b c", "source": source}
        options["query" if "query" in KINDS[kind].options.__struct_fields__ else "title"] = "b"
        options |= random.choice([{}, {}, {"heads": 2}, {"mask": "causal"}, {"embeddings": [[1, 0]] * 3}])
        try:
            draw_options(options, folder=tmp_path)
        except DiagramError:
            refused += 1
        except Exception as error:
            error.add_note(f"seed {seed}: {options} {array!r}")
            raise
    assert 0.4 < refused / count < 0.95


# What is too much -----------------------------------------------------------------------------------------------------

MANY = [f"w{number}" for number in range(1024)]
TOO_MUCH: list[tuple[Options, str]] = [
    (
        {"kind": "heatmap", "heads": 17},
        "17 heads x 1,024 queries x 1,024 keys are 17,825,792 weights; at most 16,777,216",
    ),
    ({"kind": "heads", "heads": [{"pattern": "same"}] * 17}, "17 heads x 1,024 queries x 1,024 keys"),
    (
        {"kind": "heads", "tokens": ["a"], "heads": [{"pattern": "same"}] * 65},
        "lists 65 heads; at most 64 can be drawn",
    ),
    ({"kind": "flow", "query": 0, "heads": [{"name": "a"}] * 65}, "lists 65 heads; at most 64 can be drawn"),
    (
        {"kind": "steps", "query": 0, "embeddings": dict.fromkeys(MANY, [0.5] * 600), "arithmetic": "shown"},
        "'shown' works with up to 1,048,576 numbers of keys and values; here there are 1,228,800 (use 'exact')",
    ),
    (
        {"kind": "flow", "query": 0, "embeddings": dict.fromkeys(MANY, [0.5] * 600), "heads": [{"name": "a"}] * 8},
        "the keys and values of 8 heads are 9,830,400 numbers; at most 8,388,608 are taken",
    ),
    ({"kind": "architecture", "values": True, "d_model": 16, "d_ff": 16, "layers": 48}, "times the work that it may"),
    (
        {"kind": "architecture", "values": True, "d_model": 16, "d_ff": 256, "activation": "gelu", "heads": 1},
        "'values' would take 4 times the work that it may (run fewer layers, heads or experts, a smaller 'd_ff', or",
    ),
]


@pytest.mark.parametrize(("options", "message"), TOO_MUCH)
def test_what_would_take_too_long_is_refused_with_the_limit(options: Options, message: str) -> None:
    with pytest.raises(DiagramError) as caught:
        draw_options({"tokens": MANY} | options)
    assert message in caught.value.diagnostics[0].text()


def test_the_most_that_may_be_is_drawn() -> None:
    assert len(draw_options({"kind": "heatmap", "tokens": MANY, "heads": 16}).lines) > 1000
    alike = {"tokens": ["a"] * 1024, "heads": [{"pattern": "same"}] * 16}
    assert "0.00 (1,047,551 more" in " ".join(draw_options({"kind": "heads"} | alike).lines)
