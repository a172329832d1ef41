"""The command ``demo``: the whole job on an invented HubSpot account and Salesforce org, in one folder."""

from __future__ import annotations

import shlex
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer
from rich.console import RenderableType
from rich.rule import Rule

from worker.app import App
from worker.cli.demo_next import next_steps
from worker.cli.demo_reports import FOLDER, keep_report
from worker.cli.demo_scene import Scene, Wish, set_scene
from worker.cli.demo_truth import Tell, show_agreement
from worker.cli.options import JsonOption, NowOption, err, exits, print_json, show
from worker.cli.sandbox import ScriptOption, filled_in_words
from worker.core.setup_records import SetupAct, SetupPlan, SetupStep
from worker.core.trace import Json
from worker.core.wanted_fields import wanted_fields
from worker.ledger.profiles import find_example
from worker.ledger.transaction import Transaction
from worker.log import configure_logging
from worker.ports import CallCount
from worker.report.calls import calls_json, show_calls
from worker.report.explain import explain_json
from worker.report.lead_text import show_explanation
from worker.report.setup import setup_json, show_setup
from worker.report.shapes import PLANNED, summary_json
from worker.report.story import (
    calls_in_short,
    causes_in_short,
    lead_in_short,
    plan_in_short,
    run_in_short,
)
from worker.report.text import show_summary
from worker.report.words import counted
from worker.steps.inspect import report_lead
from worker.steps.setup import carry_out, plan_setup, refuse_setup
from worker.steps.summary import summarise_run
from worker.steps.work import Work

HOW = "They answer as the CRMs do, over HTTP, to the vendors' own clients. Rate limits are off."
PLACES = {"hubspot": "HubSpot account", "salesforce": "Salesforce org"}
EXPLAINED = {"patient": "qualified", "referral": "qualified", "b2b": "nurture"}
"""One lead of each pathway: two that are ready, and one that shows what is still missing."""
AFTER = "after"


class Crm(StrEnum):
    """A CRM that the demonstration can be played on alone."""

    HUBSPOT = "hubspot"
    SALESFORCE = "salesforce"


