"""A CRM that lets nothing be made: its plan has no steps, and says what a person deploys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from worker.config.findings import Findings
from worker.config.yaml_text import parse_sheet
from worker.core.records import FieldForm
from worker.core.setup_records import (
    FieldStanding,
    FieldState,
    SetupPlan,
    SetupStep,
    WantedField,
)
from worker.ports import SetsUp
from worker.report.setup import setup_json, show_setup
from worker.steps.setup import carry_out, problems_of, refuse_setup

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
    carry_out(connector, plan.steps, lambda _step: None)
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
