"""What the fake CRM keeps in its SQLite file, and how it is read and written."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime, timedelta

from worker.core.records import (
    Edit,
    Editor,
    FieldDescription,
    RawValue,
    RawValues,
    RecordRef,
    Sensitivity,
    WriteOutcome,
)

START_AT = datetime(2026, 1, 1, tzinfo=UTC)
SCHEMA = """
CREATE TABLE IF NOT EXISTS records (
    object_type TEXT, id TEXT, stamp INTEGER, version INTEGER, is_deleted INTEGER DEFAULT 0,
    merged_into TEXT, PRIMARY KEY (object_type, id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS by_stamp ON records (object_type, stamp, id);
CREATE TABLE IF NOT EXISTS cells (
    object_type TEXT, id TEXT, field TEXT, value TEXT, editor TEXT, edited INTEGER,
    PRIMARY KEY (object_type, id, field)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fields (object_type TEXT, name TEXT, PRIMARY KEY (object_type, name));
CREATE TABLE IF NOT EXISTS labels (
    object_type TEXT, name TEXT, sensitivity TEXT, is_long_text INTEGER, options TEXT,
    PRIMARY KEY (object_type, name));
CREATE TABLE IF NOT EXISTS owners (id TEXT PRIMARY KEY, kind TEXT, is_active INTEGER, email TEXT);
CREATE TABLE IF NOT EXISTS writes (
    ref TEXT, field TEXT, value TEXT, n INTEGER, PRIMARY KEY (ref, field, value));
CREATE TABLE IF NOT EXISTS changes (
    seq INTEGER PRIMARY KEY, object_type TEXT, id TEXT, field TEXT, value TEXT, editor TEXT);
CREATE TABLE IF NOT EXISTS script (object_type TEXT, id TEXT, outcome TEXT, code TEXT);
CREATE TABLE IF NOT EXISTS clock (stamp INTEGER);
INSERT INTO clock SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM clock);
"""


def live_row(
    db: sqlite3.Connection, ref: RecordRef
) -> tuple[str, int, int, int, str | None] | None:
    row: tuple[str, int, int, int, str | None] | None = db.execute(
        "SELECT id, stamp, version, is_deleted, merged_into FROM records"
        " WHERE object_type = ? AND id = ? AND NOT is_deleted",
        (ref.object_type, ref.id),
    ).fetchone()
    return row


def cells_of(db: sqlite3.Connection, object_type: str, record_id: str) -> dict[str, RawValue]:
    rows = db.execute(
        "SELECT field, value FROM cells WHERE object_type = ? AND id = ?", (object_type, record_id)
    )
    return dict(rows.fetchall())


def names_of(db: sqlite3.Connection, object_type: str) -> set[str]:
    rows = db.execute("SELECT name FROM fields WHERE object_type = ?", (object_type,))
    return {name for (name,) in rows}


def describe_field(db: sqlite3.Connection, object_type: str, name: str) -> FieldDescription:
    row = db.execute(
        "SELECT sensitivity, is_long_text, options FROM labels WHERE object_type = ? AND name = ?",
        (object_type, name),
    ).fetchone()
    sensitivity, is_long_text, options = row or (Sensitivity.NONE, 0, None)
    return FieldDescription(
        name=name,
        options=None if options is None else tuple(json.loads(options)),
        sensitivity=Sensitivity(sensitivity),
        is_long_text=bool(is_long_text),
    )


def edits_of(db: sqlite3.Connection, object_type: str, record_id: str) -> dict[str, Edit]:
    """Who changed each field last, and when; of a field as it was created nobody says."""
    rows = db.execute(
        "SELECT field, editor, edited FROM cells"
        " WHERE object_type = ? AND id = ? AND editor IS NOT NULL",
        (object_type, record_id),
    )
    return {
        field: Edit(by=Editor(editor), at=START_AT + timedelta(seconds=at))
        for field, editor, at in rows
    }


def store_cells(
    db: sqlite3.Connection,
    object_type: str,
    record_id: str,
    values: RawValues,
    by: Editor | None = None,
) -> None:
    db.executemany("INSERT OR IGNORE INTO fields VALUES (?, ?)", [(object_type, f) for f in values])
    db.executemany(
        "INSERT OR REPLACE INTO cells SELECT ?, ?, ?, ?, ?, stamp FROM clock",
        [(object_type, record_id, field, value or None, by) for field, value in values.items()],
    )
    if by is not None:
        db.executemany(
            "INSERT INTO changes (object_type, id, field, value, editor) VALUES (?, ?, ?, ?, ?)",
            [(object_type, record_id, field, value or "", by) for field, value in values.items()],
        )


def touch(db: sqlite3.Connection, object_type: str, record_id: str) -> None:
    db.execute(
        "UPDATE records SET version = (SELECT max(version) + 1 FROM records),"
        " stamp = (SELECT stamp FROM clock) WHERE object_type = ? AND id = ?",
        (object_type, record_id),
    )


def count_writes(db: sqlite3.Connection, ref: RecordRef, values: RawValues) -> None:
    for field, value in values.items():
        db.execute(
            "INSERT INTO writes VALUES (?, ?, ?, 1) ON CONFLICT DO UPDATE SET n = n + 1",
            (str(ref), field, value or ""),
        )


def next_scripted(db: sqlite3.Connection, ref: RecordRef) -> tuple[WriteOutcome | None, str | None]:
    where = (ref.object_type, ref.id)
    row = db.execute(
        "SELECT rowid, outcome, code FROM script WHERE object_type = ? AND id = ? LIMIT 1", where
    ).fetchone()
    if row is None:
        return None, None
    db.execute("DELETE FROM script WHERE rowid = ?", (row[0],))
    return WriteOutcome(row[1]), row[2]