def demo(
    folder: Annotated[Path, typer.Argument(help="A new folder for the demonstration.")] = Path(
        "demo"
    ),
    contacts: Annotated[
        int, typer.Option(envvar="LEADTRIAGE_CONTACTS", min=50, help="How many contacts.")
    ] = 1500,
    seed: Annotated[int, typer.Option(envvar="LEADTRIAGE_SEED", help="Seed of the base.")] = 7,
    crm: Annotated[
        Crm | None,
        typer.Option(
            envvar="LEADTRIAGE_CRM", help="On this CRM alone. Default: both.", show_default=False
        ),
    ] = None,
    script: ScriptOption = None,
    now: NowOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fill local twins of the CRMs, set them up, plan, sync, explain three leads, and sync again."""
    configure_logging("error", as_json=False)  # what a run warns of is in its summary
    tell = _to_nobody if as_json else show
    wish = Wish(
        folder=folder,
        systems=tuple(one.value for one in Crm if crm in (None, one)),
        contacts=contacts,
        seed=seed,
        at=now or datetime.now(UTC),
        script=script,
        is_quiet=as_json,
    )
    with exits(), _half_made(folder):
        with set_scene(wish) as scene:
            shown, explained = _play(scene, tell)
        following = list(next_steps(scene, _first_id(explained), now))
        if as_json:
            print_json({**shown, "next": following})
        tell(Rule("Next"))
        tell(f"Full reports: {folder / FOLDER}. `plan --json` lists each change of a field.")
        for line in following:
            tell(line)


@contextmanager
def _half_made(folder: Path) -> Iterator[None]:
    """Say what to do about the folder of a demonstration that is interrupted."""
    is_ours = not folder.exists() or not any(folder.iterdir())
    try:
        yield
    except KeyboardInterrupt:
        if is_ours:
            place = shlex.quote(str(folder))
            said = f"Interrupted. To begin anew: rm -r {place} && leadtriage demo {place}"
            err.print(said, markup=False, soft_wrap=True)
        raise


def _to_nobody(_value: RenderableType) -> None:
    return None


def _first_id(explained: Sequence[Json]) -> str | None:
    """Give the id of a record to try ``explain`` on."""
    refs = (str(one["ref"]) for one in explained if isinstance(one, Mapping))
    return next((ref.rpartition(":")[2] for ref in refs), None)


def _play(scene: Scene, tell: Tell) -> tuple[dict[str, Json], list[Json]]:
    made = _show_twins(scene, tell)
    setup = _set_up(scene, tell)
    plan, before = _plan(scene, tell)
    _count_calls(scene)
    first, explained, after = _sync(scene, tell)
    calls = _count_calls(scene)
    second = _sync_again(scene, tell)
    for system, counts in calls.items():
        tell(calls_in_short(system, counts))
    listed = [one for counts in calls.values() for one in counts]
    keep_report(scene.wish.folder, "calls", [show_calls(listed)])
    shown: dict[str, Json] = {
        "accounts": made,
        "setup": setup,
        "plan": plan,
        "truth_before": before,
        "sync": first,
        "truth_after": after,
        "calls": calls_json(listed),
        "explained": explained,
        "sync_again": second,
    }
    return shown, explained


def _show_twins(scene: Scene, tell: Tell) -> dict[str, Json]:
    places = " and ".join(PLACES[name] for name in scene.twins)
    tell(Rule(f"An invented {places}, served on this machine"))
    for name, twin in scene.twins.items():
        for line in islice(filled_in_words(twin), 1):  # what was left out is in the JSON
            tell(f"{name}: {line[0].lower()}{line[1:]}")
    tell(HOW)
    return {
        name: {"made": dict(twin.made), "left_out": dict(twin.left_out)}
        for name, twin in scene.twins.items()
    }


def _count_calls(scene: Scene) -> dict[str, Sequence[CallCount]]:
    return {name: twin.count_calls() for name, twin in scene.twins.items()}


def _set_up(scene: Scene, tell: Tell) -> Json:
    tell(Rule("Set-up: what the write-back needs of the CRMs"))
    shown: dict[str, Json] = {}
    with scene.opened() as app:
        configuration = app.ruleset.configuration
        for name, connector in app.connectors.items():
            wanted = wanted_fields(configuration, configuration.systems[name])
            plan = plan_setup(connector, wanted)
            refuse_setup(plan)
            done: list[SetupStep] = []
            carry_out(connector, plan.steps, done.append)
            left = plan_setup(connector, wanted)
            keep_report(scene.wish.folder, f"setup-{name}", [show_setup(name, left)])
            tell(f"{name}: {_setup_in_words(done, left, scene.wish.package_of(name))}")
            shown[name] = setup_json(name, plan, done, (), is_dry_run=False)
    return shown


def _setup_in_words(done: Sequence[SetupStep], left: SetupPlan, package: Path) -> str:
    ready = sum(not standing.is_blocking for standing in left.standings)
    fields = f"{ready} of {counted(len(left.standings), 'field')} are there"
    if not done:
        return f"{fields}, as the package in {package} was deployed."
    acts = Counter(step.act for step in done)
    groups, made = acts[SetupAct.ADD_GROUP], acts[SetupAct.ADD_FIELD]
    return (
        f"made {counted(groups, 'group')} and {counted(made, 'property', 'properties')}; "
        f"{fields} at a second look."
    )


def _plan(scene: Scene, tell: Tell) -> tuple[Json, Json]:
    with (
        scene.opened() as app,
        app.rehearsed() as (work, report),
        work.ledger.read() as tx,
    ):
        summary = summarise_run(tx, report, work.now, 0.0)
        plan = None if report.breaches else report.run_id
        before = _show_truth("before", work, tx, scene, tell, rehearsed=plan)
        tell(Rule("Plan: what a sync would change; nothing is written"))
        tell(plan_in_short(summary))
    return summary_json(replace(summary, status=PLANNED)), before


def _show_truth(
    when: str,
    work: Work,
    tx: Transaction,
    scene: Scene,
    tell: Tell,
    *,
    rehearsed: str | None = None,
) -> Json:
    """Say how far the CRMs agree; causes tell what became of writes, and a rehearsal makes none."""
    if len(scene.twins) > 1:
        tell(Rule(f"Truth {when} the sync: where the CRMs disagree"))
    told = show_agreement(when, work, tx, scene.wish.folder, tell, rehearsed=rehearsed)
    if told is not None and when == AFTER:
        tell(causes_in_short(told))
    return None if told is None else dict(told)


def _sync(scene: Scene, tell: Tell) -> tuple[Json, list[Json], Json]:
    tell(Rule("Sync"))
    began = time.perf_counter()
    with scene.opened() as app:
        report = app.sync()
        with app.ledger.read() as tx:
            summary = summarise_run(tx, report, scene.wish.at, time.perf_counter() - began)
        catalogue = app.ruleset.configuration.reasons
        keep_report(scene.wish.folder, "sync", [show_summary(summary, catalogue)])
        for part in run_in_short(summary, catalogue):
            tell(part)
        tell(Rule("Three leads, explained"))
        explained = [_explain_one(app, *wanted, scene, tell) for wanted in EXPLAINED.items()]
        with app.ledger.read() as tx:
            after = _show_truth(AFTER, app.looking(), tx, scene, tell)
    return summary_json(summary), [item for item in explained if item is not None], after


def _explain_one(app: App, pathway: str, verdict: str, scene: Scene, tell: Tell) -> Json:
    with app.ledger.read() as tx:
        profile_id = find_example(tx, pathway=pathway, verdict=verdict)
    if profile_id is None:
        return None
    explained = explain_json(app.ruleset, report_lead(app.looking(), profile_id))
    zone = app.ruleset.configuration.time_zone
    keep_report(scene.wish.folder, f"lead-{pathway}", [show_explanation(explained, zone)])
    for line in lead_in_short(explained, zone):
        tell(line)
    return explained


def _sync_again(scene: Scene, tell: Tell) -> Json:
    tell(Rule("Sync again, with nothing changed in between"))
    with scene.opened() as app:
        report = app.sync()
        with app.ledger.read() as tx:
            summary = summarise_run(tx, report, scene.wish.at, 0.0)
    tell(counted(sum(report.writes.values()), "write"))
    return summary_json(summary)
