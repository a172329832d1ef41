"""``check --live`` on HubSpot: each thing that does not fit is told once, at its line of the map."""

from __future__ import annotations

from pathlib import Path

from connectors.sandbox.hubspot.definitions import ModificationMetadata, Option
from connectors.sandbox.hubspot.owners import Owner, put_owner
from connectors.sandbox.hubspot.tokens import SANDBOX_TOKEN
from connectors.sandbox.hubspot.validations import Rule, put_rules
from tests.support.command import Ended, run
from tests.support.hubspot_live import (
    STAGES,
    HubSpotOrganisation,
    alter,
    look,
    narrow,
    options,
    remapped,
)
from tests.support.hubspot_twin import Account
from worker.errors import ExitCode


def test_an_account_that_fits_has_no_problem(
    hubspot_organisation: HubSpotOrganisation, fitted: Account
) -> None:
    looked = look(hubspot_organisation, fitted)
    assert (looked.problems, looked.warnings) == ([], [STAGES])


def test_the_account_and_what_the_token_may_do_are_told(
    hubspot_organisation: HubSpotOrganisation, fitted: Account
) -> None:
    account = look(hubspot_organisation, fitted).account
    assert [what for what, _says in account.facts] == [
        "account", "calls at a time", "calls a day", "custom properties",
    ]  # fmt: skip
    says = dict(account.facts)
    assert says["account"] == "4242424, its day ends in US/Eastern"
    assert says["calls at a time"] == "190 in 10 s"
    assert says["calls a day"].endswith(" of 625,000 left until 2026-03-03 00:00 EST")
    assert says["custom properties"] == "64 of 1,000 of contacts"
    assert {is_granted for _name, _for, is_granted in account.permissions} == {True}


# --- what is written


def test_what_is_written_and_not_there_is_for_setup_to_make(
    fitted: Account, tmp_path: Path
) -> None:
    mapped = remapped(tmp_path, "{to: leadtriage_decision_id}", "{to: leadtriage_decision}")
    assert look(mapped, fitted).problems == [
        (
            "objects.contacts.writes.decision_id\n"
            "    The CRM has no field 'leadtriage_decision', which is written.\n"
            "    hint: leadtriage setup hubspot makes it"
        )
    ]


def test_words_that_our_own_list_lacks_are_for_setup_to_add(
    hubspot_organisation: HubSpotOrganisation, fitted: Account
) -> None:
    alter(fitted, "leadtriage_pathway", options=options("patient"))
    assert look(hubspot_organisation, fitted).warnings == [
        STAGES,
        (
            "objects.contacts.writes.pathway\n"
            "    The CRM's list of 'leadtriage_pathway' lacks 2 of the words that are written.\n"
            "    hint: they are left out until leadtriage setup hubspot has added them"
        ),
    ]


def test_a_property_that_nobody_may_write_is_a_problem(
    hubspot_organisation: HubSpotOrganisation, fitted: Account
) -> None:
    locked = ModificationMetadata(read_only_value=True)
    alter(fitted, "leadtriage_next_step", modification_metadata=locked)
    assert look(hubspot_organisation, fitted).problems == [
        (
            "objects.contacts.writes.next_step\n"
            "    The property 'leadtriage_next_step' is read-only, so nothing can write it.\n"
            "    hint: name another property in the map"
        )
    ]


def test_a_stage_that_the_account_lacks_is_told_with_those_it_has(
    hubspot_organisation: HubSpotOrganisation, fitted: Account
) -> None:
    stage = fitted.twin.account.definitions.of("contacts")["lifecyclestage"]
    changed = [
        Option(label="Nurturing", value="777") if option.value == "1001" else option
        for option in stage.options
    ]
    alter(fitted, "lifecyclestage", options=tuple(changed))
    (problem,) = look(hubspot_organisation, fitted).problems
    assert problem.startswith(
        "objects.contacts.writes.lifecycle_stage\n"
        "    The list of 'lifecyclestage' has no '1001' (Nurture).\n"
        "    allowed: 777 (Nurturing), evangelist (Evangelist), other (Other)\n"
    )


def test_rules_that_a_write_could_break_are_warned_of(
    hubspot_organisation: HubSpotOrganisation, fitted: Account
) -> None:
    store = fitted.twin.account.store
    longest = Rule(rule_type="MAX_LENGTH", rule_arguments=("200",))
    with fitted.twin.lock:
        put_rules(store, "contacts", "leadtriage_hand_off_summary", longest)
        put_rules(store, "contacts", "leadtriage_decision_id", Rule(rule_type="URL"))
        put_rules(store, "contacts", "city", longest)
    assert look(hubspot_organisation, fitted).warnings[:2] == [
        (
            "objects.contacts.writes.hand_off_summary\n"
            "    An administrator set the rule MAX_LENGTH 200 on 'leadtriage_hand_off_summary', which a "
            "write could break.\n"
            "    hint: add `max_length: 200`, or take the rule away in the CRM"
        ),
        (
            "objects.contacts.writes.decision_id\n"
            "    An administrator set the rule URL on 'leadtriage_decision_id', which a write could "
            "break.\n"
            "    hint: take the rule away in the CRM: what breaks it may be rejected"
        ),
    ]


def test_a_rule_that_every_write_keeps_is_not_warned_of(
    hubspot_organisation: HubSpotOrganisation, fitted: Account
) -> None:
    enough = Rule(rule_type="MAX_LENGTH", rule_arguments=("1000",))
    with fitted.twin.lock:
        put_rules(fitted.twin.account.store, "contacts", "leadtriage_hand_off_summary", enough)
    assert look(hubspot_organisation, fitted).warnings == [STAGES]


