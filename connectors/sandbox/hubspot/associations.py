"""Links between records: kept in both directions, read one by one or in batches of 1,000."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from connectors.sandbox.exchange import Answer, Json, json_answer
from connectors.sandbox.hubspot.account import Account
from connectors.sandbox.hubspot.errors import (
    Category,
    RefusedError,
    batch_entry,
    decoded,
    invalid,
    not_found,
)
from connectors.sandbox.hubspot.paging import Call, batch_answer, paging
from connectors.sandbox.hubspot.store import StoredObject

MOST_INPUTS: Final = 1_000
PAGE: Final = 500
DEFINED: Final = "HUBSPOT_DEFINED"
_KINDS: Final = {
    ("contacts", "companies"): (279, 280),
    ("contacts", "calls"): (193, 194),
    ("contacts", "emails"): (197, 198),
    ("contacts", "meetings"): (199, 200),
    ("contacts", "notes"): (201, 202),
    ("contacts", "tasks"): (203, 204),
    ("contacts", "communications"): (82, 81),
    ("contacts", "deals"): (4, 3),
}
"""Type ids of the plain link between two object types, there and back."""
_LABELS: Final = {1: "Primary", 2: "Primary"}
_OPPOSITE: Final = {1: 2, 2: 1}


class LinkType(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Which kind of link."""

    association_category: str = DEFINED
    association_type_id: int


class LinkEnd(msgspec.Struct, frozen=True, kw_only=True):
    """The record at the other end."""

    id: str | int


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """A link that a new record gets."""

    to: LinkEnd
    types: tuple[LinkType, ...]


class From(msgspec.Struct, frozen=True, kw_only=True):
    """One input of a batch read: a record, and where its page begins."""

    id: str | int
    after: str | None = None


class BatchRead(msgspec.Struct, frozen=True, kw_only=True):
    """The body of a batch read."""

    inputs: tuple[From, ...]


_BATCH: Final = msgspec.json.Decoder(BatchRead)


def type_id(from_type: str, to_type: str) -> int:
    """Name the plain link from one object type to another."""
    if (from_type, to_type) in _KINDS:
        return _KINDS[from_type, to_type][0]
    if (to_type, from_type) in _KINDS:
        return _KINDS[to_type, from_type][1]
    raise invalid(f"{from_type} cannot be associated with {to_type}.")


def link(account: Account, pairs: Iterable[tuple[str, int, str, int, int]]) -> None:
    """Link records in both directions: type and id of both ends, and the type id of the way there."""
    rows = []
    for from_type, from_id, to_type, to_id, kind in pairs:
        back = _OPPOSITE.get(kind, type_id(to_type, from_type))
        rows.append((from_type, from_id, to_type, to_id, DEFINED, kind))
        rows.append((to_type, to_id, from_type, from_id, DEFINED, back))
    account.store.sql.executemany("INSERT OR IGNORE INTO associations VALUES(?,?,?,?,?,?)", rows)


def add_links(account: Account, record: StoredObject, links: Sequence[Link]) -> None:
    """Link a new record as its input says; 400 for a record or a kind that does not exist."""
    for wanted in links:
        for kind in wanted.types:
            to_type = _target_of(record.type, kind.association_type_id)
            other = account.find(to_type, str(wanted.to.id))
            if other is None:
                raise invalid(f"Object {wanted.to.id} to associate with does not exist.")
            link(account, [(record.type, record.id, to_type, other.id, kind.association_type_id)])


def _target_of(from_type: str, kind: int) -> str:
    for (one, other), (there, back) in _KINDS.items():
        if from_type == one and kind == there:
            return other
        if from_type == other and kind == back:
            return one
    raise invalid(f"Association type {kind} is not defined for {from_type}.")


def linked_page(account: Account, record: StoredObject, to_type: str) -> list[Json]:
    """List links as version 3 shows them beside a record: ids and the name of the kind."""
    name = f"{record.type.removesuffix('s')}_to_{to_type.removesuffix('s')}"
    rows = _links_of(account, record.type, record.id, to_type, 0, MOST_INPUTS)
    return [{"id": str(to_id), "type": name} for to_id in dict(rows)]


