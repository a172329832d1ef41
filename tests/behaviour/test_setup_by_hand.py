"""A CRM that lets nothing be made: its plan has no steps, and says what a person deploys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from rich.console import Console

from tests.fakes.crm import FakeCrm
from tests.support.command import run
from tests.support.organisation import Organisation
from worker.config.findings import Findings
from worker.config.yaml_text import parse_sheet
from worker.core.records import FieldDescription, FieldForm, ObjectDescription
from worker.core.setup_records import (
    Choice,
    FieldStanding,
    FieldState,
    SetupPlan,
    SetupStep,
    WantedField,
)
from worker.ports import SetsUp
from worker.report.setup import setup_json, show_setup
from worker.steps.setup import plan_setup, problems_of, refuse_setup

MAP = """system: crm
objects:
  Lead:
    writes:
      pathway: {to: Pathway__c}
"""
PATHWAY = WantedField(
    object_type="Lead",
    name="Pathway__c",
    key="pathway",
    label="Leadtriage pathway",
    description="Which written policy the lead is decided by.",
    form=FieldForm.CHOICE,
)


@dataclass(frozen=True, slots=True)
class Deployed:
    """Makes nothing itself."""

    def plan_setup(self, wanted: Sequence[WantedField]) -> SetupPlan:
        standings = (
            FieldStanding(
                field=field,
                state=FieldState.MISSING,
                says=f"the org has no field {field.name!r}.",
                to_do="deploy the folder deploy/crm",
                is_blocking=True,
            )
            for field in wanted
        )
        return SetupPlan(standings=tuple(standings), steps=())

    def carry_out(self, step: SetupStep) -> None:
        raise AssertionError(step)


def test_what_is_missing_is_told_at_its_line_with_what_to_deploy() -> None:
    connector: SetsUp = Deployed()
    plan = connector.plan_setup([PATHWAY])
    sheet = parse_sheet(MAP, "systems/crm.yaml", Findings())
    assert sheet is not None
    refuse_setup(plan)
    assert [str(problem) for problem in problems_of(plan, sheet)] == [
        (
            "systems/crm.yaml:5  objects.Lead.writes.pathway\n"
            "    The org has no field 'Pathway__c'.\n"
            "    hint: deploy the folder deploy/crm"
        )
    ]


def test_the_table_does_not_say_that_it_will_be_made(tmp_path: Path) -> None:
    plan = Deployed().plan_setup([PATHWAY])
    with (tmp_path / "table.txt").open("w", encoding="utf-8") as file:
        Console(file=file, width=80).print(show_setup("crm", plan))
    lines = (tmp_path / "table.txt").read_text(encoding="utf-8").splitlines()
    assert lines[2].split() == ["Pathway__c", "pathway", "choice", "missing:", "see", "below"]
    assert setup_json("crm", plan, (), [{"line": 5}], is_dry_run=False)["is_ready"] is False


# --- a connector that does not compare: what its CRM says of its fields is enough


@pytest.fixture
def crm(tmp_path: Path) -> FakeCrm:
    crm = FakeCrm(path=tmp_path / "crm.db", object_types=("Lead",))
    crm.add("Lead", "1", {"Pathway__c": "patient"})
    return crm


def found_in(crm: FakeCrm, *wanted: WantedField) -> list[str]:
    plan = plan_setup(crm, wanted)
    assert plan.steps == ()
    return [f"{one.state}: {one.says} {one.to_do}" for one in plan.standings if one.is_blocking]


def test_a_field_that_is_not_there_is_for_a_person_to_add(crm: FakeCrm) -> None:
    choices = (Choice("patient", "Patient"), Choice("b2b", "Organisation"))
    missing = replace(PATHWAY, name="Way__c", choices=choices)
    assert found_in(crm, PATHWAY, missing) == [
        (
            "missing: the CRM has no field 'Way__c', which is written. add it to the CRM as choice, with "
            "the values patient, b2b"
        )
    ]


def test_words_that_a_list_lacks_are_for_a_person_to_add(crm: FakeCrm) -> None:
    crm.label("Lead", FieldDescription(name="Pathway__c", options=("patient",)))
    choices = (Choice("patient", "Patient"), Choice("b2b", "Organisation"))
    assert found_in(crm, replace(PATHWAY, choices=choices)) == [
        (
            "lacks choices: the CRM's list of 'Pathway__c' lacks 1 of the words that are written. add them "
            "to the list in the CRM, with the values b2b; until then they are left out"
        )
    ]


@pytest.mark.parametrize(
    ("holds", "is_fit"),
    [(FieldForm.CHOICE, True), (FieldForm.LONG_TEXT, True), (None, True), (FieldForm.DATE, False)],
)
def test_a_field_of_another_form_is_for_a_person_to_replace(
    crm: FakeCrm, monkeypatch: pytest.MonkeyPatch, holds: FieldForm | None, is_fit: bool
) -> None:
    shape = ObjectDescription(
        object_type="Lead", fields=(FieldDescription(name="Pathway__c", form=holds),)
    )
    monkeypatch.setattr(FakeCrm, "describe", lambda _crm, _object_type: shape)
    says = "the field 'Pathway__c' holds date, and is written as choice."
    said = [f"differs: {says} name another field in the map"]
    assert found_in(crm, PATHWAY) == ([] if is_fit else said)


def test_a_table_of_files_gets_its_columns_by_itself(sample: Organisation) -> None:
    ended = run("setup", "files", config=sample.folder, now=None)
    assert (ended.exit_code, ended.stderr) == (0, "")
    assert ended.stdout.splitlines()[-2:] == [
        "Nothing was left to make: files was not changed.",
        f"Next: leadtriage check --live --config {sample.folder}",
    ]
