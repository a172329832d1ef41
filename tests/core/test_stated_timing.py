"""The days that follow from what a lead stated, through the shipped field map."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from tests.leads import Row, make_lead
from worker.core.identity import MergedLead
from worker.core.judgement import merge_lead
from worker.core.mapping import Issue
from worker.core.ruleset import Ruleset, compile_ruleset

SAID = {"received_at": "2026-05-04T15:00:00Z"}


def merged(ruleset: Ruleset, *rows: dict[str, str]) -> MergedLead:
    given = [Row(values=row, number=str(place)) for place, row in enumerate(rows, 1)]
    return merge_lead(ruleset, make_lead(ruleset, given))


def days(lead: MergedLead, name: str = "wanted") -> tuple[object, object]:
    return lead.facts.get(f"{name}_from"), lead.facts.get(f"{name}_by")


def test_a_timeframe_counts_from_the_day_it_was_said(shipped: Ruleset) -> None:
    lead = merged(shipped, {**SAID, "wanted_timeframe": "next week"})
    assert days(lead) == (date(2026, 5, 11), date(2026, 5, 17))
    assert lead.derived["wanted_by"] == "wanted_timeframe"


def test_the_day_is_that_of_the_organisation(shipped: Ruleset) -> None:
    row = {"received_at": "2026-05-05T03:30:00Z", "wanted_timeframe": "tomorrow"}
    assert days(merged(shipped, row)) == (date(2026, 5, 5), date(2026, 5, 5))


@pytest.mark.parametrize(
    ("received_at", "day"),
    [
        ("2026-03-08T04:59:00Z", date(2026, 3, 8)),  # 23:59 on the 7th, winter time
        ("2026-03-09T03:59:00Z", date(2026, 3, 9)),  # 23:59 on the 8th, summer time
        ("2026-03-09T04:00:00Z", date(2026, 3, 10)),
        ("2026-11-02T04:59:00Z", date(2026, 11, 2)),  # 23:59 on the 1st, winter time again
    ],
)
def test_the_day_is_right_where_clocks_change(
    received_at: str, day: date, shipped: Ruleset
) -> None:
    lead = merged(shipped, {"received_at": received_at, "wanted_timeframe": "tomorrow"})
    assert days(lead) == (day, day)


def test_a_given_date_goes_before_the_words(shipped: Ruleset) -> None:
    row = {**SAID, "wanted_timeframe": "next week", "wanted_date": "2026-06-01"}
    lead = merged(shipped, row)
    assert days(lead) == (date(2026, 6, 1), date(2026, 6, 1))
    assert lead.derived["wanted_by"] == "wanted_date"


def test_a_number_of_days_counts_from_when_it_was_said(shipped: Ruleset) -> None:
    lead = merged(shipped, {**SAID, "wanted_within_days": "14"})
    assert days(lead) == (date(2026, 5, 4), date(2026, 5, 18))


def test_words_go_before_a_number_of_days(shipped: Ruleset) -> None:
    lead = merged(shipped, {**SAID, "wanted_within_days": "14", "wanted_timeframe": "next month"})
    assert days(lead) == (date(2026, 6, 1), date(2026, 6, 30))


def test_without_its_day_a_timeframe_is_unknown_and_says_so(shipped: Ruleset) -> None:
    lead = merged(shipped, {"wanted_timeframe": "next week"})
    assert days(lead) == (None, None)
    assert Issue("TIMING_STATEMENT_UNDATED", "wanted_timeframe") in lead.issues


def test_a_number_of_days_without_its_day_is_left_to_the_rules(shipped: Ruleset) -> None:
    lead = merged(shipped, {"wanted_within_days": "14"})
    assert (days(lead), lead.issues) == ((None, None), ())


def test_vague_words_leave_the_fact_unknown_and_say_so(shipped: Ruleset) -> None:
    lead = merged(shipped, {**SAID, "wanted_timeframe": "as soon as you can"})
    assert "wanted_timeframe" not in lead.facts
    assert lead.issues == (Issue("TIMING_STATEMENT_UNREADABLE", "wanted_timeframe"),)


def test_a_statement_counts_from_the_day_of_its_own_record(shipped: Ruleset) -> None:
    """The newer record was made on another day, and says nothing about when."""
    older = {"received_at": "2026-03-02T15:00:00Z", "wanted_timeframe": "next week"}
    lead = merged(shipped, older, {"received_at": "2026-05-04T15:00:00Z"})
    assert days(lead) == (date(2026, 3, 9), date(2026, 3, 15))


def test_procurement_has_days_of_its_own(shipped: Ruleset) -> None:
    lead = merged(shipped, {**SAID, "procurement_timeframe": "Q1 2027"})
    assert days(lead, "procurement") == (None, date(2027, 3, 31))  # nothing reads the first day
    assert days(lead) == (None, None)


def test_a_fiscal_year_without_a_start_is_unreadable(shipped: Ruleset) -> None:
    plain = replace(shipped.configuration.calendar, fiscal_year_starts=None)
    ruleset = compile_ruleset(replace(shipped.configuration, calendar=plain))
    lead = merged(ruleset, {**SAID, "wanted_timeframe": "FY27 Q2"})
    assert lead.issues == (Issue("TIMING_STATEMENT_UNREADABLE", "wanted_timeframe"),)
