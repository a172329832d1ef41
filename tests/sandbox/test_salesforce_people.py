"""What people do in the browser: conversions, merges, deletions undone, person accounts."""

from __future__ import annotations

import pytest

from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.salesforce.app import open_twin
from connectors.sandbox.salesforce.columns import custom
from connectors.sandbox.salesforce.errors import RefusedError
from connectors.sandbox.salesforce.features import Feature
from connectors.sandbox.salesforce.leads import convert, merge
from connectors.sandbox.salesforce.recycling import undelete
from connectors.sandbox.salesforce.writing import AS_PERSON, create, update
from tests.support.salesforce_asking import NOW, QUIET, Asking


@pytest.fixture
def asking() -> Asking:
    """A twin of its own for each test."""
    return Asking()


def test_a_converted_lead_stands_read_only_and_names_its_contact(asking) -> None:
    org = asking.twin.org
    for type_ in ("Lead", "Contact"):
        org.schema.add_fields(type_, custom("Stage__c", "string"))
    lead = asking.lead(Email="jo@example.com", Stage__c="mql", HasOptedOutOfEmail=True, State="MA")
    task = create(org, "Task", {"WhoId": lead})
    campaign = create(org, "Campaign", {"Name": "demo_request"})
    create(org, "CampaignMember", {"CampaignId": campaign, "LeadId": lead})
    contact = convert(org, lead, opportunity_name="New care")
    row = asking.rows("SELECT IsConverted, ConvertedContactId, Status, ConvertedDate FROM Lead")[0]
    told = [row[n] for n in ("IsConverted", "ConvertedContactId", "Status", "ConvertedDate")]
    assert told == [True, contact, "Closed - Converted", "2026-11-02"]
    ask = "SELECT Email, Stage__c, HasOptedOutOfEmail, MailingState, Account.Name FROM Contact"
    made = asking.rows(ask)[0]
    assert (made["Email"], made["Stage__c"], made["MailingState"]) == (
        "jo@example.com",
        "mql",
        "MA",
    )
    assert (made["HasOptedOutOfEmail"], made["Account"]["Name"]) == (True, "Acme")
    assert asking.rows("SELECT Id, WhoId FROM Task")[0]["WhoId"] == contact
    assert task
    member = asking.rows("SELECT LeadId, ContactId FROM CampaignMember")[0]
    assert (member["LeadId"], member["ContactId"]) == (lead, contact)
    role = asking.rows("SELECT ContactId, Opportunity.StageName FROM OpportunityContactRole")[0]
    assert (role["ContactId"], role["Opportunity"]["StageName"]) == (contact, "Prospecting")


def test_a_converted_lead_is_written_with_the_permission_alone(asking) -> None:
    lead = asking.lead()
    convert(asking.twin.org, lead)
    path = f"/sobjects/Lead/{lead}"
    assert asking("PATCH", path, {"City": "A"}, **QUIET).code == "CANNOT_UPDATE_CONVERTED_LEAD"
    with pytest.raises(RefusedError, match="CANNOT_UPDATE_CONVERTED_LEAD"):
        convert(asking.twin.org, lead)
    asking.twin.org.edits_converted = True
    assert asking("PATCH", path, {"City": "A"}, **QUIET).status == 204


def test_a_queued_lead_becomes_a_contact_of_a_person(asking) -> None:
    org = asking.twin.org
    queue = org.put_row("Group", {"Name": "Intake", "Type": "Queue"})
    org.put_row("QueueSobject", {"QueueId": queue, "SobjectType": "Lead"})
    convert(org, asking.lead(OwnerId=queue))
    assert asking.rows("SELECT OwnerId FROM Contact")[0]["OwnerId"] == org.person


def test_merged_records_are_deleted_and_name_their_master(asking) -> None:
    org = asking.twin.org
    master, lost = asking.lead(City="A"), asking.lead(City="B")
    create(org, "Task", {"WhoId": lost})
    merge(org, "Lead", master, [lost], {"City": "B"})
    assert [row["City"] for row in asking.rows("SELECT City FROM Lead")] == ["B"]
    rows = asking.rows("SELECT Id, IsDeleted, MasterRecordId FROM Lead", "queryAll")
    found = {row["Id"]: (row["IsDeleted"], row["MasterRecordId"]) for row in rows}
    assert found == {master: (False, None), lost: (True, master)}
    assert asking.rows("SELECT WhoId FROM Task")[0]["WhoId"] == master
    assert asking("PATCH", f"/sobjects/Lead/{lost}", {"City": "C"}).code == "ENTITY_IS_DELETED"
    with pytest.raises(RefusedError, match="INVALID_OPERATION"):
        merge(org, "Lead", master, [])


