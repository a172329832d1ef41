"""A base in which every cell holds an unmistakable value, so that one that gets out is seen.

Each value is its own, and no ordinary text holds it. A value that is personal or clinical in a real
base is a canary; ids of records, owners and runs are not, since they may pass.
"""

from __future__ import annotations

import csv
import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

from tests.support.organisation import QUALIFIED, Organisation
from worker.sample.columns import ACTIVITY_COLUMNS, CONTACT_COLUMNS, MANAGED_COLUMNS

IDS = frozenset({"contact_id", "activity_id", "owner_id", "updated_at", "occurred_at"})
"""Columns whose values are ids or must be read for anything else to be."""
UNMAPPED = ("diagnosis", "notes", "date_of_birth")
PHONE = "6175550187"
MARK, END = "zqjx", "qvxz"


def canary(column: str, row: str = "g") -> str:
    """One unmistakable word for a cell; letters only, so that it can be a name."""
    return f"{MARK}{column.replace('_', '')}{row}{END}"


EMAIL = f"{canary('email', 'p')}@example.org"
GOOD: Mapping[str, str] = {
    **QUALIFIED,
    "first_name": canary("first_name").title(),
    "last_name": canary("last_name").title(),
    "email": f"{canary('email')}@{canary('domain')}.com",
    "phone": f"({PHONE[:3]}) {PHONE[3:6]}-{PHONE[6:]}",
    "organization": canary("organization"),
    "consent_proof": canary("consent_proof"),
    "hubspot_id": canary("hubspot_id"),
    "organization_type": canary("organization_type"),
    **{column: canary(column) for column in UNMAPPED},
}
"""A patient who qualifies, with a canary wherever any text is accepted."""


def _bad(row: str) -> dict[str, str]:
    """A canary in every cell, which no closed list, number, date or yes and no accepts."""
    columns = [name for name in (*CONTACT_COLUMNS, *UNMAPPED) if name not in IDS]
    return {name: canary(name, row) for name in columns}


def _rows() -> dict[str, dict[str, str]]:
    managed = {name: canary(name, "m") for name in MANAGED_COLUMNS}
    by_email = {"email": GOOD["email"], "first_name": canary("first_name", "o").title()}
    return {
        "good": dict(GOOD),
        "bad": _bad("b"),
        "managed": {**QUALIFIED, "email": f"{canary('email', 'm')}@example.org", **managed},
        "plain": {**QUALIFIED, "last_name": canary("last_name", "p"), "email": EMAIL},
        "shared": {**QUALIFIED, **by_email},
        "refused": {**QUALIFIED, "first_name": canary("first_name", "f"), "opt_out_all": "true"},
        "referral": {**_bad("r"), "lead_type": "Referral", "consent_email": "true"},
        "business": {**_bad("c"), "lead_type": "Business", "opt_out_email": "true"},
        "4.46E+11": _bad("d"),
        "twice": _bad("t"),
    }


def plant(organisation: Organisation) -> Organisation:
    """Fill an empty organisation with canaries; one row has the id of another."""
    rows = [{"contact_id": name, **values} for name, values in _rows().items()]
    again = {"contact_id": "twice", **_bad("u")}
    _write(organisation.contacts_file, (*CONTACT_COLUMNS, *UNMAPPED), [*rows, again])
    _plant_actions(organisation)
    return organisation


def _plant_actions(organisation: Organisation) -> None:
    """One action that counts, and others with a canary in each column that is no id."""
    path = organisation.folder / "data" / "activities.csv"
    base = {"occurred_at": "2026-11-01T12:00:00Z", "contact_id": "good", "is_automated": "false"}
    rows = [
        {"activity_id": "a1", "type": "appointment_request"},
        {"activity_id": "p1", "type": "appointment_request", "contact_id": "plain"},
        {"activity_id": "a2", "type": "inbound_call", "service_line": canary("line")},
        {"activity_id": "a3", "type": canary("type")},
        {"activity_id": "a4", "type": "inbound_call", "occurred_at": canary("occurred_at")},
        {"activity_id": "a5", "type": "inbound_call", "is_automated": canary("is_automated")},
    ]
    planted = [{**base, **row, "subject": canary("subject")} for row in rows]
    _write(path, (*ACTIVITY_COLUMNS, "subject"), planted)


def _write(path: Path, columns: tuple[str, ...], rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


_FOUND = re.compile(rf"{MARK}[a-z]+?{END}|{PHONE}")


def found_in(text: str) -> set[str]:
    """Name the canaries in a text, whatever their case, and however the number is written."""
    digits = re.sub(r"(?<=\d)[ ().-]+(?=\d)", "", text)
    return set(_FOUND.findall(f"{text}\n{digits}".casefold()))


def found_in_tables(organisation: Organisation, allowed: frozenset[str]) -> dict[str, set[str]]:
    """Name the canaries in each column of the ledger, ``table.column``, save the allowed ones."""
    found: dict[str, set[str]] = {}
    with closing(sqlite3.connect(organisation.ledger_file)) as db:
        names = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type='table'")]
        for table in names:
            cursor = db.execute(f"SELECT * FROM {table}")
            columns = [f"{table}.{item[0]}" for item in cursor.description]
            for row in cursor.fetchall():
                for column, value in zip(columns, row, strict=True):
                    seen = found_in(str(value)) if column not in allowed else set()
                    if seen:
                        found.setdefault(column, set()).update(seen)
    return found


def found_in_files(folder: Path) -> dict[str, set[str]]:
    """Name the canaries in the content and in the path of every file below a folder."""
    found = {}
    for path in _files(folder):
        seen = found_in(str(path.relative_to(folder))) | found_in(
            path.read_bytes().decode("latin-1")
        )
        if seen:
            found[str(path.relative_to(folder))] = seen
    return found


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())
