"""What an org says of its objects: fields, types, lists of choices, related records.

A field that field-level security hides from us is not in the description at all, and a query that names
it fails. So what is asked for is held against the description first, and what is not there is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from threading import Lock
from typing import Final

import msgspec

from connectors.salesforce import paths
from connectors.salesforce.labels import Labels
from connectors.salesforce.rows import NUMBERS
from connectors.salesforce.soql import is_name
from connectors.salesforce.transport import Transport
from worker.core.records import FieldDescription, FieldForm, Sensitivity
from worker.errors import FixDataError

_LISTS: Final = frozenset({"picklist", "multipicklist"})
_COMPOUND: Final = frozenset({"address", "location", "complexvalue", "base64", "anyType"})
"""Types that are no text; a bulk query refuses them."""
_TEXTS: Final = frozenset({"string", "textarea", "email", "phone", "url", "encryptedstring"})
_FORMS: Final[Mapping[str, FieldForm]] = {
    **dict.fromkeys((*_TEXTS, "id", "reference", "combobox"), FieldForm.TEXT),
    **dict.fromkeys(NUMBERS, FieldForm.NUMBER),
    "picklist": FieldForm.CHOICE,
    "multipicklist": FieldForm.CHOICES,
    "boolean": FieldForm.YES_NO,
    "date": FieldForm.DATE,
    "datetime": FieldForm.INSTANT,
}
_LONGEST_SHORT: Final = 255
_ANYBODY: Final[Mapping[str, str]] = {
    "Name": "string", "Type": "picklist", "Email": "email", "IsActive": "boolean",
    "Username": "string", "FirstName": "string", "LastName": "string", "Title": "string",
}  # fmt: skip
"""What can be asked of a related record of several objects (Object Reference, Name)."""


class Choice(msgspec.Struct):
    """One word of a picklist; an inactive one may stand in a record, and cannot be chosen any more."""

    value: str
    active: bool = True
    label: str | None = None


class FieldShape(msgspec.Struct, rename="camel"):
    """One field of an object."""

    name: str
    type: str = "string"
    updateable: bool = False
    filterable: bool = False
    sortable: bool = False
    length: int = 0
    restricted_picklist: bool = False
    picklist_values: list[Choice] = []
    reference_to: list[str] = []
    relationship_name: str | None = None

    @property
    def can_be_walked(self) -> bool:
        """Tell whether a query may filter and sort by it."""
        return self.filterable and self.sortable

    @property
    def choices(self) -> tuple[str, ...] | None:
        """Name the values that may be chosen; None where the list is open or empty."""
        if self.type == "boolean":
            return ("true", "false")
        if self.type not in _LISTS:
            return None
        return tuple(one.value for one in self.picklist_values if one.active) or None

    def describe(self, prefix: str = "") -> FieldDescription:
        """Put it into the worker's terms; a field of a related record is only read."""
        return FieldDescription(
            name=prefix + self.name,
            options=self.choices,
            is_writable=self.updateable and not prefix,
            is_long_text=self._is_long,
            max_length=self.length if self.type in _TEXTS and self.length else None,
            form=self._form,
            labels={one.value: one.label for one in self.picklist_values if one.label},
        )

    @property
    def _is_long(self) -> bool:
        return self.type == "textarea" and self.length > _LONGEST_SHORT

    @property
    def _form(self) -> FieldForm | None:
        return FieldForm.LONG_TEXT if self._is_long else _FORMS.get(self.type)


class RecordKind(msgspec.Struct, rename="camel"):
    """A record type: each allows choices of its own. The master one is that of records without any."""

    record_type_id: str = ""
    name: str = ""
    active: bool = True
    available: bool = True
    master: bool = False


