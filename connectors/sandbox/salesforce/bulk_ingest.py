"""Bulk API 2.0 ingest jobs: opened, filled with CSV, closed, polled; each row ends in one of three results.

Facts: an empty cell leaves a field alone and ``#N/A`` clears it; ``sf__Id``, ``sf__Created`` and
``sf__Error`` stand before the columns given. Assignment rules run unless the job names one: what happens
without ``assignmentRuleId`` is not known. No header lets a duplicate pass.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from connectors.sandbox.exchange import Answer, Json, json_answer
from connectors.sandbox.salesforce.bulk import csv_of, delimiter_of, find_job, layout_of, new_id
from connectors.sandbox.salesforce.call import Call
from connectors.sandbox.salesforce.errors import RefusedError, refusal
from connectors.sandbox.salesforce.ids import read_id
from connectors.sandbox.salesforce.jobs import IngestJob, go_on, head_of
from connectors.sandbox.salesforce.recycling import delete
from connectors.sandbox.salesforce.sobjects import matching
from connectors.sandbox.salesforce.values import refused
from connectors.sandbox.salesforce.writing import Writer, create, update

LARGEST: Final = 150 * 1024 * 1024
_OPERATIONS: Final = frozenset({"insert", "update", "upsert", "delete", "hardDelete"})
_OPEN: Final = frozenset({"Open", "UploadComplete", "InProgress"})
_NULL: Final = "#N/A"


class _Wanted(msgspec.Struct):
    object: str
    operation: str
    externalIdFieldName: str = ""
    columnDelimiter: str = "COMMA"
    lineEnding: str = "LF"
    contentType: str = "CSV"
    assignmentRuleId: str = ""


class _State(msgspec.Struct):
    state: str


def make(call: Call) -> Answer:
    """Open an ingest job."""
    wanted = call.body(_Wanted)
    object_type = call.org.schema.seen(wanted.object)
    if object_type is None or wanted.operation not in _OPERATIONS:
        raise refusal("INVALIDJOB", f"Unable to find object or operation: {wanted.operation}")
    if wanted.operation == "upsert" and object_type.field(wanted.externalIdFieldName) is None:
        raise refusal("INVALIDJOB", "externalIdFieldName is required for upsert")
    options = layout_of(wanted)
    job = IngestJob(
        id=new_id(call),
        made_at=call.org.clock.now(),
        stamp=call.org.clock.now_ms(),
        operation=wanted.operation,
        type=object_type.name,
        version=call.version,
        external_id=wanted.externalIdFieldName,
        options=options,
    )
    call.jobs.ingests[job.id] = job
    return json_answer(_shown(call, job))


def _shown(call: Call, job: IngestJob) -> dict[str, Json]:
    return {
        **head_of(job, call.org.integration_user),
        "object": job.type,
        "externalIdFieldName": job.external_id or None,
        "contentUrl": f"services/data/v{job.version}/jobs/ingest/{job.id}/batches",
        "jobType": "V2Ingest",
        "numberRecordsProcessed": len(job.done) + len(job.failed),
        "numberRecordsFailed": len(job.failed),
        "errorMessage": job.message,
    }


def upload(call: Call) -> Answer:
    """Take the CSV of an open job, once."""
    job = find_job(call, call.jobs.ingests)
    if job.state != "Open" or job.body:
        raise refusal("INVALIDJOBSTATE", "the job takes no more data")
    if len(call.request.body) > LARGEST:
        raise refusal("LIMIT_EXCEEDED", "the data is too large", status=413)
    job.body = call.request.body
    return Answer(status=201)


def change(call: Call) -> Answer:
    """Close a job that is filled, or abort it."""
    job, state = find_job(call, call.jobs.ingests), call.body(_State).state
    if state == "UploadComplete" and job.state == "Open":
        job.state = state
    elif state == "Aborted" and job.state in _OPEN:
        job.left = [*_rows(job)]
        job.state = state
    else:
        raise refusal("INVALIDJOBSTATE", f"a job in state {job.state} does not become {state}")
    return json_answer(_shown(call, job))


def remove(call: Call) -> Answer:
    """Delete a job and its results."""
    job = find_job(call, call.jobs.ingests)
    if job.state in {"UploadComplete", "InProgress"}:
        raise refusal("INVALIDJOBSTATE", "a job that runs cannot be deleted")
    del call.jobs.ingests[job.id]
    return Answer(status=204)


def listed(call: Call) -> Answer:
    """List the jobs."""
    records: list[Json] = [_shown(call, job) for job in call.jobs.ingests.values()]
    return json_answer({"done": True, "records": records, "nextRecordsUrl": None})


def look(call: Call) -> Answer:
    """Tell how far a job is; it goes on with every look."""
    job = find_job(call, call.jobs.ingests)
    if go_on(job, call.jobs.polls):
        _finish(call, job)
    return json_answer(_shown(call, job))


def _finish(call: Call, job: IngestJob) -> None:
    if call.jobs.failing:
        call.jobs.failing -= 1
        job.left = [*_rows(job)]
        job.state, job.message = "Failed", "InternalServerError : a scripted fault"
        return
    for row in _rows(job):
        mark = call.org.mark("row")
        try:
            id_, is_new = _write(call, job, row)
            job.done.append({"sf__Id": id_, "sf__Created": str(is_new).lower(), **row})
        except RefusedError as error:
            call.org.undo(mark)
            job.failed.append({"sf__Id": "", "sf__Error": _said(error), **row})
        call.org.keep(mark)
    job.state = "JobComplete"


def _rows(job: IngestJob) -> Iterator[dict[str, str]]:
    text = io.StringIO(job.body.decode("utf-8-sig", "replace"), newline="")
    reader = csv.DictReader(text, delimiter=delimiter_of(job))
    job.columns = tuple(reader.fieldnames or ())
    for row in reader:
        yield {name: row.get(name) or "" for name in job.columns}


def _said(error: RefusedError) -> str:
    problem = error.problems[0]
    return f"{problem.code}:{problem.message}:{' '.join(problem.fields)}--"


def _write(call: Call, job: IngestJob, row: dict[str, str]) -> tuple[str, bool]:
    """Write one row; gives its id, and whether it is new."""
    given: dict[str, Json] = {
        name: None if text == _NULL else text for name, text in row.items() if text != ""
    }
    writer = Writer(is_person=bool(call.user), user=call.user, assigns=job.assigns)
    if job.operation == "insert":
        return create(call.org, job.type, given, writer), True
    if job.operation == "upsert":
        return _upsert(call, job, given, writer)
    key = next((str(text) for name, text in given.items() if name.lower() == "id"), "")
    id_ = read_id(key)
    if id_ is None:
        raise refused("MALFORMED_ID", f"bad id {key}", "Id")
    if job.operation == "update":
        update(call.org, job.type, id_, given, writer)
        return id_, False
    delete(call.org, job.type, id_, writer)
    if job.operation == "hardDelete":
        call.org.store.purge(job.type, id_, call.org.stamp())
    return id_, False


def _upsert(call: Call, job: IngestJob, given: dict[str, Json], writer: Writer) -> tuple[str, bool]:
    object_type = call.org.schema.seen(job.type)
    assert object_type is not None  # it was when the job was opened
    value = next((v for n, v in given.items() if n.lower() == job.external_id.lower()), None)
    rows = [] if value is None else matching(call, object_type, job.external_id, value)
    if len(rows) > 1:
        raise refused("DUPLICATE_EXTERNAL_ID", "more than one record found", job.external_id)
    if rows:
        update(call.org, job.type, str(rows[0]["Id"]), given, writer)
        return str(rows[0]["Id"]), False
    return create(call.org, job.type, given, writer), True


def successful(call: Call) -> Answer:
    """Give the rows that were written."""
    job = find_job(call, call.jobs.ingests)
    return _csv(job, ("sf__Id", "sf__Created"), job.done)


def failed(call: Call) -> Answer:
    """Give the rows that were refused, each with its reason."""
    job = find_job(call, call.jobs.ingests)
    return _csv(job, ("sf__Id", "sf__Error"), job.failed)


def unprocessed(call: Call) -> Answer:
    """Give the rows that nothing was done with."""
    job = find_job(call, call.jobs.ingests)
    return _csv(job, (), job.left)


def _csv(job: IngestJob, heads: Sequence[str], rows: Sequence[dict[str, str]]) -> Answer:
    names = [*heads, *job.columns]
    body = csv_of(job, [names, *([row[name] for name in names] for row in rows)])
    return Answer(body=body, headers={"content-type": "text/csv;charset=utf-8"})
