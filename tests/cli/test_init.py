"""``init`` with several examples: one organisation whose CRMs know of each other."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from worker.cli.main import app
from worker.config.loader import check_configuration, load_configuration
from worker.core.configuration import Configuration
from worker.errors import ExitCode


def init(folder: Path, *examples: str) -> Result:
    flags = [word for name in examples for word in ("--example", name)]
    return CliRunner().invoke(app, ["init", str(folder), *flags], env={"COLUMNS": "200"})


def references(configuration: Configuration) -> dict[str, tuple[str, str]]:
    """Name every fact that refers to a record of a CRM."""
    return {
        read.fact: (read.refers_to.system, read.refers_to.object_type)
        for system in configuration.systems.values()
        for item in system.objects
        for read in item.reads
        if read.refers_to is not None
    }


def test_two_examples_are_one_organisation_without_an_edit(tmp_path: Path) -> None:
    folder = tmp_path / "both"
    said = init(folder, "hubspot", "salesforce")
    assert said.exit_code == 0
    assert f"leadtriage setup salesforce --config {folder}" in said.stdout
    report = check_configuration(folder, date(2026, 11, 2))
    assert (list(report.problems), list(report.warnings)) == ([], [])
    configuration = load_configuration(folder)
    assert set(configuration.systems) == {"hubspot", "salesforce"}
    assert references(configuration) == {
        "salesforce_lead_id": ("salesforce", "leads"),
        "salesforce_contact_id": ("salesforce", "contacts"),
        "hubspot_id": ("hubspot", "contacts"),
    }
    assert configuration.routing.matches_by_email
    member = configuration.routing.teams["scheduling"].members[0]
    assert member.owners == {"hubspot": "own-101"}


def test_a_mistake_in_the_map_of_one_crm_is_none_in_that_of_the_other(tmp_path: Path) -> None:
    init(tmp_path, "hubspot", "salesforce")
    path = tmp_path / "systems" / "salesforce.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("as: npi", "as: npy"), encoding="utf-8"
    )
    problems = check_configuration(tmp_path).problems
    assert {problem.file for problem in problems} == {"systems/salesforce.yaml"}


@pytest.mark.parametrize("name", ["hubspot", "salesforce"])
def test_one_example_refers_to_no_other_crm(tmp_path: Path, name: str) -> None:
    init(tmp_path / "one", name)
    configuration = load_configuration(tmp_path / "one")
    assert references(configuration) == {}
    assert not configuration.routing.matches_by_email


def test_a_roster_that_was_there_is_left_as_it_is(tmp_path: Path) -> None:
    init(tmp_path, "hubspot")
    before = (tmp_path / "routing.yaml").read_bytes()
    init(tmp_path, "hubspot", "salesforce")
    assert (tmp_path / "routing.yaml").read_bytes() == before


def test_a_whole_organisation_stands_alone(tmp_path: Path) -> None:
    ended = init(tmp_path / "mixed", "education", "hubspot")
    assert ended.exit_code == ExitCode.CONFIGURATION
    assert "'education' is a whole organisation and stands alone." in ended.stderr
    assert not (tmp_path / "mixed").exists()
