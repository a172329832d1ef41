"""Definitions of properties over HTTP: list, read, make, change, archive, and their groups."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from connectors.sandbox.exchange import Answer, Json, json_answer
from connectors.sandbox.hubspot.account import Account
from connectors.sandbox.hubspot.definitions import (
    NON_SENSITIVE,
    Definition,
    ModificationMetadata,
    Option,
)
from connectors.sandbox.hubspot.errors import (
    Category,
    RefusedError,
    batch_entry,
    decoded,
    invalid,
    not_found,
)
from connectors.sandbox.hubspot.paging import Call, batch_answer

STANDARD_GROUPS: Final = ("contactinformation", "emailinformation", "conversioninformation")
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,99}")
_FIELDS: Final = {
    "string": frozenset({"text", "textarea", "file", "html", "phonenumber"}),
    "number": frozenset({"number", "calculation_equation"}),
    "bool": frozenset({"booleancheckbox", "calculation_equation"}),
    "date": frozenset({"date"}),
    "datetime": frozenset({"date"}),
    "enumeration": frozenset({"select", "radio", "checkbox", "booleancheckbox"}),
}


class NewProperty(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What makes a property."""

    name: str
    label: str
    type: str
    field_type: str
    group_name: str
    description: str = ""
    options: tuple[Option, ...] = ()
    display_order: int = -1
    has_unique_value: bool = False
    hidden: bool = False
    form_field: bool = False
    external_options: bool = False
    data_sensitivity: str = NON_SENSITIVE


class ChangedProperty(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True
):
    """What may be changed about a property later."""

    label: str | None = None
    description: str | None = None
    group_name: str | None = None
    options: tuple[Option, ...] | None = None
    hidden: bool | None = None
    display_order: int | None = None


