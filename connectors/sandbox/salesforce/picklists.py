"""The values of picklists for one kind of record, as the interface of Salesforce offers them."""

from __future__ import annotations

from connectors.sandbox.exchange import Answer, Json, json_answer
from connectors.sandbox.salesforce.call import Call
from connectors.sandbox.salesforce.errors import not_found
from connectors.sandbox.salesforce.fields import Field, RecordType
from connectors.sandbox.salesforce.ids import read_id
from connectors.sandbox.salesforce.schema import MASTER_RECORD_TYPE


def _kind(call: Call) -> RecordType | None:
    """Find the kind of record that the path names; None for the one that every type has."""
    id_ = read_id(call.params["kind"])
    if id_ == MASTER_RECORD_TYPE:
        return None
    found = next((kind for kind in call.object_type.record_types if kind.id == id_), None)
    if found is None:
        raise not_found()
    return found


def _values(field: Field, kind: RecordType | None, url: str) -> dict[str, Json]:
    allowed = None if kind is None else kind.values.get(field.name)
    values: list[Json] = [
        {
            "attributes": None,
            "label": option.label or option.value,
            "validFor": [],
            "value": option.value,
        }
        for option in field.options
        if option.is_active and (allowed is None or option.value in allowed)
    ]
    return {"controllerValues": {}, "defaultValue": None, "url": url, "values": values}


def all_values(call: Call) -> Answer:
    """Give the values of every picklist."""
    kind = _kind(call)
    fields = {
        one.name: _values(one, kind, f"{call.request.path}/{one.name}")
        for one in call.object_type.fields.values()
        if one.type in {"picklist", "multipicklist"}
    }
    return json_answer({"picklistFieldValues": fields})


def values_of(call: Call) -> Answer:
    """Give the values of one picklist."""
    field = call.object_type.field(call.params["field"])
    if field is None or field.type not in {"picklist", "multipicklist"}:
        raise not_found()
    return json_answer(_values(field, _kind(call), call.request.path))
