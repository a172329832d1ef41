"""The records of permission sets, as an API shows them to whoever may view the set-up of an org."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.sandbox.salesforce.fields import Row
from connectors.sandbox.salesforce.org import Org

VIEW_SETUP = ("PermissionSet", "PermissionSetAssignment", "FieldPermissions")
"""What a user without the permission "View Setup and Configuration" cannot query."""


def put_permission_set(org: Org, name: str, allowed: Mapping[str, str]) -> None:
    """Make a permission set of this name, or make it anew, and give it to the integration user."""
    known = next(org.store.find("PermissionSet", {"Name": name}), None)
    if known is None:
        parent = org.put_row("PermissionSet", {"Name": name, "Label": name.replace("_", " ")})
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
