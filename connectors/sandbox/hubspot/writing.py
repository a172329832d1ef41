"""Writes of one record: checked values, unique keys, forward-only stage, history and stamps.

Everything is checked before anything is stored, so a refusal leaves no trace.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from connectors.sandbox.clock import iso_of, to_ms
from connectors.sandbox.hubspot.account import Account
from connectors.sandbox.hubspot.errors import (
    Category,
    Detail,
    RefusedError,
    ValueRefusedError,
    invalid,
)
from connectors.sandbox.hubspot.lifecycle import STAGE, stage_after, stamps_of_move
from connectors.sandbox.hubspot.owners import can_own
from connectors.sandbox.hubspot.store import Change, StoredObject
from connectors.sandbox.hubspot.tokens import API_SOURCE
from connectors.sandbox.hubspot.values import Given, kept, text_of

OWNER = "hubspot_owner_id"
ADDITIONAL_EMAILS = "hs_additional_emails"


def create(
    account: Account,
    object_type: str,
    given: Mapping[str, Given],
    source: str = API_SOURCE,
) -> StoredObject:
    """Make a record; 409 when a unique value is taken. ``source`` is what its history will say."""
    values = {name: text for name, text in _checked(account, object_type, given).items() if text}
    _refuse_taken(account, object_type, values, own_id=None)
    now = account.clock.now_ms()
    values |= _follow_ups(object_type, {}, values, iso_of(now))
    record = StoredObject(
        type=object_type,
        id=account.store.next_id(),
        created=now,
        modified=now,
        source=source,
        properties=values,
    )
    _note_stale(account, object_type, record.id, None)
    account.store.put([record])
    account.store.put_keys(_keys(account, record))
    return record


def update(
    account: Account,
    record: StoredObject,
    given: Mapping[str, Given],
    source: str = API_SOURCE,
) -> StoredObject:
    """Change a record. Values that stay as they are leave no trace; a stage never goes back."""
    wanted = _checked(account, record.type, given, record.properties)
    if record.type == "contacts" and STAGE in wanted:
        definition = account.definitions.of(record.type)[STAGE]
        present = record.properties.get(STAGE, "")
        wanted[STAGE] = stage_after(definition, present, wanted[STAGE])
    changed = {
        name: text for name, text in wanted.items() if text != record.properties.get(name, "")
    }
    if not changed:
        return record
    _refuse_taken(account, record.type, changed, own_id=record.id)
    return _store_changes(account, record, changed, source)


def impose(
    account: Account, record: StoredObject, values: Mapping[str, str], source: str = "CALCULATED"
) -> StoredObject:
    """Change a record as HubSpot itself can: read-only properties, and stages backwards as well."""
    return _store_changes(account, record, dict(values), source)


def _store_changes(
    account: Account, record: StoredObject, changed: dict[str, str], source: str
) -> StoredObject:
    now = account.clock.now_ms()
    changed |= _follow_ups(record.type, record.properties, changed, iso_of(now))
    merged = {**record.properties, **changed}
    after = replace(
        record,
        modified=max(now, record.modified),
        properties={name: text for name, text in merged.items() if text},
    )
    _note_stale(account, record.type, record.id, record)
    account.store.put([after])
    account.store.put_changes(_history_of(account, record, changed, now, source))
    if changed.keys() & {*_unique_names(account, record.type), ADDITIONAL_EMAILS}:
        account.store.drop_keys(record.type, record.id)
        account.store.put_keys(_keys(account, after))
    return after


def archive(account: Account, record: StoredObject) -> None:
    """Put a record into the recycle bin. Its unique values become free."""
    now = account.clock.now_ms()
    _note_stale(account, record.type, record.id, record)
    account.store.put([replace(record, archived=now, modified=now)])
    account.store.drop_keys(record.type, record.id)


def find_by_key(
    account: Account, object_type: str, property_: str, given: str
) -> StoredObject | None:
    """Find a record by a unique property; 400 when the property is none."""
    if property_ in {"", "hs_object_id"}:
        return account.find(object_type, given)
    if property_ not in _unique_names(account, object_type):
        raise invalid(
            f"{property_} is not a unique property of {object_type}.",
            Detail(message=f"Property {property_} is not unique", code="INVALID_ID_PROPERTY"),
        )
    text = given.strip().lower() if property_ == "email" else given
    found = account.store.find_key(object_type, property_, text)
    return None if found is None else account.find(object_type, str(found))


def keys_of(account: Account, record: StoredObject) -> Iterator[tuple[str, str, str, int]]:
    """Name the unique values of a record, as the store keeps them."""
    yield from _keys(account, record)


def note_stale(account: Account, record: StoredObject) -> None:
    """Let the search index show a record as it is for a while longer."""
    _note_stale(account, record.type, record.id, record)


def note_stale_new(account: Account, record: StoredObject) -> None:
    """Let the search index not know a record for a while."""
    _note_stale(account, record.type, record.id, None)


def _checked(
    account: Account,
    object_type: str,
    given: Mapping[str, Given],
    present: Mapping[str, str] | None = None,
) -> dict[str, str]:
    values, problems = {}, []
    for name, raw in given.items():
        if raw is None:
            continue
        try:
            values[name] = _value(account, object_type, name, text_of(raw), present or {})
        except ValueRefusedError as refused:
            problems.append(refused.detail(name))
    if problems:
        raise invalid("Property values were not valid: " + _listed(problems), *problems)
    return values


def _value(
    account: Account, object_type: str, name: str, text: str, present: Mapping[str, str]
) -> str:
    definition = account.definitions.find(object_type, name)
    if definition is None:
        raise ValueRefusedError("PROPERTY_DOESNT_EXIST", f'Property "{name}" does not exist')
    if not definition.is_writable:
        raise ValueRefusedError(
            "READ_ONLY_VALUE", f'"{name}" is a read only property; its value cannot be set.'
        )
    if not text:
        return ""
    if name == OWNER and not can_own(account.store, text):
        raise ValueRefusedError("INVALID_OWNER_ID", f"{text} is not a valid owner id.")
    if definition.is_multiple and text.startswith(";"):
        text = ";".join(dict.fromkeys([*_parts(present.get(name, "")), *_parts(text)]))
    return kept(definition, text)


def _parts(text: str) -> list[str]:
    return [part for part in text.split(";") if part]


def _listed(problems: list[Detail]) -> str:
    entries = ",".join(f'{{"isValid":false,"error":"{detail.code}"}}' for detail in problems)
    return f"[{entries}]"


def _unique_names(account: Account, object_type: str) -> frozenset[str]:
    found = {
        name
        for name, definition in account.definitions.of(object_type).items()
        if definition.has_unique_value
    }
    return frozenset(found | {"email"} if object_type == "contacts" else found)


def _keys(account: Account, record: StoredObject) -> Iterator[tuple[str, str, str, int]]:
    for name in sorted(_unique_names(account, record.type)):
        if text := record.properties.get(name):
            yield record.type, name, text, record.id
    for address in _parts(record.properties.get(ADDITIONAL_EMAILS, "")):
        yield record.type, "email", address.lower(), record.id


def _refuse_taken(
    account: Account, object_type: str, values: Mapping[str, str], own_id: int | None
) -> None:
    for name in sorted(_unique_names(account, object_type) & values.keys()):
        if not values[name]:
            continue
        holder = account.store.find_key(object_type, name, values[name])
        if holder is not None and holder != own_id:
            raise _taken(account, object_type, (name, values[name]), own_id, holder)
        if name == "email" and account.store.document("blocked", values[name]) is not None:
            raise invalid("This address was deleted for privacy and cannot be used again.")


def _taken(
    account: Account, object_type: str, value: tuple[str, str], own_id: int | None, holder: int
) -> RefusedError:
    """Refuse a value that another record has: of an address by 409, of any other in other words by 400."""
    name, text = value
    if name == "email":
        says = f"Contact already exists. Existing ID: {holder}"
        return RefusedError(409, Category.CONFLICT, says, holder=holder)
    kind = object_type.upper().removesuffix("S")
    return invalid(
        f"Cannot set PropertyValueCoordinates{{portalId={account.portal_id}, objectTypeId="
        f"ObjectTypeId{{legacyObjectType={kind}}}, propertyName={name}, value={text}}} on "
        f"{own_id or account.store.next_id()}. {holder} already has that value."
    )


def _follow_ups(
    object_type: str, present: Mapping[str, str], changed: Mapping[str, str], at: str
) -> dict[str, str]:
    found: dict[str, str] = {}
    if object_type != "contacts":
        return found
    if STAGE in changed:
        found |= stamps_of_move(present.get(STAGE, ""), changed[STAGE], at)
    if OWNER in changed:
        found["hubspot_owner_assigneddate"] = at if changed[OWNER] else ""
    if "email" in changed:
        found["hs_email_domain"] = changed["email"].partition("@")[2]
    return found


def _history_of(
    account: Account, before: StoredObject, changed: Mapping[str, str], now: int, source: str
) -> Iterator[Change]:
    """List the changes; a property that changes for the first time gets its first value as well."""
    kind, id_ = before.type, before.id
    for name, text in changed.items():
        first = before.properties.get(name)
        if first is not None and not account.store.changes(kind, id_, name):
            yield Change(
                type=kind, id=id_, name=name, value=first, at=before.created, source=before.source
            )
        yield Change(type=kind, id=id_, name=name, value=text, at=now, source=source)


def _note_stale(account: Account, object_type: str, id_: int, before: StoredObject | None) -> None:
    if account.index_lag:
        due = to_ms(account.clock.now() + account.index_lag)
        account.store.put_stale(due, object_type, id_, before)
