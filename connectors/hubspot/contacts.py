"""Pulls contacts, and tells which were archived or merged into another.

A merge leaves its trace on the surviving contact alone, in two properties that do not always agree: the
ids of both are taken together. An id named there can still be a live contact, so each is looked up
before it is called gone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from connectors.hubspot.additions import NOTHING, asks_for_lists, properties_for, read_additions
from connectors.hubspot.changes import Chunk, Course, pull_objects
from connectors.hubspot.memberships import MOST_MEMBERS
from connectors.hubspot.objects import READ_BATCH, ObjectReader
from connectors.hubspot.rows import Row, Scalar, record_of, text_of, values_of
from connectors.hubspot.transport import Transport
from connectors.shared.pulling import tombstone
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
        """Yield pages of contacts, with a tombstone for each that is gone.

        Ids that were merged away are looked up a hundred at a time, and no bookmark passes a page
        whose ids still wait. Where lists are asked for, a page is as large as a read of them.
        """
        reader = self._reader(fields)
        most = MOST_MEMBERS if asks_for_lists(fields) else 0
        held: list[Chunk] = []
        into: dict[str, str] = {}
        for chunk in pull_objects(reader, course, since):
            held.append(chunk)
            into |= merged_into(chunk.rows)
            is_end = chunk.is_whole or not chunk.rows
            if is_end or sum(len(one.rows) for one in held) > most - course.page:
                is_due = is_end or len(into) >= READ_BATCH
                merged = self._merged(reader, into) if is_due else []
                into = {} if is_due else into
                yield self._page(held, fields, merged, is_settled=not into)
                held = []

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

    def _page(
        self,
        held: Sequence[Chunk],
        fields: Sequence[str],
        merged: Sequence[Record],
        *,
        is_settled: bool,
    ) -> Page:
        last = held[-1]
        rows = list({str(row.id): row for chunk in held for row in chunk.rows}.values())
        issues = tuple(issue for chunk in held for issue in chunk.issues)
        gone = [tombstone(self._ref(str(row.id))) for chunk in held for row in chunk.gone]
        marks = (chunk.bookmark for chunk in reversed(held) if chunk.bookmark is not None)
        return Page(
            records=(*self._records(rows, fields), *merged, *gone),
            bookmark=next(marks, None) if is_settled else None,
            issues=issues,
            is_whole=last.is_whole,
            is_complete=last.is_whole and not issues,
            total=last.total,
        )

    def _merged(self, reader: ObjectReader, into: Mapping[str, str]) -> list[Record]:
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


def merged_into(rows: Sequence[Row]) -> dict[str, str]:
    """Say of ids that were merged away into which contact."""
    return {
        old: str(row.id) for row in rows for old in merged_ids(row.properties) if old != str(row.id)
    }


def merged_ids(properties: Mapping[str, Scalar]) -> tuple[str, ...]:
    """Take together the ids of both properties; the second writes ``id:time`` and separates by ``;``."""
    found: list[str] = []
    for name in MERGED:
        for part in (text_of(properties.get(name)) or "").split(";"):
            record_id = part.strip().partition(":")[0]
            if _ID.fullmatch(record_id):
                found.append(record_id)
    return tuple(dict.fromkeys(found))
