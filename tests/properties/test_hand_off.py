"""The hand-off: within its field, never without what is required, and nothing that it may not tell."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cache

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.leads import NOW, Row, make_lead, shipped_ruleset
from tests.properties.lead_strategies import PERSONAL, asking_leads, leads, ready_leads
from worker.config.check_hand_off import longest_required
from worker.core.assignment import Roster
from worker.core.decide import Decision, decide
from worker.core.field_map import FieldWrite, Managed
from worker.core.hand_off import Line, fit, hand_off_lines, say_next_step, summarise
from worker.core.judgement import LeadSnapshot
from worker.core.model import FactKind
from worker.core.templates import cut_at_word, fill, parse_template

quick = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
CANARY = "Xylophonic"
"""A word that no template, title or sentence has."""
ANY_LEAD = leads() | ready_leads() | asking_leads()


def decided(lead: LeadSnapshot) -> Decision:
    return decide(shipped_ruleset(), lead, Roster(), NOW)


lines = st.lists(
    st.builds(
        Line,
        text=st.text(alphabet="abc ,.", min_size=1, max_size=60).filter(str.strip),
        priority=st.integers(1, 9),
        is_required=st.booleans(),
    ),
    max_size=8,
)


@quick
@given(found=lines, limit=st.integers(1, 300), line_break=st.sampled_from((" ", "\n")))
def test_a_text_is_never_longer_than_its_field(
    found: list[Line], limit: int, line_break: str
) -> None:
    assert len(fit(found, limit, line_break)) <= limit


@quick
@given(found=lines, room=st.integers(0, 200))
def test_what_is_required_is_whole_in_any_field_that_can_hold_it(
    found: list[Line], room: int
) -> None:
    required = [line.text for line in found if line.is_required]
    limit = max(1, len(" ".join(required))) + room
    text = fit(found, limit, " ")
    for line in required:
        assert line in text


@quick
@given(found=lines, limit=st.integers(1, 300))
def test_a_line_that_stays_is_as_important_as_any_that_went(found: list[Line], limit: int) -> None:
    marked = [line._replace(text=f"{place}{line.text}{place}") for place, line in enumerate(found)]
    text = fit(marked, limit, "\n").split("\n")
    optional = [line for line in marked if not line.is_required]
    stayed = [line.priority for line in optional if line.text in text]
    went = [line.priority for line in optional if line.text not in text]
    assert not stayed or not went or max(stayed) <= min(went)


@quick
@given(text=st.text(alphabet="ab ,.", max_size=80), limit=st.integers(1, 80))
def test_a_cut_text_fits_and_cutting_again_changes_nothing(text: str, limit: int) -> None:
    once = cut_at_word(text, limit)
    assert len(once) <= limit
    assert cut_at_word(once, limit) == once


@quick
@given(value=st.text(alphabet="{}[]abc_ ", min_size=1, max_size=20))
def test_what_stands_in_a_slot_is_never_read_as_a_template(value: str) -> None:
    template = parse_template("<{slot}>")
    assert fill(template, lambda _slot: value) == f"<{value}>"


@cache
def untold() -> frozenset[str]:
    """Facts of text that no policy's hand-off may tell."""
    ruleset = shipped_ruleset()
    told = frozenset().union(*ruleset.hand_off.told.values())
    kinds = {FactKind.TEXT, FactKind.NAME, FactKind.CHOICE, FactKind.ID}
    facts = ruleset.configuration.facts
    steering = {"lead_type", "role", "lifecycle_stage", "owner", "sales_verdict", "state"}
    return frozenset(f for f, spec in facts.items() if spec.kind in kinds) - told - steering


@quick
@given(lead=ANY_LEAD)
def test_no_value_of_a_fact_that_is_not_handed_on_is_in_the_text(lead: LeadSnapshot) -> None:
    contacts = tuple(
        replace(contact, facts={**contact.facts, **dict.fromkeys(untold(), CANARY)})
        for contact in lead.contacts
    )
    ruleset, decision = shipped_ruleset(), decided(replace(lead, contacts=contacts))
    said = f"{summarise(ruleset, decision)} {say_next_step(ruleset, decision)}"
    assert CANARY not in said
    for values in PERSONAL.values():
        assert not [value for value in values if value in said and value != "test"]


@quick
@given(lead=asking_leads())
def test_a_hand_off_begins_with_how_to_make_contact(lead: LeadSnapshot) -> None:
    decision = decided(lead)
    text = summarise(shipped_ruleset(), decision)
    assert bool(text) is (decision.route is not None)
    if text:
        first = hand_off_lines(shipped_ruleset(), decision)[0]
        assert first.is_required
        assert first.text.endswith("No clinical results or advice.")
        assert text.startswith(first.text)


@quick
@given(lead=ANY_LEAD)
def test_the_longest_text_that_is_required_was_worked_out_right(lead: LeadSnapshot) -> None:
    ruleset, decision = shipped_ruleset(), decided(lead)
    pathway = decision.judgement.pathway
    found = [line.text for line in hand_off_lines(ruleset, decision) if line.is_required]
    if pathway is not None:
        configuration = ruleset.configuration
        write = FieldWrite(managed=Managed.SUMMARY, target="t")
        policy = configuration.policies[pathway]
        longest = longest_required(configuration.hand_off, policy, configuration.consent, write)
        assert len(" ".join(found)) <= longest


@quick
@given(lead=asking_leads(), minutes=st.integers(1, 30 * 24 * 60))
def test_a_next_step_reads_alike_as_long_as_nothing_happens(
    lead: LeadSnapshot, minutes: int
) -> None:
    """It leads to a write, so time alone must not change it; the due time is kept with the hand-off."""
    ruleset, first = shipped_ruleset(), decided(lead)
    later = decide(
        ruleset, replace(lead, memory=first.memory), Roster(), NOW + timedelta(minutes=minutes)
    )
    if _is_same_hand_off(first, later):
        assert say_next_step(ruleset, first) == say_next_step(ruleset, later)


def _is_same_hand_off(first: Decision, later: Decision) -> bool:
    steps = [decision.route.next_step.id if decision.route else None for decision in (first, later)]
    open_then = [p.channel for p in first.judgement.permissions if p.is_allowed]
    open_now = [p.channel for p in later.judgement.permissions if p.is_allowed]
    return None not in steps and steps[0] == steps[1] and open_then == open_now


def test_the_canary_would_be_seen() -> None:
    """The same word, in a fact that is handed on, is told: the property can fail."""
    ruleset = shipped_ruleset()
    lead = make_lead(
        ruleset,
        [
            Row(
                values={
                    "first_name": "Ada",
                    "last_name": "Lind",
                    "email": "ada.lind@harbormail.com",
                    "zip": "02114",
                    "lead_type": "Patient",
                    "service_line": "Orthopedics",
                }
            )
        ],
        ({"type": "appointment_request", "age": "3 days"},),
    )
    facts = {**lead.contacts[0].facts, "payer": CANARY}
    lead = replace(lead, contacts=(replace(lead.contacts[0], facts=facts),))
    assert CANARY in summarise(ruleset, decided(lead))
