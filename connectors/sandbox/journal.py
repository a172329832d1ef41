"""What was asked of a twin: counts and a short journal, never a body, a query or a header."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from threading import Lock
from typing import Final

_KEPT: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One call: the endpoint with its places left open, the status, and the faults that struck.

    ``status`` is 0 when the connection broke before an answer.
    """

    at: datetime
    endpoint: str
    status: int
    faults: tuple[str, ...] = ()
    place: str = ""
    """Which list was read, where an endpoint has several: a path without its query."""
    rows: int = 0
    room: int = 0
    """Rows that the answer held, and that it could have held; no room where that cannot be said."""


class Journal:
    """The last calls, and the count of all."""

    __slots__ = ("_counts", "_entries", "_lock", "_rows")

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, int]] = Counter()
        self._entries: deque[Entry] = deque(maxlen=_KEPT)
        self._rows: Counter[tuple[str, str, int]] = Counter()
        self._lock = Lock()

    def note(self, entry: Entry) -> None:
        """Add a call."""
        with self._lock:
            self._counts[entry.endpoint, entry.status] += 1
            self._entries.append(entry)
            if entry.room:
                self._rows[entry.endpoint, entry.place, entry.room] += entry.rows

    def clear(self) -> None:
        """Begin to count anew."""
        with self._lock:
            self._counts.clear()
            self._entries.clear()
            self._rows.clear()

    def entries(self) -> tuple[Entry, ...]:
        """List the last calls, oldest first."""
        with self._lock:
            return tuple(self._entries)

    def counts(self) -> dict[str, int]:
        """Count calls by endpoint, whatever came of them."""
        found: Counter[str] = Counter()
        with self._lock:
            for (endpoint, _status), count in self._counts.items():
                found[endpoint] += count
        return dict(sorted(found.items()))

    def fewest(self) -> dict[str, int]:
        """Count, by endpoint, the full answers that would have held the same rows; one for none."""
        found: Counter[str] = Counter()
        with self._lock:
            for (endpoint, _place, room), rows in self._rows.items():
                found[endpoint] += max(1, ceil(rows / room))
        return dict(sorted(found.items()))

    def statuses(self) -> dict[int, int]:
        """Count calls by status."""
        found: Counter[int] = Counter()
        with self._lock:
            for (_endpoint, status), count in self._counts.items():
                found[status] += count
        return dict(sorted(found.items()))
