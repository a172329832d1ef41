"""Activities of several people: a row for each, beside the one that the activity itself names."""

from __future__ import annotations

import pytest

from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.salesforce.app import open_twin
from connectors.sandbox.salesforce.errors import RefusedError
from connectors.sandbox.salesforce.features import Feature
from connectors.sandbox.salesforce.leads import convert, merge
from connectors.sandbox.salesforce.recycling import delete, undelete
from connectors.sandbox.salesforce.writing import create, update
from tests.support.salesforce_asking import NOW, Asking

SPAN = "start=2026-11-02T14:00:00Z&end=2026-11-02T16:00:00Z"
ACTIVITIES = pytest.mark.parametrize("activity", ["Task", "Event"])


@pytest.fixture
def asking() -> Asking:
    """A twin of its own, whose activities are shared."""
    return Asking(open_twin(clock=SandboxClock(NOW), features=[Feature.SHARED_ACTIVITIES]))


def relate(asking: Asking, activity: str, id_: str, whom: str) -> str:
    """Add a person to an activity."""
    more = {"IsParent": True} if activity == "Event" else {}
    given = {f"{activity}Id": id_, "RelationId": whom, **more}
    reply = asking("POST", f"/sobjects/{activity}Relation", given)
    assert reply.status == 201, reply.body
    return reply.body["id"]


def people(asking: Asking, activity: str, which: str = "query") -> list[tuple[str, bool]]:
    """Name whom an activity belongs to, and whether that was deleted."""
    text = f"SELECT RelationId, IsDeleted FROM {activity}Relation ORDER BY Id"
    return [(row["RelationId"], row["IsDeleted"]) for row in asking.rows(text, which)]


def first(asking: Asking, activity: str) -> str | None:
    return asking.rows(f"SELECT WhoId FROM {activity}", "queryAll")[0]["WhoId"]


@ACTIVITIES
def test_whom_an_activity_names_has_a_row_and_others_have_theirs(asking, activity) -> None:
    kim, lee = asking.contact(), asking.contact()
    account = create(asking.twin.org, "Account", {"Name": "Acme"})
    id_ = create(asking.twin.org, activity, {"WhoId": kim, "WhatId": account})
    relate(asking, activity, id_, lee)
    text = (
        f"SELECT RelationId, IsWhat, Relation.Type, {activity}.WhoId FROM {activity}Relation"
        f" WHERE {activity}Id = '{id_}' ORDER BY Id"
    )
    told = [
        (row["RelationId"], row["IsWhat"], row["Relation"]["Type"], row[activity]["WhoId"])
        for row in asking.rows(text)
    ]
    assert told == [
        (kim, False, "Contact", kim),
        (account, True, "Account", kim),
        (lee, False, "Contact", kim),
    ]


@ACTIVITIES
def test_a_row_deleted_by_itself_is_told_by_the_list_of_deletions_alone(asking, activity) -> None:
    kim, lee = asking.contact(), asking.contact()
    id_ = create(asking.twin.org, activity, {"WhoId": kim})
    relate(asking, activity, id_, lee)
    [gone, _] = asking.rows(f"SELECT Id FROM {activity}Relation ORDER BY Id")
    assert asking("DELETE", f"/sobjects/{activity}Relation/{gone['Id']}").status == 204
    assert people(asking, activity, "queryAll") == [(lee, False)]
    told = asking("GET", f"/sobjects/{activity}Relation/deleted?{SPAN}").body["deletedRecords"]
    assert [one["id"] for one in told] == [gone["Id"]]
    assert first(asking, activity) == lee


@ACTIVITIES
def test_rows_go_into_the_bin_and_come_back_with_their_activity(asking, activity) -> None:
    kim = asking.contact()
    id_ = create(asking.twin.org, activity, {"WhoId": kim})
    delete(asking.twin.org, activity, id_)
    assert people(asking, activity, "queryAll") == [(kim, True)]
    undelete(asking.twin.org, activity, id_)
    assert people(asking, activity) == [(kim, False)]


