"""Hypothesis strategies for leads: facts over the canonical model, actions, memories.

A strategy is made once and drawn from again and again: making one, and asking it what it can give,
takes longer than to draw from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import cache

from hypothesis import strategies as st

from tests.leads import NOW, newest_first
from worker.core.judgement import LeadSnapshot
from worker.core.mapping import Issue, MappedContact
from worker.core.memory import Memory
from worker.core.model import Activity, FactValue, Stage, Strength
from worker.core.records import RecordRef

KINDS: Mapping[str, Strength] = {
    "appointment_request": Strength.STRONG,
    "consultation_request": Strength.STRONG,
    "inbound_call": Strength.STRONG,
    "referral_form": Strength.STRONG,
    "demo_request": Strength.STRONG,
    "insurance_check": Strength.STRONG,
    "email_reply": Strength.STRONG,
    "service_page_view": Strength.MEDIUM,
    "provider_page_view": Strength.MEDIUM,
    "location_page_view": Strength.MEDIUM,
    "webinar_attended": Strength.MEDIUM,
    "education_session": Strength.MEDIUM,
    "referral_tool_used": Strength.MEDIUM,
    "email_open": Strength.WEAK,
    "guide_download": Strength.WEAK,
    "outbound_call": Strength.NONE,
}
_KINDS = tuple(sorted(KINDS))
REACHABLE: Mapping[str, FactValue] = {
    "first_name": "Zebedee",
    "last_name": "Quackenbush",
    "email": "zeb@quackmail.com",
    "phone": "+16175550123",
    "consent_email": True,
    "postal_code": "02114",
    "state": "MA",
}
"""Who somebody is who may be written to, in a place that is served."""
LINES = ("orthopedics", "cardiology", "behavioral_health")
PERSONAL: Mapping[str, tuple[str, ...]] = {
    "first_name": ("Zebedee", "Wilhelmina", "test"),
    "last_name": ("Quackenbush", "Featherstonehaugh Jr"),
    "email": ("zeb@quackmail.com", "wil@mailinator.com", "info@featherco.com"),
    "phone": ("+16175550123", "+15085550144"),
    "organisation": ("Quackenbush Family Practice",),
    "consent_proof": ("proof-of-quack",),
}
_BOOLEANS = (
    "opt_out_all",
    "opt_out_email",
    "opt_out_phone",
    "opt_out_sms",
    "email_bounced",
    "consent_email",
    "consent_phone",
    "consent_sms",
    "not_now",
    "is_test",
)
_WORDS: Mapping[str, tuple[str, ...]] = {
    "role": ("patient", "caregiver", "physician", "benefits_director", "other"),
    "lead_type": ("patient", "referral", "business"),
    "service_line": LINES,
    "program_interest": ("employer_wellness", "onsite_clinic"),
    "referral_category": ("diagnostic", "surgical_consult"),
    "npi": ("1234567893",),
    "postal_code": ("02114", "01608", "90210"),
    "state": ("MA", "RI", "CA"),
    "language": ("en", "es", "pt", "fr"),
    "payer": ("blue_cross", "self_pay"),
    "patient_status": ("new", "existing"),
    "channel": ("website_form", "partner_link", "awareness_ad"),
    "procurement_timing": ("this_quarter", "this_year"),
    "preferred_contact": ("email", "phone"),
    "owner": ("own-101", "own-112", "own-777", "own-000", "own-900"),
    "lifecycle_stage": tuple(Stage),
    "sales_verdict": ("accepted", "rejected", "recycled"),
}


@cache
def instants(before_days: int = 200, after_days: int = 0) -> st.SearchStrategy[datetime]:
    """Instants around ``NOW``, to the minute."""
    return st.integers(-before_days * 1440, after_days * 1440).map(
        lambda minutes: NOW + timedelta(minutes=minutes)
    )


def _values() -> dict[str, st.SearchStrategy[FactValue]]:
    found: dict[str, st.SearchStrategy[FactValue]] = {}
    for words in (PERSONAL, _WORDS):
        found |= {name: st.sampled_from(options) for name, options in words.items()}
    found |= {name: st.booleans() for name in _BOOLEANS}
    found |= {name: instants(800, 3) for name in ("created_at", "changed_at", "received_at")}
    found["outcome_at"] = instants(60)
    found["wanted_date"] = st.dates(date(2026, 4, 1), date(2026, 7, 30))
    found["wanted_within_days"] = st.integers(0, 60).map(float)
    found["organisation_size"] = st.sampled_from((10.0, 50.0, 1200.0, 90000.0))
    documents = st.sets(st.sampled_from(("referral_letter", "insurance_card")), min_size=1)
    found["documents"] = documents.map(lambda names: tuple(sorted(names)))
    return found


_VALUES = _values()
_NAMES = st.lists(st.sampled_from(sorted(_VALUES)), max_size=28, unique=True)
_HIDDEN = st.sets(st.sampled_from((*_BOOLEANS, "owner", "service_line")), max_size=2)
_ISSUES = st.lists(
    st.builds(
        Issue,
        st.sampled_from(("DQ_VALUE_UNKNOWN", "DQ_PHONE_INVALID", "DQ_NPI_INVALID")),
        st.sampled_from(("phone", "npi", "payer", "lifecycle_stage")),
    ),
    max_size=1,
)
_PERHAPS_AT = st.none() | instants()
_PERHAPS_SET_AT = st.none() | instants(60)
_PERHAPS_A_LINE = st.none() | st.sampled_from(LINES)
_PERHAPS_A_STAGE = st.none() | st.sampled_from(Stage)
_PERHAPS_AN_OWNER = st.none() | st.sampled_from(("sched-1", "nav-2", "intake", "files:own-777"))


@cache
@st.composite
def contacts(draw: st.DrawFn, number: str = "1") -> MappedContact:
    """One mapped record of the files CRM. Opt-outs and stages are rare, so that leads get far."""
    facts = {name: draw(_VALUES[name]) for name in draw(_NAMES)}
    for name in ("is_test", "not_now", "opt_out_all", "opt_out_email", "sales_verdict"):
        if name in facts and draw(st.integers(0, 3)):
            del facts[name]
    hidden = draw(_HIDDEN)
    is_clear = draw(st.integers(0, 3)) > 0
    return MappedContact(
        ref=RecordRef(system="files", object_type="contacts", id=number),
        facts={n: v for n, v in facts.items() if is_clear or n not in hidden},
        issues=() if is_clear else tuple(draw(_ISSUES)),
        unseen=frozenset() if is_clear else frozenset(hidden),
        modified_at=draw(_PERHAPS_AT),
    )


@cache
@st.composite
def ready_contacts(draw: st.DrawFn) -> MappedContact:
    """A record complete enough that time and actions decide, whatever its pathway."""
    contact = draw(contacts())
    facts: dict[str, FactValue] = {
        **contact.facts,
        **REACHABLE,
        "service_line": draw(st.sampled_from(LINES)),
    }
    for name in (*_BOOLEANS, "sales_verdict", "lifecycle_stage", "outcome_at"):
        if name != "consent_email":
            facts.pop(name, None)
    return MappedContact(ref=contact.ref, facts=facts, modified_at=contact.modified_at)


@cache
@st.composite
def activities(draw: st.DrawFn, number: int = 0, after_days: int = 0) -> Activity:
    kind = draw(st.sampled_from(_KINDS))
    return Activity(
        ref=f"files:activities:{number}",
        kind=kind,
        at=draw(instants(120, after_days)),
        strength=KINDS[kind],
        service_line=draw(_PERHAPS_A_LINE),
        is_excluded=draw(st.integers(0, 9)) == 0,
    )


@cache
@st.composite
def histories(draw: st.DrawFn, after_days: int = 0) -> tuple[Activity, ...]:
    count = draw(st.integers(0, 6))
    return newest_first(draw(activities(number, after_days)) for number in range(count))


@cache
@st.composite
def memories(draw: st.DrawFn) -> Memory:
    stage = draw(_PERHAPS_A_STAGE)
    owner = draw(_PERHAPS_AN_OWNER)
    return Memory(
        stage=stage,
        stage_since=draw(instants(30)) if stage is not None else None,
        owner=owner,
        assigned_at=draw(instants(30)) if owner else None,
        next_step="book_appointment" if owner else None,
        next_step_due_at=draw(instants(30)) if owner else None,
    )


_ANY_CONTACT = contacts() | ready_contacts()
_PERHAPS_A_SECOND = st.none() | contacts(number="2")
_ANY_MEMORY = st.just(Memory()) | memories()


@cache
@st.composite
def leads(draw: st.DrawFn, after_days: int = 2) -> LeadSnapshot:
    """Any lead at all: one or two records, some actions, some memory."""
    first = draw(_ANY_CONTACT)
    second = draw(_PERHAPS_A_SECOND)
    return LeadSnapshot(
        profile_id="p1",
        contacts=(first,) if second is None else (first, second),
        activities=draw(histories(after_days)),
        memory=draw(_ANY_MEMORY),
        stage_set_by_person_at=draw(_PERHAPS_SET_AT),
    )


@cache
@st.composite
def ready_leads(draw: st.DrawFn, after_days: int = 0) -> LeadSnapshot:
    """A complete lead without any memory: what happens to it is a matter of actions and time."""
    return LeadSnapshot(
        profile_id="p1",
        contacts=(draw(ready_contacts()),),
        activities=draw(histories(after_days)),
    )


@cache
@st.composite
def asking_leads(draw: st.DrawFn) -> LeadSnapshot:
    """A complete lead that has just asked for an appointment, with any stage, owner and memory."""
    lead = draw(ready_leads())
    facts: dict[str, FactValue] = {**lead.contacts[0].facts, "lead_type": "patient"}
    for name in ("role", "program_interest", "owner"):
        facts.pop(name, None)
    for name in ("owner", "lifecycle_stage", "sales_verdict"):
        if draw(st.booleans()):
            facts[name] = draw(st.sampled_from(_WORDS[name]))
    facts["outcome_at"] = draw(instants(30))
    asked = Activity(
        ref="files:activities:asked",
        kind="appointment_request",
        at=NOW - timedelta(hours=draw(st.integers(0, 700))),
        strength=Strength.STRONG,
    )
    return LeadSnapshot(
        profile_id="p1",
        contacts=(MappedContact(ref=lead.contacts[0].ref, facts=facts),),
        activities=newest_first(
            (*(a for a in lead.activities if a.kind != "referral_form"), asked)
        ),
        memory=draw(_ANY_MEMORY),
        stage_set_by_person_at=draw(_PERHAPS_SET_AT),
    )


@cache
@st.composite
def timed_leads(draw: st.DrawFn) -> LeadSnapshot:
    """A patient near a threshold: by a fading score, a dwell time, a cool-down, a date to come."""
    facts: dict[str, FactValue] = {
        "first_name": "Zebedee",
        "last_name": "Quackenbush",
        "email": "zeb@quackmail.com",
        "phone": "+16175550123",
        "consent_email": True,
        "postal_code": "02114",
        "service_line": "cardiology",
        "lead_type": "patient",
        "channel": "website_form",
    }
    for name in ("payer", "patient_status", "wanted_date", "wanted_within_days", "changed_at"):
        if draw(st.booleans()):
            facts[name] = draw(_VALUES[name])
    stage = draw(st.none() | st.sampled_from((Stage.LEAD, Stage.NURTURE, Stage.MQL)))
    if stage is not None:
        facts["lifecycle_stage"] = stage
    kinds = draw(
        st.lists(
            st.sampled_from(("insurance_check", "email_reply", "service_page_view")),
            unique=True,
            max_size=3,
        )
    )
    happened = newest_first(
        Activity(
            ref=f"files:activities:{place}",
            kind=kind,
            at=draw(instants(15, 3)),
            strength=KINDS[kind],
            service_line=draw(st.none() | st.just("cardiology")),
        )
        for place, kind in enumerate(kinds)
    )
    contact = MappedContact(
        ref=RecordRef(system="files", object_type="contacts", id="1"), facts=facts
    )
    return LeadSnapshot(
        profile_id="p1",
        contacts=(contact,),
        activities=happened,
        memory=Memory(stage=stage, stage_since=draw(instants(9))),
        stage_set_by_person_at=draw(st.none() | instants(40)),
    )
