"""An enrolment pathway made of YAML alone runs over a real table of leads.

The table is public but carries no licence, so it is not part of the project: these tests run where
it lies beside the project, as the example's own comment says, and are passed over elsewhere.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from worker.app import App, open_app
from worker.report.explain import explain_json
from worker.steps.inspect import report_lead
from worker.steps.work import Work

EXAMPLE = Path("mappings/examples/education")
TABLE = (EXAMPLE / "../../../../shared/data/x_education_leads.csv").resolve()
NOW = datetime(2026, 11, 2, 15, tzinfo=UTC)
pytestmark = pytest.mark.skipif(not TABLE.exists(), reason="the public lead table is not here")


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    with TABLE.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def app() -> Iterator[App]:
    with open_app(EXAMPLE, now=NOW, stores=False) as opened:
        yield opened


@pytest.fixture(scope="module")
def rehearsed(app: App) -> Iterator[Work]:
    """The whole table, pulled and decided; only read by the tests."""
    with app.rehearsed() as (work, _report):
        yield work


@cache
def plan_json() -> dict[str, Any]:
    """What the command prints, of a base that no test changes."""
    command = [sys.executable, "-m", "worker", "plan", "--json"]
    command += ["--config", str(EXAMPLE), "--now", NOW.isoformat()]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    plan: dict[str, Any] = json.loads(result.stdout)
    return plan


def explain(work: Work, *ids: str) -> list[dict[str, Any]]:
    return [explain_json(work.ruleset, report_lead(work, name)) for name in ids]


def test_the_plan_covers_every_row(rows: list[dict[str, str]]) -> None:
    plan = plan_json()
    assert plan["summary"]["base"] == len(rows)
    assert {change["id"] for change in plan["changes"]} == {row["Prospect ID"] for row in rows}
    assert not (EXAMPLE / "state").exists()


def test_select_is_missing_and_not_a_value(rehearsed: Work, rows: list[dict[str, str]]) -> None:
    row = next(r for r in rows if r["Specialization"] == "Select")
    other = next(r for r in rows if r["Specialization"] == "Finance Management")
    nothing, something = explain(rehearsed, row["Prospect ID"], other["Prospect ID"])
    assert "specialization" not in nothing["facts"]
    assert "specialization" in something["facts"]


def test_do_not_email_blocks_the_email_channel_only(
    rehearsed: Work, rows: list[dict[str, str]]
) -> None:
    row = next(
        r for r in rows if r["Do Not Email"] == "Yes" and r["Lead Origin"] == "Lead Add Form"
    )
    (explained,) = explain(rehearsed, row["Prospect ID"])
    permissions = {p["channel"]: p for p in explained["permissions"]}
    assert permissions["email"]["reason"] == "CONSENT_EMAIL_OPTED_OUT"
    assert permissions["phone"]["is_allowed"] is True


def test_no_column_filled_after_the_outcome_is_asked_for_but_the_outcome(app: App) -> None:
    system = app.ruleset.configuration.systems["files"]
    asked = set(system.objects[0].requested_fields())
    late = {"Tags", "Lead Quality", "Last Activity", "Last Notable Activity", "Lead Profile"}
    assert asked.isdisjoint(late)
    assert {read.fact for read in system.objects[0].reads if read.source == "Converted"} == {
        "outcome"
    }


def test_what_the_policy_calls_qualified_enrols_more_often(rows: list[dict[str, str]]) -> None:
    stages = {
        change["id"]: change["after"]
        for change in plan_json()["changes"]
        if change["field"] == "lifecycle_stage"
    }
    enrolled: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    for row in rows:
        stage = stages.get(row["Prospect ID"], "none")
        seen[stage] += 1
        enrolled[stage] += int(row["Converted"])
    share = {stage: enrolled[stage] / seen[stage] for stage in seen}
    assert share["Marketing Qualified"] > 1.5 * share["Nurture"]
