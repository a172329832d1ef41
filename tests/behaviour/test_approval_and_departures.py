"""What happens between a plan and its approval counts, and an owner who left keeps no lead."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.organisation import NOW, Organisation, add_qualified, make_empty, read_table
from worker.errors import FixDataError
from worker.steps.sync import RunReport


@pytest.fixture
def organisation(tmp_path: Path) -> Organisation:
    return make_empty(tmp_path / "org")


def apply(organisation: Organisation, plan_id: str) -> RunReport:
    with organisation.open(NOW) as app:
        return app.apply(plan_id)


def test_an_approved_plan_is_sent_as_it_was_planned(organisation: Organisation) -> None:
    add_qualified(organisation)
    plan = organisation.sync(pushes=False)
    assert apply(organisation, plan.run_id).writes == {"applied": 1}
    assert organisation.contact("q1")["lifecycle_stage"] == "Marketing Qualified"


def test_an_opt_out_between_plan_and_approval_withdraws_the_hand_off(
    organisation: Organisation,
) -> None:
    add_qualified(organisation)
    plan = organisation.sync(pushes=False)
    organisation.edit("q1", opt_out_all="true")
    apply(organisation, plan.run_id)
    contact = organisation.contact("q1")
    assert (contact["lifecycle_stage"], contact["owner_id"]) == ("Lead", "")
    assert contact["reason_codes"].startswith("CONSENT_NONE_REACHABLE")


def test_an_approval_that_fails_on_the_way_leaves_the_plan_held(organisation: Organisation) -> None:
    add_qualified(organisation)
    plan = organisation.sync(pushes=False)
    activities = organisation.folder / "data" / "activities.csv"
    aside = activities.rename(activities.with_suffix(".aside"))
    with pytest.raises(FixDataError):
        apply(organisation, plan.run_id)
    aside.rename(activities)
    assert apply(organisation, plan.run_id).writes == {"applied": 1}


@pytest.mark.parametrize("word", ["STOP", "unsubscribed", "2026-10-01", "wahr"])
def test_an_opt_out_that_cannot_be_read_counts_as_one(
    organisation: Organisation, word: str
) -> None:
    add_qualified(organisation, opt_out_all=word)
    organisation.sync()
    contact = organisation.contact("q1")
    assert contact["lifecycle_stage"] == "Lead"
    assert contact["reason_codes"].startswith("CONSENT_NONE_REACHABLE")


def test_a_consent_that_cannot_be_read_is_none(organisation: Organisation) -> None:
    add_qualified(organisation, consent_email="declined", phone="617-555-0123")
    organisation.sync()
    assert "Contact by e-mail" not in organisation.contact("q1")["hand_off_summary"]


def test_a_lead_a_person_put_at_mql_is_handed_to_nobody_while_it_is_on_hold(
    organisation: Organisation,
) -> None:
    add_qualified(organisation, opt_out_all="true")
    organisation.sync()
    organisation.edit("q1", lifecycle_stage="Marketing Qualified")
    organisation.sync()
    contact = organisation.contact("q1")
    assert (contact["lifecycle_stage"], contact["owner_id"]) == ("Marketing Qualified", "")
    assert (contact["next_step"], contact["hand_off_summary"]) == ("", "")
    assert "CONSENT_NONE_REACHABLE" in contact["reason_codes"]


def leave(organisation: Organisation, owner: str) -> None:
    path = organisation.folder / "data" / "owners.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    changed = [line.replace("true", "false") if line.startswith(owner) else line for line in lines]
    path.write_text("\n".join(changed) + "\n", encoding="utf-8")


def test_the_leads_of_an_owner_who_left_go_to_others_at_the_next_run(
    organisation: Organisation,
) -> None:
    for number in range(4):
        add_qualified(organisation, f"q{number}", email=f"q{number}@example.org")
    organisation.sync()
    first = organisation.contact("q0")["owner_id"]
    leave(organisation, first)
    organisation.sync()
    owners = {contact["owner_id"] for contact in organisation.contacts().values()}
    assert read_table(organisation.folder / "data" / "owners.csv")
    assert first not in owners
    assert "" not in owners
