"""Reads what people write on forms about when, by a closed grammar.

Total: any text is either read in full or not at all. What has two meanings ("3/4", "next Friday")
or none that can be dated ("soon") is not read, unless the organisation has said what it means.
"""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import StrEnum
from math import ceil
from typing import TypeAlias

from worker.core.calendar_words import CalendarWords, DateOrder, Weekday
from worker.core.timeframes import (
    MONTHS,
    NEAR_DAYS,
    Amount,
    Bound,
    Length,
    LengthUnit,
    Period,
    PeriodKind,
    Statement,
)

_LONGEST_TEXT = 60
_LONGEST_DAYS = 3660
"""Nobody plans ten years ahead on a form; a larger number is a mistyped one."""
YEARS = range(2000, 2200)

_NUMBERS = ("one", "two", "three", "four", "five", "six")
_MORE_NUMBERS = ("seven", "eight", "nine", "ten", "eleven", "twelve")
_WORDS: Mapping[str, str] = {
    **{word: str(number) for number, word in enumerate((*_NUMBERS, *_MORE_NUMBERS), 1)},
    **{name[:3]: name for name in MONTHS},
    "sept": "september",
    **{day[:3]: str(day) for day in Weekday},
    "tues": "tuesday",
    **dict.fromkeys(("thur", "thurs"), "thursday"),
    "days": "day",
    **dict.fromkeys(("wk", "wks", "weeks"), "week"),
    **dict.fromkeys(("mo", "mos", "mth", "mths", "months"), "month"),
    **dict.fromkeys(("qtr", "qtrs", "quarters"), "quarter"),
    **dict.fromkeys(("yr", "yrs", "years"), "year"),
    **dict.fromkeys(("hr", "hrs", "hours"), "hour"),
    "current": "this",
    "tonight": "today",
    "eow": "this week",
    "eom": "this month",
    "eoq": "this quarter",
    "eoy": "this year",
}
"""Other spellings of a word, by word."""
_DROPPED = frozenset({"the", "of", "sometime"})
_ORDINALS = (("first", "1st"), ("second", "2nd"), ("third", "3rd"), ("fourth", "4th"))


def _substitutions(*pairs: tuple[str, str]) -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(pattern), instead) for pattern, instead in pairs)


_BY_ORDINAL = _substitutions(
    *(
        (rf"\b(?:{word}|{short}) (?:quarter|qtr)\b", f"q{number}")
        for number, (word, short) in enumerate(_ORDINALS, 1)
    ),
    *(
        (rf"\b(?:{word}|{short}) half\b", f"h{number}")
        for number, (word, short) in enumerate(_ORDINALS[:2], 1)
    ),
    (r"\b(?:quarter|qtr|q) ?([1-4])\b", r"q\1"),
)
_BY_PHRASE = _substitutions(
    (r"\ban? (?=(?:hour|day|week|month|quarter|year)\b)", "1 "),
    (r"\b(\d{1,2})(?:st|nd|rd|th)\b", r"\1"),
    (r" ?'(\d\d)\b", r" 20\1"),
    (r"\b(?:fiscal (?:year )?|fy ?)(?=\d{2}(?:\d{2})?\b)", "fy"),
    (r"\bfy(\d{2})\b", r"fy20\1"),
    (r"\bfy(\d{4})[ /-]*q([1-4])\b", r"fiscal q\2 \1"),
    (r"\bq([1-4])[ /-]*fy(\d{4})\b", r"fiscal q\1 \2"),
    (r"\b(q[1-4]|h[12])[ /-]*(?:20)?(\d{2})\b", r"\1 20\2"),
    (r"\b(\d{4})[ /-]*(q[1-4]|h[12])\b", r"\2 \1"),
    (r"\bday after tomorrow\b", "in 2 day"),
    (r"^(week|month|quarter|year) end$", r"end \1"),
)


