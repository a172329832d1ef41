"""Qualification: gates before points, rules and score side by side, and how points fade."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.leads import NOW
from worker.core.case import YES, make_case
from worker.core.compiled_policy import compile_policy
from worker.core.conditions import ActivityTest, Condition, FactTest, Operator
from worker.core.model import Activity, FactValue, Strength
from worker.core.policy import (
    Criterion,
    CriterionReasons,
    Evidence,
    Family,
    Gate,
    Keep,
    Policy,
    QualifyingRule,
    Verdict,
)
from worker.core.qualification import Qualification, qualify

DAY = timedelta(days=1)
CALLS = ActivityTest(kinds=frozenset({"call"}), within=30 * DAY)


def flag(name: str) -> FactTest:
    return FactTest(fact=name, operator=Operator.IS, operand=True)


def criterion(
    name: str,
    condition: Condition,
    points: float = 0.0,
    *,
    family: Family = Family.FIT,
    half_life: timedelta | None = None,
    repeat: float = 0.0,
    own_line: float = 1.0,
    cap: float | None = None,
) -> Criterion:
    code = name.upper()
    return Criterion(
        id=name,
        family=family,
        sentence=name,
        condition=condition,
        reasons=CriterionReasons(met=f"X_{code}", not_met=f"X_NO_{code}", unknown=f"X_ANY_{code}"),
        points=points,
        half_life=half_life,
        repeat=repeat,
        own_line=own_line,
        cap=cap,
    )


def policy(
    *criteria: Criterion,
    gates: tuple[Gate, ...] = (),
    rules: tuple[QualifyingRule, ...] = (),
    disqualifiers: tuple[str, ...] = (),
    nurture: tuple[str, ...] = (),
    caps: dict[Family, float] | None = None,
    keep: Keep | None = None,
) -> Policy:
    return Policy(
        pathway="p",
        title="P",
        version="1",
        digest="d",
        purpose="care",
        criteria=criteria,
        gates=gates,
        rules=rules,
        disqualifiers=disqualifiers,
        nurture=nurture,
        family_caps=caps or {},
        keep=keep,
    )


def run(
    rules: Policy,
    facts: dict[str, FactValue],
    *activities: Activity,
    is_qualified_now: bool = False,
) -> Qualification:
    case = make_case(facts, activities, NOW, ZoneInfo("UTC"))
    return qualify(compile_policy(rules), case, is_qualified_now=is_qualified_now)


def call(ago: timedelta = timedelta(0), *, kind: str = "call", line: str | None = None) -> Activity:
    return Activity(
        ref=f"{kind}-{ago.days}",
        kind=kind,
        at=NOW - ago,
        strength=Strength.STRONG,
        service_line=line,
    )


GATED = policy(
    criterion("clean", flag("clean")),
    criterion("fit", flag("fit")),
    disqualifiers=("clean",),
    gates=(Gate(criterion="fit", when_not_met=Verdict.NURTURE, when_unknown=None),),
    rules=(QualifyingRule(id="always", sentence=""),),
)


@pytest.mark.parametrize(
    ("facts", "verdict", "stopped_by"),
    [
        ({"clean": True, "fit": True}, Verdict.QUALIFIED, None),
        ({"clean": False, "fit": False}, Verdict.DISQUALIFIED, "clean"),
        ({"clean": True, "fit": False}, Verdict.NURTURE, "fit"),
        ({"fit": True}, Verdict.QUALIFIED, None),
        ({"clean": True}, Verdict.QUALIFIED, None),
    ],
)
def test_disqualifiers_then_gates_come_before_rules(
    facts: dict[str, FactValue], verdict: Verdict, stopped_by: str | None
) -> None:
    found = run(GATED, facts)
    assert (found.verdict, found.stopped_by) == (verdict, stopped_by)


def test_a_gate_may_hold_what_is_unknown() -> None:
    gate = Gate(criterion="fit", when_not_met=Verdict.HOLD, when_unknown=Verdict.HOLD)
    found = run(policy(criterion("fit", flag("fit")), gates=(gate,)), {})
    assert (found.verdict, found.reasons) == (Verdict.HOLD, ("X_ANY_FIT",))


BOTH = policy(
    criterion("a", flag("a"), 10),
    criterion("b", flag("b"), 10),
    criterion("c", flag("c"), 10, family=Family.INTENT),
    rules=(
        QualifyingRule(id="rule", sentence="", all=("a",), any=("b", "c")),
        QualifyingRule(id="score", sentence="", total=20, families={Family.INTENT: 10}),
    ),
    nurture=("b",),
)


@pytest.mark.parametrize(
    ("met", "verdict", "carried_by"),
    [
        ("ab", Verdict.QUALIFIED, "rule"),
        ("ac", Verdict.QUALIFIED, "rule"),
        ("bc", Verdict.QUALIFIED, "score"),
        ("c", Verdict.NOT_READY, None),
        ("b", Verdict.NURTURE, None),
        ("a", Verdict.NOT_READY, None),
    ],
)
def test_rules_and_score_stand_side_by_side(
    met: str, verdict: Verdict, carried_by: str | None
) -> None:
    found = run(BOTH, dict.fromkeys(met, True))
    assert (found.verdict, found.carried_by) == (verdict, carried_by)


def points(each: Criterion, *activities: Activity, line: str | None = None) -> float:
    facts: dict[str, FactValue] = {"service_line": line} if line else {}
    return run(policy(each), facts, *activities).total


def test_points_halve_with_every_half_life() -> None:
    each = criterion("c", CALLS, 40, half_life=10 * DAY)
    assert [points(each, call(n * DAY)) for n in (0, 10, 20)] == [40, 20, 10]


def test_without_a_half_life_points_do_not_fade() -> None:
    assert points(criterion("c", CALLS, 40), call(29 * DAY)) == 40


def test_a_further_action_adds_a_part_of_its_points() -> None:
    each = criterion("c", CALLS, 40, repeat=0.5)
    assert [points(each, *[call(n * DAY) for n in range(count)]) for count in (1, 2, 3)] == [
        40,
        60,
        70,
    ]


def test_without_repeat_only_the_best_action_counts() -> None:
    each = criterion("c", CALLS, 40, half_life=10 * DAY)
    assert points(each, call(10 * DAY), call(20 * DAY)) == 20


def test_the_best_action_counts_in_full_whatever_the_order() -> None:
    each = criterion("c", CALLS, 40, half_life=10 * DAY, repeat=0.5)
    assert points(each, call(20 * DAY), call(10 * DAY)) == 20 + 10 * 0.5


@pytest.mark.parametrize(("line", "expected"), [("heart", 50), ("bones", 40), (None, 40)])
def test_an_action_of_the_own_line_counts_more(line: str | None, expected: float) -> None:
    each = criterion("c", CALLS, 40, own_line=1.25)
    assert points(each, call(line="heart"), line=line) == expected


def test_an_action_without_a_line_is_of_nobodys_line() -> None:
    assert points(criterion("c", CALLS, 40, own_line=1.25), call()) == 40


def test_a_criterion_adds_at_most_its_cap() -> None:
    assert points(criterion("c", CALLS, 40, repeat=1, cap=50), call(), call(DAY)) == 50


def test_a_family_adds_at_most_its_cap() -> None:
    found = run(
        policy(criterion("a", flag("a"), 30), criterion("b", flag("b"), 30), caps={Family.FIT: 45}),
        {"a": True, "b": True},
    )
    assert (found.families, found.total) == ({Family.FIT: 45}, 45)


def test_unknown_and_not_met_add_nothing() -> None:
    each = policy(criterion("a", flag("a"), 30), criterion("b", flag("b"), 30))
    assert run(each, {"a": False}).total == 0


def test_evidence_counts_kinds_within_its_time() -> None:
    evidence = Evidence(kinds=2, within=30 * DAY, strengths=frozenset({Strength.STRONG}))
    rules = (QualifyingRule(id="seen", sentence="", evidence=evidence),)
    each = policy(criterion("a", flag("a")), rules=rules)
    two_kinds = (call(), call(29 * DAY, kind="chat"))
    assert run(each, {}, *two_kinds).verdict is Verdict.QUALIFIED
    assert run(each, {}, call(), call(DAY)).verdict is Verdict.NOT_READY
    assert run(each, {}, call(), call(30 * DAY, kind="chat")).verdict is Verdict.NOT_READY


KEPT = policy(
    criterion("a", flag("a"), 20),
    criterion("b", flag("b")),
    keep=Keep(total=20, unless=("b",)),
    rules=(QualifyingRule(id="score", sentence="", total=30),),
)


@pytest.mark.parametrize(
    ("facts", "is_qualified_now", "verdict"),
    [
        ({"a": True}, True, Verdict.QUALIFIED),
        ({"a": True}, False, Verdict.NOT_READY),
        ({"a": True, "b": True}, True, Verdict.NOT_READY),
        ({}, True, Verdict.NOT_READY),
    ],
)
def test_to_stay_is_easier_than_to_enter(
    facts: dict[str, FactValue], is_qualified_now: bool, verdict: Verdict
) -> None:
    assert run(KEPT, facts, is_qualified_now=is_qualified_now).verdict is verdict


INTERESTED = policy(
    criterion("a", flag("a"), 20),
    criterion("c", CALLS, 10, family=Family.INTENT, half_life=10 * DAY),
    keep=Keep(total=20, families={Family.INTENT: 5}),
    rules=(QualifyingRule(id="score", sentence="", total=30),),
)


@pytest.mark.parametrize(
    ("age", "verdict"), [(1, Verdict.QUALIFIED), (10, Verdict.QUALIFIED), (11, Verdict.NOT_READY)]
)
def test_fit_alone_keeps_nobody_when_a_family_has_a_minimum(age: int, verdict: Verdict) -> None:
    found = run(INTERESTED, {"a": True}, call(age * DAY), is_qualified_now=True)
    assert (found.total >= 20, found.verdict) == (True, verdict)


def test_the_trace_names_every_criterion_and_its_evidence() -> None:
    each = policy(criterion("a", flag("a"), 5), criterion("c", CALLS, 40))
    found = run(each, {"a": True}, call(DAY), call(2 * DAY))
    assert (found.truths, found.points) == ((YES, YES), (5, 40))
    assert found.evidence == {1: ("call-1", "call-2")}


def test_reasons_say_what_decided_then_what_speaks_then_what_is_missing() -> None:
    found = run(BOTH, {"b": True, "c": True})
    assert found.reasons == ("SCORE_THRESHOLD_REACHED", "X_C", "X_B", "X_ANY_A")


def test_a_lead_that_lacks_a_required_criterion_is_told_so_first() -> None:
    found = run(BOTH, {"a": True, "b": False, "c": False})
    assert found.reasons == ("X_NO_B", "X_NO_C", "X_A")


INTEREST = policy(
    replace(criterion("a", flag("a"), 10), reasons=CriterionReasons(met="X_A")),
    replace(criterion("d", flag("d")), reasons=CriterionReasons(met="X_D", not_met="X_NO_D")),
    rules=(QualifyingRule(id="score", sentence="", all=("a",), total=20),),
)


def test_a_lead_that_lacks_only_points_is_told_so_first() -> None:
    found = run(INTEREST, {"a": True, "d": False})
    assert found.reasons == ("NURTURE_SCORE_BELOW_THRESHOLD", "X_A", "X_NO_D")


def test_without_a_score_a_lead_is_told_that_criteria_are_missing() -> None:
    rules = (QualifyingRule(id="both", sentence="", all=("a",), any=("d",)),)
    silent = replace(INTEREST.criteria[1], reasons=CriterionReasons(met="X_D"))
    found = run(
        replace(INTEREST, criteria=(INTEREST.criteria[0], silent), rules=rules), {"a": True}
    )
    assert found.reasons == ("NURTURE_CRITERIA_MISSING", "X_A")


def test_a_lead_that_a_gate_stops_is_not_told_of_points() -> None:
    gates = (Gate(criterion="d", when_not_met=Verdict.NURTURE, when_unknown=None),)
    found = run(replace(INTEREST, gates=gates), {"a": True, "d": False})
    assert found.reasons == ("X_NO_D", "X_A")


def test_fading_does_not_change_the_order_of_reasons() -> None:
    chats = ActivityTest(kinds=frozenset({"chat"}), within=30 * DAY)
    each = policy(
        criterion("slow", CALLS, 40, half_life=30 * DAY),
        criterion("fast", chats, 50, half_life=DAY),
    )
    fresh = run(each, {}, call(), call(kind="chat")).reasons
    assert run(each, {}, call(5 * DAY), call(5 * DAY, kind="chat")).reasons == fresh
