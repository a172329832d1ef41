"""What sales says of a lead: of which hand-off it speaks, against whom it counts, what follows."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
import pytest

from tests.leads import NOW, contact_ref
from worker.core.follow_up import AfterRejection
from worker.core.identity import MergedLead
from worker.core.memory import Memory, Refusal
from worker.core.model import Facts, FactValue
from worker.core.policy import Verdict
from worker.core.ruleset import Ruleset
from worker.core.sales import (
    REJECTED,
    given_at,
    is_accepted,
    refusals_of,
    said_by_sales,
    verdict_after,
    word_to_remember,
)

DAY = timedelta(days=1)
HANDED_OFF = Memory(decision_id="d1", owner="sched-1", assigned_at=NOW - 3 * DAY)
RULES = {
    "wrong_team": AfterRejection.OTHER_TEAM,
    "wrong_person": AfterRejection.ROUTE_AGAIN,
    "bad_data": AfterRejection.HOLD,
    "duplicate": AfterRejection.DISQUALIFY,
}


def lead(facts: Facts) -> MergedLead:
    sources = dict.fromkeys(facts, contact_ref())
    return MergedLead(facts=facts, sources=sources, issues=(), unseen=frozenset())


def rejection(age: timedelta | None = DAY, reason: str | None = None) -> Facts:
    facts: dict[str, FactValue] = {"sales_verdict": "rejected"}
    if age is not None:
        facts["outcome_at"] = NOW - age
    if reason is not None:
        facts["verdict_reason"] = reason
    return facts


def refused(ruleset: Ruleset, memory: Memory, facts: Facts) -> list[tuple[str, timedelta]]:
    found = refusals_of(ruleset, memory, lead(facts), NOW)
    assert {one.reason for one in found} <= {REJECTED}
    return [(one.by, NOW - one.at) for one in found]


def test_a_rejection_counts_against_whoever_has_the_lead(shipped: Ruleset) -> None:
    assert refused(shipped, HANDED_OFF, rejection()) == [("sched-1", DAY)]


@pytest.mark.parametrize("verdict", ["accepted", "recycled"])
def test_no_other_verdict_does(verdict: str, shipped: Ruleset) -> None:
    assert refused(shipped, HANDED_OFF, {**rejection(), "sales_verdict": verdict}) == []


def test_a_rejection_of_an_earlier_hand_off_does_not_count(shipped: Ruleset) -> None:
    assert refused(shipped, HANDED_OFF, rejection(4 * DAY)) == []


KNOWN = msgspec.structs.replace(HANDED_OFF, verdict_at_hand_off="")
REJECTED_BEFORE = msgspec.structs.replace(HANDED_OFF, verdict_at_hand_off="rejected|")


def test_a_new_rejection_counts_though_it_bears_the_date_of_an_earlier_one(
    shipped: Ruleset,
) -> None:
    assert refused(shipped, KNOWN, rejection(4 * DAY)) == [("sched-1", timedelta())]
    assert refused(shipped, REJECTED_BEFORE, rejection(4 * DAY, "not_ready")) == [
        ("sched-1", timedelta())
    ]


def test_the_rejection_that_a_lead_was_handed_off_with_stays_an_earlier_one(
    shipped: Ruleset,
) -> None:
    assert refused(shipped, REJECTED_BEFORE, rejection(4 * DAY)) == []
    assert refused(shipped, REJECTED_BEFORE, rejection(5 * DAY)) == []
    assert refused(shipped, REJECTED_BEFORE, rejection()) == [("sched-1", DAY)]


def test_a_second_rejection_without_a_date_is_added_to_the_first(shipped: Ruleset) -> None:
    first = Refusal(by="sched-2", at=NOW - 5 * DAY, reason=REJECTED)
    found = refused(shipped, msgspec.structs.replace(KNOWN, refusals=(first,)), rejection(None))
    assert found == [("sched-2", 5 * DAY), ("sched-1", timedelta())]


@pytest.mark.parametrize(
    ("age", "memory", "given"),
    [
        (DAY, KNOWN, NOW - DAY),
        (4 * DAY, KNOWN, NOW),
        (None, KNOWN, NOW),
        (4 * DAY, HANDED_OFF, NOW - 4 * DAY),
        (4 * DAY, REJECTED_BEFORE, NOW - 4 * DAY),
        (4 * DAY, Memory(), NOW - 4 * DAY),
        (None, Memory(), None),
    ],
)
def test_a_verdict_whose_date_cannot_be_right_was_given_when_it_was_first_seen(
    age: timedelta | None, memory: Memory, given: datetime | None
) -> None:
    facts = rejection(age)
    assert given_at(facts, memory, NOW) == given
    word, at = said_by_sales(facts), NOW - timedelta(hours=1)
    seen = msgspec.structs.replace(memory, sales_word=word, sales_word_at=at)
    assert given_at(facts, seen, NOW) == NOW - timedelta(hours=1)


def test_a_rejection_without_a_date_counts_once(shipped: Ruleset) -> None:
    facts = rejection(None)
    assert refused(shipped, HANDED_OFF, facts) == [("sched-1", timedelta())]
    later = msgspec.structs.replace(HANDED_OFF, owner="sched-2", sales_word=said_by_sales(facts))
    assert refused(shipped, later, facts) == []


def test_a_second_rejection_is_added_to_the_first(shipped: Ruleset) -> None:
    first = Refusal(by="sched-2", at=NOW - 5 * DAY, reason=REJECTED)
    memory = msgspec.structs.replace(HANDED_OFF, refusals=(first,))
    assert refused(shipped, memory, rejection()) == [("sched-2", 5 * DAY), ("sched-1", DAY)]


def test_a_refusal_is_forgotten_after_ninety_days(shipped: Ruleset) -> None:
    old = Refusal(by="sched-2", at=NOW - 90 * DAY, reason=REJECTED)
    assert refused(shipped, msgspec.structs.replace(HANDED_OFF, refusals=(old,)), {}) == []


def test_the_wrong_team_is_refused_as_a_whole(shipped: Ruleset) -> None:
    found = refused(shipped, HANDED_OFF, rejection(DAY, "wrong_team"))
    assert found == [("sched-1", DAY), ("team scheduling", DAY)]


@pytest.mark.parametrize(
    ("owner", "by"), [("own-102", ["sched-2"]), ("own-777", ["files:own-777"]), ("own-000", [])]
)
def test_of_a_lead_never_seen_before_the_owner_in_the_crm_has_rejected_it(
    owner: str, by: list[str], shipped: Ruleset
) -> None:
    found = refused(shipped, Memory(), {**rejection(), "owner": owner})
    assert [name for name, _age in found] == by


@pytest.mark.parametrize(
    ("age", "memory", "stands"),
    [
        (DAY, HANDED_OFF, True),
        (4 * DAY, HANDED_OFF, False),
        (4 * DAY, KNOWN, True),
        (4 * DAY, Memory(), True),
        (None, HANDED_OFF, True),
    ],
)
def test_only_the_hand_off_that_sales_accepted_is_accepted(
    age: timedelta | None, memory: Memory, stands: bool
) -> None:
    facts = {**rejection(age), "sales_verdict": "accepted"}
    assert is_accepted(facts, memory) is stands


def test_what_was_accepted_once_stays_so() -> None:
    facts = {**rejection(4 * DAY), "sales_verdict": "accepted"}
    assert is_accepted(facts, msgspec.structs.replace(HANDED_OFF, sales_word=said_by_sales(facts)))


@pytest.mark.parametrize("age", [None, -DAY])
def test_what_was_accepted_before_we_handed_it_off_speaks_of_no_hand_off_of_ours(
    age: timedelta | None,
) -> None:
    facts = {**rejection(age), "sales_verdict": "accepted"}
    word = word_to_remember(facts, Memory(), is_accepted_now=False, is_same_hand_off=False)
    later = msgspec.structs.replace(HANDED_OFF, sales_word=word)
    assert not is_accepted(facts, later)
    assert word_to_remember(facts, later, is_accepted_now=False, is_same_hand_off=False) == word


@pytest.mark.parametrize(
    ("reason", "before", "after", "codes"),
    [
        (None, Verdict.QUALIFIED, Verdict.NURTURE, ("SALES_REJECTED",)),
        ("not_ready", Verdict.QUALIFIED, Verdict.NURTURE, ("SALES_REJECTED",)),
        ("wrong_team", Verdict.QUALIFIED, Verdict.QUALIFIED, ("SALES_REJECTED",)),
        ("wrong_person", Verdict.QUALIFIED, Verdict.QUALIFIED, ("SALES_REJECTED",)),
        (
            "bad_data",
            Verdict.QUALIFIED,
            Verdict.HOLD,
            ("DQ_REJECTED_BY_SALES", "SALES_REJECTED"),
        ),
        (
            "duplicate",
            Verdict.NURTURE,
            Verdict.DISQUALIFIED,
            ("DISQUALIFIED_BY_SALES", "SALES_REJECTED"),
        ),
        ("not_ready", Verdict.NURTURE, Verdict.NURTURE, ()),
        ("bad_data", Verdict.DISQUALIFIED, Verdict.DISQUALIFIED, ()),
    ],
)
def test_what_follows_from_a_rejection(
    reason: str | None, before: Verdict, after: Verdict, codes: tuple[str, ...]
) -> None:
    facts = rejection(DAY, reason)
    assert verdict_after(before, REJECTED, facts, RULES) == (after, codes)
