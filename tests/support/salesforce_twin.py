"""The Salesforce connector on a served twin, whose clock moves only by hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from connectors.salesforce.connector import open_connector
from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.exchange import Json
from connectors.sandbox.salesforce.app import SalesforceTwin, open_twin
from connectors.sandbox.salesforce.features import Feature
from connectors.sandbox.salesforce.fields import Field, Row
from connectors.sandbox.salesforce.recycling import delete
from connectors.sandbox.salesforce.sessions import SANDBOX_SESSION
from connectors.sandbox.salesforce.writing import AS_PERSON, create, update
from connectors.sandbox.serving import serving
from worker.ports import Connector, ConnectorContext, ObjectSource

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
OBJECTS = ("Lead", "Contact")


@dataclass(slots=True, kw_only=True)
class Org:
    """One org of the twin, and short forms of what tests do to it."""

    twin: SalesforceTwin
    url: str
    opened: list[Connector] = field(default_factory=list)

    def connect(
        self,
        objects: Sequence[ObjectSource] = (),
        *,
        plain: Sequence[str] = OBJECTS,
        ahead: timedelta = timedelta(),
        **options: str,
    ) -> Connector:
        """Open a connector that tries nothing twice, and whose clock is ahead of the org's."""
        own = [ObjectSource(object_type=name, id_field="Id") for name in plain]
        given = {"instance_url": self.url, "login_url": self.url, **options}
        if "client_id" not in given:
            given["access_token"] = SANDBOX_SESSION
        connector = open_connector(
            ConnectorContext(
                system="salesforce",
                base_dir=Path(),
                options=given,
                objects=[*own, *objects],
                clock=lambda: self.twin.clock.now() + ahead,
                sleep=self.sleep,
            )
        )
        self.opened.append(connector)
        return connector

    def sleep(self, seconds: float) -> None:
        """Let the clock go on instead of waiting."""
        self.twin.clock.advance(timedelta(seconds=seconds))

    def wait(self, **span: float) -> None:
        """Let time go by."""
        self.twin.clock.advance(timedelta(**span))

    def add(self, type_: str, **values: Json) -> str:
        """Make a record as a person would; gives its id."""
        with self.twin.lock:
            return create(self.twin.org, type_, values)

    def lead(self, **values: Json) -> str:
        """Make a lead."""
        return self.add("Lead", **{"LastName": "Rivera", "Company": "Sole", **values})

    def change(self, type_: str, record_id: str, **values: Json) -> None:
        """Change a record as a person would."""
        self.change_as(self.twin.org.person, type_, record_id, **values)

    def change_as(self, user: str, type_: str, record_id: str, **values: Json) -> None:
        """Change a record in the browser, or as a program that works there under a user's name."""
        with self.twin.lock:
            update(self.twin.org, type_, record_id, values, replace(AS_PERSON, user=user))

    def user(self, name: str) -> str:
        """Add a user; gives the id."""
        row: Row = {"Username": f"{name}@sf.example", "LastName": name, "Name": name, "IsActive": 1}
        with self.twin.lock:
            return self.twin.org.put_row("User", row)

    def remove(self, type_: str, record_id: str) -> None:
        """Put a record into the recycle bin."""
        with self.twin.lock:
            delete(self.twin.org, type_, record_id)

    def cell(self, type_: str, record_id: str, name: str) -> object:
        """Look at a stored value past the API."""
        with self.twin.lock:
            row = self.twin.org.store.get(type_, record_id)
        assert row is not None
        return row[name]

    def add_fields(self, type_: str, *fields: Field) -> None:
        """Add custom fields."""
        with self.twin.lock:
            self.twin.org.schema.add_fields(type_, *fields)

    def counts(self) -> dict[str, int]:
        """Count calls by endpoint since the last time."""
        counted = dict(self.twin.journal.counts())
        self.twin.journal.clear()
        return counted


@contextmanager
def serving_org(*, features: Iterable[Feature] = ()) -> Iterator[Org]:
    """Serve an org until the block ends."""
    twin = open_twin(clock=SandboxClock(standing_at=NOON), features=features)
    with serving(twin) as url:
        org = Org(twin=twin, url=url)
        yield org
        for connector in org.opened:
            connector.close()
