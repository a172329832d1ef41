"""Reads a table row by row: ids judged, repairs and quarantined rows named, memory flat.

Everything that reads records goes through ``read_rows`` (pull, fetch, push and the owners), so that
a row means the same to all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from connectors.files.encodings import UNDECODABLE
from connectors.files.faults import os_faults
from connectors.files.ids import IdSet, is_damaged
from connectors.files.lines import LINE_ENDS, LineReader
from connectors.files.rows import Cells, Fault, Row, RowCode, RowKind, visible
from connectors.files.tables import (
    Layout,
    Table,
    Version,
    read_layout,
    require_columns,
    version_of,
)
from worker.core.records import RawValue, RowIssue
from worker.errors import SourceChangedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One table being read: its version at the start, its layout, and its lines so far."""

    table: Table
    path: Path
    layout: Layout
    version: Version
    names: tuple[str, ...]
    lines: LineReader

    def refuse_change(self) -> None:
        """Raise ``SourceChangedError`` when the file is no longer the one that was opened."""
        if not self.path.exists() or version_of(self.path) != self.version:
            raise SourceChangedError(
                f"{self.path.name} changed while it was being read. It is read again."
            )


@dataclass(frozen=True, slots=True)
class SeenRow:
    """What became of one row: an id with values, or the issue that keeps it out.

    ``record_id`` is None in a quarantined row, except that a duplicate names whose it is.
    """

    row: Row
    record_id: str | None
    values: Mapping[str, RawValue]
    issue: RowIssue | None = None

    @property
    def is_quarantined(self) -> bool:
        return self.issue is not None and self.issue.is_quarantined


@contextmanager
def open_table(table: Table, fields: Sequence[str]) -> Iterator[Reading]:
    """Open a table for reading ``fields``, its id and its time of change."""
    path, version = table.path, version_of(table.path)
    layout = read_layout(table)
    require_columns(table, layout, fields)
    with os_faults(name=path.name, doing="read"):
        file: BinaryIO = path.open("rb")
    with file:
        yield Reading(
            table=table,
            path=path,
            layout=layout,
            version=version,
            names=visible(layout.format.columns, fields),
            lines=LineReader(file, layout.encoding),
        )


def read_rows(reading: Reading) -> Iterator[SeenRow]:
    """Yield the table's rows in their order, damaged ones as issues."""
    judge = _Judge(reading=reading)
    last_line = 1
    with os_faults(name=reading.path.name, doing="read"):
        yield from judge.of_table()
        for row in reading.layout.format.rows(reading.lines.chunks()):
            last_line = row.line
            if row.kind is RowKind.DATA:
                yield judge.of_row(row)
    if reading.lines.tail and not judge.is_truncated:
        yield judge.quarantined(Row("", last_line + 1), Fault(code=RowCode.TRUNCATED))


@dataclass(slots=True, kw_only=True)
class _Judge:
    """Decides what each row is; remembers the ids it saw."""

    reading: Reading
    is_truncated: bool = False
    _seen: IdSet = field(default_factory=IdSet)
    _names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        table = self.reading.table
        wanted = dict.fromkeys([*self.reading.names, table.id_field])
        if table.modified_at_field:
            wanted[table.modified_at_field] = None
        self._names = visible(self.reading.layout.format.columns, wanted)

    def of_table(self) -> Iterator[SeenRow]:
        """Yield what there is to say of the table as a whole."""
        if self.reading.layout.encoding.is_guessed:
            yield self._noted(Row("", 0), RowCode.ENCODING_GUESSED)
        for column in self.reading.layout.format.duplicates:
            yield self._noted(Row("", 1), RowCode.HEADER_DUPLICATE, column)

    def of_row(self, row: Row) -> SeenRow:
        cells = self._cells(row)
        if isinstance(cells, Fault):
            return self.quarantined(row, cells)
        has_nul = "\0" in row.text or "\\u0000" in row.text
        if has_nul:
            cells = {name: (value or "").replace("\0", "") or None for name, value in cells.items()}
        record_id = cells.get(self.reading.table.id_field)
        fault = self._id_fault(record_id)
        if fault is not None:
            is_duplicate = fault.code is RowCode.ID_DUPLICATE
            return self.quarantined(row, fault, record_id if is_duplicate else None)
        if has_nul:
            return self._noted(row, RowCode.NUL_REMOVED, record_id=record_id, values=cells)
        return SeenRow(row, record_id, cells)

    def quarantined(self, row: Row, fault: Fault, record_id: str | None = None) -> SeenRow:
        """Keep a row out, and say why."""
        self.is_truncated = self.is_truncated or fault.code is RowCode.TRUNCATED
        issue = RowIssue(
            object_type=self.reading.table.object_type,
            row=row.line,
            code=fault.code.value,
            column=fault.column,
            record_id=record_id,
        )
        return SeenRow(row, record_id, {}, issue)

    def _noted(
        self,
        row: Row,
        code: RowCode,
        column: str | None = None,
        record_id: str | None = None,
        values: Cells | None = None,
    ) -> SeenRow:
        issue = RowIssue(
            object_type=self.reading.table.object_type,
            row=row.line,
            code=code.value,
            column=column,
            record_id=record_id,
            is_quarantined=False,
        )
        return SeenRow(row, record_id, values or {}, issue)

    def _cells(self, row: Row) -> Cells | Fault:
        if row.fault is not None:
            return Fault(code=row.fault)
        text, form = row.text, self.reading.layout.format
        cells = form.pick(text, self._names)
        if isinstance(cells, Fault):
            was_cut = cells.code in (RowCode.TOO_SHORT, RowCode.NOT_JSON)
            is_cut = was_cut and not text.endswith(LINE_ENDS)
            return Fault(code=RowCode.TRUNCATED) if is_cut else cells
        if self.reading.lines.tail and not text.endswith(LINE_ENDS):
            return Fault(code=RowCode.TRUNCATED)
        if not text.isascii() and UNDECODABLE.search(text):
            return Fault(code=RowCode.ENCODING, column=self._undecodable_column(text))
        return cells

    def _undecodable_column(self, text: str) -> str | None:
        form = self.reading.layout.format
        for name in form.columns or self._names:
            cells = form.pick(text, (name,))
            if not isinstance(cells, Fault) and UNDECODABLE.search(cells.get(name) or ""):
                return name
        return None

    def _id_fault(self, record_id: RawValue) -> Fault | None:
        column = self.reading.table.id_field
        if record_id is None or record_id.isspace():
            return Fault(code=RowCode.ID_MISSING, column=column)
        if is_damaged(record_id):
            return Fault(code=RowCode.ID_DAMAGED, column=column)
        if not self._seen.add(record_id):
            return Fault(code=RowCode.ID_DUPLICATE, column=column)
        return None
