"""The twin's org as it is made of a sample, and the fields that a package of metadata deploys."""

from __future__ import annotations

import csv
import re
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from connectors.sandbox.hubspot.command import open_sandbox as open_hubspot
from connectors.sandbox.salesforce.command import open_sandbox
from connectors.sandbox.salesforce.metadata import deploy
from connectors.sandbox.salesforce.population import UNKNOWN, populate
from connectors.sandbox.salesforce.shipped import deploy_shipped
from tests.support.salesforce_asking import Asking
from worker.errors import FixConfigurationError, FixDataError
from worker.ports import SandboxOrder
from worker.sample import split_sample, write_sample
from worker.sample.words import DISPOSABLE_DOMAINS, TYPO_DOMAINS

PACKAGE = Path(__file__).parents[2] / "deploy/salesforce/force-app"


@pytest.fixture(scope="module")
def tables(tmp_path_factory) -> Path:
    """The tables of a small sample."""
    folder = tmp_path_factory.mktemp("base")
    write_sample(folder, 300, 1, date(2026, 11, 2))
    return folder


@pytest.fixture(scope="module")
def asking(tables: Path) -> Asking:
    """A twin filled from them."""
    asking = Asking()
    deploy_shipped(asking.twin.org)
    populate(asking.twin.org, tables)
    return asking


