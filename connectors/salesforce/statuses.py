"""The statuses of leads: which an org has, and which of them stand for a conversion.

Such a status does not convert a lead, so it is no stage that could be written (Object Reference,
LeadStatus). The description of the field does not tell them apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from connectors.salesforce.soql import select
from connectors.salesforce.transport import Transport


class _Status(msgspec.Struct, rename="pascal"):
    api_name: str = ""
    is_converted: bool = False


class _Statuses(msgspec.Struct):
    records: list[_Status] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class Statuses:
    """The words that can be written, and those that cannot."""

    open: tuple[str, ...]
    converting: frozenset[str]


_DECODER = msgspec.json.Decoder(_Statuses)
_QUERY = select("LeadStatus", ("ApiName", "IsConverted"), order=("SortOrder ASC",))


def read_statuses(transport: Transport) -> Statuses:
    """Ask for the statuses of leads."""
    found = transport.query(_QUERY, _DECODER.decode).records
    return Statuses(
        open=tuple(one.api_name for one in found if one.api_name and not one.is_converted),
        converting=frozenset(one.api_name for one in found if one.is_converted),
    )
