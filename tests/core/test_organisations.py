"""Which leads are of one organisation, and what may be asked of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.leads import NOW
from worker.core.case import NO, UNKNOWN, YES, Case, Truth, make_case
from worker.core.conditions import ActivityTest, ColleaguesTest, Whose
from worker.core.evaluation import compile_condition, compile_selection
from worker.core.model import Activity, Facts, Strength
from worker.core.organisations import (
    Colleague,
    Membership,
    OrganisationPolicy,
    RollUp,
    SameBy,
    fold_organisation,
    organisation_key,
)
from worker.core.ruleset import Ruleset

ZONE = ZoneInfo("America/New_York")
DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)
PLAIN = OrganisationPolicy()


def is_same(one: Facts, other: Facts, policy: OrganisationPolicy = PLAIN) -> bool:
    keys = organisation_key(one, policy), organisation_key(other, policy)
    return keys[0] is not None and keys[0] == keys[1]


def test_the_first_thing_a_lead_has_decides() -> None:
    facts = {"organisation_id": "7", "email": "a@mills.com", "organisation": "Mills", "state": "MA"}
    assert is_same(facts, {"organisation_id": "7", "email": "b@other.com"})
    assert not is_same(facts, {"email": "b@mills.com"})
    by_domain = OrganisationPolicy(same_by=(SameBy.EMAIL_DOMAIN, SameBy.ORGANISATION_ID))
    assert is_same(facts, {"email": "B@MILLS.com"}, by_domain)


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"email": "a@gmail.com"},
        {"email": "a@comcast.net"},
        {"email": "a@mailinator.com"},
        {"email": "a@box.mailinator.com"},
        {"email": "a@local-isp.com"},
        {"organisation": "North Mills"},
        {"organisation": "Self-employed", "state": "MA"},
        {"organisation": "The Medical Group, LLC", "state": "MA"},
        {"organisation": "---", "state": "MA"},
    ],
)
def test_what_anybody_may_have_tells_no_organisation(facts: Facts) -> None:
    policy = OrganisationPolicy(public_domains=frozenset({"local-isp.com"}))
    assert organisation_key(facts, policy) is None


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("North Mills, Inc.", "north mills"),
        ("NORTH  MILLS", "north mills"),
        ("The North-Mills Company, L.L.C.", "north mills"),
        ("Elm & Oak Pediatrics, P.C.", "elm oak pediatrics"),
        ("Elm and Oak Pediatrics PLLC", "elm oak pediatrics"),
        ("Clínica Ponce", "clinica ponce"),
        ("St. Mary\u2019s Clinic", "st marys clinic"),
        ("Clinic", ""),
        ("", ""),
    ],
)
def test_names_are_compared_without_form_and_punctuation(written: str, folded: str) -> None:
    assert fold_organisation(written) == folded


def test_a_place_is_the_state_or_the_region_of_the_zip_code() -> None:
    mills = {"organisation": "North Mills"}
    assert is_same({**mills, "state": "MA", "postal_code": "02114"}, {**mills, "state": "MA"})
    assert not is_same({**mills, "state": "MA"}, {**mills, "state": "RI"})
    assert is_same({**mills, "postal_code": "02114"}, {**mills, "postal_code": "02199"})
    assert not is_same({**mills, "postal_code": "02114"}, {**mills, "postal_code": "01608"})


def test_a_key_shows_nothing_of_what_it_was_made_of() -> None:
    key = organisation_key({"email": "a@northmills.com"}, PLAIN)
    assert key is not None
    assert len(key) == 24
    assert set(key) <= set("0123456789abcdef")


def done(kind: str, at: datetime, ref: str = "a1") -> Activity:
    return Activity(ref=ref, kind=kind, at=at, strength=Strength.MEDIUM)


def case_of(*own: Activity, others: RollUp | None, now: datetime = NOW) -> Case:
    membership = None if others is None else Membership(member="me", organisation=others)
    return make_case({}, own, now, ZONE, membership)


SESSION = ActivityTest(kinds=frozenset({"session"}), within=10 * DAY, of=Whose.ORGANISATION)


def ask(case: Case, test: ActivityTest | ColleaguesTest = SESSION) -> Truth:
    return compile_condition(test)(case)


def test_an_action_of_anybody_counts_to_the_end_of_its_window() -> None:
    others = RollUp(actions=(done("session", NOW - 10 * DAY + TICK),))
    assert ask(case_of(others=others)) is YES
    assert ask(case_of(others=others, now=NOW + TICK)) is NO


def test_own_actions_are_enough_and_nothing_is_no_without_an_organisation() -> None:
    own = done("session", NOW - DAY)
    assert ask(case_of(own, others=None)) is YES
    assert ask(case_of(others=None)) is UNKNOWN
    assert ask(case_of(others=RollUp())) is NO


def test_own_actions_and_those_of_others_are_counted_together_and_each_once() -> None:
    own, other = done("session", NOW - DAY, "a1"), done("session", NOW - 2 * DAY, "a2")
    case = case_of(own, others=RollUp(actions=(own, other)))
    found = compile_selection(SESSION)(case)
    assert [activity.ref for activity in found] == ["a1", "a2"]
    assert ask(case, replace(SESSION, at_least=2)) is YES
    assert ask(case, replace(SESSION, at_least=3)) is NO


def test_what_others_did_is_no_action_of_the_lead() -> None:
    case = case_of(others=RollUp(actions=(done("session", NOW - DAY),)))
    assert ask(case, replace(SESSION, of=Whose.LEAD)) is NO


def test_what_others_will_do_counts_when_it_is_done() -> None:
    others = RollUp(actions=(done("session", NOW + DAY),))
    assert ask(case_of(others=others)) is NO
    assert ask(case_of(others=others, now=NOW + DAY)) is YES


BUYERS = ColleaguesTest(count=2, roles=frozenset({"buyer"}), within=60 * DAY)


def colleague(member: str, role: str | None = "buyer", age: timedelta = DAY) -> Colleague:
    return Colleague(member=member, role=role, acted_at=NOW - age, action=f"act-{member}")


@pytest.mark.parametrize(
    ("colleagues", "truth"),
    [
        ((colleague("b"), colleague("c")), YES),
        ((colleague("b"),), NO),
        ((colleague("b"), colleague("b", age=2 * DAY)), NO),
        ((colleague("b"), colleague("me")), NO),
        ((colleague("b"), colleague("c", "guest")), NO),
        ((colleague("b"), colleague("c", None)), UNKNOWN),
        ((colleague("b", None), colleague("c", None)), UNKNOWN),
        ((colleague("b"), colleague("c"), colleague("d", None)), YES),
        ((colleague("b"), colleague("c", age=60 * DAY)), NO),
        ((colleague("b"), colleague("c", age=60 * DAY - TICK)), YES),
        ((colleague("b"), colleague("c", age=-DAY)), NO),
        ((), NO),
    ],
)
def test_colleagues_are_counted(colleagues: tuple[Colleague, ...], truth: Truth) -> None:
    assert ask(case_of(others=RollUp(colleagues=colleagues)), BUYERS) is truth


def test_colleagues_in_any_role_are_counted_where_no_role_is_asked() -> None:
    others = RollUp(colleagues=(colleague("b", None), colleague("c", "guest")))
    assert ask(case_of(others=others), replace(BUYERS, roles=frozenset())) is YES


def test_colleagues_of_an_organisation_that_is_not_known_are_not_known() -> None:
    assert ask(case_of(others=None), BUYERS) is UNKNOWN


def test_only_what_some_criterion_asks_is_gathered(shipped: Ruleset) -> None:
    asks = shipped.asks
    assert asks is not None
    assert asks.kinds == {"education_session", "referral_tool_used", "guideline_download"}
    assert asks.roles == {"benefits_director", "procurement", "executive"}
    assert asks.within == 180 * DAY
    assert {"webinar_attended", "demo_request"} <= asks.active
    assert asks.active.isdisjoint({"email_open", "guide_download", "outbound_call", "meeting_held"})
