"""``explain`` finds a lead by any of its names, and tells the truth about it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.command import Ended, run
from tests.support.organisation import NOW, Organisation, read_table, write_table
from worker.errors import ExitCode
from worker.sample.columns import OWNER_COLUMNS


def explained(organisation: Organisation, name: str, *more: str) -> Ended:
    return run("explain", name, *more, config=organisation.folder)


def test_the_decision_written_to_the_crm_names_the_lead(synced: Organisation) -> None:
    decision = synced.contact("q1")["decision_id"]

    found = explained(synced, decision, "--json").json

    assert (found["ref"], found["decision"]["id"]) == ("files:contacts:q1", decision)


def test_an_older_decision_is_explained_as_it_was(synced: Organisation) -> None:
    first = synced.contact("q1")["decision_id"]
    synced.edit("q1", lead_type="Business", updated_at="2026-11-02T16:00:00Z")
    synced.sync(NOW + timedelta(hours=2))

    found = explained(synced, first, "--json").json

    assert found["decision"]["id"] == first
    assert found["pathway"] == "patient"
    assert found["latest_decision"] != first


def test_people_read_times_as_their_clock_shows_them(synced: Organisation) -> None:
    due = explained(synced, "q1", "--json").json["route"]["due_at"]
    assert due == "2026-11-02T19:00:00+00:00"

    said = explained(synced, "q1").stdout

    assert "due 2026-11-02 14:00 EST" in said
    assert "asked for until 2026-11-02 14:00 EST" in said


def test_people_are_told_who_set_the_stage(synced: Organisation) -> None:
    synced.edit("q1", lifecycle_stage="Nurture", updated_at="2026-11-02T16:00:00Z")
    synced.sync(NOW + timedelta(hours=2))

    said = explained(synced, "q1").stdout

    assert "  set by    stage of files:contacts:q1: person, 2026-11-02 12:00 EST\n" in said


def test_people_are_told_that_a_decision_no_longer_stands(synced: Organisation) -> None:
    first = synced.contact("q1")["decision_id"]
    synced.edit("q1", lead_type="Business", updated_at="2026-11-02T16:00:00Z")
    synced.sync(NOW + timedelta(hours=2))

    assert f"decision  {first}; the one that stands is" in explained(synced, first).stdout


@pytest.mark.parametrize("name", ["record", "reference", "decision"])
def test_a_lead_that_was_deleted_is_not_found(synced: Organisation, name: str) -> None:
    names = {
        "record": "q1",
        "reference": "files:contacts:q1",
        "decision": synced.contact("q1")["decision_id"],
    }
    synced.delete("q1")
    synced.sync(NOW + timedelta(hours=1))

    ended = explained(synced, names[name])

    assert ended.exit_code == ExitCode.NOT_FOUND
    assert "This lead was deleted in the CRM, or is not read any more." in ended.stderr


def test_a_lead_without_a_pathway_shows_what_the_rules_looked_for(synced: Organisation) -> None:
    said = explained(synced, "u1").stdout

    assert "What the pathway rules look at" in said
    assert "lead_type=?" in said


def test_a_lead_without_a_pathway_shows_what_is_known_of_it(synced: Organisation) -> None:
    said = explained(synced, "u1").stdout

    assert "Facts known" in said
    assert "created_at" in said


def test_contact_values_that_nobody_asked_for_are_not_shown(synced: Organisation) -> None:
    said = explained(synced, "u1").stdout

    assert "email" in said
    assert "unclear@example.org" not in said


def test_pathway_rules_are_told_to_programs(synced: Organisation) -> None:
    rules = explained(synced, "u1", "--json").json["pathway_rules"]

    assert {rule["pathway"] for rule in rules} == {"patient", "referral", "b2b"}
    assert all(rule["facts"]["lead_type"] is None for rule in rules)


def test_a_gate_that_may_be_unknown_is_said_to_pass(synced: Organisation) -> None:
    assert "not_test passes (unknown)" in explained(synced, "q1").stdout


def test_the_hand_off_is_shown_as_the_field_holds_it(synced: Organisation) -> None:
    found = explained(synced, "q1", "--json").json["hand_off"][0]
    assert found["text"] == synced.contact("q1")["hand_off_summary"]
    assert (found["length"], found["max_length"]) == (len(found["text"]), 1000)
    said = explained(synced, "q1").stdout
    assert (
        f"Hand-off in files contacts hand_off_summary, {found['length']} of 1000 characters:"
        in said
    )


def test_nothing_would_be_written_right_after_a_sync(synced: Organisation) -> None:
    """The roster counts what everybody has by now, so the next in turn is not always the owner."""
    assert explained(synced, "q2", "--json").json["would_write"] == []


def test_an_owner_who_left_is_not_said_to_keep_the_lead(synced: Organisation) -> None:
    owner = synced.contact("q1")["owner_id"]
    path = synced.folder / "data" / "owners.csv"
    owners = [
        {**row, "active": "false"} if row["owner_id"] == owner else row for row in read_table(path)
    ]
    write_table(path, OWNER_COLUMNS, owners)

    writes = explained(synced, "q1", "--json").json["would_write"]

    assert "owner_id" in {write["field"] for write in writes}
