"""Fields that Salesforce fills by itself: names made of parts, closed tasks, bounces, dates of activity."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from connectors.sandbox.salesforce.fields import ObjectType, Row, Stored
from connectors.sandbox.salesforce.org import Org
from connectors.sandbox.salesforce.relations import tie_of, told_of


def derived(org: Org, object_type: ObjectType, before: Row, after: Row) -> Row:
    """Work out what follows from the values of a record."""
    rule = _RULES.get(object_type.name)
    found = {} if rule is None else rule(org, before, after)
    for field in object_type.fields.values():
        if field.tells_of is not None:
            found[field.name] = int(after.get(field.tells_of) is not None)
    return found


def full_name(row: Row) -> str | None:
    """Join the parts of a name."""
    parts = [str(row[name]) for name in ("FirstName", "LastName") if row.get(name)]
    return " ".join(parts) or None


def _person(_org: Org, _before: Row, after: Row) -> Row:
    return {"Name": full_name(after)}


def _contact(org: Org, before: Row, after: Row) -> Row:
    bounced = int(after.get("EmailBouncedReason") is not None)
    return {**_person(org, before, after), "IsEmailBounced": bounced}


def _account(org: Org, _before: Row, after: Row) -> Row:
    if not org.has_person_accounts:
        return {}
    is_person = int(bool(after.get("LastName")))
    return {"IsPersonAccount": is_person, **({"Name": full_name(after)} if is_person else {})}


def _task(org: Org, before: Row, after: Row) -> Row:
    is_closed = int(after.get("Status") == "Completed")
    done: Stored = before.get("CompletedDateTime") or org.stamp()
    return {
        "IsClosed": is_closed,
        "IsHighPriority": int(after.get("Priority") == "High"),
        "TaskSubtype": after.get("TaskSubtype") or "Task",
        "CompletedDateTime": done if is_closed else None,
        "AccountId": _account_of(org, after.get("WhoId")),
    }


def _event(org: Org, _before: Row, after: Row) -> Row:
    start, end = after.get("StartDateTime"), after.get("EndDateTime")
    start = start if start is not None else after.get("ActivityDateTime")
    found: Row = {"EventSubtype": "Event", "AccountId": _account_of(org, after.get("WhoId"))}
    if start is not None:
        found |= {"StartDateTime": start, "ActivityDateTime": start}
        minutes = after.get("DurationInMinutes")
        if end is not None:
            found["DurationInMinutes"] = int((int(end) - int(start)) // 60_000)
        elif minutes is not None:
            found["EndDateTime"] = int(start) + int(minutes) * 60_000
    return found


def _account_of(org: Org, who: Stored) -> Stored:
    if who is None or not str(who).startswith("003"):
        return None
    row = org.store.get("Contact", str(who))
    return None if row is None else row["AccountId"]


def _member(org: Org, before: Row, after: Row) -> Row:
    person = after.get("ContactId") or after.get("LeadId")
    type_ = "Contact" if after.get("ContactId") else "Lead"
    row = (org.store.get(type_, str(person)) if person else None) or {}
    has_responded = int(after.get("Status") == "Responded")
    first = before.get("FirstRespondedDate") or org.clock.now().date().isoformat()
    return {
        "LeadOrContactId": person,
        "HasResponded": has_responded,
        "FirstRespondedDate": first if has_responded else None,
        "HasOptedOutOfEmail": row.get("HasOptedOutOfEmail") or 0,
        "DoNotCall": row.get("DoNotCall") or 0,
        "Email": row.get("Email"),
    }


def _related(org: Org, _before: Row, after: Row) -> Row:
    tie = tie_of(org, "TaskRelation" if "TaskId" in after else "EventRelation")
    return {} if tie is None else told_of(org, tie, after)


def _opportunity(org: Org, before: Row, after: Row) -> Row:
    stage = str(after.get("StageName") or "")
    found: Row = {"IsClosed": int(stage.startswith("Closed")), "IsWon": int(stage == "Closed Won")}
    if before.get("StageName") not in {None, after.get("StageName")}:
        found["LastStageChangeDate"] = org.stamp()
    return found


_RULES: Final[Mapping[str, Callable[[Org, Row, Row], Row]]] = {
    "Lead": _person,
    "Individual": _person,
    "User": _person,
    "Contact": _contact,
    "Account": _account,
    "Task": _task,
    "Event": _event,
    "CampaignMember": _member,
    "Opportunity": _opportunity,
    "TaskRelation": _related,
    "EventRelation": _related,
}
