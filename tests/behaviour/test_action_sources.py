"""What reported an action is kept and told; what a robot reported counts for nobody, from the next run on."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.command import run
from tests.support.organisation import (
    NOW,
    Organisation,
    add_qualified,
    make_empty,
    read_table,
    reasons_of,
    write_table,
)
from worker.sample.columns import ACTIVITY_COLUMNS

HOUR = timedelta(hours=1)
ASKED, ENGAGED = "INTENT_APPOINTMENT_REQUEST", "INTENT_PARTNER_ENGAGED"
NOTHING, ROBOTS = "  # sources: [bot, crawler, monitoring]", "  sources: [bot, crawler, monitoring]"
NO_SOURCE, SOURCE = "# source: reported_by", "source: reported_by"


def tell_sources(organisation: Organisation, **sources: str) -> None:
    """Add the column to the table, with what reported each action by its id."""
    path = organisation.folder / "data" / "activities.csv"
    rows = [
        {**row, "reported_by": sources.get(row["activity_id"].replace("-", "_"), "")}
        for row in read_table(path)
    ]
    write_table(path, (*ACTIVITY_COLUMNS, "reported_by"), rows)


@pytest.fixture
def lead(tmp_path: Path) -> Organisation:
    """A patient who asked for an appointment, as a web form reported; the map does not say so yet."""
    organisation = make_empty(tmp_path / "organisation")
    add_qualified(organisation)
    tell_sources(organisation, act_q1="Web Form")
    organisation.sync()
    return organisation


def stored(organisation: Organisation) -> list[object]:
    return [source for (source,) in organisation.ask("SELECT source FROM activities ORDER BY id")]


def test_a_map_that_begins_to_name_the_source_has_the_base_read_again(lead: Organisation) -> None:
    assert stored(lead) == [None]
    lead.reconfigure("systems/files.yaml", NO_SOURCE, SOURCE)
    lead.sync(NOW + HOUR)
    assert stored(lead) == ["web form"]


def test_a_run_after_that_finds_nothing_to_do(lead: Organisation) -> None:
    lead.reconfigure("systems/files.yaml", NO_SOURCE, SOURCE)
    lead.sync(NOW + HOUR)
    report = lead.sync(NOW + 2 * HOUR)
    assert (report.steps["decide"]["looked_at"], report.writes) == (0, {})


def test_explain_names_what_reported_each_counted_action(lead: Organisation) -> None:
    lead.reconfigure("systems/files.yaml", NO_SOURCE, SOURCE)
    lead.sync(NOW + HOUR)
    explained = run("explain", "q1", "--json", config=lead.folder).json
    assert explained["action_sources"] == {"files:activities:act-q1": "web form"}
    assert "1 action (web form)" in run("explain", "q1", config=lead.folder).stdout


def test_a_source_that_becomes_a_robots_counts_for_nothing_from_the_next_run_on(
    lead: Organisation,
) -> None:
    lead.reconfigure("systems/files.yaml", NO_SOURCE, SOURCE)
    tell_sources(lead, act_q1="MONITORING")
    lead.sync(NOW + HOUR)
    assert ASKED in reasons_of(lead, "q1")
    lead.reconfigure("activities.yaml", NOTHING, ROBOTS)
    lead.sync(NOW + 2 * HOUR)
    assert ASKED not in reasons_of(lead, "q1")
    passed = run("explain", "q1", "--json", config=lead.folder).json["passed_over"]
    assert passed == [
        {"rule": "source:monitoring", "count": 1, "actions": ["files:activities:act-q1"]}
    ]


@pytest.mark.parametrize(("source", "counts"), [("Crawler", False), ("Partner Portal", True)])
def test_what_a_robot_did_in_the_name_of_a_colleague_counts_for_nobody(
    source: str, counts: bool, tmp_path: Path
) -> None:
    practice = make_empty(tmp_path / "organisation")
    practice.reconfigure("systems/files.yaml", NO_SOURCE, SOURCE)
    practice.reconfigure("activities.yaml", NOTHING, ROBOTS)
    for name in ("ann", "bob"):
        practice.add_contact(
            name,
            first_name=name.capitalize(),
            last_name="Haas",
            email=f"{name}@elm.example.org",
            consent_email="true",
            consent_proof="form-1",
            zip="01608",
            lead_type="Referral",
            npi="1234567893",
            lifecycle_stage="Lead",
        )
    practice.add_activity("act-1", "ann", "education_session", "2026-11-01T12:00:00Z")
    tell_sources(practice, act_1=source)
    practice.sync()
    assert (ENGAGED in reasons_of(practice, "bob")) is counts
