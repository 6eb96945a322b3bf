"""Attention against another implementation of it, ONNX's reference evaluator, and against what is known of it."""

from __future__ import annotations

import tracemalloc
import warnings
from importlib import import_module
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mdattn.attention import masks
from mdattn.attention.attend import attend, given, softmax, ties, weigh
from mdattn.attention.scores import Scoring, steps_of
from mdattn.numerals import snapped

Array = NDArray[np.float64]
SHORT = 250  # random cases of a short run


@pytest.fixture(scope="module")
def onnx_attention() -> Any:
    """query, key, value, mask, attributes -> output and weights, as ONNX's operator Attention defines them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from onnx import TensorProto, helper
        from onnx.reference import ReferenceEvaluator

    def run(q: Array, k: Array, v: Array, mask: NDArray[Any], **attributes: Any) -> tuple[Array, Array]:
        node = helper.make_node(
            "Attention", ["Q", "K", "V", "M"], ["Y", "", "", "W"], qk_matmul_output_mode=3, **attributes
        )
        outputs = [helper.make_tensor_value_info(name, TensorProto.DOUBLE, None) for name in "YW"]
        inputs = [helper.make_tensor_value_info(name, TensorProto.DOUBLE, None) for name in "QKVM"]
        graph = helper.make_graph([node], "attention", inputs, outputs)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 24)])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found: Any = ReferenceEvaluator(model).run(None, {"Q": q[None], "K": k[None], "V": v[None], "M": mask})
        return found[0][0], found[1][0]

    return run


def _case(random: np.random.Generator) -> tuple[Array, Array, Array, dict[str, Any]]:
    """A random attention: few heads or many, grouped or not, with any of the options, its shape never symmetric."""
    kv_head, group = int(random.integers(1, 4)), int(random.integers(1, 4))
    n_query, n_key = int(random.integers(1, 8)), int(random.integers(1, 9))
    d_k, d_v = int(random.integers(1, 6)), int(random.integers(1, 5))
    shape = (kv_head * group, n_query, n_key)
    allowed: Any = [
        None,
        random.random(shape) < 0.5,
        random.random(shape[1:]) < 0.3,
        masks.causal(n_query, n_key),
        masks.window(n_query, n_key, int(random.integers(1, 4))),
    ][int(random.integers(5))]
    options = {
        # The evaluator has attributes in float32 and takes the root of the scale: both must be exact there.
        "scale": None if random.random() < 0.5 else int(random.integers(20, 110)) ** 2 / 4096,
        "softcap": None if random.random() < 0.5 else float(np.float32(random.uniform(0.5, 20))),
        "bias": None if random.random() < 0.5 else random.normal(size=shape),
        "allowed": allowed,
    }
    draw = 3 * random.normal(size=(3, 9, 9, 9))
    q, k, v = draw[0, : shape[0], :n_query, :d_k], draw[1, :kv_head, :n_key, :d_k], draw[2, :kv_head, :n_key, :d_v]
    return q, k, v, options


@pytest.mark.campaign
def test_agrees_with_onnx(onnx_attention: Any, budget: int) -> None:
    random = np.random.default_rng(20170612)
    nothing_allowed = 0
    for number in range(SHORT * budget):
        q, k, v, options = _case(random)
        trace = attend(q, k, v, **options)
        mask = np.zeros(trace.weights.shape) if options["bias"] is None else options["bias"]
        mask = np.where(True if options["allowed"] is None else options["allowed"], mask, -np.inf)
        attributes = {name: options[name] for name in ("scale", "softcap") if options[name] is not None}
        output, weights = onnx_attention(q, k, v, mask, **attributes)
        nothing_allowed += int((trace.weights.sum(axis=-1) == 0).sum())
        np.testing.assert_allclose(trace.weights, weights, rtol=0, atol=1e-12, err_msg=f"case {number}")
        np.testing.assert_allclose(trace.output, output, rtol=0, atol=1e-12, err_msg=f"case {number}")
    assert nothing_allowed > 20  # The campaign must meet rows that may attend to nothing.


def test_boolean_mask_agrees_with_onnx(onnx_attention: Any) -> None:
    random = np.random.default_rng(1)
    q, k, v = random.normal(size=(3, 2, 4, 3))
    allowed = random.random((2, 4, 4)) < 0.5
    allowed[1, 2] = False
    output, weights = onnx_attention(q, k, v, allowed)
    trace = attend(q, k, v, allowed=allowed)
    np.testing.assert_allclose(trace.weights, weights, rtol=0, atol=1e-12)
    np.testing.assert_allclose(trace.output, output, rtol=0, atol=1e-12)


def test_square_causal_agrees_with_onnx(onnx_attention: Any) -> None:
    # ONNX's is_causal without a cache is aligned top-left, which for as many queries as keys is the same.
    q, k, v = np.random.default_rng(2).normal(size=(3, 1, 5, 3))
    output, _ = onnx_attention(q, k, v, np.zeros((5, 5)), is_causal=1)
    np.testing.assert_allclose(attend(q, k, v, allowed=masks.causal(5, 5)).output, output, rtol=0, atol=1e-12)


def test_every_step_of_a_small_case() -> None:
    """q.k = 3 and -1; x 0.25; / 0.5 = 1.5 and -0.5; 2 tanh(s / 2); + bias; softmax; weighted sum: each apart."""
    trace = attend(
        [[1.0, 1.0]], [[1.0, 2.0], [0.0, -1.0]], [[1.0], [3.0]], scale=0.25, temperature=0.5, softcap=2.0,
        bias=[[0.0, 1.0]], keep=True,
    )  # fmt: skip
    assert [step.name for step in trace.steps] == ["scale", "temperature", "softcap", "bias"]
    products, scaled, cooled, capped, biased = trace.scores
    assert trace.dot_products is products
    assert products.tolist() == [[[3.0, -1.0]]]
    assert scaled.tolist() == [[[0.75, -0.25]]]
    assert cooled.tolist() == [[[1.5, -0.5]]]
    np.testing.assert_allclose(capped, [[[2 * 0.6351489523872873, -2 * 0.24491866240370913]]], rtol=1e-15)
    np.testing.assert_allclose(biased - capped, [[[0.0, 1.0]]], rtol=0, atol=1e-15)
    odds = float(np.exp(biased[0, 0, 0] - biased[0, 0, 1]))
    np.testing.assert_allclose(trace.weights, [[[odds / (1 + odds), 1 / (1 + odds)]]], rtol=1e-14)
    np.testing.assert_allclose(trace.output, [[[(odds + 3) / (1 + odds)]]], rtol=1e-14)


def test_default_scale_is_one_over_the_root_of_d_k() -> None:
    trace = attend(np.ones((1, 1, 4)), np.ones((1, 2, 4)), np.ones((1, 2, 7)), keep=True)
    assert trace.scores[1].tolist() == [[[2.0, 2.0]]]


def test_scores_are_kept_only_where_asked_for() -> None:
    random = np.random.default_rng(8)
    arrays = random.normal(size=(3, 2, 4, 3))
    asked: Any = {"temperature": 0.5, "softcap": 2.0, "bias": np.eye(4), "allowed": masks.causal(4, 4)}
    kept, lean = attend(*arrays, **asked, keep=True), attend(*arrays, **asked)
    assert (len(kept.scores), lean.scores, lean.dot_products) == (5, (), None)
    assert kept.weights.tolist() == lean.weights.tolist()
    assert kept.output.tolist() == lean.output.tolist()


def test_without_steps_to_keep_attend_holds_one_array_of_scores() -> None:
    arrays = np.random.default_rng(9).normal(size=(3, 4, 256, 8))
    attend(*arrays, softcap=2.0)
    tracemalloc.start()
    attend(*arrays, temperature=0.5, softcap=2.0, allowed=masks.causal(256, 256))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.5 * 4 * 256 * 256 * 8


def test_a_key_value_head_serves_a_run_of_query_heads() -> None:
    """Four heads over two: 0 0 1 1 (repeat), not 0 1 0 1 (tile); told by values that name their head."""
    value = np.array([[[10.0]], [[20.0]]])
    trace = attend(np.ones((4, 1, 1)), np.ones((2, 1, 1)), value)
    assert trace.output.ravel().tolist() == [10.0, 10.0, 20.0, 20.0]
    key = np.array([[[1.0]], [[2.0]]])
    trace = attend(np.ones((4, 1, 1)), key, value, keep=True)
    assert trace.scores[0].ravel().tolist() == [1.0, 1.0, 2.0, 2.0]
    assert trace.key.shape == (2, 1, 1)


def test_a_query_that_may_attend_to_nothing_has_weights_and_output_0() -> None:
    trace = attend(np.ones((1, 2, 2)), np.ones((1, 2, 2)), np.ones((1, 2, 3)), allowed=[[True, True], [False, False]])
    assert trace.weights.tolist() == [[[0.5, 0.5], [0.0, 0.0]]]
    assert trace.output.tolist() == [[[1.0, 1.0, 1.0], [0.0, 0.0, 0.0]]]


def test_fewer_queries_than_keys_see_the_cache() -> None:
    """Decoding the last two of five tokens gives the last two rows of attending all at once."""
    tokens = np.random.default_rng(3).normal(size=(2, 5, 4))
    whole = attend(tokens, tokens, tokens, allowed=masks.causal(5, 5))
    cached = attend(tokens[:, 3:], tokens, tokens, allowed=masks.causal(2, 5))
    np.testing.assert_allclose(cached.output, whole.output[:, 3:], rtol=0, atol=1e-14)


@pytest.mark.parametrize("scores", [[1e308, -1e308], [1e308, 1e308], [-1e308, -1e308], [1e308, 0.0]])
def test_huge_scores_are_never_nan(scores: list[float]) -> None:
    weights = weigh([scores]).weights
    assert weights.sum() == 1.0
    assert (weights[0, 0, 0] == 0.5) == (scores[0] == scores[1])


def test_huge_scores_that_are_masked_count_for_nothing() -> None:
    assert weigh([[1e308, 0.0, 0.0]], allowed=[False, True, True]).weights.tolist() == [[[0.0, 0.5, 0.5]]]


def test_subtracting_a_constant_changes_nothing() -> None:
    scores = np.random.default_rng(4).normal(size=(2, 3, 5))
    np.testing.assert_allclose(weigh(scores).weights, weigh(scores + 700).weights, rtol=0, atol=1e-12)


def test_softmax_of_no_keys_is_no_weights() -> None:
    assert softmax(np.zeros((2, 0)), np.ones((2, 0), dtype=bool)).shape == (2, 0)


def test_given_scores_go_through_the_same_pipe() -> None:
    random = np.random.default_rng(5)
    q, k, v = random.normal(size=(3, 2, 4, 3))
    steps: Any = {"scale": 0.7, "temperature": 2.0, "softcap": 3.0, "bias": np.eye(4)}
    whole = attend(q, k, v, **steps, allowed=masks.causal(4, 4), keep=True)
    through = steps_of(Scoring(**steps), None)
    part = weigh(q @ k.transpose(0, 2, 1), through, allowed=masks.causal(4, 4), value=v, keep=True)
    for name in ("scores", "allowed", "weights", "output"):
        np.testing.assert_allclose(getattr(part, name), getattr(whole, name), rtol=0, atol=1e-14, err_msg=name)


def test_given_weights_are_taken_as_they_are() -> None:
    end = given([[0.33, 0.33, 0.33], [0.0, 0.0, 0.0]], value=[[1.0], [2.0], [3.0]])
    assert end.weights.tolist() == [[[0.33, 0.33, 0.33], [0.0, 0.0, 0.0]]]
    assert end.output is not None
    np.testing.assert_allclose(end.output, [[[1.98], [0.0]]], rtol=1e-15)
    assert (end.steps, end.scores, end.dot_products) == ((), (), None)
    assert end.allowed.all()


def test_without_values_there_is_no_output() -> None:
    assert weigh([[0.0]]).output is None
    assert given([[1.0]]).output is None


def test_arrays_are_read_only_and_not_the_callers() -> None:
    q = np.ones((1, 2, 2))
    trace = attend(q, q, q, allowed=np.ones((2, 2), dtype=bool), softcap=1.0, bias=0.0, keep=True)
    for name in ("query", "key", "value", "allowed", "weights", "output"):
        assert not getattr(trace, name).flags.writeable, name
    assert not any(scores.flags.writeable for scores in trace.scores)
    q[0, 0, 0] = 5.0
    assert trace.query[0, 0, 0] == 1.0
    weights = np.ones((1, 1))
    given(weights)
    weights[0, 0] = 0.0  # still the caller's to write


def test_whole_numbers_and_small_floats_become_float64() -> None:
    trace = attend(np.array([[1, 2]]), np.array([[3, 4]], dtype=np.float32), [[True]])
    assert {trace.query.dtype, trace.key.dtype, trace.value.dtype, trace.weights.dtype} == {np.dtype(np.float64)}


ONES = np.ones((1, 2, 2))


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((ONES, np.ones((1, 2, 3)), ONES), {}, r"query \[head, n_query, d_k\] \(1, 2, 2\).* one d_k"),
        ((np.ones((1, 2, 0)), np.ones((1, 2, 0)), ONES), {}, "one d_k"),
        ((np.ones((3, 2, 2)), np.ones((2, 2, 2)), np.ones((2, 2, 2))), {}, r"kv_head of key .*\(2, 2, 2\) must divide"),
        ((ONES, ONES, np.ones((1, 3, 2))), {}, r"value .*\(1, 3, 2\) needs a row for each of the n_key = 2"),
        ((ONES, ONES, np.ones((2, 2, 2))), {}, "kv_head of value .* must divide head = 1"),
        ((np.ones(2), ONES, ONES), {}, r"query .* needs three axes.*\(2,\)"),
        (([[1.0, 2.0], [3.0]], ONES, ONES), {}, "query .* rectangular"),
        (([["1", "2"]], ONES, ONES), {}, "query .* real numbers"),
        ((ONES * 1j, ONES, ONES), {}, "query .* real numbers"),
        ((ONES, [[10**400, 1]], ONES), {}, "key .* real numbers"),
        ((ONES * np.nan, ONES, ONES), {}, "query .* must be finite"),
        ((ONES, ONES * np.inf, ONES), {}, "key .* must be finite"),
        ((ONES, ONES, -ONES * np.inf), {}, "value .* must be finite"),
        ((ONES * 1e200, ONES * 1e200, ONES), {}, "scores after the scale must be finite"),
        ((ONES * 1e200, ONES * 1e200, ONES), {"softcap": 1.0}, "scores after the scale must be finite"),
        ((ONES, ONES, ONES), {"bias": -np.inf}, "bias .* must be finite .*use `allowed`"),
        ((ONES * 1e153, ONES * 1e154, ONES), {"bias": 1.79e308}, "scores after the bias must be finite"),
        ((ONES, ONES, ONES), {"bias": np.ones(3)}, r"bias \(3,\) does not broadcast .*\(1, 2, 2\)"),
        ((ONES, ONES, ONES), {"allowed": np.ones((3, 1, 1), dtype=bool)}, r"allowed \(3, 1, 1\) does not broadcast"),
        ((ONES, ONES, ONES), {"allowed": np.ones((2, 2))}, "allowed .* must be boolean .*float64"),
        ((ONES, ONES, ONES), {"scale": float("nan")}, "scale must be finite"),
        ((ONES, ONES, ONES), {"temperature": 0.0}, "temperature must be finite and above 0"),
        ((ONES, ONES, ONES), {"softcap": 0.0}, "softcap must be finite and above 0"),
        ((ONES, ONES, ONES), {"softcap": float("inf")}, "softcap must be finite and above 0"),
    ],
)
def test_what_does_not_fit_is_refused_with_shapes(arguments: tuple[Any, ...], options: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        attend(*arguments, **options)


def test_large_numbers_whose_squares_overflow_are_fine() -> None:
    assert attend([[1e-200]], [[1e200]], [[1e200]]).output.tolist() == [[[1e200]]]


def test_given_weights_must_be_possible() -> None:
    with pytest.raises(ValueError, match=r"not be negative, got -0\.5"):
        given([[1.5, -0.5]])
    with pytest.raises(ValueError, match="must be 0 where the mask"):
        given([[0.5, 0.5]], allowed=[True, False])


def test_callers_who_make_numpy_raise_are_not_let_down() -> None:
    with np.errstate(all="raise"):
        assert weigh([[1e308, -1e308, 0.0]]).weights.tolist() == [[[1.0, 0.0, 0.0]]]


def test_ties_are_what_snaps_alike() -> None:
    row = [0.2, 0.4 - 1e-12, 0.4, 0.4 + 1e-12]
    assert ties(row) == (1, 2, 3)
    assert ties([0.3, 0.4, 0.4 - 1e-6]) == (1,)
    # Closer than 1e-9, but they round to different ninth decimals:
    assert ties([0.4000000004, 0.4000000006]) == (1,)


def test_a_row_of_nothing_has_no_ties() -> None:
    assert ties([0.0, 0.0]) == ()
    assert ties([]) == ()


def test_uniform_attention_over_eight_keys_ties_throughout() -> None:
    neighbours = [np.nextafter(0.125, 0), 0.125, np.nextafter(0.125, 1)]
    assert ties(neighbours) == (0, 1, 2)


def test_ties_of_an_array_are_those_of_a_list_and_few_of_them_are_snapped(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    for _ in range(200):
        row = rng.choice([0.0, 0.25, 0.25 + 4e-10, 0.25 - 6e-10, 0.25 + 2.6e-9, 0.2], size=7)
        assert ties(row) == ties(row.tolist())
    calls: list[float] = []

    def counted(value: float) -> float:
        calls.append(value)
        return snapped(value)

    monkeypatch.setattr(import_module("mdattn.attention.attend"), "snapped", counted)
    assert len(ties(np.full(100_000, 1e-5))) == 100_000
    assert len(calls) < 10
