"""Deploys a package of metadata: the custom fields of a project in source format.

Of a package the twin takes what changes its schema, ``objects/<Type>/fields/*.field-meta.xml``, and
``permissionsets/*.permissionset-meta.xml`` for what the integration user may see. List views and
layouts change nothing for an API. Of formulas it works out ``NOT(ISBLANK(Field))``; others stay empty.
As in an org, a field that was deployed is hidden until a permission set shows it, unless the package
has none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element, ParseError, parse

from connectors.sandbox.salesforce.fields import Field, Option
from connectors.sandbox.salesforce.org import Org
from connectors.sandbox.salesforce.permission_sets import put_permission_set

_SPACE: Final = "{http://soap.sforce.com/2006/04/metadata}"
_TYPES: Final[Mapping[str, str]] = {
    "AutoNumber": "string",
    "Checkbox": "boolean",
    "Currency": "currency",
    "Date": "date",
    "DateTime": "datetime",
    "Email": "email",
    "Html": "textarea",
    "LongTextArea": "textarea",
    "Lookup": "reference",
    "MultiselectPicklist": "multipicklist",
    "Number": "double",
    "Percent": "percent",
    "Phone": "phone",
    "Picklist": "picklist",
    "Text": "string",
    "TextArea": "textarea",
    "Url": "url",
}
_LENGTHS: Final = {"Email": 80, "Phone": 40, "Picklist": 255, "TextArea": 255, "Url": 255}
_PRESENCE: Final = re.compile(r"\s*NOT\s*\(\s*ISBLANK\s*\(\s*(\w+)\s*\)\s*\)\s*", re.IGNORECASE)
_SET: Final = ".permissionset-meta.xml"
_INACTIVE: Final = "UpdateWithInactiveOwner"
_DEGREES: Final = ("none", "read", "write")
_ON_BOTH: Final = "Activity"
"""Custom fields of tasks and events are those of activities."""


def deploy(org: Org, folder: Path) -> tuple[str, ...]:
    """Deploy a package; gives the fields it made or changed, as ``Type.Name``.

    Raises:
        OSError: A file cannot be read.
        ValueError: A file is no definition; the message names it.
    """
    now = org.clock.now_ms()
    deployed: list[str] = []
    for path in sorted(folder.rglob("*.field-meta.xml")):
        type_ = path.parent.parent.name
        for target in ("Task", "Event") if type_ == _ON_BOTH else (type_,):
            field = _as_tracked(org, target, _field(path))
            org.schema.add_fields(target, field, at=now)
            _work_out(org, target, field)
            deployed.append(f"{target}.{field.name}")
    sets = sorted(folder.rglob(f"*{_SET}"))
    if sets:
        for path in sets:
            name = path.name.removesuffix(_SET)
            put_permission_set(org, name, dict(_permissions(path)), _user_permissions(path))
        _allow(org, deployed, _joined(pair for path in sets for pair in _permissions(path)))
        if any(_INACTIVE in _user_permissions(path) for path in sets):
            org.edits_inactive_owned = True
    return tuple(deployed)


def _is_standard(org: Org, full: str) -> bool:
    type_, _, name = full.partition(".")
    found = org.schema.types.get(type_.lower())
    return found is not None and found.field(name) is not None and not name.endswith("__c")


def _read(path: Path) -> Element:
    try:
        return parse(path).getroot()  # noqa: S314  # of a folder that its own user names
    except ParseError as error:
        raise ValueError(f"{path.name} is no XML") from error


def _text(element: Element, name: str, default: str = "") -> str:
    return element.findtext(_SPACE + name, default) or default


def _field(path: Path) -> Field:
    root = _read(path)
    name, kind = _text(root, "fullName"), _text(root, "type")
    if not name.endswith("__c") or kind not in _TYPES:
        raise ValueError(f"{path.name} has no type that the twin knows")
    formula = _text(root, "formula")
    presence = _PRESENCE.fullmatch(formula)
    is_formula = bool(formula)
    length = int(_text(root, "length", "0")) or _LENGTHS.get(kind, 0)
    target = _text(root, "referenceTo")
    is_flag = kind == "Checkbox"
    return Field(
        name=name,
        type=_TYPES[kind],
        label=_text(root, "label", name),
        length=18 if target else length,
        is_createable=not is_formula,
        is_updateable=not is_formula,
        is_nillable=not is_flag and _text(root, "required") != "true",
        is_defaulted=is_flag,
        default=int(_text(root, "defaultValue") == "true") if is_flag else None,
        options=tuple(_options(root)),
        is_restricted=root.findtext(f"{_SPACE}valueSet/{_SPACE}restricted") == "true",
        refers_to=(target,) if target else (),
        is_external_id=_text(root, "externalId") == "true",
        is_unique=_text(root, "unique") == "true",
        precision=int(_text(root, "precision", "0")),
        scale=int(_text(root, "scale", "0")),
        is_tracked=_text(root, "trackHistory") == "true",
        tells_of=None if presence is None else presence[1],
    )


def _as_tracked(org: Org, type_: str, field: Field) -> Field:
    """Leave it to whoever set it whether a history of a field is kept."""
    there = org.schema.of(type_).field(field.name)
    return replace(field, is_tracked=field.is_tracked or (there is not None and there.is_tracked))


def _work_out(org: Org, type_: str, field: Field) -> None:
    """Give the records that are there already what a formula tells of them."""
    if field.tells_of is not None:
        for row in org.store.find(type_, {}):
            told = int(row[field.tells_of] is not None)
            org.store.change(type_, str(row["Id"]), {field.name: told})


def _options(root: Element) -> Iterator[Option]:
    for value in root.iter(_SPACE + "value"):
        name = _text(value, "fullName")
        if name:
            yield Option(
                value=name,
                label=_text(value, "label", name),
                is_default=_text(value, "default") == "true",
                is_active=_text(value, "isActive", "true") == "true",
            )


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Join permission sets: each adds to the others, and none takes away."""
    found: dict[str, str] = {}
    for field, allowed in pairs:
        found[field] = max(found.get(field, _DEGREES[0]), allowed, key=_DEGREES.index)
    return found


def _permissions(path: Path) -> Iterator[tuple[str, str]]:
    for one in _read(path).iter(_SPACE + "fieldPermissions"):
        is_editable = _text(one, "editable") == "true"
        can_read = is_editable or _text(one, "readable") == "true"
        yield _text(one, "field"), "write" if is_editable else "read" if can_read else "none"


def _user_permissions(path: Path) -> frozenset[str]:
    found = _read(path).iter(_SPACE + "userPermissions")
    return frozenset(_text(one, "name") for one in found if _text(one, "enabled") == "true")


def _allow(org: Org, deployed: list[str], permissions: Mapping[str, str]) -> None:
    """Show what the permission sets show: of what was deployed, and of standard fields they name."""
    now = org.clock.now_ms()
    standard = [full for full in permissions if _is_standard(org, full)]
    for full in [*deployed, *standard]:
        type_, _, name = full.partition(".")
        on_activity = f"{_ON_BOTH}.{name}" if type_ in {"Task", "Event"} else full
        match permissions.get(full) or permissions.get(on_activity) or "none":
            case "write":
                org.schema.show(type_, name, at=now)
            case "read":
                org.schema.show(type_, name, at=now)
                org.schema.protect(type_, name, at=now)
            case _:
                org.schema.hide(type_, name, at=now)
