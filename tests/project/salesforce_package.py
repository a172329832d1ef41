"""Writes the package that an org is deployed: the fields of the shipped map, who may see them, and lists.

The map says which fields there are and how long they may be, so the package is made from it and never
written by hand. Elements and their values are those of the Metadata API Developer Guide (CustomField,
PermissionSet, ListView); a permission set names no field that Salesforce always shows, such as a name,
because such a one cannot be deployed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, TypeAlias
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from connectors.salesforce.options import VERSION
from worker.cli.configure import copy_configuration
from worker.config.loader import load_configuration
from worker.core.configuration import Configuration
from worker.core.field_map import Managed, ObjectMap, SystemMap
from worker.core.follow_up import FollowUpState
from worker.core.model import Stage
from worker.core.records import FieldForm
from worker.core.setup_records import WantedField
from worker.core.wanted_fields import wanted_fields

ROOT: Final = Path(__file__).resolve().parents[2]
FOLDER: Final = "deploy/salesforce"
_MAIN: Final = f"{FOLDER}/force-app/main/default"
_INDIVIDUAL: Final = f"{FOLDER}/individual/main/default"
_SPACE: Final = "http://soap.sforce.com/2006/04/metadata"
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
_SHORT: Final = 255
"""The longest Text; a LongTextArea is longer."""
_LONGEST: Final = 32_768
Parts: TypeAlias = Sequence[tuple[str, "str | Parts"]]

_PLAIN: Final[Mapping[FieldForm, Parts]] = {
    FieldForm.INSTANT: (("type", "DateTime"),),
    FieldForm.DATE: (("type", "Date"),),
    FieldForm.NUMBER: (("precision", "18"), ("scale", "0"), ("type", "Number")),
    FieldForm.YES_NO: (("defaultValue", "false"), ("type", "Checkbox")),
}
_SHOWN_TO_ALL: Final = frozenset(
    {
        *("Id", "FirstName", "LastName", "Company", "OwnerId", "IsEmailBounced"),
        *("CreatedDate", "LastModifiedDate", "SystemModstamp"),
    }
)
"""Standard fields that have no permission of their own."""
_NAMED_AS: Final[Mapping[str, str]] = {
    "State": "Address",
    "PostalCode": "Address",
    "MailingState": "MailingAddress",
    "MailingPostalCode": "MailingAddress",
    "Account.Name": "AccountId",
}
"""Parts of a compound field, and what is reached by a lookup, under the name of their permission."""
_OPEN: Final = (FollowUpState.WAITING, FollowUpState.REMINDED, FollowUpState.OVERDUE)


def package(configuration: Configuration | None = None) -> Mapping[str, str]:
    """Give every generated file of the package by its path in the project."""
    found = configuration or _shipped()
    system = found.systems["salesforce"]
    names = {one.object_type: one.options["reads"] for one in system.objects}
    wanted = [
        (names[one.object_type], one)
        for one in wanted_fields(found, system)
        if one.name.endswith("__c")
    ]
    files = {
        f"{_MAIN}/objects/{name}/fields/{one.name}.field-meta.xml": _field(one)
        for name, one in wanted
    }
    for item in system.objects:
        if item.writes:
            files |= dict(_views(item))
    custom = tuple(f"{name}.{one.name}" for name, one in wanted)
    sets = f"{_MAIN}/permissionsets"
    files[f"{sets}/Leadtriage_Integration.permissionset-meta.xml"] = _integration(system, custom)
    files[f"{sets}/Leadtriage_Sales.permissionset-meta.xml"] = _sales(custom)
    files[f"{_INDIVIDUAL}/permissionsets/Leadtriage_Individual.permissionset-meta.xml"] = (
        _individual()
    )
    files[f"{FOLDER}/sfdx-project.json"] = _project()
    return files


def _shipped() -> Configuration:
    with TemporaryDirectory() as folder:
        copy_configuration(ROOT / "mappings", Path(folder), "salesforce", dry_run=False)
        return load_configuration(Path(folder))


# --- fields


def _field(field: WantedField) -> str:
    body: Parts = (
        ("fullName", field.name),
        ("description", field.description),
        ("label", field.label),
        ("required", "false"),
        *_type(field),
    )
    return _xml("CustomField", body)


def _type(field: WantedField) -> Parts:
    match field.form:
        case FieldForm.CHOICE:
            return (("type", "Picklist"), ("valueSet", _values(field)))
        case FieldForm.CHOICES:
            lines = (("type", "MultiselectPicklist"), ("valueSet", _values(field)))
            return (*lines, ("visibleLines", "6"))
        case FieldForm.TEXT | FieldForm.LONG_TEXT:
            return _text(field)
    return _PLAIN[field.form]


def _text(field: WantedField) -> Parts:
    """A Text where it is long enough: only such a one can be filtered by."""
    most = field.max_length or (_SHORT if field.form is FieldForm.TEXT else _LONGEST)
    if most <= _SHORT:
        return (("length", str(most)), ("type", "Text"))
    return (("length", str(most)), ("type", "LongTextArea"), ("visibleLines", "6"))


def _values(field: WantedField) -> Parts:
    """A list that people choose from takes no other word; ours grows with the configuration."""
    listed: Parts = tuple(
        (
            "value",
            (
                ("fullName", choice.value),
                ("default", "false"),
                ("label", choice.label if field.is_ours else choice.value),
            ),
        )
        for choice in field.choices
    )
    return (
        ("restricted", "false" if field.is_ours else "true"),
        ("valueSetDefinition", (("sorted", "false"), *listed)),
    )


# --- list views


def _views(item: ObjectMap) -> Iterator[tuple[str, str]]:
    name = item.options["reads"]
    to = {write.managed: write.target for write in item.writes}
    stages = next(write.values for write in item.writes if write.managed is Managed.STAGE)
    state = to[Managed.FOLLOW_UP_STATE]
    ready = _filter(to[Managed.STAGE], "equals", stages[Stage.SQL.value])
    due = (
        _filter(state, "equals", ",".join(_OPEN)),
        _filter(to[Managed.NEXT_STEP_DUE], "lessOrEqual", "TODAY"),
    )
    full = _filter(to[Managed.REASONS], "contains", "ROUTE_TEAM_AT_CAPACITY")
    late = _filter(state, "equals", FollowUpState.OVERDUE)
    shown = (Managed.STAGE, Managed.NEXT_STEP, Managed.NEXT_STEP_DUE, Managed.FOLLOW_UP_STATE)
    columns = ("FULL_NAME", "CORE.USERS.ALIAS", *(to[one] for one in shown))
    for view, label, scope, filters in (
        ("Leadtriage_Ready", "Ready leads", "Everything", (ready,)),
        ("Leadtriage_My_Due", "My hand-offs due", "Mine", due),
        ("Leadtriage_Waiting", "Waiting for capacity", "Everything", (full,)),
        ("Leadtriage_Overdue", "Follow-up overdue", "Everything", (late,)),
    ):
        body: Parts = (
            ("fullName", view),
            *(("columns", column) for column in columns),
            ("filterScope", scope),
            *filters,
            ("label", label),
        )
        path = f"{_MAIN}/objects/{name}/listViews/{view}.listView-meta.xml"
        yield path, _xml("ListView", body)


def _filter(field: str, operation: str, value: str) -> tuple[str, Parts]:
    return ("filters", (("field", field), ("operation", operation), ("value", value)))


# --- permission sets


def _integration(system: SystemMap, custom: Sequence[str]) -> str:
    can_edit = {*custom, *_standard_written(system)}
    fields = can_edit | set(_standard_read(system))
    body: Parts = (
        ("description", "What leadtriage's own user may see and write."),
        *(_on_field(name, is_editable=name in can_edit) for name in sorted(fields)),
        ("hasActivationRequired", "false"),
        ("label", "Leadtriage integration"),
        *(_on_object(name, can_edit=name in {"Lead", "Contact"}) for name in _OBJECTS),
        *(_user_permission(name) for name in _USER_PERMISSIONS),
    )
    return _xml("PermissionSet", body)


_OBJECTS: Final = ("Account", "Campaign", "Contact", "Lead")
_USER_PERMISSIONS: Final = (
    "ApiEnabled",
    "TransferAnyEntity",
    "TransferAnyLead",
    "ViewRoles",
    "ViewSetup",
)
"""To call; to give contacts and leads to others; to see limits and permissions, not without ViewRoles."""


def _standard_written(system: SystemMap) -> Iterator[str]:
    for item in system.objects:
        for write in item.writes:
            if not write.target.endswith("__c") and write.managed is not Managed.OWNER:
                yield f"{item.options['reads']}.{write.target}"


def _standard_read(system: SystemMap) -> Iterator[str]:
    for item in system.objects:
        for read in item.reads if item.writes else ():
            source = _NAMED_AS.get(read.source, read.source)
            if read.source.startswith("Account."):
                yield read.source
            if source.endswith("__c") or source in _SHOWN_TO_ALL or "." in source:
                continue
            yield f"{item.options['reads']}.{source}"


def _sales(custom: Sequence[str]) -> str:
    body: Parts = (
        ("description", "What sales sees of leadtriage. Its fields are read and not edited."),
        *(_on_field(name, is_editable=False) for name in sorted(custom)),
        ("hasActivationRequired", "false"),
        ("label", "Leadtriage sales"),
    )
    return _xml("PermissionSet", body)


def _individual() -> str:
    """Stands apart: an org without Individuals refuses a package that names one."""
    names = ("Contact.IndividualId", "Individual.HasOptedOutSolicit", "Lead.IndividualId")
    body: Parts = (
        ("description", "What leadtriage's own user sees of Individuals."),
        *(_on_field(name, is_editable=False) for name in names),
        ("hasActivationRequired", "false"),
        ("label", "Leadtriage individual"),
        _on_object("Individual", can_edit=False),
    )
    return _xml("PermissionSet", body)


def _on_field(name: str, *, is_editable: bool) -> tuple[str, Parts]:
    editable = "true" if is_editable else "false"
    return (
        "fieldPermissions",
        (("editable", editable), ("field", name), ("readable", "true")),
    )


def _on_object(name: str, *, can_edit: bool) -> tuple[str, Parts]:
    return (
        "objectPermissions",
        (
            ("allowCreate", "false"),
            ("allowDelete", "false"),
            ("allowEdit", "true" if can_edit else "false"),
            ("allowRead", "true"),
            ("modifyAllRecords", "false"),
            ("object", name),
            ("viewAllRecords", "true"),
        ),
    )


def _user_permission(name: str) -> tuple[str, Parts]:
    return ("userPermissions", (("enabled", "true"), ("name", name)))


# --- files


def _project() -> str:
    return (
        "{\n"
        '  "packageDirectories": [\n'
        '    { "path": "force-app", "default": true },\n'
        '    { "path": "individual" }\n'
        "  ],\n"
        '  "name": "leadtriage",\n'
        '  "namespace": "",\n'
        '  "sfdcLoginUrl": "https://login.salesforce.com",\n'
        f'  "sourceApiVersion": "{VERSION}"\n'
        "}\n"
    )


def _xml(name: str, parts: Parts) -> str:
    root = Element(name, xmlns=_SPACE)
    _fill(root, parts)
    indent(root, " " * 4)
    return f"{_HEAD}{tostring(root, encoding='unicode')}\n"


def _fill(element: Element, parts: Parts) -> None:
    for name, inside in parts:
        child = SubElement(element, name)
        if isinstance(inside, str):
            child.text = inside
        else:
            _fill(child, inside)
