"""Nobody is handed off for whom there is no time, and nobody who waits is forgotten.

The lead ``q1`` qualifies and asks for orthopedics; its site is not known unless a test says so. The
first run is on Monday, 2 November 2026, at 10:00 in New York.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.command import run
from tests.support.openings import (
    UNDATED,
    opening,
    openings_file,
    say_openings,
    with_openings,
    woken,
)
from tests.support.organisation import NOW, Organisation, add_qualified, reasons_of
from worker.report.explain import explain_json
from worker.steps.inspect import report_lead

HOLD = """
stale_after: 40 days
rules:
  - id: full
    service_line: orthopedics
    hold: {when_wait_longer_than: 21 days, resume_when: 14 days}
"""
SLOW = """
stale_after: 40 days
rules:
  - id: busy
    service_line: orthopedics
    slow: {when_wait_longer_than: 10 days, resume_when: 7 days, at_most: 2, per: day}
"""
DAY = timedelta(days=1)
WAITING = "QUALIFIED_WAITING_CAPACITY"


def handed_off(organisation: Organisation) -> list[str]:
    rows = organisation.contacts().items()
    return sorted(key for key, row in rows if row["lifecycle_stage"] == "Marketing Qualified")


def waiting(organisation: Organisation) -> list[str]:
    rows = organisation.contacts().items()
    return sorted(k for k, row in rows if row["reason_codes"].split(";")[0] == WAITING)


def test_a_full_site_holds_the_lead_without_owner_or_step(qualified: Organisation) -> None:
    with_openings(qualified, HOLD)
    say_openings(qualified, opening("2026-12-01"))

    qualified.sync()

    row = qualified.contact("q1")
    assert (row["lifecycle_stage"], row["owner_id"], row["next_step"]) == ("Lead", "", "")
    assert reasons_of(qualified, "q1")[0] == WAITING


def test_an_early_opening_holds_nobody(qualified: Organisation) -> None:
    with_openings(qualified, HOLD)
    say_openings(qualified, opening("2026-11-20"))

    qualified.sync()

    assert handed_off(qualified) == ["q1"]
    assert WAITING not in reasons_of(qualified, "q1")


def test_a_new_opening_wakes_who_waits_and_nobody_else(qualified: Organisation) -> None:
    with_openings(qualified, HOLD)
    add_qualified(qualified, "q2", email="two@example.org", service_line="cardiology")
    say_openings(qualified, opening("2026-12-01"))
    qualified.sync()
    assert (handed_off(qualified), waiting(qualified)) == (["q2"], ["q1"])

    say_openings(qualified, opening("2026-11-09"))

    assert woken(qualified, NOW + DAY) == 1
    qualified.sync(NOW + DAY)
    assert handed_off(qualified) == ["q1", "q2"]


def test_a_wait_that_flickers_around_the_limit_moves_nobody(qualified: Organisation) -> None:
    with_openings(qualified, HOLD)
    say_openings(qualified, opening("2026-11-25"))  # 23 days: held
    qualified.sync()
    for days, opens in ((1, "2026-11-20"), (2, "2026-11-26"), (3, "2026-11-21")):
        say_openings(qualified, opening(opens))  # 17, 22 and 16 days
        qualified.sync(NOW + days * DAY)
        assert waiting(qualified) == ["q1"], days

    say_openings(qualified, opening("2026-11-19"))  # 12.6 days on the 6th
    qualified.sync(NOW + 4 * DAY)
    assert handed_off(qualified) == ["q1"]


def test_who_comes_later_does_not_pass_who_waits(qualified: Organisation) -> None:
    with_openings(qualified, HOLD)
    say_openings(qualified, opening("2026-11-25"))
    qualified.sync()
    add_qualified(qualified, "q2", email="two@example.org")
    say_openings(qualified, opening("2026-11-20"))  # 17 days: q1 still waits

    qualified.sync(NOW + DAY)

    assert waiting(qualified) == ["q1", "q2"]


def test_time_alone_lets_a_lead_go_and_not_before(qualified: Organisation) -> None:
    with_openings(qualified, HOLD)
    say_openings(qualified, opening("2026-12-01T05:00:00Z"))
    qualified.sync()

    ((due_at,),) = qualified.ask("SELECT due_at FROM profiles")

    resumes = NOW.replace(day=17, hour=5)  # 14 days before the opening
    assert due_at == int(resumes.timestamp() * 1_000_000)
    qualified.sync(resumes - timedelta(seconds=1))
    assert waiting(qualified) == ["q1"]
    qualified.sync(resumes)
    assert handed_off(qualified) == ["q1"]


def test_a_lead_that_was_handed_off_is_never_taken_back(qualified: Organisation) -> None:
    with_openings(qualified, HOLD)
    say_openings(qualified, opening("2026-11-09"))
    qualified.sync()
    owner = qualified.contact("q1")["owner_id"]

    say_openings(qualified, opening("2027-01-09"))
    qualified.edit("q1", first_name="Quil")
    qualified.sync(NOW + DAY)

    assert handed_off(qualified) == ["q1"]
    assert qualified.contact("q1")["owner_id"] == owner != ""


def test_a_slowed_list_lets_through_so_many_a_day_in_turn(qualified: Organisation) -> None:
    with_openings(qualified, SLOW)
    say_openings(qualified, opening("2026-12-01"))
    qualified.sync()
    for number in (2, 3, 4):
        add_qualified(qualified, f"q{number}", email=f"n{number}@example.org")
    qualified.sync(NOW + timedelta(hours=1))  # one more today
    first = handed_off(qualified)
    assert len(first) == 2
    assert "q1" in first

    qualified.sync(NOW + timedelta(hours=2))
    assert handed_off(qualified) == first
    assert woken(qualified, NOW + DAY) == 2
    qualified.sync(NOW + DAY)
    assert len(handed_off(qualified)) == 4


def test_a_table_that_vanishes_stops_nothing(qualified: Organisation) -> None:
    with_openings(qualified, HOLD.replace("40 days", "2 days"))
    say_openings(qualified, opening("2026-12-01"))
    qualified.sync()
    openings_file(qualified).unlink()
    add_qualified(qualified, "q2", email="two@example.org")

    report = qualified.sync(NOW + DAY)

    assert report.steps["pull files openings"]["missing"] == 1
    assert waiting(qualified) == ["q1", "q2"]  # what was last known holds until it is stale
    qualified.sync(NOW + 3 * DAY)
    assert handed_off(qualified) == ["q1", "q2"]
    assert "AVAILABILITY_UNKNOWN" in reasons_of(qualified, "q1")


def test_rows_that_vanish_are_forgotten(qualified: Organisation) -> None:
    with_openings(qualified, HOLD)
    say_openings(qualified, opening("2026-12-01"))
    qualified.sync()
    say_openings(qualified)

    qualified.sync(NOW + DAY)

    assert qualified.ask("SELECT count(*) FROM availability") == [(0,)]
    assert handed_off(qualified) == ["q1"]


@pytest.mark.parametrize(
    ("damaged", "column"),
    [
        ({"next_available": "soon"}, "next_available"),
        ({"clinic": "atlantis"}, "clinic"),
        ({"service": "alchemy"}, "service"),
        ({"slots": "many"}, "slots"),
        ({"as_of": ""}, "as_of"),
    ],
)
def test_a_damaged_row_is_put_aside_alone(
    damaged: dict[str, str], column: str, qualified: Organisation
) -> None:
    with_openings(qualified, HOLD)
    say_openings(qualified, {**opening("2026-11-03"), **damaged}, opening("2026-12-01"))

    qualified.sync()

    assert qualified.ask("SELECT id FROM availability") == [("o2",)]
    found = qualified.ask("SELECT record_id, column_name FROM quarantine")
    assert found == [("o1", column)]
    assert waiting(qualified) == ["q1"]


def test_a_row_of_which_no_line_is_known_is_shown_by_its_id(qualified: Organisation) -> None:
    with_openings(qualified, HOLD)
    say_openings(qualified, {**opening("2026-11-03"), "clinic": "atlantis"}, opening("2026-12-01"))
    qualified.sync()

    shown = run("audit", "quarantine", config=qualified.folder, now=None).stdout

    (row,) = (line.split() for line in shown.splitlines() if line.startswith("files "))
    assert row[2:5] == ["id", "o1", "clinic"]


def test_nobody_waits_for_what_is_not_known_unless_told_to(qualified: Organisation) -> None:
    with_openings(qualified, HOLD + "    unknown: hold\n")
    say_openings(qualified, {**opening("2026-12-01"), "service": "cardiology"})
    qualified.sync()
    assert reasons_of(qualified, "q1")[:2] == [WAITING, "AVAILABILITY_UNKNOWN"]

    qualified.reconfigure("availability.yaml", "unknown: hold", "unknown: proceed")
    qualified.sync(NOW + DAY)
    assert handed_off(qualified) == ["q1"]
    assert "AVAILABILITY_UNKNOWN" in reasons_of(qualified, "q1")


def test_what_has_no_date_of_its_own_is_as_old_as_its_last_reading(
    qualified: Organisation,
) -> None:
    with_openings(qualified, HOLD.replace("40 days", "2 days"), UNDATED)
    say_openings(qualified, opening("2026-12-01"))
    for day in range(4):
        qualified.sync(NOW + day * DAY)
        assert waiting(qualified) == ["q1"], day


def test_a_second_run_writes_nothing(qualified: Organisation) -> None:
    with_openings(qualified, SLOW.replace("at_most: 2", "at_most: 1"))
    add_qualified(qualified, "q2", email="two@example.org")
    say_openings(qualified, opening("2026-12-01"))
    qualified.sync()
    assert (len(handed_off(qualified)), len(waiting(qualified))) == (1, 1)

    report = qualified.sync(NOW + timedelta(minutes=5))

    assert report.writes == {}
    assert report.steps["decide"]["looked_at"] == 0


def test_without_the_table_and_the_rules_nothing_changes(qualified: Organisation) -> None:
    qualified.sync()

    assert handed_off(qualified) == ["q1"]
    assert qualified.ask("SELECT count(*) FROM availability_readers") == [(0,)]


def test_explain_says_what_holds_the_lead_and_what_would_let_it_go(
    qualified: Organisation,
) -> None:
    with_openings(qualified, HOLD)
    say_openings(qualified, opening("2026-12-01T05:00:00Z"))
    qualified.sync()

    with qualified.open() as app:
        work = app.looking()
        found = explain_json(work.ruleset, report_lead(work, "q1"))

    assert found["availability"] == {
        "rule": "full",
        "service_line": "orthopedics",
        "site": "boston_main",
        "held_by": "hold",
        "next_at": "2026-12-01T05:00:00+00:00",
        "open_slots": 3,
        "as_of": "2026-11-02T08:00:00+00:00",
        "qualified_at": "2026-11-02T15:00:00+00:00",
        "ahead": None,
        "resumes_when_wait_is": 14.0,
        "again_at": "2026-11-17T05:00:00+00:00",
    }
    assert found["changes_by_itself_at"] == "2026-11-17T05:00:00+00:00"
    assert isinstance(found["today"], dict)
    assert found["today"]["verdict"] == "hold"
