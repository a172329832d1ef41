"""What Salesforce takes in the metadata of a package, to hold ours against; nothing here is made from it.

The values are those of the Metadata API Developer Guide (CustomField, ListView and ListViewFilter,
PermissionSet). The order of elements, which types say that they are required, and the names of columns are
those of orgs that others retrieved and published: 8,710 custom fields, 885 list views and 22,374 field
permissions, without one exception.
"""

from __future__ import annotations

from collections.abc import Mapping

FIELD_ELEMENTS: Mapping[str, frozenset[str]] = {
    "Checkbox": frozenset({"defaultValue"}),
    "Date": frozenset({"required"}),
    "DateTime": frozenset({"required"}),
    "LongTextArea": frozenset({"length", "visibleLines"}),
    "MultiselectPicklist": frozenset({"required", "valueSet", "visibleLines"}),
    "Number": frozenset({"precision", "required", "scale"}),
    "Picklist": frozenset({"required", "valueSet"}),
    "Text": frozenset({"length", "required"}),
}
"""What a type has beside its name, label, description and type. Two of them are never required."""
OF_ANY_FIELD = frozenset({"fullName", "description", "label", "type"})

COLUMNS = frozenset({"FULL_NAME", "CORE.USERS.ALIAS"})
"""How lists of leads and of contacts call the name, and the alias of the owner."""
SCOPES = frozenset(
    {"Everything", "Mine", "Queue", "Delegated", "MyTerritory", "MyTeamTerritory", "Team"}
)
OPERATIONS: Mapping[str, frozenset[str]] = {
    "equals": frozenset({"Picklist", "Text", "Number", "Date", "DateTime", "Checkbox"}),
    "contains": frozenset({"Text"}),
    "includes": frozenset({"MultiselectPicklist"}),
    "lessOrEqual": frozenset({"Date", "DateTime", "Number"}),
}
"""Those that we use, and what they can be asked of."""
LIST_ELEMENTS = ("fullName", "columns", "filterScope", "filters", "label")
FILTER_ELEMENTS = ("field", "operation", "value")

SET_ELEMENTS = (
    *("description", "fieldPermissions", "hasActivationRequired", "label", "objectPermissions"),
    "userPermissions",
)
FIELD_PERMISSION = ("editable", "field", "readable")
OBJECT_PERMISSION = (
    *("allowCreate", "allowDelete", "allowEdit", "allowRead", "modifyAllRecords", "object"),
    "viewAllRecords",
)
USER_PERMISSION = ("enabled", "name")
NEEDS: Mapping[str, frozenset[str]] = {"ViewSetup": frozenset({"ViewRoles"})}
"""A permission that is refused without others."""
NEVER_NAMED = frozenset(
    {
        *(
            "Account.Name",
            "Contact.LastName",
            "Contact.FirstName",
            "Contact.Name",
            "Contact.OwnerId",
        ),
        *(
            "Lead.Company",
            "Lead.FirstName",
            "Lead.LastName",
            "Lead.Name",
            "Lead.OwnerId",
            "Lead.Status",
        ),
        *("Lead.State", "Lead.PostalCode", "Contact.MailingState", "Contact.MailingPostalCode"),
    }
)
"""What no field permission of those orgs names: it is always shown, or named by its compound field."""
