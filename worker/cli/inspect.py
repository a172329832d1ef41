"""Commands that only look: ``explain``, ``runs`` and ``audit``, which may keep its counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, cast
from zoneinfo import ZoneInfo

import typer
from rich.table import Table

from worker.app import App, is_missing, no_progress, open_app
from worker.cli.options import (
    ConfigOption,
    JsonOption,
    NowOption,
    exits,
    print_json,
    progress,
    quiet_logs,
    show,
)
from worker.config.settings import load_settings
from worker.core.trace import Json
from worker.errors import ExitCode, NotFoundError
from worker.ledger.chain import ChainProblem, ChainReport, find_link, verify_chain
from worker.ledger.quarantine import count_quarantine
from worker.ledger.rows import Run
from worker.ledger.runs import list_runs
from worker.report.audit_text import show_audit
from worker.report.data_audit import MOST_ORIGINS_SHOWN, audit_json
from worker.report.explain import explain_json
from worker.report.lead_text import show_explanation
from worker.report.shapes import aside_json
from worker.report.text import show_aside
from worker.report.words import counted
from worker.steps.audit import audit_data
from worker.steps.inspect import report_lead
from worker.steps.summary import rows_aside
from worker.steps.work import OnProgress

audit = typer.Typer(
    no_args_is_help=True,
    help="Audit the data, check that the record of decisions is whole, see what could not be read.",
)
MOST_LISTED = 1_000_000
NO_LEDGER = (
    "There is no ledger where the settings say it is, so there is nothing to look at. "
    "Check ledger.url and --config, or run `leadtriage sync` first."
)


def explain(
    ref: Annotated[
        str,
        typer.Argument(
            help="A lead: system:object_type:id, or the id of a record, profile or decision."
        ),
    ],
    config: ConfigOption = None,
    now: NowOption = None,
    as_json: JsonOption = False,
) -> None:
    """Explain one lead: facts, gates, criteria, stage, owner, and what would qualify it."""
    quiet_logs()
    with (
        exits(),
        progress(is_hidden=as_json) as bars,
        open_app(config, now=now, on_progress=bars, stores=False) as app,
    ):
        try:
            report = report_lead(app.looking(), ref)
        except NotFoundError:
            # Not synced yet, perhaps: decide it on a copy that vanishes.
            with app.rehearsed() as (work, _report):
                report = report_lead(work, ref)
        explained = explain_json(app.ruleset, report)
    if as_json:
        print_json(explained)
    else:
        show(show_explanation(explained, app.ruleset.configuration.time_zone))


def runs(
    config: ConfigOption = None,
    limit: Annotated[
        int, typer.Option(envvar="LEADTRIAGE_LIMIT", min=1, help="How many runs to list.")
    ] = 20,
    as_json: JsonOption = False,
) -> None:
    """List the latest runs, newest first."""
    quiet_logs()
    with exits(), open_app(config, stores=False, connects=False) as app, app.ledger.read() as tx:
        found, zone = list_runs(tx, limit), app.ruleset.configuration.time_zone
    if as_json:
        print_json(
            {
                "runs": [
                    {
                        "run": run.id,
                        "kind": run.kind,
                        "status": run.status.value,
                        "now": run.now.isoformat(),
                        "started_at": run.started_at.isoformat(),
                        "ended_at": run.ended_at.isoformat() if run.ended_at else None,
                        "summary": cast("dict[str, Json]", run.summary),
                    }
                    for run in found
                ]
            }
        )
        return
    show(_run_table(found, zone) if found else "No run is in the ledger.")


def _run_table(runs: Sequence[Run], zone: ZoneInfo) -> Table:
    """Runs with the clock of the organisation; ids are whole on any screen, as they are to be pasted."""
    table = Table(box=None, pad_edge=False)
    for column in ("run", "kind", "status", "started"):
        table.add_column(column, no_wrap=True)
    table.add_column("writes", overflow="fold")
    for run in runs:
        writes = run.summary.get("writes")
        said = ", ".join(f"{k} {v}" for k, v in writes.items()) if isinstance(writes, dict) else ""
        at = f"{run.started_at.astimezone(zone):%Y-%m-%d %H:%M %Z}"
        table.add_row(run.id, run.kind, run.status.value, at, said or "0")
    return table


def _problem(problem: ChainProblem) -> dict[str, Json]:
    return {
        "kind": problem.kind.value,
        "seq": problem.seq,
        "decision": problem.decision_id,
        "message": problem.message,
    }


@audit.command()
def verify(
    config: ConfigOption = None,
    expect_head: Annotated[
        str | None,
        typer.Option(
            envvar="LEADTRIAGE_EXPECT_HEAD",
            help="A head that was printed earlier; the chain must still hold it.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Verify the chain of decisions: nothing altered, removed, inserted or reordered.

    Keep the head it prints outside of the ledger and its backups, and give it to --expect-head
    later: a chain that was rewritten as a whole is consistent in itself, but has lost that head.
    """
    quiet_logs()
    with exits(), open_stored(config) as app, app.ledger.read() as tx:
        report = verify_chain(tx)
        expected = expect_head.strip().lower() if expect_head is not None else None
        seq = find_link(tx, expected) if expected is not None else None
    is_lost = expected is not None and seq is None
    if as_json:
        print_json(_verified(report, expected, seq))
    else:
        for line in show_verified(report, expected, seq):
            show(line)
    if report.problem is not None or is_lost:
        raise typer.Exit(ExitCode.FOUND_PROBLEMS)


