"""Finds the tables of the folder and learns, from their beginnings, how each is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from connectors.files.csv_cells import cell_pattern, split_cells
from connectors.files.csv_rows import CsvFormat
from connectors.files.csv_splitter import CsvSplitter, is_sep_line
from connectors.files.encodings import TextEncoding, find_encoding
from connectors.files.faults import os_faults
from connectors.files.jsonl_rows import JsonlFormat
from connectors.files.lines import LineReader
from connectors.files.rows import Row, RowKind, TableFormat
from worker.errors import FixDataError

DELIMITERS = {",": ",", ";": ";", "|": "|", "\t": "\t"} | {
    "comma": ",",
    "semicolon": ";",
    "pipe": "|",
    "tab": "\t",
}
_SNIFFED = (",", ";", "\t", "|")
_SAMPLED_ROWS = 10_000
_NAME_EDGES = " \t\u00a0\ufeff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Where the records of one object type are kept, as configured. Nothing has been read yet."""

    object_type: str
    folder: Path
    id_field: str
    modified_at_field: str | None = None
    file_name: str | None = None
    encoding: str = "auto"
    delimiter: str | None = None

    @property
    def path(self) -> Path:
        """The file, links resolved: a write must replace the table and not the link to it."""
        if self.file_name:
            return (self.folder / self.file_name).resolve()
        csv, jsonl = (self.folder / f"{self.object_type}.{end}" for end in ("csv", "jsonl"))
        return (jsonl if jsonl.exists() and not csv.exists() else csv).resolve()

    @property
    def name(self) -> str:
        return self.path.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What the file system says of one state of a file. ``changed_ns`` shows even a touched-back time."""

    size: int
    modified_ns: int
    changed_ns: int
    inode: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How a table is written."""

    encoding: TextEncoding
    format: TableFormat


def version_of(path: Path) -> Version:
    """Ask the file system for the present state of a file."""
    with os_faults(name=path.name, doing="read"):
        stat = path.stat()
    return Version(
        size=stat.st_size,
        modified_ns=stat.st_mtime_ns,
        changed_ns=stat.st_ctime_ns,
        inode=stat.st_ino,
    )


def read_layout(table: Table) -> Layout:
    """Learn a table's encoding, delimiter and header.

    Raises ``FixDataError`` when the file is absent, empty, no text, or has no header.
    """
    path = table.path
    with os_faults(name=path.name, doing="read"):
        if path.stat().st_size == 0:
            raise FixDataError(f"{path.name} is empty: not even a header. Export it again.")
        encoding = find_encoding(path, table.encoding)
        if path.suffix.lower() in (".jsonl", ".ndjson"):
            return Layout(
                encoding=encoding,
                format=JsonlFormat(can_write_unicode=encoding.codec.startswith("utf")),
            )
        with path.open("rb") as file:
            head = next(LineReader(file, encoding).chunks(), [])
    return Layout(encoding=encoding, format=_csv_format(table, head))


def require_columns(table: Table, layout: Layout, names: Sequence[str]) -> None:
    """Refuse a CSV table that lacks its id column or names a needed column twice."""
    columns, id_field = layout.format.columns, table.id_field
    if columns is None:
        return
    if id_field not in columns:
        near = [name for name in columns if name.casefold() == id_field.casefold()]
        hint = f" It has {near[0]!r}: correct the field map." if near else ""
        raise FixDataError(
            f"{table.name} has no column {id_field!r}, which holds the record's id.{hint}"
        )
    for name in layout.format.duplicates:
        if name == id_field or name == table.modified_at_field or name in names:
            raise FixDataError(
                f"{table.name} has the column {name!r} more than once, so its values are ambiguous."
            )


def column_names(table: Table, layout: Layout) -> tuple[str, ...]:
    """List the columns of a table; those of JSONL as its first 10,000 rows show them."""
    if layout.format.columns is not None:
        return layout.format.columns
    assert isinstance(layout.format, JsonlFormat)
    seen: dict[str, None] = {}
    with os_faults(name=table.name, doing="read"), table.path.open("rb") as file:
        rows = layout.format.rows(LineReader(file, layout.encoding).chunks())
        for row in islice(rows, _SAMPLED_ROWS):
            seen.update(dict.fromkeys(layout.format.keys(row.text)))
    return tuple(seen)


def _csv_format(table: Table, head: list[str]) -> CsvFormat:
    said = DELIMITERS.get(table.delimiter or "") or _sep_delimiter(head)
    formats = [
        CsvFormat(delimiter=delimiter, header=_header(head, delimiter))
        for delimiter in ([said] if said else _SNIFFED)
    ]
    best = max(formats, key=lambda one: (table.id_field in one.header, len(one.header)))
    if not any(best.header):
        raise FixDataError(f"{table.name} has no readable header. Its first row must name columns.")
    return best


def _sep_delimiter(head: list[str]) -> str | None:
    """Take the delimiter from a leading ``sep=;`` line."""
    if head and is_sep_line(head[0]):
        return DELIMITERS.get(head[0].strip("\r\n")[-1])
    return None


def _header(head: list[str], delimiter: str) -> tuple[str, ...]:
    row = _first_row(head, delimiter)
    if row is None or row.fault is not None:
        return ()
    cells = split_cells(row.text.replace("\0", ""), delimiter, cell_pattern(delimiter)) or []
    return tuple(cell.strip(_NAME_EDGES) for cell in cells)


def _first_row(head: list[str], delimiter: str) -> Row | None:
    rows = CsvSplitter([head], delimiter=delimiter, width=1).rows()
    return next((row for row in rows if row.kind is RowKind.HEADER), None)
