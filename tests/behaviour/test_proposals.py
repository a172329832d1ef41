"""A lead that the worker proposes as sales qualified is work until somebody confirms it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.organisation import NOW, Organisation, reasons_of
from tests.support.recount import wrong_counts
from worker.core.simulation import Arrival, Closing
from worker.ledger.roster import mark_owners_dirty, open_by_owner
from worker.steps.past_arrivals import past_arrivals

ROW = "  - {from: recycled, to: [nurture, mql, disqualified]}\n"
MET = "  - {id: met, from: mql, to: [sql], when: {activity: meeting_held, within: 30 days}}\n"
DAY = timedelta(days=1)


@pytest.fixture
def proposed(qualified: Organisation) -> Organisation:
    """q1 was handed off, and proposed after a meeting the next day."""
    qualified.reconfigure("lifecycle.yaml", ROW, ROW + MET)
    qualified.sync()
    qualified.add_activity("met-1", "q1", "meeting_held", "2026-11-03T10:00:00Z", "own-101")
    qualified.sync(NOW + DAY)
    assert qualified.contact("q1")["lifecycle_stage"] == "Sales Qualified"
    assert reasons_of(qualified, "q1")[0] == "STAGE_PROPOSED_SQL"
    return qualified


def open_hand_offs(organisation: Organisation) -> int:
    with organisation.open() as app:
        assert wrong_counts(app.ledger) == []
        with app.ledger.read() as tx:
            return sum(open_by_owner(tx).values())


def happened(organisation: Organisation) -> list[type[Arrival | Closing]]:
    with organisation.open(NOW + 3 * DAY) as app, app.ledger.read() as tx:
        return [type(event) for event in past_arrivals(app.looking(), tx, NOW + 3 * DAY, [])]


def test_it_counts_as_an_open_hand_off(proposed: Organisation) -> None:
    assert open_hand_offs(proposed) == 1


def test_it_is_open_in_a_simulation_as_well(proposed: Organisation) -> None:
    assert happened(proposed) == [Arrival]


def test_it_is_decided_anew_when_its_owner_leaves(proposed: Organisation) -> None:
    with proposed.open() as app, app.ledger.begin() as tx:
        assert mark_owners_dirty(tx, open_by_owner(tx)) == 1


@pytest.mark.parametrize("stage", ["Opportunity", "Customer"])
def test_it_is_closed_once_people_take_it_on(proposed: Organisation, stage: str) -> None:
    proposed.edit("q1", lifecycle_stage=stage)
    proposed.sync(NOW + 2 * DAY)
    assert open_hand_offs(proposed) == 0
    assert happened(proposed) == [Arrival, Closing]


def test_it_is_closed_once_its_evidence_is_too_old_and_it_goes_back(
    proposed: Organisation,
) -> None:
    """The meeting counts for 30 days: after them no proposal is up, and a person has not confirmed it."""
    proposed.sync(NOW + 32 * DAY)
    assert proposed.contact("q1")["lifecycle_stage"] == "Sales Qualified"
    assert open_hand_offs(proposed) == 1
