"""Splits and edits CSV rows by their exact characters.

The csv module cannot say where a cell stood, so it can neither keep untouched cells as they were
nor find its way back after a quote that was never closed; both are what this module is for. It
reads a well-formed table exactly as the csv module does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from connectors.files.csv_cells import cell_pattern, quoted, split_cells
from connectors.files.csv_splitter import CsvSplitter
from connectors.files.rows import MAX_FIELD, Cells, Fault, Row, RowCode, RowKind, body_and_end
from worker.core.records import RawValue, RawValues


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvFormat:
    """One CSV table's delimiter and header."""

    delimiter: str
    header: tuple[str, ...]
    _index: dict[str, int] = field(init=False, repr=False, compare=False)
    _named: int = field(init=False, repr=False, compare=False)
    _cell: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        index: dict[str, int] = {}
        for position, name in enumerate(self.header):
            if name:
                index.setdefault(name, position)
        last_named = max((at for at, name in enumerate(self.header) if name), default=-1)
        object.__setattr__(self, "_index", index)
        object.__setattr__(self, "_named", last_named + 1)
        object.__setattr__(self, "_cell", cell_pattern(self.delimiter))

    @property
    def columns(self) -> tuple[str, ...] | None:
        return tuple(self._index)

    @property
    def duplicates(self) -> tuple[str, ...]:
        """Columns that the header names more than once."""
        return tuple(name for name in self._index if self.header.count(name) > 1)

    def rows(self, chunks: Iterable[list[str]]) -> Iterator[Row]:
        """Split lines into rows; joined again, their texts are the table."""
        return CsvSplitter(chunks, delimiter=self.delimiter, width=self._named).rows()

    def pick(self, text: str, names: Sequence[str]) -> Cells | Fault:
        """Read these columns of a row; an empty cell is None."""
        cells = split_cells(text, self.delimiter, self._cell)
        if cells is None:
            return Fault(code=RowCode.QUOTE_STRAY)
        fault = self._misfit(cells) if len(cells) != self._named else None
        if fault is None and len(text) > MAX_FIELD:
            fault = self._oversize(cells)
        index = self._index
        return fault or {name: cells[index[name]] or None for name in names}

    def _misfit(self, cells: Sequence[str]) -> Fault | None:
        """Find a cell too many or too few; unnamed columns at the end may be empty or absent."""
        if len(cells) < self._named:
            return Fault(code=RowCode.TOO_SHORT, column=self.header[len(cells)] or None)
        if len(cells) > len(self.header) or any(cells[self._named :]):
            return Fault(code=RowCode.TOO_LONG)
        return None

    def _oversize(self, cells: Sequence[str]) -> Fault | None:
        for position, cell in enumerate(cells):
            if len(cell) > MAX_FIELD:
                name = self.header[position] if position < len(self.header) else ""
                return Fault(code=RowCode.TOO_LARGE, column=name or None)
        return None

    def can_edit(self, text: str) -> bool:  # noqa: ARG002  # every readable CSV row can be edited
        """Say that any readable row can be changed."""
        return True

    def edited(self, row: Row, changes: RawValues, added: Sequence[str]) -> str:
        """Give a row's text with ``changes`` made and the columns ``added`` at its end.

        Even a damaged row gets the new cells: else a row that is one cell too long would pass for
        a sound one after a column was added.
        """
        if row.kind in (RowKind.BLANK, RowKind.REST):
            return row.text
        text = self._with_changes(row.text, changes) if changes else row.text
        if not added:
            return text
        body, end = body_and_end(text)
        if row.kind is RowKind.HEADER:
            return body + self._joined(added) + end
        return body + self._padding(row) + self._joined([changes.get(n) for n in added]) + end

    def _with_changes(self, text: str, changes: RawValues) -> str:
        body, end = body_and_end(text)
        spans = [match.span("cell") for match in self._cell.finditer(body)]
        known = [(spans[self._index[n]], v) for n, v in changes.items() if n in self._index]
        for (start, stop), value in sorted(known, key=lambda item: item[0], reverse=True):
            was_quoted = body.startswith('"', start)
            body = body[:start] + quoted(value, self.delimiter, was_quoted=was_quoted) + body[stop:]
        return body + end

    def _padding(self, row: Row) -> str:
        """Give the delimiters for unnamed cells that the row left out before a new column."""
        if row.fault is not None:
            return ""
        cells = split_cells(row.text, self.delimiter, self._cell)
        if cells is None or len(cells) < self._named:
            return ""
        return self.delimiter * (len(self.header) - len(cells))

    def _joined(self, values: Iterable[RawValue]) -> str:
        return "".join(
            self.delimiter + quoted(value, self.delimiter, was_quoted=False) for value in values
        )
