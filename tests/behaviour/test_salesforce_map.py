"""The field map that is shipped for Salesforce: it loads, and a base is read, decided and written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.sandbox.salesforce.features import Feature
from connectors.sandbox.salesforce.leads import convert
from connectors.sandbox.salesforce.rules import Lock
from connectors.sandbox.salesforce.sessions import SANDBOX_SESSION
from connectors.sandbox.script import Fault, FaultKind
from tests.support.salesforce_organisation import SHIPPED, define, lay_out, serving_for
from tests.support.salesforce_twin import NOON, Org, serving_org
from worker.app import open_app
from worker.config.loader import load_configuration
from worker.core.records import RecordRef
from worker.errors import FixDataError
from worker.ledger.activities import activities_of
from worker.ledger.quarantine import list_quarantine
from worker.ledger.records import load_records


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return lay_out(tmp_path / "organisation")


@pytest.fixture
def org(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Org]:
    with serving_for(folder, monkeypatch) as org:
        yield org


def test_nothing_that_holds_free_text_or_a_body_is_asked_for(folder: Path) -> None:
    system = load_configuration(folder).systems["salesforce"]
    asked = {name for item in system.objects for name in item.requested_fields()}
    assert not [name for name in asked if re.search(r"body|description|note|html", name, re.I)]


def test_what_is_written_is_the_owner_refusals_and_fields_of_our_own(folder: Path) -> None:
    system = load_configuration(folder).systems["salesforce"]
    written = {write.target for item in system.objects for write in item.writes}
    theirs = {"OwnerId", "HasOptedOutOfEmail", "DoNotCall"}
    assert {name for name in written if not name.startswith("Leadtriage_")} == theirs
    assert all(name.endswith("__c") for name in written - theirs)


def test_an_opt_out_of_a_contact_is_carried_over_to_the_lead_of_the_same_person(
    folder: Path, org: Org
) -> None:
    who = {"FirstName": "Kim", "LastName": "Rivera", "Email": "kim@example.org"}
    lead = org.lead(**who, Lead_Type__c="Patient")
    contact = org.add("Contact", **who, Lead_Type__c="Patient", HasOptedOutOfEmail=True)
    with open_app(folder, now=NOON, clock=org.twin.clock.now) as app:
        app.sync()
    assert [
        (org.cell(type_, one, "HasOptedOutOfEmail"), org.cell(type_, one, "DoNotCall"))
        for type_, one in (("Lead", lead), ("Contact", contact))
    ] == [(1, 0), (1, 0)]


def test_leads_contacts_and_activities_are_read_decided_and_written_once(
    folder: Path, org: Org
) -> None:
    kim = org.lead(Email="kim@example.org", FirstName="Kim", Lead_Type__c="Patient")
    person = org.add("Contact", LastName="Stone", Email="jo@example.org", Lead_Type__c="Patient")
    call = {"TaskSubtype": "Call", "CallType": "Inbound", "Status": "Completed"}
    org.add("Task", WhoId=kim, Subject="Call", **call)
    org.add("Task", WhoId=person, Subject="Call", **call)
    with open_app(folder, now=NOON, clock=org.twin.clock.now) as app:
        report = app.sync()
    counts = report.steps
    assert counts["pull salesforce leads"]["new"] == 1
    assert counts["pull salesforce contacts"]["new"] == 1
    assert counts["pull salesforce lead_calls"]["changed"] == 1
    assert counts["pull salesforce contact_calls"]["changed"] == 1
    assert counts["decide"]["decided"] == 2
    for type_, record_id in (("Lead", kim), ("Contact", person)):
        assert org.cell(type_, record_id, "Leadtriage_Reason_Codes__c")
        assert org.cell(type_, record_id, "Leadtriage_Decided_At__c")
    org.counts()
    with open_app(folder, now=NOON, clock=org.twin.clock.now) as app:
        app.sync()
    assert not [name for name in org.counts() if name.startswith("PATCH")]


def test_a_shared_call_counts_for_each_of_its_people(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lines that the page on Salesforce shows for orgs whose activities are shared."""
    page = (SHIPPED / "docs" / "salesforce.md").read_text("utf-8")
    shared = page.partition("```yaml\n")[2].partition("```")[0]
    path = folder / "systems" / "salesforce.yaml"
    before, _, rest = path.read_text("utf-8").partition("  contact_calls:\n")
    path.write_text(before + shared + "  contact_emails:" + rest.partition("  contact_emails:")[2])
    system = load_configuration(folder).systems["salesforce"]
    with serving_org(features=[Feature.SHARED_ACTIVITIES]) as org:
        define(org, system)
        monkeypatch.setenv("LEADTRIAGE_SALESFORCE__INSTANCE_URL", org.url)
        monkeypatch.setenv("LEADTRIAGE_SALESFORCE__ACCESS_TOKEN", SANDBOX_SESSION)
        kim, lee = (org.add("Contact", LastName=name, Lead_Type__c="Patient") for name in "AB")
        call = org.add("Task", WhoId=kim, Subject="Call", TaskSubtype="Call", CallType="Inbound")
        org.add("TaskRelation", TaskId=call, RelationId=lee)
        with open_app(folder, now=NOON, clock=org.twin.clock.now) as app:
            app.sync(pushes=False)
            refs = [
                RecordRef(system="salesforce", object_type="contacts", id=i) for i in (kim, lee)
            ]
            with app.ledger.read() as tx:
                found = activities_of(tx, refs, None)
    assert [[one.kind for one in found[ref]] for ref in refs] == [["inbound_call"]] * 2


