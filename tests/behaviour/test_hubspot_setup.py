"""``leadtriage setup hubspot``: shows, then makes what the write-back needs; again, and nothing changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from connectors.sandbox.hubspot.definitions import Definition
from connectors.sandbox.hubspot.tokens import ALL_SCOPES, Grant
from connectors.sandbox.script import Fault, FaultKind
from tests.support.command import run
from tests.support.hubspot_live import HubSpotOrganisation
from tests.support.hubspot_setup import OURS, ours, serving_unset, set_up, states, writes
from tests.support.hubspot_twin import Account, serving_account
from worker.core.wanted_fields import wanted_fields
from worker.errors import ExitCode
from worker.ports import SetsUp


@pytest.fixture
def folder(hubspot_organisation: HubSpotOrganisation) -> Path:
    return hubspot_organisation.folder


@pytest.fixture
def crm() -> Iterator[Account]:
    with serving_unset() as account:
        yield account


# --- making


def test_what_is_missing_is_made_in_a_group_of_its_own(folder: Path, crm: Account) -> None:
    ended = set_up(folder, crm)
    assert (ended.exit_code, ended.stderr) == (0, "")
    made = ours(crm)
    assert {one.group_name for one in made.values()} == {"leadtriage"}
    assert writes(crm) == {"groups": 1, "contacts": OURS}
    said = [line for line in ended.stdout.splitlines() if line.startswith("Made")]
    assert said[:2] == [
        "Made the group leadtriage of contacts.",
        "Made the field leadtriage_opt_out_all of contacts.",
    ]
    assert ended.stdout.splitlines()[-2:] == [
        "hubspot now has what we make there.",
        f"Next: leadtriage check --live --config {folder}",
    ]


def test_the_second_run_changes_nothing_and_says_so(folder: Path, crm: Account) -> None:
    set_up(folder, crm)
    before, _ = dict(ours(crm)), writes(crm)
    again = set_up(folder, crm)
    assert (again.exit_code, writes(crm), dict(ours(crm))) == (0, {}, before)
    assert again.stdout.splitlines()[-2:] == [
        "Nothing was left to make: hubspot was not changed.",
        f"Next: leadtriage check --live --config {folder}",
    ]


@pytest.mark.parametrize(
    ("name", "type_", "field_type"),
    [
        ("reason_codes", "enumeration", "checkbox"),
        ("allowed_channels", "enumeration", "checkbox"),
        ("allowed_topics", "enumeration", "checkbox"),
        ("pathway", "enumeration", "select"),
        ("nurture_track", "enumeration", "select"),
        ("follow_up_state", "enumeration", "select"),
        ("next_step", "string", "text"),
        ("hand_off_summary", "string", "textarea"),
        ("next_step_due_at", "datetime", "date"),
        ("decided_at", "datetime", "date"),
        ("score_total", "number", "number"),
        ("decision_id", "string", "text"),
    ],
)
def test_each_value_has_a_type_that_an_admin_expects(
    made: Mapping[str, Definition], name: str, type_: str, field_type: str
) -> None:
    found = made[f"leadtriage_{name}"]
    assert (found.type, found.field_type) == (type_, field_type)
    assert found.label.startswith("Leadtriage ")
    assert found.description.endswith(".")


@pytest.fixture(scope="module")
def made(hubspot_organisation: HubSpotOrganisation) -> Mapping[str, Definition]:
    with serving_account() as account:
        set_up(hubspot_organisation.folder, account)
        return dict(ours(account))


@pytest.mark.parametrize(
    ("name", "value", "label"),
    [
        ("reason_codes", "INTENT_APPOINTMENT_REQUEST", "Asked for an appointment"),
        ("pathway", "b2b", "Organisation"),
        ("allowed_channels", "sms", "Text message"),
        ("follow_up_state", "followed_up", "Followed up"),
    ],
)
def test_choices_are_the_words_we_write_under_labels_for_people(
    made: Mapping[str, Definition], name: str, value: str, label: str
) -> None:
    options = {option.value: option.label for option in made[f"leadtriage_{name}"].options}
    assert options[value] == label


def test_a_dry_run_shows_the_same_and_changes_nothing(folder: Path, crm: Account) -> None:
    ended = set_up(folder, crm, "--dry-run")
    assert (ended.exit_code, writes(crm), dict(ours(crm))) == (0, {}, {})
    assert "Would make the field leadtriage_decision_id of contacts." in ended.stdout
    assert ended.stdout.splitlines()[-1] == "Nothing was changed."


def test_the_json_says_how_each_field_stands_and_what_was_done(folder: Path, crm: Account) -> None:
    first = set_up(folder, crm, "--json").json
    assert set(first) == {
        "system", "is_dry_run", "is_ready", "fields", "steps", "permissions", "problems",
    }  # fmt: skip
    assert set(first["fields"][0]) == {
        "object_type", "field", "written", "label", "holds", "values", "state", "missing_values",
        "message", "hint", "is_blocking",
    }  # fmt: skip
    assert set(first["steps"][0]) == {"act", "object_type", "name", "values", "is_done"}
    assert (first["is_ready"], {step["is_done"] for step in first["steps"]}) == (True, {True})
    again = set_up(folder, crm, "--json")
    assert (again.json["is_ready"], again.json["steps"]) == (True, [])
    assert set(states(again).values()) == {"ready"}


# --- killed half-way


@pytest.mark.parametrize(
    ("kind", "skip"), [(FaultKind.DROP, 0), (FaultKind.LOST, 8), (FaultKind.LOST, OURS - 1)]
)
def test_killed_between_two_creations_the_next_run_finishes(
    folder: Path, crm: Account, kind: FaultKind, skip: int
) -> None:
    crm.twin.script.add(Fault(kind=kind, endpoint="POST /crm/v3/properties/contacts", skip=skip))
    assert set_up(folder, crm).exit_code == ExitCode.UNAVAILABLE
    assert len(ours(crm)) == skip + (kind is FaultKind.LOST)
    assert set_up(folder, crm).exit_code == 0
    assert len(ours(crm)) == OURS
    writes(crm)
    assert (set_up(folder, crm).exit_code, writes(crm)) == (0, {})


def test_killed_after_the_group_the_next_run_makes_no_second_one(
    folder: Path, crm: Account
) -> None:
    crm.twin.script.add(Fault(kind=FaultKind.LOST, endpoint="POST */groups"))
    assert set_up(folder, crm).exit_code == ExitCode.UNAVAILABLE
    writes(crm)
    assert (set_up(folder, crm).exit_code, writes(crm)) == (0, {"contacts": OURS})


def test_what_somebody_made_meanwhile_is_no_error(
    hubspot_organisation: HubSpotOrganisation, crm: Account
) -> None:
    """HubSpot answers 409; the property that is there then counts."""
    connector = crm.connect()
    assert isinstance(connector, SetsUp)
    configuration = hubspot_organisation.configuration
    plan = connector.plan_setup(wanted_fields(configuration, configuration.systems["hubspot"]))
    for _ in range(2):
        for step in plan.steps:
            connector.carry_out(step)
    assert len(ours(crm)) == OURS


# --- what stands in the way


def test_a_scope_that_is_missing_is_named_before_anything_is_made(
    folder: Path, crm: Account
) -> None:
    crm.twin.tokens.grants["narrow"] = Grant(scopes=ALL_SCOPES - {"crm.schemas.contacts.write"})
    ended = set_up(folder, crm, token="narrow")
    assert (ended.exit_code, writes(crm)) == (ExitCode.NO_PERMISSION, {})
    assert ended.stderr == (
        "The token lacks: crm.schemas.contacts.write. Grant it and run setup again.\n"
    )
    assert "crm.schemas.contacts.write  setup alone" in ended.stdout


def test_where_hubspot_does_not_tell_scopes_the_refusal_names_them(
    folder: Path, crm: Account
) -> None:
    crm.twin.tokens.grants["narrow"] = Grant(
        scopes=ALL_SCOPES - {"crm.schemas.contacts.write"}, is_private_app=False
    )
    ended = set_up(folder, crm, token="narrow")
    assert ended.exit_code == ExitCode.NO_PERMISSION
    assert "would not create a group of properties, leadtriage (403, MISSING_SCOPES" in ended.stderr
    assert "It needs: crm.schemas.contacts.write." in ended.stderr.replace("\n", " ")
    assert "not told" in ended.stdout


def test_once_set_up_the_scope_for_it_may_be_taken_away(folder: Path, crm: Account) -> None:
    set_up(folder, crm)
    crm.twin.tokens.grants["narrow"] = Grant(scopes=ALL_SCOPES - {"crm.schemas.contacts.write"})
    assert set_up(folder, crm, token="narrow").exit_code == 0


def test_an_account_without_room_is_told_before_anything_is_made(
    folder: Path, crm: Account
) -> None:
    crm.twin.account.most_custom_properties = 5
    ended = set_up(folder, crm)
    assert (ended.exit_code, writes(crm)) == (ExitCode.CONFIGURATION, {})
    assert " ".join(ended.stderr.split()) == (
        "The account has room for 5 more custom properties of contacts, and 22 are missing. Archive "
        "some that nobody uses, or take lines out of `writes`. Nothing was changed."
    )


def test_a_system_that_is_not_there_is_named_with_those_that_are(folder: Path) -> None:
    ended = run("setup", "salesforce", config=folder, now=None)
    assert (ended.exit_code, ended.stderr) == (
        ExitCode.CONFIGURATION,
        "There is no system 'salesforce'. There are: hubspot.\n",
    )
