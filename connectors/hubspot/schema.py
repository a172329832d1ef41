"""Describes an object type by its property definitions, as the account has them now.

HubSpot lists properties of one degree of sensitivity a call, and shows delicate ones only to a token
that may read them: what cannot be listed is not there for us.
"""

from __future__ import annotations

import msgspec

from connectors.hubspot import paths
from connectors.hubspot.transport import Transport
from worker.core.records import FieldDescription, Sensitivity
from worker.errors import FixAccessError, FixDataError

_DEGREES = {
    "non_sensitive": Sensitivity.NONE,
    "sensitive": Sensitivity.SENSITIVE,
    "highly_sensitive": Sensitivity.HIGHLY_SENSITIVE,
}
_LONG = frozenset({"textarea", "html"})
_MOST_CHARACTERS = 65_536
_YES_NO = ("true", "false")


class Option(msgspec.Struct):
    value: str


class Modification(msgspec.Struct):
    read_only_value: bool = msgspec.field(name="readOnlyValue", default=False)


class Property(msgspec.Struct, rename="camel"):
    """The definition of one property."""

    name: str
    type: str = "string"
    field_type: str = ""
    options: list[Option] = []
    external_options: bool = False
    calculated: bool = False
    archived: bool = False
    modification_metadata: Modification | None = None

    @property
    def is_writable(self) -> bool:
        meta = self.modification_metadata
        return not self.calculated and not (meta and meta.read_only_value)

    @property
    def choices(self) -> tuple[str, ...] | None:
        """Name the values allowed; None where the list is open, empty or kept elsewhere."""
        if self.type == "bool":
            return tuple(option.value for option in self.options) or _YES_NO
        if self.type != "enumeration" or self.external_options or not self.options:
            return None
        return tuple(option.value for option in self.options)


class _Properties(msgspec.Struct):
    results: list[Property] = []


def describe_properties(transport: Transport, object_type: str) -> tuple[FieldDescription, ...]:
    """List the properties of an object type with the degree of sensitivity HubSpot gives them."""
    found: dict[str, FieldDescription] = {}
    for degree, sensitivity in _DEGREES.items():
        for item in _list(transport, object_type, degree):
            if not item.archived and item.name not in found:
                found[item.name] = _describe(item, sensitivity)
    return tuple(found.values())


def _list(transport: Transport, object_type: str, degree: str) -> list[Property]:
    try:
        page = transport.call(
            paths.PROPERTY_LIST,
            _Properties,
            path={"object_type": object_type},
            query={"dataSensitivity": degree},
        )
    except (FixAccessError, FixDataError):
        if degree == "non_sensitive":
            raise
        return []  # an account without sensitive data, or a token that may not see it
    return page.results


def _describe(item: Property, sensitivity: Sensitivity) -> FieldDescription:
    return FieldDescription(
        name=item.name,
        options=item.choices,
        is_writable=item.is_writable,
        sensitivity=sensitivity,
        is_long_text=item.field_type in _LONG,
        max_length=_MOST_CHARACTERS if item.type == "string" else None,
    )
