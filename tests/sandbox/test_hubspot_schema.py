"""Definitions, owners, pipelines and associations load into the client's own models and keep rules."""

from __future__ import annotations

import pytest

from connectors.sandbox.clock import to_ms
from connectors.sandbox.hubspot.associations import link
from connectors.sandbox.hubspot.owners import Owner, put_owner
from connectors.sandbox.hubspot.store import StoredObject
from connectors.sandbox.hubspot.tokens import Grant
from connectors.sandbox.hubspot.validations import Rule, put_rules
from tests.sandbox.conftest import NOW, NOW_TEXT

PROPERTIES = "/crm/v3/properties/contacts"
TEXT = {
    "label": "Reason codes",
    "type": "string",
    "fieldType": "text",
    "groupName": "contactinformation",
}


def test_standard_definitions_say_what_may_be_written(client) -> None:
    listed = client.crm.properties.core_api.get_all("contacts").results
    found = {one.name: one for one in listed}
    stage = found["lifecyclestage"]
    assert [option.value for option in stage.options][:2] == ["subscriber", "lead"]
    assert (stage.type, stage.modification_metadata.read_only_value) == ("enumeration", False)
    assert found["createdate"].modification_metadata.read_only_value is True
    assert found["hs_email_optout"].modification_metadata.read_only_value is True
    owner = found["hubspot_owner_id"]
    assert (owner.referenced_object_type, owner.external_options) == ("OWNER", True)
    assert owner.options == []


def test_a_property_and_its_group_are_made_once(client, web, contact) -> None:
    group = {"name": "leadtriage", "label": "Lead triage"}
    assert web("POST", f"{PROPERTIES}/groups", group).status == 201
    assert web("POST", f"{PROPERTIES}/groups", group).status == 409
    assert client.crm.properties.groups_api.get_by_name("contacts", "leadtriage").name
    new = {**TEXT, "name": "reason_codes", "groupName": "leadtriage"}
    made = client.crm.properties.core_api.create("contacts", new)
    assert (made.name, made.group_name, made.archived) == ("reason_codes", "leadtriage", False)
    again = web("POST", PROPERTIES, new)
    assert (again.status, again.body["category"]) == (409, "CONFLICT")
    id_ = contact(reason_codes="FIT_SITE")
    read = web("GET", f"/crm/v3/objects/contacts/{id_}?properties=reason_codes")
    assert read.body["properties"]["reason_codes"] == "FIT_SITE"


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "Reason Codes"},
        {"groupName": "nowhere"},
        {"fieldType": "number"},
        {"type": "enumeration", "fieldType": "select"},
        {"options": [{"label": "A", "value": "a"}]},
    ],
)
def test_a_definition_that_does_not_hold_together_is_refused(web, wrong) -> None:
    assert web("POST", PROPERTIES, {**TEXT, "name": "reason_codes", **wrong}).status == 400


def test_options_are_replaced_as_a_whole(client, web) -> None:
    first = [{"label": "Patient", "value": "patient", "hidden": False}]
    choice = {**TEXT, "type": "enumeration", "fieldType": "select", "options": first}
    assert web("POST", PROPERTIES, {**choice, "name": "pathway"}).status == 201
    second = [{"label": "Referral", "value": "referral", "hidden": False}]
    api = client.crm.properties.core_api
    changed = api.update("contacts", "pathway", {"options": second})
    assert [option.value for option in changed.options] == ["referral"]


@pytest.mark.parametrize(
    "twice", [{"label": "Other", "value": "patient"}, {"label": "PATIENT", "value": "other"}]
)
def test_no_two_options_are_or_look_the_same(web, twice) -> None:
    choices = [{"label": "Patient", "value": "patient"}, twice]
    choice = {**TEXT, "type": "enumeration", "fieldType": "select", "options": choices}
    assert web("POST", PROPERTIES, {**choice, "name": "pathway"}).status == 400


def test_the_stages_belong_to_hubspot(web) -> None:
    more = {"options": [{"label": "Nurture", "value": "nurture"}]}
    assert web("PATCH", f"{PROPERTIES}/lifecyclestage", more).status == 400


def test_there_is_room_for_so_many_properties(web, twin) -> None:
    twin.account.most_custom_properties = 1
    assert web("POST", PROPERTIES, {**TEXT, "name": "pathway"}).status == 201
    assert web("POST", PROPERTIES, {**TEXT, "name": "decision"}).status == 400
    found = web("GET", "/crm/v3/limits/custom-properties").body
    assert found["byObjectType"][0] == {
        "objectTypeId": "0-1",
        "singularLabel": "Contact",
        "pluralLabel": "Contacts",
        "limit": 1,
        "usage": 1,
        "percentage": 100.0,
    }


