"""Lists who can own a record: users and queues, users who left included.

A queue can own a lead and no contact; that is seen when it is written.
"""

from __future__ import annotations

from typing import Final

from connectors.salesforce.keyset import Place
from connectors.salesforce.objects import ObjectReader, Walk
from connectors.salesforce.rows import Row
from connectors.salesforce.transport import Transport
from worker.core.records import Owner, OwnerKind

_USERS: Final = {"Id": "id", "Email": "email", "IsActive": "boolean", "SystemModstamp": "datetime"}
_QUEUES: Final = {
    "Id": "id", "Email": "email", "SystemModstamp": "datetime", "DeveloperName": "string", "Name": "string",
}  # fmt: skip
_STANDARD: Final = "UserType = 'Standard'"
_QUEUE: Final = "Type = 'Queue'"


def read_owners(transport: Transport) -> list[Owner]:
    """List all users with a licence to own records, and all queues."""
    users = _all(ObjectReader(transport=transport, name="User", types=_USERS), _STANDARD)
    queues = _all(ObjectReader(transport=transport, name="Group", types=_QUEUES), _QUEUE)
    return [*map(_user, users), *map(_queue, queues)]


def _all(reader: ObjectReader, condition: str) -> list[Row]:
    walk = Walk(stamp="SystemModstamp", where=(condition,))
    return [row for found in reader.walk(walk, Place()) for row in found.rows if row.id]


def _user(row: Row) -> Owner:
    is_active = row.cells.get("IsActive") == "true"
    return Owner(id=row.id, is_active=is_active, email=row.cells.get("Email"))


def _queue(row: Row) -> Owner:
    names = (row.cells.get("DeveloperName"), row.cells.get("Name"))
    return Owner(
        id=row.id,
        kind=OwnerKind.QUEUE,
        email=row.cells.get("Email"),
        names=tuple(dict.fromkeys(name for name in names if name)),
    )
