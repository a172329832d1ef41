"""An opt-out is carried to the other records of the person, and a clock runs until it stands there."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.command import run
from tests.support.organisation import NOW, Organisation, add_qualified
from worker.errors import ExitCode
from worker.log import configure_logging

HOUR = timedelta(hours=1)
DEADLINE = "2026-11-18T05:00:00+00:00"
"""The end of 17 November in New York: ten business days after 2 November, less Veterans Day."""
CARRY = "opt_out_email:     {to: opt_out_email}"


@pytest.fixture
def twice(qualified: Organisation) -> Organisation:
    """One person with two records, after a first run."""
    qualified.add_contact(
        "q2", first_name="Quilla", email="quilla@example.org", lead_type="Patient"
    )
    qualified.sync()
    return qualified


@pytest.fixture
def alone(qualified: Organisation) -> Organisation:
    """The same, where the worker may not write the opt-out."""
    qualified.reconfigure("systems/files.yaml", CARRY, "")
    qualified.add_contact(
        "q2", first_name="Quilla", email="quilla@example.org", lead_type="Patient"
    )
    qualified.sync()
    return qualified


def opt_out(organisation: Organisation, record_id: str = "q2") -> Organisation:
    organisation.edit(record_id, opt_out_email="true")
    organisation.sync(NOW + HOUR)
    return organisation


def listed(organisation: Organisation, at: str = "2026-11-02T17:00:00Z") -> dict[str, object]:
    found = run("consent", "--json", config=organisation.folder, now=at).json
    return dict(found)


def endings(organisation: Organisation) -> list[tuple[object, ...]]:
    return organisation.ask("SELECT id, ending FROM revocations ORDER BY id")


def test_an_opt_out_is_written_to_the_other_record(twice: Organisation) -> None:
    assert opt_out(twice).contact("q1")["opt_out_email"] == "true"


def test_what_is_let_through_and_released_is_what_is_written(twice: Organisation) -> None:
    twice.edit("q1", lifecycle_stage="Customer")
    twice.edit("q2", opt_out_email="true")
    report = twice.sync(NOW + HOUR)
    pushed = report.steps["push"]
    assert pushed["let_through"] > 0
    assert pushed["let_through"] + pushed["released"] == sum(report.writes.values())


@pytest.mark.parametrize("stage", ["Sales Qualified", "Opportunity", "Customer"])
def test_so_it_is_where_the_stage_belongs_to_people(twice: Organisation, stage: str) -> None:
    twice.edit("q1", lifecycle_stage=stage)
    before = twice.contact("q1")
    after = opt_out(twice).contact("q1")
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"opt_out_email", "allowed_channels", "hand_off_summary", "next_step"}
    assert "email" not in after["allowed_channels"].split(";")
    assert before["hand_off_summary"].startswith("Contact by e-mail about")
    assert after["hand_off_summary"].startswith(
        "E-mail (not permitted). Contact by no channel about"
    )
    assert after["next_step"] == f"E-mail (not permitted). {before['next_step']}"


def test_a_closed_channel_is_taken_back_where_somebody_put_it_by_hand(twice: Organisation) -> None:
    twice.edit("q1", lifecycle_stage="Opportunity", allowed_channels="email;mail;phone;sms")
    assert opt_out(twice).contact("q1")["allowed_channels"] == "phone;sms;mail"
    assert twice.sync(NOW + 2 * HOUR).writes == {}


def test_what_was_written_everywhere_is_settled(twice: Organisation) -> None:
    assert endings(opt_out(twice)) == [("q2", "shown")]


def test_a_second_run_writes_nothing_more(twice: Organisation) -> None:
    assert opt_out(twice).sync(NOW + 2 * HOUR).writes == {}


def test_other_opt_outs_and_consents_are_left_alone(twice: Organisation) -> None:
    twice.edit("q2", consent_phone="false", opt_out_phone="false")
    before = twice.contact("q1")
    after = opt_out(twice).contact("q1")
    names = [name for name in after if name.startswith(("consent_", "opt_out_", "email_"))]
    assert [name for name in names if after[name] != before[name]] == ["opt_out_email"]


def test_a_record_that_comes_later_shows_what_was_said_before(twice: Organisation) -> None:
    opt_out(twice)
    twice.add_contact("q3", first_name="Quilla", email="quilla@example.org")
    twice.sync(NOW + 2 * HOUR)
    assert twice.contact("q3")["opt_out_email"] == "true"
    twice.edit("q1", opt_out_email="false")
    twice.sync(NOW + 3 * HOUR)
    assert twice.contact("q1")["opt_out_email"] == "false"


def test_what_closed_an_address_for_others_holds_while_it_cannot_be_read(
    qualified: Organisation,
) -> None:
    shared = {"phone": "+1 617-523-1000", "consent_phone": "true"}
    qualified.edit("q1", **shared)
    qualified.add_contact("f1", first_name="Zed", email="zed@example.org", **shared)
    for hour, word in enumerate(("true", "perhaps")):
        qualified.edit("f1", opt_out_phone=word)
        qualified.sync(NOW + hour * HOUR)
        closed = qualified.ask("SELECT count(*) FROM contact_points WHERE opt_outs != ''")
        assert closed == [(2,)], word
    qualified.edit("f1", opt_out_phone="false")
    qualified.sync(NOW + 3 * HOUR)
    assert qualified.ask("SELECT count(*) FROM contact_points WHERE opt_outs != ''") == [(0,)]


def test_taking_it_back_is_never_written(twice: Organisation) -> None:
    opt_out(twice).edit("q2", opt_out_email="false")
    twice.sync(NOW + 2 * HOUR)
    assert twice.contact("q1")["opt_out_email"] == "true"
    assert twice.contact("q2")["opt_out_email"] == "false"


def test_a_person_who_clears_it_where_we_wrote_it_is_not_overruled(twice: Organisation) -> None:
    opt_out(twice).edit("q1", opt_out_email="false")
    twice.sync(NOW + 2 * HOUR)
    assert twice.contact("q1")["opt_out_email"] == "false"
    twice.add_contact("q3", first_name="Quilla", email="quilla@example.org")
    twice.sync(NOW + 3 * HOUR)
    assert twice.contact("q1")["opt_out_email"] == "false"


def test_a_second_opt_out_is_carried_again(twice: Organisation) -> None:
    opt_out(twice).edit("q2", opt_out_email="")
    twice.edit("q1", opt_out_email="")
    twice.sync(NOW + 2 * HOUR)
    twice.edit("q2", opt_out_email="true")
    twice.sync(NOW + 3 * HOUR)
    assert twice.contact("q1")["opt_out_email"] == "true"


def test_an_opt_out_that_cannot_be_written_is_listed(alone: Organisation) -> None:
    found = listed(opt_out(alone))
    assert found == {
        "open": 1,
        "due": 0,
        "overdue": 0,
        "revocations": [
            {
                "record": "files:contacts:q2",
                "fact": "opt_out_email",
                "seen_at": "2026-11-02T16:00:00+00:00",
                "deadline_at": DEADLINE,
                "business_days_left": 10,
                "state": "open",
                "missing": ["files:contacts:q1"],
                "cannot_be_shown": [],
            }
        ],
    }


@pytest.mark.parametrize(
    ("at", "state", "exit_code"),
    [
        ("2026-11-11T20:00:00Z", "open", ExitCode.OK),
        ("2026-11-12T15:00:00Z", "due", ExitCode.FOUND_PROBLEMS),
        ("2026-11-18T04:59:59Z", "due", ExitCode.FOUND_PROBLEMS),
        ("2026-11-18T05:00:00Z", "overdue", ExitCode.FOUND_PROBLEMS),
    ],
)
def test_the_alarm_is_raised_before_the_deadline(
    alone: Organisation, at: str, state: str, exit_code: ExitCode
) -> None:
    ended = run("consent", "--json", config=opt_out(alone).folder, now=at)
    assert (ended.json["revocations"][0]["state"], ended.exit_code) == (state, exit_code)


def test_people_read_the_deadline_as_their_clock_shows_it(alone: Organisation) -> None:
    ended = run("consent", config=opt_out(alone).folder, now=str(NOW))
    assert ended.stdout.splitlines() == [
        "1 opt-out not shown everywhere",
        "2026-11-18 00:00 EST  open, 10 business days left: opt_out_email",
        "  said by     files:contacts:q2, seen 2026-11-02",
        "  missing in  files:contacts:q1",
    ]


def test_an_opt_out_that_was_let_stand_is_not_said_to_stand_everywhere(twice: Organisation) -> None:
    opt_out(twice).edit(
        "q2", opt_out_email="false"
    )  # taken back where it was said, and there alone
    twice.sync(NOW + 2 * HOUR)
    ended = run("consent", config=twice.folder, now=str(NOW))
    assert ended.stdout.startswith("No opt-out waits to be written to another record. ")


def test_the_report_of_a_run_counts_them(alone: Organisation) -> None:
    report = opt_out(alone).sync(datetime(2026, 11, 18, 6, tzinfo=UTC))
    counts = report.revocations
    assert (counts.open, counts.due, counts.overdue) == (1, 0, 1)


def test_a_line_of_the_log_counts_them(
    alone: Organisation, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging("info", as_json=True)
    opt_out(alone).sync(datetime(2026, 11, 18, 6, tzinfo=UTC))
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    (last,) = [line for line in lines if line["event"] == "revocations_open"][-1:]
    assert last["counts"] == {"open": 1, "due": 0, "overdue": 1}
    assert "masked" not in last


def test_it_is_settled_once_somebody_enters_it(alone: Organisation) -> None:
    opt_out(alone).edit("q1", opt_out_email="yes")
    alone.sync(NOW + 2 * HOUR)
    assert endings(alone)[1] == ("q2", "shown")
    assert listed(alone)["open"] == 0


def test_it_ends_when_it_is_taken_back(alone: Organisation) -> None:
    opt_out(alone).edit("q2", opt_out_email="")
    alone.sync(NOW + 2 * HOUR)
    assert endings(alone) == [("q2", "lifted")]


def test_an_opt_out_after_a_return_starts_another_clock(alone: Organisation) -> None:
    opt_out(alone).edit("q2", opt_out_email="")
    alone.sync(NOW + 2 * HOUR)
    alone.edit("q2", opt_out_email="true")
    alone.sync(NOW + 3 * HOUR)
    assert sorted(endings(alone), key=str) == [("q2", "lifted"), ("q2", None)]


def test_deleting_who_said_it_does_not_stop_the_clock(alone: Organisation) -> None:
    opt_out(alone).delete("q2")
    alone.sync(NOW + 2 * HOUR)
    assert listed(alone)["open"] == 1


def test_a_deleted_record_is_still_carried_to_the_others(alone: Organisation) -> None:
    opt_out(alone).delete("q2")
    alone.sync(NOW + 2 * HOUR)
    alone.reconfigure("systems/files.yaml", "opt_out_all:       {to: opt_out_all}", CARRY)
    alone.sync(NOW + 3 * HOUR)
    assert alone.contact("q1")["opt_out_email"] == "true"
    assert endings(alone)[0] == ("q2", "shown")


def test_it_ends_when_nobody_is_left(alone: Organisation) -> None:
    opt_out(alone).delete("q1", "q2")
    alone.sync(NOW + 2 * HOUR)
    assert endings(alone) == [("q2", "gone")]


def test_it_goes_along_when_records_become_one_person(alone: Organisation) -> None:
    add_qualified(alone, "q9", email="elsewhere@example.org")
    opt_out(alone)
    alone.edit("q9", email="quilla@example.org")
    alone.sync(NOW + 2 * HOUR)
    assert listed(alone)["revocations"][0]["missing"] == [
        "files:contacts:q1",
        "files:contacts:q9",
    ]


def test_consent_taken_back_is_a_revocation_where_others_still_agree(alone: Organisation) -> None:
    alone.edit("q2", consent_email="true")
    alone.sync(NOW + HOUR)
    alone.edit("q2", consent_email="false")
    alone.sync(NOW + 2 * HOUR)
    found = listed(alone)["revocations"][0]
    assert (found["fact"], found["missing"]) == ("consent_email", ["files:contacts:q1"])


def test_a_box_that_was_never_ticked_starts_no_clock(alone: Organisation) -> None:
    alone.edit("q2", consent_email="false")
    alone.sync(NOW + HOUR)
    assert listed(alone)["open"] == 0


def test_a_killed_run_counts_it_once(alone: Organisation) -> None:
    opt_out(alone)
    alone.tell("DELETE FROM bookmarks")
    alone.sync(NOW + 2 * HOUR)
    assert endings(alone) == [("q2", None)]
