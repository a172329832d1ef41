"""Lists who can own a record: people and queues, those who left included.

``hubspot_owner_id`` holds the owner's ``id``. A user's id is another number and is never used here.
"""

from __future__ import annotations

import msgspec

from connectors.hubspot import paths
from connectors.hubspot.objects import advance
from connectors.hubspot.rows import Paging
from connectors.hubspot.transport import Transport
from worker.core.records import Owner, OwnerKind

_PAGE = 100


class _Owner(msgspec.Struct):
    id: str | int
    type: str = "PERSON"
    email: str | None = None
    archived: bool = False


class _Owners(msgspec.Struct):
    results: list[_Owner] = []
    paging: Paging | None = None


def read_owners(transport: Transport) -> list[Owner]:
    """List all owners; an archived one is inactive, and an id in both lists is active."""
    found: dict[str, Owner] = {}
    for archived in ("false", "true"):
        after: str | None = None
        while True:
            query = {"limit": _PAGE, "archived": archived}
            if after is not None:
                query["after"] = after
            page = transport.call(paths.OWNER_LIST, _Owners, query=query)
            for item in page.results:
                found.setdefault(str(item.id), _as_owner(item, is_left=archived == "true"))
            cursor = page.paging.next if page.paging else None
            if cursor is None or not str(cursor.after):
                break
            after = advance(after, str(cursor.after))
    return list(found.values())


def _as_owner(item: _Owner, *, is_left: bool) -> Owner:
    return Owner(
        id=str(item.id),
        kind=OwnerKind.QUEUE if item.type.upper() == "QUEUE" else OwnerKind.PERSON,
        is_active=not (is_left or item.archived),
        email=item.email or None,
    )
