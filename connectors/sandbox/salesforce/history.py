"""Field history: a row for each change of a tracked field, two for a reference (its name, then its id)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from connectors.sandbox.salesforce.fields import Field, Row, Stored, shown_value
from connectors.sandbox.salesforce.org import Org

TABLES: Final = {"Lead": "LeadHistory", "Contact": "ContactHistory"}


def note_changes(org: Org, type_: str, before: Row, changed: Row, user: str) -> None:
    """Write down the changes of tracked fields."""
    table = TABLES.get(type_)
    if table is None:
        return
    object_type = org.schema.of(type_)
    for name, value in changed.items():
        field = object_type.fields[name.lower()]
        if not field.is_tracked or before.get(name) == value:
            continue
        for old, new in _pairs(org, field, before.get(name), value):
            row: Row = {
                f"{type_}Id": before["Id"],
                "Field": _name_of(field),
                "OldValue": old,
                "NewValue": new,
                "CreatedById": user,
            }
            org.put_row(table, row)


def _pairs(org: Org, field: Field, old: Stored, new: Stored) -> Iterator[tuple[Stored, Stored]]:
    if field.type == "reference":
        yield _called(org, old), _called(org, new)
    yield _written(field, old), _written(field, new)


def _written(field: Field, value: Stored) -> Stored:
    shown = shown_value(field, value)
    if isinstance(shown, bool):
        return str(shown).lower()
    return None if shown is None else str(shown)[:255]


def _called(org: Org, id_: Stored) -> Stored:
    found = org.store.sql.execute("SELECT Name FROM names WHERE Id = ?", (id_,)).fetchone()
    return None if found is None else str(found[0])


def _name_of(field: Field) -> str:
    """Name a field as history does: a reference of the standard by its relationship."""
    return (field.relationship or field.name) if not field.is_custom else field.name
