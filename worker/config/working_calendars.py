"""Builds working calendars: hours in a time zone, holidays of a place, days and times away."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache

import holidays

from worker.config.basics import find_time_zone
from worker.config.findings import Findings, in_words, nearest
from worker.config.routing_documents import (
    AbsenceEntry,
    CalendarEntry,
    HolidaysEntry,
    RoutingDocument,
)
from worker.config.yaml_text import KeyPath, Sheet
from worker.core.teams import Absence
from worker.core.working_time import WorkingCalendar

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOLIDAY_YEARS = range(2015, 2051)
"""Wide enough for history and plans, and fixed, so that a configuration means the same every day."""
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarReader:
    """Builds the calendars of one sheet."""

    sheet: Sheet
    findings: Findings

    def build(self, document: RoutingDocument) -> dict[str, WorkingCalendar]:
        """Build the calendars that can be built, by name."""
        calendars = {}
        for name, entry in document.calendars.items():
            calendar = self._build_calendar(name, entry)
            if calendar is not None:
                calendars[name] = calendar
        return calendars

    def _build_calendar(self, name: str, entry: CalendarEntry) -> WorkingCalendar | None:
        path: KeyPath = ("calendars", name)
        if not entry.hours:
            message = f"the calendar {name!r} has no hours, so nothing ever falls due in it."
            self.findings.error(self.sheet.spot(*path, "hours"), message)
        zone = find_time_zone(entry.time_zone, self.sheet.spot(*path, "time_zone"), self.findings)
        off = self._holidays(entry.holidays, (*path, "holidays"))
        if zone is None:
            return None
        return WorkingCalendar(
            id=name,
            time_zone=zone,
            hours={_WEEKDAYS.index(day): hours for day, hours in entry.hours.items()},
            closed=frozenset(entry.closed) | off,
        )

    def _holidays(self, entry: HolidaysEntry | None, path: KeyPath) -> frozenset[date]:
        if entry is None:
            return frozenset()
        countries = holidays.list_supported_countries()
        if entry.country not in countries:
            spot = self.sheet.spot(*path, "country")
            hint = nearest(entry.country, countries)
            self.findings.error(spot, f"no holidays are known for {entry.country!r}.", hint=hint)
            return frozenset()
        parts = countries[entry.country]
        if entry.subdivision is not None and entry.subdivision not in parts:
            spot = self.sheet.spot(*path, "subdivision")
            message = f"no holidays are known for {entry.subdivision!r} in {entry.country}."
            hint = nearest(entry.subdivision, parts)
            self.findings.error(spot, message, allowed=in_words(parts), hint=hint)
            return frozenset()
        return _public_holidays(entry.country, entry.subdivision)


def with_closed(calendar: WorkingCalendar, closed: Iterable[date]) -> WorkingCalendar:
    """Close a calendar on some more days."""
    return replace(calendar, closed=calendar.closed.union(closed))


def build_absence(entry: AbsenceEntry, calendar: WorkingCalendar) -> Absence:
    """Read when somebody is away: whole days, or to the minute, in the time zone of their calendar."""
    ends = entry.to
    if not isinstance(ends, datetime):
        ends += _ONE_DAY
    return Absence(begins_at=_instant(entry.from_, calendar), ends_at=_instant(ends, calendar))


def _instant(moment: date | datetime, calendar: WorkingCalendar) -> datetime:
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time.min)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=calendar.time_zone)
    return moment.astimezone(UTC)


@cache
def _public_holidays(country: str, subdivision: str | None) -> frozenset[date]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the calendar library warns of codes it will rename
        days = holidays.country_holidays(country, subdiv=subdivision, years=_HOLIDAY_YEARS)
    return frozenset(days)
