"""Findings about the data of one lead."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.leads import NOW
from worker.core.mapping import Issue
from worker.core.model import FactValue
from worker.core.postal_codes import BUNDLED
from worker.core.quality import Dimension, Finding, QualityPolicy, assess, severity_of
from worker.core.reasons import Severity

POLICY = QualityPolicy(
    placeholders=frozenset({"test", "n/a"}),
    disposable_domains=frozenset({"mailinator.com"}),
    role_addresses=frozenset({"info"}),
    typo_domains={"gmial.com": "gmail.com"},
    stale_after=timedelta(days=730),
    severities={"DQ_NAME_PLACEHOLDER": Severity.BLOCK},
    pathway_severities={"referral": {"DQ_NAME_PLACEHOLDER": Severity.INFO}},
)
GOOD: dict[str, FactValue] = {
    "first_name": "Ada",
    "last_name": "Lind",
    "email": "ada@x.com",
    "phone": "+16175550123",
}
MAPPED = frozenset(GOOD)


def find(
    facts: dict[str, FactValue], *issues: Issue, mapped: frozenset[str] = MAPPED
) -> tuple[Finding, ...]:
    return assess(
        facts,
        issues,
        policy=POLICY,
        mapped_facts=mapped,
        pathway="patient",
        now=NOW,
        postal_codes=BUNDLED,
    )


def codes(facts: dict[str, FactValue]) -> list[str]:
    return [finding.code for finding in find({**GOOD, **facts})]


def test_good_data_has_no_finding() -> None:
    assert find(GOOD) == ()


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"email": "ada@mailinator.com"}, ["DQ_EMAIL_DISPOSABLE"]),
        ({"email": "info@x.com"}, ["DQ_EMAIL_ROLE"]),
        ({"email": "ada@gmial.com"}, ["DQ_EMAIL_TYPO"]),
        ({"first_name": "TEST"}, ["DQ_NAME_PLACEHOLDER"]),
        ({"last_name": "n/a"}, ["DQ_NAME_PLACEHOLDER"]),
        ({"postal_code": "02114", "state": "NY"}, ["DQ_POSTAL_CODE_STATE_MISMATCH"]),
        ({"postal_code": "02114", "state": "MA"}, []),
        ({"postal_code": "K1A 0B1", "state": "MA"}, []),
        ({"postal_code": "02114"}, []),
        ({"postal_code": "02199"}, []),
        ({"postal_code": "02198", "state": "MA"}, ["DQ_POSTAL_CODE_UNKNOWN"]),
        ({"postal_code": "06390", "state": "NY"}, []),
        ({"postal_code": "06390", "state": "CT"}, ["DQ_POSTAL_CODE_STATE_MISMATCH"]),
        ({"postal_code": "09001", "state": "AE"}, []),
        ({"postal_code": "09001", "state": "NY"}, ["DQ_POSTAL_CODE_STATE_MISMATCH"]),
        ({"created_at": NOW + timedelta(days=1)}, []),
        ({"created_at": NOW + timedelta(days=1, seconds=1)}, ["DQ_DATE_IN_FUTURE"]),
        ({"changed_at": NOW - timedelta(days=730)}, ["DQ_RECORD_STALE"]),
        ({"changed_at": NOW - timedelta(days=729)}, []),
    ],
)
def test_each_fault_is_found(facts: dict[str, FactValue], expected: list[str]) -> None:
    assert codes(facts) == expected


def test_no_contact_point_blocks_and_comes_first() -> None:
    found = find({"first_name": "Ada", "last_name": "Lind"})
    assert [f.code for f in found] == [
        "DQ_NO_CONTACT_POINT",
        "DQ_EMAIL_MISSING",
        "DQ_PHONE_MISSING",
    ]
    assert found[0].severity is Severity.BLOCK


def test_a_fact_that_nobody_maps_cannot_be_missing() -> None:
    assert find({}, mapped=frozenset({"service_line"})) == ()


def test_a_name_that_is_missing_is_told_for_each_part() -> None:
    found = find({"email": "ada@x.com", "phone": "+16175550123"})
    assert [(f.code, f.fact) for f in found] == [
        ("DQ_NAME_MISSING", "first_name"),
        ("DQ_NAME_MISSING", "last_name"),
    ]


def test_an_issue_of_mapping_becomes_a_finding_once_with_its_origin() -> None:
    issue = Issue("DQ_VALUE_UNKNOWN", "payer")
    (found,) = find({**GOOD, "origin": "spring import"}, issue, issue)
    assert (found.code, found.fact, found.origin) == ("DQ_VALUE_UNKNOWN", "payer", "spring import")
    assert found.dimension is Dimension.CONSISTENCY


@pytest.mark.parametrize(
    ("pathway", "expected"),
    [("patient", Severity.BLOCK), ("referral", Severity.INFO), (None, Severity.BLOCK)],
)
def test_the_pathway_says_how_bad_a_finding_is(pathway: str | None, expected: Severity) -> None:
    assert severity_of("DQ_NAME_PLACEHOLDER", POLICY, pathway) is expected
