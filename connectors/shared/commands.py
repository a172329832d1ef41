"""Commands parted into batches, and the results that need no CRM."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from worker.core.records import WriteCommand, WriteOutcome, WriteResult

_Item = TypeVar("_Item")


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


def unknown(command: WriteCommand) -> WriteResult:
    """Say that it cannot be told whether a command was carried out."""
    return WriteResult(command_id=command.command_id, outcome=WriteOutcome.UNKNOWN)


def read_only(command: WriteCommand) -> WriteResult:
    """Say that what a command is about is only read."""
    return WriteResult(
        command_id=command.command_id, outcome=WriteOutcome.REJECTED, code="READ_ONLY"
    )
