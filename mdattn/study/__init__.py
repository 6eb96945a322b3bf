"""The options of a block, carried out: numbers and names, and no ink.

Floor 2, shared by the kinds that show attention. `tokens` says which tokens there are and which of them is meant.
`given` makes arrays of rows of numbers, `vectors` gives each token its own, `source` reads both from a file; `inputs`
are what the heads of a block share, `matrices` the scores and weights that it gives, and `heads` computes the
attention. `names`, `attended` and `notes` word what the kinds have in common.
"""
