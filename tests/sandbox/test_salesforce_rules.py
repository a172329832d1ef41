"""What may stand in the way of a write to the Salesforce twin: rules, owners, choices, locks."""

from __future__ import annotations

import pytest

from connectors.sandbox.salesforce.fields import RecordType
from connectors.sandbox.salesforce.ids import made_id
from connectors.sandbox.salesforce.rules import Assignment, DuplicateRule, Lock, Validation
from connectors.sandbox.salesforce.writing import create
from tests.support.salesforce_asking import QUIET, Asking


@pytest.fixture
def asking() -> Asking:
    """A twin of its own for each test."""
    return Asking()


def queue(asking: Asking, *types: str) -> str:
    """Make a queue for these types."""
    org = asking.twin.org
    made = org.put_row("Group", {"Name": "Intake", "Type": "Queue"})
    for type_ in types:
        org.put_row("QueueSobject", {"QueueId": made, "SobjectType": type_})
    return made


def test_the_assignment_rule_takes_the_owner_unless_the_header_forbids_it(asking) -> None:
    thief = asking.user()
    asking.twin.org.rules.assignments.append(Assignment(type="Lead", owner_id=thief))
    lead = asking.lead()
    owner = f"/sobjects/Lead/{lead}?fields=OwnerId"
    assert asking.change(lead, {"City": "A"}).status == 204
    assert asking("GET", owner).body["OwnerId"] == asking.twin.org.integration_user
    assert asking("PATCH", f"/sobjects/Lead/{lead}", {"City": "B"}).status == 204
    assert asking("GET", owner).body["OwnerId"] == thief


def test_inactive_users_own_nothing_and_what_they_own_is_fixed(asking) -> None:
    gone = asking.user(is_active=False)
    lead = asking.lead()
    reply = asking.change(lead, {"OwnerId": gone})
    assert (reply.status, reply.code) == (400, "INACTIVE_OWNER_OR_USER")
    asking.twin.org.store.change("Lead", lead, {"OwnerId": gone})
    assert asking.change(lead, {"City": "A"}).code == "INACTIVE_OWNER_OR_USER"
    asking.twin.org.edits_inactive_owned = True
    assert asking.change(lead, {"City": "A"}).status == 204


def test_a_queue_owns_leads_that_it_serves_and_no_contact(asking) -> None:
    serving, other = queue(asking, "Lead"), queue(asking, "Task")
    lead, contact = asking.lead(), asking.contact()
    assert asking.change(lead, {"OwnerId": serving}).status == 204
    assert asking.change(lead, {"OwnerId": other}).code == "INVALID_CROSS_REFERENCE_KEY"
    assert asking.change(contact, {"OwnerId": serving}, "Contact").code == "MALFORMED_ID"
    row = asking.rows("SELECT Owner.Name, Owner.Type FROM Lead")[0]["Owner"]
    assert (row["Name"], row["Type"], row["attributes"]["type"]) == ("Intake", "Queue", "Name")


def test_restricted_picklists_and_record_types_allow_what_they_list(asking) -> None:
    schema = asking.twin.org.schema
    schema.set_options("Lead", "Status", ["New", "Open"], is_restricted=True)
    kind = RecordType(id=made_id("012", 1), developer_name="Patient", values={"Status": ("New",)})
    asking.twin.org.set_record_types("Lead", kind)
    lead = asking.lead(RecordTypeId=kind.id)
    for value in ("Else", "Open"):
        assert (
            asking.change(lead, {"Status": value}).code == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
        )
    offered = asking("GET", f"/ui-api/object-info/Lead/picklist-values/{kind.id}/Status").body
    assert [one["value"] for one in offered["values"]] == ["New"]
    described = asking("GET", "/sobjects/Lead/describe").body
    assert [one["developerName"] for one in described["recordTypeInfos"]] == ["Patient", "Master"]
    status = next(field for field in described["fields"] if field["name"] == "Status")
    assert (status["restrictedPicklist"], status["defaultValue"]) == (True, "New")


