"""What follows from what, and what contradicts what, is only claimed when it is sure."""

from __future__ import annotations

from datetime import timedelta

import pytest

from worker.config.implication import (
    find_contradiction,
    follows,
    is_always_known,
    spelled_out,
)
from worker.core.conditions import (
    ActivityTest,
    AllOf,
    AnyOf,
    Condition,
    FactTest,
    FindingTest,
    FirstKnown,
    NotOf,
    Operand,
    Operator,
)


def fact(operator: Operator, operand: Operand, name: str = "role") -> FactTest:
    return FactTest(fact=name, operator=operator, operand=operand)


A = fact(Operator.IS, "a")
B = fact(Operator.IS, "b")
A_OR_B = fact(Operator.IN, frozenset({"a", "b"}))
AT_LEAST_5 = fact(Operator.AT_LEAST, 5.0)
AT_LEAST_9 = fact(Operator.AT_LEAST, 9.0)
AT_MOST_3 = fact(Operator.AT_MOST, 3.0)
KNOWN = fact(Operator.PRESENT, operand=True)
UNKNOWN = fact(Operator.PRESENT, operand=False)
CALL_30 = ActivityTest(kinds=frozenset({"call"}), within=timedelta(days=30))
ANY_90 = ActivityTest(within=timedelta(days=90))


@pytest.mark.parametrize(
    ("later", "earlier", "does"),
    [
        (A, A, True),
        (A, A_OR_B, True),
        (A_OR_B, A, False),
        (A, KNOWN, True),
        (KNOWN, A, False),
        (A, fact(Operator.IS, "a", "site"), False),
        (AT_LEAST_9, AT_LEAST_5, True),
        (AT_LEAST_5, AT_LEAST_9, False),
        (fact(Operator.BETWEEN, (6.0, 8.0)), AT_LEAST_5, True),
        (A, fact(Operator.NOT_IN, frozenset({"b", "c"})), True),
        (AllOf(items=(A, AT_LEAST_5)), A, True),
        (A, AllOf(items=(A, AT_LEAST_5)), False),
        (A, AnyOf(items=(B, A)), True),
        (AnyOf(items=(A, B)), A_OR_B, True),
        (AnyOf(items=(A, B)), A, False),
        (NotOf(item=A), NotOf(item=A), True),
        (FirstKnown(items=(A, B)), A_OR_B, True),
        (FirstKnown(items=(A, AT_LEAST_5)), A, False),
        (A, FirstKnown(items=(A_OR_B, AT_LEAST_5)), True),
        (A, FirstKnown(items=(AT_LEAST_5, A)), False),
        (NotOf(item=A), A, False),
        (CALL_30, ANY_90, True),
        (ANY_90, CALL_30, False),
        (fact(Operator.WITHIN_LAST, timedelta(7)), fact(Operator.WITHIN_LAST, timedelta(30)), True),
        (
            fact(Operator.WITHIN_LAST, timedelta(30)),
            fact(Operator.WITHIN_LAST, timedelta(7)),
            False,
        ),
    ],
)
def test_follows(later: Condition, earlier: Condition, does: bool) -> None:
    assert follows(later, earlier) is does


@pytest.mark.parametrize(
    ("one", "other", "do"),
    [
        (A, B, True),
        (A, A_OR_B, False),
        (A, fact(Operator.IS_NOT, "a"), True),
        (A, fact(Operator.IS, "b", "site"), False),
        (AT_LEAST_5, AT_MOST_3, True),
        (AT_LEAST_5, fact(Operator.AT_MOST, 5.0), False),
        (A, UNKNOWN, True),
        (A, KNOWN, False),
        (A, NotOf(item=A), True),
        (A, FirstKnown(items=(B, AT_LEAST_5)), False),
        (NotOf(item=FirstKnown(items=(A, B))), FirstKnown(items=(A, B)), True),
    ],
)
def test_contradictions(one: Condition, other: Condition, do: bool) -> None:
    assert (find_contradiction(iter((one, other)), {}) is not None) is do


@pytest.mark.parametrize(
    ("condition", "is_known"),
    [
        (A, False),
        (KNOWN, True),
        (CALL_30, True),
        (NotOf(item=FindingTest()), True),
        (AllOf(items=(CALL_30, KNOWN)), True),
        (AnyOf(items=(CALL_30, A)), False),
        (FirstKnown(items=(A, CALL_30)), True),
    ],
)
def test_what_always_has_an_answer(condition: Condition, is_known: bool) -> None:
    assert is_always_known(condition) is is_known


def test_any_activity_takes_no_lead_from_a_governed_kind() -> None:
    """A governed kind counts only by its name, so "any" before it leaves its leads alone."""
    any_action, by_name = ActivityTest(), ActivityTest(kinds=frozenset({"condition_page_view"}))
    plain = frozenset({"form", "call"})
    meant = NotOf(item=AllOf(items=(spelled_out(any_action, plain),)))
    assert not follows(by_name, spelled_out(any_action, plain))
    assert follows(ActivityTest(kinds=frozenset({"form"})), spelled_out(any_action, plain))
    assert spelled_out(NotOf(item=AllOf(items=(any_action,))), plain) == meant
