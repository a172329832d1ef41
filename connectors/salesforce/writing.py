"""Writes fields of records, 200 a call and by record id, and tells of each what became of it.

A push reads its records first, and anew once they were read a while ago: what a person changed since the
decision is a conflict, what stands already is not sent, a converted lead is never written. A single record
is sent with the time of the change that was read, so that Salesforce itself refuses it after a newer one;
collections know no such condition. Nothing is sent twice here: only a batch that was refused as a whole,
so that nothing of it was written, is halved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from connectors.salesforce import paths
from connectors.salesforce.comparing import NOT_TAKEN, outcome_of, untaken
from connectors.salesforce.faults import Fault, error_of, is_passing
from connectors.salesforce.ids import key_of
from connectors.salesforce.matching import DUPLICATES, Questions
from connectors.salesforce.objects import ObjectReader
from connectors.salesforce.picklists import Picklists
from connectors.salesforce.refusals import Allowed, refusal, restricted
from connectors.salesforce.results import ITEMS, id_of, paired
from connectors.salesforce.rows import Row
from connectors.salesforce.schema import Shape
from connectors.salesforce.sender import Answer, parse
from connectors.salesforce.sending import CHANGED, WriteRequests
from connectors.salesforce.transport import Transport
from connectors.shared.commands import Progress, Results, turns
from worker.core.records import (
    RecordRef,
    WriteCommand,
    WriteOutcome,
    WriteResult,
    is_code,
)
from worker.errors import LeadtriageError, UnavailableError
from worker.ports import Clock

WRITE_BATCH: Final = 2_000
"""As many as one query looks at, before and after."""
COLLECTION: Final = 200
_FRESH: Final = timedelta(seconds=10)
"""How long it counts what a record was seen to hold: what a person changes after that look is overwritten."""
_PARENT: Final = "AccountId"
_KIND: Final = "RecordTypeId"
_CONTROL: Final = ("Id", "IsConverted", _PARENT, _KIND, CHANGED)
_GONE: Final = frozenset({"ENTITY_IS_DELETED", "NOT_FOUND"})
_UNCLEAR: Final = "INVALID_CROSS_REFERENCE_KEY"
"""Said of a record that is not there, and of an owner who is not."""
_NOT_OURS: Final = frozenset({"ALL_OR_NONE_OPERATION_ROLLED_BACK", "PROCESSING_HALTED"})
_NOT_DONE: Final = frozenset({401, 403, 429})
_OF_ROW: Final = frozenset(
    {
        "ENTITY_IS_LOCKED",
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
        "INSUFFICIENT_ACCESS_OR_READONLY",
    }
)
_STALE: Final = 412


@dataclass(slots=True, kw_only=True)
class Batch:
    """The commands of one push on one object, with what became of each.

    ``types`` are the columns that a write depends on, with their types; ``object_types`` are ours by the
    key of an id. ``present`` is what the records are known to hold, as of ``seen_at``. ``done`` is what is
    to be looked at again: what Salesforce says it carried out, or may have, and what it refused because
    the record is gone, or the owner. Nothing more is sent (``progress``) once Salesforce takes no more calls
    or does not answer. ``unsure`` are ids of records of which a write may have landed, or is to be tried
    later: their next commands wait.
    """

    transport: Transport = field(repr=False)
    shape: Shape = field(repr=False)
    picklists: Picklists = field(repr=False)
    types: Mapping[str, str] = field(repr=False)
    object_types: Mapping[str, str]
    questions: Questions
    clock: Clock
    converting: frozenset[str] = frozenset()
    present: dict[str, Row] = field(default_factory=dict, repr=False)
    seen_at: datetime | None = None
    results: Results = field(default_factory=Results)
    done: list[WriteCommand] = field(default_factory=list)
    unsure: set[str] = field(default_factory=set)
    progress: Progress = field(default_factory=Progress)

    def write(self, commands: Sequence[WriteCommand]) -> Sequence[WriteResult]:
        """Write, and give one result per command in the order of the commands.

        Raises ``LeadtriageError`` when Salesforce refuses before anything was written.
        """
        self._see(commands)
        for turn in turns(commands, id_of):
            ordered = self._by_parent(turn)
            for start in range(0, len(ordered), COLLECTION):
                self._see_anew(ordered[start:])
                self._send(self._needed(ordered[start : start + COLLECTION]))
            self._look_again()
            self.unsure |= set(map(id_of, self.results.unsettled(turn)))
        return self.results.in_order(commands)

    @property
    def _requests(self) -> WriteRequests:
        return WriteRequests(transport=self.transport, shape=self.shape)

    def _see(self, commands: Sequence[WriteCommand]) -> None:
        """Read what the records hold now."""
        self.seen_at = self.clock()
        found = self._read(commands)
        gone = {id_of(one) for one in commands} - found.keys()
        self.present = {id_: row for id_, row in self.present.items() if id_ not in gone} | found

    def _see_anew(self, commands: Sequence[WriteCommand]) -> None:
        """Read once more what is not sent yet, where the last look at it does not count any more."""
        is_fresh = self.seen_at is not None and self.clock() - self.seen_at < _FRESH
        if self.progress.is_stopped or is_fresh:
            return
        try:
            self._see(commands)
        except LeadtriageError as error:
            self.progress.stop(error)

    def _by_parent(self, commands: Sequence[WriteCommand]) -> list[WriteCommand]:
        """Keep records of one account together: each write locks it, and two calls would meet there."""

        def parent(one: WriteCommand) -> str:
            row = self.present.get(id_of(one))
            return (row.cells.get(_PARENT) or "") if row else ""

        return sorted(commands, key=parent)

    def _needed(self, commands: Sequence[WriteCommand]) -> list[WriteCommand]:
        """Leave out what is gone, what stands already, what a person changed, and what is refused."""
        needed: list[WriteCommand] = []
        for one in commands:
            row = self.present.get(id_of(one))
            if id_of(one) in self.unsure:
                continue
            if row is None:
                self.results.settle(one, WriteOutcome.MISSING)
            elif not untaken(one.changes, row, self.types):
                self.results.settle(one, WriteOutcome.UNCHANGED)
            elif untaken(one.expected, row, self.types):
                self.results.settle(one, WriteOutcome.CONFLICT, "WRITE_CONFLICT")
            elif code := self._against(one, row):
                self.results.settle(one, WriteOutcome.REJECTED, code)
            else:
                needed.append(one)
        return needed

    def _against(self, command: WriteCommand, row: Row) -> str | None:
        """Give the code of what stands against a write; a record type may allow fewer choices."""
        kind = row.cells.get(_KIND)
        choices: Mapping[str, frozenset[str]] = {}
        if kind and restricted(command.changes, self.shape):
            choices = self.picklists.of(self.shape.name, kind)
        allowed = Allowed(shape=self.shape, converting=self.converting, choices=choices)
        return refusal(command.changes, row, allowed)

    def _send(self, commands: Sequence[WriteCommand]) -> None:
        if not commands or self.progress.is_stopped:
            return
        answer = self.progress.attempt(lambda: self._ask(commands))
        if answer is None:
            return
        if answer.fault is not None:
            self._refused(commands, answer.fault)
        else:
            self.progress.is_begun = True
            self.done += commands if len(commands) == 1 else self._told(commands, answer)
            self._find_matches(commands)

    def _ask(self, commands: Sequence[WriteCommand]) -> Answer:
        if len(commands) > 1:
            return self._requests.change_many(commands)
        return self._requests.change_one(commands[0], self.present[id_of(commands[0])])

    def _refused(self, commands: Sequence[WriteCommand], fault: Fault) -> None:
        """Nothing of a batch refused by 4xx was written; of any other it cannot be known."""
        if fault.status in _NOT_DONE and not is_code_of_row(fault):
            self.progress.stop(error_of(fault))
            return
        if len(commands) == 1 and 400 <= fault.status < 500:
            is_stale = fault.status == _STALE
            self._fail(commands[0], fault.code, fault.matches, is_stale=is_stale)
            return
        if is_passing(fault.code) or not 400 <= fault.status < 500:
            self.progress.is_stopped = True
            return
        middle = len(commands) // 2
        self._send(commands[:middle])
        self._send(commands[middle:])

    def _told(self, commands: Sequence[WriteCommand], answer: Answer) -> list[WriteCommand]:
        """Take each item's own result; gives the commands that Salesforce says it carried out."""
        try:
            items = parse(answer, ITEMS.decode, paths.CHANGE_MANY)
        except UnavailableError:
            return []
        done: list[WriteCommand] = []
        for command, item in paired(commands, items):
            if item.success:
                done.append(command)
            else:
                self._fail(command, item.problem.code, item.problem.matches)
        return done

    def _fail(
        self,
        command: WriteCommand,
        code: str | None,
        matches: Sequence[str],
        *,
        is_stale: bool = False,
    ) -> None:
        """Say what an error means for a record. What passes, as a lock, is left to be tried later."""
        if is_stale:
            self.results.settle(command, WriteOutcome.CONFLICT, "WRITE_CONFLICT")
        elif code in _GONE:
            self.results.settle(command, WriteOutcome.MISSING)
        elif not (is_passing(code) or code in _NOT_OURS):
            known = code if code and is_code(code) else None
            self.results.settle(command, WriteOutcome.REJECTED, known, self._refs(command, matches))
            self.done += [command] if code == _UNCLEAR else []

    def _find_matches(self, commands: Sequence[WriteCommand]) -> None:
        """Send singly what a duplicate rule refused: only the answer to that names the matches.

        By now it may be taken, or have been though no answer came: it is read again. The refusal stands
        whatever else is said.
        """
        for one in commands:
            refused = self.results.of(one)
            if refused is None or refused.code != DUPLICATES or not self.questions.take():
                continue
            try:
                fault = self._ask([one]).fault
            except LeadtriageError as error:
                self.questions.left = 0
                self.done += [one] if isinstance(error, UnavailableError) else []
                return
            if fault is None:
                self.results.forget(one)
            if fault is None or fault.status >= 500:
                self.done.append(one)
            else:
                self.results.settle(
                    one, WriteOutcome.REJECTED, DUPLICATES, self._refs(one, fault.matches)
                )

    def _look_again(self) -> None:
        """Read what was written, as triggers and flows of the org may have put it back, and what was doubted.

        What cannot be read is unknown.
        """
        commands, self.done = self.done, []
        if not commands:
            return
        try:
            now = self._read(commands)
        except LeadtriageError:
            for one in commands:
                self.results.forget(one)
            return
        for one in commands:
            row = now.get(id_of(one))
            if row is None:
                self.results.settle(one, WriteOutcome.MISSING)
            else:
                self._compare(one, row)

    def _compare(self, command: WriteCommand, now: Row) -> None:
        """Say how much of a command stands; a refusal that was told keeps the code it came with."""
        before = self.present[id_of(command)]
        self.present[id_of(command)] = Row(cells={**before.cells, **now.cells})
        outcome = outcome_of(command.changes, before, now, self.types)
        is_told = outcome is WriteOutcome.REJECTED and self.results.of(command) is not None
        if not is_told:
            code = None if outcome is WriteOutcome.APPLIED else NOT_TAKEN
            self.results.settle(command, outcome, code)

    def _refs(self, command: WriteCommand, ids: Sequence[str]) -> list[RecordRef]:
        """Name other records by their ids, which tell the object; one of another sort is of the command's."""
        ref, names = command.ref, self.object_types
        return [RecordRef(ref.system, names.get(key_of(id_), ref.object_type), id_) for id_ in ids]

    def _read(self, commands: Sequence[WriteCommand]) -> dict[str, Row]:
        """Read the fields that are written and expected, and what a write depends on."""
        reader = ObjectReader(transport=self.transport, name=self.shape.name, types=self.types)
        return reader.read(list(dict.fromkeys(map(id_of, commands))))


def columns(commands: Sequence[WriteCommand]) -> list[str]:
    """Name the fields that are written and expected, and those that a write depends on."""
    named = {name for one in commands for name in (*one.changes, *one.expected)}
    return [*_CONTROL, *sorted(named)]


def is_code_of_row(fault: Fault) -> bool:
    """Tell whether a refusal is about one record and not about us: 403 is said of both."""
    return fault.code in _OF_ROW
