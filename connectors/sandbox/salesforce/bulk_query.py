"""Bulk API 2.0 query jobs: made, polled, read by CSV pages, kept for seven days.

Facts: ``Sforce-Locator`` says where the next page starts and is the word ``null`` on the last one;
aggregates, GROUP BY, OFFSET and TYPEOF are not taken. A query sees the org as it is when the job runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from connectors.sandbox.exchange import Answer, Json, json_answer
from connectors.sandbox.salesforce.bulk import csv_of, find_job, layout_of, new_id
from connectors.sandbox.salesforce.call import Call
from connectors.sandbox.salesforce.errors import refusal
from connectors.sandbox.salesforce.fields import Field, Stored, shown_value
from connectors.sandbox.salesforce.jobs import QueryJob, go_on, head_of
from connectors.sandbox.salesforce.plans import Plan
from connectors.sandbox.salesforce.query import cells, is_count, plan_of, rows_found

PAGE: Final = 50_000
_MOST_JOBS: Final = 10_000
_CHUNK: Final = 1_000


class _Wanted(msgspec.Struct):
    operation: str
    query: str
    columnDelimiter: str = "COMMA"
    lineEnding: str = "LF"


class _State(msgspec.Struct):
    state: str


def make(call: Call) -> Answer:
    """Make a query job."""
    wanted = call.body(_Wanted)
    if wanted.operation not in {"query", "queryAll"}:
        raise refusal("INVALIDJOB", f"Invalid operation: {wanted.operation}")
    options = layout_of(wanted)
    call.meter.jobs += 1
    if call.meter.enforces and call.meter.jobs > _MOST_JOBS:
        raise refusal("API_LIMIT_EXCEEDED", "Daily limit of query jobs exceeded")
    plan = plan_of(call.org, wanted.query)
    if is_count(plan) or plan.query.offset:
        raise refusal("INVALIDJOB", "Aggregate queries and OFFSET are not supported in Bulk Query")
    if any(column.field.type == "address" for column in plan.columns):
        raise refusal("FeatureNotEnabled", "Selecting compound data not supported in Bulk Query")
    job = QueryJob(
        id=new_id(call),
        made_at=call.org.clock.now(),
        stamp=call.org.clock.now_ms(),
        operation=wanted.operation,
        text=wanted.query,
        plan=plan,
        version=call.version,
        options=options,
    )
    call.jobs.queries[job.id] = job
    return json_answer(_shown(call, job))


def _shown(call: Call, job: QueryJob) -> dict[str, Json]:
    found = head_of(job, call.org.integration_user)
    found["object"] = job.plan.scope.root.name
    if job.state == "JobComplete":
        found |= {"numberRecordsProcessed": len(job.rows), "retries": 0, "totalProcessingTime": 1}
    return found


def look(call: Call) -> Answer:
    """Tell how far a job is; it goes on with every look."""
    job = find_job(call, call.jobs.queries)
    if go_on(job, call.jobs.polls):
        _finish(call, job)
    return json_answer(_shown(call, job))


def _finish(call: Call, job: QueryJob) -> None:
    if call.jobs.failing:
        call.jobs.failing -= 1
        job.state = "Failed"
        return
    job.rows = rows_found(call.org, job.plan, has_deleted=job.operation == "queryAll")
    job.state = "JobComplete"


def change(call: Call) -> Answer:
    """Abort a job."""
    job = find_job(call, call.jobs.queries)
    if call.body(_State).state != "Aborted":
        raise refusal("INVALIDJOBSTATE", "a query job can be aborted only")
    if job.state not in {"UploadComplete", "InProgress"}:
        raise refusal("INVALIDJOBSTATE", f"Aborting already {job.state} job not allowed")
    job.state = "Aborted"
    return json_answer(_shown(call, job))


def remove(call: Call) -> Answer:
    """Delete a job and its results."""
    job = find_job(call, call.jobs.queries)
    if job.state not in {"JobComplete", "Aborted", "Failed"}:
        raise refusal("INVALIDJOBSTATE", "a job that runs cannot be deleted")
    del call.jobs.queries[job.id]
    return Answer(status=204)


def listed(call: Call) -> Answer:
    """List the jobs."""
    records: list[Json] = [_shown(call, job) for job in call.jobs.queries.values()]
    return json_answer({"done": True, "records": records, "nextRecordsUrl": None})


def results(call: Call) -> Answer:
    """Give a page of the results as CSV."""
    job = find_job(call, call.jobs.queries)
    if job.state != "JobComplete":
        raise refusal("INVALIDJOBSTATE", f"results of a job in state {job.state}", status=400)
    start = _start(call)
    most = call.request.one("maxRecords")
    size = int(most) if most.isdecimal() and int(most) else PAGE
    size = size if call.most_rows is None else call.most_rows
    rows = job.rows[start : start + size]
    end = start + size
    locator = "null" if end >= len(job.rows) else _locator(end)
    return Answer(
        body=csv_of(job, _lines(call, job, rows)),
        headers={
            "content-type": "text/csv;charset=utf-8",
            "sforce-locator": locator,
            "sforce-numberofrecords": str(len(rows)),
        },
    )


def _locator(place: int) -> str:
    return f"MTA{place:x}"


def _start(call: Call) -> int:
    given = call.request.one("locator")
    if not given:
        return 0
    try:
        return int(given.removeprefix("MTA"), 16)
    except ValueError as error:
        raise refusal("INVALIDLOCATOR", "Invalid query locator") from error


def _lines(call: Call, job: QueryJob, rows: Sequence[int]) -> Iterator[Iterator[str]]:
    yield _heads(job.plan)
    fields = [column.field for column in job.plan.columns]
    for start in range(0, len(rows), _CHUNK):
        for values in cells(call.org, job.plan, rows[start : start + _CHUNK]):
            yield _cells(fields, values)


def _heads(plan: Plan) -> Iterator[str]:
    from_query = [one for one in plan.query.selected if hasattr(one, "parts")]
    for place, column in enumerate(plan.columns):
        owner = column.owner
        parts = from_query[place].parts if len(from_query) == len(plan.columns) else ()
        yield (
            ".".join([*parts[-len(owner) - 1 : -1], column.field.name])
            if owner
            else (column.field.name)
        )


def _cells(fields: Sequence[Field], values: Sequence[Stored]) -> Iterator[str]:
    for field, value in zip(fields, values, strict=True):
        shown = shown_value(field, value)
        if field.type == "datetime" and isinstance(shown, str):
            yield shown.replace("+0000", "Z")
        elif isinstance(shown, bool):
            yield str(shown).lower()
        else:
            yield "" if shown is None else str(shown)
