"""A folder with one table, opened as a CRM, for the tests of the files connector."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from connectors.files.connector import open_connector
from worker.core.records import (
    RawValue,
    RecordRef,
    WriteCommand,
    WriteOutcome,
)
from worker.ports import Connector, ConnectorContext, ObjectSource

TABLE = "id,email,stage\n1,a@example.org,lead\n2,b@example.org,lead\n"


def opened(
    folder: Path,
    *,
    system: Mapping[str, str] | None = None,
    modified_at: str | None = None,
    **options: str,
) -> Connector:
    source = ObjectSource(
        object_type="contacts", id_field="id", modified_at_field=modified_at, options=options
    )
    return open_connector(
        ConnectorContext(
            system="files",
            base_dir=folder,
            options={"folder": ".", **(system or {})},
            objects=[source],
        )
    )


def command(record_id: str, changes: Mapping[str, RawValue], **expected: RawValue) -> WriteCommand:
    return WriteCommand(
        command_id=f"for-{record_id}",
        ref=RecordRef(system="files", object_type="contacts", id=record_id),
        changes=changes,
        expected=expected,
    )


def pushed(folder: Path, *commands: WriteCommand) -> list[tuple[WriteOutcome, str | None]]:
    return [(r.outcome, r.code) for r in opened(folder).push(commands)]
