"""Lists and who is in them, by id, by the time of joining, and by record."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from connectors.sandbox.clock import iso_of
from connectors.sandbox.exchange import Answer, Json, json_answer
from connectors.sandbox.hubspot.errors import decoded, invalid, not_found
from connectors.sandbox.hubspot.paging import Call, batch_answer, paging
from connectors.sandbox.hubspot.store import Store

KIND: Final = "list"
MOST_PER_PAGE: Final = 250
MOST_INPUTS: Final = 1_000
_AT: Final = "2020-01-01T00:00:00.000Z"


class RecordList(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A list of records of one type. ``processing_type`` is MANUAL, DYNAMIC or SNAPSHOT."""

    list_id: str
    name: str
    processing_type: str = "MANUAL"
    object_type_id: str = "0-1"
    processing_status: str = "COMPLETE"
    list_version: int = 1
    created_at: str = _AT
    updated_at: str = _AT


class RecordKey(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One record of a batch read."""

    object_type_id: str
    record_id: str


class RecordKeys(msgspec.Struct, frozen=True, kw_only=True):
    """The body of a batch read."""

    inputs: tuple[RecordKey, ...]


_LIST: Final = msgspec.json.Decoder(RecordList)
_KEYS: Final = msgspec.json.Decoder(RecordKeys)


def put_list(store: Store, new: RecordList, members: Iterable[tuple[int, int]] = ()) -> None:
    """Add or replace a list, and add members: record id and when it joined, in milliseconds."""
    store.put_document(KIND, new.list_id, new)
    store.sql.executemany(
        "INSERT OR REPLACE INTO members VALUES(?,?,?)",
        ((new.list_id, record, at) for record, at in members),
    )


def read_lists(call: Call) -> Answer:
    """GET /crm/v3/lists/?listIds=…: those that do not exist are left out."""
    wanted = call.request.many("listIds")
    lists = [_LIST.decode(body) for _, body in call.account.store.documents(KIND)]
    return json_answer({"lists": [one for one in lists if not wanted or one.list_id in wanted]})


def read_list(call: Call) -> Answer:
    """GET /crm/v3/lists/{listId}."""
    return json_answer({"list": _found(call)})


def list_members(call: Call) -> Answer:
    """GET /crm/v3/lists/{listId}/memberships: by record id, at most 250."""
    limit = call.limit(default=100, most=MOST_PER_PAGE)
    rows = call.account.store.sql.execute(
        "SELECT record, at FROM members WHERE list=? AND record>? ORDER BY record LIMIT ?",
        (_found(call).list_id, call.after(), limit + 1),
    ).fetchall()
    body: dict[str, object] = {"results": [_member(*row) for row in rows[:limit]]}
    if len(rows) > limit:
        body["paging"] = paging(call, rows[limit - 1][0] if limit else call.after())
    return json_answer(body)


def list_members_as_joined(call: Call) -> Answer:
    """GET /crm/v3/lists/{listId}/memberships/join-order: who joined first comes first."""
    limit, start = call.limit(default=100, most=MOST_PER_PAGE), call.after()
    rows = call.account.store.sql.execute(
        "SELECT record, at FROM members WHERE list=? ORDER BY at, record LIMIT ? OFFSET ?",
        (_found(call).list_id, limit + 1, start),
    ).fetchall()
    body: dict[str, object] = {"results": [_member(*row) for row in rows[:limit]]}
    if len(rows) > limit:
        body["paging"] = paging(call, start + limit)
    return json_answer(body)


def lists_of_record(call: Call) -> Answer:
    """GET /crm/v3/lists/records/{objectTypeId}/{recordId}/memberships."""
    found = _lists_of(call, call.params["recordId"])
    shown = [{**one, "listId": list_id} for list_id, one in found]
    return json_answer({"total": len(shown), "results": shown})


def lists_of_records(call: Call) -> Answer:
    """POST /crm/v3/lists/records/memberships/batch/read; here the list's id is a number."""
    inputs = decoded(call.request.body, _KEYS).inputs
    if not inputs or len(inputs) > MOST_INPUTS:
        raise invalid(f"A batch read of memberships takes 1 to {MOST_INPUTS:,} records.")
    results: list[object] = [
        {
            "objectTypeId": one.object_type_id,
            "recordId": one.record_id,
            "recordListMemberships": [
                {**shown, "listId": int(list_id)}
                for list_id, shown in _lists_of(call, one.record_id)
            ],
        }
        for one in inputs
    ]
    return batch_answer(call, results)


def _found(call: Call) -> RecordList:
    body = call.account.store.document(KIND, call.params["listId"])
    if body is None:
        raise not_found("The list does not exist.")
    return _LIST.decode(body)


def _member(record: int, at: int) -> dict[str, Json]:
    return {"recordId": str(record), "membershipTimestamp": iso_of(at)}


def _lists_of(call: Call, record_id: str) -> list[tuple[str, dict[str, Json]]]:
    record = call.account.store.resolve("contacts", int(record_id) if record_id.isdecimal() else 0)
    rows = call.account.store.sql.execute(
        "SELECT list, at FROM members WHERE record=? ORDER BY list", (record,)
    )
    return [
        (
            list_id,
            {
                "listVersion": 1,
                "firstAddedTimestamp": iso_of(at),
                "lastAddedTimestamp": iso_of(at),
            },
        )
        for list_id, at in rows
    ]
