"""The HubSpot connector on a served twin, whose clock moves only by hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from connectors.hubspot.connector import open_connector
from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.hubspot.app import HubSpotTwin, open_twin
from connectors.sandbox.hubspot.associations import link, type_id
from connectors.sandbox.hubspot.store import StoredObject
from connectors.sandbox.hubspot.tokens import SANDBOX_TOKEN
from connectors.sandbox.hubspot.writing import archive, create, impose, update
from connectors.sandbox.serving import serving
from worker.core.records import Page, Record
from worker.ports import Connector, ConnectorContext, ObjectSource

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
OBJECTS = ("contacts", "calls", "emails", "meetings", "tasks", "communications", "notes")


@dataclass(slots=True, kw_only=True)
class Account:
    """One account of the twin, and short forms of what tests do to it."""

    twin: HubSpotTwin
    url: str
    opened: list[Connector] = field(default_factory=list)

    def connect(self, objects: Sequence[ObjectSource] = (), **options: str) -> Connector:
        """Open a connector that tries nothing twice."""
        plain = [ObjectSource(object_type=name, id_field="hs_object_id") for name in OBJECTS]
        connector = open_connector(
            ConnectorContext(
                system="hubspot",
                base_dir=Path(),
                options={"base_url": self.url, "access_token": SANDBOX_TOKEN, **options},
                objects=[*plain, *objects],
                clock=self.twin.clock.now,
                sleep=lambda _seconds: None,
            )
        )
        self.opened.append(connector)
        return connector

    def add(self, object_type: str, **values: str) -> str:
        """Make a record; gives its id."""
        with self.twin.lock:
            return str(create(self.twin.account, object_type, values).id)

    def change(self, object_type: str, record_id: str, **values: str) -> None:
        """Change a record as a person would."""
        with self.twin.lock:
            update(self.twin.account, self._found(object_type, record_id), values, "CRM_UI")

    def change_by(self, source: str, object_type: str, record_id: str, **values: str) -> None:
        """Change a record as what the history of properties names so can: stages also backwards."""
        with self.twin.lock:
            impose(self.twin.account, self._found(object_type, record_id), values, source)

    def _found(self, object_type: str, record_id: str) -> StoredObject:
        record = self.twin.account.find(object_type, record_id)
        assert record is not None
        return record

    def archive(self, object_type: str, record_id: str) -> None:
        """Put a record into the recycle bin."""
        with self.twin.lock:
            archive(self.twin.account, self._found(object_type, record_id))

    def link(self, activity: str, activity_id: str, contact_id: str) -> None:
        """Say that an activity belongs to a contact."""
        kind = type_id(activity, "contacts")
        with self.twin.lock:
            link(
                self.twin.account,
                [(activity, int(activity_id), "contacts", int(contact_id), kind)],
            )

    def unlink(self, activity_id: str) -> None:
        """Say that an activity belongs to nobody."""
        with self.twin.lock:
            self.twin.account.store.sql.execute(
                "DELETE FROM associations WHERE ?1 IN (from_id, to_id)", (int(activity_id),)
            )

    def wait(self, **span: float) -> None:
        """Let time go by."""
        self.twin.clock.advance(timedelta(**span))

    def counts(self) -> dict[str, int]:
        """Count calls by endpoint since the last time."""
        counted = dict(self.twin.journal.counts())
        self.twin.journal.clear()
        return counted


@contextmanager
def serving_account(index_lag: timedelta = timedelta()) -> Iterator[Account]:
    """Serve an account until the block ends."""
    twin = open_twin(clock=SandboxClock(standing_at=NOON), index_lag=index_lag)
    with serving(twin) as url:
        account = Account(twin=twin, url=url)
        yield account
        for connector in account.opened:
            connector.close()


def pull(
    connector: Connector, object_type: str, fields: Sequence[str], since: str | None = None
) -> list[Page]:
    """Pull to the end."""
    return list(connector.pull(object_type, fields=fields, since=since))


def records_of(pages: Sequence[Page]) -> dict[str, Record]:
    """Collect records by id; the last one counts."""
    return {record.ref.id: record for page in pages for record in page.records}


def end_of(pages: Sequence[Page]) -> str:
    """Give the last bookmark."""
    return [page.bookmark for page in pages if page.bookmark is not None][-1]
