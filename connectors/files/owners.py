"""Reads the owners table: who can own a record, and who has left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from connectors.files.reading import open_table, read_rows
from connectors.files.tables import Table
from worker.core.records import Owner, OwnerKind, RawValue

_ACTIVE = frozenset({"true", "t", "yes", "y", "1", "active"})


class ActiveWhen(StrEnum):
    """How the column ``active`` speaks: by a clear yes, or by not being empty.

    The second is how warehouses keep HubSpot's owners: an archived one has no active user.
    """

    YES = "yes"
    FILLED = "filled"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerColumns:
    """Which columns of the owners table say what."""

    id: str
    email: str
    active: str
    kind: str
    active_when: ActiveWhen = ActiveWhen.YES


def read_owners(table: Table, columns: OwnerColumns) -> tuple[list[Owner], int]:
    """Give the owners, and how many rows could not be read. No table means no owners."""
    if not table.path.exists():
        return [], 0
    owners: list[Owner] = []
    unreadable = 0
    with open_table(table, (columns.email, columns.active, columns.kind)) as reading:
        for seen in read_rows(reading):
            if seen.is_quarantined:
                unreadable += 1
            elif seen.record_id is not None:
                owners.append(_owner(seen.record_id, seen.values, columns))
        reading.refuse_change()
    return owners, unreadable


def _owner(owner_id: str, values: Mapping[str, RawValue], columns: OwnerColumns) -> Owner:
    """Make an owner of a row."""
    kind = values.get(columns.kind)
    is_queue = (kind or "").strip().lower() == OwnerKind.QUEUE.value
    return Owner(
        id=owner_id,
        kind=OwnerKind.QUEUE if is_queue else OwnerKind.PERSON,
        is_active=_is_active(values.get(columns.active), columns.active_when),
        email=values.get(columns.email),
    )


def _is_active(word: RawValue, when: ActiveWhen) -> bool:
    """Only a clear yes, or no word at all, makes one active: nobody gets a lead who left."""
    match when:
        case ActiveWhen.FILLED:
            return word is not None
        case ActiveWhen.YES:
            return word is None or word.strip().lower() in _ACTIVE
        case _:
            assert_never(when)
