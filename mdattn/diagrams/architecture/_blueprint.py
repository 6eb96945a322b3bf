"""A transformer as parts in the order in which data passes them: what each box says, and how many parameters it has.

Floor 3, beside the kinds; no numpy and no ink. Which parts a model has, and in which order, is decided here; where
they stand on the page is decided by who draws them.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from mdattn import numerals
from mdattn.diagrams.architecture import _models as models
from mdattn.diagrams.architecture._models import GATED, NORM_NAMES, PLAIN, Model
from mdattn.glyphs import Glyphs

SHARED = "shared"
Boxes = tuple[tuple[str, ...], ...]


class Fan(Struct, frozen=True):
    """Several alike parts side by side that lead into one: heads into their concatenation."""

    name: str
    count: int
    into: str


class Part(Struct, frozen=True):
    """One box on the path of the data."""

    title: str
    lines: tuple[str, ...] = ()
    parameters: int | str | None = None
    """How many, SHARED if they are counted elsewhere, None if there is nothing to count."""
    entry: str = ""
    """What stands beside the arrow that leads into it."""
    fan: Fan | None = None
    words: Boxes = ()
    """For each token the lines of a small box inside."""
    instead: str = ""
    """What stands in place of boxes that need more than one row; if empty, they take more, and the rest is counted."""
    small: bool = False
    memory: bool = False
    """Whether keys and values come from the other stack."""


class Branch(Struct, frozen=True):
    """A sub-layer and the residual connection around it, which leaves the path before the parts and ends at `add`."""

    parts: tuple[Part, ...]
    add: Part


class Layer(Struct, frozen=True):
    """A layer, drawn once however often it repeats."""

    name: str
    times: int
    branches: tuple[Branch, ...]
    parameters: int
    entry: str


class Stack(Struct, frozen=True):
    """One path from top to bottom: what goes in, the parts, and the shape and name of what comes out."""

    name: str
    source: Sequence[str]
    """The rows that say what goes in."""
    items: tuple[Part | Layer, ...]
    shape: str
    result: str


class TokenBoxes(Struct, frozen=True):
    """The small boxes with the tokens: in the embeddings, in the positions, in the output. Empty without a sentence."""

    embeddings: Boxes = ()
    positions: Boxes = ()
    output: Boxes = ()


class Side(Struct, frozen=True):
    """One side of a model, the encoder or the decoder: what the parts of its stack are made from."""

    model: Model
    glyphs: Glyphs
    tokens: str
    """How many tokens, as it stands in shapes: `3` or `n`."""
    decoder: bool
    shapes: bool
    source_tokens: str = ""
    """How many tokens the other stack has, if there is one."""

    @property
    def state(self) -> str:
        """The shape of what flows between the parts."""
        return self.on_arrow(self.tokens, self.model.d_model)

    def on_arrow(self, *axes: str | int) -> str:
        """A shape that stands on an arrow; nothing if shapes are left out."""
        return shape(*axes) if self.shapes else ""

    def arrow(self, *steps: str | int) -> str:
        """`512 → 2048 → 512`."""
        return f" {self.glyphs.right} ".join(map(str, steps))

    def size(self, rows: int) -> str:
        """`37,000 × 512`: the rows and columns of a table of vectors."""
        return f"{numerals.count(rows)} {self.glyphs.times} {self.model.d_model}"


def shape(*axes: str | int) -> str:
    """`[3, 512]`."""
    return f"[{', '.join(map(str, axes))}]"


def stacks(
    model: Model, glyphs: Glyphs, tokens: str, source: Sequence[str], words: TokenBoxes, *, shapes: bool
) -> list[Stack]:
    """The stacks of the model, the encoder first; so many `tokens` go in at `source`."""
    first = Side(model, glyphs, tokens, model.model == "decoder-only", shapes)
    if model.model == "encoder":
        return [_encoder(first, source, words)]
    if model.model == "decoder-only":
        return [_decoder(first, source, words, cross=False)]
    second = replace(first, tokens="m", decoder=True, source_tokens=tokens)
    return [_encoder(first, source, words), _decoder(second, ("Output so far: m tokens",), TokenBoxes(), cross=True)]


def _encoder(side: Side, source: Sequence[str], words: TokenBoxes) -> Stack:
    model = side.model
    parts: list[Part | Layer] = [*_inputs(side, words, shared=False), _layer(side, "ENCODER", cross=False)]
    parts += _final_norm(side)
    if model.model == "encoder-decoder":
        return Stack("Encoder", source, tuple(parts), side.state, "")
    parts.append(Part("Output", ("a vector for each token, in context",), entry=side.state, words=words.output))
    if not model.pooler:
        return Stack("Encoder", source, tuple(parts), "", "")
    entry = f"first token {side.on_arrow(model.d_model)}".rstrip()
    parts.append(Part("Pooler", (side.arrow("Linear", "tanh"),), models.pooler(model), entry=entry))
    return Stack("Encoder", source, tuple(parts), side.on_arrow(model.d_model), "a vector for the whole input")


def _decoder(side: Side, source: Sequence[str], words: TokenBoxes, *, cross: bool) -> Stack:
    model = side.model
    parts: list[Part | Layer] = [*_inputs(side, words, shared=cross and model.tied)]
    parts.append(_layer(side, "DECODER", cross=cross))
    parts += _final_norm(side)
    if words.output:
        parts.append(Part("Vectors", ("one for each token, in context",), entry=side.state, words=words.output))
    tied = ("matrix shared with the embeddings",) if model.tied else ()
    lines = (side.arrow(model.d_model, numerals.count(model.vocabulary)), *tied)
    parameters = SHARED if model.tied else models.output(model)
    parts.append(Part(side.arrow("Linear", "Softmax"), lines, parameters, entry=side.state))
    scores = side.on_arrow(side.tokens, model.vocabulary)
    return Stack("Decoder", source, tuple(parts), scores, "probabilities of the next token")


def _inputs(side: Side, words: TokenBoxes, *, shared: bool) -> list[Part]:
    """Embeddings, and what is added to them."""
    model = side.model
    known = ("shared with the encoder",) if shared else (side.size(model.vocabulary),)
    parameters = SHARED if shared else models.embeddings(model)
    found = [Part("Token Embeddings", known, parameters, entry=side.on_arrow(side.tokens), words=words.embeddings)]
    if model.positions in ("sinusoidal", "learned"):
        learned = model.positions == "learned"
        last = len(words.positions) - 1
        line = f"+ learned, {side.size(model.context)}" if learned else "+ sines and cosines"
        found.append(
            Part(
                "Positional Encoding",
                (line,),
                models.positions(model),
                entry=side.state,
                words=words.positions,
                instead="" if last < 0 else "position 0" if last == 0 else f"positions 0 to {last}",
            )
        )
    if model.segments:
        line = f"+ learned, {side.size(model.segments)}"
        found.append(Part("Segment Embeddings", (line,), models.segments(model), entry=side.state))
    if model.embedding_norm:
        found.append(_norm(side, side.state))
    return found


def _norm(side: Side, entry: str) -> Part:
    return Part(NORM_NAMES[side.model.norm_type], (), models.norm(side.model), entry=entry)


def _final_norm(side: Side) -> list[Part | Layer]:
    return [_norm(side, side.state)] if side.model.norm == "pre" else []


# Layers ---------------------------------------------------------------------------------------------------------------


def _layer(side: Side, name: str, *, cross: bool) -> Layer:
    model = side.model
    sublayers = [(_attention(side), "attention")]
    if cross:
        sublayers.append((_cross_attention(side), "cross-attention"))
    sublayers.append((_experts(side) if model.experts > 1 else _feed_forward(side), "feed-forward"))
    return Layer(
        name,
        model.layers,
        tuple(_branch(side, part, what) for part, what in sublayers),
        models.layer(model, attentions=len(sublayers) - 1),
        side.state,
    )


def _branch(side: Side, part: Part, what: str) -> Branch:
    """Post-norm: the part, then add and norm. Pre-norm: norm, the part, then add alone."""
    if side.model.norm == "pre":
        return Branch((_norm(side, side.state), part), Part("Add", small=True, entry=side.state))
    line = f"{NORM_NAMES[side.model.norm_type]}(input + {what})"
    return Branch((part,), Part("Add & Norm", (line,), models.norm(side.model), entry=side.state))


def _attention(side: Side) -> Part:
    model = side.model
    lines = ["causal mask: no token sees a later one"] if side.decoder else []
    if model.positions == "rotary":
        lines.append("rotary positions turn Q and K")
    if model.positions == "alibi":
        lines.append("ALiBi: scores fall with distance")
    family = _family(model)
    return Part(
        f"Masked {family}" if side.decoder else family,
        (*lines, *_heads(side, side.tokens)),
        models.attention(model),
        entry="Q, K, V",
        fan=_heads_fan(side),
    )


def _cross_attention(side: Side) -> Part:
    return Part(
        "Cross-Attention",
        ("Q from the decoder", "K, V from the encoder", *_heads(side, side.source_tokens)),
        models.attention(side.model),
        entry="Q",
        fan=_heads_fan(side),
        memory=True,
    )


def _family(model: Model) -> str:
    """What attention is called: by how many query heads share a key and value head."""
    if model.heads == 1:
        return "Self-Attention"
    if model.kv_heads == model.heads:
        return "Multi-Head Attention"
    return "Multi-Query Attention" if model.kv_heads == 1 else "Grouped-Query Attention"


def _heads(side: Side, keys: str) -> list[str]:
    """How many heads there are of Q and of K and V, and their shapes [head, token, d_head]."""
    model = side.model
    lines = []
    if model.kv_heads != model.heads:
        each = model.heads // model.kv_heads
        lines.append(f"{each} query heads share each K and V")
    if not side.shapes:
        return lines
    query = shape(model.heads, side.tokens, model.d_head)
    key = shape(model.kv_heads, keys, model.d_head)
    return [*lines, *([f"Q, K, V {query}"] if query == key else [f"Q {query}", f"K, V {key}"])]


def _heads_fan(side: Side) -> Fan | None:
    heads = side.model.heads
    return Fan("Head", heads, side.arrow("Concatenate", "Linear")) if heads > 1 else None


def _feed_forward(side: Side) -> Part:
    return Part("Feed-Forward Network", _network(side), models.feed_forward(side.model), entry=side.state)


def _experts(side: Side) -> Part:
    model = side.model
    return Part(
        "Mixture of Experts",
        (f"router: {model.active_experts} of {model.experts} experts a token", *_network(side)),
        models.experts(model),
        entry=side.state,
        fan=Fan("Expert", model.experts, "Sum weighted by the router"),
    )


def _network(side: Side) -> tuple[str, ...]:
    """The layers of one feed-forward network, and how wide they are."""
    model = side.model
    if model.gated:
        steps = side.arrow(f"{GATED[model.activation]}(Linear) {side.glyphs.times} Linear", "Linear")
    else:
        steps = side.arrow("Linear", PLAIN[model.activation], "Linear")
    return (steps, side.arrow(model.d_model, model.d_ff, model.d_model)) if side.shapes else (steps,)