def given(tables: Path, name: str) -> list[dict[str, str]]:
    """Read a table."""
    with (tables / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return [*csv.DictReader(file)]


def test_everybody_of_the_sample_is_a_lead_or_a_contact(asking, tables) -> None:
    people = given(tables, "contacts")
    ask = (
        "SELECT LastName, Email, Company, Leadtriage_Stage__c, Owner.Name, SystemModstamp FROM Lead"
    )
    leads = asking.rows(ask)
    contacts = asking.rows("SELECT LastName, Email, Leadtriage_Stage__c, Account.Name FROM Contact")
    assert len(leads) + len(contacts) == len(people)
    known = [
        row
        for row in people
        if row["patient_status"] == "Existing" or row["lifecycle_stage"] == "Customer"
    ]
    assert len(contacts) == len(known)
    stages = Counter(row["Leadtriage_Stage__c"] or "" for row in leads + contacts)
    assert stages == Counter(row["lifecycle_stage"] for row in people)
    names = Counter(row["LastName"] for row in leads + contacts)
    assert names == Counter(row["last_name"].strip() or UNKNOWN for row in people)
    owned = Counter(row["Owner"]["Name"] for row in leads)
    assert {name for name in owned if name.startswith("own-")}
    assert all(row["Company"] for row in leads)


def test_opt_outs_of_the_sample_stand_in_their_fields(asking, tables) -> None:
    people = given(tables, "contacts")
    for where, column in (
        ("HasOptedOutOfEmail = true", "opt_out_email"),
        ("Individual.HasOptedOutSolicit = true", "opt_out_all"),
    ):
        found = [
            asking.query(f"SELECT COUNT() FROM {type_} WHERE {where}").body["totalSize"]
            for type_ in ("Lead", "Contact")
        ]
        assert sum(found) == sum(row[column] == "true" for row in people) > 0


def test_f71_nobody_in_the_org_can_be_reached(asking) -> None:
    """Addresses are of domains reserved for examples, or damaged; numbers are those of fiction."""
    people = asking.rows("SELECT Email, Phone, MobilePhone FROM Lead")
    people += asking.rows("SELECT Email, Phone, MobilePhone FROM Contact")
    domains = {str(one["Email"]).lower().rpartition("@")[2] for one in people if one["Email"]}
    real = {one for one in domains if not re.search(r"(^|\.)example\.(com|net|org)$", one)}
    assert real <= {*TYPO_DOMAINS, *DISPOSABLE_DOMAINS}
    numbers = [str(one[name] or "") for one in people for name in ("Phone", "MobilePhone")]
    digits = [one for text in numbers if len(one := re.sub(r"\D", "", text)) >= 10]
    assert digits
    assert not [one for one in digits if set(one) != {"0"} and "55501" not in one]


def test_every_activity_of_the_sample_is_there_under_its_kind(asking, tables) -> None:
    acts = Counter(row["type"] for row in given(tables, "activities"))
    calls = Counter(row["CallType"] for row in asking.rows("SELECT CallType FROM Task"))
    assert calls == {
        "Inbound": acts.pop("inbound_call"),
        "Outbound": acts.pop("outbound_call"),
        None: acts.pop("outbound_email"),
    }
    assert len(asking.rows("SELECT Id FROM Event")) == acts.pop("meeting_held")
    where = "RelationType = 'FromAddress' AND EmailMessage.Incoming = true"
    ask = f"SELECT Id FROM EmailMessageRelation WHERE {where}"
    assert len(asking.rows(ask)) == acts.pop("email_reply")
    members = asking.rows(
        "SELECT Campaign.Name, CampaignId, LeadOrContactId, Status FROM CampaignMember"
    )
    assert Counter(row["Campaign"]["Name"] for row in members) == acts
    pairs = {(row["CampaignId"], row["LeadOrContactId"]) for row in members}
    assert len(pairs) == len(members)


def test_the_same_tables_give_the_same_org(asking, tables) -> None:
    again = Asking()
    deploy_shipped(again.twin.org)
    populate(again.twin.org, tables)
    for ask in ("SELECT FIELDS(ALL) FROM Lead LIMIT 200", "SELECT Id, WhoId, OwnerId FROM Task"):
        assert again.rows(ask) == asking.rows(ask)


def test_the_command_says_how_to_log_in(tables) -> None:
    with open_sandbox(SandboxOrder(data=tables)) as running:
        names = set(running.variables)
        assert names == {
            f"LEADTRIAGE_SALESFORCE__{name}"
            for name in ("INSTANCE_URL", "LOGIN_URL", "CLIENT_ID", "CLIENT_SECRET")
        }
        assert running.variables["LEADTRIAGE_SALESFORCE__LOGIN_URL"] == running.url
        assert running.made["leads"] + running.made["contacts"] == 300


@pytest.mark.parametrize(
    ("opening", "order", "told"),
    [
        (
            open_sandbox,
            SandboxOrder(index_lag_seconds=2),
            "--index-lag means nothing for Salesforce",
        ),
        (open_sandbox, SandboxOrder(features=("flows",)), "no feature 'flows'.*shared-activities"),
        (open_hubspot, SandboxOrder(features=("flows",)), "--feature means nothing for HubSpot"),
        (open_hubspot, SandboxOrder(metadata=Path()), "--metadata means nothing for HubSpot"),
    ],
)
def test_what_a_crm_does_not_have_is_refused(opening, order, told) -> None:
    with pytest.raises(FixConfigurationError, match=told), opening(order):
        pass


def test_a_table_that_is_missing_is_told(tmp_path) -> None:
    with (
        pytest.raises(FixDataError, match="cannot be read"),
        open_sandbox(SandboxOrder(data=tmp_path)),
    ):
        pass


# A package of metadata

FIELD = """<?xml version="1.0" encoding="UTF-8"?>
<CustomField xmlns="http://soap.sforce.com/2006/04/metadata">
    <fullName>{name}</fullName><label>{name}</label>{more}
</CustomField>
"""
PERMISSIONS = """<?xml version="1.0" encoding="UTF-8"?>
<PermissionSet xmlns="http://soap.sforce.com/2006/04/metadata">
    <fieldPermissions><editable>true</editable><field>Lead.Stage__c</field><readable>true</readable></fieldPermissions>
    <fieldPermissions><editable>false</editable><field>Lead.Score__c</field><readable>true</readable></fieldPermissions>
    <fieldPermissions><editable>true</editable><field>Lead.DoNotCall</field></fieldPermissions>
</PermissionSet>
"""
PICKLIST = (
    "<type>Picklist</type><valueSet><restricted>true</restricted><valueSetDefinition>"
    "<value><fullName>mql</fullName><default>false</default><label>MQL</label></value>"
    "<value><fullName>sql</fullName><default>false</default><label>SQL</label></value>"
    "</valueSetDefinition></valueSet>"
)


def package(folder: Path, fields: dict[str, str], *, permissions: bool) -> Path:
    """Write a package of fields of leads."""
    for full, more in fields.items():
        type_, _, name = full.partition(".")
        path = folder / "objects" / type_ / "fields" / f"{name}.field-meta.xml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(FIELD.format(name=name, more=more))
    if permissions:
        path = folder / "permissionsets" / "One.permissionset-meta.xml"
        path.parent.mkdir(parents=True)
        path.write_text(PERMISSIONS)
    return folder


FIELDS = {
    "Lead.Stage__c": PICKLIST,
    "Lead.Score__c": "<type>Number</type><precision>5</precision><scale>1</scale>",
    "Lead.Secret__c": "<type>Text</type><length>20</length>",
    "Activity.Line__c": "<type>Text</type><length>10</length>",
    "Lead.Key__c": "<type>Text</type><length>10</length><externalId>true</externalId>",
    "Lead.Flag__c": "<type>Checkbox</type><defaultValue>true</defaultValue>",
}


def test_a_package_deploys_its_fields(tmp_path) -> None:
    asking = Asking()
    made = deploy(asking.twin.org, package(tmp_path, FIELDS, permissions=False))
    assert {"Task.Line__c", "Event.Line__c", "Lead.Flag__c"} <= set(made)
    assert len(made) == 7
    described = asking("GET", "/sobjects/Lead/describe").body["fields"]
    fields = {one["name"]: one for one in described if one["custom"]}
    stage = fields["Stage__c"]
    assert [one["value"] for one in stage["picklistValues"]] == ["mql", "sql"]
    assert (stage["type"], stage["restrictedPicklist"]) == ("picklist", True)
    assert (fields["Score__c"]["type"], fields["Score__c"]["scale"]) == ("double", 1)
    assert fields["Key__c"]["externalId"] is True
    lead = asking.lead(Score__c=1.26, Key__c="k")
    row = asking("GET", f"/sobjects/Lead/{lead}").body
    assert (row["Score__c"], row["Flag__c"]) == (1.3, True)


def test_a_permission_set_shows_what_it_names(tmp_path) -> None:
    asking = Asking()
    asking.twin.org.schema.hide("Lead", "DoNotCall")
    deploy(asking.twin.org, package(tmp_path, FIELDS, permissions=True))
    assert asking.query("SELECT DoNotCall FROM Lead").status == 200
    described = asking("GET", "/sobjects/Lead/describe").body["fields"]
    custom = {one["name"]: one["updateable"] for one in described if one["custom"]}
    assert custom == {"Stage__c": True, "Score__c": False}


def test_a_formula_tells_of_a_field_from_the_day_it_is_deployed(tmp_path) -> None:
    asking = Asking()
    first, second = asking.lead(), asking.lead()
    path = f"/sobjects/Lead/{first}"
    assert asking("PATCH", path, {"EmailBouncedReason": "550"}).status == 204
    more = "<type>Checkbox</type><formula>NOT(ISBLANK(EmailBouncedReason))</formula>"
    deploy(asking.twin.org, package(tmp_path, {"Lead.Bounced__c": more}, permissions=False))
    ask = "SELECT Bounced__c FROM Lead ORDER BY Id"
    assert [row["Bounced__c"] for row in asking.rows(ask)] == [True, False]
    asking("PATCH", path, {"EmailBouncedReason": None})
    asking("PATCH", f"/sobjects/Lead/{second}", {"EmailBouncedReason": "550"})
    assert [row["Bounced__c"] for row in asking.rows(ask)] == [False, True]
    refused = asking("PATCH", path, {"Bounced__c": True})
    assert refused.code == "INVALID_FIELD_FOR_INSERT_UPDATE"


def test_a_package_that_is_wrong_is_named(tmp_path) -> None:
    package(tmp_path, {"Lead.Odd__c": "<type>Sphere</type>"}, permissions=False)
    order = SandboxOrder(metadata=tmp_path)
    with (
        pytest.raises(FixConfigurationError, match=r"Odd__c\.field-meta\.xml"),
        open_sandbox(order),
    ):
        pass


def test_ids_of_salesforce_in_the_table_are_kept_and_say_what_somebody_is(tables, tmp_path) -> None:
    for path in tables.glob("*.csv"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    split_sample(tmp_path, 1)
    asking = Asking()
    deploy_shipped(asking.twin.org)
    populate(asking.twin.org, tmp_path / "salesforce")
    people = given(tmp_path / "salesforce", "contacts")
    for type_, prefix in (("Lead", "00Q"), ("Contact", "003")):
        expected = {row["contact_id"] for row in people if row["contact_id"].startswith(prefix)}
        assert {row["Id"][:15] for row in asking.rows(f"SELECT Id FROM {type_}")} == expected


def test_what_is_written_back_is_there_as_if_the_package_were_deployed(asking) -> None:
    for name in deploy(Asking().twin.org, PACKAGE):
        type_, _, field = name.partition(".")
        assert field.lower() in asking.twin.org.schema.of(type_).fields