def fold(text: str) -> str:
    """Bring a text into the form in which the words of an organisation are compared."""
    text = unicodedata.normalize("NFKC", text).casefold()
    text = re.sub("[\u2010-\u2015\u2212]", "-", text).replace("\u2019", "'")
    return " ".join(re.sub(r"[,;!?()]|\.(?!\d)", " ", text).split())


def read_statement(text: str, words: CalendarWords) -> Statement | None:
    """Read a statement; None when it is not one, or could mean more than one thing."""
    folded = fold(text)
    if not folded or len(folded) > _LONGEST_TEXT or not folded.isascii():
        return None
    if folded in words.words:
        return Length(low=None, high=Amount(count=words.words[folded], unit=LengthUnit.DAY))
    plain = _spell(folded)
    return _read_length(plain) or _read_bounded(plain, words)


def _spell(text: str) -> str:
    """Write a text with one spelling of each word."""
    for pattern, instead in _BY_ORDINAL:
        text = pattern.sub(instead, text)
    spaced = re.sub(r"(?<=[a-z])-(?=[a-z])", " ", text)
    plain = " ".join(_WORDS.get(word, word) for word in spaced.split() if word not in _DROPPED)
    for pattern, instead in _BY_PHRASE:
        plain = pattern.sub(instead, plain)
    return plain


# --- lengths of time

_UNIT = "(?:hour|day|week|month|quarter|year)"
_LOW, _HIGH = r"(?P<low>\d{1,4})", r"(?P<high>\d{1,4})"
_ONE_UNIT, _LOW_UNIT = f"(?P<unit>{_UNIT})", f"(?: (?P<low_unit>{_UNIT}))?"
_SHORT = (
    r"(?:(?:within|in|over|during) next|within|next|less than|under|<|up to|at most|no more than)"
)
_LONG = r"(?:after|more than|over|>|at least|beyond)"


class _Shape(StrEnum):
    """Which sides of a length its numbers give."""

    EXACT = "exact"
    SHORT = "short"
    LONG = "long"
    SPAN = "span"


_LENGTHS: tuple[tuple[_Shape, re.Pattern[str]], ...] = (
    (_Shape.EXACT, re.compile(rf"in {_LOW} {_ONE_UNIT}(?: time)?")),
    (_Shape.EXACT, re.compile(rf"{_LOW} {_ONE_UNIT} (?:from now|out)")),
    (_Shape.SHORT, re.compile(rf"(?:{_SHORT} ?)?{_HIGH} {_ONE_UNIT}(?: or (?:less|sooner))?")),
    (_Shape.LONG, re.compile(rf"{_LONG} ?{_LOW} {_ONE_UNIT}")),
    (_Shape.LONG, re.compile(rf"{_LOW}(?: ?\+| or more) ?{_ONE_UNIT}")),
    (_Shape.LONG, re.compile(rf"{_LOW} {_ONE_UNIT} ?(?:\+|or more|or longer|or later)")),
    (
        _Shape.SPAN,
        re.compile(rf"(?:in |within |between )?{_LOW}{_LOW_UNIT} ?(?:-|to|or|and) ?{_HIGH} {_ONE_UNIT}"),
    ),
)  # fmt: skip


def _read_length(text: str) -> Length | None:
    for shape, pattern in _LENGTHS:
        found = pattern.fullmatch(text)
        if found is not None:
            return _build_length(shape, found.groupdict())
    return None


def _build_length(shape: _Shape, parts: Mapping[str, str | None]) -> Length | None:
    """Refuse a length that is nothing, is turned round, or lies beyond all planning."""
    unit = parts["unit"] or ""
    low = _amount(parts.get("low"), parts.get("low_unit") or unit)
    high = low if shape is _Shape.EXACT else _amount(parts.get("high"), unit)
    if shape is _Shape.SPAN and low is not None and low.count == 0:
        low = None
    sizes = [_days(amount) for amount in (low, high) if amount is not None]
    is_sound = 0 < sizes[0] <= sizes[-1] <= _LONGEST_DAYS
    return Length(low=low, high=high) if is_sound else None