def _links_of(
    account: Account, from_type: str, from_id: int, to_type: str, after: int, limit: int
) -> list[tuple[int, list[tuple[str, int]]]]:
    """List linked ids with their kinds, in the order of the ids, beginning behind ``after``."""
    rows = account.store.sql.execute(
        "SELECT to_id, category, type_id FROM associations WHERE from_type=? AND from_id=?"
        " AND to_type=? AND to_id IN (SELECT DISTINCT to_id FROM associations WHERE from_type=?"
        " AND from_id=? AND to_type=? AND to_id>? ORDER BY to_id LIMIT ?) ORDER BY to_id, type_id",
        (from_type, from_id, to_type, from_type, from_id, to_type, after, limit),
    )
    found: dict[int, list[tuple[str, int]]] = {}
    for to_id, category, kind in rows:
        found.setdefault(to_id, []).append((category, kind))
    return list(found.items())


def _shown(rows: Sequence[tuple[int, list[tuple[str, int]]]]) -> list[Json]:
    return [
        {
            "toObjectId": str(to_id),
            "associationTypes": [
                {"category": category, "typeId": kind, "label": _LABELS.get(kind)}
                for category, kind in kinds
            ],
        }
        for to_id, kinds in rows
    ]


def read_links(call: Call) -> Answer:
    """GET /crm/v4/objects/{objectType}/{objectId}/associations/{toObjectType}."""
    from_type = call.account.object_type(call.params["objectType"])
    to_type = call.account.object_type(call.params["toObjectType"])
    record = call.account.find(from_type, call.params["objectId"])
    if record is None:
        raise not_found()
    limit = call.limit(default=PAGE, most=PAGE)
    rows = _links_of(call.account, from_type, record.id, to_type, call.after(), limit + 1)
    body: dict[str, object] = {"results": _shown(rows[:limit])}
    if len(rows) > limit:
        body["paging"] = paging(call, rows[limit - 1][0] if limit else call.after())
    return json_answer(body)


def batch_read_links(call: Call) -> Answer:
    """POST /crm/v4/associations/{from}/{to}/batch/read.

    A record with more links than a page holds pages by itself. A record without links is not among
    the results but among the errors, and the status is then 207.
    """
    from_type = call.account.object_type(call.params["objectType"])
    to_type = call.account.object_type(call.params["toObjectType"])
    inputs = decoded(call.request.body, _BATCH).inputs
    if not inputs or len(inputs) > MOST_INPUTS:
        raise invalid(f"A batch read of associations takes 1 to {MOST_INPUTS:,} inputs.")
    results: list[object] = []
    errors: list[Json] = []
    for place, wanted in enumerate(inputs):
        entry = None if place in call.spoilt else _one_of_batch(call, from_type, to_type, wanted)
        if entry is None:
            errors.append(batch_entry(_no_links(from_type, to_type, str(wanted.id))))
        else:
            results.append(entry)
    return batch_answer(call, results, errors)


def _one_of_batch(call: Call, from_type: str, to_type: str, wanted: From) -> Json:
    record = call.account.find(from_type, str(wanted.id))
    if record is None:
        return None
    after = wanted.after or ""
    start = int(after) if after.isdecimal() else 0
    rows = _links_of(call.account, from_type, record.id, to_type, start, PAGE + 1)
    if not rows:
        return None
    entry: dict[str, Json] = {"from": {"id": str(wanted.id)}, "to": _shown(rows[:PAGE])}
    if len(rows) > PAGE:
        last = str(rows[PAGE - 1][0])
        entry["paging"] = {"next": {"after": last, "link": f"?after={last}"}}
    return entry


def _no_links(from_type: str, to_type: str, id_: str) -> RefusedError:
    return RefusedError(
        404,
        Category.OBJECT_NOT_FOUND,
        f"No {to_type} is associated with {from_type} {id_}.",
        context={"fromObjectId": [id_]},
    )