def test_a_deleted_record_comes_back(asking) -> None:
    lead = asking.lead()
    asking("DELETE", f"/sobjects/Lead/{lead}")
    undelete(asking.twin.org, "Lead", lead)
    assert [row["Id"] for row in asking.rows("SELECT Id FROM Lead")] == [lead]
    with pytest.raises(RefusedError, match="UNDELETE_FAILED"):
        undelete(asking.twin.org, "Lead", lead)


def test_a_person_sees_hidden_fields_and_is_named_in_the_stamps(asking) -> None:
    org, lead = asking.twin.org, asking.lead()
    org.schema.hide("Lead", "HasOptedOutOfEmail")
    update(org, "Lead", lead, {"HasOptedOutOfEmail": True}, AS_PERSON)
    assert org.store.get("Lead", lead)["HasOptedOutOfEmail"] == 1
    assert (
        asking.rows("SELECT LastModifiedBy.Name FROM Lead")[0]["LastModifiedBy"]["Name"]
        == "Administrator"
    )


def test_a_person_account_is_an_account_and_a_contact(asking) -> None:
    asking = Asking(open_twin(clock=SandboxClock(NOW), features=[Feature.PERSON_ACCOUNTS]))
    org = asking.twin.org
    org.schema.add_fields("Account", custom("Stage__pc", "string"))
    org.schema.add_fields("Contact", custom("Stage__c", "string"))
    given = {"LastName": "Doe", "FirstName": "Jo", "PersonEmail": "jo@example.com"}
    account = create(org, "Account", {**given, "Stage__pc": "mql"})
    ask = "SELECT Id, Name, IsPersonAccount, PersonContactId FROM Account"
    row = asking.rows(ask)[0]
    assert (row["Name"], row["IsPersonAccount"]) == ("Jo Doe", True)
    update(org, "Account", account, {"PersonHasOptedOutOfEmail": True, "Stage__pc": "sql"})
    ask = "SELECT Id, Email, HasOptedOutOfEmail, IsPersonAccount, AccountId, Stage__c FROM Contact"
    found = asking.rows(ask)
    assert len(found) == 1
    contact = found[0]
    assert contact["Id"] == row["PersonContactId"]
    assert (contact["Email"], contact["Stage__c"]) == ("jo@example.com", "sql")
    assert (contact["HasOptedOutOfEmail"], contact["IsPersonAccount"]) == (True, True)
    assert contact["AccountId"] == account


def test_an_org_without_person_accounts_has_no_such_fields(asking) -> None:
    assert asking.query("SELECT IsPersonAccount FROM Account").code == "INVALID_FIELD"


def test_an_individual_holds_what_somebody_said_to_all(asking) -> None:
    org = asking.twin.org
    individual = create(org, "Individual", {"LastName": "Doe", "HasOptedOutSolicit": True})
    asking.lead(IndividualId=individual)
    asking.lead()
    rows = asking.rows("SELECT Individual.HasOptedOutSolicit FROM Lead ORDER BY Id")
    shown = [row["Individual"] and row["Individual"]["HasOptedOutSolicit"] for row in rows]
    assert shown == [True, None]


def test_what_was_deployed_switched_on_or_hidden_is_so_when_the_file_is_opened_again(
    tmp_path,
) -> None:
    path = str(tmp_path / "org.db")
    features = [Feature.PERSON_ACCOUNTS]
    first = Asking(open_twin(path, clock=SandboxClock(NOW), features=features))
    first.twin.org.schema.add_fields("Lead", custom("Score__c", "double"))
    lead = first.lead(Score__c=3)
    first.twin.org.schema.hide("Lead", "DoNotCall")
    first.twin.org.schema.protect("Lead", "Email")
    first.twin.org.schema.hide_types("Opportunity")
    first.twin.org.store.close()
    second = Asking(open_twin(path, clock=SandboxClock(NOW)))
    assert second.query("SELECT IsPersonAccount FROM Account").status == 200
    assert second.query("SELECT DoNotCall FROM Lead").code == "INVALID_FIELD"
    assert second.query("SELECT Id FROM Opportunity").code == "INVALID_TYPE"
    refused = second("PATCH", f"/sobjects/Lead/{lead}", {"Email": "a@example.org"}, **QUIET)
    assert refused.code == "INVALID_FIELD_FOR_INSERT_UPDATE"
    assert second.rows("SELECT Id, Score__c FROM Lead") == [
        {
            "attributes": {"type": "Lead", "url": f"/services/data/v66.0/sobjects/Lead/{lead}"},
            "Id": lead,
            "Score__c": 3.0,
        }
    ]
    assert second.lead() > lead
    second.twin.org.store.close()
