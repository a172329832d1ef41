"""Deciding again on what was written changes nothing: zero writes on a second run."""

from __future__ import annotations

from dataclasses import replace

import msgspec
from hypothesis import HealthCheck, assume, example, given, settings

from tests.leads import NOW, shipped_ruleset
from tests.properties.lead_strategies import REACHABLE, asking_leads, leads
from worker.core.assignment import Roster
from worker.core.current import CurrentRecord
from worker.core.decide import Decision, decide, with_decision
from worker.core.judgement import LeadSnapshot
from worker.core.mapping import MappedContact
from worker.core.memory import Memory
from worker.core.model import Activity, FactValue, Stage, Strength
from worker.core.plan import RecordPlan, plan_write
from worker.core.records import Record, RecordRef
from worker.core.ruleset import Ruleset

_ManagedValues = dict[RecordRef, CurrentRecord]


def _first_sight(ruleset: Ruleset, lead: LeadSnapshot) -> _ManagedValues:
    """The managed fields as the CRM has them: stage and owner as in the facts, the rest empty."""
    object_map = ruleset.configuration.systems["files"].find_object("contacts")
    assert object_map is not None
    words = {write.managed: {o: w for w, o in write.values.items()} for write in object_map.writes}
    found: _ManagedValues = {}
    for contact in lead.contacts:
        values: dict[str, str | None] = {write.target: None for write in object_map.writes}
        for write in object_map.writes:
            if write.managed.value in ("lifecycle_stage", "owner"):
                text = str(contact.facts.get(write.managed.value, ""))
                values[write.target] = words[write.managed].get(text, text) or None
        found[contact.ref] = CurrentRecord(values=values, written={})
    return found


def _apply(current: _ManagedValues, plans: tuple[RecordPlan, ...]) -> _ManagedValues:
    changed = dict(current)
    for plan in plans:
        before = current[plan.ref]
        changed[plan.ref] = CurrentRecord(
            values={**before.values, **plan.changes}, written={**before.written, **plan.changes}
        )
    return changed


def _read_again(ruleset: Ruleset, contact: MappedContact, current: CurrentRecord) -> MappedContact:
    """Map the managed fields anew, as the next pull would."""
    read = ruleset.contact_mappers["files", "contacts"](
        Record(ref=contact.ref, values=current.values, revision="2")
    )
    kept = {f: v for f, v in contact.facts.items() if f not in ("lifecycle_stage", "owner")}
    return replace(contact, facts={**kept, **read.facts})


def _after(
    ruleset: Ruleset, lead: LeadSnapshot, first: Decision, now: _ManagedValues
) -> LeadSnapshot:
    return replace(
        lead,
        contacts=tuple(_read_again(ruleset, c, now[c.ref]) for c in lead.contacts),
        memory=first.memory,
    )


def _accepted_by_another() -> LeadSnapshot:
    """Accepted at the instant at which the lead, whose stage and owner the CRM lost, is given anew."""
    facts: dict[str, FactValue] = {
        **REACHABLE,
        "service_line": "orthopedics",
        "lead_type": "patient",
        "sales_verdict": "accepted",
        "outcome_at": NOW,
    }
    asked = Activity(
        ref="files:activities:asked",
        kind="appointment_request",
        at=NOW,
        strength=Strength.STRONG,
    )
    return LeadSnapshot(
        profile_id="p1",
        contacts=(
            MappedContact(
                ref=RecordRef(system="files", object_type="contacts", id="1"), facts=facts
            ),
        ),
        activities=(asked,),
        memory=Memory(
            owner="sched-1", assigned_at=NOW, next_step="book_appointment", next_step_due_at=NOW
        ),
    )


def _accepted_by_its_owner(given_at: Stage | None) -> LeadSnapshot:
    """Likewise, by who has had it since before; ``given_at`` is the stage that we remember."""
    lead = _accepted_by_another()
    [contact] = lead.contacts
    return replace(
        lead,
        contacts=(replace(contact, facts={**contact.facts, "owner": "own-112"}),),
        memory=msgspec.structs.replace(lead.memory, owner="nav-2", stage=given_at),
    )


@example(lead=_accepted_by_another())
@example(lead=_accepted_by_its_owner(None))
@example(lead=_accepted_by_its_owner(Stage.MQL))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(lead=leads() | asking_leads())
def test_the_second_run_writes_nothing_and_decides_nothing_new(lead: LeadSnapshot) -> None:
    shipped = shipped_ruleset()
    assume(not any(i.fact == "lifecycle_stage" for c in lead.contacts for i in c.issues))
    roster = Roster()
    first = decide(shipped, lead, roster, NOW)
    current = _first_sight(shipped, lead)
    written = _apply(current, plan_write(shipped, first, current))
    roster = with_decision(roster, lead.memory, first)
    again = _after(shipped, lead, first, written)
    second = decide(shipped, again, roster, NOW)
    plans = plan_write(shipped, second, written)
    assert [plan.changes for plan in plans] == []
    if first.judgement.move.stage is Stage.MQL:
        assert second.memory.owner == first.memory.owner
