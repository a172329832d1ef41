"""The hand-off in words: as people call things, and no advice that cannot or may not be followed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from tests.leads import NOW, Row, make_lead
from worker.config.catalog import build_titles
from worker.config.documents import CatalogDocument
from worker.core.assignment import Roster
from worker.core.closing import say_instead
from worker.core.decide import decide
from worker.core.hand_off import say_next_step, summarise
from worker.core.model import ContactChannel
from worker.core.ruleset import Ruleset, compile_ruleset

READY = {
    "first_name": "Ada",
    "last_name": "Lind",
    "email": "ada.lind@harbormail.com",
    "phone": "(617) 555-0123",
    "zip": "02114",
    "lead_type": "Patient",
    "service_line": "obgyn",
    "language": "Spanish",
    "lifecycle_stage": "Lead",
}
ASKED = ({"type": "appointment_request", "age": "3 days"},)
PRACTICE = {
    "first_name": "Noor",
    "last_name": "Haas",
    "email": "noor@elmstreetpractice.com",
    "phone": "(508) 555-0144",
    "organization": "Elm Street Practice",
    "zip": "01608",
    "lead_type": "Referral",
    "referral_category": "Surgery",
    "documents": "letter",
    "lifecycle_stage": "Lead",
}
REFERRED = ({"type": "referral_form", "age": "3 days"},)
EMPLOYER = {
    "first_name": "Ann",
    "last_name": "Berg",
    "email": "ann.berg@northmills.com",
    "lead_type": "Business",
    "role": "HR director",
    "organization": "North Mills",
    "organization_type": "Employer",
    "organization_size": "1200",
    "program": "wellness",
    "procurement_timing": "Next quarter",
    "channel": "webinar",
    "preferred_contact": "Phone",
    "lifecycle_stage": "Lead",
}
DEMONSTRATION = ({"type": "demo_request", "age": "2 days"},)


def summary(
    ruleset: Ruleset,
    base: Mapping[str, str] = READY,
    acts: Sequence[Mapping[str, str]] = ASKED,
    **values: str,
) -> str:
    lead = make_lead(ruleset, [Row(values={**base, **values})], acts)
    return summarise(ruleset, decide(ruleset, lead, Roster(), NOW), line_break="\n")


# Whole texts, as they stand in the CRM


def test_the_whole_text_of_a_patient(shipped: Ruleset) -> None:
    said = summary(
        shipped,
        site="Boston main campus",
        wanted_date="2026-05-12",
        channel="web form",
        preferred_contact="Phone",
        payer="bcbs",
    )
    assert said.split("\n") == [
        (
            "Contact by e-mail or phone about booking a visit for the service asked about only."
            " No clinical results or advice."
        ),
        "Wants: Women's health at Boston main campus, by 12 May 2026.",
        "Next step: Talk through the options, then book. Due Tue 5 May 2026 10:00 EDT.",
        "Prefers: phone. Language: Spanish. Plan: Blue Cross.",
        "Last action: asked for an appointment, 1 May 2026. Came by: Form on our site.",
        "Why: Asked for an appointment. Wants to begin soon. Asks for a service line we offer.",
    ]


def test_the_whole_text_of_a_referral(shipped: Ruleset) -> None:
    assert summary(shipped, PRACTICE, REFERRED).split("\n") == [
        (
            "Contact by e-mail or phone about which service is wanted or the referral sent to us and"
            " the papers still missing only. No clinical results or advice."
        ),
        "Referral: Surgical consultation.",
        "Documents here: Referral letter.",
        (
            "Still to collect: Insurance card, service line, wanted date, how they found us,"
            " preferred way of contact."
        ),
        (
            "Next step: Confirm receipt, collect missing documents and start intake."
            " Due Mon 4 May 2026 15:00 EDT."
        ),
        "Last action: submitted a referral, 1 May 2026.",
        (
            "Why: Submitted a referral. The referring practice is identified."
            " The referral reason category is given."
        ),
    ]


def test_the_whole_text_of_an_organisation(shipped: Ruleset) -> None:
    assert summary(shipped, EMPLOYER, DEMONSTRATION).split("\n") == [
        (
            "Contact by e-mail about the program of interest or the demonstration or prices asked for"
            " only. No clinical results or advice."
        ),
        "Program: Employer wellness, procurement next quarter.",
        "Organisation: Employer. Size: 1,200 people.",
        "Next step: Arrange a first conversation about the program. Due Tue 5 May 2026 10:30 EDT.",
        (
            "Last action: asked for a demonstration, 2 May 2026. Prefers: phone (not permitted)."
            " Came by: Targeted webinar."
        ),
        (
            "Why: Asked for a demonstration or prices. Has stated when a purchase is planned."
            " Has a role in the decision."
        ),
    ]


# What the lines say, and what they leave out


def test_what_is_required_is_asked_for_first(shipped: Ruleset) -> None:
    said = summary(shipped, READY, site="Boston main campus")
    assert "\nStill to collect: wanted date, how they found us," in said


def test_a_wanted_date_that_has_passed_is_marked(shipped: Ruleset) -> None:
    assert "by 3 May 2026 (has passed)." in summary(shipped, wanted_date="2026-05-03")


def test_a_wanted_date_of_today_has_not_passed(shipped: Ruleset) -> None:
    assert "by 4 May 2026.\n" in summary(shipped, wanted_date="2026-05-04")


def test_a_preferred_channel_that_is_closed_is_marked(shipped: Ruleset) -> None:
    said = summary(shipped, preferred_contact="phone", opt_out_phone="true")
    assert "Prefers: phone (not permitted)." in said
    assert said.startswith("Contact by e-mail about booking a visit")


def test_a_preferred_channel_by_another_word_is_marked_too(shipped: Ruleset) -> None:
    assert "Prefers: text message (not permitted)." in summary(shipped, preferred_contact="Text")


def test_words_that_no_list_knows_are_never_handed_on(shipped: Ruleset) -> None:
    said = summary(shipped, preferred_contact="call my wife Ann on 617 555 0100")
    assert "wife" not in said


def test_a_preferred_channel_that_is_open_is_not_marked(shipped: Ruleset) -> None:
    assert "Prefers: e-mail. " in summary(shipped, preferred_contact="email")


def test_a_due_time_is_told_in_the_zone_of_the_calendar_that_counted_it(shipped: Ruleset) -> None:
    """The organisation is in New York; there it is 11:00, and in Denver 9:00, eight hours of work left."""
    routing = shipped.configuration.routing
    team = routing.teams["care_navigation"]
    calendar = replace(team.calendar, time_zone=ZoneInfo("America/Denver"))
    teams = {**routing.teams, "care_navigation": replace(team, calendar=calendar)}
    configuration = replace(shipped.configuration, routing=replace(routing, teams=teams))
    assert "Due Mon 4 May 2026 17:00 MDT." in summary(compile_ruleset(configuration))


def test_an_id_that_two_lists_call_differently_has_no_title() -> None:
    catalog = CatalogDocument.model_validate(
        {
            "areas": {},
            "programs": {"one": {"title": "One"}, "two": {"title": "Two"}},
            "services": {"one": {"title": "Another"}, "two": {"title": "Two"}},
        }
    )
    assert build_titles(catalog) == {"two": "Two"}


# Next steps by channel


def _calling_first(ruleset: Ruleset) -> Ruleset:
    """The shipped configuration, where care navigation has words for two channels."""
    routing = ruleset.configuration.routing
    step = replace(
        routing.next_steps["navigate_care"],
        sentence="Talk through the options[ of {service_line}].",
        when_allowed=(
            (ContactChannel.PHONE, "Call[ about {service_line}]."),
            (ContactChannel.EMAIL, "Write[, and ask for {documents_missing}]."),
        ),
    )
    steps = {**routing.next_steps, step.id: step}
    routing = replace(
        routing,
        next_steps=steps,
    )
    return compile_ruleset(replace(ruleset.configuration, routing=routing))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, "Call about Women's health."),
        ({"preferred_contact": "E-mail"}, "Write."),
        ({"preferred_contact": "SMS"}, "Call about Women's health."),
        ({"opt_out_phone": "true"}, "Write."),
        ({"opt_out_phone": "true", "preferred_contact": "Phone"}, "Write."),
    ],
)
def test_a_next_step_is_said_by_a_channel_that_is_allowed(
    shipped: Ruleset, values: Mapping[str, str], said: str
) -> None:
    ruleset = _calling_first(shipped)
    lead = make_lead(ruleset, [Row(values={**READY, **values})], ASKED)
    decision = decide(ruleset, lead, Roster(), NOW)
    assert say_next_step(ruleset, decision) == said
    assert f"Next step: {said} Due" in summarise(ruleset, decision)


def test_a_next_step_without_words_for_an_open_channel_is_said_as_usual(shipped: Ruleset) -> None:
    ruleset = _calling_first(shipped)
    values = {**READY, "opt_out_phone": "true", "opt_out_email": "true", "consent_sms": "true"}
    decision = decide(ruleset, make_lead(ruleset, [Row(values=values)], ASKED), Roster(), NOW)
    assert say_next_step(ruleset, decision) == "Talk through the options of Women's health."


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("mail", "no channel", "E-mail (not permitted). Contact by no channel, by mail only."),
        ("by mail", "by fax", "E-mail (not permitted). Contact by fax, by mail only."),
        ("phone", "mail", "E-mail (not permitted). Contact by mail, by mail only."),
    ],
)
def test_a_channel_is_replaced_where_it_is_a_word_of_its_own(
    before: str, after: str, said: str
) -> None:
    """An organisation may call a letter mail."""
    text = "E-mail (not permitted). Contact by mail, by mail only."
    assert say_instead(text, before, after) == said
