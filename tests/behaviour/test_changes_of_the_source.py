"""What a change of the CRM, of the configuration or of the time alone leads to."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.fake_organisation import connect, crm_of, move_to_fake
from tests.support.interposed import Interposed, files_with, once
from tests.support.organisation import NOW, Organisation, add_qualified, copied
from worker.errors import SourceChangedError
from worker.ports import Connector

LATER = NOW + timedelta(hours=1)


def profiles(organisation: Organisation) -> set[object]:
    return {row[0] for row in organisation.ask("SELECT id FROM profiles")}


def test_the_lead_of_a_deleted_row_is_forgotten(qualified: Organisation) -> None:
    qualified.sync()
    qualified.delete("q1")
    qualified.sync(LATER)
    assert profiles(qualified) == set()


def test_a_deleted_row_leads_to_no_write(qualified: Organisation) -> None:
    qualified.sync()
    qualified.delete("q1")
    assert qualified.sync(LATER).writes == {}


def test_a_truncated_table_deletes_nobody(synced: Organisation) -> None:
    before = profiles(synced)
    content = synced.contacts_file.read_bytes()
    cut = content.rindex(b"\n", 0, len(content) // 2) + 40
    synced.contacts_file.write_bytes(content[:cut])
    synced.sync(LATER)
    assert profiles(synced) == before


def test_an_unreadable_row_deletes_nobody(synced: Organisation) -> None:
    before = profiles(synced)
    lines = synced.contacts_file.read_bytes().splitlines(keepends=True)
    lines[3] = b"broken" + b"," * 80 + b"\n"
    synced.contacts_file.write_bytes(b"".join(lines))
    synced.sync(LATER)
    assert profiles(synced) == before


def test_a_source_that_changes_while_it_is_read_is_read_again(qualified: Organisation) -> None:
    def change() -> None:
        add_qualified(qualified, "q2", email="second@example.org", first_name="Sela")
        raise SourceChangedError

    racing = Organisation(
        folder=qualified.folder, connectors=files_with(before=once("page", change))
    )
    racing.sync()
    assert qualified.contact("q2")["lifecycle_stage"] == "Marketing Qualified"


def test_time_alone_has_exactly_the_due_leads_decided_again(synced: Organisation) -> None:
    later = NOW + timedelta(days=20)
    synced.sync()  # reads the echoes
    micros = int(later.timestamp() * 1_000_000)
    due = synced.ask("SELECT id FROM profiles WHERE due_at <= ?", micros)
    assert 0 < len(due) < len(profiles(synced))
    assert synced.sync(later).steps["decide"]["looked_at"] == len(due)


def test_a_lead_whose_interest_has_faded_is_moved_without_a_change_in_the_crm(
    qualified: Organisation,
) -> None:
    qualified.sync()
    qualified.sync(NOW + timedelta(days=120))
    assert qualified.contact("q1")["lifecycle_stage"] != "Marketing Qualified"


def test_a_changed_policy_has_every_lead_decided_again(synced: Organisation) -> None:
    synced.reconfigure("policies/b2b.yaml", 'version: "2026.1"', 'version: "2026.2"')
    assert synced.sync(LATER).steps["decide"]["looked_at"] == len(profiles(synced))


def test_a_changed_field_map_reads_every_record_anew(synced: Organisation) -> None:
    synced.reconfigure("systems/files.yaml", "{from: origin,", "{from: channel,")
    pulled = synced.sync(LATER).steps["pull files contacts"]
    assert pulled["read"] == len(synced.contacts())


def test_a_fact_mapped_to_another_field_counts_at_once(qualified: Organisation) -> None:
    qualified.sync()
    qualified.reconfigure("systems/files.yaml", "{from: zip,", "{from: state,")
    qualified.sync(LATER)
    reasons = qualified.contact("q1")["reason_codes"]
    assert "FIT_LOCATION_UNKNOWN" in reasons or "DQ_" in reasons


@pytest.mark.parametrize("part", ["contacts", "activities"])
def test_what_a_sweep_met_is_not_kept(synced: Organisation, part: str) -> None:
    assert synced.ask("SELECT * FROM seen WHERE object_type = ?", part) == []


def die() -> None:
    """End the run with no chance to note anything more of the pull."""
    raise KeyboardInterrupt


def test_a_deletion_is_not_lost_when_the_run_dies_before_the_sweep(synced: Organisation) -> None:
    gone = min(synced.contacts())
    synced.delete(gone)
    dying = Organisation(
        folder=synced.folder,
        connectors=files_with(after=once("page", die)),
    )
    with pytest.raises(KeyboardInterrupt):
        dying.sync(LATER)
    synced.sync(LATER)
    assert synced.ask("SELECT is_deleted FROM records WHERE id = ?", gone) == [(1,)]


def test_records_after_the_page_a_run_died_at_are_mapped_anew_as_well(
    sample: Organisation, tmp_path: Path
) -> None:
    crm = crm_of(sample.folder)
    organisation = move_to_fake(sample, crm)
    organisation.sync()
    sample.reconfigure("systems/files.yaml", "{from: origin,", "{from: channel,")
    undisturbed = copied(sample, tmp_path / "undisturbed")

    def wrap(inner: Connector) -> Connector:
        return Interposed(inner=inner, after=once("page", die))

    dying = Organisation(folder=sample.folder, connectors=connect(crm, wrap))
    with pytest.raises(KeyboardInterrupt):
        dying.sync(LATER)
    organisation.sync(LATER)
    same = connect(crm_of(undisturbed.folder))
    Organisation(folder=undisturbed.folder, connectors=same).sync(LATER)
    query = "SELECT id, mapped FROM records ORDER BY id"
    assert organisation.ask(query) == undisturbed.ask(query)


def test_a_new_synonym_in_the_catalog_reaches_what_was_read_before(qualified: Organisation) -> None:
    qualified.edit("q1", service_line="Knees and hips")
    qualified.sync()
    qualified.sync(LATER)  # reads our own writes back, so that the row is known as it stands
    assert "FIT_SERVICE_LINE_UNKNOWN" in qualified.contact("q1")["reason_codes"]
    qualified.reconfigure(
        "catalog.yaml", "synonyms: [ortho, ", "synonyms: [knees and hips, ortho, "
    )
    qualified.sync(LATER + timedelta(hours=1))
    assert "FIT_SERVICE_LINE_MATCH" in qualified.contact("q1")["reason_codes"]
