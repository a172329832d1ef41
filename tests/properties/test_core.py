"""What a decision may not depend on, and which way more knowledge may push it."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.leads import NOW, newest_first, shipped_ruleset
from tests.properties.language_strategies import acts, conditions, facts
from tests.properties.lead_strategies import activities, asking_leads, leads, ready_leads
from tests.properties.watched_facts import Watched
from worker.core.assignment import Roster
from worker.core.case import make_case
from worker.core.conditions import Condition, facts_read
from worker.core.decide import decide
from worker.core.evaluation import compile_condition
from worker.core.hand_off import summarise
from worker.core.judgement import LeadSnapshot, judge, merge_lead
from worker.core.model import PERMISSIVE_FACTS, RESTRICTIVE_FACTS, Activity, FactValue
from worker.core.policy import Family
from worker.core.trace import decision_body

quick = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
ZONE = ZoneInfo("America/New_York")
ANY_LEAD = leads() | ready_leads() | asking_leads()


def reversed_keys(lead: LeadSnapshot) -> LeadSnapshot:
    """The same lead, its facts written down in the opposite order."""
    contacts = tuple(
        replace(contact, facts=dict(reversed(contact.facts.items()))) for contact in lead.contacts
    )
    return replace(lead, contacts=contacts)


def without_fact(lead: LeadSnapshot, fact: str) -> LeadSnapshot:
    """The lead as it is where no record says anything of the fact."""
    contacts = tuple(
        replace(contact, facts={n: v for n, v in contact.facts.items() if n != fact})
        for contact in lead.contacts
    )
    return replace(lead, contacts=contacts)


def allowed(lead: LeadSnapshot) -> set[str]:
    shipped = shipped_ruleset()
    found = judge(shipped, lead, merge_lead(shipped, lead), NOW).permissions
    return {permission.channel for permission in found if permission.is_allowed}


@quick
@given(lead=ANY_LEAD)
def test_the_order_in_which_facts_are_written_down_does_not_matter(lead: LeadSnapshot) -> None:
    shipped = shipped_ruleset()
    one, other = (decide(shipped, each, Roster(), NOW) for each in (lead, reversed_keys(lead)))
    assert decision_body(shipped, one) == decision_body(shipped, other)
    assert (one.memory, one.reasons) == (other.memory, other.reasons)
    assert summarise(shipped, one) == summarise(shipped, other)


@quick
@given(lead=ANY_LEAD, fact=st.sampled_from(sorted(PERMISSIVE_FACTS)))
def test_taking_consent_back_never_opens_a_channel(lead: LeadSnapshot, fact: str) -> None:
    """A yes that is gone, as if it had never been given."""
    said_no = any(contact.facts.get(fact) is False for contact in lead.contacts)
    assume(not said_no)
    assert allowed(without_fact(lead, fact)) <= allowed(lead)


@quick
@given(lead=ANY_LEAD, fact=st.sampled_from(sorted(RESTRICTIVE_FACTS)))
def test_hiding_an_opt_out_never_opens_a_channel(lead: LeadSnapshot, fact: str) -> None:
    """A field that the connection can see no more might say no."""
    hidden = replace(
        without_fact(lead, fact),
        contacts=tuple(
            replace(contact, unseen=contact.unseen | {fact})
            for contact in without_fact(lead, fact).contacts
        ),
    )
    assert allowed(hidden) <= allowed(lead)


@quick
@given(lead=ready_leads(), more=activities(number=99))
def test_no_further_action_lowers_the_points_of_any_family(
    lead: LeadSnapshot, more: Activity
) -> None:
    """Whatever its strength; only mail scanners' bursts take actions away."""
    shipped = shipped_ruleset()
    assume(more.kind not in {"email_open", "email_click"})
    before = judge(shipped, lead, merge_lead(shipped, lead), NOW)
    richer = replace(lead, activities=newest_first((*lead.activities, more)))
    after = judge(shipped, richer, merge_lead(shipped, richer), NOW)
    assume(before.pathway == after.pathway)
    assert before.qualification is not None
    assert after.qualification is not None
    for family in Family:
        had = before.qualification.families.get(family, 0.0)
        assert after.qualification.families.get(family, 0.0) >= had - 1e-9


@settings(max_examples=300, deadline=None)
@given(condition=conditions(), known=facts(), done=acts())
def test_a_question_looks_only_at_the_facts_it_names(
    condition: Condition, known: dict[str, FactValue], done: tuple[Activity, ...]
) -> None:
    watched = Watched(known)
    compile_condition(condition)(make_case(watched, done, NOW, ZONE))
    assert watched.seen <= facts_read(condition)
