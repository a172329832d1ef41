"""The records of the twin, in SQLite: in memory or in a file.

Property values are exact text in one JSON object per record; what searches and lists sort by has
columns of its own. Everything else the account holds (definitions, owners, forms, lists) is a small
document. The store knows no rule of HubSpot: it keeps and finds.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from msgspec.json import Decoder, encode

from connectors.sandbox.exchange import Json
from connectors.sandbox.hubspot.words import has_token

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS objects(
    row INTEGER PRIMARY KEY, type TEXT NOT NULL, id INTEGER NOT NULL, created INTEGER NOT NULL,
    modified INTEGER NOT NULL, archived INTEGER, source TEXT NOT NULL, properties TEXT NOT NULL,
    UNIQUE(type, id));
CREATE INDEX IF NOT EXISTS objects_modified ON objects(type, archived, modified, id);
CREATE INDEX IF NOT EXISTS objects_created ON objects(type, archived, created, id);
CREATE INDEX IF NOT EXISTS objects_id ON objects(type, archived, id);
CREATE TABLE IF NOT EXISTS keys(
    type TEXT, property TEXT, value TEXT, id INTEGER,
    PRIMARY KEY(type, property, value)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS keys_id ON keys(type, id);
CREATE TABLE IF NOT EXISTS moved(
    type TEXT, old INTEGER, new INTEGER, PRIMARY KEY(type, old)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS history(
    type TEXT, id INTEGER, name TEXT, at INTEGER, number INTEGER, value TEXT, source TEXT,
    PRIMARY KEY(type, id, name, at, number)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS stale(
    number INTEGER PRIMARY KEY, due INTEGER NOT NULL, type TEXT NOT NULL, id INTEGER NOT NULL,
    created INTEGER, modified INTEGER, properties TEXT);
CREATE INDEX IF NOT EXISTS stale_id ON stale(type, id);
CREATE TABLE IF NOT EXISTS associations(
    from_type TEXT, from_id INTEGER, to_type TEXT, to_id INTEGER, category TEXT, type_id INTEGER,
    PRIMARY KEY(from_type, from_id, to_type, to_id, category, type_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS submissions(
    form TEXT, at INTEGER, number INTEGER, body TEXT,
    PRIMARY KEY(form, at, number)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS members(
    list TEXT, record INTEGER, at INTEGER, PRIMARY KEY(list, record)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS documents(
    kind TEXT, key TEXT, body TEXT NOT NULL, number INTEGER, PRIMARY KEY(kind, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counters(name TEXT PRIMARY KEY, value INTEGER) WITHOUT ROWID;
"""
FIRST_ID: Final = 120_000_000_001
_PROPERTIES: Final = Decoder(dict[str, str])
_COLUMNS: Final = "type, id, created, modified, archived, source, properties"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredObject:
    """One record as it is kept. Times are milliseconds; ``properties`` holds no empty value."""

    type: str
    id: int
    created: int
    modified: int
    archived: int | None = None
    source: str = "INTEGRATION"
    properties: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One value of one property of a record, as its history lists it."""

    type: str
    id: int
    name: str
    value: str
    at: int
    source: str


class Store:
    """One account's data. ``path`` may be ``:memory:``."""

    def __init__(self, path: str = ":memory:") -> None:
        # The server runs in a thread of its own, and whoever holds the twin's lock may look in.
        self.sql = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self.sql.create_function("has_token", 2, has_token, deterministic=True)
        self.sql.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;" + _TABLES)

    def close(self) -> None:
        """Release the file."""
        self.sql.close()

    # Records

    def get(self, type_: str, id_: int) -> StoredObject | None:
        """Find a record by its own id, archived or not."""
        found = self.sql.execute(
            f"SELECT {_COLUMNS} FROM objects WHERE type=? AND id=?", (type_, id_)
        ).fetchone()
        return stored(found) if found else None

    def page(self, type_: str, after: int, limit: int, *, archived: bool) -> list[StoredObject]:
        """List records in the order of their ids, beginning behind ``after``."""
        state = "NOT NULL" if archived else "NULL"
        found = self.sql.execute(
            f"SELECT {_COLUMNS} FROM objects WHERE type=? AND archived IS {state} AND id>?"
            " ORDER BY id LIMIT ?",
            (type_, after, limit),
        )
        return [stored(row) for row in found]

    def put(self, records: Iterable[StoredObject]) -> None:
        """Store records, replacing those with the same ids."""
        self.sql.executemany(
            f"INSERT INTO objects({_COLUMNS}) VALUES(?,?,?,?,?,?,?) ON CONFLICT(type, id) DO UPDATE"
            " SET created=excluded.created, modified=excluded.modified, archived=excluded.archived,"
            " source=excluded.source, properties=excluded.properties",
            map(_row, records),
        )

    def remove(self, type_: str, id_: int) -> None:
        """Forget a record with its keys, history and associations."""
        one = (type_, id_)
        for table in ("objects", "keys", "history"):
            self.sql.execute(f"DELETE FROM {table} WHERE type=? AND id=?", one)
        self.sql.execute("DELETE FROM associations WHERE from_type=? AND from_id=?", one)
        self.sql.execute("DELETE FROM associations WHERE to_type=? AND to_id=?", one)

    def next_id(self) -> int:
        """Give out an id that no record has, too large for 32 bits as HubSpot's are."""
        return self.count_up("id", FIRST_ID)

    def take_ids(self, count: int) -> range:
        """Reserve so many ids in a row."""
        first = self.next_id()
        self.sql.execute("UPDATE counters SET value=value+? WHERE name='id'", (count - 1,))
        return range(first, first + count)

    def count_up(self, name: str, at_least: int = 0) -> int:
        """Raise a counter by one, or to ``at_least``."""
        row = self.sql.execute(
            "INSERT INTO counters VALUES(?, MAX(1, ?)) ON CONFLICT(name)"
            " DO UPDATE SET value=MAX(value + 1, excluded.value) RETURNING value",
            (name, at_least),
        ).fetchone()
        return int(row[0])

    # Keys, merges, history

    def find_key(self, type_: str, property_: str, value: str) -> int | None:
        """Find the record that has a value of a unique property."""
        row = self.sql.execute(
            "SELECT id FROM keys WHERE type=? AND property=? AND value=?",
            (type_, property_, value),
        ).fetchone()
        return int(row[0]) if row else None

    def put_keys(self, rows: Iterable[tuple[str, str, str, int]]) -> None:
        """Note unique values: object type, property, value, id. A value that is taken stays."""
        self.sql.executemany("INSERT OR IGNORE INTO keys VALUES(?,?,?,?)", rows)

    def drop_keys(self, type_: str, id_: int, property_: str | None = None) -> None:
        """Forget the unique values of a record: of one property, or of all."""
        self.sql.execute(
            "DELETE FROM keys WHERE type=? AND id=? AND property=COALESCE(?, property)",
            (type_, id_, property_),
        )

    def move(self, type_: str, old: int, new: int) -> None:
        """Let an id resolve to another record."""
        self.sql.execute("INSERT OR REPLACE INTO moved VALUES(?,?,?)", (type_, old, new))

    def resolve(self, type_: str, id_: int) -> int:
        """Follow merges to the id that lives on."""
        while row := self.sql.execute(
            "SELECT new FROM moved WHERE type=? AND old=?", (type_, id_)
        ).fetchone():
            id_ = int(row[0])
        return id_

    def put_changes(self, changes: Iterable[Change]) -> None:
        """Add to the history of properties."""
        for change in changes:
            self.sql.execute(
                "INSERT INTO history SELECT ?,?,?,?, COUNT(*),?,? FROM history"
                " WHERE type=? AND id=? AND name=?",
                (
                    *(change.type, change.id, change.name, change.at, change.value, change.source),
                    *(change.type, change.id, change.name),
                ),
            )

    def changes(self, type_: str, id_: int, name: str) -> list[Change]:
        """Read the history of a property, newest first; empty if it never changed."""
        found = self.sql.execute(
            "SELECT value, at, source FROM history WHERE type=? AND id=? AND name=?"
            " ORDER BY at DESC, number DESC",
            (type_, id_, name),
        )
        return [
            Change(type=type_, id=id_, name=name, value=value, at=at, source=source)
            for value, at, source in found
        ]

    # What the search index still shows

    def put_stale(self, due: int, type_: str, id_: int, before: StoredObject | None) -> None:
        """Keep what the index shows of a record until ``due``; ``None`` when it shows nothing."""
        self.sql.execute(
            "INSERT INTO stale(due, type, id, created, modified, properties) VALUES(?,?,?,?,?,?)",
            (due, type_, id_, *(_indexed(before) if before else (None, None, None))),
        )

    def drop_stale(self, now: int) -> bool:
        """Bring the index up to date as of ``now``; tells whether anything is still behind."""
        self.sql.execute("DELETE FROM stale WHERE due<=?", (now,))
        return self.sql.execute("SELECT 1 FROM stale LIMIT 1").fetchone() is not None

    # Documents

    def document(self, kind: str, key: str) -> bytes | None:
        """Find a document."""
        row = self.sql.execute(
            "SELECT body FROM documents WHERE kind=? AND key=?", (kind, key)
        ).fetchone()
        return row[0].encode() if row else None

    def documents(self, kind: str) -> Iterator[tuple[str, bytes]]:
        """List the documents of a kind, in the order in which they came."""
        found = self.sql.execute(
            "SELECT key, body FROM documents WHERE kind=? ORDER BY number, key", (kind,)
        )
        return ((key, body.encode()) for key, body in found.fetchall())

    def put_document(self, kind: str, key: str, value: object) -> None:
        """Store a document, replacing the one with its key."""
        self.sql.execute(
            "INSERT INTO documents VALUES(?,?,?,?) ON CONFLICT(kind, key)"
            " DO UPDATE SET body=excluded.body",
            (kind, key, encode(value).decode(), self.count_up("document")),
        )


def stored(row: Sequence[object]) -> StoredObject:
    """Read a row with the columns of ``objects``."""
    type_, id_, created, modified, archived, source, properties = row
    assert isinstance(id_, int)
    assert isinstance(created, int)
    assert isinstance(modified, int)
    assert archived is None or isinstance(archived, int)
    return StoredObject(
        type=str(type_),
        id=id_,
        created=created,
        modified=modified,
        archived=archived,
        source=str(source),
        properties=_PROPERTIES.decode(str(properties)),
    )


def _row(record: StoredObject) -> tuple[Json, ...]:
    return (
        record.type,
        record.id,
        record.created,
        record.modified,
        record.archived,
        record.source,
        encode(record.properties).decode(),
    )


def _indexed(record: StoredObject) -> tuple[int | None, int | None, str | None]:
    if record.archived is not None:
        return None, None, None
    return record.created, record.modified, encode(record.properties).decode()
