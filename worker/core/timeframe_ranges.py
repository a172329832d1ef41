"""Places a stated timeframe: from the day it was said, not from today, to a range of days.

A statement keeps its meaning as time goes by: "next week" said in March is a week of March. Without
the day it was said, only what names its year can be placed.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from worker.core.calendar_words import CalendarWords, Quarters, Weekday
from worker.core.timeframes import (
    Amount,
    Bound,
    Length,
    LengthUnit,
    Period,
    PeriodKind,
    Statement,
)

_DAY = timedelta(days=1)
_WEEK = 7
_QUARTER, _HALF, _YEAR = 3, 6, 12
_LEAP_GAP = 8
"""So many years may lie between two leap days."""


class DayRange(NamedTuple):
    """From the first to the last day meant, both included; None leaves a side open."""

    low: date | None
    high: date | None


class Unplaced(StrEnum):
    """Why a statement cannot be placed, as the reason code that says so."""

    UNDATED = "TIMING_STATEMENT_UNDATED"
    UNREADABLE = "TIMING_STATEMENT_UNREADABLE"


class _Days(NamedTuple):
    first: date
    last: date


def place(statement: Statement, said: date | None, words: CalendarWords) -> DayRange | Unplaced:
    """Say which days a statement means that was made on the day ``said``."""
    if isinstance(statement, Length):
        return Unplaced.UNDATED if said is None else _place_length(statement, said)
    period = _in_own_year(statement, words)
    if period.kind in _FISCAL and words.fiscal_year_starts is None:
        return Unplaced.UNREADABLE
    if period.year is not None:
        days = _SPANS[period.kind](period, words)
        return _bound(days, period.bound, said) if days else Unplaced.UNREADABLE
    if said is None:
        return Unplaced.UNDATED
    days = _from_day(period, said, words)
    return _bound(days, period.bound, said) if days else Unplaced.UNREADABLE


_FISCAL = frozenset({PeriodKind.FISCAL_QUARTER, PeriodKind.FISCAL_YEAR})


def _in_own_year(period: Period, words: CalendarWords) -> Period:
    if period.kind is PeriodKind.QUARTER and words.quarters is Quarters.FISCAL:
        return replace(period, kind=PeriodKind.FISCAL_QUARTER)
    return period


def _place_length(length: Length, said: date) -> DayRange:
    return DayRange(
        low=said if length.low is None else _add(said, length.low),
        high=None if length.high is None else _add(said, length.high),
    )


def _add(day: date, amount: Amount) -> date:
    """Add an amount; a month ends no later than the month it leads to."""
    if amount.unit is not LengthUnit.MONTH:
        return day + amount.count * (_DAY if amount.unit is LengthUnit.DAY else _WEEK * _DAY)
    first = _month(day.year, day.month + amount.count)
    return first.replace(day=min(day.day, monthrange(first.year, first.month)[1]))


def _month(year: int, month: int) -> date:
    """The first day of a month; months beyond the twelfth lie in the years that follow."""
    more, place_in_year = divmod(month - 1, _YEAR)
    return date(year + more, place_in_year + 1, 1)


def _months(first: date, count: int) -> _Days:
    return _Days(first, _month(first.year, first.month + count) - _DAY)


def _bound(days: _Days, bound: Bound, said: date | None) -> DayRange:
    """Take the side of the days that was meant; nothing begins before it was said."""
    if bound in (Bound.BY, Bound.BEFORE):
        high = days.last if bound is Bound.BY else days.first - _DAY
        return DayRange(low=said if said is not None and said <= high else None, high=high)
    low = days.last + _DAY if bound is Bound.AFTER else days.first
    high_or_open = days.last if bound is Bound.IN else None
    if said is not None and low < said and (high_or_open is None or said <= high_or_open):
        low = said
    return DayRange(low=low, high=high_or_open)


# --- periods that name their year

_Span: TypeAlias = Callable[[Period, CalendarWords], _Days | None]


def _day_of(period: Period, _words: CalendarWords) -> _Days | None:
    year, month, day = period.year or 0, period.number or 0, period.day or 0
    if day > monthrange(year, month)[1]:
        return None
    return _Days(date(year, month, day), date(year, month, day))


def _month_of(period: Period, _words: CalendarWords) -> _Days:
    return _months(_month(period.year or 0, period.number or 1), 1)


def _part_of(count: int) -> _Span:
    def span(period: Period, _words: CalendarWords) -> _Days:
        return _months(_month(period.year or 0, ((period.number or 1) - 1) * count + 1), count)

    return span


def _fiscal_start(year: int, words: CalendarWords) -> date:
    """A fiscal year is named after the calendar year in which it ends."""
    month = words.fiscal_year_starts or 1
    return _month(year if month == 1 else year - 1, month)


def _fiscal_quarter_of(period: Period, words: CalendarWords) -> _Days:
    start = _fiscal_start(period.year or 0, words)
    return _months(
        _month(start.year, start.month + ((period.number or 1) - 1) * _QUARTER), _QUARTER
    )


def _fiscal_year_of(period: Period, words: CalendarWords) -> _Days:
    return _months(_fiscal_start(period.year or 0, words), _YEAR)


_SPANS: Mapping[PeriodKind, _Span] = {
    PeriodKind.DAY: _day_of,
    PeriodKind.MONTH: _month_of,
    PeriodKind.QUARTER: _part_of(_QUARTER),
    PeriodKind.HALF: _part_of(_HALF),
    PeriodKind.YEAR: _part_of(_YEAR),
    PeriodKind.FISCAL_QUARTER: _fiscal_quarter_of,
    PeriodKind.FISCAL_YEAR: _fiscal_year_of,
}


# --- periods that depend on the day they were said


def _from_day(period: Period, said: date, words: CalendarWords) -> _Days | None:
    if period.ahead is not None:
        return _ahead(period.kind, period.ahead, said, words)
    if period.kind is PeriodKind.WEEKDAY:
        day = said + ((period.number or 1) - 1 - said.weekday()) % _WEEK * _DAY
        return _Days(day, day)
    for days in _in_years(period, said, words):
        if (days.first > said) if period.bound is Bound.BEFORE else (days.last >= said):
            return days
    return None


def _in_years(period: Period, said: date, words: CalendarWords) -> Iterator[_Days]:
    for year in range(said.year, said.year + _LEAP_GAP + 2):
        days = _SPANS[period.kind](replace(period, year=year), words)
        if days is not None:
            yield days


def _ahead(kind: PeriodKind, ahead: int, said: date, words: CalendarWords) -> _Days:
    """The day, week, month, quarter or year of the statement, or the one that follows it."""
    if kind is PeriodKind.DAY:
        return _Days(said + ahead * _DAY, said + ahead * _DAY)
    if kind is PeriodKind.WEEK:
        since = (said.weekday() - list(Weekday).index(words.week_starts)) % _WEEK
        first = said - since * _DAY + ahead * _WEEK * _DAY
        return _Days(first, first + (_WEEK - 1) * _DAY)
    count = _MONTHS_OF[kind]
    starts = words.fiscal_year_starts if kind in _FISCAL else 1
    since_month = (said.month - (starts or 1)) % count
    return _months(_month(said.year, said.month - since_month + ahead * count), count)


_MONTHS_OF: Mapping[PeriodKind, int] = {
    PeriodKind.MONTH: 1,
    PeriodKind.QUARTER: _QUARTER,
    PeriodKind.FISCAL_QUARTER: _QUARTER,
    PeriodKind.YEAR: _YEAR,
    PeriodKind.FISCAL_YEAR: _YEAR,
}
