"""The smallest change that would qualify a lead, proved by making it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from tests.leads import NOW, Row, make_lead
from worker.core.counterfactual import SmallestChange, smallest_change
from worker.core.judgement import Judgement, judge, merge_lead
from worker.core.policy import Verdict
from worker.core.ruleset import Ruleset

READY = {
    "first_name": "Ada",
    "last_name": "Lind",
    "email": "ada.lind@harbormail.com",
    "phone": "(617) 555-0123",
    "zip": "02114",
    "state": "MA",
    "lead_type": "Patient",
    "service_line": "Orthopedics",
    "consent_email": "yes",
}
REQUEST = {"type": "appointment_request", "age": "1 hour"}
MENDING: Mapping[str, Mapping[str, str]] = {
    "service_line_offered": {"service_line": "Orthopedics"},
    "location_served": {"zip": "02114", "state": "MA"},
    "reachable": {"consent_email": "yes", "opt_out_all": ""},
    "data_usable": {"first_name": "Ada"},
    "no_refusal": {"not_now": "no"},
    "not_test": {"is_test": "no"},
    "high_fit_form": {
        "service_line": "Orthopedics",
        "wanted_date": "2026-05-14",
        "channel": "website",
    },
}
"""What makes each criterion on facts true."""


def judged(
    ruleset: Ruleset, values: Mapping[str, str], activities: Sequence[Mapping[str, str]]
) -> Judgement:
    lead = make_lead(ruleset, [Row(values=values)], activities)
    return judge(ruleset, lead, merge_lead(ruleset, lead), NOW)


@pytest.mark.parametrize(
    ("changed", "activities", "criteria"),
    [
        ({}, [], {"appointment_request"}),
        ({"service_line": ""}, [REQUEST], {"service_line_offered"}),
        ({"zip": "90210", "state": "CA"}, [REQUEST], {"location_served"}),
        ({"consent_email": "", "opt_out_all": "yes"}, [REQUEST], {"reachable"}),
        ({"first_name": "Test"}, [REQUEST], {"data_usable"}),
        ({"not_now": "yes"}, [REQUEST], {"no_refusal"}),
        ({"is_test": "yes"}, [REQUEST], {"not_test"}),
        (
            {"service_line": "", "zip": "", "state": ""},
            [REQUEST],
            {"service_line_offered", "location_served"},
        ),
        (
            {"not_now": "yes", "service_line": ""},
            [],
            {"no_refusal", "high_fit_form"},
        ),
    ],
)
def test_making_the_proposed_change_qualifies(
    changed: dict[str, str],
    activities: list[dict[str, str]],
    criteria: set[str],
    shipped: Ruleset,
) -> None:
    values = {**READY, **changed}
    found = smallest_change(shipped, judged(shipped, values, activities))
    assert found is not None
    assert set(found.criteria) == criteria
    for name in found.criteria:
        values |= MENDING.get(name, {})
    asked = [*activities, REQUEST] if "appointment_request" in criteria else activities
    assert judged(shipped, values, asked).verdict is Verdict.QUALIFIED


def test_a_qualified_lead_needs_nothing(shipped: Ruleset) -> None:
    assert smallest_change(shipped, judged(shipped, READY, [REQUEST])) is None


def test_a_lead_that_sales_handed_back_lacks_no_criterion(shipped: Ruleset) -> None:
    values = {**READY, "sales_verdict": "Rejected"}
    assert smallest_change(shipped, judged(shipped, values, [REQUEST])) is None


def test_a_lead_on_no_pathway_gets_no_proposal(shipped: Ruleset) -> None:
    values = {**READY, "lead_type": "", "service_line": ""}
    assert smallest_change(shipped, judged(shipped, values, [])) is None


def test_what_is_unknown_and_lets_the_lead_pass_is_not_proposed(shipped: Ruleset) -> None:
    found = smallest_change(shipped, judged(shipped, READY, []))
    assert found == SmallestChange(rule="appointment", criteria=("appointment_request",))
