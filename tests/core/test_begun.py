"""A lead that its owner has begun on, or that people gave them, stays theirs as long as they can work it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from tests.core.test_rosters import ACTIVE, ANN, BOB, DAY, HOUR, route, with_members
from tests.leads import NOW
from worker.core.assignment import Roster
from worker.core.skills import Skill
from worker.core.teams import Absence, Assign, RampUp

LONG = Absence(begins_at=NOW - HOUR, ends_at=NOW + 30 * DAY)
CHANGES: Mapping[str, Mapping[str, object]] = {
    "paused": {"is_paused": True},
    "away": {"absences": (LONG,)},
    "starts later": {"ramp_up": RampUp(first=date(2026, 6, 1), start_at=0.5, steps=2, step_days=7)},
    "covers other leads": {"skills": {"line": Skill(words=frozenset({"bones"}), is_required=True)}},
}


def begun(word: str) -> Any:
    """The part of a request by which a lead is somebody's for good."""
    return {word: True}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("word", ["is_started", "is_chosen"])
def test_what_an_owner_has_begun_or_people_decided_stays(change: str, word: str) -> None:
    policy = with_members(replace(ANN, **CHANGES[change]), BOB, assign=Assign.ALWAYS)  # type: ignore[arg-type]  # fields by name
    found = route(policy, kept_owner="ann", due_at=NOW, **begun(word))
    assert (found.owner, found.is_kept) == ("ann", True)
    assert route(policy, kept_owner="ann", due_at=NOW).owner == "bob"


@pytest.mark.parametrize("word", ["is_started", "is_chosen"])
def test_what_an_owner_has_begun_moves_when_they_leave_or_reject_it(word: str) -> None:
    gone = Roster(active=ACTIVE - {"crm:own-ann"})
    assert route(roster=gone, kept_owner="ann", **begun(word)).owner == "bob"
    refused = frozenset({"ann"})
    assert route(kept_owner="ann", refused_by=refused, **begun(word)).owner == "bob"
