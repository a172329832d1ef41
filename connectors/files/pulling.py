"""Turns a table into pages of records, and its version into a bookmark.

A file has no feed of changes, so a table that changed is given whole and the ledger compares
revisions. The pull is complete only when no row was kept out: an unreadable row may be any record,
and a record that could not be read must not pass for one that was deleted.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from connectors.files.encodings import CHUNK_BYTES
from connectors.files.faults import os_faults
from connectors.files.reading import Reading, SeenRow, open_table, read_rows
from connectors.files.rows import RowCode
from connectors.files.tables import Table, Version, version_of
from worker.core.records import Page, RawValue, Record, RecordRef, RowIssue

PAGE_RECORDS = 1000
_EPOCH = re.compile(r"(\d{9,10}|\d{12,13})(?:\.\d*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bookmark:
    """The version of a table that was read to its end, and which fields were read from it."""

    version: Version
    digest: str
    fields: str

    def __str__(self) -> str:
        v = self.version
        parts = (v.size, v.modified_ns, v.changed_ns, v.inode, self.digest, self.fields)
        return "v1:" + ":".join(map(str, parts))

    @classmethod
    def parse(cls, text: str | None) -> Bookmark | None:
        """Read a stored bookmark; None, that is "read everything", when it is not one of ours."""
        match = re.fullmatch(r"v1:(\d+):(\d+):(\d+):(\d+):([0-9a-f]+):([0-9a-f]+)", text or "")
        if match is None:
            return None
        size, modified, changed, inode = map(int, match.groups()[:4])
        version = Version(size=size, modified_ns=modified, changed_ns=changed, inode=inode)
        return cls(version=version, digest=match[5], fields=match[6])


def pull_table(
    table: Table, *, system: str, fields: Sequence[str], since: str | None
) -> Iterator[Page]:
    """Yield the table's records, or one empty page when nothing changed since the bookmark."""
    asked = _digest_of([table.id_field, table.modified_at_field or "", *sorted(set(fields))])
    known = Bookmark.parse(since)
    if known is not None and known.fields == asked:
        same = _unchanged(table.path, known)
        if same is not None:
            yield Page(records=(), bookmark=str(same), total=0)
            return
    with open_table(table, fields) as reading:
        yield from _Pager(reading=reading, system=system, asked=asked).pages()


def record_of(seen: SeenRow, reading: Reading, system: str) -> Record:
    """Make the record of a row that was not quarantined."""
    assert seen.record_id is not None
    cells, table = seen.values, reading.table
    values = {name: cells[name] for name in reading.names if name in cells}
    moment = cells.get(table.modified_at_field) if table.modified_at_field else None
    return Record(
        ref=RecordRef(system=system, object_type=table.object_type, id=seen.record_id),
        values=values,
        revision=revision_of(values),
        modified_at=instant_of(moment),
    )


def revision_of(values: Mapping[str, RawValue]) -> str:
    """Digest a record's values; the order of columns does not matter."""
    return _digest_of([f"{name}\0{values[name] or ''}" for name in sorted(values)])


def instant_of(text: RawValue) -> datetime | None:
    """Read ISO 8601 or Unix seconds or milliseconds; what has no zone is UTC, nonsense is None."""
    if not text:
        return None
    if epoch := _EPOCH.fullmatch(text):
        number = int(epoch[1])
        return datetime.fromtimestamp(number / 1000 if len(epoch[1]) > 10 else number, UTC)
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


@dataclass(slots=True, kw_only=True)
class _Pager:
    """Collects rows into pages and keeps count of what the last page must say."""

    reading: Reading
    system: str
    asked: str
    _records: list[Record] = field(default_factory=list)
    _issues: list[RowIssue] = field(default_factory=list)
    _given: int = 0
    _is_complete: bool = True
    _is_truncated: bool = False

    def pages(self) -> Iterator[Page]:
        for seen in read_rows(self.reading):
            self._take(seen)
            if max(len(self._records), len(self._issues)) >= PAGE_RECORDS:
                yield self._page(total=self._estimate())
        yield self._last_page()

    def _take(self, seen: SeenRow) -> None:
        if seen.issue is not None:
            self._issues.append(seen.issue)
            self._is_truncated |= seen.issue.code == RowCode.TRUNCATED
            is_lost = seen.is_quarantined and seen.issue.code != RowCode.ID_DUPLICATE
            self._is_complete &= not is_lost
        if not seen.is_quarantined and seen.record_id is not None:
            self._records.append(record_of(seen, self.reading, self.system))

    def _last_page(self) -> Page:
        bookmark = Bookmark(
            version=self.reading.version, digest=self.reading.lines.digest, fields=self.asked
        )
        return self._page(
            total=self._given + len(self._records),
            bookmark=None if self._is_truncated else str(bookmark),
            is_complete=self._is_complete,
            is_whole=not self._is_truncated,
        )

    def _page(
        self,
        *,
        total: int | None,
        bookmark: str | None = None,
        is_complete: bool = False,
        is_whole: bool = False,
    ) -> Page:
        self.reading.refuse_change()
        records, issues = tuple(self._records), tuple(self._issues)
        self._records, self._issues = [], []
        self._given += len(records)
        return Page(
            records=records,
            issues=issues,
            total=total,
            bookmark=bookmark,
            is_complete=is_complete,
            is_whole=is_whole,
        )

    def _estimate(self) -> int | None:
        """Guess the number of records from how far into the file the records so far reach."""
        given = self._given + len(self._records)
        read = self.reading.lines.bytes_read
        return round(given * self.reading.version.size / read) if read else None


def _unchanged(path: Path, known: Bookmark) -> Bookmark | None:
    """Give the bookmark to go on with when the content is still the same."""
    version = version_of(path)
    if version == known.version:
        return known
    if version.size != known.version.size or _content_digest(path) != known.digest:
        return None
    return Bookmark(version=version, digest=known.digest, fields=known.fields)


def _content_digest(path: Path) -> str:
    digest = hashlib.blake2b(digest_size=16)
    with os_faults(name=path.name, doing="read"), path.open("rb") as file:
        while data := file.read(CHUNK_BYTES):
            digest.update(data)
    return digest.hexdigest()


def _digest_of(parts: Sequence[str]) -> str:
    return hashlib.blake2b("\0\0".join(parts).encode(), digest_size=10).hexdigest()