def test_a_private_app_may_ask_what_its_token_may_do(web, twin) -> None:
    path = "/oauth/v2/private-apps/get/access-token-info"
    twin.tokens.grants["narrow"] = Grant(scopes=frozenset({"forms"}))
    told = web("POST", path, {"tokenKey": "narrow"}, token="narrow")
    assert (told.status, told.body["scopes"]) == (200, ["forms"])
    twin.tokens.grants["oauth"] = Grant(is_private_app=False)
    assert web("POST", path, {"tokenKey": "oauth"}, token="oauth").status == 404


def test_a_batch_of_definitions_makes_what_it_can(client) -> None:
    inputs = [{**TEXT, "name": "pathway"}, {**TEXT, "name": "firstname"}]
    answer = client.crm.properties.batch_api.create("contacts", {"inputs": inputs})
    assert [one.name for one in answer.results] == ["pathway"]
    assert answer.errors[0].category == "CONFLICT"


def test_an_archived_property_is_gone_from_reads_writes_and_the_default_list(web, contact) -> None:
    web("POST", PROPERTIES, {**TEXT, "name": "pathway"})
    id_ = contact(pathway="patient")
    assert web("DELETE", f"{PROPERTIES}/pathway").status == 204
    assert web("GET", f"{PROPERTIES}/pathway").status == 404
    assert web("GET", f"{PROPERTIES}/pathway?archived=true").body["archivedAt"] == NOW_TEXT
    read = web("GET", f"/crm/v3/objects/contacts/{id_}?properties=pathway")
    assert "pathway" not in read.body["properties"]
    body = {"properties": {"pathway": "b2b"}}
    assert web("PATCH", f"/crm/v3/objects/contacts/{id_}", body).status == 400
    assert web("DELETE", f"{PROPERTIES}/firstname").status == 400


def test_sensitive_properties_are_listed_apart_and_their_values_left_out(web, contact) -> None:
    new = {**TEXT, "name": "diagnosis", "dataSensitivity": "highly_sensitive"}
    assert web("POST", PROPERTIES, new).status == 201
    id_ = contact(diagnosis="none", firstname="Ann")
    names = {one["name"] for one in web("GET", PROPERTIES).body["results"]}
    assert "diagnosis" not in names
    apart = web("GET", f"{PROPERTIES}?dataSensitivity=highly_sensitive").body["results"]
    assert [one["name"] for one in apart] == ["diagnosis"]
    read = web("GET", f"/crm/v3/objects/contacts/{id_}?properties=diagnosis,firstname")
    assert "diagnosis" not in read.body["properties"]
    known = {"propertyName": "diagnosis", "operator": "HAS_PROPERTY"}
    for body in ({"properties": ["diagnosis"]}, {"filterGroups": [{"filters": [known]}]}):
        found = web("POST", "/crm/v3/objects/contacts/search", body)
        assert (found.status, found.body["category"]) == (403, "MISSING_SCOPES")
        assert found.body["errors"][0]["context"] == {
            "requiredGranularScopes": ["crm.objects.contacts.highly_sensitive.read"]
        }


def test_validation_rules_are_told_by_property(web, twin) -> None:
    with twin.lock:
        rule = Rule(rule_type="ALPHANUMERIC", rule_arguments=("NUMERIC_ONLY",))
        put_rules(twin.account.store, "contacts", "zip", rule)
    path = "/crm/v3/property-validations/0-1"
    shown = [
        {
            "ruleType": "ALPHANUMERIC",
            "ruleArguments": ["NUMERIC_ONLY"],
            "shouldApplyNormalization": False,
        }
    ]
    assert web("GET", path).body["results"] == [
        {"propertyName": "zip", "propertyValidationRules": shown}
    ]
    assert web("GET", f"{path}/zip").body["results"] == shown
    assert web("GET", f"{path}/city").body["results"] == []


def test_who_left_is_listed_apart_without_names_or_a_user_id(client, web, twin, contact) -> None:
    here = Owner(id="101", email="bo@staff.example", first_name="Bo", user_id=9101)
    gone = Owner(
        id="102", email="cy@staff.example", user_id=9102, user_id_including_inactive=9102,
        first_name="Cy", archived=True,
    )  # fmt: skip
    with twin.lock:
        put_owner(twin.account.store, here)
        put_owner(twin.account.store, gone)
    api = client.crm.owners.owners_api
    assert [one.id for one in api.get_page().results] == ["101"]
    (left,) = api.get_page(archived=True).results
    assert (left.id, left.user_id, left.user_id_including_inactive) == ("102", None, 9102)
    assert (left.first_name, left.email) == ("", "cy@staff.example")
    assert api.get_by_id(9102, id_property="userId", archived=True).id == "102"
    assert web("GET", "/crm/v3/owners/102").status == 404
    id_ = contact(hubspot_owner_id="101")
    read = web("GET", f"/crm/v3/objects/contacts/{id_}?properties=hubspot_owner_assigneddate")
    assert read.body["properties"]["hubspot_owner_assigneddate"] == NOW_TEXT
    body = {"properties": {"hubspot_owner_id": "102"}}
    assert web("PATCH", f"/crm/v3/objects/contacts/{id_}", body).status == 400


