"""The parts of a page, which know how narrow they can be.

Floor 2, shared by the kinds. A kind says what it shows in blocks, and asks for the first form that fits; each block
then gives its rows in the room it gets. What a page needs is what its blocks need, and no kind counts it.

    Text, Pieces, Alike      a paragraph; a line of pieces that are never divided; several that are alike
    Elided                   as many items as a few rows hold, and what is left out
    Rows, GAP                rows that are known already; an empty row
    Below, Abreast           below each other; side by side
    Framed, Cell             a box around blocks; a box of texts that can stand beside others
    Table, Grid, Bars        columns with a head; labelled cells in panels; shares on one scale
    Remarked                 remarks beside the rows of a block, or below it
    fitting, lines_of        the first form that fits; its lines

A kind may have blocks of its own: whatever has `least` and `rows` is one.
"""

from mdattn.layout._block import GAP, NARROWEST, Below, Block, Rows, fitting, lines_of, too_narrow
from mdattn.layout._boxes import Abreast, Cell, Framed, Standing, arranged, boxed
from mdattn.layout._tables import Align, Bar, Bars, Column, Grid, Table, bar, headed, panels
from mdattn.layout._text import Alike, Elided, Pieces, Remarked, Text

__all__ = [
    "GAP",
    "NARROWEST",
    "Abreast",
    "Align",
    "Alike",
    "Bar",
    "Bars",
    "Below",
    "Block",
    "Cell",
    "Column",
    "Elided",
    "Framed",
    "Grid",
    "Pieces",
    "Remarked",
    "Rows",
    "Standing",
    "Table",
    "Text",
    "arranged",
    "bar",
    "boxed",
    "fitting",
    "headed",
    "lines_of",
    "panels",
    "too_narrow",
]
