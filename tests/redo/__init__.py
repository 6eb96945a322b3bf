"""A reader who has a block and the picture that was made of it, and redoes what the picture says.

`redo(options, lines, words)` reads a picture of any kind and its text alternative, and gives the ledger of their
numerals: which of them came out again, which were taken from the block, which are left, and what is not true. Nothing
here knows how the package computes: operations and their order are those that the text tells, inputs stand in the text
or in the block.
"""

from redo.page import Ledger, Numeral
from redo.readers import redo

__all__ = ["Ledger", "Numeral", "redo"]
