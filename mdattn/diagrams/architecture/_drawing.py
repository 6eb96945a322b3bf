"""architecture: what goes where in a transformer, and how big is it?

Floor 3. The path of the data is one line down the middle. A residual connection leaves it before a sub-layer and joins
it at "Add". Each box stands in the box it belongs to; what repeats is drawn once. Parameters are counted by `_models`,
the parts come from `_blueprint`; here they are given a place. numpy is imported only for `values: true`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct
from msgspec.structs import replace

from mdattn import cells, numerals
from mdattn.canvas import Canvas
from mdattn.diagrams._kind import Diagram
from mdattn.diagrams.architecture import _models as models
from mdattn.diagrams.architecture import _tower as tower
from mdattn.diagrams.architecture._blueprint import Boxes, Stack, TokenBoxes, stacks
from mdattn.diagrams.architecture._models import PRESETS, Model
from mdattn.diagrams.architecture._tower import Drawing, Entry, Frame
from mdattn.errors import OptionError
from mdattn.glyphs import Glyphs
from mdattn.layout import too_narrow
from mdattn.layout._page import paragraph, start
from mdattn.options import Common, doc
from mdattn.study import notes
from mdattn.study.names import LONGEST, Labels, labelled, printable
from mdattn.study.tokens import checked

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


def draw(options: Options) -> Diagram:
    """The diagram of the model that the options describe. Raises OptionError."""
    model = _model(options)
    tokens = _tokens(options, model)
    plan = _plan(options, model, tokens)
    canvas = plan.drawing.canvas
    _head(plan, options, model)
    first, *others = plan.stacks
    top = canvas.height
    bottom = tower.stack(plan.drawing, top, plan.frames[0], first)
    for other in others:
        _second(plan, top, bottom, other)
    if options.parameters:
        _parameters(plan, model)
    for note in _remarks(plan, options, model):
        paragraph(canvas, note)
    return Diagram(canvas.lines(), lambda: _alternative(options, model, plan.boxes))


# The model ------------------------------------------------------------------------------------------------------------

_FIELDS = Model.__struct_fields__


def _given(options: Options) -> dict[str, Any]:
    return {name: value for name in _FIELDS if (value := getattr(options, name)) is not None}


def _model(options: Options) -> Model:
    """The preset with what the block says in place of its numbers. Raises OptionError for what does not go together."""
    given = _given(options)
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
    _check(model, _given(options))
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


def _tokens(options: Options, model: Model) -> tuple[str, ...]:
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

    embeddings = illustrative(tokens, model.d_model, _decimals(options))
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


def _decimals(options: Options) -> int:
    return 2 if options.decimals is None else options.decimals


def _token_boxes(options: Options, model: Model, tokens: tuple[str, ...], shown: Sequence[str]) -> TokenBoxes:
    """What stands in the small boxes of the tokens."""
    places = tuple((f"pos {place}",) for place in range(len(tokens)))
    if not options.values:
        boxes = tuple((word,) for word in shown)
        return TokenBoxes(boxes, places, boxes if model.model == "encoder" else ())
    decimals = _decimals(options)
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


# The page -------------------------------------------------------------------------------------------------------------

_ROOM_FOR_COLUMN = 44  # A drawing that is narrower than this has its counts below it.
_BESIDE = 32  # The narrowest of two stacks side by side.
_SOURCE_LINES = 3  # Of a sentence, before its other words are only counted.


class _Plan(Struct, frozen=True):
    """What goes where."""

    drawing: Drawing
    frames: tuple[Frame, ...]
    stacks: Sequence[Stack]
    beside: bool
    """Whether two stacks stand side by side, not one below the other."""
    column: bool
    """Whether counts stand in a column at the right edge."""
    shapes: str
    """What says the shapes where arrows have no room for them."""
    cut: Labels
    boxes: TokenBoxes


def _plan(options: Options, model: Model, tokens: tuple[str, ...]) -> _Plan:
    canvas, glyphs = start(options)
    double = model.model == "encoder-decoder"
    least = tower.NARROWEST + (tower.LANE if double else 0)
    if options.width < least:
        raise too_narrow(least)
    beside = double and options.width >= 2 * _BESIDE + tower.GUTTER
    wanted = _column_width(model, glyphs) + 2
    column = options.parameters and not beside and options.width - wanted >= _ROOM_FOR_COLUMN
    frames = _frames(double, options.width - (wanted if column else 0), beside)
    labels = printable(tokens)
    cut = labelled(labels, min(LONGEST, frames[0].inner - 4), glyphs.ellipsis)
    boxes = _token_boxes(options, model, tokens, cut.shown)
    count = str(len(tokens)) if tokens else "n"
    source = _source(labels, frames[0].width, glyphs)
    built = stacks(model, glyphs, count, source, boxes, shapes=options.shapes)
    below = ""
    if options.shapes and not all(map(tower.labels_fit, built, frames)):
        built = stacks(model, glyphs, count, source, boxes, shapes=False)
        below = _shapes(model, count)
    return _Plan(Drawing(canvas, glyphs, headed=double), frames, built, beside, column, below, cut, boxes)


def _frames(double: bool, room: int, beside: bool) -> tuple[Frame, ...]:
    """Where each stack stands."""
    if not double:
        return (Frame(0, min(room, tower.WIDEST)),)
    if not beside:
        width = min(room - tower.LANE, tower.WIDEST)
        return Frame(tower.LANE, width), Frame(tower.LANE, width, mirrored=True)
    width = min((room - tower.GUTTER) // 2, tower.WIDEST)
    return Frame(0, width), Frame(width + tower.GUTTER, width, mirrored=True)


def _source(labels: Sequence[str], room: int, glyphs: Glyphs) -> str:
    """The sentence that goes in; of a long one the beginning, and how many words follow."""
    if not labels:
        return "Input: n tokens"
    # A line holds no more words than half its cells; more need not be looked at.
    most = min(len(labels), _SOURCE_LINES * room // 2 + 1)
    for count in range(most, 0, -1):
        rest = len(labels) - count
        begun = f"Input: {notes.sentence(labels)}"
        if rest:
            begun = f'Input: "{" ".join(labels[:count])} {glyphs.ellipsis}" and {_counted(rest, "more token")}'
        if cells.width(begun) <= _SOURCE_LINES * room and len(cells.wrap(begun, room)) <= _SOURCE_LINES:
            return begun
    return f"Input: {len(labels)} tokens"


def _second(plan: _Plan, top: int, bottom: int, other: Stack) -> None:
    """The decoder, beside its encoder or below it, and the line that brings it keys and values."""
    drawing, (first, second) = plan.drawing, plan.frames
    corner = bottom + 2
    label = plan.stacks[0].shape
    if plan.beside:
        tower.stack(drawing, top, second, other)
        lane = first.right + 3
        if corner == drawing.memory[0]:
            corner += 1
        drawing.canvas.text(drawing.memory[0] - 1, lane - 1, "K, V")
    else:
        tower.stack(drawing, corner + 2, second, other)
        lane = 0
        drawing.canvas.text(corner + 1, 2, "K, V for the decoder")
    tower.join_stacks(drawing, bottom, first, lane, corner, label)


def _shapes(model: Model, count: str) -> str:
    """The shapes in a sentence."""
    double = model.model == "encoder-decoder"
    between = f"[{count}, {model.d_model}]" + (
        f" in the encoder, [m, {model.d_model}] in the decoder" if double else ""
    )
    last = "" if model.model == "encoder" else f"; scores [{'m' if double else count}, {model.vocabulary}]"
    return f"Shapes: vectors {between}{last}."


def _head(plan: _Plan, options: Options, model: Model) -> None:
    """The title, and the model in a line, above the middle of the drawing."""
    canvas = plan.drawing.canvas
    title = "" if options.title == "none" else options.title or _TITLES[model.model]
    extent = max(frame.right for frame in plan.frames) + 1
    for text in filter(None, (cells.isolated(cells.printable(title)), _summary(options, model))):
        for line in cells.wrap(text, canvas.width):
            canvas.write(line, max(0, (extent - cells.width(line)) // 2))
    canvas.gap()


_TITLES = {
    "encoder": "TRANSFORMER ENCODER",
    "decoder-only": "DECODER-ONLY TRANSFORMER",
    "encoder-decoder": "TRANSFORMER ENCODER AND DECODER",
}


def _summary(options: Options, model: Model) -> str:
    """`gpt-2: 12 layers, 12 heads, d_model 768, d_ff 3072`."""
    each = " each" if model.model == "encoder-decoder" else ""
    text = f"{_counted(model.layers, 'layer')}{each}, {_counted(model.heads, 'head')}"
    text += f", d_model {model.d_model}, d_ff {model.d_ff}"
    if not options.preset:
        return text
    return f"{_origin(options, model)}: {text}"


def _origin(options: Options, model: Model) -> str:
    """`gpt-2`, or `gpt-2 with changed d_model and heads`."""
    assert options.preset
    changed = [name for name in _given(options) if getattr(PRESETS[options.preset], name) != getattr(model, name)]
    return f"{options.preset}{' with changed ' + notes.listed(changed) if changed else ''}"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


# Parameters -----------------------------------------------------------------------------------------------------------


def _column_width(model: Model, glyphs: Glyphs) -> int:
    """Cells of the widest thing that can stand in the column of counts."""
    layers = model.layers * models.layer(model, attentions=models.stacks(model))
    largest = (
        f"{glyphs.times} {model.layers}  {numerals.count(layers)}",
        f"total  {numerals.count(models.total(model))}",
    )
    return max(len("parameters"), *map(len, largest), len(f"one layer  {numerals.count(models.layer(model, 2))}"))


def _parameters(plan: _Plan, model: Model) -> None:
    """How many parameters each part has: in a column beside the parts, or in a list below them."""
    canvas, entries = plan.drawing.canvas, plan.drawing.entries
    total = numerals.count(models.total(model))
    if not plan.column:
        canvas.gap()
        canvas.write("Parameters")
        for line in _listed(entries, total):
            _line(canvas, *line)
        return
    edge = plan.frames[0].right + 3 + _column_width(model, plan.drawing.glyphs)
    first = next(entry.row for entry in entries if entry.count)  # In a box three rows below the sentence.
    rows = [(first - 3, "parameters"), (canvas.height - 1, f"total  {total}")]
    rows += [(entry.row, f"{entry.label}  {_digits(entry.count)}".strip()) for entry in entries]
    for row, text in rows:
        canvas.text(row, edge - cells.width(text), text)


_LIST = 56


def _digits(count: int | str) -> str:
    return count if isinstance(count, str) else numerals.count(count)


def _listed(entries: Sequence[Entry], total: str) -> Iterator[tuple[int, str, str]]:
    """The counts as lines: how deep, what, and how many."""
    for entry in entries:
        yield entry.depth, entry.label or entry.name, _digits(entry.count)
    yield 1, "total", total


def _line(canvas: Canvas, depth: int, name: str, count: str) -> None:
    """A name at the left and a count at the right of the list; what does not fit takes more rows."""
    indent, width = 2 * depth, min(canvas.width, _LIST)
    lines = cells.wrap(name, width - indent)
    if len(lines[-1]) + 2 + len(count) > width - indent:
        lines.append("")
    for line in lines[:-1]:
        canvas.write(line, indent)
    canvas.write(lines[-1].ljust(width - indent - len(count)) + count, indent)


# Words ----------------------------------------------------------------------------------------------------------------


def _remarks(plan: _Plan, options: Options, model: Model) -> Iterator[str]:
    """What stands below the drawing: words in full, shapes without room, what was counted, what was made up."""
    below = [*notes.legend(plan.cut.legend), plan.shapes, _resized(options, model, plan.drawing.canvas.glyphs)]
    if options.parameters:
        below.append(_rule(model))
        if model.experts > 1:
            active = numerals.count(models.total(model) - models.idle(model))
            used = f"{model.active_experts} of {model.experts} experts in each layer"
            below.append(f"Active for one token: {active}, with {used}.")
    if options.values:
        below.append(
            "Illustrative: embeddings made from the letters of each word, weights by a fixed rule; none is learned."
        )
    if any(below):
        plan.drawing.canvas.gap()
    yield from filter(None, below)


def _resized(options: Options, model: Model, glyphs: Glyphs) -> str:
    """What a preset of another d_model brings along, and what it keeps."""
    base = PRESETS[options.preset] if options.preset else model
    if model.d_model == base.d_model:
        return ""
    said = {
        "d_ff": f"d_ff {model.d_ff} (4 {glyphs.times} d_model)" if model.d_ff == 4 * model.d_model else "",
        "heads": f"{_counted(model.heads, 'head')} ({model.d_head} numbers each)" if model.heads != base.heads else "",
    }
    brought = [text for name, text in said.items() if text and getattr(options, name) is None]
    kept = options.d_ff is None and model.d_ff == base.d_ff
    sentences = [f"With d_model {model.d_model}: {notes.listed(brought)}."] if brought else []
    return " ".join([*sentences, *([f"d_ff {model.d_ff} is kept from {options.preset}."] if kept else [])])


_BIASES = {
    "all": "biases of all linear layers but the output",
    "feed-forward": "biases in the feed-forward network only",
    "none": "no biases",
}


def _rule(model: Model) -> str:
    """What was counted."""
    bias = _BIASES[model.bias] if model.model != "encoder" or model.bias != "all" else "biases of all linear layers"
    gain = "a gain and a bias" if model.norm_type == "layernorm" else "a gain"
    return f"Counted: every weight, {bias}, {gain} of each norm."


def _alternative(options: Options, model: Model, boxes: TokenBoxes) -> str:
    """The diagram in one to three sentences."""
    double = model.model == "encoder-decoder"
    name = _TITLES[model.model].capitalize() + (f" ({_origin(options, model)})" if options.preset else "")
    networks = f"a mixture of {model.experts} experts" if model.experts > 1 else "a feed-forward network"
    masked = "masked " if model.model == "decoder-only" else ""
    text = (
        f"{name}: {_counted(model.layers, 'layer')}{' in each stack' if double else ''} of {masked}self-attention with "
        f"{_counted(model.heads, 'head')} and {networks}, each with a residual connection and {model.norm}-norm; "
        f"d_model is {model.d_model}."
    )
    if double:
        text += " The decoder's masked self-attention is followed by cross-attention to what the encoder gives."
    if options.parameters:
        text += f" It has {numerals.count(models.total(model))} parameters."
    if options.values:
        word, *numbers = boxes.output[0]
        text += f" '{word}' comes out as [{', '.join(number.strip() for number in numbers)}]."
    return text
