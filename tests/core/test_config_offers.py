"""What the catalog offers to whom, as conditions: yes, no, or not known."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.behaviour.broken_configurations import copy_shipped, edit
from tests.leads import NOW
from worker.config.loader import load_configuration
from worker.core.case import NO, UNKNOWN, YES, Truth, make_case
from worker.core.conditions import AllOf, AnyOf, Condition, FactTest, Operator, facts_read
from worker.core.evaluation import compile_condition
from worker.core.model import FactValue

PAYER = "{fact: payer, offered_in: payers}"


def condition(folder: Path, criterion: str = "payer_accepted") -> Condition:
    configuration = load_configuration(folder)
    criteria = configuration.policies["patient"].criteria
    return next(item.condition for item in criteria if item.id == criterion)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Harbor Plan is taken in Massachusetts, and there for two lines; the others everywhere."""
    path = copy_shipped(tmp_path / "config")
    limit = "for: {state: MA, service_line: [orthopedics, cardiology]}"
    edit(path, "catalog.yaml", "for: {state: [MA]}", limit)
    return path


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"payer": "blue_cross"}, YES),
        ({"payer": "blue_cross", "state": "TX"}, YES),
        ({"payer": "harbor_plan", "state": "MA", "service_line": "cardiology"}, YES),
        ({"payer": "harbor_plan", "state": "RI", "service_line": "cardiology"}, NO),
        ({"payer": "harbor_plan", "state": "MA", "service_line": "primary_care"}, NO),
        ({"payer": "harbor_plan", "state": "MA"}, UNKNOWN),
        ({"payer": "harbor_plan", "service_line": "cardiology"}, UNKNOWN),
        ({"payer": "harbor_plan", "state": "RI"}, NO),
        ({"payer": "another"}, NO),
        ({"payer": "another", "state": "MA", "service_line": "cardiology"}, NO),
        ({"state": "MA", "service_line": "cardiology"}, UNKNOWN),
        ({"state": "TX"}, UNKNOWN),
        ({}, UNKNOWN),
    ],
)
def test_every_limit_must_hold(folder: Path, facts: dict[str, FactValue], expected: Truth) -> None:
    case = make_case(facts, (), NOW, load_configuration(folder).time_zone)
    assert compile_condition(condition(folder))(case) is expected


def test_entries_with_the_same_limits_are_asked_together(folder: Path) -> None:
    asked = condition(folder)
    assert isinstance(asked, AnyOf)
    assert set(asked.items) == {
        FactTest(
            fact="payer",
            operator=Operator.IN,
            operand=frozenset({"blue_cross", "medicare", "self_pay"}),
        ),
        AllOf(
            items=(
                FactTest(fact="payer", operator=Operator.IN, operand=frozenset({"harbor_plan"})),
                FactTest(fact="state", operator=Operator.IN, operand=frozenset({"MA"})),
                FactTest(
                    fact="service_line",
                    operator=Operator.IN,
                    operand=frozenset({"orthopedics", "cardiology"}),
                ),
            )
        ),
    }
    assert facts_read(asked) == {"payer", "state", "service_line"}


def test_a_list_without_limits_is_one_plain_test(folder: Path) -> None:
    assert condition(folder, "language_served") == FactTest(
        fact="language", operator=Operator.IN, operand=frozenset({"en", "es", "pt"})
    )


def test_a_fact_of_several_words_is_offered_when_any_of_them_is(folder: Path) -> None:
    edit(folder, "policies/patient.yaml", PAYER, "{fact: documents, offered_in: documents}")
    asked = condition(folder)
    assert isinstance(asked, FactTest)
    assert (asked.operator, "insurance_card" in str(asked.operand)) == (Operator.HAS_ANY, True)


def test_a_limit_may_be_a_fact_of_several_words(folder: Path) -> None:
    edit(folder, "catalog.yaml", "for: {state: MA,", "for: {documents: [insurance_card],")
    asked = condition(folder)
    limit = FactTest(
        fact="documents", operator=Operator.HAS_ANY, operand=frozenset({"insurance_card"})
    )
    assert isinstance(asked, AnyOf)
    assert any(isinstance(item, AllOf) and limit in item.items for item in asked.items)


def test_a_group_is_its_entries(folder: Path) -> None:
    edit(folder, "catalog.yaml", "title: Caregiver, synonyms: [parent, family], groups: [care]",
         "title: Caregiver, synonyms: [parent, family], groups: [care, decision]")  # fmt: skip
    (criterion,) = (
        item
        for item in load_configuration(folder).policies["b2b"].criteria
        if item.id == "decision_role"
    )
    assert criterion.condition == FactTest(
        fact="role",
        operator=Operator.IN,
        operand=frozenset({"benefits_director", "procurement", "executive", "caregiver"}),
    )