def test_only_what_was_read_before_can_be_deleted_or_leave(folder: Path, org: Org) -> None:
    kim = org.lead(Email="kim@example.org", Lead_Type__c="Patient")
    call = {"Subject": "Call", "TaskSubtype": "Call", "Status": "Completed"}
    left, gone = (org.add("Task", WhoId=kim, CallType="Inbound", **call) for _ in range(2))
    org.add("Task", WhoId=kim, CallType="Internal", **call)
    webinar = org.add("Campaign", Name="Spring", Type="Webinar")
    org.add("CampaignMember", CampaignId=webinar, LeadId=kim, Status="No Show")
    told = []
    for _run in range(3):
        with open_app(folder, now=org.twin.clock.now(), clock=org.twin.clock.now) as app:
            steps = app.sync(pushes=False).steps
        told.append(
            [
                tuple(steps[f"pull salesforce {name}"][key] for key in ("read", "deleted", "left"))
                for name in ("lead_calls", "lead_webinars")
            ]
        )
        if len(told) == 1:
            org.change("Task", left, CallType="Internal")
            org.remove("Task", gone)
    assert told == [[(2, 0, 0), (0, 0, 0)], [(1, 1, 1), (0, 0, 0)], [(1, 0, 0), (0, 0, 0)]]


def test_a_lead_that_leaves_the_filter_keeps_what_it_refused(folder: Path, org: Org) -> None:
    path = folder / "systems" / "salesforce.yaml"
    narrowed = path.read_text("utf-8").replace("{reads: Lead}", "{reads: Lead, only: Rating=Hot}")
    path.write_text(narrowed, "utf-8")
    kim = org.lead(Email="kim@example.org", Rating="Hot", HasOptedOutOfEmail=True)
    told = []
    for rating in ("Hot", "Cold", "Warm"):
        org.change("Lead", kim, Rating=rating)
        with open_app(folder, now=org.twin.clock.now(), clock=org.twin.clock.now) as app:
            steps = app.sync(pushes=False).steps["pull salesforce leads"]
        told.append((steps["deleted"], steps["left"]))
    assert told == [(0, 0), (0, 1), (0, 0)]
    agreed = {"LastName": "Rivera", "Lead_Type__c": "Patient", "Consent_Email__c": True}
    same, control = (
        org.add("Contact", **agreed, Consent_Proof__c="form-1", Email=f"{name}@example.org")
        for name in ("kim", "lee")
    )
    with open_app(folder, now=org.twin.clock.now(), clock=org.twin.clock.now) as app:
        app.sync()
    codes = [str(org.cell("Contact", one, "Leadtriage_Reason_Codes__c")) for one in (same, control)]
    assert ["CONSENT_EMAIL_OPTED_OUT_ELSEWHERE" in one for one in codes] == [True, False]


def test_a_converted_lead_and_its_contact_are_one_profile(folder: Path, org: Org) -> None:
    kim = org.lead(Email="kim@example.org", Lead_Type__c="Patient", HasOptedOutOfEmail=True)
    ref = RecordRef(system="salesforce", object_type="leads", id=kim)
    with open_app(folder, now=NOON, clock=org.twin.clock.now) as app:
        app.sync()
        with app.ledger.read() as tx:
            before = load_records(tx, [ref])[ref]
    org.wait(hours=1)
    with org.twin.lock:
        contact = convert(org.twin.org, kim)
    org.change("Contact", contact, Email="kim.r@example.org", HasOptedOutOfEmail=False)
    with open_app(folder, now=org.twin.clock.now(), clock=org.twin.clock.now) as app:
        report = app.sync()
        with app.ledger.read() as tx:
            refs = [ref, RecordRef(system="salesforce", object_type="contacts", id=contact)]
            found = load_records(tx, refs)
    assert {one.profile_id for one in found.values()} == {before.profile_id}  # with its memory
    assert report.steps["pull salesforce leads"]["deleted"] == 1
    assert "email" not in str(org.cell("Contact", contact, "Leadtriage_Allowed_Channels__c") or "")


