"""What people write about when: how it is read, and which days it means.

Every row was worked out by hand with a calendar. "Said" is the day of the statement.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from worker.core.calendar_words import CalendarWords, DateOrder, Quarters, Weekday
from worker.core.timeframe_grammar import read_statement
from worker.core.timeframe_ranges import DayRange, Unplaced, place
from worker.core.timeframes import say

MONDAY = "2026-05-04"
FISCAL = CalendarWords(fiscal_year_starts=7)
PLAIN = CalendarWords()


def placed(text: str, said: str | None, words: CalendarWords) -> str:
    """The days of a text as ``first..last``, an open side left empty, or why there are none."""
    statement = read_statement(text, words)
    if statement is None:
        return "not read"
    found = place(statement, date.fromisoformat(said) if said else None, words)
    if isinstance(found, Unplaced):
        return found.name.lower()
    return "..".join(day.isoformat() if day else "" for day in found)


@pytest.mark.parametrize(
    ("text", "said", "days"),
    [
        # Days and weeks. 4 May 2026 is a Monday.
        ("today", MONDAY, "2026-05-04..2026-05-04"),
        ("Tomorrow", MONDAY, "2026-05-05..2026-05-05"),
        ("the day after tomorrow", MONDAY, "2026-05-06..2026-05-06"),
        ("tomorrow", "2026-12-31", "2027-01-01..2027-01-01"),
        ("tomorrow", "2028-02-28", "2028-02-29..2028-02-29"),
        ("this week", "2026-05-06", "2026-05-06..2026-05-10"),
        ("next week", MONDAY, "2026-05-11..2026-05-17"),
        ("next week", "2026-05-10", "2026-05-11..2026-05-17"),
        ("Next week.", "2026-12-28", "2027-01-04..2027-01-10"),
        ("early next week", MONDAY, "2026-05-11..2026-05-17"),
        ("Friday", MONDAY, "2026-05-08..2026-05-08"),
        ("this Friday", "2026-05-08", "2026-05-08..2026-05-08"),
        ("on mon", "2026-05-05", "2026-05-11..2026-05-11"),
        # Months
        ("this month", MONDAY, "2026-05-04..2026-05-31"),
        ("next month", MONDAY, "2026-06-01..2026-06-30"),
        ("next month", "2026-12-31", "2027-01-01..2027-01-31"),
        ("next month", "2028-01-31", "2028-02-01..2028-02-29"),
        ("March", MONDAY, "2027-03-01..2027-03-31"),
        ("May", MONDAY, "2026-05-04..2026-05-31"),
        ("mid-March", "2026-02-10", "2026-03-01..2026-03-31"),
        ("end of the month", MONDAY, "2026-05-04..2026-05-31"),
        ("March 2027", MONDAY, "2027-03-01..2027-03-31"),
        ("2027-03", MONDAY, "2027-03-01..2027-03-31"),
        ("03/2027", MONDAY, "2027-03-01..2027-03-31"),
        ("Mar '27", MONDAY, "2027-03-01..2027-03-31"),
        # Dates
        ("2027-03-15", MONDAY, "2027-03-15..2027-03-15"),
        ("3/15/2027", MONDAY, "2027-03-15..2027-03-15"),
        ("15.3.2027", MONDAY, "2027-03-15..2027-03-15"),
        ("3/3/27", MONDAY, "2027-03-03..2027-03-03"),
        ("March 15, 2027", MONDAY, "2027-03-15..2027-03-15"),
        ("15th of March", MONDAY, "2027-03-15..2027-03-15"),
        ("Sept. 3rd", MONDAY, "2026-09-03..2026-09-03"),
        ("29 February", MONDAY, "2028-02-29..2028-02-29"),
        ("29 Feb", "2096-03-01", "2104-02-29..2104-02-29"),
        ("2026-01-02", MONDAY, "2026-01-02..2026-01-02"),
        # Ends and beginnings
        ("by 15 March", MONDAY, "2026-05-04..2027-03-15"),
        ("before 15 March", MONDAY, "2026-05-04..2027-03-14"),
        ("before March", "2026-03-10", "2026-03-10..2027-02-28"),
        ("by the end of March 2027", MONDAY, "2026-05-04..2027-03-31"),
        ("before the end of the year", MONDAY, "2026-05-04..2026-12-31"),
        ("from March", MONDAY, "2027-03-01.."),
        ("not before June", MONDAY, "2026-06-01.."),
        ("after June", MONDAY, "2026-07-01.."),
        ("after next week", MONDAY, "2026-05-18.."),
        # Quarters, halves, years
        ("Q3", MONDAY, "2026-07-01..2026-09-30"),
        ("Q2", MONDAY, "2026-05-04..2026-06-30"),
        ("Q1", MONDAY, "2027-01-01..2027-03-31"),
        ("Q1 2027", MONDAY, "2027-01-01..2027-03-31"),
        ("2027-Q4", MONDAY, "2027-10-01..2027-12-31"),
        ("third quarter", MONDAY, "2026-07-01..2026-09-30"),
        ("this quarter", MONDAY, "2026-05-04..2026-06-30"),
        ("next quarter", "2026-11-30", "2027-01-01..2027-03-31"),
        ("second half of 2026", MONDAY, "2026-07-01..2026-12-31"),
        ("H1 2027", MONDAY, "2027-01-01..2027-06-30"),
        ("this year", "2026-12-31", "2026-12-31..2026-12-31"),
        ("EOY", MONDAY, "2026-05-04..2026-12-31"),
        ("next year", "2026-12-31", "2027-01-01..2027-12-31"),
        ("2027", MONDAY, "2027-01-01..2027-12-31"),
        # Lengths of time
        ("within 30 days", MONDAY, "2026-05-04..2026-06-03"),
        ("within the next two weeks", MONDAY, "2026-05-04..2026-05-18"),
        ("in 2-3 weeks", MONDAY, "2026-05-18..2026-05-25"),
        ("in a week", MONDAY, "2026-05-11..2026-05-11"),
        ("1 \u2013 3 months", MONDAY, "2026-06-04..2026-08-04"),
        ("between 1 and 3 months", MONDAY, "2026-06-04..2026-08-04"),
        ("2 weeks to 1 month", MONDAY, "2026-05-18..2026-06-04"),
        ("0-30 days", MONDAY, "2026-05-04..2026-06-03"),
        ("within 3 months", "2026-11-30", "2026-11-30..2027-02-28"),
        ("within 3 months", "2027-11-30", "2027-11-30..2028-02-29"),
        ("less than a month", "2026-01-31", "2026-01-31..2026-02-28"),
        ("within one year", "2028-02-29", "2028-02-29..2029-02-28"),
        ("within 2 quarters", MONDAY, "2026-05-04..2026-11-04"),
        ("48 hours", MONDAY, "2026-05-04..2026-05-06"),
        ("36 hrs", MONDAY, "2026-05-04..2026-05-06"),
        ("6+ months", MONDAY, "2026-11-04.."),
        ("more than 6 months", MONDAY, "2026-11-04.."),
        ("> 6 months", MONDAY, "2026-11-04.."),
        ("6 months or more", MONDAY, "2026-11-04.."),
    ],
)
def test_a_statement_means_these_days(text: str, said: str, days: str) -> None:
    assert placed(text, said, PLAIN) == days


@pytest.mark.parametrize(
    ("text", "said", "days"),
    [
        ("FY27", MONDAY, "2026-07-01..2027-06-30"),
        ("FY27 Q2", MONDAY, "2026-10-01..2026-12-31"),
        ("Q2 FY2027", MONDAY, "2026-10-01..2026-12-31"),
        ("fiscal year 2026 Q4", MONDAY, "2026-05-04..2026-06-30"),
        ("fiscal Q1", MONDAY, "2026-07-01..2026-09-30"),
        ("this fiscal year", MONDAY, "2026-05-04..2026-06-30"),
        ("next fiscal year", MONDAY, "2026-07-01..2027-06-30"),
        ("next fiscal year", "2026-07-01", "2027-07-01..2028-06-30"),
        ("Q2", MONDAY, "2026-05-04..2026-06-30"),
    ],
)
def test_a_fiscal_year_is_named_after_the_year_in_which_it_ends(
    text: str, said: str, days: str
) -> None:
    assert placed(text, said, FISCAL) == days


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("Q2", "2026-11-01..2027-01-31"),
        ("Q3 2026", "2026-02-01..2026-04-30"),  # over when it was said
        ("this quarter", "2026-05-04..2026-07-31"),
        ("next quarter", "2026-08-01..2026-10-31"),
    ],
)
def test_quarters_may_be_those_of_a_fiscal_year_that_starts_in_august(text: str, days: str) -> None:
    words = CalendarWords(fiscal_year_starts=8, quarters=Quarters.FISCAL)
    assert placed(text, MONDAY, words) == days


@pytest.mark.parametrize("text", ["FY27", "fiscal q2", "this fiscal year"])
def test_a_fiscal_year_nobody_has_described_is_not_guessed(text: str) -> None:
    assert placed(text, MONDAY, PLAIN) == "unreadable"


@pytest.mark.parametrize(
    "text",
    [
        *("soon", "asap", "not sure", "immediately", "later", "anytime", "TBD", "?", "Select"),
        *("next Friday", "3/4", "3/4/2027", "03/04/27", "in a couple of weeks", "summer"),
        *("31 April", "30 February", "2027-02-29", "2026-13-01", "13/13/2026", "0 days", "Q5"),
        *("3-1 months", "10 business days", "30 days after discharge", "within", "9999 years"),
        *("since my operation next week", "q1-q2", "1999", "2027-03-15 or later", "\u0663 days"),
    ],
)
def test_what_is_vague_or_has_two_meanings_is_not_read(text: str) -> None:
    assert placed(text, MONDAY, PLAIN) == "not read"


@pytest.mark.parametrize(
    ("order", "text", "days"),
    [
        (DateOrder.MONTH_FIRST, "3/4", "2027-03-04..2027-03-04"),
        (DateOrder.DAY_FIRST, "3/4", "2027-04-03..2027-04-03"),
        (DateOrder.MONTH_FIRST, "03/04/27", "2027-03-04..2027-03-04"),
        (DateOrder.DAY_FIRST, "3/15/2027", "2027-03-15..2027-03-15"),
        (DateOrder.MONTH_FIRST, "15/3/2027", "2027-03-15..2027-03-15"),
    ],
)
def test_the_order_of_day_and_month_counts_only_where_both_are_possible(
    order: DateOrder, text: str, days: str
) -> None:
    assert placed(text, MONDAY, CalendarWords(date_order=order)) == days


def test_a_week_starts_when_the_organisation_says_so() -> None:
    sunday = CalendarWords(week_starts=Weekday.SUNDAY)
    assert placed("next week", "2026-05-10", sunday) == "2026-05-17..2026-05-23"
    assert placed("this week", "2026-05-09", sunday) == "2026-05-09..2026-05-09"


def test_a_vague_word_means_what_the_organisation_says() -> None:
    words = CalendarWords(words={"asap": 7, "immediately 0-30 days": 30})
    assert placed("ASAP!", MONDAY, words) == "2026-05-04..2026-05-11"
    assert placed("Immediately (0-30 days)", MONDAY, words) == "2026-05-04..2026-06-03"
    assert placed("soon", MONDAY, words) == "not read"


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("next week", "undated"),
        ("within 30 days", "undated"),
        ("March", "undated"),
        ("Q3", "undated"),
        ("March 2027", "2027-03-01..2027-03-31"),
        ("by 2027-03-15", "..2027-03-15"),
        ("FY27 Q2", "2026-10-01..2026-12-31"),
        ("2027", "2027-01-01..2027-12-31"),
    ],
)
def test_without_its_day_only_what_names_its_year_is_placed(text: str, days: str) -> None:
    assert placed(text, None, FISCAL) == days


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("Within  THE next 30 Days", "within 30 days"),
        ("1-3 months", "in 1 to 3 months"),
        ("2 weeks \u2013 1 month", "in 2 weeks to 1 month"),
        ("Q3'27", "q3 2027"),
        ("fy27-q2", "fiscal q2 2027"),
        ("by 15th of March", "by 15 march"),
        ("end of year", "this year"),
        ("3/15/2027", "2027-03-15"),
        ("> 6 mos", "after 6 months"),
    ],
)
def test_a_statement_is_kept_in_one_form(text: str, canonical: str) -> None:
    statement = read_statement(text, PLAIN)
    assert statement is not None
    assert say(statement) == canonical
    assert read_statement(canonical, PLAIN) == statement


def test_words_of_the_calendar_change_the_days_and_not_the_text() -> None:
    statement = read_statement("q1", FISCAL)
    assert statement is not None
    fiscal = replace(FISCAL, quarters=Quarters.FISCAL)
    said = date(2026, 5, 4)
    assert place(statement, said, FISCAL) == DayRange(date(2027, 1, 1), date(2027, 3, 31))
    assert place(statement, said, fiscal) == DayRange(date(2026, 7, 1), date(2026, 9, 30))
