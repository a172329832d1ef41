"""What an object type is made of: its fields, and how each is described, stored and shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from msgspec.json import decode

from connectors.sandbox.clock import from_ms
from connectors.sandbox.exchange import Json

Stored: TypeAlias = "str | int | float | None"
"""A value as the store keeps it: instants in milliseconds, booleans as 0 and 1."""
Row: TypeAlias = dict[str, Stored]

ADDRESS: Final = "Address"
ADDRESS_PARTS: Final = ("Street", "City", "State", "PostalCode", "Country")
"""What a compound address is made of: fields of their own, whose names begin as its name does."""
_NAME_PARTS: Final = ("FirstName", "LastName", "Salutation")
TEXT_TYPES: Final = frozenset(
    {
        *("string", "textarea", "picklist", "multipicklist", "email", "phone", "url"),
        *("combobox", "anyType", "encryptedstring"),
    }
)
NUMBER_TYPES: Final = frozenset({"int", "double", "currency", "percent"})
ID_TYPES: Final = frozenset({"id", "reference"})
LONGEST_FILTERED: Final = 255
"""A text area longer than this cannot be filtered or sorted by."""
_SOAP: Final = {
    "boolean": "xsd:boolean",
    "int": "xsd:int",
    "date": "xsd:date",
    "datetime": "xsd:dateTime",
    **dict.fromkeys(("double", "currency", "percent"), "xsd:double"),
    **dict.fromkeys(("id", "reference"), "tns:ID"),
    "anyType": "xsd:anyType",
    "address": "urn:address",
}
_ALWAYS: Final[Mapping[str, Json]] = {
    **dict.fromkeys(
        (
            *("aiPredictionField", "autoNumber", "calculated", "caseSensitive", "cascadeDelete"),
            *("dependentPicklist", "deprecatedAndHidden", "displayLocationInDecimal", "encrypted"),
            *("formulaTreatNullNumberAsZero", "highScaleNumber", "htmlFormatted"),
            *("restrictedDelete", "writeRequiresMasterRead"),
        ),
        False,
    ),
    **dict.fromkeys(
        (
            *("calculatedFormula", "controllerName", "defaultValueFormula", "filteredLookupInfo"),
            *("inlineHelpText", "mask", "maskType", "referenceTargetField", "relationshipOrder"),
        )
    ),
}
"""What the description of a field tells of things that the twin has none of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One value of a picklist. One that is not active stays on records and is not offered."""

    value: str
    label: str = ""
    is_active: bool = True
    is_default: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of an object type."""

    name: str
    type: str
    label: str = ""
    length: int = 0
    is_createable: bool = True
    is_updateable: bool = True
    is_nillable: bool = True
    is_defaulted: bool = False
    default: Stored = None
    options: tuple[Option, ...] = ()
    is_restricted: bool = False
    refers_to: tuple[str, ...] = ()
    relationship: str | None = None
    is_custom: bool = False
    is_external_id: bool = False
    is_unique: bool = False
    precision: int = 0
    scale: int = 0
    is_tracked: bool = False
    tells_of: str | None = None
    """The field whose presence it tells: the one formula that the twin works out."""

    @property
    def is_long(self) -> bool:
        """Tell whether it is a text too long to filter by."""
        return self.type == "textarea" and self.length > LONGEST_FILTERED

    @property
    def is_required(self) -> bool:
        """Tell whether a record cannot be made without it."""
        return self.is_createable and not self.is_nillable and not self.is_defaulted

    @property
    def is_polymorphic(self) -> bool:
        """Tell whether it may refer to records of several types."""
        return len(self.refers_to) > 1

    @property
    def is_filterable(self) -> bool:
        """Tell whether a query may filter and sort by it."""
        return not self.is_long and self.type != "address"

    def with_options(self, *options: Option, is_restricted: bool | None = None) -> Field:
        """Change the values of a picklist."""
        restricted = self.is_restricted if is_restricted is None else is_restricted
        return replace(self, options=options, is_restricted=restricted)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordType:
    """A kind of record. ``values`` are the picklist values it allows, by field."""

    id: str
    developer_name: str
    label: str = ""
    is_active: bool = True
    is_default: bool = False
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectType:
    """One type of record. ``fields`` are by their names in lower case, in order."""

    name: str
    label: str
    plural: str
    prefix: str
    fields: Mapping[str, Field]
    is_createable: bool = True
    is_updateable: bool = True
    is_deletable: bool = True
    record_types: tuple[RecordType, ...] = ()

    def field(self, name: str) -> Field | None:
        """Find a field; case does not matter."""
        return self.fields.get(name.lower())

    def with_fields(self, *fields: Field) -> ObjectType:
        """Add fields, or change them."""
        return replace(
            self, fields={**self.fields, **{field.name.lower(): field for field in fields}}
        )

    def follow(self, name: str) -> Field | None:
        """Find the field behind the name of a relationship."""
        low = name.lower()
        return next(
            (one for one in self.fields.values() if (one.relationship or "").lower() == low), None
        )


