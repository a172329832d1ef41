"""Decides how an object is pulled, and keeps the place in a bookmark.

Everything is listed on the first pull, when a sweep is due, and when very much changed; above a threshold
by a bulk query. Else one query brings what changed, what was deleted, and into what it was merged. The
bookmark never goes beyond what can be trusted to show by now: a long transaction shows its rows late, under
the stamps of its beginning.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import msgspec

from connectors.salesforce.bulk import BulkReader, JobState
from connectors.salesforce.keyset import STAMP, Place
from connectors.salesforce.objects import Found, ObjectReader, Walk
from connectors.salesforce.rows import Row
from connectors.shared.pulling import read_mark, unreadable
from worker.core.records import RowIssue
from worker.errors import FixDataError, SourceChangedError

_VERSION: Final = 1
_INSTANT: Final = timedelta(milliseconds=1)
_PART: Final = 2000
"""Rows handed on at a time from a bulk query."""
_LIVE: Final = "IsDeleted = false"
_GONE: Final = "IsDeleted = true"


class Bookmark(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    """The place in an object.

    ``at``: everything that changed before was read; with ``id``, also that row of this instant and those
    before it. ``listed_at``: when everything was last listed. ``began``: in the middle of a list, what the
    end of it may claim as ``at``. ``job`` and ``locator``: that list is a bulk query, read up to there.
    """

    version: int = _VERSION
    at: datetime | None = None
    id: str | None = None
    listed_at: datetime | None = None
    began: datetime | None = None
    job: str | None = None
    locator: str | None = None

    def __str__(self) -> str:
        return msgspec.json.encode(self).decode()

    @property
    def place(self) -> Place:
        return Place(at=self.at, id=self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Rows that were read together, and what may be stored once they are.

    ``is_whole`` ends a list of everything.
    """

    rows: Sequence[Row] = ()
    bookmark: Bookmark | None = None
    issues: tuple[RowIssue, ...] = ()
    is_whole: bool = False
    total: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How to pull: as of when, how far back, how often to list everything, from when on in bulk."""

    object_type: str
    now: datetime
    lookback: timedelta
    sweep_every: timedelta
    bulk_threshold: int
    bulk: BulkReader = field(repr=False)

    @property
    def safe(self) -> datetime:
        """The last instant whose changes can be trusted to show by now."""
        return self.now - self.lookback


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What is pulled: by which reader and stamp, and what its description says of it.

    ``related`` are stamps of related records that are read along: their change is a change of the row.
    ``where`` holds for each row, ``listed`` besides for those of a list. ``is_marked``: deleted rows are
    shown as such for a while. ``leaves_no_trace``: they are not when somebody deletes them by themselves.
    """

    reader: ObjectReader
    stamp: str = STAMP
    related: tuple[str, ...] = ()
    where: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()
    has_archive: bool = False
    is_marked: bool = True
    leaves_no_trace: bool = False

    @property
    def list_walk(self) -> Walk:
        """The walk through every live row. It has no end in time: what changes meanwhile comes last."""
        is_hidden = self.has_archive and self.is_marked
        live = (_LIVE,) if is_hidden else ()
        return Walk(stamp=self.stamp, where=(*self.where, *self.listed, *live), has_gone=is_hidden)


def pull_rows(target: Target, course: Course, since: str | None) -> Iterator[Chunk]:
    """Yield what changed since the bookmark, or everything."""
    mark = read_mark(since, Bookmark, _VERSION)
    if mark is None:
        yield from _listed(target, course, None)
    elif mark.began is not None:
        yield from _listed(target, course, mark)
    elif _is_due(mark, course):
        yield from _gone(target, course, mark)
        yield from _listed(target, course, None)
    else:
        yield from _changed(target, course, mark)


def _is_due(mark: Bookmark, course: Course) -> bool:
    return mark.listed_at is None or course.now - mark.listed_at >= course.sweep_every


def _listed(target: Target, course: Course, resumed: Bookmark | None) -> Iterator[Chunk]:
    """List everything. What was resumed in the middle cannot tell what is gone: a sweep follows."""
    began = resumed.began if resumed and resumed.began else course.safe
    if resumed is not None and resumed.job is not None:
        if (yield from _by_bulk(target, course, resumed)):
            return
        resumed = None  # the job is gone: its list begins anew
    place = resumed.place if resumed else Place()
    newest: datetime | None = None
    for found in target.reader.walk(target.list_walk, place):
        is_first = resumed is None and newest is None
        is_many = is_first and (found.total is None or found.total > course.bulk_threshold)
        if is_many and (yield from _by_bulk(target, course, Bookmark(began=began))):
            return
        newest = _newest(found, newest)
        here = Bookmark(at=found.place.at, id=found.place.id, began=began)
        if not found.is_last:
            yield Chunk(rows=found.rows, bookmark=here, total=found.total)
            continue
        end = Bookmark(at=_end(newest, began), listed_at=None if resumed else course.now)
        is_whole = resumed is None
        yield Chunk(rows=found.rows, bookmark=end, is_whole=is_whole, total=found.total)


