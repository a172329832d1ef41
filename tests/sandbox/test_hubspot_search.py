"""Search of the twin: operators, limits, the cap of 10,000, and an index that lags behind."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connectors.sandbox.clock import to_ms
from connectors.sandbox.hubspot.store import StoredObject
from tests.sandbox.conftest import NOW

SEARCH = "/crm/v3/objects/contacts/search"


def where(name: str, operator: str, **more: object) -> dict:
    """One filter."""
    return {"propertyName": name, "operator": operator, **more}


def found(web, *filters: dict, **more: object) -> list[str]:
    """First names of the contacts that satisfy all filters, sorted."""
    body = {"filterGroups": [{"filters": list(filters)}], "properties": ["firstname"], **more}
    reply = web("POST", SEARCH, body)
    assert reply.status == 200, reply.body
    return sorted(one["properties"]["firstname"] for one in reply.body["results"])


@pytest.fixture
def people(contact) -> None:
    """Three contacts."""
    contact(firstname="Ann", city="Boston", lifecyclestage="lead", email="ann@clinic.example")
    contact(firstname="Bo", city="New York", lifecyclestage="customer", phone="+1 212 555 0100")
    contact(firstname="Cy", closedate="2026-11-03")


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (where("city", "EQ", value="BOSTON"), ["Ann"]),
        (where("city", "NEQ", value="Boston"), ["Bo"]),
        (where("city", "IN", values=["boston"]), ["Ann"]),
        (where("city", "IN", values=["Boston"]), []),
        (where("city", "NOT_IN", values=["boston"]), ["Bo"]),
        (where("city", "HAS_PROPERTY"), ["Ann", "Bo"]),
        (where("city", "NOT_HAS_PROPERTY"), ["Cy"]),
        (where("city", "CONTAINS_TOKEN", value="york"), ["Bo"]),
        (where("city", "CONTAINS_TOKEN", value="yor*"), ["Bo"]),
        (where("city", "CONTAINS_TOKEN", value="yor"), []),
        (where("city", "NOT_CONTAINS_TOKEN", value="york"), ["Ann"]),
        (where("lifecyclestage", "EQ", value="lead"), ["Ann"]),
        (where("lifecyclestage", "EQ", value="Lead"), []),
        (where("email", "EQ", value="ann@clinic.example"), ["Ann"]),
        (where("closedate", "GT", value=str(to_ms(NOW))), ["Cy"]),
        (where("closedate", "LTE", value=str(to_ms(NOW))), []),
        (
            where("createdate", "BETWEEN", value=str(to_ms(NOW)), highValue=str(to_ms(NOW))),
            ["Ann", "Bo", "Cy"],
        ),
        (where("lastmodifieddate", "LT", value=str(to_ms(NOW))), []),
    ],
)
def test_operators_follow_the_type_of_the_property(web, wanted, names) -> None:
    assert found(web, wanted) == names


@pytest.mark.usefixtures("people")
def test_filters_of_a_group_are_and_and_groups_are_or(web) -> None:
    groups = [
        {
            "filters": [
                where("city", "EQ", value="boston"),
                where("lifecyclestage", "EQ", value="x"),
            ]
        },
        {"filters": [where("firstname", "EQ", value="cy")]},
    ]
    reply = web("POST", SEARCH, {"filterGroups": groups})
    assert [one["properties"]["firstname"] for one in reply.body["results"]] == ["Cy"]


@pytest.mark.usefixtures("people")
def test_filters_at_the_top_level_count(web) -> None:
    reply = web("POST", SEARCH, {"filters": [where("city", "EQ", value="boston")]})
    assert reply.body["total"] == 1


@pytest.mark.parametrize(
    "body",
    [
        {"limit": 201},
        {"after": "9990", "limit": 11},
        {"sorts": [{"propertyName": "createdate"}, {"propertyName": "email"}]},
        {"filterGroups": [{"filters": [where("city", "EQ", value="x")]}] * 6},
        {"filterGroups": [{"filters": [where("city", "EQ", value="x")] * 7}]},
        {"filterGroups": [{"filters": [where("city", "EQ", value="x")] * 5}] * 4},
        {"filterGroups": [{"filters": [where("city", "LIKE", value="x")]}]},
        {"filterGroups": [{"filters": [where("shoe_size", "EQ", value="x")]}]},
        {"filterGroups": [{"filters": [where("city", "EQ", value="x" * 3_000)]}]},
        {"filterGroups": [{"filters": [where("city", "EQ")]}]},
        {"filterGroups": [{"filters": [where("createdate", "GT", value="soon")]}]},
    ],
)
def test_a_search_beyond_the_limits_is_refused(web, body) -> None:
    assert web("POST", SEARCH, body).status == 400


def test_paging_ends_at_ten_thousand_although_there_is_more(web, twin) -> None:
    at = to_ms(NOW)
    with twin.lock:
        twin.account.store.put(
            StoredObject(type="contacts", id=n, created=at, modified=at, properties={})
            for n in range(1, 10_102)
        )
    last = web("POST", SEARCH, {"after": "9800", "limit": 200})
    assert last.body["total"] == 10_101
    assert last.body["paging"] == {"next": {"after": "10000"}}
    assert web("POST", SEARCH, {"after": "10000", "limit": 200}).status == 400
    keyset = [where("hs_object_id", "GT", value="10000")]
    rest = web("POST", SEARCH, {"filterGroups": [{"filters": keyset}], "limit": 200})
    assert rest.body["total"] == 101


def test_equal_sort_keys_come_in_no_order_to_rely_on_but_always_the_same(web, twin) -> None:
    at = to_ms(NOW)
    with twin.lock:
        twin.account.store.put(
            StoredObject(type="contacts", id=n, created=at, modified=at, properties={})
            for n in range(1, 101)
        )
    body = {"sorts": ["lastmodifieddate"], "limit": 100}
    ids = [int(one["id"]) for one in web("POST", SEARCH, body).body["results"]]
    halves = [
        int(one["id"])
        for after in ("0", "50")
        for one in web("POST", SEARCH, {**body, "limit": 50, "after": after}).body["results"]
    ]
    assert ids == halves
    assert ids != sorted(ids)


def test_ids_sort_as_text_when_the_account_is_set_so(web, twin) -> None:
    twin.account.sorts_ids_as_text = True
    with twin.lock:
        twin.account.store.put(
            StoredObject(type="contacts", id=n, created=0, modified=0, properties={})
            for n in (7198, 719869649082, 7199)
        )
    reply = web("POST", SEARCH, {"sorts": ["hs_object_id"]})
    assert [one["id"] for one in reply.body["results"]] == ["7198", "719869649082", "7199"]


def test_the_index_lags_new_rows_are_missing_and_old_keys_still_match(web, twin, contact) -> None:
    contact(firstname="Ann", city="Boston")
    twin.account.index_lag = timedelta(seconds=5)
    (id_,) = [one["id"] for one in web("POST", SEARCH, {}).body["results"]]
    contact(firstname="Bo", city="Boston")
    web("PATCH", f"/crm/v3/objects/contacts/{id_}", {"properties": {"city": "Salem"}})
    assert found(web, where("city", "EQ", value="boston")) == ["Ann"]
    assert found(web, where("city", "EQ", value="salem")) == []
    twin.clock.advance(timedelta(seconds=4))
    web("PATCH", f"/crm/v3/objects/contacts/{id_}", {"properties": {"city": "Lynn"}})
    twin.clock.advance(timedelta(seconds=1))
    assert found(web, where("city", "EQ", value="boston")) == ["Bo"]
    assert found(web, where("city", "EQ", value="salem")) == ["Ann"]
    twin.clock.advance(timedelta(seconds=4))
    assert found(web, where("city", "EQ", value="lynn")) == ["Ann"]


def test_an_archived_contact_leaves_the_index_after_the_lag(web, twin, contact) -> None:
    id_ = contact(firstname="Ann")
    twin.account.index_lag = timedelta(seconds=5)
    web("DELETE", f"/crm/v3/objects/contacts/{id_}")
    assert found(web) == ["Ann"]
    twin.clock.advance(timedelta(seconds=5))
    assert found(web) == []


def test_the_answer_loads_into_the_models_of_the_client(client, contact) -> None:
    id_ = contact(firstname="Ann")
    answer = client.crm.contacts.search_api.do_search({"query": "ann", "limit": 1})
    assert (answer.total, answer.results[0].id) == (1, id_)
