"""Working time: weekends, holidays and the change of clocks. 4 May 2026 is a Monday."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from worker.core.working_time import (
    WorkingCalendar,
    add_working_time,
    openings,
    subtract_working_time,
)

ZONE = ZoneInfo("America/New_York")
NINE_TO_FIVE = {day: ((time(9), time(17)),) for day in range(5)}
OFFICE = WorkingCalendar(
    id="office", time_zone=ZONE, hours=NINE_TO_FIVE, closed=frozenset({date(2026, 5, 25)})
)


def at(text: str) -> datetime:
    """Read a local time in New York."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("begun", "hours", "due"),
    [
        ("2026-05-04T10:00", 4, "2026-05-04T14:00"),
        ("2026-05-04T10:00", 7, "2026-05-04T17:00"),
        ("2026-05-04T10:00", 8, "2026-05-05T10:00"),
        ("2026-05-04T06:00", 1, "2026-05-04T10:00"),
        ("2026-05-04T17:00", 1, "2026-05-05T10:00"),
        ("2026-05-08T16:00", 4, "2026-05-11T12:00"),
        ("2026-05-09T12:00", 4, "2026-05-11T13:00"),
        ("2026-05-22T16:00", 2, "2026-05-26T10:00"),
        ("2026-05-04T10:00", 40, "2026-05-11T10:00"),
        ("2026-03-06T16:00", 2, "2026-03-09T10:00"),
        ("2026-10-30T16:00", 2, "2026-11-02T10:00"),
        ("2026-05-09T12:00", 0, "2026-05-11T09:00"),
    ],
)
def test_working_hours_end_when_they_are_worked(begun: str, hours: int, due: str) -> None:
    assert add_working_time(OFFICE, at(begun), timedelta(hours=hours)) == at(due)


def test_a_calendar_that_never_opens_gives_plain_time() -> None:
    shut = WorkingCalendar(id="shut", time_zone=ZONE, hours={})
    assert add_working_time(shut, at("2026-05-04T10:00"), timedelta(hours=4)) == at(
        "2026-05-04T14:00"
    )


@pytest.mark.parametrize(
    ("instant", "is_open"),
    [
        ("2026-05-04T09:00", True),
        ("2026-05-04T16:59", True),
        ("2026-05-04T17:00", False),
        ("2026-05-09T12:00", False),
        ("2026-05-25T12:00", False),
    ],
)
def test_opening_belongs_to_the_day_and_closing_does_not(instant: str, is_open: bool) -> None:
    begins_at, _ends_at = next(openings(OFFICE, at(instant)))
    assert (begins_at == at(instant)) is is_open


@pytest.mark.parametrize(
    ("until", "hours", "since"),
    [
        ("2026-05-04T14:00", 4, "2026-05-04T10:00"),
        ("2026-05-05T10:00", 2, "2026-05-04T16:00"),
        ("2026-05-05T07:00", 1, "2026-05-04T16:00"),
        ("2026-05-11T09:30", 1, "2026-05-08T16:30"),
        ("2026-05-26T10:00", 2, "2026-05-22T16:00"),
        ("2026-03-09T10:00", 2, "2026-03-06T16:00"),
        ("2026-11-02T10:00", 2, "2026-10-30T16:00"),
    ],
)
def test_working_hours_are_taken_back_as_they_were_worked(
    until: str, hours: int, since: str
) -> None:
    assert subtract_working_time(OFFICE, at(until), timedelta(hours=hours)) == at(since)


def test_time_is_taken_back_from_a_night_shift_that_ends_in_the_morning() -> None:
    nights = WorkingCalendar(
        id="nights", time_zone=ZONE, hours={day: ((time(22), time(6)),) for day in range(5)}
    )
    late = subtract_working_time(nights, at("2026-05-06T02:00"), timedelta(hours=3))
    assert late == at("2026-05-05T23:00")
    early = subtract_working_time(nights, at("2026-05-05T23:00"), timedelta(hours=2))
    assert early == at("2026-05-05T05:00")
