"""Lengths of time as people write them: ``30 days``, ``4 working hours``, ``10 business days``.

The three kinds never mix: a setting that counts working time refuses plain time, because "4 hours"
on a Friday evening means something else than "4 working hours".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta

_UNITS: Mapping[str, timedelta] = {
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}
_LONGEST = timedelta(days=36_500)
_NUMBER = r"(?P<number>[0-9]{1,9}(?:\.[0-9]{1,6})?)"

_DURATION = re.compile(rf"{_NUMBER} +(?P<unit>second|minute|hour|day|week)s?")
_WORKING = re.compile(rf"{_NUMBER} +working +(?P<unit>minute|hour)s?")
_BUSINESS_DAYS = re.compile(r"(?P<number>[0-9]{1,4}) +business +days?")

DURATION_EXAMPLE = 'a number and a unit, such as "90 minutes", "12 hours", "30 days" or "2 weeks"'
WORKING_EXAMPLE = 'a number of working hours or minutes, such as "4 working hours"'
BUSINESS_DAYS_EXAMPLE = 'a whole number of business days, such as "10 business days"'


def parse_duration(text: str) -> timedelta:
    """Read a length of plain time. Raises ``ValueError`` that says what is expected."""
    return _read(_DURATION, text, DURATION_EXAMPLE)


def parse_working_time(text: str) -> timedelta:
    """Read a length of working time. Raises ``ValueError`` that says what is expected."""
    return _read(_WORKING, text, WORKING_EXAMPLE)


def parse_business_days(text: str) -> int:
    """Read a number of business days. Raises ``ValueError`` that says what is expected."""
    found = _BUSINESS_DAYS.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"must be {BUSINESS_DAYS_EXAMPLE}.")
    return int(found["number"])


def _read(pattern: re.Pattern[str], text: str, example: str) -> timedelta:
    found = pattern.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"must be {example}.")
    length = float(found["number"]) * _UNITS[found["unit"]].total_seconds()
    if length > _LONGEST.total_seconds():
        raise ValueError("is longer than a hundred years.")
    return timedelta(seconds=length)
