"""Nurture tracks, and condition pages: suggested and counted only where that is allowed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from tests.leads import NOW, Row, make_lead, newest_first, shipped_ruleset, with_enabled
from worker.core.assignment import Roster
from worker.core.current import CurrentRecord
from worker.core.decide import Decision, decide
from worker.core.model import Activity, Stage, Strength
from worker.core.plan import plan_write
from worker.core.ruleset import Ruleset

READER = {
    "first_name": "Ada",
    "last_name": "Lind",
    "email": "ada.lind@harbormail.com",
    "phone": "(617) 555-0123",
    "zip": "02114",
    "lead_type": "Patient",
    "service_line": "Orthopedics",
    "consent_email": "yes",
    "lifecycle_stage": "Lead",
}
GUIDE = {"type": "guide_download", "age": "3 days"}


def decided(
    ruleset: Ruleset, activities: Sequence[Mapping[str, str]] = (GUIDE,), **values: str
) -> Decision:
    lead = make_lead(ruleset, [Row(values={**READER, **values})], activities)
    return decide(ruleset, lead, Roster(), NOW)


def test_the_first_track_that_fits_is_suggested(shipped: Ruleset) -> None:
    assert decided(shipped).judgement.track == "service"
    assert decided(shipped, service_line="").judgement.track == "general"


def test_only_a_lead_in_nurture_has_a_track(shipped: Ruleset) -> None:
    request = {"type": "appointment_request", "age": "1 day"}
    assert decided(shipped, [request]).judgement.track is None
    assert decided(shipped, []).judgement.track is None


@pytest.mark.parametrize("values", [{"consent_email": ""}, {"opt_out_email": "true"}])
def test_nothing_is_suggested_where_outreach_is_not_agreed_to(
    values: dict[str, str], shipped: Ruleset
) -> None:
    reply = {"type": "inbound_call", "age": "60 days"}
    decision = decided(shipped, [GUIDE, reply], **values)
    assert decision.judgement.verdict == "nurture"
    assert decision.judgement.track is None


def test_a_lead_that_is_left_alone_has_no_track(shipped: Ruleset) -> None:
    assert decided(shipped, lifecycle_stage="Customer").judgement.track is None


def test_the_track_is_written_and_taken_away_with_nurture(shipped: Ruleset) -> None:
    def written(before: str, activities: Sequence[Mapping[str, str]]) -> object:
        row = Row(values={**READER, "nurture_track": before})
        decision = decide(shipped, make_lead(shipped, [row], activities), Roster(), NOW)
        current = CurrentRecord(values=row.read(shipped).values, written={})
        (plan,) = plan_write(shipped, decision, {decision.lead.sources["email"]: current})
        return plan.changes.get("nurture_track", before)

    assert written("", [GUIDE]) == "service"
    assert written("service", [{"type": "appointment_request", "age": "1 day"}]) is None


def test_another_track_is_another_decision(shipped: Ruleset) -> None:
    one, other = decided(shipped), decided(shipped, service_line="Cardiology")
    assert one.memory.signature == other.memory.signature
    assert decided(shipped, service_line="").memory.signature != one.memory.signature


# Condition pages: what somebody reads about a condition says something about their health.

PAGE = Activity(
    ref="files:activities:page",
    kind="condition_page_view",
    at=NOW,
    strength=Strength.WEAK,
)


def test_condition_pages_are_off_unless_they_are_enabled(shipped: Ruleset) -> None:
    kind = shipped.configuration.activity_kinds["condition_page_view"]
    assert not kind.is_enabled
    asked = {
        name
        for policy in shipped.configuration.policies.values()
        for criterion in policy.criteria
        for name in getattr(criterion.condition, "kinds", ())
    }
    assert "condition_page_view" not in asked


def test_enabled_condition_pages_count_for_nothing_while_no_policy_names_them() -> None:
    ruleset = with_enabled(shipped_ruleset(), ["condition_page_view"])
    plain = make_lead(ruleset, [Row(values=READER)], (GUIDE,))
    reader = replace(plain, activities=newest_first((*plain.activities, PAGE)))
    before, after = (decide(ruleset, lead, Roster(), NOW) for lead in (plain, reader))
    assert after.reasons == before.reasons
    assert after.judgement.move.stage is Stage.NURTURE
    assert after.judgement.qualification is not None
    assert before.judgement.qualification is not None
    assert after.judgement.qualification.total == before.judgement.qualification.total
