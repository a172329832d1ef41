"""Types of subscription and lists of HubSpot's contacts, through the twin."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from connectors.sandbox.hubspot.consent import GRANTED, MARKETING, ONE_TO_ONE, put_status
from connectors.sandbox.hubspot.lists import RecordList, put_list
from connectors.sandbox.hubspot.tokens import ALL_SCOPES, Grant
from tests.support.hubspot_opening import opened
from tests.support.hubspot_stub import FakeTime, serving_stub
from tests.support.hubspot_twin import Account, pull, records_of, serving_account
from worker.errors import FixAccessError
from worker.ports import ObjectSource

SUBSCRIBED = f"subscriptions.{MARKETING}"


@pytest.fixture
def crm() -> Iterator[Account]:
    with serving_account() as account:
        yield account


def values(crm: Account, *fields: str) -> dict[str, dict[str, str | None]]:
    found = records_of(pull(crm.connect(), "contacts", fields))
    return {key: dict(record.values) for key, record in found.items()}


def test_what_an_address_has_chosen_is_a_field_of_its_contact(crm: Account) -> None:
    one = crm.add("contacts", email="Kim@Example.org")
    two = crm.add("contacts", email="lee@example.org")
    put_status(crm.twin.account.store, "kim@example.org", GRANTED)
    assert values(crm, SUBSCRIBED) == {
        one: {SUBSCRIBED: "SUBSCRIBED"},
        two: {SUBSCRIBED: "NOT_SPECIFIED"},
    }


def test_an_address_is_the_same_in_capitals() -> None:
    with serving_stub() as stub:
        stub.say({"results": [{"id": "1", "properties": {"email": "Kim@Example.org"}}]})
        chosen = [{"subscriptionId": MARKETING, "status": "SUBSCRIBED"}]
        stub.say({"results": [{"subscriberIdString": "KIM@example.org", "statuses": chosen}]})
        [record] = records_of(pull(opened(stub, FakeTime()), "contacts", [SUBSCRIBED])).values()
    assert record.values == {SUBSCRIBED: "SUBSCRIBED"}
    assert json.loads(stub.asked[1].body) == {"inputs": ["kim@example.org"]}


def test_a_contact_without_an_address_has_chosen_nothing(crm: Account) -> None:
    one = crm.add("contacts", firstname="Kim")
    assert values(crm, SUBSCRIBED) == {one: {SUBSCRIBED: None}}


def test_an_address_that_is_refused_has_chosen_nothing_and_the_rest_is_read(crm: Account) -> None:
    one = crm.add("contacts", email="kim@example.org")
    account = crm.twin.account
    record = account.find("contacts", crm.add("contacts"))
    assert record is not None
    record.properties["email"] = "no address"
    account.store.put([record])
    assert values(crm, SUBSCRIBED) == {
        one: {SUBSCRIBED: "NOT_SPECIFIED"},
        str(record.id): {SUBSCRIBED: None},
    }


def test_statuses_are_read_for_a_hundred_addresses_a_call(crm: Account) -> None:
    for n in range(150):
        crm.add("contacts", email=f"c{n}@example.org")
    crm.counts()
    values(crm, SUBSCRIBED, f"subscriptions.{ONE_TO_ONE}")
    assert sum(crm.counts().values()) == 2 + 2


def test_membership_of_a_list_is_yes_or_no(crm: Account) -> None:
    one, two = crm.add("contacts"), crm.add("contacts")
    put_list(crm.twin.account.store, RecordList(list_id="7", name="newsletter"), [(int(one), 1)])
    assert values(crm, "lists.7") == {one: {"lists.7": "true"}, two: {"lists.7": "false"}}


def test_lists_are_read_for_a_thousand_contacts_a_call(crm: Account) -> None:
    for _ in range(1100):
        crm.add("contacts")
    crm.counts()
    assert len(values(crm, "lists.7")) == 1100
    assert sum(crm.counts().values()) == 11 + 2


def test_what_is_not_asked_for_is_not_read(crm: Account) -> None:
    crm.add("contacts", email="kim@example.org")
    crm.counts()
    values(crm, "email")
    assert sum(crm.counts().values()) == 1


def test_a_scope_that_is_missing_is_an_error(crm: Account) -> None:
    crm.add("contacts", email="kim@example.org")
    scope = "communication_preferences.statuses.batch.read"
    crm.twin.tokens.grants["narrow"] = Grant(scopes=ALL_SCOPES - {scope})
    with pytest.raises(FixAccessError, match="would not read subscriptions"):
        pull(crm.connect(access_token="narrow"), "contacts", [SUBSCRIBED])


def test_fetching_and_pulling_agree(crm: Account) -> None:
    crm.add("contacts", email="kim@example.org")
    connector = crm.connect()
    [record] = records_of(pull(connector, "contacts", [SUBSCRIBED, "lists.7"])).values()
    fetched = connector.fetch([record.ref], fields=[SUBSCRIBED, "lists.7"])
    assert fetched == {record.ref: record}


def test_what_the_options_name_is_described(crm: Account) -> None:
    options = {"reads": "contacts", "subscriptions": MARKETING, "lists": "7; 8"}
    source = ObjectSource(object_type="people", id_field="hs_object_id", options=options)
    described = crm.connect([source]).describe("people")
    assert {SUBSCRIBED, "lists.7", "lists.8"} <= {field.name for field in described.fields}
