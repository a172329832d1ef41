"""Only what is read is asked for and kept; what a rule begins to read is read of the whole base."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.fake_organisation import crm_of, move_to_fake
from tests.support.organisation import Organisation, add_qualified, make_empty

TITLED = "      job_title: {from: job_title, as: text}\n"
NOT_READING, READING = (
    "hand_off: {facts: [service_line,",
    "hand_off: {facts: [job_title, service_line,",
)
"""In the patient policy: the hand-off begins to name the job title."""


@pytest.fixture
def titled(tmp_path: Path) -> Organisation:
    """One patient who qualifies, with a job title that is mapped and that nothing reads."""
    organisation = make_empty(tmp_path / "organisation")
    add_qualified(organisation)
    crm = crm_of(organisation.folder)
    moved = move_to_fake(organisation, crm)
    crm.change("contacts", "q1", {"job_title": "Head of Marmalade"})
    moved.reconfigure("systems/files.yaml", "      not_now:", TITLED + "      not_now:")
    return moved


def kept(organisation: Organisation, column: str = "field_values") -> dict[str, object]:
    """What the ledger keeps of the one contact."""
    query = f"SELECT {column} FROM records WHERE object_type = 'contacts' AND id = 'q1'"
    ((text,),) = organisation.ask(query)
    found: dict[str, object] = json.loads(str(text))
    return found


def mapped(organisation: Organisation) -> dict[str, object]:
    """The facts of the one contact."""
    facts = kept(organisation, "mapped")["f"]
    assert isinstance(facts, dict)
    return facts


def test_a_value_that_nothing_reads_never_reaches_the_ledger(titled: Organisation) -> None:
    titled.sync()
    assert kept(titled)["service_line"] == "orthopedics"
    assert "job_title" not in kept(titled)
    assert b"Marmalade" not in titled.ledger_file.read_bytes()


def test_a_fact_that_becomes_read_is_read_of_records_that_did_not_change(
    titled: Organisation,
) -> None:
    titled.sync()
    titled.reconfigure("policies/patient.yaml", NOT_READING, READING)
    titled.sync()
    assert kept(titled)["job_title"] == "Head of Marmalade"
    assert mapped(titled)["job_title"] == "Head of Marmalade"


def test_a_fact_that_is_read_no_more_is_forgotten(titled: Organisation) -> None:
    titled.reconfigure("policies/patient.yaml", NOT_READING, READING)
    titled.sync()
    titled.reconfigure("policies/patient.yaml", READING, NOT_READING)
    titled.sync()
    assert "job_title" not in kept(titled)
    assert "job_title" not in mapped(titled)


def test_a_run_after_that_finds_nothing_to_do(titled: Organisation) -> None:
    titled.sync()
    titled.reconfigure("policies/patient.yaml", NOT_READING, READING)
    titled.sync()
    again = titled.sync()
    assert again.writes == {}
    assert again.steps["decide"]["looked_at"] == 0


def test_a_field_that_nothing_reads_may_go_without_stopping_the_run(titled: Organisation) -> None:
    titled.sync()
    crm_of(titled.folder).hide("contacts", "job_title")
    assert titled.sync().writes == {}
