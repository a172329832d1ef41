"""What an org tells of its own set-up: permission sets, groups of them, and the labels of fields.

Written as the other standard objects are, see ``standard.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

SETUP: Final[Mapping[str, str]] = {
    "PermissionSet 0PS PermissionSets": """
Name string:80 c!
Label string:80 c
PermissionsUpdateWithInactiveOwner boolean d
""",
    "PermissionSetAssignment 0Pa PermissionSetAssignments": """
AssigneeId ref:User c!
PermissionSetId ref:PermissionSet c
PermissionSetGroupId ref:PermissionSetGroup c
""",
    "PermissionSetGroup 0PG PermissionSetGroups": """
DeveloperName string:80 c!
MasterLabel string:80 c
""",
    "PermissionSetGroupComponent 0PL PermissionSetGroupComponents": """
PermissionSetGroupId ref:PermissionSetGroup c!
PermissionSetId ref:PermissionSet c!
""",
    "FieldPermissions 01k FieldPermissions": """
ParentId ref:PermissionSet c!
SobjectType picklist:40 cR!
Field picklist:40 cR!
PermissionsRead boolean d
PermissionsEdit boolean d
""",
    "EntityDefinition 4ie EntityDefinitions": """
QualifiedApiName string:80 c!
""",
    "FieldDefinition 4if FieldDefinitions": """
EntityDefinitionId ref:EntityDefinition c!
QualifiedApiName string:80 c!
SecurityClassification picklist:40 = Public|Internal|Confidential|Restricted|MissionCritical
ComplianceGroup multipicklist:255
""",
}
