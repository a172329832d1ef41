"""Activities in Salesforce: whom they belong to, which are meant, archived ones, campaigns and replies."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.sandbox.salesforce.leads import convert
from tests.support.salesforce_opening import end_of
from tests.support.salesforce_twin import Org, serving_org
from worker.core.records import Page, Record
from worker.errors import FixConfigurationError, FixDataError
from worker.ports import ObjectSource

CALL = {"Subject": "Call", "TaskSubtype": "Call", "CallType": "Inbound", "Status": "Completed"}

VISIT = {"StartDateTime": "2026-03-01T10:00:00Z", "EndDateTime": "2026-03-01T11:00:00Z"}


@pytest.fixture
def org() -> Iterator[Org]:
    with serving_org() as org:
        yield org


def source(name: str, reads: str, **options: str) -> ObjectSource:
    return ObjectSource(object_type=name, id_field="Id", options={"reads": reads, **options})


def pull(
    org: Org, item: ObjectSource, fields: list[str], since: str | None = None, **options: str
) -> tuple[dict[str, Record], list[Page]]:
    connector = org.connect([item], **options)
    pages = list(connector.pull(item.object_type, fields=fields, since=since))
    return {record.ref.id: record for page in pages for record in page.records}, pages


def outside(pages: list[Page]) -> set[str]:
    return {ref.id for page in pages for ref in page.outside}


def contact(org: Org) -> str:
    return org.add("Contact", LastName="Stone")


def test_tasks_are_parted_by_whom_they_belong_to(org: Org) -> None:
    lead, person = org.lead(), contact(org)
    with_lead = org.add("Task", WhoId=lead, **CALL)
    with_contact = org.add("Task", WhoId=person, **CALL)
    org.add("Task", **CALL)
    found, _pages = pull(org, source("calls", "Task", who="Lead"), ["WhoId", "CallType"])
    assert {one: dict(r.values) for one, r in found.items()} == {
        with_lead: {"WhoId": lead, "CallType": "Inbound"}
    }
    found, _pages = pull(org, source("calls", "Task", who="Contact"), ["WhoId"])
    assert set(found) == {with_contact}


def test_only_those_that_meet_the_condition_are_read(org: Org) -> None:
    lead = org.lead()
    call = org.add("Task", WhoId=lead, **CALL)
    org.add("Task", WhoId=lead, **{**CALL, "CallType": "Internal"})
    item = source("calls", "Task", who="Lead", only="CallType=Inbound;Outbound & IsClosed=true")
    assert set(pull(org, item, ["WhoId"])[0]) == {call}


def test_what_left_a_filter_and_what_was_never_in_it_is_not_told_as_deleted(org: Org) -> None:
    lead = org.lead()
    kept, left, deleted = (org.add("Task", WhoId=lead, **CALL) for _ in range(3))
    never = org.add("Task", WhoId=lead, **{**CALL, "CallType": "Internal"})
    item = source("calls", "Task", who="Lead", only="CallType=inbound")  # SOQL knows no case
    first, pages = pull(org, item, ["CallType"])
    assert (set(first), outside(pages)) == ({kept, left, deleted}, set())
    org.change("Task", left, CallType="Internal")
    org.remove("Task", deleted)
    found, pages = pull(org, item, ["CallType"], end_of(pages))
    assert {one: record.is_deleted for one, record in found.items()} == {kept: False, deleted: True}
    assert outside(pages) == {left, never}


def test_a_condition_on_an_id_takes_both_of_its_forms(org: Org) -> None:
    owner = org.twin.org.person
    call = org.add("Task", WhoId=org.lead(), OwnerId=owner, **CALL)
    found, pages = pull(org, source("calls", "Task", only=f"OwnerId={owner[:15]}"), ["OwnerId"])
    assert (set(found), outside(pages)) == ({call}, set())


def test_a_task_that_moves_to_somebody_else_is_gone_for_whom_it_was(org: Org) -> None:
    lead, person = org.lead(), contact(org)
    call = org.add("Task", WhoId=lead, **CALL)
    leads, contacts = (source("calls", "Task", who=who) for who in ("Lead", "Contact"))
    org.wait(hours=1)
    marks = [end_of(pull(org, item, ["WhoId"])[1]) for item in (leads, contacts)]
    org.change("Task", call, WhoId=person)
    found, pages = pull(org, leads, ["WhoId"], marks[0])
    assert (found, outside(pages)) == ({}, {call})
    assert not pull(org, contacts, ["WhoId"], marks[1])[0][call].is_deleted


@pytest.mark.parametrize(("name", "values"), [("Task", CALL), ("Event", VISIT)])
def test_archived_activities_are_read(org: Org, name: str, values: dict[str, str]) -> None:
    call, gone = (org.add(name, WhoId=org.lead(), **values) for _one in range(2))
    org.remove(name, gone)
    with org.twin.lock:
        org.twin.org.store.change(name, call, {"IsArchived": 1})
    found, pages = pull(org, source("calls", name, who="Lead"), ["WhoId"])
    assert (set(found), pages[-1].is_complete) == ({call}, True)


def test_a_webinar_is_a_campaign_and_its_guests_are_members(org: Org) -> None:
    lead = org.lead()
    webinar = org.add("Campaign", Name="Spring", Type="Webinar")
    other = org.add("Campaign", Name="Fair", Type="Conference")
    guest = org.add("CampaignMember", CampaignId=webinar, LeadId=lead, Status="Attended")
    org.add("CampaignMember", CampaignId=other, LeadId=lead, Status="Attended")
    org.add("CampaignMember", CampaignId=webinar, ContactId=contact(org), Status="Attended")
    only = "Status=Attended & Campaign.Type=Webinar"
    item = source("webinars", "CampaignMember", who="Lead", only=only)
    found, _pages = pull(org, item, ["LeadId", "Campaign.Type", "Campaign.Name"])
    assert {one: dict(r.values) for one, r in found.items()} == {
        guest: {"LeadId": lead, "Campaign.Type": "Webinar", "Campaign.Name": "Spring"}
    }


def test_a_member_who_was_converted_is_of_the_contact_and_no_longer_of_the_lead(org: Org) -> None:
    lead = org.lead()
    fair = org.add("Campaign", Name="Fair", Type="Conference")
    member = org.add("CampaignMember", CampaignId=fair, LeadId=lead, Status="Sent")
    leads, contacts = (source("fairs", "CampaignMember", who=who) for who in ("Lead", "Contact"))
    mark = end_of(pull(org, leads, ["LeadId"])[1])
    org.wait(hours=1)
    with org.twin.lock:
        convert(org.twin.org, lead)
    assert org.cell("CampaignMember", member, "LeadId") == lead
    assert not outside(pull(org, leads, ["LeadId"])[1])  # not even asked for
    for since in (None, mark):
        assert not pull(org, leads, ["LeadId"], since)[0]
        assert set(pull(org, contacts, ["ContactId"], since)[0]) == {member}


def test_a_campaign_that_becomes_a_webinar_brings_its_members(org: Org) -> None:
    campaign = org.add("Campaign", Name="Spring", Type="Other")
    member = org.add("CampaignMember", CampaignId=campaign, LeadId=org.lead(), Status="Attended")
    item = source("webinars", "CampaignMember", who="Lead", only="Campaign.Type=Webinar")
    found, pages = pull(org, item, ["LeadId", "Campaign.Type"])
    assert not found
    org.wait(hours=1)
    org.change("Campaign", campaign, Type="Webinar")
    found, _pages = pull(org, item, ["LeadId", "Campaign.Type"], end_of(pages))
    assert not found[member].is_deleted


def test_replies_are_headers_of_mails_and_one_for_each_person(org: Org) -> None:
    lead = org.lead()
    sent = {"MessageDate": "2026-03-01T10:00:00Z", "Status": "0", "Subject": "Re: Hello"}
    mail = org.add("EmailMessage", Incoming=True, **sent)
    reply = org.add(
        "EmailMessageRelation", EmailMessageId=mail, RelationId=lead, RelationType="FromAddress"
    )
    outgoing = org.add("EmailMessage", Incoming=False, **sent)
    org.add(
        "EmailMessageRelation", EmailMessageId=outgoing, RelationId=lead, RelationType="ToAddress"
    )
    only = "RelationType=FromAddress & EmailMessage.Incoming=true"
    item = source("replies", "EmailMessageRelation", who="Lead", only=only)
    found, _pages = pull(org, item, ["RelationId", "EmailMessage.MessageDate"])
    assert {one: dict(r.values) for one, r in found.items()} == {
        reply: {"RelationId": lead, "EmailMessage.MessageDate": "2026-03-01T10:00:00+00:00"}
    }


def test_an_outcome_follows_the_stage_of_its_opportunity(org: Org) -> None:
    person = contact(org)
    deal = org.add(
        "Opportunity", Name="Deal", StageName="Proposal", CloseDate="2026-04-01", Probability=50
    )
    role = org.add("OpportunityContactRole", OpportunityId=deal, ContactId=person)
    item = source("deals", "OpportunityContactRole")
    names = ["ContactId", "Opportunity.StageName", "Opportunity.IsWon"]
    _found, pages = pull(org, item, names)
    org.wait(hours=1)
    org.change("Opportunity", deal, StageName="Closed Won")
    found, _pages = pull(org, item, names, end_of(pages))
    assert dict(found[role].values) == {
        "ContactId": person,
        "Opportunity.StageName": "Closed Won",
        "Opportunity.IsWon": "true",
    }


def test_many_are_read_in_bulk_and_are_the_same(org: Org) -> None:
    lead = org.lead()
    made = {org.add("Task", WhoId=lead, **{**CALL, "Subject": f'a "b",\n{n}'}) for n in range(30)}
    with org.twin.lock:
        org.twin.org.store.change("Task", min(made), {"IsArchived": 1})
    item = source("calls", "Task", who="Lead", only="CallType=Inbound")
    names = ["WhoId", "Subject", "CreatedDate", "IsClosed"]
    by_rest, _pages = pull(org, item, names)
    org.counts()
    connector = org.connect([item], bulk_threshold="10")
    pages = list(connector.pull("calls", fields=names, since=None))
    by_bulk = {record.ref.id: record for page in pages for record in page.records}
    assert set(by_bulk) == made
    assert by_bulk == by_rest
    counts = org.counts()
    assert (counts["POST /jobs/query"], counts["DELETE /jobs/query/{id}"]) == (1, 1)


def test_an_object_is_described_once_in_a_run_and_anew_in_the_next(org: Org) -> None:
    names = ("of_leads", "of_contacts")
    whose = zip(names, ("Lead", "Contact"), strict=True)
    connector = org.connect([source(name, "Task", who=who) for name, who in whose])
    for _run in range(2):
        org.counts()
        for name in names:
            connector.describe(name)
            list(connector.pull(name, fields=["WhoId", "Account.Name", "Nowhere.Name"], since=None))
            org.wait(hours=1)  # however long it takes
        described = {one: n for one, n in org.counts().items() if one.endswith("/describe")}
        assert described == {"GET /sobjects/Task/describe": 1, "GET /sobjects/Account/describe": 1}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"who": "User"}, "'User' is no option 'who'"),
        ({"only": "Status"}, "must be as in"),
        ({"only": "x'y=1"}, "must be as in"),
        ({"only": "IsClosed=true;false"}, "must be as in"),
        ({"onyl": "a=b"}, "Did you mean"),
    ],
)
def test_wrong_options_are_named(org: Org, options: dict[str, str], told: str) -> None:
    with pytest.raises(FixConfigurationError, match=told):
        org.connect([source("calls", "Task", **options)])


def test_a_condition_on_a_field_that_is_not_there_is_named(org: Org) -> None:
    item = source("calls", "Task", who="Lead", only="Nowhere__c=x")
    with pytest.raises(FixDataError, match="Nowhere__c"):
        pull(org, item, ["WhoId"])
