"""Search: filters, one sort, offset paging up to 10,000, over an index that lags behind writes.

Facts from the guide "search the CRM": 200 a page, 5 groups, 6 filters a group, 18 in all, a body of
3,000 characters, never an archived record. What the index shows of a record that was just written
is what the record was: a new one is not found, and old keys still match.
"""

from __future__ import annotations

from typing import Final

import msgspec

from connectors.sandbox.exchange import Answer, json_answer
from connectors.sandbox.hubspot.account import Account
from connectors.sandbox.hubspot.definitions import NON_SENSITIVE
from connectors.sandbox.hubspot.errors import Detail, decoded, invalid, missing_scopes
from connectors.sandbox.hubspot.filters import (
    Condition,
    Filter,
    condition_of,
    narrowed,
    subject_of,
)
from connectors.sandbox.hubspot.paging import Call
from connectors.sandbox.hubspot.standard import SEARCHABLE
from connectors.sandbox.hubspot.store import stored
from connectors.sandbox.hubspot.views import View

REACHABLE: Final = 10_000
LARGEST_PAGE: Final = 200
LONGEST_BODY: Final = 3_000
MOST_GROUPS: Final = 5
MOST_IN_GROUP: Final = 6
MOST_FILTERS: Final = 18
_COLUMNS: Final = "type, id, created, modified, archived, source, properties"
_LIVE: Final = "(SELECT * FROM objects WHERE type=? AND archived IS NULL)"
_LAGGING: Final = (
    f"(SELECT {_COLUMNS} FROM objects WHERE type=? AND archived IS NULL"
    " AND id NOT IN (SELECT id FROM stale WHERE type=?)"
    " UNION ALL SELECT type, id, created, modified, NULL, '', properties FROM stale"
    " WHERE properties IS NOT NULL AND number IN"
    " (SELECT MIN(number) FROM stale WHERE type=? GROUP BY id))"
)
_MIXED: Final = "(id % 1000003 * 611953) % 1000003, id"
"""Order among equal sort keys: always the same, but by nothing a client could rely on."""