class NewGroup(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A group of properties."""

    name: str
    label: str
    display_order: int = -1
    archived: bool = False


class Name(msgspec.Struct, frozen=True, kw_only=True):
    """A property by its name."""

    name: str


class NewProperties(msgspec.Struct, frozen=True, kw_only=True):
    """The body of a batch create."""

    inputs: tuple[NewProperty, ...]


class Names(msgspec.Struct, frozen=True, kw_only=True):
    """The body of a batch read or archive."""

    inputs: tuple[Name, ...]
    archived: bool = False


_NEW: Final = msgspec.json.Decoder(NewProperty)
_CHANGED: Final = msgspec.json.Decoder(ChangedProperty)
_GROUP: Final = msgspec.json.Decoder(NewGroup)
_BATCH: Final = msgspec.json.Decoder(NewProperties)
_NAMES: Final = msgspec.json.Decoder(Names)


def list_properties(call: Call) -> Answer:
    """GET /crm/v3/properties/{objectType}: of one level of sensitivity, the harmless by default."""
    object_type = call.account.object_type(call.params["objectType"])
    level = call.request.one("dataSensitivity", NON_SENSITIVE)
    is_archived = call.flag("archived")
    found = [
        definition
        for definition in call.account.definitions.of(object_type).values()
        if definition.archived == is_archived and definition.data_sensitivity == level
    ]
    return json_answer({"results": found})


def read_property(call: Call) -> Answer:
    """GET /crm/v3/properties/{objectType}/{propertyName}."""
    return json_answer(_found(call, call.params["propertyName"], is_archived=call.flag("archived")))


def create_property(call: Call) -> Answer:
    """POST /crm/v3/properties/{objectType}."""
    object_type = call.account.object_type(call.params["objectType"])
    made = _made(call.account, object_type, decoded(call.request.body, _NEW))
    call.account.definitions.put(object_type, [made])
    return json_answer(made, 201)


def change_property(call: Call) -> Answer:
    """PATCH /crm/v3/properties/{objectType}/{propertyName}."""
    object_type = call.account.object_type(call.params["objectType"])
    present = _found(call, call.params["propertyName"], is_archived=False)
    if present.modification_metadata.read_only_definition:
        raise invalid(f"The definition of {present.name} cannot be changed.")
    body = decoded(call.request.body, _CHANGED)
    if body.options is not None:
        _refuse_options(present, body.options)
    given = msgspec.structs.asdict(body)
    wanted = {name: value for name, value in given.items() if value is not None}
    changed = msgspec.structs.replace(present, **wanted, updated_at=call.account.stamp())
    call.account.definitions.put(object_type, [changed])
    return json_answer(changed)


def archive_property(call: Call) -> Answer:
    """DELETE /crm/v3/properties/{objectType}/{propertyName}."""
    object_type = call.account.object_type(call.params["objectType"])
    _archive(call, object_type, _found(call, call.params["propertyName"], is_archived=False))
    return Answer(status=204)


def batch_create_properties(call: Call) -> Answer:
    """POST .../batch/create: those that cannot be made are errors and make a 207."""
    object_type = call.account.object_type(call.params["objectType"])
    results: list[object] = []
    errors: list[Json] = []
    for new in decoded(call.request.body, _BATCH).inputs:
        try:
            made = _made(call.account, object_type, new)
        except RefusedError as refused:
            errors.append(batch_entry(refused))
            continue
        call.account.definitions.put(object_type, [made])
        results.append(made)
    return batch_answer(call, results, errors, 201)


def batch_read_properties(call: Call) -> Answer:
    """POST .../batch/read."""
    results: list[object] = []
    errors: list[Json] = []
    body = decoded(call.request.body, _NAMES)
    for wanted in body.inputs:
        try:
            results.append(_found(call, wanted.name, is_archived=body.archived))
        except RefusedError as refused:
            errors.append(batch_entry(refused))
    return batch_answer(call, results, errors)


def batch_archive_properties(call: Call) -> Answer:
    """POST .../batch/archive."""
    object_type = call.account.object_type(call.params["objectType"])
    for wanted in decoded(call.request.body, _NAMES).inputs:
        _archive(call, object_type, _found(call, wanted.name, is_archived=False))
    return Answer(status=204)


def list_groups(call: Call) -> Answer:
    """GET /crm/v3/properties/{objectType}/groups."""
    return json_answer({"results": _groups(call)})


def read_group(call: Call) -> Answer:
    """GET /crm/v3/properties/{objectType}/groups/{groupName}."""
    for group in _groups(call):
        if group.name == call.params["groupName"]:
            return json_answer(group)
    raise not_found()


def create_group(call: Call) -> Answer:
    """POST /crm/v3/properties/{objectType}/groups."""
    object_type = call.account.object_type(call.params["objectType"])
    new = decoded(call.request.body, _GROUP)
    if not _NAME.fullmatch(new.name):
        raise invalid("The name of a group has lower-case letters, digits and underscores.")
    if any(group.name == new.name for group in _groups(call)):
        raise RefusedError(409, Category.CONFLICT, f"A group named {new.name} already exists.")
    call.account.store.put_document(f"group:{object_type}", new.name, new)
    return json_answer(new, 201)


def _groups(call: Call) -> list[NewGroup]:
    object_type = call.account.object_type(call.params["objectType"])
    standard = [NewGroup(name=name, label=name.capitalize()) for name in STANDARD_GROUPS]
    own = call.account.store.documents(f"group:{object_type}")
    return [*standard, *(_GROUP.decode(body) for _, body in own)]


def _made(account: Account, object_type: str, new: NewProperty) -> Definition:
    if not _NAME.fullmatch(new.name):
        raise invalid("The name of a property has lower-case letters, digits and underscores.")
    if new.field_type not in _FIELDS.get(new.type, frozenset()):
        raise invalid(f"A property of type {new.type} cannot have the field {new.field_type}.")
    is_choice = new.type in {"enumeration", "bool"}
    if new.type == "enumeration" and not new.options and not new.external_options:
        raise invalid("An enumeration needs options.")
    if new.options and not is_choice:
        raise invalid(f"A property of type {new.type} has no options.")
    _refuse_repeated(new.options)
    _refuse_unknown_group(account, object_type, new.group_name)
    if account.definitions.find(object_type, new.name) is not None:
        raise RefusedError(409, Category.CONFLICT, f"A property named {new.name} already exists.")
    if account.custom_properties(object_type) >= account.most_custom_properties:
        raise invalid("The account has as many custom properties as it may have.")
    at = account.stamp()
    return Definition(
        **msgspec.structs.asdict(new),
        created_at=at,
        updated_at=at,
        modification_metadata=ModificationMetadata(),
    )


def _refuse_options(present: Definition, options: tuple[Option, ...]) -> None:
    if present.modification_metadata.read_only_options:
        raise invalid(f"The options of {present.name} cannot be changed.")
    if present.type == "enumeration" and not options:
        raise invalid("An enumeration needs options.")
    _refuse_repeated(options)


def _refuse_repeated(options: tuple[Option, ...]) -> None:
    """No two options may have the same value, or look the same."""
    for texts in ([o.value for o in options], [o.label.casefold() for o in options]):
        if len(set(texts)) < len(texts):
            raise invalid("Each option needs a value and a label of its own.")


def _refuse_unknown_group(account: Account, object_type: str, name: str) -> None:
    is_own = account.store.document(f"group:{object_type}", name) is not None
    if not is_own and name not in STANDARD_GROUPS:
        raise invalid(f"There is no group of properties named {name}.")


def _found(call: Call, name: str, *, is_archived: bool) -> Definition:
    object_type = call.account.object_type(call.params["objectType"])
    definition = call.account.definitions.of(object_type).get(name)
    if definition is None or definition.archived != is_archived:
        raise not_found(f"Property {name} does not exist.")
    return definition


def _archive(call: Call, object_type: str, definition: Definition) -> None:
    if not definition.modification_metadata.archivable:
        raise invalid(f"{definition.name} cannot be archived.")
    at = call.account.stamp()
    binned = msgspec.structs.replace(definition, archived=True, archived_at=at)
    call.account.definitions.put(object_type, [binned])
