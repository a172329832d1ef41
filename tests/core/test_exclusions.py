"""Which actions count for nothing, by which rule, and that a rule is applied when a case is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest

from tests.leads import NOW, Row, make_lead, shipped_ruleset
from worker.core.assignment import Roster
from worker.core.case import Case, make_case
from worker.core.decide import Decision, decide
from worker.core.exclusions import NO_EXCLUSIONS, Burst, Exclusions, PassedOver
from worker.core.model import Activity, Strength
from worker.core.ruleset import Ruleset, compile_ruleset

SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
SCANNER = Burst(
    id="scanner", kinds=frozenset({"email_open", "email_click"}), more_than=2, within=MINUTE
)


def act(
    ref: str,
    at: datetime = NOW - DAY,
    kind: str = "email_open",
    source: str | None = None,
    line: str | None = None,
) -> Activity:
    return Activity(
        ref=ref, kind=kind, at=at, strength=Strength.WEAK, source=source, service_line=line
    )


def case_of(activities: Sequence[Activity], exclusions: Exclusions = NO_EXCLUSIONS) -> Case:
    return make_case({}, activities, NOW, ZoneInfo("UTC"), exclusions=exclusions)


def counted(case: Case) -> set[str]:
    return {activity.ref for activity in case.activities}


def bursting(*seconds: float) -> Case:
    happened = [act(f"a:{n}", NOW - DAY + SECOND * at) for n, at in enumerate(seconds)]
    return case_of(happened, Exclusions(bursts=(SCANNER,)))


@pytest.mark.parametrize(
    ("seconds", "left"),
    [
        pytest.param((0, 1), {"a:0", "a:1"}, id="as many as a person may"),
        pytest.param((0, 1, 2), set(), id="one more"),
        pytest.param((0, 30, 60), set(), id="just within a minute"),
        pytest.param((0, 30, 60.001), {"a:0", "a:1", "a:2"}, id="just over a minute"),
        pytest.param((0, 30, 60, 90, 300), {"a:4"}, id="a chain, and one by itself"),
    ],
)
def test_a_burst_counts_for_nothing(seconds: tuple[float, ...], left: set[str]) -> None:
    case = bursting(*seconds)
    assert counted(case) == left
    assert {passed.rule for passed in case.passed_over} <= {"burst:scanner"}
    assert len(case.passed_over) == len(seconds) - len(left)


def test_a_burst_is_one_of_the_kinds_it_names() -> None:
    happened = [act("a:0"), act("a:1", kind="email_click"), act("a:2", kind="inbound_call")]
    assert counted(case_of(happened, Exclusions(bursts=(SCANNER,)))) == {"a:0", "a:1", "a:2"}


def test_what_is_still_to_come_makes_no_burst_yet() -> None:
    happened = [act("a:0", NOW), act("a:1", NOW - SECOND), act("a:2", NOW + SECOND)]
    assert counted(case_of(happened, Exclusions(bursts=(SCANNER,)))) == {"a:0", "a:1"}


def test_an_action_that_two_systems_logged_counts_once() -> None:
    at = NOW - DAY
    case = case_of([act("b:1", at + timedelta(milliseconds=730)), act("a:9", at)])
    assert counted(case) == {"a:9"}
    assert case.passed_over == (PassedOver("b:1", "logged_twice"),)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(act("a:2"), id="the same system logs two actions"),
        pytest.param(act("b:2", kind="email_click"), id="another kind"),
        pytest.param(act("b:2", NOW - DAY + SECOND), id="a second later"),
    ],
)
def test_what_may_be_another_action_counts(other: Activity) -> None:
    assert counted(case_of([act("a:1"), other])) == {"a:1", other.ref}


def test_of_two_logs_the_one_that_names_the_line_is_kept() -> None:
    assert counted(case_of([act("a:1"), act("b:1", line="cardiology")])) == {"b:1"}


def test_two_lines_are_two_actions() -> None:
    both = [act("a:1", line="orthopedics"), act("b:1", line="cardiology")]
    assert counted(case_of(both)) == {"a:1", "b:1"}


def test_a_robot_is_known_by_its_source() -> None:
    happened = [act("a:1", source="Monitoring"), act("a:2", source="website"), act("a:3")]
    case = case_of(happened, Exclusions(sources=frozenset({"monitoring"})))
    assert counted(case) == {"a:2", "a:3"}
    assert case.passed_over == (PassedOver("a:1", "source:monitoring"),)


def test_what_the_crm_calls_automated_is_named_so() -> None:
    case = case_of([msgspec.structs.replace(act("a:1"), is_excluded=True)])
    assert case.passed_over == (PassedOver("a:1", "automated"),)


# Through the shipped configuration

PATIENT = {
    "first_name": "Ada",
    "last_name": "Lind",
    "email": "ada.lind@harbormail.com",
    "zip": "02114",
    "lead_type": "Patient",
    "service_line": "Orthopedics",
    "consent_email": "yes",
    "lifecycle_stage": "Lead",
}
REQUEST = {"type": "appointment_request", "age": "1 day"}


def decided(
    ruleset: Ruleset, activities: Sequence[Mapping[str, str]] = (REQUEST,), **values: str
) -> Decision:
    lead = make_lead(ruleset, [Row(values={**PATIENT, **values})], activities)
    return decide(ruleset, lead, Roster(), NOW)


@pytest.mark.parametrize("domain", ["example-health.org", "clinic.example-health.org"])
def test_a_staff_address_makes_a_test_record(domain: str, shipped: Ruleset) -> None:
    decision = decided(shipped, email=f"ada@{domain}", is_test="false")
    assert decision.reasons[0] == "DISQUALIFIED_TEST_RECORD"
    assert decision.lead.derived["is_test"] == "staff_domains"
    assert [p.rule for p in decision.judgement.case.passed_over] == ["staff_domains"]


@pytest.mark.parametrize("domain", ["notexample-health.org", "example-health.org.uk", "health.org"])
def test_an_address_that_only_looks_alike_does_not(domain: str, shipped: Ruleset) -> None:
    decision = decided(shipped, email=f"ada@{domain}")
    assert "is_test" not in decision.lead.facts
    assert decision.judgement.case.passed_over == ()


def test_one_staff_record_of_a_person_is_enough(shipped: Ruleset) -> None:
    private = Row(values={**PATIENT, "hubspot_id": "77"})
    work = Row(values={"email": "ada@example-health.org"}, number="2")
    decision = decide(shipped, make_lead(shipped, [work, private], (REQUEST,)), Roster(), NOW)
    assert decision.lead.facts["is_test"] is True


def test_a_changed_rule_holds_for_what_is_stored_already() -> None:
    configuration = shipped_ruleset().configuration
    stricter = replace(
        configuration.exclusions, domains={"harbormail.com": "test_domains"}, bursts=()
    )
    ruleset = compile_ruleset(replace(configuration, exclusions=stricter))
    lead = make_lead(shipped_ruleset(), [Row(values=PATIENT)], (REQUEST,))
    assert decide(shipped_ruleset(), lead, Roster(), NOW).lead.facts.get("is_test") is None
    assert decide(ruleset, lead, Roster(), NOW).lead.facts["is_test"] is True


OPENED = {"type": "email_open", "age": "3 days"}
REPLIED = {"type": "email_reply", "age": "3 days"}


def passed(decision: Decision) -> list[str]:
    return [found.rule for found in decision.judgement.case.passed_over]


def test_an_open_counts_where_outreach_is_agreed_to(shipped: Ruleset) -> None:
    assert passed(decided(shipped, [OPENED])) == []


@pytest.mark.parametrize(
    "values", [{"consent_email": ""}, {"consent_email": "no"}, {"opt_out_email": "true"}]
)
def test_an_open_counts_for_nothing_without_it(values: dict[str, str], shipped: Ruleset) -> None:
    decision = decided(shipped, [OPENED, REPLIED], phone="(617) 555-0123", **values)
    assert passed(decision) == ["no_consent:email"]
    assert [a.kind for a in decision.judgement.case.activities] == ["email_reply"]


@pytest.mark.parametrize(
    ("consent_at", "rules"),
    [
        pytest.param("2026-05-01T15:00:00Z", [], id="opened at the very instant"),
        pytest.param("2026-05-01T15:00:01Z", ["before_consent:email"], id="a second before"),
    ],
)
def test_an_open_counts_from_the_agreement_on(
    consent_at: str, rules: list[str], shipped: Ruleset
) -> None:
    assert passed(decided(shipped, [OPENED], consent_at=consent_at)) == rules


def test_a_reply_is_evidence_that_we_may_answer_but_not_advertise(shipped: Ruleset) -> None:
    """Consent is settled first; the reply is evidence for care, and the open still counts not."""
    decision = decided(shipped, [OPENED, REPLIED], consent_email="")
    allowed = {p.channel for p in decision.judgement.permissions if p.is_allowed}
    assert allowed == {"email"}
    assert passed(decision) == ["no_consent:email"]
