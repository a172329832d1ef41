"""A folder of CSV or JSONL tables as a CRM.

The thinnest connector: for a first look without credentials, for a warehouse's exports, and as the
example for the next one. The work is done by the modules beside it; nothing is kept between calls.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from connectors.files.options import Setup, read_setup
from connectors.files.owners import read_owners
from connectors.files.pulling import pull_table, record_of
from connectors.files.pushing import WriteCode, push_table
from connectors.files.reading import open_table, read_rows
from connectors.files.tables import Table, column_names, read_layout, require_columns
from connectors.shared.objects import fetch_each, find_object
from worker.core.records import (
    CheckFinding,
    FieldDescription,
    ObjectDescription,
    Owner,
    Page,
    Record,
    RecordRef,
    WriteCommand,
    WriteOutcome,
    WriteResult,
)
from worker.errors import LeadtriageError
from worker.ports import Capabilities, Connector, ConnectorContext

WRITE_BATCH = 5000


def open_connector(context: ConnectorContext) -> Connector:
    """Open a folder of tables. Raises ``FixConfigurationError`` for a wrong option."""
    return FilesConnector(setup=read_setup(context))


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesConnector:
    """The tables of one folder."""

    setup: Setup

    @property
    def name(self) -> str:
        return self.setup.system

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(write_batch=WRITE_BATCH, has_conditional_write=True)

    def check(self) -> Sequence[CheckFinding]:
        """Look at the folder and at the beginning of every table, without changing anything."""
        if not self.setup.folder.is_dir():
            return [CheckFinding(message="The folder of tables is not there.", is_blocking=True)]
        found = [self._check_table(table) for table in self.setup.tables.values()]
        findings = [finding for finding in (*found, self._check_owners()) if finding]
        if not os.access(self.setup.folder, os.W_OK | os.X_OK):
            message = "The folder of tables is read-only: nothing can be written back."
            findings.append(CheckFinding(message=message, is_blocking=False))
        return findings

    def describe(self, object_type: str) -> ObjectDescription:
        """List the table's columns."""
        table = self._table(object_type)
        names = column_names(table, read_layout(table))
        return ObjectDescription(
            object_type=object_type,
            fields=tuple(
                FieldDescription(name=name, is_writable=name != table.id_field) for name in names
            ),
            can_add_fields=True,
        )

    def pull(self, object_type: str, *, fields: Sequence[str], since: str | None) -> Iterator[Page]:
        """Yield the whole table when it changed since the bookmark, else one empty page."""
        table = self._table(object_type)
        return pull_table(table, system=self.name, fields=fields, since=since)

    def fetch(
        self, refs: Sequence[RecordRef], *, fields: Sequence[str]
    ) -> Mapping[RecordRef, Record]:
        """Read these records as they are now, scanning each table once."""

        def read(object_type: str, mine: Sequence[RecordRef]) -> Mapping[RecordRef, Record]:
            return dict(self._fetch(self._table(object_type), {ref.id for ref in mine}, fields))

        return fetch_each(refs, self.setup.tables, self.name, read)

    def owners(self) -> Sequence[Owner]:
        """List all owners, inactive ones included; none when there is no owners table."""
        return read_owners(self.setup.owners, self.setup.owner_columns)[0]

    def push(self, commands: Sequence[WriteCommand]) -> Sequence[WriteResult]:
        """Write a batch: each table is replaced at most once."""
        by_type: dict[str, list[WriteCommand]] = {}
        results: list[WriteResult] = []
        for command in commands:
            if command.ref.system == self.name and command.ref.object_type in self.setup.tables:
                by_type.setdefault(command.ref.object_type, []).append(command)
            else:
                results.append(_unknown_object(command))
        for object_type, mine in by_type.items():
            results.extend(push_table(self._table(object_type), mine))
        return results

    def close(self) -> None:
        """Do nothing: no file stays open between calls."""

    def _table(self, object_type: str) -> Table:
        return find_object(self.setup.tables, object_type, self.name)

    def _fetch(
        self, table: Table, ids: set[str], fields: Sequence[str]
    ) -> Iterator[tuple[RecordRef, Record]]:
        with open_table(table, fields) as reading:
            for seen in read_rows(reading):
                if not ids:
                    break
                if seen.record_id in ids and not seen.is_quarantined:
                    ids.discard(seen.record_id)
                    record = record_of(seen, reading, self.name)
                    yield record.ref, record
            reading.refuse_change()

    def _check_table(self, table: Table) -> CheckFinding | None:
        try:
            layout = read_layout(table)
            require_columns(table, layout, ())
            if table.id_field in column_names(table, layout):
                return None
            message = f"{table.name} has no {table.id_field!r} in its first rows."
        except LeadtriageError as error:
            message = str(error)
        return CheckFinding(message=message, is_blocking=True)

    def _check_owners(self) -> CheckFinding | None:
        try:
            _, unreadable = read_owners(self.setup.owners, self.setup.owner_columns)
        except LeadtriageError as error:
            return CheckFinding(message=str(error), is_blocking=True)
        if unreadable == 0:
            return None
        message = f"{self.setup.owners.name} has {unreadable} rows that cannot be read."
        return CheckFinding(message=message, is_blocking=False)


def _unknown_object(command: WriteCommand) -> WriteResult:
    return WriteResult(
        command_id=command.command_id,
        outcome=WriteOutcome.REJECTED,
        code=WriteCode.OBJECT_UNKNOWN.value,
    )
