"""Writes that did not land are counted with their codes, so that an operator sees why."""

from __future__ import annotations

import pytest

from tests.support.command import run
from tests.support.organisation import Organisation
from worker.errors import ExitCode


@pytest.fixture
def refused(organisation: Organisation) -> Organisation:
    """The table's encoding has no room for a word that is written: the stage of ``q1`` and ``q2``."""
    organisation.reconfigure(
        "systems/files.yaml", "Marketing Qualified: mql", '"Marketing \\u2713": mql'
    )
    text = organisation.contacts_file.read_text(encoding="utf-8")
    organisation.contacts_file.write_text(text.replace("Quilla", "Quillá"), encoding="cp1252")
    return organisation


def test_a_sync_with_refused_writes_ends_with_code_4(refused: Organisation) -> None:
    ended = run("sync", config=refused.folder)

    assert ended.exit_code == ExitCode.SOME_WRITES_FAILED
    assert ended.stderr == "2 writes did not land: WRITE_NOT_ENCODABLE.\n"  # all that cron sends


def test_programs_are_told_the_codes_by_outcome(refused: Organisation) -> None:
    summary = run("sync", "--json", config=refused.folder).json

    assert summary["writes"]["rejected"] == 2
    assert summary["write_codes"] == {"rejected": {"WRITE_NOT_ENCODABLE": 2}}


def test_people_are_told_the_code_and_what_it_means(refused: Organisation) -> None:
    said = run("sync", config=refused.folder, env={"COLUMNS": "200"}).stdout

    assert "WRITE_NOT_ENCODABLE" in said
    assert "The table's encoding has no room for the value." in " ".join(said.split())


def test_a_run_without_trouble_has_no_codes(organisation: Organisation) -> None:
    assert run("sync", "--json", config=organisation.folder).json["write_codes"] == {}