def test_f32_a_lead_that_a_write_found_missing_is_followed_when_it_was_converted(
    folder: Path, org: Org
) -> None:
    refused = {"HasOptedOutOfEmail": True, "DoNotCall": True}
    kim = org.lead(Email="kim@example.org", Lead_Type__c="Patient", **refused)
    gone = {"status": 404, "policy": "ENTITY_IS_DELETED"}
    org.twin.script.add(Fault(kind=FaultKind.STATUS, endpoint="PATCH */sobjects/Lead/*", **gone))
    with open_app(folder, now=NOON, clock=org.twin.clock.now) as app:
        assert app.sync().writes == {"missing": 1}
    org.wait(hours=1)
    with org.twin.lock:
        contact = convert(org.twin.org, kim)
    org.change("Contact", contact, Email="k@example.org", HasOptedOutOfEmail=False, DoNotCall=False)
    with open_app(folder, now=org.twin.clock.now(), clock=org.twin.clock.now) as app:
        app.sync()
        with app.ledger.read() as tx:
            before = RecordRef(system="salesforce", object_type="leads", id=kim)
            after = RecordRef(system="salesforce", object_type="contacts", id=contact)
            found = load_records(tx, [before, after])
    assert found[before].merged_into == str(after)
    assert found[before].profile_id == found[after].profile_id
    assert "CONSENT_EMAIL_OPTED_OUT" in str(
        org.cell("Contact", contact, "Leadtriage_Reason_Codes__c")
    )


def test_f16_what_is_optional_is_passed_over_and_reported(folder: Path, org: Org) -> None:
    org.twin.org.schema.types.pop("emailmessagerelation")
    with open_app(folder, now=NOON, clock=org.twin.clock.now) as app:
        app.sync(pushes=False)
        with app.ledger.read() as tx:
            rows = list_quarantine(tx, 10)
    assert {(row.object_type, row.code) for row in rows} == {
        ("lead_replies", "DQ_SOURCE_SKIPPED"),
        ("contact_replies", "DQ_SOURCE_SKIPPED"),
    }


def test_f16_leads_that_may_not_be_read_fail_the_run(folder: Path, org: Org) -> None:
    org.twin.org.schema.types.pop("lead")
    with (
        open_app(folder, now=NOON, clock=org.twin.clock.now) as app,
        pytest.raises(FixDataError, match="NOT_FOUND"),
    ):
        app.sync(pushes=False)


@pytest.mark.parametrize("hidden", [None, "HasOptedOutOfEmail"])
def test_f68_where_a_refusal_cannot_be_seen_nobody_may_be_written_to(
    folder: Path, org: Org, hidden: str | None
) -> None:
    """The lead agreed and has no address but one for e-mail."""
    agreed = {"Consent_Email__c": True, "Consent_Proof__c": "form", "Lead_Type__c": "Patient"}
    kim = org.lead(Email="kim@example.org", **agreed)
    if hidden is not None:
        org.twin.org.schema.hide("Lead", hidden)
    with open_app(folder, now=NOON, clock=org.twin.clock.now) as app:
        app.sync()
    codes = str(org.cell("Lead", kim, "Leadtriage_Reason_Codes__c"))
    assert ("CONSENT_REACHABLE" in codes) is (hidden is None)


def test_f68_a_refusal_that_vanishes_between_runs_stops_the_run(folder: Path, org: Org) -> None:
    org.lead(Email="kim@example.org", Lead_Type__c="Patient")
    with open_app(folder, now=NOON, clock=org.twin.clock.now) as app:
        app.sync()
    org.twin.org.schema.hide("Lead", "DoNotCall")
    with (
        open_app(folder, now=NOON, clock=org.twin.clock.now) as app,
        pytest.raises(FixDataError, match="DoNotCall"),
    ):
        app.sync()


def test_f45_a_locked_lead_is_written_by_the_next_run(folder: Path, org: Org) -> None:
    kim = org.lead(Email="kim@example.org", Lead_Type__c="Patient")
    jo = org.lead(Email="jo@example.org", Lead_Type__c="Patient")
    org.twin.org.rules.locks.append(Lock(id=kim, times=None))
    decided = "Leadtriage_Decided_At__c"
    with open_app(folder, now=NOON, clock=org.twin.clock.now) as app:
        app.sync()
    assert org.cell("Lead", kim, decided) is None
    assert org.cell("Lead", jo, decided) is not None
    org.twin.org.rules.locks.clear()
    with open_app(folder, now=NOON, clock=org.twin.clock.now) as app:
        app.sync()
    assert org.cell("Lead", kim, decided) is not None


def test_a_run_asks_little_of_an_org_in_which_nothing_changed(folder: Path, org: Org) -> None:
    org.lead(Email="kim@example.org", Lead_Type__c="Patient")
    with open_app(folder, now=NOON, clock=org.twin.clock.now) as app:
        app.sync()
    org.counts()
    with open_app(folder, now=NOON, clock=org.twin.clock.now) as app:
        app.sync()
    counts = org.counts()
    described = {name: n for name, n in counts.items() if name.endswith("/describe")}
    assert set(described.values()) == {1}
    queries = {name: n for name, n in counts.items() if name.startswith("GET /query")}
    assert queries == {"GET /queryAll": 23, "GET /query": 4}
    assert len(counts) == len(described) + 2
