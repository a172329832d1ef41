"""Object types and single records: list, describe, read, make, change, delete, upsert."""

from __future__ import annotations

from typing import Final

from connectors.sandbox.exchange import Answer, Json, json_answer
from connectors.sandbox.salesforce.call import Call, Given, http_date
from connectors.sandbox.salesforce.errors import not_found, refusal
from connectors.sandbox.salesforce.fields import Field, ObjectType, Row, address_of, shown_value
from connectors.sandbox.salesforce.ids import read_id
from connectors.sandbox.salesforce.query import attributes
from connectors.sandbox.salesforce.recycling import delete
from connectors.sandbox.salesforce.schema import described_type, summarised
from connectors.sandbox.salesforce.values import kept
from connectors.sandbox.salesforce.writing import create, present, update

_CREATED_SINCE: Final = 46
"""From this version on an upsert that changes a record answers 200 with ``created``; 204 before."""


def all_types(call: Call) -> Answer:
    """List the object types."""
    found = (call.org.schema.seen(name) for name in sorted(call.org.schema.types))
    listed: list[Json] = [summarised(one, call.base) for one in found if one is not None]
    return json_answer({"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": listed})


def basic_type(call: Call) -> Answer:
    """Describe an object type in short."""
    return json_answer(
        {"objectDescribe": summarised(call.object_type, call.base), "recentItems": []}
    )


def describe(call: Call) -> Answer:
    """Describe an object type; 304 when it stands as it was."""
    object_type = call.object_type
    changed = call.org.schema.changed_at[object_type.name]
    headers = {"last-modified": http_date(changed)}
    if call.is_unchanged(changed):
        return Answer(status=304, headers=headers)
    return json_answer(described_type(object_type, call.org.schema, call.base), headers=headers)


def shown_record(object_type: ObjectType, row: Row, names: list[str], base: str) -> dict[str, Json]:
    """Show a record with these fields."""
    record: dict[str, Json] = {"attributes": attributes(object_type.name, row["Id"], base)}
    for name in names:
        field = object_type.field(name)
        if field is None:
            message = f"No such column '{name}' on sobject of type {object_type.name}"
            raise refusal("INVALID_FIELD", message)
        is_address = field.type == "address"
        shown = address_of(field, row) if is_address else shown_value(field, row[field.name])
        record[field.name] = shown
    return record


def _id(call: Call) -> str:
    found = read_id(call.params["id"])
    is_ours = found is not None and found.startswith(call.object_type.prefix)
    if found is None or not is_ours or not call.org.store.is_shared(found):
        raise not_found()
    return found


def read(call: Call) -> Answer:
    """Read a record; 304 when it stands as it was."""
    object_type = call.object_type
    row = present(call.org, object_type.name, _id(call))
    changed = int(row["LastModifiedDate"] or 0)
    headers = {"last-modified": http_date(changed)}
    if call.is_unchanged(changed):
        return Answer(status=304, headers=headers)
    names = [*call.request.many("fields")] or [one.name for one in object_type.fields.values()]
    return json_answer(shown_record(object_type, row, names, call.base), headers=headers)


def make(call: Call) -> Answer:
    """Make a record."""
    id_ = create(call.org, call.object_type.name, call.record(), call.writer)
    return json_answer({"id": id_, "success": True, "errors": []}, 201)


def change(call: Call) -> Answer:
    """Change a record, on condition that nobody changed it since."""
    name, id_ = call.object_type.name, _id(call)
    call.refuse_changed(int(present(call.org, name, id_)["LastModifiedDate"] or 0))
    update(call.org, name, id_, call.record(), call.writer)
    return Answer(status=204)


def remove(call: Call) -> Answer:
    """Delete a record."""
    delete(call.org, call.object_type.name, _id(call), call.writer)
    return Answer(status=204)


# By a key of another system


def key_of(object_type: ObjectType, name: str) -> Field:
    """Find the field that holds a key of another system.

    Raises:
        RefusedError: The field is no such key.
    """
    field = object_type.field(name)
    if field is None or not (field.is_external_id or field.type == "id"):
        raise not_found("Provided external ID field does not exist or is not accessible: " + name)
    return field


def matching(call: Call, object_type: ObjectType, name: str, value: Json) -> list[Row]:
    """Find the records with a key of another system.

    Raises:
        RefusedError: The field is no such key.
    """
    field = key_of(object_type, name)
    return [
        *call.org.store.find(object_type.name, {field.name: kept(field, value), "IsDeleted": 0})
    ]


def read_by_key(call: Call) -> Answer:
    """Read a record by a key of another system."""
    object_type = call.object_type
    rows = matching(call, object_type, call.params["field"], call.params["value"])
    if len(rows) != 1:
        return _several(call, rows)
    names = [*call.request.many("fields")] or [one.name for one in object_type.fields.values()]
    return json_answer(shown_record(object_type, rows[0], names, call.base))


def upsert(call: Call) -> Answer:
    """Change the record with a key of another system, or make it; 300 when there are several."""
    object_type, name = call.object_type, call.params["field"]
    value = call.params["value"]
    rows = matching(call, object_type, name, value)
    if len(rows) > 1:
        return _several(call, rows)
    given = call.record()
    if any(key.lower() == name.lower() for key in given):
        raise refusal("INVALID_FIELD", f"The {name} field should not be specified in the body.")
    if rows:
        id_ = str(rows[0]["Id"])
        update(call.org, object_type.name, id_, given, call.writer)
        if float(call.version) < _CREATED_SINCE:
            return Answer(status=204)
        return json_answer({"id": id_, "success": True, "errors": [], "created": False})
    if call.request.one("updateOnly").lower() == "true":
        raise not_found()
    key: Given = {} if name.lower() == "id" else {name: value}
    id_ = create(call.org, object_type.name, {**given, **key}, call.writer)
    return json_answer({"id": id_, "success": True, "errors": [], "created": True}, 201)


def _several(call: Call, rows: list[Row]) -> Answer:
    if not rows:
        raise not_found()
    name = call.object_type.name
    return json_answer([f"{call.base}/sobjects/{name}/{row['Id']}" for row in rows], 300)
