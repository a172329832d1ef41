"""Salesforce as the contract suite sees it: the connector and the real SDK over HTTP, against the twin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from connectors.sandbox.exchange import Json
from connectors.sandbox.salesforce.fields import Field, shown_value
from connectors.sandbox.script import Fault, FaultKind
from tests.contract.harness import EMAIL, FIELDS, DeletionNews, Traits
from tests.support.salesforce_twin import Org, serving_org
from worker.core.records import Owner, OwnerKind, RawValue
from worker.ports import Connector


@dataclass(slots=True, kw_only=True)
class SalesforceHarness:
    """One org of the twin, served until ``stop``. Its clock stands still."""

    org: Org
    running: ExitStack
    object_type: str = "Lead"
    traits: Traits = field(
        default_factory=lambda: Traits(
            deletions=DeletionNews.TOMBSTONE, many=250, keeps_given_ids=False, tells_edits=True
        )
    )

    def field(self, name: str) -> str:
        return "Email" if name == EMAIL else f"Suite_{name.title()}__c"

    def open(self, **options: str) -> Connector:
        return self.org.connect(**{"page_size": "200", **options})

    def add(self, rows: Mapping[str, Mapping[str, RawValue]]) -> Sequence[str]:
        return [self.org.lead(**_json(values)) for values in rows.values()]

    def add_owners(self, owners: Sequence[Owner]) -> Sequence[str]:
        made: list[str] = []
        for owner in owners:
            if owner.kind is OwnerKind.QUEUE:
                row = {"Name": "Queue", "Type": "Queue", "Email": owner.email}
                made.append(self.org.twin.org.put_row("Group", row))
            else:
                row = {
                    "LastName": "Owner",
                    "Username": f"{owner.id}@sandbox.example",
                    "Email": owner.email,
                    "IsActive": int(owner.is_active),
                }
                made.append(self.org.twin.org.put_row("User", row))
        return made

    def change(self, record_id: str, values: Mapping[str, RawValue]) -> None:
        self.org.change(self.object_type, record_id, **_json(values))

    def delete(self, record_id: str) -> None:
        self.org.remove(self.object_type, record_id)

    def read(self, record_id: str) -> Mapping[str, RawValue] | None:
        crm = self.org.twin.org
        row = crm.store.get(self.object_type, record_id)
        if row is None or row["IsDeleted"]:
            return None
        fields = crm.schema.of(self.object_type).fields.values()
        shown = {one.name: shown_value(one, row.get(one.name)) for one in fields}
        return {name: None if value is None else str(value) for name, value in shown.items()}

    def hide(self, name: str) -> None:
        self.org.twin.org.schema.hide(self.object_type, self.field(name))

    def break_down(self) -> None:
        self.org.twin.script.add(Fault(kind=FaultKind.STATUS, status=500, times=None))

    def stop(self) -> None:
        """Stop serving."""
        self.running.close()


def _json(values: Mapping[str, RawValue]) -> dict[str, Json]:
    return dict(values)


def salesforce_harness(_folder: Path) -> SalesforceHarness:
    running = ExitStack()
    org = running.enter_context(serving_org())
    own = [
        Field(
            name=f"Suite_{name.title()}__c",
            type="textarea",
            label=name,
            length=1000,
            is_tracked=True,
        )
        for name in FIELDS
        if name != EMAIL
    ]
    org.add_fields("Lead", *own)
    return SalesforceHarness(org=org, running=running)
