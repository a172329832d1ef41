"""Makes the package that an org is deployed: our fields, who may see them, and lists that people work from.

The map says which fields there are and how long they may be, so the package is made from it and never
written by hand. Elements, their order and their values are those of the Metadata API Developer Guide
(CustomField, PermissionSet, ListView), as orgs that were retrieved show them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Final

from connectors.salesforce.options import LOGIN_URL, VERSION
from connectors.salesforce.package_access import (
    PEOPLE,
    inactive_owners_set,
    individual_set,
    integration_set,
    own_fields_set,
    sales_set,
)
from connectors.salesforce.package_xml import Parts, xml, yes_no
from connectors.salesforce.standing import (
    INACTIVE_OWNERS,
    OURS,
    PERMISSION_SET,
    assign_command,
    deploy_command,
)
from worker.core.records import FieldForm
from worker.core.setup_records import (
    ListRule,
    ListTest,
    Package,
    PackageOrder,
    WantedField,
    WantedList,
)

_MAIN: Final = "force-app/main/default"
_APART: Final[Mapping[str, str]] = {
    "Leadtriage_Individual": "individual",
    "Leadtriage_Own_Fields": "own-fields",
    INACTIVE_OWNERS: "inactive-owners",
}
"""Permission sets that not every org takes, and the folder of each."""
_SHORT: Final = 255
"""The longest Text; a LongTextArea is longer."""
_LONGEST: Final = 32_768
_NEVER_REQUIRED: Final = ("Checkbox", "LongTextArea")
"""Types that have no such element."""
_OF_PERSONS: Final = "__pc"
"""How a person account calls the custom fields of its contact."""
_WHO: Final = ("FULL_NAME", "CORE.USERS.ALIAS")
"""The first columns of a list: the name, and whose it is; as lists of leads and of contacts call them."""
_OPERATIONS: Final[Mapping[ListTest, str]] = {
    ListTest.IS: "equals",
    ListTest.HAS: "contains",
    ListTest.BY_TODAY: "lessOrEqual",
}
_PLAIN: Final[Mapping[FieldForm, Parts]] = {
    FieldForm.INSTANT: (("type", "DateTime"),),
    FieldForm.DATE: (("type", "Date"),),
    FieldForm.NUMBER: (("precision", "18"), ("scale", "0"), ("type", "Number")),
    FieldForm.YES_NO: (("defaultValue", "false"), ("type", "Checkbox")),
}


def make_package(order: PackageOrder) -> Package:
    """Make the package for one map; what an organisation made itself is not in it, but who sees it is."""
    written = {_place(order, one.object_type, one.name): one for one in order.fields}
    ours = {place: one for place, one in written.items() if _is_ours(place)}
    read = {_place(order, kind, name) for kind, names in order.reads.items() for name in names}
    sets = _sets(order, ours.keys(), written.keys() - ours.keys(), read - ours.keys())
    apart = [folder for name, folder in _APART.items() if name in sets]
    files = {_path_of(place): _field(place, one) for place, one in ours.items()}
    files |= dict(_lists(order, ours))
    files |= {_path_of_set(name): text for name, text in sets.items()}
    files["sfdx-project.json"] = _project(order, apart)
    theirs = sorted(place for place in written.keys() - ours.keys() if _is_custom(place))
    return Package(files=files, commands=tuple(_commands(sets)), not_held=tuple(theirs))


def _sets(order: PackageOrder, ours: Set[str], written: Set[str], read: Set[str]) -> dict[str, str]:
    """Write the permission sets that this map asks for; ``written`` and ``read`` are not ours."""
    own_written = {place for place in written if _is_custom(place)}
    own_read = {place for place in read if _is_custom(place) and "__r." not in place}
    changed = frozenset(_object(order, one.object_type) for one in order.fields)
    sets = {
        PERMISSION_SET: integration_set(ours, written - own_written, read - own_read, changed),
        "Leadtriage_Sales": sales_set(ours),
        INACTIVE_OWNERS: inactive_owners_set(),
    }
    if any("Individual." in place for place in read):
        sets["Leadtriage_Individual"] = individual_set()
    if own_written or own_read:
        sets["Leadtriage_Own_Fields"] = own_fields_set(own_written, own_read)
    return sets


# --- places


def _object(order: PackageOrder, object_type: str) -> str:
    return order.objects[object_type].get("reads", object_type)


def _place(order: PackageOrder, object_type: str, name: str) -> str:
    """Name a field with its object: one of a related record by that, one of a person account by Contact."""
    sobject = _object(order, object_type)
    if sobject == "Account" and name.endswith(_OF_PERSONS):
        return f"Contact.{name.removesuffix(_OF_PERSONS)}__c"
    return (
        ".".join(name.split(".")[-2:]) if _is_custom(name) and "." in name else f"{sobject}.{name}"
    )


def _is_custom(name: str) -> bool:
    return name.endswith("__c")


def _is_ours(place: str) -> bool:
    sobject, _dot, name = place.partition(".")
    return sobject in PEOPLE and name.startswith(OURS) and _is_custom(name)


def _path_of(place: str) -> str:
    sobject, _dot, name = place.partition(".")
    return f"{_MAIN}/objects/{sobject}/fields/{name}.field-meta.xml"


def _path_of_set(name: str) -> str:
    folder = f"{_APART[name]}/main/default" if name in _APART else _MAIN
    return f"{folder}/permissionsets/{name}.permissionset-meta.xml"


# --- fields


def _field(place: str, field: WantedField) -> str:
    """Write a field, its elements by name as Salesforce gives them back."""
    kind = _type(field)
    needs = () if dict(kind)["type"] in _NEVER_REQUIRED else (("required", "false"),)
    body = (("description", field.description), ("label", field.label), *needs, *kind)
    return xml("CustomField", (("fullName", place.partition(".")[2]), *sorted(body, key=_first)))


def _first(part: tuple[str, str | Parts]) -> str:
    return part[0]


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
    most = _length(field)
    if most <= _SHORT:
        return (("length", str(most)), ("type", "Text"))
    return (("length", str(most)), ("type", "LongTextArea"), ("visibleLines", "6"))


def _length(field: WantedField) -> int:
    return field.max_length or (_SHORT if field.form is FieldForm.TEXT else _LONGEST)


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
        ("restricted", yes_no(not field.is_ours)),
        ("valueSetDefinition", (("sorted", "false"), *listed)),
    )


# --- list views


def _lists(order: PackageOrder, ours: Mapping[str, WantedField]) -> Iterator[tuple[str, str]]:
    """Write the lists of leads and contacts that Salesforce can filter: none by a long text."""
    for wanted in order.lists:
        sobject = _object(order, wanted.object_type)
        asked = [(rule, ours.get(f"{sobject}.{rule.field}")) for rule in wanted.rules]
        filters = [_filter(rule, field) for rule, field in asked if field is not None]
        if len(filters) == len(asked) and not any(map(_is_too_long, asked)):
            columns = [one for one in wanted.columns if f"{sobject}.{one}" in ours]
            yield (
                f"{_MAIN}/objects/{sobject}/listViews/{wanted.name}.listView-meta.xml",
                _list(wanted, columns, filters),
            )


def _list(wanted: WantedList, columns: Sequence[str], filters: Parts) -> str:
    body: Parts = (
        ("fullName", wanted.name),
        *(("columns", column) for column in (*_WHO, *columns)),
        ("filterScope", "Mine" if wanted.is_of_reader else "Everything"),
        *filters,
        ("label", wanted.label),
    )
    return xml("ListView", body)


def _is_too_long(asked: tuple[ListRule, WantedField | None]) -> bool:
    field = asked[1]
    is_text = field is not None and field.form in (FieldForm.TEXT, FieldForm.LONG_TEXT)
    return is_text and field is not None and _length(field) > _SHORT


def _filter(rule: ListRule, field: WantedField) -> tuple[str, Parts]:
    value = "TODAY" if rule.test is ListTest.BY_TODAY else ",".join(map(_quoted, rule.values))
    is_many = field.form is FieldForm.CHOICES
    operation = "includes" if is_many else _OPERATIONS[rule.test]
    return ("filters", (("field", rule.field), ("operation", operation), ("value", value)))


def _quoted(word: str) -> str:
    """A comma parts the values of a filter, but for one in quotes."""
    return f'"{word}"' if "," in word else word


# --- the project


def _project(order: PackageOrder, apart: Sequence[str]) -> str:
    folders = [{"path": "force-app", "default": True}, *({"path": one} for one in apart)]
    address = order.options.get("login_url", LOGIN_URL)
    project = {
        "packageDirectories": folders,
        "name": "leadtriage",
        "namespace": "",
        "sfdcLoginUrl": address if address.startswith("https://") else LOGIN_URL,
        "sourceApiVersion": order.options.get("api_version", VERSION),
    }
    return json.dumps(project, indent=2) + "\n"


def _commands(sets: Mapping[str, str]) -> Iterator[str]:
    yield f"{deploy_command()} --dry-run"
    yield deploy_command()
    yield assign_command(PERMISSION_SET)
    for name, folder in _APART.items():
        if name in sets:
            yield deploy_command(folder)
            yield assign_command(name)
