"""Commands that only look: ``explain``, ``runs`` and ``audit verify``."""

from __future__ import annotations

from typing import Annotated, cast

import typer
from rich.table import Table

from worker.app import open_app
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
from worker.core.trace import Json
from worker.errors import ExitCode, NotFoundError
from worker.ledger.chain import ChainProblem, verify_chain
from worker.ledger.runs import list_runs
from worker.report.explain import explain_json
from worker.report.text import show_explanation
from worker.steps.inspect import report_lead

audit = typer.Typer(no_args_is_help=True, help="Check that the record of decisions is whole.")


def explain(
    ref: Annotated[
        str, typer.Argument(help="A lead: system:object_type:id, a record id, or a profile id.")
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
        show(show_explanation(explained))


def runs(
    config: ConfigOption = None,
    limit: Annotated[
        int, typer.Option(envvar="LEADTRIAGE_LIMIT", min=1, help="How many runs to list.")
    ] = 20,
    as_json: JsonOption = False,
) -> None:
    """List the latest runs, newest first."""
    quiet_logs()
    with exits(), open_app(config, stores=False) as app, app.ledger.read() as tx:
        found = list_runs(tx, limit)
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
    table = Table(box=None, pad_edge=False)
    for column in ("run", "kind", "status", "started", "writes"):
        table.add_column(column)
    for run in found:
        writes = run.summary.get("writes")
        said = ", ".join(f"{k} {v}" for k, v in writes.items()) if isinstance(writes, dict) else ""
        table.add_row(
            run.id, run.kind, run.status.value, f"{run.started_at:%Y-%m-%d %H:%M:%S}", said or "0"
        )
    show(table)


def _problem(problem: ChainProblem) -> dict[str, Json]:
    return {
        "kind": problem.kind.value,
        "seq": problem.seq,
        "decision": problem.decision_id,
        "message": problem.message,
    }


def _place(problem: ChainProblem) -> str:
    named = f", decision {problem.decision_id}" if problem.decision_id else ""
    return f"row {problem.seq}{named}"


@audit.command()
def verify(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Verify the chain of decisions: nothing altered, removed, inserted or reordered."""
    quiet_logs()
    with exits(), open_app(config, stores=False) as app, app.ledger.read() as tx:
        report = verify_chain(tx)
    if as_json:
        print_json(
            {
                "is_whole": report.problem is None,
                "decisions": report.rows,
                "erased_inputs": report.erased,
                "head": report.head,
                "problem": _problem(report.problem) if report.problem else None,
            }
        )
    elif report.problem is None:
        show(f"The chain of {report.rows} decisions is whole. Its head is {report.head}.")
    else:
        show(f"The chain of decisions is broken at {_place(report.problem)}.")
        show(report.problem.message)
    if report.problem is not None:
        raise typer.Exit(ExitCode.FOUND_PROBLEMS)
