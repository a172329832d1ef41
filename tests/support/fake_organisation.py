"""An organisation whose CRM is the fake one: the same configuration and base, another system behind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from tests.fakes.crm import FakeCrm
from tests.support.organisation import Organisation, read_table
from worker.core.records import Owner, WriteCommand
from worker.ports import Connector, ConnectorContext, OpenConnector


def _nothing(_command: WriteCommand) -> None:
    return None


def crm_of(
    folder: Path,
    *,
    has_change_feed: bool = True,
    has_conditional_write: bool = False,
    on_write: Callable[[WriteCommand], None] = _nothing,
) -> FakeCrm:
    """The fake CRM behind an organisation, under the system name the configuration knows."""
    return FakeCrm(
        path=folder / "crm.sqlite",
        system="files",
        has_change_feed=has_change_feed,
        has_conditional_write=has_conditional_write,
        page_records=20,
        write_batch=10,
        on_write=on_write,
    )


def connect(
    crm: FakeCrm, wrap: Callable[[Connector], Connector] = lambda inner: inner
) -> Mapping[str, OpenConnector]:
    """Have the files connector's name open the fake CRM."""

    def opened(context: ConnectorContext) -> Connector:
        del context
        return wrap(crm)

    return {"files": opened}


def move_to_fake(organisation: Organisation, crm: FakeCrm) -> Organisation:
    """Load the tables of an organisation into the fake CRM and have it used instead."""
    data = organisation.folder / "data"
    for object_type, key in (("contacts", "contact_id"), ("activities", "activity_id")):
        for row in read_table(data / f"{object_type}.csv"):
            crm.add(object_type, row[key], {k: v or None for k, v in row.items()})
    for row in read_table(data / "owners.csv"):
        crm.add_owner(Owner(id=row["owner_id"], is_active=row["active"] == "true"))
    return Organisation(folder=organisation.folder, connectors=connect(crm))


LATER = datetime(2026, 11, 3, 15, tzinfo=UTC)
