"""Whole runs that write to Salesforce, through the real SDK against the twin (F47, F49, F62, F64 to F67)."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from connectors.sandbox.salesforce.rules import DuplicateRule
from tests.support.command import run as command
from tests.support.salesforce_organisation import lay_out, serving_for
from tests.support.salesforce_twin import Org
from worker.app import open_app
from worker.errors import DailyLimitError
from worker.ledger.matches import matched_writes
from worker.ledger.records import count_profiles
from worker.report.text import show_summary
from worker.steps.summary import summarise_run
from worker.steps.sync import RunReport

TRACK = "Leadtriage_Pathway__c"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return lay_out(tmp_path / "organisation")


@pytest.fixture
def org(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Org]:
    with serving_for(folder, monkeypatch) as org:
        yield org


def run(folder: Path, org: Org) -> RunReport:
    org.wait(minutes=10)
    with open_app(folder, now=org.twin.clock.now(), clock=org.twin.clock.now) as app:
        return app.sync()


def lead(org: Org, **values: object) -> str:
    """Somebody who may not be contacted: decided, and written as held."""
    given = {"Email": "kim@example.org", "FirstName": "Kim", "Lead_Type__c": "Patient", **values}
    return org.lead(**msgspec.convert(given, dict[str, str | bool]))


def writes(org: Org) -> int:
    return sum(n for name, n in org.counts().items() if name.startswith("PATCH"))


def test_f65_a_decision_is_written_once_and_its_echo_is_no_change(folder: Path, org: Org) -> None:
    kim = lead(org)
    assert run(folder, org).writes == {"applied": 1}
    assert org.cell("Lead", kim, TRACK) == "patient"
    again = run(folder, org)
    assert (again.writes, again.steps["pull salesforce leads"]["echoes"]) == ({}, 1)
    assert again.steps["decide"]["looked_at"] == 0
    assert run(folder, org).writes == {}
    assert writes(org) == 1


def test_f47_f60_a_refused_write_is_shown_and_waits_until_something_changes(
    folder: Path, org: Org
) -> None:
    """The org's rule compares what we write, so that the one of the two that comes second is refused."""
    leads = {lead(org), lead(org, Email="jo@example.org", FirstName="Jo")}
    org.twin.org.rules.duplicates.append(DuplicateRule(type="Lead", fields=(TRACK,)))
    first = run(folder, org)
    assert first.writes == {"applied": 1, "rejected": 1}
    [refused] = [one for one in leads if org.cell("Lead", one, TRACK) is None]
    [other] = leads - {refused}
    record, same = f"salesforce:leads:{refused}", f"salesforce:leads:{other}"
    found = command("duplicates", "--json", config=folder, now=None).json
    at = org.twin.clock.now().isoformat()
    told = {"record": record, "matches": [same], "code": "DUPLICATES_DETECTED", "at": at}
    assert (found["named"], found["named_by_crm"]) == ([told], 1)
    explained = " ".join(command("explain", refused, config=folder, now=None).stdout.split())
    assert f"refused {record} by its CRM (DUPLICATES_DETECTED)" in explained
    assert f"the CRM says that it is the same as {same}" in explained
    for copied in (refused[:15], record.replace(refused, refused[:15])):
        told = command("explain", copied, "--json", config=folder, now=None).json
        assert (told["ref"], told["records"]) == (record, [record])
    assert run(folder, org).writes == {}
    assert writes(org) == 2  # of both, and of the refused one alone
    org.twin.org.rules.duplicates.clear()
    org.change("Lead", refused, Lead_Type__c="Referring Provider")
    assert run(folder, org).writes == {"applied": 1}
    with open_app(folder, clock=org.twin.clock.now) as app, app.ledger.read() as tx:
        assert matched_writes(tx) == []
        summary = show_summary(summarise_run(tx, first, app.at(), 1.0), {})
    shown = StringIO()
    Console(width=120, file=shown).print(summary)
    said = (
        "1 refused write names a record that the CRM says is the same. See leadtriage duplicates."
    )
    assert said in shown.getvalue()


def test_f62_what_a_person_changed_in_the_same_interval_is_read_and_kept(
    folder: Path, org: Org
) -> None:
    kim = lead(org)
    run(folder, org)
    org.change("Lead", kim, City="Tucson", **{TRACK: "by hand"})
    run(folder, org)
    assert (org.cell("Lead", kim, "City"), org.cell("Lead", kim, TRACK)) == ("Tucson", "by hand")


def test_f64_f69_neither_an_owner_nor_consent_is_touched(folder: Path, org: Org) -> None:
    owner = org.twin.org.person
    kim = lead(org, OwnerId=owner, Consent_Email__c="false")
    names = ("OwnerId", "Consent_Email__c", "HasOptedOutOfEmail", "DoNotCall")
    before = [org.cell("Lead", kim, name) for name in names]
    run(folder, org)
    assert org.cell("Lead", kim, TRACK) == "patient"
    assert [org.cell("Lead", kim, name) for name in names] == before
    assert before[0] == owner


def test_f67_a_new_address_is_the_same_person_and_the_opt_out_follows(
    folder: Path, org: Org
) -> None:
    kim = lead(org, Consent_Email__c=True, HasOptedOutOfEmail=True)
    run(folder, org)
    codes = "Leadtriage_Reason_Codes__c"
    before = str(org.cell("Lead", kim, codes))
    org.change("Lead", kim, Email="Kim.Rivera@Example.org")
    run(folder, org)
    with open_app(folder, clock=org.twin.clock.now) as app, app.ledger.read() as tx:
        assert count_profiles(tx) == 1
    assert "CONSENT_EMAIL_OPTED_OUT" in before
    assert "CONSENT_EMAIL_OPTED_OUT" in str(org.cell("Lead", kim, codes))


@pytest.mark.parametrize("used", [97_000, 100_000])
def test_f39_a_run_that_begins_above_the_reserve_stops_before_its_first_write(
    folder: Path, org: Org, used: int
) -> None:
    """The first answer tells what others have used, so the run ends with it: nothing is decided or sent."""
    kim = lead(org)
    org.twin.meter.used_by_others = used
    with pytest.raises(DailyLimitError):
        run(folder, org)
    assert org.cell("Lead", kim, TRACK) is None
    counts = org.counts()
    assert not [name for name in counts if name.startswith("PATCH")]
    assert sum(counts.values()) <= 1
