"""Working time: hours by weekday in a time zone, less holidays and closed days.

Due times are counted in it, so that four working hours from Friday afternoon end on Monday, and on
the right hour when the clocks change over the weekend.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TypeAlias
from zoneinfo import ZoneInfo

HORIZON_DAYS = 400
"""How far ahead an opening is looked for; a calendar closed longer than that has none."""
ONE_DAY = timedelta(days=1)


Interval: TypeAlias = tuple[time, time]
"""Opening and closing time of one day; a closing time of 00:00 is the midnight that ends it."""
Opening: TypeAlias = tuple[datetime, datetime]
"""When an open interval begins and ends, in UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingCalendar:
    """``hours`` maps weekdays (0 is Monday) to their open intervals, in order; ``closed`` are days off."""

    id: str
    time_zone: ZoneInfo
    hours: Mapping[int, tuple[Interval, ...]]
    closed: frozenset[date] = field(default_factory=frozenset)

    def is_open_on(self, day: date) -> bool:
        """Tell whether there is any working time on a day."""
        return bool(self.hours.get(day.weekday())) and day not in self.closed


def day_start(zone: ZoneInfo, at: datetime) -> datetime:
    """Say when the day of an instant began in a time zone, in UTC."""
    return datetime.combine(at.astimezone(zone).date(), time.min, zone).astimezone(UTC)


def week_start(zone: ZoneInfo, at: datetime, first: int) -> datetime:
    """Say when the week of an instant began, in UTC; ``first`` is its weekday (0 is Monday)."""
    day = at.astimezone(zone).date()
    day -= timedelta(days=(day.weekday() - first) % 7)
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def next_day_start(zone: ZoneInfo, at: datetime) -> datetime:
    """Say when the day after that of an instant begins in a time zone, in UTC."""
    day = at.astimezone(zone).date() + ONE_DAY
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def next_week_start(zone: ZoneInfo, at: datetime, first: int) -> datetime:
    """Say when the week after that of an instant begins, in UTC."""
    day = at.astimezone(zone).date()
    day += timedelta(days=7 - (day.weekday() - first) % 7)
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def openings(calendar: WorkingCalendar, from_at: datetime) -> Iterator[Opening]:
    """Yield the open intervals from ``from_at`` on, in UTC, the first one cut to begin there."""
    first = from_at.astimezone(calendar.time_zone).date()
    for offset in range(HORIZON_DAYS):
        day = first + timedelta(days=offset)
        for start, end in _openings_of(calendar, day):
            if end > from_at:
                yield max(start, from_at), end


def _openings_of(calendar: WorkingCalendar, day: date) -> Sequence[Opening]:
    """List the open intervals that begin on a day."""
    if not calendar.is_open_on(day):
        return ()
    return _openings_on(day, calendar.hours[day.weekday()], calendar.time_zone)


@lru_cache(maxsize=4096)
def _openings_on(day: date, hours: tuple[Interval, ...], zone: ZoneInfo) -> tuple[Opening, ...]:
    """Read the hours of a day in UTC. Remembered: of all leads of a run, most ask for the same days."""
    found = []
    for opens, closes in hours:
        start = _first_at(day, opens, zone)
        end = _last_at(day if closes > opens else day + ONE_DAY, closes, zone)
        if start < end:
            found.append((start, end))
    return tuple(found)


def _first_at(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """Read an opening time: the first of two when the clocks go back.

    One that the clocks jump over comes as much later as they jump.
    """
    return datetime.combine(day, clock, zone).astimezone(UTC)


def _last_at(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """Read a closing time: the second of two when the clocks go back."""
    local = datetime.combine(day, clock, zone)
    return max(local.astimezone(UTC), local.replace(fold=1).astimezone(UTC))


def add_working_time(calendar: WorkingCalendar, from_at: datetime, amount: timedelta) -> datetime:
    """Say when ``amount`` of working time has passed since ``from_at``, in UTC.

    A calendar without any opening ahead gives plain time, so that a due time always exists;
    ``leadtriage check`` reports such a calendar.
    """
    left = amount
    for start, end in openings(calendar, from_at):
        if end - start >= left:
            return start + left
        left -= end - start
    return from_at + amount


def subtract_working_time(
    calendar: WorkingCalendar, until_at: datetime, amount: timedelta
) -> datetime:
    """Say since when ``amount`` of working time has passed at ``until_at``, in UTC: the latest instant.

    A calendar without any opening before gives plain time.
    """
    left = amount
    last = until_at.astimezone(calendar.time_zone).date()
    for offset in range(HORIZON_DAYS):
        for start, ends in reversed(_openings_of(calendar, last - offset * ONE_DAY)):
            end = min(ends, until_at)
            if end - start >= left:
                return end - left
            left -= max(end - start, timedelta())
    return until_at - amount
