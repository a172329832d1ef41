"""What query jobs and ingest jobs of the Bulk API 2.0 have in common: a job by its id, and its CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Final, Protocol, TypeVar

from connectors.sandbox.salesforce.call import Call
from connectors.sandbox.salesforce.errors import not_found, refusal
from connectors.sandbox.salesforce.ids import made_id
from connectors.sandbox.salesforce.jobs import KEPT, IngestJob, QueryJob

_DELIMITERS: Final = {
    "BACKQUOTE": "`",
    "CARET": "^",
    "COMMA": ",",
    "PIPE": "|",
    "SEMICOLON": ";",
    "TAB": "\t",
}
_ENDINGS: Final = {"LF": "\n", "CRLF": "\r\n"}
_Job = TypeVar("_Job", QueryJob, IngestJob)


class Wanted(Protocol):
    """What makes a job, as far as it says how its CSV is laid out. The names are the vendor's."""

    columnDelimiter: str
    lineEnding: str


def new_id(call: Call) -> str:
    """Make the id of a job."""
    return made_id("750", call.org.store.take("750"))


def find_job(call: Call, jobs: Mapping[str, _Job]) -> _Job:
    """Find the job that the path names.

    Raises:
        RefusedError: There is none, or none any more.
    """
    job = jobs.get(call.params["id"])
    if job is None or call.org.clock.now() - job.made_at >= KEPT:
        raise not_found()
    return job


def layout_of(wanted: Wanted) -> dict[str, str]:
    """Give the layout that the CSV of a job is to have.

    Raises:
        RefusedError: There is none such.
    """
    if wanted.columnDelimiter not in _DELIMITERS or wanted.lineEnding not in _ENDINGS:
        raise refusal("INVALIDJOB", "Invalid columnDelimiter or lineEnding")
    return {"columnDelimiter": wanted.columnDelimiter, "lineEnding": wanted.lineEnding}


def delimiter_of(job: QueryJob | IngestJob) -> str:
    """Give what stands between the cells of a job's CSV."""
    return _DELIMITERS[job.options["columnDelimiter"]]


def csv_of(job: QueryJob | IngestJob, lines: Iterable[Iterable[str]]) -> bytes:
    """Write every cell in quotes, as Salesforce does; an empty field is two quotes."""
    text = io.StringIO()
    writer = csv.writer(
        text,
        delimiter=delimiter_of(job),
        lineterminator=_ENDINGS[job.options["lineEnding"]],
        quoting=csv.QUOTE_ALL,
    )
    writer.writerows(lines)
    return text.getvalue().encode()
