"""Whole runs that write to HubSpot, through the real SDK against the twin (F47, F48, F62, F64, F69)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from connectors.sandbox.hubspot.owners import Owner, put_owner
from connectors.sandbox.script import Fault, FaultKind
from tests.support.hubspot_organisation import lay_out, run_on, serving_for
from tests.support.hubspot_twin import NOON, Account
from worker.app import open_app
from worker.core.records import RecordRef
from worker.ledger.records import load_records


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return lay_out(tmp_path / "organisation")


@pytest.fixture
def crm(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    with serving_for(folder, monkeypatch) as account:
        yield account


def lead(crm: Account) -> str:
    """Somebody who may not be contacted: decided, and written as held."""
    return crm.add("contacts", email="kim@example.org", lead_type="Patient", lifecyclestage="lead")


def value(crm: Account, record_id: str, name: str) -> str:
    record = crm.twin.account.find("contacts", record_id)
    assert record is not None
    return record.properties.get(name, "")


def script(crm: Account, **rule: object) -> None:
    crm.twin.script.add(msgspec.convert({"endpoint": "POST */batch/update", **rule}, Fault))


def updates(crm: Account) -> int:
    return sum(n for key, n in crm.counts().items() if "batch/update" in str(key))


def test_f65_a_decision_is_written_once_and_its_echo_is_no_change(
    folder: Path, crm: Account
) -> None:
    one = lead(crm)
    assert run_on(folder, crm).writes == {"applied": 1}
    assert value(crm, one, "leadtriage_pathway") == "patient"
    again = run_on(folder, crm)
    assert (again.writes, again.steps["pull hubspot contacts"]["echoes"]) == ({}, 1)
    assert again.steps["decide"]["looked_at"] == 0
    assert run_on(folder, crm).writes == {}
    assert updates(crm) == 1


def test_which_record_of_a_person_is_newest_does_not_follow_our_own_writes(
    folder: Path, crm: Account
) -> None:
    """Both records are written, the older one last: what they say of the person stays as it was."""
    same = {"phone": "617-555-0142", "lastname": "Roe", "firstname": "Kim", "lead_type": "Patient"}
    older = crm.add("contacts", **same, email="kim@example.org", service_line="cardiology")
    crm.wait(minutes=5)
    crm.add("contacts", **same, email="kim@example.com", service_line="dermatology")
    first = run_on(folder, crm)
    assert (first.steps["decide"]["looked_at"], first.writes) == (1, {"applied": 2})
    crm.wait(minutes=5)
    crm.change("contacts", older, city="Tucson")
    assert run_on(folder, crm).steps["pull hubspot contacts"]["changed"] == 0
    with open_app(folder) as app, app.ledger.read() as tx:
        kept = load_records(tx, [RecordRef("hubspot", "contacts", older)])
    assert [record.modified_at for record in kept.values()] == [NOON]


@pytest.mark.parametrize(
    ("kind", "sent"), [(FaultKind.LOST, 1), (FaultKind.DROP, 2), (FaultKind.EMPTY, 2)]
)
def test_f48_a_lost_answer_is_read_again_in_the_same_run(
    folder: Path, crm: Account, kind: FaultKind, sent: int
) -> None:
    one = lead(crm)
    script(crm, kind=kind)
    assert run_on(folder, crm).writes == {"applied": 1}
    assert value(crm, one, "leadtriage_pathway") == "patient"
    assert updates(crm) == sent


def test_f47_a_refused_write_waits_until_something_changes(folder: Path, crm: Account) -> None:
    lead(crm)
    script(crm, kind=FaultKind.STATUS, status=400)
    assert run_on(folder, crm).writes == {"rejected": 1}
    assert run_on(folder, crm).writes == {}
    assert updates(crm) == 1


def test_f62_what_a_person_changed_in_the_same_interval_is_read_and_kept(
    folder: Path, crm: Account
) -> None:
    one = lead(crm)
    run_on(folder, crm)
    crm.change("contacts", one, city="Tucson", leadtriage_pathway="by hand")
    run_on(folder, crm)
    assert value(crm, one, "city") == "Tucson"
    assert value(crm, one, "leadtriage_pathway") == "by hand"


def test_f63_what_a_person_wrote_after_we_decided_stands(folder: Path, crm: Account) -> None:
    one = lead(crm)
    with open_app(folder, now=crm.twin.clock.now(), clock=crm.twin.clock.now) as app:
        app.sync(pushes=False)
        crm.wait(minutes=1)
        crm.change("contacts", one, leadtriage_pathway="by hand")
        assert app.apply(None).writes == {"applied": 1}  # the rest of the plan, made anew
    assert value(crm, one, "leadtriage_pathway") == "by hand"


def test_f64_f69_neither_an_owner_nor_consent_is_touched(folder: Path, crm: Account) -> None:
    owner = Owner(id="51", email="rep@example.org", type="PERSON", archived=False)
    put_owner(crm.twin.account.store, owner)
    one = lead(crm)
    crm.change("contacts", one, hubspot_owner_id="51", consent_email="false")
    run_on(folder, crm)
    assert value(crm, one, "leadtriage_pathway") == "patient"
    assert (value(crm, one, "hubspot_owner_id"), value(crm, one, "consent_email")) == (
        "51",
        "false",
    )
