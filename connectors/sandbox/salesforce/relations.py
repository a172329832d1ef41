"""Whose an activity is where activities are shared: one row for each person and for what it is about.

Facts (Object Reference, TaskRelation and EventRelation): a task belongs to one lead or to up to 50
contacts, and ``WhoId`` is the first of them. Where somebody deletes a row by itself it goes past the
recycle bin, so that only the list of deletions tells of it, and if it was the first another takes its
place; with its activity it goes into the bin and comes back. A change of rows is none of the activity.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from connectors.sandbox.salesforce.fields import Row
from connectors.sandbox.salesforce.org import Org
from connectors.sandbox.salesforce.values import refused

MOST_CONTACTS: Final = 50
_PEOPLE: Final = ("00Q", "003")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tie:
    """The object type that holds the relations of an activity, and its field that names it."""

    type: str
    field: str
    activity: str


TIES: Final[Mapping[str, Tie]] = {
    "Task": Tie(type="TaskRelation", field="TaskId", activity="Task"),
    "Event": Tie(type="EventRelation", field="EventId", activity="Event"),
}
_BY_TYPE: Final = {tie.type: tie for tie in TIES.values()}


def tie_of(org: Org, type_: str) -> Tie | None:
    """Find the tie whose rows are of this object type, where activities are shared."""
    return _BY_TYPE.get(type_) if org.shares_activities else None


def keep_relations(org: Org, type_: str, id_: str, before: Row) -> None:
    """Let the rows follow ``WhoId`` and ``WhatId`` of an activity that was made or changed."""
    tie = TIES.get(type_) if org.shares_activities else None
    row = None if tie is None else org.store.get(type_, id_)
    if tie is None or row is None:
        return
    for name in ("WhoId", "WhatId"):
        old, new = before.get(name), row[name]
        if old != new:
            for gone in _rows(org, tie, id_, old) if old is not None else ():
                drop(org, tie, gone)
            if new is not None and not _rows(org, tie, id_, new):
                given: Row = {tie.field: id_, "RelationId": new}
                given |= {"IsParent": 1} if type_ == "Event" else {}
                org.put_row(tie.type, {**given, **told_of(org, tie, given)})


def told_of(org: Org, tie: Tie, row: Row) -> Row:
    """Work out what a row tells of whom it names; who is no party to an event was invited to it."""
    whom = str(row["RelationId"])
    contact = org.store.get("Contact", whom) if whom.startswith("003") else None
    found: Row = {
        "IsWhat": int(not whom.startswith((*_PEOPLE, "005"))),
        "AccountId": None if contact is None else contact["AccountId"],
    }
    if tie.activity == "Event" and not row.get("IsParent") and not found["IsWhat"]:
        found["IsInvitee"] = 1
    return found


def refuse_relation(org: Org, type_: str, row: Row) -> None:
    """Refuse a row that its activity has already, or has no room for.

    Raises:
        RefusedError: It has.
    """
    tie = tie_of(org, type_)
    if tie is None:
        return
    activity, whom = str(row[tie.field]), str(row["RelationId"])
    if _rows(org, tie, activity, whom):
        raise refused("DUPLICATE_VALUE", "the record is related already", "RelationId")
    people = people_of(org, tie, activity)
    is_party = tie.activity == "Task" or row.get("IsParent")
    if whom.startswith(_PEOPLE) and is_party and people:
        has_lead = any(one.startswith("00Q") for one in (*people, whom))
        if has_lead or len(people) >= MOST_CONTACTS:
            message = f"an activity takes one lead or up to {MOST_CONTACTS} contacts"
            raise refused("FIELD_INTEGRITY_EXCEPTION", message, "RelationId")


def people_of(org: Org, tie: Tie, activity: str) -> list[str]:
    """Name the leads and contacts of an activity, the first first; who was only invited is none of them."""
    wanted: Row = {tie.field: activity, "IsDeleted": 0}
    wanted |= {"IsParent": 1} if tie.activity == "Event" else {}
    whom = (str(row["RelationId"]) for row in org.store.find(tie.type, wanted))
    return [one for one in whom if one.startswith(_PEOPLE)]


def is_related(org: Org, tie: Tie, row: Row, whom: str) -> bool:
    """Tell whether the activity of a row has a row for somebody else."""
    return bool(_rows(org, tie, str(row[tie.field]), whom))


def drop(org: Org, tie: Tie, row: Row) -> None:
    """Delete a row by itself: past the recycle bin."""
    org.store.purge(tie.type, str(row["Id"]), org.stamp())


def _rows(org: Org, tie: Tie, activity: str, whom: object) -> list[Row]:
    wanted: Row = {tie.field: activity, "RelationId": str(whom), "IsDeleted": 0}
    return list(org.store.find(tie.type, wanted))
