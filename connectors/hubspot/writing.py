"""Writes properties of records, by the hundred and by record id.

HubSpot writes whatever stands there, so records are read just before, a hundred a call, and compared
with what was decided on. Each input carries a trace id, and each result is joined to its command by it,
or by the record's id: HubSpot answers in an order of its own. What is neither among the results nor
among the errors is unknown. Nothing is sent twice here: only a batch that was refused as a whole, so
that nothing of it was written, is sent again in halves to find the input at fault.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from connectors.hubspot import paths
from connectors.hubspot.comparing import has_moved, holds, untaken
from connectors.hubspot.faults import Fault, error_of
from connectors.hubspot.matching import holders_in
from connectors.hubspot.rows import PASSING, Row, RowPage, Scalar
from connectors.hubspot.transport import Answer, Transport, parse
from connectors.shared.commands import Progress, Results, chunks, turns
from worker.core.records import RecordRef, WriteCommand, WriteOutcome, WriteResult, is_code
from worker.errors import LeadtriageError, UnavailableError

WRITE_BATCH = 100
NOT_TAKEN = "WRITE_NOT_TAKEN"
CONFLICT = "WRITE_CONFLICT"
_CONSENT = ("hs_email_optout", "subscriptions.", "lists.")
_GONE = frozenset({"OBJECT_NOT_FOUND", "NOT_FOUND"})
_NOT_DONE = frozenset({401, 403, 429})
_LOST = frozenset({0, 408, 423, 477})


class _Detail(msgspec.Struct):
    code: str | None = None


class _Context(msgspec.Struct):
    ids: list[str | int] = []
    traces: list[str] = msgspec.field(name="objectWriteTraceId", default=[])
    existing: list[str | int] = msgspec.field(name="existingId", default=[])


class _Entry(msgspec.Struct):
    """One error of a batch. Of its sentence, which repeats values, only a record's id is ever taken."""

    category: str = ""
    message: str = ""
    context: _Context = msgspec.field(default_factory=_Context)
    errors: list[_Detail] = []


class _Written(Row):
    object_write_trace_id: str | None = None


class _Outcome(msgspec.Struct):
    """The answer to a batch of writes, whether 200 or 207."""

    results: list[_Written] = []
    errors: list[_Entry] = []