@ACTIVITIES
def test_an_activity_stays_with_those_who_share_it(asking, activity) -> None:
    kim, lee = asking.contact(), asking.contact()
    id_ = create(asking.twin.org, activity, {"WhoId": kim})
    relate(asking, activity, id_, lee)
    delete(asking.twin.org, "Contact", kim)
    assert people(asking, activity, "queryAll") == [(kim, True), (lee, False)]
    assert first(asking, activity) == lee
    delete(asking.twin.org, "Contact", lee)
    assert asking.rows(f"SELECT Id FROM {activity}") == []


@ACTIVITIES
def test_rows_follow_a_merge_and_a_conversion(asking, activity) -> None:
    org, lead, kim, lee = asking.twin.org, asking.lead(), asking.contact(), asking.contact()
    create(org, activity, {"WhoId": lead})
    contact = convert(org, lead)
    assert (people(asking, activity), first(asking, activity)) == ([(contact, False)], contact)
    shared = asking.rows(f"SELECT Id FROM {activity}")[0]["Id"]
    for one in (kim, lee):
        relate(asking, activity, shared, one)
    merge(org, "Contact", kim, [contact])
    assert (people(asking, activity), first(asking, activity)) == (
        [(kim, False), (lee, False)],
        kim,
    )


def test_another_first_person_takes_the_place_of_the_one_before(asking) -> None:
    kim, lee = asking.contact(), asking.lead()
    id_ = create(asking.twin.org, "Task", {"WhoId": kim})
    update(asking.twin.org, "Task", id_, {"WhoId": lee})
    assert people(asking, "Task") == [(lee, False)]


def test_an_activity_takes_one_lead_or_fifty_contacts_each_once(asking) -> None:
    org = asking.twin.org
    lead, kim = asking.lead(), asking.contact()
    id_ = create(org, "Task", {"WhoId": lead})
    with pytest.raises(RefusedError, match="FIELD_INTEGRITY_EXCEPTION"):
        create(org, "TaskRelation", {"TaskId": id_, "RelationId": kim})
    with pytest.raises(RefusedError, match="DUPLICATE_VALUE"):
        create(org, "TaskRelation", {"TaskId": id_, "RelationId": lead})
    relation = asking.rows("SELECT Id FROM TaskRelation")[0]["Id"]
    assert asking("PATCH", f"/sobjects/TaskRelation/{relation}", {}).code == (
        "INVALID_TYPE_FOR_OPERATION"
    )


def test_who_is_only_invited_is_no_party_to_an_event(asking) -> None:
    kim, lead = asking.contact(), asking.lead()
    id_ = create(asking.twin.org, "Event", {"WhoId": kim})
    create(asking.twin.org, "EventRelation", {"EventId": id_, "RelationId": lead})
    text = "SELECT RelationId, IsParent, IsInvitee FROM EventRelation ORDER BY Id"
    told = [(r["RelationId"], r["IsParent"], r["IsInvitee"]) for r in asking.rows(text)]
    assert told == [(kim, True, False), (lead, False, True)]


def test_where_activities_are_not_shared_only_invitations_are_there() -> None:
    asking = Asking()
    kim = asking.contact()
    id_ = create(asking.twin.org, "Event", {"WhoId": kim})
    assert asking.query("SELECT Id FROM TaskRelation").code == "INVALID_TYPE"
    assert asking("GET", "/sobjects/TaskRelation/describe").status == 404
    assert people(asking, "Event") == []
    create(asking.twin.org, "EventRelation", {"EventId": id_, "RelationId": kim})
    fields = asking("GET", "/sobjects/EventRelation/describe").body["fields"]
    assert not {"IsParent", "IsInvitee", "IsWhat"} & {one["name"] for one in fields}
    delete(asking.twin.org, "Contact", kim)
    assert asking.rows("SELECT Id FROM Event") == []
