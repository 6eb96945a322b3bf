"""Transformers as numbers: what a model is made of, known models, and how many parameters each part has.

Floor 3, beside the kinds; no numpy. The counting rule is that of the published totals. Every weight matrix counts
d_in x d_out. `bias` says which linear layers add a bias: all of them, only those of the feed-forward network, or none;
the output matrix and a router never do. A LayerNorm has a gain and a bias of d_model each, an RMSNorm a gain. A matrix
that serves twice (tied embeddings) is counted once. Sinusoidal, rotary and ALiBi positions have no parameters.

Sources: "Attention Is All You Need" (2017), section 3 and table 3; the released checkpoints of GPT-2 (124,439,808),
BERT-base (109,482,240), Llama 2 7B (6,738,415,616) and Mixtral 8x7B (46,702,792,704). The rows of that table 3 agree
with this rule for a shared vocabulary of 41,020 to 41,200 tokens (65M), and its big model (213M) for one of about
36,000; its text says "about 37000", which is what the presets hold and what gives 63.0M and 214.2M.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

Form = Literal["encoder", "decoder-only", "encoder-decoder"]
Order = Literal["post", "pre"]
NormType = Literal["layernorm", "rmsnorm"]
Activation = Literal["relu", "gelu", "silu", "reglu", "geglu", "swiglu"]
Positions = Literal["sinusoidal", "learned", "rotary", "alibi"]
Bias = Literal["all", "feed-forward", "none"]

# Gated activations multiply two linear layers where the others have one (Shazeer, "GLU Variants", 2020).
GATED: Mapping[str, str] = {"reglu": "ReLU", "geglu": "GELU", "swiglu": "SiLU"}
PLAIN: Mapping[str, str] = {"relu": "ReLU", "gelu": "GELU", "silu": "SiLU"}
NORM_NAMES: Mapping[str, str] = {"layernorm": "LayerNorm", "rmsnorm": "RMSNorm"}


class Model(Struct, frozen=True, kw_only=True):
    """A model's hyperparameters by the field's own names; the defaults are the base model of the 2017 paper."""

    model: Form = "encoder"
    layers: int = 6
    """Of each stack, where there are two."""
    heads: int = 8
    kv_heads: int = 8
    d_model: int = 512
    d_ff: int = 2048
    vocabulary: int = 37_000
    norm: Order = "post"
    norm_type: NormType = "layernorm"
    activation: Activation = "relu"
    positions: Positions = "sinusoidal"
    context: int = 512
    """How many positions are learned; of no meaning for other positions."""
    experts: int = 1
    active_experts: int = 1
    bias: Bias = "feed-forward"
    tied: bool = True
    """Whether one matrix serves as embeddings (of both stacks) and output."""
    embedding_norm: bool = False
    segments: int = 0
    """Kinds of segment (token types) with an embedding each."""
    pooler: bool = False

    @property
    def d_head(self) -> int:
        """Numbers in the query, key or value of one head."""
        return self.d_model // self.heads

    @property
    def gated(self) -> bool:
        """Whether the feed-forward network has a gate."""
        return self.activation in GATED


PRESETS: Mapping[str, Model] = {
    "transformer-base": Model(model="encoder-decoder"),
    "transformer-big": Model(model="encoder-decoder", heads=16, kv_heads=16, d_model=1024, d_ff=4096),
    "bert-base": Model(
        layers=12,
        heads=12,
        kv_heads=12,
        d_model=768,
        d_ff=3072,
        vocabulary=30_522,
        activation="gelu",
        positions="learned",
        bias="all",
        embedding_norm=True,
        segments=2,
        pooler=True,
    ),
    "gpt-2": Model(
        model="decoder-only",
        layers=12,
        heads=12,
        kv_heads=12,
        d_model=768,
        d_ff=3072,
        vocabulary=50_257,
        norm="pre",
        activation="gelu",
        positions="learned",
        context=1024,
        bias="all",
    ),
    "llama-2-7b": Model(
        model="decoder-only",
        layers=32,
        heads=32,
        kv_heads=32,
        d_model=4096,
        d_ff=11_008,
        vocabulary=32_000,
        norm="pre",
        norm_type="rmsnorm",
        activation="swiglu",
        positions="rotary",
        bias="none",
        tied=False,
    ),
    "mixtral-8x7b": Model(
        model="decoder-only",
        layers=32,
        heads=32,
        kv_heads=8,
        d_model=4096,
        d_ff=14_336,
        vocabulary=32_000,
        norm="pre",
        norm_type="rmsnorm",
        activation="swiglu",
        positions="rotary",
        experts=8,
        active_experts=2,
        bias="none",
        tied=False,
    ),
}


def resized(base: Model, d_model: int) -> dict[str, int]:
    """What of a model follows from another d_model, as in the families that these papers describe.

    The size of a head stays (64 in BERT, GPT-2 and the 2017 paper, 128 in Llama 2) where it divides d_model. A
    feed-forward network of 4 x d_model stays one (2017, BERT, GPT-2); the gated ones have no rule, and theirs stays.
    """
    follows = {}
    if base.d_ff == 4 * base.d_model:
        follows["d_ff"] = 4 * d_model
    if d_model % base.d_head == 0:
        follows["heads"] = d_model // base.d_head
    return follows


# Parts ----------------------------------------------------------------------------------------------------------------


def embeddings(model: Model) -> int:
    """One vector a token of the vocabulary."""
    return model.vocabulary * model.d_model


def positions(model: Model) -> int:
    """One vector a position, if positions are learned."""
    return model.context * model.d_model if model.positions == "learned" else 0


def segments(model: Model) -> int:
    """One vector a kind of segment."""
    return model.segments * model.d_model


def attention(model: Model) -> int:
    """The matrices that make Q, K and V and the one that mixes the heads; K and V are as wide as their heads."""
    narrow = model.kv_heads * model.d_head
    weights = model.d_model * (2 * model.d_model + 2 * narrow)
    return weights + (2 * model.d_model + 2 * narrow if model.bias == "all" else 0)


def norm(model: Model) -> int:
    """A gain, and of a LayerNorm a bias."""
    return model.d_model * (2 if model.norm_type == "layernorm" else 1)


def feed_forward(model: Model) -> int:
    """One network: in (twice if gated) and out."""
    inner = 2 if model.gated else 1
    biases = inner * model.d_ff + model.d_model if model.bias != "none" else 0
    return (inner + 1) * model.d_model * model.d_ff + biases


def router(model: Model) -> int:
    """A score for each expert, where there are several."""
    return model.d_model * model.experts if model.experts > 1 else 0


def experts(model: Model) -> int:
    """The feed-forward part of a layer: one network, or a router and all experts."""
    return model.experts * feed_forward(model) + router(model)


def output(model: Model) -> int:
    """The matrix from a vector to a score for each token; none of its own if it is tied, or if the model has none."""
    return 0 if model.tied or model.model == "encoder" else embeddings(model)


def pooler(model: Model) -> int:
    """A linear layer over the first token's vector; no part of the feed-forward network."""
    return model.d_model * (model.d_model + (model.bias == "all")) if model.pooler else 0


# Wholes ---------------------------------------------------------------------------------------------------------------


def layer(model: Model, attentions: int = 1) -> int:
    """One layer: so many attentions, a feed-forward part, and a norm for each of them."""
    return attentions * attention(model) + experts(model) + (attentions + 1) * norm(model)


def stacks(model: Model) -> int:
    """How many stacks of layers the model has."""
    return 2 if model.model == "encoder-decoder" else 1


def total(model: Model) -> int:
    """All parameters of the model."""
    twice = stacks(model)
    tables = 1 if model.tied else twice
    into = tables * embeddings(model) + twice * positions(model) + segments(model)
    into += norm(model) * twice if model.embedding_norm else 0
    layers = model.layers * (layer(model) + (layer(model, attentions=2) if twice == 2 else 0))
    final = norm(model) * twice if model.norm == "pre" else 0
    return into + layers + final + output(model) + pooler(model)


def idle(model: Model) -> int:
    """Of the total, how many a token passes by: the experts that it is not sent to."""
    return stacks(model) * model.layers * (model.experts - model.active_experts) * feed_forward(model)
