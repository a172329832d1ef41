"""The command ``demo``: the whole job on an invented base, in one minute and one folder."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from importlib.resources import as_file
from pathlib import Path
from typing import Annotated, TypeAlias

import typer
from rich.console import RenderableType
from rich.rule import Rule

from worker.app import App, open_app
from worker.cli.configure import NOT_COPIED, copy_tree, shipped_mappings
from worker.cli.options import JsonOption, exits, print_json, progress, quiet_logs, show
from worker.core.trace import Json
from worker.errors import FixDataError
from worker.ledger.profiles import find_example
from worker.report.explain import explain_json
from worker.report.lead_text import show_explanation
from worker.report.shapes import PLANNED, summary_json
from worker.report.text import show_summary
from worker.report.words import counted
from worker.sample import write_sample
from worker.steps.inspect import report_lead
from worker.steps.summary import summarise_run

UNTIL = date(2026, 11, 2)
"""The invented base ends on this day, so that the demonstration says the same every time."""
NOW = datetime(2026, 11, 2, 15, tzinfo=UTC)
EXPLAINED = {"patient": "qualified", "referral": "qualified", "b2b": "nurture"}
"""One lead of each pathway: two that are ready, and one that shows what is still missing."""


Tell: TypeAlias = Callable[[RenderableType], None]
"""Says something to people, or to nobody when JSON is asked for."""


def demo(
    folder: Annotated[Path, typer.Argument(help="A new folder for the demonstration.")] = Path(
        "demo"
    ),
    contacts: Annotated[
        int, typer.Option(envvar="LEADTRIAGE_CONTACTS", min=50, help="How many contacts.")
    ] = 2000,
    seed: Annotated[int, typer.Option(envvar="LEADTRIAGE_SEED", help="Seed of the base.")] = 7,
    as_json: JsonOption = False,
) -> None:
    """Build an invented base, plan, sync, explain three leads, and sync again."""
    quiet_logs()
    tell = _to_nobody if as_json else show
    with exits():
        if folder.exists() and any(folder.iterdir()):
            raise FixDataError(f"The folder {folder} is not empty. Remove it, or name another.")
        with as_file(shipped_mappings()) as shipped:
            copy_tree(shipped, folder, NOT_COPIED | {"examples"}, dry_run=False)
        made = write_sample(folder / "data", contacts, seed, UNTIL)
        tell(
            f"{made.contacts} invented contacts, {made.activities} activities, {made.owners} owners"
        )
        plan = _plan(folder, tell)
        first, explained = _sync(folder, tell)
        second = _sync_again(folder, tell)
    if as_json:
        print_json({"plan": plan, "sync": first, "explained": explained, "sync_again": second})
    tell(Rule("Next"))
    tell(f"leadtriage explain CONTACT_ID --config {folder} --now {NOW:%Y-%m-%dT%H:%MZ}")
    tell(f"Edit {folder}/policies/patient.yaml, then: leadtriage check --config {folder}")


def _to_nobody(_value: RenderableType) -> None:
    return None


def _plan(folder: Path, tell: Tell) -> Json:
    tell(Rule("Plan: what a sync would change; nothing is written"))
    with (
        progress(is_hidden=False) as bars,
        open_app(folder, now=NOW, on_progress=bars) as app,
        app.rehearsed() as (work, report),
        work.ledger.read() as tx,
    ):
        summary = summarise_run(tx, report, work.now, 0.0)
    planned = report.steps["decide"].get("planned", 0)
    tell(
        f"{counted(summary.base, 'person', 'people')}; {counted(planned, 'record')} would change; "
        f"{counted(len(summary.breaches), 'budget')} exceeded"
    )
    return summary_json(replace(summary, status=PLANNED))


def _sync(folder: Path, tell: Tell) -> tuple[Json, list[Json]]:
    tell(Rule("Sync"))
    began = time.perf_counter()
    with progress(is_hidden=False) as bars, open_app(folder, now=NOW, on_progress=bars) as app:
        report = app.sync()
        with app.ledger.read() as tx:
            summary = summarise_run(tx, report, NOW, time.perf_counter() - began)
        tell(show_summary(summary, app.ruleset.configuration.reasons))
        explained = [_explain_one(app, *wanted, tell) for wanted in EXPLAINED.items()]
    return summary_json(summary), [item for item in explained if item is not None]


def _explain_one(app: App, pathway: str, verdict: str, tell: Tell) -> Json:
    with app.ledger.read() as tx:
        profile_id = find_example(tx, pathway=pathway, verdict=verdict)
    if profile_id is None:
        return None
    explained = explain_json(app.ruleset, report_lead(app.looking(), profile_id))
    tell(Rule(f"One lead on the pathway {pathway}: {verdict}"))
    tell(show_explanation(explained, app.ruleset.configuration.time_zone))
    return explained


def _sync_again(folder: Path, tell: Tell) -> Json:
    tell(Rule("Sync again, with nothing changed in between"))
    with open_app(folder, now=NOW) as app:
        report = app.sync()
        with app.ledger.read() as tx:
            summary = summarise_run(tx, report, NOW, 0.0)
    tell(counted(sum(report.writes.values()), "write"))
    return summary_json(summary)
