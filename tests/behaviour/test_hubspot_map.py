"""The field map that is shipped for HubSpot: it loads, and a base is read and decided through the twin."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from connectors.sandbox.hubspot.tokens import ALL_SCOPES, SANDBOX_TOKEN, Grant
from tests.support.hubspot_organisation import define, lay_out
from tests.support.hubspot_twin import NOON, serving_account
from worker.app import open_app
from worker.config.loader import load_configuration
from worker.errors import FixAccessError, FixDataError
from worker.ledger.quarantine import list_quarantine


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return lay_out(tmp_path / "organisation")


def test_the_map_of_hubspot_fits_the_shipped_configuration(folder: Path) -> None:
    system = load_configuration(folder).systems["hubspot"]
    assert [item.object_type for item in system.objects] == [
        "contacts", "calls", "emails", "meetings", "form_submissions",
    ]  # fmt: skip


def test_nothing_that_holds_free_text_or_a_body_is_asked_for(folder: Path) -> None:
    system = load_configuration(folder).systems["hubspot"]
    asked = {name for item in system.objects for name in item.requested_fields()}
    assert not [name for name in asked if re.search(r"body|note|message|preview|html", name)]


def test_what_is_written_is_the_stage_the_owner_and_properties_of_our_own(folder: Path) -> None:
    system = load_configuration(folder).systems["hubspot"]
    written = {write.target for item in system.objects for write in item.writes}
    assert {name for name in written if not name.startswith("leadtriage_")} == {
        "lifecyclestage",
        "hubspot_owner_id",
    }


def test_contacts_and_activities_are_read_and_decided(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving_account() as crm:
        define(crm.twin, load_configuration(folder).systems["hubspot"])
        monkeypatch.setenv("LEADTRIAGE_HUBSPOT__BASE_URL", crm.url)
        monkeypatch.setenv("LEADTRIAGE_HUBSPOT__ACCESS_TOKEN", SANDBOX_TOKEN)
        kim = crm.add(
            "contacts",
            email="kim@example.org",
            firstname="Kim",
            lastname="Rivera",
            lead_type="Patient",
            lifecyclestage="lead",
        )
        call = crm.add("calls", hs_timestamp="2026-03-01T10:00:00Z", hs_call_direction="INBOUND")
        crm.link("calls", call, kim)
        with open_app(folder, now=NOON, clock=crm.twin.clock.now) as app:
            report = app.sync(pushes=False)
        counts = report.steps
        assert counts["pull hubspot contacts"]["new"] == 1
        assert counts["pull hubspot calls"]["changed"] == 1
        assert counts["decide"]["decided"] == 1, counts


@pytest.mark.parametrize("is_optional", [True, False])
def test_f16_what_is_optional_is_passed_over_and_reported_and_nothing_else(
    folder: Path, monkeypatch: pytest.MonkeyPatch, *, is_optional: bool
) -> None:
    system = folder / "systems" / "hubspot.yaml"
    if not is_optional:
        system.write_text(system.read_text(encoding="utf-8").replace("optional: true", ""), "utf-8")
    with serving_account() as crm:
        define(crm.twin, load_configuration(folder).systems["hubspot"])
        monkeypatch.setenv("LEADTRIAGE_HUBSPOT__BASE_URL", crm.url)
        monkeypatch.setenv("LEADTRIAGE_HUBSPOT__ACCESS_TOKEN", "narrow")
        crm.twin.tokens.grants["narrow"] = Grant(scopes=ALL_SCOPES - {"forms"})
        with open_app(folder, now=NOON, clock=crm.twin.clock.now) as app:
            if not is_optional:
                with pytest.raises((FixAccessError, FixDataError), match="would not list forms"):
                    app.sync(pushes=False)
                return
            report = app.sync(pushes=False)
            with app.ledger.read() as tx:
                rows = list_quarantine(tx, 10)
        assert report.steps["pull hubspot form_submissions"]["missing"] == 1
        assert [(row.object_type, row.code) for row in rows] == [
            ("form_submissions", "DQ_SOURCE_SKIPPED")
        ]


def test_f16_contacts_that_may_not_be_read_fail_the_run(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving_account() as crm:
        define(crm.twin, load_configuration(folder).systems["hubspot"])
        monkeypatch.setenv("LEADTRIAGE_HUBSPOT__BASE_URL", crm.url)
        monkeypatch.setenv("LEADTRIAGE_HUBSPOT__ACCESS_TOKEN", "narrow")
        crm.twin.tokens.grants["narrow"] = Grant(scopes=ALL_SCOPES - {"crm.objects.contacts.read"})
        with (
            open_app(folder, now=NOON, clock=crm.twin.clock.now) as app,
            pytest.raises(FixAccessError, match=r"crm\.objects\.contacts\.read"),
        ):
            app.sync(pushes=False)
