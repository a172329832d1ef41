"""The files connector as the contract suite sees it, in both formats.

The back door reads and writes whole tables with the standard library, not with the code under test.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from connectors.files.connector import open_connector
from tests.contract.harness import FIELDS, DeletionNews, Traits
from worker.core.records import Owner, RawValue
from worker.ports import Connector, ConnectorContext, ObjectSource

_Rows = dict[str, dict[str, RawValue]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesHarness:
    """A folder with a table of contacts and one of owners."""

    folder: Path
    suffix: str
    object_type: str = "contacts"

    @property
    def traits(self) -> Traits:
        return Traits(deletions=DeletionNews.SNAPSHOT, many=2500, keeps_given_ids=True)

    def field(self, name: str) -> str:
        return name

    def open(self, **options: str) -> Connector:
        if not self._table.exists():
            self._save({}, FIELDS)
        return open_connector(
            ConnectorContext(
                system="files",
                base_dir=self.folder.parent,
                options={"folder": self.folder.name, **options},
                objects=[ObjectSource(object_type=self.object_type, id_field="id")],
            )
        )

    def add(self, rows: Mapping[str, Mapping[str, RawValue]]) -> Sequence[str]:
        table = self._load() if self._table.exists() else {}
        table.update({record_id: dict(values) for record_id, values in rows.items()})
        self._save(table, self._columns() or FIELDS)
        return list(rows)

    def add_owners(self, owners: Sequence[Owner]) -> Sequence[str]:
        lines = ["owner_id,email,active,kind"]
        lines += [f"{o.id},{o.email or ''},{str(o.is_active).lower()},{o.kind}" for o in owners]
        (self.folder / "owners.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return [owner.id for owner in owners]

    def change(self, record_id: str, values: Mapping[str, RawValue]) -> None:
        stat = self._table.stat()
        table = self._load()
        table[record_id].update(values)
        self._save(table, self._columns())
        os.utime(self._table, ns=(stat.st_atime_ns, stat.st_mtime_ns))

    def delete(self, record_id: str) -> None:
        table = self._load()
        del table[record_id]
        self._save(table, self._columns())

    def read(self, record_id: str) -> Mapping[str, RawValue] | None:
        return self._load().get(record_id)

    def hide(self, name: str) -> None:
        table = self._load()
        columns = [one for one in self._columns() if one != name]
        self._save(
            {key: {c: v for c, v in row.items() if c != name} for key, row in table.items()},
            columns,
        )

    def break_down(self) -> None:
        """Turn the table into something else, with its records still in it."""
        self._table.write_bytes(b"PK\x03\x04" + self._table.read_bytes())

    def stop(self) -> None:
        """Do nothing: nothing runs."""

    @property
    def _table(self) -> Path:
        return self.folder / f"{self.object_type}.{self.suffix}"

    def _columns(self) -> Sequence[str]:
        if not self._table.exists():
            return ()
        text = self._table.read_text(encoding="utf-8")
        if self.suffix == "csv":
            return [
                name for name in next(csv.reader(io.StringIO(text, newline=""))) if name != "id"
            ]
        rows = [json.loads(line) for line in text.splitlines() if line.strip()]
        return list(dict.fromkeys(key for row in rows for key in row if key != "id"))

    def _load(self) -> _Rows:
        with self._table.open(encoding="utf-8", newline="") as file:
            lines = list(csv.DictReader(file)) if self.suffix == "csv" else _objects(file.read())
        return {row.pop("id"): {k: v or None for k, v in row.items()} for row in lines}

    def _save(self, table: _Rows, columns: Sequence[str]) -> None:
        rows = [{"id": key, **{c: row.get(c) for c in columns}} for key, row in table.items()]
        with self._table.open("w", encoding="utf-8", newline="") as file:
            if self.suffix == "csv":
                writer = csv.DictWriter(file, ["id", *columns])
                writer.writeheader()
                writer.writerows(rows)
            else:
                file.write("\n".join(map(json.dumps, rows)) + "\n")


def _objects(text: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in text.split("\n") if line.strip()]


def csv_harness(folder: Path) -> FilesHarness:
    return FilesHarness(folder=folder, suffix="csv")


def jsonl_harness(folder: Path) -> FilesHarness:
    return FilesHarness(folder=folder, suffix="jsonl")
