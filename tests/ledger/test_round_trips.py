"""What is saved is what is read, for every repository."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.ledger.examples import (
    HOUR,
    NOW,
    activity,
    decision,
    intent,
    profile,
    quarantined,
    record,
    ref,
    run,
    settlement,
)
from worker.core.records import WriteOutcome
from worker.errors import IntegrityError, NotFoundError, RunStatus
from worker.ledger import (
    activities,
    bookmarks,
    decisions,
    outbox,
    profiles,
    quarantine,
    records,
    runs,
)
from worker.ledger.engine import Ledger
from worker.ledger.rows import Bookmark, FunnelCount, IntentState, Shard


def test_a_record_comes_back_as_it_was_saved(ledger: Ledger) -> None:
    bare = record(
        "2", profile_id=None, modified_at=None, stage_set_by_person_at=None, written={}, values={}
    )
    with ledger.begin() as tx:
        records.save_records(tx, [record("1"), bare])
    with ledger.read() as tx:
        found = records.load_records(tx, [ref("1"), ref("2"), ref("3")])
    assert found == {ref("1"): record("1"), ref("2"): bare}


def test_saving_a_record_again_replaces_it(ledger: Ledger) -> None:
    changed = record("1", revision="r2", is_deleted=True, merged_into="9")
    with ledger.begin() as tx:
        records.save_records(tx, [record("1")])
        records.save_records(tx, [changed])
        assert records.load_records(tx, [ref("1")]) == {ref("1"): changed}


def test_the_same_id_in_two_systems_is_two_records(ledger: Ledger) -> None:
    other = record("1", ref=ref("1", "Lead", "salesforce"))
    with ledger.begin() as tx:
        records.save_records(tx, [record("1"), other])
        assert records.find_by_id(tx, "1") == [ref("1"), other.ref]
        assert records.load_records(tx, [other.ref]) == {other.ref: other}


def test_more_records_than_a_statement_has_parameters_can_be_read(ledger: Ledger) -> None:
    many = [record(str(number)) for number in range(40_000)]
    with ledger.begin() as tx:
        records.save_records(tx, many)
        assert len(records.load_records(tx, [row.ref for row in many])) == 40_000


def test_live_records_of_profiles_come_in_order(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        rows = [record("2", profile_id="p"), record("1", profile_id="p")]
        gone = record("3", profile_id="p", is_deleted=True)
        records.save_records(tx, [*rows, gone, record("4", profile_id="q")])
        found = records.records_of_profiles(tx, ["p", "none"])
    assert {key: [row.ref.id for row in group] for key, group in found.items()} == {"p": ["1", "2"]}


def test_match_keys_are_replaced_per_record(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        records.save_match_keys(tx, {ref("1"): frozenset({"a", "b"}), ref("2"): frozenset({"b"})})
        records.save_match_keys(tx, {ref("1"): frozenset({"b", "c"})})
        found = records.records_sharing_keys(tx, ["a", "b", "c"])
    assert found == {"b": [ref("1"), ref("2")], "c": [ref("1")]}


def test_a_sweep_finds_the_live_records_it_has_not_met(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        rows = [record("1"), record("2"), record("3", is_deleted=True), record("4")]
        records.save_records(tx, [*rows, record("5", ref=ref("5", "companies"))])
        records.mark_seen(tx, "run1", [ref("1"), ref("1")])
        records.mark_seen(tx, "run2", [ref("2")])
        assert records.unseen(tx, "run1", "hubspot", "contacts", 10) == [ref("2"), ref("4")]
        records.clear_seen(tx, "run1")
        assert records.unseen(tx, "run1", "hubspot", "contacts", 2) == [ref("1"), ref("2")]


def test_an_activity_comes_back_newest_first(ledger: Ledger) -> None:
    newer, older = activity("a1"), activity("a2", at=NOW - HOUR, is_excluded=True)
    with ledger.begin() as tx:
        activities.save_activities(tx, [older, newer])
        assert activities.activities_of(tx, [ref("1")], None) == {ref("1"): [newer, older]}
        assert activities.activities_of(tx, [ref("1")], NOW) == {ref("1"): [newer]}


def test_saving_activities_tells_what_changed_and_what_stood_there_before(ledger: Ledger) -> None:
    first, second = activity("a1", "1"), activity("a2", "2")
    newer = activity("a2", "2", revision="r2")
    with ledger.begin() as tx:
        assert activities.save_activities(tx, [first, second]) == {first, second}
        assert activities.save_activities(tx, [first, newer]) == {second, newer}


def test_an_activity_that_moved_leaves_its_old_contact(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        activities.save_activities(tx, [activity("a1", "1")])
        news = activities.save_activities(tx, [activity("a1", "2")])
        assert {row.contact for row in news} == {ref("1"), ref("2")}
        found = activities.activities_of(tx, [ref("1"), ref("2")], None)
    assert found == {ref("2"): [activity("a1", "2")]}


def test_an_activity_can_belong_to_two_contacts(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        activities.save_activities(tx, [activity("a1", "1"), activity("a1", "2")])
        assert len(activities.activities_of(tx, [ref("1"), ref("2")], None)) == 2


def test_deleting_activities_tells_which_there_were(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        activities.save_activities(tx, [activity("a1", "1")])
        refs = [activity("a1").ref, activity("none").ref]
        assert activities.delete_activities(tx, refs) == {activity("a1", "1")}
        assert activities.activities_of(tx, [ref("1")], None) == {}


def test_a_profile_comes_back_as_it_was_saved(ledger: Ledger) -> None:
    bare = profile("p2", **dict.fromkeys(("due_at", "config_digest", "pathway", "verdict")))
    with ledger.begin() as tx:
        profiles.save_profiles(tx, [profile("p1"), bare])
    with ledger.read() as tx:
        assert profiles.load_profiles(tx, ["p1", "p2", "p3"]) == {"p1": profile("p1"), "p2": bare}


def _to_decide(
    ledger: Ledger, *, digest: str = "c1", after: str | None = None, shard: Shard | None = None
) -> list[str]:
    with ledger.read() as tx:
        found = profiles.next_to_decide(
            tx,
            now=NOW,
            config_digest=digest,
            after=after,
            limit=10,
            shard=shard or profiles.WHOLE,
        )
        count = profiles.count_to_decide(
            tx, now=NOW, config_digest=digest, shard=shard or profiles.WHOLE
        )
    assert after or count == len(found)
    return [row.id for row in found]


def test_dirty_and_due_profiles_are_decided_in_order_of_id(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        profiles.note_configuration(tx, "c1")
        profiles.save_profiles(
            tx,
            [
                profile("p4", is_dirty=True, due_at=NOW),
                profile("p3", due_at=NOW),
                profile("p2"),
                profile("p1", is_dirty=True, due_at=None),
                profile("p5", due_at=NOW + timedelta(microseconds=1)),
            ],
        )
    assert _to_decide(ledger) == ["p1", "p3", "p4"]
    assert _to_decide(ledger, after="p1") == ["p3", "p4"]


def test_a_new_configuration_has_every_profile_decided_again(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        profiles.note_configuration(tx, "c1")
        profiles.save_profiles(tx, [profile("p1"), profile("p2", config_digest=None)])
    assert _to_decide(ledger, digest="c2") == ["p1", "p2"]
    with ledger.begin() as tx:
        assert profiles.note_configuration(tx, "c2")
        assert not profiles.note_configuration(tx, "c2")
    assert _to_decide(ledger, digest="c2") == ["p1", "p2"]


def test_a_shard_sees_its_own_profiles_only(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        profiles.note_configuration(tx, "c1")
        rows = [profile(f"p{n}", shard=n, is_dirty=True) for n in (0, 5, 9, 65_535)]
        profiles.save_profiles(tx, rows)
    assert _to_decide(ledger, shard=Shard(low=5, high=9)) == ["p5", "p9"]
    assert len(_to_decide(ledger)) == 4


def test_marks_make_profiles_dirty(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        profiles.note_configuration(tx, "c1")
        profiles.save_profiles(tx, [profile("p1"), profile("p2"), profile("p3")])
        records.save_records(tx, [record("2", profile_id="p2"), record("8", profile_id=None)])
        profiles.mark_dirty(tx, ["p1", "none"])
        profiles.mark_contacts_dirty(tx, [ref("2"), ref("8")])
    assert _to_decide(ledger) == ["p1", "p2"]


def test_waking_makes_due_profiles_dirty(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        profiles.save_profiles(tx, [profile("p1", due_at=NOW), profile("p2")])
        assert profiles.wake_due(tx, NOW) == 1
        assert profiles.load_profiles(tx, ["p1"])["p1"].is_dirty


def test_the_funnel_follows_every_change(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        profiles.save_profiles(tx, [profile("p1"), profile("p2"), profile("p3", stage=None)])
        profiles.save_profiles(tx, [profile("p2", stage="sql"), profile("p2", stage="lead")])
        profiles.delete_profiles(tx, ["p3", "none"])
        found = profiles.funnel(tx)
        assert records.count_profiles(tx) == 2
    assert found == [
        FunnelCount(pathway="patient", stage=stage, verdict="qualified", count=1)
        for stage in ("lead", "mql")
    ]


def test_a_bookmark_moves(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        assert bookmarks.load_bookmark(tx, "hubspot", "contacts") is None
        for value in ("1", "2"):
            bookmark = Bookmark(value=value, map_digest="m")
            bookmarks.save_bookmark(tx, "hubspot", "contacts", bookmark)
        assert bookmarks.load_bookmark(tx, "hubspot", "contacts") == bookmark


def test_a_decision_comes_back_with_its_inputs(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        decisions.append_decisions(tx, [decision("d1"), decision("d2", profile_id="p2")])
        decisions.append_decisions(tx, [decision("d3")])
        found = decisions.load_decision(tx, "d3")
        assert found is not None
        assert (found.seq, found.inputs, found.decided_at) == (3, decision().inputs, NOW)
        assert decisions.latest_decision(tx, "p1") == found
        assert [row.id for row in decisions.history(tx, "p1")] == ["d1", "d3"]
        assert decisions.load_decision(tx, "none") is None


def test_a_decision_cannot_be_appended_twice(ledger: Ledger) -> None:
    with pytest.raises(IntegrityError), ledger.begin() as tx:
        decisions.append_decisions(tx, [decision("d1"), decision("d1")])


def test_an_intent_comes_back_as_it_was_added(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        outbox.add_intents(tx, [intent("i2"), intent("i1", run_id="run0")])
        found = list(outbox.planned_intents(tx))
        assert found == [intent("i1", run_id="run0"), intent("i2")]
        assert list(outbox.planned_intents(tx, "run1")) == [intent("i2")]


def test_planned_intents_are_walked_across_pages(ledger: Ledger) -> None:
    total = 2 * outbox.PAGE + 1
    with ledger.begin() as tx:
        rows = [intent(f"i{n:05}", created_at=NOW + HOUR * (n // 700)) for n in range(total)]
        outbox.add_intents(tx, rows)
        assert list(outbox.planned_intents(tx)) == rows
        assert list(outbox.planned_causes(tx, "run1")) == [row.causes for row in rows]
        assert list(outbox.planned_causes(tx, "another")) == []


def test_intents_are_claimed_oldest_first(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        rows = [intent("i1", created_at=NOW), intent("i2", created_at=NOW - HOUR), intent("i3")]
        outbox.add_intents(tx, [*rows, intent("i4", system="salesforce")])
        assert outbox.release(tx, None) == 4
        claimed = outbox.claim(tx, "hubspot", 2)
        assert [row.id for row in claimed] == ["i2", "i1"]
        assert outbox.sending(tx, "hubspot", 9) == claimed
        assert outbox.give_back(tx, ["i1", "i3"]) == 1
        assert [row.id for row in outbox.claim(tx, "hubspot", 9)] == ["i1", "i3"]


def test_intents_of_one_object_type_are_claimed_together(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        types = {"i1": "leads", "i2": "contacts", "i3": "leads", "i4": "contacts"}
        outbox.add_intents(tx, [intent(name, object_type=of) for name, of in types.items()])
        outbox.release(tx, None)
        assert [row.id for row in outbox.claim(tx, "hubspot", 3)] == ["i1", "i3"]
        assert [row.id for row in outbox.claim(tx, "hubspot", 3)] == ["i2", "i4"]
        assert outbox.claim(tx, "hubspot", 3) == []


def test_what_is_written_in_two_steps_is_claimed_last_and_together(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        steps = [intent("a0"), intent("a1", follows="a0"), intent("b0"), intent("b1", follows="b0")]
        outbox.add_intents(tx, [*steps, intent("c"), intent("d")])
        outbox.release(tx, None)
        assert [row.id for row in outbox.claim(tx, "hubspot", 3)] == ["c", "d", "a0"]
        outbox.settle(tx, [settlement("a0")])
        assert [row.id for row in outbox.claim(tx, "hubspot", 9)] == ["a1", "b0"]


def test_held_intents_wait_for_their_release(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        outbox.add_intents(tx, [intent("i1"), intent("i2", run_id="run2")])
        assert outbox.hold(tx, "run1") == 1
        assert outbox.held_runs(tx) == {"run1": 1}
        assert outbox.release(tx, "run1") == 1
        assert outbox.count_by_state(tx) == {IntentState.READY: 1, IntentState.PLANNED: 1}


def test_only_what_has_not_left_is_superseded(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        outbox.add_intents(tx, [intent(state.value, state=state) for state in IntentState])
        assert outbox.supersede_open(tx, ["p1"]) == 3
        assert outbox.count_by_state(tx) == {
            IntentState.DONE: 1,
            IntentState.SENDING: 1,
            IntentState.SUPERSEDED: 4,
        }


def test_an_intent_is_settled_once(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        outbox.add_intents(tx, [intent("i1", state=IntentState.SENDING)])
        outbox.settle(tx, [settlement("i1")])
        assert outbox.outcome_counts(tx, "run1") == {WriteOutcome.APPLIED: 1}
        assert outbox.count_by_state(tx) == {IntentState.DONE: 1}
        with pytest.raises(IntegrityError, match="not being sent"):
            outbox.settle(tx, [settlement("i1")])


def test_an_intent_settled_twice_in_one_batch_is_refused(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        outbox.add_intents(tx, [intent("i1", state=IntentState.SENDING)])
        with pytest.raises(IntegrityError, match="not being sent"):
            outbox.settle(tx, [settlement("i1"), settlement("i1")])


def test_a_run_starts_and_ends(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        runs.start_run(tx, run("run1"))
        runs.start_run(tx, run("run2", started_at=NOW + HOUR))
        assert runs.load_run(tx, "run1") == run("run1")
        runs.end_run(
            tx, "run1", status=RunStatus.SUCCEEDED, ended_at=NOW + HOUR, summary={"read": 3}
        )
        ended = run("run1", status=RunStatus.SUCCEEDED, ended_at=NOW + HOUR, summary={"read": 3})
        assert [row.id for row in runs.list_runs(tx, 9)] == ["run2", "run1"]
        assert runs.load_run(tx, "run1") == ended


def test_ending_a_run_that_never_started_is_an_error(ledger: Ledger) -> None:
    with ledger.begin() as tx, pytest.raises(NotFoundError):
        runs.end_run(tx, "none", status=RunStatus.FAILED, ended_at=NOW, summary={})


def test_runs_of_a_killed_worker_are_abandoned(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        runs.start_run(tx, run("run1"))
        runs.start_run(tx, run("run2", status=RunStatus.FAILED))
        assert runs.abandon_running(tx, NOW + HOUR) == 1
        assert runs.load_run(tx, "run1") == run(
            "run1", status=RunStatus.ABANDONED, ended_at=NOW + HOUR
        )


def test_quarantine_holds_what_the_last_read_put_aside(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        quarantine.replace_quarantine(tx, "files", "contacts", [quarantined(2), quarantined(2)])
        quarantine.replace_quarantine(tx, "files", "leads", [quarantined(4, object_type="leads")])
        quarantine.replace_quarantine(tx, "files", "contacts", [quarantined(3)])
        assert quarantine.count_quarantine(tx) == 2
        assert quarantine.list_quarantine(tx, 1) == [quarantined(3)]
