"""Whatever a lead does of a governed kind, nothing is decided by it while no condition names the kind."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import cache

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.leads import NOW, newest_first, shipped_ruleset, with_enabled
from tests.properties.lead_strategies import asking_leads, instants, leads, ready_leads, timed_leads
from worker.core.assignment import Roster
from worker.core.decide import decide
from worker.core.due import PRECISION, next_change_at
from worker.core.hand_off import summarise
from worker.core.judgement import LeadSnapshot
from worker.core.model import Activity, Strength
from worker.core.ruleset import Ruleset
from worker.core.trace import decision_body

quick = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
PAGE = "condition_page_view"


@cache
def enabled() -> Ruleset:
    return with_enabled(shipped_ruleset(), [PAGE])


def all_said(lead: LeadSnapshot) -> tuple[datetime | None, tuple[object, ...]]:
    """When the decision falls due, and everything else."""
    ruleset = enabled()
    found = decide(ruleset, lead, Roster(), NOW)
    due_at = next_change_at(ruleset, lead, found.lead, found.judgement)
    said = decision_body(ruleset, found)
    return due_at, (found.reasons, found.memory, said, summarise(ruleset, found))


PAGES = st.lists(st.tuples(instants(120, 5), st.sampled_from(Strength)), min_size=1, max_size=4)


@quick
@given(lead=leads() | ready_leads() | asking_leads() | timed_leads(), pages=PAGES)
def test_governed_actions_change_nothing_that_is_decided_or_told(
    lead: LeadSnapshot, pages: list[tuple[datetime, Strength]]
) -> None:
    read = tuple(
        Activity(ref=f"files:activities:page{place}", kind=PAGE, at=at, strength=strength)
        for place, (at, strength) in enumerate(pages)
    )
    both = newest_first((*lead.activities, *read))
    due_at, rest = all_said(replace(lead, activities=both))
    plain_due_at, plain_rest = all_said(lead)
    assert rest == plain_rest
    if due_at is None or plain_due_at is None:
        assert due_at == plain_due_at
    else:  # where points fade, the instant is only as exact as that
        assert abs(due_at - plain_due_at) <= PRECISION
