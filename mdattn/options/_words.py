"""An author's words inside of a message."""

from __future__ import annotations

from mdattn.errors import LONGEST_NAME


def quoted(text: str) -> str:
    """The words between quotes: on one line, with nothing that a terminal would obey, and never long."""
    return f"'{clipped(text)}'"


def in_quotes(text: str) -> str:
    """The text as a quoted scalar."""
    plain = '"' not in text and "\\" not in text
    return f'"{text}"' if plain else "'" + text.replace("'", "''") + "'"


def clipped(text: str) -> str:
    r"""The words as they may stand in a message, cut where they are long; a look-alike of a blank as `\xa0`."""
    from mdattn.cells import ELLIPSIS, printable

    text = printable(text[: LONGEST_NAME + 1])
    if not text.isprintable():
        text = "".join(map(_told_apart, text))
    return text if len(text) <= LONGEST_NAME else text[: LONGEST_NAME - 1] + ELLIPSIS


def _told_apart(character: str) -> str:
    return character.encode("ascii", "backslashreplace").decode() if character.isspace() else character
