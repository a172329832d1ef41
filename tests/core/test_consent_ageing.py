"""Consent that ages is closed on the hour it ends, and the decision knows that hour beforehand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.leads import NOW, Row, make_lead, ruleset_with
from worker.core.derivation import derive
from worker.core.due import TICK, next_change_at
from worker.core.identity import MergedLead, merge_contacts
from worker.core.judgement import Judgement, LeadSnapshot, judge
from worker.core.ruleset import Ruleset

STRICT = Path(__file__).parents[1] / "cases" / "configurations" / "strict_consent"
ADA = {
    "first_name": "Ada",
    "last_name": "Lind",
    "email": "ada.lind@harbormail.com",
    "phone": "(617) 555-0123",
    "zip": "02114",
    "state": "MA",
    "lead_type": "Patient",
    "service_line": "Orthopedics",
    "lifecycle_stage": "Lead",
}
AGREED = {"consent_email": "yes", "consent_at": "2024-11-12T09:30:00Z"}
ENDS = datetime(2026, 5, 6, 9, 30, tzinfo=UTC)
"""540 days after the consent."""


@pytest.fixture(scope="module")
def strict() -> Ruleset:
    return ruleset_with(STRICT)


def looked_at(ruleset: Ruleset, lead: LeadSnapshot, now: datetime) -> tuple[MergedLead, Judgement]:
    merged = derive(merge_contacts(lead.contacts), ruleset.configuration)
    return merged, judge(ruleset, lead, merged, now)


def due(ruleset: Ruleset, lead: LeadSnapshot) -> datetime | None:
    merged, judgement = looked_at(ruleset, lead, NOW)
    return next_change_at(ruleset, lead, merged, judgement)


def test_the_end_of_a_consent_is_foretold(strict: Ruleset) -> None:
    assert due(strict, make_lead(strict, [Row(values={**ADA, **AGREED})])) == ENDS


def test_the_end_of_a_consent_in_a_second_record_is_foretold(strict: Ruleset) -> None:
    second = {"first_name": "Ada", "email": "ada.lind@harbormail.com", **AGREED}
    rows = [
        Row(values={**ADA, "consent_at": "2026-05-01T00:00:00Z"}),
        Row(values=second, number="2"),
    ]
    assert due(strict, make_lead(strict, rows)) == ENDS


def test_a_consent_is_open_until_its_end_and_closed_from_it_on(strict: Ruleset) -> None:
    lead = make_lead(strict, [Row(values={**ADA, **AGREED})])

    def allowed(now: datetime) -> list[str]:
        _merged, judgement = looked_at(strict, lead, now)
        return [p.channel for p in judgement.permissions if p.is_allowed]

    assert (allowed(ENDS - TICK), allowed(ENDS)) == (["email"], [])


def test_a_channel_that_closes_beside_another_is_foretold(strict: Ruleset) -> None:
    values = {**ADA, **AGREED, "consent_phone": "yes", "lifecycle_stage": "Marketing Qualified"}
    acts = [{"type": "consultation_request", "age": "1 day"}]
    lead = make_lead(strict, [Row(values=values)], acts)
    _merged, judgement = looked_at(strict, lead, NOW)
    assert judgement.is_for_hand_off()
    assert due(strict, lead) == ENDS


def test_a_permission_says_when_and_until_when(strict: Ruleset) -> None:
    lead = make_lead(strict, [Row(values={**ADA, **AGREED, "consent_proof": "form 7"})])
    _merged, judgement = looked_at(strict, lead, NOW)
    email = judgement.permissions[0]
    assert (email.given_at, email.expires_at) == (ENDS - timedelta(days=540), ENDS)
    assert (email.evidence, email.proof, email.jurisdiction) == ("agreed", "form 7", "new_england")


def test_an_action_is_its_own_proof_and_closes_with_its_window(strict: Ruleset) -> None:
    acts = [
        {"type": "appointment_request", "age": "1 day"},
        {"type": "inbound_call", "age": "2 days"},
    ]
    lead = make_lead(strict, [Row(values=ADA)], acts)
    _merged, judgement = looked_at(strict, lead, NOW)
    email, phone, _sms = judgement.permissions
    assert (email.proof, email.expires_at) == ("files:activities:a0", NOW + timedelta(days=89))
    assert (phone.proof, phone.expires_at) == ("files:activities:a1", NOW + timedelta(days=88))
