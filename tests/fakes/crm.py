"""A CRM of one SQLite file, for tests of the steps.

Its state survives the death of the worker, every effective write is counted, and a test may script
what becomes of a write. It passes the contract suite like any connector. The clock stands still
until ``advance`` is called, so that changes share an instant by default: the hard case.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from tests.fakes.crm_store import (
    SCHEMA,
    START_AT,
    cells_of,
    count_writes,
    describe_field,
    edits_of,
    live_row,
    names_of,
    next_scripted,
    store_cells,
    touch,
)
from worker.core.records import (
    CheckFinding,
    Editor,
    FieldDescription,
    ObjectDescription,
    Owner,
    OwnerKind,
    Page,
    RawValue,
    RawValues,
    Record,
    RecordRef,
    WriteCommand,
    WriteOutcome,
    WriteResult,
)
from worker.core.stage_rules import Backward
from worker.errors import FixConfigurationError, UnavailableError
from worker.ports import Capabilities


def _nothing(_command: WriteCommand) -> None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeCrm:
    """The connector, and the test's own ways into the CRM behind it.

    ``has_change_feed`` gives changes since a bookmark with tombstones; else every pull is a complete
    snapshot. ``on_write`` is called after each effective write has landed and before it is answered:
    the place to die. The field ``lifecycle_stage`` only goes forward through the words of
    ``forward_only``: a step back is answered well and changes nothing. With ``tells_edits`` a record
    says of its fields who changed them last.
    """

    path: Path
    system: str = "fake"
    object_types: tuple[str, ...] = ("contacts", "activities")
    has_change_feed: bool = True
    has_conditional_write: bool = True
    page_records: int = 100
    write_batch: int = 100
    on_write: Callable[[WriteCommand], None] = _nothing
    forward_only: tuple[str, ...] = ()
    tells_edits: bool = False

    def __post_init__(self) -> None:
        with self._session() as db:
            db.execute("PRAGMA journal_mode=WAL")
            db.executescript(SCHEMA)

    # The connector.

    @property
    def name(self) -> str:
        return self.system

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            write_batch=self.write_batch,
            has_conditional_write=self.has_conditional_write,
            backward_stage=Backward.CLEAR_FIRST if self.forward_only else Backward.ALLOWED,
        )

    def check(self) -> Sequence[CheckFinding]:
        return []

    def describe(self, object_type: str) -> ObjectDescription:
        self._require(object_type)
        with self._session() as db:
            fields = tuple(
                describe_field(db, object_type, name) for name in sorted(names_of(db, object_type))
            )
        return ObjectDescription(object_type=object_type, fields=fields)

    def pull(self, object_type: str, *, fields: Sequence[str], since: str | None) -> Iterator[Page]:
        self._require(object_type)
        return (self._feed if self.has_change_feed else self._snapshot)(object_type, fields, since)

    def fetch(
        self, refs: Sequence[RecordRef], *, fields: Sequence[str]
    ) -> Mapping[RecordRef, Record]:
        found = {}
        with self._session() as db:
            for ref in refs:
                row = live_row(db, ref) if ref.system == self.system else None
                if row is not None:
                    found[ref] = self._record(db, ref.object_type, row, fields)
        return found

    def owners(self) -> Sequence[Owner]:
        with self._session() as db:
            query = "SELECT id, kind, is_active, email FROM owners ORDER BY id"
            rows = db.execute(query).fetchall()
        return [
            Owner(id=one, kind=OwnerKind(kind), is_active=bool(active), email=email)
            for one, kind, active, email in rows
        ]

    def push(self, commands: Sequence[WriteCommand]) -> Sequence[WriteResult]:
        """Write one command after the other, each on its own, as a CRM's batch endpoint does."""
        return [self._write(command) for command in commands]

    def close(self) -> None:
        return None

    # The test's ways in.

    def add(self, object_type: str, record_id: str, values: RawValues) -> None:
        """Create a record, or bring one back."""
        with self._session() as db:
            db.execute(
                "INSERT OR REPLACE INTO records (object_type, id, stamp, version)"
                " SELECT ?, ?, stamp, (SELECT coalesce(max(version), 0) + 1 FROM records) FROM clock",
                (object_type, record_id),
            )
            emptied = "DELETE FROM cells WHERE object_type = ? AND id = ?"
            db.execute(emptied, (object_type, record_id))
            store_cells(db, object_type, record_id, values)

    def change(
        self,
        object_type: str,
        record_id: str,
        values: RawValues,
        by: Editor = Editor.PERSON,
    ) -> None:
        """Change a record as a person would, or an automation, at the present instant."""
        with self._session() as db:
            store_cells(db, object_type, record_id, values, by)
            touch(db, object_type, record_id)

    def delete(self, object_type: str, record_id: str, *, merged_into: str | None = None) -> None:
        """Delete a record, or merge it into another."""
        with self._session() as db:
            db.execute(
                "UPDATE records SET is_deleted = 1, merged_into = ? WHERE object_type = ? AND id = ?",
                (merged_into, object_type, record_id),
            )
            touch(db, object_type, record_id)

    def read(self, object_type: str, record_id: str) -> dict[str, RawValue] | None:
        """Give all values of a live record."""
        ref = RecordRef(system=self.system, object_type=object_type, id=record_id)
        with self._session() as db:
            return None if live_row(db, ref) is None else cells_of(db, object_type, record_id)

    def hide(self, object_type: str, field: str) -> None:
        """Take away the permission to see a field."""
        with self._session() as db:
            hidden = "DELETE FROM fields WHERE object_type = ? AND name = ?"
            db.execute(hidden, (object_type, field))

    def label(self, object_type: str, field: FieldDescription) -> None:
        """Label a field as an administrator of the CRM would."""
        options = None if field.options is None else json.dumps(field.options)
        row = (object_type, field.name, field.sensitivity.value, field.is_long_text, options)
        with self._session() as db:
            db.execute("INSERT OR REPLACE INTO labels VALUES (?, ?, ?, ?, ?)", row)

    def add_owner(self, owner: Owner) -> None:
        with self._session() as db:
            db.execute(
                "INSERT OR REPLACE INTO owners VALUES (?, ?, ?, ?)",
                (owner.id, owner.kind.value, owner.is_active, owner.email),
            )

    def advance(self, seconds: int = 1) -> None:
        """Let time pass."""
        with self._session() as db:
            db.execute("UPDATE clock SET stamp = stamp + ?", (seconds,))

    def script(
        self, object_type: str, record_id: str, outcome: WriteOutcome, code: str | None = None
    ) -> None:
        """Say what becomes of the next write to a record: rejected, or landed with its answer lost."""
        with self._session() as db:
            row = (object_type, record_id, outcome.value, code)
            db.execute("INSERT INTO script VALUES (?, ?, ?, ?)", row)

    def writes(self) -> dict[tuple[str, str, str], int]:
        """Count the effective writes by record, field and value; a cleared field has the value ""."""
        with self._session() as db:
            rows = db.execute("SELECT ref, field, value, n FROM writes").fetchall()
        return {(ref, field, value): n for ref, field, value, n in rows}

    def read_all(self, object_type: str) -> dict[str, dict[str, RawValue]]:
        """Give all values of all live records."""
        query = (
            "SELECT cells.id, field, value FROM cells JOIN records USING (object_type, id)"
            " WHERE object_type = ? AND NOT is_deleted"
        )
        found: dict[str, dict[str, RawValue]] = {}
        with self._session() as db:
            for record_id, name, value in db.execute(query, (object_type,)):
                found.setdefault(record_id, {})[name] = value
        return found

    def changes(self) -> Iterator[tuple[str, str, str, Editor]]:
        """Yield every change in order: record, field, value, and who made it."""
        with self._session() as db:
            query = "SELECT object_type, id, field, value, editor FROM changes ORDER BY seq"
            for object_type, record_id, field, value, editor in db.execute(query):
                yield f"{object_type}:{record_id}", field, value, Editor(editor)

    # Inside.

    @contextmanager
    def _session(self) -> Iterator[sqlite3.Connection]:
        """One transaction, on disk once the block ends."""
        try:
            with closing(sqlite3.connect(self.path, timeout=30)) as db, db:
                db.execute("PRAGMA synchronous=OFF")  # outlives the process, which is all we kill
                yield db
        except sqlite3.Error as error:
            raise UnavailableError(f"The CRM {self.system} does not answer.") from error

    def _require(self, object_type: str) -> None:
        if object_type not in self.object_types:
            raise FixConfigurationError(f"{self.system} has no object type {object_type!r}.")

    def _feed(self, object_type: str, fields: Sequence[str], since: str | None) -> Iterator[Page]:
        """Page by (stamp, id) up to the newest stamp at the start; the bookmark is a stamp."""
        after, last_id = int(since or 0), ""
        with self._session() as db:
            newest = db.execute("SELECT stamp FROM clock").fetchone()[0]
        while True:
            with self._session() as db:
                rows = db.execute(
                    "SELECT id, stamp, version, is_deleted, merged_into FROM records"
                    " WHERE object_type = ? AND stamp <= ? AND (stamp, id) > (?, ?)"
                    " ORDER BY stamp, id LIMIT ?",
                    (object_type, newest, after, last_id, self.page_records),
                ).fetchall()
                records = tuple(self._record(db, object_type, row, fields) for row in rows)
            if rows:
                last_id, after = rows[-1][0], rows[-1][1]
            yield Page(records=records, bookmark=str(after))
            if len(rows) < self.page_records:
                return

    def _snapshot(
        self, object_type: str, fields: Sequence[str], since: str | None
    ) -> Iterator[Page]:
        with self._session() as db:
            rows = db.execute(
                "SELECT id, stamp, version, is_deleted, merged_into FROM records"
                " WHERE object_type = ? AND NOT is_deleted ORDER BY id",
                (object_type,),
            ).fetchall()
            token = db.execute(
                "SELECT count(*) || '.' || coalesce(max(version), 0) FROM records"
                " WHERE object_type = ?",
                (object_type,),
            ).fetchone()[0]
            records = tuple(self._record(db, object_type, row, fields) for row in rows)
        if token == since:
            yield Page(records=(), bookmark=token)
            return
        for start in range(0, len(records), self.page_records):
            yield Page(records=records[start : start + self.page_records], total=len(records))
        yield Page(records=(), bookmark=token, is_complete=True, total=len(records))

    def _record(
        self,
        db: sqlite3.Connection,
        object_type: str,
        row: tuple[str, int, int, int, str | None],
        fields: Sequence[str],
    ) -> Record:
        record_id, stamp, version, is_deleted, merged_into = row
        cells = {} if is_deleted else cells_of(db, object_type, record_id)
        seen = names_of(db, object_type) if cells else set()
        return Record(
            ref=RecordRef(system=self.system, object_type=object_type, id=record_id),
            values={name: cells.get(name) for name in fields if name in seen},
            revision=str(version),
            modified_at=START_AT + timedelta(seconds=stamp),
            is_deleted=bool(is_deleted),
            merged_into=merged_into,
            edits=edits_of(db, object_type, record_id) if self.tells_edits else {},
        )

    def _goes_back(self, stage: RawValue, wanted: RawValue) -> bool:
        order = self.forward_only
        return stage in order and wanted in order and order.index(wanted) < order.index(stage)

    def _write(self, command: WriteCommand) -> WriteResult:
        outcome, code, has_landed = self._decide_write(command)
        if has_landed:
            self.on_write(command)
        return WriteResult(command_id=command.command_id, outcome=outcome, code=code)

    def _decide_write(self, command: WriteCommand) -> tuple[WriteOutcome, str | None, bool]:
        ref = command.ref
        with self._session() as db:
            if ref.system != self.system or live_row(db, ref) is None:
                return WriteOutcome.MISSING, None, False
            outcome, code = next_scripted(db, ref)
            if outcome is WriteOutcome.REJECTED:
                return outcome, code, False
            cells = cells_of(db, ref.object_type, ref.id)
            effective = {f: v for f, v in command.changes.items() if cells.get(f) != (v or None)}
            if self._goes_back(cells.get("lifecycle_stage"), effective.get("lifecycle_stage")):
                del effective["lifecycle_stage"]
                outcome = outcome or WriteOutcome.APPLIED
            if not effective:
                return outcome or WriteOutcome.UNCHANGED, code, False
            if self.has_conditional_write and _is_conflict(cells, command):
                return WriteOutcome.CONFLICT, "WRITE_CONFLICT", False
            if not _is_listed(db, ref.object_type, effective):
                return WriteOutcome.REJECTED, "INVALID_OPTION", False
            store_cells(db, ref.object_type, ref.id, effective, Editor.WORKER)
            touch(db, ref.object_type, ref.id)
            count_writes(db, ref, effective)
        return outcome or WriteOutcome.APPLIED, code, True


def _is_conflict(cells: RawValues, command: WriteCommand) -> bool:
    return any(
        cells.get(name) not in (expected or None, command.changes.get(name, expected) or None)
        for name, expected in command.expected.items()
    )


def _is_listed(db: sqlite3.Connection, object_type: str, values: RawValues) -> bool:
    """Tell whether all values are choices the fields have, or several of them; without a list, any."""
    for name, value in values.items():
        options = describe_field(db, object_type, name).options
        if options and value and not set(value.split(";")) <= set(options):
            return False
    return True
