"""Waiting lists: who qualified and waits for an opening, and how many were let through of late.

Places and releases move in the transaction of the decision, so that they are undone with it.
Whoever reads them to decide holds the roster's lock.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, select

from worker.core.availability import HeldBy, ListKey, Place
from worker.ledger.sql import (
    AnyRow,
    add_counts,
    delete_where,
    is_mine,
    is_one_of,
    upsert,
)
from worker.ledger.transaction import Transaction
from worker.ledger.waiting_tables import releases, waiting


def load_places(tx: Transaction, profile_ids: Iterable[str]) -> list[Place]:
    """Read where these profiles stand; those that do not wait are left out."""
    query = select(waiting).where(
        is_mine(tx, waiting), is_one_of(tx, waiting.c.profile_id, profile_ids)
    )
    return [_to_place(row) for row in tx.connection.execute(query.order_by(waiting.c.profile_id))]


def places_held_by(tx: Transaction, held_by: HeldBy) -> list[Place]:
    """Read everybody who waits for one cause."""
    is_held: ColumnElement[bool] = waiting.c.held_by == held_by.value
    query = select(waiting).where(is_mine(tx, waiting), is_held).order_by(waiting.c.profile_id)
    return [_to_place(row) for row in tx.connection.execute(query)]


def held_lists(tx: Transaction) -> dict[ListKey, frozenset[HeldBy]]:
    """Say of each list in which anybody waits, what makes them wait."""
    columns = waiting.c
    query = (
        select(columns.rule, columns.service_line, columns.site, columns.held_by)
        .where(is_mine(tx, waiting))
        .distinct()
    )
    found: defaultdict[ListKey, frozenset[HeldBy]] = defaultdict(frozenset)
    for row in tx.connection.execute(query):
        found[ListKey(row.rule, row.service_line, row.site)] |= {HeldBy(row.held_by)}
    return dict(found)


def save_places(tx: Transaction, places: Sequence[Place]) -> None:
    """Store places over what was there."""
    upsert(
        tx,
        waiting,
        [
            {
                "account": tx.account,
                "profile_id": place.profile_id,
                **place.key._asdict(),
                "held_by": place.held_by.value,
                "qualified_at": place.qualified_at,
                "score": place.score,
            }
            for place in places
        ],
    )


def delete_places(tx: Transaction, profile_ids: Iterable[str] | None = None) -> None:
    """Take profiles off the list they stand in; without ids, empty all lists."""
    those = [] if profile_ids is None else [is_one_of(tx, waiting.c.profile_id, profile_ids)]
    delete_where(tx, waiting, *those)


def count_waiting(tx: Transaction) -> dict[tuple[str, str], int]:
    """Count who waits by service line and site."""
    columns = waiting.c
    query = (
        select(columns.service_line, columns.site, func.count())
        .where(is_mine(tx, waiting))
        .group_by(columns.service_line, columns.site)
        .order_by(columns.service_line, columns.site)
    )
    return {(row[0], row[1]): row[2] for row in tx.connection.execute(query)}


def add_releases(tx: Transaction, counts: Mapping[ListKey, int], since: datetime) -> None:
    """Count hand-offs of slowed lists in the period that began at ``since``."""
    rows = [
        {"account": tx.account, **key._asdict(), "since": since, "released_count": count}
        for key, count in sorted(counts.items())
    ]
    add_counts(tx, releases, rows)


def releases_since(tx: Transaction, rule: str, since: datetime) -> dict[ListKey, int]:
    """Read how many were handed off of each list of a rule in the period that began at ``since``."""
    found = select(releases).where(
        is_mine(tx, releases), releases.c.rule == rule, releases.c.since == since
    )
    return {
        ListKey(row.rule, row.service_line, row.site): row.released_count
        for row in tx.connection.execute(found)
    }


def delete_releases(tx: Transaction, before: datetime) -> None:
    """Forget the counts of periods that began before an instant."""
    is_old: ColumnElement[bool] = releases.c.since < before
    delete_where(tx, releases, is_old)


def _to_place(row: AnyRow) -> Place:
    return Place(
        profile_id=row.profile_id,
        key=ListKey(row.rule, row.service_line, row.site),
        held_by=HeldBy(row.held_by),
        qualified_at=row.qualified_at,
        score=row.score,
    )
