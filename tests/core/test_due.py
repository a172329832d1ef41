"""When a decision falls due, to the second; worked out from the shipped patient policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import log2
from pathlib import Path

from tests.leads import NOW, Row, make_lead, ruleset_with
from worker.core.due import PRECISION, TICK, next_change_at
from worker.core.judgement import LeadSnapshot, judge, merge_lead
from worker.core.memory import Memory
from worker.core.model import Stage
from worker.core.ruleset import Ruleset

DAY = timedelta(days=1)
READY = {
    "first_name": "Ada",
    "last_name": "Lind",
    "email": "ada.lind@harbormail.com",
    "zip": "02114",
    "lead_type": "Patient",
    "service_line": "Orthopedics",
    "consent_email": "yes",
    "lifecycle_stage": "Lead",
}


def lead_of(
    ruleset: Ruleset, activities: Sequence[Mapping[str, str]] = (), **values: str
) -> LeadSnapshot:
    return make_lead(ruleset, [Row(values={**READY, **values})], activities)


def due(ruleset: Ruleset, lead: LeadSnapshot) -> datetime | None:
    merged = merge_lead(ruleset, lead)
    return next_change_at(ruleset, lead, merged, judge(ruleset, lead, merged, NOW))


def test_a_lead_on_which_nothing_runs_out_is_never_due(shipped: Ruleset) -> None:
    assert due(shipped, lead_of(shipped)) is None


def test_a_window_closes_30_days_after_the_request(shipped: Ruleset) -> None:
    lead = lead_of(shipped, [{"type": "appointment_request", "age": "3 days"}])
    assert due(shipped, lead) == NOW + 27 * DAY


def test_an_action_dated_ahead_is_due_when_it_happens(shipped: Ruleset) -> None:
    lead = lead_of(shipped, [{"type": "appointment_request", "ahead": "2 hours"}])
    assert due(shipped, lead) == NOW + timedelta(hours=2)


def test_a_wanted_date_counts_from_midnight_in_new_york(shipped: Ruleset) -> None:
    lead = lead_of(shipped, wanted_date="2026-06-10", channel="website")
    assert due(shipped, lead) == datetime(2026, 5, 11, 4, 0, tzinfo=UTC)


def test_a_wanted_date_is_over_after_its_day(shipped: Ruleset) -> None:
    lead = lead_of(shipped, wanted_date="2026-05-14", channel="website")
    assert due(shipped, lead) == datetime(2026, 5, 15, 4, 0, tzinfo=UTC)


def test_a_dwell_time_is_due_at_its_end(shipped: Ruleset) -> None:
    lead = lead_of(shipped, lifecycle_stage="Marketing Qualified")
    lead = replace(lead, memory=Memory(stage=Stage.MQL, stage_since=NOW - 3 * DAY))
    assert due(shipped, lead) == NOW + 4 * DAY


def test_the_respect_for_a_person_is_due_at_its_end(shipped: Ruleset) -> None:
    lead = lead_of(shipped, wanted_date="2026-06-02", channel="website")
    lead = replace(lead, stage_set_by_person_at=NOW - 10 * DAY)
    assert due(shipped, lead) == NOW + 20 * DAY


def test_a_record_dated_ahead_is_due_when_it_is_believed(shipped: Ruleset) -> None:
    lead = lead_of(shipped, created_at=(NOW + 3 * DAY).isoformat())
    assert due(shipped, lead) == NOW + 2 * DAY


def test_a_fading_score_is_due_when_it_crosses_the_threshold(shipped: Ruleset) -> None:
    """Fit 35 + 8 + 4, capped at 45; intent 20 + 15 = 35, which halves in 14 days and must be 20."""
    activities = [{"type": "insurance_check"}, {"type": "email_reply"}]
    lead = lead_of(
        shipped,
        activities,
        payer="bcbs",
        patient_status="New",
        channel="webinar",
        language="English",
    )
    found = due(shipped, lead)
    expected = NOW + 14 * DAY * log2(35 / 20)
    assert found is not None
    assert abs(found - expected) <= PRECISION


def test_the_instant_before_is_not_due(shipped: Ruleset) -> None:
    lead = lead_of(shipped, [{"type": "appointment_request", "age": "3 days"}])
    merged = merge_lead(shipped, lead)
    present = judge(shipped, lead, merged, NOW).signature()
    at = NOW + 27 * DAY
    assert judge(shipped, lead, merged, at - TICK).signature() == present
    assert judge(shipped, lead, merged, at).signature() != present


def test_no_date_is_too_far_to_be_reckoned_with(shipped: Ruleset) -> None:
    lead = lead_of(shipped, wanted_date="2199-12-31", updated_at="2199-12-31T23:59:59Z")
    found = due(shipped, lead)
    assert found is not None
    assert found.year >= 2199


EVIDENCE = Path(__file__).parents[1] / "cases" / "configurations" / "lifecycle_evidence"


def test_the_evidence_of_a_proposal_closes_to_the_second() -> None:
    """A meeting counts for 30 days; the request beside it lets the lead qualify for longer."""
    actions = [
        {"type": "meeting_held", "age": "20 days"},
        {"type": "appointment_request", "age": "3 days"},
    ]
    ruleset = ruleset_with(EVIDENCE)
    lead = lead_of(ruleset, actions, lifecycle_stage="Marketing Qualified")
    assert due(ruleset, lead) == NOW + 10 * DAY
