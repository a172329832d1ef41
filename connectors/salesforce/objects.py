"""Asks for the rows of one object: a walk by (stamp, Id), the next page, single rows by id.

A page is followed by the server's own cursor. Where that has died, the walk goes on with a new query from
the last row that came, as asking the dead one again would fail for ever. Where a query takes Salesforce too
long, the walk goes on in steps, each a query of its own for a few rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

import msgspec

from connectors.salesforce import paths
from connectors.salesforce.faults import DEAD_CURSOR, TOO_MUCH, Fault
from connectors.salesforce.ids import is_id
from connectors.salesforce.keyset import Place, beyond, order_of
from connectors.salesforce.rows import Row, RowPage, instant_of, read_page
from connectors.salesforce.soql import among, select
from connectors.salesforce.transport import Transport
from connectors.shared.commands import chunks
from worker.errors import UnavailableError

READ_BATCH = 2000
_MOST_STALLS = 5
_ENDED = TOO_MUCH | {DEAD_CURSOR}
_NONE: Final[frozenset[str]] = frozenset()
_LONGEST_SOQL = 100_000
"""Letters of a query, as Salesforce limits them (SOQL and SOSL Limits)."""
_ID_ROOM = len("'00Q000000000000AAA', ")
_MINUTE = timedelta(minutes=1)
"""The list of deletions ignores seconds, and takes no shorter span (REST API, Get Deleted)."""
_UNTOLD = frozenset({"EXCEEDED_ID_LIMIT", "INVALID_REPLICATION_DATE"})
"""Too many deletions to tell, and a span that begins before those that are kept."""


class _Deletion(msgspec.Struct):
    id: str


class _Deletions(msgspec.Struct, rename="camel"):
    deleted_records: list[_Deletion]
    earliest_date_available: str = ""


_DELETED = msgspec.json.Decoder(_Deletions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """What is walked: by which stamp, up to when, under which conditions, with what is gone or without."""

    stamp: str
    until: datetime | None = None
    where: tuple[str, ...] = ()
    has_gone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A page of a walk: its rows, the place behind them, how many there are, and whether it is the last.

    ``total`` is None in a walk by steps: nobody knows.
    """

    rows: tuple[Row, ...]
    place: Place
    total: int | None
    is_last: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectReader:
    """Reads one object. ``types`` are the columns that are asked for, with their types."""

    transport: Transport = field(repr=False)
    name: str
    types: Mapping[str, str]

    def soql(
        self, walk: Walk, place: Place, *, is_ordered: bool = True, most: int | None = None
    ) -> str:
        """Write the query of a walk from a place on."""
        where = (*beyond(walk.stamp, place, walk.until), *walk.where)
        order = order_of(walk.stamp) if is_ordered else ()
        return select(self.name, self.types, where, order, most)

    def walk(self, walk: Walk, place: Place) -> Iterator[Found]:
        """Walk from a place on, page by page.

        A query that ends early is asked anew from where it got to, as long as each gets further.
        """
        stalls = 0
        page, is_step = self._begin(walk, place, is_step=False)
        total = page.total
        while True:
            before, place = place, _after(page.rows, walk.stamp, place)
            stalls = stalls if place == before else 0
            is_last = page.following is None and not (is_step and page.total >= READ_BATCH)
            told = None if is_step else total
            yield Found(rows=page.rows, place=place, total=told, is_last=is_last)
            if is_last:
                return
            following = None if page.following is None else self._next(page.following)
            if isinstance(following, RowPage):
                page = following
                continue
            stalls += 1
            if stalls > _MOST_STALLS:
                raise UnavailableError("Salesforce ends each query before it is read.")
            is_step = is_step or (following is not None and following.code in TOO_MUCH)
            page, is_step = self._begin(walk, place, is_step=is_step)

    def _begin(self, walk: Walk, place: Place, *, is_step: bool) -> tuple[RowPage, bool]:
        """Ask from a place on for the whole, or for a step; for a step where the whole is too much."""
        given = self.transport.attempt_query(
            self.soql(walk, place, most=READ_BATCH if is_step else None),
            self._parse,
            has_gone=walk.has_gone,
            told=_NONE if is_step else TOO_MUCH,
        )
        return (
            self._begin(walk, place, is_step=True) if isinstance(given, Fault) else (given, is_step)
        )

    def read(self, ids: Sequence[str]) -> dict[str, Row]:
        """Read rows by id; what is gone is left out, and so is what is no id at all."""
        found: dict[str, Row] = {}
        room = _LONGEST_SOQL - len(select(self.name, self.types, [among("Id", ())]))
        size = max(1, min(READ_BATCH, room // _ID_ROOM))
        for part in chunks([one for one in ids if is_id(one)], size):
            page = self.transport.query(
                select(self.name, self.types, [among("Id", part)]), self._parse
            )
            while True:
                found.update({row.id: row for row in page.rows if row.id})
                if page.following is None:
                    break
                following = self._next(page.following)
                if isinstance(following, Fault):
                    raise UnavailableError("Salesforce ended a query before it was read.")
                page = following
        return found

    def deleted(self, since: datetime, until: datetime) -> tuple[Row, ...] | None:
        """Name the rows that were deleted in a span; None where the org cannot tell of all of it."""
        start = min(since, until - _MINUTE)
        query = {"start": start.isoformat(), "end": (until + _MINUTE).isoformat()}
        told = self.transport.attempt(
            paths.DELETED, _DELETED.decode, path={"object": self.name}, query=query, told=_UNTOLD
        )
        if isinstance(told, Fault):
            return None
        earliest = instant_of(told.earliest_date_available)
        if earliest is None or earliest > start:
            return None
        return tuple(Row(cells={"Id": one.id, "IsDeleted": "true"}) for one in told.deleted_records)

    def with_columns(self, more: Mapping[str, str]) -> ObjectReader:
        """The same, with more columns."""
        return replace(self, types={**self.types, **more})

    def _next(self, url: str) -> RowPage | Fault:
        return self.transport.attempt(paths.NEXT_PAGE, self._parse, path={"next": url}, told=_ENDED)

    def _parse(self, body: bytes) -> RowPage:
        return read_page(body, self.types)


def _after(rows: Sequence[Row], stamp: str, before: Place) -> Place:
    if not rows:
        return before
    last = rows[-1]
    at = last.at(stamp)
    return before if at is None else Place(at=at, id=last.id)
