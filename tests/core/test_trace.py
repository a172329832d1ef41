"""The trace of a decision: complete, canonical, and without anything personal."""

from __future__ import annotations

import json

import pytest

from tests.leads import NOW, Row, make_lead
from worker.core.assignment import Roster
from worker.core.decide import Decision, decide
from worker.core.memory import Memory
from worker.core.ruleset import Ruleset
from worker.core.trace import decision_body, memory_from_json

PERSONAL = {
    "first_name": "Wilhelmina",
    "last_name": "Featherstonehaugh",
    "email": "wilhelmina@featherpost.com",
    "phone": "(617) 555-0123",
    "organization": "Feather Works",
    "zip": "02114",
    "consent_proof": "call with Wilhelmina",
    "origin": "list of Wilhelmina",
}
OTHER = {"lead_type": "Patient", "service_line": "Ortho", "consent_email": "yes"}


def decided(ruleset: Ruleset) -> Decision:
    lead = make_lead(
        ruleset,
        [Row(values={**PERSONAL, **OTHER})],
        [{"type": "appointment_request", "age": "1 day"}],
    )
    return decide(ruleset, lead, Roster(), NOW)


def test_the_body_holds_no_personal_value(shipped: Ruleset) -> None:
    body = decision_body(shipped, decided(shipped)).casefold()
    words = {"wilhelmina", "feather", "6175550123", "02114"}
    assert [word for word in words if word in body] == []


def test_the_body_accounts_for_every_criterion(shipped: Ruleset) -> None:
    body = json.loads(decision_body(shipped, decided(shipped)))
    named = [criterion["id"] for criterion in body["qualification"]["criteria"]]
    assert named == [c.id for c in shipped.policies["patient"].policy.criteria]


def test_the_body_names_the_evidence_by_reference(shipped: Ruleset) -> None:
    body = json.loads(decision_body(shipped, decided(shipped)))
    (found,) = [c for c in body["qualification"]["criteria"] if c["id"] == "appointment_request"]
    assert (found["truth"], found["evidence"]) == ("met", ["files:activities:a0"])


def test_equal_decisions_have_equal_bodies(shipped: Ruleset) -> None:
    one, other = (decision_body(shipped, decided(shipped)) for _ in range(2))
    assert one == other


@pytest.mark.parametrize("text", ["", "{}"])
def test_an_empty_memory_remembers_nothing(text: str) -> None:
    assert memory_from_json(text) == Memory()


def test_a_memory_of_an_earlier_version_is_read() -> None:
    text = json.dumps(
        dict.fromkeys(
            ("signature", "decision_id", "verdict", "pathway", "stage", "owner", "next_step")
        )
    )
    assert memory_from_json(text) == Memory()
