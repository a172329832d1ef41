"""Business days: the days on which an organisation works, by the public holidays of its place.

The deadline of a revocation is counted in them, and ends with its last day.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

ONE_DAY = timedelta(days=1)
SATURDAY = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessDays:
    """Monday to Friday, less the public holidays of ``country`` and its ``subdivision``, if told."""

    time_zone: ZoneInfo
    country: str | None = None
    subdivision: str | None = None


@lru_cache(maxsize=8)
def _holidays_of(country: str | None, subdivision: str | None) -> Container[date]:
    if country is None:
        return frozenset[date]()
    return holidays.country_holidays(country, subdiv=subdivision)


def is_business_day(days: BusinessDays, day: date) -> bool:
    """Tell whether the organisation works on a day."""
    return day.weekday() < SATURDAY and day not in _holidays_of(days.country, days.subdivision)


def end_of(days: BusinessDays, from_at: datetime, count: int) -> datetime:
    """Say when the ``count``-th business day after the day of ``from_at`` is over, in UTC."""
    day = from_at.astimezone(days.time_zone).date()
    left = count
    while left > 0:
        day += ONE_DAY
        left -= is_business_day(days, day)
    return datetime.combine(day + ONE_DAY, time.min, days.time_zone).astimezone(UTC)


def days_left(days: BusinessDays, now: datetime, end_at: datetime) -> int:
    """Count the business days after today that are left until ``end_at``; never less than none."""
    today = now.astimezone(days.time_zone).date()
    last = (end_at - timedelta(microseconds=1)).astimezone(days.time_zone).date()
    span = (last - today).days
    return sum(is_business_day(days, today + ONE_DAY * n) for n in range(1, span + 1))
