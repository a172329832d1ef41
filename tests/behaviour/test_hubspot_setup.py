"""``leadtriage setup hubspot``: shows, then makes what the write-back needs; again, and nothing changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from connectors.sandbox.hubspot.definitions import Definition, ModificationMetadata, Option
from connectors.sandbox.hubspot.tokens import ALL_SCOPES, SANDBOX_TOKEN, Grant
from connectors.sandbox.script import Fault, FaultKind
from tests.support.command import Ended, run
from tests.support.hubspot_twin import Account, serving_account
from worker.cli.configure import copy_configuration
from worker.config.loader import load_configuration
from worker.core.wanted_fields import wanted_fields
from worker.errors import ExitCode
from worker.ports import SetsUp

OURS = 18
STAGES = ("1001", "1002", "1003")
WRITES = ("POST ", "PATCH ", "PUT ", "DELETE ")
READS = ("access-token-info", "/search", "/batch/read")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "organisation"
    copy_configuration(Path("mappings"), folder, "hubspot", dry_run=False)
    return folder


@pytest.fixture
def crm() -> Iterator[Account]:
    """An account that has the stages of the map, and nothing of ours."""
    with serving_account() as account:
        stage = account.twin.account.definitions.of("contacts")["lifecyclestage"]
        more = [Option(label=f"Stage {name}", value=name) for name in STAGES]
        put(account, msgspec.structs.replace(stage, options=(*stage.options, *more)))
        yield account


def put(crm: Account, *definitions: Definition) -> None:
    with crm.twin.lock:
        crm.twin.account.definitions.put("contacts", definitions)


def text(name: str, **more: Any) -> Definition:
    return Definition(name=name, label=name, **more)


def set_up(folder: Path, crm: Account, *flags: str, token: str = SANDBOX_TOKEN) -> Ended:
    env = {
        "LEADTRIAGE_HUBSPOT__BASE_URL": crm.url,
        "LEADTRIAGE_HUBSPOT__ACCESS_TOKEN": token,
        "COLUMNS": "120",
    }
    return run("setup", "hubspot", *flags, config=folder, now=None, env=env)


def writes(crm: Account) -> dict[str, int]:
    """What was sent since the last time that may have changed something."""
    counted = {
        name: count
        for name, count in crm.counts().items()
        if name.startswith(WRITES) and not any(read in name for read in READS)
    }
    return {name.rpartition("/")[2]: count for name, count in counted.items()}


def ours(crm: Account) -> Mapping[str, Definition]:
    found = crm.twin.account.definitions.of("contacts")
    return {name: one for name, one in found.items() if name.startswith("leadtriage_")}


def states(ended: Ended) -> dict[str, str]:
    return {field["field"]: field["state"] for field in ended.json["fields"]}


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
        "Made the field leadtriage_reason_codes of contacts.",
    ]
    assert ended.stdout.splitlines()[-2:] == [
        "hubspot now has what we make there.",
        "Next: leadtriage check --live",
    ]


def test_the_second_run_changes_nothing_and_says_so(folder: Path, crm: Account) -> None:
    set_up(folder, crm)
    before, _ = dict(ours(crm)), writes(crm)
    again = set_up(folder, crm)
    assert (again.exit_code, writes(crm), dict(ours(crm))) == (0, {}, before)
    assert again.stdout.splitlines()[-2:] == [
        "Nothing was left to make: hubspot was not changed.",
        "Next: leadtriage check --live",
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
def made(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Definition]:
    folder = tmp_path_factory.mktemp("made") / "organisation"
    copy_configuration(Path("mappings"), folder, "hubspot", dry_run=False)
    with serving_account() as account:
        set_up(folder, account)
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


def test_what_somebody_made_meanwhile_is_no_error(folder: Path, crm: Account) -> None:
    """HubSpot answers 409; the property that is there then counts."""
    connector = crm.connect()
    assert isinstance(connector, SetsUp)
    configuration = load_configuration(folder)
    plan = connector.plan_setup(wanted_fields(configuration, configuration.systems["hubspot"]))
    for _ in range(2):
        for step in plan.steps:
            connector.carry_out(step)
    assert len(ours(crm)) == OURS


# --- what is there already


def test_options_that_our_list_lacks_are_added_and_none_is_removed(
    folder: Path, crm: Account
) -> None:
    set_up(folder, crm)
    pathway = ours(crm)["leadtriage_pathway"]
    theirs = Option(label="Recruiting", value="recruiting", display_order=7, hidden=True)
    put(crm, msgspec.structs.replace(pathway, options=(pathway.options[0], theirs)))
    writes(crm)
    ended = set_up(folder, crm)
    assert "Added 2 values to leadtriage_pathway of contacts." in ended.stdout
    assert writes(crm) == {"{propertyName}": 1}
    found = ours(crm)["leadtriage_pathway"].options
    assert found[:2] == (pathway.options[0], theirs)
    assert {option.value for option in found[2:]} == {o.value for o in pathway.options[1:]}
    assert (set_up(folder, crm).exit_code, writes(crm)) == (0, {})


def problem(ended: Ended) -> str:
    """The one problem that was told, without its line."""
    head, _, rest = ended.stderr.partition("  ")
    assert head.startswith("systems/hubspot.yaml:")
    return rest


def test_a_property_of_another_type_is_reported_and_left_alone(folder: Path, crm: Account) -> None:
    theirs = text("leadtriage_decided_at", type="number", field_type="number")
    put(crm, theirs)
    ended = set_up(folder, crm)
    assert ended.exit_code == ExitCode.FOUND_PROBLEMS
    assert problem(ended) == (
        "objects.contacts.writes.decided_at\n"
        "    The property 'leadtriage_decided_at' is of the type number/number, not datetime/date, as a "
        "date and time should be.\n"
        "    allowed: datetime/date\n"
        "    hint: name another property in the map, or delete this one in HubSpot and run setup again\n"
    )
    assert ended.stdout.splitlines()[-2:] == [
        "1 thing for a person to do; then run setup again.",
        "hubspot now has what we make there.",
    ]
    assert (ours(crm)["leadtriage_decided_at"], len(ours(crm))) == (theirs, OURS)


def test_a_text_in_the_place_of_a_list_is_kept_and_works(folder: Path, crm: Account) -> None:
    put(crm, text("leadtriage_pathway"))
    ended = set_up(folder, crm, "--json")
    found = next(f for f in ended.json["fields"] if f["field"] == "leadtriage_pathway")
    assert (ended.exit_code, found["state"], found["is_blocking"]) == (0, "differs", False)
    assert found["message"] == (
        "the property 'leadtriage_pathway' is of the type string/text, not enumeration/select, as a "
        "choice should be. It is written as text, which HubSpot cannot filter by value."
    )


def test_an_archived_property_is_reported_with_what_to_do(folder: Path, crm: Account) -> None:
    put(crm, text("leadtriage_pathway", archived=True, archived_at="2026-01-01T00:00:00.000Z"))
    ended = set_up(folder, crm)
    assert ended.exit_code == ExitCode.FOUND_PROBLEMS
    assert problem(ended) == (
        "objects.contacts.writes.pathway\n"
        "    The property 'leadtriage_pathway' is archived.\n"
        "    hint: restore it under Settings, Properties, Archived properties, or name another property "
        "in the map\n"
    )
    assert ours(crm)["leadtriage_pathway"].archived


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"calculated": True}, "is calculated, so nothing can write it."),
        (
            {"modification_metadata": ModificationMetadata(read_only_value=True)},
            "is read-only, so nothing can write it.",
        ),
        (
            {"data_sensitivity": "sensitive"},
            "holds sensitive data, which is never written.",
        ),
    ],
)
def test_a_property_that_may_not_be_written_is_reported(
    folder: Path, crm: Account, more: Mapping[str, Any], why: str
) -> None:
    put(crm, text("leadtriage_decision_id", **more))
    ended = set_up(folder, crm)
    assert ended.exit_code == ExitCode.FOUND_PROBLEMS
    assert f"    The property 'leadtriage_decision_id' {why}\n" in ended.stderr


def test_stages_are_for_a_person_to_make_and_it_is_said_how(folder: Path) -> None:
    with serving_account() as crm:
        stage = crm.twin.account.definitions.of("contacts")["lifecyclestage"]
        made = [Option(label="Nurture", value="98765"), Option(label="Recycled", value="1002")]
        put(crm, msgspec.structs.replace(stage, options=(*stage.options, *made)))
        ended = set_up(folder, crm)
        assert (ended.exit_code, len(ours(crm))) == (ExitCode.FOUND_PROBLEMS, OURS)
        assert problem(ended) == (
            "objects.contacts.writes.lifecycle_stage\n"
            "    The list of 'lifecyclestage' has no '1001' (Nurture), '1003' (Disqualified).\n"
            "    allowed: evangelist (Evangelist), other (Other), 98765 (Nurture)\n"
            "    hint: make the stage (Nurture, Disqualified) under Settings, Objects, Contacts, Lifecycle "
            "Stage, and put the number that HubSpot gives it as internal name into the map; or put the "
            "name of another stage there\n"
        )


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
        "The account has room for 5 more custom properties of contacts, and 18 are missing. Archive "
        "some that nobody uses, or take lines out of `writes`. Nothing was changed."
    )


def test_a_system_that_is_not_there_is_named_with_those_that_are(folder: Path) -> None:
    ended = run("setup", "salesforce", config=folder, now=None)
    assert (ended.exit_code, ended.stderr) == (
        ExitCode.CONFIGURATION,
        "There is no system 'salesforce'. There are: hubspot.\n",
    )


def test_a_folder_of_tables_needs_no_set_up(tmp_path: Path) -> None:
    copy_configuration(Path("mappings"), tmp_path / "files", None, dry_run=False)
    (tmp_path / "files" / "data").mkdir()
    ended = run("setup", "files", config=tmp_path / "files", now=None)
    assert (ended.exit_code, ended.stdout) == (
        0,
        "files needs no set-up: what is written to it gets a place by itself.\n",
    )
