"""An organisation's folder for the tests of whole runs: its configuration, its tables, its ledger.

The tables are read and written here with the standard library, never with the code under test.
"""

from __future__ import annotations

import csv
import shutil
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from tests.support.empty_ledger import lay_empty_ledger
from worker.app import App, open_app
from worker.cli.configure import NOT_COPIED, copy_tree
from worker.ports import OpenConnector
from worker.sample import write_sample
from worker.sample.columns import ACTIVITY_COLUMNS, CONTACT_COLUMNS, OWNER_COLUMNS
from worker.steps.sync import RunReport, sync
from worker.steps.work import Work

MAPPINGS = Path(__file__).parents[2] / "mappings"
NOW = datetime(2026, 11, 2, 15, tzinfo=UTC)
MANAGED = ("lifecycle_stage", "owner_id", "reason_codes", "pathway", "next_step", "decision_id")
OWNERS = (
    *("own-101", "own-102", "own-103", "own-111", "own-112", "own-121", "own-122"),
    *("own-131", "own-132", "own-900"),
)
QUALIFIED: Mapping[str, str] = {
    "first_name": "Quilla",
    "last_name": "Readywise",
    "email": "quilla@example.org",
    "consent_email": "true",
    "consent_proof": "form-1",
    "zip": "02114",
    "lead_type": "Patient",
    "service_line": "orthopedics",
    "received_at": "2026-10-30T12:00:00Z",
    "created_at": "2026-10-30T12:00:00Z",
    "updated_at": "2026-10-30T12:00:00Z",
    "lifecycle_stage": "Lead",
}
"""A patient who qualifies, given an appointment request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """One configuration folder with tables under ``data``."""

    folder: Path
    connectors: Mapping[str, OpenConnector] = field(default_factory=dict)

    @property
    def contacts_file(self) -> Path:
        return self.folder / "data" / "contacts.csv"

    @property
    def ledger_file(self) -> Path:
        return self.folder / "state" / "ledger.db"

    def open(self, now: datetime = NOW) -> AbstractContextManager[App]:
        if not self.ledger_file.exists():
            lay_empty_ledger(self.ledger_file)
        return open_app(self.folder, now=now, connectors=self.connectors)

    def sync(self, now: datetime = NOW, *, pushes: bool = True) -> RunReport:
        """Run once, and never wait between attempts."""
        with self.open(now) as app, app._leased() as work:
            return sync(without_waiting(work), app.clock, pushes=pushes)

    def contacts(self) -> dict[str, dict[str, str]]:
        return {row["contact_id"]: row for row in read_table(self.contacts_file)}

    def contact(self, record_id: str) -> dict[str, str]:
        return self.contacts()[record_id]

    def add_contact(self, record_id: str, **values: str) -> None:
        rows = [*self.contacts().values(), {"contact_id": record_id, **values}]
        write_table(self.contacts_file, CONTACT_COLUMNS, rows)

    def edit(self, record_id: str, **values: str) -> None:
        """Change a contact as a person would in the CRM."""
        rows = self.contacts()
        rows[record_id].update(values)
        write_table(self.contacts_file, CONTACT_COLUMNS, list(rows.values()))

    def delete(self, *record_ids: str) -> None:
        rows = [row for key, row in self.contacts().items() if key not in record_ids]
        write_table(self.contacts_file, CONTACT_COLUMNS, rows)

    def add_activity(
        self, activity_id: str, contact_id: str, kind: str, at: str, owner_id: str = ""
    ) -> None:
        path = self.folder / "data" / "activities.csv"
        row = {
            "activity_id": activity_id,
            "contact_id": contact_id,
            "type": kind,
            "occurred_at": at,
            "owner_id": owner_id,
            "is_automated": "false",
        }
        write_table(path, ACTIVITY_COLUMNS, [*read_table(path), row])

    def reconfigure(self, file: str, old: str, new: str) -> None:
        """Edit a configuration file; the text to replace must be there."""
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    def ask(self, query: str, *values: object) -> list[tuple[object, ...]]:
        """Ask the ledger's database directly."""
        with closing(sqlite3.connect(self.ledger_file)) as db:
            return db.execute(query, values).fetchall()

    def tell(self, *statements: str) -> None:
        """Change the ledger's database behind the worker's back."""
        with closing(sqlite3.connect(self.ledger_file)) as db, db:
            for statement in statements:
                db.execute(statement)


def without_waiting(work: Work) -> Work:
    """The same work, that waits no time between attempts."""
    values = {name: getattr(work, name) for name in Work.__dataclass_fields__}
    return Work(**{**values, "sleep": _no_sleep})


def _no_sleep(_seconds: float) -> None:
    return None


def read_table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write_table(path: Path, columns: tuple[str, ...], rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def make_sample(folder: Path, contacts: int = 50, seed: int = 3) -> Organisation:
    """An organisation with the default configuration and an invented base."""
    copy_tree(MAPPINGS, folder, NOT_COPIED | {"examples"}, dry_run=False)
    write_sample(folder / "data", contacts, seed, date(2026, 11, 2))
    return Organisation(folder=folder)


def make_empty(folder: Path) -> Organisation:
    """An organisation with the default configuration, the usual owners and no lead."""
    copy_tree(MAPPINGS, folder, NOT_COPIED | {"examples"}, dry_run=False)
    data = folder / "data"
    data.mkdir()
    write_table(data / "contacts.csv", CONTACT_COLUMNS, [])
    write_table(data / "activities.csv", ACTIVITY_COLUMNS, [])
    owners = [{"owner_id": name, "active": "true", "kind": "person"} for name in OWNERS]
    write_table(data / "owners.csv", OWNER_COLUMNS, owners)
    return Organisation(folder=folder)


def copied(source: Organisation, folder: Path) -> Organisation:
    shutil.copytree(source.folder, folder)
    return Organisation(folder=folder, connectors=source.connectors)


def add_qualified(organisation: Organisation, record_id: str = "q1", **values: str) -> None:
    """Add a patient who qualifies."""
    organisation.add_contact(record_id, **{**QUALIFIED, **values})
    organisation.add_activity(
        f"act-{record_id}", record_id, "appointment_request", "2026-11-01T12:00:00Z"
    )


def reasons_of(organisation: Organisation, record_id: str) -> list[str]:
    return organisation.contact(record_id)["reason_codes"].split(";")


MakeOrganisation = Callable[[], Organisation]
