"""Stated timeframes: any text is answered, kept in one form, and never moves with the calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.leads import shipped_ruleset
from tests.properties.lead_strategies import asking_leads
from worker.core.calendar_words import CalendarWords, DateOrder, Quarters, Weekday
from worker.core.judgement import LeadSnapshot, judge, merge_lead
from worker.core.timeframe_grammar import read_statement
from worker.core.timeframe_ranges import Unplaced, place
from worker.core.timeframes import say

WORDS = (
    *("in", "within", "by", "before", "after", "from", "next", "this", "end", "of", "mid", "the"),
    *(
        "1",
        "2",
        "3",
        "15",
        "30",
        "90",
        "2027",
        "'27",
        "q1",
        "q3",
        "h2",
        "fy27",
        "fiscal",
        "-",
        "to",
    ),
    *("day", "days", "weeks", "months", "quarter", "year", "hours", "+", "march", "feb", "29"),
    *("today", "tomorrow", "friday", "asap", "2027-03-15", "3/4", "3/15/2027", "3rd", "or", "more"),
)
texts = st.text(max_size=70) | st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join)
calendars = st.builds(
    CalendarWords,
    week_starts=st.sampled_from(Weekday),
    fiscal_year_starts=st.none() | st.integers(1, 12),
    quarters=st.sampled_from(Quarters),
    date_order=st.none() | st.sampled_from(DateOrder),
    words=st.just({"asap": 7}),
)
days = st.dates(date(2000, 1, 1), date(2199, 12, 31))
many = settings(max_examples=1500, deadline=None)


@many
@given(text=texts, calendar=calendars, said=st.none() | days)
def test_any_text_is_answered_and_no_range_is_turned_round(
    text: str, calendar: CalendarWords, said: date | None
) -> None:
    statement = read_statement(text, calendar)
    if statement is None:
        return
    found = place(statement, said, calendar)
    if isinstance(found, Unplaced):
        return
    assert found.low is not None or found.high is not None
    assert found.low is None or found.high is None or found.low <= found.high


@many
@given(text=texts, calendar=calendars)
def test_the_form_in_which_a_statement_is_kept_reads_as_the_same(
    text: str, calendar: CalendarWords
) -> None:
    statement = read_statement(text, calendar)
    if statement is not None:
        assert read_statement(say(statement), calendar) == statement


@many
@given(text=texts, calendar=calendars, said=days)
def test_nothing_is_wanted_before_it_was_said_unless_it_names_its_year(
    text: str, calendar: CalendarWords, said: date
) -> None:
    statement = read_statement(text, calendar)
    if statement is None or isinstance(place(statement, None, calendar), tuple):
        return
    found = place(statement, said, calendar)
    if not isinstance(found, Unplaced):
        assert found.low is None or found.low >= said


@settings(max_examples=100, deadline=None)
@given(lead=asking_leads(), later=st.integers(0, 900), said=st.integers(0, 400))
def test_the_days_stay_where_they_are_when_only_the_present_moves(
    lead: LeadSnapshot, later: int, said: int
) -> None:
    ruleset = shipped_ruleset()
    contact = lead.contacts[0]
    received_at = datetime(2026, 1, 1, 12, tzinfo=UTC) + timedelta(days=said)
    facts = {**contact.facts, "wanted_timeframe": "next month", "received_at": received_at}
    facts.pop("wanted_date", None)
    stated = LeadSnapshot(
        profile_id="p1", contacts=(type(contact)(ref=contact.ref, facts=facts),), activities=()
    )
    merged = merge_lead(ruleset, stated)
    now = received_at + timedelta(days=later)
    following = received_at.date().replace(day=28) + timedelta(days=4)
    seen = judge(ruleset, stated, merged, now).case.facts
    assert seen["wanted_from"] == following.replace(day=1)
