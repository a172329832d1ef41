"""A simulation of what the ledger holds gives each lead to whom the worker really gave it."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.organisation import Organisation, add_qualified, make_empty
from worker.app import open_app
from worker.core.roster_changes import with_pause
from worker.errors import NotFoundError
from worker.report.simulation import SimulationReport
from worker.steps.simulate import Asked, simulate

FRIDAY = datetime(2026, 11, 6, 15, tzinfo=UTC)
DAYS = (FRIDAY, FRIDAY + timedelta(days=3), FRIDAY + timedelta(days=4), FRIDAY + timedelta(days=10))


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Organisation:
    """Four days over a weekend: leads come, are kept, rejected and closed; a limit is reached."""
    made = make_empty(tmp_path_factory.mktemp("worked") / "organisation")
    with (made.folder / "data" / "owners.csv").open("a", encoding="utf-8") as file:
        file.write("own-555,,true,person\n")
    made.reconfigure(
        "routing.yaml",
        "weight: 1, max_open: 120, max_per_day: 40, skills: {language: [en]}",
        "weight: 1, max_open: 120, max_per_day: 1, skills: {language: [en]}",
    )
    (made.folder / "guardrails.yaml").write_text(
        "budgets:\n  - {id: all, scope: stage, key: mql, max_count: 1000, floor: 1000}\n",
        encoding="utf-8",
    )
    for day, now in enumerate(DAYS):
        for number in range(5):
            name = f"d{day}n{number}"
            values = {
                "email": f"{name}@example.org",
                "language": ("English", "Spanish", "", "Portuguese", "")[number],
                "service_line": "behavioral_health" if number == 4 else "orthopedics",
                "owner_id": {(1, 2): "own-555", (2, 0): "own-103"}.get((day, number), ""),
            }
            add_qualified(made, name, **values)
        made.sync(now)
        made.edit("d0n0", sales_verdict="Rejected")
        made.edit("d0n1", lifecycle_stage="Opportunity")
    return made


def replayed(organisation: Organisation, **asked: object) -> SimulationReport:
    with open_app(organisation.folder, now=DAYS[-1], stores=False) as app:
        changed = asked.pop("pause", None)
        if changed is not None:
            policy = with_pause(app.ruleset.configuration.routing, str(changed))
            return simulate(app.looking(), Asked(changed=policy))
        return simulate(app.looking(), Asked(**asked))  # type: ignore[arg-type]  # as named there


def owners_given(organisation: Organisation) -> Counter[str]:
    """Who was given how many, by the routes of the decisions themselves; what is kept is not given."""
    rows = organisation.ask(
        "SELECT profile_id, owner, body FROM decisions"
        " WHERE owner IS NOT NULL AND stage = 'mql' ORDER BY seq DESC"
    )
    first = {(profile, owner): json.loads(str(body))["route"] for profile, owner, body in rows}
    return Counter(str(owner) for (_, owner), route in first.items() if not route["is_kept"])


def test_every_lead_goes_to_whom_it_went(worked: Organisation) -> None:
    tally = replayed(worked).present.tally
    assert tally.compared == tally.arrivals >= 20
    assert tally.same == tally.compared


def test_the_loads_are_those_of_the_ledger(worked: Organisation) -> None:
    tally = replayed(worked).present.tally
    given = {who: n for (_place, who), n in tally.given.items()}
    assert given == owners_given(worked) == dict(tally.actual)
    assert tally.outside == 1
    assert tally.kept == 2
    assert len(given) >= 4


def test_what_closed_in_truth_is_closed(worked: Organisation) -> None:
    tally = replayed(worked).present.tally
    ((open_now,),) = worked.ask("SELECT count(*) FROM profiles WHERE stage = 'mql'")
    assert tally.days[max(tally.days)].open == open_now


def test_a_changed_roster_is_compared_with_the_present_one(worked: Organisation) -> None:
    report = replayed(worked, pause="sched-1")
    assert report.changed is not None
    assert report.present.tally.given["scheduling", "sched-1"] > 0
    assert report.changed.tally.given["scheduling", "sched-1"] == 0
    assert report.moved is not None
    assert report.moved >= report.present.tally.given["scheduling", "sched-1"]
    assert report.changed.tally.arrivals == report.present.tally.arrivals


def test_a_period_begins_with_the_roster_as_it_was(worked: Organisation) -> None:
    since = DAYS[1]
    tally = replayed(worked, since=since).present.tally
    whole = replayed(worked).present.tally
    assert 0 < tally.arrivals < whole.arrivals
    assert min(tally.days) == since.date()
    assert tally.days[max(tally.days)].open == whole.days[max(whole.days)].open


def test_nothing_is_stored(worked: Organisation) -> None:
    before = worked.ledger_file.read_bytes()
    replayed(worked)
    assert worked.ledger_file.read_bytes() == before


def test_a_time_without_arrivals_says_so(tmp_path: Path) -> None:
    empty = make_empty(tmp_path / "organisation")
    empty.sync(FRIDAY)
    with pytest.raises(NotFoundError, match="--invent"):
        replayed(empty)
