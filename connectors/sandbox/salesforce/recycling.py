"""The recycle bin: a record goes into it with what is only a part of it, and comes back with it.

An activity that others share stays with them. A relation that is deleted by itself goes past the bin.
"""

from __future__ import annotations

from connectors.sandbox.salesforce.errors import refusal
from connectors.sandbox.salesforce.fields import Row
from connectors.sandbox.salesforce.guards import refuse_locked
from connectors.sandbox.salesforce.org import Org
from connectors.sandbox.salesforce.parts import PARTS
from connectors.sandbox.salesforce.relations import TIES, drop, people_of, tie_of
from connectors.sandbox.salesforce.writing import (
    AS_PERSON,
    Writer,
    elect,
    impose,
    seen,
    stamps_of,
    writable,
)


def delete(org: Org, type_: str, id_: str, writer: Writer = AS_PERSON) -> None:
    """Put a record into the recycle bin, and with it what is only a part of it.

    Raises:
        RefusedError: It cannot be deleted; nothing was.
    """
    object_type = writable(org, type_, writer)
    if not object_type.is_deletable:
        raise refusal("INSUFFICIENT_ACCESS_OR_READONLY", f"{type_} cannot be deleted", status=403)
    before = seen(org, object_type.name, id_, writer)
    refuse_locked(org, before, before)
    tie = tie_of(org, object_type.name)
    if tie is None:
        _bin(org, object_type.name, before, stamps_of(org, writer))
    else:
        drop(org, tie, before)
        elect(org, tie, before, writer)


def _bin(org: Org, type_: str, row: Row, stamps: Row) -> None:
    """Mark a record and its parts as deleted, all with the same stamps."""
    org.store.change(type_, str(row["Id"]), {"IsDeleted": 1, **stamps})
    for part, field in _parts(org, type_):
        for hanging in org.store.find(part, {field: row["Id"], "IsDeleted": 0}):
            if field == "WhoId" and _others(org, part, hanging):
                continue
            _bin(org, part, hanging, stamps)
            tie = tie_of(org, part) if field == "RelationId" else None
            if tie is not None:
                elect(org, tie, hanging, AS_PERSON)


def _parts(org: Org, type_: str) -> list[tuple[str, str]]:
    return [one for one in PARTS.get(type_, ()) if one[0].lower() in org.schema.types]


def _others(org: Org, activity: str, row: Row) -> list[str]:
    """Name the people who share an activity with the one that it names."""
    if not org.shares_activities:
        return []
    people = people_of(org, TIES[activity], str(row["Id"]))
    return [one for one in people if one != row["WhoId"]]


def undelete(org: Org, type_: str, id_: str) -> None:
    """Take a record out of the recycle bin, and what went into it with the record.

    Raises:
        RefusedError: It is not there.
    """
    row = org.store.get(type_, id_)
    if row is None or not row["IsDeleted"]:
        raise refusal("UNDELETE_FAILED", "the record is not in the recycle bin")
    impose(org, type_, row, {**row, "IsDeleted": 0})
    together: Row = {"IsDeleted": 1, "SystemModstamp": row["SystemModstamp"]}
    for part, field in _parts(org, type_):
        for hanging in org.store.find(part, {**together, field: id_}):
            undelete(org, part, str(hanging["Id"]))
