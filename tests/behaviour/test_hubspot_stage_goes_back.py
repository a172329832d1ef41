"""F57 on HubSpot itself: a stage is taken back by clearing, setting and looking, wherever it breaks off."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from connectors.hubspot.connector import open_connector
from connectors.sandbox.clock import to_ms
from connectors.sandbox.hubspot.forms import Submission, add_submissions, form_named, put_form
from connectors.sandbox.hubspot.owners import Owner, put_owner
from connectors.sandbox.script import Fault, FaultKind
from tests.behaviour.test_a_human_edit_stands import at_moment, die, watched
from tests.support.hubspot_organisation import lay_out, serving_for
from tests.support.hubspot_twin import NOON, Account
from worker.app import open_app
from worker.ports import Connector, ConnectorContext

STAGE, MQL = "lifecyclestage", "marketingqualifiedlead"
KIM = {
    "firstname": "Kim",
    "lastname": "Rivera",
    "email": "kim@example.org",
    "consent_email": "true",
    "consent_proof": "form-1",
    "zip": "02114",
    "lead_type": "Patient",
    "service_line": "orthopedics",
    "received_at": "2026-03-01T12:00:00Z",
    STAGE: "lead",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return lay_out(tmp_path / "organisation")


@pytest.fixture
def crm(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """An account in which somebody was qualified by us, and has opted out since."""
    with serving_for(folder, monkeypatch) as account:
        store = account.twin.account.store
        for number in (101, 102, 103, 900):
            put_owner(store, Owner(id=f"own-{number}", email="o@example.org", type="PERSON"))
        one = account.add("contacts", **KIM)
        form = form_named("appointment_request")
        put_form(store, form)
        asked = Submission(at=to_ms(NOON) - 3_600_000, values=(("email", KIM["email"]),))
        add_submissions(store, form.id, [asked])
        run(folder, account)
        assert stage_of(account, one) == MQL
        account.change("contacts", one, opt_out_all="true")
        yield account


def run(folder: Path, crm: Account, *moment: str) -> Mapping[str, int]:
    """Run once, and be killed at this moment if there is one."""
    tell = at_moment(moment or ("never",), die)

    def opened(context: ConnectorContext) -> Connector:
        return watched(tell)(open_connector(context))

    crm.wait(minutes=10)
    clock = crm.twin.clock.now
    with open_app(folder, clock=clock, connectors={"hubspot": opened}) as app:
        return app.sync().writes


def stage_of(crm: Account, record_id: str) -> str:
    record = crm.twin.account.find("contacts", record_id)
    assert record is not None
    return record.properties.get(STAGE, "")


def only(crm: Account) -> str:
    [record] = crm.twin.account.store.page("contacts", 0, 10, archived=False)
    return str(record.id)


def stages(crm: Account) -> list[str]:
    """Every stage that was written, oldest first."""
    changes = crm.twin.account.store.changes("contacts", int(only(crm)), STAGE)
    return [change.value for change in reversed(changes)]


def test_f57_it_is_cleared_and_then_set(folder: Path, crm: Account) -> None:
    assert run(folder, crm) == {"applied": 2}
    assert stages(crm)[-3:] == [MQL, "", "lead"]
    assert run(folder, crm) == {}


@pytest.mark.parametrize(
    "moment",
    [
        ("before push",),
        ("after push",),
        ("after push", "before push"),
        ("after push", "after push"),
    ],
    ids=["before it is cleared", "after it was", "before it is set", "after it was set"],
)
def test_f57_killed_on_the_way_the_next_run_finishes_it(
    folder: Path, crm: Account, moment: tuple[str, ...]
) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(folder, crm, *moment)
    run(folder, crm)
    assert stages(crm)[-3:] == [MQL, "", "lead"]
    assert run(folder, crm) == {}


@pytest.mark.parametrize("step", [0, 1], ids=["clearing", "setting"])
def test_f57_an_answer_that_is_lost_on_the_way_is_looked_up(
    folder: Path, crm: Account, step: int
) -> None:
    crm.twin.script.add(Fault(kind=FaultKind.LOST, endpoint="POST */batch/update", skip=step))
    run(folder, crm)
    run(folder, crm)
    assert stages(crm)[-3:] == [MQL, "", "lead"]
    assert run(folder, crm) == {}
