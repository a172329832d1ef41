"""The records of the twin, in SQLite: in memory or in a file.

Each object type is a table with a column a field, so that a SOQL query becomes one SQL query. Texts
compare without regard to case, as Salesforce's do; ids compare exactly. The table ``names`` holds
what a reference to several types (an owner, a person) can be asked for. The store knows no rule of
Salesforce: it keeps and finds.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from connectors.sandbox.salesforce.fields import (
    ID_TYPES,
    TEXT_TYPES,
    Field,
    ObjectType,
    Row,
    Stored,
)

NAME_FIELDS: Final = (
    *("Id", "Name", "Type", "FirstName", "LastName", "Email", "Phone", "Title"),
    *("Username", "IsActive"),
)
"""What the common face of people, owners and subjects shows."""
_NAMED: Final = frozenset(
    {"Lead", "Contact", "User", "Group", "Account", "Campaign", "Opportunity"}
)
_INDEXED: Final = frozenset(
    {
        *("Email", "WhoId", "LeadId", "ContactId", "CampaignId", "AccountId", "OpportunityId"),
        *(
            "LeadOrContactId",
            "MasterRecordId",
            "PersonContactId",
            *("RelationId", "TaskId", "EventId"),
            "EmailMessageId",
            "ActivityDate",
        ),
    }
)
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS names(
    Id TEXT PRIMARY KEY, Name TEXT COLLATE NOCASE, Type TEXT COLLATE NOCASE,
    FirstName TEXT COLLATE NOCASE, LastName TEXT COLLATE NOCASE, Email TEXT COLLATE NOCASE,
    Phone TEXT COLLATE NOCASE, Title TEXT COLLATE NOCASE, Username TEXT COLLATE NOCASE,
    IsActive INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS purged(
    type TEXT, id TEXT, at INTEGER, PRIMARY KEY(type, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS unshared(id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS types(name TEXT PRIMARY KEY, body BLOB) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS settings(name TEXT PRIMARY KEY, body BLOB) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counters(name TEXT PRIMARY KEY, value INTEGER) WITHOUT ROWID;
"""


def quoted(name: str) -> str:
    """Quote the name of a table or column; names come from the schema and hold no quote."""
    return f'"{name}"'


def folded(text: Stored) -> Stored:
    """Write a text so that those that differ in case alone are one; SQLite knows the case of ASCII only."""
    return text.lower() if isinstance(text, str) else text


