"""Guardrails: what a plan may change before a person looks at it."""

from __future__ import annotations

import pytest

from worker.core.guardrails import (
    Budget,
    GuardrailPolicy,
    PlannedChange,
    Scope,
    allowance,
    find_breaches,
)


def change(
    stage: str | None = None,
    *,
    owner: str | None = None,
    overwrites: frozenset[str] = frozenset(),
    **causes: str,
) -> PlannedChange:
    return PlannedChange(
        stage=stage,
        owner=owner,
        pathway="patient",
        fields=frozenset({"lifecycle_stage", "owner"}),
        overwrites=overwrites,
        causes={name.replace("_", " "): value for name, value in causes.items()},
    )


@pytest.mark.parametrize(
    ("share", "count", "floor", "base", "allowed"),
    [
        (0.29, None, 1, 100, 29),
        (0.45, None, 50, 1000, 450),
        (0.45, None, 50, 10, 50),
        (0.5, 100, 1, 1000, 100),
        (None, 30, 1, 1000, 30),
        (None, None, 1, 1000, 1000),
        (0.0, None, 0, 1000, 0),
    ],
)
def test_a_budget_is_the_smaller_of_share_and_count_but_never_less_than_its_floor(
    share: float | None, count: int | None, floor: int, base: int, allowed: int
) -> None:
    budget = Budget(id="b", scope=Scope.STAGE, max_share=share, max_count=count, floor=floor)
    assert allowance(budget, base) == allowed


def breaches(budget: Budget, *changes: PlannedChange) -> list[tuple[str, int]]:
    found = find_breaches(changes, 100, GuardrailPolicy(budgets=(budget,)))
    return [(breach.key, breach.count) for breach in found]


def test_a_budget_holds_at_its_limit_and_breaks_above() -> None:
    budget = Budget(id="b", scope=Scope.STAGE, key="mql", max_count=2, floor=0)
    assert breaches(budget, *[change("mql")] * 2) == []
    assert breaches(budget, *[change("mql")] * 3) == [("mql", 3)]


def test_a_budget_of_one_stage_counts_no_other() -> None:
    budget = Budget(id="b", scope=Scope.STAGE, key="mql", max_count=0, floor=0)
    assert breaches(budget, change("nurture"), change(None)) == []


def test_a_budget_for_any_key_counts_each_by_itself() -> None:
    budget = Budget(id="b", scope=Scope.OWNER, max_count=1, floor=0)
    owned = [change(owner=name) for name in ("ann", "ann", "bob")]
    assert breaches(budget, *owned) == [("ann", 2)]


def test_only_overwrites_leaves_out_what_was_empty() -> None:
    budget = Budget(
        id="b", scope=Scope.FIELD, key="owner", max_count=0, floor=0, only_overwrites=True
    )
    assert breaches(budget, change()) == []
    assert breaches(budget, change(overwrites=frozenset({"owner"}))) == [("owner", 1)]


def cause_of(*changes: PlannedChange) -> str:
    budget = Budget(id="b", scope=Scope.STAGE, max_count=0, floor=0)
    (breach,) = find_breaches(changes, 100, GuardrailPolicy(budgets=(budget,)))
    return breach.cause


def test_the_cause_is_what_four_fifths_share_the_most_telling_first() -> None:
    most = [change("mql", gate="reachable", reason="A_B")] * 8
    assert cause_of(*most, *[change("mql", gate="fit", reason="A_B")] * 2) == (
        "8 of 10 share gate reachable"
    )


def test_without_a_common_cause_the_breach_says_so() -> None:
    most = [change("mql", gate="reachable")] * 7
    assert cause_of(*most, *[change("mql", gate="fit")] * 3) == (
        "no single cause is shared by four fifths of the changes"
    )
