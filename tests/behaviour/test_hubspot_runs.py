"""Whole runs on HubSpot that meet a fault of the catalogue, through the real SDK against the twin."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from connectors.sandbox.hubspot.writing import impose
from connectors.sandbox.script import Fault, FaultKind
from tests.support.hubspot_organisation import lay_out, run_on, serving_for
from tests.support.hubspot_twin import Account
from worker.app import open_app
from worker.core.records import RecordRef
from worker.errors import DailyLimitError, FixDataError
from worker.ledger.records import count_profiles, load_records


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return lay_out(tmp_path / "organisation")


@pytest.fixture
def crm(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    with serving_for(folder, monkeypatch) as account:
        yield account


def lead(crm: Account, **more: str) -> str:
    own = {"email": "kim@example.org", "lead_type": "Patient", "lifecyclestage": "lead"}
    return crm.add("contacts", **own, **more)


def codes(crm: Account, record_id: str) -> list[str]:
    record = crm.twin.account.find("contacts", record_id)
    assert record is not None
    return record.properties.get("leadtriage_reason_codes", "").split(";")


def opt_out(crm: Account, record_id: str) -> None:
    """Let somebody unsubscribe, as only HubSpot itself can note it."""
    with crm.twin.lock:
        record = crm.twin.account.find("contacts", record_id)
        assert record is not None
        impose(crm.twin.account, record, {"hs_email_optout": "true"})


def test_f17_a_run_that_broke_off_reads_everything_else_anew(folder: Path, crm: Account) -> None:
    one = lead(crm)
    crm.twin.script.add(Fault(kind=FaultKind.STATUS, status=400, endpoint="GET */objects/emails"))
    with pytest.raises(FixDataError):
        run_on(folder, crm)
    two = crm.add("contacts", email="lee@example.org", lead_type="Patient")
    for name in ("calls", "emails", "meetings"):
        crm.link(name, crm.add(name, hs_timestamp="2026-03-01T10:00:00Z"), one)
    steps = run_on(folder, crm).steps
    assert steps["pull hubspot contacts"]["new"] == 1
    assert [steps[f"pull hubspot {n}"]["read"] for n in ("calls", "emails", "meetings")] == [
        1,
        1,
        1,
    ]
    assert all(codes(crm, record_id) != [""] for record_id in (one, two))


def test_f18_a_phone_that_was_emptied_is_forgotten_and_decided_on(
    folder: Path, crm: Account
) -> None:
    one = lead(crm, phone="+16175550134", consent_phone="true")
    run_on(folder, crm)
    crm.change("contacts", one, phone="")
    ref = RecordRef(system="hubspot", object_type="contacts", id=one)
    crm.wait(minutes=10)
    with open_app(folder, now=crm.twin.clock.now(), clock=crm.twin.clock.now) as app:
        assert app.sync().steps["decide"]["looked_at"] == 1
        with app.ledger.read() as tx:
            assert load_records(tx, [ref])[ref].values["phone"] is None


def test_f39_a_day_that_is_used_up_ends_the_run_and_the_next_day_goes_on(
    folder: Path, crm: Account
) -> None:
    one = lead(crm)
    spent = Fault(
        kind=FaultKind.STATUS, status=429, policy="DAILY", endpoint="GET */objects/emails"
    )
    crm.twin.script.add(spent)
    with pytest.raises(DailyLimitError):
        run_on(folder, crm)
    assert codes(crm, one) == [""]  # nothing is decided on a part of what there is
    crm.wait(days=1)
    assert run_on(folder, crm).writes == {"applied": 1}


def test_f67_a_new_address_is_the_same_person_and_the_opt_out_follows(
    folder: Path, crm: Account
) -> None:
    one = lead(crm, consent_email="true")
    opt_out(crm, one)
    run_on(folder, crm)
    before = codes(crm, one)
    crm.change("contacts", one, email="Kim.Rivera@Example.org")
    run_on(folder, crm)
    with open_app(folder, clock=crm.twin.clock.now) as app, app.ledger.read() as tx:
        assert count_profiles(tx) == 1
    assert "CONSENT_EMAIL_OPTED_OUT" in before
    assert "CONSENT_EMAIL_OPTED_OUT" in codes(crm, one)


def test_f68_an_opt_out_that_cannot_be_seen_is_no_consent(folder: Path, crm: Account) -> None:
    definitions = crm.twin.account.definitions
    hidden = msgspec.structs.replace(definitions.of("contacts")["hs_email_optout"], archived=True)
    definitions.put("contacts", [hidden])
    one = lead(crm, consent_email="true")
    run_on(folder, crm)
    assert "CONSENT_EMAIL_UNSEEN" in codes(crm, one)
