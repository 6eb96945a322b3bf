"""The flow: where do the percentages come from?

Floor 3. One query is followed from the vectors of its words over similarities and weights to a weighted sum. `draw`
goes from options to numbers (`_numbers`), to what is printed of them (`_printed`), and from there to blocks of a page
(`_drawing`); what is said about it is in `_notes`, and what of that is about rounding in `_rounding`.
"""

from mdattn.diagrams._kind import Kind
from mdattn.diagrams.flow._drawing import draw
from mdattn.diagrams.flow._numbers import Options

KIND = Kind(
    name="flow",
    summary="one query from word vectors over attention weights to the weighted sum",
    options=Options,
    draw=draw,
    example="""\
kind: flow
text: The cat sat on the mat
query: sat
embeddings:
  The: [0.2, 0.5, 0.1]
  cat: [0.8, 0.1, 0.6]
  sat: [0.3, 0.9, 0.2]
  on: [0.1, 0.6, 0.3]
  the: [0.2, 0.5, 0.1]
  mat: [0.4, 0.7, 0.3]
""",
)
