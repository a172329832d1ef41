"""Stated timeframes: what people write about when they want something, and nothing else.

A statement is a length of time ("within 30 days") or a period of the calendar ("Q3 2027"), bounded
on one side or on both. Each has one canonical text, which ``worker.core.timeframe_grammar`` reads
back; ``worker.core.timeframe_ranges`` turns it into days.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias, assert_never

from worker.core.calendar_words import Weekday


class LengthUnit(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """So many days, weeks or months."""

    count: int
    unit: LengthUnit


@dataclass(frozen=True, slots=True, kw_only=True)
class Length:
    """A time counted from the day of the statement; None leaves a side open."""

    low: Amount | None
    high: Amount | None


class PeriodKind(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    HALF = "half"
    YEAR = "year"
    FISCAL_QUARTER = "fiscal quarter"
    FISCAL_YEAR = "fiscal year"
    WEEKDAY = "weekday"


class Bound(StrEnum):
    """Which side of a period is meant: all of it, its end, its beginning, or what lies beyond."""

    IN = "in"
    BY = "by"
    BEFORE = "before"
    FROM = "from"
    AFTER = "after"


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A period of the calendar.

    ``ahead`` counts from the present one (0: this week, 1: next week). Without it ``number`` says
    which one: of the year, or of the week for a weekday, from 1 on; ``day`` is of that month.
    Without a ``year`` it is the first that is not over when the statement is made.
    """

    kind: PeriodKind
    bound: Bound = Bound.IN
    ahead: int | None = None
    year: int | None = None
    number: int | None = None
    day: int | None = None


Statement: TypeAlias = Length | Period

MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
NEAR_DAYS = ("today", "tomorrow")


def say(statement: Statement) -> str:
    """Write a statement in its canonical form."""
    match statement:
        case Length():
            return _say_length(statement)
        case Period(bound=Bound.IN):
            return _say_period(statement)
        case Period(bound=bound):
            return f"{bound} {_say_period(statement)}"
        case _:
            assert_never(statement)


def _say_amount(amount: Amount) -> str:
    return f"{amount.count} {amount.unit}{'' if amount.count == 1 else 's'}"


def _say_length(length: Length) -> str:
    low, high = length.low, length.high
    if low is None:
        return f"within {_say_amount(high)}" if high else ""
    if high is None:
        return f"after {_say_amount(low)}"
    if low == high:
        return f"in {_say_amount(low)}"
    if low.unit is high.unit:
        return f"in {low.count} to {_say_amount(high)}"
    return f"in {_say_amount(low)} to {_say_amount(high)}"


def _say_period(period: Period) -> str:
    if period.ahead is not None:
        if period.kind is PeriodKind.DAY:
            return NEAR_DAYS[period.ahead]
        return f"{'next' if period.ahead else 'this'} {period.kind}"
    if period.kind is PeriodKind.DAY:
        return _say_day(period)
    if period.kind is PeriodKind.WEEKDAY:
        return tuple(Weekday)[(period.number or 1) - 1].value
    after = "" if period.year is None else f" {period.year}"
    return f"{_say_number(period)}{after}".removeprefix(" ").replace("fy ", "fy")


def _say_day(period: Period) -> str:
    if period.year is None:
        return f"{period.day} {MONTHS[(period.number or 1) - 1]}"
    return f"{period.year:04}-{period.number:02}-{period.day:02}"


def _say_number(period: Period) -> str:
    """Name a part of the year; a whole year is named by its number alone."""
    match period.kind:
        case PeriodKind.MONTH:
            return MONTHS[(period.number or 1) - 1]
        case PeriodKind.QUARTER | PeriodKind.HALF:
            return f"{period.kind[0]}{period.number}"
        case PeriodKind.FISCAL_QUARTER:
            return f"fiscal q{period.number}"
        case PeriodKind.FISCAL_YEAR:
            return "fy"
        case _:
            return ""
