"""The write plan: only differences, only fields we see, and nothing over people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.leads import NOW, Row, contact_ref, make_lead
from worker.core.assignment import Roster
from worker.core.closing import close_channels
from worker.core.current import CurrentRecord
from worker.core.decide import Decision, decide
from worker.core.field_map import Managed
from worker.core.judgement import LeadSnapshot
from worker.core.plan import RecordPlan, plan_write
from worker.core.ruleset import Ruleset, compile_ruleset

READY = {
    "first_name": "Ada",
    "last_name": "Lind",
    "email": "ada.lind@harbormail.com",
    "zip": "02114",
    "lead_type": "Patient",
    "service_line": "Orthopedics",
    "lifecycle_stage": "Lead",
}
ASKED = ({"type": "appointment_request", "age": "3 days"},)


def lead_of(ruleset: Ruleset, **values: str) -> LeadSnapshot:
    return make_lead(ruleset, [Row(values={**READY, **values})], ASKED)


def record(
    ruleset: Ruleset,
    values: Mapping[str, str | None],
    *,
    written: Mapping[str, str | None] | None = None,
    hidden: frozenset[str] = frozenset(),
) -> CurrentRecord:
    read = Row(values={**READY}, hidden=hidden).read(ruleset).values
    return CurrentRecord(values={**read, **values}, written=written or {})


def plan(ruleset: Ruleset, decision: Decision, current: CurrentRecord) -> RecordPlan | None:
    plans = plan_write(ruleset, decision, {contact_ref(): current})
    return plans[0] if plans else None


def test_a_hand_off_writes_stage_owner_reasons_and_next_step(shipped: Ruleset) -> None:
    decision = decide(shipped, lead_of(shipped), Roster(), NOW)
    found = plan(shipped, decision, record(shipped, {}))
    assert found is not None
    assert found.changes["lifecycle_stage"] == "Marketing Qualified"
    assert found.changes["owner_id"] == "own-102"
    assert found.changes["pathway"] == "patient"
    assert found.changes["next_step"] == "Contact the person and book the appointment."
    assert str(found.changes["reason_codes"]).startswith("INTENT_APPOINTMENT_REQUEST;")
    assert len(str(found.changes["reason_codes"]).split(";")) == 8


def test_what_the_crm_already_says_is_not_written(shipped: Ruleset) -> None:
    decision = decide(shipped, lead_of(shipped), Roster(), NOW)
    first = plan(shipped, decision, record(shipped, {}))
    assert first is not None
    assert plan(shipped, decision, record(shipped, first.changes)) is None


def test_followers_alone_cause_no_write(shipped: Ruleset) -> None:
    decision = decide(shipped, lead_of(shipped), Roster(), NOW)
    first = plan(shipped, decision, record(shipped, {}))
    assert first is not None
    faded = {**first.changes, "score_total": "99", "decided_at": "2026-01-01"}
    assert plan(shipped, decision, record(shipped, faded)) is None


def test_followers_go_along_with_a_leading_change(shipped: Ruleset) -> None:
    decision = decide(shipped, lead_of(shipped), Roster(), NOW)
    first = plan(shipped, decision, record(shipped, {}))
    assert first is not None
    stale = {**first.changes, "score_total": "99", "next_step": "Something else."}
    found = plan(shipped, decision, record(shipped, stale))
    assert found is not None
    assert set(found.changes) == {"score_total", "next_step"}


def test_a_field_that_is_not_visible_is_not_written(shipped: Ruleset) -> None:
    decision = decide(shipped, lead_of(shipped), Roster(), NOW)
    found = plan(shipped, decision, record(shipped, {}, hidden=frozenset({"owner_id"})))
    assert found is not None
    assert "owner_id" not in found.changes
    assert "owner_id" not in found.expected


def test_the_values_decided_on_are_expected_with_stage_and_owner(shipped: Ruleset) -> None:
    decision = decide(shipped, lead_of(shipped), Roster(), NOW)
    found = plan(shipped, decision, record(shipped, {"next_step": "Old."}))
    assert found is not None
    assert found.expected["lifecycle_stage"] == "Lead"
    assert found.expected["next_step"] == "Old."
    assert set(found.changes) <= set(found.expected)


def test_a_stage_of_people_leaves_the_whole_record_alone(shipped: Ruleset) -> None:
    lead = lead_of(shipped, lifecycle_stage="Customer")
    decision = decide(shipped, lead, Roster(), NOW)
    assert plan(shipped, decision, record(shipped, {"lifecycle_stage": "Customer"})) is None


def _confirmed(shipped: Ruleset) -> tuple[Decision, RecordPlan]:
    """A decision written an hour ago and confirmed now, with what was written."""
    first = decide(shipped, lead_of(shipped), Roster(), NOW - timedelta(hours=1))
    written = plan(shipped, first, record(shipped, {}))
    assert written is not None
    lead = lead_of(shipped, lifecycle_stage="Marketing Qualified", owner_id="own-102")
    again = decide(shipped, replace(lead, memory=first.memory), Roster(), NOW)
    return again, written


def test_a_confirmed_decision_keeps_its_id_and_its_due_time(shipped: Ruleset) -> None:
    again, written = _confirmed(shipped)
    assert (again.is_new, again.id) == (False, written.changes["decision_id"])
    assert again.route is not None
    assert again.route.due_at.isoformat(timespec="seconds") == written.changes["next_step_due_at"]


def test_an_edit_of_a_person_stands_while_the_decision_stands(shipped: Ruleset) -> None:
    again, written = _confirmed(shipped)
    edited = {**written.changes, "next_step": "I called her already."}
    assert plan(shipped, again, record(shipped, edited, written=written.changes)) is None


def test_a_lead_taken_out_loses_its_next_step(shipped: Ruleset) -> None:
    again, written = _confirmed(shipped)
    lead = lead_of(shipped, lifecycle_stage="Marketing Qualified", not_now="true")
    later = decide(shipped, replace(lead, memory=again.memory), Roster(), NOW + timedelta(days=8))
    found = plan(shipped, later, record(shipped, written.changes, written=written.changes))
    assert found is not None
    assert found.changes["lifecycle_stage"] == "Nurture"
    assert found.changes["next_step"] is None
    assert "owner_id" not in found.changes


def _taking_back(shipped: Ruleset) -> Ruleset:
    """The shipped configuration, where an owner goes with the hand-off."""
    configuration = shipped.configuration
    files = configuration.systems["files"]
    contacts, *others = files.objects
    writes = tuple(
        replace(write, clears_owner=write.managed is Managed.OWNER) for write in contacts.writes
    )
    objects = (replace(contacts, writes=writes), *others)
    systems = {"files": replace(files, objects=objects)}
    return compile_ruleset(replace(configuration, systems=systems))


def test_our_owner_is_taken_off_a_lead_that_is_taken_back_where_the_map_says_so(
    shipped: Ruleset,
) -> None:
    again, written = _confirmed(shipped)
    ruleset = _taking_back(shipped)
    lead = lead_of(shipped, lifecycle_stage="Marketing Qualified", not_now="true")
    later = decide(ruleset, replace(lead, memory=again.memory), Roster(), NOW + timedelta(days=8))
    found = plan(ruleset, later, record(shipped, written.changes, written=written.changes))
    assert found is not None
    assert found.changes["owner_id"] is None
    theirs = {**written.changes, "owner_id": "own-777"}
    found = plan(ruleset, later, record(shipped, theirs, written=written.changes))
    assert found is not None
    assert "owner_id" not in found.changes


def test_words_the_crm_does_not_list_are_left_out_of_the_plan_and_named(shipped: Ruleset) -> None:
    decision = decide(shipped, lead_of(shipped), Roster(), NOW)
    known = frozenset(decision.reasons) - {"INTENT_APPOINTMENT_REQUEST"}
    current = {contact_ref(): record(shipped, {})}
    options = {("files", "contacts", "reason_codes"): known}
    (found,) = plan_write(shipped, decision, current, options=options)
    assert "INTENT_APPOINTMENT_REQUEST" not in str(found.changes["reason_codes"])
    assert found.unlisted == {"reason_codes": ("INTENT_APPOINTMENT_REQUEST",)}


SHOWN = "email;phone"
TEXT = "Contact by e-mail or phone about care only."


@pytest.mark.parametrize(
    ("values", "written", "found"),
    [
        pytest.param({"allowed_channels": SHOWN}, {"allowed_channels": SHOWN}, None, id="ours"),
        pytest.param({"allowed_channels": SHOWN}, {}, None, id="that came with the record"),
        pytest.param(
            {"allowed_channels": SHOWN}, {"allowed_channels": "email"}, "phone", id="a person's"
        ),
        pytest.param({"allowed_channels": ""}, {}, "", id="nothing is shown"),
    ],
)
def test_of_what_a_person_put_there_only_what_somebody_closed_is_taken_back(
    shipped: Ruleset, values: dict[str, str], written: dict[str, str], found: str | None
) -> None:
    """The lead has no phone: nobody closed it, and there is no evidence for it."""
    changes = closed(shipped, values, written)
    assert changes == ({} if found == "" else {"allowed_channels": found})


@pytest.mark.parametrize(
    ("text", "written", "said"),
    [
        (TEXT, TEXT, "E-mail, phone (not permitted). Contact by no channel about care only."),
        (TEXT, None, "E-mail, phone (not permitted). Contact by no channel about care only."),
        (TEXT, "Another.", None),
        ("", None, None),
        (
            TEXT + "x" * 991,
            None,
            "E-mail, phone (not permitted). Contact by no channel about care…",
        ),
    ],
    ids=["ours", "came with the record", "a person's", "empty", "cut"],
)
def test_texts_that_we_wrote_say_what_is_permitted_no_more(
    shipped: Ruleset, text: str, written: str | None, said: str | None
) -> None:
    values = {"allowed_channels": SHOWN, "hand_off_summary": text}
    known = {} if written is None else {"hand_off_summary": written}
    assert closed(shipped, values, known).get("hand_off_summary") == said


def test_a_channel_that_stays_is_named_as_before(shipped: Ruleset) -> None:
    values = {"allowed_channels": SHOWN, "hand_off_summary": TEXT}
    found = closed(shipped, values, {"allowed_channels": "email"})
    said = "E-mail (not permitted). Contact by phone about care only."
    assert found == {"allowed_channels": "phone", "hand_off_summary": said}


def test_without_a_pathway_nothing_is_known_of_evidence(shipped: Ruleset) -> None:
    shown = {"allowed_channels": SHOWN}
    nobody_knows = {"lead_type": "", "service_line": ""}
    assert closed(shipped, shown, shown, (), **nobody_knows) == {"allowed_channels": "phone"}


def closed(
    shipped: Ruleset,
    values: Mapping[str, str],
    written: Mapping[str, str],
    actions: Sequence[Mapping[str, str]] = ASKED,
    **lead: str,
) -> dict[str, str | None]:
    """What closes on a record of a lead of people who opted out of e-mail."""
    said = {**READY, "lifecycle_stage": "Opportunity", "opt_out_email": "true", **lead}
    people = make_lead(shipped, [Row(values=said)], actions)
    decision = decide(shipped, people, Roster(), NOW)
    object_map = shipped.configuration.systems["files"].find_object("contacts")
    assert object_map is not None
    current = record(shipped, values, written=written)
    return close_channels(shipped, object_map, current, decision)
