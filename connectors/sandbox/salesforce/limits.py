"""The API allocation: calls of the last 24 hours, and what the answers tell of it.

Facts: the window rolls; going over is 403 REQUEST_LIMIT_EXCEEDED, as is too many long calls at a time,
and only the message tells one from the other. ``Sforce-Limit-Info`` stands on every answer.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from connectors.sandbox.exchange import Json
from connectors.sandbox.salesforce.errors import RefusedError, refusal

_DAY_MS: Final = 86_400_000
_STEP_MS: Final = 60_000
DAILY: Final = 100_000
LONG: Final = timedelta(seconds=20)
LONG_CALLS: Final = 25
"""How many calls may be under way for longer than ``LONG``; there is no limit for shorter ones."""
_SHOWN: Final = {
    "ConcurrentAsyncGetReportInstances": 200,
    "DailyAsyncApexExecutions": 250_000,
    "DailyBulkApiBatches": 15_000,
    "DailyBulkV2QueryFileStorageMB": 976_562,
    "DailyBulkV2QueryJobs": 10_000,
    "DataStorageMB": 1_024,
    "FileStorageMB": 1_024,
    "MassEmail": 5_000,
    "SingleEmail": 5_000,
}


@dataclass(slots=True, kw_only=True)
class Meter:
    """Counts the calls of an org. ``daily`` is the allocation, ``long_calls`` how many may take long.

    Without ``enforces`` none is refused.
    """

    daily: int = DAILY
    long_calls: int = LONG_CALLS
    enforces: bool = True
    used_by_others: int = 0
    steps: deque[tuple[int, int]] = field(default_factory=deque)
    used_here: int = 0
    jobs: int = 0

    @property
    def used(self) -> int:
        """Tell how many calls the window holds."""
        return self.used_here + self.used_by_others

    def count(self, now_ms: int, calls: int = 1) -> None:
        """Count calls.

        Raises:
            RefusedError: The allocation is used up.
        """
        while self.steps and self.steps[0][0] <= now_ms - _DAY_MS:
            self.used_here -= self.steps.popleft()[1]
        if self.enforces and self.used + calls > self.daily:
            raise daily_refusal()
        step = now_ms // _STEP_MS * _STEP_MS
        if self.steps and self.steps[-1][0] == step:
            self.steps[-1] = (step, self.steps[-1][1] + calls)
        else:
            self.steps.append((step, calls))
        self.used_here += calls

    def refuse_crowded(self, beside: Iterable[datetime], now: datetime) -> None:
        """Refuse a call that comes while too many others take long.

        Raises:
            RefusedError: They do.
        """
        long_ones = sum(now - begun >= LONG for begun in beside)
        if self.enforces and long_ones >= self.long_calls:
            message = "ConcurrentPerOrgLongTxn Limit exceeded."
            raise refusal("REQUEST_LIMIT_EXCEEDED", message, status=403)

    def header(self) -> str:
        """Write the header of every answer."""
        return f"api-usage={self.used}/{self.daily}"

    def shown(self) -> dict[str, Json]:
        """Show what is left of everything."""
        shown: dict[str, Json] = {
            name: {"Max": most, "Remaining": most} for name, most in _SHOWN.items()
        }
        left = max(0, self.daily - self.used)
        jobs = _SHOWN["DailyBulkV2QueryJobs"]
        shown["DailyApiRequests"] = {"Max": self.daily, "Remaining": left}
        shown["DailyBulkV2QueryJobs"] = {"Max": jobs, "Remaining": max(0, jobs - self.jobs)}
        return dict(sorted(shown.items()))


def daily_refusal() -> RefusedError:
    """Make the refusal of a call beyond the allocation."""
    return refusal("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", status=403)


def concurrent_refusal() -> RefusedError:
    """Make the refusal of one long call too many at a time."""
    message = "ConcurrentRequests (Concurrent API Requests) Limit exceeded."
    return refusal("REQUEST_LIMIT_EXCEEDED", message, status=403)
