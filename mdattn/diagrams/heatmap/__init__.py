"""The heatmap: who looks at whom?

Floor 3. One row a query, one column a key, one cell a weight. `_numbers` is what is shown, `_forms` how it fits in the
width, `_notes` what is said of it, and `_drawing` goes from these to a page.
"""

from mdattn.diagrams._kind import Kind
from mdattn.diagrams.heatmap._drawing import draw
from mdattn.diagrams.heatmap._options import Options

KIND = Kind(
    name="heatmap",
    summary="the weights of every query over every key, as squares, shades or numbers",
    options=Options,
    draw=draw,
    example="""\
kind: heatmap
text: The cat sat on the mat
mask: causal
temperature: 0.1
embeddings:
  The: [0.2, 0.5, 0.1]
  cat: [0.8, 0.1, 0.6]
  sat: [0.3, 0.9, 0.2]
  on: [0.1, 0.6, 0.3]
  the: [0.2, 0.5, 0.1]
  mat: [0.4, 0.7, 0.3]
""",
)
