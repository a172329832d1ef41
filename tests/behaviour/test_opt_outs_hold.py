"""An opt-out holds for the address, whoever else has it, from the next run and until it is lifted."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.organisation import NOW, Organisation, add_qualified, reasons_of
from worker.steps.sync import RunReport

HOUR = timedelta(hours=1)


@pytest.fixture
def family(qualified: Organisation) -> Organisation:
    """Two people of different names at one address, and one who has nothing to do with them."""
    qualified.add_contact(
        "kin", first_name="Rufus", email="quilla@example.org", lead_type="Patient"
    )
    add_qualified(qualified, "other", first_name="Olga", email="olga@example.org")
    qualified.sync()
    assert "CONSENT_NONE_REACHABLE" not in reasons_of(qualified, "q1")
    return qualified


def run_after(organisation: Organisation, hours: int) -> RunReport:
    return organisation.sync(NOW + hours * HOUR)


def looked_at(report: RunReport) -> int:
    return report.steps["decide"]["looked_at"]


def test_an_opt_out_closes_the_address_for_others(family: Organisation) -> None:
    family.edit("kin", opt_out_email="true")
    run_after(family, 1)
    assert reasons_of(family, "q1")[:2] == [
        "CONSENT_NONE_REACHABLE",
        "CONSENT_EMAIL_OPTED_OUT_ELSEWHERE",
    ]


def test_only_those_who_share_the_address_are_decided_again(family: Organisation) -> None:
    family.edit("kin", opt_out_email="true")
    assert looked_at(run_after(family, 1)) == 2


def test_another_opt_out_at_a_closed_address_leaves_nothing_to_decide(family: Organisation) -> None:
    family.edit("kin", opt_out_email="true")
    run_after(family, 1)
    family.add_contact("kin2", first_name="Sam", email="quilla@example.org", opt_out_email="true")
    run_after(family, 2)
    run_after(family, 3)
    assert looked_at(family.sync(NOW + 3 * HOUR + timedelta(minutes=1))) == 0


def test_an_opt_out_of_calls_leaves_the_address_open(family: Organisation) -> None:
    family.edit("kin", opt_out_phone="true")
    assert looked_at(run_after(family, 1)) <= 2
    assert "CONSENT_NONE_REACHABLE" not in reasons_of(family, "q1")


def test_lifting_it_opens_the_address_again(family: Organisation) -> None:
    family.edit("kin", opt_out_email="true")
    run_after(family, 1)
    family.edit("kin", opt_out_email="")
    assert looked_at(run_after(family, 2)) == 2
    assert "CONSENT_NONE_REACHABLE" not in reasons_of(family, "q1")


def test_an_address_that_was_corrected_closes_nothing_any_more(family: Organisation) -> None:
    family.edit("kin", opt_out_email="true")
    run_after(family, 1)
    family.edit("kin", email="rufus@example.org")
    run_after(family, 2)
    assert "CONSENT_NONE_REACHABLE" not in reasons_of(family, "q1")


def test_deleting_who_opted_out_takes_nothing_back(family: Organisation) -> None:
    family.edit("kin", opt_out_email="true")
    run_after(family, 1)
    family.delete("kin")
    run_after(family, 2)
    assert "CONSENT_EMAIL_OPTED_OUT_ELSEWHERE" in reasons_of(family, "q1")


def test_whoever_comes_later_with_the_address_finds_it_closed(family: Organisation) -> None:
    family.edit("kin", opt_out_email="true")
    run_after(family, 1)
    family.delete("kin", "q1")
    run_after(family, 2)
    add_qualified(family, "late", first_name="Lotte")
    run_after(family, 3)
    assert reasons_of(family, "late")[0] == "CONSENT_NONE_REACHABLE"


def test_a_policy_that_watches_another_fact_finds_it_in_the_base_at_once(
    family: Organisation,
) -> None:
    family.reconfigure(
        "consent.yaml",
        "opt_out: [opt_out_all, opt_out_email, email_bounced]",
        "opt_out: [opt_out_all, opt_out_email]",
    )
    run_after(family, 1)
    family.edit("kin", email_bounced="true")
    run_after(family, 2)
    assert "CONSENT_NONE_REACHABLE" not in reasons_of(family, "q1")
    family.reconfigure(
        "consent.yaml",
        "opt_out: [opt_out_all, opt_out_email]",
        "opt_out: [opt_out_all, opt_out_email, email_bounced]",
    )
    run_after(family, 3)
    assert "CONSENT_EMAIL_OPTED_OUT_ELSEWHERE" in reasons_of(family, "q1")


def test_explain_says_it_as_well(family: Organisation) -> None:
    family.edit("kin", opt_out_email="true")
    run_after(family, 1)
    found = family.ask("SELECT body FROM decisions ORDER BY seq DESC LIMIT 2")
    assert any("CONSENT_EMAIL_OPTED_OUT_ELSEWHERE" in str(body) for (body,) in found)


def test_no_address_stands_in_the_table_of_points(family: Organisation) -> None:
    rows = family.ask("SELECT * FROM contact_points")
    assert rows
    assert not [row for row in rows if "quilla" in str(row) or "617" in str(row)]
