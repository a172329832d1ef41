"""Patients who are person accounts: read, decided and written with the lines that the guide has for them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.sandbox.salesforce.features import Feature
from connectors.sandbox.salesforce.leads import convert
from connectors.sandbox.salesforce.sessions import SANDBOX_SESSION
from tests.support.salesforce_organisation import define, lay_out
from tests.support.salesforce_twin import NOON, Org, serving_org
from worker.app import open_app
from worker.config.loader import load_configuration
from worker.core.records import RecordRef
from worker.ledger.activities import activities_of
from worker.ledger.records import load_records

GUIDE = Path(__file__).parents[2] / "mappings" / "docs" / "salesforce.md"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The shipped map for Salesforce, with the lines of the guide."""
    folder = lay_out(tmp_path / "organisation")
    found = re.search(r"## Person accounts.*?```yaml\n(.*?)```", GUIDE.read_text("utf-8"), re.S)
    assert found
    with (folder / "systems" / "salesforce.yaml").open("a", encoding="utf-8") as file:
        file.write(found[1])
    return folder


@pytest.fixture
def org(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Org]:
    with serving_org(features=[Feature.PERSON_ACCOUNTS]) as org:
        define(org, load_configuration(folder).systems["salesforce"])
        monkeypatch.setenv("LEADTRIAGE_SALESFORCE__INSTANCE_URL", org.url)
        monkeypatch.setenv("LEADTRIAGE_SALESFORCE__ACCESS_TOKEN", SANDBOX_SESSION)
        yield org


def test_a_lead_goes_on_as_the_person_account_it_was_converted_into(folder: Path, org: Org) -> None:
    """One profile with what the lead refused, the activities of the contact within, and a write."""
    kim = org.lead(Email="kim@example.org", Lead_Type__c="Patient", HasOptedOutOfEmail=True)
    with open_app(folder, now=NOON, clock=org.twin.clock.now) as app:
        app.sync()
    org.wait(hours=1)
    person = org.add("Account", LastName="Rivera", Lead_Type__pc="Patient")
    contact = str(org.cell("Account", person, "PersonContactId"))
    call = {"Subject": "Call", "TaskSubtype": "Call", "CallType": "Inbound", "Status": "Completed"}
    org.add("Task", WhoId=contact, **call)
    asked = org.add("Campaign", Name="demo_request")
    org.add("CampaignMember", CampaignId=asked, ContactId=contact, Status="Responded")
    with org.twin.lock:
        convert(org.twin.org, kim, contact_id=contact, account_id=person)
    with open_app(folder, now=org.twin.clock.now(), clock=org.twin.clock.now) as app:
        app.sync()
        with app.ledger.read() as tx:
            lead = RecordRef(system="salesforce", object_type="leads", id=kim)
            account = RecordRef(system="salesforce", object_type="person_accounts", id=person)
            found = load_records(tx, [lead, account])
            acts = activities_of(tx, [account], None)[account]
    assert found[lead].merged_into == str(account)
    assert found[lead].profile_id == found[account].profile_id
    assert {act.kind for act in acts} == {"inbound_call", "demo_request"}
    codes = str(org.cell("Account", person, "Leadtriage_Reason_Codes__pc"))
    assert "CONSENT_EMAIL_OPTED_OUT" in codes
