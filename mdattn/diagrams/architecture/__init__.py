"""architecture: what goes where in a transformer, and how big is it?

Floor 3. The path of the data is one line down the middle. A residual connection leaves it before a sub-layer and joins
it at "Add". Each box stands in the box it belongs to; what repeats is drawn once. Parameters are counted by `_models`,
the parts come from `_blueprint`; here they are given a place. numpy is imported only for `values: true`.
"""

from mdattn.diagrams._kind import Kind
from mdattn.diagrams.architecture._drawing import Options, draw

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
