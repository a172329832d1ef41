"""What an API shows to whoever may view the set-up of an org: permission sets, and labels of fields."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.sandbox.salesforce.fields import Row
from connectors.sandbox.salesforce.org import Org

VIEW_SETUP = (
    *("PermissionSet", "PermissionSetAssignment", "PermissionSetGroup"),
    *("PermissionSetGroupComponent", "FieldPermissions", "FieldDefinition"),
)
"""What a user without the permission "View Setup and Configuration" cannot query."""


def put_permission_set(
    org: Org, name: str, allowed: Mapping[str, str], permissions: frozenset[str] = frozenset()
) -> None:
    """Make a permission set of this name, or make it anew, and give it to the integration user."""
    known = next(org.store.find("PermissionSet", {"Name": name}), None)
    if known is None:
        head: Row = {"Name": name, "Label": name.replace("_", " ")}
        kept = org.schema.of("PermissionSet").fields
        head |= {
            f"Permissions{one}": 1 for one in permissions if f"permissions{one.lower()}" in kept
        }
        parent = org.put_row("PermissionSet", head)
        given: Row = {"AssigneeId": org.integration_user, "PermissionSetId": parent}
        org.put_row("PermissionSetAssignment", given)
    else:
        parent = str(known["Id"])
    shown = {str(row["Field"]) for row in org.store.find("FieldPermissions", {"ParentId": parent})}
    for field, degree in allowed.items():
        if degree != "none" and field not in shown:
            row: Row = {"ParentId": parent, "Field": field, "SobjectType": field.partition(".")[0]}
            row |= {"PermissionsRead": 1, "PermissionsEdit": int(degree == "write")}
            org.put_row("FieldPermissions", row)


def classify(org: Org, full: str, level: str | None = None, *groups: str) -> None:
    """Say how delicate a field is, as an administrator does in Data Classification; ``Type.Name``."""
    type_, _, name = full.partition(".")
    known = next(org.store.find("EntityDefinition", {"QualifiedApiName": type_}), None)
    entity = (
        org.put_row("EntityDefinition", {"QualifiedApiName": type_})
        if known is None
        else known["Id"]
    )
    row: Row = {"EntityDefinitionId": entity, "QualifiedApiName": name}
    row |= {"SecurityClassification": level, "ComplianceGroup": ";".join(groups) or None}
    org.put_row("FieldDefinition", row)
