"""The two requests that write: many records in one call, and a single one on a condition.

Collections take no condition (REST API Developer Guide: Conditional Requests). A record that is sent
by itself goes with the time of the change that was read, to the second: 412 is the answer after a newer one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import Final

import msgspec

from connectors.salesforce import paths
from connectors.salesforce.results import id_of
from connectors.salesforce.rows import Row
from connectors.salesforce.schema import Shape
from connectors.salesforce.sender import Answer
from connectors.salesforce.transport import Transport
from connectors.salesforce.values import to_send
from worker.core.records import RawValues, WriteCommand

CHANGED: Final = "LastModifiedDate"
"""The field that ``If-Unmodified-Since`` is compared with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteRequests:
    """Sends changes of records of one object. Each gives the answer, a fault included."""

    transport: Transport = field(repr=False)
    shape: Shape = field(repr=False)

    def change_many(self, commands: Sequence[WriteCommand]) -> Answer:
        """Send records in one call; each of them has a result of its own.

        Raises ``UnavailableError`` when no answer came: they may have been written.
        """
        records = [
            {"attributes": {"type": self.shape.name}, "id": id_of(one), **self._sent(one.changes)}
            for one in commands
        ]
        body = msgspec.json.encode({"allOrNone": False, "records": records})
        return self.transport.exchange(paths.CHANGE_MANY, body=body)

    def change_one(self, command: WriteCommand, row: Row) -> Answer:
        """Send one record, on the condition that nobody changed it since ``row`` was read.

        Raises ``UnavailableError`` when no answer came: it may have been written.
        """
        at = row.at(CHANGED)
        return self.transport.exchange(
            paths.CHANGE_ONE,
            path={"object": self.shape.name, "id": id_of(command)},
            headers={"If-Unmodified-Since": _http_date(at)} if at else {},
            body=msgspec.json.encode(self._sent(command.changes)),
        )

    def _sent(self, changes: RawValues) -> dict[str, object]:
        fields = self.shape.fields
        return {name: to_send(value, fields[name].type) for name, value in changes.items()}


def _http_date(at: datetime) -> str:
    return format_datetime(at, usegmt=True)
