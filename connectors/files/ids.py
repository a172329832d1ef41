"""Judges record ids: which are damaged, and which were seen before."""

from __future__ import annotations

import re
from array import array

_DAMAGED = re.compile(
    r"[+-]?\d+[.,]\d+[eE][+-]?\d+|[+-]?\d+[eE][+-]\d+|[+-]?\d+[.,]0+"
    r"|#(?:NAME|REF|VALUE|DIV/0|N/A|NUM|NULL)[?!]?|#+"
)
_MASK = (1 << 64) - 1


def is_damaged(record_id: str) -> bool:
    """Say whether a spreadsheet made this of an id: ``4.46E+11``, ``67340.0``, ``#NAME?``, ``###``."""
    return not record_id.isalnum() and _DAMAGED.fullmatch(record_id) is not None


class IdSet:
    """Remembers ids in 8 bytes each, so that a million cost 16 to 32 MiB and not 100.

    Two ids could share a hash: in a table of a million rows with a chance of 1 in 37 million, and
    then the later row is quarantined as a duplicate, which is loud and harmless.
    """

    __slots__ = ("_count", "_slots")

    def __init__(self) -> None:
        self._slots = array("Q", bytes(8 << 10))
        self._count = 0

    def add(self, record_id: str) -> bool:
        """Remember an id; True when it is new."""
        if self._count * 3 > len(self._slots) * 2:
            self._grow()
        is_new = _put(self._slots, (hash(record_id) & _MASK) or 1)
        self._count += is_new
        return is_new

    def _grow(self) -> None:
        larger = array("Q", bytes(16 * len(self._slots)))
        for slot in self._slots:
            if slot:
                _put(larger, slot)
        self._slots = larger


def _put(slots: array[int], hashed: int) -> bool:
    """Store a hash in an open-addressed table; zero is a free slot."""
    last = len(slots) - 1
    at = hashed & last
    while slots[at]:
        if slots[at] == hashed:
            return False
        at = (at + 1) & last
    slots[at] = hashed
    return True
