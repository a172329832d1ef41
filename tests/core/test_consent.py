"""Consent fails closed: no evidence, an opt-out, or an opt-out we cannot see, and the channel is shut."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.leads import NOW
from worker.core.case import make_case
from worker.core.conditions import ActivityTest, FactTest, Operator
from worker.core.consent import (
    ChannelPermission,
    ChannelRule,
    ConsentPolicy,
    compile_consent,
)
from worker.core.consent_evidence import ConsentEvidence
from worker.core.model import Activity, ContactChannel, FactValue, Strength

ASKED = ConsentEvidence(
    id="asked_us",
    purposes=frozenset({"care"}),
    condition=ActivityTest(kinds=frozenset({"inbound_call"}), within=timedelta(days=90)),
)
AGREED = ConsentEvidence(
    id="agreed",
    condition=FactTest(fact="consent_email", operator=Operator.IS, operand=True),
    proof="consent_proof",
)
POLICY = ConsentPolicy(
    purposes=("care", "marketing"),
    channels=(
        ChannelRule(
            channel=ContactChannel.EMAIL,
            addresses=("email",),
            opt_outs=("opt_out_all", "opt_out_email"),
            evidence=(AGREED, ASKED),
        ),
    ),
)
MAPPED = frozenset({"email", "opt_out_all", "opt_out_email", "consent_email"})
CALL = Activity(ref="c", kind="inbound_call", at=NOW - timedelta(days=1), strength=Strength.STRONG)
REACHABLE: dict[str, FactValue] = {"email": "a@x.com", "consent_email": True}


def permit(
    facts: dict[str, FactValue],
    *,
    purpose: str = "care",
    unseen: frozenset[str] = frozenset(),
    mapped: frozenset[str] = MAPPED,
    activities: tuple[Activity, ...] = (),
    policy: ConsentPolicy = POLICY,
) -> ChannelPermission:
    case = make_case(facts, activities, NOW, ZoneInfo("UTC"))
    (permission,) = compile_consent(policy, mapped)(case, purpose, unseen)
    return permission


def test_agreement_opens_a_channel_and_names_its_proof() -> None:
    found = permit({**REACHABLE, "consent_proof": "form 7"})
    assert (found.is_allowed, found.reason) == (True, "CONSENT_EMAIL_GRANTED")
    assert (found.evidence, found.proof) == ("agreed", "form 7")


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"email": "a@x.com"}, "MISSING"),
        ({"email": "a@x.com", "consent_email": False}, "MISSING"),
        ({"consent_email": True}, "NO_ADDRESS"),
        ({**REACHABLE, "opt_out_email": True}, "OPTED_OUT"),
        ({**REACHABLE, "opt_out_all": True}, "OPTED_OUT"),
        ({"opt_out_all": True}, "OPTED_OUT"),
    ],
)
def test_a_closed_channel_says_why(facts: dict[str, FactValue], reason: str) -> None:
    found = permit(facts)
    assert (found.is_allowed, found.reason) == (False, f"CONSENT_EMAIL_{reason}")


def test_an_opt_out_of_false_closes_nothing() -> None:
    assert permit({**REACHABLE, "opt_out_all": False}).is_allowed


def test_an_opt_out_beats_an_action_of_today() -> None:
    assert not permit({"email": "a@x.com", "opt_out_email": True}, activities=(CALL,)).is_allowed


@pytest.mark.parametrize("fact", ["opt_out_all", "opt_out_email"])
def test_an_opt_out_we_cannot_see_closes_the_channel(fact: str) -> None:
    assert permit(REACHABLE, unseen=frozenset({fact})).reason == "CONSENT_EMAIL_UNSEEN"


def test_a_channel_without_any_mapped_opt_out_is_unseen() -> None:
    assert permit(REACHABLE, mapped=frozenset({"email"})).reason == "CONSENT_EMAIL_UNSEEN"


def test_one_mapped_opt_out_is_enough_to_look_at() -> None:
    assert permit(REACHABLE, mapped=frozenset({"opt_out_all"})).is_allowed


REFUSABLE = replace(POLICY, channels=(replace(POLICY.channels[0], refused_by=("consent_email",)),))


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"consent_email": False}, "REFUSED"),
        ({"email": "a@x.com", "consent_email": False}, "REFUSED"),
        ({"email": "a@x.com", "consent_email": False, "opt_out_all": True}, "OPTED_OUT"),
        ({"email": "a@x.com", "consent_email": True}, "GRANTED"),
        ({"email": "a@x.com"}, "GRANTED"),
    ],
)
def test_an_explicit_no_beats_an_action_of_today(facts: dict[str, FactValue], reason: str) -> None:
    found = permit(facts, policy=REFUSABLE, activities=(CALL,))
    assert (found.is_allowed, found.reason) == (reason == "GRANTED", f"CONSENT_EMAIL_{reason}")


def test_an_opt_out_we_cannot_see_is_told_before_a_no() -> None:
    facts: dict[str, FactValue] = {"email": "a@x.com", "consent_email": False}
    found = permit(facts, policy=REFUSABLE, unseen=frozenset({"opt_out_all"}))
    assert found.reason == "CONSENT_EMAIL_UNSEEN"


def test_a_consent_field_we_cannot_see_refuses_nothing() -> None:
    found = permit(
        {"email": "a@x.com"},
        policy=REFUSABLE,
        unseen=frozenset({"consent_email"}),
        activities=(CALL,),
    )
    assert found.is_allowed


@pytest.mark.parametrize(("purpose", "is_allowed"), [("care", True), ("marketing", False)])
def test_an_action_is_evidence_for_its_purposes_only(purpose: str, is_allowed: bool) -> None:
    found = permit({"email": "a@x.com"}, purpose=purpose, activities=(CALL,))
    assert found.is_allowed is is_allowed