class Store:
    """One org's records. ``path`` may be ``:memory:``."""

    def __init__(self, path: str = ":memory:") -> None:
        # The server runs in a thread of its own, and whoever holds the twin's lock may look in.
        self.sql = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self.sql.create_function("folded", 1, folded, deterministic=True)
        self.sql.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;" + _TABLES)
        self._columns: dict[str, tuple[str, ...]] = {}

    def close(self) -> None:
        """Release the file."""
        self.sql.close()

    def define(self, object_type: ObjectType) -> None:
        """Make the table of an object type, or add the columns it lacks."""
        table = quoted(object_type.name)
        columns = ", ".join(_column(field) for field in object_type.fields.values())
        self.sql.execute(f"CREATE TABLE IF NOT EXISTS {table}(row INTEGER PRIMARY KEY, {columns})")
        known = {name.lower() for name in self._names_of(table)}
        for key, field in object_type.fields.items():
            if key not in known:
                self.sql.execute(f"ALTER TABLE {table} ADD COLUMN {_column(field)}")
                if field.default is not None:
                    self.sql.execute(f"UPDATE {table} SET {quoted(field.name)}=?", (field.default,))
        self._index(object_type)
        self._columns[object_type.name] = tuple(f.name for f in object_type.fields.values())

    def _names_of(self, table: str) -> list[str]:
        return [row[1] for row in self.sql.execute(f"PRAGMA table_info({table})")]

    def _index(self, object_type: ObjectType) -> None:
        name = object_type.name
        self._add_index(name, "Id", "Id", is_unique=True)
        self._add_index(name, "stamp", 'IsDeleted", "SystemModstamp", "Id')
        for field in object_type.fields.values():
            if field.name in _INDEXED or field.is_external_id:
                self._add_index(name, field.name, field.name)

    def _add_index(self, table: str, name: str, columns: str, *, is_unique: bool = False) -> None:
        unique = "UNIQUE " if is_unique else ""
        self.sql.execute(
            f'CREATE {unique}INDEX IF NOT EXISTS "{table}_{name}" ON "{table}"("{columns}")'
        )

    # Records

    def get(self, type_: str, id_: str) -> Row | None:
        """Read a record, deleted or not."""
        return next(self.find(type_, {"Id": id_}), None)

    def find(self, type_: str, equal: Mapping[str, Stored]) -> Iterator[Row]:
        """Read the records whose fields have these values, in the order of their ids."""
        names = self._columns[type_]
        columns = ", ".join(quoted(name) for name in names)
        where = " AND ".join(f"{quoted(name)} = ?" for name in equal) or "1"
        found = self.sql.execute(
            f"SELECT {columns} FROM {quoted(type_)} WHERE {where} ORDER BY Id", (*equal.values(),)
        )
        for values in found.fetchall():
            yield dict(zip(names, values, strict=True))

    def count(self, type_: str) -> int:
        """Count the records of a type, deleted ones included."""
        return int(self.sql.execute(f"SELECT count(*) FROM {quoted(type_)}").fetchone()[0])

    def insert(self, type_: str, rows: Sequence[Row]) -> None:
        """Add records of one type. What a row leaves out is empty."""
        names = self._columns[type_]
        columns, places = ", ".join(map(quoted, names)), ", ".join("?" * len(names))
        self.sql.executemany(
            f"INSERT INTO {quoted(type_)}({columns}) VALUES ({places})",
            ([row.get(name) for name in names] for row in rows),
        )
        self._name(type_, rows)

    def change(self, type_: str, id_: str, changed: Row) -> None:
        """Change fields of a record."""
        if not changed:
            return
        settings = ", ".join(f"{quoted(name)} = ?" for name in changed)
        self.sql.execute(
            f"UPDATE {quoted(type_)} SET {settings} WHERE Id = ?", (*changed.values(), id_)
        )
        if type_ in _NAMED and changed.keys() & set(NAME_FIELDS):
            row = self.get(type_, id_)
            self._name(type_, [] if row is None else [row])

    def unshare(self, id_: str) -> None:
        """Take a record from the sight of the integration user: it is as if it were not there."""
        self.sql.execute("INSERT OR IGNORE INTO unshared VALUES (?)", (id_,))

    def share(self, id_: str) -> None:
        """Give a record back to the sight of the integration user."""
        self.sql.execute("DELETE FROM unshared WHERE id = ?", (id_,))

    def is_shared(self, id_: str) -> bool:
        """Tell whether the integration user sees a record."""
        found = self.sql.execute("SELECT 1 FROM unshared WHERE id = ?", (id_,))
        return found.fetchone() is None

    def purge(self, type_: str, id_: str, at: int) -> None:
        """Remove a record for good: the recycle bin was emptied."""
        self.sql.execute(f"DELETE FROM {quoted(type_)} WHERE Id = ?", (id_,))
        self.sql.execute("INSERT OR REPLACE INTO purged VALUES (?, ?, ?)", (type_, id_, at))

    def _name(self, type_: str, rows: Iterable[Row]) -> None:
        if type_ not in _NAMED:
            return
        given = ([*_face(type_, row)] for row in rows)
        self.sql.executemany("INSERT OR REPLACE INTO names VALUES (?,?,?,?,?,?,?,?,?,?)", given)

    # Numbers

    def take(self, name: str, count: int = 1) -> int:
        """Take numbers of a counter; gives the first."""
        found = self.sql.execute(
            "INSERT INTO counters VALUES (?1, 1 + ?2)"
            " ON CONFLICT(name) DO UPDATE SET value = value + ?2 RETURNING value",
            (name, count),
        ).fetchone()
        return int(found[0]) - count

    # The schema, as far as it was changed

    def keep_type(self, name: str, body: bytes) -> None:
        """Keep the definition of an object type."""
        self.sql.execute("INSERT OR REPLACE INTO types VALUES (?, ?)", (name, body))

    def keep_setting(self, name: str, body: bytes) -> None:
        """Keep how the org is set up, by name."""
        self.sql.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, body))

    def setting(self, name: str) -> bytes | None:
        """Give a setting that was kept."""
        found = self.sql.execute("SELECT body FROM settings WHERE name = ?", (name,)).fetchone()
        return None if found is None else bytes(found[0])

    def kept_types(self) -> list[bytes]:
        """Give the definitions that were kept."""
        return [body for (body,) in self.sql.execute("SELECT body FROM types ORDER BY name")]


def _column(field: Field) -> str:
    if field.type in TEXT_TYPES:
        return f"{quoted(field.name)} TEXT COLLATE NOCASE"
    if field.type in ID_TYPES or field.type == "date":
        return f"{quoted(field.name)} TEXT"
    kind = "INTEGER" if field.type in {"boolean", "datetime", "int"} else "REAL"
    return f"{quoted(field.name)} {kind}"


def _face(type_: str, row: Row) -> Iterator[Stored]:
    for name in NAME_FIELDS:
        if name == "Type":
            is_queue = type_ == "Group" and row.get("Type") == "Queue"
            yield "Queue" if is_queue else type_
        else:
            yield row.get(name)
