"""Reads many rows by a job of the Bulk API 2.0, in bounded memory.

A job lives on its own: its id goes into the bookmark, so that a run that gives up waiting, or is killed,
leaves something the next one takes up. A job that we opened is removed once it is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Final

import msgspec

from connectors.salesforce import paths
from connectors.salesforce.rows import Row, read_line
from connectors.salesforce.transport import Transport
from worker.errors import FixDataError, LeadtriageError, UnavailableError
from worker.ports import Clock

BULK_PAGE: Final = 50_000
"""Rows of one answer. It is read as it comes, so the size costs no memory."""
_FIRST_WAIT: Final = 2.0
_LONGER: Final = 1.5
"""Each wait is so many times the one before: the end of a job is seen late by half its time at most."""
_LONGEST_WAIT: Final = 30.0
_END: Final = "null"
"""What Salesforce writes for the locator after the last part (Bulk API 2.0, Get Results)."""


class JobState(StrEnum):
    """How a job stands. ``gone``: Salesforce no longer knows it."""

    RUNNING = "running"
    COMPLETE = "JobComplete"
    FAILED = "Failed"
    ABORTED = "Aborted"
    GONE = "gone"


class _Job(msgspec.Struct):
    id: str
    state: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Some rows of a result. ``locator`` is where it goes on, told with the last rows of an answer.

    ``unread`` counts lines that are no row of this result.
    """

    rows: tuple[Row, ...]
    locator: str | None = None
    is_last: bool = False
    unread: int = 0


_JOB = msgspec.json.Decoder(_Job)


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkReader:
    """The bulk queries of one org. ``patience`` is how long a job is waited for."""

    transport: Transport = field(repr=False)
    clock: Clock
    sleep: Callable[[float], None]
    patience: timedelta

    def start(self, soql: str, *, has_gone: bool) -> str | None:
        """Begin a job; None where this object cannot be read in bulk, or no job is left today."""
        body = {
            "operation": "queryAll" if has_gone else "query",
            "query": soql,
            "contentType": "CSV",
            "columnDelimiter": "COMMA",
            "lineEnding": "LF",
        }
        answer = self.transport.exchange(paths.JOB_START, body=msgspec.json.encode(body))
        if answer.fault is not None:
            return None
        try:
            return _JOB.decode(answer.body).id
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None

    def wait(self, job: str, *, is_begun_now: bool) -> JobState:
        """Wait until a job has ended. One that was begun just now is not looked at before it can have.

        Raises:
            UnavailableError: it takes longer than our patience; it is not over, and can be taken up.
        """
        give_up_at = self.clock() + self.patience
        pause = _FIRST_WAIT
        if is_begun_now:
            self.sleep(pause)
        while True:
            state = self.state(job)
            if state is not JobState.RUNNING:
                return state
            if self.clock() >= give_up_at:
                error = UnavailableError(
                    "Salesforce has not ended a bulk query in time. It goes on there, and the next "
                    "run takes it up."
                )
                error.is_spent = True
                raise error
            pause = min(pause * _LONGER, _LONGEST_WAIT)
            self.sleep(pause)

    def state(self, job: str) -> JobState:
        """Look at a job."""
        try:
            found = self.transport.call(paths.JOB_STATE, _JOB.decode, path={"job": job})
        except FixDataError:
            return JobState.GONE
        known = (JobState.COMPLETE, JobState.FAILED, JobState.ABORTED)
        return next((one for one in known if one.value == found.state), JobState.RUNNING)

    def parts(
        self, job: str, locator: str | None, types: Mapping[str, str], size: int
    ) -> Iterator[Part]:
        """Read a result from a locator on, ``size`` rows at a time."""
        while True:
            query: dict[str, str | int] = {"maxRecords": BULK_PAGE}
            if locator is not None:
                query["locator"] = locator
            answer, streamed = self.transport.stream(
                paths.JOB_RESULTS, path={"job": job}, query=query
            )
            with closing(streamed):
                after = _locator_in(answer.headers)
                lines = _counted(streamed.rows(), answer.headers)
                yield from _in_parts(lines, types, size, after)
            if after is None:
                return
            if after == locator:
                raise UnavailableError("Salesforce gives the same part of a bulk query again.")
            locator = after

    def remove(self, job: str) -> None:
        """Remove a job of ours; that it stays for its seven days does no harm."""
        try:
            self.transport.exchange(paths.JOB_DELETE, path={"job": job})
        except LeadtriageError:
            return


def _locator_in(headers: Mapping[str, str]) -> str | None:
    """Read where the result goes on. Its end is told: without a word there may be more."""
    locator = headers.get("sforce-locator")
    if not locator:
        raise UnavailableError("Salesforce does not say whether a bulk query goes on.")
    return None if locator == _END else locator


def _counted(lines: Iterator[list[str]], headers: Mapping[str, str]) -> Iterator[list[str]]:
    """Give the lines on, the header first, and see at the end that none is missing."""
    count = -1  # the header is no row
    for line in lines:
        count += bool(line)
        yield line
    told = headers.get("sforce-numberofrecords", "")
    if told.isascii() and told.isdigit() and int(told) != count:
        raise UnavailableError("A part of a bulk query has another number of rows than it says.")


def _in_parts(
    lines: Iterator[list[str]], types: Mapping[str, str], size: int, after: str | None
) -> Iterator[Part]:
    header = next(lines, [])
    rows: list[Row] = []
    unread = 0
    for line in lines:
        row = read_line(header, line, types)
        if row is None or not row.id:
            unread += 1
            continue
        if len(rows) == size:
            yield Part(rows=tuple(rows), unread=unread)
            rows, unread = [], 0
        rows.append(row)
    yield Part(rows=tuple(rows), locator=after, is_last=after is None, unread=unread)
