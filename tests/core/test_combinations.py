"""Combining: so many of these, none of those, what excludes or holds a lead, families that weigh more."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.core.test_conditions import ask, leaf
from tests.core.test_qualification import DAY, call, criterion, flag, policy, run
from worker.core.case import NO, UNKNOWN, YES, Truth
from worker.core.conditions import ActivityTest, AtLeastOf, LineMatch
from worker.core.policy import Criterion, Family, Keep, Policy, QualifyingRule, Verdict

CALLS = frozenset({"call"})


@pytest.mark.parametrize(
    ("count", "truths", "expected"),
    [
        (2, (YES, YES, NO), YES),
        (2, (YES, NO, NO), NO),
        (2, (YES, UNKNOWN, NO), UNKNOWN),
        (2, (YES, UNKNOWN, YES), YES),
        (2, (UNKNOWN, UNKNOWN, NO), UNKNOWN),
        (2, (UNKNOWN, NO, NO), NO),
        (1, (UNKNOWN, NO, NO), UNKNOWN),
        (3, (YES, YES, UNKNOWN), UNKNOWN),
        (3, (YES, NO, UNKNOWN), NO),
    ],
)
def test_at_least_so_many_are_yes_no_or_open(
    count: int, truths: tuple[Truth, ...], expected: Truth
) -> None:
    condition = AtLeastOf(count=count, items=tuple(map(leaf, truths)))
    assert ask(condition, {"yes": True}) is expected


def three(**more: object) -> Policy:
    rule = QualifyingRule(id="r", sentence="", **more)  # type: ignore[arg-type]  # fields of the rule
    criteria = [criterion(name, flag(name)) for name in ("a", "b", "c")]
    return policy(*criteria, rules=(rule,))


@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        ({"a": True, "b": True}, Verdict.QUALIFIED),
        ({"a": True, "b": False, "c": True}, Verdict.QUALIFIED),
        ({"a": True, "b": False}, Verdict.NOT_READY),
        ({}, Verdict.NOT_READY),
    ],
)
def test_a_rule_may_ask_for_some_of_several(facts: dict[str, bool], verdict: Verdict) -> None:
    assert run(three(some=("a", "b", "c"), least=2), dict(facts)).verdict is verdict


@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        ({"a": True, "b": True}, Verdict.NOT_READY),
        ({"a": True, "b": False}, Verdict.QUALIFIED),
        ({"a": True}, Verdict.QUALIFIED),
    ],
)
def test_only_what_is_met_stands_in_the_way_of_a_rule(
    facts: dict[str, bool], verdict: Verdict
) -> None:
    assert run(three(all=("a",), none=("b",)), dict(facts)).verdict is verdict


def test_what_stood_in_the_way_is_named_before_what_speaks_for_the_lead() -> None:
    found = run(three(all=("a",), none=("b",)), {"a": True, "b": True})
    assert found.reasons[:2] == ("X_B", "X_A")


def stopping(**more: object) -> Policy:
    base = policy(
        criterion("bad", flag("bad")),
        criterion("clean", flag("clean")),
        rules=(QualifyingRule(id="always", sentence=""),),
        disqualifiers=("clean",),
    )
    values = {name: getattr(base, name) for name in base.__slots__}
    return Policy(**{**values, **more})


@pytest.mark.parametrize(
    ("more", "facts", "verdict", "stopped_by"),
    [
        ({"exclusions": ("bad",)}, {"bad": True}, Verdict.DISQUALIFIED, "bad"),
        ({"exclusions": ("bad",)}, {"bad": False}, Verdict.QUALIFIED, None),
        ({"exclusions": ("bad",)}, {}, Verdict.QUALIFIED, None),
        ({"holds": ("bad",)}, {"bad": True}, Verdict.HOLD, "bad"),
        ({"holds": ("bad",)}, {"bad": False}, Verdict.QUALIFIED, None),
        ({"holds": ("bad",)}, {}, Verdict.QUALIFIED, None),
        ({"holds": ("bad",)}, {"bad": True, "clean": False}, Verdict.DISQUALIFIED, "clean"),
    ],
)
def test_a_criterion_may_exclude_or_hold_a_lead_by_being_met(
    more: dict[str, object],
    facts: dict[str, bool],
    verdict: Verdict,
    stopped_by: str | None,
) -> None:
    found = run(stopping(**more), dict(facts))
    assert (found.verdict, found.stopped_by) == (verdict, stopped_by)


def test_the_only_reason_of_a_lead_on_hold_is_what_holds_it() -> None:
    found = run(stopping(holds=("bad",)), {"bad": True, "clean": True})
    assert found.reasons == ("X_BAD",)


def weighing(**more: object) -> Criterion:
    values = {
        "condition": ActivityTest(kinds=CALLS),
        "own_line": 1.5,
        "related_line": 1.2,
        "other_line": 0.5,
        "related_lines": frozenset({("knee", "physio"), ("physio", "knee")}),
        **more,
    }
    base = criterion("c", ActivityTest(kinds=CALLS), 10, family=Family.INTENT)
    kept = {name: getattr(base, name) for name in base.__slots__}
    return Criterion(**{**kept, **values})


@pytest.mark.parametrize(
    ("own", "line", "expected"),
    [
        ("knee", "knee", 15.0),
        ("knee", "physio", 12.0),
        ("physio", "knee", 12.0),
        ("knee", "heart", 5.0),
        ("knee", None, 10.0),
        (None, "knee", 10.0),
    ],
)
def test_an_action_weighs_by_how_near_its_line_is(
    own: str | None, line: str | None, expected: float
) -> None:
    found = run(policy(weighing()), {"service_line": own} if own else {}, call(line=line))
    assert found.total == expected


def test_an_action_that_may_be_of_the_own_line_gives_no_points_before_that_is_known() -> None:
    only_own = weighing(condition=ActivityTest(kinds=CALLS, line=LineMatch.OWN))
    found = run(policy(only_own), {}, call(line="knee"))
    assert (found.truths, found.total) == ((UNKNOWN,), 0.0)


def test_silence_gives_its_points_once() -> None:
    silent = criterion("s", ActivityTest(kinds=CALLS, silent_for=60 * DAY), 7)
    assert run(policy(silent), {}, call(70 * DAY), call(80 * DAY)).total == 7
    assert run(policy(silent), {}, call(timedelta(0)), call(80 * DAY)).total == 0


def weighed(weight: float, cap: float | None = None) -> Policy:
    base = policy(
        criterion("a", flag("a"), 10, family=Family.INTENT),
        criterion("b", flag("b"), 30, family=Family.INTENT),
        criterion("f", flag("f"), 5),
        caps={Family.INTENT: cap} if cap is not None else None,
    )
    values = {name: getattr(base, name) for name in base.__slots__}
    return Policy(**{**values, "family_weights": {Family.INTENT: weight}})


@pytest.mark.parametrize(
    ("weight", "cap", "expected"), [(1.0, None, 40), (1.5, None, 60), (1.5, 50, 50), (0.5, 50, 20)]
)
def test_a_family_is_weighed_before_it_is_capped(
    weight: float, cap: float | None, expected: float
) -> None:
    found = run(weighed(weight, cap), {"a": True, "b": True, "f": True})
    assert found.families == {Family.INTENT: expected, Family.FIT: 5}
    assert found.total == expected + 5


def account(asked: float, keep: Keep | None = None) -> Policy:
    rule = QualifyingRule(id="r", sentence="", total=10, families={Family.ACCOUNT: asked})
    return policy(
        criterion("own", flag("own"), 10),
        criterion("colleagues", flag("colleagues"), 20, family=Family.ACCOUNT),
        rules=(rule,),
        keep=keep,
    )


def test_points_of_the_account_are_asked_for_by_name_and_no_part_of_the_total() -> None:
    both = run(account(20), {"own": True, "colleagues": True})
    assert (both.verdict, both.total, both.families[Family.ACCOUNT]) == (Verdict.QUALIFIED, 10, 20)
    alone = run(account(20), {"colleagues": True})
    assert (alone.verdict, alone.total) == (Verdict.NOT_READY, 0)
    without = run(account(20), {"own": True})
    assert without.verdict is Verdict.NOT_READY


def test_a_lead_may_be_kept_by_the_points_of_its_account() -> None:
    keep = Keep(total=10, families={Family.ACCOUNT: 15})
    rules = account(25, keep)
    facts: dict[str, object] = {"own": True, "colleagues": True}
    assert run(rules, dict(facts), is_qualified_now=True).verdict is Verdict.QUALIFIED  # type: ignore[arg-type]  # flags
    assert run(rules, {"own": True}, is_qualified_now=True).verdict is Verdict.NOT_READY
