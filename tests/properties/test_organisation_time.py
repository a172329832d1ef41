"""What time does to a lead through its colleagues: exactly at the foretold instant, and not before."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.leads import NOW, Row, make_lead, shipped_ruleset
from worker.core.derivation import derive
from worker.core.due import PRECISION, next_change_at
from worker.core.identity import MergedLead, merge_contacts
from worker.core.judgement import LeadSnapshot, judge
from worker.core.model import Activity, Strength
from worker.core.organisations import Colleague, Membership, RollUp

HOUR = timedelta(hours=1)
DAYS = 12
"""Windows close and actions dated ahead happen within these days."""
KINDS = ("education_session", "referral_tool_used", "guideline_download")
ROLES = ("benefits_director", "procurement", "other", None)
CONTACT = {
    "first_name": "Zebedee",
    "last_name": "Quackenbush",
    "email": "zeb@quackenbush.com",
    "consent_email": "yes",
    "zip": "02114",
}
slow = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def instants(window: int) -> st.SearchStrategy[datetime]:
    """Instants whose window of so many days closes soon, and instants ahead."""
    closing = st.integers(-window * 24, (DAYS - window) * 24)
    return (closing | st.integers(1, DAYS * 24)).map(lambda hours: NOW + hours * HOUR)


@st.composite
def roll_ups(draw: st.DrawFn) -> RollUp:
    actions = draw(st.lists(st.tuples(st.sampled_from(KINDS), instants(180)), max_size=3))
    colleagues = draw(
        st.lists(
            st.tuples(st.sampled_from(("me", "b", "c", "d")), st.sampled_from(ROLES), instants(60)),
            max_size=6,
        )
    )
    return RollUp(
        actions=tuple(
            Activity(ref=f"o{place}", kind=kind, at=at, strength=Strength.MEDIUM)
            for place, (kind, at) in enumerate(actions)
        ),
        colleagues=tuple(
            Colleague(member=member, role=role, acted_at=at, action=f"c{place}")
            for place, (member, role, at) in enumerate(colleagues)
        ),
    )


@st.composite
def members(draw: st.DrawFn) -> LeadSnapshot:
    """A contact of a practice or company that did nothing itself."""
    kind = draw(st.sampled_from(("Referral", "Business")))
    lead = make_lead(shipped_ruleset(), [Row(values={**CONTACT, "lead_type": kind})])
    return LeadSnapshot(
        profile_id="me",
        contacts=lead.contacts,
        membership=Membership(member="me", organisation=draw(roll_ups())),
    )


def merged(lead: LeadSnapshot) -> MergedLead:
    return derive(merge_contacts(lead.contacts), shipped_ruleset().configuration)


@settings(slow, max_examples=60)
@given(lead=members())
def test_nothing_changes_before_the_due_time(lead: LeadSnapshot) -> None:
    shipped, facts = shipped_ruleset(), merged(lead)
    judgement = judge(shipped, lead, facts, NOW)
    due_at = next_change_at(shipped, lead, facts, judgement)
    hours = [NOW + HOUR * count for count in range(1, (DAYS + 1) * 24)]
    before = [at for at in hours if due_at is None or at < due_at]
    present = judgement.signature()
    assert all(judge(shipped, lead, facts, at).signature() == present for at in before), due_at


@settings(slow, max_examples=150)
@given(lead=members())
def test_the_verdict_changes_at_the_due_time(lead: LeadSnapshot) -> None:
    shipped, facts = shipped_ruleset(), merged(lead)
    judgement = judge(shipped, lead, facts, NOW)
    due_at = next_change_at(shipped, lead, facts, judgement)
    if due_at is not None:
        at_last = max(NOW, due_at - PRECISION)
        assert judge(shipped, lead, facts, due_at).signature() != judgement.signature()
        assert judge(shipped, lead, facts, at_last).signature() == judgement.signature()
