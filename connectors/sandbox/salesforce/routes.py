"""Which endpoint serves a path. The more exact template comes first."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from connectors.sandbox.exchange import Answer, json_answer
from connectors.sandbox.salesforce import (
    batches,
    bulk_ingest,
    bulk_query,
    changes,
    composite,
    picklists,
    sobjects,
)
from connectors.sandbox.salesforce.call import Call
from connectors.sandbox.salesforce.query import answer_query, next_page

Handler: TypeAlias = Callable[[Call], Answer]
OLDEST: Final = 31
NEWEST: Final = 67
VERSIONED: Final = re.compile(r"/services/data/v(\d+\.0)(/.*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One method on one path of the API, below the version."""

    method: str
    template: str
    handler: Handler
    pattern: re.Pattern[str]


def _query(call: Call) -> Answer:
    return _answered(call, has_deleted=False)


def _query_all(call: Call) -> Answer:
    return _answered(call, has_deleted=True)


def _answered(call: Call, *, has_deleted: bool) -> Answer:
    found = answer_query(
        call.org,
        call.request.one("q"),
        call.base,
        has_deleted=has_deleted,
        wanted=call.wanted_rows(),
        most=call.most_rows,
    )
    return json_answer(found)


def _next(call: Call) -> Answer:
    found = next_page(
        call.org,
        call.params["locator"],
        call.base,
        wanted=call.wanted_rows(),
        most=call.most_rows,
    )
    return json_answer(found)


def _limits(call: Call) -> Answer:
    return json_answer(call.meter.shown())


def _resources(call: Call) -> Answer:
    names = ("sobjects", "query", "queryAll", "composite", "limits", "jobs")
    return json_answer({name: f"{call.base}/{name}" for name in names})


_TABLE: Final[tuple[tuple[str, str, Handler], ...]] = (
    ("GET", "/", _resources),
    ("GET", "/limits", _limits),
    ("GET", "/query", _query),
    ("GET", "/queryAll", _query_all),
    ("GET", "/query/{locator}", _next),
    ("GET", "/queryAll/{locator}", _next),
    ("GET", "/sobjects", sobjects.all_types),
    ("GET", "/sobjects/{object}", sobjects.basic_type),
    ("POST", "/sobjects/{object}", sobjects.make),
    ("GET", "/sobjects/{object}/describe", sobjects.describe),
    ("GET", "/sobjects/{object}/updated", changes.updated),
    ("GET", "/sobjects/{object}/deleted", changes.deleted),
    ("GET", "/sobjects/{object}/{id}", sobjects.read),
    ("PATCH", "/sobjects/{object}/{id}", sobjects.change),
    ("DELETE", "/sobjects/{object}/{id}", sobjects.remove),
    ("GET", "/sobjects/{object}/{field}/{value}", sobjects.read_by_key),
    ("PATCH", "/sobjects/{object}/{field}/{value}", sobjects.upsert),
    ("GET", "/ui-api/object-info/{object}/picklist-values/{kind}", picklists.all_values),
    ("GET", "/ui-api/object-info/{object}/picklist-values/{kind}/{field}", picklists.values_of),
    ("GET", "/jobs/query", bulk_query.listed),
    ("POST", "/jobs/query", bulk_query.make),
    ("GET", "/jobs/query/{id}", bulk_query.look),
    ("PATCH", "/jobs/query/{id}", bulk_query.change),
    ("DELETE", "/jobs/query/{id}", bulk_query.remove),
    ("GET", "/jobs/query/{id}/results", bulk_query.results),
    ("GET", "/jobs/ingest", bulk_ingest.listed),
    ("POST", "/jobs/ingest", bulk_ingest.make),
    ("GET", "/jobs/ingest/{id}", bulk_ingest.look),
    ("PATCH", "/jobs/ingest/{id}", bulk_ingest.change),
    ("DELETE", "/jobs/ingest/{id}", bulk_ingest.remove),
    ("PUT", "/jobs/ingest/{id}/batches", bulk_ingest.upload),
    ("GET", "/jobs/ingest/{id}/successfulResults", bulk_ingest.successful),
    ("GET", "/jobs/ingest/{id}/failedResults", bulk_ingest.failed),
    ("GET", "/jobs/ingest/{id}/unprocessedrecords", bulk_ingest.unprocessed),
    ("POST", "/composite", composite.composite),
    ("POST", "/composite/batch", composite.batch),
    ("POST", "/composite/sobjects", batches.make_all),
    ("PATCH", "/composite/sobjects", batches.change_all),
    ("DELETE", "/composite/sobjects", batches.delete_all),
    ("GET", "/composite/sobjects/{object}", batches.read_all),
    ("POST", "/composite/sobjects/{object}", batches.read_all),
    ("PATCH", "/composite/sobjects/{object}/{field}", batches.upsert_all),
)


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template), re.IGNORECASE)


ENDPOINTS: Final = tuple(
    Endpoint(method=method, template=template, handler=handler, pattern=_pattern(template))
    for method, template, handler in _TABLE
)


def find_endpoint(method: str, rest: str) -> tuple[Endpoint, Mapping[str, str]] | None:
    """Find the endpoint of a path below the version; a slash at the end does not matter."""
    path = rest.rstrip("/") or "/"
    for endpoint in ENDPOINTS:
        found = endpoint.pattern.fullmatch(path) if endpoint.method == method else None
        if found is not None:
            return endpoint, found.groupdict()
    return None


def knows_path(rest: str) -> bool:
    """Tell whether a path is served by any method."""
    path = rest.rstrip("/") or "/"
    return any(endpoint.pattern.fullmatch(path) for endpoint in ENDPOINTS)
