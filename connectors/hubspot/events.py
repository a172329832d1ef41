"""Pulls who registered for marketing events such as webinars, came, cancelled or stayed away.

HubSpot tells no time of change of these, so an event is read again for a month after its end, and every
event by a sweep. Participants come with their contact's id; names and addresses are passed over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import msgspec

from connectors.hubspot import paths
from connectors.hubspot.changes import Bookmark, Course, read_bookmark
from connectors.hubspot.objects import advance
from connectors.hubspot.rows import (
    Paging,
    Scalar,
    instant_at,
    milliseconds_of,
    record_of,
    text_of,
)
from connectors.hubspot.transport import Query, Transport
from worker.core.records import FieldDescription, Page, RawValue, Record, RecordRef, RowIssue

NAME = "event_participations"
CONTACT = "associations.contacts"
_OWN = (CONTACT, "occurred_at", "attendance_state", "attended_seconds", "event_id", "event_name")
SYNTHETIC = tuple(FieldDescription(name=name, is_writable=False) for name in _OWN)
_PAGE = 100
_AFTER_END = timedelta(days=30)
_MILLISECOND = timedelta(milliseconds=1)


class _Event(msgspec.Struct, rename="camel"):
    object_id: str | int | None = None
    event_name: str = ""
    start_date_time: Scalar = None
    end_date_time: Scalar = None

    def may_change(self, now: int) -> bool:
        """Tell whether somebody may still register or be marked; unknown is yes."""
        end = milliseconds_of(self.end_date_time) or milliseconds_of(self.start_date_time)
        return end is None or end >= now - _AFTER_END // _MILLISECOND


class _Events(msgspec.Struct):
    results: list[_Event] = []
    paging: Paging | None = None


class _Contact(msgspec.Struct, rename="camel"):
    contact_id: str | int | None = None


class _Linked(msgspec.Struct):
    contact: _Contact | None = None


class _Attendance(msgspec.Struct, rename="camel"):
    occurred_at: Scalar = None
    attendance_state: str | None = None
    attendance_duration_seconds: Scalar = None


class _Participation(msgspec.Struct):
    id: str | int
    properties: _Attendance
    associations: _Linked | None = None

    @property
    def contact(self) -> RawValue:
        linked = self.associations.contact if self.associations else None
        return None if linked is None or linked.contact_id is None else str(linked.contact_id)


class _Participations(msgspec.Struct):
    results: list[_Participation] = []
    paging: Paging | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSource:
    """Participation in the marketing events of an account."""

    transport: Transport
    system: str
    object_type: str

    def pull(self, fields: Sequence[str], course: Course, since: str | None) -> Iterator[Page]:
        """Yield who took part in events that may still change; in all of them when a sweep is due."""
        mark = read_bookmark(since)
        is_whole = (
            mark is None or course.until - mark.listed_at >= course.sweep_every // _MILLISECOND
        )
        listed_at = course.until if mark is None or is_whole else mark.listed_at
        has_issues = False
        for event in self._events():
            if is_whole or event.may_change(course.until):
                for page in self._of_event(event, fields):
                    has_issues = has_issues or bool(page.issues)
                    yield page
        end = Bookmark(at=course.until, listed_at=listed_at)
        yield Page(
            records=(),
            bookmark=str(end),
            is_whole=is_whole,
            is_complete=is_whole and not has_issues,
        )

    def fetch(self, refs: Sequence[RecordRef], fields: Sequence[str]) -> Mapping[RecordRef, Record]:
        """Find nothing: HubSpot shows no single participation by its id."""
        del refs, fields
        return {}

    def _events(self) -> Iterator[_Event]:
        after: str | None = None
        while True:
            page = self.transport.call(paths.EVENT_LIST, _Events, query=_query(after))
            yield from (event for event in page.results if event.object_id is not None)
            if page.paging is None or page.paging.next is None:
                return
            after = advance(after, str(page.paging.next.after))

    def _of_event(self, event: _Event, fields: Sequence[str]) -> Iterator[Page]:
        after: str | None = None
        while True:
            page = self.transport.call(
                paths.EVENT_PARTICIPATIONS,
                _Participations,
                path={"event_id": str(event.object_id)},
                query=_query(after),
            )
            yield self._page(event, page.results, fields)
            if page.paging is None or page.paging.next is None:
                return
            after = advance(after, str(page.paging.next.after))

    def _page(self, event: _Event, rows: Sequence[_Participation], fields: Sequence[str]) -> Page:
        records: list[Record] = []
        issues: list[RowIssue] = []
        outside = tuple(self._ref(row) for row in rows if row.contact is None)
        for row in rows:
            at = milliseconds_of(row.properties.occurred_at)
            if at is None:
                issues.append(
                    RowIssue(
                        object_type=self.object_type,
                        row=0,
                        code="DQ_ACTIVITY_UNREADABLE",
                        record_id=str(row.id),
                    )
                )
            elif row.contact is not None:
                records.append(self._record(event, row, at, fields))
        return Page(records=tuple(records), outside=outside, issues=tuple(issues))

    def _ref(self, row: _Participation) -> RecordRef:
        return RecordRef(system=self.system, object_type=self.object_type, id=str(row.id))

    def _record(self, event: _Event, row: _Participation, at: int, fields: Sequence[str]) -> Record:
        own: dict[str, RawValue] = {
            CONTACT: row.contact,
            "occurred_at": instant_at(at).isoformat(),
            "attendance_state": row.properties.attendance_state,
            "attended_seconds": text_of(row.properties.attendance_duration_seconds),
            "event_id": str(event.object_id),
            "event_name": event.event_name or None,
        }
        return record_of(self._ref(row), {name: own[name] for name in fields if name in own}, at)


def _query(after: str | None) -> Query:
    return {"limit": _PAGE} if after is None else {"limit": _PAGE, "after": after}