_HOURS = 24
_PER_UNIT: Mapping[str, tuple[LengthUnit, int]] = {
    "day": (LengthUnit.DAY, 1),
    "week": (LengthUnit.WEEK, 1),
    "month": (LengthUnit.MONTH, 1),
    "quarter": (LengthUnit.MONTH, 3),
    "year": (LengthUnit.MONTH, 12),
}
_DAYS = {LengthUnit.DAY: 1, LengthUnit.WEEK: 7, LengthUnit.MONTH: 30}


def _amount(number: str | None, unit: str) -> Amount | None:
    if number is None:
        return None
    if unit == "hour":
        return Amount(count=ceil(int(number) / _HOURS), unit=LengthUnit.DAY)
    length_unit, times = _PER_UNIT[unit]
    return Amount(count=int(number) * times, unit=length_unit)


def _days(amount: Amount) -> int:
    """About how many days, to compare amounts of different units."""
    return amount.count * _DAYS[amount.unit]


# --- periods of the calendar

_BOUNDS: Mapping[str, Bound] = {
    **dict.fromkeys(("by", "until", "till", "no later than", "not later than"), Bound.BY),
    **dict.fromkeys(("before", "prior to"), Bound.BEFORE),
    **dict.fromkeys(("from", "starting in", "starting", "not before"), Bound.FROM),
    "after": Bound.AFTER,
    **dict.fromkeys(("in", "on", "during", "within"), Bound.IN),
}
_BOUND = re.compile(rf"({'|'.join(_BOUNDS)}) ")
_PART = re.compile(r"(early|beginning|start|mid|middle|late|end) (?:in )?")
_LAST_PART = frozenset({"late", "end"})


def _read_bounded(text: str, words: CalendarWords) -> Period | None:
    bound, start = Bound.IN, _BOUND.match(text)
    if start is not None:
        bound, text = _BOUNDS[start[1]], text[start.end() :]
    part = _PART.match(text)
    if part is not None:
        bound, text = _bound_of_part(bound, part[1]), text[part.end() :]
        text = f"this {text}" if text in ("week", "month", "quarter", "year") else text
    period = _read_period(text, words)
    return replace(period, bound=bound) if period is not None else None


def _bound_of_part(bound: Bound, part: str) -> Bound:
    """A part of a period is said as the whole of it: less exact, and never wrong."""
    if bound is Bound.BEFORE and part not in ("beginning", "start"):
        return Bound.BY
    if bound is Bound.AFTER and part not in _LAST_PART:
        return Bound.FROM
    return bound


def _read_period(text: str, words: CalendarWords) -> Period | None:
    for pattern, build in _PERIODS:
        found = pattern.fullmatch(text)
        if found is not None:
            period = build(found.groupdict(), words)
            return period if period is not None and _is_real(period) else None
    return None


def _is_real(period: Period) -> bool:
    if period.year is not None and period.year not in YEARS:
        return False
    if period.kind is PeriodKind.MONTH and period.number is not None:
        return period.number in _MONTH_NUMBERS
    if period.day is None or period.number is None:
        return True
    # Without a year the 29th of February may be meant: the next one there is.
    year = _LEAP_YEAR if period.year is None else period.year
    return period.number in _MONTH_NUMBERS and 1 <= period.day <= monthrange(year, period.number)[1]


_MONTH_NUMBERS = range(1, len(MONTHS) + 1)
_LEAP_YEAR = 2000

_Parts: TypeAlias = Mapping[str, str | None]
_Build: TypeAlias = Callable[[_Parts, CalendarWords], Period | None]


def _number(parts: _Parts, name: str) -> int | None:
    text = parts.get(name)
    return int(text) if text is not None else None


def _near(parts: _Parts, _words: CalendarWords) -> Period:
    return Period(kind=PeriodKind.DAY, ahead=NEAR_DAYS.index(parts["near"] or ""))


