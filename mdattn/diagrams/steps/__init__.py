"""The calculation: could I do this with a pencil?

Floor 3. The attention of one query, with every product and every sum written out in the order a person would do it.
`_drawing` reads like the page, one step after the other, in lines whose sums come from `_sums`. What it comes to and
which keys are written out is in `_numbers`; what is printed of a head in `_printed`, with how many decimals in
`_decimals`.

`exact` arithmetic computes in full precision: `=` stands where the printed numbers give exactly the printed result, `≈`
where it is rounded, and a note says where the printed numbers would give another last digit. `shown` arithmetic goes on
from what is printed, rounded at each step, and needs no `≈`.
"""

from mdattn.diagrams._kind import Kind
from mdattn.diagrams.steps._drawing import draw
from mdattn.diagrams.steps._numbers import Options

KIND = Kind(
    name="steps",
    summary="the attention of one query worked out line by line, as with a pencil",
    options=Options,
    draw=draw,
    example="""\
kind: steps
tokens: [The, cat, sat]
query: sat
embeddings:
  The: [0.1, 0.3, 0.4]
  cat: [0.8, 0.1, 0.6]
  sat: [0.3, 0.9, 0.2]
arithmetic: shown
""",
)
