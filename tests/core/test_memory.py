"""What is remembered of who had a lead and does not get it again yet."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from worker.core.memory import (
    MOST_REFUSALS,
    REJECTED,
    Memory,
    Refusal,
    standing_refusals,
    with_refusal,
)
from worker.core.trace import memory_from_json, memory_to_json

NOW = datetime(2026, 5, 4, 15, 0, tzinfo=UTC)
DAY = timedelta(days=1)
COOL_DOWNS = {REJECTED: 90 * DAY, "OTHER": 10 * DAY}
HANDED_OFF = Memory(owner="ann", assigned_at=NOW - 3 * DAY)


def refusal(by: str, age: timedelta, reason: str = REJECTED) -> Refusal:
    return Refusal(by=by, at=NOW - age, reason=reason)


def test_a_rejection_counts_against_whoever_has_the_lead() -> None:
    facts = {"sales_verdict": "rejected", "outcome_at": NOW - DAY}
    assert standing_refusals(HANDED_OFF, facts, COOL_DOWNS, NOW) == (refusal("ann", DAY),)


@pytest.mark.parametrize("verdict", ["accepted", "recycled"])
def test_no_other_verdict_does(verdict: str) -> None:
    facts = {"sales_verdict": verdict, "outcome_at": NOW - DAY}
    assert standing_refusals(HANDED_OFF, facts, COOL_DOWNS, NOW) == ()


def test_a_rejection_of_an_earlier_hand_off_does_not_count() -> None:
    facts = {"sales_verdict": "rejected", "outcome_at": NOW - 4 * DAY}
    assert standing_refusals(HANDED_OFF, facts, COOL_DOWNS, NOW) == ()


def test_a_rejection_without_a_date_counts_once() -> None:
    facts = {"sales_verdict": "rejected"}
    once = standing_refusals(HANDED_OFF, facts, COOL_DOWNS, NOW)
    assert once == (refusal("ann", timedelta()),)
    later = replace(HANDED_OFF, owner="bob", refusals=once)
    assert standing_refusals(later, facts, COOL_DOWNS, NOW + DAY) == once


def test_a_second_rejection_is_added_to_the_first() -> None:
    memory = replace(HANDED_OFF, refusals=(refusal("bob", 5 * DAY),))
    facts = {"sales_verdict": "rejected", "outcome_at": NOW - DAY}
    assert standing_refusals(memory, facts, COOL_DOWNS, NOW) == (
        refusal("bob", 5 * DAY),
        refusal("ann", DAY),
    )


@pytest.mark.parametrize(
    ("reason", "age", "stands"),
    [
        (REJECTED, 90 * DAY - timedelta(seconds=1), True),
        (REJECTED, 90 * DAY, False),
        ("OTHER", 9 * DAY, True),
        ("OTHER", 10 * DAY, False),
        ("UNKNOWN", timedelta(), False),
    ],
)
def test_each_reason_has_its_own_cool_down(reason: str, age: timedelta, stands: bool) -> None:
    memory = Memory(refusals=(refusal("ann", age, reason),))
    assert bool(standing_refusals(memory, {}, COOL_DOWNS, NOW)) is stands


def test_only_the_latest_refusal_of_one_owner_is_kept() -> None:
    earlier, later = refusal("ann", 5 * DAY), refusal("ann", DAY, "OTHER")
    assert with_refusal((earlier, refusal("bob", 2 * DAY)), later) == (
        refusal("bob", 2 * DAY),
        later,
    )


def test_no_more_than_so_many_refusals_are_remembered() -> None:
    found: tuple[Refusal, ...] = ()
    for age in range(MOST_REFUSALS + 5, 0, -1):
        found = with_refusal(found, refusal(f"m{age}", age * DAY))
    assert len(found) == MOST_REFUSALS
    assert (found[0].by, found[-1].by) == (f"m{MOST_REFUSALS}", "m1")


def test_refusals_survive_the_ledger() -> None:
    memory = replace(HANDED_OFF, refusals=(refusal("ann", DAY), refusal("crm:7", DAY, "OTHER")))
    assert memory_from_json(memory_to_json(memory)) == memory


def test_a_memory_stored_before_there_were_several_refusals_still_loads() -> None:
    stored = json.loads(memory_to_json(HANDED_OFF))
    del stored["refusals"]
    stored |= {"refused_by": "ann", "refused_at": (NOW - DAY).isoformat()}
    assert memory_from_json(json.dumps(stored)).refusals == (refusal("ann", DAY),)
    stored |= {"refused_by": None, "refused_at": None}
    assert memory_from_json(json.dumps(stored)).refusals == ()
