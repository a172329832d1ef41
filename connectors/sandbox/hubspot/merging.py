"""Merges and privacy deletions of contacts."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import msgspec

from connectors.sandbox.exchange import Answer, json_answer
from connectors.sandbox.hubspot.account import Account
from connectors.sandbox.hubspot.errors import RefusedError, decoded, invalid, not_found
from connectors.sandbox.hubspot.paging import Call
from connectors.sandbox.hubspot.store import StoredObject
from connectors.sandbox.hubspot.views import View
from connectors.sandbox.hubspot.writing import (
    ADDITIONAL_EMAILS,
    find_by_key,
    keys_of,
    note_stale,
    note_stale_new,
)

MOST_MERGES: Final = 250
MERGED_IDS: Final = "hs_merged_object_ids"
MERGED_VIDS: Final = "hs_calculated_merged_vids"


class MergeBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Which record stays the main one, and which goes into it."""

    primary_object_id: str | int
    object_id_to_merge: str | int


class ForgetBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Whom to forget."""

    object_id: str
    id_property: str | None = None


_MERGE: Final = msgspec.json.Decoder(MergeBody)
_FORGET: Final = msgspec.json.Decoder(ForgetBody)


def merge_objects(call: Call) -> Answer:
    """POST .../merge: a new record takes the place of both, and both ids resolve to it."""
    object_type = call.account.object_type(call.params["objectType"])
    body = decoded(call.request.body, _MERGE)
    primary = _one(call, object_type, str(body.primary_object_id))
    other = _one(call, object_type, str(body.object_id_to_merge))
    if primary.id == other.id:
        raise invalid("A record cannot be merged with itself.")
    merged = _merged(call.account, primary, other)
    for old in (primary, other):
        note_stale(call.account, old)
        _hand_over(call.account, old, merged.id)
    note_stale_new(call.account, merged)
    call.account.store.put([merged])
    call.account.store.put_keys(keys_of(call.account, merged))
    return json_answer(View(call.account, object_type, [*merged.properties]).show(merged))


def _one(call: Call, object_type: str, id_: str) -> StoredObject:
    record = call.account.find(object_type, id_)
    if record is None:
        raise not_found()
    return record


def _merged(account: Account, primary: StoredObject, other: StoredObject) -> StoredObject:
    """The primary's values win; what is empty there is filled from the other."""
    now = account.clock.now_ms()
    properties = {**other.properties, **primary.properties}
    swallowed = [
        *_parts(primary.properties.get(MERGED_IDS, "")),
        *_parts(other.properties.get(MERGED_IDS, "")),
        *(str(primary.id), str(other.id)),
    ]
    if len(swallowed) > MOST_MERGES:
        raise RefusedError(414, "VALIDATION_ERROR", "Too many records were merged into this one.")
    properties[MERGED_IDS] = ";".join(swallowed)
    properties[MERGED_VIDS] = ";".join(f"{id_}:{now}" for id_ in swallowed)
    if extra := _extra_addresses(primary, other):
        properties[ADDITIONAL_EMAILS] = ";".join(extra)
    return replace(
        primary,
        id=account.store.next_id(),
        created=min(primary.created, other.created),
        modified=now,
        properties=properties,
    )


def _extra_addresses(primary: StoredObject, other: StoredObject) -> list[str]:
    main = primary.properties.get("email") or other.properties.get("email")
    found = []
    for record in (primary, other):
        found += [record.properties.get("email", "")]
        found += _parts(record.properties.get(ADDITIONAL_EMAILS, ""))
    return [address for address in dict.fromkeys(found) if address and address != main]


def _hand_over(account: Account, old: StoredObject, new_id: int) -> None:
    """Move the links of a record to the one that lives on, and let its id resolve to that."""
    sql, kind = account.store.sql, (new_id, old.type, old.id)
    sql.execute("UPDATE OR IGNORE associations SET from_id=? WHERE from_type=? AND from_id=?", kind)
    sql.execute("UPDATE OR IGNORE associations SET to_id=? WHERE to_type=? AND to_id=?", kind)
    account.store.remove(old.type, old.id)
    account.store.move(old.type, old.id, new_id)


def forget_object(call: Call) -> Answer:
    """POST .../gdpr-delete: the record is gone for good; an unknown address is never to be used."""
    object_type = call.account.object_type(call.params["objectType"])
    body = decoded(call.request.body, _FORGET)
    by = body.id_property or ""
    record = find_by_key(call.account, object_type, by, body.object_id)
    if record is not None:
        note_stale(call.account, record)
        call.account.store.remove(object_type, record.id)
    elif by == "email":
        call.account.store.put_document("blocked", body.object_id.strip().lower(), {})
    else:
        raise not_found()
    return Answer(status=204)


def _parts(text: str) -> list[str]:
    return [part for part in text.split(";") if part]