class _Described(msgspec.Struct):
    name: str
    fields: list[FieldShape] = []
    kinds: list[RecordKind] = msgspec.field(name="recordTypeInfos", default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """An object as we may see it now."""

    name: str
    fields: Mapping[str, FieldShape]
    kinds: tuple[RecordKind, ...] = ()

    @property
    def takes_queues(self) -> bool:
        """Tell whether a queue, which is a group, can own a record."""
        owner = self.fields.get("OwnerId")
        return owner is None or "Group" in owner.reference_to

    def relation(self, name: str) -> FieldShape | None:
        """Find the field behind a relationship."""
        return next((one for one in self.fields.values() if one.relationship_name == name), None)


_DECODER = msgspec.json.Decoder(_Described)


def read_shape(body: bytes) -> Shape:
    """Parse a description. Raises ``msgspec.DecodeError`` for what is none."""
    described = _DECODER.decode(body)
    fields = [one for one in described.fields if one.type not in _COMPOUND and is_name(one.name)]
    kinds = (one for one in described.kinds if one.active and one.available and not one.master)
    return Shape(name=described.name, fields={one.name: one for one in fields}, kinds=tuple(kinds))


class ShapeBook:
    """The descriptions of an org's objects, each asked for once in a pass over the object types.

    Several object types are read of one object. When one of them is described that was described or read
    before, another pass begins, and everything is asked for anew; a query that fails for a field asks anew
    in any case.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._lock = Lock()
        self._shapes: dict[str, Shape] = {}
        self._unseen: set[str] = set()
        self._passed: set[str] = set()

    def pass_by(self, object_type: str) -> None:
        """Note that an object type is described or read."""
        with self._lock:
            self._passed.add(object_type)

    def begin(self, object_type: str) -> None:
        """Forget what is known if this object type was passed by before."""
        with self._lock:
            if object_type in self._passed:
                for known in (self._passed, self._shapes, self._unseen):
                    known.clear()

    def of(self, name: str) -> Shape:
        """Give a description, as it was when it was last asked for."""
        known = self._shapes.get(name)
        return self.load(name) if known is None else known

    def load(self, name: str) -> Shape:
        """Ask for a description."""
        shape = self._transport.call(paths.DESCRIBE, read_shape, path={"object": name})
        with self._lock:
            self._shapes[name] = shape
        return shape

    def types(self, name: str, fields: Iterable[str]) -> dict[str, str]:
        """Give the types of those fields that are there, also those of related records."""
        found = {field: self._type(self.of(name), field) for field in fields if is_name(field)}
        return {field: kind for field, kind in found.items() if kind is not None}

    def target(self, shape: Shape, relation: str) -> Shape | None:
        """Give the object a relationship leads to; None if there is none, or more than one."""
        field = shape.relation(relation)
        if field is None or len(field.reference_to) != 1 or field.reference_to[0] in self._unseen:
            return None
        try:
            return self.of(field.reference_to[0])
        except FixDataError:
            self._unseen.add(field.reference_to[0])
            return None  # an object that is switched off, or that we may not see

    def _type(self, shape: Shape, field: str) -> str | None:
        relation, dot, rest = field.partition(".")
        if not dot:
            found = shape.fields.get(field)
            return None if found is None else found.type
        target = self.target(shape, relation)
        if target is not None:
            return self._type(target, rest)
        link = shape.relation(relation)
        return _ANYBODY.get(rest) if link is not None and len(link.reference_to) > 1 else None

    def describe(
        self, shape: Shape, related: Iterable[str], labels: Labels
    ) -> tuple[FieldDescription, ...]:
        """Describe the fields of an object, and those that can be read of related records."""
        found = _described(shape, "", labels)
        for link in shape.fields.values():
            if link.relationship_name and len(link.reference_to) > 1:
                names = [f"{link.relationship_name}.{name}" for name in _ANYBODY]
                found += [FieldDescription(name=name, is_writable=False) for name in names]
        for relation in related:
            target = self.target(shape, relation)
            if target is not None:
                found += _described(target, f"{relation}.", labels)
        return tuple(found)


def _described(shape: Shape, prefix: str, labels: Labels) -> list[FieldDescription]:
    fields = [(name, one.describe(prefix)) for name, one in shape.fields.items()]
    return [
        replace(one, sensitivity=labels.get((shape.name, name), Sensitivity.NONE))
        for name, one in fields
    ]
