"""What becomes of a write that did not simply succeed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.crm import FakeCrm
from tests.support.fake_organisation import connect, crm_of, move_to_fake
from tests.support.interposed import Interposed, once
from tests.support.organisation import NOW, Organisation
from worker.core.records import Editor, WriteCommand, WriteOutcome
from worker.ports import Connector

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def crm(qualified: Organisation) -> FakeCrm:
    return crm_of(qualified.folder, has_conditional_write=True)


@pytest.fixture
def organisation(qualified: Organisation, crm: FakeCrm) -> Organisation:
    """One patient who qualifies, in a CRM whose answers the test decides."""
    return move_to_fake(qualified, crm)


def test_a_write_of_which_nothing_is_known_is_read_and_not_sent_again(
    organisation: Organisation, crm: FakeCrm
) -> None:
    crm.script("contacts", "q1", WriteOutcome.UNKNOWN)
    organisation.sync()
    assert set(crm.writes().values()) == {1}


@pytest.mark.parametrize("shown", ["", "2026-11-02T19:00:00.000Z"])
def test_a_write_whose_answer_was_lost_has_one_outcome_in_whatever_form_it_is_shown(
    organisation: Organisation, crm: FakeCrm, shown: str
) -> None:
    crm.script("contacts", "q1", WriteOutcome.UNKNOWN)

    def reform(command: WriteCommand) -> None:
        if shown:
            assert command.changes["next_step_due_at"] == "2026-11-02T19:00:00+00:00"
            crm.change("contacts", "q1", {"next_step_due_at": shown}, by=Editor.WORKER)

    moved = move_to_fake(organisation, replace(crm, on_write=reform))
    assert moved.sync().writes == {WriteOutcome.APPLIED: 1}


def test_a_rejected_write_is_not_repeated_while_nothing_changes(
    organisation: Organisation, crm: FakeCrm
) -> None:
    crm.script("contacts", "q1", WriteOutcome.REJECTED, "WRITE_REJECTED")
    organisation.sync()
    assert organisation.sync(LATER).writes == {}


def test_a_rejected_write_is_tried_again_once_the_lead_changed(
    organisation: Organisation, crm: FakeCrm
) -> None:
    crm.script("contacts", "q1", WriteOutcome.REJECTED, "WRITE_REJECTED")
    organisation.sync()
    crm.advance(60)
    crm.change("contacts", "q1", {"payer": "medicare"})
    assert organisation.sync(LATER).writes == {WriteOutcome.APPLIED: 1}


def test_a_rejected_write_keeps_the_code_of_the_crm(
    organisation: Organisation, crm: FakeCrm
) -> None:
    crm.script("contacts", "q1", WriteOutcome.REJECTED, "WRITE_REJECTED")
    organisation.sync()
    assert organisation.ask("SELECT outcome, code FROM outcomes") == [
        ("rejected", "WRITE_REJECTED")
    ]


def gone_before(call: str, organisation: Organisation, crm: FakeCrm) -> Organisation:
    def wrap(inner: Connector) -> Connector:
        def delete() -> None:
            crm.delete("contacts", "q1")

        return Interposed(inner=inner, before=once(call, delete))

    return Organisation(folder=organisation.folder, connectors=connect(crm, wrap))


def test_a_record_deleted_before_the_write_is_missing(
    organisation: Organisation, crm: FakeCrm
) -> None:
    assert gone_before("push", organisation, crm).sync().writes == {WriteOutcome.MISSING: 1}


def test_the_lead_of_a_missing_record_is_forgotten(
    organisation: Organisation, crm: FakeCrm
) -> None:
    gone_before("push", organisation, crm).sync()
    organisation.sync(LATER)
    assert organisation.ask("SELECT count(*) FROM profiles") == [(0,)]
