"""``leadtriage setup hubspot`` where something is there already: added to, or left alone and reported."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from connectors.sandbox.hubspot.definitions import ModificationMetadata, Option
from tests.support.command import Ended
from tests.support.hubspot_live import HubSpotOrganisation, remapped
from tests.support.hubspot_setup import OURS, ours, put, serving_unset, set_up, text, writes
from tests.support.hubspot_twin import Account, serving_account
from worker.errors import ExitCode


@pytest.fixture
def folder(hubspot_organisation: HubSpotOrganisation) -> Path:
    return hubspot_organisation.folder


@pytest.fixture
def crm() -> Iterator[Account]:
    with serving_unset() as account:
        yield account


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


def test_a_list_that_hubspot_would_not_part_is_reported(crm: Account, tmp_path: Path) -> None:
    mapped = remapped(
        tmp_path, "allowed_topics, as: list}", 'allowed_topics, as: list, separator: ","}'
    )
    set_up(mapped.folder, crm)
    ended = set_up(mapped.folder, crm)
    assert ended.exit_code == ExitCode.FOUND_PROBLEMS
    assert problem(ended) == (
        "objects.contacts.writes.allowed_topics\n"
        "    HubSpot parts the choices of 'leadtriage_allowed_topics' by ';' only.\n"
        '    hint: write `separator: ";"`, or take it out of the map\n'
    )


def test_a_name_that_no_property_may_have_is_reported(crm: Account, tmp_path: Path) -> None:
    mapped = remapped(tmp_path, "{to: leadtriage_decision_id}", "{to: Decision ID}")
    ended = set_up(mapped.folder, crm)
    assert (ended.exit_code, len(ours(crm))) == (ExitCode.FOUND_PROBLEMS, OURS - 1)
    assert problem(ended) == (
        "objects.contacts.writes.decision_id\n"
        "    'Decision ID' cannot be the name of a property.\n"
        "    allowed: small letters, digits and _, beginning with a letter, 100 at most\n"
        "    hint: name another property in the map\n"
    )


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
