"""What was changed or deleted in a span of time, by id.

Facts: spans go by SystemModstamp, to the minute, 30 days back for changes and 15 for deletions; each
answer says up to when it is complete.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from connectors.sandbox.clock import from_ms, to_ms
from connectors.sandbox.exchange import Answer, Json, json_answer
from connectors.sandbox.salesforce.call import Call
from connectors.sandbox.salesforce.errors import refusal
from connectors.sandbox.salesforce.fields import stamp_of
from connectors.sandbox.salesforce.store import quoted

CHANGED_BACK: Final = timedelta(days=30)
DELETED_BACK: Final = timedelta(days=15)
_MINUTE: Final = timedelta(minutes=1)
MOST: Final = 600_000


def updated(call: Call) -> Answer:
    """List the ids of what was made or changed and is still there."""
    start, end = _span(call, CHANGED_BACK)
    found = call.org.store.sql.execute(
        f"SELECT Id FROM {quoted(call.object_type.name)}"
        " WHERE IsDeleted = 0 AND SystemModstamp >= ? AND SystemModstamp < ?"
        " AND Id NOT IN (SELECT id FROM unshared) LIMIT ?",
        (to_ms(start), to_ms(end), MOST + 1),
    )
    ids: list[Json] = [row[0] for row in found]
    if len(ids) > MOST:
        raise refusal("EXCEEDED_ID_LIMIT", f"exceeded the limit of {MOST} ids")
    return json_answer({"ids": ids, "latestDateCovered": _covered(call, end)})


def deleted(call: Call) -> Answer:
    """List the ids of what was deleted, also for good."""
    start, end = _span(call, DELETED_BACK)
    span = (to_ms(start), to_ms(end))
    name = call.object_type.name
    found = call.org.store.sql.execute(
        f"SELECT Id, SystemModstamp FROM {quoted(name)}"
        " WHERE IsDeleted = 1 AND SystemModstamp >= ? AND SystemModstamp < ?"
        " UNION SELECT id, at FROM purged WHERE type = ? AND at >= ? AND at < ? ORDER BY 2, 1",
        (*span, name, *span),
    )
    records: list[Json] = [{"id": id_, "deletedDate": stamp_of(at)} for id_, at in found]
    earliest = to_ms(call.org.clock.now() - DELETED_BACK) // 60_000 * 60_000
    return json_answer(
        {
            "deletedRecords": records,
            "earliestDateAvailable": stamp_of(earliest),
            "latestDateCovered": _covered(call, end),
        }
    )


def _covered(call: Call, end: datetime) -> str:
    now = call.org.clock.now().replace(second=0, microsecond=0)
    return stamp_of(to_ms(min(end, now)))


def _span(call: Call, back: timedelta) -> tuple[datetime, datetime]:
    try:
        start, end = (
            datetime.fromisoformat(call.request.one(name).replace(" ", "+"))
            .astimezone(UTC)
            .replace(second=0, microsecond=0)
            for name in ("start", "end")
        )
    except ValueError as error:
        raise refusal("MALFORMED_ID", "start and end take instants with an offset") from error
    if start < from_ms(to_ms(call.org.clock.now())) - back - _MINUTE:
        message = f"startDate before org replication enabled date, or over {back.days} days ago"
        raise refusal("INVALID_REPLICATION_DATE", message)
    if end < start + _MINUTE:
        raise refusal(
            "INVALID_REPLICATION_DATE", "endDate must be at least a minute after startDate"
        )
    return start, end
