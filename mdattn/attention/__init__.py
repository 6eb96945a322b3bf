"""Attention in numpy: the map of the room.

Floor 1. `scores` knows what is done to a score, and in which order; `attend` computes it, `masks` say who may attend,
`embeddings` make vectors where none are given, and `pencil` redoes one query in numbers that a reader can follow.
`sources`, which reads arrays from files (`formats` knows what their bytes mean), and `transformer`, which runs a small
model, are rare: import them where they are used.
"""

from mdattn.attention.attend import Trace, Weighing, attend, attend_by, given, softmax, ties, weigh
from mdattn.attention.embeddings import illustrative
from mdattn.attention.products import product

__all__ = ["Trace", "Weighing", "attend", "attend_by", "given", "illustrative", "product", "softmax", "ties", "weigh"]