def test_a_text_that_is_longer_than_its_property_is_warned_of(
    fitted: Account, tmp_path: Path
) -> None:
    mapped = remapped(tmp_path, "max_length: 1000", "max_length: 70000")
    assert look(mapped, fitted).warnings[0] == (
        "objects.contacts.writes.hand_off_summary\n"
        "    70,000 characters are more than the field 'leadtriage_hand_off_summary' holds.\n"
        "    allowed: at most 65,536 characters\n"
        "    hint: write `max_length: 65536`"
    )


def test_no_room_for_what_is_missing_is_told(fitted: Account, tmp_path: Path) -> None:
    mapped = remapped(tmp_path, "{to: leadtriage_decision_id}", "{to: leadtriage_decision}")
    fitted.twin.account.most_custom_properties = 58
    assert look(mapped, fitted).problems[1] == (
        "system\n"
        "    The account has room for 0 more custom properties of contacts, and 1 are missing. Archive "
        "some that nobody uses, or take lines out of `writes`."
    )


# --- owners


def test_owners_of_the_roster_are_looked_for_in_the_account(
    hubspot_organisation: HubSpotOrganisation, fitted: Account
) -> None:
    with fitted.twin.lock:
        left = Owner(id="own-132", email="left@staff.example", type="PERSON", archived=True)
        put_owner(fitted.twin.account.store, left)
    assert look(hubspot_organisation, fitted).warnings[-1] == (
        "teams.business_development.members[2].owner.hubspot\n"
        "    The owner 'own-132' of hubspot is inactive, so the member 'biz-2' is given no lead.\n"
        "    hint: write `paused: true`, or take the entry out"
    )


# --- access


def test_a_scope_that_no_read_needs_is_told_as_well(
    hubspot_organisation: HubSpotOrganisation, fitted: Account
) -> None:
    token = narrow(fitted, "crm.objects.contacts.write")
    assert look(hubspot_organisation, fitted, token).problems == [
        (
            "system\n"
            "    The token lacks crm.objects.contacts.write, which is needed for writing contacts.\n"
            "    hint: grant it where the token was made"
        )
    ]


def test_without_the_owners_all_else_is_still_compared(
    hubspot_organisation: HubSpotOrganisation, fitted: Account
) -> None:
    alter(fitted, "payer", archived=True)
    problems = look(
        hubspot_organisation, fitted, narrow(fitted, "crm.objects.owners.read")
    ).problems
    assert len(problems) == 2
    assert "would not list owners (403, MISSING_SCOPES" in problems[0]
    assert "It needs: crm.objects.owners.read." in problems[0]
    assert problems[1].startswith("objects.contacts.fields.payer.from\n")


def test_what_is_optional_and_may_not_be_read_is_warned_of(
    hubspot_organisation: HubSpotOrganisation, fitted: Account
) -> None:
    looked = look(hubspot_organisation, fitted, narrow(fitted, "forms"))
    assert looked.problems == []
    assert looked.warnings[0].startswith(
        "objects.form_submissions\n    HubSpot would not list forms (403, MISSING_SCOPES"
    )
    assert looked.warnings[0].endswith("\n    hint: a run goes on without it, and reports it")


def test_where_scopes_are_not_told_nothing_is_made_up(
    hubspot_organisation: HubSpotOrganisation, fitted: Account
) -> None:
    looked = look(
        hubspot_organisation,
        fitted,
        narrow(fitted, "crm.objects.contacts.write", is_private_app=False),
    )
    assert looked.problems == []
    assert {is_granted for _name, _for, is_granted in looked.account.permissions} == {None}


def test_a_token_that_is_refused_is_one_problem(
    hubspot_organisation: HubSpotOrganisation, fitted: Account
) -> None:
    (problem,) = look(hubspot_organisation, fitted, "nobody").problems
    assert "would not read the account's details (401, INVALID_AUTHENTICATION" in problem


# --- the command


def check(organisation: HubSpotOrganisation, crm: Account, *flags: str) -> Ended:
    env = {
        "LEADTRIAGE_HUBSPOT__BASE_URL": crm.url,
        "LEADTRIAGE_HUBSPOT__ACCESS_TOKEN": SANDBOX_TOKEN,
    }
    return run("check", "--live", *flags, config=organisation.folder, now=None, env=env)


def test_the_command_shows_a_table_and_ends_with_the_count(
    hubspot_organisation: HubSpotOrganisation, fitted: Account
) -> None:
    ended = check(hubspot_organisation, fitted)
    lines = [line.rstrip() for line in ended.stdout.splitlines()]
    assert (ended.exit_code, lines[-1]) == (0, "0 problems, 1 warning.")
    assert lines[0] == "hubspot: the account"
    assert (
        "crm.objects.owners.read     reading the owners                           granted" in lines
    )


def test_the_json_says_it_for_machines(
    hubspot_organisation: HubSpotOrganisation, fitted: Account
) -> None:
    alter(fitted, "payer", archived=True)
    ended = check(hubspot_organisation, fitted, "--json")
    said = ended.json
    assert (ended.exit_code, ended.stderr) == (ExitCode.FOUND_PROBLEMS, "")
    assert set(said) == {"is_usable", "problems", "warnings", "accounts"}
    assert [problem["key"] for problem in said["problems"]] == [
        "objects.contacts.fields.payer.from"
    ]
    (account,) = said["accounts"]
    assert set(account) == {"system", "facts", "permissions"}
    assert set(account["facts"][0]) == {"what", "says"}
    assert set(account["permissions"][0]) == {"name", "needed_for", "is_granted"}
