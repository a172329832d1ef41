"""Who belongs to one organisation, and what its members did, on both databases."""

from __future__ import annotations

from datetime import timedelta

from tests.ledger.examples import HOUR, NOW, activity, member, profile, record, ref
from worker.ledger import activities, members, profiles, records
from worker.ledger.engine import Ledger
from worker.ledger.transaction import Transaction

KINDS = ["meeting", "webinar"]
SINCE = NOW - 100 * HOUR


def fill(tx: Transaction, **people: str) -> None:
    """Profiles p1, p2 … of organisations, each with the record of its number."""
    for name, organisation in people.items():
        profiles.save_profiles(tx, [profile(name)])
        records.save_records(tx, [record(name[1:], profile_id=name)])
        members.save_members(tx, [member(name, organisation=organisation)])


def asked(*organisations: str) -> members.Asked:
    return members.Asked(
        organisations=organisations, kinds=KINDS, since=SINCE, not_from=["monitoring", "bot"]
    )


def shared(tx: Transaction, most: int = 9) -> dict[str, list[str]]:
    found = members.shared_actions(tx, asked("acme", "none"), most)
    return {name: [action.ref.id for action in actions] for name, actions in found.items()}


def last(tx: Transaction, most: int = 9) -> list[tuple[str, str]]:
    found = members.last_actions(tx, asked("acme"), NOW, most)
    return [(one.profile_id, one.ref.id) for one in found.get("acme", [])]


def dirty(tx: Transaction) -> set[str]:
    found = profiles.load_profiles(tx, ["p1", "p2", "p3"])
    return {name for name, row in found.items() if row.is_dirty}


def test_members_come_back_as_they_were_saved(ledger: Ledger) -> None:
    rows = [member("p1"), member("p2", role=None, is_counted=False)]
    with ledger.begin() as tx:
        members.save_members(tx, rows)
        members.save_members(tx, [member("p1", organisation="other")])
        found = members.load_members(tx, ["p1", "p2", "p9"])
        assert found == {"p1": member("p1", organisation="other"), "p2": rows[1]}
        assert members.count_members(tx, ["acme", "other", "none"]) == {"acme": 1, "other": 1}
        members.delete_members(tx, ["p1"])
        assert set(members.load_members(tx, ["p1", "p2"])) == {"p2"}
        members.delete_members(tx)
        assert members.load_members(tx, ["p1", "p2"]) == {}


def test_a_profile_that_is_deleted_is_no_member_any_more(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        fill(tx, p1="acme")
        profiles.delete_profiles(tx, ["p1"])
        assert members.load_members(tx, ["p1"]) == {}


def test_the_actions_of_all_members_are_rolled_up_newest_first(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        fill(tx, p1="acme", p2="acme", p3="other")
        rows = [
            activity("a1", "1", at=NOW - 2 * HOUR),
            activity("a2", "2", at=NOW - HOUR),
            activity("a3", "3", at=NOW),
            activity("a4", "1", at=NOW, kind="opened"),
            activity("a5", "1", at=NOW, is_excluded=True),
            activity("a6", "1", at=SINCE - HOUR),
        ]
        activities.save_activities(tx, rows)
        assert shared(tx) == {"acme": ["a2", "a1"]}


def test_what_a_robot_reported_counts_for_nobody(ledger: Ledger) -> None:
    """Else the newest of a kind, or of a member, might all be a robot's, and hide what people did."""
    with ledger.begin() as tx:
        fill(tx, p1="acme", p2="acme")
        rows = [
            activity("a1", "1", at=NOW - 2 * HOUR, source="web form"),
            activity("a2", "1", at=NOW - HOUR, source="bot"),
            activity("a3", "2", at=NOW - 3 * HOUR, source=None),
            activity("a4", "2", at=NOW, source="monitoring"),
        ]
        activities.save_activities(tx, rows)
        assert shared(tx, most=2) == {"acme": ["a1", "a3"]}
        assert last(tx) == [("p1", "a1"), ("p2", "a3")]
        found = members.shared_actions(tx, asked("acme"), 9)["acme"]
        assert [action.source for action in found] == ["web form", None]


def test_an_action_of_two_members_is_one_action_of_the_organisation(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        fill(tx, p1="acme", p2="acme")
        activities.save_activities(tx, [activity("a1", "1"), activity("a1", "2")])
        assert shared(tx) == {"acme": ["a1"]}
        assert last(tx) == [("p1", "a1"), ("p2", "a1")]


def test_of_each_kind_the_newest_are_rolled_up(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        fill(tx, p1="acme", p2="acme")
        rows = [activity(f"a{n}", "1", at=NOW - n * HOUR) for n in range(5)]
        rows.append(activity("w", "2", at=NOW - 9 * HOUR, kind="webinar"))
        activities.save_activities(tx, rows)
        assert shared(tx, most=2) == {"acme": ["a0", "a1", "w"]}


def test_what_staff_tests_and_deleted_contacts_did_counts_for_nobody(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        fill(tx, p1="acme", p2="acme")
        activities.save_activities(tx, [activity("a1", "1"), activity("a2", "2")])
        members.save_members(tx, [member("p1", is_counted=False)])
        records.save_records(tx, [record("2", profile_id="p2", is_deleted=True)])
        assert shared(tx) == {}
        assert last(tx) == []


def test_the_last_action_of_each_member_is_told_and_those_ahead(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        fill(tx, p1="acme", p2="acme")
        rows = [
            activity("a1", "1", at=NOW - 3 * HOUR),
            activity("a2", "1", at=NOW - 2 * HOUR),
            activity("a3", "2", at=NOW - HOUR),
            activity("a4", "2", at=NOW + HOUR),
            activity("a5", "2", at=NOW + 2 * HOUR),
        ]
        activities.save_activities(tx, rows)
        assert last(tx) == [("p2", "a5"), ("p2", "a4"), ("p2", "a3"), ("p1", "a2")]


def test_of_each_role_the_members_who_acted_last_are_told(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        fill(tx, p1="acme", p2="acme", p3="acme")
        members.save_members(tx, [member("p3", role=None)])
        rows = [activity(f"a{n}", str(n), at=NOW - timedelta(hours=n)) for n in (1, 2, 3)]
        activities.save_activities(tx, rows)
        assert last(tx, most=1) == [("p1", "a1"), ("p3", "a3")]


def test_whoever_is_concerned_is_decided_again(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        fill(tx, p1="acme", p2="acme", p3="other")
        assert members.mark_colleagues_dirty(tx, [ref("1"), ref("9")]) == 2
        assert dirty(tx) == {"p1", "p2"}
        assert members.mark_organisations_dirty(tx, ["other", "none"]) == 1
        assert dirty(tx) == {"p1", "p2", "p3"}
