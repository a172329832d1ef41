"""Times of the sample: whole minutes before the end of the story, and their text.

An instant is a number of minutes, negative for the past, so that stories are made by adding and
comparing integers; the text of each day is made once and kept.
"""

from __future__ import annotations

from datetime import date, timedelta

HOUR = 60
DAY = 24 * HOUR
_OFFICE_OPENS = 13 * HOUR  # 13:00 UTC is 8 or 9 in the morning in New York
_OFFICE_CLOSES = 21 * HOUR
_CLOCK = tuple(f"T{minute // 60:02}:{minute % 60:02}:00Z" for minute in range(DAY))
_SATURDAY = 5


class Moments:
    """Turns minutes before ``until`` (midnight UTC, where the story ends) into text."""

    __slots__ = ("_days", "_first_weekday", "_until")

    def __init__(self, until: date) -> None:
        self._until = until
        self._first_weekday = until.weekday()
        self._days: dict[int, str] = {}

    def text(self, minute: int) -> str:
        """Write an instant in ISO 8601, UTC."""
        day, rest = divmod(minute, DAY)
        return (self._days.get(day) or self.day_text(day)) + _CLOCK[rest]

    def day_text(self, day: int) -> str:
        """Write the date that lies ``day`` days after ``until``."""
        text = self._days.get(day)
        if text is None:
            text = self._days[day] = (self._until + timedelta(days=day)).isoformat()
        return text

    def office(self, minute: int, spread: float) -> int:
        """Move an instant into office hours of the same or the last working day.

        ``spread`` from 0 to 1 chooses the time between opening and closing.
        """
        day = minute // DAY
        weekday = (self._first_weekday + day) % 7
        if weekday >= _SATURDAY:
            day -= weekday - _SATURDAY + 1
        return day * DAY + _OFFICE_OPENS + int(spread * (_OFFICE_CLOSES - _OFFICE_OPENS))
