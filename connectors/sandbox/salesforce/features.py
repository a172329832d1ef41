"""What an org has beside the standard once an administrator has switched something on.

Facts: TaskRelation is there only where activities are shared, and some fields of EventRelation are (Object
Reference); person accounts add fields to Account.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import Final

from connectors.sandbox.salesforce.fields import ObjectType
from connectors.sandbox.salesforce.standard import fields_of, type_of


class Feature(StrEnum):
    """Something that an administrator switches on."""

    PERSON_ACCOUNTS = "person-accounts"
    SHARED_ACTIVITIES = "shared-activities"


_PERSON_ACCOUNT: Final = """
IsPersonAccount boolean rd
PersonContactId ref:Contact r
LastName string:80
FirstName string:40
PersonEmail email:80
PersonMobilePhone phone:40
PersonHomePhone phone:40
PersonTitle string:80
PersonMailingState string:80
PersonMailingPostalCode string:20
PersonHasOptedOutOfEmail boolean d
PersonDoNotCall boolean d
PersonEmailBouncedReason string:255
PersonEmailBouncedDate datetime
PersonIndividualId ref:Individual
"""
_SHARED_EVENT: Final = """
AccountId ref:Account r
IsInvitee boolean d
IsParent boolean d
IsWhat boolean cd
"""
_TASK_RELATION: Final = """
TaskId ref:Task c!
RelationId ref:Account,Campaign,Contact,Lead,Opportunity c!
IsWhat boolean cd
AccountId ref:Account r
"""
_ADDED: Final = {
    (Feature.PERSON_ACCOUNTS, "Account"): _PERSON_ACCOUNT,
    (Feature.SHARED_ACTIVITIES, "EventRelation"): _SHARED_EVENT,
}


def with_features(object_type: ObjectType, features: frozenset[Feature]) -> ObjectType:
    """Add the fields that are there where these features are on."""
    tables = [
        table
        for (feature, name), table in _ADDED.items()
        if feature in features and name == object_type.name
    ]
    return object_type.with_fields(*(field for table in tables for field in fields_of(table)))


def types_of_features(features: frozenset[Feature]) -> list[ObjectType]:
    """Make the object types that are there only where these features are on."""
    if Feature.SHARED_ACTIVITIES not in features:
        return []
    made = type_of("TaskRelation 0RT TaskRelations", _TASK_RELATION)
    return [replace(made, is_updateable=False)]
