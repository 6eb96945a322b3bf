"""What was made of the data files of a run: each thing once, whether it came out or not, and no more than may be kept.

Floor 0, without numpy: a run has one such store, and only blocks with a `source` fill it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from copy import copy
from typing import Any, TypeVar

MOST_KEPT = 128 * 2**20  # bytes, of files and of arrays alike
SMALL = 16  # times smaller than what room is made for
LEAST_KEPT = 2**10  # bytes that anything takes at the least, for what is around it
MOST_WORK = 2**30  # bytes to read, unpack and convert, and
WORK_A_BYTE = 16  # as many again for each byte of the files that are read: more than honest numbers can be packed

Made = TypeVar("Made")


class TooMuchError(Exception):
    """More bytes would have to be read, unpacked and converted for a document than `most`."""

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self.most = most


class Files:
    """Values by key; those that were asked for longest ago come first.

    `size` is how many bytes are kept. What documents before this one have left is not done again, but counts as if it
    were: whether a document can be drawn does not depend on what else is.
    """

    def __init__(self) -> None:
        self.size = 0
        self._made: dict[Hashable, tuple[Any, int]] = {}
        self._failed: dict[Hashable, Exception] = {}
        self._left: dict[Hashable, tuple[Any, int]] = {}
        self._left_failed: dict[Hashable, Exception] = {}
        self._work = 0
        self._named: set[Hashable] = set()
        self._bought = 0

    def begin(self) -> None:
        """Another document begins."""
        self._left |= self._made
        self._left_failed |= self._failed
        self._made, self._failed, self._named = {}, {}, set()
        self._work = self._bought = 0

    def name(self, file: Hashable, size: int) -> None:
        """The document names this file of so many bytes."""
        if file not in self._named:
            self._named.add(file)
            self._bought += WORK_A_BYTE * size

    def once(
        self,
        key: Hashable,
        make: Callable[[], Made],
        size: int,
        holds: Callable[[Made], int] | None = None,
    ) -> Made:
        """The value of the key: made now, or kept from before; an error of making it is raised again each time.

        `size` is how many bytes it takes to make it at the most, and `holds` says how many it keeps, where these are
        others. Raises TooMuchError where too much would be done.
        """
        if key in self._failed:
            raise copy(self._failed[key])
        if key in self._made:
            self._made[key] = self._made.pop(key)  # It is the latest now.
        else:
            self._add_work(size)
            made = self._remade(key, make, size)
            kept = max(size if holds is None else holds(made), LEAST_KEPT)
            self._make_room(kept)
            self._made[key] = made, kept
            self.size += kept
        value: Made = self._made[key][0]
        return value

    def made(self, key: Hashable) -> Any:
        """The value of the key, if this document has asked for it and it is kept, or None."""
        return self._made[key][0] if key in self._made else None

    def _remade(self, key: Hashable, make: Callable[[], Made], size: int) -> Made:
        """The value of a key that the document asks for anew."""
        left = self._left.pop(key, None)
        self.size -= left[1] if left else 0
        self._make_room(size)
        try:
            if key in self._left_failed:
                raise copy(self._left_failed[key])
            made: Made = left[0] if left else make()
        except Exception as error:
            self._failed[key] = copy(error)  # Without its traceback, which holds all that was computed so far.
            raise
        return made

    def _add_work(self, size: int) -> None:
        most = MOST_WORK + self._bought
        if self._work + size > most:
            raise TooMuchError(most)
        self._work += size

    def _make_room(self, size: int) -> None:
        """Let go of what was asked for longest ago, as long as more would be kept than may be.

        What other documents have left goes first. What is small beside the room that is needed goes last: a head that
        is drawn again needs no array any more.
        """
        for values, least in ((self._left, 0), (self._made, size // SMALL), (self._made, 0)):
            for key in [key for key, (_, kept) in values.items() if kept >= least]:
                if self.size + size <= MOST_KEPT:
                    return
                self.size -= values.pop(key)[1]
