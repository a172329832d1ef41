"""What the findings of many leads add up to, counted by hand."""

from __future__ import annotations

from worker.core.data_audit import (
    FEWEST_OF_ORIGIN,
    MOST_ORIGINS,
    AuditedLead,
    Cause,
    Fill,
    Tally,
    fill_rates,
    first_fixes,
    over_limit,
    worst_origins,
)
from worker.core.model import FactValue
from worker.core.quality import Finding, dimension_of
from worker.core.reasons import REASONS, Severity

USED = {"patient": frozenset({"service_line", "payer"}), "b2b": frozenset({"role"})}


def finding(code: str, fact: str = "email", severity: Severity | None = None) -> Finding:
    return Finding(
        code=code,
        fact=fact,
        severity=severity or REASONS[code].severity,
        dimension=dimension_of(code),
    )


def lead(
    *findings: Finding,
    pathway: str | None = "patient",
    verdict: str = "not_ready",
    systems: tuple[str, ...] = ("crm",),
    **facts: FactValue,
) -> AuditedLead:
    return AuditedLead(
        pathway=pathway,
        verdict=verdict,
        facts=facts,
        findings=findings,
        systems=frozenset(systems),
        sources=dict.fromkeys(facts, systems[0]),
    )


def counted(*leads: AuditedLead) -> Tally:
    tally = Tally(used=USED)
    for item in leads:
        tally.add(item)
    return tally


INVALID = finding("DQ_EMAIL_INVALID")
STALE = finding("DQ_RECORD_STALE", "changed_at")
NOBODY = finding("DQ_NO_CONTACT_POINT", "")
NO_LINE = finding("DQ_FIELD_MISSING", "service_line")
NO_ROLE = finding("DQ_FIELD_MISSING", "role")


def test_a_lead_counts_once_for_each_code_dimension_and_severity() -> None:
    tally = counted(lead(NO_LINE, NO_ROLE, INVALID), lead(INVALID), lead())
    assert (tally.leads, tally.clean) == (3, 1)
    assert tally.codes == {"DQ_FIELD_MISSING": 1, "DQ_EMAIL_INVALID": 2}
    assert {d.value: n for d, n in tally.dimensions.items()} == {"completeness": 1, "validity": 2}
    assert {s.value: n for s, n in tally.severities.items()} == {"info": 1, "warn": 2}


def test_what_only_informs_is_no_fault() -> None:
    assert counted(lead(STALE)).clean == 1


def test_a_wrong_value_is_counted_for_the_crm_it_came_from_and_a_missing_one_for_all() -> None:
    tally = counted(lead(INVALID, NO_LINE, systems=("crm", "erp"), email="x"))
    assert tally.by_system == {
        ("crm", "DQ_EMAIL_INVALID"): 1,
        ("crm", "DQ_FIELD_MISSING"): 1,
        ("erp", "DQ_FIELD_MISSING"): 1,
    }


def test_a_lead_without_a_pathway_is_counted_as_unclear() -> None:
    assert counted(lead(INVALID, pathway=None)).by_pathway == {("unclear", "DQ_EMAIL_INVALID"): 1}


def test_the_worst_severity_that_any_pathway_gives_is_told() -> None:
    mild = finding("DQ_NAME_PLACEHOLDER", "first_name", Severity.INFO)
    harsh = finding("DQ_NAME_PLACEHOLDER", "first_name", Severity.BLOCK)
    assert counted(lead(mild), lead(harsh), lead(mild)).worst == {
        "DQ_NAME_PLACEHOLDER": Severity.BLOCK
    }


def test_facts_are_listed_with_the_least_filled_first() -> None:
    tally = counted(
        lead(payer="a", service_line="b"), lead(payer="a"), lead(pathway="b2b", role="c")
    )
    assert fill_rates(tally) == [
        Fill("patient", "service_line", 1, 2),
        Fill("b2b", "role", 1, 1),
        Fill("patient", "payer", 2, 2),
    ]


def test_what_alone_keeps_most_leads_back_is_to_be_mended_first() -> None:
    tally = counted(
        lead(NOBODY),
        lead(NOBODY, finding("DQ_NAME_PLACEHOLDER", "first_name", Severity.BLOCK)),
        lead(NO_LINE),
        lead(NO_LINE, INVALID),
        lead(NO_LINE, NO_ROLE),
        lead(NO_LINE, verdict="qualified"),
        lead(INVALID),
    )
    fixes = {fix.cause: (fix.leads, fix.unblocks) for fix in first_fixes(tally, 9)}
    assert fixes == {
        Cause("DQ_FIELD_MISSING", "service_line"): (4, 2),
        Cause("DQ_NO_CONTACT_POINT", ""): (2, 1),
        Cause("DQ_NAME_PLACEHOLDER", "first_name"): (1, 0),
        Cause("DQ_EMAIL_INVALID", "email"): (2, 0),
    }
    assert next(iter(fixes)) == Cause("DQ_FIELD_MISSING", "service_line")


def test_a_lead_that_blocks_for_one_reason_is_not_unblocked_by_another() -> None:
    tally = counted(lead(NOBODY, NO_LINE))
    assert tally.unblocks == {Cause("DQ_NO_CONTACT_POINT", ""): 1}


def test_an_origin_of_too_few_leads_is_never_shown() -> None:
    few = [lead(INVALID, origin="typed by hand")] * (FEWEST_OF_ORIGIN - 1)
    many = [lead(INVALID, origin="spring form")] * FEWEST_OF_ORIGIN
    shown = worst_origins(counted(*few, *many, lead(origin="spring form")), 9)
    assert [(o.origin, o.code, o.faulty, o.leads) for o in shown] == [
        ("spring form", "DQ_EMAIL_INVALID", 5, 6)
    ]


def test_an_origin_is_named_only_if_half_of_a_fault_is_from_it() -> None:
    ours = [lead(INVALID, origin="form")] * 5
    assert first_fixes(counted(*ours, *[lead(INVALID)] * 5), 1)[0].origin == "form"
    assert first_fixes(counted(*ours, *[lead(INVALID)] * 6), 1)[0].origin is None


def test_origins_that_are_all_different_take_no_more_room() -> None:
    tally = Tally(used=USED)
    for number in range(MOST_ORIGINS + 50):
        tally.add(lead(INVALID, origin=f"person {number}"))
    assert len(tally.origins) == MOST_ORIGINS
    assert tally.codes["DQ_EMAIL_INVALID"] == MOST_ORIGINS + 50
    assert worst_origins(tally, 9) == []


def test_a_limit_is_exceeded_by_more_than_it_allows() -> None:
    tally = counted(lead(INVALID), *[lead()] * 19)
    assert over_limit(tally, {"DQ_EMAIL_INVALID": 0.05}) == ()
    assert over_limit(tally, {"DQ_EMAIL_INVALID": 0.049}) == ("DQ_EMAIL_INVALID",)
    assert over_limit(counted(), {"DQ_EMAIL_INVALID": 0.0}) == ()
