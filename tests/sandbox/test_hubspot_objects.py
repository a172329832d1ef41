"""The twin keeps contacts as HubSpot does: checks, silences, histories, merges, deletions."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hubspot.crm.contacts.exceptions import ApiException

from connectors.sandbox.hubspot.writing import impose, update
from tests.sandbox.conftest import NOW_TEXT

CONTACTS = "/crm/v3/objects/contacts"


def test_what_the_client_writes_it_reads_back_in_its_own_models(client) -> None:
    made = client.crm.contacts.basic_api.create(
        {"properties": {"email": "Ann@clinic.example", "firstname": "Ann"}}
    )
    read = client.crm.contacts.basic_api.get_by_id(made.id, properties=["email", "phone"])
    assert read.properties == {
        "email": "ann@clinic.example",
        "phone": None,
        "createdate": NOW_TEXT,
        "lastmodifieddate": NOW_TEXT,
        "hs_object_id": made.id,
    }
    assert read.updated_at == read.created_at


def test_a_name_that_is_not_defined_is_left_out_when_read_and_refused_when_written(web, contact):
    id_ = contact(firstname="Ann")
    read = web("GET", f"{CONTACTS}/{id_}?properties=firstname&properties=shoe_size")
    assert set(read.body["properties"]) == {
        *("firstname", "createdate", "lastmodifieddate", "hs_object_id")
    }
    written = web("PATCH", f"{CONTACTS}/{id_}", {"properties": {"shoe_size": "9"}})
    assert written.status == 400
    assert written.body["category"] == "VALIDATION_ERROR"
    assert written.body["errors"][0]["code"] == "PROPERTY_DOESNT_EXIST"


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("lifecyclestage", "Lead", "INVALID_OPTION"),
        ("createdate", "2026-01-01", "READ_ONLY_VALUE"),
        ("hs_email_optout", "true", "READ_ONLY_VALUE"),
        ("email", "nobody", "INVALID_EMAIL"),
        ("hubspot_owner_id", "77", "INVALID_OWNER_ID"),
        ("closedate", "soon", "INVALID_LONG"),
        ("hs_legal_basis", "Not applicable;Because", "INVALID_OPTION"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_with_its_code(web, contact, name, value, code):
    reply = web("PATCH", f"{CONTACTS}/{contact(firstname='Ann')}", {"properties": {name: value}})
    assert reply.status == 400
    assert reply.body["errors"] == [
        {
            "message": reply.body["errors"][0]["message"],
            "code": code,
            "context": {"propertyName": [name]},
        }
    ]


def test_a_second_contact_with_the_address_is_refused_with_the_id_in_prose(web, contact) -> None:
    id_ = contact(email="ann@clinic.example")
    again = web("POST", CONTACTS, {"properties": {"email": "ANN@clinic.example"}})
    assert again.status == 409
    assert again.body["message"] == f"Contact already exists. Existing ID: {id_}"
    assert again.body["category"] == "CONFLICT"


def test_the_stage_goes_back_only_after_it_was_cleared(web, contact) -> None:
    id_ = contact(lifecyclestage="opportunity")
    path = f"{CONTACTS}/{id_}"
    back = web("PATCH", path, {"properties": {"lifecyclestage": "lead"}})
    assert (back.status, back.body["properties"]["lifecyclestage"]) == (200, "opportunity")
    cleared = web("PATCH", path, {"properties": {"lifecyclestage": ""}})
    assert cleared.body["properties"]["lifecyclestage"] is None
    again = web("PATCH", path, {"properties": {"lifecyclestage": "lead"}})
    assert again.body["properties"]["lifecyclestage"] == "lead"


def test_a_write_that_changes_nothing_leaves_the_stamp(web, contact, twin) -> None:
    id_ = contact(firstname="Ann")
    twin.clock.advance(timedelta(minutes=1))
    same = web("PATCH", f"{CONTACTS}/{id_}", {"properties": {"firstname": "Ann", "phone": None}})
    assert same.body["updatedAt"] == NOW_TEXT
    changed = web("PATCH", f"{CONTACTS}/{id_}", {"properties": {"firstname": "Anna"}})
    assert changed.body["updatedAt"] == "2026-11-02T15:01:00.000Z"


def test_history_lists_each_value_with_its_time_and_source_newest_first(client, twin) -> None:
    api = client.crm.contacts.basic_api
    id_ = api.create({"properties": {"firstname": "Ann"}}).id
    twin.clock.advance(timedelta(minutes=1))
    api.update(id_, {"properties": {"firstname": "Anna"}})
    read = api.get_by_id(id_, properties_with_history=["firstname"])
    history = read.properties_with_history["firstname"]
    assert [(entry.value, entry.source_type) for entry in history] == [
        *(("Anna", "INTEGRATION"), ("Ann", "INTEGRATION"))
    ]
    assert history[0].timestamp - history[1].timestamp == timedelta(minutes=1)


def test_a_persons_edit_and_what_hubspot_does_itself_show_in_the_history(web, twin, contact):
    id_ = contact(lifecyclestage="customer", firstname="Ann")
    twin.clock.advance(timedelta(seconds=1))
    with twin.lock:
        record = twin.account.find("contacts", id_)
        record = update(twin.account, record, {"firstname": "Anna"}, source="CRM_UI")
        impose(twin.account, record, {"lifecyclestage": "lead", "hs_email_optout": "true"})
    names = "firstname,lifecyclestage,hs_email_optout"
    read = web("GET", f"{CONTACTS}/{id_}?propertiesWithHistory={names}").body
    shown = {
        name: [(one["value"], one["sourceType"]) for one in entries]
        for name, entries in read["propertiesWithHistory"].items()
    }
    assert shown == {
        "firstname": [("Anna", "CRM_UI"), ("Ann", "INTEGRATION")],
        "lifecyclestage": [("lead", "CALCULATED"), ("customer", "INTEGRATION")],
        "hs_email_optout": [("true", "CALCULATED")],
    }
    assert read["updatedAt"] == "2026-11-02T15:00:01.000Z"


def test_lists_go_by_id_and_hold_a_hundred_or_fifty_with_history(client, web) -> None:
    inputs = [{"properties": {"firstname": f"P{n}"}} for n in range(100)]
    for _ in range(2):
        client.crm.contacts.batch_api.create({"inputs": inputs})
    everyone = client.crm.contacts.get_all()
    ids = [int(one.id) for one in everyone]
    assert len(ids) == 200
    assert ids == sorted(ids)
    assert web("GET", f"{CONTACTS}?limit=101").status == 400
    assert web("GET", f"{CONTACTS}?limit=51&propertiesWithHistory=phone").status == 400
    assert len(client.crm.contacts.get_all(properties_with_history=["phone"])) == 200


def test_an_archived_contact_is_listed_apart_and_frees_its_address(client, web, contact) -> None:
    id_ = contact(email="ann@clinic.example")
    assert web("DELETE", f"{CONTACTS}/{id_}").status == 204
    assert web("GET", f"{CONTACTS}/{id_}").status == 404
    (binned,) = client.crm.contacts.basic_api.get_page(archived=True).results
    assert (binned.id, binned.archived) == (id_, True)
    assert binned.archived_at is not None
    assert contact(email="ann@clinic.example") != id_


def test_a_merge_makes_a_new_record_and_old_ids_resolve_through_chains(client, web, contact):
    first = contact(email="ann@clinic.example", phone="+1 212 555 0100")
    second = contact(email="ann@home.example", firstname="Ann")
    third = contact(lastname="Lee")

    def merged(primary: str, other: str) -> str:
        body = {"primaryObjectId": primary, "objectIdToMerge": other}
        return client.crm.contacts.basic_api.merge(body).id

    middle = merged(first, second)
    last = merged(third, middle)
    assert len({first, second, third, middle, last}) == 5
    properties = "email,firstname,lastname,phone,hs_merged_object_ids,hs_additional_emails"
    for old in (first, second, third, middle, last):
        read = web("GET", f"{CONTACTS}/{old}?properties={properties}")
        assert read.body["id"] == last
    shown = read.body["properties"]
    assert shown["hs_merged_object_ids"] == ";".join([first, second, third, middle])
    assert (shown["email"], shown["firstname"]) == ("ann@clinic.example", "Ann")
    assert (shown["lastname"], shown["phone"]) == ("Lee", "+1 212 555 0100")
    by_second = web("GET", f"{CONTACTS}/ann@home.example?idProperty=email")
    assert by_second.body["id"] == last


def test_privacy_deletion_leaves_nothing_and_blocks_an_unknown_address(web, contact) -> None:
    id_ = contact(email="ann@clinic.example")
    assert web("POST", f"{CONTACTS}/gdpr-delete", {"objectId": id_}).status == 204
    assert web("GET", f"{CONTACTS}/{id_}").status == 404
    assert web("GET", f"{CONTACTS}?archived=true").body["results"] == []
    unknown = {"objectId": "bo@clinic.example", "idProperty": "email"}
    assert web("POST", f"{CONTACTS}/gdpr-delete", unknown).status == 204
    assert web("POST", CONTACTS, {"properties": {"email": "bo@clinic.example"}}).status == 400


def test_an_error_is_an_envelope_that_the_client_raises(client) -> None:
    with pytest.raises(ApiException) as caught:
        client.crm.contacts.basic_api.get_by_id("1")
    assert caught.value.status == 404
    assert '"category":"OBJECT_NOT_FOUND"' in caught.value.body
    assert '"correlationId":"' in caught.value.body


def test_paths_with_a_dated_version_answer_as_well(web, contact) -> None:
    id_ = contact(firstname="Ann")
    assert web("GET", f"/crm/objects/2026-03/contacts/{id_}").body["id"] == id_
    assert web("GET", f"/crm/objects/2026-09/0-1/{id_}").body["id"] == id_


def test_a_target_of_more_than_sixteen_thousand_characters_is_too_long(web) -> None:
    names = "&".join(f"properties=property_number_{n}" for n in range(600))
    assert web("GET", f"{CONTACTS}?{names}").status == 414
