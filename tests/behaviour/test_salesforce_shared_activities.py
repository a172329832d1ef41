"""Activities of several people: each is read for each of them, and whoever is taken off it is noticed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.sandbox.salesforce.features import Feature
from connectors.sandbox.salesforce.leads import convert, merge
from connectors.sandbox.script import Fault, FaultKind
from tests.support.salesforce_opening import end_of
from tests.support.salesforce_twin import Org, serving_org
from worker.core.records import Page
from worker.errors import FixDataError
from worker.ports import Connector, ObjectSource

ACTIVITIES = pytest.mark.parametrize("activity", ["Task", "Event"])
WHOSE = ["RelationId"]


@pytest.fixture
def org() -> Iterator[Org]:
    with serving_org(features=[Feature.SHARED_ACTIVITIES]) as org:
        yield org


def connect(org: Org, activity: str, *who: str) -> Connector:
    items = [
        ObjectSource(
            object_type=f"of_{one}",
            id_field="Id",
            options={"reads": f"{activity}Relation", "who": one},
        )
        for one in who
    ]
    return org.connect(items)


def pull(
    connector: Connector, who: str, since: str | None = None, names: list[str] = WHOSE
) -> tuple[dict[str, str | None], list[Page]]:
    """Pull, and say of each row whose it is; None for one that is gone."""
    pages = list(connector.pull(f"of_{who}", fields=names, since=since))
    records = (record for page in pages for record in page.records)
    return {one.ref.id: one.values.get("RelationId") for one in records}, pages


def contacts(org: Org, count: int) -> list[str]:
    return [org.add("Contact", LastName="Stone") for _ in range(count)]


def relate(org: Org, activity: str, id_: str, whom: str) -> str:
    more = {"IsParent": True} if activity == "Event" else {}
    given = {f"{activity}Id": id_, "RelationId": whom, **more}
    return org.add(f"{activity}Relation", **given)


@ACTIVITIES
def test_who_is_put_on_an_activity_or_taken_off_it_is_noticed_without_a_change_of_the_activity(
    org: Org, activity: str
) -> None:
    kim, lee, jo = contacts(org, 3)
    id_ = org.add(activity, WhoId=kim, Subject="Call")
    second = relate(org, activity, id_, lee)
    org.wait(hours=1)
    connector = connect(org, activity, "Contact")
    found, pages = pull(connector, "Contact")
    assert (sorted(map(str, found.values())), found[second]) == (sorted([kim, lee]), lee)
    org.wait(hours=1)
    stamp = org.cell(activity, id_, "SystemModstamp")
    third = relate(org, activity, id_, jo)
    org.remove(f"{activity}Relation", second)
    assert org.cell(activity, id_, "SystemModstamp") == stamp
    found, pages = pull(connector, "Contact", end_of(pages))
    assert found == {second: None, third: jo}
    org.wait(hours=1)
    found, pages = pull(connector, "Contact", end_of(pages))
    assert (found, pages[-1].is_whole) == ({third: jo, second: None}, False)


@ACTIVITIES
def test_a_change_of_the_activity_is_one_of_each_of_its_people(org: Org, activity: str) -> None:
    kim, lee = contacts(org, 2)
    id_ = org.add(activity, WhoId=kim, Subject="Call")
    relate(org, activity, id_, lee)
    connector, names = connect(org, activity, "Contact"), [*WHOSE, f"{activity}.Subject"]
    found, pages = pull(connector, "Contact", names=names)
    org.wait(hours=1)
    org.change(activity, id_, Subject="Visit")
    again, pages = pull(connector, "Contact", end_of(pages), names)
    assert again == found
    told = {record.values[f"{activity}.Subject"] for page in pages for record in page.records}
    assert told == {"Visit"}
    org.wait(hours=1)
    org.remove(activity, id_)
    assert pull(connector, "Contact", end_of(pages), names)[0] == dict.fromkeys(found)


@ACTIVITIES
def test_a_row_follows_its_person_into_a_contact_and_a_merge(org: Org, activity: str) -> None:
    lead, [kim] = org.lead(), contacts(org, 1)
    org.add(activity, WhoId=lead, Subject="Call")
    connector = connect(org, activity, "Lead", "Contact")
    of_lead, of_contact = (pull(connector, who)[1] for who in ("Lead", "Contact"))
    [row] = [record.ref.id for page in of_lead for record in page.records]
    org.wait(hours=1)
    with org.twin.lock:
        contact = convert(org.twin.org, lead)
    _found, pages = pull(connector, "Lead", end_of(of_lead))
    assert {ref.id for page in pages for ref in page.outside} == {row}
    found, of_contact = pull(connector, "Contact", end_of(of_contact))
    assert found == {row: contact}
    org.wait(hours=1)
    with org.twin.lock:
        merge(org.twin.org, "Contact", kim, [contact])
    assert pull(connector, "Contact", end_of(of_contact))[0] == {row: kim}


def test_deletions_that_the_org_no_longer_tells_are_found_by_a_list(org: Org) -> None:
    kim, lee = contacts(org, 2)
    id_ = org.add("Task", WhoId=kim, Subject="Call")
    org.remove("TaskRelation", relate(org, "Task", id_, lee))
    connector = connect(org, "Task", "Contact")
    _found, pages = pull(connector, "Contact")
    since = end_of(pages)
    org.wait(hours=1)
    many = Fault(
        kind=FaultKind.STATUS, status=400, policy="EXCEEDED_ID_LIMIT", endpoint="*/deleted"
    )
    org.twin.script.add(many)
    assert pull(connector, "Contact", since)[1][-1].is_complete
    org.wait(days=6, hours=20)
    assert not pull(connector, "Contact", since)[1][-1].is_complete


@ACTIVITIES
def test_where_activities_are_not_shared_it_is_said_what_to_read(activity: str) -> None:
    with serving_org() as org:
        connector = connect(org, activity, "Contact")
        with pytest.raises(FixDataError, match=f"are not shared in this org.* read {activity}"):
            pull(connector, "Contact")
        [found] = [one for one in connector.check() if one.object_type == "of_Contact"]
        assert (found.is_blocking, "are not shared" in found.message) == (True, True)
