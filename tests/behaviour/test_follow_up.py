"""Whole runs over several days: a lead that nobody turns to is moved on, and one that is called stays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.support.organisation import NOW, Organisation, add_qualified, make_empty, reasons_of
from worker.core.records import WriteOutcome

# NOW is Monday, 10:00 in Boston; four working hours end at 14:00, which is 19:00 UTC.
REMINDED = datetime(2026, 11, 2, 18, tzinfo=UTC)
OVERDUE = datetime(2026, 11, 2, 19, tzinfo=UTC)
REASSIGNED = datetime(2026, 11, 3, 18, tzinfo=UTC)


@pytest.fixture
def handed_off(tmp_path_factory: pytest.TempPathFactory) -> Organisation:
    """A lead given to the one scheduler who speaks Spanish."""
    organisation = make_empty(tmp_path_factory.mktemp("follow_up") / "o")
    add_qualified(organisation, language="Spanish")
    organisation.sync()
    assert state(organisation) == ("own-101", "waiting")
    return organisation


def state(organisation: Organisation) -> tuple[str, str]:
    row = organisation.contact("q1")
    return row["owner_id"], row["follow_up_state"]


def test_a_lead_that_nobody_turns_to_is_moved_on_step_by_step(handed_off: Organisation) -> None:
    for at, wanted in (
        (REMINDED, ("own-101", "reminded")),
        (OVERDUE, ("own-101", "overdue")),
        (REASSIGNED, ("own-111", "reassigned")),
    ):
        early = handed_off.sync(at - timedelta(seconds=1))
        assert early.writes == {}
        report = handed_off.sync(at)
        assert report.writes == {WriteOutcome.APPLIED: 1}
        assert state(handed_off) == wanted
        assert report.steps["follow_up"] == {wanted[1]: 1}
    assert "SLA_REASSIGNED" in reasons_of(handed_off, "q1")


def test_the_owners_call_ends_it(handed_off: Organisation) -> None:
    handed_off.add_activity("c1", "q1", "outbound_call", "2026-11-02T18:30:00Z", "own-101")
    handed_off.sync(OVERDUE)
    assert state(handed_off) == ("own-101", "followed_up")
    assert handed_off.contact("q1")["first_follow_up_at"] == "2026-11-02T18:30:00+00:00"
    for days in (1, 3, 9):
        assert handed_off.sync(NOW + timedelta(days=days)).writes == {}


def test_whom_a_person_chose_is_reminded_and_keeps_the_lead(handed_off: Organisation) -> None:
    chosen_at = NOW + timedelta(hours=1)
    handed_off.edit("q1", owner_id="own-111", updated_at=chosen_at.isoformat())
    for at, wanted in (
        (chosen_at, "waiting"),
        (REMINDED + timedelta(hours=1), "reminded"),
        (OVERDUE + timedelta(hours=1), "overdue"),
        (REASSIGNED + timedelta(hours=2), "overdue"),
        (NOW + timedelta(days=3), "escalated"),
        (NOW + timedelta(days=9), "escalated"),
    ):
        handed_off.sync(at)
        assert state(handed_off) == ("own-111", wanted)
    assert "OWNER_SET_BY_PERSON" in reasons_of(handed_off, "q1")


def test_whom_a_person_chose_loses_the_lead_by_rejecting_it(handed_off: Organisation) -> None:
    chosen_at, said_at = NOW + timedelta(hours=1), NOW + timedelta(hours=2)
    handed_off.edit("q1", owner_id="own-111", updated_at=chosen_at.isoformat())
    handed_off.sync(chosen_at)
    handed_off.edit(
        "q1", sales_verdict="Rejected", verdict_reason="Wrong team", updated_at=said_at.isoformat()
    )
    handed_off.sync(said_at)
    assert state(handed_off) == ("own-101", "waiting")


def test_what_sales_accepted_is_left_in_peace(handed_off: Organisation) -> None:
    handed_off.edit("q1", sales_verdict="Accepted", outcome_at="2026-11-02T16:00:00Z")
    handed_off.sync(REMINDED)
    assert state(handed_off) == ("own-101", "accepted")
    assert handed_off.sync(REASSIGNED).writes == {}


def test_a_reminder_overwrites_no_persons_edit(handed_off: Organisation) -> None:
    handed_off.edit("q1", next_step="Call after the holidays.")
    handed_off.sync(REMINDED)
    assert state(handed_off) == ("own-101", "reminded")
    assert handed_off.contact("q1")["next_step"] == "Call after the holidays."