@dataclass(slots=True, kw_only=True)
class Batch:
    """The commands of one push with what became of each.

    ``present`` is what the records are known to hold. Nothing more is sent (``progress``) once HubSpot
    takes no more calls or does not answer. ``unsure`` are ids of records of which a write may have
    landed: their next commands wait.
    """

    transport: Transport = field(repr=False)
    name: str
    present: dict[str, dict[str, Scalar]] = field(default_factory=dict, repr=False)
    results: Results = field(default_factory=Results)
    unsure: set[str] = field(default_factory=set)
    progress: Progress = field(default_factory=Progress)

    def write(self, commands: Sequence[WriteCommand]) -> Sequence[WriteResult]:
        """Write, and give one result per command in the order of the commands.

        Raises ``LeadtriageError`` when HubSpot refuses before anything was written.
        """
        allowed = [one for one in commands if not self._is_consent(one)]
        self.present = self._read(allowed)
        for turn in turns(allowed, _id_of):
            for part in chunks(turn, WRITE_BATCH):
                self._send(self._needed(part))
                self.unsure |= {one.ref.id for one in self.results.unsettled(part)}
        return self.results.in_order(commands)

    def _is_consent(self, command: WriteCommand) -> bool:
        """Consent is the person's: no write of ours may turn it, in either direction."""
        if not any(name.startswith(_CONSENT) for name in command.changes):
            return False
        self.results.settle(command, WriteOutcome.REJECTED, "READ_ONLY")
        return True

    def _needed(self, commands: Sequence[WriteCommand]) -> list[WriteCommand]:
        """Leave out what is gone, what already stands, and what a person changed meanwhile."""
        needed = []
        for one in commands:
            there = self.present.get(one.ref.id)
            if one.ref.id in self.unsure:
                continue
            if there is None:
                self.results.settle(one, WriteOutcome.MISSING)
            elif holds(there, one.changes):
                self.results.settle(one, WriteOutcome.UNCHANGED)
            elif not holds(there, one.expected):
                self.results.settle(one, WriteOutcome.CONFLICT, CONFLICT)
            else:
                needed.append(one)
        return needed

    def _send(self, commands: Sequence[WriteCommand]) -> None:
        if not commands or self.progress.is_stopped:
            return
        answer = self.progress.attempt(lambda: self._ask(commands))
        if answer is None:
            return
        if answer.fault is None:
            self._take(commands, answer)
        else:
            self._refused(commands, answer.fault)

    def _ask(self, commands: Sequence[WriteCommand]) -> Answer:
        inputs = [
            {
                "id": one.ref.id,
                "objectWriteTraceId": one.command_id,
                "properties": {name: value or "" for name, value in one.changes.items()},
            }
            for one in commands
        ]
        path = {"object_type": self.name}
        return self.transport.exchange(
            paths.OBJECT_BATCH_UPDATE, path=path, body={"inputs": inputs}
        )

    def _refused(self, commands: Sequence[WriteCommand], fault: Fault) -> None:
        """Nothing of a batch refused by 4xx was written; of any other it cannot be known."""
        if fault.status in _NOT_DONE:
            self.progress.stop(error_of(fault))
            return
        if fault.status in _LOST or not 400 <= fault.status < 500:
            self.progress.is_stopped = True
            return
        if len(commands) == 1:
            is_gone = fault.status == 404 or fault.code in _GONE
            outcome = WriteOutcome.MISSING if is_gone else WriteOutcome.REJECTED
            code = None if is_gone else fault.code
            self.results.settle(commands[0], outcome, code, _refs(commands[0], fault.matches))
            return
        middle = len(commands) // 2
        self._send(commands[:middle])
        self._send(commands[middle:])

    def _take(self, commands: Sequence[WriteCommand], answer: Answer) -> None:
        self.progress.is_begun = True
        try:
            told = parse(answer, _Outcome, paths.OBJECT_BATCH_UPDATE)
        except UnavailableError:
            return
        by_trace = {one.command_id: one for one in commands}
        by_id = {one.ref.id: one for one in commands}
        for entry in told.errors:
            named = [by_trace.get(trace) for trace in entry.context.traces]
            named += [by_id.get(str(one)) for one in entry.context.ids if not named]
            for command in named:
                if command is not None:
                    self._fail(command, entry)
        doubtful: list[WriteCommand] = []
        for row in told.results:
            command = by_trace.get(row.object_write_trace_id or "") or by_id.get(str(row.id))
            if command is None or self.results.of(command):
                continue
            if str(row.id) == command.ref.id and not untaken(command.changes, row.properties):
                self._applied(command, row.properties)
            else:
                doubtful.append(command)
        self._look_again(doubtful)

    def _fail(self, command: WriteCommand, entry: _Entry) -> None:
        if entry.category in PASSING:
            return  # it may have been carried out: unknown
        if entry.category in _GONE:
            self.results.settle(command, WriteOutcome.MISSING)
            return
        codes = [detail.code for detail in entry.errors if detail.code] + [entry.category]
        code = next((code for code in codes if is_code(code)), None)
        matches = holders_in(entry.message, entry.context.existing)
        self.results.settle(command, WriteOutcome.REJECTED, code, _refs(command, matches))

    def _look_again(self, commands: Sequence[WriteCommand]) -> None:
        """Read what the answer does not show as sent: HubSpot takes some writes and changes nothing."""
        if not commands:
            return
        try:
            now = self._read(commands)
        except LeadtriageError:
            return
        for one in commands:
            there = now.get(one.ref.id)
            if there is None:
                self.results.settle(one, WriteOutcome.MISSING)
                continue
            self._compare(one, there)

    def _compare(self, command: WriteCommand, there: Mapping[str, Scalar]) -> None:
        """Say whether all, a part or nothing of a command landed.

        After a part, the record is read and decided again, so that the part is known as ours.
        """
        before = self.present[command.ref.id]
        moved = untaken(command.changes, before)
        left = untaken(command.changes, there)
        if not left:
            self._applied(command, there)
            return
        self.present[command.ref.id] = {**before, **there}
        is_as_before = left == moved and not any(has_moved(before, there, name) for name in left)
        outcome = WriteOutcome.REJECTED if is_as_before else WriteOutcome.CONFLICT
        self.results.settle(command, outcome, NOT_TAKEN)

    def _applied(self, command: WriteCommand, shown: Mapping[str, Scalar]) -> None:
        self.present[command.ref.id] |= {name: shown.get(name) for name in command.changes}
        self.results.settle(command, WriteOutcome.APPLIED)

    def _read(self, commands: Sequence[WriteCommand]) -> dict[str, dict[str, Scalar]]:
        """Read what is to be written or compared; an id that leads to another record is gone."""
        names = sorted({name for one in commands for name in (*one.changes, *one.expected)})
        ids = list(dict.fromkeys(one.ref.id for one in commands))
        found: dict[str, dict[str, Scalar]] = {}
        for part in chunks(ids, WRITE_BATCH):
            body = {"inputs": [{"id": one} for one in part], "properties": names}
            path = {"object_type": self.name}
            page = self.transport.call(paths.OBJECT_BATCH_READ, RowPage, path=path, body=body)
            for row in page.results:
                if not row.archived:
                    found[str(row.id)] = {**dict.fromkeys(names), **row.properties}
        return found


def _id_of(command: WriteCommand) -> str:
    return command.ref.id


def _refs(command: WriteCommand, ids: Sequence[str]) -> list[RecordRef]:
    """Name other records of the sort that a command is about."""
    return [command.ref._replace(id=id_) for id_ in ids]
