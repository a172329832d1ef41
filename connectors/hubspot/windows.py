"""Walks everything that changed since an instant, through a search that shows 10,000 rows at most.

Pure: it says what to ask next, given what came back. Pages are not taken by offset, because a row that
changes meanwhile leaves the result and shifts those behind it. Instead each page begins at the time of
the last row. Where one instant fills a page, its rows are walked by id. Ids are opaque: the last one
given is the floor of the next page, however the server sorts them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeAlias

from worker.errors import UnavailableError

PAGE = 200
MOST_REACHABLE = 10_000
ID = "hs_object_id"
Filter: TypeAlias = Mapping[str, str]


class Walk(StrEnum):
    BY_TIME = "by_time"
    BY_ID = "by_id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What the next page is asked for. Times are milliseconds; ``until`` is fixed for the whole run.

    ``edge`` are ids already given that stand at ``since`` exactly. ``after`` is the server's cursor,
    used only where a page brought nothing new and yet was not the last.
    """

    since: int
    until: int
    walk: Walk = Walk.BY_TIME
    edge: frozenset[str] = frozenset()
    last_id: str | None = None
    after: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One row that came back: its id and its time of change."""

    id: str
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Which rows of the page are new, and where to go on; ``ended_tie`` is an instant walked by id."""

    fresh: frozenset[str]
    following: Window | None
    ended_tie: int | None = None


def search_body(
    window: Window, *, modified: str, properties: Sequence[str]
) -> Mapping[str, object]:
    """Write the search of one page. The floor stands in every page's filter, not only the first's."""
    match window.walk:
        case Walk.BY_TIME:
            filters = [at_least(modified, window.since), at_most(modified, window.until)]
            by = modified
        case Walk.BY_ID:
            filters = [at_least(modified, window.since), at_most(modified, window.since)]
            filters += [] if window.last_id is None else [above(window.last_id)]
            by = ID
    return body_of(filters, by=by, properties=properties, after=window.after)


def body_of(
    filters: Sequence[Filter],
    *,
    by: str,
    properties: Sequence[str],
    after: str | None = None,
    limit: int = PAGE,
) -> Mapping[str, object]:
    """Write the body of a search with one group of filters."""
    body: dict[str, object] = {
        "filterGroups": [{"filters": list(filters)}],
        "sorts": [{"propertyName": by, "direction": "ASCENDING"}],
        "properties": list(properties),
        "limit": limit,
    }
    return body if after is None else {**body, "after": after}


def at_least(name: str, milliseconds: int) -> Filter:
    """Ask for this instant or later."""
    return {"propertyName": name, "operator": "GTE", "value": str(milliseconds)}


def at_most(name: str, milliseconds: int) -> Filter:
    """Ask for this instant or earlier."""
    return {"propertyName": name, "operator": "LTE", "value": str(milliseconds)}


def above(record_id: str) -> Filter:
    """Ask for ids above one, by the server's own comparison."""
    return {"propertyName": ID, "operator": "GT", "value": record_id}


def up_to(record_id: str) -> Filter:
    """Ask for ids up to one, by the server's own comparison."""
    return {"propertyName": ID, "operator": "LTE", "value": record_id}


def step(window: Window, rows: Sequence[Seen], cursor: str | None) -> Step:
    """Judge a page. A page that is short, or empty, is not the last while it has a cursor.

    Raises:
        UnavailableError: the server repeats its cursor, so that asking on would never end.
    """
    fresh = frozenset(row.id for row in rows if row.id not in window.edge)
    if cursor is not None and not fresh:
        if cursor == window.after:
            raise UnavailableError("HubSpot gives the same page of a search again and again.")
        return Step(fresh=fresh, following=replace(window, after=cursor))
    match window.walk:
        case Walk.BY_TIME:
            return Step(fresh=fresh, following=_by_time(window, rows) if cursor else None)
        case Walk.BY_ID if cursor is None:
            beyond = Window(since=window.since + 1, until=window.until)
            is_over = beyond.since > beyond.until
            return Step(fresh=fresh, following=None if is_over else beyond, ended_tie=window.since)
        case Walk.BY_ID:
            edge = window.edge | fresh
            following = replace(window, edge=edge, last_id=rows[-1].id, after=None)
            return Step(fresh=fresh, following=following)


def _by_time(window: Window, rows: Sequence[Seen]) -> Window:
    last = rows[-1].at
    if last <= window.since:
        return Window(since=window.since, until=window.until, walk=Walk.BY_ID)
    edge = frozenset(row.id for row in rows if row.at == last)
    return Window(since=last, until=window.until, edge=edge)
