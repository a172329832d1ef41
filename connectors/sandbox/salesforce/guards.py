"""What may stand in the way of a write: locks, references, owners, record types, rules of the org."""

from __future__ import annotations

from typing import Final

from connectors.sandbox.exchange import Json
from connectors.sandbox.salesforce.errors import Problem, RefusedError, refusal
from connectors.sandbox.salesforce.fields import Field, ObjectType, Row
from connectors.sandbox.salesforce.org import Org
from connectors.sandbox.salesforce.rules import DuplicateRule
from connectors.sandbox.salesforce.values import refused

_PARENTS: Final = ("AccountId", "CampaignId", "WhoId", "OpportunityId", "IndividualId")
_UNCHECKED: Final = frozenset({"Profile", "UserRole", "Case", "Calendar"})
"""Types that the twin does not hold."""


def guard(
    org: Org, object_type: ObjectType, before: Row, after: Row, *, saves_duplicates: bool
) -> None:
    """Refuse a write that something stands in the way of.

    Raises:
        RefusedError: Something does.
    """
    refuse_locked(org, before, after)
    for field in object_type.fields.values():
        if field.refers_to and after.get(field.name) not in {None, before.get(field.name)}:
            _refuse_reference(org, object_type, field, str(after[field.name]))
    _refuse_inactive_owner(org, object_type, before, after)
    _refuse_kind(object_type, before, after)
    _refuse_status(org, object_type, before, after)
    _refuse_invalid(org, object_type, before, after)
    _refuse_duplicate(org, object_type, before, after, saves_duplicates=saves_duplicates)
    _refuse_taken(org, object_type, before, after)
    if object_type.name == "CampaignMember" and not before:
        _refuse_member(org, after)


def _refuse_member(org: Org, after: Row) -> None:
    """Refuse a membership of nobody, and a second one in the same campaign."""
    person = {n: after[n] for n in ("LeadId", "ContactId") if after.get(n) is not None}
    if len(person) != 1:
        raise refused("REQUIRED_FIELD_MISSING", "Specify either a lead or a contact", "LeadId")
    wanted: Row = {"CampaignId": after["CampaignId"], **person, "IsDeleted": 0}
    if next(org.store.find("CampaignMember", wanted), None) is not None:
        raise refused("DUPLICATE_VALUE", "Already a campaign member.", *person)


def refuse_locked(org: Org, before: Row, after: Row) -> None:
    """Refuse a write of a record that somebody works on, or whose parent somebody works on.

    Raises:
        RefusedError: Somebody does.
    """
    names = ("Id", *_PARENTS)
    ids = frozenset(str(row[name]) for row in (before, after) for name in names if row.get(name))
    if org.rules.locks and org.rules.is_locked(ids):
        raise refused(
            "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record or 1 records"
        )


def _refuse_reference(org: Org, object_type: ObjectType, field: Field, id_: str) -> None:
    target = org.schema.by_prefix(id_)
    names = set(field.refers_to)
    if target is None or target.name not in names:
        if names & _UNCHECKED and target is None:
            return
        raise refused(
            "MALFORMED_ID", f"{field.label}: id value of incorrect type: {id_}", field.name
        )
    row = org.store.get(target.name, id_)
    if row is None or row["IsDeleted"]:
        raise refused("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", field.name)
    if target.name == "Group" and (row["Type"] != "Queue" or not _serves(org, id_, object_type)):
        message = f"Queue not associated with this SObject type: {id_}"
        raise refused("INVALID_CROSS_REFERENCE_KEY", message, field.name)


def _serves(org: Org, queue: str, object_type: ObjectType) -> bool:
    found = org.store.find("QueueSobject", {"QueueId": queue, "IsDeleted": 0})
    return any(str(row["SobjectType"]) == object_type.name for row in found)


def _refuse_inactive_owner(org: Org, object_type: ObjectType, before: Row, after: Row) -> None:
    """Refuse any write of a record whose owner is inactive, even one that leaves the owner."""
    owner = after.get("OwnerId")
    is_allowed = org.edits_inactive_owned and owner == before.get("OwnerId")
    if owner is None or is_allowed or not str(owner).startswith("005"):
        return
    row = org.store.get("User", str(owner))
    if row is not None and not row["IsActive"]:
        raise refused(
            "INACTIVE_OWNER_OR_USER",
            f"operation performed with inactive user [{owner}] as owner of {object_type.name.lower()}",
            "OwnerId",
        )


