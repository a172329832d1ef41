"""The fake CRM as the contract suite sees it, with a change feed and with snapshots."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tests.contract.harness import FIELDS, DeletionNews, Traits
from tests.fakes.crm import FakeCrm
from worker.core.records import Owner, RawValue
from worker.errors import FixConfigurationError
from worker.ports import Connector


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeHarness:
    """A fake CRM with contacts."""

    crm: FakeCrm
    traits: Traits
    object_type: str = "contacts"

    def field(self, name: str) -> str:
        return name

    def open(self, **options: str) -> Connector:
        for option in options:
            raise FixConfigurationError(f"{option!r} is no option. Allowed: none.")
        return self.crm

    def add(self, rows: Mapping[str, Mapping[str, RawValue]]) -> Sequence[str]:
        for record_id, values in rows.items():
            self.crm.add(self.object_type, record_id, dict.fromkeys(FIELDS) | dict(values))
        return list(rows)

    def add_owners(self, owners: Sequence[Owner]) -> Sequence[str]:
        for owner in owners:
            self.crm.add_owner(owner)
        return [owner.id for owner in owners]

    def change(self, record_id: str, values: Mapping[str, RawValue]) -> None:
        self.crm.change(self.object_type, record_id, values)

    def delete(self, record_id: str) -> None:
        self.crm.delete(self.object_type, record_id)

    def read(self, record_id: str) -> Mapping[str, RawValue] | None:
        return self.crm.read(self.object_type, record_id)

    def hide(self, name: str) -> None:
        self.crm.hide(self.object_type, name)

    def break_down(self) -> None:
        with closing(sqlite3.connect(self.crm.path)) as db, db:
            db.execute("DROP TABLE cells")

    def stop(self) -> None:
        """Do nothing: nothing runs."""


def feed_harness(folder: Path) -> FakeHarness:
    crm = FakeCrm(path=folder / "crm.sqlite")
    traits = Traits(deletions=DeletionNews.TOMBSTONE, many=250, keeps_given_ids=True)
    return FakeHarness(crm=crm, traits=traits)


def snapshot_harness(folder: Path) -> FakeHarness:
    crm = FakeCrm(path=folder / "crm.sqlite", has_change_feed=False)
    traits = Traits(deletions=DeletionNews.SNAPSHOT, many=250, keeps_given_ids=True)
    return FakeHarness(crm=crm, traits=traits)
