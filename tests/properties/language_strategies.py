"""Hypothesis strategies for the language of criteria: any test of actions, dates and their combinations.

Each strategy is made once: to make one takes longer than to draw from it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache

from hypothesis import strategies as st

from tests.leads import NOW, contact_ref, newest_first, shipped_ruleset
from worker.core.conditions import (
    ActivityTest,
    AllOf,
    AnyOf,
    AtLeastOf,
    Condition,
    FactTest,
    LineMatch,
    NotOf,
    Operator,
    Touch,
)
from worker.core.exclusions import LOOK_BACK
from worker.core.judgement import LeadSnapshot
from worker.core.mapping import MappedContact
from worker.core.model import Activity, FactValue, Stage, Strength
from worker.core.policy import Criterion, CriterionReasons, Family, Policy, QualifyingRule
from worker.core.ruleset import Ruleset, compile_ruleset

DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)
LENGTHS = (timedelta(hours=5), 2 * DAY, 7 * DAY, 30 * DAY, 90 * DAY, LOOK_BACK)
KINDS = {
    "appointment_request": Strength.STRONG,
    "service_page_view": Strength.MEDIUM,
    "guide_download": Strength.WEAK,
    "outbound_call": Strength.NONE,
}
BY_THE_LEAD = frozenset(KINDS) - {"outbound_call"}
LINES = ("orthopedics", "physical_therapy", "cardiology")
RELATED = frozenset({("orthopedics", "physical_therapy"), ("physical_therapy", "orthopedics")})


@cache
def lengths() -> st.SearchStrategy[timedelta]:
    return st.sampled_from(LENGTHS)


@cache
def some_kinds(least: int = 0) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(tuple(sorted(BY_THE_LEAD))), min_size=least, max_size=2)


@cache
@st.composite
def activity_tests(draw: st.DrawFn) -> ActivityTest:
    """Any test of actions that a configuration may hold."""
    line = draw(st.sampled_from(LineMatch))
    test = ActivityTest(
        kinds=draw(some_kinds()),
        strengths=draw(st.frozensets(st.sampled_from(Strength), max_size=2)),
        line=line,
        related=RELATED if line in (LineMatch.RELATED, LineMatch.OTHER) else frozenset(),
    )
    shape = draw(st.sampled_from(("count", "silence", "touch")))
    if shape == "silence":
        return replace(test, silent_for=draw(lengths()))
    test = replace(
        test,
        within=draw(st.none() | lengths()),
        older_than=draw(st.none() | lengths()),
        after=draw(some_kinds()),
    )
    if shape == "touch":
        return replace(test, touch=draw(st.sampled_from(Touch)), touch_among=BY_THE_LEAD)
    return replace(test, at_least=draw(st.integers(1, 3)), distinct_kinds=draw(st.integers(1, 2)))


@cache
@st.composite
def time_tests(draw: st.DrawFn) -> FactTest:
    """Any test of a date or an instant that time alone may answer otherwise."""
    operators = (
        Operator.WITHIN_LAST,
        Operator.WITHIN_NEXT,
        Operator.OLDER_THAN,
        Operator.LATER_THAN,
    )
    return FactTest(
        fact=draw(st.sampled_from(("wanted_date", "received_at"))),
        operator=draw(st.sampled_from(operators)),
        operand=draw(lengths()),
    )


@cache
def flag_tests() -> st.SearchStrategy[FactTest]:
    return st.builds(
        FactTest,
        fact=st.sampled_from(("opt_out_sms", "not_now")),
        operator=st.just(Operator.IS),
        operand=st.booleans(),
    )


@cache
def conditions() -> st.SearchStrategy[Condition]:
    """Any combination, save `first_known`, whose answer may turn as more becomes known."""
    return st.recursive(activity_tests() | time_tests() | flag_tests(), _combined, max_leaves=5)


def _combined(inner: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return (
        st.builds(AllOf, items=several)
        | st.builds(AnyOf, items=several)
        | st.builds(AtLeastOf, count=st.integers(1, 2), items=several)
        | st.builds(NotOf, item=inner)
    )


@cache
@st.composite
def acts(draw: st.DrawFn) -> tuple[Activity, ...]:
    """Some actions, most of them just inside or outside of some window."""
    found = []
    for place in range(draw(st.integers(0, 5))):
        kind = draw(st.sampled_from(tuple(sorted(KINDS))))
        exact = NOW - draw(lengths()) + draw(st.sampled_from((-TICK, 0 * TICK, TICK)))
        somewhere = NOW - timedelta(hours=draw(st.integers(-200, 24 * 420)))
        found.append(
            Activity(
                ref=f"files:activities:{place}",
                kind=kind,
                at=draw(st.sampled_from((exact, somewhere))),
                strength=KINDS[kind],
                service_line=draw(st.none() | st.sampled_from(LINES)),
                is_excluded=draw(st.integers(0, 9)) == 0,
            )
        )
    return newest_first(found)


@cache
def _days() -> st.SearchStrategy[date]:
    return st.integers(-500, 500).map(lambda days: (NOW + days * DAY).date())


@cache
def _instants() -> st.SearchStrategy[datetime]:
    return st.integers(-12_000, 20).map(lambda hours: NOW + timedelta(hours=hours))


@cache
@st.composite
def facts(draw: st.DrawFn) -> dict[str, FactValue]:
    """What the tests look at, each of it known or not."""
    found: dict[str, FactValue] = {}
    if draw(st.booleans()):
        found["wanted_date"] = draw(_days())
    if draw(st.booleans()):
        found["received_at"] = draw(_instants())
    if draw(st.booleans()):
        found["service_line"] = draw(st.sampled_from(LINES))
    for name in ("opt_out_sms", "not_now"):
        if draw(st.booleans()):
            found[name] = draw(st.booleans())
    return found


@cache
@st.composite
def patients(draw: st.DrawFn) -> LeadSnapshot:
    """A patient who may be contacted; what is known beyond that, and done, is drawn."""
    known: dict[str, FactValue] = {
        "email": "zeb@quackmail.com",
        "consent_email": True,
        "first_name": "Zebedee",
        "last_name": "Quackenbush",
        "lead_type": "patient",
        "lifecycle_stage": Stage.LEAD,
        **draw(facts()),
    }
    return LeadSnapshot(
        profile_id="p1",
        contacts=(MappedContact(ref=contact_ref(), facts=known),),
        activities=draw(acts()),
    )


@cache
@st.composite
def rulesets(draw: st.DrawFn) -> Ruleset:
    """The shipped rules, with criteria of any kind for patients; each says what it answers."""
    criteria = tuple(
        Criterion(
            id=f"c{place}",
            family=Family.INTENT,
            sentence="",
            condition=condition,
            reasons=CriterionReasons(
                met=f"X_{place}_MET", not_met=f"X_{place}_NOT", unknown=f"X_{place}_UNKNOWN"
            ),
            points=10,
        )
        for place, condition in enumerate(draw(st.lists(conditions(), min_size=1, max_size=3)))
    )
    rule = QualifyingRule(id="all", sentence="", all=tuple(item.id for item in criteria))
    configuration = shipped_ruleset().configuration
    policy = Policy(
        pathway="patient",
        title="",
        version="1",
        digest="d",
        purpose="care_coordination",
        criteria=criteria,
        rules=(rule,),
    )
    policies = {**configuration.policies, "patient": policy}
    return compile_ruleset(replace(configuration, policies=policies))
