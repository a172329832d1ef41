"""CRM objects one at a time: list, read, create, change, archive."""

from __future__ import annotations

from typing import Final

import msgspec

from connectors.sandbox.exchange import Answer, Json, json_answer
from connectors.sandbox.hubspot.associations import Link, add_links, linked_page
from connectors.sandbox.hubspot.errors import decoded, invalid, not_found
from connectors.sandbox.hubspot.paging import Call, paging
from connectors.sandbox.hubspot.store import StoredObject
from connectors.sandbox.hubspot.values import Given
from connectors.sandbox.hubspot.views import View, written
from connectors.sandbox.hubspot.writing import archive, create, find_by_key, update

MOST_PER_PAGE: Final = 100
MOST_WITH_HISTORY: Final = 50


class NewRecord(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What makes a record."""

    properties: dict[str, Given] = {}
    associations: tuple[Link, ...] = ()
    object_write_trace_id: str | None = None


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What changes a record."""

    properties: dict[str, Given]


_NEW: Final = msgspec.json.Decoder(NewRecord)
_CHANGES: Final = msgspec.json.Decoder(Changes)


def list_objects(call: Call) -> Answer:
    """GET /crm/v3/objects/{objectType}: by id, at most 100 and 50 with history."""
    object_type = call.account.object_type(call.params["objectType"])
    history = call.request.many("propertiesWithHistory")
    limit = call.limit(default=10, most=MOST_WITH_HISTORY if history else MOST_PER_PAGE)
    found = call.account.store.page(
        object_type, call.after(), limit + 1, archived=call.flag("archived")
    )
    view = View(call.account, object_type, call.request.many("properties"), history)
    shown = [_with_links(call, record, view.show(record)) for record in found[:limit]]
    body: dict[str, object] = {"results": shown}
    if len(found) > limit:
        body["paging"] = paging(call, found[limit - 1].id if limit else call.after())
    return json_answer(body)


def read_object(call: Call) -> Answer:
    """GET /crm/v3/objects/{objectType}/{objectId}; an id that was merged away still resolves."""
    object_type = call.account.object_type(call.params["objectType"])
    record = _found(call, object_type, is_archived=call.flag("archived"))
    history = call.request.many("propertiesWithHistory")
    view = View(call.account, object_type, call.request.many("properties"), history)
    return json_answer(_with_links(call, record, view.show(record)))


def create_object(call: Call) -> Answer:
    """POST /crm/v3/objects/{objectType}."""
    object_type = call.account.object_type(call.params["objectType"])
    body = decoded(call.request.body, _NEW)
    return json_answer(made(call, object_type, body), 201)


def made(call: Call, object_type: str, body: NewRecord) -> dict[str, Json]:
    """Make a record with its links, and show it."""
    record = create(call.account, object_type, body.properties, call.source)
    add_links(call.account, record, body.associations)
    return written(call.account, record, record.properties)


def update_object(call: Call) -> Answer:
    """PATCH /crm/v3/objects/{objectType}/{objectId}."""
    object_type = call.account.object_type(call.params["objectType"])
    body = decoded(call.request.body, _CHANGES)
    if not body.properties:
        raise invalid("No properties found to update, please provide at least one.")
    found = _found(call, object_type, is_archived=False)
    record = update(call.account, found, body.properties, call.source)
    return json_answer(written(call.account, record, body.properties))


def archive_object(call: Call) -> Answer:
    """DELETE /crm/v3/objects/{objectType}/{objectId}; one that is not there is no error."""
    object_type = call.account.object_type(call.params["objectType"])
    record = call.account.find(object_type, call.params["objectId"])
    if record is not None:
        archive(call.account, record)
    return Answer(status=204)


def _found(call: Call, object_type: str, *, is_archived: bool) -> StoredObject:
    given = call.params["objectId"]
    if is_archived:
        archived = call.account.store.get(object_type, int(given)) if given.isdecimal() else None
        if archived is None or archived.archived is None:
            raise not_found()
        return archived
    record = find_by_key(call.account, object_type, call.request.one("idProperty"), given)
    if record is None:
        raise not_found()
    return record


def _with_links(call: Call, record: StoredObject, shown: dict[str, Json]) -> dict[str, Json]:
    """Add the ids of linked records, where ``associations`` asks for them."""
    links: dict[str, Json] = {}
    for asked in call.request.many("associations"):
        to_type = call.account.object_type(asked)
        if found := linked_page(call.account, record, to_type):
            links[to_type] = {"results": found}
    if links:
        shown["associations"] = links
    return shown
