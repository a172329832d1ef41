"""The permission sets of a package: what our own user may see and write, and what sales sees.

A set names no field that Salesforce shows in any case, such as a name: such a line makes Salesforce refuse
the whole package. For the same reason what not every org has stands in sets, and folders, of its own:
Individuals, which are switched on; a permission that is; and the fields that an organisation made itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Final

from connectors.salesforce.package_xml import Parts, xml, yes_no

_ALWAYS_SHOWN: Final = frozenset(
    {
        *("Id", "Name", "FirstName", "LastName", "Company", "OwnerId", "Status", "IsEmailBounced"),
        *("CreatedDate", "LastModifiedDate", "SystemModstamp", "IsPersonAccount"),
    }
)
"""Standard fields of people that have no permission of their own."""
_NAMED_AS: Final[Mapping[str, str]] = {
    "State": "Address",
    "PostalCode": "Address",
    "MailingState": "MailingAddress",
    "MailingPostalCode": "MailingAddress",
    "Account.Name": "AccountId",
}
"""Parts of a compound field, and what is reached by a lookup, under the name of their permission."""
PEOPLE: Final = ("Lead", "Contact")
_OBJECTS: Final = ("Account", "Campaign", "Contact", "Lead")
_USER_PERMISSIONS: Final = (
    "ApiEnabled",
    "TransferAnyEntity",
    "TransferAnyLead",
    "ViewRoles",
    "ViewSetup",
)
"""To call; to give contacts and leads to others; to see limits and permissions, not without ViewRoles."""
INACTIVE: Final = "UpdateWithInactiveOwner"
"""Is only there once it is enabled in Setup, User Interface."""
INDIVIDUAL: Final = ("Contact.IndividualId", "Individual.HasOptedOutSolicit", "Lead.IndividualId")


def integration_set(
    ours: Iterable[str], written: Iterable[str], read: Iterable[str], changed: Set[str]
) -> str:
    """What our own user needs in any org; ``changed`` are the objects whose records are written."""
    can_edit = {*ours, *filter(_has_permission, written)}
    fields = can_edit | {one for name in read for one in _permissions_for(name)}
    body: Parts = (
        ("description", "What leadtriage's own user may see and write."),
        *(_on_field(name, is_editable=name in can_edit) for name in sorted(fields)),
        ("hasActivationRequired", "false"),
        ("label", "Leadtriage integration"),
        *(_on_object(name, can_edit=name in changed) for name in _OBJECTS),
        *(_user_permission(name) for name in _USER_PERMISSIONS),
    )
    return xml("PermissionSet", body)


def sales_set(ours: Iterable[str]) -> str:
    """What people need to see our fields; they edit none."""
    body: Parts = (
        ("description", "What sales sees of leadtriage. Its fields are read and not edited."),
        *(_on_field(name, is_editable=False) for name in sorted(ours)),
        ("hasActivationRequired", "false"),
        ("label", "Leadtriage sales"),
    )
    return xml("PermissionSet", body)


def individual_set() -> str:
    """What our own user needs of Individuals."""
    body: Parts = (
        ("description", "What leadtriage's own user sees of Individuals."),
        *(_on_field(name, is_editable=False) for name in INDIVIDUAL),
        ("hasActivationRequired", "false"),
        ("label", "Leadtriage individual"),
        _on_object("Individual", can_edit=False),
    )
    return xml("PermissionSet", body)


def inactive_owners_set() -> str:
    """What our own user needs to write to records whose owner has left; an org has to allow it first."""
    body: Parts = (
        ("description", "Lets leadtriage's own user write to records whose owner is inactive."),
        ("hasActivationRequired", "false"),
        ("label", "Leadtriage inactive owners"),
        _user_permission(INACTIVE),
    )
    return xml("PermissionSet", body)


def own_fields_set(written: Set[str], read: Set[str]) -> str:
    """What our own user needs of the fields that the organisation made itself."""
    body: Parts = (
        ("description", "What leadtriage's own user sees of the organisation's own fields."),
        *(_on_field(name, is_editable=name in written) for name in sorted(written | read)),
        ("hasActivationRequired", "false"),
        ("label", "Leadtriage own fields"),
    )
    return xml("PermissionSet", body)


def _has_permission(name: str) -> bool:
    return name.partition(".")[2] not in _ALWAYS_SHOWN


def _permissions_for(name: str) -> Iterator[str]:
    """Name what has to be granted to read a field of a person: ``Contact.Account.Name`` needs two."""
    sobject, _dot, field = name.partition(".")
    if sobject not in PEOPLE:
        return
    if field.startswith("Account.") and field.removeprefix("Account.") not in _ALWAYS_SHOWN:
        yield field
    source = _NAMED_AS.get(field, field)
    if "." not in source and source not in _ALWAYS_SHOWN:
        yield f"{sobject}.{source}"


def _on_field(name: str, *, is_editable: bool) -> tuple[str, Parts]:
    return (
        "fieldPermissions",
        (("editable", yes_no(is_editable)), ("field", name), ("readable", "true")),
    )


def _on_object(name: str, *, can_edit: bool) -> tuple[str, Parts]:
    return (
        "objectPermissions",
        (
            ("allowCreate", "false"),
            ("allowDelete", "false"),
            ("allowEdit", yes_no(can_edit)),
            ("allowRead", "true"),
            ("modifyAllRecords", "false"),
            ("object", name),
            ("viewAllRecords", "true"),
        ),
    )


def _user_permission(name: str) -> tuple[str, Parts]:
    return ("userPermissions", (("enabled", "true"), ("name", name)))
