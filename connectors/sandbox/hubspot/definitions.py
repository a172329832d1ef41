"""Definitions of properties: what exists, of which type, and whether it may be written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from connectors.sandbox.hubspot.store import Store

NON_SENSITIVE: Final = "non_sensitive"


class Option(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One value that an enumeration allows."""

    label: str
    value: str
    display_order: int = -1
    hidden: bool = False
    description: str = ""


class ModificationMetadata(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What may be changed about a property."""

    archivable: bool = True
    read_only_definition: bool = False
    read_only_options: bool = False
    read_only_value: bool = False


class Definition(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One property of one object type."""

    name: str
    label: str
    type: str = "string"
    field_type: str = "text"
    group_name: str = "contactinformation"
    description: str = ""
    options: tuple[Option, ...] = ()
    display_order: int = -1
    calculated: bool = False
    external_options: bool = False
    referenced_object_type: str | msgspec.UnsetType = msgspec.UNSET
    has_unique_value: bool = False
    hidden: bool = False
    hubspot_defined: bool = False
    form_field: bool = False
    archived: bool = False
    archived_at: str | msgspec.UnsetType = msgspec.UNSET
    created_at: str = "2020-01-01T00:00:00.000Z"
    updated_at: str = "2020-01-01T00:00:00.000Z"
    data_sensitivity: str = NON_SENSITIVE
    sensitive_data_categories: tuple[str, ...] = ()
    modification_metadata: ModificationMetadata = ModificationMetadata()

    @property
    def is_writable(self) -> bool:
        """Whether the API takes a value for it."""
        return not (self.calculated or self.modification_metadata.read_only_value)

    @property
    def is_multiple(self) -> bool:
        """Whether a value may be several options, joined by semicolons."""
        return self.type == "enumeration" and self.field_type == "checkbox"


_DECODER: Final = msgspec.json.Decoder(Definition)


class Definitions:
    """The definitions of one account, by object type and name; kept in its store."""

    __slots__ = ("_by_type", "_store")

    def __init__(self, store: Store) -> None:
        self._store = store
        self._by_type: dict[str, dict[str, Definition]] = {}

    def of(self, object_type: str) -> Mapping[str, Definition]:
        """Every definition of an object type, archived ones as well."""
        if object_type not in self._by_type:
            self._by_type[object_type] = {
                name: _DECODER.decode(body)
                for name, body in self._store.documents(f"definition:{object_type}")
            }
        return self._by_type[object_type]

    def find(self, object_type: str, name: str) -> Definition | None:
        """Find a property that is in use."""
        found = self.of(object_type).get(name)
        return None if found is None or found.archived else found

    def put(self, object_type: str, definitions: Iterable[Definition]) -> None:
        """Add or replace definitions."""
        known = {**self.of(object_type)}
        for definition in definitions:
            known[definition.name] = definition
            self._store.put_document(f"definition:{object_type}", definition.name, definition)
        self._by_type[object_type] = known

    def knows(self, object_type: str) -> bool:
        """Whether the account has this object type."""
        return bool(self.of(object_type))
