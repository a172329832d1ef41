"""What must hold of every decision, whatever the lead."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cache

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.leads import NOW, newest_first, shipped_ruleset
from tests.properties.lead_strategies import (
    KINDS,
    PERSONAL,
    activities,
    asking_leads,
    contacts,
    leads,
    ready_leads,
)
from worker.core.assignment import Roster
from worker.core.case import NO
from worker.core.conditions import FactTest, Operator
from worker.core.decide import decide
from worker.core.judgement import LeadSnapshot, judge, merge_lead
from worker.core.mapping import MappedContact
from worker.core.model import PERMISSIVE_FACTS, RESTRICTIVE_FACTS, Activity, Strength
from worker.core.policy import Family, QualifyingRule, Verdict
from worker.core.reasons import REASONS
from worker.core.ruleset import Ruleset, compile_ruleset
from worker.core.trace import decision_body, memory_from_json, memory_to_json

ROSTER = Roster()
quick = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _with_fact(lead: LeadSnapshot, fact: str, value: bool) -> LeadSnapshot:
    """The same lead, with the fact in every record."""
    changed = tuple(
        replace(c, facts={**c.facts, fact: value}, unseen=c.unseen - {fact}) for c in lead.contacts
    )
    return replace(lead, contacts=changed)


def _allowed(ruleset: Ruleset, lead: LeadSnapshot) -> set[str]:
    merged = merge_lead(ruleset, lead)
    return {p.channel for p in judge(ruleset, lead, merged, NOW).permissions if p.is_allowed}


@quick
@given(lead=leads())
def test_every_lead_gets_a_decision_with_known_reasons(lead: LeadSnapshot) -> None:
    shipped = shipped_ruleset()
    decision = decide(shipped, lead, ROSTER, NOW)
    assert decision.reasons
    assert set(decision.reasons) <= set(REASONS)


@quick
@given(lead=leads())
def test_deciding_twice_gives_the_same(lead: LeadSnapshot) -> None:
    shipped = shipped_ruleset()
    assert decide(shipped, lead, ROSTER, NOW) == decide(shipped, lead, ROSTER, NOW)


@quick
@given(lead=leads(), data=st.data())
def test_order_of_records_and_actions_does_not_matter(
    lead: LeadSnapshot, data: st.DataObject
) -> None:
    shipped = shipped_ruleset()
    shuffled = replace(
        lead,
        contacts=tuple(data.draw(st.permutations(lead.contacts))),
        activities=tuple(data.draw(st.permutations(lead.activities))),
    )
    one, other = (decide(shipped, each, ROSTER, NOW) for each in (lead, shuffled))
    assert decision_body(shipped, one) == decision_body(shipped, other)


@quick
@given(lead=leads(), fact=st.sampled_from(sorted(PERMISSIVE_FACTS)))
def test_adding_consent_never_closes_a_channel(lead: LeadSnapshot, fact: str) -> None:
    shipped = shipped_ruleset()
    assert _allowed(shipped, lead) <= _allowed(shipped, _with_fact(lead, fact, True))


@quick
@given(lead=leads(), fact=st.sampled_from(sorted(RESTRICTIVE_FACTS)))
def test_adding_an_opt_out_never_opens_a_channel(lead: LeadSnapshot, fact: str) -> None:
    shipped = shipped_ruleset()
    assert _allowed(shipped, _with_fact(lead, fact, True)) <= _allowed(shipped, lead)


@quick
@given(lead=leads(), other=contacts(number="3"))
def test_another_record_of_the_person_without_evidence_never_opens_a_channel(
    lead: LeadSnapshot, other: MappedContact
) -> None:
    shipped = shipped_ruleset()
    assume(not any(contact.unseen for contact in lead.contacts))
    evidence = {*PERMISSIVE_FACTS, "email", "phone", "role", "lead_type", "program_interest"}
    evidence |= {"service_line"}
    bare = replace(other, facts={f: v for f, v in other.facts.items() if f not in evidence})
    joined = replace(lead, contacts=(*lead.contacts, bare))
    assert _allowed(shipped, joined) <= _allowed(shipped, lead)


@quick
@given(lead=ready_leads(), more=activities(number=99))
def test_another_action_never_lowers_intent_nor_takes_the_verdict_away(
    lead: LeadSnapshot, more: Activity
) -> None:
    shipped = shipped_ruleset()
    assume(more.strength in {Strength.STRONG, Strength.MEDIUM})
    merged = merge_lead(shipped, lead)
    before = judge(shipped, lead, merged, NOW)
    richer = replace(lead, activities=newest_first((*lead.activities, more)))
    after = judge(shipped, richer, merged, NOW)
    assume(before.pathway == after.pathway)
    assert before.qualification is not None
    assert after.qualification is not None
    intent = before.qualification.families.get(Family.INTENT, 0.0)
    assert after.qualification.families.get(Family.INTENT, 0.0) >= intent - 1e-9
    if before.verdict is Verdict.QUALIFIED:
        assert after.verdict is Verdict.QUALIFIED


@cache
def _careless_ruleset() -> Ruleset:
    """The shipped configuration with policies that ask nothing of a lead, and have no gate at all."""
    ruleset = shipped_ruleset()
    anybody = (QualifyingRule(id="anybody", sentence=""),)
    policies = {
        name: replace(policy, gates=(), rules=anybody)
        for name, policy in ruleset.configuration.policies.items()
    }
    return compile_ruleset(replace(ruleset.configuration, policies=policies))


@quick
@given(lead=leads() | ready_leads())
def test_no_policy_qualifies_a_lead_that_nobody_may_contact(lead: LeadSnapshot) -> None:
    judgement = judge(_careless_ruleset(), lead, merge_lead(_careless_ruleset(), lead), NOW)
    assume(judgement.pathway is not None and judgement.case.met.get("not_test") is not NO)
    is_reachable = any(permission.is_allowed for permission in judgement.permissions)
    assume(judgement.standing.handed_back is None)
    assert judgement.verdict is (Verdict.QUALIFIED if is_reachable else Verdict.HOLD)
    if not is_reachable and not judgement.move.is_hands_off:
        told = judgement.reasons[judgement.reasons[0] == judgement.move.reason :]
        assert told[0] == "CONSENT_NONE_REACHABLE"


@quick
@given(lead=leads())
def test_a_missing_fact_is_never_a_no(lead: LeadSnapshot) -> None:
    shipped = shipped_ruleset()
    judgement = judge(shipped, lead, merge_lead(shipped, lead), NOW)
    assume(judgement.pathway is not None)
    assert judgement.qualification is not None
    policy = shipped.policies[str(judgement.pathway)].policy
    for criterion, truth in zip(policy.criteria, judgement.qualification.truths, strict=True):
        test = criterion.condition
        if isinstance(test, FactTest) and test.operator is not Operator.PRESENT:
            assert test.fact in judgement.case.facts or truth is not NO


@quick
@given(lead=asking_leads())
def test_every_lead_at_hand_off_has_an_owner_and_a_next_step(lead: LeadSnapshot) -> None:
    shipped = shipped_ruleset()
    decision = decide(shipped, lead, ROSTER, NOW)
    assume(decision.judgement.move.stage == "mql")
    route = decision.route
    assert route is not None
    assert (route.owner is None) != (route.outside_owner is None)
    assert route.due_at > NOW - timedelta(days=31)


@quick
@given(lead=leads())
def test_the_body_of_a_decision_holds_no_personal_value(lead: LeadSnapshot) -> None:
    shipped = shipped_ruleset()
    body = decision_body(shipped, decide(shipped, lead, ROSTER, NOW))
    values = {value for values in PERSONAL.values() for value in values if value != "test"}
    assert not [value for value in values if value.casefold() in body.casefold()]


@quick
@given(lead=leads())
def test_a_memory_survives_the_ledger(lead: LeadSnapshot) -> None:
    shipped = shipped_ruleset()
    memory = decide(shipped, lead, ROSTER, NOW).memory
    assert memory_from_json(memory_to_json(memory)) == memory


def test_the_strategies_know_kinds_as_the_catalogue_does(shipped: Ruleset) -> None:
    kinds = shipped.configuration.activity_kinds
    assert {kind: kinds[kind].strength for kind in KINDS} == KINDS
