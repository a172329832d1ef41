"""``setup --package``: an organisation's own map gives a package of its own, and no account is asked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.salesforce.app import open_twin
from connectors.sandbox.salesforce.metadata import deploy
from tests.support.command import Ended, run
from tests.support.salesforce_organisation import SHIPPED, lay_out
from worker.cli.configure import copy_configuration
from worker.errors import ExitCode

PACKAGE = SHIPPED.parent / "deploy" / "salesforce"
COUNT = sum(path.is_file() and path.name != "README.md" for path in PACKAGE.rglob("*"))
LEADS = "force-app/main/default/objects/Lead"
NEXT = f"{LEADS}/fields/Leadtriage_Next_Step__c.field-meta.xml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return lay_out(tmp_path / "organisation")


def written(folder: Path, *flags: str) -> Ended:
    package = folder.parent / "package"
    return run("setup", "salesforce", "--package", str(package), *flags, config=folder, now=None)


def remap(folder: Path, old: str, new: str) -> None:
    """Change a line of the map, for leads alone."""
    file = folder / "systems" / "salesforce.yaml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_shipped_map_gives_the_shipped_package_and_the_commands_to_deploy_it(
    folder: Path,
) -> None:
    ended = written(folder)
    assert (ended.exit_code, ended.stderr) == (0, "")
    lines = ended.stdout.splitlines()
    assert lines[0] == f"Wrote {COUNT} files to {folder.parent / 'package'}; 0 were right."
    assert "  sf project deploy start --source-dir force-app --target-org <org>" in lines
    for path in (folder.parent / "package").rglob("*.*"):
        if path.is_file():
            name = path.relative_to(folder.parent / "package")
            assert path.read_bytes() == (PACKAGE / name).read_bytes()


def test_a_second_time_nothing_is_written_and_a_dry_run_writes_nothing(folder: Path) -> None:
    would = written(folder, "--dry-run")
    assert would.stdout.startswith(f"Would write {COUNT} files")
    assert not (folder.parent / "package").exists()
    written(folder)
    assert written(folder).stdout.startswith("Wrote 0 files")


def test_what_changed_in_the_map_is_only_written_over_a_package_when_asked_for(
    folder: Path,
) -> None:
    written(folder)
    remap(
        folder,
        "Leadtriage_Next_Step__c, max_length: 255",
        "Leadtriage_Next_Step__c, max_length: 500",
    )
    file = folder.parent / "package" / NEXT
    refused = written(folder)
    assert refused.exit_code == ExitCode.DATA
    assert NEXT in refused.stderr
    assert "add --overwrite" in refused.stderr
    assert "<length>255</length>" in file.read_text(encoding="utf-8")
    assert "Wrote 1 file" in written(folder, "--overwrite").stdout
    assert "LongTextArea" in file.read_text(encoding="utf-8")


def test_an_own_field_is_not_brought_along_but_may_be_written(folder: Path) -> None:
    written(folder)
    remap(
        folder,
        "next_step:         {to: Leadtriage_Next_Step__c",
        "next_step:         {to: Next_Action__c",
    )
    ended = written(folder, "--overwrite", "--json")
    shown = json.loads(ended.stdout)
    assert (shown["not_held"], shown["left_over"]) == (["Lead.Next_Action__c"], [NEXT])
    sets = folder.parent / "package" / "own-fields/main/default/permissionsets"
    (text,) = (path.read_text(encoding="utf-8") for path in sets.iterdir())
    assert "<editable>true</editable>\n        <field>Lead.Next_Action__c</field>" in text


def test_a_list_that_cannot_be_filtered_is_left_out_and_an_org_takes_the_rest(folder: Path) -> None:
    """Salesforce filters by no text of more than 255 characters."""
    remap(folder, "max_items: 8, max_length: 255}", "max_items: 20, max_length: 900}")
    written(folder)
    lists = {
        path.name.partition(".")[0]
        for path in (folder.parent / "package" / LEADS / "listViews").iterdir()
    }
    assert lists == {"Leadtriage_Ready", "Leadtriage_My_Due", "Leadtriage_Overdue"}
    twin = open_twin(clock=SandboxClock())
    deploy(twin.org, folder.parent / "package")
    field = twin.org.schema.of("Lead").fields["leadtriage_reason_codes__c"]
    assert (field.type, field.length) == ("textarea", 900)


def test_a_crm_that_is_set_up_by_leadtriage_itself_has_no_package(tmp_path: Path) -> None:
    copy_configuration(SHIPPED, tmp_path / "files", dry_run=False)
    to = str(tmp_path / "package")
    ended = run("setup", "files", "--package", to, config=tmp_path / "files", now=None)
    assert ended.exit_code == ExitCode.CONFIGURATION
    assert "Packages are made for: salesforce." in ended.stderr
