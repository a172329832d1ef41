"""Decides how an object type is pulled, and keeps the place in a bookmark.

Everything is listed on the first pull, when a sweep is due, and when so much changed that a list takes
less time than a search, which has a small budget. Else the search brings what changed and the recycle
bin what was deleted. The bookmark never goes beyond what the index can be trusted to show.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from connectors.hubspot.objects import LIST_PAGE, ObjectReader, advance
from connectors.hubspot.rows import Row, in_milliseconds, milliseconds_of
from connectors.hubspot.windows import PAGE
from connectors.shared.pulling import read_mark, unreadable
from worker.core.records import RowIssue

_VERSION = 1
_FEW = 1000
"""Fewer changes than this are searched for without a thought."""


class Bookmark(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    """The place in an object type. Times are milliseconds.

    ``at``: everything that changed before was read. ``listed_at`` and ``size``: when everything was
    last listed, and how much that was. ``after``: in the middle of a list that began at ``began``.
    """

    version: int = _VERSION
    at: int = 0
    listed_at: int = 0
    size: int = 0
    after: str | None = None
    began: int = 0

    def __str__(self) -> str:
        return msgspec.json.encode(self).decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Rows that were read together; ``gone`` are in the recycle bin."""

    rows: Sequence[Row] = ()
    gone: Sequence[Row] = ()
    issues: tuple[RowIssue, ...] = ()
    bookmark: str | None = None
    is_whole: bool = False
    total: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How to pull: until when, how far back, how often to list everything, how many at a time."""

    object_type: str
    now: datetime
    lookback: timedelta
    sweep_every: timedelta
    page: int = LIST_PAGE
    bin_query: tuple[tuple[str, str], ...] = ()

    @property
    def until(self) -> int:
        return in_milliseconds(self.now)

    @property
    def safe(self) -> int:
        """The last instant whose changes the search can be trusted to show by now."""
        return in_milliseconds(self.now - self.lookback)


def read_bookmark(text: str | None) -> Bookmark | None:
    """Read a bookmark; None for one that is not ours or of old."""
    return read_mark(text, Bookmark, _VERSION)


def pull_objects(reader: ObjectReader, course: Course, since: str | None) -> Iterator[Chunk]:
    """Yield what changed since the bookmark, or everything."""
    mark = read_bookmark(since)
    is_sweep_due = mark is not None and _is_due(mark, course)
    if mark is None or (is_sweep_due and mark.after is None):
        yield from _listed(reader, course, None)
    elif mark.after is not None:
        yield from _listed(reader, course, mark)
    else:
        yield from _searched(reader, course, mark)


def _is_due(mark: Bookmark, course: Course) -> bool:
    return course.until - mark.listed_at >= course.sweep_every // timedelta(milliseconds=1)


def _listed(reader: ObjectReader, course: Course, resumed: Bookmark | None) -> Iterator[Chunk]:
    """List everything. What was resumed in the middle cannot tell what is gone: the bin does."""
    after = resumed.after if resumed else None
    began = resumed.began if resumed else course.safe
    size = resumed.size if resumed else 0
    while True:
        page = reader.list_page(after, page=course.page)
        size += len(page.results)
        if page.cursor is None:
            break
        after = advance(after, page.cursor)
        here = Bookmark(after=after, began=began, size=size)
        yield Chunk(rows=page.results, bookmark=str(here))
    end = Bookmark(at=began, listed_at=course.until if resumed is None else 0, size=size)
    if resumed is None:
        yield Chunk(rows=page.results, bookmark=str(end), is_whole=True, total=size)
        return
    # A list in two parts is no proof of absence, so ``listed_at`` stays 0 and the next run sweeps.
    yield Chunk(rows=page.results)
    yield from _binned(reader, course, end)


def _searched(reader: ObjectReader, course: Course, mark: Bookmark) -> Iterator[Chunk]:
    at = mark.at
    for found in reader.changed(mark.at, course.until):
        if at == mark.at and _is_list_quicker(reader, found.total, mark.size):
            yield from _listed(reader, course, None)
            return
        issues = tuple(unreadable(course.object_type, one) for one in found.unreadable)
        at = max(at, _newest(found.rows, reader.modified))
        here = msgspec.structs.replace(mark, at=max(mark.at, min(found.at, at, course.safe)))
        yield Chunk(rows=found.rows, issues=issues, bookmark=str(here), total=found.total)
    end = msgspec.structs.replace(mark, at=max(mark.at, min(at, course.safe)))
    yield from _binned(reader, course, end, since=mark.at)


def _binned(reader: ObjectReader, course: Course, end: Bookmark, since: int = 0) -> Iterator[Chunk]:
    """Yield what went into the recycle bin, then the bookmark of the whole pull."""
    floor = since - course.lookback // timedelta(milliseconds=1)
    for rows in reader.archived(**dict(course.bin_query)):
        gone = [row for row in rows if _binned_at(row, floor) >= floor]
        yield Chunk(gone=gone)
    yield Chunk(bookmark=str(end))


def _binned_at(row: Row, unknown: int) -> int:
    at = milliseconds_of(row.archived_at)
    return unknown if at is None else at


def _newest(rows: Sequence[Row], modified: str) -> int:
    return max((milliseconds_of(row.properties.get(modified)) or 0 for row in rows), default=0)


def _is_list_quicker(reader: ObjectReader, changed: int | None, size: int) -> bool:
    """Compare by the time that the limits leave no way around."""
    if changed is None or changed < _FEW or not size:
        return False
    budget = reader.transport.budget
    return (changed / PAGE) * budget.seconds_per_search > (
        size / LIST_PAGE
    ) * budget.seconds_per_call
