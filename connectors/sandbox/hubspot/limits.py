"""Rate limits: a rolling window of ten seconds, a day in the account's time zone, and search.

Facts from the usage guidelines. A search counts for all three and its answer carries no headers of
the rolling window. No 429 tells how long to wait unless ``tells_retry_after`` is set: none of the
recorded ones does.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from connectors.sandbox.exchange import Answer, json_answer

WINDOW_MS: Final = 10_000
SECOND_MS: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many calls are allowed; ``None`` counts, but never refuses."""

    burst: int | None = 190
    daily: int | None = 625_000
    searches: int | None = 5
    tells_retry_after: bool = False


NO_LIMITS: Final = Limits(burst=None, daily=None, searches=None)
_SHOWN: Final = Limits()
"""What the headers say of a limit that is not enforced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a call is refused."""

    policy: str
    message: str
    wait_seconds: int


_BURST: Final = Refusal(
    policy="TEN_SECONDLY_ROLLING",
    message="You have reached your ten_secondly_rolling limit.",
    wait_seconds=10,
)
_SEARCH: Final = Refusal(
    policy="SECONDLY", message="You have reached your secondly limit.", wait_seconds=1
)
_DAILY: Final = Refusal(
    policy="DAILY", message="You have reached your daily limit.", wait_seconds=3_600
)
REFUSALS: Final = {refusal.policy: refusal for refusal in (_BURST, _SEARCH, _DAILY)}


@dataclass(slots=True, kw_only=True)
class Meter:
    """Counts the calls of one account and says when one is too many."""

    limits: Limits
    zone: ZoneInfo
    calls: deque[int] = field(default_factory=deque)
    searches: deque[int] = field(default_factory=deque)
    day: str = ""
    used_today: int = 0

    def count(self, now: datetime, now_ms: int, *, is_search: bool) -> Refusal | None:
        """Count a call; a call that is refused counts for the day, not for the windows."""
        today = now.astimezone(self.zone).date().isoformat()
        if today != self.day:
            self.day, self.used_today = today, 0
        self.used_today += 1
        _forget(self.calls, now_ms - WINDOW_MS)
        _forget(self.searches, now_ms - SECOND_MS)
        refusal = self._refusal(is_search=is_search)
        if refusal is None:
            self.calls.append(now_ms)
            if is_search:
                self.searches.append(now_ms)
        return refusal

    def _refusal(self, *, is_search: bool) -> Refusal | None:
        limits = self.limits
        if limits.daily is not None and self.used_today > limits.daily:
            return _DAILY
        if is_search and limits.searches is not None and len(self.searches) >= limits.searches:
            return _SEARCH
        if limits.burst is not None and len(self.calls) >= limits.burst:
            return _BURST
        return None

    @property
    def daily_limit(self) -> int:
        """Calls a day, as headers and the account's usage say it."""
        return self.limits.daily or _SHOWN.daily or 0

    def headers(self, *, is_search: bool, is_private_app: bool) -> dict[str, str]:
        """Say what is left. Searches say nothing of the window, OAuth apps nothing of the day."""
        burst = self.limits.burst or _SHOWN.burst or 0
        daily = self.daily_limit
        found = {}
        if is_private_app:
            found["x-hubspot-ratelimit-daily"] = str(daily)
            found["x-hubspot-ratelimit-daily-remaining"] = str(max(0, daily - self.used_today))
        if not is_search:
            found["x-hubspot-ratelimit-interval-milliseconds"] = str(WINDOW_MS)
            found["x-hubspot-ratelimit-max"] = str(burst)
            found["x-hubspot-ratelimit-remaining"] = str(max(0, burst - len(self.calls)))
        return found


def _forget(calls: deque[int], before: int) -> None:
    while calls and calls[0] <= before:
        calls.popleft()


def refused(refusal: Refusal, correlation_id: str, *, tells_retry_after: bool) -> Answer:
    """Write a 429. The search limit names its category, the others an error type and a policy."""
    body = {
        "status": "error",
        "message": refusal.message,
        "correlationId": correlation_id,
    }
    if refusal is _SEARCH:
        body["category"] = "RATE_LIMITS"
    else:
        body |= {"errorType": "RATE_LIMIT", "policyName": refusal.policy}
    headers = {"retry-after": str(refusal.wait_seconds)} if tells_retry_after else {}
    return json_answer(body, 429, headers)
