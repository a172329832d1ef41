"""What holds of consent in every plan, and of opt-outs wherever they are said."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.leads import CONTACTS, NOW, shipped_ruleset
from tests.properties.lead_strategies import asking_leads, leads, ready_leads
from worker.core.assignment import Roster
from worker.core.current import CurrentRecord
from worker.core.decide import decide
from worker.core.derivation import derive
from worker.core.field_map import OPT_OUTS
from worker.core.identity import merge_contacts
from worker.core.judgement import LeadSnapshot, judge
from worker.core.model import PERMISSIVE_FACTS, RESTRICTIVE_FACTS
from worker.core.plan import plan_write

quick = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
WORDS = st.sampled_from((None, "", "true", "false", "yes", "no", "unclear"))
REVOKED = st.frozensets(st.sampled_from(sorted((*OPT_OUTS, *PERMISSIVE_FACTS))))
shuts = st.dictionaries(
    st.sampled_from(("email", "phone")),
    st.frozensets(st.sampled_from(sorted(RESTRICTIVE_FACTS)), min_size=1),
)


@quick
@given(lead=leads() | ready_leads() | asking_leads(), revoked=REVOKED, data=st.data())
def test_no_plan_ever_loosens_a_consent_field(
    lead: LeadSnapshot, revoked: frozenset[str], data: st.DataObject
) -> None:
    shipped = shipped_ruleset()
    object_map = shipped.configuration.systems[CONTACTS[0]].find_object(CONTACTS[1])
    assert object_map is not None
    consent = PERMISSIVE_FACTS | RESTRICTIVE_FACTS
    watched = {read.source: read.fact for read in object_map.reads if read.fact in consent}
    values = {name: data.draw(WORDS) for name in object_map.requested_fields()}
    current = {lead.contacts[0].ref: CurrentRecord(values=values, written={})}
    decision = decide(shipped, lead, Roster(), NOW)
    for plan in plan_write(shipped, decision, current, revoked=revoked):
        written = {watched[name]: text for name, text in plan.changes.items() if name in watched}
        assert set(written) <= revoked & OPT_OUTS
        assert set(written.values()) <= {"true"}


@quick
@given(lead=leads() | ready_leads() | asking_leads(), shut=shuts)
def test_an_opt_out_anywhere_never_opens_anything(
    lead: LeadSnapshot, shut: dict[str, frozenset[str]]
) -> None:
    def allowed(each: LeadSnapshot) -> set[str]:
        shipped = shipped_ruleset()
        merged = derive(merge_contacts(each.contacts), shipped.configuration)
        return {p.channel for p in judge(shipped, each, merged, NOW).permissions if p.is_allowed}

    assert allowed(replace(lead, shut=shut)) <= allowed(lead)
