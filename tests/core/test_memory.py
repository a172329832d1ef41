"""What is remembered of who had a lead and does not get it again yet."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from worker.core.follow_up import FollowUp, FollowUpState
from worker.core.memory import MOST_REFUSALS, Memory, Refusal, still_standing, with_refusal
from worker.core.sales import REJECTED
from worker.core.trace import memory_from_json, memory_to_json

NOW = datetime(2026, 5, 4, 15, 0, tzinfo=UTC)
DAY = timedelta(days=1)
COOL_DOWNS = {REJECTED: 90 * DAY, "OTHER": 10 * DAY}
HANDED_OFF = Memory(owner="ann", assigned_at=NOW - 3 * DAY)


def refusal(by: str, age: timedelta, reason: str = REJECTED) -> Refusal:
    return Refusal(by=by, at=NOW - age, reason=reason)


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
    assert bool(still_standing((refusal("ann", age, reason),), COOL_DOWNS, NOW)) is stands


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
    refusals = (refusal("ann", DAY), refusal("crm:7", DAY, "OTHER"))
    memory = msgspec.structs.replace(HANDED_OFF, refusals=refusals)
    assert memory_from_json(memory_to_json(memory)) == memory


@pytest.mark.parametrize("first_at", [None, NOW - timedelta(hours=1)])
def test_the_clock_of_a_hand_off_survives_the_ledger(first_at: datetime | None) -> None:
    clock = FollowUp(
        state=FollowUpState.OVERDUE,
        counts_from=NOW - DAY,
        due_at=NOW,
        first_at=first_at,
        evidence="crm:calls:1" if first_at else None,
        reassignments=2,
        escalated_to="intake",
    )
    memory = msgspec.structs.replace(HANDED_OFF, follow_up=clock, sales_word="accepted||")
    memory = msgspec.structs.replace(memory, sales_word_at=NOW, verdict_at_hand_off="rejected|")
    memory = msgspec.structs.replace(memory, taken_from=frozenset({"crm:1", "crm:2"}))
    assert memory_from_json(memory_to_json(memory)) == memory


def test_a_memory_stored_before_there_were_several_refusals_still_loads() -> None:
    stored = json.loads(memory_to_json(HANDED_OFF))
    for name in (
        "refusals",
        "follow_up",
        "sales_word",
        "sales_word_at",
        "verdict_at_hand_off",
        "taken_from",
    ):
        del stored[name]
    stored |= {"refused_by": "ann", "refused_at": (NOW - DAY).isoformat()}
    assert memory_from_json(json.dumps(stored)).refusals == (refusal("ann", DAY),)
    stored |= {"refused_by": None, "refused_at": None}
    assert memory_from_json(json.dumps(stored)).refusals == ()