def _refuse_kind(object_type: ObjectType, before: Row, after: Row) -> None:
    """Refuse a value that the record's type does not allow."""
    kind = next((k for k in object_type.record_types if k.id == after.get("RecordTypeId")), None)
    if kind is None:
        return
    for name, allowed in kind.values.items():
        value = after.get(name)
        if value is not None and value != before.get(name) and value not in allowed:
            raise refused(
                "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
                f"{name}: bad value for restricted picklist field: {value}",
                name,
            )


def _refuse_status(org: Org, object_type: ObjectType, before: Row, after: Row) -> None:
    """Refuse a status that only a conversion gives."""
    status = after.get("Status")
    if object_type.name != "Lead" or status is None or status == before.get("Status"):
        return
    known = next(org.store.find("LeadStatus", {"ApiName": status}), None)
    if known is not None and known["IsConverted"] and not after.get("IsConverted"):
        message = "Status: a lead gets a converted status by its conversion only"
        raise refused("INVALID_STATUS", message, "Status")


def _refuse_invalid(org: Org, object_type: ObjectType, before: Row, after: Row) -> None:
    problems = [
        Problem(code="FIELD_CUSTOM_VALIDATION_EXCEPTION", message=rule.message, fields=rule.fields)
        for rule in org.rules.validations
        if rule.type == object_type.name and rule.is_wrong(before, after)
    ]
    if problems:
        raise RefusedError(400, *problems)


def _refuse_taken(org: Org, object_type: ObjectType, before: Row, after: Row) -> None:
    for field in object_type.fields.values():
        value = after.get(field.name)
        if not field.is_unique or value is None or value == before.get(field.name):
            continue
        found = next(org.store.find(object_type.name, {field.name: value, "IsDeleted": 0}), None)
        if found is not None and found["Id"] != before.get("Id"):
            message = f"duplicate value found: {field.name} duplicates value on record with id: "
            raise refused("DUPLICATE_VALUE", f"{message}{found['Id']}", field.name)


def _refuse_duplicate(
    org: Org, object_type: ObjectType, before: Row, after: Row, *, saves_duplicates: bool
) -> None:
    """Refuse what a rule finds elsewhere; an edit sets off only those of whose fields it changes one."""
    for rule in org.rules.duplicates:
        if rule.type != object_type.name or (saves_duplicates and not rule.is_blocking):
            continue
        if before and all(before.get(name) == after.get(name) for name in rule.fields):
            continue
        matches = _matches(org, rule, before, after)
        if matches:
            raise _duplicates(rule, matches)


def _matches(org: Org, rule: DuplicateRule, before: Row, after: Row) -> list[tuple[str, str]]:
    wanted: Row = {name: after.get(name) for name in rule.fields}
    if any(value is None for value in wanted.values()):
        return []
    return [
        (type_, str(row["Id"]))
        for type_ in rule.among
        for row in org.store.find(type_, {**wanted, "IsDeleted": 0})
        if row["Id"] != before.get("Id")
    ]


def _duplicates(rule: DuplicateRule, matches: list[tuple[str, str]]) -> RefusedError:
    records: list[Json] = [
        {
            "additionalInformation": [],
            "fieldDiffs": [],
            "matchConfidence": 100.0,
            "record": {"attributes": {"type": type_}, "Id": id_},
        }
        for type_, id_ in matches
    ]
    result: dict[str, Json] = {
        "allowSave": not rule.is_blocking,
        "duplicateRule": rule.name,
        "duplicateRuleEntityType": rule.type,
        "matchResults": [
            {
                "entityType": rule.type,
                "errors": [],
                "matchEngine": "ExactMatchEngine",
                "matchRecords": records,
                "rule": rule.name,
                "size": len(matches),
                "success": True,
            }
        ],
    }
    message = "Use one of these records?"
    return refusal("DUPLICATES_DETECTED", message, status=400, duplicateResult=result)
