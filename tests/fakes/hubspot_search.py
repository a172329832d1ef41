"""HubSpot's list and search in memory, with its caps, and with ids in any order one may suspect."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec

from connectors.hubspot import paths
from connectors.hubspot.budget import Budget, Limits
from connectors.hubspot.rows import in_milliseconds

Key = Callable[[str], Any]
MODIFIED = "lastmodifieddate"
REACHABLE = 10_000


def by_text(record_id: str) -> Any:
    return record_id


def by_number(record_id: str) -> Any:
    return int(record_id)


@dataclass(slots=True, kw_only=True)
class FakeSearch:
    """Stands in for a Transport. ``at`` gives each record's time of change in milliseconds.

    ``sorts`` orders ids in results, ``compares`` in filters; ``page_sizes`` makes pages short though
    more follow, ``hidden`` leaves rows out of a page after it was cut. ``on_call`` is called with the
    number of each call, before it is answered.
    """

    at: dict[str, int]
    sorts: Key = by_number
    compares: Key = by_number
    page_sizes: Sequence[int] = ()
    hidden: frozenset[str] = frozenset()
    archived: Mapping[str, int] = field(default_factory=dict)
    on_call: Callable[[int], None] = lambda _count: None
    calls: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    budget: Budget = field(
        default_factory=lambda: Budget(
            Limits(), lambda: datetime(2026, 1, 1, tzinfo=UTC), lambda _seconds: None
        )
    )

    def call(
        self,
        endpoint: paths.Endpoint,
        into: Any,
        *,
        path: Mapping[str, str] | None = None,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Any:
        del path
        self.on_call(len(self.calls))
        self.calls.append((endpoint.name, dict(body or query or {})))
        if endpoint is paths.OBJECT_SEARCH:
            answer = self._search(body or {})
        elif endpoint is paths.OBJECT_BATCH_READ:
            ids = [one["id"] for one in (body or {})["inputs"]]
            answer = {"results": [self._shown(one) for one in ids if one in self.at]}
        else:
            answer = self._list(query or {})
        return msgspec.json.decode(msgspec.json.encode(answer), type=into)

    def searches(self) -> list[Mapping[str, Any]]:
        return [asked for name, asked in self.calls if name == "search records"]

    def _search(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        filters = body["filterGroups"][0]["filters"]
        found = [one for one in self.at if all(self._holds(one, f) for f in filters)]
        by_id = body["sorts"][0]["propertyName"] == "hs_object_id"
        found.sort(key=lambda one: self.sorts(one) if by_id else (self.at[one], hash(one)))
        start, size = int(body.get("after", 0)), body["limit"]
        assert start + size <= REACHABLE, "a page beyond the cap"
        searched = len(self.searches()) - 1
        if searched < len(self.page_sizes):
            size = self.page_sizes[searched]
        page = found[start : start + size]
        end = start + max(size, 0)
        more = {"paging": {"next": {"after": str(end)}}} if end < len(found) else {}
        return {
            "total": len(found),
            "results": [self._shown(o) for o in page if o not in self.hidden],
            **more,
        }

    def _holds(self, record_id: str, one: Mapping[str, Any]) -> bool:
        if one["propertyName"] == "hs_object_id":
            left, right = self.compares(record_id), self.compares(one["value"])
        else:
            left, right = self.at[record_id], int(one["value"])
        return {"GTE": left >= right, "LTE": left <= right, "GT": left > right}[one["operator"]]

    def _list(self, query: Mapping[str, Any]) -> Mapping[str, Any]:
        source = self.archived if query.get("archived") == "true" else self.at
        ids = sorted(source, key=int)
        ids = [one for one in ids if int(one) > int(query.get("after", 0))]
        page = ids[: query["limit"]]
        if query.get("archived") == "true":
            rows = [
                {"id": one, "archived": True, "archivedAt": _iso(self.archived[one])}
                for one in page
            ]
        else:
            rows = [self._shown(one) for one in page]
        more = {"paging": {"next": {"after": page[-1]}}} if len(ids) > len(page) else {}
        return {"results": rows, **more}

    def _shown(self, record_id: str) -> dict[str, Any]:
        return {"id": record_id, "properties": {MODIFIED: _iso(self.at[record_id])}}


def _iso(milliseconds: int) -> str:
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}Z"


def at_time(text: str) -> int:
    return in_milliseconds(datetime.fromisoformat(text))
