"""Keeps the calls of one org within its allowance of 24 hours, and leaves a part of it to people.

Every answer names what was used, ours and everybody's; there is no limit per second. This only ever
refuses a call; it repeats none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Final

from connectors.salesforce.faults import DAY
from worker.errors import DailyLimitError
from worker.ports import Clock

HEADER: Final = "sforce-limit-info"
_ALL: Final = re.compile(r"(?<!app-)\bapi-usage=(\d{1,12})/(\d{1,12})")
_OURS: Final = re.compile(r"per-app-api-usage=(\d{1,12})/(\d{1,12})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """How many calls were made in the last 24 hours, and how many may be."""

    used: int
    limit: int

    def is_low(self, reserve: float) -> bool:
        """Tell whether no more than the reserve is left."""
        return self.limit - self.used <= self.limit * reserve


def usage_in(headers: Mapping[str, str]) -> tuple[Usage | None, Usage | None]:
    """Read what the org used and what our app used of a limit of its own, as far as it is told."""
    text = headers.get(HEADER, "")
    return _usage(_ALL.search(text)), _usage(_OURS.search(text))


def _usage(found: re.Match[str] | None) -> Usage | None:
    if found is None or not int(found[2]):
        return None
    return Usage(used=int(found[1]), limit=int(found[2]))


class Budget:
    """The calls of one org. Safe to share between threads.

    ``daily_reserve`` is the part of the allowance that is left to people and other integrations.
    """

    def __init__(self, daily_reserve: float, clock: Clock) -> None:
        self._reserve = daily_reserve
        self._clock = clock
        self._lock = Lock()
        self._closed_until: datetime | None = None
        self.usage: Usage | None = None

    def acquire(self) -> None:
        """Allow one call.

        Raises:
            DailyLimitError: the allowance is used up to the reserve; nothing is sent.
        """
        with self._lock:
            now = self._clock()
            if self._closed_until is None:
                return
            if now >= self._closed_until:
                self._closed_until = None  # the next answer tells how much there is by now
                return
            raise DailyLimitError(
                "Salesforce's calls of 24 hours are used up, or down to the part left to others. "
                f"It is looked at again after {self._closed_until:%Y-%m-%d %H:%M} UTC.",
                retry_after=self._closed_until - now,
            )

    def learn(self, headers: Mapping[str, str]) -> None:
        """Take from an answer what was used."""
        everybody, ours = usage_in(headers)
        if everybody is not None:
            self.note(everybody)
        if ours is not None and ours.is_low(0):
            self.close()

    def note(self, usage: Usage) -> None:
        """Take what was used; nothing more is sent once only the reserve is left."""
        self.usage = usage
        if usage.is_low(self._reserve):
            self.close()

    def close(self) -> None:
        """Send nothing more for a while."""
        with self._lock:
            self._closed_until = self._closed_until or self._clock() + DAY