def _ahead(parts: _Parts, _words: CalendarWords) -> Period:
    return Period(kind=PeriodKind(parts["kind"] or ""), ahead=int(parts["which"] == "next"))


def _weekday(parts: _Parts, _words: CalendarWords) -> Period:
    number = list(Weekday).index(Weekday(parts["name"] or "")) + 1
    return Period(kind=PeriodKind.WEEKDAY, number=number)


def _of_month(parts: _Parts, _words: CalendarWords) -> Period:
    """A month, by its name or number, or a day of it."""
    name, day, year = parts.get("name"), _number(parts, "day"), _number(parts, "year")
    number = MONTHS.index(name) + 1 if name else _number(parts, "month")
    kind = PeriodKind.MONTH if day is None else PeriodKind.DAY
    return Period(kind=kind, year=year, number=number, day=day)


def _slashed(parts: _Parts, words: CalendarWords) -> Period | None:
    """Read 3/15/2027: a number above 12 is the day, else the order must be known."""
    one, two = _number(parts, "one") or 0, _number(parts, "two") or 0
    is_month_first = words.date_order is DateOrder.MONTH_FIRST
    if one not in _MONTH_NUMBERS or two not in _MONTH_NUMBERS:
        is_month_first = one in _MONTH_NUMBERS
    elif one != two and words.date_order is None:
        return None
    month, day = (one, two) if is_month_first else (two, one)
    year = _number(parts, "year")
    if year is not None and year < _CENTURY:
        year += 2000
    return Period(kind=PeriodKind.DAY, year=year, number=month, day=day)


_CENTURY = 100


def _of_year(parts: _Parts, _words: CalendarWords) -> Period:
    letter, number, year = parts.get("letter"), _number(parts, "number"), _number(parts, "year")
    if letter == "h":
        return Period(kind=PeriodKind.HALF, number=number, year=year)
    if letter == "q":
        kind = PeriodKind.FISCAL_QUARTER if parts["fiscal"] else PeriodKind.QUARTER
        return Period(kind=kind, number=number, year=year)
    kind = PeriodKind.FISCAL_YEAR if parts["fy"] else PeriodKind.YEAR
    return Period(kind=kind, year=year)


_NAME, _DAY = rf"(?P<name>{'|'.join(MONTHS)})", r"(?P<day>\d{1,2})"
_YEAR = r"(?P<year>\d{4})"
_KIND = "(?P<kind>week|month|quarter|year|fiscal quarter|fiscal year)"
_PERIODS: tuple[tuple[re.Pattern[str], _Build], ...] = tuple(
    (re.compile(pattern), build)
    for pattern, build in (
        (rf"(?P<near>{'|'.join(NEAR_DAYS)})", _near),
        (rf"(?P<which>this|next) {_KIND}", _ahead),
        (rf"(?:this )?(?P<name>{'|'.join(Weekday)})", _weekday),
        (rf"{_YEAR}[-/](?P<month>\d{{1,2}})(?:[-/]{_DAY})?", _of_month),
        (rf"(?P<month>\d{{1,2}})[-/]{_YEAR}", _of_month),
        (r"(?P<one>\d{1,2})/(?P<two>\d{1,2})", _slashed),
        (r"(?P<one>\d{1,2})([-/.])(?P<two>\d{1,2})\2(?P<year>\d{4}|\d{2})", _slashed),
        (rf"{_NAME}(?: {_YEAR})?", _of_month),
        (rf"{_NAME} {_DAY}(?: {_YEAR})?", _of_month),
        (rf"{_DAY} {_NAME}(?: {_YEAR})?", _of_month),
        (rf"(?:(?P<fiscal>fiscal) )?(?P<letter>q)(?P<number>[1-4])(?: {_YEAR})?", _of_year),
        (rf"(?P<letter>h)(?P<number>[12])(?: {_YEAR})?", _of_year),
        (rf"(?P<fy>fy)?{_YEAR}", _of_year),
    )
)
