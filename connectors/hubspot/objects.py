"""Reads CRM objects of any type: a list, a search, the recycle bin, single records by id.

All of them are the same four calls in HubSpot. Where a request would grow too long for its
properties, it asks for ids only, and a batch read brings the values: each record is then read in one
piece, so nothing that changes in between is torn or lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from connectors.hubspot import paths
from connectors.hubspot.rows import Row, RowPage, milliseconds_of
from connectors.hubspot.transport import Body, Query, Transport
from connectors.hubspot.windows import (
    ID,
    MOST_REACHABLE,
    Filter,
    Seen,
    Window,
    above,
    at_least,
    at_most,
    body_of,
    search_body,
    step,
    up_to,
)
from connectors.shared.commands import chunks
from worker.errors import FixDataError, UnavailableError

LIST_PAGE = 100
READ_BATCH = 100
_LONGEST_LIST_QUERY = 7000
"""Characters of property names in a URL: servers on the way begin to refuse at 8,000."""
_LONGEST_SEARCH_LIST = 2200
"""The same in a search, whose body HubSpot limits to 3,000 characters."""


_PARTS = (0.5, 0.25, 0.75, 0.1, 0.9, 0.01, 0.99)
_Span: TypeAlias = tuple[str | None, str | None]
"""Ids above the first and up to the second, in the order of the server's comparison."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A page of a search: its rows, the window that follows, and how many rows there are in all."""

    rows: tuple[Row, ...]
    unreadable: tuple[str, ...]
    at: int
    total: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectReader:
    """Reads one object type. ``modified`` is its property of the last change."""

    transport: Transport
    name: str
    modified: str
    properties: tuple[str, ...]

    def list_page(self, after: str | None, *, page: int = LIST_PAGE) -> RowPage:
        """List live records, with their properties."""
        is_long = len("%2C".join(self.properties)) > _LONGEST_LIST_QUERY
        asked = (self.modified,) if is_long else self.properties
        found = self._list(after, {"limit": page, "properties": ",".join(asked)})
        if not is_long:
            return found
        rows = self.read([str(row.id) for row in found.results])
        return RowPage(results=list(rows.values()), paging=found.paging)

    def archived(self, **query: str) -> Iterator[Sequence[Row]]:
        """List the recycle bin, page by page; HubSpot promises no properties there."""
        after: str | None = None
        while True:
            found = self._list(after, {"limit": LIST_PAGE, "archived": "true", **query})
            yield found.results
            if found.cursor is None:
                return
            after = advance(after, found.cursor)

    def read(
        self, ids: Sequence[str], properties: Sequence[str] | None = None
    ) -> Mapping[str, Row]:
        """Read records by id; what does not exist, or lives on under another id, is left out."""
        found: dict[str, Row] = {}
        for part in chunks(ids, READ_BATCH):
            body: Body = {
                "inputs": [{"id": one} for one in part],
                "properties": list(self.properties if properties is None else properties),
            }
            path = {"object_type": self.name}
            page = self.transport.call(paths.OBJECT_BATCH_READ, RowPage, path=path, body=body)
            asked = set(part)
            found.update(
                {str(r.id): r for r in page.results if str(r.id) in asked and not r.archived}
            )
        return found

    def changed(self, since: int, until: int) -> Iterator[Found]:
        """Search what changed in this span, both ends included, in the order of its time."""
        window: Window | None = Window(since=since, until=until)
        given: set[str] = set()
        while window is not None:
            body = search_body(window, modified=self.modified, properties=self._searched())
            page = self._search(body)
            seen, unreadable = self._seen(page.results)
            done = step(window, seen, page.cursor)
            if window.walk is window.walk.BY_ID:
                given |= done.fresh
            rows = [row for row in page.results if str(row.id) in done.fresh]
            at = done.following.since if done.following else until
            yield self._found(rows, unreadable, min(at, until), page.total)
            if done.ended_tie is not None:
                yield from self._rest_of_tie(done.ended_tie, given)
                given = set()
            window = done.following

    def _rest_of_tie(self, at: int, given: set[str]) -> Iterator[Found]:
        """Read what a walk by id missed, where the server sorts ids otherwise than it compares them."""
        tie = [at_least(self.modified, at), at_most(self.modified, at)]
        if self._total(tie) <= len(given):
            return
        pending: list[_Span] = [(None, None)]
        while pending:
            span = pending.pop()
            filters = [*tie, *_within(span)]
            total = self._total(filters)
            if total > MOST_REACHABLE:
                pending += self._halves(tie, span, total, given)
                continue
            for page in self._offset_pages(filters):
                rows = [row for row in page.results if str(row.id) not in given]
                given |= {str(row.id) for row in rows}
                yield self._found(rows, (), at, page.total)

    def _halves(
        self, tie: Sequence[Filter], span: _Span, total: int, given: set[str]
    ) -> tuple[_Span, _Span]:
        """Cut a span of ids in two, by an id that leaves some on either side for this server."""
        by_text, by_number = sorted(given), sorted(given, key=lambda one: (len(one), one))
        for part in _PARTS if given else ():
            for order in (by_number, by_text):
                pivot = order[int(len(order) * part)]
                low, high = (span[0], pivot), (pivot, span[1])
                if 0 < self._total([*tie, *_within(low)]) < total:
                    return low, high
        raise FixDataError(
            f"HubSpot has more {self.name} of one instant than a search can show, and they cannot "
            "be told apart by id. Nothing after that instant was read."
        )

    def _offset_pages(self, filters: Sequence[Filter]) -> Iterator[RowPage]:
        after: str | None = None
        while True:
            page = self._search(body_of(filters, by=ID, properties=self._searched(), after=after))
            yield page
            if page.cursor is None:
                return
            after = advance(after, page.cursor)

    def _total(self, filters: Sequence[Filter]) -> int:
        return self._search(body_of(filters, by=ID, properties=(), limit=1)).total or 0

    def _found(
        self, rows: Sequence[Row], unreadable: Sequence[str], at: int, total: int | None
    ) -> Found:
        if self._is_long_search and rows:
            rows = tuple(self.read([str(row.id) for row in rows]).values())
        return Found(rows=tuple(rows), unreadable=tuple(unreadable), at=at, total=total)

    def _seen(self, rows: Sequence[Row]) -> tuple[list[Seen], list[str]]:
        seen: list[Seen] = []
        unreadable: list[str] = []
        for row in rows:
            at = milliseconds_of(row.properties.get(self.modified))
            if at is None:
                unreadable.append(str(row.id))
            else:
                seen.append(Seen(id=str(row.id), at=at))
        return seen, unreadable

    @property
    def _is_long_search(self) -> bool:
        return len('","'.join(self.properties)) > _LONGEST_SEARCH_LIST

    def _searched(self) -> Sequence[str]:
        return (self.modified,) if self._is_long_search else self.properties

    def _search(self, body: Body) -> RowPage:
        path = {"object_type": self.name}
        return self.transport.call(paths.OBJECT_SEARCH, RowPage, path=path, body=body)

    def _list(self, after: str | None, query: Query) -> RowPage:
        path = {"object_type": self.name}
        asked = query if after is None else {**query, "after": after}
        return self.transport.call(paths.OBJECT_LIST, RowPage, path=path, query=asked)


def _within(span: _Span) -> list[Filter]:
    low, high = span
    return [*([] if low is None else [above(low)]), *([] if high is None else [up_to(high)])]


def advance(before: str | None, cursor: str) -> str:
    """Give the next cursor; raises ``UnavailableError`` for one that leads nowhere."""
    if cursor == before:
        raise UnavailableError("HubSpot gives the same page of a list again and again.")
    return cursor
