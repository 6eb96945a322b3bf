"""Attention in numpy: the map of the room.

Floor 1. `attend` computes and keeps every step, `masks` say who may attend, `embeddings` make vectors where
none are given, and `pencil` redoes one query in numbers that a reader can follow. `sources`, which reads
arrays from files, and `transformer`, which runs a small model, are rare: import them where they are used.
"""

from mdattn.attention.attend import Trace, Weighing, attend, given, heaviest, softmax, ties, weigh
from mdattn.attention.embeddings import illustrative
from mdattn.attention.products import product

__all__ = ["Trace", "Weighing", "attend", "given", "heaviest", "illustrative", "product", "softmax", "ties", "weigh"]
