"""``check`` finds an option that no connector has, wherever it is set, and needs no secret for it."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.support.command import run
from worker.cli.main import app
from worker.config.known_options import check_options
from worker.errors import ExitCode
from worker.registry import find_options

MAP = """\
system: crm
connector: {connector}
options: {{{options}}}
objects:
  people:
    kind: contact
    id: id
    options: {{{of_people}}}
    fields: {{}}
"""


def written(folder: Path, connector: str, options: str = "", of_people: str = "") -> Path:
    """Write a configuration that holds a field map and no other file."""
    (folder / "systems").mkdir(exist_ok=True)
    text = MAP.format(connector=connector, options=options, of_people=of_people)
    (folder / "systems" / "crm.yaml").write_text(text, encoding="utf-8")
    return folder


def said_of(folder: Path, **environment: str) -> list[str]:
    return [str(problem) for problem in check_options(folder, environment, find_options)]


def test_an_option_of_a_map_is_known_or_told_at_its_line(tmp_path: Path) -> None:
    folder = written(tmp_path, "files", "folder: data, owner_mail: e", "delimeter: ','")

    of_system, of_people = said_of(folder)
    assert of_system == (
        "systems/crm.yaml:3  options.owner_mail\n"
        "    The connector files has no option 'owner_mail'.\n"
        "    allowed: folder, owners, owner_id, owner_email, owner_active, owner_active_when, owner_kind\n"
        "    hint: did you mean 'owner_email'?"
    )
    assert of_people == (
        "systems/crm.yaml:8  objects.people.options.delimeter\n"
        "    The connector files has no option 'delimeter' for people.\n"
        "    allowed: table, encoding, delimiter\n"
        "    hint: did you mean 'delimiter'?"
    )


@pytest.mark.parametrize(
    ("connector", "of_people", "allowed"),
    [
        ("hubspot", "reads: contacts", "reads, subscriptions, lists"),
        ("hubspot", "reads: form_submissions", "reads, forms, values"),
        ("hubspot", "reads: calls", "reads"),
        ("salesforce", "reads: Lead", "reads, only"),
        ("salesforce", "reads: Task", "reads, only, who"),
        ("salesforce", "reads: Tusk", "reads, only"),
    ],
)
def test_what_is_allowed_follows_what_is_read(
    connector: str, of_people: str, allowed: str, tmp_path: Path
) -> None:
    folder = written(tmp_path, connector, of_people=f"{of_people}, reeds: x")

    (said,) = said_of(folder)
    assert said == (
        "systems/crm.yaml:8  objects.people.options.reeds\n"
        f"    The connector {connector} has no option 'reeds' for people.\n"
        f"    allowed: {allowed}\n    hint: did you mean 'reads'?"
    )


def test_a_line_of_the_settings_and_a_variable_are_told_and_their_values_are_not(
    tmp_path: Path,
) -> None:
    folder = written(tmp_path, "hubspot")
    text = '[run]\nbatch = 5\n[systems.crm]\nbase_uri = "s3cret"\n'
    (folder / "leadtriage.toml").write_text(text, encoding="utf-8")

    by_variable, by_line = said_of(folder, LEADTRIAGE_CRM__ACESS_TOKEN="s3cret")
    assert by_variable.startswith(
        "environment  LEADTRIAGE_CRM__ACESS_TOKEN\n"
        "    The connector hubspot has no option 'acess_token'.\n    allowed: LEADTRIAGE_CRM__APP_ID, "
    )
    assert by_variable.endswith("    hint: did you mean 'LEADTRIAGE_CRM__ACCESS_TOKEN'?")
    assert by_line.startswith(
        "leadtriage.toml:4  systems.crm.base_uri\n"
        "    The connector hubspot has no option 'base_uri'.\n    allowed: app_id, base_url, "
    )
    assert by_line.endswith("    hint: did you mean 'base_url'?")
    assert "s3cret" not in by_variable + by_line


def test_an_option_in_a_table_of_one_line_is_told_at_that_line(tmp_path: Path) -> None:
    folder = written(tmp_path, "hubspot")
    text = '[run]\nbatch = 5\n[systems]\ncrm = {base_uri = "x"}\n'
    (folder / "leadtriage.toml").write_text(text, encoding="utf-8")

    (said,) = said_of(folder)
    assert said.startswith("leadtriage.toml:4  systems.crm.base_uri\n")


def test_a_connector_that_is_not_installed_is_left_alone(tmp_path: Path) -> None:
    folder = written(tmp_path, "elsewhere", "anything: x", "reeds: x")

    assert said_of(folder, LEADTRIAGE_CRM__OTHER="x") == []


def test_the_command_tells_it_without_a_secret_and_asks_no_crm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    CliRunner().invoke(
        app, ["init", str(tmp_path), "--example", "hubspot", "--example", "salesforce"]
    )
    sound = run("check", config=tmp_path, now=None)
    monkeypatch.setenv("LEADTRIAGE_SALESFORCE__LOGIN_URI", "https://127.0.0.1:1")
    broken = [run("check", *live, "--json", config=tmp_path, now=None) for live in ([], ["--live"])]

    assert (sound.exit_code, sound.stdout) == (0, "0 problems, 0 warnings.\n")
    for ended in broken:
        (problem,) = ended.json["problems"]
        assert ended.exit_code == ExitCode.FOUND_PROBLEMS
        assert (problem["file"], problem["key"]) == (
            "environment",
            "LEADTRIAGE_SALESFORCE__LOGIN_URI",
        )
        assert problem["hint"] == "did you mean 'LEADTRIAGE_SALESFORCE__LOGIN_URL'?"
