"""People in Salesforce: deletions, merges, conversions, consent kept in an Individual, person accounts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.salesforce.faults import DEAD_CURSOR
from connectors.sandbox.salesforce.features import Feature
from connectors.sandbox.salesforce.fields import Field
from connectors.sandbox.salesforce.leads import convert, merge
from connectors.sandbox.salesforce.writing import Writer, create
from connectors.sandbox.script import Fault, FaultKind
from tests.support.salesforce_opening import end_of
from tests.support.salesforce_twin import Org, serving_org
from worker.core.records import Page, Record, RecordRef, WriteCommand, WriteOutcome
from worker.errors import FixDataError
from worker.ports import Connector, ObjectSource

CONSENT = "Individual.HasOptedOutSolicit"


@pytest.fixture
def org() -> Iterator[Org]:
    with serving_org() as org:
        yield org


def pull(
    connector: Connector, fields: list[str], since: str | None = None, name: str = "Lead"
) -> list[Page]:
    return list(connector.pull(name, fields=fields, since=since))


def records_of(pages: list[Page]) -> dict[str, Record]:
    return {record.ref.id: record for page in pages for record in page.records}


def later(org: Org, pages: list[Page], fields: list[str], name: str = "Lead") -> dict[str, Record]:
    return records_of(pull(org.connect(), fields, end_of(pages), name))


def test_a_deletion_is_told_and_one_call_brings_it(org: Org) -> None:
    gone, kept = org.lead(Email="a@example.org"), org.lead(Email="b@example.org")
    org.wait(hours=1)
    pages = pull(org.connect(), ["Email"])
    assert set(records_of(pages)) == {gone, kept}
    org.wait(hours=1)
    org.remove("Lead", gone)
    org.counts()
    found = later(org, pages, ["Email"])
    assert found[gone].is_deleted
    assert org.counts() == {"GET /sobjects/Lead/describe": 1, "GET /queryAll": 1}


def join(org: Org, loser: str, winner: str) -> None:
    with org.twin.lock:
        merge(org.twin.org, "Lead", winner, [loser])


def converted(org: Org, lead: str) -> str:
    with org.twin.lock:
        return convert(org.twin.org, lead)


def test_a_merge_names_the_survivor(org: Org) -> None:
    loser, winner = org.lead(), org.lead()
    pages = pull(org.connect(), ["Email"])
    org.wait(hours=1)
    join(org, loser, winner)
    found = later(org, pages, ["Email"])
    assert (found[loser].is_deleted, found[loser].merged_into) == (True, winner)


def test_a_merge_is_told_also_where_everything_is_listed_anew(org: Org) -> None:
    loser, winner = org.lead(), org.lead()
    pages = pull(org.connect(), ["Email"])
    join(org, loser, winner)
    org.wait(days=8)
    pages = pull(org.connect(), ["Email"], end_of(pages))
    assert pages[-1].is_complete
    assert records_of(pages)[loser].merged_into == winner


def test_a_merge_is_told_also_where_so_much_changed_that_everything_is_listed(org: Org) -> None:
    leads = [org.lead() for _one in range(5)]
    org.wait(hours=1)
    pages = pull(org.connect(), ["Email"])
    org.wait(hours=1)
    for lead in leads[:3]:
        org.change("Lead", lead, City="Tucson")
    join(org, leads[4], leads[3])
    connector = org.connect(bulk_threshold="2")
    found = pull(connector, ["Email"], end_of(pages))
    assert records_of(found)[leads[4]].merged_into == leads[3]
    assert (found[-1].is_complete, org.counts()["POST /jobs/query"]) == (True, 1)


def test_a_converted_lead_goes_on_as_its_contact(org: Org) -> None:
    lead = org.lead()
    pages = pull(org.connect(), ["Email"])
    org.wait(hours=1)
    contact = converted(org, lead)
    found = later(org, pages, ["Email"])
    assert (found[lead].is_deleted, found[lead].merged_into) == (
        True,
        f"salesforce:Contact:{contact}",
    )
    ref = RecordRef(system="salesforce", object_type="Lead", id=lead)
    assert not org.connect().fetch([ref], fields=["Email"])


def test_f46_where_contacts_are_not_read_it_stays_and_is_never_written(org: Org) -> None:
    org.twin.org.edits_converted = True  # the org itself would allow it
    lead = org.lead(Title="old")
    converted(org, lead)
    connector = org.connect(plain=("Lead",))
    assert not records_of(pull(connector, ["Email"]))[lead].is_deleted
    ref = RecordRef(system="salesforce", object_type="Lead", id=lead)
    [result] = connector.push([WriteCommand(command_id="w", ref=ref, changes={"Title": "new"})])
    assert (result.outcome, result.code) == (WriteOutcome.REJECTED, "CANNOT_UPDATE_CONVERTED_LEAD")
    assert org.cell("Lead", lead, "Title") == "old"


def test_a_refusal_in_the_individual_is_a_change_of_its_lead(org: Org) -> None:
    person = org.add("Individual", LastName="Rivera")
    lead, other = org.lead(IndividualId=person), org.lead()
    pages = pull(org.connect(), [CONSENT])
    found = records_of(pages)
    assert (found[lead].values[CONSENT], found[other].values[CONSENT]) == ("false", None)
    org.wait(hours=1)
    org.change("Individual", person, HasOptedOutSolicit=True)
    assert later(org, pages, [CONSENT])[lead].values[CONSENT] == "true"


def test_what_changed_before_a_related_record_did_is_not_read_again(org: Org) -> None:
    person = org.add("Individual", LastName="Rivera")
    lead, other = org.lead(IndividualId=person), org.lead()
    pages = pull(org.connect(), [CONSENT])
    org.wait(hours=1)
    org.change("Lead", other, Title="new")
    org.wait(hours=1)
    org.change("Individual", person, HasOptedOutSolicit=True)
    org.wait(hours=1)
    pages = pull(org.connect(), [CONSENT], end_of(pages))
    assert set(records_of(pages)) == {lead, other}
    assert not later(org, pages, [CONSENT])


def test_what_is_gone_is_told_also_where_so_much_changed_that_all_is_listed(org: Org) -> None:
    leads = [org.lead() for _one in range(3)]
    pages = pull(org.connect(), ["Email"])
    org.wait(hours=1)
    for lead in leads:
        org.change("Lead", lead, Title="new")
    org.remove("Lead", leads[0])
    connector = org.connect(bulk_threshold="2")
    found = records_of(pull(connector, ["Email"], end_of(pages)))
    assert {one: record.is_deleted for one, record in found.items()} == {
        lead: lead == leads[0] for lead in leads
    }


def test_many_who_share_an_individual_are_read_once_also_where_a_cursor_dies(org: Org) -> None:
    person = org.add("Individual", LastName="Rivera")
    leads = {org.lead(IndividualId=person) for _one in range(201)}
    org.wait(hours=1)
    pages = pull(org.connect(), [CONSENT])
    org.change("Individual", person, HasOptedOutSolicit=True)
    org.wait(hours=1)
    dies = Fault(kind=FaultKind.STATUS, endpoint="GET */query/*", status=404, policy=DEAD_CURSOR)
    org.twin.script.add(dies)
    connector = org.connect(page_size="200")
    found = list(connector.pull("Lead", fields=[CONSENT], since=end_of(pages)))
    assert sorted(r.ref.id for page in found for r in page.records) == sorted(leads)
    assert not later(org, found, [CONSENT])


def test_f68_a_field_of_consent_that_is_hidden_is_absent_and_not_described(org: Org) -> None:
    lead = org.lead()
    org.twin.org.schema.hide("Lead", "HasOptedOutOfEmail", "DoNotCall")
    org.twin.org.schema.hide("Individual", "HasOptedOutSolicit")
    connector = org.connect()
    described = {field.name for field in connector.describe("Lead").fields}
    assert not described & {"HasOptedOutOfEmail", "DoNotCall", CONSENT}
    found = records_of(pull(connector, ["Email", "HasOptedOutOfEmail", "DoNotCall", CONSENT]))
    assert set(found[lead].values) == {"Email"}


def test_related_fields_are_described_and_read(org: Org) -> None:
    account = org.add("Account", Name="Sole", NumberOfEmployees=7)
    contact = org.add("Contact", LastName="Rivera", AccountId=account)
    names = ["Account.Name", "Account.NumberOfEmployees", "Owner.IsActive"]
    connector = org.connect()
    described = {field.name: field for field in connector.describe("Contact").fields}
    assert not described["Account.Name"].is_writable
    found = records_of(pull(connector, names, name="Contact"))[contact].values
    assert dict(found) == {
        "Account.Name": "Sole",
        "Account.NumberOfEmployees": "7",
        "Owner.IsActive": "true",
    }
    lead = org.lead()
    found = records_of(pull(connector, ["Owner.IsActive"]))[lead].values
    assert dict(found) == {"Owner.IsActive": "true"}
    end = end_of(pull(connector, ["Owner.IsActive"], name="Contact"))
    org.counts()
    pull(connector, ["Owner.IsActive"], end, "Contact")
    assert org.counts() == {"GET /queryAll": 1}  # a change of a user is none of their contacts


def test_the_open_statuses_are_what_can_be_chosen(org: Org) -> None:
    fields = {field.name: field for field in org.connect().describe("Lead").fields}
    assert CONSENT in fields
    assert fields["Status"].options == (
        "Open - Not Contacted",
        "Working - Contacted",
        "Closed - Not Converted",
    )
    assert (fields["Description"].is_long_text, fields["Title"].max_length) == (True, 128)
    assert not fields["SystemModstamp"].is_writable


def test_a_person_account_is_read_and_written_as_an_account() -> None:
    with serving_org(features=[Feature.PERSON_ACCOUNTS]) as org:
        person = org.add("Account", LastName="Rivera", PersonEmail="kim@example.org")
        business = org.add("Account", Name="Sole")
        contact = org.add("Contact", LastName="Stone", AccountId=business)
        names = ("Lead", "Contact", "Account")
        connector = org.connect(plain=names)
        accounts = records_of(pull(connector, ["PersonEmail"], name="Account"))
        assert {one: dict(r.values) for one, r in accounts.items()} == {
            person: {"PersonEmail": "kim@example.org"}
        }
        pages = pull(connector, ["Email"], name="Contact")
        assert set(records_of(pages)) == {contact}
        org.change("Account", person, PersonEmail="k@example.org")
        changed = records_of(pull(connector, ["Email"], end_of(pages), name="Contact"))
        assert {one for one, r in changed.items() if not r.is_deleted} == {contact}
        together = pull(org.connect(plain=("Contact",)), ["IsPersonAccount"], name="Contact")
        assert len(records_of(together)) == 2
        ref = RecordRef(system="salesforce", object_type="Account", id=person)
        change = WriteCommand(command_id="w", ref=ref, changes={"PersonTitle": "Dr."})
        [result] = connector.push([change])
        assert result.outcome is WriteOutcome.APPLIED
        assert org.cell("Account", person, "PersonTitle") == "Dr."


def test_an_org_without_person_accounts_says_so(org: Org) -> None:
    with pytest.raises(FixDataError, match="no person accounts"):
        pull(org.connect(plain=("Account",)), ["PersonEmail"], name="Account")


def test_f20_a_row_that_commits_late_is_read_by_the_next_pull(org: Org) -> None:
    org.lead()
    with org.twin.lock:
        values = {"LastName": "Late", "Company": "Sole"}
        slow = Writer(is_person=True, assigns=False, late_ms=120_000)
        hidden = create(org.twin.org, "Lead", values, slow)
    org.wait(minutes=1)
    org.lead()
    pages = pull(org.connect(), ["Email"])
    assert hidden not in records_of(pages)
    org.wait(minutes=5)
    assert hidden in later(org, pages, ["Email"])


def test_f19_300_leads_of_one_stamp_over_pages_of_200(org: Org) -> None:
    leads = {org.lead() for _one in range(300)}
    pages = list(org.connect(page_size="200").pull("Lead", fields=["Email"], since=None))
    assert set(records_of(pages)) == leads
    assert sum(len(page.records) for page in pages) == 300
    assert org.counts() == {
        "GET /sobjects/Lead/describe": 1,
        "GET /query": 1,
        "GET /query/{locator}": 1,
    }


def test_custom_objects_of_the_map_are_refused_by_name(org: Org) -> None:
    org.add_fields("Lead", Field(name="Odd__c", type="string", length=80))
    objects = [ObjectSource(object_type="x", id_field="Id", options={"reads": "Patient__c"})]
    with pytest.raises(Exception, match="object that can be read"):
        org.connect(objects)


def test_what_was_read_long_ago_is_not_read_again_however_many_share_its_stamp(org: Org) -> None:
    for _one in range(20):
        org.lead()
    org.wait(hours=1)
    pages = pull(org.connect(), ["Email"])
    assert not later(org, pages, ["Email"])
    fresh = org.lead()
    assert set(later(org, pages, ["Email"])) == {fresh}
