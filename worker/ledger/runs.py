"""Runs: what the worker did when, and how each ended."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec
from sqlalchemy import select, update

from worker.errors import NotFoundError, RunStatus
from worker.ledger.rows import Run
from worker.ledger.sql import AnyRow, insert_rows, is_mine
from worker.ledger.tables import runs
from worker.ledger.transaction import Transaction

_decode = msgspec.json.Decoder(dict[str, object]).decode
_encode = msgspec.json.Encoder(order="deterministic").encode


def start_run(tx: Transaction, run: Run) -> None:
    """Note that a run has begun."""
    row = {
        "account": tx.account,
        "id": run.id,
        "kind": run.kind,
        "status": run.status.value,
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "decided_for": run.now,
        "summary": _encode(dict(run.summary)).decode(),
    }
    insert_rows(tx, runs, [row])


def end_run(
    tx: Transaction,
    run_id: str,
    *,
    status: RunStatus,
    ended_at: datetime,
    summary: Mapping[str, object],
) -> None:
    """Note how a run ended.

    Raises:
        NotFoundError: no such run was started.
    """
    statement = (
        update(runs)
        .where(is_mine(tx, runs), runs.c.id == run_id)
        .values(status=status.value, ended_at=ended_at, summary=_encode(dict(summary)).decode())
    )
    if tx.connection.execute(statement).rowcount != 1:
        raise NotFoundError


def load_run(tx: Transaction, run_id: str) -> Run | None:
    """Read one run."""
    query = select(runs).where(is_mine(tx, runs), runs.c.id == run_id)
    row = tx.connection.execute(query).one_or_none()
    return None if row is None else _to_run(row)


def list_runs(tx: Transaction, limit: int) -> list[Run]:
    """List the latest runs, newest first."""
    query = (
        select(runs)
        .where(is_mine(tx, runs))
        .order_by(runs.c.started_at.desc(), runs.c.id.desc())
        .limit(limit)
    )
    return [_to_run(row) for row in tx.connection.execute(query)]


def abandon_running(tx: Transaction, at: datetime) -> int:
    """Close the runs that a killed worker left open; returns how many.

    Call it only while holding the account's lease, or it would close a run that goes on.
    """
    statement = (
        update(runs)
        .where(is_mine(tx, runs), runs.c.status == RunStatus.RUNNING.value)
        .values(status=RunStatus.ABANDONED.value, ended_at=at)
    )
    return tx.connection.execute(statement).rowcount


def _to_run(row: AnyRow) -> Run:
    return Run(
        id=row.id,
        kind=row.kind,
        status=RunStatus(row.status),
        started_at=row.started_at,
        ended_at=row.ended_at,
        now=row.decided_for,
        summary=_decode(row.summary),
    )