def test_owners_page(web, twin) -> None:
    with twin.lock:
        for n in range(3):
            put_owner(twin.account.store, Owner(id=str(n), email=f"o{n}@staff.example"))
    first = web("GET", "/crm/v3/owners?limit=2").body
    assert [one["id"] for one in first["results"]] == ["0", "1"]
    after = first["paging"]["next"]["after"]
    rest = web("GET", f"/crm/v3/owners?limit=2&after={after}").body
    assert ([one["id"] for one in rest["results"]], "paging" in rest) == (["2"], False)
    assert web("GET", "/crm/v3/owners?email=O1@staff.example").body["results"][0]["id"] == "1"


def test_deals_have_a_pipeline_and_contacts_none(client) -> None:
    (pipeline,) = client.crm.pipelines.pipelines_api.get_all("deals").results
    assert pipeline.stages[-1].metadata == {"isClosed": "true", "probability": "0.0"}
    assert client.crm.pipelines.pipelines_api.get_all("contacts").results == []


def test_the_account_tells_its_zone_its_use_and_when_the_day_ends(web) -> None:
    details = web("GET", "/account-info/v3/details").body
    assert (details["timeZone"], details["utcOffset"]) == ("US/Eastern", "-05:00")
    (usage,) = web("GET", "/account-info/v3/api-usage/daily/private-apps").body["results"]
    assert (usage["currentUsage"], usage["usageLimit"]) == (2, 625_000)
    assert usage["resetsAt"] == "2026-11-03T05:00:00.000Z"


def calls_of(twin, contact_id: str, count: int) -> None:
    """Give a contact so many calls."""
    at, store = to_ms(NOW), twin.account.store
    ids = range(1, count + 1)
    store.put(StoredObject(type="calls", id=n, created=at, modified=at, properties={}) for n in ids)
    link(twin.account, [("contacts", int(contact_id), "calls", n, 193) for n in ids])


def test_associations_page_inside_each_result(client, web, twin, contact) -> None:
    one, many, none = contact(firstname="A"), contact(firstname="B"), contact(firstname="C")
    with twin.lock:
        calls_of(twin, one, 1)
        calls_of(twin, many, 501)
    path = "/crm/v4/associations/contacts/calls/batch/read"
    reply = web("POST", path, {"inputs": [{"id": id_} for id_ in (one, many, none, "12")]})
    assert reply.status == 207
    found = {entry["from"]["id"]: entry for entry in reply.body["results"]}
    assert set(found) == {one, many}
    assert found[one]["to"] == [
        {
            "toObjectId": "1",
            "associationTypes": [{"category": "HUBSPOT_DEFINED", "typeId": 193, "label": None}],
        }
    ]
    assert reply.body["numErrors"] == 2
    after = found[many]["paging"]["next"]["after"]
    rest = web("POST", path, {"inputs": [{"id": many, "after": after}]})
    assert [to["toObjectId"] for to in rest.body["results"][0]["to"]] == ["501"]
    assert "paging" not in rest.body["results"][0]
    back = client.crm.associations.v4.batch_api.get_page(
        "calls", "contacts", {"inputs": [{"id": "1"}]}
    )
    assert {to.to_object_id for to in back.results[0].to} == {one, many}
    single = client.crm.associations.v4.basic_api.get_page("contacts", many, "calls", limit=500)
    assert (len(single.results), single.paging.next.after) == (500, "500")


def test_a_thousand_inputs_are_the_most(web, contact) -> None:
    path = "/crm/v4/associations/contacts/calls/batch/read"
    ids = [{"id": contact(firstname="A")}, *({"id": str(n)} for n in range(1_000))]
    assert web("POST", path, {"inputs": ids}).status == 400
    assert web("POST", path, {"inputs": ids[:1_000]}).status == 207


def test_a_new_engagement_is_linked_as_its_input_says(client, web, contact) -> None:
    id_ = contact(firstname="Ann")
    kind = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 194}
    made = client.crm.objects.calls.basic_api.create(
        {
            "properties": {"hs_timestamp": str(to_ms(NOW)), "hs_call_direction": "INBOUND"},
            "associations": [{"to": {"id": id_}, "types": [kind]}],
        }
    )
    assert made.properties["hs_timestamp"] == NOW_TEXT
    read = web("GET", f"/crm/v3/objects/calls/{made.id}?associations=contacts").body
    assert read["associations"]["contacts"]["results"] == [{"id": id_, "type": "call_to_contact"}]
