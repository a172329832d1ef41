"""HubSpot and Salesforce in one organisation: both connectors, their SDKs, and both twins over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from connectors.sandbox.hubspot.tokens import SANDBOX_TOKEN
from connectors.sandbox.salesforce.sessions import SANDBOX_SESSION
from tests.support import hubspot_organisation, salesforce_organisation
from tests.support.hubspot_twin import Account, serving_account
from tests.support.salesforce_twin import Org, serving_org
from tests.support.two_twins import add_owners, write_configuration
from worker.app import open_app
from worker.config.loader import load_configuration
from worker.core.testimony import About, Disagreement
from worker.steps.inspect import report_lead
from worker.steps.sync import RunReport
from worker.steps.truth import Tally, tell_truth

READY = {
    "lead_type": "Patient",
    "service_line": "orthopedics",
    "zip": "02114",
    "consent_email": "true",
    "consent_proof": "form-1",
    "lifecyclestage": "lead",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Both:
    """An account of HubSpot and an org of Salesforce, and the worker between them."""

    folder: Path
    hubspot: Account
    salesforce: Org
    users: dict[str, str]

    def run(self) -> RunReport:
        for crm in (self.hubspot, self.salesforce):
            crm.wait(minutes=10)
        clock = self.hubspot.twin.clock.now
        with open_app(self.folder, now=clock(), clock=clock) as app:
            return app.sync()

    def truth(self) -> list[Disagreement]:
        clock = self.hubspot.twin.clock.now
        with open_app(self.folder, now=clock(), clock=clock) as app, app.ledger.read() as tx:
            return list(tell_truth(app.looking(), tx, frozenset(About), Tally()))

    def set_by_people(self, reference: str) -> dict[str, object]:
        """Say who set what of a person's records, as ``explain`` does."""
        clock = self.hubspot.twin.clock.now
        with open_app(self.folder, now=clock(), clock=clock) as app:
            edits = report_lead(app.looking(), reference).edits
        refs = [str(one["record"]).rpartition(":")[0] for one in edits]
        return {f"{ref} {one['what']}": one["by"] for ref, one in zip(refs, edits, strict=True)}

    def add_kim(self) -> tuple[str, str]:
        """Somebody in both CRMs who called us, under two e-mails: only HubSpot's id of the lead tells."""
        agreed = dict.fromkeys(("Consent_Email__c", "Consent_Phone__c", "Consent_SMS__c"), True)
        lead = self.salesforce.lead(
            FirstName="Kim", Email="kim@work.example.org", Leadtriage_Stage__c="Lead", **agreed
        )
        kim = self.hubspot.add(
            "contacts",
            firstname="Kim",
            lastname="Rivera",
            email="kim@example.org",
            salesforceleadid=lead[:15],
            **READY,
        )
        at = self.hubspot.twin.clock.now().isoformat()
        call = self.hubspot.add("calls", hs_call_direction="INBOUND", hs_timestamp=at)
        self.hubspot.link("calls", call, kim)
        return kim, lead

    def shown(self, kim: str, lead: str) -> tuple[str, object]:
        record = self.hubspot.twin.account.find("contacts", kim)
        assert record is not None
        stage = record.properties.get("lifecyclestage", "")
        return stage, self.salesforce.cell("Lead", lead, "Leadtriage_Stage__c")

    def owners(self, kim: str, lead: str) -> tuple[str, object]:
        record = self.hubspot.twin.account.find("contacts", kim)
        assert record is not None
        owner = record.properties.get("hubspot_owner_id", "")
        return owner, self.salesforce.cell("Lead", lead, "OwnerId")


@pytest.fixture
def both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Both]:
    folder = tmp_path / "organisation"
    with serving_account() as account, serving_org() as org:
        write_configuration(folder, org)
        users = add_owners(account, org, folder)
        systems = load_configuration(folder).systems
        hubspot_organisation.define(account.twin, systems["hubspot"])
        salesforce_organisation.define(org, systems["salesforce"])
        monkeypatch.setenv("LEADTRIAGE_HUBSPOT__BASE_URL", account.url)
        monkeypatch.setenv("LEADTRIAGE_HUBSPOT__ACCESS_TOKEN", SANDBOX_TOKEN)
        monkeypatch.setenv("LEADTRIAGE_SALESFORCE__INSTANCE_URL", org.url)
        monkeypatch.setenv("LEADTRIAGE_SALESFORCE__ACCESS_TOKEN", SANDBOX_SESSION)
        yield Both(folder=folder, hubspot=account, salesforce=org, users=users)


