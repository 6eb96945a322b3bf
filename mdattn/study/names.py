"""What a word is called on the page: printable, told apart, cut.

Floor 2, shared by the kinds. A token has a name, which a block could give as its `query`: its text, made printable,
and of equal tokens the second is `the#2`. Where there is no room for a name stands a label: its beginning. No two
different names of a diagram share a label, and the legend gives each label its name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from typing import NamedTuple

from mdattn import cells

LONGEST = 16  # cells of a label: a longer name is cut in a box, and stands in full in the legend below
LONGEST_SAID = 40  # cells of a name in a sentence; of a longer one, the label stands there


def authored(text: str) -> str:
    """A title, a remark, the name of a head: what an author wrote, as it may be printed."""
    return cells.isolated(cells.printable(text))


def printable(tokens: Sequence[str]) -> tuple[str, ...]:
    """The tokens as they may be printed: controls escaped, right-to-left words isolated, different ones different."""
    whole = "".join(tokens)
    if whole.isascii() and whole.isprintable():
        return tuple(tokens)
    printed = {token: authored(token) for token in dict.fromkeys(tokens)}
    if len(set(printed.values())) < len(printed):
        printed = _told_apart(printed)
    return tuple([printed[token] for token in tokens])


def _told_apart(printed: dict[str, str]) -> dict[str, str]:
    """As `printable` gives the first token of a form; a control is escaped as somebody else's text stands there."""
    taken = {token for token, form in printed.items() if token == form}
    found = {}
    for token, form in printed.items():
        if token != form:
            form = next(each for each in _numbered(form) if each not in taken)
            taken.add(form)
        found[token] = form
    return found


def _numbered(form: str) -> Iterator[str]:
    yield form
    yield from (f"{form}({number})" for number in count(2))


def distinct(tokens: Sequence[str]) -> tuple[str, ...]:
    """The name of each token: of those that stand several times, the second is `the#2`."""
    return distinct_in_both(tokens, tokens)[0]


def distinct_in_both(tokens: Sequence[str], key_tokens: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of two sentences of one diagram: equal ones are of equal tokens, as often in their sentence."""
    if key_tokens is tokens:
        names = printable(_numbered_tokens([tokens]))
        return names, names
    names = printable(_numbered_tokens([tokens, key_tokens]))
    return names[: len(tokens)], names[len(tokens) :]


def _numbered_tokens(sentences: Sequence[Sequence[str]]) -> list[str]:
    """One sentence behind the other; where a word of the text is `the#2` itself, another is `the##2`."""
    every = {token for tokens in sentences for token in tokens}
    if len(every) == sum(map(len, sentences)):
        return [token for tokens in sentences for token in tokens]
    taken, names = set(every), []
    known: dict[tuple[str, int], str] = {}
    for tokens in sentences:
        counts: dict[str, int] = {}
        for token in tokens:
            nth = counts[token] = counts.get(token, 0) + 1
            if (token, nth) not in known:
                name = token if nth == 1 else f"{token}#{nth}"
                while name in taken and nth > 1:
                    name = f"{token}#{name.removeprefix(token)}"
                taken.add(name)
                known[token, nth] = name
            names.append(known[token, nth])
    return names


class Labels(NamedTuple):
    """The labels of names, and those of them that were cut, in full."""

    shown: tuple[str, ...]
    """One for each name; equal names have equal labels."""
    legend: tuple[tuple[str, str], ...]
    """(label, name), each once."""


def labelled(names: Sequence[str], longest: int = LONGEST, mark: str = cells.ELLIPSIS) -> Labels:
    """Labels of at most `longest` cells for the names of a diagram, of which no two different ones look alike.

    `internationalizations` and `internationalizationally` become `internationali…` and `internationali…2`; the `#2` of
    a name stays. Where fewer than six cells are left a number may not fit: ask for more.
    """
    every = dict.fromkeys(names)
    labels = {name: name for name in every if cells.width(name) <= longest}
    taken = set(labels)
    following: dict[str, int] = {}  # of each label that is taken, the number that is next
    for name in every:
        if name not in labels:
            labels[name] = _label(name, longest, mark, taken, following)
            taken.add(labels[name])
    pairs = tuple([(labels[name], name) for name in every if labels[name] != name])
    return Labels(tuple([labels[name] for name in names]), pairs)


def _label(name: str, longest: int, mark: str, taken: set[str], following: dict[str, int]) -> str:
    """The beginning of a name, and its `#2`; a number behind it where that is another's label."""
    word, sign, nth = cells.without_isolates(name).rpartition("#")
    if word and nth.isascii() and nth.isdecimal() and len(nth) < 5:
        end = sign + nth
        label = cells.cut(cells.isolated(word), longest - len(end), mark) + end
    else:
        label = cells.cut(name, longest, mark)
    first = label
    while label in taken:
        end = str(following.setdefault(first, 2))
        following[first] += 1
        label = cells.cut(name, longest - len(end), mark) + end
    return label


def standing_in(lines: Sequence[str], legend: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The (label, name) of a legend whose labels stand in the lines, which may be divided at any blank."""
    import re  # Few words are ever cut.

    text = " ".join(" ".join(lines).split())
    # The label of another name may begin alike: `internationaliz…` and `internationaliz…2`.
    return [pair for pair in legend if re.search(re.escape(" ".join(pair[0].split())) + r"(?![\w#])", text)]


def said(names: Sequence[str], labels: Sequence[str], longest: int = LONGEST_SAID) -> tuple[str, ...]:
    """What stands for each name in a sentence: the name, or the label of one that is long."""
    return tuple([name if cells.width(name) <= longest else label for name, label in zip(names, labels, strict=True)])