def stamp_of(ms: int) -> str:
    """Write an instant as Salesforce does."""
    at = from_ms(ms)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}+0000"


def shown_value(field_: Field, value: Stored) -> Json:
    """Show a stored value as JSON does."""
    if value is None:
        return None
    match field_.type:
        case "address":
            return address_of(field_, decode(str(value)))
        case "boolean":
            return bool(value)
        case "datetime":
            return stamp_of(int(value))
        case "int":
            return int(value)
        case "double" | "currency" | "percent":
            return float(value)
    return value


def described(field_: Field) -> dict[str, Json]:
    """Describe a field, under every key that recorded descriptions have."""
    is_text = field_.type in TEXT_TYPES
    return {
        **_ALWAYS,
        "aggregatable": field_.is_filterable and field_.type != "boolean",
        "byteLength": field_.length * 3 if is_text else field_.length,
        "compoundFieldName": _compound_of(field_),
        "createable": field_.is_createable,
        "custom": field_.is_custom,
        "defaultValue": shown_value(field_, field_.default),
        "defaultedOnCreate": field_.is_defaulted,
        "digits": 8 if field_.type == "int" else 0,
        "externalId": field_.is_external_id,
        "extraTypeInfo": "plaintextarea" if field_.type == "textarea" else _name_part(field_),
        "filterable": field_.is_filterable or field_.type == "address",
        "groupable": field_.is_filterable and field_.type not in _UNGROUPED,
        "idLookup": field_.type == "id" or field_.is_external_id or field_.name == "Email",
        "label": field_.label or field_.name,
        "length": field_.length,
        "name": field_.name,
        "nameField": field_.name == "Name",
        "namePointing": field_.is_polymorphic,
        "nillable": field_.is_nillable,
        "permissionable": field_.is_nillable and field_.type != "id",
        "picklistValues": [_offered(option) for option in field_.options],
        "polymorphicForeignKey": field_.is_polymorphic,
        "precision": field_.precision,
        "queryByDistance": field_.type == "address",
        "referenceTo": list(field_.refers_to),
        "relationshipName": field_.relationship,
        "restrictedPicklist": field_.is_restricted,
        "scale": field_.scale,
        "searchPrefilterable": bool(field_.refers_to) and "User" not in field_.refers_to,
        "soapType": _SOAP.get(field_.type, "xsd:string"),
        "sortable": field_.is_filterable,
        "type": field_.type,
        "unique": field_.is_unique,
        "updateable": field_.is_updateable,
    }


_UNGROUPED: Final = frozenset({"datetime", *NUMBER_TYPES - {"int"}})


def _compound_of(field_: Field) -> str | None:
    """Name the field that shows this one and others together."""
    if field_.name in _NAME_PARTS:
        return "Name"
    part = next((one for one in ADDRESS_PARTS if field_.name.endswith(one)), None)
    return None if part is None or field_.is_custom else field_.name.removesuffix(part) + ADDRESS


def _name_part(field_: Field) -> str | None:
    return "personname" if field_.name in _NAME_PARTS else None


def address_of(field_: Field, row: Row) -> Json:
    """Show a compound address; None where it has no part."""
    begins = field_.name.removesuffix(ADDRESS)
    parts: dict[str, Json] = {
        one[0].lower() + one[1:]: row.get(begins + one) for one in ADDRESS_PARTS
    }
    if not any(parts.values()):
        return None
    return {**parts, "geocodeAccuracy": None, "latitude": None, "longitude": None}


def _offered(option: Option) -> dict[str, Json]:
    return {
        "active": option.is_active,
        "defaultValue": option.is_default,
        "label": option.label or option.value,
        "validFor": None,
        "value": option.value,
    }