def test_one_person_one_decision_written_to_each_in_its_own_words(both: Both) -> None:
    kim, lead = both.add_kim()
    assert both.run().writes == {"applied": 2}
    assert both.shown(kim, lead) == ("marketingqualifiedlead", "Marketing Qualified")
    owner, user = both.owners(kim, lead)
    assert both.users[owner] == user
    assert both.truth() == []
    again = both.run()
    assert again.writes == {}
    assert again.steps["pull salesforce leads"]["changed"] == 0  # our own stamp is no change


def test_a_person_who_moves_the_lead_in_salesforce_is_followed_in_hubspot(both: Both) -> None:
    kim, lead = both.add_kim()
    both.run()
    both.salesforce.wait(hours=1)
    both.hubspot.wait(hours=1)
    both.salesforce.change("Lead", lead, Leadtriage_Stage__c="Recycled")
    both.run()
    both.run()
    assert both.shown(kim, lead) == ("1002", "Recycled")
    assert both.run().writes == {}


def test_what_a_person_did_in_hubspot_and_its_integration_copied_is_theirs_there_alone(
    both: Both,
) -> None:
    copying = both.salesforce.user("integration-of-hubspot")
    with (both.folder / "systems" / "salesforce.yaml").open("a", encoding="utf-8") as file:
        file.write(f"integrations: {{{copying}: sync}}\n")
    kim, lead = both.add_kim()
    both.run()
    both.hubspot.change_by("CRM_UI:77", "contacts", kim, lifecyclestage="1001")
    both.salesforce.change_as(copying, "Lead", lead, Leadtriage_Stage__c="Nurture")
    assert both.run().writes.keys() <= {"applied"}
    assert both.set_by_people(kim) == {"hubspot:contacts stage": "person 77 (CRM_UI)"}
    assert both.shown(kim, lead) == ("1001", "Nurture")
    both.run()
    assert both.run().writes == {}


def test_a_person_who_decides_as_we_did_is_recognised_in_either_crm(both: Both) -> None:
    """Somebody sets aside what we wrote, and later sets the very same again."""
    kim, lead = both.add_kim()
    both.run()
    person = both.salesforce.twin.org.person
    both.salesforce.change("Lead", lead, Leadtriage_Stage__c="Recycled")
    both.run()
    both.salesforce.change("Lead", lead, Leadtriage_Stage__c="Marketing Qualified")
    both.run()
    by = {"salesforce:leads stage": f"person {person} (field history)"}
    assert both.set_by_people(kim) == by
    both.hubspot.change("contacts", kim, hubspot_owner_id="7700103")
    both.run()
    assert both.set_by_people(kim) == by | {"hubspot:contacts owner": "person 7702 (CRM_UI)"}


def test_an_opt_out_in_either_blocks_in_both_from_the_next_run(both: Both) -> None:
    kim, lead = both.add_kim()
    both.run()
    record = both.hubspot.twin.account.find("contacts", kim)
    assert record is not None
    assert record.properties["leadtriage_allowed_channels"]
    both.hubspot.change("contacts", kim, opt_out_phone="true")
    both.run()
    assert both.salesforce.cell("Lead", lead, "DoNotCall") == 1
    both.salesforce.change("Lead", lead, HasOptedOutOfEmail=True)
    both.run()
    record = both.hubspot.twin.account.find("contacts", kim)
    assert record is not None
    for allowed in (
        record.properties.get("leadtriage_allowed_channels", ""),
        str(both.salesforce.cell("Lead", lead, "Leadtriage_Allowed_Channels__c") or ""),
    ):
        assert {"email", "phone"}.isdisjoint(allowed.split(";"))
    assert record.properties["leadtriage_opt_out_email"] == "true"
    assert both.run().writes == {}
    assert both.truth() == []
