"""The summary of a run: what it counted, and how the base stands after it."""

from __future__ import annotations

from datetime import datetime

from worker.ledger.outbox import held_runs
from worker.ledger.profiles import funnel, open_by_owner
from worker.ledger.quarantine import count_quarantine
from worker.ledger.records import count_profiles
from worker.ledger.transaction import Transaction
from worker.report.shapes import RunSummary, funnel_lines
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
    )
