"""What is said about a comparison: sentences, where each number comes from, and the text alternative."""

from __future__ import annotations

import numpy as np

from mdattn import cells, numerals
from mdattn.diagrams.comparison._bars import FIRST_ROWS, Bars, drifts, printing
from mdattn.diagrams.comparison._numbers import RETENTION_DECIMALS, Comparison, state_name
from mdattn.diagrams.comparison._pictures import Pictures
from mdattn.study import notes


def many(count: int, noun: str) -> str:
    return f"{numerals.count(count)} {noun}" if count == 1 else f"{numerals.count(count)} {noun}s"


def left_out(both: Comparison, pictures: Pictures) -> str:
    rest = both.n - len(pictures.shown)
    return f"{both.glyphs.ellipsis} stands for {many(rest, 'more word')}." if rest else ""


def connections(both: Comparison) -> list[str]:
    """Who is connected with whom, in words."""
    times, n = both.glyphs.times, both.n
    square = f"{n} {times} {n} = {numerals.count(n * n)}"
    if both.study.allowed is None:
        if n == 1:
            return ["One word has only itself to attend to."]
        pairs = many(n * (n - 1) // 2, "pair")
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
        f"That leaves {weights}, all in one step.",
    ]


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


def also(both: Comparison, bars: Bars) -> str:
    if not bars.inputs or not any(row and row.remark for row in bars.after):
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


def provenance(both: Comparison, bars: Bars) -> list[str]:
    """Where the weights come from, so that a reader can redo them."""
    found = both.study
    if found.basis == "weights":
        return ["The weights are given."]
    lines = [_formula(both)]
    printed = any(row and row.remark for row in bars.after)
    what = "scores" if found.basis == "scores" else "vectors"
    if not printed:
        lines.append(f"The {what} are too long to be printed.")
    elif not bars.inputs:
        lines.append(f"The {what}:")
        wide = cells.widest([row.short for row in bars.after if row])
        lines += [f"{cells.pad(row.short, wide)} {row.remark}" for row in bars.after if row]
    if rounds_inputs(both, bars):
        shares = "shares and " if drifts(both, bars) else ""
        lines.append(f"Printed {shares}{what} are rounded; all is computed in full.")
    if found.illustrative and found.embeddings is not None:
        lines.append(notes.illustrative(found.embeddings.shape[1]))
    return lines


def rounds_inputs(both: Comparison, bars: Bars) -> bool:
    """Whether vectors or scores are printed, and not in full: then one note tells of all that is rounded."""
    return both.study.basis != "weights" and any(row and row.remark for row in bars.after) and not printing(both)[1]


def _formula(both: Comparison) -> str:
    """How a word's weights follow from what is printed."""
    score = "dot products" if both.study.basis == "vectors" else "scores"
    done, plain = "", True
    for step in both.study.heads[0].trace.steps:
        behind = step.behind(both.glyphs) if plain else ""
        plain = behind != ""
        done += f" {behind}" if plain else f", each s made {step.formula('s', both.glyphs)}"
    keys = "all words" if both.study.allowed is None else "the words it may attend to"
    return f"A word's weights: softmax of its {score}{done}, over {keys}."


def whose_d(both: Comparison) -> str:
    """Where d comes from, and how long the embeddings are if that is another number."""
    vectors = both.study.embeddings
    own = None if vectors is None else vectors.shape[1]
    if both.options.d_model is not None:
        origin = "as given"
    else:
        origin = "of the paper's base model" if own is None or both.study.illustrative else "as the embeddings have"
    return f"({origin})" if own in (None, both.d) else f"({origin}; the embeddings have {own})"


def path_said(both: Comparison) -> str:
    """How the last word comes to know of the first: in one step, through more layers, or never."""
    if both.path is None:
        return "not reachable"
    return str(both.path) if both.path < 2 else f"{both.path} layers"


def alternative(both: Comparison) -> str:
    """Two sentences for who cannot see the diagram."""
    left, weight = both.share(both.memory[-1]), both.share(both.weights[-1])
    gives = f"gives it a weight of {weight} in one step" if both.sees[-1] else "may not attend to it"
    keep = numerals.compact(both.options.retention, RETENTION_DECIMALS)
    return (
        f"A recurrent cell that keeps {keep} of its state a step reads the sentence in {many(both.n, 'step')} "
        f"and ends with {left} of {both.first}; in a transformer {both.last} {gives}. "
        f"As the 2017 paper counts them, a recurrent layer takes {numerals.count(both.n * both.d * both.d)} "
        f"operations and self-attention {numerals.count(both.pairs * both.d)}."
    )
