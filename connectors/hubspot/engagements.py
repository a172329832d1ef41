"""Pulls activities: calls, e-mails, meetings, tasks, messages and notes, each with its contacts.

An activity can belong to several contacts and a record to one, so an activity becomes one record per
contact, with the contact's id in the field ``associations.contacts``. Its id is the activity's, for the
first contact, and ``<activity>:<contact>`` for each other, so that no call is counted twice for one person.
Bodies are read only if the field map asks for them by name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from connectors.hubspot.associations import read_associations, to_ids
from connectors.hubspot.changes import Chunk, Course, pull_objects
from connectors.hubspot.objects import ObjectReader
from connectors.hubspot.rows import Row, record_of, values_of
from connectors.hubspot.transport import Transport
from connectors.shared.pulling import tombstone
from worker.core.records import FieldDescription, Page, Record, RecordRef

CONTACTS = "associations.contacts"
MODIFIED = "hs_lastmodifieddate"
NAMES = ("calls", "emails", "meetings", "tasks", "communications", "notes")
SYNTHETIC = (FieldDescription(name=CONTACTS, is_writable=False),)
_BUFFER = 1000
"""Activities whose associations are read in one call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngagementSource:
    """The activities of one kind. ``name`` is HubSpot's, ``object_type`` the configuration's."""

    transport: Transport
    system: str
    object_type: str
    name: str

    def pull(self, fields: Sequence[str], course: Course, since: str | None) -> Iterator[Page]:
        """Yield pages of activities, one record for each contact of each."""
        binned = replace(course, bin_query=(("associations", "contacts"),))
        held: list[Chunk] = []
        for chunk in pull_objects(self._reader(fields), binned, since):
            held.append(chunk)
            if chunk.is_whole or sum(len(one.rows) for one in held) > _BUFFER - course.page:
                yield self._page(held, fields)
                held = []
        if held:
            yield self._page(held, fields)

    def fetch(self, refs: Sequence[RecordRef], fields: Sequence[str]) -> Mapping[RecordRef, Record]:
        """Read activities as they are now, by the ids of their records."""
        wanted = {ref.id for ref in refs}
        ids = list(dict.fromkeys(one.partition(":")[0] for one in wanted))
        rows = list(self._reader(fields).read(ids).values())
        return {
            record.ref: record for record in self._records(rows, fields) if record.ref.id in wanted
        }

    def _reader(self, fields: Sequence[str]) -> ObjectReader:
        own = [name for name in fields if name != CONTACTS]
        return ObjectReader(
            transport=self.transport,
            name=self.name,
            modified=MODIFIED,
            properties=tuple(dict.fromkeys((*own, MODIFIED))),
        )

    def _page(self, held: Sequence[Chunk], fields: Sequence[str]) -> Page:
        last = held[-1]
        rows = list({str(row.id): row for chunk in held for row in chunk.rows}.values())
        issues = tuple(issue for chunk in held for issue in chunk.issues)
        gone = [one for chunk in held for row in chunk.gone for one in self._gone(row)]
        records = list(self._records(rows, fields))
        somebodys = {record.ref for record in records}
        refs = [self._ref(str(row.id)) for row in rows]
        return Page(
            records=(*records, *gone),
            outside=tuple(ref for ref in refs if ref not in somebodys),
            bookmark=next((c.bookmark for c in reversed(held) if c.bookmark is not None), None),
            issues=issues,
            is_whole=last.is_whole,
            is_complete=last.is_whole and not issues,
            total=last.total,
        )

    def _records(self, rows: Sequence[Row], fields: Sequence[str]) -> Iterator[Record]:
        ids = [str(row.id) for row in rows]
        contacts = read_associations(self.transport, self.name, "contacts", ids)
        for row in rows:
            values = values_of(row.properties, fields)
            for record_id, contact in _by_contact(str(row.id), contacts.get(str(row.id), ())):
                own = {**values, CONTACTS: contact} if CONTACTS in fields else values
                yield record_of(self._ref(record_id), own, row.properties.get(MODIFIED))

    def _gone(self, row: Row) -> Iterator[Record]:
        linked = (row.associations or {}).get("contacts")
        contacts = to_ids(linked.results) if linked else ()
        ids = [record_id for record_id, _contact in _by_contact(str(row.id), contacts)]
        for record_id in dict.fromkeys((str(row.id), *ids)):
            yield tombstone(self._ref(record_id))

    def _ref(self, record_id: str) -> RecordRef:
        return RecordRef(system=self.system, object_type=self.object_type, id=record_id)


def _by_contact(activity: str, contacts: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Name the record for each contact; the order HubSpot gives them in means nothing."""
    for position, contact in enumerate(sorted(contacts)):
        yield (f"{activity}:{contact}" if position else activity), contact
