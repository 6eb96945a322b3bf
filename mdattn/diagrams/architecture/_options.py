"""What may stand in a block of the kind `architecture`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta

from mdattn.diagrams.architecture._models import PRESETS, Model
from mdattn.errors import OptionError
from mdattn.options import Common, doc

Layers = Annotated[int, Meta(ge=1, le=256)]
Heads = Annotated[int, Meta(ge=1, le=1024)]
Size = Annotated[int, Meta(ge=1, le=1_000_000)]
Vocabulary = Annotated[int, Meta(ge=1, le=10_000_000)]
Experts = Annotated[int, Meta(ge=2, le=1024)]
Decimals = Annotated[int, Meta(ge=0, le=6)]


class Options(Common, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What may stand in an architecture block. What is left out is the preset's, or that of the 2017 base model."""

    rivals = (("text", "tokens"),)

    text: Annotated[str | None, doc("a sentence that goes in, split on white space", "text")] = None
    tokens: Annotated[list[str] | None, doc("a list of tokens, instead of `text`", "a list of tokens")] = None
    preset: Annotated[
        Literal["transformer-base", "transformer-big", "bert-base", "gpt-2", "llama-2-7b", "mixtral-8x7b"] | None,
        doc("a known model; each other key overrides one of its numbers", f"one of {', '.join(map(repr, PRESETS))}"),
    ] = None
    model: Annotated[
        Literal["encoder", "decoder-only", "encoder-decoder"] | None,
        doc("which stacks it has (default encoder)", "'encoder', 'decoder-only' or 'encoder-decoder'"),
    ] = None
    layers: Annotated[Layers | None, doc("layers of each stack (default 6)", "a whole number from 1 to 256")] = None
    heads: Annotated[Heads | None, doc("query heads (default 8)", "a whole number from 1 to 1024")] = None
    kv_heads: Annotated[
        Heads | None, doc("key and value heads (default: as many as `heads`)", "a whole number from 1 to 1024")
    ] = None
    d_model: Annotated[
        Size | None, doc("numbers in the vector of a token (default 512)", "a whole number from 1 to 1,000,000")
    ] = None
    d_ff: Annotated[
        Size | None,
        doc("width of the feed-forward network (default 4 × `d_model`)", "a whole number from 1 to 1,000,000"),
    ] = None
    vocabulary: Annotated[
        Vocabulary | None,
        doc("tokens that the model knows (default 37000)", "a whole number from 1 to 10,000,000"),
    ] = None
    norm: Annotated[
        Literal["post", "pre"] | None,
        doc("after the residual connection or before the sub-layer (default post)", "'post' or 'pre'"),
    ] = None
    norm_type: Annotated[
        Literal["layernorm", "rmsnorm"] | None, doc("which norm (default layernorm)", "'layernorm' or 'rmsnorm'")
    ] = None
    activation: Annotated[
        Literal["relu", "gelu", "silu", "reglu", "geglu", "swiglu"] | None,
        doc(
            "of the feed-forward network; those in -glu have a gate (default relu)",
            "'relu', 'gelu', 'silu', 'reglu', 'geglu' or 'swiglu'",
        ),
    ] = None
    positions: Annotated[
        Literal["sinusoidal", "learned", "rotary", "alibi"] | None,
        doc(
            "how positions are known (default sinusoidal)",
            "'sinusoidal', 'learned', 'rotary' or 'alibi'",
        ),
    ] = None
    context: Annotated[
        Vocabulary | None, doc("how many positions are learned (default 512)", "a whole number from 1 to 10,000,000")
    ] = None
    experts: Annotated[
        Experts | None, doc("feed-forward networks of which each token uses a few", "a whole number from 2 to 1024")
    ] = None
    active_experts: Annotated[
        Heads | None, doc("experts that a token uses (default 2)", "a whole number from 1 to 1024")
    ] = None
    bias: Annotated[
        Literal["all", "feed-forward", "none"] | None,
        doc("which linear layers have biases (default feed-forward)", "'all', 'feed-forward' or 'none'"),
    ] = None
    tied: Annotated[bool | None, doc("one matrix for embeddings and output (default true)", "true or false")] = None
    embedding_norm: Annotated[bool | None, doc("a norm after the embeddings (default false)", "true or false")] = None
    segments: Annotated[
        Experts | None, doc("kinds of segment with an embedding each, as in BERT", "a whole number from 2 to 1024")
    ] = None
    pooler: Annotated[bool | None, doc("a layer over the first token, as in BERT", "true or false")] = None
    shapes: Annotated[bool, doc("shapes of what flows, [token, number]", "true or false")] = True
    parameters: Annotated[bool, doc("how many parameters each part has", "true or false")] = True
    values: Annotated[
        bool,
        doc("run a small model over the sentence, with illustrative weights, and print its vectors", "true or false"),
    ] = False
    decimals: Annotated[Decimals | None, doc("decimals of these vectors (default 2)", "a whole number from 0 to 6")] = (
        None
    )

    def idle(self) -> Iterator[OptionError]:
        """What is no part of the model, or not shown of it."""
        base = PRESETS[self.preset] if self.preset else Model()
        form, positions = self.model or base.model, self.positions or base.positions
        encodes, mixes = form == "encoder", (self.experts or base.experts) > 1
        encoders, cure = f"is part of an encoder, and this model is {form}", "leave it out"
        for name, bears, why, way_out in (
            ("segments", encodes, encoders, cure),
            ("pooler", encodes, encoders, cure),
            ("tied", not encodes, "says what the output matrix is, and an encoder has none", cure),
            ("context", positions == "learned", f"counts learned positions, and these are {positions}", cure),
            ("active_experts", mixes, "needs 'experts'", "say how many experts there are"),
            ("bias", self.parameters, "changes only the counts, and 'parameters: false' hides them", cure),
            ("decimals", self.values, "is for 'values: true', which prints vectors", cure),
        ):
            if getattr(self, name) is not None and not bears:
                yield OptionError(name, f"'{name}' {why}", way_out)
