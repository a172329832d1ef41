"""What the fake CRM offers to crash tests beyond the connector contract."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.crm import FakeCrm
from worker.core.records import RecordRef, WriteCommand, WriteOutcome

REF = RecordRef(system="fake", object_type="contacts", id="1")
CHILD = """
import os, sys
from pathlib import Path
from tests.fakes.crm import FakeCrm
from worker.core.records import RecordRef, WriteCommand
crm = FakeCrm(path=Path(sys.argv[1]), on_write=lambda command: os.kill(os.getpid(), 9))
ref = RecordRef(system="fake", object_type="contacts", id="1")
crm.push([WriteCommand(command_id="a", ref=ref, changes={"stage": "mql"})])
"""


@pytest.fixture
def crm(tmp_path: Path) -> FakeCrm:
    fake = FakeCrm(path=tmp_path / "crm.sqlite")
    fake.add("contacts", "1", {"stage": "lead"})
    return fake


def write(stage: str | None) -> WriteCommand:
    return WriteCommand(command_id="a", ref=REF, changes={"stage": stage})


def test_only_effective_writes_are_counted(crm: FakeCrm) -> None:
    for stage in ("mql", "mql", "lead", "mql", None):
        crm.push([write(stage)])
    assert crm.writes() == {
        (str(REF), "stage", "mql"): 2,
        (str(REF), "stage", "lead"): 1,
        (str(REF), "stage", ""): 1,
    }


def test_a_write_outlives_a_worker_killed_before_the_answer(crm: FakeCrm) -> None:
    argv = [sys.executable, "-c", CHILD, str(crm.path)]
    assert subprocess.run(argv, cwd=Path.cwd()).returncode == -9
    assert crm.writes() == {(str(REF), "stage", "mql"): 1}
    assert crm.read("contacts", "1") == {"stage": "mql"}


def test_a_scripted_rejection_lands_nothing_and_happens_once(crm: FakeCrm) -> None:
    crm.script("contacts", "1", WriteOutcome.REJECTED, "INVALID_OPTION")
    first, second = crm.push([write("mql")]), crm.push([write("mql")])
    assert [(r.outcome, r.code) for r in (*first, *second)] == [
        (WriteOutcome.REJECTED, "INVALID_OPTION"),
        (WriteOutcome.APPLIED, None),
    ]


def test_a_scripted_unknown_has_landed(crm: FakeCrm) -> None:
    crm.script("contacts", "1", WriteOutcome.UNKNOWN)
    [result] = crm.push([write("mql")])
    assert (result.outcome, crm.read("contacts", "1")) == (WriteOutcome.UNKNOWN, {"stage": "mql"})


def test_a_merged_record_is_a_tombstone_that_names_its_heir(crm: FakeCrm) -> None:
    crm.add("contacts", "2", {"stage": "lead"})
    crm.delete("contacts", "1", merged_into="2")
    [page] = crm.pull("contacts", fields=["stage"], since=None)
    dead = next(record for record in page.records if record.ref.id == "1")
    assert (dead.is_deleted, dead.merged_into, dead.values) == (True, "2", {})
