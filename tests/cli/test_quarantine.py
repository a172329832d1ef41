"""Rows that were put aside are shown: where each is and why, and never what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.command import run
from tests.support.organisation import Organisation
from worker.errors import ExitCode

SECRET = "zz-secret-zz"
ROW = {
    "system": "files",
    "object_type": "contacts",
    "row": 5,
    "column": None,
    "code": "DQ_ROW_TOO_LONG",
    "record_id": None,
}


@pytest.fixture
def damaged(organisation: Organisation) -> Organisation:
    """An organisation with twelve rows that have too many cells."""
    with organisation.contacts_file.open("a", encoding="utf-8") as file:
        file.writelines(f"{SECRET}{number}" + "," * 80 + "\n" for number in range(12))
    return organisation


def test_a_summary_names_the_rows_that_were_put_aside(damaged: Organisation) -> None:
    summary = run("sync", "--json", config=damaged.folder).json

    assert (summary["quarantined"], len(summary["quarantine"])) == (12, 12)
    assert summary["quarantine"][0] == ROW


def test_a_rehearsal_names_them_as_well(damaged: Organisation) -> None:
    summary = run("plan", "--json", config=damaged.folder).json["summary"]

    assert summary["quarantine"][0] == ROW


def test_people_are_shown_the_first_ten_and_how_to_see_the_rest(damaged: Organisation) -> None:
    said = run("sync", config=damaged.folder).stdout

    assert "12 rows put aside" in said
    assert said.count("DQ_ROW_TOO_LONG") == 10
    assert "and 2 more: leadtriage audit quarantine" in said


def test_the_audit_lists_all_of_them(damaged: Organisation) -> None:
    run("sync", config=damaged.folder)

    listed = run("audit", "quarantine", "--json", config=damaged.folder, now=None).json
    assert (listed["quarantined"], len(listed["quarantine"])) == (12, 12)


def test_the_audit_lists_as_many_as_are_asked_for(damaged: Organisation) -> None:
    run("sync", config=damaged.folder)

    said = run("audit", "quarantine", "--limit", "3", config=damaged.folder, now=None).stdout
    assert said.count("DQ_ROW_TOO_LONG") == 3
    assert "and 9 more" in said


def test_no_cell_is_ever_quoted(damaged: Organisation) -> None:
    ended = run("sync", config=damaged.folder)
    listed = run("audit", "quarantine", "--json", config=damaged.folder, now=None)

    assert SECRET not in ended.stdout + ended.stderr + listed.stdout + listed.stderr


def test_an_empty_quarantine_is_said_to_be_empty(synced: Organisation) -> None:
    said = run("audit", "quarantine", config=synced.folder, now=None).stdout

    assert said == "No row is put aside.\n"


@pytest.mark.parametrize("command", ["verify", "quarantine"])
def test_without_a_ledger_there_is_nothing_to_audit(
    command: str, organisation: Organisation
) -> None:
    ended = run("audit", command, config=organisation.folder, now=None)

    assert ended.exit_code == ExitCode.NOT_FOUND
    assert "There is no ledger" in ended.stderr
    assert not Path(organisation.ledger_file).exists()
