"""HubSpot as the contract suite sees it: the connector and the real SDK over HTTP, against the twin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from connectors.hubspot.connector import open_connector
from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.hubspot.app import HubSpotTwin, open_twin
from connectors.sandbox.hubspot.definitions import Definition
from connectors.sandbox.hubspot.owners import Owner as TwinOwner
from connectors.sandbox.hubspot.owners import put_owner
from connectors.sandbox.hubspot.tokens import SANDBOX_TOKEN
from connectors.sandbox.hubspot.writing import archive, create, update
from connectors.sandbox.script import Fault, FaultKind
from connectors.sandbox.serving import serving
from tests.contract.harness import EMAIL, FIELDS, DeletionNews, Traits
from worker.core.records import Owner, RawValue
from worker.ports import Connector, ConnectorContext, ObjectSource

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@dataclass(slots=True, kw_only=True)
class HubSpotHarness:
    """One account of the twin, served until ``stop``. Its clock stands still."""

    twin: HubSpotTwin
    url: str
    running: ExitStack
    object_type: str = "contacts"
    traits: Traits = field(
        default_factory=lambda: Traits(
            deletions=DeletionNews.TOMBSTONE, many=250, keeps_given_ids=False, tells_edits=True
        )
    )

    def field(self, name: str) -> str:
        return "email" if name == EMAIL else f"suite_{name}"

    def open(self, **options: str) -> Connector:
        context = ConnectorContext(
            system="hubspot",
            base_dir=Path(),
            options={"base_url": self.url, "access_token": SANDBOX_TOKEN, **options},
            objects=[ObjectSource(object_type=self.object_type, id_field="hs_object_id")],
            clock=self.twin.clock.now,
            sleep=lambda _seconds: None,
        )
        connector = open_connector(context)
        self.running.callback(connector.close)
        return connector

    def add(self, rows: Mapping[str, Mapping[str, RawValue]]) -> Sequence[str]:
        with self.twin.lock:
            made = [
                create(self.twin.account, self.object_type, _texts(values))
                for values in rows.values()
            ]
        return [str(record.id) for record in made]

    def add_owners(self, owners: Sequence[Owner]) -> Sequence[str]:
        for owner in owners:
            put_owner(
                self.twin.account.store,
                TwinOwner(
                    id=owner.id,
                    email=owner.email or "",
                    type=owner.kind.value.upper(),
                    archived=not owner.is_active,
                ),
            )
        return [owner.id for owner in owners]

    def change(self, record_id: str, values: Mapping[str, RawValue]) -> None:
        account = self.twin.account
        with self.twin.lock:
            record = account.find(self.object_type, record_id)
            assert record is not None
            update(account, record, _texts(values), "CRM_UI")

    def delete(self, record_id: str) -> None:
        with self.twin.lock:
            record = self.twin.account.find(self.object_type, record_id)
            assert record is not None
            archive(self.twin.account, record)

    def read(self, record_id: str) -> Mapping[str, RawValue] | None:
        record = self.twin.account.find(self.object_type, record_id)
        return None if record is None else {k: v or None for k, v in record.properties.items()}

    def hide(self, name: str) -> None:
        definitions = self.twin.account.definitions
        found = definitions.find(self.object_type, self.field(name))
        assert found is not None
        definitions.put(self.object_type, [msgspec.structs.replace(found, archived=True)])

    def break_down(self) -> None:
        self.twin.script.add(Fault(kind=FaultKind.STATUS, status=500, times=None))

    def stop(self) -> None:
        """Stop serving."""
        self.running.close()


def _texts(values: Mapping[str, RawValue]) -> dict[str, str | int | float | bool | None]:
    return {name: value or "" for name, value in values.items()}


def hubspot_harness(_folder: Path) -> HubSpotHarness:
    twin = open_twin(clock=SandboxClock(standing_at=NOON))
    own = [Definition(name=f"suite_{name}", label=name) for name in FIELDS if name != EMAIL]
    twin.account.definitions.put("contacts", own)
    running = ExitStack()
    url = running.enter_context(serving(twin))
    return HubSpotHarness(twin=twin, url=url, running=running)
