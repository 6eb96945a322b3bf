"""The heads: what does each head do?

Floor 3. One card a head, all of one form, so that heads can be compared. `_heads` is what they share; `draw` goes from
what each of them attends by (`_weights`, `_patterns`) to what stands out in its weights (`_connections`), to what is
said of all (`_notes`) and what stands where (`_drawing`).
"""

from mdattn.diagrams._kind import Kind
from mdattn.diagrams.heads._drawing import draw
from mdattn.diagrams.heads._options import Options

KIND = Kind(
    name="heads",
    summary="what each head attends to: its strongest connections, with weights and notes",
    options=Options,
    draw=draw,
    example="""\
kind: heads
text: The programmer debugged the complex algorithm
heads:
  - name: Syntactic relationships
    gloss: Grammar
    pairs:
      - [The, programmer, determiner-noun]
      - [programmer, debugged, subject-verb]
      - [the, algorithm, determiner-noun]
  - name: Semantic relationships
    gloss: Meaning
    pairs:
      - [programmer, debugged, who does what]
      - [debugged, algorithm, what is debugged]
      - [complex, algorithm, what is complex]
  - name: Positional relationships
    gloss: Distance
    pattern: adjacent
  - name: Reference relationships
    gloss: Pronouns
    note:
      - No pronouns here.
      - It would connect pronouns to their referents.
""",
)