class Sort(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """By what the results are sorted."""

    property_name: str
    direction: str = "ASCENDING"


class FilterGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Conditions that must all hold."""

    filters: tuple[Filter, ...]


class SearchBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The body of a search. ``filters`` at the top level is taken as one more group."""

    filter_groups: tuple[FilterGroup, ...] = ()
    filters: tuple[Filter, ...] = ()
    sorts: tuple[Sort | str, ...] = ()
    query: str | None = None
    properties: tuple[str, ...] | None = None
    limit: int | None = None
    after: str | int | None = None


_DECODER: Final = msgspec.json.Decoder(SearchBody)


def search_objects(call: Call) -> Answer:
    """POST /crm/v3/objects/{objectType}/search."""
    if len(call.request.body.decode(errors="replace")) > LONGEST_BODY:
        raise invalid(f"The body of a search may have {LONGEST_BODY:,} characters.")
    object_type = call.account.object_type(call.params["objectType"])
    body = decoded(call.request.body, _DECODER)
    _refuse_sensitive(call, object_type, body)
    limit, offset = _window(call, body)
    is_behind = call.account.store.drop_stale(call.account.clock.now_ms())
    source = _source(object_type, is_behind=is_behind)
    where = _where(call.account, object_type, body, is_behind=is_behind)
    order = _order(call.account, object_type, body)
    given = (*source.parameters, *where.parameters)
    sql = call.account.store.sql
    total = sql.execute(f"SELECT COUNT(*) FROM {source.sql} WHERE {where.sql}", given).fetchone()[0]
    rows = sql.execute(
        f"SELECT {_COLUMNS} FROM {source.sql} WHERE {where.sql} ORDER BY {order.sql}"
        " LIMIT ? OFFSET ?",
        (*given, *order.parameters, limit, offset),
    ).fetchall()
    view = View(call.account, object_type, body.properties or ())
    shown: dict[str, object] = {
        "total": total,
        "results": [view.show(stored(row)) for row in rows],
    }
    if offset + limit < total:
        shown["paging"] = {"next": {"after": str(offset + limit)}}
    return json_answer(shown)


def _refuse_sensitive(call: Call, object_type: str, body: SearchBody) -> None:
    """Refuse a search that so much as names a sensitive property, without the scope for it."""
    named = {*(body.properties or ()), *(one.property_name for one in body.filters)}
    named |= {one.property_name for group in body.filter_groups for one in group.filters}
    needed = set()
    for name in named:
        definition = call.account.definitions.find(object_type, name)
        if definition is not None and definition.data_sensitivity != NON_SENSITIVE:
            needed.add(f"crm.objects.contacts.{definition.data_sensitivity}.read")
    if missing := sorted(needed - call.scopes):
        raise missing_scopes(missing)


def _window(call: Call, body: SearchBody) -> tuple[int, int]:
    limit = 10 if body.limit is None else body.limit
    if not 0 < limit <= LARGEST_PAGE:
        raise invalid(f"limit must be between 1 and {LARGEST_PAGE}.")
    after = str(body.after or "0")
    if not after.isdecimal():
        raise invalid("after must be a number.")
    if int(after) + limit > REACHABLE:
        raise invalid(
            "There was a problem with the request.",
            Detail(message=f"Paging past {REACHABLE:,} results is not possible."),
        )
    return call.thinned(limit), int(after)


def _source(object_type: str, *, is_behind: bool) -> Condition:
    if is_behind:
        return Condition(sql=_LAGGING, parameters=(object_type,) * 3)
    return Condition(sql=_LIVE, parameters=(object_type,))


def _where(account: Account, object_type: str, body: SearchBody, *, is_behind: bool) -> Condition:
    groups = [group.filters for group in body.filter_groups]
    if body.filters:
        groups.append(body.filters)
    _refuse_too_many(groups)
    parts = [
        _group(account, object_type, filters, is_behind=is_behind) for filters in groups if filters
    ]
    found = _joined(parts, " OR ") if parts else Condition(sql="1")
    return _joined([found, _matching(body.query)], " AND ") if body.query else found


def _refuse_too_many(groups: list[tuple[Filter, ...]]) -> None:
    if len(groups) > MOST_GROUPS:
        raise invalid(f"A search takes {MOST_GROUPS} filter groups.")
    if any(len(filters) > MOST_IN_GROUP for filters in groups):
        raise invalid(f"A filter group takes {MOST_IN_GROUP} filters.")
    if sum(map(len, groups)) > MOST_FILTERS:
        raise invalid(f"A search takes {MOST_FILTERS} filters.")


def _group(
    account: Account, object_type: str, filters: tuple[Filter, ...], *, is_behind: bool
) -> Condition:
    parts = [condition_of(account, object_type, one) for one in filters]
    if not is_behind:
        found = (narrowed(account, object_type, one) for one in filters)
        parts = [part for part in found if part is not None] + parts
    return _joined(parts, " AND ")


def _joined(parts: list[Condition], word: str) -> Condition:
    return Condition(
        sql=f"({word.join(part.sql for part in parts)})",
        parameters=tuple(value for part in parts for value in part.parameters),
    )


def _matching(query: str) -> Condition:
    text = " || ' ' || ".join(
        f"COALESCE(json_extract(properties, '$.{n}'), '')" for n in SEARCHABLE
    )
    words = query.lower().split()
    sql = " AND ".join(f"instr(lower({text}), ?)" for _ in words)
    return Condition(sql=f"({sql or '1'})", parameters=tuple(words))


def _order(account: Account, object_type: str, body: SearchBody) -> Condition:
    if len(body.sorts) > 1:
        raise invalid("A search takes one sort.")
    if not body.sorts:
        return Condition(sql=f"created, {_MIXED}")
    given = body.sorts[0]
    wanted = Sort(property_name=given) if isinstance(given, str) else given
    if wanted.direction not in {"ASCENDING", "DESCENDING"}:
        raise invalid("direction must be ASCENDING or DESCENDING.")
    key = subject_of(account, object_type, wanted.property_name).expression
    way = "ASC" if wanted.direction == "ASCENDING" else "DESC"
    return Condition(sql=f"{key.sql} {way}, {_MIXED}", parameters=key.parameters)
