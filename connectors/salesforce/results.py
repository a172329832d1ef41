"""Joins what Salesforce says of each item of a collection to the command it came from. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from connectors.salesforce.faults import code_that_counts
from connectors.salesforce.ids import long_id
from connectors.salesforce.matching import holder_in
from worker.core.records import WriteCommand


class ItemProblem(msgspec.Struct, rename="camel"):
    """One error of an item. Its sentence goes no further: an admin wrote it, or it repeats values."""

    status_code: str = ""
    message: str = ""

    @property
    def code(self) -> str | None:
        return code_that_counts(self.status_code, self.message)

    @property
    def matches(self) -> tuple[str, ...]:
        """The ids of records that are named as the same."""
        return holder_in(self.code, self.message)


class Item(msgspec.Struct):
    """What became of one record of a collection (REST API, SaveResult). Only a success has an id."""

    id: str | None = None
    success: bool = False
    errors: list[ItemProblem] = []

    @property
    def problem(self) -> ItemProblem:
        """The first of its errors; the one that counts, and mostly the only one."""
        return self.errors[0] if self.errors else ItemProblem()


ITEMS: Final = msgspec.json.Decoder(list[Item])


def id_of(command: WriteCommand) -> str:
    """Give the id a command is about, in the form the API gives ids."""
    return long_id(command.ref.id)


def paired(
    commands: Sequence[WriteCommand], items: Sequence[Item]
) -> Iterator[tuple[WriteCommand, Item]]:
    """Join results to commands by id; a failure bears none, and stands where its record stood.

    The places count only if there is one result for each record and every id stands in its place.
    """
    ids = [id_of(one) for one in commands]
    is_aligned = len(items) == len(ids) and all(
        item.id is None or long_id(item.id) == ids[at] for at, item in enumerate(items)
    )
    if is_aligned:
        yield from zip(commands, items, strict=True)
        return
    by_id = dict(zip(ids, commands, strict=True))
    for item in items:
        command = by_id.get(long_id(item.id or ""))
        if command is not None:
            yield command, item
