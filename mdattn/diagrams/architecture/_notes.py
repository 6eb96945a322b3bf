"""What is said about a model: its title and sizes, what was counted, scaled or kept, and the text alternative."""

from __future__ import annotations

from collections.abc import Sequence

from mdattn import numerals
from mdattn.diagrams.architecture import _models as models
from mdattn.diagrams.architecture._blueprint import TokenBoxes
from mdattn.diagrams.architecture._models import PRESETS, Model
from mdattn.diagrams.architecture._numbers import given_of
from mdattn.diagrams.architecture._options import Options
from mdattn.glyphs import Glyphs
from mdattn.study import notes

TITLES = {
    "encoder": "TRANSFORMER ENCODER",
    "decoder-only": "DECODER-ONLY TRANSFORMER",
    "encoder-decoder": "TRANSFORMER ENCODER AND DECODER",
}
_BIASES = {
    "all": "biases of all linear layers but the output",
    "feed-forward": "biases in the feed-forward network only",
    "none": "no biases",
}


def summary(options: Options, model: Model) -> str:
    """`gpt-2: 12 layers, 12 heads, d_model 768, d_ff 3072`."""
    each = " each" if model.model == "encoder-decoder" else ""
    text = f"{_many(model.layers, 'layer')}{each}, {_many(model.heads, 'head')}"
    text += f", d_model {model.d_model}, d_ff {model.d_ff}"
    if not options.preset:
        return text
    return f"{_origin(options, model)}: {text}"


def _origin(options: Options, model: Model) -> str:
    """`gpt-2`, or `gpt-2 with changed d_model and heads`."""
    assert options.preset
    changed = [name for name in given_of(options) if getattr(PRESETS[options.preset], name) != getattr(model, name)]
    return f"{options.preset}{' with changed ' + notes.listed(changed) if changed else ''}"


def shapes_in_words(model: Model, count: str) -> str:
    """The shapes in a sentence."""
    double = model.model == "encoder-decoder"
    between = f"[{count}, {model.d_model}]" + (
        f" in the encoder, [m, {model.d_model}] in the decoder" if double else ""
    )
    last = "" if model.model == "encoder" else f"; scores [{'m' if double else count}, {model.vocabulary}]"
    return f"Shapes: vectors {between}{last}."


def resized(options: Options, model: Model, glyphs: Glyphs) -> str:
    """What a preset of another d_model brings along, and what it keeps; not what the block itself gives."""
    base = PRESETS[options.preset] if options.preset else model
    if model.d_model == base.d_model:
        return ""
    follows = models.resized(base, model.d_model)
    brought: list[str] = []
    kept: list[str] = []
    for name, size, rule in (
        ("d_ff", f"d_ff {model.d_ff}", f"4 {glyphs.times} d_model"),
        ("heads", _many(model.heads, "head"), f"{model.d_head} numbers each"),
    ):
        if getattr(options, name) is None:
            (brought if name in follows else kept).append(f"{size} ({rule})" if name in follows else size)
    if options.kv_heads is None and base.kv_heads != base.heads:
        kept.append(_many(model.kv_heads, "key and value head"))
    sentences = [f"With d_model {model.d_model}: {notes.listed(brought)}."] if brought else []
    if kept:
        verb = "is" if kept == [f"d_ff {model.d_ff}"] else "are"
        sentences.append(f"{notes.listed(kept)} {verb} kept from {options.preset}.")
    return " ".join(sentences)


def rule(model: Model) -> str:
    """What was counted."""
    bias = _BIASES[model.bias] if model.model != "encoder" or model.bias != "all" else "biases of all linear layers"
    gain = "a gain and a bias" if model.norm_type == "layernorm" else "a gain"
    return f"Counted: every weight, {bias}, {gain} of each norm."


def active(model: Model) -> str:
    """How many parameters a token uses where it is sent to some of the experts."""
    if model.experts == 1:
        return ""
    count = numerals.count(models.total(model) - models.idle(model))
    return f"Active for one token: {count}, with {model.active_experts} of {model.experts} experts in each layer."


def alternative(options: Options, model: Model, boxes: TokenBoxes, names: Sequence[str]) -> str:
    """The diagram in one to three sentences."""
    double = model.model == "encoder-decoder"
    name = TITLES[model.model].capitalize() + (f" ({_origin(options, model)})" if options.preset else "")
    networks = f"a mixture of {model.experts} experts" if model.experts > 1 else "a feed-forward network"
    masked = "masked " if model.model == "decoder-only" else ""
    text = (
        f"{name}: {_many(model.layers, 'layer')}{' in each stack' if double else ''} of {masked}self-attention with "
        f"{_many(model.heads, 'head')} and {networks}, each with a residual connection and {model.norm}-norm; "
        f"d_model is {model.d_model}."
    )
    if double:
        text += " The decoder's masked self-attention is followed by cross-attention to what the encoder gives."
    if options.parameters:
        text += f" It has {numerals.count(models.total(model))} parameters."
    if options.values:
        _, *numbers = boxes.output[0]
        text += f" '{names[0]}' comes out as [{', '.join(number.strip() for number in numbers)}]."
    return text


def _many(number: int, noun: str) -> str:
    """`8 heads`, `1024 heads`: a size of the model, written as its other sizes are."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
