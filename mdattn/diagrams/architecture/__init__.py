"""architecture: what goes where in a transformer, and how big is it?

Floor 3. The path of the data is one line down the middle. A residual connection leaves it before a sub-layer and joins
it at "Add". Each box stands in the box it belongs to; what repeats is drawn once. Parameters are counted by `_models`,
the parts come from `_blueprint`; `_parts` says what stands in their boxes, and `_tower` joins these by lines, on a
canvas. `_drawing` puts all of it on a page, with what `_notes` says.
"""

from mdattn.diagrams._kind import Kind
from mdattn.diagrams.architecture._drawing import draw
from mdattn.diagrams.architecture._options import Options

KIND = Kind(
    name="architecture",
    summary="the parts of a transformer, what flows between them, and how many parameters they have",
    options=Options,
    draw=draw,
    example="""\
kind: architecture
text: The cat sat
model: encoder
layers: 6
heads: 8
d_model: 512
""",
)
