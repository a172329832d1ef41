"""Activities of HubSpot: one record per contact, without bodies, through the twin."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.hubspot_opening import opened
from tests.support.hubspot_stub import FakeTime, serving_stub
from tests.support.hubspot_twin import Account, end_of, pull, records_of, serving_account
from worker.errors import FixConfigurationError
from worker.ports import ObjectSource

FIELDS = ["associations.contacts", "hs_timestamp", "hubspot_owner_id"]


@pytest.fixture
def crm() -> Iterator[Account]:
    with serving_account() as account:
        yield account


def call(crm: Account, *contacts: str) -> str:
    activity = crm.add("calls", hs_timestamp="2026-03-01T10:00:00Z", hs_call_body="they said …")
    for contact in contacts:
        crm.link("calls", activity, contact)
    return activity


def contacts_of(crm: Account, since: str | None = None) -> dict[str, str | None]:
    found = records_of(pull(crm.connect(), "calls", FIELDS, since))
    return {key: record.values.get("associations.contacts") for key, record in found.items()}


def test_an_activity_is_one_record_for_each_of_its_contacts(crm: Account) -> None:
    kim, lee = crm.add("contacts"), crm.add("contacts")
    one, both = call(crm, kim), call(crm, lee, kim)
    first, second = sorted((kim, lee))
    assert contacts_of(crm) == {one: kim, both: first, f"{both}:{second}": second}


def test_f13_no_contact_of_an_activity_counts_more_than_another(crm: Account) -> None:
    """The older call shows one association of several; only v4 is asked, and every one is taken."""
    kim, lee = crm.add("contacts"), crm.add("contacts")
    activity = call(crm, lee, kim)
    crm.counts()
    found = contacts_of(crm)
    assert set(found.values()) == {kim, lee}
    assert contacts_of(crm) == found, activity
    assert sum(n for key, n in crm.counts().items() if "/crm/v4/associations/" in key) == 2


def test_the_order_in_which_contacts_are_told_means_nothing() -> None:
    with serving_stub() as stub:
        time, found = FakeTime(), []
        connector = opened(stub, time, ObjectSource(object_type="calls", id_field="hs_object_id"))
        for order in (("20", "10"), ("10", "20")):
            stub.say({"results": [{"id": "5", "properties": {}}]})
            to = [{"toObjectId": one} for one in order]
            stub.say({"results": [{"from": {"id": "5"}, "to": to}]})
            pages = pull(connector, "calls", ["associations.contacts"])
            found.append({key: r.values for key, r in records_of(pages).items()})
    assert found[0] == found[1]
    assert found[0]["5"] == {"associations.contacts": "10"}


def test_an_activity_of_nobody_is_left_out(crm: Account) -> None:
    call(crm)
    assert contacts_of(crm) == {}


def test_no_body_is_read_unless_it_is_asked_for(crm: Account) -> None:
    call(crm, crm.add("contacts"))
    for record in records_of(pull(crm.connect(), "calls", FIELDS)).values():
        assert "they said" not in repr(record)


def test_a_changed_activity_is_read_again_for_all_its_contacts(crm: Account) -> None:
    kim, lee = crm.add("contacts"), crm.add("contacts")
    activity = call(crm, kim, lee)
    since = end_of(pull(crm.connect(), "calls", FIELDS))
    crm.wait(minutes=10)
    crm.change("calls", activity, hs_timestamp="2026-03-01T11:00:00Z")
    found = records_of(pull(crm.connect(), "calls", FIELDS, since))
    assert len(found) == 2
    assert {record.values["hs_timestamp"] for record in found.values()} == {
        "2026-03-01T11:00:00.000Z"
    }


def test_a_changed_activity_that_belongs_to_nobody_any_more_is_told_to_be_outside(
    crm: Account,
) -> None:
    activity, never = call(crm, crm.add("contacts")), call(crm)
    since = end_of(pull(crm.connect(), "calls", FIELDS))
    crm.wait(minutes=10)
    crm.unlink(activity)
    for one in (activity, never):
        crm.change("calls", one, hs_timestamp="2026-03-01T11:00:00Z")
    pages = pull(crm.connect(), "calls", FIELDS, since)
    assert records_of(pages) == {}
    assert {ref.id for page in pages for ref in page.outside} == {activity, never}


def test_an_archived_activity_is_told(crm: Account) -> None:
    activity = call(crm, crm.add("contacts"))
    since = end_of(pull(crm.connect(), "calls", FIELDS))
    crm.wait(minutes=10)
    crm.archive("calls", activity)
    found = records_of(pull(crm.connect(), "calls", FIELDS, since))
    assert found[activity].is_deleted


def test_associations_are_read_for_a_thousand_activities_a_call(crm: Account) -> None:
    kim = crm.add("contacts")
    for _ in range(1100):
        call(crm, kim)
    crm.counts()
    pages = pull(crm.connect(), "calls", FIELDS)
    counts = crm.counts()
    assert (len(records_of(pages)), sum(counts.values())) == (1100, 11 + 2)
    assert pages[-1].is_complete


def test_a_pull_of_activities_goes_on_from_any_bookmark(crm: Account) -> None:
    kim = crm.add("contacts")
    ids = {call(crm, kim) for _ in range(1100)}
    pages = pull(crm.connect(), "calls", FIELDS)
    for at, page in enumerate(pages):
        rest = pull(crm.connect(), "calls", FIELDS, page.bookmark)
        assert set(records_of(pages[: at + 1])) | set(records_of(rest)) >= ids


@pytest.mark.parametrize(
    "name", ["calls", "emails", "meetings", "tasks", "communications", "notes"]
)
def test_every_kind_of_activity_is_read_and_described(crm: Account, name: str) -> None:
    kim = crm.add("contacts")
    activity = crm.add(name, hs_timestamp="2026-03-01T10:00:00Z")
    crm.link(name, activity, kim)
    connector = crm.connect()
    assert list(records_of(pull(connector, name, FIELDS))) == [activity]
    described = {field.name: field for field in connector.describe(name).fields}
    assert not described["associations.contacts"].is_writable
    assert "hs_timestamp" in described


def test_an_activity_is_fetched_by_the_id_of_its_record(crm: Account) -> None:
    kim, lee = crm.add("contacts"), crm.add("contacts")
    call(crm, kim, lee)
    connector = crm.connect()
    found = records_of(pull(connector, "calls", FIELDS))
    refs = [record.ref for record in found.values()]
    assert connector.fetch(refs, fields=FIELDS) == {r.ref: r for r in found.values()}


def test_an_object_type_can_have_another_name(crm: Account) -> None:
    activity = call(crm, crm.add("contacts"))
    source = ObjectSource(object_type="phoned", id_field="id", options={"reads": "calls"})
    assert list(records_of(pull(crm.connect([source]), "phoned", FIELDS))) == [activity]


def test_a_thing_that_cannot_be_read_is_named(crm: Account) -> None:
    source = ObjectSource(object_type="phoned", id_field="id", options={"reads": "call"})
    with pytest.raises(FixConfigurationError, match="Did you mean 'calls'"):
        crm.connect([source])
