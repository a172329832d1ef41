"""Waiting lists over shards, kills and whole weeks; exceptions; and policies that ask for openings."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.behaviour.test_killed_anywhere import left_wrong
from tests.support.crashes import Killing, Runners, chosen
from tests.support.ledger_view import content_of
from tests.support.openings import opening, say_openings, with_openings, woken
from tests.support.organisation import NOW, Organisation, add_qualified, copied, make_empty
from worker.ledger.rows import WHOLE, Shard
from worker.steps.decide import decide_profiles
from worker.steps.pull import pull

SLOW = """
stale_after: 40 days
rules:
  - id: busy
    service_line: orthopedics
    slow: {when_wait_longer_than: 10 days, resume_when: 7 days, at_most: 2, per: week}
"""
DAY = timedelta(days=1)
HALVES = (Shard(low=0, high=32_767), Shard(low=32_768, high=WHOLE.high))


def add_many(organisation: Organisation, first: int, count: int) -> None:
    for number in range(first, first + count):
        add_qualified(organisation, f"w{number}", email=f"w{number}@example.org")


@pytest.fixture
def busy(tmp_path: Path) -> Organisation:
    """Seven patients ask for what is slowed to two a week."""
    organisation = with_openings(make_empty(tmp_path / "busy"), SLOW)
    say_openings(organisation, opening("2026-12-20"))
    add_many(organisation, 1, 7)
    return organisation


def released(organisation: Organisation) -> set[str]:
    rows = organisation.contacts().items()
    return {key for key, row in rows if row["lifecycle_stage"] == "Marketing Qualified"}


def decided(organisation: Organisation, *shards: Shard) -> Organisation:
    with organisation.open() as app, app._leased() as work:
        pull(work)
        for shard in shards:
            decide_profiles(work, shard)
    return organisation


def test_two_shards_together_let_through_no_more_than_one_worker(
    busy: Organisation, tmp_path: Path
) -> None:
    halved = decided(copied(busy, tmp_path / "halved"), *HALVES)
    decided(busy, WHOLE)

    for organisation in (busy, halved):
        assert organisation.ask("SELECT released_count FROM releases") == [(2,)]
        assert organisation.ask("SELECT count(*) FROM waiting") == [(5,)]
        owned = organisation.ask("SELECT count(*) FROM profiles WHERE owner IS NOT NULL")
        assert owned == [(2,)]


def test_a_run_in_batches_of_one_gives_what_one_batch_gives(
    busy: Organisation, tmp_path: Path
) -> None:
    single = copied(busy, tmp_path / "single")
    with single.open() as app, app._leased() as work:
        values = {name: getattr(work, name) for name in type(work).__dataclass_fields__}
        one_by_one = type(work)(**{**values, "batch": 1})
        pull(one_by_one)
        decide_profiles(one_by_one)
    decided(busy, WHOLE)

    one, many = content_of(single.ledger_file), content_of(busy.ledger_file)
    for table in ("waiting", "releases", "profiles"):
        assert [row[:6] for row in one[table]] == [row[:6] for row in many[table]]


def test_everybody_is_let_through_in_turn_two_a_week(busy: Organisation) -> None:
    gone: list[set[str]] = []
    for days in range(28):
        if days == 3:
            add_many(busy, 8, 1)  # comes last, and goes last
        busy.sync(NOW + days * DAY)
        gone.append(released(busy))

    per_week = Counter(next(d for d, names in enumerate(gone) if who in names) for who in gone[-1])
    assert per_week == {0: 2, 7: 2, 14: 2, 21: 2}  # on Mondays, when a week begins
    assert "w8" not in gone[20]
    assert gone[21] == {f"w{number}" for number in range(1, 9)}


def test_who_leaves_a_list_makes_room_in_the_same_run(busy: Organisation, tmp_path: Path) -> None:
    busy.sync()
    before = released(busy)
    ahead = copied(busy, tmp_path / "ahead")
    ahead.sync(NOW + 7 * DAY)
    for name in released(ahead) - before:
        busy.edit(name, opt_out_all="true", updated_at="2026-11-09T12:00:00Z")
    busy.sync(NOW + 7 * DAY)
    after = released(busy)

    assert len(after - before) == 2
    assert after.isdisjoint(released(ahead) - before)
    assert busy.sync(NOW + 7 * DAY).writes == {}


def test_a_quiet_day_looks_at_nobody_who_waits(busy: Organisation) -> None:
    busy.sync()
    assert woken(busy, NOW + DAY) == 0


def test_a_sync_killed_while_deciding_lets_through_nobody_twice(
    busy: Organisation, tmp_path: Path, runners: Runners
) -> None:
    killing = Killing(start=busy.folder, work=tmp_path / "work", now=NOW, runners=runners)
    points = chosen(killing.points(), {"decide": 8})
    assert len(points) == 8
    assert left_wrong(killing, points, killing.undisturbed()) == {}


def test_who_is_urgent_passes_the_list_from_the_day_it_is(qualified: Organisation) -> None:
    rules = SLOW.replace("slow:", "hold:").replace(", at_most: 2, per: week", "")
    urgent = "    never_for: {fact: wanted_date, within_next: 7 days}\n"
    with_openings(qualified, rules + urgent)
    say_openings(qualified, opening("2026-12-20"))
    qualified.edit("q1", wanted_date="2026-11-16")
    qualified.sync()
    assert released(qualified) == set()

    ((due_at,),) = qualified.ask("SELECT due_at FROM profiles")

    urgent_from = datetime.fromisoformat("2026-11-09T05:00:00+00:00")  # midnight in New York
    assert due_at == int(urgent_from.timestamp() * 1_000_000)
    qualified.sync(urgent_from)
    assert released(qualified) == {"q1"}


def test_routing_may_ask_for_openings_and_is_asked_again_as_they_change(
    qualified: Organisation,
) -> None:
    with_openings(qualified, "stale_after: 5 days\nrules: []\n")
    asks = "rules:\n  - {id: late, when: {fact: next_available_at, later_than: 14 days}, "
    qualified.reconfigure(
        "routing.yaml", "rules:\n", f"{asks}to: care_navigation, next_step: navigate_care}}\n"
    )
    say_openings(qualified, opening("2026-12-20"))
    qualified.sync()
    assert qualified.contact("q1")["owner_id"] in {"own-111", "own-112"}
    add_qualified(qualified, "q2", email="two@example.org")
    say_openings(qualified, opening("2026-11-09"))

    report = qualified.sync(NOW + DAY)

    assert report.steps["decide"]["looked_at"] == 2
    assert qualified.contact("q2")["owner_id"] in {"own-101", "own-102", "own-103"}
    stale_at = datetime.fromisoformat("2026-11-07T08:00:00+00:00")
    ((latest,),) = qualified.ask("SELECT max(due_at) FROM profiles")
    assert isinstance(latest, int)
    assert latest <= int(stale_at.timestamp() * 1_000_000)
