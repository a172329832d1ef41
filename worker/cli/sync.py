"""Commands that run the main job: ``plan``, ``apply``, ``sync`` and ``run``."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from worker.app import App, open_app
from worker.cli.options import (
    ConfigOption,
    DryRunOption,
    JsonOption,
    NowOption,
    err,
    exits,
    json_text,
    print_json,
    progress,
    quiet_logs,
    show,
    with_config,
)
from worker.core.trace import Json
from worker.daemon.scheduler import run_forever
from worker.errors import ExitCode, RunStatus
from worker.log import configure_logging
from worker.report.shapes import RunSummary, summary_json
from worker.report.text import show_summary
from worker.report.words import counted
from worker.steps.inspect import held_changes
from worker.steps.summary import summarise_rehearsal, summarise_run
from worker.steps.sync import RunReport
from worker.steps.work import Work

FAILED = ("rejected", "unknown")


def plan(
    config: ConfigOption = None,
    now: NowOption = None,
    as_json: JsonOption = False,
    save: Annotated[
        bool,
        typer.Option(
            "--save",
            envvar="LEADTRIAGE_SAVE",
            help="Store the plan and hold it, to be released with `leadtriage apply`.",
        ),
    ] = False,
) -> None:
    """Pull and decide without storing or writing anything, and show what a sync would change."""
    quiet_logs()
    began = time.perf_counter()
    with (
        exits(),
        progress(is_hidden=as_json) as bars,
        open_app(config, now=now, on_progress=bars, stores=save) as app,
    ):
        if save:
            report = app.sync(pushes=False)
            with app.ledger.read() as tx:
                summary = summarise_run(tx, report, app.at(), time.perf_counter() - began)
            _end(app, summary, config, as_json=as_json)
            return
        with app.rehearsed() as (work, report):
            _show_plan(app, work, report, time.perf_counter() - began, as_json=as_json)
    if not as_json:
        show(
            f"\nEach change of a field, with its reasons: {with_config('leadtriage plan --json', config)}"
        )
        following = with_config("leadtriage sync", config)
        show(f"Nothing was stored or written. Next: {following}")


def _show_plan(app: App, work: Work, report: RunReport, seconds: float, *, as_json: bool) -> None:
    with work.ledger.read() as tx:
        summary = summarise_rehearsal(tx, report, work.now, seconds)
        if as_json:
            # Written piece by piece: a plan may hold a change for every record of the base.
            sys.stdout.write('{"summary": ' + json_text(summary_json(summary)) + ',\n"changes": [')
            for place, change in enumerate(held_changes(tx, work.run_id)):
                sys.stdout.write((",\n" if place else "\n") + json_text(change))
            sys.stdout.write("\n]}\n")
            return
        by_object = Counter(
            f"{change['system']} {change['object_type']}"
            for change in held_changes(tx, work.run_id)
        )
    show(show_summary(summary, app.ruleset.configuration.reasons))
    for name, count in sorted(by_object.items()):
        show(f"{counted(count, 'field')} of {name} would change.")


def apply(
    plan_id: Annotated[
        str | None, typer.Argument(help="The held plan to release; without it, every held plan.")
    ] = None,
    config: ConfigOption = None,
    now: NowOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Release a plan that is held, and write it.

    Ends with exit code 66 where no plan is held; then nothing is decided or written.
    """
    quiet_logs()
    began = time.perf_counter()
    with (
        exits(),
        progress(is_hidden=as_json) as bars,
        open_app(config, now=now, on_progress=bars, connects=not dry_run) as app,
    ):
        if dry_run:
            with app.ledger.read() as tx:
                changes = list(held_changes(tx, plan_id))
            if as_json:
                print_json({"changes": changes})
            else:
                for change in changes:
                    show(_said(change))
                are_held = "change is" if len(changes) == 1 else "changes are"
                show(f"{len(changes)} {are_held} held. Nothing was written.")
            return
        report = app.apply(plan_id)
        with app.ledger.read() as tx:
            summary = summarise_run(tx, report, app.at(), time.perf_counter() - began)
        _end(app, summary, config, as_json=as_json)


def _said(change: Mapping[str, Json]) -> str:
    record = f"{change['system']}:{change['object_type']}:{change['id']}"
    before, after = (change[when] or "(empty)" for when in ("before", "after"))
    return f"{record} {change['field']}: {before} → {after}"


def sync(
    config: ConfigOption = None,
    now: NowOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Run the main job once: pull, decide, write back. Made for cron.

    Ends with exit code 3 as long as any plan is held, whichever run held it.
    """
    if dry_run:
        plan(config=config, now=now, as_json=as_json)
        return
    quiet_logs()
    began = time.perf_counter()
    with (
        exits(),
        progress(is_hidden=as_json) as bars,
        open_app(config, now=now, on_progress=bars) as app,
    ):
        report = app.sync()
        with app.ledger.read() as tx:
            summary = summarise_run(tx, report, app.at(), time.perf_counter() - began)
        _end(app, summary, config, as_json=as_json, is_held=bool(summary.held_plans))


def _end(
    app: App, summary: RunSummary, config: Path | None, *, as_json: bool, is_held: bool = False
) -> None:
    """Show a run's summary and end with the exit code that says how it went.

    What asks for a person is said on stderr as well, which is all that cron sends.

    ``is_held`` says that a plan waits for a person, this one or an earlier one.
    """
    if as_json:
        print_json(summary_json(summary))
    else:
        command = partial(with_config, config=config)
        show(show_summary(summary, app.ruleset.configuration.reasons, command))
    if is_held or (summary.status == RunStatus.HELD and summary.breaches):
        for plan_id in summary.held_plans or (summary.run_id,):
            look = with_config(f"leadtriage apply {plan_id} --dry-run", config)
            said = f"The plan {plan_id} waits for a person: `{look}` lists it."
            err.print(said, markup=False, soft_wrap=True)
        raise typer.Exit(ExitCode.PLAN_HELD)
    if failed := sum(summary.writes.get(outcome, 0) for outcome in FAILED):
        codes = {code: None for outcome in FAILED for code in summary.write_codes.get(outcome, ())}
        said = f"{counted(failed, 'write')} did not land: {', '.join(codes)}."
        err.print(said, markup=False, soft_wrap=True)
        raise typer.Exit(ExitCode.SOME_WRITES_FAILED)


def run(config: ConfigOption = None) -> None:
    """Run the main job again and again on a schedule, until SIGTERM or SIGINT; then drain.

    The configuration is read anew for each run, so that edits take effect without a restart.
    """

    def run_once(should_stop: Callable[[], bool]) -> None:
        with open_app(config, should_stop=should_stop) as app:
            app.sync()

    with exits():
        with open_app(config) as app:
            settings = app.settings
        configure_logging(settings.log.level, as_json=settings.log.format == "json")
        run_forever(run_once, settings.run.every)
