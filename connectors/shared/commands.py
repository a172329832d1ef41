"""Commands parted into batches, and what became of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from worker.core.records import RecordRef, WriteCommand, WriteOutcome, WriteResult
from worker.errors import LeadtriageError, UnavailableError

_Item = TypeVar("_Item")
_Answer = TypeVar("_Answer")


def chunks(items: Sequence[_Item], size: int) -> Iterable[Sequence[_Item]]:
    """Cut a sequence into parts of at most ``size``."""
    return (items[start : start + size] for start in range(0, len(items), size))


def turns(
    commands: Sequence[WriteCommand], id_of: Callable[[WriteCommand], str]
) -> Iterator[Sequence[WriteCommand]]:
    """Part commands so that no batch names a record twice, and each record's keep their order."""
    rest = list(commands)
    while rest:
        first: dict[str, WriteCommand] = {}
        later: list[WriteCommand] = []
        for one in rest:
            if id_of(one) in first:
                later.append(one)
            else:
                first[id_of(one)] = one
        yield list(first.values())
        rest = later


@dataclass(slots=True)
class Results:
    """What became of the commands of one push, each by its id; one that is not settled is unknown."""

    settled: dict[str, WriteResult] = field(default_factory=dict)

    def settle(
        self,
        command: WriteCommand,
        outcome: WriteOutcome,
        code: str | None = None,
        matches: Iterable[RecordRef] = (),
    ) -> None:
        """Say what became of a command; what was said of it before counts no more."""
        self.settled[command.command_id] = WriteResult(
            command_id=command.command_id, outcome=outcome, code=code, matches=tuple(matches)
        )

    def of(self, command: WriteCommand) -> WriteResult | None:
        """Give what became of a command, as far as that is known."""
        return self.settled.get(command.command_id)

    def forget(self, command: WriteCommand) -> None:
        """Let a command be unknown again."""
        self.settled.pop(command.command_id, None)

    def unsettled(self, commands: Iterable[WriteCommand]) -> list[WriteCommand]:
        """Leave the commands of which nothing is known."""
        return [one for one in commands if one.command_id not in self.settled]

    def in_order(self, commands: Iterable[WriteCommand]) -> list[WriteResult]:
        """Give one result per command."""
        return [self.of(one) or unknown(one) for one in commands]


@dataclass(slots=True)
class Progress:
    """How far a push is: whether anything was written, and whether anything more may be sent."""

    is_begun: bool = False
    is_stopped: bool = False

    def attempt(self, send: Callable[[], _Answer]) -> _Answer | None:
        """Send; None where no answer came, as it may have been carried out, or where ``stop`` holds."""
        try:
            return send()
        except UnavailableError:
            self.is_stopped = True
        except LeadtriageError as error:
            self.stop(error)
        return None

    def stop(self, error: LeadtriageError) -> None:
        """Send nothing more for an error; before anything was written, raise it, as nothing is lost."""
        if not self.is_begun:
            raise error
        self.is_stopped = True


def unknown(command: WriteCommand) -> WriteResult:
    """Say that it cannot be told whether a command was carried out."""
    return WriteResult(command_id=command.command_id, outcome=WriteOutcome.UNKNOWN)


def read_only(command: WriteCommand) -> WriteResult:
    """Say that what a command is about is only read."""
    return WriteResult(
        command_id=command.command_id, outcome=WriteOutcome.REJECTED, code="READ_ONLY"
    )
