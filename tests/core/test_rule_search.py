"""The search over routing rules: what it says of dead rules is sure, and its example is one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.config.rule_search import ANOTHER, search_rules
from worker.core.case import YES, Case
from worker.core.conditions import (
    ActivityTest,
    AllOf,
    AnyOf,
    Condition,
    FactTest,
    NotOf,
    Operand,
    Operator,
)
from worker.core.evaluation import compile_condition
from worker.core.model import STANDARD_FACTS, FactValue
from worker.core.routing import RoutingRule

NOW = datetime(2026, 11, 2, 15, tzinfo=UTC)
FORM = ActivityTest(kinds=frozenset({"referral_form"}))


def fact(name: str, operator: str, operand: Operand) -> FactTest:
    return FactTest(fact=name, operator=Operator(operator), operand=operand)


def rules(*conditions: Condition) -> list[RoutingRule]:
    return [
        RoutingRule(id=f"r{n}", condition=condition, target="team", next_step="call")
        for n, condition in enumerate(conditions, start=1)
    ]


PATIENT = fact("pathway", "is", "patient")
BIG = fact("organisation_size", "at_least", 500.0)
SMALL = fact("organisation_size", "at_most", 500.0)


@pytest.mark.parametrize(
    ("conditions", "example"),
    [
        pytest.param([PATIENT], None, id="the pathway alone"),
        pytest.param([BIG, SMALL], {"organisation_size": None}, id="both sides of a limit"),
        pytest.param(
            [BIG, SMALL, fact("organisation_size", "present", False)], None, id="and unknown"
        ),
        pytest.param(
            [BIG, fact("organisation_size", "at_most", 400.0)],
            {"organisation_size": 450.0},
            id="a gap between limits",
        ),
        pytest.param(
            [fact("language", "in", frozenset({"en"})), fact("language", "present", False)],
            {"language": ANOTHER},
            id="a word nobody named",
        ),
        pytest.param([FORM, NotOf(item=FORM)], None, id="an action or none"),
        pytest.param([FORM], {}, id="an action"),
        pytest.param(
            [fact("documents", "has_any", frozenset({"id"})), fact("documents", "present", False)],
            {"documents": (ANOTHER,)},
            id="several choices",
        ),
        pytest.param(
            [
                fact("wanted_date", "within_next", timedelta(days=30)),
                fact("wanted_date", "later_than", timedelta(days=30)),
                fact("wanted_date", "present", False),
            ],
            {"wanted_date": date(2025, 12, 15)},
            id="a day past, as seen from 2026-01-15",
        ),
    ],
)
def test_the_example_is_a_lead_that_no_rule_catches(
    conditions: list[Condition], example: dict[str, FactValue | None] | None
) -> None:
    found = search_rules(rules(*conditions), "patient", STANDARD_FACTS, None)
    assert found is not None
    assert found.uncaught == example


def test_a_rule_is_dead_when_those_before_it_take_all_it_would() -> None:
    tried = rules(BIG, SMALL, fact("organisation_size", "between", (300.0, 700.0)))
    found = search_rules(tried, "patient", STANDARD_FACTS, None)
    assert found is not None
    assert (found.catching, found.holding) == ({"r1", "r2"}, {"r1", "r2", "r3"})


def test_rules_of_other_pathways_do_not_count() -> None:
    other = AllOf(items=(fact("pathway", "is", "b2b"), BIG))
    found = search_rules(rules(other, PATIENT, BIG), "patient", STANDARD_FACTS, None)
    assert found is not None
    assert (found.catching, found.uncaught) == ({"r2"}, None)


def test_too_many_kinds_of_leads_are_not_tried() -> None:
    many = [fact(name, "in", frozenset(map(str, range(9)))) for name in ("site", "payer", "role")]
    tests = AnyOf(items=(*many, *(fact("language", "is", str(n)) for n in range(20))))
    assert search_rules(rules(tests), "patient", STANDARD_FACTS, None) is not None
    each = [
        fact(name, "is", str(n)) for name in ("site", "payer", "role", "state") for n in range(15)
    ]
    assert search_rules(rules(*each), "patient", STANDARD_FACTS, None) is None


SIZES = st.sampled_from([100.0, 250.0, 500.0])
LEAVES = st.one_of(
    st.builds(
        fact, st.just("organisation_size"), st.sampled_from(["at_least", "at_most", "is"]), SIZES
    ),
    st.builds(fact, st.just("language"), st.sampled_from(["is", "is_not"]), st.sampled_from("ab")),
    st.builds(fact, st.just("language"), st.just("present"), st.booleans()),
)
CONDITIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(NotOf, item=inner),
        st.builds(AllOf, items=st.lists(inner, min_size=1, max_size=3).map(tuple)),
        st.builds(AnyOf, items=st.lists(inner, min_size=1, max_size=3).map(tuple)),
    ),
    max_leaves=5,
)
LEADS = st.fixed_dictionaries(
    {},
    optional={
        "organisation_size": st.sampled_from([1.0, 100.0, 170.0, 250.0, 300.0, 500.0, 9000.0]),
        "language": st.sampled_from(["a", "b", "c"]),
    },
)


@given(st.lists(CONDITIONS, min_size=1, max_size=4), LEADS)
def test_no_lead_contradicts_what_the_search_says(
    conditions: list[Condition], facts: dict[str, FactValue]
) -> None:
    tried = rules(*conditions)
    found = search_rules(tried, "patient", STANDARD_FACTS, None)
    assert found is not None
    case = Case(facts=facts, activities=(), by_kind={}, now=NOW, today=NOW.date())
    first = next((r.id for r in tried if compile_condition(r.condition)(case) is YES), None)
    assert first is None or first in found.catching
    assert first is not None or found.uncaught is not None
