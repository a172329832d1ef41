"""Puts the activities of a sample into an org: tasks, events, messages and memberships of campaigns.

A person is a member of a campaign once, so the second time somebody does the same thing it is the
second campaign of that name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from connectors.sandbox.clock import from_ms, to_ms
from connectors.sandbox.salesforce.fields import Row
from connectors.sandbox.salesforce.org import Org

_CALLS: Final = {"inbound_call": "Inbound", "outbound_call": "Outbound"}
_HOUR_MS: Final = 3_600_000
WEBINAR: Final = "webinar_attended"
"""The action whose campaigns are webinars; others are found by their names."""


@dataclass(slots=True, kw_only=True)
class Acts:
    """Activities under way: whose they are, and which campaigns there are by now."""

    org: Org
    people: Mapping[str, str]
    owners: Mapping[str, str]
    made: Counter[str]
    times: Counter[tuple[str, str]] = field(default_factory=Counter)
    campaigns: dict[tuple[str, int], str] = field(default_factory=dict)


def put_acts(acts: Acts, rows: Iterable[Mapping[str, str]]) -> None:
    """Put activities; those of nobody are left out."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        person = acts.people.get(row["contact_id"])
        if person is not None:
            owner = acts.owners.get(row["owner_id"], acts.org.integration_user)
            for type_, record in _records(acts, row, person, owner):
                found.setdefault(type_, []).append(record)
    for type_, records in found.items():
        acts.org.store.insert(type_, records)
        if type_ in _COUNTED:
            acts.made[_COUNTED[type_]] += len(records)


_COUNTED: Final = {
    "Task": "tasks",
    "Event": "events",
    "EmailMessage": "messages",
    "CampaignMember": "campaign members",
}


def _records(
    acts: Acts, row: Mapping[str, str], person: str, owner: str
) -> Iterable[tuple[str, Row]]:
    org, kind, at = acts.org, row["type"], ms(row["occurred_at"])
    base = stamps(org, at, at)
    own: Row = {
        "Service_Line__c": row["service_line"] or None,
        "Is_Automated__c": int(row["is_automated"] == "true"),
    }
    if kind in _CALLS or kind == "outbound_email":
        yield "Task", {**base, **own, **_task(org, kind, at, person, owner)}
    elif kind == "meeting_held":
        yield "Event", {**base, **own, **_event(org, at, person, owner)}
    elif kind == "email_reply":
        yield from _message(org, base, at, person)
    else:
        yield "CampaignMember", {**base, **own, **_member(acts, kind, at, person)}


def _new(org: Org, type_: str) -> str:
    return org.new_id(org.schema.of(type_))


def _task(org: Org, kind: str, at: int, person: str, owner: str) -> Row:
    is_call = kind in _CALLS
    return {
        "Id": _new(org, "Task"),
        "WhoId": person,
        "OwnerId": owner,
        "Subject": "Call" if is_call else "Email",
        "ActivityDate": from_ms(at).date().isoformat(),
        "Status": "Completed",
        "IsClosed": 1,
        "Priority": "Normal",
        "IsHighPriority": 0,
        "TaskSubtype": "Call" if is_call else "Email",
        "CallType": _CALLS.get(kind),
        "CompletedDateTime": at,
        "IsArchived": 0,
        "IsRecurrence": 0,
    }


def _event(org: Org, at: int, person: str, owner: str) -> Row:
    owner = owner if owner.startswith("005") else org.integration_user
    return {
        "Id": _new(org, "Event"),
        "WhoId": person,
        "OwnerId": owner,
        "Subject": "Meeting",
        "ActivityDate": from_ms(at).date().isoformat(),
        "StartDateTime": at,
        "ActivityDateTime": at,
        "EndDateTime": at + _HOUR_MS,
        "DurationInMinutes": 60,
        "EventSubtype": "Event",
        "ShowAs": "Busy",
        **dict.fromkeys(("IsAllDayEvent", "IsArchived", "IsPrivate", "IsRecurrence", "IsChild"), 0),
    }


def _message(org: Org, base: Row, at: int, person: str) -> Iterable[tuple[str, Row]]:
    id_ = _new(org, "EmailMessage")
    message: Row = {"Id": id_, "Incoming": 1, "Status": "1", "MessageDate": at}
    yield "EmailMessage", {**base, **message, "IsClientManaged": 0}
    relation: Row = {"Id": _new(org, "EmailMessageRelation"), "EmailMessageId": id_}
    yield (
        "EmailMessageRelation",
        {**base, **relation, "RelationId": person, "RelationType": "FromAddress"},
    )


def _member(acts: Acts, kind: str, at: int, person: str) -> Row:
    field_ = "LeadId" if person.startswith("00Q") else "ContactId"
    acts.times[kind, person] += 1
    is_webinar = kind == WEBINAR
    return {
        "Id": _new(acts.org, "CampaignMember"),
        "CampaignId": _campaign(acts, kind, acts.times[kind, person], at),
        field_: person,
        "LeadOrContactId": person,
        "Status": "Attended" if is_webinar else "Responded",
        "HasResponded": int(not is_webinar),
        "FirstRespondedDate": None if is_webinar else from_ms(at).date().isoformat(),
        "HasOptedOutOfEmail": 0,
        "DoNotCall": 0,
    }


def _campaign(acts: Acts, kind: str, number: int, at: int) -> str:
    """Find the campaign of this name and number, or make it."""
    known = acts.campaigns.get((kind, number))
    if known is not None:
        return known
    row: Row = {
        **stamps(acts.org, at, at),
        "Name": kind,
        "Type": "Webinar" if kind == WEBINAR else "Other",
        "Status": "Completed",
        "IsActive": 1,
        "OwnerId": acts.org.integration_user,
    }
    acts.campaigns[kind, number] = acts.org.put_row("Campaign", row)
    return acts.campaigns[kind, number]


def stamps(org: Org, created: int, changed: int) -> Row:
    """Stamp a record with instants of the table."""
    return {
        "CreatedDate": created,
        "CreatedById": org.integration_user,
        "LastModifiedDate": changed,
        "LastModifiedById": org.integration_user,
        "SystemModstamp": changed,
        "IsDeleted": 0,
    }


def ms(text: str) -> int:
    """Read an instant of a table, to the second; one that is none is the epoch."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return 0
    return to_ms(at.replace(tzinfo=at.tzinfo or UTC)) // 1000 * 1000
