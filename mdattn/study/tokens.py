"""The tokens of a block, and which of them an author means.

Floor 2. What attends and what is attended to, a position by its number or its word, and which of many are shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from mdattn import cells
from mdattn.errors import OptionError, suggest
from mdattn.errors import Path as OptionPath
from mdattn.options import LARGEST, MOST_TOKENS, Attention, SelfAttention
from mdattn.study.names import distinct

MOST_NAMED = 60  # characters of the tokens that a message names


def tokens_of(options: Attention) -> tuple[str, ...]:
    """The tokens of `text` or `tokens`."""
    if options.tokens is not None:
        tokens, name = tuple(options.tokens), "tokens"
    elif options.text is not None:
        tokens, name = tuple(options.text.split()), "text"
    else:
        raise OptionError((), "the block has no sentence", "give 'text:' or 'tokens:'")
    return checked(tokens, name)


def noun_of(options: SelfAttention) -> str:
    """What one of the tokens is called: those of a `text` are words."""
    return "word" if options.text is not None else "token"


def checked(tokens: tuple[str, ...], name: str) -> tuple[str, ...]:
    """The tokens that the option `name` holds. Raises OptionError for none, too many and empty ones."""
    if not tokens:
        raise OptionError(name, f"'{name}' is empty", "a diagram needs at least one token")
    if len(tokens) > MOST_TOKENS:
        raise OptionError(name, f"'{name}' holds {len(tokens):,} tokens; at most {MOST_TOKENS:,} can be drawn")
    if "" in tokens:
        raise OptionError((name, tokens.index("")), f"token {tokens.index('')} is empty", "write a sign for it")
    return tokens


def key_tokens_of(options: Attention, tokens: tuple[str, ...]) -> tuple[str, ...]:
    """The tokens that are attended to: in self-attention those that attend."""
    if options.key_tokens is not None:
        return checked(tuple(options.key_tokens), "key_tokens")
    for name in ("keys", "values"):
        value = getattr(options, name)
        if value is not None and not isinstance(value, Mapping) and len(value) != len(tokens):
            raise OptionError(
                name,
                f"'{name}' has {len(value)} vectors, but there are {len(tokens)} tokens",
                "name them with 'key_tokens'",
            )
    return tokens


def work_of(options: SelfAttention) -> int:
    """How many numbers a diagram of these options is computed from: its weights, and its keys of as many dimensions.

    What a pencil does with a number takes as long as many of them take at once.
    """
    heads = getattr(options, "heads", 1)
    tokens = len((options.text or "").split()) if options.tokens is None else len(options.tokens)
    queries = tokens if getattr(options, "query", None) is None else 1
    key_tokens = getattr(options, "key_tokens", None)
    dimensions = getattr(options, "dimensions", None) or _DIMENSIONS
    keys = tokens if key_tokens is None else len(key_tokens)
    each = _PENCIL if getattr(options, "arithmetic", "exact") == "shown" else 1
    return (heads if isinstance(heads, int) else len(heads)) * keys * (queries + dimensions) * each


_PENCIL = 16
_DIMENSIONS = 3  # Of vectors that the block does not say it of: the numbers that it gives are bounded by its own size.


def counted(tokens: Sequence[str], whose: str = "the text") -> str:
    """`the text has 6 tokens: The cat sat on the mat`, the end of a long one left out."""
    shown: list[str] = []
    room = MOST_NAMED
    for token in tokens:
        word = cells.printable(token)
        if shown and len(word) + 1 > room:
            break
        shown.append(cells.cut(word, MOST_NAMED))
        room -= len(word) + 1
    more = f" {cells.ELLIPSIS}" if len(shown) < len(tokens) else ""
    return f"{whose} has {len(tokens):,} token{'' if len(tokens) == 1 else 's'}: {' '.join(shown)}{more}"


def position(name: int | str, tokens: Sequence[str], path: OptionPath) -> int:
    """The position that a position, a token or `word#2` stands for. Raises OptionError."""
    if isinstance(name, int):
        if abs(name) > LARGEST:
            raise OptionError(path, "there is no such position", f"positions go from 0 to {len(tokens) - 1}")
        return _position_numbered(name, tokens, path)
    places = [index for index, token in enumerate(tokens) if token == name]
    if len(places) == 1:
        return places[0]
    if places:
        choices = ", ".join(f"'{name}#{nth}' (position {place})" for nth, place in enumerate(places[:8], 1))
        raise OptionError(path, f"'{cells.printable(name)}' stands {len(places)} times", f"choose from {choices}")
    word, mark, nth = name.rpartition("#")
    if mark and nth.isascii() and nth.isdecimal():
        places = [index for index, token in enumerate(tokens) if token == word]
        if 0 < int(nth) <= len(places):
            return places[int(nth) - 1]
        if places:
            raise OptionError(path, f"'{cells.printable(word)}' stands {len(places)} times, so there is no {name}")
    unique = list(dict.fromkeys(cells.printable(token) for token in tokens))
    hint = suggest(cells.printable(name), unique)
    hint = hint if len(hint) <= 200 else hint[:199] + cells.ELLIPSIS
    raise OptionError(path, f"'{cells.printable(name)}' is not a token", hint)


def _position_numbered(number: int, tokens: Sequence[str], path: OptionPath) -> int:
    """The number itself, unless it may be meant as a token: of the sentence "1 2 3", 1 is both."""
    inside = 0 <= number < len(tokens)
    if str(number) in tokens and not (inside and tokens[number] == str(number)):
        other = f'"{number}" in quotes is the token'
        if inside:
            raise OptionError(
                path, f"{number} is a token, and also the position of '{cells.printable(tokens[number])}'", other
            )
        raise OptionError(path, f"there is no position {number}", other)
    if not inside:
        raise OptionError(path, f"there is no position {number}", f"positions go from 0 to {len(tokens) - 1}")
    return number


def query_of(options: Attention, query: int | str | None) -> int | str:
    """The query that a block names; of a single token that one. Raises OptionError."""
    if query is not None:
        return query
    tokens = tokens_of(options)
    if len(tokens) == 1:
        return 0
    choices = [cells.without_isolates(name) for name in distinct(tokens[:8])]
    more = cells.ELLIPSIS if len(tokens) > 8 else ""
    raise OptionError(
        (), "the block does not say which token attends", f"add 'query:' with one of {', '.join(choices)}{more}"
    )


def heaviest_of(weights: Sequence[float], most: int, always: Iterable[int] = ()) -> tuple[int, ...]:
    """The `most` positions to show, in sentence order: `always` ones first, then the heaviest, ties to the lowest."""
    if len(weights) <= most:
        return tuple(range(len(weights)))
    wanted = list(dict.fromkeys(always))
    rest = [index for index in range(len(weights)) if index not in wanted]
    rest.sort(key=lambda index: (-round(weights[index], 9), index))
    return tuple(sorted((wanted + rest)[:most]))
