"""A plan is weighed before its first write; a held one waits for a person."""

from __future__ import annotations

from datetime import timedelta

from tests.support.command import run
from tests.support.organisation import NOW, Organisation, add_qualified
from worker.errors import ExitCode, RunStatus

HOUR = timedelta(hours=1)

BUDGET = "{id: new_mql, scope: stage, key: mql, max_share: 0.45, floor: 50}"
TIGHT = "{id: new_mql, scope: stage, key: mql, max_count: 1, floor: 0}"


def tight(organisation: Organisation) -> Organisation:
    """Allow one new qualified lead a run; the invented base has several."""
    organisation.reconfigure("guardrails.yaml", BUDGET, TIGHT)
    return organisation


def test_a_breach_ends_with_its_own_exit_code(sample: Organisation) -> None:
    assert run("sync", config=tight(sample).folder).exit_code == ExitCode.PLAN_HELD


def test_a_breach_writes_nothing_at_all(sample: Organisation) -> None:
    before = sample.contacts_file.read_bytes()
    run("sync", config=tight(sample).folder)
    assert sample.contacts_file.read_bytes() == before


def test_a_breach_holds_every_write_of_the_plan(sample: Organisation) -> None:
    run("sync", config=tight(sample).folder)
    assert sample.ask("SELECT DISTINCT state FROM intents") == [("held",)]


def test_a_breach_names_the_budget_and_the_likely_cause(sample: Organisation) -> None:
    breach = run("sync", "--json", config=tight(sample).folder).json["breaches"][0]
    assert (breach["budget"], breach["allowed"], breach["count"]) == ("new_mql", 1, 5)
    assert breach["likely_cause"].startswith(("5 of 5 share", "no single cause"))


def test_a_new_policy_is_named_as_the_cause_of_a_mass_change(synced: Organisation) -> None:
    synced.reconfigure("policies/patient.yaml", 'version: "2026.1"', 'version: "2026.2"')
    synced.reconfigure("shared.yaml", "reasons: {met: CONSENT_REACHABLE, ", "reasons: {")
    budget = '{id: any_stage, scope: stage, key: "*", max_share: 0.80, floor: 50}'
    tight_budget = "{id: any_stage, scope: field, key: reason_codes, max_count: 0, floor: 0}"
    synced.reconfigure("guardrails.yaml", budget, tight_budget)
    breach = run("sync", "--json", config=synced.folder).json["breaches"][0]
    assert "share new policy" in breach["likely_cause"]


def test_apply_releases_a_held_plan(sample: Organisation) -> None:
    held = run("sync", "--json", config=tight(sample).folder).json
    applied = run("apply", held["run"], "--json", config=sample.folder).json
    assert applied["writes"] == {"applied": held["steps"]["decide"]["planned"]}


def test_apply_of_a_plan_that_is_not_held_says_so(sample: Organisation) -> None:
    ended = run("apply", "20260101T000000-000000", config=sample.folder)
    assert ended.exit_code == ExitCode.NOT_FOUND


def test_apply_where_no_plan_is_held_decides_and_writes_nothing(sample: Organisation) -> None:
    before = sample.contacts_file.read_bytes()
    ended = run("apply", config=sample.folder)
    assert ended.exit_code == ExitCode.NOT_FOUND
    assert ended.stderr.startswith("No plan is held, so there is nothing to release.")
    assert sample.contacts_file.read_bytes() == before
    assert sample.ask("SELECT count(*) FROM decisions") == [(0,)]


def test_a_dry_run_of_apply_writes_nothing(sample: Organisation) -> None:
    held = run("sync", "--json", config=tight(sample).folder).json
    before = sample.contacts_file.read_bytes()
    run("apply", held["run"], "--dry-run", config=sample.folder)
    assert sample.contacts_file.read_bytes() == before


def test_a_held_write_is_superseded_when_its_lead_is_decided_again(sample: Organisation) -> None:
    add_qualified(sample)
    run("sync", config=tight(sample).folder)
    sample.edit("q1", opt_out_all="true")
    run("sync", config=sample.folder)
    states = sample.ask("SELECT state FROM intents WHERE record_id = 'q1' ORDER BY state")
    assert ("superseded",) in states


def test_what_is_still_held_is_told_by_every_later_sync(sample: Organisation) -> None:
    held = run("sync", "--json", config=tight(sample).folder).json
    later = run("sync", "--json", config=sample.folder).json
    assert later["held_plans"] == {held["run"]: held["steps"]["push"]["held"]}


def test_a_saved_plan_writes_nothing(sample: Organisation) -> None:
    before = sample.contacts_file.read_bytes()
    assert run("plan", "--save", config=sample.folder).exit_code == 0
    assert sample.contacts_file.read_bytes() == before


def test_a_saved_plan_applied_is_what_a_sync_writes(
    sample: Organisation, synced_template: Organisation
) -> None:
    saved = run("plan", "--save", "--json", config=sample.folder).json
    run("apply", saved["run"], config=sample.folder)
    assert sample.contacts_file.read_bytes() == synced_template.contacts_file.read_bytes()


HOLDS_ALL = "budgets: [{id: all, scope: field, key: reason_codes, max_count: 0, floor: 0}]\n"


def held_over_an_opt_out(qualified: Organisation) -> Organisation:
    """Two records of a person who was handed off; one opts out, and the plan that follows is held."""
    qualified.add_contact("q2", first_name="Quilla", email="quilla@example.org")
    qualified.sync()
    (qualified.folder / "guardrails.yaml").write_text(HOLDS_ALL, encoding="utf-8")
    qualified.edit("q2", opt_out_email="true")
    return qualified


def test_what_closes_does_not_wait_for_a_held_plan(qualified: Organisation) -> None:
    held = held_over_an_opt_out(qualified)
    report = held.sync(NOW + HOUR)
    assert (report.status, report.writes) == (RunStatus.HELD, {"applied": 2})
    row = held.contact("q1")
    assert row["opt_out_email"] == "true"
    assert "email" not in row["allowed_channels"]
    assert row["hand_off_summary"].startswith("E-mail (not permitted). Contact by no channel")
    assert row["lifecycle_stage"] == "Marketing Qualified"


def test_the_rest_of_a_held_plan_is_sent_once_it_is_released(qualified: Organisation) -> None:
    held = held_over_an_opt_out(qualified)
    held.sync(NOW + HOUR)
    run("apply", config=held.folder, now="2026-11-02T17:00:00Z")
    row = held.contact("q1")
    assert (row["lifecycle_stage"], row["hand_off_summary"]) == ("Lead", "")
    assert held.sync(NOW + 3 * HOUR).writes == {}
    assert held.ask("SELECT count(*) FROM outcomes WHERE outcome = 'conflict'") == [(0,)]


def test_a_plan_that_was_saved_lets_the_next_sync_close(qualified: Organisation) -> None:
    held = held_over_an_opt_out(qualified)
    held.sync(NOW + HOUR, pushes=False)
    assert held.contact("q1")["opt_out_email"] == ""
    held.sync(NOW + 2 * HOUR)
    assert held.contact("q1")["opt_out_email"] == "true"
    assert held.contact("q1")["lifecycle_stage"] == "Marketing Qualified"


def test_a_saved_plan_that_is_released_writes_each_record_once(qualified: Organisation) -> None:
    held = held_over_an_opt_out(qualified)
    held.sync(NOW + HOUR, pushes=False)
    ended = run("apply", "--json", config=held.folder, now="2026-11-02T17:00:00Z")
    assert ended.json["writes"] == {"applied": 2}
    assert held.contact("q1")["lifecycle_stage"] == "Lead"
