"""The schema of an org as the integration user sees it: what is hidden from a user is not there.

A field hidden by field-level security is absent from describe and unknown to a query, as if it did
not exist. That is how a consent field can vanish without an error at the set-up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from msgspec.json import decode, encode

from connectors.sandbox.exchange import Json
from connectors.sandbox.salesforce.errors import RefusedError, refusal
from connectors.sandbox.salesforce.features import Feature, types_of_features, with_features
from connectors.sandbox.salesforce.fields import Field, ObjectType, Option, RecordType, described
from connectors.sandbox.salesforce.parts import PARTS
from connectors.sandbox.salesforce.standard import standard_types
from connectors.sandbox.salesforce.store import NAME_FIELDS, Store

MASTER_RECORD_TYPE: Final = "012000000000000AAA"
_SIGHT: Final = "sight"
_Sight: TypeAlias = tuple[set[tuple[str, str]], set[tuple[str, str]], set[str]]


@dataclass(slots=True, kw_only=True)
class Schema:
    """The object types of an org. ``changed_at`` is when the last of them changed, in ms."""

    store: Store
    types: dict[str, ObjectType] = field(default_factory=dict)
    hidden: set[tuple[str, str]] = field(default_factory=set)
    read_only: set[tuple[str, str]] = field(default_factory=set)
    hidden_types: set[str] = field(default_factory=set)
    """Object types that the integration user may not see at all, or that the org has switched off."""
    changed_at: dict[str, int] = field(default_factory=dict)

    def put(self, object_type: ObjectType, at: int = 0) -> None:
        """Add an object type, or change it."""
        self.store.define(object_type)
        self.types[object_type.name.lower()] = object_type
        self.changed_at[object_type.name] = at

    def change(self, object_type: ObjectType, at: int) -> None:
        """Change an object type for good: it stays so when the file is opened again."""
        self.put(object_type, at)
        self.store.keep_type(object_type.name, encode(object_type))

    def of(self, name: str) -> ObjectType:
        """Find an object type, with all its fields.

        Raises:
            KeyError: The org has none of this name.
        """
        return self.types[name.lower()]

    def seen(self, name: str) -> ObjectType | None:
        """Find an object type as the integration user sees it; None when there is none."""
        found = self.types.get(name.lower())
        if found is None or found.name in self.hidden_types:
            return None
        fields = {
            key: self._seen(found.name, one)
            for key, one in found.fields.items()
            if (found.name, one.name) not in self.hidden
        }
        return replace(found, fields=fields)

    def _seen(self, type_: str, field_: Field) -> Field:
        if (type_, field_.name) in self.read_only:
            return replace(field_, is_createable=False, is_updateable=False)
        return field_

    def by_prefix(self, id_: str) -> ObjectType | None:
        """Find the type of a record by the first three characters of its id."""
        return next((one for one in self.types.values() if one.prefix == id_[:3]), None)

    # What an administrator does

    def add_fields(self, type_: str, *fields: Field, at: int = 0) -> None:
        """Add custom fields, as deploying a package of metadata does."""
        custom = (
            one
            if one.relationship or not one.refers_to
            else replace(one, relationship=_custom(one))
            for one in fields
        )
        self.change(
            self.of(type_).with_fields(*(replace(one, is_custom=True) for one in custom)), at
        )

    def set_options(
        self, type_: str, name: str, values: Iterable[str], *, is_restricted: bool, at: int = 0
    ) -> None:
        """Change the values of a picklist; the first is the default where there is one."""
        present = self.of(type_).fields[name.lower()]
        options = tuple(
            Option(value=value, is_default=place == 0 and present.is_defaulted)
            for place, value in enumerate(values)
        )
        changed = present.with_options(*options, is_restricted=is_restricted)
        if present.is_defaulted and options:
            changed = replace(changed, default=options[0].value)
        self.change(self.of(type_).with_fields(changed), at)

    def set_record_types(self, type_: str, *record_types: RecordType, at: int = 0) -> None:
        """Give an object type its kinds of record."""
        self.change(replace(self.of(type_), record_types=record_types), at)

    def hide(self, type_: str, *names: str, at: int = 0) -> None:
        """Take fields from the sight of the integration user."""
        self.hidden |= {(type_, self.of(type_).fields[name.lower()].name) for name in names}
        self._seen_anew(type_, at)

    def hide_types(self, *names: str) -> None:
        """Take object types from the sight of the integration user, or switch them off."""
        self.hidden_types |= set(names)
        self._keep_sight()

    def show(self, type_: str, *names: str, at: int = 0) -> None:
        """Give fields back to the sight of the integration user, to be written as well."""
        given = {(type_, self.of(type_).fields[name.lower()].name) for name in names}
        self.hidden -= given
        self.read_only -= given
        self._seen_anew(type_, at)

    def protect(self, type_: str, *names: str, at: int = 0) -> None:
        """Let the integration user read fields and not write them."""
        self.read_only |= {(type_, self.of(type_).fields[name.lower()].name) for name in names}
        self._seen_anew(type_, at)

    def _seen_anew(self, type_: str, at: int) -> None:
        self.changed_at[type_] = at
        self._keep_sight()

    def _keep_sight(self) -> None:
        """Keep what is hidden, so that it is when the file is opened again."""
        sight = (sorted(self.hidden), sorted(self.read_only), sorted(self.hidden_types))
        self.store.keep_setting(_SIGHT, encode(sight))


def _custom(field_: Field) -> str:
    return field_.name.removesuffix("__c") + "__r"


def open_schema(store: Store, features: frozenset[Feature] = frozenset()) -> Schema:
    """Give an org its standard object types, and what was changed of them and hidden before."""
    schema = Schema(store=store)
    kept = [decode(body, type=ObjectType) for body in store.kept_types()]
    for object_type in (*standard_types(), *types_of_features(features), *kept):
        schema.put(with_features(object_type, features))
    sight = store.setting(_SIGHT)
    if sight is not None:
        schema.hidden, schema.read_only, schema.hidden_types = decode(sight, type=_Sight)
    return schema


def unknown_type(name: str) -> RefusedError:
    """Make the refusal of an object type that a query names and the org does not have."""
    return refusal(
        "INVALID_TYPE",
        f"sObject type '{name}' is not supported. If you are attempting to use a custom object, be "
        "sure to append the '__c' after the entity name.",
    )


def name_type() -> ObjectType:
    """Make the common face of what a reference to several types may point at."""
    fields = {
        name.lower(): Field(
            name=name,
            type={"Id": "id", "IsActive": "boolean"}.get(name, "string"),
            length=255,
            is_createable=False,
            is_updateable=False,
        )
        for name in NAME_FIELDS
    }
    return ObjectType(name="Name", label="Name", plural="Names", prefix="", fields=fields)


_ABILITIES: Final[Mapping[str, Json]] = {
    "activateable": False,
    "customSetting": False,
    "deprecatedAndHidden": False,
    "feedEnabled": True,
    "hasSubtypes": False,
    "isInterface": False,
    "isSubtype": False,
    "layoutable": True,
    "mruEnabled": True,
    "queryable": True,
    "replicateable": True,
    "retrieveable": True,
    "searchable": True,
    "triggerable": True,
}


def summarised(object_type: ObjectType, base: str) -> dict[str, Json]:
    """Describe an object type in short, as the list of all does."""
    name = object_type.name
    root = f"{base}/sobjects/{name}"
    return {
        **_ABILITIES,
        "createable": object_type.is_createable,
        "custom": name.endswith("__c"),
        "deletable": object_type.is_deletable,
        "keyPrefix": object_type.prefix,
        "label": object_type.label,
        "labelPlural": object_type.plural,
        "mergeable": name in {"Lead", "Contact", "Account"},
        "name": name,
        "undeletable": object_type.is_deletable,
        "updateable": object_type.is_updateable,
        "urls": {
            "rowTemplate": f"{root}/{{ID}}",
            "describe": f"{root}/describe",
            "sobject": root,
        },
    }


_NOTHING: Final[Mapping[str, Json]] = {
    **dict.fromkeys(
        (
            *("associateEntityType", "associateParentEntity", "defaultImplementation"),
            *("extendedBy", "extendsInterfaces", "implementedBy", "implementsInterfaces"),
            *("listviewable", "lookupLayoutable", "networkScopeFieldName"),
        )
    ),
    "compactLayoutable": True,
    "deepCloneable": False,
    "searchLayoutable": True,
    "sobjectDescribeOption": "FULL",
}
"""What a full description tells besides, of things that the twin has none of."""


def described_type(object_type: ObjectType, schema: Schema, base: str) -> dict[str, Json]:
    """Describe an object type in full."""
    kinds: list[Json] = [
        _kind(kind, object_type.name, base) for kind in _with_master(object_type.record_types)
    ]
    return {
        **_NOTHING,
        **summarised(object_type, base),
        "actionOverrides": [],
        "childRelationships": [*_children(object_type.name, schema)],
        "fields": [described(one) for one in object_type.fields.values()],
        "namedLayoutInfos": [],
        "recordTypeInfos": kinds,
        "supportedScopes": [{"label": f"All {object_type.plural}", "name": "everything"}],
    }


def _children(name: str, schema: Schema) -> Iterator[Json]:
    """List the fields of other object types that refer to this one."""
    seen = (schema.seen(key) for key in sorted(schema.types))
    for child in (one for one in seen if one is not None):
        for field_ in child.fields.values():
            if name in field_.refers_to and field_.name != "MasterRecordId":
                yield _child(name, child, field_)


def _child(name: str, child: ObjectType, field_: Field) -> Json:
    is_part = (child.name, field_.name) in PARTS.get(name, ())
    return {
        "cascadeDelete": is_part or child.name.endswith("History"),
        "childSObject": child.name,
        "deprecatedAndHidden": False,
        "field": field_.name,
        "junctionIdListNames": [],
        "junctionReferenceTo": [],
        "relationshipName": child.plural if field_.is_createable else None,
        "restrictedDelete": False,
    }


def _with_master(kinds: tuple[RecordType, ...]) -> tuple[RecordType, ...]:
    has_default = any(kind.is_default for kind in kinds)
    master = RecordType(
        id=MASTER_RECORD_TYPE, developer_name="Master", label="Master", is_default=not has_default
    )
    return (*kinds, master)


def _kind(kind: RecordType, type_: str, base: str) -> dict[str, Json]:
    layout = f"{base}/sobjects/{type_}/describe/layouts/{kind.id}"
    return {
        "active": kind.is_active,
        "available": kind.is_active,
        "defaultRecordTypeMapping": kind.is_default,
        "developerName": kind.developer_name,
        "master": kind.id == MASTER_RECORD_TYPE,
        "name": kind.label or kind.developer_name,
        "recordTypeId": kind.id,
        "urls": {"layout": layout},
    }
