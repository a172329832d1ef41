"""The JSON of commands is a promise: exact keys, and every way to name a lead."""

from __future__ import annotations

import pytest

from tests.support.command import run
from tests.support.organisation import Organisation
from worker.errors import ExitCode

SUMMARY = {
    "run", "status", "now", "base", "steps", "writes", "funnel", "owners", "reasons", "breaches",
    "held_plans", "quarantined", "quarantine", "write_codes", "revocations", "seconds", "alarms", "waiting",
    "stages_not_in_crm", "named_by_crm",
}  # fmt: skip
CHANGE = {"system", "object_type", "id", "field", "before", "after", "reasons"}
BREACH = {"budget", "scope", "key", "count", "allowed", "base", "likely_cause"}
EXPLANATION = {
    "ref", "profile", "records", "decision", "pathway", "verdict", "reasons", "facts", "findings",
    "permissions", "gates", "criteria", "score", "carried_by", "stopped_by", "stage", "route",
    "would_write", "smallest_change", "today", "changes_by_itself_at", "latest_decision", "pathway_rules",
    "organisation", "passed_over", "topics", "nurture_track", "action_sources", "edits",
    "hand_off", "follow_up", "availability", "refused_writes",
}  # fmt: skip
DECISION = {"id", "seq", "decided_at", "run", "policy", "policy_digest", "config_digest", "hash"}


def test_sync_prints_a_summary(sample: Organisation) -> None:
    assert set(run("sync", "--json", config=sample.folder).json) == SUMMARY


def test_a_summary_has_the_same_keys_when_nothing_was_to_do(synced: Organisation) -> None:
    assert set(run("sync", "--json", config=synced.folder).json) == SUMMARY


def test_plan_prints_a_summary_and_changes(sample: Organisation) -> None:
    plan = run("plan", "--json", config=sample.folder).json
    assert (set(plan), set(plan["summary"])) == ({"summary", "changes"}, SUMMARY)


def test_every_change_of_a_plan_has_the_same_keys(sample: Organisation) -> None:
    changes = run("plan", "--json", config=sample.folder).json["changes"]
    assert {frozenset(change) for change in changes} == {frozenset(CHANGE)}


def test_a_dry_run_prints_what_plan_prints(sample: Organisation) -> None:
    plan = run("sync", "--dry-run", "--json", config=sample.folder).json
    assert set(plan) == {"summary", "changes"}


def test_every_breach_has_the_same_keys(sample: Organisation) -> None:
    sample.reconfigure(
        "guardrails.yaml",
        '{id: one_pathway, scope: pathway, key: "*", max_share: 0.95, floor: 50}',
        '{id: one_pathway, scope: pathway, key: "*", max_count: 1, floor: 0}',
    )
    breaches = run("sync", "--json", config=sample.folder).json["breaches"]
    assert {frozenset(breach) for breach in breaches} == {frozenset(BREACH)}


def test_explain_prints_the_whole_decision(synced: Organisation) -> None:
    explained = run("explain", min(synced.contacts()), "--json", config=synced.folder).json
    assert (set(explained), set(explained["decision"])) == (EXPLANATION, DECISION)


@pytest.mark.parametrize("form", ["{}", "files:contacts:{}"])
def test_a_lead_is_explained_before_any_sync(sample: Organisation, form: str) -> None:
    name = form.format(min(sample.contacts()))
    explained = run("explain", name, "--json", config=sample.folder).json
    assert set(explained) == EXPLANATION
    assert explained["verdict"] is not None


def test_explaining_before_any_sync_changes_no_table(sample: Organisation) -> None:
    before = sample.contacts_file.read_bytes()
    run("explain", min(sample.contacts()), config=sample.folder)
    assert sample.contacts_file.read_bytes() == before


def test_record_reference_and_profile_name_the_same_lead(synced: Organisation) -> None:
    record = min(synced.contacts())
    by_record = run("explain", record, "--json", config=synced.folder).json
    names = [f"files:contacts:{record}", by_record["profile"]]
    others = [run("explain", name, "--json", config=synced.folder).json for name in names]
    assert [one["decision"] for one in others] == [by_record["decision"]] * 2


def test_an_unknown_name_is_not_found(synced: Organisation) -> None:
    assert run("explain", "nobody", config=synced.folder).exit_code == ExitCode.NOT_FOUND
