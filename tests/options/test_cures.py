"""A cure that is followed to the letter works: of each wrong block what is said of it, and the block as it is cured."""

from __future__ import annotations

import pytest

from mdattn import DiagramError, render
from mdattn.errors import Diagnostic

WORDS = "kind: heatmap\ntokens: "
TEXT = "kind: heatmap\ntext: "
WEIGHTS = "kind: heatmap\ntext: a b\nweights: "
VECTORS = "kind: heatmap\ntext: a b\nembeddings: "
NAMED = "kind: heads\ntext: a b\nheads: "
SIZE = "kind: architecture\nvocabulary: "
OUT = "write the number out: "

# Of each: the wrong block, what its cure says, and the block in which just that was done.
CURED = [
    # Tokens that are signs.
    (f"{WORDS}[a, :, b]", 'put quotes around it: ":"', f'{WORDS}[a, ":", b]'),
    (f"{WORDS}[12, :, 30, :, 15]", 'put quotes around it: ":"', f'{WORDS}[12, ":", 30, ":", 15]'),
    (f"{WORDS}[a, @, %, b]", 'put quotes around them: "@", "%"', f'{WORDS}[a, "@", "%", b]'),
    (f"{WORDS}[a, &, :, b]", 'put quotes around them: "&", ":"', f'{WORDS}[a, "&", ":", b]'),
    (f"{WORDS}[a, {{, b]", 'put quotes around it: "{"', f'{WORDS}[a, "{{", b]'),
    (f"{WORDS}[a, [, b]", 'put quotes around it: "["', f'{WORDS}[a, "[", b]'),
    (f"{WORDS}[a, ], b]", 'put quotes around it: "]"', f'{WORDS}[a, "]", b]'),
    (f"{WORDS}[a, ,, b]", 'put quotes around it: ","', f'{WORDS}[a, ",", b]'),
    (f'{WORDS}[a, ", b]', "put quotes around it: '\"'", f"{WORDS}[a, '\"', b]"),
    (f"{WORDS}[a, ?, b]", 'put quotes around it: "?"', f'{WORDS}[a, "?", b]'),
    (f"{WORDS}[note:, b]", 'put quotes around it: "note:"', f'{WORDS}["note:", b]'),
    (f"{WORDS}[[CLS], :, a]", 'put quotes around them: "[CLS]", ":"', f'{WORDS}["[CLS]", ":", a]'),
    (f"{WORDS}\n- a\n- :\n- b", 'put quotes around it: ":"', f'{WORDS}\n- a\n- ":"\n- b'),
    # A list of tokens without its brackets, or with some too many.
    (f"{WORDS}[CLS], the, cat", "write '[\"[CLS]\", the, cat]'", f'{WORDS}["[CLS]", the, cat]'),
    (f"{WORDS}[CLS], a, [SEP]", 'write \'["[CLS]", a, "[SEP]"]\'', f'{WORDS}["[CLS]", a, "[SEP]"]'),
    (f"{WORDS}the, [CLS], cat", "write '[the, \"[CLS]\", cat]'", f'{WORDS}[the, "[CLS]", cat]'),
    (f"{WORDS}[a, b], c", "write '[a, b, c]'", f"{WORDS}[a, b, c]"),
    (f"{WORDS}{{a, b}}", "a list has square brackets: [a, b]", f"{WORDS}[a, b]"),
    # Apostrophes.
    (f"{WORDS}[I, 'm, fine]", 'put quotes around it: "\'m"', f'{WORDS}[I, "\'m", fine]'),
    (f"{WORDS}[don, 't, won, 't]", 'put quotes around it: "\'t"', f'{WORDS}[don, "\'t", won, "\'t"]'),
    (f"{WORDS}[we, 're, they, 'll]", 'put quotes around them: "\'re", "\'ll"', f'{WORDS}[we, "\'re", they, "\'ll"]'),
    (f"{WORDS}\n- I\n- 'm", 'put quotes around it: "\'m"', f'{WORDS}\n- I\n- "\'m"'),
    (f"{TEXT}'Tis the season", 'put quotes around it: "\'Tis the season"', f'{TEXT}"\'Tis the season"'),
    # Words in quotes within a text.
    (f'{TEXT}"a" b "c"', 'put quotes around all of it: \'"a" b "c"\'', f'{TEXT}\'"a" b "c"\''),
    (f"{TEXT}'a' b 'c'", "put quotes around all of it: \"'a' b 'c'\"", f"{TEXT}\"'a' b 'c'\""),
    (f'{TEXT}"He said "hi" now"', "put single quotes around it: 'He said \"hi\" now'", f"{TEXT}'He said \"hi\" now'"),
    (f'{WORDS}["a" b, c]', "put quotes around it: '\"a\" b'", f"{WORDS}['\"a\" b', c]"),
    # A colon within a name.
    (
        f"{NAMED}\n  - name: Syntax: grammar\n    pattern: self",
        'put quotes around it: "Syntax: grammar"',
        f'{NAMED}\n  - name: "Syntax: grammar"\n    pattern: self',
    ),
    (
        f"{NAMED}[{{name: Syntax: grammar, pattern: self}}]",
        'put quotes around it: "Syntax: grammar"',
        f'{NAMED}[{{name: "Syntax: grammar", pattern: self}}]',
    ),
    # Rows without brackets around them.
    (
        f"{WEIGHTS}[0.1, 0.9], [0.5, 0.5]",
        "put brackets around all of them: [[0.1, 0.9], [0.5, 0.5]]",
        f"{WEIGHTS}[[0.1, 0.9], [0.5, 0.5]]",
    ),
    (
        f"{WEIGHTS}[0.1, 0.9] [0.5, 0.5]",
        "put brackets around all of them: [[0.1, 0.9], [0.5, 0.5]]",
        f"{WEIGHTS}[[0.1, 0.9], [0.5, 0.5]]",
    ),
    (
        f"{WEIGHTS}\n  [0.1, 0.9],\n  [0.5, 0.5]",
        "put brackets around all of them: [[0.1, 0.9], [0.5, 0.5]]",
        f"{WEIGHTS}[[0.1, 0.9], [0.5, 0.5]]",
    ),
    (
        f"{WEIGHTS}[0.1, 0.9]\n  [0.5, 0.5]",
        "put brackets around all of them: [[0.1, 0.9], [0.5, 0.5]]",
        f"{WEIGHTS}[[0.1, 0.9], [0.5, 0.5]]",
    ),
    (
        f"{WEIGHTS}\n[0.1, 0.9]\n[0.5, 0.5]",
        "put brackets around all of them: [[0.1, 0.9], [0.5, 0.5]]",
        f"{WEIGHTS}[[0.1, 0.9], [0.5, 0.5]]",
    ),
    (f"{WEIGHTS}[[0.1, 0.9]\n [0.5, 0.5]]", "write a comma after ']'", f"{WEIGHTS}[[0.1, 0.9],\n [0.5, 0.5]]"),
    (
        f"{WEIGHTS}\n  [\n  [0.1, 0.9]\n  [0.5, 0.5]\n  ]",
        "write a comma after ']'",
        f"{WEIGHTS}\n  [\n  [0.1, 0.9],\n  [0.5, 0.5]\n  ]",
    ),
    (f"{WEIGHTS}\n  - [0.1, 0.9]\n  [1, 0]", "write '- [1, 0]'", f"{WEIGHTS}\n  - [0.1, 0.9]\n  - [1, 0]"),
    (
        "kind: heatmap\ntext: a b\nannotations: {a: the mask: causal one}",
        'put quotes around it: "the mask: causal one"',
        'kind: heatmap\ntext: a b\nannotations: {a: "the mask: causal one"}',
    ),
    (f"{WORDS}[Who, is, it, ?]", 'put quotes around it: "?"', f'{WORDS}[Who, is, it, "?"]'),
    (f"{WEIGHTS}[0.1 0.9; 0.5 0.5]", "write '[0.1, 0.9], [0.5, 0.5]'", f"{WEIGHTS}[[0.1, 0.9], [0.5, 0.5]]"),
    (
        f"{WEIGHTS}[[0.5; 0.5], [0.1, 0.9]]",
        "put commas between the numbers: 0.5, 0.5",
        f"{WEIGHTS}[[0.5, 0.5], [0.1, 0.9]]",
    ),
    # Entries in braces.
    (
        f"{NAMED}[{{name: A pattern: self}}]",
        "write a comma between entries: ', pattern: …'",
        f"{NAMED}[{{name: A, pattern: self}}]",
    ),
    (
        f"{VECTORS}{{a:[1, 2], b:[2, 1]}}",
        "write a blank after each colon: 'a: …'",
        f"{VECTORS}{{a: [1, 2], b: [2, 1]}}",
    ),
    (
        f"{VECTORS}{{a = [1, 2], b = [2, 1]}}",
        "write 'a: …', with ':' for each '='",
        f"{VECTORS}{{a: [1, 2], b: [2, 1]}}",
    ),
    (
        f"{VECTORS}{{a: [1, 2] b: [2, 1]}}",
        "write a comma between entries: ', b: …'",
        f"{VECTORS}{{a: [1, 2], b: [2, 1]}}",
    ),
    (f"{VECTORS}{{a: [1, 2], b: [2, 1}}", "write ']' before '}'", f"{VECTORS}{{a: [1, 2], b: [2, 1]}}"),
    (
        f"{VECTORS}\n  a:[1, 2]\n  b:[2, 1]",
        "a blank belongs after the colon: write 'a: …'",
        f"{VECTORS}\n  a: [1, 2]\n  b: [2, 1]",
    ),
    (
        "kind: heatmap\ntext: a b\nmask: {window:2}",
        "a blank belongs after the colon: write 'window: 2'",
        "kind: heatmap\ntext: a b\nmask: {window: 2}",
    ),
    (
        "kind: heatmap\ntext: über b\nembeddings:\n  über:[1, 2]\n  b: [2, 1]",
        "write 'über: [1, 2]'",
        "kind: heatmap\ntext: über b\nembeddings:\n  über: [1, 2]\n  b: [2, 1]",
    ),
    (
        f"{NAMED}[{{name:A, pattern: self}}]",
        "a blank belongs after the colon: write 'name: A'",
        f"{NAMED}[{{name: A, pattern: self}}]",
    ),
    ("{kind:heatmap, text: a}", "a blank belongs after the colon: write 'kind: heatmap'", "{kind: heatmap, text: a}"),
    (
        f"{NAMED}[A]",
        "write '{name: A, weights: …}', or what else it attends by",
        f"{NAMED}[{{name: A, weights: [[1, 0], [0, 1]]}}]",
    ),
    # Numbers as people write them.
    (f"{SIZE}50k", f"{OUT}50000", f"{SIZE}50000"),
    (f"{SIZE}32K", f"{OUT}32000, or 32768", f"{SIZE}32768"),
    (f"{SIZE}1.5M", f"{OUT}1500000", f"{SIZE}1500000"),
    (f"{SIZE}7B", "", ""),
    (f"{SIZE}50_000", "write '50000'", f"{SIZE}50000"),
    (f"{SIZE}50,000", "write '50000'", f"{SIZE}50000"),
    (f"{SIZE}50 000", "write '50000'", f"{SIZE}50000"),
    (f"{SIZE}1e4", "write it as a whole number: 10000", f"{SIZE}10000"),
    (f"{SIZE}1.5", "", ""),
    (f"{SIZE}2^15", "YAML knows no powers: write 32768", f"{SIZE}32768"),
    (f"{SIZE}12*64", "YAML does not multiply: write 768", f"{SIZE}768"),
    (f"{SIZE}100000/2", "YAML does not divide: write 50000", f"{SIZE}50000"),
    (f"{SIZE}~50000", "write the number alone, without quotes: 50000", f"{SIZE}50000"),
    (
        "kind: architecture\nd_model: 768d",
        "write the number alone, without quotes: 768",
        "kind: architecture\nd_model: 768",
    ),
    ("kind: heatmap\ntext: a b\nwidth: 500 columns", "", ""),
    ("kind: heatmap\ntext: a b\nheads: ２", "write it with ordinary digits: 2", "kind: heatmap\ntext: a b\nheads: 2"),
    # Weights in percent, and with decimal commas.
    (
        "kind: flow\ntext: a b\nquery: a\nweights: [60, 40]",
        "write 0.6 and 0.4",
        "kind: flow\ntext: a b\nquery: a\nweights: [0.6, 0.4]",
    ),
    (f"{WEIGHTS}[[60, 40], [0.5, 0.5]]", "write 0.6 and 0.4", f"{WEIGHTS}[[0.6, 0.4], [0.5, 0.5]]"),
    (f"{WEIGHTS}[[60, 45], [0.5, 0.5]]", "weights are shares of 1; numbers before the softmax go to 'scores:'", ""),
    (
        f"{WEIGHTS}[[0,2, 0,8], [0,5, 0,5]]",
        "write 0.5 where 0,5 is meant; the text has 2 tokens: a b",
        f"{WEIGHTS}[[0.2, 0.8], [0.5, 0.5]]",
    ),
    (f"{WEIGHTS}[[1, 0, 0, 0], [0, 1, 0, 0]]", "the text has 2 tokens: a b", ""),
    # A data file in the place of numbers.
    (f"{VECTORS}emb.npy", "write 'source: {file: emb.npy, holds: embeddings}' instead of 'embeddings'", ""),
    (f"{WEIGHTS}data/w.npz", "write 'source: {file: data/w.npz}' instead of 'weights'", ""),
    ("kind: comparison\ntext: a b\nweights: w.npz", "", ""),
    # Full-width signs.
    (
        f"{WEIGHTS}[[0.2， 0.8], [0.5, 0.5]]",
        "a fullwidth comma '，' (U+FF0C) stands in it: type an ordinary ','",
        f"{WEIGHTS}[[0.2, 0.8], [0.5, 0.5]]",
    ),
    (
        f"{WEIGHTS}［[0.2, 0.8]， [0.5, 0.5]］",
        "a fullwidth left square bracket '［' (U+FF3B) stands in it: type ordinary [ , ]",
        f"{WEIGHTS}[[0.2, 0.8], [0.5, 0.5]]",
    ),
    (
        "kind: heatmap\ntext: a b\ntemperature: 2。5",
        "an ideographic full stop '。' (U+3002) stands in it: type an ordinary '.'",
        "kind: heatmap\ntext: a b\ntemperature: 2.5",
    ),
]


def block(yaml: str) -> str:
    return f"```attention-diagram\n{yaml}\n```\n"


def first_mistake(yaml: str) -> Diagnostic:
    with pytest.raises(DiagramError) as caught:
        render(block(yaml))
    return caught.value.diagnostics[0]


@pytest.mark.parametrize(("wrong", "cure", "cured"), CURED, ids=[wrong.split("\n", 1)[-1] for wrong, _, _ in CURED])
def test_a_cure_that_is_followed_works(wrong: str, cure: str, cured: str) -> None:
    assert first_mistake(wrong).hint == cure
    if cured:
        assert "```text\n" in render(block(cured))
