"""Activities: what happened, by contact. Codes, ids and instants only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select

from worker.core.records import RecordRef
from worker.ledger.rows import StoredActivity
from worker.ledger.sql import (
    AnyRow,
    SqlRow,
    delete_where,
    ids_by_type,
    insert_rows,
    is_mine,
    is_one_of,
    is_record,
    ref_columns,
)
from worker.ledger.tables import activities
from worker.ledger.transaction import Transaction

REF_ORDER = ("system", "object_type", "id")
"""Decides between activities of the same instant, so that every read gives the same order."""

_SELECTED = tuple(
    activities.c[name]
    for name in (
        *REF_ORDER,
        "contact_system",
        "contact_object_type",
        "contact_id",
        "kind",
        "at",
        "service_line",
        "owner",
        "channel",
        "is_excluded",
        "revision",
        "source",
    )
)


def save_activities(tx: Transaction, rows: Sequence[StoredActivity]) -> set[StoredActivity]:
    """Store activities; returns what is new, and what stood there before and no longer does.

    The rows of one activity replace all it had, so that one moved to another contact, or shared
    by fewer, leaves nothing behind.
    """
    wanted = set(rows)
    present = load_activities(tx, {row.ref for row in rows})
    changed = {row.ref for row in wanted ^ present}
    _delete(tx, changed & {row.ref for row in present})
    fresh = [row for row in dict.fromkeys(rows) if row.ref in changed]
    insert_rows(tx, activities, [_from_activity(tx, row) for row in fresh])
    return wanted ^ present


def delete_activities(tx: Transaction, refs: Iterable[RecordRef]) -> set[StoredActivity]:
    """Delete activities; returns them."""
    present = load_activities(tx, refs)
    _delete(tx, {row.ref for row in present})
    return present


def activities_of(
    tx: Transaction, contacts: Iterable[RecordRef], since: datetime | None
) -> dict[RecordRef, list[StoredActivity]]:
    """Read each contact's activities since an instant (None: all), newest first."""
    found: defaultdict[RecordRef, list[StoredActivity]] = defaultdict(list)
    for system, object_type, ids in ids_by_type(contacts):
        query = (
            select(*_SELECTED)
            .where(
                is_mine(tx, activities),
                is_one_of(tx, activities.c.contact_id, ids),
                activities.c.contact_system == system,
                activities.c.contact_object_type == object_type,
            )
            .order_by(activities.c.at.desc(), *(activities.c[name] for name in REF_ORDER))
        )
        if since is not None:
            query = query.where(activities.c.at >= since)
        for row in tx.connection.execute(query).all():
            activity = _to_activity(row)
            found[activity.contact].append(activity)
    return dict(found)


def load_activities(tx: Transaction, refs: Iterable[RecordRef]) -> set[StoredActivity]:
    """Read these activities, one for each contact they are told of."""
    found: set[StoredActivity] = set()
    for system, object_type, ids in ids_by_type(refs):
        query = select(*_SELECTED).where(
            is_mine(tx, activities), is_record(tx, activities, system, object_type, ids)
        )
        found.update(_to_activity(row) for row in tx.connection.execute(query).all())
    return found


def _delete(tx: Transaction, refs: Iterable[RecordRef]) -> None:
    for system, object_type, ids in ids_by_type(refs):
        delete_where(tx, activities, is_record(tx, activities, system, object_type, ids))


def _to_activity(row: AnyRow) -> StoredActivity:
    """Unpack a row of ``_SELECTED``: asking it for each column by name takes four times as long."""
    system, object_type, id_, contact_system, contact_type, contact_id, *rest = row
    kind, at, service_line, owner, channel, is_excluded, revision, source = rest
    return StoredActivity(
        ref=RecordRef(system, object_type, id_),
        contact=RecordRef(contact_system, contact_type, contact_id),
        kind=kind,
        at=at,
        service_line=service_line,
        owner=owner,
        channel=channel,
        is_excluded=is_excluded,
        revision=revision,
        source=source,
    )


def _from_activity(tx: Transaction, activity: StoredActivity) -> SqlRow:
    return {
        "account": tx.account,
        **ref_columns(activity.ref),
        "contact_id": activity.contact.id,
        "contact_system": activity.contact.system,
        "contact_object_type": activity.contact.object_type,
        "kind": activity.kind,
        "at": activity.at,
        "service_line": activity.service_line,
        "owner": activity.owner,
        "channel": activity.channel,
        "is_excluded": activity.is_excluded,
        "revision": activity.revision,
        "source": activity.source,
    }
