"""What time alone may do to a lead: change the verdict when foretold, and never make it flap."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import HealthCheck, given, settings

from tests.leads import NOW, shipped_ruleset
from tests.properties.language_strategies import DAY, LENGTHS, patients, rulesets
from tests.properties.lead_strategies import asking_leads, ready_leads, timed_leads
from worker.core.assignment import Roster
from worker.core.decide import decide
from worker.core.due import FAR_AHEAD, PRECISION, TICK, next_change_at
from worker.core.judgement import LeadSnapshot, Signature, judge, merge_lead
from worker.core.mapping import MappedContact
from worker.core.model import Stage
from worker.core.policy import Verdict
from worker.core.ruleset import Ruleset

HOUR = timedelta(hours=1)
slow = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@slow
@given(lead=timed_leads() | ready_leads(after_days=10) | asking_leads())
def test_nothing_changes_before_the_due_time(lead: LeadSnapshot) -> None:
    shipped = shipped_ruleset()
    merged = merge_lead(shipped, lead)
    judgement = judge(shipped, lead, merged, NOW)
    due_at = next_change_at(shipped, lead, merged, judgement)
    hours = [NOW + HOUR * count for count in range(1, 60 * 24)]
    before = [at for at in hours if due_at is None or at < due_at]
    changed = next(
        (
            at
            for at in before
            if judge(shipped, lead, merged, at).signature() != judgement.signature()
        ),
        None,
    )
    assert changed is None, due_at


@settings(slow, max_examples=150)
@given(lead=timed_leads() | ready_leads(after_days=10) | asking_leads())
def test_the_verdict_changes_at_the_due_time(lead: LeadSnapshot) -> None:
    shipped = shipped_ruleset()
    merged = merge_lead(shipped, lead)
    judgement = judge(shipped, lead, merged, NOW)
    due_at = next_change_at(shipped, lead, merged, judgement)
    if due_at is None or due_at > NOW + FAR_AHEAD:
        return
    at_last = max(NOW, due_at - PRECISION)
    assert judge(shipped, lead, merged, due_at).signature() != judgement.signature()
    assert judge(shipped, lead, merged, at_last).signature() == judgement.signature()


@settings(slow, max_examples=150)
@given(ruleset=rulesets(), lead=patients())
def test_any_criterion_changes_exactly_when_foretold(ruleset: Ruleset, lead: LeadSnapshot) -> None:
    merged = merge_lead(ruleset, lead)

    def signature_at(at: datetime) -> Signature:
        return judge(ruleset, lead, merged, at).signature()

    judgement = judge(ruleset, lead, merged, NOW)
    present = judgement.signature()
    due_at = next_change_at(ruleset, lead, merged, judgement)
    end = min(due_at or NOW + 450 * DAY, NOW + 450 * DAY)
    looked_at = [NOW + 11 * HOUR * count for count in range(1, 982)]
    looked_at += [a.at + length for a in lead.activities for length in LENGTHS]
    changed = [at for at in looked_at if NOW < at < end and signature_at(at) != present]
    assert not changed, due_at
    if due_at is not None and due_at < NOW + FAR_AHEAD:
        assert signature_at(due_at - TICK) == present
        assert signature_at(due_at) != present


def _with_stage(lead: LeadSnapshot, stage: Stage | None) -> LeadSnapshot:
    contact = lead.contacts[0]
    facts = {**contact.facts, "lifecycle_stage": stage} if stage else contact.facts
    return replace(lead, contacts=(MappedContact(ref=contact.ref, facts=facts),))


@slow
@given(lead=ready_leads() | timed_leads())
def test_a_stage_is_not_lowered_before_it_has_dwelt(lead: LeadSnapshot) -> None:
    shipped = shipped_ruleset()
    dwell = shipped.configuration.lifecycle.dwell
    order, stage = list(Stage), lead.memory.stage
    since = lead.memory.stage_since or NOW
    for day in range(366):
        now = NOW + timedelta(days=day)
        decision = decide(shipped, lead, Roster(), now)
        moved = decision.judgement.move.stage
        if moved is not stage:
            if stage is not None and moved is not None and order.index(moved) < order.index(stage):
                is_hold = decision.judgement.verdict is Verdict.HOLD
                assert is_hold or now - since >= dwell
            stage, since = moved, now
        lead = _with_stage(replace(lead, memory=decision.memory), stage)


@slow
@given(lead=ready_leads() | timed_leads())
def test_no_stage_comes_back_within_the_dwell_time(lead: LeadSnapshot) -> None:
    shipped = shipped_ruleset()
    facts = {f: v for f, v in lead.contacts[0].facts.items() if f != "wanted_date"}
    lead = replace(lead, contacts=(MappedContact(ref=lead.contacts[0].ref, facts=facts),))
    dwell = shipped.configuration.lifecycle.dwell
    left: dict[Stage, timedelta] = {}
    stage: Stage | None = None
    for day in range(366):
        decision = decide(shipped, lead, Roster(), NOW + timedelta(days=day))
        moved = decision.judgement.move.stage
        if moved is not stage:
            if stage is not None:
                left[stage] = timedelta(days=day)
            if moved in left:
                assert timedelta(days=day) - left[moved] >= dwell
            stage = moved
        lead = _with_stage(replace(lead, memory=decision.memory), stage)