def _end(newest: datetime | None, safe: datetime) -> datetime:
    """Everything before this is read; no later than what came, as our clock may be ahead.

    Beside what is that old no other row can appear any more, however many share its stamp: it is passed by.
    """
    if newest is None:
        return safe
    return newest + _INSTANT if newest < safe else safe


def _newest(found: Found, before: datetime | None) -> datetime | None:
    at = found.place.at if found.rows else None
    return before if at is None else max(at, before or at)


def _by_bulk(target: Target, course: Course, mark: Bookmark) -> Generator[Chunk, None, bool]:
    """List by a bulk query, or go on with one; false where that is not to be had."""
    walk = target.list_walk
    soql = target.reader.soql(walk, Place(), is_ordered=False)
    job = mark.job or course.bulk.start(soql, has_gone=walk.has_gone)
    if job is None:
        return False
    if mark.job is None:
        yield Chunk(bookmark=msgspec.structs.replace(mark, job=job))
    is_read = False
    if course.bulk.wait(job, is_begun_now=mark.job is None) is JobState.COMPLETE:
        with suppress(FixDataError, SourceChangedError):  # the result is gone, or the place in it
            yield from _of_job(target, course, mark, job)
            is_read = True
    course.bulk.remove(job)
    return is_read


def _of_job(target: Target, course: Course, mark: Bookmark, job: str) -> Iterator[Chunk]:
    """Read the result of a job, from where the bookmark says."""
    here = msgspec.structs.replace(mark, job=job)
    newest: datetime | None = None
    for part in course.bulk.parts(job, mark.locator, target.reader.types, _PART):
        stamps = [at for row in part.rows if (at := row.at(target.stamp))]
        newest = max([*stamps, *([newest] if newest else [])], default=None)
        told = None
        if part.locator is not None:
            told = here = msgspec.structs.replace(here, locator=part.locator)
        issues = tuple(unreadable(course.object_type) for _one in range(part.unread))
        yield Chunk(rows=part.rows, bookmark=told, issues=issues)
    is_whole = mark.locator is None  # else a part was read before, and is not seen again
    began = mark.began or course.safe
    listed_at = began if mark.job is not None else course.now
    end = Bookmark(at=_end(newest, began), listed_at=listed_at if is_whole else None)
    yield Chunk(bookmark=end, is_whole=is_whole)


def _changed(target: Target, course: Course, mark: Bookmark) -> Iterator[Chunk]:
    """Read what changed, by the stamps of related records first and by its own last."""
    if target.leaves_no_trace:
        gone = target.reader.deleted(_untold_since(mark, course), course.now)
        if gone is None:
            yield from _listed(target, course, None)
            return
        yield Chunk(rows=gone)
    newest: datetime | None = None
    for stamp in (*target.related, target.stamp):
        is_own = stamp == target.stamp
        reader = target.reader if is_own else target.reader.with_columns({stamp: "datetime"})
        walk = Walk(
            stamp=stamp,
            until=course.now,
            where=target.where,
            has_gone=target.is_marked or target.has_archive,
        )
        for found in reader.walk(walk, mark.place if is_own else Place(at=mark.at)):
            if (found.total or 0) > course.bulk_threshold:
                yield from _gone(target, course, mark)
                yield from _listed(target, course, None)
                return
            newest = _newest(found, newest)
            is_told = is_own and not found.is_last
            here = _midway(mark, found.place, course) if is_told else None
            yield Chunk(rows=found.rows, bookmark=here, total=found.total)
    reached = mark.at if newest is None else _end(newest, course.safe)
    is_further = reached is not None and (mark.at is None or reached > mark.at)
    yield Chunk(bookmark=msgspec.structs.replace(mark, at=reached, id=None) if is_further else mark)


def _untold_since(mark: Bookmark, course: Course) -> datetime:
    """Say from when on deletions were not told: changes were read so far, or everything was listed."""
    listed_at = mark.listed_at or course.now - course.sweep_every
    return max(listed_at - course.lookback, mark.at or listed_at - course.lookback)


def _midway(mark: Bookmark, place: Place, course: Course) -> Bookmark:
    """Keep the place in a walk; near the present, where rows may still come late, only an instant."""
    if place.at is None:
        return mark
    if place.at < course.safe:
        return msgspec.structs.replace(mark, at=place.at, id=place.id)
    return msgspec.structs.replace(mark, at=max(course.safe, mark.at or course.safe), id=None)


def _gone(target: Target, course: Course, mark: Bookmark) -> Iterator[Chunk]:
    """Read what was deleted or merged away since, before a list that would only find it missing."""
    if not target.is_marked:
        return
    where = (*target.where, _GONE)
    walk = Walk(stamp=target.stamp, until=course.now, where=where, has_gone=True)
    for found in target.reader.walk(walk, Place(at=mark.at)):
        yield Chunk(rows=found.rows)
