"""The hand-off in words: as people call things, and no advice that cannot or may not be followed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.leads import NOW, Row, make_lead
from worker.config.catalog import build_titles
from worker.config.documents import CatalogDocument
from worker.core.assignment import Roster
from worker.core.decide import decide
from worker.core.hand_off import summarise
from worker.core.ruleset import Ruleset

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


def summary(
    ruleset: Ruleset,
    base: Mapping[str, str] = READY,
    acts: Sequence[Mapping[str, str]] = ASKED,
    **values: str,
) -> str:
    lead = make_lead(ruleset, [Row(values={**base, **values})], acts)
    return summarise(ruleset, decide(ruleset, lead, Roster(), NOW))


def test_what_the_catalogue_has_a_title_for_is_called_by_it(shipped: Ruleset) -> None:
    said = summary(shipped, payer="bcbs", channel="web form")
    assert (
        "Service: Women's health. Came by: Form on our site. Language: Spanish. Plan: Blue Cross."
        in said
    )


def test_documents_are_called_by_their_titles_present_or_missing(shipped: Ruleset) -> None:
    said = summary(shipped, PRACTICE, REFERRED)
    assert "Referral: Surgical consultation. Documents: Referral letter." in said
    assert "Still to collect: Insurance card, " in said


def test_a_wanted_date_that_has_passed_is_marked(shipped: Ruleset) -> None:
    assert "Wanted by: 2026-05-03 (has passed)." in summary(shipped, wanted_date="2026-05-03")


def test_a_wanted_date_of_today_has_not_passed(shipped: Ruleset) -> None:
    assert "Wanted by: 2026-05-04." in summary(shipped, wanted_date="2026-05-04")


def test_a_preferred_channel_that_is_closed_is_marked(shipped: Ruleset) -> None:
    said = summary(shipped, preferred_contact="phone", opt_out_phone="true")
    assert "Prefers: phone (not permitted)." in said
    assert said.startswith("Contact by e-mail about booking a visit")


def test_a_preferred_channel_by_another_word_is_marked_too(shipped: Ruleset) -> None:
    assert "Prefers: sms (not permitted)." in summary(shipped, preferred_contact="Text")


def test_words_that_no_list_knows_are_never_handed_on(shipped: Ruleset) -> None:
    said = summary(shipped, preferred_contact="call my wife Ann on 617 555 0100")
    assert "wife" not in said


def test_a_preferred_channel_that_is_open_is_not_marked(shipped: Ruleset) -> None:
    assert "Prefers: email." in summary(shipped, preferred_contact="email")


def test_an_id_that_two_lists_call_differently_has_no_title() -> None:
    catalog = CatalogDocument.model_validate(
        {
            "areas": {},
            "programs": {"one": {"title": "One"}, "two": {"title": "Two"}},
            "services": {"one": {"title": "Another"}, "two": {"title": "Two"}},
        }
    )
    assert build_titles(catalog) == {"two": "Two"}
