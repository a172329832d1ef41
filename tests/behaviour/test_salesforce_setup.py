"""``leadtriage setup salesforce``: says what a person deploys, grants or mends, and makes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.sandbox.salesforce.fields import RecordType
from connectors.sandbox.salesforce.ids import made_id
from connectors.sandbox.salesforce.metadata import deploy
from connectors.sandbox.salesforce.permission_sets import VIEW_SETUP, classify
from connectors.sandbox.salesforce.sessions import SANDBOX_SESSION
from tests.support.command import Ended, run
from tests.support.salesforce_organisation import lay_out
from tests.support.salesforce_twin import Org, serving_org
from worker.errors import ExitCode

PACKAGE = Path(__file__).parents[2] / "deploy" / "salesforce" / "force-app"
OURS = 21
ASSIGN = "`sf org assign permset --name Leadtriage_Integration --on-behalf-of <our user> --target-org <org>`"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lay_out(tmp_path_factory.mktemp("salesforce") / "organisation")


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> Iterator[Org]:
    with serving_org() as org:
        monkeypatch.setenv("LEADTRIAGE_SALESFORCE__INSTANCE_URL", org.url)
        monkeypatch.setenv("LEADTRIAGE_SALESFORCE__ACCESS_TOKEN", SANDBOX_SESSION)
        yield org


@pytest.fixture
def org(bare: Org) -> Org:
    """An org that the package was deployed to."""
    with bare.twin.lock:
        deploy(bare.twin.org, PACKAGE)
    return bare


def set_up(folder: Path, *flags: str) -> Ended:
    return run("setup", "salesforce", *flags, config=folder, now=None)


def problem(folder: Path) -> str:
    """The one thing that is found, without its file and line."""
    ended = set_up(folder)
    assert ended.exit_code == ExitCode.FOUND_PROBLEMS
    assert "1 thing for a person to do" in ended.stdout
    assert ended.stderr.startswith("systems/salesforce.yaml:")
    return ended.stderr.partition("  ")[2]


def alter(org: Org, name: str, type_: str = "Lead", **changes: object) -> None:
    with org.twin.lock:
        schema = org.twin.org.schema
        field = schema.of(type_).fields[name.lower()]
        schema.change(schema.of(type_).with_fields(replace(field, **changes)), 0)  # type: ignore[arg-type]  # any of its fields


@pytest.mark.usefixtures("bare")
def test_what_is_missing_is_named_with_the_commands_that_deploy_it(folder: Path) -> None:
    ended = set_up(folder)
    assert ended.exit_code == ExitCode.FOUND_PROBLEMS
    heads = [line for line in ended.stderr.splitlines() if not line.startswith(" ")]
    assert len(heads) == 2 * OURS + 1
    told = ended.stderr.splitlines()
    assert told[1] == (
        "    42 fields of ours are not there: write our package by `leadtriage setup salesforce --package "
        "<folder>`, and run there `sf project deploy start --source-dir force-app --target-org <org>`, "
        f"then {ASSIGN}."
    )
    assert "    The org has no field 'Leadtriage_Hand_Off_Summary__c' of Lead." in told
    assert "    allowed: Long Text Area(1000)" in told
    assert f"{2 * OURS + 1} things for a person to do; then run setup again." in ended.stdout


@pytest.mark.usefixtures("org")
def test_what_was_deployed_is_ready_and_a_second_run_says_the_same(folder: Path) -> None:
    first = set_up(folder)
    assert (first.exit_code, first.stderr) == (0, "")
    assert first.stdout.splitlines()[-2:] == [
        "Nothing was left to make: salesforce was not changed.",
        f"Next: leadtriage check --live --config {folder}",
    ]
    assert "What our login needs" in first.stdout  # an org knows no token
    assert "Leadtriage_Integration" in first.stdout
    assert set_up(folder).stdout == first.stdout


def test_it_only_ever_reads(folder: Path, org: Org) -> None:
    org.counts()
    set_up(folder)
    assert {name.partition(" ")[0] for name in org.counts()} == {"GET"}


def test_a_field_that_is_hidden_is_told_from_one_that_is_missing(folder: Path, org: Org) -> None:
    with org.twin.lock:
        org.twin.org.schema.hide("Lead", "Leadtriage_Pathway__c")
    assert problem(folder) == (
        "objects.leads.writes.pathway\n"
        "    Field-level security hides the field 'Leadtriage_Pathway__c' of Lead from our user.\n"
        "    allowed: Picklist\n"
        "    hint: grant Read and Edit on Lead.Leadtriage_Pathway__c, as Leadtriage_Integration does\n"
    )


def test_without_view_setup_a_field_may_be_either(folder: Path, org: Org) -> None:
    with org.twin.lock:
        org.twin.org.schema.hide("Lead", "Leadtriage_Pathway__c")
        org.twin.org.schema.hide_types(*VIEW_SETUP)
    ended = set_up(folder)
    assert ended.exit_code == ExitCode.FOUND_PROBLEMS
    says = "The org has no field 'Leadtriage_Pathway__c' of Lead, or field-level security hides it"
    assert says in ended.stderr
    assert "A field of ours is not there" in ended.stderr
    assert "not told" in ended.stdout


def test_a_permission_set_that_is_not_assigned_is_named_with_the_command(
    folder: Path, org: Org
) -> None:
    with org.twin.lock:
        org.twin.org.schema.hide("Contact", "Leadtriage_Pathway__c")
        org.twin.org.store.sql.execute('DELETE FROM "PermissionSetAssignment"')
    ended = set_up(folder)
    assert f"The permission set Leadtriage_Integration is not assigned to our user: {ASSIGN}." in (
        ended.stderr
    )


def test_a_set_that_our_user_has_by_a_group_is_assigned(folder: Path, org: Org) -> None:
    with org.twin.lock:
        user = org.twin.org.integration_user
        parent = next(org.twin.org.store.find("PermissionSet", {"Name": "Leadtriage_Integration"}))
        org.twin.org.store.sql.execute('DELETE FROM "PermissionSetAssignment"')
    group = org.add("PermissionSetGroup", DeveloperName="Integrations")
    org.add("PermissionSetGroupComponent", PermissionSetGroupId=group, PermissionSetId=parent["Id"])
    org.add("PermissionSetAssignment", PermissionSetGroupId=group, AssigneeId=user)
    ended = set_up(folder)
    assert (ended.exit_code, ended.stderr) == (0, "")
    assert "granted" in ended.stdout


def test_consent_that_is_hidden_names_the_permission(folder: Path, org: Org) -> None:
    with org.twin.lock:
        org.twin.org.schema.hide("Lead", "HasOptedOutOfEmail")
    assert problem(folder).splitlines() == [
        "objects.leads.writes.opt_out_email",
        "    Field-level security hides the field 'HasOptedOutOfEmail' of Lead from our user.",
        "    allowed: Checkbox",
        "    hint: grant Read and Edit on Lead.HasOptedOutOfEmail, as Leadtriage_Integration does",
    ]


def test_a_field_that_is_too_short_is_told_with_both_lengths(folder: Path, org: Org) -> None:
    alter(org, "Leadtriage_Next_Step__c", length=80)
    assert problem(folder).splitlines()[1:] == [
        "    The field 'Leadtriage_Next_Step__c' of Lead holds 80 characters, and up to 255 are written.",
        "    hint: make it longer, or write `max_length: 80`",
    ]


def test_a_field_of_another_type_is_told_with_both_types(folder: Path, org: Org) -> None:
    alter(org, "Leadtriage_Score_Total__c", type="date")
    assert problem(folder).splitlines()[1:3] == [
        "    The field 'Leadtriage_Score_Total__c' is a Date, not a Number, as it should be.",
        "    allowed: Number",
    ]


def test_a_text_in_the_place_of_a_list_is_taken(folder: Path, org: Org) -> None:
    alter(org, "Leadtriage_Pathway__c", type="string", options=())
    ended = set_up(folder)
    assert (ended.exit_code, ended.stderr) == (0, "")
    assert "held as text" in ended.stdout


def test_a_field_that_our_user_may_not_edit_is_told(folder: Path, org: Org) -> None:
    with org.twin.lock:
        org.twin.org.schema.protect("Lead", "Leadtriage_Decision_Id__c")
    assert problem(folder).splitlines()[1] == (
        "    The field 'Leadtriage_Decision_Id__c' of Lead cannot be edited by our user."
    )


def test_words_that_a_list_lacks_are_named(folder: Path, org: Org) -> None:
    with org.twin.lock:
        org.twin.org.schema.set_options(
            "Contact", "Leadtriage_Follow_Up_State__c", ["waiting", "overdue"], is_restricted=True
        )
    assert problem(folder).splitlines()[1] == (
        "    The list of 'Leadtriage_Follow_Up_State__c' of Contact has no 'reminded', 'reassigned', "
        "'escalated', 'accepted', 'followed_up'."
    )


def test_a_record_type_that_leaves_a_choice_out_is_named(folder: Path, org: Org) -> None:
    """A list that is deployed is not added to the record types that are there."""
    few = ("waiting", "reminded", "overdue", "reassigned", "escalated", "accepted")
    kind = RecordType(
        id=made_id("012", 1),
        developer_name="Partner",
        label="Partner",
        values={"Leadtriage_Follow_Up_State__c": few},
    )
    with org.twin.lock:
        org.twin.org.set_record_types("Lead", kind)
    assert problem(folder).splitlines()[1:] == [
        (
            "    The record type 'Partner' of Lead does not allow 'followed_up' in "
            "'Leadtriage_Follow_Up_State__c'."
        ),
        "    hint: allow it in Setup, Object Manager, Lead, Record Types",
    ]


# --- check --live


def check(folder: Path) -> Ended:
    return run("check", "--live", config=folder, now=None)


@pytest.mark.usefixtures("org")
def test_the_check_shows_versions_calls_and_consent(folder: Path) -> None:
    said = check(folder).stdout
    assert "62.0; the org serves 31.0 to 67.0" in said
    assert "Read on Lead.HasOptedOutOfEmail" in said
    assert "calls of 24 hours" in said


def test_the_check_fails_where_consent_is_hidden(folder: Path, org: Org) -> None:
    with org.twin.lock:
        org.twin.org.schema.hide("Contact", "DoNotCall")
    ended = check(folder)
    assert ended.exit_code == ExitCode.FOUND_PROBLEMS
    assert "hint: grant Read and Edit on Contact.DoNotCall" in ended.stderr
    assert "so nobody is taken to have agreed. Grant Read on Contact.DoNotCall." in ended.stderr


def test_without_a_way_to_log_in_it_ends_as_any_other_command_would(folder: Path) -> None:
    assert check(folder).exit_code == set_up(folder).exit_code == ExitCode.CONFIGURATION


@pytest.mark.usefixtures("org")
def test_the_check_names_the_versions_where_ours_is_not_served(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADTRIAGE_SALESFORCE__API_VERSION", "99.0")
    assert (
        "The org does not serve version 99.0 of the API, but 31.0 to 67.0. Write `api_version: 67.0` into "
        "the options."
    ) in check(folder).stderr


@pytest.mark.usefixtures("org")
def test_a_status_that_converts_is_no_stage(tmp_path: Path) -> None:
    changed = lay_out(tmp_path / "changed")
    file = changed / "systems" / "salesforce.yaml"
    text = file.read_text(encoding="utf-8")
    old = "      lifecycle_stage:   {to: Leadtriage_Stage__c, values: *stages}\n"
    new = (
        "      lead_status:       {to: Status, values: {Open - Not Contacted: lead, "
        "Closed - Converted: customer}}\n"
    )
    file.write_text(text.replace(old, old + new, 1), encoding="utf-8")
    assert problem(changed).splitlines()[1:] == [
        "    The status 'Closed - Converted' stands for a conversion, and writing it does not convert.",
        "    allowed: Open - Not Contacted, Working - Contacted, Closed - Not Converted",
        "    hint: name another status; people convert leads",
    ]


def test_a_queue_is_told_where_only_a_person_can_own(org: Org, tmp_path: Path) -> None:
    queue = org.add("Group", Name="Intake", Type="Queue")
    changed = lay_out(tmp_path / "changed")
    file = changed / "routing.yaml"
    text = file.read_text(encoding="utf-8")
    assert text.count("own-900") == 1
    file.write_text(text.replace("own-900", queue), encoding="utf-8")
    said = check(changed).stderr
    assert "a queue cannot own contacts there, and the queue 'intake' is one." in said.lower()
    assert "own leads there" not in said


def found(folder: Path, where: str) -> list[str]:
    """What a live check says of one place of the map, without the place: messages and hints."""
    ended = run("check", "--live", "--json", config=folder, now=None)
    listed = [*ended.json["problems"], *ended.json["warnings"]]
    return [f"{one['message']} {one['hint']}".strip() for one in listed if one["key"] == where]


def test_what_is_read_and_hidden_is_told_from_what_is_not_there(folder: Path, org: Org) -> None:
    with org.twin.lock:
        org.twin.org.schema.hide("Lead", "Email")
        org.twin.org.schema.hidden_types.add("Individual")
    assert found(folder, "objects.leads.fields.email.from") == [
        "Field-level security hides the field 'Email' of Lead from our user. grant Read on Lead.Email"
    ]
    (said,) = found(folder, "objects.leads.fields.opt_out_all.from")
    assert said.startswith("Our user sees no Individual of Lead: Individuals are switched off")
    assert "deploy and assign Leadtriage_Individual" in said
    (missing,) = found(folder, "objects.leads.fields.role.from")
    assert missing.startswith("The CRM has no field 'Role__c'.")
    with org.twin.lock:
        org.twin.org.schema.hidden_types |= set(VIEW_SETUP)
    (either,) = found(folder, "objects.leads.fields.role.from")
    assert either.startswith(
        "The org has no field 'Role__c' of Lead, or field-level security hides it."
    )
    assert "Object Manager, Lead, Fields & Relationships" in either
    (labels,) = found(folder, "system")
    assert labels.startswith("The org does not tell our user which fields are labelled sensitive")


def test_what_the_org_labels_sensitive_is_not_read(folder: Path, org: Org) -> None:
    with org.twin.lock:
        for name, level, *groups in (
            ("Lead.Phone", "Restricted"),
            ("Lead.Email", "Confidential", "PII"),
            ("Contact.Phone", None, "PII", "HIPAA"),
            ("Individual.HasOptedOutSolicit", "MissionCritical"),
        ):
            classify(org.twin.org, name, level, *groups)
    ended = run("check", "--live", "--json", config=folder, now=None)
    refused = [one for one in ended.json["problems"] if "is not read" in one["message"]]
    said = {one["key"]: one["message"].rpartition(": ")[2] for one in refused}
    assert said == {
        "objects.leads.fields.phone.from": "the CRM labels it sensitive.",
        "objects.contacts.fields.phone.from": "the CRM labels it sensitive.",
        "objects.leads.fields.opt_out_all.from": "the CRM labels it highly sensitive.",
        "objects.contacts.fields.opt_out_all.from": "the CRM labels it highly sensitive.",
    }


def test_a_field_that_is_too_short_is_told_once_and_so_are_owners_who_left(
    folder: Path, org: Org
) -> None:
    alter(org, "Leadtriage_Next_Step__c", length=80)
    with org.twin.lock:
        gone = org.twin.org.put_row("User", {"LastName": "Gone", "IsActive": 0})
        org.twin.org.put_row("Lead", {"LastName": "Person", "Company": "One", "OwnerId": gone})
    assert len(found(folder, "objects.leads.writes.next_step")) == 1
    assert found(folder, "objects.leads") == [
        (
            "1 of Lead have an inactive owner, and Salesforce refuses what is written to them. Give them to "
            "somebody, or deploy and assign Leadtriage_Inactive_Owners."
        )
    ]
