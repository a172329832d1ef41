"""The choices that a record type leaves of a list: the description of a field shows those of all types.

They come from the User Interface API. Where that may not be called, Salesforce itself refuses what a type
does not allow.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from connectors.salesforce import paths
from connectors.salesforce.transport import Transport
from worker.errors import FixAccessError, FixDataError


class _Choice(msgspec.Struct):
    value: str


class _Choices(msgspec.Struct):
    values: list[_Choice] = []


class _Lists(msgspec.Struct, rename="camel"):
    picklist_field_values: dict[str, _Choices] = {}


_DECODER = msgspec.json.Decoder(_Lists)


class Picklists:
    """The choices by object and record type, each asked for once."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._known: dict[tuple[str, str], Mapping[str, frozenset[str]]] = {}

    def of(self, name: str, record_type: str) -> Mapping[str, frozenset[str]]:
        """Give the choices by field; a field that is not among them has none of its own."""
        place = (name, record_type)
        if place not in self._known:
            self._known[place] = self._ask(name, record_type)
        return self._known[place]

    def forget(self) -> None:
        """Ask anew from now on."""
        self._known.clear()

    def _ask(self, name: str, record_type: str) -> Mapping[str, frozenset[str]]:
        try:
            found = self._transport.call(
                paths.CHOICES, _DECODER.decode, path={"object": name, "kind": record_type}
            )
        except (FixAccessError, FixDataError):
            return {}
        return {
            field: frozenset(one.value for one in choices.values)
            for field, choices in found.picklist_field_values.items()
        }
