"""The roster's numbers: loads that follow every profile, credits, and each hand-off ever made."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from alembic import command
from sqlalchemy import text

from tests.ledger.examples import HOUR, NOW, assignment, profile
from worker.errors import IntegrityError, UnavailableError
from worker.ledger import assignments, profiles, roster
from worker.ledger.engine import Ledger
from worker.ledger.migrate import alembic_config
from worker.ledger.rows import Ending

WAIT = timedelta(milliseconds=200)


def test_open_hand_offs_are_counted_by_owner_as_profiles_come_change_and_go(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        rows = [
            profile("p1"),
            profile("p2"),
            profile("p3", stage="sql", owner="lee"),
            profile("p4", owner=None),
            profile("p5", stage="opportunity", owner=None),
        ]
        profiles.save_profiles(tx, rows)
        assert roster.open_by_owner(tx) == {"kim": 2, "lee": 1}
        profiles.save_profiles(tx, [profile("p1", owner="lee"), profile("p4", owner="lee")])
        assert roster.open_by_owner(tx) == {"kim": 1, "lee": 3}
        profiles.save_profiles(tx, [profile("p4", owner="lee", stage="sql")])
        profiles.delete_profiles(tx, ["p2", "none"])
        assert roster.open_by_owner(tx) == {"lee": 3}


def test_loads_roll_back_with_the_profiles(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        profiles.save_profiles(tx, [profile("p1")])
    with suppress(RuntimeError), ledger.begin() as tx:
        profiles.save_profiles(tx, [profile("p2")])
        roster.save_credits(tx, {("east", "kim"): 1.0})
        assignments.begin_assignments(tx, [assignment("d1")])
        raise RuntimeError
    with ledger.read() as tx:
        assert roster.open_by_owner(tx) == {"kim": 1}
        assert roster.load_credits(tx) == {}
        assert assignments.assignments_of(tx, "p1") == []


def test_loads_that_are_wrong_are_counted_again(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        profiles.save_profiles(tx, [profile("p1"), profile("p2", owner="lee")])
        assert roster.repair_loads(tx) == 0
        roster.move_loads(tx, before={"kim": 3}, after={"ann": 1})
        assert roster.open_by_owner(tx) == {"ann": 1, "lee": 1}
        assert roster.repair_loads(tx) == 2
        assert roster.open_by_owner(tx) == {"kim": 1, "lee": 1}


def test_credits_are_kept_by_team_and_member(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        roster.save_credits(tx, {("east", "kim"): 0.5, ("west", "kim"): 1.0})
        roster.save_credits(tx, {("east", "kim"): -0.25})
        assert roster.load_credits(tx) == {("east", "kim"): -0.25, ("west", "kim"): 1.0}


def test_credits_of_whoever_left_a_team_are_forgotten(ledger: Ledger) -> None:
    credits_ = {("east", "kim"): 0.5, ("east", "lee"): -0.5, ("west", "kim"): 1.0}
    with ledger.begin() as tx:
        roster.save_credits(tx, credits_)
        assert roster.prune_credits(tx, {"east": ["lee"], "south": ["kim"]}) == 2
        assert roster.load_credits(tx) == {("east", "lee"): -0.5}
        assert roster.prune_credits(tx, {}) == 1


def test_a_hand_off_is_read_back_as_it_was_recorded_and_ended(ledger: Ledger) -> None:
    first = assignment("d1")
    second = assignment("d2", owner="files:7", team=None, is_given=False, assigned_at=NOW)
    with ledger.begin() as tx:
        assignments.begin_assignments(tx, [first])
        assert assignments.open_assignments(tx, ["p1", "p2"]) == {"p1": first}
        assert assignments.end_assignments(tx, ["p1"], at=NOW, ending=Ending.REASSIGNED) == 1
        assert assignments.end_assignments(tx, ["p1"], at=NOW, ending=Ending.LEFT) == 0
        assignments.begin_assignments(tx, [second])
        ended = replace(first, ended_at=NOW, ending=Ending.REASSIGNED)
        assert assignments.assignments_of(tx, "p1") == [ended, second]
        assert assignments.open_assignments(tx, ["p1"]) == {"p1": second}


def test_the_ledger_refuses_a_second_owner_of_one_lead(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        assignments.begin_assignments(tx, [assignment("d1")])
    with pytest.raises(IntegrityError), ledger.begin() as tx:
        assignments.begin_assignments(tx, [assignment("d2", owner="lee")])


def test_what_was_given_counts_even_if_it_was_taken_back(ledger: Ledger) -> None:
    rows = [
        assignment("d1", assigned_at=NOW - HOUR),
        assignment("d2", profile_id="p2", assigned_at=NOW),
        assignment("d3", profile_id="p3", assigned_at=NOW, owner="lee"),
        assignment("d4", profile_id="p4", assigned_at=NOW, is_given=False),
    ]
    with ledger.begin() as tx:
        assignments.begin_assignments(tx, rows)
        assignments.end_assignments(tx, ["p2"], at=NOW, ending=Ending.LEFT)
        assert assignments.given_since(tx, NOW - HOUR) == {"kim": 2, "lee": 1}
        assert assignments.given_since(tx, NOW) == {"kim": 1, "lee": 1}


def test_two_workers_take_turns_with_the_roster(opened: Callable[..., Ledger]) -> None:
    one, other = opened(), opened(lock_wait=WAIT)
    with one.begin() as tx:
        roster.lock_roster(tx)
        with pytest.raises(UnavailableError), other.begin() as waiting:
            roster.lock_roster(waiting)
    with other.begin() as tx:
        roster.lock_roster(tx)


def test_hand_offs_that_stand_are_taken_over_from_a_ledger_that_recorded_none(
    ledger: Ledger,
) -> None:
    config = alembic_config()
    with ledger.begin() as tx:
        profiles.save_profiles(tx, [profile("p1"), profile("p2", stage="sql"), profile("p3")])
        config.attributes["connection"] = tx.connection
        command.downgrade(config, "0006")
        statement = "UPDATE profiles SET owner = NULL, assigned_at = NULL WHERE id = 'p3'"
        tx.connection.execute(text(statement))
        tx.connection.execute(text("UPDATE profiles SET decision_id = 'd2' WHERE id = 'p2'"))
        command.upgrade(config, "head")
        assert roster.open_by_owner(tx) == {"kim": 2}
        assert assignments.given_since(tx, NOW - HOUR) == {"kim": 2}
        taken = assignment("d1", team=None, reasons=())
        assert assignments.open_assignments(tx, ["p1"]) == {"p1": taken}
