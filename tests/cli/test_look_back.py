"""What looks back reads the ledger: it needs no CRM, and shows each run by its whole name."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tests.support.command import run
from tests.support.organisation import Organisation
from worker.errors import ExitCode

NO_CRM = {"LEADTRIAGE_FILES__NO_SUCH_OPTION": "1"}
"""No connector opens with it, as none does without its secret."""


@pytest.mark.parametrize(
    "words",
    [
        "runs",
        "consent",
        "duplicates",
        "truth",
        "audit verify",
        "audit quarantine",
        "apply --dry-run",
    ],
)
def test_no_crm_is_opened_to_look_back(synced: Organisation, words: str) -> None:
    ended = run(*words.split(), config=synced.folder, now=None, env=NO_CRM)
    assert (ended.exit_code, ended.stderr) == (ExitCode.OK, "")


def test_runs_are_listed_by_whole_names_and_the_clock_of_the_organisation(
    synced: Organisation,
) -> None:
    (listed,) = run("runs", "--json", config=synced.folder, now=None).json["runs"]
    at = datetime.fromisoformat(listed["started_at"]).astimezone(ZoneInfo("America/New_York"))
    synced.tell('UPDATE runs SET summary = \'{"writes": {"applied": 540, "unknown": 187}}\'')
    said = run("runs", config=synced.folder, now=None).stdout.splitlines()
    assert said[1].startswith(f"{listed['run']}  sync  succeeded  {at:%Y-%m-%d %H:%M %Z}  applied")


def test_where_nothing_ran_that_is_said(organisation: Organisation) -> None:
    said = run("runs", config=organisation.folder, now=None).stdout
    assert said == "No run is in the ledger.\n"


def test_a_held_change_names_its_record_and_what_is_empty(tight: Organisation) -> None:
    run("sync", config=tight.folder)
    said = run("apply", "--dry-run", config=tight.folder).stdout
    assert "files:contacts:q1 pathway: (empty) → patient\n" in said
