"""From options to a model, the tokens that go in, and for `values: true` its vectors; numpy is imported only there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from mdattn import numerals
from mdattn.diagrams.architecture import _models as models
from mdattn.diagrams.architecture._blueprint import Boxes, TokenBoxes
from mdattn.diagrams.architecture._models import PRESETS, Model
from mdattn.diagrams.architecture._options import Options
from mdattn.errors import OptionError
from mdattn.study.tokens import checked

_FIELDS = Model.__struct_fields__


def given_of(options: Options) -> dict[str, Any]:
    """What the block itself says of the model."""
    return {name: value for name in _FIELDS if (value := getattr(options, name)) is not None}


def model_of(options: Options) -> Model:
    """The preset with what the block says in place of its numbers. Raises OptionError for what does not go together."""
    given = given_of(options)
    base = PRESETS[options.preset] if options.preset else Model()
    form = given.get("model", base.model)
    if form != "encoder":
        base = replace(base, segments=0, pooler=False)
    if "d_model" in given:
        given = {**_follows(options, base), **given}
    if "heads" in given and base.kv_heads == base.heads:
        given.setdefault("kv_heads", given["heads"])
    if "experts" in given:
        given.setdefault("active_experts", min(given["experts"], max(base.active_experts, 2)))
    model = replace(base, **given)
    _check(model, given_of(options))
    return model


def _follows(options: Options, base: Model) -> dict[str, int]:
    """What a d_model brings along; without a preset the heads are those of the 2017 base model."""
    follows = models.resized(base, options.d_model or base.d_model)
    return follows if options.preset else {"d_ff": follows["d_ff"]}


def _check(model: Model, given: dict[str, Any]) -> None:
    """Raises OptionError for numbers that no model can have together, at the one that the block gives."""
    if model.d_model % model.heads:
        raise OptionError(
            "heads" if "heads" in given else "d_model",
            f"{model.heads} heads do not divide d_model = {model.d_model}",
            _near(model.heads, model.d_model) if "heads" in given else "each head has d_model / heads numbers",
        )
    if model.heads % model.kv_heads:
        raise OptionError(
            next((name for name in ("kv_heads", "heads") if name in given), "d_model"),
            f"{model.kv_heads} key and value heads do not divide {model.heads} query heads",
            _near(model.kv_heads, model.heads) if "kv_heads" in given else "give 'kv_heads' too",
        )
    if model.positions == "rotary" and model.d_head % 2:
        culprit = next(name for name in ("positions", "heads", "d_model") if name in given)
        raise OptionError(
            culprit, f"rotary positions turn pairs of numbers, and a head has {model.d_head}", "set 'heads'"
        )
    if model.active_experts > model.experts:
        raise OptionError(
            "active_experts", f"{model.active_experts} of {model.experts} experts cannot be active", "give fewer"
        )


def _near(number: int, whole: int) -> str:
    """The divisors of the whole that are next to the number."""
    below = next(each for each in range(min(number, whole), 0, -1) if whole % each == 0)
    above = next((each for each in range(number, whole + 1) if whole % each == 0), below)
    return f"{below} would" if below == above else f"{below} or {above} would"


def tokens_of(options: Options, model: Model) -> tuple[str, ...]:
    """The tokens that go in; none if the block gives no sentence. Raises OptionError."""
    name = "text" if options.tokens is None else "tokens"
    if options.text is None and options.tokens is None:
        if options.values:
            raise OptionError("values", "'values' needs a sentence to run the model over", "give 'text:' or 'tokens:'")
        return ()
    given = options.tokens if options.tokens is not None else (options.text or "").split()
    tokens = checked(tuple(given), name)
    if model.positions == "learned" and len(tokens) > model.context:
        raise OptionError(
            name, f"{len(tokens)} tokens, but only {model.context} positions are learned", "set 'context'"
        )
    return tokens


# Values ---------------------------------------------------------------------------------------------------------------

# A model that prints its vectors is small enough to print them, and quick enough to run while a document renders.
_SMALL = {"d_model": 16, "d_ff": 256, "layers": 48, "experts": 16}
_MOST_WORK = 2**23  # weights, and numbers in the feed-forward networks
_GELU = 16  # times as long as other activations, each of its numbers takes


def _vectors(options: Options, model: Model, tokens: tuple[str, ...]) -> tuple[list[list[float]], list[list[float]]]:
    """The embeddings and the outputs [token, d_model]. Raises OptionError for a model that is too large."""
    if model.model == "encoder-decoder":
        raise OptionError(
            "values", "'values' follows one sentence, and this model reads two", "choose encoder or decoder-only"
        )
    for name, most in _SMALL.items():
        if getattr(model, name) > most:
            at = name if getattr(options, name) is not None else "values"
            raise OptionError(
                at,
                f"'values' runs models with {name} up to {most}; this one has {getattr(model, name)}",
                f"set '{name}'",
            )
    _refuse_long_runs(model, len(tokens))
    from mdattn.attention.embeddings import illustrative
    from mdattn.attention.transformer import Network, forward

    embeddings = illustrative(tokens, model.d_model, decimals_of(options))
    shared = {name: getattr(model, name) for name in Network.__struct_fields__ if name != "causal"}
    output = forward(Network(**shared, causal=model.model == "decoder-only"), embeddings)
    return embeddings.tolist(), output.tolist()


def _refuse_long_runs(model: Model, tokens: int) -> None:
    """Raises OptionError for a model and a sentence that together take longer than a diagram is worth waiting for."""
    numbers = tokens * model.d_ff * model.experts * (_GELU if model.activation in ("gelu", "geglu") else 1)
    work = model.layers * (model.heads * tokens * tokens + numbers)
    if work > _MOST_WORK:
        raise OptionError(
            "values",
            f"'values' would take {numerals.count(-(-work // _MOST_WORK))} times the work that it may",
            f"run fewer layers, heads or experts, a smaller 'd_ff', or fewer than {tokens:,} tokens",
        )


def decimals_of(options: Options) -> int:
    return 2 if options.decimals is None else options.decimals


def token_boxes(options: Options, model: Model, tokens: tuple[str, ...], shown: Sequence[str]) -> TokenBoxes:
    """What stands in the small boxes of the tokens."""
    places = tuple((f"pos {place}",) for place in range(len(tokens)))
    if not options.values:
        boxes = tuple((word,) for word in shown)
        return TokenBoxes(boxes, places, boxes if model.model == "encoder" else ())
    decimals = decimals_of(options)
    embedded, output = _vectors(options, model, tokens)
    return TokenBoxes(_stacked(shown, embedded, max(1, decimals)), places, _stacked(shown, output, decimals))


def _stacked(shown: Sequence[str], vectors: list[list[float]], decimals: int) -> Boxes:
    """Each word, and below it its vector with the decimal points below each other."""
    boxes = []
    for word, vector in zip(shown, vectors, strict=True):
        numbers = [numerals.text(number, decimals) for number in vector]
        width = max(map(len, numbers))
        boxes.append((word, *(number.rjust(width) for number in numbers)))
    return tuple(boxes)
