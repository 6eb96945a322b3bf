"""The options of a block, carried out: numbers and names, and no ink.

Floor 2, shared by the kinds that show attention. `given` makes arrays of what a block holds, `source` of what a file
holds; `tokens` says which tokens there are and which of them is meant, `heads` computes their attention. `names` and
`notes` word what the kinds have in common.
"""
