"""Where nothing changed, nothing is decided and nothing is written; looking changes nothing."""

from __future__ import annotations

import pytest

from tests.support.command import run
from tests.support.fake_organisation import crm_of, move_to_fake
from tests.support.organisation import Organisation


def every_byte(organisation: Organisation) -> dict[str, bytes]:
    files = [path for path in organisation.folder.rglob("*") if path.is_file()]
    return {str(path): path.read_bytes() for path in files}


def test_a_second_run_writes_nothing(synced: Organisation) -> None:
    assert synced.sync().writes == {}


def test_a_second_run_decides_nothing(synced: Organisation) -> None:
    assert synced.sync().steps["decide"]["looked_at"] == 0


def test_what_we_wrote_ourselves_is_an_echo(synced: Organisation) -> None:
    written = synced.ask("SELECT count(*) FROM outcomes WHERE outcome = 'applied'")[0][0]
    pulled = synced.sync().steps["pull files contacts"]
    assert (pulled["echoes"], pulled["changed"]) == (written, 0)


def test_a_tombstone_read_again_is_no_news(sample: Organisation) -> None:
    crm = crm_of(sample.folder)
    organisation = move_to_fake(sample, crm)
    organisation.sync()
    crm.delete("contacts", min(sample.contacts()))
    organisation.sync()
    pulled = organisation.sync().steps["pull files contacts"]
    assert (pulled["deleted"], pulled["changed"]) == (0, 0)


@pytest.mark.parametrize("command", [["plan"], ["sync", "--dry-run"]], ids=["plan", "dry run"])
def test_a_plan_stores_nothing_in_a_ledger_that_exists(
    synced: Organisation, command: list[str]
) -> None:
    synced.edit(min(synced.contacts()), opt_out_all="true")
    before = every_byte(synced)
    assert run(*command, "--json", config=synced.folder).exit_code == 0
    assert every_byte(synced) == before


@pytest.mark.parametrize("command", [["plan"], ["sync", "--dry-run"]], ids=["plan", "dry run"])
def test_a_plan_before_the_first_sync_changes_no_table(
    sample: Organisation, command: list[str]
) -> None:
    before = sample.contacts_file.read_bytes()
    run(*command, "--json", config=sample.folder)
    assert sample.contacts_file.read_bytes() == before


@pytest.mark.parametrize("command", [["plan"], ["sync", "--dry-run"]], ids=["plan", "dry run"])
def test_a_plan_is_what_sync_then_does(sample: Organisation, command: list[str]) -> None:
    planned = run(*command, "--json", config=sample.folder).json["changes"]
    before = sample.contacts()
    run("sync", config=sample.folder)
    after = sample.contacts()
    expected = {(c["id"], c["field"]): (c["before"] or "", c["after"] or "") for c in planned}
    done = {
        (key, name): (before[key][name], value)
        for key, row in after.items()
        for name, value in row.items()
        if value != before[key][name]
    }
    assert done == expected
