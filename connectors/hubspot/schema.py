"""Describes an object type by its property definitions, as the account has them now.

HubSpot lists properties of one degree of sensitivity a call, and shows delicate ones only to a token
that may read them: what cannot be listed is not there for us.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from connectors.hubspot import paths
from connectors.hubspot.transport import Transport
from worker.core.records import FieldDescription, FieldForm, Sensitivity
from worker.errors import FixAccessError, FixDataError

_DEGREES = {
    "non_sensitive": Sensitivity.NONE,
    "sensitive": Sensitivity.SENSITIVE,
    "highly_sensitive": Sensitivity.HIGHLY_SENSITIVE,
}
_LONG = frozenset({"textarea", "html"})
_MOST_CHARACTERS = 65_536
_YES_NO = ("true", "false")


class Option(msgspec.Struct, rename="camel"):
    """One value of a list, with all that has to be sent along when others are added."""

    value: str
    label: str = ""
    description: str | None = None
    display_order: int = -1
    hidden: bool = False


class Modification(msgspec.Struct, rename="camel"):
    """What may be changed about a property."""

    read_only_value: bool = False
    read_only_options: bool = False
    read_only_definition: bool = False


class Property(msgspec.Struct, rename="camel"):
    """The definition of one property."""

    name: str
    label: str = ""
    type: str = "string"
    field_type: str = ""
    options: list[Option] = []
    external_options: bool = False
    calculated: bool = False
    hubspot_defined: bool = False
    archived: bool = False
    modification_metadata: Modification | None = None

    @property
    def is_writable(self) -> bool:
        meta = self.modification_metadata
        return not self.calculated and not (meta and meta.read_only_value)

    @property
    def takes_options(self) -> bool:
        """Whether options can be added: it is nobody's but the account's own, and not locked."""
        meta = self.modification_metadata or Modification()
        is_locked = meta.read_only_options or meta.read_only_definition
        return self.type == "enumeration" and not (self.hubspot_defined or is_locked)

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
    for item, sensitivity in list_properties(transport, object_type):
        if item.name not in found:
            found[item.name] = _describe(item, sensitivity)
    return tuple(found.values())


def list_properties(
    transport: Transport, object_type: str
) -> Iterator[tuple[Property, Sensitivity]]:
    """List the properties in use, of every degree of sensitivity that the token may see."""
    for degree, sensitivity in _DEGREES.items():
        for item in _list(transport, object_type, degree):
            if not item.archived:
                yield item, sensitivity


def list_archived(transport: Transport, object_type: str) -> frozenset[str]:
    """Name the archived properties: making one of the same name would bring its values back."""
    query = {"archived": "true"}
    path = {"object_type": object_type}
    page = transport.call(paths.PROPERTY_LIST, _Properties, path=path, query=query)
    return frozenset(item.name for item in page.results)


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


def form_of(item: Property) -> FieldForm | None:
    """Say what a property holds; None for types that nobody maps, such as coordinates."""
    if item.type == "enumeration":
        return FieldForm.CHOICES if item.field_type == "checkbox" else FieldForm.CHOICE
    if item.type == "string":
        return FieldForm.LONG_TEXT if item.field_type in _LONG else FieldForm.TEXT
    return _FORMS.get(item.type)


_FORMS = {
    "number": FieldForm.NUMBER,
    "bool": FieldForm.YES_NO,
    "date": FieldForm.DATE,
    "datetime": FieldForm.INSTANT,
    "phone_number": FieldForm.TEXT,
}


def _describe(item: Property, sensitivity: Sensitivity) -> FieldDescription:
    return FieldDescription(
        name=item.name,
        options=item.choices,
        is_writable=item.is_writable,
        sensitivity=sensitivity,
        is_long_text=item.field_type in _LONG,
        max_length=_MOST_CHARACTERS if item.type == "string" else None,
        form=form_of(item),
        labels={option.value: option.label for option in item.options if option.label},
    )
