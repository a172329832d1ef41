"""Counts again, from the rows themselves, what the ledger keeps about hand-offs.

Written in plain SQL and Python, never with the queries under test.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text

from worker.ledger.columns import EPOCH, MICROSECOND
from worker.ledger.engine import Ledger

QUALIFIED = "SELECT count(*) FROM profiles WHERE stage = 'mql'"
PROFILES = "SELECT id, stage, owner, assigned_at, decision_id, pathway, verdict FROM profiles"
HANDED = (
    "SELECT profile_id, decision_id, owner, team, is_given, assigned_at, ended_at FROM assignments"
)
DECIDED = "SELECT id, profile_id, owner FROM decisions ORDER BY seq"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One hand-off that the worker made."""

    owner: str
    team: str | None
    at: datetime


def rows_of(ledger: Ledger, query: str) -> list[Any]:
    with ledger.read() as tx:
        return list(tx.connection.execute(text(query)))


def given_of(ledger: Ledger) -> list[Given]:
    """Every hand-off that the worker made, ended or not."""
    return [
        Given(owner=row.owner, team=row.team, at=EPOCH + row.assigned_at * MICROSECOND)
        for row in rows_of(ledger, HANDED)
        if row.is_given
    ]


def wrong_counts(ledger: Ledger) -> list[str]:
    """Say where the ledger's counts, hand-offs, profiles and decisions do not agree."""
    with ledger.read() as tx:
        profiles = list(tx.connection.execute(text(PROFILES)))
        loads = list(tx.connection.execute(text("SELECT * FROM roster_loads")))
        counts = list(tx.connection.execute(text("SELECT * FROM base_counts")))
        decided = list(tx.connection.execute(text(DECIDED)))
        handed = list(tx.connection.execute(text(HANDED)))
    return [
        *_wrong_loads(profiles, loads),
        *_wrong_base_counts(profiles, counts),
        *_wrong_hand_offs(profiles, decided, handed),
    ]


def _wrong_loads(profiles: Sequence[Any], loads: Sequence[Any]) -> Iterator[str]:
    counted = Counter(row.owner for row in profiles if row.owner)
    kept = {row.owner: row.open_count for row in loads}
    for owner in sorted({*counted, *kept}):
        if counted[owner] != kept.get(owner, 0):
            yield f"load of {owner}: {kept.get(owner, 0)} kept, {counted[owner]} counted"


def _wrong_base_counts(profiles: Sequence[Any], counts: Sequence[Any]) -> Iterator[str]:
    counted = Counter((r.pathway or "", r.stage or "", r.verdict or "") for r in profiles)
    kept = {
        (row.pathway, row.stage, row.verdict): row.profile_count
        for row in counts
        if row.profile_count
    }
    if counted != kept:
        yield f"base counts: {kept} kept, {dict(counted)} counted"


def _wrong_hand_offs(
    profiles: Sequence[Any], decided: Sequence[Any], handed: Sequence[Any]
) -> Iterator[str]:
    """One open hand-off for each lead that has an owner, made by the decision that says so."""
    leads = {row.id: row for row in profiles}
    decisions = {row.id: row for row in decided}
    last = {row.profile_id: row.owner for row in decided}
    open_ = Counter(row.profile_id for row in handed if row.ended_at is None)
    for name, lead in leads.items():
        if open_[name] != (lead.owner is not None):
            yield f"{name} has {open_[name]} open hand-offs and the owner {lead.owner}"
        if name in last and last[name] != lead.owner:
            yield f"{name} belongs to {lead.owner}, its last decision says {last[name]}"
    for row in handed:
        found = decisions.get(row.decision_id)
        if found is None or (found.profile_id, found.owner) != (row.profile_id, row.owner):
            yield f"hand-off {row.decision_id} is not what was decided"
        lead = leads.get(row.profile_id)
        holds = lead is not None and (lead.owner, lead.assigned_at) == (row.owner, row.assigned_at)
        if row.ended_at is None and not holds:
            yield f"hand-off {row.decision_id} is open, and its lead is not with {row.owner}"
