"""Whole runs while the roster changes: who keeps a lead, and which leads move to somebody else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.organisation import (
    NOW,
    Organisation,
    add_qualified,
    copied,
    make_empty,
    reasons_of,
)
from tests.support.recount import wrong_counts

HOUR = timedelta(hours=1)
LEADS = [f"q{number}" for number in range(1, 7)]
PAUSED = ("{id: sched-2, ", "{id: sched-2, paused: true, ")
AWAY = ("{id: sched-2, ", "{id: sched-2, absences: [{from: 2026-11-01, to: 2026-11-20}], ")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Organisation:
    """Six leads, shared out among three schedulers."""
    made = make_empty(tmp_path_factory.mktemp("keeps") / "organisation")
    for name in LEADS:
        add_qualified(made, name, email=f"ann@{name}.example.org")
    made.sync()
    return made


@pytest.fixture
def shared(template: Organisation, tmp_path: Path) -> Organisation:
    return copied(template, tmp_path / "organisation")


def owners(organisation: Organisation) -> dict[str, str]:
    return {name: row["owner_id"] for name, row in organisation.contacts().items()}


def of(organisation: Organisation, owner: str) -> list[str]:
    return [name for name, found in owners(organisation).items() if found == owner]


def take_out(organisation: Organisation, member: str) -> None:
    """Take a member out of the roster; in the CRM they stay an active owner."""
    path = organisation.folder / "routing.yaml"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    left = [line for line in lines if f"id: {member}," not in line]
    assert len(left) == len(lines) - 1
    path.write_text("".join(left), encoding="utf-8")


def test_who_is_taken_out_of_the_roster_loses_all_leads_and_nobody_else_one(
    shared: Organisation,
) -> None:
    before, theirs = owners(shared), of(shared, "own-102")
    take_out(shared, "sched-2")
    shared.sync(NOW + HOUR)
    after = owners(shared)
    assert theirs
    assert set(after.values()) == {"own-101", "own-103"}
    assert {name for name in LEADS if before[name] != after[name]} == set(theirs)
    assert shared.sync(NOW + 2 * HOUR).writes == {}


def test_a_member_with_another_id_keeps_all_leads(shared: Organisation) -> None:
    before = owners(shared)
    shared.reconfigure("routing.yaml", "{id: sched-2, ", "{id: bea, ")
    shared.sync(NOW + HOUR)
    assert owners(shared) == before


def accept(organisation: Organisation) -> str:
    """Have sales take on a lead of sched-2."""
    name = of(organisation, "own-102")[0]
    organisation.edit(name, sales_verdict="Accepted", outcome_at=NOW.isoformat())
    return name


def call(organisation: Organisation) -> str:
    """Have sched-2 call one of their leads."""
    name = of(organisation, "own-102")[0]
    organisation.add_activity("c1", name, "outbound_call", NOW.isoformat(), "own-102")
    return name


def choose(organisation: Organisation) -> str:
    """Have a person give a lead of somebody else to sched-2."""
    name = of(organisation, "own-101")[0]
    organisation.edit(name, owner_id="own-102")
    return name


Begin = Callable[[Organisation], str]


@pytest.mark.parametrize("change", [PAUSED, AWAY], ids=["paused", "away"])
@pytest.mark.parametrize("begin", [accept, call, choose])
def test_only_what_nobody_has_begun_on_leaves_who_is_away(
    shared: Organisation, begin: Begin, change: tuple[str, str]
) -> None:
    assert len(of(shared, "own-102")) > 1
    begun = begin(shared)
    shared.reconfigure("routing.yaml", *change)
    shared.sync(NOW + HOUR)
    assert of(shared, "own-102") == [begun]
    assert shared.sync(NOW + 2 * HOUR).writes == {}


@pytest.mark.parametrize(("begin", "stays"), [(accept, True), (choose, True), (call, False)])
def test_what_people_decided_stays_with_who_is_on_the_roster_no_more(
    shared: Organisation, begin: Begin, stays: bool
) -> None:
    begun = begin(shared)
    take_out(shared, "sched-2")
    shared.sync(NOW + HOUR)
    assert of(shared, "own-102") == ([begun] if stays else [])


def test_a_lead_whose_write_waits_is_given_to_one_member_only(shared: Organisation) -> None:
    """As long as the CRM shows whom the lead was taken from, deciding it again gives it to nobody else."""
    first, *_others = of(shared, "own-102")
    shared.reconfigure("routing.yaml", *PAUSED)
    for hours in range(1, 4):
        at = NOW + hours * HOUR
        shared.edit(first, phone=f"+1 617 555 010{hours}", updated_at=at.isoformat())
        shared.sync(at, pushes=False)
        assert first in of(shared, "own-102")
    query = "SELECT profile_id FROM records WHERE id = ?"
    given = shared.ask(f"SELECT owner FROM assignments WHERE profile_id = ({query})", first)
    assert len(given) == 2
    shared.sync(NOW + 4 * HOUR)
    assert of(shared, "own-102") == []
    with shared.open() as app:
        assert wrong_counts(app.looking().ledger) == []


def test_a_person_who_gives_a_lead_back_to_who_is_paused_is_heard(shared: Organisation) -> None:
    first, *_others = of(shared, "own-102")
    shared.reconfigure("routing.yaml", *PAUSED)
    shared.sync(NOW + HOUR)
    assert of(shared, "own-102") == []
    shared.edit(first, owner_id="own-102")
    for hours in (2, 3):
        shared.sync(NOW + hours * HOUR)
        assert of(shared, "own-102") == [first]
    assert "OWNER_SET_BY_PERSON" in reasons_of(shared, first)
