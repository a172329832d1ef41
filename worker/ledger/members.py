"""Members: which profiles belong to one organisation, and what they did together.

An organisation is known by a key only, to which whoever saves it applies the transaction's hash. The
questions start from a few organisations and follow indexes from there, never the whole base.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, func, or_, select, update

from worker.core.records import RecordRef
from worker.ledger.rows import LastAction, Member, SharedAction
from worker.ledger.sql import (
    AnyRow,
    InOrder,
    SqlRow,
    delete_where,
    ids_by_type,
    is_mine,
    is_one_of,
    is_record,
    upsert,
)
from worker.ledger.tables import activities, members, profiles, records
from worker.ledger.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked of organisations: actions of these kinds, since an instant.

    What comes from one of the sources ``not_from`` (folded) is left out.
    """

    organisations: Collection[str]
    kinds: Collection[str]
    since: datetime
    not_from: Collection[str] = ()


def load_members(tx: Transaction, profile_ids: Iterable[str]) -> dict[str, Member]:
    """Read the organisation of each profile; those that belong to none are left out."""
    query = select(members).where(
        is_mine(tx, members), is_one_of(tx, members.c.profile_id, profile_ids)
    )
    return {row.profile_id: _to_member(row) for row in tx.connection.execute(query)}


def save_members(tx: Transaction, rows: Sequence[Member]) -> None:
    """Store to which organisation profiles belong, over what was there."""
    upsert(tx, members, [_from_member(tx, row) for row in rows])


def delete_members(tx: Transaction, profile_ids: Iterable[str] | None = None) -> None:
    """Forget to which organisation these profiles belong; without any, forget it of all."""
    chosen = [] if profile_ids is None else [is_one_of(tx, members.c.profile_id, profile_ids)]
    delete_where(tx, members, *chosen)


def count_members(tx: Transaction, organisations: Iterable[str]) -> dict[str, int]:
    """Count the profiles of each organisation."""
    query = (
        select(members.c.organisation, func.count())
        .where(is_mine(tx, members), is_one_of(tx, members.c.organisation, organisations))
        .group_by(members.c.organisation)
    )
    return {row[0]: row[1] for row in tx.connection.execute(query)}


def mark_organisations_dirty(tx: Transaction, organisations: Iterable[str]) -> int:
    """Have all members of these organisations decided again; returns how many."""
    wanted = is_one_of(tx, members.c.organisation, organisations)
    return _soil(tx, select(members.c.profile_id).where(is_mine(tx, members), wanted))


def mark_colleagues_dirty(tx: Transaction, contacts: Iterable[RecordRef]) -> int:
    """Have everybody in the organisations of these contacts decided again; returns how many."""
    count = 0
    for system, object_type, ids in ids_by_type(contacts):
        touched = select(records.c.profile_id).where(
            is_mine(tx, records), is_record(tx, records, system, object_type, ids)
        )
        theirs = select(members.c.organisation).where(
            is_mine(tx, members), members.c.profile_id.in_(touched)
        )
        everybody = select(members.c.profile_id).where(
            is_mine(tx, members), members.c.organisation.in_(theirs)
        )
        count += _soil(tx, everybody)
    return count


def shared_actions(tx: Transaction, asked: Asked, most: int) -> dict[str, list[SharedAction]]:
    """Read what the members did, of each kind the ``most`` newest, newest first.

    An action told of several members is given once. What staff, tests and bots did is left out.
    """
    columns = activities.c
    told = (columns.system, columns.object_type, columns.id)
    each = (
        _happened(tx, asked)
        .with_only_columns(
            members.c.organisation,
            *told,
            columns.kind,
            columns.at,
            func.min(columns.service_line).label("service_line"),
            func.min(columns.source).label("source"),
        )
        .group_by(members.c.organisation, *told, columns.kind, columns.at)
        .subquery()
    )
    newest = (each.c.at.desc(), each.c.system, each.c.object_type, each.c.id)
    place = func.row_number().over(partition_by=(each.c.organisation, each.c.kind), order_by=newest)
    ranked = select(each, place.label("place")).subquery()
    query = (
        select(ranked)
        .where(ranked.c.place <= most)
        .order_by(ranked.c.at.desc(), ranked.c.system, ranked.c.object_type, ranked.c.id)
    )
    found: defaultdict[str, list[SharedAction]] = defaultdict(list)
    for row in tx.connection.execute(query):
        found[row.organisation].append(
            SharedAction(
                ref=RecordRef(system=row.system, object_type=row.object_type, id=row.id),
                kind=row.kind,
                at=row.at,
                service_line=row.service_line,
                source=row.source,
            )
        )
    return dict(found)


