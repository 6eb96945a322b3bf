"""comparison: what do a recurrent network and a transformer do with the same sentence?

Floor 3. Both sides are drawn in one order (how the sentence is processed, what is left of the first word, what it
costs) and at one scale. What is left of the first word in the hidden state is a share of a mix, as an attention weight
is, so that their bars can be compared. Costs are those of table 1 of "Attention Is All You Need" (2017).
The words of both are in `_pictures`, shares and weights in `_bars`, what is said in `_notes`; `_drawing` puts them on a
page.
"""

from mdattn.diagrams._kind import Kind
from mdattn.diagrams.comparison._drawing import draw
from mdattn.diagrams.comparison._options import Options

KIND = Kind(
    name="comparison",
    summary="a recurrent network and a transformer on the same sentence",
    options=Options,
    draw=draw,
    example="""\
kind: comparison
text: The cat sat on the mat
d_model: 512
embeddings:
  The: [0.2, 0.5, 0.1]
  cat: [0.8, 0.1, 0.6]
  sat: [0.3, 0.9, 0.2]
  on: [0.1, 0.6, 0.3]
  the: [0.2, 0.5, 0.1]
  mat: [0.4, 0.7, 0.3]
""",
)