def _verified(report: ChainReport, expected: str | None, seq: int | None) -> dict[str, Json]:
    return {
        "is_whole": report.problem is None,
        "decisions": report.rows,
        "erased_inputs": report.erased,
        "head": report.head,
        "problem": _problem(report.problem) if report.problem else None,
        "expected_head": {"hash": expected, "seq": seq, "is_in_chain": seq is not None}
        if expected is not None
        else None,
    }


def show_verified(report: ChainReport, expected: str | None, seq: int | None) -> Iterator[str]:
    """Say of the chain whether it is whole, where it ends, and whether it holds the head expected."""
    if report.problem is not None:
        yield f"The chain of decisions is broken. {report.problem.message}"
    else:
        yield f"The chain of {counted(report.rows, 'decision')} is whole. Its head is {report.head}."
    if expected is not None and seq is None:
        yield f"The chain does not hold the head {expected}: it was rewritten or cut off before it."
    elif expected is not None:
        yield f"It holds the head expected, at row {seq}."
    elif report.problem is None:
        yield "Keep the head outside of the ledger, and compare it later with --expect-head."


@audit.command()
def quarantine(
    config: ConfigOption = None,
    limit: Annotated[
        int, typer.Option(envvar="LEADTRIAGE_LIMIT", min=1, help="How many rows to list.")
    ] = MOST_LISTED,
    as_json: JsonOption = False,
) -> None:
    """List the rows that were put aside: where each is and why, never what it says."""
    quiet_logs()
    with exits(), open_stored(config) as app:
        with app.ledger.read() as tx:
            count, rows = count_quarantine(tx), rows_aside(tx, limit)
        catalogue = app.ruleset.configuration.reasons
    if as_json:
        print_json({"quarantined": count, "quarantine": [aside_json(row) for row in rows]})
    else:
        show(show_aside(rows, count, catalogue) if count else "No row is put aside.")


@audit.command()
def data(
    config: ConfigOption = None,
    now: NowOption = None,
    stores: Annotated[
        bool,
        typer.Option(
            "--store/--no-store",
            envvar="LEADTRIAGE_STORE",
            help="Keep the counts in the ledger, for the trend of the next audit.",
        ),
    ] = True,
    origins: Annotated[
        int, typer.Option(envvar="LEADTRIAGE_ORIGINS", min=0, help="How many origins to list.")
    ] = MOST_ORIGINS_SHOWN,
    as_json: JsonOption = False,
) -> None:
    """Audit the data of all leads: what is wrong, since when, where it comes from, what to fix first.

    The checks are those that gate a single lead. Nothing is decided, and nothing written in a CRM.
    Ends with exit code 1 when a finding is more frequent than `limits` in quality.yaml allow.
    """
    quiet_logs()
    with (
        exits(),
        progress(is_hidden=as_json) as bars,
        open_stored(config, now=now, on_progress=bars, connects=True) as app,
    ):
        report = audit_data(app.looking(), stores=stores)
        configuration = app.ruleset.configuration
        found = audit_json(
            report.tally,
            previous=report.previous,
            limits=configuration.quality.limits,
            quarantined=report.quarantined,
            config_digest=configuration.digest,
            most=origins,
        )
    if as_json:
        print_json(found)
    else:
        show(show_audit(found, configuration.reasons))
    if found["over_limit"]:
        raise typer.Exit(ExitCode.FOUND_PROBLEMS)


@contextmanager
def open_stored(
    config: Path | None,
    on_progress: OnProgress = no_progress,
    *,
    now: datetime | None = None,
    connects: bool = False,
) -> Iterator[App]:
    """Open the worker on a ledger that exists: an empty one in its place would look whole.

    No CRM is asked, and no secret of any is needed, unless it ``connects``.

    Raises:
        NotFoundError: there is no ledger.
    """
    url = load_settings(config).ledger_url
    if is_missing(url):
        raise NotFoundError(NO_LEDGER)
    with open_app(config, stores=False, now=now, on_progress=on_progress, connects=connects) as app:
        yield app
