"""Findings about the data of one lead."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.leads import NOW
from worker.core.mapping import Issue
from worker.core.model import STANDARD_FACTS, FactValue
from worker.core.postal_codes import BUNDLED
from worker.core.quality import (
    Dimension,
    Finding,
    QualityPolicy,
    assess,
    compile_checks,
    severity_of,
)
from worker.core.reasons import Severity

POLICY = QualityPolicy(
    placeholders=frozenset({"test", "n/a"}),
    disposable_domains=frozenset({"mailinator.com"}),
    role_addresses=frozenset({"info"}),
    typo_domains={"gmial.com": "gmail.com"},
    stale_after=timedelta(days=730),
    wanted_date_stale_after=timedelta(days=90),
    severities={"DQ_NAME_PLACEHOLDER": Severity.BLOCK},
    pathway_severities={"referral": {"DQ_NAME_PLACEHOLDER": Severity.INFO}},
)
GOOD: dict[str, FactValue] = {
    "first_name": "Ada",
    "last_name": "Lind",
    "email": "ada@x.com",
    "phone": "+16172530123",
}
NEEDED = frozenset({"postal_code", "npi"})
MAPPED = frozenset(GOOD) | {"created_at", "changed_at", "wanted_date"}


def find(
    facts: dict[str, FactValue], *issues: Issue, mapped: frozenset[str] = MAPPED
) -> tuple[Finding, ...]:
    checks = compile_checks(
        POLICY,
        facts=STANDARD_FACTS,
        mapped=mapped,
        needed={"patient": NEEDED},
        postal_codes=BUNDLED,
    )
    return assess(checks, facts, issues, pathway="patient", now=NOW)


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
        ({"email": "info+spring@x.com"}, ["DQ_EMAIL_ROLE"]),
        ({"email": "information@x.com"}, []),
        ({"phone": "+16175550123"}, ["DQ_PHONE_FICTIONAL"]),
        ({"phone": "+18005550123"}, ["DQ_PHONE_FICTIONAL", "DQ_PHONE_TOLL_FREE"]),
        ({"phone": "+19002345678"}, ["DQ_PHONE_NOT_PERSONAL"]),
        ({"last_name": "Test"}, ["DQ_NAME_DOUBTFUL"]),
        ({"first_name": "Lee", "last_name": "Ng"}, []),
        ({"last_name": "ada@x.com"}, ["DQ_NAME_NOT_A_NAME"]),
        ({"created_at": NOW.replace(year=1970)}, ["DQ_DATE_IMPLAUSIBLE"]),
        ({"wanted_date": date(2026, 2, 4)}, []),
        ({"wanted_date": date(2026, 2, 3)}, ["DQ_WANTED_DATE_PASSED"]),
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


def test_a_fact_that_the_pathway_needs_is_missing_only_if_some_map_provides_it() -> None:
    found = find(GOOD, mapped=MAPPED | {"npi"})
    assert [(f.code, f.fact, f.severity) for f in found] == [
        ("DQ_FIELD_MISSING", "npi", Severity.INFO)
    ]


def test_a_fact_that_could_not_be_read_is_not_missing_as_well() -> None:
    found = find(GOOD, Issue("DQ_NPI_INVALID", "npi"), mapped=MAPPED | {"npi"})
    assert [f.code for f in found] == ["DQ_NPI_INVALID"]


def test_a_fact_that_the_crm_does_not_show_is_not_missing() -> None:
    checks = compile_checks(
        POLICY,
        facts=STANDARD_FACTS,
        mapped=MAPPED | {"npi"},
        needed={"patient": NEEDED},
        postal_codes=BUNDLED,
    )
    hidden = frozenset({"npi"})
    assert assess(checks, GOOD, (), pathway="patient", now=NOW, unseen=hidden) == ()


def test_a_name_that_is_missing_is_told_for_each_part() -> None:
    found = find({"email": "ada@x.com", "phone": "+16172530123"})
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
