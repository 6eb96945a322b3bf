"""What a heatmap says: of its rounding, of its strongest weights, of its cells, and to who cannot see it.

Floor 3, a room of the kind `heatmap`. Every sentence is made from the numbers, and stands only where they call for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mdattn import cells, numerals
from mdattn.diagrams.heatmap._forms import Fitted
from mdattn.diagrams.heatmap._numbers import SQUARES, Above, Heatmap
from mdattn.study import notes
from mdattn.study.attended import no_choice, to_nothing
from mdattn.study.names import said as said_as

MOST_SPOKEN = 6  # rows that the text alternative tells one by one


def strongest(
    heatmap: Heatmap, above: Above, index: int, between: str = ". ", label_of: Mapping[str, str] | None = None
) -> str:
    """The largest weights of many rows in words; rows that see only one key have no choice and are left out.

    `between` is what stands between these and how many queries attend to nothing, `label_of` the labels that may stand
    for a long name.
    """
    trace, found = heatmap.found.heads[index].trace, heatmap.strongest[index]

    def named(query: int, key: int) -> str:
        asking = heatmap.named(above, heatmap.rows, query, label_of)
        itself = query == key and not heatmap.cross
        answering = "itself" if itself else heatmap.named(above, heatmap.columns, key, label_of)
        return f"{asking} to {answering} {numerals.text(trace.weights[0, query, key], heatmap.options.decimals)}"

    pairs = [named(*pair) for pair in found.pairs]
    seen = trace.allowed[0].sum(axis=1)
    none = int((seen == 0).sum())
    where = f" where a {heatmap.noun} has a choice" if (seen == 1).any() else ""
    strongest = f"Strongest{where}: {'; '.join(filter(None, [*pairs, found.alike]))}" if pairs else ""
    said = between.join(filter(None, (strongest, to_nothing(none) if none else "")))
    return f"{said}." if said else ""


def rounded(heatmap: Heatmap, fitted: Fitted, sums: Sequence[Sequence[int | None]]) -> str:
    """Says which rows do not add up to 1 as printed, in one line; of several heads, how many.

    sums [head][row] in units of the last decimal, None for a row that may attend to nothing.
    """
    if heatmap.mode not in ("numbers", "both") or heatmap.options.remarks == "none":
        return ""
    decimals = heatmap.options.decimals
    one = 10**decimals
    off = [(row, total) for head in sums for row, total in enumerate(head) if total is not None and total != one]
    if not off:
        return ""
    lead = "As given" if _as_given(heatmap, sums) else "Rounded: as printed"
    text = f"{lead}, {_rows_named(heatmap, fitted, off)}."
    if len(sums) == 1 and fitted.indent + cells.width(text) <= heatmap.options.width:
        return text
    missing = "misses" if len(off) == 1 else "miss"
    distances = {abs(total - one) for _, total in off}
    by = f"by {'up to ' if len(distances) > 1 else ''}{numerals.text(max(distances) / one, decimals)}"
    rows = notes.counted(sum(map(len, sums)), "row")
    return f"{lead}, {len(off)} of {rows} {missing} {numerals.text(1, decimals)} {by}."


def _as_given(heatmap: Heatmap, sums: Sequence[Sequence[int | None]]) -> bool:
    """Whether the rows that do not add up to 1 are printed digit by digit as they were given."""
    if heatmap.pooled or heatmap.found.basis != "weights":
        return False
    decimals = heatmap.options.decimals
    return all(
        numerals.rounded(weight, decimals) == weight
        for head, totals in zip(heatmap.found.heads, sums, strict=True)
        for row, total in enumerate(totals)
        if total is not None and total != 10**decimals
        for weight in head.trace.weights[0, row].tolist()
    )


def _rows_named(heatmap: Heatmap, fitted: Fitted, off: Sequence[tuple[int, int]]) -> str:
    """`"cat" and "sat" add up to 0.99 and "mat" to 1.01`."""
    decimals = heatmap.options.decimals
    numbered = fitted.form.above != "words" and not heatmap.cross and heatmap.rows.block == 1
    names: dict[int, list[str]] = {}
    for row, total in sorted(off, key=lambda each: each[1]):
        names.setdefault(total, []).append(f"row {row + 1}" if numbered else f'"{fitted.labels[row].strip()}"')
    verbs = ["adds up to" if len(names[min(names)]) == 1 else "add up to", *["to"] * len(names)]
    return notes.listed(
        f"{notes.listed(each)} {verb} {numerals.text(total / 10**decimals, decimals)}"
        for verb, (total, each) in zip(verbs, names.items(), strict=False)
    )


def sign_of(heatmap: Heatmap, level: int, size: int) -> str:
    """The cell of a level without its number."""
    if heatmap.mode == "numbers":
        return ""
    if heatmap.mode == "shades":
        return heatmap.glyphs.shades[level + 1] * size
    return heatmap.glyphs.square * level + heatmap.glyphs.hollow * (SQUARES - level)


def legend_of(heatmap: Heatmap, fitted: Fitted) -> Iterator[str]:
    """Each sign of the cells with what it means."""
    if heatmap.mode != "numbers":
        top = 1.0
        if heatmap.found.basis == "weights":
            top = max(float(head.trace.weights.max()) for head in heatmap.found.heads)
        for level, span in heatmap.scale.ranges(top, heatmap.glyphs.dash):
            yield f"{sign_of(heatmap, level, fitted.form.cell)} {span}"
    if heatmap.found.allowed is not None and not heatmap.found.allowed.all():
        yield f"{heatmap.glyphs.masked} masked"


def notes_of(heatmap: Heatmap) -> Iterator[str]:
    """What was pooled, what was made up, what was done to the scores."""
    found, options, times = heatmap.found, heatmap.options, heatmap.glyphs.times
    down, across = heatmap.rows.block, heatmap.columns.block
    if heatmap.pooled:
        size = f"{len(heatmap.rows.tokens)} {times} {len(heatmap.columns.tokens)} weights"
        queries = f"{down} queries give, on average," if down > 1 else "a query gives"
        share = f"the share that {queries} to {f'{across} keys together' if across > 1 else 'a key'}"
        yield f"{size} in blocks of {down} {times} {across}: a cell is {share}."
    yield from notes.computed(options, found, heatmap.glyphs)


def alternative(heatmap: Heatmap, label_of: Mapping[str, str]) -> str:
    """The same in a few sentences, made from the numbers; a name too long for them by a label that stands above."""
    found = heatmap.found
    masks = {"none": "", "given": ", partly masked", "causal": ", causal mask"}
    queries, keys = len(heatmap.rows.tokens), len(heatmap.columns.tokens)
    size = f"Attention weights of {queries} {'query' if queries == 1 else 'queries'}"
    size += f" by {keys} {'key' if keys == 1 else 'keys'}"
    sentences = [size + masks.get(found.mask, f", {found.mask}") + "."]
    for number, head in enumerate(found.heads[:2], 1):
        where = f"Head {number}: " if len(found.heads) > 1 else ""
        if len(heatmap.rows.tokens) > MOST_SPOKEN:
            # Two heads have a sentence each, so that there are no more than three.
            between = "; " if len(found.heads) > 1 else ". "
            said = strongest(heatmap, "numbers" if heatmap.pooled else "words", number - 1, between, label_of)
            sentences.append(where + (said or no_choice(heatmap.noun)))
            continue
        asking, answering = (
            [f"'{name}'" for name in said_as(axis.names, [label_of.get(name, name) for name in axis.names])]
            for axis in (heatmap.rows, heatmap.columns)
        )
        told = zip(asking, heatmap.told(head, answering, ", {}"), strict=True)
        sentences.append(where + "; ".join(f"{query} {text}" for query, text in told) + ".")
    return " ".join(sentences)
