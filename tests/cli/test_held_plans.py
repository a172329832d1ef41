"""A plan that is held stays an alarm until somebody looks; one that was only rehearsed is none."""

from __future__ import annotations

from tests.support.command import run
from tests.support.organisation import Organisation
from worker.errors import ExitCode


def test_a_sync_ends_with_code_3_while_an_earlier_plan_is_held(tight: Organisation) -> None:
    run("sync", config=tight.folder)

    assert run("sync", config=tight.folder).exit_code == ExitCode.PLAN_HELD


def test_a_held_plan_is_told_on_stderr_which_is_all_that_cron_sends(tight: Organisation) -> None:
    first = run("sync", "--json", config=tight.folder)
    says = f"The plan {first.json['run']} waits for a person: `leadtriage apply "

    assert first.stderr.startswith(says)
    assert run("sync", config=tight.folder).stderr.startswith(says)


def test_the_status_stays_that_of_the_run_itself(tight: Organisation) -> None:
    run("sync", config=tight.folder)

    assert run("sync", "--json", config=tight.folder).json["status"] == "succeeded"


def test_a_later_sync_says_how_to_release_the_plan(tight: Organisation) -> None:
    held = run("sync", "--json", config=tight.folder).json["run"]

    said = run("sync", config=tight.folder).stdout
    assert f"3 writes of the plan {held} wait for a person." in said
    assert f"release: leadtriage apply {held} --config " in said


def test_a_sync_ends_well_once_the_plan_was_released(tight: Organisation) -> None:
    run("sync", config=tight.folder)
    run("apply", config=tight.folder)

    assert run("sync", config=tight.folder).exit_code == ExitCode.OK


def test_a_rehearsed_plan_that_would_be_held_is_not_offered_for_release(
    tight: Organisation,
) -> None:
    said = run("plan", config=tight.folder).stdout

    assert "A sync would hold this plan." in said
    assert "leadtriage apply" not in said


def test_a_rehearsal_holds_nothing(tight: Organisation) -> None:
    summary = run("plan", "--json", config=tight.folder).json["summary"]

    assert summary["held_plans"] == {}
    assert summary["steps"]["push"] == {"planned": 3}


def test_a_saved_plan_is_listed_as_one(organisation: Organisation) -> None:
    run("plan", "--save", config=organisation.folder)

    (listed,) = run("runs", "--json", config=organisation.folder, now=None).json["runs"]
    assert listed["kind"] == "plan"


def test_a_rehearsal_counts_the_fields_and_says_where_each_change_is_listed(
    organisation: Organisation,
) -> None:
    changes = run("plan", "--json", config=organisation.folder).json["changes"]

    said = run("plan", config=organisation.folder).stdout
    assert f"\n{len(changes)} fields of files contacts would change.\n" in said
    listing = f"with its reasons: leadtriage plan --json --config {organisation.folder}\n"
    assert listing in said
