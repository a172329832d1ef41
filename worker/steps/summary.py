"""The summary of a run: what it counted, and how the base stands after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from worker.core.records import WriteOutcome
from worker.ledger.matches import count_matched
from worker.ledger.outbox import held_runs, outcome_codes
from worker.ledger.profiles import funnel
from worker.ledger.quarantine import count_quarantine, list_quarantine
from worker.ledger.records import count_profiles
from worker.ledger.roster import open_by_owner
from worker.ledger.transaction import Transaction
from worker.ledger.waiting import count_waiting
from worker.report.shapes import MOST_ASIDE, PLANNED, RowAside, RunSummary, funnel_lines
from worker.steps.sync import RunReport


def summarise_run(tx: Transaction, report: RunReport, now: datetime, seconds: float) -> RunSummary:
    """Join a run's report with the state of the ledger."""
    lines = funnel_lines([(line.pathway, line.stage, line.count) for line in funnel(tx)])
    return RunSummary(
        run_id=report.run_id,
        status=report.status.value,
        now=now.isoformat(),
        base=count_profiles(tx),
        steps=report.steps,
        writes=report.writes,
        funnel=lines,
        owners=open_by_owner(tx),
        reasons=report.reasons,
        breaches=report.breaches,
        seconds=seconds,
        held_plans=held_runs(tx),
        quarantined=count_quarantine(tx),
        quarantine=rows_aside(tx, MOST_ASIDE),
        write_codes=_write_codes(tx, report),
        named_by_crm=count_matched(tx, report.run_id),
        revocations=report.revocations,
        waiting=count_waiting(tx),
        alarms=report.alarms,
        stages_not_in_crm=report.unlisted,
    )


def summarise_rehearsal(
    tx: Transaction, report: RunReport, now: datetime, seconds: float
) -> RunSummary:
    """Sum up a run that was only rehearsed: its plan is not held, since it is nowhere stored."""
    summary = summarise_run(tx, report, now, seconds)
    return replace(
        summary,
        status=PLANNED,
        steps={name: _as_planned(counts) for name, counts in summary.steps.items()},
        held_plans={
            name: count for name, count in summary.held_plans.items() if name != report.run_id
        },
    )


def _as_planned(counts: Mapping[str, int]) -> Mapping[str, int]:
    return {"planned" if name == "held" else name: count for name, count in counts.items()}


def rows_aside(tx: Transaction, most: int) -> tuple[RowAside, ...]:
    """Name the rows that are put aside now, at most so many."""
    return tuple(
        RowAside(
            system=row.system,
            object_type=row.object_type,
            row=row.row,
            column=row.column,
            code=row.code,
            record_id=row.record_id,
        )
        for row in list_quarantine(tx, most)
    )


def _write_codes(tx: Transaction, report: RunReport) -> dict[str, dict[str, int]]:
    """Count why writes did not do what they should; an uncertain one is not settled yet."""
    found = outcome_codes(tx, report.run_id)
    if uncertain := report.writes.get(WriteOutcome.UNKNOWN):
        found[WriteOutcome.UNKNOWN.value] = {"WRITE_UNCERTAIN": uncertain}
    return found
