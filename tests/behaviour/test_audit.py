"""``leadtriage audit verify``: whole, or broken at a row it names."""

from __future__ import annotations

import sqlite3

import pytest

from tests.support.command import Ended, run
from tests.support.organisation import Organisation
from worker.errors import ExitCode

DROP = ("DROP TRIGGER decisions_no_update", "DROP TRIGGER decisions_no_delete")
ALTER = ("UPDATE decisions SET verdict = 'qualified' WHERE seq = 5",)
REMOVE = ("DELETE FROM decisions WHERE seq = 5",)
SWAP = (
    "UPDATE decisions SET seq = 1000 WHERE seq = 5",
    "UPDATE decisions SET seq = 5 WHERE seq = 6",
    "UPDATE decisions SET seq = 6 WHERE seq = 1000",
)
TRUNCATE = ("DELETE FROM decisions WHERE seq > 4",)
TAMPERED = {"altered": ALTER, "removed": REMOVE, "reordered": SWAP, "cut off": TRUNCATE}


def verified(organisation: Organisation, *more: str) -> Ended:
    return run("audit", "verify", *more, config=organisation.folder, now=None)


def test_the_chain_of_a_sync_is_whole(synced: Organisation) -> None:
    assert verified(synced).exit_code == ExitCode.OK


def test_a_whole_chain_gives_its_head_to_be_kept_elsewhere(synced: Organisation) -> None:
    head = synced.ask("SELECT hash FROM chain_heads")[0][0]
    assert verified(synced, "--json").json["head"] == head


@pytest.mark.parametrize("how", TAMPERED)
def test_a_chain_that_was_tampered_with_ends_with_exit_code_1(
    synced: Organisation, how: str
) -> None:
    synced.tell(*DROP, *TAMPERED[how])
    assert verified(synced).exit_code == ExitCode.FOUND_PROBLEMS


@pytest.mark.parametrize("how", TAMPERED)
def test_the_row_that_was_tampered_with_is_named(synced: Organisation, how: str) -> None:
    synced.tell(*DROP, *TAMPERED[how])
    assert verified(synced, "--json").json["problem"]["seq"] == 5


def test_the_row_is_named_to_people_as_well(synced: Organisation) -> None:
    decision = synced.ask("SELECT id FROM decisions WHERE seq = 5")[0][0]
    synced.tell(*DROP, *ALTER)
    said = verified(synced).stdout
    assert f"Row 5 (decision {decision})" in said


def test_the_ledger_itself_refuses_to_alter_a_decision(synced: Organisation) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        synced.tell(*ALTER)
