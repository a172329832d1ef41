"""Up to 200 records in one call: each has a result of its own, in the order of the inputs, under HTTP 200.

Facts: no more than ten runs of object types; an error names its ``statusCode``; a failed record has no
id in its result; ids that cannot be read are null in their place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Final, cast

import msgspec

from connectors.sandbox.exchange import Answer, Json, json_answer
from connectors.sandbox.salesforce.call import Call, Given
from connectors.sandbox.salesforce.errors import (
    Problem,
    RefusedError,
    not_found,
    refusal,
    shown_in_result,
)
from connectors.sandbox.salesforce.fields import ObjectType
from connectors.sandbox.salesforce.ids import read_id
from connectors.sandbox.salesforce.recycling import delete
from connectors.sandbox.salesforce.sobjects import key_of, matching, shown_record
from connectors.sandbox.salesforce.values import refused
from connectors.sandbox.salesforce.writing import create, update
from connectors.sandbox.script import Fault

MOST: Final = 200
MOST_READ: Final = 2_000
MOST_CHUNKS: Final = 10
_ROLLED_BACK: Final = Problem(
    code="ALL_OR_NONE_OPERATION_ROLLED_BACK",
    message="Record rolled back because not all records were valid and the request was using "
    "AllOrNone header",
)
_WORDS: Final = {"UNABLE_TO_LOCK_ROW": "unable to obtain exclusive access to this record"}
_UNSET: Final = "TEN_SECONDLY_ROLLING"
"""The policy of a fault that names none."""


class _Records(msgspec.Struct):
    records: list[dict[str, object]]
    allOrNone: bool = False

    @property
    def given(self) -> list[Given]:
        """Give the records as JSON."""
        return cast(list[Given], self.records)


class _Wanted(msgspec.Struct):
    ids: list[str]
    fields: list[str]


def make_all(call: Call) -> Answer:
    """Make records."""
    given = _given(call)

    def one(record: Given) -> dict[str, Json]:
        id_ = create(call.org, _type_of(call, record).name, record, call.writer)
        return {"id": id_, "success": True, "errors": []}

    return _each(call, given.given, one, is_all_or_none=given.allOrNone)


def change_all(call: Call) -> Answer:
    """Change records by their ids."""
    given = _given(call)

    def one(record: Given) -> dict[str, Json]:
        object_type = _type_of(call, record)
        id_ = _id_of(object_type, record)
        _update(call, object_type, id_, record)
        return {"id": id_, "success": True, "errors": []}

    return _each(call, given.given, one, is_all_or_none=given.allOrNone)


def upsert_all(call: Call) -> Answer:
    """Change records by a key of another system, or make them."""
    given = _given(call)
    object_type, key = call.object_type, call.params["field"]
    key_of(object_type, key)

    def one(record: Given) -> dict[str, Json]:
        value = next((v for name, v in record.items() if name.lower() == key.lower()), None)
        rows = [] if value is None else matching(call, object_type, key, value)
        if len(rows) > 1:
            raise refused("DUPLICATE_EXTERNAL_ID", f"{key}: more than one record found", key)
        if rows:
            id_ = str(rows[0]["Id"])
            _update(call, object_type, id_, record)
        else:
            id_ = create(call.org, object_type.name, record, call.writer)
        return {"id": id_, "success": True, "errors": [], "created": not rows}

    return _each(call, given.given, one, is_all_or_none=given.allOrNone)


def delete_all(call: Call) -> Answer:
    """Delete records by their ids."""
    ids = [*call.request.many("ids")]
    _refuse_size(len(ids), MOST)

    def one(record: Given) -> dict[str, Json]:
        id_ = read_id(str(record["id"]))
        object_type = None if id_ is None else call.org.schema.by_prefix(id_)
        if id_ is None or object_type is None:
            raise refused("MALFORMED_ID", f"bad id {record['id']}")
        try:
            delete(call.org, object_type.name, id_, call.writer)
        except RefusedError as error:
            raise _in_collection(error) from error
        return {"id": id_, "success": True, "errors": []}

    records: list[Given] = [{"id": id_} for id_ in ids]
    is_all = call.request.one("allOrNone").lower() == "true"
    return _each(call, records, one, is_all_or_none=is_all)


def read_all(call: Call) -> Answer:
    """Read records by their ids, null for one that is not there."""
    if call.request.method == "POST":
        wanted = call.body(_Wanted)
        ids, names, most = wanted.ids, wanted.fields, MOST_READ
    else:
        ids, names = [*call.request.many("ids")], [*call.request.many("fields")]
        most = MOST_READ  # the length of the address ends it at about 800
    _refuse_size(len(ids), most)
    object_type = call.object_type
    for name in names:
        if object_type.field(name) is None:
            message = f"No such column '{name}' on sobject of type {object_type.name}"
            raise refusal("INVALID_FIELD", message)
    if "id" not in {name.lower() for name in names}:
        names = ["Id", *names]
    return json_answer([_read(call, object_type, id_, names) for id_ in ids])


def _read(call: Call, object_type: ObjectType, given: str, names: list[str]) -> Json:
    id_ = read_id(given)
    row = None if id_ is None else call.org.store.get(object_type.name, id_)
    if row is None or row["IsDeleted"] or not call.org.store.is_shared(str(row["Id"])):
        return None
    return shown_record(object_type, row, names, call.base)


def _given(call: Call) -> _Records:
    given = call.body(_Records)
    _refuse_size(len(given.records), MOST)
    types = (str(_attributes(record).get("type", "")).lower() for record in given.given)
    if sum(1 for _ in groupby(types)) > MOST_CHUNKS:
        raise refusal("LIMIT_EXCEEDED", f"no more than {MOST_CHUNKS} chunks of object types")
    return given


def _refuse_size(count: int, most: int) -> None:
    if not 0 < count <= most:
        raise refusal("LIMIT_EXCEEDED", f"the request takes 1 to {most} records, not {count}")


def _attributes(record: Given) -> Given:
    found = record.get("attributes")
    return found if isinstance(found, dict) else {}


def _type_of(call: Call, record: Given) -> ObjectType:
    name = _attributes(record).get("type")
    found = call.org.schema.seen(name) if isinstance(name, str) else None
    if found is None:
        raise refused("INVALID_TYPE", f"sObject type '{name}' is not supported.")
    return found


def _id_of(object_type: ObjectType, record: Given) -> str:
    given = next((value for name, value in record.items() if name.lower() == "id"), None)
    if given is None:
        raise refused("MISSING_ARGUMENT", "Id not specified in an update call")
    found = read_id(str(given))
    if found is None or not found.startswith(object_type.prefix):
        raise refused("MALFORMED_ID", f"bad id {given}", "Id")
    return found


def _update(call: Call, object_type: ObjectType, id_: str, record: Given) -> None:
    try:
        update(call.org, object_type.name, id_, record, call.writer)
    except RefusedError as error:
        raise _in_collection(error) from error


def _in_collection(error: RefusedError) -> RefusedError:
    """Word the refusal of a record that is not there as a collection does."""
    if error.problems and error.problems[0].code == not_found().problems[0].code:
        return refused("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
    return error


def _each(
    call: Call,
    records: Iterable[Given],
    one: Callable[[Given], dict[str, Json]],
    *,
    is_all_or_none: bool,
) -> Answer:
    if call.is_empty:
        return json_answer([])
    org = call.org
    whole = org.mark("collection")
    results: list[dict[str, Json]] = []
    for place, record in enumerate(records):
        mark = org.mark("record")
        try:
            _strike(call.spoilt(place))
            results.append(one(record))
        except RefusedError as error:
            org.undo(mark)
            problems: list[Json] = [shown_in_result(problem) for problem in error.problems]
            results.append({"success": False, "errors": problems})
        org.keep(mark)
    if is_all_or_none and not all(result["success"] for result in results):
        org.undo(whole)
        results = [_undone(result) for result in results]
    org.keep(whole)
    return json_answer(results)


def _strike(fault: Fault | None) -> None:
    if fault is not None:
        code = "UNABLE_TO_LOCK_ROW" if fault.policy == _UNSET else fault.policy
        raise refused(code, _WORDS.get(code, "a scripted fault"))


def _undone(result: dict[str, Json]) -> dict[str, Json]:
    if not result["success"]:
        return result
    return {"success": False, "errors": [shown_in_result(_ROLLED_BACK)]}