def test_a_picklist_that_is_not_restricted_takes_what_it_does_not_list(asking) -> None:
    assert asking.change(asking.lead(), {"Rating": "Lukewarm"}).status == 204


def test_validation_rules_refuse_in_their_own_words(asking) -> None:
    rule = Validation(
        type="Lead",
        message="No city twice.",
        fields=("City",),
        is_wrong=lambda before, _after: before.get("City") == "A",
    )
    asking.twin.org.rules.validations.append(rule)
    lead = asking.lead(City="A")
    reply = asking.change(lead, {"City": "B"})
    assert reply.body == [
        {
            "message": "No city twice.",
            "errorCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION",
            "fields": ["City"],
        }
    ]


def test_duplicate_rules_name_the_match_and_only_an_alert_can_be_passed(asking) -> None:
    contact = asking.contact(Email="jo@example.com")
    rules = asking.twin.org.rules.duplicates
    rules.append(DuplicateRule(type="Lead"))
    given = {"LastName": "Doe", "Company": "Acme", "Email": "JO@example.com"}
    allow = {"sforce-duplicate-rule-header": "allowSave=true"}
    refused = asking("POST", "/sobjects/Lead", given)
    assert (refused.status, refused.code) == (400, "DUPLICATES_DETECTED")
    match = refused.body[0]["duplicateResult"]["matchResults"][0]["matchRecords"][0]
    assert match["record"]["Id"] == contact
    assert asking("POST", "/sobjects/Lead", given, **allow).status == 201
    rules[:] = [DuplicateRule(type="Lead", is_blocking=True)]
    assert asking("POST", "/sobjects/Lead", given, **allow).code == "DUPLICATES_DETECTED"


def test_an_edit_sets_off_a_duplicate_rule_only_where_it_changes_what_is_compared(asking) -> None:
    lead, _contact = asking.lead(Email="jo@example.com"), asking.contact(Email="jo@example.com")
    asking.twin.org.rules.duplicates.append(DuplicateRule(type="Lead", fields=("Email", "City")))
    assert asking.change(lead, {"Title": "Dr"}).status == 204
    assert asking.change(lead, {"City": None, "Email": "j@example.com"}).status == 204
    asking.twin.org.rules.duplicates[:] = [DuplicateRule(type="Lead")]
    assert asking.change(lead, {"Email": "jo@example.com"}).code == "DUPLICATES_DETECTED"
    assert asking.change(lead, {"Email": "J@example.com"}).status == 204  # none but itself
    many = {"records": [{"attributes": {"type": "Lead"}, "id": lead, "Email": "jo@example.com"}]}
    [item] = asking("PATCH", "/composite/sobjects", many, **QUIET).body
    assert item["errors"][0].keys() == {"statusCode", "message", "fields"}


def test_a_locked_parent_refuses_its_children_for_a_while(asking) -> None:
    org = asking.twin.org
    account = create(org, "Account", {"Name": "Acme"})
    contact = asking.contact(AccountId=account)
    org.rules.locks.append(Lock(id=account, times=2))
    codes = [asking.change(contact, {"Title": "Dr"}, "Contact") for _ in range(3)]
    assert [one.status for one in codes] == [400, 400, 204]
    assert codes[0].code == "UNABLE_TO_LOCK_ROW"
    org.rules.locks.append(Lock(id=contact))
    gone = [asking("DELETE", f"/sobjects/Contact/{contact}").status for _ in range(2)]
    assert gone == [400, 204]


def test_an_assignment_rule_takes_accounts_as_well(asking) -> None:
    org = asking.twin.org
    account = create(org, "Account", {"Name": "Acme"})
    org.rules.assignments.append(Assignment(type="Account", owner_id=org.integration_user))
    assert asking("PATCH", f"/sobjects/Account/{account}", {"Website": "a.b"}).status == 204
    assert asking.rows("SELECT OwnerId FROM Account")[0]["OwnerId"] == org.integration_user
