"""Pulls contacts, and tells which were archived or merged into another.

A merge leaves its trace on the surviving contact alone, in two properties that do not always agree: the
ids of both are taken together. An id named there can still be a live contact, so each is looked up
before it is called gone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from connectors.hubspot.additions import NOTHING, properties_for, read_additions
from connectors.hubspot.changes import Chunk, Course, pull_objects
from connectors.hubspot.objects import ObjectReader
from connectors.hubspot.rows import Row, Scalar, record_of, text_of, tombstone, values_of
from connectors.hubspot.transport import Transport
from worker.core.records import Page, Record, RecordRef

MODIFIED = "lastmodifieddate"
MERGED = ("hs_merged_object_ids", "hs_calculated_merged_vids")
_ID = re.compile(r"[0-9A-Za-z_-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactSource:
    """The contacts of one account under the names of the configuration."""

    transport: Transport
    system: str
    object_type: str

    def pull(self, fields: Sequence[str], course: Course, since: str | None) -> Iterator[Page]:
        """Yield pages of contacts, with a tombstone for each that is gone."""
        reader = self._reader(fields)
        for chunk in pull_objects(reader, course, since):
            yield self._page(reader, fields, chunk)

    def fetch(self, refs: Sequence[RecordRef], fields: Sequence[str]) -> Mapping[RecordRef, Record]:
        """Read contacts as they are now; archived and merged ones are left out."""
        ids = list(dict.fromkeys(ref.id for ref in refs))
        rows = self._reader(fields).read(ids)
        records = self._records(list(rows.values()), fields)
        return {record.ref: record for record in records}

    def _reader(self, fields: Sequence[str]) -> ObjectReader:
        return ObjectReader(
            transport=self.transport,
            name="contacts",
            modified=MODIFIED,
            properties=tuple(dict.fromkeys((*properties_for(fields), MODIFIED, *MERGED))),
        )

    def _page(self, reader: ObjectReader, fields: Sequence[str], chunk: Chunk) -> Page:
        merged = self._merged(reader, chunk.rows)
        gone = [tombstone(self._ref(str(row.id))) for row in chunk.gone]
        return Page(
            records=(*self._records(chunk.rows, fields), *merged, *gone),
            bookmark=chunk.bookmark,
            issues=chunk.issues,
            is_whole=chunk.is_whole,
            is_complete=chunk.is_whole and not chunk.issues,
            total=chunk.total,
        )

    def _merged(self, reader: ObjectReader, rows: Sequence[Row]) -> list[Record]:
        into: dict[str, str] = {}
        for row in rows:
            for old in merged_ids(row.properties):
                if old != str(row.id):
                    into[old] = str(row.id)
        alive = reader.read(list(into), ()) if into else {}
        return [
            tombstone(self._ref(old), merged_into=new)
            for old, new in into.items()
            if old not in alive
        ]

    def _records(self, rows: Sequence[Row], fields: Sequence[str]) -> list[Record]:
        more = read_additions(self.transport, rows, fields)
        records: list[Record] = []
        for row in rows:
            added = more.get(str(row.id), NOTHING)
            values = {**values_of(row.properties, fields), **added}
            ref = self._ref(str(row.id))
            records.append(record_of(ref, values, row.properties.get(MODIFIED)))
        return records

    def _ref(self, record_id: str) -> RecordRef:
        return RecordRef(system=self.system, object_type=self.object_type, id=record_id)


def merged_ids(properties: Mapping[str, Scalar]) -> tuple[str, ...]:
    """Take together the ids of both properties; the second writes ``id:time`` and separates by ``;``."""
    found: list[str] = []
    for name in MERGED:
        for part in (text_of(properties.get(name)) or "").split(";"):
            record_id = part.strip().partition(":")[0]
            if _ID.fullmatch(record_id):
                found.append(record_id)
    return tuple(dict.fromkeys(found))
