"""Reads which contacts records belong to, for up to 1,000 records a call.

Each record's associations are paged by themselves. A server that ignores the cursor is noticed, as
asking it again would never end.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from connectors.hubspot import paths
from connectors.hubspot.rows import Paging, Partly, To
from connectors.hubspot.transport import Transport
from connectors.shared.commands import chunks
from worker.errors import UnavailableError

BATCH = 1000


class _From(msgspec.Struct):
    id: str | int


class _Result(msgspec.Struct):
    from_: _From = msgspec.field(name="from")
    to: list[To] = []
    paging: Paging | None = None


class _Results(Partly):
    results: list[_Result] = msgspec.field(default_factory=list)


def read_associations(
    transport: Transport, from_type: str, to_type: str, ids: Sequence[str]
) -> Mapping[str, tuple[str, ...]]:
    """Give the ids each record is associated with; a record without any is left out."""
    found: dict[str, dict[str, None]] = {}
    for part in chunks(ids, BATCH):
        pending: Sequence[dict[str, str]] = [{"id": one} for one in part]
        while pending:
            page = transport.call(
                paths.ASSOCIATION_BATCH_READ,
                _Results,
                path={"from_type": from_type, "to_type": to_type},
                body={"inputs": list(pending)},
            )
            pending = [again for result in page.results if (again := _take(result, found))]
    return {one: tuple(ids) for one, ids in found.items() if ids}


def _take(result: _Result, found: dict[str, dict[str, None]]) -> dict[str, str] | None:
    """Add a result; give the input that asks for the rest of it, if there is any."""
    known = found.setdefault(str(result.from_.id), {})
    before = len(known)
    known.update(dict.fromkeys(to_ids(result.to)))
    if result.paging is None or result.paging.next is None or not str(result.paging.next.after):
        return None
    if len(known) == before:
        raise UnavailableError("HubSpot gives the same page of associations again and again.")
    return {"id": str(result.from_.id), "after": str(result.paging.next.after)}


def to_ids(associations: Iterable[To]) -> tuple[str, ...]:
    """Give the ids associations lead to, once each, whichever version of the API wrote them."""
    given = (to.to_object_id if to.to_object_id is not None else to.id for to in associations)
    return tuple(dict.fromkeys(str(one) for one in given if one is not None))
