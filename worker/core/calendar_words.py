"""How an organisation reads the calendar: its weeks, its fiscal year, its order of day and month.

People write "Q3", "3/4" or "asap" and mean something the text alone does not say. What is not
written down here is not guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Weekday(StrEnum):
    """The days of the week, in the order of ``date.weekday``."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


class DateOrder(StrEnum):
    """Whether the month or the day comes first in dates such as 3/4/2027."""

    MONTH_FIRST = "mdy"
    DAY_FIRST = "dmy"


class Quarters(StrEnum):
    """Which year "Q3" and "this quarter" speak of."""

    CALENDAR = "calendar"
    FISCAL = "fiscal"


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarWords:
    """What the organisation means by words of the calendar.

    ``fiscal_year_starts`` is a month; the year is named after the one in which it ends. ``words``
    are vague words that this organisation has given a length, in days. None: not written down.
    """

    week_starts: Weekday = Weekday.MONDAY
    fiscal_year_starts: int | None = None
    quarters: Quarters = Quarters.CALENDAR
    date_order: DateOrder | None = None
    words: Mapping[str, int] = field(default_factory=dict)


PLAIN_CALENDAR = CalendarWords()
"""Nothing written down."""
