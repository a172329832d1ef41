"""Records of the Salesforce twin: reading, writing, and what follows from a write."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connectors.sandbox.salesforce.call import http_date
from connectors.sandbox.salesforce.columns import custom
from connectors.sandbox.salesforce.ids import made_id
from connectors.sandbox.salesforce.writing import AS_PERSON, create, update
from connectors.sandbox.script import Fault, FaultKind
from tests.support.salesforce_asking import QUIET, Asking


@pytest.fixture
def asking() -> Asking:
    """A twin of its own for each test."""
    return Asking()


def test_a_lead_is_read_as_it_was_made_with_what_follows(asking) -> None:
    lead = asking.lead(FirstName="Jo", Email=" jo@example.com ", NumberOfEmployees="12")
    reply = asking("GET", f"/sobjects/Lead/{lead}")
    body = reply.body
    assert (body["Name"], body["Email"], body["NumberOfEmployees"]) == (
        "Jo Doe",
        "jo@example.com",
        12,
    )
    assert body["Status"] == "Open - Not Contacted"
    assert body["OwnerId"] == body["CreatedById"] == asking.twin.org.integration_user
    assert body["CreatedDate"] == body["SystemModstamp"] == "2026-11-02T15:00:00.000+0000"
    assert body["attributes"] == {
        "type": "Lead",
        "url": f"/services/data/v66.0/sobjects/Lead/{lead}",
    }
    assert reply.headers["last-modified"] == "Mon, 02 Nov 2026 15:00:00 GMT"
    some = asking("GET", f"/sobjects/Lead/{lead[:15]}?fields=Email").body
    assert set(some) == {"attributes", "Email"}


@pytest.mark.parametrize(
    ("given", "code", "fields"),
    [
        ({"Email": "nobody"}, "INVALID_EMAIL_ADDRESS", ["Email"]),
        ({"City": "x" * 41}, "STRING_TOO_LONG", ["City"]),
        ({"LastName": None}, "REQUIRED_FIELD_MISSING", ["LastName"]),
        ({"Status": None}, "REQUIRED_FIELD_MISSING", ["Status"]),
        ({"NumberOfEmployees": 3_000_000_000}, "NUMBER_OUTSIDE_VALID_RANGE", ["NumberOfEmployees"]),
        ({"NumberOfEmployees": "few"}, "JSON_PARSER_ERROR", ["NumberOfEmployees"]),
        ({"DoNotCall": "perhaps"}, "JSON_PARSER_ERROR", ["DoNotCall"]),
        ({"EmailBouncedDate": "soon"}, "JSON_PARSER_ERROR", ["EmailBouncedDate"]),
        (
            {"SystemModstamp": "2026-01-01T00:00:00Z"},
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            ["SystemModstamp"],
        ),
        ({"IsConverted": True}, "INVALID_FIELD_FOR_INSERT_UPDATE", ["IsConverted"]),
        ({"Nothing__c": 1}, "INVALID_FIELD", None),
        ({"OwnerId": "005"}, "MALFORMED_ID", ["OwnerId"]),
        ({"OwnerId": made_id("003", 1)}, "MALFORMED_ID", ["OwnerId"]),
        ({"OwnerId": made_id("005", 900)}, "INVALID_CROSS_REFERENCE_KEY", ["OwnerId"]),
        ({"Status": "Closed - Converted"}, "INVALID_STATUS", ["Status"]),
    ],
)
def test_a_value_that_a_field_cannot_hold_is_refused_by_its_code(
    asking, given, code, fields
) -> None:
    lead = asking.lead()
    before = asking("GET", f"/sobjects/Lead/{lead}").body
    reply = asking.change(lead, given)
    assert (reply.status, reply.code, reply.body[0].get("fields")) == (400, code, fields)
    assert asking("GET", f"/sobjects/Lead/{lead}").body == before


def test_a_write_that_changes_nothing_moves_the_stamps_and_writes_no_history(asking) -> None:
    lead = asking.lead()
    asking.twin.clock.advance(timedelta(minutes=1))
    assert asking.change(lead, {"Status": "Open - Not Contacted"}).status == 204
    assert (
        asking("GET", f"/sobjects/Lead/{lead}")
        .body["SystemModstamp"]
        .startswith("2026-11-02T15:01")
    )
    assert asking.rows("SELECT Id FROM LeadHistory") == []


def test_history_tells_who_changed_what_and_an_owner_twice(asking) -> None:
    lead, other = asking.lead(), asking.user()
    asking.change(lead, {"Status": "Working - Contacted"})
    update(asking.twin.org, "Lead", lead, {"OwnerId": other}, AS_PERSON)
    found = asking.rows(
        "SELECT Field, OldValue, NewValue, CreatedById FROM LeadHistory ORDER BY Id"
    )
    org = asking.twin.org
    told = [(r["Field"], r["OldValue"], r["NewValue"], r["CreatedById"]) for r in found]
    assert told == [
        ("Status", "Open - Not Contacted", "Working - Contacted", org.integration_user),
        ("Owner", "Integration", "U", org.person),
        ("Owner", org.integration_user, other, org.person),
    ]


def test_a_conditional_write_steps_back_and_a_conditional_read_says_unchanged(asking) -> None:
    lead = asking.lead()
    read_at = asking("GET", f"/sobjects/Lead/{lead}").headers["last-modified"]
    unchanged = asking("GET", f"/sobjects/Lead/{lead}", if_modified_since=read_at)
    assert (unchanged.status, unchanged.body) == (304, b"")
    assert asking.change(lead, {"City": "A"}, if_unmodified_since=read_at).status == 204
    asking.twin.clock.advance(timedelta(seconds=1))
    update(asking.twin.org, "Lead", lead, {"City": "B"}, AS_PERSON)
    assert asking.change(lead, {"City": "C"}, if_unmodified_since=read_at).status == 412
    assert asking("GET", f"/sobjects/Lead/{lead}?fields=City").body["City"] == "B"


def test_a_describe_is_unchanged_until_the_schema_changes(asking) -> None:
    first = asking("GET", "/sobjects/Lead/describe")
    since = http_date(asking.twin.clock.now_ms())
    assert asking("GET", "/sobjects/Lead/describe", if_modified_since=since).status == 304
    asking.twin.clock.advance(timedelta(hours=1))
    org = asking.twin.org
    org.schema.add_fields("Lead", custom("Score__c", "double"), at=org.clock.now_ms())
    second = asking("GET", "/sobjects/Lead/describe", if_modified_since=since)
    names = {field["name"] for field in second.body["fields"]}
    assert names - {field["name"] for field in first.body["fields"]} == {"Score__c"}


def test_a_field_hidden_by_security_is_not_there(asking) -> None:
    lead = asking.lead(HasOptedOutOfEmail=True)
    schema = asking.twin.org.schema
    schema.hide("Lead", "HasOptedOutOfEmail")
    described = asking("GET", "/sobjects/Lead/describe").body
    assert "HasOptedOutOfEmail" not in {field["name"] for field in described["fields"]}
    assert asking.query("SELECT HasOptedOutOfEmail FROM Lead").code == "INVALID_FIELD"
    assert asking.change(lead, {"HasOptedOutOfEmail": False}).code == "INVALID_FIELD"
    schema.show("Lead", "HasOptedOutOfEmail")
    schema.protect("Lead", "HasOptedOutOfEmail")
    assert asking.rows("SELECT HasOptedOutOfEmail FROM Lead")[0]["HasOptedOutOfEmail"] is True
    assert (
        asking.change(lead, {"HasOptedOutOfEmail": False}).code == "INVALID_FIELD_FOR_INSERT_UPDATE"
    )


def test_records_are_written_by_a_key_of_another_system(asking) -> None:
    org = asking.twin.org
    org.schema.add_fields("Lead", custom("HubSpot_Id__c", "string"))
    path = "/sobjects/Lead/HubSpot_Id__c/77"
    given = {"LastName": "Doe", "Company": "Acme"}
    assert asking("PATCH", f"{path}?updateOnly=true", given, **QUIET).status == 404
    first, second = (asking("PATCH", path, given, **QUIET) for _ in range(2))
    assert (first.status, first.body["created"]) == (201, True)
    assert (second.status, second.body["created"], second.body["id"]) == (
        200,
        False,
        first.body["id"],
    )
    assert asking("GET", path).body["Id"] == first.body["id"]
    assert asking("PATCH", path, given, root="/services/data/v45.0", **QUIET).status == 204
    asking.lead(HubSpot_Id__c="77")
    several = asking("PATCH", path, given, **QUIET)
    assert (several.status, len(several.body)) == (300, 2)


def test_what_is_deleted_is_told_apart_from_what_never_was(asking) -> None:
    lead = asking.lead()
    assert asking("DELETE", f"/sobjects/Lead/{lead}").status == 204
    for method in ("GET", "DELETE"):
        gone = asking(method, f"/sobjects/Lead/{lead}")
        assert (gone.status, gone.code) == (404, "ENTITY_IS_DELETED")
    never = asking("GET", f"/sobjects/Lead/{made_id('00Q', 99)}")
    assert (never.status, never.code) == (404, "NOT_FOUND")
    assert asking.rows("SELECT Id FROM Lead") == []
    assert asking.rows("SELECT Id, IsDeleted FROM Lead", "queryAll")[0]["IsDeleted"] is True


def test_changes_and_deletions_of_a_span_are_listed_by_id(asking) -> None:
    kept, lost = asking.lead(), asking.lead()
    asking("DELETE", f"/sobjects/Lead/{lost}")
    span = "start=2026-11-02T14:59:00%2B00:00&end=2026-11-02T15:05:00%2B00:00"
    changed_ = asking("GET", f"/sobjects/Lead/updated?{span}").body
    assert changed_ == {"ids": [kept], "latestDateCovered": "2026-11-02T15:00:00.000+0000"}
    deleted = asking("GET", f"/sobjects/Lead/deleted?{span}").body
    assert [one["id"] for one in deleted["deletedRecords"]] == [lost]
    asking.twin.org.store.purge("Lead", lost, asking.twin.clock.now_ms())
    assert (
        asking("GET", f"/sobjects/Lead/deleted?{span}").body["deletedRecords"]
        == deleted["deletedRecords"]
    )
    old = span.replace("2026-11-02T14", "2026-09-02T14")
    assert asking("GET", f"/sobjects/Lead/updated?{old}").code == "INVALID_REPLICATION_DATE"


def test_a_late_transaction_shows_with_the_stamp_it_had(asking) -> None:
    lead = asking.lead(City="A")
    asking.twin.script.add(Fault(kind=FaultKind.LATE, seconds=120))
    asking.twin.clock.advance(timedelta(seconds=30))
    assert asking.change(lead, {"City": "B"}).status == 204
    ask = "SELECT City, SystemModstamp FROM Lead"
    assert asking.rows(ask)[0]["City"] == "A"
    asking.twin.clock.advance(timedelta(seconds=120))
    row = asking.rows(ask)[0]
    assert (row["City"], row["SystemModstamp"]) == ("B", "2026-11-02T15:00:30.000+0000")


def test_a_campaign_has_a_person_once_and_shows_their_opt_out(asking) -> None:
    org = asking.twin.org
    campaign = create(org, "Campaign", {"Name": "demo_request"})
    lead = asking.lead()
    given = {"CampaignId": campaign, "LeadId": lead, "Status": "Responded"}
    assert asking("POST", "/sobjects/CampaignMember", given).status == 201
    assert asking("POST", "/sobjects/CampaignMember", given).code == "DUPLICATE_VALUE"
    asking.change(lead, {"HasOptedOutOfEmail": True})
    ask = "SELECT Campaign.Name, HasResponded, HasOptedOutOfEmail, LeadOrContactId FROM CampaignMember"
    row = asking.rows(ask)[0]
    assert row["Campaign"]["Name"] == "demo_request"
    assert (row["HasResponded"], row["HasOptedOutOfEmail"], row["LeadOrContactId"]) == (
        True,
        True,
        lead,
    )


def test_a_record_that_is_not_shared_is_as_if_it_were_not_there(asking) -> None:
    org = asking.twin.org
    kept, lost = asking.lead(), asking.lead()
    org.store.unshare(lost)
    assert [row["Id"] for row in asking.rows("SELECT Id FROM Lead", "queryAll")] == [kept]
    assert asking("GET", f"/sobjects/Lead/{lost}").code == "NOT_FOUND"
    assert asking.change(lost, {"City": "A"}).code == "NOT_FOUND"
    records = [{"attributes": {"type": "Lead"}, "id": lost, "City": "A"}]
    result = asking("PATCH", "/composite/sobjects", {"records": records}).body[0]
    assert result["errors"][0]["statusCode"] == "INVALID_CROSS_REFERENCE_KEY"
    assert asking("GET", f"/composite/sobjects/Lead?ids={lost}&fields=Id").body == [None]
    update(org, "Lead", lost, {"City": "B"}, AS_PERSON)
    org.store.share(lost)
    assert asking("GET", f"/sobjects/Lead/{lost}?fields=City").body["City"] == "B"


def test_an_object_type_that_is_switched_off_is_unknown(asking) -> None:
    asking.twin.org.schema.hide_types("EmailMessageRelation")
    assert asking.query("SELECT Id FROM EmailMessageRelation").code == "INVALID_TYPE"
    assert asking("GET", "/sobjects/EmailMessageRelation/describe").status == 404
    listed = {one["name"] for one in asking("GET", "/sobjects").body["sobjects"]}
    assert "EmailMessageRelation" not in listed
    assert {"Lead", "Contact", "Task", "Campaign"} <= listed