def last_actions(
    tx: Transaction, asked: Asked, now: datetime, most: int
) -> dict[str, list[LastAction]]:
    """Read the last action of each member up to ``now``, and any dated ahead, newest first.

    Of each role, only the ``most`` members who acted last are given.
    """
    each = _last_of_each(tx, asked, now)
    is_ahead = each.c.at > now
    place = func.row_number().over(
        partition_by=(each.c.organisation, each.c.role, is_ahead),
        order_by=(each.c.at.desc(), each.c.profile_id, each.c.id),
    )
    ranked = select(each, place.label("place")).where((each.c.of_member == 1) | is_ahead).subquery()
    query = (
        select(ranked)
        .where(ranked.c.place <= most)
        .order_by(ranked.c.at.desc(), ranked.c.profile_id, ranked.c.id)
    )
    found: defaultdict[str, list[LastAction]] = defaultdict(list)
    for row in tx.connection.execute(query):
        found[row.organisation].append(
            LastAction(
                profile_id=row.profile_id,
                role=row.role,
                ref=RecordRef(system=row.system, object_type=row.object_type, id=row.id),
                at=row.at,
            )
        )
    return dict(found)


def _last_of_each(tx: Transaction, asked: Asked, now: datetime) -> Subquery:
    """What members did, numbered from the newest of each: apart those up to ``now`` and those ahead."""
    columns = activities.c
    newest = (columns.at.desc(), columns.system, columns.object_type, columns.id)
    of_member = func.row_number().over(
        partition_by=(members.c.profile_id, columns.at > now), order_by=newest
    )
    return (
        _happened(tx, asked)
        .with_only_columns(
            members.c.organisation,
            members.c.profile_id,
            members.c.role,
            columns.system,
            columns.object_type,
            columns.id,
            columns.at,
            of_member.label("of_member"),
        )
        .subquery()
    )


def _happened(tx: Transaction, asked: Asked) -> Select[*tuple[Any, ...]]:
    """What members of these organisations did, by the live records of the members who count."""
    theirs = and_(
        is_mine(tx, records), records.c.profile_id == members.c.profile_id, ~records.c.is_deleted
    )
    told = and_(
        is_mine(tx, activities),
        activities.c.contact_id == records.c.id,
        activities.c.contact_system == records.c.system,
        activities.c.contact_object_type == records.c.object_type,
    )
    query = (
        select(members.c.organisation)
        .select_from(InOrder(InOrder(members, records, theirs), activities, told))
        .where(
            is_mine(tx, members),
            is_one_of(tx, members.c.organisation, asked.organisations),
            members.c.is_counted,
            is_one_of(tx, activities.c.kind, asked.kinds),
            activities.c.at >= asked.since,
            ~activities.c.is_excluded,
        )
    )
    if not asked.not_from:
        return query
    is_robot = is_one_of(tx, activities.c.source, asked.not_from)
    return query.where(or_(activities.c.source.is_(None), ~is_robot))


def _soil(tx: Transaction, whom: Select[*tuple[Any, ...]]) -> int:
    is_clean: ColumnElement[bool] = ~profiles.c.is_dirty
    statement = (
        update(profiles)
        .where(is_mine(tx, profiles), is_clean, profiles.c.id.in_(whom))
        .values(is_dirty=True)
    )
    return tx.connection.execute(statement).rowcount


def _to_member(row: AnyRow) -> Member:
    return Member(
        profile_id=row.profile_id,
        organisation=row.organisation,
        role=row.role,
        is_counted=row.is_counted,
    )


def _from_member(tx: Transaction, member: Member) -> SqlRow:
    return {
        "account": tx.account,
        "profile_id": member.profile_id,
        "organisation": member.organisation,
        "role": member.role,
        "is_counted": member.is_counted,
    }
