"""The jobs of Bulk API 2.0 as the org keeps them: what is asked, how far it is, what came of it."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connectors.sandbox.exchange import Json
from connectors.sandbox.salesforce.fields import stamp_of
from connectors.sandbox.salesforce.plans import Plan

KEPT: timedelta = timedelta(days=7)


@dataclass(slots=True, kw_only=True)
class QueryJob:
    """One query job. ``rows`` stand from the moment the job is complete."""

    id: str
    made_at: datetime
    stamp: int
    operation: str
    text: str
    plan: Plan
    version: str
    state: str = "UploadComplete"
    options: Mapping[str, str] = field(default_factory=dict)
    polls: int = 0
    rows: array[int] = field(default_factory=lambda: array("q"))


@dataclass(slots=True, kw_only=True)
class IngestJob:
    """One ingest job. ``done``, ``failed`` and ``left`` hold rows as its three results show them."""

    id: str
    made_at: datetime
    stamp: int
    operation: str
    type: str
    version: str
    state: str = "Open"
    external_id: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    assigns: bool = True
    body: bytes = b""
    polls: int = 0
    columns: tuple[str, ...] = ()
    done: list[dict[str, str]] = field(default_factory=list)
    failed: list[dict[str, str]] = field(default_factory=list)
    left: list[dict[str, str]] = field(default_factory=list)
    message: Json = None


def head_of(job: QueryJob | IngestJob, user: str) -> dict[str, Json]:
    """Show what every job tells."""
    return {
        "id": job.id,
        "operation": job.operation,
        "createdById": user,
        "createdDate": stamp_of(job.stamp),
        "systemModstamp": stamp_of(job.stamp),
        "state": job.state,
        "concurrencyMode": "Parallel",
        "contentType": "CSV",
        "apiVersion": float(job.version),
        **job.options,
    }


def go_on(job: QueryJob | IngestJob, polls: int) -> bool:
    """Let a job go on by one look; tells whether it is to be finished now."""
    if job.state not in {"UploadComplete", "InProgress"}:
        return False
    job.polls += 1
    job.state = "InProgress"
    return job.polls > polls


@dataclass(slots=True, kw_only=True)
class Jobs:
    """The jobs of an org. A job shows ``InProgress`` for ``polls`` looks before it is done."""

    queries: dict[str, QueryJob] = field(default_factory=dict)
    ingests: dict[str, IngestJob] = field(default_factory=dict)
    polls: int = 2
    failing: int = 0
    """How many jobs from now on fail."""
