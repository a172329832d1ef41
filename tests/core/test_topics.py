"""Topics and channels of the first outreach: stated, written, and taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.leads import NOW, Row, contact_ref, make_lead, shipped_ruleset
from worker.config.sensitive import find_clinical_word
from worker.core.assignment import Roster
from worker.core.conditions import ActivityTest, FactTest, Operator
from worker.core.current import CurrentRecord
from worker.core.decide import Decision, decide
from worker.core.due import next_change_at
from worker.core.field_map import FieldWrite, Managed
from worker.core.hand_off import summarise
from worker.core.judgement import merge_lead
from worker.core.plan import plan_write
from worker.core.ruleset import Ruleset, compile_ruleset
from worker.core.topics import Topic

PATIENT = {
    "first_name": "Ada",
    "last_name": "Lind",
    "email": "ada.lind@harbormail.com",
    "phone": "(617) 555-0123",
    "zip": "02114",
    "lead_type": "Patient",
    "service_line": "Orthopedics",
    "lifecycle_stage": "Lead",
}
ASKED = ({"type": "appointment_request", "age": "3 days"},)


def with_topics(*topics: Topic, purpose: str = "care_coordination") -> Ruleset:
    """The shipped configuration with these topics, and a purpose for the patient policy."""
    configuration = shipped_ruleset().configuration
    policies = dict(configuration.policies)
    policies["patient"] = replace(policies["patient"], purpose=purpose)
    consent = replace(configuration.consent, topics=topics)
    return compile_ruleset(replace(configuration, consent=consent, policies=policies))


def topic(name: str, *purposes: str, condition: FactTest | ActivityTest | None = None) -> Topic:
    return Topic(
        id=name,
        purposes=frozenset(purposes or ("care_coordination",)),
        sentence=f"The {name}",
        condition=condition,
    )


def decided(ruleset: Ruleset, acts: Sequence[Mapping[str, str]] = ASKED, **values: str) -> Decision:
    lead = make_lead(ruleset, [Row(values={**PATIENT, **values})], acts)
    return decide(ruleset, lead, Roster(), NOW)


def plan(
    ruleset: Ruleset, decision: Decision, written: Mapping[str, str | None]
) -> Mapping[str, str | None]:
    """What is written to a record that shows ``written``, where the worker wrote it itself."""
    read = Row(values=PATIENT).read(ruleset).values
    current = CurrentRecord(values={**read, **written}, written=dict(written))
    plans = plan_write(ruleset, decision, {contact_ref(): current})
    return plans[0].changes if plans else {}


# Which topics are allowed


def test_topics_are_those_of_the_purpose_in_the_order_of_writing() -> None:
    ruleset = with_topics(
        topic("b"), topic("news", "marketing"), topic("a", "marketing"), topic("c")
    )
    assert decided(ruleset).judgement.topics == ("b", "c")


def test_a_policy_for_marketing_needs_consent_to_it() -> None:
    ruleset = with_topics(topic("visit"), topic("news", "marketing"), purpose="marketing")
    agreed = decided(ruleset, consent_email="yes")
    assert agreed.route is not None
    assert agreed.judgement.topics == ("news",)
    asked_only = decided(ruleset)
    assert asked_only.route is None
    assert asked_only.judgement.topics == ()


@pytest.mark.parametrize(
    ("language", "allowed"), [("English", True), ("Spanish", False), ("", False)]
)
def test_not_knowing_does_not_open_a_topic(language: str, allowed: bool) -> None:
    english = FactTest(fact="language", operator=Operator.IS, operand="en")
    decision = decided(with_topics(topic("visit", condition=english)), language=language)
    assert (decision.judgement.topics == ("visit",)) is allowed


def test_a_topic_that_closes_with_time_is_looked_at_again_then() -> None:
    lately = ActivityTest(kinds=frozenset(["appointment_request"]), within=timedelta(days=4))
    ruleset = with_topics(topic("visit", condition=lately))
    snapshot = make_lead(ruleset, [Row(values=PATIENT)], ASKED)
    decision = decide(ruleset, snapshot, Roster(), NOW)
    lead = merge_lead(ruleset, snapshot)
    at = next_change_at(ruleset, snapshot, lead, decision.judgement)
    assert at == NOW + timedelta(days=1)


def test_other_topics_are_another_decision() -> None:
    one, other = with_topics(topic("visit")), with_topics(topic("visit"), topic("call"))
    assert decided(one).memory.signature != decided(other).memory.signature


# In words


def test_the_summary_says_by_what_and_about_what_first(shipped: Ruleset) -> None:
    said = summarise(shipped, decided(shipped, opt_out_email="true"))
    assert said.startswith(
        "Contact by phone about booking a visit for the service asked about only."
        " No clinical results or advice. Wants: Orthopedics."
    )


def test_several_topics_and_channels_are_joined() -> None:
    ruleset = with_topics(topic("visit"), topic("papers"))
    said = summarise(ruleset, decided(ruleset))
    assert said.startswith("Contact by e-mail or phone about the visit or the papers only.")


def test_without_an_allowed_topic_the_summary_says_so() -> None:
    ruleset = with_topics(topic("news", "marketing"))
    said = summarise(ruleset, decided(ruleset))
    assert said.startswith("No topic is allowed yet for a contact by e-mail or phone.")


def test_who_configures_no_topics_is_told_the_purpose() -> None:
    ruleset = with_topics()
    said = summarise(ruleset, decided(ruleset))
    assert said.startswith("Contact by e-mail or phone about care coordination only.")


def test_a_short_field_keeps_what_may_be_said(shipped: Ruleset) -> None:
    configuration = shipped.configuration
    files = configuration.systems["files"]
    contacts, *rest = files.objects
    writes = tuple(
        replace(write, max_length=110) if write.managed is Managed.SUMMARY else write
        for write in contacts.writes
    )
    objects = (replace(contacts, writes=writes), *rest)
    systems = {"files": replace(files, objects=objects)}
    ruleset = compile_ruleset(replace(configuration, systems=systems))
    said = str(plan(ruleset, decided(ruleset), {})["hand_off_summary"])
    assert len(said) <= 110
    assert said.startswith(
        "Contact by e-mail or phone about booking a visit for the service asked about only. No clin"
    )


# In the CRM


def test_a_hand_off_writes_channels_and_topics(shipped: Ruleset) -> None:
    changes = plan(shipped, decided(shipped), {})
    assert changes["allowed_channels"] == "email;phone"
    assert changes["allowed_topics"] == "booking"


def test_nothing_is_allowed_where_nothing_is_handed_off(shipped: Ruleset) -> None:
    shown = {"allowed_channels": "email;phone", "allowed_topics": "booking"}
    changes = plan(shipped, decided(shipped, opt_out_all="true"), shown)
    assert changes["allowed_channels"] is None
    assert changes["allowed_topics"] is None


def test_a_permission_taken_back_is_written_by_itself(shipped: Ruleset) -> None:
    shown = plan(shipped, decided(shipped), {})
    assert plan(shipped, decided(shipped), shown) == {}
    changes = plan(shipped, decided(shipped, opt_out_phone="true"), shown)
    assert changes["allowed_channels"] == "email"


def test_a_permission_that_a_record_inherited_is_taken_back_where_people_own_the_stage(
    shipped: Ruleset,
) -> None:
    """A contact shows what the lead showed that became it, though nothing was written to it yet."""
    decision = decided(shipped, opt_out_phone="true", lifecycle_stage="Customer")
    read = Row(values=PATIENT).read(shipped).values
    values = {**read, "allowed_channels": "email;phone"}
    for written in ({}, {"allowed_channels": "email;phone"}):
        current = CurrentRecord(values=values, written=written)
        (planned,) = plan_write(shipped, decision, {contact_ref(): current})
        assert planned.changes == {"allowed_channels": "email"}


def test_a_permission_gained_waits_for_another_change(shipped: Ruleset) -> None:
    decision = decided(shipped)
    shown = {**plan(shipped, decision, {}), "allowed_channels": "email"}
    assert plan(shipped, decision, shown) == {}


def test_words_of_the_crm_are_written_and_what_has_none_is_left_out(shipped: Ruleset) -> None:
    configuration = shipped.configuration
    files = configuration.systems["files"]
    contacts, *rest = files.objects
    write = FieldWrite(
        managed=Managed.ALLOWED_CHANNELS,
        target="allowed_channels",
        values={"phone": "Call", "sms": "Text"},
        separator=", ",
    )
    writes = tuple(write if w.managed is write.managed else w for w in contacts.writes)
    objects = (replace(contacts, writes=writes), *rest)
    systems = {"files": replace(files, objects=objects)}
    ruleset = compile_ruleset(replace(configuration, systems=systems))
    decision = decided(ruleset, consent_sms="yes")
    assert plan(ruleset, decision, {})["allowed_channels"] == "Call, Text"


# Words that no topic may have


@pytest.mark.parametrize(
    ("sentence", "word"),
    [
        ("Your lab results", "lab"),
        ("Advice on what to do", "Advice"),
        ("The diagnosis", "diagnosis"),
        ("Booking a visit for the service asked about", None),
        ("The note you left us", None),
    ],
)
def test_clinical_words_are_found(sentence: str, word: str | None) -> None:
    assert find_clinical_word(sentence) == word
