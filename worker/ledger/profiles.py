"""Profiles: one row per person, and which of them must be decided again.

A run's cost follows what changed: the questions asked on every run are answered by partial
indexes and by counts kept up to date on each save, never by reading the base.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import ColumnElement, FromClause, func, or_, select, update

from worker.core.records import RecordRef
from worker.ledger.roster import move_loads
from worker.ledger.rows import WHOLE, FunnelCount, Shard, StoredProfile
from worker.ledger.settings import load_setting, save_setting
from worker.ledger.sql import (
    AnyRow,
    SqlRow,
    add_counts,
    delete_where,
    ids_by_type,
    is_mine,
    is_one_of,
    is_record,
    upsert,
)
from worker.ledger.tables import base_counts, members, profiles, records
from worker.ledger.transaction import Transaction
from worker.ledger.waiting_tables import availability_readers, waiting

Place: TypeAlias = tuple[str | None, str | None, str | None, str | None]
"""Where a profile stands: pathway, stage, verdict and owner."""

CONFIGURATION = "configuration"


def load_profiles(tx: Transaction, ids: Iterable[str]) -> dict[str, StoredProfile]:
    """Read these profiles; those that do not exist are left out."""
    query = select(profiles).where(is_mine(tx, profiles), is_one_of(tx, profiles.c.id, ids))
    return {row.id: _to_profile(tx, row) for row in tx.connection.execute(query)}


def save_profiles(tx: Transaction, rows: Sequence[StoredProfile]) -> None:
    """Store the profiles over what was there, in bulk."""
    unique = {row.id: row for row in rows}
    before = _places(tx, unique)
    after = [(row.pathway, row.stage, row.verdict, row.owner) for row in unique.values()]
    upsert(tx, profiles, [_from_profile(tx, row) for row in unique.values()])
    _move_counts(tx, before=before, after=after)


def delete_profiles(tx: Transaction, ids: Iterable[str]) -> None:
    """Delete profiles, for instance one that was joined with another."""
    wanted = list(ids)
    before = _places(tx, wanted)
    delete_where(tx, profiles, is_one_of(tx, profiles.c.id, wanted))
    for table in (members, waiting, availability_readers):
        delete_where(tx, table, is_one_of(tx, table.c.profile_id, wanted))
    _move_counts(tx, before=before, after=())


def mark_dirty(tx: Transaction, profile_ids: Iterable[str]) -> None:
    """Have these profiles decided again."""
    _soil(tx, is_one_of(tx, profiles.c.id, profile_ids))


def mark_contacts_dirty(tx: Transaction, refs: Iterable[RecordRef]) -> None:
    """Have the profiles of these records decided again."""
    for system, object_type, ids in ids_by_type(refs):
        touched = select(records.c.profile_id).where(
            is_mine(tx, records), is_record(tx, records, system, object_type, ids)
        )
        _soil(tx, profiles.c.id.in_(touched))


def mark_stages_dirty(tx: Transaction, stages: Iterable[str]) -> int:
    """Have all profiles at these stages decided again; returns how many. Reads the base."""
    names = [str(stage) for stage in stages]
    return _soil(tx, profiles.c.stage.in_(names)) if names else 0


def wake_due(tx: Transaction, now: datetime) -> int:
    """Turn every profile that has fallen due into a dirty one; returns how many.

    Worth calling before a long walk with ``next_to_decide``: dirty profiles are found in the order
    of the walk, due ones must be sorted on every page.
    """
    return _soil(tx, profiles.c.due_at <= now)


def note_configuration(tx: Transaction, digest: str) -> bool:
    """Mark all profiles dirty if the configuration is not the one noted last; says whether so."""
    if load_setting(tx, CONFIGURATION) == digest:
        return False
    save_setting(tx, CONFIGURATION, digest)
    _soil(tx, _is_stale(digest))
    return True


def next_to_decide(
    tx: Transaction,
    *,
    now: datetime,
    config_digest: str,
    after: str | None,
    limit: int,
    shard: Shard = WHOLE,
) -> list[StoredProfile]:
    """Read the next profiles to decide, by id: dirty, due, or decided with another configuration.

    Once ``note_configuration`` has noted this configuration, only dirty and due rows are touched.
    """
    ids: set[str] = set()
    for candidates in _candidates(tx, now, config_digest, shard):
        query = select(candidates.c.id).order_by(candidates.c.id).limit(limit)
        if after is not None:
            query = query.where(candidates.c.id > after)
        ids.update(tx.connection.execute(query).scalars())
    found = load_profiles(tx, sorted(ids)[:limit])
    return [found[key] for key in sorted(found)]


def page_of_profiles(tx: Transaction, *, after: str | None, limit: int) -> list[StoredProfile]:
    """Read the next profiles of the whole base, by id."""
    query = select(profiles).where(is_mine(tx, profiles)).order_by(profiles.c.id).limit(limit)
    if after is not None:
        query = query.where(profiles.c.id > after)
    return [_to_profile(tx, row) for row in tx.connection.execute(query)]


def count_to_decide(
    tx: Transaction, *, now: datetime, config_digest: str, shard: Shard = WHOLE
) -> int:
    """Count the profiles that ``next_to_decide`` would walk through."""
    return sum(
        tx.connection.execute(select(func.count()).select_from(candidates)).scalar_one()
        for candidates in _candidates(tx, now, config_digest, shard)
    )


def profiles_after(tx: Transaction, after: str, limit: int) -> list[str]:
    """List the next profiles by id, so that a walk through all of them can be taken up again."""
    query = (
        select(profiles.c.id)
        .where(is_mine(tx, profiles), profiles.c.id > after)
        .order_by(profiles.c.id)
        .limit(limit)
    )
    return list(tx.connection.execute(query).scalars())


def find_example(tx: Transaction, *, pathway: str, verdict: str) -> str | None:
    """Find the first profile of a pathway with a verdict; for demonstrations."""
    query = (
        select(profiles.c.id)
        .where(
            is_mine(tx, profiles),
            profiles.c.pathway == pathway,
            profiles.c.verdict == verdict,
        )
        .order_by(profiles.c.id)
        .limit(1)
    )
    return tx.connection.execute(query).scalar_one_or_none()


def funnel(tx: Transaction) -> list[FunnelCount]:
    """Count profiles by pathway, stage and verdict, at the same cost for any number of them."""
    columns = base_counts.c
    query = (
        select(columns.pathway, columns.stage, columns.verdict, columns.profile_count)
        .where(is_mine(tx, base_counts), columns.profile_count > 0)
        .order_by(columns.pathway, columns.stage, columns.verdict)
    )
    return [
        FunnelCount(
            pathway=row.pathway or None,
            stage=row.stage or None,
            verdict=row.verdict or None,
            count=row.profile_count,
        )
        for row in tx.connection.execute(query)
    ]


def _soil(tx: Transaction, condition: ColumnElement[bool]) -> int:
    statement = (
        update(profiles)
        .where(is_mine(tx, profiles), ~profiles.c.is_dirty, condition)
        .values(is_dirty=True)
    )
    return tx.connection.execute(statement).rowcount


def _candidates(
    tx: Transaction, now: datetime, config_digest: str, shard: Shard
) -> list[FromClause]:
    """Who is to be decided, in disjoint parts of which each has an index that yields it.

    The due part is materialised: left alone, a planner may walk the base in order of id instead.
    """
    mine = [is_mine(tx, profiles), *_is_within(shard)]
    if load_setting(tx, CONFIGURATION) != config_digest:
        pending = or_(profiles.c.is_dirty, _is_due(now), _is_stale(config_digest))
        return [select(profiles.c.id).where(*mine, pending).subquery()]
    dirty = select(profiles.c.id).where(*mine, profiles.c.is_dirty)
    due = select(profiles.c.id).where(*mine, profiles.c.due_at <= now, ~profiles.c.is_dirty)
    return [dirty.subquery(), due.cte("due").prefix_with("MATERIALIZED")]


def _is_due(now: datetime) -> ColumnElement[bool]:
    return profiles.c.due_at.is_not(None) & (profiles.c.due_at <= now)


def _is_stale(digest: str) -> ColumnElement[bool]:
    return profiles.c.config_digest.is_distinct_from(digest)


def _is_within(shard: Shard) -> tuple[ColumnElement[bool], ...]:
    return () if shard == WHOLE else (profiles.c.shard.between(shard.low, shard.high),)


def _places(tx: Transaction, ids: Iterable[str]) -> list[Place]:
    columns = profiles.c
    query = select(columns.pathway, columns.stage, columns.verdict, columns.owner).where(
        is_mine(tx, profiles), is_one_of(tx, columns.id, ids)
    )
    return [
        (row.pathway, row.stage, row.verdict, row.owner) for row in tx.connection.execute(query)
    ]


def _move_counts(tx: Transaction, *, before: Sequence[Place], after: Sequence[Place]) -> None:
    """Keep the counts of the base and of the roster true.

    An unknown place is stored as empty text. Rows go in order, so that two workers never wait for
    each other in a circle.
    """
    moved = Counter(_named(place) for place in after)
    moved.subtract(_named(place) for place in before)
    changes = [
        {
            "account": tx.account,
            "pathway": pathway,
            "stage": stage,
            "verdict": verdict,
            "profile_count": change,
        }
        for (pathway, stage, verdict), change in sorted(moved.items())
        if change
    ]
    add_counts(tx, base_counts, changes)
    move_loads(tx, before=_open_by_owner(before), after=_open_by_owner(after))


def _named(place: Place) -> tuple[str, str, str]:
    pathway, stage, verdict, _owner = place
    return pathway or "", stage or "", verdict or ""


def _open_by_owner(places: Sequence[Place]) -> Counter[str]:
    return Counter(owner for _p, _s, _v, owner in places if owner is not None)


def _to_profile(tx: Transaction, row: AnyRow) -> StoredProfile:
    return StoredProfile(
        id=row.id,
        shard=row.shard,
        is_dirty=row.is_dirty,
        due_at=row.due_at,
        config_digest=row.config_digest,
        pathway=row.pathway,
        verdict=row.verdict,
        stage=row.stage,
        stage_since=row.stage_since,
        owner=row.owner,
        assigned_at=row.assigned_at,
        next_step_due_at=row.next_step_due_at,
        decision_id=row.decision_id,
        memory=tx.codec.decode(row.memory),
    )


def _from_profile(tx: Transaction, profile: StoredProfile) -> SqlRow:
    return {
        "account": tx.account,
        "id": profile.id,
        "shard": profile.shard,
        "is_dirty": profile.is_dirty,
        "due_at": profile.due_at,
        "config_digest": profile.config_digest,
        "pathway": profile.pathway,
        "verdict": profile.verdict,
        "stage": profile.stage,
        "stage_since": profile.stage_since,
        "owner": profile.owner,
        "assigned_at": profile.assigned_at,
        "next_step_due_at": profile.next_step_due_at,
        "decision_id": profile.decision_id,
        "memory": tx.codec.encode(profile.memory),
    }
