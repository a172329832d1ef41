"""The command ``demo``: the whole job on an invented HubSpot account, in one minute and one folder."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TypeAlias

import typer
from rich.console import RenderableType
from rich.rule import Rule

from worker.app import App
from worker.cli.demo_next import next_steps
from worker.cli.demo_scene import SYSTEM, Scene, set_scene
from worker.cli.options import JsonOption, NowOption, exits, print_json, show
from worker.cli.sandbox import ScriptOption, filled_in_words
from worker.core.setup_records import SetupAct, SetupPlan, SetupStep
from worker.core.trace import Json
from worker.core.wanted_fields import wanted_fields
from worker.ledger.profiles import find_example
from worker.log import configure_logging
from worker.ports import SetsUp
from worker.report.calls import calls_json, show_calls
from worker.report.explain import explain_json
from worker.report.lead_text import show_explanation
from worker.report.setup import setup_json
from worker.report.shapes import PLANNED, summary_json
from worker.report.text import show_summary
from worker.report.words import counted
from worker.steps.inspect import report_lead
from worker.steps.setup import carry_out, refuse_setup
from worker.steps.summary import summarise_run

HOW = "It answers as HubSpot's API does, over HTTP, to HubSpot's own client. Rate limits are off."
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
    script: ScriptOption = None,
    now: NowOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fill a local twin of HubSpot, set it up, plan, sync, explain three leads, and sync again."""
    configure_logging("error", as_json=False)  # what a run warns of is in its summary
    tell = _to_nobody if as_json else show
    at = now or datetime.now(UTC)
    with exits():
        with set_scene(folder, contacts, seed, at, script, is_quiet=as_json) as scene:
            shown, explained = _play(scene, tell)
        if as_json:
            print_json(shown)
        tell(Rule("Next"))
        for line in next_steps(folder, scene.twin, _first_id(explained), now):
            tell(line)


def _to_nobody(_value: RenderableType) -> None:
    return None


def _first_id(explained: Sequence[Json]) -> str | None:
    """Give the id of a record to try ``explain`` on."""
    refs = (str(one["ref"]) for one in explained if isinstance(one, Mapping))
    return next((ref.rpartition(":")[2] for ref in refs), None)


def _play(scene: Scene, tell: Tell) -> tuple[dict[str, Json], list[Json]]:
    tell(Rule("An invented HubSpot account, served on this machine"))
    for line in filled_in_words(scene.twin):
        tell(line)
    tell(HOW)
    setup = _set_up(scene, tell)
    plan = _plan(scene, tell)
    scene.twin.count_calls()
    first, explained = _sync(scene, tell)
    calls = scene.twin.count_calls()
    second = _sync_again(scene, tell)
    tell(Rule("Calls of the first sync, and the fewest full pages and batches for the same"))
    tell(show_calls(calls))
    shown: dict[str, Json] = {
        "account": {"made": dict(scene.twin.made), "left_out": dict(scene.twin.left_out)},
        "setup": setup,
        "plan": plan,
        "sync": first,
        "calls": calls_json(calls),
        "explained": explained,
        "sync_again": second,
    }
    return shown, explained


def _set_up(scene: Scene, tell: Tell) -> Json:
    tell(Rule("Setup: what the write-back needs and the account lacks"))
    with scene.opened() as app:
        configuration, connector = app.ruleset.configuration, app.connectors[SYSTEM]
        assert isinstance(connector, SetsUp), "HubSpot's is"
        wanted = wanted_fields(configuration, configuration.systems[SYSTEM])
        plan = connector.plan_setup(wanted)
        refuse_setup(plan)
        done: list[SetupStep] = []
        carry_out(connector, plan.steps, done.append)
        left = connector.plan_setup(wanted)
    tell(_setup_in_words(done, left))
    return setup_json(SYSTEM, plan, done, (), is_dry_run=False)


def _setup_in_words(done: Iterable[SetupStep], left: SetupPlan) -> str:
    acts = Counter(step.act for step in done)
    groups, fields = acts[SetupAct.ADD_GROUP], acts[SetupAct.ADD_FIELD]
    return (
        f"Made {counted(groups, 'group')} and {counted(fields, 'property', 'properties')}. "
        f"A second look finds {counted(len(left.steps), 'thing')} left to make."
    )


def _plan(scene: Scene, tell: Tell) -> Json:
    tell(Rule("Plan: what a sync would change; nothing is written"))
    with (
        scene.opened() as app,
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


def _sync(scene: Scene, tell: Tell) -> tuple[Json, list[Json]]:
    tell(Rule("Sync"))
    began = time.perf_counter()
    with scene.opened() as app:
        report = app.sync()
        with app.ledger.read() as tx:
            summary = summarise_run(tx, report, scene.now, time.perf_counter() - began)
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


def _sync_again(scene: Scene, tell: Tell) -> Json:
    tell(Rule("Sync again, with nothing changed in between"))
    with scene.opened() as app:
        report = app.sync()
        with app.ledger.read() as tx:
            summary = summarise_run(tx, report, scene.now, 0.0)
    tell(counted(sum(report.writes.values()), "write"))
    return summary_json(summary)
