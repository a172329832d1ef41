"""``check --live`` compares the roster with the owners the CRM has, and names the line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.command import run
from tests.support.organisation import Organisation, make_empty, write_table
from worker.errors import ExitCode

KINDS = {"own-900": "queue"}
ALL = (
    *("own-101", "own-102", "own-103", "own-111", "own-112", "own-121", "own-122"),
    *("own-131", "own-132", "own-900", "own-000"),
)


@pytest.fixture
def organisation(tmp_path: Path) -> Organisation:
    return make_empty(tmp_path / "organisation")


def check_with(organisation: Organisation, owners: dict[str, dict[str, str]]) -> tuple[int, str]:
    rows = [
        {"owner_id": name, "active": "true", "kind": KINDS.get(name, "person"), **values}
        for name, values in owners.items()
    ]
    write_table(organisation.folder / "data/owners.csv", ("owner_id", "active", "kind"), rows)
    ended = run("check", "--live", config=organisation.folder, now=None)
    return ended.exit_code, ended.stderr


def line_of(organisation: Organisation, text: str) -> int:
    lines = (organisation.folder / "routing.yaml").read_text(encoding="utf-8").split("\n")
    return next(number for number, held in enumerate(lines, start=1) if text in held)


def test_a_roster_the_crm_knows_is_fine(organisation: Organisation) -> None:
    assert check_with(organisation, {name: {} for name in ALL}) == (0, "")


def test_an_owner_the_crm_does_not_have_is_a_problem(organisation: Organisation) -> None:
    left = {name: dict[str, str]() for name in ALL if name != "own-132"}
    line = line_of(organisation, "own-132")
    assert check_with(organisation, left) == (
        ExitCode.FOUND_PROBLEMS,
        (
            f"routing.yaml:{line}  teams.business_development.members[2].owner.files\n"
            "    Files has no owner 'own-132', so the member 'biz-2' can be given no lead.\n"
            "    hint: did you mean 'own-102'?\n"
        ),
    )


def test_a_queue_the_crm_does_not_have_is_a_problem(organisation: Organisation) -> None:
    code, said = check_with(organisation, {name: {} for name in ALL if name != "own-900"})
    assert code == ExitCode.FOUND_PROBLEMS
    assert (
        "queues.intake.owner.files\n    Files has no owner 'own-900', so the queue 'intake'" in said
    )


def test_an_inactive_owner_is_warned_of(organisation: Organisation) -> None:
    owners = {name: {"active": "false"} if name == "own-132" else {} for name in ALL}
    line = line_of(organisation, "own-132")
    assert check_with(organisation, owners) == (
        0,
        (
            f"warning: routing.yaml:{line}  teams.business_development.members[2].owner.files\n"
            "    The owner 'own-132' of files is inactive, so the member 'biz-2' is given no lead.\n"
            "    hint: write `paused: true`, or take the entry out\n"
        ),
    )


def test_a_queue_among_the_members_is_warned_of(organisation: Organisation) -> None:
    owners = {name: {"kind": "queue"} if name == "own-132" else {} for name in ALL}
    _code, said = check_with(organisation, owners)
    assert (
        "The owner 'own-132' of files is a queue there, but the member 'biz-2' is a person." in said
    )


def test_a_name_for_nobody_that_is_nobodys_is_warned_of(organisation: Organisation) -> None:
    code, said = check_with(organisation, {name: {} for name in ALL if name != "own-000"})
    assert code == 0
    assert "Files has no owner 'own-000', which is to stand for nobody." in said


def test_a_crm_that_lists_no_owner_tells_nothing(organisation: Organisation) -> None:
    assert check_with(organisation, {}) == (0, "")


def test_warnings_stand_in_the_json_as_well(organisation: Organisation) -> None:
    check_with(organisation, {name: {} for name in ALL if name != "own-000"})
    found = run("check", "--live", "--json", config=organisation.folder, now=None)
    (warning,) = json.loads(found.stdout)["warnings"]
    assert (warning["file"], warning["key"]) == ("routing.yaml", "unassigned.files")
