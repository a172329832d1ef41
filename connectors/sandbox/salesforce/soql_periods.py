"""Date literals of SOQL: ``TODAY``, ``LAST_N_DAYS:7``, ``THIS_MONTH``, each a span of whole days.

Days are those of UTC, the time zone of the twin's users; weeks begin on Sunday, as with an American locale.
``LAST_N_DAYS:n`` runs up to now, today included.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Span:
    """Days from the first up to, and without, the last."""

    first: date
    last: date


def _month(today: date, by: int) -> date:
    months = today.year * 12 + today.month - 1 + by
    return date(months // 12, months % 12 + 1, 1)


def _quarter(today: date, by: int) -> date:
    return _month(today.replace(month=(today.month - 1) // 3 * 3 + 1), by * 3)


def _week(today: date, by: int) -> date:
    return today - _DAY * (today.isoweekday() % 7) + timedelta(weeks=by)


def _year(today: date, by: int) -> date:
    return date(today.year + by, 1, 1)


def _day(today: date, by: int) -> date:
    return today + _DAY * by


_UNITS: Final[Mapping[str, Callable[[date, int], date]]] = {
    "day": _day,
    "week": _week,
    "month": _month,
    "quarter": _quarter,
    "year": _year,
}
_PLAIN: Final[Mapping[str, tuple[str, int]]] = {
    "yesterday": ("day", -1),
    "today": ("day", 0),
    "tomorrow": ("day", 1),
    **{
        f"{word}_{unit}": (unit, by)
        for unit in ("week", "month", "quarter", "year")
        for word, by in (("last", -1), ("this", 0), ("next", 1))
    },
}


def is_period(word: str) -> bool:
    """Tell whether a word is a date literal."""
    name, _, number = word.partition(":")
    if not number:
        return name in _PLAIN or name in {"last_90_days", "next_90_days"}
    return _counted(name) is not None and number.isdecimal()


def _counted(name: str) -> tuple[str, str] | None:
    """Part ``last_n_days`` into its word and its unit."""
    for word in ("last", "next"):
        unit = name.removeprefix(f"{word}_n_").removesuffix("s")
        if name == f"{word}_n_{unit}s" and unit in _UNITS:
            return word, unit
    unit = name.removeprefix("n_").removesuffix("s_ago")
    return ("ago", unit) if name == f"n_{unit}s_ago" and unit in _UNITS else None


def span_of(word: str, today: date) -> Span:
    """Say which days a date literal means."""
    name, _, number = word.partition(":")
    if name in {"last_90_days", "next_90_days"}:
        name, number = name.replace("90", "n"), "90"
    if name in _PLAIN:
        unit, by = _PLAIN[name]
        return Span(_UNITS[unit](today, by), _UNITS[unit](today, by + 1))
    counted = _counted(name)
    if counted is None:
        raise ValueError(f"{word} is no date literal")
    direction, unit = counted
    start, by = _UNITS[unit], int(number)
    if direction == "next":
        return Span(start(today, 1), start(today, by + 1))
    if direction == "ago":
        return Span(start(today, -by), start(today, 1 - by))
    if unit == "day":
        return Span(_day(today, -by), _day(today, 1))
    return Span(start(today, -by), start(today, 0))
