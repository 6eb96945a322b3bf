"""What is said about a comparison: sentences, where each number comes from, and the text alternative."""

from __future__ import annotations

import numpy as np

from mdattn import numerals
from mdattn.diagrams.comparison._bars import FIRST_ROWS, Sides, drifts, printing
from mdattn.diagrams.comparison._numbers import RETENTION_DECIMALS, Comparison, state_name
from mdattn.diagrams.comparison._pictures import Placement
from mdattn.study import notes


def left_out(both: Comparison, placement: Placement) -> str:
    """How many words the pictures leave out."""
    rest = both.n - len(placement.shown)
    return f"{both.glyphs.ellipsis} stands for {notes.counted(rest, 'more word')}." if rest else ""


def connections(both: Comparison) -> list[str]:
    """Who is connected with whom, in words."""
    times, n = both.glyphs.times, both.n
    square = f"{n} {times} {n} = {numerals.count(n * n)}"
    if both.study.allowed is None:
        if n == 1:
            return ["One word has only itself to attend to."]
        pairs = notes.counted(n * (n - 1) // 2, "pair")
        return [
            f"Every word can attend to every other word: {pairs}, both ways.",
            f"Lines meet at each pair. With each on itself, {square} weights.",
        ]
    weights = f"{numerals.count(both.pairs)} of {square} weights"
    if both.study.mask == "given":
        signs = f"{both.glyphs.square} may attend, {both.glyphs.masked} masked: each row's word to the words in order."
        return [signs, f"The mask leaves {weights}, all in one step.", *_nothing(both)]
    rule = "Causal mask" if both.study.mask == "causal" else f"A {both.study.mask}"
    reach = "the words before it" if both.study.mask == "causal" else "the words just before it"
    return [
        f"{rule}: a word attends to itself and {reach}. Lines meet where two words are so connected.",
        *_arrows(both),
        f"That leaves {weights}, all in one step.",
    ]


def _arrows(both: Comparison) -> list[str]:
    """What the arrows below the words say of a mask that goes one way; of a window of one word there is none."""
    glyphs = both.glyphs
    said = {
        glyphs.down: "later words attend to it",
        glyphs.up: "it attends to earlier words",
        glyphs.up_and_down: "both",
    }
    seen = {both.direction(word) for word in range(both.n)}
    told = ", ".join(f"{sign} {words}" for sign, words in said.items() if sign in seen)
    return [f"{told}."] if told else []


def _nothing(both: Comparison) -> list[str]:
    """The words whose query the mask leaves without a key."""
    allowed = both.study.allowed
    idle = [] if allowed is None else np.flatnonzero(~allowed.any(axis=1)).tolist()
    if not idle:
        return []
    if len(idle) > FIRST_ROWS:
        return [f"{len(idle)} words attend to nothing."]
    verb = "attends" if len(idle) == 1 else "attend"
    return [f"{notes.listed(both.name(index) for index in idle)} {verb} to nothing."]


def beside_weights(both: Comparison, sides: Sides) -> str:
    """What else stands beside the bars of the weights."""
    if not sides.beside or not sides.inputs:
        return ""
    return ", and its scores" if both.study.basis == "scores" else ", and its vector"


def conclusion(both: Comparison) -> str:
    """The transformer's number beside that of the recurrent side."""
    if both.n == 1:
        return f"{both.last} gives itself {both.share(both.weights[0])}." if both.sees[0] else ""
    if both.sees[-1]:
        kept, weight = both.memory[-1], both.weights[-1]
        left = f"{state_name(both.n - 1)} holds {both.share(kept)} of it"
        return _capital(f"{both.last} gives {both.first} {both.share(weight)}, in one step; {left}.")
    if both.path is None:
        return _capital(f"{both.last} never sees {both.first}, in however many layers.")
    return _capital(f"{both.last} sees {both.first} only through words between them, in {both.path} layers.")


def _capital(text: str) -> str:
    return text[0].upper() + text[1:] if text.startswith("the ") else text


def formula(both: Comparison) -> str:
    """How a word's weights follow from what is printed."""
    if both.study.basis == "weights":
        return "The weights are given."
    score = "dot products" if both.study.basis == "vectors" else "scores"
    done, plain = "", True
    for step in both.study.heads[0].trace.steps:
        behind = step.behind(both.glyphs) if plain else ""
        plain = behind != ""
        done += f" {behind}" if plain else f", each s made {step.formula('s', both.glyphs)}"
    keys = "all words" if both.study.allowed is None else "the words it may attend to"
    return f"A word's weights: softmax of its {score}{done}, over {keys}."


def inputs_heading(both: Comparison, sides: Sides) -> str:
    """What stands above the vectors or scores below the bars, or that they are not printed."""
    if both.study.basis == "weights" or (sides.beside and sides.inputs):
        return ""
    return f"The {_inputs(both)}:" if sides.inputs else f"The {_inputs(both)} are too long to be printed."


def _inputs(both: Comparison) -> str:
    return "scores" if both.study.basis == "scores" else "vectors"


def rounding(both: Comparison, sides: Sides) -> tuple[str, str]:
    """What is said of rounding below the shares, or else below the weights: one note tells of all of it."""
    if both.options.remarks == "none":
        return "", ""
    shares = drifts(both)
    if both.study.basis != "weights" and sides.inputs and not printing(both)[1]:
        what = f"shares and {_inputs(both)}" if shares else _inputs(both)
        return "", f"Printed {what} are rounded; all is computed in full."
    return "The shares are rounded only when printed." if shares else "", ""


def origin_of_d(both: Comparison) -> str:
    """Where d comes from, and how long the embeddings are if that is another number."""
    vectors = both.study.embeddings
    own = None if vectors is None else vectors.shape[1]
    if both.options.d_model is not None:
        origin = "as given"
    else:
        origin = "of the paper's base model" if own is None or both.study.illustrative else "as the embeddings have"
    return f"({origin})" if own in (None, both.d) else f"({origin}; the embeddings have {own})"


def path_in_words(both: Comparison) -> str:
    """How the last word comes to know of the first: in one step, through more layers, or never."""
    if both.path is None:
        return "not reachable"
    return str(both.path) if both.path < 2 else f"{both.path} layers"


def operations(both: Comparison) -> list[str]:
    """Which type of layer takes fewer of them, and why; and how many the mask leaves, which is not in the paper."""
    recurrent, attention = both.recurrent_operations, both.attention_operations
    order = (attention > recurrent) - (attention < recurrent)
    more, size = {-1: ("fewer", "below"), 0: ("as many", "equal to"), 1: ("more", "above")}[order]
    said = [f"Counted so, self-attention takes {more} operations here, because n is {size} d."]
    if both.study.allowed is not None:
        left, times = numerals.count(both.pairs), both.glyphs.times
        said.append(f"Of its weights the mask leaves {left}: {left} {times} d = {numerals.count(both.pairs * both.d)}.")
    return said


def alternative(both: Comparison) -> str:
    """Two sentences for who cannot see the diagram."""
    left, weight = both.share(both.memory[-1]), both.share(both.weights[-1])
    gives = f"gives it a weight of {weight} in one step" if both.sees[-1] else "may not attend to it"
    keep = numerals.compact(both.options.retention, RETENTION_DECIMALS)
    first, last = both.name(0, "'"), both.name(both.n - 1, "'")
    return (
        f"A recurrent cell that keeps {keep} of its state a step reads the sentence in {notes.counted(both.n, 'step')} "
        f"and ends with {left} of {first}; in a transformer {last} {gives}. "
        f"As the 2017 paper counts them, a recurrent layer takes {numerals.count(both.recurrent_operations)} "
        f"operations and self-attention {numerals.count(both.attention_operations)}."
    )
