"""Writes a batch of commands into a table: one reading pass to judge them, one writing pass.

A table that needs no change is not written at all. Commands are judged in their order, each against
the table as the ones before it leave it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from connectors.files.encodings import TextEncoding
from connectors.files.reading import Reading, SeenRow, open_table, read_rows
from connectors.files.rewrite import Edits, folder_lock, replace_table
from connectors.files.rows import MAX_FIELD, RowCode
from connectors.files.tables import Table, version_of
from worker.core.records import RawValue, RawValues, WriteCommand, WriteOutcome, WriteResult

_ATTEMPTS = 3


class WriteCode(StrEnum):
    """Why a command was not applied."""

    CONFLICT = "WRITE_CONFLICT"
    ID_AMBIGUOUS = "WRITE_ID_AMBIGUOUS"
    ID_FIELD = "WRITE_ID_FIELD"
    NOT_ENCODABLE = "WRITE_NOT_ENCODABLE"
    OBJECT_UNKNOWN = "WRITE_OBJECT_UNKNOWN"
    ROW_UNREADABLE = "WRITE_ROW_UNREADABLE"
    TABLE_CHANGED = "WRITE_TABLE_CHANGED"
    TOO_LARGE = "WRITE_TOO_LARGE"


@dataclass(slots=True, kw_only=True)
class _Target:
    """A record that commands name, where it stands, and what it holds after the commands so far."""

    line: int
    length: int
    values: dict[str, RawValue]
    is_editable: bool
    is_ambiguous: bool = False


@dataclass(slots=True, kw_only=True)
class _Judgement:
    """The results of a batch, and the edits that make them true."""

    table: Table
    encoding: TextEncoding
    columns: tuple[str, ...] | None
    targets: dict[str, _Target]
    has_unreadable_rows: bool
    edits: Edits
    results: list[WriteResult] = field(default_factory=list)

    def take(self, command: WriteCommand) -> None:
        """Judge one command against what the table holds after those before it."""
        outcome, code = self._outcome(command)
        if outcome is WriteOutcome.APPLIED:
            self._apply(self.targets[command.ref.id], command.changes)
        result = WriteResult(
            command_id=command.command_id, outcome=outcome, code=code.value if code else None
        )
        self.results.append(result)

    def _outcome(self, command: WriteCommand) -> tuple[WriteOutcome, WriteCode | None]:
        target = self.targets.get(command.ref.id)
        if target is None and self.has_unreadable_rows:
            return WriteOutcome.REJECTED, WriteCode.ROW_UNREADABLE
        if target is None:
            return WriteOutcome.MISSING, None
        refusal = self._refusal(target, command.changes)
        if refusal is not None:
            return WriteOutcome.REJECTED, refusal
        if not _differing(target.values, command.changes):
            return WriteOutcome.UNCHANGED, None
        if _is_conflict(target.values, command):
            return WriteOutcome.CONFLICT, WriteCode.CONFLICT
        return WriteOutcome.APPLIED, None

    def _refusal(self, target: _Target, changes: RawValues) -> WriteCode | None:
        if target.is_ambiguous:
            return WriteCode.ID_AMBIGUOUS
        if not target.is_editable:
            return WriteCode.ROW_UNREADABLE
        if self.table.id_field in changes:
            return WriteCode.ID_FIELD
        if not all(self._can_hold(name, value) for name, value in changes.items()):
            return WriteCode.NOT_ENCODABLE
        # Quotes double and JSON escapes up to six characters for one.
        if target.length + sum(6 * len(value or "") for value in changes.values()) > MAX_FIELD:
            return WriteCode.TOO_LARGE
        return None

    def _can_hold(self, name: str, value: RawValue) -> bool:
        is_new = self.columns is not None and name not in self.columns
        if is_new and (name != name.strip() or not self.encoding.can_encode(name)):
            return False
        return value is None or self.encoding.can_encode(value)

    def _apply(self, target: _Target, changes: RawValues) -> None:
        for name, value in _differing(target.values, changes).items():
            self.edits.by_line.setdefault(target.line, {})[name] = value
            target.values[name] = value
            target.length += len(value or "")
            is_new = self.columns is not None and name not in self.columns
            if is_new and name not in self.edits.added:
                self.edits.added.append(name)


def push_table(table: Table, commands: Sequence[WriteCommand]) -> list[WriteResult]:
    """Apply commands to one table, all in one replacement of the file.

    Tried again when another program changes the table meanwhile; after a few times the results are
    unknown, so that the records are read before anything is sent again.
    """
    with folder_lock(table.path.parent):
        for _ in range(_ATTEMPTS):
            fields = sorted({name for one in commands for name in (*one.changes, *one.expected)})
            with open_table(table, fields) as reading:
                judgement = _judge(reading, commands)
            if _is_settled(reading, judgement.edits):
                return judgement.results
    return [
        WriteResult(
            command_id=command.command_id,
            outcome=WriteOutcome.UNKNOWN,
            code=WriteCode.TABLE_CHANGED.value,
        )
        for command in commands
    ]


def _is_settled(reading: Reading, edits: Edits) -> bool:
    """Write what is to be written; False when the table changed since it was judged."""
    if edits.by_line:
        return replace_table(reading.path, reading.layout, edits)
    return version_of(reading.path) == edits.version


def _judge(reading: Reading, commands: Sequence[WriteCommand]) -> _Judgement:
    wanted = {command.ref.id for command in commands}
    targets, has_unreadable_rows = _find(reading, wanted)
    judgement = _Judgement(
        table=reading.table,
        encoding=reading.layout.encoding,
        columns=reading.layout.format.columns,
        targets=targets,
        has_unreadable_rows=has_unreadable_rows,
        edits=Edits(version=reading.version, digest=reading.lines.digest),
    )
    for command in commands:
        judgement.take(command)
    return judgement


def _find(reading: Reading, wanted: set[str]) -> tuple[dict[str, _Target], bool]:
    targets: dict[str, _Target] = {}
    has_unreadable_rows = False
    for seen in read_rows(reading):
        if seen.is_quarantined:
            if seen.record_id in targets:
                targets[seen.record_id].is_ambiguous = True
            is_repeated = seen.issue is not None and seen.issue.code == RowCode.ID_DUPLICATE
            has_unreadable_rows = has_unreadable_rows or not is_repeated
        elif seen.record_id in wanted:
            targets[seen.record_id] = _target(seen, reading)
    return targets, has_unreadable_rows


def _target(seen: SeenRow, reading: Reading) -> _Target:
    return _Target(
        line=seen.row.line,
        length=len(seen.row.text),
        values=dict(seen.values),
        is_editable=reading.layout.format.can_edit(seen.row.text),
    )


def _differing(values: RawValues, changes: RawValues) -> dict[str, RawValue]:
    return {
        name: value or None
        for name, value in changes.items()
        if values.get(name) != (value or None)
    }


def _is_conflict(values: RawValues, command: WriteCommand) -> bool:
    """A field that already holds what we want is nobody's contradiction."""
    return any(
        values.get(name) != (expected or None)
        and (name not in command.changes or values.get(name) != (command.changes[name] or None))
        for name, expected in command.expected.items()
    )
