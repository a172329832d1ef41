"""What a person wrote into the CRM is never overwritten, whenever they wrote it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.fake_organisation import connect, crm_of, move_to_fake
from tests.support.interposed import Interposed, files_with, once
from tests.support.organisation import (
    NOW,
    OWNERS,
    Organisation,
    add_qualified,
    make_empty,
    reasons_of,
    write_table,
)
from worker.core.records import WriteOutcome
from worker.ports import Connector
from worker.sample.columns import OWNER_COLUMNS

EDITS = {
    "lifecycle_stage": "Nurture",
    "owner_id": "own-103",
    "next_step": "Call after the holidays.",
}


def edited_in_between(organisation: Organisation, **values: str) -> Organisation:
    """Have a person edit q1 after the worker has read it and before it writes."""

    def edit() -> None:
        organisation.edit("q1", **values)

    return Organisation(
        folder=organisation.folder, connectors=files_with(before=once("push", edit))
    )


@pytest.mark.parametrize("field", EDITS)
def test_an_edit_between_read_and_write_is_a_conflict(qualified: Organisation, field: str) -> None:
    racing = edited_in_between(qualified, **{field: EDITS[field]})
    assert racing.sync().writes == {WriteOutcome.CONFLICT: 1}


@pytest.mark.parametrize("field", EDITS)
def test_an_edit_between_read_and_write_stands(qualified: Organisation, field: str) -> None:
    edited_in_between(qualified, **{field: EDITS[field]}).sync()
    assert qualified.contact("q1")[field] == EDITS[field]


@pytest.mark.parametrize("field", EDITS)
def test_an_edit_between_read_and_write_stands_after_the_next_runs(
    qualified: Organisation, field: str
) -> None:
    edited_in_between(qualified, **{field: EDITS[field]}).sync()
    qualified.sync(NOW + timedelta(hours=1))
    qualified.sync(NOW + timedelta(days=1))
    assert qualified.contact("q1")[field] == EDITS[field]


def test_a_colleague_of_another_team_whom_a_person_chose_keeps_the_lead(
    qualified: Organisation,
) -> None:
    owners = [{"owner_id": name, "active": "true"} for name in (*OWNERS, "own-131", "own-900")]
    write_table(qualified.folder / "data" / "owners.csv", OWNER_COLUMNS, owners)
    qualified.sync()
    for hours in (1, 3):
        at = NOW + timedelta(hours=hours)
        qualified.edit("q1", owner_id="own-131", updated_at=at.isoformat())
        qualified.sync(at)
        assert qualified.contact("q1")["owner_id"] == "own-131"
        assert "OWNER_SET_BY_PERSON" in reasons_of(qualified, "q1")
        assert qualified.ask("SELECT owner FROM profiles") == [("biz-1",)]


def test_a_stage_set_in_between_is_respected_with_its_reason(qualified: Organisation) -> None:
    edited_in_between(qualified, lifecycle_stage="Nurture").sync()
    qualified.sync(NOW + timedelta(hours=1))
    assert reasons_of(qualified, "q1")[0] == "STAGE_SET_BY_PERSON"


def test_an_edit_in_between_is_seen_in_a_crm_without_conditional_writes(
    qualified: Organisation,
) -> None:
    crm = crm_of(qualified.folder)
    move_to_fake(qualified, crm)

    def wrap(inner: Connector) -> Connector:
        def edit() -> None:
            crm.change("contacts", "q1", {"owner_id": "own-103"})

        return Interposed(inner=inner, before=once("fetch", edit))

    racing = Organisation(folder=qualified.folder, connectors=connect(crm, wrap))
    assert racing.sync().writes == {WriteOutcome.CONFLICT: 1}


def test_a_send_that_landed_before_somebody_edited_another_field_leaves_the_stage_ours(
    qualified: Organisation,
) -> None:
    def land_and_edit(call: str) -> None:
        if call == "push":
            qualified.edit("q1", next_step="Call after the holidays.")
            raise KeyboardInterrupt

    cut = Organisation(folder=qualified.folder, connectors=files_with(after=land_and_edit))
    with pytest.raises(KeyboardInterrupt):
        cut.sync()
    qualified.sync()
    assert qualified.ask("SELECT stage_set_by_person_at FROM records") == [(None,)]


@pytest.mark.parametrize("field", EDITS)
def test_an_edit_after_our_write_stands(qualified: Organisation, field: str) -> None:
    qualified.sync()
    qualified.edit("q1", **{field: EDITS[field]})
    qualified.sync(NOW + timedelta(hours=1))
    assert qualified.contact("q1")[field] == EDITS[field]


def test_a_stage_that_we_only_ever_read_is_a_persons_once_they_change_it(
    qualified: Organisation,
) -> None:
    qualified.add_contact(
        "held", lead_type="Patient", lifecycle_stage="Lead", email="x@example.org"
    )
    qualified.sync()
    qualified.edit("held", lifecycle_stage="Marketing Qualified")
    qualified.sync(NOW + timedelta(hours=1))
    assert qualified.contact("held")["lifecycle_stage"] == "Marketing Qualified"


@pytest.mark.parametrize("stage", ["Sales Qualified", "Opportunity", "Customer"])
def test_a_lead_at_a_stage_people_own_is_not_touched(qualified: Organisation, stage: str) -> None:
    qualified.edit("q1", lifecycle_stage=stage)
    before = qualified.contacts_file.read_bytes()
    qualified.sync()
    assert qualified.contacts_file.read_bytes() == before


def test_an_owner_outside_the_teams_keeps_the_lead(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    organisation = make_empty(tmp_path_factory.mktemp("outside") / "o")
    owners = organisation.folder / "data" / "owners.csv"
    owners.write_text(owners.read_text() + "own-777,,true,person\n")
    add_qualified(organisation, owner_id="own-777")
    organisation.sync()
    assert organisation.contact("q1")["owner_id"] == "own-777"
