"""Keeps the calls of one account within HubSpot's limits, and leaves a part to others.

There are three limits: a burst (calls in a rolling span of ten seconds), searches (a second), and a
day that ends at midnight of the account's own time zone. They begin at what is configured and are
corrected by what answers say. This only ever delays or refuses a call; it repeats none.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from threading import Lock

from connectors.hubspot.faults import Policy
from worker.errors import DailyLimitError
from worker.ports import Clock

_MARGIN = 1.015
"""A window is kept this much longer than HubSpot's, as calls do not all travel equally fast."""
_FAR_WEST = -timedelta(hours=12)
"""The last zone in which a day ends: used while the account's own is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the account allows and how much of it is ours.

    ``burst`` is calls per ``interval``; where it ``is_given`` by the configuration it stands, else it
    is where to begin until answers name it. ``search`` is searches a second. ``share`` is our part of
    both where several programs or workers use one account, ``daily_reserve`` the part of the day's
    calls that is left to others.
    """

    burst: int = 100
    is_given: bool = False
    interval: timedelta = timedelta(seconds=10)
    search: int = 5
    share: float = 1.0
    daily_reserve: float = 0.1


class Window:
    """A rolling span in which at most ``limit`` calls may begin."""

    def __init__(self, limit: int, span: timedelta) -> None:
        self.limit = limit
        self.span = span
        self._begun: deque[datetime] = deque()
        self._closed_until: datetime | None = None

    def next_slot(self, now: datetime) -> datetime:
        """Say when the next call may begin; never before ``now``."""
        while self._begun and self._begun[0] + self.span * _MARGIN <= now:
            self._begun.popleft()
        slot = max(now, self._closed_until or now)
        if len(self._begun) >= self.limit:
            slot = max(slot, self._begun[-self.limit] + self.span * _MARGIN)
        return slot

    def take(self, slot: datetime) -> None:
        self._begun.append(slot)

    def close_until(self, instant: datetime) -> None:
        self._closed_until = max(instant, self._closed_until or instant)


class Budget:
    """The calls of one account. Safe to share between threads; waits by the given ``sleep``."""

    def __init__(self, limits: Limits, clock: Clock, sleep: Callable[[float], None]) -> None:
        self.zone: tzinfo | None = None
        self._limits = limits
        self._clock = clock
        self._sleep = sleep
        self._lock = Lock()
        self._burst = Window(_part(limits.burst, limits.share), limits.interval)
        self._search = Window(_part(limits.search, limits.share), timedelta(seconds=1))
        self._daily_limit: int | None = None
        self._daily_left: int | None = None
        self._closed_until: datetime | None = None

    @property
    def burst(self) -> int:
        """How many calls we may begin in ``span``, our share of what the account allows."""
        return self._burst.limit

    @property
    def span(self) -> timedelta:
        return self._burst.span

    @property
    def day(self) -> tuple[int | None, int | None]:
        """The day's calls and those left, as last told."""
        return self._daily_limit, self._daily_left

    @property
    def until_reset(self) -> timedelta | None:
        """How long the day's calls stay used up; None while there are some."""
        with self._lock:
            return None if self._closed_until is None else self._closed_until - self._clock()

    @property
    def seconds_per_call(self) -> float:
        return self._burst.span.total_seconds() / self._burst.limit

    @property
    def seconds_per_search(self) -> float:
        return max(self._search.span.total_seconds() / self._search.limit, self.seconds_per_call)

    @property
    def is_day_short(self) -> bool:
        """Tell whether the day's calls run low, so that its end will matter."""
        left, limit = self._daily_left, self._daily_limit
        return left is not None and limit is not None and left < limit * self._low_water

    def acquire(self, *, is_search: bool) -> None:
        """Wait until a call may begin.

        Raises:
            DailyLimitError: the day's calls are used up to the reserve; nothing is sent.
        """
        with self._lock:
            now = self._clock()
            self._refuse_when_closed(now)
            windows = (self._burst, self._search) if is_search else (self._burst,)
            slot = max(window.next_slot(now) for window in windows)
            for window in windows:
                window.take(slot)
            if self._daily_left is not None:
                self._daily_left -= 1
        if slot > now:
            self._sleep((slot - now).total_seconds())

    def learn(self, headers: Mapping[str, str]) -> None:
        """Take the limits from an answer's headers; searches have none."""
        with self._lock:
            if not self._limits.is_given:
                self._learn_burst(headers)
            self._learn_day(headers)

    def refused(self, policy: Policy | None, *, is_search: bool, wait: timedelta | None) -> None:
        """Note a 429: nothing more is sent through that limit until it can be open again."""
        with self._lock:
            now = self._clock()
            if policy is Policy.DAILY:
                self._close_day(now)
                return
            is_second = policy is Policy.SECOND or (policy is None and is_search)
            window = self._search if is_search and is_second else self._burst
            span = timedelta(seconds=1) if is_second else self._burst.span
            window.close_until(now + (wait or span))

    @property
    def _low_water(self) -> float:
        return min(1.0, 0.15 + self._limits.daily_reserve)

    def _learn_burst(self, headers: Mapping[str, str]) -> None:
        most = _number(headers, "x-hubspot-ratelimit-max")
        span = _number(headers, "x-hubspot-ratelimit-interval-milliseconds")
        if most and span:
            self._burst.limit = _part(most, self._limits.share)
            self._burst.span = timedelta(milliseconds=span)
        if _number(headers, "x-hubspot-ratelimit-remaining") == 0:
            self._burst.close_until(self._clock() + self._burst.span)

    def _learn_day(self, headers: Mapping[str, str]) -> None:
        limit = _number(headers, "x-hubspot-ratelimit-daily")
        left = _number(headers, "x-hubspot-ratelimit-daily-remaining")
        if limit is not None and left is not None:
            self._daily_limit, self._daily_left = limit, left

    def _refuse_when_closed(self, now: datetime) -> None:
        left, limit = self._daily_left, self._daily_limit
        if self._closed_until is not None and now >= self._closed_until:
            self._closed_until = None
            self._daily_left = left = None
        if left is not None and limit is not None and left <= limit * self._limits.daily_reserve:
            self._close_day(now)
        if self._closed_until is not None:
            raise DailyLimitError(
                "HubSpot's calls of this day are used up, or down to the part left to others. "
                f"The work continues after {self._closed_until:%Y-%m-%d %H:%M} UTC.",
                retry_after=self._closed_until - now,
            )

    def _close_day(self, now: datetime) -> None:
        self._closed_until = self._closed_until or next_midnight(now, self.zone)


def next_midnight(now: datetime, zone: tzinfo | None) -> datetime:
    """Give the end of the account's day, in UTC; without a zone, the last end of that day on earth."""
    if zone is None:
        local = now + _FAR_WEST
        day = datetime.combine(local.date() + timedelta(days=1), time(), UTC)
        return day - _FAR_WEST
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), zone).astimezone(UTC)


def _part(limit: int, share: float) -> int:
    return max(1, int(limit * share))


def _number(headers: Mapping[str, str], name: str) -> int | None:
    text = headers.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else None
