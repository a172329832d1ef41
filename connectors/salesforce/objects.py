"""Asks for the rows of one object: a walk by (stamp, Id), the next page, single rows by id.

A page is followed by the server's own cursor. Where that has died, the walk goes on with a new query from
the last row that came, as asking the dead one again would fail for ever.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from connectors.salesforce import paths
from connectors.salesforce.faults import DEAD_CURSOR, Fault
from connectors.salesforce.ids import is_id
from connectors.salesforce.keyset import Place, beyond, order_of
from connectors.salesforce.rows import Row, RowPage, read_page
from connectors.salesforce.soql import among, select
from connectors.salesforce.transport import Transport
from connectors.shared.commands import chunks
from worker.errors import UnavailableError

READ_BATCH = 2000
_MOST_DEATHS = 5
_LONGEST_SOQL = 100_000
"""Letters of a query, as Salesforce limits them (SOQL and SOSL Limits)."""
_ID_ROOM = len("'00Q000000000000AAA', ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """What is walked: by which stamp, up to when, under which conditions, with what is gone or without."""

    stamp: str
    until: datetime | None = None
    where: tuple[str, ...] = ()
    has_gone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A page of a walk: its rows, the place behind them, how many there are, and whether it is the last."""

    rows: tuple[Row, ...]
    place: Place
    total: int
    is_last: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectReader:
    """Reads one object. ``types`` are the columns that are asked for, with their types."""

    transport: Transport = field(repr=False)
    name: str
    types: Mapping[str, str]

    def soql(self, walk: Walk, place: Place, *, is_ordered: bool = True) -> str:
        """Write the query of a walk from a place on."""
        where = (*beyond(walk.stamp, place, walk.until), *walk.where)
        return select(self.name, self.types, where, order_of(walk.stamp) if is_ordered else ())

    def walk(self, walk: Walk, place: Place) -> Iterator[Found]:
        """Walk from a place on, page by page."""
        deaths = 0
        page = self._query(self.soql(walk, place), has_gone=walk.has_gone)
        total = page.total
        while True:
            place = _after(page.rows, walk.stamp, place)
            yield Found(rows=page.rows, place=place, total=total, is_last=page.following is None)
            if page.following is None:
                return
            following = self._next(page.following)
            if isinstance(following, Fault):
                deaths += 1
                if deaths > _MOST_DEATHS:
                    raise UnavailableError("Salesforce ends each query before it is read.")
                following = self._query(self.soql(walk, place), has_gone=walk.has_gone)
            page = following

    def read(self, ids: Sequence[str]) -> dict[str, Row]:
        """Read rows by id; what is gone is left out, and so is what is no id at all."""
        found: dict[str, Row] = {}
        room = _LONGEST_SOQL - len(select(self.name, self.types, [among("Id", ())]))
        size = max(1, min(READ_BATCH, room // _ID_ROOM))
        for part in chunks([one for one in ids if is_id(one)], size):
            page = self._query(select(self.name, self.types, [among("Id", part)]), has_gone=False)
            while True:
                found.update({row.id: row for row in page.rows if row.id})
                if page.following is None:
                    break
                following = self._next(page.following)
                if isinstance(following, Fault):
                    raise UnavailableError("Salesforce ended a query before it was read.")
                page = following
        return found

    def with_columns(self, more: Mapping[str, str]) -> ObjectReader:
        """The same, with more columns."""
        return replace(self, types={**self.types, **more})

    def _query(self, soql: str, *, has_gone: bool) -> RowPage:
        return self.transport.query(soql, self._parse, has_gone=has_gone)

    def _next(self, url: str) -> RowPage | Fault:
        return self.transport.attempt(
            paths.NEXT_PAGE, self._parse, path={"next": url}, told=frozenset({DEAD_CURSOR})
        )

    def _parse(self, body: bytes) -> RowPage:
        return read_page(body, self.types)


def _after(rows: Sequence[Row], stamp: str, before: Place) -> Place:
    if not rows:
        return before
    last = rows[-1]
    at = last.at(stamp)
    return before if at is None else Place(at=at, id=last.id)
