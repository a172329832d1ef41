"""What is gone from a table: a field stops the run, a record is forgotten, most records are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.organisation import Organisation, add_qualified, make_empty, make_sample
from worker.errors import FixDataError


@pytest.fixture
def organisation(tmp_path: Path) -> Organisation:
    return make_empty(tmp_path / "org")


def rename(organisation: Organisation, old: str, new: str) -> None:
    head, rest = organisation.contacts_file.read_text(encoding="utf-8").split("\n", 1)
    text = head.replace(old, new) + "\n" + rest
    organisation.contacts_file.write_text(text, encoding="utf-8")


@pytest.mark.parametrize("column", ["lifecycle_stage", "not_now", "owner_id", "opt_out_all"])
def test_a_renamed_column_stops_the_run_before_anything_is_written(
    organisation: Organisation, column: str
) -> None:
    add_qualified(organisation)
    organisation.sync()
    rename(organisation, column, "another_name")
    before = organisation.contacts_file.read_bytes()
    with pytest.raises(FixDataError, match=f"contacts of files no longer shows '{column}'"):
        organisation.sync()
    assert organisation.contacts_file.read_bytes() == before


def test_a_column_that_was_never_there_does_not_stop_the_run(organisation: Organisation) -> None:
    add_qualified(organisation)
    rename(organisation, "consent_sms", "another_name")
    assert organisation.sync().writes == {"applied": 1}


def test_a_new_export_without_the_columns_we_only_write_does_not_stop_the_run(
    organisation: Organisation,
) -> None:
    add_qualified(organisation)
    organisation.sync()
    rename(organisation, "reason_codes", "another_name")
    organisation.sync()
    assert "reason_codes" not in organisation.contact("q1")


def stored(organisation: Organisation) -> set[object]:
    query = "SELECT id FROM records WHERE object_type = 'contacts' AND NOT is_deleted"
    return {row[0] for row in organisation.ask(query)}


def test_a_row_that_cannot_be_read_puts_off_every_deletion_and_says_so(
    organisation: Organisation,
) -> None:
    organisation.add_contact("4.46E+11", first_name="Damaged")
    for number in range(3):
        organisation.add_contact(f"c{number}", email=f"c{number}@example.org")
    organisation.sync()
    organisation.delete("c1")
    organisation.sync()
    assert stored(organisation) == {"c0", "c1", "c2"}
    assert ("DQ_TABLE_HIDES",) in organisation.ask("SELECT code FROM quarantine")
    organisation.delete("4.46E+11")
    organisation.sync()
    assert stored(organisation) == {"c0", "c2"}


def test_a_row_newly_put_aside_hides_its_record_and_deletes_nothing(
    organisation: Organisation,
) -> None:
    for number in range(3):
        organisation.add_contact(f"c{number}", email=f"c{number}@example.org")
    organisation.sync()
    organisation.delete("c1")
    organisation.add_contact("4.46E+11", first_name="Damaged")
    organisation.sync()
    organisation.edit("c0", first_name="Edited")
    organisation.sync()
    assert stored(organisation) == {"c0", "c1", "c2"}


def test_a_deleted_activity_counts_no_more(organisation: Organisation) -> None:
    add_qualified(organisation)
    organisation.sync()
    assert organisation.contact("q1")["lifecycle_stage"] == "Marketing Qualified"
    path = organisation.folder / "data" / "activities.csv"
    path.write_text(path.read_text(encoding="utf-8").split("\n", 1)[0] + "\n", encoding="utf-8")
    organisation.sync()
    assert organisation.ask("SELECT count(*) FROM activities") == [(0,)]


@pytest.mark.parametrize("kind", ["no_such_kind", ""])
def test_an_activity_that_became_something_else_counts_no_more(
    organisation: Organisation, kind: str
) -> None:
    add_qualified(organisation)
    organisation.sync()
    path = organisation.folder / "data" / "activities.csv"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("appointment_request", kind), encoding="utf-8")
    told = [organisation.sync().steps["pull files activities"] for _run in range(2)]
    assert organisation.ask("SELECT count(*) FROM activities") == [(0,)]
    assert [(one["deleted"], one.get("left", 0)) for one in told] == [(0, 1), (0, 0)]


def test_most_records_missing_at_once_are_not_taken_as_deleted(tmp_path: Path) -> None:
    organisation = make_sample(tmp_path / "org", contacts=60)
    organisation.sync()
    before = stored(organisation)
    head = organisation.contacts_file.read_text(encoding="utf-8").split("\n", 1)[0]
    organisation.contacts_file.write_text(head + "\n", encoding="utf-8")
    report = organisation.sync()
    assert (stored(organisation), report.writes) == (before, {})
    assert ("DQ_TABLE_SHRUNK",) in organisation.ask("SELECT code FROM quarantine")


@pytest.mark.parametrize("rows_left", [0, 1, 2])
def test_an_owners_table_that_lost_most_owners_stops_the_run(
    organisation: Organisation, rows_left: int
) -> None:
    add_qualified(organisation)
    organisation.sync()
    before = organisation.contacts_file.read_bytes()
    path = organisation.folder / "data" / "owners.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(lines[: 1 + rows_left]) + "\n", encoding="utf-8")
    with pytest.raises(FixDataError, match="owners who were active at the last run are gone"):
        organisation.sync()
    assert organisation.contacts_file.read_bytes() == before
